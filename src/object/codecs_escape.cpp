// unicode_escape, raw_unicode_escape, the escapes of bytes literals, and charmap.
#include "object/builtin.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"

namespace adder {

namespace {

int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr char kHex[] = "0123456789abcdef";

void put_hex(BytesBuilder& b, char letter, uint32_t c, int digits) {
  b.add('\\');
  b.add(letter);
  for (int i = digits - 1; i >= 0; i--) b.add(kHex[(c >> (4 * i)) & 15]);
}

}  // namespace

Ref decode_unicode_escape(std::string_view in, const char* errors, Py_ssize_t* consumed, bool warn_invalid) {
  Decoding d("unicodeescape", errors, in);
  Py_ssize_t i = 0;
  int first_invalid = -1;  // character; octal value where > 0xFF
  while (i < d.n) {
    uint8_t c = d.data[i];
    if (c != '\\') {
      if (!d.out.add_char(c)) return {};
      i++;
      continue;
    }
    Py_ssize_t start = i++;
    const char* message = nullptr;
    int digits = 0;
    if (i >= d.n) {
      if (consumed) { i = start; break; }
      if (!d.error(start, d.n, "\\ at end of string", &i)) return {};
      continue;
    }
    c = d.data[i++];
    uint32_t out = 0xFFFFFFFF;
    switch (c) {
      case '\n': continue;
      case '\\': case '\'': case '"': out = c; break;
      case 'b': out = '\b'; break;
      case 'f': out = '\f'; break;
      case 't': out = '\t'; break;
      case 'n': out = '\n'; break;
      case 'r': out = '\r'; break;
      case 'v': out = '\v'; break;
      case 'a': out = '\a'; break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
        uint32_t v = c - '0';
        for (int k = 0; k < 2 && i < d.n && d.data[i] >= '0' && d.data[i] <= '7'; k++) v = v * 8 + (d.data[i++] - '0');
        if (v > 0377 && first_invalid < 0) first_invalid = static_cast<int>(v);
        out = v;
        break;
      }
      case 'x': digits = 2; message = "truncated \\xXX escape"; break;
      case 'u': digits = 4; message = "truncated \\uXXXX escape"; break;
      case 'U': digits = 8; message = "truncated \\UXXXXXXXX escape"; break;
      case 'N': {
        message = "malformed \\N character escape";
        if (i < d.n && d.data[i] == '{') {
          Py_ssize_t name = ++i;
          while (i < d.n && d.data[i] != '}') i++;
          if (i < d.n && i > name) {
            std::string_view text{reinterpret_cast<const char*>(d.data + name), static_cast<size_t>(i - name)};
            i++;
            int64_t found = character_by_name(text);
            if (found == -2) return {};
            if (found >= 0) { out = static_cast<uint32_t>(found); message = nullptr; break; }
            message = "unknown Unicode character name";
          } else if (i < d.n) {
            i++;
          } else if (consumed) {
            *consumed = start;
            return d.out.finish();
          }
        } else if (i >= d.n && consumed) {
          *consumed = start;
          return d.out.finish();
        }
        break;
      }
      default:
        if (first_invalid < 0) first_invalid = c;
        if (!d.out.add_char('\\')) return {};
        out = c;
    }
    if (digits) {
      uint32_t v = 0;
      int k = 0;
      for (; k < digits && i < d.n; k++, i++) {
        int h = hex_digit(d.data[i]);
        if (h < 0) break;
        v = v << 4 | static_cast<uint32_t>(h);
      }
      if (k < digits) {
        if (i >= d.n && consumed) { i = start; break; }
      } else if (v > 0x10FFFF) {
        message = "illegal Unicode character";
      } else {
        message = nullptr;
        out = v;
      }
    }
    if (message) {
      if (!d.error(start, i, message, &i)) return {};
      continue;
    }
    if (!d.out.add_char(out)) return {};
  }
  if (consumed) *consumed = i;
  if (first_invalid >= 0 && warn_invalid) {
    bool ok = first_invalid > 0xFF ? warn(PyExc_DeprecationWarning, 1, "invalid octal escape sequence '\\%o'", static_cast<unsigned>(first_invalid))
                                   : warn(PyExc_DeprecationWarning, 1, "invalid escape sequence '\\%c'", first_invalid);
    if (!ok) return {};
  }
  return d.out.finish();
}

Ref encode_unicode_escape(Value s) {
  Py_ssize_t n = str_length(s);
  BytesBuilder b(n);
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(s, i);
    if (c == '\\') b.add("\\\\");
    else if (c == '\t') b.add("\\t");
    else if (c == '\n') b.add("\\n");
    else if (c == '\r') b.add("\\r");
    else if (c >= 32 && c < 127) b.add(static_cast<char>(c));
    else if (c < 256) put_hex(b, 'x', c, 2);
    else if (c < 0x10000) put_hex(b, 'u', c, 4);
    else put_hex(b, 'U', c, 8);
  }
  return b.finish();
}

Ref decode_raw_unicode_escape(std::string_view in, const char* errors, Py_ssize_t* consumed) {
  Decoding d("rawunicodeescape", errors, in);
  Py_ssize_t i = 0;
  while (i < d.n) {
    uint8_t c = d.data[i];
    if (c != '\\') {
      if (!d.out.add_char(c)) return {};
      i++;
      continue;
    }
    if (i + 1 >= d.n) {
      if (consumed) break;
      if (!d.out.add_char('\\')) return {};
      i++;
      continue;
    }
    uint8_t kind = d.data[i + 1];
    if (kind != 'u' && kind != 'U') {
      if (!d.out.add_char('\\') || !d.out.add_char(kind)) return {};
      i += 2;
      continue;
    }
    Py_ssize_t start = i;
    i += 2;
    int digits = kind == 'u' ? 4 : 8, k = 0;
    uint32_t v = 0;
    for (; k < digits && i < d.n; k++, i++) {
      int h = hex_digit(d.data[i]);
      if (h < 0) break;
      v = v << 4 | static_cast<uint32_t>(h);
    }
    if (k < digits) {
      if (i >= d.n && consumed) { i = start; break; }
      if (!d.error(start, i, kind == 'u' ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape", &i)) return {};
    } else if (v > 0x10FFFF) {
      if (!d.error(start, i, "\\Uxxxxxxxx out of range", &i)) return {};
    } else if (!d.out.add_char(v)) {
      return {};
    }
  }
  if (consumed) *consumed = i;
  return d.out.finish();
}

Ref encode_raw_unicode_escape(Value s) {
  Py_ssize_t n = str_length(s);
  BytesBuilder b(n);
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(s, i);
    if (c < 256) b.add(static_cast<char>(c));
    else if (c < 0x10000) put_hex(b, 'u', c, 4);
    else put_hex(b, 'U', c, 8);
  }
  return b.finish();
}

Ref decode_bytes_escapes(std::string_view in, const char* errors, const char** first_invalid) {
  *first_invalid = nullptr;
  BytesBuilder b(static_cast<Py_ssize_t>(in.size()));
  size_t n = in.size(), i = 0;
  while (i < n) {
    char c = in[i];
    if (c != '\\') {
      b.add(c);
      i++;
      continue;
    }
    size_t start = i++;
    if (i >= n) return raise(PyExc_ValueError, "Trailing \\ in string");
    c = in[i++];
    switch (c) {
      case '\n': break;
      case '\\': case '\'': case '"': b.add(c); break;
      case 'b': b.add('\b'); break;
      case 'f': b.add('\f'); break;
      case 't': b.add('\t'); break;
      case 'n': b.add('\n'); break;
      case 'r': b.add('\r'); break;
      case 'v': b.add('\v'); break;
      case 'a': b.add('\a'); break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
        int v = c - '0';
        for (int k = 0; k < 2 && i < n && in[i] >= '0' && in[i] <= '7'; k++) v = v * 8 + (in[i++] - '0');
        if (v > 0377 && !*first_invalid) *first_invalid = in.data() + start + 1;
        b.add(static_cast<char>(v));
        break;
      }
      case 'x': {
        int hi = i < n ? hex_digit(static_cast<uint8_t>(in[i])) : -1;
        int lo = i + 1 < n ? hex_digit(static_cast<uint8_t>(in[i + 1])) : -1;
        if (hi >= 0 && lo >= 0) {
          b.add(static_cast<char>(hi << 4 | lo));
          i += 2;
          break;
        }
        std::string_view e = errors ? errors : "strict";
        if (e == "strict") return raise(PyExc_ValueError, "invalid \\x escape at position %zd", static_cast<Py_ssize_t>(start));
        if (e == "replace") b.add('?');
        else if (e != "ignore") return raise(PyExc_ValueError, "decoding error; unknown error handling code: %.400s", errors);
        if (hi >= 0) i++;
        break;
      }
      default:
        if (!*first_invalid) *first_invalid = in.data() + start + 1;
        b.add('\\');
        b.add(c);
    }
  }
  return b.finish();
}

// --- charmap ------------------------------------------------------------------------------------------------------------

Ref decode_charmap(std::string_view in, const char* errors, Value mapping) {
  if (!mapping || is_none(mapping)) return decode_latin1(in);
  Decoding d("charmap", errors, in);
  for (Py_ssize_t i = 0; i < d.n;) {
    uint8_t c = d.data[i];
    if (is_exact_str(mapping)) {
      uint32_t to = c < str_length(mapping) ? str_char(mapping, c) : 0xFFFE;
      if (to == 0xFFFE) {
        if (!d.error(i, i + 1, "character maps to <undefined>", &i)) return {};
        continue;
      }
      if (!d.out.add_char(to)) return {};
      i++;
      continue;
    }
    Ref item = get_item(mapping, Value::from_int(c));
    bool undefined = false;
    if (!item) {
      if (!error_matches(PyExc_LookupError)) return {};
      clear_error();
      undefined = true;
    } else if (is_none(item)) {
      undefined = true;
    } else if (is_int(item)) {
      int64_t v;
      if (int_sign_overflow_i64(item, &v) || v < 0 || v > 0x10FFFF)
        return raise(PyExc_TypeError, "character mapping must be in range(0x%x)", 0x110000u);
      if (v == 0xFFFE) undefined = true;
      else if (!d.out.add_char(static_cast<uint32_t>(v))) return {};
    } else if (is_str(item)) {
      if (str_length(item) == 1 && str_char(item, 0) == 0xFFFE) undefined = true;
      else if (!d.out.add(item)) return {};
    } else {
      return raise(PyExc_TypeError, "character mapping must return integer, None or str");
    }
    if (undefined) {
      if (!d.error(i, i + 1, "character maps to <undefined>", &i)) return {};
    } else {
      i++;
    }
  }
  return d.out.finish();
}

namespace {

// What a character maps to: 1 added to the output, 0 undefined, -1 an exception.
int encode_mapped(Encoding& e, uint32_t c) {
  Ref item;
  if (is_exact_dict(e.mapping)) {
    Value hit;
    int r = dict_lookup(e.mapping, Value::from_int(c), &hit);
    if (r <= 0) return r;
    item = Ref::copy(hit);
  } else {
    item = get_item(e.mapping, Value::from_int(c));
    if (!item) {
      if (!error_matches(PyExc_LookupError)) return -1;
      clear_error();
      return 0;
    }
  }
  if (is_none(item)) return 0;
  if (is_int(item)) {
    int64_t v;
    if (int_sign_overflow_i64(item, &v) || v < 0 || v > 255) return raise(PyExc_TypeError, "character mapping must be in range(256)");
    return e.out.add(static_cast<char>(v)) ? 1 : -1;
  }
  if (is_bytes(item)) return e.out.add(bytes_view(item)) ? 1 : -1;
  return raise(PyExc_TypeError, "character mapping must return integer, bytes or None, not %N", type_of(item));
}
bool put_mapped(Encoding& e, Value text, bool* possible) {
  *possible = true;
  for (Py_ssize_t i = 0; i < str_length(text); i++) {
    int r = encode_mapped(e, str_char(text, i));
    if (r < 0) return false;
    if (r == 0) {
      *possible = false;
      return true;
    }
  }
  return true;
}

}  // namespace

Ref encode_charmap(Value s, const char* errors, Value mapping) {
  if (!mapping || is_none(mapping)) return encode_latin1(s, errors);
  Encoding e("charmap", errors, s, &put_mapped);
  e.mapping = mapping;
  Py_ssize_t n = str_length(s);
  for (Py_ssize_t i = 0; i < n;) {
    int r = encode_mapped(e, str_char(s, i));
    if (r < 0) return {};
    if (r > 0) {
      i++;
      continue;
    }
    Py_ssize_t end = i + 1;
    while (end < n) {
      // The run of characters that cannot be encoded; what a probe added is taken back.
      Encoding probe("charmap", errors, s, &put_mapped);
      probe.mapping = mapping;
      r = encode_mapped(probe, str_char(s, end));
      if (r < 0) return {};
      if (r > 0) break;
      end++;
    }
    if (!e.error(i, end, "character maps to <undefined>", &i)) return {};
  }
  return e.out.finish();
}

}  // namespace adder
