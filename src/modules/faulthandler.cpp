// The module faulthandler: tracebacks written by signal handlers. What runs in a handler reads frames and writes to a
// descriptor, nothing else: no allocation, no lock, no Python.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "memory/gc_state.h"
#include "modules/faulthandler.h"
#include "modules/sys.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"
#include "vm/thread.h"

namespace adder {
namespace {

// --- Writing, safely in a signal handler -------------------------------------------------------------------------------------
void put(int fd, const char* text, size_t n) {
  while (n > 0) {
    ssize_t done = write(fd, text, n);
    if (done < 0) {
      if (errno == EINTR) continue;
      return;
    }
    text += done;
    n -= static_cast<size_t>(done);
  }
}
void put(int fd, const char* text) { put(fd, text, strlen(text)); }
void put_number(int fd, unsigned long v, unsigned base, int width) {
  char digits[24];
  int n = 0;
  do {
    digits[n++] = "0123456789abcdef"[v % base];
    v /= base;
  } while ((v || n < width) && n < 24);
  for (int i = 0; i < n / 2; i++) std::swap(digits[i], digits[n - 1 - i]);
  put(fd, digits, static_cast<size_t>(n));
}
// At most 500 characters, other than ASCII escaped.
void put_str(int fd, PyObject* s) {
  if (!s || !is_str(s)) return put(fd, "???");
  Py_ssize_t n = str_length(s);
  for (Py_ssize_t i = 0; i < n && i < 500; i++) {
    uint32_t c = str_char(s, i);
    char ascii = static_cast<char>(c);
    if (c >= ' ' && c < 127) {
      put(fd, &ascii, 1);
    } else {
      put(fd, c <= 0xff ? "\\x" : c <= 0xffff ? "\\u" : "\\U");
      put_number(fd, c, 16, c <= 0xff ? 2 : c <= 0xffff ? 4 : 8);
    }
  }
  if (n > 500) put(fd, "...");
}

void put_frames(int fd, Frame* f) {
  if (!f) return put(fd, "  <no Python frame>\n");
  for (int depth = 0; f; f = f->previous, depth++) {
    if (depth == 100) return put(fd, "  ...\n");
    put(fd, "  File \"");
    put_str(fd, f->code->co_filename);
    put(fd, "\", line ");
    int line = f->line();
    if (line >= 0) put_number(fd, static_cast<unsigned long>(line), 10, 1);
    else put(fd, "???");
    put(fd, " in ");
    put_str(fd, f->code->co_name);
    put(fd, "\n");
  }
}

void put_thread(int fd, Thread* t, bool current) {
  put(fd, current ? "Current thread 0x" : "Thread 0x");
  put_number(fd, t->ts.thread_id, 16, 16);
  put(fd, " (most recent call first):\n");
  if (current && gc_state().collecting) put(fd, "  Garbage-collecting\n");
  put_frames(fd, t->ts.cframe ? current_frame(t) : nullptr);
}

Thread* thread_here() {
  unsigned long id = static_cast<unsigned long>(pthread_self());
  for (Thread* t = the_interpreter ? the_interpreter->threads : nullptr; t; t = reinterpret_cast<Thread*>(t->ts.next)) {
    if (t->ts.thread_id == id) return t;
  }
  return nullptr;
}

void put_traceback(int fd, bool all_threads) {
  Thread* here = thread_here();
  if (!all_threads) {
    if (!here) return;
    put(fd, "Stack (most recent call first):\n");
    if (gc_state().collecting) put(fd, "  Garbage-collecting\n");
    put_frames(fd, current_frame(here));
    return;
  }
  int n = 0;
  for (Thread* t = the_interpreter ? the_interpreter->threads : nullptr; t; t = reinterpret_cast<Thread*>(t->ts.next), n++) {
    if (n) put(fd, "\n");
    if (n == 100) return put(fd, "...\n");
    put_thread(fd, t, t == here);
  }
}

bool is_native(PyObject* name, Value module) {
  if (is_module(module) && as_module(module)->def) return true;
  return is_builtin_module(name);
}
void put_extension_modules(int fd) {
  if (!the_interpreter || !the_interpreter->modules || !is_dict(the_interpreter->modules)) return;
  Value library = sys_get("stdlib_module_names"), name, module;
  if (library && !is_instance_of_set(library)) library = Value{};
  Py_ssize_t position = 0, count = 0;
  while (dict_next(the_interpreter->modules, &position, &name, &module)) {
    if (!is_str(name) || !is_native(name.object(), module) || (library && set_contains(library, name) > 0)) continue;
    put(fd, count++ ? ", " : "\nExtension modules: ");
    put_str(fd, name.object());
  }
  if (!count) return;
  put(fd, " (total: ");
  put_number(fd, static_cast<unsigned long>(count), 10, 1);
  put(fd, ")\n");
}

// --- Fatal signals ---------------------------------------------------------------------------------------------------------------
struct Fatal {
  int signal;
  const char* name;
  bool enabled = false;
  struct sigaction previous {};
};
Fatal fatals[] = {{SIGBUS, "Bus error"}, {SIGILL, "Illegal instruction"}, {SIGFPE, "Floating point exception"}, {SIGABRT, "Aborted"},
                  {SIGSEGV, "Segmentation fault"}};
struct {
  bool enabled = false;
  bool all_threads = true;
  int fd = 2;
  PyObject* file = nullptr;
} fatal;
char* alternate_stack = nullptr;

void restore(Fatal& f) {
  if (!f.enabled) return;
  f.enabled = false;
  sigaction(f.signal, &f.previous, nullptr);
}

void on_fatal(int signal) {
  if (!fatal.enabled) return;
  int saved = errno;
  Fatal* which = &fatals[4];
  for (Fatal& f : fatals) {
    if (f.signal == signal) which = &f;
  }
  restore(*which);
  put(fatal.fd, "Fatal Python error: ");
  put(fatal.fd, which->name);
  put(fatal.fd, "\n\n");
  put_traceback(fatal.fd, fatal.all_threads);
  put_extension_modules(fatal.fd);
  errno = saved;
  ::raise(signal);  // now to whom it belonged before
}

bool enable_fatal() {
  if (fatal.enabled) return true;
  fatal.enabled = true;
  if (!alternate_stack) {
    constexpr size_t kSize = 64 * 1024;
    alternate_stack = static_cast<char*>(malloc(kSize));
    stack_t stack{};
    stack.ss_sp = alternate_stack;
    stack.ss_size = kSize;
    if (alternate_stack) sigaltstack(&stack, nullptr);
  }
  for (Fatal& f : fatals) {
    struct sigaction action {};
    action.sa_handler = on_fatal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_NODEFER | (alternate_stack ? SA_ONSTACK : 0);
    if (sigaction(f.signal, &action, &f.previous) != 0) return raise_errno(PyExc_RuntimeError);
    f.enabled = true;
  }
  return true;
}

// --- Where to write -----------------------------------------------------------------------------------------------------------------
// The descriptor of a file argument; *file: the object to keep alive.
int descriptor_of(Value v, Ref* file) {
  if (!v || is_none(v)) {
    *file = hooks.sys_get ? hooks.sys_get("stderr"_id) : Ref{};
    if (!*file) {
      if (!error_occurred()) raise(PyExc_RuntimeError, "unable to get sys.stderr");
      return -1;
    }
    if (is_none(*file)) return raise(PyExc_RuntimeError, "sys.stderr is None");
  } else if (is_int(v)) {
    int fd;
    if (!as_int(v, &fd)) return -1;
    if (fd < 0) return raise(PyExc_ValueError, "file is not a valid file descripter");
    return fd;
  } else {
    *file = Ref::copy(v);
  }
  Ref number = call_method(*file, "fileno"_id);
  if (!number) return -1;
  int fd = -1;
  if (is_int(number) && !as_int(number, &fd)) clear_error();
  if (fd < 0) return raise(PyExc_RuntimeError, "file.fileno() is not a valid file descriptor");
  Ref flushed = call_method(*file, "flush"_id);
  if (!flushed) clear_error();
  return fd;
}
void keep(PyObject*& slot, Ref file) {
  PyObject* old = slot;
  slot = file.release().object();
  Py_XDECREF(old);
}
int flag(Value v, bool fallback) { return v ? is_true(v) : fallback; }

Ref enable(Value, const Value* a) {
  Ref file;
  int all = flag(a[1], true);
  int fd = all < 0 ? -1 : descriptor_of(a[0], &file);
  if (fd < 0) return nullptr;
  keep(fatal.file, std::move(file));
  fatal.fd = fd;
  fatal.all_threads = all != 0;
  return enable_fatal() ? none_ref() : Ref{};
}
Ref disable(Value) {
  bool was = fatal.enabled;
  if (was) {
    fatal.enabled = false;
    for (Fatal& f : fatals) restore(f);
    keep(fatal.file, Ref{});
  }
  return bool_ref(was);
}
Ref is_enabled(Value) { return bool_ref(fatal.enabled); }

Ref dump_traceback(Value, const Value* a) {
  Ref file;
  int all = flag(a[1], true);
  int fd = all < 0 ? -1 : descriptor_of(a[0], &file);
  if (fd < 0) return nullptr;
  put_traceback(fd, all != 0);
  return none_ref();
}

// --- After a time --------------------------------------------------------------------------------------------------------------------
struct Later {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t change;
  pthread_t thread;
  bool running = false, cancelled = false, repeat = false, exit = false;
  int64_t microseconds = 0;
  int fd = 2;
  char header[64] = "";
  PyObject* file = nullptr;
};
Later& later = *new Later;

void* watch(void*) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_mutex_lock(&later.lock);
  do {
    timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += later.microseconds / 1000000;
    until.tv_nsec += later.microseconds % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_sec++;
      until.tv_nsec -= 1000000000;
    }
    int status = 0;
    while (!later.cancelled && status != ETIMEDOUT) status = pthread_cond_timedwait(&later.change, &later.lock, &until);
    if (later.cancelled) break;
    put(later.fd, later.header);
    put_traceback(later.fd, true);
    if (later.exit) _exit(1);
  } while (later.repeat);
  pthread_mutex_unlock(&later.lock);
  return nullptr;
}
void cancel_watch() {
  if (!later.running) return;
  pthread_mutex_lock(&later.lock);
  later.cancelled = true;
  pthread_cond_signal(&later.change);
  pthread_mutex_unlock(&later.lock);
  {
    ReleaseGil unlocked;
    pthread_join(later.thread, nullptr);
  }
  pthread_cond_destroy(&later.change);
  later.running = false;
  keep(later.file, Ref{});
}

Ref dump_traceback_later(Value, const Value* a) {
  double seconds;
  if (!as_double(a[0], &seconds)) return nullptr;
  if (!(seconds > 0)) return raise(PyExc_ValueError, "timeout must be greater than 0");
  if (seconds > 9e9) return raise(PyExc_OverflowError, "timeout value is too large");
  int repeat = flag(a[1], false), exit_after = flag(a[3], false);
  if (repeat < 0 || exit_after < 0) return nullptr;
  Ref file;
  int fd = descriptor_of(a[2], &file);
  if (fd < 0) return nullptr;
  cancel_watch();
  later.microseconds = static_cast<int64_t>(seconds * 1e6 + 0.5);
  if (later.microseconds < 1) later.microseconds = 1;
  int64_t whole = later.microseconds / 1000000, rest = later.microseconds % 1000000;
  if (rest) {
    snprintf(later.header, sizeof later.header, "Timeout (%ld:%02ld:%02ld.%06ld)!\n", long(whole / 3600), long(whole / 60 % 60), long(whole % 60), long(rest));
  } else {
    snprintf(later.header, sizeof later.header, "Timeout (%ld:%02ld:%02ld)!\n", long(whole / 3600), long(whole / 60 % 60), long(whole % 60));
  }
  later.repeat = repeat;
  later.exit = exit_after;
  later.fd = fd;
  later.cancelled = false;
  keep(later.file, std::move(file));
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&later.change, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (pthread_create(&later.thread, nullptr, watch, nullptr) != 0) {
    pthread_cond_destroy(&later.change);
    return raise(PyExc_RuntimeError, "unable to start watchdog thread");
  }
  later.running = true;
  return none_ref();
}
Ref cancel_dump_traceback_later(Value) {
  cancel_watch();
  return none_ref();
}

// --- Other signals ---------------------------------------------------------------------------------------------------------------------
struct UserSignal {
  bool enabled, all_threads, chain;
  int fd;
  PyObject* file;
  struct sigaction previous;
};
UserSignal user_signals[NSIG];

void on_user_signal(int signal) {
  UserSignal& u = user_signals[signal];
  if (!u.enabled) return;
  int saved = errno;
  put_traceback(u.fd, u.all_threads);
  if (u.chain) {
    // The previous handler runs as if it were installed.
    sigaction(signal, &u.previous, nullptr);
    errno = saved;
    ::raise(signal);
    struct sigaction action {};
    action.sa_handler = on_user_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_NODEFER | SA_RESTART | (alternate_stack ? SA_ONSTACK : 0);
    sigaction(signal, &action, nullptr);
  }
  errno = saved;
}
bool valid_signal(int n) {
  for (Fatal& f : fatals) {
    if (f.signal == n) return raise(PyExc_RuntimeError, "signal %d cannot be registered, use enable() instead", n);
  }
  if (n < 1 || n >= NSIG) return raise(PyExc_ValueError, "signal number out of range");
  return true;
}
Ref register_signal(Value, const Value* a) {
  int n;
  if (!as_int(a[0], &n) || !valid_signal(n)) return nullptr;
  int all = flag(a[2], true), chain = flag(a[3], false);
  if (all < 0 || chain < 0) return nullptr;
  Ref file;
  int fd = descriptor_of(a[1], &file);
  if (fd < 0) return nullptr;
  UserSignal& u = user_signals[n];
  if (!u.enabled) {
    struct sigaction action {};
    action.sa_handler = on_user_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | (chain ? SA_NODEFER : 0) | (alternate_stack ? SA_ONSTACK : 0);
    if (sigaction(n, &action, &u.previous) != 0) return raise_errno(PyExc_OSError);
  }
  keep(u.file, std::move(file));
  u.fd = fd;
  u.all_threads = all;
  u.chain = chain;
  u.enabled = true;
  return none_ref();
}
Ref unregister_signal(Value, Value v) {
  int n;
  if (!as_int(v, &n) || !valid_signal(n)) return nullptr;
  UserSignal& u = user_signals[n];
  if (!u.enabled) return bool_ref(false);
  u.enabled = false;
  sigaction(n, &u.previous, nullptr);
  keep(u.file, Ref{});
  return bool_ref(true);
}

// --- Ways to crash, for tests -------------------------------------------------------------------------------------------------------------
void no_core() {
  rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) == 0) {
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &limit);
  }
}
Ref read_null(Value) {
  no_core();
  volatile int* p = nullptr;
  return int_from_i64(*p);
}
Ref sigsegv(Value, const Value*) {
  no_core();
  ::raise(SIGSEGV);
  return none_ref();
}
Ref sigabrt(Value) {
  no_core();
  abort();
}
Ref sigfpe(Value) {
  no_core();
  ::raise(SIGFPE);
  return none_ref();
}
[[gnu::noinline]] uintptr_t overflow(uintptr_t least, int* depth) {
  volatile char page[4096];
  page[0] = 1;
  page[4095] = 2;
  (*depth)++;
  uintptr_t here = reinterpret_cast<uintptr_t>(&page);
  if (here < least) return here;
  return overflow(least, depth) + page[0];
}
void* fail_in_thread(void*) { fatal_error("faulthandler_fatal_error_thread", "in new thread"); }
Ref fatal_error_c_thread(Value) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, fail_in_thread, nullptr) != 0) return raise(PyExc_RuntimeError, "unable to start the thread");
  pthread_join(thread, nullptr);
  return none_ref();
}
Ref stack_overflow(Value) {
  no_core();
  int depth = 0;
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  uintptr_t reached = overflow(here > (uintptr_t{100} << 20) ? here - (uintptr_t{100} << 20) : 0, &depth);
  return raise(PyExc_RuntimeError, "unable to raise a stack overflow (allocated %zu bytes on the stack, %d recursive calls)",
               here - reached, depth);
}

const MethodRow functions[] = {
    method<enable>("enable", "($module, /, file=None, all_threads=True)", "enable(file=sys.stderr, all_threads=True): enable the fault handler"),
    method<disable>("disable", "($module, /)", "disable(): disable the fault handler"),
    method<is_enabled>("is_enabled", "($module, /)", "is_enabled()->bool: check if the handler is enabled"),
    method<dump_traceback>("dump_traceback", "($module, /, file=None, all_threads=True)",
                           "dump_traceback(file=sys.stderr, all_threads=True): dump the traceback of the current thread, or of all threads if all_threads is True, into file"),
    method<dump_traceback_later>("dump_traceback_later", "($module, /, timeout, repeat=False, file=None, exit=False)",
                                 "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False):\ndump the traceback of all threads in timeout seconds,\n"
                                 "or each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe."),
    method<cancel_dump_traceback_later>("cancel_dump_traceback_later", "($module, /)",
                                        "cancel_dump_traceback_later():\ncancel the previous call to dump_traceback_later()."),
    method<register_signal>("register", "($module, /, signum, file=None, all_threads=True, chain=False)",
                            "register(signum, file=sys.stderr, all_threads=True, chain=False): register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file"),
    method<unregister_signal>("unregister", "($module, signum, /)",
                              "unregister(signum): unregister the handler of the signal 'signum' registered by register()"),
    method<read_null>("_read_null", "($module, /)", "_read_null(): read from NULL, raise a SIGSEGV or SIGBUS signal depending on the platform"),
    method<sigsegv>("_sigsegv", "($module, release_gil=False, /)", "_sigsegv(release_gil=False): raise a SIGSEGV signal"),
    method<sigabrt>("_sigabrt", "($module, /)", "_sigabrt(): raise a SIGABRT signal"),
    method<sigfpe>("_sigfpe", "($module, /)", "_sigfpe(): raise a SIGFPE signal"),
    method<fatal_error_c_thread>("_fatal_error_c_thread", "($module, /)", "fatal_error_c_thread(): call Py_FatalError() in a new C thread."),
    method<stack_overflow>("_stack_overflow", "($module, /)", "_stack_overflow(): recursive call to raise a stack overflow"),
    {}};

}  // namespace

// -X faulthandler and PYTHONFAULTHANDLER.
bool enable_faulthandler();
bool enable_faulthandler() {
  fatal.fd = 2;
  return enable_fatal();
}

void fatal_error(const char* function, const char* message) {
  static bool under_way = false;
  if (under_way) abort();
  under_way = true;
  fflush(stdout);
  fprintf(stderr, "Fatal Python error: %s%s%s\n", function ? function : "", function ? ": " : "", message ? message : "<message not set>");
  fprintf(stderr, "Python runtime state: %s\n", !the_interpreter ? "unknown" : the_interpreter->finalizing ? "finalizing" : "initialized");
  fflush(stderr);
  int fd = fileno(stderr);
  if (the_interpreter) {
    bool has_lock = current_thread() && this_thread() == thread_here();
    Ref exception = has_lock ? take_error() : Ref{};
    if (exception && exception.as<PyBaseExceptionObject>()->traceback) {
      print_exception(exception, Value{});
    } else {
      fputc('\n', stderr);
      fflush(stderr);
      put_traceback(fd, true);
    }
    put_extension_modules(fd);
  }
  fatal.enabled = false;  // abort() shall not be reported again
  for (Fatal& f : fatals) restore(f);
  abort();
}

extern const ModuleDef faulthandler_module{.name = "faulthandler", .doc = "faulthandler module.", .methods = functions};

}  // namespace adder
