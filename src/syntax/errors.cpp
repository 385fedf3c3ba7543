// Raising syntax errors: places, the line's text, columns in characters, and which of several errors wins.
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "object/containers.h"
#include "object/codecs.h"
#include "syntax/parser.h"
#include "syntax/source.h"

namespace adder::syntax {

namespace {

// Characters in the first n bytes, or one more than the line has if n reaches beyond it.
int characters(std::string_view line, int bytes) {
  if (bytes <= 0) return bytes;
  size_t n = static_cast<size_t>(bytes);
  int more = 0;
  if (n > line.size()) {
    n = line.size();
    more = 1;
  }
  int count = 0;
  for (size_t i = 0; i < n; i++) count += (line[i] & 0xC0) != 0x80;
  return count + more;
}

Ref location(Value filename, int lineno, int offset, Value text, int end_lineno, int end_offset) {
  return tuple_of({filename, Value::from_int(lineno), Value::from_int(offset), text, Value::from_int(end_lineno),
                   Value::from_int(end_offset)});
}

}  // namespace

Parser::Null Parser::stopped() {
  if (!raised_ && pos_ > furthest_) furthest_ = pos_;
  raised_ = true;
  pos_ = count_ - 1;
  return {};
}

void Parser::too_deep() {
  if (raised_) return;
  raise_no_memory();
  stopped();
}

// The text of a line as the error shows it: of a module the line of its file, if there is one. Else, where the lexer had not gone
// beyond that line, what it held in its buffer (from the line on which a string or a chain of continuations began, line end
// included), and otherwise the line alone.
Ref Parser::error_line(int lineno, std::string_view* bytes) {
  if (context_.options.mode == ParseMode::kExec && !is_fstring_ && is_str(context_.filename)) {
    std::string path;
    Ref line;
    if (str_encode_fs(context_.filename, &path)) line = line_of_file(path.c_str(), lineno);
    if (!line) clear_error();
    else if (!is_none(line)) {
      *bytes = str_utf8(line);
      return line;
    }
  }
  int reached = tokens_[furthest_ < count_ ? furthest_ : count_ - 1].end_lineno;
  int first = lex_options_.first_lineno;
  size_t begin = 0;
  for (int line = first; line < lineno; line++) {
    size_t next = text_.find('\n', begin);
    if (next == text_.npos || next + 1 >= text_.size()) break;
    begin = next + 1;
  }
  size_t end = text_.find('\n', begin);
  if (end == text_.npos) end = text_.size();
  if (reached <= lineno) {
    if (end < text_.size()) end++;
    for (bool moved = true; moved && begin > 0;) {
      moved = false;
      for (uint32_t i = 0; i < count_; i++) {
        const Token& t = tokens_[i];
        bool spans = t.kind == Tok::kString && t.begin < begin && t.end > begin;
        if (spans) {
          size_t line = text_.rfind('\n', t.begin ? t.begin - 1 : 0);
          begin = line == text_.npos || t.begin == 0 ? 0 : line + 1;
          moved = true;
        }
      }
      for (uint32_t place : lexer_.joined) {
        if (moved || place != begin) continue;
        size_t line = begin >= 2 ? text_.rfind('\n', begin - 2) : text_.npos;
        begin = line == text_.npos ? 0 : line + 1;
        moved = true;
      }
    }
  }
  *bytes = text_.substr(begin, end - begin);
  return str_from_utf8(*bytes, "replace");
}

// col, end_col: bytes from 1; 0 and less are shown as they are.
Parser::Null Parser::text_error_value(PyObject* type, int lineno, int col, int end_lineno, int end_col, Value message) {
  if (raised_) return {};
  if (pos_ > furthest_) furthest_ = pos_;
  // Who looks at the token where the lexer stopped gets the lexer's error.
  if (!in_lexer_error_ && last_seen().kind == Tok::kError) {
    lexer_error();
    return {};
  }
  std::string_view line;
  Ref text = error_line(lineno, &line);
  Ref shown = Ref::copy(message);
  if (is_fstring_) shown = str_format("f-string: %U", message);
  if (text && shown) {
    if (!is_fstring_ && context_.origin != Origin::kRaw) {
      if (context_.origin == Origin::kNamed) line = str_utf8(text);  // what was no UTF-8 counts as it is shown  // in these columns stay bytes
      col = characters(line, col);
      end_col = characters(line, end_col);
    }
    Ref where = location(context_.filename, lineno, col, text, end_lineno, end_col);
    Ref args = where ? tuple_of({shown.get(), where.get()}) : Ref{};
    if (args) raise_value(type, args);
  }
  return stopped();
}

Parser::Null Parser::text_error(PyObject* type, int lineno, int col, int end_lineno, int end_col, const char* message) {
  if (raised_) return {};
  Ref text = str_from_utf8(message, "replace");
  if (!text) return stopped();
  return text_error_value(type, lineno, col, end_lineno, end_col, text);
}

#define ADDER_FORMAT_MESSAGE                              \
  char message[400];                                      \
  va_list args;                                           \
  va_start(args, format);                                 \
  std::vsnprintf(message, sizeof message, format, args);  \
  va_end(args)

// Positions of nodes and tokens on the first line of an f-string's expression lie in the file; errors count from the
// expression's own beginning. CPython takes the difference off on its other lines too.
static int local(const LexOptions& o, int, int col) { return col - o.first_col; }

Parser::Null Parser::error_at(Place from, Place to, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  return text_error(PyExc_SyntaxError, from.lineno, local(lex_options_, from.lineno, from.col) + 1, to.lineno,
                    local(lex_options_, to.lineno, to.col) + 1, message);
}
Parser::Null Parser::error_on(const PlacedNode* n, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  return error_at({n->lineno, n->col_offset}, {n->end_lineno, n->end_col_offset}, "%s", message);
}
Parser::Null Parser::error_on(const PlacedNode* first, const PlacedNode* last, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  return error_at({first->lineno, first->col_offset}, {last->end_lineno, last->end_col_offset}, "%s", message);
}
Parser::Null Parser::error_on(const Token& t, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  return error_at({t.lineno, t.col}, {t.end_lineno, t.end_col}, "%s", message);
}
Parser::Null Parser::error_on(const Token& first, const Token& last, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  return error_at({first.lineno, first.col}, {last.end_lineno, last.end_col}, "%s", message);
}
Parser::Null Parser::error_from(const PlacedNode* n, const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  const Token& last = last_seen();
  return text_error(PyExc_SyntaxError, n->lineno, local(lex_options_, n->lineno, n->col_offset) + 1, last.end_lineno,
                    local(lex_options_, last.end_lineno, last.end_col), message);
}

Parser::Null Parser::error_here(const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  const Token& t = last_seen();
  if (placeless(t)) {
    return text_error(PyExc_SyntaxError, t.lineno, local(lex_options_, t.lineno, t.col), t.end_lineno, -1, message);
  }
  return error_on(t, "%s", message);
}

Parser::Null Parser::indentation_error(const char* format, ...) {
  ADDER_FORMAT_MESSAGE;
  const Token& t = last_seen();
  if (placeless(t))
    return text_error(PyExc_IndentationError, t.lineno, local(lex_options_, t.lineno, t.col), t.end_lineno, -1, message);
  return text_error(PyExc_IndentationError, t.lineno, local(lex_options_, t.lineno, t.col) + 1, t.end_lineno,
                    local(lex_options_, t.end_lineno, t.end_col) + 1, message);
}

// A Unicode or value error while a literal was decoded.
Parser::Null Parser::string_error(const Token& t, const char* kind) {
  if (!error_matches(PyExc_UnicodeError) && !error_matches(PyExc_ValueError)) return stopped();
  Ref error = take_error();
  Ref text = to_str(error);
  std::string_view bytes = text ? str_utf8(text) : std::string_view{};
  if (!bytes.data()) return stopped();
  return error_here("(%s) %.*s", kind, static_cast<int>(bytes.size()), bytes.data());
}

bool Parser::expect_forced(Tok k, const char* text) {
  if (accept(k)) return true;
  if (raised_ || at(Tok::kError)) return false;
  const Token& t = here();
  if (placeless(t)) {
    char message[40];
    std::snprintf(message, sizeof message, "expected '%s'", text);
    return text_error(PyExc_SyntaxError, t.lineno, 0, t.end_lineno, 0, message);
  }
  return error_on(t, "expected '%s'", text);
}

bool Parser::check_version(int minor, const char* what) {
  if (context_.options.feature_version >= minor) return true;
  return error_here("%s only supported in Python 3.%d and greater", what, minor);
}

void Parser::unclosed_bracket_error() {
  char message[40];
  std::snprintf(message, sizeof message, "'%c' was never closed", lexer_.unclosed.open);
  int lineno = lexer_.unclosed.lineno;
  text_error(PyExc_SyntaxError, lineno, local(lex_options_, lineno, lexer_.unclosed.col) + 1, lineno, 0, message);
}

// The parser came to the token at which the lexer stopped.
void Parser::lexer_error() {
  if (raised_) return;
  in_lexer_error_ = true;
  furthest_ = count_ - 1;
  LexError& e = lexer_.error;
  if (e.raised) {
    stopped();
    return;
  }
  if (!e.type) {
    unclosed_bracket_error();
    return;
  }
  if (e.whole_line) {
    text_error(e.type, e.lineno, e.col, e.lineno, e.end_col, e.message);
    return;
  }
  raise_lex_error(e, text_, lex_options_.first_lineno, context_.filename);
  stopped();
}

void raise_lex_error(const LexError& e, std::string_view source, int first_lineno, Value filename) {
  size_t begin = 0;
  for (int line = first_lineno; line < e.lineno; line++) {
    size_t next = source.find('\n', begin);
    if (next == source.npos) break;
    begin = next + 1;
  }
  size_t end = source.find('\n', begin);
  std::string_view line = source.substr(begin, end == source.npos ? end : end - begin);
  Ref text = str_from_utf8(line, "replace");
  Ref message = text ? str_from_utf8(e.message, "replace") : Ref{};
  if (!message) return;
  int col = e.is_range ? e.col : characters(line, e.col), end_col = e.is_range ? e.end_col : col;
  Ref where = location(filename, e.lineno, col, text, e.lineno, end_col);
  Ref args = where ? tuple_of({message.get(), where.get()}) : Ref{};
  if (args) raise_value(e.type, args);
}

// Once a SyntaxError is raised by the parser: an error of the lexer further on, or a bracket that was never closed, wins.
void Parser::finish_error() {
  if (final_ || tokens_[count_ - 1].kind != Tok::kError || furthest_ >= count_ - 1) return;
  if (!error_matches(PyExc_SyntaxError)) return;
  LexError& e = lexer_.error;
  bool own = e.type && !e.whole_line;
  int line = tokens_[furthest_].lineno;
  const Bracket& open = lexer_.unclosed;
  if (own || (open.open && line > open.lineno)) {
    clear_error();
    raised_ = false;
    if (own) {
      lexer_error();
    } else {
      in_lexer_error_ = true;
      furthest_ = count_ - 1;
      unclosed_bracket_error();
    }
  }
}

// Nothing special: "invalid syntax" at the last token that the first pass looked at.
void Parser::generic_error() {
  const Token& t = tokens_[first_pass_end_];
  // What the second pass looked at beyond does not count.
  if (t.kind == Tok::kError) {
    lexer_error();
    return;
  }
  if (t.kind == Tok::kIndent || t.kind == Tok::kDedent) {
    furthest_ = first_pass_end_;
    final_ = true;
    text_error(PyExc_IndentationError, t.lineno, local(lex_options_, t.lineno, t.col), t.end_lineno, -1,
               t.kind == Tok::kIndent ? "unexpected indent" : "unexpected unindent");
    return;
  }
  if (placeless(t)) {
    text_error(PyExc_SyntaxError, t.lineno, 0, t.end_lineno, 0, "invalid syntax");
    return;
  }
  error_on(t, "invalid syntax");
}

bool raise_syntax_error(PyObject* type, Value filename, std::string_view source, int lineno, int col_offset,
                        int end_lineno, int end_col_offset, Value message) {
  Ref text = none_ref();
  std::string_view line;
  if (!source.empty()) {
    size_t begin = 0;
    for (int n = 1; n < lineno && begin != source.npos; n++) {
      size_t next = source.find('\n', begin);
      begin = next == source.npos ? source.size() : next + 1;
    }
    size_t end = source.find('\n', begin);
    line = source.substr(begin, end == source.npos ? end : end + 1 - begin);
    text = str_from_utf8(line, "replace");
  } else if (is_str(filename)) {
    std::string path;
    if (!str_encode_fs(filename, &path)) clear_error();
    else text = line_of_file(path.c_str(), lineno);
    if (text && !is_none(text)) line = str_utf8(text);
  }
  if (!text) return false;
  int offset = col_offset + 1, end_offset = end_col_offset + 1;
  if (line.data()) {
    offset = characters(line, offset);
    end_offset = characters(line, end_offset);
  }
  Ref where = location(filename, lineno, offset, text, end_lineno, end_offset);
  Ref args = where ? tuple_of({message, where.get()}) : Ref{};
  if (args) raise_value(type, args);
  return false;
}

// A line of a source file as errors show it, line end included; None if it cannot be read.
Ref line_of_file(const char* path, int lineno) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) return none_ref();
  std::string line, head;  // the first two lines may name the encoding
  int at = 1, c;
  while ((c = std::getc(file)) != EOF) {
    if (at == lineno && line.size() < 10000) line += static_cast<char>(c);
    if (at <= 2 && head.size() < 1000) head += static_cast<char>(c);
    if (c == '\n' && at++ == lineno) break;
  }
  std::fclose(file);
  if (at < lineno || line.empty()) return none_ref();
  if (lineno == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  if (std::string encoding = source_cookie(head); !encoding.empty()) {
    if (Ref text = bytes_decode(line.data(), static_cast<Py_ssize_t>(line.size()), encoding.c_str(), "replace")) return text;
    clear_error();
  }
  return str_from_utf8(line, "replace");
}

}  // namespace adder::syntax
