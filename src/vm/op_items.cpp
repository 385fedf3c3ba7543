// Handlers of subscripts: items and slices. Fast paths: exact lists and tuples by an int that counts from the start.
//
// As in op_arithmetic.cpp a handler does what needs no call; before any effect it hands over to its `…_general` companion if something
// else is met: another type, another key, a reference that dies.
#include "object/slices.h"
#include "object/slots.h"
#include "object/type.h"
#include "vm/interp.h"
#include "vm/nodes.h"

namespace adder {

// --- Items --------------------------------------------------------------------------------------------------------------------------
static ADDER_NOINLINE bool slow_load_item(const Word* pc, Value* r, Value key, uint16_t key_operand) {
  save_pc(r, pc);
  Value container = reg(r, field_b(*pc)), found;
  const unsigned endings = nodes.endings;
  Ref result;
  if (is_exact_dict(container)) {
    int there = dict_lookup(container, key, &found);
    if (there > 0) result = Ref::copy(found);
    else if (there == 0) raise_key_error(key);
  } else {
    if (ADDER_UNLIKELY(is_exact(container, nodes.array) && is_exact(key, nodes.array))) nodes.site = frame_of(r);
    BinaryFn subscript = container.is_object() && !key.is_int() ? slots_of(container).mp_subscript : nullptr;
    result = subscript ? subscript(container, key) : get_item(container, key);
    nodes.site = nullptr;
  }
  consume(r, field_b(*pc));
  consume(r, key_operand);
  return result && meet_result(frame_of(r), &result, endings) && write_ref(r, field_a(*pc), std::move(result));
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ITEM_general) {
  if (ADDER_UNLIKELY(!slow_load_item(pc, r, reg(r, field_c(pc)), field_c(pc)))) ADDER_UNWIND();
  if (handlers == kHandlers) handlers = t->handlers;  // a local may hold a node now
  ADDER_NEXT(LOAD_ITEM);
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ITEM_K_general) {
  if (ADDER_UNLIKELY(!slow_load_item(pc, r, constant(r, field_c(pc)), 0))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_ITEM_K);
}
// Writes the item `key` of an exact list or tuple, the operand b, to the operand a and consumes the container; false, without effect, if it is
// none of that, C sees it, or something dies.
static ADDER_INLINE bool give_item(const Word* pc, Value* r, Value container, Value key) {
  if (ADDER_UNLIKELY(!container.is_object())) return false;
  PyObject* o = container.object();
  const Value* words;
  if (o->ob_type == &PyList_Type) words = list_words(container);
  else if (o->ob_type == &PyTuple_Type) words = tuple_words(container);
  else return false;
  // Of a word that is no int, or of a negative one, no index remains that is small enough.
  uint64_t i = key.bits - Value::kIntZero;
  if (ADDER_UNLIKELY(i >= static_cast<uint64_t>(sequence_size(container)))) return false;
  if (!(field_b(pc) & kLastUse)) return write_item(r, field_a(pc), o, words[i]);
  if (refcount(o) == 1) return false;
  --refcount(o);
  if (ADDER_LIKELY(write_item(r, field_a(pc), o, words[i]))) return true;
  ++refcount(o);
  return false;
}
ADDER_HANDLER(LOAD_ITEM_PLAIN) {
  if (ADDER_UNLIKELY(!give_item(pc, r, reg(r, field_b(pc)), reg(r, field_c(pc))))) {
    [[clang::musttail]] return op_LOAD_ITEM_general(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_ITEM);
}
ADDER_HANDLER(LOAD_ITEM_K) {
  if (ADDER_UNLIKELY(!give_item(pc, r, reg(r, field_b(pc)), constant(r, field_c(pc))))) {
    [[clang::musttail]] return op_LOAD_ITEM_K_general(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_ITEM_K);
}
static inline Value small_index(uint16_t field) { return Value::from_int(static_cast<int16_t>(field)); }
static ADDER_NOINLINE ADDER_HANDLER(LOAD_ITEM_I_general) {
  if (ADDER_UNLIKELY(!slow_load_item(pc, r, small_index(field_c(pc)), 0))) ADDER_UNWIND();
  ADDER_NEXT(LOAD_ITEM_I);
}
ADDER_HANDLER(LOAD_ITEM_I_PLAIN) {
  if (ADDER_UNLIKELY(!give_item(pc, r, reg(r, field_b(pc)), small_index(field_c(pc))))) {
    [[clang::musttail]] return op_LOAD_ITEM_I_general(pc, r, t, handlers);
  }
  ADDER_NEXT(LOAD_ITEM_I);
}

static ADDER_NOINLINE bool slow_store_item(const Word* pc, Value* r, Value key, uint16_t key_operand) {
  save_pc(r, pc);
  Value container = reg(r, field_a(pc));
  bool ok = meet_stored(container, &reg(r, field_c(pc)));
  Value value = reg(r, field_c(pc));
  if (ok) ok = is_exact_dict(container) ? dict_set(container, key, value) : set_item(container, key, value);
  consume(r, field_c(pc));
  consume(r, key_operand);
  consume(r, field_a(pc));
  return ok;
}
// Stores the operand c as the item `key` of the exact list in the operand a and consumes both; false, without effect, if that takes a call.
static ADDER_INLINE bool put_item(const Word* pc, Value* r, Value key) {
  uint16_t a = field_a(pc);
  Value container = reg(r, a);
  if (ADDER_UNLIKELY(!is_exact_list(container))) return false;
  uint64_t i = key.bits - Value::kIntZero;
  if (ADDER_UNLIKELY(i >= static_cast<uint64_t>(list_size(container)) || c_visible(container.object()) || ((a & kLastUse) && !survives(container)))) return false;
  Value* slot = list_words(container) + i;
  Value old = *slot;
  if (ADDER_UNLIKELY(!survives(old) || old == container)) return false;
  *slot = take(r, field_c(pc));
  if (old.is_object()) --refcount(old.object());
  if (a & kLastUse) --refcount(container.object());
  return true;
}
static ADDER_NOINLINE ADDER_HANDLER(STORE_ITEM_general) {
  if (ADDER_UNLIKELY(!slow_store_item(pc, r, reg(r, field_b(pc)), field_b(pc)))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ITEM);
}
ADDER_HANDLER(STORE_ITEM) {
  if (ADDER_UNLIKELY(!put_item(pc, r, reg(r, field_b(pc))))) [[clang::musttail]] return op_STORE_ITEM_general(pc, r, t, handlers);
  ADDER_NEXT(STORE_ITEM);
}
static ADDER_NOINLINE ADDER_HANDLER(STORE_ITEM_I_general) {
  if (ADDER_UNLIKELY(!slow_store_item(pc, r, small_index(field_b(pc)), 0))) ADDER_UNWIND();
  ADDER_NEXT(STORE_ITEM_I);
}
ADDER_HANDLER(STORE_ITEM_I) {
  if (ADDER_UNLIKELY(!put_item(pc, r, small_index(field_b(pc))))) [[clang::musttail]] return op_STORE_ITEM_I_general(pc, r, t, handlers);
  ADDER_NEXT(STORE_ITEM_I);
}
ADDER_SLOW_OP(DELETE_ITEM) {
  save_pc(r, pc);
  bool ok = delete_item(reg(r, field_a(*pc)), reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}

// --- Slices -------------------------------------------------------------------------------------------------------------------------
static void release_parts(Value* parts, int n) {
  while (n > 0) decref(parts[--n]);
}
static bool do_load_slice(const Word* pc, Value* r, int n) {
  save_pc(r, pc);
  Value* parts = r + field_c(pc);
  Ref result = load_slice(reg(r, field_b(pc)), parts[0], parts[1], n == 3 ? parts[2] : none());
  release_parts(parts, n);
  consume(r, field_b(pc));
  return write_ref(r, field_a(pc), std::move(result));
}
ADDER_SLOW_OP(LOAD_SLICE) { return do_load_slice(pc, r, 2); }
ADDER_SLOW_OP(LOAD_SLICE_STEP) { return do_load_slice(pc, r, 3); }
static bool do_store_slice(const Word* pc, Value* r, int n) {
  save_pc(r, pc);
  Value* parts = r + field_b(pc);
  bool ok = meet_stored(reg(r, field_a(pc)), &reg(r, field_c(pc)));
  Value value = reg(r, field_c(pc));
  // A list that dies here may give its items away.
  bool dies = (field_c(pc) & kLastUse) && is_exact_list(value) && refcount(value.object()) == 1;
  ok = ok && store_slice(reg(r, field_a(pc)), parts[0], parts[1], n == 3 ? parts[2] : none(), value, dies);
  release_parts(parts, n);
  consume(r, field_c(pc));
  consume(r, field_a(pc));
  return ok;
}
ADDER_SLOW_OP(STORE_SLICE) { return do_store_slice(pc, r, 2); }
ADDER_SLOW_OP(STORE_SLICE_STEP) { return do_store_slice(pc, r, 3); }
ADDER_SLOW_OP(DELETE_SLICE) {
  save_pc(r, pc);
  Value* parts = r + field_b(pc);
  bool ok = store_slice(reg(r, field_a(pc)), parts[0], parts[1], none(), Value{}, false);
  release_parts(parts, 2);
  consume(r, field_a(pc));
  return ok;
}

}  // namespace adder
