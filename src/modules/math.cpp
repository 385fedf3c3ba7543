// The module math.
#include <cerrno>
#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

Failure domain_error() { return raise(PyExc_ValueError, "math domain error"); }
Failure range_error() { return raise(PyExc_OverflowError, "math range error"); }

inline bool number(Value v, double* out) {
  if (ADDER_LIKELY(v.is_float())) {
    *out = v.as_float();
    return true;
  }
  if (v.is_int()) {
    *out = static_cast<double>(v.as_int());
    return true;
  }
  return as_double(v, out);
}

// A function of one number: a NaN that did not come in is a domain error, an infinity an overflow or a pole.
using Function = double (*)(double);
template <Function F, bool kCanOverflow>
Ref unary(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  double r = F(x);
  if (ADDER_UNLIKELY(!std::isfinite(r))) {
    if (std::isnan(r) && !std::isnan(x)) return domain_error();
    if (std::isinf(r) && std::isfinite(x)) return kCanOverflow ? Ref(range_error()) : Ref(domain_error());
  }
  return Ref::from_double(r);
}

// Two numbers, without checks of the result beyond NaN.
template <double (*F)(double, double)>
Ref binary_plain(Value, const Value* a) {
  double x, y;
  if (!number(a[0], &x) || !number(a[1], &y)) return {};
  return Ref::from_double(F(x, y));
}

double fn_gamma(double x) {
  if (x == 0 || (x < 0 && x == std::floor(x)) || x == -HUGE_VAL) return std::isinf(x) || x != 0 ? NAN : NAN;
  return std::tgamma(x);
}
Ref math_gamma(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  if (std::isnan(x) || x == HUGE_VAL) return Ref::from_double(x);
  double r = fn_gamma(x);
  if (std::isnan(r)) return domain_error();
  if (std::isinf(r)) return range_error();
  return Ref::from_double(r);
}
Ref math_lgamma(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  if (std::isnan(x)) return Ref::from_double(x);
  if (std::isinf(x)) return Ref::from_double(HUGE_VAL);
  if (x <= 0 && x == std::floor(x)) return domain_error();
  int sign;
  double r = lgamma_r(x, &sign);
  if (std::isinf(r)) return range_error();
  return Ref::from_double(r);
}

double fn_sqrt(double x) { return std::sqrt(x); }
double fn_sin(double x) { return std::sin(x); }
double fn_cos(double x) { return std::cos(x); }
double fn_tan(double x) { return std::tan(x); }
double fn_asin(double x) { return std::asin(x); }
double fn_acos(double x) { return std::acos(x); }
double fn_atan(double x) { return std::atan(x); }
double fn_sinh(double x) { return std::sinh(x); }
double fn_cosh(double x) { return std::cosh(x); }
double fn_tanh(double x) { return std::tanh(x); }
double fn_asinh(double x) { return std::asinh(x); }
double fn_acosh(double x) { return std::acosh(x); }
double fn_atanh(double x) { return std::atanh(x); }
double fn_exp(double x) { return std::exp(x); }
double fn_exp2(double x) { return std::exp2(x); }
double fn_expm1(double x) { return std::expm1(x); }
double fn_log1p(double x) { return x == 0 ? x : std::log1p(x); }
double fn_cbrt(double x) { return std::cbrt(x); }
double fn_erf(double x) { return std::erf(x); }
double fn_erfc(double x) { return std::erfc(x); }
double fn_fabs(double x) { return std::fabs(x); }
double fn_copysign(double x, double y) { return std::copysign(x, y); }
double fn_atan2(double y, double x) { return std::atan2(y, x); }
double fn_nextafter(double x, double y) { return x == y ? y : std::nextafter(x, y); }

Ref math_degrees(Value, Value v) {
  double x;
  return number(v, &x) ? Ref::from_double(x * (180.0 / M_PI)) : Ref{};
}
Ref math_radians(Value, Value v) {
  double x;
  return number(v, &x) ? Ref::from_double(x * (M_PI / 180.0)) : Ref{};
}
Ref math_isfinite(Value, Value v) {
  double x;
  return number(v, &x) ? bool_ref(std::isfinite(x)) : Ref{};
}
Ref math_isinf(Value, Value v) {
  double x;
  return number(v, &x) ? bool_ref(std::isinf(x)) : Ref{};
}
Ref math_isnan(Value, Value v) {
  double x;
  return number(v, &x) ? bool_ref(std::isnan(x)) : Ref{};
}
Ref math_ulp(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  if (std::isnan(x)) return Ref::from_double(x);
  x = std::fabs(x);
  if (std::isinf(x)) return Ref::from_double(x);
  double up = std::nextafter(x, HUGE_VAL);
  if (std::isinf(up)) return Ref::from_double(x - std::nextafter(x, -HUGE_VAL));
  return Ref::from_double(up - x);
}

// --- Logarithms -------------------------------------------------------------------------------------------------------------

double log_e(double x) { return std::log(x); }
double log_2(double x) { return std::log2(x); }
double log_10(double x) { return std::log10(x); }

template <Function F>
Ref logarithm(Value v) {
  if (!v.is_float() && is_int(v)) {
    if (int_sign(v) <= 0) return domain_error();
    double x;
    Digits d(v);
    if (int_bit_length(v) <= 1000) {
      if (!int_as_double(v, &x)) return {};
      return Ref::from_double(F(x));
    }
    bool sticky;
    size_t bits;
    uint64_t top = int_top_bits(d, &sticky, &bits);
    x = std::ldexp(static_cast<double>(top), -64);
    return Ref::from_double(F(x) + F(2.0) * static_cast<double>(bits));
  }
  double x;
  if (!number(v, &x)) return {};
  if (std::isfinite(x)) {
    if (x <= 0) return domain_error();
    return Ref::from_double(F(x));
  }
  if (std::isnan(x)) return Ref::from_double(x);
  return x > 0 ? Ref::from_double(x) : Ref(domain_error());
}
Ref math_log(Value, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "math.log() takes no keyword arguments");
  if (a.n < 1) return raise(PyExc_TypeError, "log expected at least 1 argument, got 0");
  if (a.n > 2) return raise(PyExc_TypeError, "log expected at most 2 arguments, got %zd", static_cast<Py_ssize_t>(a.n));
  Ref x = logarithm<log_e>(a[0]);
  if (!x || a.n == 1) return x;
  Ref base = logarithm<log_e>(a[1]);
  if (!base) return {};
  return true_divide(x, base);
}
Ref math_log2(Value, Value v) { return logarithm<log_2>(v); }
Ref math_log10(Value, Value v) { return logarithm<log_10>(v); }

// --- Two numbers -------------------------------------------------------------------------------------------------------------

Ref math_fmod(Value, const Value* a) {
  double x, y;
  if (!number(a[0], &x) || !number(a[1], &y)) return {};
  if (std::isinf(y) && std::isfinite(x)) return Ref::from_double(x);
  double r = std::fmod(x, y);
  if (std::isnan(r) && !std::isnan(x) && !std::isnan(y)) return domain_error();
  return Ref::from_double(r);
}

Ref math_remainder(Value, const Value* a) {
  double x, y;
  if (!number(a[0], &x) || !number(a[1], &y)) return {};
  double r = std::remainder(x, y);
  if (std::isnan(r) && !std::isnan(x) && !std::isnan(y)) return domain_error();
  return Ref::from_double(r);
}

Ref math_pow(Value, const Value* a) {
  double x, y;
  if (!number(a[0], &x) || !number(a[1], &y)) return {};
  double r = std::pow(x, y);
  if (std::isfinite(x) && std::isfinite(y)) {
    if (std::isnan(r)) return domain_error();
    if (std::isinf(r)) return x == 0 ? Ref(domain_error()) : Ref(range_error());
  }
  return Ref::from_double(r);
}

Ref math_ldexp(Value, const Value* a) {
  double x;
  if (!number(a[0], &x)) return {};
  if (!is_int(a[1])) return raise(PyExc_TypeError, "Expected an int as second argument to ldexp.");
  int64_t e;
  int overflow = int_sign_overflow_i64(a[1], &e);
  if (overflow) e = overflow > 0 ? INT64_MAX : INT64_MIN;
  if (x == 0 || !std::isfinite(x)) return Ref::from_double(x);
  if (e > INT_MAX) return range_error();
  if (e < INT_MIN) return Ref::from_double(std::copysign(0.0, x));
  double r = std::ldexp(x, static_cast<int>(e));
  if (std::isinf(r)) return range_error();
  return Ref::from_double(r);
}

Ref math_frexp(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  int e = 0;
  if (x != 0 && std::isfinite(x)) x = std::frexp(x, &e);
  return tuple_of({Value::from_double(x), Value::from_int(e)});
}

Ref math_modf(Value, Value v) {
  double x;
  if (!number(v, &x)) return {};
  double whole, fraction;
  if (std::isinf(x)) {
    whole = x;
    fraction = std::copysign(0.0, x);
  } else {
    fraction = std::modf(x, &whole);
  }
  return tuple_of({Value::from_double(fraction), Value::from_double(whole)});
}

Ref math_isclose(Value, const Value* a) {
  double x, y, rel = 1e-9, abs = 0.0;
  if (!number(a[0], &x) || !number(a[1], &y)) return {};
  if (!a[2].absent() && !number(a[2], &rel)) return {};
  if (!a[3].absent() && !number(a[3], &abs)) return {};
  if (rel < 0 || abs < 0) return raise(PyExc_ValueError, "tolerances must be non-negative");
  if (x == y) return bool_ref(true);
  if (std::isinf(x) || std::isinf(y)) return bool_ref(false);
  double d = std::fabs(y - x);
  return bool_ref(d <= std::fabs(rel * y) || d <= std::fabs(rel * x) || d <= abs);
}

// --- Rounding ------------------------------------------------------------------------------------------------------------------

Ref math_floor(Value, Value v) {
  if (ADDER_LIKELY(v.is_float())) return int_from_double(std::floor(v.as_float()));
  if (v.is_int()) return Ref::copy(v);
  Ref f = lookup_special(v, "__floor__"_id);
  if (f) return call0(f);
  if (error_occurred()) return {};
  double x;
  return number(v, &x) ? int_from_double(std::floor(x)) : Ref{};
}
Ref math_ceil(Value, Value v) {
  if (ADDER_LIKELY(v.is_float())) return int_from_double(std::ceil(v.as_float()));
  if (v.is_int()) return Ref::copy(v);
  Ref f = lookup_special(v, "__ceil__"_id);
  if (f) return call0(f);
  if (error_occurred()) return {};
  double x;
  return number(v, &x) ? int_from_double(std::ceil(x)) : Ref{};
}
Ref math_trunc(Value, Value v) {
  if (v.is_float()) return int_from_double(v.as_float());
  if (v.is_int()) return Ref::copy(v);
  Ref f = lookup_special(v, "__trunc__"_id);
  if (f) return call0(f);
  if (error_occurred()) return {};
  return raise(PyExc_TypeError, "type %.100s doesn't define __trunc__ method", type_of(v)->tp_name);
}

// --- Sums and norms ------------------------------------------------------------------------------------------------------------

// Exact summation with a list of non-overlapping partial sums (Shewchuk), rounded once at the end.
Ref math_fsum(Value, Value iterable) {
  double local[32];
  double* p = local;
  size_t n = 0, capacity = 32;
  double special_sum = 0.0, inf_sum = 0.0;
  bool out_of_memory = false, overflow = false;
  bool ok = for_each(iterable, [&](Value item) {
    double x;
    if (!number(item, &x)) return false;
    double original = x;
    size_t i = 0;
    for (size_t j = 0; j < n; j++) {
      double y = p[j];
      if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
      volatile double hi = x + y;
      volatile double yr = hi - x;
      double lo = y - yr;
      if (lo != 0.0) p[i++] = lo;
      x = hi;
    }
    n = i;
    if (x != 0.0) {
      if (!std::isfinite(x)) {
        if (std::isfinite(original)) {
          overflow = true;
          return false;
        }
        if (std::isinf(original)) inf_sum += original;
        special_sum += original;
        n = 0;
      } else {
        if (n >= capacity) {
          auto* larger = static_cast<double*>(malloc(2 * capacity * sizeof(double)));
          if (!larger) {
            out_of_memory = true;
            return false;
          }
          std::copy(p, p + n, larger);
          if (p != local) free(p);
          p = larger;
          capacity *= 2;
        }
        p[n++] = x;
      }
    }
    return true;
  });
  Ref result;
  if (out_of_memory) {
    raise_no_memory();
  } else if (overflow) {
    raise(PyExc_OverflowError, "intermediate overflow in fsum");
  } else if (ok) {
    if (special_sum != 0.0) {
      if (std::isnan(inf_sum)) raise(PyExc_ValueError, "-inf + inf in fsum");
      else result = Ref::from_double(special_sum);
    } else {
      double hi = 0.0, lo = 0.0;
      if (n > 0) {
        hi = p[--n];
        while (n > 0) {
          double x = hi, y = p[--n];
          volatile double s = x + y;
          volatile double yr = s - x;
          hi = s;
          lo = y - yr;
          if (lo != 0.0) break;
        }
        // Half-way cases are decided by the next partial.
        if (n > 0 && ((lo < 0.0 && p[n - 1] < 0.0) || (lo > 0.0 && p[n - 1] > 0.0))) {
          double y = lo * 2.0;
          volatile double x = hi + y;
          volatile double yr = x - hi;
          if (y == yr) hi = x;
        }
      }
      result = Ref::from_double(hi);
    }
  }
  if (p != local) free(p);
  return result;
}

// The Euclidean norm of n absolute values, whose greatest is max: scaled by a power of two, squares summed with their
// rounding errors, the root corrected by one step on the exact remainder.
double norm(double* v, size_t n, double max, bool found_nan) {
  if (std::isinf(max)) return max;
  if (found_nan) return NAN;
  if (max == 0.0 || n <= 1) return max;
  int e;
  std::frexp(max, &e);
  if (e < -1023) {
    // Denormal: scale up by an exact factor first.
    for (size_t i = 0; i < n; i++) v[i] /= DBL_MIN;
    return DBL_MIN * norm(v, n, max / DBL_MIN, found_nan);
  }
  double scale = std::ldexp(1.0, -e), high = 1.0, low1 = 0.0, low2 = 0.0;
  for (size_t i = 0; i < n; i++) {
    double x = v[i] * scale;
    double square = x * x, square_error = std::fma(x, x, -square);
    double s = high + square;
    low1 += (high - s) + square;
    high = s;
    low2 += square_error;
  }
  double h = std::sqrt(high - 1.0 + (low1 + low2));
  // Residual of h*h against the sum, exactly enough.
  double x = h, square = -x * x, error = -std::fma(x, x, square);
  double s = high + square;
  double c1 = low1 + ((high - s) + square);
  high = s;
  double rest = high - 1.0 + (c1 + (low2 + error));
  return (h + rest / (2.0 * h)) / scale;
}

Ref math_hypot(Value, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "math.hypot() takes no keyword arguments");
  double local[16];
  double* v = a.n <= 16 ? local : static_cast<double*>(malloc(a.n * sizeof(double)));
  if (!v) return raise_no_memory();
  double max = 0.0;
  bool nan = false, ok = true;
  for (size_t i = 0; ok && i < a.n; i++) {
    ok = number(a[i], &v[i]);
    if (!ok) break;
    v[i] = std::fabs(v[i]);
    nan = nan || std::isnan(v[i]);
    if (v[i] > max) max = v[i];
  }
  Ref r = ok ? Ref::from_double(norm(v, a.n, max, nan)) : Ref{};
  if (v != local) free(v);
  return r;
}

Ref math_dist(Value, const Value* a) {
  Ref p = is_tuple(a[0]) ? Ref::copy(a[0]) : to_tuple(a[0]);
  if (!p) return {};
  Ref q = is_tuple(a[1]) ? Ref::copy(a[1]) : to_tuple(a[1]);
  if (!q) return {};
  auto n = static_cast<size_t>(tuple_size(p));
  if (n != static_cast<size_t>(tuple_size(q))) return raise(PyExc_ValueError, "both points must have the same number of dimensions");
  double local[16];
  double* v = n <= 16 ? local : static_cast<double*>(malloc(n * sizeof(double)));
  if (!v) return raise_no_memory();
  double max = 0.0;
  bool nan = false, ok = true;
  for (size_t i = 0; i < n; i++) {
    double x, y;
    ok = number(tuple_get(p, static_cast<Py_ssize_t>(i)), &x) && number(tuple_get(q, static_cast<Py_ssize_t>(i)), &y);
    if (!ok) break;
    v[i] = std::fabs(x - y);
    nan = nan || std::isnan(v[i]);
    if (v[i] > max) max = v[i];
  }
  Ref r = ok ? Ref::from_double(norm(v, n, max, nan)) : Ref{};
  if (v != local) free(v);
  return r;
}

Ref math_prod(Value, const Value* a) {
  Ref result = a[1].absent() ? Ref::from_int(1) : Ref::copy(a[1]);
  bool ok = for_each(a[0], [&](Value item) {
    Value r = result;
    if (r.is_float() && item.is_float()) result = Ref::from_double(r.as_float() * item.as_float());
    else if (r.is_float() && item.is_int()) result = Ref::from_double(r.as_float() * static_cast<double>(item.as_int()));
    else result = multiply(r, item);
    return static_cast<bool>(result);
  });
  return ok ? std::move(result) : Ref{};
}

// --- Whole numbers ---------------------------------------------------------------------------------------------------------------

Ref math_gcd(Value, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "math.gcd() takes no keyword arguments");
  Ref r = Ref::from_int(0);
  for (size_t i = 0; i < a.n; i++) {
    Ref x = index(a[i]);
    if (!x) return {};
    r = int_gcd(r, x);
    if (!r) return {};
  }
  return r;
}

Ref math_lcm(Value, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "math.lcm() takes no keyword arguments");
  Ref r = Ref::from_int(1);
  for (size_t i = 0; i < a.n; i++) {
    Ref x = index(a[i]);
    if (!x) return {};
    if (int_sign(x) == 0) r = Ref::from_int(0);
    if (int_sign(r) == 0) continue;
    Ref g = int_gcd(r, x);
    if (!g) return {};
    Ref q = int_floor_divide(x, g);
    if (!q) return {};
    r = int_multiply(r, q);
    if (!r) return {};
    if (int_sign(r) < 0) {
      r = int_negative(r);
      if (!r) return {};
    }
  }
  return r;
}

Ref math_factorial(Value, Value v) {
  Ref n = index(v);
  if (!n) return {};
  int64_t i;
  int overflow = int_sign_overflow_i64(n, &i);
  if (overflow > 0) return raise(PyExc_OverflowError, "factorial() argument should not exceed %ld", LONG_MAX);
  if (overflow < 0 || i < 0) return raise(PyExc_ValueError, "factorial() not defined for negative values");
  if (i <= 20) {
    uint64_t r = 1;
    for (int64_t k = 2; k <= i; k++) r *= static_cast<uint64_t>(k);
    return int_from_u64(r);
  }
  if (i > 200000000) return raise_no_memory();
  Mpz r;
  mpz_fac_ui(r.z, static_cast<unsigned long>(i));
  return int_from_mpz(r.z);
}

Ref math_isqrt(Value, Value v) {
  Ref n = index(v);
  if (!n) return {};
  if (int_sign(n) < 0) return raise(PyExc_ValueError, "isqrt() argument must be nonnegative");
  return int_sqrt(n);
}

// The product n * (n-1) * … of k factors, by halves so that factors stay of like size.
Ref falling(Value n, int64_t from, int64_t count) {
  if (count == 0) return Ref::from_int(1);
  if (count == 1) {
    Ref offset = int_from_i64(from);
    return offset ? int_subtract(n, offset) : Ref{};
  }
  int64_t half = count / 2;
  Ref a = falling(n, from, half), b = a ? falling(n, from + half, count - half) : Ref{};
  return b ? int_multiply(a, b) : Ref{};
}

Ref math_perm(Value, const Value* a) {
  Ref n = index(a[0]);
  if (!n) return {};
  if (a[1].absent() || is_none(a[1])) return math_factorial({}, n);
  Ref k = index(a[1]);
  if (!k) return {};
  if (int_sign(n) < 0) return raise(PyExc_ValueError, "n must be a non-negative integer");
  if (int_sign(k) < 0) return raise(PyExc_ValueError, "k must be a non-negative integer");
  if (int_compare(n, k) < 0) return Ref::from_int(0);
  int64_t count;
  if (int_sign_overflow_i64(k, &count)) return raise(PyExc_OverflowError, "k must not exceed %lld", LLONG_MAX);
  return falling(n, 0, count);
}

Ref math_comb(Value, const Value* a) {
  Ref n = index(a[0]);
  if (!n) return {};
  Ref k = index(a[1]);
  if (!k) return {};
  if (int_sign(n) < 0) return raise(PyExc_ValueError, "n must be a non-negative integer");
  if (int_sign(k) < 0) return raise(PyExc_ValueError, "k must be a non-negative integer");
  Ref other = int_subtract(n, k);
  if (!other) return {};
  if (int_sign(other) < 0) return Ref::from_int(0);
  if (int_compare(other, k) < 0) k = std::move(other);
  int64_t count;
  if (int_sign_overflow_i64(k, &count)) return raise(PyExc_OverflowError, "min(n - k, k) must not exceed %lld", LLONG_MAX);
  if (count == 0) return Ref::from_int(1);
  Digits d(n);
  Limbs limbs(d);
  if (!limbs.p) return raise_no_memory();
  ReadOnlyMpz z(limbs);
  Mpz r;
  mpz_bin_ui(r.z, z.z, static_cast<unsigned long>(count));
  return int_from_mpz(r.z);
}

const MethodRow functions[] = {
    method<unary<fn_acos, false>>("acos", "($module, x, /)", "Return the arc cosine (measured in radians) of x.\n\nThe result is between 0 and pi."),
    method<unary<fn_acosh, false>>("acosh", "($module, x, /)", "Return the inverse hyperbolic cosine of x."),
    method<unary<fn_asin, false>>("asin", "($module, x, /)", "Return the arc sine (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."),
    method<unary<fn_asinh, false>>("asinh", "($module, x, /)", "Return the inverse hyperbolic sine of x."),
    method<unary<fn_atan, false>>("atan", "($module, x, /)", "Return the arc tangent (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."),
    method<binary_plain<fn_atan2>>("atan2", "($module, y, x, /)", "Return the arc tangent (measured in radians) of y/x.\n\nUnlike atan(y/x), the signs of both x and y are considered."),
    method<unary<fn_atanh, false>>("atanh", "($module, x, /)", "Return the inverse hyperbolic tangent of x."),
    method<unary<fn_cbrt, false>>("cbrt", "($module, x, /)", "Return the cube root of x."),
    method<math_ceil>("ceil", "($module, x, /)", "Return the ceiling of x as an Integral.\n\nThis is the smallest integer >= x."),
    method<math_comb>("comb", "($module, n, k, /)", "Number of ways to choose k items from n items without repetition and without order."),
    method<binary_plain<fn_copysign>>("copysign", "($module, x, y, /)", "Return a float with the magnitude (absolute value) of x but the sign of y."),
    method<unary<fn_cos, false>>("cos", "($module, x, /)", "Return the cosine of x (measured in radians)."),
    method<unary<fn_cosh, true>>("cosh", "($module, x, /)", "Return the hyperbolic cosine of x."),
    method<math_degrees>("degrees", "($module, x, /)", "Convert angle x from radians to degrees."),
    method<math_dist>("dist", "($module, p, q, /)", "Return the Euclidean distance between two points p and q."),
    method<unary<fn_erf, false>>("erf", "($module, x, /)", "Error function at x."),
    method<unary<fn_erfc, false>>("erfc", "($module, x, /)", "Complementary error function at x."),
    method<unary<fn_exp, true>>("exp", "($module, x, /)", "Return e raised to the power of x."),
    method<unary<fn_exp2, true>>("exp2", "($module, x, /)", "Return 2 raised to the power of x."),
    method<unary<fn_expm1, true>>("expm1", "($module, x, /)", "Return exp(x)-1."),
    method<unary<fn_fabs, false>>("fabs", "($module, x, /)", "Return the absolute value of the float x."),
    method<math_factorial>("factorial", "($module, n, /)", "Find n!."),
    method<math_floor>("floor", "($module, x, /)", "Return the floor of x as an Integral.\n\nThis is the largest integer <= x."),
    method<math_fmod>("fmod", "($module, x, y, /)", "Return fmod(x, y), according to platform C."),
    method<math_frexp>("frexp", "($module, x, /)", "Return the mantissa and exponent of x, as pair (m, e)."),
    method<math_fsum>("fsum", "($module, seq, /)", "Return an accurate floating point sum of values in the iterable seq."),
    method<math_gamma>("gamma", "($module, x, /)", "Gamma function at x."),
    method<math_gcd>("gcd", "($module, *integers)", "Greatest Common Divisor."),
    method<math_hypot>("hypot", "", "hypot(*coordinates) -> value\n\nMultidimensional Euclidean distance from the origin to a point."),
    method<math_isclose>("isclose", "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)", "Determine whether two floating point numbers are close in value."),
    method<math_isfinite>("isfinite", "($module, x, /)", "Return True if x is neither an infinity nor a NaN, and False otherwise."),
    method<math_isinf>("isinf", "($module, x, /)", "Return True if x is a positive or negative infinity, and False otherwise."),
    method<math_isnan>("isnan", "($module, x, /)", "Return True if x is a NaN (not a number), and False otherwise."),
    method<math_isqrt>("isqrt", "($module, n, /)", "Return the integer part of the square root of the input."),
    method<math_lcm>("lcm", "($module, *integers)", "Least Common Multiple."),
    method<math_ldexp>("ldexp", "($module, x, i, /)", "Return x * (2**i).\n\nThis is essentially the inverse of frexp()."),
    method<math_lgamma>("lgamma", "($module, x, /)", "Natural logarithm of absolute value of Gamma function at x."),
    method<math_log>("log", "", "log(x, [base=math.e])\nReturn the logarithm of x to the given base.\n\nIf the base not specified, returns the natural logarithm (base e) of x."),
    method<unary<fn_log1p, false>>("log1p", "($module, x, /)", "Return the natural logarithm of 1+x (base e)."),
    method<math_log10>("log10", "($module, x, /)", "Return the base 10 logarithm of x."),
    method<math_log2>("log2", "($module, x, /)", "Return the base 2 logarithm of x."),
    method<math_modf>("modf", "($module, x, /)", "Return the fractional and integer parts of x."),
    method<binary_plain<fn_nextafter>>("nextafter", "($module, x, y, /)", "Return the next floating-point value after x towards y."),
    method<math_perm>("perm", "($module, n, k=None, /)", "Number of ways to choose k items from n items without repetition and with order."),
    method<math_pow>("pow", "($module, x, y, /)", "Return x**y (x to the power of y)."),
    method<math_prod>("prod", "($module, iterable, /, *, start=1)", "Calculate the product of all the elements in the input iterable."),
    method<math_radians>("radians", "($module, x, /)", "Convert angle x from degrees to radians."),
    method<math_remainder>("remainder", "($module, x, y, /)", "Difference between x and the closest integer multiple of y."),
    method<unary<fn_sin, false>>("sin", "($module, x, /)", "Return the sine of x (measured in radians)."),
    method<unary<fn_sinh, true>>("sinh", "($module, x, /)", "Return the hyperbolic sine of x."),
    method<unary<fn_sqrt, false>>("sqrt", "($module, x, /)", "Return the square root of x."),
    method<unary<fn_tan, false>>("tan", "($module, x, /)", "Return the tangent of x (measured in radians)."),
    method<unary<fn_tanh, false>>("tanh", "($module, x, /)", "Return the hyperbolic tangent of x."),
    method<math_trunc>("trunc", "($module, x, /)", "Truncates the Real x to the nearest Integral toward 0."),
    method<math_ulp>("ulp", "($module, x, /)", "Return the value of the least significant bit of the float x."),
    {}};

bool exec(PyObject* module) {
  return module_add(module, "pi", Ref::from_double(M_PI)) && module_add(module, "e", Ref::from_double(M_E)) &&
         module_add(module, "tau", Ref::from_double(2 * M_PI)) && module_add(module, "inf", Ref::from_double(HUGE_VAL)) &&
         module_add(module, "nan", Ref::from_double(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace

extern const ModuleDef math_module = {
    .name = "math",
    .doc = "This module provides access to the mathematical functions\ndefined by the C standard.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
