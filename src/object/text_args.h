// Arguments that methods of str, bytes and bytearray parse alike.
#pragma once
#include "object/abi.h"
#include "object/error.h"

namespace adder {

// (sub[, start[, end]]) of find, count, startswith and their kin; bounds are not yet clipped to a length.
struct FindArgs {
  Value sub{};
  Py_ssize_t start = 0, end = PY_SSIZE_T_MAX;
};
bool parse_find_args(const char* type_name, const char* method, Args args, FindArgs* out);
// A slice bound: None or __index__, clipped to Py_ssize_t; absent or None leave *out.
bool slice_bound(Value v, Py_ssize_t* out);

}  // namespace adder
