// posix: processes, the environment, waiting, and what the larger calls do with files. Starting programs is posix_spawn.cpp.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <vector>
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/interpreter.h"

namespace adder {

// Shared with _posixsubprocess.
void run_fork_hooks(int which);   // 0 before, 1 parent, 2 child
void after_fork_in_child();

void import_lock_acquire();  // modules/_imp.cpp
bool import_lock_release();

namespace {


// --- Identity ---------------------------------------------------------------------------------------------------------------------------
Ref getpid_(Value) { return int_from_i64(getpid()); }
Ref getppid_(Value) { return int_from_i64(getppid()); }
Ref getpgrp_(Value) { return int_from_i64(getpgrp()); }
Ref getpgid_(Value, const Value* a) {
  int pid;
  if (!as_int(a[0], &pid)) return Ref{};
  pid_t g = getpgid(pid);
  return g < 0 ? failed() : int_from_i64(g);
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
  return s < 0 ? failed() : int_from_i64(s);
}
Ref tcgetpgrp_(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  pid_t g = tcgetpgrp(fd);
  return g < 0 ? failed() : int_from_i64(g);
}
Ref tcsetpgrp_(Value, const Value* a) {
  int fd, group;
  return as_int(a[0], &fd) && as_int(a[1], &group) ? none_or_error(tcsetpgrp(fd, group)) : Ref{};
}
PyTypeObject *uname_type, *times_type, *statvfs_type, *waitid_type;
Ref uname_(Value) {
  utsname u;
  if (uname(&u) < 0) return failed();
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
  if (now == static_cast<clock_t>(-1)) return failed();
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
    per_interpreter(fork_hooks);
    if (!list) list = list_new();
    at_interpreter_end([] { for (Ref& hooks_list : fork_hooks) hooks_list.reset(); });
    if (!list || !list_append(list, a[i])) return Ref{};
  }
  return none_ref();
}
// A fork with the hooks around it; the child goes on without the other threads. No module is half imported in it: whoever holds the import
// lock finishes first.
template <class F>
pid_t fork_with(F f) {
  run_fork_hooks(0);
  import_lock_acquire();
  pid_t pid = f();
  int error = errno;
  import_lock_release();
  if (pid == 0) after_fork_in_child();
  else run_fork_hooks(1);
  errno = error;
  return pid;
}
Ref fork_(Value) {
  if (!allowed_when_isolated("fork not supported for isolated subinterpreters") || !audit("os.fork")) return Ref{};
  pid_t pid = fork_with([] { return fork(); });
  return pid < 0 ? failed() : int_from_i64(pid);
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
  if (kill(pid, signal) < 0) return failed();
  return after_interrupt() ? none_ref() : Ref{};
}
Ref killpg_(Value, const Value* a) {
  int group, signal;
  if (!as_int(a[0], &group) || !as_int(a[1], &signal) || !audit("os.killpg", {a[0], a[1]})) return Ref{};
  if (killpg(group, signal) < 0) return failed();
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
  return got < 0 ? failed() : tuple_of({Value::from_int(got), Value::from_int(status)});
}
Ref wait_(Value) {
  int status = 0;
  pid_t got = waiting([&] { return wait(&status); });
  return got < 0 ? failed() : tuple_of({Value::from_int(got), Value::from_int(status)});
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
  if (got < 0) return failed();
  Ref u = rusage_of(usage);
  return u ? tuple_of({Value::from_int(got), Value::from_int(status), u.get()}) : Ref{};
}
Ref wait3_(Value, const Value* a) {
  int options, status = 0;
  rusage usage{};
  if (!as_int(a[0], &options)) return Ref{};
  pid_t got = waiting([&] { return wait3(&status, options, &usage); });
  if (got < 0) return failed();
  Ref u = rusage_of(usage);
  return u ? tuple_of({Value::from_int(got), Value::from_int(status), u.get()}) : Ref{};
}
Ref waitid_(Value, const Value* a) {
  int kind, id, options;
  if (!as_int(a[0], &kind) || !as_int(a[1], &id) || !as_int(a[2], &options)) return Ref{};
  siginfo_t info{};
  int status = waiting([&] { return waitid(static_cast<idtype_t>(kind), static_cast<id_t>(id), &info, options); });
  if (status < 0) return failed();
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
  return fd < 0 ? failed() : int_from_i64(fd);
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
Ref fstatvfs_(Value, const Value* a) {
  int fd;
  struct statvfs s;
  if (!as_int(a[0], &fd)) return Ref{};
  return blocking([&] { return fstatvfs(fd, &s); }) < 0 ? failed() : statvfs_of(s);
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
  return fd < 0 ? failed() : int_from_i64(fd);
}
Ref eventfd_(Value, const Value* a) {
  unsigned value;
  int flags;
  if (!unsigned_arg(a[0], &value) || !int_arg(a[1], EFD_CLOEXEC, &flags)) return Ref{};
  int fd = eventfd(value, flags);
  return fd < 0 ? failed() : int_from_i64(fd);
}
Ref eventfd_read_(Value, const Value* a) {
  int fd;
  eventfd_t v;
  if (!fd_arg(a[0], &fd)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = eventfd_read(fd, &v);
  }
  return status < 0 ? failed() : int_from_u64(v);
}
Ref eventfd_write_(Value, const Value* a) {
  int fd;
  uint64_t v;
  if (!fd_arg(a[0], &fd)) return Ref{};
  if (!is_int(a[1])) return raise(PyExc_TypeError, "an integer is required");
  if (int_sign(a[1]) < 0) return raise(PyExc_ValueError, "value must be positive");
  if (!int_as_u64(a[1], &v)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = eventfd_write(fd, v);
  }
  return none_or_error(status);
}
Ref openpty_(Value) {
  int main = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (main < 0) return failed();
  char name[128];
  int other = grantpt(main) < 0 || unlockpt(main) < 0 || ptsname_r(main, name, sizeof name) != 0 ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0) {
    int error = errno;
    close(main);
    errno = error;
    return failed();
  }
  return tuple_of({Value::from_int(main), Value::from_int(other)});
}
Ref forkpty_(Value) {
  int main = -1;
  if (the_interpreter != main_interpreter) return raise(PyExc_RuntimeError, "fork not supported for subinterpreters");
  if (!audit("os.forkpty")) return Ref{};
  pid_t pid = fork_with([&] { return forkpty(&main, nullptr, nullptr, nullptr); });
  return pid < 0 ? failed() : tuple_of({Value::from_int(pid), Value::from_int(main)});
}
Ref login_tty_(Value, Value v) {
  int fd;
  return fd_arg(v, &fd) ? none_or_error(login_tty(fd)) : Ref{};
}

const MethodRow functions[] = {
    method<getpid_>("getpid", "($module, /)", "Return the current process id."),
    method<getppid_>("getppid", "($module, /)", "Return the parent's process id."),
    method<getpgrp_>("getpgrp", "($module, /)", "Return the current process group id."),
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
    method<system_>("system", "($module, /, command)", "Execute the command in a subshell."),
    method<putenv_>("putenv", "($module, name, value, /)", "Change or add an environment variable."),
    method<unsetenv_>("unsetenv", "($module, name, /)", "Delete an environment variable."),
    method<strerror_>("strerror", "($module, code, /)", "Translate an error code to a message string."),
    method<device_encoding>("device_encoding", "($module, /, fd)", "Return a string describing the encoding of a terminal's file descriptor."),
    method<ctermid_>("ctermid", "($module, /)", "Return the name of the controlling terminal for this process."),
    method<sync_>("sync", "($module, /)", "Force write of everything to disk."),
    method<statvfs_>("statvfs", "($module, /, path)", "Perform a statvfs system call on the given path."),
    method<fstatvfs_>("fstatvfs", "($module, /, fd)", "Perform an fstatvfs system call on the given fd."),
    method<lockf_>("lockf", "($module, fd, command, length, /)", "Apply, test or remove a POSIX lock on an open file descriptor."),
    method<memfd_create_>("memfd_create", "($module, /, name, flags=MFD_CLOEXEC)", ""),
    method<eventfd_>("eventfd", "($module, /, initval, flags=EFD_CLOEXEC)", "Creates and returns an event notification file descriptor."),
    method<eventfd_read_>("eventfd_read", "($module, /, fd)", "Read eventfd value"),
    method<eventfd_write_>("eventfd_write", "($module, /, fd, value)", "Write eventfd value."),
    method<openpty_>("openpty", "($module, /)", "Open a pseudo-terminal."),
    method<forkpty_>("forkpty", "($module, /)", "Fork a new process with a new pseudo-terminal as controlling tty."),
    method<login_tty_>("login_tty", "($module, fd, /)", "Prepare the tty of which fd is a file descriptor for a new login session."),
    {}};

const StructField uname_fields[] = {{"sysname", "operating system name"}, {"nodename", "name of machine on network (implementation-defined)"}, {"release", "operating system release"},
                                    {"version", "operating system version"}, {"machine", "hardware identifier"}, {}};
const StructField times_fields[] = {{"user", "user time"}, {"system", "system time"}, {"children_user", "user time of children"},
                                    {"children_system", "system time of children"}, {"elapsed", "elapsed time since an arbitrary point in the past"}, {}};
const StructField statvfs_fields[] = {{"f_bsize", ""}, {"f_frsize", ""}, {"f_blocks", ""}, {"f_bfree", ""}, {"f_bavail", ""}, {"f_files", ""}, {"f_ffree", ""},
                                      {"f_favail", ""}, {"f_flag", ""}, {"f_namemax", ""}, {"f_fsid", ""}, {}};
const StructField waitid_fields[] = {{"si_pid", ""}, {"si_uid", ""}, {"si_signo", ""}, {"si_status", ""}, {"si_code", ""}, {}};

}  // namespace

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
    if (!uname_type || !times_type || !statvfs_type || !waitid_type) return false;
  }
  return module_add(module, "uname_result", Ref::copy(Value{uname_type})) && module_add(module, "times_result", Ref::copy(Value{times_type})) &&
         module_add(module, "statvfs_result", Ref::copy(Value{statvfs_type})) && module_add(module, "waitid_result", Ref::copy(Value{waitid_type})) &&
         module_add_functions(module, functions);
}

}  // namespace adder
