// The thread state: CPython's PyThreadState with ours behind it, and the flags that interrupt the interpreter loop.
#pragma once
#include "compile/code.h"
#include "object/abi.h"
#include "object/interrupts.h"

namespace adder {

struct Frame;
struct HandlerEntry;

struct Thread {
  PyThreadState ts;                 // first: a PyThreadState* of ours is a Thread*
  Value result;                     // what the loop's entry frame returned (owned); absent: exception
  const HandlerEntry* handlers;     // plain or tracing
  char* native_stack_limit;         // below this address native recursion is refused
  _PyStackChunk* spare_chunk;       // the last chunk popped
  void* owner;                      // runtime's own data
};
inline Thread* this_thread() { return reinterpret_cast<Thread*>(current_thread()); }

// Does what waits; false: an exception was raised. Installed by runtime/.
extern bool (*poll_breaker)(Thread* t);

}  // namespace adder
