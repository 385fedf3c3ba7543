// Large blocks: mapping, growing, keeping a few for reuse.
#include "memory/large_blocks.h"
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>

namespace adder {

namespace {

// The chunks behind a large block's first.
constexpr uint8_t kMappedRest = 2;

// Of one chunk: as many are kept whole as the tables of a few sets take that come and go together; of more only their first pages, which
// is what lists that have just outgrown other blocks use.
constexpr int kKeptWhole = 8, kKeptChunks = 32;
constexpr size_t kKeptPages = size_t{128} << 10;
char* kept_chunks[kKeptChunks];
int kept_chunk_count = 0;
// Longer ones, whole: their pages are there already, and fresh ones cost more than most of what is done with them. So much as the C library keeps by
// its own rules; the oldest goes first.
constexpr size_t kMostKept = size_t{32} << 20;
constexpr int kKept = 8;
struct {
  char* start;
  size_t bytes;
} kept[kKept];
int kept_count = 0;
size_t kept_bytes = 0;
pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

size_t whole_chunks(size_t bytes) { return (bytes + kChunk - 1) & ~(kChunk - 1); }
uint8_t* kind_of(const void* p) { return chunk_kinds + (reinterpret_cast<uintptr_t>(p) >> kChunkBits); }

void note(char* p, size_t bytes) {
  memset(kind_of(p), kMappedRest, bytes >> kChunkBits);
  *kind_of(p) = kMappedChunk;
}
void forget(char* p, size_t bytes) { memset(kind_of(p), 0, bytes >> kChunkBits); }

void unmap(char* p, size_t whole) {
  forget(p, whole);
  munmap(p, whole);
}
void drop_kept(int i) {
  kept_bytes -= kept[i].bytes;
  kept_count--;
  for (; i < kept_count; i++) kept[i] = kept[i + 1];
}
// The least of the kept blocks that is long enough; what it has more stays.
char* take_long(size_t whole) {
  int best = -1;
  for (int i = 0; i < kept_count; i++) {
    if (kept[i].bytes >= whole && (best < 0 || kept[i].bytes < kept[best].bytes)) best = i;
  }
  if (best < 0) return nullptr;
  char* found = kept[best].start;
  if (kept[best].bytes == whole) {
    drop_kept(best);
  } else {
    kept[best].start += whole;
    kept[best].bytes -= whole;
    kept_bytes -= whole;
    *kind_of(kept[best].start) = kMappedChunk;
  }
  return found;
}
char* take_kept(size_t whole) {
  pthread_mutex_lock(&kept_lock);
  char* found = whole == kChunk && kept_chunk_count > 0 ? kept_chunks[--kept_chunk_count] : take_long(whole);
  pthread_mutex_unlock(&kept_lock);
  return found;
}
bool keep_chunk(char* p) {
  if (kept_chunk_count == kKeptChunks) return false;
  if (kept_chunk_count >= kKeptWhole) madvise(p + kKeptPages, kChunk - kKeptPages, MADV_DONTNEED);
  kept_chunks[kept_chunk_count++] = p;
  return true;
}
bool keep_long(char* p, size_t whole) {
  if (whole > kMostKept) return false;
  while (kept_count == kKept || kept_bytes + whole > kMostKept) {
    unmap(kept[0].start, kept[0].bytes);
    drop_kept(0);
  }
  kept[kept_count++] = {p, whole};
  kept_bytes += whole;
  return true;
}

char* map_large(size_t whole) {
  auto* p = static_cast<char*>(map_aligned(whole));
  if (p) note(p, whole);
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
  const size_t whole = whole_chunks(bytes);
  if (whole < bytes) return nullptr;
  char* p = take_kept(whole);
  return p ? p : map_large(whole);
}

// To clear the pages of a chunk that are there costs less than to be given clear ones.
void* large_zeroed(size_t bytes) {
  const size_t whole = whole_chunks(bytes);
  if (whole < bytes) return nullptr;
  char* p = whole == kChunk ? take_kept(whole) : nullptr;
  return p ? memset(p, 0, bytes) : map_large(whole);
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
    unmap(p + want, have - want);
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
  const size_t whole = large_size(p);
  pthread_mutex_lock(&kept_lock);
  const bool kept_now = whole == kChunk ? keep_chunk(block) : keep_long(block, whole);
  pthread_mutex_unlock(&kept_lock);
  if (!kept_now) unmap(block, whole);
}

}  // namespace adder
