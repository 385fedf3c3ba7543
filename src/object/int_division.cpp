// Division of ints: floor, remainder, true and nearest. Machine words first; GMP for divisors of several digits.
#include <cmath>
#include "object/error.h"
#include "object/float.h"
#include "object/int_kernels.h"
#include "object/object.h"

namespace adder {

using u128 = unsigned __int128;

namespace {

// The quotient of magnitudes where it is small and the leading digits alone decide it: a lies between A and A + 1, b between B and B + 1
// times the same power of 2^30. For what the rest could still change, false.
bool quotient_of_leading(const Digits& a, const Digits& b, uint64_t* quotient) {
  if (b.n < 4 || a.n < b.n || a.n > b.n + 1) return false;
  u128 top_a = 0, top_b = 0;
  for (Py_ssize_t i = a.n - 1; i >= b.n - 3; i--) top_a = top_a << 30 | a.d[i];
  for (Py_ssize_t i = b.n - 1; i >= b.n - 3; i--) top_b = top_b << 30 | b.d[i];
  u128 q = top_a / top_b;
  if (q >> 30 || q * (top_b + 1) > top_a) return false;
  *quotient = static_cast<uint64_t>(q);
  return true;
}

// Truncating division of magnitudes; either result may be unwanted (null). b is not zero.
bool divide_magnitudes(const Digits& a, const Digits& b, Ref* quotient, Ref* rest, bool* exact) {
  *exact = false;
  if (compare_magnitudes(a, b) < 0) {
    *exact = a.n == 0;
    if (quotient) *quotient = Ref::from_int(0);
    if (rest && !(*rest = int_from_digits(a, false))) return false;
    return true;
  }
  if (b.n == 1) {
    uint64_t divisor = b.d[0], r = 0;
    PyLongObject* q = nullptr;
    if (quotient && !(q = long_new(a.n))) return false;
    for (Py_ssize_t i = a.n - 1; i >= 0; i--) {
      r = r << 30 | a.d[i];
      uint64_t t = r / divisor;
      if (q) q->ob_digit[i] = static_cast<digit>(t);
      r -= t * divisor;
    }
    if (quotient) *quotient = long_finish(q, false);
    if (rest) *rest = Ref::from_int(static_cast<int64_t>(r));
    *exact = r == 0;
    return true;
  }
  if (a.n <= 4) {
    u128 x = 0, y = 0;
    for (Py_ssize_t i = a.n - 1; i >= 0; i--) x = x << 30 | a.d[i];
    for (Py_ssize_t i = b.n - 1; i >= 0; i--) y = y << 30 | b.d[i];
    if (quotient && !(*quotient = int_from_u128(x / y, false))) return false;
    if (rest && !(*rest = int_from_u128(x % y, false))) return false;
    *exact = x % y == 0;
    return true;
  }
  Limbs lx(a);
  Limbs ly(b);
  if (!lx.p || !ly.p) return raise_no_memory();
  if (lx.n < ly.n) {  // cannot be: |a| >= |b|
    return bad_internal_call("int division");
  }
  Limbs q(lx.n - ly.n + 1), r(ly.n);
  if (!q.p || !r.p) return raise_no_memory();
  mpn_tdiv_qr(q.p, r.p, 0, lx.p, static_cast<mp_size_t>(lx.n), ly.p, static_cast<mp_size_t>(ly.n));
  if (quotient && !(*quotient = int_from_limbs(q.p, q.n, false))) return false;
  r.trim();
  *exact = r.n == 0;
  if (rest && !(*rest = int_from_limbs(r.p, r.n, false))) return false;
  return true;
}

// Floor division with Python's signs.
bool floor_divide_big(Value a, Value b, Ref* quotient, Ref* rest) {
  Digits x(a), y(b);
  if (y.n == 0) return raise(PyExc_ZeroDivisionError, quotient ? "integer division or modulo by zero" : "integer modulo by zero");
  Ref r;
  bool differ = x.negative != y.negative, exact;
  if (uint64_t q; !rest && !differ && quotient_of_leading(x, y, &q)) {
    *quotient = Ref::from_int(static_cast<int64_t>(q));
    return true;
  }
  if (!divide_magnitudes(x, y, quotient, rest ? &r : nullptr, &exact)) return false;
  if (quotient && differ) {
    // -(q) or -(q + 1) = ~q
    Ref q = exact ? int_negative(*quotient) : int_invert(*quotient);
    if (!q) return false;
    *quotient = std::move(q);
  }
  if (rest) {
    if (!exact && differ) {
      // r becomes |b| - r, with b's sign.
      Ref t = y.negative ? int_add(b, r) : int_subtract(b, r);
      if (!t) return false;
      *rest = std::move(t);
    } else if (y.negative) {
      Ref t = int_negative(r);
      if (!t) return false;
      *rest = std::move(t);
    } else {
      *rest = std::move(r);
    }
  }
  return true;
}

}  // namespace

Ref int_floor_divide(Value a, Value b) {
  int64_t x, y;
  if (word_of(a, &x) && word_of(b, &y) && y != 0 && !(y == -1 && x == INT64_MIN)) {
    int64_t q = x / y;
    if ((x % y != 0) && ((x < 0) != (y < 0))) --q;
    return int_from_i64(q);
  }
  Ref q;
  return floor_divide_big(a, b, &q, nullptr) ? std::move(q) : Ref{};
}

Ref int_remainder(Value a, Value b) {
  int64_t x, y;
  if (word_of(a, &x) && word_of(b, &y) && y != 0 && y != -1) {
    int64_t r = x % y;
    if (r != 0 && ((r < 0) != (y < 0))) r += y;
    return int_from_i64(r);
  }
  Ref r;
  return floor_divide_big(a, b, nullptr, &r) ? std::move(r) : Ref{};
}

bool int_divmod(Value a, Value b, Ref* quotient, Ref* rest) {
  int64_t x, y;
  if (word_of(a, &x) && word_of(b, &y) && y != 0 && y != -1) {
    int64_t q = x / y, r = x % y;
    if (r != 0 && ((r < 0) != (y < 0))) {
      r += y;
      --q;
    }
    *quotient = int_from_i64(q);
    *rest = int_from_i64(r);
    return *quotient && *rest;
  }
  return floor_divide_big(a, b, quotient, rest);
}

Ref int_divide_nearest(Value a, Value b) {
  Ref q, r;
  if (!int_divmod(a, b, &q, &r)) return {};
  // r has b's sign: compare 2|r| with |b|.
  Ref twice = int_add(r, r);
  if (!twice) return {};
  int c = int_compare(twice, b);
  if (int_sign(b) < 0) c = -c;
  bool odd = (int_as_u64_mask(q) & 1) != 0;
  if (c > 0 || (c == 0 && odd)) return int_add(q, Value::from_int(1));
  return q;
}

Ref int_true_divide(Value a, Value b) {
  int64_t x, y;
  constexpr int64_t kExact = int64_t{1} << 53;
  if (int_sign(b) == 0) return raise(PyExc_ZeroDivisionError, "division by zero");
  if (word_of(a, &x) && word_of(b, &y) && x >= -kExact && x <= kExact && y >= -kExact && y <= kExact) {
    return Ref::from_double(static_cast<double>(x) / static_cast<double>(y));
  }
  Digits da(a), db(b);
  bool negative = da.negative != db.negative;
  if (da.n == 0) return Ref::from_double(negative ? -0.0 : 0.0);
  auto a_bits = static_cast<int64_t>(int_bit_length(a)), b_bits = static_cast<int64_t>(int_bit_length(b));
  int64_t diff = a_bits - b_bits;
  if (diff > 1024) return raise(PyExc_OverflowError, "integer division result too large for a float");
  if (diff < -1075) return Ref::from_double(negative ? -0.0 : 0.0);
  int64_t shift = (diff > -1021 ? diff : -1021) - 53 - 2;
  // q = |a| / (|b| * 2^shift), 55 or 56 bits at most; anything left makes it inexact.
  Limbs la(da), lb(db);
  if (!la.p || !lb.p) return raise_no_memory();
  ReadOnlyMpz za(la), zb(lb);
  Mpz num, den, q, r;
  if (shift < 0) {
    mpz_mul_2exp(num.z, za.z, static_cast<mp_bitcnt_t>(-shift));
    mpz_tdiv_qr(q.z, r.z, num.z, zb.z);
  } else {
    mpz_mul_2exp(den.z, zb.z, static_cast<mp_bitcnt_t>(shift));
    mpz_tdiv_qr(q.z, r.z, za.z, den.z);
  }
  uint64_t m = mpz_get_ui(q.z);
  bool inexact = mpz_sgn(r.z) != 0;
  int64_t m_bits = m ? 64 - __builtin_clzll(m) : 0;
  int64_t extra = (m_bits > -1021 - shift ? m_bits : -1021 - shift) - 53;  // 2 or 3
  uint64_t half = uint64_t{1} << (extra - 1);
  uint64_t low = m | (inexact ? 1 : 0);
  if ((low & half) && (low & (3 * half - 1))) low += half;
  low &= ~(2 * half - 1);
  double d = std::ldexp(static_cast<double>(low), static_cast<int>(shift));
  if (std::isinf(d)) return raise(PyExc_OverflowError, "integer division result too large for a float");
  return Ref::from_double(negative ? -d : d);
}

}  // namespace adder
