// From source text to tree.
#pragma once
#include <string_view>
#include "syntax/tree.h"

namespace adder::syntax {

enum class ParseMode : uint8_t {
  kExec,         // a file: gives a Module
  kSingle,       // one interactive statement: Interactive
  kEval,         // an expression: Expression
  kFuncType,     // a signature type comment "(int, str) -> bool": FunctionType
};

struct ParseOptions {
  ParseMode mode = ParseMode::kExec;
  int feature_version = 11;             // minor version of the grammar; newer syntax is refused
  bool source_is_utf8 = false;          // from a str: UTF-8 whatever the coding cookie says (PyCF_IGNORE_COOKIE)
  bool type_comments = false;           // PyCF_TYPE_COMMENTS
  bool allow_incomplete_input = false;  // PyCF_ALLOW_INCOMPLETE_INPUT: "incomplete input" where the text just ends
  bool dont_imply_dedent = false;       // PyCF_DONT_IMPLY_DEDENT
  bool barry_as_bdfl = false;           // from __future__ import barry_as_FLUFL
  bool top_level_await = false;         // PyCF_ALLOW_TOP_LEVEL_AWAIT: the compiler's affair; the grammar takes await anyway
};

// Null with SyntaxError, IndentationError, TabError, or what decoding and warnings raised. `source` need not end with
// a NUL or a line end; `filename` is a str (or any object, put into the error as it is).
Mod* parse_source(Arena& arena, std::string_view source, Value filename, const ParseOptions& options);

// What CPython asks of a script's file (or standard input) beyond the parser's own checks: an encoding that exists, and text in
// it. false with SyntaxError.
bool check_file_encoding(std::string_view source, Value filename);

// Raises SyntaxError (or a subclass) as the parser does, for errors found later (scopes, code generation). Lines count from
// 1, columns are UTF-8 bytes from 0; `source` may be empty, then the line's text is read from the file as CPython does.
// end_lineno 0: none. Gives false.
bool raise_syntax_error(PyObject* type, Value filename, std::string_view source, int lineno, int col_offset,
                        int end_lineno, int end_col_offset, Value message);

// A line of a source file (UTF-8), line end included; None if it cannot be read.
Ref line_of_file(const char* path, int lineno);

}  // namespace adder::syntax
