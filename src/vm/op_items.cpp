// Handlers of subscripts: items and slices. Fast paths: exact lists and tuples by an int that counts from the start.
//
// As in op_arithmetic.cpp a handler does what needs no call; before any effect it hands over to its `…_general` companion if something
// else is met: another type, another key, a reference that dies.
#include "object/type.h"
#include "vm/interp.h"

namespace adder {

// --- Items --------------------------------------------------------------------------------------------------------------------------
static ADDER_NOINLINE bool slow_load_item(const Word* pc, Value* r, Value key, uint16_t key_operand) {
  save_pc(r, pc);
  Ref result = get_item(reg(r, field_b(*pc)), key);
  consume(r, field_b(*pc));
  consume(r, key_operand);
  return write_ref(r, field_a(*pc), std::move(result));
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ITEM_general) {
  if (ADDER_UNLIKELY(!slow_load_item(pc, r, reg(r, field_c(pc)), field_c(pc)))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_ITEM);
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ITEM_K_general) {
  if (ADDER_UNLIKELY(!slow_load_item(pc, r, constant(r, field_c(pc)), 0))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_ITEM_K);
}
// The word at an index of an exact list or tuple that C does not see; null if it is none of that.
static inline const Value* item_at(Value container, Value key) {
  if (!container.is_object()) return nullptr;
  PyObject* o = container.object();
  const Value* words;
  if (o->ob_type == &PyList_Type) words = list_words(container);
  else if (o->ob_type == &PyTuple_Type) words = tuple_words(container);
  else return nullptr;
  // Of a word that is no int, or of a negative one, no index remains that is small enough.
  uint64_t i = key.bits - Value::kIntZero;
  return i < static_cast<uint64_t>(sequence_size(container)) ? words + i : nullptr;
}
// Writes it to the operand a and consumes the container, the operand b; false, without effect, if that takes a call.
static inline bool give_item(const Word* pc, Value* r, Value container, const Value* item) {
  if (ADDER_UNLIKELY(!item)) return false;
  bool last_use = field_b(pc) & kLastUse;
  if (last_use && ADDER_UNLIKELY(!survives(container) || reg(r, field_a(pc)) == container)) return false;
  if (ADDER_UNLIKELY(!write_item(r, field_a(pc), container.object(), *item))) return false;
  if (last_use) --refcount(container.object());
  return true;
}
ADDER_HANDLER(LOAD_ITEM) {
  Value container = reg(r, field_b(pc));
  if (ADDER_UNLIKELY(!give_item(pc, r, container, item_at(container, reg(r, field_c(pc)))))) {
    [[clang::musttail]] return op_LOAD_ITEM_general(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_ITEM);
}
ADDER_HANDLER(LOAD_ITEM_K) {
  Value container = reg(r, field_b(pc));
  if (ADDER_UNLIKELY(!give_item(pc, r, container, item_at(container, constant(r, field_c(pc)))))) {
    [[clang::musttail]] return op_LOAD_ITEM_K_general(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_ITEM_K);
}

static ADDER_NOINLINE bool slow_store_item(const Word* pc, Value* r) {
  save_pc(r, pc);
  Word w = *pc;
  bool ok = set_item(reg(r, field_a(w)), reg(r, field_b(w)), reg(r, field_c(w)));
  consume(r, field_c(w));
  consume(r, field_b(w));
  consume(r, field_a(w));
  return ok;
}
static ADDER_NOINLINE ADDER_HANDLER(STORE_ITEM_general) {
  if (ADDER_UNLIKELY(!slow_store_item(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ITEM);
}
ADDER_HANDLER(STORE_ITEM) {
  Value container = reg(r, field_a(pc));
  uint64_t i = reg(r, field_b(pc)).bits - Value::kIntZero;
  if (ADDER_LIKELY(is_exact_list(container) && i < static_cast<uint64_t>(list_size(container)) && !c_visible(container.object()) &&
                   !(field_a(pc) & kLastUse && !survives(container)))) {
    Value* slot = list_words(container) + i;
    Value old = *slot;
    if (ADDER_LIKELY(survives(old) && old != container)) {
      *slot = take(r, field_c(pc));
      if (old.is_object()) --refcount(old.object());
      if (field_a(pc) & kLastUse) --refcount(container.object());
      ADDER_NEXT(STORE_ITEM);
    }
  }
  [[clang::musttail]] return op_STORE_ITEM_general(pc, r, t, handlers);
}
ADDER_SLOW_OP(DELETE_ITEM) {
  save_pc(r, pc);
  bool ok = delete_item(reg(r, field_a(*pc)), reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(LOAD_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_c(*pc);
  Ref result = get_slice(reg(r, field_b(*pc)), bounds[0], bounds[1]);
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_SLOW_OP(STORE_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_b(*pc);
  bool ok = set_slice(reg(r, field_a(*pc)), bounds[0], bounds[1], reg(r, field_c(*pc)));
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_c(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(DELETE_SLICE) {
  save_pc(r, pc);
  Value* bounds = r + field_b(*pc);
  bool ok = set_slice(reg(r, field_a(*pc)), bounds[0], bounds[1], Value{});
  decref(bounds[1]);
  decref(bounds[0]);
  consume(r, field_a(*pc));
  return ok;
}

}  // namespace adder
