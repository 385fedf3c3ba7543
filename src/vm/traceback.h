// Traceback objects.
#pragma once
#include "vm/frame.h"

namespace adder {

// Adds an entry for the frame's current instruction to the raised exception's traceback.
void add_traceback(Frame* f);
// The same for code that is not ours (PyTraceBack_Here): a frame object.
bool add_traceback_of(PyFrameObject* frame, int lasti, int line);
Ref traceback_new(Value next_or_absent, PyFrameObject* frame, int lasti, int line);

}  // namespace adder
