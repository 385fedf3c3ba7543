// Function objects and what binds arguments to their parameters.
#pragma once
#include "compile/code.h"

namespace adder {

// A function with the code's name; globals' __builtins__ found; __module__ from globals.
Ref function_new(PyCodeObject* code, PyObject* globals, Value qualname_or_absent);
// A code whose parameters are all plain positional is called by moving arguments only: their number. If *args comes behind them, -2 less
// their number. Else -1. Kept in co_warmup.
inline int simple_argcount(PyCodeObject* c) { return c->co_warmup; }
// Valid if simple_argcount() is not -1: its code_registers(), in one field.
inline size_t room_for_registers(PyCodeObject* c) { return static_cast<unsigned short>(c->_co_linearray_entry_size); }
// Binds positional and keyword arguments lying (owned) at r[0 …] to parameters, in place; consumes all. false: TypeError.
bool bind_arguments(PyFunctionObject* f, PyCodeObject* code, Value* r, size_t n_positional, PyObject* kwnames);

// Visits the name of each attribute that a function stores on its first parameter; nothing if it is no Python function (self_attributes.cpp).
void visit_self_attributes(Value function, void (*visit)(PyObject* name, void* arg), void* arg);

}  // namespace adder
