// Powers, powers modulo a number, greatest common divisors and square roots of ints.
#include "object/error.h"
#include "object/float.h"
#include "object/int_digits.h"

namespace adder {

using u128 = unsigned __int128;

// --- Power -------------------------------------------------------------------------------------------------------

namespace {

// Everything in machine words: c > 0, b >= 0.
Ref power_modulo_words(int64_t a, int64_t b, uint64_t c) {
  int64_t r = a % static_cast<int64_t>(c);
  uint64_t square = static_cast<uint64_t>(r < 0 ? r + static_cast<int64_t>(c) : r), result = 1 % c;
  for (auto e = static_cast<uint64_t>(b); e; e >>= 1) {
    if (c <= UINT32_MAX) {
      if (e & 1) result = result * square % c;
      square = square * square % c;
    } else {
      if (e & 1) result = static_cast<uint64_t>(static_cast<u128>(result) * square % c);
      square = static_cast<uint64_t>(static_cast<u128>(square) * square % c);
    }
  }
  return int_from_u64(result);
}

Ref power_modulo(Value a, Value b, Value c) {
  if (int_sign(c) == 0) return raise(PyExc_ValueError, "pow() 3rd argument cannot be 0");
  int64_t x, y, z;
  if (word_of(a, &x) && word_of(b, &y) && word_of(c, &z) && y >= 0 && z > 0) return power_modulo_words(x, y, static_cast<uint64_t>(z));
  Digits da(a), db(b), dc(c);
  Limbs la(da), lb(db), lc(dc);
  if (!la.p || !lb.p || !lc.p) return raise_no_memory();
  ReadOnlyMpz za(la, da.negative), zb(lb, db.negative), zc(lc);
  Mpz r;
  if (mpz_cmp_ui(zc.z, 1) == 0) return Ref::from_int(0);
  if (db.negative) {
    if (!mpz_invert(r.z, za.z, zc.z)) return raise(PyExc_ValueError, "base is not invertible for the given modulus");
    ReadOnlyMpz positive(lb);
    mpz_powm(r.z, r.z, positive.z, zc.z);
  } else {
    mpz_powm(r.z, za.z, zb.z, zc.z);
  }
  if (dc.negative && mpz_sgn(r.z) != 0) mpz_sub(r.z, r.z, zc.z);
  return int_from_mpz(r.z);
}

}  // namespace

Ref int_power(Value a, Value b, Value modulus) {
  if (!is_none(modulus)) return power_modulo(a, b, modulus);
  if (int_sign(b) < 0) {
    double x, y;
    if (!int_as_double(a, &x) || !int_as_double(b, &y)) return {};
    return float_power(x, y);
  }
  int64_t base, exponent;
  bool base_fits = word_of(a, &base);
  if (base_fits && (base == 0 || base == 1 || base == -1)) {
    if (int_sign(b) == 0) return Ref::from_int(1);
    if (base == -1) return Ref::from_int(int_as_u64_mask(b) & 1 ? -1 : 1);
    return Ref::from_int(base);
  }
  if (!word_of(b, &exponent) || exponent > (int64_t{1} << 36)) return raise_no_memory();
  if (exponent == 0) return Ref::from_int(1);
  if (base_fits) {
    // Machine words as far as they go.
    int64_t result = 1, square = base, e = exponent;
    for (;;) {
      if ((e & 1) && __builtin_mul_overflow(result, square, &result)) break;
      e >>= 1;
      if (!e) return int_from_i64(result);
      if (__builtin_mul_overflow(square, square, &square)) break;
    }
    if (base == 2) return int_lshift(Value::from_int(1), b);
  }
  if (int_bit_length(a) > (size_t{1} << 38) / static_cast<size_t>(exponent)) return raise_no_memory();
  Digits da(a);
  Limbs la(da);
  if (!la.p) return raise_no_memory();
  ReadOnlyMpz za(la, da.negative);
  Mpz r;
  mpz_pow_ui(r.z, za.z, static_cast<unsigned long>(exponent));
  return int_from_mpz(r.z);
}

// --- Number theory for math ---------------------------------------------------------------------------------------

Ref int_gcd(Value a, Value b) {
  int64_t x, y;
  if (word_of(a, &x) && word_of(b, &y)) {
    uint64_t u = int_magnitude(x), v = int_magnitude(y);
    while (v) {
      uint64_t t = u % v;
      u = v;
      v = t;
    }
    return int_from_u64(u);
  }
  Digits da(a), db(b);
  Limbs la(da), lb(db);
  if (!la.p || !lb.p) return raise_no_memory();
  ReadOnlyMpz za(la), zb(lb);
  Mpz r;
  mpz_gcd(r.z, za.z, zb.z);
  return int_from_mpz(r.z);
}

Ref int_sqrt(Value a) {
  Digits da(a);
  Limbs la(da);
  if (!la.p) return raise_no_memory();
  ReadOnlyMpz za(la);
  Mpz r;
  mpz_sqrt(r.z, za.z);
  return int_from_mpz(r.z);
}

}  // namespace adder
