// Source text as the lexer reads it: UTF-8, "\n" line ends, NULs behind its end.
#pragma once
#include <string>
#include <string_view>
#include "object/object.h"

namespace adder::syntax {

// Obeys BOM and coding cookie (PEP 263) unless `is_utf8`. `add_newline`: the last line gets a line end if it has none.
// false with SyntaxError. *raw: neither BOM nor cookie said that the bytes are UTF-8; they are not checked as a whole, and
// columns of errors in them stay bytes.
bool decode_source(std::string_view source, bool is_utf8, bool add_newline, Value filename, std::string* out, bool* raw);

// The encoding named on the first two lines, normalised as the tokenizer does it; empty if there is none.
std::string source_cookie(std::string_view source);

}  // namespace adder::syntax
