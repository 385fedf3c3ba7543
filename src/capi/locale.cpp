// Text of the system's encoding, which is UTF-8 here whatever the locale, as wide characters and back.
#include <cstring>
#include <string>

#include "capi/capi.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/exceptions.h"
#include "object/str.h"
#include "runtime/interpreter.h"

using namespace adder;
using namespace adder::capi;

// As in pycore_fileutils.h.
enum _Py_error_handler {
  _Py_ERROR_UNKNOWN, _Py_ERROR_STRICT, _Py_ERROR_SURROGATEESCAPE, _Py_ERROR_REPLACE, _Py_ERROR_IGNORE,
  _Py_ERROR_BACKSLASHREPLACE, _Py_ERROR_SURROGATEPASS, _Py_ERROR_XMLCHARREFREPLACE, _Py_ERROR_OTHER,
};

namespace {

// What the functions with a choice of handler answer.
constexpr int kNoMemory = -1, kBadText = -2, kUnsupportedHandler = -3;

const char* name_of(_Py_error_handler handler) {
  switch (handler) {
    case _Py_ERROR_STRICT: return "strict";
    case _Py_ERROR_SURROGATEESCAPE: return "surrogateescape";
    case _Py_ERROR_SURROGATEPASS: return "surrogatepass";
    default: return nullptr;
  }
}
// Takes the raised exception: whether it is a UnicodeError, whose place and reason it then tells.
int bad_text(size_t* position, const char** reason, const char* told) {
  Ref error = take_error();
  if (!exception_matches(error, Value{PyExc_UnicodeError})) return kNoMemory;
  if (position) *position = static_cast<size_t>(error.get().as<PyUnicodeErrorObject>()->start);
  if (reason) *reason = told;
  return kBadText;
}

}  // namespace

ADDER_API _Py_error_handler _Py_GetErrorHandler(const char* errors) {
  static constexpr struct { const char* name; _Py_error_handler handler; } kHandlers[] = {
      {"strict", _Py_ERROR_STRICT}, {"surrogateescape", _Py_ERROR_SURROGATEESCAPE}, {"replace", _Py_ERROR_REPLACE},
      {"ignore", _Py_ERROR_IGNORE}, {"backslashreplace", _Py_ERROR_BACKSLASHREPLACE}, {"surrogatepass", _Py_ERROR_SURROGATEPASS},
      {"xmlcharrefreplace", _Py_ERROR_XMLCHARREFREPLACE}};
  if (!errors) return _Py_ERROR_STRICT;
  for (const auto& known : kHandlers) {
    if (!strcmp(known.name, errors)) return known.handler;
  }
  return _Py_ERROR_OTHER;
}
ADDER_API int _Py_DecodeLocaleEx(const char* s, wchar_t** wide, size_t* length, const char** reason, int, _Py_error_handler errors) {
  const char* handler = name_of(errors);
  if (!handler) return kUnsupportedHandler;
  Ref t = decode_utf8(s, handler);
  if (!t) return bad_text(length, reason, "decoding error");
  size_t n = static_cast<size_t>(str_length(t));
  auto* w = static_cast<wchar_t*>(PyMem_RawMalloc((n + 1) * sizeof(wchar_t)));
  if (!w) return kNoMemory;
  for (size_t i = 0; i < n; i++) w[i] = static_cast<wchar_t>(str_char(t, static_cast<Py_ssize_t>(i)));
  w[n] = 0;
  *wide = w;
  if (length) *length = n;
  return 0;
}
ADDER_API int _Py_EncodeLocaleEx(const wchar_t* w, char** s, size_t* position, const char** reason, int, _Py_error_handler errors) {
  const char* handler = name_of(errors);
  if (!handler) return kUnsupportedHandler;
  Ref t = str_from_kind(4, w, static_cast<Py_ssize_t>(wcslen(w))), encoded = t ? encode_utf8(t, handler) : Ref{};
  if (!encoded) return bad_text(position, reason, "encoding error");
  std::string_view text = bytes_view(encoded);
  *s = static_cast<char*>(PyMem_RawMalloc(text.size() + 1));
  if (!*s) return kNoMemory;
  memcpy(*s, text.data(), text.size());
  (*s)[text.size()] = 0;
  return 0;
}
// Programs that embed Python ask before it is started: without objects then, what is no UTF-8 as surrogates.
namespace {
wchar_t* decode_early(const char* s, size_t* length) {
  size_t n = strlen(s), count = 0;
  auto* w = static_cast<wchar_t*>(PyMem_RawMalloc((n + 1) * sizeof(wchar_t)));
  if (!w) return nullptr;
  for (size_t i = 0; i < n;) {
    auto byte = [&](size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned lead = byte(i);
    const size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    uint32_t c = size < 2 ? lead : lead & (0x7F >> size);
    bool good = size > 0 && i + size <= n;
    for (size_t k = 1; good && k < size; k++) {
      good = (byte(i + k) & 0xC0) == 0x80;
      c = c << 6 | (byte(i + k) & 0x3F);
    }
    if (size == 3) good = good && c >= 0x800 && (c < 0xD800 || c > 0xDFFF);
    if (size == 4) good = good && c >= 0x10000 && c <= 0x10FFFF;
    w[count++] = static_cast<wchar_t>(good ? c : 0xDC00 + lead);
    i += good ? size : 1;
  }
  w[count] = 0;
  if (length) *length = count;
  return w;
}
char* encode_early(const wchar_t* w) {
  std::string s;
  for (; *w; w++) {
    auto c = static_cast<uint32_t>(*w);
    if (c < 0x80) s += static_cast<char>(c);
    else if (c >= 0xDC80 && c <= 0xDCFF) s += static_cast<char>(c - 0xDC00);
    else {
      const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
      s += static_cast<char>((0xFF00 >> (more + 1) & 0xFF) | c >> 6 * more);
      for (int k = more - 1; k >= 0; k--) s += static_cast<char>(0x80 | (c >> 6 * k & 0x3F));
    }
  }
  auto* copy = static_cast<char*>(PyMem_Malloc(s.size() + 1));
  return copy ? static_cast<char*>(memcpy(copy, s.c_str(), s.size() + 1)) : nullptr;
}
}  // namespace
ADDER_API wchar_t* Py_DecodeLocale(const char* s, size_t* length) {
  if (!the_interpreter) return decode_early(s, length);
  wchar_t* w;
  int result = _Py_DecodeLocaleEx(s, &w, length, nullptr, 0, _Py_ERROR_SURROGATEESCAPE);
  if (result == 0) return w;
  if (length) *length = static_cast<size_t>(result);
  return nullptr;
}
ADDER_API char* Py_EncodeLocale(const wchar_t* w, size_t* position) {
  if (!the_interpreter) return encode_early(w);
  char* s;
  if (position) *position = static_cast<size_t>(-1);
  if (_Py_EncodeLocaleEx(w, &s, position, nullptr, 0, _Py_ERROR_SURROGATEESCAPE) != 0) return nullptr;
  // Unlike the others' results, this is PyMem_Free's.
  size_t size = strlen(s) + 1;
  auto* p = static_cast<char*>(PyMem_Malloc(size));
  if (p) memcpy(p, s, size);
  PyMem_RawFree(s);
  return p;
}
