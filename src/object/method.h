// Bound methods and super, as the VM uses them.
#pragma once
#include "object/abi.h"

namespace adder {

Ref bound_method(Value function, Value self);
Ref method_new(Value function, Value self);  // the same
// The attribute that super(type, object).name finds: *unbound says that it is a function to be called with the object
// first. Empty without exception if the classes behind `type` in the MRO have none.
Ref super_lookup(PyTypeObject* type, Value object, PyObject* name, bool* unbound);
Ref super_getattr(PyTypeObject* type, Value object, PyObject* name);  // super(type, object).name

}  // namespace adder
