// Small built-in types as C++ uses them: cells, weak references, capsules, aliases, unions, namespaces, contexts.
#pragma once
#include "object/abi.h"

extern "C" {
extern PyTypeObject _PyUnion_Type;
extern PyTypeObject _PyNamespace_Type;
}

namespace adder {

// --- Cells: ob_ref may hold a number while the cell is not c-visible -------------------------------------------------
Ref cell_new(Value content_or_absent);
Ref cell_new(Ref content);
inline Value& cell_word(Value cell) { return reinterpret_cast<Value&>(cell.as<PyCellObject>()->ob_ref); }
inline Value cell_get(Value cell) { return element(cell.object(), cell_word(cell)); }  // borrowed; absent: empty
bool cell_set(Value cell, Ref content);                                                // empty: clears

// --- Weak references -------------------------------------------------------------------------------------------------------
Ref weakref_new(Value object, Value callback_or_none);   // TypeError if the type has none
Ref weakref_proxy(Value object, Value callback_or_none);
Value weakref_get(Value ref);                            // borrowed referent; none() if dead
inline bool is_weakref(Value v) { return v.is_object() && is_exact(v, &_PyWeakref_RefType); }
// The head of an object's list of weak references, or null if its type has none.
PyWeakReference** weakref_list(PyObject* o);
Py_ssize_t weakref_count(PyObject* o);
// Unlinks a reference and makes it dead; its callback stays.
void weakref_detach(PyWeakReference* ref);
// The same, its callback dropped (the collector, for references that are garbage themselves).
void weakref_clear(PyWeakReference* ref);

// --- Capsules ------------------------------------------------------------------------------------------------------------
struct Capsule {
  PyObject head;
  void* pointer;
  const char* name;
  void* context;
  PyCapsule_Destructor destructor;
};
Ref capsule_new(void* pointer, const char* name, PyCapsule_Destructor destructor);

// --- types.GenericAlias, types.UnionType ------------------------------------------------------------------------------------
Ref make_generic_alias(Value origin, Value args);   // args: a tuple, or the one argument
bool is_generic_alias(Value v);
Ref make_union(Value a, Value b);                   // a | b; NotImplemented if they are no types
Value union_args(Value u);                          // tuple, borrowed
Ref alias_parameters(Value args);                   // the type variables among args, as a tuple
Ref alias_substitute(Value self, Value args, Value parameters, Value item);  // the new args
Ref repr_type_argument(Value v);                    // as it stands in list[...] and A | B

// --- types.SimpleNamespace ---------------------------------------------------------------------------------------------------
Ref namespace_new(Value dict_or_absent);            // keeps the given dict's items

// --- contextvars ----------------------------------------------------------------------------------------------------------------
Ref context_new();
Ref context_copy_current();
bool context_enter(Value context);                  // RuntimeError if entered already
bool context_exit(Value context);
Ref context_var_new(Value name, Value default_or_absent);
bool context_var_get(Value var, Value default_or_absent, Ref* out);  // out stays empty if there is none
Ref context_var_set(Value var, Value value);        // token
bool context_var_reset(Value var, Value token);
bool is_context(Value v);

}  // namespace adder
