// The type tuple, and what it shares with list (sequence.h).
#include "memory/gc_tracking.h"
#include "memory/kept.h"
#include "object/sequence.h"
#include "object/sequence_iterator.h"

PyTypeObject PyTuple_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyTupleIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

// Short exact tuples are kept for reuse, with their GC heads.
constexpr Py_ssize_t kKeptSizes = 12;
Kept<1000> kept[kKeptSizes];

constexpr size_t kEmptyTupleOffset = 58904;  // _PyRuntime.global_objects.singletons.tuple_empty

size_t tuple_bytes(Py_ssize_t n) { return offsetof(PyTupleObject, ob_item) + static_cast<size_t>(n) * sizeof(Value); }

// An untracked one whose n items are gone.
void end_tuple(PyObject* self, Py_ssize_t n) {
  if (self->ob_type == &PyTuple_Type && n > 0 && n < kKeptSizes && kept[n].keep(self)) return;
  self->ob_type->tp_free(self);
}

void tuple_dealloc(PyObject* self) {
  auto* t = reinterpret_cast<PyTupleObject*>(self);
  Py_ssize_t n = t->ob_base.ob_size;
  if (ADDER_UNLIKELY(reinterpret_cast<char*>(self) == _PyRuntime_words + kEmptyTupleOffset)) {
    refcount(self) = int64_t{1} << 60;
    return;
  }
  gc_untrack(self);
  bool nested = false;
  Value* words = tuple_words(Value{self});
  for (Py_ssize_t i = 0; i < n && !nested; i++) nested = gc_may_cycle(words[i]);
  auto release = [&] {
    for (Py_ssize_t i = n; --i >= 0;) decref(words[i]);
    end_tuple(self, n);
  };
  if (!nested) {
    release();
    return;
  }
  TrashcanGuard guard(self, tuple_dealloc);
  if (guard.deferred) return;
  release();
}

int tuple_traverse(PyObject* self, visitproc visit, void* arg) {
  Value* words = tuple_words(Value{self});
  for (Py_ssize_t i = tuple_size(Value{self}); --i >= 0;) ADDER_VISIT(words[i]);
  return 0;
}

}  // namespace

void drop_kept_tuples() {
  for (auto& of_a_size : kept) of_a_size.drop();
}

// --- Shared with list ------------------------------------------------------------------------------------------------

void copy_words(PyObject* source, const Value* from, Py_ssize_t n, Value* to) {
  if (ADDER_UNLIKELY(c_visible(source))) {
    for (Py_ssize_t i = 0; i < n; i++) {
      to[i] = from_c_borrowed(from[i].object());
      incref(to[i]);
    }
    return;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    to[i] = from[i];
    incref(to[i]);
  }
}

Ref repr_sequence(Value v, const char* open, const char* close) {
  bool is_a_tuple = open[0] == '(';
  if (sequence_size(v) == 0) return str_from_ascii(is_a_tuple ? "()" : "[]");
  int entered = repr_enter(v);
  if (entered != 0) return entered < 0 ? Ref{} : str_from_ascii(is_a_tuple ? "(...)" : "[...]");
  auto body = [&]() -> Ref {
    StrBuilder out(sequence_size(v) * 3 + 2);
    if (!out.add_ascii(open)) return {};
    for (Py_ssize_t i = 0; i < sequence_size(v); i++) {
      if (i > 0 && !out.add_ascii(", ")) return {};
      Ref item = Ref::copy(sequence_get(v, i));
      Ref text = repr(item);
      if (!text || !out.add(text)) return {};
    }
    if (is_a_tuple && sequence_size(v) == 1 && !out.add_char(',')) return {};
    if (!out.add_ascii(close)) return {};
    return out.finish();
  };
  Ref r = body();
  repr_leave(v);
  return r;
}

// Both of the same kind. The first pair that differs decides, then the sizes.
Ref compare_sequences(Value a, Value b, int op) {
  if ((op == Py_EQ || op == Py_NE) && is_list(a) && sequence_size(a) != sequence_size(b)) return bool_ref(op == Py_NE);
  Py_ssize_t i = 0;
  for (; i < sequence_size(a) && i < sequence_size(b); i++) {
    Value x = sequence_get(a, i), y = sequence_get(b, i);
    if (x == y) continue;
    if (x.is_int() && y.is_int()) break;
    Ref held_x = Ref::copy(x), held_y = Ref::copy(y);
    int same = equal(x, y);
    if (same < 0) return {};
    if (!same) break;  // the comparison may have changed the lists: sizes are looked at again
  }
  Py_ssize_t n = sequence_size(a), m = sequence_size(b);
  if (i >= n || i >= m) {
    switch (op) {
      case Py_LT: return bool_ref(n < m);
      case Py_LE: return bool_ref(n <= m);
      case Py_EQ: return bool_ref(n == m);
      case Py_NE: return bool_ref(n != m);
      case Py_GT: return bool_ref(n > m);
      default: return bool_ref(n >= m);
    }
  }
  if (op == Py_EQ) return bool_ref(false);
  if (op == Py_NE) return bool_ref(true);
  Ref x = Ref::copy(sequence_get(a, i)), y = Ref::copy(sequence_get(b, i));
  return compare(x, y, op);
}

bool take_one_argument(const char* name, Args args, Value* out) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "%s() takes no keyword arguments", name);
  if (args.n > 1) return raise(PyExc_TypeError, "%s expected at most 1 argument, got %zd", name, static_cast<Py_ssize_t>(args.n));
  *out = args.n ? args[0] : Value{};
  return true;
}

bool index_bound(Value v, Py_ssize_t* out) {
  if (!has_index(v)) return raise(PyExc_TypeError, "slice indices must be integers or have an __index__ method");
  return index_as_ssize(v, out, nullptr);
}

// --- Making tuples -----------------------------------------------------------------------------------------------------

Ref tuple_empty() {
  auto* o = reinterpret_cast<PyObject*>(_PyRuntime_words + kEmptyTupleOffset);
  return Ref::copy(Value{o});
}

Ref tuple_new_untracked(Py_ssize_t n) {
  if (n == 0) return tuple_empty();
  PyObject* o = n < kKeptSizes ? kept[n].take() : nullptr;
  if (!o) {
    if (static_cast<size_t>(n) > (static_cast<size_t>(PY_SSIZE_T_MAX) - 64) / sizeof(Value)) return raise_no_memory();
    o = gc_new_raw(&PyTuple_Type, tuple_bytes(n));
    if (!o) return {};
    reinterpret_cast<PyVarObject*>(o)->ob_size = n;
  }
  Value* words = tuple_words(Value{o});
  for (Py_ssize_t i = 0; i < n; i++) words[i] = Value{};
  return Ref::steal(Value{o});
}

void tuple_track_if_needed(PyObject* t) {
  Value* words = tuple_words(Value{t});
  for (Py_ssize_t i = tuple_size(Value{t}); --i >= 0;) {
    if (gc_needs_tracking(words[i])) {
      gc_track(t);
      return;
    }
  }
}

Ref tuple_new(Py_ssize_t n) {
  Ref t = tuple_new_untracked(n);
  if (t && n > 0) gc_track(t.object());
  return t;
}

Ref tuple_from(const Value* items, Py_ssize_t n) {
  // Counted first: items may be borrowed from a container that changes if the collector runs.
  for (Py_ssize_t i = 0; i < n; i++) incref(items[i]);
  Ref t = tuple_new_untracked(n);
  if (!t) {
    for (Py_ssize_t i = 0; i < n; i++) decref(items[i]);
    return t;
  }
  Value* words = tuple_words(t);
  bool track = false;
  for (Py_ssize_t i = 0; i < n; i++) {
    words[i] = items[i];
    track = track || gc_needs_tracking(items[i]);
  }
  if (track) gc_track(t.object());
  return t;
}

[[gnu::noinline]] static PyObject* tuple_new_uncollected(Py_ssize_t n) {
  bool& collecting = gc_state().collecting;
  const bool before = collecting;
  collecting = true;
  Ref t = tuple_new_untracked(n);
  collecting = before;
  return t.release().object();
}
Ref tuple_take(Value* items, Py_ssize_t n) {
  PyObject* o = n > 0 && n < kKeptSizes ? kept[n].take() : nullptr;
  if (!o) o = tuple_new_uncollected(n);
  if (!o) return {};
  Ref t = Ref::steal(Value{o});
  Value* words = tuple_words(t);
  bool track = false;
  for (Py_ssize_t i = 0; i < n; i++) {
    words[i] = items[i];
    items[i] = Value{};
    track = track || gc_needs_tracking(words[i]);
  }
  if (track) gc_track(t.object());
  return t;
}

void tuple_give(Ref tuple, Value* items) {
  PyObject* t = tuple.release().object();
  ADDER_ASSERT(t->ob_type == &PyTuple_Type && refcount(t) == 1 && !c_visible(t));
  gc_untrack(t);
  const Py_ssize_t n = tuple_size(Value{t});
  memcpy(items, tuple_words(Value{t}), static_cast<size_t>(n) * sizeof(Value));
  refcount(t) = 0;
  end_tuple(t, n);
}

Ref tuple_of(std::initializer_list<Value> items) { return tuple_from(items.begin(), static_cast<Py_ssize_t>(items.size())); }

Ref tuple_slice(Value t, Py_ssize_t lo, Py_ssize_t hi) {
  Py_ssize_t n = tuple_size(t);
  if (lo < 0) lo = 0;
  if (hi > n) hi = n;
  if (hi <= lo) return tuple_empty();
  if (lo == 0 && hi == n && is_exact_tuple(t)) return Ref::copy(t);
  Ref r = tuple_new_untracked(hi - lo);
  if (!r) return {};
  copy_words(t.object(), tuple_words(t) + lo, hi - lo, tuple_words(r));
  tuple_track_if_needed(r.object());
  return r;
}

Ref list_to_tuple(Value l) {
  for (;;) {
    Py_ssize_t n = list_size(l);
    Ref r = tuple_new_untracked(n);
    if (!r || n == 0) return r;
    if (ADDER_UNLIKELY(list_size(l) != n)) continue;  // the collector ran, and code that changed the list
    copy_words(l.object(), list_words(l), n, tuple_words(r));
    tuple_track_if_needed(r.object());
    return r;
  }
}

namespace {

// --- Slots -----------------------------------------------------------------------------------------------------------

Ref tuple_new_slot(PyTypeObject* type, Args args) {
  if (type != &PyTuple_Type && args.kwnames && type->tp_init != PyTuple_Type.tp_init) args.kwnames = nullptr;
  Value iterable;
  if (!take_one_argument("tuple", args, &iterable)) return {};
  Ref exact = iterable.absent() ? tuple_empty() : to_tuple(iterable);
  if (!exact || type == &PyTuple_Type) return exact;
  Py_ssize_t n = tuple_size(exact);
  PyObject* o = type->tp_alloc(type, n);
  if (!o) return {};
  Ref r = Ref::steal(Value{o});
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!store_fresh(o, tuple_words(r) + i, Ref::copy(tuple_get(exact, i)))) return {};
  }
  return r;
}

Ref tuple_repr(Value self) { return repr_sequence(self, "(", ")"); }

Py_hash_t tuple_hash(Value self) {
  constexpr uint64_t P1 = 11400714785074694791ULL, P2 = 14029467366897019727ULL, P5 = 2870177450012600261ULL;
  auto n = static_cast<uint64_t>(tuple_size(self));
  uint64_t acc = P5;
  for (Py_ssize_t i = 0; i < static_cast<Py_ssize_t>(n); i++) {
    Value item = tuple_get(self, i);
    Py_hash_t lane = item.is_int() && item.as_int() != -1 ? item.as_int() : hash(item);
    if (lane == -1) return -1;
    acc += static_cast<uint64_t>(lane) * P2;
    acc = acc << 31 | acc >> 33;
    acc *= P1;
  }
  acc += n ^ (P5 ^ 3527539ULL);
  if (acc == static_cast<uint64_t>(-1)) return 1546275796;
  return static_cast<Py_hash_t>(acc);
}

Ref tuple_compare(Value a, Value b, int op) {
  if (!is_tuple(a) || !is_tuple(b)) return not_implemented_ref();
  return compare_sequences(a, b, op);
}

Py_ssize_t tuple_length(Value self) { return tuple_size(self); }

Ref tuple_item(Value self, Py_ssize_t i) {
  if (static_cast<size_t>(i) >= static_cast<size_t>(tuple_size(self))) return raise(PyExc_IndexError, "tuple index out of range");
  return Ref::copy(tuple_get(self, i));
}

Ref tuple_subscript(Value self, Value key) {
  if (ADDER_LIKELY(key.is_int())) {
    int64_t i = key.as_int();
    if (i < 0) i += tuple_size(self);
    return tuple_item(self, i);
  }
  if (has_index(key)) {
    Py_ssize_t i;
    if (!subscript_index(key, tuple_size(self), &i)) return {};
    return tuple_item(self, i);
  }
  if (!is_slice(key)) return raise(PyExc_TypeError, "tuple indices must be integers or slices, not %.200s", type_of(key)->tp_name);
  Py_ssize_t start, stop, step;
  if (!slice_unpack(key, &start, &stop, &step)) return {};
  Py_ssize_t n = slice_adjust(tuple_size(self), &start, &stop, step);
  if (n <= 0) return tuple_empty();
  if (step == 1) return tuple_slice(self, start, start + n);
  Ref r = tuple_new_untracked(n);
  if (!r) return {};
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(r, i, Ref::copy(tuple_get(self, start + i * step)));
  tuple_track_if_needed(r.object());
  return r;
}

Ref tuple_concat(Value a, Value b) {
  if (!is_tuple(b)) return raise(PyExc_TypeError, "can only concatenate tuple (not \"%.200s\") to tuple", type_of(b)->tp_name);
  Py_ssize_t n = tuple_size(a), m = tuple_size(b);
  if (n == 0 && is_exact_tuple(b)) return Ref::copy(b);
  if (m == 0 && is_exact_tuple(a)) return Ref::copy(a);
  if (n > PY_SSIZE_T_MAX - m) return raise_no_memory();
  Ref r = tuple_new_untracked(n + m);
  if (!r) return {};
  copy_words(a.object(), tuple_words(a), n, tuple_words(r));
  copy_words(b.object(), tuple_words(b), m, tuple_words(r) + n);
  tuple_track_if_needed(r.object());
  return r;
}

Ref tuple_repeat(Value self, Py_ssize_t times) {
  Py_ssize_t n = tuple_size(self);
  if (n == 0 || times == 1) {
    if (is_exact_tuple(self)) return Ref::copy(self);
  }
  if (n == 0 || times <= 0) return tuple_empty();
  if (n > PY_SSIZE_T_MAX / times) return raise_no_memory();
  Ref r = tuple_new_untracked(n * times);
  if (!r) return {};
  Value* words = tuple_words(r);
  for (Py_ssize_t t = 0; t < times; t++) copy_words(self.object(), tuple_words(self), n, words + t * n);
  tuple_track_if_needed(r.object());
  return r;
}

int tuple_contains(Value self, Value item) {
  for (Py_ssize_t i = 0; i < tuple_size(self); i++) {
    Ref x = Ref::copy(tuple_get(self, i));
    int same = equal(x, item);
    if (same) return same;
  }
  return 0;
}

// --- Methods ---------------------------------------------------------------------------------------------------------

Ref tuple_index(Value self, const Value* a) {
  Py_ssize_t n = tuple_size(self), start = 0, stop = n;
  if (!a[1].absent() && !index_bound(a[1], &start)) return {};
  if (!a[2].absent() && !index_bound(a[2], &stop)) return {};
  if (start < 0 && (start += n) < 0) start = 0;
  if (stop < 0) stop += n;
  if (stop > n) stop = n;
  for (Py_ssize_t i = start; i < stop; i++) {
    Ref x = Ref::copy(tuple_get(self, i));
    int same = equal(x, a[0]);
    if (same < 0) return {};
    if (same) return int_from_ssize(i);
  }
  return raise(PyExc_ValueError, "tuple.index(x): x not in tuple");
}

Ref tuple_count(Value self, Value v) {
  Py_ssize_t count = 0;
  for (Py_ssize_t i = 0; i < tuple_size(self); i++) {
    Ref x = Ref::copy(tuple_get(self, i));
    int same = equal(x, v);
    if (same < 0) return {};
    count += same;
  }
  return int_from_ssize(count);
}

Ref tuple_getnewargs(Value self) {
  Ref copy = tuple_slice(self, 0, tuple_size(self));
  return copy ? tuple_of({copy}) : Ref{};
}

Ref class_getitem(Value type, Value args) { return make_generic_alias(type, args); }

const MethodRow tuple_methods[] = {
    method<tuple_getnewargs>("__getnewargs__", "($self, /)", ""),
    method<tuple_index>("index", "($self, value, start=0, stop=sys.maxsize, /)", "Return first index of value."),
    method<tuple_count>("count", "($self, value, /)", "Return number of occurrences of value."),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};

// --- Iterator --------------------------------------------------------------------------------------------------------

Ref item_at(Value t, Py_ssize_t i) { return Ref::copy(tuple_get(t, i)); }
Ref tuple_iter(Value self) { return sequence_iterator_new(&PyTupleIter_Type, self); }

const MethodRow tuple_iterator_methods[] = {
    method<sequence_iterator_length_hint<tuple_size>>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<sequence_iterator_reduce<tuple_empty>>("__reduce__", "", "Return state information for pickling."),
    method<sequence_iterator_setstate<tuple_size>>("__setstate__", "", "Set state information for unpickling."),
    {}};

}  // namespace

extern const TypeDef tuple_def = {
    .type = &PyTuple_Type,
    .name = "tuple",
    .basicsize = offsetof(PyTupleObject, ob_item),
    .itemsize = sizeof(PyObject*),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_TUPLE_SUBCLASS | (1UL << 22) | Py_TPFLAGS_SEQUENCE,
    .doc = "Built-in immutable sequence.\n\n"
           "If no argument is given, the constructor returns an empty tuple.\n"
           "If iterable is specified the tuple is initialized from iterable's items.\n\n"
           "If the argument is a tuple, the return value is the same object.",
    .signature = "(iterable=(), /)",
    .dealloc = tuple_dealloc,
    .traverse = tuple_traverse,
    .slots = {.tp_repr = slot::Unary<tuple_repr>,
              .tp_hash = slot::Hash<tuple_hash>,
              .tp_richcompare = slot::Compare<tuple_compare>,
              .tp_iter = slot::Unary<tuple_iter>,
              .tp_new = slot::New<tuple_new_slot>,
              .sq_length = slot::Length<tuple_length>,
              .sq_concat = slot::Binary<tuple_concat>,
              .sq_repeat = slot::Index<tuple_repeat>,
              .sq_item = slot::Index<tuple_item>,
              .sq_contains = slot::Contains<tuple_contains>,
              .mp_length = slot::Length<tuple_length>,
              .mp_subscript = slot::Binary<tuple_subscript>},
    .methods = tuple_methods,
};

extern const TypeDef tuple_iterator_def = {
    .type = &PyTupleIter_Type,
    .name = "tuple_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = sequence_iterator_dealloc,
    .traverse = sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<tuple_size, item_at>>},
    .methods = tuple_iterator_methods,
};

}  // namespace adder
