// Shared by the files of posix: path arguments, and the groups that the module is made of.
#pragma once
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/random.h>
#include <sys/stat.h>
#include <vector>
#include "object/builtin.h"
#include "object/object.h"
#include "object/type.h"
#include "runtime/gil.h"

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
 private:
  bool parse_fd(Value v, unsigned allow);
};
bool dir_fd_arg(Value v, int* out);              // AT_FDCWD if absent or None
bool uid_arg(Value v, unsigned* out);            // -1 is all ones
bool gid_arg(Value v, unsigned* out);
bool unsigned_arg(Value v, unsigned* out);       // an unsigned int, as argument clinic takes it
inline int dir_number(int dir) { return dir == AT_FDCWD ? -1 : dir; }  // AT_FDCWD, as audit events name it
bool fd_arg(Value v, int* out);                  // an int or an object with fileno()
bool flag_arg(Value v, bool fallback, bool* out);
bool int_arg(Value v, int fallback, int* out);
bool after_interrupt();                          // runs signal handlers after EINTR; false if one raised
bool signal_set(Value iterable, sigset_t* set);  // _signal.cpp: numbers of signals
bool sched_param_arg(Value v, sched_param* out); // posix_schedule.cpp
bool group_list(Value v, std::vector<gid_t>* out);  // posix_users.cpp
Ref stat_result(const struct stat& st);
inline ssize_t posix_getrandom(void* p, size_t n, unsigned flags) { return getrandom(p, n, flags); }

// Takes empty components, `.` and `x/..` out of a path, in place; the new length.
size_t normalize_path(wchar_t* path, size_t length);

bool posix_add_constants(PyObject* module);      // posix_constants.cpp
bool posix_add_scandir(PyObject* module);        // posix_scandir.cpp
bool posix_add_attributes(PyObject* module);     // posix_attributes.cpp
bool posix_add_transfers(PyObject* module);      // posix_transfer.cpp
bool posix_add_processes(PyObject* module);      // posix_process.cpp
bool posix_add_spawn(PyObject* module);          // posix_spawn.cpp
bool posix_add_users(PyObject* module);          // posix_users.cpp
bool posix_add_scheduling(PyObject* module);     // posix_schedule.cpp
// Adds a table of functions to a module.
bool module_add_functions(PyObject* module, const MethodRow* rows);

// A system call that gives -1 and errno, run without the lock and again after EINTR.
template <class F>
auto blocking(F f) -> decltype(f()) {
  for (;;) {
    decltype(f()) result;
    {
      ReleaseGil release;
      result = f();
    }
    if (result != -1 || errno != EINTR || !after_interrupt()) return result;
  }
}
// The exception after such a call: a handler's own if it raised.
inline Failure failed(const PathArg& path) { return error_occurred() ? Failure{} : path.fail(); }
inline Failure failed() { return error_occurred() ? Failure{} : raise_errno(PyExc_OSError); }
inline Ref none_or_error(int status) { return status < 0 ? failed() : none_ref(); }

}  // namespace adder
