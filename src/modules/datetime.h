// datetime's objects, in the layout of datetime.h, and what its files share.
#pragma once
#include "object/abi.h"
#include <datetime.h>
#include <string>
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::datetime {

extern PyTypeObject date_type, time_type, datetime_type, delta_type, tzinfo_type, timezone_type;
extern const TypeDef date_def, iso_calendar_def, time_def, datetime_def, delta_def, tzinfo_def, timezone_def;
extern Ref utc, epoch;

inline constexpr int kMinYear = 1, kMaxYear = 9999, kMaxOrdinal = 3652059, kMaxDeltaDays = 999999999;
inline constexpr int64_t kDaySeconds = 86400, kMicro = 1000000;

inline PyDateTime_Delta* delta(Value v) { return v.as<PyDateTime_Delta>(); }
inline PyDateTime_Date* date(Value v) { return v.as<PyDateTime_Date>(); }
inline PyDateTime_Time* time(Value v) { return v.as<PyDateTime_Time>(); }
inline PyDateTime_DateTime* stamp(Value v) { return v.as<PyDateTime_DateTime>(); }
inline bool is_delta(Value v) { return v.is_object() && is_instance_exactly(v, &delta_type); }
inline bool is_date(Value v) { return v.is_object() && is_instance_exactly(v, &date_type); }
inline bool is_time(Value v) { return v.is_object() && is_instance_exactly(v, &time_type); }
inline bool is_datetime(Value v) { return v.is_object() && is_instance_exactly(v, &datetime_type); }
inline bool is_tzinfo(Value v) { return v.is_object() && is_instance_exactly(v, &tzinfo_type); }
inline Value zone_of_time(Value v) { return time(v)->hastzinfo ? Value{time(v)->tzinfo} : none(); }
inline Value zone_of_stamp(Value v) { return stamp(v)->hastzinfo ? Value{stamp(v)->tzinfo} : none(); }

// The result of a comparison whose three-way outcome is `diff`.
inline Ref compare_result(int64_t diff, int op) {
  bool r = op == Py_LT ? diff < 0 : op == Py_LE ? diff <= 0 : op == Py_EQ ? diff == 0 : op == Py_NE ? diff != 0 : op == Py_GT ? diff > 0 : diff >= 0;
  return bool_ref(r);
}

// --- The calendar: days since 1 January of year 1, which is day 1 -------------------------------------------------------------------
bool is_leap(int year);
int days_in_month(int year, int month);
int days_before_month(int year, int month);
int days_before_year(int year);
int64_t to_ordinal(int year, int month, int day);
void from_ordinal(int64_t ordinal, int* year, int* month, int* day);
int weekday(int year, int month, int day);  // Monday is 0
int64_t iso_week1_monday(int year);
// Ordinal of an ISO calendar date; false with ValueError.
bool iso_to_ordinal(int year, int week, int day, int64_t* ordinal);

// --- Making -------------------------------------------------------------------------------------------------------------------------------
// Checked: ValueError out of range. `type` may be a subclass: its constructor is called then.
Ref new_date(int year, int month, int day, PyTypeObject* type = &date_type);
Ref new_time(int hour, int minute, int second, int micro, Value zone, int fold, PyTypeObject* type = &time_type);
Ref new_datetime(int year, int month, int day, int hour, int minute, int second, int micro, Value zone, int fold, PyTypeObject* type = &datetime_type);
Ref new_delta(int64_t days, int64_t seconds, int64_t micro, PyTypeObject* type = &delta_type);  // normalises; OverflowError
// Raw, the exact class or a subclass without calling its constructor.
Ref make_date(int year, int month, int day, PyTypeObject* type);
Ref make_time(int hour, int minute, int second, int micro, Value zone, int fold, PyTypeObject* type);
Ref make_datetime(int year, int month, int day, int hour, int minute, int second, int micro, Value zone, int fold, PyTypeObject* type);
// Their memory, whose fields the caller sets, all of them: an instance of the exact class holds what was there before.
template <class T>
T* allocate(PyTypeObject* type, PyTypeObject* exact) {
  return ADDER_LIKELY(type == exact) ? reinterpret_cast<T*>(object_new_raw(type, sizeof(T))) : new_object<T>(type);
}
bool check_date(int year, int month, int day);
bool check_time(int hour, int minute, int second, int micro, int fold);
bool check_zone(Value zone);
Ref delta_to_micro(Value d);                 // all microseconds, an int
Ref delta_from_micro(Value micro, PyTypeObject* type = &delta_type);
Ref make_timezone(Value offset, Value name_or_absent);

// --- tzinfo -----------------------------------------------------------------------------------------------------------------------------------
// zone.utcoffset(argument): a timedelta or none; TypeError, ValueError.
Ref call_utcoffset(Value zone, Value argument);
Ref call_dst(Value zone, Value argument);
Ref call_tzname(Value zone, Value argument);
// "+HH:MM[:SS[.ffffff]]", empty for none; false with an exception.
bool format_offset(std::string* out, Value zone, Value argument, const char* separator);
std::string format_offset_of(Value delta_value, const char* separator);

// --- Text -----------------------------------------------------------------------------------------------------------------------------------------
Ref wrap_strftime(Value object, Value format, Value timetuple, Value zone_argument);
bool append_time(std::string* out, int hour, int minute, int second, int micro, Value timespec_or_absent);
// "HH[:MM[:SS[.fff[fff]]]][+HH:MM…]": false: not of the form. has_offset: an offset stood there (seconds, microseconds).
bool parse_iso_time(std::string_view s, int* hour, int* minute, int* second, int* micro, bool* has_offset, bool* z, int64_t* offset_seconds, int* offset_micro);
bool parse_iso_date(std::string_view s, int* year, int* month, int* day);
Ref zone_of_offset(bool has_offset, bool z, int64_t seconds, int micro);
uint32_t pickled_state(Value state, size_t size, std::string* bytes);  // 1 if it is a valid pickle string of that size
bool int_field(Value v, int* out);           // TypeError for floats, OverflowError

}  // namespace adder::datetime
