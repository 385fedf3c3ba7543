// Finding out which specialised form serves an attribute, by the rules of generic_getattr, generic_setattr and type_getattro.
#include "vm/attribute_cache.h"
#include "compile/code.h"
#include "object/object.h"
#include "object/property.h"
#include "object/str.h"
#include "vm/function.h"

namespace adder {

// object/slot_dispatch.cpp: tp_getattro of classes that define __getattr__ or __getattribute__; and what such a class's __getattribute__
// is, null if it is no builtin's.
extern const GetAttrFn getattr_hook_slot;
GetAttrFn find_attribute_function(PyTypeObject* type);

AttributeTable attribute_loads, attribute_stores, attribute_methods;
ReceiverTable slot_loads, slot_stores, unbound_methods;

namespace {

DescrGetFn getter_of(Value v) { return v && v.is_object() ? slots_of(v).tp_descr_get : nullptr; }
DescrSetFn setter_of(Value v) { return v && v.is_object() ? slots_of(v).tp_descr_set : nullptr; }
// Its type may be changed to be a descriptor, or another kind of one, without its owner's version noticing.
bool may_change(Value v) { return v && v.is_object() && !type_has(type_of(v), Py_TPFLAGS_IMMUTABLETYPE); }
bool is_method_like(Value v) { return v.is_object() && type_has(type_of(v), Py_TPFLAGS_METHOD_DESCRIPTOR); }

// Attributes are found by object's rules (type's, for classes); a class's __getattr__ comes in only when they find nothing.
bool finds_plainly(PyTypeObject* type, GetAttrFn plain) {
  GetAttrFn get = slots_of(type).tp_getattro;
  return get == plain || (get == getattr_hook_slot && find_attribute_function(type) == plain);
}

// A member that __slots__ made: its offset, or 0.
uint16_t member_offset(Value descr, PyTypeObject* type) {
  if (!is_exact(descr, &PyMemberDescr_Type)) return 0;
  auto* d = descr.as<PyMemberDescrObject>();
  Py_ssize_t offset = d->d_member->offset;
  if (d->d_member->type != kMemberValue || offset >= 65536 || !is_subtype(type, d->d_common.d_type)) return 0;
  return static_cast<uint16_t>(offset);
}
// A getter that is called by moving `self` into place.
bool has_plain_getter(Value descr) {
  if (!is_exact(descr, &PyProperty_Type)) return false;
  PyObject* get = descr.as<Property>()->get;
  return get && is_exact(Value{get}, &PyFunction_Type);
}

struct Receiver {
  PyObject* object;
  PyTypeObject* type;
  PyObject* name;
  uint32_t shape_offset;
};
void set_y(AttributeWords* w, uint32_t y) { w->guard |= Word(y) << 48; }

bool find_in_module(const Receiver& o, AttributeWords* w) {
  PyObject* dict = as_module(o.object)->dict;
  Py_ssize_t entry = w->kind ? dict_entry_index(dict, o.name) : -1;
  if (entry < 0 || type_lookup(o.type, o.name)) return false;
  w->value = static_cast<Word>(reinterpret_cast<char*>(dict_entry_value(dict, entry)) - reinterpret_cast<char*>(dict_table(dict)));
  return true;
}
// What the class has, if its metaclass does not come first; absent otherwise.
Value find_in_class(const Receiver& o, const AttributeWords& w) {
  if (!uint32_t(w.kind) || o.shape_offset || !finds_plainly(o.type, &type_getattro)) return Value{};
  Value on_meta = type_lookup(o.type, o.name);
  if (may_change(on_meta) || setter_of(on_meta)) return Value{};
  return type_lookup(reinterpret_cast<PyTypeObject*>(o.object), o.name);
}

Op find_load(const Receiver& o, AttributeWords* w) {
  if (o.type == &PyModule_Type) return find_in_module(o, w) ? Op::kLOAD_ATTR_MODULE : Op::kLOAD_ATTR;
  if (type_has(o.type, Py_TPFLAGS_TYPE_SUBCLASS)) {
    Value v = find_in_class(o, *w);
    if (!v || (getter_of(v) && !is_exact(v, &PyFunction_Type))) return Op::kLOAD_ATTR;
    w->value = v.bits;
    set_y(w, may_change(v) ? kChangeableValue : kPlainValue);
    return Op::kLOAD_ATTR_CLASS;
  }
  if (!finds_plainly(o.type, &generic_getattr)) return Op::kLOAD_ATTR;
  Value descr = type_lookup(o.type, o.name);
  DescrGetFn get = getter_of(descr);
  const bool data = setter_of(descr), may_be_data = may_change(descr);
  // What runs code may raise AttributeError, which a __getattr__ answers.
  const bool may_call = get && !may_be_data && slots_of(o.type).tp_getattro == &generic_getattr;
  w->value = descr.bits;
  if (data) {
    if (may_be_data) return Op::kLOAD_ATTR;
    if (uint16_t offset = member_offset(descr, o.type)) {
      w->value = offset;
      return Op::kLOAD_ATTR_MEMBER;
    }
    if (may_call && has_plain_getter(descr)) return Op::kLOAD_ATTR_PROPERTY;
    if (!may_call || w->kind == kDictMode) return Op::kLOAD_ATTR;
    set_y(w, kDescriptor);
    return Op::kLOAD_ATTR_TYPE;
  }
  if (o.shape_offset) {
    if (w->kind == 0) return Op::kLOAD_ATTR;
    if (w->kind == kDictMode) {
      set_y(w, may_be_data);
      return instance_get(o.object, o.name) ? Op::kLOAD_ATTR_DICT : Op::kLOAD_ATTR;
    }
    int index = shape_find(reinterpret_cast<Shape*>(w->kind), o.name);
    if (index >= 0) {
      set_y(w, static_cast<uint32_t>(index));
      return may_be_data ? Op::kLOAD_ATTR : Op::kLOAD_ATTR_SLOT;
    }
  } else if (o.type->tp_dictoffset) {
    return Op::kLOAD_ATTR;
  }
  if (!descr || (get && !may_call)) return Op::kLOAD_ATTR;
  set_y(w, get ? kDescriptor : may_be_data ? kChangeableValue : kPlainValue);
  return Op::kLOAD_ATTR_TYPE;
}

// w->kind: of before the store.
Op find_store(const Receiver& o, AttributeWords* w) {
  if (slots_of(o.type).tp_setattro != &generic_setattr) return Op::kSTORE_ATTR;
  Value descr = type_lookup(o.type, o.name);
  if (may_change(descr)) return Op::kSTORE_ATTR;
  if (setter_of(descr)) {
    w->value = member_offset(descr, o.type);
    return w->value ? Op::kSTORE_ATTR_MEMBER : Op::kSTORE_ATTR;
  }
  if (!o.shape_offset || w->kind == 0) return Op::kSTORE_ATTR;
  Word now = receiver_kind(o.object);
  if (w->kind == kDictMode || now == kDictMode) return Op::kSTORE_ATTR;
  auto* shape = reinterpret_cast<Shape*>(now);
  int index = shape_find(shape, o.name);
  if (index < 0) return Op::kSTORE_ATTR;
  set_y(w, static_cast<uint32_t>(index));
  if (now == w->kind) return Op::kSTORE_ATTR_SLOT;
  // What the old value's destructor did to the instance is no part of the store.
  if (shape->parent != reinterpret_cast<Shape*>(w->kind) || shape->name != o.name) return Op::kSTORE_ATTR;
  w->value = now;
  return Op::kSTORE_ATTR_NEW;
}

// classmethod and staticmethod around a Python function.
bool find_wrapped(Value descr, AttributeWords* w) {
  const bool of_class = is_exact(descr, &PyClassMethod_Type);
  if (!of_class && !is_exact(descr, &PyStaticMethod_Type)) return false;
  PyObject* f = descr.as<Wrapped>()->callable;
  if (!f || !is_exact(Value{f}, &PyFunction_Type)) return false;
  set_y(w, of_class ? kClassMethod : kStaticMethod);
  return true;
}
Op find_method(const Receiver& o, AttributeWords* w) {
  if (o.type == &PyModule_Type) return find_in_module(o, w) ? Op::kLOAD_METHOD_MODULE : Op::kLOAD_METHOD;
  if (type_has(o.type, Py_TPFLAGS_TYPE_SUBCLASS)) {
    Value v = find_in_class(o, *w);
    w->value = v.bits;
    if (!v || !v.is_object() || may_change(v)) return Op::kLOAD_METHOD;
    if (find_wrapped(v, w)) return Op::kLOAD_METHOD_TYPE;
    if (getter_of(v) && !is_method_like(v)) return Op::kLOAD_METHOD;
    set_y(w, kFunctionAlone);
    return Op::kLOAD_METHOD_TYPE;
  }
  if (!finds_plainly(o.type, &generic_getattr)) return Op::kLOAD_METHOD;
  Value descr = type_lookup(o.type, o.name);
  w->value = descr.bits;
  if (may_change(descr) || setter_of(descr)) return Op::kLOAD_METHOD;
  if (o.shape_offset) {
    if (w->kind == 0 || w->kind == kDictMode) return Op::kLOAD_METHOD;
    int index = shape_find(reinterpret_cast<Shape*>(w->kind), o.name);
    if (index >= 0) {
      set_y(w, kSlotAlone);
      w->value = static_cast<Word>(index);
      return Op::kLOAD_METHOD_TYPE;
    }
  } else if (Py_ssize_t offset = o.type->tp_dictoffset) {
    if (offset < 0 || offset >= 65536 || !descr || !is_method_like(descr)) return Op::kLOAD_METHOD;
    w->guard |= Word(offset) << 32;
    set_y(w, kBehindDict);
    return Op::kLOAD_METHOD_TYPE;
  }
  if (!descr || !descr.is_object()) return Op::kLOAD_METHOD;
  return is_method_like(descr) || find_wrapped(descr, w) ? Op::kLOAD_METHOD_TYPE : Op::kLOAD_METHOD;
}

template <class Find>
const AttributeEntry* learn(AttributeTable& table, PyObject* o, PyObject* name, const Word* kind, Find find) {
  PyTypeObject* type = o->ob_type;
  uint32_t version = type_version(type), shape_offset = extra(type)->shape_offset;
  if (!version || shape_offset >= 65536 || !str_is_interned(name)) return nullptr;
  // Versions are given when somebody asks; a store into a class takes its version away.
  if (type_has(type, Py_TPFLAGS_TYPE_SUBCLASS)) {
    if (kind) return nullptr;
    type_version(reinterpret_cast<PyTypeObject*>(o));
  }
  if (type == &PyModule_Type) {
    PyObject* dict = as_module(o)->dict;
    if (dict && is_exact_dict(dict)) dict_keys_version(dict);
  }
  const uint32_t x = type_has(type, Py_TPFLAGS_TYPE_SUBCLASS) ? kVersionOffset : shape_offset;
  AttributeWords words{version | Word{x} << 32, kind ? *kind : receiver_kind(o), 0};
  Op op = find(Receiver{o, type, name, shape_offset}, &words);
  return table.put(name, op, words);
}

}  // namespace

const AttributeEntry* learn_load(PyObject* o, PyObject* name) { return learn(attribute_loads, o, name, nullptr, find_load); }
const AttributeEntry* learn_store(PyObject* o, PyObject* name, Word before) { return learn(attribute_stores, o, name, &before, find_store); }
const AttributeEntry* learn_method(PyObject* o, PyObject* name) { return learn(attribute_methods, o, name, nullptr, find_method); }
void clear_attribute_tables() {
  attribute_loads.clear();
  attribute_stores.clear();
  attribute_methods.clear();
  slot_loads.clear();
  slot_stores.clear();
  unbound_methods.clear();
}

}  // namespace adder
