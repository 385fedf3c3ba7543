// Bound methods (`method`) and instancemethod.
#include "object/method.h"
#include <cstdlib>
#include <cstring>
#include <iterator>
#include "memory/kept.h"
#include "object/type_impl.h"

extern "C" {
PyTypeObject PyMethod_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyInstanceMethod_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

static_assert(sizeof(PyMethodObject) == 48 && offsetof(PyMethodObject, im_self) == 24);

PyMethodObject* as_method(Value v) { return v.as<PyMethodObject>(); }

// Dead ones are kept for the next: bound methods come and go in loops.
Kept<64> kept_methods;

void method_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &method_dealloc};
  if (guard.deferred) return;
  auto* m = reinterpret_cast<PyMethodObject*>(o);
  if (m->im_weakreflist) clear_weakrefs(o);
  PyObject *f = m->im_func, *self = m->im_self;
  if (!kept_methods.keep(o)) gc_free(o);
  decref(f);
  Py_XDECREF(self);
}
int method_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* m = reinterpret_cast<PyMethodObject*>(o);
  ADDER_VISIT(m->im_func);
  ADDER_VISIT(m->im_self);
  return 0;
}

Ref method_call(Value callable, Args args) {
  PyMethodObject* m = as_method(callable);
  size_t total = args.n + keyword_count(args);
  Value small[9];
  Value* words = total + 1 <= std::size(small) ? small : static_cast<Value*>(malloc((total + 1) * sizeof(Value)));
  if (!words) return raise_no_memory();
  words[0] = from_c_borrowed(m->im_self);
  if (total) memcpy(words + 1, args.v, total * sizeof(Value));
  Ref r = call(from_c_borrowed(m->im_func), Args{words, args.n + 1, args.kwnames});
  if (words != small) free(words);
  return r;
}
PyObject* method_vectorcall(PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return vectorcall_to_values(&method_call, callable, args, nargsf, kwnames);
}

Ref method_construct(PyTypeObject*, Args args) {
  if (keyword_count(args)) return raise(PyExc_TypeError, "method() takes no keyword arguments");
  if (args.n != 2) return raise(PyExc_TypeError, "method expected 2 arguments, got %zd", args.n);
  if (!is_callable(args[0])) return raise(PyExc_TypeError, "first argument must be callable");
  if (is_none(args[1])) return raise(PyExc_TypeError, "self must not be None");
  return bound_method(args[0], args[1]);
}

Ref method_getattro(Value self, PyObject* name) {
  PyTypeObject* type = type_of(self);
  if (Value d = type_lookup(type, name)) {
    Ref keep = Ref::copy(d);
    if (DescrGetFn get = slots_of(d).tp_descr_get) return get(d, self, Value{type});
    return keep;
  }
  return getattr(from_c_borrowed(as_method(self)->im_func), name);
}

Ref method_repr(Value v) {
  PyMethodObject* m = as_method(v);
  Value f = from_c_borrowed(m->im_func);
  Ref name;
  if (lookup_attr(f, "__qualname__"_id, &name) < 0) return {};
  if (!name && lookup_attr(f, "__name__"_id, &name) < 0) return {};
  if (name && !is_str(name)) name.reset();
  return str_format("<bound method %V of %R>", name.get(), "?", from_c_borrowed(m->im_self));
}
Ref method_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_exact(a, &PyMethod_Type) || !is_exact(b, &PyMethod_Type)) return not_implemented_ref();
  PyMethodObject *x = as_method(a), *y = as_method(b);
  int same = compare_bool(from_c_borrowed(x->im_func), from_c_borrowed(y->im_func), Py_EQ);
  if (same < 0) return {};
  if (same) same = from_c_borrowed(x->im_self) == from_c_borrowed(y->im_self);
  return bool_ref(same == (op == Py_EQ));
}
Py_hash_t method_hash(Value v) {
  PyMethodObject* m = as_method(v);
  Py_hash_t f = hash(from_c_borrowed(m->im_func));
  if (f == -1) return -1;
  uint64_t bits = from_c_borrowed(m->im_self).bits;
  auto h = static_cast<Py_hash_t>((bits >> 4 | bits << 60) ^ static_cast<uint64_t>(f));
  return h == -1 ? -2 : h;
}

Ref get_func(Value v) { return from_c(as_method(v)->im_func); }
Ref get_self(Value v) { return from_c(as_method(v)->im_self); }
Ref get_doc(Value v) { return getattr(from_c_borrowed(as_method(v)->im_func), "__doc__"_id); }
bool read_only(Value, Value) { return raise(PyExc_AttributeError, "readonly attribute"); }
Ref method_reduce(Value v) {
  PyMethodObject* m = as_method(v);
  Ref name = getattr(from_c_borrowed(m->im_func), "__name__"_id);
  Ref builtins = name ? hooks.import_module("builtins"_id) : Ref{};
  Ref f = builtins ? getattr(builtins, "getattr"_id) : Ref{};
  Ref args = f ? tuple_of({from_c_borrowed(m->im_self), name.get()}) : Ref{};
  return args ? tuple_of({f.get(), args.get()}) : Ref{};
}

const MethodRow method_methods[] = {method<method_reduce>("__reduce__", "($self, /)", ""), {}};
const GetSetRow method_getset[] = {getset<get_func, read_only>("__func__", "the function (or other callable) implementing a method"),
                                   getset<get_self, read_only>("__self__", "the instance to which a method is bound"),
                                   getset<get_doc>("__doc__"),
                                   {}};

// --- instancemethod: lets a builtin function bind like a Python one ---------------------------------------------------------------
PyInstanceMethodObject* as_instance_method(Value v) { return v.as<PyInstanceMethodObject>(); }
void instance_method_dealloc(PyObject* o) {
  gc_untrack(o);
  decref(reinterpret_cast<PyInstanceMethodObject*>(o)->func);
  gc_free(o);
}
int instance_method_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<PyInstanceMethodObject*>(o)->func);
  return 0;
}
Ref instance_method_new(PyTypeObject* type, Args args) {
  if (args.n != 1) return raise(PyExc_TypeError, "instancemethod expected 1 argument, got %zd", args.n);
  if (!is_callable(args[0])) return raise(PyExc_TypeError, "first argument must be callable");
  PyObject* o = gc_new_raw(type, sizeof(PyInstanceMethodObject));
  if (!o) return {};
  reinterpret_cast<PyInstanceMethodObject*>(o)->func = to_field(args[0]);
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref instance_method_call(Value v, Args args) { return call(from_c_borrowed(as_instance_method(v)->func), args); }
Ref instance_method_get(Value v, Value object, Value) {
  Value f = from_c_borrowed(as_instance_method(v)->func);
  return object ? bound_method(f, object) : Ref::copy(f);
}
Ref instance_method_getattro(Value self, PyObject* name) {
  PyTypeObject* type = type_of(self);
  if (Value d = type_lookup(type, name)) {
    Ref keep = Ref::copy(d);
    if (DescrGetFn get = slots_of(d).tp_descr_get) return get(d, self, Value{type});
    return keep;
  }
  return getattr(from_c_borrowed(as_instance_method(self)->func), name);
}
Ref instance_method_repr(Value v) {
  Value f = from_c_borrowed(as_instance_method(v)->func);
  Ref name;
  if (lookup_attr(f, "__name__"_id, &name) < 0) return {};
  if (name && !is_str(name)) name.reset();
  return str_format("<instancemethod %V at %p>", name.get(), "?", v.object());
}
Ref instance_method_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_exact(b, &PyInstanceMethod_Type)) return not_implemented_ref();
  int same = compare_bool(from_c_borrowed(as_instance_method(a)->func), from_c_borrowed(as_instance_method(b)->func), Py_EQ);
  return same < 0 ? Ref{} : bool_ref(same == (op == Py_EQ));
}
Ref instance_method_func(Value v) { return from_c(as_instance_method(v)->func); }
Ref instance_method_doc(Value v) { return getattr(from_c_borrowed(as_instance_method(v)->func), "__doc__"_id); }
const GetSetRow instance_method_getset[] = {
    getset<instance_method_func, read_only>("__func__", "the function (or other callable) implementing a method"),
    getset<instance_method_doc>("__doc__"), {}};

}  // namespace

void drop_kept_methods() { kept_methods.drop(); }

Ref bound_method(Value function, Value self) {
  PyObject* o = kept_methods.take();
  if (!o && !(o = gc_new_raw(&PyMethod_Type, sizeof(PyMethodObject)))) return {};
  auto* m = reinterpret_cast<PyMethodObject*>(o);
  m->im_func = to_field(function);
  m->im_self = to_field(self);
  m->im_weakreflist = nullptr;
  m->vectorcall = &method_vectorcall;
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref method_new(Value function, Value self) { return bound_method(function, self); }

extern const TypeDef method_def, instance_method_def;
const TypeDef method_def = {
    .type = &PyMethod_Type,
    .name = "method",
    .basicsize = sizeof(PyMethodObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .doc = "Create a bound instance method object.",
    .signature = "(function, instance, /)",
    .dealloc = method_dealloc,
    .traverse = method_traverse,
    .weaklistoffset = offsetof(PyMethodObject, im_weakreflist),
    .vectorcall_offset = offsetof(PyMethodObject, vectorcall),
    .slots = {.tp_repr = slot::Unary<method_repr>,
              .tp_hash = slot::Hash<method_hash>,
              .tp_call = slot::Call<method_call>,
              .tp_getattro = slot::GetAttr<method_getattro>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_richcompare = slot::Compare<method_compare>,
              .tp_new = slot::New<method_construct>},
    .methods = method_methods,
    .getset = method_getset,
};
const TypeDef instance_method_def = {
    .type = &PyInstanceMethod_Type,
    .name = "instancemethod",
    .basicsize = sizeof(PyInstanceMethodObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "instancemethod(function)\n\nBind a function to a class.",
    .dealloc = instance_method_dealloc,
    .traverse = instance_method_traverse,
    .slots = {.tp_repr = slot::Unary<instance_method_repr>,
              .tp_call = slot::Call<instance_method_call>,
              .tp_getattro = slot::GetAttr<instance_method_getattro>,
              .tp_richcompare = slot::Compare<instance_method_compare>,
              .tp_descr_get = slot::DescrGet<instance_method_get>,
              .tp_new = slot::New<instance_method_new>},
    .getset = instance_method_getset,
};

}  // namespace adder
