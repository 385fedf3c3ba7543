// The plain operations that both element-wise loops and reductions are made of. Included once per instruction set, after
// loops-inl.h.
#include <cmath>

#if defined(ADDER_ARRAY_OPERATORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADDER_ARRAY_OPERATORS_INL_H_
#undef ADDER_ARRAY_OPERATORS_INL_H_
#else
#define ADDER_ARRAY_OPERATORS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T>;

// Sums of bools are their disjunction, products their conjunction, as in NumPy.
struct Add {
  static constexpr bool has_vector = true;
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (std::is_same_v<T, bool>) return a | b;
    else if constexpr (kIsInteger<T>) return static_cast<T>(static_cast<Wrapped<T>>(a) + static_cast<Wrapped<T>>(b));
    else return a + b;
  }
  template <class D, class V> static HWY_INLINE V vector(D, V a, V b) { return hn::Add(a, b); }
};
struct Subtract {
  static constexpr bool has_vector = true;
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (kIsInteger<T>) return static_cast<T>(static_cast<Wrapped<T>>(a) - static_cast<Wrapped<T>>(b));
    else return a - b;
  }
  template <class D, class V> static HWY_INLINE V vector(D, V a, V b) { return hn::Sub(a, b); }
};
struct Multiply {
  static constexpr bool has_vector = true;
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (std::is_same_v<T, bool>) return a & b;
    else if constexpr (kIsInteger<T>) return static_cast<T>(static_cast<Wrapped<T>>(a) * static_cast<Wrapped<T>>(b));
    else return a * b;
  }
  template <class D, class V> static HWY_INLINE V vector(D, V a, V b) { return hn::Mul(a, b); }
};

// Extrema with NaN winning; of two zeros the second, as the machine's instruction has it.
struct Maximum {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (kIsInteger<T>) return a > b ? a : b;
    else if constexpr (kIsComplex<T>) return choose(a >= b || a != a, a, b);
    else return (a > b || a != a) ? a : b;
  }
  template <class V> static HWY_INLINE V fold(V a, V b) { return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b); }
};
struct Minimum {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (kIsInteger<T>) return a < b ? a : b;
    else if constexpr (kIsComplex<T>) return choose(a <= b || a != a, a, b);
    else return (a < b || a != a) ? a : b;
  }
  template <class V> static HWY_INLINE V fold(V a, V b) { return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b); }
};
// Of two halves that are zero, the first.
struct HalfMaximum {
  static HWY_INLINE float apply(float a, float b) { return (a >= b || a != a) ? a : b; }
};
struct HalfMinimum {
  static HWY_INLINE float apply(float a, float b) { return (a <= b || a != a) ? a : b; }
};
// Extrema with NaN losing.
struct Fmax {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (kIsInteger<T>) return a > b ? a : b;
    else return choose(a >= b || b != b, a, b);
  }
};
struct Fmin {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    if constexpr (kIsInteger<T>) return a < b ? a : b;
    else return choose(a <= b || b != b, a, b);
  }
};

struct And {
  template <class T> static HWY_INLINE T apply(T a, T b) { return static_cast<T>(a & b); }
};
struct Or {
  template <class T> static HWY_INLINE T apply(T a, T b) { return static_cast<T>(a | b); }
};
struct Xor {
  template <class T> static HWY_INLINE T apply(T a, T b) { return static_cast<T>(a ^ b); }
};

}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
