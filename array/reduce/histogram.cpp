// Counting values into bins, and sliding products.
#include "array/reduce/histogram.h"

#include <type_traits>

namespace adder::array {

void histogram(const double* values, index_t n, const double* edges, index_t bins, std::int64_t* counts) {
  const double low = edges[0], high = edges[bins], width = high - low, number = static_cast<double>(bins);
  for (index_t i = 0; i < n; ++i) {
    const double x = values[i];
    if (!(x >= low && x <= high)) continue;
    index_t k = static_cast<index_t>((x - low) / width * number);
    if (k == bins) --k;
    if (x < edges[k]) --k;
    else if (k != bins - 1 && x >= edges[k + 1]) ++k;
    ++counts[k];
  }
}

namespace {

// Eight results at a time stay in registers over all of v.
template <class T>
void slide(const T* a, const T* v, index_t taps, T* out, index_t n) {
  constexpr index_t kWide = 8;
  index_t i = 0;
  for (; i + kWide <= n; i += kWide) {
    T sums[kWide] = {};
    for (index_t k = 0; k < taps; ++k)
      for (index_t j = 0; j < kWide; ++j) sums[j] += a[i + j + k] * v[k];
    for (index_t j = 0; j < kWide; ++j) out[i + j] = sums[j];
  }
  for (; i < n; ++i) {
    T sum{};
    for (index_t k = 0; k < taps; ++k) sum += a[i + k] * v[k];
    out[i] = sum;
  }
}

}  // namespace

bool sliding_product(const DType* dtype, const char* a, const char* v, index_t taps, char* out, index_t n, Error& error) {
  const bool done = with_element_type(dtype, [&]<class T>() {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Half>) {
      return false;
    } else if constexpr (std::is_integral_v<T>) {
      using Word = std::make_unsigned_t<T>;
      if constexpr (sizeof(T) < 4) {
        // Small words would be computed as int.
        for (index_t i = 0; i < n; ++i) {
          std::uint32_t sum = 0;
          for (index_t k = 0; k < taps; ++k)
            sum += static_cast<std::uint32_t>(reinterpret_cast<const Word*>(a)[i + k]) * static_cast<std::uint32_t>(reinterpret_cast<const Word*>(v)[k]);
          reinterpret_cast<Word*>(out)[i] = static_cast<Word>(sum);
        }
      } else {
        slide(reinterpret_cast<const Word*>(a), reinterpret_cast<const Word*>(v), taps, reinterpret_cast<Word*>(out), n);
      }
      return true;
    } else {
      slide(reinterpret_cast<const T*>(a), reinterpret_cast<const T*>(v), taps, reinterpret_cast<T*>(out), n);
      return true;
    }
  });
  error.operation = "correlate";
  error.dtypes[0] = dtype;
  error.count = 1;
  return done || error.fail(Code::no_loop);
}

}  // namespace adder::array
