// Making classes: type.__new__ with metaclass calculation, the best base, __slots__, __set_name__ and __init_subclass__.
#include <cstdlib>
#include <cstring>
#include "object/type_impl.h"

namespace adder {

// --- Layouts --------------------------------------------------------------------------------------------------------------
// Whether `type` adds fields to its base that another base could not have; words for __dict__ and __weakref__ do not count.
static bool adds_fields(PyTypeObject* type, PyTypeObject* base) {
  Py_ssize_t size = type->tp_basicsize;
  if (type->tp_itemsize || base->tp_itemsize) return size != base->tp_basicsize || type->tp_itemsize != base->tp_itemsize;
  if (is_heap(type)) {
    if (type->tp_weaklistoffset && !base->tp_weaklistoffset && type->tp_weaklistoffset + 8 == size) size -= 8;
    if (type->tp_dictoffset > 0 && !base->tp_dictoffset && type->tp_dictoffset + 8 == size) size -= 8;
  }
  return size != base->tp_basicsize;
}

PyTypeObject* solid_base(PyTypeObject* type) {
  PyTypeObject* base = type->tp_base ? solid_base(type->tp_base) : &PyBaseObject_Type;
  return adds_fields(type, base) ? type : base;
}

PyTypeObject* best_base(Value bases) {
  PyTypeObject *winner = nullptr, *base = nullptr;
  for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
    Value v = tuple_get(bases, i);
    if (!is_type(v)) return raise(PyExc_TypeError, "bases must be types");
    auto* t = v.as<PyTypeObject>();
    if (!(t->tp_flags & (Py_TPFLAGS_READY | Py_TPFLAGS_READYING)) && !type_ready(t)) return nullptr;
    if (!type_has(t, Py_TPFLAGS_BASETYPE)) return raise(PyExc_TypeError, "type '%.100s' is not an acceptable base type", t->tp_name);
    PyTypeObject* candidate = solid_base(t);
    if (!winner || (candidate != winner && is_subtype(candidate, winner))) {
      winner = candidate;
      base = t;
    } else if (!is_subtype(winner, candidate)) {
      return raise(PyExc_TypeError, "multiple bases have instance lay-out conflict");
    }
  }
  return base;
}

Ref calculate_metaclass(PyTypeObject* metatype, Value bases) {
  PyTypeObject* winner = metatype;
  for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
    PyTypeObject* t = type_of(tuple_get(bases, i));
    if (is_subtype(winner, t)) continue;
    if (is_subtype(t, winner)) {
      winner = t;
      continue;
    }
    return raise(PyExc_TypeError,
                 "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses "
                 "of all its bases");
  }
  return Ref::copy(Value{winner});
}

namespace {

// --- __slots__ ------------------------------------------------------------------------------------------------------------
bool is_identifier(Value s) {
  Py_ssize_t n = str_length(s);
  if (n == 0 || !(str_char(s, 0) == '_' || unicode::is_id_start(str_char(s, 0)))) return false;
  for (Py_ssize_t i = 1; i < n; i++) {
    if (!unicode::is_id_continue(str_char(s, i))) return false;
  }
  return true;
}

// __name in class C is _C__name.
Ref mangle(Value class_name, Value name) {
  Py_ssize_t n = str_length(name), c = str_length(class_name);
  if (n < 3 || str_char(name, 0) != '_' || str_char(name, 1) != '_') return Ref::copy(name);
  if (str_char(name, n - 1) == '_' && str_char(name, n - 2) == '_') return Ref::copy(name);
  Py_ssize_t skip = 0;
  while (skip < c && str_char(class_name, skip) == '_') skip++;
  if (skip == c) return Ref::copy(name);
  StrBuilder b;
  b.add_char('_');
  b.add(class_name, skip, c);
  b.add(name);
  return b.finish();
}

struct Layout {
  PyTypeObject* base;
  bool add_dict = false, add_weak = false, may_add_dict, may_add_weak;
  Ref slots;        // the names, mangled and sorted; empty: no __slots__
};

bool read_slots(Layout& l, Value name, Value dict, Value bases) {
  l.may_add_dict = l.base->tp_dictoffset == 0;
  l.may_add_weak = l.base->tp_weaklistoffset == 0 && l.base->tp_itemsize == 0;
  Value given = dict_get_str(dict, "__slots__"_id);
  if (!given) {
    l.add_dict = l.may_add_dict;
    l.add_weak = l.may_add_weak;
    return true;
  }
  Ref keep = Ref::copy(given);
  Ref items = is_str(given) ? tuple_of({given}) : to_tuple(given);
  if (!items) return false;
  Py_ssize_t n = tuple_size(items);
  if (n > 0 && l.base->tp_itemsize != 0) {
    return raise(PyExc_TypeError, "nonempty __slots__ not supported for subtype of '%s'", l.base->tp_name);
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    Value item = tuple_get(items, i);
    if (!is_str(item)) return raise(PyExc_TypeError, "__slots__ items must be strings, not '%.200s'", type_of(item)->tp_name);
    if (!is_identifier(item)) return raise(PyExc_TypeError, "__slots__ must be identifiers");
    if (str_equals(item, "__dict__")) {
      if (!l.may_add_dict || l.add_dict) return raise(PyExc_TypeError, "__dict__ slot disallowed: we already got one");
      l.add_dict = true;
    } else if (str_equals(item, "__weakref__")) {
      if (!l.may_add_weak || l.add_weak) {
        return raise(PyExc_TypeError, "__weakref__ slot disallowed: either we already got one, or __itemsize__ != 0");
      }
      l.add_weak = true;
    }
  }
  Ref names = list_new();
  if (!names) return false;
  for (Py_ssize_t i = 0; i < n; i++) {
    Value item = tuple_get(items, i);
    if (str_equals(item, "__dict__") || str_equals(item, "__weakref__")) continue;
    Ref mangled = mangle(name, item);
    if (!mangled) return false;
    mangled = intern(str_to_exact(mangled));
    if (!mangled || !list_append(names, mangled.get())) return false;
    // The compiler puts these two into the namespace.
    bool of_compiler = str_equals(mangled, "__qualname__") || str_equals(mangled, "__classcell__");
    if (!of_compiler && dict_get_str(dict, mangled.object())) {
      return raise(PyExc_ValueError, "%R in __slots__ conflicts with class variable", mangled.get());
    }
  }
  if (!list_sort(names, none(), false)) return false;
  l.slots = list_to_tuple(names);
  if (!l.slots) return false;
  // A further base may have what __slots__ leaves out.
  if (tuple_size(bases) > 1 && ((l.may_add_dict && !l.add_dict) || (l.may_add_weak && !l.add_weak))) {
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
      auto* t = tuple_get(bases, i).as<PyTypeObject>();
      if (t == l.base) continue;
      if (l.may_add_dict && !l.add_dict && t->tp_dictoffset != 0) l.add_dict = true;
      if (l.may_add_weak && !l.add_weak && t->tp_weaklistoffset != 0) l.add_weak = true;
    }
  }
  return true;
}

// --- __dict__ and __weakref__ -----------------------------------------------------------------------------------------------
// A builtin base that has a dict of its own manner (a type, a module) answers first.
PyTypeObject* builtin_base_with_dict(PyTypeObject* type) {
  for (; type->tp_base; type = type->tp_base) {
    if (type->tp_dictoffset != 0 && !is_heap(type)) return type;
  }
  return nullptr;
}
Value base_dict_descr(Value self) {
  PyTypeObject* base = builtin_base_with_dict(type_of(self));
  if (!base) return {};
  Value d = type_lookup(base, "__dict__"_id);
  return d && is_data_descr(d) ? d : Value{};
}
Failure raise_no_dict(Value self) {
  return raise(PyExc_TypeError, "this __dict__ descriptor does not support '%.200s' objects", type_of(self)->tp_name);
}
Ref subtype_dict(Value self) {
  if (Value d = base_dict_descr(self)) {
    DescrGetFn get = slots_of(d).tp_descr_get;
    return get ? get(d, self, Value{type_of(self)}) : Ref{raise_no_dict(self)};
  }
  return get_instance_dict(self);
}
bool subtype_set_dict(Value self, Value v) {
  if (Value d = base_dict_descr(self)) return slots_of(d).tp_descr_set(d, self, v);
  return set_instance_dict(self, v);
}
Ref subtype_weakref(Value self) {
  PyTypeObject* t = type_of(self);
  if (t->tp_weaklistoffset == 0) return raise(PyExc_AttributeError, "This object has no __weakref__");
  PyObject* head = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self.object()) + t->tp_weaklistoffset);
  return head ? Ref::copy(Value{head}) : none_ref();
}
GetSetRow dict_row = getset<subtype_dict, subtype_set_dict>("__dict__", "dictionary for instance variables (if defined)");
GetSetRow weakref_row = getset<subtype_weakref>("__weakref__", "list of weak references to the object (if defined)");

// --- The type object ----------------------------------------------------------------------------------------------------------
bool add_member(PyTypeObject* type, PyMemberDef* m) {
  Ref d = make_member_descr(type, m);
  Ref name = d ? intern(std::string_view{m->name}) : Ref{};
  return name && dict_set(Value{type->tp_dict}, name, d);
}
bool add_getset(PyTypeObject* type, GetSetRow* row) {
  Ref name = intern(std::string_view{row->c.name});
  if (!name || dict_get_str(Value{type->tp_dict}, name.object())) return static_cast<bool>(name);
  Ref d = make_getset_descr(type, &row->c);
  return d && dict_set(Value{type->tp_dict}, name, d);
}

bool wrap_function(Value dict, PyObject* name, Ref (*wrap)(Value)) {
  Value f = dict_get_str(dict, name);
  if (!f || !is_exact(f, &PyFunction_Type)) return true;
  Ref wrapped = wrap(f);
  return wrapped && dict_set_str(dict, name, wrapped);
}

bool set_names(PyTypeObject* type) {
  Ref copy = dict_copy(Value{type->tp_dict});
  if (!copy) return false;
  Py_ssize_t position = 0;
  Value k, v;
  while (dict_next(copy, &position, &k, &v)) {
    if (!v.is_object() || !type_lookup(type_of(v), "__set_name__"_id)) continue;
    Ref key = Ref::copy(k), value = Ref::copy(v);
    Ref hook = lookup_special(value, "__set_name__"_id);
    if (!hook) {
      if (error_occurred()) return false;
      continue;
    }
    Ref r = call(hook, {Value{type}, key.get()});
    if (!r) {
      return raise_from_current(PyExc_RuntimeError, "Error calling __set_name__ on '%.100s' instance %R in '%.100s'",
                                type_of(value)->tp_name, key.get(), type->tp_name);
    }
  }
  return true;
}

bool init_subclass(PyTypeObject* type, Args kwargs) {
  // super(type, type).__init_subclass__(**kwargs)
  PyObject* mro = type->tp_mro;
  Py_ssize_t self = 0;
  while (self < PyTuple_GET_SIZE(mro) && mro_item(mro, self) != Value{type}) self++;
  if (self == PyTuple_GET_SIZE(mro)) return raise(PyExc_TypeError, "super(type, obj): obj must be an instance or subtype of type");
  for (Py_ssize_t i = self + 1; i < PyTuple_GET_SIZE(mro); i++) {
    Value base = mro_item(mro, i);
    Value f = is_type(base) ? dict_get_str(Value{base.as<PyTypeObject>()->tp_dict}, "__init_subclass__"_id) : Value{};
    if (!f) continue;
    // object's does nothing; it only objects to arguments.
    if (base == Value{&PyBaseObject_Type} && keyword_count(kwargs) == 0) return true;
    Ref keep = Ref::copy(f);
    DescrGetFn get = slots_of(f).tp_descr_get;
    Ref bound = get ? get(f, Value{}, Value{type}) : Ref::copy(f);
    if (!bound) return false;
    return static_cast<bool>(call(bound, kwargs));
  }
  return true;
}

// Name, module, doc, the wrapped functions: what the namespace says about the class itself.
bool read_namespace(PyTypeObject* type, Value name) {
  Value dict{type->tp_dict};
  PyHeapTypeObject* h = heap(type);
  if (Value q = dict_get_str(dict, "__qualname__"_id)) {
    if (!is_str(q)) return raise(PyExc_TypeError, "type __qualname__ must be a str, not %s", type_of(q)->tp_name);
    h->ht_qualname = Ref::copy(q).release().object();
    if (dict_delete(dict, Value{"__qualname__"_id}) < 0) return false;
  } else {
    h->ht_qualname = Ref::copy(name).release().object();
  }
  if (!dict_get_str(dict, "__module__"_id) && hooks.frame_globals) {
    Ref globals = hooks.frame_globals();
    if (!globals && error_occurred()) return false;
    if (globals) {
      if (Value module = dict_get_str(globals, "__name__"_id)) {
        if (!dict_set_str(dict, "__module__"_id, module)) return false;
      }
    }
  }
  if (Value doc = dict_get_str(dict, "__doc__"_id); doc && is_str(doc)) {
    std::string_view text = str_utf8(doc);
    if (!text.data()) return false;
    auto* copy = static_cast<char*>(object_malloc(text.size() + 1));
    if (!copy) return raise_no_memory();
    memcpy(copy, text.data(), text.size());
    copy[text.size()] = 0;
    type->tp_doc = copy;
  }
  return wrap_function(dict, "__new__"_id, make_static_method) && wrap_function(dict, "__init_subclass__"_id, make_class_method) &&
         wrap_function(dict, "__class_getitem__"_id, make_class_method);
}

bool set_classcell(PyTypeObject* type) {
  Value dict{type->tp_dict};
  Value cell = dict_get_str(dict, "__classcell__"_id);
  if (!cell) return true;
  if (!is_exact(cell, &PyCell_Type)) {
    return raise(PyExc_TypeError, "__classcell__ must be a nonlocal cell, not %.200R", Value{type_of(cell)});
  }
  auto* c = cell.as<PyCellObject>();
  PyObject* old = c->ob_ref;
  incref(Value{type});
  c->ob_ref = reinterpret_cast<PyObject*>(type);
  decref(Value{old});
  return dict_delete(dict, Value{"__classcell__"_id}) >= 0;
}

// Offsets and members behind the base's fields: slots, then the dict of objects of variable size, then weak references.
void lay_out(PyTypeObject* type, Layout& l) {
  Py_ssize_t offset = l.base->tp_basicsize;
  PyMemberDef* m = heap_members(type);
  Py_ssize_t n = l.slots ? tuple_size(l.slots) : 0;
  if (n) offset = (offset + 7) & ~Py_ssize_t{7};
  for (Py_ssize_t i = 0; i < n; i++, m++) {
    m->name = const_cast<char*>(str_utf8(tuple_get(l.slots, i)).data());
    m->type = kMemberValue;
    m->offset = offset;
    offset += 8;
  }
  type->tp_dictoffset = l.base->tp_dictoffset;
  type->tp_weaklistoffset = l.base->tp_weaklistoffset;
  if (l.add_dict) {
    if (l.base->tp_itemsize) {
      type->tp_dictoffset = -8;
      offset += 8;
    } else {
      type->tp_dictoffset = kShapeDictOffset;
    }
  }
  if (l.add_weak) {
    offset = (offset + 7) & ~Py_ssize_t{7};
    type->tp_weaklistoffset = offset;
    offset += 8;
  }
  type->tp_basicsize = offset;
  type->tp_itemsize = l.base->tp_itemsize;
}

Ref build(PyTypeObject* metatype, Value name, Value bases, Value namespace_, Args kwargs) {
  Layout l;
  l.base = best_base(bases);
  if (!l.base) return {};
  Ref dict = dict_copy(namespace_);
  if (!dict || !read_slots(l, name, dict, bases)) return {};

  std::string_view text = str_utf8(name);
  if (!text.data()) return {};
  if (strlen(text.data()) != text.size()) return raise(PyExc_ValueError, "type name must not contain null characters");
  Py_ssize_t n = l.slots ? tuple_size(l.slots) : 0;
  PyObject* o = metatype->tp_alloc && metatype->tp_alloc != &generic_alloc ? metatype->tp_alloc(metatype, n) : allocate_instance(metatype, n);
  if (!o) return {};
  Ref result = Ref::steal(Value{o});
  auto* type = reinterpret_cast<PyTypeObject*>(o);
  PyHeapTypeObject* h = heap(type);
  type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE;
  type->tp_as_async = &h->as_async;
  type->tp_as_number = &h->as_number;
  type->tp_as_sequence = &h->as_sequence;
  type->tp_as_mapping = &h->as_mapping;
  type->tp_as_buffer = &h->as_buffer;
  h->ht_name = Ref::copy(name).release().object();
  type->tp_name = text.data();
  type->tp_base = l.base;
  incref(Value{l.base});
  type->tp_bases = Ref::copy(bases).release().object();
  expose(type->tp_bases);
  type->tp_dict = dict.release().object();
  if (l.slots) h->ht_slots = Ref::copy(l.slots).release().object();
  if (!read_namespace(type, name)) return {};
  lay_out(type, l);
  type->tp_flags |= Py_TPFLAGS_HAVE_GC;  // an instance refers to its class at least
  type->tp_dealloc = &subtype_dealloc;
  type->tp_alloc = &generic_alloc;
  type->tp_free = &generic_gc_free;
  type->tp_traverse = &subtype_traverse;
  type->tp_clear = &subtype_clear;
  if (!set_classcell(type)) return {};
  PyMemberDef* m = heap_members(type);
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!add_member(type, &m[i])) return {};
  }
  if (l.add_dict && !add_getset(type, &dict_row)) return {};
  if (l.add_weak && !add_getset(type, &weakref_row)) return {};
  if (!dict_get_str(Value{type->tp_dict}, "__doc__"_id) && !dict_set_str(Value{type->tp_dict}, "__doc__"_id, none())) return {};
  if (!type_ready(type)) return {};
  if (l.add_dict && type->tp_dictoffset == kShapeDictOffset) setup_shape(type, true);
  // With one base its slots are already right but for what the namespace defines.
  if (tuple_size(Value{type->tp_bases}) == 1 && PyTuple_GET_SIZE(type->tp_mro) > 1 && PyTuple_GET_ITEM(type->tp_mro, 1) == PyTuple_GET_ITEM(type->tp_bases, 0)) {
    fixup_slots_in_namespace(type);
  } else {
    fixup_slots(type);
  }
  if (!set_names(type) || !init_subclass(type, kwargs)) return {};
  return result;
}

bool parse_error(size_t i, const char* want, Value got) {
  return raise(PyExc_TypeError, "type.__new__() argument %zd must be %s, not %.50s", i, want, is_none(got) ? "None" : type_of(got)->tp_name);
}

}  // namespace

Ref type_new(PyTypeObject* metatype, Args args) {
  if (args.n != 3) {
    return raise(PyExc_TypeError, "type.__new__() takes exactly 3 arguments (%zd given)", args.n);
  }
  Value name = args[0], bases = args[1], dict = args[2];
  if (!is_str(name)) return parse_error(1, "str", name), Ref{};
  if (!is_tuple(bases)) return parse_error(2, "tuple", bases), Ref{};
  if (!is_dict(dict)) return parse_error(3, "dict", dict), Ref{};
  Args kwargs{args.v + 3, 0, args.kwnames};
  if (tuple_size(bases) == 0) {
    Ref only_object = tuple_of({Value{&PyBaseObject_Type}});
    return only_object ? build(metatype, name, only_object, dict, kwargs) : Ref{};
  }
  for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
    Value base = tuple_get(bases, i);
    if (is_type(base)) continue;
    int r = hasattr(base, "__mro_entries__"_id);
    if (r < 0) return {};
    if (r) return raise(PyExc_TypeError, "type() doesn't support MRO entry resolution; use types.new_class()");
  }
  Ref winner = calculate_metaclass(metatype, bases);
  if (!winner) return {};
  auto* w = winner.as<PyTypeObject>();
  if (w != metatype) {
    if (slots_of(w).tp_new != &type_new) return call_new(w, w, args);
    metatype = w;
  }
  return build(metatype, name, bases, dict, kwargs);
}

Ref make_heap_type(const char* name, PyTypeObject* base, Value namespace_or_absent) {
  Ref dict = namespace_or_absent ? dict_copy(namespace_or_absent) : dict_new();
  if (!dict) return {};
  const char* dot = strrchr(name, '.');
  if (dot && !dict_get_str(dict, "__module__"_id)) {
    Ref module = str_from_utf8({name, static_cast<size_t>(dot - name)});
    if (!module || !dict_set_str(dict, "__module__"_id, module)) return {};
  }
  Ref short_name = str_from_utf8(dot ? dot + 1 : name);
  Ref bases = tuple_of({Value{base}});
  if (!short_name || !bases) return {};
  return call(Value{Py_TYPE(base)}, {short_name.get(), bases.get(), dict.get()});
}

}  // namespace adder
