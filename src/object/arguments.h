// Checks for functions that look at their arguments themselves (Args), with CPython's texts.
#pragma once
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/str.h"

namespace adder {

// "f() takes no keyword arguments".
inline bool reject_keywords(const char* function, Args args) {
  if (ADDER_UNLIKELY(args.kwnames && tuple_size(args.kwnames) > 0)) {
    return raise(PyExc_TypeError, "%s() takes no keyword arguments", function);
  }
  return true;
}

// "f expected at least 1 argument, got 0": between least and most positional arguments.
inline bool count_between(const char* function, size_t given, size_t least, size_t most) {
  if (ADDER_LIKELY(given >= least && given <= most)) return true;
  size_t n = given < least ? least : most;
  const char* how = least == most ? "" : given < least ? "at least " : "at most ";
  return raise(PyExc_TypeError, "%s expected %s%zu argument%s, got %zu", function, how, n, n == 1 ? "" : "s", given);
}
inline bool positional_only(const char* function, Args args, size_t least, size_t most) {
  return reject_keywords(function, args) && count_between(function, args.n, least, most);
}

// Takes keyword arguments by name into slots; any other is "'x' is an invalid keyword argument for f()".
struct Keyword {
  const char* name;
  Value* out;
};
inline bool take_keywords(const char* function, Args args, std::initializer_list<Keyword> known) {
  if (!args.kwnames) return true;
  for (Py_ssize_t i = 0, n = tuple_size(args.kwnames); i < n; i++) {
    Value name = tuple_get(args.kwnames, i);
    bool found = false;
    for (const Keyword& k : known) {
      if (str_equals(name, k.name)) {
        *k.out = args.v[args.n + static_cast<size_t>(i)];
        found = true;
        break;
      }
    }
    if (!found) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", name, function);
  }
  return true;
}

// Binds positional and keyword arguments to parameters: out[i] is the i-th, absent if not given. The first `required`
// must be given; those from `keyword_only` on only by keyword.
inline bool bind_arguments(const char* function, Args args, std::initializer_list<const char*> names, size_t required, Value* out,
                           size_t keyword_only = SIZE_MAX) {
  size_t n = names.size(), most = keyword_only < n ? keyword_only : n;
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (ADDER_UNLIKELY(args.n > most || args.n + keywords > n)) {
    size_t limit = args.n > most ? most : n, given = args.n > most ? args.n : args.n + keywords;
    return raise(PyExc_TypeError, "%s() takes at most %zu %sargument%s (%zu given)", function, limit, keyword_only < n ? "positional " : keywords && !args.n ? "keyword " : "", limit == 1 ? "" : "s", given);
  }
  for (size_t i = 0; i < n; i++) out[i] = i < args.n ? args.v[i] : Value{};
  Value unknown{};
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(args.kwnames, static_cast<Py_ssize_t>(k));
    size_t i = 0;
    while (i < n && !str_equals(name, names.begin()[i])) i++;
    if (i == n) {
      if (!unknown) unknown = name;
      continue;
    }
    if (i < args.n) {
      return raise(PyExc_TypeError, "argument for %s() given by name ('%s') and position (%zu)", function, names.begin()[i], i + 1);
    }
    out[i] = args.v[args.n + k];
  }
  for (size_t i = 0; i < required; i++) {
    if (!out[i]) return raise(PyExc_TypeError, "%s() missing required argument '%s' (pos %zu)", function, names.begin()[i], i + 1);
  }
  // What is missing is told before what is too much.
  if (unknown) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", unknown, function);
  return true;
}

}  // namespace adder
