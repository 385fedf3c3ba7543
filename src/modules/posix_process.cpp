// posix: processes, users, scheduling, the environment, waiting.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"

namespace adder {

// Shared with _posixsubprocess: argument and environment vectors.
bool string_vector(Value sequence, const char* function, const char* what, std::vector<std::string>* out);
bool environment_vector(Value mapping, std::vector<std::string>* out);
void run_fork_hooks(int which);   // 0 before, 1 parent, 2 child
void after_fork_in_child();

namespace {

Ref os_error() { return error_occurred() ? Failure{} : raise_errno(PyExc_OSError); }
Ref none_or_error(int status) { return status < 0 ? os_error() : none_ref(); }
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> p;
  for (std::string& s : strings) p.push_back(s.data());
  p.push_back(nullptr);
  return p;
}

// --- Identity ---------------------------------------------------------------------------------------------------------------------------
Ref getpid_(Value) { return int_from_i64(getpid()); }
Ref getppid_(Value) { return int_from_i64(getppid()); }
Ref getuid_(Value) { return int_from_u64(getuid()); }
Ref geteuid_(Value) { return int_from_u64(geteuid()); }
Ref getgid_(Value) { return int_from_u64(getgid()); }
Ref getegid_(Value) { return int_from_u64(getegid()); }
Ref getpgrp_(Value) { return int_from_i64(getpgrp()); }
template <int (*f)(unsigned)>
Ref set_id(Value, Value v) {
  int64_t n;
  if (!as_i64(v, &n)) return Ref{};
  return none_or_error(f(static_cast<unsigned>(n)));
}
Ref getgroups_(Value) {
  gid_t groups[65536 / 4];
  int n = getgroups(sizeof groups / sizeof *groups, groups);
  if (n < 0) return os_error();
  Ref list = list_new(n);
  for (int i = 0; list && i < n; i++) {
    if (!list_append(list, int_from_u64(groups[i]))) return Ref{};
  }
  return list;
}
Ref setgroups_(Value, Value v) {
  Ref list = to_list(v);
  if (!list) return Ref{};
  std::vector<gid_t> groups;
  for (Py_ssize_t i = 0; i < list_size(list); i++) {
    int64_t n;
    if (!as_i64(list_get(list, i), &n)) return Ref{};
    groups.push_back(static_cast<gid_t>(n));
  }
  return none_or_error(setgroups(groups.size(), groups.data()));
}
Ref getresuid_(Value) {
  uid_t r, e, s;
  if (getresuid(&r, &e, &s) < 0) return os_error();
  return tuple_of({Value::from_int(r), Value::from_int(e), Value::from_int(s)});
}
Ref getresgid_(Value) {
  gid_t r, e, s;
  if (getresgid(&r, &e, &s) < 0) return os_error();
  return tuple_of({Value::from_int(r), Value::from_int(e), Value::from_int(s)});
}
Ref getlogin_(Value) {
  const char* name = getlogin();
  return name ? str_decode_fs(name) : os_error();
}
Ref getpgid_(Value, const Value* a) {
  int pid;
  if (!as_int(a[0], &pid)) return Ref{};
  pid_t g = getpgid(pid);
  return g < 0 ? os_error() : int_from_i64(g);
}
Ref setpgid_(Value, const Value* a) {
  int pid, group;
  return as_int(a[0], &pid) && as_int(a[1], &group) ? none_or_error(setpgid(pid, group)) : Ref{};
}
Ref setpgrp_(Value) { return none_or_error(setpgid(0, 0)); }
Ref setsid_(Value) { return none_or_error(setsid()); }
Ref getsid_(Value, Value v) {
  int pid;
  if (!as_int(v, &pid)) return Ref{};
  pid_t s = getsid(pid);
  return s < 0 ? os_error() : int_from_i64(s);
}
Ref tcgetpgrp_(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  pid_t g = tcgetpgrp(fd);
  return g < 0 ? os_error() : int_from_i64(g);
}
Ref tcsetpgrp_(Value, const Value* a) {
  int fd, group;
  return as_int(a[0], &fd) && as_int(a[1], &group) ? none_or_error(tcsetpgrp(fd, group)) : Ref{};
}
PyTypeObject *uname_type, *times_type, *sched_param_type, *statvfs_type, *waitid_type;
Ref uname_(Value) {
  utsname u;
  if (uname(&u) < 0) return os_error();
  Ref r = struct_sequence_new(uname_type);
  const char* parts[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
  for (int i = 0; r && i < 5; i++) {
    if (!struct_sequence_set(r, i, str_decode_fs(parts[i]))) return Ref{};
  }
  return r;
}
Ref times_(Value) {
  struct tms t;
  clock_t now = times(&t);
  if (now == static_cast<clock_t>(-1)) return os_error();
  auto hz = static_cast<double>(sysconf(_SC_CLK_TCK));
  Ref r = struct_sequence_new(times_type);
  double v[] = {t.tms_utime / hz, t.tms_stime / hz, t.tms_cutime / hz, t.tms_cstime / hz, now / hz};
  for (int i = 0; r && i < 5; i++) {
    if (!struct_sequence_set(r, i, float_new(v[i]))) return Ref{};
  }
  return r;
}
Ref getloadavg_(Value) {
  double load[3];
  if (getloadavg(load, 3) != 3) return raise(PyExc_OSError, "Load averages are unobtainable");
  return tuple_of({Value::from_double(load[0]), Value::from_double(load[1]), Value::from_double(load[2])});
}
Ref nice_(Value, Value v) {
  int increment;
  if (!as_int(v, &increment)) return Ref{};
  errno = 0;
  int value = nice(increment);
  return value == -1 && errno ? os_error() : int_from_i64(value);
}
Ref getpriority_(Value, const Value* a) {
  int which, who;
  if (!as_int(a[0], &which) || !as_int(a[1], &who)) return Ref{};
  errno = 0;
  int value = getpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who));
  return errno ? os_error() : int_from_i64(value);
}
Ref setpriority_(Value, const Value* a) {
  int which, who, priority;
  if (!as_int(a[0], &which) || !as_int(a[1], &who) || !as_int(a[2], &priority)) return Ref{};
  return none_or_error(setpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who), priority));
}
Ref cpu_count(Value) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n < 1 ? none_ref() : int_from_i64(n);
}
Ref sched_yield_(Value) { return none_or_error(sched_yield()); }
Ref sched_getaffinity_(Value, Value v) {
  int pid;
  if (!as_int(v, &pid)) return Ref{};
  cpu_set_t set;
  if (sched_getaffinity(pid, sizeof set, &set) < 0) return os_error();
  Ref r = set_new(Value{});
  for (int i = 0; r && i < CPU_SETSIZE; i++) {
    if (CPU_ISSET(i, &set) && set_add(r, Value::from_int(i)) < 0) return Ref{};
  }
  return r;
}
Ref sched_setaffinity_(Value, const Value* a) {
  int pid;
  if (!as_int(a[0], &pid)) return Ref{};
  cpu_set_t set;
  CPU_ZERO(&set);
  bool ok = for_each(a[1], [&](Value v) -> bool {
    int cpu;
    if (!is_int(v)) return raise(PyExc_TypeError, "expected an iterator of ints, but iterator yielded %R", Value{type_of(v)});
    if (!as_int(v, &cpu)) return false;
    if (cpu < 0) return raise(PyExc_ValueError, "negative CPU number");
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
    return true;
  });
  return ok ? none_or_error(sched_setaffinity(pid, sizeof set, &set)) : Ref{};
}

// --- Processes --------------------------------------------------------------------------------------------------------------------------
Ref fork_hooks[3];
Ref register_at_fork(Value, const Value* a) {
  bool any = false;
  const char* names[] = {"before", "after_in_child", "after_in_parent"};
  const int slots[] = {0, 2, 1};
  for (int i = 0; i < 3; i++) {
    if (a[i] && !is_callable(a[i])) return raise(PyExc_TypeError, "'%s' must be callable, not %.200s", names[i], type_of(a[i])->tp_name);
    any = any || a[i];
  }
  if (!any) return raise(PyExc_TypeError, "At least one argument is required.");
  for (int i = 0; i < 3; i++) {
    if (!a[i]) continue;
    Ref& list = fork_hooks[slots[i]];
    if (!list) list = list_new();
    at_interpreter_end([] { for (Ref& hooks_list : fork_hooks) hooks_list.reset(); });
    if (!list || !list_append(list, a[i])) return Ref{};
  }
  return none_ref();
}
Ref fork_(Value) {
  if (!audit("os.fork")) return Ref{};
  run_fork_hooks(0);
  pid_t pid = fork();
  if (pid == 0) {
    after_fork_in_child();
  } else {
    int error = errno;
    run_fork_hooks(1);
    errno = error;
  }
  return pid < 0 ? os_error() : int_from_i64(pid);
}
Ref exit_(Value, const Value* a) {
  int status;
  if (!as_int(a[0], &status)) return Ref{};
  _exit(status);
}
Ref abort_(Value) { abort(); }
Ref kill_(Value, const Value* a) {
  int pid, signal;
  if (!as_int(a[0], &pid) || !as_int(a[1], &signal) || !audit("os.kill", {a[0], a[1]})) return Ref{};
  if (kill(pid, signal) < 0) return os_error();
  return after_interrupt() ? none_ref() : Ref{};
}
Ref killpg_(Value, const Value* a) {
  int group, signal;
  if (!as_int(a[0], &group) || !as_int(a[1], &signal) || !audit("os.killpg", {a[0], a[1]})) return Ref{};
  if (killpg(group, signal) < 0) return os_error();
  return after_interrupt() ? none_ref() : Ref{};
}
template <class F>
pid_t waiting(F f) {
  for (;;) {
    pid_t pid;
    {
      ReleaseGil release;
      pid = f();
    }
    if (pid >= 0 || errno != EINTR) return pid;
    if (!after_interrupt()) return -1;
  }
}
Ref waitpid_(Value, const Value* a) {
  int pid, options, status = 0;
  if (!as_int(a[0], &pid) || !as_int(a[1], &options)) return Ref{};
  pid_t got = waiting([&] { return waitpid(pid, &status, options); });
  return got < 0 ? os_error() : tuple_of({Value::from_int(got), Value::from_int(status)});
}
Ref wait_(Value) {
  int status = 0;
  pid_t got = waiting([&] { return wait(&status); });
  return got < 0 ? os_error() : tuple_of({Value::from_int(got), Value::from_int(status)});
}
Ref rusage_of(const rusage& u) {
  Ref module = import_module("resource");
  Ref type = module ? getattr(module, "struct_rusage"_id) : Ref{};
  if (!type) return Ref{};
  auto seconds = [](const timeval& t) { return Value::from_double(static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec)); };
  Ref items = tuple_of({seconds(u.ru_utime), seconds(u.ru_stime), Value::from_int(u.ru_maxrss), Value::from_int(u.ru_ixrss), Value::from_int(u.ru_idrss), Value::from_int(u.ru_isrss),
                        Value::from_int(u.ru_minflt), Value::from_int(u.ru_majflt), Value::from_int(u.ru_nswap), Value::from_int(u.ru_inblock), Value::from_int(u.ru_oublock),
                        Value::from_int(u.ru_msgsnd), Value::from_int(u.ru_msgrcv), Value::from_int(u.ru_nsignals), Value::from_int(u.ru_nvcsw), Value::from_int(u.ru_nivcsw)});
  return items ? call1(type, items) : Ref{};
}
Ref wait4_(Value, const Value* a) {
  int pid, options, status = 0;
  rusage usage{};
  if (!as_int(a[0], &pid) || !as_int(a[1], &options)) return Ref{};
  pid_t got = waiting([&] { return wait4(pid, &status, options, &usage); });
  if (got < 0) return os_error();
  Ref u = rusage_of(usage);
  return u ? tuple_of({Value::from_int(got), Value::from_int(status), u.get()}) : Ref{};
}
Ref wait3_(Value, const Value* a) {
  int options, status = 0;
  rusage usage{};
  if (!as_int(a[0], &options)) return Ref{};
  pid_t got = waiting([&] { return wait3(&status, options, &usage); });
  if (got < 0) return os_error();
  Ref u = rusage_of(usage);
  return u ? tuple_of({Value::from_int(got), Value::from_int(status), u.get()}) : Ref{};
}
Ref waitid_(Value, const Value* a) {
  int kind, id, options;
  if (!as_int(a[0], &kind) || !as_int(a[1], &id) || !as_int(a[2], &options)) return Ref{};
  siginfo_t info{};
  int status = waiting([&] { return waitid(static_cast<idtype_t>(kind), static_cast<id_t>(id), &info, options); });
  if (status < 0) return os_error();
  if (info.si_pid == 0) return none_ref();
  Ref r = struct_sequence_new(waitid_type);
  int64_t v[] = {info.si_pid, static_cast<int64_t>(info.si_uid), info.si_signo, info.si_status, info.si_code};
  for (int i = 0; r && i < 5; i++) {
    if (!struct_sequence_set(r, i, int_from_i64(v[i]))) return Ref{};
  }
  return r;
}
Ref pidfd_open_(Value, const Value* a) {
  int pid, flags;
  if (!as_int(a[0], &pid) || !int_arg(a[1], 0, &flags)) return Ref{};
  auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid, flags));
  return fd < 0 ? os_error() : int_from_i64(fd);
}
#define ADDER_STATUS(name, expression, make)          \
  Ref name(Value, const Value* a) {                   \
    int s;                                            \
    return as_int(a[0], &s) ? make(expression) : Ref{}; \
  }
ADDER_STATUS(w_exitstatus, WEXITSTATUS(s), int_from_i64)
ADDER_STATUS(w_termsig, WTERMSIG(s), int_from_i64)
ADDER_STATUS(w_stopsig, WSTOPSIG(s), int_from_i64)
ADDER_STATUS(w_ifexited, WIFEXITED(s), bool_ref)
ADDER_STATUS(w_ifsignaled, WIFSIGNALED(s), bool_ref)
ADDER_STATUS(w_ifstopped, WIFSTOPPED(s), bool_ref)
ADDER_STATUS(w_ifcontinued, WIFCONTINUED(s), bool_ref)
Ref w_coredump(Value, Value v) {
  int s;
  return as_int(v, &s) ? bool_ref(WCOREDUMP(s)) : Ref{};
}
Ref waitstatus_to_exitcode(Value, const Value* a) {
  int s;
  if (!is_int(a[0])) return raise(PyExc_TypeError, "'%.200s' object cannot be interpreted as an integer", type_of(a[0])->tp_name);
  if (!as_int(a[0], &s)) return Ref{};
  if (WIFEXITED(s)) return int_from_i64(WEXITSTATUS(s));
  if (WIFSIGNALED(s)) return int_from_i64(-WTERMSIG(s));
  if (WIFSTOPPED(s)) return raise(PyExc_ValueError, "process stopped by delivery of signal %i", WSTOPSIG(s));
  return raise(PyExc_ValueError, "invalid wait status: %i", s);
}
Ref execv_(Value, const Value* a) {
  PathArg path;
  std::vector<std::string> argv;
  if (!path.parse(a[0], "execv", "path", 0) || !string_vector(a[1], "execv()", "arg 2", &argv) || !audit("os.exec", {path.object.get(), a[1], Value{}})) return Ref{};
  if (argv.empty()) return raise(PyExc_ValueError, "execv() arg 2 must not be empty");
  if (argv[0].empty()) return raise(PyExc_ValueError, "execv() arg 2 first element cannot be empty");
  auto p = pointers(argv);
  execv(path.text.c_str(), p.data());
  return os_error();
}
Ref execve_(Value, const Value* a) {
  PathArg path;
  std::vector<std::string> argv, env;
  if (!path.parse(a[0], "execve", "path", kAllowFd) || !string_vector(a[1], "execve:", "argv", &argv) || !audit("os.exec", {path.object.get(), a[1], a[2]})) return Ref{};
  if (argv.empty()) return raise(PyExc_ValueError, "execve: argv must not be empty");
  if (argv[0].empty()) return raise(PyExc_ValueError, "execve: argv first element cannot be empty");
  if (!environment_vector(a[2], &env)) return Ref{};
  auto p = pointers(argv), e = pointers(env);
  if (path.fd >= 0) fexecve(path.fd, p.data(), e.data());
  else execve(path.text.c_str(), p.data(), e.data());
  return path.fail();
}
Ref spawn_any(const Value* a, bool search) {
  const char* name = search ? "posix_spawnp" : "posix_spawn";
  PathArg path;
  std::vector<std::string> argv, env;
  if (!path.parse(a[0], name, "path", 0)) return Ref{};
  if (!is_list_or_tuple(a[1])) return raise(PyExc_TypeError, "%s: argv must be a tuple or list", name);
  if (!string_vector(a[1], name, "argv", &argv)) return Ref{};
  if (argv.empty()) return raise(PyExc_ValueError, "%s: argv must not be empty", name);
  if (argv[0].empty()) return raise(PyExc_ValueError, "%s: argv first element cannot be empty", name);
  if (!environment_vector(a[2], &env)) return Ref{};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attr;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attr);
  short flags = 0;
  auto done = [&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
  };
  bool ok = true;
  if (a[3] && !is_none(a[3])) {
    ok = for_each(a[3], [&](Value action) -> bool {
      if (!is_tuple(action) || tuple_size(action) < 1) return raise(PyExc_TypeError, "Each file_actions element must be a non-empty tuple");
      int kind, fd, to, open_flags, mode;
      if (!as_int(tuple_get(action, 0), &kind)) return false;
      Py_ssize_t n = tuple_size(action);
      if (kind == 1 && n == 2 && as_int(tuple_get(action, 1), &fd)) return posix_spawn_file_actions_addclose(&actions, fd) == 0;
      if (kind == 2 && n == 3 && as_int(tuple_get(action, 1), &fd) && as_int(tuple_get(action, 2), &to)) return posix_spawn_file_actions_adddup2(&actions, fd, to) == 0;
      if (kind == 0 && n == 5) {
        PathArg file;
        return as_int(tuple_get(action, 1), &fd) && file.parse(tuple_get(action, 2), name, "path", 0) && as_int(tuple_get(action, 3), &open_flags) &&
               as_int(tuple_get(action, 4), &mode) && posix_spawn_file_actions_addopen(&actions, fd, file.text.c_str(), open_flags, static_cast<mode_t>(mode)) == 0;
      }
      return error_occurred() ? false : static_cast<bool>(raise(PyExc_TypeError, "A file action tuple has the wrong number of items, or an unknown identifier"));
    });
  }
  int number;
  bool reset_ids = false, new_session = false;
  if (ok && a[4]) ok = as_int(a[4], &number) && (flags |= POSIX_SPAWN_SETPGROUP, posix_spawnattr_setpgroup(&attr, number) == 0);
  if (ok) ok = flag_arg(a[5], false, &reset_ids) && flag_arg(a[6], false, &new_session);
  if (reset_ids) flags |= POSIX_SPAWN_RESETIDS;
  if (new_session) flags |= POSIX_SPAWN_SETSID;
  auto signals = [&](Value v, sigset_t* set) -> bool {
    sigemptyset(set);
    return for_each(v, [&](Value s) -> bool {
      int signal;
      if (!as_int(s, &signal)) return false;
      return sigaddset(set, signal) == 0 ? true : static_cast<bool>(raise(PyExc_ValueError, "signal number %d out of range [1; 64]", signal));
    });
  };
  sigset_t set;
  if (ok && a[7]) ok = signals(a[7], &set) && (flags |= POSIX_SPAWN_SETSIGMASK, posix_spawnattr_setsigmask(&attr, &set) == 0);
  if (ok && a[8]) ok = signals(a[8], &set) && (flags |= POSIX_SPAWN_SETSIGDEF, posix_spawnattr_setsigdefault(&attr, &set) == 0);
  if (!ok) {
    done();
    return os_error();
  }
  posix_spawnattr_setflags(&attr, flags);
  auto p = pointers(argv), e = pointers(env);
  pid_t pid;
  int error = (search ? posix_spawnp : posix_spawn)(&pid, path.text.c_str(), &actions, &attr, p.data(), e.data());
  done();
  if (error) {
    errno = error;
    return path.fail();
  }
  return int_from_i64(pid);
}
Ref posix_spawn_(Value, const Value* a) { return spawn_any(a, false); }
Ref posix_spawnp_(Value, const Value* a) { return spawn_any(a, true); }
Ref system_(Value, const Value* a) {
  std::string command;
  if (!str_encode_fs(a[0], &command) || !audit("os.system", {a[0]})) return Ref{};
  ReleaseGil release;
  int status = system(command.c_str());
  return Ref::from_int(status);
}

// --- Environment and text -------------------------------------------------------------------------------------------------------------------
bool env_bytes(Value v, std::string* out) { return str_encode_fs(v, out); }
Ref putenv_(Value, const Value* a) {
  std::string name, value;
  if (!env_bytes(a[0], &name) || !env_bytes(a[1], &value)) return Ref{};
  if (audit_active()) {
    Ref key = bytes_new(name), text = bytes_new(value);
    if (!key || !text || !audit("os.putenv", {key.get(), text.get()})) return Ref{};
  }
  if (name.find('=') != std::string::npos) return raise(PyExc_ValueError, "illegal environment variable name");
  return none_or_error(setenv(name.c_str(), value.c_str(), 1));
}
Ref unsetenv_(Value, const Value* a) {
  std::string name;
  if (!env_bytes(a[0], &name)) return Ref{};
  if (audit_active()) {
    Ref key = bytes_new(name);
    if (!key || !audit("os.unsetenv", {key.get()})) return Ref{};
  }
  return none_or_error(unsetenv(name.c_str()));
}
Ref strerror_(Value, Value v) {
  int code;
  return as_int(v, &code) ? str_decode_fs(strerror(code)) : Ref{};
}
Ref device_encoding(Value, const Value* a) {
  int fd;
  if (!as_int(a[0], &fd)) return Ref{};
  return isatty(fd) ? str_from_ascii("UTF-8") : none_ref();
}
Ref ctermid_(Value) { return str_from_ascii("/dev/tty"); }
Ref sync_(Value) {
  ReleaseGil release;
  sync();
  return none_ref();
}

// --- Files, by larger calls -------------------------------------------------------------------------------------------------------------------
Ref statvfs_of(const struct statvfs& s) {
  Ref r = struct_sequence_new(statvfs_type);
  uint64_t v[] = {s.f_bsize, s.f_frsize, s.f_blocks, s.f_bfree, s.f_bavail, s.f_files, s.f_ffree, s.f_favail, s.f_flag, s.f_namemax, s.f_fsid};
  for (int i = 0; r && i < 11; i++) {
    if (!struct_sequence_set(r, i, int_from_u64(v[i]))) return Ref{};
  }
  return r;
}
Ref statvfs_(Value, const Value* a) {
  PathArg path;
  if (!path.parse(a[0], "statvfs", "path", kAllowFd)) return Ref{};
  struct statvfs s;
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fstatvfs(path.fd, &s) : statvfs(path.text.c_str(), &s);
  }
  return status < 0 ? path.fail() : statvfs_of(s);
}
Ref sendfile_(Value, const Value* a) {
  int out, in;
  Py_ssize_t count;
  if (!as_int(a[0], &out) || !as_int(a[1], &in) || !as_ssize(a[3], &count)) return Ref{};
  bool has_offset = !is_none(a[2]);
  int64_t at = 0;
  if (has_offset && !as_i64(a[2], &at)) return Ref{};
  off_t offset = at;
  for (;;) {
    ssize_t n;
    {
      ReleaseGil release;
      n = sendfile(out, in, has_offset ? &offset : nullptr, static_cast<size_t>(count));
    }
    if (n >= 0) return int_from_i64(n);
    if (errno != EINTR || !after_interrupt()) return os_error();
  }
}
Ref copy_file_range_(Value, const Value* a) {
  int in, out;
  Py_ssize_t count;
  if (!as_int(a[0], &in) || !as_int(a[1], &out) || !as_ssize(a[2], &count)) return Ref{};
  if (count < 0) return raise(PyExc_ValueError, "negative value for 'count' not allowed");
  int64_t from = 0, to = 0;
  bool has_from = a[3] && !is_none(a[3]), has_to = a[4] && !is_none(a[4]);
  if ((has_from && !as_i64(a[3], &from)) || (has_to && !as_i64(a[4], &to))) return Ref{};
  loff_t f = from, o = to;
  ssize_t n;
  {
    ReleaseGil release;
    n = copy_file_range(in, has_from ? &f : nullptr, out, has_to ? &o : nullptr, static_cast<size_t>(count), 0);
  }
  return n < 0 ? os_error() : int_from_i64(n);
}
Ref posix_fallocate_(Value, const Value* a) {
  int fd;
  int64_t offset, length;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &offset) || !as_i64(a[2], &length)) return Ref{};
  int error;
  {
    ReleaseGil release;
    error = posix_fallocate(fd, offset, length);
  }
  errno = error;
  return error ? os_error() : none_ref();
}
Ref posix_fadvise_(Value, const Value* a) {
  int fd, advice;
  int64_t offset, length;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &offset) || !as_i64(a[2], &length) || !as_int(a[3], &advice)) return Ref{};
  int error = posix_fadvise(fd, offset, length, advice);
  errno = error;
  return error ? os_error() : none_ref();
}
Ref lockf_(Value, const Value* a) {
  int fd, command;
  int64_t length;
  if (!as_int(a[0], &fd) || !as_int(a[1], &command) || !as_i64(a[2], &length)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = lockf(fd, command, length);
  }
  return none_or_error(status);
}
Ref memfd_create_(Value, const Value* a) {
  std::string name;
  int flags;
  if (!str_encode_fs(a[0], &name) || !int_arg(a[1], MFD_CLOEXEC, &flags)) return Ref{};
  int fd = memfd_create(name.c_str(), static_cast<unsigned>(flags));
  return fd < 0 ? os_error() : int_from_i64(fd);
}
Ref eventfd_(Value, const Value* a) {
  int64_t value;
  int flags;
  if (!as_i64(a[0], &value) || !int_arg(a[1], EFD_CLOEXEC, &flags)) return Ref{};
  int fd = eventfd(static_cast<unsigned>(value), flags);
  return fd < 0 ? os_error() : int_from_i64(fd);
}
Ref eventfd_read_(Value, const Value* a) {
  int fd;
  eventfd_t v;
  if (!as_int(a[0], &fd)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = eventfd_read(fd, &v);
  }
  return status < 0 ? os_error() : int_from_u64(v);
}
Ref eventfd_write_(Value, const Value* a) {
  int fd;
  uint64_t v;
  if (!as_int(a[0], &fd) || !is_int(a[1]) || !int_as_u64(a[1], &v)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = eventfd_write(fd, v);
  }
  return none_or_error(status);
}
Ref openpty_(Value) {
  int main = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (main < 0 || grantpt(main) < 0 || unlockpt(main) < 0) return os_error();
  char name[128];
  if (ptsname_r(main, name, sizeof name) != 0) return os_error();
  int other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return other < 0 ? os_error() : tuple_of({Value::from_int(main), Value::from_int(other)});
}

const MethodRow functions[] = {
    method<getpid_>("getpid", "($module, /)", "Return the current process id."),
    method<getppid_>("getppid", "($module, /)", "Return the parent's process id."),
    method<getuid_>("getuid", "($module, /)", "Return the current process's user id."),
    method<geteuid_>("geteuid", "($module, /)", "Return the current process's effective user id."),
    method<getgid_>("getgid", "($module, /)", "Return the current process's group id."),
    method<getegid_>("getegid", "($module, /)", "Return the current process's effective group id."),
    method<getpgrp_>("getpgrp", "($module, /)", "Return the current process group id."),
    method<set_id<setuid>>("setuid", "($module, uid, /)", "Set the current process's user id."),
    method<set_id<seteuid>>("seteuid", "($module, euid, /)", "Set the current process's effective user id."),
    method<set_id<setgid>>("setgid", "($module, gid, /)", "Set the current process's group id."),
    method<set_id<setegid>>("setegid", "($module, egid, /)", "Set the current process's effective group id."),
    method<getgroups_>("getgroups", "($module, /)", "Return list of supplemental group IDs for the process."),
    method<setgroups_>("setgroups", "($module, groups, /)", "Set the groups of the current process to list."),
    method<getresuid_>("getresuid", "($module, /)", "Return a tuple of the current process's real, effective, and saved user ids."),
    method<getresgid_>("getresgid", "($module, /)", "Return a tuple of the current process's real, effective, and saved group ids."),
    method<getlogin_>("getlogin", "($module, /)", "Return the actual login name."),
    method<getpgid_>("getpgid", "($module, /, pid)", "Call the system call getpgid(), and return the result."),
    method<setpgid_>("setpgid", "($module, pid, pgrp, /)", "Call the system call setpgid(pid, pgrp)."),
    method<setpgrp_>("setpgrp", "($module, /)", "Make the current process the leader of its process group."),
    method<setsid_>("setsid", "($module, /)", "Call the system call setsid()."),
    method<getsid_>("getsid", "($module, pid, /)", "Call the system call getsid(pid) and return the result."),
    method<tcgetpgrp_>("tcgetpgrp", "($module, fd, /)", "Return the process group associated with the terminal specified by fd."),
    method<tcsetpgrp_>("tcsetpgrp", "($module, fd, pgid, /)", "Set the process group associated with the terminal specified by fd."),
    method<uname_>("uname", "($module, /)", "Return an object identifying the current operating system."),
    method<times_>("times", "($module, /)", "Return a collection containing process timing information."),
    method<getloadavg_>("getloadavg", "($module, /)", "Return average recent system load information."),
    method<nice_>("nice", "($module, increment, /)", "Add increment to the priority of process and return the new priority."),
    method<getpriority_>("getpriority", "($module, /, which, who)", "Return program scheduling priority."),
    method<setpriority_>("setpriority", "($module, /, which, who, priority)", "Set program scheduling priority."),
    method<cpu_count>("cpu_count", "($module, /)", "Return the number of logical CPUs in the system."),
    method<sched_yield_>("sched_yield", "($module, /)", "Voluntarily relinquish the CPU."),
    method<sched_getaffinity_>("sched_getaffinity", "($module, pid, /)", "Return the affinity of the process identified by pid (or the current process if zero)."),
    method<sched_setaffinity_>("sched_setaffinity", "($module, pid, mask, /)", "Set the CPU affinity of the process identified by pid to mask."),
    method<register_at_fork>("register_at_fork", "($module, /, *, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)", "Register callables to be called when forking a new process."),
    method<fork_>("fork", "($module, /)", "Fork a child process."),
    method<exit_>("_exit", "($module, /, status)", "Exit to the system with specified status, without normal exit processing."),
    method<abort_>("abort", "($module, /)", "Abort the interpreter immediately."),
    method<kill_>("kill", "($module, pid, signal, /)", "Kill a process with a signal."),
    method<killpg_>("killpg", "($module, pgid, signal, /)", "Kill a process group with a signal."),
    method<waitpid_>("waitpid", "($module, pid, options, /)", "Wait for completion of a given child process."),
    method<wait_>("wait", "($module, /)", "Wait for completion of a child process."),
    method<wait3_>("wait3", "($module, /, options)", "Wait for completion of a child process."),
    method<wait4_>("wait4", "($module, /, pid, options)", "Wait for completion of a specific child process."),
    method<waitid_>("waitid", "($module, idtype, id, options, /)", "Returns the result of waiting for a process or processes."),
    method<pidfd_open_>("pidfd_open", "($module, /, pid, flags=0)", "Return a file descriptor referring to the process *pid*."),
    method<w_exitstatus>("WEXITSTATUS", "($module, /, status)", "Return the process return code from status."),
    method<w_termsig>("WTERMSIG", "($module, /, status)", "Return the signal that terminated the process that provided the status value."),
    method<w_stopsig>("WSTOPSIG", "($module, /, status)", "Return the signal that stopped the process that provided the status value."),
    method<w_ifexited>("WIFEXITED", "($module, /, status)", "Return True if the process returning status exited via the exit() system call."),
    method<w_ifsignaled>("WIFSIGNALED", "($module, /, status)", "Return True if the process returning status was terminated by a signal."),
    method<w_ifstopped>("WIFSTOPPED", "($module, /, status)", "Return True if the process returning status was stopped."),
    method<w_ifcontinued>("WIFCONTINUED", "($module, /, status)", "Return True if a particular process was continued from a job control stop."),
    method<w_coredump>("WCOREDUMP", "($module, status, /)", "Return True if the process returning status was dumped to a core file."),
    method<waitstatus_to_exitcode>("waitstatus_to_exitcode", "($module, /, status)", "Convert a wait status to an exit code."),
    method<execv_>("execv", "($module, path, argv, /)", "Execute an executable path with arguments, replacing current process."),
    method<execve_>("execve", "($module, /, path, argv, env)", "Execute an executable path with arguments, replacing current process."),
    method<posix_spawn_>("posix_spawn", "($module, path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=<unrepresentable>, setsigdef=<unrepresentable>, scheduler=<unrepresentable>)", "Execute the program specified by path in a new process."),
    method<posix_spawnp_>("posix_spawnp", "($module, path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=<unrepresentable>, setsigdef=<unrepresentable>, scheduler=<unrepresentable>)", "Execute the program specified by path in a new process."),
    method<system_>("system", "($module, /, command)", "Execute the command in a subshell."),
    method<putenv_>("putenv", "($module, name, value, /)", "Change or add an environment variable."),
    method<unsetenv_>("unsetenv", "($module, name, /)", "Delete an environment variable."),
    method<strerror_>("strerror", "($module, code, /)", "Translate an error code to a message string."),
    method<device_encoding>("device_encoding", "($module, /, fd)", "Return a string describing the encoding of a terminal's file descriptor."),
    method<ctermid_>("ctermid", "($module, /)", "Return the name of the controlling terminal for this process."),
    method<sync_>("sync", "($module, /)", "Force write of everything to disk."),
    method<statvfs_>("statvfs", "($module, /, path)", "Perform a statvfs system call on the given path."),
    method<statvfs_>("fstatvfs", "($module, /, fd)", "Perform an fstatvfs system call on the given fd."),
    method<sendfile_>("sendfile", "($module, /, out_fd, in_fd, offset, count)", "Copy count bytes from file descriptor in_fd to file descriptor out_fd."),
    method<copy_file_range_>("copy_file_range", "($module, /, src, dst, count, offset_src=None, offset_dst=None)", "Copy count bytes from one file descriptor to another."),
    method<posix_fallocate_>("posix_fallocate", "($module, fd, offset, length, /)", "Ensure a file has allocated at least a particular number of bytes on disk."),
    method<posix_fadvise_>("posix_fadvise", "($module, fd, offset, length, advice, /)", "Announce an intention to access data in a specific pattern."),
    method<lockf_>("lockf", "($module, fd, command, length, /)", "Apply, test or remove a POSIX lock on an open file descriptor."),
    method<memfd_create_>("memfd_create", "($module, /, name, flags=MFD_CLOEXEC)", ""),
    method<eventfd_>("eventfd", "($module, /, initval, flags=EFD_CLOEXEC)", "Creates and returns an event notification file descriptor."),
    method<eventfd_read_>("eventfd_read", "($module, /, fd)", "Read eventfd value"),
    method<eventfd_write_>("eventfd_write", "($module, /, fd, value)", "Write eventfd value."),
    method<openpty_>("openpty", "($module, /)", "Open a pseudo-terminal."),
    {}};

const StructField uname_fields[] = {{"sysname", "operating system name"}, {"nodename", "name of machine on network (implementation-defined)"}, {"release", "operating system release"},
                                    {"version", "operating system version"}, {"machine", "hardware identifier"}, {}};
const StructField times_fields[] = {{"user", "user time"}, {"system", "system time"}, {"children_user", "user time of children"},
                                    {"children_system", "system time of children"}, {"elapsed", "elapsed time since an arbitrary point in the past"}, {}};
const StructField statvfs_fields[] = {{"f_bsize", ""}, {"f_frsize", ""}, {"f_blocks", ""}, {"f_bfree", ""}, {"f_bavail", ""}, {"f_files", ""}, {"f_ffree", ""},
                                      {"f_favail", ""}, {"f_flag", ""}, {"f_namemax", ""}, {"f_fsid", ""}, {}};
const StructField waitid_fields[] = {{"si_pid", ""}, {"si_uid", ""}, {"si_signo", ""}, {"si_status", ""}, {"si_code", ""}, {}};
const StructField sched_param_fields[] = {{"sched_priority", "the scheduling priority"}, {}};

}  // namespace

bool string_vector(Value sequence, const char* function, const char* what, std::vector<std::string>* out) {
  if (!is_list_or_tuple(sequence)) return raise(PyExc_TypeError, "%s %s must be a tuple or list", function, what);
  for (Py_ssize_t i = 0; i < sequence_size(sequence); i++) {
    std::string s;
    Ref item = Ref::copy(sequence_get(sequence, i));
    if (!str_encode_fs(item, &s)) return false;
    out->push_back(std::move(s));
  }
  return true;
}
bool environment_vector(Value mapping, std::vector<std::string>* out) {
  if (!is_mapping(mapping)) return raise(PyExc_TypeError, "environment must be a mapping object");
  Ref keys = call_method(mapping, "keys"_id), values = keys ? call_method(mapping, "values"_id) : Ref{};
  Ref k = values ? to_list(keys) : Ref{}, v = k ? to_list(values) : Ref{};
  if (!v) return false;
  for (Py_ssize_t i = 0; i < list_size(k) && i < list_size(v); i++) {
    std::string name, value;
    if (!str_encode_fs(list_get(k, i), &name) || !str_encode_fs(list_get(v, i), &value)) return false;
    if (name.empty() || name.find('=', 1) != std::string::npos) return raise(PyExc_ValueError, "illegal environment variable name");
    out->push_back(name + "=" + value);
  }
  return true;
}
void run_fork_hooks(int which) {
  Ref& hooks_list = fork_hooks[which];
  if (!hooks_list) return;
  Py_ssize_t n = list_size(hooks_list);
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref hook = Ref::copy(list_get(hooks_list, which == 0 ? n - 1 - i : i));  // the last registered runs first before a fork
    Ref done = call0(hook);
    if (!done) write_unraisable(hook);
  }
}
void after_fork_in_child() {
  threads_after_fork();
  run_fork_hooks(2);
}

bool posix_add_processes(PyObject* module) {
  if (!uname_type) {
    uname_type = struct_sequence_type({"posix.uname_result", "uname_result: Result from os.uname().", uname_fields, 5});
    times_type = struct_sequence_type({"posix.times_result", "times_result: Result from os.times().", times_fields, 5});
    statvfs_type = struct_sequence_type({"os.statvfs_result", "statvfs_result: Result from statvfs or fstatvfs.", statvfs_fields, 10});
    waitid_type = struct_sequence_type({"posix.waitid_result", "waitid_result: Result from waitid.", waitid_fields, 5});
    sched_param_type = struct_sequence_type({"posix.sched_param", "Currently has only one field: sched_priority", sched_param_fields, 1});
    if (!uname_type || !times_type || !statvfs_type || !waitid_type || !sched_param_type) return false;
  }
  return module_add(module, "uname_result", Ref::copy(Value{uname_type})) && module_add(module, "times_result", Ref::copy(Value{times_type})) &&
         module_add(module, "statvfs_result", Ref::copy(Value{statvfs_type})) && module_add(module, "waitid_result", Ref::copy(Value{waitid_type})) &&
         module_add(module, "sched_param", Ref::copy(Value{sched_param_type})) && module_add_functions(module, functions);
}

}  // namespace adder
