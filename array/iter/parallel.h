// Splitting a range over the threads of the one pool (oneTBB), with the caller's floating-point modes.
#pragma once

#include "array/core/conditions.h"
#include "array/core/error.h"

namespace adder::array {

// Calls body(self, begin, end) on pieces of [0, n), each a multiple of `grain` but the last, and ORs what they raised.
// False if a thread could not be had or the host asked to stop.
bool parallel_range(index_t n, index_t grain, Conditions (*body)(void* self, index_t begin, index_t end), void* self,
                    Conditions* raised, Error& error);

// Whether work of so many elements at that cost (tenths of a nanosecond each) is worth more than one thread.
bool worth_threads(index_t n, unsigned cost);

}  // namespace adder::array
