// Iterators whose items are pairs (enumerate, zip of two, items of a dict), asked for the two halves instead of a tuple.
#pragma once
#include "memory/gc_tracking.h"
#include "object/containers.h"
#include "object/type.h"

namespace adder {

struct Enumerate {
  PyObject head;
  Py_ssize_t index;
  PyObject* iterator;
  Value big_index;   // where the count passed machine words; absent else
  PyObject* result;  // the pair that stepping by hand uses again while nobody else holds it
  Value unused;
};
static_assert(sizeof(Enumerate) == 56);
struct Zip {
  PyObject head;
  Py_ssize_t size;
  PyObject* iterators;  // tuple
  PyObject* result;     // as of Enumerate
  int strict;
};
static_assert(sizeof(Zip) == 48);

enum class NextPair { kExhausted, kGiven, kError, kNotPairs };
// The halves of the next pair, owned by the caller.
NextPair next_pair(Value iterator, Value* pair);
bool gives_pairs(Value iterator);

// By type. What the tuple of the last step by hand holds, if nobody else has it, is let go.
NextPair enumerate_next_pair(Value self, Value* pair);
NextPair zip_next_pair(Value self, Value* pair);
NextPair dict_items_next_pair(Value self, Value* pair);
bool native_stack_left();  // object/error.cpp
// tp_iternext of the iterators within, which may be such iterators in turn; that of a list without a call.
inline Ref step_inner(Value iterator) {
  if (is_exact(iterator, &PyListIter_Type)) {
    auto* it = iterator.as<SequenceIterator>();
    if (it->sequence && it->index < list_size(Value{it->sequence})) return Ref::copy(list_get(Value{it->sequence}, it->index++));
  }
  return ADDER_LIKELY(native_stack_left()) ? slots_of(iterator).tp_iternext(iterator) : Ref{};
}
inline bool reusable(PyObject* pair) { return refcount(pair) == 1 && !c_visible(pair); }
inline void refill_pair(PyObject* pair, Value a, Value b) {  // of a reusable one
  Value* words = tuple_words(Value{pair});
  const Value old_a = words[0], old_b = words[1];  // released when the pair is whole again
  incref(a);
  incref(b);
  words[0] = a;
  words[1] = b;
  if (!gc_is_tracked(pair) && (gc_needs_tracking(a) || gc_needs_tracking(b))) gc_track(pair);
  decref(old_a);
  decref(old_b);
}
// Whether an iterator's own pair holds nothing of an earlier step, as when it was made; empty_pair sees to that unless somebody else has it.
inline bool is_empty_pair(PyObject* pair) {
  const Value* words = tuple_words(Value{pair});
  return is_none(words[0]) && is_none(words[1]);
}
inline void empty_pair(PyObject* pair) {
  if (ADDER_UNLIKELY(!is_empty_pair(pair)) && reusable(pair)) refill_pair(pair, none(), none());
}
// After an iterator gave nothing, or raised StopIteration, which is cleared.
NextPair no_pair();

}  // namespace adder
