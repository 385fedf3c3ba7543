// What a limited program may still allocate. Without a meter allocation is as it was, and release makes the one test that tracing makes.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace adder {

struct MemoryMeter {
  std::atomic<int64_t> left;
  void (*exhausted)();         // told of each request beyond it; takes no memory itself
};
// Small requests are still met for a while, so that what is under way comes to its end.
inline constexpr int64_t kMeterSlack = int64_t{16} << 20, kMeterSmall = int64_t{64} << 10;

void set_memory_meter(MemoryMeter* meter);      // null: none
// Memory that does not come from the allocator of objects: taken (false: refused, nothing is charged) or given back (negative).
bool charge_memory(int64_t bytes);

}  // namespace adder
