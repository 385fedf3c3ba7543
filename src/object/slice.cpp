// The type slice.
#include "memory/kept.h"
#include "object/int_digits.h"
#include "object/sequence.h"
#include "object/slices.h"

PyTypeObject PySlice_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {
Kept<1> kept_slice;

Value part(PyObject* o) { return from_c_borrowed(o); }

void slice_dealloc(PyObject* self) {
  auto* s = reinterpret_cast<PySliceObject*>(self);
  gc_untrack(self);
  TrashcanGuard guard{self, &slice_dealloc};
  if (guard.deferred) return;
  Py_DECREF(s->start);
  Py_DECREF(s->stop);
  Py_DECREF(s->step);
  if (!kept_slice.keep(self)) gc_free(self);
}

int slice_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* s = reinterpret_cast<PySliceObject*>(self);
  Py_VISIT(s->start);
  Py_VISIT(s->stop);
  Py_VISIT(s->step);
  return 0;
}

// A bound of a slice as a machine word, clipped. None is the caller's.
bool bound(Value v, Py_ssize_t* out) {
  if (v.is_int()) {
    *out = v.as_int();
    return true;
  }
  if (!has_index(v)) return raise(PyExc_TypeError, "slice indices must be integers or None or have an __index__ method");
  return index_as_ssize(v, out, nullptr);
}

}  // namespace

void drop_kept_slice() { kept_slice.drop(); }

Ref slice_new(Value start, Value stop, Value step) {
  PyObject* parts[3];
  const Value given[3] = {start, stop, step};
  for (int i = 0; i < 3; i++) {
    parts[i] = to_c(given[i].absent() ? none() : given[i]);
    if (!parts[i]) {
      while (i-- > 0) Py_DECREF(parts[i]);
      return {};
    }
  }
  PyObject* o = kept_slice.take();
  if (!o) {
    o = gc_new_raw(&PySlice_Type, sizeof(PySliceObject));
    if (!o) {
      for (PyObject* p : parts) Py_DECREF(p);
      return {};
    }
  }
  auto* s = reinterpret_cast<PySliceObject*>(o);
  s->start = parts[0];
  s->stop = parts[1];
  s->step = parts[2];
  gc_track(o);
  return Ref::steal(Value{o});
}

bool slice_unpack(Value slice, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step) {
  auto* s = slice.as<PySliceObject>();
  return slice_bounds(part(s->start), part(s->stop), part(s->step), start, stop, step);
}

bool slice_bounds_by_rules(Value lo, Value hi, Value by, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step) {
  *step = 1;
  if (!is_none(by)) {
    if (!bound(by, step)) return false;
    if (*step == 0) return raise(PyExc_ValueError, "slice step cannot be zero");
    if (*step < -PY_SSIZE_T_MAX) *step = -PY_SSIZE_T_MAX;
  }
  *start = *step < 0 ? PY_SSIZE_T_MAX : 0;
  if (!is_none(lo) && !bound(lo, start)) return false;
  *stop = *step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
  return is_none(hi) || bound(hi, stop);
}

Py_ssize_t slice_adjust(Py_ssize_t length, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t step) {
  if (*start < 0) {
    *start += length;
    if (*start < 0) *start = step < 0 ? -1 : 0;
  } else if (*start >= length) {
    *start = step < 0 ? length - 1 : length;
  }
  if (*stop < 0) {
    *stop += length;
    if (*stop < 0) *stop = step < 0 ? -1 : 0;
  } else if (*stop >= length) {
    *stop = step < 0 ? length - 1 : length;
  }
  if (step < 0) {
    if (*stop < *start) return step == -1 ? *start - *stop : (*start - *stop - 1) / (-step) + 1;
  } else if (*start < *stop) {
    return step == 1 ? *stop - *start : (*stop - *start - 1) / step + 1;
  }
  return 0;
}

namespace {

Ref slice_new_slot(PyTypeObject*, Args args) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "slice() takes no keyword arguments");
  if (args.n < 1) return raise(PyExc_TypeError, "slice expected at least 1 argument, got 0");
  if (args.n > 3) return raise(PyExc_TypeError, "slice expected at most 3 arguments, got %zd", static_cast<Py_ssize_t>(args.n));
  if (args.n == 1) return slice_new(none(), args[0], none());
  return slice_new(args[0], args[1], args.n > 2 ? args[2] : none());
}

Ref slice_repr(Value self) {
  auto* s = self.as<PySliceObject>();
  return str_format("slice(%R, %R, %R)", part(s->start), part(s->stop), part(s->step));
}

Ref slice_compare(Value a, Value b, int op) {
  if (!is_slice(a) || !is_slice(b)) return not_implemented_ref();
  if (a == b) return bool_ref(op == Py_EQ || op == Py_LE || op == Py_GE);
  auto* x = a.as<PySliceObject>();
  auto* y = b.as<PySliceObject>();
  Ref t1 = tuple_of({part(x->start), part(x->stop), part(x->step)}), t2 = tuple_of({part(y->start), part(y->stop), part(y->step)});
  if (!t1 || !t2) return {};
  return compare(t1, t2, op);
}

// The bound as an int of any size, or the given default for None.
Ref evaluate(Value v) {
  if (!has_index(v)) return raise(PyExc_TypeError, "slice indices must be integers or None or have an __index__ method");
  return index(v);
}

// slice.indices: as slice_adjust, with ints of any size.
Ref slice_indices(Value self, Value length_value) {
  auto* s = self.as<PySliceObject>();
  Ref length = index(length_value);
  if (!length) return {};
  if (int_sign(length) < 0) return raise(PyExc_ValueError, "length should not be negative");
  Ref step = is_none(part(s->step)) ? Ref::from_int(1) : evaluate(part(s->step));
  if (!step) return {};
  int direction = int_sign(step);
  if (direction == 0) return raise(PyExc_ValueError, "slice step cannot be zero");
  Ref lower = Ref::from_int(direction < 0 ? -1 : 0);
  Ref upper = direction < 0 ? int_add(length, Value::from_int(-1)) : Ref::copy(length);
  if (!upper) return {};
  auto clip = [&](Value v, Value absent_default) -> Ref {
    if (is_none(v)) return Ref::copy(absent_default);
    Ref i = evaluate(v);
    if (!i) return {};
    if (int_sign(i) < 0) {
      i = int_add(i, length);
      if (!i) return {};
      if (int_compare(i, lower) < 0) return Ref::copy(lower);
    } else if (int_compare(i, upper) > 0) {
      return Ref::copy(upper);
    }
    return i;
  };
  Ref start = clip(part(s->start), direction < 0 ? upper : lower);
  if (!start) return {};
  Ref stop = clip(part(s->stop), direction < 0 ? lower : upper);
  if (!stop) return {};
  return tuple_of({start, stop, step});
}

Ref slice_reduce(Value self) {
  auto* s = self.as<PySliceObject>();
  Ref args = tuple_of({part(s->start), part(s->stop), part(s->step)});
  return args ? tuple_of({Value{&PySlice_Type}, args}) : Ref{};
}

const MethodRow slice_methods[] = {
    method<slice_indices>("indices", "", "S.indices(len) -> (start, stop, stride)\n\n"
                          "Assuming a sequence of length len, calculate the start and stop\n"
                          "indices, and the stride length of the extended slice described by\n"
                          "S. Out of bounds indices are clipped in a manner consistent with the\n"
                          "handling of normal slices."),
    method<slice_reduce>("__reduce__", "", "Return state information for pickling."),
    {}};

PyMemberDef slice_members[] = {
    {"start", T_OBJECT, offsetof(PySliceObject, start), READONLY, nullptr},
    {"stop", T_OBJECT, offsetof(PySliceObject, stop), READONLY, nullptr},
    {"step", T_OBJECT, offsetof(PySliceObject, step), READONLY, nullptr},
    {}};

}  // namespace

extern const TypeDef slice_def = {
    .type = &PySlice_Type,
    .name = "slice",
    .basicsize = sizeof(PySliceObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    .dealloc = slice_dealloc,
    .traverse = slice_traverse,
    .slots = {.tp_repr = slot::Unary<slice_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<slice_compare>,
              .tp_new = slot::New<slice_new_slot>},
    .methods = slice_methods,
    .members = slice_members,
};

}  // namespace adder
