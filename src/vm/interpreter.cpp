// The handler tables, and the entry into the loop.
#include "object/error.h"
#include "vm/generator.h"
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
  if (ADDER_UNLIKELY(breaker_set()) && !poll_at(pc, r, t)) ADDER_UNWIND();
  handlers = t->handlers;
  if (ADDER_UNLIKELY(handlers != kHandlers) && !trace_call(t, frame_of(r))) ADDER_UNWIND();
  pc += words_of<Op::kRESUME>;
  ADDER_DISPATCH();
}
// Signals and tracing see a generator that goes on where it rests, before what is sent arrives.
static ADDER_NOINLINE bool watch_generator(const Word* pc, Value* r, Thread* t) {
  // A frame that only passes on to what it awaits leaves signals to that.
  bool delegates = op_of(*pc) == Op::kYIELD && field_c(*pc);
  if (breaker_set() && !delegates && !poll_at(pc, r, t)) return false;
  return t->handlers == kHandlers || trace_call(t, frame_of(r));
}
ADDER_VM_CC static void start_generator(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value arg = t->result;
  if (ADDER_UNLIKELY(breaker_set() || handlers != kHandlers)) {
    if (!watch_generator(pc, r, t)) {
      decref(arg);
      ADDER_UNWIND();
    }
    handlers = t->handlers;
  }
  pc = generator_receive(pc, r, arg);
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
Ref run_generator(Thread* t, Frame* f, Value arg) {
  t->result = arg;
  return run_from(t, f, &start_generator);
}
Ref run_frame_raising(Thread* t, Frame* f) { return run_from(t, f, &start_raising); }

}  // namespace adder
