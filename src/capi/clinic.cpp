// Argument Clinic's binding for functions with *args, and the deprecated wide characters of str.
#include <cstring>
#include <cwchar>
// What CPython calls deprecated for its callers.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#include "capi/capi.h"
#include "memory/gc.h"
#include "object/containers.h"
#include "object/str.h"
#include "object/str_unready.h"

using namespace adder;
using namespace adder::capi;

// As _PyArg_UnpackKeywords; the positional arguments from `vararg` on arrive as a new tuple in buf[vararg], which the caller releases, and
// the parameters behind it one place further.
ADDER_API PyObject* const* _PyArg_UnpackKeywordsWithVararg(PyObject* const* args, Py_ssize_t n, PyObject* kwargs, PyObject* kwnames, _PyArg_Parser* p, int minpos,
                                                           int maxpos, int minkw, int vararg, PyObject** buf) {
  const char* const* keywords = p->keywords;
  int positional_only = 0, total;
  while (keywords[positional_only] && !*keywords[positional_only]) positional_only++;
  for (total = positional_only; keywords[total]; total++) {}
  const char* f = p->fname ? p->fname : p->format && strchr(p->format, ':') ? strchr(p->format, ':') + 1 : nullptr;
  const char *shown = f ? f : "function", *mark = f ? "()" : "";
  if (n < positional_only && n < minpos) {
    int least = positional_only < minpos ? positional_only : minpos;
    return raise(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, mark, least < maxpos ? "at least" : "exactly", least,
                 least == 1 ? "" : "s", n);
  }
  for (int i = 0; i <= total; i++) buf[i] = nullptr;
  Py_ssize_t direct = n < vararg ? n : vararg;
  for (Py_ssize_t i = 0; i < direct; i++) buf[i] = args[i];
  Ref rest = tuple_new(n - direct);
  if (!rest) return nullptr;
  for (Py_ssize_t i = direct; i < n; i++) tuple_init(rest, i - direct, Ref::copy(in(args[i])));
  auto place_of = [&](int keyword) { return keyword < vararg ? keyword : keyword + 1; };
  auto put = [&](Value key, PyObject* v) -> bool {
    if (!is_str(key)) return raise(PyExc_TypeError, "keywords must be strings");
    std::string_view text = str_utf8(key);
    for (int i = positional_only; i < total; i++) {
      if (text != keywords[i]) continue;
      PyObject*& place = buf[place_of(i)];
      if (place) return raise(PyExc_TypeError, "argument for %.200s%s given by name ('%U') and position (%d)", shown, mark, key, i + 1);
      place = v;
      return true;
    }
    return raise(PyExc_TypeError, "'%S' is an invalid keyword argument for %.200s%s", key, f ? f : "this function", mark);
  };
  if (kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(Value{kwnames}); i++) {
      if (!put(tuple_get(Value{kwnames}, i), args[n + i])) return nullptr;
    }
  } else if (kwargs) {
    if (!seen(kwargs)) return nullptr;
    Py_ssize_t position = 0;
    PyObject *k, *v;
    while (PyDict_Next(kwargs, &position, &k, &v)) {
      if (!put(in(k), v)) return nullptr;
    }
  }
  int required = minkw ? maxpos + minkw : minpos;
  for (int i = 0; i < required && i < total; i++) {
    if ((i < minpos || i >= maxpos) && !buf[place_of(i)]) {
      return raise(PyExc_TypeError, "%.200s%s missing required argument '%s' (pos %i)", shown, mark, keywords[i], i + 1);
    }
  }
  buf[vararg] = out(std::move(rest));
  return buf[vararg] ? buf : nullptr;
}

// The characters as wchar_t, kept in the object while it lives.
ADDER_API wchar_t* PyUnicode_AsUnicodeAndSize(PyObject* o, Py_ssize_t* size) {
  if (!PyUnicode_Check(o)) return PyErr_BadArgument(), nullptr;
  auto* s = reinterpret_cast<PyASCIIObject*>(o);
  Py_ssize_t n = PyUnicode_WSTR_LENGTH(o);
  if (!s->wstr) {
    n = str_length(Value{o});
    auto* w = static_cast<wchar_t*>(object_malloc((static_cast<size_t>(n) + 1) * sizeof(wchar_t)));
    if (!w) return raise_no_memory();
    for (Py_ssize_t i = 0; i < n; i++) w[i] = static_cast<wchar_t>(str_char(Value{o}, i));
    w[n] = 0;
    s->wstr = w;
    if (!s->state.ascii) reinterpret_cast<PyCompactUnicodeObject*>(o)->wstr_length = n;
  }
  if (size) *size = n;
  return s->wstr;
}
ADDER_API wchar_t* PyUnicode_AsUnicode(PyObject* o) { return PyUnicode_AsUnicodeAndSize(o, nullptr); }
// The same without embedded NULs.
ADDER_API const wchar_t* _PyUnicode_AsUnicode(PyObject* o) {
  Py_ssize_t n;
  const wchar_t* w = PyUnicode_AsUnicodeAndSize(o, &n);
  if (w && wcslen(w) != static_cast<size_t>(n)) return raise(PyExc_ValueError, "embedded null character");
  return w;
}
ADDER_API PyObject* PyUnicode_FromUnicode(const wchar_t* w, Py_ssize_t n) {
  if (w || n == 0) return PyUnicode_FromWideChar(w ? w : L"", n);
  if (!warn(PyExc_DeprecationWarning, 1, "PyUnicode_FromUnicode(NULL, size) is deprecated; use PyUnicode_New() instead")) return nullptr;
  if (n < 0) return PyErr_BadInternalCall(), nullptr;
  return out(str_unready(n));
}
