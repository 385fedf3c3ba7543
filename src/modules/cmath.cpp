// The module cmath, on the C library's complex functions; errors where CPython raises them.
#include <cmath>
#include <complex.h>
#undef I
#include <limits>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

namespace {

using C = double _Complex;

C make(double re, double im) {
  C z;
  __real__ z = re;
  __imag__ z = im;
  return z;
}
bool finite(C z) { return std::isfinite(__real__ z) && std::isfinite(__imag__ z); }
bool infinite(C z) { return std::isinf(__real__ z) || std::isinf(__imag__ z); }
Failure domain_error() { return raise(PyExc_ValueError, "math domain error"); }
Failure range_error() { return raise(PyExc_OverflowError, "math range error"); }
Ref result(C z) { return complex_new(__real__ z, __imag__ z); }

// A complex, or anything with __complex__, __float__ or __index__.
bool number(Value v, C* out) {
  if (v.is_float()) {
    *out = make(v.as_float(), 0);
    return true;
  }
  if (v.is_object() && is_instance_exactly(v, &PyComplex_Type)) {
    Py_complex c = complex_value(v);
    *out = make(c.real, c.imag);
    return true;
  }
  if (v.is_object()) {
    Ref f = lookup_special(v, "__complex__"_id);
    if (!f && error_occurred()) return false;
    if (f) {
      Ref r = call0(f);
      if (!r) return false;
      if (!r.get().is_object() || !is_instance_exactly(r, &PyComplex_Type)) {
        return raise(PyExc_TypeError, "__complex__ returned non-complex (type %.200s)", type_of(r)->tp_name);
      }
      Py_complex c = complex_value(r);
      *out = make(c.real, c.imag);
      return true;
    }
  }
  double d;
  if (!as_double(v, &d)) return false;
  *out = make(d, 0);
  return true;
}

// CPython's value for a NaN beside a finite real part is a NaN on both sides.
C arc_hyperbolic_cosine(C z) {
  if (std::isnan(__imag__ z) && std::isfinite(__real__ z)) return make(NAN, NAN);
  return cacosh(z);
}

C hyperbolic_tangent(C z) {
  if (std::isnan(__imag__ z) && std::isfinite(__real__ z)) return make(NAN, NAN);
  return ctanh(z);
}
C tangent(C z) {
  if (std::isnan(__real__ z) && std::isfinite(__imag__ z)) return make(NAN, NAN);
  return ctan(z);
}

// Which infinite imaginary parts have no value.
enum class Pole { kNone, kExp, kHyperbolic, kTanh };

template <C (*F)(C), Pole kPole, bool kTurned>
Ref function(Value, Value v) {
  C z;
  if (!number(v, &z)) return {};
  // The circular functions are the hyperbolic ones of i*z.
  double re = kTurned ? -__imag__ z : __real__ z, im = kTurned ? __real__ z : __imag__ z;
  if (std::isinf(im)) {
    if (kPole == Pole::kExp && (std::isfinite(re) || re == HUGE_VAL)) return domain_error();
    if (kPole == Pole::kHyperbolic && !std::isnan(re)) return domain_error();
    if (kPole == Pole::kTanh && std::isfinite(re)) return domain_error();
  }
  C r = F(z);
  if (finite(z) && infinite(r)) {
    if (kPole == Pole::kNone) return domain_error();
    return range_error();
  }
  return result(r);
}

Ref cmath_log(Value, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "cmath.log() takes no keyword arguments");
  if (a.n < 1) return raise(PyExc_TypeError, "log expected at least 1 argument, got 0");
  if (a.n > 2) return raise(PyExc_TypeError, "log expected at most 2 arguments, got %zd", static_cast<Py_ssize_t>(a.n));
  C z, b;
  if (!number(a[0], &z)) return {};
  if (__real__ z == 0 && __imag__ z == 0) return domain_error();
  C r = clog(z);
  if (a.n == 2) {
    if (!number(a[1], &b)) return {};
    if (__real__ b == 0 && __imag__ b == 0) return domain_error();
    Ref x = result(r), y = result(clog(b));
    if (!x || !y) return {};
    return true_divide(x, y);
  }
  return result(r);
}

Ref cmath_log10(Value, Value v) {
  C z;
  if (!number(v, &z)) return {};
  if (__real__ z == 0 && __imag__ z == 0) return domain_error();
  C r = clog(z);
  return complex_new(__real__ r / M_LN10, __imag__ r / M_LN10);
}

Ref cmath_phase(Value, Value v) {
  C z;
  return number(v, &z) ? Ref::from_double(std::atan2(__imag__ z, __real__ z)) : Ref{};
}

bool magnitude(C z, double* out) {
  *out = std::hypot(__real__ z, __imag__ z);
  if (std::isinf(*out) && finite(z)) return range_error();
  return true;
}

Ref cmath_polar(Value, Value v) {
  C z;
  double r;
  if (!number(v, &z) || !magnitude(z, &r)) return {};
  return tuple_of({Value::from_double(r), Value::from_double(std::atan2(__imag__ z, __real__ z))});
}

Ref cmath_rect(Value, const Value* a) {
  double r, phi;
  if (!as_double(a[0], &r) || !as_double(a[1], &phi)) return {};
  if (std::isfinite(r) && std::isfinite(phi)) {
    if (phi == 0.0) return complex_new(r, r * phi);
    return complex_new(r * std::cos(phi), r * std::sin(phi));
  }
  if (r != 0 && !std::isnan(r) && std::isinf(phi)) return domain_error();
  if (std::isinf(r) && std::isfinite(phi) && phi != 0) {
    double c = std::copysign(HUGE_VAL, std::cos(phi)), s = std::copysign(HUGE_VAL, std::sin(phi));
    return r > 0 ? complex_new(c, s) : complex_new(-c, -s);
  }
  if (std::isinf(r) && phi == 0) return complex_new(r, std::copysign(0.0, r) * std::copysign(1.0, phi));
  if (r == 0) return complex_new(0.0, 0.0);
  if (std::isnan(r) && phi == 0) return complex_new(r, 0.0);
  if (std::isinf(r)) return complex_new(HUGE_VAL, NAN);
  return complex_new(NAN, NAN);
}

Ref cmath_isnan(Value, Value v) {
  C z;
  return number(v, &z) ? bool_ref(std::isnan(__real__ z) || std::isnan(__imag__ z)) : Ref{};
}
Ref cmath_isinf(Value, Value v) {
  C z;
  return number(v, &z) ? bool_ref(infinite(z)) : Ref{};
}
Ref cmath_isfinite(Value, Value v) {
  C z;
  return number(v, &z) ? bool_ref(finite(z)) : Ref{};
}

Ref cmath_isclose(Value, const Value* args) {
  C a, b;
  double rel = 1e-9, abs = 0;
  if (!number(args[0], &a) || !number(args[1], &b)) return {};
  if (!args[2].absent() && !as_double(args[2], &rel)) return {};
  if (!args[3].absent() && !as_double(args[3], &abs)) return {};
  if (rel < 0 || abs < 0) return raise(PyExc_ValueError, "tolerances must be non-negative");
  if (__real__ a == __real__ b && __imag__ a == __imag__ b) return bool_ref(true);
  if (infinite(a) || infinite(b)) return bool_ref(false);
  double d = std::hypot(__real__ a - __real__ b, __imag__ a - __imag__ b);
  double x = std::hypot(__real__ a, __imag__ a), y = std::hypot(__real__ b, __imag__ b);
  return bool_ref(d <= rel * y || d <= rel * x || d <= abs);
}

const MethodRow functions[] = {
    method<function<cacos, Pole::kNone, false>>("acos", "($module, z, /)", "Return the arc cosine of z."),
    method<function<arc_hyperbolic_cosine, Pole::kNone, false>>("acosh", "($module, z, /)", "Return the inverse hyperbolic cosine of z."),
    method<function<casin, Pole::kNone, false>>("asin", "($module, z, /)", "Return the arc sine of z."),
    method<function<casinh, Pole::kNone, false>>("asinh", "($module, z, /)", "Return the inverse hyperbolic sine of z."),
    method<function<catan, Pole::kNone, false>>("atan", "($module, z, /)", "Return the arc tangent of z."),
    method<function<catanh, Pole::kNone, false>>("atanh", "($module, z, /)", "Return the inverse hyperbolic tangent of z."),
    method<function<ccos, Pole::kHyperbolic, true>>("cos", "($module, z, /)", "Return the cosine of z."),
    method<function<ccosh, Pole::kHyperbolic, false>>("cosh", "($module, z, /)", "Return the hyperbolic cosine of z."),
    method<function<cexp, Pole::kExp, false>>("exp", "($module, z, /)", "Return the exponential value e**z."),
    method<function<csin, Pole::kHyperbolic, true>>("sin", "($module, z, /)", "Return the sine of z."),
    method<function<csinh, Pole::kHyperbolic, false>>("sinh", "($module, z, /)", "Return the hyperbolic sine of z."),
    method<function<csqrt, Pole::kNone, false>>("sqrt", "($module, z, /)", "Return the square root of z."),
    method<function<tangent, Pole::kTanh, true>>("tan", "($module, z, /)", "Return the tangent of z."),
    method<function<hyperbolic_tangent, Pole::kTanh, false>>("tanh", "($module, z, /)", "Return the hyperbolic tangent of z."),
    method<cmath_isclose>("isclose", "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)", "Determine whether two complex numbers are close in value."),
    method<cmath_isfinite>("isfinite", "($module, z, /)", "Return True if both the real and imaginary parts of z are finite, else False."),
    method<cmath_isinf>("isinf", "($module, z, /)", "Checks if the real or imaginary part of z is infinite."),
    method<cmath_isnan>("isnan", "($module, z, /)", "Checks if the real or imaginary part of z not a number (NaN)."),
    method<cmath_log>("log", "", "log(z[, base]) -> the logarithm of z to the given base.\n\nIf the base is not specified, returns the natural logarithm (base e) of z."),
    method<cmath_log10>("log10", "($module, z, /)", "Return the base-10 logarithm of z."),
    method<cmath_phase>("phase", "($module, z, /)", "Return argument, also known as the phase angle, of a complex."),
    method<cmath_polar>("polar", "($module, z, /)", "Convert a complex from rectangular coordinates to polar coordinates.\n\nr is the distance from 0 and phi the phase angle."),
    method<cmath_rect>("rect", "($module, r, phi, /)", "Convert from polar coordinates to rectangular coordinates."),
    {}};

bool exec(PyObject* m) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  return module_add(m, "pi", Ref::from_double(M_PI)) && module_add(m, "e", Ref::from_double(M_E)) && module_add(m, "tau", Ref::from_double(2 * M_PI)) &&
         module_add(m, "inf", Ref::from_double(HUGE_VAL)) && module_add(m, "nan", Ref::from_double(nan)) &&
         module_add(m, "infj", complex_new(0, HUGE_VAL)) && module_add(m, "nanj", complex_new(0, nan));
}

}  // namespace

extern const ModuleDef cmath_module = {
    .name = "cmath",
    .doc = "This module provides access to mathematical functions for complex\nnumbers.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
