// Error handling of native codecs, the built-in error handlers, and the codec registry.
#include "object/codecs.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"

namespace adder {

// --- BytesBuilder ----------------------------------------------------------------------------------------------------

BytesBuilder::BytesBuilder(Py_ssize_t reserve) {
  if (reserve > 0) grow(reserve);
}
BytesBuilder::~BytesBuilder() {
  if (object_) adder::decref(object_);
}
bool BytesBuilder::grow(Py_ssize_t extra) {
  if (failed_) return false;
  if (extra > PY_SSIZE_T_MAX / 2 - length_) {
    failed_ = true;
    return raise_no_memory();
  }
  Py_ssize_t need = length_ + extra;
  if (need <= capacity_) return true;
  Py_ssize_t capacity = length_ ? need + need / 4 + 16 : need + (need < 16 ? 16 : 0);
  Ref r = object_ ? bytes_resize(Ref::steal(object_), capacity) : bytes_uninitialized(capacity);
  object_ = nullptr;
  if (!r) {
    failed_ = true;
    return false;
  }
  object_ = r.release().object();
  data_ = bytes_data(object_);
  capacity_ = capacity;
  return true;
}
bool BytesBuilder::add(std::string_view bytes) {
  auto n = static_cast<Py_ssize_t>(bytes.size());
  if (n == 0) return !failed_;
  if (!grow(n)) return false;
  memcpy(data_ + length_, bytes.data(), bytes.size());
  length_ += n;
  return true;
}
bool BytesBuilder::add_repeat(char c, Py_ssize_t n) {
  if (n <= 0) return !failed_;
  if (!grow(n)) return false;
  memset(data_ + length_, c, static_cast<size_t>(n));
  length_ += n;
  return true;
}
char* BytesBuilder::extend(Py_ssize_t n) {
  if (!grow(n)) return nullptr;
  char* p = data_ + length_;
  length_ += n;
  return p;
}
Ref BytesBuilder::finish() {
  if (failed_) return {};
  if (!object_ || length_ <= 1) return bytes_new({data_ ? data_ : "", static_cast<size_t>(length_)});
  Ref r = Ref::steal(object_);
  object_ = nullptr;
  return length_ == capacity_ ? std::move(r) : bytes_resize(std::move(r), length_);
}
Ref BytesBuilder::finish_bytearray() {
  if (failed_) return {};
  return bytearray_new({data_ ? data_ : "", static_cast<size_t>(length_)});
}

// --- Unicode errors -----------------------------------------------------------------------------------------------------

ErrorMode error_mode(const char* errors) {
  if (!errors) return ErrorMode::kStrict;
  std::string_view e = errors;
  if (e == "strict") return ErrorMode::kStrict;
  if (e == "ignore") return ErrorMode::kIgnore;
  if (e == "replace") return ErrorMode::kReplace;
  if (e == "surrogateescape") return ErrorMode::kSurrogateEscape;
  if (e == "backslashreplace") return ErrorMode::kBackslashReplace;
  if (e == "xmlcharrefreplace") return ErrorMode::kXmlCharRef;
  return ErrorMode::kOther;
}

Ref make_decode_error(const char* encoding, Value bytes, Py_ssize_t start, Py_ssize_t end, const char* reason) {
  Ref e = str_from_utf8(encoding), r = str_from_utf8(reason);
  if (!e || !r) return {};
  return call(Value{PyExc_UnicodeDecodeError}, {e, bytes, Value::from_int(start), Value::from_int(end), r});
}
Ref make_encode_error(const char* encoding, Value str, Py_ssize_t start, Py_ssize_t end, const char* reason) {
  Ref e = str_from_utf8(encoding), r = str_from_utf8(reason);
  if (!e || !r) return {};
  return call(Value{PyExc_UnicodeEncodeError}, {e, str, Value::from_int(start), Value::from_int(end), r});
}

namespace {

bool set_range(Ref& exception, Py_ssize_t start, Py_ssize_t end, const char* reason) {
  auto* e = exception.as<PyUnicodeErrorObject>();
  e->start = start;
  e->end = end;
  Ref r = str_from_utf8(reason);
  if (!r) return false;
  PyObject* old = e->reason;
  e->reason = r.release().object();
  Py_XDECREF(old);
  return true;
}

void hex_escape(StrBuilder& b, uint32_t c) {
  static const char digits[] = "0123456789abcdef";
  int n = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
  b.add_char('\\');
  b.add_char(n == 2 ? 'x' : n == 4 ? 'u' : 'U');
  for (int i = n - 1; i >= 0; i--) b.add_char(static_cast<uint8_t>(digits[(c >> (4 * i)) & 15]));
}

// Checks what a handler returned: (replacement, position).
bool handler_result(Value result, bool bytes_too, Py_ssize_t size, Value* replacement, Py_ssize_t* pos) {
  const char* wrong = bytes_too ? "encoding error handler must return (str/bytes, int) tuple"
                                : "decoding error handler must return (str, int) tuple";
  if (!is_tuple(result) || tuple_size(result) != 2) return raise(PyExc_TypeError, wrong);
  Value r = tuple_get(result, 0);
  if (!is_str(r) && !(bytes_too && is_bytes(r))) return raise(PyExc_TypeError, wrong);
  Py_ssize_t p;
  if (!is_int(tuple_get(result, 1))) return raise(PyExc_TypeError, wrong);
  if (!index_as_ssize(tuple_get(result, 1), &p, PyExc_OverflowError)) return false;
  Py_ssize_t given = p;
  if (p < 0) p += size;
  if (p < 0 || p > size) return raise(PyExc_IndexError, "position %zd from error handler out of bounds", bytes_too ? given : p);
  *replacement = r;
  *pos = p;
  return true;
}

}  // namespace

bool Decoding::make_exception(Py_ssize_t start, Py_ssize_t end, const char* reason) {
  if (exception_) return set_range(exception_, start, end, reason);
  Ref input = bytes_new({reinterpret_cast<const char*>(data), static_cast<size_t>(n)});
  if (!input) return false;
  exception_ = make_decode_error(encoding_, input, start, end, reason);
  return static_cast<bool>(exception_);
}

bool Decoding::error(Py_ssize_t start, Py_ssize_t end, const char* reason, Py_ssize_t* pos) {
  switch (mode_) {
    case ErrorMode::kIgnore: *pos = end; return true;
    case ErrorMode::kReplace: *pos = end; return out.add_char(0xFFFD);
    case ErrorMode::kBackslashReplace:
      for (Py_ssize_t i = start; i < end; i++) hex_escape(out, data[i]);
      *pos = end;
      return true;
    case ErrorMode::kSurrogateEscape: {
      Py_ssize_t i = start;
      while (i < end && i - start < 4 && data[i] >= 128) out.add_char(0xDC00u + data[i++]);
      if (i == start) break;
      *pos = i;
      return true;
    }
    case ErrorMode::kOther:
      if (!handler_) {
        handler_ = codec_lookup_error(errors_);
        if (!handler_) return false;
      }
      break;
    case ErrorMode::kXmlCharRef: {
      handler_ = codec_lookup_error(errors_);
      if (!handler_) return false;
      break;
    }
    default: break;
  }
  if (!make_exception(start, end, reason)) return false;
  if (!handler_) return raise_object(Ref::copy(exception_));
  Ref result = call1(handler_, exception_);
  if (!result) return false;
  // The handler may have given the exception other input.
  auto* e = exception_.as<PyUnicodeErrorObject>();
  if (!e->object || !is_bytes(Value{e->object})) return raise(PyExc_TypeError, "object attribute must be bytes");
  input_ = Ref::copy(e->object);
  data = reinterpret_cast<const uint8_t*>(bytes_data(input_));
  n = bytes_length(input_);
  Value replacement;
  return handler_result(result, false, n, &replacement, pos) && out.add(replacement);
}

bool Encoding::error(Py_ssize_t start, Py_ssize_t end, const char* reason, Py_ssize_t* pos) {
  auto emit = [&](Ref text, bool* possible) { return text && put_(*this, text, possible); };
  bool possible = true;
  *pos = end;
  switch (mode_) {
    case ErrorMode::kIgnore: return true;
    case ErrorMode::kReplace: {
      Ref marks = str_from_char('?');
      if (!marks) return false;
      for (Py_ssize_t i = start; i < end; i++) {
        if (!put_(*this, marks, &possible)) return false;
        if (!possible) break;
      }
      if (possible) return true;
      break;
    }
    case ErrorMode::kBackslashReplace:
    case ErrorMode::kXmlCharRef: {
      StrBuilder b;
      for (Py_ssize_t i = start; i < end; i++) {
        uint32_t c = str_char(text, i);
        if (mode_ == ErrorMode::kBackslashReplace) {
          hex_escape(b, c);
        } else {
          char small[16];
          snprintf(small, sizeof small, "&#%u;", c);
          b.add_ascii(small);
        }
      }
      if (!emit(b.finish(), &possible)) return false;
      if (possible) return true;
      break;
    }
    case ErrorMode::kSurrogateEscape: {
      if (unit_ != 1) break;
      Py_ssize_t i = start;
      for (; i < end; i++) {
        uint32_t c = str_char(text, i);
        if (c < 0xDC80 || c > 0xDCFF) break;
        if (!out.add(static_cast<char>(c - 0xDC00))) return false;
      }
      if (i == end) return true;
      start = i;  // the rest is an error
      break;
    }
    case ErrorMode::kOther:
      if (!handler_) {
        handler_ = codec_lookup_error(errors_);
        if (!handler_) return false;
      }
      break;
    default: break;
  }
  if (exception_) {
    if (!set_range(exception_, start, end, reason)) return false;
  } else {
    exception_ = make_encode_error(encoding_, text, start, end, reason);
    if (!exception_) return false;
  }
  if (!handler_) return raise_object(Ref::copy(exception_));
  Ref result = call1(handler_, exception_);
  if (!result) return false;
  Value replacement;
  if (!handler_result(result, true, str_length(text), &replacement, pos)) return false;
  if (is_bytes(replacement)) {
    if (bytes_length(replacement) % unit_ == 0) return out.add(bytes_view(replacement));
    possible = false;
  } else if (!put_(*this, replacement, &possible)) {
    return false;
  }
  if (!possible) {
    if (!set_range(exception_, start, end, reason)) return false;
    return raise_object(Ref::copy(exception_));
  }
  return true;
}

// --- Error handlers as Python sees them ---------------------------------------------------------------------------------

namespace {

enum class ErrorKind : uint8_t { kNone, kEncode, kDecode, kTranslate };

struct ErrorInfo {
  ErrorKind kind = ErrorKind::kNone;
  Value object{};
  Py_ssize_t start = 0, end = 0;
};

Failure wrong_exception(Value exc) {
  return raise(PyExc_TypeError, "don't know how to handle %N in error callback", type_of(exc));
}

// What a UnicodeError says, its range clipped to the object.
bool error_info(Value exc, ErrorInfo* info) {
  PyTypeObject* t = type_of(exc);
  if (is_subtype(t, reinterpret_cast<PyTypeObject*>(PyExc_UnicodeEncodeError))) info->kind = ErrorKind::kEncode;
  else if (is_subtype(t, reinterpret_cast<PyTypeObject*>(PyExc_UnicodeDecodeError))) info->kind = ErrorKind::kDecode;
  else if (is_subtype(t, reinterpret_cast<PyTypeObject*>(PyExc_UnicodeTranslateError))) info->kind = ErrorKind::kTranslate;
  else return wrong_exception(exc);
  auto* e = exc.as<PyUnicodeErrorObject>();
  bool bytes = info->kind == ErrorKind::kDecode;
  if (!e->object) return raise(PyExc_TypeError, "object attribute not set");
  info->object = Value{e->object};
  if (bytes && !is_bytes(info->object)) return raise(PyExc_TypeError, "object attribute must be bytes");
  if (!bytes && !is_str(info->object)) return raise(PyExc_TypeError, "object attribute must be unicode");
  Py_ssize_t size = bytes ? bytes_length(info->object) : str_length(info->object);
  info->start = e->start < 0 ? 0 : e->start >= size ? size - 1 : e->start;
  if (size == 0) info->start = 0;
  info->end = e->end < 1 ? 1 : e->end;
  if (info->end > size) info->end = size;
  return true;
}

Ref handled(Ref text, Py_ssize_t end) {
  if (!text) return {};
  return tuple_of({text, Value::from_int(end)});
}

Ref strict_errors(Value, Value exc) {
  if (is_exception(exc)) return raise_object(Ref::copy(exc));
  return raise(PyExc_TypeError, "codec must pass exception instance");
}
Ref ignore_errors(Value, Value exc) {
  ErrorInfo e;
  if (!error_info(exc, &e)) return {};
  return handled(str_empty(), e.end);
}
Ref replace_errors(Value, Value exc) {
  ErrorInfo e;
  if (!error_info(exc, &e)) return {};
  StrBuilder b;
  if (e.kind == ErrorKind::kDecode) b.add_char(0xFFFD);
  else b.add_repeat(e.kind == ErrorKind::kEncode ? '?' : 0xFFFD, e.end - e.start);
  return handled(b.finish(), e.end);
}
Ref xmlcharref_errors(Value, Value exc) {
  ErrorInfo e;
  if (!is_subtype(type_of(exc), reinterpret_cast<PyTypeObject*>(PyExc_UnicodeEncodeError))) return wrong_exception(exc);
  if (!error_info(exc, &e)) return {};
  StrBuilder b;
  for (Py_ssize_t i = e.start; i < e.end; i++) {
    char small[16];
    snprintf(small, sizeof small, "&#%u;", str_char(e.object, i));
    b.add_ascii(small);
  }
  return handled(b.finish(), e.end);
}
Ref backslash_errors(Value, Value exc) {
  ErrorInfo e;
  if (!error_info(exc, &e)) return {};
  StrBuilder b;
  for (Py_ssize_t i = e.start; i < e.end; i++)
    hex_escape(b, e.kind == ErrorKind::kDecode ? static_cast<uint8_t>(bytes_data(e.object)[i]) : str_char(e.object, i));
  return handled(b.finish(), e.end);
}

Ref unicodedata_function(PyObject* name) {
  Ref module = hooks.import_module ? hooks.import_module("unicodedata"_id) : Ref{};
  if (!module) return {};
  return getattr(module, name);
}

Ref name_errors(Value, Value exc) {
  ErrorInfo e;
  if (!is_subtype(type_of(exc), reinterpret_cast<PyTypeObject*>(PyExc_UnicodeEncodeError))) return wrong_exception(exc);
  if (!error_info(exc, &e)) return {};
  Ref name_of = unicodedata_function("name"_id);
  if (!name_of) return {};
  StrBuilder b;
  for (Py_ssize_t i = e.start; i < e.end; i++) {
    uint32_t c = str_char(e.object, i);
    Ref ch = str_from_char(c);
    Ref name = call(name_of, {ch, none()});
    if (!name) return {};
    if (is_str(name)) {
      b.add_ascii("\\N{");
      b.add(name);
      b.add_char('}');
    } else {
      hex_escape(b, c);
    }
  }
  return handled(b.finish(), e.end);
}

// surrogatepass works on the bytes of UTF-8, -16, -32: which, by the encoding's name.
enum class Utf : uint8_t { kUnknown, k8, k16Be, k16Le, k32Be, k32Le };
Utf utf_of(Value name, int* width) {
  *width = 1;
  if (!name || !is_str(name)) return Utf::kUnknown;
  std::string_view s = str_utf8(name);
  if (s.size() < 3) return Utf::kUnknown;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (lower(s[0]) == 'c' && lower(s[1]) == 'p' && s.substr(2) == "65001") { *width = 3; return Utf::k8; }
  if (lower(s[0]) != 'u' || lower(s[1]) != 't' || lower(s[2]) != 'f') return Utf::kUnknown;
  s.remove_prefix(3);
  if (!s.empty() && (s[0] == '-' || s[0] == '_')) s.remove_prefix(1);
  if (s == "8") { *width = 3; return Utf::k8; }
  bool wide = s.starts_with("32");
  if (!wide && !s.starts_with("16")) return Utf::kUnknown;
  *width = wide ? 4 : 2;
  s.remove_prefix(2);
  if (s.empty()) return wide ? Utf::k32Le : Utf::k16Le;
  if (s[0] == '-' || s[0] == '_') s.remove_prefix(1);
  if (s.size() != 2 || lower(s[1]) != 'e') return Utf::kUnknown;
  if (lower(s[0]) == 'b') return wide ? Utf::k32Be : Utf::k16Be;
  if (lower(s[0]) == 'l') return wide ? Utf::k32Le : Utf::k16Le;
  return Utf::kUnknown;
}

Ref surrogatepass_errors(Value, Value exc) {
  ErrorInfo e;
  if (!error_info(exc, &e)) return {};
  if (e.kind == ErrorKind::kTranslate) return wrong_exception(exc);
  int width;
  Utf utf = utf_of(Value{exc.as<PyUnicodeErrorObject>()->encoding}, &width);
  if (utf == Utf::kUnknown) return raise_object(Ref::copy(exc));
  if (e.kind == ErrorKind::kEncode) {
    BytesBuilder b((e.end - e.start) * width);
    for (Py_ssize_t i = e.start; i < e.end; i++) {
      uint32_t c = str_char(e.object, i);
      if (c < 0xD800 || c > 0xDFFF) return raise_object(Ref::copy(exc));
      char lo = static_cast<char>(c), hi = static_cast<char>(c >> 8);
      switch (utf) {
        case Utf::k8:
          b.add(static_cast<char>(0xE0 | (c >> 12)));
          b.add(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
          b.add(static_cast<char>(0x80 | (c & 0x3F)));
          break;
        case Utf::k16Le: b.add(lo); b.add(hi); break;
        case Utf::k16Be: b.add(hi); b.add(lo); break;
        case Utf::k32Le: b.add(lo); b.add(hi); b.add('\0'); b.add('\0'); break;
        default: b.add('\0'); b.add('\0'); b.add(hi); b.add(lo); break;
      }
    }
    Ref bytes = b.finish();
    return handled(std::move(bytes), e.end);
  }
  auto* p = reinterpret_cast<const uint8_t*>(bytes_data(e.object)) + e.start;
  uint32_t c = 0;
  if (bytes_length(e.object) - e.start >= width) {
    switch (utf) {
      case Utf::k8:
        if ((p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80)
          c = (static_cast<uint32_t>(p[0] & 15) << 12) | (static_cast<uint32_t>(p[1] & 0x3F) << 6) | (p[2] & 0x3F);
        break;
      case Utf::k16Le: c = static_cast<uint32_t>(p[1]) << 8 | p[0]; break;
      case Utf::k16Be: c = static_cast<uint32_t>(p[0]) << 8 | p[1]; break;
      case Utf::k32Le: c = static_cast<uint32_t>(p[3]) << 24 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[0]; break;
      default: c = static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 | p[3]; break;
    }
  }
  if (c < 0xD800 || c > 0xDFFF) return raise_object(Ref::copy(exc));
  return handled(str_from_char(c), e.start + width);
}

Ref surrogateescape_errors(Value, Value exc) {
  ErrorInfo e;
  if (!error_info(exc, &e)) return {};
  if (e.kind == ErrorKind::kTranslate) return wrong_exception(exc);
  if (e.kind == ErrorKind::kEncode) {
    BytesBuilder b(e.end - e.start);
    for (Py_ssize_t i = e.start; i < e.end; i++) {
      uint32_t c = str_char(e.object, i);
      if (c < 0xDC80 || c > 0xDCFF) return raise_object(Ref::copy(exc));
      b.add(static_cast<char>(c - 0xDC00));
    }
    return handled(b.finish(), e.end);
  }
  StrBuilder b;
  Py_ssize_t i = e.start;
  while (i < e.end && i - e.start < 4) {
    auto byte = static_cast<uint8_t>(bytes_data(e.object)[i]);
    if (byte < 128) break;
    b.add_char(0xDC00u + byte);
    i++;
  }
  if (i == e.start) return raise_object(Ref::copy(exc));
  return handled(b.finish(), i);
}

const MethodRow error_rows[] = {
    method<strict_errors>("strict_errors", "($module, exc, /)", "Implements the 'strict' error handling, which raises a UnicodeError on coding errors."),
    method<ignore_errors>("ignore_errors", "($module, exc, /)", "Implements the 'ignore' error handling, which ignores malformed data and continues."),
    method<replace_errors>("replace_errors", "($module, exc, /)", "Implements the 'replace' error handling, which replaces malformed data with a replacement marker."),
    method<xmlcharref_errors>("xmlcharrefreplace_errors", "($module, exc, /)", "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference."),
    method<backslash_errors>("backslashreplace_errors", "($module, exc, /)", "Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence."),
    method<name_errors>("namereplace_errors", "($module, exc, /)", "Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape sequence."),
    method<surrogatepass_errors>("surrogatepass", "($module, exc, /)", nullptr),
    method<surrogateescape_errors>("surrogateescape", "($module, exc, /)", nullptr),
    {}};
const char* const error_names[] = {"strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace", "namereplace", "surrogatepass", "surrogateescape"};

// --- Registry ---------------------------------------------------------------------------------------------------------

struct Registry {
  Ref search_path, cache, errors;
  bool imported = false;

  bool ready() {
    if (errors) return true;
    search_path = list_new();
    cache = dict_new();
    Ref table = dict_new();
    if (!search_path || !cache || !table) return false;
    for (size_t i = 0; error_rows[i].c.ml_name; i++) {
      Ref f = make_builtin(error_rows[i], Value{}, Value{});
      Ref name = intern(std::string_view{error_names[i]});
      if (!f || !name || !dict_set(table, name, f)) return false;
    }
    errors = std::move(table);
    return true;
  }
  // The encodings package registers its search function when it is imported.
  bool import_encodings() {
    if (imported) return true;
    if (!ready()) return false;
    imported = true;
    Ref module = hooks.import_module ? hooks.import_module("encodings"_id) : Ref{};
    if (!module) {
      imported = false;
      if (error_matches(PyExc_ImportError) && list_size(search_path) > 0) {
        clear_error();
        return true;
      }
      return error_occurred() ? false : static_cast<bool>(raise(PyExc_LookupError, "no codec search functions registered: can't find encoding"));
    }
    return true;
  }
};
Registry& registry = *new Registry;  // never destroyed: at the exit of the process no thread is left to release objects

// Lower case; what is neither letter, digit nor point becomes one underscore a run, at the start nothing.
Ref normalize_encoding(const char* encoding) {
  std::string s;
  bool gap = false;
  for (const char* p = encoding; *p; p++) {
    char c = *p;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.') {
      if (gap && !s.empty()) s.push_back('_');
      gap = false;
      s.push_back(c);
    } else {
      gap = true;
    }
  }
  return intern(std::string_view{s});
}

}  // namespace

bool check_codec_names = false;
bool codec_names_known(const char* encoding, const char* errors) {
  if (!registry.imported) return true;  // too early
  return (!encoding || codec_lookup(encoding)) && (!errors || codec_lookup_error(errors));
}

std::pair<void*, size_t> codecs_state() { return {&registry, sizeof registry}; }
void codecs_clear() {
  check_codec_names = false;
  registry.search_path.reset();
  registry.cache.reset();
  registry.errors.reset();
  registry.imported = false;
}

bool codec_register(Value f) {
  if (!registry.ready()) return false;
  if (!is_callable(f)) return raise(PyExc_TypeError, "argument must be callable");
  return list_append(registry.search_path, f);
}

bool codec_unregister(Value f) {
  if (!registry.ready()) return false;
  for (Py_ssize_t i = 0; i < list_size(registry.search_path); i++) {
    if (list_get(registry.search_path, i) == f) {
      dict_clear(registry.cache);
      return list_set_slice(registry.search_path, i, i + 1, Value{});
    }
  }
  return true;
}

Ref codec_lookup(const char* encoding) {
  if (!registry.import_encodings()) return {};
  Ref name = normalize_encoding(encoding);
  if (!name) return {};
  Value hit = dict_get_str(registry.cache, name.object());
  if (hit) return Ref::copy(hit);
  if (list_size(registry.search_path) == 0)
    return raise(PyExc_LookupError, "no codec search functions registered: can't find encoding");
  for (Py_ssize_t i = 0; i < list_size(registry.search_path); i++) {
    Ref f = Ref::copy(list_get(registry.search_path, i));
    Ref found = call1(f, name);
    if (!found) return {};
    if (is_none(found)) continue;
    if (!is_tuple(found) || tuple_size(found) != 4)
      return raise(PyExc_TypeError, "codec search functions must return 4-tuples");
    if (!dict_set(registry.cache, name, found)) return {};
    return found;
  }
  return raise(PyExc_LookupError, "unknown encoding: %s", encoding);
}

namespace {

Ref lookup_text_codec(const char* encoding, const char* alternative) {
  Ref codec = codec_lookup(encoding);
  if (!codec) return {};
  if (!is_exact_tuple(codec)) {
    Ref flag;
    int found = lookup_attr(codec, "_is_text_encoding"_id, &flag);
    if (found < 0) return {};
    if (found) {
      int text = is_true(flag);
      if (text < 0) return {};
      if (!text)
        return raise(PyExc_LookupError, "'%.400s' is not a text encoding; use %s to handle arbitrary codecs", encoding, alternative);
    }
  }
  return codec;
}

// An exception from a codec gets a note of which codec it was: a new one of the same type, the old as its cause, if
// the type is such that this cannot lose anything.
void wrap_codec_error(const char* operation, const char* encoding) {
  Ref e = take_error();
  if (!e) return;
  PyTypeObject* t = type_of(e);
  auto* base = e.as<PyBaseExceptionObject>();
  bool simple = t->tp_init == reinterpret_cast<PyTypeObject*>(PyExc_BaseException)->tp_init &&
                t->tp_new == reinterpret_cast<PyTypeObject*>(PyExc_BaseException)->tp_new;
  PyTypeObject* last = nullptr;
  for (PyObject* c : {PyExc_TypeError, PyExc_ValueError, PyExc_Exception, PyExc_RuntimeError, PyExc_AttributeError, PyExc_LookupError, PyExc_AssertionError})
    if (reinterpret_cast<PyTypeObject*>(c) == t) last = t;
  simple = simple || last != nullptr;
  if (t->tp_basicsize != reinterpret_cast<PyTypeObject*>(PyExc_BaseException)->tp_basicsize &&
      !(t->tp_flags & Py_TPFLAGS_HEAPTYPE)) simple = false;
  bool plain_args = !base->args || tuple_size(Value{base->args}) == 0 ||
                    (tuple_size(Value{base->args}) == 1 && is_str(tuple_get(Value{base->args}, 0)));
  bool has_dict = base->dict && dict_size(Value{base->dict}) > 0;
  if ((t->tp_flags & Py_TPFLAGS_HEAPTYPE) && t->tp_dictoffset > reinterpret_cast<PyTypeObject*>(PyExc_BaseException)->tp_dictoffset) simple = false;
  if (!simple || !plain_args || has_dict) {
    restore_error(std::move(e));
    return;
  }
  Ref text = to_str(e);
  if (!text) {
    clear_error();
    restore_error(std::move(e));
    return;
  }
  Ref message = str_format("%s with '%s' codec failed (%N: %U)", operation, encoding, t, text.get());
  Ref wrapped = message ? call1(Value{t}, message) : Ref{};
  if (!wrapped) {
    clear_error();
    restore_error(std::move(e));
    return;
  }
  set_cause(wrapped, Ref::copy(e));
  set_context(wrapped, std::move(e));
  restore_error(std::move(wrapped));
}

Ref run_codec(Ref codec, int which, Value object, const char* encoding, const char* errors) {
  if (!codec) return {};
  Ref f = Ref::copy(tuple_get(codec, which));
  Ref errors_str = errors ? str_from_utf8(errors) : Ref{};
  Ref result = errors ? call(f, {object, errors_str}) : call1(f, object);
  if (!result) {
    wrap_codec_error(which == 0 ? "encoding" : "decoding", encoding);
    return {};
  }
  if (!is_tuple(result) || tuple_size(result) != 2)
    return raise(PyExc_TypeError, which == 0 ? "encoder must return a tuple (object, integer)" : "decoder must return a tuple (object,integer)");
  return Ref::copy(tuple_get(result, 0));
}

}  // namespace

Ref codec_encode(Value object, const char* encoding, const char* errors, bool text_only) {
  return run_codec(text_only ? lookup_text_codec(encoding, "codecs.encode()") : codec_lookup(encoding), 0, object, encoding, errors);
}
Ref codec_decode(Value object, const char* encoding, const char* errors, bool text_only) {
  return run_codec(text_only ? lookup_text_codec(encoding, "codecs.decode()") : codec_lookup(encoding), 1, object, encoding, errors);
}

bool codec_register_error(Value name, Value handler) {
  if (!registry.ready()) return false;
  if (!is_callable(handler)) return raise(PyExc_TypeError, "handler must be callable");
  return dict_set(registry.errors, name, handler);
}

Ref codec_lookup_error(const char* name) {
  if (!registry.ready()) return {};
  if (!name) name = "strict";
  Ref key = str_from_utf8(name);
  if (!key) return {};
  Value hit = dict_get_str(registry.errors, key.object());
  if (!hit) return raise(PyExc_LookupError, "unknown error handler name '%.400s'", name);
  return Ref::copy(hit);
}

int64_t character_by_name(std::string_view name) {
  Ref lookup = unicodedata_function("lookup"_id);
  if (!lookup) return -2;
  Ref text = str_from_utf8(name, "replace");
  Ref ch = text ? call1(lookup, text) : Ref{};
  if (!ch) {
    if (!error_matches(PyExc_KeyError)) return -2;
    clear_error();
    return -1;
  }
  return is_str(ch) && str_length(ch) == 1 ? static_cast<int64_t>(str_char(ch, 0)) : -1;
}

// --- By name --------------------------------------------------------------------------------------------------------

namespace {

enum class Native : uint8_t { kNone, kUtf8, kLatin1, kAscii, kUtf16, kUtf16Le, kUtf16Be, kUtf32, kUtf32Le, kUtf32Be };

Native native_codec(const char* encoding) {
  if (!encoding) return Native::kUtf8;
  char s[16];
  size_t n = 0;
  for (const char* p = encoding; *p; p++) {
    if (n + 1 >= sizeof s) return Native::kNone;
    char c = *p;
    s[n++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '_' || c == ' ' ? '-' : c;
  }
  std::string_view v{s, n};
  struct Name { std::string_view name; Native codec; };
  static constexpr Name names[] = {
      {"utf-8", Native::kUtf8}, {"utf8", Native::kUtf8}, {"latin-1", Native::kLatin1}, {"latin1", Native::kLatin1},
      {"iso-8859-1", Native::kLatin1}, {"iso8859-1", Native::kLatin1}, {"ascii", Native::kAscii}, {"us-ascii", Native::kAscii},
      {"utf-16", Native::kUtf16}, {"utf16", Native::kUtf16}, {"utf-16-le", Native::kUtf16Le}, {"utf-16-be", Native::kUtf16Be},
      {"utf-32", Native::kUtf32}, {"utf32", Native::kUtf32}, {"utf-32-le", Native::kUtf32Le}, {"utf-32-be", Native::kUtf32Be}};
  for (auto& e : names)
    if (e.name == v) return e.codec;
  return Native::kNone;
}

}  // namespace

Ref str_encode(Value s, const char* encoding, const char* errors) {
  if (ADDER_UNLIKELY(check_codec_names) && !codec_names_known(encoding, errors)) return {};
  switch (native_codec(encoding)) {
    case Native::kUtf8: return encode_utf8(s, errors);
    case Native::kLatin1: return encode_latin1(s, errors);
    case Native::kAscii: return encode_ascii(s, errors);
    case Native::kUtf16: return encode_utf16(s, errors, 0);
    case Native::kUtf16Le: return encode_utf16(s, errors, -1);
    case Native::kUtf16Be: return encode_utf16(s, errors, 1);
    case Native::kUtf32: return encode_utf32(s, errors, 0);
    case Native::kUtf32Le: return encode_utf32(s, errors, -1);
    case Native::kUtf32Be: return encode_utf32(s, errors, 1);
    default: break;
  }
  Ref r = codec_encode(s, encoding, errors, true);
  if (!r || is_bytes(r)) return r;
  if (type_of(r) == &PyByteArray_Type) {
    if (!warn(PyExc_RuntimeWarning, 1, "encoder %s returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types", encoding)) return {};
    return bytes_new({bytearray_data(r), static_cast<size_t>(bytearray_length(r))});
  }
  return raise(PyExc_TypeError, "'%.400s' encoder returned '%N' instead of 'bytes'; use codecs.encode() to encode to arbitrary types", encoding, type_of(r));
}

Ref bytes_decode(const char* data, Py_ssize_t n, const char* encoding, const char* errors) {
  std::string_view in{data, static_cast<size_t>(n)};
  int order;
  if (ADDER_UNLIKELY(check_codec_names) && !codec_names_known(encoding, errors)) return {};
  switch (native_codec(encoding)) {
    case Native::kUtf8: return decode_utf8(in, errors);
    case Native::kLatin1: return decode_latin1(in);
    case Native::kAscii: return decode_ascii(in, errors);
    case Native::kUtf16: order = 0; return decode_utf16(in, errors, &order);
    case Native::kUtf16Le: order = -1; return decode_utf16(in, errors, &order);
    case Native::kUtf16Be: order = 1; return decode_utf16(in, errors, &order);
    case Native::kUtf32: order = 0; return decode_utf32(in, errors, &order);
    case Native::kUtf32Le: order = -1; return decode_utf32(in, errors, &order);
    case Native::kUtf32Be: order = 1; return decode_utf32(in, errors, &order);
    default: break;
  }
  Ref bytes = bytes_new(in);
  Ref view = bytes ? memoryview_of(bytes) : Ref{};
  if (!view) return {};
  Ref r = codec_decode(view, encoding, errors, true);
  if (!r || is_str(r)) return r;
  return raise(PyExc_TypeError, "'%.400s' decoder returned '%N' instead of 'str'; use codecs.decode() to decode to arbitrary types", encoding, type_of(r));
}

}  // namespace adder
