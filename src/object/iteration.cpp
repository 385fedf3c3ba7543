// Iteration over any object: iter, next, send; lists and tuples made of iterables.
#include "memory/gc_tracking.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/object.h"
#include "object/pairs.h"
#include "object/slots.h"
#include "object/type.h"

// What the ABI puts into tp_iternext of a class with `__next__ = None`: such objects are no iterators.
extern "C" PyObject* _PyObject_NextNotImplemented(PyObject* self) {
  return adder::raise(PyExc_TypeError, "'%N' object is not iterable", Py_TYPE(self));
}

namespace adder {

bool is_iterator(Value v) {
  if (!v.is_object()) return false;
  iternextfunc f = v.object()->ob_type->tp_iternext;
  return f != nullptr && f != &_PyObject_NextNotImplemented;
}

Ref iter(Value v) {
  UnaryFn f = slots_of(v).tp_iter;
  if (ADDER_UNLIKELY(!f)) {
    if (is_sequence(v)) return sequence_iterator(v);
    return raise(PyExc_TypeError, "'%N' object is not iterable", type_of(v));
  }
  Ref it = f(v);
  if (it && ADDER_UNLIKELY(!is_iterator(it))) {
    return raise(PyExc_TypeError, "iter() returned non-iterator of type '%N'", type_of(it));
  }
  return it;
}

Ref next(Value iterator) {
  NextFn f = slots_of(iterator).tp_iternext;
  if (ADDER_UNLIKELY(!f)) return raise(PyExc_TypeError, "'%N' object is not an iterator", type_of(iterator));
  Ref r = f(iterator);
  if (!r && ADDER_UNLIKELY(error_occurred()) && error_matches(PyExc_StopIteration)) clear_error();
  return r;
}

NextPair next_pair(Value iterator, Value* pair) {
  PyTypeObject* type = type_of(iterator);
  if (type == &PyEnum_Type) return enumerate_next_pair(iterator, pair);
  if (type == &PyZip_Type) return zip_next_pair(iterator, pair);
  if (type == &PyDictIterItem_Type) return dict_items_next_pair(iterator, pair);
  return NextPair::kNotPairs;
}

bool gives_pairs(Value iterator) {
  PyTypeObject* type = type_of(iterator);
  return type == &PyEnum_Type || type == &PyZip_Type || type == &PyDictIterItem_Type;
}

NextPair no_pair() {
  if (!error_occurred()) return NextPair::kExhausted;
  if (!error_matches(PyExc_StopIteration)) return NextPair::kError;
  clear_error();
  return NextPair::kExhausted;
}

Ref to_list(Value iterable) {
  Ref list = list_new();
  if (!list || !list_extend(list, iterable)) return nullptr;
  return list;
}

Ref to_tuple(Value iterable) {
  if (is_exact_tuple(iterable)) return Ref::copy(iterable);
  if (is_exact_list(iterable)) return list_to_tuple(iterable);
  Ref list = to_list(iterable);
  return list ? list_to_tuple(list) : Ref{};
}

Ref to_fast_sequence(Value v, const char* message) {
  if (is_list_or_tuple(v)) return Ref::copy(v);
  Ref it = iter(v);
  if (!it) {
    if (error_matches(PyExc_TypeError)) raise(PyExc_TypeError, "%s", message);
    return nullptr;
  }
  return to_list(it);
}

bool fetch_stop_iteration(Ref* value) {
  if (!error_occurred()) {
    *value = none_ref();
    return true;
  }
  if (!error_matches(PyExc_StopIteration)) return false;
  Ref e = take_error();
  if (!e) return false;
  *value = load_field(e.as<PyStopIterationObject>()->value);
  return true;
}

PySendResult send(Value iterator, Value arg, Ref* out) {
  if (SendFn f = slots_of(iterator).am_send) return f(iterator, arg, out);
  Ref r;
  if (is_none(arg) && is_iterator(iterator)) {
    r = slots_of(iterator).tp_iternext(iterator);
  } else {
    r = call_method(iterator, "send"_id, {arg});
  }
  if (r) {
    *out = std::move(r);
    return PYGEN_NEXT;
  }
  return fetch_stop_iteration(out) ? PYGEN_RETURN : PYGEN_ERROR;
}

}  // namespace adder
