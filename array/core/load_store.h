// Reading and writing single values where they lie, which need not be aligned: fields of structures, views of bytes.
#pragma once

#include <complex>
#include <cstring>
#include <type_traits>

namespace adder::array {

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void store(char* at, const T& value) {
  if constexpr (std::is_same_v<T, long double>) {
    // Ten bytes of value; the rest are zeros, so that equal numbers have equal bytes.
    std::memcpy(at, &value, 10);
    std::memset(at + 10, 0, sizeof value - 10);
  } else if constexpr (std::is_same_v<T, std::complex<long double>>) {
    store(at, value.real());
    store(at + sizeof(long double), value.imag());
  } else {
    std::memcpy(at, &value, sizeof value);
  }
}

}  // namespace adder::array
