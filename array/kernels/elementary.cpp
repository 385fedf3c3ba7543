// Kernels of elementary functions on floats: ours of functions-inl.h, SLEEF's for the others, at the machine's widest vectors; float16 is
// computed in float64, float32 too where there is no function for it. Every element goes through the same vector code, whatever its position or stride, so tails and
// strided runs are gathered into whole vectors. Conditions are derived from the values, as NumPy reports them.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/elementary.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>
#include <cstring>

#include "array/kernels/functions-inl.h"
#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"
#include "array/kernels/sleef.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3
namespace sleef = sleef_avx512;
constexpr int kLanes = 16;
#elif HWY_TARGET == HWY_AVX2
namespace sleef = sleef_avx2;
constexpr int kLanes = 8;
#else
namespace sleef = sleef_sse2;
constexpr int kLanes = 4;
#endif

// One block of inputs at a time, padded to whole vectors (of floats, kLanes) with its last element.
constexpr index_t kBlock = 256;

// What a result says about its inputs. A pole: an infinity from finite inputs is a division by zero, not an overflow.
enum class Infinity { overflow, pole };

// Whether a function is there for floats, rather than by way of doubles.
template <class F>
constexpr bool kHasFloat = false;

#define ADDER_SLEEF1(Name, function, infinity)                                            \
  struct Name {                                                                           \
    static constexpr Infinity kInfinity = Infinity::infinity;                             \
    template <class W>                                                                    \
    static HWY_INLINE void apply(const W* x, W* r, index_t n) { sleef::function(x, r, n); } \
  };                                                                                      \
  template <>                                                                             \
  constexpr bool kHasFloat<Name> = true;
ADDER_SLEEF1(Exp, exp, overflow)
ADDER_SLEEF1(Exp2, exp2, overflow)
ADDER_SLEEF1(Log2, log2, pole)
ADDER_SLEEF1(Log10, log10, pole)
ADDER_SLEEF1(Arcsin, asin, overflow)
ADDER_SLEEF1(Arccos, acos, overflow)
#undef ADDER_SLEEF1

template <class F, Infinity infinity = Infinity::overflow>
struct Own {
  static constexpr Infinity kInfinity = infinity;
  template <class W>
  static HWY_INLINE void apply(const W* x, W* r, index_t n) {
    const hn::ScalableTag<W> d;
    const index_t lanes = static_cast<index_t>(hn::Lanes(d));
    for (index_t i = 0; i < n; i += lanes) hn::StoreU(F::apply(d, hn::LoadU(d, x + i)), d, r + i);
  }
};
template <class F, Infinity infinity>
constexpr bool kHasFloat<Own<F, infinity>> = true;

// SLEEF reduces the arguments of a vector by the way that its largest one needs: below 15, below 1e14, or any (floats: 125, 39000). Each
// element goes its own way here, among its like, so that it does not depend on its neighbours.
template <class W>
constexpr W kWays[] = {std::is_same_v<W, double> ? W(15) : W(125), std::is_same_v<W, double> ? W(1e14) : W(39000), std::numeric_limits<W>::infinity()};
template <class W>
HWY_NOINLINE void by_magnitude(void (*function)(const W*, W*, index_t), const W* x, W* r, index_t n) {
  alignas(64) W some[kBlock + kLanes], results[kBlock + kLanes];
  std::uint16_t places[kBlock + kLanes];
  W from = -1;
  for (W to : kWays<W>) {
    const bool last = to == std::numeric_limits<W>::infinity();
    index_t count = 0;
    for (index_t i = 0; i < n; ++i) {
      const W magnitude = std::fabs(x[i]);
      some[count] = x[i];
      places[count] = static_cast<std::uint16_t>(i);
      count += magnitude >= from && (magnitude < to || last);
      if (last) count += magnitude != magnitude;
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
    template <class W>                                                                 \
    static HWY_INLINE void apply(const W* x, W* r, index_t n) {                        \
      bool small = true;                                                               \
      for (index_t i = 0; i < n; ++i) small &= std::fabs(x[i]) < kWays<W>[0];          \
      if (small) sleef::function(x, r, n);                                             \
      else by_magnitude<W>(sleef::function, x, r, n);                                  \
    }                                                                                  \
  };                                                                                   \
  template <>                                                                          \
  constexpr bool kHasFloat<Name> = true;
ADDER_TRIGONOMETRIC(Sin, sin)
ADDER_TRIGONOMETRIC(Cos, cos)
ADDER_TRIGONOMETRIC(Tan, tan)
#undef ADDER_TRIGONOMETRIC

struct Arctan2 {
  static HWY_INLINE void apply(const double* y, const double* x, double* r, index_t n) { sleef::atan2(y, x, r, n); }
  static Conditions derive(double, double, double) { return 0; }
};
struct Power {
  template <class W>
  static HWY_INLINE void apply(const W* x, const W* y, W* r, index_t n) { sleef::pow(x, y, r, n); }
  static Conditions derive(double x, double y, double r) {
    if (r != r) return x == x && y == y ? kInvalid : 0;
    if (std::isinf(r) && std::isfinite(x) && std::isfinite(y)) return x == 0 ? kDivide : kOverflow;
    if (r == 0 && x != 0 && std::isfinite(x) && std::isfinite(y)) return kUnderflow;
    return 0;
  }
};
template <>
constexpr bool kHasFloat<Power> = true;
struct Hypot {
  static HWY_INLINE void apply(const double* x, const double* y, double* r, index_t n) { sleef::hypot(x, y, r, n); }
  static Conditions derive(double x, double y, double r) {
    return std::isinf(r) && std::isfinite(x) && std::isfinite(y) ? kOverflow : 0;
  }
};

// What an operation on T computes with.
template <class F, class T>
using Working = std::conditional_t<std::is_same_v<T, float> && kHasFloat<F>, float, double>;

template <class T, class W>
HWY_INLINE void gather(const char* from, index_t step, index_t n, W* to) {
  for (index_t i = 0; i < n; ++i) to[i] = static_cast<W>(widen(*reinterpret_cast<const T*>(from + i * step)));
  for (index_t i = n; i % kLanes; ++i) to[i] = to[n - 1];
}

template <class T, class W>
HWY_INLINE void scatter(const W* from, index_t n, char* to, index_t step) {
  if (step == sizeof(T)) {
    T* out = reinterpret_cast<T*>(to);
    for (index_t i = 0; i < n; ++i) out[i] = static_cast<Widened<T>>(from[i]);
  } else {
    for (index_t i = 0; i < n; ++i) *reinterpret_cast<T*>(to + i * step) = static_cast<Widened<T>>(from[i]);
  }
}

// The value that a result has as an element.
template <class T, class W>
HWY_INLINE Widened<T> rounded(W r) {
  return widen(static_cast<T>(static_cast<Widened<T>>(r)));
}

// Magnitudes that do not fit a dtype: from the first, rounding gives infinity; below the second it is no normal number.
template <class T>
constexpr double kTooLarge = std::is_same_v<T, Half> ? 65520.0 : std::is_same_v<T, float> ? 3.4028235677973366e38 : std::numeric_limits<double>::infinity();
template <class T>
constexpr double kLeastNormal = std::is_same_v<T, Half> ? 6.103515625e-05 : static_cast<double>(std::numeric_limits<Widened<T>>::min());

// Conditions of one block: cheap test first (is any result not finite, or zero?), the reason only when there is one.
template <class F, class T, class W>
HWY_NOINLINE Conditions derive_unary(const W* x, W* r, index_t n) {
  using Bits = std::conditional_t<sizeof(W) == 8, std::uint64_t, std::uint32_t>;
  constexpr int kSignAndExponent = sizeof(W) == 8 ? 12 : 9;
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const Widened<T> out = rounded<T>(r[i]);
    if (out != out) {
      // NaNs pass through as they are; new ones are the machine's own.
      Bits bits;
      std::memcpy(&bits, &r[i], sizeof bits);
      if (x[i] != x[i]) r[i] = x[i];
      else if (bits << kSignAndExponent >> kSignAndExponent != Bits{1} << (8 * sizeof(W) - kSignAndExponent - 1)) r[i] = -std::numeric_limits<W>::quiet_NaN();
      if (x[i] == x[i]) raised |= kInvalid;
    } else if (std::isinf(out)) {
      if (std::isfinite(x[i])) raised |= F::kInfinity == Infinity::pole ? kDivide : kOverflow;
    } else if constexpr (std::is_same_v<F, Exp> || std::is_same_v<F, Exp2>) {
      if (std::fabs(out) < kLeastNormal<T> && std::isfinite(x[i])) raised |= kUnderflow;
    }
  }
  return raised;
}

template <class T, bool kAlsoSmall, class W>
HWY_INLINE bool suspicious(const W* r, index_t n) {
  // Not finite after rounding; or (exp, power) too small to be normal.
  const W limit = std::is_same_v<W, float> ? std::numeric_limits<W>::infinity() : static_cast<W>(kTooLarge<T>);
  bool any = false;
  for (index_t i = 0; i < n; ++i) any |= !(std::fabs(r[i]) < limit);
  if constexpr (kAlsoSmall) {
    const W least = static_cast<W>(kLeastNormal<T>);
    for (index_t i = 0; i < n; ++i) any |= std::fabs(r[i]) < least;
  }
  return any;
}

template <class F, class T>
Conditions unary_vectors(char* const* args, index_t n, const index_t* steps, const void*) {
  constexpr bool kSmall = std::is_same_v<F, Exp> || std::is_same_v<F, Exp2>;
  using W = Working<F, T>;
  alignas(64) W in[kBlock + kLanes];
  alignas(64) W out[kBlock + kLanes];
  Conditions raised = 0;
  const char* a = args[0];
  char* r = args[1];
  while (n > 0) {
    index_t count = n < kBlock ? n : kBlock;
    const W* x = in;
    if (std::is_same_v<T, W> && steps[0] == sizeof(W) && count == kBlock && args[0] != args[1]) {
      x = reinterpret_cast<const W*>(a);
    } else {
      gather<T>(a, steps[0], count, in);
    }
    W* y = std::is_same_v<T, W> && steps[1] == sizeof(W) && count == kBlock ? reinterpret_cast<W*>(r) : out;
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
  using W = Working<F, T>;
  alignas(64) W x[kBlock + kLanes];
  alignas(64) W y[kBlock + kLanes];
  alignas(64) W out[kBlock + kLanes];
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
  put1<Own<functions::Expm1>>(t, Op::expm1);
  put1<Own<functions::Log, Infinity::pole>>(t, Op::log);
  put1<Log2>(t, Op::log2);
  put1<Log10>(t, Op::log10);
  put1<Own<functions::Log1p, Infinity::pole>>(t, Op::log1p);
  put1<Sin>(t, Op::sin);
  put1<Cos>(t, Op::cos);
  put1<Tan>(t, Op::tan);
  put1<Arcsin>(t, Op::arcsin);
  put1<Arccos>(t, Op::arccos);
  put1<Own<functions::Arctan>>(t, Op::arctan);
  put1<Own<functions::Sinh>>(t, Op::sinh);
  put1<Own<functions::Cosh>>(t, Op::cosh);
  put1<Own<functions::Tanh>>(t, Op::tanh);
  put1<Own<functions::Arcsinh>>(t, Op::arcsinh);
  put1<Own<functions::Arccosh>>(t, Op::arccosh);
  put1<Own<functions::Arctanh, Infinity::pole>>(t, Op::arctanh);
  put1<Own<functions::Cbrt>>(t, Op::cbrt);
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
