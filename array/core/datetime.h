// Dates (counts of a unit since 1970-01-01) and spans: the proleptic Gregorian calendar, units, text.
#pragma once

#include <string>

#include "array/core/dtype.h"

namespace adder::array {

inline constexpr std::int64_t kNaT = INT64_MIN;

const char* unit_name(Unit unit);
bool unit_named(const char* text, index_t length, Unit* out);

struct DateParts {
  std::int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t atto = 0;  // of a second, in 1e-18
};

std::int64_t days_of(std::int64_t year, int month, int day);
void date_of_days(std::int64_t days, std::int64_t* year, int* month, int* day);
// A count of multiple·unit taken apart, and back (floored). Generic units have no calendar.
DateParts parts_of(std::int64_t value, Unit unit, std::int32_t multiple);
bool value_of(const DateParts& parts, Unit unit, std::int32_t multiple, std::int64_t* out);  // false: overflow

// ISO 8601 as NumPy reads it: dates, times, a zone (told by *zoned), "NaT", "now", "today". *unit: the finest part given;
// false: no date.
bool parse_date(const char* text, index_t length, DateParts* parts, Unit* unit, bool* nat, bool* zoned);
// "2020-01-01T12:30"; "NaT".
std::string date_text(std::int64_t value, Unit unit, std::int32_t multiple);
index_t date_text_size(Unit unit);

// How many `to` one `from` is, as a fraction; false: months and days do not convert.
bool unit_ratio(const DType& from, const DType& to, std::int64_t* up, std::int64_t* down);
// The unit that both divide evenly; false: there is none.
bool common_unit(const DType& a, const DType& b, Unit* unit, std::int32_t* multiple);
bool can_cast_units(const DType& from, const DType& to, Casting casting);

}  // namespace adder::array
