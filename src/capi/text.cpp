// unicodeobject.h, bytesobject.h, bytearrayobject.h.
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <cctype>
#include "capi/capi.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/str_unready.h"

using namespace adder;
using namespace adder::capi;

namespace {
bool need_str(PyObject* o, const char* = nullptr) {
  if (o && PyUnicode_Check(o)) return true;
  return raise(PyExc_TypeError, "bad argument type for built-in operation");
}
}  // namespace

// --- str: making ----------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyUnicode_New(Py_ssize_t n, Py_UCS4 max) { return n == 0 ? out(str_empty()) : out(str_new(n, max)); }
ADDER_API PyObject* PyUnicode_FromStringAndSize(const char* s, Py_ssize_t n) {
  if (n < 0) return raise(PyExc_SystemError, "Negative size passed to PyUnicode_FromStringAndSize");
  if (!s) return n == 0 ? out(str_empty()) : raise(PyExc_SystemError, "NULL string with positive size with NULL passed to PyUnicode_FromStringAndSize");
  return out(str_from_utf8({s, static_cast<size_t>(n)}));
}
ADDER_API PyObject* PyUnicode_FromString(const char* s) { return out(str_from_utf8(s)); }
ADDER_API PyObject* PyUnicode_InternFromString(const char* s) { return out(intern(s)); }
ADDER_API void PyUnicode_InternInPlace(PyObject** p) {
  if (!*p || !PyUnicode_CheckExact(*p)) return;
  Ref r = intern(Ref::steal(Value{*p}));
  *p = r.release().object();
}
ADDER_API PyObject* PyUnicode_FromKindAndData(int kind, const void* data, Py_ssize_t n) { return out(str_from_kind(kind, data, n)); }
ADDER_API PyObject* PyUnicode_FromOrdinal(int c) {
  if (c < 0 || c > 0x10FFFF) return raise(PyExc_ValueError, "chr() arg not in range(0x110000)");
  return out(str_from_char(static_cast<uint32_t>(c)));
}
ADDER_API PyObject* PyUnicode_FromWideChar(const wchar_t* w, Py_ssize_t n) {
  if (n < 0) n = static_cast<Py_ssize_t>(wcslen(w));
  return out(str_from_kind(4, w, n));
}
ADDER_API PyObject* PyUnicode_FromFormatV(const char* format, va_list ap) { return out(str_format_v(format, ap)); }
ADDER_API PyObject* PyUnicode_FromFormat(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  PyObject* r = PyUnicode_FromFormatV(format, ap);
  va_end(ap);
  return r;
}
ADDER_API PyObject* PyUnicode_FromObject(PyObject* o) {
  if (PyUnicode_CheckExact(o)) return Ref::copy(Value{o}).release().object();
  if (PyUnicode_Check(o)) return out(str_to_exact(Value{o}));
  return raise(PyExc_TypeError, "Can't convert '%.100s' object to str implicitly", Py_TYPE(o)->tp_name);
}
ADDER_API PyObject* PyUnicode_FromEncodedObject(PyObject* o, const char* encoding, const char* errors) {
  if (PyUnicode_Check(o)) return raise(PyExc_TypeError, "decoding str is not supported");
  BufferView b;
  if (!b.get(in(o))) {
    clear_error();
    return raise(PyExc_TypeError, "decoding to str: need a bytes-like object, %.80s found", Py_TYPE(o)->tp_name);
  }
  return out(bytes_decode(b.data(), b.size(), encoding, errors));
}
ADDER_API int _PyUnicode_Ready(PyObject* o) { return is_unready_str(o) && !str_make_ready(o) ? -1 : 0; }
ADDER_API PyObject* _PyUnicode_FromASCII(const char* s, Py_ssize_t n) { return out(str_from_ascii({s, static_cast<size_t>(n)})); }
ADDER_API PyObject* _PyUnicode_FromId(_Py_Identifier* id) { return intern_static(id->string, strlen(id->string)); }
ADDER_API int PyUnicode_Resize(PyObject** p, Py_ssize_t n) {
  Value s{*p};
  Py_ssize_t old = str_length(s);
  if (old == n) return 0;
  Ref r = n == 0 ? str_empty() : str_new(n, str_is_ascii(s) ? 127 : str_kind(s) == 1 ? 255 : str_kind(s) == 2 ? 0xFFFF : 0x10FFFF);
  if (!r) return -1;
  if (n) memcpy(str_data(r), str_data(s), static_cast<size_t>(old < n ? old : n) * static_cast<size_t>(str_kind(s)));
  Py_DECREF(*p);
  *p = r.release().object();
  return 0;
}

// --- str: reading -----------------------------------------------------------------------------------------------------------------------------
ADDER_API const char* PyUnicode_AsUTF8AndSize(PyObject* o, Py_ssize_t* n) {
  if (!need_str(o)) return nullptr;
  std::string_view s = str_utf8(Value{o});
  if (n) *n = s.data() ? static_cast<Py_ssize_t>(s.size()) : -1;
  return s.data();
}
ADDER_API const char* PyUnicode_AsUTF8(PyObject* o) { return PyUnicode_AsUTF8AndSize(o, nullptr); }
ADDER_API Py_ssize_t PyUnicode_GetLength(PyObject* o) { return need_str(o) ? str_length(Value{o}) : -1; }
ADDER_API Py_UCS4 PyUnicode_ReadChar(PyObject* o, Py_ssize_t i) {
  if (!need_str(o)) return static_cast<Py_UCS4>(-1);
  if (i < 0 || i >= str_length(Value{o})) return (void)raise(PyExc_IndexError, "string index out of range"), static_cast<Py_UCS4>(-1);
  return str_char(Value{o}, i);
}
ADDER_API int PyUnicode_WriteChar(PyObject* o, Py_ssize_t i, Py_UCS4 c) {
  if (!need_str(o)) return -1;
  if (i < 0 || i >= str_length(Value{o})) return raise(PyExc_IndexError, "string index out of range");
  PyUnicode_WRITE(PyUnicode_KIND(o), PyUnicode_DATA(o), i, c);
  return 0;
}
ADDER_API Py_ssize_t PyUnicode_CopyCharacters(PyObject* to, Py_ssize_t at, PyObject* from, Py_ssize_t start, Py_ssize_t n) {
  if (n > str_length(Value{from}) - start) n = str_length(Value{from}) - start;
  for (Py_ssize_t i = 0; i < n; i++) PyUnicode_WRITE(PyUnicode_KIND(to), PyUnicode_DATA(to), at + i, str_char(Value{from}, start + i));
  return n;
}
ADDER_API void _PyUnicode_FastCopyCharacters(PyObject* to, Py_ssize_t at, PyObject* from, Py_ssize_t start, Py_ssize_t n) { PyUnicode_CopyCharacters(to, at, from, start, n); }
ADDER_API Py_ssize_t PyUnicode_Fill(PyObject* o, Py_ssize_t start, Py_ssize_t n, Py_UCS4 c) {
  for (Py_ssize_t i = 0; i < n; i++) PyUnicode_WRITE(PyUnicode_KIND(o), PyUnicode_DATA(o), start + i, c);
  return n;
}
ADDER_API Py_UCS4* PyUnicode_AsUCS4Copy(PyObject* o) {
  Py_ssize_t n = str_length(Value{o});
  auto* p = static_cast<Py_UCS4*>(PyMem_Malloc(static_cast<size_t>(n + 1) * 4));
  if (!p) return raise_no_memory();
  for (Py_ssize_t i = 0; i < n; i++) p[i] = str_char(Value{o}, i);
  p[n] = 0;
  return p;
}
ADDER_API Py_UCS4* PyUnicode_AsUCS4(PyObject* o, Py_UCS4* p, Py_ssize_t room, int null) {
  Py_ssize_t n = str_length(Value{o});
  if (room < n + (null != 0)) return raise(PyExc_SystemError, "string is longer than the buffer");
  for (Py_ssize_t i = 0; i < n; i++) p[i] = str_char(Value{o}, i);
  if (null) p[n] = 0;
  return p;
}
ADDER_API wchar_t* PyUnicode_AsWideCharString(PyObject* o, Py_ssize_t* size) {
  if (!need_str(o)) return nullptr;
  auto* p = reinterpret_cast<wchar_t*>(PyUnicode_AsUCS4Copy(o));
  Py_ssize_t n = str_length(Value{o});
  if (p && size) *size = n;
  else if (p && wcslen(p) != static_cast<size_t>(n)) {
    PyMem_Free(p);
    return raise(PyExc_ValueError, "embedded null character");
  }
  return p;
}
ADDER_API Py_ssize_t PyUnicode_AsWideChar(PyObject* o, wchar_t* p, Py_ssize_t room) {
  Py_ssize_t n = str_length(Value{o}), take = n < room ? n : room;
  if (!p) return n + 1;  // what it takes, with the end
  for (Py_ssize_t i = 0; i < take; i++) p[i] = static_cast<wchar_t>(str_char(Value{o}, i));
  if (take < room) p[take] = 0;
  return take;
}
ADDER_API Py_UCS4 _PyUnicode_FindMaxChar(PyObject* o, Py_ssize_t start, Py_ssize_t end) {
  Py_UCS4 max = 127;
  for (Py_ssize_t i = start; i < end; i++) {
    Py_UCS4 c = str_char(Value{o}, i);
    if (c > max) max = c;
  }
  return max <= 127 ? 127 : max <= 255 ? 255 : max <= 0xFFFF ? 0xFFFF : 0x10FFFF;
}

// --- str: operations --------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyUnicode_Concat(PyObject* a, PyObject* b) {
  if (!need_str(a)) return nullptr;
  if (!PyUnicode_Check(b)) return raise(PyExc_TypeError, "can only concatenate str (not \"%.200s\") to str", Py_TYPE(b)->tp_name);
  return out(str_concat(Value{a}, Value{b}));
}
ADDER_API void PyUnicode_Append(PyObject** p, PyObject* b) {
  if (!*p) return;
  PyObject* r = b ? PyUnicode_Concat(*p, b) : nullptr;
  Py_DECREF(*p);
  *p = r;
}
ADDER_API void PyUnicode_AppendAndDel(PyObject** p, PyObject* b) {
  PyUnicode_Append(p, b);
  Py_XDECREF(b);
}
ADDER_API PyObject* PyUnicode_Join(PyObject* separator, PyObject* sequence) { return out(str_join(separator ? Value{separator} : Value{str_empty().get()}, in(sequence))); }
ADDER_API PyObject* PyUnicode_Substring(PyObject* o, Py_ssize_t a, Py_ssize_t b) {
  Py_ssize_t n = str_length(Value{o});
  if (b > n) b = n;
  if (a < 0 || b < 0) return raise(PyExc_IndexError, "string index out of range");
  return a >= b ? out(str_empty()) : out(str_substring(Value{o}, a, b));
}
ADDER_API PyObject* PyUnicode_Split(PyObject* o, PyObject* separator, Py_ssize_t n) {
  Ref count = int_from_i64(n);
  return out(call_method(Value{o}, "split"_id, {separator ? Value{separator} : none(), count.get()}));
}
ADDER_API PyObject* PyUnicode_RSplit(PyObject* o, PyObject* separator, Py_ssize_t n) {
  Ref count = int_from_i64(n);
  return out(call_method(Value{o}, "rsplit"_id, {separator ? Value{separator} : none(), count.get()}));
}
ADDER_API PyObject* PyUnicode_Splitlines(PyObject* o, int keep) { return out(call_method(Value{o}, "splitlines"_id, {boolean(keep)})); }
ADDER_API PyObject* PyUnicode_Partition(PyObject* o, PyObject* s) { return out(call_method(Value{o}, "partition"_id, {Value{s}})); }
ADDER_API PyObject* PyUnicode_RPartition(PyObject* o, PyObject* s) { return out(call_method(Value{o}, "rpartition"_id, {Value{s}})); }
ADDER_API PyObject* PyUnicode_Replace(PyObject* o, PyObject* a, PyObject* b, Py_ssize_t n) { return out(str_replace(Value{o}, Value{a}, Value{b}, n)); }
ADDER_API PyObject* PyUnicode_Translate(PyObject* o, PyObject* table, const char*) { return out(call_method(Value{o}, "translate"_id, {in(table)})); }
ADDER_API PyObject* PyUnicode_Format(PyObject* f, PyObject* args) { return out(str_percent_format(Value{f}, in(args))); }
ADDER_API Py_ssize_t PyUnicode_Find(PyObject* o, PyObject* s, Py_ssize_t a, Py_ssize_t b, int direction) {
  Py_ssize_t n = str_length(Value{o});
  if (b > n) b = n;
  else if (b < 0 && (b += n) < 0) b = 0;
  if (a < 0 && (a += n) < 0) a = 0;
  return str_find(Value{o}, Value{s}, a, b, direction);
}
ADDER_API Py_ssize_t PyUnicode_FindChar(PyObject* o, Py_UCS4 c, Py_ssize_t a, Py_ssize_t b, int direction) {
  Ref s = str_from_char(c);
  return s ? PyUnicode_Find(o, s.object(), a, b, direction) : -2;
}
ADDER_API Py_ssize_t PyUnicode_Count(PyObject* o, PyObject* s, Py_ssize_t a, Py_ssize_t b) {
  Ref x = int_from_i64(a), y = int_from_i64(b), r = call_method(Value{o}, "count"_id, {Value{s}, x.get(), y.get()});
  int64_t n;
  return r && int_as_i64(r, &n) ? n : -1;
}
ADDER_API Py_ssize_t PyUnicode_Tailmatch(PyObject* o, PyObject* s, Py_ssize_t a, Py_ssize_t b, int direction) {
  Ref x = int_from_i64(a), y = int_from_i64(b);
  Ref r = call_method(Value{o}, direction > 0 ? "endswith"_id : "startswith"_id, {Value{s}, x.get(), y.get()});
  return r ? r.get() == boolean(true) : -1;
}
ADDER_API int PyUnicode_Compare(PyObject* a, PyObject* b) {
  if (PyUnicode_Check(a) && PyUnicode_Check(b)) return str_compare(Value{a}, Value{b});
  return raise(PyExc_TypeError, "Can't compare %.100s and %.100s", Py_TYPE(a)->tp_name, Py_TYPE(b)->tp_name);
}
ADDER_API int PyUnicode_CompareWithASCIIString(PyObject* a, const char* s) {
  Ref b = str_from_latin1(s);
  if (!b) return clear_error(), -1;
  return str_compare(Value{a}, b);
}
ADDER_API int _PyUnicode_EqualToASCIIString(PyObject* a, const char* s) { return str_equals(Value{a}, s); }
ADDER_API int _PyUnicode_EqualToASCIIId(PyObject* a, _Py_Identifier* id) { return str_equals(Value{a}, id->string); }
ADDER_API int _PyUnicode_EQ(PyObject* a, PyObject* b) { return str_equal(Value{a}, Value{b}); }
ADDER_API PyObject* PyUnicode_RichCompare(PyObject* a, PyObject* b, int op) { return out(compare(Value{a}, Value{b}, op)); }
ADDER_API int PyUnicode_Contains(PyObject* o, PyObject* s) { return contains(Value{o}, in(s)); }
ADDER_API int PyUnicode_IsIdentifier(PyObject* o) {
  Ref r = call_method(Value{o}, "isidentifier"_id);
  return r && r.get() == boolean(true);
}
ADDER_API PyObject* PyUnicode_DecodeFSDefaultAndSize(const char* s, Py_ssize_t n) { return out(str_decode_fs({s, static_cast<size_t>(n)})); }
ADDER_API PyObject* PyUnicode_DecodeFSDefault(const char* s) { return out(str_decode_fs(s)); }
ADDER_API PyObject* PyUnicode_EncodeFSDefault(PyObject* o) { return out(str_encode_utf8(Value{o}, "surrogateescape")); }
ADDER_API PyObject* PyUnicode_DecodeLocale(const char* s, const char* errors) { return out(str_from_utf8(s, errors)); }
ADDER_API PyObject* PyUnicode_DecodeLocaleAndSize(const char* s, Py_ssize_t n, const char* errors) { return out(str_from_utf8({s, static_cast<size_t>(n)}, errors)); }
ADDER_API PyObject* PyUnicode_EncodeLocale(PyObject* o, const char* errors) { return out(str_encode_utf8(Value{o}, errors)); }
ADDER_API int PyUnicode_FSConverter(PyObject* o, void* p) {
  if (!o) {
    Py_CLEAR(*static_cast<PyObject**>(p));
    return 1;
  }
  std::string text;
  if (!str_encode_fs(in(o), &text)) return 0;
  if (text.find('\0') != std::string::npos) return (void)raise(PyExc_ValueError, "embedded null byte"), 0;
  *static_cast<PyObject**>(p) = bytes_new(text).release().object();
  return *static_cast<PyObject**>(p) ? Py_CLEANUP_SUPPORTED : 0;
}
ADDER_API int PyUnicode_FSDecoder(PyObject* o, void* p) {
  if (!o) {
    Py_CLEAR(*static_cast<PyObject**>(p));
    return 1;
  }
  std::string text;
  if (!str_encode_fs(in(o), &text)) return 0;
  *static_cast<PyObject**>(p) = str_decode_fs(text).release().object();
  return *static_cast<PyObject**>(p) ? Py_CLEANUP_SUPPORTED : 0;
}
ADDER_API PyObject* PyOS_FSPath(PyObject* o) {
  if (PyUnicode_Check(o) || PyBytes_Check(o)) return Ref::copy(Value{o}).release().object();
  Ref method = lookup_special(in(o), "__fspath__"_id);
  if (!method) return error_occurred() ? Failure{} : raise(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %.200s", Py_TYPE(o)->tp_name);
  Ref r = call0(method);
  if (r && !is_str(r) && !is_bytes(r)) return raise(PyExc_TypeError, "expected %.200s.__fspath__() to return str or bytes, not %.200s", Py_TYPE(o)->tp_name, type_of(r)->tp_name);
  return out(std::move(r));
}
ADDER_API const char* PyUnicode_GetDefaultEncoding(void) { return "utf-8"; }

// --- Codecs ---------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyUnicode_Decode(const char* s, Py_ssize_t n, const char* encoding, const char* errors) { return out(bytes_decode(s, n, encoding, errors)); }
ADDER_API PyObject* PyUnicode_DecodeUTF8(const char* s, Py_ssize_t n, const char* errors) { return out(str_from_utf8({s, static_cast<size_t>(n)}, errors)); }
ADDER_API PyObject* PyUnicode_DecodeASCII(const char* s, Py_ssize_t n, const char* errors) { return out(bytes_decode(s, n, "ascii", errors)); }
ADDER_API PyObject* PyUnicode_DecodeLatin1(const char* s, Py_ssize_t n, const char*) { return out(str_from_latin1({s, static_cast<size_t>(n)})); }
ADDER_API PyObject* PyUnicode_DecodeUTF16(const char* s, Py_ssize_t n, const char* errors, int* order) {
  const char* encoding = !order || *order == 0 ? "utf-16" : *order < 0 ? "utf-16-le" : "utf-16-be";
  return out(bytes_decode(s, n, encoding, errors));
}
ADDER_API PyObject* PyUnicode_DecodeUTF32(const char* s, Py_ssize_t n, const char* errors, int* order) {
  const char* encoding = !order || *order == 0 ? "utf-32" : *order < 0 ? "utf-32-le" : "utf-32-be";
  return out(bytes_decode(s, n, encoding, errors));
}
ADDER_API PyObject* PyUnicode_DecodeUnicodeEscape(const char* s, Py_ssize_t n, const char* errors) { return out(bytes_decode(s, n, "unicode_escape", errors)); }
ADDER_API PyObject* PyUnicode_DecodeRawUnicodeEscape(const char* s, Py_ssize_t n, const char* errors) { return out(bytes_decode(s, n, "raw_unicode_escape", errors)); }
ADDER_API PyObject* PyUnicode_AsEncodedString(PyObject* o, const char* encoding, const char* errors) { return need_str(o) ? out(str_encode(Value{o}, encoding, errors)) : nullptr; }
ADDER_API PyObject* PyUnicode_AsUTF8String(PyObject* o) { return need_str(o) ? out(str_encode_utf8(Value{o}, nullptr)) : nullptr; }
ADDER_API PyObject* _PyUnicode_AsUTF8String(PyObject* o, const char* errors) { return need_str(o) ? out(str_encode_utf8(Value{o}, errors)) : nullptr; }
ADDER_API PyObject* PyUnicode_AsASCIIString(PyObject* o) { return need_str(o) ? out(str_encode(Value{o}, "ascii", nullptr)) : nullptr; }
ADDER_API PyObject* PyUnicode_AsLatin1String(PyObject* o) { return need_str(o) ? out(str_encode(Value{o}, "latin-1", nullptr)) : nullptr; }
ADDER_API PyObject* PyUnicode_AsUTF16String(PyObject* o) { return out(str_encode(Value{o}, "utf-16", nullptr)); }
ADDER_API PyObject* PyUnicode_AsUTF32String(PyObject* o) { return out(str_encode(Value{o}, "utf-32", nullptr)); }
ADDER_API PyObject* PyUnicode_AsUnicodeEscapeString(PyObject* o) { return out(str_encode(Value{o}, "unicode_escape", nullptr)); }
ADDER_API PyObject* PyUnicode_AsRawUnicodeEscapeString(PyObject* o) { return out(str_encode(Value{o}, "raw_unicode_escape", nullptr)); }

// --- Characters -------------------------------------------------------------------------------------------------------------------------------
ADDER_API int _PyUnicode_IsAlpha(Py_UCS4 c) { return unicode::is_alpha(c); }
ADDER_API int _PyUnicode_IsDigit(Py_UCS4 c) { return unicode::is_digit(c); }
ADDER_API int _PyUnicode_IsDecimalDigit(Py_UCS4 c) { return unicode::is_decimal(c); }
ADDER_API int _PyUnicode_IsNumeric(Py_UCS4 c) { return unicode::is_numeric(c); }
ADDER_API int _PyUnicode_IsWhitespace(Py_UCS4 c) { return unicode::is_space(c); }
ADDER_API int _PyUnicode_IsLinebreak(Py_UCS4 c) { return unicode::is_linebreak(c); }
ADDER_API int _PyUnicode_IsPrintable(Py_UCS4 c) { return unicode::is_printable(c); }
ADDER_API int _PyUnicode_IsUppercase(Py_UCS4 c) { return unicode::is_upper(c); }
ADDER_API int _PyUnicode_IsLowercase(Py_UCS4 c) { return unicode::is_lower(c); }
ADDER_API int _PyUnicode_IsTitlecase(Py_UCS4 c) { return unicode::is_title(c); }
ADDER_API int _PyUnicode_ToDecimalDigit(Py_UCS4 c) { return unicode::decimal_value(c); }
ADDER_API int _PyUnicode_ToDigit(Py_UCS4 c) { return unicode::digit_value(c); }
ADDER_API Py_UCS4 _PyUnicode_ToUppercase(Py_UCS4 c) { return unicode::to_upper(c); }
ADDER_API Py_UCS4 _PyUnicode_ToLowercase(Py_UCS4 c) { return unicode::to_lower(c); }
ADDER_API Py_UCS4 _PyUnicode_ToTitlecase(Py_UCS4 c) { return unicode::to_title(c); }
extern "C" __attribute__((visibility("default"))) const unsigned char _Py_ascii_whitespace[128];
#define W(c) ((c >= 9 && c <= 13) || (c >= 28 && c <= 32))
#define W8(c) W(c), W(c + 1), W(c + 2), W(c + 3), W(c + 4), W(c + 5), W(c + 6), W(c + 7)
const unsigned char _Py_ascii_whitespace[128] = {W8(0), W8(8), W8(16), W8(24), W8(32), W8(40), W8(48), W8(56), W8(64), W8(72), W8(80), W8(88), W8(96), W8(104), W8(112), W8(120)};

// --- The incremental writer (private, but binaries use it) -----------------------------------------------------------------------------------------
ADDER_API void _PyUnicodeWriter_Init(_PyUnicodeWriter* w) {
  memset(w, 0, sizeof *w);
  w->kind = PyUnicode_WCHAR_KIND;
}
ADDER_API int _PyUnicodeWriter_PrepareInternal(_PyUnicodeWriter* w, Py_ssize_t n, Py_UCS4 max) {
  Py_UCS4 limit = max > w->maxchar ? max : w->maxchar;
  if (limit < w->min_char) limit = w->min_char;
  Py_ssize_t need = w->pos + n;
  if (w->buffer && need <= w->size && limit <= w->maxchar && !w->readonly) return 0;
  Py_ssize_t room = need > w->size ? (w->overallocate ? need + need / 4 + 16 : need) : w->size;
  if (room < w->min_length) room = w->min_length;
  Ref r = str_new(room ? room : 1, limit ? limit : 127);
  if (!r) return -1;
  PyObject* fresh = r.release().object();
  if (w->buffer) {
    PyUnicode_CopyCharacters(fresh, 0, w->buffer, 0, w->pos);
    Py_DECREF(w->buffer);
  }
  w->buffer = fresh;
  w->readonly = 0;
  w->maxchar = PyUnicode_MAX_CHAR_VALUE(fresh);
  w->data = PyUnicode_DATA(fresh);
  w->kind = static_cast<PyUnicode_Kind>(PyUnicode_KIND(fresh));
  w->size = PyUnicode_GET_LENGTH(fresh);
  return 0;
}
ADDER_API int _PyUnicodeWriter_PrepareKindInternal(_PyUnicodeWriter* w, PyUnicode_Kind kind) {
  return _PyUnicodeWriter_PrepareInternal(w, 0, kind == PyUnicode_1BYTE_KIND ? 255 : kind == PyUnicode_2BYTE_KIND ? 0xFFFF : 0x10FFFF);
}
ADDER_API int _PyUnicodeWriter_WriteChar(_PyUnicodeWriter* w, Py_UCS4 c) {
  if (_PyUnicodeWriter_PrepareInternal(w, 1, c) < 0) return -1;
  PyUnicode_WRITE(w->kind, w->data, w->pos, c);
  w->pos++;
  return 0;
}
ADDER_API int _PyUnicodeWriter_WriteStr(_PyUnicodeWriter* w, PyObject* s) {
  Py_ssize_t n = PyUnicode_GET_LENGTH(s);
  if (n == 0) return 0;
  if (_PyUnicodeWriter_PrepareInternal(w, n, PyUnicode_MAX_CHAR_VALUE(s)) < 0) return -1;
  PyUnicode_CopyCharacters(w->buffer, w->pos, s, 0, n);
  w->pos += n;
  return 0;
}
ADDER_API int _PyUnicodeWriter_WriteSubstring(_PyUnicodeWriter* w, PyObject* s, Py_ssize_t a, Py_ssize_t b) {
  if (a >= b) return 0;
  if (_PyUnicodeWriter_PrepareInternal(w, b - a, _PyUnicode_FindMaxChar(s, a, b)) < 0) return -1;
  PyUnicode_CopyCharacters(w->buffer, w->pos, s, a, b - a);
  w->pos += b - a;
  return 0;
}
ADDER_API int _PyUnicodeWriter_WriteASCIIString(_PyUnicodeWriter* w, const char* s, Py_ssize_t n) {
  if (n < 0) n = static_cast<Py_ssize_t>(strlen(s));
  if (_PyUnicodeWriter_PrepareInternal(w, n, 127) < 0) return -1;
  for (Py_ssize_t i = 0; i < n; i++) PyUnicode_WRITE(w->kind, w->data, w->pos + i, static_cast<unsigned char>(s[i]));
  w->pos += n;
  return 0;
}
ADDER_API int _PyUnicodeWriter_WriteLatin1String(_PyUnicodeWriter* w, const char* s, Py_ssize_t n) {
  if (_PyUnicodeWriter_PrepareInternal(w, n, 255) < 0) return -1;
  for (Py_ssize_t i = 0; i < n; i++) PyUnicode_WRITE(w->kind, w->data, w->pos + i, static_cast<unsigned char>(s[i]));
  w->pos += n;
  return 0;
}
ADDER_API PyObject* _PyUnicodeWriter_Finish(_PyUnicodeWriter* w) {
  Ref r = w->pos ? str_substring(Value{w->buffer}, 0, w->pos) : str_empty();
  Py_CLEAR(w->buffer);
  return out(std::move(r));
}
ADDER_API void _PyUnicodeWriter_Dealloc(_PyUnicodeWriter* w) { Py_CLEAR(w->buffer); }

// --- bytes ------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyBytes_FromStringAndSize(const char* s, Py_ssize_t n) {
  if (n < 0) return raise(PyExc_SystemError, "Negative size passed to PyBytes_FromStringAndSize");
  return out(s ? bytes_new({s, static_cast<size_t>(n)}) : bytes_uninitialized(n));
}
ADDER_API PyObject* PyBytes_FromString(const char* s) { return out(bytes_new(s)); }
ADDER_API PyObject* PyBytes_FromObject(PyObject* o) { return PyBytes_CheckExact(o) ? Ref::copy(Value{o}).release().object() : out(bytes_from_object(in(o))); }
ADDER_API Py_ssize_t PyBytes_Size(PyObject* o) {
  if (!PyBytes_Check(o)) return raise(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(o)->tp_name);
  return Py_SIZE(o);
}
ADDER_API char* PyBytes_AsString(PyObject* o) {
  if (!PyBytes_Check(o)) return raise(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(o)->tp_name);
  return bytes_data(Value{o});
}
ADDER_API int PyBytes_AsStringAndSize(PyObject* o, char** s, Py_ssize_t* n) {
  if (!PyBytes_Check(o)) return raise(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(o)->tp_name);
  *s = bytes_data(Value{o});
  if (n) *n = Py_SIZE(o);
  else if (strlen(*s) != static_cast<size_t>(Py_SIZE(o))) return raise(PyExc_ValueError, "embedded null byte");
  return 0;
}
ADDER_API void PyBytes_Concat(PyObject** p, PyObject* b) {
  if (!*p) return;
  Ref r = b ? bytes_concat(Value{*p}, in(b)) : Ref{};
  Py_DECREF(*p);
  *p = r.release().object();
}
ADDER_API void PyBytes_ConcatAndDel(PyObject** p, PyObject* b) {
  PyBytes_Concat(p, b);
  Py_XDECREF(b);
}
ADDER_API int _PyBytes_Resize(PyObject** p, Py_ssize_t n) {
  Ref r = bytes_resize(Ref::steal(Value{*p}), n);
  *p = r.release().object();
  return status(*p != nullptr);
}
ADDER_API PyObject* PyBytes_Repr(PyObject* o, int) { return out(bytes_repr(Value{o})); }
ADDER_API PyObject* _PyBytes_Join(PyObject* s, PyObject* x) { return out(call_method(Value{s}, "join"_id, {in(x)})); }
// Conversions c d i u x s p with l and z; widths are read and ignored, an unknown conversion ends it: the rest stands as it is.
ADDER_API PyObject* PyBytes_FromFormatV(const char* format, va_list ap) {
  BytesBuilder b(static_cast<Py_ssize_t>(strlen(format)));
  for (const char* p = format; *p;) {
    if (*p != '%') {
      b.add(*p++);
      continue;
    }
    const char* start = p++;
    int precision = -1;
    bool is_long = false, is_size = false;
    while (*p >= '0' && *p <= '9') p++;
    if (*p == '.') {
      precision = 0;
      for (p++; *p >= '0' && *p <= '9'; p++) precision = precision * 10 + (*p - '0');
    }
    while (*p && *p != '%' && !isalpha(static_cast<unsigned char>(*p))) p++;
    if (*p == 'l' && (p[1] == 'd' || p[1] == 'u')) { is_long = true; p++; }
    else if (*p == 'z' && (p[1] == 'd' || p[1] == 'u')) { is_size = true; p++; }
    char small[32];
    switch (*p) {
      case 'c': {
        int c = va_arg(ap, int);
        if (c < 0 || c > 255)
          return raise(PyExc_OverflowError, "PyBytes_FromFormatV(): %%c format expects an integer in range [0; 255]");
        b.add(static_cast<char>(c));
        break;
      }
      case 'd':
      case 'i': {
        long v = is_long || is_size ? va_arg(ap, long) : va_arg(ap, int);
        b.add({small, static_cast<size_t>(snprintf(small, sizeof small, "%ld", v))});
        break;
      }
      case 'u': {
        unsigned long v = is_long || is_size ? va_arg(ap, unsigned long) : va_arg(ap, unsigned);
        b.add({small, static_cast<size_t>(snprintf(small, sizeof small, "%lu", v))});
        break;
      }
      case 'x': b.add({small, static_cast<size_t>(snprintf(small, sizeof small, "%x", va_arg(ap, unsigned)))}); break;
      case 's': {
        const char* text = va_arg(ap, const char*);
        b.add({text, precision < 0 ? strlen(text) : strnlen(text, static_cast<size_t>(precision))});
        break;
      }
      case 'p': {
        void* v = va_arg(ap, void*);
        b.add(v ? std::string_view{small, static_cast<size_t>(snprintf(small, sizeof small, "%p", v))} : std::string_view{"0x0"});
        break;
      }
      case '%': b.add('%'); break;
      default:
        b.add(std::string_view{start});
        return out(b.finish());
    }
    p++;
  }
  return out(b.finish());
}
ADDER_API PyObject* PyBytes_FromFormat(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  PyObject* r = PyBytes_FromFormatV(format, ap);
  va_end(ap);
  return r;
}
ADDER_API PyObject* PyByteArray_FromStringAndSize(const char* s, Py_ssize_t n) {
  if (n < 0) return raise(PyExc_SystemError, "Negative size passed to PyByteArray_FromStringAndSize");
  if (s) return out(bytearray_new({s, static_cast<size_t>(n)}));
  return out(bytearray_new(std::string(static_cast<size_t>(n), '\0')));
}
ADDER_API PyObject* PyByteArray_FromObject(PyObject* o) { return out(call1(Value{&PyByteArray_Type}, in(o))); }
ADDER_API Py_ssize_t PyByteArray_Size(PyObject* o) { return bytearray_length(Value{o}); }
ADDER_API char* PyByteArray_AsString(PyObject* o) { return bytearray_data(Value{o}); }
ADDER_API int PyByteArray_Resize(PyObject* o, Py_ssize_t n) { return status(bytearray_resize(Value{o}, n)); }
ADDER_API PyObject* PyByteArray_Concat(PyObject* a, PyObject* b) { return out(add(in(a), in(b))); }
