// UTF-8: decoding and encoding of str, the cached UTF-8 text, file system names; Latin-1 and ASCII.
#include "memory/gc.h"
#include "object/codecs.h"
#include "object/object.h"
#include "object/str_impl.h"

namespace adder {

namespace {

struct Utf8Size {
  Py_ssize_t chars;
  uint32_t max;
};

inline bool is_tail(uint8_t b) { return (b & 0xC0) == 0x80; }

// One character's length if [p, end) starts with a valid sequence beyond ASCII, else 0; *c is the character.
inline int valid_sequence(const uint8_t* p, const uint8_t* end, uint32_t* c) {
  uint8_t b = *p;
  if (b < 0xE0) {
    if (b < 0xC2 || end - p < 2 || !is_tail(p[1])) return 0;
    *c = (static_cast<uint32_t>(b & 0x1F) << 6) | (p[1] & 0x3F);
    return 2;
  }
  if (b < 0xF0) {
    if (end - p < 3 || !is_tail(p[1]) || !is_tail(p[2])) return 0;
    *c = (static_cast<uint32_t>(b & 0x0F) << 12) | (static_cast<uint32_t>(p[1] & 0x3F) << 6) | (p[2] & 0x3F);
    return *c >= 0x800 && !(*c >= 0xD800 && *c < 0xE000) ? 3 : 0;
  }
  if (b > 0xF4 || end - p < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3])) return 0;
  *c = (static_cast<uint32_t>(b & 7) << 18) | (static_cast<uint32_t>(p[1] & 0x3F) << 12) | (static_cast<uint32_t>(p[2] & 0x3F) << 6) |
       (p[3] & 0x3F);
  return *c >= 0x10000 && *c <= 0x10FFFF ? 4 : 0;
}

bool measure_utf8(const char* data, size_t n, size_t ascii, Utf8Size* size) {
  auto* start = reinterpret_cast<const uint8_t*>(data);
  const uint8_t *p = start + ascii, *end = start + n;
  Py_ssize_t chars = static_cast<Py_ssize_t>(ascii);
  uint32_t max = 127;
  while (p < end) {
    if (*p < 0x80) {
      size_t run = ascii_prefix(reinterpret_cast<const char*>(p), static_cast<size_t>(end - p));
      chars += static_cast<Py_ssize_t>(run);
      p += run;
      continue;
    }
    uint32_t c;
    int len = valid_sequence(p, end, &c);
    if (!len) return false;
    if (c > max) max = c;
    chars++;
    p += len;
  }
  *size = {chars, max};
  return true;
}

template <class C>
void fill_utf8(C* to, const char* data, size_t n) {
  auto* p = reinterpret_cast<const uint8_t*>(data);
  auto* end = p + n;
  while (p < end) {
    if (*p < 0x80) {
      size_t run = ascii_prefix(reinterpret_cast<const char*>(p), static_cast<size_t>(end - p));
      std::copy(p, p + run, to);
      to += run;
      p += run;
      continue;
    }
    uint32_t c = 0;
    p += valid_sequence(p, end, &c);
    *to++ = static_cast<C>(c);
  }
}

// What is wrong at p: the reason and how many bytes belong to it. `incomplete`: more input could make it valid.
const char* diagnose(const uint8_t* p, const uint8_t* end, Py_ssize_t* length, bool* incomplete) {
  *incomplete = false;
  *length = 1;
  uint8_t b = *p;
  if (b < 0xC2 || b > 0xF4) return "invalid start byte";
  int need = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
  uint8_t lo = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80, hi = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < need; i++) {
    if (p + i == end) {
      *length = i;
      *incomplete = true;
      return "unexpected end of data";
    }
    if (p[i] < lo || p[i] > hi) {
      *length = i;
      return "invalid continuation byte";
    }
    lo = 0x80;
    hi = 0xBF;
  }
  return "invalid continuation byte";
}

}  // namespace

Ref decode_utf8(std::string_view in, const char* errors, Py_ssize_t* consumed) {
  if (consumed) *consumed = static_cast<Py_ssize_t>(in.size());
  size_t ascii = ascii_prefix(in.data(), in.size());
  if (ascii == in.size()) return str_from_ascii(in);
  Utf8Size size;
  if (ADDER_LIKELY(measure_utf8(in.data(), in.size(), ascii, &size))) {
    if (size.chars == 1) return str_from_char(size.max);
    Ref s = str_new(size.chars, size.max);
    if (!s) return {};
    void* d = str_data(s);
    int kind = str_kind(s);
    if (kind == 1) fill_utf8(static_cast<uint8_t*>(d), in.data(), in.size());
    else if (kind == 2) fill_utf8(static_cast<uint16_t*>(d), in.data(), in.size());
    else fill_utf8(static_cast<uint32_t*>(d), in.data(), in.size());
    return s;
  }
  Decoding d("utf-8", errors, in);
  Py_ssize_t i = 0;
  while (i < d.n) {
    if (d.data[i] < 0x80) {
      size_t run = ascii_prefix(reinterpret_cast<const char*>(d.data + i), static_cast<size_t>(d.n - i));
      if (!d.out.add_ascii({reinterpret_cast<const char*>(d.data + i), run})) return {};
      i += static_cast<Py_ssize_t>(run);
      continue;
    }
    uint32_t c;
    if (int len = valid_sequence(d.data + i, d.data + d.n, &c)) {
      if (!d.out.add_char(c)) return {};
      i += len;
      continue;
    }
    Py_ssize_t bad;
    bool incomplete;
    const char* reason = diagnose(d.data + i, d.data + d.n, &bad, &incomplete);
    // An encoded surrogate that is cut off may yet be let through by surrogatepass.
    if (consumed && d.n - i == 2 && d.data[i] == 0xED && d.data[i + 1] >= 0xA0 && d.data[i + 1] <= 0xBF) incomplete = true;
    if (incomplete && consumed) {
      *consumed = i;
      return d.out.finish();
    }
    if (!d.error(i, i + bad, reason, &i)) return {};
  }
  if (consumed) *consumed = i;
  return d.out.finish();
}

Ref str_from_utf8(std::string_view utf8, const char* errors) { return decode_utf8(utf8, errors); }

// --- Encoding -------------------------------------------------------------------------------------------------------

namespace {

// Bytes that the characters take in UTF-8; -1 if there is a surrogate among them.
Py_ssize_t utf8_size(Value s) {
  Py_ssize_t n = str_length(s), size = n;
  if (str_is_ascii(s)) return n;
  return on_kind(s, [&](auto* p) -> Py_ssize_t {
    using C = std::remove_cvref_t<decltype(*p)>;
    if constexpr (sizeof(C) == 1) {
      Py_ssize_t i = 0;
      for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, 8);
        size += __builtin_popcountll(word & 0x8080808080808080u);
      }
      for (; i < n; i++) size += p[i] >> 7;
    } else {
      bool surrogate = false;
      for (Py_ssize_t i = 0; i < n; i++) {
        uint32_t c = p[i];
        size += (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
        surrogate |= (c & 0xFFFFF800u) == 0xD800;
      }
      if (surrogate) return -1;
    }
    return size;
  });
}

inline char* put_utf8(char* o, uint32_t c) {
  if (c < 0x80) {
    *o++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *o++ = static_cast<char>(0xC0 | (c >> 6));
    *o++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *o++ = static_cast<char>(0xE0 | (c >> 12));
    *o++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *o++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *o++ = static_cast<char>(0xF0 | (c >> 18));
    *o++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *o++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *o++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return o;
}

void fill_as_utf8(char* o, Value s) {
  Py_ssize_t n = str_length(s);
  on_kind(s, [&](auto* p) {
    using C = std::remove_cvref_t<decltype(*p)>;
    for (Py_ssize_t i = 0; i < n;) {
      if constexpr (sizeof(C) == 1) {
        size_t run = ascii_prefix(reinterpret_cast<const char*>(p + i), static_cast<size_t>(n - i));
        memcpy(o, p + i, run);
        o += run;
        i += static_cast<Py_ssize_t>(run);
        if (i == n) break;
      }
      o = put_utf8(o, p[i++]);
    }
  });
}

bool put_ascii_replacement(Encoding& e, Value text, bool* possible) {
  *possible = str_is_ascii(text);
  return !*possible || e.out.add(str_utf8(text));
}
bool put_latin1_replacement(Encoding& e, Value text, bool* possible) {
  *possible = str_kind(text) == 1;
  return !*possible || e.out.add(std::string_view{static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text))});
}

Ref encode_utf8_checked(Value s, const char* errors) {
  Encoding e("utf-8", errors, s, &put_ascii_replacement);
  Py_ssize_t n = str_length(s);
  for (Py_ssize_t i = 0; i < n;) {
    uint32_t c = str_char(s, i);
    if ((c & 0xFFFFF800u) == 0xD800) {
      Py_ssize_t end = i + 1;
      while (end < n && (str_char(s, end) & 0xFFFFF800u) == 0xD800) end++;
      if (!e.error(i, end, "surrogates not allowed", &i)) return {};
      continue;
    }
    char small[4];
    if (!e.out.add(std::string_view{small, static_cast<size_t>(put_utf8(small, c) - small)})) return {};
    i++;
  }
  return e.out.finish();
}

// ASCII or Latin-1, by the limit.
Ref encode_narrow(Value s, const char* errors, uint32_t limit) {
  Py_ssize_t n = str_length(s);
  if (max_bound(s) < limit) return bytes_new({static_cast<char*>(str_data(s)), static_cast<size_t>(n)});
  bool ascii = limit == 128;
  Encoding e(ascii ? "ascii" : "latin-1", errors, s, ascii ? &put_ascii_replacement : &put_latin1_replacement);
  const char* reason = ascii ? "ordinal not in range(128)" : "ordinal not in range(256)";
  int kind = str_kind(s);
  const void* data = str_data(s);
  for (Py_ssize_t i = 0; i < n;) {
    uint32_t c = char_at(kind, data, i);
    if (c < limit) {
      if (!e.out.add(static_cast<char>(c))) return {};
      i++;
      continue;
    }
    Py_ssize_t end = i + 1;
    while (end < n && char_at(kind, data, end) >= limit) end++;
    if (!e.error(i, end, reason, &i)) return {};
  }
  return e.out.finish();
}

}  // namespace

Ref encode_utf8(Value s, const char* errors) {
  Py_ssize_t size = utf8_size(s);
  if (ADDER_UNLIKELY(size < 0)) return encode_utf8_checked(s, errors);
  auto* c = s.as<PyCompactUnicodeObject>();
  if (str_is_ascii(s)) return bytes_new({static_cast<char*>(str_data(s)), static_cast<size_t>(size)});
  if (c->utf8) return bytes_new({c->utf8, static_cast<size_t>(c->utf8_length)});
  Ref b = bytes_uninitialized(size);
  if (b) fill_as_utf8(bytes_data(b), s);
  return b;
}
Ref str_encode_utf8(Value s, const char* errors) { return encode_utf8(s, errors); }

std::string_view str_utf8(Value s) {
  if (ADDER_LIKELY(str_is_ascii(s))) return {static_cast<char*>(str_data(s)), static_cast<size_t>(str_length(s))};
  auto* c = s.as<PyCompactUnicodeObject>();
  if (!c->utf8) {
    Py_ssize_t size = utf8_size(s);
    if (size < 0) {
      (void)encode_utf8_checked(s, nullptr);
      return {};
    }
    auto* p = static_cast<char*>(object_malloc(static_cast<size_t>(size) + 1));
    if (!p) {
      raise_no_memory();
      return {};
    }
    fill_as_utf8(p, s);
    p[size] = 0;
    c->utf8 = p;
    c->utf8_length = size;
  }
  return {c->utf8, static_cast<size_t>(c->utf8_length)};
}

Ref encode_latin1(Value s, const char* errors) { return encode_narrow(s, errors, 256); }
Ref encode_ascii(Value s, const char* errors) { return encode_narrow(s, errors, 128); }

Ref decode_latin1(std::string_view in) { return str_from_latin1(in); }

Ref decode_ascii(std::string_view in, const char* errors) {
  size_t ascii = ascii_prefix(in.data(), in.size());
  if (ascii == in.size()) return str_from_ascii(in);
  Decoding d("ascii", errors, in);
  for (Py_ssize_t i = 0; i < d.n;) {
    size_t run = ascii_prefix(reinterpret_cast<const char*>(d.data + i), static_cast<size_t>(d.n - i));
    if (!d.out.add_ascii({reinterpret_cast<const char*>(d.data + i), run})) return {};
    i += static_cast<Py_ssize_t>(run);
    if (i < d.n && !d.error(i, i + 1, "ordinal not in range(128)", &i)) return {};
  }
  return d.out.finish();
}

// --- File system names ------------------------------------------------------------------------------------------------

Ref str_decode_fs(std::string_view bytes) { return decode_utf8(bytes, "surrogateescape"); }

bool str_encode_fs(Value path, std::string* out) {
  Ref held;
  if (!is_str(path) && !is_bytes(path)) {
    Ref method = lookup_special(path, "__fspath__"_id);
    if (!method) {
      if (error_occurred()) return false;
      return raise(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %N", type_of(path));
    }
    held = call0(method);
    if (!held) return false;
    if (!is_str(held) && !is_bytes(held))
      return raise(PyExc_TypeError, "expected %N.__fspath__() to return str or bytes, not %N", type_of(path), type_of(held));
    path = held;
  }
  Ref bytes = is_bytes(path) ? Ref::copy(path) : encode_utf8(path, "surrogateescape");
  if (!bytes) return false;
  std::string_view v = bytes_view(bytes);
  if (v.find('\0') != v.npos) return raise(PyExc_ValueError, "embedded null byte");
  out->assign(v);
  return true;
}

}  // namespace adder
