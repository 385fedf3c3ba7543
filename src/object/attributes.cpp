// Attribute access on any object: the generic rules (data descriptor, instance, other descriptor), the dispatch to a type's
// own, and method lookup without bound methods.
#include <cstdarg>
#include <cstdlib>
#include <iterator>
#include "object/type_impl.h"

namespace adder {

static Failure raise_name_not_str(Value name) {
  return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(name)->tp_name);
}

// The instance's own attribute: borrowed; absent without exception.
static inline Value own_attribute(Value object, PyTypeObject* type, PyObject* name) {
  if (extra(type)->shape_offset) return instance_get(object.object(), name);
  if (type->tp_dictoffset == 0 || !object.is_object()) return {};
  PyObject** d = classic_dict(object.object());
  return d && *d ? dict_get_str(Value{*d}, name) : Value{};
}

// Lookup without raising: empty without exception if there is none.
static Ref generic_lookup(Value object, PyObject* name) {
  PyTypeObject* type = type_of(object);
  Value descr = type_lookup(type, name);
  DescrGetFn get = nullptr;
  Ref keep = Ref::copy(descr);
  if (descr) {
    const Slots& s = slots_of(descr);
    get = s.tp_descr_get;
    if (get && s.tp_descr_set) return get(descr, object, Value{type});
  }
  if (Value v = own_attribute(object, type, name)) return Ref::copy(v);
  if (get) return get(descr, object, Value{type});
  return keep;
}

Ref generic_getattr(Value object, PyObject* name) {
  if (ADDER_UNLIKELY(!is_str(Value{name}))) return raise_name_not_str(Value{name});
  Ref r = generic_lookup(object, name);
  if (!r && !error_occurred()) return raise_attribute_error(object, name);
  return r;
}

bool generic_setattr(Value object, PyObject* name, Value value) {
  if (!is_str(Value{name})) return raise_name_not_str(Value{name});
  PyTypeObject* type = type_of(object);
  Ref interned = str_is_interned(name) || !is_exact_str(Value{name}) ? Ref::copy(Value{name}) : intern(Ref::copy(Value{name}));
  if (!interned) return false;
  name = interned.object();
  Value descr = type_lookup(type, name);
  Ref keep = Ref::copy(descr);
  if (descr) {
    if (DescrSetFn set = slots_of(descr).tp_descr_set) return set(descr, object, value);
  }
  if (extra(type)->shape_offset) {
    if (value) return instance_set(object.object(), name, value);
    int r = instance_delete(object.object(), name);
    return r < 0 ? false : r > 0 ? true : raise_attribute_error(object, name);
  }
  PyObject** d = object.is_object() ? classic_dict(object.object()) : nullptr;
  if (!d) {
    if (!descr) return raise_attribute_error(object, name);
    return raise_attribute_text(object, name, "'%.100s' object attribute '%U' is read-only", type->tp_name, Value{name});
  }
  if (!*d) {
    Ref fresh = dict_new();
    if (!fresh) return false;
    *d = fresh.release().object();
  }
  Ref dict = Ref::copy(Value{*d});
  if (value) {
    bool ok = dict_set_str(dict, name, value);
    if (type_has(type, Py_TPFLAGS_TYPE_SUBCLASS)) type_modified(object.as<PyTypeObject>());
    return ok;
  }
  int r = dict_delete(dict, Value{name});
  if (r == 0) return raise_attribute_error(object, name);
  return r > 0;
}

// An AttributeError with a text of its own but the usual name and obj.
Failure raise_attribute_text(Value object, PyObject* name, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  Ref text = str_format_v(format, ap);
  va_end(ap);
  if (!text) return {};
  raise_value(PyExc_AttributeError, text);
  Ref e = take_error();
  if (e && is_instance_exactly(e, reinterpret_cast<PyTypeObject*>(PyExc_AttributeError))) {
    auto* a = e.as<PyAttributeErrorObject>();
    PyObject *old_obj = a->obj, *old_name = a->name;
    a->obj = to_field(object);
    incref(name);
    a->name = name;
    Py_XDECREF(old_obj);
    Py_XDECREF(old_name);
  }
  restore_error(std::move(e));
  return {};
}

Ref getattr(Value object, PyObject* name) {
  GetAttrFn get = slots_of(object).tp_getattro;
  if (ADDER_UNLIKELY(get == nullptr)) return raise_attribute_error(object, name);
  Ref r = get(object, name);
  if (ADDER_UNLIKELY(!r)) add_attribute_context(object, name);
  return r;
}

int lookup_attr(Value object, PyObject* name, Ref* out) {
  GetAttrFn get = slots_of(object).tp_getattro;
  if (get == &generic_getattr) {
    // No exception need be made.
    *out = generic_lookup(object, name);
  } else {
    *out = get ? get(object, name) : Ref{};
  }
  if (*out) return 1;
  if (!error_occurred()) return 0;
  if (!error_matches(PyExc_AttributeError)) return -1;
  clear_error();
  return 0;
}

int hasattr(Value object, PyObject* name) {
  Ref r;
  return lookup_attr(object, name, &r);
}

bool setattr(Value object, PyObject* name, Value value) {
  SetAttrFn set = slots_of(object).tp_setattro;
  if (ADDER_LIKELY(set != nullptr)) return set(object, name, value);
  PyTypeObject* type = type_of(object);
  const char* what = value ? "assign to" : "del";
  if (!slots_of(type).tp_getattro) {
    return raise(PyExc_TypeError, "'%.100s' object has no attributes (%s .%U)", type->tp_name, what, Value{name});
  }
  return raise(PyExc_TypeError, "'%.100s' object has only read-only attributes (%s .%U)", type->tp_name, what, Value{name});
}

Ref get_method(Value object, PyObject* name, bool* unbound) {
  *unbound = false;
  PyTypeObject* type = type_of(object);
  GetAttrFn getattro = slots_of(type).tp_getattro;
  if (getattro != &generic_getattr) return getattr(object, name);
  Value descr = type_lookup(type, name);
  Ref keep = Ref::copy(descr);
  DescrGetFn get = nullptr;
  bool is_method = false;
  if (descr) {
    PyTypeObject* dt = type_of(descr);
    if (type_has(dt, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
      is_method = true;
    } else {
      const Slots& s = slots_of(dt);
      get = s.tp_descr_get;
      if (get && s.tp_descr_set) return get(descr, object, Value{type});
    }
  }
  if (Value v = own_attribute(object, type, name)) return Ref::copy(v);
  if (is_method) {
    *unbound = true;
    return keep;
  }
  if (get) return get(descr, object, Value{type});
  if (descr) return keep;
  return raise_attribute_error(object, name);
}

Ref call_method(Value object, PyObject* name, Args args) {
  bool unbound;
  Ref f = get_method(object, name, &unbound);
  if (!f) return {};
  if (!unbound) return call(f, args);
  size_t total = args.n + keyword_count(args);
  Value small[9];
  Value* words = total + 1 <= std::size(small) ? small : static_cast<Value*>(malloc((total + 1) * sizeof(Value)));
  if (!words) return raise_no_memory();
  words[0] = object;
  for (size_t i = 0; i < total; i++) words[i + 1] = args.v[i];
  Ref r = call(f, Args{words, args.n + 1, args.kwnames});
  if (words != small) free(words);
  return r;
}
Ref call_method(Value object, PyObject* name, std::initializer_list<Value> positional) {
  return call_method(object, name, Args{positional.begin(), positional.size(), nullptr});
}

// --- __dict__ -----------------------------------------------------------------------------------------------------------
Ref instance_dict(Value object) {
  if (!object.is_object()) return {};
  PyObject* o = object.object();
  if (extra(Py_TYPE(o))->shape_offset) {
    PyObject* d = instance_enter_dict_mode(o);
    return d ? Ref::copy(Value{d}) : Ref{};
  }
  PyObject** d = classic_dict(o);
  if (!d) return {};
  if (!*d) {
    Ref fresh = dict_new();
    if (!fresh) return {};
    *d = fresh.release().object();
  }
  return Ref::copy(Value{*d});
}

// The getter and setter behind __dict__ of Python-defined classes.
Ref get_instance_dict(Value object) {
  Ref d = instance_dict(object);
  if (!d && !error_occurred()) return raise(PyExc_AttributeError, "This object has no __dict__");
  return d;
}
bool set_instance_dict(Value object, Value value) {
  if (value && !is_dict(value)) {
    return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%.200s'", type_of(value)->tp_name);
  }
  PyObject* o = object.object();
  if (extra(Py_TYPE(o))->shape_offset) {
    if (value) return instance_replace_dict(o, value);
    Ref fresh = dict_new();
    return fresh && instance_replace_dict(o, fresh);
  }
  PyObject** d = classic_dict(o);
  if (!d) return raise(PyExc_AttributeError, "This object has no __dict__");
  PyObject* old = *d;
  incref(value);
  *d = value.object();
  if (old) decref(old);
  return true;
}

}  // namespace adder
