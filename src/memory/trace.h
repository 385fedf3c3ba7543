// Tracing of allocations: _tracemalloc installs a tracer. Without one allocation is as it was, and release makes one test.
#pragma once
#include <cstddef>

namespace adder {

struct AllocationTracer {
  void (*allocated)(void* block, size_t bytes);
  void (*released)(void* block);
};
void set_allocation_tracer(const AllocationTracer* tracer);  // null: off

}  // namespace adder
