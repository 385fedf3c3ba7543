// UTF-16, UTF-32 and UTF-7.
#include "object/codecs.h"
#include "object/object.h"
#include "object/str_impl.h"

namespace adder {

namespace {

inline uint32_t unit16(const uint8_t* p, bool big) { return big ? static_cast<uint32_t>(p[0]) << 8 | p[1] : static_cast<uint32_t>(p[1]) << 8 | p[0]; }
inline uint32_t unit32(const uint8_t* p, bool big) {
  return big ? static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 | p[3]
             : static_cast<uint32_t>(p[3]) << 24 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[0];
}
inline bool is_surrogate(uint32_t c) { return (c & 0xFFFFF800u) == 0xD800; }

bool put16(BytesBuilder& b, uint32_t c, bool big) {
  auto unit = [&](uint32_t u) {
    char lo = static_cast<char>(u), hi = static_cast<char>(u >> 8);
    return big ? b.add(hi) && b.add(lo) : b.add(lo) && b.add(hi);
  };
  if (c < 0x10000) return unit(c);
  c -= 0x10000;
  return unit(0xD800 | (c >> 10)) && unit(0xDC00 | (c & 0x3FF));
}
bool put32(BytesBuilder& b, uint32_t c, bool big) {
  char* p = b.extend(4);
  if (!p) return false;
  for (int i = 0; i < 4; i++) p[big ? 3 - i : i] = static_cast<char>(c >> (8 * i));
  return true;
}

template <bool (*Put)(BytesBuilder&, uint32_t, bool)>
bool put_replacement(Encoding& e, Value text, bool* possible) {
  *possible = str_is_ascii(text);
  for (Py_ssize_t i = 0; *possible && i < str_length(text); i++)
    if (!Put(e.out, str_char(text, i), e.big_endian)) return false;
  return true;
}

template <bool (*Put)(BytesBuilder&, uint32_t, bool)>
Ref encode_wide(Value s, const char* name, const char* errors, int byte_order, Py_ssize_t unit) {
  Encoding e(name, errors, s, &put_replacement<Put>, unit);
  e.big_endian = byte_order > 0;
  if (byte_order == 0 && !Put(e.out, 0xFEFF, false)) return {};
  Py_ssize_t n = str_length(s);
  int kind = str_kind(s);
  const void* d = str_data(s);
  for (Py_ssize_t i = 0; i < n;) {
    uint32_t c = char_at(kind, d, i);
    if (ADDER_UNLIKELY(is_surrogate(c))) {
      if (!e.error(i, i + 1, "surrogates not allowed", &i)) return {};
      continue;
    }
    if (!Put(e.out, c, e.big_endian)) return {};
    i++;
  }
  return e.out.finish();
}

}  // namespace

Ref decode_utf16(std::string_view in, const char* errors, int* byte_order, Py_ssize_t* consumed) {
  Py_ssize_t i = 0;
  auto* start = reinterpret_cast<const uint8_t*>(in.data());
  if (*byte_order == 0 && in.size() >= 2) {
    if (start[0] == 0xFF && start[1] == 0xFE) { *byte_order = -1; i = 2; }
    else if (start[0] == 0xFE && start[1] == 0xFF) { *byte_order = 1; i = 2; }
  }
  bool big = *byte_order > 0;
  Decoding d(big ? "utf-16-be" : "utf-16-le", errors, in);
  while (i < d.n) {
    if (d.n - i < 2) {
      if (consumed) break;
      if (!d.error(i, d.n, "truncated data", &i)) return {};
      continue;
    }
    uint32_t c = unit16(d.data + i, big);
    if (!is_surrogate(c)) {
      if (!d.out.add_char(c)) return {};
      i += 2;
    } else if (c >= 0xDC00) {
      if (!d.error(i, i + 2, "illegal encoding", &i)) return {};
    } else if (d.n - i < 4) {
      if (consumed) break;
      if (!d.error(i, d.n, "unexpected end of data", &i)) return {};
    } else {
      uint32_t low = unit16(d.data + i + 2, big);
      if ((low & 0xFC00) != 0xDC00) {
        if (!d.error(i, i + 2, "illegal UTF-16 surrogate", &i)) return {};
      } else {
        if (!d.out.add_char(0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF))) return {};
        i += 4;
      }
    }
  }
  if (consumed) *consumed = i;
  return d.out.finish();
}

Ref decode_utf32(std::string_view in, const char* errors, int* byte_order, Py_ssize_t* consumed) {
  Py_ssize_t i = 0;
  auto* start = reinterpret_cast<const uint8_t*>(in.data());
  if (*byte_order == 0 && in.size() >= 4) {
    if (unit32(start, false) == 0xFEFF) { *byte_order = -1; i = 4; }
    else if (unit32(start, true) == 0xFEFF) { *byte_order = 1; i = 4; }
  }
  bool big = *byte_order > 0;
  Decoding d(big ? "utf-32-be" : "utf-32-le", errors, in);
  while (i < d.n) {
    if (d.n - i < 4) {
      if (consumed) break;
      if (!d.error(i, d.n, "truncated data", &i)) return {};
      continue;
    }
    uint32_t c = unit32(d.data + i, big);
    if (is_surrogate(c)) {
      if (!d.error(i, i + 4, "code point in surrogate code point range(0xd800, 0xe000)", &i)) return {};
    } else if (c > 0x10FFFF) {
      if (!d.error(i, i + 4, "code point not in range(0x110000)", &i)) return {};
    } else {
      if (!d.out.add_char(c)) return {};
      i += 4;
    }
  }
  if (consumed) *consumed = i;
  return d.out.finish();
}

Ref encode_utf16(Value s, const char* errors, int byte_order) {
  return encode_wide<put16>(s, byte_order == 0 ? "utf-16" : byte_order < 0 ? "utf-16-le" : "utf-16-be", errors, byte_order, 2);
}
Ref encode_utf32(Value s, const char* errors, int byte_order) {
  return encode_wide<put32>(s, byte_order == 0 ? "utf-32" : byte_order < 0 ? "utf-32-le" : "utf-32-be", errors, byte_order, 4);
}

// --- UTF-7 (RFC 2152) -------------------------------------------------------------------------------------------------

namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
int base64_value(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}
// Characters that stand for themselves: set D and whitespace always; set O when decoding only.
bool is_direct(uint32_t c) {
  if (c >= 128) return false;
  if (c == '\t' || c == '\n' || c == '\r' || c == ' ') return true;
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("'(),-./:?", static_cast<int>(c)));
}
// Encoding writes set O directly too.
bool encodes_directly(uint32_t c) { return is_direct(c) || (c > 0 && c < 128 && strchr("!\"#$%&*;<=>@[]^_`{|}", static_cast<int>(c))); }
bool decodes_directly(uint8_t c) { return c < 128 && c != '+'; }

}  // namespace

Ref decode_utf7(std::string_view in, const char* errors, Py_ssize_t* consumed) {
  Decoding d("utf7", errors, in);
  Py_ssize_t i = 0, shift_start = 0;
  bool shifted = false;
  uint32_t bits = 0, high = 0;
  int nbits = 0;
  std::u32string pending;  // characters of the shift sequence under way
  auto flush = [&] {
    for (char32_t c : pending)
      if (!d.out.add_char(c)) return false;
    pending.clear();
    return true;
  };
  while (i < d.n) {
    uint8_t c = d.data[i];
    if (shifted) {
      int v = base64_value(c);
      if (v >= 0) {
        bits = bits << 6 | static_cast<uint32_t>(v);
        nbits += 6;
        i++;
        if (nbits >= 16) {
          uint32_t unit = (bits >> (nbits - 16)) & 0xFFFF;
          nbits -= 16;
          bits &= (1u << nbits) - 1;
          if (high) {
            if ((unit & 0xFC00) == 0xDC00) {
              pending.push_back(static_cast<char32_t>(0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF)));
              high = 0;
              continue;
            }
            pending.push_back(static_cast<char32_t>(high));
            high = 0;
          }
          if ((unit & 0xFC00) == 0xD800) high = unit;
          else pending.push_back(static_cast<char32_t>(unit));
        }
        continue;
      }
      // The sequence ends here.
      shifted = false;
      const char* wrong = nullptr;
      if (nbits >= 6) wrong = "partial character in shift sequence";
      else if (nbits > 0 && bits != 0) wrong = "non-zero padding bits in shift sequence";
      // A lone high surrogate stays where the sequence ends well.
      if (high && !wrong && decodes_directly(c)) pending.push_back(static_cast<char32_t>(high));
      high = 0;
      if (!flush()) return {};
      nbits = 0;
      bits = 0;
      if (wrong) {
        i++;
        if (!d.error(shift_start, i, wrong, &i)) return {};
        continue;
      }
      if (c == '-') {
        i++;
        continue;
      }
      continue;
    }
    if (c == '+') {
      shift_start = i++;
      if (i < d.n && d.data[i] == '-') {
        i++;
        if (!d.out.add_char('+')) return {};
      } else if (i < d.n && base64_value(d.data[i]) < 0) {
        i++;
        if (!d.error(shift_start, i, "ill-formed sequence", &i)) return {};
      } else {
        shifted = true;
        bits = high = 0;
        nbits = 0;
      }
    } else if (decodes_directly(c)) {
      if (!d.out.add_char(c)) return {};
      i++;
    } else {
      if (!d.error(i, i + 1, "unexpected special character", &i)) return {};
    }
  }
  if (shifted) {
    if (consumed) {
      // A sequence under way at the end is decoded again with what follows.
      *consumed = shift_start;
      return d.out.finish();
    }
    bool bad = high || nbits >= 6 || (nbits > 0 && bits != 0);
    if (!flush()) return {};
    if (bad) {
      Py_ssize_t pos = d.n;
      if (!d.error(shift_start, d.n, "unterminated shift sequence", &pos)) return {};
    }
  }
  if (consumed) *consumed = i;
  return d.out.finish();
}

Ref encode_utf7(Value s) {
  BytesBuilder b(str_length(s) + 8);
  bool shifted = false;
  uint32_t bits = 0;
  int nbits = 0;
  auto put_unit = [&](uint32_t unit) {
    bits = bits << 16 | unit;
    nbits += 16;
    while (nbits >= 6) {
      b.add(kBase64[(bits >> (nbits - 6)) & 63]);
      nbits -= 6;
    }
    bits &= (1u << nbits) - 1;
  };
  Py_ssize_t n = str_length(s);
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(s, i);
    if (shifted) {
      if (encodes_directly(c)) {
        if (nbits) b.add(kBase64[(bits << (6 - nbits)) & 63]);
        bits = 0;
        nbits = 0;
        shifted = false;
        if (base64_value(static_cast<uint8_t>(c)) >= 0 || c == '-') b.add('-');
        b.add(static_cast<char>(c));
        continue;
      }
    } else if (c == '+') {
      b.add("+-");
      continue;
    } else if (encodes_directly(c)) {
      b.add(static_cast<char>(c));
      continue;
    } else {
      b.add('+');
      shifted = true;
    }
    if (c >= 0x10000) {
      c -= 0x10000;
      put_unit(0xD800 | (c >> 10));
      c = 0xDC00 | (c & 0x3FF);
    }
    put_unit(c);
  }
  if (nbits) b.add(kBase64[(bits << (6 - nbits)) & 63]);
  if (shifted) b.add('-');
  return b.finish();
}

}  // namespace adder
