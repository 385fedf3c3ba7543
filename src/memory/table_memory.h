// Memory of hash tables, whose owner knows their size. A table too large for the allocator to want back soon comes from the
// system and goes back to it at once when it is outgrown.
#pragma once
#include "memory/gc.h"

namespace adder {

inline constexpr size_t kMappedTable = size_t{8} << 20;

void* map_table(size_t bytes);  // zeroed pages; null without exception
void unmap_table(void* p, size_t bytes);

// Contents undefined, or zeroed on request. Null without exception when memory is exhausted.
inline void* table_malloc(size_t bytes) { return ADDER_LIKELY(bytes < kMappedTable) ? object_malloc(bytes) : map_table(bytes); }
void* table_zeroed(size_t bytes);
inline void table_free(void* p, size_t bytes) {
  if (ADDER_LIKELY(bytes < kMappedTable)) object_free(p);
  else unmap_table(p, bytes);
}

}  // namespace adder
