// Buffers and the cache of large blocks. A block of the cache is a mapping of whole 2 MiB pages, kept by size.
#include "array/core/buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include "array/core/host.h"

namespace adder::array {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
#if defined(ADDER_ASAN)
constexpr std::size_t kLarge = std::size_t{1} << 62;  // all from the host, so that overruns show
#else
constexpr std::size_t kLarge = std::size_t{1} << 20;  // from here on blocks are mapped
#endif
constexpr std::size_t kWorthClearing = std::size_t{32} << 20;  // more zeros than this are fresh pages, which may never be used
constexpr std::size_t kAlignment = 64;
constexpr int kSlots = 64;

enum : std::uint32_t { kFromHost, kMapped };

struct CachedBlock {
  char* data;
  std::size_t size;
};

CachedBlock cache[kSlots];
int cache_count = 0;
std::size_t cache_bytes = 0;

std::size_t cache_limit() {
  static const std::size_t limit = [] {
    long pages = sysconf(_SC_PHYS_PAGES);
    std::size_t memory = pages > 0 ? static_cast<std::size_t>(pages) * 4096 : std::size_t{4} << 30;
    std::size_t share = memory / 8;
    return share < (std::size_t{1} << 30) ? share : std::size_t{1} << 30;
  }();
  return limit;
}

struct HostLock {
  HostLock() { host().lock(); }
  ~HostLock() { host().unlock(); }
};

// The smallest cached block that fits without wasting more than a quarter.
char* take_cached(std::size_t size, std::size_t* block_size) {
  HostLock lock;
  int best = -1;
  for (int i = 0; i < cache_count; ++i)
    if (cache[i].size >= size && cache[i].size - size <= size / 4 && (best < 0 || cache[i].size < cache[best].size)) best = i;
  if (best < 0) return nullptr;
  char* data = cache[best].data;
  *block_size = cache[best].size;
  cache_bytes -= cache[best].size;
  cache[best] = cache[--cache_count];
  return data;
}

bool keep_cached(char* data, std::size_t size) {
  HostLock lock;
  if (cache_count == kSlots || cache_bytes + size > cache_limit()) return false;
  cache[cache_count++] = {data, size};
  cache_bytes += size;
  return true;
}

char* map_block(std::size_t size) {
  std::size_t wanted = size + kHugePage;
  void* raw = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  std::uintptr_t start = reinterpret_cast<std::uintptr_t>(raw);
  std::uintptr_t aligned = (start + kHugePage - 1) & ~(kHugePage - 1);
  if (aligned > start) munmap(raw, aligned - start);
  std::size_t tail = start + wanted - (aligned + size);
  if (tail) munmap(reinterpret_cast<void*>(aligned + size), tail);
  madvise(reinterpret_cast<void*>(aligned), size, MADV_HUGEPAGE);
  return reinterpret_cast<char*>(aligned);
}

// A block larger than what the machine can ever give is refused here, where it can still be told.
bool plausible(std::size_t size) {
  static const std::size_t most = [] {
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? static_cast<std::size_t>(pages) * 4096 * 4 : ~std::size_t{0} / 2;
  }();
  return size <= most;
}

}  // namespace

Buffer* allocate_buffer(std::size_t size, Fill fill) {
  if (!plausible(size)) return nullptr;
  if (size < kLarge) {
    std::size_t block_size = sizeof(Buffer) + kAlignment + size;
    char* block = static_cast<char*>(host().allocate(block_size));
    if (!block) return nullptr;
    std::uintptr_t data = (reinterpret_cast<std::uintptr_t>(block) + sizeof(Buffer) + kAlignment - 1) & ~(kAlignment - 1);
    if (fill == Fill::zero) std::memset(reinterpret_cast<void*>(data), 0, size);
    return new (block) Buffer{{1}, kFromHost, size, block_size, reinterpret_cast<char*>(data)};
  }
  Activity activity(Doing::allocation, "allocate", static_cast<std::int64_t>(size));
  std::size_t block_size = (size + kHugePage - 1) & ~(kHugePage - 1);
  char* data = nullptr;
  if (fill != Fill::zero || size <= kWorthClearing) data = take_cached(block_size, &block_size);
  if (data && fill == Fill::zero) std::memset(data, 0, size);
  if (!data) data = map_block(block_size);
  if (!data && cached_bytes()) {
    drop_cached_blocks();
    data = map_block(block_size);
  }
  if (!data) return nullptr;
  void* header = host().allocate(sizeof(Buffer));
  if (!header) {
    munmap(data, block_size);
    return nullptr;
  }
  return new (header) Buffer{{1}, kMapped, size, block_size, data};
}

void Buffer::destroy() {
  if (kind == kMapped) {
    Activity activity(Doing::allocation, "release", static_cast<std::int64_t>(block_size));
    if (!keep_cached(data, block_size)) munmap(data, block_size);
  }
  host().release(this);
}

std::size_t cached_bytes() {
  HostLock lock;
  return cache_bytes;
}

void drop_cached_blocks() {
  HostLock lock;
  for (int i = 0; i < cache_count; ++i) munmap(cache[i].data, cache[i].size);
  cache_count = 0;
  cache_bytes = 0;
}

}  // namespace adder::array
