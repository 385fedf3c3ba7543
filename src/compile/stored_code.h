// Code of the library as its cache keeps it, laid out so that a function costs next to nothing until it is called or looked at: of a
// stored code object only the head is made, with what a function object and a call need to know; the body (instructions, constants,
// names, tables) is read when somebody needs it.
//
// Until then co_consts is null, _co_linearray is where the code is stored, and _co_code the docstring if somebody has asked for it.
// Whoever uses more of a code object than name, file, line, flags and counts says need_code() first.
#pragma once
#include "compile/code.h"

namespace adder {

// The module's code in stored form; `number` is its own among all modules of one cache. ValueError for constants that no compiler makes.
Ref store_code(PyCodeObject* code, uint32_t number);
// Code that store_code wrote, which must stay where it is as long as the process lives, on a multiple of 8. The file name is the caller's.
Ref load_stored_code(const char* stored, Value filename);
// Drops the names that code of the modules read so far shares.
void forget_stored_names();

// What liveness analysis would find, from where the body's reader has seen it. Null, *why null: no memory.
struct Liveness;
Liveness* stored_liveness(PyCodeObject* code, const char* stored, const char** why);

bool read_stored_code(PyCodeObject* code);  // reads the body; false: exception
inline bool need_code(PyCodeObject* code) { return ADDER_LIKELY(code->co_consts != nullptr) || read_stored_code(code); }

// Notes what calls that only move arguments into place ask for (simple_argcount, room_for_registers in vm/function.h).
inline void allow_calls(PyCodeObject* c) {
  const bool positional = c->co_kwonlyargcount == 0 && !(c->co_flags & CO_VARKEYWORDS) && c->co_argcount < 0x7FFE;
  c->co_warmup = static_cast<short>(!positional ? -1 : c->co_flags & CO_VARARGS ? -2 - c->co_argcount : c->co_argcount);
  c->_co_linearray_entry_size = static_cast<short>(code_registers(c));
}
// Visits the name of each attribute that the code stores on its first parameter.
void visit_self_stores(PyCodeObject* code, void (*visit)(PyObject* name, void* arg), void* arg);

// The docstring: the first constant if that is a str, else None. Empty: exception.
Ref code_doc(PyCodeObject* code);
// Whether the body is still unread; then calls visit for the names of attributes that the code stores on its first parameter.
bool visit_stored_self_attributes(PyCodeObject* code, void (*visit)(PyObject* name, void* arg), void* arg);

}  // namespace adder
