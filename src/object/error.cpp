// Raising, fetching, chaining and matching exceptions; the recursion limit. The raised exception lives in the thread
// state's curexc_* fields, the handled one in its exc_info chain. The classes are in exceptions*.cpp.
#include "object/error.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "object/containers.h"
#include "object/exceptions.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/limits.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

extern "C" void* __libc_stack_end;  // of the dynamic loader: where the first thread's stack begins

namespace adder {
namespace {

// Puts an exception instance (with its own traceback) in place of what is raised.
void set_raised(Ref exception) {
  PyThreadState* t = current_thread();
  PyObject* old_type = t->curexc_type;
  PyObject* old_value = t->curexc_value;
  PyObject* old_traceback = t->curexc_traceback;
  PyObject* e = exception.release().object();
  PyObject* type = reinterpret_cast<PyObject*>(Py_TYPE(e));
  incref(type);
  t->curexc_type = type;
  t->curexc_value = e;
  t->curexc_traceback = exception_fields(e)->traceback;
  if (t->curexc_traceback) incref(t->curexc_traceback);
  if (old_type) decref(old_type);
  if (old_value) decref(old_value);
  if (old_traceback) decref(old_traceback);
}

// An exception of `type` from the value of a `raise`; what is raised must be clear.
Ref make_exception(PyObject* type, Value value) {
  if (ADDER_UNLIKELY(!is_exception_class(type))) {
    return raise(PyExc_SystemError, "_PyErr_SetObject: exception %R is not a BaseException subclass", type);
  }
  if (value && is_exception(value) && is_instance_exactly(value, reinterpret_cast<PyTypeObject*>(type))) return Ref::copy(value);
  // Making an exception may raise one of the same type, and so on.
  bool guarded = type != PyExc_RecursionError;
  if (guarded && !enter_recursion(" while normalizing an exception")) return nullptr;
  Ref e;
  if (value.absent() || is_none(value)) {
    e = call0(type);
  } else if (is_tuple(value)) {
    e = call_tuple_dict(type, value, Value{});
  } else {
    e = call(type, {value});
  }
  if (guarded) leave_recursion();
  if (!e) return nullptr;
  if (ADDER_UNLIKELY(!is_exception(e))) {
    return raise(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %N", type, type_of(e));
  }
  return e;
}

// Whether what is raised is an instance of just the type that is raised.
inline bool is_normalized(PyThreadState* t) {
  return t->curexc_value && reinterpret_cast<PyObject*>(Py_TYPE(t->curexc_value)) == t->curexc_type && is_exception(t->curexc_value);
}
// The raised exception, made an instance in place. Loops because making one may raise another.
void normalize() {
  PyThreadState* t = current_thread();
  for (int tries = 0; tries < 32; tries++) {
    if (!t->curexc_type || is_normalized(t)) return;
    if (t->curexc_value && is_exception(t->curexc_value) && is_exception_class(t->curexc_type) &&
        is_subtype(Py_TYPE(t->curexc_value), reinterpret_cast<PyTypeObject*>(t->curexc_type))) {
      PyObject* old = t->curexc_type;
      t->curexc_type = reinterpret_cast<PyObject*>(Py_TYPE(t->curexc_value));
      incref(t->curexc_type);
      decref(old);
      return;
    }
    Ref type = Ref::steal(t->curexc_type);
    Ref value = from_c_steal(t->curexc_value);
    PyObject* traceback = t->curexc_traceback;
    t->curexc_type = t->curexc_value = t->curexc_traceback = nullptr;
    Ref e = make_exception(type.object(), value);
    if (!e) {
      if (!t->curexc_traceback) t->curexc_traceback = traceback;
      else if (traceback) decref(traceback);
      continue;
    }
    t->curexc_type = reinterpret_cast<PyObject*>(Py_TYPE(e.object()));
    incref(t->curexc_type);
    t->curexc_value = e.release().object();
    t->curexc_traceback = traceback;
    return;
  }
  clear_error();
  set_raised(spare_memory_error());
}

}  // namespace

Value handled_exception() {
  _PyErr_StackItem* item = current_thread()->exc_info;
  while (item && (!item->exc_value || item->exc_value == Py_None)) item = item->previous_item;
  return item ? Value{item->exc_value} : Value{};
}

void chain_exception(Value exception) {
  Value handled = handled_exception();
  if (handled.absent() || handled == exception) return;
  PyObject* o = handled.object();
  PyObject* slow = o;
  bool step = false;
  while (PyObject* context = exception_fields(o)->context) {
    if (context == exception.object()) {
      set_context(o, Ref{});
      break;
    }
    o = context;
    if (o == slow) break;  // a cycle made by the program
    if (step) slow = exception_fields(slow)->context;
    step = !step;
  }
  set_context(exception, Ref::copy(handled));
}

Failure raise_object(Ref exception) {
  ADDER_ASSERT(is_exception(exception));
  chain_exception(exception);
  set_raised(std::move(exception));
  return {};
}

Failure raise_value(PyObject* type, Value value) {
  Ref keep = Ref::copy(value);
  clear_error();
  Ref e = make_exception(type, value);
  if (!e) return {};
  return raise_object(std::move(e));
}

Failure raise_none(PyObject* type) { return raise_value(type, Value{}); }

static Failure raise_v(PyObject* type, const char* format, va_list args) {
  // Formatting may run Python (%S, %R), which must not see a raised exception.
  Ref type_ref = Ref::copy(type);
  clear_error();
  Ref message = str_format_v(format, args);
  if (!message) return {};
  return raise_value(type, message);
}

Failure raise(PyObject* type, const char* format, ...) {
  va_list args;
  va_start(args, format);
  raise_v(type, format, args);
  va_end(args);
  return {};
}

Failure raise_no_memory() {
  if (error_occurred()) clear_error();
  return raise_object(spare_memory_error());
}

Failure raise_errno(PyObject* type) { return raise_errno_with(type, Value{}); }

Failure raise_errno_with(PyObject* type, Value filename, Value filename2) {
  int code = errno;
  if (error_occurred()) clear_error();
  Ref message = code == 0 ? str_from_ascii("Error") : str_decode_fs(strerror(code));
  if (!message) return {};
  Ref e;
  Value number = Value::from_int(code);
  if (filename.absent()) e = call(type, {number, message});
  else if (filename2.absent()) e = call(type, {number, message, filename});
  else e = call(type, {number, message, filename, Value::from_int(0), filename2});
  if (!e) return {};
  if (!is_exception(e)) return raise(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %N", type, type_of(e));
  return raise_object(std::move(e));
}

Failure raise_key_error(Value key) {
  // A tuple key must not be taken for the arguments.
  Ref keep = Ref::copy(key);
  if (error_occurred()) clear_error();
  Ref e = call(PyExc_KeyError, {key});
  if (!e) return {};
  return raise_object(std::move(e));
}

Failure raise_attribute_error(Value object, PyObject* name) {
  if (error_occurred()) clear_error();
  Ref message = is_type(object) ? str_format("type object '%N' has no attribute '%U'", object.as<PyTypeObject>(), name)
                                : str_format("'%N' object has no attribute '%U'", type_of(object), name);
  if (!message) return {};
  Ref e = call(PyExc_AttributeError, {message});
  if (!e) return {};
  auto* fields = e.as<PyAttributeErrorObject>();
  if (!store_field(&fields->name, name) || !store_field(&fields->obj, object)) return {};
  return raise_object(std::move(e));
}

void add_attribute_context(Value object, PyObject* name) {
  if (!error_matches(PyExc_AttributeError)) return;
  normalize();
  PyObject* e = current_thread()->curexc_value;
  if (!e || !is_instance_exactly(e, &_PyExc_AttributeError)) return;
  auto* fields = reinterpret_cast<PyAttributeErrorObject*>(e);
  if (fields->name || fields->obj) return;
  store_field(&fields->name, name);
  store_field(&fields->obj, object);
}

Failure raise_stop_iteration(Value value) {
  Ref e = value.absent() ? call0(PyExc_StopIteration) : call(PyExc_StopIteration, {value});
  if (!e) return {};
  return raise_object(std::move(e));
}

Failure raise_import_error(Value name, Value path, const char* format, ...) {
  va_list args;
  va_start(args, format);
  Ref message = str_format_v(format, args);
  va_end(args);
  if (!message) return {};
  Ref e = call(PyExc_ImportError, {message});
  if (!e) return {};
  auto* fields = e.as<PyImportErrorObject>();
  if (!store_field(&fields->name, name) || !store_field(&fields->path, path)) return {};
  return raise_object(std::move(e));
}

Failure bad_internal_call(const char* where) {
  return raise(PyExc_SystemError, "%s: bad argument to internal function", where);
}

bool exception_matches(Value exception_or_type, Value wanted) {
  if (exception_or_type.absent() || wanted.absent()) return false;
  if (is_tuple(wanted)) {
    for (Py_ssize_t i = 0, n = tuple_size(wanted); i < n; i++) {
      if (exception_matches(exception_or_type, tuple_get(wanted, i))) return true;
    }
    return false;
  }
  Value cls = is_exception(exception_or_type) ? Value{type_of(exception_or_type)} : exception_or_type;
  if (is_exception_class(cls) && is_exception_class(wanted)) return is_subtype(cls.as<PyTypeObject>(), wanted.as<PyTypeObject>());
  return cls == wanted;
}

bool error_matches(PyObject* type_or_tuple) { return exception_matches(error_type(), type_or_tuple); }

void clear_error() {
  PyThreadState* t = current_thread();
  if (!t->curexc_type) return;
  PyObject* type = t->curexc_type;
  PyObject* value = t->curexc_value;
  PyObject* traceback = t->curexc_traceback;
  t->curexc_type = t->curexc_value = t->curexc_traceback = nullptr;
  decref(type);
  if (value) decref(value);
  if (traceback) decref(traceback);
}

Ref take_error() {
  PyThreadState* t = current_thread();
  if (!t->curexc_type) return nullptr;
  if (ADDER_UNLIKELY(!is_normalized(t))) normalize();
  PyObject* type = t->curexc_type;
  PyObject* value = t->curexc_value;
  PyObject* traceback = t->curexc_traceback;
  t->curexc_type = t->curexc_value = t->curexc_traceback = nullptr;
  decref(type);
  if (traceback) {
    PyObject*& field = exception_fields(value)->traceback;
    PyObject* old = field;
    field = traceback;
    if (old) decref(old);
  }
  return Ref::steal(value);
}

void restore_error(Ref exception) {
  if (!exception) return clear_error();
  set_raised(std::move(exception));
}

Failure raise_from_current(PyObject* type, const char* format, ...) {
  Ref cause = take_error();
  va_list args;
  va_start(args, format);
  raise_v(type, format, args);
  va_end(args);
  if (!cause) return {};
  Ref e = take_error();
  if (!e) return {};
  set_cause(e, Ref::copy(cause));
  set_context(e, std::move(cause));
  restore_error(std::move(e));
  return {};
}

void set_cause(Value exception, Ref cause) {
  auto* e = exception_fields(exception);
  e->suppress_context = 1;
  PyObject* old = e->cause;
  e->cause = cause.release().object();
  if (old) decref(old);
}

void set_context(Value exception, Ref context) {
  auto* e = exception_fields(exception);
  PyObject* old = e->context;
  e->context = context.release().object();
  if (old) decref(old);
}

void write_unraisable(Value object, const char* what) {
  Ref e = take_error();
  if (!e || is_exceeded()) return;
  if (hooks.write_unraisable) {
    hooks.write_unraisable(std::move(e), object, what);
    if (error_occurred()) clear_error();
    return;
  }
  fprintf(stderr, "Exception ignored: %s\n", Py_TYPE(e.object())->tp_name);
}

bool warn(PyObject* category, int stacklevel, const char* format, ...) {
  va_list args;
  va_start(args, format);
  Ref message = str_format_v(format, args);
  va_end(args);
  if (!message) return false;
  if (!hooks.warn) return true;  // before the warnings machinery stands
  return hooks.warn(category, message, stacklevel, Value{});
}

// --- Recursion ------------------------------------------------------------------------------------------------------
// Two limits: the count that Python code sets, and the machine's stack. The second keeps deep native recursion
// (repr of nested objects, parsing, comparison) an error whatever the program set the first to.
namespace {
constexpr uintptr_t kStackMargin = 384 * 1024;  // what raising, formatting and handlers may need
thread_local uintptr_t stack_floor = 0;         // lowest address of this thread's stack; 0: not known yet
thread_local uintptr_t stack_margin = 0;        // kStackMargin, less on a small stack

bool find_stack(uintptr_t* floor, uintptr_t* room) {
  // Of the process's first thread glibc would read /proc/self/maps, which takes long for a start.
  rlimit limit;
  auto top = reinterpret_cast<uintptr_t>(__libc_stack_end), here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (getpid() == gettid() && getrlimit(RLIMIT_STACK, &limit) == 0 && here < top) {
    *room = limit.rlim_cur < top ? limit.rlim_cur : top;
    *floor = top - *room;
    if (here > *floor) return true;
  }
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
  void* address = nullptr;
  size_t size = 0;
  bool found = pthread_attr_getstack(&attributes, &address, &size) == 0 && address;
  pthread_attr_destroy(&attributes);
  *floor = reinterpret_cast<uintptr_t>(address);
  *room = size;
  return found;
}
[[gnu::noinline]] uintptr_t find_stack_floor() {
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  uintptr_t floor, room;
  if (!find_stack(&floor, &room)) {
    floor = here > (uintptr_t{1} << 20) ? here - (uintptr_t{1} << 20) : 1;
    room = uintptr_t{1} << 20;
  } else if (here > floor && here - floor > (uintptr_t{64} << 20)) {
    floor = here - (uintptr_t{64} << 20);  // an unlimited stack: 64 MiB of it are ours
  }
  stack_floor = floor;
  stack_margin = room / 3 < kStackMargin ? room / 3 : kStackMargin;
  return floor;
}

[[gnu::noinline]] bool recursion_overflow(PyThreadState* t, const char* where) {
  // While the error itself is being made, a little more is allowed.
  t->recursion_headroom++;
  int remaining = t->recursion_remaining;
  t->recursion_remaining = remaining + 50;
  raise(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
  t->recursion_remaining = remaining + 1;
  t->recursion_headroom--;
  return false;
}
}  // namespace

bool enter_recursion(const char* where) {
  PyThreadState* t = current_thread();
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  uintptr_t floor = stack_floor ? stack_floor : find_stack_floor();
  // While an overflow is being reported, half of the margin may be used.
  uintptr_t margin = ADDER_UNLIKELY(t->recursion_headroom) ? stack_margin / 2 : stack_margin;
  int before = t->recursion_remaining--;
  if (ADDER_LIKELY(before > 0 && here - floor > margin && here > floor)) return true;
  if (before > 0 || t->recursion_headroom == 0) return recursion_overflow(t, where);
  if (here <= floor + margin || before < -200) return recursion_overflow(t, where);
  return true;
}

// The machine's stack alone, where Python code is entered from native code (which may alternate without end).
bool native_stack_left();
bool native_stack_left() {
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  uintptr_t floor = stack_floor ? stack_floor : find_stack_floor();
  PyThreadState* t = current_thread();
  uintptr_t margin = ADDER_UNLIKELY(t->recursion_headroom) ? stack_margin / 2 : stack_margin;
  if (ADDER_LIKELY(here > floor && here - floor > margin)) return true;
  recursion_overflow(t, "");
  t->recursion_remaining--;  // nothing was entered
  return false;
}

void leave_recursion() { current_thread()->recursion_remaining++; }

}  // namespace adder
