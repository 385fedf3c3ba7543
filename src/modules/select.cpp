// select: waiting for descriptors with select, poll and epoll.
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>
#include <vector>
#include "memory/gc.h"
#include "modules/duration.h"
#include "modules/posix.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"

namespace adder {

static ADDER_TYPE(poll_type);
static ADDER_TYPE(epoll_type);

namespace {

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}
// A timeout in seconds or milliseconds: nanoseconds, or a negative number for ever.
bool timeout_arg(Value v, int64_t unit, int64_t* out, const char* message) {
  *out = -1;
  if (v.absent() || is_none(v)) return true;
  if (duration_arg(v, unit, out)) return true;
  if (!error_matches(PyExc_TypeError)) return false;
  clear_error();
  return raise(PyExc_TypeError, message);
}
// The same for poll and epoll, which count milliseconds in an int.
bool poll_timeout_arg(Value v, int64_t unit, int64_t* out) {
  if (!timeout_arg(v, unit, out, "timeout must be an integer or None")) return false;
  if (*out / kMillisecond >= INT_MAX || *out / kMillisecond <= INT_MIN) return raise(PyExc_OverflowError, "timeout is too large");
  return true;
}
// Runs a waiting call again after EINTR with what is left of the timeout; -1 with an exception or errno.
template <class F>
int wait_for(int64_t timeout, F f) {
  int64_t deadline = timeout >= 0 ? now() + timeout : 0, left = timeout;
  for (;;) {
    int n;
    {
      ReleaseGil release;
      n = f(left);
    }
    if (n >= 0 || errno != EINTR) return n;
    if (!after_interrupt()) return -1;
    if (timeout >= 0) left = std::max<int64_t>(deadline - now(), 0);
  }
}
int milliseconds(int64_t left) { return left < 0 ? -1 : static_cast<int>((left + kMillisecond - 1) / kMillisecond); }
Ref os_error() { return error_occurred() ? Failure{} : raise_errno(PyExc_OSError); }

// --- select -------------------------------------------------------------------------------------------------------------------------------------
struct Watched {
  std::vector<std::pair<Ref, int>> items;
  fd_set set;
  int max = -1;
  bool fill(Value sequence) {
    FD_ZERO(&set);
    Ref list = to_fast_sequence(sequence, "arguments 1-3 must be sequences");
    if (!list) return false;
    for (Py_ssize_t i = 0; i < sequence_size(list); i++) {
      Ref o = Ref::copy(sequence_get(list, i));
      int fd;
      if (!fd_arg(o, &fd)) return false;
      if (fd >= FD_SETSIZE) return raise(PyExc_ValueError, "filedescriptor out of range in select()");
      FD_SET(fd, &set);
      if (fd > max) max = fd;
      items.emplace_back(std::move(o), fd);
    }
    return true;
  }
  Ref ready(const fd_set& result) const {
    Ref list = list_new();
    for (auto& [o, fd] : items) {
      if (FD_ISSET(fd, &result) && (!list || !list_append(list, o.get()))) return Ref{};
    }
    return list;
  }
};
Ref select_(Value, const Value* a) {
  int64_t timeout;
  if (!timeout_arg(a[3], kSecond, &timeout, "timeout must be a float or None")) return Ref{};
  if (timeout < 0 && a[3] && !is_none(a[3])) return raise(PyExc_ValueError, "timeout must be non-negative");
  Watched r, w, x;
  if (!r.fill(a[0]) || !w.fill(a[1]) || !x.fill(a[2])) return Ref{};
  int max = r.max > w.max ? r.max : w.max;
  if (x.max > max) max = x.max;
  fd_set rs, ws, xs;
  int n = wait_for(timeout, [&](int64_t left) {
    rs = r.set;
    ws = w.set;
    xs = x.set;
    int64_t us = (left + 999) / 1000;
    timeval tv{us / 1000000, us % 1000000};
    return select(max + 1, &rs, &ws, &xs, left < 0 ? nullptr : &tv);
  });
  if (n < 0) return os_error();
  if (n == 0) {
    FD_ZERO(&rs);
    FD_ZERO(&ws);
    FD_ZERO(&xs);
  }
  Ref lr = r.ready(rs), lw = w.ready(ws), lx = x.ready(xs);
  return lr && lw && lx ? tuple_of({lr, lw, lx}) : Ref{};
}

// --- poll ---------------------------------------------------------------------------------------------------------------------------------------
struct Poll {
  PyObject head;
  PyObject* masks;  // dict: descriptor → events, in order of registration
  bool running;
};
Poll* poll_of(Value v) { return v.as<Poll>(); }
bool mask_arg(Value v, uint16_t fallback, uint16_t* out) {
  *out = fallback;
  if (v.absent()) return true;
  int64_t n;
  if (!is_int(v) && !slots_of(v).nb_index) return raise(PyExc_TypeError, "'%.200s' object cannot be interpreted as an integer", type_of(v)->tp_name);
  if (!as_i64(v, &n)) return false;
  if (n < 0) return raise(PyExc_ValueError, "value must be positive");
  if (n > 0xFFFF) return raise(PyExc_OverflowError, "Python int too large for C unsigned short");
  *out = static_cast<uint16_t>(n);
  return true;
}
Ref poll_new(Value) {
  Poll* p = new_object<Poll>(&poll_type);
  if (!p) return Ref{};
  Ref self = Ref::steal(Value{&p->head});
  p->masks = dict_new().release().object();
  return p->masks ? std::move(self) : Ref{};
}
void poll_dealloc(PyObject* o) {
  Py_XDECREF(reinterpret_cast<Poll*>(o)->masks);
  Py_TYPE(o)->tp_free(o);
}
Ref poll_register(Value self, const Value* a) {
  int fd;
  uint16_t mask;
  if (!fd_arg(a[0], &fd) || !mask_arg(a[1], POLLIN | POLLPRI | POLLOUT, &mask)) return Ref{};
  return dict_set(Value{poll_of(self)->masks}, Value::from_int(fd), Value::from_int(mask)) ? none_ref() : Ref{};
}
Ref poll_modify(Value self, const Value* a) {
  int fd;
  uint16_t mask;
  if (!fd_arg(a[0], &fd) || !mask_arg(a[1], 0, &mask)) return Ref{};
  int there = dict_contains(Value{poll_of(self)->masks}, Value::from_int(fd));
  if (there < 0) return Ref{};
  if (!there) {
    errno = ENOENT;
    return raise_errno(PyExc_OSError);
  }
  return dict_set(Value{poll_of(self)->masks}, Value::from_int(fd), Value::from_int(mask)) ? none_ref() : Ref{};
}
Ref poll_unregister(Value self, Value v) {
  int fd;
  if (!fd_arg(v, &fd)) return Ref{};
  int done = dict_delete(Value{poll_of(self)->masks}, Value::from_int(fd));
  if (done == 0) return raise_key_error(Value::from_int(fd));
  return done > 0 ? none_ref() : Ref{};
}
Ref poll_poll(Value self, const Value* a) {
  int64_t timeout;
  if (!poll_timeout_arg(a[0], kMillisecond, &timeout)) return Ref{};
  Poll* p = poll_of(self);
  if (p->running) return raise(PyExc_RuntimeError, "concurrent poll() invocation");
  std::vector<pollfd> fds;
  Py_ssize_t position = 0;
  Value k, v;
  while (dict_next(Value{p->masks}, &position, &k, &v)) fds.push_back({static_cast<int>(k.as_int()), static_cast<short>(v.as_int()), 0});
  p->running = true;
  int n = wait_for(timeout, [&](int64_t left) { return poll(fds.data(), fds.size(), milliseconds(left)); });
  p->running = false;
  if (n < 0) return os_error();
  Ref list = list_new();
  for (pollfd& f : fds) {
    if (!f.revents) continue;
    Ref pair = tuple_of({Value::from_int(f.fd), Value::from_int(f.revents & 0xFFFF)});
    if (!list || !pair || !list_append(list, std::move(pair))) return Ref{};
  }
  return list;
}
const MethodRow poll_methods[] = {
    method<poll_register>("register", "($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)", "Register a file descriptor with the polling object."),
    method<poll_modify>("modify", "($self, fd, eventmask, /)", "Modify an already registered file descriptor."),
    method<poll_unregister>("unregister", "($self, fd, /)", "Remove a file descriptor being tracked by the polling object."),
    method<poll_poll>("poll", "($self, timeout=None, /)", "Polls the set of registered file descriptors."),
    {}};
const TypeDef poll_def{.type = &poll_type, .name = "select.poll", .basicsize = sizeof(Poll), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, .dealloc = poll_dealloc, .methods = poll_methods};

// --- epoll --------------------------------------------------------------------------------------------------------------------------------------
struct Epoll {
  PyObject head;
  int fd;
};
Epoll* epoll_of(Value v) { return v.as<Epoll>(); }
Ref closed_error() { return raise(PyExc_ValueError, "I/O operation on closed epoll object"); }
Ref make_epoll(PyTypeObject* type, int fd) {
  if (fd < 0) return raise_errno(PyExc_OSError);
  Epoll* e = new_object<Epoll>(type);
  if (!e) {
    close(fd);
    return Ref{};
  }
  e->fd = fd;
  return Ref::steal(Value{&e->head});
}
Ref epoll_make(Value, const Value* a) {
  int size, flags;
  if (!int_arg(a[0], -1, &size) || !int_arg(a[1], 0, &flags)) return Ref{};
  if (size <= 0 && size != -1) return raise(PyExc_ValueError, "negative sizehint");
  if (flags && flags != EPOLL_CLOEXEC) return raise(PyExc_OSError, "invalid flags");
  return make_epoll(&epoll_type, epoll_create1(EPOLL_CLOEXEC));
}
const MethodRow epoll_row = method<epoll_make>("epoll", "(sizehint=-1, flags=0)", "");
Ref epoll_new(PyTypeObject*, Args args) { return call_row(epoll_row, Value{}, args); }
void close_epoll(Epoll* e) {
  int fd = e->fd;
  e->fd = -1;
  if (fd < 0) return;
  ReleaseGil release;
  close(fd);
}
void epoll_dealloc(PyObject* o) {
  close_epoll(reinterpret_cast<Epoll*>(o));
  Py_TYPE(o)->tp_free(o);
}
Ref epoll_close(Value self) {
  close_epoll(epoll_of(self));
  return none_ref();
}
Ref epoll_closed(Value self) { return bool_ref(epoll_of(self)->fd < 0); }
Ref epoll_fileno(Value self) { return epoll_of(self)->fd < 0 ? closed_error() : int_from_i64(epoll_of(self)->fd); }
Ref epoll_fromfd(Value, Value v) {
  int fd;
  return as_int(v, &fd) ? make_epoll(&epoll_type, fd) : Ref{};
}
Ref control(Value self, int operation, Value target, Value events) {
  if (epoll_of(self)->fd < 0) return closed_error();
  int fd;
  int64_t mask = EPOLLIN | EPOLLPRI | EPOLLOUT;
  if (!fd_arg(target, &fd) || (events && !as_i64(events, &mask))) return Ref{};
  epoll_event e{};
  e.events = static_cast<uint32_t>(mask);
  e.data.fd = fd;
  int r;
  {
    ReleaseGil release;
    r = epoll_ctl(epoll_of(self)->fd, operation, fd, &e);
  }
  return r < 0 ? raise_errno(PyExc_OSError) : none_ref();
}
Ref epoll_register(Value self, const Value* a) { return control(self, EPOLL_CTL_ADD, a[0], a[1]); }
Ref epoll_modify(Value self, const Value* a) { return control(self, EPOLL_CTL_MOD, a[0], a[1]); }
Ref epoll_unregister(Value self, const Value* a) { return control(self, EPOLL_CTL_DEL, a[0], Value{}); }
Ref epoll_poll(Value self, const Value* a) {
  if (epoll_of(self)->fd < 0) return closed_error();
  int64_t timeout;
  int max;
  if (!poll_timeout_arg(a[0], kSecond, &timeout) || !int_arg(a[1], -1, &max)) return Ref{};
  if (max == -1) max = FD_SETSIZE - 1;
  else if (max < 1) return raise(PyExc_ValueError, "maxevents must be greater than 0, got %d", max);
  std::vector<epoll_event> events(static_cast<size_t>(max));
  int n = wait_for(timeout, [&](int64_t left) { return epoll_wait(epoll_of(self)->fd, events.data(), max, milliseconds(left)); });
  if (n < 0) return os_error();
  Ref list = list_new(n);
  for (int i = 0; i < n; i++) {
    Ref pair = tuple_of({Value::from_int(events[static_cast<size_t>(i)].data.fd), Value::from_int(events[static_cast<size_t>(i)].events)});
    if (!list || !pair || !list_append(list, std::move(pair))) return Ref{};
  }
  return list;
}
Ref epoll_enter(Value self) { return epoll_of(self)->fd < 0 ? closed_error() : Ref::copy(self); }
Ref epoll_exit(Value self, Args) { return epoll_close(self); }
const MethodRow epoll_methods[] = {
    class_method<epoll_fromfd>("fromfd", "($type, fd, /)", "Create an epoll object from a given control fd."),
    method<epoll_close>("close", "($self, /)", "Close the epoll control file descriptor."),
    method<epoll_fileno>("fileno", "($self, /)", "Return the epoll control file descriptor."),
    method<epoll_register>("register", "($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)", "Registers a new fd or raises an OSError if the fd is already registered."),
    method<epoll_modify>("modify", "($self, /, fd, eventmask)", "Modify event mask for a registered file descriptor."),
    method<epoll_unregister>("unregister", "($self, /, fd)", "Remove a registered file descriptor from the epoll object."),
    method<epoll_poll>("poll", "($self, /, timeout=None, maxevents=-1)", "Wait for events on the epoll file descriptor."),
    method<epoll_enter>("__enter__", "($self, /)", ""),
    method<epoll_exit>("__exit__", "", ""),
    {}};
const GetSetRow epoll_getset[] = {getset<epoll_closed>("closed", "True if the epoll handler is closed"), {}};
const TypeDef epoll_def{.type = &epoll_type, .name = "select.epoll", .basicsize = sizeof(Epoll), .doc = "Returns an epolling object.", .signature = "(sizehint=-1, flags=0)",
                        .dealloc = epoll_dealloc, .slots = {.tp_new = slot::New<epoll_new>}, .methods = epoll_methods, .getset = epoll_getset};

const MethodRow functions[] = {
    method<select_>("select", "($module, rlist, wlist, xlist, timeout=None, /)", "Wait until one or more file descriptors are ready for some kind of I/O."),
    method<poll_new>("poll", "($module, /)", "Returns a polling object."),
    {}};
bool exec(PyObject* module) {
  struct { const char* name; int64_t value; } constants[] = {
      {"PIPE_BUF", 4096}, {"POLLIN", POLLIN}, {"POLLPRI", POLLPRI}, {"POLLOUT", POLLOUT}, {"POLLERR", POLLERR}, {"POLLHUP", POLLHUP}, {"POLLNVAL", POLLNVAL},
      {"POLLRDNORM", POLLRDNORM}, {"POLLRDBAND", POLLRDBAND}, {"POLLWRNORM", POLLWRNORM}, {"POLLWRBAND", POLLWRBAND}, {"POLLMSG", POLLMSG}, {"POLLRDHUP", POLLRDHUP},
      {"EPOLLIN", EPOLLIN}, {"EPOLLOUT", EPOLLOUT}, {"EPOLLPRI", EPOLLPRI}, {"EPOLLERR", EPOLLERR}, {"EPOLLHUP", EPOLLHUP}, {"EPOLLRDHUP", EPOLLRDHUP}, {"EPOLLET", EPOLLET},
      {"EPOLLONESHOT", EPOLLONESHOT}, {"EPOLLEXCLUSIVE", EPOLLEXCLUSIVE}, {"EPOLLRDNORM", EPOLLRDNORM}, {"EPOLLRDBAND", EPOLLRDBAND}, {"EPOLLWRNORM", EPOLLWRNORM},
      {"EPOLLWRBAND", EPOLLWRBAND}, {"EPOLLMSG", EPOLLMSG}, {"EPOLL_CLOEXEC", EPOLL_CLOEXEC}};
  for (auto& c : constants) {
    if (!module_add_int(module, c.name, static_cast<uint32_t>(c.value))) return false;
  }
  return module_add(module, "error", Ref::copy(Value{PyExc_OSError})) && ready_type(poll_def) && module_add_type(module, epoll_def);
}

}  // namespace

extern const ModuleDef select_module;
const ModuleDef select_module{.name = "select", .doc = "This module supports asynchronous I/O on multiple file descriptors.", .methods = functions, .exec = exec};

}  // namespace adder
