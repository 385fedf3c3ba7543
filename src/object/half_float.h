// IEEE 754 half precision (binary16) to and from double.
#pragma once
#include <cmath>
#include <cstdint>

namespace adder {

inline double half_to_double(uint16_t h) {
  int exponent = h >> 10 & 0x1F, fraction = h & 0x3FF;
  double r;
  if (exponent == 0x1F) r = fraction ? NAN : HUGE_VAL;
  else if (exponent == 0) r = std::ldexp(fraction, -24);
  else r = std::ldexp(fraction + 1024, exponent - 25);
  return h & 0x8000 ? -r : r;
}

// Rounded half to even; false if it is finite and too large.
inline bool double_to_half(double d, uint16_t* out) {
  uint16_t sign = std::signbit(d) ? 0x8000 : 0;
  if (std::isnan(d)) { *out = sign | 0x7E00; return true; }
  if (std::isinf(d)) { *out = sign | 0x7C00; return true; }
  d = std::fabs(d);
  if (d == 0) { *out = sign; return true; }
  int e;
  double f = std::frexp(d, &e) * 2.0;  // in [1, 2), exponent e - 1
  --e;
  if (e >= 16) return false;
  unsigned bits;
  if (e < -25) {
    *out = sign;
    return true;
  }
  if (e < -14) {  // subnormal
    f = std::ldexp(f, 14 + e);
    e = 0;
  } else {
    e += 15;
    f -= 1.0;
  }
  f *= 1024.0;
  bits = static_cast<unsigned>(f);
  f -= bits;
  if (f > 0.5 || (f == 0.5 && (bits & 1))) {
    ++bits;
    if (bits == 1024) {
      bits = 0;
      if (++e == 31) return false;
    }
  }
  *out = static_cast<uint16_t>(sign | static_cast<unsigned>(e) << 10 | bits);
  return true;
}

}  // namespace adder
