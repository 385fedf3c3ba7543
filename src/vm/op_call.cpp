// Handlers of calls and returns: Python functions run in the same loop, without recursion in C++.
#include "object/builtin.h"
#include "object/shape.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/function.h"
#include "vm/generator.h"
#include "vm/interp.h"
#include "vm/trace.h"

namespace adder {

ADDER_VM_CC static void enter_frame(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);

// --- Entering a function ------------------------------------------------------------------------------------------------------
namespace {

// Puts the frame header before `registers` (arguments bound, other locals cleared) and makes it current.
inline void push_frame(Thread* t, PyFunctionObject* function, PyCodeObject* code, Value* registers, uint16_t out, uint8_t skip, uint8_t flags) {
  Frame* f = frame_of(registers);
  f->function = function;
  incref(reinterpret_cast<PyObject*>(code));
  f->code = code;
  f->previous = current_frame(t);
  f->pc = code_words(code);
  f->locals = nullptr;
  f->object = nullptr;
  f->constants = tuple_words(code->co_consts);
  f->out = out;
  f->skip = skip;
  f->flags = flags;
  current_frame(t) = f;
}
ADDER_NOINLINE bool too_deep(Thread* t) {
  t->ts.recursion_remaining++;
  bool ok = enter_recursion("");  // raises, unless headroom or a changed limit allows it
  return ok;
}

// The call's operands, the same for all forms.
struct Window {
  Value callable;
  Value* args;      // first argument, self included
  size_t n;         // arguments at args, keyword values included
  PyObject* kwnames;
};
// Where the callee's registers begin: at its arguments; those of a generator's call move to the stack for it. null: no space there.
inline Value* callee_registers(Thread* t, const Window& w, PyCodeObject* code) {
  Frame* caller = current_frame(t);
  bool moves = caller->flags & kFrameGenerator;
  Value* registers = ADDER_UNLIKELY(moves) ? generator_stack(caller) + kFrameWords : w.args;
  if (ADDER_UNLIKELY(registers + code_registers(code) > reinterpret_cast<Value*>(t->ts.datastack_limit))) return nullptr;
  if (ADDER_UNLIKELY(moves)) {
    for (size_t i = 0; i < w.n; i++) registers[i] = w.args[i];
  }
  return registers;
}
inline size_t positional(const Window& w) { return w.n - (w.kwnames ? tuple_size(Value{w.kwnames}) : 0); }

void release_args(const Window& w) {
  for (size_t i = w.n; i-- > 0;) decref(w.args[i]);
}

enum class Pushed { kFrame, kDone, kFailed };

// A call of a Python function whose arguments need binding, or whose frame needs a new chunk.
ADDER_NOINLINE Pushed push_slow(Thread* t, Window w, uint16_t out, uint8_t skip, uint8_t flags) {
  auto* function = w.callable.as<PyFunctionObject>();
  Value* registers = w.args;
  bool new_chunk = false;
  if (Frame* caller = current_frame(t); caller->flags & kFrameGenerator) {
    size_t room = std::max(w.n, static_cast<size_t>(code_registers(reinterpret_cast<PyCodeObject*>(function->func_code))));
    Value* space = stack_reserve(t, generator_stack(caller), kFrameWords + room, &new_chunk);
    if (!space) {
      release_args(w);
      decref(w.callable);
      (void)raise_no_memory();
      return Pushed::kFailed;
    }
    registers = space + kFrameWords;
    memcpy(static_cast<void*>(registers), w.args, w.n * sizeof(Value));
  }
  Frame* f = enter_function(t, function, registers, positional(w), w.kwnames);
  if (!f) {
    if (new_chunk) stack_pop_chunk(t);
    return Pushed::kFailed;
  }
  f->out = out;
  f->skip = skip;
  f->flags |= flags | (new_chunk ? kFrameChunk : 0);
  return Pushed::kFrame;
}

inline Pushed push_function(Thread* t, const Window& w, uint16_t out, uint8_t skip, uint8_t flags) {
  auto* function = w.callable.as<PyFunctionObject>();
  auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
  Value* registers = nullptr;
  if (ADDER_LIKELY(simple_argcount(code) == static_cast<int>(w.n) && w.kwnames == nullptr && (registers = callee_registers(t, w, code)))) {
    if (ADDER_UNLIKELY(--t->ts.recursion_remaining < 0 && !too_deep(t))) {
      release_args(w);
      decref(w.callable);
      return Pushed::kFailed;
    }
    Value* end = registers + code->co_nlocalsplus;
    for (Value* p = registers + w.n; p < end; p++) *p = Value{};
    push_frame(t, function, code, registers, out, skip, flags);
    return Pushed::kFrame;
  }
  return push_slow(t, w, out, skip, flags);
}

// A row of ours (builtin function, method of a builtin type), called without keywords and with as many arguments as it wants:
// its function at once. false: the general way is needed.
inline bool call_row_at_once(PyTypeObject* type, const Window& w, Ref* result) {
  const Value* args = w.args;
  size_t n = w.n;
  const PyMethodDef* def;
  Value self;
  if (type == &PyMethodDescr_Type) {
    auto* d = w.callable.as<PyMethodDescrObject>();
    if (n < 1 || w.kwnames) return false;
    self = *args++;
    n--;
    PyTypeObject* owner = d->d_common.d_type;
    if (type_of(self) != owner && !is_subtype(type_of(self), owner)) return false;
    def = d->d_method;
  } else if (type == &PyCFunction_Type && !w.kwnames) {
    auto* f = w.callable.as<PyCFunctionObject>();
    def = f->m_ml;
    if (def->ml_flags & METH_STATIC) return false;
    self = from_c_borrowed(f->m_self);
  } else {
    return false;
  }
  if (!(def->ml_flags & kMethRow)) return false;
  auto& row = *reinterpret_cast<const MethodRow*>(def);
  if (row.form == RowForm::kOne && n == 1) *result = row.one(self, args[0]);
  else if (row.form == RowForm::kNone && n == 0) *result = row.none(self);
  else if (row.form == RowForm::kRaw) *result = row.raw(self, Args{args, n, nullptr});
  else return false;
  return true;
}

// Everything that is no plain Python function. On kDone the result is in t->result.
ADDER_NOINLINE Pushed call_other(Thread* t, Window w, Value* window_base, uint16_t out, uint8_t skip) {
  PyTypeObject* type = type_of(w.callable);
  Args args{w.args, positional(w), w.kwnames};
  Ref result;
  if (type == &PyMethod_Type) {
    // A bound method of a Python function: self goes before the arguments (the window keeps a register free there).
    auto* m = w.callable.as<PyMethodObject>();
    if (is_exact(Value{m->im_func}, &PyFunction_Type) && w.args > window_base + kFrameWords) {
      Value function = Ref::copy(Value{m->im_func}).release();
      w.args[-1] = Ref::copy(from_c_borrowed(m->im_self)).release();
      decref(w.callable);
      return push_function(t, Window{function, w.args - 1, w.n + 1, w.kwnames}, out, skip, 0);
    }
  } else if (type == &PyType_Type && w.callable != Value{&PyType_Type}) {
    // A class with object.__new__ and a Python __init__: the instance waits in the window while __init__ runs as a frame here.
    auto* cls = w.callable.as<PyTypeObject>();
    const Slots& slots = slots_of(cls);
    if (slots.tp_new == slots_of(&PyBaseObject_Type).tp_new && type_has(cls, Py_TPFLAGS_HEAPTYPE) &&
        !type_has(cls, Py_TPFLAGS_IS_ABSTRACT) && w.args > window_base + kFrameWords) {
      Value init = type_lookup(cls, "__init__"_id);
      if (is_exact(init, &PyFunction_Type)) {
        PyObject* instance = allocate_instance(cls);
        if (!instance) {
          release_args(w);
          decref(w.callable);
          return Pushed::kFailed;
        }
        incref(init);
        incref(instance);
        w.args[-1] = Value{instance};
        decref(w.callable);
        Pushed p = push_function(t, Window{init, w.args - 1, w.n + 1, w.kwnames}, out, skip, kFrameConstructor);
        if (p == Pushed::kFrame) current_frame(t)->locals = instance;  // it waits there for __init__ to return
        else decref(instance);
        return p;
      }
    }
  }
  Ref profiled;
  if (ADDER_LIKELY(!t->ts.c_profilefunc) || profile_c_call(t, w.callable, args.n ? args[0] : Value{}, &profiled)) {
    if (!call_row_at_once(type, w, &result)) result = call(w.callable, args);
    if (ADDER_UNLIKELY(static_cast<bool>(profiled))) profile_c_return(t, profiled, &result);
  }
  release_args(w);
  decref(w.callable);
  if (!result) return Pushed::kFailed;
  // Signals that came during the call are seen behind it, as in CPython: interrupt_main() raises where it stands.
  if (ADDER_UNLIKELY(breaker_set()) && !poll_breaker(t)) return Pushed::kFailed;
  t->result = result.release();
  return Pushed::kDone;
}

template <bool method, bool keywords>
inline Window window_of(const Word* pc, Value* r) {
  Word w = *pc;
  Value* base = r + field_b(w);
  size_t n = field_c(w);
  PyObject* names = keywords ? constant(r, pc[1]).object() : nullptr;
  if (method && base[kFrameWords]) return {base[0], base + kFrameWords, n + 1, names};
  return {base[0], base + kFrameWords + 1, n, names};
}

#define ADDER_CALL_BODY(NAME, METHOD, KEYWORDS)                                                                   \
  save_pc(r, pc);                                                                                                 \
  Window w = window_of<METHOD, KEYWORDS>(pc, r);                                                                  \
  Pushed pushed = is_exact(w.callable, &PyFunction_Type)                                                          \
                      ? push_function(t, w, field_a(*pc), words_of<Op::k##NAME>, 0)                               \
                      : call_other(t, w, r + field_b(*pc), field_a(*pc), words_of<Op::k##NAME>);                  \
  if (ADDER_LIKELY(pushed == Pushed::kFrame)) {                                                                   \
    if (ADDER_UNLIKELY(breaker_set() || t->handlers != kHandlers)) [[clang::musttail]] return enter_frame(pc, r, t, handlers); \
    r = current_frame(t)->registers();                                                                            \
    pc = frame_of(r)->pc;                                                                                         \
    ADDER_DISPATCH();                                                                                             \
  }                                                                                                               \
  if (ADDER_UNLIKELY(pushed == Pushed::kFailed)) ADDER_UNWIND();                                                  \
  handlers = t->handlers;                                                                                         \
  write(r, field_a(*pc), t->result);                                                                              \
  ADDER_NEXT(NAME)

}  // namespace

bool poll_at(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  return poll_breaker(t);
}

// Continues in the current (just pushed) frame after seeing to signals and tracing.
ADDER_VM_CC static void enter_frame(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  r = current_frame(t)->registers();
  pc = frame_of(r)->pc;
  if (breaker_set() && !poll_at(pc, r, t)) ADDER_UNWIND();
  handlers = t->handlers;
  if (handlers != kHandlers && !trace_call(t, frame_of(r))) ADDER_UNWIND();
  ADDER_DISPATCH();
}

ADDER_HANDLER(CALL) { ADDER_CALL_BODY(CALL, false, false); }
ADDER_HANDLER(CALL_METHOD) { ADDER_CALL_BODY(CALL_METHOD, true, false); }
ADDER_HANDLER(CALL_KW) { ADDER_CALL_BODY(CALL_KW, false, true); }
ADDER_HANDLER(CALL_METHOD_KW) { ADDER_CALL_BODY(CALL_METHOD_KW, true, true); }

static ADDER_NOINLINE bool call_ex(const Word* pc, Value* r) {
  save_pc(r, pc);
  Value* base = r + field_b(*pc);
  bool has_kwargs = field_c(*pc) != 0;
  Thread* t = this_thread();
  Ref result, profiled;
  if (ADDER_LIKELY(!t->ts.c_profilefunc) || profile_c_call(t, base[0], is_tuple(base[1]) && tuple_size(base[1]) ? tuple_get(base[1], 0) : Value{}, &profiled)) {
    result = call_tuple_dict(base[0], base[1], has_kwargs ? base[2] : Value{});
    if (ADDER_UNLIKELY(static_cast<bool>(profiled))) profile_c_return(t, profiled, &result);
  }
  if (has_kwargs) decref(base[2]);
  decref(base[1]);
  decref(base[0]);
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_HANDLER(CALL_EX) {
  if (ADDER_UNLIKELY(!call_ex(pc, r))) ADDER_UNWIND();
  handlers = t->handlers;
  ADDER_NEXT(CALL_EX);
}

// --- Leaving ------------------------------------------------------------------------------------------------------------------
namespace {

// What a call of a class gives when its __init__ returned `result` (consumed): the instance, or absent with TypeError.
ADDER_NOINLINE Value constructor_result(Frame* f, Value result) {
  Value instance{f->locals};
  f->locals = nullptr;
  if (is_none(result)) {
    decref(result);
    return instance;
  }
  (void)raise(PyExc_TypeError, "__init__() should return None, not '%.200s'", type_of(result)->tp_name);
  decref(result);
  decref(instance);
  return Value{};
}
ADDER_NOINLINE void finish_with_object(Frame* f) { frame_finish(f); }

// Ends the current frame with a result (owned), which goes to t->result. True: the caller's frame goes on; false: leave the loop.
inline bool pop_frame(Thread* t, Value* r, Value result) {
  Frame* f = frame_of(r);
  Frame* caller = f->previous;
  t->ts.recursion_remaining++;
  if (ADDER_UNLIKELY(f->flags & kFrameConstructor)) result = constructor_result(f, result);
  if (ADDER_UNLIKELY(f->object != nullptr || f->locals != nullptr || (f->flags & (kFrameGenerator | kFrameChunk)))) {
    finish_with_object(f);
  } else {
    PyCodeObject* code = f->code;
    for (int i = 0, n = code->co_nlocalsplus; i < n; i++) decref(r[i]);
    decref(reinterpret_cast<PyObject*>(f->function));
    decref(reinterpret_cast<PyObject*>(code));
  }
  current_frame(t) = caller;
  t->result = result;  // only now: releasing the locals may have run other frames
  return !(f->flags & kFrameEntry);
}

}  // namespace

ADDER_VM_CC void resume_caller(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Frame* done = frame_of(r);
  Frame* caller = current_frame(t);
  uint16_t out = done->out;
  uint8_t skip = done->skip;
  r = caller->registers();
  pc = caller->pc;
  if (ADDER_UNLIKELY(t->result.absent())) ADDER_UNWIND();
  write(r, out, t->result);
  pc += skip;
  ADDER_DISPATCH();
}

static ADDER_NOINLINE bool trace_leaving(Thread* t, Value* r, Value result) {
  if (trace_return(t, frame_of(r), result)) return true;
  decref(result);
  return false;
}

ADDER_HANDLER(RETURN) {
  Value result = take(r, field_a(*pc));
  save_pc(r, pc);
  if (ADDER_UNLIKELY(handlers != kHandlers && !trace_leaving(t, r, result))) ADDER_UNWIND();
  bool generator = frame_of(r)->flags & kFrameGenerator;
  if (ADDER_UNLIKELY(!pop_frame(t, r, result))) return;
  if (ADDER_UNLIKELY(generator)) [[clang::musttail]] return generator_returned(pc, r, t, handlers);
  [[clang::musttail]] return resume_caller(pc, r, t, handlers);
}
ADDER_HANDLER(RETURN_CONST) {
  Value result = constant(r, field_bc(*pc));
  incref(result);
  save_pc(r, pc);
  if (ADDER_UNLIKELY(handlers != kHandlers && !trace_leaving(t, r, result))) ADDER_UNWIND();
  bool generator = frame_of(r)->flags & kFrameGenerator;
  if (ADDER_UNLIKELY(!pop_frame(t, r, result))) return;
  if (ADDER_UNLIKELY(generator)) [[clang::musttail]] return generator_returned(pc, r, t, handlers);
  [[clang::musttail]] return resume_caller(pc, r, t, handlers);
}

// --- Functions ------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(MAKE_FUNCTION) {
  save_pc(r, pc);
  Value* parts = r + field_b(*pc);
  unsigned present = field_c(*pc);
  Frame* f = frame_of(r);
  Ref function = function_new(constant(r, pc[1]).as<PyCodeObject>(), frame_globals(f), Value{});
  PyFunctionObject* o = function.as<PyFunctionObject>();
  PyObject** fields[4] = {};
  if (o) {
    fields[0] = &o->func_defaults;
    fields[1] = &o->func_kwdefaults;
    fields[2] = &o->func_annotations;
    fields[3] = &o->func_closure;
  }
  for (int i = 0; i < 4; i++) {
    if (!(present >> i & 1)) continue;
    if (o) *fields[i] = parts[i].object();
    else decref(parts[i]);
  }
  return write_ref(r, field_a(*pc), std::move(function));
}
ADDER_SLOW_OP(LOAD_BUILD_CLASS) {
  save_pc(r, pc);
  PyObject* builtins = frame_builtins(frame_of(r));
  Ref f;
  if (is_exact_dict(builtins)) {
    f = Ref::copy(dict_get_str(builtins, "__build_class__"_id));
    if (!f) return raise(PyExc_NameError, "__build_class__ not found");
  } else {
    f = get_item(builtins, "__build_class__"_id);
    if (!f && error_matches(PyExc_KeyError)) {
      clear_error();
      return raise(PyExc_NameError, "__build_class__ not found");
    }
  }
  return write_ref(r, field_a(*pc), std::move(f));
}

}  // namespace adder
