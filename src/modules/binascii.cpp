// The module binascii: hex, base64, uuencode, quoted-printable, checksums.
#include <zlib.h>
#include <cstring>
#include <string>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // object/bytes_methods.cpp

namespace {

PyObject* binascii_error;

using Byte = unsigned char;

// bytes-like data, or an ASCII str.
class Source {
 public:
  bool get(Value v) {
    if (is_str(v)) {
      if (!str_is_ascii(v)) return raise(PyExc_ValueError, "string argument should contain only ASCII characters");
      text_ = {static_cast<char*>(str_data(v)), static_cast<size_t>(str_length(v))};
      return true;
    }
    if (!has_buffer(v)) return raise(PyExc_TypeError, "argument should be bytes, buffer or ASCII string, not '%.100s'", type_of(v)->tp_name);
    if (!view_.get(v)) return false;
    text_ = view_.text();
    return true;
  }
  std::string_view text() const { return text_; }

 private:
  BufferView view_;
  std::string_view text_;
};

bool flag(Value v, bool fallback, bool* out) {
  *out = fallback;
  if (v.absent()) return true;
  int t;
  if (!as_int(v, &t)) return false;
  *out = t != 0;
  return true;
}

// --- Hex ----------------------------------------------------------------------------------------------------------------------

int hex_value(Byte c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Ref hexlify(Value, const Value* a) {
  BufferView view;
  if (!view.get(a[0])) return {};
  Ref text = bytes_hex(view.text(), a[1], a[2]);
  if (!text) return {};
  return bytes_new({static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text))});
}

Ref unhexlify(Value, Value v) {
  Source source;
  if (!source.get(v)) return {};
  std::string_view s = source.text();
  if (s.size() % 2) return raise(binascii_error, "Odd-length string");
  Ref r = bytes_uninitialized(static_cast<Py_ssize_t>(s.size() / 2));
  if (!r) return {};
  char* p = bytes_data(r);
  for (size_t i = 0; i < s.size(); i += 2) {
    int high = hex_value(static_cast<Byte>(s[i])), low = hex_value(static_cast<Byte>(s[i + 1]));
    if (high < 0 || low < 0) return raise(binascii_error, "Non-hexadecimal digit found");
    *p++ = static_cast<char>(high << 4 | low);
  }
  return r;
}

// --- Base64 --------------------------------------------------------------------------------------------------------------------

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct DecodeTable {
  signed char value[256];
  constexpr DecodeTable() : value() {
    for (auto& v : value) v = -1;
    for (int i = 0; i < 64; i++) value[static_cast<Byte>(kAlphabet[i])] = static_cast<signed char>(i);
  }
};
constexpr DecodeTable kDecode;

Ref a2b_base64(Value, const Value* a) {
  Source source;
  bool strict;
  if (!source.get(a[0]) || !flag(a[1], false, &strict)) return {};
  std::string_view s = source.text();
  std::string out;
  out.reserve(s.size() / 4 * 3 + 3);
  if (strict && !s.empty() && s[0] == '=') return raise(binascii_error, "Leading padding not allowed");
  int quad = 0, pads = 0;
  Byte left = 0;
  bool padding_started = false;
  for (size_t i = 0; i < s.size(); i++) {
    auto c = static_cast<Byte>(s[i]);
    if (c == '=') {
      padding_started = true;
      if (quad >= 2 && quad + ++pads >= 4) {
        // A quad is full: what follows is none of ours.
        if (strict && i + 1 < s.size()) return raise(binascii_error, "Excess data after padding");
        return bytes_new(out);
      }
      continue;
    }
    int v = kDecode.value[c];
    if (v < 0) {
      if (strict) return raise(binascii_error, "Only base64 data is allowed");
      continue;
    }
    if (strict && padding_started) return raise(binascii_error, "Discontinuous padding not allowed");
    pads = 0;
    switch (quad) {
      case 0: quad = 1; left = static_cast<Byte>(v); break;
      case 1: quad = 2; out += static_cast<char>(left << 2 | v >> 4); left = v & 0x0F; break;
      case 2: quad = 3; out += static_cast<char>(left << 4 | v >> 2); left = v & 0x03; break;
      default: quad = 0; out += static_cast<char>(left << 6 | v); left = 0; break;
    }
  }
  if (quad == 1) {
    return raise(binascii_error, "Invalid base64-encoded string: number of data characters (%zd) cannot be 1 more than a multiple of 4",
                 static_cast<Py_ssize_t>(out.size() / 3 * 4 + 1));
  }
  if (quad != 0) return raise(binascii_error, "Incorrect padding");
  return bytes_new(out);
}

Ref b2a_base64(Value, const Value* a) {
  BufferView view;
  bool newline;
  if (!view.get(a[0]) || !flag(a[1], true, &newline)) return {};
  std::string_view s = view.text();
  Ref r = bytes_uninitialized(static_cast<Py_ssize_t>((s.size() + 2) / 3 * 4 + (newline ? 1 : 0)));
  if (!r) return {};
  char* p = bytes_data(r);
  size_t i = 0;
  auto at = [&](size_t k) { return static_cast<unsigned>(static_cast<Byte>(s[k])); };
  for (; i + 2 < s.size(); i += 3) {
    unsigned w = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *p++ = kAlphabet[w >> 18];
    *p++ = kAlphabet[w >> 12 & 63];
    *p++ = kAlphabet[w >> 6 & 63];
    *p++ = kAlphabet[w & 63];
  }
  if (i < s.size()) {
    bool two = i + 1 < s.size();
    unsigned w = at(i) << 16 | (two ? at(i + 1) << 8 : 0);
    *p++ = kAlphabet[w >> 18];
    *p++ = kAlphabet[w >> 12 & 63];
    *p++ = two ? kAlphabet[w >> 6 & 63] : '=';
    *p++ = '=';
  }
  if (newline) *p = '\n';
  return r;
}

// --- uuencode -------------------------------------------------------------------------------------------------------------------

Ref a2b_uu(Value, Value v) {
  Source source;
  if (!source.get(v)) return {};
  std::string_view s = source.text();
  size_t i = 0;
  Py_ssize_t n = s.empty() ? 32 : (static_cast<Byte>(s[i++]) - ' ') & 077;
  Ref r = bytes_uninitialized(n);
  if (!r) return {};
  char* p = bytes_data(r);
  unsigned bits = 0, left = 0;
  while (n > 0) {
    unsigned c = i < s.size() ? static_cast<Byte>(s[i]) : 0;
    if (i >= s.size() || c == '\n' || c == '\r') {
      c = 0;  // the line ended early: zeros are assumed
    } else {
      if (c < ' ' || c > ' ' + 64) return raise(binascii_error, "Illegal char");
      c = (c - ' ') & 077;
    }
    ++i;
    left = left << 6 | c;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *p++ = static_cast<char>(left >> bits & 0xFF);
      left &= (1U << bits) - 1;
      --n;
    }
  }
  for (; i < s.size(); i++) {
    char c = s[i];
    if (c != ' ' && c != ' ' + 64 && c != '\n' && c != '\r') return raise(binascii_error, "Trailing garbage");
  }
  return r;
}

Ref b2a_uu(Value, const Value* a) {
  BufferView view;
  bool backtick;
  if (!view.get(a[0]) || !flag(a[1], false, &backtick)) return {};
  std::string_view s = view.text();
  if (s.size() > 45) return raise(binascii_error, "At most 45 bytes at once");
  std::string out;
  auto put = [&](unsigned c) { out += backtick && !c ? '`' : static_cast<char>(c + ' '); };
  put(static_cast<unsigned>(s.size()));
  unsigned bits = 0, left = 0;
  for (size_t i = 0; i < s.size() || bits != 0; i++) {
    left = left << 8 | (i < s.size() ? static_cast<Byte>(s[i]) : 0);
    bits += 8;
    while (bits >= 6) {
      put(left >> (bits - 6) & 077);
      bits -= 6;
    }
  }
  out += '\n';
  return bytes_new(out);
}

// --- Quoted-printable -------------------------------------------------------------------------------------------------------------

Ref a2b_qp(Value, const Value* a) {
  Source source;
  bool header;
  if (!source.get(a[0]) || !flag(a[1], false, &header)) return {};
  std::string_view s = source.text();
  std::string out;
  size_t i = 0;
  while (i < s.size()) {
    if (s[i] == '=') {
      if (++i >= s.size()) break;
      if (s[i] == '\n' || s[i] == '\r') {  // a soft line break
        if (s[i] != '\n') {
          while (i < s.size() && s[i] != '\n') ++i;
        }
        if (i < s.size()) ++i;
      } else if (s[i] == '=') {  // broken case from broken encoders
        out += '=';
        ++i;
      } else if (i + 1 < s.size() && hex_value(static_cast<Byte>(s[i])) >= 0 && hex_value(static_cast<Byte>(s[i + 1])) >= 0) {
        out += static_cast<char>(hex_value(static_cast<Byte>(s[i])) << 4 | hex_value(static_cast<Byte>(s[i + 1])));
        i += 2;
      } else {
        out += '=';
      }
    } else if (header && s[i] == '_') {
      out += ' ';
      ++i;
    } else {
      out += s[i++];
    }
  }
  return bytes_new(out);
}

Ref b2a_qp(Value, const Value* a) {
  BufferView view;
  bool quote_tabs, is_text, header;
  if (!view.get(a[0]) || !flag(a[1], false, &quote_tabs) || !flag(a[2], true, &is_text) || !flag(a[3], false, &header)) return {};
  std::string_view s = view.text();
  constexpr size_t kMaxLine = 76;
  // Lines end as the first one does.
  size_t first = s.find('\n');
  bool crlf = first != std::string_view::npos && first > 0 && s[first - 1] == '\r';
  std::string out;
  size_t line = 0;
  auto newline = [&] { out += crlf ? "\r\n" : "\n"; };
  auto hex = [&](Byte c) {
    out += '=';
    out += "0123456789ABCDEF"[c >> 4];
    out += "0123456789ABCDEF"[c & 15];
  };
  for (size_t i = 0; i < s.size();) {
    auto c = static_cast<Byte>(s[i]);
    bool line_end = i + 1 == s.size();
    bool quoted = c > 126 || c == '=' || (header && c == '_') ||
                  (c == '.' && line == 0 && (line_end || s[i + 1] == '\n' || s[i + 1] == '\r' || s[i + 1] == 0)) ||
                  (!is_text && (c == '\r' || c == '\n')) || ((c == '\t' || c == ' ') && line_end) ||
                  (c < 33 && c != '\r' && c != '\n' && c != '\t' && c != ' ') ||
                  (c < 33 && c != '\r' && c != '\n' && (quote_tabs || (!quote_tabs && c != '\t' && c != ' ')));
    if (quoted) {
      if (line + 3 >= kMaxLine) {
        out += '=';
        newline();
        line = 0;
      }
      hex(c);
      ++i;
      line += 3;
      continue;
    }
    if (is_text && (c == '\n' || (c == '\r' && i + 1 < s.size() && s[i + 1] == '\n'))) {
      line = 0;
      // White space at the end of a line is quoted.
      if (!out.empty() && (out.back() == ' ' || out.back() == '\t')) {
        auto last = static_cast<Byte>(out.back());
        out.pop_back();
        hex(last);
      }
      newline();
      i += c == '\r' ? 2 : 1;
      continue;
    }
    if (i + 1 != s.size() && s[i + 1] != '\n' && line + 1 >= kMaxLine) {
      out += '=';
      newline();
      line = 0;
    }
    ++line;
    if (header && c == ' ') {
      out += '_';
    } else {
      out += static_cast<char>(c);
    }
    ++i;
  }
  return bytes_new(out);
}

// --- Checksums ---------------------------------------------------------------------------------------------------------------------

bool unsigned_mask(Value v, uint32_t* out) {
  Ref i = index(v);
  if (!i) return false;
  *out = static_cast<uint32_t>(int_as_u64_mask(i));
  return true;
}

Ref crc_hqx(Value, const Value* a) {
  BufferView view;
  uint32_t crc;
  if (!view.get(a[0]) || !unsigned_mask(a[1], &crc)) return {};
  crc &= 0xFFFF;
  for (char c : view.text()) {
    crc ^= static_cast<uint32_t>(static_cast<Byte>(c)) << 8;
    for (int k = 0; k < 8; k++) crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xFFFF;
  }
  return Ref::from_int(crc);
}

Ref binascii_crc32(Value, const Value* a) {
  BufferView view;
  uint32_t crc = 0;
  if (!view.get(a[0]) || (!a[1].absent() && !unsigned_mask(a[1], &crc))) return {};
  return Ref::from_int(static_cast<int64_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(view.data()), static_cast<size_t>(view.size()))));
}

const MethodRow functions[] = {
    method<a2b_uu>("a2b_uu", "($module, data, /)", "Decode a line of uuencoded data."),
    method<b2a_uu>("b2a_uu", "($module, data, /, *, backtick=False)", "Uuencode line of data."),
    method<a2b_base64>("a2b_base64", "($module, data, /, *, strict_mode=False)", "Decode a line of base64 data."),
    method<b2a_base64>("b2a_base64", "($module, data, /, *, newline=True)", "Base64-code line of data."),
    method<unhexlify>("a2b_hex", "($module, hexstr, /)", "Binary data of hexadecimal representation."),
    method<hexlify>("b2a_hex", "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)", "Hexadecimal representation of binary data."),
    method<hexlify>("hexlify", "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)", "Hexadecimal representation of binary data."),
    method<unhexlify>("unhexlify", "($module, hexstr, /)", "Binary data of hexadecimal representation."),
    method<crc_hqx>("crc_hqx", "($module, data, crc, /)", "Compute CRC-CCITT incrementally."),
    method<binascii_crc32>("crc32", "($module, data, crc=0, /)", "Compute CRC-32 incrementally."),
    method<a2b_qp>("a2b_qp", "($module, /, data, header=False)", "Decode a string of qp-encoded data."),
    method<b2a_qp>("b2a_qp", "($module, /, data, quotetabs=False, istext=True, header=False)", "Encode a string using quoted-printable encoding."),
    {}};

bool exec(PyObject* module) {
  if (!binascii_error) {  // shared by modules imported anew
    Ref error = make_heap_type("binascii.Error", reinterpret_cast<PyTypeObject*>(PyExc_ValueError), Value{});
    if (!error) return false;
    binascii_error = error.release().object();
  }
  Ref incomplete = make_heap_type("binascii.Incomplete", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{});
  return incomplete && module_add(module, "Error", Ref::copy(Value{binascii_error})) && module_add(module, "Incomplete", std::move(incomplete));
}

}  // namespace

extern const ModuleDef binascii_module = {
    .name = "binascii",
    .doc = "Conversion between binary data and ASCII",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
