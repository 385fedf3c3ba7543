// Source text as the lexer reads it: UTF-8, "\n" line ends, NULs behind its end.
#pragma once
#include <string>
#include <string_view>
#include "object/object.h"

namespace adder::syntax {

// Obeys BOM and coding cookie (PEP 263) unless `is_utf8`. `add_newline`: the last line gets a line end if it has none.
// false with SyntaxError. Text that is meant to be UTF-8 already is not checked as a whole: *origin says so.
enum class Origin : uint8_t {
  kChecked,  // a str, or decoded by a codec
  kNamed,    // bytes that a BOM or a cookie calls UTF-8
  kRaw,      // bytes without either: columns of errors in them are counted in bytes
};
bool decode_source(std::string_view source, bool is_utf8, bool add_newline, Value filename, std::string* out, Origin* origin);

// The encoding named on the first two lines, normalised as the tokenizer does it; empty if there is none.
std::string source_cookie(std::string_view source);

}  // namespace adder::syntax
