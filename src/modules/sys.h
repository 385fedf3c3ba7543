// What other rooms use of sys.
#pragma once
#include <vector>
#include "object/abi.h"
#include "object/audit.h"
#include "vm/thread.h"

namespace adder {

// false: RuntimeError, another one is being installed.
bool set_trace_function(Thread* t, Py_tracefunc f, PyObject* arg);
bool set_profile_function(Thread* t, Py_tracefunc f, PyObject* arg);
PyTypeObject* unraisable_args_type();            // sys.UnraisableHookArgs
std::vector<const char*> builtin_module_names();  // runtime/inittab.cpp
Ref stdlib_module_names();                       // a list: modules/sys_stdlib_names.cpp
extern int dlopen_flags;                         // of extension modules (sys.setdlopenflags)

}  // namespace adder
