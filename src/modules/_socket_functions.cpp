// _socket: the module's functions — names of hosts, services and interfaces, byte order, descriptors.
#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "modules/socket.h"
#include "modules/sys.h"
#include "object/arguments.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"

namespace adder {

static Failure raise_pair(PyObject* type, int code, const char* text) {
  Ref message = str_decode_fs(text);
  Ref pair = message ? tuple_of({Value::from_int(code), message}) : Ref{};
  return pair ? raise_value(type, pair) : Failure{};
}
Failure raise_gai_error(int code) {
  if (code == EAI_SYSTEM) return raise_errno(PyExc_OSError);
  return raise_pair(gai_error, code, gai_strerror(code));
}
Failure raise_host_error(int code) { return raise_pair(host_error, code, hstrerror(code)); }

namespace {

Failure fail() { return raise_errno(PyExc_OSError); }
bool heard(const char* event, std::initializer_list<Value> args) {
  if (!audit_active()) return true;
  Ref tuple = tuple_of(args);
  return tuple && audit(event, tuple);
}

// --- Hosts ------------------------------------------------------------------------------------------------------------------------------------
Ref gethostname_(Value) {
  if (!heard("socket.gethostname", {})) return Ref{};
  char name[1024];
  int status;
  {
    ReleaseGil release;
    status = gethostname(name, sizeof name - 1);
  }
  if (status < 0) return fail();
  name[sizeof name - 1] = 0;
  return str_decode_fs(name);
}
Ref sethostname_(Value, Value v) {
  std::string name;
  if (is_str(v)) {
    if (!str_encode_fs(v, &name)) return Ref{};
  } else {
    BufferView bytes;
    if (!bytes.get(v)) return Ref{};
    name = bytes.text();
  }
  if (!heard("socket.sethostname", {v})) return Ref{};
  return sethostname(name.data(), name.size()) < 0 ? fail() : none_ref();
}
Ref gethostbyname_(Value, Value v) {
  std::string host;
  if (!host_arg(v, &host, "gethostbyname") || !heard("socket.gethostbyname", {v})) return Ref{};
  sockaddr_in address;
  auto* a = reinterpret_cast<sockaddr*>(&address);
  return resolve_host(host.c_str(), a, sizeof address, AF_INET) < 0 ? Ref{} : ip_text(a);
}
// A host entry as (name, aliases, addresses).
Ref host_triple(const hostent& h, int family) {
  if (h.h_addrtype != family) {
    errno = EAFNOSUPPORT;
    return fail();
  }
  Ref aliases = list_new(), addresses = list_new();
  for (char** p = h.h_aliases; p && *p; p++) {
    Ref alias = str_decode_fs(*p);
    if (!alias || !aliases || !list_append(aliases, std::move(alias))) return Ref{};
  }
  for (char** p = h.h_addr_list; p && *p; p++) {
    Address a;
    a.storage.ss_family = static_cast<sa_family_t>(family);
    void* to = family == AF_INET ? static_cast<void*>(&reinterpret_cast<sockaddr_in*>(a.get())->sin_addr) : &reinterpret_cast<sockaddr_in6*>(a.get())->sin6_addr;
    memcpy(to, *p, family == AF_INET ? 4 : 16);
    Ref text = ip_text(a.get());
    if (!text || !addresses || !list_append(addresses, std::move(text))) return Ref{};
  }
  Ref name = str_decode_fs(h.h_name);
  return name && aliases && addresses ? tuple_of({name, aliases, addresses}) : Ref{};
}
// Runs a reentrant look-up with a buffer that grows as it asks.
template <class F>
Ref host_look_up(int family, F f) {
  std::vector<char> buffer(4096);
  hostent entry;
  hostent* result = nullptr;
  int code = 0, status;
  {
    ReleaseGil release;
    while ((status = f(&entry, buffer.data(), buffer.size(), &result, &code)) == ERANGE) buffer.resize(buffer.size() * 2);
  }
  return status || !result ? raise_host_error(code) : host_triple(*result, family);
}
Ref gethostbyname_ex_(Value, Value v) {
  std::string host;
  Address a;
  if (!host_arg(v, &host, "gethostbyname_ex") || !heard("socket.gethostbyname", {v})) return Ref{};
  if (resolve_host(host.c_str(), a.get(), sizeof a.storage, AF_INET) < 0) return Ref{};
  return host_look_up(AF_INET, [&](hostent* e, char* b, size_t n, hostent** r, int* code) { return gethostbyname_r(host.c_str(), e, b, n, r, code); });
}
Ref gethostbyaddr_(Value, Value v) {
  std::string host;
  Address a;
  if (!host_arg(v, &host, "gethostbyaddr") || !heard("socket.gethostbyaddr", {v})) return Ref{};
  if (resolve_host(host.c_str(), a.get(), sizeof a.storage, AF_UNSPEC) < 0) return Ref{};
  int family = a.storage.ss_family;
  if (family != AF_INET && family != AF_INET6) return raise(PyExc_OSError, "unsupported address family");
  bool v4 = family == AF_INET;
  const void* raw = v4 ? static_cast<void*>(&reinterpret_cast<sockaddr_in*>(a.get())->sin_addr) : &reinterpret_cast<sockaddr_in6*>(a.get())->sin6_addr;
  return host_look_up(family, [&](hostent* e, char* b, size_t n, hostent** r, int* code) { return gethostbyaddr_r(raw, v4 ? 4 : 16, family, e, b, n, r, code); });
}

// --- Services and protocols ---------------------------------------------------------------------------------------------------------------------
// A C string of a str; false: TypeError or ValueError.
bool text_arg(Value v, std::string* out, const char* function, int position) {
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument %d must be str, not %s", function, position, is_none(v) ? "None" : type_of(v)->tp_name);
  std::string_view text = str_utf8(v);
  if (!text.data()) return false;
  if (text.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "embedded null character");
  *out = text;
  return true;
}
Ref getservbyname_(Value, const Value* a) {
  std::string name, proto;
  if (!text_arg(a[0], &name, "getservbyname", 1) || (a[1] && !text_arg(a[1], &proto, "getservbyname", 2))) return Ref{};
  if (!heard("socket.getservbyname", {a[0], a[1] ? a[1] : Value{""_id}})) return Ref{};
  std::vector<char> buffer(4096);
  servent entry, *found = nullptr;
  {
    ReleaseGil release;
    getservbyname_r(name.c_str(), a[1] ? proto.c_str() : nullptr, &entry, buffer.data(), buffer.size(), &found);
  }
  return found ? int_from_i64(ntohs(static_cast<uint16_t>(found->s_port))) : raise(PyExc_OSError, "service/proto not found");
}
Ref getservbyport_(Value, const Value* a) {
  int port;
  std::string proto;
  if (!as_int(a[0], &port) || (a[1] && !text_arg(a[1], &proto, "getservbyport", 2))) return Ref{};
  if (port < 0 || port > 0xffff) return raise(PyExc_OverflowError, "getservbyport: port must be 0-65535.");
  if (!heard("socket.getservbyport", {Value::from_int(port), a[1] ? a[1] : Value{""_id}})) return Ref{};
  std::vector<char> buffer(4096);
  servent entry, *found = nullptr;
  {
    ReleaseGil release;
    getservbyport_r(htons(static_cast<uint16_t>(port)), a[1] ? proto.c_str() : nullptr, &entry, buffer.data(), buffer.size(), &found);
  }
  return found ? str_decode_fs(found->s_name) : raise(PyExc_OSError, "port/proto not found");
}
Ref getprotobyname_(Value, Value v) {
  std::string name;
  if (!text_arg(v, &name, "getprotobyname", 1)) return Ref{};
  std::vector<char> buffer(4096);
  protoent entry, *found = nullptr;
  {
    ReleaseGil release;
    getprotobyname_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  }
  return found ? int_from_i64(found->p_proto) : raise(PyExc_OSError, "protocol not found");
}

// --- Addresses ----------------------------------------------------------------------------------------------------------------------------------
Ref getaddrinfo_(Value, const Value* a) {
  std::string host, service;
  const char *h = nullptr, *p = nullptr;
  addrinfo hints{}, *found = nullptr;
  if (is_none(a[0])) {
  } else if (is_str(a[0])) {
    Ref encoded = str_encode(a[0], "idna", nullptr);
    if (!encoded) return Ref{};
    host = bytes_view(encoded);
    h = host.c_str();
  } else if (is_bytes(a[0])) {
    host = bytes_view(a[0]);
    h = host.c_str();
  } else {
    return raise(PyExc_TypeError, "getaddrinfo() argument 1 must be string or None");
  }
  if (is_int(a[1])) {
    int64_t number;
    if (!int_as_i64(a[1], &number)) return Ref{};
    service = std::to_string(number);
    p = service.c_str();
  } else if (is_str(a[1])) {
    std::string_view text = str_utf8(a[1]);
    if (!text.data()) return Ref{};
    service = text;
    p = service.c_str();
  } else if (is_bytes(a[1])) {
    service = bytes_view(a[1]);
    p = service.c_str();
  } else if (!is_none(a[1])) {
    return raise(PyExc_OSError, "Int or String expected");
  }
  if (!int_arg(a[2], AF_UNSPEC, &hints.ai_family) || !int_arg(a[3], 0, &hints.ai_socktype) || !int_arg(a[4], 0, &hints.ai_protocol) || !int_arg(a[5], 0, &hints.ai_flags)) return Ref{};
  if (!heard("socket.getaddrinfo", {a[0], a[1], Value::from_int(hints.ai_family), Value::from_int(hints.ai_socktype), Value::from_int(hints.ai_protocol)})) return Ref{};
  int code;
  {
    ReleaseGil release;
    code = getaddrinfo(h, p, &hints, &found);
  }
  if (code) return raise_gai_error(code);
  Ref list = list_new();
  for (addrinfo* i = found; list && i; i = i->ai_next) {
    Address address;
    address.size = i->ai_addrlen < sizeof address.storage ? i->ai_addrlen : static_cast<socklen_t>(sizeof address.storage);
    memcpy(&address.storage, i->ai_addr, address.size);
    Ref where = address_value(address, i->ai_protocol), name = str_decode_fs(i->ai_canonname ? i->ai_canonname : "");
    Ref item;
    if (where && name) item = tuple_of({Value::from_int(i->ai_family), Value::from_int(i->ai_socktype), Value::from_int(i->ai_protocol), name, where});
    if (!item || !list_append(list, std::move(item))) list = Ref{};
  }
  freeaddrinfo(found);
  return list;
}
Ref getnameinfo_(Value, const Value* a) {
  int flags, port;
  if (!as_int(a[1], &flags)) return Ref{};
  if (!is_tuple(a[0])) return raise(PyExc_TypeError, "getnameinfo() argument 1 must be a tuple");
  Py_ssize_t n = tuple_size(a[0]);
  if (n < 2 || n > 4 || !is_str(tuple_get(a[0], 0))) return raise(PyExc_TypeError, "getnameinfo(): illegal sockaddr argument");
  std::string host;
  uint32_t extra[2] = {};
  if (!text_arg(tuple_get(a[0], 0), &host, "getnameinfo", 1) || !as_int(tuple_get(a[0], 1), &port)) return Ref{};
  for (Py_ssize_t i = 2; i < n; i++) {
    Ref number = index(tuple_get(a[0], i));
    if (!number) return Ref{};
    extra[i - 2] = static_cast<uint32_t>(int_as_u64_mask(number));
  }
  if (extra[0] > 0xfffff) return raise(PyExc_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
  if (!heard("socket.getnameinfo", {a[0]})) return Ref{};
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;  // one result only
  hints.ai_flags = AI_NUMERICHOST;
  std::string service = std::to_string(port);
  int code;
  {
    ReleaseGil release;
    code = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  }
  if (code) return raise_gai_error(code);
  struct Free {
    addrinfo* list;
    ~Free() { freeaddrinfo(list); }
  } free_at_end{found};
  if (found->ai_next) return raise(PyExc_OSError, "sockaddr resolved to multiple addresses");
  if (found->ai_family == AF_INET) {
    if (n != 2) return raise(PyExc_OSError, "IPv4 sockaddr must be 2 tuple");
  } else if (found->ai_family == AF_INET6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(found->ai_addr);
    v6->sin6_flowinfo = htonl(extra[0]);
    v6->sin6_scope_id = extra[1];
  }
  char name[NI_MAXHOST], port_name[NI_MAXSERV];
  {
    ReleaseGil release;
    code = getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, port_name, sizeof port_name, flags);
  }
  if (code) return raise_gai_error(code);
  Ref first = str_decode_fs(name), second = str_decode_fs(port_name);
  return first && second ? tuple_of({first, second}) : Ref{};
}
Ref inet_aton_(Value, Value v) {
  std::string text;
  in_addr a;
  if (!text_arg(v, &text, "inet_aton", 1)) return Ref{};
  if (!inet_aton(text.c_str(), &a)) return raise(PyExc_OSError, "illegal IP address string passed to inet_aton");
  return bytes_new({reinterpret_cast<char*>(&a), sizeof a});
}
Ref inet_ntoa_(Value, Value v) {
  BufferView raw;
  if (!raw.get(v)) return Ref{};
  if (raw.size() != 4) return raise(PyExc_OSError, "packed IP wrong length for inet_ntoa");
  char text[INET_ADDRSTRLEN];
  return str_from_ascii(inet_ntop(AF_INET, raw.data(), text, sizeof text));
}
Ref inet_pton_(Value, const Value* a) {
  int family;
  std::string text;
  if (!as_int(a[0], &family) || !text_arg(a[1], &text, "inet_pton", 2)) return Ref{};
  char raw[16];
  int status = inet_pton(family, text.c_str(), raw);
  if (status < 0) return fail();
  if (status == 0) return raise(PyExc_OSError, "illegal IP address string passed to inet_pton");
  return bytes_new({raw, family == AF_INET ? size_t{4} : size_t{16}});
}
Ref inet_ntop_(Value, const Value* a) {
  int family;
  BufferView raw;
  if (!as_int(a[0], &family) || !raw.get(a[1])) return Ref{};
  if (family != AF_INET && family != AF_INET6) return raise(PyExc_ValueError, "unknown address family %d", family);
  if (raw.size() != (family == AF_INET ? 4 : 16)) return raise(PyExc_ValueError, "invalid length of packed IP address string");
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, raw.data(), text, sizeof text) ? str_from_ascii(text) : fail();
}

// --- Byte order ---------------------------------------------------------------------------------------------------------------------------------
Ref swap16(Value v, const char* name) {
  int x;
  if (!as_int(v, &x)) return Ref{};
  if (x < 0) return raise(PyExc_OverflowError, "%s: can't convert negative Python int to C 16-bit unsigned integer", name);
  if (x > 0xffff) return raise(PyExc_OverflowError, "%s: Python int too large to convert to C 16-bit unsigned integer", name);
  return int_from_i64(htons(static_cast<uint16_t>(x)));
}
Ref swap32(Value v) {
  uint64_t x;
  if (!is_int(v)) return raise(PyExc_TypeError, "expected int, %s found", type_of(v)->tp_name);
  if (int_sign(v) < 0) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
  if (int_bit_length(v) > 64) return raise(PyExc_OverflowError, "Python int too large to convert to C unsigned long");
  if (!int_as_u64(v, &x)) return Ref{};
  if (x > UINT32_MAX) return raise(PyExc_OverflowError, "int larger than 32 bits");
  return int_from_i64(htonl(static_cast<uint32_t>(x)));
}
Ref ntohs_(Value, Value v) { return swap16(v, "ntohs"); }
Ref htons_(Value, Value v) { return swap16(v, "htons"); }
Ref ntohl_(Value, Value v) { return swap32(v); }
Ref htonl_(Value, Value v) { return swap32(v); }

// --- Descriptors --------------------------------------------------------------------------------------------------------------------------------
Ref close_(Value, Value v) {
  int fd, status;
  if (!as_int(v, &fd)) return Ref{};
  {
    ReleaseGil release;
    status = close(fd);
  }
  return status < 0 && errno != ECONNRESET ? fail() : none_ref();
}
Ref dup_(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? fail() : int_from_i64(copy);
}
Ref socketpair_(Value, const Value* a) {
  int family, type, proto, fds[2], status;
  if (!int_arg(a[0], AF_UNIX, &family) || !int_arg(a[1], SOCK_STREAM, &type) || !int_arg(a[2], 0, &proto)) return Ref{};
  {
    ReleaseGil release;
    status = socketpair(family, type | SOCK_CLOEXEC, proto, fds);
  }
  if (status < 0) return fail();
  Ref pair[2];
  for (int i = 0; i < 2; i++) {
    pair[i] = call(Value{&socket_type}, {Value::from_int(family), Value::from_int(type), Value::from_int(proto), Value::from_int(fds[i])});
    if (pair[i]) continue;
    for (; i < 2; i++) close(fds[i]);
    return Ref{};
  }
  return tuple_of({pair[0], pair[1]});
}
Ref getdefaulttimeout_(Value) { return socket_timeout_value(default_socket_timeout); }
Ref setdefaulttimeout_(Value, Value v) { return socket_timeout_arg(v, &default_socket_timeout) ? none_ref() : Ref{}; }

// --- Interfaces ---------------------------------------------------------------------------------------------------------------------------------
Ref if_nameindex_(Value) {
  struct if_nameindex* all;
  {
    ReleaseGil release;
    all = if_nameindex();
  }
  if (!all) return fail();
  Ref list = list_new();
  for (auto* i = all; list && i->if_index && i->if_name; i++) {
    Ref name = str_decode_fs(i->if_name);
    Ref pair = name ? tuple_of({Value::from_int(i->if_index), name}) : Ref{};
    if (!pair || !list_append(list, std::move(pair))) list = Ref{};
  }
  if_freenameindex(all);
  return list;
}
Ref if_nametoindex_(Value, Value v) {
  std::string name;
  if (!str_encode_fs(v, &name)) return Ref{};
  unsigned number = if_nametoindex(name.c_str());
  return number ? int_from_i64(number) : raise(PyExc_OSError, "no interface with this name");
}
Ref if_indextoname_(Value, Value v) {
  if (!is_int(v)) return raise(PyExc_TypeError, "an integer is required");
  if (int_sign(v) < 0) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
  uint64_t number;
  if (int_bit_length(v) > 64) return raise(PyExc_OverflowError, "Python int too large to convert to C unsigned long");
  if (!int_as_u64(v, &number)) return Ref{};
  char name[IF_NAMESIZE + 1];
  if (number > UINT_MAX) {
    errno = ENXIO;
    return fail();
  }
  return if_indextoname(static_cast<unsigned>(number), name) ? str_decode_fs(name) : fail();
}

// --- Ancillary data -----------------------------------------------------------------------------------------------------------------------------
Ref control_length(Value v, bool space) {
  Py_ssize_t n;
  if (!as_ssize(v, &n)) return Ref{};
  if (n < 0 || n > static_cast<Py_ssize_t>(INT32_MAX - (space ? CMSG_SPACE(1) : CMSG_LEN(0)))) return raise(PyExc_OverflowError, "%s() argument out of range", space ? "CMSG_SPACE" : "CMSG_LEN");
  auto size = static_cast<size_t>(n);
  return int_from_u64(space ? CMSG_SPACE(size) : CMSG_LEN(size));
}
Ref cmsg_len(Value, Value v) { return control_length(v, false); }
Ref cmsg_space(Value, Value v) { return control_length(v, true); }

}  // namespace

extern const MethodRow socket_functions[] = {
    method<gethostbyname_>("gethostbyname", "($module, hostname, /)", "Return the IP address (a string of the form '255.255.255.255') for a host."),
    method<gethostbyname_ex_>("gethostbyname_ex", "($module, hostname, /)", "Return the true host name, a list of aliases, and a list of IP addresses, for a host."),
    method<gethostbyaddr_>("gethostbyaddr", "($module, ip_address, /)", "Return the true host name, a list of aliases, and a list of IP addresses, for a host."),
    method<gethostname_>("gethostname", "($module, /)", "Return the current host name."),
    method<sethostname_>("sethostname", "($module, name, /)", "Sets the hostname to name."),
    method<getservbyname_>("getservbyname", "($module, servicename, protocolname=<unrepresentable>, /)", "Return a port number from a service name and protocol name."),
    method<getservbyport_>("getservbyport", "($module, port, protocolname=<unrepresentable>, /)", "Return the service name from a port number and protocol name."),
    method<getprotobyname_>("getprotobyname", "($module, protocolname, /)", "Return the protocol number for the named protocol.  (Rarely used.)"),
    method<close_>("close", "($module, fd, /)", "Close an integer socket file descriptor."),
    method<dup_>("dup", "($module, integer, /)", "Duplicate an integer socket file descriptor."),
    method<socketpair_>("socketpair", "($module, family=<unrepresentable>, type=<unrepresentable>, proto=0, /)", "Create a pair of socket objects from the sockets returned by the platform socketpair() function."),
    method<ntohs_>("ntohs", "($module, integer, /)", "Convert a 16-bit unsigned integer from network to host byte order."),
    method<ntohl_>("ntohl", "($module, integer, /)", "Convert a 32-bit integer from network to host byte order."),
    method<htons_>("htons", "($module, integer, /)", "Convert a 16-bit unsigned integer from host to network byte order."),
    method<htonl_>("htonl", "($module, integer, /)", "Convert a 32-bit integer from host to network byte order."),
    method<inet_aton_>("inet_aton", "($module, ip_string, /)", "Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions."),
    method<inet_ntoa_>("inet_ntoa", "($module, packed_ip, /)", "Convert an IP address from 32-bit packed binary format to string format."),
    method<inet_pton_>("inet_pton", "($module, address_family, ip_string, /)", "Convert an IP address from string format to a packed string suitable for use with low-level network functions."),
    method<inet_ntop_>("inet_ntop", "($module, address_family, packed_ip, /)", "Convert a packed IP address of the given family to string format."),
    method<getaddrinfo_>("getaddrinfo", "($module, /, host, port, family=<unrepresentable>, type=0, proto=0, flags=0)", "Resolve host and port into addrinfo struct."),
    method<getnameinfo_>("getnameinfo", "($module, sockaddr, flags, /)", "Get host and port for a sockaddr."),
    method<getdefaulttimeout_>("getdefaulttimeout", "($module, /)", "Returns the default timeout in seconds (float) for new socket objects."),
    method<setdefaulttimeout_>("setdefaulttimeout", "($module, timeout, /)", "Set the default timeout in seconds (float) for new socket objects."),
    method<if_nameindex_>("if_nameindex", "($module, /)", "Returns a list of network interface information (index, name) tuples."),
    method<if_nametoindex_>("if_nametoindex", "($module, if_name, /)", "Returns the interface index corresponding to the interface name if_name."),
    method<if_indextoname_>("if_indextoname", "($module, if_index, /)", "Returns the interface name corresponding to the interface index if_index."),
    method<cmsg_len>("CMSG_LEN", "($module, length, /)", "Return the total length, without trailing padding, of an ancillary data item with associated data of the given length."),
    method<cmsg_space>("CMSG_SPACE", "($module, length, /)", "Return the buffer size needed for recvmsg() to receive an ancillary data item with associated data of the given length."),
    {}};

}  // namespace adder
