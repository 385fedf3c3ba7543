// The module object (CPython's internal layout).
#pragma once
#include "object/abi.h"

namespace adder {

struct ModuleObject {
  PyObject head;
  PyObject* dict;
  PyModuleDef* def;
  void* state;
  PyObject* weaklist;
  PyObject* name;  // str or null
};
inline ModuleObject* as_module(Value v) { return v.as<ModuleObject>(); }
bool is_module(Value v);               // subclasses too
Ref module_new(Value name);           // with __name__, and None for __doc__, __package__, __loader__, __spec__
Value module_get(Value module, PyObject* name);  // from its dict; borrowed; absent

}  // namespace adder
