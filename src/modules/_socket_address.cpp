// _socket: addresses between Python's tuples and the kernel's structs, and the resolving of hosts in them.
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include "modules/socket.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/gil.h"

namespace adder {

namespace {

template <class T> T* as(Address* a) { return reinterpret_cast<T*>(&a->storage); }
template <class T> const T* as(const Address& a) { return reinterpret_cast<const T*>(&a.storage); }

bool need_tuple(Value v, const char* family, const char* caller) {
  if (is_tuple(v)) return true;
  return raise(PyExc_TypeError, "%s(): %s address must be tuple, not %.500s", caller, family, type_of(v)->tp_name);
}
bool need_size(Value v, Py_ssize_t least, Py_ssize_t most, const char* message) {
  if (tuple_size(v) >= least && tuple_size(v) <= most) return true;
  return raise(PyExc_TypeError, message);
}
// An unsigned field; bits beyond the width are dropped, as C's casts do.
bool unsigned_arg(Value v, uint32_t* out) {
  Ref n = index(v);
  if (!n) return false;
  *out = static_cast<uint32_t>(int_as_u64_mask(n));
  return true;
}
bool port_arg(Value v, const char* caller, in_port_t* out) {
  int port;
  if (!as_int(v, &port)) {
    if (!error_matches(PyExc_OverflowError)) return false;
    clear_error();
    port = -1;
  }
  if (port < 0 || port > 0xffff) return raise(PyExc_OverflowError, "%s(): port must be 0-65535.", caller);
  *out = htons(static_cast<uint16_t>(port));
  return true;
}
bool interface_index(const Socket* s, std::string_view name, int* out) {
  ifreq request{};
  if (name.size() >= sizeof request.ifr_name) return raise(PyExc_OSError, "interface name too long");
  memcpy(request.ifr_name, name.data(), name.size());
  *out = 0;
  if (name.empty()) return true;
  if (ioctl(s->fd, SIOCGIFINDEX, &request) < 0) return raise_errno(PyExc_OSError);
  *out = request.ifr_ifindex;
  return true;
}
Ref interface_name(int number) {
  char name[IF_NAMESIZE];
  return str_decode_fs(number && if_indextoname(static_cast<unsigned>(number), name) ? name : "");
}

// --- One function a family ------------------------------------------------------------------------------------------------------------
bool inet_arg(Value v, Address* out, const char* caller) {
  if (!need_tuple(v, "AF_INET", caller) || !need_size(v, 2, 2, "AF_INET address must be a pair (host, port)")) return false;
  auto* a = as<sockaddr_in>(out);
  std::string host;
  in_port_t port;
  if (!host_arg(tuple_get(v, 0), &host) || !port_arg(tuple_get(v, 1), caller, &port)) return false;
  if (resolve_host(host.c_str(), out->get(), sizeof *a, AF_INET) < 0) return false;
  a->sin_family = AF_INET;
  a->sin_port = port;
  out->size = sizeof *a;
  return true;
}
bool inet6_arg(Value v, Address* out, const char* caller) {
  if (!need_tuple(v, "AF_INET6", caller) || !need_size(v, 2, 4, "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])")) return false;
  auto* a = as<sockaddr_in6>(out);
  std::string host;
  in_port_t port;
  uint32_t flow = 0, scope = 0;
  if (!host_arg(tuple_get(v, 0), &host) || !port_arg(tuple_get(v, 1), caller, &port)) return false;
  if (tuple_size(v) > 2 && !unsigned_arg(tuple_get(v, 2), &flow)) return false;
  if (tuple_size(v) > 3 && !unsigned_arg(tuple_get(v, 3), &scope)) return false;
  if (flow > 0xfffff) return raise(PyExc_OverflowError, "%s(): flowinfo must be 0-1048575.", caller);
  if (resolve_host(host.c_str(), out->get(), sizeof *a, AF_INET6) < 0) return false;
  a->sin6_family = AF_INET6;
  a->sin6_port = port;
  a->sin6_flowinfo = htonl(flow);
  a->sin6_scope_id = scope;
  out->size = sizeof *a;
  return true;
}
bool unix_arg(Value v, Address* out) {
  auto* a = as<sockaddr_un>(out);
  BufferView view;
  Ref encoded;
  if (is_str(v)) {
    encoded = str_encode(v, nullptr, "surrogateescape");
    if (!encoded) return false;
  }
  if (!view.get(encoded ? encoded.get() : v)) return false;
  std::string_view path = view.text();
  size_t head = offsetof(sockaddr_un, sun_path);
  bool is_abstract = path.empty() || path[0] == 0;  // Linux's own name space, not NUL-terminated; empty: a free name there
  if (path.size() > sizeof a->sun_path - (is_abstract ? 0 : 1)) return raise(PyExc_OSError, "AF_UNIX path too long");
  a->sun_family = AF_UNIX;
  memcpy(a->sun_path, path.data(), path.size());
  out->size = static_cast<socklen_t>(head + path.size() + (is_abstract ? 0 : 1));
  return true;
}
bool netlink_arg(Value v, Address* out, const char* caller) {
  if (!need_tuple(v, "AF_NETLINK", caller) || !need_size(v, 2, 2, "AF_NETLINK address must be a pair (pid, groups)")) return false;
  auto* a = as<sockaddr_nl>(out);
  a->nl_family = AF_NETLINK;
  out->size = sizeof *a;
  return unsigned_arg(tuple_get(v, 0), &a->nl_pid) && unsigned_arg(tuple_get(v, 1), &a->nl_groups);
}
bool packet_arg(const Socket* s, Value v, Address* out, const char* caller) {
  if (!need_tuple(v, "AF_PACKET", caller) || !need_size(v, 2, 5, "AF_PACKET address must be a tuple of two to five elements")) return false;
  auto* a = as<sockaddr_ll>(out);
  if (!is_str(tuple_get(v, 0))) return raise(PyExc_TypeError, "AF_PACKET address must be a tuple of two to five elements");
  std::string_view name = str_utf8(tuple_get(v, 0));
  int proto, kind = 0, hardware = 0, number;
  if (!name.data() || !as_int(tuple_get(v, 1), &proto)) return false;
  Py_ssize_t n = tuple_size(v);
  if ((n > 2 && !as_int(tuple_get(v, 2), &kind)) || (n > 3 && !as_int(tuple_get(v, 3), &hardware))) return false;
  BufferView bytes;
  if (n > 4) {
    if (!bytes.get(tuple_get(v, 4))) return false;
    if (bytes.size() > 8) return raise(PyExc_ValueError, "hardware address must be 8 bytes or less");
  }
  if (!interface_index(s, name, &number)) return false;
  if (proto < 0 || proto > 0xffff) return raise(PyExc_OverflowError, "%s(): proto must be 0-65535.", caller);
  a->sll_family = AF_PACKET;
  a->sll_protocol = htons(static_cast<uint16_t>(proto));
  a->sll_ifindex = number;
  a->sll_pkttype = static_cast<uint8_t>(kind);
  a->sll_hatype = static_cast<uint16_t>(hardware);
  if (n > 4) {
    memcpy(a->sll_addr, bytes.data(), static_cast<size_t>(bytes.size()));
    a->sll_halen = static_cast<uint8_t>(bytes.size());
  }
  out->size = sizeof *a;
  return true;
}
bool can_arg(const Socket* s, Value v, Address* out, const char* caller) {
  auto* a = as<sockaddr_can>(out);
  Py_ssize_t wanted = s->proto == CAN_ISOTP ? 3 : s->proto == CAN_J1939 ? 4 : 1;
  if (s->proto != CAN_RAW && s->proto != CAN_BCM && wanted == 1) return raise(PyExc_OSError, "%s(): unsupported CAN protocol", caller);
  if (!need_tuple(v, "AF_CAN", caller)) return false;
  if (tuple_size(v) != wanted) return raise(PyExc_TypeError, "function takes exactly %zd argument%s (%zd given)", wanted, wanted == 1 ? "" : "s", tuple_size(v));
  std::string name;
  if (!str_encode_fs(tuple_get(v, 0), &name) || !interface_index(s, name, &a->can_ifindex)) return false;
  a->can_family = AF_CAN;
  out->size = sizeof *a;
  if (wanted == 3) return unsigned_arg(tuple_get(v, 1), &a->can_addr.tp.rx_id) && unsigned_arg(tuple_get(v, 2), &a->can_addr.tp.tx_id);
  if (wanted == 4) {
    uint32_t pgn, address;
    Ref whole = index(tuple_get(v, 1));
    if (!whole || !unsigned_arg(tuple_get(v, 2), &pgn) || !unsigned_arg(tuple_get(v, 3), &address)) return false;
    a->can_addr.j1939.name = int_as_u64_mask(whole);
    a->can_addr.j1939.pgn = pgn;
    a->can_addr.j1939.addr = static_cast<uint8_t>(address);
  }
  return true;
}
bool tipc_arg(Value v, Address* out) {
  if (!is_tuple(v)) return raise(PyExc_TypeError, "AF_TIPC address must be tuple");
  if (!need_size(v, 4, 5, "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])")) return false;
  uint32_t kind, a1, a2, a3, scope = TIPC_CLUSTER_SCOPE;
  if (!unsigned_arg(tuple_get(v, 0), &kind) || !unsigned_arg(tuple_get(v, 1), &a1) || !unsigned_arg(tuple_get(v, 2), &a2) || !unsigned_arg(tuple_get(v, 3), &a3)) return false;
  if (tuple_size(v) > 4 && !unsigned_arg(tuple_get(v, 4), &scope)) return false;
  auto* a = as<sockaddr_tipc>(out);
  a->family = AF_TIPC;
  a->addrtype = static_cast<uint8_t>(kind);
  a->scope = static_cast<signed char>(scope);
  out->size = sizeof *a;
  switch (kind) {
    case TIPC_ADDR_NAMESEQ: a->addr.nameseq = {a1, a2, a3}; return true;
    case TIPC_ADDR_NAME: a->addr.name.name = {a1, a2}; a->addr.name.domain = a3; return true;
    case TIPC_ADDR_ID: a->addr.id = {a1, a2}; return true;
    default: return raise(PyExc_TypeError, "Invalid address type");
  }
}
bool alg_arg(Value v, Address* out, const char* caller) {
  if (!need_tuple(v, "AF_ALG", caller) || !need_size(v, 2, 4, "AF_ALG address must be a tuple (type, name[, feat[, mask]])")) return false;
  auto* a = as<sockaddr_alg>(out);
  a->salg_family = AF_ALG;
  out->size = sizeof *a;
  if (!is_str(tuple_get(v, 0)) || !is_str(tuple_get(v, 1))) return raise(PyExc_TypeError, "AF_ALG address must be a tuple (type, name[, feat[, mask]])");
  std::string_view type = str_utf8(tuple_get(v, 0)), name = str_utf8(tuple_get(v, 1));
  if (!type.data() || !name.data()) return false;
  if (type.size() >= sizeof a->salg_type) return raise(PyExc_ValueError, "AF_ALG type too long.");
  if (name.size() >= sizeof a->salg_name) return raise(PyExc_ValueError, "AF_ALG name too long.");
  memcpy(a->salg_type, type.data(), type.size());
  memcpy(a->salg_name, name.data(), name.size());
  return (tuple_size(v) < 3 || unsigned_arg(tuple_get(v, 2), &a->salg_feat)) && (tuple_size(v) < 4 || unsigned_arg(tuple_get(v, 3), &a->salg_mask));
}
// A pair of unsigned numbers: AF_VSOCK (cid, port), AF_QIPCRTR (node, port).
bool pair_arg(Value v, const char* family, uint32_t* first, uint32_t* second) {
  if (!is_tuple(v)) return raise(PyExc_TypeError, "getsockaddrarg: %s address must be tuple", family);
  if (tuple_size(v) != 2) return raise(PyExc_TypeError, "getsockaddrarg() takes exactly 2 arguments (%zd given)", tuple_size(v));
  return unsigned_arg(tuple_get(v, 0), first) && unsigned_arg(tuple_get(v, 1), second);
}

}  // namespace

bool host_arg(Value v, std::string* out, const char* caller) {
  if (is_str(v)) {
    if (str_is_ascii(v)) {
      *out = str_utf8(v);
    } else {
      Ref encoded = str_encode(v, "idna", nullptr);
      if (!encoded) {
        clear_error();
        return raise(PyExc_TypeError, "encoding of hostname failed");
      }
      *out = bytes_view(encoded);
    }
  } else if (is_bytes(v)) {
    *out = bytes_view(v);
  } else if (is_instance_exactly(v, &PyByteArray_Type)) {
    out->assign(bytearray_data(v), static_cast<size_t>(bytearray_length(v)));
  } else if (caller) {
    return raise(PyExc_TypeError, "%s() argument 1 must be str, bytes or bytearray, not %s", caller, is_none(v) ? "None" : type_of(v)->tp_name);
  } else {
    return raise(PyExc_TypeError, "str, bytes or bytearray expected, not %s", type_of(v)->tp_name);
  }
  if (out->find('\0') == std::string::npos) return true;
  return raise(PyExc_TypeError, "host name must not contain null character");
}

int resolve_host(const char* name, sockaddr* out, size_t room, int family) {
  memset(out, 0, room);
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = family;
  auto length_of = [](int f) { return f == AF_INET ? 4 : f == AF_INET6 ? 16 : -1; };
  auto look_up = [&](const char* host, const char* service) {
    int code;
    {
      ReleaseGil release;
      code = getaddrinfo(host, service, &hints, &found);
    }
    if (code) raise_gai_error(code);
    return code == 0;
  };
  if (!*name) {  // any interface
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_PASSIVE;
    if (!look_up(nullptr, "0")) return -1;
    int length = length_of(found->ai_family);
    bool single = !found->ai_next;
    if (length > 0 && single) memcpy(out, found->ai_addr, found->ai_addrlen < room ? found->ai_addrlen : room);
    freeaddrinfo(found);
    if (length < 0) return raise(PyExc_OSError, "unsupported address family");
    if (!single) return raise(PyExc_OSError, "wildcard resolved to multiple address");
    return length;
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(out);
  if (!strcmp(name, "255.255.255.255") || !strcmp(name, "<broadcast>")) {
    if (family != AF_INET && family != AF_UNSPEC) return raise(PyExc_OSError, "address family mismatched");
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = INADDR_BROADCAST;
    return 4;
  }
  if ((family == AF_UNSPEC || family == AF_INET) && inet_pton(AF_INET, name, &v4->sin_addr) > 0) {
    v4->sin_family = AF_INET;
    return 4;
  }
  if ((family == AF_UNSPEC || family == AF_INET6) && room >= sizeof(sockaddr_in6) && !strchr(name, '%')) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(out);
    if (inet_pton(AF_INET6, name, &v6->sin6_addr) > 0) {
      v6->sin6_family = AF_INET6;
      return 16;
    }
    memset(out, 0, room);
  }
  if (!look_up(name, nullptr)) return -1;
  int length = length_of(found->ai_family);
  memcpy(out, found->ai_addr, found->ai_addrlen < room ? found->ai_addrlen : room);
  freeaddrinfo(found);
  if (length < 0) return raise(PyExc_OSError, "unknown address family");
  return length;
}

Ref ip_text(const sockaddr* a) {
  char text[INET6_ADDRSTRLEN];
  const void* raw = a->sa_family == AF_INET ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(a)->sin_addr)
                                            : &reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr;
  if (!inet_ntop(a->sa_family, raw, text, sizeof text)) return raise_errno(PyExc_OSError);
  return str_from_ascii(text);
}

bool address_arg(const Socket* s, Value v, Address* out, const char* caller) {
  switch (s->family) {
    case AF_INET: return inet_arg(v, out, caller);
    case AF_INET6: return inet6_arg(v, out, caller);
    case AF_UNIX: return unix_arg(v, out);
    case AF_NETLINK: return netlink_arg(v, out, caller);
    case AF_PACKET: return packet_arg(s, v, out, caller);
    case AF_CAN: return can_arg(s, v, out, caller);
    case AF_TIPC: return tipc_arg(v, out);
    case AF_ALG: return alg_arg(v, out, caller);
    case AF_RDS: return inet_arg(v, out, caller);
    case AF_VSOCK: {
      auto* a = as<sockaddr_vm>(out);
      a->svm_family = AF_VSOCK;
      out->size = sizeof *a;
      return pair_arg(v, "AF_VSOCK", &a->svm_cid, &a->svm_port);
    }
    case AF_QIPCRTR: {
      auto* a = as<sockaddr_qrtr>(out);
      a->sq_family = AF_QIPCRTR;
      out->size = sizeof *a;
      return pair_arg(v, "AF_QIPCRTR", &a->sq_node, &a->sq_port);
    }
    default: return raise(PyExc_OSError, "%s(): bad family", caller);
  }
}

bool address_prepare(const Socket* s, Address* out) {
  switch (s->family) {
    case AF_INET: case AF_INET6: case AF_UNIX: case AF_NETLINK: case AF_PACKET: case AF_CAN: case AF_TIPC: case AF_ALG: case AF_RDS: case AF_VSOCK: case AF_QIPCRTR:
      out->storage = {};
      out->size = sizeof out->storage;
      return true;
    default: return raise(PyExc_OSError, "getsockaddrlen: unknown address family");
  }
}

Ref address_value(const Address& address, int proto) {
  if (address.size == 0) return none_ref();
  switch (address.storage.ss_family) {
    case AF_INET: {
      Ref host = ip_text(reinterpret_cast<const sockaddr*>(&address.storage));
      return host ? tuple_of({host, Value::from_int(ntohs(as<sockaddr_in>(address)->sin_port))}) : Ref{};
    }
    case AF_INET6: {
      auto* a = as<sockaddr_in6>(address);
      Ref host = ip_text(reinterpret_cast<const sockaddr*>(a));
      return host ? tuple_of({host, Value::from_int(ntohs(a->sin6_port)), Value::from_int(ntohl(a->sin6_flowinfo)), Value::from_int(a->sin6_scope_id)}) : Ref{};
    }
    case AF_UNIX: {
      auto* a = as<sockaddr_un>(address);
      size_t head = offsetof(sockaddr_un, sun_path);
      size_t n = address.size > head ? address.size - head : 0;
      if (n > 0 && a->sun_path[0] == 0) return bytes_new({a->sun_path, n});
      return str_decode_fs({a->sun_path, strnlen(a->sun_path, n)});
    }
    case AF_NETLINK: {
      auto* a = as<sockaddr_nl>(address);
      return tuple_of({Value::from_int(a->nl_pid), Value::from_int(a->nl_groups)});
    }
    case AF_PACKET: {
      auto* a = as<sockaddr_ll>(address);
      Ref name = interface_name(a->sll_ifindex);
      Ref hardware = bytes_new({reinterpret_cast<const char*>(a->sll_addr), a->sll_halen < sizeof a->sll_addr ? a->sll_halen : sizeof a->sll_addr});
      if (!name || !hardware) return Ref{};
      return tuple_of({name, Value::from_int(ntohs(a->sll_protocol)), Value::from_int(a->sll_pkttype), Value::from_int(a->sll_hatype), hardware});
    }
    case AF_CAN: {
      auto* a = as<sockaddr_can>(address);
      Ref name = interface_name(a->can_ifindex);
      if (!name) return Ref{};
      if (proto == CAN_ISOTP) return tuple_of({name, Value::from_int(a->can_addr.tp.rx_id), Value::from_int(a->can_addr.tp.tx_id)});
      if (proto != CAN_J1939) return tuple_of({name});
      Ref whole = int_from_u64(a->can_addr.j1939.name);
      return whole ? tuple_of({name, whole, Value::from_int(a->can_addr.j1939.pgn), Value::from_int(a->can_addr.j1939.addr)}) : Ref{};
    }
    case AF_TIPC: {
      auto* a = as<sockaddr_tipc>(address);
      uint32_t v1, v2, v3 = 0;
      switch (a->addrtype) {
        case TIPC_ADDR_NAMESEQ: v1 = a->addr.nameseq.type, v2 = a->addr.nameseq.lower, v3 = a->addr.nameseq.upper; break;
        case TIPC_ADDR_NAME: v1 = a->addr.name.name.type, v2 = a->addr.name.name.instance, v3 = a->addr.name.name.instance; break;
        case TIPC_ADDR_ID: v1 = a->addr.id.node, v2 = a->addr.id.ref; break;
        default: return raise(PyExc_ValueError, "Invalid address type");
      }
      return tuple_of({Value::from_int(a->addrtype), Value::from_int(v1), Value::from_int(v2), Value::from_int(v3), Value::from_int(a->scope)});
    }
    case AF_ALG: {
      auto* a = as<sockaddr_alg>(address);
      auto* type = reinterpret_cast<const char*>(a->salg_type);
      auto* name = reinterpret_cast<const char*>(a->salg_name);
      Ref t = str_decode_fs({type, strnlen(type, sizeof a->salg_type)}), n = str_decode_fs({name, strnlen(name, sizeof a->salg_name)});
      return t && n ? tuple_of({t, n, Value::from_int(a->salg_feat), Value::from_int(a->salg_mask)}) : Ref{};
    }
    case AF_VSOCK: return tuple_of({Value::from_int(as<sockaddr_vm>(address)->svm_cid), Value::from_int(as<sockaddr_vm>(address)->svm_port)});
    case AF_QIPCRTR: return tuple_of({Value::from_int(as<sockaddr_qrtr>(address)->sq_node), Value::from_int(as<sockaddr_qrtr>(address)->sq_port)});
    default: {  // not known: the raw bytes
      auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
      Ref data = bytes_new({raw->sa_data, sizeof raw->sa_data});
      return data ? tuple_of({Value::from_int(raw->sa_family), data}) : Ref{};
    }
  }
}

}  // namespace adder
