// Handlers of arithmetic, comparison and compare-and-branch. Fast paths: immediate ints and floats; the rest in object/number.cpp.
//
// A handler itself does what needs neither a call nor a release, so that it keeps no stack frame; anything else is the work of its
// `…_general` companion, to which it hands over before any effect.
#include <cmath>
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "vm/interp.h"
#include "vm/nodes.h"
#include "vm/number_ops.h"

namespace adder {
namespace {

enum class Form { kRegisters, kConstRight, kConstLeft };

template <BinaryOp op, bool in_place, Form form>
ADDER_NOINLINE bool slow_binary(const Word* pc, Value* r, Thread*) {
  save_pc(r, pc);
  Word w = *pc;
  uint16_t bo = form == Form::kConstLeft ? 0 : field_b(w), co = form == Form::kConstRight ? 0 : field_c(w);
  Value x = form == Form::kConstLeft ? constant(r, field_b(w)) : reg(r, bo);
  Value y = form == Form::kConstRight ? constant(r, field_c(w)) : reg(r, co);
  if (ADDER_UNLIKELY(may_meet_nodes(x, y))) {
    Value *left = form == Form::kConstLeft ? &x : &reg(r, bo), *right = form == Form::kConstRight ? &y : &reg(r, co);
    if (!meet_nodes(frame_of(r), left, right)) {
      consume(r, bo);
      consume(r, co);
      return false;
    }
    x = *left;
    y = *right;
  }
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
  const unsigned endings = nodes.endings;
  Ref result = in_place ? inplace(op, x, y) : binary(op, x, y);
  nodes.site = nullptr;
  consume(r, bo);
  consume(r, co);
  return result && meet_result(frame_of(r), &result, endings) && write_ref(r, field_a(w), std::move(result));
}

template <Form form>
inline const Value& left(const Word* pc, Value* r) { return form == Form::kConstLeft ? constant(r, field_b(pc)) : reg(r, field_b(pc)); }
template <Form form>
inline const Value& right(const Word* pc, Value* r) { return form == Form::kConstRight ? constant(r, field_c(pc)) : reg(r, field_c(pc)); }

// What number_op leaves because it takes a call or a loop.
template <BinaryOp op>
inline bool number_call(Value x, Value y, Value& out) {
  if constexpr (op == BinaryOp::kFloorDivide || op == BinaryOp::kRemainder) {
    if (!x.is_number() || !y.is_number() || both_ints(x, y)) return false;
    double b = number(y);
    if (b == 0) return false;
    out = Value::from_double(op == BinaryOp::kFloorDivide ? float_floor_divide(number(x), b) : float_mod(number(x), b));
    return true;
  } else if constexpr (op == BinaryOp::kPower) {
    if (both_ints(x, y)) {
      int64_t n = y.as_int(), result = 1, base = x.as_int();
      if (n < 0 || n >= 64) return false;
      for (;;) {
        if ((n & 1) && __builtin_mul_overflow(result, base, &result)) return false;
        n >>= 1;
        if (n == 0) break;
        if (__builtin_mul_overflow(base, base, &base)) return false;
      }
      if (!Value::fits_int(result)) return false;
      out = Value::from_int(result);
      return true;
    }
    if (!x.is_number() || !y.is_number()) return false;
    double a = number(x);
    if (!(a > 0)) return false;
    double d = std::pow(a, number(y));
    if (!(d < HUGE_VAL)) return false;
    out = Value::from_arith(d);
    return true;
  }
  return false;
}

template <BinaryOp op, bool in_place, Form form, int words>
ADDER_NOINLINE ADDER_VM_CC void arithmetic_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value result;
  const Value &x = left<form>(pc, r), &y = right<form>(pc, r);
  const bool text = op == BinaryOp::kAdd && form != Form::kConstLeft && is_exact_str(x) && is_exact_str(y);
  if (!text && (number_op<op>(x, y, result) || number_call<op>(x, y, result))) {
    write(r, field_a(pc), result);
  } else if (ADDER_UNLIKELY((!slow_binary<op, in_place, form>(pc, r, t)))) {
    ADDER_UNWIND();
  } else if (handlers == kHandlers) {
    handlers = t->handlers;  // a local may hold a node now
  }
  pc += words;
  ADDER_DISPATCH();
}
// The form for two floats takes any operands: of others comes a NaN. What that is about, the general form finds out, which is the instruction's
// again if it was two ints.
template <BinaryOp op, Op general, Handler do_general, int words>
ADDER_VM_CC ADDER_INLINE void float_arithmetic(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  const uint16_t a = field_a(pc);
  const Value &x = reg(r, field_b(pc)), &y = reg(r, field_c(pc));
  if (ADDER_UNLIKELY(!holds_number(r, a))) [[clang::musttail]] return do_general(pc, r, t, handlers);
  const double d = float_op<op>(x, y);
  if (ADDER_UNLIKELY(d != d)) {
    if (both_ints(x, y)) quicken(pc, general);
    [[clang::musttail]] return do_general(pc, r, t, handlers);
  }
  set_float(reg(r, a), d);
  pc += words;
  ADDER_DISPATCH();
}
// The same for an instruction that has such a form: it serves ints, and turns itself into that when it meets two floats.
template <BinaryOp op, bool in_place, Op of_floats, int words>
ADDER_NOINLINE ADDER_VM_CC void arithmetic_of_others(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  const uint16_t a = field_a(pc);
  const Value &x = reg(r, field_b(pc)), &y = reg(r, field_c(pc));
  if (x.is_float() && y.is_float()) quicken(pc, of_floats);
  if (ADDER_UNLIKELY(!holds_number(r, a) || !number_op<op>(x, y, reg(r, a)))) {
    [[clang::musttail]] return arithmetic_general<op, in_place, Form::kRegisters, words>(pc, r, t, handlers);
  }
  pc += words;
  ADDER_DISPATCH();
}
template <BinaryOp op, bool in_place, Op of_floats, int words>
ADDER_VM_CC ADDER_INLINE void quickening_arithmetic(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  const uint16_t a = field_a(pc);
  const Value &x = reg(r, field_b(pc)), &y = reg(r, field_c(pc));
  if (ADDER_UNLIKELY(!holds_number(r, a) || !both_ints(x, y) || !int_op<op>(x, y, reg(r, a)))) {
    [[clang::musttail]] return arithmetic_of_others<op, in_place, of_floats, words>(pc, r, t, handlers);
  }
  pc += words;
  ADDER_DISPATCH();
}
template <BinaryOp op, bool in_place, Form form, int words>
ADDER_VM_CC ADDER_INLINE void arithmetic(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  uint16_t a = field_a(pc);
  if (ADDER_UNLIKELY(!holds_number(r, a) || !number_op<op>(left<form>(pc, r), right<form>(pc, r), reg(r, a)))) {
    [[clang::musttail]] return arithmetic_general<op, in_place, form, words>(pc, r, t, handlers);
  }
  pc += words;
  ADDER_DISPATCH();
}

}  // namespace

#define ADDER_ARITHMETIC_OF_REGISTERS(NAME, OP)                                                                        \
  ADDER_HANDLER(NAME) { [[clang::musttail]] return arithmetic<OP, false, Form::kRegisters, words_of<Op::k##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(INPLACE_##NAME) { [[clang::musttail]] return arithmetic<OP, true, Form::kRegisters, words_of<Op::kINPLACE_##NAME>>(pc, r, t, handlers); }
#define ADDER_FLOAT_FORM(NAME, OP, IN_PLACE)                                                                           \
  ADDER_HANDLER(NAME) { [[clang::musttail]] return quickening_arithmetic<OP, IN_PLACE, Op::k##NAME##_FLOAT, words_of<Op::k##NAME>>(pc, r, t, handlers); } \
  ADDER_HANDLER(NAME##_FLOAT) { [[clang::musttail]] return float_arithmetic<OP, Op::k##NAME, &op_##NAME, words_of<Op::k##NAME>>(pc, r, t, handlers); }
#define ADDER_ARITHMETIC_OF_CONSTANTS(NAME, OP)                                                                        \
  ADDER_HANDLER(NAME##_K) { [[clang::musttail]] return arithmetic<OP, false, Form::kConstRight, words_of<Op::k##NAME##_K>>(pc, r, t, handlers); } \
  ADDER_HANDLER(NAME##_KR) { [[clang::musttail]] return arithmetic<OP, false, Form::kConstLeft, words_of<Op::k##NAME##_KR>>(pc, r, t, handlers); } \
  ADDER_HANDLER(INPLACE_##NAME##_K) { [[clang::musttail]] return arithmetic<OP, true, Form::kConstRight, words_of<Op::kINPLACE_##NAME##_K>>(pc, r, t, handlers); }
#define ADDER_ARITHMETIC_WITH_FLOAT_FORM(NAME, OP) \
  ADDER_FLOAT_FORM(NAME, OP, false)                \
  ADDER_FLOAT_FORM(INPLACE_##NAME, OP, true)       \
  ADDER_ARITHMETIC_OF_CONSTANTS(NAME, OP)
#define ADDER_ARITHMETIC(NAME, OP)        \
  ADDER_ARITHMETIC_OF_REGISTERS(NAME, OP) \
  ADDER_ARITHMETIC_OF_CONSTANTS(NAME, OP)
ADDER_ARITHMETIC_WITH_FLOAT_FORM(ADD, BinaryOp::kAdd)
ADDER_ARITHMETIC_WITH_FLOAT_FORM(SUBTRACT, BinaryOp::kSubtract)
ADDER_ARITHMETIC_WITH_FLOAT_FORM(MULTIPLY, BinaryOp::kMultiply)
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
  if (Value& x = reg(r, field_b(*pc)); ADDER_UNLIKELY(may_meet_nodes(x, x)) && !meet_nodes(frame_of(r), &x, nullptr)) {
    consume(r, field_b(*pc));
    return false;
  }
  const unsigned endings = nodes.endings;
  Ref result = f(reg(r, field_b(*pc)));
  nodes.site = nullptr;
  consume(r, field_b(*pc));
  return result && meet_result(frame_of(r), &result, endings) && write_ref(r, field_a(*pc), std::move(result));
}
ADDER_HANDLER(NEGATE) {
  Value x = reg(r, field_b(pc));
  if (x.is_float()) {
    write(r, field_a(pc), Value::from_arith(-x.as_float()));
  } else if (x.is_int() && x.as_int() != Value::kIntMin) {
    write(r, field_a(pc), Value::from_int(-x.as_int()));
  } else if (!slow_unary<negative>(pc, r)) {
    ADDER_UNWIND();
  } else if (handlers == kHandlers) {
    handlers = t->handlers;
  }
  ADDER_NEXT(NEGATE);
}
ADDER_HANDLER(POSITIVE) {
  if (!slow_unary<positive>(pc, r)) ADDER_UNWIND();
  if (handlers == kHandlers) handlers = t->handlers;
  ADDER_NEXT(POSITIVE);
}
ADDER_HANDLER(INVERT) {
  Value x = reg(r, field_b(*pc));
  if (x.is_int()) {
    write(r, field_a(*pc), Value::from_int(~x.as_int()));
  } else if (!slow_unary<invert>(pc, r)) {
    ADDER_UNWIND();
  } else if (handlers == kHandlers) {
    handlers = t->handlers;
  }
  ADDER_NEXT(INVERT);
}
static ADDER_NOINLINE bool slow_not(const Word* pc, Value* r) {
  save_pc(r, pc);
  int truth = is_true(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return truth >= 0 && write_ref(r, field_a(*pc), bool_ref(!truth));
}
static inline Value counted_bool(bool truth) {
  PyObject* result = truth ? Py_True : Py_False;
  incref(result);
  return Value{result};
}
ADDER_HANDLER(NOT) {
  uint16_t a = field_a(pc), b = field_b(pc);
  int truth = a & kOccupied ? -1 : quick_truth(reg(r, b), b);
  if (ADDER_LIKELY(truth >= 0)) r[a] = counted_bool(!truth);
  else if (ADDER_UNLIKELY(!slow_not(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(NOT);
}

// --- Comparison -----------------------------------------------------------------------------------------------------------
namespace {

// -1: neither two numbers nor two str whose equality is asked.
template <int op>
inline int fast_compare(const Value& x, const Value& y) {
  if constexpr (op == Py_EQ || op == Py_NE) {
    if (is_exact_str(x) && is_exact_str(y)) return (x == y || str_equal(x, y)) == (op == Py_EQ);
  }
  return number_compare<op>(x, y);
}

template <int op, bool k>
ADDER_NOINLINE bool slow_compare(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  Value y = k ? constant(r, field_c(w)) : reg(r, field_c(w));
  Value x = reg(r, field_b(w));
  int truth = fast_compare<op>(x, y);
  const unsigned endings = nodes.endings;
  Ref result;
  if (truth >= 0) {
    result = bool_ref(truth);
  } else if (ADDER_LIKELY(!may_meet_nodes(x, y))) {
    result = compare(x, y, op);
  } else if (Value* right = k ? &y : &reg(r, field_c(w)); meet_nodes(frame_of(r), &reg(r, field_b(w)), right)) {
    result = compare(reg(r, field_b(w)), *right, op);
    nodes.site = nullptr;
  }
  consume(r, field_b(w));
  if (!k) consume(r, field_c(w));
  return result && meet_result(frame_of(r), &result, endings) && write_ref(r, field_a(w), std::move(result));
}
template <int op, bool k, int words>
ADDER_NOINLINE ADDER_VM_CC void comparison_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  if (ADDER_UNLIKELY((!slow_compare<op, k>(pc, r)))) ADDER_UNWIND();
  if (handlers == kHandlers) handlers = t->handlers;
  pc += words;
  ADDER_DISPATCH();
}
template <int op, bool k, int words>
ADDER_VM_CC ADDER_INLINE void comparison(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  uint16_t a = field_a(pc);
  int truth = number_compare<op>(reg(r, field_b(pc)), k ? constant(r, field_c(pc)) : reg(r, field_c(pc)));
  if (ADDER_UNLIKELY(truth < 0 || (a & kOccupied))) [[clang::musttail]] return comparison_general<op, k, words>(pc, r, t, handlers);
  r[a] = counted_bool(truth);
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
ADDER_NOINLINE ADDER_VM_CC void branch_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  int truth = slow_branch<op, k>(pc, r);
  if (ADDER_UNLIKELY(truth < 0)) ADDER_UNWIND();
  if (truth == sense) {
    auto offset = static_cast<int16_t>(field_c(pc));
    if (ADDER_UNLIKELY(breaker_set()) && offset < 0) {
      if (!poll_jump(pc, r, t)) ADDER_UNWIND();
      handlers = t->handlers;
    }
    pc += offset;
  }
  pc += words;
  ADDER_DISPATCH();
}
template <int op, bool k, bool sense, int words>
ADDER_VM_CC ADDER_INLINE void branch(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  int truth = number_compare<op>(reg(r, field_a(pc)), k ? constant(r, field_b(pc)) : reg(r, field_b(pc)));
  if (ADDER_UNLIKELY(truth < 0)) [[clang::musttail]] return branch_general<op, k, sense, words>(pc, r, t, handlers);
  if (truth == sense) {
    // What waits at a backward jump is done by the general form, which tests again.
    if (ADDER_UNLIKELY(breaker_set())) [[clang::musttail]] return branch_general<op, k, sense, words>(pc, r, t, handlers);
    pc += static_cast<int16_t>(field_c(pc));
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

static inline void write_identity(const Word* pc, Value* r, bool sense) {
  uint16_t a = field_a(pc), b = field_b(pc), c = field_c(pc);
  bool same = reg(r, b) == reg(r, c);
  save_pc(r, pc);
  consume(r, b);
  consume(r, c);
  write(r, a, counted_bool(same == sense));
}
ADDER_HANDLER(IS) {
  write_identity(pc, r, true);
  ADDER_NEXT(IS);
}
ADDER_HANDLER(IS_NOT) {
  write_identity(pc, r, false);
  ADDER_NEXT(IS_NOT);
}

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
