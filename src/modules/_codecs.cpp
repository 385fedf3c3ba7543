// The module _codecs: the registry and the native encoders and decoders, as Lib/codecs.py and Lib/encodings use them.
#include "object/codecs.h"
#include "object/builtin.h"
#include "object/bytes_methods.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "runtime/interpreter.h"

namespace adder {

std::pair<void*, size_t> codecs_state();  // the registry of codecs: all zero before it is used (object/codecs.cpp)
namespace {

// An optional str argument (None allowed) as a C string.
bool text_or_none(const char* function, int number, Value v, const char** out) {
  *out = nullptr;
  if (!v || is_none(v)) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument %d must be str or None, not %N", function, number, type_of(v));
  std::string_view t = str_utf8(v);
  if (!t.data()) return false;
  if (t.find('\0') != t.npos) return raise(PyExc_ValueError, "embedded null character");
  *out = t.data();
  return true;
}
bool need_text(const char* function, const char* argument, Value v, const char** out) {
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument%s must be str, not %N", function, argument, type_of(v));
  std::string_view t = str_utf8(v);
  if (!t.data()) return false;
  if (t.find('\0') != t.npos) return raise(PyExc_ValueError, "embedded null character");
  *out = t.data();
  return true;
}
Ref pair(Ref value, Py_ssize_t n) {
  if (!value) return {};
  return tuple_of({value, Value::from_int(n)});
}

Ref register_search(Value, Value f) {
  if (!codec_register(f)) return {};
  return none_ref();
}
Ref unregister_search(Value, Value f) {
  if (!codec_unregister(f)) return {};
  return none_ref();
}
Ref lookup(Value, Value name) {
  const char* encoding;
  if (!need_text("lookup", "", name, &encoding)) return {};
  return codec_lookup(encoding);
}
Ref encode(Value, const Value* a) {
  const char *encoding = "utf-8", *errors = nullptr;
  if (a[1] && !need_text("encode", " 'encoding'", a[1], &encoding)) return {};
  if (a[2] && !need_text("encode", " 'errors'", a[2], &errors)) return {};
  return codec_encode(a[0], encoding, errors);
}
Ref decode(Value, const Value* a) {
  const char *encoding = "utf-8", *errors = nullptr;
  if (a[1] && !need_text("decode", " 'encoding'", a[1], &encoding)) return {};
  if (a[2] && !need_text("decode", " 'errors'", a[2], &errors)) return {};
  return codec_decode(a[0], encoding, errors);
}
Ref register_error(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "register_error() argument 1 must be str, not %N", type_of(a[0]));
  if (!codec_register_error(a[0], a[1])) return {};
  return none_ref();
}
Ref lookup_error(Value, Value name) {
  const char* text;
  if (!need_text("lookup_error", "", name, &text)) return {};
  return codec_lookup_error(text);
}

bool final_flag(Value v, bool* out, bool fallback) {
  *out = fallback;
  if (!v) return true;
  int i;
  if (!as_int(v, &i)) return false;
  *out = i != 0;
  return true;
}

// (data, errors=None, final=False) → (str, consumed)
template <class F>
Ref stateful(const char* name, const Value* a, F&& decode_one) {
  ByteText in;
  const char* errors;
  bool final;
  if (!in.get(a[0]) || !text_or_none(name, 2, a[1], &errors) || !final_flag(a[2], &final, false)) return {};
  Py_ssize_t consumed = in.size();
  Ref s = decode_one(in.text(), errors, final ? nullptr : &consumed);
  return pair(std::move(s), consumed);
}
Ref utf_8_decode(Value, const Value* a) {
  return stateful("utf_8_decode", a, [](std::string_view in, const char* e, Py_ssize_t* c) { return decode_utf8(in, e, c); });
}
Ref utf_7_decode(Value, const Value* a) {
  return stateful("utf_7_decode", a, [](std::string_view in, const char* e, Py_ssize_t* c) { return decode_utf7(in, e, c); });
}
template <int Order, bool Wide>
Ref utf_wide_decode(const char* name, const Value* a) {
  return stateful(name, a, [](std::string_view in, const char* e, Py_ssize_t* c) {
    int order = Order;
    return Wide ? decode_utf32(in, e, &order, c) : decode_utf16(in, e, &order, c);
  });
}
Ref utf_16_decode(Value, const Value* a) { return utf_wide_decode<0, false>("utf_16_decode", a); }
Ref utf_16_le_decode(Value, const Value* a) { return utf_wide_decode<-1, false>("utf_16_le_decode", a); }
Ref utf_16_be_decode(Value, const Value* a) { return utf_wide_decode<1, false>("utf_16_be_decode", a); }
Ref utf_32_decode(Value, const Value* a) { return utf_wide_decode<0, true>("utf_32_decode", a); }
Ref utf_32_le_decode(Value, const Value* a) { return utf_wide_decode<-1, true>("utf_32_le_decode", a); }
Ref utf_32_be_decode(Value, const Value* a) { return utf_wide_decode<1, true>("utf_32_be_decode", a); }

template <bool Wide>
Ref utf_ex_decode(const char* name, const Value* a) {
  ByteText in;
  const char* errors;
  int order = 0;
  bool final;
  if (!in.get(a[0]) || !text_or_none(name, 2, a[1], &errors) || (a[2] && !as_int(a[2], &order)) || !final_flag(a[3], &final, false)) return {};
  Py_ssize_t consumed = in.size();
  Ref s = Wide ? decode_utf32(in.text(), errors, &order, final ? nullptr : &consumed)
               : decode_utf16(in.text(), errors, &order, final ? nullptr : &consumed);
  if (!s) return {};
  return tuple_of({s, Value::from_int(consumed), Value::from_int(order)});
}
Ref utf_16_ex_decode(Value, const Value* a) { return utf_ex_decode<false>("utf_16_ex_decode", a); }
Ref utf_32_ex_decode(Value, const Value* a) { return utf_ex_decode<true>("utf_32_ex_decode", a); }

// str or bytes-like input of the escape decoders.
struct TextInput {
  ByteText bytes;
  std::string_view text;
  bool get(Value v) {
    if (is_str(v)) {
      text = str_utf8(v);
      return text.data() != nullptr;
    }
    if (!bytes.get(v)) return false;
    text = bytes.text();
    return true;
  }
};
Ref unicode_escape_decode(Value, const Value* a) {
  TextInput in;
  const char* errors;
  bool final;
  if (!in.get(a[0]) || !text_or_none("unicode_escape_decode", 2, a[1], &errors) || !final_flag(a[2], &final, true)) return {};
  auto consumed = static_cast<Py_ssize_t>(in.text.size());
  Ref s = decode_unicode_escape(in.text, errors, final ? nullptr : &consumed, true);
  return pair(std::move(s), consumed);
}
Ref raw_unicode_escape_decode(Value, const Value* a) {
  TextInput in;
  const char* errors;
  bool final;
  if (!in.get(a[0]) || !text_or_none("raw_unicode_escape_decode", 2, a[1], &errors) || !final_flag(a[2], &final, true)) return {};
  auto consumed = static_cast<Py_ssize_t>(in.text.size());
  Ref s = decode_raw_unicode_escape(in.text, errors, final ? nullptr : &consumed);
  return pair(std::move(s), consumed);
}
Ref escape_decode(Value, const Value* a) {
  TextInput in;
  const char* errors;
  if (!in.get(a[0]) || !text_or_none("escape_decode", 2, a[1], &errors)) return {};
  const char* invalid;
  Ref b = decode_bytes_escapes(in.text, errors, &invalid);
  if (!b) return {};
  if (invalid) {
    auto c = static_cast<uint8_t>(*invalid);
    bool octal = c >= '4' && c <= '7';
    bool ok = octal ? warn(PyExc_DeprecationWarning, 2, "invalid octal escape sequence '\\%.3s'", invalid)
                    : warn(PyExc_DeprecationWarning, 2, "invalid escape sequence '\\%c'", static_cast<int>(c));
    if (!ok) return {};
  }
  return pair(std::move(b), static_cast<Py_ssize_t>(in.text.size()));
}
Ref escape_encode(Value, const Value* a) {
  if (!is_bytes(a[0])) return raise(PyExc_TypeError, "escape_encode() argument 1 must be bytes, not %N", type_of(a[0]));
  BytesBuilder b(bytes_length(a[0]));
  static const char hex[] = "0123456789abcdef";
  for (char ch : bytes_view(a[0])) {
    auto c = static_cast<uint8_t>(ch);
    if (c == '\'' || c == '\\') { b.add('\\'); b.add(ch); }
    else if (c == '\t') b.add("\\t");
    else if (c == '\n') b.add("\\n");
    else if (c == '\r') b.add("\\r");
    else if (c < ' ' || c >= 0x7F) { b.add("\\x"); b.add(hex[c >> 4]); b.add(hex[c & 15]); }
    else b.add(ch);
  }
  return pair(b.finish(), bytes_length(a[0]));
}
Ref latin_1_decode(Value, const Value* a) {
  ByteText in;
  const char* errors;
  if (!in.get(a[0]) || !text_or_none("latin_1_decode", 2, a[1], &errors)) return {};
  return pair(decode_latin1(in.text()), in.size());
}
Ref ascii_decode(Value, const Value* a) {
  ByteText in;
  const char* errors;
  if (!in.get(a[0]) || !text_or_none("ascii_decode", 2, a[1], &errors)) return {};
  return pair(decode_ascii(in.text(), errors), in.size());
}
Ref charmap_decode(Value, const Value* a) {
  ByteText in;
  const char* errors;
  if (!in.get(a[0]) || !text_or_none("charmap_decode", 2, a[1], &errors)) return {};
  return pair(decode_charmap(in.text(), errors, a[2]), in.size());
}

// (str, errors=None) → (bytes, length)
template <class F>
Ref encoder(const char* name, const Value* a, F&& encode_one) {
  const char* errors;
  if (!is_str(a[0])) return raise(PyExc_TypeError, "%s() argument 1 must be str, not %N", name, type_of(a[0]));
  if (!text_or_none(name, 2, a[1], &errors)) return {};
  return pair(encode_one(a[0], errors), str_length(a[0]));
}
Ref utf_8_encode(Value, const Value* a) { return encoder("utf_8_encode", a, [](Value s, const char* e) { return encode_utf8(s, e); }); }
Ref utf_7_encode(Value, const Value* a) { return encoder("utf_7_encode", a, [](Value s, const char*) { return encode_utf7(s); }); }
Ref utf_16_encode(Value, const Value* a) {
  int order = 0;
  if (a[2] && !as_int(a[2], &order)) return {};
  return encoder("utf_16_encode", a, [&](Value s, const char* e) { return encode_utf16(s, e, order); });
}
Ref utf_16_le_encode(Value, const Value* a) { return encoder("utf_16_le_encode", a, [](Value s, const char* e) { return encode_utf16(s, e, -1); }); }
Ref utf_16_be_encode(Value, const Value* a) { return encoder("utf_16_be_encode", a, [](Value s, const char* e) { return encode_utf16(s, e, 1); }); }
Ref utf_32_encode(Value, const Value* a) {
  int order = 0;
  if (a[2] && !as_int(a[2], &order)) return {};
  return encoder("utf_32_encode", a, [&](Value s, const char* e) { return encode_utf32(s, e, order); });
}
Ref utf_32_le_encode(Value, const Value* a) { return encoder("utf_32_le_encode", a, [](Value s, const char* e) { return encode_utf32(s, e, -1); }); }
Ref utf_32_be_encode(Value, const Value* a) { return encoder("utf_32_be_encode", a, [](Value s, const char* e) { return encode_utf32(s, e, 1); }); }
Ref unicode_escape_encode(Value, const Value* a) {
  return encoder("unicode_escape_encode", a, [](Value s, const char*) { return encode_unicode_escape(s); });
}
Ref raw_unicode_escape_encode(Value, const Value* a) {
  return encoder("raw_unicode_escape_encode", a, [](Value s, const char*) { return encode_raw_unicode_escape(s); });
}
Ref latin_1_encode(Value, const Value* a) { return encoder("latin_1_encode", a, [](Value s, const char* e) { return encode_latin1(s, e); }); }
Ref ascii_encode(Value, const Value* a) { return encoder("ascii_encode", a, [](Value s, const char* e) { return encode_ascii(s, e); }); }
Ref charmap_encode(Value, const Value* a) {
  return encoder("charmap_encode", a, [&](Value s, const char* e) { return encode_charmap(s, e, a[2]); });
}
Ref charmap_build(Value, Value map) {
  if (!is_str(map)) return raise(PyExc_TypeError, "charmap_build() argument must be str, not %N", type_of(map));
  Ref d = dict_new();
  for (Py_ssize_t i = 0; d && i < str_length(map); i++) {
    uint32_t c = str_char(map, i);
    if (c != 0xFFFE && !dict_set(d, Value::from_int(c), Value::from_int(i))) return {};
  }
  return d;
}
Ref readbuffer_encode(Value, const Value* a) {
  TextInput in;
  const char* errors;
  if (!in.get(a[0]) || !text_or_none("readbuffer_encode", 2, a[1], &errors)) return {};
  return pair(bytes_new(in.text), static_cast<Py_ssize_t>(in.text.size()));
}

#define DECODER(name) method<name>(#name, "($module, data, errors=None, final=False, /)", nullptr)
#define ENCODER(name) method<name>(#name, "($module, str, errors=None, /)", nullptr)
const MethodRow functions[] = {
    method<register_search>("register", "($module, search_function, /)", "Register a codec search function."),
    method<unregister_search>("unregister", "($module, search_function, /)", "Unregister a codec search function and clear the registry's cache."),
    method<lookup>("lookup", "($module, encoding, /)", "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object."),
    method<encode>("encode", "($module, /, obj, encoding='utf-8', errors='strict')", "Encodes obj using the codec registered for encoding."),
    method<decode>("decode", "($module, /, obj, encoding='utf-8', errors='strict')", "Decodes obj using the codec registered for encoding."),
    method<escape_encode>("escape_encode", "($module, data, errors=None, /)", nullptr),
    method<escape_decode>("escape_decode", "($module, data, errors=None, /)", nullptr),
    DECODER(utf_8_decode), ENCODER(utf_8_encode), DECODER(utf_7_decode), ENCODER(utf_7_encode),
    DECODER(utf_16_decode), DECODER(utf_16_le_decode), DECODER(utf_16_be_decode),
    method<utf_16_encode>("utf_16_encode", "($module, str, errors=None, byteorder=0, /)", nullptr),
    ENCODER(utf_16_le_encode), ENCODER(utf_16_be_encode),
    method<utf_16_ex_decode>("utf_16_ex_decode", "($module, data, errors=None, byteorder=0, final=False, /)", nullptr),
    DECODER(utf_32_decode), DECODER(utf_32_le_decode), DECODER(utf_32_be_decode),
    method<utf_32_encode>("utf_32_encode", "($module, str, errors=None, byteorder=0, /)", nullptr),
    ENCODER(utf_32_le_encode), ENCODER(utf_32_be_encode),
    method<utf_32_ex_decode>("utf_32_ex_decode", "($module, data, errors=None, byteorder=0, final=False, /)", nullptr),
    method<unicode_escape_decode>("unicode_escape_decode", "($module, data, errors=None, final=True, /)", nullptr),
    ENCODER(unicode_escape_encode),
    method<raw_unicode_escape_decode>("raw_unicode_escape_decode", "($module, data, errors=None, final=True, /)", nullptr),
    ENCODER(raw_unicode_escape_encode),
    method<latin_1_decode>("latin_1_decode", "($module, data, errors=None, /)", nullptr),
    ENCODER(latin_1_encode),
    method<ascii_decode>("ascii_decode", "($module, data, errors=None, /)", nullptr),
    ENCODER(ascii_encode),
    method<charmap_decode>("charmap_decode", "($module, data, errors=None, mapping=None, /)", nullptr),
    method<charmap_encode>("charmap_encode", "($module, str, errors=None, mapping=None, /)", nullptr),
    method<charmap_build>("charmap_build", "($module, map, /)", nullptr),
    method<readbuffer_encode>("readbuffer_encode", "($module, data, errors=None, /)", nullptr),
    method<register_error>("register_error", "($module, errors, handler, /)", "Register the specified error handler under the name errors."),
    method<lookup_error>("lookup_error", "($module, name, /)", "lookup_error(errors) -> handler"),
    {}};

bool exec(PyObject*) {
  check_codec_names = the_interpreter->config.dev_mode;
  auto [state, size] = codecs_state();
  own_in_each_interpreter(state, size);
  at_interpreter_end(&codecs_clear);
  return true;
}

}  // namespace

extern const ModuleDef codecs_module{.name = "_codecs", .methods = functions, .exec = exec};

}  // namespace adder
