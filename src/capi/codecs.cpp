// codecs.h: registering and finding codecs and error handlers, encoding and decoding by name.
#include <cstring>

#include "capi/capi.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/str.h"
#include "runtime/interpreter.h"

using namespace adder;
using namespace adder::capi;

namespace {
PyObject* codecs_call(PyObject* function_name, std::initializer_list<Value> args) {
  Ref m = import_module("_codecs");
  return m ? out(call_method(m, function_name, args)) : nullptr;
}
Ref text_or_none(const char* s) { return s ? str_from_utf8(s) : none_ref(); }
}  // namespace
ADDER_API int PyCodec_Register(PyObject* f) {
  PyObject* r = codecs_call("register"_id, {in(f)});
  Py_XDECREF(r);
  return status(r);
}
ADDER_API int PyCodec_KnownEncoding(const char* e) {
  Ref n = str_from_utf8(e);
  PyObject* r = n ? codecs_call("lookup"_id, {n.get()}) : nullptr;
  if (!r) clear_error();
  Py_XDECREF(r);
  return r != nullptr;
}
ADDER_API PyObject* PyCodec_Encode(PyObject* o, const char* e, const char* errors) {
  Ref n = str_from_utf8(e), h = str_from_utf8(errors ? errors : "strict");
  return codecs_call("encode"_id, {in(o), n.get(), h.get()});
}
ADDER_API PyObject* PyCodec_Decode(PyObject* o, const char* e, const char* errors) {
  Ref n = str_from_utf8(e), h = str_from_utf8(errors ? errors : "strict");
  return codecs_call("decode"_id, {in(o), n.get(), h.get()});
}
ADDER_API PyObject* _PyCodec_Lookup(const char* e) {
  Ref n = str_from_utf8(e);
  return n ? codecs_call("lookup"_id, {n.get()}) : nullptr;
}
ADDER_API int PyCodec_RegisterError(const char* n, PyObject* f) {
  Ref t = str_from_utf8(n);
  PyObject* r = t ? codecs_call("register_error"_id, {t.get(), in(f)}) : nullptr;
  Py_XDECREF(r);
  return status(r);
}
ADDER_API PyObject* PyCodec_LookupError(const char* n) {
  Ref t = str_from_utf8(n ? n : "strict");
  return t ? codecs_call("lookup_error"_id, {t.get()}) : nullptr;
}
namespace {
PyObject* incremental(const char* encoding, const char* errors, int index) {
  PyObject* info = _PyCodec_Lookup(encoding);
  Ref keep = Ref::steal(Value{info});
  Ref cls = info ? getattr(Value{info}, index ? "incrementaldecoder"_id : "incrementalencoder"_id) : Ref{};
  Ref e = text_or_none(errors);
  if (!cls) return nullptr;
  return errors ? out(call1(cls, e)) : out(call0(cls));
}
}  // namespace
ADDER_API PyObject* PyCodec_IncrementalEncoder(const char* e, const char* errors) { return incremental(e, errors, 0); }
ADDER_API PyObject* PyCodec_IncrementalDecoder(const char* e, const char* errors) { return incremental(e, errors, 1); }
ADDER_API PyObject* PyCodec_StrictErrors(PyObject* e) {
  if (is_exception(in(e))) (void)raise_object(Ref::copy(in(e)));
  else (void)raise(PyExc_TypeError, "codec must pass exception instance");
  return nullptr;
}
ADDER_API int PyCodec_Unregister(PyObject* f) {
  PyObject* r = codecs_call("unregister"_id, {in(f)});
  Py_XDECREF(r);
  return status(r);
}

// --- Parts of what the registry keeps about an encoding ----------------------------------------------------------------------------------------
namespace {
PyObject* codec_part(const char* encoding, Py_ssize_t i) {
  Ref info = Ref::steal(Value{_PyCodec_Lookup(encoding)});
  return info ? to_c(tuple_get(info, i)) : nullptr;
}
PyObject* stream_of(const char* encoding, Py_ssize_t i, PyObject* stream, const char* errors) {
  Ref make = Ref::steal(Value{codec_part(encoding, i)}), handler = text_or_none(errors);
  if (!make || !handler) return nullptr;
  return errors ? out(call(make, {in(stream), handler.get()})) : out(call1(make, in(stream)));
}
// What the registry keeps under the name of an error handler does the work.
PyObject* handle(const char* name, PyObject* exception) {
  Ref handler = Ref::steal(Value{PyCodec_LookupError(name)});
  return handler ? out(call1(handler, in(exception))) : nullptr;
}
}  // namespace
ADDER_API PyObject* PyCodec_Encoder(const char* encoding) { return codec_part(encoding, 0); }
ADDER_API PyObject* PyCodec_Decoder(const char* encoding) { return codec_part(encoding, 1); }
ADDER_API PyObject* PyCodec_StreamReader(const char* encoding, PyObject* stream, const char* errors) { return stream_of(encoding, 2, stream, errors); }
ADDER_API PyObject* PyCodec_StreamWriter(const char* encoding, PyObject* stream, const char* errors) { return stream_of(encoding, 3, stream, errors); }
ADDER_API PyObject* PyCodec_IgnoreErrors(PyObject* e) { return handle("ignore", e); }
ADDER_API PyObject* PyCodec_ReplaceErrors(PyObject* e) { return handle("replace", e); }
ADDER_API PyObject* PyCodec_XMLCharRefReplaceErrors(PyObject* e) { return handle("xmlcharrefreplace", e); }
ADDER_API PyObject* PyCodec_BackslashReplaceErrors(PyObject* e) { return handle("backslashreplace", e); }
ADDER_API PyObject* PyCodec_NameReplaceErrors(PyObject* e) { return handle("namereplace", e); }

// --- Codecs that have no function of their own below -----------------------------------------------------------------------------------------------
namespace {
// A function of _codecs: its first result, bytes or text.
PyObject* transform(PyObject* function, std::initializer_list<Value> args) {
  Ref pair = Ref::steal(Value{codecs_call(function, args)});
  return pair ? to_c(tuple_get(pair, 0)) : nullptr;
}
}  // namespace
ADDER_API PyObject* PyUnicode_DecodeUTF7(const char* s, Py_ssize_t n, const char* errors) {
  Ref bytes = bytes_new({s, static_cast<size_t>(n)}), handler = text_or_none(errors);
  return bytes && handler ? transform("utf_7_decode"_id, {bytes.get(), handler.get(), boolean(true)}) : nullptr;
}
ADDER_API PyObject* PyUnicode_DecodeCharmap(const char* s, Py_ssize_t n, PyObject* mapping, const char* errors) {
  Ref bytes = bytes_new({s, static_cast<size_t>(n)}), handler = text_or_none(errors);
  return bytes && handler ? transform("charmap_decode"_id, {bytes.get(), handler.get(), mapping ? in(mapping) : none()}) : nullptr;
}
ADDER_API PyObject* PyUnicode_AsCharmapString(PyObject* s, PyObject* mapping) {
  if (!PyUnicode_Check(s) || !mapping) return PyErr_BadArgument(), nullptr;
  return transform("charmap_encode"_id, {in(s), none(), in(mapping)});
}
ADDER_API PyObject* PyUnicode_BuildEncodingMap(PyObject* characters) { return codecs_call("charmap_build"_id, {in(characters)}); }
ADDER_API PyObject* PyBytes_DecodeEscape(const char* s, Py_ssize_t n, const char* errors, Py_ssize_t, const char*) {
  Ref bytes = bytes_new({s, static_cast<size_t>(n)}), handler = text_or_none(errors);
  return bytes && handler ? transform("escape_decode"_id, {bytes.get(), handler.get()}) : nullptr;
}
