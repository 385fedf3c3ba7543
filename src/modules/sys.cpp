// sys: the interpreter's own state as a module.
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>
#include "compile/tables.h"
#include "memory/gc.h"
#include "memory/live.h"
#include "modules/sys.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int_digits.h"
#include "object/small_types.h"
#include "object/bytes.h"
#include "object/float.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "object/type_impl.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "runtime/usage.h"
#include "vm/attribute_cache.h"
#include "vm/frame.h"
#include "vm/trace.h"

namespace adder {

int dlopen_flags = RTLD_NOW;

namespace { PyObject* sys_dict() { return as_module(the_interpreter->sys)->dict; } }

Value sys_get(const char* name) {
  if (!the_interpreter || !the_interpreter->sys) return Value{};
  Ref key = intern(name);
  return key ? dict_get_str(Value{sys_dict()}, key.object()) : Value{};
}
bool sys_set(const char* name, Value v) {
  Ref key = intern(name);
  if (!key) return false;
  return v ? dict_set(Value{sys_dict()}, key, v) : dict_delete(Value{sys_dict()}, key) >= 0;
}

namespace {

Thread* thread() { return this_thread(); }

// --- Exceptions and hooks -----------------------------------------------------------------------------------------------------------
Ref displayhook(Value, Value v) {
  Ref builtins = Ref::copy(the_interpreter->builtins);
  if (is_none(v)) return none_ref();
  if (!setattr(builtins, "_"_id, none())) return Ref{};
  Value out = sys_get("stdout");
  if (!out || is_none(out)) return raise(PyExc_RuntimeError, "lost sys.stdout");
  Ref stream = Ref::copy(out);
  Ref text = repr(v);
  if (!text) return Ref{};
  Ref written = call_method(stream, "write"_id, {text.get()});
  if (!written) {
    if (!error_matches(PyExc_UnicodeEncodeError)) return Ref{};
    clear_error();
    Ref encoding = getattr(stream, "encoding"_id);
    if (!encoding) return Ref{};
    Ref bytes = str_encode(text, std::string(str_utf8(encoding)).c_str(), "backslashreplace");
    if (!bytes) return Ref{};
    Ref buffer;
    if (lookup_attr(stream, "buffer"_id, &buffer) < 0) return Ref{};
    if (buffer) {
      written = call_method(buffer, "write"_id, {bytes.get()});
    } else {
      Ref shown = bytes_decode(bytes_data(bytes), bytes_length(bytes), std::string(str_utf8(encoding)).c_str(), "strict");
      written = shown ? call_method(stream, "write"_id, {shown.get()}) : Ref{};
    }
    if (!written) return Ref{};
  }
  Ref newline = str_from_ascii("\n");
  if (Ref ended = call_method(stream, "write"_id, {newline.get()}); !ended) return Ref{};
  return setattr(builtins, "_"_id, v) ? none_ref() : Ref{};
}
Ref excepthook(Value, const Value* a) {
  display_exception(a[0], a[1], a[2]);
  return none_ref();
}
Ref exc_info(Value) {
  Value e = handled_exception();
  if (!e || is_none(e)) return tuple_of({none(), none(), none()});
  PyObject* tb = e.as<PyBaseExceptionObject>()->traceback;
  return tuple_of({Value{type_of(e)}, e, tb ? Value{tb} : none()});
}
Ref exception(Value) {
  Value e = handled_exception();
  return e ? Ref::copy(e) : none_ref();
}
Ref unraisablehook(Value, Value u) {
  // "Exception ignored in: X" and the traceback, on sys.stderr.
  if (!is_exact(u, unraisable_args_type())) return raise(PyExc_TypeError, "sys.unraisablehook argument type must be UnraisableHookArgs");
  Ref message = getattr(u, "err_msg"_id), object = getattr(u, "object"_id), e = getattr(u, "exc_value"_id), type = getattr(u, "exc_type"_id),
      tb = getattr(u, "exc_traceback"_id);
  if (!message || !object || !e || !type || !tb) return Ref{};
  Value file = sys_get("stderr");
  if (!file || is_none(file)) return none_ref();
  Ref stream = Ref::copy(file);
  Ref head;
  if (!is_none(object)) {
    Ref shown = repr(object);
    if (!shown) {
      clear_error();
      shown = str_from_ascii("<object repr() failed>");
    }
    head = is_none(message) ? str_format("Exception ignored in: %U\n", shown.get()) : str_format("%S: %U\n", message.get(), shown.get());
  } else {
    head = is_none(message) ? str_from_ascii("Exception ignored:\n") : str_format("%S:\n", message.get());
  }
  if (!head) return Ref{};
  if (Ref done = call_method(stream, "write"_id, {head.get()}); !done) return Ref{};
  if (!is_none(e)) print_exception(e, stream);
  else clear_error();
  Ref flushed = call_method(stream, "flush"_id);
  if (!flushed) clear_error();
  return none_ref();
}
Ref exit_(Value, const Value* a) { return raise_value(PyExc_SystemExit, a[0] ? a[0] : none()); }

// --- Settings ------------------------------------------------------------------------------------------------------------------------
Ref getrecursionlimit(Value) { return int_from_i64(thread()->ts.recursion_limit); }
Ref setrecursionlimit(Value, Value v) {
  int limit;
  if (!as_int(v, &limit)) return Ref{};
  if (limit < 1) return raise(PyExc_ValueError, "recursion limit must be greater or equal than 1");
  int depth = thread()->ts.recursion_limit - thread()->ts.recursion_remaining;
  if (depth >= limit)
    return raise(PyExc_RecursionError, "cannot set the recursion limit to %i at the recursion depth %i: the limit is too low", limit, depth);
  for (Thread* t = the_interpreter->threads; t; t = reinterpret_cast<Thread*>(t->ts.next)) {
    int used = t->ts.recursion_limit - t->ts.recursion_remaining;
    t->ts.recursion_limit = limit;
    t->ts.recursion_remaining = limit - used;
  }
  return none_ref();
}
Ref getswitchinterval(Value) { return float_new(switch_interval()); }
Ref setswitchinterval(Value, Value v) {
  double d;
  if (!as_double(v, &d)) return Ref{};
  if (!(d > 0)) return raise(PyExc_ValueError, "switch interval must be strictly positive");
  set_switch_interval(d);
  return none_ref();
}
Ref getrefcount(Value, Value v) { return int_from_i64(v.is_object() ? refcount(v.object()) : 3); }
Ref intern_(Value, Value v) {
  if (!is_str(v)) return raise(PyExc_TypeError, "intern() argument must be str, not %.200s", type_of(v)->tp_name);
  if (!is_exact_str(v)) return raise(PyExc_TypeError, "can't intern %.400s", type_of(v)->tp_name);
  return intern(Ref::copy(v));
}
Ref getsizeof(Value, const Value* a) {
  Value v = a[0];
  Ref method = lookup_special(v, "__sizeof__"_id);
  Ref size;
  if (method) size = call0(method);
  else if (!error_occurred()) (void)raise(PyExc_TypeError, "Type %.100s doesn't define __sizeof__", type_of(v)->tp_name);
  Py_ssize_t n = 0;
  if (size && !as_ssize(size, &n)) size.reset();
  if (size && n < 0) {
    size.reset();
    (void)raise(PyExc_ValueError, "__sizeof__() should return >= 0");
  }
  if (!size) {
    if (a[1] && error_matches(PyExc_TypeError)) {
      clear_error();
      return Ref::copy(a[1]);
    }
    return Ref{};
  }
  bool gc = v.is_object() && type_has(type_of(v), Py_TPFLAGS_HAVE_GC) && (!type_of(v)->tp_is_gc || type_of(v)->tp_is_gc(v.object()));
  return int_from_u64(static_cast<uint64_t>(n) + (gc ? sizeof(GCHead) : 0));
}
Ref getdefaultencoding(Value) { return str_from_ascii("utf-8"); }
Ref getfilesystemencoding(Value) { return str_from_ascii("utf-8"); }
Ref getfilesystemencodeerrors(Value) { return str_from_ascii("surrogateescape"); }
Ref is_finalizing(Value) { return bool_ref(the_interpreter->finalizing); }
Ref getdlopenflags(Value) { return int_from_i64(dlopen_flags); }
Ref setdlopenflags(Value, Value v) {
  int flags;
  if (!as_int(v, &flags)) return Ref{};
  dlopen_flags = flags;
  return none_ref();
}
#ifdef ADDER_COUNT_REFS
Ref getallocatedblocks(Value) { return int_from_i64(live_blocks()); }
Ref gettotalrefcount(Value) { return int_from_i64(live_references()); }
Ref getobjects(Value) {
  Ref list = list_new();
  return list && live_append(list) ? std::move(list) : Ref{};
}
Ref getquickenedcount(Value) { return int_from_i64(0); }  // leak runs subtract it from the blocks: quickening allocates none here
#else
Ref getallocatedblocks(Value) { return int_from_i64(0); }  // as a CPython without pymalloc says
#endif
Ref get_int_max_str_digits(Value) { return int_from_i64(the_interpreter->config.int_max_str_digits); }
Ref set_int_max_str_digits(Value, Value v) {
  int n;
  if (!as_int(v, &n)) return Ref{};
  if (n != 0 && n < 640) return raise(PyExc_ValueError, "maxdigits must be 0 or larger than 640");
  the_interpreter->config.int_max_str_digits = n;
  int_max_str_digits = n;
  return none_ref();
}
Ref debugmallocstats(Value) { return none_ref(); }
Ref clear_type_cache(Value) {
  clear_lookup_cache();
  clear_attribute_tables();
  return none_ref();
}

// --- Frames, tracing, threads ----------------------------------------------------------------------------------------------------------
Ref getframe(Value, const Value* a) {
  int depth = 0;
  if (a[0] && !as_int(a[0], &depth)) return Ref{};
  Frame* f = visible_frame(thread());
  for (; f && depth > 0; depth--) f = visible_caller(f);
  if (!f) return raise(PyExc_ValueError, "call stack is not deep enough");
  Value o{reinterpret_cast<PyObject*>(frame_object(f))};
  return o && audit("sys._getframe", {o}) ? Ref::copy(o) : Ref{};
}
Ref current_frames(Value) {
  if (!audit("sys._current_frames")) return Ref{};
  Ref dict = dict_new();
  for (Thread* t = the_interpreter->threads; dict && t; t = reinterpret_cast<Thread*>(t->ts.next)) {
    Frame* f = t->ts.cframe ? visible_frame(t) : nullptr;
    if (!f) continue;
    PyFrameObject* o = frame_object(f);
    Ref id = int_from_u64(t->ts.thread_id);
    if (!o || !id || !dict_set(dict, id, Value{reinterpret_cast<PyObject*>(o)})) return Ref{};
  }
  return dict;
}
Ref current_exceptions(Value) {
  Ref dict = dict_new();
  for (Thread* t = the_interpreter->threads; dict && t; t = reinterpret_cast<Thread*>(t->ts.next)) {
    Value found = none();
    for (_PyErr_StackItem* i = t->ts.exc_info; i; i = i->previous_item) {
      if (i->exc_value && i->exc_value != Py_None) { found = Value{i->exc_value}; break; }
    }
    Ref triple = is_none(found) ? tuple_of({none(), none(), none()})
                                : tuple_of({Value{type_of(found)}, found, found.as<PyBaseExceptionObject>()->traceback ? Value{found.as<PyBaseExceptionObject>()->traceback} : none()});
    Ref id = int_from_u64(t->ts.thread_id);
    if (!triple || !id || !dict_set(dict, id, triple)) return Ref{};
  }
  return dict;
}
const char* const kEvents[] = {"call", "exception", "line", "return", "c_call", "c_exception", "c_return", "opcode"};
// The C side of a Python trace function: calls it and takes what it returns as the frame's own trace function.
Ref call_trampoline(Value callback, PyFrameObject* frame, int what, PyObject* arg) {
  frame_locals(reinterpret_cast<FrameObject*>(frame)->frame).reset();
  Ref event = intern(kEvents[what]);
  if (!event) return Ref{};
  Ref result = call(callback, {Value{reinterpret_cast<PyObject*>(frame)}, event.get(), arg ? from_c_borrowed(arg) : none()});
  frame_locals_to_fast(reinterpret_cast<FrameObject*>(frame)->frame, true);
  return result;
}
int trace_trampoline(PyObject* self, PyFrameObject* frame, int what, PyObject* arg) {
  auto* o = reinterpret_cast<FrameObject*>(frame);
  Value callback = what == PyTrace_CALL ? Value{self} : Value{o->trace};
  if (!callback) return 0;
  Ref keep = Ref::copy(callback);
  Ref result = call_trampoline(callback, frame, what, arg);
  if (!result) {
    Thread* t = thread();
    Py_CLEAR(t->ts.c_traceobj);
    t->ts.c_tracefunc = nullptr;
    update_tracing(t);
    Py_CLEAR(o->trace);
    return -1;
  }
  if (is_none(result)) return 0;
  PyObject* old = o->trace;
  o->trace = to_c(result);
  Py_XDECREF(old);
  return 0;
}
int profile_trampoline(PyObject* self, PyFrameObject* frame, int what, PyObject* arg) {
  Ref keep = Ref::copy(Value{self});
  Ref result = call_trampoline(Value{self}, frame, what, arg);
  if (result) return 0;
  Thread* t = thread();
  Py_CLEAR(t->ts.c_profileobj);
  t->ts.c_profilefunc = nullptr;
  update_tracing(t);
  return -1;
}
}  // namespace

bool set_trace_function(Thread* t, Py_tracefunc f, PyObject* arg) {
  static bool under_way = false;  // releasing the old one may run Python
  if (under_way) return raise(PyExc_RuntimeError, "Cannot install a trace function while another trace function is being installed");
  under_way = true;
  PyObject* old = t->ts.c_traceobj;
  Py_XINCREF(arg);
  t->ts.c_traceobj = arg;
  t->ts.c_tracefunc = f;
  update_tracing(t);
  Py_XDECREF(old);
  under_way = false;
  return true;
}
bool set_profile_function(Thread* t, Py_tracefunc f, PyObject* arg) {
  static bool under_way = false;  // releasing the old one may run Python
  if (under_way) return raise(PyExc_RuntimeError, "Cannot install a profile function while another profile function is being installed");
  under_way = true;
  PyObject* old = t->ts.c_profileobj;
  Py_XINCREF(arg);
  t->ts.c_profileobj = arg;
  t->ts.c_profilefunc = f;
  update_tracing(t);
  Py_XDECREF(old);
  under_way = false;
  return true;
}

namespace {

Ref settrace(Value, Value f) {
  if (!audit("sys.settrace")) return Ref{};
  bool set = is_none(f) ? set_trace_function(thread(), nullptr, nullptr) : set_trace_function(thread(), trace_trampoline, f.object());
  return set ? none_ref() : Ref{};
}
Ref gettrace(Value) { return thread()->ts.c_traceobj ? Ref::copy(Value{thread()->ts.c_traceobj}) : none_ref(); }
Ref setprofile(Value, Value f) {
  if (!audit("sys.setprofile")) return Ref{};
  bool set = is_none(f) ? set_profile_function(thread(), nullptr, nullptr) : set_profile_function(thread(), profile_trampoline, f.object());
  return set ? none_ref() : Ref{};
}
Ref getprofile(Value) { return thread()->ts.c_profileobj ? Ref::copy(Value{thread()->ts.c_profileobj}) : none_ref(); }
Ref call_tracing(Value, const Value* a) {
  if (!is_tuple(a[1])) return raise(PyExc_TypeError, "call_tracing() argument 2 must be tuple, not %.200s", type_of(a[1])->tp_name);
  Thread* t = thread();
  int saved = t->ts.tracing;
  t->ts.tracing = 0;
  Ref result = call_tuple_dict(a[0], a[1], Value{});
  t->ts.tracing = saved;
  return result;
}
Ref set_coroutine_origin_tracking_depth(Value, const Value* a) {
  int depth;
  if (!as_int(a[0], &depth)) return Ref{};
  if (depth < 0) return raise(PyExc_ValueError, "depth must be >= 0");
  thread()->ts.coroutine_origin_tracking_depth = depth;
  return none_ref();
}
Ref get_coroutine_origin_tracking_depth(Value) { return int_from_i64(thread()->ts.coroutine_origin_tracking_depth); }
PyTypeObject* asyncgen_hooks_type = nullptr;
Ref get_asyncgen_hooks(Value) {
  Ref r = struct_sequence_new(asyncgen_hooks_type);
  PyThreadState& ts = thread()->ts;
  if (!r || !struct_sequence_set(r, 0, ts.async_gen_firstiter ? Ref::copy(Value{ts.async_gen_firstiter}) : none_ref()) ||
      !struct_sequence_set(r, 1, ts.async_gen_finalizer ? Ref::copy(Value{ts.async_gen_finalizer}) : none_ref()))
    return Ref{};
  return r;
}
Ref set_asyncgen_hooks(Value, const Value* a) {
  const char* names[] = {"firstiter", "finalizer"};
  for (int i = 0; i < 2; i++) {
    if (a[i] && !is_none(a[i]) && !is_callable(a[i]))
      return raise(PyExc_TypeError, "callable %s expected, got %.50s", names[i], type_of(a[i])->tp_name);
  }
  PyObject** slots[] = {&thread()->ts.async_gen_firstiter, &thread()->ts.async_gen_finalizer};
  for (int i = 0; i < 2; i++) {
    if (!a[i]) continue;
    PyObject* old = *slots[i];
    *slots[i] = is_none(a[i]) ? nullptr : to_c(a[i]);
    Py_XDECREF(old);
  }
  return none_ref();
}

// --- Audit ---------------------------------------------------------------------------------------------------------------------------------
Ref audit_function(Value, Args a) {
  if (a.n < 1) return raise(PyExc_TypeError, "audit() missing 1 required positional argument: 'event'");
  if (!is_str(a[0])) return raise(PyExc_TypeError, "expected str for argument 'event', not %.200s", type_of(a[0])->tp_name);
  if (!audit_active()) return none_ref();
  Ref args = tuple_from(a.v + 1, a.n - 1);
  return args && audit(std::string(str_utf8(a[0])).c_str(), args) ? none_ref() : Ref{};
}
Ref addaudithook(Value, const Value* a) {
  if (!audit("sys.addaudithook")) {
    if (!error_matches(PyExc_Exception)) return Ref{};
    clear_error();
    return none_ref();
  }
  static bool once = (at_process_end(&audit_clear_hooks), true);
  (void)once;
  audit_add_hook(Ref::copy(a[0]));
  return none_ref();
}
Ref breakpointhook(Value, Args args) {
  const char* setting = the_interpreter->config.use_environment ? getenv("PYTHONBREAKPOINT") : nullptr;
  std::string name = setting && *setting ? setting : "pdb.set_trace";
  if (name == "0") return none_ref();
  size_t dot = name.rfind('.');
  std::string module = dot == std::string::npos ? "builtins" : name.substr(0, dot);
  Ref m = import_module(module.c_str());
  Ref attribute = intern(dot == std::string::npos ? name : name.substr(dot + 1));
  Ref f = m && attribute ? getattr(m, attribute.object()) : Ref{};
  if (!f) {
    if (error_matches(PyExc_ImportError) || error_matches(PyExc_AttributeError) || error_matches(PyExc_ValueError)) {
      clear_error();
      return warn(PyExc_RuntimeWarning, 1, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"", name.c_str()) ? none_ref() : Ref{};
    }
    return Ref{};
  }
  return call(f, args);
}

const MethodRow functions[] = {
    method<addaudithook>("addaudithook", "($module, /, hook)", "Adds a new audit hook callback."),
    method<audit_function>("audit", "", "audit(event, *args)\n\nPasses the event to any hooks that are attached."),
    method<breakpointhook>("breakpointhook", "", "breakpointhook(*args, **kws)\n\nThis hook function is called by built-in breakpoint().\n"),
    method<call_tracing>("call_tracing", "($module, func, args, /)", "Call func(*args), while tracing is enabled."),
    method<clear_type_cache>("_clear_type_cache", "($module, /)", "Clear the internal type lookup cache."),
    method<current_exceptions>("_current_exceptions", "($module, /)", "Return a dict mapping each thread's identifier to its current raised exception."),
    method<current_frames>("_current_frames", "($module, /)", "Return a dict mapping each thread's thread id to its current stack frame."),
    method<debugmallocstats>("_debugmallocstats", "($module, /)", "Print debug info to stderr about the state of the memory allocator."),
    method<displayhook>("displayhook", "($module, object, /)", "Print an object to sys.stdout and also save it in builtins._"),
    method<exc_info>("exc_info", "($module, /)", "Return current exception information: (type, value, traceback)."),
    method<excepthook>("excepthook", "($module, exctype, value, traceback, /)", "Handle an exception by displaying it with a traceback on sys.stderr."),
    method<exception>("exception", "($module, /)", "Return the current exception."),
    method<exit_>("exit", "($module, status=None, /)", "Exit the interpreter by raising SystemExit(status)."),
    method<get_asyncgen_hooks>("get_asyncgen_hooks", "($module, /)", "Return the installed asynchronous generators hooks."),
    method<get_coroutine_origin_tracking_depth>("get_coroutine_origin_tracking_depth", "($module, /)", "Check status of origin tracking for coroutine objects in this thread."),
    method<get_int_max_str_digits>("get_int_max_str_digits", "($module, /)", "Return the maximum string digits limit for non-binary int<->str conversions."),
    method<getallocatedblocks>("getallocatedblocks", "($module, /)", "Return the number of memory blocks currently allocated."),
#ifdef ADDER_COUNT_REFS
    method<getobjects>("_getobjects", "($module, /)", "Return a list of all objects in memory, to find out what a leak run counts."),
    method<getquickenedcount>("_getquickenedcount", "($module, /)", "Return the number of blocks that quickening has allocated: none."),
    method<gettotalrefcount>("gettotalrefcount", "($module, /)", "Return the sum of the reference counts of all objects in memory."),
#endif
    method<getdefaultencoding>("getdefaultencoding", "($module, /)", "Return the current default encoding used by the Unicode implementation."),
    method<getdlopenflags>("getdlopenflags", "($module, /)", "Return the current value of the flags that are used for dlopen calls."),
    method<getfilesystemencodeerrors>("getfilesystemencodeerrors", "($module, /)", "Return the error mode used for Unicode to filename conversion."),
    method<getfilesystemencoding>("getfilesystemencoding", "($module, /)", "Return the encoding used to convert Unicode filenames to OS filenames."),
    method<getframe>("_getframe", "($module, depth=0, /)", "Return a frame object from the call stack."),
    method<getprofile>("getprofile", "($module, /)", "Return the profiling function set with sys.setprofile."),
    method<getrecursionlimit>("getrecursionlimit", "($module, /)", "Return the current value of the recursion limit."),
    method<getrefcount>("getrefcount", "($module, object, /)", "Return the reference count of object."),
    method<getsizeof>("getsizeof", "($module, object, default=<unrepresentable>)", "Return the size of object in bytes."),
    method<getswitchinterval>("getswitchinterval", "($module, /)", "Return the current thread switch interval; see sys.setswitchinterval()."),
    method<gettrace>("gettrace", "($module, /)", "Return the global debug tracing function set with sys.settrace."),
    method<intern_>("intern", "($module, string, /)", "``Intern'' the given string."),
    method<is_finalizing>("is_finalizing", "($module, /)", "Return True if Python is exiting."),
    method<set_asyncgen_hooks>("set_asyncgen_hooks", "($module, /, firstiter=<unrepresentable>, finalizer=<unrepresentable>)", "Set a finalizer for async generators objects."),
    method<set_coroutine_origin_tracking_depth>("set_coroutine_origin_tracking_depth", "($module, /, depth)", "Enable or disable origin tracking for coroutine objects in this thread."),
    method<set_int_max_str_digits>("set_int_max_str_digits", "($module, maxdigits, /)", "Set the maximum string digits limit for non-binary int<->str conversions."),
    method<setdlopenflags>("setdlopenflags", "($module, flags, /)", "Set the flags used by the interpreter for dlopen calls."),
    method<setprofile>("setprofile", "($module, function, /)", "Set the profiling function."),
    method<setrecursionlimit>("setrecursionlimit", "($module, limit, /)", "Set the maximum depth of the Python interpreter stack to n."),
    method<setswitchinterval>("setswitchinterval", "($module, interval, /)", "Set the ideal thread switching delay inside the Python interpreter."),
    method<settrace>("settrace", "($module, function, /)", "Set the global debug tracing function."),
    method<unraisablehook>("unraisablehook", "($module, unraisable, /)", "Handle an unraisable exception."),
    {}};

// --- Constants -----------------------------------------------------------------------------------------------------------------------------
// A struct sequence of ints and strings.
struct Item { const char* text; int64_t number; };
Ref make_sequence(PyTypeObject* type, std::initializer_list<Ref*> items) {
  Ref r = type ? struct_sequence_new(type) : Ref{};
  Py_ssize_t i = 0;
  for (Ref* item : items) {
    if (!r || !struct_sequence_set(r, i++, std::move(*item))) return Ref{};
  }
  return r;
}
Ref ints(PyTypeObject* type, std::initializer_list<int64_t> numbers) {
  Ref r = type ? struct_sequence_new(type) : Ref{};
  Py_ssize_t i = 0;
  for (int64_t n : numbers) {
    if (!r || !struct_sequence_set(r, i++, int_from_i64(n))) return Ref{};
  }
  return r;
}
void disallow_new(PyTypeObject* type) {
  if (type) type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
}

const StructField version_fields[] = {{"major", "Major release number"}, {"minor", "Minor release number"}, {"micro", "Patch release number"},
                                      {"releaselevel", "'alpha', 'beta', 'candidate', or 'final'"}, {"serial", "Serial release number"}, {}};
const StructField flag_fields[] = {
    {"debug", "-d"}, {"inspect", "-i"}, {"interactive", "-i"}, {"optimize", "-O or -OO"}, {"dont_write_bytecode", "-B"}, {"no_user_site", "-s"},
    {"no_site", "-S"}, {"ignore_environment", "-E"}, {"verbose", "-v"}, {"bytes_warning", "-b"}, {"quiet", "-q"}, {"hash_randomization", "-R"},
    {"isolated", "-I"}, {"dev_mode", "-X dev"}, {"utf8_mode", "-X utf8"}, {"warn_default_encoding", "-X warn_default_encoding"}, {"safe_path", "-P"},
    {"int_max_str_digits", "-X int_max_str_digits"}, {}};
const StructField hash_fields[] = {
    {"width", "width of the type used for hashing, in bits"}, {"modulus", "prime number giving the modulus on which the hash function is based"},
    {"inf", "value to be used for hash of a positive infinity"}, {"nan", "value to be used for hash of a nan"},
    {"imag", "multiplier used for the imaginary part of a complex number"}, {"algorithm", "name of the algorithm for hashing of str, bytes and memoryviews"},
    {"hash_bits", "internal output size of hash algorithm"}, {"seed_bits", "seed size of hash algorithm"}, {"cutoff", "small string optimization cutoff"}, {}};
const StructField int_fields[] = {{"bits_per_digit", "size of a digit in bits"}, {"sizeof_digit", "size in bytes of the C type used to represent a digit"},
                                  {"default_max_str_digits", "maximum string conversion digits limitation"},
                                  {"str_digits_check_threshold", "minimum positive value for int_max_str_digits"}, {}};
const StructField float_fields[] = {
    {"max", "DBL_MAX -- maximum representable finite float"}, {"max_exp", "DBL_MAX_EXP"}, {"max_10_exp", "DBL_MAX_10_EXP"},
    {"min", "DBL_MIN -- Minimum positive normalized float"}, {"min_exp", "DBL_MIN_EXP"}, {"min_10_exp", "DBL_MIN_10_EXP"},
    {"dig", "DBL_DIG"}, {"mant_dig", "DBL_MANT_DIG -- mantissa digits"}, {"epsilon", "DBL_EPSILON"}, {"radix", "FLT_RADIX"},
    {"rounds", "FLT_ROUNDS -- rounding mode used for arithmetic operations"}, {}};
const StructField thread_fields[] = {{"name", "name of the thread implementation"}, {"lock", "name of the lock implementation"},
                                     {"version", "name and version of the thread library"}, {}};
const StructField asyncgen_fields[] = {{"firstiter", ""}, {"finalizer", ""}, {}};
const StructField unraisable_fields[] = {{"exc_type", "Exception type"}, {"exc_value", "Exception value"}, {"exc_traceback", "Exception traceback"},
                                         {"err_msg", "Error message"}, {"object", "Object causing the exception"}, {}};

struct Types {
  PyTypeObject *version, *flags, *hash, *int_info, *float_info, *thread, *unraisable;
} types;
bool make_types() {
  if (types.version) return true;
  types.version = struct_sequence_type({"sys.version_info", "sys.version_info\n\nVersion information as a named tuple.", version_fields, 5, true});
  types.flags = struct_sequence_type({"sys.flags", "sys.flags\n\nFlags provided through command line arguments or environment vars.", flag_fields, 18, true});
  types.hash = struct_sequence_type({"sys.hash_info", "hash_info\n\nA named tuple providing parameters used for computing hashes.", hash_fields, 9});
  types.int_info = struct_sequence_type({"sys.int_info", "sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.", int_fields, 4});
  types.float_info = struct_sequence_type({"sys.float_info", "sys.float_info\n\nA named tuple holding information about the float type.", float_fields, 11});
  types.thread = struct_sequence_type({"sys.thread_info", "sys.thread_info\n\nA named tuple holding information about the thread implementation.", thread_fields, 3});
  types.unraisable = struct_sequence_type({"UnraisableHookArgs", "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.", unraisable_fields, 5});
  asyncgen_hooks_type = struct_sequence_type({"asyncgen_hooks", "asyncgen_hooks\n\nHooks for asynchronous generators.", asyncgen_fields, 2});
  if (!types.version || !types.flags || !types.hash || !types.int_info || !types.float_info || !types.thread || !types.unraisable || !asyncgen_hooks_type) return false;
  disallow_new(types.version);
  disallow_new(types.flags);
  return true;
}
Ref strings(const std::vector<std::string>& list) {
  Ref r = list_new();
  for (const std::string& s : list) {
    Ref item = str_decode_fs(s);
    if (!r || !item || !list_append(r, std::move(item))) return Ref{};
  }
  return r;
}
bool put(PyObject* dict, const char* name, Ref v) {
  Ref key = intern(name);
  return key && v && dict_set(Value{dict}, key, v);
}
Ref text(const char* s) { return str_from_utf8(s); }

Ref version_info() {
  Ref a = int_from_i64(3), b = int_from_i64(11), c = int_from_i64(PY_MICRO_VERSION), d = text("final"), e = int_from_i64(0);
  return make_sequence(types.version, {&a, &b, &c, &d, &e});
}
Ref implementation(Value version) {
  Ref cls = Ref::copy(Value{&_PyNamespace_Type});
  Ref names = tuple_of({Value{"name"_id}, Value{"cache_tag"_id}, Value{"version"_id}, Value{"hexversion"_id}, Value{"_multiarch"_id}});
  Ref name = text("adder"), tag = text("adder-311"), hex = int_from_i64(PY_VERSION_HEX), multiarch = text("x86_64-linux-gnu");
  Value v[] = {name, tag, version, hex, multiarch};
  return call(cls, Args{v, 0, names.object()});
}
Ref builtin_names() {
  Ref list = list_new();
  for (const char* name : builtin_module_names()) {
    Ref s = intern(name);
    if (!list || !s || !list_append(list, std::move(s))) return Ref{};
  }
  return list && list_sort(list, none(), false) ? list_to_tuple(list) : Ref{};
}

bool exec(PyObject* module) {
  PyObject* d = as_module(module)->dict;
  if (!make_types()) return false;
  const Config& c = the_interpreter->config;
  Ref version = version_info();
  Ref hash_algorithm = text("siphash13");
  Ref h[] = {int_from_i64(64), int_from_i64((int64_t{1} << 61) - 1), int_from_i64(314159), int_from_i64(0), int_from_i64(1000003), std::move(hash_algorithm),
             int_from_i64(64), int_from_i64(128), int_from_i64(0)};
  Ref f[] = {float_new(DBL_MAX), int_from_i64(DBL_MAX_EXP), int_from_i64(DBL_MAX_10_EXP), float_new(DBL_MIN), int_from_i64(DBL_MIN_EXP), int_from_i64(DBL_MIN_10_EXP),
             int_from_i64(DBL_DIG), int_from_i64(DBL_MANT_DIG), float_new(DBL_EPSILON), int_from_i64(FLT_RADIX), int_from_i64(1)};
  Ref th[] = {text("pthread"), text("semaphore"), text("NPTL 2.36")};
  bool ok = put(d, "version_info", Ref::copy(version)) && put(d, "hexversion", int_from_i64(PY_VERSION_HEX)) && put(d, "api_version", int_from_i64(1013)) &&
            put(d, "version", text(version_text().c_str())) && put(d, "copyright", text("Copyright (c) The Adder developers.\nThe standard library: Copyright (c) 2001-2023 Python Software Foundation.\nAll Rights Reserved.")) &&
            put(d, "platform", text("linux")) && put(d, "byteorder", text("little")) && put(d, "platlibdir", text("lib")) && put(d, "abiflags", text("")) &&
            put(d, "float_repr_style", text("short")) && put(d, "maxsize", int_from_i64(PY_SSIZE_T_MAX)) && put(d, "maxunicode", int_from_i64(0x10FFFF)) &&
            put(d, "implementation", implementation(version)) && put(d, "builtin_module_names", builtin_names()) && put(d, "stdlib_module_names", frozenset_new(stdlib_module_names())) &&
            put(d, "hash_info", make_sequence(types.hash, {&h[0], &h[1], &h[2], &h[3], &h[4], &h[5], &h[6], &h[7], &h[8]})) &&
            put(d, "float_info", make_sequence(types.float_info, {&f[0], &f[1], &f[2], &f[3], &f[4], &f[5], &f[6], &f[7], &f[8], &f[9], &f[10]})) &&
            put(d, "int_info", ints(types.int_info, {30, 4, 4300, 640})) && put(d, "thread_info", make_sequence(types.thread, {&th[0], &th[1], &th[2]})) &&
            put(d, "_git", tuple_of({text("Adder").get(), text("").get(), text("").get()})) && put(d, "_framework", text("")) &&
            put(d, "dont_write_bytecode", bool_ref(!c.write_bytecode)) && put(d, "UnraisableHookArgs", Ref::copy(Value{types.unraisable}));
  if (!ok) return false;
  for (const char* name : {"displayhook", "excepthook", "breakpointhook", "unraisablehook"}) {
    Ref key = intern(name);
    if (!put(d, (std::string("__") + name + "__").c_str(), Ref::copy(dict_get_str(Value{d}, key.object())))) return false;
  }
  return true;
}

}  // namespace

PyTypeObject* unraisable_args_type() { return types.unraisable; }

extern const ModuleDef sys_module;
const ModuleDef sys_module{
    .name = "sys",
    .doc = "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter.",
    .methods = functions,
    .exec = exec,
};

// What depends on the configuration; called once sys and sys.modules exist.
bool init_sys(Interpreter& in) {
  const Config& c = in.config;
  PyObject* d = as_module(in.sys)->dict;
  Ref xoptions = dict_new();
  for (const std::string& x : c.xoptions) {
    size_t eq = x.find('=');
    Ref key = str_decode_fs(x.substr(0, eq));
    Ref value = eq == std::string::npos ? bool_ref(true) : str_decode_fs(x.substr(eq + 1));
    if (!xoptions || !key || !value || !dict_set(xoptions, key, value)) return false;
  }
  Ref flags = ints(types.flags, {c.parser_debug, c.inspect, c.interactive, c.optimization_level, !c.write_bytecode, !c.user_site, !c.site_import, !c.use_environment,
                                 c.verbose, c.bytes_warning, c.quiet, !c.has_hash_seed || c.hash_seed != 0, c.isolated, 0, c.utf8_mode, c.warn_default_encoding, 0,
                                 c.int_max_str_digits_given ? c.int_max_str_digits : -1});
  if (!flags || !struct_sequence_set(flags, 13, bool_ref(c.dev_mode)) || !struct_sequence_set(flags, 16, bool_ref(c.safe_path))) return false;
  int_max_str_digits = c.int_max_str_digits;
  debug_ranges = c.code_debug_ranges;
  auto path = [](const std::string& s) { return str_decode_fs(s); };
  return put(d, "modules", Ref::copy(in.modules)) && put(d, "flags", std::move(flags)) && put(d, "argv", strings(c.argv)) && put(d, "orig_argv", strings(c.orig_argv)) &&
         put(d, "warnoptions", strings(c.warnoptions)) && put(d, "_xoptions", std::move(xoptions)) && put(d, "path", strings(c.module_search_paths)) &&
         put(d, "executable", path(c.executable)) && put(d, "_base_executable", path(c.base_executable)) && put(d, "prefix", path(c.prefix)) &&
         put(d, "exec_prefix", path(c.exec_prefix)) && put(d, "base_prefix", path(c.base_prefix)) && put(d, "base_exec_prefix", path(c.base_exec_prefix)) &&
         put(d, "_stdlib_dir", path(c.stdlib)) && put(d, "pycache_prefix", c.pycache_prefix.empty() ? none_ref() : path(c.pycache_prefix)) &&
         put(d, "meta_path", list_new()) && put(d, "path_hooks", list_new()) && put(d, "path_importer_cache", dict_new());
}

}  // namespace adder
