// collections.OrderedDict: a dict (which keeps insertion order itself) with an order that can be changed and compared.
// What is its own: moving keys to an end, taking the first, equality that minds the order, iterators that notice changes.
#include <cstring>

#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/dict_table.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"

extern "C" {
PyTypeObject PyODict_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyODictIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyODictKeys_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyODictItems_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyODictValues_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

struct Ordered {
  PyDictObject dict;
  // Where the first live entry may be looked for: entries before it are deleted. Holds for this table only.
  const DictTable* table;
  Py_ssize_t first;
  PyObject* attributes;  // __dict__
  PyObject* weakrefs;
};
Ordered* ordered(Value v) { return v.as<Ordered>(); }
bool is_ordered(Value v) { return v.is_object() && is_instance_exactly(v, &PyODict_Type); }
bool is_exact_ordered(Value v) { return is_exact(v, &PyODict_Type); }

// The first key and value, borrowed; false: empty.
bool first_entry(Value self, Value* key, Value* v) {
  auto* o = ordered(self);
  const DictTable* t = dict_table(self);
  Py_ssize_t position = 0;
  if (o->table == t && o->first > 0 && o->first <= t->count && t->key_word(o->first - 1)->absent()) position = o->first;
  if (!dict_next(self, &position, key, v)) return false;
  o->table = t;
  o->first = position - 1;
  return true;
}
// The last key, borrowed.
bool last_entry(Value self, Value* key) {
  const DictTable* t = dict_table(self);
  for (Py_ssize_t i = t->count; i-- > 0;) {
    if (!t->key_word(i)->absent()) {
      *key = element(self.object(), *t->key_word(i));
      return true;
    }
  }
  return false;
}

// --- Filling ---------------------------------------------------------------------------------------------------------------------
// update() as MutableMapping has it: through __setitem__, which subclasses may override.
bool update_from(Value self, Args args) {
  if (args.n > 1) return raise(PyExc_TypeError, "expected at most 1 arguments, got %zu", args.n);
  if (args.n == 1) {
    Value other = args[0];
    if (is_exact_dict(other) || is_exact_ordered(other)) {
      Ref items = dict_items_list(other);
      for (Py_ssize_t i = 0; items && i < list_size(items); i++) {
        Value pair = list_get(items, i);
        if (!set_item(self, tuple_get(pair, 0), tuple_get(pair, 1))) return false;
      }
      if (!items) return false;
    } else {
      Ref keys;
      if (lookup_attr(other, "keys"_id, &keys) < 0) return false;
      Ref source;
      bool pairs = true;
      if (keys) {
        source = call0(keys);
        if (!source) return false;
        pairs = false;
      } else {
        Ref items;
        if (lookup_attr(other, "items"_id, &items) < 0) return false;
        source = items ? call0(items) : Ref::copy(other);
        if (!source) return false;
      }
      bool ok = for_each(source, [&](Value item) -> bool {
        if (!pairs) {
          Ref v = get_item(other, item);
          return v && set_item(self, item, v);
        }
        Ref pair = to_list(item);
        if (!pair) return false;
        if (list_size(pair) != 2) {
          return raise(PyExc_ValueError, list_size(pair) < 2 ? "need more than %zd value%s to unpack" : "too many values to unpack (expected 2)",
                       list_size(pair), list_size(pair) == 1 ? "" : "s");
        }
        return set_item(self, list_get(pair, 0), list_get(pair, 1));
      });
      if (!ok) return false;
    }
  }
  for (Py_ssize_t i = 0; args.kwnames && i < tuple_size(args.kwnames); i++) {
    if (!set_item(self, tuple_get(args.kwnames, i), args.v[args.n + static_cast<size_t>(i)])) return false;
  }
  return true;
}

bool od_init(Value self, Args args) { return update_from(self, args); }
Ref od_update(Value self, Args args) { return update_from(self, args) ? none_ref() : Ref{}; }

Ref od_fromkeys(Value cls, const Value* a) {
  Ref made = call0(cls);
  if (!made) return nullptr;
  Value fill = a[1] ? a[1] : none();
  bool ok = for_each(a[0], [&](Value key) { return set_item(made, key, fill); });
  return ok ? std::move(made) : Ref{};
}

// --- Taking out -----------------------------------------------------------------------------------------------------------------
Ref pop_key(Value self, Value key, Value fallback) {
  Ref v;
  int found = dict_pop(self, key, &v);
  if (found < 0) return nullptr;
  if (found) return v;
  if (fallback) return Ref::copy(fallback);
  return raise_key_error(key);
}
Ref od_pop(Value self, const Value* a) { return pop_key(self, a[0], a[1]); }

Ref od_popitem(Value self, const Value* a) {
  int last = a[0] ? is_true(a[0]) : 1;
  if (last < 0) return nullptr;
  Value key, v;
  if (!(last ? last_entry(self, &key) : first_entry(self, &key, &v))) {
    Ref message = str_from_ascii("dictionary is empty");
    return raise_key_error(message);
  }
  Ref hold = Ref::copy(key);
  Ref value = pop_key(self, hold, Value{});
  return value ? tuple_of({hold, value}) : Ref{};
}

Ref od_setdefault(Value self, const Value* a) {
  Value fallback = a[1] ? a[1] : none(), v;
  if (is_exact_ordered(self)) return dict_set_default(self, a[0], fallback, &v) < 0 ? Ref{} : Ref::copy(v);
  int there = contains(self, a[0]);
  if (there < 0) return nullptr;
  if (there) return get_item(self, a[0]);
  return set_item(self, a[0], fallback) ? Ref::copy(fallback) : Ref{};
}

Ref od_move_to_end(Value self, const Value* a) {
  int last = a[1] ? is_true(a[1]) : 1;
  if (last < 0) return nullptr;
  Value key, v;
  if (last && last_entry(self, &key) && key == a[0]) return none_ref();
  Py_hash_t h = hash(a[0]);
  if (h == -1) return nullptr;
  Py_ssize_t entry = dict_find(self, a[0], h);
  if (entry == -2) return nullptr;
  if (entry < 0) return raise_key_error(a[0]);
  // The key that is stored moves, not the equal one that was given.
  Ref stored = Ref::copy(element(self.object(), *dict_table(self)->key_word(entry)));
  if (last) {
    Ref value;
    if (dict_pop(self, stored, &value) < 0 || !dict_set_hashed(self, stored, h, value)) return nullptr;
    return none_ref();
  }
  if (first_entry(self, &key, &v) && key == stored.get()) return none_ref();
  // To the front: everything else is put behind it anew.
  Ref items = dict_items_list(self);
  Ref value = Ref::copy(element(self.object(), *dict_table(self)->value_word(entry)));
  if (!items) return nullptr;
  dict_clear(self);
  if (!dict_set_hashed(self, stored, h, value)) return nullptr;
  for (Py_ssize_t i = 0; i < list_size(items); i++) {
    Value pair = list_get(items, i);
    if (tuple_get(pair, 0) == stored.get()) continue;
    if (!dict_set(self, tuple_get(pair, 0), tuple_get(pair, 1))) return nullptr;
  }
  return none_ref();
}

Ref od_clear(Value self) {
  dict_clear(self);
  return none_ref();
}

Ref od_copy(Value self) {
  Ref made = call0(Value{type_of(self)});
  if (!made) return nullptr;
  Ref keys = dict_keys_list(self);
  for (Py_ssize_t i = 0; keys && i < list_size(keys); i++) {
    Value key = list_get(keys, i);
    Ref v = get_item(self, key);
    if (!v || !set_item(made, key, v)) return nullptr;
  }
  return keys ? std::move(made) : Ref{};
}

// --- Comparing, text -------------------------------------------------------------------------------------------------------------
Ref od_compare(Value a, Value b, int op) {
  if (op != Py_EQ && op != Py_NE) return not_implemented_ref();
  if (!is_ordered(a) || !is_dict(b)) return not_implemented_ref();
  Ref same = slots_of(&PyDict_Type).tp_richcompare(a, b, Py_EQ);
  if (!same || same.get() == not_implemented()) return same;
  bool equal_dicts = same.get() == boolean(true);
  if (equal_dicts && is_ordered(b)) {
    // Also the keys in the same order.
    Ref x = dict_keys_list(a), y = dict_keys_list(b);
    if (!x || !y) return nullptr;
    equal_dicts = list_size(x) == list_size(y);
    for (Py_ssize_t i = 0; equal_dicts && i < list_size(x); i++) {
      int r = equal(list_get(x, i), list_get(y, i));
      if (r < 0) return nullptr;
      equal_dicts = r != 0;
    }
  }
  return bool_ref(equal_dicts == (op == Py_EQ));
}

Ref od_repr(Value self) {
  const char* dot = strrchr(type_of(self)->tp_name, '.');
  const char* name = dot ? dot + 1 : type_of(self)->tp_name;
  if (dict_size(self) == 0) return str_format("%s()", name);
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_from_ascii("...") : Ref{};
  Ref items;
  if (is_exact_ordered(self)) {
    items = dict_items_list(self);
  } else {
    Ref view = call_method(self, "items"_id);
    if (view) items = to_list(view);
  }
  Ref r = items ? str_format("%s(%R)", name, items.get()) : Ref{};
  repr_leave(self);
  return r;
}

Ref od_reduce(Value self) {
  Ref state = call_method(self, "__getstate__"_id);
  Ref items = state ? call_method(self, "items"_id) : Ref{};
  Ref it = items ? iter(items) : Ref{};
  if (!it) return nullptr;
  Ref args = tuple_empty();
  return tuple_of({Value{type_of(self)}, args, state, none(), it});
}
Ref od_sizeof(Value self) {
  Ref base = getattr(Value{&PyDict_Type}, "__sizeof__"_id);
  return base ? call1(base, self) : Ref{};
}

Ref od_or(Value a, Value b) {
  Value self = is_ordered(a) ? a : b, other = self == a ? b : a;
  if (!is_dict(other) || !is_dict(a)) return not_implemented_ref();
  Ref made = call(Value{type_of(self)}, {a});
  if (!made || !update_from(made, Args{&b, 1, nullptr})) return nullptr;
  return made;
}
Ref od_inplace_or(Value a, Value b) { return update_from(a, Args{&b, 1, nullptr}) ? Ref::copy(a) : Ref{}; }

// --- Iterators and views -----------------------------------------------------------------------------------------------------------
constexpr int kKeys = 1, kValues = 2, kReversed = 4;
struct OrderedIterator {
  PyObject head;
  PyObject* dict;  // null: exhausted
  Py_ssize_t position, size;
  uint32_t version;
  int kind;
};
OrderedIterator* iterator(Value v) { return v.as<OrderedIterator>(); }

Ref iterator_make(Value self, int kind) {
  auto* it = new_object<OrderedIterator>(&PyODictIter_Type);
  if (!it) return nullptr;
  incref(self);
  it->dict = self.object();
  it->position = kind & kReversed ? dict_table(self)->count : 0;
  it->size = dict_size(self);
  it->version = dict_keys_version(self.object());
  it->kind = kind;
  return Ref::steal(&it->head);
}
Ref iterator_next(Value self) {
  auto* it = iterator(self);
  if (!it->dict) return nullptr;
  Value d = it->dict;
  if (it->size != dict_size(d)) {
    it->size = -1;  // it stays broken
    return raise(PyExc_RuntimeError, "OrderedDict changed size during iteration");
  }
  if (it->version != dict_keys_version(it->dict)) return raise(PyExc_RuntimeError, "OrderedDict mutated during iteration");
  Value key, v;
  bool more = false;
  if (it->kind & kReversed) {
    const DictTable* t = dict_table(d);
    while (it->position > 0 && !more) {
      Py_ssize_t i = --it->position;
      if (t->key_word(i)->absent()) continue;
      key = element(it->dict, *t->key_word(i));
      v = element(it->dict, *t->value_word(i));
      more = true;
    }
  } else {
    more = dict_next(d, &it->position, &key, &v);
  }
  if (!more) {
    Py_CLEAR(it->dict);
    return nullptr;
  }
  if ((it->kind & (kKeys | kValues)) == kKeys) return Ref::copy(key);
  if (!is_exact_ordered(d)) {
    // A subclass may compute its values.
    Ref hold_key = Ref::copy(key);
    Ref hold = Ref::copy(d);
    Ref value = get_item(d, hold_key);
    if (!value) return nullptr;
    return it->kind & kKeys ? tuple_of({hold_key, value}) : std::move(value);
  }
  return it->kind & kKeys ? tuple_of({key, v}) : Ref::copy(v);
}
Ref iterator_self(Value self) { return Ref::copy(self); }
Ref iterator_reduce(Value self) {
  auto* it = iterator(self);
  // A list of what is left, read through a copy.
  auto* copy = new_object<OrderedIterator>(&PyODictIter_Type);
  if (!copy) return nullptr;
  copy->dict = Py_XNewRef(it->dict);
  copy->position = it->position;
  copy->size = it->size;
  copy->version = it->version;
  copy->kind = it->kind;
  Ref hold = Ref::steal(&copy->head);
  Ref rest = to_list(hold);
  Ref iter_function = rest ? get_builtin("iter"_id) : Ref{};
  if (!iter_function) return nullptr;
  Ref args = tuple_of({rest});
  return tuple_of({iter_function, args});
}
void iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(iterator(o)->dict);
  Py_TYPE(o)->tp_free(o);
}
int iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(iterator(o)->dict);
  return 0;
}

Ref od_iter(Value self) { return iterator_make(self, kKeys); }
Ref od_reversed(Value self) { return iterator_make(self, kKeys | kReversed); }
Ref od_keys(Value self) { return dict_view_new(&PyODictKeys_Type, self); }
Ref od_values(Value self) { return dict_view_new(&PyODictValues_Type, self); }
Ref od_items(Value self) { return dict_view_new(&PyODictItems_Type, self); }
template <int Kind>
Ref view_iter(Value self) {
  PyObject* d = self.as<DictView>()->dict;
  return d ? iterator_make(d, Kind) : none_ref();
}
template <int Kind>
Ref view_reversed(Value self) {
  PyObject* d = self.as<DictView>()->dict;
  return d ? iterator_make(d, Kind | kReversed) : none_ref();
}

// --- Life ----------------------------------------------------------------------------------------------------------------------------
void od_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &od_dealloc};
  if (guard.deferred) return;
  if (ordered(o)->weakrefs) clear_weakrefs(o);
  Py_CLEAR(ordered(o)->attributes);
  PyDict_Type.tp_dealloc(o);
}
int od_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(ordered(o)->attributes);
  return PyDict_Type.tp_traverse(o, visit, arg);
}
int od_tp_clear(PyObject* o) {
  Py_CLEAR(ordered(o)->attributes);
  return PyDict_Type.tp_clear(o);
}
Ref get_dict(Value self) { return instance_dict(self); }
bool set_dict(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "cannot delete __dict__");
  if (!is_dict(v)) return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%N'", type_of(v));
  incref(v);
  Py_XSETREF(ordered(self)->attributes, v.object());
  return true;
}

const MethodRow od_methods[] = {
    class_method<od_fromkeys>("fromkeys", "($type, /, iterable, value=None)",
                              "Create a new ordered dictionary with keys from iterable and values set to value."),
    method<od_sizeof>("__sizeof__", "", ""),
    method<od_reduce>("__reduce__", "", "Return state information for pickling"),
    method<od_setdefault>("setdefault", "($self, /, key, default=None)",
                          "Insert key with a value of default if key is not in the dictionary.\n\n"
                          "Return the value for key if key is in the dictionary, else default."),
    method<od_pop>("pop", "($self, /, key, default=<unrepresentable>)",
                   "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\n"
                   "If the key is not found, return the default if given; otherwise,\nraise a KeyError."),
    method<od_popitem>("popitem", "($self, /, last=True)",
                       "Remove and return a (key, value) pair from the dictionary.\n\n"
                       "Pairs are returned in LIFO order if last is true or FIFO order if false."),
    method<od_keys>("keys", "", ""),
    method<od_values>("values", "", ""),
    method<od_items>("items", "", ""),
    method<od_update>("update", "", ""),
    method<od_clear>("clear", "", "od.clear() -> None.  Remove all items from od."),
    method<od_copy>("copy", "", "od.copy() -> a shallow copy of od"),
    method<od_reversed>("__reversed__", "", "od.__reversed__() <==> reversed(od)"),
    method<od_move_to_end>("move_to_end", "($self, /, key, last=True)",
                           "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError if the element does not exist."),
    {}};
const GetSetRow od_getset[] = {getset<get_dict, set_dict>("__dict__"), {}};
const MethodRow iterator_methods[] = {method<iterator_reduce>("__reduce__", "", "Return state information for pickling"), {}};
const MethodRow keys_methods[] = {method<view_reversed<kKeys>>("__reversed__", "", ""), {}};
const MethodRow values_methods[] = {method<view_reversed<kValues>>("__reversed__", "", ""), {}};
const MethodRow items_methods[] = {method<view_reversed<kKeys | kValues>>("__reversed__", "", ""), {}};

}  // namespace

extern const TypeDef ordered_dict_def{
    .type = &PyODict_Type,
    .name = "collections.OrderedDict",
    .basicsize = sizeof(Ordered),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Dictionary that remembers insertion order",
    .base = &PyDict_Type,
    .dealloc = od_dealloc,
    .traverse = od_traverse,
    .clear = od_tp_clear,
    .weaklistoffset = offsetof(Ordered, weakrefs),
    .dictoffset = offsetof(Ordered, attributes),
    .slots = {.tp_repr = slot::Unary<od_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<od_compare>,
              .tp_iter = slot::Unary<od_iter>,
              .tp_init = slot::Init<od_init>,
              .nb_or = slot::Binary<od_or>,
              .nb_inplace_or = slot::Binary<od_inplace_or>},
    .methods = od_methods,
    .getset = od_getset,
};
extern const TypeDef ordered_keys_def{
    .type = &PyODictKeys_Type, .name = "odict_keys", .basicsize = sizeof(DictView),
    .base = &PyDictKeys_Type,
    .slots = {.tp_iter = slot::Unary<view_iter<kKeys>>}, .methods = keys_methods};
extern const TypeDef ordered_values_def{
    .type = &PyODictValues_Type, .name = "odict_values", .basicsize = sizeof(DictView),
    .base = &PyDictValues_Type,
    .slots = {.tp_iter = slot::Unary<view_iter<kValues>>}, .methods = values_methods};
extern const TypeDef ordered_items_def{
    .type = &PyODictItems_Type, .name = "odict_items", .basicsize = sizeof(DictView),
    .base = &PyDictItems_Type,
    .slots = {.tp_iter = slot::Unary<view_iter<kKeys | kValues>>}, .methods = items_methods};
extern const TypeDef ordered_iterator_def{
    .type = &PyODictIter_Type, .name = "odict_iterator", .basicsize = sizeof(OrderedIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = iterator_dealloc, .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<iterator_self>, .tp_iternext = slot::Next<iterator_next>}, .methods = iterator_methods};

}  // namespace adder
