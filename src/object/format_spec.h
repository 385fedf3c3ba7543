// The format mini-language, [[fill]align][sign][z][#][0][width][grouping][.precision][type], shared by str, int, float
// and complex.
#pragma once
#include "object/abi.h"

namespace adder {

struct FormatSpec {
  uint32_t fill = ' ';
  char align = 0;           // '<' '>' '^' '=' or 0: the type's default
  bool align_given = false;
  char sign = 0;            // '+', '-', ' ' or 0
  bool no_negative_zero = false;  // z
  bool alternate = false;   // #
  Py_ssize_t width = -1;
  char grouping = 0;        // ',' '_' 'n' or 0
  Py_ssize_t precision = -1;
  uint32_t type = 0;        // presentation character; the default where none is given
};

// Parses `spec` (a str). ValueError with CPython's texts.
bool parse_format_spec(Value spec, FormatSpec* out, uint32_t default_type, char default_align, Value formatted);

Ref format_int(Value v, Value spec);      // is_int
Ref format_float(double d, Value spec);
Ref format_complex(Py_complex c, Value spec);
Ref format_str(Value s, Value spec);

}  // namespace adder
