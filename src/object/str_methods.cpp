// str's methods that search, cut, join, replace and pad. Case mapping is in str_case.cpp, `{}` formatting in
// str_template.cpp, `%` in str_percent.cpp.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/format_spec.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_case.h"
#include "object/str_impl.h"
#include "object/text_args.h"
#include "object/word_bytes.h"

namespace adder {

namespace {

bool need_str(Value v) { return is_str(v) || raise(PyExc_TypeError, "must be str, not %N", type_of(v)); }

Ref piece(Value s, Py_ssize_t start, Py_ssize_t end) { return str_substring(s, start, end); }

}  // namespace

// --- Find and its kin -------------------------------------------------------------------------------------------------

Py_ssize_t str_find(Value s, Value sub, Py_ssize_t start, Py_ssize_t end, int direction) {
  Py_ssize_t n = str_length(s), m = str_length(sub);
  clip_range(&start, &end, n);
  if (end - start < m) return -1;
  int kind = str_kind(s);
  if (str_kind(sub) > kind) return -1;
  const char* text = char_pointer(kind, str_data(s), start);
  Py_ssize_t hit;
  if (m == 1) {
    uint32_t c = str_char(sub, 0);
    hit = direction > 0 ? find_char(kind, text, end - start, c) : rfind_char(kind, text, end - start, c);
  } else {
    Widened w(sub, kind);
    if (!w.ok()) return -2;
    hit = direction > 0 ? find_chars(kind, text, end - start, w.data(), m) : rfind_chars(kind, text, end - start, w.data(), m);
  }
  return hit < 0 ? hit : hit + start;
}

namespace {

template <int Direction, bool Raise>
Ref find_any(const char* name, Value self, Args args) {
  FindArgs f;
  if (!parse_find_args("str", name, args, &f) || !need_str(f.sub)) return {};
  Py_ssize_t i = str_find(self, f.sub, f.start, f.end, Direction);
  if (i == -2) return {};
  if (Raise && i < 0) return raise(PyExc_ValueError, "substring not found");
  return Ref::from_int(i);
}
Ref str_m_find(Value self, Args a) { return find_any<1, false>("find", self, a); }
Ref str_m_rfind(Value self, Args a) { return find_any<-1, false>("rfind", self, a); }
Ref str_m_index(Value self, Args a) { return find_any<1, true>("index", self, a); }
Ref str_m_rindex(Value self, Args a) { return find_any<-1, true>("rindex", self, a); }

Py_ssize_t count_in(Value s, Value sub, Py_ssize_t start, Py_ssize_t end) {
  Py_ssize_t m = str_length(sub);
  Py_ssize_t n = str_length(s);
  bool past = start > n;
  clip_range(&start, &end, n);
  if (past || end - start < m) return 0;
  int kind = str_kind(s);
  if (str_kind(sub) > kind) return 0;
  Widened w(sub, kind);
  if (!w.ok()) return -1;
  return count_chars(kind, char_pointer(kind, str_data(s), start), end - start, w.data(), m, PY_SSIZE_T_MAX);
}

Ref str_m_count(Value self, Args args) {
  FindArgs f;
  if (!parse_find_args("str", "count", args, &f) || !need_str(f.sub)) return {};
  Py_ssize_t n = count_in(self, f.sub, f.start, f.end);
  if (n < 0) return {};
  return Ref::from_int(n);
}

bool tail_match(Value s, Value sub, Py_ssize_t start, Py_ssize_t end, bool at_end) {
  Py_ssize_t n = str_length(s), m = str_length(sub);
  clip_range(&start, &end, n);
  if (end - start < m) return false;
  if (m == 0) return true;
  int kind = str_kind(s), k = str_kind(sub);
  if (k > kind) return false;
  Py_ssize_t at = at_end ? end - m : start;
  const void *d = str_data(s), *p = str_data(sub);
  if (k == kind) return memcmp(char_pointer(kind, d, at), p, static_cast<size_t>(m) * kind) == 0;
  for (Py_ssize_t i = 0; i < m; i++)
    if (char_at(kind, d, at + i) != char_at(k, p, i)) return false;
  return true;
}

Ref starts_ends(const char* name, Value self, Args args, bool at_end) {
  FindArgs f;
  if (!parse_find_args("str", name, args, &f)) return {};
  if (ADDER_LIKELY(is_str(f.sub))) return bool_ref(tail_match(self, f.sub, f.start, f.end, at_end));
  if (!is_tuple(f.sub)) return raise(PyExc_TypeError, "%s first arg must be str or a tuple of str, not %N", name, type_of(f.sub));
  for (Py_ssize_t i = 0; i < tuple_size(f.sub); i++) {
    Value sub = tuple_get(f.sub, i);
    if (!is_str(sub)) return raise(PyExc_TypeError, "tuple for %s must only contain str, not %N", name, type_of(sub));
    if (tail_match(self, sub, f.start, f.end, at_end)) return bool_ref(true);
  }
  return bool_ref(false);
}
Ref str_m_startswith(Value self, Args a) { return starts_ends("startswith", self, a, false); }
Ref str_m_endswith(Value self, Args a) { return starts_ends("endswith", self, a, true); }

Ref str_m_removeprefix(Value self, Value prefix) {
  if (!is_str(prefix)) return raise(PyExc_TypeError, "removeprefix() argument must be str, not %N", type_of(prefix));
  if (tail_match(self, prefix, 0, PY_SSIZE_T_MAX, false)) return piece(self, str_length(prefix), str_length(self));
  return str_to_exact(self);
}
Ref str_m_removesuffix(Value self, Value suffix) {
  if (!is_str(suffix)) return raise(PyExc_TypeError, "removesuffix() argument must be str, not %N", type_of(suffix));
  if (str_length(suffix) && tail_match(self, suffix, 0, PY_SSIZE_T_MAX, true)) return piece(self, 0, str_length(self) - str_length(suffix));
  return str_to_exact(self);
}

// --- Splitting --------------------------------------------------------------------------------------------------------

// Whitespace of a one-byte character (Latin-1).
constexpr auto kSpaces = [] {
  struct { bool is[256] = {}; } t;
  for (int c : {9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xA0}) t.is[c] = true;
  return t;
}();
template <class C>
inline bool space(C c) {
  if constexpr (sizeof(C) == 1) return kSpaces.is[c];
  else return c < 256 ? kSpaces.is[c] : unicode::is_space(c);
}

constexpr Py_ssize_t kUsualPieces = 12;  // room at once for the words of a line

Ref split_space(Value s, Py_ssize_t maxsplit) {
  Ref list = list_new(maxsplit < kUsualPieces ? maxsplit + 1 : kUsualPieces);
  if (!list) return {};
  Py_ssize_t n = str_length(s);
  bool ascii = str_is_ascii(s);
  return on_kind(s, [&](auto* p) -> Ref {
    Py_ssize_t i = 0;
    while (true) {
      while (i < n && space(p[i])) i++;
      if (i == n) break;
      Py_ssize_t start = i;
      if (maxsplit-- == 0) {
        Ref rest = piece(s, start, n);
        if (!rest || !list_append(list, std::move(rest))) return {};
        break;
      }
      while (i < n && !space(p[i])) i++;
      Ref item = ascii && i - start < n ? str_from_ascii({reinterpret_cast<const char*>(p + start), static_cast<size_t>(i - start)})
                                        : piece(s, start, i);
      if (!item || !list_append(list, std::move(item))) return {};
    }
    return std::move(list);
  });
}

Ref rsplit_space(Value s, Py_ssize_t maxsplit) {
  Ref list = list_new();
  if (!list) return {};
  bool ok = on_kind(s, [&](auto* p) -> bool {
    Py_ssize_t i = str_length(s);
    while (true) {
      while (i > 0 && space(p[i - 1])) i--;
      if (i == 0) break;
      Py_ssize_t end = i;
      bool last = maxsplit-- == 0;
      if (last) i = 0;
      while (i > 0 && !space(p[i - 1])) i--;
      Ref item = piece(s, i, end);
      if (!item || !list_append(list, std::move(item))) return false;
      if (last) return true;
    }
    return true;
  });
  if (!ok || !list_reverse(list)) return {};
  return list;
}

}  // namespace

Ref str_split_on(Value s, Value separator, Py_ssize_t maxsplit) {
  Ref list = list_new();
  if (!list) return {};
  Py_ssize_t n = str_length(s), m = str_length(separator), i = 0;
  int kind = str_kind(s);
  if (m == 0) return raise(PyExc_ValueError, "empty separator");
  if (str_kind(separator) <= kind && m <= n) {
    Widened w(separator, kind);
    if (!w.ok()) return {};
    auto* data = static_cast<const char*>(str_data(s));
    uint32_t single = m == 1 ? str_char(separator, 0) : 0;
    while (maxsplit-- > 0) {
      const char* at = data + i * kind;
      Py_ssize_t hit = m == 1 ? find_char(kind, at, n - i, single) : find_chars(kind, at, n - i, w.data(), m);
      if (hit < 0) break;
      Ref item = piece(s, i, i + hit);
      if (!item || !list_append(list, std::move(item))) return {};
      i += hit + m;
    }
  }
  Ref rest = i == 0 ? str_to_exact(s) : piece(s, i, n);
  if (!rest || !list_append(list, std::move(rest))) return {};
  return list;
}

namespace {

Ref rsplit_on(Value s, Value separator, Py_ssize_t maxsplit) {
  Ref list = list_new();
  if (!list) return {};
  Py_ssize_t m = str_length(separator), end = str_length(s);
  int kind = str_kind(s);
  if (m == 0) return raise(PyExc_ValueError, "empty separator");
  if (str_kind(separator) <= kind) {
    Widened w(separator, kind);
    if (!w.ok()) return {};
    while (maxsplit-- > 0) {
      Py_ssize_t hit = rfind_chars(kind, str_data(s), end, w.data(), m);
      if (hit < 0) break;
      Ref item = piece(s, hit + m, end);
      if (!item || !list_append(list, std::move(item))) return {};
      end = hit;
    }
  }
  Ref rest = end == str_length(s) ? str_to_exact(s) : piece(s, 0, end);
  if (!rest || !list_append(list, std::move(rest)) || !list_reverse(list)) return {};
  return list;
}

// Bound parameters sep and maxsplit.
bool split_args(const Value* a, Py_ssize_t* maxsplit) {
  *maxsplit = -1;
  if (a[1] && !as_ssize(a[1], maxsplit)) return false;
  if (*maxsplit < 0) *maxsplit = PY_SSIZE_T_MAX;
  return true;
}
Ref str_m_split(Value self, const Value* a) {
  Py_ssize_t maxsplit;
  if (!split_args(a, &maxsplit)) return {};
  if (!a[0] || is_none(a[0])) return split_space(self, maxsplit);
  if (!is_str(a[0])) return raise(PyExc_TypeError, "must be str or None, not %N", type_of(a[0]));
  return str_split_on(self, a[0], maxsplit);
}
Ref str_m_rsplit(Value self, const Value* a) {
  Py_ssize_t maxsplit;
  if (!split_args(a, &maxsplit)) return {};
  if (!a[0] || is_none(a[0])) return rsplit_space(self, maxsplit);
  if (!is_str(a[0])) return raise(PyExc_TypeError, "must be str or None, not %N", type_of(a[0]));
  return rsplit_on(self, a[0], maxsplit);
}

template <class C>
inline bool linebreak(C c) {
  if constexpr (sizeof(C) == 1) return (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85;
  else return c < 256 ? (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 : c == 0x2028 || c == 0x2029;
}

Ref str_m_splitlines(Value self, const Value* a) {
  int keep = 0;
  if (a[0] && !as_int(a[0], &keep)) return {};
  Ref list = list_new();
  if (!list) return {};
  Py_ssize_t n = str_length(self);
  return on_kind(self, [&](auto* p) -> Ref {
    for (Py_ssize_t i = 0; i < n;) {
      Py_ssize_t start = i;
      while (i < n && !linebreak(p[i])) i++;
      Py_ssize_t end = i;
      if (i < n) {
        i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' ? 2 : 1;
        if (keep) end = i;
      }
      Ref item = start == 0 && end == n ? str_to_exact(self) : piece(self, start, end);
      if (!item || !list_append(list, std::move(item))) return {};
    }
    return std::move(list);
  });
}

Ref partition_at(Value self, Value sep, bool last) {
  if (!need_str(sep)) return {};
  Py_ssize_t m = str_length(sep), n = str_length(self);
  if (m == 0) return raise(PyExc_ValueError, "empty separator");
  Py_ssize_t i = str_find(self, sep, 0, n, last ? -1 : 1);
  if (i == -2) return {};
  Ref whole, empty = str_empty();
  if (i < 0) {
    whole = str_to_exact(self);
    if (!whole) return {};
    return last ? tuple_of({empty, empty, whole}) : tuple_of({whole, empty, empty});
  }
  Ref before = piece(self, 0, i), after = piece(self, i + m, n);
  if (!before || !after) return {};
  return tuple_of({before, sep, after});
}
Ref str_m_partition(Value self, Value sep) { return partition_at(self, sep, false); }
Ref str_m_rpartition(Value self, Value sep) { return partition_at(self, sep, true); }

// --- Stripping --------------------------------------------------------------------------------------------------------

enum : int { kLeft = 1, kRight = 2 };

template <class In>
Ref strip_those(Value s, int sides, In&& in) {
  Py_ssize_t i = 0, j = str_length(s);
  on_kind(s, [&](auto* p) {
    if (sides & kLeft) while (i < j && in(p[i])) i++;
    if (sides & kRight) while (j > i && in(p[j - 1])) j--;
  });
  return piece(s, i, j);
}

Ref strip_space(Value s, int sides) {
  return strip_those(s, sides, [](auto c) { return space(c); });
}

Ref strip_chars(Value s, Value chars, int sides) {
  int kind = str_kind(chars);
  const void* set = str_data(chars);
  Py_ssize_t m = str_length(chars);
  if (kind == 1 && m > 0 && m < 8) {
    // So few are compared all at once; the bytes beyond them repeat the first.
    const auto n = static_cast<size_t>(m);
    const uint64_t few = load_short_word(set, n) | kWordOnes * *static_cast<const uint8_t*>(set) << (8 * n);
    return strip_those(s, sides, [few](uint32_t c) { return c < 256 && bytes_equal(few, c) != 0; });
  }
  uint64_t bits[4] = {};
  for (Py_ssize_t k = 0; k < m; k++) {
    uint32_t c = char_at(kind, set, k);
    if (c < 256) bits[c >> 6] |= uint64_t{1} << (c & 63);
  }
  auto in = [&](uint32_t c) {
    if (c < 256) return ((bits[c >> 6] >> (c & 63)) & 1) != 0;
    return find_char(kind, set, m, c) >= 0;
  };
  return strip_those(s, sides, in);
}

Ref do_strip(const char* name, Value self, const Value* a, int sides) {
  if (!a[0] || is_none(a[0])) return strip_space(self, sides);
  if (!is_str(a[0])) return raise(PyExc_TypeError, "%s arg must be None or str", name);
  return strip_chars(self, a[0], sides);
}
Ref str_m_strip(Value self, const Value* a) { return do_strip("strip", self, a, kLeft | kRight); }
Ref str_m_lstrip(Value self, const Value* a) { return do_strip("lstrip", self, a, kLeft); }
Ref str_m_rstrip(Value self, const Value* a) { return do_strip("rstrip", self, a, kRight); }

// --- Padding ----------------------------------------------------------------------------------------------------------

Ref pad(Value s, Py_ssize_t left, Py_ssize_t right, uint32_t fill) {
  if (left < 0) left = 0;
  if (right < 0) right = 0;
  if (left == 0 && right == 0) return str_to_exact(s);
  Py_ssize_t n = str_length(s);
  if (left > PY_SSIZE_T_MAX - n || right > PY_SSIZE_T_MAX - n - left) return raise(PyExc_OverflowError, "padded string is too long");
  uint32_t m = max_bound(s);
  Ref r = str_new(left + n + right, fill > m ? fill : m);
  if (!r) return {};
  int kind = str_kind(r);
  void* d = str_data(r);
  auto fill_range = [&](Py_ssize_t from, Py_ssize_t count) {
    if (kind == 1) memset(static_cast<char*>(d) + from, static_cast<int>(fill), static_cast<size_t>(count));
    else for (Py_ssize_t i = 0; i < count; i++) put_char(kind, d, from + i, fill);
  };
  fill_range(0, left);
  copy_str(kind, d, left, s);
  fill_range(left + n, right);
  return r;
}

bool pad_args(const Value* a, Py_ssize_t* width, uint32_t* fill) {
  *fill = ' ';
  if (!as_ssize(a[0], width)) return false;
  if (!a[1]) return true;
  if (!is_str(a[1])) return raise(PyExc_TypeError, "The fill character must be a unicode character, not %N", type_of(a[1]));
  if (str_length(a[1]) != 1) return raise(PyExc_TypeError, "The fill character must be exactly one character long");
  *fill = str_char(a[1], 0);
  return true;
}
Ref str_m_ljust(Value self, const Value* a) {
  Py_ssize_t width;
  uint32_t fill;
  if (!pad_args(a, &width, &fill)) return {};
  return pad(self, 0, width - str_length(self), fill);
}
Ref str_m_rjust(Value self, const Value* a) {
  Py_ssize_t width;
  uint32_t fill;
  if (!pad_args(a, &width, &fill)) return {};
  return pad(self, width - str_length(self), 0, fill);
}
Ref str_m_center(Value self, const Value* a) {
  Py_ssize_t width;
  uint32_t fill;
  if (!pad_args(a, &width, &fill)) return {};
  Py_ssize_t margin = width - str_length(self);
  if (margin <= 0) return str_to_exact(self);
  Py_ssize_t left = margin / 2 + (margin & width & 1);
  return pad(self, left, margin - left, fill);
}
Ref str_m_zfill(Value self, Value width_value) {
  Py_ssize_t width;
  if (!as_ssize(width_value, &width)) return {};
  Py_ssize_t fill = width - str_length(self);
  if (fill <= 0) return str_to_exact(self);
  Ref r = pad(self, fill, 0, '0');
  if (!r || str_length(self) == 0) return r;
  int kind = str_kind(r);
  void* d = str_data(r);
  uint32_t c = char_at(kind, d, fill);
  if (c == '+' || c == '-') {
    put_char(kind, d, 0, c);
    put_char(kind, d, fill, '0');
  }
  return r;
}

Ref str_m_expandtabs(Value self, const Value* a) {
  int tab = 8;
  if (a[0] && !as_int(a[0], &tab)) return {};
  Py_ssize_t n = str_length(self), column = 0, total = 0;
  bool found = false, too_long = false;
  on_kind(self, [&](auto* p) {
    for (Py_ssize_t i = 0; i < n; i++) {
      Py_ssize_t add = 1;
      if (p[i] == '\t') {
        found = true;
        add = tab > 0 ? tab - column % tab : 0;
        column += add;
      } else {
        column++;
        if (p[i] == '\n' || p[i] == '\r') column = 0;
      }
      if (total > PY_SSIZE_T_MAX - add) { too_long = true; return; }
      total += add;
    }
  });
  if (too_long) return raise(PyExc_OverflowError, "new string is too long");
  if (!found) return str_to_exact(self);
  Ref r = str_new(total, max_bound(self));
  if (!r || total == 0) return r;
  int kind = str_kind(r);
  void* d = str_data(r);
  Py_ssize_t at = 0;
  column = 0;
  on_kind(self, [&](auto* p) {
    for (Py_ssize_t i = 0; i < n; i++) {
      if (p[i] == '\t') {
        Py_ssize_t add = tab > 0 ? tab - column % tab : 0;
        column += add;
        while (add-- > 0) put_char(kind, d, at++, ' ');
      } else {
        column++;
        put_char(kind, d, at++, p[i]);
        if (p[i] == '\n' || p[i] == '\r') column = 0;
      }
    }
  });
  return r;
}

}  // namespace

// --- Replacing --------------------------------------------------------------------------------------------------------

// As many characters come in as go out, and no wider ones: they are written over a copy.
static Ref replace_in_copy(Value s, const void* from, Value to, Py_ssize_t maxcount, uint32_t bound) {
  const int kind = str_kind(s);
  const Py_ssize_t n = str_length(s), m = str_length(to);
  Py_ssize_t at = find_chars(kind, str_data(s), n, from, m);
  if (at < 0) return str_to_exact(s);
  Widened insert(to, kind);
  Ref r = insert.ok() ? str_new(n, bound) : Ref{};
  if (!r) return {};
  auto* d = static_cast<char*>(str_data(r));
  const auto width = static_cast<size_t>(kind);
  memcpy(d, str_data(s), static_cast<size_t>(n) * width);
  if (m == 1 && kind == 1 && maxcount == PY_SSIZE_T_MAX) {
    const char old = *static_cast<const char*>(from), fresh = *static_cast<const char*>(insert.data());
    for (; at < n; at++) d[at] = d[at] == old ? fresh : d[at];
    return r;
  }
  for (;;) {
    memcpy(d + static_cast<size_t>(at) * width, insert.data(), static_cast<size_t>(m) * width);
    at += m;
    Py_ssize_t hit = --maxcount > 0 ? find_chars(kind, char_pointer(kind, str_data(s), at), n - at, from, m) : -1;
    if (hit < 0) return r;
    at += hit;
  }
}

Ref str_replace(Value s, Value from, Value to, Py_ssize_t maxcount) {
  Py_ssize_t n = str_length(s), m = str_length(from), t = str_length(to);
  if (maxcount < 0) maxcount = PY_SSIZE_T_MAX;
  if (maxcount == 0 || str_kind(from) > str_kind(s) || m > n || (m == 0 && n == 0 && t == 0) || str_equal(from, to)) return str_to_exact(s);
  int skind = str_kind(s);
  Widened needle(from, skind);
  if (!needle.ok()) return {};
  const uint32_t ms = max_bound(s), mt = max_bound(to);
  const bool may_narrow = ms > 127 && max_bound(from) >= ms && mt < ms;  // the widest characters may be those that go
  if (m == t && m > 0 && str_kind(to) <= skind && !may_narrow) return replace_in_copy(s, needle.data(), to, maxcount, ms > mt ? ms : mt);
  Py_ssize_t count = count_chars(skind, str_data(s), n, needle.data(), m, maxcount);
  if (count == 0) return str_to_exact(s);
  Py_ssize_t grow = t - m;
  if (grow > 0 && count > (PY_SSIZE_T_MAX - n) / grow) return raise(PyExc_OverflowError, "replace string is too long");
  Py_ssize_t total = n + count * grow;
  if (total == 0) return str_empty();
  Ref r = str_new(total, ms > mt ? ms : mt);
  if (!r) return {};
  int kind = str_kind(r);
  auto* d = static_cast<char*>(str_data(r));
  auto* source = static_cast<const char*>(str_data(s));
  Widened insert(to, kind);
  if (!insert.ok()) return {};
  auto put_to = [&](Py_ssize_t at) {
    if (t == 1) put_char(kind, d, at, char_at(kind, insert.data(), 0));
    else memcpy(d + at * kind, insert.data(), static_cast<size_t>(t) * kind);
  };
  Py_ssize_t i = 0, at = 0;
  if (m == 0) {
    while (count-- > 0) {
      put_to(at);
      at += t;
      if (i < n) put_char(kind, d, at++, char_at(skind, source, i++));
    }
  } else {
    while (count-- > 0) {
      Py_ssize_t hit = find_chars(skind, source + i * skind, n - i, needle.data(), m);
      copy_chars(kind, d, at, skind, source, i, hit);
      at += hit;
      put_to(at);
      at += t;
      i += hit + m;
    }
  }
  copy_chars(kind, d, at, skind, source, i, n - i);
  return may_narrow ? str_from_kind(kind, d, total) : std::move(r);
}

namespace {

Ref str_m_replace(Value self, const Value* a) {
  for (int i = 0; i < 2; i++)
    if (!is_str(a[i])) return raise(PyExc_TypeError, "replace() argument %d must be str, not %N", i + 1, type_of(a[i]));
  Py_ssize_t count = -1;
  if (a[2] && !as_ssize(a[2], &count)) return {};
  return str_replace(self, a[0], a[1], count);
}

Ref str_m_join(Value self, Value iterable) { return str_join(self, iterable); }

// --- Translation ------------------------------------------------------------------------------------------------------

// What the table gives for a character: *kept, or a replacement (absent: deleted).
bool translate_one(Value table, uint32_t c, bool* kept, Ref* replacement) {
  Ref key = Ref::from_int(c);
  Ref found;
  if (is_exact_dict(table)) {
    Value hit;
    int r = dict_lookup(table, key, &hit);
    if (r < 0) return false;
    if (r) found = Ref::copy(hit);
  } else {
    found = get_item(table, key);
    if (!found) {
      if (!error_matches(PyExc_LookupError)) return false;
      clear_error();
    }
  }
  *kept = !found;
  if (!found) return true;
  if (is_none(found)) return true;
  if (is_int(found)) {
    int64_t i;
    if (int_sign_overflow_i64(found, &i) || i < 0 || i > 0x10FFFF)
      return raise(PyExc_ValueError, "character mapping must be in range(0x110000)");
    *replacement = str_from_char(static_cast<uint32_t>(i));
    return static_cast<bool>(*replacement);
  }
  if (!is_str(found)) return raise(PyExc_TypeError, "character mapping must return integer, None or str");
  *replacement = std::move(found);
  return true;
}

Ref str_m_translate(Value self, Value table) {
  Py_ssize_t n = str_length(self);
  StrBuilder b(n);
  // ASCII characters that map to themselves, one character or nothing, looked up once.
  enum : uint8_t { kUnknown = 0, kOne = 1, kDeleted = 2, kOther = 3 };
  uint8_t state[128] = {};
  uint32_t to[128];
  bool changed = false;
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(self, i);
    if (c < 128 && state[c] != kUnknown && state[c] != kOther) {
      if (state[c] == kOne && !b.add_char(to[c])) return {};
      continue;
    }
    bool kept = false;
    Ref replacement;
    if (!translate_one(table, c, &kept, &replacement)) return {};
    if (kept) {
      if (c < 128) { state[c] = kOne; to[c] = c; }
      if (!b.add_char(c)) return {};
      continue;
    }
    changed = true;
    if (!replacement) {
      if (c < 128) state[c] = kDeleted;
    } else {
      if (c < 128 && str_length(replacement) == 1) { state[c] = kOne; to[c] = str_char(replacement, 0); }
      if (!b.add(replacement)) return {};
    }
  }
  if (!changed) return str_to_exact(self);
  return b.finish();
}

Ref str_m_maketrans(Value, Args a) {
  if (a.kwnames && tuple_size(Value{a.kwnames})) return raise(PyExc_TypeError, "str.maketrans() takes no keyword arguments");
  if (a.n < 1) return raise(PyExc_TypeError, "maketrans expected at least 1 argument, got 0");
  if (a.n > 3) return raise(PyExc_TypeError, "maketrans expected at most 3 arguments, got %zu", a.n);
  for (size_t i = 1; i < a.n; i++)
    if (!is_str(a[i])) return raise(PyExc_TypeError, "maketrans() argument %zu must be str, not %N", i + 1, type_of(a[i]));
  Value x = a[0];
  Ref table = dict_new();
  if (!table) return {};
  if (a.n > 1) {
    Value y = a[1];
    if (!is_str(x)) return raise(PyExc_TypeError, "first maketrans argument must be a string if there is a second argument");
    if (str_length(x) != str_length(y)) return raise(PyExc_ValueError, "the first two maketrans arguments must have equal length");
    for (Py_ssize_t i = 0; i < str_length(x); i++)
      if (!dict_set(table, Value::from_int(str_char(x, i)), Value::from_int(str_char(y, i)))) return {};
    for (Py_ssize_t i = 0; a.n > 2 && i < str_length(a[2]); i++)
      if (!dict_set(table, Value::from_int(str_char(a[2], i)), none())) return {};
    return table;
  }
  if (!is_exact_dict(x)) return raise(PyExc_TypeError, "if you give only one argument to maketrans it must be a dict");
  Py_ssize_t position = 0;
  Value key, v;
  while (dict_next(x, &position, &key, &v)) {
    if (is_str(key)) {
      if (str_length(key) != 1) return raise(PyExc_ValueError, "string keys in translate table must be of length 1");
      if (!dict_set(table, Value::from_int(str_char(key, 0)), v)) return {};
    } else if (is_int(key)) {
      if (!dict_set(table, key, v)) return {};
    } else {
      return raise(PyExc_TypeError, "keys in translate table must be strings or integers");
    }
  }
  return table;
}

// --- The rest ---------------------------------------------------------------------------------------------------------

Ref str_m_encode(Value self, const Value* a) {
  std::string names[2];
  const char* text[2] = {nullptr, nullptr};
  for (int i = 0; i < 2; i++) {
    if (!a[i]) continue;
    if (!is_str(a[i])) return raise(PyExc_TypeError, "encode() argument '%s' must be str, not %N", i ? "errors" : "encoding", type_of(a[i]));
    std::string_view v = str_utf8(a[i]);
    if (!v.data()) return {};
    if (v.find('\0') != v.npos) return raise(PyExc_ValueError, "embedded null character");
    text[i] = v.data();
  }
  return str_encode(self, text[0], text[1]);
}

Ref str_m_sizeof(Value self) {
  auto* a = self.as<PyASCIIObject>();
  Py_ssize_t n;
  if (a->state.compact) {
    n = static_cast<Py_ssize_t>(a->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject)) + (a->length + 1) * a->state.kind;
  } else {
    n = static_cast<Py_ssize_t>(sizeof(PyUnicodeObject)) + (a->length + 1) * a->state.kind;
  }
  if (!a->state.ascii) {
    auto* c = self.as<PyCompactUnicodeObject>();
    if (c->utf8) n += c->utf8_length + 1;
  }
  return Ref::from_int(n);
}

Ref str_m_getnewargs(Value self) {
  // A copy even of an exact str: pickle puts this str in its memo while it saves the arguments.
  Py_ssize_t n = str_length(self);
  Ref copy = str_new(n, max_bound(self));
  if (!copy) return {};
  if (n) memcpy(str_data(copy), str_data(self), static_cast<size_t>(n) * str_kind(self));
  return tuple_of({copy});
}

}  // namespace

Ref str_m_format(Value self, Args args);       // str_template.cpp
Ref str_m_format_map(Value self, Value mapping);
static Ref str_m_dunder_format(Value self, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument must be str, not %N", type_of(spec));
  if (str_length(spec) == 0) return is_exact_str(self) ? Ref::copy(self) : to_str(self);
  return format_str(self, spec);
}

const MethodRow str_methods[] = {
    method<str_m_encode>("encode", "($self, /, encoding='utf-8', errors='strict')", "Encode the string using the codec registered for encoding."),
    method<str_m_replace>("replace", "($self, old, new, count=-1, /)", "Return a copy with all occurrences of substring old replaced by new."),
    method<str_m_split>("split", "($self, /, sep=None, maxsplit=-1)", "Return a list of the substrings in the string, using sep as the separator string."),
    method<str_m_rsplit>("rsplit", "($self, /, sep=None, maxsplit=-1)", "Return a list of the substrings in the string, using sep as the separator string."),
    method<str_m_join>("join", "($self, iterable, /)", "Concatenate any number of strings."),
    method<str_capitalize>("capitalize", "($self, /)", "Return a capitalized version of the string."),
    method<str_casefold>("casefold", "($self, /)", "Return a version of the string suitable for caseless comparisons."),
    method<str_title>("title", "($self, /)", "Return a version of the string where each word is titlecased."),
    method<str_m_center>("center", "($self, width, fillchar=' ', /)", "Return a centered string of length width."),
    method<str_m_count>("count", "", "S.count(sub[, start[, end]]) -> int"),
    method<str_m_expandtabs>("expandtabs", "($self, /, tabsize=8)", "Return a copy where all tab characters are expanded using spaces."),
    method<str_m_find>("find", "", "S.find(sub[, start[, end]]) -> int"),
    method<str_m_partition>("partition", "($self, sep, /)", "Partition the string into three parts using the given separator."),
    method<str_m_index>("index", "", "S.index(sub[, start[, end]]) -> int"),
    method<str_m_ljust>("ljust", "($self, width, fillchar=' ', /)", "Return a left-justified string of length width."),
    method<str_lower>("lower", "($self, /)", "Return a copy of the string converted to lowercase."),
    method<str_m_lstrip>("lstrip", "($self, chars=None, /)", "Return a copy of the string with leading whitespace removed."),
    method<str_m_rfind>("rfind", "", "S.rfind(sub[, start[, end]]) -> int"),
    method<str_m_rindex>("rindex", "", "S.rindex(sub[, start[, end]]) -> int"),
    method<str_m_rjust>("rjust", "($self, width, fillchar=' ', /)", "Return a right-justified string of length width."),
    method<str_m_rstrip>("rstrip", "($self, chars=None, /)", "Return a copy of the string with trailing whitespace removed."),
    method<str_m_rpartition>("rpartition", "($self, sep, /)", "Partition the string into three parts using the given separator."),
    method<str_m_splitlines>("splitlines", "($self, /, keepends=False)", "Return a list of the lines in the string, breaking at line boundaries."),
    method<str_m_strip>("strip", "($self, chars=None, /)", "Return a copy of the string with leading and trailing whitespace removed."),
    method<str_swapcase>("swapcase", "($self, /)", "Convert uppercase characters to lowercase and lowercase characters to uppercase."),
    method<str_m_translate>("translate", "($self, table, /)", "Replace each character in the string using the given translation table."),
    method<str_upper>("upper", "($self, /)", "Return a copy of the string converted to uppercase."),
    method<str_m_startswith>("startswith", "", "S.startswith(prefix[, start[, end]]) -> bool"),
    method<str_m_endswith>("endswith", "", "S.endswith(suffix[, start[, end]]) -> bool"),
    method<str_m_removeprefix>("removeprefix", "($self, prefix, /)", "Return a str with the given prefix string removed if present."),
    method<str_m_removesuffix>("removesuffix", "($self, suffix, /)", "Return a str with the given suffix string removed if present."),
    method<str_isascii>("isascii", "($self, /)", "Return True if all characters in the string are ASCII, False otherwise."),
    method<str_islower>("islower", "($self, /)", "Return True if the string is a lowercase string, False otherwise."),
    method<str_isupper>("isupper", "($self, /)", "Return True if the string is an uppercase string, False otherwise."),
    method<str_istitle>("istitle", "($self, /)", "Return True if the string is a title-cased string, False otherwise."),
    method<str_isspace>("isspace", "($self, /)", "Return True if the string is a whitespace string, False otherwise."),
    method<str_isdecimal>("isdecimal", "($self, /)", "Return True if the string is a decimal string, False otherwise."),
    method<str_isdigit>("isdigit", "($self, /)", "Return True if the string is a digit string, False otherwise."),
    method<str_isnumeric>("isnumeric", "($self, /)", "Return True if the string is a numeric string, False otherwise."),
    method<str_isalpha>("isalpha", "($self, /)", "Return True if the string is an alphabetic string, False otherwise."),
    method<str_isalnum>("isalnum", "($self, /)", "Return True if the string is an alpha-numeric string, False otherwise."),
    method<str_isidentifier>("isidentifier", "($self, /)", "Return True if the string is a valid Python identifier, False otherwise."),
    method<str_isprintable>("isprintable", "($self, /)", "Return True if the string is printable, False otherwise."),
    method<str_m_zfill>("zfill", "($self, width, /)", "Pad a numeric string with zeros on the left, to fill a field of the given width."),
    method<str_m_format>("format", "", "S.format(*args, **kwargs) -> str"),
    method<str_m_format_map>("format_map", "", "S.format_map(mapping) -> str"),
    method<str_m_dunder_format>("__format__", "($self, format_spec, /)", "Return a formatted version of the string as described by format_spec."),
    static_method<str_m_maketrans>("maketrans", "", "staticmethod(function) -> method"),
    method<str_m_sizeof>("__sizeof__", "($self, /)", "Return the size of the string in memory, in bytes."),
    method<str_m_getnewargs>("__getnewargs__", "", ""),
    {}};

}  // namespace adder
