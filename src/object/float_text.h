// Text of floats written where the caller wants it. The same as str objects and std::string: float.h.
#pragma once
#include "object/float.h"

namespace adder {

// float_repr into kFloatRepr characters; how many.
inline constexpr size_t kFloatRepr = 32;
size_t float_repr(double d, char* out);
// As printf's %.*f, into kFixedText characters; how many, or 0 for what format_double must do (large, many digits).
inline constexpr size_t kFixedText = 40;
size_t fixed_text(double d, Py_ssize_t precision, char* out);

}  // namespace adder
