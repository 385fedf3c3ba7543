// Arithmetic and comparison of immediate numbers, as the handlers of the loop do it: words in, a word out, no call and no count.
#pragma once
#include <cstring>
#include "object/object.h"
#include "value/value.h"

namespace adder {

inline bool both_ints(Value x, Value y) { return (x.bits & y.bits) >= Value::kIntFloor; }
// One of two numbers as a double; only where is_number() held.
inline double number(Value v) { return v.is_int() ? static_cast<double>(v.as_int()) : v.as_float(); }

// A word as the float it stands for; a word that stands for none gives a NaN. Offset added and taken off in the vector unit: a result
// that the next instruction reads back never passes through the integer registers, which would cost as much as the operation itself.
#if defined(__x86_64__)
namespace detail {
alignas(16) constexpr uint64_t kFromWord[2] = {0 - Value::kDoubleOffset, 0}, kToWord[2] = {Value::kDoubleOffset, 0};
}
inline double float_of(const Value& v) {
  double d;
  asm("movq %1, %0\n\tpaddq %2, %0" : "=x"(d) : "m"(v), "m"(detail::kFromWord));
  return d;
}
inline void set_float(Value& out, double d) {  // d is no NaN
  asm("paddq %1, %0" : "+x"(d) : "m"(detail::kToWord));
  std::memcpy(static_cast<void*>(&out), &d, sizeof d);
}
#else
inline double float_of(const Value& v) { return std::bit_cast<double>(v.bits - Value::kDoubleOffset); }
inline void set_float(Value& out, double d) { out = Value::from_arith(d); }
#endif

template <BinaryOp op>
inline bool int_op(Value x, Value y, Value& out) {
  int64_t a = x.as_int(), b = y.as_int();
  if constexpr (op == BinaryOp::kAdd || op == BinaryOp::kSubtract) {
    uint64_t result = op == BinaryOp::kAdd ? x.bits + (y.bits - Value::kIntZero) : x.bits - y.bits + Value::kIntZero;
    if (ADDER_UNLIKELY(result < Value::kIntFloor)) return false;
    out.bits = result;
    return true;
  } else if constexpr (op == BinaryOp::kMultiply) {
    // Scaled so that leaving 64 bits is leaving the immediate range.
    int64_t scaled;
    if (ADDER_UNLIKELY(__builtin_mul_overflow(static_cast<int64_t>(static_cast<uint64_t>(a) << 14), b, &scaled))) return false;
    out = Value::from_int(scaled >> 14);
    return true;
  } else if constexpr (op == BinaryOp::kFloorDivide || op == BinaryOp::kRemainder) {
    if (ADDER_UNLIKELY(b == 0)) return false;
    int64_t q, m;
    if ((b & (b - 1)) == 0 && b > 0) {  // floor division by a power of two is its shift, for negative numbers too
      q = a >> __builtin_ctzll(static_cast<uint64_t>(b));
      m = a & (b - 1);
    } else if (((a | b) >> 31) == 0) {  // both small and not negative: the 32-bit division is several times faster
      q = static_cast<uint32_t>(a) / static_cast<uint32_t>(b);
      m = static_cast<uint32_t>(a) % static_cast<uint32_t>(b);
    } else {
      q = a / b;
      m = a - q * b;
      if (m != 0 && (m ^ b) < 0) { q--; m += b; }
    }
    int64_t result = op == BinaryOp::kFloorDivide ? q : m;
    if (ADDER_UNLIKELY(!Value::fits_int(result))) return false;
    out = Value::from_int(result);
    return true;
  } else if constexpr (op == BinaryOp::kAnd || op == BinaryOp::kOr || op == BinaryOp::kXor) {
    out = Value::from_int(op == BinaryOp::kAnd ? a & b : op == BinaryOp::kOr ? a | b : a ^ b);
    return true;
  } else if constexpr (op == BinaryOp::kLeftShift) {
    if (ADDER_UNLIKELY(static_cast<uint64_t>(b) >= 50)) return false;
    int64_t shifted = static_cast<int64_t>(static_cast<uint64_t>(a) << b);
    if (ADDER_UNLIKELY(shifted >> b != a || !Value::fits_int(shifted))) return false;
    out = Value::from_int(shifted);
    return true;
  } else if constexpr (op == BinaryOp::kRightShift) {
    if (ADDER_UNLIKELY(b < 0)) return false;
    out = Value::from_int(a >> (b > 63 ? 63 : b));
    return true;
  }
  return false;
}

// The result of a float operation; a NaN where an operand is no float.
template <BinaryOp op>
inline double float_op(const Value& x, const Value& y) {
  double a = float_of(x), b = float_of(y);
  return op == BinaryOp::kAdd ? a + b : op == BinaryOp::kSubtract ? a - b : a * b;
}

// x op y into out (which may be x or y) if both are immediate numbers and nothing special happens; false leaves all as it was.
// Floor division, remainder and power of floats are not among it: they call.
template <BinaryOp op>
inline bool number_op(const Value& x, const Value& y, Value& out) {
  constexpr bool of_floats = op == BinaryOp::kAdd || op == BinaryOp::kSubtract || op == BinaryOp::kMultiply;
  if constexpr (op == BinaryOp::kTrueDivide) {
    // Division is dear: the kinds are found out first.
    double a = x.is_int() ? static_cast<double>(x.as_int()) : float_of(x), b = y.is_int() ? static_cast<double>(y.as_int()) : float_of(y);
    if (ADDER_UNLIKELY(b == 0)) return false;
    double d = a / b;
    if (ADDER_LIKELY(d == d)) {
      set_float(out, d);
      return true;
    }
    if (!x.is_number() || !y.is_number()) return false;
    out = Value::from_double(d);
    return true;
  } else if constexpr (of_floats) {
    if (both_ints(x, y)) return int_op<op>(x, y, out);
    double d = float_op<op>(x, y);
    if (ADDER_LIKELY(d == d)) {
      set_float(out, d);
      return true;
    }
    if (!x.is_number() || !y.is_number()) return false;
    const double a = number(x), b = number(y);  // an int and a float, or a NaN
    out = Value::from_double(op == BinaryOp::kAdd ? a + b : op == BinaryOp::kSubtract ? a - b : a * b);
    return true;
  } else {
    return both_ints(x, y) && int_op<op>(x, y, out);
  }
}

template <int op, class T>
inline bool holds(T a, T b) {
  if constexpr (op == Py_LT) return a < b;
  if constexpr (op == Py_LE) return a <= b;
  if constexpr (op == Py_EQ) return a == b;
  if constexpr (op == Py_NE) return a != b;
  if constexpr (op == Py_GT) return a > b;
  if constexpr (op == Py_GE) return a >= b;
}
// -1: not two immediate numbers.
template <int op>
inline int number_compare(const Value& x, const Value& y) {
  if (ADDER_LIKELY(both_ints(x, y))) return holds<op>(x.bits, y.bits);
  double a = float_of(x), b = float_of(y);
  if (ADDER_LIKELY(!__builtin_isunordered(a, b))) return holds<op>(a, b);
  if (!x.is_number() || !y.is_number()) return -1;
  return holds<op>(number(x), number(y));
}

}  // namespace adder
