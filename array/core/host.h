// What the host gives the engine: memory, a lock, a sink of warnings, a poll for interrupts. The defaults
// suit a plain C++ program; `numpy/` sets its own once, before the first array is made.
#pragma once

#include <cstddef>

#include "array/core/conditions.h"

namespace adder::array {

struct Host {
  void* (*allocate)(std::size_t size);
  void (*release)(void* block);
  void (*lock)();
  void (*unlock)();
  void (*warn)(const char* operation, Conditions raised);
  bool (*interrupted)();  // true: stop as soon as may be
};

Host& host();

// Threads that one operation may use; ADDER_NUM_THREADS, or the machine's.
int thread_count();
void set_thread_count(int count);

}  // namespace adder::array
