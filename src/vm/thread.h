// The thread state: CPython's PyThreadState with ours behind it, and the flags that interrupt the interpreter loop.
#pragma once
#include "compile/code.h"
#include "object/abi.h"

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

// Non-zero: something waits to be done at the next safe point (loop back-edge, call of a Python function).
extern uint32_t eval_breaker;
inline constexpr uint32_t kBreakSignal = 1, kBreakGil = 2, kBreakCalls = 4, kBreakAsyncException = 8, kBreakNode = 16;
inline bool breaker_set() { return __atomic_load_n(&eval_breaker, __ATOMIC_RELAXED) != 0; }
inline bool breaker_set_beyond(uint32_t bits) { return (__atomic_load_n(&eval_breaker, __ATOMIC_RELAXED) & ~bits) != 0; }
inline void breaker_add(uint32_t bit) { __atomic_fetch_or(&eval_breaker, bit, __ATOMIC_RELAXED); }
inline void breaker_remove(uint32_t bit) { __atomic_fetch_and(&eval_breaker, ~bit, __ATOMIC_RELAXED); }
// Does what waits; false: an exception was raised. Installed by runtime/.
extern bool (*poll_breaker)(Thread* t);

}  // namespace adder
