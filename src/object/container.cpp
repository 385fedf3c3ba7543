// Length, items, slices and membership of any object.
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slices.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

Ref make_generic_alias(Value origin, Value args);  // generic_alias.cpp

static bool is_index(Value v) { return is_int(v) || (v.is_object() && slots_of(v).nb_index); }

Py_ssize_t length(Value v) {
  const Slots& s = slots_of(v);
  if (s.sq_length) return s.sq_length(v);
  if (s.mp_length) return s.mp_length(v);
  return raise(PyExc_TypeError, "object of type '%N' has no len()", type_of(v));
}

Py_ssize_t length_hint(Value v, Py_ssize_t fallback) {
  const Slots& s = slots_of(v);
  if (s.sq_length || s.mp_length) {
    Py_ssize_t n = length(v);
    if (n >= 0) return n;
    if (!error_matches(PyExc_TypeError)) return -1;
    clear_error();
  }
  Ref hint = lookup_special(v, "__length_hint__"_id);
  if (!hint) return error_occurred() ? -1 : fallback;
  Ref r = call0(hint);
  if (!r) {
    if (!error_matches(PyExc_TypeError)) return -1;
    clear_error();
    return fallback;
  }
  if (r.get() == not_implemented()) return fallback;
  if (!is_int(r)) return raise(PyExc_TypeError, "__length_hint__ must be an integer, not %N", type_of(r));
  Py_ssize_t n;
  if (!index_as_ssize(r, &n, PyExc_OverflowError)) return -1;
  if (n < 0) return raise(PyExc_ValueError, "__length_hint__() should return >= 0");
  return n;
}

// --- Items ------------------------------------------------------------------------------------------------------------------
[[gnu::noinline]] static Ref get_item_slow(Value container, Value key) {
  const Slots& s = slots_of(container);
  if (s.mp_subscript) return s.mp_subscript(container, key);
  if (s.sq_item) {
    if (is_index(key)) {
      Py_ssize_t i;
      if (!index_as_ssize(key, &i, PyExc_IndexError)) return nullptr;
      return sequence_item(container, i);
    }
    return raise(PyExc_TypeError, "sequence index must be integer, not '%N'", type_of(key));
  }
  if (is_type(container)) {
    // type[int] is an alias itself; other classes say what they are generic over.
    if (container == Value{&PyType_Type}) return make_generic_alias(container, key);
    Ref method;
    if (lookup_attr(container, "__class_getitem__"_id, &method) < 0) return nullptr;
    if (method && !is_none(method)) return call1(method, key);
    return raise(PyExc_TypeError, "type '%N' is not subscriptable", container.as<PyTypeObject>());
  }
  return raise(PyExc_TypeError, "'%N' object is not subscriptable", type_of(container));
}

Ref get_item(Value container, Value key) {
  if (key.is_int() && container.is_object()) {
    PyTypeObject* t = container.object()->ob_type;
    if (t == &PyList_Type) {
      int64_t i = key.as_int(), n = list_size(container);
      if (i < 0) i += n;
      if (ADDER_LIKELY(static_cast<uint64_t>(i) < static_cast<uint64_t>(n))) return Ref::copy(list_get(container, i));
    } else if (t == &PyTuple_Type) {
      int64_t i = key.as_int(), n = tuple_size(container);
      if (i < 0) i += n;
      if (ADDER_LIKELY(static_cast<uint64_t>(i) < static_cast<uint64_t>(n))) return Ref::copy(tuple_get(container, i));
    } else if (t == &PyUnicode_Type) {
      int64_t i = key.as_int(), n = str_length(container);
      if (i < 0) i += n;
      if (ADDER_LIKELY(static_cast<uint64_t>(i) < static_cast<uint64_t>(n))) return str_from_char(str_char(container, i));
    }
  }
  return get_item_slow(container, key);
}

Ref sequence_item(Value seq, Py_ssize_t i) {
  const Slots& s = slots_of(seq);
  if (s.sq_item) {
    if (i < 0 && s.sq_length) {
      Py_ssize_t n = s.sq_length(seq);
      if (n < 0) return nullptr;
      i += n;
    }
    return s.sq_item(seq, i);
  }
  if (s.mp_subscript) return raise(PyExc_TypeError, "%N is not a sequence", type_of(seq));
  return raise(PyExc_TypeError, "'%N' object does not support indexing", type_of(seq));
}

// Stores (or, with an absent value, deletes) by position; texts are those of the sequence protocol.
static bool store_index(Value seq, Py_ssize_t i, Value value) {
  const Slots& s = slots_of(seq);
  if (s.sq_ass_item) {
    if (i < 0 && s.sq_length) {
      Py_ssize_t n = s.sq_length(seq);
      if (n < 0) return false;
      i += n;
    }
    return s.sq_ass_item(seq, i, value);
  }
  if (value) return raise(PyExc_TypeError, "'%N' object does not support item assignment", type_of(seq));
  return raise(PyExc_TypeError, "'%N' object doesn't support item deletion", type_of(seq));
}

static bool has_sequence_slots(PyTypeObject* t) { return t->tp_as_sequence && (t->tp_as_sequence->sq_item || t->tp_as_sequence->sq_length); }

bool set_item(Value container, Value key, Value value) {
  const Slots& s = slots_of(container);
  if (ADDER_LIKELY(s.mp_ass_subscript != nullptr)) return s.mp_ass_subscript(container, key, value);
  if (has_sequence_slots(type_of(container))) {
    if (is_index(key)) {
      Py_ssize_t i;
      if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
      return store_index(container, i, value);
    }
    if (s.sq_ass_item) return raise(PyExc_TypeError, "sequence index must be integer, not '%N'", type_of(key));
  }
  return raise(PyExc_TypeError, "'%N' object does not support item assignment", type_of(container));
}

bool delete_item(Value container, Value key) {
  const Slots& s = slots_of(container);
  if (s.mp_ass_subscript) return s.mp_ass_subscript(container, key, Value{});
  if (has_sequence_slots(type_of(container))) {
    if (is_index(key)) {
      Py_ssize_t i;
      if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
      return store_index(container, i, Value{});
    }
    if (s.sq_ass_item) return raise(PyExc_TypeError, "sequence index must be integer, not '%N'", type_of(key));
  }
  return raise(PyExc_TypeError, "'%N' object does not support item deletion", type_of(container));
}

// --- Slices ------------------------------------------------------------------------------------------------------------------
Ref load_slice(Value container, Value lo, Value hi, Value step) {
  bool list = is_exact_list(container), tuple = is_exact_tuple(container), str = is_exact_str(container);
  if (list || (is_none(step) && (tuple || str || is_exact(container, &PyBytes_Type)))) {
    Py_ssize_t start, stop, by;
    if (!slice_bounds(lo, hi, step, &start, &stop, &by)) return nullptr;
    if (list) return list_load_slice(container, start, stop, by);
    Py_ssize_t length = tuple ? tuple_size(container) : str ? str_length(container) : bytes_length(container);
    Py_ssize_t n = slice_adjust(length, &start, &stop, 1);
    if (tuple) return tuple_slice(container, start, start + n);
    if (str) return str_substring(container, start, start + n);
    if (n == length) return Ref::copy(container);
    return bytes_new(bytes_view(container).substr(static_cast<size_t>(start), static_cast<size_t>(n)));
  }
  Ref slice = slice_new(lo, hi, step);
  return slice ? get_item(container, slice) : Ref{};
}

bool store_slice(Value container, Value lo, Value hi, Value step, Value value, bool dies) {
  if (is_exact_list(container)) {
    Py_ssize_t start, stop, by;
    return slice_bounds(lo, hi, step, &start, &stop, &by) && list_store_slice(container, start, stop, by, value, dies);
  }
  Ref slice = slice_new(lo, hi, step);
  if (!slice) return false;
  return value ? set_item(container, slice, value) : delete_item(container, slice);
}

Ref get_slice(Value container, Value lo, Value hi) { return load_slice(container, lo, hi, none()); }
bool set_slice(Value container, Value lo, Value hi, Value value) { return store_slice(container, lo, hi, none(), value, false); }

// --- Membership and kind --------------------------------------------------------------------------------------------------------
int contains(Value container, Value item) {
  if (ContainsFn f = slots_of(container).sq_contains) return f(container, item);
  Ref it = iter(container);
  if (!it) {
    if (error_matches(PyExc_TypeError) && !slots_of(container).tp_iter && !slots_of(container).sq_item) {
      raise(PyExc_TypeError, "argument of type '%N' is not iterable", type_of(container));
    }
    return -1;
  }
  while (Ref x = next(it)) {
    int same = equal(x, item);
    if (same != 0) return same;
  }
  return error_occurred() ? -1 : 0;
}

Py_ssize_t count_in(Value iterable, Value item) {
  Ref it = iter(iterable);
  if (!it) {
    if (error_matches(PyExc_TypeError)) raise(PyExc_TypeError, "argument of type '%N' is not iterable", type_of(iterable));
    return -1;
  }
  Py_ssize_t n = 0;
  while (Ref x = next(it)) {
    int same = equal(x, item);
    if (same < 0) return -1;
    n += same;
  }
  return error_occurred() ? -1 : n;
}

Py_ssize_t index_in(Value iterable, Value item) {
  Ref it = iter(iterable);
  if (!it) {
    if (error_matches(PyExc_TypeError)) raise(PyExc_TypeError, "argument of type '%N' is not iterable", type_of(iterable));
    return -1;
  }
  Py_ssize_t n = 0;
  while (Ref x = next(it)) {
    int same = equal(x, item);
    if (same < 0) return -1;
    if (same) return n;
    n++;
  }
  if (error_occurred()) return -1;
  return raise(PyExc_ValueError, "sequence.index(x): x not in sequence");
}

bool is_sequence(Value v) {
  if (!v.is_object() || is_dict(v)) return false;
  return slots_of(v).sq_item != nullptr;
}

bool is_mapping(Value v) { return v.is_object() && slots_of(v).mp_subscript != nullptr; }

Ref sequence_concat(Value a, Value b) {
  if (BinaryFn f = slots_of(a).sq_concat) return f(a, b);
  // Classes with __getitem__ and __add__.
  if (is_sequence(a) && is_sequence(b)) {
    if (BinaryFn f = slots_of(a).nb_add) {
      Ref r = f(a, b);
      if (!r || r.get() != not_implemented()) return r;
    }
  }
  return raise(PyExc_TypeError, "'%N' object can't be concatenated", type_of(a));
}

Ref sequence_repeat(Value a, Py_ssize_t n) {
  if (IndexFn f = slots_of(a).sq_repeat) return f(a, n);
  if (is_sequence(a)) {
    if (BinaryFn f = slots_of(a).nb_multiply) {
      Ref count = int_from_ssize(n);
      Ref r = f(a, count);
      if (!r || r.get() != not_implemented()) return r;
    }
  }
  return raise(PyExc_TypeError, "'%N' object can't be repeated", type_of(a));
}

}  // namespace adder
