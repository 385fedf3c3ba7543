// Watching a program run, for `adder --explain`: how often each instruction of one source file ran, and what types its operands had.
// It costs nothing when off: a handler table of its own stands in front of the plain one, as for tracing.
#pragma once
#include "vm/thread.h"

namespace adder {

// Watches code of this file name (a str) in the calling thread from its next call of a function on; absent ends it and forgets.
void watch_file(Value filename);
// What was seen of a code object's instructions: [(offset in bytes, times, [(types of the operands, times)])]. Empty: exception.
Ref watched_instructions(PyCodeObject* code);
// The handler table of a thread that nothing traces.
const HandlerEntry* untraced_handlers(Thread* t);

}  // namespace adder
