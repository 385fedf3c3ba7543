// float and complex: text, parsing, hashing, formatting.
#pragma once
#include <string>
#include <string_view>
#include "object/abi.h"

namespace adder {

inline Ref float_new(double d) { return Ref::from_double(d); }
// The double in a float or subclass (is_float). For any number use as_double (object.h).
inline double float_value(Value v) { return v.is_float() ? v.as_float() : v.as<PyFloatObject>()->ob_fval; }
Ref float_from_text(std::string_view text, Value for_message);   // float(str): strips, underscores, inf, nan; ValueError
Ref float_from_str(Value str);                                    // of a str: any decimal digits and spaces of Unicode
// The characters of a str as number parsers read them: decimal digits and spaces of Unicode become ASCII, any other
// non-ASCII character becomes '?'. false: MemoryError.
bool ascii_numerals(Value str, std::string* out);
bool parse_double(std::string_view ascii, double* out, size_t* used);  // a decimal literal at the start; no exception
std::string float_repr(double d);                                // shortest that reads back; '1.0', '1e+16', 'nan'
// C-like formatting: code one of e E f F g G r, precision, flags as PyOS_double_to_string.
std::string format_double(double d, char code, int precision, bool alternate, bool always_sign, bool add_dot_0);
Py_hash_t float_hash(double d);                                  // as int for integral values; nan is the caller's
double float_mod(double a, double b);                            // Python's %
double float_floor_divide(double a, double b);
Ref float_power(double a, double b);                             // ZeroDivisionError, complex for negative bases
Ref complex_new(double re, double im);
Py_complex complex_value(Value v);                               // of a complex
PyObject* float_box(double d);                                   // a real PyFloatObject. New reference

}  // namespace adder
