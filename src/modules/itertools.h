// What the files behind the itertools module share: iterator objects whose Values come first.
#pragma once
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder { bool native_stack_left(); }  // object/error.cpp

namespace adder::itertools {

// Iterators around iterators recurse in native code.
inline Ref step(Value iterator) {
  if (ADDER_UNLIKELY(!native_stack_left())) return {};
  return slots_of(iterator).tp_iternext(iterator);
}
inline Ref self_iter(Value self) { return Ref::copy(self); }

// Objects of this module are a header, then N Values that they own, then plain data.
inline Value* values_of(PyObject* o) { return reinterpret_cast<Value*>(o + 1); }
template <int N>
void dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &dealloc<N>};
  if (guard.deferred) return;
  for (int i = 0; i < N; i++) clear_slot(values_of(o)[i]);
  Py_TYPE(o)->tp_free(o);
}
template <int N>
int traverse(PyObject* o, visitproc visit, void* arg) {
  for (int i = 0; i < N; i++) ADDER_VISIT(values_of(o)[i]);
  return 0;
}
template <int N>
int clear(PyObject* o) {
  for (int i = 0; i < N; i++) clear_slot(values_of(o)[i]);
  return 0;
}
inline void set(Value& slot, Ref v) { assign(slot, std::move(v)); }

// After an iterator gave nothing: whether it just ended (StopIteration is dropped).
inline bool ended() {
  if (!error_occurred()) return true;
  if (!error_matches(PyExc_StopIteration)) return false;
  clear_error();
  return true;
}
// A result tuple that nobody kept can be filled anew.
inline bool reusable(Value tuple) { return tuple && refcount(tuple.object()) == 1 && !c_visible(tuple.object()); }
inline Ref hand_out(Value tuple) {
  if (!gc_is_tracked(tuple.object())) gc_track(tuple.object());
  return Ref::copy(tuple);
}
inline void refill(Value tuple, Py_ssize_t i, Ref v) { assign(tuple_words(tuple)[i], std::move(v)); }

inline bool own_init(PyTypeObject* type, PyTypeObject& exact) { return type == &exact || type->tp_init == exact.tp_init; }

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;
#define ADDER_ITERATOR(prefix, Struct, Values, Name, Signature, Doc, ...)                                                  \
  extern const TypeDef prefix##_def{                                                                                       \
      .type = &prefix##_type, .name = Name, .basicsize = sizeof(Struct), .flags = kFlags, .doc = Doc, .signature = Signature, \
      .dealloc = dealloc<Values>, .traverse = traverse<Values>, .clear = clear<Values>,                                    \
      .slots = {__VA_ARGS__ __VA_OPT__(,) .tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<prefix##_next>,     \
                .tp_new = slot::New<prefix##_new>},                                                                        \
      .methods = prefix##_methods}
constexpr const char* kReduceDoc = "Return state information for pickling.";
constexpr const char* kSetStateDoc = "Set state information for unpickling.";

extern const TypeDef accumulate_def, chain_def, combinations_def, combinations_with_replacement_def, compress_def, count_def,
    cycle_def, dropwhile_def, filterfalse_def, groupby_def, grouper_def, islice_def, pairwise_def, permutations_def, product_def,
    repeat_def, starmap_def, takewhile_def, tee_def, tee_data_def, zip_longest_def;
Ref tee(Value module, Args args);
Ref chain_of(Value iterable_of_iterables);
Ref islice_from(Value iterable, Py_ssize_t start);

}  // namespace adder::itertools
