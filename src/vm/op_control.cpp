// Handlers of moves, constants, jumps, iteration, building and unpacking.
#include <cstring>
#include "memory/gc_tracking.h"
#include "object/bytes.h"
#include "object/float.h"
#include "object/int.h"
#include "object/pairs.h"
#include "object/sequence.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/interp.h"
#include "vm/trace.h"

namespace adder {

// --- Moves and constants ----------------------------------------------------------------------------------------------------
ADDER_HANDLER(NOP) { ADDER_NEXT(NOP); }
// Calls begin behind it: only a debugger's jump gets here. The cells are made already.
ADDER_HANDLER(RESUME) {
  pc += words_of<Op::kRESUME>;
  while (op_of(*pc) == Op::kRETURN_GENERATOR || op_of(*pc) == Op::kCOPY_FREE_VARS || op_of(*pc) == Op::kMAKE_CELL) pc++;
  ADDER_DISPATCH();
}
static ADDER_NOINLINE ADDER_HANDLER(MOVE_general) {
  save_pc(r, pc);
  write(r, field_a(pc), take(r, field_b(pc)));
  ADDER_NEXT(MOVE);
}
ADDER_HANDLER(MOVE) {
  uint16_t b = field_b(pc);
  Value v = reg(r, b);
  if (ADDER_UNLIKELY(!replace(r, field_a(pc), v))) [[clang::musttail]] return op_MOVE_general(pc, r, t, handlers);
  if (!(b & kLastUse)) incref(v);
  ADDER_NEXT(MOVE);
}
static ADDER_NOINLINE ADDER_HANDLER(LOAD_CONST_general) {
  save_pc(r, pc);
  Value v = constant(r, field_bc(*pc));
  incref(v);
  write(r, field_a(pc), v);
  ADDER_NEXT(LOAD_CONST);
}
ADDER_HANDLER(LOAD_CONST) {
  Value v = constant(r, field_bc(*pc));
  if (ADDER_UNLIKELY(!replace(r, field_a(pc), v))) [[clang::musttail]] return op_LOAD_CONST_general(pc, r, t, handlers);
  incref(v);
  ADDER_NEXT(LOAD_CONST);
}
static ADDER_NOINLINE ADDER_HANDLER(RELEASE_general) {
  save_pc(r, pc);
  consume(r, field_a(pc));
  ADDER_NEXT(RELEASE);
}
ADDER_HANDLER(RELEASE) {
  Value v = reg(r, field_a(pc));
  if (v.is_object()) {
    if (ADDER_UNLIKELY(refcount(v.object()) == 1)) [[clang::musttail]] return op_RELEASE_general(pc, r, t, handlers);
    --refcount(v.object());
  }
  ADDER_NEXT(RELEASE);
}

static ADDER_NOINLINE bool raise_unbound(const Word* pc, Value* r) {
  save_pc(r, pc);
  return raise_unbound_local(frame_of(r), field_a(*pc));
}
ADDER_HANDLER(CHECK_BOUND) {
  if (ADDER_UNLIKELY(r[field_a(*pc)].absent() && !raise_unbound(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(CHECK_BOUND);
}
ADDER_SLOW_OP(DELETE_LOCAL) {
  Value old = r[field_a(*pc)];
  if (old.absent()) return raise_unbound(pc, r);
  save_pc(r, pc);
  r[field_a(*pc)] = Value{};
  decref(old);
  return true;
}
ADDER_HANDLER(CLEAR_LOCAL) {
  save_pc(r, pc);
  Value old = r[field_a(*pc)];
  r[field_a(*pc)] = Value{};
  decref(old);
  ADDER_NEXT(CLEAR_LOCAL);
}

// --- Jumps --------------------------------------------------------------------------------------------------------------------
ADDER_HANDLER(JUMP) {
  pc += words_of<Op::kJUMP> + static_cast<int32_t>(field_bc(*pc));
  ADDER_DISPATCH();
}
static inline const Word* back_target(const Word* pc) { return pc + words_of<Op::kJUMP_BACK> + static_cast<int32_t>(field_bc(*pc)); }
static void quicken_loop_end(const Word* pc, Op loop);
ADDER_HANDLER(JUMP_BACK) {
  if (ADDER_UNLIKELY(breaker_set())) {
    if (!poll_jump(pc, r, t)) ADDER_UNWIND();
    handlers = t->handlers;
  }
  const Word* target = back_target(pc);
  const Op loop = op_of(*target);
  if (loop >= Op::kFOR_ITER_RANGE && loop <= Op::kFOR_ITER_ZIP) quicken_loop_end(pc, loop);
  pc = target;
  ADDER_DISPATCH();
}

static ADDER_NOINLINE int slow_truth(const Word* pc, Value* r) {
  save_pc(r, pc);
  int truth = is_true(reg(r, field_a(*pc)));
  consume(r, field_a(*pc));
  return truth;
}
static ADDER_NOINLINE ADDER_HANDLER(JUMP_IF_TRUE_general) {
  int truth = slow_truth(pc, r);
  if (ADDER_UNLIKELY(truth < 0)) ADDER_UNWIND();
  ADDER_BRANCH(JUMP_IF_TRUE, truth, static_cast<int32_t>(field_bc(*pc)));
}
static ADDER_NOINLINE ADDER_HANDLER(JUMP_IF_FALSE_general) {
  int truth = slow_truth(pc, r);
  if (ADDER_UNLIKELY(truth < 0)) ADDER_UNWIND();
  ADDER_BRANCH(JUMP_IF_FALSE, !truth, static_cast<int32_t>(field_bc(*pc)));
}
ADDER_HANDLER(JUMP_IF_TRUE) {
  // What waits at a backward jump is done by the general form.
  int truth = ADDER_UNLIKELY(breaker_set()) ? -1 : quick_truth(reg(r, field_a(pc)), field_a(pc));
  if (ADDER_UNLIKELY(truth < 0)) [[clang::musttail]] return op_JUMP_IF_TRUE_general(pc, r, t, handlers);
  pc += words_of<Op::kJUMP_IF_TRUE> + (truth ? static_cast<int32_t>(field_bc(*pc)) : 0);
  ADDER_DISPATCH();
}
ADDER_HANDLER(JUMP_IF_FALSE) {
  int truth = ADDER_UNLIKELY(breaker_set()) ? -1 : quick_truth(reg(r, field_a(pc)), field_a(pc));
  if (ADDER_UNLIKELY(truth < 0)) [[clang::musttail]] return op_JUMP_IF_FALSE_general(pc, r, t, handlers);
  pc += words_of<Op::kJUMP_IF_FALSE> + (truth ? 0 : static_cast<int32_t>(field_bc(*pc)));
  ADDER_DISPATCH();
}
ADDER_HANDLER(JUMP_IF_NONE) {
  Word w = *pc;
  bool yes = is_none(reg(r, field_a(w)));
  consume(r, field_a(w));
  ADDER_BRANCH(JUMP_IF_NONE, yes, static_cast<int32_t>(field_bc(w)));
}
ADDER_HANDLER(JUMP_IF_NOT_NONE) {
  Word w = *pc;
  bool yes = is_none(reg(r, field_a(w)));
  consume(r, field_a(w));
  ADDER_BRANCH(JUMP_IF_NOT_NONE, !yes, static_cast<int32_t>(field_bc(w)));
}

// --- Iteration ------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(GET_ITER) {
  save_pc(r, pc);
  Ref it = iter(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(it));
}

extern "C" PyTypeObject PyTupleIter_Type;

// Whether the item of the FOR_ITER at pc is at once taken apart into two.
static bool unpacks_pair(const Word* pc) {
  Word next = pc[words_of<Op::kFOR_ITER>];
  return op_of(next) == Op::kUNPACK_PAIR && field_b(next) == (field_a(pc) | kLastUse);
}
// The form for an iterator of pairs: straight from the lists, where it goes through such.
static Op form_for_pairs(Value it) {
  if (is_exact(it, &PyEnum_Type)) return is_exact(Value{it.as<Enumerate>()->iterator}, &PyListIter_Type) ? Op::kFOR_ITER_ENUMERATE : Op::kFOR_ITER_PAIR;
  if (!is_exact(it, &PyZip_Type) || it.as<Zip>()->size != 2) return Op::kFOR_ITER_PAIR;
  Value iterators{it.as<Zip>()->iterators};
  return is_exact(tuple_get(iterators, 0), &PyListIter_Type) && is_exact(tuple_get(iterators, 1), &PyListIter_Type) ? Op::kFOR_ITER_ZIP : Op::kFOR_ITER_PAIR;
}
static Op form_for_list(const Word* pc, Value it) {
  auto* i = it.as<SequenceIterator>();
  if (!unpacks_pair(pc) || !i->sequence) return Op::kFOR_ITER_LIST;
  if (i->index >= list_size(i->sequence)) return op_of(*pc) == Op::kFOR_ITER_LIST_PAIR ? Op::kFOR_ITER_LIST_PAIR : Op::kFOR_ITER_LIST;
  Value item = list_words(i->sequence)[i->index];
  return is_exact_tuple(item) && tuple_size(item) == 2 ? Op::kFOR_ITER_LIST_PAIR : Op::kFOR_ITER_LIST;
}
// Tracing sees a StopIteration that was raised, by __next__ or for the value that a generator returned, though it only ends the loop.
static ADDER_NOINLINE Ref next_traced(Value it, Value* r) {
  Ref item = slots_of(it).tp_iternext(it);
  if (item || !error_matches(PyExc_StopIteration)) return item;
  trace_exception(this_thread(), frame_of(r));
  if (error_matches(PyExc_StopIteration)) clear_error();
  return item;
}
// 1: an item was written; 0: exhausted; -1: exception.
static ADDER_NOINLINE int for_iter(const Word* pc, Value* r) {
  save_pc(r, pc);
  Value it = reg(r, field_b(*pc));
  if (is_exact(it, &PyRangeIter_Type)) quicken(pc, Op::kFOR_ITER_RANGE);
  else if (is_exact(it, &PyListIter_Type)) quicken(pc, form_for_list(pc, it));
  else if (is_exact(it, &PyTupleIter_Type)) quicken(pc, Op::kFOR_ITER_TUPLE);
  else if (is_exact(it, &PyGen_Type)) quicken(pc, Op::kFOR_ITER_GENERATOR);
  else if (gives_pairs(it) && unpacks_pair(pc)) quicken(pc, form_for_pairs(it));
  else quicken(pc, Op::kFOR_ITER);
  Ref item = ADDER_LIKELY(this_thread()->handlers == kHandlers) ? next(it) : next_traced(it, r);
  if (item) {
    write(r, field_a(*pc), item.release());
    return 1;
  }
  return error_occurred() ? -1 : 0;
}
ADDER_HANDLER(FOR_ITER) {
  ADDER_COUNT_GENERAL(FOR_ITER);
  int more = for_iter(pc, r);
  if (ADDER_UNLIKELY(more < 0)) ADDER_UNWIND();
  pc += words_of<Op::kFOR_ITER> + (more ? 0 : static_cast<int16_t>(field_c(*pc)));
  ADDER_DISPATCH();
}
// The step of a FOR_ITER over a range, a list or a tuple; false, without effect, if it is not to be done by these: another iterator, the end, a release.
static ADDER_INLINE bool step_range(const Word* loop, Value* r) {
  Value v = reg(r, field_b(loop));
  uint16_t a = field_a(loop);
  if (ADDER_UNLIKELY(!is_exact(v, &PyRangeIter_Type) || !holds_number(r, a))) return false;
  auto* it = v.as<RangeIterator>();
  int64_t i = it->next;
  if (ADDER_UNLIKELY(it->remaining <= 0 || !Value::fits_int(i))) return false;
  it->next = i + it->step;
  it->remaining--;
  reg(r, a) = Value::from_int(i);
  return true;
}
template <bool is_list>
static ADDER_INLINE bool step_items(const Word* loop, Value* r) {
  Value v = reg(r, field_b(loop));
  if (ADDER_UNLIKELY(!is_exact(v, is_list ? &PyListIter_Type : &PyTupleIter_Type))) return false;
  auto* it = v.as<SequenceIterator>();
  PyObject* items = it->sequence;
  if (ADDER_UNLIKELY(!items || it->index >= (is_list ? list_size(items) : tuple_size(items)))) return false;
  if (ADDER_UNLIKELY(!write_item(r, field_a(loop), items, (is_list ? list_words(items) : tuple_words(items))[it->index]))) return false;
  it->index++;
  return true;
}
static ADDER_INLINE bool step_list(const Word* loop, Value* r) { return step_items<true>(loop, r); }
static ADDER_INLINE bool step_tuple(const Word* loop, Value* r) { return step_items<false>(loop, r); }
// The general form also finds that the iterator is of another type now.
ADDER_HANDLER(FOR_ITER_RANGE) {
  if (ADDER_LIKELY(step_range(pc, r))) ADDER_NEXT(FOR_ITER_RANGE);
  Value v = reg(r, field_b(pc));
  if (!is_exact(v, &PyRangeIter_Type) || v.as<RangeIterator>()->remaining > 0) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  pc += words_of<Op::kFOR_ITER_RANGE> + static_cast<int16_t>(field_c(pc));
  ADDER_DISPATCH();
}
ADDER_HANDLER(FOR_ITER_LIST) {
  if (ADDER_UNLIKELY(!step_list(pc, r))) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  ADDER_NEXT(FOR_ITER_LIST);
}
ADDER_HANDLER(FOR_ITER_TUPLE) {
  if (ADDER_UNLIKELY(!step_tuple(pc, r))) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  ADDER_NEXT(FOR_ITER_TUPLE);
}
// Both halves go straight to the outputs of the UNPACK_PAIR behind this instruction.
static ADDER_NOINLINE NextPair for_iter_pair(const Word* pc, Value* r) {
  save_pc(r, pc);
  Value pair[2];
  NextPair result = next_pair(reg(r, field_b(pc)), pair);
  if (result == NextPair::kGiven) {
    const Word* unpack = pc + words_of<Op::kFOR_ITER_PAIR>;
    write(r, field_a(unpack), pair[0]);
    write(r, field_c(unpack), pair[1]);
  }
  return result;
}
ADDER_HANDLER(FOR_ITER_PAIR) {
  // Tracing sees both instructions.
  NextPair result = ADDER_UNLIKELY(handlers != kHandlers) ? NextPair::kNotPairs : for_iter_pair(pc, r);
  if (ADDER_UNLIKELY(result == NextPair::kNotPairs)) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  if (ADDER_UNLIKELY(result == NextPair::kError)) ADDER_UNWIND();
  pc += words_of<Op::kFOR_ITER_PAIR> + (result == NextPair::kGiven ? words_of<Op::kUNPACK_PAIR> : static_cast<int16_t>(field_c(pc)));
  ADDER_DISPATCH();
}
// The item that a list's iterator gives next; absent if this takes more than reading it.
static ADDER_INLINE Value item_of(PyObject* iterator) {
  if (ADDER_UNLIKELY(iterator->ob_type != &PyListIter_Type)) return {};
  auto* it = reinterpret_cast<SequenceIterator*>(iterator);
  PyObject* list = it->sequence;
  if (ADDER_UNLIKELY(!list || it->index >= list_size(list))) return {};
  Value item = list_words(list)[it->index];
  return ADDER_UNLIKELY(item.is_object() && c_visible(list)) ? Value{} : item;
}
static inline void step(PyObject* iterator) { reinterpret_cast<SequenceIterator*>(iterator)->index++; }
// Steps of loops over pairs, straight to the outputs of the UNPACK_PAIR behind; false, without effect, if that takes more than counting.
static ADDER_INLINE const Word* unpacking(const Word* loop) { return loop + words_of<Op::kFOR_ITER>; }
static ADDER_INLINE bool write_halves(const Word* unpack, Value* r, Value x, Value y) {
  const uint16_t a = field_a(unpack), c = field_c(unpack);
  const Value old_x = a & kOccupied ? reg(r, a) : Value{}, old_y = c & kOccupied ? reg(r, c) : Value{};
  // The same object must not be let go twice on the strength of one look at its count.
  if (ADDER_UNLIKELY(!survives(old_x) || !survives(old_y) || (old_x.is_object() && old_x == old_y))) return false;
  incref(x);
  incref(y);
  reg(r, a) = x;
  reg(r, c) = y;
  if (old_x.is_object()) --refcount(old_x.object());
  if (old_y.is_object()) --refcount(old_y.object());
  return true;
}
static ADDER_INLINE bool step_pairs(const Word* loop, Value* r) {
  Value it = reg(r, field_b(loop));
  if (ADDER_UNLIKELY(!it.is_object())) return false;
  Value pair = item_of(it.object());
  if (ADDER_UNLIKELY(!is_exact_tuple(pair) || tuple_size(pair) != 2 || c_visible(pair.object()))) return false;
  if (ADDER_UNLIKELY(!write_halves(unpacking(loop), r, tuple_words(pair)[0], tuple_words(pair)[1]))) return false;
  step(it.object());
  return true;
}
static ADDER_INLINE bool step_enumerate(const Word* loop, Value* r) {
  Value v = reg(r, field_b(loop));
  if (ADDER_UNLIKELY(!is_exact(v, &PyEnum_Type))) return false;
  auto* e = v.as<Enumerate>();
  const Word* unpack = unpacking(loop);
  Value item = item_of(e->iterator);
  if (ADDER_UNLIKELY(item.absent() || !Value::fits_int(e->index) || !holds_number(r, field_a(unpack)) || !is_empty_pair(e->result))) return false;
  if (ADDER_UNLIKELY(!replace(r, field_c(unpack), item))) return false;
  incref(item);
  reg(r, field_a(unpack)) = Value::from_int(e->index++);
  step(e->iterator);
  return true;
}
static ADDER_INLINE bool step_zip(const Word* loop, Value* r) {
  Value v = reg(r, field_b(loop));
  if (ADDER_UNLIKELY(!is_exact(v, &PyZip_Type))) return false;
  auto* z = v.as<Zip>();
  if (ADDER_UNLIKELY(z->size != 2)) return false;
  const Value* iterators = tuple_words(Value{z->iterators});
  PyObject *first = iterators[0].object(), *second = iterators[1].object();
  Value x = item_of(first), y = item_of(second);
  if (ADDER_UNLIKELY(x.absent() || y.absent() || first == second || !is_empty_pair(z->result) || !write_halves(unpacking(loop), r, x, y))) return false;
  step(first);
  step(second);
  return true;
}
ADDER_HANDLER(FOR_ITER_LIST_PAIR) {
  if (ADDER_UNLIKELY(handlers != kHandlers || !step_pairs(pc, r))) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
  pc = unpacking(pc) + words_of<Op::kUNPACK_PAIR>;
  ADDER_DISPATCH();
}
ADDER_HANDLER(FOR_ITER_ENUMERATE) {
  if (ADDER_UNLIKELY(handlers != kHandlers || !step_enumerate(pc, r))) {
    if (!is_exact(reg(r, field_b(pc)), &PyEnum_Type)) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
    [[clang::musttail]] return op_FOR_ITER_PAIR(pc, r, t, handlers);
  }
  pc = unpacking(pc) + words_of<Op::kUNPACK_PAIR>;
  ADDER_DISPATCH();
}
ADDER_HANDLER(FOR_ITER_ZIP) {
  if (ADDER_UNLIKELY(handlers != kHandlers || !step_zip(pc, r))) {
    if (!is_exact(reg(r, field_b(pc)), &PyZip_Type)) [[clang::musttail]] return op_FOR_ITER(pc, r, t, handlers);
    [[clang::musttail]] return op_FOR_ITER_PAIR(pc, r, t, handlers);
  }
  pc = unpacking(pc) + words_of<Op::kUNPACK_PAIR>;
  ADDER_DISPATCH();
}

// --- Ends of loops --------------------------------------------------------------------------------------------------------------------
// The end of a loop's body and the next step in one. Whatever form the FOR_ITER has by now, with this iterator it would do this step.
#define ADDER_LOOP_END(FORM, STEP, WORDS)                                                 \
  ADDER_HANDLER(JUMP_BACK_##FORM) {                                                       \
    const Word* loop = back_target(pc);                                                   \
    if (ADDER_UNLIKELY(breaker_set() || handlers != kHandlers || !STEP(loop, r))) {       \
      [[clang::musttail]] return op_JUMP_BACK(pc, r, t, handlers);                        \
    }                                                                                     \
    pc = loop + WORDS;                                                                    \
    ADDER_DISPATCH();                                                                     \
  }
ADDER_LOOP_END(RANGE, step_range, words_of<Op::kFOR_ITER>)
ADDER_LOOP_END(LIST, step_list, words_of<Op::kFOR_ITER>)
ADDER_LOOP_END(TUPLE, step_tuple, words_of<Op::kFOR_ITER>)
ADDER_LOOP_END(LIST_PAIR, step_pairs, words_of<Op::kFOR_ITER> + words_of<Op::kUNPACK_PAIR>)
ADDER_LOOP_END(ENUMERATE, step_enumerate, words_of<Op::kFOR_ITER> + words_of<Op::kUNPACK_PAIR>)
ADDER_LOOP_END(ZIP, step_zip, words_of<Op::kFOR_ITER> + words_of<Op::kUNPACK_PAIR>)
static void quicken_loop_end(const Word* pc, Op loop) {
  switch (loop) {
    case Op::kFOR_ITER_RANGE: return quicken(pc, Op::kJUMP_BACK_RANGE);
    case Op::kFOR_ITER_LIST: return quicken(pc, Op::kJUMP_BACK_LIST);
    case Op::kFOR_ITER_TUPLE: return quicken(pc, Op::kJUMP_BACK_TUPLE);
    case Op::kFOR_ITER_LIST_PAIR: return quicken(pc, Op::kJUMP_BACK_LIST_PAIR);
    case Op::kFOR_ITER_ENUMERATE: return quicken(pc, Op::kJUMP_BACK_ENUMERATE);
    case Op::kFOR_ITER_ZIP: return quicken(pc, Op::kJUMP_BACK_ZIP);
    default: return;
  }
}

// --- Unpacking --------------------------------------------------------------------------------------------------------------------
static bool too_many(Py_ssize_t expected) {
  return raise(PyExc_ValueError, "too many values to unpack (expected %zd)", expected);
}
// Fills r[first …] with `before` items, then (if rest) the list of the middle and `after` items. Nothing is left behind on failure.
static bool unpack(Ref source, Value* out, Py_ssize_t before, bool rest, Py_ssize_t after) {
  if (!rest && (is_exact_tuple(source) || is_exact_list(source)) && sequence_size(source) == before) {
    if (is_exact_tuple(source) && refcount(source.object()) == 1 && !c_visible(source.object())) {
      tuple_give(std::move(source), out);
      return true;
    }
    for (Py_ssize_t i = 0; i < before; i++) {
      Value v = sequence_get(source, i);
      incref(v);
      out[i] = v;
    }
    return true;
  }
  Ref it = iter(source);
  if (!it) {
    if (error_matches(PyExc_TypeError) && !slots_of(source).tp_iter && !is_sequence(source)) {
      clear_error();
      return raise(PyExc_TypeError, "cannot unpack non-iterable %.200s object", type_of(source)->tp_name);
    }
    return false;
  }
  Py_ssize_t done = 0;
  auto fail = [&] {
    while (done > 0) decref(out[--done]);
    return false;
  };
  for (; done < before; done++) {
    Ref item = next(it);
    if (!item) {
      if (!error_occurred()) {
        if (rest) (void)raise(PyExc_ValueError, "not enough values to unpack (expected at least %zd, got %zd)", before + after, done);
        else (void)raise(PyExc_ValueError, "not enough values to unpack (expected %zd, got %zd)", before, done);
      }
      return fail();
    }
    out[done] = item.release();
  }
  if (!rest) {
    Ref more = next(it);
    if (more) {
      too_many(before);
      return fail();
    }
    return error_occurred() ? fail() : true;
  }
  Ref list = to_list(it);
  if (!list) return fail();
  Py_ssize_t n = list_size(list);
  if (n < after) {
    (void)raise(PyExc_ValueError, "not enough values to unpack (expected at least %zd, got %zd)", before + after, before + n);
    return fail();
  }
  for (Py_ssize_t i = 0; i < after; i++) out[before + 1 + i] = Ref::copy(list_get(list, n - after + i)).release();
  if (after && !list_set_slice(list, n - after, n, Value{})) {
    for (Py_ssize_t i = 0; i < after; i++) decref(out[before + 1 + i]);
    return fail();
  }
  out[before] = list.release();
  return true;
}
static ADDER_NOINLINE bool slow_unpack(const Word* pc, Value* r) {
  save_pc(r, pc);
  Ref source = Ref::steal(take(r, field_b(*pc)));  // the window may contain the operand
  return unpack(std::move(source), r + field_a(*pc), field_c(*pc), false, 0);
}
static ADDER_NOINLINE ADDER_HANDLER(UNPACK_general) {
  if (ADDER_UNLIKELY(!slow_unpack(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(UNPACK);
}
// The words of an exact tuple or list of n items, the operand b, which C does not see and which the instruction's end leaves alive; null if it
// is none.
static ADDER_INLINE const Value* items_to_unpack(Value source, uint16_t b, Py_ssize_t n) {
  bool is_tuple = is_exact_tuple(source);
  if (ADDER_UNLIKELY(!(is_tuple || is_exact_list(source)) || sequence_size(source) != n || c_visible(source.object()) || ((b & kLastUse) && !survives(source)))) {
    return nullptr;
  }
  return is_tuple ? tuple_words(source) : list_words(source);
}
// Whether each of the n items goes at once from its temporary to a local.
static ADDER_NOINLINE bool moves_follow(const Word* pc) {
  const Word* move = pc + words_of<Op::kUNPACK>;
  for (unsigned i = 0; i < field_c(pc); i++, move++) {
    if (op_of(*move) != Op::kMOVE || field_b(move) != ((field_a(pc) + i) | kLastUse)) return false;
  }
  return field_c(pc) > 0;
}
ADDER_HANDLER(UNPACK) {
  quicken(pc, moves_follow(pc) ? Op::kUNPACK_MOVES : Op::kUNPACK_WINDOW);
  [[clang::musttail]] return op_UNPACK_WINDOW(pc, r, t, handlers);
}
ADDER_HANDLER(UNPACK_WINDOW) {
  uint16_t b = field_b(pc);
  Value source = reg(r, b);
  Py_ssize_t n = field_c(pc);
  const Value* words = items_to_unpack(source, b, n);
  if (ADDER_UNLIKELY(!words)) [[clang::musttail]] return op_UNPACK_general(pc, r, t, handlers);
  Value* window = r + field_a(pc);
  if (b & kLastUse) --refcount(source.object());
  for (Py_ssize_t i = 0; i < n; i++) {
    incref(words[i]);
    window[i] = words[i];
  }
  ADDER_NEXT(UNPACK);
}
ADDER_HANDLER(UNPACK_MOVES) {
  uint16_t b = field_b(pc);
  Value source = reg(r, b);
  Py_ssize_t n = field_c(pc);
  const Value* words = items_to_unpack(source, b, n);
  // Tracing sees all instructions.
  if (ADDER_UNLIKELY(!words || handlers != kHandlers)) [[clang::musttail]] return op_UNPACK_WINDOW(pc, r, t, handlers);
  const unsigned window = field_a(pc);
  if (b & kLastUse) --refcount(source.object());
  pc += words_of<Op::kUNPACK>;
  for (Py_ssize_t i = 0; i < n; i++, pc++) {
    Value v = words[i];
    if (ADDER_UNLIKELY(!replace(r, field_a(pc), v))) {
      // The old value is freed by the MOVE itself: from here on they find their items in the window.
      for (; i < n; i++) {
        incref(words[i]);
        r[window + i] = words[i];
      }
      break;
    }
    incref(v);
  }
  ADDER_DISPATCH();
}
static ADDER_NOINLINE bool slow_unpack_pair(const Word* pc, Value* r) {
  save_pc(r, pc);
  Ref source = Ref::steal(take(r, field_b(pc)));
  Value items[2];
  if (!unpack(std::move(source), items, 2, false, 0)) return false;
  write(r, field_a(pc), items[0]);
  write(r, field_c(pc), items[1]);
  return true;
}
static ADDER_NOINLINE ADDER_HANDLER(UNPACK_PAIR_general) {
  if (ADDER_UNLIKELY(!slow_unpack_pair(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(UNPACK_PAIR);
}
ADDER_HANDLER(UNPACK_PAIR) {
  uint16_t a = field_a(pc), b = field_b(pc), c = field_c(pc);
  Value source = reg(r, b);
  const Value* words = items_to_unpack(source, b, 2);
  if (ADDER_UNLIKELY(!words)) [[clang::musttail]] return op_UNPACK_PAIR_general(pc, r, t, handlers);
  Value x = words[0], y = words[1];
  Value old_x = a & kOccupied ? reg(r, a) : Value{}, old_y = c & kOccupied ? reg(r, c) : Value{};
  // The same object must not be let go twice on the strength of one look at its count.
  if (ADDER_UNLIKELY(!survives(old_x) || !survives(old_y) || (old_x.is_object() && (old_x == old_y || old_x == source)) || old_y == source)) {
    [[clang::musttail]] return op_UNPACK_PAIR_general(pc, r, t, handlers);
  }
  incref(x);
  incref(y);
  reg(r, a) = x;
  reg(r, c) = y;
  if (old_x.is_object()) --refcount(old_x.object());
  if (old_y.is_object()) --refcount(old_y.object());
  if (b & kLastUse) --refcount(source.object());
  ADDER_NEXT(UNPACK_PAIR);
}
ADDER_SLOW_OP(UNPACK_EX) {
  save_pc(r, pc);
  Ref source = Ref::steal(take(r, field_b(*pc)));
  return unpack(std::move(source), r + field_a(*pc), uint32_t(pc[1]), true, pc[1] >> 32);
}

// --- Building -----------------------------------------------------------------------------------------------------------------------
static void release_window(Value* first, size_t n) {
  for (size_t i = n; i-- > 0;) decref(first[i]);
}
ADDER_SLOW_OP(BUILD_TUPLE) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref tuple = n ? tuple_new_untracked(static_cast<Py_ssize_t>(n)) : tuple_empty();
  if (!tuple) {
    release_window(first, n);
    return false;
  }
  bool track = false;
  for (size_t i = 0; i < n; i++) {
    tuple_words(tuple)[i] = first[i];
    track = track || gc_needs_tracking(first[i]);
  }
  if (track) gc_track(tuple.object());
  return write_ref(r, field_a(*pc), std::move(tuple));
}
ADDER_SLOW_OP(BUILD_LIST) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref list = list_new(static_cast<Py_ssize_t>(n));
  if (!list) {
    release_window(first, n);
    return false;
  }
  for (size_t i = 0; i < n; i++) list_words(list)[i] = first[i];
  list.as<PyVarObject>()->ob_size = static_cast<Py_ssize_t>(n);
  return write_ref(r, field_a(*pc), std::move(list));
}
ADDER_SLOW_OP(BUILD_SET) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref set = set_new(Value{});
  for (size_t i = 0; set && i < n; i++) {
    if (set_add(set, first[i]) < 0) set.reset();
  }
  release_window(first, n);
  return write_ref(r, field_a(*pc), std::move(set));
}
ADDER_SLOW_OP(BUILD_MAP) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref dict = dict_new();
  for (size_t i = 0; dict && i < n; i++) {
    if (!dict_set(dict, first[2 * i], first[2 * i + 1])) dict.reset();
  }
  release_window(first, 2 * n);
  return write_ref(r, field_a(*pc), std::move(dict));
}
// One str of n: its length and widest character are known beforehand, so it is made once and filled.
static Ref join_pieces(const Value* pieces, size_t n) {
  Py_ssize_t length = 0;
  uint32_t max = 127;
  for (size_t i = 0; i < n; i++) {
    length += str_length(pieces[i]);
    int kind = str_kind(pieces[i]);
    uint32_t limit = str_is_ascii(pieces[i]) ? 127 : kind == 1 ? 0xFF : kind == 2 ? 0xFFFF : 0x10FFFF;
    if (limit > max) max = limit;
  }
  if (length == 0) return str_empty();
  Ref text = str_new(length, max);
  if (!text) return text;
  int kind = str_kind(text);
  char* to = static_cast<char*>(str_data(text));
  for (size_t i = 0; i < n; i++) {
    Py_ssize_t count = str_length(pieces[i]);
    if (str_kind(pieces[i]) == kind) {
      memcpy(to, str_data(pieces[i]), static_cast<size_t>(count) * static_cast<size_t>(kind));
    } else {
      for (Py_ssize_t k = 0; k < count; k++) {
        uint32_t c = str_char(pieces[i], k);
        if (kind == 2) reinterpret_cast<uint16_t*>(to)[k] = static_cast<uint16_t>(c);
        else reinterpret_cast<uint32_t*>(to)[k] = c;
      }
    }
    to += count * kind;
  }
  return text;
}
ADDER_SLOW_OP(BUILD_STRING) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref text = join_pieces(first, n);
  release_window(first, n);
  return write_ref(r, field_a(*pc), std::move(text));
}
ADDER_SLOW_OP(BUILD_SLICE) {
  save_pc(r, pc);
  Value* first = r + field_b(*pc);
  size_t n = field_c(*pc);
  Ref slice = slice_new(first[0], first[1], n == 3 ? first[2] : none());
  release_window(first, n);
  return write_ref(r, field_a(*pc), std::move(slice));
}
ADDER_SLOW_OP(LIST_TO_TUPLE) {
  save_pc(r, pc);
  Ref tuple = list_to_tuple(reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(tuple));
}
static ADDER_NOINLINE bool slow_list_append(const Word* pc, Value* r) {
  save_pc(r, pc);
  bool ok = list_append(reg(r, field_a(*pc)), Ref::steal(take(r, field_b(*pc))));
  consume(r, field_a(*pc));
  return ok;
}
static ADDER_NOINLINE ADDER_HANDLER(LIST_APPEND_general) {
  if (ADDER_UNLIKELY(!slow_list_append(pc, r))) ADDER_UNWIND();
  ADDER_NEXT(LIST_APPEND);
}
ADDER_HANDLER(LIST_APPEND) {
  Value v = reg(r, field_a(pc));
  auto* list = v.as<PyListObject>();
  Py_ssize_t n = list->ob_base.ob_size;
  if (ADDER_UNLIKELY(n >= list->allocated || c_visible(v.object()) || (field_a(pc) & kLastUse))) {
    [[clang::musttail]] return op_LIST_APPEND_general(pc, r, t, handlers);
  }
  list_words(v)[n] = take(r, field_b(pc));
  list->ob_base.ob_size = n + 1;
  ADDER_NEXT(LIST_APPEND);
}
ADDER_SLOW_OP(LIST_EXTEND) {
  save_pc(r, pc);
  Value source = reg(r, field_b(*pc));
  bool ok = list_extend(reg(r, field_a(*pc)), source);
  if (!ok && error_matches(PyExc_TypeError) && !slots_of(source).tp_iter && !is_sequence(source)) {
    clear_error();
    (void)raise(PyExc_TypeError, "Value after * must be an iterable, not %.200s", type_of(source)->tp_name);
  }
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(SET_ADD) {
  save_pc(r, pc);
  bool ok = set_add(reg(r, field_a(*pc)), reg(r, field_b(*pc))) >= 0;
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(SET_UPDATE) {
  save_pc(r, pc);
  bool ok = set_update(reg(r, field_a(*pc)), reg(r, field_b(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(MAP_ADD) {
  save_pc(r, pc);
  bool ok = dict_set(reg(r, field_a(*pc)), reg(r, field_b(*pc)), reg(r, field_c(*pc)));
  consume(r, field_b(*pc));
  consume(r, field_c(*pc));
  consume(r, field_a(*pc));
  return ok;
}
ADDER_SLOW_OP(DICT_UPDATE) {
  save_pc(r, pc);
  Value source = reg(r, field_b(*pc));
  bool ok = dict_merge(reg(r, field_a(*pc)), source, 1);
  if (!ok && error_matches(PyExc_AttributeError)) {
    clear_error();
    (void)raise(PyExc_TypeError, "'%.200s' object is not a mapping", type_of(source)->tp_name);
  }
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return ok;
}
// The text that names a callable in argument errors: "module.qualname()".
static Ref callable_text(Value callable) {
  Ref qualname, module;
  if (lookup_attr(callable, "__qualname__"_id, &qualname) < 0) return Ref{};
  if (!qualname || !is_str(qualname)) return to_str(callable);
  if (lookup_attr(callable, "__module__"_id, &module) < 0) return Ref{};
  if (module && is_str(module) && !str_equals(module, "builtins")) return str_format("%U.%U()", module.get(), qualname.get());
  return str_format("%U()", qualname.get());
}
ADDER_SLOW_OP(DICT_MERGE) {
  save_pc(r, pc);
  Value source = reg(r, field_b(*pc)), callable = reg(r, field_c(*pc));
  bool ok = dict_merge(reg(r, field_a(*pc)), source, 2);
  if (!ok && error_matches(PyExc_AttributeError)) {
    clear_error();
    Ref text = callable_text(callable);
    if (text) (void)raise(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s", text.get(), type_of(source)->tp_name);
  } else if (!ok && error_matches(PyExc_KeyError)) {
    Ref error = take_error();
    Value args{error.as<PyBaseExceptionObject>()->args};
    if (tuple_size(args) == 1) {
      Value key = tuple_get(args, 0);
      Ref text = callable_text(callable);
      if (text) (void)raise(PyExc_TypeError, "%U got multiple values for keyword argument '%S'", text.get(), key);
    } else {
      restore_error(std::move(error));
    }
  }
  consume(r, field_b(*pc));
  consume(r, field_c(*pc));
  consume(r, field_a(*pc));
  return ok;
}
static Ref convert(Value v, int conversion) {
  switch (conversion) {
    case 1: return to_str(v);
    case 2: return repr(v);
    case 3: return ascii(v);
    default: return Ref::copy(v);
  }
}
ADDER_SLOW_OP(FORMAT) {
  save_pc(r, pc);
  Ref v = convert(reg(r, field_b(*pc)), field_c(*pc));
  consume(r, field_b(*pc));
  if (!v) return false;
  if (is_exact_str(v)) return write_ref(r, field_a(*pc), std::move(v));
  return write_ref(r, field_a(*pc), format(v, Value{}));
}
ADDER_SLOW_OP(FORMAT_SPEC) {
  save_pc(r, pc);
  Value* window = r + field_b(*pc);
  Ref v = convert(window[0], field_c(*pc));
  Ref text = v ? format(v, window[1]) : Ref{};
  release_window(window, 2);
  return write_ref(r, field_a(*pc), std::move(text));
}

}  // namespace adder
