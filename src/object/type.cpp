// `type`: calling a class, attributes of classes, what __name__, __bases__ and their kin do, and the end of a class.
#include <cstdlib>
#include <cstring>
#include "object/audit.h"
#include "object/type_impl.h"

namespace adder {

Ref make_union(Value a, Value b);   // union.cpp
Ref type_mro_method(Value self);    // mro.cpp
bool compatible_for_assignment(PyTypeObject* old_type, PyTypeObject* new_type, const char* attribute);  // object_type.cpp

// --- Names ----------------------------------------------------------------------------------------------------------------
static const char* after_dot(const char* name) {
  const char* dot = strrchr(name, '.');
  return dot ? dot + 1 : name;
}
Ref type_name(PyTypeObject* type) {
  if (is_heap(type) && heap(type)->ht_name) return Ref::copy(Value{heap(type)->ht_name});
  return intern(std::string_view{after_dot(type->tp_name)});
}
Ref type_qualname(PyTypeObject* type) {
  if (is_heap(type) && heap(type)->ht_qualname) return Ref::copy(Value{heap(type)->ht_qualname});
  return type_name(type);
}
Ref type_module(PyTypeObject* type) {
  if (is_heap(type)) {
    Value module = type->tp_dict ? dict_get_str(Value{type->tp_dict}, "__module__"_id) : Value{};
    return module ? Ref::copy(module) : Ref{raise(PyExc_AttributeError, "__module__")};
  }
  const char* dot = strrchr(type->tp_name, '.');
  return dot ? intern(std::string_view{type->tp_name, static_cast<size_t>(dot - type->tp_name)}) : Ref::copy(Value{"builtins"_id});
}
const char* short_name(PyTypeObject* type) { return type->tp_name; }

// --- Calling ----------------------------------------------------------------------------------------------------------------
Ref type_call(Value callable, Args args) {
  auto* type = callable.as<PyTypeObject>();
  if (ADDER_UNLIKELY(type == &PyType_Type)) {
    if (args.n == 1 && keyword_count(args) == 0) return Ref::copy(Value{type_of(args[0])});
    if (args.n != 3) return raise(PyExc_TypeError, "type() takes 1 or 3 arguments");
  }
  NewFn make = slots_of(type).tp_new;
  if (ADDER_UNLIKELY(!make)) return raise(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
  Ref object = make(type, args);
  if (!object) return {};
  PyTypeObject* made = type_of(object);
  if (ADDER_UNLIKELY(made != type && !is_subtype(made, type))) return object;
  InitFn init = slots_of(made).tp_init;
  if (init && !init(object, args)) return {};
  return object;
}

static bool type_init(Value, Args args) {
  if (keyword_count(args) && args.n == 1) return raise(PyExc_TypeError, "type.__init__() takes no keyword arguments");
  if (args.n != 1 && args.n != 3) return raise(PyExc_TypeError, "type.__init__() takes 1 or 3 arguments");
  return true;
}

// --- Attributes -------------------------------------------------------------------------------------------------------------
Ref type_getattro(Value self, PyObject* name) {
  auto* type = self.as<PyTypeObject>();
  if (!is_str(Value{name})) {
    return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", Py_TYPE(name)->tp_name);
  }
  if (!type->tp_dict && !type_ready(type)) return {};
  PyTypeObject* meta = Py_TYPE(type);
  Value on_meta = type_lookup(meta, name);
  Ref keep_meta = Ref::copy(on_meta);
  DescrGetFn meta_get = nullptr;
  if (on_meta) {
    const Slots& s = slots_of(on_meta);
    meta_get = s.tp_descr_get;
    if (meta_get && s.tp_descr_set) return meta_get(on_meta, self, Value{meta});
  }
  if (Value v = type_lookup(type, name)) {
    Ref keep = Ref::copy(v);
    if (v.is_object()) {
      if (DescrGetFn get = slots_of(v).tp_descr_get) return get(v, Value{}, self);
    }
    return keep;
  }
  if (meta_get) return meta_get(on_meta, self, Value{meta});
  if (on_meta) return keep_meta;
  return raise_attribute_text(self, name, "type object '%.50s' has no attribute '%U'", type->tp_name, Value{name});
}

bool type_setattro(Value self, PyObject* name, Value value) {
  auto* type = self.as<PyTypeObject>();
  if (is_immutable(type)) {
    return raise(PyExc_TypeError, "cannot set %R attribute of immutable type '%s'", Value{name}, type->tp_name);
  }
  if (!is_str(Value{name})) {
    return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", Py_TYPE(name)->tp_name);
  }
  Ref interned = intern(str_to_exact(Value{name}));
  if (!interned) return false;
  name = interned.object();
  // As generic_setattr, with this class's dict and its own error text.
  Value descr = type_lookup(Py_TYPE(type), name);
  Ref keep = Ref::copy(descr);
  DescrSetFn set = descr ? slots_of(descr).tp_descr_set : nullptr;
  bool ok;
  if (set) {
    ok = set(descr, self, value);
  } else if (value) {
    ok = dict_set_str(Value{type->tp_dict}, name, value);
  } else {
    int r = dict_delete(Value{type->tp_dict}, Value{name});
    ok = r > 0;
    if (r == 0) raise_attribute_text(self, name, "type object '%.100s' has no attribute '%U'", type->tp_name, Value{name});
  }
  type_modified(type);
  if (ok && is_dunder_of_slot(name)) update_slot(type, name);
  return ok;
}

namespace {

bool may_set(PyTypeObject* type, Value value, const char* name) {
  if (is_immutable(type)) return raise(PyExc_TypeError, "cannot set '%s' attribute of immutable type '%s'", name, type->tp_name);
  if (!value) return raise(PyExc_TypeError, "cannot delete '%s' attribute of immutable type '%s'", name, type->tp_name);
  return true;
}
PyTypeObject* as_type(Value v) { return v.as<PyTypeObject>(); }

Ref get_name(Value self) { return type_name(as_type(self)); }
bool set_name(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (!may_set(type, v, "__name__") || !audit_assignment(self, "__name__"_id, v)) return false;
  if (!is_str(v)) return raise(PyExc_TypeError, "can only assign string to %s.__name__, not '%s'", type->tp_name, type_of(v)->tp_name);
  std::string_view text = str_utf8(v);
  if (!text.data()) return false;
  if (strlen(text.data()) != text.size()) return raise(PyExc_ValueError, "type name must not contain null characters");
  PyObject* old = heap(type)->ht_name;
  incref(v);
  heap(type)->ht_name = v.object();
  type->tp_name = text.data();
  decref(old);
  return true;
}
Ref get_qualname(Value self) { return type_qualname(as_type(self)); }
bool set_qualname(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (!may_set(type, v, "__qualname__")) return false;
  if (!is_str(v)) {
    return raise(PyExc_TypeError, "can only assign string to %s.__qualname__, not '%s'", type->tp_name, type_of(v)->tp_name);
  }
  PyObject* old = heap(type)->ht_qualname;
  incref(v);
  heap(type)->ht_qualname = v.object();
  decref(old);
  return true;
}
Ref get_module(Value self) { return type_module(as_type(self)); }
bool set_module(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (!may_set(type, v, "__module__")) return false;
  type_modified(type);
  return dict_set_str(Value{type->tp_dict}, "__module__"_id, v);
}
Ref get_mro(Value self) {
  PyObject* mro = as_type(self)->tp_mro;
  return mro ? Ref::copy(Value{mro}) : none_ref();
}
Ref get_base(Value self) {
  PyTypeObject* base = as_type(self)->tp_base;
  return base ? Ref::copy(Value{base}) : none_ref();
}
Ref get_dict(Value self) {
  PyObject* d = as_type(self)->tp_dict;
  return d ? mapping_proxy(Value{d}) : none_ref();
}
Ref get_basicsize(Value self) { return int_from_ssize(as_type(self)->tp_basicsize); }
Ref get_itemsize(Value self) { return int_from_ssize(as_type(self)->tp_itemsize); }
Ref get_flags(Value self) { return int_from_u64(as_type(self)->tp_flags); }
Ref get_weakrefoffset(Value self) { return int_from_ssize(as_type(self)->tp_weaklistoffset); }
Ref get_dictoffset(Value self) { return int_from_ssize(as_type(self)->tp_dictoffset); }

Ref get_doc(Value self) {
  PyTypeObject* type = as_type(self);
  if (!is_heap(type) && type->tp_doc) return str_from_utf8(doc_without_signature(type->tp_name, type->tp_doc));
  Value v = dict_get_str(Value{type->tp_dict}, "__doc__"_id);
  if (!v) return none_ref();
  Ref keep = Ref::copy(v);
  if (v.is_object()) {
    if (DescrGetFn get = slots_of(v).tp_descr_get) return get(v, Value{}, self);
  }
  return keep;
}
bool set_doc(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (!may_set(type, v, "__doc__")) return false;
  type_modified(type);
  return dict_set_str(Value{type->tp_dict}, "__doc__"_id, v);
}
Ref get_text_signature(Value self) {
  PyTypeObject* type = as_type(self);
  return text_signature_of(type->tp_name, type->tp_doc);
}

Ref get_annotations(Value self) {
  PyTypeObject* type = as_type(self);
  if (!is_heap(type)) return raise(PyExc_AttributeError, "type object '%s' has no attribute '__annotations__'", type->tp_name);
  Value v = dict_get_str(Value{type->tp_dict}, "__annotations__"_id);
  if (v) {
    Ref keep = Ref::copy(v);
    if (v.is_object()) {
      if (DescrGetFn get = slots_of(v).tp_descr_get) return get(v, Value{}, self);
    }
    return keep;
  }
  Ref fresh = dict_new();
  if (!fresh || !dict_set_str(Value{type->tp_dict}, "__annotations__"_id, fresh)) return {};
  type_modified(type);
  return fresh;
}
bool set_annotations(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (is_immutable(type)) {
    return raise(PyExc_TypeError, "cannot set '__annotations__' attribute of immutable type '%s'", type->tp_name);
  }
  bool ok;
  if (v) {
    ok = dict_set_str(Value{type->tp_dict}, "__annotations__"_id, v);
  } else {
    int r = dict_delete(Value{type->tp_dict}, Value{"__annotations__"_id});
    ok = r > 0;
    if (r == 0) raise(PyExc_AttributeError, "__annotations__");
  }
  if (ok) type_modified(type);
  return ok;
}

Ref get_abstract(Value self) {
  PyTypeObject* type = as_type(self);
  Value v;
  // `type` itself has the descriptor in its dict: not for its own use.
  if (type != &PyType_Type) v = dict_get_str(Value{type->tp_dict}, "__abstractmethods__"_id);
  return v ? Ref::copy(v) : Ref{raise_value(PyExc_AttributeError, Value{"__abstractmethods__"_id})};
}
bool set_abstract(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  int abstract = 0;
  if (v) {
    abstract = is_true(v);
    if (abstract < 0 || !dict_set_str(Value{type->tp_dict}, "__abstractmethods__"_id, v)) return false;
  } else {
    int r = dict_delete(Value{type->tp_dict}, Value{"__abstractmethods__"_id});
    if (r <= 0) return r == 0 ? raise_value(PyExc_AttributeError, Value{"__abstractmethods__"_id}) : Failure{};
  }
  type_modified(type);
  if (abstract) type->tp_flags |= Py_TPFLAGS_IS_ABSTRACT;
  else type->tp_flags &= ~Py_TPFLAGS_IS_ABSTRACT;
  return true;
}

// --- __bases__ --------------------------------------------------------------------------------------------------------------
Ref get_bases(Value self) { return Ref::copy(Value{as_type(self)->tp_bases}); }

// New MROs for a type and everything below it; all or nothing. `undo` keeps (type, old mro) pairs.
bool update_mros(PyTypeObject* type, Value undo) {
  PyObject* old = type->tp_mro;
  PyObject* mro = mro_compute(type);
  if (!mro) return false;
  if (type->tp_mro != old) {  // a custom mro() has assigned bases meanwhile; that is done
    decref(mro);
    return true;
  }
  expose(mro);
  Ref entry = old ? tuple_of({Value{type}, Value{mro}, Value{old}}) : tuple_of({Value{type}, Value{mro}});
  if (!entry || !list_append(undo, entry.get())) {
    decref(mro);
    return false;
  }
  type_modified(type);
  type->tp_mro = mro;
  extra(type)->no_version = mro_overrides(type);
  Py_XDECREF(old);
  TypeExtra* e = extra(type);
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    if (!update_mros(e->subclasses[i], undo)) return false;
  }
  return true;
}
void update_slots_below(PyTypeObject* type) {
  type_modified(type);
  fixup_slots(type);
  TypeExtra* e = extra(type);
  for (uint32_t i = 0; i < e->subclass_count; i++) update_slots_below(e->subclasses[i]);
}

bool set_bases(Value self, Value v) {
  PyTypeObject* type = as_type(self);
  if (!may_set(type, v, "__bases__") || !audit_assignment(self, "__bases__"_id, v)) return false;
  if (!is_tuple(v)) return raise(PyExc_TypeError, "can only assign tuple to %s.__bases__, not %s", type->tp_name, type_of(v)->tp_name);
  Py_ssize_t n = tuple_size(v);
  if (n == 0) return raise(PyExc_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()", type->tp_name);
  for (Py_ssize_t i = 0; i < n; i++) {
    Value b = tuple_get(v, i);
    if (!is_type(b)) {
      return raise(PyExc_TypeError, "%s.__bases__ must be tuple of classes, not '%s'", type->tp_name, type_of(b)->tp_name);
    }
    bool below = is_subtype(as_type(b), type);
    // A class whose mro() is still running may have an MRO that does not show its bases.
    for (PyTypeObject* t = as_type(b); t && !below; t = t->tp_base) below = t == type;
    if (below) return raise(PyExc_TypeError, "a __bases__ item causes an inheritance cycle");
  }
  PyTypeObject* base = best_base(v);
  if (!base || !compatible_for_assignment(type->tp_base, base, "__bases__")) return false;
  Ref old_bases = Ref::steal(Value{type->tp_bases}), old_base = Ref::steal(Value{type->tp_base});
  type->tp_bases = Ref::copy(v).release().object();
  expose(type->tp_bases);
  incref(Value{base});
  type->tp_base = base;
  Ref undo = list_new();
  if (!undo) return false;
  if (!update_mros(type, undo)) {
    ErrorKeeper keep;
    for (Py_ssize_t i = list_size(undo); i-- > 0;) {
      Value entry = list_get(undo, i);
      PyTypeObject* t = as_type(tuple_get(entry, 0));
      if (Value{t->tp_mro} != tuple_get(entry, 1)) continue;
      PyObject* now = t->tp_mro;
      t->tp_mro = tuple_size(entry) > 2 ? Ref::copy(tuple_get(entry, 2)).release().object() : nullptr;
      decref(now);
      type_modified(t);
    }
    if (Value{type->tp_bases} != v) return false;
    PyObject *now_bases = type->tp_bases, *now_base = reinterpret_cast<PyObject*>(type->tp_base);
    type->tp_bases = old_bases.release().object();
    type->tp_base = old_base.release().as<PyTypeObject>();
    decref(now_bases);
    decref(now_base);
    return false;
  }
  if (Value{type->tp_bases} == v) {  // a custom mro() may have assigned again
    for (Py_ssize_t i = 0; i < tuple_size(old_bases); i++) remove_subclass(as_type(tuple_get(old_bases, i)), type);
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!add_subclass(as_type(tuple_get(v, i)), type)) return false;
    }
    update_slots_below(type);
  }
  return true;
}

// --- Methods ----------------------------------------------------------------------------------------------------------------
Ref type_subclasses(Value self) {
  Ref result = list_new();
  if (!result) return {};
  TypeExtra* e = extra(as_type(self));
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    if (!list_append(result, Value{e->subclasses[i]})) return {};
  }
  return result;
}
Ref type_prepare(Value, Args) { return dict_new(); }
Ref type_instance_check(Value self, Value object) {
  int r = is_instance_plain(object, self);
  return r < 0 ? Ref{} : bool_ref(r);
}
Ref type_subclass_check(Value self, Value derived) {
  int r = is_subclass_plain(derived, self);
  return r < 0 ? Ref{} : bool_ref(r);
}
bool merge_dicts(Value into, PyTypeObject* type) {
  if (type->tp_dict && !dict_merge(into, Value{type->tp_dict}, 1)) return false;
  if (!type->tp_bases) return true;
  for (Py_ssize_t i = 0; i < tuple_size(Value{type->tp_bases}); i++) {
    Value b = tuple_get(Value{type->tp_bases}, i);
    if (is_type(b) && !merge_dicts(into, as_type(b))) return false;
  }
  return true;
}
Ref type_dir(Value self) {
  Ref d = dict_new();
  if (!d || !merge_dicts(d, as_type(self))) return {};
  return dict_keys_list(d);
}
Ref type_sizeof(Value self) {
  PyTypeObject* type = as_type(self);
  Py_ssize_t size = is_heap(type) ? Py_TYPE(type)->tp_basicsize + Py_SIZE(type) * static_cast<Py_ssize_t>(sizeof(PyMemberDef))
                                  : static_cast<Py_ssize_t>(sizeof(PyTypeObject));
  return int_from_ssize(size + static_cast<Py_ssize_t>(sizeof(TypeExtra)));
}

Ref type_repr(Value self) {
  PyTypeObject* type = as_type(self);
  Ref module = type_module(type);
  if (!module) clear_error();
  Ref name = type_qualname(type);
  if (!name) return {};
  if (module && is_str(module) && !str_equals(module, "builtins")) return str_format("<class '%U.%U'>", module.get(), name.get());
  return str_format("<class '%s'>", type->tp_name);
}
Ref type_or(Value a, Value b) { return make_union(a, b); }

// --- The end of a class --------------------------------------------------------------------------------------------------
void leave_bases(PyTypeObject* type) {
  if (!type->tp_bases) return;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_bases); i++) {
    Value b{PyTuple_GET_ITEM(type->tp_bases, i)};
    if (is_type(b)) remove_subclass(as_type(b), type);
  }
}
void type_dealloc(PyObject* o) {
  auto* type = reinterpret_cast<PyTypeObject*>(o);
  ADDER_ASSERT(is_heap(type));
  gc_untrack(o);
  leave_bases(type);
  {
    ErrorKeeper keep;
    clear_weakrefs(o);
    type_modified(type);
    PyHeapTypeObject* h = heap(type);
    Py_XDECREF(type->tp_base);
    watch_class_dict(type->tp_dict, nullptr);
    Py_XDECREF(type->tp_dict);
    Py_XDECREF(type->tp_bases);
    Py_XDECREF(type->tp_mro);
    Py_XDECREF(h->ht_name);
    Py_XDECREF(h->ht_qualname);
    Py_XDECREF(h->ht_slots);
    Py_XDECREF(h->ht_module);
    object_free(const_cast<char*>(type->tp_doc));
    object_free(h->_ht_tpname);
    free_extra(type);
  }
  Py_TYPE(o)->tp_free(o);
}
int type_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* type = reinterpret_cast<PyTypeObject*>(o);
  if (!is_heap(type)) return 0;
  ADDER_VISIT(type->tp_dict);
  ADDER_VISIT(type->tp_mro);
  ADDER_VISIT(type->tp_bases);
  ADDER_VISIT(reinterpret_cast<PyObject*>(type->tp_base));
  ADDER_VISIT(heap(type)->ht_module);
  return 0;
}
int type_clear(PyObject* o) {
  auto* type = reinterpret_cast<PyTypeObject*>(o);
  type_modified(type);
  if (type->tp_dict) dict_clear(Value{type->tp_dict});
  Py_CLEAR(heap(type)->ht_module);
  Py_CLEAR(type->tp_mro);
  return 0;
}
int type_is_gc(PyObject* o) { return is_heap(reinterpret_cast<PyTypeObject*>(o)); }

// Fields of the C struct, as members are in CPython.
bool read_only(Value, Value) { return raise(PyExc_AttributeError, "readonly attribute"); }

const MethodRow type_methods[] = {
    method<type_mro_method>("mro", "($self, /)", "Return a type's method resolution order."),
    method<type_subclasses>("__subclasses__", "($self, /)", "Return a list of immediate subclasses."),
    class_method<type_prepare>("__prepare__", "", "__prepare__() -> dict\nused to create the namespace for the class statement"),
    method<type_instance_check>("__instancecheck__", "($self, instance, /)", "Check if an object is an instance."),
    method<type_subclass_check>("__subclasscheck__", "($self, subclass, /)", "Check if a class is a subclass."),
    method<type_dir>("__dir__", "($self, /)", "Specialized __dir__ implementation for types."),
    method<type_sizeof>("__sizeof__", "($self, /)", "Return memory consumption of the type object."),
    {}};
const GetSetRow type_getset[] = {
    getset<get_name, set_name>("__name__"),
    getset<get_qualname, set_qualname>("__qualname__"),
    getset<get_bases, set_bases>("__bases__"),
    getset<get_mro, read_only>("__mro__"),
    getset<get_base, read_only>("__base__"),
    getset<get_basicsize, read_only>("__basicsize__"),
    getset<get_itemsize, read_only>("__itemsize__"),
    getset<get_flags, read_only>("__flags__"),
    getset<get_weakrefoffset, read_only>("__weakrefoffset__"),
    getset<get_dictoffset, read_only>("__dictoffset__"),
    getset<get_module, set_module>("__module__"),
    getset<get_abstract, set_abstract>("__abstractmethods__"),
    getset<get_dict>("__dict__"),
    getset<get_doc, set_doc>("__doc__"),
    getset<get_text_signature>("__text_signature__"),
    getset<get_annotations, set_annotations>("__annotations__"),
    {}};

}  // namespace

void free_extra(PyTypeObject* type) {
  auto* e = reinterpret_cast<TypeExtra*>(type->tp_cache);
  type->tp_cache = nullptr;
  if (!e || e->owner != type) return;
  free_shapes(e->root_shape);
  free(e->subclasses);
  free(e);
}

}  // namespace adder

extern "C" {
PyTypeObject PyType_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

extern const TypeDef type_def;
const TypeDef type_def = {
    .type = &PyType_Type,
    .name = "type",
    .basicsize = sizeof(PyHeapTypeObject),
    .itemsize = sizeof(PyMemberDef),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_TYPE_SUBCLASS,
    .doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    .dealloc = type_dealloc,
    .traverse = type_traverse,
    .clear = type_clear,
    .free = generic_gc_free,
    .weaklistoffset = offsetof(PyTypeObject, tp_weaklist),
    .dictoffset = offsetof(PyTypeObject, tp_dict),
    .slots = {.tp_repr = slot::Unary<type_repr>,
              .tp_call = slot::Call<type_call>,
              .tp_getattro = slot::GetAttr<type_getattro>,
              .tp_setattro = slot::SetAttr<type_setattro>,
              .tp_init = slot::Init<type_init>,
              .tp_new = slot::New<type_new>,
              .nb_or = slot::Binary<type_or>},
    .methods = type_methods,
    .getset = type_getset,
};

// Set where the C struct has a field that TypeDef has not.
[[gnu::constructor]] static void set_is_gc() { PyType_Type.tp_is_gc = &type_is_gc; }

}  // namespace adder
