// Text signatures, parsed once: the parameters of a builtin, and the binding of Args to them.
#pragma once
#include "object/builtin.h"

namespace adder {

struct Signature {
  struct Parameter {
    PyObject* name;   // interned
    bool required;
  };
  Parameter* parameters = nullptr;
  uint16_t count = 0;            // all, `*args` and `**kwargs` included: the length of the bound array
  uint16_t positional = 0;       // that may be given by position
  uint16_t positional_only = 0;
  uint16_t required_positional = 0;  // leading ones without default
  int16_t varargs = -1, varkeywords = -1;  // index in the array
  bool only_positional = false;  // no keyword can be given at all
  // So many positional arguments alone, padded with absent ones, are what the function reads; none if first > last.
  uint16_t plain_first = 1, plain_last = 0;
};
inline constexpr size_t kMaxParameters = 40;

// Never null: a signature that cannot be read aborts at start-up in debug builds.
const Signature& signature_of(const MethodRow& row);

// Binds into `out` (at least kMaxParameters words, borrowed); a tuple of *args and a dict of **kwargs are kept by `extra`.
struct BoundExtra {
  Ref varargs, varkeywords;
};
bool bind(const MethodRow& row, const Signature& s, Args args, Value callable_or_absent, Value* out, BoundExtra* extra);

}  // namespace adder
