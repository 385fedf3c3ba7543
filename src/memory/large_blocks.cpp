// Large blocks: mapping, growing, keeping a few for reuse.
#include "memory/large_blocks.h"
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>

namespace adder {

namespace {

// The chunks behind a large block's first.
constexpr uint8_t kMappedRest = 2;

// Of one chunk only. Two are kept whole, which is little memory; of more only their first pages, which is what lists that have just outgrown
// other blocks use.
constexpr int kKeptWhole = 2, kKept = 32;
constexpr size_t kKeptPages = size_t{128} << 10;
void* kept[kKept];
int kept_count = 0;
pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

size_t whole_chunks(size_t bytes) { return (bytes + kChunk - 1) & ~(kChunk - 1); }
uint8_t* kind_of(const void* p) { return chunk_kinds + (reinterpret_cast<uintptr_t>(p) >> kChunkBits); }

void note(char* p, size_t bytes) {
  memset(kind_of(p), kMappedRest, bytes >> kChunkBits);
  *kind_of(p) = kMappedChunk;
}
void forget(char* p, size_t bytes) { memset(kind_of(p), 0, bytes >> kChunkBits); }

void* take_kept() {
  pthread_mutex_lock(&kept_lock);
  void* found = kept_count > 0 ? kept[--kept_count] : nullptr;
  pthread_mutex_unlock(&kept_lock);
  return found;
}
bool keep(char* p) {
  pthread_mutex_lock(&kept_lock);
  const bool room = kept_count < kKept;
  if (room) {
    if (kept_count >= kKeptWhole) madvise(p + kKeptPages, kChunk - kKeptPages, MADV_DONTNEED);
    kept[kept_count++] = p;
  }
  pthread_mutex_unlock(&kept_lock);
  return room;
}

char* map_large(size_t bytes) {
  size_t whole = whole_chunks(bytes);
  if (whole < bytes) return nullptr;
  auto* p = static_cast<char*>(map_aligned(whole));
  if (!p) return nullptr;
  note(p, whole);
  return p;
}

}  // namespace

void* map_aligned(size_t bytes) {
  auto* p = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (p == MAP_FAILED) return nullptr;
  size_t off = reinterpret_cast<uintptr_t>(p) & (kChunk - 1);
  if (off == 0) return p;
  // Not aligned: more of it, less what is too much at either end.
  munmap(p, bytes);
  p = static_cast<char*>(mmap(nullptr, bytes + kChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (p == MAP_FAILED) return nullptr;
  size_t before = (kChunk - (reinterpret_cast<uintptr_t>(p) & (kChunk - 1))) & (kChunk - 1);
  if (before) munmap(p, before);
  if (before < kChunk) munmap(p + before + bytes, kChunk - before);
  return p + before;
}

void* large_malloc(size_t bytes) {
  void* p = bytes <= kChunk ? take_kept() : nullptr;
  return p ? p : map_large(bytes);
}

// To clear pages that are there costs less than to be given clear ones.
void* large_zeroed(size_t bytes) {
  void* p = bytes <= kChunk ? take_kept() : nullptr;
  return p ? memset(p, 0, bytes) : map_large(bytes);
}

size_t large_size(const void* p) {
  const uint8_t *first = kind_of(p), *k = first + 1;
  while (*k == kMappedRest) k++;
  return static_cast<size_t>(k - first) << kChunkBits;
}

void* large_realloc(void* old, size_t bytes) {
  auto* p = static_cast<char*>(old);
  size_t have = large_size(p), want = whole_chunks(bytes);
  if (want < bytes) return nullptr;
  if (want == have) return p;
  if (want < have) {
    munmap(p + want, have - want);
    forget(p + want, have - want);
    return p;
  }
  if (mremap(p, have, want, 0) == MAP_FAILED) {
    auto* to = static_cast<char*>(map_aligned(want));
    if (!to) return nullptr;
    if (mremap(p, have, want, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
      munmap(to, want);
      return nullptr;
    }
    forget(p, have);
    p = to;
  }
  note(p, want);
  return p;
}

void large_free(void* p) {
  auto* block = static_cast<char*>(p);
  size_t whole = large_size(p);
  if (whole == kChunk && keep(block)) return;
  forget(block, whole);
  munmap(p, whole);
}

}  // namespace adder
