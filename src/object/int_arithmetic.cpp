// Arithmetic on ints: machine words first, then 30-bit digits, GMP for what is large.
// Division is in int_division.cpp, powers and divisors in int_power.cpp, bytes in int_bytes.cpp, text in int_text.cpp, the type in int_type.cpp.
#include <cmath>
#include <cstring>
#include "memory/kept.h"
#include "object/error.h"
#include "object/float.h"
#include "object/int_kernels.h"
#include "object/object.h"

namespace adder {

using u128 = unsigned __int128;

// --- Objects -----------------------------------------------------------------------------------------------------

namespace {

// Objects of up to five digits are kept for reuse: values just beyond the immediate range are busy (hashes, masks,
// products of two words).
constexpr Py_ssize_t kSmallDigits = 5;
constexpr size_t kSmallBytes = offsetof(PyLongObject, ob_digit) + kSmallDigits * sizeof(digit);
Kept<256, KeptKind::kPlain> kept_ints;

inline uint64_t magnitude(int64_t i) { return int_magnitude(i); }

}  // namespace

PyLongObject* long_new(Py_ssize_t n) {
  if (n <= kSmallDigits) {
    if (auto* o = reinterpret_cast<PyLongObject*>(kept_ints.take())) {
      o->ob_base.ob_size = n;
      return o;
    }
  }
  if (n > PY_SSIZE_T_MAX / 8) {
    raise(PyExc_OverflowError, "too many digits in integer");
    return nullptr;
  }
  size_t bytes = n <= kSmallDigits ? kSmallBytes : offsetof(PyLongObject, ob_digit) + static_cast<size_t>(n) * sizeof(digit);
  auto* o = reinterpret_cast<PyLongObject*>(object_new_raw(&PyLong_Type, bytes));
  if (o) o->ob_base.ob_size = n;
  return o;
}

// tp_dealloc of int and of its subclasses.
void int_dealloc(PyObject* self) {
  if (self->ob_type == &PyLong_Type) {
    Py_ssize_t n = reinterpret_cast<PyVarObject*>(self)->ob_size;
    if (n >= -kSmallDigits && n <= kSmallDigits && kept_ints.keep(self)) return;
  }
  self->ob_type->tp_free(self);
}
void drop_kept_ints() { kept_ints.drop(); }

// An object shrunk to few digits may have been allocated larger, which does no harm among those that are kept.
void long_discard(PyLongObject* o) { int_dealloc(reinterpret_cast<PyObject*>(o)); }

Ref long_finish(PyLongObject* o, bool negative) {
  Py_ssize_t n = o->ob_base.ob_size;
  while (n > 0 && o->ob_digit[n - 1] == 0) --n;
  if (n <= 2) {
    uint64_t u = n == 0 ? 0 : n == 1 ? o->ob_digit[0] : o->ob_digit[0] | static_cast<uint64_t>(o->ob_digit[1]) << 30;
    int64_t i = negative ? -static_cast<int64_t>(u) : static_cast<int64_t>(u);
    if (Value::fits_int(i)) {
      o->ob_base.ob_size = n;
      long_discard(o);
      return Ref::from_int(i);
    }
  }
  o->ob_base.ob_size = negative ? -n : n;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}

Ref int_from_u128(u128 u, bool negative) {
  if (u < (u128{1} << 49)) return Ref::from_int(negative ? -static_cast<int64_t>(u) : static_cast<int64_t>(u));
  if (negative && u == (u128{1} << 49)) return Ref::from_int(Value::kIntMin);
  int n = 0;
  for (u128 t = u; t; t >>= 30) ++n;
  PyLongObject* o = long_new(n);
  if (!o) return {};
  for (int i = 0; i < n; i++, u >>= 30) o->ob_digit[i] = static_cast<digit>(u) & PyLong_MASK;
  o->ob_base.ob_size = negative ? -n : n;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}

Ref int_from_i64_slow(int64_t i) { return int_from_u128(magnitude(i), i < 0); }
Ref int_from_u64(uint64_t u) {
  if (ADDER_LIKELY(u <= static_cast<uint64_t>(Value::kIntMax))) return Ref::from_int(static_cast<int64_t>(u));
  return int_from_u128(u, false);
}

// The cached ints -5 … 256 of _PyRuntime, where the ABI's binaries look for them.
PyObject* int_box(int64_t i) {
  constexpr size_t kSmallIntsOffset = 680;
  if (i >= -5 && i <= 256) {
    auto* small = reinterpret_cast<PyLongObject*>(_PyRuntime_words + kSmallIntsOffset) + (i + 5);
    PyObject* o = reinterpret_cast<PyObject*>(small);
    incref(o);
    return o;
  }
  uint64_t u = magnitude(i);
  if (ADDER_LIKELY(u < uint64_t{1} << 30)) {
    PyLongObject* o = long_new(1);
    if (ADDER_UNLIKELY(!o)) return nullptr;
    o->ob_digit[0] = static_cast<digit>(u);
    if (i < 0) o->ob_base.ob_size = -1;
    return reinterpret_cast<PyObject*>(o);
  }
  int n = u >> 60 ? 3 : u >> 30 ? 2 : 1;
  PyLongObject* o = long_new(n);
  if (!o) return nullptr;
  for (int k = 0; k < n; k++, u >>= 30) o->ob_digit[k] = u & PyLong_MASK;
  o->ob_base.ob_size = i < 0 ? -n : n;
  return reinterpret_cast<PyObject*>(o);
}

// --- Limbs -------------------------------------------------------------------------------------------------------

Limbs::Limbs(const Digits& x) : Limbs((static_cast<size_t>(x.n) * 30 + 63) / 64) {
  if (!p) return;
  // 32 digits are 15 limbs.
  auto pair = [&](Py_ssize_t i) { return x.d[i] | static_cast<uint64_t>(x.d[i + 1]) << 30; };
  size_t out = 0;
  Py_ssize_t i = 0;
  for (; i + 32 <= x.n; i += 32, out += 15) {
#pragma clang loop unroll(full)
    for (int k = 0; k < 15; k++) p[out + static_cast<size_t>(k)] = pair(i + 2 * k) >> (4 * k) | pair(i + 2 * k + 2) << (60 - 4 * k);
  }
  uint64_t limb = 0;
  int bits = 0;
  for (; i < x.n; i++) {
    limb |= static_cast<uint64_t>(x.d[i]) << bits;
    bits += 30;
    if (bits >= 64) {
      p[out++] = limb;
      bits -= 64;
      limb = static_cast<uint64_t>(x.d[i]) >> (30 - bits);
    }
  }
  if (out < n) p[out++] = limb;
  n = out;
  trim();
}

Ref int_from_limbs(const mp_limb_t* p, size_t n, bool negative) {
  while (n && p[n - 1] == 0) --n;
  if (n == 0) return Ref::from_int(0);
  if (n <= 2) return int_from_u128(n == 2 ? static_cast<u128>(p[1]) << 64 | p[0] : p[0], negative);
  size_t bits = n * 64 - static_cast<size_t>(__builtin_clzll(p[n - 1]));
  auto size = static_cast<Py_ssize_t>((bits + 29) / 30);
  PyLongObject* o = long_new(size);
  if (!o) return {};
  // Digit i is bits 30i … 30i+29.
  for (Py_ssize_t i = 0; i < size; i++) {
    size_t bit = static_cast<size_t>(i) * 30, limb = bit / 64, shift = bit % 64;
    uint64_t w = p[limb] >> shift;
    if (shift > 34 && limb + 1 < n) w |= p[limb + 1] << (64 - shift);
    o->ob_digit[i] = static_cast<digit>(w) & PyLong_MASK;
  }
  o->ob_base.ob_size = negative ? -size : size;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}

Ref int_from_digits(const Digits& x, bool negative) {
  PyLongObject* o = long_new(x.n);
  if (!o) return {};
  memcpy(o->ob_digit, x.d, static_cast<size_t>(x.n) * sizeof(digit));
  return long_finish(o, negative);
}

Ref int_to_exact(Value v) {
  if (is_exact_int(v)) return Ref::copy(v);
  int64_t i;
  if (word_of(v, &i)) return int_from_i64(i);
  Digits x(v);
  return int_from_digits(x, x.negative);
}

// --- Reading -----------------------------------------------------------------------------------------------------

int int_sign(Value v) {
  if (v.is_int()) return v.as_int() < 0 ? -1 : v.as_int() > 0;
  Py_ssize_t n = v.as<PyVarObject>()->ob_size;
  return n < 0 ? -1 : n > 0;
}

size_t int_bit_length(Value v) {
  Digits x(v);
  if (x.n == 0) return 0;
  return static_cast<size_t>(x.n - 1) * 30 + (32 - static_cast<size_t>(__builtin_clz(x.d[x.n - 1])));
}

size_t int_bit_count(Value v) {
  Digits x(v);
  size_t count = 0;
  for (Py_ssize_t i = 0; i < x.n; i++) count += static_cast<size_t>(__builtin_popcount(x.d[i]));
  return count;
}

int int_sign_overflow_i64(Value v, int64_t* out) {
  if (word_of(v, out)) return 0;
  return int_sign(v);
}

bool int_as_i64(Value v, int64_t* out, PyObject* overflow) {
  if (ADDER_LIKELY(word_of(v, out))) return true;
  return raise(overflow, "Python int too large to convert to C long");
}

bool int_as_u64(Value v, uint64_t* out) {
  int64_t i;
  if (word_of(v, &i)) {
    if (i < 0) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
    *out = static_cast<uint64_t>(i);
    return true;
  }
  Digits x(v);
  if (x.negative) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
  if (x.n > 3 || (x.n == 3 && x.d[2] >= 16)) return raise(PyExc_OverflowError, "int too big to convert");
  *out = int_as_u64_mask(v);
  return true;
}

uint64_t int_as_u64_mask(Value v) {
  if (v.is_int()) return static_cast<uint64_t>(v.as_int());
  Digits x(v);
  uint64_t u = 0;
  for (Py_ssize_t i = (x.n < 3 ? x.n : 3) - 1; i >= 0; i--) u = u << 30 | x.d[i];
  return x.negative ? 0 - u : u;
}

uint64_t int_top_bits(const Digits& x, bool* sticky, size_t* bits) {
  digit top = x.d[x.n - 1];
  *bits = static_cast<size_t>(x.n - 1) * 30 + (32 - static_cast<size_t>(__builtin_clz(top)));
  // Up to four digits hold the top 64 bits and more.
  u128 acc = 0;
  Py_ssize_t i = x.n - 1, taken = 0;
  for (; i >= 0 && taken < 4; i--, taken++) acc = acc << 30 | x.d[i];
  int acc_bits = static_cast<int>(*bits - static_cast<size_t>(i + 1) * 30);
  uint64_t result;
  *sticky = false;
  if (acc_bits > 64) {
    int drop = acc_bits - 64;
    *sticky = (acc & ((u128{1} << drop) - 1)) != 0;
    result = static_cast<uint64_t>(acc >> drop);
  } else {
    result = static_cast<uint64_t>(acc) << (64 - acc_bits);
  }
  for (; i >= 0 && !*sticky; i--) *sticky = x.d[i] != 0;
  return result;
}

bool int_as_double(Value v, double* out) {
  int64_t i;
  if (ADDER_LIKELY(word_of(v, &i))) {
    *out = static_cast<double>(i);
    return true;
  }
  Digits x(v);
  bool sticky;
  size_t bits;
  uint64_t top = int_top_bits(x, &sticky, &bits);
  if (bits <= 1024) {
    // Keep 53 bits, round half to even.
    uint64_t mantissa = top >> 11, rest = top & 0x7FF;
    if (rest > 0x400 || (rest == 0x400 && (sticky || (mantissa & 1)))) ++mantissa;
    double d = std::ldexp(static_cast<double>(mantissa), static_cast<int>(bits) - 53);
    if (!std::isinf(d)) {
      *out = x.negative ? -d : d;
      return true;
    }
  }
  return raise(PyExc_OverflowError, "int too large to convert to float");
}

Ref int_from_double(double d) {
  if (ADDER_LIKELY(d > -9.2e18 && d < 9.2e18)) return int_from_i64(static_cast<int64_t>(d));
  if (std::isnan(d)) return raise(PyExc_ValueError, "cannot convert float NaN to integer");
  if (std::isinf(d)) return raise(PyExc_OverflowError, "cannot convert float infinity to integer");
  int exponent;
  double m = std::frexp(std::fabs(d), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(m, 53));
  Ref r = int_from_u64(mantissa);
  if (!r) return {};
  Ref shifted = int_lshift(r, Value::from_int(exponent - 53));
  if (!shifted || d > 0) return shifted;
  return int_negative(shifted);
}

bool as_i64(Value v, int64_t* out) {
  if (ADDER_LIKELY(v.is_int())) {
    *out = v.as_int();
    return true;
  }
  if (is_int(v)) return int_as_i64(v, out);
  Ref i = index(v);
  return i && int_as_i64(i, out);
}

bool as_ssize(Value v, Py_ssize_t* out) {
  if (ADDER_LIKELY(v.is_int())) {
    *out = v.as_int();
    return true;
  }
  Ref i = index(v);
  if (!i) return false;
  int64_t word;
  if (!word_of(i, &word)) return raise(PyExc_OverflowError, "Python int too large to convert to C ssize_t");
  *out = word;
  return true;
}

bool as_int(Value v, int* out) {
  Ref held;
  if (!is_int(v)) {
    held = index(v);
    if (!held) return false;
    v = held;
  }
  int64_t i;
  if (!word_of(v, &i) || i != static_cast<int>(i)) return raise(PyExc_OverflowError, "Python int too large to convert to C int");
  *out = static_cast<int>(i);
  return true;
}

// --- Comparison and hash -----------------------------------------------------------------------------------------

int compare_magnitudes(const Digits& a, const Digits& b) {
  if (a.n != b.n) return a.n < b.n ? -1 : 1;
  for (Py_ssize_t i = a.n - 1; i >= 0; i--) {
    if (a.d[i] != b.d[i]) return a.d[i] < b.d[i] ? -1 : 1;
  }
  return 0;
}

int int_compare(Value a, Value b) {
  if (ADDER_LIKELY(a.is_int() && b.is_int())) return a.bits < b.bits ? -1 : a.bits > b.bits;
  Digits x(a), y(b);
  if (x.negative != y.negative) return x.negative ? -1 : 1;
  int c = compare_magnitudes(x, y);
  return x.negative ? -c : c;
}

bool int_equal(Value a, Value b) {
  if (a == b) return true;
  if (a.is_int() && b.is_int()) return false;
  return int_compare(a, b) == 0;
}

Py_hash_t int_hash(Value v) {
  constexpr uint64_t P = (uint64_t{1} << 61) - 1;
  if (ADDER_LIKELY(v.is_int())) {
    int64_t i = v.as_int();
    return i == -1 ? -2 : i;
  }
  Digits x(v);
  uint64_t h = 0;
  for (Py_ssize_t i = x.n - 1; i >= 0; i--) {
    h = ((h << 30) & P) | (h >> 31);
    h += x.d[i];
    if (h >= P) h -= P;
  }
  auto s = static_cast<int64_t>(h);
  if (x.negative) s = -s;
  return s == -1 ? -2 : s;
}

// Two-word arithmetic reaches to four digits.
namespace {
inline bool wide(const Digits& x) { return x.n <= 4; }
inline u128 wide_value(const Digits& x) {
  u128 u = 0;
  for (Py_ssize_t i = x.n - 1; i >= 0; i--) u = u << 30 | x.d[i];
  return u;
}
}  // namespace

// --- Addition and subtraction ------------------------------------------------------------------------------------

namespace {

Ref add_magnitudes(const Digits& a, const Digits& b, bool negative) {
  const Digits& big = a.n >= b.n ? a : b;
  const Digits& small = a.n >= b.n ? b : a;
  PyLongObject* o = long_new(big.n + 1);
  if (!o) return {};
  Py_ssize_t i = small.n;
  digit carry = int_kernels::add(o->ob_digit, big.d, small.d, small.n);
  for (; i < big.n; i++) {
    if (carry == 0) {
      memcpy(o->ob_digit + i, big.d + i, static_cast<size_t>(big.n - i) * sizeof(digit));
      i = big.n;
      break;
    }
    carry += big.d[i];
    o->ob_digit[i] = carry & PyLong_MASK;
    carry >>= 30;
  }
  o->ob_digit[i] = carry;
  return long_finish(o, negative);
}

// |a| - |b|, negated if `negative`.
Ref subtract_magnitudes(const Digits& a, const Digits& b, bool negative) {
  int c = compare_magnitudes(a, b);
  if (c == 0) return Ref::from_int(0);
  const Digits& big = c > 0 ? a : b;
  const Digits& small = c > 0 ? b : a;
  if (c < 0) negative = !negative;
  PyLongObject* o = long_new(big.n);
  if (!o) return {};
  digit borrow = int_kernels::subtract(o->ob_digit, big.d, small.d, small.n);
  for (Py_ssize_t i = small.n; i < big.n; i++) {
    digit t = big.d[i] - borrow;
    o->ob_digit[i] = t & PyLong_MASK;
    borrow = t >> 31;
  }
  return long_finish(o, negative);
}

Ref add_signed(const Digits& a, const Digits& b, bool b_negative) {
  if (wide(a) && wide(b)) {
    u128 x = wide_value(a), y = wide_value(b);
    if (a.negative == b_negative) return int_from_u128(x + y, a.negative);
    return x >= y ? int_from_u128(x - y, a.negative) : int_from_u128(y - x, b_negative);
  }
  if (a.negative == b_negative) return add_magnitudes(a, b, a.negative);
  return subtract_magnitudes(a, b, a.negative);
}

}  // namespace

Ref int_add(Value a, Value b) {
  int64_t x, y, r;
  if (word_of(a, &x) && word_of(b, &y) && !__builtin_add_overflow(x, y, &r)) return int_from_i64(r);
  Digits da(a), db(b);
  return add_signed(da, db, db.negative);
}

Ref int_subtract(Value a, Value b) {
  int64_t x, y, r;
  if (word_of(a, &x) && word_of(b, &y) && !__builtin_sub_overflow(x, y, &r)) return int_from_i64(r);
  Digits da(a), db(b);
  return add_signed(da, db, !db.negative);
}

Ref int_negative(Value a) {
  int64_t x;
  if (word_of(a, &x) && x != INT64_MIN) return int_from_i64(-x);
  Digits d(a);
  return int_from_digits(d, !d.negative);
}

Ref int_invert(Value a) {
  int64_t x;
  if (word_of(a, &x)) return int_from_i64(~x);
  Ref n = int_negative(a);
  return n ? int_subtract(n, Value::from_int(1)) : Ref{};
}

// --- Multiplication ----------------------------------------------------------------------------------------------

Ref int_multiply(Value a, Value b) {
  int64_t x, y, r;
  bool words = word_of(a, &x) && word_of(b, &y);
  if (words) {
    if (!__builtin_mul_overflow(x, y, &r)) return int_from_i64(r);
    return int_from_u128(static_cast<u128>(magnitude(x)) * magnitude(y), (x < 0) != (y < 0));
  }
  Digits da(a), db(b);
  if (da.n == 0 || db.n == 0) return Ref::from_int(0);
  bool negative = da.negative != db.negative;
  const Digits& big = da.n >= db.n ? da : db;
  const Digits& small = da.n >= db.n ? db : da;
  if (small.n == 1) {
    PyLongObject* o = long_new(big.n + 1);
    if (!o) return {};
    o->ob_digit[big.n] = int_kernels::multiply(o->ob_digit, big.d, big.n, small.d[0]);
    return long_finish(o, negative);
  }
  if (small.n == 2) {
    // A factor below 2^60 in one pass, two digits at a time.
    uint64_t f = small.d[0] | static_cast<uint64_t>(small.d[1]) << 30, carry = 0;
    constexpr uint64_t kMask60 = (uint64_t{1} << 60) - 1;
    PyLongObject* o = long_new(big.n + 2);
    if (!o) return {};
    Py_ssize_t i = 0;
    for (; i + 1 < big.n; i += 2) {
      u128 t = static_cast<u128>(big.d[i] | static_cast<uint64_t>(big.d[i + 1]) << 30) * f + carry;
      uint64_t low = static_cast<uint64_t>(t) & kMask60;
      o->ob_digit[i] = static_cast<digit>(low) & PyLong_MASK;
      o->ob_digit[i + 1] = static_cast<digit>(low >> 30);
      carry = static_cast<uint64_t>(t >> 60);
    }
    u128 rest = carry;
    if (i < big.n) rest += static_cast<u128>(big.d[i]) * f;
    for (; i < big.n + 2; i++, rest >>= 30) o->ob_digit[i] = static_cast<digit>(rest) & PyLong_MASK;
    return long_finish(o, negative);
  }
  if (small.n <= 6) {
    PyLongObject* o = long_new(big.n + small.n);
    if (!o) return {};
    memset(o->ob_digit, 0, static_cast<size_t>(big.n + small.n) * sizeof(digit));
    for (Py_ssize_t i = 0; i < small.n; i++) {
      uint64_t carry = 0, f = small.d[i];
      digit* z = o->ob_digit + i;
      for (Py_ssize_t k = 0; k < big.n; k++) {
        carry += z[k] + big.d[k] * f;
        z[k] = static_cast<digit>(carry) & PyLong_MASK;
        carry >>= 30;
      }
      z[big.n] += static_cast<digit>(carry);
    }
    return long_finish(o, negative);
  }
  Limbs lx(big);
  Limbs ly(small);
  if (!lx.p || !ly.p) return raise_no_memory();
  Limbs product(lx.n + ly.n);
  if (!product.p) return raise_no_memory();
  // mpn_mul wants the longer operand first; equal counts of digits may differ in limbs.
  if (a == b) mpn_sqr(product.p, lx.p, static_cast<mp_size_t>(lx.n));
  else if (lx.n < ly.n) mpn_mul(product.p, ly.p, static_cast<mp_size_t>(ly.n), lx.p, static_cast<mp_size_t>(lx.n));
  else mpn_mul(product.p, lx.p, static_cast<mp_size_t>(lx.n), ly.p, static_cast<mp_size_t>(ly.n));
  return int_from_limbs(product.p, product.n, negative);
}

// --- Shifts ------------------------------------------------------------------------------------------------------

Ref int_lshift(Value a, Value b) {
  int64_t x, count;
  bool fits = word_of(b, &count);
  if (int_sign(b) < 0) return raise(PyExc_ValueError, "negative shift count");
  if (int_sign(a) == 0) return Ref::from_int(0);
  if (!fits || count > (int64_t{1} << 40)) {
    if (fits && count / 30 < PY_SSIZE_T_MAX / 8) return raise_no_memory();
    return raise(PyExc_OverflowError, "too many digits in integer");
  }
  if (count < 64 && word_of(a, &x)) return int_from_u128(static_cast<u128>(magnitude(x)) << count, x < 0);
  Digits d(a);
  Py_ssize_t words = count / 30;
  int bits = static_cast<int>(count % 30);
  PyLongObject* o = long_new(d.n + words + 1);
  if (!o) return {};
  memset(o->ob_digit, 0, static_cast<size_t>(words) * sizeof(digit));
  uint64_t acc = 0;
  for (Py_ssize_t i = 0; i < d.n; i++) {
    acc |= static_cast<uint64_t>(d.d[i]) << bits;
    o->ob_digit[words + i] = static_cast<digit>(acc) & PyLong_MASK;
    acc >>= 30;
  }
  o->ob_digit[words + d.n] = static_cast<digit>(acc);
  return long_finish(o, d.negative);
}

Ref int_rshift(Value a, Value b) {
  int64_t x, count;
  bool fits = word_of(b, &count);
  if (int_sign(b) < 0) return raise(PyExc_ValueError, "negative shift count");
  if (word_of(a, &x)) return int_from_i64(x >> (fits && count < 63 ? count : 63));
  Digits d(a);
  if (!fits || count / 30 >= d.n) return Ref::from_int(d.negative ? -1 : 0);
  Py_ssize_t words = count / 30;
  int bits = static_cast<int>(count % 30);
  Py_ssize_t n = d.n - words;
  PyLongObject* o = long_new(n + 1);
  if (!o) return {};
  bool lost = false;
  if (d.negative) {
    for (Py_ssize_t i = 0; i < words && !lost; i++) lost = d.d[i] != 0;
    lost = lost || (d.d[words] & ((digit{1} << bits) - 1));
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    uint64_t w = d.d[words + i] | (i + 1 < n ? static_cast<uint64_t>(d.d[words + i + 1]) << 30 : 0);
    o->ob_digit[i] = static_cast<digit>(w >> bits) & PyLong_MASK;
  }
  o->ob_digit[n] = 0;
  if (lost) {  // towards minus infinity
    for (Py_ssize_t i = 0; i <= n; i++) {
      if (++o->ob_digit[i] <= PyLong_MASK) break;
      o->ob_digit[i] = 0;
    }
  }
  return long_finish(o, d.negative);
}

// --- Bits: two's complement seen through the digits -----------------------------------------------------------------

namespace {

struct TwosComplement {
  const Digits& x;
  digit carry;
  explicit TwosComplement(const Digits& x) : x(x), carry(x.negative ? 1 : 0) {}
  digit next(Py_ssize_t i) {
    digit w = i < x.n ? x.d[i] : 0;
    if (!x.negative) return w;
    w = (~w & PyLong_MASK) + carry;
    carry = w >> 30;
    return w & PyLong_MASK;
  }
};

template <class Op>
Ref bitwise(Value a, Value b, Op op) {
  int64_t x, y;
  if (word_of(a, &x) && word_of(b, &y)) return int_from_i64(static_cast<int64_t>(op(static_cast<uint64_t>(x), static_cast<uint64_t>(y))));
  Digits da(a), db(b);
  if (wide(da) && wide(db) && !da.negative && !db.negative) return int_from_u128(op(wide_value(da), wide_value(db)), false);
  Py_ssize_t n = (da.n > db.n ? da.n : db.n) + 1;
  PyLongObject* o = long_new(n);
  if (!o) return {};
  TwosComplement ta(da), tb(db);
  for (Py_ssize_t i = 0; i < n; i++) o->ob_digit[i] = static_cast<digit>(op(ta.next(i), tb.next(i))) & PyLong_MASK;
  bool negative = op(uint64_t{da.negative}, uint64_t{db.negative}) & 1;
  if (negative) {
    digit carry = 1;
    for (Py_ssize_t i = 0; i < n; i++) {
      digit w = (~o->ob_digit[i] & PyLong_MASK) + carry;
      carry = w >> 30;
      o->ob_digit[i] = w & PyLong_MASK;
    }
  }
  return long_finish(o, negative);
}

}  // namespace

Ref int_and(Value a, Value b) { return bitwise(a, b, [](auto x, auto y) { return x & y; }); }
Ref int_or(Value a, Value b) { return bitwise(a, b, [](auto x, auto y) { return x | y; }); }
Ref int_xor(Value a, Value b) { return bitwise(a, b, [](auto x, auto y) { return x ^ y; }); }

}  // namespace adder
