// Handlers of calls and returns: Python functions run in the same loop, without recursion in C++.
#include <algorithm>
#include "object/builtin.h"
#include "object/sequence.h"
#include "object/shape.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/call.h"
#include "vm/generator.h"
#include "vm/nodes.h"
#include "vm/trace.h"

namespace adder {

// --- Entering a function ------------------------------------------------------------------------------------------------------
namespace {

// The call's operands, the same for all forms.
struct Window {
  Value callable;
  Value* args;      // first argument, self included
  size_t n;         // arguments at args, keyword values included
  PyObject* kwnames;
};
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
  // What a generator calls gets its arguments moved to the stack.
  Frame* caller = current_frame(t);
  Value* registers = w.args;
  if (ADDER_UNLIKELY(caller->flags & kFrameGenerator)) {
    registers = generator_stack(caller);
    if (registers) registers += kFrameWords;
  }
  if (ADDER_UNLIKELY(!registers || w.kwnames != nullptr || !enters_directly(t, function, registers, w.n))) return push_slow(t, w, out, skip, flags);
  if (ADDER_UNLIKELY(registers != w.args)) {
    for (size_t i = 0; i < w.n; i++) registers[i] = w.args[i];
  }
  push_frame(t, caller, function, registers, w.n, out, skip, flags);
  return Pushed::kFrame;
}

// Nodes before a call: those that it does not take are run.
inline bool met_by_call(Thread* t, const Window& w) { return meet_nodes_in_call(current_frame(t), w.callable, w.args, w.n, w.kwnames); }

// On kDone the result is in t->result.
ADDER_NOINLINE Pushed call_any(Thread* t, Window w, Value* window_base, uint16_t out, uint8_t skip) {
  PyTypeObject* type = type_of(w.callable);
  if (type == &PyFunction_Type) return push_function(t, w, out, skip, 0);
  Args args{w.args, positional(w), w.kwnames};
  Ref result;
  if (w.callable == Value{&PyType_Type} && w.n == 1 && !w.kwnames) {
    t->result = Ref::copy(Value{type_of(args[0])}).release();
    release_args(w);
    decref(w.callable);
    return Pushed::kDone;
  }
  if (type == &PyMethod_Type) {
    // A bound method of a Python function: self goes before the arguments (the window keeps a register free there).
    auto* m = w.callable.as<PyMethodObject>();
    if (is_exact(Value{m->im_func}, &PyFunction_Type) && w.args > window_base + kFrameWords) {
      Value function = Ref::copy(Value{m->im_func}).release();
      w.args[-1] = Ref::copy(from_c_borrowed(m->im_self)).release();
      decref(w.callable);
      return push_function(t, Window{function, w.args - 1, w.n + 1, w.kwnames}, out, skip, 0);
    }
  } else if (slots_of(type).tp_call == &type_call && w.callable != Value{&PyType_Type}) {
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
  const unsigned endings = nodes.endings;
  if (ADDER_LIKELY(!t->ts.c_profilefunc) || profile_c_call(t, w.callable, args.n ? args[0] : Value{}, &profiled)) {
    if (ADDER_LIKELY(!nodes.type) || met_by_call(t, w)) result = call(w.callable, args);
    nodes.site = nullptr;
    if (ADDER_UNLIKELY(!result) && nodes.pending) settle_beside_exception();  // before arguments that are nodes go
    if (ADDER_UNLIKELY(static_cast<bool>(profiled))) profile_c_return(t, profiled, &result);
  }
  release_args(w);
  decref(w.callable);
  if (!result) return Pushed::kFailed;
  // Signals that came during the call are seen behind it, as in CPython: interrupt_main() raises where it stands.
  if (ADDER_UNLIKELY(breaker_set_beyond(kBreakNode)) && !poll_breaker(t)) return Pushed::kFailed;
  if (!meet_result(current_frame(t), &result, endings)) return Pushed::kFailed;
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

// A call in all its forms; the instruction's own handler has the straight path.
#define ADDER_CALL_IN_GENERAL(NAME, METHOD, KEYWORDS)                                                             \
  save_pc(r, pc);                                                                                                 \
  Window w = window_of<METHOD, KEYWORDS>(pc, r);                                                                  \
  Pushed pushed = call_any(t, w, r + field_b(*pc), field_a(*pc), words_of<Op::k##NAME>);                          \
  if (ADDER_LIKELY(pushed == Pushed::kFrame)) ADDER_ENTER(current_frame(t));                                      \
  if (ADDER_UNLIKELY(pushed == Pushed::kFailed)) ADDER_UNWIND();                                                  \
  if (handlers != kNodeHandlers) handlers = t->handlers;                                                          \
  write(r, field_a(*pc), t->result);                                                                              \
  ADDER_NEXT(NAME)
// A Python function that takes these arguments as they lie. The code that was met here before stands in the cache: what is executed next
// need not wait for the function.
#define ADDER_CALL_DIRECTLY(NAME, METHOD)                                                                         \
  Value* base = r + field_b(pc);                                                                                  \
  size_t n = field_c(pc);                                                                                         \
  Value* args = base + kFrameWords + 1;                                                                           \
  if (METHOD && base[kFrameWords]) {                                                                              \
    args--;                                                                                                       \
    n++;                                                                                                          \
  }                                                                                                               \
  asm("" : "+r"(args)); /* computed once; the frame is addressed from there */                                    \
  if (ADDER_UNLIKELY(!is_exact(base[0], &PyFunction_Type))) [[clang::musttail]] return NAME##_of_builtin(pc, r, t, handlers); \
  if (ADDER_UNLIKELY(frame_of(r)->flags & kFrameGenerator)) [[clang::musttail]] return NAME##_from_generator(pc, r, t, handlers); \
  auto* function = base[0].as<PyFunctionObject>();                                                                \
  auto* code = reinterpret_cast<PyCodeObject*>(pc[1]);                                                            \
  if (ADDER_UNLIKELY(function->func_code != reinterpret_cast<PyObject*>(code))) {                                 \
    code = reinterpret_cast<PyCodeObject*>(function->func_code);                                                  \
    *cache_of(pc) = reinterpret_cast<Word>(code);                                                                 \
  }                                                                                                               \
  if (ADDER_UNLIKELY(!enters_directly(t, code, args, n))) [[clang::musttail]] return NAME##_by_binding(pc, r, t, handlers); \
  save_pc(r, pc);                                                                                                 \
  Frame* f = push_frame(t, frame_of(r), function, code, args, n, field_a(pc), words_of<Op::k##NAME>, 0);          \
  ADDER_ENTER_CODE(f, code)

// --- Functions that need a little more: called from a generator, whose registers lie in its object, or with defaults or *args ---------
// Whether n positional arguments lying at `registers` need no more than defaults and a tuple for *args.
inline bool binds_plainly(Thread* t, PyFunctionObject* function, Value* registers, size_t n) {
  auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
  const int simple = simple_argcount(code);
  if (simple != static_cast<int>(n)) {
    if (simple == -1) return false;
    const size_t argcount = static_cast<size_t>(code->co_argcount);
    if (n > argcount ? simple >= 0
                     : n < argcount && !(function->func_defaults && n + static_cast<size_t>(tuple_size(Value{function->func_defaults})) >= argcount)) {
      return false;
    }
  }
  const size_t room = std::max(n, room_for_registers(code));
  return registers + room <= reinterpret_cast<Value*>(t->ts.datastack_limit) && t->ts.recursion_remaining > 0;
}
// Puts the frame of such a call before its arguments. Takes over function and arguments. null: MemoryError.
ADDER_NOINLINE Frame* push_binding(Thread* t, PyFunctionObject* function, Value* registers, size_t n, uint16_t out, uint8_t skip) {
  auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
  const size_t argcount = static_cast<size_t>(code->co_argcount);
  Frame* f = push_frame(t, current_frame(t), function, code, registers, n, out, skip, 0);
  if (simple_argcount(code) < 0) {
    Ref rest = tuple_take(registers + argcount, n > argcount ? static_cast<Py_ssize_t>(n - argcount) : 0);
    if (ADDER_UNLIKELY(!rest)) {
      current_frame(t) = f->previous;
      t->ts.recursion_remaining++;
      while (n > 0) decref(registers[--n]);
      decref(reinterpret_cast<PyObject*>(function));
      return nullptr;
    }
    registers[argcount] = rest.release();
  }
  if (n < argcount) {
    const Value defaults{function->func_defaults};
    for (size_t i = n, first = argcount - static_cast<size_t>(tuple_size(defaults)); i < argcount; i++) registers[i] = Ref::copy(tuple_get(defaults, static_cast<Py_ssize_t>(i - first))).release();
  }
  return f;
}
template <Op op, bool method, Handler general>
ADDER_NOINLINE ADDER_VM_CC void call_by_binding(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  const Window w = window_of<method, false>(pc, r);
  auto* function = w.callable.as<PyFunctionObject>();
  Value* registers = w.args;
  if (frame_of(r)->flags & kFrameGenerator) {
    registers = generator_stack(frame_of(r));
    if (ADDER_UNLIKELY(!registers)) [[clang::musttail]] return general(pc, r, t, handlers);
    registers += kFrameWords;
  }
  if (ADDER_UNLIKELY(!binds_plainly(t, function, registers, w.n))) [[clang::musttail]] return general(pc, r, t, handlers);
  if (registers != w.args) {
    for (size_t i = 0; i < w.n; i++) registers[i] = w.args[i];
  }
  save_pc(r, pc);
  Frame* f = simple_argcount(reinterpret_cast<PyCodeObject*>(function->func_code)) == static_cast<int>(w.n)
                 ? push_frame(t, frame_of(r), function, registers, w.n, field_a(*pc), words_of<op>, 0)
                 : push_binding(t, function, registers, w.n, field_a(*pc), words_of<op>);
  if (ADDER_UNLIKELY(!f)) ADDER_UNWIND();
  ADDER_ENTER(f);
}
// A generator's registers lie in its object: the arguments move to the stack.
template <Op op, bool method, Handler by_binding>
ADDER_VM_CC void call_from_generator(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  const Window w = window_of<method, false>(pc, r);
  auto* function = w.callable.as<PyFunctionObject>();
  auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
  Value* registers = generator_stack(frame_of(r));
  if (ADDER_UNLIKELY(!registers || !enters_directly(t, code, registers + kFrameWords, w.n))) [[clang::musttail]] return by_binding(pc, r, t, handlers);
  registers += kFrameWords;
  for (size_t i = 0; i < w.n; i++) {
    registers[i] = w.args[i];
    asm("" : "+r"(i));  // a few words: not unrolled
  }
  save_pc(r, pc);
  Frame* f = push_frame(t, frame_of(r), function, code, registers, w.n, field_a(pc), words_of<op>, 0);
  ADDER_ENTER_CODE(f, code);
}
constexpr Handler CALL_by_binding = call_by_binding<Op::kCALL, false, &CALL_in_general>;
constexpr Handler CALL_METHOD_by_binding = call_by_binding<Op::kCALL_METHOD, true, &CALL_METHOD_in_general>;
constexpr Handler CALL_from_generator = call_from_generator<Op::kCALL, false, CALL_by_binding>;
constexpr Handler CALL_METHOD_from_generator = call_from_generator<Op::kCALL_METHOD, true, CALL_METHOD_by_binding>;

}  // namespace

bool poll_at(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  return poll_breaker(t);
}

// Continues in the current (just pushed) frame after seeing to signals and tracing.
ADDER_VM_CC void enter_frame(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  r = current_frame(t)->registers();
  pc = frame_of(r)->pc;
  if (breaker_set() && !poll_at(pc, r, t)) ADDER_UNWIND();
  handlers = t->handlers;
  if (handlers != kHandlers && !trace_call(t, frame_of(r))) ADDER_UNWIND();
  pc += words_of<Op::kRESUME>;
  ADDER_DISPATCH();
}

ADDER_VM_CC void CALL_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) { ADDER_CALL_IN_GENERAL(CALL, false, false); }
ADDER_VM_CC void CALL_METHOD_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) { ADDER_CALL_IN_GENERAL(CALL_METHOD, true, false); }
ADDER_HANDLER(CALL) { ADDER_CALL_DIRECTLY(CALL, false); }
ADDER_HANDLER(CALL_METHOD) { ADDER_CALL_DIRECTLY(CALL_METHOD, true); }
ADDER_HANDLER(CALL_KW) { ADDER_CALL_IN_GENERAL(CALL_KW, false, true); }
ADDER_HANDLER(CALL_METHOD_KW) { ADDER_CALL_IN_GENERAL(CALL_METHOD_KW, true, true); }

// --- f(*args, **kwargs) -------------------------------------------------------------------------------------------------------
namespace {

// The names of a dict's entries if all are str; otherwise empty, with or without an exception.
Ref keyword_names(Value dict) {
  const Py_ssize_t n = dict_size(dict);
  Ref names = tuple_new(n);
  if (!names || dict_size(dict) != n) return Ref{};  // a finalizer changed it
  Py_ssize_t position = 0;
  Value k, v;
  for (Py_ssize_t i = 0; dict_next(dict, &position, &k, &v); i++) {
    if (!is_str(k)) return Ref{};
    tuple_init(names, i, Ref::copy(k));
  }
  return names;
}
// Spreads the arguments for a Python function, or a method of one, where its registers will be: behind this frame's. kDone: not this way.
Pushed push_spread(const Word* pc, Value* r, Thread* t, Value callable, Value tuple, Value dict) {
  Value function = callable, self;
  if (is_exact(callable, &PyMethod_Type)) {
    function = Value{callable.as<PyMethodObject>()->im_func};
    self = from_c_borrowed(callable.as<PyMethodObject>()->im_self);
  }
  if (!is_exact(function, &PyFunction_Type) || !is_exact_tuple(tuple) || (dict && !is_exact_dict(dict))) return Pushed::kDone;
  auto* f = function.as<PyFunctionObject>();
  Ref names;
  if (dict && dict_size(dict)) {
    names = keyword_names(dict);
    if (!names) return error_occurred() ? Pushed::kFailed : Pushed::kDone;
  }
  const size_t n = static_cast<size_t>(tuple_size(tuple)) + !self.absent(), total = n + (names ? static_cast<size_t>(dict_size(dict)) : 0);
  const size_t room = std::max(total, static_cast<size_t>(code_registers(reinterpret_cast<PyCodeObject*>(f->func_code))));
  Value* args = frame_end(frame_of(r)) + kFrameWords;
  if (args + room > reinterpret_cast<Value*>(t->ts.datastack_limit)) return Pushed::kDone;
  Value* p = args;
  if (self) *p++ = self;
  for (Py_ssize_t i = 0; p < args + n; i++) *p++ = tuple_get(tuple, i);
  if (names) {
    Py_ssize_t position = 0;
    Value k;
    while (dict_next(dict, &position, &k, p)) p++;
  }
  for (Value* a = args; a < p; a++) incref(*a);
  incref(function);
  const uint16_t out = field_a(*pc);
  constexpr uint8_t skip = words_of<Op::kCALL_EX>;
  if (!names && enters_directly(t, f, args, n)) {
    push_frame(t, frame_of(r), f, args, n, out, skip, 0);
  } else {
    Frame* pushed = enter_function(t, f, args, n, names ? names.object() : nullptr);
    if (!pushed) return Pushed::kFailed;
    pushed->out = out;
    pushed->skip = skip;
  }
  return Pushed::kFrame;
}
ADDER_NOINLINE Pushed call_ex(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  Value* base = r + field_b(*pc);
  Value callable = base[0], tuple = base[1], dict = field_c(*pc) ? base[2] : Value{};
  Pushed pushed = push_spread(pc, r, t, callable, tuple, dict);
  Ref result, profiled;
  if (pushed == Pushed::kDone) {
    if (ADDER_LIKELY(!t->ts.c_profilefunc) || profile_c_call(t, callable, is_tuple(tuple) && tuple_size(tuple) ? tuple_get(tuple, 0) : Value{}, &profiled)) {
      result = call_tuple_dict(callable, tuple, dict);
      if (ADDER_UNLIKELY(static_cast<bool>(profiled))) profile_c_return(t, profiled, &result);
    }
    if (!result) pushed = Pushed::kFailed;
  }
  // The callee's frame is on the stack by now: what a release runs lies above it.
  decref(dict);
  decref(tuple);
  decref(callable);
  if (pushed == Pushed::kDone) t->result = result.release();
  return pushed;
}

}  // namespace

static ADDER_NOINLINE ADDER_HANDLER(CALL_EX_general) {
  Pushed pushed = call_ex(pc, r, t);
  if (ADDER_LIKELY(pushed == Pushed::kFrame)) ADDER_ENTER(current_frame(t));
  if (ADDER_UNLIKELY(pushed == Pushed::kFailed)) ADDER_UNWIND();
  handlers = t->handlers;
  write(r, field_a(*pc), t->result);
  ADDER_NEXT(CALL_EX);
}
// A Python function with the items of a tuple that others hold, too.
ADDER_HANDLER(CALL_EX) {
  Value* base = r + field_b(pc);
  Value tuple = base[1];
  if (ADDER_UNLIKELY(field_c(pc) || !is_exact(base[0], &PyFunction_Type) || !is_exact_tuple(tuple) || refcount(tuple.object()) == 1 ||
                     c_visible(tuple.object()) || frame_of(r)->flags & kFrameGenerator)) {
    [[clang::musttail]] return op_CALL_EX_general(pc, r, t, handlers);
  }
  auto* function = base[0].as<PyFunctionObject>();
  const size_t n = static_cast<size_t>(tuple_size(tuple));
  Value* args = frame_end(frame_of(r)) + kFrameWords;
  if (ADDER_UNLIKELY(!binds_plainly(t, function, args, n))) [[clang::musttail]] return op_CALL_EX_general(pc, r, t, handlers);
  --refcount(tuple.object());
  for (size_t i = 0; i < n; i++) {
    Value v = tuple_words(tuple)[i];
    incref(v);
    args[i] = v;
  }
  save_pc(r, pc);
  Frame* f = simple_argcount(reinterpret_cast<PyCodeObject*>(function->func_code)) == static_cast<int>(n)
                 ? push_frame(t, frame_of(r), function, args, n, field_a(pc), words_of<Op::kCALL_EX>, 0)
                 : push_binding(t, function, args, n, field_a(pc), words_of<Op::kCALL_EX>);
  if (ADDER_UNLIKELY(!f)) ADDER_UNWIND();
  ADDER_ENTER(f);
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

// Ends the current frame with a result (owned), which goes to t->result. True: the caller's frame goes on; false: leave the loop.
bool pop_frame(Thread* t, Value* r, Value result) {
  Frame* f = frame_of(r);
  Frame* caller = f->previous;
  uint8_t flags = f->flags;
  t->ts.recursion_remaining++;
  if (flags & kFrameConstructor) result = constructor_result(f, result);
  frame_finish(f);
  current_frame(t) = caller;
  t->result = result;  // only now: releasing the locals may have run other frames
  return !(flags & kFrameEntry);
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

// Releases the locals of a frame that nobody sees. While their destructors run, Python code does not see the frame, and C finds it complete
// and them unbound. false: yet one of them looked.
constexpr uint8_t kFrameQuiet = kFrameEntry | kFrameConstructor | kFrameGenerator | kFrameLeaving;
[[clang::preserve_most]] static ADDER_NOINLINE bool release_others(Value* r, Value* at, const Word* pc) {
  save_pc(r, pc);
  frame_of(r)->flags |= kFrameLeaving;
  const Value* end = r + frame_of(r)->code->co_nlocalsplus;
  for (Value* p = at; p < end; p++) {
    Value v = *p;
    *p = Value{};
    release(v);
  }
  return !(frame_of(r)->flags & ~kFrameQuiet);
}
static ADDER_INLINE bool release_locals(Value* r, const Word* pc, PyCodeObject* code) {
  for (Value *p = r, *end = r + code->co_nlocalsplus; p < end; p++) {
    Value v = *p;
    if (v.is_object()) {
      if (ADDER_UNLIKELY(refcount(v.object()) == 1)) return release_others(r, p, pc);
      --refcount(v.object());
    }
    *p = Value{};
  }
  return true;
}
// Returns t->result from a frame that is not plain: of a generator, seen by somebody, traced, at the start of a chunk.
ADDER_VM_CC static void return_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value result = t->result;
  t->result = Value{};
  save_pc(r, pc);
  if (ADDER_UNLIKELY(handlers != kHandlers && !trace_leaving(t, r, result))) ADDER_UNWIND();
  Frame* f = frame_of(r);
  bool generator = f->flags & kFrameGenerator;
  if (ADDER_LIKELY(f->flags == kFrameGenerator && !f->object && !f->locals)) {
    // A generator that this loop resumed, and nobody looks at.
    if (ADDER_LIKELY(release_locals(r, pc, f->code))) {
      t->ts.recursion_remaining++;
      current_frame(t) = f->previous;
      PyFunctionObject* function = f->function;
      generator_finish(t, generator_of(f));
      release(Value{reinterpret_cast<PyObject*>(function)});
      t->result = result;
      [[clang::musttail]] return generator_returned(pc, r, t, handlers);
    }
  }
  if (ADDER_UNLIKELY(!pop_frame(t, r, result))) return;
  if (generator) [[clang::musttail]] return generator_returned(pc, r, t, handlers);
  [[clang::musttail]] return resume_caller(pc, r, t, handlers);
}
// The frame, which has nothing to release any more, goes; its caller goes on with `result` (owned).
#define ADDER_GO_BACK(RESULT)                                           \
  do {                                                                  \
    const Frame* left = frame_of(r);                                    \
    const uint16_t out = left->out;                                     \
    const uint8_t skip = left->skip;                                    \
    auto* function = reinterpret_cast<PyObject*>(left->function);       \
    Frame* caller = left->previous;                                     \
    t->ts.recursion_remaining++;                                        \
    current_frame(t) = caller;                                          \
    r = caller->registers();                                            \
    pc = caller->pc + skip;                                             \
    if (ADDER_UNLIKELY(--refcount(function) == 0)) destroy(function);   \
    write(r, out, RESULT);                                              \
    ADDER_DISPATCH();                                                   \
  } while (0)

// Returns t->result from a frame with flags.
ADDER_VM_CC static void return_with_flags(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Frame* f = frame_of(r);
  constexpr uint8_t plain = kFrameEntry | kFrameConstructor;
  if (handlers != kHandlers || f->flags & ~plain || (f->flags & kFrameConstructor && !is_none(t->result))) {
    [[clang::musttail]] return return_in_general(pc, r, t, handlers);
  }
  Value result = t->result;
  if (ADDER_UNLIKELY(!release_locals(r, pc, f->code))) {
    t->result = result;
    [[clang::musttail]] return return_in_general(pc, r, t, handlers);
  }
  if (f->flags & kFrameConstructor) {
    decref(result);
    result = Value{f->locals};
  }
  if (f->flags & kFrameEntry) {
    PyFunctionObject* function = f->function;
    t->ts.recursion_remaining++;
    current_frame(t) = f->previous;
    decref(reinterpret_cast<PyObject*>(function));
    t->result = result;
    return;
  }
  ADDER_GO_BACK(result);
}
static inline bool is_plain(Value* r, const HandlerEntry* handlers) { return frame_of(r)->flags == 0 && handlers == kHandlers; }
// The frame ends with `result` (owned), and its caller goes on.
#define ADDER_LEAVE(RESULT)                                                                               \
  do {                                                                                                    \
    Value value_ = (RESULT);                                                                              \
    if (ADDER_UNLIKELY(!release_locals(r, pc, frame_of(r)->code))) {                                      \
      t->result = value_;                                                                                 \
      [[clang::musttail]] return return_in_general(pc, r, t, handlers);                                   \
    }                                                                                                     \
    ADDER_GO_BACK(value_);                                                                                \
  } while (0)
ADDER_HANDLER(RETURN) {
  if (ADDER_UNLIKELY(!is_plain(r, handlers))) {
    t->result = take(r, field_a(pc));
    [[clang::musttail]] return return_with_flags(pc, r, t, handlers);
  }
  // A local's value goes without counting: nobody sees the frame any more.
  Value& given = reg(r, field_a(pc));
  Value result = given;
  given = Value{};
  ADDER_LEAVE(result);
}
ADDER_HANDLER(RETURN_CONST) {
  Value v = constant(r, field_bc(*pc));
  incref(v);
  if (ADDER_UNLIKELY(!is_plain(r, handlers))) {
    t->result = v;
    [[clang::musttail]] return return_with_flags(pc, r, t, handlers);
  }
  ADDER_LEAVE(v);
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
