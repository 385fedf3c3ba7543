// A span of time that a program gives: of a wait, of a timer.
#pragma once
#include <cstdint>
#include "object/object.h"

namespace adder {

inline constexpr int64_t kMillisecond = 1000000, kSecond = 1000000000;

// A number of `unit`s in nanoseconds; a part of one counts as a whole one, away from zero or (`ceiling`) upwards.
// ValueError for a NaN, OverflowError beyond 292 years, TypeError for what is no number.
bool duration_arg(Value v, int64_t unit, int64_t* nanoseconds, bool ceiling = false);

}  // namespace adder
