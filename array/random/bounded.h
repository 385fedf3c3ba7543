// Integers from 0 to a bound, all equally likely: by multiplication (Lemire, "Fast Random Integer Generation in an Interval") or by
// drawing as many bits as the bound has until they lie within it.
#pragma once

#include <type_traits>

#include "array/random/bits.h"

namespace adder::array::random {

// The smallest 2^k - 1 that is not below `bound`.
constexpr u64 mask_over(u64 bound) { return bound ? ~u64{0} >> __builtin_clzll(bound) : 0; }

// Draws of 8 and 16 bits come four and two to a 32-bit draw, lowest first.
template <class T, class S>
struct SmallDraws {
  S& source;
  u32 buffer = 0;
  int left = 0;
  T next() {
    if (left == 0) {
      buffer = source.next32();
      left = 4 / sizeof(T);
    } else {
      buffer >>= 8 * sizeof(T) % 32;
    }
    --left;
    return static_cast<T>(buffer);
  }
};
template <class S>
struct SmallDraws<u32, S> {
  S& source;
  u32 next() { return source.next32(); }
};
template <class S>
struct SmallDraws<u64, S> {
  S& source;
  u64 next() { return source.next64(); }
};

// [0, bound], bound neither 0 nor T's greatest value.
template <class T, class D>
inline T by_product(D& draws, T bound) {
  using Twice = std::conditional_t<sizeof(T) == 8, u128, std::conditional_t<sizeof(T) == 4, u64, u32>>;
  constexpr int bits = 8 * sizeof(T);
  const T count = static_cast<T>(bound + 1);
  Twice product = static_cast<Twice>(static_cast<Twice>(draws.next()) * count);
  if (static_cast<T>(product) < count) [[unlikely]] {
    const T threshold = static_cast<T>(static_cast<T>(~bound) % count);
    while (static_cast<T>(product) < threshold) product = static_cast<Twice>(static_cast<Twice>(draws.next()) * count);
  }
  return static_cast<T>(product >> bits);
}

template <class T, class D>
inline T by_mask(D& draws, T bound, T mask) {
  T value;
  do value = static_cast<T>(draws.next() & mask);
  while (value > bound);
  return value;
}

// [0, bound] of 64 bits from the narrowest draw that holds the bound.
template <class S>
inline u64 bounded(S& source, u64 bound) {
  if (bound == 0) return 0;
  if (bound <= 0xFFFFFFFF) {
    if (bound == 0xFFFFFFFF) return source.next32();
    SmallDraws<u32, S> draws{source};
    return by_product<u32>(draws, static_cast<u32>(bound));
  }
  if (bound == ~u64{0}) return source.next64();
  SmallDraws<u64, S> draws{source};
  return by_product<u64>(draws, bound);
}

// The same by masks, as legacy streams have it.
template <class S>
inline u64 bounded_by_mask(S& source, u64 bound) {
  if (bound == 0) return 0;
  if (bound <= 0xFFFFFFFF) {
    SmallDraws<u32, S> draws{source};
    return by_mask<u32>(draws, static_cast<u32>(bound), static_cast<u32>(mask_over(bound)));
  }
  SmallDraws<u64, S> draws{source};
  return by_mask<u64>(draws, bound, mask_over(bound));
}

}  // namespace adder::array::random
