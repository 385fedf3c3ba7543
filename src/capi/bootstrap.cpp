// Functions that macros of Python.h call.
#include "object/object.h"

extern "C" int PyType_IsSubtype(PyTypeObject* a, PyTypeObject* b) { return adder::is_subtype(a, b); }
