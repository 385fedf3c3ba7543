// property, classmethod and staticmethod.
#include "object/property.h"
#include "object/type_impl.h"

extern "C" {
PyTypeObject PyProperty_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyClassMethod_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyStaticMethod_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

// Fields of these objects are objects of any kind: numbers boxed.
bool set_field(PyObject*& field, Value v) {
  PyObject* fresh = v ? to_field(v) : nullptr;
  if (v && !fresh) return false;
  PyObject* old = field;
  field = fresh;
  Py_XDECREF(old);
  return true;
}
Ref get_field(PyObject* field) { return field ? from_c(field) : none_ref(); }

// --- property ---------------------------------------------------------------------------------------------------------------------
Property* as_property(Value v) { return v.as<Property>(); }

void property_dealloc(PyObject* o) {
  auto* p = reinterpret_cast<Property*>(o);
  gc_untrack(o);
  TrashcanGuard guard{o, &property_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(p->get);
  Py_XDECREF(p->set);
  Py_XDECREF(p->del);
  Py_XDECREF(p->doc);
  Py_XDECREF(p->name);
  Py_TYPE(o)->tp_free(o);
}
int property_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* p = reinterpret_cast<Property*>(o);
  ADDER_VISIT(p->get);
  ADDER_VISIT(p->set);
  ADDER_VISIT(p->del);
  ADDER_VISIT(p->doc);
  ADDER_VISIT(p->name);
  return 0;
}
int property_clear(PyObject* o) {
  auto* p = reinterpret_cast<Property*>(o);
  Py_CLEAR(p->get);
  Py_CLEAR(p->set);
  Py_CLEAR(p->del);
  Py_CLEAR(p->doc);
  Py_CLEAR(p->name);
  return 0;
}

bool property_init_bound(Value self, const Value* a) {
  Property* p = as_property(self);
  Value fget = a[0] && !is_none(a[0]) ? a[0] : Value{}, fset = a[1] && !is_none(a[1]) ? a[1] : Value{};
  Value fdel = a[2] && !is_none(a[2]) ? a[2] : Value{}, doc = a[3] && !is_none(a[3]) ? a[3] : Value{};
  if (!set_field(p->get, fget) || !set_field(p->set, fset) || !set_field(p->del, fdel) || !set_field(p->doc, doc)) return false;
  Py_CLEAR(p->name);
  p->getter_doc = 0;
  bool exact = is_exact(self, &PyProperty_Type);
  Ref getter_doc;
  if (!doc && fget) {
    if (lookup_attr(fget, "__doc__"_id, &getter_doc) < 0) return false;
    if (getter_doc) {
      p->getter_doc = 1;
      if (exact) {
        if (!set_field(p->doc, getter_doc)) return false;
      }
    }
  }
  // A subclass keeps the getter's doc in its instance: the class attribute __doc__ would hide the field.
  if (!exact && getter_doc && !setattr(self, "__doc__"_id, getter_doc)) return false;
  return true;
}
Ref property_init_method(Value self, const Value* a) { return property_init_bound(self, a) ? none_ref() : Ref{}; }
const MethodRow init_row = method<property_init_method>("property", "($self, fget=None, fset=None, fdel=None, doc=None)", "");
bool property_init(Value self, Args args) { return static_cast<bool>(call_row(init_row, self, args)); }
Ref property_new(PyTypeObject* type, Args) { return Ref::steal(Value{allocate_instance(type)}); }

Failure raise_no_accessor(Property* p, Value object, const char* what) {
  Ref qualname = object ? type_qualname(type_of(object)) : Ref{};
  if (p->name && qualname) {
    return raise(PyExc_AttributeError, "property %R of %R object has no %s", from_c_borrowed(p->name), qualname.get(), what);
  }
  if (qualname) return raise(PyExc_AttributeError, "property of %R object has no %s", qualname.get(), what);
  return raise(PyExc_AttributeError, "property has no %s", what);
}
Ref property_get(Value self, Value object, Value) {
  if (!object || is_none(object)) return Ref::copy(self);
  Property* p = as_property(self);
  if (!p->get) return raise_no_accessor(p, object, "getter");
  Ref f = from_c(p->get);
  return call1(f, object);
}
bool property_set(Value self, Value object, Value v) {
  Property* p = as_property(self);
  PyObject* f = v ? p->set : p->del;
  if (!f) return raise_no_accessor(p, object, v ? "setter" : "deleter");
  Ref keep = from_c(f);
  Ref r = v ? call(keep, {object, v}) : call1(keep, object);
  return static_cast<bool>(r);
}

Ref property_copy(Value self, Value get, Value set, Value del) {
  Property* p = as_property(self);
  auto choose = [](Value v, PyObject* old) {
    if (v && !is_none(v)) return Ref::copy(v);
    return old ? from_c(old) : none_ref();
  };
  Ref g = choose(get, p->get), s = choose(set, p->set), d = choose(del, p->del);
  // A doc that came from the getter is taken from the new getter.
  Ref doc = p->getter_doc && !is_none(g) ? none_ref() : p->doc ? from_c(p->doc) : none_ref();
  Ref fresh = call(Value{type_of(self)}, {g.get(), s.get(), d.get(), doc.get()});
  if (fresh && p->name && is_instance_exactly(fresh, &PyProperty_Type)) {
    if (!set_field(as_property(fresh)->name, Value{p->name})) return {};
  }
  return fresh;
}
Ref property_getter(Value self, Value f) { return property_copy(self, f, Value{}, Value{}); }
Ref property_setter(Value self, Value f) { return property_copy(self, Value{}, f, Value{}); }
Ref property_deleter(Value self, Value f) { return property_copy(self, Value{}, Value{}, f); }
Ref property_set_name(Value self, Args args) {
  if (args.n != 2) {
    return raise(PyExc_TypeError, "__set_name__() takes 2 positional arguments but %zd were given", args.n);
  }
  return set_field(as_property(self)->name, args[1]) ? none_ref() : Ref{};
}

Ref get_fget(Value v) { return get_field(as_property(v)->get); }
Ref get_fset(Value v) { return get_field(as_property(v)->set); }
Ref get_fdel(Value v) { return get_field(as_property(v)->del); }
Ref property_doc(Value v) { return get_field(as_property(v)->doc); }
bool set_property_doc(Value v, Value doc) {
  as_property(v)->getter_doc = 0;
  return set_field(as_property(v)->doc, doc);
}

int abstract_flag(Value object) {
  if (!object) return 0;
  Ref flag;
  int r = lookup_attr(object, "__isabstractmethod__"_id, &flag);
  return r <= 0 ? r : is_true(flag);
}
Ref property_abstract(Value v) {
  Property* p = as_property(v);
  for (PyObject* f : {p->get, p->set, p->del}) {
    int r = f ? abstract_flag(from_c_borrowed(f)) : 0;
    if (r) return r < 0 ? Ref{} : bool_ref(true);
  }
  return bool_ref(false);
}

const MethodRow property_methods[] = {method<property_getter>("getter", "", "Descriptor to obtain a copy of the property with a different getter."),
                                      method<property_setter>("setter", "", "Descriptor to obtain a copy of the property with a different setter."),
                                      method<property_deleter>("deleter", "", "Descriptor to obtain a copy of the property with a different deleter."),
                                      method<property_set_name>("__set_name__", "", "Method to set name of a property."),
                                      {}};
// Read-only fields have the text of a member, not of a computed attribute.
bool read_only(Value, Value) { return raise(PyExc_AttributeError, "readonly attribute"); }
const GetSetRow property_getset[] = {getset<get_fget, read_only>("fget"),
                                     getset<get_fset, read_only>("fset"),
                                     getset<get_fdel, read_only>("fdel"),
                                     getset<property_doc, set_property_doc>("__doc__"),
                                     getset<property_abstract>("__isabstractmethod__"),
                                     {}};

// --- classmethod and staticmethod -----------------------------------------------------------------------------------------------
Wrapped* as_wrapped(Value v) { return v.as<Wrapped>(); }

void wrapped_dealloc(PyObject* o) {
  auto* w = reinterpret_cast<Wrapped*>(o);
  gc_untrack(o);
  TrashcanGuard guard{o, &wrapped_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(w->callable);
  Py_XDECREF(w->dict);
  Py_TYPE(o)->tp_free(o);
}
int wrapped_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* w = reinterpret_cast<Wrapped*>(o);
  ADDER_VISIT(w->callable);
  ADDER_VISIT(w->dict);
  return 0;
}
int wrapped_clear(PyObject* o) {
  auto* w = reinterpret_cast<Wrapped*>(o);
  Py_CLEAR(w->callable);
  Py_CLEAR(w->dict);
  return 0;
}
// The wrapper shows the function's name, doc and so on.
bool copy_attributes(Value self, Value callable) {
  for (PyObject* name : {"__module__"_id, "__name__"_id, "__qualname__"_id, "__doc__"_id, "__annotations__"_id}) {
    Ref v;
    int r = lookup_attr(callable, name, &v);
    if (r < 0 || (r > 0 && !setattr(self, name, v))) return false;
  }
  return true;
}
bool wrapped_init(Value self, Args args, const char* name) {
  if (keyword_count(args)) return raise(PyExc_TypeError, "%s() takes no keyword arguments", name);
  if (args.n != 1) return raise(PyExc_TypeError, "%s expected 1 argument, got %zd", name, args.n);
  return set_field(as_wrapped(self)->callable, args[0]) && copy_attributes(self, args[0]);
}
bool class_method_init(Value self, Args args) { return wrapped_init(self, args, "classmethod"); }
bool static_method_init(Value self, Args args) { return wrapped_init(self, args, "staticmethod"); }
Ref wrapped_new(PyTypeObject* type, Args) { return Ref::steal(Value{allocate_instance(type)}); }

Ref class_method_get(Value self, Value object, Value type) {
  Wrapped* w = as_wrapped(self);
  if (!w->callable) return raise(PyExc_RuntimeError, "uninitialized classmethod object");
  if (!type) type = Value{type_of(object)};
  Ref f = from_c(w->callable);
  if (DescrGetFn get = slots_of(f).tp_descr_get) return get(f, type, type);
  return bound_method(f, type);
}
Ref static_method_get(Value self, Value, Value) {
  Wrapped* w = as_wrapped(self);
  if (!w->callable) return raise(PyExc_RuntimeError, "uninitialized staticmethod object");
  return from_c(w->callable);
}
Ref static_method_call(Value self, Args args) {
  Wrapped* w = as_wrapped(self);
  if (!w->callable) return raise(PyExc_RuntimeError, "uninitialized staticmethod object");
  RecursionGuard guard(" while calling a Python object");
  if (!guard.ok) return {};
  Ref f = from_c(w->callable);
  return call(f, args);
}
Ref wrapped_function(Value v) { return get_field(as_wrapped(v)->callable); }
Ref wrapped_abstract(Value v) {
  Wrapped* w = as_wrapped(v);
  int r = w->callable ? abstract_flag(from_c_borrowed(w->callable)) : 0;
  return r < 0 ? Ref{} : bool_ref(r);
}
Ref wrapped_dict(Value v) { return instance_dict(v); }
bool set_wrapped_dict(Value v, Value d) { return set_instance_dict(v, d); }
Ref class_method_repr(Value v) {
  Ref f = wrapped_function(v);
  return str_format("<classmethod(%R)>", f.get());
}
Ref static_method_repr(Value v) {
  Ref f = wrapped_function(v);
  return str_format("<staticmethod(%R)>", f.get());
}
const GetSetRow wrapped_getset[] = {getset<wrapped_function, read_only>("__func__"),
                                    getset<wrapped_function, read_only>("__wrapped__"),
                                    getset<wrapped_abstract>("__isabstractmethod__"),
                                    getset<wrapped_dict, set_wrapped_dict>("__dict__"),
                                    {}};

Ref make_wrapped(PyTypeObject* type, Value callable) {
  Ref r = Ref::steal(Value{allocate_instance(type)});
  if (!r || !set_field(as_wrapped(r)->callable, callable)) return {};
  return r;
}

}  // namespace

Ref make_class_method(Value callable) { return make_wrapped(&PyClassMethod_Type, callable); }
Ref make_static_method(Value callable) { return make_wrapped(&PyStaticMethod_Type, callable); }

extern const TypeDef property_def, class_method_def, static_method_def;
const TypeDef property_def = {
    .type = &PyProperty_Type,
    .name = "property",
    .basicsize = sizeof(Property),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n"
           "  fset\n    function to be used for setting an attribute value\n"
           "  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\n"
           "Typical use is to define a managed attribute x:\n\n"
           "class C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n"
           "    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\n"
           "Decorators make defining new properties or modifying existing ones easy:\n\n"
           "class C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n"
           "    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    .signature = "(fget=None, fset=None, fdel=None, doc=None)",
    .dealloc = property_dealloc,
    .traverse = property_traverse,
    .clear = property_clear,
    .slots = {.tp_descr_get = slot::DescrGet<property_get>,
              .tp_descr_set = slot::DescrSet<property_set>,
              .tp_init = slot::Init<property_init>,
              .tp_new = slot::New<property_new>},
    .methods = property_methods,
    .getset = property_getset,
};
const TypeDef class_method_def = {
    .type = &PyClassMethod_Type,
    .name = "classmethod",
    .basicsize = sizeof(Wrapped),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "classmethod(function) -> method\n\nConvert a function to be a class method.\n\n"
           "A class method receives the class as implicit first argument,\n"
           "just like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n"
           "  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\n"
           "It can be called either on the class (e.g. C.f()) or on an instance\n"
           "(e.g. C().f()).  The instance is ignored except for its class.\n"
           "If a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\n"
           "Class methods are different than C++ or Java static methods.\n"
           "If you want those, see the staticmethod builtin.",
    .dealloc = wrapped_dealloc,
    .traverse = wrapped_traverse,
    .clear = wrapped_clear,
    .dictoffset = offsetof(Wrapped, dict),
    .slots = {.tp_repr = slot::Unary<class_method_repr>,
              .tp_descr_get = slot::DescrGet<class_method_get>,
              .tp_init = slot::Init<class_method_init>,
              .tp_new = slot::New<wrapped_new>},
    .getset = wrapped_getset,
};
const TypeDef static_method_def = {
    .type = &PyStaticMethod_Type,
    .name = "staticmethod",
    .basicsize = sizeof(Wrapped),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "staticmethod(function) -> method\n\nConvert a function to be a static method.\n\n"
           "A static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n"
           "     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\n"
           "It can be called either on the class (e.g. C.f()) or on an instance\n"
           "(e.g. C().f()). Both the class and the instance are ignored, and\n"
           "neither is passed implicitly as the first argument to the method.\n\n"
           "Static methods in Python are similar to those found in Java or C++.\n"
           "For a more advanced concept, see the classmethod builtin.",
    .dealloc = wrapped_dealloc,
    .traverse = wrapped_traverse,
    .clear = wrapped_clear,
    .dictoffset = offsetof(Wrapped, dict),
    .slots = {.tp_repr = slot::Unary<static_method_repr>,
              .tp_call = slot::Call<static_method_call>,
              .tp_descr_get = slot::DescrGet<static_method_get>,
              .tp_init = slot::Init<static_method_init>,
              .tp_new = slot::New<wrapped_new>},
    .getset = wrapped_getset,
};

}  // namespace adder
