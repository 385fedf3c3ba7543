// Kernels of floating-point division with remainder, decomposition and neighbours: scalar code over libm, whose
// results here are exact.
#include <cmath>

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
struct Logaddexp {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    if (a == b) return a + static_cast<T>(0.693147180559945309417232121458176568);
    T d = a - b;
    if (d > 0) return a + std::log1p(std::exp(-d));
    if (d <= 0) return b + std::log1p(std::exp(d));
    return d;
  }
};
struct Logaddexp2 {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    constexpr T log2e = static_cast<T>(1.442695040888963407359924681001892137);
    if (a == b) return a + T{1};
    T d = a - b;
    if (d > 0) return a + log2e * std::log1p(std::exp2(-d));
    if (d <= 0) return b + log2e * std::log1p(std::exp2(d));
    return d;
  }
};

template <class T>
Conditions divmod_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    T a = *reinterpret_cast<const T*>(args[0] + i * steps[0]);
    T b = *reinterpret_cast<const T*>(args[1] + i * steps[1]);
    T rest;
    if (b == 0 && a == a) raised |= kInvalid;  // the remainder's
    *reinterpret_cast<T*>(args[2] + i * steps[2]) = divide_with_rest(a, b, &rest, raised);
    *reinterpret_cast<T*>(args[3] + i * steps[3]) = rest;
  }
  return raised;
}

template <class T>
Conditions modf_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    T whole;
    T part = std::modf(*reinterpret_cast<const T*>(args[0] + i * steps[0]), &whole);
    *reinterpret_cast<T*>(args[1] + i * steps[1]) = part;
    *reinterpret_cast<T*>(args[2] + i * steps[2]) = whole;
  }
  return 0;
}

template <class T>
Conditions frexp_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    int exponent = 0;
    T value = *reinterpret_cast<const T*>(args[0] + i * steps[0]);
    T mantissa = std::frexp(value, &exponent);
    if (!std::isfinite(value)) exponent = 0;
    *reinterpret_cast<T*>(args[1] + i * steps[1]) = mantissa;
    *reinterpret_cast<std::int32_t*>(args[2] + i * steps[2]) = exponent;
  }
  return 0;
}

void put_floating(KernelTable& t) {
  put_binary_values<FloorDivide, ADDER_FLOATS>(t, Op::floor_divide);
  put_binary_values<Remainder, ADDER_FLOATS>(t, Op::remainder);
  put_binary_values<Fmod, ADDER_FLOATS>(t, Op::fmod);
  put_binary_values<Nextafter, ADDER_FLOATS>(t, Op::nextafter);
  put_unary_values<Spacing, ADDER_FLOATS>(t, Op::spacing);
  put_binary<Heaviside, false, ADDER_FLOATS>(t, Op::heaviside);
  put_binary_values<Logaddexp, ADDER_FLOATS>(t, Op::logaddexp);
  put_binary_values<Logaddexp2, ADDER_FLOATS>(t, Op::logaddexp2);
  t.set(Op::ldexp, "fi:f", binary_values<Ldexp, float, std::int32_t, float>);
  t.set(Op::ldexp, "fl:f", binary_values<Ldexp, float, std::int64_t, float>);
  t.set(Op::ldexp, "di:d", binary_values<Ldexp, double, std::int32_t, double>);
  t.set(Op::ldexp, "dl:d", binary_values<Ldexp, double, std::int64_t, double>);
  t.set(Op::divmod, "ff:ff", divmod_loop<float>);
  t.set(Op::divmod, "dd:dd", divmod_loop<double>);
  t.set(Op::modf, "f:ff", modf_loop<float>);
  t.set(Op::modf, "d:dd", modf_loop<double>);
  t.set(Op::frexp, "f:fi", frexp_loop<float>);
  t.set(Op::frexp, "d:di", frexp_loop<double>);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace adder::array {
void register_floating(KernelTable& table) { HWY_STATIC_DISPATCH(put_floating)(table); }
}  // namespace adder::array
