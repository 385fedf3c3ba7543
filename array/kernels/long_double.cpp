// long double and its complex numbers: casts and loops, one element at a time. They are no plain numbers to the engine (x87 has no
// vectors): their loops are found as those of text and dates are.
#include <cfenv>
#include <cmath>
#include <complex>
#include <cstring>
#include <type_traits>

#include "array/core/load_store.h"
#include "array/core/ops.h"
#include "array/core/parametric.h"
#include "array/kernels/long_double.h"

namespace adder::array {

namespace {

using Long = long double;
using Both = std::complex<long double>;

// ---- elements --------------------------------------------------------------------------------------------------------------

int order_of(Long a, Long b) {
  const bool x = std::isnan(a), y = std::isnan(b);
  if (x || y) return x == y ? 0 : x ? 1 : -1;
  return a < b ? -1 : b < a;
}
bool nonzero_long(const DType*, const char* at) { return load<Long>(at) != 0; }
int compare_long(const DType*, const char* a, const char* b) { return order_of(load<Long>(a), load<Long>(b)); }
bool nonzero_both(const DType*, const char* at) { return load<Both>(at) != Both(); }
int compare_both(const DType*, const char* a, const char* b) {
  const Both x = load<Both>(a), y = load<Both>(b);
  const int order = order_of(x.real(), y.real());
  return order ? order : order_of(x.imag(), y.imag());
}
constexpr Elements kLongElements = {nonzero_long, compare_long};
constexpr Elements kBothElements = {nonzero_both, compare_both};

// ---- casts -----------------------------------------------------------------------------------------------------------------

template <class To>
To rounded(Long x) {
  if constexpr (std::is_same_v<To, bool>) return x != 0;
  else if constexpr (std::is_same_v<To, Half>) return Half(static_cast<double>(x));
  else if constexpr (std::is_floating_point_v<To>) return static_cast<To>(x);
  else if constexpr (std::is_same_v<To, std::uint64_t>) {
    if (x >= 9223372036854775808.0L && x < 18446744073709551616.0L) return static_cast<std::uint64_t>(x);
    return x >= -9223372036854775808.0L && x < 9223372036854775808.0L ? static_cast<std::uint64_t>(static_cast<std::int64_t>(x)) : std::uint64_t{1} << 63;
  } else {
    const std::int64_t wide = x >= -9223372036854775808.0L && x < 9223372036854775808.0L ? static_cast<std::int64_t>(x) : INT64_MIN;
    return static_cast<To>(wide);
  }
}

template <class To, class From>
To converted(const From& x) {
  if constexpr (std::is_same_v<To, From>) return x;
  else if constexpr (std::is_same_v<To, Both>) {
    if constexpr (kIsComplex<From>) return Both(static_cast<Long>(x.re), static_cast<Long>(x.im));
    else return Both(converted<Long>(x), 0);
  } else if constexpr (std::is_same_v<From, Both>) {
    if constexpr (kIsComplex<To>) return To{static_cast<decltype(To::re)>(x.real()), static_cast<decltype(To::re)>(x.imag())};
    else if constexpr (std::is_same_v<To, bool>) return x != Both();
    else return converted<To>(x.real());
  } else if constexpr (std::is_same_v<To, Long>) {
    if constexpr (kIsComplex<From>) return static_cast<Long>(x.re);
    else return static_cast<Long>(widen(x));
  } else if constexpr (kIsComplex<To>) {
    return To{static_cast<decltype(To::re)>(x), 0};
  } else {
    return rounded<To>(x);
  }
}

template <class From, class To>
Conditions cast_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) store(args[1] + i * steps[1], converted<To>(load<From>(args[0] + i * steps[0])));
  return 0;
}

template <class... Ts>
void register_with() {
  (register_cast(dtype_of<Ts>()->number, kLongClass, cast_loop<Ts, Long>), ...);
  (register_cast(kLongClass, dtype_of<Ts>()->number, cast_loop<Long, Ts>), ...);
  (register_cast(dtype_of<Ts>()->number, kLongComplexClass, cast_loop<Ts, Both>), ...);
  (register_cast(kLongComplexClass, dtype_of<Ts>()->number, cast_loop<Both, Ts>), ...);
}

// ---- loops -----------------------------------------------------------------------------------------------------------------

// What the floating-point units raised since the call began.
class Raised {
 public:
  Raised() { std::feclearexcept(FE_ALL_EXCEPT); }
  Conditions take() const {
    const int flags = std::fetestexcept(FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID);
    return (flags & FE_DIVBYZERO ? kDivide : 0) | (flags & FE_OVERFLOW ? kOverflow : 0) | (flags & FE_UNDERFLOW ? kUnderflow : 0) |
           (flags & FE_INVALID ? kInvalid : 0);
  }
};

// F's result from one or two arguments of type T; `report`: conditions are told.
template <class T, auto F, bool report>
Conditions one(char* const* args, index_t n, const index_t* steps, const void*) {
  Raised raised;
  for (index_t i = 0; i < n; ++i) store(args[1] + i * steps[1], F(load<T>(args[0] + i * steps[0])));
  return report ? raised.take() : 0;
}
template <class T, auto F, bool report>
Conditions two(char* const* args, index_t n, const index_t* steps, const void*) {
  Raised raised;
  for (index_t i = 0; i < n; ++i) store(args[2] + i * steps[2], F(load<T>(args[0] + i * steps[0]), load<T>(args[1] + i * steps[1])));
  return report ? raised.take() : 0;
}

Long floor_divided(Long a, Long b) {
  if (b == 0) return a / b;
  Long rest = std::fmod(a, b), quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(Long{0}, a / b);
  const Long whole = std::floor(quotient);
  return quotient - whole > 0.5L ? whole + 1 : whole;
}
Long remainder_of(Long a, Long b) {
  Long rest = std::fmod(a, b);
  if (b == 0 || std::isnan(rest)) return rest;
  if (rest == 0) return std::copysign(Long{0}, b);
  return (b < 0) != (rest < 0) ? rest + b : rest;
}
Long largest(Long a, Long b) { return std::isnan(a) || a >= b ? a : b; }
Long smallest(Long a, Long b) { return std::isnan(a) || a <= b ? a : b; }
Long sign_of(Long x) { return std::isnan(x) ? x : static_cast<Long>((x > 0) - (x < 0)); }
Long log_add(Long a, Long b) {
  if (a == b) return a + 0.693147180559945309417232121458176568L;
  const Long gap = a - b;
  return gap > 0 ? a + std::log1p(std::exp(-gap)) : gap <= 0 ? b + std::log1p(std::exp(gap)) : gap;
}
Long log2_add(Long a, Long b) {
  if (a == b) return a + 1;
  const Long gap = a - b, scale = 1.442695040888963407359924681001892137L;
  return gap > 0 ? a + scale * std::log1p(std::exp2(-gap)) : gap <= 0 ? b + scale * std::log1p(std::exp2(gap)) : gap;
}
Both power_of(Both a, Both b) {
  if (b == Both()) return 1;
  if (a == Both()) return b.real() > 0 && b.imag() == 0 ? Both() : Both(NAN, NAN);
  // Small whole powers by multiplication, exactly.
  if (b.imag() == 0 && b.real() == std::floor(b.real()) && std::fabs(b.real()) < 100) {
    Both result = 1, base = a;
    for (int n = static_cast<int>(std::fabs(b.real())); n; n >>= 1, base *= base)
      if (n & 1) result *= base;
    return b.real() < 0 ? Both(1) / result : result;
  }
  return std::pow(a, b);
}

#define ADDER_ONE(op, expression) \
  case Op::op: return one<Long, [](Long x) { return expression; }, true>
#define ADDER_QUIET(op, expression) \
  case Op::op: return one<Long, [](Long x) { return expression; }, false>

Kernel unary_long(Op op) {
  switch (op) {
    ADDER_QUIET(negative, -x);
    ADDER_QUIET(positive, x);
    ADDER_QUIET(conjugate, x);
    ADDER_QUIET(absolute, std::fabs(x));
    ADDER_QUIET(fabs, std::fabs(x));
    ADDER_QUIET(sign, sign_of(x));
    ADDER_QUIET(floor, std::floor(x));
    ADDER_QUIET(ceil, std::ceil(x));
    ADDER_QUIET(trunc, std::trunc(x));
    ADDER_QUIET(rint, std::nearbyint(x));
    ADDER_ONE(square, x * x);
    ADDER_ONE(reciprocal, 1 / x);
    ADDER_ONE(sqrt, std::sqrt(x));
    ADDER_ONE(cbrt, std::cbrt(x));
    ADDER_ONE(exp, std::exp(x));
    ADDER_ONE(exp2, std::exp2(x));
    ADDER_ONE(expm1, std::expm1(x));
    ADDER_ONE(log, std::log(x));
    ADDER_ONE(log2, std::log2(x));
    ADDER_ONE(log10, std::log10(x));
    ADDER_ONE(log1p, std::log1p(x));
    ADDER_ONE(sin, std::sin(x));
    ADDER_ONE(cos, std::cos(x));
    ADDER_ONE(tan, std::tan(x));
    ADDER_ONE(arcsin, std::asin(x));
    ADDER_ONE(arccos, std::acos(x));
    ADDER_ONE(arctan, std::atan(x));
    ADDER_ONE(sinh, std::sinh(x));
    ADDER_ONE(cosh, std::cosh(x));
    ADDER_ONE(tanh, std::tanh(x));
    ADDER_ONE(arcsinh, std::asinh(x));
    ADDER_ONE(arccosh, std::acosh(x));
    ADDER_ONE(arctanh, std::atanh(x));
    ADDER_ONE(degrees, x * (180 / 3.141592653589793238462643383279502884L));
    ADDER_ONE(rad2deg, x * (180 / 3.141592653589793238462643383279502884L));
    ADDER_ONE(radians, x * (3.141592653589793238462643383279502884L / 180));
    ADDER_ONE(deg2rad, x * (3.141592653589793238462643383279502884L / 180));
    ADDER_ONE(spacing, std::isinf(x) ? Long{NAN} : std::copysign(std::nextafter(std::fabs(x), Long{HUGE_VALL}) - std::fabs(x), x));
    ADDER_QUIET(logical_not, x == 0);
    ADDER_QUIET(isnan, static_cast<bool>(std::isnan(x)));
    ADDER_QUIET(isinf, static_cast<bool>(std::isinf(x)));
    ADDER_QUIET(isfinite, static_cast<bool>(std::isfinite(x)));
    ADDER_QUIET(signbit, static_cast<bool>(std::signbit(x)));
    default: return nullptr;
  }
}
#undef ADDER_ONE
#undef ADDER_QUIET

#define ADDER_TWO(op, expression) \
  case Op::op: return two<Long, [](Long x, Long y) { return expression; }, true>
#define ADDER_QUIET(op, expression) \
  case Op::op: return two<Long, [](Long x, Long y) { return expression; }, false>

Kernel binary_long(Op op) {
  switch (op) {
    ADDER_TWO(add, x + y);
    ADDER_TWO(subtract, x - y);
    ADDER_TWO(multiply, x * y);
    ADDER_TWO(divide, x / y);
    ADDER_TWO(floor_divide, floor_divided(x, y));
    ADDER_TWO(remainder, remainder_of(x, y));
    ADDER_TWO(fmod, std::fmod(x, y));
    ADDER_TWO(power, std::pow(x, y));
    ADDER_TWO(float_power, std::pow(x, y));
    ADDER_TWO(arctan2, std::atan2(x, y));
    ADDER_TWO(hypot, std::hypot(x, y));
    ADDER_TWO(logaddexp, log_add(x, y));
    ADDER_TWO(logaddexp2, log2_add(x, y));
    ADDER_TWO(nextafter, std::nextafter(x, y));
    ADDER_QUIET(copysign, std::copysign(x, y));
    ADDER_QUIET(heaviside, std::isnan(x) ? x : x == 0 ? y : x < 0 ? Long{0} : Long{1});
    ADDER_QUIET(maximum, largest(x, y));
    ADDER_QUIET(minimum, smallest(x, y));
    ADDER_QUIET(fmax, std::isnan(y) ? x : std::isnan(x) ? y : largest(x, y));
    ADDER_QUIET(fmin, std::isnan(y) ? x : std::isnan(x) ? y : smallest(x, y));
    ADDER_QUIET(equal, x == y);
    ADDER_QUIET(not_equal, x != y);
    ADDER_QUIET(less, x < y);
    ADDER_QUIET(less_equal, x <= y);
    ADDER_QUIET(greater, x > y);
    ADDER_QUIET(greater_equal, x >= y);
    ADDER_QUIET(logical_and, x != 0 && y != 0);
    ADDER_QUIET(logical_or, x != 0 || y != 0);
    ADDER_QUIET(logical_xor, (x != 0) != (y != 0));
    default: return nullptr;
  }
}
#undef ADDER_TWO
#undef ADDER_QUIET

int ordered(Both x, Both y) { return std::isnan(x.real()) || std::isnan(y.real()) ? 2 : x.real() != y.real() ? (x.real() < y.real() ? -1 : 1) : x.imag() < y.imag() ? -1 : x.imag() > y.imag(); }

Kernel unary_both(Op op) {
#define ADDER_ONE(op, expression) \
  case Op::op: return one<Both, [](Both x) { return expression; }, true>
  switch (op) {
    ADDER_ONE(negative, -x);
    ADDER_ONE(positive, x);
    ADDER_ONE(conjugate, std::conj(x));
    ADDER_ONE(absolute, std::hypot(x.real(), x.imag()));
    ADDER_ONE(square, x * x);
    ADDER_ONE(reciprocal, Both(1) / x);
    ADDER_ONE(sqrt, std::sqrt(x));
    ADDER_ONE(exp, std::exp(x));
    ADDER_ONE(log, std::log(x));
    ADDER_ONE(log10, std::log10(x));
    ADDER_ONE(sin, std::sin(x));
    ADDER_ONE(cos, std::cos(x));
    ADDER_ONE(tan, std::tan(x));
    ADDER_ONE(arcsin, std::asin(x));
    ADDER_ONE(arccos, std::acos(x));
    ADDER_ONE(arctan, std::atan(x));
    ADDER_ONE(sinh, std::sinh(x));
    ADDER_ONE(cosh, std::cosh(x));
    ADDER_ONE(tanh, std::tanh(x));
    ADDER_ONE(arcsinh, std::asinh(x));
    ADDER_ONE(arccosh, std::acosh(x));
    ADDER_ONE(arctanh, std::atanh(x));
    ADDER_ONE(rint, Both(std::nearbyint(x.real()), std::nearbyint(x.imag())));
    ADDER_ONE(logical_not, x == Both());
    ADDER_ONE(isnan, std::isnan(x.real()) || std::isnan(x.imag()));
    ADDER_ONE(isinf, std::isinf(x.real()) || std::isinf(x.imag()));
    ADDER_ONE(isfinite, std::isfinite(x.real()) && std::isfinite(x.imag()));
    default: return nullptr;
  }
#undef ADDER_ONE
}

Kernel binary_both(Op op) {
#define ADDER_TWO(op, expression) \
  case Op::op: return two<Both, [](Both x, Both y) { return expression; }, true>
  switch (op) {
    ADDER_TWO(add, x + y);
    ADDER_TWO(subtract, x - y);
    ADDER_TWO(multiply, x * y);
    ADDER_TWO(divide, x / y);
    ADDER_TWO(power, power_of(x, y));
    ADDER_TWO(float_power, power_of(x, y));
    ADDER_TWO(maximum, (ordered(x, y) == 2 ? (std::isnan(x.real()) ? x : y) : ordered(x, y) >= 0 ? x : y));
    ADDER_TWO(minimum, (ordered(x, y) == 2 ? (std::isnan(x.real()) ? x : y) : ordered(x, y) <= 0 ? x : y));
    ADDER_TWO(equal, x == y);
    ADDER_TWO(not_equal, x != y);
    ADDER_TWO(less, ordered(x, y) == -1);
    ADDER_TWO(less_equal, ordered(x, y) <= 0);
    ADDER_TWO(greater, ordered(x, y) == 1);
    ADDER_TWO(greater_equal, ordered(x, y) == 0 || ordered(x, y) == 1);
    ADDER_TWO(logical_and, x != Both() && y != Both());
    ADDER_TWO(logical_or, x != Both() || y != Both());
    ADDER_TWO(logical_xor, (x != Both()) != (y != Both()));
    default: return nullptr;
  }
#undef ADDER_TWO
}

Conditions divmod_long(char* const* args, index_t n, const index_t* steps, const void*) {
  Raised raised;
  for (index_t i = 0; i < n; ++i) {
    const Long x = load<Long>(args[0] + i * steps[0]), y = load<Long>(args[1] + i * steps[1]);
    store(args[2] + i * steps[2], floor_divided(x, y));
    store(args[3] + i * steps[3], remainder_of(x, y));
  }
  return raised.take();
}
Conditions modf_long(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    Long whole;
    const Long part = std::modf(load<Long>(args[0] + i * steps[0]), &whole);
    store(args[1] + i * steps[1], part);
    store(args[2] + i * steps[2], whole);
  }
  return 0;
}
Conditions frexp_long(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    int exponent = 0;
    store(args[1] + i * steps[1], std::frexp(load<Long>(args[0] + i * steps[0]), &exponent));
    store(args[2] + i * steps[2], static_cast<std::int32_t>(exponent));
  }
  return 0;
}
Conditions ldexp_long(char* const* args, index_t n, const index_t* steps, const void*) {
  Raised raised;
  for (index_t i = 0; i < n; ++i) {
    const std::int64_t e = load<std::int64_t>(args[1] + i * steps[1]);
    store(args[2] + i * steps[2], std::ldexp(load<Long>(args[0] + i * steps[0]), e > 100000 ? 100000 : e < -100000 ? -100000 : static_cast<int>(e)));
  }
  return raised.take();
}
Conditions clip_long(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i)
    store(args[3] + i * steps[3], smallest(largest(load<Long>(args[0] + i * steps[0]), load<Long>(args[1] + i * steps[1])), load<Long>(args[2] + i * steps[2])));
  return 0;
}

bool answers(const OpInfo& op) {
  return (op.flags & (kComparison | kLogical)) || op.op == Op::isnan || op.op == Op::isinf || op.op == Op::isfinite || op.op == Op::signbit;
}

}  // namespace

constinit const DType kLongDouble = {"float128", 'f', 'g', '=', kLongClass, 16, 16, "<f16", &kLongElements, kSpecial};
constinit const DType kLongComplex = {"complex256", 'c', 'G', '=', kLongComplexClass, 32, 16, "<c32", &kBothElements, kSpecial};

void register_long_double() {
  register_with<bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, Half, float, double,
                Complex<float>, Complex<double>>();
  register_cast(kLongClass, kLongComplexClass, cast_loop<Long, Both>);
  register_cast(kLongComplexClass, kLongClass, cast_loop<Both, Long>);
}

bool long_double_loop(const OpInfo& op, const DType* const* in, Loop* loop) {
  bool complex = false;
  for (int i = 0; i < op.inputs; ++i) complex |= in[i]->is_complex();
  const DType* type = complex ? &kLongComplex : &kLongDouble;
  for (int k = 0; k < op.args(); ++k) loop->types[k] = type;
  if (!complex) {
    switch (op.op) {
      case Op::divmod: loop->kernel = divmod_long; return true;
      case Op::modf: loop->kernel = modf_long; return true;
      case Op::clip: loop->kernel = clip_long; return true;
      case Op::frexp:
        loop->kernel = frexp_long;
        loop->types[2] = &kInt32;
        return true;
      case Op::ldexp:
        if (!in[1]->is_integer() && !in[1]->is_bool()) return false;
        loop->kernel = ldexp_long;
        loop->types[1] = &kInt64;
        return true;
      default: break;
    }
  }
  if (op.outputs != 1) return false;
  loop->kernel = op.inputs == 1 ? (complex ? unary_both(op.op) : unary_long(op.op)) : op.inputs == 2 ? (complex ? binary_both(op.op) : binary_long(op.op)) : nullptr;
  if (answers(op)) loop->types[op.inputs] = &kBool;
  if (complex && op.op == Op::absolute) loop->types[1] = &kLongDouble;
  return loop->kernel != nullptr;
}

}  // namespace adder::array
