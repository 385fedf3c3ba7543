// sys.settrace and sys.setprofile: the tracing handler table and its events.
#pragma once
#include "vm/frame.h"

namespace adder {

bool trace_call(Thread* t, Frame* f);                      // a frame was entered
bool trace_return(Thread* t, Frame* f, Value result);      // it returns or yields `result`; absent: it is unwound
void trace_exception(Thread* t, Frame* f);                 // the raised exception passes through f (may replace it)
// Around the call of a builtin function or method while a profile function is set: `c_call` (*function: what it is told, empty if the callable
// is no such thing; false: exception), then `c_return` or `c_exception` (*result is emptied if the profile function raises).
bool profile_c_call(Thread* t, Value callable, Value first_argument_or_absent, Ref* function);
void profile_c_return(Thread* t, Value function, Ref* result);
// Chooses the handler table after the trace or profile function changed.
void update_tracing(Thread* t);

}  // namespace adder
