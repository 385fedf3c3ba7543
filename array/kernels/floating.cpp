// Kernels of floating-point division with remainder, decomposition and neighbours: scalar code over libm, whose
// results here are exact.
#include <cmath>
#include <cstring>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

// What a/b rounded down and the rest are, in Python's sense. Conditions from the values, as fmod would raise them.
template <class T>
HWY_INLINE T divide_with_rest(T a, T b, T* rest, Conditions& raised) {
  if (b == 0) [[unlikely]] {
    *rest = std::fmod(a, b);
    if (a != a) {
      *rest = a;
      return a;
    }
    raised |= a == 0 ? kInvalid : kDivide;
    return a / b;
  }
  if (std::isinf(a) && b == b) [[unlikely]] raised |= kInvalid;
  T mod = std::fmod(a, b);
  T quotient = (a - mod) / b;
  if (std::isinf(quotient) && std::isfinite(a)) [[unlikely]] raised |= kOverflow;
  if (mod != 0) {
    if ((b < 0) != (mod < 0)) {
      mod += b;
      quotient -= T{1};
    }
  } else {
    mod = std::copysign(T{0}, b);
  }
  T floored;
  if (quotient != 0) {
    floored = std::floor(quotient);
    if (quotient - floored > T{0.5}) floored += T{1};
  } else {
    floored = std::copysign(T{0}, a / b);
  }
  *rest = mod;
  return floored;
}

struct FloorDivide {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    T rest;
    return divide_with_rest(a, b, &rest, raised);
  }
};
struct Remainder {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    if (b == 0) [[unlikely]] {
      if (a == a) raised |= kInvalid;
      return std::fmod(a, b);
    }
    if (std::isinf(a) && b == b) [[unlikely]] raised |= kInvalid;
    T mod = std::fmod(a, b);
    if (mod != 0) {
      if ((b < 0) != (mod < 0)) mod += b;
    } else {
      mod = std::copysign(T{0}, b);
    }
    return mod;
  }
};
struct Fmod {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    if (a == a && b == b && (b == 0 || std::isinf(a))) [[unlikely]] raised |= kInvalid;
    return std::fmod(a, b);
  }
};
struct Nextafter {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    T r = std::nextafter(a, b);
    if (std::isinf(r) && !std::isinf(a)) raised |= kOverflow;
    return r;
  }
};
struct Spacing {
  template <class T> static T apply(T a, Conditions& raised) {
    if (std::isinf(a)) {
      raised |= kInvalid;
      return std::numeric_limits<T>::quiet_NaN();
    }
    if (a != a) return a;
    T towards = a < 0 ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    T next = std::nextafter(a, towards);
    if (std::isinf(next)) raised |= kOverflow;
    return next - a;
  }
};
struct Heaviside {
  template <class T> static HWY_INLINE T apply(T a, T b) { return a > 0 ? T{1} : a < 0 ? T{0} : a == 0 ? b : a; }
};
struct Ldexp {
  template <class T, class E> static T apply(T a, E e, Conditions& raised) {
    long exponent = e > 100000 ? 100000 : e < -100000 ? -100000 : static_cast<long>(e);
    T r = std::ldexp(a, static_cast<int>(exponent));
    if (std::isinf(r) && !std::isinf(a)) raised |= kOverflow;
    if (r == 0 && a != 0) raised |= kUnderflow;
    return r;
  }
};
template <class T>
HWY_INLINE T difference(T a, T b, Conditions& raised) {
  T d = a - b;
  if (d != d) [[unlikely]] raised |= kInvalid;
  else if (std::isinf(d) && std::isfinite(a) && std::isfinite(b)) [[unlikely]] raised |= kOverflow;
  return d;
}
struct Logaddexp {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    if (a == b) return a + static_cast<T>(0.693147180559945309417232121458176568);
    T d = difference(a, b, raised);
    if (d > 0) return a + std::log1p(std::exp(-d));
    if (d <= 0) return b + std::log1p(std::exp(d));
    return d;
  }
};
struct Logaddexp2 {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    constexpr T log2e = static_cast<T>(1.442695040888963407359924681001892137);
    if (a == b) return a + T{1};
    T d = difference(a, b, raised);
    if (d > 0) return a + log2e * std::log1p(std::exp2(-d));
    if (d <= 0) return b + log2e * std::log1p(std::exp2(d));
    return d;
  }
};

// Neighbours of halves are steps of their bits.
std::uint16_t half_bits(const char* p) {
  std::uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return bits;
}
constexpr bool is_nan_half(std::uint16_t bits) { return (bits & 0x7FFF) > 0x7C00; }
constexpr bool is_infinite_half(std::uint16_t bits) { return (bits & 0x7FFF) == 0x7C00; }
std::uint16_t away_from_zero(std::uint16_t bits, Conditions& raised) {
  ++bits;
  if (is_infinite_half(bits)) raised |= kOverflow;
  return bits;
}

Conditions nextafter_halves(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const std::uint16_t a = half_bits(args[0] + i * steps[0]), b = half_bits(args[1] + i * steps[1]);
    const float x = *reinterpret_cast<const Half*>(args[0] + i * steps[0]), y = *reinterpret_cast<const Half*>(args[1] + i * steps[1]);
    std::uint16_t r = a;
    if (is_nan_half(b) && !is_nan_half(a)) r = b;
    else if (x == 0 && y != 0) r = static_cast<std::uint16_t>((b & 0x8000) | 1);
    else if (x < y || x > y) r = (x < y) == (x > 0) ? away_from_zero(a, raised) : static_cast<std::uint16_t>(a - 1);
    else if (x == y) r = a;
    std::memcpy(args[2] + i * steps[2], &r, sizeof r);
  }
  return raised;
}

Conditions spacing_halves(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const std::uint16_t a = half_bits(args[0] + i * steps[0]);
    const float x = *reinterpret_cast<const Half*>(args[0] + i * steps[0]);
    Half r = x;
    if (is_infinite_half(a)) {
      raised |= kInvalid;
      r = std::numeric_limits<float>::quiet_NaN();
    } else if (!is_nan_half(a)) {
      // Towards positive infinity, whatever the sign.
      const std::uint16_t next = x < 0 ? static_cast<std::uint16_t>(a - 1) : x == 0 ? 1 : away_from_zero(a, raised);
      float to = *reinterpret_cast<const Half*>(reinterpret_cast<const char*>(&next));
      r = to - x;
    }
    *reinterpret_cast<Half*>(args[1] + i * steps[1]) = r;
  }
  return raised;
}

template <class T>
Conditions divmod_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    Widened<T> a = *reinterpret_cast<const T*>(args[0] + i * steps[0]);
    Widened<T> b = *reinterpret_cast<const T*>(args[1] + i * steps[1]);
    Widened<T> rest;
    if (b == 0 && a == a) raised |= kInvalid;  // the remainder's
    store<T>(args[2] + i * steps[2], divide_with_rest(a, b, &rest, raised), raised);
    store<T>(args[3] + i * steps[3], rest, raised);
  }
  return raised;
}

template <class T>
Conditions modf_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    Widened<T> whole;
    Widened<T> part = std::modf(widen(*reinterpret_cast<const T*>(args[0] + i * steps[0])), &whole);
    *reinterpret_cast<T*>(args[1] + i * steps[1]) = part;
    *reinterpret_cast<T*>(args[2] + i * steps[2]) = whole;
  }
  return 0;
}

template <class T>
Conditions frexp_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    int exponent = 0;
    Widened<T> value = *reinterpret_cast<const T*>(args[0] + i * steps[0]);
    Widened<T> mantissa = std::frexp(value, &exponent);
    if (!std::isfinite(value)) exponent = 0;
    *reinterpret_cast<T*>(args[1] + i * steps[1]) = mantissa;
    *reinterpret_cast<std::int32_t*>(args[2] + i * steps[2]) = exponent;
  }
  return 0;
}

template <class... Ts>
void put_parts(KernelTable& t) {
  auto one = [&]<class T>() {
    const char c = code_of<T>();
    const char pair[] = {c, c, ':', c, c, 0}, parts[] = {c, ':', c, c, 0}, exponent[] = {c, ':', c, 'i', 0};
    const char scaled[] = {c, 'i', ':', c, 0}, scaled_long[] = {c, 'l', ':', c, 0};
    t.set(Op::divmod, pair, divmod_loop<T>);
    t.set(Op::modf, parts, modf_loop<T>);
    t.set(Op::frexp, exponent, frexp_loop<T>);
    t.set(Op::ldexp, scaled, binary_values<Ldexp, T, std::int32_t, T>);
    t.set(Op::ldexp, scaled_long, binary_values<Ldexp, T, std::int64_t, T>);
  };
  (one.template operator()<Ts>(), ...);
}

void put_floating(KernelTable& t) {
  put_binary_values<FloorDivide, ADDER_FLOATS>(t, Op::floor_divide);
  put_binary_values<Remainder, ADDER_FLOATS>(t, Op::remainder);
  put_binary_values<Fmod, ADDER_FLOATS>(t, Op::fmod);
  put_binary_values<Nextafter, float, double>(t, Op::nextafter);
  put_unary_values<Spacing, float, double>(t, Op::spacing);
  t.set(Op::nextafter, "ee:e", nextafter_halves);
  t.set(Op::spacing, "e:e", spacing_halves);
  put_binary<Heaviside, false, ADDER_FLOATS>(t, Op::heaviside);
  put_binary_values<Logaddexp, ADDER_FLOATS>(t, Op::logaddexp);
  put_binary_values<Logaddexp2, ADDER_FLOATS>(t, Op::logaddexp2);
  put_parts<ADDER_FLOATS>(t);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace adder::array {
void register_floating(KernelTable& table) { HWY_STATIC_DISPATCH(put_floating)(table); }
}  // namespace adder::array
