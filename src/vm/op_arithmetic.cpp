// Handlers of arithmetic, comparison and compare-and-branch. Fast paths: immediate ints and floats; the rest in object/number.cpp.
#include <cmath>
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "vm/interp.h"

namespace adder {
namespace {

constexpr uint64_t kIntFloor = Value::kIntFloor;
inline bool both_ints(Value x, Value y) { return (x.bits & y.bits) >= kIntFloor; }
// One of two numbers as a double; only where is_number() held.
inline double number(Value v) { return v.is_int() ? static_cast<double>(v.as_int()) : v.as_float(); }

// --- Fast paths by operation: false if the operands are not theirs. `out` is written only on success ------------------------
template <BinaryOp op>
inline bool fast(Value x, Value y, Value* out) {
  if constexpr (op == BinaryOp::kAdd) {
    if (ADDER_LIKELY(both_ints(x, y))) {
      uint64_t sum = x.bits + (y.bits - Value::kIntZero);
      if (ADDER_LIKELY(sum >= kIntFloor)) { out->bits = sum; return true; }
      return false;
    }
  } else if constexpr (op == BinaryOp::kSubtract) {
    if (ADDER_LIKELY(both_ints(x, y))) {
      int64_t d = x.as_int() - y.as_int();
      if (ADDER_LIKELY(Value::fits_int(d))) { *out = Value::from_int(d); return true; }
      return false;
    }
  } else if constexpr (op == BinaryOp::kMultiply) {
    if (both_ints(x, y)) {
      int64_t p;
      if (ADDER_LIKELY(!__builtin_mul_overflow(x.as_int(), y.as_int(), &p) && Value::fits_int(p))) {
        *out = Value::from_int(p);
        return true;
      }
      return false;
    }
  } else if constexpr (op == BinaryOp::kFloorDivide || op == BinaryOp::kRemainder) {
    if (ADDER_LIKELY(both_ints(x, y))) {
      int64_t a = x.as_int(), b = y.as_int();
      if (ADDER_UNLIKELY(b == 0)) return false;
      int64_t q, m;
      if (((a | b) >> 31) == 0) {  // both small and not negative: the 32-bit division is several times faster
        q = static_cast<uint32_t>(a) / static_cast<uint32_t>(b);
        m = static_cast<uint32_t>(a) % static_cast<uint32_t>(b);
      } else {
        q = a / b;
        m = a - q * b;
        if (m != 0 && (m ^ b) < 0) { q--; m += b; }
      }
      int64_t result = op == BinaryOp::kFloorDivide ? q : m;
      if (ADDER_UNLIKELY(!Value::fits_int(result))) return false;
      *out = Value::from_int(result);
      return true;
    }
  } else if constexpr (op == BinaryOp::kAnd || op == BinaryOp::kOr || op == BinaryOp::kXor) {
    if (ADDER_LIKELY(both_ints(x, y))) {
      int64_t a = x.as_int(), b = y.as_int();
      *out = Value::from_int(op == BinaryOp::kAnd ? a & b : op == BinaryOp::kOr ? a | b : a ^ b);
      return true;
    }
    return false;
  } else if constexpr (op == BinaryOp::kLeftShift) {
    if (both_ints(x, y)) {
      int64_t a = x.as_int(), n = y.as_int();
      if (static_cast<uint64_t>(n) < 50 && (a << n >> n) == a && Value::fits_int(a << n)) { *out = Value::from_int(a << n); return true; }
    }
    return false;
  } else if constexpr (op == BinaryOp::kRightShift) {
    if (both_ints(x, y)) {
      int64_t n = y.as_int();
      if (n < 0) return false;
      *out = Value::from_int(x.as_int() >> (n > 63 ? 63 : n));
      return true;
    }
    return false;
  } else if constexpr (op == BinaryOp::kMatrixMultiply) {
    return false;
  }

  if constexpr (op == BinaryOp::kAdd || op == BinaryOp::kSubtract || op == BinaryOp::kMultiply) {
    if (x.is_float() && y.is_float()) {
      double a = x.as_float(), b = y.as_float();
      double d = op == BinaryOp::kAdd ? a + b : op == BinaryOp::kSubtract ? a - b : a * b;
      *out = Value::from_double(d);
      return true;
    }
    if (x.is_number() && y.is_number()) {  // mixed (two ints were handled above)
      double a = number(x), b = number(y);
      double d = op == BinaryOp::kAdd ? a + b : op == BinaryOp::kSubtract ? a - b : a * b;
      *out = Value::from_double(d);
      return true;
    }
    return false;
  } else if constexpr (op == BinaryOp::kTrueDivide) {
    if (ADDER_LIKELY(x.is_number() && y.is_number())) {
      double b = number(y);
      if (ADDER_UNLIKELY(b == 0)) return false;
      *out = Value::from_double(number(x) / b);
      return true;
    }
    return false;
  } else if constexpr (op == BinaryOp::kFloorDivide || op == BinaryOp::kRemainder) {
    if (x.is_number() && y.is_number()) {
      double b = number(y);
      if (ADDER_UNLIKELY(b == 0)) return false;
      *out = Value::from_double(op == BinaryOp::kFloorDivide ? float_floor_divide(number(x), b) : float_mod(number(x), b));
      return true;
    }
    return false;
  } else if constexpr (op == BinaryOp::kPower) {
    if (y.is_int()) {
      int64_t n = y.as_int();
      if (x.is_float() && n == 2) { *out = Value::from_double(x.as_float() * x.as_float()); return true; }
      if (x.is_int() && n >= 0 && n < 64) {
        int64_t result = 1, base = x.as_int();
        for (;;) {
          if ((n & 1) && __builtin_mul_overflow(result, base, &result)) return false;
          n >>= 1;
          if (n == 0) break;
          if (__builtin_mul_overflow(base, base, &base)) return false;
        }
        if (!Value::fits_int(result)) return false;
        *out = Value::from_int(result);
        return true;
      }
    }
    return false;
  }
  return false;
}

enum class Form { kRegisters, kConstRight, kConstLeft };

template <BinaryOp op, bool in_place, Form form>
ADDER_NOINLINE bool slow_binary(const Word* pc, Value* r, Thread*) {
  save_pc(r, pc);
  Word w = *pc;
  uint16_t bo = form == Form::kConstLeft ? 0 : field_b(w), co = form == Form::kConstRight ? 0 : field_c(w);
  Value x = form == Form::kConstLeft ? constant(r, field_b(w)) : reg(r, bo);
  Value y = form == Form::kConstRight ? constant(r, field_c(w)) : reg(r, co);
  if constexpr (op == BinaryOp::kAdd) {
    // Text grows in place where nobody else holds it: a temporary, or the local that receives the result.
    if (is_exact_str(x) && is_exact_str(y) && form != Form::kConstLeft) {
      uint16_t a = field_a(w);
      if (bo & kLastUse) {
        Ref sum = str_append(Ref::steal(x), y);
        if (form == Form::kRegisters) consume(r, co);
        return write_ref(r, a, std::move(sum));
      }
      if ((a & kOccupied) && (a & kRegisterMask) == bo && x != y) {
        reg(r, bo) = Value{};
        Ref sum = str_append(Ref::steal(x), y);
        if (form == Form::kRegisters) consume(r, co);
        if (!sum) return false;
        reg(r, bo) = sum.release();
        return true;
      }
    }
  }
  Ref result = in_place ? inplace(op, x, y) : binary(op, x, y);
  consume(r, bo);
  consume(r, co);
  return write_ref(r, field_a(w), std::move(result));
}

template <BinaryOp op, bool in_place, Form form, int words>
ADDER_VM_CC inline __attribute__((always_inline)) void arithmetic(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Word w = *pc;
  Value x = form == Form::kConstLeft ? constant(r, field_b(w)) : reg(r, field_b(w));
  Value y = form == Form::kConstRight ? constant(r, field_c(w)) : reg(r, field_c(w));
  Value result;
  if (ADDER_LIKELY(fast<op>(x, y, &result))) {
    write(r, field_a(w), result);
  } else if (ADDER_UNLIKELY((!slow_binary<op, in_place, form>(pc, r, t)))) {
    ADDER_UNWIND();
  }
  pc += words;
  ADDER_DISPATCH();
}

}  // namespace

#define ADDER_ARITHMETIC(NAME, OP)                                                                                     \
  ADDER_HANDLER(NAME) { [[clang::musttail]] return arithmetic<OP, false, Form::kRegisters, words_of<Op::k##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(NAME##_K) { [[clang::musttail]] return arithmetic<OP, false, Form::kConstRight, words_of<Op::k##NAME##_K>>(pc, r, t, handlers); } \
  ADDER_HANDLER(NAME##_KR) { [[clang::musttail]] return arithmetic<OP, false, Form::kConstLeft, words_of<Op::k##NAME##_KR>>(pc, r, t, handlers); } \
  ADDER_HANDLER(INPLACE_##NAME) { [[clang::musttail]] return arithmetic<OP, true, Form::kRegisters, words_of<Op::kINPLACE_##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(INPLACE_##NAME##_K) { [[clang::musttail]] return arithmetic<OP, true, Form::kConstRight, words_of<Op::kINPLACE_##NAME##_K>>(pc, r, t, handlers); }
ADDER_ARITHMETIC(ADD, BinaryOp::kAdd)
ADDER_ARITHMETIC(SUBTRACT, BinaryOp::kSubtract)
ADDER_ARITHMETIC(MULTIPLY, BinaryOp::kMultiply)
ADDER_ARITHMETIC(MATRIX_MULTIPLY, BinaryOp::kMatrixMultiply)
ADDER_ARITHMETIC(TRUE_DIVIDE, BinaryOp::kTrueDivide)
ADDER_ARITHMETIC(FLOOR_DIVIDE, BinaryOp::kFloorDivide)
ADDER_ARITHMETIC(REMAINDER, BinaryOp::kRemainder)
ADDER_ARITHMETIC(POWER, BinaryOp::kPower)
ADDER_ARITHMETIC(LEFT_SHIFT, BinaryOp::kLeftShift)
ADDER_ARITHMETIC(RIGHT_SHIFT, BinaryOp::kRightShift)
ADDER_ARITHMETIC(AND, BinaryOp::kAnd)
ADDER_ARITHMETIC(OR, BinaryOp::kOr)
ADDER_ARITHMETIC(XOR, BinaryOp::kXor)

// --- Unary --------------------------------------------------------------------------------------------------------------
template <Ref (*f)(Value)>
static ADDER_NOINLINE bool slow_unary(const Word* pc, Value* r) {
  save_pc(r, pc);
  Ref result = f(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_HANDLER(NEGATE) {
  Value x = reg(r, field_b(*pc));
  if (x.is_float()) {
    write(r, field_a(*pc), Value::from_arith(-x.as_float()));
  } else if (x.is_int() && x.as_int() != Value::kIntMin) {
    write(r, field_a(*pc), Value::from_int(-x.as_int()));
  } else if (!slow_unary<negative>(pc, r)) {
    ADDER_UNWIND();
  }
  ADDER_NEXT(NEGATE);
}
ADDER_HANDLER(POSITIVE) {
  if (!slow_unary<positive>(pc, r)) ADDER_UNWIND();
  ADDER_NEXT(POSITIVE);
}
ADDER_HANDLER(INVERT) {
  Value x = reg(r, field_b(*pc));
  if (x.is_int()) {
    write(r, field_a(*pc), Value::from_int(~x.as_int()));
  } else if (!slow_unary<invert>(pc, r)) {
    ADDER_UNWIND();
  }
  ADDER_NEXT(INVERT);
}
ADDER_SLOW_OP(NOT) {
  save_pc(r, pc);
  int truth = is_true(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return truth >= 0 && write_ref(r, field_a(*pc), bool_ref(!truth));
}

// --- Comparison -----------------------------------------------------------------------------------------------------------
namespace {

template <int op, class T>
inline bool holds(T a, T b) {
  if constexpr (op == Py_LT) return a < b;
  if constexpr (op == Py_LE) return a <= b;
  if constexpr (op == Py_EQ) return a == b;
  if constexpr (op == Py_NE) return a != b;
  if constexpr (op == Py_GT) return a > b;
  if constexpr (op == Py_GE) return a >= b;
}
// -1: not two numbers.
template <int op>
inline int fast_compare(Value x, Value y) {
  if (ADDER_LIKELY(both_ints(x, y))) return holds<op>(x.bits, y.bits);
  if (x.is_number() && y.is_number()) return holds<op>(number(x), number(y));
  if constexpr (op == Py_EQ || op == Py_NE) {
    if (is_exact_str(x) && is_exact_str(y)) return (x == y || str_equal(x, y)) == (op == Py_EQ);
  }
  return -1;
}

template <int op, bool k>
ADDER_NOINLINE bool slow_compare(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value y = k ? constant(r, field_c(w)) : reg(r, field_c(w));
  Ref result = compare(reg(r, field_b(w)), y, op);
  consume(r, field_b(w));
  if (!k) consume(r, field_c(w));
  return write_ref(r, field_a(w), std::move(result));
}
template <int op, bool k, int words>
ADDER_VM_CC inline __attribute__((always_inline)) void comparison(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Word w = *pc;
  Value x = reg(r, field_b(w)), y = k ? constant(r, field_c(w)) : reg(r, field_c(w));
  if (both_ints(x, y) || (x.is_number() && y.is_number())) {
    PyObject* result = (both_ints(x, y) ? holds<op>(x.bits, y.bits) : holds<op>(number(x), number(y))) ? Py_True : Py_False;
    incref(result);
    write(r, field_a(w), Value{result});
  } else if (ADDER_UNLIKELY((!slow_compare<op, k>(pc, r)))) {
    ADDER_UNWIND();
  }
  pc += words;
  ADDER_DISPATCH();
}

// 0, 1, or -1 with an exception; consumes the operands.
template <int op, bool k>
ADDER_NOINLINE int slow_branch(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value x = reg(r, field_a(w)), y = k ? constant(r, field_b(w)) : reg(r, field_b(w));
  int truth = fast_compare<op>(x, y);
  if (truth < 0) truth = compare_bool(x, y, op);
  consume(r, field_a(w));
  if (!k) consume(r, field_b(w));
  return truth;
}
template <int op, bool k, bool sense, int words>
ADDER_VM_CC inline __attribute__((always_inline)) void branch(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Word w = *pc;
  Value x = reg(r, field_a(w)), y = k ? constant(r, field_b(w)) : reg(r, field_b(w));
  int truth;
  if (ADDER_LIKELY(both_ints(x, y))) {
    truth = holds<op>(x.bits, y.bits);
  } else if (x.is_number() && y.is_number()) {
    truth = holds<op>(number(x), number(y));
  } else {
    truth = slow_branch<op, k>(pc, r);
    if (ADDER_UNLIKELY(truth < 0)) ADDER_UNWIND();
  }
  if (truth == sense) {
    int16_t offset = static_cast<int16_t>(field_c(w));
    if (ADDER_UNLIKELY(breaker_set()) && offset < 0) {
      if (!poll_at(pc, r, t)) ADDER_UNWIND();
      handlers = t->handlers;
    }
    pc += offset;
  }
  pc += words;
  ADDER_DISPATCH();
}

}  // namespace

#define ADDER_COMPARISON(NAME, OP)                                                                                     \
  ADDER_HANDLER(COMPARE_##NAME) { [[clang::musttail]] return comparison<OP, false, words_of<Op::kCOMPARE_##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(COMPARE_##NAME##_K) { [[clang::musttail]] return comparison<OP, true, words_of<Op::kCOMPARE_##NAME##_K>>(pc, r, t, handlers); } \
  ADDER_HANDLER(JUMP_IF_##NAME) { [[clang::musttail]] return branch<OP, false, true, words_of<Op::kJUMP_IF_##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(JUMP_IF_NOT_##NAME) { [[clang::musttail]] return branch<OP, false, false, words_of<Op::kJUMP_IF_NOT_##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(JUMP_IF_##NAME##_K) { [[clang::musttail]] return branch<OP, true, true, words_of<Op::kJUMP_IF_##NAME##_K>>(pc, r, t, handlers); } \
  ADDER_HANDLER(JUMP_IF_NOT_##NAME##_K) { [[clang::musttail]] return branch<OP, true, false, words_of<Op::kJUMP_IF_NOT_##NAME##_K>>(pc, r, t, handlers); }
ADDER_COMPARISON(LT, Py_LT)
ADDER_COMPARISON(LE, Py_LE)
ADDER_COMPARISON(EQ, Py_EQ)
ADDER_COMPARISON(NE, Py_NE)
ADDER_COMPARISON(GT, Py_GT)
ADDER_COMPARISON(GE, Py_GE)

static bool write_identity(const Word* pc, Value* r, bool sense) {
  Word w = *pc;
  bool same = reg(r, field_b(w)) == reg(r, field_c(w));
  consume(r, field_b(w));
  consume(r, field_c(w));
  return write_ref(r, field_a(w), bool_ref(same == sense));
}
ADDER_SLOW_OP(IS) { save_pc(r, pc); return write_identity(pc, r, true); }
ADDER_SLOW_OP(IS_NOT) { save_pc(r, pc); return write_identity(pc, r, false); }

static bool write_contains(const Word* pc, Value* r, bool sense) {
  save_pc(r, pc);
  Word w = *pc;
  int found = contains(reg(r, field_c(w)), reg(r, field_b(w)));
  consume(r, field_b(w));
  consume(r, field_c(w));
  return found >= 0 && write_ref(r, field_a(w), bool_ref((found != 0) == sense));
}
ADDER_SLOW_OP(CONTAINS) { return write_contains(pc, r, true); }
ADDER_SLOW_OP(NOT_CONTAINS) { return write_contains(pc, r, false); }

static ADDER_NOINLINE int branch_contains(const Word* pc, Value* r) {
  save_pc(r, pc);
  int found = contains(reg(r, field_b(*pc)), reg(r, field_a(*pc)));
  consume(r, field_a(*pc));
  consume(r, field_b(*pc));
  return found;
}
ADDER_HANDLER(JUMP_IF_IN) {
  int found = branch_contains(pc, r);
  if (ADDER_UNLIKELY(found < 0)) ADDER_UNWIND();
  ADDER_BRANCH(JUMP_IF_IN, found, static_cast<int16_t>(field_c(*pc)));
}
ADDER_HANDLER(JUMP_IF_NOT_IN) {
  int found = branch_contains(pc, r);
  if (ADDER_UNLIKELY(found < 0)) ADDER_UNWIND();
  ADDER_BRANCH(JUMP_IF_NOT_IN, !found, static_cast<int16_t>(field_c(*pc)));
}
ADDER_HANDLER(JUMP_IF_IS) {
  Word w = *pc;
  bool same = reg(r, field_a(w)) == reg(r, field_b(w));
  consume(r, field_a(w));
  consume(r, field_b(w));
  ADDER_BRANCH(JUMP_IF_IS, same, static_cast<int16_t>(field_c(w)));
}
ADDER_HANDLER(JUMP_IF_IS_NOT) {
  Word w = *pc;
  bool same = reg(r, field_a(w)) == reg(r, field_b(w));
  consume(r, field_a(w));
  consume(r, field_b(w));
  ADDER_BRANCH(JUMP_IF_IS_NOT, !same, static_cast<int16_t>(field_c(w)));
}

}  // namespace adder
