// `object`: construction, text, comparison, pickling support, __class__.
#include "object/audit.h"
#include "object/type_impl.h"

namespace adder {
namespace {

// --- Construction -------------------------------------------------------------------------------------------------------
Ref raise_abstract(PyTypeObject* type) {
  Ref names;
  if (lookup_attr(Value{type}, "__abstractmethods__"_id, &names) < 0) return {};
  if (!names) return raise(PyExc_AttributeError, "__abstractmethods__");
  Ref sorted = to_list(names);
  if (!sorted || !list_sort(sorted, none(), false)) return {};
  Py_ssize_t n = list_size(sorted);
  Ref comma = str_from_ascii(", ");
  Ref joined = comma ? str_join(comma, sorted) : Ref{};
  if (!joined) return {};
  return raise(PyExc_TypeError, "Can't instantiate abstract class %s with abstract method%s %U", type->tp_name, n > 1 ? "s" : "",
               joined.get());
}

bool object_init(Value self, Args args);

Ref object_new(PyTypeObject* type, Args args) {
  if (args.n || keyword_count(args)) {
    const Slots& s = slots_of(type);
    if (s.tp_new != &object_new) {
      return raise(PyExc_TypeError, "object.__new__() takes exactly one argument (the type to instantiate)");
    }
    if (s.tp_init == &object_init) return raise(PyExc_TypeError, "%.200s() takes no arguments", type->tp_name);
  }
  if (ADDER_UNLIKELY(type_has(type, Py_TPFLAGS_IS_ABSTRACT))) return raise_abstract(type);
  if (type->tp_alloc && type->tp_alloc != &generic_alloc) return from_c_steal(type->tp_alloc(type, 0));
  return Ref::steal(Value{allocate_instance(type)});
}

bool object_init(Value self, Args args) {
  if (args.n || keyword_count(args)) {
    PyTypeObject* type = type_of(self);
    const Slots& s = slots_of(type);
    if (s.tp_init != &object_init) {
      return raise(PyExc_TypeError, "object.__init__() takes exactly one argument (the instance to initialize)");
    }
    if (s.tp_new == &object_new) {
      return raise(PyExc_TypeError, "%.200s.__init__() takes exactly one argument (the instance to initialize)", type->tp_name);
    }
  }
  return true;
}

void object_dealloc(PyObject* o) { Py_TYPE(o)->tp_free(o); }

// --- Text, comparison ---------------------------------------------------------------------------------------------------
Ref object_repr(Value self) {
  PyTypeObject* type = type_of(self);
  Ref module = type_module(type);
  if (!module) clear_error();
  Ref name = type_qualname(type);
  if (!name) return {};
  void* address = reinterpret_cast<void*>(identity(self));
  if (module && is_str(module) && !str_equals(module, "builtins")) {
    return str_format("<%U.%U object at %p>", module.get(), name.get(), address);
  }
  return str_format("<%s object at %p>", type->tp_name, address);
}
Ref object_str(Value self) {
  UnaryFn f = slots_of(self).tp_repr;
  return f ? f(self) : object_repr(self);
}
Py_hash_t object_hash(Value self) {
  uint64_t bits = self.bits;
  auto h = static_cast<Py_hash_t>(bits >> 4 | bits << 60);
  return h == -1 ? -2 : h;
}
Ref object_compare(Value a, Value b, int op) {
  if (op == Py_EQ) return a == b ? bool_ref(true) : not_implemented_ref();
  if (op == Py_NE) {
    CompareFn f = slots_of(a).tp_richcompare;
    if (!f) return not_implemented_ref();
    Ref r = f(a, b, Py_EQ);
    if (!r || r.get() == not_implemented()) return r;
    int truth = is_true(r);
    return truth < 0 ? Ref{} : bool_ref(!truth);
  }
  return not_implemented_ref();
}

Ref object_format(Value self, Value spec) {
  if (!is_str(spec)) {
    return raise(PyExc_TypeError, "__format__() argument must be str, not %.50s", type_of(spec)->tp_name);
  }
  if (str_length(spec) > 0) {
    return raise(PyExc_TypeError, "unsupported format string passed to %.200s.__format__", type_of(self)->tp_name);
  }
  return to_str(self);
}

Ref object_sizeof(Value self) {
  PyTypeObject* type = type_of(self);
  Py_ssize_t n = type->tp_basicsize;
  if (type->tp_itemsize > 0) {
    // The length slot tells the number of items (for ints, the digits).
    Py_ssize_t items = self.is_object() ? reinterpret_cast<PyVarObject*>(self.object())->ob_size : 1;
    n += (items < 0 ? -items : items) * type->tp_itemsize;
  }
  TypeExtra* e = extra(type);
  if (e->shape_offset) n = e->shape_offset + 8 + 8 * (e->inline_slots ? e->inline_slots : kDefaultInlineSlots);
  return int_from_ssize(n);
}

// --- dir() --------------------------------------------------------------------------------------------------------------
bool merge_class_dict(Value dict, Value cls) {
  Ref own;
  if (lookup_attr(cls, "__dict__"_id, &own) < 0) return false;
  if (own && !dict_merge(dict, own, 1)) return false;
  Ref bases;
  if (lookup_attr(cls, "__bases__"_id, &bases) < 0) return false;
  if (!bases || !is_list_or_tuple(bases)) return true;
  RecursionGuard guard(" in dir()");
  if (!guard.ok) return false;
  for (Py_ssize_t i = 0; i < sequence_size(bases); i++) {
    Ref base = Ref::copy(sequence_get(bases, i));
    if (!merge_class_dict(dict, base)) return false;
  }
  return true;
}

Ref object_dir(Value self) {
  Ref own, result;
  if (lookup_attr(self, "__dict__"_id, &own) < 0) return {};
  if (!own) {
    result = dict_new();
  } else if (!is_dict(own)) {
    result = dict_new();
  } else {
    result = dict_copy(own);
  }
  if (!result) return {};
  Ref cls;
  if (lookup_attr(self, "__class__"_id, &cls) < 0) return {};
  if (cls && !merge_class_dict(result, cls)) return {};
  return dict_keys_list(result);
}

// --- __class__ ----------------------------------------------------------------------------------------------------------
Ref object_get_class(Value self) { return Ref::copy(Value{type_of(self)}); }

bool same_members(PyTypeObject* a, PyTypeObject* b) {
  if (Py_SIZE(a) != Py_SIZE(b)) return false;
  PyObject *x = is_heap(a) ? heap(a)->ht_slots : nullptr, *y = is_heap(b) ? heap(b)->ht_slots : nullptr;
  if (!x || !y) return true;  // as many: both none
  return equal(Value{x}, Value{y}) == 1;
}
// Whether b's layout adds nothing to `base` that a's does not: the words of __dict__ and __weakref__ and equal slots.
bool same_slots_added(PyTypeObject* a, PyTypeObject* b) {
  if (extra(a)->shape_offset != extra(b)->shape_offset) return false;
  if (a->tp_weaklistoffset != b->tp_weaklistoffset || a->tp_dictoffset != b->tp_dictoffset) return false;
  return a->tp_basicsize == b->tp_basicsize && same_members(a, b);
}
bool equivalent(PyTypeObject* child, PyTypeObject* base) {
  return child && child->tp_basicsize == base->tp_basicsize && child->tp_itemsize == base->tp_itemsize &&
         child->tp_dictoffset == base->tp_dictoffset && child->tp_weaklistoffset == base->tp_weaklistoffset &&
         (child->tp_flags & Py_TPFLAGS_HAVE_GC) == (base->tp_flags & Py_TPFLAGS_HAVE_GC) &&
         extra(child)->shape_offset == extra(base)->shape_offset && (child->tp_clear == &subtype_clear || child->tp_clear == base->tp_clear);
}
}  // namespace

bool compatible_for_assignment(PyTypeObject* old_type, PyTypeObject* new_type, const char* attribute) {
  if (new_type->tp_free != old_type->tp_free) {
    return raise(PyExc_TypeError, "%s assignment: '%s' deallocator differs from '%s'", attribute, new_type->tp_name, old_type->tp_name);
  }
  PyTypeObject *n = new_type, *o = old_type;
  while (equivalent(n, n->tp_base ? n->tp_base : n) && n->tp_base && n->tp_base != n) n = n->tp_base;
  while (equivalent(o, o->tp_base ? o->tp_base : o) && o->tp_base && o->tp_base != o) o = o->tp_base;
  if (n != o && (n->tp_base != o->tp_base || !same_slots_added(n, o))) {
    return raise(PyExc_TypeError, "%s assignment: '%s' object layout differs from '%s'", attribute, new_type->tp_name, old_type->tp_name);
  }
  return true;
}

namespace {
bool object_set_class(Value self, Value value) {
  if (!value) return raise(PyExc_TypeError, "can't delete __class__ attribute");
  if (!audit_assignment(self, "__class__"_id, value)) return false;
  if (!is_type(value)) {
    return raise(PyExc_TypeError, "__class__ must be set to a class, not '%s' object", type_of(value)->tp_name);
  }
  auto* fresh = value.as<PyTypeObject>();
  PyTypeObject* old = type_of(self);
  bool modules = is_subtype(fresh, &PyModule_Type) && is_subtype(old, &PyModule_Type);
  if (!modules && (is_immutable(fresh) || is_immutable(old))) {
    return raise(PyExc_TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses");
  }
  if (!compatible_for_assignment(old, fresh, "__class__")) return false;
  PyObject* o = self.object();
  // Shapes belong to one type: the attributes move into a dict, which any type's instance may have.
  if (extra(old)->shape_offset && !instance_enter_dict_mode(o)) return false;
  if (is_heap(fresh)) incref(value);
  Py_SET_TYPE(o, fresh);
  if (is_heap(old)) decref(reinterpret_cast<PyObject*>(old));
  return true;
}

// --- Copying and pickling -----------------------------------------------------------------------------------------------
Ref copyreg_attr(PyObject* name) {
  Ref module = hooks.import_module("copyreg"_id);
  return module ? getattr(module, name) : Ref{};
}

// cls.__slotnames__, made by copyreg the first time; none() if there are none.
Ref slot_names(Value cls) {
  Value known = dict_get_str(Value{cls.as<PyTypeObject>()->tp_dict}, "__slotnames__"_id);
  if (known) {
    if (!is_none(known) && !is_list(known)) {
      return raise(PyExc_TypeError, "%.200s.__slotnames__ should be a list or None, not %.200s", cls.as<PyTypeObject>()->tp_name,
                   type_of(known)->tp_name);
    }
    return Ref::copy(known);
  }
  Ref f = copyreg_attr("_slotnames"_id);
  if (!f) return {};
  Ref names = call1(f, cls);
  if (names && !is_none(names) && !is_list(names)) {
    return raise(PyExc_TypeError, "copyreg._slotnames didn't return a list or None");
  }
  return names;
}

Ref default_getstate(Value self, bool required) {
  PyTypeObject* type = type_of(self);
  if (required && type->tp_itemsize) {
    return raise(PyExc_TypeError, "cannot pickle %.200s objects", type->tp_name);
  }
  Ref state;
  bool has_dict = type->tp_dictoffset != 0;
  if (lookup_attr(self, "__dict__"_id, &state) < 0) return {};
  if (!state || !has_dict) {
    state = none_ref();
  } else {
    // Attributes that a shape keeps make an empty dict when there are none.
    state = is_exact_dict(state) ? dict_copy(state) : std::move(state);
    if (state && is_dict(state) && dict_size(state) == 0) state = none_ref();
    if (!state) return {};
  }
  Ref names = slot_names(Value{type});
  if (!names) return {};
  Py_ssize_t n = is_none(names) ? 0 : list_size(names);
  if (required) {
    Py_ssize_t size = PyBaseObject_Type.tp_basicsize;
    if (type->tp_dictoffset && !extra(type)->shape_offset) size += sizeof(void*);
    if (type->tp_weaklistoffset) size += sizeof(void*);
    size += n * static_cast<Py_ssize_t>(sizeof(void*));
    if (type->tp_basicsize > size) return raise(PyExc_TypeError, "cannot pickle '%.200s' object", type->tp_name);
  }
  if (n == 0) return state;
  Ref slots = dict_new();
  if (!slots) return {};
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref name = Ref::copy(list_get(names, i)), value;
    if (lookup_attr(self, name.object(), &value) < 0) return {};
    if (value && !dict_set(slots, name, value)) return {};
    if (list_size(names) != n) return raise(PyExc_RuntimeError, "__slotsname__ changed size during iteration");
  }
  if (dict_size(slots) == 0) return state;
  return tuple_of({state.get(), slots.get()});
}

Ref object_getstate_method(Value self) { return default_getstate(self, false); }

Ref get_state(Value self, bool required) {
  Value original = dict_get_str(Value{PyBaseObject_Type.tp_dict}, "__getstate__"_id);
  if (type_lookup(type_of(self), "__getstate__"_id) == original) return default_getstate(self, required);
  Ref f = getattr(self, "__getstate__"_id);
  if (!f) return {};
  return call0(f);
}

// Arguments for __new__: from __getnewargs_ex__ or __getnewargs__; both empty if there is neither.
bool new_arguments(Value self, Ref* args, Ref* kwargs) {
  Ref f = lookup_special(self, "__getnewargs_ex__"_id);
  if (f) {
    Ref r = call0(f);
    if (!r) return false;
    if (!is_tuple(r)) {
      return raise(PyExc_TypeError, "__getnewargs_ex__ should return a tuple, not '%.200s'", type_of(r)->tp_name);
    }
    if (tuple_size(r) != 2) {
      return raise(PyExc_ValueError, "__getnewargs_ex__ should return a tuple of length 2, not %zd", tuple_size(r));
    }
    *args = Ref::copy(tuple_get(r, 0));
    *kwargs = Ref::copy(tuple_get(r, 1));
    if (!is_tuple(*args)) {
      return raise(PyExc_TypeError, "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '%.200s'",
                   type_of(*args)->tp_name);
    }
    if (!is_dict(*kwargs)) {
      return raise(PyExc_TypeError, "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '%.200s'",
                   type_of(*kwargs)->tp_name);
    }
    return true;
  }
  if (error_occurred()) return false;
  f = lookup_special(self, "__getnewargs__"_id);
  if (!f) return !error_occurred();
  *args = call0(f);
  if (!*args) return false;
  if (!is_tuple(*args)) {
    return raise(PyExc_TypeError, "__getnewargs__ should return a tuple, not '%.200s'", type_of(*args)->tp_name);
  }
  return true;
}

Ref reduce_newobj(Value self) {
  PyTypeObject* type = type_of(self);
  if (!type->tp_new) return raise(PyExc_TypeError, "cannot pickle '%.200s' object", type->tp_name);
  Ref args, kwargs;
  if (!new_arguments(self, &args, &kwargs)) return {};
  bool has_args = static_cast<bool>(args);
  Ref callable, call_args;
  if (!kwargs || dict_size(kwargs) == 0) {
    callable = copyreg_attr("__newobj__"_id);
    if (!callable) return {};
    Py_ssize_t n = args ? tuple_size(args) : 0;
    call_args = tuple_new(n + 1);
    if (!call_args) return {};
    tuple_init(call_args, 0, Ref::copy(Value{type}));
    for (Py_ssize_t i = 0; i < n; i++) tuple_init(call_args, i + 1, Ref::copy(tuple_get(args, i)));
  } else if (args) {
    callable = copyreg_attr("__newobj_ex__"_id);
    if (!callable) return {};
    call_args = tuple_of({Value{type}, args.get(), kwargs.get()});
    if (!call_args) return {};
  } else {
    return bad_internal_call("object.__reduce_ex__");
  }
  Ref state = get_state(self, !(has_args || is_list(self) || is_dict(self)));
  if (!state) return {};
  Ref list_items = none_ref(), dict_items = none_ref();
  if (is_list(self)) {
    list_items = iter(self);
    if (!list_items) return {};
  }
  if (is_dict(self)) {
    Ref items = call_method(self, "items"_id);
    if (!items) return {};
    dict_items = iter(items);
    if (!dict_items) return {};
  }
  return tuple_of({callable.get(), call_args.get(), state.get(), list_items.get(), dict_items.get()});
}

Ref reduce_with(Value self, int protocol) {
  if (protocol >= 2) return reduce_newobj(self);
  Ref f = copyreg_attr("_reduce_ex"_id);
  return f ? call(f, {self, Value::from_int(protocol)}) : Ref{};
}
Ref object_reduce(Value self) { return reduce_with(self, 0); }
Ref object_reduce_ex(Value self, Value protocol) {
  int p;
  if (!as_int(protocol, &p)) return {};
  Ref reduce;
  if (lookup_attr(self, "__reduce__"_id, &reduce) < 0) return {};
  if (reduce) {
    Ref on_class = getattr(Value{type_of(self)}, "__reduce__"_id);
    if (!on_class) return {};
    Value original = dict_get_str(Value{PyBaseObject_Type.tp_dict}, "__reduce__"_id);
    if (on_class.get() != original) return call0(reduce);
  }
  return reduce_with(self, p);
}

Ref object_init_subclass(Value) { return none_ref(); }
Ref object_subclass_hook(Value, Args) { return not_implemented_ref(); }

const MethodRow object_methods[] = {
    method<object_reduce_ex>("__reduce_ex__", "($self, protocol, /)", "Helper for pickle."),
    method<object_reduce>("__reduce__", "($self, /)", "Helper for pickle."),
    method<object_getstate_method>("__getstate__", "($self, /)", "Helper for pickle."),
    class_method<object_subclass_hook>(
        "__subclasshook__", "",
        "Abstract classes can override this to customize issubclass().\n\n"
        "This is invoked early on by abc.ABCMeta.__subclasscheck__().\n"
        "It should return True, False or NotImplemented.  If it returns\n"
        "NotImplemented, the normal algorithm is used.  Otherwise, it\n"
        "overrides the normal algorithm (and the outcome is cached).\n"),
    class_method<object_init_subclass>("__init_subclass__", "",
                                       "This method is called when a class is subclassed.\n\n"
                                       "The default implementation does nothing. It may be\n"
                                       "overridden to extend subclasses.\n"),
    method<object_format>("__format__", "($self, format_spec, /)", "Default object formatter."),
    method<object_sizeof>("__sizeof__", "($self, /)", "Size of object in memory, in bytes."),
    method<object_dir>("__dir__", "($self, /)", "Default dir() implementation."),
    {}};
const GetSetRow object_getset[] = {getset<object_get_class, object_set_class>("__class__", "the object's class"), {}};

}  // namespace

Py_hash_t hash_not_implemented(Value v) {
  return raise(PyExc_TypeError, "unhashable type: '%.200s'", type_of(v)->tp_name);
}

}  // namespace adder

extern "C" {
PyTypeObject PyBaseObject_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

extern const TypeDef object_def;
const TypeDef object_def = {
    .type = &PyBaseObject_Type,
    .name = "object",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "The base class of the class hierarchy.\n\n"
           "When called, it accepts no arguments and returns a new featureless\n"
           "instance that has no instance attributes and cannot be given any.\n",
    .signature = "()",
    .dealloc = object_dealloc,
    .free = generic_free,
    .alloc = generic_alloc,
    .slots = {.tp_repr = slot::Unary<object_repr>,
              .tp_hash = slot::Hash<object_hash>,
              .tp_str = slot::Unary<object_str>,
              .tp_getattro = slot::GetAttr<generic_getattr>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_richcompare = slot::Compare<object_compare>,
              .tp_init = slot::Init<object_init>,
              .tp_new = slot::New<object_new>},
    .methods = object_methods,
    .getset = object_getset,
};

}  // namespace adder
