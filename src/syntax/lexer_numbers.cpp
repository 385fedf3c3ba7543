// Number literals, with CPython's errors, and its warning where a keyword follows at once (`1or 2`).
#include <cstring>

#include "object/hooks.h"
#include "object/str.h"
#include "syntax/lexer.h"
#include "syntax/warn.h"

namespace adder::syntax {

namespace {
inline bool digit(char c) { return c >= '0' && c <= '9'; }
inline bool hex_digit(char c) { return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
inline bool name_char(char c) {
  return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || static_cast<uint8_t>(c) >= 128;
}
}  // namespace

// Digits with single underscores between; cur_ at a digit.
bool Lexer::decimal_tail() {
  while (true) {
    do cur_++; while (digit(*cur_));
    if (*cur_ != '_') return true;
    cur_++;
    if (!digit(*cur_)) return fail("invalid decimal literal");
  }
}

// What may not follow a number at once: a name, except keywords that stand there in old code.
bool Lexer::end_of_number(const char* start, const char* kind) {
  const char* p = cur_;
  auto follows = [&](const char* word) { return std::strncmp(p, word, std::strlen(word)) == 0; };
  auto keyword = [&](const char* word) { return follows(word) && !name_char(p[std::strlen(word)]); };
  if (!name_char(*p)) return true;
  if (follows("if") || follows("in") || follows("is") || keyword("and") || keyword("else") || keyword("for") ||
      keyword("or") || keyword("not")) {
    char text[64];
    std::snprintf(text, sizeof text, "invalid %s literal", kind);
    if (warn_or_error(PyExc_SyntaxWarning, options_.filename, lineno_, text)) return true;
    if (error_matches(PyExc_SyntaxWarning)) {
      // The warning as an error is shown as a syntax error.
      clear_error();
      return fail("%s", text);
    }
    error.raised = true;
    emit(Tok::kError, cur_, cur_);
    return false;
  }
  return fail("invalid %s literal", kind);
}

bool Lexer::number(const char* start) {
  const char* kind = "decimal";
  if (*cur_ == '.') {
    cur_++;
    goto fraction;
  }
  if (*cur_ == '0') {
    char base = cur_[1] | 0x20;
    if (base == 'x') {
      cur_ += 2;
      do {
        if (*cur_ == '_') cur_++;
        if (!hex_digit(*cur_)) return fail("invalid hexadecimal literal");
        do cur_++; while (hex_digit(*cur_));
      } while (*cur_ == '_');
      kind = "hexadecimal";
      goto whole;
    }
    if (base == 'o' || base == 'b') {
      char top = base == 'o' ? '7' : '1';
      kind = base == 'o' ? "octal" : "binary";
      cur_ += 2;
      do {
        if (*cur_ == '_') cur_++;
        if (*cur_ < '0' || *cur_ > top) {
          if (digit(*cur_)) { char c = *cur_++; return fail("invalid digit '%c' in %s literal", c, kind); }
          return fail("invalid %s literal", kind);
        }
        do cur_++; while (*cur_ >= '0' && *cur_ <= top);
      } while (*cur_ == '_');
      if (digit(*cur_)) { char c = *cur_++; return fail("invalid digit '%c' in %s literal", c, kind); }
      goto whole;
    }
    cur_++;
    while (true) {
      if (*cur_ == '_') {
        cur_++;
        if (!digit(*cur_)) return fail("invalid decimal literal");
      }
      if (*cur_ != '0') break;
      cur_++;
    }
    const char* zeros_end = cur_;
    bool nonzero = false;
    if (digit(*cur_)) {
      nonzero = true;
      if (!decimal_tail()) return false;
    }
    if (*cur_ == '.') { cur_++; goto fraction; }
    if ((*cur_ | 0x20) == 'e') goto exponent;
    if ((*cur_ | 0x20) == 'j') goto imaginary;
    if (nonzero) {
      int first = static_cast<int>(start - line_start_) + 1, last = static_cast<int>(zeros_end - line_start_) + 1;
      fail("leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers");
      error.col = first;
      error.end_col = last;
      error.is_range = true;
      return false;
    }
    goto whole;
  }
  if (!decimal_tail()) return false;
  if (*cur_ == '.') {
    cur_++;
  fraction:
    if (digit(*cur_) && !decimal_tail()) return false;
  }
  if ((*cur_ | 0x20) == 'e') {
  exponent:
    const char* e = cur_++;
    if (*cur_ == '+' || *cur_ == '-') {
      cur_++;
      if (!digit(*cur_)) return fail("invalid decimal literal");
    } else if (!digit(*cur_)) {
      cur_ = e;
      goto whole;
    }
    if (!decimal_tail()) return false;
  }
  if ((*cur_ | 0x20) == 'j') {
  imaginary:
    cur_++;
    kind = "imaginary";
  }
whole:
  if (!end_of_number(start, kind)) return false;
  emit(Tok::kNumber, start, cur_);
  return true;
}

}  // namespace adder::syntax
