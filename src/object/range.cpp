// The type range and its iterators: machine words while they fit, ints of any size otherwise.
#include "memory/kept.h"
#include "object/int_digits.h"
#include "object/sequence.h"

PyTypeObject PyRange_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyRangeIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyLongRangeIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

// Four exact ints (owned words).
struct RangeObject {
  PyObject head;
  Value start, stop, step, length;
};
static_assert(sizeof(RangeObject) == 48);

struct LongRangeIterator {
  PyObject head;
  Value next, step, remaining;
};

RangeObject* as_range(Value v) { return v.as<RangeObject>(); }

Kept<16, KeptKind::kPlain> kept_iterators;

// Number of steps from lo to hi; works for any size.
Ref compute_length(Value start, Value stop, Value step) {
  int64_t a, b, c;
  if (word_of(start, &a) && word_of(stop, &b) && word_of(step, &c)) {
    if (c > 0 ? a >= b : a <= b) return Ref::from_int(0);
    uint64_t distance = c > 0 ? static_cast<uint64_t>(b) - static_cast<uint64_t>(a) : static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
    uint64_t size = c > 0 ? static_cast<uint64_t>(c) : 0 - static_cast<uint64_t>(c);
    return int_from_u64((distance - 1) / size + 1);
  }
  bool up = int_sign(step) > 0;
  Value lo = up ? start : stop, hi = up ? stop : start;
  if (int_compare(lo, hi) >= 0) return Ref::from_int(0);
  Ref distance = int_subtract(hi, lo);
  Ref size = up ? Ref::copy(step) : int_negative(step);
  if (!distance || !size) return {};
  distance = int_subtract(distance, Value::from_int(1));
  if (!distance) return {};
  Ref q = int_floor_divide(distance, size);
  return q ? int_add(q, Value::from_int(1)) : Ref{};
}

void range_dealloc(PyObject* self) {
  auto* r = reinterpret_cast<RangeObject*>(self);
  decref(r->start);
  decref(r->stop);
  decref(r->step);
  decref(r->length);
  object_free(self);
}

Ref make_range(Ref start, Ref stop, Ref step) {
  Ref length = compute_length(start, stop, step);
  if (!length) return {};
  PyObject* o = object_new_raw(&PyRange_Type, sizeof(RangeObject));
  if (!o) return {};
  auto* r = reinterpret_cast<RangeObject*>(o);
  r->start = start.release();
  r->stop = stop.release();
  r->step = step.release();
  r->length = length.release();
  return Ref::steal(Value{o});
}

}  // namespace

Ref range_new(Value start, Value stop, Value step) {
  Ref a = index(start);
  if (!a) return {};
  Ref b = index(stop);
  if (!b) return {};
  Ref c = index(step);
  if (!c) return {};
  if (int_sign(c) == 0) return raise(PyExc_ValueError, "range() arg 3 must not be zero");
  return make_range(std::move(a), std::move(b), std::move(c));
}

namespace {

Ref range_new_slot(PyTypeObject*, Args args) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "range() takes no keyword arguments");
  Value zero = Value::from_int(0), one = Value::from_int(1);
  switch (args.n) {
    case 0: return raise(PyExc_TypeError, "range expected at least 1 argument, got 0");
    case 1: return range_new(zero, args[0], one);
    case 2: return range_new(args[0], args[1], one);
    case 3: return range_new(args[0], args[1], args[2]);
    default: return raise(PyExc_TypeError, "range expected at most 3 arguments, got %zd", static_cast<Py_ssize_t>(args.n));
  }
}

Ref range_repr(Value self) {
  auto* r = as_range(self);
  if (r->step == Value::from_int(1)) return str_format("range(%R, %R)", r->start, r->stop);
  return str_format("range(%R, %R, %R)", r->start, r->stop, r->step);
}

Py_ssize_t range_length(Value self) {
  int64_t n;
  if (word_of(as_range(self)->length, &n)) return n;
  return raise(PyExc_OverflowError, "Python int too large to convert to C ssize_t");
}

int range_bool(Value self) { return int_sign(as_range(self)->length) != 0; }

// start + i * step
Ref item_at(RangeObject* r, Value i) {
  int64_t a, b, c, t;
  if (word_of(r->start, &a) && word_of(r->step, &b) && word_of(i, &c) && !__builtin_mul_overflow(b, c, &t) && !__builtin_add_overflow(t, a, &t)) {
    return int_from_i64(t);
  }
  Ref product = int_multiply(i, r->step);
  return product ? int_add(r->start, product) : Ref{};
}

Ref item_checked(Value self, Value i) {
  auto* r = as_range(self);
  Ref held;
  if (int_sign(i) < 0) {
    held = int_add(i, r->length);
    if (!held) return {};
    i = held;
  }
  if (int_sign(i) < 0 || int_compare(i, r->length) >= 0) return raise(PyExc_IndexError, "range object index out of range");
  return item_at(r, i);
}

Ref range_item(Value self, Py_ssize_t i) {
  Ref n = int_from_ssize(i);
  return n ? item_checked(self, n) : Ref{};
}

Ref range_slice(Value self, Value slice) {
  auto* r = as_range(self);
  Ref bounds = call_method(slice, "indices"_id, {r->length});
  if (!bounds) return {};
  Ref step = int_multiply(r->step, tuple_get(bounds, 2));
  if (!step) return {};
  Ref start = item_at(r, tuple_get(bounds, 0));
  if (!start) return {};
  Ref stop = item_at(r, tuple_get(bounds, 1));
  if (!stop) return {};
  return make_range(std::move(start), std::move(stop), std::move(step));
}

Ref range_subscript(Value self, Value key) {
  if (has_index(key)) {
    Ref i = index(key);
    return i ? item_checked(self, i) : Ref{};
  }
  if (is_slice(key)) return range_slice(self, key);
  return raise(PyExc_TypeError, "range indices must be integers or slices, not %.200s", type_of(key)->tp_name);
}

// Of an exact int or bool; -1 error.
int contains_int(Value self, Value v) {
  auto* r = as_range(self);
  bool up = int_sign(r->step) > 0;
  if (up ? int_compare(r->start, v) > 0 || int_compare(v, r->stop) >= 0 : int_compare(v, r->start) > 0 || int_compare(r->stop, v) >= 0) return 0;
  Ref distance = int_subtract(v, r->start);
  if (!distance) return -1;
  Ref rest = int_remainder(distance, r->step);
  if (!rest) return -1;
  return int_sign(rest) == 0;
}

bool plain_int(Value v) { return v.is_int() || is_exact(v, &PyLong_Type) || is_bool(v); }

int range_contains(Value self, Value v) {
  if (plain_int(v)) return contains_int(self, v);
  // Anything else is compared one by one.
  int found = 0;
  bool ok = for_each(self, [&](Value item) {
    int same = equal(item, v);
    if (same < 0) return false;
    found = same;
    return !same;
  });
  if (found) return 1;
  return ok ? 0 : -1;
}

Py_hash_t range_hash(Value self) {
  auto* r = as_range(self);
  Value first = none(), step = none();
  if (int_sign(r->length) != 0) {
    first = r->start;
    if (!(r->length == Value::from_int(1))) step = r->step;
  }
  Ref t = tuple_of({r->length, first, step});
  return t ? hash(t) : -1;
}

bool ranges_equal(RangeObject* a, RangeObject* b) {
  if (a == b) return true;
  if (!int_equal(a->length, b->length)) return false;
  if (int_sign(a->length) == 0) return true;
  if (!int_equal(a->start, b->start)) return false;
  if (a->length == Value::from_int(1)) return true;
  return int_equal(a->step, b->step);
}

Ref range_compare(Value a, Value b, int op) {
  if (!is_exact(b, &PyRange_Type) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  return bool_ref(ranges_equal(as_range(a), as_range(b)) == (op == Py_EQ));
}

// --- Methods -----------------------------------------------------------------------------------------------------------

Ref get_start(Value self) { return Ref::copy(as_range(self)->start); }
Ref get_stop(Value self) { return Ref::copy(as_range(self)->stop); }
Ref get_step(Value self) { return Ref::copy(as_range(self)->step); }

Ref make_iterator(Value start, Value step, Value length) {
  int64_t a, b, n, last;
  if (word_of(start, &a) && word_of(step, &b) && word_of(length, &n)) {
    // One past the last must fit too.
    if (!__builtin_mul_overflow(n, b, &last) && !__builtin_add_overflow(last, a, &last)) {
      PyObject* o = kept_iterators.take();
      if (!o && !(o = object_new_raw(&PyRangeIter_Type, sizeof(RangeIterator)))) return {};
      auto* it = reinterpret_cast<RangeIterator*>(o);
      it->next = it->start = a;
      it->step = b;
      it->remaining = n;
      return Ref::steal(Value{o});
    }
  }
  PyObject* o = object_new_raw(&PyLongRangeIter_Type, sizeof(LongRangeIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<LongRangeIterator*>(o);
  it->next = Ref::copy(start).release();
  it->step = Ref::copy(step).release();
  it->remaining = Ref::copy(length).release();
  return Ref::steal(Value{o});
}

Ref range_iter(Value self) {
  auto* r = as_range(self);
  return make_iterator(r->start, r->step, r->length);
}

Ref range_reversed(Value self) {
  auto* r = as_range(self);
  Ref last_index = int_subtract(r->length, Value::from_int(1));
  if (!last_index) return {};
  Ref last = item_at(r, last_index);
  if (!last) return {};
  Ref step = int_negative(r->step);
  return step ? make_iterator(last, step, r->length) : Ref{};
}

Ref range_reduce(Value self) {
  auto* r = as_range(self);
  Ref args = tuple_of({r->start, r->stop, r->step});
  return args ? tuple_of({Value{&PyRange_Type}, args}) : Ref{};
}

Ref range_count(Value self, Value v) {
  if (plain_int(v)) {
    int c = contains_int(self, v);
    return c < 0 ? Ref{} : Ref::from_int(c);
  }
  int64_t count = 0;
  bool ok = for_each(self, [&](Value item) {
    int same = equal(item, v);
    if (same > 0) ++count;
    return same >= 0;
  });
  return ok ? int_from_i64(count) : Ref{};
}

Ref range_index(Value self, Value v) {
  if (!plain_int(v)) {
    int64_t i = 0;
    bool found = false;
    bool ok = for_each(self, [&](Value item) {
      int same = equal(item, v);
      if (same < 0) return false;
      if (same) {
        found = true;
        return false;
      }
      ++i;
      return true;
    });
    if (found) return int_from_i64(i);
    return ok ? Ref(raise(PyExc_ValueError, "sequence.index(x): x not in sequence")) : Ref{};
  }
  int c = contains_int(self, v);
  if (c < 0) return {};
  if (!c) return raise(PyExc_ValueError, "%R is not in range", v);
  auto* r = as_range(self);
  Ref distance = int_subtract(v, r->start);
  return distance ? int_floor_divide(distance, r->step) : Ref{};
}

const MethodRow range_methods[] = {
    method<range_reversed>("__reversed__", "", "Return a reverse iterator."),
    method<range_reduce>("__reduce__", "", ""),
    method<range_count>("count", "", "rangeobject.count(value) -> integer -- return number of occurrences of value"),
    method<range_index>("index", "", "rangeobject.index(value) -> integer -- return index of value.\nRaise ValueError if the value is not present."),
    {}};
const GetSetRow range_getset[] = {getset<get_start>("start"), getset<get_stop>("stop"), getset<get_step>("step"), {}};

// --- Iterators ------------------------------------------------------------------------------------------------------------

void range_iterator_dealloc(PyObject* self) {
  if (!kept_iterators.keep(self)) object_free(self);
}

Ref self_iter(Value self) { return Ref::copy(self); }

Ref range_iterator_next(Value self) {
  auto* it = self.as<RangeIterator>();
  if (it->remaining <= 0) return {};
  int64_t i = it->next;
  it->next += it->step;
  --it->remaining;
  return int_from_i64(i);
}

// iter(range), and how many steps have been taken.
Ref reduce_iterator(Value start, Value step, Value length, Value taken) {
  Ref f = builtin_named("iter"_id);
  Ref span = int_multiply(length, step);
  if (!f || !span) return {};
  Ref stop = int_add(start, span);
  if (!stop) return {};
  Ref r = range_new(start, stop, step);
  if (!r) return {};
  Ref args = tuple_of({r});
  return args ? tuple_of({f, args, taken}) : Ref{};
}

Ref range_iterator_length_hint(Value self) { return int_from_i64(self.as<RangeIterator>()->remaining); }
Ref range_iterator_reduce(Value self) {
  auto* it = self.as<RangeIterator>();
  int64_t taken = (it->next - it->start) / it->step;
  Ref start = int_from_i64(it->start), step = int_from_i64(it->step), n = int_from_i64(taken + it->remaining), index = int_from_i64(taken);
  if (!start || !step || !n || !index) return {};
  return reduce_iterator(start, step, n, index);
}
Ref range_iterator_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* it = self.as<RangeIterator>();
  // The state counts from the start.
  int64_t length = (it->next - it->start) / it->step + it->remaining;
  if (i < 0) i = 0;
  else if (i > length) i = length;
  it->next = it->start + i * it->step;
  it->remaining = length - i;
  return none_ref();
}

void long_iterator_dealloc(PyObject* self) {
  auto* it = reinterpret_cast<LongRangeIterator*>(self);
  decref(it->next);
  decref(it->step);
  decref(it->remaining);
  object_free(self);
}

Ref long_iterator_next(Value self) {
  auto* it = self.as<LongRangeIterator>();
  if (int_sign(it->remaining) <= 0) return {};
  Ref following = int_add(it->next, it->step);
  Ref left = int_subtract(it->remaining, Value::from_int(1));
  if (!following || !left) return {};
  Ref r = Ref::steal(it->next);
  it->next = following.release();
  assign(it->remaining, std::move(left));
  return r;
}
Ref long_iterator_length_hint(Value self) { return Ref::copy(self.as<LongRangeIterator>()->remaining); }
Ref long_iterator_reduce(Value self) {
  auto* it = self.as<LongRangeIterator>();
  return reduce_iterator(it->next, it->step, it->remaining, Value::from_int(0));
}
Ref long_iterator_setstate(Value self, Value state) {
  if (!is_int(state)) return raise(PyExc_TypeError, "state must be an int, not %.100s", type_of(state)->tp_name);
  auto* it = self.as<LongRangeIterator>();
  Ref i = int_to_exact(state);
  if (!i) return {};
  if (int_sign(i) < 0) i = Ref::from_int(0);
  else if (int_compare(i, it->remaining) > 0) i = Ref::copy(it->remaining);
  Ref skipped = int_multiply(i, it->step);
  if (!skipped) return {};
  Ref next = int_add(it->next, skipped), left = int_subtract(it->remaining, i);
  if (!next || !left) return {};
  assign(it->next, std::move(next));
  assign(it->remaining, std::move(left));
  return none_ref();
}

const MethodRow range_iterator_methods[] = {
    method<range_iterator_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<range_iterator_reduce>("__reduce__", "", "Return state information for pickling."),
    method<range_iterator_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};
const MethodRow long_iterator_methods[] = {
    method<long_iterator_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<long_iterator_reduce>("__reduce__", "", "Return state information for pickling."),
    method<long_iterator_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

}  // namespace

void drop_kept_range_iterators() { kept_iterators.drop(); }

extern const TypeDef range_def = {
    .type = &PyRange_Type,
    .name = "range",
    .basicsize = sizeof(RangeObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\n"
           "Return an object that produces a sequence of integers from start (inclusive)\n"
           "to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\n"
           "start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\n"
           "These are exactly the valid indices for a list of 4 elements.\n"
           "When step is given, it specifies the increment (or decrement).",
    .dealloc = range_dealloc,
    .slots = {.tp_repr = slot::Unary<range_repr>,
              .tp_hash = slot::Hash<range_hash>,
              .tp_richcompare = slot::Compare<range_compare>,
              .tp_iter = slot::Unary<range_iter>,
              .tp_new = slot::New<range_new_slot>,
              .nb_bool = slot::Inquiry<range_bool>,
              .sq_length = slot::Length<range_length>,
              .sq_item = slot::Index<range_item>,
              .sq_contains = slot::Contains<range_contains>,
              .mp_length = slot::Length<range_length>,
              .mp_subscript = slot::Binary<range_subscript>},
    .methods = range_methods,
    .getset = range_getset,
};

extern const TypeDef range_iterator_def = {
    .type = &PyRangeIter_Type,
    .name = "range_iterator",
    .basicsize = sizeof(RangeIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = range_iterator_dealloc,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<range_iterator_next>},
    .methods = range_iterator_methods,
};

extern const TypeDef long_range_iterator_def = {
    .type = &PyLongRangeIter_Type,
    .name = "longrange_iterator",
    .basicsize = sizeof(LongRangeIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = long_iterator_dealloc,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<long_iterator_next>},
    .methods = long_iterator_methods,
};

}  // namespace adder
