// The stable order of keys by counting digits: no comparison, so no branch to mispredict.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "array/core/error.h"
#include "array/core/numbers.h"

namespace adder::array {

// A word whose unsigned order is that of sorting: the zeros are equal, and NaNs, which equal each other, go last.
template <class T>
ADDER_INLINE std::uint64_t sort_key(T x) {
  if constexpr (std::is_same_v<T, Half>) {
    return sort_key(widen(x));
  } else if constexpr (std::is_floating_point_v<T>) {
    using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    if (x != x) return static_cast<Word>(~Word{0});
    constexpr Word sign = Word{1} << (8 * sizeof(T) - 1);
    const Word word = std::bit_cast<Word>(x + T{0});  // -0.0 + 0.0 is 0.0
    return static_cast<Word>(word & sign ? ~word : word | sign);
  } else if constexpr (std::is_signed_v<T>) {
    using Word = std::make_unsigned_t<T>;
    return static_cast<Word>(static_cast<Word>(x) ^ (Word{1} << (8 * sizeof(T) - 1)));
  } else {
    return x;
  }
}

// Below this many elements comparing is faster; from the other on an index has no room beside its digits.
inline constexpr index_t kWorthCounting = 128, kTooManyToCount = index_t{1} << 32;

// Writes to out[0…n) the indices that sort the keys, equal ones in their order; n between the limits above. `work` holds 2n words.
void radix_order(const std::uint64_t* keys, index_t n, std::uint64_t* work, std::int64_t* out);

}  // namespace adder::array
