// The handler tables, and the entry into the loop.
#include "object/error.h"
#include "vm/interp.h"
#include "vm/trace.h"

namespace adder {

uint32_t eval_breaker = 0;
bool (*poll_breaker)(Thread* t) = nullptr;

const HandlerEntry kHandlers[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) {&op_##name},
#include "compile/opcodes.def"
};

// Enters the loop at f->pc with a first handler; collects what the entry frame leaves.
static Ref run_from(Thread* t, Frame* f, Handler first) {
  f->flags |= kFrameEntry;
  first(f->pc, f->registers(), t, t->handlers);
  Value result = t->result;
  t->result = Value{};
  return Ref::steal(result);
}
ADDER_VM_CC static void start(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  // A frame that only passes on to what it awaits leaves signals to that: the loop of `await` and `yield from` jumps back here.
  bool delegates = op_of(*pc) == Op::kJUMP && static_cast<int32_t>(field_bc(*pc)) < 0;
  if (ADDER_UNLIKELY(breaker_set()) && !delegates && !poll_at(pc, r, t)) ADDER_UNWIND();
  handlers = t->handlers;
  if (ADDER_UNLIKELY(handlers != kHandlers) && !trace_call(t, frame_of(r))) ADDER_UNWIND();
  ADDER_DISPATCH();
}
// The same with an exception raised, which the frame is to meet at its pc: for tracing, too, it is entered.
ADDER_VM_CC static void start_raising(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  handlers = t->handlers;
  if (ADDER_UNLIKELY(handlers != kHandlers)) {
    Ref exception = take_error();
    if (trace_call(t, frame_of(r))) restore_error(std::move(exception));
  }
  ADDER_UNWIND();
}
Ref run_frame(Thread* t, Frame* f) { return run_from(t, f, &start); }
Ref run_frame_raising(Thread* t, Frame* f) { return run_from(t, f, &start_raising); }

}  // namespace adder
