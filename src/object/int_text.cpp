// Text of ints and ints of text, in bases 2 to 36, with the limit on decimal digits.
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include "object/error.h"
#include "object/float.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

int int_max_str_digits = 4300;

namespace {

constexpr size_t kLimitThreshold = 640;  // shorter texts are never refused

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

Failure too_long_for_text() {
  return raise(PyExc_ValueError,
               "Exceeds the limit (%d digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
               int_max_str_digits);
}

Failure invalid_literal(int base, Value for_message) {
  Ref text = repr(for_message);
  if (!text) return {};
  if (str_length(text) > 200) text = str_substring(text, 0, 200);
  if (!text) return {};
  return raise(PyExc_ValueError, "invalid literal for int() with base %d: %U", base, text.get());
}

// Digits of `text` (only digits and single underscores between them) in a base; false without exception if malformed.
// With *malformed false and an empty result an exception is set.
Ref parse_digits(std::string_view text, int base, bool* malformed) {
  *malformed = false;
  size_t count = 0;
  char previous = '_';  // no underscore first
  for (char c : text) {
    if (c == '_') {
      if (previous == '_') { *malformed = true; return {}; }
    } else {
      if (digit_of(c) >= base) { *malformed = true; return {}; }
      ++count;
    }
    previous = c;
  }
  if (previous == '_') { *malformed = true; return {}; }
  bool power_of_two = (base & (base - 1)) == 0;
  if (!power_of_two && count > kLimitThreshold && int_max_str_digits > 0 && count > static_cast<size_t>(int_max_str_digits)) {
    return raise(PyExc_ValueError,
                 "Exceeds the limit (%d digits) for integer string conversion: value has %zd digits; use sys.set_int_max_str_digits() to increase the limit",
                 int_max_str_digits, static_cast<Py_ssize_t>(count));
  }
  // As far as a word reaches.
  uint64_t word = 0;
  bool fits = true;
  for (char c : text) {
    if (c == '_') continue;
    if (__builtin_mul_overflow(word, static_cast<uint64_t>(base), &word) ||
        __builtin_add_overflow(word, static_cast<uint64_t>(digit_of(c)), &word)) {
      fits = false;
      break;
    }
  }
  if (fits) return int_from_u64(word);
  auto* values = static_cast<unsigned char*>(malloc(count));
  if (!values) return raise_no_memory();
  size_t n = 0;
  for (char c : text) {
    if (c != '_') values[n++] = static_cast<unsigned char>(digit_of(c));
  }
  const unsigned char* first = values;
  while (n > 1 && *first == 0) { ++first; --n; }
  Limbs limbs(static_cast<size_t>(static_cast<double>(n) * std::log2(base) / 64) + 2);
  Ref result;
  if (!limbs.p) {
    free(values);
    return raise_no_memory();
  }
  mp_size_t used = mpn_set_str(limbs.p, first, n, base);
  free(values);
  return int_from_limbs(limbs.p, static_cast<size_t>(used), false);
}

}  // namespace

Ref int_from_text(std::string_view text, int base, Value for_message) {
  if (base != 0 && (base < 2 || base > 36)) return raise(PyExc_ValueError, "int() base must be >= 2 and <= 36, or 0");
  const int given_base = base;
  size_t i = 0, n = text.size();
  while (i < n && is_space(text[i])) ++i;
  while (n > i && is_space(text[n - 1])) --n;
  bool negative = false;
  if (i < n && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  // Up to 15 plain decimal digits: the common case.
  if (base == 10 && n > i && n - i <= 14) {
    int64_t word = 0;
    size_t k = i;
    for (; k < n; k++) {
      unsigned d = static_cast<unsigned>(text[k]) - '0';
      if (d > 9) break;
      word = word * 10 + d;
    }
    if (k == n) return Ref::from_int(negative ? -word : word);
  }
  bool prefixed = false;
  if (i + 1 < n && text[i] == '0') {
    char c = text[i + 1] | 0x20;
    int named = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
    if (named && (base == 0 || base == named)) {
      base = named;
      i += 2;
      prefixed = true;
      if (i < n && text[i] == '_') ++i;  // one underscore may follow the prefix
    }
  }
  bool zero_only = false;
  if (base == 0) {
    base = 10;
    zero_only = i < n && text[i] == '0';  // a decimal literal may not begin with 0 unless it is zero
  }
  (void)prefixed;
  bool malformed = n <= i;
  Ref result;
  if (!malformed) result = parse_digits(text.substr(i, n - i), base, &malformed);
  if (malformed) return invalid_literal(given_base, for_message);
  if (!result) return {};
  if (zero_only && int_sign(result) != 0) return invalid_literal(given_base, for_message);
  return negative ? int_negative(result) : std::move(result);
}

Ref int_from_str(Value str, int base) {
  if (str_is_ascii(str)) {
    return int_from_text({static_cast<char*>(str_data(str)), static_cast<size_t>(str_length(str))}, base, str);
  }
  std::string text;
  if (!ascii_numerals(str, &text)) return {};
  return int_from_text(text, base, str);
}

Ref int_parse_literal(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    char c = text[1] | 0x20;
    base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
    if (base != 10) {
      text.remove_prefix(2);
      if (text[0] == '_') text.remove_prefix(1);
    }
  }
  bool malformed;
  Ref r = parse_digits(text, base, &malformed);
  if (malformed) return raise(PyExc_ValueError, "invalid integer literal");
  return r;
}

Ref int_to_text(Value v, int base, bool prefix, bool limit) {
  char buffer[80];
  int64_t word;
  if (word_of(v, &word)) {
    char* p = buffer;
    uint64_t u = word < 0 ? 0 - static_cast<uint64_t>(word) : static_cast<uint64_t>(word);
    if (word < 0) *p++ = '-';
    if (prefix && base != 10) {
      *p++ = '0';
      *p++ = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
    }
    p = std::to_chars(p, buffer + sizeof buffer, u, base).ptr;
    return str_from_ascii({buffer, static_cast<size_t>(p - buffer)});
  }
  Digits x(v);
  if (base == 10 && limit && int_max_str_digits > 0) {
    // A first guess that spares the conversion of what is much too large.
    double digits = static_cast<double>(int_bit_length(v)) * 0.30102999566398;
    if (digits > int_max_str_digits + 2.0 && digits > static_cast<double>(kLimitThreshold)) return too_long_for_text();
  }
  Limbs limbs(x);
  if (!limbs.p) return raise_no_memory();
  ReadOnlyMpz z(limbs);
  size_t size = mpz_sizeinbase(z.z, base) + 2;
  auto* text = static_cast<char*>(malloc(size + 4));
  if (!text) return raise_no_memory();
  char* p = text;
  if (x.negative) *p++ = '-';
  if (prefix && base != 10) {
    *p++ = '0';
    *p++ = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
  }
  mpz_get_str(p, base, z.z);
  size_t length = strlen(p);
  if (base == 10 && limit && int_max_str_digits > 0 && length > kLimitThreshold && length > static_cast<size_t>(int_max_str_digits)) {
    free(text);
    return too_long_for_text();
  }
  Ref r = str_from_ascii({text, static_cast<size_t>(p - text) + length});
  free(text);
  return r;
}

}  // namespace adder
