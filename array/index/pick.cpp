// Picking and putting elements under a mask: eight bools at a time as bits, by which vectors are compressed.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/index/pick.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#include "array/index/pick.h"
#include "array/reduce/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Eight bools as bits, the first one lowest.
HWY_INLINE std::uint8_t bits_of(const char* bools) {
  std::uint64_t word;
  std::memcpy(&word, bools, 8);
  return static_cast<std::uint8_t>(word * 0x0102040810204080ULL >> 56);
}

template <class T>
index_t pick_items(char* to_bytes, const char* from_bytes, const char* mask, index_t at, index_t end, index_t n) {
  T* to = reinterpret_cast<T*>(to_bytes);
  const T* from = reinterpret_cast<const T*>(from_bytes);
  index_t done = 0;
  if constexpr (sizeof(T) == 4 || sizeof(T) == 8) {
    const hn::CappedTag<T, 8> d;
    const index_t lanes = static_cast<index_t>(hn::Lanes(d));
    // A vector may write lanes behind what it picks, so it stays away from the end of both.
    while (done + 8 <= n && at + 8 <= end) {
      const unsigned chosen = bits_of(mask + at);
      if (chosen == 0) {
        at += 8;
        continue;
      }
      for (index_t k = 0; k < 8; k += lanes) {
        alignas(8) const std::uint8_t bits[8] = {static_cast<std::uint8_t>(chosen >> k & ((1u << lanes) - 1))};
        done += static_cast<index_t>(hn::CompressBitsStore(hn::LoadU(d, from + at + k), bits, d, to + done));
      }
      at += 8;
    }
  } else {
    while (done + 8 <= n && at + 8 <= end) {
      for (index_t k = 0; k < 8; ++k) {
        to[done] = from[at + k];
        done += mask[at + k];
      }
      at += 8;
    }
  }
  for (; done < n && at < end; ++at)
    if (mask[at]) to[done++] = from[at];
  return at;
}

struct Wide {
  std::uint64_t parts[2];
};

index_t pick_run(char* to, const char* from, index_t size, const Chooser& by, index_t at, index_t n) {
  switch (size) {
    case 1: return pick_items<std::uint8_t>(to, from, by.mask, at, by.n, n);
    case 2: return pick_items<std::uint16_t>(to, from, by.mask, at, by.n, n);
    case 4: return pick_items<std::uint32_t>(to, from, by.mask, at, by.n, n);
    case 8: return pick_items<std::uint64_t>(to, from, by.mask, at, by.n, n);
    default: return pick_items<Wide>(to, from, by.mask, at, by.n, n);
  }
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {

namespace {

template <class T>
index_t put_items(char* to_bytes, const char* from_bytes, const Chooser& by, index_t at, index_t n) {
  T* to = reinterpret_cast<T*>(to_bytes);
  const T* from = reinterpret_cast<const T*>(from_bytes);
  index_t done = 0;
  while (done + 8 <= n && at + 8 <= by.n) {
    std::uint64_t word;
    std::memcpy(&word, by.mask + at, 8);
    for (; word; word &= word - 1) to[at + __builtin_ctzll(word) / 8] = from[done++];
    at += 8;
  }
  for (; done < n && at < by.n; ++at)
    if (by.mask[at]) to[at] = from[done++];
  return at;
}

struct Wide {
  std::uint64_t parts[2];
};

}  // namespace

HWY_EXPORT(pick_run);
index_t pick(char* to, const char* from, index_t size, const Chooser& by, index_t at, index_t n) {
  return HWY_DYNAMIC_DISPATCH(pick_run)(to, from, size, by, at, n);
}

index_t put(char* to, const char* from, index_t size, const Chooser& by, index_t at, index_t n) {
  switch (size) {
    case 1: return put_items<std::uint8_t>(to, from, by, at, n);
    case 2: return put_items<std::uint16_t>(to, from, by, at, n);
    case 4: return put_items<std::uint32_t>(to, from, by, at, n);
    case 8: return put_items<std::uint64_t>(to, from, by, at, n);
    default: return put_items<Wide>(to, from, by, at, n);
  }
}

index_t rank_mask(const char* mask, index_t n, index_t* ranks) {
  index_t total = 0;
  std::uint64_t other = 0;  // bits that no bool has
  for (index_t at = 0; at < n; at += kRankRun) {
    const index_t run = n - at < kRankRun ? n - at : kRankRun;
    ranks[at / kRankRun] = total;
    index_t i = 0;
    for (; i + 8 <= run; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, mask + at + i, 8);
      other |= word & ~0x0101010101010101ULL;
    }
    for (; i < run; ++i) other |= mask[at + i] & ~1ULL;
    total += count_true(mask + at, run);
  }
  if (n % kRankRun == 0) ranks[n / kRankRun] = total;
  return other ? -1 : total;
}

index_t place_of(const Chooser& by, index_t rank) {
  index_t low = 0, high = by.n / kRankRun;  // the last run with no more than `rank` before it
  while (low < high) {
    const index_t middle = (low + high + 1) / 2;
    if (by.ranks[middle] <= rank) low = middle;
    else high = middle - 1;
  }
  index_t at = low * kRankRun, left = rank - by.ranks[low];
  for (; at + 8 <= by.n; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, by.mask + at, 8);
    const index_t here = __builtin_popcountll(word);
    if (here > left) break;
    left -= here;
  }
  for (; left > 0; ++at) left -= by.mask[at];
  return at;
}

}  // namespace adder::array
#endif
