// Traceback objects.
#pragma once
#include "vm/frame.h"

namespace adder {

// Puts an entry for the frame's current instruction in front of an exception's traceback. None is raised meanwhile.
bool add_traceback(Frame* f, Value exception);  // false: no memory, which changes nothing
// The same for the instruction at word `at` of a frame that is over.
bool add_traceback(PyFrameObject* frame, Py_ssize_t at, Value exception);
// The same for the raised exception and code that is not ours (PyTraceBack_Here): a frame object.
bool add_traceback_of(PyFrameObject* frame, int lasti, int line);
Ref traceback_new(Value next_or_absent, PyFrameObject* frame, int lasti, int line);

}  // namespace adder
