// The types set and frozenset: methods, operators and the iterator, over set.cpp.
#include <cstring>
#include "object/dict_table.h"
#include "object/sequence.h"
#include "object/set_table.h"

PyTypeObject PySet_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyFrozenSet_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PySetIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

struct SetIterator {
  PyObject head;
  PyObject* set;
  Py_ssize_t used, position, remaining;
};

bool is_frozen(Value v) { return v.is_object() && is_instance_exactly(v, &PyFrozenSet_Type); }
bool is_mutable(Value v) { return v.is_object() && is_instance_exactly(v, &PySet_Type); }
PyTypeObject* base_of(Value s) { return is_frozen(s) ? &PyFrozenSet_Type : &PySet_Type; }

Ref make_from(PyTypeObject* type, Value iterable) {
  Ref s = set_make(type);
  if (!s || (!iterable.absent() && !set_update(s, iterable))) return {};
  return s;
}
Ref copy_of(Value s) { return make_from(base_of(s), s); }

// --- Construction ---------------------------------------------------------------------------------------------------------

Ref set_new_slot(PyTypeObject* type, Args) { return set_make(type); }

bool set_init(Value self, Args args) {
  Value iterable;
  if (!take_one_argument("set", args, &iterable)) return false;
  if (as_set(self)->fill) set_clear(self.object());
  as_set(self)->hash = -1;
  return iterable.absent() || set_update(self, iterable);
}

Ref frozenset_new_slot(PyTypeObject* type, Args args) {
  if (type != &PyFrozenSet_Type && type->tp_init != PyFrozenSet_Type.tp_init) args.kwnames = nullptr;
  Value iterable;
  if (!take_one_argument("frozenset", args, &iterable)) return {};
  if (type != &PyFrozenSet_Type) return make_from(type, iterable);
  if (!iterable.absent() && is_exact(iterable, &PyFrozenSet_Type)) return Ref::copy(iterable);
  return make_from(type, iterable);
}

// --- Slots ------------------------------------------------------------------------------------------------------------------

Ref set_repr(Value self) {
  PyTypeObject* type = type_of(self);
  int entered = repr_enter(self);
  if (entered != 0) return entered < 0 ? Ref{} : str_format("%s(...)", type->tp_name);
  auto body = [&]() -> Ref {
    if (set_size(self) == 0) return str_format("%s()", type->tp_name);
    Ref list = to_list(self);
    if (!list) return {};
    Ref text = repr(list);
    if (!text) return {};
    StrBuilder out(str_length(text) + 16);
    if (type != &PySet_Type && (!out.add_utf8(type->tp_name) || !out.add_char('('))) return {};
    if (!out.add_char('{') || !out.add(text, 1, str_length(text) - 1) || !out.add_char('}')) return {};
    if (type != &PySet_Type && !out.add_char(')')) return {};
    return out.finish();
  };
  Ref r = body();
  repr_leave(self);
  return r;
}

Py_hash_t frozenset_hash(Value self) {
  auto* s = as_set(self);
  if (s->hash != -1) return s->hash;
  auto shuffle = [](uint64_t h) { return ((h ^ 89869747UL) ^ (h << 16)) * 3644798167UL; };
  uint64_t hash = 0;
  for (Py_ssize_t i = 0; i <= s->mask; i++) {
    if (s->table[i].key) hash ^= shuffle(static_cast<uint64_t>(s->table[i].hash));
  }
  hash ^= (static_cast<uint64_t>(s->used) + 1) * 1927868237UL;
  hash ^= (hash >> 11) ^ (hash >> 25);
  hash = hash * 69069U + 907133923UL;
  if (hash == static_cast<uint64_t>(-1)) hash = 590923713UL;
  s->hash = static_cast<Py_hash_t>(hash);
  return s->hash;
}

Py_ssize_t set_length(Value self) { return set_size(self); }

// Whether every element of a (a set) is in b (a set).
int is_subset_of(Value a, Value b) {
  if (set_size(a) > set_size(b)) return 0;
  Py_ssize_t position = 0;
  Value key;
  Py_hash_t hash;
  while (set_next_hashed(a, &position, &key, &hash)) {
    Ref held = Ref::copy(key);
    int inside = set_contains_hashed(b, key, hash);
    if (inside <= 0) return inside;
  }
  return 1;
}

Ref set_compare(Value a, Value b, int op) {
  if (!is_instance_of_set(a) || !is_instance_of_set(b)) return not_implemented_ref();
  int r;
  switch (op) {
    case Py_EQ:
    case Py_NE: {
      bool same_size = set_size(a) == set_size(b);
      if (same_size && as_set(a)->hash != -1 && as_set(b)->hash != -1 && as_set(a)->hash != as_set(b)->hash) same_size = false;
      r = same_size ? is_subset_of(a, b) : 0;
      if (r >= 0 && op == Py_NE) r = !r;
      break;
    }
    case Py_LE: r = is_subset_of(a, b); break;
    case Py_GE: r = is_subset_of(b, a); break;
    case Py_LT: r = set_size(a) < set_size(b) ? is_subset_of(a, b) : 0; break;
    default: r = set_size(a) > set_size(b) ? is_subset_of(b, a) : 0; break;
  }
  return r < 0 ? Ref{} : bool_ref(r != 0);
}

// Runs f(key); a set as key, which has no hash, stands for a frozenset of its elements.
template <class F>
int with_key(Value key, F&& f) {
  int r = f(key);
  if (r >= 0 || !is_mutable(key) || !error_matches(PyExc_TypeError)) return r;
  clear_error();
  Ref frozen = make_from(&PyFrozenSet_Type, key);
  return frozen ? f(frozen.get()) : -1;
}

int contains_slot(Value self, Value key) {
  return with_key(key, [&](Value k) { return set_contains(self, k); });
}

// --- Algebra ------------------------------------------------------------------------------------------------------------------

Ref intersection(Value self, Value other) {
  if (self == other) return copy_of(self);
  Ref r = set_make(base_of(self));
  if (!r) return {};
  if (is_instance_of_set(other)) {
    Value walked = other, asked = self;
    if (set_size(other) > set_size(self)) std::swap(walked, asked);
    Py_ssize_t position = 0;
    Value key;
    Py_hash_t hash;
    while (set_next_hashed(walked, &position, &key, &hash)) {
      Ref held = Ref::copy(key);
      int inside = set_contains_hashed(asked, key, hash);
      if (inside < 0 || (inside && set_add_hashed(r, key, hash) < 0)) return {};
    }
    return r;
  }
  bool ok = for_each(other, [&](Value key) {
    Py_hash_t hash;
    if (!dict_key_hash(key, &hash)) return false;
    int inside = set_contains_hashed(self, key, hash);
    return inside >= 0 && (!inside || set_add_hashed(r, key, hash) >= 0);
  });
  return ok ? std::move(r) : Ref{};
}

bool difference_update(Value self, Value other) {
  if (self == other) {
    set_clear(self.object());
    return true;
  }
  if (is_instance_of_set(other)) {
    Ref held = Ref::copy(other);
    if ((set_size(other) >> 3) > set_size(self)) {
      held = intersection(self, other);
      if (!held) return false;
    }
    Py_ssize_t position = 0;
    Value key;
    Py_hash_t hash;
    while (set_next_hashed(held, &position, &key, &hash)) {
      Ref k = Ref::copy(key);
      if (set_discard_hashed(self, key, hash) < 0) return false;
    }
  } else if (!for_each(other, [&](Value key) { return set_discard(self, key) >= 0; })) {
    return false;
  }
  return set_sweep(self);
}

Ref difference(Value self, Value other) {
  bool is_set = is_instance_of_set(other), dict = is_exact_dict(other);
  Py_ssize_t n = is_set ? set_size(other) : dict ? dict_size(other) : -1;
  if (n < 0 || (set_size(self) >> 2) > n) {
    Ref r = copy_of(self);
    return r && difference_update(r, other) ? std::move(r) : Ref{};
  }
  Ref r = set_make(base_of(self));
  if (!r) return {};
  Py_ssize_t position = 0;
  Value key;
  Py_hash_t hash;
  while (set_next_hashed(self, &position, &key, &hash)) {
    Ref held = Ref::copy(key);
    int inside;
    if (is_set) {
      inside = set_contains_hashed(other, key, hash);
    } else {
      Py_ssize_t ix = dict_find(other, key, hash);
      inside = ix >= 0 ? 1 : ix == -1 ? 0 : -1;
    }
    if (inside < 0 || (!inside && set_add_hashed(r, key, hash) < 0)) return {};
  }
  return r;
}

bool symmetric_difference_update(Value self, Value other) {
  if (self == other) {
    set_clear(self.object());
    return true;
  }
  Ref held = is_instance_of_set(other) ? Ref::copy(other) : make_from(base_of(self), other);
  if (!held) return false;
  Py_ssize_t position = 0;
  Value key;
  Py_hash_t hash;
  while (set_next_hashed(held, &position, &key, &hash)) {
    Ref k = Ref::copy(key);
    int removed = set_discard_hashed(self, key, hash);
    if (removed < 0 || (!removed && set_add_hashed(self, key, hash) < 0)) return false;
  }
  return true;
}

// self takes over the elements of a temporary set, which gets its old ones.
void swap_bodies(Value a, Value b) {
  auto* s = as_set(a);
  auto* t = as_set(b);
  std::swap(s->fill, t->fill);
  std::swap(s->used, t->used);
  std::swap(s->mask, t->mask);
  bool s_small = s->table == s->smalltable, t_small = t->table == t->smalltable;
  setentry *st = s->table, *tt = t->table;
  setentry tmp[PySet_MINSIZE];
  memcpy(tmp, s->smalltable, sizeof tmp);
  memcpy(s->smalltable, t->smalltable, sizeof tmp);
  memcpy(t->smalltable, tmp, sizeof tmp);
  s->table = t_small ? s->smalltable : tt;
  t->table = s_small ? t->smalltable : st;
  s->hash = t->hash = -1;
}

#define BOTH_SETS(a, b) \
  if (!is_instance_of_set(a) || !is_instance_of_set(b)) return not_implemented_ref()

Ref slot_or(Value a, Value b) {
  BOTH_SETS(a, b);
  Ref r = copy_of(a);
  return r && set_merge(r, b) ? std::move(r) : Ref{};
}
Ref slot_and(Value a, Value b) { BOTH_SETS(a, b); return intersection(a, b); }
Ref slot_subtract(Value a, Value b) { BOTH_SETS(a, b); return difference(a, b); }
Ref symmetric_difference(Value self, Value other) {
  Ref r = make_from(base_of(self), other);
  return r && symmetric_difference_update(r, self) ? std::move(r) : Ref{};
}
Ref slot_xor(Value a, Value b) { BOTH_SETS(a, b); return symmetric_difference(a, b); }
Ref slot_inplace_or(Value a, Value b) { BOTH_SETS(a, b); return set_merge(a, b) ? Ref::copy(a) : Ref{}; }
Ref slot_inplace_and(Value a, Value b) {
  BOTH_SETS(a, b);
  Ref r = intersection(a, b);
  if (!r) return {};
  swap_bodies(a, r);
  return Ref::copy(a);
}
Ref slot_inplace_subtract(Value a, Value b) { BOTH_SETS(a, b); return difference_update(a, b) ? Ref::copy(a) : Ref{}; }
Ref slot_inplace_xor(Value a, Value b) { BOTH_SETS(a, b); return symmetric_difference_update(a, b) ? Ref::copy(a) : Ref{}; }

// --- Methods -----------------------------------------------------------------------------------------------------------------

Ref set_add_method(Value self, Value key) { return set_add(self, key) < 0 ? Ref{} : none_ref(); }
Ref set_clear_method(Value self) {
  set_clear(self.object());
  return none_ref();
}
Ref set_copy_method(Value self) { return copy_of(self); }
Ref frozenset_copy_method(Value self) { return is_exact(self, &PyFrozenSet_Type) ? Ref::copy(self) : copy_of(self); }
Ref set_contains_method(Value self, Value key) {
  int r = contains_slot(self, key);
  return r < 0 ? Ref{} : bool_ref(r != 0);
}
Ref set_discard_method(Value self, Value key) {
  return with_key(key, [&](Value k) { return set_discard(self, k); }) < 0 ? Ref{} : none_ref();
}
Ref set_remove(Value self, Value key) {
  int r = with_key(key, [&](Value k) { return set_discard(self, k); });
  if (r < 0) return {};
  return r ? none_ref() : Ref(raise_key_error(key));
}
Ref set_pop(Value self) {
  Ref r = set_take(self);
  if (!r && !error_occurred()) return raise(PyExc_KeyError, "pop from an empty set");
  return r;
}

// Methods that take any number of iterables.
Ref no_keywords(const char* name) { return raise(PyExc_TypeError, "set.%s() takes no keyword arguments", name); }
bool has_keywords(Args a) { return a.kwnames && tuple_size(a.kwnames) > 0; }

Ref set_update_method(Value self, Args a) {
  if (has_keywords(a)) return no_keywords("update");
  for (size_t i = 0; i < a.n; i++) {
    if (!set_update(self, a[i])) return {};
  }
  return none_ref();
}
Ref set_union(Value self, Args a) {
  if (has_keywords(a)) return no_keywords("union");
  Ref r = copy_of(self);
  for (size_t i = 0; r && i < a.n; i++) {
    if (!(self == a[i]) && !set_update(r, a[i])) return {};
  }
  return r;
}
Ref intersection_of(Value self, Args a) {
  if (a.n == 0) return copy_of(self);
  Ref r = Ref::copy(self);
  for (size_t i = 0; i < a.n; i++) {
    r = intersection(r, a[i]);
    if (!r) return {};
  }
  return r;
}
Ref set_intersection(Value self, Args a) { return has_keywords(a) ? no_keywords("intersection") : intersection_of(self, a); }
Ref set_intersection_update(Value self, Args a) {
  if (has_keywords(a)) return no_keywords("intersection_update");
  Ref r = intersection_of(self, a);
  if (!r) return {};
  swap_bodies(self, r);
  return none_ref();
}
Ref set_difference(Value self, Args a) {
  if (has_keywords(a)) return no_keywords("difference");
  if (a.n == 0) return copy_of(self);
  Ref r = difference(self, a[0]);
  for (size_t i = 1; r && i < a.n; i++) {
    if (!difference_update(r, a[i])) return {};
  }
  return r;
}
Ref set_difference_update(Value self, Args a) {
  if (has_keywords(a)) return no_keywords("difference_update");
  for (size_t i = 0; i < a.n; i++) {
    if (!difference_update(self, a[i])) return {};
  }
  return none_ref();
}
Ref set_symmetric_difference_update(Value self, Value other) {
  return symmetric_difference_update(self, other) ? none_ref() : Ref{};
}

Ref set_isdisjoint(Value self, Value other) {
  if (self == other) return bool_ref(set_size(self) == 0);
  if (is_instance_of_set(other)) {
    Value walked = other, asked = self;
    if (set_size(other) > set_size(self)) std::swap(walked, asked);
    Py_ssize_t position = 0;
    Value key;
    Py_hash_t hash;
    while (set_next_hashed(walked, &position, &key, &hash)) {
      Ref held = Ref::copy(key);
      int inside = set_contains_hashed(asked, key, hash);
      if (inside) return inside < 0 ? Ref{} : bool_ref(false);
    }
    return bool_ref(true);
  }
  int inside = 0;
  bool ok = for_each(other, [&](Value key) {
    inside = set_contains(self, key);
    return inside == 0;
  });
  if (!ok && inside <= 0) return {};
  return bool_ref(ok);
}

Ref set_issubset(Value self, Value other) {
  Ref held = is_instance_of_set(other) ? Ref::copy(other) : make_from(&PySet_Type, other);
  if (!held) return {};
  int r = is_subset_of(self, held);
  return r < 0 ? Ref{} : bool_ref(r != 0);
}

Ref set_issuperset(Value self, Value other) {
  if (is_instance_of_set(other)) {
    int r = is_subset_of(other, self);
    return r < 0 ? Ref{} : bool_ref(r != 0);
  }
  int inside = 1;
  bool ok = for_each(other, [&](Value key) {
    inside = set_contains(self, key);
    return inside > 0;
  });
  if (!ok && inside != 0) return {};
  return bool_ref(ok);
}

Ref set_reduce(Value self) {
  Ref list = to_list(self);
  if (!list) return {};
  Ref args = tuple_of({list});
  Ref state = call_method(self, "__getstate__"_id);
  if (!args || !state) return {};
  return tuple_of({Value{type_of(self)}, args, state});
}

Ref set_sizeof(Value self) {
  auto* s = as_set(self);
  Py_ssize_t bytes = type_of(self)->tp_basicsize;
  if (s->table != s->smalltable) bytes += (s->mask + 1) * static_cast<Py_ssize_t>(sizeof(setentry));
  return int_from_ssize(bytes);
}

Ref class_getitem(Value type, Value args) { return make_generic_alias(type, args); }

// --- Iterator -----------------------------------------------------------------------------------------------------------------

Ref set_iter(Value self) {
  PyObject* o = gc_new_raw(&PySetIter_Type, sizeof(SetIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<SetIterator*>(o);
  it->set = self.object();
  incref(self);
  it->used = it->remaining = set_size(self);
  it->position = 0;
  gc_track(o);
  return Ref::steal(Value{o});
}

void iterator_dealloc(PyObject* self) {
  gc_untrack(self);
  Py_XDECREF(reinterpret_cast<SetIterator*>(self)->set);
  gc_free(self);
}

int iterator_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<SetIterator*>(self)->set);
  return 0;
}

Ref self_iter(Value self) { return Ref::copy(self); }

Ref iterator_next(Value self) {
  auto* it = self.as<SetIterator>();
  if (!it->set) return {};
  Value s{it->set};
  if (it->used != set_size(s)) {
    it->used = -1;
    return raise(PyExc_RuntimeError, "Set changed size during iteration");
  }
  Value key;
  if (set_next(s, &it->position, &key)) {
    it->remaining--;
    return Ref::copy(key);
  }
  it->set = nullptr;
  decref(s);
  return {};
}

Ref iterator_length_hint(Value self) {
  auto* it = self.as<SetIterator>();
  return Ref::from_int(it->set && it->used == set_size(Value{it->set}) ? it->remaining : 0);
}

Ref iterator_reduce(Value self) {
  auto* it = self.as<SetIterator>();
  PyObject* o = gc_new_raw(&PySetIter_Type, sizeof(SetIterator));
  if (!o) return {};
  auto* twin = reinterpret_cast<SetIterator*>(o);
  twin->set = it->set;
  Py_XINCREF(it->set);
  twin->used = it->used;
  twin->position = it->position;
  twin->remaining = it->remaining;
  gc_track(o);
  Ref copy = Ref::steal(Value{o});
  Ref list = to_list(copy);
  Ref f = builtin_named("iter"_id);
  if (!list || !f) return {};
  Ref args = tuple_of({list});
  return args ? tuple_of({f, args}) : Ref{};
}

const MethodRow iterator_methods[] = {
    method<iterator_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<iterator_reduce>("__reduce__", "", "Return state information for pickling."),
    {}};

#define SHARED_METHODS                                                                                                                    \
  method<set_contains_method>("__contains__", "", "x.__contains__(y) <==> y in x.", METH_COEXIST),                                        \
      method<set_difference>("difference", "", "Return the difference of two or more sets as a new set.\n\n(i.e. all elements that are in this set but not the others.)"), \
      method<set_intersection>("intersection", "", "Return the intersection of two sets as a new set.\n\n(i.e. all elements that are in both sets.)"), \
      method<set_isdisjoint>("isdisjoint", "", "Return True if two sets have a null intersection."),                                      \
      method<set_issubset>("issubset", "", "Report whether another set contains this set."),                                              \
      method<set_issuperset>("issuperset", "", "Report whether this set contains another set."),                                          \
      method<set_reduce>("__reduce__", "", "Return state information for pickling."),                                                     \
      method<set_sizeof>("__sizeof__", "", "S.__sizeof__() -> size of S in memory, in bytes"),                                            \
      method<symmetric_difference>("symmetric_difference", "", "Return the symmetric difference of two sets as a new set.\n\n(i.e. all elements that are in exactly one of the sets.)"), \
      method<set_union>("union", "", "Return the union of sets as a new set.\n\n(i.e. all elements that are in either set.)"),           \
      class_method<class_getitem>("__class_getitem__", "", "See PEP 585")

const MethodRow set_methods[] = {
    method<set_add_method>("add", "", "Add an element to a set.\n\nThis has no effect if the element is already present."),
    method<set_clear_method>("clear", "", "Remove all elements from this set."),
    method<set_copy_method>("copy", "", "Return a shallow copy of a set."),
    method<set_discard_method>("discard", "",
                               "Remove an element from a set if it is a member.\n\n"
                               "Unlike set.remove(), the discard() method does not raise\n"
                               "an exception when an element is missing from the set."),
    method<set_difference_update>("difference_update", "", "Remove all elements of another set from this set."),
    method<set_intersection_update>("intersection_update", "", "Update a set with the intersection of itself and another."),
    method<set_pop>("pop", "", "Remove and return an arbitrary set element.\nRaises KeyError if the set is empty."),
    method<set_remove>("remove", "", "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError."),
    method<set_symmetric_difference_update>("symmetric_difference_update", "", "Update a set with the symmetric difference of itself and another."),
    method<set_update_method>("update", "", "Update a set with the union of itself and others."),
    SHARED_METHODS,
    {}};

const MethodRow frozenset_methods[] = {
    method<frozenset_copy_method>("copy", "", "Return a shallow copy of a set."),
    SHARED_METHODS,
    {}};

}  // namespace

extern const TypeDef set_def = {
    .type = &PySet_Type,
    .name = "set",
    .basicsize = sizeof(PySetObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | (1UL << 22),
    .doc = "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
    .dealloc = set_dealloc,
    .traverse = set_traverse,
    .clear = set_clear,
    .weaklistoffset = offsetof(PySetObject, weakreflist),
    .slots = {.tp_repr = slot::Unary<set_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<set_compare>,
              .tp_iter = slot::Unary<set_iter>,
              .tp_init = slot::Init<set_init>,
              .tp_new = slot::New<set_new_slot>,
              .nb_subtract = slot::Binary<slot_subtract>,
              .nb_and = slot::Binary<slot_and>,
              .nb_xor = slot::Binary<slot_xor>,
              .nb_or = slot::Binary<slot_or>,
              .nb_inplace_subtract = slot::Binary<slot_inplace_subtract>,
              .nb_inplace_and = slot::Binary<slot_inplace_and>,
              .nb_inplace_xor = slot::Binary<slot_inplace_xor>,
              .nb_inplace_or = slot::Binary<slot_inplace_or>,
              .sq_length = slot::Length<set_length>,
              .sq_contains = slot::Contains<contains_slot>},
    .methods = set_methods,
};

extern const TypeDef frozenset_def = {
    .type = &PyFrozenSet_Type,
    .name = "frozenset",
    .basicsize = sizeof(PySetObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | (1UL << 22),
    .doc = "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique elements.",
    .dealloc = set_dealloc,
    .traverse = set_traverse,
    .clear = set_clear,
    .weaklistoffset = offsetof(PySetObject, weakreflist),
    .slots = {.tp_repr = slot::Unary<set_repr>,
              .tp_hash = slot::Hash<frozenset_hash>,
              .tp_richcompare = slot::Compare<set_compare>,
              .tp_iter = slot::Unary<set_iter>,
              .tp_new = slot::New<frozenset_new_slot>,
              .nb_subtract = slot::Binary<slot_subtract>,
              .nb_and = slot::Binary<slot_and>,
              .nb_xor = slot::Binary<slot_xor>,
              .nb_or = slot::Binary<slot_or>,
              .sq_length = slot::Length<set_length>,
              .sq_contains = slot::Contains<contains_slot>},
    .methods = frozenset_methods,
};

extern const TypeDef set_iterator_def = {
    .type = &PySetIter_Type,
    .name = "set_iterator",
    .basicsize = sizeof(SetIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<iterator_next>},
    .methods = iterator_methods,
};

}  // namespace adder
