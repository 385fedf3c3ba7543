// The module _json: the scanner and the encoder behind Lib/json.
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include "memory/gc_state.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/dict_table.h"
#include "object/float_text.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "object/type.h"
#include "object/word_bytes.h"
#include "runtime/interpreter.h"

namespace adder {
namespace json {

namespace {

ADDER_TYPE(scanner_type);
ADDER_TYPE(encoder_type);
PyObject* ascii_encoder = nullptr;  // the module's own functions, recognised in make_encoder
PyObject* plain_encoder = nullptr;

Failure decode_error(const char* message, Value doc, Py_ssize_t end) {
  Ref module = hooks.import_module("json.decoder"_id);
  Ref type = module ? getattr(module, "JSONDecodeError"_id) : Ref{};
  Ref text = str_from_ascii(message);
  if (!type || !text) return {};
  Ref e = call(type, {text, doc, Value::from_int(end)});
  if (!e) return {};
  return raise_object(std::move(e));
}
Failure no_value(Py_ssize_t at) {
  Ref e = call1(Value{PyExc_StopIteration}, Value::from_int(at));
  if (!e) return {};
  return raise_object(std::move(e));
}

// --- Runs of plain characters ---------------------------------------------------------------------------------------------

// Where from `at` on the next character stands that ends the plain part of a string to be read (n: none).
template <class C>
Py_ssize_t plain_end(const C* p, Py_ssize_t at, Py_ssize_t n, bool strict) {
  if constexpr (sizeof(C) == 1) {
    for (; at + 8 <= n; at += 8) {
      uint64_t w;
      memcpy(&w, p + at, 8);
      uint64_t hits = bytes_equal(w, '"') | bytes_equal(w, '\\') | (strict ? bytes_below(w, ' ') : 0);
      if (hits) return at + __builtin_ctzll(hits) / 8;
    }
  }
  for (; at < n; at++) {
    uint32_t c = p[at];
    if (c == '"' || c == '\\' || (c < ' ' && strict)) break;
  }
  return at;
}
// The same for a string to be written.
template <class C>
Py_ssize_t unescaped_end(const C* p, Py_ssize_t at, Py_ssize_t n, bool ascii) {
  if constexpr (sizeof(C) == 1) {
    for (; at + 8 <= n; at += 8) {
      uint64_t w;
      memcpy(&w, p + at, 8);
      uint64_t hits = bytes_equal(w, '"') | bytes_equal(w, '\\') | bytes_below(w, ' ');
      if (ascii) hits |= bytes_equal(w, 127) | (w & kWordHigh);
      if (hits) return at + __builtin_ctzll(hits) / 8;
    }
  }
  for (; at < n; at++) {
    uint32_t c = p[at];
    if (c < ' ' || c == '"' || c == '\\' || (c >= 127 && ascii)) break;
  }
  return at;
}

// --- Strings --------------------------------------------------------------------------------------------------------------

// The string whose opening quote is before `end`; *next is behind the closing one.
template <class C>
Ref scan_string(Value doc, const C* p, Py_ssize_t n, Py_ssize_t end, bool strict, Py_ssize_t* next) {
  Py_ssize_t begin = end - 1, i = end;
  if (end < 0 || end > n) return raise(PyExc_ValueError, "end is out of bounds");
  Py_ssize_t stop = plain_end(p, i, n, strict);
  if (stop < n && p[stop] == '"') {
    *next = stop + 1;
    return str_substring(doc, i, stop);
  }
  StrBuilder b(stop - i + 16);
  for (;;) {
    if (stop > i && !b.add(doc, i, stop)) return {};
    if (stop >= n) return decode_error("Unterminated string starting at", doc, begin);
    uint32_t c = p[stop];
    i = stop + 1;
    if (c == '"') break;
    if (c != '\\') return decode_error("Invalid control character at", doc, stop);
    if (i >= n) return decode_error("Unterminated string starting at", doc, begin);
    c = p[i++];
    if (c != 'u') {
      switch (c) {
        case '"': case '\\': case '/': break;
        case 'b': c = '\b'; break;
        case 'f': c = '\f'; break;
        case 'n': c = '\n'; break;
        case 'r': c = '\r'; break;
        case 't': c = '\t'; break;
        default: return decode_error("Invalid \\escape", doc, i - 2);
      }
    } else {
      auto hex = [&](Py_ssize_t at, uint32_t* out) {
        if (at + 4 > n) return false;
        uint32_t v = 0;
        for (int k = 0; k < 4; k++) {
          uint32_t d = p[at + k];
          if (d >= '0' && d <= '9') d -= '0';
          else if (d >= 'a' && d <= 'f') d -= 'a' - 10;
          else if (d >= 'A' && d <= 'F') d -= 'A' - 10;
          else return false;
          v = v << 4 | d;
        }
        *out = v;
        return true;
      };
      // An escape that ends the text counts as cut short.
      if (!hex(i, &c) || i + 4 >= n) return decode_error("Invalid \\uXXXX escape", doc, i - 1);
      i += 4;
      uint32_t low;
      if (c >= 0xD800 && c < 0xDC00 && i + 6 <= n && p[i] == '\\' && p[i + 1] == 'u' && hex(i + 2, &low) && low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
        i += 6;
      }
    }
    if (!b.add_char(c)) return {};
    stop = plain_end(p, i, n, strict);
  }
  *next = i;
  return b.finish();
}

Ref m_scanstring(Value, Args a) {
  if (a.kwnames && tuple_size(Value{a.kwnames})) return raise(PyExc_TypeError, "scanstring() takes no keyword arguments");
  if (a.n < 2) return raise(PyExc_TypeError, "scanstring() takes at least 2 arguments (%zu given)", a.n);
  if (a.n > 3) return raise(PyExc_TypeError, "scanstring() takes at most 3 arguments (%zu given)", a.n);
  Py_ssize_t end, next = 0;
  int strict = 1;
  if (!as_ssize(a[1], &end)) return {};
  if (a.n > 2 && (strict = is_true(a[2])) < 0) return {};
  if (!is_str(a[0])) return raise(PyExc_TypeError, "first argument must be a string, not %.80s", type_of(a[0])->tp_name);
  Ref s = on_kind(a[0], [&](auto* p) { return scan_string(a[0], p, str_length(a[0]), end, strict != 0, &next); });
  if (!s) return {};
  return tuple_of({s, Value::from_int(next)});
}

const char kHex[] = "0123456789abcdef";

// Text that grows by small pieces: ASCII ones gather in a buffer first.
class Output {
 public:
  bool add_char(char c) {
    if (ADDER_UNLIKELY(used_ == sizeof buffer_) && !flush()) return false;
    buffer_[used_++] = c;
    return true;
  }
  bool add_ascii(std::string_view text) {
    if (ADDER_UNLIKELY(text.size() > sizeof buffer_ - used_)) {
      if (!flush()) return false;
      if (text.size() > sizeof buffer_) return text_.add_ascii(text);
    }
    text.copy(buffer_ + used_, text.size());
    used_ += text.size();
    return true;
  }
  bool add(Value s, Py_ssize_t start, Py_ssize_t end) {
    if (str_is_ascii(s)) return add_ascii({static_cast<char*>(str_data(s)) + start, static_cast<size_t>(end - start)});
    return flush() && text_.add(s, start, end);
  }
  bool add(Value s) { return add(s, 0, str_length(s)); }
  Ref finish() { return flush() ? text_.finish() : Ref{}; }

 private:
  bool flush() {
    bool ok = text_.add_ascii({buffer_, used_});
    used_ = 0;
    return ok;
  }
  size_t used_ = 0;
  char buffer_[2048];
  StrBuilder text_;
};

// A character as JSON escapes it.
bool add_escape(Output& out, uint32_t c) {
  char small[12];
  size_t k = 0;
  small[k++] = '\\';
  switch (c) {
    case '"': case '\\': small[k++] = static_cast<char>(c); break;
    case '\b': small[k++] = 'b'; break;
    case '\f': small[k++] = 'f'; break;
    case '\n': small[k++] = 'n'; break;
    case '\r': small[k++] = 'r'; break;
    case '\t': small[k++] = 't'; break;
    default: {
      auto unit = [&](uint32_t u) {
        small[k++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) small[k++] = kHex[(u >> shift) & 15];
      };
      if (c >= 0x10000) {
        c -= 0x10000;
        unit(0xD800 | (c >> 10));
        small[k++] = '\\';
        unit(0xDC00 | (c & 0x3FF));
      } else {
        unit(c);
      }
    }
  }
  return out.add_ascii({small, k});
}

// A str as a JSON string; `ascii`: everything beyond ASCII escaped.
bool add_escaped(Output& out, Value s, bool ascii) {
  Py_ssize_t n = str_length(s);
  if (!out.add_char('"')) return false;
  bool ok = on_kind(s, [&](auto* p) {
    for (Py_ssize_t i = 0; i < n; i++) {
      Py_ssize_t end = unescaped_end(p, i, n, ascii);
      if (end > i && !out.add(s, i, end)) return false;
      i = end;
      if (i < n && !add_escape(out, p[i])) return false;
    }
    return true;
  });
  return ok && out.add_char('"');
}
Ref escaped(Value s, bool ascii) {
  if (!is_str(s)) return raise(PyExc_TypeError, "first argument must be a string, not %.80s", type_of(s)->tp_name);
  Output out;
  if (!add_escaped(out, s, ascii)) return {};
  return out.finish();
}
Ref m_encode_ascii(Value, Value s) { return escaped(s, true); }
Ref m_encode(Value, Value s) { return escaped(s, false); }

// --- Scanner --------------------------------------------------------------------------------------------------------------

struct Scanner {
  PyObject head;
  bool strict;
  PyObject *object_hook, *object_pairs_hook, *parse_float, *parse_int, *parse_constant;

  // Whether it calls no code of others.
  bool only_converts() const {
    return object_hook == Py_None && object_pairs_hook == Py_None && parse_float == reinterpret_cast<PyObject*>(&PyFloat_Type) &&
           parse_int == reinterpret_cast<PyObject*>(&PyLong_Type) && parse_constant->ob_type != &PyFunction_Type;
  }
};

template <class C>
class Parser {
 public:
  Parser(Scanner* s, Value doc, Ref memo) : s_(s), doc_(doc), p_(static_cast<const C*>(str_data(doc))), n_(str_length(doc)), memo_(std::move(memo)) {}

  // The value at i; *next is behind it.
  Ref value(Py_ssize_t i, Py_ssize_t* next) {
    if (i < 0) return raise(PyExc_ValueError, "idx cannot be negative");
    if (i >= n_) return no_value(i);
    switch (p_[i]) {
      case '"': return scan_string(doc_, p_, n_, i + 1, s_->strict, next);
      case '{': {
        RecursionGuard guard(" while decoding a JSON object from a unicode string");
        return guard.ok ? object(i + 1, next) : Ref{};
      }
      case '[': {
        RecursionGuard guard(" while decoding a JSON array from a unicode string");
        return guard.ok ? array(i + 1, next) : Ref{};
      }
      case 'n': if (word(i, "null")) { *next = i + 4; return none_ref(); } break;
      case 't': if (word(i, "true")) { *next = i + 4; return bool_ref(true); } break;
      case 'f': if (word(i, "false")) { *next = i + 5; return bool_ref(false); } break;
      case 'N': if (word(i, "NaN")) return constant("NaN", i, next); break;
      case 'I': if (word(i, "Infinity")) return constant("Infinity", i, next); break;
      case '-': if (word(i, "-Infinity")) return constant("-Infinity", i, next); break;
      default: break;
    }
    return number(i, next);
  }

 private:
  Scanner* s_;
  Value doc_;
  const C* p_;
  Py_ssize_t n_;
  Ref memo_;
  static constexpr int kDepths = 8;
  static constexpr Py_ssize_t kMostRoom = 32;
  Py_ssize_t sizes_[kDepths] = {};  // of the object that ended last, by depth
  int depth_ = 0;
  static constexpr size_t kRecentKeys = 128;
  PyObject* recent_[kRecentKeys] = {};  // of the memo, found without making a str

  // The key whose opening quote is before i: equal keys of a document are one object.
  Ref key_at(Py_ssize_t i, Py_ssize_t* next) {
    PyObject** slot = nullptr;
    if constexpr (sizeof(C) == 1) {
      Py_ssize_t stop = plain_end(p_, i, n_, s_->strict), length = stop - i;
      if (length > 0 && stop < n_ && p_[stop] == '"') {
        size_t sum = p_[i] + p_[i + length / 2] * 5u + p_[stop - 1] * 25u + static_cast<size_t>(length) * 7u;
        slot = &recent_[sum % kRecentKeys];
        if (PyObject* k = *slot; k && str_length(k) == length && memcmp(str_data(k), p_ + i, static_cast<size_t>(length)) == 0) {
          *next = stop + 1;
          return Ref::copy(k);
        }
      }
    }
    Ref key = scan_string(doc_, p_, n_, i, s_->strict, next);
    if (!key) return {};
    Value known;
    int r = dict_set_default(memo_, key, key, &known);
    if (r < 0) return {};
    if (slot) *slot = known.object();
    return Ref::copy(known);
  }

  bool word(Py_ssize_t i, std::string_view w) const {
    if (i + static_cast<Py_ssize_t>(w.size()) > n_) return false;
    for (size_t k = 0; k < w.size(); k++)
      if (p_[i + static_cast<Py_ssize_t>(k)] != static_cast<C>(w[k])) return false;
    return true;
  }
  Ref constant(std::string_view name, Py_ssize_t i, Py_ssize_t* next) {
    *next = i + static_cast<Py_ssize_t>(name.size());
    Ref text = str_from_ascii(name);
    return text ? call1(Value{s_->parse_constant}, text) : Ref{};
  }
  static bool blank(uint32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  Py_ssize_t skip(Py_ssize_t i) const {
    while (i < n_ && blank(p_[i])) i++;
    return i;
  }
  bool digit(Py_ssize_t i) const { return i < n_ && p_[i] >= '0' && p_[i] <= '9'; }

  Ref number(Py_ssize_t start, Py_ssize_t* next) {
    Py_ssize_t i = start;
    bool is_float = false;
    if (p_[i] == '-') {
      i++;
      if (i >= n_) return no_value(start);
    }
    if (digit(i) && p_[i] != '0') {
      while (digit(i)) i++;
    } else if (i < n_ && p_[i] == '0') {
      i++;
    } else {
      return no_value(start);
    }
    if (i + 1 < n_ && p_[i] == '.' && digit(i + 1)) {
      is_float = true;
      i += 2;
      while (digit(i)) i++;
    }
    if (i + 1 < n_ && (p_[i] == 'e' || p_[i] == 'E')) {
      Py_ssize_t e = i + 1;
      if (e + 1 < n_ && (p_[e] == '-' || p_[e] == '+')) e++;
      if (digit(e)) {
        is_float = true;
        i = e;
        while (digit(i)) i++;
      }
    }
    *next = i;
    char small[64];
    std::string big;
    std::string_view text;
    auto length = static_cast<size_t>(i - start);
    if (length < sizeof small) {
      for (size_t k = 0; k < length; k++) small[k] = static_cast<char>(p_[start + static_cast<Py_ssize_t>(k)]);
      text = {small, length};
    } else {
      for (size_t k = 0; k < length; k++) big.push_back(static_cast<char>(p_[start + static_cast<Py_ssize_t>(k)]));
      text = big;
    }
    PyObject* convert = is_float ? s_->parse_float : s_->parse_int;
    if (is_float && convert == reinterpret_cast<PyObject*>(&PyFloat_Type)) {
      double d;
      size_t used;
      if (parse_double(text, &d, &used) && used == text.size()) return float_new(d);
    } else if (!is_float && convert == reinterpret_cast<PyObject*>(&PyLong_Type)) {
      if (length < 16) {
        int64_t v = 0;
        bool negative = text[0] == '-';
        for (size_t k = negative; k < length; k++) v = v * 10 + (text[k] - '0');
        return int_from_i64(negative ? -v : v);
      }
      Ref s = str_from_ascii(text);
      return s ? int_from_text(text, 10, s) : Ref{};
    }
    Ref s = str_from_ascii(text);
    return s ? call1(Value{convert}, s) : Ref{};
  }

  Ref array(Py_ssize_t i, Py_ssize_t* next) {
    Ref list = list_new();
    if (!list) return {};
    i = skip(i);
    if (i < n_ && p_[i] == ']') {
      *next = i + 1;
      return list;
    }
    for (;;) {
      Ref v = value(i, &i);
      if (!v || !list_append(list, std::move(v))) return {};
      i = skip(i);
      if (i < n_ && p_[i] == ']') break;
      if (i >= n_ || p_[i] != ',') return decode_error("Expecting ',' delimiter", doc_, i);
      i = skip(i + 1);
    }
    *next = i + 1;
    return list;
  }

  Ref object(Py_ssize_t i, Py_ssize_t* next) {
    bool pairs = !is_none(Value{s_->object_pairs_hook});
    // Objects side by side often are of one form: room at once for as many keys as the one before had.
    Py_ssize_t& size_before = sizes_[++depth_ % kDepths];
    Ref result = pairs ? list_new() : dict_new_sized(size_before <= kMostRoom ? size_before : 0);
    if (!result) return {};
    i = skip(i);
    if (i < n_ && p_[i] != '}') {
      for (;;) {
        if (p_[i] != '"') return decode_error("Expecting property name enclosed in double quotes", doc_, i);
        Ref key = key_at(i + 1, &i);
        if (!key) return {};
        i = skip(i);
        if (i >= n_ || p_[i] != ':') return decode_error("Expecting ':' delimiter", doc_, i);
        i = skip(i + 1);
        Ref v = value(i, &i);
        if (!v) return {};
        if (pairs) {
          Ref pair = tuple_of({key, v});
          if (!pair || !list_append(result, std::move(pair))) return {};
        } else if (!dict_set(result, key, v)) {
          return {};
        }
        i = skip(i);
        if (i < n_ && p_[i] == '}') break;
        if (i >= n_ || p_[i] != ',') return decode_error("Expecting ',' delimiter", doc_, i);
        i = skip(i + 1);
        if (i >= n_) return decode_error("Expecting property name enclosed in double quotes", doc_, i);
      }
    } else if (i >= n_) {
      return decode_error("Expecting property name enclosed in double quotes", doc_, i);
    }
    *next = i + 1;
    depth_--;
    if (pairs) return call1(Value{s_->object_pairs_hook}, result);
    size_before = dict_size(result);
    if (!is_none(Value{s_->object_hook})) return call1(Value{s_->object_hook}, result);
    return result;
  }
};

Ref scanner_call(Value self, Args args) {
  auto* s = self.as<Scanner>();
  Value a[2] = {};
  static const char* const names[] = {"string", "idx"};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 2) return raise(PyExc_TypeError, "scan_once() takes at most 2 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = str_equals(name, names[0]) ? 0 : str_equals(name, names[1]) ? 1 : -1;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for scan_once()", name);
    a[at] = args.v[args.n + k];
  }
  for (int i = 0; i < 2; i++)
    if (!a[i]) return raise(PyExc_TypeError, "scan_once() missing required argument '%s' (pos %d)", names[i], i + 1);
  Py_ssize_t i, next = -1;
  if (!as_ssize(a[1], &i)) return {};
  if (!is_str(a[0])) return raise(PyExc_TypeError, "first argument must be a string, not %.80s", type_of(a[0])->tp_name);
  Ref memo = dict_new();
  if (!memo) return {};
  Ref v;
  CollectionPause pause(s->only_converts());
  int kind = str_kind(a[0]);
  if (kind == 1) v = Parser<uint8_t>(s, a[0], std::move(memo)).value(i, &next);
  else if (kind == 2) v = Parser<uint16_t>(s, a[0], std::move(memo)).value(i, &next);
  else v = Parser<uint32_t>(s, a[0], std::move(memo)).value(i, &next);
  if (!v) return {};
  return tuple_of({v, Value::from_int(next)});
}

Ref scanner_new(PyTypeObject* type, Args args) {
  Value context{};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords != 1)
    return args.n + keywords == 0 ? raise(PyExc_TypeError, "make_scanner() missing required argument 'context' (pos 1)")
                                  : raise(PyExc_TypeError, "make_scanner() takes at most 1 argument (%zu given)", args.n + keywords);
  context = args.v[0];
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  Ref r = Ref::steal(o);
  auto* s = reinterpret_cast<Scanner*>(o);
  Ref strict = getattr(context, "strict"_id);
  int t = strict ? is_true(strict) : -1;
  if (t < 0) return {};
  s->strict = t != 0;
  struct { PyObject** slot; PyObject* name; } fields[] = {
      {&s->object_hook, "object_hook"_id}, {&s->object_pairs_hook, "object_pairs_hook"_id}, {&s->parse_float, "parse_float"_id},
      {&s->parse_int, "parse_int"_id}, {&s->parse_constant, "parse_constant"_id}};
  for (auto& f : fields) {
    Ref v = getattr(context, f.name);
    if (!v) return {};
    *f.slot = to_c_steal(std::move(v));
  }
  return r;
}
void scanner_dealloc(PyObject* o) {
  auto* s = reinterpret_cast<Scanner*>(o);
  gc_untrack(o);
  for (PyObject* p : {s->object_hook, s->object_pairs_hook, s->parse_float, s->parse_int, s->parse_constant})
    if (p) adder::decref(p);
  Py_TYPE(o)->tp_free(o);
}
int scanner_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* s = reinterpret_cast<Scanner*>(o);
  for (PyObject* p : {s->object_hook, s->object_pairs_hook, s->parse_float, s->parse_int, s->parse_constant})
    if (p) ADDER_VISIT(p);
  return 0;
}
PyMemberDef scanner_members[] = {
    {"strict", T_BOOL, offsetof(Scanner, strict), READONLY, "strict"},
    {"object_hook", T_OBJECT, offsetof(Scanner, object_hook), READONLY, "object_hook"},
    {"object_pairs_hook", T_OBJECT, offsetof(Scanner, object_pairs_hook), READONLY, nullptr},
    {"parse_float", T_OBJECT, offsetof(Scanner, parse_float), READONLY, "parse_float"},
    {"parse_int", T_OBJECT, offsetof(Scanner, parse_int), READONLY, "parse_int"},
    {"parse_constant", T_OBJECT, offsetof(Scanner, parse_constant), READONLY, "parse_constant"},
    {nullptr, 0, 0, 0, nullptr}};

// --- Encoder --------------------------------------------------------------------------------------------------------------

struct Encoder {
  PyObject head;
  PyObject *markers, *default_function, *encoder, *indent, *key_separator, *item_separator;
  bool sort_keys, skipkeys, allow_nan;
  int fast;  // 1 ASCII, 2 plain: strings are escaped here
};

class Writer {
 public:
  Writer(Encoder* e, Output& out) : e_(e), out_(out) {}

  bool write(Value v) {
    if (is_str(v)) return string(v);
    if (v.is_int()) return integer(v);
    if (is_none(v)) return out_.add_ascii("null");
    if (v == boolean(true)) return out_.add_ascii("true");
    if (v == boolean(false)) return out_.add_ascii("false");
    if (is_int(v)) return integer(v);
    if (is_float(v)) {
      char text[kFloatRepr];
      size_t n = real(v, text);
      return n && out_.add_ascii({text, n});
    }
    if (is_list_or_tuple(v)) {
      RecursionGuard guard(" while encoding a JSON object");
      return guard.ok && array(v);
    }
    if (is_dict(v)) {
      RecursionGuard guard(" while encoding a JSON object");
      return guard.ok && object(v);
    }
    Ref key;
    if (!enter(v, &key)) return false;
    Ref replaced = call1(Value{e_->default_function}, v);
    if (!replaced) return false;
    {
      RecursionGuard guard(" while encoding a JSON object");
      if (!guard.ok || !write(replaced)) return false;
    }
    return leave(key);
  }

 private:
  Encoder* e_;
  Output& out_;

  bool enter(Value v, Ref* key) {
    if (is_none(Value{e_->markers})) return true;
    *key = id_of(v);
    if (!*key) return false;
    int seen = dict_contains(Value{e_->markers}, *key);
    if (seen < 0) return false;
    if (seen) return raise(PyExc_ValueError, "Circular reference detected");
    return dict_set(Value{e_->markers}, *key, v);
  }
  bool leave(const Ref& key) { return !key || dict_delete(Value{e_->markers}, key) >= 0; }

  bool string(Value s) {
    if (e_->fast) return add_escaped(out_, s, e_->fast == 1);
    Ref text = call1(Value{e_->encoder}, s);
    if (!text) return false;
    if (!is_str(text)) return raise(PyExc_TypeError, "encoder() must return a string, not %.80s", type_of(text)->tp_name);
    return out_.add(text);
  }
  bool integer(Value v) {
    if (v.is_int()) {
      char small[24];
      char* end = std::to_chars(small, small + sizeof small, v.as_int()).ptr;
      return out_.add_ascii({small, static_cast<size_t>(end - small)});
    }
    Ref text = int_to_text(v, 10, false);
    return text && out_.add(text);
  }
  // Into kFloatRepr characters; how many, 0: exception.
  size_t real(Value v, char* out) {
    double d = float_value(v);
    if (std::isfinite(d)) return float_repr(d, out);
    if (!e_->allow_nan) {
      raise(PyExc_ValueError, "Out of range float values are not JSON compliant");
      return 0;
    }
    std::string_view text = d > 0 ? "Infinity" : d < 0 ? "-Infinity" : "NaN";
    text.copy(out, text.size());
    return text.size();
  }

  bool array(Value v) {
    if (sequence_size(v) == 0) return out_.add_ascii("[]");
    Ref key;
    if (!enter(v, &key) || !out_.add_char('[')) return false;
    for (Py_ssize_t i = 0; i < sequence_size(v); i++) {
      if (i && !out_.add(Value{e_->item_separator})) return false;
      Ref item = Ref::copy(sequence_get(v, i));
      if (!write(item)) return false;
    }
    return leave(key) && out_.add_char(']');
  }

  // A key as a str: empty without exception to skip the item.
  Ref key_text(Value k) {
    if (is_str(k)) return Ref::copy(k);
    if (is_float(k)) {
      char text[kFloatRepr];
      size_t n = real(k, text);
      return n ? str_from_ascii({text, n}) : Ref{};
    }
    if (is_none(k)) return str_from_ascii("null");
    if (k == boolean(true)) return str_from_ascii("true");
    if (k == boolean(false)) return str_from_ascii("false");
    if (is_int(k)) return int_to_text(k, 10, false);
    if (e_->skipkeys) return {};
    return raise(PyExc_TypeError, "keys must be str, int, float, bool or None, not %.100s", type_of(k)->tp_name);
  }
  bool pair(Value k, Value v, bool* first) {
    Ref text = key_text(k);
    if (!text) return !error_occurred();
    if (!*first && !out_.add(Value{e_->item_separator})) return false;
    *first = false;
    return string(text) && out_.add(Value{e_->key_separator}) && write(v);
  }
  bool object(Value v) {
    if (dict_size(v) == 0) return out_.add_ascii("{}");
    Ref key;
    if (!enter(v, &key) || !out_.add_char('{')) return false;
    bool first = true;
    if (is_exact_dict(v) && !e_->sort_keys) {
      Py_ssize_t position = 0;
      Value k, item;
      while (dict_next(v, &position, &k, &item)) {
        Ref held_key = Ref::copy(k), held = Ref::copy(item);
        if (!pair(held_key, held, &first)) return false;
      }
    } else {
      Ref items = call_method(v, "items"_id);
      if (items) items = to_list(items);
      if (!items || (e_->sort_keys && !list_sort(items, none(), false))) return false;
      for (Py_ssize_t i = 0; i < list_size(items); i++) {
        Ref item = Ref::copy(list_get(items, i));
        if (!is_tuple(item) || tuple_size(item) != 2) return raise(PyExc_ValueError, "items must return 2-tuples");
        if (!pair(tuple_get(item, 0), tuple_get(item, 1), &first)) return false;
      }
    }
    return leave(key) && out_.add_char('}');
  }
};

Ref encoder_call(Value self, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords < 2) return raise(PyExc_TypeError, "_iterencode() missing required argument '%s' (pos %zu)", args.n + keywords ? "_current_indent_level" : "obj", args.n + keywords + 1);
  if (args.n + keywords > 2) return raise(PyExc_TypeError, "_iterencode() takes at most 2 arguments (%zu given)", args.n + keywords);
  Output out;
  if (!Writer(self.as<Encoder>(), out).write(args.v[0])) return {};
  Ref text = out.finish();
  return text ? tuple_of({text}) : Ref{};
}

Ref encoder_new(PyTypeObject* type, Args args) {
  static const char* const names[] = {"markers", "default", "encoder", "indent", "key_separator", "item_separator", "sort_keys", "skipkeys", "allow_nan"};
  Value a[9] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 9) return raise(PyExc_TypeError, "make_encoder() takes at most 9 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 9; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for make_encoder()", name);
    a[at] = args.v[args.n + k];
  }
  for (int i = 0; i < 9; i++)
    if (!a[i]) return raise(PyExc_TypeError, "make_encoder() missing required argument '%s' (pos %d)", names[i], i + 1);
  if (!is_dict(a[0]) && !is_none(a[0])) return raise(PyExc_TypeError, "make_encoder() argument 1 must be dict or None, not %.200s", type_of(a[0])->tp_name);
  for (int i : {4, 5})
    if (!is_str(a[i])) return raise(PyExc_TypeError, "make_encoder() argument %d must be str, not %N", i + 1, type_of(a[i]));
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  Ref r = Ref::steal(o);
  auto* e = reinterpret_cast<Encoder*>(o);
  PyObject** slots[] = {&e->markers, &e->default_function, &e->encoder, &e->indent, &e->key_separator, &e->item_separator};
  for (int i = 0; i < 6; i++) *slots[i] = to_c(a[i]);
  bool* flags[] = {&e->sort_keys, &e->skipkeys, &e->allow_nan};
  for (int i = 0; i < 3; i++) {
    int t = is_true(a[6 + i]);
    if (t < 0) return {};
    *flags[i] = t != 0;
  }
  e->fast = a[2] == Value{ascii_encoder} ? 1 : a[2] == Value{plain_encoder} ? 2 : 0;
  return r;
}
void encoder_dealloc(PyObject* o) {
  auto* e = reinterpret_cast<Encoder*>(o);
  gc_untrack(o);
  for (PyObject* p : {e->markers, e->default_function, e->encoder, e->indent, e->key_separator, e->item_separator})
    if (p) adder::decref(p);
  Py_TYPE(o)->tp_free(o);
}
int encoder_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* e = reinterpret_cast<Encoder*>(o);
  for (PyObject* p : {e->markers, e->default_function, e->encoder, e->indent})
    if (p) ADDER_VISIT(p);
  return 0;
}
PyMemberDef encoder_members[] = {
    {"markers", T_OBJECT, offsetof(Encoder, markers), READONLY, "markers"},
    {"default", T_OBJECT, offsetof(Encoder, default_function), READONLY, "default"},
    {"encoder", T_OBJECT, offsetof(Encoder, encoder), READONLY, "encoder"},
    {"indent", T_OBJECT, offsetof(Encoder, indent), READONLY, "indent"},
    {"key_separator", T_OBJECT, offsetof(Encoder, key_separator), READONLY, "key_separator"},
    {"item_separator", T_OBJECT, offsetof(Encoder, item_separator), READONLY, "item_separator"},
    {"sort_keys", T_BOOL, offsetof(Encoder, sort_keys), READONLY, "sort_keys"},
    {"skipkeys", T_BOOL, offsetof(Encoder, skipkeys), READONLY, "skipkeys"},
    {nullptr, 0, 0, 0, nullptr}};

const MethodRow functions[] = {
    method<m_encode_ascii>("encode_basestring_ascii", "", "encode_basestring_ascii(string) -> string"),
    method<m_encode>("encode_basestring", "", "encode_basestring(string) -> string"),
    method<m_scanstring>("scanstring", "", "scanstring(string, end, strict=True) -> (string, end)"),
    {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;

}  // namespace

extern const TypeDef scanner_def, encoder_def;
const TypeDef scanner_def = {
    .type = &scanner_type, .name = "_json.Scanner", .basicsize = sizeof(Scanner), .flags = kFlags, .doc = "JSON scanner object",
    .dealloc = &scanner_dealloc, .traverse = &scanner_traverse,
    .slots = {.tp_call = slot::Call<scanner_call>, .tp_new = slot::New<scanner_new>}, .members = scanner_members};
const TypeDef encoder_def = {
    .type = &encoder_type, .name = "_json.Encoder", .basicsize = sizeof(Encoder), .flags = kFlags,
    .doc = "Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)",
    .dealloc = &encoder_dealloc, .traverse = &encoder_traverse,
    .slots = {.tp_call = slot::Call<encoder_call>, .tp_new = slot::New<encoder_new>}, .members = encoder_members};

namespace {
bool exec(PyObject* module) {
  if (!ready_type(scanner_def) || !ready_type(encoder_def)) return false;
  Ref a = getattr(Value{module}, "encode_basestring_ascii"_id), b = getattr(Value{module}, "encode_basestring"_id);
  if (!a || !b) return false;
  per_interpreter(ascii_encoder);
  per_interpreter(plain_encoder);
  ascii_encoder = a.release().object();
  plain_encoder = b.release().object();
  at_interpreter_end([] {
    adder::decref(ascii_encoder);
    adder::decref(plain_encoder);
    ascii_encoder = plain_encoder = nullptr;
  });
  return module_add(module, "make_scanner", Ref::copy(&scanner_type)) && module_add(module, "make_encoder", Ref::copy(&encoder_type));
}
}  // namespace
}  // namespace json

extern const ModuleDef json_module{.name = "_json", .doc = "json speedups\n", .methods = json::functions, .exec = json::exec};

}  // namespace adder
