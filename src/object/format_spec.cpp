// The format mini-language: parsing, and the layout of numbers (sign, prefix, grouping, padding) and of str.
#include "object/format_spec.h"
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstring>
#include <langinfo.h>
#include <string>
#include <string_view>
#include "object/error.h"
#include "object/float_text.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str_impl.h"

namespace adder {

namespace {

bool is_align(uint32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

// Decimal digits at *i; -1 if there are none, -2 with an exception where they are too many.
template <class C>
Py_ssize_t read_number(const C* p, Py_ssize_t* i, Py_ssize_t end) {
  Py_ssize_t value = 0, start = *i;
  for (; *i < end; ++*i) {
    uint32_t c = p[*i];
    int d = c < 128 ? (c - '0' <= 9 ? static_cast<int>(c - '0') : -1) : unicode::decimal_value(c);
    if (d < 0) break;
    if (value > (PY_SSIZE_T_MAX - d) / 10) {
      raise(PyExc_ValueError, "Too many decimal digits in format string");
      return -2;
    }
    value = value * 10 + d;
  }
  return *i == start ? -1 : value;
}

Failure unknown_code(uint32_t c, Value formatted_type_of) {
  PyTypeObject* t = type_of(formatted_type_of);
  if (c > 32 && c < 128) return raise(PyExc_ValueError, "Unknown format code '%c' for object of type '%.200s'", static_cast<int>(c), t->tp_name);
  return raise(PyExc_ValueError, "Unknown format code '\\x%x' for object of type '%.200s'", static_cast<unsigned>(c), t->tp_name);
}

// How the decimal point and thousands look.
struct LocaleNumbers {
  std::string point = ".", separator;
  std::string grouping;  // as in struct lconv; empty: none
};

// Decodes what localeconv gives (bytes of the locale) to UTF-8; ASCII as it is.
LocaleNumbers locale_numbers(char type) {
  LocaleNumbers l;
  switch (type) {
    case 'n': {
      lconv* c = localeconv();
      if (c->decimal_point && *c->decimal_point) l.point = c->decimal_point;
      l.separator = c->thousands_sep;
      l.grouping = c->grouping;
      break;
    }
    case ',': l.separator = ","; l.grouping = "\3"; break;
    case '_': l.separator = "_"; l.grouping = "\3"; break;
    case '4': l.separator = "_"; l.grouping = "\4"; break;
    default: break;
  }
  return l;
}

size_t utf8_length(std::string_view s) {
  size_t n = 0;
  for (char c : s) n += (c & 0xC0) != 0x80;
  return n;
}

// The digits with separators, zero-filled on the left to at least min_width characters.
std::string group_digits(std::string_view digits, Py_ssize_t min_width, const LocaleNumbers& l) {
  if (l.grouping.empty() || l.separator.empty()) {
    std::string s;
    if (min_width > static_cast<Py_ssize_t>(digits.size())) s.assign(static_cast<size_t>(min_width) - digits.size(), '0');
    s.append(digits);
    return s;
  }
  std::string reversed;  // groups from the right, each reversed
  auto remaining = static_cast<Py_ssize_t>(digits.size());
  auto separator_width = static_cast<Py_ssize_t>(utf8_length(l.separator));
  size_t g = 0;
  Py_ssize_t size = 0;
  bool first = true;
  std::string separator(l.separator.rbegin(), l.separator.rend());
  for (;;) {
    bool endless = false;
    if (g < l.grouping.size()) {
      char c = l.grouping[g];
      if (c == CHAR_MAX) endless = true;
      else size = c;
      ++g;
    }  // else: the last size repeats
    Py_ssize_t want = remaining > min_width ? remaining : min_width;
    if (want < 1) want = 1;
    Py_ssize_t n = endless || want < size ? want : size;
    if (!first) reversed += separator;
    first = false;
    Py_ssize_t chars = remaining < n ? remaining : n;
    for (Py_ssize_t i = 0; i < chars; i++) reversed += digits[static_cast<size_t>(remaining - 1 - i)];
    reversed.append(static_cast<size_t>(n - chars), '0');
    remaining -= chars;
    min_width -= n;
    if (remaining <= 0 && min_width <= 0) break;
    min_width -= separator_width;
  }
  return {reversed.rbegin(), reversed.rend()};
}

struct NumberParts {
  char sign = 0;                // '-' or 0
  std::string_view prefix;      // 0x
  std::string_view digits;      // before the point
  bool point = false;
  std::string_view rest;        // after it: digits, exponent, '%'; all of "inf"
};

// One number laid out into out.
bool lay_out(StrBuilder& out, const NumberParts& p, const FormatSpec& spec, const LocaleNumbers& l) {
  char sign = p.sign ? p.sign : spec.sign == '+' ? '+' : spec.sign == ' ' ? ' ' : 0;
  size_t point_width = p.point ? utf8_length(l.point) : 0;
  auto fixed = static_cast<Py_ssize_t>((sign ? 1 : 0) + p.prefix.size() + point_width + p.rest.size());
  Py_ssize_t min_width = spec.fill == '0' && spec.align == '=' ? spec.width - fixed : 0;
  std::string grouped;
  if (!p.digits.empty()) grouped = group_digits(p.digits, min_width, l);
  auto total = fixed + static_cast<Py_ssize_t>(utf8_length(grouped));
  Py_ssize_t padding = spec.width > total ? spec.width - total : 0, left = 0, inner = 0, right = 0;
  switch (spec.align) {
    case '<': right = padding; break;
    case '^': left = padding / 2; right = padding - left; break;
    case '=': inner = padding; break;
    default: left = padding; break;
  }
  if (left && !out.add_repeat(spec.fill, left)) return false;
  if (sign && !out.add_char(static_cast<uint32_t>(sign))) return false;
  if (!p.prefix.empty() && !out.add_ascii(p.prefix)) return false;
  if (inner && !out.add_repeat(spec.fill, inner)) return false;
  if (!out.add_utf8(grouped)) return false;
  if (p.point && !out.add_utf8(l.point)) return false;
  if (!p.rest.empty() && !out.add_ascii(p.rest)) return false;
  return !right || out.add_repeat(spec.fill, right);
}

// Most formats group nothing and ask no locale: the text of a number, perhaps with '-' in front, then only needs sign and padding.
bool is_plain(const FormatSpec& spec) { return !spec.grouping && spec.type != 'n' && spec.fill < 128; }
Ref lay_out_plain(std::string_view text, const FormatSpec& spec) {
  char sign = spec.sign == '+' || spec.sign == ' ' ? spec.sign : 0;
  if (text[0] == '-') {
    sign = '-';
    text.remove_prefix(1);
  }
  Py_ssize_t n = static_cast<Py_ssize_t>(text.size()) + (sign ? 1 : 0);
  auto padding = static_cast<size_t>(spec.width > n ? spec.width - n : 0);
  if (n + static_cast<Py_ssize_t>(padding) == 1) return str_from_char(static_cast<uint8_t>(text[0]));
  Ref result = str_new(n + static_cast<Py_ssize_t>(padding), 127);
  if (!result) return {};
  size_t left = spec.align == '<' || spec.align == '=' ? 0 : spec.align == '^' ? padding / 2 : padding;
  size_t inner = spec.align == '=' ? padding : 0;
  char* p = static_cast<char*>(str_data(result));
  memset(p, static_cast<int>(spec.fill), left);
  p += left;
  if (sign) *p++ = sign;
  memset(p, static_cast<int>(spec.fill), inner);
  p += inner;
  memcpy(p, text.data(), text.size());
  memset(p + text.size(), static_cast<int>(spec.fill), padding - left - inner);
  return result;
}

// Splits the text of format_double.
NumberParts split_number(std::string_view text) {
  NumberParts p;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') p.sign = '-';
    text.remove_prefix(1);
  }
  size_t i = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
  p.digits = text.substr(0, i);
  text.remove_prefix(i);
  if (!text.empty() && text[0] == '.') {
    p.point = true;
    text.remove_prefix(1);
  }
  p.rest = text;
  return p;
}

LocaleNumbers locale_of(const FormatSpec& spec) {
  if (spec.type == 'n') return locale_numbers('n');
  bool fours = spec.grouping == '_' && (spec.type == 'b' || spec.type == 'o' || spec.type == 'x' || spec.type == 'X');
  return locale_numbers(fours ? '4' : spec.grouping);
}

// Drops the sign of a number whose every digit is zero (z).
void drop_negative_zero(std::string& text) {
  if (text.empty() || text[0] != '-') return;
  for (char c : text) {
    if (c == 'e' || c == 'E' || c == '%') break;
    if (c >= '1' && c <= '9') return;
    if (c == 'i' || c == 'I' || c == 'n' || c == 'N') return;
  }
  text.erase(0, 1);
}

bool float_text(double d, FormatSpec& spec, std::string* out, bool bare) {
  auto type = static_cast<char>(spec.type);
  int precision = 6;
  bool dot_0 = false;
  bool percent = type == '%';
  if (type == 0) {
    type = 'r';
    precision = 0;
    dot_0 = !bare;
  } else if (type == 'n') {
    type = 'g';
  } else if (percent) {
    type = 'f';
    d *= 100;
  }
  if (spec.precision > INT_MAX) return raise(PyExc_ValueError, "precision too big");
  if (spec.precision >= 0) {
    precision = static_cast<int>(spec.precision);
    if (type == 'r') type = 'g';
  }
  *out = format_double(d, type, precision, spec.alternate, false, dot_0);
  if (spec.no_negative_zero) drop_negative_zero(*out);
  if (percent) *out += '%';
  return true;
}

}  // namespace

template <class C>
static bool parse(const C* p, Value spec, FormatSpec* f, uint32_t default_type, char default_align, Value formatted) {
  Py_ssize_t i = 0, end = str_length(spec);
  auto at = [&](Py_ssize_t k) { return static_cast<uint32_t>(p[k]); };
  f->type = default_type;
  f->align = default_align;
  bool fill_given = false;
  if (end - i >= 2 && is_align(at(i + 1))) {
    f->fill = at(i);
    f->align = static_cast<char>(at(i + 1));
    fill_given = f->align_given = true;
    i += 2;
  } else if (end - i >= 1 && is_align(at(i))) {
    f->align = static_cast<char>(at(i++));
    f->align_given = true;
  }
  if (i < end && (at(i) == '+' || at(i) == '-' || at(i) == ' ')) f->sign = static_cast<char>(at(i++));
  if (i < end && at(i) == 'z') {
    f->no_negative_zero = true;
    ++i;
  }
  if (i < end && at(i) == '#') {
    f->alternate = true;
    ++i;
  }
  if (!fill_given && i < end && at(i) == '0') {
    f->fill = '0';
    if (!f->align_given && default_align == '>') f->align = '=';
    ++i;
  }
  f->width = read_number(p, &i, end);
  if (f->width == -2) return false;
  if (i < end && at(i) == ',') {
    f->grouping = ',';
    ++i;
  }
  if (i < end && at(i) == '_') {
    if (f->grouping) return raise(PyExc_ValueError, "Cannot specify both ',' and '_'.");
    f->grouping = '_';
    ++i;
  }
  if (i < end && at(i) == ',' && f->grouping == '_') return raise(PyExc_ValueError, "Cannot specify both ',' and '_'.");
  if (i < end && at(i) == '.') {
    ++i;
    f->precision = read_number(p, &i, end);
    if (f->precision == -2) return false;
    if (f->precision == -1) return raise(PyExc_ValueError, "Format specifier missing precision");
  }
  if (end - i > 1) {
    return raise(PyExc_ValueError, "Invalid format specifier '%U' for object of type '%.200s'", spec, type_of(formatted)->tp_name);
  }
  if (end - i == 1) f->type = at(i);
  if (f->grouping) {
    switch (f->type) {
      case 'd': case 'e': case 'f': case 'g': case 'E': case 'G': case '%': case 'F': case 0: break;
      case 'b': case 'o': case 'x': case 'X':
        if (f->grouping == '_') break;
        [[fallthrough]];
      default:
        if (f->type > 32 && f->type < 128) return raise(PyExc_ValueError, "Cannot specify '%c' with '%c'.", f->grouping, static_cast<int>(f->type));
        return raise(PyExc_ValueError, "Cannot specify '%c' with '\\x%x'.", f->grouping, static_cast<unsigned>(f->type));
    }
  }
  return true;
}
bool parse_format_spec(Value spec, FormatSpec* f, uint32_t default_type, char default_align, Value formatted) {
  return on_kind(spec, [&](auto* p) { return parse(p, spec, f, default_type, default_align, formatted); });
}

Ref format_str(Value s, Value spec) {
  if (str_length(spec) == 0) return is_exact_str(s) ? Ref::copy(s) : to_str(s);
  FormatSpec f;
  if (!parse_format_spec(spec, &f, 's', '<', s)) return {};
  if (f.type != 's') return unknown_code(f.type, s);
  if (f.sign) return raise(PyExc_ValueError, f.sign == ' ' ? "Space not allowed in string format specifier" : "Sign not allowed in string format specifier");
  if (f.no_negative_zero) return raise(PyExc_ValueError, "Negative zero coercion (z) not allowed in string format specifier");
  if (f.alternate) return raise(PyExc_ValueError, "Alternate form (#) not allowed in string format specifier");
  if (f.align == '=') return raise(PyExc_ValueError, "'=' alignment not allowed in string format specifier");
  Py_ssize_t n = str_length(s);
  if (f.precision >= 0 && f.precision < n) n = f.precision;
  Py_ssize_t padding = f.width > n ? f.width - n : 0;
  if (padding == 0 && n == str_length(s)) return str_to_exact(s);
  Py_ssize_t left = f.align == '>' ? padding : f.align == '^' ? padding / 2 : 0;
  StrBuilder out(n + padding);
  if (left && !out.add_repeat(f.fill, left)) return {};
  if (!out.add(s, 0, n)) return {};
  if (padding - left && !out.add_repeat(f.fill, padding - left)) return {};
  return out.finish();
}

Ref format_int(Value v, Value spec) {
  if (str_length(spec) == 0) return is_exact_int(v) ? int_to_text(v, 10, false) : to_str(v);
  FormatSpec f;
  if (!parse_format_spec(spec, &f, 'd', '>', v)) return {};
  int base = 10;
  switch (f.type) {
    case 'd': case 'n': case 'c': break;
    case 'b': base = 2; break;
    case 'o': base = 8; break;
    case 'x': case 'X': base = 16; break;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case '%': {
      double d;
      if (!int_as_double(v, &d)) return {};
      std::string text;
      if (!float_text(d, f, &text, false)) return {};
      StrBuilder out;
      if (!lay_out(out, split_number(text), f, locale_of(f))) return {};
      return out.finish();
    }
    default: return unknown_code(f.type, v);
  }
  if (f.precision >= 0) return raise(PyExc_ValueError, "Precision not allowed in integer format specifier");
  if (f.no_negative_zero) return raise(PyExc_ValueError, "Negative zero coercion (z) not allowed in integer format specifier");
  if (v.is_int() && f.type != 'c' && !(f.alternate && base != 10) && is_plain(f)) {
    char digits[72];
    char* end = std::to_chars(digits, digits + sizeof digits, v.as_int(), base).ptr;
    if (f.type == 'X') {
      for (char* c = digits; c < end; c++) {
        if (*c >= 'a') *c = static_cast<char>(*c - 32);
      }
    }
    return lay_out_plain({digits, static_cast<size_t>(end - digits)}, f);
  }
  StrBuilder out;
  if (f.type == 'c') {
    if (f.sign) return raise(PyExc_ValueError, "Sign not allowed with integer format specifier 'c'");
    if (f.alternate) return raise(PyExc_ValueError, "Alternate form (#) not allowed with integer format specifier 'c'");
    int64_t c;
    if (!int_as_i64(v, &c)) return {};
    if (c < 0 || c > 0x10FFFF) return raise(PyExc_OverflowError, "%%c arg not in range(0x110000)");
    Py_ssize_t padding = f.width > 1 ? f.width - 1 : 0;
    Py_ssize_t left = f.align == '<' ? 0 : f.align == '^' ? padding / 2 : padding;
    if ((left && !out.add_repeat(f.fill, left)) || !out.add_char(static_cast<uint32_t>(c)) ||
        (padding - left && !out.add_repeat(f.fill, padding - left))) {
      return {};
    }
    return out.finish();
  }
  Ref text = int_to_text(v, base, false);
  if (!text) return {};
  std::string digits(static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text)));
  NumberParts p;
  std::string_view view = digits;
  if (view[0] == '-') {
    p.sign = '-';
    view.remove_prefix(1);
  }
  if (f.type == 'X') {
    for (char& c : digits) {
      if (c >= 'a' && c <= 'f') c -= 32;
    }
  }
  p.digits = view;
  if (f.alternate) p.prefix = f.type == 'x' ? "0x" : f.type == 'X' ? "0X" : f.type == 'o' ? "0o" : f.type == 'b' ? "0b" : "";
  if (!lay_out(out, p, f, locale_of(f))) return {};
  return out.finish();
}

Ref format_float(double d, Value spec) {
  if (str_length(spec) == 0) return str_from_ascii(float_repr(d));
  FormatSpec f;
  Value shown = Value::from_double(d);
  if (!parse_format_spec(spec, &f, 0, '>', shown)) return {};
  switch (f.type) {
    case 0: case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n': case '%': break;
    default: return unknown_code(f.type, shown);
  }
  char small[kFixedText];
  bool percent = f.type == '%';
  if ((f.type == 'f' || f.type == 'F' || percent) && !f.alternate && !f.no_negative_zero && is_plain(f)) {
    if (size_t n = fixed_text(percent ? d * 100 : d, f.precision < 0 ? 6 : f.precision, small)) {
      if (percent) small[n++] = '%';
      return lay_out_plain({small, n}, f);
    }
  }
  std::string text;
  if (!float_text(d, f, &text, false)) return {};
  if (is_plain(f)) return lay_out_plain(text, f);
  StrBuilder out;
  if (!lay_out(out, split_number(text), f, locale_of(f))) return {};
  return out.finish();
}

Ref format_complex(Py_complex c, Value spec) {
  FormatSpec f;
  Ref shown = complex_new(c.real, c.imag);
  if (!shown || !parse_format_spec(spec, &f, 0, '>', shown)) return {};
  switch (f.type) {
    case 0: case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n': break;
    default: return unknown_code(f.type, shown);
  }
  if (f.fill == '0') return raise(PyExc_ValueError, "Zero padding is not allowed in complex format specifier");
  if (f.align == '=') return raise(PyExc_ValueError, "'=' alignment flag is not allowed in complex format specifier");
  bool bare = f.type == 0;
  bool skip_real = bare && c.real == 0.0 && std::copysign(1.0, c.real) == 1.0;
  bool parentheses = bare && !skip_real;
  std::string re, im;
  if (!float_text(c.real, f, &re, true) || !float_text(c.imag, f, &im, true)) return {};
  LocaleNumbers l = locale_of(f);
  // Each half without width; the whole is then padded as text.
  FormatSpec half = f;
  half.width = -1;
  half.align = '>';
  StrBuilder inner;
  if (!skip_real && !lay_out(inner, split_number(re), half, l)) return {};
  if (!skip_real) half.sign = '+';
  if (!lay_out(inner, split_number(im), half, l) || !inner.add_char('j')) return {};
  Ref body = inner.finish();
  if (!body) return {};
  Py_ssize_t n = str_length(body) + (parentheses ? 2 : 0);
  Py_ssize_t padding = f.width > n ? f.width - n : 0;
  Py_ssize_t left = f.align == '<' ? 0 : f.align == '^' ? padding / 2 : padding;
  StrBuilder out(n + padding);
  if (left && !out.add_repeat(f.fill, left)) return {};
  if (parentheses && !out.add_char('(')) return {};
  if (!out.add(body)) return {};
  if (parentheses && !out.add_char(')')) return {};
  if (padding - left && !out.add_repeat(f.fill, padding - left)) return {};
  return out.finish();
}

}  // namespace adder
