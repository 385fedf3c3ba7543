// Elementary functions of ours over Highway vectors of float or double: those that follow from three cores, e^x - 1, log(1 + x) and
// arctan. A lane's value depends on nothing but its argument. Within 3 ulp, 2 with fused multiply-add nearly everywhere; odd functions
// keep the sign of zero; NaN gives some NaN.
#include <cmath>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#if defined(ADDER_ARRAY_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADDER_ARRAY_FUNCTIONS_INL_H_
#undef ADDER_ARRAY_FUNCTIONS_INL_H_
#else
#define ADDER_ARRAY_FUNCTIONS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE::functions {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using Lane = hn::TFromD<D>;
template <class D>
constexpr bool kDouble = std::is_same_v<Lane<D>, double>;
template <class D>
constexpr int kMantissa = kDouble<D> ? 52 : 23;

template <class D>
HWY_INLINE hn::Vec<D> number(D d, double double_, double float_) {
  return hn::Set(d, static_cast<Lane<D>>(kDouble<D> ? double_ : float_));
}
template <class D>
HWY_INLINE hn::Vec<D> number(D d, double x) { return number(d, x, x); }

// c[0] x^(n-1) + ... + c[n-1]
template <class D, class V, int n>
HWY_INLINE V polynomial(D d, V x, const double (&c)[n]) {
  V sum = number(d, c[0]);
  for (int i = 1; i < n; ++i) sum = hn::MulAdd(sum, x, number(d, c[i]));
  return sum;
}

// ln 2 in two parts, the first with so few digits that its product with an exponent is exact.
template <class D>
HWY_INLINE hn::Vec<D> ln2_high(D d) { return number(d, 0x1.62e42feep-1, 0x1.62e3p-1); }
template <class D>
HWY_INLINE hn::Vec<D> ln2_low(D d) { return number(d, 0x1.a39ef35793c76p-33, 0x1.2fefa2p-17); }

// (e^x - 1) / 4, whose quarter lets sinh and cosh come near the largest number; x from about -50 to 710.5 (89.5).
// x = k ln 2 + r with |r| < 0.35; p = e^r - 1 by its series; then 2^k p + (2^k - 1).
template <class D, class V>
HWY_INLINE V quarter_expm1(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  const V magic = number(d, 0x1.8p52, 0x1.8p23);  // rounds, and leaves k in the low bits
  const V n = hn::MulAdd(x, number(d, 1.4426950408889634), magic);
  const V k = hn::Sub(n, magic);
  const V high = hn::NegMulAdd(k, ln2_high(d), x);
  const V r = hn::NegMulAdd(k, ln2_low(d), high);
  const V rest = hn::NegMulAdd(k, ln2_low(d), hn::Sub(high, r));
  V q;
  if constexpr (kDouble<D>) {
    q = polynomial(d, r, {1 / 6227020800., 1 / 479001600., 1 / 39916800., 1 / 3628800., 1 / 362880., 1 / 40320., 1 / 5040., 1 / 720., 1 / 120., 1 / 24., 1 / 6., 0.5});
  } else {
    q = polynomial(d, r, {1 / 5040., 1 / 720., 1 / 120., 1 / 24., 1 / 6., 0.5});
  }
  const V p = hn::Add(r, hn::MulAdd(hn::Mul(r, r), q, rest));
  const auto one = hn::BitCast(du, number(d, 0.25));
  const V scale = hn::BitCast(d, hn::Add(hn::ShiftLeft<kMantissa<D>>(hn::BitCast(du, n)), one));
  return hn::MulAdd(p, scale, hn::Sub(scale, number(d, 0.25)));
}

// log u + k ln 2 + rest for positive normal u, the rest below the last digit.
// u = 2^e m with m from sqrt(1/2) to sqrt(2), s = (m - 1) / (m + 1): log m = 2 s + s^3 (2/3 + ...), arranged so that the leading terms are exact.
template <class D, class V>
HWY_INLINE V log_sum(D d, V u, V k, V rest) {
  const hn::RebindToUnsigned<D> du;
  const auto root = hn::BitCast(du, number(d, 0.70710678118654752));
  // The exponent beside one that is large enough for no sign to matter.
  const auto one = hn::BitCast(du, number(d, 1));
  const auto above = hn::Add(hn::BitCast(du, u), hn::Sub(one, root));
  const auto e = hn::ShiftRight<kMantissa<D>>(above);
  const V m = hn::BitCast(d, hn::Add(hn::Sub(above, hn::ShiftLeft<kMantissa<D>>(e)), root));
  const V base = number(d, 0x1p52, 0x1p23);
  const V exponent = hn::Sub(hn::BitCast(d, hn::Or(e, hn::BitCast(du, base))), hn::Add(base, number(d, 1023, 127)));
  const V f = hn::Sub(m, number(d, 1));
  const V s = hn::Div(f, hn::Add(f, number(d, 2)));
  const V z = hn::Mul(s, s);
  V sum;
  if constexpr (kDouble<D>) {
    sum = polynomial(d, z, {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
                            2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01});
  } else {
    sum = polynomial(d, z, {0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693});
  }
  const V half = hn::Mul(hn::Mul(f, f), number(d, 0.5));
  const V total = hn::Add(exponent, k);
  const V small = hn::MulAdd(s, hn::MulAdd(sum, z, half), hn::MulAdd(total, ln2_low(d), rest));
  return hn::MulAdd(total, ln2_high(d), hn::Sub(f, hn::Sub(half, small)));
}

// Where an odd function is its argument, to the last digit; and NaN as it is.
template <class D, class V>
HWY_INLINE V odd_result(D d, V x, V magnitude, double least_double, double least_float) {
  const V r = hn::CopySign(magnitude, x);
  return hn::IfThenElse(hn::Or(hn::Lt(hn::Abs(x), number(d, least_double, least_float)), hn::IsNaN(x)), x, r);
}

template <class D, class V>
HWY_INLINE V log1p_of(D d, V x) {
  const V one = number(d, 1), infinity = number(d, std::numeric_limits<double>::infinity());
  const V u = hn::Add(one, x);
  const V c = hn::IfThenElse(hn::Ge(x, one), hn::Sub(one, hn::Sub(u, x)), hn::Sub(x, hn::Sub(u, one)));
  const V r = log_sum(d, u, hn::Zero(d), hn::Div(c, u));
  const V edge = hn::IfThenElse(hn::Eq(x, hn::Neg(one)), hn::Neg(infinity), hn::Sqrt(x));  // NaN below -1, infinity as it is
  return hn::IfThenElse(hn::And(hn::Gt(x, hn::Neg(one)), hn::Lt(x, infinity)), r, edge);
}

struct Expm1 {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V bounded = hn::Min(hn::Max(x, number(d, -50)), number(d, 710, 89));
    const V r = hn::Mul(quarter_expm1(d, bounded), number(d, 4));
    return hn::IfThenElse(hn::Or(hn::Lt(hn::Abs(x), number(d, 0x1p-54, 0x1p-25)), hn::IsNaN(x)), x, r);
  }
};

struct Log1p {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    return hn::IfThenElse(hn::Or(hn::Lt(hn::Abs(x), number(d, 0x1p-54, 0x1p-25)), hn::IsNaN(x)), x, log1p_of(d, x));
  }
};

struct Log {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V zero = hn::Zero(d), infinity = number(d, std::numeric_limits<double>::infinity());
    const auto tiny = hn::Lt(x, number(d, std::numeric_limits<double>::min(), std::numeric_limits<float>::min()));
    const V scaled = hn::IfThenElse(tiny, hn::Mul(x, number(d, 0x1p54, 0x1p24)), x);
    const V r = log_sum(d, scaled, hn::IfThenElseZero(tiny, number(d, -54, -24)), zero);
    const V edge = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), hn::Sqrt(x));  // NaN below 0, infinity as it is
    return hn::IfThenElse(hn::And(hn::Gt(x, zero), hn::Lt(x, infinity)), r, edge);
  }
};

struct Sinh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V quarter = quarter_expm1(d, hn::Min(hn::Abs(x), number(d, 710.5, 89.5)));
    const V t = hn::Add(quarter, quarter);  // (e^|x| - 1) / 2
    const V bounded = hn::Min(t, number(d, 0x1p60, 0x1p30));
    return odd_result(d, x, hn::Add(t, hn::Div(bounded, hn::MulAdd(bounded, number(d, 2), number(d, 1)))), 0x1p-28, 0x1p-13);
  }
};

struct Cosh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V quarter = quarter_expm1(d, hn::Min(hn::Abs(x), number(d, 710.5, 89.5)));
    const V half = hn::MulAdd(quarter, number(d, 2), number(d, 0.5));  // e^|x| / 2
    const V r = hn::Add(half, hn::Div(number(d, 0.25), half));
    return hn::IfThenElse(hn::IsNaN(x), x, r);
  }
};

struct Tanh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Min(hn::Abs(x), number(d, 20, 10));
    const V t = quarter_expm1(d, hn::Add(a, a));
    return odd_result(d, x, hn::Div(t, hn::Add(t, number(d, 0.5))), 0x1p-28, 0x1p-13);
  }
};

// log(a + sqrt(a^2 + 1)) as log(1 + y); far out as log(a) + log(2).
struct Arcsinh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x), one = number(d, 1);
    const auto far = hn::Gt(a, number(d, 0x1p28, 0x1p13));
    const V near = hn::IfThenElse(far, one, a), square = hn::Mul(near, near);
    const V y = hn::Add(near, hn::Div(square, hn::Add(one, hn::Sqrt(hn::Add(square, one)))));
    const V u = hn::Add(one, y);
    const V c = hn::IfThenElse(hn::Ge(y, one), hn::Sub(one, hn::Sub(u, y)), hn::Sub(y, hn::Sub(u, one)));
    const V r = log_sum(d, hn::IfThenElse(far, a, u), hn::IfThenElseZero(far, one), hn::IfThenZeroElse(far, hn::Div(c, u)));
    const V infinity = number(d, std::numeric_limits<double>::infinity());
    return odd_result(d, x, hn::IfThenElse(hn::Lt(a, infinity), r, infinity), 0x1p-28, 0x1p-13);
  }
};

struct Arccosh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V one = number(d, 1), infinity = number(d, std::numeric_limits<double>::infinity());
    const auto far = hn::Gt(x, number(d, 0x1p28, 0x1p13));
    const V t = hn::Sub(hn::IfThenElse(far, one, x), one);
    const V y = hn::Add(t, hn::Sqrt(hn::Mul(t, hn::Add(t, number(d, 2)))));
    const V u = hn::Add(one, y);
    const V c = hn::IfThenElse(hn::Ge(y, one), hn::Sub(one, hn::Sub(u, y)), hn::Sub(y, hn::Sub(u, one)));
    const V r = log_sum(d, hn::IfThenElse(far, x, u), hn::IfThenElseZero(far, one), hn::IfThenZeroElse(far, hn::Div(c, u)));
    const V edge = hn::Sqrt(hn::Sub(x, one));  // NaN below 1, infinity as it is
    return hn::IfThenElse(hn::And(hn::Ge(x, one), hn::Lt(x, infinity)), r, edge);
  }
};

struct Arctanh {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x);
    const V r = log1p_of(d, hn::Div(hn::Add(a, a), hn::Sub(number(d, 1), a)));
    return odd_result(d, x, hn::Mul(r, number(d, 0.5)), 0x1p-28, 0x1p-13);
  }
};

// About 0, pi/4 or pi/2, whichever is nearest; one division brings the argument there.
struct Arctan {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x), one = number(d, 1);
    const auto high = hn::Gt(a, number(d, 2.41421356237309504880)), middle = hn::Gt(a, number(d, 0.66, 0.41421356237309504880));
    const V top = hn::IfThenElse(high, hn::Neg(one), hn::IfThenElse(middle, hn::Sub(a, one), a));
    const V bottom = hn::IfThenElse(high, a, hn::IfThenElse(middle, hn::Add(a, one), one));
    const V from = hn::IfThenElse(high, number(d, 1.57079632679489661923), hn::IfThenElseZero(middle, number(d, 0.78539816339744830962)));
    const V rest = hn::IfThenElse(high, number(d, 6.123233995736765886e-17, -4.37113883e-8), hn::IfThenElseZero(middle, number(d, 3.061616997868382943e-17, -2.18556941e-8)));
    const V y = hn::Div(top, bottom), z = hn::Mul(y, y);
    V p;
    if constexpr (kDouble<D>) {
      p = hn::Div(polynomial(d, z, {-8.750608600031904122785e-1, -1.615753718733365076637e1, -7.500855792314704667340e1, -1.228866684490136173410e2, -6.485021904942025371773e1}),
                  polynomial(d, z, {1, 2.485846490142306297962e1, 1.650270098316988542046e2, 4.328810604912902668951e2, 4.853903996359136964868e2, 1.945506571482613964425e2}));
    } else {
      p = polynomial(d, z, {8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1});
    }
    const V r = hn::Add(from, hn::Add(y, hn::MulAdd(hn::Mul(y, z), p, rest)));
    return odd_result(d, x, r, 0x1p-28, 0x1p-13);
  }
};

// x = m 2^(3 k + j) with m from 1 to 2 and j one of 0, 1, 2: a polynomial for m's root, then a step of Halley's
// from the cube with what its square's rounding left out.
struct Cbrt {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const hn::RebindToUnsigned<D> du;
    const V a = hn::Abs(x), one = number(d, 1), two = number(d, 2);
    const auto tiny = hn::Lt(a, number(d, std::numeric_limits<double>::min(), std::numeric_limits<float>::min()));
    const V v = hn::IfThenElse(tiny, hn::Mul(a, number(d, 0x1p54, 0x1p24)), a);
    const auto bits = hn::BitCast(du, v), one_bits = hn::BitCast(du, one);
    const V base = number(d, 0x1p52, 0x1p23);
    const V e = hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<kMantissa<D>>(bits), hn::BitCast(du, base))), hn::Add(base, number(d, 1023, 127)));
    const V magic = number(d, 0x1.8p52, 0x1.8p23);
    const V n = hn::MulAdd(hn::Sub(e, one), number(d, 1 / 3.), magic), k = hn::Sub(n, magic);
    const V j = hn::NegMulAdd(k, number(d, 3), e);
    const auto fraction = hn::Set(du, (hn::TFromD<decltype(du)>{1} << kMantissa<D>)-1);
    const V m = hn::BitCast(d, hn::Or(hn::And(bits, fraction), one_bits));
    const auto second = hn::Eq(j, one), third = hn::Eq(j, two);
    const V w = hn::Mul(m, hn::IfThenElse(third, number(d, 4), hn::IfThenElse(second, two, one)));
    const V start = polynomial(d, m, {0.00516869953897941, -0.04903983480371483, 0.19879982164152415, -0.4634404237517285, 0.8340110874721267, 0.4745022191809467});
    const V y = hn::Mul(start, hn::IfThenElse(third, number(d, 1.5874010519681994748), hn::IfThenElse(second, number(d, 1.2599210498948731648), one)));
    const V square = hn::Mul(y, y), left = hn::MulSub(y, y, square);
    const V over = hn::MulAdd(left, y, hn::MulSub(square, y, w));  // y^3 - w
    const V root = hn::Sub(y, hn::Div(hn::Mul(y, over), hn::MulAdd(over, two, hn::Mul(w, number(d, 3)))));
    const V scale = hn::BitCast(d, hn::Add(hn::ShiftLeft<kMantissa<D>>(hn::BitCast(du, n)), one_bits));
    const V r = hn::Mul(root, hn::IfThenElse(tiny, hn::Mul(scale, number(d, 0x1p-18, 0x1p-8)), scale));
    const auto usual = hn::And(hn::Gt(a, hn::Zero(d)), hn::Lt(a, number(d, std::numeric_limits<double>::infinity())));
    return hn::IfThenElse(usual, hn::CopySign(r, x), x);
  }
};

}  // namespace adder::array::HWY_NAMESPACE::functions
HWY_AFTER_NAMESPACE();

#endif
