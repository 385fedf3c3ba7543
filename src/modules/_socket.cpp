// _socket: the socket type — making, waiting with timeouts, sending and receiving — and the module itself.
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <poll.h>
#include <unistd.h>
#include <vector>
#include "memory/gc_state.h"
#include "modules/duration.h"
#include "modules/posix.h"
#include "modules/socket.h"
#include "modules/sys.h"
#include "object/arguments.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/small_types.h"
#include "object/str.h"
#include "runtime/gil.h"

namespace adder {

ADDER_TYPE(socket_type);
PyObject *gai_error, *host_error;
int64_t default_socket_timeout = -1;

namespace {

constexpr int64_t kPollLimit = INT32_MAX;  // milliseconds

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}
// Raises for errno; what _ssl calls through the object.
PyObject* set_error() { return raise_errno(PyExc_OSError); }
Failure fail() { return raise_errno(PyExc_OSError); }
Failure timed_out() { return raise(PyExc_TimeoutError, "timed out"); }
Ref int_or_fail(ssize_t n) { return n < 0 ? Ref{} : int_from_i64(n); }

bool set_blocking(Socket* s, bool blocking) {
  // One FIONBIO would do; fcntl keeps the other flags visible to whoever shares the descriptor.
  int status;
  {
    ReleaseGil release;
    int flags = fcntl(s->fd, F_GETFL, 0);
    int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    status = flags < 0 ? -1 : wanted == flags ? 0 : fcntl(s->fd, F_SETFL, wanted);
  }
  return status < 0 ? fail() : true;
}
bool setup(Socket* s, int fd, int family, int type, int proto) {
  s->fd = fd;
  s->family = family;
  s->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  s->proto = proto;
  s->error_handler = set_error;
  if (type & SOCK_NONBLOCK) {
    s->timeout = 0;
    return true;
  }
  s->timeout = default_socket_timeout;
  return default_socket_timeout < 0 || set_blocking(s, false);
}

// --- Waiting ----------------------------------------------------------------------------------------------------------------------------------
// poll until ready: 0, 1 if the interval (nanoseconds, negative: no limit) passed, -1 errno.
int wait_ready(Socket* s, bool writing, int64_t interval, bool connecting) {
  if (s->fd < 0) return 0;  // closed: the operation reports it
  pollfd p{s->fd, static_cast<short>(writing ? POLLOUT : POLLIN), 0};
  if (connecting) p.events |= POLLERR;
  int64_t ms = interval < 0 ? -1 : (interval + 999999) / 1000000;
  if (ms > kPollLimit) ms = kPollLimit;
  int n;
  {
    ReleaseGil release;
    n = poll(&p, 1, static_cast<int>(ms));
  }
  return n < 0 ? -1 : n == 0 ? 1 : 0;
}
// Runs `operation` (true: done, else errno) without the lock: waits for readiness first where there is a timeout, again after EINTR. With
// `error` given, a failure is only written there (-1: an exception is set). false: failed.
template <class F>
bool perform(Socket* s, bool writing, F operation, bool connecting, int* error, int64_t timeout) {
  bool have_deadline = false;
  int64_t deadline = 0;
  for (;;) {
    if (timeout > 0 || connecting) {
      int64_t interval = timeout;
      if (timeout > 0) {
        if (have_deadline) {
          interval = deadline - now();
        } else {
          deadline = now() + timeout;
          have_deadline = true;
        }
      }
      int status = timeout > 0 && interval < 0 ? 1 : wait_ready(s, writing, interval, connecting);
      if (status < 0) {
        if (error) *error = errno;
        if (errno == EINTR) {
          if (after_interrupt()) continue;
          if (error) *error = -1;
          return false;
        }
        return error ? false : fail();
      }
      if (status == 1) {
        if (error) *error = EWOULDBLOCK;
        return error ? false : timed_out();
      }
    }
    bool done;
    for (;;) {
      {
        ReleaseGil release;
        done = operation();
      }
      if (done) {
        if (error) *error = 0;
        return true;
      }
      if (error) *error = errno;
      if (errno != EINTR) break;
      if (!after_interrupt()) {
        if (error) *error = -1;
        return false;
      }
    }
    if (timeout > 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) continue;  // ready for somebody else only
    return error ? false : fail();
  }
}
template <class F>
bool perform(Socket* s, bool writing, F operation) {
  return perform(s, writing, operation, false, nullptr, s->timeout);
}

bool event(const char* name, Value self, Value extra) {
  if (!audit_active()) return true;
  Ref args = tuple_of({self, extra});
  return args && audit(name, args);
}

// --- Making and closing -------------------------------------------------------------------------------------------------------------------------
Ref socket_new(PyTypeObject* type, Args) {
  Socket* s = new_object<Socket>(type);
  gc_state().untracked_finalizers = true;
  if (!s) return Ref{};
  s->fd = -1;
  s->timeout = -1;
  s->error_handler = set_error;
  return Ref::steal(Value{&s->head});
}
bool option_int(int fd, int name, int* out) {
  socklen_t size = sizeof *out;
  return getsockopt(fd, SOL_SOCKET, name, out, &size) == 0 ? true : fail();
}
bool socket_init(Value self, Args args) {
  Value a[4];
  int family = -1, type = -1, proto = -1, fd = -1;
  if (!bind_arguments("socket", args, {"family", "type", "proto", "fileno"}, 0, a)) return false;
  if (!int_arg(a[0], -1, &family) || !int_arg(a[1], -1, &type) || !int_arg(a[2], -1, &proto)) return false;
  if (audit_active()) {
    Ref event_args = tuple_of({self, Value::from_int(family), Value::from_int(type), Value::from_int(proto)});
    if (!event_args || !audit("socket.__new__", event_args)) return false;
  }
  if (a[3] && !is_none(a[3])) {
    if (!as_int(a[3], &fd)) return false;
    if (fd < 0) return raise(PyExc_ValueError, "negative file descriptor");
    Address address;
    address.size = sizeof address.storage;
    if (getsockname(fd, address.get(), &address.size) < 0) {
      if (family == -1 || errno == EBADF || errno == ENOTSOCK) return fail();
    } else if (family == -1) {
      family = address.storage.ss_family;
    }
    if (type == -1 && !option_int(fd, SO_TYPE, &type)) return false;
    if (proto == -1 && !option_int(fd, SO_PROTOCOL, &proto)) return false;
  } else {
    if (family == -1) family = AF_INET;
    if (type == -1) type = SOCK_STREAM;
    if (proto == -1) proto = 0;
    {
      ReleaseGil release;
      fd = socket(family, type | SOCK_CLOEXEC, proto);
    }
    if (fd < 0) return fail();
  }
  if (setup(socket_of(self), fd, family, type, proto)) return true;
  if (!a[3] || is_none(a[3])) {
    close(fd);
    socket_of(self)->fd = -1;
  }
  return false;
}
// A socket left open: warned about and closed.
void socket_finalize(PyObject* o) {
  auto* s = reinterpret_cast<Socket*>(o);
  if (s->fd < 0) return;
  ErrorKeeper keep;
  Ref text = str_format("unclosed %R", Value{o});
  if (!text || (hooks.warn && !hooks.warn(PyExc_ResourceWarning, text, 1, Value{o}))) {
    if (error_matches(PyExc_Warning)) write_unraisable(Value{o});
    clear_error();
  }
  int fd = s->fd;
  s->fd = -1;
  if (fd < 0) return;
  ReleaseGil release;
  close(fd);
}
void socket_dealloc(PyObject* o) {
  if (finalize_in_dealloc(o)) return;
  Py_TYPE(o)->tp_free(o);
}
Ref m_close(Value self) {
  int fd = socket_of(self)->fd;
  if (fd < 0) return none_ref();
  socket_of(self)->fd = -1;  // first: another thread may open the same number during close
  int status;
  {
    ReleaseGil release;
    status = close(fd);
  }
  return status < 0 && errno != ECONNRESET ? fail() : none_ref();
}
Ref m_detach(Value self) {
  int fd = socket_of(self)->fd;
  socket_of(self)->fd = -1;
  return int_from_i64(fd);
}
Ref m_fileno(Value self) { return int_from_i64(socket_of(self)->fd); }
Ref socket_repr(Value self) {
  Socket* s = socket_of(self);
  return str_format("<socket object, fd=%ld, family=%d, type=%d, proto=%d>", static_cast<long>(s->fd), s->family, s->type, s->proto);
}

// --- Timeouts and options -----------------------------------------------------------------------------------------------------------------------
Ref m_settimeout(Value self, Value v) {
  int64_t timeout;
  if (!socket_timeout_arg(v, &timeout)) return Ref{};
  socket_of(self)->timeout = timeout;
  return set_blocking(socket_of(self), timeout < 0) ? none_ref() : Ref{};
}
Ref m_gettimeout(Value self) { return socket_timeout_value(socket_of(self)->timeout); }
Ref m_setblocking(Value self, Value v) {
  int blocking = is_true(v);
  if (blocking < 0) return Ref{};
  socket_of(self)->timeout = blocking ? -1 : 0;
  return set_blocking(socket_of(self), blocking) ? none_ref() : Ref{};
}
Ref m_getblocking(Value self) { return bool_ref(socket_of(self)->timeout != 0); }

Ref m_setsockopt(Value self, Args args) {
  if (!reject_keywords("socket.setsockopt", args)) return Ref{};
  if (args.n != 3 && args.n != 4) {
    return raise(PyExc_TypeError, "setsockopt() takes exactly %d arguments (%zu given)", args.n > 3 ? 4 : 3, args.n);
  }
  Socket* s = socket_of(self);
  int level, name, status;
  if (!as_int(args[0], &level) || !as_int(args[1], &name)) return Ref{};
  if (args.n == 4) {  // no value, only its size
    uint32_t size;
    if (!is_none(args[2])) return raise(PyExc_TypeError, "setsockopt() argument 3 must be None, not %s", type_of(args[2])->tp_name);
    Ref n = index(args[3]);
    if (!n) return Ref{};
    size = static_cast<uint32_t>(int_as_u64_mask(n));
    status = setsockopt(s->fd, level, name, nullptr, size);
  } else if (is_int(args[2]) || (slots_of(args[2]).nb_index && !has_buffer(args[2]))) {
    int flag;
    if (!as_int(args[2], &flag)) return Ref{};
    status = setsockopt(s->fd, level, name, &flag, sizeof flag);
  } else {
    BufferView data;
    if (!data.get(args[2])) return Ref{};
    status = setsockopt(s->fd, level, name, data.data(), static_cast<socklen_t>(data.size()));
  }
  return status < 0 ? fail() : none_ref();
}
Ref m_getsockopt(Value self, Args args) {
  if (!reject_keywords("socket.getsockopt", args)) return Ref{};
  if (args.n < 2 || args.n > 3) return raise(PyExc_TypeError, "getsockopt() takes %s %d arguments (%zu given)", args.n < 2 ? "at least" : "at most", args.n < 2 ? 2 : 3, args.n);
  Socket* s = socket_of(self);
  int level, name, size = 0;
  if (!as_int(args[0], &level) || !as_int(args[1], &name) || (args.n > 2 && !as_int(args[2], &size))) return Ref{};
  if (size == 0) {
    int flag = 0;
    socklen_t n = sizeof flag;
    return getsockopt(s->fd, level, name, &flag, &n) < 0 ? fail() : int_from_i64(flag);
  }
  if (size < 0 || size > 1024) return raise(PyExc_OSError, "getsockopt buflen out of range");
  char data[1024];
  auto n = static_cast<socklen_t>(size);
  return getsockopt(s->fd, level, name, data, &n) < 0 ? fail() : bytes_new({data, n});
}

// --- Connections --------------------------------------------------------------------------------------------------------------------------------
Ref m_accept(Value self) {
  Socket* s = socket_of(self);
  Address from;
  if (!address_prepare(s, &from)) return Ref{};
  int fd = -1;
  if (!perform(s, false, [&] {
        fd = accept4(s->fd, from.get(), &from.size, SOCK_CLOEXEC);
        return fd >= 0;
      }))
    return Ref{};
  Ref address = address_value(from, s->proto);
  if (!address) {
    close(fd);
    return Ref{};
  }
  return tuple_of({Value::from_int(fd), address});
}
Ref m_bind(Value self, Value v) {
  Socket* s = socket_of(self);
  Address a;
  if (!address_arg(s, v, &a, "bind") || !event("socket.bind", self, v)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = bind(s->fd, a.get(), a.size);
  }
  return status < 0 ? fail() : none_ref();
}
// 0, an errno, or -1 with an exception; raises if `raising`.
int do_connect(Socket* s, Address& a, bool raising) {
  int error;
  {
    ReleaseGil release;
    error = connect(s->fd, a.get(), a.size) < 0 ? errno : 0;
  }
  bool wait;
  if (error == EINTR) {  // goes on in the background
    if (!after_interrupt()) return -1;
    wait = s->timeout != 0;
  } else {
    wait = s->timeout > 0 && error == EINPROGRESS;
  }
  if (!wait) {
    if (error && raising) {
      errno = error;
      return fail();
    }
    return error;
  }
  auto finished = [&] {
    int result = 0;
    socklen_t size = sizeof result;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &result, &size) < 0) return false;
    if (result == 0 || result == EISCONN) return true;
    errno = result;
    return false;
  };
  if (raising) return perform(s, true, finished, true, nullptr, s->timeout) ? 0 : -1;
  perform(s, true, finished, true, &error, s->timeout);
  return error;
}
Ref m_connect(Value self, Value v) {
  Address a;
  if (!address_arg(socket_of(self), v, &a, "connect") || !event("socket.connect", self, v)) return Ref{};
  return do_connect(socket_of(self), a, true) < 0 ? Ref{} : none_ref();
}
Ref m_connect_ex(Value self, Value v) {
  Address a;
  if (!address_arg(socket_of(self), v, &a, "connect_ex") || !event("socket.connect", self, v)) return Ref{};
  int error = do_connect(socket_of(self), a, false);
  return error < 0 ? Ref{} : int_from_i64(error);
}
Ref m_listen(Value self, const Value* a) {
  int backlog;
  if (!int_arg(a[0], SOMAXCONN < 128 ? SOMAXCONN : 128, &backlog)) return Ref{};
  if (backlog < 0) backlog = 0;
  int status;
  {
    ReleaseGil release;
    status = listen(socket_of(self)->fd, backlog);
  }
  return status < 0 ? fail() : none_ref();
}
Ref m_shutdown(Value self, Value v) {
  int how, status;
  if (!as_int(v, &how)) return Ref{};
  {
    ReleaseGil release;
    status = shutdown(socket_of(self)->fd, how);
  }
  return status < 0 ? fail() : none_ref();
}
template <int (*F)(int, sockaddr*, socklen_t*) noexcept>
Ref name_of(Value self) {
  Address a;
  if (!address_prepare(socket_of(self), &a)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = F(socket_of(self)->fd, a.get(), &a.size);
  }
  return status < 0 ? fail() : address_value(a, socket_of(self)->proto);
}
Ref m_getsockname(Value self) { return name_of<getsockname>(self); }
Ref m_getpeername(Value self) { return name_of<getpeername>(self); }

// --- Receiving ----------------------------------------------------------------------------------------------------------------------------------
ssize_t receive(Socket* s, char* to, size_t n, int flags, Address* from) {
  ssize_t got = -1;
  if (from && !address_prepare(s, from)) return -1;
  bool ok = perform(s, false, [&] {
    got = from ? recvfrom(s->fd, to, n, flags, from->get(), &from->size) : recv(s->fd, to, n, flags);
    return got >= 0;
  });
  return ok ? got : -1;
}
Ref received(Value self, const Value* a, const char* name, Address* from) {
  Py_ssize_t n;
  int flags;
  if (!as_ssize(a[0], &n) || !int_arg(a[1], 0, &flags)) return Ref{};
  if (n < 0) return raise(PyExc_ValueError, "negative buffersize in %s", name);
  Ref data = bytes_uninitialized(n);
  if (!data) return Ref{};
  ssize_t got = receive(socket_of(self), bytes_data(data), static_cast<size_t>(n), flags, from);
  if (got < 0) return Ref{};
  return got == n ? std::move(data) : bytes_resize(std::move(data), got);
}
Ref m_recv(Value self, const Value* a) { return received(self, a, "recv", nullptr); }
Ref m_recvfrom(Value self, const Value* a) {
  Address from;
  Ref data = received(self, a, "recvfrom", &from);
  Ref address = data ? address_value(from, socket_of(self)->proto) : Ref{};
  return address ? tuple_of({data, address}) : Ref{};
}
bool writable_arg(Value v, BufferView* out, const char* function) {
  if (out->get(v, PyBUF_WRITABLE)) return true;
  if (!error_matches(PyExc_TypeError) && !error_matches(PyExc_BufferError)) return false;
  clear_error();
  return raise(PyExc_TypeError, "%s() argument 1 must be read-write bytes-like object, not %.50s", function, is_none(v) ? "None" : type_of(v)->tp_name);
}
ssize_t received_into(Value self, const Value* a, const char* name, const char* too_small, Address* from) {
  BufferView to;
  Py_ssize_t n = 0;
  int flags;
  if (!writable_arg(a[0], &to, name) || (a[1] && !as_ssize(a[1], &n)) || !int_arg(a[2], 0, &flags)) return -1;
  if (n < 0) return raise(PyExc_ValueError, "negative buffersize in %s", name);
  if (n == 0) n = to.size();
  if (n > to.size()) return raise(PyExc_ValueError, too_small);
  return receive(socket_of(self), to.data(), static_cast<size_t>(n), flags, from);
}
Ref m_recv_into(Value self, const Value* a) { return int_or_fail(received_into(self, a, "recv_into", "buffer too small for requested bytes", nullptr)); }
Ref m_recvfrom_into(Value self, const Value* a) {
  Address from;
  ssize_t n = received_into(self, a, "recvfrom_into", "nbytes is greater than the length of the buffer", &from);
  Ref address = n >= 0 ? address_value(from, socket_of(self)->proto) : Ref{};
  return address ? tuple_of({Value::from_int(n), address}) : Ref{};
}

// Ancillary data as a list of (level, type, data); descriptors in it are closed on failure.
void close_descriptors(msghdr& m) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0)) continue;
    size_t room = static_cast<size_t>(static_cast<char*>(m.msg_control) + m.msg_controllen - reinterpret_cast<char*>(CMSG_DATA(c)));
    size_t n = c->cmsg_len - CMSG_LEN(0);
    if (n > room) n = room;
    for (size_t i = 0; i + sizeof(int) <= n; i += sizeof(int)) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
      close(fd);
    }
  }
}
Ref ancillary_list(msghdr& m) {
  Ref list = list_new();
  for (cmsghdr* c = m.msg_controllen > 0 ? CMSG_FIRSTHDR(&m) : nullptr; list && c; c = CMSG_NXTHDR(&m, c)) {
    size_t room = static_cast<size_t>(static_cast<char*>(m.msg_control) + m.msg_controllen - reinterpret_cast<char*>(CMSG_DATA(c)));
    bool cut = c->cmsg_len < CMSG_LEN(0) || c->cmsg_len - CMSG_LEN(0) > room;
    if (cut && !warn(PyExc_RuntimeWarning, 1, "received malformed or improperly-truncated ancillary data")) return Ref{};
    if (c->cmsg_len < CMSG_LEN(0)) break;
    size_t n = cut ? room : c->cmsg_len - CMSG_LEN(0);
    Ref data = bytes_new({reinterpret_cast<char*>(CMSG_DATA(c)), n});
    Ref item = data ? tuple_of({Value::from_int(c->cmsg_level), Value::from_int(c->cmsg_type), data}) : Ref{};
    if (!item || !list_append(list, std::move(item))) return Ref{};
    if (cut) break;
  }
  return list;
}
// Fills `vectors`; gives (what make_first gives for the size, ancdata, flags, address).
template <class F>
Ref receive_message(Socket* s, std::vector<iovec>& vectors, Py_ssize_t room, int flags, F make_first) {
  Address from;
  if (!address_prepare(s, &from)) return Ref{};
  if (room < 0 || static_cast<uint64_t>(room) > INT32_MAX) return raise(PyExc_ValueError, "invalid ancillary data buffer length");
  std::vector<char> control(static_cast<size_t>(room));
  msghdr m{};
  ssize_t got = -1;
  bool ok = perform(s, false, [&] {
    from.size = sizeof from.storage;
    m = {};
    m.msg_name = from.get();
    m.msg_namelen = from.size;
    m.msg_iov = vectors.data();
    m.msg_iovlen = vectors.size();
    m.msg_control = room ? control.data() : nullptr;
    m.msg_controllen = control.size();
    got = recvmsg(s->fd, &m, flags);
    return got >= 0;
  });
  if (!ok) return Ref{};
  from.size = m.msg_namelen;
  Ref ancillary = ancillary_list(m);
  Ref address = ancillary ? address_value(from, s->proto) : Ref{};
  Ref first = address ? make_first(got) : Ref{};
  Ref result = first ? tuple_of({first, ancillary, Value::from_int(m.msg_flags), address}) : Ref{};
  if (!result && room) close_descriptors(m);
  return result;
}
Ref m_recvmsg(Value self, const Value* a) {
  Py_ssize_t n, room = 0;
  int flags;
  if (!as_ssize(a[0], &n) || (a[1] && !as_ssize(a[1], &room)) || !int_arg(a[2], 0, &flags)) return Ref{};
  if (n < 0) return raise(PyExc_ValueError, "negative buffer size in recvmsg()");
  Ref data = bytes_uninitialized(n);
  if (!data) return Ref{};
  std::vector<iovec> vectors{{bytes_data(data), static_cast<size_t>(n)}};
  return receive_message(socket_of(self), vectors, room, flags, [&](ssize_t got) { return got == n ? std::move(data) : bytes_resize(std::move(data), got); });
}
Ref iterable_arg(Value v, const char* message) {
  Ref items = to_fast_sequence(v, message);
  return items && is_list(items) && items.get() == v ? list_to_tuple(items) : std::move(items);  // ours: nobody changes it meanwhile
}
Ref m_recvmsg_into(Value self, const Value* a) {
  Py_ssize_t room = 0;
  int flags;
  Ref items = iterable_arg(a[0], "recvmsg_into() argument 1 must be an iterable");
  if (!items || (a[1] && !as_ssize(a[1], &room)) || !int_arg(a[2], 0, &flags)) return Ref{};
  auto n = static_cast<size_t>(sequence_size(items));
  if (n > INT32_MAX) return raise(PyExc_OSError, "recvmsg_into() argument 1 is too long");
  std::vector<BufferView> views(n);
  std::vector<iovec> vectors(n);
  for (size_t i = 0; i < n; i++) {
    if (!views[i].get(sequence_get(items, static_cast<Py_ssize_t>(i)), PyBUF_WRITABLE)) {
      if (!error_matches(PyExc_TypeError) && !error_matches(PyExc_BufferError)) return Ref{};
      clear_error();
      return raise(PyExc_TypeError, "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers");
    }
    vectors[i] = {views[i].data(), static_cast<size_t>(views[i].size())};
  }
  return receive_message(socket_of(self), vectors, room, flags, [](ssize_t got) { return int_from_i64(got); });
}

// --- Sending ------------------------------------------------------------------------------------------------------------------------------------
Ref m_send(Value self, const Value* a) {
  Socket* s = socket_of(self);
  BufferView data;
  int flags;
  if (!data.get(a[0]) || !int_arg(a[1], 0, &flags)) return Ref{};
  ssize_t sent = -1;
  bool ok = perform(s, true, [&] { return (sent = ::send(s->fd, data.data(), static_cast<size_t>(data.size()), flags)) >= 0; });
  return ok ? int_from_i64(sent) : Ref{};
}
Ref m_sendall(Value self, const Value* a) {
  Socket* s = socket_of(self);
  BufferView data;
  int flags;
  if (!data.get(a[0]) || !int_arg(a[1], 0, &flags)) return Ref{};
  const char* p = data.data();
  auto left = static_cast<size_t>(data.size());
  int64_t timeout = s->timeout, deadline = timeout > 0 ? now() + timeout : 0;
  bool first = true;
  do {  // the timeout is for the whole
    if (timeout > 0 && !first) {
      timeout = deadline - now();
      if (timeout <= 0) return timed_out();
    }
    first = false;
    ssize_t sent = -1;
    if (!perform(s, true, [&] { return (sent = ::send(s->fd, p, left, flags)) >= 0; }, false, nullptr, timeout)) return Ref{};
    p += sent;
    left -= static_cast<size_t>(sent);
    if (!after_interrupt()) return Ref{};
  } while (left > 0);
  return none_ref();
}
Ref m_sendto(Value self, Args args) {
  if (!reject_keywords("socket.sendto", args)) return Ref{};
  if (args.n != 2 && args.n != 3) return raise(PyExc_TypeError, "sendto() takes 2 or 3 arguments (%zu given)", args.n);
  Socket* s = socket_of(self);
  BufferView data;
  int flags = 0;
  Address to;
  Value target = args[args.n - 1];
  if (!data.get(args[0]) || (args.n == 3 && !as_int(args[1], &flags)) || !address_arg(s, target, &to, "sendto") || !event("socket.sendto", self, target)) return Ref{};
  ssize_t sent = -1;
  bool ok = perform(s, true, [&] { return (sent = sendto(s->fd, data.data(), static_cast<size_t>(data.size()), flags, to.get(), to.size)) >= 0; });
  return ok ? int_from_i64(sent) : Ref{};
}
// The buffers of sendmsg's first argument, held while this lives.
struct Gathered {
  Ref items;
  std::vector<BufferView> views;
  std::vector<iovec> vectors;
  bool get(Value v) {
    items = iterable_arg(v, "sendmsg() argument 1 must be an iterable");
    if (!items) return false;
    auto n = static_cast<size_t>(sequence_size(items));
    if (n > INT32_MAX) return raise(PyExc_OSError, "sendmsg() argument 1 is too long");
    views = std::vector<BufferView>(n);
    for (size_t i = 0; i < n; i++) {
      if (!views[i].get(sequence_get(items, static_cast<Py_ssize_t>(i)))) return false;
      vectors.push_back({views[i].data(), static_cast<size_t>(views[i].size())});
    }
    return true;
  }
};
void add_control(std::vector<char>* control, int level, int type, const void* data, size_t n) {
  size_t at = control->size();
  control->resize(at + CMSG_SPACE(n));
  cmsghdr head{};
  head.cmsg_len = CMSG_LEN(n);
  head.cmsg_level = level;
  head.cmsg_type = type;
  memcpy(control->data() + at, &head, sizeof head);
  if (n) memcpy(control->data() + at + CMSG_LEN(0), data, n);
}
Ref send_message(Socket* s, Gathered& data, std::vector<char>& control, int flags, Address* to) {
  ssize_t sent = -1;
  msghdr m{};
  if (to) {
    m.msg_name = to->get();
    m.msg_namelen = to->size;
  }
  m.msg_iov = data.vectors.data();
  m.msg_iovlen = data.vectors.size();
  if (!control.empty()) {
    m.msg_control = control.data();
    m.msg_controllen = control.size();
  }
  bool ok = perform(s, true, [&] { return (sent = sendmsg(s->fd, &m, flags)) >= 0; });
  return ok ? int_from_i64(sent) : Ref{};
}
Ref m_sendmsg(Value self, const Value* a) {
  Socket* s = socket_of(self);
  Gathered data;
  std::vector<char> control;
  int flags;
  Address to;
  if (!data.get(a[0]) || !int_arg(a[2], 0, &flags)) return Ref{};
  bool has_target = a[3] && !is_none(a[3]);
  if (has_target && (!address_arg(s, a[3], &to, "sendmsg") || !event("socket.sendmsg", self, a[3]))) return Ref{};
  if (!has_target && !event("socket.sendmsg", self, none())) return Ref{};
  if (a[1]) {
    Ref items = iterable_arg(a[1], "sendmsg() argument 2 must be an iterable");
    if (!items) return Ref{};
    for (Py_ssize_t i = 0; i < sequence_size(items); i++) {
      Value item = sequence_get(items, i);
      if (!is_sequence(item) || is_str(item)) {
        return raise(PyExc_TypeError, "[sendmsg() ancillary data items]() argument must be 3-item sequence, not %s", is_none(item) ? "None" : type_of(item)->tp_name);
      }
      Ref triple = to_tuple(item);
      if (!triple) return Ref{};
      if (tuple_size(triple) != 3) return raise(PyExc_TypeError, "[sendmsg() ancillary data items]() argument must be sequence of length 3, not %zd", tuple_size(triple));
      int level, type;
      BufferView bytes;
      if (!as_int(tuple_get(triple, 0), &level) || !as_int(tuple_get(triple, 1), &type) || !bytes.get(tuple_get(triple, 2))) return Ref{};
      if (static_cast<size_t>(bytes.size()) > INT32_MAX - CMSG_LEN(0)) return raise(PyExc_OSError, "ancillary data item too large");
      if (control.size() + CMSG_SPACE(static_cast<size_t>(bytes.size())) > INT32_MAX) return raise(PyExc_OSError, "too much ancillary data");
      add_control(&control, level, type, bytes.data(), static_cast<size_t>(bytes.size()));
    }
  }
  return send_message(s, data, control, flags, has_target ? &to : nullptr);
}
Ref m_sendmsg_afalg(Value self, const Value* a) {
  Socket* s = socket_of(self);
  if (s->family != AF_ALG) return raise(PyExc_OSError, "algset is only supported for AF_ALG");
  Gathered data;
  std::vector<char> control;
  int operation = -1, length = -1, flags;
  if (a[1] && !as_int(a[1], &operation)) return Ref{};
  if (operation < 0) return raise(PyExc_TypeError, "Invalid or missing argument 'op'");
  if (a[3]) {
    if (!as_int(a[3], &length)) return Ref{};
    if (length < 0) return raise(PyExc_TypeError, "assoclen must be positive");
  }
  if (!int_arg(a[4], 0, &flags)) return Ref{};
  add_control(&control, SOL_ALG, ALG_SET_OP, &operation, sizeof operation);
  if (a[2] && !is_none(a[2])) {
    BufferView iv;
    if (!iv.get(a[2])) return Ref{};
    std::vector<char> whole(sizeof(uint32_t) + static_cast<size_t>(iv.size()));
    auto size = static_cast<uint32_t>(iv.size());
    memcpy(whole.data(), &size, sizeof size);
    if (size) memcpy(whole.data() + sizeof size, iv.data(), size);
    add_control(&control, SOL_ALG, ALG_SET_IV, whole.data(), whole.size());
  }
  if (length >= 0) add_control(&control, SOL_ALG, ALG_SET_AEAD_ASSOCLEN, &length, sizeof length);
  if (a[0] && !is_none(a[0]) && !data.get(a[0])) return Ref{};
  return send_message(s, data, control, flags, nullptr);
}

const MethodRow socket_methods[] = {
    method<m_accept>("_accept", "($self, /)", "_accept() -> (integer, address info)\n\nWait for an incoming connection."),
    method<m_bind>("bind", "($self, address, /)", "Bind the socket to a local address."),
    method<m_close>("close", "($self, /)", "Close the socket.  It cannot be used after this call."),
    method<m_connect>("connect", "($self, address, /)", "Connect the socket to a remote address."),
    method<m_connect_ex>("connect_ex", "($self, address, /)", "This is like connect(address), but returns an error code (the errno value) instead of raising an exception when an error occurs."),
    method<m_detach>("detach", "($self, /)", "Close the socket object without closing the underlying file descriptor, and return it."),
    method<m_fileno>("fileno", "($self, /)", "Return the integer file descriptor of the socket."),
    method<m_getpeername>("getpeername", "($self, /)", "Return the address of the remote endpoint."),
    method<m_getsockname>("getsockname", "($self, /)", "Return the address of the local endpoint."),
    method<m_getsockopt>("getsockopt", "", "getsockopt(level, option[, buffersize]) -> value\n\nGet a socket option; a bytes object if a buffersize is given, else an integer."),
    method<m_listen>("listen", "($self, backlog=<unrepresentable>, /)", "Enable a server to accept connections."),
    method<m_recv>("recv", "($self, buffersize, flags=0, /)", "Receive up to buffersize bytes from the socket."),
    method<m_recv_into>("recv_into", "($self, /, buffer, nbytes=0, flags=0)", "A version of recv() that stores its data into a buffer; returns the number of bytes."),
    method<m_recvfrom>("recvfrom", "($self, buffersize, flags=0, /)", "Like recv(buffersize, flags) but also return the sender's address info."),
    method<m_recvfrom_into>("recvfrom_into", "($self, /, buffer, nbytes=0, flags=0)", "Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info."),
    method<m_send>("send", "($self, data, flags=0, /)", "Send a data string to the socket; returns the number of bytes sent."),
    method<m_sendall>("sendall", "($self, data, flags=0, /)", "Send a data string to the socket until all of it is sent."),
    method<m_sendto>("sendto", "", "sendto(data[, flags], address) -> count\n\nLike send(data, flags) but allows specifying the destination address."),
    method<m_setblocking>("setblocking", "($self, flag, /)", "Set the socket to blocking (flag is true) or non-blocking (false)."),
    method<m_getblocking>("getblocking", "($self, /)", "Returns True if socket is in blocking mode, or False if it is in non-blocking mode."),
    method<m_settimeout>("settimeout", "($self, timeout, /)", "Set a timeout on socket operations: a number of seconds, or None."),
    method<m_gettimeout>("gettimeout", "($self, /)", "Returns the timeout in seconds (float) associated with socket operations, or None."),
    method<m_setsockopt>("setsockopt", "", "setsockopt(level, option, value: int)\nsetsockopt(level, option, value: buffer)\nsetsockopt(level, option, None, optlen: int)\n\nSet a socket option."),
    method<m_shutdown>("shutdown", "($self, how, /)", "Shut down the reading side of the socket (SHUT_RD), the writing side (SHUT_WR), or both (SHUT_RDWR)."),
    method<m_recvmsg>("recvmsg", "($self, bufsize, ancbufsize=0, flags=0, /)", "Receive normal data (up to bufsize bytes) and ancillary data from the socket."),
    method<m_recvmsg_into>("recvmsg_into", "($self, buffers, ancbufsize=0, flags=0, /)", "Receive normal data and ancillary data from the socket, scattering the former into buffers."),
    method<m_sendmsg>("sendmsg", "($self, buffers, ancdata=(), flags=0, address=None, /)", "Send normal and ancillary data to the socket, gathering the former from buffers."),
    method<m_sendmsg_afalg>("sendmsg_afalg", "($self, /, msg=(), *, op=<unrepresentable>, iv=None, assoclen=<unrepresentable>, flags=0)", "Set operation mode, IV and length of associated data for an AF_ALG operation socket."),
    {}};
const GetSetRow socket_getset[] = {getset<m_gettimeout>("timeout", "the socket timeout"), {}};
PyMemberDef socket_members[] = {
    {"family", T_INT, offsetof(Socket, family), READONLY, "the socket family"},
    {"type", T_INT, offsetof(Socket, type), READONLY, "the socket type"},
    {"proto", T_INT, offsetof(Socket, proto), READONLY, "the socket protocol"},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

bool socket_timeout_arg(Value v, int64_t* out) {
  *out = -1;
  if (v.absent() || is_none(v)) return true;
  int64_t timeout;
  if (!duration_arg(v, kSecond, &timeout)) return false;
  if (timeout < 0) return raise(PyExc_ValueError, "Timeout value out of range");
  if ((timeout + 999999) / 1000000 > kPollLimit) return raise(PyExc_OverflowError, "timeout doesn't fit into C timeval");
  *out = timeout;
  return true;
}
Ref socket_timeout_value(int64_t timeout) { return timeout < 0 ? none_ref() : float_new(static_cast<double>(timeout) / 1e9); }

extern const TypeDef socket_def{
    .type = &socket_type,
    .name = "_socket.socket",
    .basicsize = sizeof(Socket),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n"
           "socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\n"
           "Open a socket of the given type.  The family argument specifies the\n"
           "address family; it defaults to AF_INET.  The type argument specifies\n"
           "whether this is a stream (SOCK_STREAM, this is the default)\n"
           "or datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,\n"
           "specifying the default protocol.  Keyword arguments are accepted.\n"
           "The socket is created as non-inheritable.\n\n"
           "When a fileno is passed in, family, type and proto are auto-detected,\n"
           "unless they are explicitly set.",
    .dealloc = socket_dealloc,
    .finalize = socket_finalize,
    .slots = {.tp_repr = slot::Unary<socket_repr>, .tp_init = slot::Init<socket_init>, .tp_new = slot::New<socket_new>},
    .methods = socket_methods,
    .getset = socket_getset,
    .members = socket_members,
};

namespace {

// What other modules of C (_ssl) import as "_socket.CAPI".
struct SocketApi {
  PyTypeObject* socket;
  PyObject* error;
  PyObject* timeout_error;
} api;

bool exec(PyObject* module) {
  auto* os_error = reinterpret_cast<PyTypeObject*>(PyExc_OSError);
  if (!gai_error) gai_error = make_heap_type("socket.gaierror", os_error, Value{}).release().object();
  if (!host_error) host_error = make_heap_type("socket.herror", os_error, Value{}).release().object();
  if (!gai_error || !host_error || !module_add_type(module, socket_def)) return false;
  api = {&socket_type, PyExc_OSError, PyExc_TimeoutError};
  return module_add(module, "error", Ref::copy(Value{PyExc_OSError})) && module_add(module, "timeout", Ref::copy(Value{PyExc_TimeoutError})) &&
         module_add(module, "gaierror", Ref::copy(Value{gai_error})) && module_add(module, "herror", Ref::copy(Value{host_error})) &&
         module_add(module, "SocketType", Ref::copy(Value{&socket_type})) && module_add(module, "has_ipv6", bool_ref(true)) &&
         module_add(module, "CAPI", capsule_new(&api, "_socket.CAPI", nullptr)) && socket_add_constants(module);
}

}  // namespace

extern const ModuleDef socket_module;
const ModuleDef socket_module{
    .name = "_socket",
    .doc = "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    .methods = socket_functions,
    .exec = exec,
};

}  // namespace adder
