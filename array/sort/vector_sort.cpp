// Long runs through the vectorised sort of Highway, opened when first needed.
#include "array/sort/vector_sort.h"

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <mutex>

#include "array/core/lazy_library.h"

namespace adder::array {

namespace {

// hwy::Sorter::operator()(T*, size_t, hwy::SortAscending) const. The object is one pointer that stays null; the tag is empty and takes no
// register.
template <class T>
using Sort = void (*)(const void* sorter, T* keys, std::size_t n);

struct Library {
  Sort<std::int16_t> i16 = nullptr;
  Sort<std::uint16_t> u16 = nullptr;
  Sort<std::int32_t> i32 = nullptr;
  Sort<std::uint32_t> u32 = nullptr;
  Sort<std::int64_t> i64 = nullptr;
  Sort<std::uint64_t> u64 = nullptr;

  auto of(std::int16_t*) const { return i16; }
  auto of(std::uint16_t*) const { return u16; }
  auto of(std::int32_t*) const { return i32; }
  auto of(std::uint32_t*) const { return u32; }
  auto of(std::int64_t*) const { return i64; }
  auto of(std::uint64_t*) const { return u64; }
};

// Opening it takes some milliseconds, as long as sorting this many elements without: it waits until so many have been.
constexpr index_t kWorthOpening = 1 << 17, kWorthCalling = 256;
std::atomic<index_t> left_without = kWorthOpening;

bool worth(index_t n) { return n >= kWorthCalling && (left_without.load(std::memory_order_relaxed) <= 0 || left_without.fetch_sub(n, std::memory_order_relaxed) <= n); }

const Library& library() {
  static Library table;
  static std::once_flag once;
  std::call_once(once, [] {
    if (void* handle = dlopen("libhwy_contrib.so.1", RTLD_NOW | RTLD_LOCAL)) {
      find_function(handle, "_ZNK3hwy6SorterclEPsmNS_13SortAscendingE", table.i16);
      find_function(handle, "_ZNK3hwy6SorterclEPtmNS_13SortAscendingE", table.u16);
      find_function(handle, "_ZNK3hwy6SorterclEPimNS_13SortAscendingE", table.i32);
      find_function(handle, "_ZNK3hwy6SorterclEPjmNS_13SortAscendingE", table.u32);
      find_function(handle, "_ZNK3hwy6SorterclEPlmNS_13SortAscendingE", table.i64);
      find_function(handle, "_ZNK3hwy6SorterclEPmmNS_13SortAscendingE", table.u64);
    }
  });
  return table;
}

template <class T>
bool sort_words(T* keys, index_t n) {
  const Sort<T> sort = worth(n) ? library().of(keys) : nullptr;
  if (!sort) return false;
  const void* const sorter = nullptr;
  sort(&sorter, keys, static_cast<std::size_t>(n));
  return true;
}

// The words of floats are in their order once the magnitudes of negative ones are turned.
template <class Word>
void turn(Word* keys, index_t n) {
  constexpr int top = 8 * sizeof(Word) - 1;
  constexpr Word magnitude = static_cast<Word>(~(Word{1} << top));
  for (index_t i = 0; i < n; ++i) keys[i] ^= (keys[i] >> top) & magnitude;
}

template <class Word, class Float>
bool sort_floats(Float* keys, index_t n) {
  Word* const words = reinterpret_cast<Word*>(keys);
  if (!worth(n) || !library().of(words)) return false;
  turn(words, n);
  sort_words(words, n);
  turn(words, n);
  return true;
}

}  // namespace

bool vector_sort(std::int16_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(std::uint16_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(std::int32_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(std::uint32_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(std::int64_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(std::uint64_t* keys, index_t n) { return sort_words(keys, n); }
bool vector_sort(float* keys, index_t n) { return sort_floats<std::int32_t>(keys, n); }
bool vector_sort(double* keys, index_t n) { return sort_floats<std::int64_t>(keys, n); }

}  // namespace adder::array
