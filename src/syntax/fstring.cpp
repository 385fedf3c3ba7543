// f-strings as 3.11 reads them: the token's text is split into literals and expressions, each expression is put into
// parentheses and parsed by a parser of its own, whose positions are moved to where the expression stands.
#include "syntax/fstring.h"

#include <cctype>
#include <cstring>

namespace adder::syntax {

bool FStringParser::add_plain(const Token& t, std::string_view body, bool raw) {
  if (body.empty()) return true;
  if (!text_) text_.emplace();
  return parser_.plain_string(t, body, raw, &*text_);
}

bool FStringParser::add_format(const Token& t, std::string_view body, bool raw) {
  if (!parser_.check_version(6, "Format strings are")) return false;
  format_ = true;
  token_ = &t;
  raw_ = raw;
  const char* p = body.data();
  return parse(&p, p + body.size(), 0);
}

// Makes the literal collected so far a Constant.
bool FStringParser::close_literal_at(const Token& first, const Token& last) {
  if (!text_) return true;
  bool empty = text_->length() == 0;
  Ref s = text_->finish();
  text_.reset();
  if (!s) return parser_.stopped();
  if (!empty) values_.push_back(parser_.string_constant(parser_.context_.arena.keep(std::move(s)), first, last));
  return true;
}

Expr* FStringParser::finish() { return finish_at(first_, last_); }

Expr* FStringParser::finish_at(const Token& first, const Token& last) {
  if (!format_) {
    Ref s = text_ ? text_->finish() : str_empty();
    if (!s) return parser_.stopped();
    return parser_.string_constant(parser_.context_.arena.keep(std::move(s)), first, last);
  }
  if (!close_literal_at(first, last)) return nullptr;
  auto* n = parser_.context_.arena.make<JoinedStr>();
  n->lineno = first.lineno;
  n->col_offset = first.col;
  n->end_lineno = last.end_lineno;
  n->end_col_offset = last.end_col;
  n->values = parser_.context_.arena.copy(values_);
  return n;
}

bool FStringParser::parse(const char** p, const char* end, int depth) {
  while (true) {
    int more = literal(p, end, depth);
    if (more < 0) return false;
    if (more == 1) continue;
    if (*p >= end || **p == '}') break;
    if (!expression(p, end, depth)) return false;
  }
  if (depth == 0 && *p < end) return parser_.error_here("f-string: unexpected end of string");
  if (depth != 0 && (*p >= end || **p != '}')) return parser_.error_here("f-string: expecting '}'");
  return true;
}

int FStringParser::literal(const char** p, const char* end, int depth) {
  const char* start = *p;
  const char* s = start;
  int result = 0;
  const char* resume = nullptr;
  while (s < end) {
    char c = *s++;
    if (!raw_ && c == '\\' && s < end) {
      c = *s++;
      if (c == 'N') {
        // Braces of a character's name open no expression.
        if (s < end && *s++ == '{') {
          while (s < end && *s++ != '}') {}
          continue;
        }
        continue;
      }
      if (c == '{' && !parser_.warn_escape(*token_, s - 1)) return -1;
    }
    if (c == '{' || c == '}') {
      if (depth == 0) {
        if (s < end && *s == c) {
          resume = s + 1;
          result = 1;
          break;
        }
        if (c == '}') {
          *p = s - 1;
          parser_.error_here("f-string: single '}' is not allowed");
          return -1;
        }
      }
      s--;
      break;
    }
  }
  if (s > start) {
    if (!text_) text_.emplace();
    std::string_view piece{start, static_cast<size_t>(s - start)};
    if (!parser_.plain_string(*token_, piece, raw_, &*text_)) return -1;
  }
  *p = resume ? resume : s;
  return result;
}

// At `{`.
bool FStringParser::expression(const char** position, const char* end, int depth) {
  const char* p = *position;
  auto fail = [&](const char* format, auto... args) -> bool { return parser_.error_here(format, args...); };
  if (depth >= 2) return fail("f-string: expressions nested too deeply");
  const char* begin = ++p;
  char quote = 0;
  bool triple = false;
  int nested = 0;
  char open[200];
  for (; p < end; p++) {
    char c = *p;
    if (c == '\\') return fail("f-string expression part cannot include a backslash");
    if (quote) {
      if (c != quote) continue;
      if (triple) {
        if (p + 2 < end && p[1] == c && p[2] == c) {
          p += 2;
          quote = 0;
        }
      } else {
        quote = 0;
      }
      continue;
    }
    if (c == '\'' || c == '"') {
      triple = p + 2 < end && p[1] == c && p[2] == c;
      if (triple) p += 2;
      quote = c;
      continue;
    }
    if (c == '[' || c == '{' || c == '(') {
      if (nested >= 200) return fail("f-string: too many nested parenthesis");
      open[nested++] = c;
      continue;
    }
    if (c == '#') return fail("f-string expression part cannot include '#'");
    if (nested == 0 && (c == '!' || c == ':' || c == '}' || c == '=' || c == '>' || c == '<')) {
      if (p + 1 < end && p[1] == '=' && (c == '!' || c == '=' || c == '<' || c == '>')) {
        p++;
        continue;
      }
      if (c == '>' || c == '<') continue;
      break;
    }
    if (c == ']' || c == '}' || c == ')') {
      if (nested == 0) return fail("f-string: unmatched '%c'", c);
      char opening = open[--nested];
      if (!((opening == '(' && c == ')') || (opening == '[' && c == ']') || (opening == '{' && c == '}')))
        return fail("f-string: closing parenthesis '%c' does not match opening parenthesis '%c'", c, opening);
    }
  }
  const char* expression_end = p;
  if (quote) return fail("f-string: unterminated string");
  if (nested) return fail("f-string: unmatched '%c'", open[nested - 1]);
  if (p >= end) return fail("f-string: expecting '}'");
  Expr* value = compile(begin, expression_end);
  if (!value) return false;
  bool self_documenting = false;
  if (*p == '=') {
    if (!parser_.check_version(8, "f-string: self documenting expressions are")) return false;
    self_documenting = true;
    p++;
    while (p < end && std::isspace(static_cast<uint8_t>(*p))) p++;
    if (p >= end) return fail("f-string: expecting '}'");
    if (!text_) text_.emplace();
    if (!text_->add_utf8({begin, static_cast<size_t>(p - begin)})) return parser_.stopped();
  }
  int conversion = -1;
  if (*p == '!') {
    p++;
    if (p >= end) return fail("f-string: expecting '}'");
    conversion = static_cast<uint8_t>(*p++);
    if (conversion != 's' && conversion != 'r' && conversion != 'a')
      return fail("f-string: invalid conversion character: expected 's', 'r', or 'a'");
  }
  if (p >= end) return fail("f-string: expecting '}'");
  // The literal before this expression ends here, before the format's own pieces begin.
  if (!close_literal_at(first_, last_)) return false;
  Expr* spec = nullptr;
  if (*p == ':') {
    p++;
    if (p >= end) return fail("f-string: expecting '}'");
    FStringParser inner(parser_, first_, last_);
    inner.token_ = token_;
    inner.raw_ = raw_;
    inner.format_ = true;
    if (!inner.parse(&p, end, depth + 1)) return false;
    spec = inner.finish_at(*token_, *token_);  // the pieces count as the whole literal's, the sum as this token's
    if (!spec) return false;
  }
  if (p >= end || *p != '}') return fail("f-string: expecting '}'");
  p++;
  if (self_documenting && !spec && conversion == -1) conversion = 'r';
  auto* n = parser_.context_.arena.make<FormattedValue>();
  n->lineno = first_.lineno;
  n->col_offset = first_.col;
  n->end_lineno = last_.end_lineno;
  n->end_col_offset = last_.end_col;
  n->value = value;
  n->conversion = conversion;
  n->format_spec = spec;
  values_.push_back(n);
  *position = p;
  return true;
}

Expr* FStringParser::compile(const char* begin, const char* end) {
  bool blank = true;
  for (const char* p = begin; p < end && blank; p++) blank = *p == ' ' || (*p >= '\t' && *p <= '\r');
  if (blank) {
    if (*end == '!' || *end == ':' || *end == '=') return parser_.error_here("f-string: expression required before '%c'", *end);
    return parser_.error_here("f-string: empty expression not allowed");
  }
  size_t length = end - begin;
  char* text = static_cast<char*>(parser_.context_.arena.allocate(length + 4));
  text[0] = '(';
  std::memcpy(text + 1, begin, length);
  text[length + 1] = ')';
  text[length + 2] = '\n';
  text[length + 3] = 0;
  // Where the parenthesis that stands for the brace lies.
  const char* token_text = parser_.text_.data() + token_->begin;
  const char* brace = begin - 1;
  int lines = 0;
  for (const char* p = token_text; p < brace; p++) lines += *p == '\n';
  bool newline_after_brace = true;
  for (const char* p = begin; p < end && *p != '\n'; p++) {
    if (*p != ' ' && *p != '\t' && *p != '\f') {
      newline_after_brace = false;
      break;
    }
  }
  int cols = 0;
  if (!newline_after_brace) {
    const char* p = brace;
    while (p > token_text && *p != '\n') p--;
    cols = static_cast<int>(brace - p);
    if (*p == '\n') cols--;
  }
  Parser inner(parser_.context_, {text, length + 3}, token_->lineno + lines, lines ? cols : token_->col + cols, parser_.depth_ + 10);
  Expr* e = inner.parse_fstring_expression();
  return e ? e : parser_.stopped();
}

}  // namespace adder::syntax
