// Element types that C++ has no ready type for: halves, which are stored in 16 bits and computed in float, and complex
// numbers, whose arithmetic repairs no NaNs (std::complex's would) and which are ordered by real, then imaginary part.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#define ADDER_INLINE inline __attribute__((always_inline))
// At the head of a function: raises the conditions of what it computes and no others. Without it both branches may be
// computed in a vector, and lanes that nobody asked for divided by zero.
#define ADDER_EXACT_CONDITIONS _Pragma("clang fp exceptions(maytrap)")

namespace adder::array {

// A double as a float that rounds further as the double itself would: inexact ones have an odd last bit.
ADDER_INLINE float round_to_odd(double x) {
  const float near = static_cast<float>(x);
  const double back = static_cast<double>(near);
  std::uint32_t bits = __builtin_bit_cast(std::uint32_t, near);
  bits -= std::fabs(back) > std::fabs(x);
  bits |= back != x;
  return __builtin_bit_cast(float, bits);
}

// IEEE binary16. Conversions round once. What conditions they raise is not to be relied on: the machine converts whole
// vectors, whatever lies in the other lanes.
class Half {
 public:
  Half() = default;
  ADDER_INLINE Half(float x) : value_(static_cast<_Float16>(x)) {}  // NOLINT: a float that is stored
  ADDER_INLINE explicit Half(double x) : Half(round_to_odd(x)) {}
  ADDER_INLINE operator float() const { return static_cast<float>(value_); }  // NOLINT: what it is computed in

 private:
  _Float16 value_;
};

template <class T>
struct Complex {
  T re, im;

  friend ADDER_INLINE Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend ADDER_INLINE Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  friend ADDER_INLINE Complex operator*(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
  friend ADDER_INLINE Complex operator-(Complex a) { return {-a.re, -a.im}; }
  // Smith's: scaled by the divisor's larger part.
  friend Complex operator/(Complex a, Complex b) {
    ADDER_EXACT_CONDITIONS
    const T re = std::fabs(b.re), im = std::fabs(b.im);
    if (re >= im) {
      if (re == 0 && im == 0) return {a.re / re, a.im / re};
      const T ratio = b.im / b.re, scale = T{1} / (b.re + b.im * ratio);
      return {(a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale};
    }
    const T ratio = b.re / b.im, scale = T{1} / (b.im + b.re * ratio);
    return {(a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale};
  }
  ADDER_INLINE Complex& operator+=(Complex b) { return *this = *this + b; }

  friend ADDER_INLINE bool operator==(Complex a, Complex b) { return a.re == b.re && a.im == b.im; }
  friend ADDER_INLINE bool operator!=(Complex a, Complex b) { return a.re != b.re || a.im != b.im; }
  friend ADDER_INLINE bool operator<(Complex a, Complex b) {
    return (a.re < b.re && a.im == a.im && b.im == b.im) || (a.re == b.re && a.im < b.im);
  }
  friend ADDER_INLINE bool operator<=(Complex a, Complex b) {
    return (a.re < b.re && a.im == a.im && b.im == b.im) || (a.re == b.re && a.im <= b.im);
  }
  friend ADDER_INLINE bool operator>(Complex a, Complex b) { return b < a; }
  friend ADDER_INLINE bool operator>=(Complex a, Complex b) { return b <= a; }
};

template <class T>
inline constexpr bool kIsComplex = false;
template <class T>
inline constexpr bool kIsComplex<Complex<T>> = true;

// One of two values. Complex ones part by part: a choice between objects would be one between places in memory.
template <class T>
ADDER_INLINE T choose(bool first, T a, T b) {
  if constexpr (kIsComplex<T>) return {first ? a.re : b.re, first ? a.im : b.im};
  else return first ? a : b;
}

// What an element is computed in.
template <class T>
using Widened = std::conditional_t<std::is_same_v<T, Half>, float, T>;
template <class T>
ADDER_INLINE Widened<T> widen(T x) {
  return x;
}

// The order of sorting: NaN after everything else; a complex number with one in its real part after those with one in
// their imaginary part alone.
template <class T>
ADDER_INLINE bool sorts_before(T a, T b) {
  if constexpr (kIsComplex<T>) {
    if (a.re < b.re) return a.im == a.im || b.im != b.im;
    if (a.re > b.re) return b.im != b.im && a.im == a.im;
    if (a.re == b.re || (a.re != a.re && b.re != b.re)) return a.im < b.im || (b.im != b.im && a.im == a.im);
    return b.re != b.re;
  } else if constexpr (std::is_integral_v<T>) {
    return a < b;
  } else {
    return a < b || (b != b && a == a);
  }
}

}  // namespace adder::array
