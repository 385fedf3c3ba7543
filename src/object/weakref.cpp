// Weak references: the list behind an object, ref objects, and what happens when the referent dies.
// Proxies are in weakref_proxy.cpp.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" PyTypeObject _PyWeakref_RefType = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

// The list keeps the shared reference without callback first, then the shared proxy, then the others in the order made.
static bool is_basic_ref(PyWeakReference* r) { return r && Py_TYPE(r) == &_PyWeakref_RefType && !r->wr_callback; }
static bool is_basic_proxy(PyWeakReference* r) {
  return r && (Py_TYPE(r) == &_PyWeakref_ProxyType || Py_TYPE(r) == &_PyWeakref_CallableProxyType) && !r->wr_callback;
}

static PyWeakReference* fields(Value v) { return v.as<PyWeakReference>(); }

PyWeakReference** weakref_list(PyObject* o) {
  Py_ssize_t offset = Py_TYPE(o)->tp_weaklistoffset;
  return offset > 0 ? reinterpret_cast<PyWeakReference**>(reinterpret_cast<char*>(o) + offset) : nullptr;
}

Py_ssize_t weakref_count(PyObject* o) {
  PyWeakReference** list = weakref_list(o);
  Py_ssize_t n = 0;
  for (PyWeakReference* r = list ? *list : nullptr; r; r = r->wr_next) n++;
  return n;
}

void weakref_detach(PyWeakReference* r) {
  if (r->wr_object == Py_None) return;
  PyWeakReference** list = weakref_list(r->wr_object);
  if (*list == r) *list = r->wr_next;
  r->wr_object = Py_None;
  if (r->wr_prev) r->wr_prev->wr_next = r->wr_next;
  if (r->wr_next) r->wr_next->wr_prev = r->wr_prev;
  r->wr_prev = r->wr_next = nullptr;
}

void weakref_clear(PyWeakReference* r) {
  weakref_detach(r);
  Py_CLEAR(r->wr_callback);
}

// Links a new reference into the list of its referent.
static void link(PyWeakReference* r, PyWeakReference** list) {
  PyWeakReference* first = *list;
  PyWeakReference* after = nullptr;
  if (is_basic_ref(r)) {
    after = nullptr;
  } else {
    if (is_basic_ref(first)) after = first;
    if (!is_basic_proxy(r)) {
      PyWeakReference* second = after ? after->wr_next : first;
      if (is_basic_proxy(second)) after = second;
    }
  }
  if (after) {
    r->wr_prev = after;
    r->wr_next = after->wr_next;
    if (after->wr_next) after->wr_next->wr_prev = r;
    after->wr_next = r;
  } else {
    r->wr_prev = nullptr;
    r->wr_next = first;
    if (first) first->wr_prev = r;
    *list = r;
  }
}

static PyWeakReference** list_or_raise(Value object) {
  PyWeakReference** list = object.is_object() ? weakref_list(object.object()) : nullptr;
  if (!list) return raise(PyExc_TypeError, "cannot create weak reference to '%N' object", type_of(object));
  return list;
}

static PyObject* weakref_vectorcall(PyObject* self, PyObject* const*, size_t n, PyObject* kwnames);

static void fill(PyWeakReference* r, Value object, Value callback) {
  r->wr_object = object.object();
  r->wr_callback = callback.object();
  incref(callback);
  r->hash = -1;
  r->wr_prev = r->wr_next = nullptr;
  r->vectorcall = &weakref_vectorcall;
}

static Ref make(PyTypeObject* type, Value object, Value callback) {
  PyWeakReference** list = list_or_raise(object);
  if (!list) return nullptr;
  if (callback.absent() || is_none(callback)) callback = Value{};
  else if (callback.is_number()) return raise(PyExc_TypeError, "'%N' object is not callable", type_of(callback));
  if (!callback) {
    // One reference without callback serves all.
    if (type == &_PyWeakref_RefType) {
      if (is_basic_ref(*list) && refcount(reinterpret_cast<PyObject*>(*list)) > 0) return Ref::copy(reinterpret_cast<PyObject*>(*list));
    } else if (type == &_PyWeakref_ProxyType || type == &_PyWeakref_CallableProxyType) {
      PyWeakReference* second = is_basic_ref(*list) ? (*list)->wr_next : *list;
      if (is_basic_proxy(second) && refcount(reinterpret_cast<PyObject*>(second)) > 0) return Ref::copy(reinterpret_cast<PyObject*>(second));
    }
  }
  PyObject* o;
  // Subclasses, those of extension modules that are static too, are as large as they say.
  if (type != &_PyWeakref_RefType && type != &_PyWeakref_ProxyType && type != &_PyWeakref_CallableProxyType) {
    o = allocate_instance(type);
    if (!o) return nullptr;
    fill(fields(o), object, callback);
  } else {
    o = gc_new_raw(type, sizeof(PyWeakReference));
    if (!o) return nullptr;
    fill(fields(o), object, callback);
    gc_track(o);
  }
  // The allocation may have run a collection that changed the list, never its place.
  link(fields(o), list);
  return Ref::steal(o);
}

Ref weakref_new(Value object, Value callback) { return make(&_PyWeakref_RefType, object, callback); }
Ref weakref_proxy(Value object, Value callback) {
  return make(is_callable(object) ? &_PyWeakref_CallableProxyType : &_PyWeakref_ProxyType, object, callback);
}

Value weakref_get(Value ref) {
  PyObject* o = fields(ref)->wr_object;
  return refcount(o) > 0 ? Value{o} : none();
}

// --- Death of the referent -----------------------------------------------------------------------------------------------------
static void run_callback(Value ref, Value callback) {
  Ref r = call1(callback, ref);
  if (!r) write_unraisable(callback);
}

void clear_weakrefs(PyObject* o) {
  PyWeakReference** list = weakref_list(o);
  if (!list || !*list) return;
  // Those without callback first: callbacks then see every reference dead.
  while (is_basic_ref(*list) || is_basic_proxy(*list)) weakref_clear(*list);
  if (!*list) return;
  ErrorKeeper keep;
  if (!(*list)->wr_next) {
    PyWeakReference* r = *list;
    Ref callback = Ref::steal(r->wr_callback);
    r->wr_callback = nullptr;
    bool alive = refcount(reinterpret_cast<PyObject*>(r)) > 0;
    weakref_detach(r);
    if (callback && alive) {
      Ref hold = Ref::copy(reinterpret_cast<PyObject*>(r));
      run_callback(hold, callback);
    }
    return;
  }
  Ref pending = list_new();
  while (PyWeakReference* r = *list) {
    Ref callback = Ref::steal(r->wr_callback);
    r->wr_callback = nullptr;
    bool alive = refcount(reinterpret_cast<PyObject*>(r)) > 0;
    weakref_detach(r);
    if (callback && alive && pending) {
      list_append(pending, Value{reinterpret_cast<PyObject*>(r)});
      list_append(pending, std::move(callback));
    }
  }
  if (!pending) return clear_error();
  for (Py_ssize_t i = 0; i + 1 < list_size(pending); i += 2) {
    Ref ref = Ref::copy(list_get(pending, i)), callback = Ref::copy(list_get(pending, i + 1));
    run_callback(ref, callback);
  }
}

// --- The type ref ---------------------------------------------------------------------------------------------------------------
static Ref ref_new(PyTypeObject* type, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "__new__ expected at least 1 argument, got 0");
  if (args.n > 2) return raise(PyExc_TypeError, "__new__ expected at most 2 arguments, got %zu", args.n);
  return make(type, args[0], args.n > 1 ? args[1] : Value{});
}

static bool ref_init(Value, Args args) {
  if (args.kwnames && !no_keywords("ref", args)) return false;
  if (args.n < 1) return raise(PyExc_TypeError, "__init__ expected at least 1 argument, got 0");
  if (args.n > 2) return raise(PyExc_TypeError, "__init__ expected at most 2 arguments, got %zu", args.n);
  return true;
}

static Ref ref_call(Value self, Args args) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "%N() takes no keyword arguments", type_of(self));
  if (args.n) return raise(PyExc_TypeError, "%N expected 0 arguments, got %zu", type_of(self), args.n);
  return Ref::copy(weakref_get(self));
}
static PyObject* weakref_vectorcall(PyObject* self, PyObject* const*, size_t n, PyObject* kwnames) {
  return ref_call(self, Args{nullptr, static_cast<size_t>(PyVectorcall_NARGS(n)), kwnames}).release().object();
}

static Py_hash_t ref_hash(Value self) {
  auto* r = fields(self);
  if (r->hash != -1) return r->hash;
  Ref object = Ref::copy(weakref_get(self));
  if (is_none(object)) return raise(PyExc_TypeError, "weak object has gone away");
  r->hash = hash(object);
  return r->hash;
}

static Ref ref_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_instance_exactly(a, &_PyWeakref_RefType) || !b.is_object() ||
      !is_instance_exactly(b, &_PyWeakref_RefType)) {
    return not_implemented_ref();
  }
  Ref x = Ref::copy(weakref_get(a)), y = Ref::copy(weakref_get(b));
  if (is_none(x) || is_none(y)) return bool_ref((a == b) == (op == Py_EQ));
  return compare(x, y, op);
}

static Ref ref_repr(Value self) {
  Ref object = Ref::copy(weakref_get(self));
  if (is_none(object)) return str_format("<weakref at %p; dead>", self.as<void>());
  Ref name;
  if (lookup_attr(object, "__name__"_id, &name) < 0) return nullptr;
  const char* type = type_of(object)->tp_name;
  if (!name || !is_str(name)) return str_format("<weakref at %p; to '%s' at %p>", self.as<void>(), type, object.as<void>());
  return str_format("<weakref at %p; to '%s' at %p (%U)>", self.as<void>(), type, object.as<void>(), name.get());
}

static void ref_dealloc(PyObject* o) {
  gc_untrack(o);
  weakref_clear(fields(o));
  Py_TYPE(o)->tp_free(o);
}
static int ref_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->wr_callback);
  return 0;
}
static int ref_clear(PyObject* o) {
  weakref_clear(fields(o));
  return 0;
}

static Ref ref_class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }

static const MethodRow ref_methods[] = {
    class_method<ref_class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"), {}};
static PyMemberDef ref_members[] = {
    {"__callback__", T_OBJECT, offsetof(PyWeakReference, wr_callback), READONLY, nullptr}, {nullptr, 0, 0, 0, nullptr}};

extern const TypeDef weakref_def{
    .type = &_PyWeakref_RefType,
    .name = "weakref.ReferenceType",
    .basicsize = sizeof(PyWeakReference),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_BASETYPE,
    .dealloc = ref_dealloc,
    .traverse = ref_traverse,
    .clear = ref_clear,
    .vectorcall_offset = offsetof(PyWeakReference, vectorcall),
    .slots = {.tp_repr = slot::Unary<ref_repr>,
              .tp_hash = slot::Hash<ref_hash>,
              .tp_call = slot::Call<ref_call>,
              .tp_richcompare = slot::Compare<ref_compare>,
              .tp_init = slot::Init<ref_init>,
              .tp_new = slot::New<ref_new>},
    .methods = ref_methods,
    .members = ref_members,
};

}  // namespace adder
