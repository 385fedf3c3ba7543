// Forms of LOAD_ITEM that do the instructions behind it too, where a program computes on lists of numbers: `a[i] - b[j]`, `a[i] += x`,
// `a[i] -= x * y`.
//
// The instruction takes its form when it first runs, by what the compiler wrote behind it. A form does everything or, before any effect, hands over
// to the plain one, which does the first instruction alone. Numbers need no release and raise nothing here, so that temporaries in between are never
// written and nobody can look in. The cache word has the operation and counts how often it was something else.
#include "vm/interp.h"
#include "vm/number_ops.h"

namespace adder {

namespace {

enum Operation : uint8_t { kAdd, kSubtract, kMultiply, kOther };
constexpr Word kOperationBits = 3, kOfConstant = 4, kFailure = 8, kMostFailures = 16 * kFailure;

template <bool immediate>
struct Forms {
  static constexpr Op kLoad = immediate ? Op::kLOAD_ITEM_I : Op::kLOAD_ITEM;
  static constexpr Op kPlain = immediate ? Op::kLOAD_ITEM_I_PLAIN : Op::kLOAD_ITEM_PLAIN;
  static constexpr Op kBoth = immediate ? Op::kLOAD_ITEM_I_BOTH : Op::kLOAD_ITEM_BOTH;
  static constexpr Op kUpdate = immediate ? Op::kLOAD_ITEM_I_UPDATE : Op::kLOAD_ITEM_UPDATE;
  static constexpr Op kUpdateByProduct = immediate ? Op::kLOAD_ITEM_I_UPDATE_BY_PRODUCT : Op::kLOAD_ITEM_UPDATE_BY_PRODUCT;
  static constexpr Op kStore = immediate ? Op::kSTORE_ITEM_I : Op::kSTORE_ITEM;
};
constexpr int kLoadWords = words_of<Op::kLOAD_ITEM>, kOperationWords = words_of<Op::kADD>, kStoreWords = words_of<Op::kSTORE_ITEM>;
static_assert(words_of<Op::kLOAD_ITEM_I> == kLoadWords && words_of<Op::kADD_K> == kOperationWords && words_of<Op::kSTORE_ITEM_I> == kStoreWords);

// --- Which form -----------------------------------------------------------------------------------------------------------------------
Operation operation_of(Op op, bool* of_constant) {
  *of_constant = op == Op::kADD_K || op == Op::kSUBTRACT_K || op == Op::kMULTIPLY_K || op == Op::kINPLACE_ADD_K || op == Op::kINPLACE_SUBTRACT_K || op == Op::kINPLACE_MULTIPLY_K;
  switch (op) {
    case Op::kADD: case Op::kADD_K: case Op::kINPLACE_ADD: case Op::kINPLACE_ADD_K: return kAdd;
    case Op::kSUBTRACT: case Op::kSUBTRACT_K: case Op::kINPLACE_SUBTRACT: case Op::kINPLACE_SUBTRACT_K: return kSubtract;
    case Op::kMULTIPLY: case Op::kMULTIPLY_K: case Op::kINPLACE_MULTIPLY: case Op::kINPLACE_MULTIPLY_K: return kMultiply;
    default: return kOther;
  }
}
// An item of a local, by a local or a number, into a temporary.
template <bool immediate>
bool loads_simply(const Word* load) {
  return !((field_a(load) & kOccupied) || (field_b(load) & kLastUse) || (!immediate && (field_c(load) & kLastUse)));
}
bool uses(uint16_t operand, uint16_t temporary) { return (operand & kRegisterMask) == temporary; }
// Whether what the instruction at `result` leaves in a temporary goes back to where the load took its item. An index used up there is a number.
template <bool immediate>
bool stores_back(const Word* load, const Word* result, const Word* store) {
  const uint16_t index = immediate ? field_b(store) : field_b(store) & kRegisterMask;
  return general_form(op_of(*store)) == Forms<immediate>::kStore && field_a(store) == field_b(load) && index == field_c(load) &&
         !(field_a(result) & kOccupied) && field_c(store) == (field_a(result) | kLastUse);
}
template <bool immediate>
ADDER_NOINLINE void choose_form(const Word* load) {
  using F = Forms<immediate>;
  quicken(load, F::kPlain);
  if (!loads_simply<immediate>(load)) return;
  const uint16_t item = field_a(load), last_item = item | kLastUse;
  const Word *second = load + kLoadWords, *third = second + kOperationWords;
  const Op second_op = general_form(op_of(*second));
  bool of_constant;
  auto take = [&](Op form, Operation operation) {
    *cache_of(load) = operation | (of_constant ? kOfConstant : 0);
    quicken(load, form);
  };
  if (second_op == F::kLoad) {
    const Operation operation = operation_of(general_form(op_of(*third)), &of_constant);
    if (operation == kOther || of_constant || !loads_simply<immediate>(second) || uses(field_b(second), item) || (!immediate && uses(field_c(second), item))) return;
    if (field_b(third) == last_item && field_c(third) == (field_a(second) | kLastUse)) take(F::kBoth, operation);
    return;
  }
  Operation operation = operation_of(second_op, &of_constant);
  if (operation == kOther) return;
  if (field_b(second) == last_item) {
    if ((of_constant || !uses(field_c(second), item)) && stores_back<immediate>(load, second, third)) take(F::kUpdate, operation);
    return;
  }
  if (second_op != Op::kMULTIPLY || (field_a(second) & kOccupied) || uses(field_b(second), item) || uses(field_c(second), item)) return;
  operation = operation_of(general_form(op_of(*third)), &of_constant);
  if ((operation == kAdd || operation == kSubtract) && !of_constant && field_b(third) == last_item && field_c(third) == (field_a(second) | kLastUse) &&
      stores_back<immediate>(load, third, third + kOperationWords)) {
    take(F::kUpdateByProduct, operation);
  }
}

// --- The forms ------------------------------------------------------------------------------------------------------------------------
// Where the item lies that the load reads; null if it is none of an exact list. Arithmetic finds that it is no number; a list that C sees holds none.
template <bool immediate>
ADDER_INLINE Value* item_place(const Word* load, Value* r) {
  const Value list = reg(r, field_b(load));
  if (ADDER_UNLIKELY(!is_exact_list(list))) return nullptr;
  const uint64_t i = immediate ? static_cast<uint64_t>(static_cast<int16_t>(field_c(load))) : reg(r, field_c(load)).bits - Value::kIntZero;
  if (ADDER_UNLIKELY(i >= static_cast<uint64_t>(list_size(list)))) return nullptr;
  return list_words(list) + i;
}
ADDER_INLINE bool operate(Word operation, const Value& x, const Value& y, Value& out) {
  switch (operation & kOperationBits) {
    case kAdd: return number_op<BinaryOp::kAdd>(x, y, out);
    case kSubtract: return number_op<BinaryOp::kSubtract>(x, y, out);
    default: return number_op<BinaryOp::kMultiply>(x, y, out);
  }
}
template <bool immediate>
ADDER_INLINE bool do_both(const Word* pc, Value* r) {
  const Word* operation = pc + 2 * kLoadWords;
  const Value *x = item_place<immediate>(pc, r), *y = item_place<immediate>(pc + kLoadWords, r);
  const uint16_t a = field_a(operation);
  return ADDER_LIKELY(x && y && holds_number(r, a)) && operate(*cache_of(pc), *x, *y, reg(r, a));
}
template <bool immediate>
ADDER_INLINE bool do_update(const Word* pc, Value* r) {
  const Word* operation = pc + kLoadWords;
  Value* item = item_place<immediate>(pc, r);
  if (ADDER_UNLIKELY(!item)) return false;
  const Value& y = *cache_of(pc) & kOfConstant ? constant(r, field_c(operation)) : reg(r, field_c(operation));
  return operate(*cache_of(pc), *item, y, *item);
}
template <bool immediate>
ADDER_INLINE bool do_update_by_product(const Word* pc, Value* r) {
  const Word* product = pc + kLoadWords;
  Value* item = item_place<immediate>(pc, r);
  if (ADDER_UNLIKELY(!item)) return false;
  const double d = float_of(reg(r, field_b(product))) * float_of(reg(r, field_c(product))), x = float_of(*item);
  const double sum = (*cache_of(pc) & kOperationBits) == kAdd ? x + d : x - d;
  if (ADDER_UNLIKELY(sum != sum)) return false;
  set_float(*item, sum);
  return true;
}

}  // namespace

// Tracing sees all instructions.
#define ADDER_ITEM_FORM(NAME, PLAIN, DO, WORDS)                                            \
  ADDER_HANDLER(NAME) {                                                                    \
    if (ADDER_LIKELY(handlers == kHandlers)) {                                             \
      if (ADDER_LIKELY(DO(pc, r))) {                                                       \
        pc += WORDS;                                                                       \
        ADDER_DISPATCH();                                                                  \
      }                                                                                    \
      if ((*cache_of(pc) += kFailure) >= kMostFailures) quicken(pc, Op::k##PLAIN);         \
    }                                                                                      \
    [[clang::musttail]] return op_##PLAIN(pc, r, t, handlers);                             \
  }
#define ADDER_ITEM_FORMS(NAME, IMMEDIATE)                                                                                      \
  ADDER_HANDLER(NAME) {                                                                                                        \
    choose_form<IMMEDIATE>(pc);                                                                                                \
    [[clang::musttail]] return op_##NAME##_PLAIN(pc, r, t, handlers);                                                          \
  }                                                                                                                            \
  ADDER_ITEM_FORM(NAME##_BOTH, NAME##_PLAIN, do_both<IMMEDIATE>, 2 * kLoadWords + kOperationWords)                             \
  ADDER_ITEM_FORM(NAME##_UPDATE, NAME##_PLAIN, do_update<IMMEDIATE>, kLoadWords + kOperationWords + kStoreWords)               \
  ADDER_ITEM_FORM(NAME##_UPDATE_BY_PRODUCT, NAME##_PLAIN, do_update_by_product<IMMEDIATE>, kLoadWords + 2 * kOperationWords + kStoreWords)
ADDER_ITEM_FORMS(LOAD_ITEM, false)
ADDER_ITEM_FORMS(LOAD_ITEM_I, true)

}  // namespace adder
