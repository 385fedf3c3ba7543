// Codecs as C++ sees them: native encoders and decoders with their error handling, and the registry behind
// codecs.register, lookup and register_error.
#pragma once
#include <string_view>
#include "object/bytes.h"
#include "object/str.h"

namespace adder {

// Builds a bytes object piece by piece. After a failure every call fails; finish() gives an empty Ref.
class BytesBuilder {
 public:
  explicit BytesBuilder(Py_ssize_t reserve = 0);
  ~BytesBuilder();
  BytesBuilder(const BytesBuilder&) = delete;
  bool add(char c) {
    if (ADDER_UNLIKELY(length_ >= capacity_) && !grow(1)) return false;
    data_[length_++] = c;
    return true;
  }
  bool add(std::string_view bytes);
  bool add_repeat(char c, Py_ssize_t n);
  char* extend(Py_ssize_t n);  // room for n more bytes, uninitialised; null on failure
  Py_ssize_t length() const { return length_; }
  std::string_view view() const { return {data_, static_cast<size_t>(length_)}; }
  Ref finish();
  Ref finish_bytearray();
 private:
  bool grow(Py_ssize_t extra);
  char* data_ = nullptr;  // characters of object_
  PyObject* object_ = nullptr;
  Py_ssize_t length_ = 0, capacity_ = 0;
  bool failed_ = false;
};

enum class ErrorMode : uint8_t { kStrict, kIgnore, kReplace, kSurrogateEscape, kBackslashReplace, kXmlCharRef, kOther };
ErrorMode error_mode(const char* errors);

// A decoding in progress. error() deals with the undecodable bytes [start, end): false with an exception, else adds the
// replacement to `out` and moves *pos to where to go on; `data` and `n` may have changed then.
class Decoding {
 public:
  Decoding(const char* encoding, const char* errors, std::string_view input)
      : data(reinterpret_cast<const uint8_t*>(input.data())), n(static_cast<Py_ssize_t>(input.size())), out(n),
        encoding_(encoding), errors_(errors), mode_(error_mode(errors)) {}
  bool error(Py_ssize_t start, Py_ssize_t end, const char* reason, Py_ssize_t* pos);
  const uint8_t* data;
  Py_ssize_t n;
  StrBuilder out;
 private:
  bool make_exception(Py_ssize_t start, Py_ssize_t end, const char* reason);
  const char* encoding_;
  const char* errors_;
  ErrorMode mode_;
  Ref exception_, handler_, input_;
};

// An encoding in progress. error() deals with the unencodable characters [start, end). What a handler gives is added by
// `put`: a str is ASCII-checked or mapped by the codec, so it tells whether it could.
class Encoding {
 public:
  using PutStr = bool (*)(Encoding& e, Value replacement, bool* possible);
  Encoding(const char* encoding, const char* errors, Value text, PutStr put, Py_ssize_t unit = 1)
      : text(text), encoding_(encoding), errors_(errors), mode_(error_mode(errors)), put_(put), unit_(unit) {}
  bool error(Py_ssize_t start, Py_ssize_t end, const char* reason, Py_ssize_t* pos);
  ErrorMode mode() const { return mode_; }
  Value text;
  BytesBuilder out;
  Value mapping{};        // of a charmap
  bool big_endian = false;  // of UTF-16 and UTF-32
 private:
  const char* encoding_;
  const char* errors_;
  ErrorMode mode_;
  PutStr put_;
  Py_ssize_t unit_;
  Ref exception_, handler_;
};

// Decoders. `consumed` null: the input is complete; else a sequence cut off at the end stays unconsumed.
Ref decode_utf8(std::string_view in, const char* errors, Py_ssize_t* consumed = nullptr);
Ref decode_utf16(std::string_view in, const char* errors, int* byte_order, Py_ssize_t* consumed = nullptr);
Ref decode_utf32(std::string_view in, const char* errors, int* byte_order, Py_ssize_t* consumed = nullptr);
Ref decode_utf7(std::string_view in, const char* errors, Py_ssize_t* consumed = nullptr);
Ref decode_latin1(std::string_view in);
Ref decode_ascii(std::string_view in, const char* errors);
Ref decode_charmap(std::string_view in, const char* errors, Value mapping);
Ref decode_unicode_escape(std::string_view in, const char* errors, Py_ssize_t* consumed, bool warn_invalid);
Ref decode_raw_unicode_escape(std::string_view in, const char* errors, Py_ssize_t* consumed);
// `\n` and the like in bytes literals and codecs.escape_decode. ValueError. *first_invalid: the unknown escape, or null.
Ref decode_bytes_escapes(std::string_view in, const char* errors, const char** first_invalid);
// Encoders; byte_order: -1 little, 1 big, 0 native with a byte-order mark.
Ref encode_utf8(Value s, const char* errors);
Ref encode_utf16(Value s, const char* errors, int byte_order);
Ref encode_utf32(Value s, const char* errors, int byte_order);
Ref encode_utf7(Value s);
Ref encode_latin1(Value s, const char* errors);
Ref encode_ascii(Value s, const char* errors);
Ref encode_charmap(Value s, const char* errors, Value mapping);
Ref encode_unicode_escape(Value s);
Ref encode_raw_unicode_escape(Value s);
// The character named so: -1 unknown, -2 with an exception (unicodedata missing).
int64_t character_by_name(std::string_view name);

// The registry.
bool codec_register(Value search_function);
bool codec_unregister(Value search_function);
Ref codec_lookup(const char* encoding);                    // the tuple (encoder, decoder, …); LookupError
Ref codec_encode(Value object, const char* encoding, const char* errors, bool text_only = false);
Ref codec_decode(Value object, const char* encoding, const char* errors, bool text_only = false);
bool codec_register_error(Value name, Value handler);
Ref codec_lookup_error(const char* name);                  // null: strict
// Development mode: encodings and error handlers are looked up even where they are not needed.
extern bool check_codec_names;
bool codec_names_known(const char* encoding, const char* errors);  // null: the default. LookupError
void codecs_clear();                                       // at the interpreter's end

// Unicode error objects.
Ref make_decode_error(const char* encoding, Value bytes, Py_ssize_t start, Py_ssize_t end, const char* reason);
Ref make_encode_error(const char* encoding, Value str, Py_ssize_t start, Py_ssize_t end, const char* reason);

}  // namespace adder
