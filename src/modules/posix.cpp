// posix: files, directories, the environment, processes. Groups of functions in posix_*.cpp; this file holds paths and descriptors.
#include "modules/posix.h"
#include <cerrno>
#include <climits>
#include <cstring>
#include <cwchar>
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/interpreter.h"

extern char** environ;

namespace adder {

// --- Arguments --------------------------------------------------------------------------------------------------------------------------
bool PathArg::parse(Value v, const char* function, const char* argument, unsigned allow) {
  object = Ref::copy(v);
  if (v.absent() || is_none(v)) {
    if (!(allow & kAllowNone)) return raise(PyExc_TypeError, "%s: %s should be %s, not NoneType", function, argument, allowed(allow));
    text = ".";
    object.reset();
    return true;
  }
  Ref path = Ref::copy(v);
  if (!is_str(v) && !is_bytes(v)) {
    if ((allow & kAllowFd) && is_int(v)) return parse_fd(v, allow);
    if (has_buffer(v)) {
      if (!warn(PyExc_DeprecationWarning, 1, "%s: %s should be %s, not %.200s", function, argument, allowed(allow), type_of(v)->tp_name)) return false;
      path = bytes_from_object(v);
    } else if ((allow & kAllowFd) && slots_of(v).nb_index) {
      return parse_fd(v, allow);
    } else {
      Ref method = lookup_special(v, "__fspath__"_id);
      if (!method) {
        if (error_occurred()) return false;
        return raise(PyExc_TypeError, "%s: %s should be %s, not %.200s", function, argument, allowed(allow), type_of(v)->tp_name);
      }
      path = call0(method);
      if (path && !is_str(path) && !is_bytes(path))
        return raise(PyExc_TypeError, "expected %.200s.__fspath__() to return str or bytes, not %.200s", type_of(v)->tp_name, type_of(path)->tp_name);
    }
    if (!path) return false;
  }
  is_bytes_path = is_bytes(path);
  if (is_bytes_path) {
    text.assign(bytes_view(path));
  } else if (!str_encode_fs(path, &text)) {
    return false;
  }
  if (text.find('\0') != std::string::npos) return raise(PyExc_ValueError, "%s: embedded null character in %s", function, argument);
  return true;
}
bool PathArg::parse_fd(Value v, unsigned allow) {
  Ref i = index(v);
  int64_t n;
  if (!i) return false;
  int over = int_sign_overflow_i64(i, &n);
  if (over > 0 || (over == 0 && n > INT_MAX)) return raise(PyExc_OverflowError, "fd is greater than maximum");
  if (over < 0 || n < INT_MIN) return raise(PyExc_OverflowError, "fd is less than minimum");
  fd = static_cast<int>(n);
  // CPython takes a negative one for a path that was not given: the current directory where that may be so, a bad address elsewhere.
  text = ".";
  errno = EFAULT;
  return fd >= 0 || (allow & kAllowNone) || fail();
}
const char* PathArg::allowed(unsigned allow) {
  if ((allow & kAllowFd) && (allow & kAllowNone)) return "string, bytes, os.PathLike, integer or None";
  if (allow & kAllowFd) return "string, bytes, os.PathLike or integer";
  if (allow & kAllowNone) return "string, bytes, os.PathLike or None";
  return "string, bytes or os.PathLike";
}
Failure PathArg::fail() const { return object ? raise_errno_with(PyExc_OSError, object) : raise_errno(PyExc_OSError); }
Ref PathArg::same_kind(std::string_view name) const { return is_bytes_path ? bytes_new(name) : str_decode_fs(name); }

bool dir_fd_arg(Value v, int* out) {
  *out = AT_FDCWD;
  if (v.absent() || is_none(v)) return true;
  if (!is_int(v) && !slots_of(v).nb_index) return raise(PyExc_TypeError, "argument should be integer or None, not %.200s", type_of(v)->tp_name);
  return as_int(v, out);
}
bool fd_arg(Value v, int* out) {
  if (is_int(v)) {
    if (!as_int(v, out)) return false;
  } else {
    Ref method;
    if (lookup_attr(v, "fileno"_id, &method) < 0) return false;
    if (!method) return raise(PyExc_TypeError, "argument must be an int, or have a fileno() method.");
    Ref fd = call0(method);
    if (!fd) return false;
    if (!is_int(fd)) return raise(PyExc_TypeError, "fileno() returned a non-integer");
    if (!as_int(fd, out)) return false;
  }
  if (*out < 0) return raise(PyExc_ValueError, "file descriptor cannot be a negative integer (%d)", *out);
  return true;
}
bool unsigned_arg(Value v, unsigned* out) {
  Ref i = index(v);
  int64_t n;
  if (!i) return false;
  int over = int_sign_overflow_i64(i, &n);
  if (over < 0 || (over == 0 && n < 0)) return raise(PyExc_ValueError, "value must be positive");
  if (over || n > UINT_MAX) return raise(PyExc_OverflowError, "Python int too large for C unsigned int");
  *out = static_cast<unsigned>(n);
  return true;
}
bool flag_arg(Value v, bool fallback, bool* out) {
  *out = fallback;
  if (v.absent()) return true;
  int truth = is_true(v);
  if (truth < 0) return false;
  *out = truth;
  return true;
}
bool int_arg(Value v, int fallback, int* out) {
  *out = fallback;
  return v.absent() || as_int(v, out);
}
bool module_add_functions(PyObject* module, const MethodRow* rows) {
  Ref name = getattr(Value{module}, "__name__"_id);
  for (; name && rows->c.ml_name; rows++) {
    if (!module_add(module, rows->c.ml_name, make_builtin(*rows, Value{module}, name))) return false;
  }
  return static_cast<bool>(name);
}
// After a call was interrupted: runs signal handlers; false if one raised.
bool after_interrupt() { return !breaker_set() || poll_breaker(this_thread()); }

namespace {

// --- stat ---------------------------------------------------------------------------------------------------------------------------------
PyTypeObject *stat_result_type = nullptr, *terminal_size_type = nullptr;

const StructField stat_fields[] = {
    {"st_mode", "protection bits"}, {"st_ino", "inode"}, {"st_dev", "device"}, {"st_nlink", "number of hard links"}, {"st_uid", "user ID of owner"},
    {"st_gid", "group ID of owner"}, {"st_size", "total size, in bytes"}, {kUnnamedField, "integer time of last access"},
    {kUnnamedField, "integer time of last modification"}, {kUnnamedField, "integer time of last change"}, {"st_atime", "time of last access"},
    {"st_mtime", "time of last modification"}, {"st_ctime", "time of last change"}, {"st_atime_ns", "time of last access in nanoseconds"},
    {"st_mtime_ns", "time of last modification in nanoseconds"}, {"st_ctime_ns", "time of last change in nanoseconds"},
    {"st_blksize", "blocksize for filesystem I/O"}, {"st_blocks", "number of blocks allocated"}, {"st_rdev", "device type (if inode device)"}, {}};

}  // namespace

Ref stat_result(const struct stat& st) {
  Ref r = struct_sequence_new(stat_result_type);
  if (!r) return r;
  const timespec times[] = {st.st_atim, st.st_mtim, st.st_ctim};
  bool ok = struct_sequence_set(r, 0, int_from_u64(st.st_mode)) && struct_sequence_set(r, 1, int_from_u64(st.st_ino)) && struct_sequence_set(r, 2, int_from_u64(st.st_dev)) &&
            struct_sequence_set(r, 3, int_from_u64(st.st_nlink)) && struct_sequence_set(r, 4, int_from_u64(st.st_uid)) && struct_sequence_set(r, 5, int_from_u64(st.st_gid)) &&
            struct_sequence_set(r, 6, int_from_i64(st.st_size)) && struct_sequence_set(r, 16, int_from_i64(st.st_blksize)) &&
            struct_sequence_set(r, 17, int_from_i64(st.st_blocks)) && struct_sequence_set(r, 18, int_from_u64(st.st_rdev));
  for (int i = 0; ok && i < 3; i++) {
    int64_t ns = 0;
    Ref whole;
    if (!__builtin_mul_overflow(int64_t{times[i].tv_sec}, int64_t{1000000000}, &ns) && !__builtin_add_overflow(ns, int64_t{times[i].tv_nsec}, &ns)) {
      whole = int_from_i64(ns);
    } else {
      Ref seconds = int_from_i64(times[i].tv_sec), billion = int_from_i64(1000000000), rest = int_from_i64(times[i].tv_nsec);
      Ref product = int_multiply(seconds, billion);
      whole = product ? int_add(product, rest) : Ref{};
    }
    ok = struct_sequence_set(r, 7 + i, int_from_i64(times[i].tv_sec)) &&
         struct_sequence_set(r, 10 + i, float_new(static_cast<double>(times[i].tv_sec) + 1e-9 * static_cast<double>(times[i].tv_nsec))) &&
         struct_sequence_set(r, 13 + i, std::move(whole));
  }
  return ok ? std::move(r) : Ref{};
}

namespace {

Ref do_stat(const char* function, Value path_value, Value dir_fd, bool follow, unsigned allow) {
  PathArg path;
  int dir;
  if (!path.parse(path_value, function, "path", allow) || !dir_fd_arg(dir_fd, &dir)) return Ref{};
  if (path.fd >= 0 && dir != AT_FDCWD) return raise(PyExc_ValueError, "%s: can't specify dir_fd without matching path", function);
  if (path.fd >= 0 && !follow) return raise(PyExc_ValueError, "%s: cannot use fd and follow_symlinks together", function);
  struct stat st;
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fstat(path.fd, &st) : fstatat(dir, path.text.c_str(), &st, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  return status < 0 ? path.fail() : stat_result(st);
}
Ref stat_(Value, const Value* a) {
  bool follow;
  if (!flag_arg(a[2], true, &follow)) return Ref{};
  return do_stat("stat", a[0], a[1], follow, kAllowFd);
}
Ref lstat_(Value, const Value* a) { return do_stat("lstat", a[0], a[1], false, 0); }
Ref fstat_(Value, const Value* a) {
  int fd;
  struct stat st;
  if (!as_int(a[0], &fd)) return Ref{};
  int status = blocking([&] { return fstat(fd, &st); });
  return status < 0 ? failed() : stat_result(st);
}
Ref access_(Value, const Value* a) {
  PathArg path;
  int mode, dir;
  bool effective, follow;
  if (!path.parse(a[0], "access", "path", 0) || !as_int(a[1], &mode) || !dir_fd_arg(a[2], &dir) || !flag_arg(a[3], false, &effective) || !flag_arg(a[4], true, &follow)) return Ref{};
  int flags = (effective ? AT_EACCESS : 0) | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
  int status;
  {
    ReleaseGil release;
    status = faccessat(dir, path.text.c_str(), mode, flags);
  }
  return bool_ref(status == 0);
}

// --- Directories --------------------------------------------------------------------------------------------------------------------------
Ref getcwd_text(bool as_bytes) {
  std::string buffer(256, '\0');
  while (!getcwd(buffer.data(), buffer.size())) {
    if (errno != ERANGE) return raise_errno(PyExc_OSError);
    buffer.resize(buffer.size() * 2);
  }
  std::string_view text(buffer.c_str());
  return as_bytes ? bytes_new(text) : str_decode_fs(text);
}
Ref getcwd_(Value) { return getcwd_text(false); }
Ref getcwdb(Value) { return getcwd_text(true); }
Ref chdir_(Value, const Value* a) {
  PathArg path;
  if (!path.parse(a[0], "chdir", "path", kAllowFd) || !audit("os.chdir", {path.object.get()})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fchdir(path.fd) : chdir(path.text.c_str());
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref fchdir_(Value, const Value* a) {
  int fd;
  if (!fd_arg(a[0], &fd)) return Ref{};
  return blocking([&] { return fchdir(fd); }) < 0 ? failed() : none_ref();
}
Ref chroot_(Value, const Value* a) {
  PathArg path;
  if (!path.parse(a[0], "chroot", "path", 0)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = chroot(path.text.c_str());
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref listdir(Value, const Value* a) {
  PathArg path;
  if (!path.parse(a[0], "listdir", "path", kAllowFd | kAllowNone) || !audit("os.listdir", {path.object.get()})) return Ref{};
  DIR* dir;
  int copy = -1;
  {
    ReleaseGil release;
    if (path.fd >= 0) {
      copy = fcntl(path.fd, F_DUPFD_CLOEXEC, 3);
      dir = copy < 0 ? nullptr : fdopendir(copy);
      if (dir) rewinddir(dir);
    } else {
      dir = opendir(path.text.c_str());
    }
  }
  if (!dir) {
    int error = errno;
    if (copy >= 0) close(copy);
    errno = error;
    return path.fail();
  }
  Ref list = list_new();
  for (;;) {
    errno = 0;
    dirent* entry;
    {
      ReleaseGil release;
      entry = readdir(dir);
    }
    if (!entry) {
      if (errno) {
        (void)path.fail();
        list.reset();
      }
      break;
    }
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    Ref name = path.same_kind(entry->d_name);
    if (!list || !name || !list_append(list, std::move(name))) {
      list.reset();
      break;
    }
  }
  ReleaseGil release;
  closedir(dir);
  return list;
}
Ref mkdir_(Value, const Value* a) {
  PathArg path;
  int mode, dir;
  if (!path.parse(a[0], "mkdir", "path", 0) || !int_arg(a[1], 0777, &mode) || !dir_fd_arg(a[2], &dir) ||
      !audit("os.mkdir", {path.object.get(), Value::from_int(mode), Value::from_int(dir_number(dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = mkdirat(dir, path.text.c_str(), static_cast<mode_t>(mode));
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref unlink_any(const char* function, const Value* a, int flags) {
  PathArg path;
  int dir;
  if (!path.parse(a[0], function, "path", 0) || !dir_fd_arg(a[1], &dir) ||
      !audit(flags ? "os.rmdir" : "os.remove", {path.object.get(), Value::from_int(dir_number(dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = unlinkat(dir, path.text.c_str(), flags);
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref rmdir_(Value, const Value* a) { return unlink_any("rmdir", a, AT_REMOVEDIR); }
Ref unlink_(Value, const Value* a) { return unlink_any("unlink", a, 0); }
Ref remove_(Value, const Value* a) { return unlink_any("remove", a, 0); }
Ref rename_any(const char* function, const Value* a) {
  PathArg from, to;
  int from_dir, to_dir;
  if (!from.parse(a[0], function, "src", 0) || !to.parse(a[1], function, "dst", 0) || !dir_fd_arg(a[2], &from_dir) || !dir_fd_arg(a[3], &to_dir) ||
      !audit("os.rename", {from.object.get(), to.object.get(), Value::from_int(dir_number(from_dir)), Value::from_int(dir_number(to_dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = renameat(from_dir, from.text.c_str(), to_dir, to.text.c_str());
  }
  return status < 0 ? raise_errno_with(PyExc_OSError, from.object, to.object) : none_ref();
}
Ref rename_(Value, const Value* a) { return rename_any("rename", a); }
Ref replace(Value, const Value* a) { return rename_any("replace", a); }
Ref link_(Value, const Value* a) {
  PathArg from, to;
  int from_dir, to_dir;
  bool follow;
  if (!from.parse(a[0], "link", "src", 0) || !to.parse(a[1], "link", "dst", 0) || !dir_fd_arg(a[2], &from_dir) || !dir_fd_arg(a[3], &to_dir) || !flag_arg(a[4], true, &follow) ||
      !audit("os.link", {from.object.get(), to.object.get(), Value::from_int(dir_number(from_dir)), Value::from_int(dir_number(to_dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = linkat(from_dir, from.text.c_str(), to_dir, to.text.c_str(), follow ? AT_SYMLINK_FOLLOW : 0);
  }
  return status < 0 ? raise_errno_with(PyExc_OSError, from.object, to.object) : none_ref();
}
Ref symlink_(Value, const Value* a) {
  PathArg from, to;
  int dir;
  if (!from.parse(a[0], "symlink", "src", 0) || !to.parse(a[1], "symlink", "dst", 0) || !dir_fd_arg(a[3], &dir) ||
      !audit("os.symlink", {from.object.get(), to.object.get(), Value::from_int(dir_number(dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = symlinkat(from.text.c_str(), dir, to.text.c_str());
  }
  return status < 0 ? raise_errno_with(PyExc_OSError, from.object, to.object) : none_ref();
}
Ref readlink_(Value, const Value* a) {
  PathArg path;
  int dir;
  if (!path.parse(a[0], "readlink", "path", 0) || !dir_fd_arg(a[1], &dir)) return Ref{};
  char buffer[PATH_MAX + 1];
  ssize_t n;
  {
    ReleaseGil release;
    n = readlinkat(dir, path.text.c_str(), buffer, PATH_MAX);
  }
  return n < 0 ? path.fail() : path.same_kind({buffer, static_cast<size_t>(n)});
}
Ref umask_(Value, Value v) {
  int mask;
  if (!as_int(v, &mask)) return Ref{};
  return int_from_i64(umask(static_cast<mode_t>(mask)));
}

// --- Descriptors ----------------------------------------------------------------------------------------------------------------------------
Ref open_(Value, const Value* a) {
  PathArg path;
  int flags, mode, dir;
  if (!path.parse(a[0], "open", "path", 0) || !as_int(a[1], &flags) || !int_arg(a[2], 0777, &mode) || !dir_fd_arg(a[3], &dir) ||
      !audit("open", {path.object.get(), Value{}, Value::from_int(flags | O_CLOEXEC)})) return Ref{};
  int fd = blocking([&] { return openat(dir, path.text.c_str(), flags | O_CLOEXEC, mode); });
  return fd < 0 ? failed(path) : int_from_i64(fd);
}
Ref close_(Value, const Value* a) {
  int fd;
  if (!as_int(a[0], &fd)) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = close(fd);
  }
  return status < 0 && errno != EINTR ? raise_errno(PyExc_OSError) : none_ref();
}
Ref closerange(Value, const Value* a) {
  int low, high;
  if (!as_int(a[0], &low) || !as_int(a[1], &high)) return Ref{};
  ReleaseGil release;
  if (low < 0) low = 0;
  if (high > low && close_range(static_cast<unsigned>(low), static_cast<unsigned>(high - 1), 0) != 0) {
    for (int fd = low; fd < high; fd++) close(fd);
  }
  return none_ref();
}
Ref read_(Value, const Value* a) {
  int fd;
  Py_ssize_t n;
  if (!as_int(a[0], &fd) || !as_ssize(a[1], &n)) return Ref{};
  if (n < 0) {
    errno = EINVAL;
    return raise_errno(PyExc_OSError);
  }
  Ref buffer = bytes_uninitialized(n);
  if (!buffer) return Ref{};
  ssize_t got = blocking([&] { return read(fd, bytes_data(buffer), static_cast<size_t>(n)); });
  if (got < 0) return failed();
  return got == n ? std::move(buffer) : bytes_resize(std::move(buffer), got);
}
Ref write_(Value, const Value* a) {
  int fd;
  if (!as_int(a[0], &fd)) return Ref{};
  BufferView data;
  if (!data.get(a[1])) return Ref{};
  ssize_t done = blocking([&] { return write(fd, data.data(), static_cast<size_t>(data.size())); });
  return done < 0 ? failed() : int_from_i64(done);
}
Ref pread_(Value, const Value* a) {
  int fd;
  Py_ssize_t n;
  int64_t offset;
  if (!as_int(a[0], &fd) || !as_ssize(a[1], &n) || !as_i64(a[2], &offset)) return Ref{};
  if (n < 0) {
    errno = EINVAL;
    return raise_errno(PyExc_OSError);
  }
  Ref buffer = bytes_uninitialized(n);
  if (!buffer) return Ref{};
  ssize_t got = blocking([&] { return pread(fd, bytes_data(buffer), static_cast<size_t>(n), offset); });
  return got < 0 ? failed() : bytes_resize(std::move(buffer), got);
}
Ref pwrite_(Value, const Value* a) {
  int fd;
  int64_t offset;
  BufferView data;
  if (!as_int(a[0], &fd) || !data.get(a[1]) || !as_i64(a[2], &offset)) return Ref{};
  ssize_t done = blocking([&] { return pwrite(fd, data.data(), static_cast<size_t>(data.size()), offset); });
  return done < 0 ? failed() : int_from_i64(done);
}
Ref lseek_(Value, const Value* a) {
  int fd, how;
  int64_t offset;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &offset) || !as_int(a[2], &how)) return Ref{};
  off_t at = lseek(fd, offset, how);
  return at < 0 ? raise_errno(PyExc_OSError) : int_from_i64(at);
}
Ref ftruncate_(Value, const Value* a) {
  int fd;
  int64_t size;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &size)) return Ref{};
  return blocking([&] { return ftruncate(fd, size); }) < 0 ? failed() : none_ref();
}
Ref fsync_(Value, const Value* a) {
  int fd;
  if (!fd_arg(a[0], &fd)) return Ref{};
  return blocking([&] { return fsync(fd); }) < 0 ? failed() : none_ref();
}
Ref fdatasync_(Value, const Value* a) {
  int fd;
  if (!fd_arg(a[0], &fd)) return Ref{};
  return blocking([&] { return fdatasync(fd); }) < 0 ? failed() : none_ref();
}
Ref dup_(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? raise_errno(PyExc_OSError) : int_from_i64(copy);
}
Ref dup2_(Value, const Value* a) {
  int fd, to;
  bool inheritable;
  if (!as_int(a[0], &fd) || !as_int(a[1], &to) || !flag_arg(a[2], true, &inheritable)) return Ref{};
  if (fd < 0 || to < 0) {
    errno = EBADF;
    return raise_errno(PyExc_OSError);
  }
  int result = blocking([&] { return inheritable || fd == to ? dup2(fd, to) : dup3(fd, to, O_CLOEXEC); });
  return result < 0 ? failed() : int_from_i64(result);
}
Ref pipe_any(int flags) {
  int fds[2];
  if (pipe2(fds, flags) < 0) return raise_errno(PyExc_OSError);
  return tuple_of({Value::from_int(fds[0]), Value::from_int(fds[1])});
}
Ref pipe_(Value) { return pipe_any(O_CLOEXEC); }
Ref pipe2_(Value, Value v) {
  int flags;
  return as_int(v, &flags) ? pipe_any(flags) : Ref{};
}
Ref isatty_(Value, Value v) {
  int fd;
  return as_int(v, &fd) ? bool_ref(isatty(fd)) : Ref{};
}
Ref ttyname_(Value, Value v) {
  int fd;
  char name[PATH_MAX];
  if (!as_int(v, &fd)) return Ref{};
  int error = ttyname_r(fd, name, sizeof name);
  if (error) {
    errno = error;
    return raise_errno(PyExc_OSError);
  }
  return str_decode_fs(name);
}
Ref get_inheritable(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  int flags = fcntl(fd, F_GETFD);
  return flags < 0 ? raise_errno(PyExc_OSError) : bool_ref(!(flags & FD_CLOEXEC));
}
Ref set_inheritable(Value, const Value* a) {
  int fd, on;
  if (!as_int(a[0], &fd) || !as_int(a[1], &on)) return Ref{};
  int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || fcntl(fd, F_SETFD, on ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC) < 0) return raise_errno(PyExc_OSError);
  return none_ref();
}
Ref get_blocking(Value, Value v) {
  int fd;
  if (!as_int(v, &fd)) return Ref{};
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? raise_errno(PyExc_OSError) : bool_ref(!(flags & O_NONBLOCK));
}
Ref set_blocking(Value, const Value* a) {
  int fd;
  bool on;
  if (!as_int(a[0], &fd) || !flag_arg(a[1], true, &on)) return Ref{};
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0) return raise_errno(PyExc_OSError);
  return none_ref();
}
Ref get_terminal_size(Value, const Value* a) {
  int fd;
  if (!int_arg(a[0], 1, &fd)) return Ref{};
  winsize w;
  if (ioctl(fd, TIOCGWINSZ, &w) < 0) return raise_errno(PyExc_OSError);
  Ref r = struct_sequence_new(terminal_size_type);
  return r && struct_sequence_set(r, 0, int_from_i64(w.ws_col)) && struct_sequence_set(r, 1, int_from_i64(w.ws_row)) ? std::move(r) : Ref{};
}
Ref urandom(Value, Value v) {
  Py_ssize_t n;
  if (!as_ssize(v, &n)) return Ref{};
  if (n < 0) return raise(PyExc_ValueError, "negative argument not allowed");
  Ref bytes = bytes_uninitialized(n);
  if (!bytes) return Ref{};
  Py_ssize_t done = 0;
  while (done < n) {
    ssize_t got = blocking([&] { return posix_getrandom(bytes_data(bytes) + done, static_cast<size_t>(n - done), 0); });
    if (got < 0) return failed();
    done += got;
  }
  return bytes;
}
Ref getrandom_(Value, const Value* a) {
  Py_ssize_t n;
  int flags;
  if (!as_ssize(a[0], &n) || !int_arg(a[1], 0, &flags)) return Ref{};
  if (n < 0) {
    errno = EINVAL;
    return raise_errno(PyExc_OSError);
  }
  Ref bytes = bytes_uninitialized(n);
  if (!bytes) return Ref{};
  ssize_t got = blocking([&] { return posix_getrandom(bytes_data(bytes), static_cast<size_t>(n), static_cast<unsigned>(flags)); });
  return got < 0 ? failed() : bytes_resize(std::move(bytes), got);
}
Ref path_normpath(Value, const Value* a) {
  Value path = a[0];
  if (!is_str(path)) return raise(PyExc_TypeError, "expected 'str', not '%N'", type_of(path));
  std::wstring text;
  for (Py_ssize_t i = 0; i < str_length(path); i++) text.push_back(static_cast<wchar_t>(str_char(path, i)));
  return str_from_kind(4, text.data(), static_cast<Py_ssize_t>(normalize_path(text.data(), text.size())));
}
Ref fspath(Value, const Value* a) {
  Value v = a[0];
  if (is_str(v) || is_bytes(v)) return Ref::copy(v);
  Ref method = lookup_special(v, "__fspath__"_id);
  if (!method) return error_occurred() ? Failure{} : raise(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %.200s", type_of(v)->tp_name);
  Ref path = call0(method);
  if (path && !is_str(path) && !is_bytes(path))
    return raise(PyExc_TypeError, "expected %.200s.__fspath__() to return str or bytes, not %.200s", type_of(v)->tp_name, type_of(path)->tp_name);
  return path;
}

const MethodRow functions[] = {
    method<stat_>("stat", "($module, /, path, *, dir_fd=None, follow_symlinks=True)", "Perform a stat system call on the given path."),
    method<lstat_>("lstat", "($module, /, path, *, dir_fd=None)", "Perform a stat system call on the given path, without following symbolic links."),
    method<fstat_>("fstat", "($module, /, fd)", "Perform a stat system call on the given file descriptor."),
    method<access_>("access", "($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)", "Use the real uid/gid to test for access to a path."),
    method<getcwd_>("getcwd", "($module, /)", "Return a unicode string representing the current working directory."),
    method<getcwdb>("getcwdb", "($module, /)", "Return a bytes string representing the current working directory."),
    method<chdir_>("chdir", "($module, /, path)", "Change the current working directory to the specified path."),
    method<fchdir_>("fchdir", "($module, /, fd)", "Change to the directory of the given file descriptor."),
    method<chroot_>("chroot", "($module, /, path)", "Change root directory to path."),
    method<listdir>("listdir", "($module, /, path=None)", "Return a list containing the names of the files in the directory."),
    method<mkdir_>("mkdir", "($module, /, path, mode=511, *, dir_fd=None)", "Create a directory."),
    method<rmdir_>("rmdir", "($module, /, path, *, dir_fd=None)", "Remove a directory."),
    method<unlink_>("unlink", "($module, /, path, *, dir_fd=None)", "Remove a file (same as remove())."),
    method<remove_>("remove", "($module, /, path, *, dir_fd=None)", "Remove a file (same as unlink())."),
    method<rename_>("rename", "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)", "Rename a file or directory."),
    method<replace>("replace", "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)", "Rename a file or directory, overwriting the destination."),
    method<link_>("link", "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)", "Create a hard link to a file."),
    method<symlink_>("symlink", "($module, /, src, dst, target_is_directory=False, *, dir_fd=None)", "Create a symbolic link pointing to src named dst."),
    method<readlink_>("readlink", "($module, /, path, *, dir_fd=None)", "Return a string representing the path to which the symbolic link points."),
    method<umask_>("umask", "($module, mask, /)", "Set the current numeric umask and return the previous umask."),
    method<open_>("open", "($module, /, path, flags, mode=511, *, dir_fd=None)", "Open a file for low level IO.  Returns a file descriptor (integer)."),
    method<close_>("close", "($module, /, fd)", "Close a file descriptor."),
    method<closerange>("closerange", "($module, fd_low, fd_high, /)", "Closes all file descriptors in [fd_low, fd_high), ignoring errors."),
    method<read_>("read", "($module, fd, length, /)", "Read from a file descriptor.  Returns a bytes object."),
    method<write_>("write", "($module, fd, data, /)", "Write a bytes object to a file descriptor."),
    method<pread_>("pread", "($module, fd, length, offset, /)", "Read a number of bytes from a file descriptor starting at a particular offset."),
    method<pwrite_>("pwrite", "($module, fd, buffer, offset, /)", "Write bytes to a file descriptor starting at a particular offset."),
    method<lseek_>("lseek", "($module, fd, position, how, /)", "Set the position of a file descriptor.  Return the new position."),
    method<ftruncate_>("ftruncate", "($module, fd, length, /)", "Truncate a file, specified by file descriptor, to a specific length."),
    method<fsync_>("fsync", "($module, /, fd)", "Force write of fd to disk."),
    method<fdatasync_>("fdatasync", "($module, /, fd)", "Force write of fd to disk without forcing update of metadata."),
    method<dup_>("dup", "($module, fd, /)", "Return a duplicate of a file descriptor."),
    method<dup2_>("dup2", "($module, /, fd, fd2, inheritable=True)", "Duplicate file descriptor."),
    method<pipe_>("pipe", "($module, /)", "Create a pipe."),
    method<pipe2_>("pipe2", "($module, flags, /)", "Create a pipe with flags set atomically."),
    method<isatty_>("isatty", "($module, fd, /)", "Return True if the fd is connected to a terminal."),
    method<ttyname_>("ttyname", "($module, fd, /)", "Return the name of the terminal device connected to 'fd'."),
    method<get_inheritable>("get_inheritable", "($module, fd, /)", "Get the close-on-exe flag of the specified file descriptor."),
    method<set_inheritable>("set_inheritable", "($module, fd, inheritable, /)", "Set the inheritable flag of the specified file descriptor."),
    method<get_blocking>("get_blocking", "($module, fd, /)", "Get the blocking mode of the file descriptor."),
    method<set_blocking>("set_blocking", "($module, fd, blocking, /)", "Set the blocking mode of the specified file descriptor."),
    method<get_terminal_size>("get_terminal_size", "($module, fd=<unrepresentable>, /)", "Return the size of the terminal window as (columns, lines)."),
    method<urandom>("urandom", "($module, size, /)", "Return a bytes object containing random bytes suitable for cryptographic use."),
    method<getrandom_>("getrandom", "($module, /, size, flags=0)", "Obtain a series of random bytes."),
    method<path_normpath>("_path_normpath", "($module, /, path)", "Basic path normalization."),
    method<fspath>("fspath", "($module, /, path)", "Return the file system path representation of the object."),
    {}};

const StructField terminal_fields[] = {{"columns", "width of the terminal window in characters"}, {"lines", "height of the terminal window in characters"}, {}};

bool make_environ(PyObject* module) {
  Ref dict = dict_new();
  for (char** e = environ; dict && e && *e; e++) {
    const char* eq = strchr(*e, '=');
    if (!eq) continue;
    Ref key = bytes_new({*e, static_cast<size_t>(eq - *e)}), v = bytes_new(eq + 1), ignored;
    Value there;
    if (!key || !v || dict_set_default(dict, key, v, &there) < 0) return false;
  }
  return module_add(module, "environ", std::move(dict));
}

bool exec(PyObject* module) {
  if (!stat_result_type) {
    stat_result_type = struct_sequence_type({"os.stat_result", "stat_result: Result from stat, fstat, or lstat.", stat_fields, 10});
    terminal_size_type = struct_sequence_type({"os.terminal_size", "A tuple of (columns, lines) for holding terminal window size", terminal_fields, 2});
    if (!stat_result_type || !terminal_size_type) return false;
  }
  return make_environ(module) && module_add(module, "stat_result", Ref::copy(Value{stat_result_type})) &&
         module_add(module, "terminal_size", Ref::copy(Value{terminal_size_type})) && module_add(module, "error", Ref::copy(Value{PyExc_OSError})) &&
         posix_add_constants(module) && posix_add_scandir(module) && posix_add_attributes(module) && posix_add_transfers(module) &&
         posix_add_processes(module) && posix_add_spawn(module) && posix_add_users(module) && posix_add_scheduling(module);
}

}  // namespace

size_t normalize_path(wchar_t* path, size_t length) {
  size_t slashes = 0;
  while (slashes < length && path[slashes] == L'/') slashes++;
  // Exactly two slashes at the beginning are kept, as POSIX lets them mean something of their own.
  const size_t root = slashes == 2 ? 2 : slashes ? 1 : 0;
  size_t end = root;
  size_t fixed = root;  // before this place stand the root and a `..` that nothing can take back
  for (size_t i = slashes; i < length;) {
    size_t begin = i;
    while (i < length && path[i] != L'/') i++;
    size_t n = i++ - begin;
    if (n == 0 || (n == 1 && path[begin] == L'.')) continue;
    bool up = n == 2 && path[begin] == L'.' && path[begin + 1] == L'.';
    if (up && end > fixed) {
      while (end > fixed && path[--end] != L'/') {}
      continue;
    }
    if (up && root) continue;
    if (end > root) path[end++] = L'/';
    wmemmove(path + end, path + begin, n);
    end += n;
    if (up) fixed = end;
  }
  return end;
}

extern const ModuleDef posix_module;
const ModuleDef posix_module{
    .name = "posix",
    .doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
