// Lines, indentation, names, strings, operators. Numbers: lexer_numbers.cpp. Texts of errors are CPython's.
#include "syntax/lexer.h"

#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>

#include "object/object.h"
#include "object/str.h"

namespace adder::syntax {

namespace {

enum : uint8_t { kNameStart = 1, kNamePart = 2, kDigit = 4 };
struct CharTable {
  uint8_t of[256] = {};
  constexpr CharTable() {
    for (int c = 0; c < 256; c++) {
      bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
      bool digit = c >= '0' && c <= '9';
      of[c] = (letter ? kNameStart | kNamePart : 0) | (digit ? kDigit | kNamePart : 0);
    }
  }
};
constexpr CharTable kChars;
inline uint8_t char_class(char c) { return kChars.of[static_cast<uint8_t>(c)]; }

constexpr int kMaxIndent = 100, kMaxLevel = 200;

}  // namespace

Tok keyword_of(std::string_view s) {
  const char* p = s.data();
  auto is = [&](const char* word) { return std::memcmp(p, word, s.size()) == 0; };
  switch (s.size()) {
    case 2:
      switch (p[0]) {
        case 'i':
          if (p[1] == 'f') return Tok::kIf;
          if (p[1] == 'n') return Tok::kIn;
          if (p[1] == 's') return Tok::kIs;
          break;
        case 'a': if (p[1] == 's') return Tok::kAs; break;
        case 'o': if (p[1] == 'r') return Tok::kOr; break;
      }
      break;
    case 3:
      switch (p[0]) {
        case 'a': if (is("and")) return Tok::kAnd; break;
        case 'd':
          if (is("def")) return Tok::kDef;
          if (is("del")) return Tok::kDel;
          break;
        case 'f': if (is("for")) return Tok::kFor; break;
        case 'n': if (is("not")) return Tok::kNot; break;
        case 't': if (is("try")) return Tok::kTry; break;
      }
      break;
    case 4:
      switch (p[0]) {
        case 'N': if (is("None")) return Tok::kNone; break;
        case 'T': if (is("True")) return Tok::kTrue; break;
        case 'e':
          if (is("else")) return Tok::kElse;
          if (is("elif")) return Tok::kElif;
          break;
        case 'f': if (is("from")) return Tok::kFrom; break;
        case 'p': if (is("pass")) return Tok::kPass; break;
        case 'w': if (is("with")) return Tok::kWith; break;
      }
      break;
    case 5:
      switch (p[0]) {
        case 'F': if (is("False")) return Tok::kFalse; break;
        case 'a':
          if (is("async")) return Tok::kAsync;
          if (is("await")) return Tok::kAwait;
          break;
        case 'b': if (is("break")) return Tok::kBreak; break;
        case 'c': if (is("class")) return Tok::kClass; break;
        case 'r': if (is("raise")) return Tok::kRaise; break;
        case 'w': if (is("while")) return Tok::kWhile; break;
        case 'y': if (is("yield")) return Tok::kYield; break;
      }
      break;
    case 6:
      switch (p[0]) {
        case 'a': if (is("assert")) return Tok::kAssert; break;
        case 'e': if (is("except")) return Tok::kExcept; break;
        case 'g': if (is("global")) return Tok::kGlobal; break;
        case 'i': if (is("import")) return Tok::kImport; break;
        case 'l': if (is("lambda")) return Tok::kLambda; break;
        case 'r': if (is("return")) return Tok::kReturn; break;
      }
      break;
    case 7: if (is("finally")) return Tok::kFinally; break;
    case 8:
      if (is("continue")) return Tok::kContinue;
      if (is("nonlocal")) return Tok::kNonlocal;
      break;
  }
  return Tok::kName;
}

void Lexer::emit(Tok kind, const char* begin, const char* end) {
  Token t;
  t.kind = kind;
  t.level = static_cast<uint8_t>(level_);
  t.lineno = t.end_lineno = lineno_;
  t.col = column(begin);
  t.end_col = column(end);
  t.begin = static_cast<uint32_t>(begin - text_.data());
  t.end = static_cast<uint32_t>(end - text_.data());
  tokens.push_back(t);
}

bool Lexer::fail(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message, sizeof error.message, format, args);
  va_end(args);
  error.type = PyExc_SyntaxError;
  error.lineno = lineno_;
  error.col = error.end_col = static_cast<int>(cur_ - line_start_);
  error.whole_line = false;
  emit(Tok::kError, cur_, cur_);
  return false;
}

bool Lexer::fail_type(PyObject* type, const char* message, int col, int end_col) {
  std::snprintf(error.message, sizeof error.message, "%s", message);
  error.type = type;
  error.lineno = lineno_;
  error.col = col;
  error.end_col = end_col;
  emit(Tok::kError, cur_, cur_);
  return false;
}

void Lexer::run() {
  tokens.reserve(text_.size() / 4 + 16);
  tokens.push_back(Token{});  // so that there is a token before the first
  cur_ = line_start_ = chain_start_ = text_.data();
  end_ = cur_ + text_.size();
  lineno_ = options_.first_lineno;
  while (true) {
    if (at_line_start_ && !line_start()) break;
    if (!token()) break;
  }
  if (level_ > 0) unclosed = brackets_[level_ - 1];
}

// Measures the indentation of a line and emits INDENT and DEDENT tokens.
bool Lexer::line_start() {
  at_line_start_ = false;
  int col = 0, alt = 0, continued_col = 0;
  for (;; cur_++) {
    if (*cur_ == ' ') { col++; alt++; }
    else if (*cur_ == '\t') { col = (col / 8 + 1) * 8; alt++; }
    else if (*cur_ == '\f') col = alt = 0;
    else if (*cur_ == '\\') {
      // Indentation cannot be split over lines: the part before the first backslash is what counts.
      if (!continued_col) continued_col = col;
      cur_++;
      if (!continuation()) return false;
      chain_start_ = cur_;
      cur_--;
    } else break;
  }
  char c = *cur_;
  blank_line_ = false;
  if (c == '#' || c == '\n') blank_line_ = true;
  if (c == 0 && cur_ >= end_) return true;  // the end's dedents are text_end's
  if (blank_line_ || level_ > 0) return true;
  if (continued_col) col = alt = continued_col;
  int* top = &indent_[indents_];
  if (col == *top) {
    if (alt != alt_indent_[indents_]) goto inconsistent;
  } else if (col > *top) {
    if (indents_ + 1 >= kMaxIndent) return fail_type(PyExc_IndentationError, "too many levels of indentation", 1, 0);
    if (alt <= alt_indent_[indents_]) goto inconsistent;
    indents_++;
    indent_[indents_] = col;
    alt_indent_[indents_] = alt;
    emit(Tok::kIndent, cur_, cur_);
  } else {
    int dedents = 0;
    while (indents_ > 0 && col < indent_[indents_]) { indents_--; dedents++; }
    if (col != indent_[indents_]) {
      const char* line_end = static_cast<const char*>(std::memchr(cur_, '\n', end_ - cur_));
      cur_ = line_end ? line_end + 1 : end_;
      return fail_type(PyExc_IndentationError, "unindent does not match any outer indentation level",
                       static_cast<int>(cur_ - line_start_), -1);
    }
    if (alt != alt_indent_[indents_]) goto inconsistent;
    while (dedents-- > 0) emit(Tok::kDedent, cur_, cur_);
  }
  if (in_async_def_ && async_def_line_ended_ && async_def_indents_ >= indents_) in_async_def_ = false;
  return true;
inconsistent:
  return fail_type(PyExc_TabError, "inconsistent use of tabs and spaces in indentation", 1, 0);
}

// The tokens behind the last line. Their place is the last line's end, line end included.
void Lexer::text_end() {
  bool at_start = cur_ == line_start_;
  if (at_start) {
    lineno_--;
    if (previous_line_) line_start_ = previous_line_;
  }
  if (level_ > 0) {
    error.type = nullptr;  // stands for the bracket that was never closed
    error.at_end = true;
    emit(Tok::kError, cur_, cur_);
    return;
  }
  if (at_start) {
    for (; indents_ > 0; indents_--) emit(Tok::kDedent, cur_, cur_);
  }
  if (options_.one_statement && tokens.size() > 1) {
    emit(Tok::kNewline, cur_, cur_);
    if (indents_ > 0 && !options_.dont_imply_dedent) {
      for (; indents_ > 0; indents_--) emit(Tok::kDedent, cur_, cur_);
      emit(Tok::kNewline, cur_, cur_);
    }
  }
  emit(Tok::kEnd, cur_, cur_);
}

// Behind a backslash: goes on to the next line.
bool Lexer::continuation() {
  if (*cur_ != '\n') {
    // Counted from the line on which the chain of continuations began.
    int col = static_cast<int>(cur_ - chain_start_) + 1;
    if (cur_ < end_) cur_++;
    return fail_type(PyExc_SyntaxError, "unexpected character after line continuation character", col, 0);
  }
  cur_++;
  if (cur_ >= end_) {
    error.at_end = true;
    if (level_ > 0) {
      emit(Tok::kError, cur_, cur_);  // without a type: the bracket that was never closed
      return false;
    }
    return fail_type(PyExc_SyntaxError, "unexpected EOF while parsing", static_cast<int>(cur_ - line_start_), -1);
  }
  new_line();
  return true;
}

// A comment, cur_ at `#`. false: a type comment was emitted.
bool Lexer::comment() {
  const char* start = cur_;
  const char* line_end = static_cast<const char*>(std::memchr(cur_, '\n', end_ - cur_));
  cur_ = line_end ? line_end : end_;
  if (!options_.type_comments) return true;
  const char* p = start;
  for (const char* prefix = "# type: "; *prefix; prefix++) {
    if (*prefix == ' ') {
      while (p < cur_ && (*p == ' ' || *p == '\t')) p++;
    } else if (p < cur_ && *p == *prefix) {
      p++;
    } else {
      return true;
    }
  }
  const char* behind = p + 6;
  bool ignore = cur_ >= behind && std::memcmp(p, "ignore", 6) == 0 &&
                !(cur_ > behind && (static_cast<uint8_t>(*behind) >= 128 || std::isalnum(static_cast<uint8_t>(*behind))));
  if (ignore) {
    ignores.push_back({lineno_, static_cast<uint32_t>(behind - text_.data()), static_cast<uint32_t>(cur_ - text_.data())});
    return true;
  }
  emit(Tok::kTypeComment, p, cur_);
  return false;
}

bool Lexer::token() {
  const char* comment_start = nullptr;
again:
  while (*cur_ == ' ' || *cur_ == '\t' || *cur_ == '\f') cur_++;
  const char* start = cur_;
  char c = *cur_;
  if (char_class(c) & kNameStart) return name(start);
  if (c == '#') {
    comment_start = start;
    if (!comment()) {
      blank_line_ = false;  // the line's end counts behind a type comment
      return true;
    }
    goto again;
  }
  if (c == '\n') {
    if (blank_line_ || level_ > 0) {
      cur_++;
      new_line();
      chain_start_ = cur_;
      comment_start = nullptr;
      if (level_ > 0) goto again;
    } else {
      async_def_line_ended_ = in_async_def_;
      emit(Tok::kNewline, comment_start ? comment_start : start, start);  // a comment belongs to it
      cur_++;
      new_line();
      chain_start_ = cur_;
    }
    at_line_start_ = true;
    return true;
  }
  if (char_class(c) & kDigit || (c == '.' && char_class(cur_[1]) & kDigit)) return number(start);
  cur_++;
  Tok kind;
  switch (c) {
    case 0:
      if (start >= end_) {
        cur_--;
        text_end();
        return false;
      }
      return fail("source code cannot contain null bytes");
    case '\'': case '"': return string(start, start);
    case '\\':
      if (!continuation()) return false;
      joined.push_back(static_cast<uint32_t>(cur_ - text_.data()));
      goto again;
    case '(': case '[': case '{': {
      if (level_ >= kMaxLevel) return fail("too many nested parentheses");
      brackets_[level_++] = {c, lineno_, column(start)};
      emit(c == '(' ? Tok::kLeftParen : c == '[' ? Tok::kLeftBracket : Tok::kLeftBrace, start, cur_);
      return true;
    }
    case ')': case ']': case '}': {
      if (level_ == 0) return fail("unmatched '%c'", c);
      Bracket open = brackets_[--level_];
      char wanted = open.open == '(' ? ')' : open.open == '[' ? ']' : '}';
      if (c != wanted) {
        if (open.lineno != lineno_)
          return fail("closing parenthesis '%c' does not match opening parenthesis '%c' on line %d", c, open.open, open.lineno);
        return fail("closing parenthesis '%c' does not match opening parenthesis '%c'", c, open.open);
      }
      emit(c == ')' ? Tok::kRightParen : c == ']' ? Tok::kRightBracket : Tok::kRightBrace, start, cur_);
      return true;
    }
    case ':': kind = *cur_ == '=' ? (cur_++, Tok::kColonEqual) : Tok::kColon; break;
    case ',': kind = Tok::kComma; break;
    case ';': kind = Tok::kSemicolon; break;
    case '.':
      if (cur_[0] == '.' && cur_[1] == '.') { cur_ += 2; kind = Tok::kEllipsis; }
      else kind = Tok::kDot;
      break;
    case '=': kind = *cur_ == '=' ? (cur_++, Tok::kEqualEqual) : Tok::kEqual; break;
    case '+': kind = *cur_ == '=' ? (cur_++, Tok::kPlusEqual) : Tok::kPlus; break;
    case '-': kind = *cur_ == '=' ? (cur_++, Tok::kMinusEqual) : *cur_ == '>' ? (cur_++, Tok::kArrow) : Tok::kMinus; break;
    case '*':
      if (*cur_ == '*') { cur_++; kind = *cur_ == '=' ? (cur_++, Tok::kDoubleStarEqual) : Tok::kDoubleStar; }
      else kind = *cur_ == '=' ? (cur_++, Tok::kStarEqual) : Tok::kStar;
      break;
    case '/':
      if (*cur_ == '/') { cur_++; kind = *cur_ == '=' ? (cur_++, Tok::kDoubleSlashEqual) : Tok::kDoubleSlash; }
      else kind = *cur_ == '=' ? (cur_++, Tok::kSlashEqual) : Tok::kSlash;
      break;
    case '%': kind = *cur_ == '=' ? (cur_++, Tok::kPercentEqual) : Tok::kPercent; break;
    case '@': kind = *cur_ == '=' ? (cur_++, Tok::kAtEqual) : Tok::kAt; break;
    case '&': kind = *cur_ == '=' ? (cur_++, Tok::kAmpersandEqual) : Tok::kAmpersand; break;
    case '|': kind = *cur_ == '=' ? (cur_++, Tok::kBarEqual) : Tok::kBar; break;
    case '^': kind = *cur_ == '=' ? (cur_++, Tok::kCaretEqual) : Tok::kCaret; break;
    case '~': kind = Tok::kTilde; break;
    case '<':
      if (*cur_ == '<') { cur_++; kind = *cur_ == '=' ? (cur_++, Tok::kLeftShiftEqual) : Tok::kLeftShift; }
      else if (*cur_ == '>') { cur_++; kind = Tok::kNotEqual; }
      else kind = *cur_ == '=' ? (cur_++, Tok::kLessEqual) : Tok::kLess;
      break;
    case '>':
      if (*cur_ == '>') { cur_++; kind = *cur_ == '=' ? (cur_++, Tok::kRightShiftEqual) : Tok::kRightShift; }
      else kind = *cur_ == '=' ? (cur_++, Tok::kGreaterEqual) : Tok::kGreater;
      break;
    case '!':
      if (*cur_ == '=') { cur_++; kind = Tok::kNotEqual; }
      else kind = Tok::kOther;
      break;
    default:
      if (static_cast<uint8_t>(c) < 32 || c == 127) return fail("invalid non-printable character U+%04X", c);
      kind = Tok::kOther;
  }
  emit(kind, start, cur_);
  return true;
}

bool Lexer::name(const char* start) {
  // String prefixes: b, r, u, f and their legal pairs.
  bool b = false, r = false, u = false, f = false;
  const char* p = start;
  while (true) {
    char c = *p | 0x20;
    if (c == 'b' && !(b || u || f)) b = true;
    else if (c == 'u' && !(b || u || r || f)) u = true;
    else if (c == 'r' && !(r || u)) r = true;
    else if (c == 'f' && !(f || b || u)) f = true;
    else break;
    p++;
    if (*p == '"' || *p == '\'') {
      cur_ = p + 1;
      return string(start, p);
    }
  }
  p = start;
  uint8_t seen = 0;
  do { seen |= static_cast<uint8_t>(*p); p++; } while (char_class(*p) & kNamePart);
  cur_ = p;
  if (seen >= 128) {
    if (!verify_name(start)) return false;
    emit(Tok::kName, start, p);
    return true;
  }
  size_t length = p - start;
  Tok word = length <= 8 && length >= 2 ? keyword_of({start, length}) : Tok::kName;
  if (ADDER_UNLIKELY(options_.async_names) && (word == Tok::kAsync || word == Tok::kAwait)) word = async_word(word);
  emit(word, start, p);
  tokens.back().plain = true;
  return true;
}

// Before Python 3.7: `async` is a keyword before `def`, both words are within such a function; cur_ is behind the word.
Tok Lexer::async_word(Tok word) {
  if (in_async_def_) return word;
  if (word == Tok::kAwait) return Tok::kName;
  const char* p = cur_;
  while (*p == ' ' || *p == '\t' || *p == '\f') p++;
  if (std::strncmp(p, "def", 3) != 0 || (char_class(p[3]) & kNamePart)) return Tok::kName;
  in_async_def_ = true;
  async_def_line_ended_ = false;
  async_def_indents_ = indents_;
  return word;
}

// A name with characters beyond ASCII.
bool Lexer::verify_name(const char* start) {
  const char* end = cur_;
  Ref checked = str_from_utf8({start, static_cast<size_t>(end - start)});
  if (!checked) {
    if (!error_matches(PyExc_UnicodeError)) {
      error.raised = true;
      emit(Tok::kError, cur_, cur_);
      return false;
    }
    Ref reason = take_error();
    Ref text = to_str(reason);
    std::string_view bytes = text ? str_utf8(text) : std::string_view{};
    std::string message = "(unicode error) " + std::string(bytes);
    return fail_type(PyExc_SyntaxError, message.c_str(), static_cast<int>(cur_ - line_start_), -1);
  }
  for (const char* p = start; p < end;) {
    const char* at = p;
    uint32_t c = static_cast<uint8_t>(*p++);
    if (c >= 0xC2) {
      int more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
      c &= 0x3F >> more;
      while (more-- > 0) c = (c << 6) | (*p++ & 0x3F);
    }
    bool good = at == start ? (c == '_' || unicode::is_id_start(c)) : unicode::is_id_continue(c);
    if (good) continue;
    cur_ = p;
    if (unicode::is_printable(c))
      return fail("invalid character '%.*s' (U+%04X)", static_cast<int>(p - at), at, c);
    return fail("invalid non-printable character U+%04X", c);
  }
  return true;
}

// `quote` is the opening quote's place, cur_ behind it.
bool Lexer::string(const char* start, const char* quote) {
  char q = *quote;
  int32_t first_lineno = lineno_;
  const char* first_line = line_start_;
  int first_col = column(start);
  if (cur_[0] == q && cur_[1] == q) {
    cur_ += 2;
    while (true) {
      char c = *cur_;
      if (c == q && cur_[1] == q && cur_[2] == q) { cur_ += 3; break; }
      if (c == 0 && cur_ >= end_) {
        int detected = cur_ > line_start_ || lineno_ == first_lineno ? lineno_ : lineno_ - 1;
        lineno_ = first_lineno;
        line_start_ = first_line;
        cur_ = start + 1;
        error.at_end = true;
        return fail("unterminated triple-quoted string literal (detected at line %d)", detected);
      }
      cur_++;
      if (c == '\\' && cur_ < end_) c = *cur_++;
      if (c == '\n') new_line();
    }
  } else if (*cur_ == q) {
    cur_++;
  } else {
    while (true) {
      char c = *cur_;
      if (c == q) { cur_++; break; }
      if (c == '\n' || (c == 0 && cur_ >= end_)) {
        int detected = c == 0 && cur_ == line_start_ && lineno_ > first_lineno ? lineno_ - 1 : lineno_;
        lineno_ = first_lineno;
        line_start_ = first_line;
        cur_ = start + 1;
        error.at_end = c == 0;
        return fail("unterminated string literal (detected at line %d)", detected);
      }
      cur_++;
      if (c == '\\' && cur_ < end_) {
        if (*cur_++ == '\n') new_line();
      }
    }
  }
  emit(Tok::kString, start, cur_);
  Token& t = tokens.back();
  t.lineno = first_lineno;
  t.col = first_col;
  return true;
}

}  // namespace adder::syntax
