// Small blocks by size class. Blocks of one size lie in a pool: a stretch of 2^k bytes, aligned to its size, with its header at the
// front. Pools lie in chunks of 2 MiB, and a table of bytes says of each chunk of the address space whether it is one of ours and
// how large its pools are, so that a block's pool is found from its address. Callers hold the global lock.
#pragma once
#include <cstddef>
#include <cstdint>
#include "object/abi.h"

namespace adder {

inline constexpr size_t kSmallBlock = 512;  // the largest
inline constexpr int kChunkBits = 21, kAddressBits = 47;
inline constexpr size_t kChunk = size_t{1} << kChunkBits;

struct SmallPool {
  void* free;           // blocks given back, linked by their first words
  uint32_t used;        // blocks that are out
  uint32_t untouched;   // offset of the first block never handed out
  uint32_t end;         // offset behind the last block
  uint16_t block;       // bytes
  bool listed;          // among the open pools of its size
  SmallPool *next, *previous;
  uint32_t chunk_pools; // in a chunk's first pool: how many of its pools are in use
};

// Of each chunk: log2 of its pools' size, kMappedChunk where a large block begins (large_blocks.h), or 0: not ours.
inline constexpr uint8_t kMappedChunk = 1;
extern uint8_t chunk_kinds[size_t{1} << (kAddressBits - kChunkBits)];
// The pool to take from, by size in words; one without blocks where there is none.
extern SmallPool* open_pools[kSmallBlock / 8 + 1];

void* small_malloc_slow(size_t index);
void small_free_slow(SmallPool* pool);

inline uint8_t chunk_kind(const void* p) { return chunk_kinds[reinterpret_cast<uintptr_t>(p) >> kChunkBits]; }
inline SmallPool* pool_of(const void* p, uint8_t kind) {
  return reinterpret_cast<SmallPool*>(reinterpret_cast<uintptr_t>(p) >> kind << kind);
}

// At most kSmallBlock bytes, aligned to 8, or to 16 if the size is a multiple of 16. Null without exception.
inline void* small_malloc(size_t bytes) {
  size_t index = (bytes + 7) >> 3;
  SmallPool* pool = open_pools[index];
  void* p = pool->free;
  if (ADDER_UNLIKELY(!p)) return small_malloc_slow(index);
  pool->free = *static_cast<void**>(p);
  pool->used++;
  return p;
}
inline void small_free(void* p, uint8_t kind) {
  SmallPool* pool = pool_of(p, kind);
  void* before = pool->free;
  *static_cast<void**>(p) = before;
  pool->free = p;
  if (ADDER_UNLIKELY(--pool->used == 0 || !before)) small_free_slow(pool);
}

}  // namespace adder
