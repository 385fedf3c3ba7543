// Functions that macros of Python.h call.
#include "object/object.h"

extern "C" int PyType_IsSubtype(PyTypeObject* a, PyTypeObject* b) { return adder::is_subtype(a, b); }

namespace adder {
PyObject* module_from_def_and_spec(PyModuleDef*, PyObject*) { return raise(PyExc_ImportError, "extension modules are not loaded yet"); }
int module_exec_def(PyObject*, PyModuleDef*) { return raise(PyExc_ImportError, "extension modules are not loaded yet"); }
PyModuleDef* module_def_of(PyObject*) { return nullptr; }
}
