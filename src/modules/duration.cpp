// A span of time that a program gives.
#include "modules/duration.h"
#include <cmath>
#include "object/error.h"
#include "object/float.h"
#include "object/int.h"

namespace adder {

bool duration_arg(Value v, int64_t unit, int64_t* nanoseconds, bool ceiling) {
  if (is_float(v)) {
    double d = float_value(v);
    if (std::isnan(d)) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    d *= static_cast<double>(unit);
    d = d >= 0 || ceiling ? std::ceil(d) : std::floor(d);
    if (d >= -0x1p63 && d < 0x1p63) {
      *nanoseconds = static_cast<int64_t>(d);
      return true;
    }
  } else {
    Ref i = index(v);
    int64_t n;
    if (!i) return false;
    if (int_sign_overflow_i64(i, &n) == 0 && !__builtin_mul_overflow(n, unit, nanoseconds)) return true;
  }
  return raise(PyExc_OverflowError, "timestamp too large to convert to C _PyTime_t");
}

}  // namespace adder
