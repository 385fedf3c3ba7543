// Kernels of plain arithmetic, extrema and rounding, and of the bitwise operations.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/arithmetic.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>

#include "array/kernels/loops-inl.h"
// clang-format off
#include "array/kernels/operators-inl.h"
// clang-format on
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

struct Divide {
  static constexpr bool has_vector = true;
  template <class T> static HWY_INLINE T apply(T a, T b) { return a / b; }
  template <class D, class V> static HWY_INLINE V vector(D, V a, V b) { return hn::Div(a, b); }
};
struct DivideIntegers {
  template <class T> static HWY_INLINE double apply(T a, T b) { return static_cast<double>(a) / static_cast<double>(b); }
};
struct Negative {
  template <class T> static HWY_INLINE T apply(T a) {
    if constexpr (kIsInteger<T>) return static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a));
    else return -a;
  }
};
struct Positive {
  template <class T> static HWY_INLINE T apply(T a) { return a; }
};
// Products of complex arrays, fused as NumPy's are where the machine can; those of reductions and scalars are not.
struct MultiplyComplex {
  template <class T> static HWY_INLINE Complex<T> apply(Complex<T> a, Complex<T> b) {
#if HWY_NATIVE_FMA
    return {std::fma(a.re, b.re, -(a.im * b.im)), std::fma(a.re, b.im, a.im * b.re)};
#else
    return a * b;
#endif
  }
};
struct SquareComplex {
  template <class T> static HWY_INLINE Complex<T> apply(Complex<T> a) { return MultiplyComplex::apply(a, a); }
};
struct Conjugate {
  template <class T> static HWY_INLINE Complex<T> apply(Complex<T> a) { return {a.re, -a.im}; }
};
struct Absolute {
  template <class T> static HWY_INLINE T apply(T a) {
    if constexpr (std::is_unsigned_v<T>) return a;
    else if constexpr (kIsInteger<T>) return a < 0 ? Negative::apply(a) : a;
    else return std::fabs(a);
  }
};
struct Square {
  template <class T> static HWY_INLINE T apply(T a) { return Multiply::apply(a, a); }
};
struct Reciprocal {
  template <class T> static HWY_INLINE T apply(T a) { return T{1} / a; }
  template <class T> static Complex<T> apply(Complex<T> a) {
    ADDER_EXACT_CONDITIONS
    if (std::fabs(a.im) <= std::fabs(a.re)) {
      const T ratio = a.im / a.re, size = a.re + a.im * ratio;
      return {T{1} / size, -ratio / size};
    }
    const T ratio = a.re / a.im, size = a.re * ratio + a.im;
    return {ratio / size, -T{1} / size};
  }
};
struct IntegerReciprocal {
  template <class T> static HWY_INLINE T apply(T a, Conditions& raised) {
    if (a == 0) {
      raised |= kDivide | (std::is_signed_v<T> ? kInvalid : 0);
      // What the machine's conversion makes of 1.0 / 0.
      if constexpr (sizeof(T) == 8) return static_cast<T>(std::uint64_t{1} << 63);
      else return std::is_same_v<T, std::int32_t> ? std::numeric_limits<T>::min() : T{0};
    }
    return static_cast<T>(1 / a);
  }
};
struct Sqrt {
  static constexpr bool has_vector = true;
  template <class T> static HWY_INLINE T apply(T a) { return std::sqrt(a); }
  template <class D, class V> static HWY_INLINE V vector(D, V a) { return hn::Sqrt(a); }
};
struct Sign {
  template <class T> static HWY_INLINE T apply(T a) {
    if constexpr (kIsInteger<T>) return static_cast<T>((a > 0) - (a < 0));
    else return a > 0 ? T{1} : a < 0 ? T{-1} : a == 0 ? T{0} : a;
  }
};
struct Floor {
  template <class T> static HWY_INLINE T apply(T a) { return std::floor(a); }
};
struct Ceil {
  template <class T> static HWY_INLINE T apply(T a) { return std::ceil(a); }
};
struct Trunc {
  template <class T> static HWY_INLINE T apply(T a) { return std::trunc(a); }
};
struct Rint {
  template <class T> static HWY_INLINE T apply(T a) { return std::nearbyint(a); }
  template <class T> static HWY_INLINE Complex<T> apply(Complex<T> a) { return {std::nearbyint(a.re), std::nearbyint(a.im)}; }
};
struct Degrees {
  template <class T> static HWY_INLINE T apply(T a) { return a * (T{180} / static_cast<T>(3.14159265358979323846)); }
};
struct Radians {
  template <class T> static HWY_INLINE T apply(T a) { return a * (static_cast<T>(3.14159265358979323846) / T{180}); }
};


struct Invert {
  template <class T> static HWY_INLINE T apply(T a) {
    if constexpr (std::is_same_v<T, bool>) return !a;
    else return static_cast<T>(~a);
  }
};
struct Copysign {
  template <class T> static HWY_INLINE T apply(T a, T b) { return std::copysign(a, b); }
};

// Three-argument loops.
template <class F, class A, class T>
Conditions ternary_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  const char *a = args[0], *b = args[1], *c = args[2];
  char* r = args[3];
  if (steps[3] == sizeof(T) && steps[0] == sizeof(A) && (steps[1] == sizeof(T) || steps[1] == 0) &&
      (steps[2] == sizeof(T) || steps[2] == 0)) {
    const A* pa = reinterpret_cast<const A*>(a);
    const T* pb = reinterpret_cast<const T*>(b);
    const T* pc = reinterpret_cast<const T*>(c);
    T* pr = reinterpret_cast<T*>(r);
    if (steps[1] && steps[2]) {
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) pr[i] = F::apply(widen(pa[i]), widen(pb[i]), widen(pc[i]));
    } else if (steps[1]) {
      const Widened<T> vc = *pc;
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) pr[i] = F::apply(widen(pa[i]), widen(pb[i]), vc);
    } else if (steps[2]) {
      const Widened<T> vb = *pb;
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) pr[i] = F::apply(widen(pa[i]), vb, widen(pc[i]));
    } else {
      const Widened<T> vb = *pb, vc = *pc;
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) pr[i] = F::apply(widen(pa[i]), vb, vc);
    }
    return 0;
  }
  for (index_t i = 0; i < n; ++i, a += steps[0], b += steps[1], c += steps[2], r += steps[3])
    *reinterpret_cast<T*>(r) =
        F::apply(widen(*reinterpret_cast<const A*>(a)), widen(*reinterpret_cast<const T*>(b)), widen(*reinterpret_cast<const T*>(c)));
  return 0;
}

struct Clip {
  template <class T> static HWY_INLINE T apply(T x, T low, T high) {
    if constexpr (kIsComplex<T>) {
      const T raised = choose(x > low || x != x, x, low);
      return choose(raised < high || raised != raised, raised, high);
    } else {
      return Minimum::apply(Maximum::apply(x, low), high);
    }
  }
};
struct HalfClip {
  static HWY_INLINE float apply(float x, float low, float high) { return HalfMinimum::apply(HalfMaximum::apply(x, low), high); }
};
struct Where {
  template <class T> static HWY_INLINE T apply(bool condition, T x, T y) { return choose(condition, x, y); }
};

template <class... Ts>
void put_ternary(KernelTable& table) {
  auto one = [&]<class T>() {
    const char c = code_of<T>();
    const char where[] = {'?', c, c, ':', c, 0};
    table.set(Op::where, where, ternary_loop<Where, bool, T>);
    if constexpr (!std::is_same_v<T, bool>) {
      const char clip[] = {c, c, c, ':', c, 0};
      table.set(Op::clip, clip, ternary_loop<std::conditional_t<std::is_same_v<T, Half>, HalfClip, Clip>, T, T>);
    }
  };
  (one.template operator()<Ts>(), ...);
}

template <class... Ts>
void put_quotients(KernelTable& table) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', 'd', 0};
    table.set(Op::divide, signature, binary_loop<DivideIntegers, T, T, double, true>);
  };
  (one.template operator()<Ts>(), ...);
}

void put_arithmetic(KernelTable& t) {
  put_quotients<ADDER_INTEGERS>(t);
  put_binary<Add, false, ADDER_INTEGERS>(t, Op::add);
  put_binary<Add, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::add);
  put_binary<Or, false, bool>(t, Op::add);
  put_binary<Subtract, false, ADDER_INTEGERS>(t, Op::subtract);
  put_binary<Subtract, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::subtract);
  put_binary<Multiply, false, ADDER_INTEGERS>(t, Op::multiply);
  put_binary<Multiply, true, ADDER_FLOATS>(t, Op::multiply);
  put_binary<MultiplyComplex, true, ADDER_COMPLEX>(t, Op::multiply);
  put_binary<And, false, bool>(t, Op::multiply);
  put_binary<Divide, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::divide);

  put_unary<Negative, false, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::negative);
  put_unary<Positive, false, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::positive);
  put_unary<Positive, false, ADDER_INTEGERS, ADDER_FLOATS>(t, Op::conjugate);
  put_unary<Conjugate, false, ADDER_COMPLEX>(t, Op::conjugate);
  put_unary<Absolute, false, ADDER_INTEGERS, ADDER_FLOATS>(t, Op::absolute);
  put_unary<Positive, false, bool>(t, Op::absolute);
  put_unary<Absolute, false, ADDER_FLOATS>(t, Op::fabs);
  put_unary<Square, false, ADDER_INTEGERS>(t, Op::square);
  put_unary<Square, true, ADDER_FLOATS>(t, Op::square);
  put_unary<SquareComplex, true, ADDER_COMPLEX>(t, Op::square);
  put_unary<Reciprocal, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::reciprocal);
  put_unary_values<IntegerReciprocal, ADDER_INTEGERS>(t, Op::reciprocal);
  put_unary<Sqrt, true, ADDER_FLOATS>(t, Op::sqrt);
  put_unary<Sign, false, ADDER_INTEGERS, ADDER_FLOATS>(t, Op::sign);
  put_unary<Floor, false, ADDER_FLOATS>(t, Op::floor);
  put_unary<Ceil, false, ADDER_FLOATS>(t, Op::ceil);
  put_unary<Trunc, false, ADDER_FLOATS>(t, Op::trunc);
  put_unary<Rint, false, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::rint);
  for (Op op : {Op::floor, Op::ceil, Op::trunc}) put_unary<Positive, false, bool, ADDER_INTEGERS>(t, op);
  for (Op op : {Op::degrees, Op::rad2deg}) put_unary<Degrees, true, ADDER_FLOATS>(t, op);
  for (Op op : {Op::radians, Op::deg2rad}) put_unary<Radians, true, ADDER_FLOATS>(t, op);

  put_binary<Maximum, false, ADDER_INTEGERS, float, double, ADDER_COMPLEX>(t, Op::maximum);
  put_binary<HalfMaximum, false, Half>(t, Op::maximum);
  put_binary<Minimum, false, ADDER_INTEGERS, float, double, ADDER_COMPLEX>(t, Op::minimum);
  put_binary<HalfMinimum, false, Half>(t, Op::minimum);
  put_binary<Fmax, false, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::fmax);
  put_binary<Fmin, false, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::fmin);
  for (Op op : {Op::maximum, Op::fmax}) put_binary<Or, false, bool>(t, op);
  for (Op op : {Op::minimum, Op::fmin}) put_binary<And, false, bool>(t, op);
  put_binary<Copysign, false, ADDER_FLOATS>(t, Op::copysign);

  put_binary<And, false, bool, ADDER_INTEGERS>(t, Op::bitwise_and);
  put_binary<Or, false, bool, ADDER_INTEGERS>(t, Op::bitwise_or);
  put_binary<Xor, false, bool, ADDER_INTEGERS>(t, Op::bitwise_xor);
  put_unary<Invert, false, bool, ADDER_INTEGERS>(t, Op::invert);

  put_ternary<bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_arithmetic);
void register_arithmetic(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_arithmetic)(table); }
HWY_EXPORT(target_name);
const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(target_name)(); }
}  // namespace adder::array
#endif
