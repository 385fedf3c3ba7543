// Generators, coroutines and asynchronous generators: frames that rest in their object.
#pragma once
#include "vm/frame.h"

namespace adder {

// CPython's frame states, in gi_frame_state.
enum GeneratorState : int8_t { kGenCreated = -2, kGenSuspended = -1, kGenExecuting = 0, kGenCompleted = 1, kGenCleared = 4 };

inline Frame* generator_frame(PyGenObject* g) { return reinterpret_cast<Frame*>(g->gi_iframe); }
bool is_generator_like(Value v);       // exact generator, coroutine or async generator
// Makes the object for a frame that begins with RETURN_GENERATOR; its registers move into the object.
Ref generator_from_frame(Frame* f);
PySendResult generator_send(Value generator, Value arg, Ref* out);
// Copies a resting generator's frame to the stack at `registers` and makes it current (state: executing). The caller continues at f->pc.
Frame* generator_enter(Thread* t, PyGenObject* g, Value* registers);
PyGenObject* generator_of(Frame* f);   // of a running frame with kFrameGenerator
// The running frame suspends at `pc` (its YIELD): registers go back, the frame is popped.
void generator_suspend(Thread* t, Frame* f, const Word* pc);
// The running frame is over: state completed, registers released by frame_finish before.
void generator_finish(Thread* t, Frame* f);
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
