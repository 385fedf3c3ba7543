// Allocations since the start, for -X stats; only builds with -DADDER_STATS=ON count them.
#pragma once
#include <cstdint>

namespace adder {

struct AllocationCounts {
  uint64_t objects, bytes;  // with their GC heads; those kept for reuse (memory/kept.h) are allocated once
};
#ifdef ADDER_STATS
extern AllocationCounts allocation_counts;
inline void count_allocation(uint64_t bytes) {
  allocation_counts.objects++;
  allocation_counts.bytes += bytes;
}
#else
inline void count_allocation(uint64_t) {}
#endif

}  // namespace adder
