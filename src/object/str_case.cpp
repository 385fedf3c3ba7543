// str methods that map characters (case) or classify them (isalpha …).
#include "object/str_case.h"
#include "object/str_impl.h"
#include "object/unicode.h"
#include "object/word_bytes.h"

namespace adder {

namespace {

inline uint8_t ascii_lower(uint8_t c) { return static_cast<uint8_t>(c + ((static_cast<uint8_t>(c - 'A') < 26) << 5)); }
inline uint8_t ascii_upper(uint8_t c) { return static_cast<uint8_t>(c - ((static_cast<uint8_t>(c - 'a') < 26) << 5)); }
inline bool ascii_alpha(uint8_t c) { return static_cast<uint8_t>((c | 32) - 'a') < 26; }

// Eight ASCII characters at once: where there is a letter of the case that begins with `first`, the bit that tells the cases apart.
inline uint64_t ascii_letters(uint64_t w, unsigned first) {
  return ((w + kWordOnes * (128 - first)) & ~(w + kWordOnes * (128 - 26 - first)) & kWordHigh) >> 2;
}
inline uint64_t ascii_lower_word(uint64_t w) { return w + ascii_letters(w, 'A'); }
inline uint64_t ascii_upper_word(uint64_t w) { return w - ascii_letters(w, 'a'); }

template <class F>
Ref map_ascii(Value s, F&& f) {
  Py_ssize_t n = str_length(s);
  if (n == 0) return str_empty();
  Ref r = str_new(n, 127);
  if (!r) return {};
  auto* p = static_cast<const uint8_t*>(str_data(s));
  auto* d = static_cast<uint8_t*>(str_data(r));
  f(d, p, n);
  return r;
}
template <uint64_t (*f)(uint64_t)>
Ref map_ascii_words(Value s) {
  return map_ascii(s, [](uint8_t* d, const uint8_t* p, Py_ssize_t count) {
    auto n = static_cast<size_t>(count);
    for (; n >= 8; n -= 8, p += 8, d += 8) {
      uint64_t w;
      memcpy(&w, p, sizeof w);
      w = f(w);
      memcpy(d, &w, sizeof w);
    }
    store_short_word(d, f(load_short_word(p, n)), n);
  });
}

// Σ is a final sigma where a cased letter precedes and none follows, case-ignorable characters aside.
bool final_sigma(Value s, Py_ssize_t i) {
  int kind = str_kind(s);
  const void* d = str_data(s);
  Py_ssize_t j = i - 1, n = str_length(s);
  while (j >= 0 && unicode::is_case_ignorable(char_at(kind, d, j))) j--;
  if (j < 0 || !unicode::is_cased(char_at(kind, d, j))) return false;
  j = i + 1;
  while (j < n && unicode::is_case_ignorable(char_at(kind, d, j))) j++;
  return j == n || !unicode::is_cased(char_at(kind, d, j));
}

int lower_at(Value s, Py_ssize_t i, uint32_t c, uint32_t out[3]) {
  if (c == 0x3A3) {
    out[0] = final_sigma(s, i) ? 0x3C2 : 0x3C3;
    return 1;
  }
  return unicode::lower_full(c, out);
}

// Maps each character to 1 to 3 others: f(i, c, out) gives how many.
template <class F>
Ref map_chars(Value s, F&& f) {
  Py_ssize_t n = str_length(s);
  StrBuilder b(n);
  uint32_t out[3];
  int kind = str_kind(s);
  const void* d = str_data(s);
  for (Py_ssize_t i = 0; i < n; i++) {
    int count = f(i, char_at(kind, d, i), out);
    for (int k = 0; k < count; k++)
      if (!b.add_char(out[k])) return {};
  }
  return b.finish();
}

template <class F>
Ref all_chars(Value s, F&& f) {
  Py_ssize_t n = str_length(s);
  if (n == 0) return bool_ref(false);
  return bool_ref(on_kind(s, [&](auto* p) {
    for (Py_ssize_t i = 0; i < n; i++)
      if (!f(p[i])) return false;
    return true;
  }));
}

}  // namespace

Ref str_lower(Value s) {
  if (str_is_ascii(s)) return map_ascii_words<ascii_lower_word>(s);
  return map_chars(s, [&](Py_ssize_t i, uint32_t c, uint32_t* out) { return lower_at(s, i, c, out); });
}
Ref str_upper(Value s) {
  if (str_is_ascii(s)) return map_ascii_words<ascii_upper_word>(s);
  return map_chars(s, [&](Py_ssize_t, uint32_t c, uint32_t* out) { return unicode::upper_full(c, out); });
}
Ref str_title(Value s) {
  if (str_is_ascii(s))
    return map_ascii(s, [](uint8_t* d, const uint8_t* p, Py_ssize_t n) {
      bool inside = false;
      for (Py_ssize_t i = 0; i < n; i++) {
        d[i] = inside ? ascii_lower(p[i]) : ascii_upper(p[i]);
        inside = ascii_alpha(p[i]);
      }
    });
  bool inside = false;
  return map_chars(s, [&](Py_ssize_t i, uint32_t c, uint32_t* out) {
    int n = inside ? lower_at(s, i, c, out) : unicode::title_full(c, out);
    inside = unicode::is_cased(c);
    return n;
  });
}
Ref str_capitalize(Value s) {
  if (str_is_ascii(s))
    return map_ascii(s, [](uint8_t* d, const uint8_t* p, Py_ssize_t n) {
      for (Py_ssize_t i = 0; i < n; i++) d[i] = i ? ascii_lower(p[i]) : ascii_upper(p[i]);
    });
  return map_chars(s, [&](Py_ssize_t i, uint32_t c, uint32_t* out) { return i ? lower_at(s, i, c, out) : unicode::title_full(c, out); });
}
Ref str_swapcase(Value s) {
  if (str_is_ascii(s))
    return map_ascii(s, [](uint8_t* d, const uint8_t* p, Py_ssize_t n) {
      for (Py_ssize_t i = 0; i < n; i++) d[i] = ascii_alpha(p[i]) ? p[i] ^ 32 : p[i];
    });
  return map_chars(s, [&](Py_ssize_t i, uint32_t c, uint32_t* out) {
    if (unicode::is_upper(c)) return lower_at(s, i, c, out);
    if (unicode::is_lower(c)) return unicode::upper_full(c, out);
    out[0] = c;
    return 1;
  });
}
Ref str_casefold(Value s) {
  if (str_is_ascii(s)) return str_lower(s);
  return map_chars(s, [&](Py_ssize_t, uint32_t c, uint32_t* out) { return unicode::fold_full(c, out); });
}

Ref str_isascii(Value s) { return bool_ref(str_is_ascii(s)); }
Ref str_islower(Value s) {
  Py_ssize_t n = str_length(s);
  return bool_ref(on_kind(s, [&](auto* p) {
    bool cased = false;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (unicode::is_upper(p[i]) || unicode::is_title(p[i])) return false;
      cased |= unicode::is_lower(p[i]);
    }
    return cased;
  }));
}
Ref str_isupper(Value s) {
  Py_ssize_t n = str_length(s);
  return bool_ref(on_kind(s, [&](auto* p) {
    bool cased = false;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (unicode::is_lower(p[i]) || unicode::is_title(p[i])) return false;
      cased |= unicode::is_upper(p[i]);
    }
    return cased;
  }));
}
Ref str_istitle(Value s) {
  Py_ssize_t n = str_length(s);
  return bool_ref(on_kind(s, [&](auto* p) {
    bool cased = false, inside = false;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (unicode::is_upper(p[i]) || unicode::is_title(p[i])) {
        if (inside) return false;
        inside = cased = true;
      } else if (unicode::is_lower(p[i])) {
        if (!inside) return false;
        cased = true;
      } else {
        inside = false;
      }
    }
    return cased;
  }));
}
Ref str_isspace(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_space(c); }); }
Ref str_isdecimal(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_decimal(c); }); }
Ref str_isdigit(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_digit(c); }); }
Ref str_isnumeric(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_numeric(c); }); }
Ref str_isalpha(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_alpha(c); }); }
Ref str_isalnum(Value s) { return all_chars(s, [](uint32_t c) { return unicode::is_alnum(c); }); }
Ref str_isprintable(Value s) {
  if (str_length(s) == 0) return bool_ref(true);
  return all_chars(s, [](uint32_t c) { return unicode::is_printable(c); });
}
bool is_identifier(Value s) {
  Py_ssize_t n = str_length(s);
  if (n == 0) return false;
  return on_kind(s, [&](auto* p) {
    if (!unicode::is_id_start(p[0])) return false;
    for (Py_ssize_t i = 1; i < n; i++)
      if (!unicode::is_id_continue(p[i])) return false;
    return true;
  });
}
Ref str_isidentifier(Value s) { return bool_ref(is_identifier(s)); }

}  // namespace adder
