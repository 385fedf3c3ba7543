// An entry of the sort is a word: 32 bits of the key above the index. Where keys differ in more bits than that, the runs of entries
// whose upper 32 bits are equal, which are short as a rule, are sorted by the rest.
#include "array/sort/radix.h"

#include <algorithm>
#include <utility>

namespace adder::array {

namespace {

constexpr int kDigits = 3, kDigitBits = 11;
constexpr std::size_t kValues = std::size_t{1} << kDigitBits;

std::size_t digit(std::uint64_t entry, int place) { return (entry >> (32 + place * kDigitBits)) & (kValues - 1); }

// Sorts entries by their upper half, stably; the result is in one of the two arrays.
std::uint64_t* sort_entries(std::uint64_t* entries, std::uint64_t* other, index_t n) {
  std::uint32_t counts[kDigits][kValues] = {};
  for (index_t i = 0; i < n; ++i)
    for (int place = 0; place < kDigits; ++place) ++counts[place][digit(entries[i], place)];
  for (int place = 0; place < kDigits; ++place) {
    std::uint32_t* count = counts[place];
    if (count[digit(entries[0], place)] == n) continue;  // the same in all
    std::uint32_t before = 0;
    for (std::size_t value = 0; value < kValues; ++value) before += std::exchange(count[value], before);
    for (index_t i = 0; i < n; ++i) other[count[digit(entries[i], place)]++] = entries[i];
    std::swap(entries, other);
  }
  return entries;
}

// Sorts a run of indices by the bits of their keys below `bits`, at most 32.
void sort_run(const std::uint64_t* keys, int bits, std::int64_t* run, index_t n, std::uint64_t* work) {
  if (n < kWorthCounting) {
    for (index_t i = 1; i < n; ++i) {
      const std::int64_t moved = run[i];
      index_t j = i;
      for (; j > 0 && keys[moved] < keys[run[j - 1]]; --j) run[j] = run[j - 1];
      run[j] = moved;
    }
    return;
  }
  const std::uint64_t low = (std::uint64_t{1} << bits) - 1;
  for (index_t i = 0; i < n; ++i) work[i] = (keys[run[i]] & low) << 32 | static_cast<std::uint64_t>(run[i]);
  const std::uint64_t* sorted = sort_entries(work, work + n, n);
  for (index_t i = 0; i < n; ++i) run[i] = static_cast<std::uint32_t>(sorted[i]);
}

}  // namespace

void radix_order(const std::uint64_t* keys, index_t n, std::uint64_t* work, std::int64_t* out) {
  std::uint64_t varying = 0;
  for (index_t i = 1; i < n; ++i) varying |= keys[i] ^ keys[0];
  const int shift = std::max(0, 32 - std::countl_zero(varying | 1));
  for (index_t i = 0; i < n; ++i) work[i] = keys[i] >> shift << 32 | static_cast<std::uint64_t>(i);
  const std::uint64_t* sorted = sort_entries(work, work + n, n);
  for (index_t i = 0; i < n; ++i) out[i] = static_cast<std::uint32_t>(sorted[i]);
  if (!shift) return;
  for (index_t begin = 0, end; begin < n; begin = end) {
    const std::uint64_t prefix = keys[out[begin]] >> shift;
    for (end = begin + 1; end < n && keys[out[end]] >> shift == prefix; ++end) {}
    sort_run(keys, shift, out + begin, end - begin, work);
  }
}

}  // namespace adder::array
