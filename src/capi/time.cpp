// Time stamps between Python's numbers and C's structs (CPython's private _PyTime functions) beyond those in threads.cpp.
#include <cmath>
#include <ctime>
#include <limits>
#include <sys/time.h>
#include "capi/capi.h"
#include "object/float.h"
#include "object/int.h"

using namespace adder;
using namespace adder::capi;

namespace {

constexpr int64_t kSecond = 1000000000;

Failure out_of_range() { return raise(PyExc_OverflowError, "timestamp out of range for platform time_t"); }
double rounded(double d, _PyTime_round_t round) {
  switch (round) {
    case _PyTime_ROUND_FLOOR: return std::floor(d);
    case _PyTime_ROUND_CEILING: return std::ceil(d);
    case _PyTime_ROUND_UP: return d >= 0 ? std::ceil(d) : std::floor(d);
    default: return std::nearbyint(d);
  }
}
bool in_range(double d) { return d >= -9223372036854775808.0 && d < 9223372036854775808.0; }
bool whole_seconds(PyObject* o, time_t* out) {
  int64_t s;
  if (!as_i64(in(o), &s)) {
    if (!error_matches(PyExc_OverflowError)) return false;
    clear_error();
    return out_of_range();
  }
  *out = s;
  return true;
}
// Seconds and a fraction in units of 1/units.
int split(PyObject* o, time_t* seconds, long* fraction, double units, _PyTime_round_t round) {
  if (!PyFloat_Check(o)) {
    *fraction = 0;
    return status(whole_seconds(o, seconds));
  }
  double d = float_value(in(o)), whole;
  if (std::isnan(d)) {
    *fraction = 0;
    return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
  }
  double part = rounded(std::modf(d, &whole) * units, round);
  if (part >= units) {
    part -= units;
    whole += 1;
  } else if (part < 0) {
    part += units;
    whole -= 1;
  }
  if (!in_range(whole)) return out_of_range();
  *seconds = static_cast<time_t>(whole);
  *fraction = static_cast<long>(part);
  return 0;
}

}  // namespace

ADDER_API PyObject* _PyLong_FromTime_t(time_t t) { return out(int_from_i64(t)); }
ADDER_API _PyTime_t _PyTime_FromNanoseconds(_PyTime_t ns) { return ns; }
ADDER_API int _PyTime_ObjectToTime_t(PyObject* o, time_t* seconds, _PyTime_round_t round) {
  if (!PyFloat_Check(o)) return status(whole_seconds(o, seconds));
  double d = float_value(in(o));
  if (std::isnan(d)) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
  d = rounded(d, round);
  if (!in_range(d)) return out_of_range();
  *seconds = static_cast<time_t>(d);
  return 0;
}
ADDER_API int _PyTime_ObjectToTimeval(PyObject* o, time_t* seconds, long* us, _PyTime_round_t round) { return split(o, seconds, us, 1e6, round); }
ADDER_API int _PyTime_ObjectToTimespec(PyObject* o, time_t* seconds, long* ns, _PyTime_round_t round) { return split(o, seconds, ns, 1e9, round); }
ADDER_API void _PyTime_AsTimespec_clamp(_PyTime_t t, timespec* ts) {
  int64_t seconds = t / kSecond, rest = t % kSecond;
  if (rest < 0) {
    rest += kSecond;
    seconds--;
  }
  ts->tv_sec = seconds;
  ts->tv_nsec = rest;
}
ADDER_API void _PyTime_AsTimeval_clamp(_PyTime_t t, timeval* tv, _PyTime_round_t round) { _PyTime_AsTimeval(t, tv, round); }
