// Descriptors of builtin types: method_descriptor, classmethod_descriptor, getset_descriptor, member_descriptor.
#include <cstring>
#include "object/foreign.h"
#include "object/type_impl.h"

extern "C" {
PyTypeObject PyMethodDescr_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyClassMethodDescr_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyGetSetDescr_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyMemberDescr_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

extern const char kGetSetRowMark;
const char kGetSetRowMark = 0;

static_assert(sizeof(PyDescrObject) == 40 && sizeof(PyMethodDescrObject) == 56 && sizeof(PyMemberDescrObject) == 48);

// --- What they share ----------------------------------------------------------------------------------------------------------
static PyDescrObject* as_descr(Value v) { return v.as<PyDescrObject>(); }
static Value name_of(Value v) { return Value{as_descr(v)->d_name}; }

void descr_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, Py_TYPE(o)->tp_dealloc};
  if (guard.deferred) return;
  auto* d = reinterpret_cast<PyDescrObject*>(o);
  Py_XDECREF(d->d_type);
  Py_XDECREF(d->d_name);
  Py_XDECREF(d->d_qualname);
  gc_free(o);
}
int descr_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<PyObject*>(reinterpret_cast<PyDescrObject*>(o)->d_type));
  return 0;
}
Ref descr_qualname(Value v) {
  PyDescrObject* d = as_descr(v);
  if (!d->d_qualname) {
    Ref type_qualname = getattr(Value{d->d_type}, "__qualname__"_id);
    if (!type_qualname) return {};
    if (!is_str(type_qualname)) return raise(PyExc_TypeError, "<descriptor>.__objclass__.__qualname__ is not a unicode object");
    Ref q = str_format("%S.%S", type_qualname.get(), Value{d->d_name});
    if (!q) return {};
    d->d_qualname = q.release().object();
  }
  return Ref::copy(Value{d->d_qualname});
}
static Ref descr_reduce(Value v) {
  Ref builtins = hooks.import_module("builtins"_id);
  Ref f = builtins ? getattr(builtins, "getattr"_id) : Ref{};
  if (!f) return {};
  Ref args = tuple_of({Value{as_descr(v)->d_type}, name_of(v)});
  return args ? tuple_of({f.get(), args.get()}) : Ref{};
}
const MethodRow descr_methods[] = {method<descr_reduce>("__reduce__", "($self, /)", ""), {}};
PyMemberDef descr_members[] = {{"__objclass__", T_OBJECT, offsetof(PyDescrObject, d_type), READONLY, nullptr},
                               {"__name__", T_OBJECT, offsetof(PyDescrObject, d_name), READONLY, nullptr},
                               {nullptr, 0, 0, 0, nullptr}};

static PyObject* make_descr(PyTypeObject* kind, size_t size, PyTypeObject* type, const char* name) {
  Ref interned = intern(std::string_view{name});
  if (!interned) return nullptr;
  PyObject* o = gc_new_raw(kind, size);
  if (!o) return nullptr;
  auto* d = reinterpret_cast<PyDescrObject*>(o);
  Py_XINCREF(type);
  d->d_type = type;
  d->d_name = interned.release().object();
  d->d_qualname = nullptr;
  return o;
}

static bool check_object(Value descr, Value object) {
  PyDescrObject* d = as_descr(descr);
  if (ADDER_LIKELY(is_instance_exactly(object, d->d_type))) return true;
  return raise(PyExc_TypeError, "descriptor '%U' for '%.100s' objects doesn't apply to a '%.100s' object", Value{d->d_name},
               d->d_type->tp_name, type_of(object)->tp_name);
}

namespace {

// --- method_descriptor --------------------------------------------------------------------------------------------------------
PyMethodDescrObject* as_method(Value v) { return v.as<PyMethodDescrObject>(); }

Ref method_descr_call(Value callable, Args args) {
  PyMethodDescrObject* d = as_method(callable);
  if (ADDER_UNLIKELY(args.n < 1)) {
    Ref text = function_text(callable);
    return text ? raise(PyExc_TypeError, "unbound method %U needs an argument", text.get()) : Failure{};
  }
  Value self = args[0];
  if (!check_object(callable, self)) return {};
  return call_method_def(d->d_method, self, rest(args), callable, d->d_common.d_type);
}
PyObject* method_descr_vectorcall(PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return vectorcall_to_values(&method_descr_call, callable, args, nargsf, kwnames);
}
Ref method_descr_get(Value descr, Value object, Value) {
  if (!object) return Ref::copy(descr);
  if (!check_object(descr, object)) return {};
  PyMethodDescrObject* d = as_method(descr);
  return make_cfunction(d->d_method, object, Value{}, d->d_common.d_type);
}
Ref method_descr_repr(Value v) {
  return str_format("<method '%U' of '%s' objects>", name_of(v), as_descr(v)->d_type->tp_name);
}
Ref method_descr_doc(Value v) { return method_def_doc(as_method(v)->d_method); }
Ref method_descr_signature(Value v) { return method_def_signature(as_method(v)->d_method); }

// --- classmethod_descriptor -----------------------------------------------------------------------------------------------------
Ref class_method_get(Value descr, Value object, Value type) {
  PyMethodDescrObject* d = as_method(descr);
  if (!type) {
    if (!object) {
      return raise(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs either an object or a type", name_of(descr),
                   d->d_common.d_type->tp_name);
    }
    type = Value{type_of(object)};
  }
  if (!is_type(type)) {
    return raise(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs a type, not a '%.100s' as arg 2", name_of(descr),
                 d->d_common.d_type->tp_name, type_of(type)->tp_name);
  }
  if (!is_subtype(type.as<PyTypeObject>(), d->d_common.d_type)) {
    return raise(PyExc_TypeError, "descriptor '%U' requires a subtype of '%.100s' but received '%.100s'", name_of(descr),
                 d->d_common.d_type->tp_name, type.as<PyTypeObject>()->tp_name);
  }
  return make_cfunction(d->d_method, type, Value{}, d->d_common.d_type);
}
Ref class_method_call(Value callable, Args args) {
  PyDescrObject* d = as_descr(callable);
  if (args.n < 1) {
    return raise(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument", name_of(callable), d->d_type->tp_name);
  }
  Ref bound = class_method_get(callable, Value{}, args[0]);
  return bound ? call(bound, rest(args)) : Ref{};
}
Ref class_method_repr(Value v) {
  return str_format("<method '%U' of '%s' objects>", name_of(v), as_descr(v)->d_type->tp_name);
}

// --- getset_descriptor ----------------------------------------------------------------------------------------------------------
const GetSetRow* row_of(PyGetSetDef* g) {
  return g->closure == &kGetSetRowMark ? reinterpret_cast<const GetSetRow*>(g) : nullptr;
}
PyGetSetDef* as_getset(Value v) { return v.as<PyGetSetDescrObject>()->d_getset; }

Ref getset_get(Value descr, Value object, Value) {
  if (!object) return Ref::copy(descr);
  if (!check_object(descr, object)) return {};
  PyGetSetDef* g = as_getset(descr);
  if (const GetSetRow* row = row_of(g)) return row->get(object);
  if (!g->get) {
    return raise(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not readable", name_of(descr),
                 as_descr(descr)->d_type->tp_name);
  }
  foreign::Arg o{object};
  return o.ok() ? foreign::checked(g->get(o, g->closure)) : Ref{};
}
bool check_settable(Value descr, Value object) {
  PyDescrObject* d = as_descr(descr);
  if (is_instance_exactly(object, d->d_type)) return true;
  return raise(PyExc_TypeError, "descriptor '%U' for '%.100s' objects doesn't apply to a '%.100s' object", Value{d->d_name},
               d->d_type->tp_name, type_of(object)->tp_name);
}
bool getset_set(Value descr, Value object, Value v) {
  if (!check_settable(descr, object)) return false;
  PyGetSetDef* g = as_getset(descr);
  if (const GetSetRow* row = row_of(g)) {
    if (row->set) return row->set(object, v);
  } else if (g->set) {
    foreign::Arg o{object}, x{v};
    return o.ok() && x.ok() && g->set(o, x, g->closure) >= 0;
  }
  return raise(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not writable", name_of(descr),
               as_descr(descr)->d_type->tp_name);
}
Ref getset_repr(Value v) {
  return str_format("<attribute '%U' of '%s' objects>", name_of(v), as_descr(v)->d_type->tp_name);
}
Ref getset_doc(Value v) {
  const char* doc = as_getset(v)->doc;
  return doc ? str_from_utf8(doc) : none_ref();
}

// --- member_descriptor ----------------------------------------------------------------------------------------------------------
PyMemberDef* as_member(Value v) { return v.as<PyMemberDescrObject>()->d_member; }

Ref member_descr_get(Value descr, Value object, Value) {
  if (!object) return Ref::copy(descr);
  if (!check_object(descr, object)) return {};
  PyMemberDef* m = as_member(descr);
  if (ADDER_LIKELY(m->type == kMemberValue)) {
    Value v = *reinterpret_cast<Value*>(reinterpret_cast<char*>(object.object()) + m->offset);
    if (ADDER_LIKELY(static_cast<bool>(v))) return Ref::copy(v);
    return raise_attribute_error(object, as_descr(descr)->d_name);
  }
  foreign::Arg o{object};
  return member_get(o, m);
}
bool member_descr_set(Value descr, Value object, Value v) {
  if (!check_settable(descr, object)) return false;
  PyMemberDef* m = as_member(descr);
  if (ADDER_LIKELY(m->type == kMemberValue)) {
    auto* word = reinterpret_cast<Value*>(reinterpret_cast<char*>(object.object()) + m->offset);
    if (!v && !*word) return raise_value(PyExc_AttributeError, Value{as_descr(descr)->d_name});
    assign(*word, Ref::copy(v));
    return true;
  }
  return member_set(object.object(), m, v);
}
Ref member_repr(Value v) {
  return str_format("<member '%U' of '%s' objects>", name_of(v), as_descr(v)->d_type->tp_name);
}
Ref member_doc(Value v) {
  const char* doc = as_member(v)->doc;
  return doc ? str_from_utf8(doc) : none_ref();
}

const GetSetRow method_getset[] = {getset<method_descr_doc>("__doc__"), getset<descr_qualname>("__qualname__"),
                                   getset<method_descr_signature>("__text_signature__"), {}};
const GetSetRow getset_getset[] = {getset<getset_doc>("__doc__"), getset<descr_qualname>("__qualname__"), {}};
const GetSetRow member_getset[] = {getset<member_doc>("__doc__"), getset<descr_qualname>("__qualname__"), {}};

}  // namespace

// --- Making them ------------------------------------------------------------------------------------------------------------------
Ref make_method_descr(PyTypeObject* type, PyMethodDef* def) {
  PyObject* o = make_descr(&PyMethodDescr_Type, sizeof(PyMethodDescrObject), type, def->ml_name);
  if (!o) return {};
  auto* d = reinterpret_cast<PyMethodDescrObject*>(o);
  d->d_method = def;
  d->vectorcall = &method_descr_vectorcall;
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref make_class_method_descr(PyTypeObject* type, PyMethodDef* def) {
  PyObject* o = make_descr(&PyClassMethodDescr_Type, sizeof(PyMethodDescrObject), type, def->ml_name);
  if (!o) return {};
  auto* d = reinterpret_cast<PyMethodDescrObject*>(o);
  d->d_method = def;
  d->vectorcall = nullptr;
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref make_getset_descr(PyTypeObject* type, PyGetSetDef* def) {
  PyObject* o = make_descr(&PyGetSetDescr_Type, sizeof(PyGetSetDescrObject), type, def->name);
  if (!o) return {};
  reinterpret_cast<PyGetSetDescrObject*>(o)->d_getset = def;
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref make_member_descr(PyTypeObject* type, PyMemberDef* def) {
  PyObject* o = make_descr(&PyMemberDescr_Type, sizeof(PyMemberDescrObject), type, def->name);
  if (!o) return {};
  reinterpret_cast<PyMemberDescrObject*>(o)->d_member = def;
  gc_track(o);
  return Ref::steal(Value{o});
}

extern const TypeDef method_descr_def, class_method_descr_def, getset_descr_def, member_descr_def;
const TypeDef method_descr_def = {
    .type = &PyMethodDescr_Type,
    .name = "method_descriptor",
    .basicsize = sizeof(PyMethodDescrObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .dealloc = descr_dealloc,
    .traverse = descr_traverse,
    .vectorcall_offset = offsetof(PyMethodDescrObject, vectorcall),
    .slots = {.tp_repr = slot::Unary<method_descr_repr>,
              .tp_call = slot::Call<method_descr_call>,
              .tp_descr_get = slot::DescrGet<method_descr_get>},
    .methods = descr_methods,
    .getset = method_getset,
    .members = descr_members,
};
const TypeDef class_method_descr_def = {
    .type = &PyClassMethodDescr_Type,
    .name = "classmethod_descriptor",
    .basicsize = sizeof(PyMethodDescrObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = descr_dealloc,
    .traverse = descr_traverse,
    .slots = {.tp_repr = slot::Unary<class_method_repr>,
              .tp_call = slot::Call<class_method_call>,
              .tp_descr_get = slot::DescrGet<class_method_get>},
    .getset = method_getset,
    .members = descr_members,
};
const TypeDef getset_descr_def = {
    .type = &PyGetSetDescr_Type,
    .name = "getset_descriptor",
    .basicsize = sizeof(PyGetSetDescrObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = descr_dealloc,
    .traverse = descr_traverse,
    .slots = {.tp_repr = slot::Unary<getset_repr>,
              .tp_descr_get = slot::DescrGet<getset_get>,
              .tp_descr_set = slot::DescrSet<getset_set>},
    .getset = getset_getset,
    .members = descr_members,
};
const TypeDef member_descr_def = {
    .type = &PyMemberDescr_Type,
    .name = "member_descriptor",
    .basicsize = sizeof(PyMemberDescrObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = descr_dealloc,
    .traverse = descr_traverse,
    .slots = {.tp_repr = slot::Unary<member_repr>,
              .tp_descr_get = slot::DescrGet<member_descr_get>,
              .tp_descr_set = slot::DescrSet<member_descr_set>},
    .methods = descr_methods,
    .getset = member_getset,
    .members = descr_members,
};

}  // namespace adder
