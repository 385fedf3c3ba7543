// Inside of int: any int Value seen as 30-bit digits, and results made of digits or of GMP's limbs.
// For the int_*.cpp files and others that take numbers apart (marshal, float conversion).
#pragma once
#include <gmp.h>
#include "object/abi.h"
#include "object/int.h"

namespace adder {

static_assert(PyLong_SHIFT == 30 && sizeof(digit) == 4 && sizeof(mp_limb_t) == 8);

// A borrowed view of an int (immediate, object or subclass).
struct Digits {
  const digit* d;
  Py_ssize_t n;  // without leading zeros
  bool negative;
  digit small[2];

  explicit Digits(Value v) {
    if (v.is_int()) {
      int64_t i = v.as_int();
      uint64_t u = i < 0 ? 0 - static_cast<uint64_t>(i) : static_cast<uint64_t>(i);
      negative = i < 0;
      small[0] = u & PyLong_MASK;
      small[1] = static_cast<digit>(u >> PyLong_SHIFT);
      n = small[1] ? 2 : small[0] ? 1 : 0;
      d = small;
    } else {
      auto* o = v.as<PyLongObject>();
      Py_ssize_t size = o->ob_base.ob_size;
      negative = size < 0;
      n = negative ? -size : size;
      d = o->ob_digit;
    }
  }
  Digits(const Digits&) = delete;
};

inline uint64_t int_magnitude(int64_t i) { return i < 0 ? 0 - static_cast<uint64_t>(i) : static_cast<uint64_t>(i); }

// The machine word of an int that fits in 64 bits (signed).
inline bool word_of(Value v, int64_t* out) {
  if (ADDER_LIKELY(v.is_int())) {
    *out = v.as_int();
    return true;
  }
  auto* o = v.as<PyLongObject>();
  const digit* d = o->ob_digit;
  switch (o->ob_base.ob_size) {
    case 0: *out = 0; return true;
    case 1: *out = d[0]; return true;
    case -1: *out = -static_cast<int64_t>(d[0]); return true;
    case 2: *out = static_cast<int64_t>(d[0] | static_cast<uint64_t>(d[1]) << 30); return true;
    case -2: *out = -static_cast<int64_t>(d[0] | static_cast<uint64_t>(d[1]) << 30); return true;
    case 3:
      if (d[2] >= 8) return false;
      *out = static_cast<int64_t>(d[0] | static_cast<uint64_t>(d[1]) << 30 | static_cast<uint64_t>(d[2]) << 60);
      return true;
    case -3: {
      if (d[2] > 8 || (d[2] == 8 && (d[0] | d[1]))) return false;
      uint64_t u = d[0] | static_cast<uint64_t>(d[1]) << 30 | static_cast<uint64_t>(d[2]) << 60;
      *out = static_cast<int64_t>(0 - u);
      return true;
    }
    default: return false;
  }
}

// A fresh int object of n digits, not yet set; null with MemoryError.
PyLongObject* long_new(Py_ssize_t n);
// Canonical result of a fresh object whose digits are set: strips zeros, becomes an immediate where it fits.
Ref long_finish(PyLongObject* o, bool negative);
// Frees an unfinished object.
void long_discard(PyLongObject* o);
Ref int_from_u128(unsigned __int128 u, bool negative);

// GMP limbs, a few of them without allocation.
class Limbs {
 public:
  explicit Limbs(size_t n) : n(n), p(n <= kLocal ? local_ : static_cast<mp_limb_t*>(malloc(n * sizeof(mp_limb_t)))) {}
  explicit Limbs(const Digits& x);
  ~Limbs() { if (p != local_) free(p); }
  Limbs(const Limbs&) = delete;
  void trim() { while (n && p[n - 1] == 0) --n; }
  size_t n;
  mp_limb_t* p;  // null when memory is exhausted

 private:
  static constexpr size_t kLocal = 12;
  mp_limb_t local_[kLocal];
};
// An mpz that reads the magnitude of limbs (valid while they live).
struct ReadOnlyMpz {
  mpz_t z;
  explicit ReadOnlyMpz(const Limbs& l, bool negative = false) {
    mpz_roinit_n(z, l.p, negative ? -static_cast<mp_size_t>(l.n) : static_cast<mp_size_t>(l.n));
  }
};
struct Mpz {
  mpz_t z;
  Mpz() { mpz_init(z); }
  ~Mpz() { mpz_clear(z); }
  Mpz(const Mpz&) = delete;
};
Ref int_from_limbs(const mp_limb_t* p, size_t n, bool negative);
inline Ref int_from_mpz(const mpz_t z) { return int_from_limbs(mpz_limbs_read(z), mpz_size(z), mpz_sgn(z) < 0); }

// The two highest things needed for correct rounding: the top 64 bits of |x| (normalised, bit 63 set), whether any
// lower bit is set, and the bit length. x is not zero.
uint64_t int_top_bits(const Digits& x, bool* sticky, size_t* bits);

// Nearest multiple: quotient of a / b rounded half to even.
Ref int_divide_nearest(Value a, Value b);
Ref int_gcd(Value a, Value b);
Ref int_sqrt(Value a);  // floor, a >= 0
size_t int_bit_count(Value v);
// |a| < |b| and the like on magnitudes.
int compare_magnitudes(const Digits& a, const Digits& b);

extern int int_max_str_digits;  // 0: no limit

}  // namespace adder
