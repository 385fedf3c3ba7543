// The exception classes as C++ needs them beyond Python.h: construction, field access, groups.
#pragma once
#include "object/abi.h"
#include "object/builtin.h"
#include "object/error.h"

namespace adder {

// The static class objects; CPython's PyExc_X pointers point to them.
#define ADDER_EXCEPTION(name, base, kind, doc) extern "C" PyTypeObject _PyExc_##name;
#define ADDER_EXCEPTION_ALIAS(alias, name)
#include "object/exceptions.def"
#define ADDER_EXCEPTION(name, base, kind, doc) extern const TypeDef name##_def;
#define ADDER_EXCEPTION_ALIAS(alias, name)
#include "object/exceptions.def"

inline PyBaseExceptionObject* exception_fields(Value e) { return e.as<PyBaseExceptionObject>(); }

// What the subtypes share (exceptions.cpp).
Ref exception_new(PyTypeObject* type, Args args);
bool exception_init(Value self, Args args);
void exception_dealloc(PyObject* self);
int exception_traverse(PyObject* self, visitproc visit, void* arg);
int exception_clear(PyObject* self);
Ref exception_str(Value self);
Ref exception_repr(Value self);
Ref exception_reduce(Value self);
// A tuple of arguments as an exception keeps it: elements are real pointers.
Ref exception_args(const Value* words, size_t n);
// Stores a Value in a PyObject* field of a struct, boxed; absent clears. false: MemoryError.
bool store_field(PyObject** field, Value v);
inline Ref load_field(PyObject* field) { return field ? from_c(field) : none_ref(); }
// "X() takes no keyword arguments" if there are some.
bool no_keywords(const char* function, Args args);

// The handled exception becomes the context of one about to be raised; a cycle that this would close is cut.
void chain_exception(Value exception);

// After every built-in type is ready: ExceptionGroup (it has two bases), the errno table, spare MemoryErrors.
bool exceptions_init();
// Adds every exception class to the builtins module; initialises if that was not done.
bool exceptions_add(PyObject* builtins);
extern PyObject* exception_group_type;  // builtins.ExceptionGroup

// A MemoryError that needs no memory.
Ref spare_memory_error();
// The class for an errno when OSError itself is called; absent if there is none.
PyTypeObject* oserror_class_of(int errno_value);
void syntax_error_set_location(Value exception, Value filename, int line, int column, int end_line, int end_column, Value text);

// --- Groups ---------------------------------------------------------------------------------------------------------
bool is_exception_group(Value v);
// `except* T` against an exception: *match is the matching part (a bare exception is wrapped in a group), none() if none;
// *rest the remainder, none() if nothing is left. false: an exception is set (also for a bad type).
bool exception_group_match(Value exception, Value type, Ref* match, Ref* rest);
// What leaves a try-except* block: from the original exception and the list of raised or re-raised ones; none() if nothing.
Ref exception_group_reraise(Value original, Value raised_list);

}  // namespace adder
