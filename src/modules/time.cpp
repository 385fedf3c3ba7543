// time: clocks, sleeping, broken-down time and its text.
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <string>
#include <pthread.h>
#include <unistd.h>
#include "modules/duration.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"

namespace adder {
namespace {

PyTypeObject* struct_time = nullptr;
const StructField fields[] = {{"tm_year", "year, for example, 1993"}, {"tm_mon", "month of year, range [1, 12]"}, {"tm_mday", "day of month, range [1, 31]"},
                              {"tm_hour", "hours, range [0, 23]"}, {"tm_min", "minutes, range [0, 59]"}, {"tm_sec", "seconds, range [0, 61])"},
                              {"tm_wday", "day of week, range [0, 6], Monday is 0"}, {"tm_yday", "day of year, range [1, 366]"},
                              {"tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"}, {"tm_zone", "abbreviation of timezone name"},
                              {"tm_gmtoff", "offset from UTC in seconds"}, {}};

// --- Clocks -------------------------------------------------------------------------------------------------------------------------------
double seconds(const timespec& t) { return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec); }
Ref nanoseconds(const timespec& t) { return int_from_i64(int64_t{t.tv_sec} * 1000000000 + t.tv_nsec); }
template <clockid_t clock>
Ref clock_float(Value) {
  timespec t;
  if (clock_gettime(clock, &t) < 0) return raise_errno(PyExc_OSError);
  return float_new(seconds(t));
}
template <clockid_t clock>
Ref clock_ns(Value) {
  timespec t;
  if (clock_gettime(clock, &t) < 0) return raise_errno(PyExc_OSError);
  return nanoseconds(t);
}
Ref clock_gettime_(Value, const Value* a) {
  int id;
  timespec t;
  if (!as_int(a[0], &id)) return Ref{};
  return clock_gettime(id, &t) < 0 ? raise_errno(PyExc_OSError) : float_new(seconds(t));
}
Ref clock_gettime_ns(Value, const Value* a) {
  int id;
  timespec t;
  if (!as_int(a[0], &id)) return Ref{};
  return clock_gettime(id, &t) < 0 ? raise_errno(PyExc_OSError) : nanoseconds(t);
}
Ref clock_getres_(Value, const Value* a) {
  int id;
  timespec t;
  if (!as_int(a[0], &id)) return Ref{};
  return clock_getres(id, &t) < 0 ? raise_errno(PyExc_OSError) : float_new(seconds(t));
}
// A time given in seconds, as whole seconds and nanoseconds (floor).
bool to_timespec(Value v, timespec* t) {
  if (is_float(v)) {
    double d = float_value(v), whole = std::floor(d);
    if (std::isnan(d)) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    if (!(whole >= -9.2e18 && whole < 9.2e18)) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
    t->tv_sec = static_cast<time_t>(whole);
    t->tv_nsec = static_cast<long>((d - whole) * 1e9);
    return true;
  }
  int64_t s;
  Ref i = index(v);
  if (!i) return false;
  if (int_sign_overflow_i64(i, &s) != 0) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
  *t = {static_cast<time_t>(s), 0};
  return true;
}
Ref clock_settime_(Value, const Value* a) {
  int id;
  timespec t;
  if (!as_int(a[0], &id) || !to_timespec(a[1], &t)) return Ref{};
  return clock_settime(id, &t) < 0 ? raise_errno(PyExc_OSError) : none_ref();
}
Ref clock_settime_ns(Value, const Value* a) {
  int id;
  int64_t ns;
  if (!as_int(a[0], &id) || !as_i64(a[1], &ns)) return Ref{};
  timespec t{ns / 1000000000, ns % 1000000000};
  return clock_settime(id, &t) < 0 ? raise_errno(PyExc_OSError) : none_ref();
}
Ref pthread_getcpuclockid_(Value, const Value* a) {
  uint64_t thread;
  clockid_t id;
  Ref thread_id = index(a[0]);
  if (!thread_id) return Ref{};
  thread = int_as_u64_mask(thread_id);
  int error = pthread_getcpuclockid(static_cast<pthread_t>(thread), &id);
  errno = error;
  return error ? raise_errno(PyExc_OSError) : int_from_i64(id);
}
Ref get_clock_info(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "get_clock_info() argument 1 must be str, not %.200s", type_of(a[0])->tp_name);
  struct { const char* name; clockid_t id; const char* text; bool monotonic, adjustable; } clocks[] = {
      {"time", CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true},
      {"monotonic", CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false},
      {"perf_counter", CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false},
      {"process_time", CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false},
      {"thread_time", CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false}};
  for (auto& c : clocks) {
    if (!str_equals(a[0], c.name)) continue;
    timespec t;
    clock_getres(c.id, &t);
    Ref text = str_from_ascii(c.text);
    Ref names = tuple_of({Value{"implementation"_id}, Value{"monotonic"_id}, Value{"adjustable"_id}, Value{"resolution"_id}});
    Value v[] = {text, boolean(c.monotonic), boolean(c.adjustable), Value::from_double(seconds(t))};
    return call(Value{&_PyNamespace_Type}, Args{v, 0, names.object()});
  }
  return raise(PyExc_ValueError, "unknown clock");
}
Ref sleep_(Value, Value v) {
  timespec end;
  int64_t span;
  if (!duration_arg(v, kSecond, &span)) return Ref{};
  if (span < 0) return raise(PyExc_ValueError, "sleep length must be non-negative");
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += span / kSecond;
  end.tv_nsec += span % kSecond;
  if (end.tv_nsec >= kSecond) {
    end.tv_nsec -= kSecond;
    end.tv_sec++;
  }
  for (;;) {
    int error;
    {
      ReleaseGil release;
      error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr);
    }
    if (error == 0) return none_ref();
    if (error != EINTR) {
      errno = error;
      return raise_errno(PyExc_OSError);
    }
    if (breaker_set() && !poll_breaker(this_thread())) return Ref{};
  }
}

// --- Broken-down time -----------------------------------------------------------------------------------------------------------------------
Ref from_tm(const tm& t) {
  Ref r = struct_sequence_new(struct_time);
  int64_t v[] = {int64_t{t.tm_year} + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (t.tm_wday + 6) % 7, t.tm_yday + 1, t.tm_isdst};
  for (int i = 0; r && i < 9; i++) {
    if (!struct_sequence_set(r, i, int_from_i64(v[i]))) return Ref{};
  }
  if (!r || !struct_sequence_set(r, 9, t.tm_zone ? str_decode_fs(t.tm_zone) : none_ref()) || !struct_sequence_set(r, 10, int_from_i64(t.tm_gmtoff))) return Ref{};
  return r;
}
// Nine numbers as struct tm; the tuple forms of asctime, mktime and strftime.
bool to_tm(Value v, tm* t, const char* function) {
  if (!is_tuple(v)) return raise(PyExc_TypeError, "Tuple or struct_time argument required");
  if (tuple_size(v) != 9 && type_of(v) != struct_time)
    return raise(PyExc_TypeError, "%s: illegal time tuple argument", function);
  int part[9];
  for (int i = 0; i < 9; i++) {
    Ref item = Ref::copy(tuple_get(v, i));
    if (!as_int(item, &part[i])) return false;
  }
  *t = {};
  if (part[0] < INT32_MIN + 1900) return raise(PyExc_OverflowError, "year out of range");
  t->tm_year = part[0] - 1900;
  t->tm_mon = part[1] - 1;
  t->tm_mday = part[2];
  t->tm_hour = part[3];
  t->tm_min = part[4];
  t->tm_sec = part[5];
  t->tm_wday = (part[6] + 1) % 7;
  t->tm_yday = part[7] - 1;
  t->tm_isdst = part[8];
  if (type_of(v) == struct_time) {
    Ref zone = getattr(v, "tm_zone"_id), offset = getattr(v, "tm_gmtoff"_id);
    if (!zone || !offset) return false;
    if (is_str(zone)) t->tm_zone = str_utf8(zone).data();
    int64_t n;
    if (is_int(offset) && int_as_i64(offset, &n)) t->tm_gmtoff = n;
  }
  return true;
}
// Ranges that strftime needs; zeros in month and day are taken for the first.
bool check_tm(tm* t) {
  if (t->tm_mon == -1) t->tm_mon = 0;
  else if (t->tm_mon < 0 || t->tm_mon > 11) return raise(PyExc_ValueError, "month out of range");
  if (t->tm_mday == 0) t->tm_mday = 1;
  else if (t->tm_mday < 0 || t->tm_mday > 31) return raise(PyExc_ValueError, "day of month out of range");
  if (t->tm_hour < 0 || t->tm_hour > 23) return raise(PyExc_ValueError, "hour out of range");
  if (t->tm_min < 0 || t->tm_min > 59) return raise(PyExc_ValueError, "minute out of range");
  if (t->tm_sec < 0 || t->tm_sec > 61) return raise(PyExc_ValueError, "seconds out of range");
  if (t->tm_wday < 0) return raise(PyExc_ValueError, "day of week out of range");
  if (t->tm_yday == -1) t->tm_yday = 0;
  else if (t->tm_yday < 0 || t->tm_yday > 365) return raise(PyExc_ValueError, "day of year out of range");
  return true;
}
bool time_arg(Value v, time_t* out) {
  if (v.absent() || is_none(v)) {
    *out = time(nullptr);
    return true;
  }
  timespec t;
  if (!to_timespec(v, &t)) return false;
  *out = t.tv_sec;
  return true;
}
Ref gmtime_(Value, const Value* a) {
  time_t when;
  tm t;
  if (!time_arg(a[0], &when)) return Ref{};
  if (!gmtime_r(&when, &t)) return raise_errno(PyExc_OSError);
  t.tm_zone = "UTC";
  return from_tm(t);
}
Ref localtime_(Value, const Value* a) {
  time_t when;
  tm t;
  if (!time_arg(a[0], &when)) return Ref{};
  if (!localtime_r(&when, &t)) return raise_errno(PyExc_OSError);
  return from_tm(t);
}
bool now_tm(Value v, tm* t, const char* function) {
  if (v.absent()) {
    time_t when = time(nullptr);
    localtime_r(&when, t);
    return true;
  }
  return to_tm(v, t, function);
}
Ref asctime_text(const tm& t) {
  static const char* const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[128];
  snprintf(text, sizeof text, "%s %s%3d %.2d:%.2d:%.2d %d", days[t.tm_wday], months[t.tm_mon], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, 1900 + t.tm_year);
  return str_from_ascii(text);
}
Ref asctime_(Value, const Value* a) {
  tm t;
  return now_tm(a[0], &t, "asctime()") && check_tm(&t) ? asctime_text(t) : Ref{};
}
Ref ctime_(Value, const Value* a) {
  time_t when;
  tm t;
  if (!time_arg(a[0], &when)) return Ref{};
  return localtime_r(&when, &t) ? asctime_text(t) : raise_errno(PyExc_OSError);
}
Ref mktime_(Value, Value v) {
  tm t;
  if (!to_tm(v, &t, "mktime()")) return Ref{};
  t.tm_wday = -1;
  time_t when = mktime(&t);
  if (when == -1 && t.tm_wday == -1) return raise(PyExc_OverflowError, "mktime argument out of range");
  return float_new(static_cast<double>(when));
}
Ref strftime_(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "strftime() argument 1 must be str, not %.200s", type_of(a[0])->tp_name);
  for (Py_ssize_t i = 0; i < str_length(a[0]); i++) {
    if (str_char(a[0], i) == 0) return raise(PyExc_ValueError, "embedded null character");
  }
  tm t;
  if (!now_tm(a[1], &t, "strftime()") || !check_tm(&t)) return Ref{};
  if (t.tm_isdst < -1) t.tm_isdst = -1;
  else if (t.tm_isdst > 1) t.tm_isdst = 1;
  std::string format;
  Ref encoded = str_encode_utf8(a[0], "surrogateescape");
  if (!encoded) return Ref{};
  format.assign(reinterpret_cast<PyBytesObject*>(encoded.object())->ob_sval, static_cast<size_t>(Py_SIZE(encoded.object())));
  // NULs end the C format: each piece is formatted for itself.
  std::string out;
  for (size_t start = 0; start <= format.size();) {
    size_t end = format.find('\0', start);
    if (end == std::string::npos) end = format.size();
    std::string piece = format.substr(start, end - start);
    if (!piece.empty()) {
      std::string buffer(piece.size() * 8 + 256, '\0');
      for (;;) {
        size_t n = strftime(buffer.data(), buffer.size(), (piece + " ").c_str(), &t);  // the blank tells empty results from failure
        if (n > 0) {
          out.append(buffer.data(), n - 1);
          break;
        }
        if (buffer.size() > 256 * (piece.size() + 64)) return raise(PyExc_ValueError, "Invalid format string");
        buffer.resize(buffer.size() * 2);
      }
    }
    if (end < format.size()) out += '\0';
    start = end + 1;
  }
  return str_decode_fs(out);
}
Ref strptime_(Value, Args args) {
  Ref module = import_module("_strptime");
  Ref f = module ? getattr(module, "_strptime_time"_id) : Ref{};
  return f ? call(f, args) : Ref{};
}
bool set_zone(PyObject* module) {
  tzset();
  // Offsets of standard and summer time, from January and July of this year.
  time_t now = time(nullptr);
  tm year;
  gmtime_r(&now, &year);
  tm january{}, july{};
  time_t base = now - int64_t{year.tm_yday} * 86400, middle = base + int64_t{182} * 86400;
  localtime_r(&base, &january);
  localtime_r(&middle, &july);
  bool southern = january.tm_gmtoff > july.tm_gmtoff;
  const tm &standard = southern ? july : january, &summer = southern ? january : july;
  Ref a = str_decode_fs(standard.tm_zone), b = str_decode_fs(summer.tm_zone);
  return a && b && module_add_int(module, "timezone", -standard.tm_gmtoff) && module_add_int(module, "altzone", -summer.tm_gmtoff) &&
         module_add_int(module, "daylight", standard.tm_gmtoff != summer.tm_gmtoff) && module_add(module, "tzname", tuple_of({a, b}));
}
Ref tzset_(Value module) { return set_zone(module.object()) ? none_ref() : Ref{}; }

const MethodRow functions[] = {
    method<clock_float<CLOCK_REALTIME>>("time", "", "time() -> floating point number\n\nReturn the current time in seconds since the Epoch.\nFractions of a second may be present if the system clock provides them."),
    method<clock_ns<CLOCK_REALTIME>>("time_ns", "", "time_ns() -> int\n\nReturn the current time in nanoseconds since the Epoch."),
    method<clock_float<CLOCK_MONOTONIC>>("monotonic", "", "monotonic() -> float\n\nMonotonic clock, cannot go backward."),
    method<clock_ns<CLOCK_MONOTONIC>>("monotonic_ns", "", "monotonic_ns() -> int\n\nMonotonic clock, cannot go backward, as nanoseconds."),
    method<clock_float<CLOCK_MONOTONIC>>("perf_counter", "", "perf_counter() -> float\n\nPerformance counter for benchmarking."),
    method<clock_ns<CLOCK_MONOTONIC>>("perf_counter_ns", "", "perf_counter_ns() -> int\n\nPerformance counter for benchmarking as nanoseconds."),
    method<clock_float<CLOCK_PROCESS_CPUTIME_ID>>("process_time", "", "process_time() -> float\n\nProcess time for profiling: sum of the kernel and user-space CPU time."),
    method<clock_ns<CLOCK_PROCESS_CPUTIME_ID>>("process_time_ns", "", "process_time() -> int\n\nProcess time for profiling as nanoseconds:\nsum of the kernel and user-space CPU time."),
    method<clock_float<CLOCK_THREAD_CPUTIME_ID>>("thread_time", "", "thread_time() -> float\n\nThread time for profiling: sum of the kernel and user-space CPU time."),
    method<clock_ns<CLOCK_THREAD_CPUTIME_ID>>("thread_time_ns", "", "thread_time() -> int\n\nThread time for profiling as nanoseconds:\nsum of the kernel and user-space CPU time."),
    method<clock_gettime_>("clock_gettime", "($module, clk_id, /)", "Return the time of the specified clock clk_id."),
    method<clock_gettime_ns>("clock_gettime_ns", "($module, clk_id, /)", "Return the time of the specified clock clk_id as nanoseconds."),
    method<clock_getres_>("clock_getres", "($module, clk_id, /)", "Return the resolution (precision) of the specified clock clk_id."),
    method<clock_settime_>("clock_settime", "($module, clk_id, time, /)", "Set the time of the specified clock clk_id."),
    method<clock_settime_ns>("clock_settime_ns", "($module, clk_id, time, /)", "Set the time of the specified clock clk_id with nanoseconds."),
    method<pthread_getcpuclockid_>("pthread_getcpuclockid", "($module, thread_id, /)", "Return the clk_id of a thread's CPU time clock."),
    method<get_clock_info>("get_clock_info", "($module, name, /)", "Get information of the specified clock."),
    method<sleep_>("sleep", "", "sleep(seconds)\n\nDelay execution for a given number of seconds.  The argument may be\na floating point number for subsecond precision."),
    method<gmtime_>("gmtime", "($module, seconds=None, /)", "Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT)."),
    method<localtime_>("localtime", "($module, seconds=None, /)", "Convert seconds since the Epoch to a time tuple expressing local time."),
    method<asctime_>("asctime", "($module, tuple=<unrepresentable>, /)", "Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'."),
    method<ctime_>("ctime", "($module, seconds=None, /)", "Convert a time in seconds since the Epoch to a string in local time."),
    method<mktime_>("mktime", "", "mktime(tuple) -> floating point number\n\nConvert a time tuple in local time to seconds since the Epoch."),
    method<strftime_>("strftime", "($module, format, tuple=<unrepresentable>, /)", "Convert a time tuple to a string according to a format specification."),
    method<strptime_>("strptime", "", "strptime(string, format) -> struct_time\n\nParse a string to a time tuple according to a format specification."),
    method<tzset_>("tzset", "", "tzset()\n\nInitialize, or reinitialize, the local timezone to the value stored in\nos.environ['TZ']."),
    {}};

bool exec(PyObject* module) {
  if (!struct_time)
    struct_time = struct_sequence_type({"time.struct_time", "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().", fields, 9});
  struct { const char* name; int id; } clocks[] = {{"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC}, {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
                                                   {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID}, {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID},
                                                   {"CLOCK_BOOTTIME", CLOCK_BOOTTIME}, {"CLOCK_TAI", CLOCK_TAI}};
  for (auto& c : clocks) {
    if (!module_add_int(module, c.name, c.id)) return false;
  }
  return struct_time && module_add(module, "struct_time", Ref::copy(Value{struct_time})) && module_add_int(module, "_STRUCT_TM_ITEMS", 11) && set_zone(module);
}

}  // namespace

extern const ModuleDef time_module;
const ModuleDef time_module{.name = "time", .doc = "This module provides various functions to manipulate time values.", .methods = functions, .exec = exec};

}  // namespace adder
