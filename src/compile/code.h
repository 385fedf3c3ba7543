// Code objects: CPython 3.11's PyCodeObject; what the fields mean for Adder's register code.
//
// co_code_adaptive holds 64-bit words (opcodes.def), Py_SIZE counts them in 2-byte units (4 a word). co_stacksize is the number of
// registers beyond the locals (temporaries and call windows); registers are: locals (parameters first), cells, free variables in
// co_localsplusnames order, then temporaries. co_linetable: CPython 3.11's location format, a code unit being one word.
// co_exceptiontable: CPython 3.11's varint format (start, length, target in words; then register << 1 | lasti): the register receives the exception;
// temporaries below it that are live throughout the range stay, those at or above it are released.
#pragma once
#include <string_view>
#include "compile/word.h"
#include "object/abi.h"

namespace adder::syntax { struct Mod; }  // syntax/tree.h

namespace adder {

inline Word* code_words(PyCodeObject* c) { return reinterpret_cast<Word*>(c->co_code_adaptive); }
inline Py_ssize_t code_word_count(PyCodeObject* c) { return Py_SIZE(c) / 4; }
inline int code_registers(PyCodeObject* c) { return c->co_nlocalsplus + c->co_stacksize; }

// Kinds in co_localspluskinds, as CPython's.
inline constexpr uint8_t kLocalKind = 0x20, kCellKind = 0x40, kFreeKind = 0x80;

// Everything that describes a code object; strings and tuples borrowed, counted by make_code.
struct CodeParts {
  int argcount = 0, posonlyargcount = 0, kwonlyargcount = 0, stacksize = 0, flags = 0, firstlineno = 1;
  const Word* words = nullptr;
  Py_ssize_t word_count = 0;
  Value consts, names, localsplusnames, localspluskinds, filename, name, qualname, linetable, exceptiontable;
};
// Verifies (always for code from outside, in checked builds for our own); ValueError / empty Ref on bad code.
Ref make_code(const CodeParts& parts, bool trusted);
// The same with co_code as bytes instead of words (marshal, types.CodeType).
Ref make_code_from_bytes(CodeParts parts, Value code_bytes, bool trusted);
// The same from outside, with the three tuples of names instead of localsplusnames and their kinds.
Ref make_code_from_names(CodeParts parts, Value code_bytes, Value varnames, Value cellvars, Value freevars);

// Line and columns of a word index; -1 where there is none.
struct Position { int line, end_line, column, end_column; };
Position code_position(PyCodeObject* c, Py_ssize_t word);
inline int code_line(PyCodeObject* c, Py_ssize_t word) { return code_position(c, word).line; }
// The handler for a word: false if none.
bool code_handler(PyCodeObject* c, Py_ssize_t word, Py_ssize_t* target, int* exception_register, bool* lasti);
// co_code as users see it: unspecialised, caches zero. New bytes.
Ref code_bytes(PyCodeObject* c);
// Names of the kinds: tuples co_varnames, co_cellvars, co_freevars (new references).
Ref code_varnames(PyCodeObject* c);
Ref code_cellvars(PyCodeObject* c);
Ref code_freevars(PyCodeObject* c);

// Liveness (compile/liveness.cpp), computed once per code object when first needed and cached in it: which temporaries hold a value just
// before the word executes with its last-use operands already consumed (that is: if it raises) or when a generator is suspended there.
// Calls f(register) for each, highest first.
struct Liveness;
const Liveness* code_liveness(PyCodeObject* c);  // null: MemoryError, or the code is malformed (SystemError)
void live_temporaries(const Liveness* liveness, Py_ssize_t word, void (*f)(int reg, void* arg), void* arg);
// The verifier: true if the code obeys the rules of registers; else raises ValueError with the reason.
bool verify_code(PyCodeObject* c);

// Compiles source text or a tree (compile/compile.cpp). mode: "exec", "eval", "single", "func_type" not here. flags: future flags and PyCF_*.
struct CompileOptions {
  int flags = 0;
  int optimize = -1;        // -1: the interpreter's
  int feature_version = -1;
};
Ref compile_source(std::string_view source, Value filename, const char* mode, const CompileOptions& options);
Ref compile_tree(syntax::Mod* tree, Value filename, const CompileOptions& options);

}  // namespace adder
