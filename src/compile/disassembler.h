// Text of a code object's instructions.
#pragma once
#include <string>
#include <vector>
#include "compile/code.h"

namespace adder {

std::string disassemble(PyCodeObject* code);
// The operands of the instruction at a word, as the listing shows them.
std::string instruction_operands(PyCodeObject* code, Py_ssize_t word);

}  // namespace adder
