// The index of a dict's table: which slot holds the number of which entry. Slots are looked through in groups of eight, by one
// comparison of vectors: a search seldom leaves its first group, and seldom looks at an entry that is not the sought one.
//
// A slot holds an entry's number and, in the bits above it, a tag: bits of the key's hash, mixed. It is negative if it is empty
// or deleted. A key's number stands in its home slot if that was free, else in a free slot of the home's group, else in the next
// group of its sequence that had one. A group that was full once never has an empty slot again, only deleted ones, so a search
// ends with the first that has.
#pragma once
#include <emmintrin.h>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace adder::dict_index {

constexpr int8_t kEmpty = -1, kDeleted = -2;
constexpr size_t kGroup = 8;

// In small tables, which grow key by key, a slot that is empty was never used: a key whose home is empty is not there. So a group is not
// loaded right after a narrower store into it, which would have to wait for that store.
template <class Index>
inline constexpr bool kHomeTells = sizeof(Index) == 1;

inline size_t home_slot(int64_t hash, size_t mask) { return static_cast<size_t>(hash) & mask; }

template <class Index>
inline Index tag(int64_t hash, size_t mask) {
  constexpr int kBits = 8 * sizeof(Index) - 1;
  return static_cast<Index>(static_cast<uint64_t>(hash) * 0x9E3779B97F4A7C15u >> (64 - kBits) & ~static_cast<uint64_t>(mask));
}

// The slots of a group, bit i for the i-th, whose `bits` are those of `value`.
inline unsigned slots_with(const int8_t* group, int8_t bits, int8_t value) {
  __m128i words = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(group));
  __m128i same = _mm_cmpeq_epi8(_mm_and_si128(words, _mm_set1_epi8(bits)), _mm_set1_epi8(value));
  return static_cast<unsigned>(_mm_movemask_epi8(same)) & 0xFF;
}
inline unsigned slots_with(const int16_t* group, int16_t bits, int16_t value) {
  __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group));
  __m128i same = _mm_cmpeq_epi16(_mm_and_si128(words, _mm_set1_epi16(bits)), _mm_set1_epi16(value));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(same, _mm_setzero_si128())));
}
inline unsigned slots_with(const int32_t* group, int32_t bits, int32_t value) {
  auto half = [&](const int32_t* p) {
    return _mm_cmpeq_epi32(_mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_set1_epi32(bits)), _mm_set1_epi32(value));
  };
  __m128i same = _mm_packs_epi32(half(group), half(group + 4));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(same, _mm_setzero_si128())));
}
inline unsigned slots_with(const int64_t* group, int64_t bits, int64_t value) {
  unsigned r = 0;
  for (unsigned i = 0; i < kGroup; i++) r |= static_cast<unsigned>((group[i] & bits) == value) << i;
  return r;
}

template <class Index>
inline unsigned slots_tagged(const Index* group, Index tag, size_t mask) { return slots_with(group, static_cast<Index>(~mask), tag); }
template <class Index>
inline unsigned empty_slots(const Index* group) { return slots_with(group, Index{-1}, Index{kEmpty}); }
template <class Index>
inline unsigned free_slots(const Index* group) {
  constexpr Index kSign = std::numeric_limits<Index>::min();
  return slots_with(group, kSign, kSign);
}

// The groups that a hash may stand in, by their first slots.
struct Sequence {
  size_t first;

  Sequence(int64_t hash, size_t mask) : first(home_slot(hash, mask) & ~(kGroup - 1)), mask_(mask), perturb_(static_cast<size_t>(hash)) {}
  void advance() {
    perturb_ >>= 5;
    first = (first * 5 + (perturb_ + 1) * kGroup) & mask_;
  }

 private:
  size_t mask_, perturb_;
};

// Puts the number of an entry whose key is not there.
template <class Index>
inline void put(Index* indices, int64_t hash, size_t mask, ptrdiff_t entry) {
  size_t slot = home_slot(hash, mask);
  if (indices[slot] >= 0) {
    Sequence at(hash, mask);
    unsigned free;
    while ((free = free_slots(indices + at.first)) == 0) at.advance();
    slot = at.first + static_cast<size_t>(__builtin_ctz(free));
  }
  indices[slot] = static_cast<Index>(static_cast<Index>(entry) | tag<Index>(hash, mask));
}

// Frees the slot of an entry.
template <class Index>
inline void take(Index* indices, int64_t hash, size_t mask, ptrdiff_t entry) {
  const auto word = static_cast<Index>(static_cast<Index>(entry) | tag<Index>(hash, mask));
  for (Sequence at(hash, mask);; at.advance()) {
    Index* group = indices + at.first;
    if (unsigned found = slots_with(group, Index{-1}, word)) {
      group[__builtin_ctz(found)] = !kHomeTells<Index> && empty_slots(group) ? kEmpty : kDeleted;
      return;
    }
  }
}

}  // namespace adder::dict_index
