// Buffers: 64-byte aligned, reference-counted blocks of memory. Large ones are 2 MiB-aligned, in huge pages, and
// come from a cache of blocks that died earlier, because fresh pages cost more than the arithmetic on them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace adder::array {

enum class Fill : std::uint8_t {
  result,  // contents do not matter
  zero,    // all bytes zero: very large ones are fresh pages
};

struct Buffer {
  std::atomic<std::uint32_t> references;
  std::uint32_t kind;     // where the block came from
  std::size_t size;       // bytes usable at data
  std::size_t block_size; // bytes of the block behind it
  char* data;

  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

 private:
  void destroy();
};

// A buffer with one reference; null when memory cannot be had.
Buffer* allocate_buffer(std::size_t size, Fill fill);

// The cache of large blocks: bytes held, and giving them all back to the system.
std::size_t cached_bytes();
void drop_cached_blocks();

}  // namespace adder::array
