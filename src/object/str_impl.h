// What the str files share among themselves: characters by kind, widening copies, search.
#pragma once
#include <cstring>
#include "object/error.h"
#include "object/str.h"

namespace adder {

struct Chars {
  int kind;
  const void* data;
  Py_ssize_t n;
};
inline Chars chars_of(Value s) { return {str_kind(s), str_data(s), str_length(s)}; }

// Calls f with a typed pointer to the characters.
template <class F>
inline decltype(auto) on_kind(int kind, const void* data, F&& f) {
  if (kind == 1) return f(static_cast<const uint8_t*>(data));
  if (kind == 2) return f(static_cast<const uint16_t*>(data));
  return f(static_cast<const uint32_t*>(data));
}
template <class F>
inline decltype(auto) on_kind(Value s, F&& f) { return on_kind(str_kind(s), str_data(s), static_cast<F&&>(f)); }

inline void put_char(int kind, void* data, Py_ssize_t i, uint32_t c) {
  if (kind == 1) static_cast<uint8_t*>(data)[i] = static_cast<uint8_t>(c);
  else if (kind == 2) static_cast<uint16_t*>(data)[i] = static_cast<uint16_t>(c);
  else static_cast<uint32_t*>(data)[i] = c;
}
inline const char* char_pointer(int kind, const void* data, Py_ssize_t i) { return static_cast<const char*>(data) + i * kind; }

// Upper bound of a str's characters that its form implies: 127, 255, 0xFFFF, 0x10FFFF.
inline uint32_t max_bound(Value s) {
  if (str_is_ascii(s)) return 127;
  int k = str_kind(s);
  return k == 1 ? 255 : k == 2 ? 0xFFFF : 0x10FFFF;
}
// The bound that the characters need (127, 255, 0xFFFF, 0x10FFFF).
uint32_t find_max_bound(int kind, const void* data, Py_ssize_t n);
bool is_ascii_text(const char* p, size_t n);
size_t ascii_prefix(const char* p, size_t n);  // how many leading bytes are ASCII

// Copies n characters, converting the width; narrowing must fit.
void copy_chars(int to_kind, void* to, Py_ssize_t at, int from_kind, const void* from, Py_ssize_t start, Py_ssize_t n);
inline void copy_str(int to_kind, void* to, Py_ssize_t at, Value s) {
  copy_chars(to_kind, to, at, str_kind(s), str_data(s), 0, str_length(s));
}

// Search in characters of one width (text_search.cpp); kind 1 serves bytes too. Positions from 0; -1: not found.
Py_ssize_t find_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m);
Py_ssize_t rfind_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m);
Py_ssize_t count_chars(int kind, const void* s, Py_ssize_t n, const void* p, Py_ssize_t m, Py_ssize_t limit);
Py_ssize_t find_char(int kind, const void* s, Py_ssize_t n, uint32_t c);
Py_ssize_t rfind_char(int kind, const void* s, Py_ssize_t n, uint32_t c);

// The characters of `s` at another width (at least its own); owns a copy where it must widen.
class Widened {
 public:
  Widened(Value s, int kind);
  ~Widened();
  Widened(const Widened&) = delete;
  const void* data() const { return data_; }
  bool ok() const { return data_ != nullptr; }
 private:
  const void* data_;
  void* owned_ = nullptr;
};

// Clips slice bounds to a length, as str methods do.
inline void clip_range(Py_ssize_t* start, Py_ssize_t* end, Py_ssize_t n) {
  if (*end > n) *end = n;
  else if (*end < 0) { *end += n; if (*end < 0) *end = 0; }
  if (*start < 0) { *start += n; if (*start < 0) *start = 0; }
}



void str_dealloc(PyObject* o);
Ref str_of_subtype(PyTypeObject* type, Value s);
bool str_resize_ok(PyObject* s);  // may be changed in place: one owner, exact, not interned, hash not taken
// Shrinks a fresh str to n characters (same kind). Consumes.
Ref str_truncate(Ref s, Py_ssize_t n);

// Rows of str's methods, by file.
extern const struct MethodRow str_methods[];

// Interns are kept in a table that does not count; called by str_dealloc.
void intern_forget(PyObject* s);

}  // namespace adder
