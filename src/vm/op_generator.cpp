// Handlers of generators, coroutines, await and asynchronous iteration.
#include "object/hooks.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/async_generator.h"
#include "vm/generator.h"
#include "vm/interp.h"
#include "vm/trace.h"

namespace adder {

// --- Making and suspending ------------------------------------------------------------------------------------------------------
namespace {

// Moves the running frame into a generator object, pops it, and leaves the object in t->result. 1: the caller goes on, 0: leave the
// loop, -1: exception (the frame is still there).
ADDER_NOINLINE int make_generator(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  Frame* f = frame_of(r);
  Ref g = generator_from_frame(f);
  if (!g) return -1;
  t->ts.recursion_remaining++;
  PyObject* instance = f->flags & kFrameConstructor ? f->locals : nullptr;
  if (instance) {
    generator_frame(g.as<PyGenObject>())->locals = nullptr;
    (void)raise(PyExc_TypeError, "__init__() should return None, not '%.200s'", type_of(g)->tp_name);
    ErrorKeeper keep;
    Py_DECREF(instance);
    g.reset();
  }
  current_frame(t) = f->previous;
  t->result = g.release();
  bool entry = f->flags & kFrameEntry;
  if (f->flags & kFrameChunk) stack_pop_chunk(t);
  return !entry;
}
ADDER_NOINLINE bool trace_yield(Thread* t, Value* r, Value value) {
  if (trace_return(t, frame_of(r), value)) return true;
  decref(value);
  return false;
}

// Whether a generator can run as a frame of this loop; otherwise the general way sees to what stands against it.
inline bool can_run_here(Thread* t, PyGenObject* g) {
  return g->gi_frame_state < kGenExecuting && t->handlers == kHandlers && !breaker_set() && t->ts.recursion_remaining > 1;
}
// The instruction at pc resumes it: what it yields is the instruction's output; generator_returned gets what it returns.
inline Value* run_here(const Word* pc, Value* r, Thread* t, PyGenObject* g) {
  save_pc(r, pc);
  t->ts.recursion_remaining--;
  Frame* f = generator_enter(t, g, frame_end(frame_of(r)));
  f->out = field_a(*pc);
  f->skip = words_of<Op::kSEND>;
  static_assert(words_of<Op::kSEND> == words_of<Op::kFOR_ITER>);
  return f->registers();
}

}  // namespace

ADDER_HANDLER(RETURN_GENERATOR) {
  int status = make_generator(pc, r, t);
  if (ADDER_UNLIKELY(status < 0)) ADDER_UNWIND();
  if (status == 0) return;
  [[clang::musttail]] return resume_caller(pc, r, t, handlers);
}
ADDER_HANDLER(YIELD) {
  save_pc(r, pc);
  Value value = take(r, field_b(*pc));
  if (ADDER_UNLIKELY(t->handlers != kHandlers) && !trace_yield(t, r, value)) ADDER_UNWIND();
  Frame* f = frame_of(r);
  generator_suspend(t, f);
  t->ts.recursion_remaining++;
  if (f->flags & kFrameEntry) {
    t->result = value;
    return;
  }
  Frame* caller = current_frame(t);
  r = caller->registers();
  pc = caller->pc + f->skip;
  write(r, f->out, value);
  ADDER_DISPATCH();
}
ADDER_VM_CC void generator_returned(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value result = t->result;
  t->result = Value{};
  r = current_frame(t)->registers();
  pc = frame_of(r)->pc;
  if (op_of(*pc) == Op::kSEND) {
    write(r, field_a(*pc), result);
    pc += words_of<Op::kSEND> + static_cast<int32_t>(pc[1]);
  } else {
    decref(result);
    pc += words_of<Op::kFOR_ITER> + static_cast<int16_t>(field_c(*pc));
  }
  ADDER_DISPATCH();
}
ADDER_HANDLER(FOR_ITER_GENERATOR) {
  Value it = reg(r, field_b(*pc));
  if (ADDER_UNLIKELY(!is_exact(it, &PyGen_Type))) {
    quicken(pc, Op::kFOR_ITER);
    [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  }
  auto* g = it.as<PyGenObject>();
  if (ADDER_UNLIKELY(!can_run_here(t, g))) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  r = run_here(pc, r, t, g);
  pc = generator_receive(frame_of(r)->pc, r, none_ref().release());
  ADDER_DISPATCH();
}
ADDER_SLOW_OP(ASYNC_WRAP) {
  save_pc(r, pc);
  Ref wrapped = async_wrap(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(wrapped));
}

// --- Delegation -------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(GET_YIELD_FROM_ITER) {
  save_pc(r, pc);
  Value v = reg(r, field_b(*pc));
  Ref it;
  if (is_exact(v, &PyCoro_Type)) {
    if (frame_of(r)->code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) it = Ref::copy(v);
    else (void)raise(PyExc_TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator");
  } else if (is_exact(v, &PyGen_Type)) {
    it = Ref::copy(v);
  } else {
    it = iter(v);
  }
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(it));
}
// 1 yielded, 0 returned, -1 raised.
static ADDER_NOINLINE int do_send(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Ref arg = Ref::steal(take(r, field_c(w)));
  Ref value;
  PySendResult status = send(reg(r, field_b(w)), arg, &value);
  if (status == PYGEN_ERROR) return -1;
  Thread* t = this_thread();
  if (ADDER_UNLIKELY(t->handlers != kHandlers) && status == PYGEN_RETURN &&
      !(type_of(reg(r, field_b(w))) == &PyGen_Type && is_none(arg) && is_none(value))) {
    // Tracing sees the StopIteration that stands for a returned value, as in CPython.
    if (is_none(value)) (void)raise_none(PyExc_StopIteration);
    else (void)raise_stop_iteration(value);
    trace_exception(t, frame_of(r));
    if (!error_matches(PyExc_StopIteration)) return -1;
    clear_error();
  }
  consume(r, field_b(w));
  write(r, field_a(w), value.release());
  return status == PYGEN_NEXT;
}
ADDER_VM_CC static void send_slow(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  int status = do_send(pc, r);
  if (ADDER_UNLIKELY(status < 0)) ADDER_UNWIND();
  if (!status) pc += static_cast<int32_t>(pc[1]);
  ADDER_NEXT(SEND);
}
ADDER_HANDLER(SEND) {
  Value it = reg(r, field_b(*pc));
  if (ADDER_UNLIKELY(!is_exact(it, &PyCoro_Type) && !is_exact(it, &PyGen_Type))) [[clang::musttail]] return send_slow(pc, r, t, handlers);
  auto* g = it.as<PyGenObject>();
  if (ADDER_UNLIKELY(!can_run_here(t, g) || (g->gi_frame_state == kGenCreated && !is_none(reg(r, field_c(*pc))))))
    [[clang::musttail]] return send_slow(pc, r, t, handlers);
  Value arg = take(r, field_c(*pc));
  r = run_here(pc, r, t, g);
  pc = generator_receive(frame_of(r)->pc, r, arg);
  ADDER_DISPATCH();
}

// --- await ------------------------------------------------------------------------------------------------------------------------
// The iterator of an awaitable, as `await` takes it.
Ref awaitable_iter(Value v) {
  if (is_exact(v, &PyCoro_Type)) return Ref::copy(v);
  if (is_exact(v, &PyGen_Type) && (v.as<PyGenObject>()->gi_code->co_flags & CO_ITERABLE_COROUTINE)) return Ref::copy(v);
  UnaryFn await = slots_of(v).am_await;
  if (!await) return raise(PyExc_TypeError, "object %.100s can't be used in 'await' expression", type_of(v)->tp_name);
  Ref it = await(v);
  if (!it) return it;
  if (is_exact(it, &PyCoro_Type) || (is_exact(it, &PyGen_Type) && (it.as<PyGenObject>()->gi_code->co_flags & CO_ITERABLE_COROUTINE)))
    return raise(PyExc_TypeError, "__await__() returned a coroutine");
  if (!is_iterator(it)) return raise(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'", type_of(it)->tp_name);
  return it;
}
static ADDER_NOINLINE bool get_awaitable(const Word* pc, Value* r) {
  save_pc(r, pc);
  Ref v = Ref::steal(take(r, field_b(*pc)));
  Ref it = awaitable_iter(v);
  if (!it && field_c(*pc) && !slots_of(v).am_await && error_matches(PyExc_TypeError)) {
    clear_error();
    return raise(PyExc_TypeError, "'async with' received an object from %s that does not implement __await__: %.100s",
                 field_c(*pc) == 1 ? "__aenter__" : "__aexit__", type_of(v)->tp_name);
  }
  if (it && is_exact(it, &PyCoro_Type)) {
    if (Ref delegate = generator_delegate(it.as<PyGenObject>())) return raise(PyExc_RuntimeError, "coroutine is being awaited already");
  }
  return write_ref(r, field_a(*pc), std::move(it));
}
ADDER_HANDLER(GET_AWAITABLE) {
  Value v = reg(r, field_b(pc));
  if (ADDER_LIKELY(is_exact(v, &PyCoro_Type) && v.as<PyGenObject>()->gi_frame_state == kGenCreated && !(field_a(pc) & kOccupied))) {
    r[field_a(pc)] = take(r, field_b(pc));
  } else if (ADDER_UNLIKELY(!get_awaitable(pc, r))) {
    ADDER_UNWIND();
  }
  ADDER_NEXT(GET_AWAITABLE);
}
ADDER_SLOW_OP(GET_AITER) {
  save_pc(r, pc);
  Ref v = Ref::steal(take(r, field_b(*pc)));
  UnaryFn aiter = slots_of(v).am_aiter;
  if (!aiter) return raise(PyExc_TypeError, "'async for' requires an object with __aiter__ method, got %.100s", type_of(v)->tp_name);
  Ref it = aiter(v);
  if (!it) return false;
  if (!slots_of(it).am_anext)
    return raise(PyExc_TypeError, "'async for' received an object from __aiter__ that does not implement __anext__: %.100s", type_of(it)->tp_name);
  return write_ref(r, field_a(*pc), std::move(it));
}
ADDER_SLOW_OP(GET_ANEXT) {
  save_pc(r, pc);
  Ref v = Ref::copy(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  UnaryFn anext = slots_of(v).am_anext;
  if (!anext) return raise(PyExc_TypeError, "'async for' requires an iterator with __anext__ method, got %.100s", type_of(v)->tp_name);
  Ref next = anext(v);
  if (!next) return false;
  if (is_exact(v, &PyAsyncGen_Type)) return write_ref(r, field_a(*pc), std::move(next));
  Ref it = awaitable_iter(next);
  if (!it) return raise_from_current(PyExc_TypeError, "'async for' received an invalid object from __anext__: %.100s", type_of(next)->tp_name);
  return write_ref(r, field_a(*pc), std::move(it));
}

}  // namespace adder
