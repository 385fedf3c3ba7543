// posix: constants, names of system parameters, and the set of functions the platform has.
#include <cerrno>
#include <csignal>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>
#include "modules/posix.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder {
namespace {

struct Constant { const char* name; int64_t value; };
#define ADDER_C(name) {#name, static_cast<int64_t>(name)}
const Constant constants[] = {
    ADDER_C(F_OK), ADDER_C(R_OK), ADDER_C(W_OK), ADDER_C(X_OK), ADDER_C(TMP_MAX),
    ADDER_C(WCONTINUED), ADDER_C(WNOHANG), ADDER_C(WUNTRACED), ADDER_C(WEXITED), ADDER_C(WNOWAIT), ADDER_C(WSTOPPED),
    ADDER_C(O_RDONLY), ADDER_C(O_WRONLY), ADDER_C(O_RDWR), ADDER_C(O_NDELAY), ADDER_C(O_NONBLOCK), ADDER_C(O_APPEND), ADDER_C(O_DSYNC), ADDER_C(O_RSYNC),
    ADDER_C(O_SYNC), ADDER_C(O_NOCTTY), ADDER_C(O_CREAT), ADDER_C(O_EXCL), ADDER_C(O_TRUNC), ADDER_C(O_LARGEFILE), ADDER_C(O_ASYNC), ADDER_C(O_DIRECT),
    ADDER_C(O_DIRECTORY), ADDER_C(O_NOFOLLOW), ADDER_C(O_NOATIME), ADDER_C(O_CLOEXEC), ADDER_C(O_ACCMODE), ADDER_C(O_PATH), ADDER_C(O_TMPFILE),
    ADDER_C(EX_OK), ADDER_C(EX_USAGE), ADDER_C(EX_DATAERR), ADDER_C(EX_NOINPUT), ADDER_C(EX_NOUSER), ADDER_C(EX_NOHOST), ADDER_C(EX_UNAVAILABLE), ADDER_C(EX_SOFTWARE),
    ADDER_C(EX_OSERR), ADDER_C(EX_OSFILE), ADDER_C(EX_CANTCREAT), ADDER_C(EX_IOERR), ADDER_C(EX_TEMPFAIL), ADDER_C(EX_PROTOCOL), ADDER_C(EX_NOPERM), ADDER_C(EX_CONFIG),
    ADDER_C(SEEK_DATA), ADDER_C(SEEK_HOLE), ADDER_C(ST_RDONLY), ADDER_C(ST_NOSUID), ADDER_C(ST_NODEV), ADDER_C(ST_NOEXEC), ADDER_C(ST_SYNCHRONOUS), ADDER_C(ST_MANDLOCK),
    ADDER_C(ST_WRITE), ADDER_C(ST_APPEND), ADDER_C(ST_NOATIME), ADDER_C(ST_NODIRATIME), ADDER_C(ST_RELATIME),
    ADDER_C(PRIO_PROCESS), ADDER_C(PRIO_PGRP), ADDER_C(PRIO_USER), ADDER_C(F_LOCK), ADDER_C(F_TLOCK), ADDER_C(F_ULOCK), ADDER_C(F_TEST),
    ADDER_C(P_PID), ADDER_C(P_PGID), ADDER_C(P_ALL), ADDER_C(P_PIDFD), ADDER_C(CLD_EXITED), ADDER_C(CLD_KILLED), ADDER_C(CLD_DUMPED), ADDER_C(CLD_TRAPPED),
    ADDER_C(CLD_STOPPED), ADDER_C(CLD_CONTINUED), ADDER_C(POSIX_FADV_NORMAL), ADDER_C(POSIX_FADV_SEQUENTIAL), ADDER_C(POSIX_FADV_RANDOM), ADDER_C(POSIX_FADV_NOREUSE),
    ADDER_C(POSIX_FADV_WILLNEED), ADDER_C(POSIX_FADV_DONTNEED), ADDER_C(SCHED_OTHER), ADDER_C(SCHED_FIFO), ADDER_C(SCHED_RR), ADDER_C(SCHED_BATCH), ADDER_C(SCHED_IDLE),
    ADDER_C(XATTR_CREATE), ADDER_C(XATTR_REPLACE), {"XATTR_SIZE_MAX", 65536}, ADDER_C(RTLD_LAZY), ADDER_C(RTLD_NOW), ADDER_C(RTLD_GLOBAL), ADDER_C(RTLD_LOCAL),
    ADDER_C(RTLD_NODELETE), ADDER_C(RTLD_NOLOAD), ADDER_C(RTLD_DEEPBIND), ADDER_C(GRND_RANDOM), ADDER_C(GRND_NONBLOCK), ADDER_C(MFD_CLOEXEC), ADDER_C(MFD_ALLOW_SEALING),
    ADDER_C(MFD_HUGETLB), ADDER_C(MFD_HUGE_MASK), ADDER_C(MFD_HUGE_SHIFT), ADDER_C(MFD_HUGE_64KB), ADDER_C(MFD_HUGE_512KB), ADDER_C(MFD_HUGE_1MB),
    ADDER_C(MFD_HUGE_2MB), ADDER_C(MFD_HUGE_8MB), ADDER_C(MFD_HUGE_16MB), ADDER_C(MFD_HUGE_32MB), ADDER_C(MFD_HUGE_256MB), ADDER_C(MFD_HUGE_512MB), ADDER_C(MFD_HUGE_1GB),
    ADDER_C(MFD_HUGE_2GB), ADDER_C(MFD_HUGE_16GB), ADDER_C(O_FSYNC), ADDER_C(EFD_CLOEXEC), ADDER_C(EFD_NONBLOCK), ADDER_C(EFD_SEMAPHORE), ADDER_C(SPLICE_F_MOVE), ADDER_C(SPLICE_F_NONBLOCK), ADDER_C(SPLICE_F_MORE),
    {"POSIX_SPAWN_OPEN", 0}, {"POSIX_SPAWN_CLOSE", 1}, {"POSIX_SPAWN_DUP2", 2}, {"NGROUPS_MAX", 65536}, {"SCHED_RESET_ON_FORK", 0x40000000},
    ADDER_C(RWF_DSYNC), ADDER_C(RWF_HIPRI), ADDER_C(RWF_SYNC), ADDER_C(RWF_NOWAIT), ADDER_C(RWF_APPEND), {}};

const Constant sysconf_names[] = {
    {"SC_ARG_MAX", _SC_ARG_MAX}, {"SC_CHILD_MAX", _SC_CHILD_MAX}, {"SC_CLK_TCK", _SC_CLK_TCK}, {"SC_NGROUPS_MAX", _SC_NGROUPS_MAX}, {"SC_OPEN_MAX", _SC_OPEN_MAX},
    {"SC_STREAM_MAX", _SC_STREAM_MAX}, {"SC_TZNAME_MAX", _SC_TZNAME_MAX}, {"SC_JOB_CONTROL", _SC_JOB_CONTROL}, {"SC_SAVED_IDS", _SC_SAVED_IDS},
    {"SC_PAGESIZE", _SC_PAGESIZE}, {"SC_PAGE_SIZE", _SC_PAGE_SIZE}, {"SC_VERSION", _SC_VERSION}, {"SC_NPROCESSORS_CONF", _SC_NPROCESSORS_CONF},
    {"SC_NPROCESSORS_ONLN", _SC_NPROCESSORS_ONLN}, {"SC_PHYS_PAGES", _SC_PHYS_PAGES}, {"SC_AVPHYS_PAGES", _SC_AVPHYS_PAGES}, {"SC_IOV_MAX", _SC_IOV_MAX},
    {"SC_GETGR_R_SIZE_MAX", _SC_GETGR_R_SIZE_MAX}, {"SC_GETPW_R_SIZE_MAX", _SC_GETPW_R_SIZE_MAX}, {"SC_LOGIN_NAME_MAX", _SC_LOGIN_NAME_MAX},
    {"SC_TTY_NAME_MAX", _SC_TTY_NAME_MAX}, {"SC_THREAD_STACK_MIN", _SC_THREAD_STACK_MIN}, {"SC_THREADS", _SC_THREADS}, {"SC_SEMAPHORES", _SC_SEMAPHORES},
    {"SC_SEM_NSEMS_MAX", _SC_SEM_NSEMS_MAX}, {"SC_SEM_VALUE_MAX", _SC_SEM_VALUE_MAX}, {"SC_MONOTONIC_CLOCK", _SC_MONOTONIC_CLOCK}, {"SC_HOST_NAME_MAX", _SC_HOST_NAME_MAX},
    {"SC_LINE_MAX", _SC_LINE_MAX}, {"SC_SYMLOOP_MAX", _SC_SYMLOOP_MAX}, {"SC_ATEXIT_MAX", _SC_ATEXIT_MAX}, {"SC_MINSIGSTKSZ", 249}, {}};
const Constant pathconf_names[] = {
    {"PC_LINK_MAX", _PC_LINK_MAX}, {"PC_MAX_CANON", _PC_MAX_CANON}, {"PC_MAX_INPUT", _PC_MAX_INPUT}, {"PC_NAME_MAX", _PC_NAME_MAX}, {"PC_PATH_MAX", _PC_PATH_MAX},
    {"PC_PIPE_BUF", _PC_PIPE_BUF}, {"PC_CHOWN_RESTRICTED", _PC_CHOWN_RESTRICTED}, {"PC_NO_TRUNC", _PC_NO_TRUNC}, {"PC_VDISABLE", _PC_VDISABLE},
    {"PC_SYNC_IO", _PC_SYNC_IO}, {"PC_ASYNC_IO", _PC_ASYNC_IO}, {"PC_FILESIZEBITS", _PC_FILESIZEBITS}, {"PC_SYMLINK_MAX", _PC_SYMLINK_MAX}, {}};
const Constant confstr_names[] = {{"CS_PATH", _CS_PATH}, {"CS_GNU_LIBC_VERSION", _CS_GNU_LIBC_VERSION}, {"CS_GNU_LIBPTHREAD_VERSION", _CS_GNU_LIBPTHREAD_VERSION}, {}};

// Names as os.py looks for them to tell what supports descriptors and dir_fd.
const char* const have[] = {"HAVE_FACCESSAT", "HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FCHMODAT", "HAVE_FCHOWN", "HAVE_FCHOWNAT", "HAVE_FDOPENDIR", "HAVE_FEXECVE", "HAVE_FPATHCONF",
                            "HAVE_FSTATAT", "HAVE_FSTATVFS", "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_LINKAT", "HAVE_LCHOWN", "HAVE_LSTAT", "HAVE_LUTIMES", "HAVE_MEMFD_CREATE",
                            "HAVE_MKDIRAT", "HAVE_MKFIFOAT", "HAVE_MKNODAT", "HAVE_OPENAT", "HAVE_READLINKAT", "HAVE_RENAMEAT", "HAVE_SYMLINKAT", "HAVE_UNLINKAT", "HAVE_UTIMENSAT", nullptr};

bool lookup_name(Value v, const Constant* table, int* out) {
  if (is_int(v)) return as_int(v, out);
  if (!is_str(v)) return raise(PyExc_TypeError, "configuration names must be strings or integers");
  for (; table->name; table++) {
    if (str_equals(v, table->name)) {
      *out = static_cast<int>(table->value);
      return true;
    }
  }
  return raise(PyExc_ValueError, "unrecognized configuration name");
}
Ref sysconf_(Value, Value v) {
  int name;
  if (!lookup_name(v, sysconf_names, &name)) return Ref{};
  errno = 0;
  long value = sysconf(name);
  return value == -1 && errno ? raise_errno(PyExc_OSError) : int_from_i64(value);
}
Ref pathconf_(Value, const Value* a) {
  PathArg path;
  int name;
  if (!path.parse(a[0], "pathconf", "path", kAllowFd) || !lookup_name(a[1], pathconf_names, &name)) return Ref{};
  errno = 0;
  long value = path.fd >= 0 ? fpathconf(path.fd, name) : pathconf(path.text.c_str(), name);
  return value == -1 && errno ? path.fail() : int_from_i64(value);
}
Ref fpathconf_(Value, const Value* a) {
  int fd, name;
  if (!fd_arg(a[0], &fd) || !lookup_name(a[1], pathconf_names, &name)) return Ref{};
  errno = 0;
  long value = fpathconf(fd, name);
  return value == -1 && errno ? raise_errno(PyExc_OSError) : int_from_i64(value);
}
Ref confstr_(Value, Value v) {
  int name;
  if (!lookup_name(v, confstr_names, &name)) return Ref{};
  errno = 0;
  char buffer[4096];
  size_t n = confstr(name, buffer, sizeof buffer);
  if (n == 0) return errno ? raise_errno(PyExc_OSError) : none_ref();
  return str_decode_fs(buffer);
}
const MethodRow functions[] = {
    method<sysconf_>("sysconf", "($module, name, /)", "Return an integer-valued system configuration variable."),
    method<pathconf_>("pathconf", "($module, /, path, name)", "Return the configuration limit name for the file or directory path."),
    method<fpathconf_>("fpathconf", "($module, fd, name, /)", "Return the configuration limit name for the file descriptor fd."),
    method<confstr_>("confstr", "($module, name, /)", "Return a string-valued system configuration variable."),
    {}};

bool add_names(PyObject* module, const char* attribute, const Constant* table) {
  Ref dict = dict_new();
  for (; dict && table->name; table++) {
    Ref key = intern(table->name), v = int_from_i64(table->value);
    if (!key || !v || !dict_set(dict, key, v)) return false;
  }
  return module_add(module, attribute, std::move(dict));
}

}  // namespace

bool posix_add_constants(PyObject* module) {
  for (const Constant* c = constants; c->name; c++) {
    if (!module_add_int(module, c->name, c->value)) return false;
  }
  Ref list = list_new();
  for (const char* const* name = have; list && *name; name++) {
    Ref s = intern(*name);
    if (!s || !list_append(list, std::move(s))) return false;
  }
  return module_add(module, "_have_functions", std::move(list)) && add_names(module, "sysconf_names", sysconf_names) &&
         add_names(module, "pathconf_names", pathconf_names) && add_names(module, "confstr_names", confstr_names) && module_add_functions(module, functions);
}

}  // namespace adder
