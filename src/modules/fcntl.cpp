// fcntl: control of descriptors, file locks.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <string>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "modules/posix.h"
#include "object/bytes.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"

namespace adder {
namespace {

constexpr size_t kBuffer = 1024;

Ref os_error() { return error_occurred() ? Failure{} : raise_errno(PyExc_OSError); }

Ref fcntl_(Value, const Value* a) {
  int fd, command;
  if (!fd_arg(a[0], &fd) || !as_int(a[1], &command)) return Ref{};
  if (a[2] && (is_bytes(a[2]) || is_str(a[2]) || has_buffer(a[2]))) {
    char buffer[kBuffer];
    std::string_view data;
    BufferView view;
    if (is_str(a[2])) data = str_utf8(a[2]);
    else if (view.get(a[2])) data = view.text();
    if (!data.data() && error_occurred()) return Ref{};
    if (data.size() > kBuffer) return raise(PyExc_ValueError, "fcntl string arg too long");
    memcpy(buffer, data.data(), data.size());
    int r;
    do {
      ReleaseGil release;
      r = fcntl(fd, command, buffer);
    } while (r == -1 && errno == EINTR && after_interrupt());
    return r < 0 ? os_error() : bytes_new({buffer, data.size()});
  }
  int64_t arg = 0;
  if (a[2]) {
    Ref i = index(a[2]);
    if (!i) return Ref{};
    arg = static_cast<int64_t>(int_as_u64_mask(i));
  }
  int r;
  do {
    ReleaseGil release;
    r = fcntl(fd, command, static_cast<int>(arg));
  } while (r == -1 && errno == EINTR && after_interrupt());
  return r < 0 ? os_error() : int_from_i64(r);
}
Ref ioctl_(Value, const Value* a) {
  int fd;
  bool mutate;
  if (!fd_arg(a[0], &fd) || !flag_arg(a[3], true, &mutate)) return Ref{};
  Ref code_object = index(a[1]);
  if (!code_object) return Ref{};
  auto code = static_cast<unsigned long>(int_as_u64_mask(code_object));
  if (a[2] && !is_int(a[2])) {
    BufferView view;
    char buffer[kBuffer + 1];
    if (!is_str(a[2]) && !is_bytes(a[2]) && mutate) {
      if (view.get(a[2], PyBUF_WRITABLE)) {
        int r;
        bool small = view.size() <= static_cast<Py_ssize_t>(kBuffer);
        if (small) memcpy(buffer, view.data(), static_cast<size_t>(view.size()));
        {
          ReleaseGil release;
          r = ioctl(fd, code, small ? buffer : view.data());
        }
        if (small) memcpy(view.data(), buffer, static_cast<size_t>(view.size()));
        return r < 0 ? os_error() : int_from_i64(r);
      }
      clear_error();
    }
    std::string_view data;
    if (is_str(a[2])) data = str_utf8(a[2]);
    else if (view.get(a[2])) data = view.text();
    if (!data.data() && error_occurred()) {
      clear_error();
      return raise(PyExc_TypeError, "ioctl requires a file or file descriptor, an integer and optionally an integer or buffer argument");
    }
    if (data.size() > kBuffer) return raise(PyExc_ValueError, "ioctl string arg too long");
    memcpy(buffer, data.data(), data.size());
    buffer[data.size()] = 0;
    int r;
    {
      ReleaseGil release;
      r = ioctl(fd, code, buffer);
    }
    return r < 0 ? os_error() : bytes_new({buffer, data.size()});
  }
  int64_t arg = 0;
  if (a[2]) {
    Ref i = index(a[2]);
    if (!i) return Ref{};
    arg = static_cast<int64_t>(int_as_u64_mask(i));
  }
  int r;
  {
    ReleaseGil release;
    r = ioctl(fd, code, static_cast<int>(arg));
  }
  return r < 0 ? os_error() : int_from_i64(r);
}
Ref flock_(Value, const Value* a) {
  int fd, operation, r;
  if (!fd_arg(a[0], &fd) || !as_int(a[1], &operation)) return Ref{};
  do {
    ReleaseGil release;
    r = flock(fd, operation);
  } while (r == -1 && errno == EINTR && after_interrupt());
  return r < 0 ? os_error() : none_ref();
}
Ref lockf_(Value, const Value* a) {
  int fd, command, whence, r;
  int64_t length = 0, start = 0;
  if (!fd_arg(a[0], &fd) || !as_int(a[1], &command) || (a[2] && !as_i64(a[2], &length)) || (a[3] && !as_i64(a[3], &start)) || !int_arg(a[4], 0, &whence)) return Ref{};
  struct flock lock{};
  if (command == LOCK_UN) lock.l_type = F_UNLCK;
  else if (command & LOCK_SH) lock.l_type = F_RDLCK;
  else if (command & LOCK_EX) lock.l_type = F_WRLCK;
  else return raise(PyExc_ValueError, "unrecognized lockf argument");
  lock.l_start = start;
  lock.l_len = length;
  lock.l_whence = static_cast<short>(whence);
  do {
    ReleaseGil release;
    r = fcntl(fd, command & LOCK_NB ? F_SETLK : F_SETLKW, &lock);
  } while (r == -1 && errno == EINTR && after_interrupt());
  return r < 0 ? os_error() : none_ref();
}
const MethodRow functions[] = {
    method<fcntl_>("fcntl", "($module, fd, cmd, arg=0, /)", "Perform the operation `cmd` on file descriptor fd."),
    method<ioctl_>("ioctl", "($module, fd, request, arg=0, mutate_flag=True, /)", "Perform the operation request on file descriptor fd."),
    method<flock_>("flock", "($module, fd, operation, /)", "Perform the lock operation `operation` on file descriptor `fd`."),
    method<lockf_>("lockf", "($module, fd, cmd, len=0, start=0, whence=0, /)", "A wrapper around the fcntl() locking calls."),
    {}};
bool exec(PyObject* module) {
  struct { const char* name; int64_t value; } constants[] = {
      {"LOCK_SH", LOCK_SH}, {"LOCK_EX", LOCK_EX}, {"LOCK_NB", LOCK_NB}, {"LOCK_UN", LOCK_UN}, {"LOCK_MAND", 32}, {"LOCK_READ", 64}, {"LOCK_WRITE", 128}, {"LOCK_RW", 192},
      {"F_DUPFD", F_DUPFD}, {"F_DUPFD_CLOEXEC", F_DUPFD_CLOEXEC}, {"F_GETFD", F_GETFD}, {"F_SETFD", F_SETFD}, {"F_GETFL", F_GETFL}, {"F_SETFL", F_SETFL}, {"F_GETLK", F_GETLK},
      {"F_SETLK", F_SETLK}, {"F_SETLKW", F_SETLKW}, {"F_OFD_GETLK", F_OFD_GETLK}, {"F_OFD_SETLK", F_OFD_SETLK}, {"F_OFD_SETLKW", F_OFD_SETLKW}, {"F_GETOWN", F_GETOWN},
      {"F_SETOWN", F_SETOWN}, {"F_GETSIG", F_GETSIG}, {"F_SETSIG", F_SETSIG}, {"F_RDLCK", F_RDLCK}, {"F_WRLCK", F_WRLCK}, {"F_UNLCK", F_UNLCK}, {"F_EXLCK", F_EXLCK},
      {"F_SHLCK", F_SHLCK}, {"F_GETLK64", F_GETLK64}, {"F_SETLK64", F_SETLK64}, {"F_SETLKW64", F_SETLKW64}, {"FASYNC", FASYNC}, {"F_SETLEASE", F_SETLEASE}, {"F_GETLEASE", F_GETLEASE},
      {"F_NOTIFY", F_NOTIFY}, {"FD_CLOEXEC", FD_CLOEXEC}, {"DN_ACCESS", DN_ACCESS}, {"DN_MODIFY", DN_MODIFY}, {"DN_CREATE", DN_CREATE}, {"DN_DELETE", DN_DELETE},
      {"DN_RENAME", DN_RENAME}, {"DN_ATTRIB", DN_ATTRIB}, {"DN_MULTISHOT", DN_MULTISHOT}, {"F_SETPIPE_SZ", F_SETPIPE_SZ}, {"F_GETPIPE_SZ", F_GETPIPE_SZ}, {"F_ADD_SEALS", F_ADD_SEALS},
      {"F_GET_SEALS", F_GET_SEALS}, {"F_SEAL_SEAL", F_SEAL_SEAL}, {"F_SEAL_SHRINK", F_SEAL_SHRINK}, {"F_SEAL_GROW", F_SEAL_GROW}, {"F_SEAL_WRITE", F_SEAL_WRITE}, {"FICLONE", FICLONE},
      {"FICLONERANGE", FICLONERANGE}};
  for (auto& c : constants) {
    if (!module_add_int(module, c.name, c.value)) return false;
  }
  return true;
}

}  // namespace

extern const ModuleDef fcntl_module;
const ModuleDef fcntl_module{.name = "fcntl", .doc = "This module performs file control and I/O control on file\ndescriptors.", .methods = functions, .exec = exec};

}  // namespace adder
