// The C API's functions that foreign types put into their slots, made known to the slot registry: Adder calls the Value
// function behind them directly, and recognises an unhashable type.
#include "object/type_impl.h"

extern "C" {
// Weak: a program that links no C API has none of them.
#define WEAK __attribute__((weak))
WEAK PyObject* PyObject_GenericGetAttr(PyObject*, PyObject*);
WEAK int PyObject_GenericSetAttr(PyObject*, PyObject*, PyObject*);
WEAK Py_hash_t PyObject_HashNotImplemented(PyObject*);
WEAK PyObject* PyObject_SelfIter(PyObject*);
WEAK PyObject* PyType_GenericNew(PyTypeObject*, PyObject*, PyObject*);
#undef WEAK
}

namespace adder {

static Ref self_iter(Value v) { return Ref::copy(v); }
static Ref generic_new(PyTypeObject* type, Args) { return from_c_steal(type->tp_alloc(type, 0)); }

[[gnu::constructor]] static void register_slot_functions() {
  auto add = [](auto c, auto value) { register_slot(reinterpret_cast<void*>(c), reinterpret_cast<void*>(value)); };
  add(&PyObject_GenericGetAttr, &generic_getattr);
  add(&PyObject_GenericSetAttr, &generic_setattr);
  add(&PyObject_HashNotImplemented, &hash_not_implemented);
  add(&PyObject_SelfIter, &self_iter);
  add(&PyType_GenericNew, &generic_new);
}

}  // namespace adder
