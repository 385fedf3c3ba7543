// _signal: handlers in Python for the system's signals. The C handler only marks; Python runs at the next safe point of the main thread.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "modules/duration.h"
#include "modules/posix.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "object/type.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"

namespace adder {
namespace {

struct Slot {
  volatile sig_atomic_t tripped;
  Ref handler;  // a callable, SIG_DFL, SIG_IGN; none: not ours (installed from C)
} slots[NSIG];
volatile sig_atomic_t any_tripped = 0;
int wakeup_fd = -1;
bool warn_on_full_buffer = true;
volatile sig_atomic_t wakeup_error = 0;  // errno of a write to it that failed, until the main thread says so

void c_handler(int number) {
  int saved = errno;
  trip_signal(number);
  errno = saved;
}
bool on_main_thread() { return this_thread() == main_interpreter->main_thread && static_cast<unsigned long>(pthread_self()) == main_interpreter->main_thread->ts.thread_id; }
bool signal_number(Value v, int* out) {
  if (!as_int(v, out)) return false;
  if (*out < 1 || *out >= NSIG) return raise(PyExc_ValueError, "signal number out of range");
  return true;
}
Value default_handler() { return Value::from_int(0); }
Value ignore_handler() { return Value::from_int(1); }

Ref default_int_handler(Value, const Value*) { return raise_none(PyExc_KeyboardInterrupt); }

bool install(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, nullptr) == 0;
}
Ref signal_(Value, const Value* a) {
  int number;
  if (!as_int(a[0], &number)) return Ref{};
  if (!on_main_thread()) return raise(PyExc_ValueError, "signal only works in main thread of the main interpreter");
  if (number < 1 || number >= NSIG) return raise(PyExc_ValueError, "signal number out of range");
  Value h = a[1];
  Ref plain = is_int(h) ? index(h) : Ref::copy(h);
  void (*function)(int) = c_handler;
  if (plain && plain.get() == default_handler()) function = SIG_DFL;
  else if (plain && plain.get() == ignore_handler()) function = SIG_IGN;
  else if (!is_callable(h)) return raise(PyExc_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
  if (!after_interrupt()) return Ref{};
  if (!install(number, function)) return raise_errno(PyExc_OSError);
  Ref old = std::move(slots[number].handler);
  slots[number].handler = function == c_handler ? Ref::copy(h) : std::move(plain);
  return old ? std::move(old) : none_ref();
}
Ref getsignal(Value, const Value* a) {
  int number;
  if (!signal_number(a[0], &number)) return Ref{};
  return slots[number].handler ? Ref::copy(slots[number].handler) : none_ref();
}
Ref raise_signal(Value, const Value* a) {
  int number;
  if (!as_int(a[0], &number)) return Ref{};
  if (::raise(number) != 0) return raise_errno(PyExc_OSError);
  return after_interrupt() ? none_ref() : Ref{};
}
Ref strsignal_(Value, const Value* a) {
  int number;
  if (!signal_number(a[0], &number)) return Ref{};
  errno = 0;
  const char* text = strsignal(number);
  if (!text || strstr(text, "Unknown signal")) return none_ref();
  return str_from_utf8(text);
}
Ref siginterrupt_(Value, const Value* a) {
  int number, flag;
  if (!signal_number(a[0], &number) || !as_int(a[1], &flag)) return Ref{};
  struct sigaction action;
  if (sigaction(number, nullptr, &action) < 0) return raise_errno(PyExc_OSError);
  if (flag) action.sa_flags &= ~SA_RESTART;
  else action.sa_flags |= SA_RESTART;
  return sigaction(number, &action, nullptr) < 0 ? raise_errno(PyExc_OSError) : none_ref();
}
Ref set_wakeup_fd(Value, const Value* a) {
  int fd;
  bool full = true;
  if (!as_int(a[0], &fd)) return Ref{};
  if (a[1]) {
    int truth = is_true(a[1]);
    if (truth < 0) return Ref{};
    full = truth;
  }
  if (!on_main_thread()) return raise(PyExc_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
  if (fd != -1) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return raise_errno(PyExc_OSError);
    if (!(flags & O_NONBLOCK)) return raise(PyExc_ValueError, "the fd %i must be in non-blocking mode", fd);
  }
  int old = wakeup_fd;
  wakeup_fd = fd;
  warn_on_full_buffer = full;
  return int_from_i64(old);
}
Ref alarm_(Value, const Value* a) {
  int seconds;
  return as_int(a[0], &seconds) ? int_from_i64(alarm(static_cast<unsigned>(seconds))) : Ref{};
}
Ref pause_(Value) {
  {
    ReleaseGil release;
    pause();
  }
  return after_interrupt() ? none_ref() : Ref{};
}
PyObject* itimer_error = nullptr;
Ref itimer_tuple(const itimerval& t) {
  auto seconds = [](const timeval& v) { return Value::from_double(static_cast<double>(v.tv_sec) + 1e-6 * static_cast<double>(v.tv_usec)); };
  return tuple_of({seconds(t.it_value), seconds(t.it_interval)});
}
bool timeval_of(Value v, timeval* out) {
  int64_t ns;
  if (!duration_arg(v, kSecond, &ns, true)) return false;
  int64_t us = ns / 1000 + (ns % 1000 > 0);
  *out = {us / 1000000, us % 1000000};
  if (out->tv_usec < 0) *out = {out->tv_sec - 1, out->tv_usec + 1000000};
  return true;
}
Ref setitimer_(Value, const Value* a) {
  int which;
  itimerval now{}, old{};
  if (!as_int(a[0], &which) || !timeval_of(a[1], &now.it_value) || (a[2] && !timeval_of(a[2], &now.it_interval))) return Ref{};
  if (setitimer(static_cast<__itimer_which_t>(which), &now, &old) < 0) return raise_errno(itimer_error);
  return itimer_tuple(old);
}
Ref getitimer_(Value, const Value* a) {
  int which;
  itimerval now{};
  if (!as_int(a[0], &which)) return Ref{};
  if (getitimer(static_cast<__itimer_which_t>(which), &now) < 0) return raise_errno(itimer_error);
  return itimer_tuple(now);
}

// --- Sets of signals --------------------------------------------------------------------------------------------------------------------
Ref set_object(const sigset_t& set) {
  Ref r = set_new(Value{});
  for (int i = 1; r && i < NSIG; i++) {
    if (sigismember(&set, i) == 1 && set_add(r, Value::from_int(i)) < 0) return Ref{};
  }
  return r;
}
Ref pthread_kill_(Value, const Value* a) {
  int number;
  if (!is_int(a[0])) return raise(PyExc_TypeError, "pthread_kill() argument 1 must be int, not %.200s", is_none(a[0]) ? "None" : type_of(a[0])->tp_name);
  if (!as_int(a[1], &number) || !audit("signal.pthread_kill", {a[0], a[1]})) return Ref{};
  int error = pthread_kill(static_cast<pthread_t>(int_as_u64_mask(a[0])), number);
  if (error) {
    errno = error;
    return raise_errno(PyExc_OSError);
  }
  return after_interrupt() ? none_ref() : Ref{};
}
Ref pthread_sigmask_(Value, const Value* a) {
  int how;
  sigset_t set, old;
  if (!as_int(a[0], &how) || !signal_set(a[1], &set)) return Ref{};
  int error = pthread_sigmask(how, &set, &old);
  if (error) {
    errno = error;
    return raise_errno(PyExc_OSError);
  }
  if (!after_interrupt()) return Ref{};
  return set_object(old);
}
Ref sigpending_(Value) {
  sigset_t set;
  return sigpending(&set) < 0 ? raise_errno(PyExc_OSError) : set_object(set);
}
Ref sigwait_(Value, Value v) {
  sigset_t set;
  if (!signal_set(v, &set)) return Ref{};
  int number = 0, error;
  {
    ReleaseGil release;
    error = sigwait(&set, &number);
  }
  errno = error;
  return error ? raise_errno(PyExc_OSError) : int_from_i64(number);
}
Ref valid_signals(Value) {
  sigset_t set;
  sigfillset(&set);
  return set_object(set);
}
PyTypeObject* siginfo_type = nullptr;
Ref siginfo(const siginfo_t& info) {
  Ref r = struct_sequence_new(siginfo_type);
  int64_t v[] = {info.si_signo, info.si_code, info.si_errno, info.si_pid, static_cast<int64_t>(info.si_uid), info.si_status, info.si_band};
  for (int i = 0; r && i < 7; i++) {
    if (!struct_sequence_set(r, i, int_from_i64(v[i]))) return Ref{};
  }
  return r;
}
Ref sigwaitinfo_(Value, Value v) {
  sigset_t set;
  if (!signal_set(v, &set)) return Ref{};
  for (;;) {
    siginfo_t info;
    int status;
    {
      ReleaseGil release;
      status = sigwaitinfo(&set, &info);
    }
    if (status >= 0) return siginfo(info);
    if (errno != EINTR) return raise_errno(PyExc_OSError);
    if (!after_interrupt()) return Ref{};
  }
}
Ref sigtimedwait_(Value, const Value* a) {
  sigset_t set;
  int64_t timeout;
  if (!duration_arg(a[1], kSecond, &timeout, true)) return Ref{};
  if (timeout < 0) return raise(PyExc_ValueError, "timeout must be non-negative");
  if (!signal_set(a[0], &set)) return Ref{};
  auto now = [] {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * kSecond + t.tv_nsec;
  };
  int64_t deadline = now() + timeout;
  for (int64_t left = timeout;; left = std::max<int64_t>(deadline - now(), 0)) {
    timespec t{left / kSecond, left % kSecond};
    siginfo_t info;
    int status;
    {
      ReleaseGil release;
      status = sigtimedwait(&set, &info, &t);
    }
    if (status >= 0) return siginfo(info);
    if (errno == EAGAIN) return none_ref();
    if (errno != EINTR) return raise_errno(PyExc_OSError);
    if (!after_interrupt()) return Ref{};
  }
}
Ref pidfd_send_signal_(Value, const Value* a) {
  int fd, number, flags;
  if (!as_int(a[0], &fd) || !as_int(a[1], &number) || !int_arg(a[3], 0, &flags)) return Ref{};
  if (a[2] && !is_none(a[2])) return raise(PyExc_TypeError, "siginfo must be None");
  return none_or_error(static_cast<int>(syscall(SYS_pidfd_send_signal, fd, number, nullptr, flags)));
}

const MethodRow functions[] = {
    method<signal_>("signal", "($module, signalnum, handler, /)", "Set the action for the given signal."),
    method<getsignal>("getsignal", "($module, signalnum, /)", "Return the current action for the given signal."),
    method<default_int_handler>("default_int_handler", "($module, signalnum, frame, /)", "The default handler for SIGINT installed by Python."),
    method<raise_signal>("raise_signal", "($module, signalnum, /)", "Send a signal to the executing process."),
    method<strsignal_>("strsignal", "($module, signalnum, /)", "Return the system description of the given signal."),
    method<siginterrupt_>("siginterrupt", "($module, signalnum, flag, /)", "Change system call restart behaviour."),
    method<set_wakeup_fd>("set_wakeup_fd", "($module, fd, /, *, warn_on_full_buffer=True)", "Sets the fd to be written to (with the signal number) when a signal comes in."),
    method<alarm_>("alarm", "($module, seconds, /)", "Arrange for SIGALRM to arrive after the given number of seconds."),
    method<pause_>("pause", "($module, /)", "Wait until a signal arrives."),
    method<setitimer_>("setitimer", "($module, which, seconds, interval=0.0, /)", "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF)."),
    method<getitimer_>("getitimer", "($module, which, /)", "Returns current value of given itimer."),
    method<pthread_kill_>("pthread_kill", "($module, thread_id, signalnum, /)", "Send a signal to a thread."),
    method<pthread_sigmask_>("pthread_sigmask", "($module, how, mask, /)", "Fetch and/or change the signal mask of the calling thread."),
    method<sigpending_>("sigpending", "($module, /)", "Examine pending signals."),
    method<sigwait_>("sigwait", "($module, sigset, /)", "Wait for a signal."),
    method<sigwaitinfo_>("sigwaitinfo", "($module, sigset, /)", "Wait synchronously until one of the signals in *sigset* is delivered."),
    method<sigtimedwait_>("sigtimedwait", "($module, sigset, timeout, /)", "Like sigwaitinfo(), but with a timeout."),
    method<pidfd_send_signal_>("pidfd_send_signal", "($module, pidfd, signalnum, siginfo=None, flags=0, /)", "Send a signal to a process referred to by a pid file descriptor."),
    method<valid_signals>("valid_signals", "($module, /)", "Return a set of valid signal numbers on this platform."),
    {}};
const StructField siginfo_fields[] = {{"si_signo", "signal number"}, {"si_code", "signal code"}, {"si_errno", "errno associated with this signal"}, {"si_pid", "sending process ID"},
                                      {"si_uid", "real user ID of sending process"}, {"si_status", "exit value or signal"}, {"si_band", "band event for SIGPOLL"}, {}};

void forget_handlers() {
  for (Slot& s : slots) s.handler.reset();
}
bool exec(PyObject* module) {
  at_process_end(&forget_handlers);
  struct { const char* name; int value; } numbers[] = {
      {"SIGHUP", SIGHUP}, {"SIGINT", SIGINT}, {"SIGQUIT", SIGQUIT}, {"SIGILL", SIGILL}, {"SIGTRAP", SIGTRAP}, {"SIGIOT", SIGIOT}, {"SIGABRT", SIGABRT}, {"SIGFPE", SIGFPE},
      {"SIGKILL", SIGKILL}, {"SIGBUS", SIGBUS}, {"SIGSEGV", SIGSEGV}, {"SIGSYS", SIGSYS}, {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM}, {"SIGTERM", SIGTERM}, {"SIGUSR1", SIGUSR1},
      {"SIGUSR2", SIGUSR2}, {"SIGCLD", SIGCHLD}, {"SIGCHLD", SIGCHLD}, {"SIGPWR", SIGPWR}, {"SIGIO", SIGIO}, {"SIGURG", SIGURG}, {"SIGWINCH", SIGWINCH}, {"SIGPOLL", SIGPOLL},
      {"SIGSTOP", SIGSTOP}, {"SIGTSTP", SIGTSTP}, {"SIGCONT", SIGCONT}, {"SIGTTIN", SIGTTIN}, {"SIGTTOU", SIGTTOU}, {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF},
      {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ}, {"SIGRTMIN", SIGRTMIN}, {"SIGRTMAX", SIGRTMAX}, {"SIGSTKFLT", SIGSTKFLT}, {"NSIG", NSIG}, {"SIG_DFL", 0}, {"SIG_IGN", 1}, {"SIG_BLOCK", SIG_BLOCK},
      {"SIG_UNBLOCK", SIG_UNBLOCK}, {"SIG_SETMASK", SIG_SETMASK}, {"ITIMER_REAL", ITIMER_REAL}, {"ITIMER_VIRTUAL", ITIMER_VIRTUAL}, {"ITIMER_PROF", ITIMER_PROF}};
  for (auto& n : numbers) {
    if (!module_add_int(module, n.name, n.value)) return false;
  }
  if (!siginfo_type) siginfo_type = struct_sequence_type({"signal.struct_siginfo", "struct_siginfo: Result from sigwaitinfo or sigtimedwait.", siginfo_fields, 7});
  if (!siginfo_type || !module_add(module, "struct_siginfo", Ref::copy(Value{siginfo_type}))) return false;
  if (!itimer_error) {
    itimer_error = make_heap_type("signal.itimer_error", reinterpret_cast<PyTypeObject*>(PyExc_OSError), Value{}).release().object();
  }
  if (!itimer_error || !module_add(module, "ItimerError", Ref::copy(Value{itimer_error}))) return false;
  // What the process already does with each signal.
  for (int i = 1; i < NSIG; i++) {
    struct sigaction action;
    if (sigaction(i, nullptr, &action) < 0) continue;
    slots[i].handler = action.sa_handler == SIG_DFL ? Ref::copy(default_handler()) : action.sa_handler == SIG_IGN ? Ref::copy(ignore_handler()) : none_ref();
  }
  Ref handler = getattr(Value{module}, "default_int_handler"_id);
  if (!handler) return false;
  if (slots[SIGINT].handler.get() == default_handler() && the_interpreter->config.install_signal_handlers) {
    slots[SIGINT].handler = std::move(handler);
    install(SIGINT, c_handler);
  }
  return true;
}

}  // namespace

bool signal_set(Value iterable, sigset_t* set) {
  sigemptyset(set);
  return for_each(iterable, [&](Value v) -> bool {
    Ref i = index(v);
    int64_t number;
    if (!i) return false;
    if (int_sign_overflow_i64(i, &number) != 0) number = -1;
    if (number < 1 || number >= NSIG) return raise(PyExc_ValueError, "signal number %ld out of range [1; %i]", static_cast<long>(number), NSIG - 1);
    // The C library keeps some for itself.
    return sigaddset(set, static_cast<int>(number)) == 0 || warn(PyExc_RuntimeWarning, 1, "invalid signal number %ld, please use valid_signals()", static_cast<long>(number));
  });
}
void trip_signal(int number) {
  slots[number].tripped = 1;
  any_tripped = 1;
  breaker_add(kBreakSignal);
  if (wakeup_fd >= 0) {
    auto byte = static_cast<unsigned char>(number);
    if (write(wakeup_fd, &byte, 1) < 0 && (warn_on_full_buffer || (errno != EAGAIN && errno != EWOULDBLOCK))) wakeup_error = errno;
  }
}
void simulate_signal(int number) {
  Value h = slots[number].handler.get();
  if (h.absent() || h == default_handler() || h == ignore_handler()) return;
  trip_signal(number);
}
bool run_signal_handlers() {
  if (!keep_on()) return false;
  if (!any_tripped) return true;
  any_tripped = 0;
  if (int error = wakeup_error) {
    wakeup_error = 0;
    errno = error;
    (void)raise_errno(PyExc_OSError);
    write_unraisable(Value{}, "when trying to write to the signal wakeup fd");
  }
  Frame* f = visible_frame(this_thread());
  for (int i = 1; i < NSIG; i++) {
    if (!slots[i].tripped) continue;
    slots[i].tripped = 0;
    Ref handler = slots[i].handler ? Ref::copy(slots[i].handler) : Ref{};
    if (!handler || is_none(handler) || is_int(handler)) continue;
    PyFrameObject* frame = f ? frame_object(f) : nullptr;
    Ref result = call(handler, {Value::from_int(i), frame ? Value{reinterpret_cast<PyObject*>(frame)} : none()});
    if (!result) {
      any_tripped = 1;  // the rest next time
      breaker_add(kBreakSignal);
      return false;
    }
  }
  return true;
}
void init_signals() {
  install(SIGPIPE, SIG_IGN);
  install(SIGXFSZ, SIG_IGN);
  slots[SIGPIPE].handler = Ref::copy(ignore_handler());
  slots[SIGXFSZ].handler = Ref::copy(ignore_handler());
}

extern const ModuleDef signal_module;
const ModuleDef signal_module{
    .name = "_signal",
    .doc = "This module provides mechanisms to use signal handlers in Python.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
