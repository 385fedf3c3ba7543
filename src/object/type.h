// Type objects: readiness, lookup along the MRO, slots, shapes; what hangs off tp_cache.
#pragma once
#include "object/abi.h"
#include "object/slots.h"

namespace adder {

struct Shape;

// A type's extra data, made when first needed. Knows its owner, because foreign code copies type structs bytewise.
struct TypeExtra {
  PyTypeObject* owner;
  Slots slots;
  Shape* root_shape = nullptr;    // of new instances; null: no shape word
  uint32_t shape_offset = 0;      // of the shape word in an instance; 0: none
  uint16_t inline_slots = 0;      // how many attribute words follow the shape word
  bool own_getattr_hook = false;  // class defines __getattr__ or __getattribute__
  // Direct subclasses, borrowed: each takes itself out when it dies.
  PyTypeObject** subclasses = nullptr;
  uint32_t subclass_count = 0, subclass_capacity = 0;
  bool no_version = false;        // with a custom mro(): never cached
  const struct TypeDef* def = nullptr;  // of a type declared by ready_type
};
TypeExtra* make_extra(PyTypeObject* type);
inline TypeExtra* extra(PyTypeObject* type) {
  auto* e = reinterpret_cast<TypeExtra*>(type->tp_cache);
  if (ADDER_LIKELY(e != nullptr && e->owner == type)) return e;
  return make_extra(type);
}
inline const Slots& slots_of(PyTypeObject* type) { return extra(type)->slots; }
inline const Slots& slots_of(Value v) { return extra(type_of(v))->slots; }
// Derives the Value slots again from the tp_ fields (after they changed).
void refresh_slots(PyTypeObject* type);
// The Value function behind a C slot thunk of ours, or null; kind-independent. C API functions that serve as slots
// (PyObject_GenericGetAttr …) are registered the same way, by capi/.
void* value_slot_of(void* c_function);
void register_slot(void* c_function, void* value_function);

// PyType_Ready: inherits, fills tp_dict with slot wrappers, methods, members, getsets. false: exception.
bool type_ready(PyTypeObject* type);
// Lookup along the MRO: borrowed, canonical; absent without exception. name must be an interned str for cache hits.
Value type_lookup(PyTypeObject* type, PyObject* name);
// The type's version tag, assigned if it has none; 0 only when tags are used up.
uint32_t type_version(PyTypeObject* type);
void type_modified(PyTypeObject* type);  // PyType_Modified
// type(name, bases, namespace, **kwargs).
Ref type_new(PyTypeObject* metatype, Args args);
Ref make_heap_type(const char* name, PyTypeObject* base, Value namespace_or_absent);  // exception classes and the like
Ref type_name(PyTypeObject* type);       // __name__
Ref type_qualname(PyTypeObject* type);
Ref type_module(PyTypeObject* type);
const char* short_name(PyTypeObject* type);  // tp_name as error texts print it (after the last dot for heap types: whole tp_name)
// Instances' construction: `type_call` is type.__call__ as the VM and call() use it.
Ref type_call(Value type, Args args);
// The slot `tp_new` of `owner` called for `type` (which may be a subclass with a tp_new of its own).
Ref call_new(PyTypeObject* owner, PyTypeObject* type, Args args);
Ref type_getattro(Value type, PyObject* name);
bool type_setattro(Value type, PyObject* name, Value value);
// The C functions that our own types put into tp_alloc and tp_free.
PyObject* generic_alloc(PyTypeObject* type, Py_ssize_t items);  // also right for PyObject_GC_New of subclasses of ours
void generic_free(void* o);     // not a GC type
void generic_gc_free(void* o);
Py_hash_t hash_not_implemented(Value v);  // tp_hash of an unhashable type
bool is_unhashable(PyTypeObject* type);
Ref calculate_metaclass(PyTypeObject* metatype, Value bases);

}  // namespace adder
