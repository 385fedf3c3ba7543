// A str that C makes without characters and fills with wchar_t later (PyUnicode_FromUnicode(NULL, n)). Until it is made ready it has
// neither length nor kind; what C functions return is made ready at the border, so that nobody else meets one.
#pragma once
#include "object/abi.h"

namespace adder {

Ref str_unready(Py_ssize_t length);
bool str_make_ready(PyObject* o);  // of one that is filled in; false: MemoryError
inline bool is_unready_str(PyObject* o) { return o->ob_type == &PyUnicode_Type && !reinterpret_cast<PyASCIIObject*>(o)->state.ready; }

}  // namespace adder
