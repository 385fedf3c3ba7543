// `super`: lookup behind a class in the MRO of another.
#include "object/method.h"
#include "object/type_impl.h"

extern "C" {
PyTypeObject PySuper_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

struct Super {
  PyObject head;
  PyTypeObject* type;
  PyObject* object;
  PyTypeObject* object_type;
};
Super* as_super(Value v) { return v.as<Super>(); }

void super_dealloc(PyObject* o) {
  gc_untrack(o);
  auto* s = reinterpret_cast<Super*>(o);
  Py_XDECREF(s->object);
  Py_XDECREF(s->type);
  Py_XDECREF(s->object_type);
  Py_TYPE(o)->tp_free(o);
}
int super_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* s = reinterpret_cast<Super*>(o);
  ADDER_VISIT(s->object);
  ADDER_VISIT(reinterpret_cast<PyObject*>(s->type));
  ADDER_VISIT(reinterpret_cast<PyObject*>(s->object_type));
  return 0;
}

// The class whose MRO is searched: the object itself if it is a subclass, else its class.
Ref check(PyTypeObject* type, Value object) {
  if (is_type(object) && is_subtype(object.as<PyTypeObject>(), type)) return Ref::copy(object);
  if (is_instance_exactly(object, type)) return Ref::copy(Value{type_of(object)});
  Ref cls;  // __class__ may say something else (proxies)
  if (lookup_attr(object, "__class__"_id, &cls) < 0) return {};
  if (cls && is_type(cls) && cls.get() != Value{type_of(object)} && is_subtype(cls.as<PyTypeObject>(), type)) return cls;
  return raise(PyExc_TypeError, "super(type, obj): obj must be an instance or subtype of type");
}

// Borrowed; absent if the classes behind `type` have none.
Value search(PyTypeObject* type, PyTypeObject* start, PyObject* name) {
  PyObject* mro = start->tp_mro;
  if (!mro) return {};
  Ref keep = Ref::copy(Value{mro});
  Py_ssize_t n = PyTuple_GET_SIZE(mro), i = 0;
  while (i < n && mro_item(mro, i) != Value{type}) i++;
  for (i++; i < n; i++) {
    auto* t = mro_item(mro, i).as<PyTypeObject>();
    if (!t->tp_dict) continue;
    if (Value v = dict_get_str(Value{t->tp_dict}, name)) return v;
  }
  return {};
}

Ref super_attribute(PyTypeObject* type, Value object, PyTypeObject* start, PyObject* name) {
  Value v = search(type, start, name);
  if (!v) return {};
  Ref keep = Ref::copy(v);
  DescrGetFn get = v.is_object() ? slots_of(v).tp_descr_get : nullptr;
  if (!get) return keep;
  Ref hold = Ref::copy(Value{start});
  return get(v, object == Value{start} ? Value{} : object, Value{start});
}

Ref super_getattro(Value self, PyObject* name) {
  Super* s = as_super(self);
  if (s->object_type && name != "__class__"_id && !str_equals(Value{name}, "__class__")) {
    Ref r = super_attribute(s->type, from_c_borrowed(s->object), s->object_type, name);
    if (r || error_occurred()) return r;
  }
  return generic_getattr(self, name);
}

bool super_init(Value self, Args args) {
  Super* s = as_super(self);
  if (keyword_count(args)) return raise(PyExc_TypeError, "super() takes no keyword arguments");
  if (args.n > 2) return raise(PyExc_TypeError, "super() expected at most 2 arguments, got %zd", args.n);
  Ref type, object;
  if (args.n > 0) {
    if (!is_type(args[0])) return raise(PyExc_TypeError, "super() argument 1 must be a type, not %.200s", type_of(args[0])->tp_name);
    type = Ref::copy(args[0]);
    if (args.n > 1 && !is_none(args[1])) object = Ref::copy(args[1]);
  } else {
    if (!hooks.super_arguments) return raise(PyExc_RuntimeError, "super(): no current frame");
    if (!hooks.super_arguments(&type, &object)) return false;
    if (!is_type(type)) return raise(PyExc_RuntimeError, "super(): __class__ is not a type (%s)", type_of(type)->tp_name);
  }
  Ref start;
  if (object) {
    start = check(type.as<PyTypeObject>(), object);
    if (!start) return false;
  }
  PyTypeObject *old_type = s->type, *old_start = s->object_type;
  PyObject* old_object = s->object;
  s->type = type.release().as<PyTypeObject>();
  s->object = object ? to_field(object) : nullptr;
  s->object_type = start.release().as<PyTypeObject>();
  Py_XDECREF(old_type);
  Py_XDECREF(old_object);
  Py_XDECREF(old_start);
  return true;
}
Ref super_new(PyTypeObject* type, Args) { return Ref::steal(Value{allocate_instance(type)}); }

Ref super_get(Value self, Value object, Value) {
  Super* s = as_super(self);
  if (!object || is_none(object) || s->object) return Ref::copy(self);
  if (!is_exact(self, &PySuper_Type)) return call(Value{type_of(self)}, {Value{s->type}, object});
  Ref start = check(s->type, object);
  if (!start) return {};
  Ref fresh = Ref::steal(Value{allocate_instance(&PySuper_Type)});
  if (!fresh) return {};
  Super* f = as_super(fresh);
  f->type = Ref::copy(Value{s->type}).release().as<PyTypeObject>();
  f->object = to_field(object);
  f->object_type = start.release().as<PyTypeObject>();
  return fresh;
}
Ref super_repr(Value v) {
  Super* s = as_super(v);
  const char* name = s->type ? s->type->tp_name : "NULL";
  if (s->object_type) return str_format("<super: <class '%s'>, <%s object>>", name, s->object_type->tp_name);
  return str_format("<super: <class '%s'>, NULL>", name);
}

PyMemberDef super_members[] = {{"__thisclass__", T_OBJECT, offsetof(Super, type), READONLY, "the class invoking super()"},
                               {"__self__", T_OBJECT, offsetof(Super, object), READONLY, "the instance invoking super(); may be None"},
                               {"__self_class__", T_OBJECT, offsetof(Super, object_type), READONLY,
                                "the type of the instance invoking super(); may be None"},
                               {nullptr, 0, 0, 0, nullptr}};

}  // namespace

Ref super_lookup(PyTypeObject* type, Value object, PyObject* name, bool* unbound) {
  *unbound = false;
  Ref start = check(type, object);
  if (!start) return {};
  Value v = search(type, start.as<PyTypeObject>(), name);
  if (!v) return {};
  Ref keep = Ref::copy(v);
  if (!v.is_object()) return keep;
  if (type_has(type_of(v), Py_TPFLAGS_METHOD_DESCRIPTOR) && start.get() != object) {
    *unbound = true;
    return keep;
  }
  DescrGetFn get = slots_of(v).tp_descr_get;
  return get ? get(v, object == start.get() ? Value{} : object, start) : std::move(keep);
}

Ref super_getattr(PyTypeObject* type, Value object, PyObject* name) {
  Ref start = check(type, object);
  if (!start) return {};
  if (!str_equals(Value{name}, "__class__")) {
    Ref r = super_attribute(type, object, start.as<PyTypeObject>(), name);
    if (r || error_occurred()) return r;
  }
  Ref s = call(Value{&PySuper_Type}, {Value{type}, object});
  return s ? generic_getattr(s, name) : Ref{};
}

extern const TypeDef super_def;
const TypeDef super_def = {
    .type = &PySuper_Type,
    .name = "super",
    .basicsize = sizeof(Super),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\n"
           "super(type, obj) -> bound super object; requires isinstance(obj, type)\n"
           "super(type, type2) -> bound super object; requires issubclass(type2, type)\n"
           "Typical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n"
           "        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n"
           "    def cmeth(cls, arg):\n        super().cmeth(arg)\n",
    .dealloc = super_dealloc,
    .traverse = super_traverse,
    .slots = {.tp_repr = slot::Unary<super_repr>,
              .tp_getattro = slot::GetAttr<super_getattro>,
              .tp_descr_get = slot::DescrGet<super_get>,
              .tp_init = slot::Init<super_init>,
              .tp_new = slot::New<super_new>},
    .members = super_members,
};

}  // namespace adder
