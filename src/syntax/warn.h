// Warnings of the lexer and parser: warnings.warn_explicit with the source's file name and line.
#pragma once
#include "object/error.h"

namespace adder::syntax {

// false: an exception is set (the warning's own class where a filter turns it into an error).
bool warn_or_error(PyObject* category, Value filename, int lineno, const char* text);

}  // namespace adder::syntax
