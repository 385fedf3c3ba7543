// PyUnicodeDecodeError_*, PyUnicodeEncodeError_*, PyUnicodeTranslateError_*: the fields of Unicode errors for C; and the
// stateful decoders.
#include "capi/capi.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {
namespace {

inline PyUnicodeErrorObject* fields(PyObject* e) { return reinterpret_cast<PyUnicodeErrorObject*>(e); }

PyObject* text_field(PyObject* value, const char* name) {
  if (!value) return raise(PyExc_TypeError, "%.200s attribute not set", name);
  if (!is_str(Value{value})) return raise(PyExc_TypeError, "%.200s attribute must be unicode", name);
  return Py_NewRef(value);
}
PyObject* bytes_field(PyObject* value, const char* name) {
  if (!value) return raise(PyExc_TypeError, "%.200s attribute not set", name);
  if (!is_bytes(Value{value})) return raise(PyExc_TypeError, "%.200s attribute must be bytes", name);
  return Py_NewRef(value);
}
// The object's size; -1 with an exception.
Py_ssize_t size_of(PyObject* e, bool bytes) {
  PyObject* o = bytes ? bytes_field(fields(e)->object, "object") : text_field(fields(e)->object, "object");
  if (!o) return -1;
  Ref held = Ref::steal(Value{o});
  return bytes ? bytes_length(held) : str_length(held);
}
int get_start(PyObject* e, Py_ssize_t* start, bool bytes) {
  Py_ssize_t n = size_of(e, bytes);
  if (n < 0) return -1;
  *start = fields(e)->start;
  if (*start < 0) *start = 0;
  if (*start >= n) *start = n - 1;
  return 0;
}
int get_end(PyObject* e, Py_ssize_t* end, bool bytes) {
  Py_ssize_t n = size_of(e, bytes);
  if (n < 0) return -1;
  *end = fields(e)->end;
  if (*end < 1) *end = 1;
  if (*end > n) *end = n;
  return 0;
}
int set_reason(PyObject* e, const char* reason) {
  Ref text = str_from_utf8(reason);
  if (!text) return -1;
  PyObject* old = fields(e)->reason;
  fields(e)->reason = text.release().object();
  Py_XDECREF(old);
  return 0;
}
PyObject* decoded(Ref s) { return to_c_steal(std::move(s)); }

}  // namespace
}  // namespace adder

using namespace adder;

ADDER_API PyObject* PyUnicodeEncodeError_GetEncoding(PyObject* e) { return text_field(fields(e)->encoding, "encoding"); }
ADDER_API PyObject* PyUnicodeDecodeError_GetEncoding(PyObject* e) { return text_field(fields(e)->encoding, "encoding"); }
ADDER_API PyObject* PyUnicodeEncodeError_GetObject(PyObject* e) { return text_field(fields(e)->object, "object"); }
ADDER_API PyObject* PyUnicodeDecodeError_GetObject(PyObject* e) { return bytes_field(fields(e)->object, "object"); }
ADDER_API PyObject* PyUnicodeTranslateError_GetObject(PyObject* e) { return text_field(fields(e)->object, "object"); }
ADDER_API int PyUnicodeEncodeError_GetStart(PyObject* e, Py_ssize_t* v) { return get_start(e, v, false); }
ADDER_API int PyUnicodeDecodeError_GetStart(PyObject* e, Py_ssize_t* v) { return get_start(e, v, true); }
ADDER_API int PyUnicodeTranslateError_GetStart(PyObject* e, Py_ssize_t* v) { return get_start(e, v, false); }
ADDER_API int PyUnicodeEncodeError_GetEnd(PyObject* e, Py_ssize_t* v) { return get_end(e, v, false); }
ADDER_API int PyUnicodeDecodeError_GetEnd(PyObject* e, Py_ssize_t* v) { return get_end(e, v, true); }
ADDER_API int PyUnicodeTranslateError_GetEnd(PyObject* e, Py_ssize_t* v) { return get_end(e, v, false); }
ADDER_API PyObject* PyUnicodeEncodeError_GetReason(PyObject* e) { return text_field(fields(e)->reason, "reason"); }
ADDER_API PyObject* PyUnicodeDecodeError_GetReason(PyObject* e) { return text_field(fields(e)->reason, "reason"); }
ADDER_API PyObject* PyUnicodeTranslateError_GetReason(PyObject* e) { return text_field(fields(e)->reason, "reason"); }

#define SETTERS(Kind)                                                     \
  ADDER_API int PyUnicode##Kind##Error_SetStart(PyObject* e, Py_ssize_t v) { \
    fields(e)->start = v;                                                 \
    return 0;                                                             \
  }                                                                       \
  ADDER_API int PyUnicode##Kind##Error_SetEnd(PyObject* e, Py_ssize_t v) { \
    fields(e)->end = v;                                                   \
    return 0;                                                             \
  }                                                                       \
  ADDER_API int PyUnicode##Kind##Error_SetReason(PyObject* e, const char* reason) { return set_reason(e, reason); }
SETTERS(Encode)
SETTERS(Decode)
SETTERS(Translate)

ADDER_API PyObject* PyUnicode_DecodeUTF8Stateful(const char* s, Py_ssize_t n, const char* errors, Py_ssize_t* consumed) {
  return decoded(decode_utf8({s, static_cast<size_t>(n)}, errors, consumed));
}
ADDER_API PyObject* PyUnicode_DecodeUTF16Stateful(const char* s, Py_ssize_t n, const char* errors, int* order, Py_ssize_t* consumed) {
  int none_given = 0;
  return decoded(decode_utf16({s, static_cast<size_t>(n)}, errors, order ? order : &none_given, consumed));
}
ADDER_API PyObject* PyUnicode_DecodeUTF32Stateful(const char* s, Py_ssize_t n, const char* errors, int* order, Py_ssize_t* consumed) {
  int none_given = 0;
  return decoded(decode_utf32({s, static_cast<size_t>(n)}, errors, order ? order : &none_given, consumed));
}
ADDER_API PyObject* PyUnicode_DecodeUTF7Stateful(const char* s, Py_ssize_t n, const char* errors, Py_ssize_t* consumed) {
  return decoded(decode_utf7({s, static_cast<size_t>(n)}, errors, consumed));
}
