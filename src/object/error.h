// Raising, fetching and matching exceptions. The raised exception lives in the thread state's curexc_* fields.
#pragma once
#include "object/abi.h"

namespace adder {

// What a failing function returns: converts to an empty Ref, false, null, or -1.
struct Failure {
  operator Ref() const { return Ref{}; }
  operator Value() const { return Value{}; }
  template <class T>
  operator T*() const { return nullptr; }
  template <class T>
    requires std::is_arithmetic_v<T>
  operator T() const {
    if constexpr (std::is_same_v<T, bool>) return false;
    else return static_cast<T>(-1);
  }
};

// Raises with a formatted message; the language of str_format (object/str.h).
Failure raise(PyObject* type, const char* format, ...);
Failure raise_value(PyObject* type, Value value);  // like `raise type(value)`; a tuple gives the arguments
Failure raise_object(Ref exception);               // an exception instance
Failure raise_none(PyObject* type);                // without argument
Failure raise_no_memory();
Failure raise_errno(PyObject* type);                            // OSError(errno, strerror)
Failure raise_errno_with(PyObject* type, Value filename, Value filename2 = Value{});
Failure raise_key_error(Value key);
Failure raise_attribute_error(Value object, PyObject* name);    // "'X' object has no attribute 'y'", name and obj set
// Tells a raised AttributeError that does not know it yet whose attribute was wanted.
void add_attribute_context(Value object, PyObject* name);
Failure raise_stop_iteration(Value value);                      // value absent: none
Failure raise_import_error(Value name, Value path, const char* format, ...);
Failure bad_internal_call(const char* where);                   // SystemError

inline bool error_occurred() { return current_thread()->curexc_type != nullptr; }
inline PyObject* error_type() { return current_thread()->curexc_type; }  // borrowed
bool error_matches(PyObject* type_or_tuple);  // of the raised exception; false if none
bool exception_matches(Value exception_or_type, Value type_or_tuple);  // `issubclass` as handlers do it
void clear_error();

// The raised exception taken out, normalised to an instance with its traceback set; empty if none is raised.
Ref take_error();
void restore_error(Ref exception);  // the reverse; empty clears
// Keeps the raised exception while cleanup code runs.
class ErrorKeeper {
 public:
  ErrorKeeper() : exception_(take_error()) {}
  ~ErrorKeeper() { if (exception_) restore_error(std::move(exception_)); }
 private:
  Ref exception_;
};
// The exception being handled (sys.exception()); borrowed, absent if none.
Value handled_exception();
// The raised exception becomes the cause and context of a new one raised by the following call.
Failure raise_from_current(PyObject* type, const char* format, ...);
void set_cause(Value exception, Ref cause);
void set_context(Value exception, Ref context);
// Reports an exception that cannot propagate (sys.unraisablehook), and clears it.
void write_unraisable(Value object, const char* what = nullptr);
// warnings.warn; false if it raised.
bool warn(PyObject* category, int stacklevel, const char* format, ...);
// Recursion in native code: false with RecursionError ("maximum recursion depth exceeded" + where).
bool enter_recursion(const char* where);
void leave_recursion();
struct RecursionGuard {
  bool ok;
  explicit RecursionGuard(const char* where) : ok(enter_recursion(where)) {}
  ~RecursionGuard() { if (ok) leave_recursion(); }
};

}  // namespace adder
