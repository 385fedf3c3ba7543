// The type dict: slots and methods over dict_table.cpp.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/dict_table.h"
#include "object/error.h"
#include "object/object.h"
#include "object/sequence.h"
#include "object/set_table.h"
#include "object/str.h"
#include "object/type.h"

PyTypeObject PyDict_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

void dict_dealloc(PyObject* self);
int dict_traverse(PyObject* self, visitproc visit, void* arg);
void dict_init_fresh(PyObject* o);
int dict_pop_last(Value d, Ref* key, Ref* value);
size_t dict_table_bytes(PyObject* d);
bool is_plain_dict_iteration(Value v);
Ref dict_iter_keys(Value d);
Ref dict_reversed_keys(Value d);

namespace {

int clear_references(PyObject* self) {
  dict_clear(Value{self});
  return 0;
}

Ref dict_new_slot(PyTypeObject* type, Args) {
  if (type == &PyDict_Type) return dict_new();
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  dict_init_fresh(o);
  return Ref::steal(Value{o});
}

// dict(...) and update(...): a mapping or pairs, then keywords.
bool update_from(Value self, Args args, const char* name) {
  if (args.n > 1) return raise(PyExc_TypeError, "%s expected at most 1 argument, got %zd", name, static_cast<Py_ssize_t>(args.n));
  if (args.n == 1) {
    Value source = args[0];
    if (is_exact_dict(source)) {
      if (!dict_merge(self, source, 1)) return false;
    } else {
      Ref keys;
      int has = lookup_attr(source, "keys"_id, &keys);
      if (has < 0) return false;
      if (!(has ? dict_merge(self, source, 1) : dict_merge_pairs(self, source, true))) return false;
    }
  }
  if (args.kwnames) {
    for (Py_ssize_t i = 0, n = tuple_size(args.kwnames); i < n; i++) {
      if (!dict_set(self, tuple_get(args.kwnames, i), args.v[args.n + static_cast<size_t>(i)])) return false;
    }
  }
  return true;
}

bool dict_init(Value self, Args args) { return update_from(self, args, "dict"); }

Ref dict_repr(Value self) {
  int entered = repr_enter(self);
  if (entered != 0) return entered < 0 ? Ref{} : str_from_ascii("{...}");
  auto body = [&]() -> Ref {
    if (dict_size(self) == 0) return str_from_ascii("{}");
    StrBuilder out(dict_size(self) * 8);
    if (!out.add_char('{')) return {};
    Py_ssize_t position = 0;
    Value k, v;
    bool first = true;
    while (dict_next(self, &position, &k, &v)) {
      Ref key = Ref::copy(k), value = Ref::copy(v);
      if (!first && !out.add_ascii(", ")) return {};
      first = false;
      Ref text = repr(key);
      if (!text || !out.add(text) || !out.add_ascii(": ")) return {};
      text = repr(value);
      if (!text || !out.add(text)) return {};
    }
    if (!out.add_char('}')) return {};
    return out.finish();
  };
  Ref r = body();
  repr_leave(self);
  return r;
}

// 1 equal, 0, -1.
int dicts_equal(Value a, Value b) {
  if (dict_size(a) != dict_size(b)) return 0;
  Py_ssize_t position = 0;
  Value k, v;
  while (dict_next(a, &position, &k, &v)) {
    Ref key = Ref::copy(k), value = Ref::copy(v);
    Value found;
    int there = dict_lookup(b, key, &found);
    if (there <= 0) return there;
    Ref other = Ref::copy(found);
    int same = equal(value, other);
    if (same <= 0) return same;
  }
  return 1;
}

Ref dict_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_dict(a) || !is_dict(b)) return not_implemented_ref();
  RecursionGuard guard(" in comparison");
  if (!guard.ok) return {};
  int same = dicts_equal(a, b);
  return same < 0 ? Ref{} : bool_ref(same == (op == Py_EQ));
}

Py_ssize_t dict_length(Value self) { return dict_size(self); }

Ref dict_subscript(Value self, Value key) {
  Value v;
  int there = dict_lookup(self, key, &v);
  if (there > 0) return Ref::copy(v);
  if (there < 0) return {};
  if (!is_exact_dict(self)) {
    Ref missing = lookup_special(self, "__missing__"_id);
    if (missing) return call1(missing, key);
    if (error_occurred()) return {};
  }
  return raise_key_error(key);
}

bool dict_store(Value self, Value key, Value v) {
  if (!v.absent()) return dict_set(self, key, v);
  int deleted = dict_delete(self, key);
  if (deleted == 0) return raise_key_error(key);
  return deleted > 0;
}

int contains_slot(Value self, Value key) { return dict_contains(self, key); }

Ref dict_or(Value a, Value b) {
  if (!is_dict(a) || !is_dict(b)) return not_implemented_ref();
  Ref r = dict_copy(a);
  if (!r || !dict_merge(r, b, 1)) return {};
  return r;
}

Ref dict_inplace_or(Value self, Value other) {
  Value args[] = {other};
  if (!update_from(self, Args{args, 1, nullptr}, "update")) return {};
  return Ref::copy(self);
}

// --- Methods ----------------------------------------------------------------------------------------------------------------

Ref dict_contains_method(Value self, Value key) {
  int there = dict_contains(self, key);
  return there < 0 ? Ref{} : bool_ref(there != 0);
}

Ref dict_get(Value self, const Value* a) {
  Value v;
  int there = dict_lookup(self, a[0], &v);
  if (there < 0) return {};
  return there ? Ref::copy(v) : Ref::copy(a[1].absent() ? none() : a[1]);
}

Ref dict_setdefault(Value self, const Value* a) {
  Value v;
  if (dict_set_default(self, a[0], a[1].absent() ? none() : a[1], &v) < 0) return {};
  return Ref::copy(v);
}

Ref dict_pop_method(Value self, const Value* a) {
  Ref v;
  int there = dict_pop(self, a[0], &v);
  if (there < 0) return {};
  if (there) return v;
  if (!a[1].absent()) return Ref::copy(a[1]);
  return raise_key_error(a[0]);
}

Ref dict_popitem(Value self) {
  Ref k, v;
  int there = dict_pop_last(self, &k, &v);
  if (there < 0) return {};
  if (!there) return raise(PyExc_KeyError, "popitem(): dictionary is empty");
  return tuple_of({k, v});
}

Ref dict_keys(Value self) { return dict_view_new(&PyDictKeys_Type, self); }
Ref dict_items(Value self) { return dict_view_new(&PyDictItems_Type, self); }
Ref dict_values(Value self) { return dict_view_new(&PyDictValues_Type, self); }

Ref dict_update(Value self, Args args) { return update_from(self, args, "update") ? none_ref() : Ref{}; }

Ref dict_fromkeys(Value type, const Value* a) {
  Value value = a[1].absent() ? none() : a[1];
  Ref d = call0(type);
  if (!d) return {};
  bool exact = is_exact_dict(d);
  if (exact && dict_size(d) == 0 && is_exact_dict(a[0])) {
    Py_ssize_t position = 0;
    Value k;
    while (dict_next(a[0], &position, &k, nullptr)) {
      Ref key = Ref::copy(k);
      if (!dict_set_hashed(d, key, dict_entry_hash(a[0], position - 1), value)) return {};
    }
    return d;
  }
  if (exact && dict_size(d) == 0 && (is_exact(a[0], &PySet_Type) || is_exact(a[0], &PyFrozenSet_Type))) {
    Py_ssize_t position = 0;
    Value k;
    Py_hash_t hash;
    while (set_next_hashed(a[0], &position, &k, &hash)) {
      Ref key = Ref::copy(k);
      if (!dict_set_hashed(d, key, hash, value)) return {};
    }
    return d;
  }
  bool ok = for_each(a[0], [&](Value key) { return exact ? dict_set(d, key, value) : set_item(d, key, value); });
  return ok ? std::move(d) : Ref{};
}

Ref dict_clear_method(Value self) {
  dict_clear(self);
  return none_ref();
}
Ref dict_copy_method(Value self) { return dict_copy(self); }
Ref dict_sizeof(Value self) {
  return int_from_ssize(type_of(self)->tp_basicsize + static_cast<Py_ssize_t>(dict_table_bytes(self.object())));
}
Ref class_getitem(Value type, Value args) { return make_generic_alias(type, args); }

const MethodRow dict_methods[] = {
    method<dict_contains_method>("__contains__", "($self, key, /)", "True if the dictionary has the specified key, else False.", METH_COEXIST),
    method<dict_subscript>("__getitem__", "", "x.__getitem__(y) <==> x[y]", METH_COEXIST),
    method<dict_sizeof>("__sizeof__", "", "D.__sizeof__() -> size of D in memory, in bytes"),
    method<dict_get>("get", "($self, key, default=None, /)", "Return the value for key if key is in the dictionary, else default."),
    method<dict_setdefault>("setdefault", "($self, key, default=None, /)",
                            "Insert key with a value of default if key is not in the dictionary.\n\n"
                            "Return the value for key if key is in the dictionary, else default."),
    method<dict_pop_method>("pop", "($self, key, default=<unrepresentable>, /)",
                            "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\n"
                            "If the key is not found, return the default if given; otherwise,\n"
                            "raise a KeyError."),
    method<dict_popitem>("popitem", "($self, /)",
                         "Remove and return a (key, value) pair as a 2-tuple.\n\n"
                         "Pairs are returned in LIFO (last-in, first-out) order.\n"
                         "Raises KeyError if the dict is empty."),
    method<dict_keys>("keys", "", "D.keys() -> a set-like object providing a view on D's keys"),
    method<dict_items>("items", "", "D.items() -> a set-like object providing a view on D's items"),
    method<dict_values>("values", "", "D.values() -> an object providing a view on D's values"),
    method<dict_update>("update", "",
                        "D.update([E, ]**F) -> None.  Update D from dict/iterable E and F.\n"
                        "If E is present and has a .keys() method, then does:  for k in E: D[k] = E[k]\n"
                        "If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v\n"
                        "In either case, this is followed by: for k in F:  D[k] = F[k]"),
    class_method<dict_fromkeys>("fromkeys", "($type, iterable, value=None, /)", "Create a new dictionary with keys from iterable and values set to value."),
    method<dict_clear_method>("clear", "", "D.clear() -> None.  Remove all items from D."),
    method<dict_copy_method>("copy", "", "D.copy() -> a shallow copy of D"),
    method<dict_reversed_keys>("__reversed__", "($self, /)", "Return a reverse iterator over the dict keys."),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};

}  // namespace

extern const TypeDef dict_def = {
    .type = &PyDict_Type,
    .name = "dict",
    .basicsize = sizeof(PyDictObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DICT_SUBCLASS | (1UL << 22) | Py_TPFLAGS_MAPPING,
    .doc = "dict() -> new empty dictionary\n"
           "dict(mapping) -> new dictionary initialized from a mapping object's\n"
           "    (key, value) pairs\n"
           "dict(iterable) -> new dictionary initialized as if via:\n"
           "    d = {}\n"
           "    for k, v in iterable:\n"
           "        d[k] = v\n"
           "dict(**kwargs) -> new dictionary initialized with the name=value pairs\n"
           "    in the keyword argument list.  For example:  dict(one=1, two=2)",
    .dealloc = dict_dealloc,
    .traverse = dict_traverse,
    .clear = clear_references,
    .slots = {.tp_repr = slot::Unary<dict_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<dict_compare>,
              .tp_iter = slot::Unary<dict_iter_keys>,
              .tp_init = slot::Init<dict_init>,
              .tp_new = slot::New<dict_new_slot>,
              .nb_or = slot::Binary<dict_or>,
              .nb_inplace_or = slot::Binary<dict_inplace_or>,
              .sq_contains = slot::Contains<contains_slot>,
              .mp_length = slot::Length<dict_length>,
              .mp_subscript = slot::Binary<dict_subscript>,
              .mp_ass_subscript = slot::StoreItem<dict_store>},
    .methods = dict_methods,
};

}  // namespace adder
