// What waits for the interpreter loop, in one word that loops and calls look at; and the look for native loops that may run long.
#pragma once
#include <cstdint>

#include "object/abi.h"

namespace adder {

// Non-zero: something waits to be done at the next safe point (loop back-edge, call of a Python function).
extern uint32_t eval_breaker;
inline constexpr uint32_t kBreakSignal = 1, kBreakGil = 2, kBreakCalls = 4, kBreakAsyncException = 8, kBreakNode = 16, kBreakLimit = 32;
inline uint32_t breaker() { return __atomic_load_n(&eval_breaker, __ATOMIC_RELAXED); }
inline bool breaker_set() { return breaker() != 0; }
inline bool breaker_set_beyond(uint32_t bits) { return (breaker() & ~bits) != 0; }
inline void breaker_add(uint32_t bit) { __atomic_fetch_or(&eval_breaker, bit, __ATOMIC_RELAXED); }
inline void breaker_remove(uint32_t bit) { __atomic_fetch_and(&eval_breaker, ~bit, __ATOMIC_RELAXED); }

// A native loop that may run long asks this now and then, where it could as well run Python code: signal handlers run here. false: stop, an
// exception is raised.
bool run_interrupts();
inline bool keep_going() { return ADDER_LIKELY(!(breaker() & (kBreakSignal | kBreakAsyncException | kBreakLimit))) || run_interrupts(); }
// The same where no Python code may run: only limits (object/limits.h) stop it.
bool within_limits();
inline bool keep_on() { return ADDER_LIKELY(!(breaker() & kBreakLimit)) || within_limits(); }

}  // namespace adder
