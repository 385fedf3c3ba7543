// Eight bytes looked at together. In the high bit of each byte of the result: whether that byte is what was asked for. Exact up to the
// first hit, so that __builtin_ctzll(result) / 8 is its place.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace adder {

inline constexpr uint64_t kWordOnes = 0x0101010101010101u, kWordHigh = 0x8080808080808080u;
inline uint64_t bytes_below(uint64_t w, unsigned bound) { return (w - kWordOnes * bound) & ~w & kWordHigh; }  // bound: at most 128
inline uint64_t bytes_equal(uint64_t w, unsigned byte) { return bytes_below(w ^ kWordOnes * byte, 1); }

// Fewer than eight bytes as a word, the first the lowest; what lies beyond them is zero and not read. By two loads, or three, that may overlap.
inline uint64_t load_short_word(const void* p, size_t n) {
  const auto* from = static_cast<const uint8_t*>(p);
  if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + n - 4, sizeof last);
    return first | static_cast<uint64_t>(last) << (8 * (n - 4));
  }
  if (n == 0) return 0;
  return from[0] | static_cast<uint64_t>(from[n / 2]) << (8 * (n / 2)) | static_cast<uint64_t>(from[n - 1]) << (8 * (n - 1));
}
inline void store_short_word(void* p, uint64_t w, size_t n) {
  auto* to = static_cast<uint8_t*>(p);
  if (n >= 4) {
    const auto first = static_cast<uint32_t>(w), last = static_cast<uint32_t>(w >> (8 * (n - 4)));
    memcpy(to, &first, sizeof first);
    memcpy(to + n - 4, &last, sizeof last);
  } else if (n > 0) {
    to[n / 2] = static_cast<uint8_t>(w >> (8 * (n / 2)));
    to[n - 1] = static_cast<uint8_t>(w >> (8 * (n - 1)));
    to[0] = static_cast<uint8_t>(w);
  }
}

}  // namespace adder
