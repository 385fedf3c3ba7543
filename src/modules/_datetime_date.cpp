// datetime.date, and IsoCalendarDate.
#include <cmath>
#include <ctime>
#include "modules/datetime.h"
#include "object/arguments.h"
#include "runtime/interpreter.h"

namespace adder::datetime {

ADDER_TYPE(date_type);

bool check_date(int y, int m, int d) {
  if (y < kMinYear || y > kMaxYear) return raise(PyExc_ValueError, "year %i is out of range", y);
  if (m < 1 || m > 12) return raise(PyExc_ValueError, "month must be in 1..12");
  if (d < 1 || d > days_in_month(y, m)) return raise(PyExc_ValueError, "day is out of range for month");
  return true;
}
static void put_date(unsigned char* p, int y, int m, int d) {
  p[0] = static_cast<unsigned char>(y >> 8);
  p[1] = static_cast<unsigned char>(y);
  p[2] = static_cast<unsigned char>(m);
  p[3] = static_cast<unsigned char>(d);
}
Ref make_date(int y, int m, int d, PyTypeObject* type) {
  auto* o = allocate<PyDateTime_Date>(type, &date_type);
  if (!o) return Ref{};
  o->hashcode = -1;
  o->hastzinfo = 0;
  put_date(o->data, y, m, d);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}
Ref new_date(int y, int m, int d, PyTypeObject* type) {
  if (!check_date(y, m, d)) return Ref{};
  if (type == &date_type) return make_date(y, m, d, type);
  return call(Value{type}, {Value::from_int(y), Value::from_int(m), Value::from_int(d)});
}

namespace {

inline int year(Value v) { return PyDateTime_GET_YEAR(date(v)); }
inline int month(Value v) { return PyDateTime_GET_MONTH(date(v)); }
inline int day(Value v) { return PyDateTime_GET_DAY(date(v)); }
int64_t ordinal_of(Value v) { return to_ordinal(year(v), month(v), day(v)); }

Ref date_make(Value cls, const Value* a) {
  int y, m, d;
  if (!int_field(a[0], &y) || !int_field(a[1], &m) || !int_field(a[2], &d) || !check_date(y, m, d)) return Ref{};
  return make_date(y, m, d, cls.as<PyTypeObject>());
}
const MethodRow make_row = method<date_make>("date", "($self, year, month, day)", "");
Ref date_new(PyTypeObject* type, Args args) {
  std::string state;
  if (args.n == 1 && pickled_state(args[0], 4, &state)) {
    auto* p = reinterpret_cast<const unsigned char*>(state.data());
    if (p[2] >= 1 && p[2] <= 12) return make_date(p[0] << 8 | p[1], p[2], p[3], type);
    if (is_str(args[0])) return raise(PyExc_TypeError, "Failed to encode latin1 string when unpickling a date object. pickle.load(data, encoding='latin1') is assumed.");
  }
  return call_row(make_row, Value{type}, args);
}
Ref from_local(Value cls, time_t when) {
  tm t;
  if (!localtime_r(&when, &t)) return raise_errno(PyExc_OSError);
  return call(cls, {Value::from_int(t.tm_year + 1900), Value::from_int(t.tm_mon + 1), Value::from_int(t.tm_mday)});
}
Ref date_fromtimestamp(Value cls, Value v) {
  int64_t s;
  if (is_float(v)) {
    double d = float_value(v);
    if (d != d) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    if (!(d > -9.2e18 && d < 9.2e18)) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
    s = static_cast<int64_t>(std::floor(d));
  } else {
    Ref i = index(v);
    if (!i) return Ref{};
    if (int_sign_overflow_i64(i, &s) != 0) return raise(PyExc_OverflowError, "timestamp out of range for platform time_t");
  }
  return from_local(cls, s);
}
Ref date_today(Value cls) {
  Ref module = import_module("time"), now = module ? call_method(module, "time"_id) : Ref{};
  return now ? call_method(cls, "fromtimestamp"_id, {now.get()}) : Ref{};
}
Ref date_fromordinal(Value cls, Value v) {
  int n;
  if (!int_field(v, &n)) return Ref{};
  if (n < 1) return raise(PyExc_ValueError, "ordinal must be >= 1");
  if (n > kMaxOrdinal) return raise(PyExc_ValueError, "year is out of range");
  int y, m, d;
  from_ordinal(n, &y, &m, &d);
  return call(cls, {Value::from_int(y), Value::from_int(m), Value::from_int(d)});
}
Ref date_fromisoformat(Value cls, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "fromisoformat: argument must be str");
  std::string_view s = str_utf8(text);
  int y = 0, m = 0, d = 0;
  if (!s.data()) clear_error();
  if (!s.data() || (s.size() != 7 && s.size() != 8 && s.size() != 10) || !parse_iso_date(s, &y, &m, &d)) return raise(PyExc_ValueError, "Invalid isoformat string: %R", text);
  return new_date(y, m, d, cls.as<PyTypeObject>());
}
Ref date_fromisocalendar(Value cls, const Value* a) {
  int y, w, d;
  for (int i = 0; i < 3; i++) {
    int* out[] = {&y, &w, &d};
    if (int_field(a[i], out[i])) continue;
    if (error_matches(PyExc_OverflowError)) {
      clear_error();
      return raise(PyExc_ValueError, "ISO calendar component out of range");
    }
    return Ref{};
  }
  int64_t n;
  if (!iso_to_ordinal(y, w, d, &n)) return Ref{};
  if (n < 1 || n > kMaxOrdinal) return raise(PyExc_ValueError, "year %i is out of range", n < 1 ? 0 : 10000);
  from_ordinal(n, &y, &w, &d);
  return new_date(y, w, d, cls.as<PyTypeObject>());
}

// --- Arithmetic, comparison ---------------------------------------------------------------------------------------------------------------------
Ref shift(Value d, Value by, int sign) {
  int64_t n = ordinal_of(d) + sign * int64_t{delta(by)->days};
  if (n < 1 || n > kMaxOrdinal) return raise(PyExc_OverflowError, "date value out of range");
  int y, m, dd;
  from_ordinal(n, &y, &m, &dd);
  return new_date(y, m, dd, type_of(d));
}
Ref date_add(Value a, Value b) {
  if (is_datetime(a) || is_datetime(b)) return not_implemented_ref();
  if (is_date(a) && is_delta(b)) return shift(a, b, 1);
  if (is_delta(a) && is_date(b)) return shift(b, a, 1);
  return not_implemented_ref();
}
Ref date_subtract(Value a, Value b) {
  if (is_datetime(a) || is_datetime(b) || !is_date(a)) return not_implemented_ref();
  if (is_date(b)) return new_delta(ordinal_of(a) - ordinal_of(b), 0, 0);
  return is_delta(b) ? shift(a, b, -1) : not_implemented_ref();
}
Ref date_compare(Value a, Value b, int op) {
  // Of a date and a datetime, datetime's own comparison is asked first: whoever comes here wants the dates compared.
  if (!is_date(b)) return not_implemented_ref();
  return compare_result(memcmp(date(a)->data, date(b)->data, 4), op);
}
Py_hash_t date_hash(Value v) {
  if (date(v)->hashcode == -1) date(v)->hashcode = hash_bytes(date(v)->data, 4);
  return date(v)->hashcode;
}

// --- Text -----------------------------------------------------------------------------------------------------------------------------------------
Ref date_repr(Value v) { return str_format("%s(%d, %d, %d)", type_of(v)->tp_name, year(v), month(v), day(v)); }
Ref date_isoformat(Value v) {
  char text[32];
  snprintf(text, sizeof text, "%04d-%02d-%02d", year(v), month(v), day(v));
  return str_from_ascii(text);
}
Ref date_str(Value v) { return call_method(v, "isoformat"_id); }
Ref date_ctime(Value v) {
  static const char* const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  snprintf(text, sizeof text, "%s %s %2d 00:00:00 %04d", days[weekday(year(v), month(v), day(v))], months[month(v) - 1], day(v), year(v));
  return str_from_ascii(text);
}
Ref struct_time(int y, int m, int d, int hh, int mm, int ss, int dst) {
  Ref module = import_module("time"), type = module ? getattr(module, "struct_time"_id) : Ref{};
  Ref items = tuple_of({Value::from_int(y), Value::from_int(m), Value::from_int(d), Value::from_int(hh), Value::from_int(mm), Value::from_int(ss), Value::from_int(weekday(y, m, d)),
                        Value::from_int(days_before_month(y, m) + d), Value::from_int(dst)});
  return type && items ? call1(type, items) : Ref{};
}
Ref date_timetuple(Value v) { return struct_time(year(v), month(v), day(v), 0, 0, 0, -1); }
Ref date_strftime(Value v, const Value* a) {
  Ref tuple = call_method(v, "timetuple"_id);
  return tuple ? wrap_strftime(v, a[0], tuple, v) : Ref{};
}
Ref date_format(Value v, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument 1 must be str, not %.200s", type_of(spec)->tp_name);
  return str_length(spec) == 0 ? to_str(v) : call_method(v, "strftime"_id, {spec});
}
Ref date_weekday(Value v) { return int_from_i64(weekday(year(v), month(v), day(v))); }
Ref date_isoweekday(Value v) { return int_from_i64(weekday(year(v), month(v), day(v)) + 1); }
Ref date_toordinal(Value v) { return int_from_i64(ordinal_of(v)); }

// --- IsoCalendarDate: a tuple with names, pickled as a plain one --------------------------------------------------------------------------------------
ADDER_TYPE(iso_type);
template <int I>
Ref iso_field(Value v) { return Ref::copy(tuple_get(v, I)); }
Ref iso_make(PyTypeObject* type, Value y, Value week, Value d) {
  Ref fields = tuple_of({y, week, d});
  Value words[] = {fields};
  return fields ? call_new(&PyTuple_Type, type, Args{words, 1, nullptr}) : Ref{};
}
Ref iso_new(PyTypeObject* type, Args args) {
  Value a[3];
  return bind_arguments("IsoCalendarDate", args, {"year", "week", "weekday"}, 3, a) ? iso_make(type, a[0], a[1], a[2]) : Ref{};
}
Ref iso_repr(Value v) {
  return str_format("%.200s(year=%S, week=%S, weekday=%S)", type_of(v)->tp_name, tuple_get(v, 0), tuple_get(v, 1), tuple_get(v, 2));
}
Ref iso_reduce(Value v) {
  Ref plain = tuple_slice(v, 0, 3), args = plain ? tuple_of({plain}) : Ref{};
  return args ? tuple_of({Value{&PyTuple_Type}, args}) : Ref{};
}
const MethodRow iso_methods[] = {method<iso_reduce>("__reduce__", "", "Helper for pickle."), {}};
const GetSetRow iso_getset[] = {getset<iso_field<0>>("year"), getset<iso_field<1>>("week"), getset<iso_field<2>>("weekday"), {}};
Ref date_isocalendar(Value v) {
  int y = year(v);
  int64_t monday = iso_week1_monday(y), today = ordinal_of(v);
  int64_t diff = today - monday;
  int64_t week = diff >= 0 ? diff / 7 : -1;
  if (week < 0) {
    monday = iso_week1_monday(--y);
    week = (today - monday) / 7;
  } else if (week >= 52 && today >= iso_week1_monday(y + 1)) {
    y++;
    week = 0;
    monday = iso_week1_monday(y);
  }
  int64_t d = (today - monday) % 7;
  return iso_make(&iso_type, Value::from_int(y), Value::from_int(week + 1), Value::from_int(d + 1));
}
Ref date_replace(Value v, const Value* a) {
  int y = year(v), m = month(v), d = day(v);
  if ((a[0] && !int_field(a[0], &y)) || (a[1] && !int_field(a[1], &m)) || (a[2] && !int_field(a[2], &d))) return Ref{};
  return new_date(y, m, d, type_of(v));
}
Ref date_reduce(Value v) {
  Ref state = bytes_new({reinterpret_cast<char*>(date(v)->data), 4}), args = tuple_of({state.get()});
  return args ? tuple_of({Value{type_of(v)}, args}) : Ref{};
}
Ref get_year(Value v) { return int_from_i64(year(v)); }
Ref get_month(Value v) { return int_from_i64(month(v)); }
Ref get_day(Value v) { return int_from_i64(day(v)); }
const MethodRow methods[] = {
    class_method<date_fromtimestamp>("fromtimestamp", "($type, timestamp, /)", "Create a date from a POSIX timestamp."),
    class_method<date_fromordinal>("fromordinal", "", "int -> date corresponding to a proleptic Gregorian ordinal."),
    class_method<date_fromisoformat>("fromisoformat", "", "str -> Construct a date from a string in ISO 8601 format."),
    class_method<date_fromisocalendar>("fromisocalendar", "($type, /, year, week, day)", "int, int, int -> Construct a date from the ISO year, week number and weekday."),
    class_method<date_today>("today", "", "Current date or datetime:  same as self.__class__.fromtimestamp(time.time())."),
    method<date_ctime>("ctime", "", "Return ctime() style string."),
    method<date_strftime>("strftime", "($self, /, format)", "format -> strftime() style string."),
    method<date_format>("__format__", "", "Formats self with strftime."),
    method<date_timetuple>("timetuple", "", "Return time tuple, compatible with time.localtime()."),
    method<date_isocalendar>("isocalendar", "", "Return a named tuple containing ISO year, week number, and weekday."),
    method<date_isoformat>("isoformat", "", "Return string in ISO 8601 format, YYYY-MM-DD."),
    method<date_isoweekday>("isoweekday", "", "Return the day of the week represented by the date.\nMonday == 1 ... Sunday == 7"),
    method<date_toordinal>("toordinal", "", "Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1."),
    method<date_weekday>("weekday", "", "Return the day of the week represented by the date.\nMonday == 0 ... Sunday == 6"),
    method<date_replace>("replace", "($self, /, year=<unrepresentable>, month=<unrepresentable>, day=<unrepresentable>)", "Return date with new specified fields."),
    method<date_reduce>("__reduce__", "", "__reduce__() -> (cls, state)"),
    {}};
const GetSetRow getsets[] = {getset<get_year>("year"), getset<get_month>("month"), getset<get_day>("day"), {}};

}  // namespace

Ref time_tuple(int y, int m, int d, int hh, int mm, int ss, int dst) { return struct_time(y, m, d, hh, mm, ss, dst); }

const TypeDef date_def{
    .type = &date_type,
    .name = "datetime.date",
    .basicsize = sizeof(PyDateTime_Date),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "date(year, month, day) --> date object",
    .slots = {.tp_repr = slot::Unary<date_repr>, .tp_hash = slot::Hash<date_hash>, .tp_str = slot::Unary<date_str>, .tp_richcompare = slot::Compare<date_compare>,
              .tp_new = slot::New<date_new>, .nb_add = slot::Binary<date_add>, .nb_subtract = slot::Binary<date_subtract>},
    .methods = methods,
    .getset = getsets,
};

const TypeDef iso_calendar_def{
    .type = &iso_type,
    .name = "datetime.IsoCalendarDate",
    .basicsize = offsetof(PyTupleObject, ob_item),
    .itemsize = sizeof(PyObject*),
    .doc = "The result of date.isocalendar() or datetime.isocalendar()\n\n"
           "This object may be accessed either as a tuple of\n  ((year, week, weekday)\nor via the object attributes as named in the above tuple.",
    .base = &PyTuple_Type,
    .slots = {.tp_repr = slot::Unary<iso_repr>, .tp_new = slot::New<iso_new>},
    .methods = iso_methods,
    .getset = iso_getset,
};

}  // namespace adder::datetime
