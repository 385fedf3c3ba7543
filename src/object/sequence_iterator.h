// The iterator of str, bytes, bytearray, tuple and list: bodies of slots and methods, over the sequence's length and items.
#pragma once
#include "memory/gc.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

// A fresh one of `type`, at the first item; an exception where memory is short.
inline Ref sequence_iterator_new(PyTypeObject* type, Value sequence) {
  PyObject* o = gc_new_raw(type, sizeof(SequenceIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<SequenceIterator*>(o);
  it->index = 0;
  it->sequence = Ref::copy(sequence).release().object();
  gc_track(o);
  return Ref::steal(Value{o});
}

inline void sequence_iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(reinterpret_cast<SequenceIterator*>(o)->sequence);
  gc_free(o);
}

inline int sequence_iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<SequenceIterator*>(o)->sequence);
  return 0;
}

inline Ref sequence_iterator_self(Value self) { return Ref::copy(self); }

// length: Value -> Py_ssize_t. item: Value, index in range -> Ref.
template <auto length, auto item>
Ref sequence_iterator_next(Value self) {
  auto* it = self.as<SequenceIterator>();
  if (!it->sequence) return {};
  Value sequence{it->sequence};
  if (ADDER_LIKELY(it->index < length(sequence))) return item(sequence, it->index++);
  it->sequence = nullptr;
  decref(sequence);
  return {};
}

template <auto length>
Ref sequence_iterator_length_hint(Value self) {
  auto* it = self.as<SequenceIterator>();
  Py_ssize_t n = it->sequence ? length(Value{it->sequence}) - it->index : 0;
  return int_from_ssize(n < 0 ? 0 : n);
}

// empty: () -> what iter() is given when the iterator is exhausted. The name is looked up first: that may run code which exhausts it.
template <auto empty>
Ref sequence_iterator_reduce(Value self) {
  Ref function = builtin_named("iter"_id);
  if (!function) return {};
  auto* it = self.as<SequenceIterator>();
  Ref rest = it->sequence ? Ref::copy(it->sequence) : empty();
  Ref args = rest ? tuple_of({rest}) : Ref{};
  if (!args) return {};
  if (!it->sequence) return tuple_of({function, args});
  Ref index = int_from_ssize(it->index);
  return index ? tuple_of({function, args, index}) : Ref{};
}

template <auto length>
Ref sequence_iterator_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* it = self.as<SequenceIterator>();
  if (it->sequence) {
    Py_ssize_t n = length(Value{it->sequence});
    it->index = i < 0 ? 0 : i > n ? n : i;
  }
  return none_ref();
}

}  // namespace adder
