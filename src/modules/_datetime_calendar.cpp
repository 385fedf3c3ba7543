// datetime: the proleptic Gregorian calendar, text of times, tzinfo calls: what all the types share.
#include <cmath>
#include <cstring>
#include "modules/datetime.h"
#include "runtime/interpreter.h"

namespace adder::datetime {

static const int kDaysInMonth[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static const int kDaysBefore[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

bool is_leap(int year) {
  auto y = static_cast<unsigned>(year);
  return y % 4 == 0 && (y % 25 != 0 || y % 16 == 0);
}
int days_in_month(int y, int m) { return m == 2 && is_leap(y) ? 29 : kDaysInMonth[m]; }
int days_before_month(int y, int m) { return kDaysBefore[m] + (m > 2 && is_leap(y)); }
int days_before_year(int year) {
  // Counted from 400 years earlier, so that nothing is negative: the local time of year 1 may lie in year 0.
  auto y = static_cast<unsigned>(year + 399), centuries = y / 100;
  return static_cast<int>(y * 365 + y / 4 - centuries + centuries / 4) - 146097;
}
int64_t to_ordinal(int y, int m, int d) { return days_before_year(y) + days_before_month(y, m) + d; }
void from_ordinal(int64_t ordinal, int* year, int* month, int* day) {
  auto n = static_cast<uint32_t>(ordinal - 1);
  uint32_t n400 = n / 146097;
  n %= 146097;
  uint32_t n100 = n / 36524;
  n %= 36524;
  uint32_t n4 = n / 1461;
  n %= 1461;
  uint32_t n1 = n / 365;
  n %= 365;
  *year = static_cast<int>(n400 * 400 + 1 + n100 * 100 + n4 * 4 + n1);
  if (n1 == 4 || n100 == 4) {
    *year -= 1;
    *month = 12;
    *day = 31;
    return;
  }
  int m = static_cast<int>((n + 50) >> 5);
  int before = days_before_month(*year, m);
  if (before > static_cast<int>(n)) before = days_before_month(*year, --m);
  *month = m;
  *day = static_cast<int>(n) - before + 1;
}
int weekday(int y, int m, int d) { return static_cast<int>((to_ordinal(y, m, d) + 6) % 7); }
int64_t iso_week1_monday(int year) {
  int64_t first = to_ordinal(year, 1, 1);
  auto day = static_cast<int>((first + 6) % 7);
  int64_t monday = first - day;
  return day > 3 ? monday + 7 : monday;
}
bool iso_to_ordinal(int year, int week, int day, int64_t* ordinal) {
  if (year < kMinYear || year > kMaxYear) return raise(PyExc_ValueError, "Year is out of range: %d", year);
  if (week <= 0 || week >= 53) {
    bool bad = true;
    if (week == 53) {
      // A year has 53 weeks if it starts on a Thursday, or on a Wednesday in a leap year.
      int first = weekday(year, 1, 1);
      bad = !(first == 3 || (first == 2 && is_leap(year)));
    }
    if (bad) return raise(PyExc_ValueError, "Invalid week: %d", week);
  }
  if (day <= 0 || day >= 8) return raise(PyExc_ValueError, "Invalid day: %d (range is [1, 7])", day);
  *ordinal = iso_week1_monday(year) + (week - 1) * 7 + day - 1;
  return true;
}
bool int_field(Value v, int* out) {
  if (is_float(v)) return raise(PyExc_TypeError, "'float' object cannot be interpreted as an integer");
  return as_int(v, out);
}

// --- tzinfo ------------------------------------------------------------------------------------------------------------------------------------
bool check_zone(Value zone) {
  if (is_none(zone) || is_tzinfo(zone)) return true;
  return raise(PyExc_TypeError, "tzinfo argument must be None or of a tzinfo subclass, not type '%s'", type_of(zone)->tp_name);
}
static Ref call_offset(Value zone, PyObject* name, Value argument) {
  if (is_none(zone)) return none_ref();
  Ref r = call_method(zone, name, {argument});
  if (!r || is_none(r)) return r;
  if (!is_delta(r)) return raise(PyExc_TypeError, "tzinfo.%U() must return None or a timedelta, not '%.200s'", name, type_of(r)->tp_name);
  PyDateTime_Delta* d = delta(r);
  bool too_large = d->days < -1 || d->days > 0 || (d->days == -1 && d->seconds == 0 && d->microseconds < 1);
  if (too_large) return raise(PyExc_ValueError, "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24).");
  return r;
}
Ref call_utcoffset(Value zone, Value argument) { return call_offset(zone, "utcoffset"_id, argument); }
Ref call_dst(Value zone, Value argument) { return call_offset(zone, "dst"_id, argument); }
Ref call_tzname(Value zone, Value argument) {
  if (is_none(zone)) return none_ref();
  Ref r = call_method(zone, "tzname"_id, {argument});
  if (!r || is_none(r) || is_str(r)) return r;
  return raise(PyExc_TypeError, "tzinfo.tzname() must return None or a string, not '%s'", type_of(r)->tp_name);
}
std::string format_offset_of(Value d, const char* separator) {
  int64_t seconds = int64_t{delta(d)->days} * kDaySeconds + delta(d)->seconds, micro = delta(d)->microseconds;
  char sign = '+';
  if (seconds < 0) {
    sign = '-';
    seconds = -seconds;
    if (micro) {
      seconds--;
      micro = kMicro - micro;
    }
  }
  char text[64];
  int n = snprintf(text, sizeof text, "%c%02d%s%02d", sign, static_cast<int>(seconds / 3600), separator, static_cast<int>(seconds / 60 % 60));
  if (seconds % 60 || micro) n += snprintf(text + n, sizeof text - static_cast<size_t>(n), "%s%02d", separator, static_cast<int>(seconds % 60));
  if (micro) n += snprintf(text + n, sizeof text - static_cast<size_t>(n), ".%06d", static_cast<int>(micro));
  return {text, static_cast<size_t>(n)};
}
bool format_offset(std::string* out, Value zone, Value argument, const char* separator) {
  out->clear();
  Ref d = call_utcoffset(zone, argument);
  if (!d) return false;
  if (!is_none(d)) *out = format_offset_of(d, separator);
  return true;
}

// --- Text ----------------------------------------------------------------------------------------------------------------------------------------
bool append_time(std::string* out, int hour, int minute, int second, int micro, Value timespec) {
  std::string_view spec = "auto";
  if (timespec) {
    if (!is_str(timespec)) return raise(PyExc_TypeError, "isoformat() argument must be str, not %.200s", type_of(timespec)->tp_name);
    spec = str_utf8(timespec);
    if (!spec.data()) return false;
  }
  char text[64];
  if (spec == "auto") spec = micro ? "microseconds" : "seconds";
  if (spec == "hours") snprintf(text, sizeof text, "%02d", hour);
  else if (spec == "minutes") snprintf(text, sizeof text, "%02d:%02d", hour, minute);
  else if (spec == "seconds") snprintf(text, sizeof text, "%02d:%02d:%02d", hour, minute, second);
  else if (spec == "milliseconds") snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", hour, minute, second, micro / 1000);
  else if (spec == "microseconds") snprintf(text, sizeof text, "%02d:%02d:%02d.%06d", hour, minute, second, micro);
  else return raise(PyExc_ValueError, "Unknown timespec value");
  *out += text;
  return true;
}
// time.strftime does the work; %f, %z and %Z are ours.
Ref wrap_strftime(Value object, Value format, Value timetuple, Value zone_argument) {
  if (!is_str(format)) return raise(PyExc_TypeError, "strftime() argument 1 must be str, not %.200s", type_of(format)->tp_name);
  Ref encoded = str_encode_utf8(format, "surrogatepass");
  if (!encoded) return Ref{};
  std::string_view f{reinterpret_cast<PyBytesObject*>(encoded.object())->ob_sval, static_cast<size_t>(Py_SIZE(encoded.object()))};
  Value zone = is_datetime(object) ? zone_of_stamp(object) : is_time(object) ? zone_of_time(object) : none();
  std::string out;
  for (size_t i = 0; i < f.size(); i++) {
    if (f[i] != '%' || i + 1 >= f.size()) {
      out += f[i];
      continue;
    }
    char c = f[++i];
    if (c == 'z' || (c == ':' && i + 1 < f.size() && f[i + 1] == 'z')) {
      if (c == ':') {
        out += "%:";
        continue;
      }
      std::string offset;
      if (!is_none(zone) && !format_offset(&offset, zone, zone_argument, "")) return Ref{};
      out += offset;
    } else if (c == 'Z') {
      Ref name = call_tzname(zone, zone_argument);
      if (!name) return Ref{};
      if (!is_none(name)) {
        Ref percent = str_from_ascii("%"), twice = str_from_ascii("%%");
        Ref escaped = call_method(name, "replace"_id, {percent.get(), twice.get()});
        if (!escaped) return Ref{};
        if (!is_str(escaped)) return raise(PyExc_TypeError, "tzname.replace() did not return a string");
        Ref bytes = str_encode_utf8(escaped, "surrogatepass");
        if (!bytes) return Ref{};
        out += bytes_view(bytes);
      }
    } else if (c == 'f') {
      int micro = is_datetime(object) ? PyDateTime_DATE_GET_MICROSECOND(stamp(object)) : is_time(object) ? PyDateTime_TIME_GET_MICROSECOND(time(object)) : 0;
      char text[16];
      snprintf(text, sizeof text, "%06d", micro);
      out += text;
    } else {
      out += '%';
      out += c;
    }
  }
  Ref wrapped = bytes_decode(out.data(), static_cast<Py_ssize_t>(out.size()), "utf-8", "surrogatepass");
  Ref module = import_module("time");
  return wrapped && module ? call_method(module, "strftime"_id, {wrapped.get(), timetuple}) : Ref{};
}

// --- Parsing -------------------------------------------------------------------------------------------------------------------------------------
static bool digits(std::string_view s, size_t at, size_t n, int* out) {
  if (at + n > s.size()) return false;
  int v = 0;
  for (size_t i = at; i < at + n; i++) {
    if (s[i] < '0' || s[i] > '9') return false;
    v = v * 10 + (s[i] - '0');
  }
  *out = v;
  return true;
}
bool parse_iso_date(std::string_view s, int* year, int* month, int* day) {
  if (!digits(s, 0, 4, year)) return false;
  size_t at = 4;
  bool dashes = s.size() > 4 && s[4] == '-';
  if (dashes) at++;
  if (at < s.size() && s[at] == 'W') {
    int week, d = 1;
    if (!digits(s, at + 1, 2, &week)) return false;
    at += 3;
    if (at < s.size()) {
      if (dashes) {
        if (s[at] != '-') return false;
        at++;
      }
      if (!digits(s, at, 1, &d) || at + 1 != s.size()) return false;
    }
    int64_t ordinal;
    if (!iso_to_ordinal(*year, week, d, &ordinal)) {
      clear_error();
      return false;
    }
    if (ordinal < 1 || ordinal > kMaxOrdinal) return false;
    from_ordinal(ordinal, year, month, day);
    return true;
  }
  if (!digits(s, at, 2, month)) return false;
  at += 2;
  if (dashes) {
    if (at >= s.size() || s[at] != '-') return false;
    at++;
  }
  return digits(s, at, 2, day) && at + 2 == s.size();
}
// HH[[:]MM[[:]SS[(.|,)f…]]] all of s.
static bool parse_clock(std::string_view s, int* hour, int* minute, int* second, int* micro) {
  *hour = *minute = *second = *micro = 0;
  if (!digits(s, 0, 2, hour)) return false;
  size_t at = 2;
  bool colons = s.size() > 2 && s[2] == ':';
  int* parts[] = {minute, second};
  for (int* part : parts) {
    if (at == s.size()) return true;
    if (colons) {
      if (s[at] != ':') return false;
      at++;
    } else if (s[at] == ':') {
      return false;
    }
    if (!digits(s, at, 2, part)) return false;
    at += 2;
  }
  if (at == s.size()) return true;
  if (s[at] != '.' && s[at] != ',') return false;
  at++;
  if (at == s.size()) return false;
  int scale = 100000;
  for (size_t i = at; i < s.size(); i++) {
    if (s[i] < '0' || s[i] > '9') return false;
    if (i - at < 6) {
      *micro += (s[i] - '0') * scale;
      scale /= 10;
    }
  }
  return true;
}
bool parse_iso_time(std::string_view s, int* hour, int* minute, int* second, int* micro, bool* has_offset, bool* z, int64_t* offset_seconds, int* offset_micro) {
  *has_offset = *z = false;
  *offset_seconds = 0;
  *offset_micro = 0;
  size_t at = s.find_first_of("+-Z");
  if (at == std::string_view::npos) return parse_clock(s, hour, minute, second, micro);
  if (!parse_clock(s.substr(0, at), hour, minute, second, micro)) return false;
  *has_offset = true;
  if (s[at] == 'Z') {
    *z = true;
    return at + 1 == s.size();
  }
  int h, m, sec, us;
  if (!parse_clock(s.substr(at + 1), &h, &m, &sec, &us)) return false;
  int sign = s[at] == '-' ? -1 : 1;
  *offset_seconds = sign * (int64_t{h} * 3600 + m * 60 + sec);
  *offset_micro = sign * us;
  return true;
}
Ref zone_of_offset(bool has_offset, bool z, int64_t seconds, int micro) {
  if (!has_offset) return none_ref();
  if (z || (seconds == 0 && micro == 0)) return Ref::copy(utc);
  Ref d = new_delta(0, seconds, micro);
  return d ? make_timezone(d, Value{}) : Ref{};
}
uint32_t pickled_state(Value state, size_t size, std::string* bytes) {
  if (is_bytes(state)) {
    auto* b = state.as<PyBytesObject>();
    if (static_cast<size_t>(Py_SIZE(b)) != size) return 0;
    bytes->assign(b->ob_sval, size);
    return 1;
  }
  if (is_str(state) && static_cast<size_t>(str_length(state)) == size) {
    // Pickled by Python 2 and loaded with encoding='latin1'.
    bytes->clear();
    for (size_t i = 0; i < size; i++) {
      uint32_t c = str_char(state, static_cast<Py_ssize_t>(i));
      if (c > 255) return 0;
      *bytes += static_cast<char>(c);
    }
    return 1;
  }
  return 0;
}

}  // namespace adder::datetime
