// Eight bytes looked at together. In the high bit of each byte of the result: whether that byte is what was asked for. Exact up to the
// first hit, so that __builtin_ctzll(result) / 8 is its place.
#pragma once
#include <cstdint>

namespace adder {

inline constexpr uint64_t kWordOnes = 0x0101010101010101u, kWordHigh = 0x8080808080808080u;
inline uint64_t bytes_below(uint64_t w, unsigned bound) { return (w - kWordOnes * bound) & ~w & kWordHigh; }  // bound: at most 128
inline uint64_t bytes_equal(uint64_t w, unsigned byte) { return bytes_below(w ^ kWordOnes * byte, 1); }

}  // namespace adder
