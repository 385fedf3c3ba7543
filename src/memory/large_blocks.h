// Large blocks, straight from the system: whole chunks of 2 MiB, so that their length is read off the table of chunks. They grow by
// remapping, without a copy. Some are kept for the next. No huge pages are asked for: whether they come at once or after a
// compaction is the machine's luck.
#pragma once
#include "memory/small_blocks.h"

namespace adder {

// Larger blocks come from here; blocks that grow already from kLargeGrown on.
inline constexpr size_t kLargeBlock = size_t{1} << 20, kLargeGrown = size_t{64} << 10;

// Pages at a multiple of kChunk, a multiple of it long. Null without exception.
void* map_aligned(size_t bytes);

// Null without exception. Any thread may call these.
void* large_malloc(size_t bytes);
void* large_zeroed(size_t bytes);
void* large_realloc(void* p, size_t bytes);
void large_free(void* p);
size_t large_size(const void* p);

}  // namespace adder
