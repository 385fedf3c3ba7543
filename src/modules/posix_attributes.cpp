// posix: what the file system keeps about a file: mode, owner, size, times, extended attributes; device nodes.
#include <algorithm>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"

namespace adder {
namespace {

Ref chmod_(Value, const Value* a) {
  PathArg path;
  int mode, dir;
  bool follow;
  if (!path.parse(a[0], "chmod", "path", kAllowFd) || !as_int(a[1], &mode) || !dir_fd_arg(a[2], &dir) || !flag_arg(a[3], true, &follow) ||
      !audit("os.chmod", {path.object.get(), Value::from_int(mode), Value::from_int(dir_number(dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fchmod(path.fd, static_cast<mode_t>(mode)) : fchmodat(dir, path.text.c_str(), static_cast<mode_t>(mode), follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  if (status < 0 && errno == ENOTSUP && !follow) return raise(PyExc_NotImplementedError, "chmod: follow_symlinks unavailable on this platform");
  return status < 0 ? path.fail() : none_ref();
}
Ref fchmod_(Value, const Value* a) {
  int fd, mode;
  if (!as_int(a[0], &fd) || !as_int(a[1], &mode)) return Ref{};
  return blocking([&] { return fchmod(fd, static_cast<mode_t>(mode)); }) < 0 ? failed() : none_ref();
}
Ref chown_(Value, const Value* a) {
  PathArg path;
  unsigned uid, gid;
  int dir;
  bool follow;
  if (!path.parse(a[0], "chown", "path", kAllowFd) || !uid_arg(a[1], &uid) || !gid_arg(a[2], &gid) || !dir_fd_arg(a[3], &dir) || !flag_arg(a[4], true, &follow) ||
      !audit("os.chown", {path.object.get(), a[1], a[2], Value::from_int(dir_number(dir))})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fchown(path.fd, uid, gid) : fchownat(dir, path.text.c_str(), uid, gid, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref fchown_(Value, const Value* a) {
  int fd;
  unsigned uid, gid;
  if (!as_int(a[0], &fd) || !uid_arg(a[1], &uid) || !gid_arg(a[2], &gid) || !audit("os.chown", {a[0], a[1], a[2], Value::from_int(-1)})) return Ref{};
  return none_or_error(blocking([&] { return fchown(fd, uid, gid); }));
}
Ref lchown_(Value, const Value* a) {
  PathArg path;
  unsigned uid, gid;
  if (!path.parse(a[0], "lchown", "path", 0) || !uid_arg(a[1], &uid) || !gid_arg(a[2], &gid) ||
      !audit("os.chown", {path.object.get(), a[1], a[2], Value::from_int(-1)})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = lchown(path.text.c_str(), uid, gid);
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref truncate_(Value, const Value* a) {
  PathArg path;
  int64_t size;
  if (!path.parse(a[0], "truncate", "path", kAllowFd) || !as_i64(a[1], &size) || !audit("os.truncate", {path.object.get(), a[1]})) return Ref{};
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? ftruncate(path.fd, size) : truncate(path.text.c_str(), size);
  }
  return status < 0 ? path.fail() : none_ref();
}
// utime(path, times=None, *, ns, dir_fd, follow_symlinks)
bool timespec_of(Value v, bool nanoseconds, timespec* out) {
  if (nanoseconds) {
    Ref billion = int_from_i64(1000000000), q, r;
    int64_t s, n;
    if (!is_int(v)) return raise(PyExc_TypeError, "'%.200s' object cannot be interpreted as an integer", type_of(v)->tp_name);
    if (!int_divmod(v, billion, &q, &r) || !int_as_i64(q, &s) || !int_as_i64(r, &n)) return false;
    *out = {static_cast<time_t>(s), static_cast<long>(n)};
    return true;
  }
  if (is_float(v)) {
    double d = float_value(v), whole = __builtin_floor(d);
    if (d != d) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    if (!(whole >= -9.2e18 && whole <= 9.2e18)) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
    *out = {static_cast<time_t>(whole), static_cast<long>((d - whole) * 1e9)};
    return true;
  }
  int64_t s;
  if (!as_i64(v, &s)) return false;
  *out = {static_cast<time_t>(s), 0};
  return true;
}
Ref utime(Value, const Value* a) {
  PathArg path;
  int dir;
  bool follow;
  if (!path.parse(a[0], "utime", "path", kAllowFd) || !dir_fd_arg(a[3], &dir) || !flag_arg(a[4], true, &follow) ||
      !audit("os.utime", {path.object.get(), a[1], a[2], Value::from_int(dir_number(dir))})) return Ref{};
  bool has_times = a[1] && !is_none(a[1]), has_ns = static_cast<bool>(a[2]);
  if (has_times && has_ns) return raise(PyExc_ValueError, "utime: you may specify either 'times' or 'ns' but not both");
  timespec t[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  if (has_times || has_ns) {
    Value pair = has_ns ? a[2] : a[1];
    if (!is_tuple(pair) || tuple_size(pair) != 2)
      return raise(PyExc_TypeError, has_ns ? "utime: 'ns' must be a tuple of two ints" : "utime: 'times' must be either a tuple of two ints or None");
    if (!timespec_of(tuple_get(pair, 0), has_ns, &t[0]) || !timespec_of(tuple_get(pair, 1), has_ns, &t[1])) return Ref{};
  }
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? futimens(path.fd, t) : utimensat(dir, path.text.c_str(), t, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref mkfifo_(Value, const Value* a) {
  PathArg path;
  int mode, dir;
  if (!path.parse(a[0], "mkfifo", "path", 0) || !int_arg(a[1], 0666, &mode) || !dir_fd_arg(a[2], &dir)) return Ref{};
  int status = blocking([&] { return mkfifoat(dir, path.text.c_str(), static_cast<mode_t>(mode)); });
  return status < 0 ? failed(path) : none_ref();
}

// --- Device nodes ---------------------------------------------------------------------------------------------------------------------------
bool device_arg(Value v, dev_t* out) {
  Ref i = index(v);
  uint64_t n;
  if (!i || !int_as_u64(i, &n)) return false;
  *out = n;
  return true;
}
Ref mknod_(Value, const Value* a) {
  PathArg path;
  int mode, dir;
  dev_t device = 0;
  if (!path.parse(a[0], "mknod", "path", 0) || !int_arg(a[1], 0600, &mode) || (a[2] && !device_arg(a[2], &device)) || !dir_fd_arg(a[3], &dir)) return Ref{};
  int status = blocking([&] { return mknodat(dir, path.text.c_str(), static_cast<mode_t>(mode), device); });
  return status < 0 ? failed(path) : none_ref();
}
Ref major_(Value, Value v) {
  dev_t device;
  return device_arg(v, &device) ? int_from_u64(major(device)) : Ref{};
}
Ref minor_(Value, Value v) {
  dev_t device;
  return device_arg(v, &device) ? int_from_u64(minor(device)) : Ref{};
}
Ref makedev_(Value, const Value* a) {
  int high, low;
  return as_int(a[0], &high) && as_int(a[1], &low) ? int_from_u64(makedev(static_cast<unsigned>(high), static_cast<unsigned>(low))) : Ref{};
}

// --- Extended attributes --------------------------------------------------------------------------------------------------------------------
// Calls that fill a buffer give ERANGE if it was too small: the small one nearly always does, the large one is the system's limit.
template <class F>
Ref filled(const PathArg& path, F f, Ref (*make)(const PathArg&, std::string_view)) {
  std::string buffer(128, '\0');
  for (;;) {
    ssize_t n;
    {
      ReleaseGil release;
      n = f(buffer.data(), buffer.size());
    }
    if (n >= 0) return make(path, {buffer.data(), static_cast<size_t>(n)});
    if (errno != ERANGE || buffer.size() >= XATTR_SIZE_MAX) return path.fail();
    buffer.resize(XATTR_SIZE_MAX);
  }
}
bool follow_arg(const PathArg& path, const char* function, Value v, bool* follow) {
  if (!flag_arg(v, true, follow)) return false;
  if (path.fd >= 0 && !*follow) return raise(PyExc_ValueError, "%s: cannot use fd and follow_symlinks together", function);
  return true;
}
Ref getxattr_(Value, const Value* a) {
  PathArg path, name;
  bool follow;
  if (!path.parse(a[0], "getxattr", "path", kAllowFd) || !name.parse(a[1], "getxattr", "attribute", 0) || !follow_arg(path, "getxattr", a[2], &follow) ||
      !audit("os.getxattr", {path.object.get(), name.object.get()})) return Ref{};
  const char *p = path.text.c_str(), *attribute = name.text.c_str();
  return filled(
      path, [&](char* to, size_t n) { return path.fd >= 0 ? fgetxattr(path.fd, attribute, to, n) : follow ? getxattr(p, attribute, to, n) : lgetxattr(p, attribute, to, n); },
      [](const PathArg&, std::string_view text) { return bytes_new(text); });
}
Ref setxattr_(Value, const Value* a) {
  PathArg path, name;
  BufferView value;
  int flags;
  bool follow;
  if (!path.parse(a[0], "setxattr", "path", kAllowFd) || !name.parse(a[1], "setxattr", "attribute", 0) || !value.get(a[2]) || !int_arg(a[3], 0, &flags) ||
      !follow_arg(path, "setxattr", a[4], &follow) || !audit("os.setxattr", {path.object.get(), name.object.get(), a[2], Value::from_int(flags)})) return Ref{};
  const char *p = path.text.c_str(), *attribute = name.text.c_str();
  auto n = static_cast<size_t>(value.size());
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fsetxattr(path.fd, attribute, value.data(), n, flags)
             : follow     ? setxattr(p, attribute, value.data(), n, flags)
                          : lsetxattr(p, attribute, value.data(), n, flags);
  }
  return status < 0 ? path.fail() : none_ref();
}
Ref removexattr_(Value, const Value* a) {
  PathArg path, name;
  bool follow;
  if (!path.parse(a[0], "removexattr", "path", kAllowFd) || !name.parse(a[1], "removexattr", "attribute", 0) || !follow_arg(path, "removexattr", a[2], &follow) ||
      !audit("os.removexattr", {path.object.get(), name.object.get()})) return Ref{};
  const char *p = path.text.c_str(), *attribute = name.text.c_str();
  int status;
  {
    ReleaseGil release;
    status = path.fd >= 0 ? fremovexattr(path.fd, attribute) : follow ? removexattr(p, attribute) : lremovexattr(p, attribute);
  }
  return status < 0 ? path.fail() : none_ref();
}
// Names end with a null each.
Ref attribute_names(const PathArg&, std::string_view text) {
  Ref list = list_new();
  while (list && !text.empty()) {
    size_t end = std::min(text.find('\0'), text.size());
    Ref name = str_decode_fs(text.substr(0, end));
    if (!name || !list_append(list, std::move(name))) return Ref{};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}
Ref listxattr_(Value, const Value* a) {
  PathArg path;
  bool follow;
  if (!path.parse(a[0], "listxattr", "path", kAllowFd | kAllowNone) || !follow_arg(path, "listxattr", a[1], &follow) ||
      !audit("os.listxattr", {path.object ? path.object.get() : none()})) return Ref{};
  const char* p = path.text.c_str();
  return filled(path, [&](char* to, size_t n) { return path.fd >= 0 ? flistxattr(path.fd, to, n) : follow ? listxattr(p, to, n) : llistxattr(p, to, n); }, attribute_names);
}

const MethodRow functions[] = {
    method<chmod_>("chmod", "($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)", "Change the access permissions of a file."),
    method<fchmod_>("fchmod", "($module, /, fd, mode)", "Change the access permissions of the file given by file descriptor fd."),
    method<chown_>("chown", "($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)", "Change the owner and group id of path to the numeric uid and gid."),
    method<truncate_>("truncate", "($module, /, path, length)", "Truncate a file, specified by path, to a specific length."),
    method<utime>("utime", "($module, /, path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)", "Set the access and modified time of path."),
    method<mkfifo_>("mkfifo", "($module, /, path, mode=438, *, dir_fd=None)", "Create a \"fifo\" (a POSIX named pipe)."),
    method<fchown_>("fchown", "($module, /, fd, uid, gid)", "Change the owner and group id of the file specified by file descriptor."),
    method<lchown_>("lchown", "($module, /, path, uid, gid)", "Change the owner and group id of path to the numeric uid and gid."),
    method<mknod_>("mknod", "($module, /, path, mode=384, device=0, *, dir_fd=None)", "Create a node in the file system."),
    method<major_>("major", "($module, device, /)", "Extracts a device major number from a raw device number."),
    method<minor_>("minor", "($module, device, /)", "Extracts a device minor number from a raw device number."),
    method<makedev_>("makedev", "($module, major, minor, /)", "Composes a raw device number from the major and minor device numbers."),
    method<getxattr_>("getxattr", "($module, /, path, attribute, *, follow_symlinks=True)", "Return the value of extended attribute attribute on path."),
    method<setxattr_>("setxattr", "($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)", "Set extended attribute attribute on path to value."),
    method<removexattr_>("removexattr", "($module, /, path, attribute, *, follow_symlinks=True)", "Remove extended attribute attribute on path."),
    method<listxattr_>("listxattr", "($module, /, path=None, *, follow_symlinks=True)", "Return a list of extended attributes on path."),
    {}};

}  // namespace

bool posix_add_attributes(PyObject* module) { return module_add_functions(module, functions); }

}  // namespace adder
