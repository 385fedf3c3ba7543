// dict_keys, dict_values, dict_items and the six iterators over a dict.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/dict_table.h"
#include "object/error.h"
#include "object/object.h"
#include "object/pairs.h"
#include "object/sequence.h"
#include "object/str.h"
#include "object/type.h"

PyTypeObject PyDictKeys_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictValues_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictItems_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictIterKey_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictIterValue_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictIterItem_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictRevIterKey_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictRevIterValue_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyDictRevIterItem_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

bool is_dict_keys(Value v) { return v.is_object() && is_instance_exactly(v, &PyDictKeys_Type); }
bool is_dict_items(Value v) { return v.is_object() && is_instance_exactly(v, &PyDictItems_Type); }

namespace {

inline Value dict_of(Value view) { return Value{view.as<DictView>()->dict}; }
bool is_view_set(Value v) { return is_dict_keys(v) || is_dict_items(v); }

// --- Iterators ------------------------------------------------------------------------------------------------------------------

bool is_item_iterator(PyTypeObject* t) { return t == &PyDictIterItem_Type || t == &PyDictRevIterItem_Type; }

Ref make_iterator(PyTypeObject* type, Value d, bool reversed) {
  Ref pair;
  if (is_item_iterator(type)) {
    pair = tuple_of({none(), none()});
    if (!pair) return {};
  }
  PyObject* o = gc_new_raw(type, sizeof(DictIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<DictIterator*>(o);
  it->dict = d.object();
  incref(d);
  it->used = dict_size(d);
  it->remaining = dict_size(d);
  it->position = reversed ? dict_table(d)->count - 1 : 0;
  it->result = pair ? pair.release().object() : nullptr;
  gc_track(o);
  return Ref::steal(Value{o});
}

void iterator_dealloc(PyObject* self) {
  auto* it = reinterpret_cast<DictIterator*>(self);
  gc_untrack(self);
  Py_XDECREF(it->dict);
  Py_XDECREF(it->result);
  gc_free(self);
}

int iterator_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* it = reinterpret_cast<DictIterator*>(self);
  Py_VISIT(it->dict);
  Py_VISIT(it->result);
  return 0;
}

// No next entry: the end, or an exception.
[[gnu::noinline]] bool no_next(DictIterator* it) {
  if (!it->dict) return false;
  Value d{it->dict};
  if (it->used != dict_size(d)) {
    raise(PyExc_RuntimeError, "dictionary changed size during iteration");
    it->used = -1;  // for good
    return false;
  }
  if (it->remaining == 0 && dict_next(d, &it->position, nullptr, nullptr)) raise(PyExc_RuntimeError, "dictionary keys changed during iteration");
  it->dict = nullptr;
  decref(d);
  return false;
}
bool advance_backward(DictIterator* it, Value* key, Value* value) {
  if (!it->dict || it->used != dict_size(Value{it->dict})) return no_next(it);
  const DictTable* t = dict_table(it->dict);
  Py_ssize_t i = it->position;
  if (i >= t->count) i = t->count - 1;
  while (i >= 0 && t->key_word(i)->absent()) --i;
  if (i < 0) {
    it->remaining = -1;
    return no_next(it);
  }
  it->position = i - 1;
  it->remaining--;
  *key = element(it->dict, *t->key_word(i));
  *value = element(it->dict, *t->value_word(i));
  return true;
}
// Moves on to the next entry; false: exhausted, or an exception is set.
inline bool advance(DictIterator* it, bool reversed, Value* key, Value* value) {
  if (reversed) return advance_backward(it, key, value);
  if (ADDER_UNLIKELY(!it->dict || it->used != dict_size(Value{it->dict}) || it->remaining == 0 || !dict_next(Value{it->dict}, &it->position, key, value))) {
    return no_next(it);
  }
  it->remaining--;
  return true;
}

// The pair of the last round again, if nobody kept it.
Ref item_pair(DictIterator* it, Value key, Value value) {
  if (!it->result || !reusable(it->result)) return tuple_of({key, value});
  Ref pair = Ref::copy(Value{it->result});
  refill_pair(pair.object(), key, value);
  return pair;
}

template <bool kReversed>
Ref next_key(Value self) {
  Value k, v;
  return advance(self.as<DictIterator>(), kReversed, &k, &v) ? Ref::copy(k) : Ref{};
}
template <bool kReversed>
Ref next_value(Value self) {
  Value k, v;
  return advance(self.as<DictIterator>(), kReversed, &k, &v) ? Ref::copy(v) : Ref{};
}
template <bool kReversed>
Ref next_item(Value self) {
  Value k, v;
  auto* it = self.as<DictIterator>();
  return advance(it, kReversed, &k, &v) ? item_pair(it, k, v) : Ref{};
}

}  // namespace

bool dict_append_to(Value list, Value iterable, bool* is) {
  enum { kKeys, kValues, kItems } what = kKeys;
  Value d = iterable;
  if (!is_exact_dict(iterable)) {
    PyTypeObject* type = type_of(iterable);
    *is = type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictItems_Type;
    if (!*is) return true;
    what = type == &PyDictKeys_Type ? kKeys : type == &PyDictValues_Type ? kValues : kItems;
    d = dict_of(iterable);
    *is = is_exact_dict(d);
    if (!*is) return true;
  }
  *is = true;
  Ref held = Ref::copy(d);
  const Py_ssize_t size = dict_size(d);
  Py_ssize_t position = 0;
  Value k, v;
  while (dict_next(d, &position, &k, &v)) {
    Ref item = what == kItems ? tuple_of({k, v}) : Ref::copy(what == kKeys ? k : v);
    if (!item || !list_append(list, std::move(item))) return false;
    // Making a pair may run the collector, and that anything.
    if (ADDER_UNLIKELY(dict_size(d) != size)) return raise(PyExc_RuntimeError, "dictionary changed size during iteration");
  }
  return true;
}

NextPair dict_items_next_pair(Value self, Value* pair) {
  auto* it = self.as<DictIterator>();
  Value k, v;
  if (!advance(it, false, &k, &v)) return no_pair();
  pair[0] = Ref::copy(k).release();
  pair[1] = Ref::copy(v).release();
  if (it->result) empty_pair(it->result);
  return NextPair::kGiven;
}

namespace {

Ref self_iter(Value self) { return Ref::copy(self); }

Ref iterator_length_hint(Value self) {
  auto* it = self.as<DictIterator>();
  return Ref::from_int(it->dict && it->used == dict_size(Value{it->dict}) ? it->remaining : 0);
}

// Pickles as iter(list of what is left); the iterator itself does not move.
Ref iterator_reduce(Value self) {
  auto* it = self.as<DictIterator>();
  Ref copy = Ref{};
  PyObject* o = gc_new_raw(type_of(self), sizeof(DictIterator));
  if (!o) return {};
  auto* twin = reinterpret_cast<DictIterator*>(o);
  twin->dict = it->dict;
  Py_XINCREF(it->dict);
  twin->used = it->used;
  twin->position = it->position;
  twin->remaining = it->remaining;
  twin->result = nullptr;
  gc_track(o);
  copy = Ref::steal(Value{o});
  Ref list = to_list(copy);
  if (!list) return {};
  Ref f = builtin_named("iter"_id);
  if (!f) return {};
  Ref args = tuple_of({list});
  return args ? tuple_of({f, args}) : Ref{};
}

const MethodRow iterator_methods[] = {
    method<iterator_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<iterator_reduce>("__reduce__", "", "Return state information for pickling."),
    {}};

// --- Views ------------------------------------------------------------------------------------------------------------------------

void view_dealloc(PyObject* self) {
  gc_untrack(self);
  Py_XDECREF(reinterpret_cast<DictView*>(self)->dict);
  gc_free(self);
}

int view_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<DictView*>(self)->dict);
  return 0;
}

Py_ssize_t view_length(Value self) { return self.as<DictView>()->dict ? dict_size(dict_of(self)) : 0; }

Ref keys_iter(Value self) { return make_iterator(&PyDictIterKey_Type, dict_of(self), false); }
Ref values_iter(Value self) { return make_iterator(&PyDictIterValue_Type, dict_of(self), false); }
Ref items_iter(Value self) { return make_iterator(&PyDictIterItem_Type, dict_of(self), false); }
Ref keys_reversed(Value self) { return make_iterator(&PyDictRevIterKey_Type, dict_of(self), true); }
Ref values_reversed(Value self) { return make_iterator(&PyDictRevIterValue_Type, dict_of(self), true); }
Ref items_reversed(Value self) { return make_iterator(&PyDictRevIterItem_Type, dict_of(self), true); }

int keys_contains(Value self, Value key) { return dict_contains(dict_of(self), key); }

int items_contains(Value self, Value item) {
  if (!is_tuple(item) || tuple_size(item) != 2) return 0;
  Value found;
  int there = dict_lookup(dict_of(self), tuple_get(item, 0), &found);
  if (there <= 0) return there;
  Ref held = Ref::copy(found);
  return equal(held, tuple_get(item, 1));
}

Ref view_repr(Value self) {
  int entered = repr_enter(self);
  if (entered != 0) return entered < 0 ? Ref{} : str_from_ascii("...");
  Ref r, list = to_list(self);
  if (list) r = str_format("%s(%R)", type_of(self)->tp_name, list.get());
  repr_leave(self);
  return r;
}

Ref view_mapping(Value self) { return call1(Value{&PyDictProxy_Type}, dict_of(self)); }

// Whether every item of a is in b.
int all_in(Value a, Value b) {
  int inside = 1;
  bool ok = for_each(a, [&](Value item) {
    inside = contains(b, item);
    return inside > 0;
  });
  if (ok) return 1;
  return inside == 0 ? 0 : -1;
}

Ref view_compare(Value self, Value other, int op) {
  if (!is_instance_of_set(other) && !is_view_set(other)) return not_implemented_ref();
  Py_ssize_t n = length(self), m = length(other);
  if (n < 0 || m < 0) return {};
  int ok = 0;
  switch (op) {
    case Py_NE:
    case Py_EQ:
      if (n == m) ok = all_in(self, other);
      if (op == Py_NE && ok >= 0) ok = !ok;
      break;
    case Py_LT: if (n < m) ok = all_in(self, other); break;
    case Py_LE: if (n <= m) ok = all_in(self, other); break;
    case Py_GT: if (n > m) ok = all_in(other, self); break;
    case Py_GE: if (n >= m) ok = all_in(other, self); break;
  }
  return ok < 0 ? Ref{} : bool_ref(ok != 0);
}

Ref view_subtract(Value self, Value other) {
  Ref r = set_new(self);
  if (!r) return {};
  Ref done = call_method(r, "difference_update"_id, {other});
  return done ? std::move(r) : Ref{};
}

Ref view_and(Value self, Value other) {
  // Either operand may be the view (reflected operation).
  if (!is_view_set(self)) std::swap(self, other);
  // Walk the smaller of two views.
  if (is_view_set(other) && view_length(other) > view_length(self)) std::swap(self, other);
  Ref r = set_new(Value{});
  if (!r) return {};
  bool ok = for_each(other, [&](Value item) {
    int inside = is_dict_keys(self) ? keys_contains(self, item) : items_contains(self, item);
    return inside >= 0 && (!inside || set_add(r, item) >= 0);
  });
  return ok ? std::move(r) : Ref{};
}

Ref view_or(Value self, Value other) {
  Ref r = set_new(self);
  if (!r || !set_update(r, other)) return {};
  return r;
}

Ref view_xor(Value self, Value other) {
  Ref r = set_new(self);
  if (!r) return {};
  Ref done = call_method(r, "symmetric_difference_update"_id, {other});
  return done ? std::move(r) : Ref{};
}

Ref view_isdisjoint(Value self, Value other) {
  if (self == other) return bool_ref(view_length(self) == 0);
  // Walk the smaller where both know their sizes.
  if (is_instance_of_set(other) || is_view_set(other)) {
    Py_ssize_t m = length(other);
    if (m < 0) return {};
    if (m > view_length(self)) std::swap(self, other);
  }
  int inside = 0;
  bool ok = for_each(other, [&](Value item) {
    inside = contains(self, item);
    return inside == 0;
  });
  if (!ok && inside <= 0) return {};
  return bool_ref(ok);
}

const MethodRow keys_methods[] = {
    method<view_isdisjoint>("isdisjoint", "", "Return True if the view and the given iterable have a null intersection."),
    method<keys_reversed>("__reversed__", "", "Return a reverse iterator over the dict keys."),
    {}};
const MethodRow items_methods[] = {
    method<view_isdisjoint>("isdisjoint", "", "Return True if the view and the given iterable have a null intersection."),
    method<items_reversed>("__reversed__", "", "Return a reverse iterator over the dict items."),
    {}};
const MethodRow values_methods[] = {
    method<values_reversed>("__reversed__", "", "Return a reverse iterator over the dict values."),
    {}};
const GetSetRow view_getset[] = {getset<view_mapping>("mapping", "dictionary that this view refers to"), {}};

}  // namespace

Ref dict_iter_keys(Value d) { return make_iterator(&PyDictIterKey_Type, d, false); }
Ref dict_reversed_keys(Value d) { return make_iterator(&PyDictRevIterKey_Type, d, true); }

Ref dict_view_new(PyTypeObject* type, Value d) {
  PyObject* o = gc_new_raw(type, sizeof(DictView));
  if (!o) return {};
  reinterpret_cast<DictView*>(o)->dict = d.object();
  incref(d);
  gc_track(o);
  return Ref::steal(Value{o});
}

constexpr unsigned long kViewFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;

extern const TypeDef dict_keys_def = {
    .type = &PyDictKeys_Type,
    .name = "dict_keys",
    .basicsize = sizeof(DictView),
    .flags = kViewFlags,
    .dealloc = view_dealloc,
    .traverse = view_traverse,
    .slots = {.tp_repr = slot::Unary<view_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<view_compare>,
              .tp_iter = slot::Unary<keys_iter>,
              .nb_subtract = slot::Binary<view_subtract>,
              .nb_and = slot::Binary<view_and>,
              .nb_xor = slot::Binary<view_xor>,
              .nb_or = slot::Binary<view_or>,
              .sq_length = slot::Length<view_length>,
              .sq_contains = slot::Contains<keys_contains>},
    .methods = keys_methods,
    .getset = view_getset,
};

extern const TypeDef dict_items_def = {
    .type = &PyDictItems_Type,
    .name = "dict_items",
    .basicsize = sizeof(DictView),
    .flags = kViewFlags,
    .dealloc = view_dealloc,
    .traverse = view_traverse,
    .slots = {.tp_repr = slot::Unary<view_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<view_compare>,
              .tp_iter = slot::Unary<items_iter>,
              .nb_subtract = slot::Binary<view_subtract>,
              .nb_and = slot::Binary<view_and>,
              .nb_xor = slot::Binary<view_xor>,
              .nb_or = slot::Binary<view_or>,
              .sq_length = slot::Length<view_length>,
              .sq_contains = slot::Contains<items_contains>},
    .methods = items_methods,
    .getset = view_getset,
};

extern const TypeDef dict_values_def = {
    .type = &PyDictValues_Type,
    .name = "dict_values",
    .basicsize = sizeof(DictView),
    .flags = kViewFlags,
    .dealloc = view_dealloc,
    .traverse = view_traverse,
    .slots = {.tp_repr = slot::Unary<view_repr>,
              .tp_iter = slot::Unary<values_iter>,
              .sq_length = slot::Length<view_length>},
    .methods = values_methods,
    .getset = view_getset,
};

#define DICT_ITERATOR(def_name, type_object, python_name, next_function)                          \
  extern const TypeDef def_name = {                                                               \
      .type = &type_object,                                                                       \
      .name = python_name,                                                                        \
      .basicsize = sizeof(DictIterator),                                                          \
      .flags = kViewFlags,                                                                        \
      .dealloc = iterator_dealloc,                                                                \
      .traverse = iterator_traverse,                                                              \
      .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<next_function>},     \
      .methods = iterator_methods,                                                                \
  }
DICT_ITERATOR(dict_key_iterator_def, PyDictIterKey_Type, "dict_keyiterator", next_key<false>);
DICT_ITERATOR(dict_value_iterator_def, PyDictIterValue_Type, "dict_valueiterator", next_value<false>);
DICT_ITERATOR(dict_item_iterator_def, PyDictIterItem_Type, "dict_itemiterator", next_item<false>);
DICT_ITERATOR(dict_reverse_key_iterator_def, PyDictRevIterKey_Type, "dict_reversekeyiterator", next_key<true>);
DICT_ITERATOR(dict_reverse_value_iterator_def, PyDictRevIterValue_Type, "dict_reversevalueiterator", next_value<true>);
DICT_ITERATOR(dict_reverse_item_iterator_def, PyDictRevIterItem_Type, "dict_reverseitemiterator", next_item<true>);
#undef DICT_ITERATOR

}  // namespace adder
