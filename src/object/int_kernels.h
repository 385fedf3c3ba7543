// Loops over the 30-bit digits of ints, four digits at a time. A carry goes to the next digit only, at first; that it has to go on from
// there is as rare as a digit of all ones, and is mended by a pass of its own.
#pragma once
#include <cstring>
#include "object/int_digits.h"

namespace adder {

// An int of these digits.
Ref int_from_digits(const Digits& x, bool negative);

namespace int_kernels {

typedef uint32_t Four __attribute__((vector_size(16)));
typedef int32_t FourSigned __attribute__((vector_size(16)));
typedef uint64_t Two __attribute__((vector_size(16)));

inline Four load(const digit* p) {
  Four v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(digit* p, Four v) { std::memcpy(p, &v, sizeof v); }
// The lanes moved up by one, the last one of the block before coming in.
inline Four follow(Four before, Four v) { return __builtin_shufflevector(before, v, 3, 4, 5, 6); }
inline bool any(Four v, uint32_t bits) {
  Two t = reinterpret_cast<Two>(v);
  uint64_t both = t[0] | t[1];
  return ((both | both >> 32) & bits) != 0;
}

// z[0 … n) is digits that may have reached 2^30 by a carry: makes them digits again and returns what is carried out.
inline digit carry_on(digit* z, Py_ssize_t n) {
  digit carry = 0;
  for (Py_ssize_t i = 0; i < n; i++) {
    digit t = z[i] + carry;
    z[i] = t & PyLong_MASK;
    carry = t >> 30;
  }
  return carry;
}

// z = x + y, n digits each; the carry.
inline digit add(digit* z, const digit* x, const digit* y, Py_ssize_t n) {
  Four carries{}, seen{};
  Py_ssize_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Four sum = load(x + i) + load(y + i), c = sum >> 30;
    Four r = (sum & PyLong_MASK) + follow(carries, c);
    store(z + i, r);
    seen |= r;
    carries = c;
  }
  digit carry = carries[3];
  if (ADDER_UNLIKELY(any(seen, uint32_t{1} << 30))) carry += carry_on(z, i);
  for (; i < n; i++) {
    carry += x[i] + y[i];
    z[i] = carry & PyLong_MASK;
    carry >>= 30;
  }
  return carry;
}

// z = x - y, n digits each; 1 if something is borrowed, else 0.
inline digit subtract(digit* z, const digit* x, const digit* y, Py_ssize_t n) {
  Four borrows{}, seen{};  // -1 for each that borrows
  Py_ssize_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Four difference = load(x + i) - load(y + i), b = reinterpret_cast<Four>(reinterpret_cast<FourSigned>(difference) >> 31);
    Four r = (difference & PyLong_MASK) + follow(borrows, b);
    store(z + i, r);
    seen |= r;
    borrows = b;
  }
  auto borrow = static_cast<int32_t>(borrows[3]);
  if (ADDER_UNLIKELY(any(seen, uint32_t{1} << 31))) {
    int32_t on = 0;
    for (Py_ssize_t k = 0; k < i; k++) {
      int32_t t = static_cast<int32_t>(z[k]) + on;
      z[k] = static_cast<digit>(t) & PyLong_MASK;
      on = t >> 31;
    }
    borrow += on;
  }
  for (; i < n; i++) {
    int32_t t = static_cast<int32_t>(x[i]) - static_cast<int32_t>(y[i]) + borrow;
    z[i] = static_cast<digit>(t) & PyLong_MASK;
    borrow = t >> 31;
  }
  return static_cast<digit>(-borrow);
}

// z = x * factor, n digits and a factor of one digit; the digit carried out.
inline digit multiply(digit* z, const digit* x, Py_ssize_t n, digit factor) {
  constexpr uint64_t kLow = PyLong_MASK;
  Two f = Two{factor, factor};
  Four highs{}, carries{}, seen{};
  Py_ssize_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Two v = reinterpret_cast<Two>(load(x + i));
    Two even = (v & 0xFFFFFFFF) * f, odd = (v >> 32) * f;
    Four low = reinterpret_cast<Four>((even & kLow) | (odd & kLow) << 32), high = reinterpret_cast<Four>(even >> 30 | (odd >> 30) << 32);
    Four sum = low + follow(highs, high), c = sum >> 30;
    Four r = (sum & PyLong_MASK) + follow(carries, c);
    store(z + i, r);
    seen |= r;
    highs = high;
    carries = c;
  }
  uint64_t carry = uint64_t{highs[3]} + carries[3];
  if (ADDER_UNLIKELY(any(seen, uint32_t{1} << 30))) carry += carry_on(z, i);
  for (; i < n; i++) {
    carry += static_cast<uint64_t>(x[i]) * factor;
    z[i] = static_cast<digit>(carry) & PyLong_MASK;
    carry >>= 30;
  }
  return static_cast<digit>(carry);
}

}  // namespace int_kernels
}  // namespace adder
