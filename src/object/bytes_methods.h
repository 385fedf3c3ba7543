// The methods that bytes and bytearray share, as a template over the type. Kind has: kName, kType, make(text) which gives
// a new object, and view(self), the present content.
#pragma once
#include <string>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/text_args.h"
#include "object/type.h"

namespace adder {

// A bytes-like argument, or where allowed an int that stands for one byte.
class ByteText {
 public:
  bool get(Value v) {
    if (ADDER_LIKELY(is_bytes(v))) {
      data_ = bytes_data(v);
      size_ = bytes_length(v);
      return true;
    }
    if (!view_.get(v)) return false;
    data_ = view_.data();
    size_ = view_.size();
    return true;
  }
  bool get_or_byte(Value v) {
    if (is_bytes(v)) return get(v);
    if (!v.is_number() && has_buffer(v)) return get(v);
    if (!is_int(v) && !slots_of(v).nb_index)
      return raise(PyExc_TypeError, "argument should be integer or bytes-like object, not '%N'", type_of(v));
    Py_ssize_t i;
    if (!index_as_ssize(v, &i, nullptr)) return false;
    if (i < 0 || i > 255) return raise(PyExc_ValueError, "byte must be in range(0, 256)");
    one_ = static_cast<char>(i);
    data_ = &one_;
    size_ = 1;
    return true;
  }
  const char* data() const { return data_; }
  Py_ssize_t size() const { return size_; }
  std::string_view text() const { return {data_, static_cast<size_t>(size_)}; }
 private:
  BufferView view_;
  const char* data_ = nullptr;
  Py_ssize_t size_ = 0;
  char one_ = 0;
};

namespace bytes_case {
inline bool is_upper(uint8_t c) { return static_cast<uint8_t>(c - 'A') < 26; }
inline bool is_lower(uint8_t c) { return static_cast<uint8_t>(c - 'a') < 26; }
inline bool is_alpha(uint8_t c) { return static_cast<uint8_t>((c | 32) - 'a') < 26; }
inline bool is_digit(uint8_t c) { return static_cast<uint8_t>(c - '0') < 10; }
inline bool is_space(uint8_t c) { return c == 32 || (c >= 9 && c <= 13); }
inline char lower(uint8_t c) { return static_cast<char>(is_upper(c) ? c + 32 : c); }
inline char upper(uint8_t c) { return static_cast<char>(is_lower(c) ? c - 32 : c); }
}  // namespace bytes_case

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // separator absent: none
// (source, encoding, errors) of bytes() and bytearray(); absent where not given.
bool bytes_arguments(const char* type, Args args, Value out[3]);
bool bytes_from_hex(Value text, std::string* out);
Ref bytes_make_translation(Args args);
Ref bytes_percent(std::string_view format, Value args, bool to_bytearray);
Ref bytes_repr_of(std::string_view bytes, const char* prefix, const char* suffix);

template <class Kind>
struct BytesMethods {
  static std::string_view view(Value self) { return Kind::view(self); }
  static Py_ssize_t size(Value self) { return static_cast<Py_ssize_t>(view(self).size()); }
  static Ref make(std::string_view t) { return Kind::make(t); }
  static Ref piece(Value self, Py_ssize_t start, Py_ssize_t end) {
    std::string_view v = view(self);
    if (Kind::kImmutable && start == 0 && end == static_cast<Py_ssize_t>(v.size()) && type_of(self) == Kind::type()) return Ref::copy(self);
    return make(v.substr(static_cast<size_t>(start), static_cast<size_t>(end - start)));
  }
  static Ref same(Value self) { return piece(self, 0, size(self)); }

  // --- find ---
  static Py_ssize_t find_in(Value self, const ByteText& sub, Py_ssize_t start, Py_ssize_t end, int direction) {
    std::string_view v = view(self);
    auto n = static_cast<Py_ssize_t>(v.size());
    clip_range(&start, &end, n);
    if (end - start < sub.size()) return -1;
    Py_ssize_t hit = direction > 0 ? find_chars(1, v.data() + start, end - start, sub.data(), sub.size())
                                   : rfind_chars(1, v.data() + start, end - start, sub.data(), sub.size());
    return hit < 0 ? -1 : hit + start;
  }
  static Ref find_any(const char* name, Value self, Args args, int direction, bool must) {
    FindArgs f;
    ByteText sub;
    if (!parse_find_args(Kind::kName, name, args, &f) || !sub.get_or_byte(f.sub)) return {};
    Py_ssize_t i = find_in(self, sub, f.start, f.end, direction);
    if (i < 0 && must) return raise(PyExc_ValueError, "subsection not found");
    return Ref::from_int(i);
  }
  static Ref find(Value s, Args a) { return find_any("find", s, a, 1, false); }
  static Ref rfind(Value s, Args a) { return find_any("rfind", s, a, -1, false); }
  static Ref index(Value s, Args a) { return find_any("index", s, a, 1, true); }
  static Ref rindex(Value s, Args a) { return find_any("rindex", s, a, -1, true); }
  static Ref count(Value self, Args args) {
    FindArgs f;
    ByteText sub;
    if (!parse_find_args(Kind::kName, "count", args, &f) || !sub.get_or_byte(f.sub)) return {};
    std::string_view v = view(self);
    auto n = static_cast<Py_ssize_t>(v.size());
    bool past = f.start > n;
    clip_range(&f.start, &f.end, n);
    if (past || f.end - f.start < sub.size()) return Ref::from_int(0);
    return Ref::from_int(count_chars(1, v.data() + f.start, f.end - f.start, sub.data(), sub.size(), PY_SSIZE_T_MAX));
  }
  static bool tail(Value self, const ByteText& sub, Py_ssize_t start, Py_ssize_t end, bool at_end) {
    std::string_view v = view(self);
    clip_range(&start, &end, static_cast<Py_ssize_t>(v.size()));
    if (end - start < sub.size()) return false;
    return memcmp(v.data() + (at_end ? end - sub.size() : start), sub.data(), static_cast<size_t>(sub.size())) == 0;
  }
  static Ref starts_ends(const char* name, Value self, Args args, bool at_end) {
    FindArgs f;
    if (!parse_find_args(Kind::kName, name, args, &f)) return {};
    if (is_tuple(f.sub)) {
      for (Py_ssize_t i = 0; i < tuple_size(f.sub); i++) {
        ByteText sub;
        if (!sub.get(tuple_get(f.sub, i))) return {};
        if (tail(self, sub, f.start, f.end, at_end)) return bool_ref(true);
      }
      return bool_ref(false);
    }
    ByteText sub;
    if (!sub.get(f.sub)) {
      if (error_matches(PyExc_TypeError)) {
        clear_error();
        return raise(PyExc_TypeError, "%s first arg must be bytes or a tuple of bytes, not %N", name, type_of(f.sub));
      }
      return {};
    }
    return bool_ref(tail(self, sub, f.start, f.end, at_end));
  }
  static Ref startswith(Value s, Args a) { return starts_ends("startswith", s, a, false); }
  static Ref endswith(Value s, Args a) { return starts_ends("endswith", s, a, true); }
  static Ref removeprefix(Value self, Value prefix) {
    ByteText p;
    if (!p.get(prefix)) return {};
    if (p.size() && tail(self, p, 0, PY_SSIZE_T_MAX, false)) return piece(self, p.size(), size(self));
    return same(self);
  }
  static Ref removesuffix(Value self, Value suffix) {
    ByteText p;
    if (!p.get(suffix)) return {};
    if (p.size() && tail(self, p, 0, PY_SSIZE_T_MAX, true)) return piece(self, 0, size(self) - p.size());
    return same(self);
  }
  static int contains(Value self, Value item) {
    if (is_int(item) || (item.is_object() && slots_of(item).nb_index && !has_buffer(item))) {
      Py_ssize_t i;
      if (!index_as_ssize(item, &i, nullptr)) return -1;
      if (i < 0 || i > 255) return raise(PyExc_ValueError, "byte must be in range(0, 256)");
      std::string_view v = view(self);
      return memchr(v.data(), static_cast<int>(i), v.size()) != nullptr;
    }
    ByteText sub;
    if (!sub.get(item)) return -1;
    std::string_view v = view(self);
    return find_chars(1, v.data(), static_cast<Py_ssize_t>(v.size()), sub.data(), sub.size()) >= 0;
  }

  // --- split ---
  static bool add_piece(Value list, Value self, Py_ssize_t start, Py_ssize_t end) {
    Ref p = piece(self, start, end);
    return p && list_append(list, std::move(p));
  }
  static Ref split_any(Value self, const Value* a, bool right) {
    Py_ssize_t maxsplit = -1;
    if (a[1] && !as_ssize(a[1], &maxsplit)) return {};
    if (maxsplit < 0) maxsplit = PY_SSIZE_T_MAX;
    ByteText sep;
    bool blank = !a[0] || is_none(a[0]);
    if (!blank && !sep.get(a[0])) return {};
    if (!blank && sep.size() == 0) return raise(PyExc_ValueError, "empty separator");
    Ref list = list_new();
    if (!list) return {};
    const std::string_view v = view(self);
    auto* p = reinterpret_cast<const uint8_t*>(v.data());
    auto n = static_cast<Py_ssize_t>(v.size());
    if (!right) {
      Py_ssize_t i = 0;
      if (blank) {
        while (true) {
          while (i < n && bytes_case::is_space(p[i])) i++;
          if (i == n) break;
          if (maxsplit-- == 0) {
            if (!add_piece(list, self, i, n)) return {};
            break;
          }
          Py_ssize_t start = i;
          while (i < n && !bytes_case::is_space(p[i])) i++;
          if (!add_piece(list, self, start, i)) return {};
        }
        return list;
      }
      while (maxsplit-- > 0) {
        Py_ssize_t hit = find_chars(1, p + i, n - i, sep.data(), sep.size());
        if (hit < 0) break;
        if (!add_piece(list, self, i, i + hit)) return {};
        i += hit + sep.size();
      }
      if (!add_piece(list, self, i, n)) return {};
      return list;
    }
    Py_ssize_t end = n;
    if (blank) {
      while (true) {
        while (end > 0 && bytes_case::is_space(p[end - 1])) end--;
        if (end == 0) break;
        if (maxsplit-- == 0) {
          if (!add_piece(list, self, 0, end)) return {};
          break;
        }
        Py_ssize_t stop = end;
        while (end > 0 && !bytes_case::is_space(p[end - 1])) end--;
        if (!add_piece(list, self, end, stop)) return {};
      }
    } else {
      while (maxsplit-- > 0) {
        Py_ssize_t hit = rfind_chars(1, p, end, sep.data(), sep.size());
        if (hit < 0) break;
        if (!add_piece(list, self, hit + sep.size(), end)) return {};
        end = hit;
      }
      if (!add_piece(list, self, 0, end)) return {};
    }
    if (!list_reverse(list)) return {};
    return list;
  }
  static Ref split(Value s, const Value* a) { return split_any(s, a, false); }
  static Ref rsplit(Value s, const Value* a) { return split_any(s, a, true); }
  static Ref splitlines(Value self, const Value* a) {
    int keep = 0;
    if (a[0] && !as_int(a[0], &keep)) return {};
    Ref list = list_new();
    if (!list) return {};
    const std::string_view v = view(self);
    auto n = static_cast<Py_ssize_t>(v.size());
    for (Py_ssize_t i = 0; i < n;) {
      Py_ssize_t start = i;
      while (i < n && v[static_cast<size_t>(i)] != '\n' && v[static_cast<size_t>(i)] != '\r') i++;
      Py_ssize_t end = i;
      if (i < n) {
        i += v[static_cast<size_t>(i)] == '\r' && i + 1 < n && v[static_cast<size_t>(i) + 1] == '\n' ? 2 : 1;
        if (keep) end = i;
      }
      if (!add_piece(list, self, start, end)) return {};
    }
    return list;
  }
  static Ref partition_any(Value self, Value sep_value, bool last) {
    ByteText sep;
    if (!sep.get(sep_value)) return {};
    if (sep.size() == 0) return raise(PyExc_ValueError, "empty separator");
    Py_ssize_t i = find_in(self, sep, 0, PY_SSIZE_T_MAX, last ? -1 : 1);
    Py_ssize_t n = size(self);
    Ref a, b, c;
    if (i >= 0) {
      a = piece(self, 0, i);
      b = Kind::kImmutable && is_bytes(sep_value) ? Ref::copy(sep_value) : make(sep.text());
      c = piece(self, i + sep.size(), n);
    } else if (last) {
      a = make({});
      b = make({});
      c = same(self);
    } else {
      a = same(self);
      b = make({});
      c = make({});
    }
    if (!a || !b || !c) return {};
    return tuple_of({a, b, c});
  }
  static Ref partition(Value s, Value sep) { return partition_any(s, sep, false); }
  static Ref rpartition(Value s, Value sep) { return partition_any(s, sep, true); }

  // --- strip, pad ---
  static Ref strip_any(Value self, const Value* a, bool left, bool right) {
    bool set[256] = {};
    if (!a[0] || is_none(a[0])) {
      for (uint8_t c : {' ', '\t', '\n', '\r', '\f', '\v'}) set[c] = true;
    } else {
      ByteText chars;
      if (!chars.get(a[0])) return {};
      for (char c : chars.text()) set[static_cast<uint8_t>(c)] = true;
    }
    std::string_view v = view(self);
    size_t i = 0, j = v.size();
    if (left) while (i < j && set[static_cast<uint8_t>(v[i])]) i++;
    if (right) while (j > i && set[static_cast<uint8_t>(v[j - 1])]) j--;
    return piece(self, static_cast<Py_ssize_t>(i), static_cast<Py_ssize_t>(j));
  }
  static Ref strip(Value s, const Value* a) { return strip_any(s, a, true, true); }
  static Ref lstrip(Value s, const Value* a) { return strip_any(s, a, true, false); }
  static Ref rstrip(Value s, const Value* a) { return strip_any(s, a, false, true); }

  static Ref pad(Value self, Py_ssize_t left, Py_ssize_t right, char fill) {
    if (left < 0) left = 0;
    if (right < 0) right = 0;
    if (left == 0 && right == 0) return same(self);
    std::string_view v = view(self);
    auto n = static_cast<Py_ssize_t>(v.size());
    if (left > PY_SSIZE_T_MAX - n - right) return raise_no_memory();
    BytesBuilder b(left + n + right);
    b.add_repeat(fill, left);
    b.add(v);
    b.add_repeat(fill, right);
    return Kind::finish(b);
  }
  static bool pad_args(const char* name, const Value* a, Py_ssize_t* width, char* fill) {
    *fill = ' ';
    if (!as_ssize(a[0], width)) return false;
    if (!a[1]) return true;
    if (is_bytes(a[1]) && bytes_length(a[1]) == 1) *fill = bytes_data(a[1])[0];
    else if (is_subtype(type_of(a[1]), &PyByteArray_Type) && bytearray_length(a[1]) == 1)
      *fill = bytearray_data(a[1])[0];
    else return raise(PyExc_TypeError, "%s() argument 2 must be a byte string of length 1, not %N", name, type_of(a[1]));
    return true;
  }
  static Ref ljust(Value self, const Value* a) {
    Py_ssize_t w; char f;
    return pad_args("ljust", a, &w, &f) ? pad(self, 0, w - size(self), f) : Ref{};
  }
  static Ref rjust(Value self, const Value* a) {
    Py_ssize_t w; char f;
    return pad_args("rjust", a, &w, &f) ? pad(self, w - size(self), 0, f) : Ref{};
  }
  static Ref center(Value self, const Value* a) {
    Py_ssize_t w; char f;
    if (!pad_args("center", a, &w, &f)) return {};
    Py_ssize_t margin = w - size(self);
    if (margin <= 0) return same(self);
    Py_ssize_t left = margin / 2 + (margin & w & 1);
    return pad(self, left, margin - left, f);
  }
  static Ref zfill(Value self, Value width) {
    Py_ssize_t w;
    if (!as_ssize(width, &w)) return {};
    std::string_view v = view(self);
    auto fill = w - static_cast<Py_ssize_t>(v.size());
    if (fill <= 0) return same(self);
    BytesBuilder b(w);
    bool sign = !v.empty() && (v[0] == '+' || v[0] == '-');
    if (sign) b.add(v[0]);
    b.add_repeat('0', fill);
    b.add(v.substr(sign));
    return Kind::finish(b);
  }
  static Ref expandtabs(Value self, const Value* a) {
    int tab = 8;
    if (a[0] && !as_int(a[0], &tab)) return {};
    std::string_view v = view(self);
    Py_ssize_t total = 0, column = 0;
    for (char c : v) {
      Py_ssize_t add = 1;
      if (c == '\t') { add = tab > 0 ? tab - column % tab : 0; column += add; }
      else { column++; if (c == '\n' || c == '\r') column = 0; }
      if (total > PY_SSIZE_T_MAX - add) return raise(PyExc_OverflowError, "result too long");
      total += add;
    }
    BytesBuilder b(total);
    column = 0;
    for (char c : v) {
      if (c == '\t') {
        Py_ssize_t add = tab > 0 ? tab - column % tab : 0;
        b.add_repeat(' ', add);
        column += add;
      } else {
        b.add(c);
        column++;
        if (c == '\n' || c == '\r') column = 0;
      }
    }
    return Kind::finish(b);
  }

  // --- case and classes ---
  template <class F>
  static Ref map(Value self, F&& f) {
    std::string_view v = view(self);
    BytesBuilder b(static_cast<Py_ssize_t>(v.size()));
    char* d = b.extend(static_cast<Py_ssize_t>(v.size()));
    if (d) for (size_t i = 0; i < v.size(); i++) d[i] = f(i, static_cast<uint8_t>(v[i]));
    return Kind::finish(b);
  }
  static Ref lower(Value s) { return map(s, [](size_t, uint8_t c) { return bytes_case::lower(c); }); }
  static Ref upper(Value s) { return map(s, [](size_t, uint8_t c) { return bytes_case::upper(c); }); }
  static Ref swapcase(Value s) { return map(s, [](size_t, uint8_t c) { return static_cast<char>(bytes_case::is_alpha(c) ? c ^ 32 : c); }); }
  static Ref capitalize(Value s) { return map(s, [](size_t i, uint8_t c) { return i ? bytes_case::lower(c) : bytes_case::upper(c); }); }
  static Ref title(Value s) {
    bool inside = false;
    return map(s, [&](size_t, uint8_t c) {
      char r = inside ? bytes_case::lower(c) : bytes_case::upper(c);
      inside = bytes_case::is_alpha(c);
      return r;
    });
  }
  template <class F>
  static Ref all(Value self, F&& f) {
    std::string_view v = view(self);
    if (v.empty()) return bool_ref(false);
    for (char c : v) if (!f(static_cast<uint8_t>(c))) return bool_ref(false);
    return bool_ref(true);
  }
  static Ref isalnum(Value s) { return all(s, [](uint8_t c) { return bytes_case::is_alpha(c) || bytes_case::is_digit(c); }); }
  static Ref isalpha(Value s) { return all(s, [](uint8_t c) { return bytes_case::is_alpha(c); }); }
  static Ref isdigit(Value s) { return all(s, [](uint8_t c) { return bytes_case::is_digit(c); }); }
  static Ref isspace(Value s) { return all(s, [](uint8_t c) { return bytes_case::is_space(c); }); }
  static Ref isascii(Value s) { return bool_ref(is_ascii_text(view(s).data(), view(s).size())); }
  static Ref islower(Value s) {
    bool cased = false;
    for (char c : view(s)) {
      if (bytes_case::is_upper(static_cast<uint8_t>(c))) return bool_ref(false);
      cased |= bytes_case::is_lower(static_cast<uint8_t>(c));
    }
    return bool_ref(cased);
  }
  static Ref isupper(Value s) {
    bool cased = false;
    for (char c : view(s)) {
      if (bytes_case::is_lower(static_cast<uint8_t>(c))) return bool_ref(false);
      cased |= bytes_case::is_upper(static_cast<uint8_t>(c));
    }
    return bool_ref(cased);
  }
  static Ref istitle(Value s) {
    bool cased = false, inside = false;
    for (char ch : view(s)) {
      auto c = static_cast<uint8_t>(ch);
      if (bytes_case::is_upper(c)) {
        if (inside) return bool_ref(false);
        inside = cased = true;
      } else if (bytes_case::is_lower(c)) {
        if (!inside) return bool_ref(false);
        cased = true;
      } else {
        inside = false;
      }
    }
    return bool_ref(cased);
  }

  // --- replace, translate, join, decode ---
  static Ref replace(Value self, const Value* a) {
    ByteText from, to;
    Py_ssize_t limit = -1;
    if (!from.get(a[0]) || !to.get(a[1]) || (a[2] && !as_ssize(a[2], &limit))) return {};
    if (limit < 0) limit = PY_SSIZE_T_MAX;
    std::string_view v = view(self);
    auto n = static_cast<Py_ssize_t>(v.size());
    Py_ssize_t m = from.size(), t = to.size();
    Py_ssize_t hits = limit == 0 || m > n ? 0 : count_chars(1, v.data(), n, from.data(), m, limit);
    if (hits == 0) return same(self);
    if (t > m && hits > (PY_SSIZE_T_MAX - n) / (t - m)) return raise(PyExc_OverflowError, "replace bytes are too long");
    BytesBuilder b(n + hits * (t - m));
    Py_ssize_t i = 0;
    while (hits-- > 0) {
      if (m == 0) {
        b.add(to.text());
        if (i < n) b.add(v[static_cast<size_t>(i++)]);
        continue;
      }
      Py_ssize_t hit = find_chars(1, v.data() + i, n - i, from.data(), m);
      b.add(v.substr(static_cast<size_t>(i), static_cast<size_t>(hit)));
      b.add(to.text());
      i += hit + m;
    }
    b.add(v.substr(static_cast<size_t>(i)));
    return Kind::finish(b);
  }
  static Ref translate(Value self, const Value* a) {
    ByteText table, remove;
    bool mapped = !is_none(a[0]);
    if (mapped && !table.get(a[0])) return {};
    if (mapped && table.size() != 256) return raise(PyExc_ValueError, "translation table must be 256 characters long");
    if (a[1] && !remove.get(a[1])) return {};
    bool drop[256] = {};
    for (Py_ssize_t i = 0; i < remove.size(); i++) drop[static_cast<uint8_t>(remove.data()[i])] = true;
    std::string_view v = view(self);
    BytesBuilder b(static_cast<Py_ssize_t>(v.size()));
    char* d = b.extend(static_cast<Py_ssize_t>(v.size()));
    if (!d && !v.empty()) return {};
    char* o = d;
    bool changed = false;
    for (char ch : v) {
      auto c = static_cast<uint8_t>(ch);
      if (drop[c]) { changed = true; continue; }
      *o = mapped ? table.data()[c] : ch;
      changed |= *o != ch;
      o++;
    }
    if (!changed) return same(self);
    return make({d, static_cast<size_t>(o - d)});
  }
  static Ref join(Value self, Value iterable) {
    Ref fast = to_fast_sequence(iterable, "can only join an iterable");
    if (!fast) return {};
    Py_ssize_t n = sequence_size(fast);
    if (n == 1 && Kind::kImmutable && is_exact(sequence_get(fast, 0), &PyBytes_Type)) return Ref::copy(sequence_get(fast, 0));
    std::string separator(view(self));
    BytesBuilder b(n * static_cast<Py_ssize_t>(separator.size()));
    for (Py_ssize_t i = 0; i < sequence_size(fast); i++) {
      Ref item = Ref::copy(sequence_get(fast, i));
      if (i && !b.add(separator)) return {};
      ByteText t;
      if (!is_bytes(item) && !has_buffer(item))
        return raise(PyExc_TypeError, "sequence item %zd: expected a bytes-like object, %N found", i, type_of(item));
      if (!t.get(item) || !b.add(t.text())) return {};
    }
    return Kind::finish(b);
  }
  static Ref decode(Value self, const Value* a) {
    const char* text[2] = {nullptr, nullptr};
    for (int i = 0; i < 2; i++) {
      if (!a[i]) continue;
      if (!is_str(a[i])) return raise(PyExc_TypeError, "decode() argument '%s' must be str, not %N", i ? "errors" : "encoding", type_of(a[i]));
      std::string_view t = str_utf8(a[i]);
      if (!t.data()) return {};
      if (t.find('\0') != t.npos) return raise(PyExc_ValueError, "embedded null character");
      text[i] = t.data();
    }
    std::string_view v = view(self);
    return bytes_decode(v.data(), static_cast<Py_ssize_t>(v.size()), text[0], text[1]);
  }
  static Ref hex(Value self, const Value* a) {
    if (!a[0] && !a[1]) return bytes_hex(view(self), a[0], a[1]);
    // Taking the arguments may run code, which may change a bytearray.
    Ref held = is_bytes(self) ? Ref::copy(self) : bytes_new(view(self));
    return held ? bytes_hex(bytes_view(held), a[0], a[1]) : Ref{};
  }
  static Ref maketrans(Value, Args args) { return bytes_make_translation(args); }
};

#define ADDER_BYTES_METHODS(M)                                                                                                      \
  method<M::capitalize>("capitalize", "", "B.capitalize() -> copy of B"),                                                           \
  method<M::center>("center", "($self, width, fillchar=b' ', /)", "Return a centered string of length width."),                     \
  method<M::count>("count", "", "B.count(sub[, start[, end]]) -> int"),                                                             \
  method<M::endswith>("endswith", "", "B.endswith(suffix[, start[, end]]) -> bool"),                                                \
  method<M::expandtabs>("expandtabs", "($self, /, tabsize=8)", "Return a copy where all tab characters are expanded using spaces."),\
  method<M::find>("find", "", "B.find(sub[, start[, end]]) -> int"),                                                                \
  method<M::index>("index", "", "B.index(sub[, start[, end]]) -> int"),                                                             \
  method<M::isalnum>("isalnum", "", "B.isalnum() -> bool"),                                                                         \
  method<M::isalpha>("isalpha", "", "B.isalpha() -> bool"),                                                                         \
  method<M::isascii>("isascii", "", "B.isascii() -> bool"),                                                                         \
  method<M::isdigit>("isdigit", "", "B.isdigit() -> bool"),                                                                         \
  method<M::islower>("islower", "", "B.islower() -> bool"),                                                                         \
  method<M::isspace>("isspace", "", "B.isspace() -> bool"),                                                                         \
  method<M::istitle>("istitle", "", "B.istitle() -> bool"),                                                                         \
  method<M::isupper>("isupper", "", "B.isupper() -> bool"),                                                                         \
  method<M::ljust>("ljust", "($self, width, fillchar=b' ', /)", "Return a left-justified string of length width."),                 \
  method<M::lower>("lower", "", "B.lower() -> copy of B"),                                                                          \
  method<M::lstrip>("lstrip", "($self, bytes=None, /)", "Strip leading bytes contained in the argument."),                          \
  static_method<M::maketrans>("maketrans", "(frm, to, /)", "Return a translation table useable for the bytes or bytearray translate method."),                                                 \
  method<M::replace>("replace", "($self, old, new, count=-1, /)", "Return a copy with all occurrences of substring old replaced by new."), \
  method<M::rfind>("rfind", "", "B.rfind(sub[, start[, end]]) -> int"),                                                             \
  method<M::rindex>("rindex", "", "B.rindex(sub[, start[, end]]) -> int"),                                                          \
  method<M::rjust>("rjust", "($self, width, fillchar=b' ', /)", "Return a right-justified string of length width."),                \
  method<M::rstrip>("rstrip", "($self, bytes=None, /)", "Strip trailing bytes contained in the argument."),                         \
  method<M::startswith>("startswith", "", "B.startswith(prefix[, start[, end]]) -> bool"),                                          \
  method<M::strip>("strip", "($self, bytes=None, /)", "Strip leading and trailing bytes contained in the argument."),               \
  method<M::swapcase>("swapcase", "", "B.swapcase() -> copy of B"),                                                                 \
  method<M::title>("title", "", "B.title() -> copy of B"),                                                                          \
  method<M::translate>("translate", "($self, table, /, delete=b'')", "Return a copy with each character mapped by the given translation table."), \
  method<M::upper>("upper", "", "B.upper() -> copy of B"),                                                                          \
  method<M::zfill>("zfill", "($self, width, /)", "Pad a numeric string with zeros on the left, to fill a field of the given width.")

}  // namespace adder
