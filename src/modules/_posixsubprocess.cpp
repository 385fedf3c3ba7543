// _posixsubprocess: fork and exec for subprocess, with nothing but async-signal-safe calls in the child.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

void run_fork_hooks(int which);   // posix_process.cpp
void after_fork_in_child();

namespace {

// Everything the child needs, prepared before the fork.
struct Plan {
  std::vector<std::string> executables, argv, env;
  std::vector<char*> argv_pointers, env_pointers;
  bool has_env = false;
  std::vector<int> keep;
  std::string cwd;
  bool has_cwd = false;
  int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, error_read, error_write;
  bool close_fds, restore_signals, new_session;
  pid_t group;
  bool set_gid = false, set_groups = false, set_uid = false;
  gid_t gid;
  uid_t uid;
  std::vector<gid_t> groups;
  int umask;
  Value preexec;
};

bool strings(Value v, std::vector<std::string>* out) {
  return for_each(v, [&](Value item) -> bool {
    std::string s;
    if (!str_encode_fs(item, &s)) return false;
    out->push_back(std::move(s));
    return true;
  });
}
void write_number(char* buffer, size_t* n, unsigned value) {
  char digits[16];
  int i = 0;
  do {
    digits[i++] = "0123456789ABCDEF"[value % 16];
    value /= 16;
  } while (value);
  while (i) buffer[(*n)++] = digits[--i];
}
void close_others(const Plan& p) {
  // Ranges between the descriptors that are kept.
  int start = 3;
  auto close_range_of = [](int first, int last) {
    if (first > last) return;
    if (syscall(SYS_close_range, first, last, 0) == 0) return;
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd <= last && fd < limit; fd++) close(fd);
  };
  for (int fd : p.keep) {
    if (fd < start) continue;
    close_range_of(start, fd - 1);
    start = fd + 1;
  }
  close_range_of(start, 0x7FFFFFFF);
}
// A descriptor must not be one of 0, 1, 2 where it is going to be overwritten.
int move_up(int fd) {
  return fd >= 0 && fd <= 2 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
}
[[noreturn]] void child(Plan& p) {
  const char* stage = "noexec";  // says to the parent that it was not the program that could not be started
  int saved;
  auto fail = [&] {
    saved = errno;
    // "OSError:ERRNO:message" or "SubprocessError:0:text" for the parent to raise.
    char text[64];
    size_t n = 0;
    if (saved) {
      memcpy(text, "OSError:", 8);
      n = 8;
      write_number(text, &n, static_cast<unsigned>(saved));
      text[n++] = ':';
    } else {
      memcpy(text, "SubprocessError:0:", 18);
      n = 18;
    }
    ssize_t ignored = write(p.error_write, text, n);
    ignored = write(p.error_write, stage, strlen(stage));
    (void)ignored;
    _exit(255);
  };
  for (int fd : p.keep) {
    if (fd == p.error_write) continue;
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
  }
  if (p.p2cwrite >= 0) close(p.p2cwrite);
  if (p.c2pread >= 0) close(p.c2pread);
  if (p.errread >= 0) close(p.errread);
  close(p.error_read);
  int out = p.c2pwrite, err = p.errwrite, in = p.p2cread;
  if (out == 0 && (out = move_up(out)) < 0) fail();
  while (err == 0 || err == 1) {
    if ((err = move_up(err)) < 0) fail();
  }
  auto place = [&](int fd, int target) {
    if (fd == target) {
      int flags = fcntl(fd, F_GETFD);
      if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0) fail();
    } else if (fd >= 0 && dup2(fd, target) < 0) {
      fail();
    }
  };
  place(in, 0);
  place(out, 1);
  place(err, 2);
  if (p.has_cwd && chdir(p.cwd.c_str()) < 0) fail();
  if (p.umask >= 0) umask(static_cast<mode_t>(p.umask));
  if (p.restore_signals) {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
  }
  if (p.new_session && setsid() < 0) fail();
  if (p.group >= 0 && setpgid(0, p.group) < 0) fail();
  if (p.set_groups && setgroups(p.groups.size(), p.groups.data()) < 0) fail();
  if (p.set_gid && setregid(p.gid, p.gid) < 0) fail();
  if (p.set_uid && setreuid(p.uid, p.uid) < 0) fail();
  if (p.preexec) {
    Ref done = call0(p.preexec);
    if (!done) {
      errno = 0;
      stage = "Exception occurred in preexec_fn.";
      fail();
    }
  }
  if (p.close_fds) close_others(p);
  saved = 0;
  stage = "";
  for (std::string& file : p.executables) {
    if (p.has_env) execve(file.c_str(), p.argv_pointers.data(), p.env_pointers.data());
    else execv(file.c_str(), p.argv_pointers.data());
    if (errno != ENOENT && errno != ENOTDIR && saved == 0) saved = errno;
  }
  if (saved) errno = saved;
  fail();
  _exit(255);
}
bool truth(Value v, bool* out) {
  int t = is_true(v);
  *out = t > 0;
  return t >= 0;
}
Ref fork_exec(Value, Args a) {
  if (a.n != 23) return raise(PyExc_TypeError, "fork_exec() takes exactly 23 arguments (%zd given)", static_cast<Py_ssize_t>(a.n));
  if (!is_none(a[21]) && the_interpreter != main_interpreter) return raise(PyExc_RuntimeError, "preexec_fn not supported within subinterpreters");
  if (!allowed_when_isolated("subprocess not supported for isolated subinterpreters")) return Ref{};
  Plan p;
  bool close_fds, restore, session;
  if (!truth(a[2], &close_fds)) return Ref{};
  if (!is_tuple(a[3])) return raise(PyExc_TypeError, "fork_exec() argument 4 must be tuple, not %.200s", type_of(a[3])->tp_name);
  int64_t last = -1;
  for (Py_ssize_t i = 0; i < tuple_size(a[3]); i++) {
    int64_t fd;
    Value v = tuple_get(a[3], i);
    if (!is_int(v) || !int_as_i64(v, &fd) || fd < 0 || fd <= last || fd > INT32_MAX) {
      clear_error();
      return raise(PyExc_ValueError, "bad value(s) in fds_to_keep");
    }
    last = fd;
    p.keep.push_back(static_cast<int>(fd));
  }
  if (!is_none(a[4])) {
    if (!str_encode_fs(a[4], &p.cwd)) return Ref{};
    p.has_cwd = true;
  }
  if (!is_none(a[5])) {
    Ref env = to_fast_sequence(a[5], "environment must be a sequence");
    if (!env || !strings(env, &p.env)) return Ref{};
    p.has_env = true;
  }
  int* fds[] = {&p.p2cread, &p.p2cwrite, &p.c2pread, &p.c2pwrite, &p.errread, &p.errwrite, &p.error_read, &p.error_write};
  for (int i = 0; i < 8; i++) {
    if (!as_int(a[6 + static_cast<size_t>(i)], fds[i])) return Ref{};
  }
  int group;
  if (!truth(a[14], &restore) || !truth(a[15], &session) || !as_int(a[16], &group)) return Ref{};
  p.close_fds = close_fds;
  p.restore_signals = restore;
  p.new_session = session;
  p.group = group;
  if (close_fds && p.error_write < 3) return raise(PyExc_ValueError, "errpipe_write must be >= 3");
  if (!is_none(a[17])) {
    if (!gid_arg(a[17], &p.gid)) return Ref{};
    p.set_gid = true;
  }
  if (!is_none(a[18])) {
    if (!is_list(a[18])) return raise(PyExc_TypeError, "setgroups argument must be a list");
    if (!group_list(a[18], &p.groups)) {
      if (!error_matches(PyExc_OverflowError)) return Ref{};
      clear_error();
      return raise(PyExc_ValueError, "invalid group id");
    }
    p.set_groups = true;
  }
  if (!is_none(a[19])) {
    if (!uid_arg(a[19], &p.uid)) return Ref{};
    p.set_uid = true;
  }
  if (!as_int(a[20], &p.umask)) return Ref{};
  p.preexec = is_none(a[21]) ? Value{} : a[21];
  Ref argv = to_fast_sequence(a[0], "argv must be a tuple"), executables = argv ? to_fast_sequence(a[1], "executable_list must be a sequence") : Ref{};
  if (!executables || !strings(argv, &p.argv) || !strings(executables, &p.executables)) return Ref{};
  for (std::string& s : p.argv) p.argv_pointers.push_back(s.data());
  p.argv_pointers.push_back(nullptr);
  for (std::string& s : p.env) p.env_pointers.push_back(s.data());
  p.env_pointers.push_back(nullptr);

  // With a preexec_fn Python runs in the child; without, nothing does, and all signals stay blocked until exec.
  sigset_t all, old;
  if (p.preexec) {
    run_fork_hooks(0);
  } else {
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
  }
  pid_t pid = fork();
  if (pid == 0) {
    if (p.preexec) {
      after_fork_in_child();
    } else {
      // Handlers of ours must not run in the child.
      for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, nullptr, &action) == 0 && action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) signal(i, SIG_DFL);
      }
      pthread_sigmask(SIG_SETMASK, &old, nullptr);
    }
    child(p);
  }
  int error = errno;
  if (p.preexec) run_fork_hooks(1);
  else pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (pid < 0) {
    errno = error;
    return raise_errno(PyExc_OSError);
  }
  return int_from_i64(pid);
}
const MethodRow functions[] = {
    method<fork_exec>("fork_exec", "", "Spawn a fresh new child process: fork, set up descriptors, directory, session, identity, exec. Arguments as subprocess gives them."),
    {}};

}  // namespace

extern const ModuleDef posixsubprocess_module;
const ModuleDef posixsubprocess_module{.name = "_posixsubprocess", .doc = "A POSIX helper for the subprocess module.", .methods = functions};

}  // namespace adder
