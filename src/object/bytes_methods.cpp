// What bytes and bytearray share and no template needs: repr, hex, translation tables, `%`, constructor arguments.
#include "object/bytes_methods.h"
#include "object/percent_format.h"

namespace adder {

static const char kHexDigits[] = "0123456789abcdef";

Ref bytes_repr_of(std::string_view bytes, const char* prefix, const char* suffix) {
  bool single = false, twice = false;
  for (char c : bytes) {
    single |= c == '\'';
    twice |= c == '"';
  }
  char quote = single && !twice ? '"' : '\'';
  StrBuilder b(static_cast<Py_ssize_t>(bytes.size()) + 8);
  b.add_ascii(prefix);
  b.add_char(static_cast<uint8_t>(quote));
  for (char ch : bytes) {
    auto c = static_cast<uint8_t>(ch);
    if (ch == quote || c == '\\') {
      b.add_char('\\');
      b.add_char(c);
    } else if (c == '\t') {
      b.add_ascii("\\t");
    } else if (c == '\n') {
      b.add_ascii("\\n");
    } else if (c == '\r') {
      b.add_ascii("\\r");
    } else if (c < ' ' || c >= 0x7F) {
      char small[4] = {'\\', 'x', kHexDigits[c >> 4], kHexDigits[c & 15]};
      b.add_ascii({small, 4});
    } else {
      b.add_char(c);
    }
  }
  b.add_char(static_cast<uint8_t>(quote));
  b.add_ascii(suffix);
  return b.finish();
}

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group) {
  char sep = 0;
  bool grouped = false;
  int group = 1;
  if (per_group && !as_int(per_group, &group)) return {};
  if (separator) {
    Py_ssize_t n = length(separator);
    if (n < 0) return {};
    if (n != 1) return raise(PyExc_ValueError, "sep must be length 1.");
    if (is_str(separator)) {
      uint32_t c = str_char(separator, 0);
      if (str_kind(separator) != 1) return raise(PyExc_ValueError, "sep must be ASCII.");
      if (c > 127) return raise(PyExc_ValueError, "sep must be ASCII.");
      sep = static_cast<char>(c);
    } else if (is_bytes(separator)) {
      sep = bytes_data(separator)[0];
      if (static_cast<uint8_t>(sep) > 127) return raise(PyExc_ValueError, "sep must be ASCII.");
    } else {
      return raise(PyExc_TypeError, "sep must be str or bytes.");
    }
    grouped = group != 0;
  }
  size_t n = bytes.size();
  if (n == 0) return str_empty();
  size_t each = static_cast<size_t>(group < 0 ? -static_cast<int64_t>(group) : group);
  size_t gaps = grouped && each < n ? (n - 1) / each : 0;
  if (n > static_cast<size_t>(PY_SSIZE_T_MAX) / 2 - gaps) return raise_no_memory();
  Ref r = str_new(static_cast<Py_ssize_t>(n * 2 + gaps), 127);
  if (!r) return {};
  auto* d = static_cast<char*>(str_data(r));
  for (size_t i = 0; i < n; i++) {
    auto c = static_cast<uint8_t>(bytes[i]);
    if (gaps && i) {
      // Groups are counted from the right for a positive size, from the left for a negative one.
      bool here = group > 0 ? (n - i) % each == 0 : i % each == 0;
      if (here) *d++ = sep;
    }
    *d++ = kHexDigits[c >> 4];
    *d++ = kHexDigits[c & 15];
  }
  return r;
}

static int hex_value(uint32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

bool bytes_from_hex(Value text, std::string* out) {
  if (!is_str(text)) return raise(PyExc_TypeError, "fromhex() argument must be str, not %N", type_of(text));
  Py_ssize_t n = str_length(text);
  out->reserve(static_cast<size_t>(n / 2));
  for (Py_ssize_t i = 0; i < n;) {
    uint32_t c = str_char(text, i);
    if (c < 128 && bytes_case::is_space(static_cast<uint8_t>(c))) {
      i++;
      continue;
    }
    int hi = hex_value(c);
    if (hi < 0) return raise(PyExc_ValueError, "non-hexadecimal number found in fromhex() arg at position %zd", i);
    int lo = i + 1 < n ? hex_value(str_char(text, i + 1)) : -1;
    if (lo < 0) return raise(PyExc_ValueError, "non-hexadecimal number found in fromhex() arg at position %zd", i + 1);
    out->push_back(static_cast<char>(hi << 4 | lo));
    i += 2;
  }
  return true;
}

Ref bytes_make_translation(Args a) {
  if (a.kwnames && tuple_size(Value{a.kwnames})) return raise(PyExc_TypeError, "maketrans() takes no keyword arguments");
  if (a.n != 2) return raise(PyExc_TypeError, "maketrans expected 2 arguments, got %zu", a.n);
  ByteText from, to;
  if (!from.get(a[0]) || !to.get(a[1])) return {};
  if (from.size() != to.size()) return raise(PyExc_ValueError, "maketrans arguments must have same length");
  char table[256];
  for (int i = 0; i < 256; i++) table[i] = static_cast<char>(i);
  for (Py_ssize_t i = 0; i < from.size(); i++) table[static_cast<uint8_t>(from.data()[i])] = to.data()[i];
  return bytes_new({table, 256});
}

bool bytes_arguments(const char* type, Args args, Value out[3]) {
  static const char* const names[] = {"source", "encoding", "errors"};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 3) return raise(PyExc_TypeError, "%s() takes at most 3 arguments (%zu given)", type, args.n + keywords);
  for (size_t i = 0; i < args.n; i++) out[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 3; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", name, type);
    if (out[at]) return raise(PyExc_TypeError, "argument for %s() given by name ('%U') and position (%d)", type, name, at + 1);
    out[at] = args.v[args.n + k];
  }
  return true;
}

// --- % ------------------------------------------------------------------------------------------------------------------

namespace {

struct BytesTarget {
  static constexpr const char* kWhat = "bytes";
  static constexpr const char* kPrecisionTooBig = "prec too big";
  static constexpr bool kBytes = true;
  std::string_view format;
  BytesBuilder out;

  explicit BytesTarget(std::string_view f) : format(f), out(static_cast<Py_ssize_t>(f.size()) + 16) {}
  uint32_t get(Py_ssize_t i) const { return static_cast<uint8_t>(format[static_cast<size_t>(i)]); }
  Py_ssize_t size() const { return static_cast<Py_ssize_t>(format.size()); }
  Py_ssize_t find_percent(Py_ssize_t i) const {
    size_t hit = format.find('%', static_cast<size_t>(i));
    return hit == format.npos ? size() : static_cast<Py_ssize_t>(hit);
  }
  Ref key(Py_ssize_t start, Py_ssize_t end) const {
    return bytes_new(format.substr(static_cast<size_t>(start), static_cast<size_t>(end - start)));
  }
  bool add_literal(Py_ssize_t start, Py_ssize_t end) {
    return out.add(format.substr(static_cast<size_t>(start), static_cast<size_t>(end - start)));
  }
  bool add_text(std::string_view t) { return out.add(t); }
  bool add_pad(char c, Py_ssize_t n) { return out.add_repeat(c, n); }
  bool add_bytes(const percent::Conversion& c, std::string_view t) {
    auto n = static_cast<Py_ssize_t>(t.size());
    if (c.code != 'c' && c.precision >= 0 && c.precision < n) n = c.precision;
    Py_ssize_t pad = c.width > n ? c.width - n : 0;
    if (pad && !c.left) out.add_repeat(' ', pad);
    if (!out.add(t.substr(0, static_cast<size_t>(n)))) return false;
    if (pad && c.left) out.add_repeat(' ', pad);
    return true;
  }

  int convert(const percent::Conversion& c, Value v) {
    switch (c.code) {
      case 'r':
      case 'a': {
        Ref text = ascii(v);
        return text && add_bytes(c, str_utf8(text)) ? 1 : -1;
      }
      case 's':
      case 'b': {
        if (is_bytes(v)) return add_bytes(c, bytes_view(v)) ? 1 : -1;
        if (has_buffer(v)) {
          BufferView view;
          return view.get(v, PyBUF_FULL_RO) && add_bytes(c, view.text()) ? 1 : -1;
        }
        if (Ref method = lookup_special(v, "__bytes__"_id)) {
          Ref r = call0(method);
          if (!r) return -1;
          if (!is_bytes(r)) return raise(PyExc_TypeError, "__bytes__ returned non-bytes (type %N)", type_of(r));
          return add_bytes(c, bytes_view(r)) ? 1 : -1;
        }
        if (error_occurred()) return -1;
        return raise(PyExc_TypeError, "%%b requires a bytes-like object, or an object that implements __bytes__, not '%N'", type_of(v));
      }
      case 'c': {
        if (is_bytes(v) && bytes_length(v) == 1) return add_bytes(c, bytes_view(v)) ? 1 : -1;
        if (is_subtype(type_of(v), &PyByteArray_Type) && bytearray_length(v) == 1)
          return add_bytes(c, {bytearray_data(v), 1}) ? 1 : -1;
        if (!is_bytes(v) && (is_int(v) || slots_of(v).nb_index)) {
          Ref held = index(v);
          if (!held) return -1;
          int64_t i;
          if (int_sign_overflow_i64(held, &i) || i < 0 || i > 255) return raise(PyExc_OverflowError, "%%c arg not in range(256)");
          char one = static_cast<char>(i);
          return add_bytes(c, {&one, 1}) ? 1 : -1;
        }
        return raise(PyExc_TypeError, "%%c requires an integer in range(256) or a single byte");
      }
      default: return 0;
    }
  }
  Failure unsupported(uint32_t code, Py_ssize_t i) const {
    return raise(PyExc_ValueError, "unsupported format character '%c' (0x%x) at index %zd", static_cast<int>(static_cast<signed char>(code)),
                 static_cast<unsigned>(code), i);
  }
};

}  // namespace

Ref bytes_percent(std::string_view format, Value args, bool to_bytearray) {
  bool mapping = !is_tuple(args) && !is_str(args) && !is_bytes(args) && !is_subtype(type_of(args), &PyByteArray_Type) && is_mapping(args);
  BytesTarget target(format);
  percent::Engine<BytesTarget> engine(target, args, mapping);
  if (!engine.run()) return {};
  return to_bytearray ? target.out.finish_bytearray() : target.out.finish();
}

}  // namespace adder
