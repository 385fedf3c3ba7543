// datetime.datetime.
#include <cmath>
#include <ctime>
#include "modules/datetime.h"
#include "runtime/interpreter.h"

namespace adder::datetime {

ADDER_TYPE(datetime_type);
Ref epoch;
Ref time_tuple(int y, int m, int d, int hh, int mm, int ss, int dst);  // _datetime_date.cpp

Ref make_datetime(int y, int mo, int d, int h, int m, int s, int us, Value zone, int fold, PyTypeObject* type) {
  auto* o = allocate<PyDateTime_DateTime>(type, &datetime_type);
  if (!o) return Ref{};
  o->hashcode = -1;
  unsigned char bytes[] = {static_cast<unsigned char>(y >> 8), static_cast<unsigned char>(y), static_cast<unsigned char>(mo), static_cast<unsigned char>(d), static_cast<unsigned char>(h),
                           static_cast<unsigned char>(m), static_cast<unsigned char>(s), static_cast<unsigned char>(us >> 16), static_cast<unsigned char>(us >> 8), static_cast<unsigned char>(us)};
  memcpy(o->data, bytes, 10);
  o->fold = static_cast<unsigned char>(fold);
  o->hastzinfo = !is_none(zone);
  o->tzinfo = is_none(zone) ? nullptr : Ref::copy(zone).release().object();
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}
Ref new_datetime(int y, int mo, int d, int h, int m, int s, int us, Value zone, int fold, PyTypeObject* type) {
  if (!check_date(y, mo, d) || !check_time(h, m, s, us, fold) || !check_zone(zone)) return Ref{};
  if (type == &datetime_type) return make_datetime(y, mo, d, h, m, s, us, zone, fold, type);
  Ref names = tuple_of({Value{"fold"_id}});
  Value words[] = {Value::from_int(y), Value::from_int(mo), Value::from_int(d), Value::from_int(h), Value::from_int(m), Value::from_int(s), Value::from_int(us), zone, Value::from_int(fold)};
  return call(Value{type}, Args{words, 8, fold ? names.object() : nullptr});
}

namespace {

inline int year(Value v) { return PyDateTime_GET_YEAR(stamp(v)); }
inline int month(Value v) { return PyDateTime_GET_MONTH(stamp(v)); }
inline int day(Value v) { return PyDateTime_GET_DAY(stamp(v)); }
inline int hour(Value v) { return PyDateTime_DATE_GET_HOUR(stamp(v)); }
inline int minute(Value v) { return PyDateTime_DATE_GET_MINUTE(stamp(v)); }
inline int second(Value v) { return PyDateTime_DATE_GET_SECOND(stamp(v)); }
inline int micro(Value v) { return PyDateTime_DATE_GET_MICROSECOND(stamp(v)); }
inline int fold(Value v) { return stamp(v)->fold; }
int64_t ordinal_of(Value v) { return to_ordinal(year(v), month(v), day(v)); }
int64_t day_seconds(Value v) { return int64_t{hour(v)} * 3600 + minute(v) * 60 + second(v); }

void stamp_dealloc(PyObject* o) {
  auto* t = reinterpret_cast<PyDateTime_DateTime*>(o);
  if (t->hastzinfo) Py_CLEAR(t->tzinfo);
  Py_TYPE(o)->tp_free(o);
}
// Parameters: year month day hour minute second microsecond tzinfo fold.
bool fields(const Value* a, int* n) {
  for (int i = 0; i < 7; i++) {
    if (a[i] && !int_field(a[i], &n[i])) return false;
  }
  return !a[8] || int_field(a[8], &n[7]);
}
Ref stamp_make(Value cls, const Value* a) {
  int n[8] = {};
  Value zone = a[7] ? a[7] : none();
  if (!fields(a, n) || !check_date(n[0], n[1], n[2]) || !check_time(n[3], n[4], n[5], n[6], n[7]) || !check_zone(zone)) return Ref{};
  return make_datetime(n[0], n[1], n[2], n[3], n[4], n[5], n[6], zone, n[7], cls.as<PyTypeObject>());
}
const MethodRow make_row = method<stamp_make>("datetime", "($self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)", "");
Ref stamp_new(PyTypeObject* type, Args args) {
  std::string state;
  if (args.n >= 1 && args.n <= 2 && !args.kwnames && pickled_state(args[0], 10, &state)) {
    auto* p = reinterpret_cast<const unsigned char*>(state.data());
    if ((p[2] & 0x7F) >= 1 && (p[2] & 0x7F) <= 12) {
      Value zone = args.n == 2 ? args[1] : none();
      if (!is_none(zone) && !is_tzinfo(zone)) return raise(PyExc_TypeError, "bad tzinfo state arg");
      return make_datetime(p[0] << 8 | p[1], p[2] & 0x7F, p[3], p[4], p[5], p[6], p[7] << 16 | p[8] << 8 | p[9], zone, p[2] >> 7, type);
    }
    if (is_str(args[0])) return raise(PyExc_TypeError, "Failed to encode latin1 string when unpickling a datetime object. pickle.load(data, encoding='latin1') is assumed.");
  }
  return call_row(make_row, Value{type}, args);
}

// --- Time stamps ------------------------------------------------------------------------------------------------------------------------------------
constexpr int64_t kEpochOrdinal = 719163, kMaxFold = kDaySeconds;

// Seconds since 1 January of year 1 of the local time that UTC seconds (the same count) show.
bool local_of(int64_t utc_seconds, int64_t* local) {
  time_t when = utc_seconds - kEpochOrdinal * kDaySeconds;
  tm t;
  if (!localtime_r(&when, &t)) return raise_errno(PyExc_OSError);
  *local = to_ordinal(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday) * kDaySeconds + t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec;
  return true;
}
// A POSIX time stamp as whole seconds and microseconds, rounded half to even.
bool split_timestamp(Value v, int64_t* seconds, int* us) {
  if (is_float(v)) {
    double d = float_value(v), whole;
    if (d != d) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    double part = modf(d, &whole) * 1e6;
    part = std::nearbyint(part);
    if (part >= 1e6) {
      part -= 1e6;
      whole += 1;
    } else if (part < 0) {
      part += 1e6;
      whole -= 1;
    }
    if (!(whole > -9.2e18 && whole < 9.2e18)) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
    *seconds = static_cast<int64_t>(whole);
    *us = static_cast<int>(part);
    return true;
  }
  Ref i = index(v);
  if (!i) return false;
  *us = 0;
  return int_sign_overflow_i64(i, seconds) == 0 ? true : static_cast<bool>(raise(PyExc_OverflowError, "timestamp out of range for platform time_t"));
}
Ref from_timestamp(Value cls, int64_t seconds, int us, Value zone, bool local) {
  time_t when = seconds;
  tm t;
  if (!(local ? localtime_r(&when, &t) : gmtime_r(&when, &t))) {
    if (errno == EOVERFLOW) return raise(PyExc_ValueError, "year is out of range");
    return raise_errno(PyExc_OSError);
  }
  if (t.tm_year + 1900 < kMinYear || t.tm_year + 1900 > kMaxYear) return raise(PyExc_ValueError, "year %i is out of range", t.tm_year + 1900);
  int s = t.tm_sec > 59 ? 59 : t.tm_sec, f = 0;
  int64_t at = seconds + kEpochOrdinal * kDaySeconds;
  if (local && is_none(zone) && at - kMaxFold > 0) {
    // The later of two moments that show the same local time.
    int64_t here, probe, again;
    if (!local_of(at, &here) || !local_of(at - kMaxFold, &probe)) return Ref{};
    int64_t transition = here - probe - kMaxFold;
    if (transition < 0) {
      if (!local_of(at + transition, &again)) return Ref{};
      if (again == here) f = 1;
    }
  }
  return new_datetime(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, s, us, zone, f, cls.as<PyTypeObject>());
}
bool now_parts(int64_t* seconds, int* us) {
  timespec t;
  if (clock_gettime(CLOCK_REALTIME, &t) < 0) return raise_errno(PyExc_OSError);
  *seconds = t.tv_sec;
  *us = static_cast<int>(t.tv_nsec / 1000);
  return true;
}
Ref in_zone(Ref moment, Value zone) { return !moment || is_none(zone) ? std::move(moment) : call_method(zone, "fromutc"_id, {moment.get()}); }
Ref stamp_now(Value cls, const Value* a) {
  Value zone = a[0] ? a[0] : none();
  int64_t s;
  int us;
  if (!check_zone(zone) || !now_parts(&s, &us)) return Ref{};
  return in_zone(from_timestamp(cls, s, us, zone, is_none(zone)), zone);
}
Ref stamp_utcnow(Value cls) {
  int64_t s;
  int us;
  return now_parts(&s, &us) ? from_timestamp(cls, s, us, none(), false) : Ref{};
}
Ref stamp_fromtimestamp(Value cls, const Value* a) {
  Value zone = a[1] ? a[1] : none();
  int64_t s;
  int us;
  if (!check_zone(zone) || !split_timestamp(a[0], &s, &us)) return Ref{};
  return in_zone(from_timestamp(cls, s, us, zone, is_none(zone)), zone);
}
Ref stamp_utcfromtimestamp(Value cls, Value v) {
  int64_t s;
  int us;
  return split_timestamp(v, &s, &us) ? from_timestamp(cls, s, us, none(), false) : Ref{};
}
// UTC seconds (counted as local_of does) of a naive local time, its fold heeded.
bool utc_of_local(Value v, int64_t* out) {
  int64_t t = ordinal_of(v) * kDaySeconds + day_seconds(v), local, b, u1, u2, t1, t2;
  if (!local_of(t, &local)) return false;
  int64_t a = local - t;
  u1 = t - a;
  if (!local_of(u1, &t1)) return false;
  if (t1 == t) {
    // One solution; there may be another a day around.
    u2 = u1 + (fold(v) ? kMaxFold : -kMaxFold);
    if (!local_of(u2, &local)) return false;
    b = local - u2;
    if (a == b) {
      *out = u1;
      return true;
    }
  } else {
    b = t1 - u1;
  }
  u2 = t - b;
  if (!local_of(u2, &t2)) return false;
  if (t2 == t) *out = u2;
  else if (t1 == t) *out = u1;
  else *out = (fold(v) ? (u1 < u2) : (u1 > u2)) ? u1 : u2;  // a gap
  return true;
}

// --- Text -------------------------------------------------------------------------------------------------------------------------------------------
Ref stamp_repr(Value v) {
  const char* name = type_of(v)->tp_name;
  Ref text = str_format("%s(%d, %d, %d, %d, %d", name, year(v), month(v), day(v), hour(v), minute(v));
  if (text && (second(v) || micro(v))) text = str_format("%U, %d", text.get(), second(v));
  if (text && micro(v)) text = str_format("%U, %d", text.get(), micro(v));
  if (text && fold(v)) text = str_format("%U, fold=%d", text.get(), fold(v));
  if (text && stamp(v)->hastzinfo) text = str_format("%U, tzinfo=%R", text.get(), zone_of_stamp(v));
  return text ? str_format("%U)", text.get()) : Ref{};
}
Ref isoformat(Value v, Value separator, Value timespec) {
  std::string text, offset;
  char head[32];
  snprintf(head, sizeof head, "%04d-%02d-%02d", year(v), month(v), day(v));
  Ref between;
  if (separator) {
    if (!is_str(separator) || str_length(separator) != 1) return raise(PyExc_TypeError, "isoformat() argument 1 must be a unicode character, not %.200s", type_of(separator)->tp_name);
    between = Ref::copy(separator);
  } else {
    between = str_from_char('T');
  }
  if (!append_time(&text, hour(v), minute(v), second(v), micro(v), timespec)) return Ref{};
  if (stamp(v)->hastzinfo && !format_offset(&offset, zone_of_stamp(v), v, ":")) return Ref{};
  return str_format("%s%U%s", head, between.get(), (text + offset).c_str());
}
Ref stamp_isoformat(Value v, const Value* a) { return isoformat(v, a[0], a[1]); }
Ref stamp_str(Value v) {
  Ref space = str_from_ascii(" ");
  return call_method(v, "isoformat"_id, {space.get()});
}
Ref stamp_ctime(Value v) {
  static const char* const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  snprintf(text, sizeof text, "%s %s %2d %02d:%02d:%02d %04d", days[weekday(year(v), month(v), day(v))], months[month(v) - 1], day(v), hour(v), minute(v), second(v), year(v));
  return str_from_ascii(text);
}
Ref stamp_strptime(Value cls, const Value* a) {
  Ref module = import_module("_strptime"), f = module ? getattr(module, "_strptime_datetime"_id) : Ref{};
  return f ? call(f, {cls, a[0], a[1]}) : Ref{};
}
Ref stamp_fromisoformat(Value cls, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "fromisoformat: argument must be str");
  auto bad = [&]() -> Ref { return raise(PyExc_ValueError, "Invalid isoformat string: %R", text); };
  // The separator may be any character: put 'T' in its place and go on in ASCII.
  std::string s;
  Py_ssize_t n = str_length(text);
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = str_char(text, i);
    s += c < 128 ? static_cast<char>(c) : '\x01';
  }
  if (s.size() < 7) return bad();
  // Where the date ends.
  size_t split;
  if (s.size() == 7) split = 7;
  else if (s[4] == '-') split = s[5] == 'W' ? (s.size() > 8 && s[8] == '-' ? (s.size() == 9 ? 9 : s.size() > 10 && isdigit(s[10]) ? 8 : 10) : 8) : 10;
  else if (s[4] == 'W') {
    size_t digits_end = 7;
    while (digits_end < s.size() && isdigit(static_cast<unsigned char>(s[digits_end]))) digits_end++;
    split = digits_end < 9 ? digits_end : digits_end % 2 == 0 ? 7 : 8;
  } else split = 8;
  int y, mo, d, h = 0, m = 0, sec = 0, us = 0, off_us = 0;
  bool has = false, z = false;
  int64_t off = 0;
  if (split > s.size() || !parse_iso_date(std::string_view(s).substr(0, split), &y, &mo, &d)) return bad();
  if (s.size() > split && !parse_iso_time(std::string_view(s).substr(split + 1), &h, &m, &sec, &us, &has, &z, &off, &off_us)) return bad();
  Ref zone = zone_of_offset(has, z, off, off_us);
  return zone ? new_datetime(y, mo, d, h, m, sec, us, zone, 0, cls.as<PyTypeObject>()) : Ref{};
}

// --- tzinfo ---------------------------------------------------------------------------------------------------------------------------------------------
Ref stamp_utcoffset(Value v) { return call_utcoffset(zone_of_stamp(v), v); }
Ref stamp_dst(Value v) { return call_dst(zone_of_stamp(v), v); }
Ref stamp_tzname(Value v) { return call_tzname(zone_of_stamp(v), v); }
// The system's zone at UTC seconds since the epoch.
Ref local_zone(int64_t seconds) {
  time_t when = seconds;
  tm t;
  if (!localtime_r(&when, &t)) return raise_errno(PyExc_OSError);
  Ref offset = new_delta(0, t.tm_gmtoff, 0), name = str_decode_fs(t.tm_zone);
  return offset && name ? make_timezone(offset, name) : Ref{};
}
Ref shift(Value v, Value by, int sign) {
  int64_t n = sign * int64_t{delta(by)->days}, seconds = day_seconds(v) + sign * int64_t{delta(by)->seconds};  // days from v's, seconds of the day
  int64_t us = micro(v) + sign * int64_t{delta(by)->microseconds};
  if (us < 0) {
    us += kMicro;
    seconds--;
  } else if (us >= kMicro) {
    us -= kMicro;
    seconds++;
  }
  // Less than two days beyond either end.
  while (seconds < 0) {
    seconds += kDaySeconds;
    n--;
  }
  while (seconds >= kDaySeconds) {
    seconds -= kDaySeconds;
    n++;
  }
  int y = year(v), mo = month(v), d = day(v);
  if (n) {
    n += to_ordinal(y, mo, d);
    if (n < 1 || n > kMaxOrdinal) return raise(PyExc_OverflowError, "date value out of range");
    from_ordinal(n, &y, &mo, &d);
  }
  auto rest = static_cast<unsigned>(seconds);
  auto make = type_of(v) == &datetime_type ? &make_datetime : &new_datetime;
  return make(y, mo, d, static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60), static_cast<int>(us), zone_of_stamp(v), 0, type_of(v));
}
Ref stamp_astimezone(Value v, const Value* a) {
  Value wanted = a[0] ? a[0] : none();
  if (!is_none(wanted) && !is_tzinfo(wanted)) return raise(PyExc_TypeError, "tz argument must be an instance of tzinfo");
  Value own = zone_of_stamp(v);
  Ref offset;
  if (!is_none(own)) {
    if (wanted == own) return Ref::copy(v);
    offset = call_utcoffset(own, v);
    if (!offset) return Ref{};
  }
  if (is_none(own) || is_none(offset)) {
    int64_t u;
    if (!utc_of_local(v, &u)) return Ref{};
    Ref zone = local_zone(u - kEpochOrdinal * kDaySeconds);
    if (!zone) return Ref{};
    if (wanted == zone.get()) return Ref::copy(v);
    offset = call_utcoffset(zone, v);
    if (!offset) return Ref{};
  }
  Ref moment = shift(v, offset, -1);
  if (!moment) return Ref{};
  Ref target = Ref::copy(wanted);
  if (is_none(wanted)) {
    target = local_zone((ordinal_of(moment) - kEpochOrdinal) * kDaySeconds + day_seconds(moment));
    if (!target) return Ref{};
  }
  Ref attached = new_datetime(year(moment), month(moment), day(moment), hour(moment), minute(moment), second(moment), micro(moment), target, 0, type_of(v));
  return attached ? call_method(target, "fromutc"_id, {attached.get()}) : Ref{};
}
Ref stamp_timestamp(Value v) {
  if (stamp(v)->hastzinfo) {
    Ref d = subtract(v, epoch);
    return d ? call_method(d, "total_seconds"_id) : Ref{};
  }
  int64_t u;
  if (!utc_of_local(v, &u)) return Ref{};
  return float_new(static_cast<double>(u - kEpochOrdinal * kDaySeconds) + micro(v) / 1e6);
}

// --- Arithmetic, comparison ---------------------------------------------------------------------------------------------------------------------------
Ref stamp_add(Value a, Value b) {
  if (is_datetime(a)) return is_delta(b) ? shift(a, b, 1) : not_implemented_ref();
  return is_delta(a) && is_datetime(b) ? shift(b, a, 1) : not_implemented_ref();
}
// a - b in local figures.
Ref difference(Value a, Value b) {
  return new_delta(ordinal_of(a) - ordinal_of(b), day_seconds(a) - day_seconds(b), micro(a) - micro(b));
}
Ref stamp_subtract(Value a, Value b) {
  if (!is_datetime(a)) return not_implemented_ref();
  if (is_delta(b)) return shift(a, b, -1);
  if (!is_datetime(b)) return not_implemented_ref();
  if (ADDER_LIKELY(zone_of_stamp(a) == zone_of_stamp(b))) return difference(a, b);
  Ref x = stamp_utcoffset(a), y = x ? stamp_utcoffset(b) : Ref{};
  if (!y) return Ref{};
  if (is_none(x) != is_none(y)) return raise(PyExc_TypeError, "can't subtract offset-naive and offset-aware datetimes");
  Ref d = difference(a, b);
  if (!d || is_none(x)) return d;
  Ref offsets = subtract(x, y);
  return offsets ? subtract(d, offsets) : Ref{};
}
// Whether the offset depends on fold: such moments equal nothing in another zone.
int problematic(Value v, Value offset) {
  if (is_none(offset)) return 0;
  Ref other = make_datetime(year(v), month(v), day(v), hour(v), minute(v), second(v), micro(v), zone_of_stamp(v), !fold(v), &datetime_type);
  Ref flipped = other ? stamp_utcoffset(other) : Ref{};
  if (!flipped) return -1;
  int same = equal(offset, flipped);
  return same < 0 ? -1 : !same;
}
Ref stamp_compare(Value a, Value b, int op) {
  if (!is_datetime(b)) {
    if (!is_date(b)) return not_implemented_ref();
    if (op == Py_EQ) return bool_ref(false);
    if (op == Py_NE) return bool_ref(true);
    return raise(PyExc_TypeError, "can't compare %s to %s", type_of(a)->tp_name, type_of(b)->tp_name);
  }
  if (zone_of_stamp(a) == zone_of_stamp(b)) return compare_result(memcmp(stamp(a)->data, stamp(b)->data, 10), op);
  Ref x = stamp_utcoffset(a), y = x ? stamp_utcoffset(b) : Ref{};
  if (!y) return Ref{};
  if (is_none(x) != is_none(y)) {
    if (op == Py_EQ) return bool_ref(false);
    if (op == Py_NE) return bool_ref(true);
    return raise(PyExc_TypeError, "can't compare offset-naive and offset-aware datetimes");
  }
  if ((op == Py_EQ || op == Py_NE) && !is_none(x)) {
    int odd = problematic(a, x);
    if (odd == 0) odd = problematic(b, y);
    if (odd < 0) return Ref{};
    if (odd) return bool_ref(op == Py_NE);
  }
  Ref d = stamp_subtract(a, b);
  if (!d) return Ref{};
  int64_t diff = delta(d)->days ? delta(d)->days : delta(d)->seconds ? delta(d)->seconds : delta(d)->microseconds;
  return compare_result(diff, op);
}
Py_hash_t stamp_hash(Value v) {
  if (stamp(v)->hashcode == -1) {
    Ref plain = fold(v) ? make_datetime(year(v), month(v), day(v), hour(v), minute(v), second(v), micro(v), zone_of_stamp(v), 0, &datetime_type) : Ref::copy(v);
    Ref offset = plain ? stamp_utcoffset(plain) : Ref{};
    if (!offset) return -1;
    if (is_none(offset)) {
      stamp(v)->hashcode = hash_bytes(stamp(v)->data, 10);
    } else {
      Ref since = new_delta(ordinal_of(v), day_seconds(v), micro(v)), moment = since ? subtract(since, offset) : Ref{};
      if (!moment) return -1;
      stamp(v)->hashcode = hash(moment);
    }
  }
  return stamp(v)->hashcode;
}

// --- Parts -------------------------------------------------------------------------------------------------------------------------------------------------
Ref stamp_combine(Value cls, const Value* a) {
  if (!is_date(a[0])) return raise(PyExc_TypeError, "combine() argument 1 must be datetime.date, not %.200s", type_of(a[0])->tp_name);
  if (!is_time(a[1])) return raise(PyExc_TypeError, "combine() argument 2 must be datetime.time, not %.200s", type_of(a[1])->tp_name);
  auto* t = time(a[1]);
  return new_datetime(PyDateTime_GET_YEAR(date(a[0])), PyDateTime_GET_MONTH(date(a[0])), PyDateTime_GET_DAY(date(a[0])), PyDateTime_TIME_GET_HOUR(t), PyDateTime_TIME_GET_MINUTE(t),
                      PyDateTime_TIME_GET_SECOND(t), PyDateTime_TIME_GET_MICROSECOND(t), a[2] ? a[2] : zone_of_time(a[1]), t->fold, cls.as<PyTypeObject>());
}
Ref stamp_date(Value v) { return make_date(year(v), month(v), day(v), &date_type); }
Ref stamp_time(Value v) { return make_time(hour(v), minute(v), second(v), micro(v), none(), fold(v), &time_type); }
Ref stamp_timetz(Value v) { return make_time(hour(v), minute(v), second(v), micro(v), zone_of_stamp(v), fold(v), &time_type); }
Ref stamp_timetuple(Value v) {
  int flag = -1;
  if (stamp(v)->hastzinfo) {
    Ref dst = stamp_dst(v);
    if (!dst) return Ref{};
    if (!is_none(dst)) flag = delta(dst)->days || delta(dst)->seconds || delta(dst)->microseconds;
  }
  return time_tuple(year(v), month(v), day(v), hour(v), minute(v), second(v), flag);
}
Ref stamp_utctimetuple(Value v) {
  Ref offset = stamp_utcoffset(v);
  if (!offset) return Ref{};
  Ref moment = Ref::copy(v);
  if (!is_none(offset)) {
    Ref naive = make_datetime(year(v), month(v), day(v), hour(v), minute(v), second(v), micro(v), none(), 0, &datetime_type);
    moment = naive ? shift(naive, offset, -1) : Ref{};
    if (!moment) return Ref{};
  }
  Value m = moment.get();
  return time_tuple(year(m), month(m), day(m), hour(m), minute(m), second(m), 0);
}
Ref stamp_replace(Value v, const Value* a) {
  int n[8] = {year(v), month(v), day(v), hour(v), minute(v), second(v), micro(v), fold(v)};
  if (!fields(a, n)) return Ref{};
  return new_datetime(n[0], n[1], n[2], n[3], n[4], n[5], n[6], a[7] ? a[7] : zone_of_stamp(v), n[7], type_of(v));
}
Ref reduce(Value v, int protocol) {
  std::string state(reinterpret_cast<char*>(stamp(v)->data), 10);
  if (protocol > 3 && fold(v)) state[2] = static_cast<char>(state[2] | 0x80);
  Ref bytes = bytes_new(state);
  Ref args = !bytes ? Ref{} : stamp(v)->hastzinfo ? tuple_of({bytes.get(), zone_of_stamp(v)}) : tuple_of({bytes.get()});
  return args ? tuple_of({Value{type_of(v)}, args}) : Ref{};
}
Ref stamp_reduce_ex(Value v, Value protocol) {
  int n;
  return as_int(protocol, &n) ? reduce(v, n) : Ref{};
}
Ref stamp_reduce(Value v) { return reduce(v, 2); }
Ref get_hour(Value v) { return int_from_i64(hour(v)); }
Ref get_minute(Value v) { return int_from_i64(minute(v)); }
Ref get_second(Value v) { return int_from_i64(second(v)); }
Ref get_micro(Value v) { return int_from_i64(micro(v)); }
Ref get_zone(Value v) { return Ref::copy(zone_of_stamp(v)); }
Ref get_fold(Value v) { return int_from_i64(fold(v)); }

const MethodRow methods[] = {
    class_method<stamp_now>("now", "($type, /, tz=None)", "Returns new datetime object representing current time local to tz."),
    class_method<stamp_utcnow>("utcnow", "", "Return a new datetime representing UTC day and time."),
    class_method<stamp_fromtimestamp>("fromtimestamp", "($type, /, timestamp, tz=None)", "timestamp[, tz] -> tz's local time from POSIX timestamp."),
    class_method<stamp_utcfromtimestamp>("utcfromtimestamp", "", "Construct a naive UTC datetime from a POSIX timestamp."),
    class_method<stamp_strptime>("strptime", "($type, date_string, format, /)", "string, format -> new datetime parsed from a string (like time.strptime())."),
    class_method<stamp_combine>("combine", "($type, /, date, time, tzinfo=<unrepresentable>)", "date, time -> datetime with same date and time fields"),
    class_method<stamp_fromisoformat>("fromisoformat", "", "string -> datetime from a string in most ISO 8601 formats"),
    method<stamp_date>("date", "", "Return date object with same year, month and day."),
    method<stamp_time>("time", "", "Return time object with same time but with tzinfo=None."),
    method<stamp_timetz>("timetz", "", "Return time object with same time and tzinfo."),
    method<stamp_ctime>("ctime", "", "Return ctime() style string."),
    method<stamp_timetuple>("timetuple", "", "Return time tuple, compatible with time.localtime()."),
    method<stamp_timestamp>("timestamp", "", "Return POSIX timestamp as float."),
    method<stamp_utctimetuple>("utctimetuple", "", "Return UTC time tuple, compatible with time.localtime()."),
    method<stamp_isoformat>("isoformat", "($self, /, sep=<unrepresentable>, timespec=<unrepresentable>)", "[sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM]."),
    method<stamp_utcoffset>("utcoffset", "", "Return self.tzinfo.utcoffset(self)."),
    method<stamp_tzname>("tzname", "", "Return self.tzinfo.tzname(self)."),
    method<stamp_dst>("dst", "", "Return self.tzinfo.dst(self)."),
    method<stamp_replace>("replace", "($self, /, year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>, hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)", "Return datetime with new specified fields."),
    method<stamp_astimezone>("astimezone", "($self, /, tz=None)", "tz -> convert to local time in new timezone tz"),
    method<stamp_reduce_ex>("__reduce_ex__", "", "__reduce_ex__(proto) -> (cls, state)"),
    method<stamp_reduce>("__reduce__", "", "__reduce__() -> (cls, state)"),
    {}};
const GetSetRow getsets[] = {getset<get_hour>("hour"), getset<get_minute>("minute"), getset<get_second>("second"), getset<get_micro>("microsecond"), getset<get_zone>("tzinfo"), getset<get_fold>("fold"), {}};

}  // namespace

const TypeDef datetime_def{
    .type = &datetime_type,
    .name = "datetime.datetime",
    .basicsize = sizeof(PyDateTime_DateTime),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])\n\nThe year, month and day arguments are required. tzinfo may be None, or an\ninstance of a tzinfo subclass. The remaining arguments may be ints.",
    .base = &date_type,
    .dealloc = stamp_dealloc,
    .slots = {.tp_repr = slot::Unary<stamp_repr>, .tp_hash = slot::Hash<stamp_hash>, .tp_str = slot::Unary<stamp_str>, .tp_richcompare = slot::Compare<stamp_compare>,
              .tp_new = slot::New<stamp_new>, .nb_add = slot::Binary<stamp_add>, .nb_subtract = slot::Binary<stamp_subtract>},
    .methods = methods,
    .getset = getsets,
};

}  // namespace adder::datetime
