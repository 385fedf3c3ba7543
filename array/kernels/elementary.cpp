// Kernels of elementary functions on floats. SLEEF's 1-ulp versions serve, at the machine's widest vectors; float16 and
// float32 are computed in float64. Every element goes through the same vector code, whatever its position or stride, so tails and
// strided runs are gathered into whole vectors. Conditions are derived from the values, as NumPy reports them.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/elementary.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>
#include <cstring>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"
#include "array/kernels/sleef.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3
namespace sleef = sleef_avx512;
constexpr int kLanes = 8;
#elif HWY_TARGET == HWY_AVX2
namespace sleef = sleef_avx2;
constexpr int kLanes = 4;
#else
namespace sleef = sleef_sse2;
constexpr int kLanes = 2;
#endif

// One block of inputs at a time, padded to whole vectors with its last element.
constexpr index_t kBlock = 256;

// What a result says about its inputs. A pole: an infinity from finite inputs is a division by zero, not an overflow.
enum class Infinity { overflow, pole };

#define ADDER_VECTOR1(Name, function, infinity)                                                                    \
  struct Name {                                                                                                    \
    static constexpr Infinity kInfinity = Infinity::infinity;                                                      \
    static HWY_INLINE void apply(const double* x, double* r, index_t n) { sleef::function(x, r, n); }              \
  };
ADDER_VECTOR1(Exp, exp, overflow)
ADDER_VECTOR1(Exp2, exp2, overflow)
ADDER_VECTOR1(Expm1, expm1, overflow)
ADDER_VECTOR1(Log, log, pole)
ADDER_VECTOR1(Log2, log2, pole)
ADDER_VECTOR1(Log10, log10, pole)
ADDER_VECTOR1(Log1p, log1p, pole)
ADDER_VECTOR1(Arcsin, asin, overflow)
ADDER_VECTOR1(Arccos, acos, overflow)
ADDER_VECTOR1(Arctan, atan, overflow)
ADDER_VECTOR1(Tanh, tanh, overflow)
ADDER_VECTOR1(Cbrt, cbrt, overflow)
#undef ADDER_VECTOR1

// SLEEF reduces the arguments of a vector by the way that its largest one needs: below 15, below 1e14, or any. Each element goes
// its own way here, among its like, so that it does not depend on its neighbours.
template <class F>
HWY_NOINLINE void by_magnitude(F function, const double* x, double* r, index_t n) {
  constexpr double kWays[] = {15, 1e14, HUGE_VAL};
  alignas(64) double some[kBlock + kLanes], results[kBlock + kLanes];
  std::uint16_t places[kBlock + kLanes];
  double from = -1;
  for (double to : kWays) {
    index_t count = 0;
    for (index_t i = 0; i < n; ++i) {
      const double magnitude = std::fabs(x[i]);
      some[count] = x[i];
      places[count] = static_cast<std::uint16_t>(i);
      count += magnitude >= from && (magnitude < to || to == HUGE_VAL);
      if (to == HUGE_VAL) count += magnitude != magnitude;
    }
    from = to;
    if (count == 0) continue;
    for (index_t i = count; i % kLanes; ++i) some[i] = some[count - 1];
    function(some, results, count);
    for (index_t i = 0; i < count; ++i) r[places[i]] = results[i];
  }
}
#define ADDER_TRIGONOMETRIC(Name, function)                                            \
  struct Name {                                                                        \
    static constexpr Infinity kInfinity = Infinity::overflow;                          \
    static HWY_INLINE void apply(const double* x, double* r, index_t n) {              \
      bool small = true;                                                               \
      for (index_t i = 0; i < n; ++i) small &= std::fabs(x[i]) < 15;                   \
      if (small) sleef::function(x, r, n);                                             \
      else by_magnitude(sleef::function, x, r, n);                                     \
    }                                                                                  \
  };
ADDER_TRIGONOMETRIC(Sin, sin)
ADDER_TRIGONOMETRIC(Cos, cos)
ADDER_TRIGONOMETRIC(Tan, tan)
#undef ADDER_TRIGONOMETRIC

// libm's, for what SLEEF does not get right at its landmarks: applied one by one.
#define ADDER_SCALAR1(Name, function, infinity)                                       \
  struct Name {                                                                       \
    static constexpr Infinity kInfinity = Infinity::infinity;                         \
    static HWY_INLINE void apply(const double* x, double* r, index_t n) {             \
      for (index_t i = 0; i < n; ++i) r[i] = function(x[i]);                          \
    }                                                                                 \
  };
ADDER_SCALAR1(ScalarSinh, std::sinh, overflow)
ADDER_SCALAR1(ScalarCosh, std::cosh, overflow)
ADDER_SCALAR1(ScalarArcsinh, std::asinh, overflow)
ADDER_SCALAR1(ScalarArccosh, std::acosh, overflow)
ADDER_SCALAR1(ScalarArctanh, std::atanh, pole)
#undef ADDER_SCALAR1

struct Arctan2 {
  static HWY_INLINE void apply(const double* y, const double* x, double* r, index_t n) { sleef::atan2(y, x, r, n); }
  static Conditions derive(double, double, double) { return 0; }
};
struct Power {
  static HWY_INLINE void apply(const double* x, const double* y, double* r, index_t n) { sleef::pow(x, y, r, n); }
  static Conditions derive(double x, double y, double r) {
    if (r != r) return x == x && y == y ? kInvalid : 0;
    if (std::isinf(r) && std::isfinite(x) && std::isfinite(y)) return x == 0 ? kDivide : kOverflow;
    if (r == 0 && x != 0 && std::isfinite(x) && std::isfinite(y)) return kUnderflow;
    return 0;
  }
};
struct Hypot {
  static HWY_INLINE void apply(const double* x, const double* y, double* r, index_t n) { sleef::hypot(x, y, r, n); }
  static Conditions derive(double x, double y, double r) {
    return std::isinf(r) && std::isfinite(x) && std::isfinite(y) ? kOverflow : 0;
  }
};

template <class T>
HWY_INLINE void gather(const char* from, index_t step, index_t n, double* to) {
  for (index_t i = 0; i < n; ++i) to[i] = static_cast<double>(widen(*reinterpret_cast<const T*>(from + i * step)));
  for (index_t i = n; i % kLanes; ++i) to[i] = to[n - 1];
}

template <class T>
HWY_INLINE void scatter(const double* from, index_t n, char* to, index_t step) {
  if (step == sizeof(T)) {
    T* out = reinterpret_cast<T*>(to);
    for (index_t i = 0; i < n; ++i) out[i] = static_cast<Widened<T>>(from[i]);
  } else {
    for (index_t i = 0; i < n; ++i) *reinterpret_cast<T*>(to + i * step) = static_cast<Widened<T>>(from[i]);
  }
}

// The value that a result has as an element.
template <class T>
HWY_INLINE Widened<T> rounded(double r) {
  return widen(static_cast<T>(static_cast<Widened<T>>(r)));
}

// Magnitudes that do not fit a dtype: from the first, rounding gives infinity; below the second it is no normal number.
template <class T>
constexpr double kTooLarge = std::is_same_v<T, Half> ? 65520.0 : std::is_same_v<T, float> ? 3.4028235677973366e38 : std::numeric_limits<double>::infinity();
template <class T>
constexpr double kLeastNormal = std::is_same_v<T, Half> ? 6.103515625e-05 : static_cast<double>(std::numeric_limits<Widened<T>>::min());

// Conditions of one block: cheap test first (is any result not finite, or zero?), the reason only when there is one.
template <class F, class T>
HWY_NOINLINE Conditions derive_unary(const double* x, double* r, index_t n) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const Widened<T> out = rounded<T>(r[i]);
    if (out != out) {
      // NaNs pass through as they are; new ones are the machine's own.
      std::uint64_t bits;
      std::memcpy(&bits, &r[i], sizeof bits);
      if (x[i] != x[i]) r[i] = x[i];
      else if (bits << 12 >> 12 != std::uint64_t{1} << 51) r[i] = -std::numeric_limits<double>::quiet_NaN();
      if (x[i] == x[i]) raised |= kInvalid;
    } else if (std::isinf(out)) {
      if (std::isfinite(x[i])) raised |= F::kInfinity == Infinity::pole ? kDivide : kOverflow;
    } else if constexpr (std::is_same_v<F, Exp> || std::is_same_v<F, Exp2>) {
      if (std::fabs(out) < kLeastNormal<T> && std::isfinite(x[i])) raised |= kUnderflow;
    }
  }
  return raised;
}

template <class T, bool kAlsoSmall>
HWY_INLINE bool suspicious(const double* r, index_t n) {
  // Not finite after rounding; or (exp, power) too small to be normal.
  const double limit = kTooLarge<T>;
  bool any = false;
  for (index_t i = 0; i < n; ++i) any |= !(std::fabs(r[i]) < limit);
  if constexpr (kAlsoSmall) {
    const double least = kLeastNormal<T>;
    for (index_t i = 0; i < n; ++i) any |= std::fabs(r[i]) < least;
  }
  return any;
}

template <class F, class T>
Conditions unary_vectors(char* const* args, index_t n, const index_t* steps, const void*) {
  constexpr bool kSmall = std::is_same_v<F, Exp> || std::is_same_v<F, Exp2>;
  alignas(64) double in[kBlock + kLanes];
  alignas(64) double out[kBlock + kLanes];
  Conditions raised = 0;
  const char* a = args[0];
  char* r = args[1];
  while (n > 0) {
    index_t count = n < kBlock ? n : kBlock;
    const double* x = in;
    if (std::is_same_v<T, double> && steps[0] == sizeof(double) && count == kBlock && args[0] != args[1]) {
      x = reinterpret_cast<const double*>(a);
    } else {
      gather<T>(a, steps[0], count, in);
    }
    double* y = std::is_same_v<T, double> && steps[1] == sizeof(double) && count == kBlock ? reinterpret_cast<double*>(r) : out;
    F::apply(x, y, count);
    if (suspicious<T, kSmall>(y, count)) raised |= derive_unary<F, T>(x, y, count);
    if (y == out) scatter<T>(out, count, r, steps[1]);
    a += count * steps[0];
    r += count * steps[1];
    n -= count;
  }
  return raised;
}

template <class F, class T>
Conditions binary_vectors(char* const* args, index_t n, const index_t* steps, const void*) {
  alignas(64) double x[kBlock + kLanes];
  alignas(64) double y[kBlock + kLanes];
  alignas(64) double out[kBlock + kLanes];
  Conditions raised = 0;
  const char *a = args[0], *b = args[1];
  char* r = args[2];
  while (n > 0) {
    index_t count = n < kBlock ? n : kBlock;
    gather<T>(a, steps[0], count, x);
    gather<T>(b, steps[1], count, y);
    F::apply(x, y, out, count);
    if (suspicious<T, std::is_same_v<F, Power>>(out, count))
      for (index_t i = 0; i < count; ++i) raised |= F::derive(x[i], y[i], static_cast<double>(rounded<T>(out[i])));
    scatter<T>(out, count, r, steps[2]);
    a += count * steps[0];
    b += count * steps[1];
    r += count * steps[2];
    n -= count;
  }
  return raised;
}

template <class F>
void put1(KernelTable& t, Op op) {
  t.set(op, "e:e", unary_vectors<F, Half>);
  t.set(op, "f:f", unary_vectors<F, float>);
  t.set(op, "d:d", unary_vectors<F, double>);
}

template <class F>
void put2(KernelTable& t, Op op) {
  t.set(op, "ee:e", binary_vectors<F, Half>);
  t.set(op, "ff:f", binary_vectors<F, float>);
  t.set(op, "dd:d", binary_vectors<F, double>);
}

void put_elementary(KernelTable& t) {
  put1<Exp>(t, Op::exp);
  put1<Exp2>(t, Op::exp2);
  put1<Expm1>(t, Op::expm1);
  put1<Log>(t, Op::log);
  put1<Log2>(t, Op::log2);
  put1<Log10>(t, Op::log10);
  put1<Log1p>(t, Op::log1p);
  put1<Sin>(t, Op::sin);
  put1<Cos>(t, Op::cos);
  put1<Tan>(t, Op::tan);
  put1<Arcsin>(t, Op::arcsin);
  put1<Arccos>(t, Op::arccos);
  put1<Arctan>(t, Op::arctan);
  put1<ScalarSinh>(t, Op::sinh);
  put1<ScalarCosh>(t, Op::cosh);
  put1<Tanh>(t, Op::tanh);
  put1<ScalarArcsinh>(t, Op::arcsinh);
  put1<ScalarArccosh>(t, Op::arccosh);
  put1<ScalarArctanh>(t, Op::arctanh);
  put1<Cbrt>(t, Op::cbrt);
  put2<Arctan2>(t, Op::arctan2);
  put2<Power>(t, Op::power);
  t.set(Op::float_power, "dd:d", binary_vectors<Power, double>);
  put2<Hypot>(t, Op::hypot);
}


}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_elementary);
void register_elementary(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_elementary)(table); }
}  // namespace adder::array
#endif
