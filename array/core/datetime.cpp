// The calendar behind dates, the arithmetic of their units, and their text.
#include "array/core/datetime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <numeric>

namespace adder::array {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }
std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return a - floor_div(a, b) * b; }

bool leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int days_in(std::int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && leap(year));
}

// Seconds of the units that have a fixed length of whole seconds; 0: others.
std::int64_t seconds_of(Unit unit) {
  switch (unit) {
    case Unit::weeks: return 604800;
    case Unit::days: return 86400;
    case Unit::hours: return 3600;
    case Unit::minutes: return 60;
    case Unit::seconds: return 1;
    default: return 0;
  }
}

// How many there are in a second; 0: units of a second and more.
std::int64_t per_second(Unit unit) {
  if (unit < Unit::milli || unit == Unit::generic) return 0;
  std::int64_t n = 1;
  for (int i = static_cast<int>(Unit::seconds); i < static_cast<int>(unit); ++i) n *= 1000;
  return n;
}

bool calendar(Unit unit) { return unit == Unit::years || unit == Unit::months; }

// How many of the next finer unit one is.
std::int64_t next_factor(Unit unit) {
  switch (unit) {
    case Unit::years: return 12;
    case Unit::weeks: return 7;
    case Unit::days: return 24;
    case Unit::hours:
    case Unit::minutes: return 60;
    default: return 1000;
  }
}

Unit finer(Unit unit) { return unit == Unit::weeks ? Unit::days : static_cast<Unit>(static_cast<int>(unit) + 1); }

// How many `fine` one `coarse` is, both on one side of the border between months and weeks; 0: too many to count.
std::int64_t factor(Unit coarse, Unit fine) {
  std::int64_t n = 1;
  for (Unit u = coarse; u < fine; u = finer(u))
    if (__builtin_mul_overflow(n, next_factor(u), &n)) return 0;
  return n;
}

}  // namespace

std::int64_t days_of(std::int64_t year, int month, int day) {
  // Eras of 400 years, years that begin in March.
  const std::int64_t y = year - (month <= 2), era = floor_div(y, 400), of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_of_days(std::int64_t days, std::int64_t* year, int* month, int* day) {
  const std::int64_t z = days + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
  const std::int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
  *day = static_cast<int>(of_year - (153 * m + 2) / 5 + 1);
  *month = static_cast<int>(m < 10 ? m + 3 : m - 9);
  *year = y + era * 400 + (*month <= 2);
}

DateParts parts_of(std::int64_t value, Unit unit, std::int32_t multiple) {
  DateParts p;
  value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(multiple));
  if (unit == Unit::years) {
    p.year = 1970 + value;
    return p;
  }
  if (unit == Unit::months) {
    p.year = 1970 + floor_div(value, 12);
    p.month = static_cast<int>(floor_mod(value, 12)) + 1;
    return p;
  }
  std::int64_t days, rest = 0;
  if (unit == Unit::weeks) {
    days = value * 7;
  } else if (unit == Unit::days) {
    days = value;
  } else if (const std::int64_t length = seconds_of(unit)) {
    const std::int64_t per_day = 86400 / length;
    days = floor_div(value, per_day);
    rest = floor_mod(value, per_day) * length;
  } else {
    const std::int64_t per = per_second(unit), seconds = floor_div(value, per);
    p.atto = floor_mod(value, per) * (1000000000000000000 / per);
    days = floor_div(seconds, 86400);
    rest = floor_mod(seconds, 86400);
  }
  date_of_days(days, &p.year, &p.month, &p.day);
  p.hour = static_cast<int>(rest / 3600);
  p.minute = static_cast<int>(rest / 60 % 60);
  p.second = static_cast<int>(rest % 60);
  return p;
}

bool value_of(const DateParts& p, Unit unit, std::int32_t multiple, std::int64_t* out) {
  std::int64_t value;
  if (unit == Unit::years) {
    value = p.year - 1970;
  } else if (unit == Unit::months) {
    value = (p.year - 1970) * 12 + p.month - 1;
  } else {
    const std::int64_t days = days_of(p.year, p.month, p.day);
    const std::int64_t rest = p.hour * 3600 + p.minute * 60 + p.second;
    if (unit == Unit::weeks) {
      value = floor_div(days, 7);
    } else if (const std::int64_t length = seconds_of(unit)) {
      if (__builtin_mul_overflow(days, 86400 / length, &value) || __builtin_add_overflow(value, rest / length, &value)) return false;
    } else {
      const std::int64_t per = per_second(unit);
      if (__builtin_mul_overflow(days, std::int64_t{86400}, &value) || __builtin_add_overflow(value, rest, &value) ||
          __builtin_mul_overflow(value, per, &value) || __builtin_add_overflow(value, p.atto / (1000000000000000000 / per), &value))
        return false;
    }
  }
  *out = multiple == 1 ? value : floor_div(value, multiple);
  return true;
}

bool parse_date(const char* text, index_t length, DateParts* parts, Unit* unit, bool* nat, bool* zoned) {
  const char *p = text, *end = text + length;
  *nat = *zoned = false;
  *parts = {};
  while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r'))) ++p;
  while (end > p && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r'))) --end;
  const index_t n = end - p;
  auto is = [&](const char* word) {
    if (n != static_cast<index_t>(std::strlen(word))) return false;
    for (index_t i = 0; i < n; ++i)
      if ((p[i] | 0x20) != (word[i] | 0x20)) return false;
    return true;
  };
  if (n == 0 || is("nat")) {
    *nat = true;
    *unit = Unit::generic;
    return true;
  }
  if (is("now") || is("today")) {
    const std::int64_t seconds = std::time(nullptr);
    *parts = parts_of(seconds, Unit::seconds, 1);
    *unit = Unit::seconds;
    if (n == 5) {
      std::time_t now = seconds;
      std::tm local;
      localtime_r(&now, &local);
      *parts = {};
      parts->year = local.tm_year + 1900;
      parts->month = local.tm_mon + 1;
      parts->day = local.tm_mday;
      *unit = Unit::days;
    }
    return true;
  }
  auto digit = [&] { return p < end && *p >= '0' && *p <= '9'; };
  auto two = [&](int* out, int low, int high) {
    if (end - p < 2 || p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') return false;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    p += 2;
    return *out >= low && *out <= high;
  };
  bool negative = false;
  if (*p == '-' || *p == '+') negative = *p++ == '-';
  if (!digit()) return false;
  std::int64_t year = 0;
  int digits = 0;
  for (; digit(); ++p, ++digits)
    if (__builtin_mul_overflow(year, std::int64_t{10}, &year) || __builtin_add_overflow(year, *p - '0', &year)) return false;
  if (digits < 4 && !negative && p < end) return false;
  parts->year = negative ? -year : year;
  *unit = Unit::years;
  if (p == end) return true;
  if (*p++ != '-') return false;
  if (!two(&parts->month, 1, 12)) return false;
  *unit = Unit::months;
  if (p == end) return true;
  if (*p++ != '-') return false;
  if (!two(&parts->day, 1, days_in(parts->year, parts->month))) return false;
  *unit = Unit::days;
  if (p == end) return true;
  if (*p != 'T' && *p != ' ') return false;
  ++p;
  if (!two(&parts->hour, 0, 23)) return false;
  *unit = Unit::hours;
  if (p < end && *p == ':') {
    ++p;
    if (!two(&parts->minute, 0, 59)) return false;
    *unit = Unit::minutes;
    if (p < end && *p == ':') {
      ++p;
      if (!two(&parts->second, 0, 59)) return false;
      *unit = Unit::seconds;
      if (p < end && *p == '.') {
        ++p;
        int places = 0;
        std::int64_t fraction = 0;
        for (; digit(); ++p)
          if (places < 18) {
            fraction = fraction * 10 + (*p - '0');
            ++places;
          }
        *unit = static_cast<Unit>(static_cast<int>(Unit::seconds) + (places + 2) / 3);
        for (; places < 18; ++places) fraction *= 10;
        parts->atto = fraction;
      }
    }
  }
  if (p == end) return true;
  *zoned = true;
  if (*p == 'Z') return p + 1 == end;
  if (*p != '+' && *p != '-') return false;
  const int sign = *p++ == '-' ? -1 : 1;
  int hours, minutes = 0;
  if (!two(&hours, 0, 23)) return false;
  if (p < end && *p == ':') ++p;
  if (p < end && !two(&minutes, 0, 59)) return false;
  if (p != end) return false;
  std::int64_t value;
  const std::int64_t atto = parts->atto;
  if (!value_of(*parts, Unit::minutes, 1, &value)) return false;
  const int second = parts->second;
  *parts = parts_of(value - sign * (hours * 60 + minutes), Unit::minutes, 1);
  parts->second = second;
  parts->atto = atto;
  return true;
}

std::string date_text(std::int64_t value, Unit unit, std::int32_t multiple) {
  if (value == kNaT) return "NaT";
  const DateParts p = parts_of(value, unit, multiple);
  char buffer[96];
  int n = std::snprintf(buffer, sizeof buffer, "%04lld", static_cast<long long>(p.year));
  auto more = [&](const char* format, int x) { n += std::snprintf(buffer + n, sizeof buffer - static_cast<std::size_t>(n), format, x); };
  if (unit == Unit::years) return buffer;
  more("-%02d", p.month);
  if (unit == Unit::months) return buffer;
  more("-%02d", p.day);
  if (unit == Unit::weeks || unit == Unit::days) return buffer;
  more("T%02d", p.hour);
  if (unit == Unit::hours) return buffer;
  more(":%02d", p.minute);
  if (unit == Unit::minutes) return buffer;
  more(":%02d", p.second);
  if (unit == Unit::seconds) return buffer;
  char fraction[32];
  std::snprintf(fraction, sizeof fraction, "%018lld", static_cast<long long>(p.atto));
  const int places = 3 * (static_cast<int>(unit) - static_cast<int>(Unit::seconds));
  return std::string(buffer) + "." + std::string(fraction, static_cast<std::size_t>(places));
}

index_t date_text_size(Unit unit) {
  switch (unit) {
    case Unit::years: return 22;
    case Unit::months: return 25;
    case Unit::weeks:
    case Unit::days: return 28;
    case Unit::hours: return 32;
    case Unit::minutes: return 35;
    case Unit::seconds: return 38;
    case Unit::generic: return 62;
    default: return 39 + 3 * (static_cast<int>(unit) - static_cast<int>(Unit::seconds));
  }
}

bool unit_ratio(const DType& from, const DType& to, std::int64_t* up, std::int64_t* down) {
  *up = from.multiple;
  *down = to.multiple;
  const Unit a = from.unit, b = to.unit;
  if (a == Unit::generic || b == Unit::generic) {
    *up = *down = 1;
    return true;
  }
  std::int64_t f = 1;
  if (calendar(a) != calendar(b)) {
    // A mean year has 365.2425 days.
    if (a < b) {
      if (a == Unit::years) *up *= 97 + 400 * 365;
      else *up *= 97 + 400 * 365, *down *= 12;
      *down *= 400;
      if (b == Unit::weeks) *down *= 7;
      else f = factor(Unit::days, b);
      *up *= f;
    } else {
      if (b == Unit::years) *down *= 97 + 400 * 365;
      else *down *= 97 + 400 * 365, *up *= 12;
      *up *= 400;
      if (a == Unit::weeks) *up *= 7;
      else f = factor(Unit::days, a);
      *down *= f;
    }
  } else if (a < b) {
    f = factor(a, b);
    if (!f || __builtin_mul_overflow(*up, f, up)) return false;
  } else if (b < a) {
    f = factor(b, a);
    if (!f || __builtin_mul_overflow(*down, f, down)) return false;
  }
  const std::int64_t g = std::gcd(*up, *down);
  if (g > 1) {
    *up /= g;
    *down /= g;
  }
  return f != 0;
}

bool common_unit(const DType& a, const DType& b, Unit* unit, std::int32_t* multiple) {
  if (a.unit == Unit::generic || b.unit == Unit::generic) {
    const DType& given = a.unit == Unit::generic ? b : a;
    *unit = given.unit;
    *multiple = given.multiple;
    return true;
  }
  const DType &coarse = a.unit <= b.unit ? a : b, &fine = a.unit <= b.unit ? b : a;
  std::int64_t n = coarse.multiple;
  if (calendar(coarse.unit) != calendar(fine.unit)) {
    if (coarse.kind == 'm') return false;
  } else {
    const std::int64_t f = factor(coarse.unit, fine.unit);
    if (!f || __builtin_mul_overflow(n, f, &n)) return false;
  }
  const std::int64_t g = std::gcd(n, static_cast<std::int64_t>(fine.multiple));
  if (g > INT32_MAX) return false;
  *unit = fine.unit;
  *multiple = static_cast<std::int32_t>(g);
  return true;
}

bool can_cast_units(const DType& from, const DType& to, Casting casting) {
  const bool span = from.kind == 'm';
  if (from.unit == Unit::generic) return true;
  if (to.unit == Unit::generic) return false;
  if (span && calendar(from.unit) != calendar(to.unit)) return false;
  if (casting == Casting::same_kind) return true;
  if (from.unit > to.unit) return false;
  if (calendar(from.unit) != calendar(to.unit)) return true;
  const std::int64_t f = factor(from.unit, to.unit);
  return f && from.multiple * f % to.multiple == 0;
}

}  // namespace adder::array
