// Audit events (PEP 578): what a program does is told to the hooks that sys.addaudithook and PySys_AddAuditHook registered.
#pragma once
#include <initializer_list>

#include "object/abi.h"

namespace adder {

extern bool audit_hooked;
inline bool audit_active() { return ADDER_UNLIKELY(audit_hooked); }
// false: a hook raised.
bool audit(const char* event, Value args_tuple);
bool audit_event(const char* event, std::initializer_list<Value> args);
// What an event costs where nobody listens: a look at a flag. An absent argument is passed as None.
inline bool audit(const char* event, std::initializer_list<Value> args = {}) { return !audit_active() || audit_event(event, args); }
// object.__setattr__, for the attributes that the audit documentation names.
inline bool audit_assignment(Value object, PyObject* name, Value value) { return audit("object.__setattr__", {object, Value{name}, value}); }

void audit_add_hook(Ref hook);
void audit_add_hook(Py_AuditHookFunction hook, void* data);
void audit_clear_hooks();  // those in Python, at the interpreter's end

}  // namespace adder
