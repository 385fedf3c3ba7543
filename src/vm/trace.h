// sys.settrace and sys.setprofile: the tracing handler table and its events.
#pragma once
#include "vm/frame.h"

namespace adder {

bool trace_call(Thread* t, Frame* f);                      // a frame was entered
bool trace_return(Thread* t, Frame* f, Value result);      // it returns or yields `result`; absent: it is unwound
void trace_exception(Thread* t, Frame* f);                 // the raised exception passes through f (may replace it)
// Chooses the handler table after the trace or profile function changed.
void update_tracing(Thread* t);

}  // namespace adder
