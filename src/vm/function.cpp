// Function objects: attributes, binding of arguments to parameters, and the call from C++.
#include "vm/function.h"
#include "compile/stored_code.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/module.h"
#include "object/object.h"
#include "object/sequence.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/call.h"

PyTypeObject PyFunction_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref method_new(Value function, Value self);  // object/method.cpp

namespace {

inline PyFunctionObject* function(Value v) { return v.as<PyFunctionObject>(); }
inline PyCodeObject* code_of(PyFunctionObject* f) { return reinterpret_cast<PyCodeObject*>(f->func_code); }

// The builtins mapping that code with these globals uses: globals['__builtins__'] (a module's dict), or the running frame's.
PyObject* builtins_of(PyObject* globals, Ref* own) {
  Value b = dict_get_str(globals, "__builtins__"_id);
  if (b) {
    if (is_exact(b, &PyModule_Type)) return as_module(b)->dict;
    if (b.is_object()) return b.object();
    *own = Ref::steal(to_c(b));  // nonsense, but each use of a name must say so
    return own->object();
  }
  Thread* t = this_thread();
  if (Frame* f = current_frame(t)) return frame_builtins(f);
  return nullptr;
}

}  // namespace

PyObject* vectorcall_to_values(CallFn f, PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames);  // object/slots.cpp
// How C calls a Python function.
static PyObject* function_vectorcall(PyObject* function, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return vectorcall_to_values(&call_function, function, args, nargsf, kwnames);
}

Ref function_new(PyCodeObject* code, PyObject* globals, Value qualname) {
  Ref own_builtins;
  PyObject* builtins = builtins_of(globals, &own_builtins);
  if (!builtins) {
    own_builtins = dict_new();
    if (!own_builtins) return Ref{};
    builtins = own_builtins.object();
  }
  Ref doc = code_doc(code);
  if (!doc) return Ref{};
  auto* f = reinterpret_cast<PyFunctionObject*>(gc_new_raw(&PyFunction_Type, sizeof(PyFunctionObject)));
  if (!f) return Ref{};
  auto keep = [](PyObject* o) { Py_XINCREF(o); return o; };
  f->func_globals = keep(globals);
  f->func_builtins = keep(builtins);
  f->func_name = keep(code->co_name);
  f->func_qualname = keep(qualname ? qualname.object() : code->co_qualname);
  f->func_code = keep(reinterpret_cast<PyObject*>(code));
  f->func_defaults = f->func_kwdefaults = f->func_closure = nullptr;
  f->func_dict = f->func_weakreflist = f->func_annotations = nullptr;
  f->vectorcall = &function_vectorcall;
  f->func_version = 0;
  f->func_doc = doc.release().object();
  Value module = dict_get_str(globals, "__name__"_id);
  f->func_module = module ? to_c(module) : nullptr;
  gc_track(reinterpret_cast<PyObject*>(f));
  return Ref::steal(Value{reinterpret_cast<PyObject*>(f)});
}

// --- Binding --------------------------------------------------------------------------------------------------------------------
namespace {

Value parameter_name(PyCodeObject* code, Py_ssize_t i) { return tuple_words(Value{code->co_localsplusnames})[i]; }

// "'a', 'b', and 'c'"
Ref join_names(const Value* names, size_t n) {
  StrBuilder text;
  for (size_t i = 0; i < n; i++) {
    if (i) text.add_ascii(i + 1 < n ? ", " : n == 2 ? " and " : ", and ");
    Ref quoted = repr(names[i]);
    if (!quoted) return Ref{};
    text.add(quoted);
  }
  return text.finish();
}
// Names those of the parameters from … to - 1 that are still unbound.
ADDER_NOINLINE void raise_missing(PyFunctionObject* f, PyCodeObject* code, const char* kind, const Value* r, size_t from, size_t to) {
  Value names[64];
  size_t n = 0;
  for (size_t i = from; i < to && n < 64; i++) {
    if (r[i].absent()) names[n++] = parameter_name(code, i);
  }
  Ref list = join_names(names, n);
  if (list) (void)raise(PyExc_TypeError, "%U() missing %zd required %s argument%s: %U", f->func_qualname, static_cast<Py_ssize_t>(n), kind, n == 1 ? "" : "s", list.get());
}
void raise_too_many(PyFunctionObject* f, PyCodeObject* code, size_t given, const Value* r) {
  Py_ssize_t defaults = f->func_defaults ? tuple_size(Value{f->func_defaults}) : 0;
  Py_ssize_t maximum = code->co_argcount, minimum = maximum - defaults;
  Py_ssize_t kwonly_given = 0;
  for (int i = code->co_argcount; i < code->co_argcount + code->co_kwonlyargcount; i++) kwonly_given += r && !r[i].absent();
  Ref takes = defaults ? str_format("from %zd to %zd", minimum, maximum) : str_format("%zd", maximum);
  bool plural = defaults ? true : maximum != 1;
  Ref kwonly = str_empty();
  if (kwonly_given)
    kwonly = str_format(" positional argument%s (and %zd keyword-only argument%s)", given != 1 ? "s" : "", kwonly_given, kwonly_given != 1 ? "s" : "");
  if (!takes || !kwonly) return;
  (void)raise(PyExc_TypeError, "%U() takes %U positional argument%s but %zd%U %s given", f->func_qualname, takes.get(), plural ? "s" : "",
              static_cast<Py_ssize_t>(given), kwonly.get(), given == 1 && !kwonly_given ? "was" : "were");
}
// A keyword that names a positional-only parameter: all such names for the message. False: none.
bool positional_only_passed(PyFunctionObject* f, PyCodeObject* code, PyObject* kwnames) {
  StrBuilder text;
  bool any = false;
  for (int i = 0; i < code->co_posonlyargcount; i++) {
    for (Py_ssize_t k = 0; k < tuple_size(Value{kwnames}); k++) {
      if (!str_equal(parameter_name(code, i), tuple_get(Value{kwnames}, k))) continue;
      if (any) text.add_ascii(", ");
      text.add(parameter_name(code, i));
      any = true;
    }
  }
  if (!any) return false;
  Ref names = text.finish();
  if (names)
    (void)raise(PyExc_TypeError, "%U() got some positional-only arguments passed as keyword arguments: '%U'", f->func_qualname, names.get());
  return true;
}
void raise_unexpected_keyword(PyFunctionObject* f, Value name) {
  (void)raise(PyExc_TypeError, "%U() got an unexpected keyword argument '%S'", f->func_qualname, name);
}

// Lets go of values in registers beyond the current frame, over which the frames of finalizers would lie: none runs before all are safe.
void release_uncovered(Value* registers, size_t n) {
  if (Ref all = tuple_take(registers, static_cast<Py_ssize_t>(n))) return;
  while (n > 0) decref(registers[--n]);
}

// The common case: no keywords given and none asked for, what is missing has defaults, what is too much goes into *args.
inline bool binds_simply(PyFunctionObject* f, PyCodeObject* code, size_t n, PyObject* kwnames) {
  if (kwnames || code->co_kwonlyargcount) return false;
  size_t argcount = code->co_argcount;
  if (n > argcount) return code->co_flags & CO_VARARGS;
  return n == argcount || (f->func_defaults && n + tuple_size(Value{f->func_defaults}) >= argcount);
}
bool bind_simply(PyFunctionObject* f, PyCodeObject* code, Value* r, size_t n) {
  const size_t argcount = code->co_argcount, locals = code->co_nlocalsplus;
  // An allocation may run finalizers, which may look at this frame.
  for (size_t i = n; i < locals; i++) r[i] = Value{};
  size_t next = argcount;
  if (code->co_flags & CO_VARARGS) {
    Ref rest = tuple_take(r + argcount, n > argcount ? static_cast<Py_ssize_t>(n - argcount) : 0);
    if (!rest) {
      for (size_t i = locals; i < n; i++) decref(r[i]);
      return false;
    }
    r[next++] = rest.release();
  }
  if (code->co_flags & CO_VARKEYWORDS) {
    Ref dict = dict_new();
    if (!dict) return false;
    r[next] = dict.release();
  }
  if (n < argcount) {
    const Value defaults{f->func_defaults};
    for (size_t i = n, first = argcount - tuple_size(defaults); i < argcount; i++) r[i] = Ref::copy(tuple_get(defaults, i - first)).release();
  }
  return true;
}
bool bind_in_general(PyFunctionObject* f, PyCodeObject* code, Value* r, size_t n_positional, PyObject* kwnames);

}  // namespace

bool bind_arguments(PyFunctionObject* f, PyCodeObject* code, Value* r, size_t n_positional, PyObject* kwnames) {
  if (ADDER_LIKELY(binds_simply(f, code, n_positional, kwnames)) ? bind_simply(f, code, r, n_positional)
                                                                : bind_in_general(f, code, r, n_positional, kwnames))
    return true;
  ErrorKeeper keep;
  for (size_t i = 0; i < static_cast<size_t>(code->co_nlocalsplus); i++) {
    Value v = r[i];
    r[i] = Value{};
    decref(v);
  }
  return false;
}

namespace {

// False: what the locals hold is the caller's to release.
bool bind_in_general(PyFunctionObject* f, PyCodeObject* code, Value* r, size_t n_positional, PyObject* kwnames) {
  const size_t argcount = code->co_argcount, kwonly = code->co_kwonlyargcount, total = argcount + kwonly;
  const bool var_positional = code->co_flags & CO_VARARGS, var_keyword = code->co_flags & CO_VARKEYWORDS;
  const size_t n_keywords = kwnames ? tuple_size(Value{kwnames}) : 0;

  // Move what does not stay in place out of the parameters' registers: extra positionals and keyword values.
  Value small[16];
  Value* keywords = small;
  if (n_keywords > 16) {
    keywords = static_cast<Value*>(object_malloc(n_keywords * sizeof(Value)));
    if (!keywords) {
      for (size_t i = 0; i < n_positional + n_keywords; i++) decref(r[i]);
      return raise_no_memory();
    }
  }
  for (size_t i = 0; i < n_keywords; i++) keywords[i] = r[n_positional + i];
  size_t taken_keywords = 0;  // keywords[0 … taken) were moved on
  const size_t in_place = n_positional < argcount ? n_positional : argcount;
  bool ok = true;
  Ref extra;  // *args; without them an error, but keywords are looked at first as CPython does
  if (var_positional || n_positional > in_place) {
    extra = tuple_take(r + in_place, static_cast<Py_ssize_t>(n_positional - in_place));
    ok = static_cast<bool>(extra);
    for (size_t i = in_place; !ok && i < n_positional; i++) decref(r[i]);
  }
  for (size_t i = in_place; i < static_cast<size_t>(code->co_nlocalsplus); i++) r[i] = Value{};
  if (ok && var_positional) r[total] = extra.release();
  Ref kwdict;
  if (ok && var_keyword) {
    kwdict = dict_new();
    ok = static_cast<bool>(kwdict);
    if (ok) r[total + var_positional] = Ref::copy(kwdict).release();
  }

  for (; ok && taken_keywords < n_keywords; taken_keywords++) {
    Value name = tuple_get(Value{kwnames}, taken_keywords);
    Value v = keywords[taken_keywords];
    if (!is_str(name)) {
      ok = raise(PyExc_TypeError, "%U() keywords must be strings", f->func_qualname);
      break;
    }
    size_t i = code->co_posonlyargcount;
    for (; i < total && parameter_name(code, i) != name; i++) {}
    if (i == total) {
      for (i = code->co_posonlyargcount; i < total && !str_equal(parameter_name(code, i), name); i++) {}
    }
    if (i < total) {
      if (r[i]) {
        ok = raise(PyExc_TypeError, "%U() got multiple values for argument '%S'", f->func_qualname, name);
        break;
      }
      r[i] = v;
    } else if (var_keyword) {
      ok = dict_set(kwdict, name, v);
      if (!ok) break;
      decref(v);
    } else {
      ok = false;
      if (!(code->co_posonlyargcount && positional_only_passed(f, code, kwnames))) raise_unexpected_keyword(f, name);
      break;
    }
  }
  for (size_t i = taken_keywords; i < n_keywords; i++) decref(keywords[i]);
  if (keywords != small) object_free(keywords);

  if (ok && extra) {
    raise_too_many(f, code, n_positional, r);
    ok = false;
  }
  if (ok && in_place < argcount) {
    size_t n_defaults = f->func_defaults ? tuple_size(Value{f->func_defaults}) : 0;
    size_t first_default = argcount - (n_defaults < argcount ? n_defaults : argcount);
    bool missing = false;
    for (size_t i = in_place; i < first_default; i++) missing = missing || r[i].absent();
    if (missing) {
      raise_missing(f, code, "positional", r, in_place, first_default);
      ok = false;
    } else {
      for (size_t i = in_place > first_default ? in_place : first_default; i < argcount; i++) {
        if (r[i].absent()) r[i] = Ref::copy(tuple_get(Value{f->func_defaults}, i - (argcount - n_defaults))).release();
      }
    }
  }
  if (ok && kwonly) {
    bool missing = false;
    for (size_t i = argcount; ok && i < total; i++) {
      if (r[i]) continue;
      Value v;
      if (f->func_kwdefaults) ok = dict_lookup(Value{f->func_kwdefaults}, parameter_name(code, i), &v) >= 0;
      if (v) r[i] = Ref::copy(v).release();
      else missing = true;
    }
    if (ok && missing) {
      raise_missing(f, code, "keyword-only", r, argcount, total);
      ok = false;
    }
  }
  return ok;
}

}  // namespace

// --- The call from C++ ------------------------------------------------------------------------------------------------------------
Frame* enter_function(Thread* t, PyFunctionObject* f, Value* registers, size_t n_positional, PyObject* kwnames) {
  PyCodeObject* code = code_of(f);
  size_t n = n_positional + (kwnames ? tuple_size(Value{kwnames}) : 0);
  auto fail = [&]() -> Frame* {
    ErrorKeeper keep;
    decref(reinterpret_cast<PyObject*>(f));
    return nullptr;
  };
  if (!need_code(code) || !enter_recursion("")) {
    ErrorKeeper keep;
    release_uncovered(registers, n);
    return fail();
  }
  size_t room = static_cast<size_t>(code_registers(code));
  if (room < n) room = n;
  bool new_chunk = false;
  if (registers + room > reinterpret_cast<Value*>(t->ts.datastack_limit)) {
    Value* space = stack_reserve(t, nullptr, room + kFrameWords, &new_chunk);
    if (!space) {
      release_uncovered(registers, n);
      leave_recursion();
      (void)raise_no_memory();
      return fail();
    }
    space += kFrameWords;
    memcpy(static_cast<void*>(space), registers, n * sizeof(Value));
    registers = space;
  }
  // Binding can run Python code (hashing, destructors) whose frames must lie above these registers.
  bool simple = simple_argcount(code) == static_cast<int>(n) && !kwnames;
  Frame* frame = frame_of(registers);
  frame->function = f;
  frame->code = code;
  frame->previous = current_frame(t);
  frame->pc = code_words(code);
  frame->locals = nullptr;
  frame->object = nullptr;
  frame->constants = tuple_words(Value{code->co_consts});
  frame->out = 0;
  frame->skip = 0;
  frame->flags = new_chunk ? kFrameChunk : 0;
  current_frame(t) = frame;
  bool ok = true;
  if (simple) {
    for (size_t i = n; i < static_cast<size_t>(code->co_nlocalsplus); i++) registers[i] = Value{};
  } else {
    ok = bind_arguments(f, code, registers, n_positional, kwnames);
  }
  if (ok) return frame;
  current_frame(t) = frame->previous;
  leave_recursion();
  if (new_chunk) stack_pop_chunk(t);
  return fail();
}

// Runs a frame that was (if new_chunk) given a chunk of its own; null: its preparation raised.
static Ref enter_loop(Thread* t, Frame* frame, bool new_chunk) {
  if (!frame) {
    if (new_chunk) stack_pop_chunk(t);
    return Ref{};
  }
  if (new_chunk) frame->flags |= kFrameChunk;
  return run_frame(t, frame);
}

bool native_stack_left();  // object/error.cpp

Ref call_function(Value callable, Args args) {
  if (ADDER_UNLIKELY(!native_stack_left())) return Ref{};
  Thread* t = this_thread();
  auto* f = function(callable);
  if (Value* top = args.kwnames ? nullptr : stack_top(t); top && enters_directly(t, f, top + kFrameWords, args.n)) {
    Value* registers = top + kFrameWords;
    for (size_t i = 0; i < args.n; i++) {
      incref(args.v[i]);
      registers[i] = args.v[i];
    }
    incref(callable);
    return run_frame(t, push_frame(t, current_frame(t), f, registers, args.n, 0, 0, 0));
  }
  size_t n = args.n + (args.kwnames ? tuple_size(Value{args.kwnames}) : 0);
  PyCodeObject* code = code_of(f);
  size_t room = static_cast<size_t>(code_registers(code)) > n ? code_registers(code) : n;
  bool new_chunk;
  Value* registers = stack_reserve(t, stack_top(t), room + kFrameWords, &new_chunk);
  if (!registers) return raise_no_memory();
  registers += kFrameWords;
  for (size_t i = 0; i < n; i++) {
    incref(args.v[i]);
    registers[i] = args.v[i];
  }
  incref(callable);
  Frame* frame = enter_function(t, f, registers, args.n, args.kwnames);
  return enter_loop(t, frame, new_chunk);
}

Ref run_code(PyCodeObject* code, PyObject* globals, Value locals, Value closure) {
  if (ADDER_UNLIKELY(!native_stack_left())) return Ref{};
  Thread* t = this_thread();
  Ref f = function_new(code, globals, Value{});
  if (!f) return Ref{};
  if (closure) f.as<PyFunctionObject>()->func_closure = Ref::copy(closure).release().object();
  bool new_chunk;
  Value* registers = stack_reserve(t, stack_top(t), code_registers(code) + kFrameWords, &new_chunk);
  if (!registers) return raise_no_memory();
  Frame* frame = enter_function(t, f.release().as<PyFunctionObject>(), registers + kFrameWords, 0, nullptr);
  if (frame && locals) {
    frame->locals = Ref::copy(locals).release().object();
    frame->flags |= kFrameSpecial;
  }
  return enter_loop(t, frame, new_chunk);
}

// --- The type -----------------------------------------------------------------------------------------------------------------------
namespace {

#define ADDER_FUNCTION_PARTS(DO) \
  DO(func_code) DO(func_globals) DO(func_builtins) DO(func_name) DO(func_qualname) DO(func_module) DO(func_defaults) DO(func_kwdefaults) \
  DO(func_doc) DO(func_dict) DO(func_closure) DO(func_annotations)

int function_clear(PyObject* o) {
  auto* f = reinterpret_cast<PyFunctionObject*>(o);
  // The code stays: it is never part of a cycle and needed by whoever still calls the function.
  Py_CLEAR(f->func_globals);
  Py_CLEAR(f->func_builtins);
  Py_CLEAR(f->func_module);
  Py_CLEAR(f->func_defaults);
  Py_CLEAR(f->func_kwdefaults);
  Py_CLEAR(f->func_doc);
  Py_CLEAR(f->func_dict);
  Py_CLEAR(f->func_closure);
  Py_CLEAR(f->func_annotations);
  return 0;
}
// For the collector: the names too, which may be of a str subclass, become empty.
int function_tp_clear(PyObject* o) {
  function_clear(o);
  auto* f = reinterpret_cast<PyFunctionObject*>(o);
  for (PyObject** name : {&f->func_name, &f->func_qualname}) {
    Ref empty = str_empty();
    PyObject* old = *name;
    *name = empty.release().object();
    decref(old);
  }
  return 0;
}
void function_dealloc(PyObject* o) {
  auto* f = reinterpret_cast<PyFunctionObject*>(o);
  gc_untrack(o);
  if (f->func_weakreflist) clear_weakrefs(o);
  function_clear(o);
  Py_XDECREF(f->func_code);
  Py_XDECREF(f->func_name);
  Py_XDECREF(f->func_qualname);
  gc_free(o);
}
int function_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* f = reinterpret_cast<PyFunctionObject*>(o);
#define ADDER_VISIT_PART(name) ADDER_VISIT(f->name);
  ADDER_FUNCTION_PARTS(ADDER_VISIT_PART)
#undef ADDER_VISIT_PART
  return 0;
}
Ref function_repr(Value self) { return str_format("<function %U at %p>", function(self)->func_qualname, self.object()); }
Ref function_call(Value self, Args args) { return call_function(self, args); }
Ref function_descr_get(Value self, Value object, Value) {
  if (object.absent() || is_none(object)) return Ref::copy(self);
  return method_new(self, object);
}

Ref or_none(PyObject* o) { return o ? Ref::copy(Value{o}) : none_ref(); }
void replace(PyObject** slot, Value v) {
  PyObject* old = *slot;
  *slot = v ? Ref::copy(v).release().object() : nullptr;
  Py_XDECREF(old);
}
Ref get_code(Value self) { return or_none(function(self)->func_code); }
// Whether a frame of any thread runs this function (generators hold their code themselves).
bool is_running(PyFunctionObject* f) {
  PyThreadState* first = current_thread();
  while (first->prev) first = first->prev;
  for (PyThreadState* ts = first; ts; ts = ts->next) {
    for (Frame* frame = current_frame(reinterpret_cast<Thread*>(ts)); frame; frame = frame->previous) {
      if (frame->function == f) return true;
    }
  }
  return false;
}
bool set_code(Value self, Value v) {
  if (!is_exact(v, &PyCode_Type)) return raise(PyExc_TypeError, "__code__ must be set to a code object");
  auto* f = function(self);
  Py_ssize_t free_vars = v.as<PyCodeObject>()->co_nfreevars;
  Py_ssize_t closure = f->func_closure ? tuple_size(Value{f->func_closure}) : 0;
  if (closure != free_vars)
    return raise(PyExc_ValueError, "%U() requires a code object with %zd free vars, not %zd", f->func_name, closure, free_vars);
  if (!is_running(f)) {
    replace(&f->func_code, v);
  } else {
    f->func_code = Ref::copy(v).release().object();  // the frames borrow the old code: it stays for good
  }
  f->func_version = 0;
  return true;
}
Ref get_defaults(Value self) { return or_none(function(self)->func_defaults); }
bool set_defaults(Value self, Value v) {
  if (v && is_none(v)) v = Value{};
  if (v && !is_tuple(v)) return raise(PyExc_TypeError, "__defaults__ must be set to a tuple object");
  replace(&function(self)->func_defaults, v);
  return true;
}
Ref get_kwdefaults(Value self) { return or_none(function(self)->func_kwdefaults); }
bool set_kwdefaults(Value self, Value v) {
  if (v && is_none(v)) v = Value{};
  if (v && !is_dict(v)) return raise(PyExc_TypeError, "__kwdefaults__ must be set to a dict object");
  replace(&function(self)->func_kwdefaults, v);
  return true;
}
// Annotations arrive as a tuple of names and values; the dict is made when first asked for.
Ref get_annotations(Value self) {
  auto* f = function(self);
  if (!f->func_annotations || is_exact_tuple(Value{f->func_annotations})) {
    Ref dict = dict_new();
    if (!dict) return Ref{};
    if (f->func_annotations) {
      Value pairs{f->func_annotations};
      for (Py_ssize_t i = 0; i + 1 < tuple_size(pairs); i += 2) {
        if (!dict_set(dict, tuple_get(pairs, i), tuple_get(pairs, i + 1))) return Ref{};
      }
    }
    replace(&f->func_annotations, dict);
  }
  return Ref::copy(Value{f->func_annotations});
}
bool set_annotations(Value self, Value v) {
  if (v && is_none(v)) v = Value{};
  if (v && !is_dict(v)) return raise(PyExc_TypeError, "__annotations__ must be set to a dict object");
  replace(&function(self)->func_annotations, v);
  return true;
}
Ref get_dict(Value self) {
  auto* f = function(self);
  if (!f->func_dict) {
    f->func_dict = dict_new().release().object();
    if (!f->func_dict) return Ref{};
  }
  return Ref::copy(Value{f->func_dict});
}
bool set_dict(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "cannot delete __dict__");
  if (!is_dict(v)) return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%.200s'", type_of(v)->tp_name);
  replace(&function(self)->func_dict, v);
  return true;
}
Ref get_name(Value self) { return or_none(function(self)->func_name); }
bool set_name(Value self, Value v) {
  if (!v || !is_str(v)) return raise(PyExc_TypeError, "__name__ must be set to a string object");
  replace(&function(self)->func_name, v);
  return true;
}
Ref get_qualname(Value self) { return or_none(function(self)->func_qualname); }
bool set_qualname(Value self, Value v) {
  if (!v || !is_str(v)) return raise(PyExc_TypeError, "__qualname__ must be set to a string object");
  replace(&function(self)->func_qualname, v);
  return true;
}

PyMemberDef function_members[] = {
    {"__closure__", T_OBJECT, offsetof(PyFunctionObject, func_closure), READONLY, nullptr},
    {"__doc__", T_OBJECT, offsetof(PyFunctionObject, func_doc), 0, nullptr},
    {"__globals__", T_OBJECT, offsetof(PyFunctionObject, func_globals), READONLY, nullptr},
    {"__module__", T_OBJECT, offsetof(PyFunctionObject, func_module), 0, nullptr},
    {"__builtins__", T_OBJECT, offsetof(PyFunctionObject, func_builtins), READONLY, nullptr},
    {}};
const GetSetRow function_getset[] = {
    getset<get_code, set_code>("__code__"),
    getset<get_defaults, set_defaults>("__defaults__"),
    getset<get_kwdefaults, set_kwdefaults>("__kwdefaults__"),
    getset<get_annotations, set_annotations>("__annotations__"),
    getset<get_dict, set_dict>("__dict__"),
    getset<get_name, set_name>("__name__"),
    getset<get_qualname, set_qualname>("__qualname__"),
    {}};

// types.FunctionType(code, globals, name=None, argdefs=None, closure=None)
Ref make_function(Value, const Value* a) {
  Value code = a[0], globals = a[1], name = a[2], defaults = a[3], closure = a[4];
  if (!is_exact(code, &PyCode_Type)) return raise(PyExc_TypeError, "function() argument 'code' must be code, not %.200s", type_of(code)->tp_name);
  if (!is_dict(globals)) return raise(PyExc_TypeError, "function() argument 'globals' must be dict, not %.200s", type_of(globals)->tp_name);
  if (name && !is_none(name) && !is_str(name)) return raise(PyExc_TypeError, "arg 3 (name) must be None or string");
  if (defaults && !is_none(defaults) && !is_tuple(defaults)) return raise(PyExc_TypeError, "arg 4 (defaults) must be None or tuple");
  auto* c = code.as<PyCodeObject>();
  bool has_closure = closure && !is_none(closure);
  if (has_closure ? !is_tuple(closure) : c->co_nfreevars != 0)
    return has_closure || c->co_nfreevars == 0 ? raise(PyExc_TypeError, "arg 5 (closure) must be None or tuple") : raise(PyExc_TypeError, "arg 5 (closure) must be tuple");
  Py_ssize_t n = has_closure ? tuple_size(closure) : 0;
  if (n != c->co_nfreevars) return raise(PyExc_ValueError, "%U requires closure of length %zd, not %zd", c->co_name, Py_ssize_t{c->co_nfreevars}, n);
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!is_exact(tuple_get(closure, i), &PyCell_Type))
      return raise(PyExc_TypeError, "arg 5 (closure) expected cell, found %s", type_of(tuple_get(closure, i))->tp_name);
  }
  Ref f = function_new(c, globals.object(), Value{});
  if (!f) return Ref{};
  auto* o = f.as<PyFunctionObject>();
  if (name && !is_none(name)) replace(&o->func_name, name);
  if (defaults && !is_none(defaults)) replace(&o->func_defaults, defaults);
  if (has_closure) replace(&o->func_closure, closure);
  return f;
}
const MethodRow make_function_row = method<make_function>("function", "(code, globals, name=None, argdefs=None, closure=None)", "");
Ref function_type_new(PyTypeObject*, Args args) { return call_row(make_function_row, Value{}, args); }

}  // namespace

extern const TypeDef function_def;
const TypeDef function_def{
    .type = &PyFunction_Type,
    .name = "function",
    .basicsize = sizeof(PyFunctionObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
    .doc = "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n"
           "  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables",
    .signature = "(code, globals, name=None, argdefs=None, closure=None)",
    .dealloc = function_dealloc,
    .traverse = function_traverse,
    .clear = function_tp_clear,
    .weaklistoffset = offsetof(PyFunctionObject, func_weakreflist),
    .dictoffset = offsetof(PyFunctionObject, func_dict),
    .vectorcall_offset = offsetof(PyFunctionObject, vectorcall),
    .slots = {.tp_repr = slot::Unary<function_repr>,
              .tp_call = slot::Call<function_call>,
              .tp_descr_get = slot::DescrGet<function_descr_get>,
              .tp_new = slot::New<function_type_new>},
    .getset = function_getset,
    .members = function_members,
};

}  // namespace adder
