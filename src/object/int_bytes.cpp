// Ints of bytes and bytes of ints, in either order, signed (two's complement) or not.
#include "object/error.h"
#include "object/int_digits.h"

namespace adder {

Ref int_from_bytes(const uint8_t* bytes, size_t n, bool little_endian, bool is_signed) {
  auto at = [&](size_t i) -> uint8_t { return little_endian ? bytes[i] : bytes[n - 1 - i]; };  // least significant first
  if (n == 0) return Ref::from_int(0);
  bool negative = is_signed && (at(n - 1) & 0x80);
  if (n <= 8) {
    uint64_t u = negative && n < 8 ? ~uint64_t{0} << (8 * n) : 0;
    for (size_t i = 0; i < n; i++) u |= static_cast<uint64_t>(at(i)) << (8 * i);
    return is_signed ? int_from_i64(static_cast<int64_t>(u)) : int_from_u64(u);
  }
  auto size = static_cast<Py_ssize_t>((n * 8 + 29) / 30);
  PyLongObject* o = long_new(size);
  if (!o) return {};
  uint64_t acc = 0;
  int have = 0;
  Py_ssize_t out = 0;
  unsigned carry = 1;
  for (size_t i = 0; i < n; i++) {
    unsigned byte = at(i);
    if (negative) {
      byte = (byte ^ 0xFF) + carry;
      carry = byte >> 8;
      byte &= 0xFF;
    }
    acc |= static_cast<uint64_t>(byte) << have;
    have += 8;
    if (have >= 30) {
      o->ob_digit[out++] = static_cast<digit>(acc) & PyLong_MASK;
      acc >>= 30;
      have -= 30;
    }
  }
  if (out < size) o->ob_digit[out++] = static_cast<digit>(acc);
  while (out < size) o->ob_digit[out++] = 0;
  if (negative && carry) {  // -2^(8n) cannot be: the top bit is set, so the magnitude fits
    long_discard(o);
    return bad_internal_call("int.from_bytes");
  }
  return long_finish(o, negative);
}

bool int_to_bytes(Value v, uint8_t* bytes, size_t n, bool little_endian, bool is_signed) {
  Digits x(v);
  if (x.negative && !is_signed) return raise(PyExc_OverflowError, "can't convert negative int to unsigned");
  size_t bits = int_bit_length(v);
  bool fits;
  if (!is_signed) {
    fits = bits <= n * 8;
  } else if (x.n == 0) {
    fits = true;
  } else {
    fits = bits < n * 8;
    if (!fits && x.negative && bits == n * 8) {  // exactly -2^(8n-1)
      fits = true;
      for (Py_ssize_t i = 0; i < x.n - 1 && fits; i++) fits = x.d[i] == 0;
      digit top = x.d[x.n - 1];
      fits = fits && (top & (top - 1)) == 0;
    }
  }
  if (!fits) return raise(PyExc_OverflowError, "int too big to convert");
  uint64_t acc = 0;
  int have = 0;
  Py_ssize_t in = 0;
  unsigned carry = 1;
  for (size_t i = 0; i < n; i++) {
    if (have < 8 && in < x.n) {
      acc |= static_cast<uint64_t>(x.d[in++]) << have;
      have += 30;
    }
    unsigned byte = acc & 0xFF;
    acc >>= 8;
    have -= 8;
    if (have < 0) have = 0;
    if (x.negative) {
      byte = (byte ^ 0xFF) + carry;
      carry = byte >> 8;
      byte &= 0xFF;
    }
    bytes[little_endian ? i : n - 1 - i] = static_cast<uint8_t>(byte);
  }
  return true;
}

}  // namespace adder
