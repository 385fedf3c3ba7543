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

}  // namespace adder
