// _stat: file modes by name, tests of modes, and their text.
#include <sys/stat.h>
#include "object/builtin.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {
namespace {

bool mode_arg(Value v, mode_t* out) {
  int64_t n;
  if (!as_i64(v, &n)) return false;
  if (n < 0) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
  if (n > 0xFFFFFFFFll) return raise(PyExc_OverflowError, "mode out of range");
  *out = static_cast<mode_t>(n);
  return true;
}
template <mode_t kind>
Ref is_kind(Value, Value v) {
  mode_t m;
  return mode_arg(v, &m) ? bool_ref((m & S_IFMT) == kind) : Ref{};
}
Ref never(Value, Value v) {
  mode_t m;
  return mode_arg(v, &m) ? bool_ref(false) : Ref{};
}
Ref imode(Value, Value v) {
  mode_t m;
  return mode_arg(v, &m) ? int_from_i64(m & 07777) : Ref{};
}
Ref ifmt(Value, Value v) {
  mode_t m;
  return mode_arg(v, &m) ? int_from_i64(m & S_IFMT) : Ref{};
}
Ref filemode(Value, Value v) {
  mode_t m;
  if (!mode_arg(v, &m)) return Ref{};
  char t[11];
  switch (m & S_IFMT) {
    case S_IFREG: t[0] = '-'; break;
    case S_IFDIR: t[0] = 'd'; break;
    case S_IFLNK: t[0] = 'l'; break;
    case S_IFBLK: t[0] = 'b'; break;
    case S_IFCHR: t[0] = 'c'; break;
    case S_IFIFO: t[0] = 'p'; break;
    case S_IFSOCK: t[0] = 's'; break;
    default: t[0] = '?';
  }
  const char letters[] = "rwxrwxrwx";
  for (int i = 0; i < 9; i++) t[i + 1] = m & (0400 >> i) ? letters[i] : '-';
  if (m & S_ISUID) t[3] = m & S_IXUSR ? 's' : 'S';
  if (m & S_ISGID) t[6] = m & S_IXGRP ? 's' : 'S';
  if (m & S_ISVTX) t[9] = m & S_IXOTH ? 't' : 'T';
  return str_from_ascii({t, 10});
}
const MethodRow functions[] = {
    method<is_kind<S_IFDIR>>("S_ISDIR", "", "S_ISDIR(mode) -> bool\n\nReturn True if mode is from a directory."),
    method<is_kind<S_IFCHR>>("S_ISCHR", "", "S_ISCHR(mode) -> bool\n\nReturn True if mode is from a character special device file."),
    method<is_kind<S_IFBLK>>("S_ISBLK", "", "S_ISBLK(mode) -> bool\n\nReturn True if mode is from a block special device file."),
    method<is_kind<S_IFREG>>("S_ISREG", "", "S_ISREG(mode) -> bool\n\nReturn True if mode is from a regular file."),
    method<is_kind<S_IFIFO>>("S_ISFIFO", "", "S_ISFIFO(mode) -> bool\n\nReturn True if mode is from a FIFO (named pipe)."),
    method<is_kind<S_IFLNK>>("S_ISLNK", "", "S_ISLNK(mode) -> bool\n\nReturn True if mode is from a symbolic link."),
    method<is_kind<S_IFSOCK>>("S_ISSOCK", "", "S_ISSOCK(mode) -> bool\n\nReturn True if mode is from a socket."),
    method<never>("S_ISDOOR", "", "S_ISDOOR(mode) -> bool\n\nReturn True if mode is from a door."),
    method<never>("S_ISPORT", "", "S_ISPORT(mode) -> bool\n\nReturn True if mode is from an event port."),
    method<never>("S_ISWHT", "", "S_ISWHT(mode) -> bool\n\nReturn True if mode is from a whiteout."),
    method<imode>("S_IMODE", "", "Return the portion of the file's mode that can be set by os.chmod()."),
    method<ifmt>("S_IFMT", "", "Return the portion of the file's mode that describes the file type."),
    method<filemode>("filemode", "", "Convert a file's mode to a string of the form '-rwxrwxrwx'"),
    {}};
bool exec(PyObject* module) {
  struct { const char* name; int64_t value; } constants[] = {
      {"S_IFDIR", S_IFDIR}, {"S_IFCHR", S_IFCHR}, {"S_IFBLK", S_IFBLK}, {"S_IFREG", S_IFREG}, {"S_IFIFO", S_IFIFO}, {"S_IFLNK", S_IFLNK}, {"S_IFSOCK", S_IFSOCK}, {"S_IFDOOR", 0},
      {"S_IFPORT", 0}, {"S_IFWHT", 0}, {"S_ISUID", S_ISUID}, {"S_ISGID", S_ISGID}, {"S_ISVTX", S_ISVTX}, {"S_ENFMT", S_ISGID}, {"S_IREAD", S_IRUSR}, {"S_IWRITE", S_IWUSR},
      {"S_IEXEC", S_IXUSR}, {"S_IRWXU", S_IRWXU}, {"S_IRUSR", S_IRUSR}, {"S_IWUSR", S_IWUSR}, {"S_IXUSR", S_IXUSR}, {"S_IRWXG", S_IRWXG}, {"S_IRGRP", S_IRGRP}, {"S_IWGRP", S_IWGRP},
      {"S_IXGRP", S_IXGRP}, {"S_IRWXO", S_IRWXO}, {"S_IROTH", S_IROTH}, {"S_IWOTH", S_IWOTH}, {"S_IXOTH", S_IXOTH}, {"UF_NODUMP", 1}, {"UF_IMMUTABLE", 2}, {"UF_APPEND", 4}, {"UF_OPAQUE", 8},
      {"UF_NOUNLINK", 16}, {"UF_COMPRESSED", 32}, {"UF_HIDDEN", 32768}, {"SF_ARCHIVED", 65536}, {"SF_IMMUTABLE", 131072}, {"SF_APPEND", 262144}, {"SF_NOUNLINK", 1048576}, {"SF_SNAPSHOT", 2097152},
      {"ST_MODE", 0}, {"ST_INO", 1}, {"ST_DEV", 2}, {"ST_NLINK", 3}, {"ST_UID", 4}, {"ST_GID", 5}, {"ST_SIZE", 6}, {"ST_ATIME", 7}, {"ST_MTIME", 8}, {"ST_CTIME", 9},
      {"FILE_ATTRIBUTE_ARCHIVE", 32}, {"FILE_ATTRIBUTE_COMPRESSED", 2048}, {"FILE_ATTRIBUTE_DEVICE", 64}, {"FILE_ATTRIBUTE_DIRECTORY", 16}, {"FILE_ATTRIBUTE_ENCRYPTED", 16384},
      {"FILE_ATTRIBUTE_HIDDEN", 2}, {"FILE_ATTRIBUTE_INTEGRITY_STREAM", 32768}, {"FILE_ATTRIBUTE_NORMAL", 128}, {"FILE_ATTRIBUTE_NOT_CONTENT_INDEXED", 8192}, {"FILE_ATTRIBUTE_NO_SCRUB_DATA", 131072},
      {"FILE_ATTRIBUTE_OFFLINE", 4096}, {"FILE_ATTRIBUTE_READONLY", 1}, {"FILE_ATTRIBUTE_REPARSE_POINT", 1024}, {"FILE_ATTRIBUTE_SPARSE_FILE", 512}, {"FILE_ATTRIBUTE_SYSTEM", 4},
      {"FILE_ATTRIBUTE_TEMPORARY", 256}, {"FILE_ATTRIBUTE_VIRTUAL", 65536}};
  for (auto& c : constants) {
    if (!module_add_int(module, c.name, c.value)) return false;
  }
  return true;
}

}  // namespace

extern const ModuleDef stat_module;
const ModuleDef stat_module{.name = "_stat", .doc = "S_IFMT_: file type bits\nS_IFDIR: directory and so on.", .methods = functions, .exec = exec};

}  // namespace adder
