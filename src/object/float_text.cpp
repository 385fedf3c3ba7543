// Text of floats and floats of text: the shortest repr, C-like formats with exact digits, float(str).
#include <bit>
#include <charconv>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include "object/error.h"
#include "object/float_text.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }
bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// Decimal digits of a finite number and where the point stands: 0.d1d2d3… × 10^point.
struct Decimal {
  bool negative;
  int point;
  std::string digits;
};

Decimal from_scientific(const char* first, const char* last) {
  Decimal r;
  r.negative = *first == '-';
  if (r.negative) ++first;
  const char* e = last;
  while (*--e != 'e') {}
  r.digits += *first;
  if (first + 1 < e) r.digits.append(first + 2, e);
  r.point = static_cast<int>(strtol(e + 1, nullptr, 10)) + 1;
  return r;
}

Decimal shortest(double d) {
  char buffer[40];
  char* end = std::to_chars(buffer, buffer + sizeof buffer - 1, d, std::chars_format::scientific).ptr;
  *end = '\0';
  return from_scientific(buffer, end);
}

Decimal rounded(double d, int significant) {
  char buffer[64];
  if (significant <= 40) {
    auto end = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific, significant - 1).ptr;
    *end = '\0';
    return from_scientific(buffer, end);
  }
  std::string text(static_cast<size_t>(significant) + 16, '\0');
  int n = snprintf(text.data(), text.size(), "%.*e", significant - 1, d);
  return from_scientific(text.data(), text.data() + n);
}

void add_exponent(std::string& out, int exponent) {
  char buffer[16];
  snprintf(buffer, sizeof buffer, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
  out += buffer;
}

// Digits in fixed or exponent notation; `keep` zeros up to that many significant digits (alternate form of g).
std::string write_digits(const Decimal& d, bool exponent, bool alternate, bool add_dot_0, int keep) {
  std::string out;
  out.reserve(32);
  if (d.negative) out += '-';
  std::string digits = d.digits;
  if (keep < 0) {
    while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  } else if (static_cast<int>(digits.size()) < keep) {
    digits.append(static_cast<size_t>(keep) - digits.size(), '0');
  }
  if (exponent) {
    out += digits[0];
    if (digits.size() > 1 || alternate) out += '.';
    out.append(digits, 1);
    add_exponent(out, d.point - 1);
    return out;
  }
  int n = static_cast<int>(digits.size());
  if (d.point <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-d.point), '0');
    out += digits;
  } else if (d.point >= n) {
    out += digits;
    out.append(static_cast<size_t>(d.point - n), '0');
    if (add_dot_0) out += ".0";
    else if (alternate) out += '.';
  } else {
    out.append(digits, 0, static_cast<size_t>(d.point));
    out += '.';
    out.append(digits, static_cast<size_t>(d.point));
  }
  return out;
}

}  // namespace

size_t float_repr(double d, char* out) {
  auto put = [&](std::string_view text) {
    memcpy(out, text.data(), text.size());
    return text.size();
  };
  if (ADDER_UNLIKELY(!std::isfinite(d))) return put(std::isnan(d) ? "nan" : d > 0 ? "inf" : "-inf");
  double size = std::fabs(d);
  // Below 1e16 the shortest digits end before the point or behind it, so the fixed form pads with no invented ones.
  bool fixed = (size >= 1e-4 && size < 1e16) || size == 0;
  char* end = std::to_chars(out, out + kFloatRepr, d, fixed ? std::chars_format::fixed : std::chars_format::scientific).ptr;
  if (fixed && !memchr(out, '.', static_cast<size_t>(end - out))) {
    *end++ = '.';
    *end++ = '0';
  }
  return static_cast<size_t>(end - out);
}

std::string float_repr(double d) {
  char text[kFloatRepr];
  return {text, float_repr(d, text)};
}

// The value is m / 2^shift; what lies behind the point, times 10^precision, is an integer quotient whose remainder says
// how to round: exactly, ties to even, as printf does.
size_t fixed_text(double d, Py_ssize_t precision, char* out) {
  static constexpr uint64_t kPowers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
  auto bits = std::bit_cast<uint64_t>(d);
  int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  uint64_t m = bits & ((uint64_t{1} << 52) - 1);
  if (exponent) m |= uint64_t{1} << 52;
  else exponent = 1;
  int shift = 1075 - exponent;
  if (shift < 0 || precision > 9) return 0;
  uint64_t power = kPowers[precision], whole = 0, fraction = 0;
  if (shift == 0) {
    whole = m;
  } else if (shift < 120) {  // else it is far below the last digit
    whole = shift < 64 ? m >> shift : 0;
    unsigned __int128 one = static_cast<unsigned __int128>(1) << shift;
    unsigned __int128 scaled = (m & (one - 1)) * power, rest = scaled & (one - 1), half = one >> 1;
    fraction = static_cast<uint64_t>(scaled >> shift);
    bool odd = (precision ? fraction : whole) & 1;
    if (rest > half || (rest == half && odd)) ++fraction;
    if (fraction == power) {
      ++whole;
      fraction = 0;
    }
  }
  char* p = out;
  if (bits >> 63) *p++ = '-';
  p = std::to_chars(p, p + 20, whole).ptr;
  if (precision) {
    *p++ = '.';
    for (Py_ssize_t i = precision; i-- > 0; fraction /= 10) p[i] = static_cast<char>('0' + fraction % 10);
    p += precision;
  }
  return static_cast<size_t>(p - out);
}

std::string format_double(double d, char code, int precision, bool alternate, bool always_sign, bool add_dot_0) {
  bool upper = code >= 'A' && code <= 'Z';
  char kind = static_cast<char>(upper ? code + 32 : code);
  std::string out;
  if (!std::isfinite(d)) {
    out = std::isnan(d) ? "nan" : d > 0 ? "inf" : "-inf";
  } else if (kind == 'r') {
    Decimal x = d == 0 ? Decimal{std::signbit(d), 1, "0"} : shortest(d);
    out = write_digits(x, x.point <= -4 || x.point > 16, alternate, add_dot_0, -1);
  } else if (kind == 'g') {
    if (precision == 0) precision = 1;
    Decimal x = d == 0 ? Decimal{std::signbit(d), 1, "0"} : rounded(d, precision);
    bool exponent = d != 0 && (x.point <= -4 || x.point > precision - (add_dot_0 ? 1 : 0));
    if (d == 0 && add_dot_0 && 1 > precision - 1) exponent = true;
    out = write_digits(x, exponent, alternate, add_dot_0, alternate ? precision : -1);
  } else {
    char format[8], buffer[400];
    size_t n;
    if (kind == 'f' && !alternate && (n = fixed_text(d, precision, buffer)) != 0) {
      out.assign(buffer, n);
    } else if (!alternate && (kind == 'f' || kind == 'e') && precision <= 60) {
      // As exact as printf, at a fraction of its time: 1e308 with 60 digits behind the point still fits.
      auto style = kind == 'f' ? std::chars_format::fixed : std::chars_format::scientific;
      out.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, d, style, precision).ptr);
    } else {
      snprintf(format, sizeof format, alternate ? "%%#.*%c" : "%%.*%c", kind);
      int length = snprintf(buffer, sizeof buffer, format, precision, d);
      if (length < static_cast<int>(sizeof buffer)) {
        out.assign(buffer, static_cast<size_t>(length));
      } else {
        out.resize(static_cast<size_t>(length) + 1);
        snprintf(out.data(), out.size(), format, precision, d);
        out.pop_back();
      }
    }
  }
  if (always_sign && out[0] != '-') out.insert(0, 1, '+');
  if (upper) {
    for (char& c : out) {
      if (c >= 'a' && c <= 'z') c -= 32;
    }
  }
  return out;
}

bool parse_double(std::string_view s, double* out, size_t* used) {
  size_t i = 0, n = s.size();
  bool negative = false;
  if (i < n && (s[i] == '+' || s[i] == '-')) negative = s[i++] == '-';
  size_t start = i;
  size_t digits = 0;
  while (i < n && is_decimal(s[i])) { ++i; ++digits; }
  if (i < n && s[i] == '.') {
    ++i;
    while (i < n && is_decimal(s[i])) { ++i; ++digits; }
  }
  if (digits == 0) {
    auto word = [&](std::string_view w) {
      if (n - start < w.size()) return false;
      for (size_t k = 0; k < w.size(); k++) {
        if ((s[start + k] | 0x20) != w[k]) return false;
      }
      return true;
    };
    if (word("infinity") || word("inf")) {
      *out = negative ? -HUGE_VAL : HUGE_VAL;
      *used = start + (word("infinity") ? 8 : 3);
      return true;
    }
    if (word("nan")) {
      *out = negative ? -std::nan("") : std::nan("");
      *used = start + 3;
      return true;
    }
    return false;
  }
  if (i < n && (s[i] | 0x20) == 'e') {
    size_t k = i + 1;
    if (k < n && (s[k] == '+' || s[k] == '-')) ++k;
    if (k < n && is_decimal(s[k])) {
      while (k < n && is_decimal(s[k])) ++k;
      i = k;
    }
  }
  double d = 0;
  auto r = std::from_chars(s.data() + start, s.data() + i, d);
  if (r.ec == std::errc::result_out_of_range) {
    std::string copy(s.substr(start, i - start));
    d = strtod(copy.c_str(), nullptr);
  }
  *out = negative ? -d : d;
  *used = i;
  return true;
}

bool ascii_numerals(Value str, std::string* out) {
  Py_ssize_t n = str_length(str);
  int kind = str_kind(str);
  const void* data = str_data(str);
  out->resize(static_cast<size_t>(n));
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = char_at(kind, data, i);
    char r = static_cast<char>(c);
    if (c >= 128) {
      int d = unicode::decimal_value(c);
      r = d >= 0 ? static_cast<char>('0' + d) : unicode::is_space(c) ? ' ' : '?';
    }
    (*out)[static_cast<size_t>(i)] = r;
  }
  return true;
}

namespace {

Failure cannot_convert(Value for_message) {
  return raise(PyExc_ValueError, "could not convert string to float: %R", for_message);
}

}  // namespace

Ref float_from_text(std::string_view text, Value for_message) {
  size_t first = 0, last = text.size();
  while (first < last && is_space(text[first])) ++first;
  while (last > first && is_space(text[last - 1])) --last;
  text = text.substr(first, last - first);
  std::string plain;
  if (text.find('_') != std::string_view::npos) {
    // Underscores stand between digits only.
    for (size_t i = 0; i < text.size(); i++) {
      if (text[i] != '_') {
        plain += text[i];
        continue;
      }
      if (i == 0 || i + 1 >= text.size() || !is_decimal(text[i - 1]) || !is_decimal(text[i + 1])) return cannot_convert(for_message);
    }
    text = plain;
  }
  double d;
  size_t used;
  if (text.empty() || !parse_double(text, &d, &used) || used != text.size()) return cannot_convert(for_message);
  return Ref::from_double(d);
}

Ref float_from_str(Value str) {
  if (str_is_ascii(str)) {
    return float_from_text({static_cast<char*>(str_data(str)), static_cast<size_t>(str_length(str))}, str);
  }
  std::string text;
  if (!ascii_numerals(str, &text)) return {};
  return float_from_text(text, str);
}

}  // namespace adder
