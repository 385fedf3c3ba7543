// Generators, coroutines and asynchronous generators: frames that rest in their object.
#pragma once
#include "vm/interp.h"

namespace adder {

// CPython's frame states, in gi_frame_state.
enum GeneratorState : int8_t { kGenCreated = -2, kGenSuspended = -1, kGenExecuting = 0, kGenCompleted = 1, kGenCleared = 4 };

// The object's own words: where its calls put their windows (generator_stack), then the frame, which stays there as long as it lives.
inline constexpr size_t kGeneratorFrame = offsetof(PyGenObject, gi_iframe) + sizeof(Value*);
inline Frame* generator_frame(PyGenObject* g) { return reinterpret_cast<Frame*>(reinterpret_cast<char*>(g) + kGeneratorFrame); }
inline PyGenObject* generator_of(Frame* f) { return reinterpret_cast<PyGenObject*>(reinterpret_cast<char*>(f) - kGeneratorFrame); }
bool is_generator_like(Value v);       // exact generator, coroutine or async generator
// Makes the object for a frame that begins with RETURN_GENERATOR; its registers move into the object.
Ref generator_from_frame(Frame* f);
PySendResult generator_send(Value generator, Value arg, Ref* out);
// A resting generator's frame becomes current (state: executing); what it calls lies on the stack from `stack` on.
inline Frame* generator_enter(Thread* t, PyGenObject* g, Value* stack) {
  Frame* f = generator_frame(g);
  generator_stack(f) = stack;
  f->flags = kFrameGenerator;
  f->previous = current_frame(t);
  current_frame(t) = f;
  g->gi_frame_state = kGenExecuting;
  g->gi_exc_state.previous_item = t->ts.exc_info;
  t->ts.exc_info = &g->gi_exc_state;
  return f;
}
// The reverse.
inline void generator_leave(Thread* t, PyGenObject* g, GeneratorState state) {
  g->gi_frame_state = state;
  t->ts.exc_info = g->gi_exc_state.previous_item;
  g->gi_exc_state.previous_item = nullptr;
}
// The running frame rests from now on; its caller is current again.
inline void generator_suspend(Thread* t, Frame* f) {
  generator_leave(t, generator_of(f), kGenSuspended);
  current_frame(t) = f->previous;
  f->previous = nullptr;
}
// Gives `arg` (owned) to the instruction where a frame rests: its first or a YIELD. What that would only release again is not written.
// A frame that a debugger moved elsewhere does without. Where the frame goes on.
inline const Word* generator_receive(const Word* pc, Value* r, Value arg) {
  Word at = *pc;
  if (op_of(at) == Op::kYIELD) {
    pc += words_of<Op::kYIELD>;
    if (*pc != encode(Op::kRELEASE, field_a(at) | kLastUse)) {
      write(r, field_a(at), arg);
      return pc;
    }
    pc += words_of<Op::kRELEASE>;
  } else if (op_of(at) == Op::kRETURN_GENERATOR) {
    pc += words_of<Op::kRETURN_GENERATOR>;
  }
  decref(arg);
  return pc;
}
// Goes on in the caller, whose FOR_ITER or SEND ran the generator in the same loop, when it returned t->result.
ADDER_VM_CC void generator_returned(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
// The running frame is over, what it held is released.
void generator_finish(Thread* t, PyGenObject* g);
bool generator_clear_frame(Frame* f);   // releases what a resting generator's frame holds; it is over then
bool generator_close_frame(Frame* f);   // frame.clear() of a resting generator's frame: close()
// throw() as the awaitable protocol sees it: status and value apart; delegates are not closed on GeneratorExit.
PySendResult generator_throw_send(Value generator, Value exception, Ref* out);
Ref generator_close(Value generator);
Ref exception_to_throw(Args a);          // the instance that throw(type[, value[, traceback]]) means
// Shared by the three types.
int generator_traverse(PyObject* o, visitproc visit, void* arg);
void generator_dealloc(PyObject* o);
void generator_finalize(PyObject* o);
Ref generator_get_name(Value self);
Ref generator_get_frame(Value self);
bool generator_set_name(Value self, Value v);
Ref generator_get_qualname(Value self);
bool generator_set_qualname(Value self, Value v);
Ref generator_throw(Value generator, Value exception);   // an exception instance
Ref generator_delegate(PyGenObject* g);                  // what it yields from (gi_yieldfrom); empty without exception if none

}  // namespace adder
