// What other rooms use of sys.
#pragma once
#include "object/abi.h"
#include "vm/thread.h"

namespace adder {

// Audit events (PEP 578): false if a hook raised. Test audit_active() before making the arguments.
bool audit_active();
bool audit(const char* event, Value args_tuple);
// false: RuntimeError, another one is being installed.
bool set_trace_function(Thread* t, Py_tracefunc f, PyObject* arg);
bool set_profile_function(Thread* t, Py_tracefunc f, PyObject* arg);
PyTypeObject* unraisable_args_type();            // sys.UnraisableHookArgs
const char* const* builtin_module_names();       // runtime/inittab.cpp; ends with null
Ref stdlib_module_names();                       // a list: modules/sys_stdlib_names.cpp
extern int dlopen_flags;                         // of extension modules (sys.setdlopenflags)

}  // namespace adder
