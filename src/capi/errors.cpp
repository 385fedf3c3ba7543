// pyerrors.h, warnings.h, traceback.h: raising, fetching, matching.
#include "capi/capi.h"
#include "modules/faulthandler.h"
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"
#include "vm/traceback.h"

namespace adder { bool print_traceback(Value tb, Value file); }  // runtime/print_error.cpp

using namespace adder;
using namespace adder::capi;

// --- Raising ------------------------------------------------------------------------------------------------------------------------------
ADDER_API void PyErr_SetObject(PyObject* type, PyObject* v) {
  if (type && !(PyType_Check(type) && is_exception_class(Value{type}))) {
    (void)raise(PyExc_SystemError, "_PyErr_SetObject: exception %R is not a BaseException subclass", in(type));
    return;
  }
  if (!type) return clear_error();
  if (v && is_exception(in(v)) && is_instance_exactly(in(v), reinterpret_cast<PyTypeObject*>(type))) (void)raise_object(Ref::copy(in(v)));
  else if (v) (void)raise_value(type, in(v));
  else (void)raise_none(type);
}
ADDER_API void PyErr_SetNone(PyObject* type) { (void)raise_none(type); }
ADDER_API void PyErr_SetString(PyObject* type, const char* text) {
  Ref s = str_from_utf8(text, "replace");
  if (s) PyErr_SetObject(type, s.object());
}
ADDER_API void _PyErr_SetString(PyThreadState*, PyObject* type, const char* text) { PyErr_SetString(type, text); }
ADDER_API PyObject* PyErr_FormatV(PyObject* type, const char* format, va_list ap) {
  clear_error();
  Ref s = str_format_v(format, ap);
  if (s) PyErr_SetObject(type, s.object());
  return nullptr;
}
ADDER_API PyObject* PyErr_Format(PyObject* type, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  PyErr_FormatV(type, format, ap);
  va_end(ap);
  return nullptr;
}
ADDER_API PyObject* _PyErr_FormatFromCause(PyObject* type, const char* format, ...) {
  Ref cause = take_error();
  va_list ap;
  va_start(ap, format);
  PyErr_FormatV(type, format, ap);
  va_end(ap);
  Ref e = take_error();
  if (e && cause) {
    set_cause(e, Ref::copy(cause));
    set_context(e, std::move(cause));
  }
  restore_error(std::move(e));
  return nullptr;
}
ADDER_API PyObject* PyErr_NoMemory(void) { return raise_no_memory(); }
#undef PyErr_BadInternalCall
ADDER_API void PyErr_BadInternalCall(void) { (void)bad_internal_call("bad argument to internal function"); }
ADDER_API void _PyErr_BadInternalCall(const char* file, int line) { (void)raise(PyExc_SystemError, "%s:%d: bad argument to internal function", file, line); }
ADDER_API int PyErr_BadArgument(void) { return raise(PyExc_TypeError, "bad argument type for built-in operation"); }
ADDER_API PyObject* PyErr_SetFromErrno(PyObject* type) {
  if (errno == EINTR && breaker_set() && !poll_breaker(this_thread())) return nullptr;
  return raise_errno(type);
}
ADDER_API PyObject* PyErr_SetFromErrnoWithFilenameObject(PyObject* type, PyObject* file) {
  if (errno == EINTR && breaker_set() && !poll_breaker(this_thread())) return nullptr;
  return file ? raise_errno_with(type, in(file)) : raise_errno(type);
}
ADDER_API PyObject* PyErr_SetFromErrnoWithFilenameObjects(PyObject* type, PyObject* a, PyObject* b) { return a ? raise_errno_with(type, in(a), in(b)) : raise_errno(type); }
ADDER_API PyObject* PyErr_SetFromErrnoWithFilename(PyObject* type, const char* file) {
  int saved = errno;
  Ref s = file ? str_decode_fs(file) : Ref{};
  errno = saved;
  return PyErr_SetFromErrnoWithFilenameObject(type, s.object());
}
ADDER_API PyObject* PyErr_SetImportErrorSubclass(PyObject* type, PyObject* message, PyObject* n, PyObject* path) {
  if (!message) return raise(PyExc_TypeError, "expected a message argument");
  Ref names = tuple_of({Value{"name"_id}, Value{"path"_id}});
  Value words[] = {in(message), n ? in(n) : none(), path ? in(path) : none()};
  Ref e = names ? call(in(type), Args{words, 1, names.object()}) : Ref{};
  return e ? raise_object(std::move(e)) : Failure{};
}
ADDER_API PyObject* PyErr_SetImportError(PyObject* message, PyObject* n, PyObject* path) { return PyErr_SetImportErrorSubclass(PyExc_ImportError, message, n, path); }
ADDER_API void _PyErr_SetKeyError(PyObject* key) { (void)raise_key_error(in(key)); }

// --- Asking and taking --------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyErr_Occurred(void) { return error_type(); }
ADDER_API void PyErr_Clear(void) { clear_error(); }
ADDER_API int PyErr_ExceptionMatches(PyObject* type) { return error_occurred() && error_matches(type); }
ADDER_API int PyErr_GivenExceptionMatches(PyObject* e, PyObject* type) { return e && type && exception_matches(in(e), in(type)); }
ADDER_API void PyErr_Fetch(PyObject** type, PyObject** v, PyObject** tb) {
  PyThreadState* t = current_thread();
  *type = t->curexc_type;
  *v = t->curexc_value;
  *tb = t->curexc_traceback;
  if (*v && !*tb && is_exception(Value{*v})) {
    *tb = reinterpret_cast<PyBaseExceptionObject*>(*v)->traceback;
    Py_XINCREF(*tb);
  }
  t->curexc_type = t->curexc_value = t->curexc_traceback = nullptr;
}
ADDER_API void PyErr_Restore(PyObject* type, PyObject* v, PyObject* tb) {
  PyThreadState* t = current_thread();
  PyObject *a = t->curexc_type, *b = t->curexc_value, *c = t->curexc_traceback;
  t->curexc_type = type;
  t->curexc_value = v;
  t->curexc_traceback = tb;
  Py_XDECREF(a);
  Py_XDECREF(b);
  Py_XDECREF(c);
}
ADDER_API void PyErr_NormalizeException(PyObject** type, PyObject** v, PyObject** tb) {
  if (!*type) return;
  ErrorKeeper keep;
  PyErr_Restore(*type, *v, *tb);
  Ref e = take_error();
  PyObject* trace = reinterpret_cast<PyBaseExceptionObject*>(e.object())->traceback;
  Py_XINCREF(trace);
  *type = Ref::copy(Value{type_of(e)}).release().object();
  *v = e.release().object();
  *tb = trace;
}
ADDER_API void PyErr_GetExcInfo(PyObject** type, PyObject** v, PyObject** tb) {
  Value e = handled_exception();
  *type = *v = *tb = nullptr;
  if (!e || is_none(e)) return;
  *type = Ref::copy(Value{type_of(e)}).release().object();
  *v = Ref::copy(e).release().object();
  *tb = e.as<PyBaseExceptionObject>()->traceback;
  Py_XINCREF(*tb);
}
ADDER_API void PyErr_SetExcInfo(PyObject* type, PyObject* v, PyObject* tb) {
  _PyErr_StackItem* item = current_thread()->exc_info;
  PyObject* old = item->exc_value;
  item->exc_value = v;
  Py_XDECREF(old);
  Py_XDECREF(type);
  Py_XDECREF(tb);
}
ADDER_API PyObject* PyErr_GetHandledException(void) {
  Value e = handled_exception();
  return e && !is_none(e) ? Ref::copy(e).release().object() : nullptr;
}
ADDER_API void PyErr_SetHandledException(PyObject* e) {
  _PyErr_StackItem* item = current_thread()->exc_info;
  PyObject* old = item->exc_value;
  Py_XINCREF(e);
  item->exc_value = e;
  Py_XDECREF(old);
}
ADDER_API void _PyErr_ChainExceptions(PyObject* type, PyObject* v, PyObject* tb) {
  if (!type) return;
  if (!error_occurred()) return PyErr_Restore(type, v, tb);
  PyErr_NormalizeException(&type, &v, &tb);
  Ref e = take_error();
  set_context(e, Ref::steal(Value{v}));
  restore_error(std::move(e));
  Py_XDECREF(type);
  Py_XDECREF(tb);
}
ADDER_API _PyErr_StackItem* _PyErr_GetTopmostException(PyThreadState* t) {
  _PyErr_StackItem* i = t->exc_info;
  while ((!i->exc_value || i->exc_value == Py_None) && i->previous_item) i = i->previous_item;
  return i;
}
ADDER_API void PyErr_WriteUnraisable(PyObject* o) { write_unraisable(o ? in(o) : Value{}); }
ADDER_API void _PyErr_WriteUnraisableMsg(const char* what, PyObject* o) { write_unraisable(o ? in(o) : Value{}, what); }
ADDER_API void PyErr_PrintEx(int) {
  if (error_matches(PyExc_SystemExit)) exit(exit_status_of_error());
  print_error();
}
ADDER_API void PyErr_Print(void) { PyErr_PrintEx(1); }
ADDER_API void PyErr_Display(PyObject* type, PyObject* v, PyObject* tb) { display_exception(in(type), in(v), in(tb)); }
ADDER_API int PyErr_CheckSignals(void) { return status(!breaker_set() || poll_breaker(this_thread())); }
ADDER_API void PyErr_SetInterrupt(void) { simulate_signal(SIGINT); }
ADDER_API int PyErr_SetInterruptEx(int n) {
  simulate_signal(n);
  return 0;
}

// --- Exception objects ----------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyException_GetTraceback(PyObject* e) {
  PyObject* tb = reinterpret_cast<PyBaseExceptionObject*>(e)->traceback;
  Py_XINCREF(tb);
  return tb;
}
ADDER_API int PyException_SetTraceback(PyObject* e, PyObject* tb) {
  if (tb && tb != Py_None && !PyTraceBack_Check(tb)) return raise(PyExc_TypeError, "__traceback__ must be a traceback or None");
  auto* b = reinterpret_cast<PyBaseExceptionObject*>(e);
  PyObject* old = b->traceback;
  b->traceback = tb == Py_None ? nullptr : tb;
  Py_XINCREF(b->traceback);
  Py_XDECREF(old);
  return 0;
}
ADDER_API PyObject* PyException_GetCause(PyObject* e) {
  PyObject* c = reinterpret_cast<PyBaseExceptionObject*>(e)->cause;
  Py_XINCREF(c);
  return c;
}
ADDER_API void PyException_SetCause(PyObject* e, PyObject* c) { set_cause(Value{e}, Ref::steal(Value{c})); }
ADDER_API PyObject* PyException_GetContext(PyObject* e) {
  PyObject* c = reinterpret_cast<PyBaseExceptionObject*>(e)->context;
  Py_XINCREF(c);
  return c;
}
ADDER_API void PyException_SetContext(PyObject* e, PyObject* c) { set_context(Value{e}, Ref::steal(Value{c})); }
ADDER_API PyObject* PyErr_NewException(const char* n, PyObject* base, PyObject* dict) {
  std::string_view text = n;
  size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return raise(PyExc_SystemError, "PyErr_NewException: name must be module.class");
  if (!base || !PyTuple_Check(base)) return out(make_heap_type(n, reinterpret_cast<PyTypeObject*>(base ? base : PyExc_Exception), dict ? Value{dict} : Value{}));
  Ref ns = dict ? dict_copy(Value{dict}) : dict_new(), module = intern(text.substr(0, dot)), short_part = intern(text.substr(dot + 1));
  if (!ns || !module || !short_part || !dict_set_str(ns, "__module__"_id, module)) return nullptr;
  return out(call(Value{&PyType_Type}, {short_part.get(), Value{base}, ns.get()}));
}
ADDER_API PyObject* PyErr_NewExceptionWithDoc(const char* n, const char* doc, PyObject* base, PyObject* dict) {
  Ref ns = dict ? Ref::copy(Value{dict}) : dict_new();
  Ref text = doc ? str_from_utf8(doc) : none_ref();
  if (!ns || !text || (doc && !dict_set_str(ns, "__doc__"_id, text))) return nullptr;
  return PyErr_NewException(n, base, ns.object());
}
ADDER_API const char* PyExceptionClass_Name(PyObject* c) { return reinterpret_cast<PyTypeObject*>(c)->tp_name; }
ADDER_API PyObject* PyUnicodeDecodeError_Create(const char* encoding, const char* data, Py_ssize_t n, Py_ssize_t start, Py_ssize_t end, const char* reason) {
  Ref e = str_from_utf8(encoding), d = Ref::steal(Value{PyBytes_FromStringAndSize(data, n)}), r = str_from_utf8(reason), s = int_from_i64(start), t = int_from_i64(end);
  return out(call(Value{PyExc_UnicodeDecodeError}, {e.get(), d.get(), s.get(), t.get(), r.get()}));
}

// --- Warnings -------------------------------------------------------------------------------------------------------------------------------
namespace {
int warn_text(PyObject* category, Py_ssize_t level, Ref text, Value source = Value{}) {
  if (!text) return -1;
  return status(hooks.warn(category ? category : PyExc_RuntimeWarning, text, static_cast<int>(level), source));
}
}  // namespace
ADDER_API int PyErr_WarnEx(PyObject* category, const char* text, Py_ssize_t level) { return warn_text(category, level, str_from_utf8(text)); }
ADDER_API int PyErr_WarnFormat(PyObject* category, Py_ssize_t level, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  Ref text = str_format_v(format, ap);
  va_end(ap);
  return warn_text(category, level, std::move(text));
}
ADDER_API int PyErr_ResourceWarning(PyObject* source, Py_ssize_t level, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  Ref text = str_format_v(format, ap);
  va_end(ap);
  return warn_text(PyExc_ResourceWarning, level, std::move(text), in(source));
}
ADDER_API int PyErr_WarnExplicitObject(PyObject* category, PyObject* message, PyObject* file, int line, PyObject* module, PyObject* registry) {
  Ref warnings = import_module("warnings");
  Ref f = warnings ? getattr(warnings, "warn_explicit"_id) : Ref{};
  Ref r = f ? call(f, {in(message), in(category), in(file), Value::from_int(line), module ? in(module) : none(), registry ? in(registry) : none()}) : Ref{};
  return status(static_cast<bool>(r));
}
ADDER_API int PyErr_WarnExplicit(PyObject* category, const char* text, const char* file, int line, const char* module, PyObject* registry) {
  Ref t = str_from_utf8(text), f = str_decode_fs(file), m = module ? str_from_utf8(module) : none_ref();
  return t && f && m ? PyErr_WarnExplicitObject(category, t.object(), f.object(), line, m.object(), registry) : -1;
}

// --- Tracebacks, recursion, fatal errors ------------------------------------------------------------------------------------------------------
ADDER_API int PyTraceBack_Here(PyFrameObject* f) {
  auto* o = reinterpret_cast<FrameObject*>(f);
  return status(add_traceback_of(f, 0, o->lineno ? o->lineno : o->frame ? o->frame->line() : 0));
}
ADDER_API void _PyTraceback_Add(const char* function, const char* file, int line) {
  Ref e = take_error();
  PyCodeObject* code = PyCode_NewEmpty(file, function, line);
  if (!code) clear_error();
  restore_error(std::move(e));
  if (code) hooks.add_traceback(code, line);
  Py_XDECREF(code);
}
ADDER_API int PyTraceBack_Print(PyObject* tb, PyObject* file) {
  if (!tb) return 0;
  if (!is_exact(in(tb), &PyTraceBack_Type)) return status(bad_internal_call("bad argument to internal function"));
  return status(print_traceback(in(tb), in(file)));
}
ADDER_API int Py_EnterRecursiveCall(const char* where) { return status(enter_recursion(where)); }
ADDER_API void Py_LeaveRecursiveCall(void) { leave_recursion(); }
ADDER_API int _Py_CheckRecursiveCall(PyThreadState* t, const char* where) {
  t->recursion_remaining++;
  return status(enter_recursion(where));
}
ADDER_API void __attribute__((noreturn)) _Py_FatalErrorFunc(const char* function, const char* message) { fatal_error(function, message); }
#undef Py_FatalError
ADDER_API void __attribute__((noreturn)) Py_FatalError(const char* message) { _Py_FatalErrorFunc(nullptr, message); }
