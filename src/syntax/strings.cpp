// String literals: prefixes, escapes, concatenation. f-strings: fstring.cpp.
#include <cstring>

#include "object/bytes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/str.h"
#include "syntax/fstring.h"
#include "syntax/parser.h"
#include "syntax/warn.h"

namespace adder::syntax {

bool warn_or_error(PyObject* category, Value filename, int lineno, const char* text) {
  // Before `warnings` is imported (start-up) there is nobody to tell.
  Ref modules = hooks.sys_get ? hooks.sys_get("modules"_id) : Ref{};
  Value found = modules && is_dict(modules) ? dict_get_str(modules, "warnings"_id) : Value{};
  if (!found || is_none(found)) return true;
  Ref module = Ref::copy(found), warn;
  if (lookup_attr(module, "warn_explicit"_id, &warn) < 0) return false;
  if (!warn) return true;
  Ref message = str_from_utf8(text);
  return message && call(warn, {message.get(), Value{category}, filename, Value::from_int(lineno)});
}

namespace {

struct Prefix { bool bytes = false, raw = false, format = false, u = false; };

// Splits a token's text into prefix and body.
Prefix split(std::string_view text, std::string_view* body) {
  Prefix prefix;
  size_t i = 0;
  for (; text[i] != '\'' && text[i] != '"'; i++) {
    switch (text[i] | 0x20) {
      case 'b': prefix.bytes = true; break;
      case 'r': prefix.raw = true; break;
      case 'f': prefix.format = true; break;
      case 'u': prefix.u = true; break;
    }
  }
  size_t quotes = text.size() - i >= 6 && text[i + 1] == text[i] && text[i + 2] == text[i] ? 3 : 1;
  *body = text.substr(i + quotes, text.size() - i - 2 * quotes);
  return prefix;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

bool Parser::warn_escape(const Token& t, const char* escape) {
  if (diagnosing_) return true;  // the first pass has warned
  char text[48];
  if (*escape >= '4' && *escape <= '7') std::snprintf(text, sizeof text, "invalid octal escape sequence '\\%.3s'", escape);
  else std::snprintf(text, sizeof text, "invalid escape sequence '\\%c'", *escape);
  if (warn_or_error(PyExc_DeprecationWarning, context_.filename, t.lineno, text)) return true;
  if (error_matches(PyExc_DeprecationWarning)) {
    clear_error();
    return error_on(t, "%s", text);
  }
  return stopped();
}

// The character that unicodedata calls so; -1 if none, -2 if there is no unicodedata.
int64_t Parser::named_character(std::string_view name) {
  Ref module = hooks.import_module ? hooks.import_module("unicodedata"_id) : Ref{};
  if (!module) {
    clear_error();
    return -2;
  }
  Ref text = str_from_utf8(name, "replace");
  Ref found = text ? call_method(module, "lookup"_id, {text.get()}) : Ref{};
  if (!found || str_length(found) != 1) {
    clear_error();
    return -1;
  }
  return str_char(found, 0);
}

// Decodes escapes. Errors count positions as if characters beyond ASCII were written \UXXXXXXXX, as CPython does.
bool Parser::unescape(const Token& t, std::string_view body, StrBuilder* out) {
  const char* p = body.data();
  const char* end = p + body.size();
  size_t position = 0;  // of p in that count
  bool warned = false;
  auto fail = [&](const char* why, const char* from, const char* to) -> bool {
    size_t length = 0;
    for (const char* q = from; q < to; q++) length += static_cast<uint8_t>(*q) < 128 ? 1 : (*q & 0xC0) == 0x80 ? 0 : 10;
    if (length == 1)
      return error_here("(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position %zu: %s", position, why);
    return error_here("(unicode error) 'unicodeescape' codec can't decode bytes in position %zu-%zu: %s", position,
                      position + length - 1, why);
  };
  while (p < end) {
    const char* run = p;
    while (p < end && *p != '\\') {
      position += static_cast<uint8_t>(*p) < 128 ? 1 : (*p & 0xC0) == 0x80 ? 0 : 10;
      p++;
    }
    if (p > run && !out->add_utf8({run, static_cast<size_t>(p - run)})) return string_error(t, "unicode error");
    if (p >= end) break;
    const char* escape = p++;
    if (p >= end || static_cast<uint8_t>(*p) >= 128) {
      // Before an f-string's brace, or a character beyond ASCII: a backslash, as if written \u005c.
      if (!out->add_char('\\')) return stopped();
      position += 6;
      continue;
    }
    char c = *p++;
    uint32_t value = 0;
    int digits = 0;
    switch (c) {
      case '\n': position += 2; continue;
      case '\\': case '\'': case '"': value = c; break;
      case 'a': value = 7; break;
      case 'b': value = 8; break;
      case 'f': value = 12; break;
      case 'n': value = 10; break;
      case 'r': value = 13; break;
      case 't': value = 9; break;
      case 'v': value = 11; break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7':
        value = c - '0';
        for (int i = 0; i < 2 && p < end && *p >= '0' && *p <= '7'; i++) value = value * 8 + (*p++ - '0');
        if (value > 0377 && !warned) {
          warned = true;
          if (!warn_escape(t, escape + 1)) return false;
        }
        break;
      case 'x': digits = 2; break;
      case 'u': digits = 4; break;
      case 'U': digits = 8; break;
      case 'N': {
        if (p >= end || *p != '{') return fail("malformed \\N character escape", escape, p);
        const char* name = ++p;
        while (p < end && *p != '}') p++;
        if (p >= end || p == name) return fail("malformed \\N character escape", escape, p);
        int64_t found = named_character({name, static_cast<size_t>(p - name)});
        p++;
        if (found < 0) {
          if (found != -1) return error_here("(unicode error) \\N escapes not supported (can't load unicodedata module)");
          return fail("unknown Unicode character name", escape, p);
        }
        value = static_cast<uint32_t>(found);
        break;
      }
      default:
        if (!warned) {
          warned = true;
          if (!warn_escape(t, escape + 1)) return false;
        }
        out->add_char('\\');
        position++;
        p = escape + 1;
        // The character itself is copied with what follows.
        continue;
    }
    if (digits) {
      int seen = 0;
      while (seen < digits && p < end && hex_value(*p) >= 0) {
        value = value << 4 | hex_value(*p++);
        seen++;
      }
      if (seen < digits) {
        return fail(digits == 2 ? "truncated \\xXX escape" : digits == 4 ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape",
                    escape, p);
      }
      if (value > 0x10FFFF) return fail("illegal Unicode character", escape, p);
    }
    if (!out->add_char(value)) return stopped();
    for (const char* q = escape; q < p; q++) position += static_cast<uint8_t>(*q) < 128 ? 1 : (*q & 0xC0) == 0x80 ? 0 : 10;
  }
  return true;
}

bool Parser::plain_string(const Token& t, std::string_view body, bool raw, StrBuilder* out) {
  if (context_.origin != Origin::kChecked && !str_from_utf8(body)) return string_error(t, "unicode error");
  if (!raw && std::memchr(body.data(), '\\', body.size())) return unescape(t, body, out);
  return out->add_utf8(body) || string_error(t, "unicode error");
}

bool Parser::bytes_literal(const Token& t, std::string_view body, bool raw, std::string* out) {
  for (char c : body) {
    if (static_cast<uint8_t>(c) >= 128) return error_here("bytes can only contain ASCII literal characters");
  }
  if (raw) {
    out->append(body);
    return true;
  }
  const char* p = body.data();
  const char* end = p + body.size();
  bool warned = false;
  while (p < end) {
    char c = *p++;
    if (c != '\\' || p >= end) {
      *out += c;
      continue;
    }
    const char* escape = p - 1;
    c = *p++;
    switch (c) {
      case '\n': break;
      case '\\': case '\'': case '"': *out += c; break;
      case 'a': *out += '\a'; break;
      case 'b': *out += '\b'; break;
      case 'f': *out += '\f'; break;
      case 'n': *out += '\n'; break;
      case 'r': *out += '\r'; break;
      case 't': *out += '\t'; break;
      case 'v': *out += '\v'; break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
        int value = c - '0';
        for (int i = 0; i < 2 && p < end && *p >= '0' && *p <= '7'; i++) value = value * 8 + (*p++ - '0');
        if (value > 0377 && !warned) {
          warned = true;
          if (!warn_escape(t, escape + 1)) return false;
        }
        *out += static_cast<char>(value);
        break;
      }
      case 'x':
        if (end - p >= 2 && hex_value(p[0]) >= 0 && hex_value(p[1]) >= 0) {
          *out += static_cast<char>(hex_value(p[0]) << 4 | hex_value(p[1]));
          p += 2;
          break;
        }
        return error_here("(value error) invalid \\x escape at position %zd", escape - body.data());
      default:
        if (!warned) {
          warned = true;
          if (!warn_escape(t, escape + 1)) return false;
        }
        *out += '\\';
        *out += c;
    }
  }
  return true;
}

Expr* Parser::string_constant(Value v, const Token& first, const Token& last) {
  auto* n = context_.arena.make<Constant>();
  n->value = v;
  n->lineno = first.lineno;
  n->col_offset = first.col;
  n->end_lineno = last.end_lineno;
  n->end_col_offset = last.end_col;
  if (text_[first.begin] == 'u') n->kind = "u"_id;
  return n;
}

// One or more string tokens: one constant, or a JoinedStr.
Expr* Parser::strings() {
  if (diagnosing_) {
    return remember<Expr>(kRuleStrings, [&] { return strings_rule(); });
  }
  return strings_rule();
}

Expr* Parser::strings_rule() {
  uint32_t first_index = mark();
  do advance(); while (at(Tok::kString));
  if (at(Tok::kError)) lexer_error();
  if (raised_) return nullptr;
  uint32_t end_index = mark();
  const Token& first = tokens_[first_index];
  const Token& last = tokens_[end_index - 1];
  std::string_view body;
  Prefix prefix = split(text_of(first), &body);
  if (end_index == first_index + 1 && !prefix.format && !prefix.bytes &&
      (prefix.raw || !std::memchr(body.data(), '\\', body.size()))) {
    Ref s = str_from_utf8(body);
    if (!s) return string_error(first, "unicode error");
    return string_constant(context_.arena.keep(std::move(s)), first, last);
  }
  if (prefix.bytes) {
    std::string bytes;
    for (uint32_t i = first_index; i < end_index; i++) {
      Prefix p = split(text_of(tokens_[i]), &body);
      // Each token is checked alone before it is compared with the first.
      if (p.bytes ? !bytes_literal(tokens_[i], body, p.raw, &bytes) : !check_string(tokens_[i], body, p.raw, p.format)) return nullptr;
      if (!p.bytes) return error_here("cannot mix bytes and nonbytes literals");
    }
    Ref b = bytes_new(bytes);
    if (!b) return stopped();
    return string_constant(context_.arena.keep(std::move(b)), first, last);
  }
  FStringParser parts(*this, first, last);
  for (uint32_t i = first_index; i < end_index; i++) {
    Prefix p = split(text_of(tokens_[i]), &body);
    if (p.bytes) {
      std::string ignored;
      if (!bytes_literal(tokens_[i], body, p.raw, &ignored)) return nullptr;
      return error_here("cannot mix bytes and nonbytes literals");
    }
    if (p.format ? !parts.add_format(tokens_[i], body, p.raw) : !parts.add_plain(tokens_[i], body, p.raw)) return nullptr;
  }
  return parts.finish();
}

bool Parser::check_string(const Token& t, std::string_view body, bool raw, bool format) {
  if (format) return true;
  StrBuilder ignored;
  return plain_string(t, body, raw, &ignored);
}

}  // namespace adder::syntax
