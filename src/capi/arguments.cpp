// modsupport.h: parsing of argument tuples by format, and building of values.
#include <cctype>
#include <cstdarg>
#include <cstring>
#include <string>
#include <vector>
// Formats u and Z give what CPython calls deprecated for its callers.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#include "capi/capi.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"

using namespace adder;
using namespace adder::capi;

namespace {

// --- Parsing ----------------------------------------------------------------------------------------------------------------------------------
// One format being worked through: what failed so far, and what must be undone if a later argument fails.
class Parser {
 public:
  Parser(const char* format, va_list* ap) : format_(format), ap_(ap) {
    // The function's name stands behind ':', a message behind ';'.
    if (const char* colon = strchr(format, ':')) function_ = colon + 1;
    else if (const char* semicolon = strchr(format, ';')) message_ = semicolon + 1;
  }
  // Converts one argument by the next format unit.
  bool convert(PyObject* arg, int number) {
    number_ = number;
    return unit(arg);
  }
  // Passes over the next unit, its addresses too.
  void skip() { unit(nullptr); }
  const char* rest() const { return format_; }
  void set_rest(const char* p) { format_ = p; }
  const char* function() const { return function_; }
  const char* message() const { return message_; }
  void undo() {
    for (auto& u : undo_) u.f(u.p);
    for (auto& c : cleanups_) c.f(nullptr, c.p);
    undo_.clear();
    cleanups_.clear();
  }

 private:
  struct Undo { void (*f)(void*); void* p; };

  template <class T>
  T* address() { return va_arg(*ap_, T*); }
  bool wrong(const char* expected, PyObject* arg) {
    const char* got = arg == Py_None ? "None" : Py_TYPE(arg)->tp_name;
    std::string text = std::string("must be ") + expected + ", not " + got;
    return complain(PyExc_TypeError, text.c_str());
  }
  bool complain(PyObject* type, const char* text) {
    if (message_) return raise(type, "%s", message_);
    if (number_ > 0) return raise(type, "%.200s%s argument %d %.256s", function_ ? function_ : "function", function_ ? "()" : "", number_, text);
    return raise(type, "%.200s%s argument %.256s", function_ ? function_ : "function", function_ ? "()" : "", text);
  }
  template <class T>
  bool integer(PyObject* arg, int64_t low, int64_t high, const char* below, const char* above) {
    T* p = address<T>();
    if (!arg) return true;
    Ref i = index(in(arg));
    int64_t n;
    if (!i) return false;
    int overflow = int_sign_overflow_i64(i, &n);
    if (overflow < 0 || (!overflow && n < low)) return raise(PyExc_OverflowError, below);
    if (overflow > 0 || n > high) return raise(PyExc_OverflowError, above);
    *p = static_cast<T>(n);
    return true;
  }
  template <class T>
  bool masked(PyObject* arg) {
    T* p = address<T>();
    if (!arg) return true;
    Ref i = index(in(arg));
    if (!i) return false;
    *p = static_cast<T>(int_as_u64_mask(i));
    return true;
  }
  bool buffer(PyObject* arg, Py_buffer* view, int flags, const char* expected) {
    // The exception of an object without a buffer stays as it is, save where a writable one is wanted.
    if (PyObject_GetBuffer(arg, view, flags) < 0) {
      if (flags & PyBUF_WRITABLE) {
        clear_error();
        return wrong("read-write bytes-like object", arg);
      }
      return false;
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
      PyBuffer_Release(view);
      return wrong("contiguous buffer", arg);
    }
    undo_.push_back({[](void* p) { PyBuffer_Release(static_cast<Py_buffer*>(p)); }, view});
    return true;
  }
  using Converter = int (*)(PyObject*, void*);
  void undo_cleanup(Converter f, void* p) { cleanups_.push_back({f, p}); }
  // Units up to the closing parenthesis of this level.
  static Py_ssize_t count_units(const char* f);
  bool unit(PyObject* arg);
  bool text(PyObject* arg, char code);
  bool encoded(PyObject* arg);
  bool wide(PyObject* arg, char code);

  const char* format_;
  va_list* ap_;
  const char* function_ = nullptr;
  const char* message_ = nullptr;
  int number_ = 0;
  std::vector<Undo> undo_;
  struct Cleanup { Converter f; void* p; };
  std::vector<Cleanup> cleanups_;
  std::vector<Ref> kept_;  // items of nested sequences that made new objects
};

// Length of one unit's text.
size_t unit_length(const char* f) {
  size_t n = 1;
  switch (*f) {
    case 's': case 'z': case 'y': case 'w': case 'u': case 'Z': return f[1] == '#' || f[1] == '*' ? 2 : 1;
    case 'e': n = 2; return f[n] == '#' ? n + 1 : n;
    case 'O': return f[1] == '!' || f[1] == '&' ? 2 : 1;
    case '(': {
      while (f[n] && f[n] != ')') n += unit_length(f + n);
      return n + 1;
    }
    default: return 1;
  }
}
Py_ssize_t Parser::count_units(const char* f) {
  Py_ssize_t n = 0;
  while (*f && *f != ')' && *f != ':' && *f != ';') {
    if (*f == '|' || *f == '$') {
      f++;
      continue;
    }
    f += unit_length(f);
    n++;
  }
  return n;
}

// s, z, y and their forms with '#' and '*'.
bool Parser::text(PyObject* arg, char code) {
  bool none_allowed = code == 'z';
  char form = *format_ == '*' || *format_ == '#' ? *format_++ : 0;
  const char* expected = code == 'y' ? "bytes-like object" : code == 'z' ? (form ? "str, bytes-like object or None" : "str or None") : form == '*' || form == '#' ? "str or bytes-like object" : "str";
  if (code == 'z' && form == '#') expected = "str, read-only bytes-like object or None";
  if (code == 's' && form == '#') expected = "str, read-only bytes-like object";
  if (code == 'y' && form == '#') expected = "read-only bytes-like object";
  if (form == '*') {
    auto* view = address<Py_buffer>();
    if (!arg) return true;
    if (none_allowed && arg == Py_None) {
      PyBuffer_FillInfo(view, nullptr, nullptr, 0, 1, 0);
      undo_.push_back({[](void* p) { PyBuffer_Release(static_cast<Py_buffer*>(p)); }, view});
      return true;
    }
    if (code != 'y' && PyUnicode_Check(arg)) {
      std::string_view s = str_utf8(Value{arg});
      if (!s.data()) return false;
      PyBuffer_FillInfo(view, arg, const_cast<char*>(s.data()), static_cast<Py_ssize_t>(s.size()), 1, 0);
      undo_.push_back({[](void* p) { PyBuffer_Release(static_cast<Py_buffer*>(p)); }, view});
      return true;
    }
    return buffer(arg, view, PyBUF_SIMPLE, code == 's' ? "str or bytes-like object" : expected);
  }
  auto** p = address<const char*>();
  Py_ssize_t* size = form == '#' ? address<Py_ssize_t>() : nullptr;
  if (!arg) return true;
  if (none_allowed && arg == Py_None) {
    *p = nullptr;
    if (size) *size = 0;
    return true;
  }
  std::string_view s;
  if (code != 'y' && PyUnicode_Check(arg)) {
    s = str_utf8(Value{arg});
    if (!s.data()) return false;
  } else if (form == '#' || code == 'y') {
    // Read-only exporters only: the memory must stay when the view is gone.
    PyBufferProcs* procs = Py_TYPE(arg)->tp_as_buffer;
    if (!procs || !procs->bf_getbuffer || procs->bf_releasebuffer) return wrong(procs && procs->bf_getbuffer ? "read-only bytes-like object" : expected, arg);
    Py_buffer view;
    if (PyObject_GetBuffer(arg, &view, PyBUF_SIMPLE) < 0) return false;
    s = {static_cast<const char*>(view.buf), static_cast<size_t>(view.len)};
    PyBuffer_Release(&view);
  } else {
    return wrong(expected, arg);
  }
  *p = s.data();
  if (size) *size = static_cast<Py_ssize_t>(s.size());
  else if (s.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, code == 'y' ? "embedded null byte" : "embedded null character");
  return true;
}
// u, Z, u#, Z#
bool Parser::wide(PyObject* arg, char code) {
  bool sized = *format_ == '#';
  if (sized) format_++;
  auto** p = address<const wchar_t*>();
  Py_ssize_t* size = sized ? address<Py_ssize_t>() : nullptr;
  if (!arg) return true;
  if (!warn(PyExc_DeprecationWarning, 1, "getargs: The '%c' format is deprecated. Use 'U' instead.", code)) return false;
  Py_ssize_t n = 0;
  if (code == 'Z' && arg == Py_None) {
    *p = nullptr;
  } else {
    if (!PyUnicode_Check(arg)) return wrong(code == 'Z' ? "str or None" : "str", arg);
    *p = sized ? PyUnicode_AsUnicodeAndSize(arg, &n) : _PyUnicode_AsUnicode(arg);
    if (!*p) return false;
  }
  if (size) *size = n;
  return true;
}
// es, et, es#, et#
bool Parser::encoded(PyObject* arg) {
  bool keep_bytes = *format_++ == 't';
  bool sized = *format_ == '#';
  if (sized) format_++;
  const char* encoding = va_arg(*ap_, const char*);
  char** p = address<char*>();
  Py_ssize_t* size = sized ? address<Py_ssize_t>() : nullptr;
  if (!arg) return true;
  Ref bytes;
  std::string_view s;
  if (keep_bytes && (PyBytes_Check(arg) || PyByteArray_Check(arg))) {
    s = PyBytes_Check(arg) ? bytes_view(Value{arg}) : std::string_view{bytearray_data(Value{arg}), static_cast<size_t>(bytearray_length(Value{arg}))};
  } else if (PyUnicode_Check(arg)) {
    bytes = str_encode(Value{arg}, encoding ? encoding : "utf-8", nullptr);
    if (!bytes) return false;
    s = bytes_view(bytes);
  } else {
    return wrong(keep_bytes ? "str, bytes or bytearray" : "str", arg);
  }
  if (sized && *p) {
    if (static_cast<Py_ssize_t>(s.size()) + 1 > *size) return raise(PyExc_ValueError, "encoded string too long (%zd, maximum length %zd)", static_cast<Py_ssize_t>(s.size()), *size - 1);
  } else {
    if (!sized && s.find('\0') != std::string_view::npos) return wrong("encoded string without null bytes", arg);
    *p = static_cast<char*>(PyMem_Malloc(s.size() + 1));
    if (!*p) return raise_no_memory();
    undo_.push_back({[](void* q) { PyMem_Free(*static_cast<char**>(q)); }, p});
  }
  memcpy(*p, s.data(), s.size());
  (*p)[s.size()] = 0;
  if (size) *size = static_cast<Py_ssize_t>(s.size());
  return true;
}
bool Parser::unit(PyObject* arg) {
  char code = *format_++;
  switch (code) {
    case 'b': return integer<unsigned char>(arg, 0, 255, "unsigned byte integer is less than minimum", "unsigned byte integer is greater than maximum");
    case 'B': return masked<unsigned char>(arg);
    case 'h': return integer<short>(arg, SHRT_MIN, SHRT_MAX, "signed short integer is less than minimum", "signed short integer is greater than maximum");
    case 'H': return masked<unsigned short>(arg);
    case 'i': return integer<int>(arg, INT_MIN, INT_MAX, "signed integer is less than minimum", "signed integer is greater than maximum");
    case 'I': return masked<unsigned>(arg);
    case 'l': return integer<long>(arg, LONG_MIN, LONG_MAX, "Python int too large to convert to C long", "Python int too large to convert to C long");
    case 'k': return masked<unsigned long>(arg);
    case 'L': return integer<long long>(arg, LLONG_MIN, LLONG_MAX, "int too big to convert", "int too big to convert");
    case 'K': return masked<unsigned long long>(arg);
    case 'n': return integer<Py_ssize_t>(arg, PY_SSIZE_T_MIN, PY_SSIZE_T_MAX, "Python int too large to convert to C ssize_t", "Python int too large to convert to C ssize_t");
    case 'p': {
      int* p = address<int>();
      if (!arg) return true;
      int truth = is_true(in(arg));
      if (truth < 0) return false;
      *p = truth;
      return true;
    }
    case 'c': {
      char* p = address<char>();
      if (!arg) return true;
      if (PyBytes_Check(arg) && Py_SIZE(arg) == 1) *p = bytes_data(Value{arg})[0];
      else if (PyByteArray_Check(arg) && bytearray_length(Value{arg}) == 1) *p = bytearray_data(Value{arg})[0];
      else return wrong("a byte string of length 1", arg);
      return true;
    }
    case 'C': {
      int* p = address<int>();
      if (!arg) return true;
      if (!PyUnicode_Check(arg) || str_length(Value{arg}) != 1) return wrong("a unicode character", arg);
      *p = static_cast<int>(str_char(Value{arg}, 0));
      return true;
    }
    case 'f': case 'd': {
      void* p = address<void>();
      double d;
      if (!arg) return true;
      if (!as_double(in(arg), &d)) return false;
      if (code == 'f') *static_cast<float*>(p) = static_cast<float>(d);
      else *static_cast<double*>(p) = d;
      return true;
    }
    case 'D': {
      auto* p = address<Py_complex>();
      if (!arg) return true;
      *p = PyComplex_AsCComplex(arg);
      return !error_occurred();
    }
    case 's': case 'z': case 'y': return text(arg, code);
    case 'e': return encoded(arg);
    case 'u': case 'Z': return wide(arg, code);
    case 'w': {
      if (*format_ == '*') format_++;
      auto* view = address<Py_buffer>();
      return !arg || buffer(arg, view, PyBUF_WRITABLE, "read-write bytes-like object");
    }
    case 'S': case 'Y': case 'U': {
      auto** p = address<PyObject*>();
      if (!arg) return true;
      bool fits = code == 'S' ? PyBytes_Check(arg) : code == 'Y' ? PyByteArray_Check(arg) : PyUnicode_Check(arg);
      if (!fits) return wrong(code == 'S' ? "bytes" : code == 'Y' ? "bytearray" : "str", arg);
      *p = arg;
      return true;
    }
    case 'O': {
      if (*format_ == '!') {
        format_++;
        auto* type = va_arg(*ap_, PyTypeObject*);
        auto** p = address<PyObject*>();
        if (!arg) return true;
        if (!PyType_IsSubtype(Py_TYPE(arg), type)) return wrong(type->tp_name, arg);
        *p = arg;
        return true;
      }
      if (*format_ == '&') {
        format_++;
        auto f = va_arg(*ap_, Converter);
        void* p = va_arg(*ap_, void*);
        if (!arg) return true;
        int r = f(arg, p);
        if (!r) return error_occurred() ? false : complain(PyExc_TypeError, "(unspecified)");
        if (r == Py_CLEANUP_SUPPORTED) undo_cleanup(f, p);
        return true;
      }
      auto** p = address<PyObject*>();
      if (arg) *p = arg;
      return true;
    }
    case '(': {
      // A nested sequence.
      bool ok = true;
      if (arg) {
        if (!PySequence_Check(arg) || PyBytes_Check(arg)) {
          ok = wrong((std::to_string(count_units(format_)) + "-item sequence").c_str(), arg);
        } else {
          Py_ssize_t n = PySequence_Size(arg);
          if (n != count_units(format_)) {
            std::string t = "must be sequence of length " + std::to_string(count_units(format_)) + ", not " + std::to_string(n);
            ok = complain(PyExc_TypeError, t.c_str());
          }
        }
      }
      Py_ssize_t i = 0;
      while (*format_ != ')' && *format_) {
        PyObject* item = nullptr;
        if (arg && ok) {
          item = PySequence_GetItem(arg, i++);
          if (!item) {
            clear_error();
            ok = complain(PyExc_TypeError, "is not retrievable");
          } else {
            kept_.push_back(Ref::steal(Value{item}));
          }
        }
        bool done = unit(ok ? item : nullptr);
        ok = ok && done;
      }
      if (*format_ == ')') format_++;
      return ok;
    }
    default: return raise(PyExc_SystemError, "impossible<bad format char> '%c'", code);
  }
}
}  // namespace

namespace {

bool format_ends(char c) { return c == 0 || c == ':' || c == ';'; }

struct Shape { int minimum = -1, maximum = 0; };
Shape shape_of(const char* f) {
  Shape s;
  while (!format_ends(*f)) {
    if (*f == '|') {
      s.minimum = s.maximum;
      f++;
    } else if (!isalpha(static_cast<unsigned char>(*f)) && *f != '(') {
      f++;  // '$', or what no unit begins with: told after the conversions
    } else {
      f += unit_length(f);
      s.maximum++;
    }
  }
  if (s.minimum < 0) s.minimum = s.maximum;
  return s;
}

int parse_words(PyObject* const* args, Py_ssize_t n, const char* format, va_list* ap) {
  Parser parser(format, ap);
  Shape shape = shape_of(format);
  if (n < shape.minimum || n > shape.maximum) {
    if (parser.message()) return (void)raise(PyExc_TypeError, "%s", parser.message()), 0;
    const char* relation = shape.minimum == shape.maximum ? "exactly" : n < shape.minimum ? "at least" : "at most";
    int wanted = n < shape.minimum ? shape.minimum : shape.maximum;
    const char* f = parser.function();
    (void)raise(PyExc_TypeError, "%.150s%s takes %s %d argument%s (%zd given)", f ? f : "function", f ? "()" : "", relation, wanted, wanted == 1 ? "" : "s", n);
    return 0;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    if (*parser.rest() == '|') parser.set_rest(parser.rest() + 1);
    if (!parser.convert(args[i], static_cast<int>(i) + 1)) {
      ErrorKeeper keep;
      parser.undo();
      return 0;
    }
  }
  const char* rest = parser.rest();
  if (!format_ends(*rest) && !isalpha(static_cast<unsigned char>(*rest)) && *rest != '(' && *rest != '|') {
    parser.undo();
    return (void)raise(PyExc_SystemError, "bad format string: %.200s", format), 0;
  }
  return 1;
}
int parse_tuple(PyObject* args, const char* format, va_list* ap) {
  if (!PyTuple_Check(args)) return (void)raise(PyExc_SystemError, "new style getargs format but argument is not a tuple"), 0;
  if (!seen(args)) return 0;
  return parse_words(reinterpret_cast<PyTupleObject*>(args)->ob_item, Py_SIZE(args), format, ap);
}
// METH_O-like: one object against a format of one unit.
int parse_one(PyObject* arg, const char* format, va_list* ap) {
  Parser parser(format, ap);
  if (shape_of(format).maximum == 1 && *format != '(') {
    if (parser.convert(arg, 0)) return 1;
    ErrorKeeper keep;
    parser.undo();
    return 0;
  }
  if (*format == '(') {
    if (parser.convert(arg, 0)) return 1;
    ErrorKeeper keep;
    parser.undo();
    return 0;
  }
  return parse_tuple(arg, format, ap);
}

// Positional arguments and a dict or kwnames, against a keyword list.
int parse_keywords(PyObject* const* args, Py_ssize_t n, PyObject* const* kwvalues, PyObject* kwnames, PyObject* kwargs, const char* format, const char* const* keywords, va_list* ap) {
  Parser parser(format, ap);
  int positional_only = 0, total = 0;
  while (keywords[positional_only] && !*keywords[positional_only]) positional_only++;
  for (total = positional_only; keywords[total]; total++) {}
  Py_ssize_t n_keywords = kwnames ? tuple_size(Value{kwnames}) : kwargs ? dict_size(Value{kwargs}) : 0;
  const char* f = parser.function();
  const char* shown = f ? f : "function";
  const char* call_mark = f ? "()" : "";
  auto fail = [&] {
    ErrorKeeper keep;
    parser.undo();
    return 0;
  };
  // Where '|' and '$' stand.
  int required = -1, keyword_only = -1, at = 0;
  for (const char* p = format; !format_ends(*p);) {
    if (*p == '|') { required = at; p++; }
    else if (*p == '$') { keyword_only = at; p++; }
    else { p += unit_length(p); at++; }
  }
  if (required < 0) required = total;
  if (keyword_only < 0) keyword_only = total;
  if (n + n_keywords > total)
    return (void)raise(PyExc_TypeError, "%.200s%s takes %s %d %sargument%s (%zd given)", shown, call_mark, required == total ? "exactly" : "at most", total, n_keywords == 0 && keyword_only == total ? "" : n == 0 && n_keywords ? "keyword " : "", total == 1 ? "" : "s", n + n_keywords), 0;
  if (n > keyword_only)
    return (void)raise(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, call_mark, required < keyword_only ? "at most" : "exactly", keyword_only, keyword_only == 1 ? "" : "s", n), 0;
  auto by_name = [&](const char* name) -> PyObject* {
    if (kwnames) {
      for (Py_ssize_t i = 0; i < n_keywords; i++) {
        if (str_equals(tuple_get(Value{kwnames}, i), name) || str_utf8(tuple_get(Value{kwnames}, i)) == name) return kwvalues[i];
      }
      return nullptr;
    }
    if (!kwargs) return nullptr;
    Ref key = str_from_utf8(name);
    return key ? borrowed_dict_value(kwargs, key) : nullptr;
  };
  Py_ssize_t used = 0;
  for (int i = 0; i < total; i++) {
    while (*parser.rest() == '|' || *parser.rest() == '$') parser.set_rest(parser.rest() + 1);
    PyObject* arg = nullptr;
    if (i < n) {
      arg = args[i];
      if (i >= positional_only && n_keywords && by_name(keywords[i])) {
        (void)raise(PyExc_TypeError, "argument for %.200s%s given by name ('%s') and position (%d)", shown, call_mark, keywords[i], i + 1);
        return fail();
      }
    } else if (i >= positional_only && used < n_keywords) {
      arg = by_name(keywords[i]);
      if (arg) used++;
      else if (error_occurred()) return fail();
    }
    if (arg) {
      if (!parser.convert(arg, i + 1)) return fail();
      continue;
    }
    if (i < required) {
      if (i < positional_only) (void)raise(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, call_mark, positional_only == required ? "exactly" : "at least", positional_only, positional_only == 1 ? "" : "s", n);
      else (void)raise(PyExc_TypeError, "%.200s%s missing required argument '%s' (pos %i)", shown, call_mark, keywords[i], i + 1);
      return fail();
    }
    parser.skip();
  }
  if (used < n_keywords) {
    // A keyword that is no parameter.
    auto check = [&](Value key) -> bool {
      if (!is_str(key)) return raise(PyExc_TypeError, "keywords must be strings");
      for (int i = positional_only; i < total; i++) {
        if (str_utf8(key) == keywords[i]) return true;
      }
      return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %.200s%s", key, f ? f : "this function", call_mark);
    };
    if (kwnames) {
      for (Py_ssize_t i = 0; i < n_keywords; i++) {
        if (!check(tuple_get(Value{kwnames}, i))) return fail();
      }
    } else {
      Py_ssize_t position = 0;
      Value key, v;
      while (dict_next(Value{kwargs}, &position, &key, &v)) {
        if (!check(key)) return fail();
      }
    }
  }
  return 1;
}
int parse_tuple_keywords(PyObject* args, PyObject* kwargs, const char* format, char** keywords, va_list* ap) {
  if (!PyTuple_Check(args) || (kwargs && !PyDict_Check(kwargs)) || !format || !keywords) return (void)bad_internal_call("PyArg_ParseTupleAndKeywords"), 0;
  if (!seen(args)) return 0;
  return parse_keywords(reinterpret_cast<PyTupleObject*>(args)->ob_item, Py_SIZE(args), nullptr, nullptr, kwargs, format, keywords, ap);
}

// --- Building -----------------------------------------------------------------------------------------------------------------------------------
PyObject* build(const char** f, va_list* ap);

// Items up to `end`, as a vector of owned references; false: one failed (all were consumed).
bool build_items(const char** f, va_list* ap, char end, std::vector<PyObject*>* items) {
  bool ok = true;
  for (;;) {
    while (**f == ',' || **f == ' ' || **f == ':' || **f == '\t') (*f)++;
    if (**f == end || **f == 0) break;
    PyObject* o = build(f, ap);
    if (!o) ok = false;
    items->push_back(o);
  }
  if (**f == end && end) (*f)++;
  if (!ok) {
    ErrorKeeper keep;
    for (PyObject* o : *items) Py_XDECREF(o);
    items->clear();
  }
  return ok;
}
PyObject* tuple_from(std::vector<PyObject*>& items) {
  PyObject* t = PyTuple_New(static_cast<Py_ssize_t>(items.size()));
  for (size_t i = 0; t && i < items.size(); i++) PyTuple_SET_ITEM(t, static_cast<Py_ssize_t>(i), items[i]);
  return t;
}
PyObject* build(const char** f, va_list* ap) {
  char code = *(*f)++;
  switch (code) {
    case '(': {
      std::vector<PyObject*> items;
      return build_items(f, ap, ')', &items) ? tuple_from(items) : nullptr;
    }
    case '[': {
      std::vector<PyObject*> items;
      if (!build_items(f, ap, ']', &items)) return nullptr;
      PyObject* l = PyList_New(static_cast<Py_ssize_t>(items.size()));
      for (size_t i = 0; l && i < items.size(); i++) PyList_SET_ITEM(l, static_cast<Py_ssize_t>(i), items[i]);
      return l;
    }
    case '{': {
      std::vector<PyObject*> items;
      if (!build_items(f, ap, '}', &items)) return nullptr;
      Ref d = dict_new();
      for (size_t i = 0; i + 1 < items.size(); i += 2) {
        if (d && !dict_set(d, in(items[i]), in(items[i + 1]))) d.reset();
      }
      for (PyObject* o : items) Py_DECREF(o);
      return out(std::move(d));
    }
    case 'b': case 'h': case 'i': case 'B': return PyLong_FromLong(va_arg(*ap, int));
    case 'H': return PyLong_FromLong(va_arg(*ap, unsigned));
    case 'I': return PyLong_FromUnsignedLong(va_arg(*ap, unsigned));
    case 'n': return PyLong_FromSsize_t(va_arg(*ap, Py_ssize_t));
    case 'l': return PyLong_FromLong(va_arg(*ap, long));
    case 'k': return PyLong_FromUnsignedLong(va_arg(*ap, unsigned long));
    case 'L': return PyLong_FromLongLong(va_arg(*ap, long long));
    case 'K': return PyLong_FromUnsignedLongLong(va_arg(*ap, unsigned long long));
    case 'd': case 'f': return PyFloat_FromDouble(va_arg(*ap, double));
    case 'D': return PyComplex_FromCComplex(*va_arg(*ap, Py_complex*));
    case 'c': {
      char c = static_cast<char>(va_arg(*ap, int));
      return PyBytes_FromStringAndSize(&c, 1);
    }
    case 'C': return PyUnicode_FromOrdinal(va_arg(*ap, int));
    case 'u': {
      const wchar_t* w = va_arg(*ap, wchar_t*);
      Py_ssize_t n = -1;
      if (**f == '#') {
        ++*f;
        n = va_arg(*ap, Py_ssize_t);
      }
      return w ? PyUnicode_FromWideChar(w, n) : none_ref().release().object();
    }
    case 's': case 'z': case 'U': case 'y': {
      const char* s = va_arg(*ap, const char*);
      Py_ssize_t n = -1;
      if (**f == '#') {
        ++*f;
        n = va_arg(*ap, Py_ssize_t);
      }
      if (!s) return none_ref().release().object();
      if (n < 0) n = static_cast<Py_ssize_t>(strlen(s));
      return code == 'y' ? PyBytes_FromStringAndSize(s, n) : PyUnicode_FromStringAndSize(s, n);
    }
    case 'N': case 'S': case 'O': {
      if (**f == '&') {
        ++*f;
        using Converter = PyObject* (*)(void*);
        auto convert = va_arg(*ap, Converter);
        return convert(va_arg(*ap, void*));
      }
      PyObject* o = va_arg(*ap, PyObject*);
      if (!o) return error_occurred() ? Failure{} : raise(PyExc_SystemError, "NULL object passed to Py_BuildValue");
      if (code != 'N') Py_INCREF(o);
      return o;
    }
    default: return raise(PyExc_SystemError, "bad format char passed to Py_BuildValue");
  }
}
PyObject* build_value(const char* f, va_list ap) {
  va_list copy;
  va_copy(copy, ap);
  std::vector<PyObject*> items;
  bool ok = build_items(&f, &copy, 0, &items);
  va_end(copy);
  if (!ok) return nullptr;
  if (items.empty()) return none_ref().release().object();
  return items.size() == 1 ? items[0] : tuple_from(items);
}
// Arguments of a call by format: a tuple (made of a single value too).
PyObject* build_arguments(const char* f, va_list ap) {
  if (!f || !*f) return PyTuple_New(0);
  va_list copy;
  va_copy(copy, ap);
  std::vector<PyObject*> items;
  bool ok = build_items(&f, &copy, 0, &items);
  va_end(copy);
  if (!ok) return nullptr;
  if (items.size() == 1 && PyTuple_Check(items[0])) return items[0];
  return tuple_from(items);
}

}  // namespace

#define ADDER_VARIADIC(LAST, CALL) \
  va_list ap;                      \
  va_start(ap, LAST);              \
  auto result = CALL;              \
  va_end(ap);                      \
  return result
#undef PyArg_ParseTuple
#undef _PyArg_ParseStack
#undef _PyArg_ParseStackAndKeywords
#undef _PyArg_ParseTupleAndKeywordsFast
#undef _PyArg_UnpackKeywords
#undef _PyArg_CheckPositional
#undef _PyArg_NoKeywords
#undef _PyArg_NoPositional
#undef _PyArg_NoKwnames
#undef _PyObject_CallFunction
#undef _PyObject_CallMethodId
#undef PyArg_Parse
#undef PyArg_ParseTupleAndKeywords
#undef PyArg_VaParse
#undef PyArg_VaParseTupleAndKeywords
#undef Py_BuildValue
#undef Py_VaBuildValue
#undef PyObject_CallFunction
#undef PyObject_CallMethod
// With PY_SSIZE_T_CLEAN the headers rename these to names that end in _SizeT; in 3.11 both forms behave alike but for '#' with int sizes,
// which no longer exists.
ADDER_API int PyArg_ParseTuple(PyObject* args, const char* f, ...) { ADDER_VARIADIC(f, parse_tuple(args, f, &ap)); }
ADDER_API int _PyArg_ParseTuple_SizeT(PyObject* args, const char* f, ...) { ADDER_VARIADIC(f, parse_tuple(args, f, &ap)); }
ADDER_API int PyArg_Parse(PyObject* arg, const char* f, ...) { ADDER_VARIADIC(f, parse_one(arg, f, &ap)); }
ADDER_API int _PyArg_Parse_SizeT(PyObject* arg, const char* f, ...) { ADDER_VARIADIC(f, parse_one(arg, f, &ap)); }
ADDER_API int PyArg_ParseTupleAndKeywords(PyObject* args, PyObject* kw, const char* f, char** names, ...) { ADDER_VARIADIC(names, parse_tuple_keywords(args, kw, f, names, &ap)); }
ADDER_API int _PyArg_ParseTupleAndKeywords_SizeT(PyObject* args, PyObject* kw, const char* f, char** names, ...) { ADDER_VARIADIC(names, parse_tuple_keywords(args, kw, f, names, &ap)); }
ADDER_API int PyArg_VaParse(PyObject* args, const char* f, va_list ap) {
  va_list copy;
  va_copy(copy, ap);
  int r = parse_tuple(args, f, &copy);
  va_end(copy);
  return r;
}
ADDER_API int PyArg_VaParseTupleAndKeywords(PyObject* args, PyObject* kw, const char* f, char** names, va_list ap) {
  va_list copy;
  va_copy(copy, ap);
  int r = parse_tuple_keywords(args, kw, f, names, &copy);
  va_end(copy);
  return r;
}
ADDER_API int _PyArg_VaParse_SizeT(PyObject* args, const char* f, va_list ap) { return PyArg_VaParse(args, f, ap); }
ADDER_API int _PyArg_VaParseTupleAndKeywords_SizeT(PyObject* args, PyObject* kw, const char* f, char** names, va_list ap) {
  return PyArg_VaParseTupleAndKeywords(args, kw, f, names, ap);
}
ADDER_API int _PyArg_ParseStack(PyObject* const* args, Py_ssize_t n, const char* f, ...) { ADDER_VARIADIC(f, parse_words(args, n, f, &ap)); }
ADDER_API int _PyArg_ParseStack_SizeT(PyObject* const* args, Py_ssize_t n, const char* f, ...) { ADDER_VARIADIC(f, parse_words(args, n, f, &ap)); }
namespace {
// A _PyArg_Parser's format names the function after ':'; the list of keywords is as above.
int parse_stack_keywords(PyObject* const* args, Py_ssize_t n, PyObject* kwnames, _PyArg_Parser* p, va_list* ap) {
  return parse_keywords(args, n, args + n, kwnames, nullptr, p->format, p->keywords, ap);
}
}  // namespace
ADDER_API int _PyArg_ParseStackAndKeywords(PyObject* const* args, Py_ssize_t n, PyObject* kwnames, _PyArg_Parser* p, ...) { ADDER_VARIADIC(p, parse_stack_keywords(args, n, kwnames, p, &ap)); }
ADDER_API int _PyArg_ParseStackAndKeywords_SizeT(PyObject* const* args, Py_ssize_t n, PyObject* kwnames, _PyArg_Parser* p, ...) { ADDER_VARIADIC(p, parse_stack_keywords(args, n, kwnames, p, &ap)); }
ADDER_API int _PyArg_ParseTupleAndKeywordsFast(PyObject* args, PyObject* kw, _PyArg_Parser* p, ...) {
  ADDER_VARIADIC(p, parse_tuple_keywords(args, kw, p->format, const_cast<char**>(p->keywords), &ap));
}
ADDER_API int _PyArg_ParseTupleAndKeywordsFast_SizeT(PyObject* args, PyObject* kw, _PyArg_Parser* p, ...) {
  ADDER_VARIADIC(p, parse_tuple_keywords(args, kw, p->format, const_cast<char**>(p->keywords), &ap));
}
// Argument Clinic's binding: keyword values into `buf` by parameter; borrowed.
ADDER_API PyObject* const* _PyArg_UnpackKeywords(PyObject* const* args, Py_ssize_t n, PyObject* kwargs, PyObject* kwnames, _PyArg_Parser* p, int minpos, int maxpos, int minkw, PyObject** buf) {
  const char* const* keywords = p->keywords;
  int positional_only = 0, total;
  while (keywords[positional_only] && !*keywords[positional_only]) positional_only++;
  for (total = positional_only; keywords[total]; total++) {}
  const char* f = p->fname ? p->fname : p->format && strchr(p->format, ':') ? strchr(p->format, ':') + 1 : nullptr;
  const char *shown = f ? f : "function", *mark = f ? "()" : "";
  Py_ssize_t n_keywords = kwnames ? tuple_size(Value{kwnames}) : kwargs ? dict_size(Value{kwargs}) : 0;
  if (kwargs && !seen(kwargs)) return nullptr;
  if (n_keywords == 0 && !kwargs && minkw == 0 && minpos <= n && n <= maxpos && maxpos == total && n == total) return args;
  PyObject* const* kwvalues = args + n;
  if (n + n_keywords > total)
    return raise(PyExc_TypeError, "%.200s%s takes %s %d %sargument%s (%zd given)", shown, mark, minpos + minkw == total ? "exactly" : "at most", total, n == 0 && n_keywords ? "keyword " : "", total == 1 ? "" : "s", n + n_keywords);
  if (n > maxpos)
    return maxpos == 0 ? raise(PyExc_TypeError, "%.200s%s takes no positional arguments", shown, mark)
                       : raise(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, mark, minpos < maxpos ? "at most" : "exactly", maxpos, maxpos == 1 ? "" : "s", n);
  if (n < positional_only && n < minpos) {
    int least = positional_only < minpos ? positional_only : minpos;
    return raise(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, mark, least < maxpos ? "at least" : "exactly", least, least == 1 ? "" : "s", n);
  }
  for (Py_ssize_t i = 0; i < total; i++) buf[i] = i < n ? args[i] : nullptr;
  auto place = [&](Value key, PyObject* v) -> bool {
    if (!is_str(key)) return raise(PyExc_TypeError, "keywords must be strings");
    std::string_view text = str_utf8(key);
    for (int i = positional_only; i < total; i++) {
      if (text != keywords[i]) continue;
      if (buf[i]) return raise(PyExc_TypeError, "argument for %.200s%s given by name ('%U') and position (%d)", shown, mark, key, i + 1);
      buf[i] = v;
      return true;
    }
    return raise(PyExc_TypeError, "'%S' is an invalid keyword argument for %.200s%s", key, f ? f : "this function", mark);
  };
  if (kwnames) {
    for (Py_ssize_t i = 0; i < n_keywords; i++) {
      if (!place(tuple_get(Value{kwnames}, i), kwvalues[i])) return nullptr;
    }
  } else if (kwargs) {
    Py_ssize_t position = 0;
    PyObject *k, *v;
    while (PyDict_Next(kwargs, &position, &k, &v)) {
      if (!place(in(k), v)) return nullptr;
    }
  }
  int required = minkw ? maxpos + minkw : minpos;
  for (int i = 0; i < required; i++) {
    bool needed = i < minpos || i >= maxpos;
    if (needed && !buf[i]) return raise(PyExc_TypeError, "%.200s%s missing required argument '%s' (pos %i)", shown, mark, keywords[i], i + 1);
  }
  return buf;
}
ADDER_API int _PyArg_CheckPositional(const char* f, Py_ssize_t n, Py_ssize_t min, Py_ssize_t max) {
  if (n < min) {
    (void)(f ? raise(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", f, min == max ? "" : "at least ", min, min == 1 ? "" : "s", n)
             : raise(PyExc_TypeError, "unpacked tuple should have %s%zd element%s, but has %zd", min == max ? "" : "at least ", min, min == 1 ? "" : "s", n));
    return 0;
  }
  if (n == 0) return 1;
  if (n > max) {
    (void)(f ? raise(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", f, min == max ? "" : "at most ", max, max == 1 ? "" : "s", n)
             : raise(PyExc_TypeError, "unpacked tuple should have %s%zd element%s, but has %zd", min == max ? "" : "at most ", max, max == 1 ? "" : "s", n));
    return 0;
  }
  return 1;
}
ADDER_API int _PyArg_NoKeywords(const char* f, PyObject* kwargs) {
  if (!kwargs || (PyDict_CheckExact(kwargs) && dict_size(Value{kwargs}) == 0)) return 1;
  (void)raise(PyExc_TypeError, "%.200s() takes no keyword arguments", f);
  return 0;
}
ADDER_API int _PyArg_NoPositional(const char* f, PyObject* args) {
  if (!args || Py_SIZE(args) == 0) return 1;
  (void)raise(PyExc_TypeError, "%.200s() takes no positional arguments", f);
  return 0;
}
ADDER_API int _PyArg_NoKwnames(const char* f, PyObject* names) {
  if (!names || Py_SIZE(names) == 0) return 1;
  (void)raise(PyExc_TypeError, "%s() takes no keyword arguments", f);
  return 0;
}
ADDER_API void _PyArg_BadArgument(const char* f, const char* name, const char* expected, PyObject* arg) {
  (void)raise(PyExc_TypeError, "%.200s() %.200s must be %.50s, not %.50s", f, name, expected, arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
}
ADDER_API int PyArg_UnpackTuple(PyObject* args, const char* f, Py_ssize_t min, Py_ssize_t max, ...) {
  if (!PyTuple_Check(args)) return (void)raise(PyExc_SystemError, "PyArg_UnpackTuple() argument list is not a tuple"), 0;
  if (!_PyArg_CheckPositional(f, Py_SIZE(args), min, max) || !seen(args)) return 0;
  va_list ap;
  va_start(ap, max);
  for (Py_ssize_t i = 0; i < Py_SIZE(args); i++) *va_arg(ap, PyObject**) = PyTuple_GET_ITEM(args, i);
  va_end(ap);
  return 1;
}
ADDER_API int _PyArg_UnpackStack(PyObject* const* args, Py_ssize_t n, const char* f, Py_ssize_t min, Py_ssize_t max, ...) {
  if (!_PyArg_CheckPositional(f, n, min, max)) return 0;
  va_list ap;
  va_start(ap, max);
  for (Py_ssize_t i = 0; i < n; i++) *va_arg(ap, PyObject**) = args[i];
  va_end(ap);
  return 1;
}
ADDER_API int PyArg_ValidateKeywordArguments(PyObject* kwargs) {
  if (!PyDict_Check(kwargs)) return (void)bad_internal_call("PyArg_ValidateKeywordArguments"), 0;
  Py_ssize_t position = 0;
  Value k, v;
  while (dict_next(Value{kwargs}, &position, &k, &v)) {
    if (!is_str(k)) return (void)raise(PyExc_TypeError, "keywords must be strings"), 0;
  }
  return 1;
}

ADDER_API PyObject* Py_BuildValue(const char* f, ...) { ADDER_VARIADIC(f, build_value(f, ap)); }
ADDER_API PyObject* _Py_BuildValue_SizeT(const char* f, ...) { ADDER_VARIADIC(f, build_value(f, ap)); }
ADDER_API PyObject* Py_VaBuildValue(const char* f, va_list ap) { return build_value(f, ap); }
ADDER_API PyObject* _Py_VaBuildValue_SizeT(const char* f, va_list ap) { return build_value(f, ap); }
namespace {
PyObject* call_built(Value callable, const char* f, va_list ap) {
  Ref args = Ref::steal(Value{build_arguments(f, ap)});
  return args ? out(call_tuple_dict(callable, args, Value{})) : nullptr;
}
PyObject* call_method_built(PyObject* o, const char* n, const char* f, va_list ap) {
  Ref key = name(n), method = key ? getattr(in(o), key.object()) : Ref{};
  return method ? call_built(method, f, ap) : nullptr;
}
}  // namespace
ADDER_API PyObject* PyObject_CallFunction(PyObject* o, const char* f, ...) { ADDER_VARIADIC(f, call_built(in(o), f, ap)); }
ADDER_API PyObject* _PyObject_CallFunction_SizeT(PyObject* o, const char* f, ...) { ADDER_VARIADIC(f, call_built(in(o), f, ap)); }
ADDER_API PyObject* PyObject_CallMethod(PyObject* o, const char* n, const char* f, ...) { ADDER_VARIADIC(f, call_method_built(o, n, f, ap)); }
ADDER_API PyObject* _PyObject_CallMethod_SizeT(PyObject* o, const char* n, const char* f, ...) { ADDER_VARIADIC(f, call_method_built(o, n, f, ap)); }
ADDER_API PyObject* PyEval_CallFunction(PyObject* o, const char* f, ...) { ADDER_VARIADIC(f, call_built(in(o), f, ap)); }
ADDER_API PyObject* PyEval_CallMethod(PyObject* o, const char* n, const char* f, ...) { ADDER_VARIADIC(f, call_method_built(o, n, f, ap)); }
ADDER_API PyObject* _PyObject_CallMethodId(PyObject* o, _Py_Identifier* id, const char* f, ...) { ADDER_VARIADIC(f, call_method_built(o, id->string, f, ap)); }
ADDER_API PyObject* _PyObject_CallMethodId_SizeT(PyObject* o, _Py_Identifier* id, const char* f, ...) { ADDER_VARIADIC(f, call_method_built(o, id->string, f, ap)); }
