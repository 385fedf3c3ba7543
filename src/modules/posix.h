// Shared by the files of posix: path arguments, and the groups that the module is made of.
#pragma once
#include <fcntl.h>
#include <string>
#include <sys/random.h>
#include <sys/stat.h>
#include "object/builtin.h"
#include "object/object.h"
#include "object/type.h"

namespace adder {

inline constexpr unsigned kAllowFd = 1, kAllowNone = 2;

// A path argument: str, bytes or os.PathLike; where allowed a descriptor, or None for the current directory.
struct PathArg {
  std::string text;          // in the file-system encoding
  Ref object;                // as given, for error messages
  int fd = -1;
  bool is_bytes_path = false;
  bool parse(Value v, const char* function, const char* argument, unsigned allow);
  Failure fail() const;      // OSError of errno with the path
  Ref same_kind(std::string_view name) const;  // a name as bytes or str, like the argument
  static const char* allowed(unsigned allow);
};
bool dir_fd_arg(Value v, int* out);              // AT_FDCWD if absent or None
inline int dir_number(int dir) { return dir == AT_FDCWD ? -1 : dir; }  // AT_FDCWD, as audit events name it
bool fd_arg(Value v, int* out);                  // an int or an object with fileno()
bool flag_arg(Value v, bool fallback, bool* out);
bool int_arg(Value v, int fallback, int* out);
bool after_interrupt();                          // runs signal handlers after EINTR; false if one raised
Ref stat_result(const struct stat& st);
inline ssize_t posix_getrandom(void* p, size_t n, unsigned flags) { return getrandom(p, n, flags); }

// Takes empty components, `.` and `x/..` out of a path, in place; the new length.
size_t normalize_path(wchar_t* path, size_t length);

bool posix_add_constants(PyObject* module);      // posix_constants.cpp
bool posix_add_scandir(PyObject* module);        // posix_scandir.cpp
bool posix_add_processes(PyObject* module);      // posix_process.cpp
// Adds a table of functions to a module.
bool module_add_functions(PyObject* module, const MethodRow* rows);

}  // namespace adder
