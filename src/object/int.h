// int: an immediate within ±2^49, beyond that a PyLongObject of 30-bit digits (GMP for the heavy operations).
#pragma once
#include <string_view>
#include "object/abi.h"

namespace adder {

inline Ref int_from_i64(int64_t i) {
  extern Ref int_from_i64_slow(int64_t);
  return ADDER_LIKELY(Value::fits_int(i)) ? Ref::from_int(i) : int_from_i64_slow(i);
}
Ref int_from_u64(uint64_t i);
inline Ref int_from_ssize(Py_ssize_t i) { return int_from_i64(i); }
Ref int_from_double(double d);              // truncates; OverflowError, ValueError for inf and nan
// Text in a base (0: by prefix), underscores allowed, as int(str, base). ValueError; digits beyond the limit too.
Ref int_from_text(std::string_view ascii, int base, Value for_message);
// int(str): any decimal digits and spaces of Unicode.
Ref int_from_str(Value str, int base);
Ref int_from_bytes(const uint8_t* bytes, size_t n, bool little_endian, bool is_signed);
bool int_to_bytes(Value i, uint8_t* bytes, size_t n, bool little_endian, bool is_signed);  // OverflowError
Ref int_to_text(Value i, int base, bool prefix, bool limit = true);  // str
// `v` is any int (is_int); subclasses and boxes are fine in all of these.
bool int_as_i64(Value v, int64_t* out, PyObject* overflow = PyExc_OverflowError);  // "Python int too large to convert to C long"
int int_sign_overflow_i64(Value v, int64_t* out);  // 0 fits (*out), else the sign of the overflow; no exception
bool int_as_u64(Value v, uint64_t* out);    // OverflowError; negative too
uint64_t int_as_u64_mask(Value v);          // modulo 2^64
bool int_as_double(Value v, double* out);   // correctly rounded; OverflowError
int int_sign(Value v);                      // -1, 0, 1
size_t int_bit_length(Value v);
Ref int_to_exact(Value v);                  // of a subclass: the exact int
// Takes __index__ where needed: a machine integer from any Value.
bool as_i64(Value v, int64_t* out);         // TypeError "'X' object cannot be interpreted as an integer", OverflowError
bool as_ssize(Value v, Py_ssize_t* out);    // "cannot fit 'int' into an index-sized integer"
bool as_int(Value v, int* out);             // "Python int too large to convert to C int" / "signed integer is greater than maximum"
// Arithmetic on exact or derived ints (both is_int).
Ref int_add(Value a, Value b);
Ref int_subtract(Value a, Value b);
Ref int_multiply(Value a, Value b);
Ref int_floor_divide(Value a, Value b);
Ref int_remainder(Value a, Value b);
bool int_divmod(Value a, Value b, Ref* quotient, Ref* rest);
Ref int_true_divide(Value a, Value b);
Ref int_power(Value a, Value b, Value modulus_or_none);
Ref int_lshift(Value a, Value b);
Ref int_rshift(Value a, Value b);
Ref int_and(Value a, Value b);
Ref int_or(Value a, Value b);
Ref int_xor(Value a, Value b);
Ref int_negative(Value a);
Ref int_invert(Value a);
int int_compare(Value a, Value b);          // -1, 0, 1
bool int_equal(Value a, Value b);
Py_hash_t int_hash(Value a);                // modulo 2^61-1, -1 → -2
PyObject* int_box(int64_t i);               // a real PyLongObject of any machine integer; small ones are static. New reference
Ref int_parse_literal(std::string_view text);  // source literal: 0x1F, 1_000 …

}  // namespace adder
