// What list and tuple share: subscripts, comparison, repr, iterators.
#pragma once
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

extern "C" {
extern PyTypeObject PyTupleIter_Type;
}

inline bool has_index(Value v) {
  if (v.is_int()) return true;
  PyNumberMethods* n = type_of(v)->tp_as_number;
  return n && n->nb_index;
}
inline bool is_slice(Value v) { return is_exact(v, &PySlice_Type); }

// An index as subscripts take it: negative ones count from the end. false: exception.
inline bool subscript_index(Value key, Py_ssize_t size, Py_ssize_t* out) {
  if (ADDER_LIKELY(key.is_int())) *out = key.as_int();
  else if (!index_as_ssize(key, out, PyExc_IndexError)) return false;
  if (*out < 0) *out += size;
  return true;
}

// Stores into a fresh container (of a subclass perhaps, hence perhaps c-visible) whose word is absent.
inline bool store_fresh(PyObject* container, Value* word, Ref v) {
  if (ADDER_UNLIKELY(c_visible(container))) {
    v = to_stored(container, std::move(v));
    if (!v) return false;
  }
  *word = v.release();
  return true;
}

// Copies words [from, from + n) of a list or tuple into fresh storage, canonical and counted.
void copy_words(PyObject* source, const Value* from, Py_ssize_t n, Value* to);
Ref tuple_new_untracked(Py_ssize_t n);
// Takes the items over and leaves none: those of registers that no frame covers, so the collector, which may run code, does not run
// meanwhile. Empty, the items left, on MemoryError.
Ref tuple_take(Value* items, Py_ssize_t n);
// The reverse: the items of an exact tuple that nobody else holds and C does not see, which ends.
void tuple_give(Ref tuple, Value* items);
void tuple_track_if_needed(PyObject* t);   // tracks it if an item may be part of a cycle

Ref repr_sequence(Value v, const char* open, const char* close);
Ref compare_sequences(Value a, Value b, int op);

// Method bodies shared by several types.
Ref make_generic_alias(Value origin, Value args);  // list[int]; generic_alias.cpp
// One optional positional argument named as in CPython's constructors. false: exception.
bool take_one_argument(const char* name, Args args, Value* out);
// index() arguments: a start or stop clipped to ssize_t. TypeError "slice indices must be integers or have an __index__ method".
bool index_bound(Value v, Py_ssize_t* out);

}  // namespace adder
