// str: the ABI's compact forms (1, 2 or 4 bytes a character), interning, building, formatting.
#pragma once
#include <string>
#include <string_view>
#include "object/abi.h"

namespace adder {

inline Py_ssize_t str_length(Value s) { return s.as<PyASCIIObject>()->length; }
inline int str_kind(Value s) { return s.as<PyASCIIObject>()->state.kind; }       // 1, 2, 4
inline bool str_is_ascii(Value s) { return s.as<PyASCIIObject>()->state.ascii; }
inline bool str_is_interned(PyObject* s) { return reinterpret_cast<PyASCIIObject*>(s)->state.interned != 0; }
inline void* str_data(Value s) {
  auto* a = s.as<PyASCIIObject>();
  if (!a->state.compact) return s.as<PyUnicodeObject>()->data.any;
  return a->state.ascii ? static_cast<void*>(a + 1) : static_cast<void*>(s.as<PyCompactUnicodeObject>() + 1);
}
inline uint32_t char_at(int kind, const void* data, Py_ssize_t i) {
  return kind == 1 ? static_cast<const uint8_t*>(data)[i] : kind == 2 ? static_cast<const uint16_t*>(data)[i] : static_cast<const uint32_t*>(data)[i];
}
inline uint32_t str_char(Value s, Py_ssize_t i) { return char_at(str_kind(s), str_data(s), i); }

Ref str_empty();
Ref str_from_char(uint32_t c);                          // one character; Latin-1 ones are shared
Ref str_new(Py_ssize_t length, uint32_t max_char);      // uninitialised characters of a fresh str
Ref str_from_utf8(std::string_view utf8, const char* errors = nullptr);  // UnicodeDecodeError
Ref str_from_ascii(std::string_view ascii);             // bytes known to be ASCII
Ref str_from_latin1(std::string_view latin1);
Ref str_from_kind(int kind, const void* data, Py_ssize_t length);  // narrows to the smallest kind
Ref str_decode_fs(std::string_view bytes);              // utf-8 with surrogateescape
bool str_encode_fs(Value path_or_str, std::string* out);// str or bytes or os.PathLike; ValueError on NUL
// UTF-8 text, cached in the object and valid while it lives; data() null with UnicodeEncodeError (surrogates).
std::string_view str_utf8(Value s);
bool str_equals(Value s, std::string_view ascii);       // compares with an ASCII text
bool str_equal(Value a, Value b);                       // two str
int str_compare(Value a, Value b);
Py_hash_t str_hash(Value s);
uint64_t keyed_siphash13(uint64_t k0, uint64_t k1, const void* data, size_t n);  // SipHash-1-3
// The hash of a run of bytes, as str and bytes use it; its key, set before the first str is hashed.
Py_hash_t hash_bytes(const void* data, size_t n);
void str_seed_hash(const uint8_t key[16]);
Ref str_concat(Value a, Value b);
Ref str_append(Ref a, Value b);                         // consumes a; in place where nobody else holds it
Ref str_substring(Value s, Py_ssize_t start, Py_ssize_t end);
Ref str_join(Value separator, Value sequence);
Py_ssize_t str_find(Value s, Value sub, Py_ssize_t start, Py_ssize_t end, int direction);  // -1 not found
Ref str_split_on(Value s, Value separator, Py_ssize_t maxsplit);
Ref str_replace(Value s, Value from, Value to, Py_ssize_t maxcount);
Ref str_repr(Value s);
Ref str_percent_format(Value format, Value args);       // `%`
Ref str_to_exact(Value s);

// Interning: the given str's reference is exchanged for the interned one.
Ref intern(Ref s);
Ref intern(std::string_view ascii_or_utf8);
// Makes a static str of the ABI's runtime (_PyRuntime) the interned one of its text; before any other str is interned.
void intern_runtime_string(PyObject* static_str);
bool intern_runtime_strings();  // all of them, as runtime/abi_runtime.c lists them

// printf-like: %s (UTF-8 char*), %c %d %i %u %ld %li %lu %zd %zu %lld %llu %x %p %%, %.Ns; %U (str Value), %S str(), %R repr(),
// %A ascii(), %V (str Value or absent, then char*), %N (a type: PyTypeObject*, printed by its name as in error texts).
// Values and object pointers are passed as they are (Value or PyObject*), one word each.
Ref str_format(const char* format, ...);
Ref str_format_v(const char* format, va_list args);

// Builds a str piece by piece, widening as needed. After a failure every call fails; finish() gives an empty Ref.
class StrBuilder {
 public:
  explicit StrBuilder(Py_ssize_t reserve = 0);
  ~StrBuilder();
  StrBuilder(const StrBuilder&) = delete;
  bool add_char(uint32_t c);
  bool add(Value str);
  bool add(Value str, Py_ssize_t start, Py_ssize_t end);
  bool add_ascii(std::string_view text);
  bool add_utf8(std::string_view text);
  bool add_repeat(uint32_t c, Py_ssize_t n);
  Py_ssize_t length() const { return length_; }
  Ref finish();
 private:
  bool grow(Py_ssize_t extra, uint32_t max_char);
  void* data_ = nullptr;
  Py_ssize_t length_ = 0, capacity_ = 0;
  int kind_ = 1;
  uint32_t max_ = 127;
  bool failed_ = false;
};

// Character classes (Unicode 14 semantics of str methods).
namespace unicode {
bool is_space(uint32_t c); bool is_alpha(uint32_t c); bool is_digit(uint32_t c); bool is_decimal(uint32_t c); bool is_numeric(uint32_t c);
bool is_upper(uint32_t c); bool is_lower(uint32_t c); bool is_title(uint32_t c); bool is_alnum(uint32_t c);
bool is_printable(uint32_t c); bool is_linebreak(uint32_t c); bool is_id_start(uint32_t c); bool is_id_continue(uint32_t c);
int decimal_value(uint32_t c); int digit_value(uint32_t c);  // -1 if none
uint32_t to_upper(uint32_t c); uint32_t to_lower(uint32_t c); uint32_t to_title(uint32_t c);
}  // namespace unicode

// Codecs that are native: utf-8, latin-1, ascii, utf-16/32 and their endian forms; others through the registry.
Ref str_encode(Value s, const char* encoding, const char* errors);   // bytes; null: utf-8, strict
Ref bytes_decode(const char* data, Py_ssize_t n, const char* encoding, const char* errors);
Ref str_encode_utf8(Value s, const char* errors);

}  // namespace adder
