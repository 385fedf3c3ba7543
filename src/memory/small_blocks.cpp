// Pools of small blocks: where they come from and when they go.
#include "memory/small_blocks.h"
#include <sys/mman.h>
#include "memory/large_blocks.h"

namespace adder {

uint8_t chunk_kinds[size_t{1} << (kAddressBits - kChunkBits)];

namespace {

// A size's first pools are small, as most sizes have few blocks; from then on its pools are large.
constexpr uint8_t kFirstPool = 14, kLaterPool = 16;
constexpr uint32_t kPoolsBeforeLater = 4;
constexpr size_t kPage = 4096;
// Chunks of either kind that stay though nothing is in them: a program that lets go of much often asks for as much again.
constexpr int kKeptChunks = 4;

SmallPool no_pool;
uint32_t pools_of[kSmallBlock / 8 + 1];

struct PoolKind {
  uint8_t bits;
  SmallPool* unused;       // pools that hold nothing
  char *fresh, *end;       // of the newest chunk, what has not been a pool yet
  int kept;                // chunks none of whose pools is in use, the newest aside

  bool is_newest(SmallPool* first) const { return end == reinterpret_cast<char*>(first) + kChunk; }
};
PoolKind kinds[2] = {{kFirstPool, nullptr, nullptr, nullptr, 0}, {kLaterPool, nullptr, nullptr, nullptr, 0}};

SmallPool* first_pool_of_chunk(const void* p) { return pool_of(p, kChunkBits); }

void link(SmallPool** list, SmallPool* pool) {
  pool->previous = nullptr;
  pool->next = *list == &no_pool ? nullptr : *list;
  if (pool->next) pool->next->previous = pool;
  *list = pool;
}
void unlink(SmallPool** list, SmallPool* pool, SmallPool* none) {
  if (pool->previous) pool->previous->next = pool->next;
  else *list = pool->next ? pool->next : none;
  if (pool->next) pool->next->previous = pool->previous;
}

bool add_chunk(PoolKind& kind) {
  auto* chunk = static_cast<char*>(map_aligned(kChunk));
  if (!chunk) return false;
  chunk_kinds[reinterpret_cast<uintptr_t>(chunk) >> kChunkBits] = kind.bits;
  kind.fresh = chunk;
  kind.end = chunk + kChunk;
  return true;
}

// A chunk none of whose pools is in use.
void drop_chunk(PoolKind& kind, SmallPool* first) {
  auto* chunk = reinterpret_cast<char*>(first);
  for (char* p = chunk; p < chunk + kChunk; p += size_t{1} << kind.bits) unlink(&kind.unused, reinterpret_cast<SmallPool*>(p), nullptr);
  chunk_kinds[reinterpret_cast<uintptr_t>(chunk) >> kChunkBits] = 0;
  munmap(chunk, kChunk);
}

SmallPool* take_pool(size_t index) {
  PoolKind& kind = kinds[pools_of[index] >= kPoolsBeforeLater];
  SmallPool* pool = kind.unused;
  if (pool) {
    unlink(&kind.unused, pool, nullptr);
  } else {
    if (kind.fresh == kind.end && !add_chunk(kind)) return nullptr;
    pool = reinterpret_cast<SmallPool*>(kind.fresh);
    kind.fresh += size_t{1} << kind.bits;
  }
  SmallPool* first = first_pool_of_chunk(pool);
  if (first->chunk_pools++ == 0 && !kind.is_newest(first)) kind.kept--;
  pools_of[index]++;
  size_t block = index ? index * 8 : 8, size = size_t{1} << kind.bits;
  pool->free = nullptr;
  pool->used = 0;
  pool->untouched = (sizeof(SmallPool) + 15) & ~size_t{15};
  pool->end = static_cast<uint32_t>(pool->untouched + (size - pool->untouched) / block * block);
  pool->block = static_cast<uint16_t>(block);
  pool->listed = true;
  link(&open_pools[index], pool);
  return pool;
}

void give_pool(SmallPool* pool) {
  SmallPool* first = first_pool_of_chunk(pool);
  PoolKind& kind = kinds[chunk_kind(pool) == kLaterPool];
  link(&kind.unused, pool);
  first->chunk_pools--;
  if (first->chunk_pools > 0 || kind.is_newest(first)) return;
  if (kind.kept < kKeptChunks) kind.kept++;
  else drop_chunk(kind, first);
}

// Links blocks that nobody has had yet, a page of them at most, so that a page is touched when it is needed.
void open_blocks(SmallPool* pool) {
  auto* base = reinterpret_cast<char*>(pool);
  uint32_t until = static_cast<uint32_t>((pool->untouched & ~(kPage - 1)) + kPage);
  uint32_t at = pool->untouched;
  void** link = &pool->free;
  do {
    *link = base + at;
    link = reinterpret_cast<void**>(base + at);
    at += pool->block;
  } while (at + pool->block <= until && at < pool->end);
  *link = nullptr;
  pool->untouched = at;
}

}  // namespace

#define ADDER_NONE8 &no_pool, &no_pool, &no_pool, &no_pool, &no_pool, &no_pool, &no_pool, &no_pool
SmallPool* open_pools[kSmallBlock / 8 + 1] = {ADDER_NONE8, ADDER_NONE8, ADDER_NONE8, ADDER_NONE8, ADDER_NONE8,
                                              ADDER_NONE8, ADDER_NONE8, ADDER_NONE8, &no_pool};
#undef ADDER_NONE8

void* small_malloc_slow(size_t index) {
  SmallPool* pool = open_pools[index];
  while (pool != &no_pool && !pool->free && pool->untouched == pool->end) {
    unlink(&open_pools[index], pool, &no_pool);
    pool->listed = false;
    pool = open_pools[index];
  }
  if (pool == &no_pool && !(pool = take_pool(index))) return nullptr;
  if (!pool->free) open_blocks(pool);
  void* p = pool->free;
  pool->free = *static_cast<void**>(p);
  pool->used++;
  return p;
}

// A block came back to a pool that had none to give, or was the last one out.
void small_free_slow(SmallPool* pool) {
  size_t index = pool->block / 8;
  if (pool->block == 8 && open_pools[0] != &no_pool && pool == open_pools[0]) index = 0;
  if (!pool->listed) {
    pool->listed = true;
    link(&open_pools[index], pool);
  }
  // One open pool stays, or the next block of this size would make it anew.
  if (pool->used == 0 && (pool->next || pool->previous)) {
    unlink(&open_pools[index], pool, &no_pool);
    pools_of[index]--;
    give_pool(pool);
  }
}

}  // namespace adder
