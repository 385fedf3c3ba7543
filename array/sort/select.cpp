// Quickselect: a pass moves the elements below a pivot to the front in whole vectors and the others to spare memory, from where they
// follow. The pivot is the element of a sample that lies where the wanted rank does.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/sort/select.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "array/sort/select.h"

#undef ADDER_SELECTABLE
#define ADDER_SELECTABLE                                                                                                                \
  ADDER_SELECT(select_i32, std::int32_t) ADDER_SELECT(select_u32, std::uint32_t) ADDER_SELECT(select_i64, std::int64_t)                \
  ADDER_SELECT(select_u64, std::uint64_t) ADDER_SELECT(select_f32, float) ADDER_SELECT(select_f64, double)

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Moves the elements below the pivot, or with `equal` those not above it, before the others; says how many they are.
template <bool equal, class T>
index_t divide(T* a, index_t n, T pivot, T* spare) {
  const hn::ScalableTag<T> d;
  const index_t lanes = static_cast<index_t>(hn::Lanes(d));
  const auto bound = hn::Set(d, pivot);
  index_t low = 0, high = 0, i = 0;
  // Whole vectors are written, which reach no further than what has been read.
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::LoadU(d, a + i);
    const auto first = equal ? hn::Not(hn::Lt(bound, v)) : hn::Lt(v, bound);
    low += static_cast<index_t>(hn::CompressStore(v, first, d, a + low));
    high += static_cast<index_t>(hn::CompressStore(v, hn::Not(first), d, spare + high));
  }
  for (; i < n; ++i) {
    const T x = a[i];
    if (equal ? x <= pivot : x < pivot) a[low++] = x;
    else spare[high++] = x;
  }
  std::memcpy(a + low, spare, static_cast<std::size_t>(high) * sizeof(T));
  return low;
}

constexpr index_t kSmall = 256;
constexpr int kSample = 64;

// Where a sample of the elements has the one that splits them about `rank`.
template <class T>
T choose_pivot(const T* a, index_t n, index_t rank) {
  T sample[kSample];
  // Places as if at random, but the same each time: steps by the golden ratio.
  std::uint64_t at = 0x9E3779B97F4A7C15u;
  for (T& x : sample) {
    x = a[static_cast<index_t>((static_cast<unsigned __int128>(at) * static_cast<std::uint64_t>(n)) >> 64)];
    at += 0x9E3779B97F4A7C15u;
  }
  T* place = sample + rank * kSample / n;
  std::nth_element(sample, place, sample + kSample);
  return *place;
}

// Elements [begin, end) with the ranks in it; after so many bad passes by the library's method, whose worst case is bounded.
template <class T>
void select(T* a, index_t begin, index_t end, const index_t* ranks, int count, T* spare, int passes) {
  while (count > 0) {
    const index_t n = end - begin;
    if (n <= kSmall) {
      for (; count > 0; begin = *ranks++ + 1, --count) std::nth_element(a + begin, a + *ranks, a + end);
      return;
    }
    const int middle = count / 2;
    if (passes-- == 0) {
      std::nth_element(a + begin, a + ranks[middle], a + end);
      select(a, begin, ranks[middle], ranks, middle, spare, 8);
      begin = ranks[middle] + 1;
      ranks += middle + 1;
      count -= middle + 1;
      passes = 8;
      continue;
    }
    const T pivot = choose_pivot(a + begin, n, ranks[middle] - begin);
    index_t cut = begin + divide<false>(a + begin, n, pivot, spare);
    if (cut == begin) {
      // Nothing is below the pivot: those equal to it are in their places.
      begin += divide<true>(a + begin, n, pivot, spare);
      while (count > 0 && *ranks < begin) {
        ++ranks;
        --count;
      }
      continue;
    }
    const int below = static_cast<int>(std::lower_bound(ranks, ranks + count, cut) - ranks);
    if (below == count) {
      end = cut;
      continue;
    }
    select(a, begin, cut, ranks, below, spare, passes);
    begin = cut;
    ranks += below;
    count -= below;
  }
}

template <class T>
void select_with(T* a, index_t n, const index_t* ranks, int count, T* spare) {
  select(a, index_t{0}, n, ranks, count, spare, 4 * std::bit_width(static_cast<std::uint64_t>(n)));
}

#define ADDER_SELECT(name, T) \
  void name(T* a, index_t n, const index_t* ranks, int count, T* spare) { select_with(a, n, ranks, count, spare); }
ADDER_SELECTABLE
#undef ADDER_SELECT

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {

#define ADDER_SELECT(name, T)                                                                \
  HWY_EXPORT(name);                                                                          \
  void select_ranks(T* a, index_t n, const index_t* ranks, int count, T* spare) {            \
    HWY_DYNAMIC_DISPATCH(name)(a, n, ranks, count, spare);                                   \
  }
ADDER_SELECTABLE
#undef ADDER_SELECT

}  // namespace adder::array
#endif
