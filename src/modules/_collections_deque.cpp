// collections.deque: a ring buffer whose size is a power of two, so that any index is found at once.
#include <cstring>

#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {
namespace {

ADDER_TYPE(deque_type);
ADDER_TYPE(deque_iterator_type);
ADDER_TYPE(deque_reverse_iterator_type);

struct Deque {
  PyVarObject head;   // ob_size: items
  Value* items;       // null while empty and never used
  size_t first;       // place of the first item
  size_t capacity;    // a power of two, or 0
  size_t state;       // grows at each change of length: iterators compare it
  Py_ssize_t maxlen;  // -1: none
  PyObject* weakrefs;
};
Deque* deque(Value v) { return v.as<Deque>(); }
Py_ssize_t size(const Deque* d) { return d->head.ob_size; }
Value& at(Deque* d, Py_ssize_t i) { return d->items[(d->first + static_cast<size_t>(i)) & (d->capacity - 1)]; }
bool is_deque(Value v) { return v.is_object() && is_instance_exactly(v, &deque_type); }
const char* last_name(PyTypeObject* t) {
  const char* dot = strrchr(t->tp_name, '.');
  return dot ? dot + 1 : t->tp_name;
}

bool grow(Deque* d) {
  size_t capacity = d->capacity ? d->capacity * 2 : 8;
  auto* fresh = static_cast<Value*>(object_malloc(capacity * sizeof(Value)));
  if (!fresh) return raise_no_memory();
  for (Py_ssize_t i = 0; i < size(d); i++) fresh[i] = at(d, i);
  object_free(d->items);
  d->items = fresh;
  d->first = 0;
  d->capacity = capacity;
  return true;
}

Ref take_first(Deque* d) {
  Ref r = Ref::steal(at(d, 0));
  d->first = (d->first + 1) & (d->capacity - 1);
  d->head.ob_size--;
  d->state++;
  return r;
}
Ref take_last(Deque* d) {
  Ref r = Ref::steal(at(d, size(d) - 1));
  d->head.ob_size--;
  d->state++;
  return r;
}
bool push_last(Deque* d, Ref v) {
  if (static_cast<size_t>(size(d)) == d->capacity && !grow(d)) return false;
  d->head.ob_size++;
  at(d, size(d) - 1) = v.release();
  d->state++;
  if (d->maxlen >= 0 && size(d) > d->maxlen) take_first(d).reset();
  return true;
}
bool push_first(Deque* d, Ref v) {
  if (static_cast<size_t>(size(d)) == d->capacity && !grow(d)) return false;
  d->first = (d->first - 1) & (d->capacity - 1);
  d->head.ob_size++;
  at(d, 0) = v.release();
  d->state++;
  if (d->maxlen >= 0 && size(d) > d->maxlen) take_last(d).reset();
  return true;
}

// Empties it; the items die afterwards, as their deaths may run anything.
void clear_items(Deque* d) {
  Value* items = d->items;
  size_t first = d->first, mask = d->capacity - 1;
  Py_ssize_t n = size(d);
  d->items = nullptr;
  d->first = d->capacity = 0;
  d->head.ob_size = 0;
  d->state++;
  for (Py_ssize_t i = 0; i < n; i++) decref(items[(first + static_cast<size_t>(i)) & mask]);
  object_free(items);
}

bool extend_by(Value self, Value iterable, bool left) {
  auto* d = deque(self);
  Ref copy;
  if (iterable == self) {
    copy = to_list(iterable);
    if (!copy) return false;
    iterable = copy;
  }
  Ref it = iter(iterable);
  if (!it) return false;
  while (Ref v = next(it)) {
    if (d->maxlen == 0) continue;  // consumed all the same
    if (!(left ? push_first(d, std::move(v)) : push_last(d, std::move(v)))) return false;
  }
  return !error_occurred();
}

// --- Making ----------------------------------------------------------------------------------------------------------------------
Ref deque_new(PyTypeObject* type, Args) {
  auto* d = new_object<Deque>(type);
  if (!d) return nullptr;
  d->head.ob_size = 0;
  d->maxlen = -1;
  return Ref::steal(reinterpret_cast<PyObject*>(d));
}
bool deque_init(Value self, Args args) {
  Value a[2];
  if (!bind_arguments("deque", args, {"iterable", "maxlen"}, 0, a)) return false;
  Py_ssize_t maxlen = -1;
  if (a[1] && !is_none(a[1])) {
    if (!is_int(a[1])) return raise(PyExc_TypeError, "an integer is required");
    if (!as_ssize(a[1], &maxlen)) return false;
    if (maxlen < 0) return raise(PyExc_ValueError, "maxlen must be non-negative");
  }
  auto* d = deque(self);
  d->maxlen = maxlen;
  if (size(d) > 0) clear_items(d);
  return !a[0] || extend_by(self, a[0], false);
}

// A deque of the same class with the same items.
Ref deque_copy(Value self) {
  auto* from = deque(self);
  if (is_exact(self, &deque_type)) {
    Ref r = deque_new(&deque_type, Args{});
    if (!r) return r;
    deque(r)->maxlen = from->maxlen;
    for (Py_ssize_t i = 0; i < size(from); i++) {
      if (!push_last(deque(r), Ref::copy(at(from, i)))) return nullptr;
    }
    return r;
  }
  Ref r;
  if (from->maxlen < 0) {
    r = call(Value{type_of(self)}, {self});
  } else {
    Ref maxlen = int_from_ssize(from->maxlen);
    r = call(Value{type_of(self)}, {self, maxlen});
  }
  if (r && !is_deque(r)) return raise(PyExc_TypeError, "%N() must return a deque, not %N", type_of(self), type_of(r));
  return r;
}

void deque_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &deque_dealloc};
  if (guard.deferred) return;
  if (deque(o)->weakrefs) clear_weakrefs(o);
  clear_items(deque(o));
  Py_TYPE(o)->tp_free(o);
}
int deque_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* d = deque(o);
  for (Py_ssize_t i = 0; i < size(d); i++) ADDER_VISIT(at(d, i));
  return 0;
}
int deque_tp_clear(PyObject* o) {
  clear_items(deque(o));
  return 0;
}

// --- Methods ----------------------------------------------------------------------------------------------------------------------
Ref deque_append(Value self, Value v) { return push_last(deque(self), Ref::copy(v)) ? none_ref() : Ref{}; }
Ref deque_appendleft(Value self, Value v) { return push_first(deque(self), Ref::copy(v)) ? none_ref() : Ref{}; }
Ref deque_pop(Value self) {
  if (size(deque(self)) == 0) return raise(PyExc_IndexError, "pop from an empty deque");
  return take_last(deque(self));
}
Ref deque_popleft(Value self) {
  if (size(deque(self)) == 0) return raise(PyExc_IndexError, "pop from an empty deque");
  return take_first(deque(self));
}
Ref deque_clear(Value self) {
  clear_items(deque(self));
  return none_ref();
}
Ref deque_extend(Value self, Value iterable) { return extend_by(self, iterable, false) ? none_ref() : Ref{}; }
Ref deque_extendleft(Value self, Value iterable) { return extend_by(self, iterable, true) ? none_ref() : Ref{}; }

Ref deque_count(Value self, Value v) {
  auto* d = deque(self);
  size_t state = d->state;
  Py_ssize_t n = 0;
  for (Py_ssize_t i = 0; i < size(d); i++) {
    Ref item = Ref::copy(at(d, i));
    int same = equal(item, v);
    if (same < 0) return nullptr;
    if (state != d->state) return raise(PyExc_RuntimeError, "deque mutated during iteration");
    n += same;
  }
  return int_from_ssize(n);
}
int deque_contains(Value self, Value v) {
  auto* d = deque(self);
  size_t state = d->state;
  for (Py_ssize_t i = 0; i < size(d); i++) {
    Ref item = Ref::copy(at(d, i));
    int same = equal(item, v);
    if (same != 0) return same;
    if (state != d->state) return raise(PyExc_RuntimeError, "deque mutated during iteration");
  }
  return 0;
}
Ref deque_index(Value self, Args args) {
  if (!reject_keywords("deque.index", args) || !count_between("index", args.n, 1, 3)) return nullptr;
  auto* d = deque(self);
  Py_ssize_t start = 0, stop = size(d), n = size(d);
  if (args.n > 1 && !index_as_ssize(args[1], &start, nullptr)) return nullptr;
  if (args.n > 2 && !index_as_ssize(args[2], &stop, nullptr)) return nullptr;
  if (start < 0) start = start + n < 0 ? 0 : start + n;
  if (stop < 0) stop = stop + n < 0 ? 0 : stop + n;
  if (stop > n) stop = n;
  size_t state = d->state;
  for (Py_ssize_t i = start; i < stop; i++) {
    Ref item = Ref::copy(at(d, i));
    int same = equal(item, args[0]);
    if (same < 0) return nullptr;
    if (same) return int_from_ssize(i);
    if (state != d->state) return raise(PyExc_RuntimeError, "deque mutated during iteration");
  }
  return raise(PyExc_ValueError, "%R is not in deque", args[0]);
}

// Takes item i out by moving the shorter side.
Ref take_at(Deque* d, Py_ssize_t i) {
  Ref r = Ref::steal(at(d, i));
  if (i < size(d) / 2) {
    for (Py_ssize_t k = i; k > 0; k--) at(d, k) = at(d, k - 1);
    d->first = (d->first + 1) & (d->capacity - 1);
  } else {
    for (Py_ssize_t k = i; k < size(d) - 1; k++) at(d, k) = at(d, k + 1);
  }
  d->head.ob_size--;
  d->state++;
  return r;
}
Ref deque_remove(Value self, Value v) {
  auto* d = deque(self);
  size_t state = d->state;
  for (Py_ssize_t i = 0; i < size(d); i++) {
    Ref item = Ref::copy(at(d, i));
    int same = equal(item, v);
    if (same < 0) return nullptr;
    if (state != d->state) return raise(PyExc_IndexError, "deque mutated during remove().");
    if (same) {
      take_at(d, i).reset();
      return none_ref();
    }
  }
  return raise(PyExc_ValueError, "%R is not in deque", v);
}
Ref deque_insert(Value self, Args args) {
  if (!positional_only("insert", args, 2, 2)) return nullptr;
  Py_ssize_t i;
  if (!as_ssize(args[0], &i)) return nullptr;
  auto* d = deque(self);
  Py_ssize_t n = size(d);
  if (n == d->maxlen) return raise(PyExc_IndexError, "deque already at its maximum size");
  if (i >= n) return deque_append(self, args[1]);
  if (i <= -n || i == 0) return deque_appendleft(self, args[1]);
  if (i < 0) i += n;
  if (i < n / 2) {
    if (!push_first(d, Ref::copy(args[1]))) return nullptr;
    Value v = at(d, 0);
    for (Py_ssize_t k = 0; k < i; k++) at(d, k) = at(d, k + 1);
    at(d, i) = v;
  } else {
    if (!push_last(d, Ref::copy(args[1]))) return nullptr;
    Value v = at(d, n);
    for (Py_ssize_t k = n; k > i; k--) at(d, k) = at(d, k - 1);
    at(d, i) = v;
  }
  return none_ref();
}

// To the right by n.
void rotate_by(Deque* d, Py_ssize_t n) {
  Py_ssize_t length = size(d);
  if (length <= 1) return;
  n %= length;
  if (n > length / 2) n -= length;
  if (n < -(length / 2)) n += length;
  for (; n > 0; n--) {
    Value v = at(d, length - 1);
    d->first = (d->first - 1) & (d->capacity - 1);
    at(d, 0) = v;
  }
  for (; n < 0; n++) {
    Value v = at(d, 0);
    d->first = (d->first + 1) & (d->capacity - 1);
    at(d, length - 1) = v;
  }
  d->state++;
}
Ref deque_rotate(Value self, Args args) {
  if (!positional_only("rotate", args, 0, 1)) return nullptr;
  Py_ssize_t n = 1;
  if (args.n && !as_ssize(args[0], &n)) return nullptr;
  rotate_by(deque(self), n);
  return none_ref();
}
Ref deque_reverse(Value self) {
  auto* d = deque(self);
  for (Py_ssize_t i = 0, k = size(d) - 1; i < k; i++, k--) std::swap(at(d, i), at(d, k));
  return none_ref();
}

// --- As a sequence -----------------------------------------------------------------------------------------------------------------
Py_ssize_t deque_length(Value self) { return size(deque(self)); }
Ref deque_item(Value self, Py_ssize_t i) {
  if (i < 0 || i >= size(deque(self))) return raise(PyExc_IndexError, "deque index out of range");
  return Ref::copy(at(deque(self), i));
}
bool deque_store(Value self, Py_ssize_t i, Value v) {
  auto* d = deque(self);
  if (i < 0 || i >= size(d)) return raise(PyExc_IndexError, v ? "deque index out of range" : "deque index out of range");
  if (v) {
    assign(at(d, i), Ref::copy(v));
  } else {
    take_at(d, i).reset();
  }
  return true;
}
Ref deque_concat(Value self, Value other) {
  if (!is_deque(other)) return raise(PyExc_TypeError, "can only concatenate deque (not \"%N\") to deque", type_of(other));
  Ref r = deque_copy(self);
  if (!r || !extend_by(r, other, false)) return nullptr;
  return r;
}
Ref deque_inplace_concat(Value self, Value other) { return extend_by(self, other, false) ? Ref::copy(self) : Ref{}; }
Ref deque_inplace_repeat(Value self, Py_ssize_t n) {
  auto* d = deque(self);
  Py_ssize_t length = size(d);
  if (length == 0 || n == 1) return Ref::copy(self);
  if (n <= 0) {
    clear_items(d);
    return Ref::copy(self);
  }
  // With a bound only the last items survive: no more rounds than fill it.
  if (d->maxlen >= 0 && n > d->maxlen / length + 2) n = d->maxlen / length + 2;
  Py_ssize_t total;
  if (__builtin_mul_overflow(n, length, &total) || total > PY_SSIZE_T_MAX / 16) return raise_no_memory();
  Ref seq = to_list(self);
  for (Py_ssize_t i = 1; seq && i < n; i++) {
    for (Py_ssize_t k = 0; k < length; k++) {
      if (!push_last(d, Ref::copy(list_get(seq, k)))) return nullptr;
    }
  }
  return seq ? Ref::copy(self) : Ref{};
}
Ref deque_repeat(Value self, Py_ssize_t n) {
  Ref r = deque_copy(self);
  return r ? deque_inplace_repeat(r, n) : Ref{};
}

Ref deque_repr(Value self) {
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_from_ascii("[...]") : Ref{};
  Ref items = to_list(self);
  Ref r;
  if (items) {
    const char* name = last_name(type_of(self));
    if (deque(self)->maxlen >= 0) r = str_format("%s(%R, maxlen=%zd)", name, items.get(), deque(self)->maxlen);
    else r = str_format("%s(%R)", name, items.get());
  }
  repr_leave(self);
  return r;
}

Ref deque_compare(Value a, Value b, int op) {
  if (!is_deque(a) || !is_deque(b)) return not_implemented_ref();
  Py_ssize_t m = size(deque(a)), n = size(deque(b));
  if (op == Py_EQ && (a == b || m != n)) return bool_ref(a == b);
  if (op == Py_NE && (a == b || m != n)) return bool_ref(a != b);
  Ref i = iter(a), k = iter(b);
  if (!i || !k) return nullptr;
  for (;;) {
    Ref x = next(i);
    if (!x && error_occurred()) return nullptr;
    Ref y = next(k);
    if (!y && error_occurred()) return nullptr;
    if (!x || !y) {
      int first = x ? 1 : 0, second = y ? 1 : 0;
      return compare(Value::from_int(first), Value::from_int(second), op);
    }
    int same = equal(x, y);
    if (same < 0) return nullptr;
    if (!same) return compare(x, y, op);
  }
}

Ref deque_reduce(Value self) {
  Ref state = call_method(self, "__getstate__"_id);
  Ref it = state ? iter(self) : Ref{};
  if (!it) return nullptr;
  Ref args;
  if (deque(self)->maxlen < 0) {
    args = tuple_empty();
  } else {
    Ref empty = tuple_empty(), maxlen = int_from_ssize(deque(self)->maxlen);
    args = tuple_of({empty, maxlen});
  }
  return args ? tuple_of({Value{type_of(self)}, args, state, it}) : Ref{};
}
Ref deque_sizeof(Value self) {
  return int_from_ssize(type_of(self)->tp_basicsize + static_cast<Py_ssize_t>(deque(self)->capacity * sizeof(Value)));
}
Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }
Ref get_maxlen(Value self) { return deque(self)->maxlen < 0 ? none_ref() : int_from_ssize(deque(self)->maxlen); }

// --- Iterators ------------------------------------------------------------------------------------------------------------------------
struct DequeIterator {
  PyObject head;
  PyObject* deque;
  Py_ssize_t index;      // of the next item, counted from where it starts
  Py_ssize_t remaining;
  size_t state;
};
DequeIterator* iterator(Value v) { return v.as<DequeIterator>(); }
Ref iterator_make(PyTypeObject* type, Value d) {
  auto* it = new_object<DequeIterator>(type);
  if (!it) return nullptr;
  incref(d);
  it->deque = d.object();
  it->remaining = size(deque(d));
  it->state = deque(d)->state;
  return Ref::steal(&it->head);
}
Ref deque_iter(Value self) { return iterator_make(&deque_iterator_type, self); }
Ref deque_reversed(Value self) { return iterator_make(&deque_reverse_iterator_type, self); }
template <bool Reverse>
Ref iterator_next(Value self) {
  auto* it = iterator(self);
  auto* d = deque(it->deque);
  if (it->state != d->state) {
    it->remaining = 0;
    return raise(PyExc_RuntimeError, "deque mutated during iteration");
  }
  if (it->remaining == 0) return nullptr;
  it->remaining--;
  Py_ssize_t i = it->index++;
  return Ref::copy(at(d, Reverse ? size(d) - 1 - i : i));
}
Ref iterator_new(PyTypeObject* type, Args args) {
  if (!positional_only("_deque_iterator", args, 1, 2)) return nullptr;
  if (!is_deque(args[0])) {
    return raise(PyExc_TypeError, "%s() argument 1 must be collections.deque, not %N", last_name(type), type_of(args[0]));
  }
  Py_ssize_t index = 0;
  if (args.n > 1 && !as_ssize(args[1], &index)) return nullptr;
  Ref it = iterator_make(type, args[0]);
  for (Py_ssize_t i = 0; it && i < index && iterator(it)->remaining > 0; i++) {
    iterator(it)->remaining--;
    iterator(it)->index++;
  }
  return it;
}
Ref iterator_self(Value self) { return Ref::copy(self); }
Ref iterator_length_hint(Value self) { return int_from_ssize(iterator(self)->remaining); }
Ref iterator_reduce(Value self) {
  auto* it = iterator(self);
  Ref done = int_from_ssize(size(deque(it->deque)) - it->remaining);
  Ref args = tuple_of({Value{it->deque}, done});
  return tuple_of({Value{type_of(self)}, args});
}
void iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(iterator(o)->deque);
  Py_TYPE(o)->tp_free(o);
}
int iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(iterator(o)->deque);
  return 0;
}
const MethodRow iterator_methods[] = {
    method<iterator_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<iterator_reduce>("__reduce__", "", "Return state information for pickling."),
    {}};

const MethodRow deque_methods[] = {
    method<deque_append>("append", "", "Add an element to the right side of the deque."),
    method<deque_appendleft>("appendleft", "", "Add an element to the left side of the deque."),
    method<deque_clear>("clear", "", "Remove all elements from the deque."),
    method<deque_copy>("__copy__", "", "Return a shallow copy of a deque."),
    method<deque_copy>("copy", "", "Return a shallow copy of a deque."),
    method<deque_count>("count", "", "D.count(value) -- return number of occurrences of value"),
    method<deque_extend>("extend", "", "Extend the right side of the deque with elements from the iterable"),
    method<deque_extendleft>("extendleft", "", "Extend the left side of the deque with elements from the iterable"),
    method<deque_index>("index", "", "D.index(value, [start, [stop]]) -- return first index of value.\nRaises ValueError if the value is not present."),
    method<deque_insert>("insert", "", "D.insert(index, object) -- insert object before index"),
    method<deque_pop>("pop", "", "Remove and return the rightmost element."),
    method<deque_popleft>("popleft", "", "Remove and return the leftmost element."),
    method<deque_reduce>("__reduce__", "", "Return state information for pickling."),
    method<deque_remove>("remove", "", "D.remove(value) -- remove first occurrence of value."),
    method<deque_reversed>("__reversed__", "", "D.__reversed__() -- return a reverse iterator over the deque"),
    method<deque_reverse>("reverse", "", "D.reverse() -- reverse *IN PLACE*"),
    method<deque_rotate>("rotate", "", "Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left."),
    method<deque_sizeof>("__sizeof__", "", "D.__sizeof__() -- size of D in memory, in bytes"),
    class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    {}};
const GetSetRow deque_getset[] = {getset<get_maxlen>("maxlen", "maximum size of a deque or None if unbounded"), {}};

}  // namespace

extern const TypeDef deque_def{
    .type = &deque_type,
    .name = "collections.deque",
    .basicsize = sizeof(Deque),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .doc = "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.",
    .dealloc = deque_dealloc,
    .traverse = deque_traverse,
    .clear = deque_tp_clear,
    .weaklistoffset = offsetof(Deque, weakrefs),
    .slots = {.tp_repr = slot::Unary<deque_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<deque_compare>,
              .tp_iter = slot::Unary<deque_iter>,
              .tp_init = slot::Init<deque_init>,
              .tp_new = slot::New<deque_new>,
              .sq_length = slot::Length<deque_length>,
              .sq_concat = slot::Binary<deque_concat>,
              .sq_repeat = slot::Index<deque_repeat>,
              .sq_item = slot::Index<deque_item>,
              .sq_ass_item = slot::StoreIndex<deque_store>,
              .sq_contains = slot::Contains<deque_contains>,
              .sq_inplace_concat = slot::Binary<deque_inplace_concat>,
              .sq_inplace_repeat = slot::Index<deque_inplace_repeat>},
    .methods = deque_methods,
    .getset = deque_getset,
};
extern const TypeDef deque_iterator_def{
    .type = &deque_iterator_type,
    .name = "_collections._deque_iterator",
    .basicsize = sizeof(DequeIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<iterator_self>, .tp_iternext = slot::Next<iterator_next<false>>, .tp_new = slot::New<iterator_new>},
    .methods = iterator_methods,
};
extern const TypeDef deque_reverse_iterator_def{
    .type = &deque_reverse_iterator_type,
    .name = "_collections._deque_reverse_iterator",
    .basicsize = sizeof(DequeIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<iterator_self>, .tp_iternext = slot::Next<iterator_next<true>>, .tp_new = slot::New<iterator_new>},
    .methods = iterator_methods,
};

}  // namespace adder
