// Objects that stand for interpreters, counted: the last of an interpreter that its maker left to them ends it.
#pragma once
#include "object/abi.h"
#include "runtime/interpreter.h"

extern "C" PyTypeObject _PyInterpreterID_Type;

namespace adder {

// The interpreter need not exist if `force`; otherwise RuntimeError.
Ref interpreter_id_new(PyTypeObject* type, int64_t id, bool force);
// The number that an InterpreterID, or an int that is none, stands for. false: an exception.
bool interpreter_id_number(Value v, int64_t* id);
Interpreter* find_interpreter(int64_t id);  // null: RuntimeError

}  // namespace adder
