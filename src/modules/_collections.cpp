// The module _collections: defaultdict, _tuplegetter, _count_elements. deque is in _collections_deque.cpp, OrderedDict in
// _collections_ordered.cpp.
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

extern const TypeDef deque_def, deque_iterator_def, deque_reverse_iterator_def;
extern const TypeDef ordered_dict_def, ordered_keys_def, ordered_values_def, ordered_items_def, ordered_iterator_def;

namespace {

// --- defaultdict ---------------------------------------------------------------------------------------------------------------
ADDER_TYPE(defaultdict_type);
struct DefaultDict {
  PyDictObject dict;
  PyObject* factory;  // null or None: none
};
DefaultDict* fields(Value v) { return v.as<DefaultDict>(); }
Ref factory_of(Value v) { return fields(v)->factory ? Ref::copy(fields(v)->factory) : none_ref(); }

bool default_init(Value self, Args args) {
  Value factory = args.n ? args[0] : Value{};
  if (factory && !is_none(factory) && !is_callable(factory)) {
    return raise(PyExc_TypeError, "first argument must be callable or None");
  }
  PyObject* old = fields(self)->factory;
  incref(factory);
  fields(self)->factory = factory.object();
  Py_XDECREF(old);
  Args rest = args.n ? Args{args.v + 1, args.n - 1, args.kwnames} : args;
  return slots_of(&PyDict_Type).tp_init(self, rest);
}

Ref default_missing(Value self, Value key) {
  PyObject* factory = fields(self)->factory;
  if (!factory || factory == Py_None) return raise_key_error(key);
  Ref hold = Ref::copy(factory);
  Ref v = call0(hold);
  if (!v || !set_item(self, key, v)) return nullptr;
  return v;
}

Ref default_copy(Value self) {
  Ref factory = factory_of(self);
  return call(Value{type_of(self)}, {factory, self});
}

Ref default_reduce(Value self) {
  Ref factory = factory_of(self);
  Ref args = is_none(factory) ? tuple_empty() : tuple_of({factory});
  Ref items = call_method(self, "items"_id);
  Ref it = items ? iter(items) : Ref{};
  if (!it) return nullptr;
  return tuple_of({Value{type_of(self)}, args, none(), none(), it});
}

Ref default_repr(Value self) {
  Ref base = slots_of(&PyDict_Type).tp_repr(self);
  if (!base) return nullptr;
  Ref factory;
  if (!fields(self)->factory) {
    factory = str_from_ascii("None");
  } else {
    Ref f = Ref::copy(fields(self)->factory);
    int entered = repr_enter(f);
    if (entered < 0) return nullptr;
    factory = entered > 0 ? str_from_ascii("...") : repr(f);
    if (entered == 0) repr_leave(f);
  }
  if (!factory) return nullptr;
  const char* name = strrchr(type_of(self)->tp_name, '.');
  return str_format("%s(%U, %U)", name ? name + 1 : type_of(self)->tp_name, factory.get(), base.get());
}

Ref default_or(Value a, Value b) {
  Value self = a.is_object() && is_instance_exactly(a, &defaultdict_type) ? a : b;
  Value other = self == a ? b : a;
  if (!is_dict(other)) return not_implemented_ref();
  // Like a copy of the left operand, updated by the right, with this one's factory.
  Ref factory = factory_of(self);
  Ref made = call(Value{type_of(self)}, {factory, a});
  if (!made || !dict_merge(made, b, 1)) return nullptr;
  return made;
}

void default_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &default_dealloc};
  if (guard.deferred) return;
  Py_CLEAR(fields(o)->factory);
  PyDict_Type.tp_dealloc(o);
}
int default_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->factory);
  return PyDict_Type.tp_traverse(o, visit, arg);
}
int default_clear(PyObject* o) {
  Py_CLEAR(fields(o)->factory);
  return PyDict_Type.tp_clear(o);
}

Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }

const MethodRow default_methods[] = {
    method<default_missing>("__missing__", "",
                            "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n"
                            "  if self.default_factory is None: raise KeyError((key,))\n  self[key] = value = self.default_factory()\n  return value\n"),
    method<default_copy>("copy", "", "D.copy() -> a shallow copy of D."),
    method<default_copy>("__copy__", "", "D.copy() -> a shallow copy of D."),
    method<default_reduce>("__reduce__", "", "Return state information for pickling."),
    class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    {}};
PyMemberDef default_members[] = {
    {"default_factory", T_OBJECT, offsetof(DefaultDict, factory), 0, "Factory for default value called by __missing__()."},
    {nullptr, 0, 0, 0, nullptr}};
const TypeDef defaultdict_def{
    .type = &defaultdict_type,
    .name = "collections.defaultdict",
    .basicsize = sizeof(DefaultDict),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\n"
           "The default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\n"
           "A defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\n"
           "passed to the dict constructor, including keyword arguments.",
    .base = &PyDict_Type,
    .dealloc = default_dealloc,
    .traverse = default_traverse,
    .clear = default_clear,
    .slots = {.tp_repr = slot::Unary<default_repr>, .tp_init = slot::Init<default_init>, .nb_or = slot::Binary<default_or>},
    .methods = default_methods,
    .members = default_members,
};

// --- _tuplegetter: a field of a named tuple -----------------------------------------------------------------------------------------
ADDER_TYPE(tuplegetter_type);
struct TupleGetter {
  PyObject head;
  Py_ssize_t index;
  PyObject* doc;
};
TupleGetter* getter(Value v) { return v.as<TupleGetter>(); }

Ref getter_new(PyTypeObject* type, Args args) {
  if (!positional_only("_tuplegetter", args, 2, 2)) return nullptr;
  Py_ssize_t index;
  if (!as_ssize(args[0], &index)) return nullptr;
  PyObject* doc = to_c(args[1]);
  if (!doc) return nullptr;
  auto* g = new_object<TupleGetter>(type);
  if (!g) {
    decref(doc);
    return nullptr;
  }
  g->index = index;
  g->doc = doc;
  return Ref::steal(&g->head);
}
Ref getter_get(Value self, Value object, Value) {
  if (!object) return Ref::copy(self);
  if (!is_tuple(object)) {
    if (is_none(object)) return Ref::copy(self);
    return raise(PyExc_TypeError, "descriptor for index '%zd' for tuple subclasses doesn't apply to '%N' object", getter(self)->index,
                 type_of(object));
  }
  Py_ssize_t index = getter(self)->index;
  if (index < 0 || index >= tuple_size(object)) return raise(PyExc_IndexError, "tuple index out of range");
  return Ref::copy(tuple_get(object, index));
}
bool getter_set(Value, Value, Value v) {
  return raise(PyExc_AttributeError, v ? "can't set attribute" : "can't delete attribute");
}
Ref getter_reduce(Value self) {
  Ref index = int_from_ssize(getter(self)->index), doc = from_c(getter(self)->doc);
  Ref args = tuple_of({index, doc});
  return tuple_of({Value{type_of(self)}, args});
}
Ref getter_repr(Value self) {
  Ref doc = from_c(getter(self)->doc);
  const char* name = strrchr(type_of(self)->tp_name, '.');
  return str_format("%s(%zd, %R)", name ? name + 1 : type_of(self)->tp_name, getter(self)->index, doc.get());
}
void getter_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(getter(o)->doc);
  Py_TYPE(o)->tp_free(o);
}
int getter_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(getter(o)->doc);
  return 0;
}
const MethodRow getter_methods[] = {method<getter_reduce>("__reduce__", "", ""), {}};
PyMemberDef getter_members[] = {{"__doc__", T_OBJECT, offsetof(TupleGetter, doc), 0, nullptr}, {nullptr, 0, 0, 0, nullptr}};
const TypeDef tuplegetter_def{
    .type = &tuplegetter_type,
    .name = "_collections._tuplegetter",
    .basicsize = sizeof(TupleGetter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = getter_dealloc,
    .traverse = getter_traverse,
    .slots = {.tp_repr = slot::Unary<getter_repr>,
              .tp_descr_get = slot::DescrGet<getter_get>,
              .tp_descr_set = slot::DescrSet<getter_set>,
              .tp_new = slot::New<getter_new>},
    .methods = getter_methods,
    .members = getter_members,
};

// --- Counter's loop --------------------------------------------------------------------------------------------------------------------
Ref count_elements(Value, Args args) {
  if (!positional_only("_count_elements", args, 2, 2)) return nullptr;
  Value mapping = args[0];
  Ref it = iter(args[1]);
  if (!it) return nullptr;
  NextFn step = slots_of(it).tp_iternext;
  auto finish = [&]() -> Ref {
    if (error_occurred()) {
      if (!error_matches(PyExc_StopIteration)) return nullptr;
      clear_error();
    }
    return none_ref();
  };
  // A dict whose get and __setitem__ are dict's own is counted in directly.
  PyTypeObject* type = type_of(mapping);
  bool plain = is_dict(mapping) && type_lookup(type, "get"_id) == type_lookup(&PyDict_Type, "get"_id) &&
               type_lookup(type, "__setitem__"_id) == type_lookup(&PyDict_Type, "__setitem__"_id);
  if (plain) {
    while (Ref key = step(it)) {
      Py_hash_t h = hash(key);
      if (h == -1) return nullptr;
      Value old = dict_get_hashed(mapping, key, h);
      if (!old && error_occurred()) return nullptr;
      if (old.is_int() && old.as_int() < Value::kIntMax) {
        if (!dict_set_hashed(mapping, key, h, Value::from_int(old.as_int() + 1))) return nullptr;
        continue;
      }
      Ref count = old ? add(old, Value::from_int(1)) : Ref::from_int(1);
      if (!count || !dict_set_hashed(mapping, key, h, count)) return nullptr;
    }
    return finish();
  }
  Ref get = getattr(mapping, "get"_id);
  if (!get) return nullptr;
  while (Ref key = step(it)) {
    Ref old = call(get, {key, Value::from_int(0)});
    Ref count = old ? add(old, Value::from_int(1)) : Ref{};
    if (!count || !set_item(mapping, key, count)) return nullptr;
  }
  return finish();
}

const MethodRow functions[] = {
    method<count_elements>("_count_elements", "($module, mapping, iterable, /)",
                           "Count elements in the iterable, updating the mapping"),
    {}};

bool exec(PyObject* module) {
  return module_add_type(module, deque_def) && module_add_type(module, defaultdict_def) && module_add_type(module, ordered_dict_def) &&
         ready_type(ordered_keys_def) && ready_type(ordered_values_def) && ready_type(ordered_items_def) &&
         ready_type(ordered_iterator_def) && module_add_type(module, deque_iterator_def) &&
         module_add_type(module, deque_reverse_iterator_def) && module_add_type(module, tuplegetter_def);
}

}  // namespace

extern const ModuleDef collections_module{
    .name = "_collections",
    .doc = "High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass with a default value factory\n",
    .methods = functions,
    .exec = exec};

}  // namespace adder
