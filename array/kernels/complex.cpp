// Kernels of sign, power and elementary functions on complex numbers: the C library's functions, whose
// results and conditions are NumPy's too.
#include <cmath>
#include <complex>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
std::complex<T> standard(Complex<T> a) {
  return {a.re, a.im};
}
template <class T>
Complex<T> ours(std::complex<T> a) {
  return {a.real(), a.imag()};
}

// The point of the unit circle in that direction; of infinite parts, those alone.
struct Sign {
  template <class T> static Complex<T> apply(Complex<T> a) {
    T size = std::hypot(a.re, a.im);
    if (size != size) return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::quiet_NaN()};
    if (std::isinf(size)) {
      if (!std::isinf(a.re)) return {0, std::copysign(T{1}, a.im)};
      if (!std::isinf(a.im)) return {std::copysign(T{1}, a.re), 0};
      return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::quiet_NaN()};
    }
    if (size == 0) return {0, 0};
    return {a.re / size, a.im / size};
  }
};

#define ADDER_COMPLEX1(Name, function)                                                               \
  struct Name {                                                                                      \
    template <class T> static Complex<T> apply(Complex<T> a) { return ours(function(standard(a))); } \
  };
ADDER_COMPLEX1(Sqrt, std::sqrt)
ADDER_COMPLEX1(Exp, std::exp)
ADDER_COMPLEX1(Log, std::log)
ADDER_COMPLEX1(Sin, std::sin)
ADDER_COMPLEX1(Cos, std::cos)
ADDER_COMPLEX1(Tan, std::tan)
ADDER_COMPLEX1(Arcsin, std::asin)
ADDER_COMPLEX1(Arccos, std::acos)
ADDER_COMPLEX1(Arctan, std::atan)
ADDER_COMPLEX1(Sinh, std::sinh)
ADDER_COMPLEX1(Cosh, std::cosh)
ADDER_COMPLEX1(Tanh, std::tanh)
ADDER_COMPLEX1(Arcsinh, std::asinh)
ADDER_COMPLEX1(Arccosh, std::acosh)
ADDER_COMPLEX1(Arctanh, std::atanh)
#undef ADDER_COMPLEX1

struct Exp2 {
  template <class T> static Complex<T> apply(Complex<T> a) {
    constexpr T ln2 = static_cast<T>(0.693147180559945309417232121458176568);
    return Exp::apply(Complex<T>{a.re * ln2, a.im * ln2});
  }
};
struct Expm1 {
  template <class T> static Complex<T> apply(Complex<T> a) {
    const T s = std::sin(a.im / 2);
    return {std::expm1(a.re) * std::cos(a.im) - 2 * s * s, std::exp(a.re) * std::sin(a.im)};
  }
};
template <class T>
Complex<T> scaled_log(Complex<T> a, T factor) {
  Complex<T> log = Log::apply(a);
  return {log.re * factor, log.im * factor};
}
struct Log2 {
  template <class T> static Complex<T> apply(Complex<T> a) { return scaled_log(a, static_cast<T>(1.442695040888963407359924681001892137)); }
};
struct Log10 {
  template <class T> static Complex<T> apply(Complex<T> a) { return scaled_log(a, static_cast<T>(0.434294481903251827651128918916605082)); }
};
struct Log1p {
  template <class T> static Complex<T> apply(Complex<T> a) { return {std::log(std::hypot(a.re + 1, a.im)), std::atan2(a.im, a.re + 1)}; }
};

struct Power {
  template <class T> static Complex<T> apply(Complex<T> a, Complex<T> b) {
    if (b == Complex<T>{0, 0}) return {1, 0};
    if (a == Complex<T>{0, 0}) {
      if (b.re > 0) return {0, 0};
      // Not defined: invalid, as the machine says of this.
      volatile T undefined = std::numeric_limits<T>::infinity();
      undefined = undefined - undefined;
      return {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::quiet_NaN()};
    }
    if (b.im == 0 && std::fabs(b.re) < 100 && b.re == std::trunc(b.re)) {
      const int n = static_cast<int>(b.re);
      if (n == 1) return a;
      if (n == 2) return a * a;
      if (n == 3) return a * (a * a);
      Complex<T> result = {1, 0}, square = a;
      for (int bits = n < 0 ? -n : n; bits; bits >>= 1) {
        if (bits & 1) result = result * square;
        if (bits > 1) square = square * square;
      }
      return n < 0 ? Complex<T>{1, 0} / result : result;
    }
    return library_power(a, b);
  }

 private:
  static Complex<double> library_power(Complex<double> a, Complex<double> b) {
    _Complex double x, y;
    __real__ x = a.re, __imag__ x = a.im, __real__ y = b.re, __imag__ y = b.im;
    x = __builtin_cpow(x, y);
    return {__real__ x, __imag__ x};
  }
  static Complex<float> library_power(Complex<float> a, Complex<float> b) {
    _Complex float x, y;
    __real__ x = a.re, __imag__ x = a.im, __real__ y = b.re, __imag__ y = b.im;
    x = __builtin_cpowf(x, y);
    return {__real__ x, __imag__ x};
  }
};

template <class F>
void put(KernelTable& t, Op op) {
  put_unary<F, true, ADDER_COMPLEX>(t, op);
}

void put_complex(KernelTable& t) {
  put_unary<Sign, true, ADDER_COMPLEX>(t, Op::sign);
  put<Sqrt>(t, Op::sqrt);
  put<Exp>(t, Op::exp);
  put<Exp2>(t, Op::exp2);
  put<Expm1>(t, Op::expm1);
  put<Log>(t, Op::log);
  put<Log2>(t, Op::log2);
  put<Log10>(t, Op::log10);
  put<Log1p>(t, Op::log1p);
  put<Sin>(t, Op::sin);
  put<Cos>(t, Op::cos);
  put<Tan>(t, Op::tan);
  put<Arcsin>(t, Op::arcsin);
  put<Arccos>(t, Op::arccos);
  put<Arctan>(t, Op::arctan);
  put<Sinh>(t, Op::sinh);
  put<Cosh>(t, Op::cosh);
  put<Tanh>(t, Op::tanh);
  put<Arcsinh>(t, Op::arcsinh);
  put<Arccosh>(t, Op::arccosh);
  put<Arctanh>(t, Op::arctanh);
  put_binary<Power, true, ADDER_COMPLEX>(t, Op::power);
  t.set(Op::float_power, "DD:D", binary_loop<Power, Complex<double>, Complex<double>, Complex<double>, true>);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace adder::array {
void register_complex(KernelTable& table) { HWY_STATIC_DISPATCH(put_complex)(table); }
}  // namespace adder::array
