// datetime.timedelta, tzinfo and timezone.
#include <cmath>
#include "modules/datetime.h"

namespace adder::datetime {

ADDER_TYPE(delta_type);
ADDER_TYPE(tzinfo_type);
ADDER_TYPE(timezone_type);
Ref utc;

// --- Making ------------------------------------------------------------------------------------------------------------------------------------
Ref new_delta(int64_t days, int64_t seconds, int64_t micro, PyTypeObject* type) {
  auto carry = [](int64_t* low, int64_t unit, int64_t* high) {
    if (ADDER_LIKELY(*low >= 0 && *low < unit)) return;
    int64_t q = *low / unit, r = *low % unit;
    if (r < 0) {
      r += unit;
      q--;
    }
    *low = r;
    *high += q;
  };
  carry(&micro, kMicro, &seconds);
  carry(&seconds, kDaySeconds, &days);
  if (days < -kMaxDeltaDays || days > kMaxDeltaDays)
    return raise(PyExc_OverflowError, "days=%ld; must have magnitude <= %d", static_cast<long>(days), kMaxDeltaDays);
  auto* d = allocate<PyDateTime_Delta>(type, &delta_type);
  if (!d) return Ref{};
  d->hashcode = -1;
  d->days = static_cast<int>(days);
  d->seconds = static_cast<int>(seconds);
  d->microseconds = static_cast<int>(micro);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(d)});
}
Ref delta_to_micro(Value v) {
  PyDateTime_Delta* d = delta(v);
  Ref seconds = int_from_i64(int64_t{d->days} * kDaySeconds + d->seconds), million = int_from_i64(kMicro), micro = int_from_i64(d->microseconds);
  Ref product = int_multiply(seconds, million);
  return product ? int_add(product, micro) : Ref{};
}
Ref delta_from_micro(Value micro, PyTypeObject* type) {
  Ref million = int_from_i64(kMicro), day = int_from_i64(kDaySeconds), seconds, us, days, rest;
  int64_t d, s, u;
  if (!int_divmod(micro, million, &seconds, &us) || !int_divmod(seconds, day, &days, &rest)) return Ref{};
  if (int_sign_overflow_i64(days, &d) != 0) return raise(PyExc_OverflowError, "Python int too large to convert to C int");
  if (d != static_cast<int>(d)) return raise(PyExc_OverflowError, "Python int too large to convert to C int");
  if (!int_as_i64(rest, &s) || !int_as_i64(us, &u)) return Ref{};
  return new_delta(d, s, u, type);
}

namespace {

// Adds `value` units of `factor` microseconds to an exact sum; the fraction of a float goes to *leftover.
bool accumulate(Ref* sum, Value value, int64_t factor, double* leftover, const char* name) {
  Ref unit = int_from_i64(factor);
  if (is_int(value)) {
    Ref product = int_multiply(value, unit);
    if (!product) return false;
    *sum = int_add(*sum, product);
    return static_cast<bool>(*sum);
  }
  if (is_float(value)) {
    double d = float_value(value), whole;
    double part = modf(d, &whole);
    Ref n = int_from_double(whole);
    if (!n) return false;
    Ref product = int_multiply(n, unit);
    if (!product) return false;
    *sum = int_add(*sum, product);
    if (part == 0) return static_cast<bool>(*sum);
    double micro_whole;
    double micro_part = modf(part * static_cast<double>(factor), &micro_whole);
    *leftover += micro_part;
    Ref more = int_from_double(micro_whole);
    *sum = more && *sum ? int_add(*sum, more) : Ref{};
    return static_cast<bool>(*sum);
  }
  return raise(PyExc_TypeError, "unsupported type for timedelta %s component: %s", name, type_of(value)->tp_name);
}
Ref make(Value cls, const Value* a) {
  // days, seconds, microseconds, milliseconds, minutes, hours, weeks
  const int64_t factors[] = {kDaySeconds * kMicro, kMicro, 1, 1000, 60 * kMicro, 3600 * kMicro, 7 * kDaySeconds * kMicro};
  const char* names[] = {"days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"};
  Ref sum = int_from_i64(0);
  double leftover = 0;
  for (int i : {2, 3, 1, 4, 5, 0, 6}) {
    if (a[i] && !accumulate(&sum, a[i], factors[i], &leftover, names[i])) return Ref{};
  }
  if (leftover != 0) {
    // Rounded half to even with the whole microseconds counted in.
    double whole = std::round(leftover);
    if (std::fabs(whole - leftover) == 0.5) {
      Ref two = int_from_i64(2), rest = int_remainder(sum, two);
      int odd = rest && int_sign(rest) != 0;
      whole = 2 * std::round((leftover + odd) * 0.5) - odd;
    }
    Ref more = int_from_double(whole);
    sum = more ? int_add(sum, more) : Ref{};
    if (!sum) return Ref{};
  }
  return delta_from_micro(sum, cls.as<PyTypeObject>());
}
const MethodRow make_row = method<make>("timedelta", "($self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)", "");
Ref delta_new(PyTypeObject* type, Args args) { return call_row(make_row, Value{type}, args); }

// --- Arithmetic --------------------------------------------------------------------------------------------------------------------------------
Ref delta_add(Value a, Value b) {
  if (!is_delta(a) || !is_delta(b)) return not_implemented_ref();
  return new_delta(int64_t{delta(a)->days} + delta(b)->days, int64_t{delta(a)->seconds} + delta(b)->seconds, int64_t{delta(a)->microseconds} + delta(b)->microseconds);
}
Ref delta_subtract(Value a, Value b) {
  if (!is_delta(a) || !is_delta(b)) return not_implemented_ref();
  return new_delta(int64_t{delta(a)->days} - delta(b)->days, int64_t{delta(a)->seconds} - delta(b)->seconds, int64_t{delta(a)->microseconds} - delta(b)->microseconds);
}
Ref delta_negative(Value a) { return new_delta(-int64_t{delta(a)->days}, -int64_t{delta(a)->seconds}, -int64_t{delta(a)->microseconds}); }
Ref delta_positive(Value a) { return new_delta(delta(a)->days, delta(a)->seconds, delta(a)->microseconds); }
Ref delta_absolute(Value a) { return delta(a)->days < 0 ? delta_negative(a) : delta_positive(a); }
int delta_bool(Value a) { return delta(a)->days || delta(a)->seconds || delta(a)->microseconds; }
// a / b rounded half to even; b not zero.
Ref divide_nearest(Value a, Value b) {
  Ref q, r;
  if (!int_divmod(a, b, &q, &r)) return Ref{};
  Ref two = int_from_i64(2), twice = int_multiply(r, two);
  if (!twice) return Ref{};
  bool negative = int_sign(b) < 0;
  int c = negative ? int_compare(b, twice) : int_compare(twice, b);
  bool up = c > 0;
  if (c == 0) {
    Ref odd = int_remainder(q, two);
    up = odd && int_sign(odd) != 0;
  }
  Ref one = int_from_i64(1);
  return up ? int_add(q, one) : std::move(q);
}
// delta * float or delta / float, exactly through the float's ratio.
Ref scale(Value d, Value number, bool multiply_by) {
  Ref ratio = call_method(number, "as_integer_ratio"_id);
  if (!ratio) return Ref{};
  if (!is_tuple(ratio)) return raise(PyExc_TypeError, "unexpected return type from as_integer_ratio(): expected tuple, got '%.200s'", type_of(ratio)->tp_name);
  if (tuple_size(ratio) != 2) return raise(PyExc_ValueError, "as_integer_ratio() must return a 2-tuple");
  for (Py_ssize_t i = 0; i < 2; i++) {
    if (!is_int(tuple_get(ratio, i)))
      return raise(PyExc_TypeError, "unsupported operand type(s) for *: 'int' and '%.200s'", type_of(tuple_get(ratio, i))->tp_name);
  }
  Value top = tuple_get(ratio, multiply_by ? 0 : 1), bottom = tuple_get(ratio, multiply_by ? 1 : 0);
  Ref micro = delta_to_micro(d), product = micro ? int_multiply(micro, top) : Ref{};
  if (!product) return Ref{};
  if (int_sign(bottom) == 0) return raise(PyExc_ZeroDivisionError, "division by zero");
  Ref q = divide_nearest(product, bottom);
  return q ? delta_from_micro(q) : Ref{};
}
Ref delta_multiply(Value a, Value b) {
  if (!is_delta(a)) std::swap(a, b);
  if (is_int(b)) {
    Ref micro = delta_to_micro(a), product = micro ? int_multiply(micro, b) : Ref{};
    return product ? delta_from_micro(product) : Ref{};
  }
  return is_float(b) ? scale(a, b, true) : not_implemented_ref();
}
Ref delta_floor_divide(Value a, Value b) {
  if (!is_delta(a)) return not_implemented_ref();
  Ref x = delta_to_micro(a);
  if (is_delta(b)) {
    Ref y = delta_to_micro(b);
    return x && y ? int_floor_divide(x, y) : Ref{};
  }
  if (!is_int(b)) return not_implemented_ref();
  Ref q = x ? int_floor_divide(x, b) : Ref{};
  return q ? delta_from_micro(q) : Ref{};
}
Ref delta_true_divide(Value a, Value b) {
  if (!is_delta(a)) return not_implemented_ref();
  Ref x = delta_to_micro(a);
  if (is_delta(b)) {
    Ref y = delta_to_micro(b);
    return x && y ? int_true_divide(x, y) : Ref{};
  }
  if (is_float(b)) return scale(a, b, false);
  if (!is_int(b)) return not_implemented_ref();
  if (int_sign(b) == 0) return raise(PyExc_ZeroDivisionError, "division by zero");
  Ref q = x ? divide_nearest(x, b) : Ref{};
  return q ? delta_from_micro(q) : Ref{};
}
Ref delta_remainder(Value a, Value b) {
  if (!is_delta(a) || !is_delta(b)) return not_implemented_ref();
  Ref x = delta_to_micro(a), y = delta_to_micro(b), r = x && y ? int_remainder(x, y) : Ref{};
  return r ? delta_from_micro(r) : Ref{};
}
Ref delta_divmod(Value a, Value b) {
  if (!is_delta(a) || !is_delta(b)) return not_implemented_ref();
  Ref x = delta_to_micro(a), y = delta_to_micro(b), q, r;
  if (!x || !y || !int_divmod(x, y, &q, &r)) return Ref{};
  Ref rest = delta_from_micro(r);
  return rest ? tuple_of({q, rest}) : Ref{};
}
Ref delta_compare(Value a, Value b, int op) {
  if (!is_delta(b)) return not_implemented_ref();
  PyDateTime_Delta *x = delta(a), *y = delta(b);
  int diff = x->days != y->days ? (x->days < y->days ? -1 : 1) : x->seconds != y->seconds ? (x->seconds < y->seconds ? -1 : 1) : x->microseconds - y->microseconds;
  return compare_result(diff, op);
}
Py_hash_t delta_hash(Value v) {
  PyDateTime_Delta* d = delta(v);
  if (d->hashcode == -1) {
    Ref state = tuple_of({Value::from_int(d->days), Value::from_int(d->seconds), Value::from_int(d->microseconds)});
    if (!state) return -1;
    d->hashcode = hash(state);
  }
  return d->hashcode;
}
Ref delta_repr(Value v) {
  PyDateTime_Delta* d = delta(v);
  std::string parts;
  auto part = [&](const char* name, int n) {
    if (n) parts += (parts.empty() ? "" : ", ") + std::string(name) + "=" + std::to_string(n);
  };
  part("days", d->days);
  part("seconds", d->seconds);
  part("microseconds", d->microseconds);
  return str_format("%s(%s)", type_of(v)->tp_name, parts.empty() ? "0" : parts.c_str());
}
Ref delta_str(Value v) {
  PyDateTime_Delta* d = delta(v);
  char text[96];
  int n = 0;
  if (d->days) n = snprintf(text, sizeof text, "%d day%s, ", d->days, d->days == 1 || d->days == -1 ? "" : "s");
  n += snprintf(text + n, sizeof text - static_cast<size_t>(n), "%d:%02d:%02d", d->seconds / 3600, d->seconds / 60 % 60, d->seconds % 60);
  if (d->microseconds) snprintf(text + n, sizeof text - static_cast<size_t>(n), ".%06d", d->microseconds);
  return str_from_ascii(text);
}
Ref total_seconds(Value v) {
  Ref micro = delta_to_micro(v), million = int_from_i64(kMicro);
  return micro ? int_true_divide(micro, million) : Ref{};
}
Ref delta_reduce(Value v) {
  Ref state = tuple_of({Value::from_int(delta(v)->days), Value::from_int(delta(v)->seconds), Value::from_int(delta(v)->microseconds)});
  return state ? tuple_of({Value{type_of(v)}, state}) : Ref{};
}
const MethodRow delta_methods[] = {
    method<total_seconds>("total_seconds", "", "Total seconds in the duration."),
    method<delta_reduce>("__reduce__", "", "__reduce__() -> (cls, state)"),
    {}};
PyMemberDef delta_members[] = {{"days", T_INT, offsetof(PyDateTime_Delta, days), READONLY, "Number of days."},
                               {"seconds", T_INT, offsetof(PyDateTime_Delta, seconds), READONLY, "Number of seconds (>= 0 and less than 1 day)."},
                               {"microseconds", T_INT, offsetof(PyDateTime_Delta, microseconds), READONLY, "Number of microseconds (>= 0 and less than 1 second)."},
                               {nullptr, 0, 0, 0, nullptr}};

// --- tzinfo --------------------------------------------------------------------------------------------------------------------------------------
Ref zone_new(PyTypeObject* type, Args) { return Ref::steal(Value{allocate_instance(type)}); }
Ref must_implement(const char* name) { return raise(PyExc_NotImplementedError, "a tzinfo subclass must implement %s()", name); }
Ref zone_tzname(Value, Value) { return must_implement("tzname"); }
Ref zone_utcoffset(Value, Value) { return must_implement("utcoffset"); }
Ref zone_dst(Value, Value) { return must_implement("dst"); }
Ref zone_fromutc(Value self, Value dt) {
  if (!is_datetime(dt)) return raise(PyExc_TypeError, "fromutc: argument must be a datetime");
  if (zone_of_stamp(dt) != self) return raise(PyExc_ValueError, "fromutc: dt.tzinfo is not self");
  Ref offset = call_utcoffset(self, dt);
  if (!offset) return Ref{};
  if (is_none(offset)) return raise(PyExc_ValueError, "fromutc: non-None utcoffset() result required");
  Ref dst = call_dst(self, dt);
  if (!dst) return Ref{};
  if (is_none(dst)) return raise(PyExc_ValueError, "fromutc: non-None dst() result required");
  Ref standard = delta_subtract(offset, dst), result = standard ? add(dt, standard) : Ref{};
  if (!result) return Ref{};
  Ref again = call_dst(self, result);
  if (!again) return Ref{};
  if (is_none(again)) return raise(PyExc_ValueError, "fromutc: tz.dst() gave inconsistent results; cannot convert");
  return delta_bool(again) ? add(result, again) : std::move(result);
}
Ref zone_reduce(Value self) {
  Ref method, args = tuple_empty(), state;
  if (lookup_attr(self, "__getinitargs__"_id, &method) < 0) return Ref{};
  if (method) args = call0(method);
  if (args && !is_tuple(args)) args = to_tuple(args);
  state = call_method(self, "__getstate__"_id);
  if (!args || !state) return Ref{};
  return is_none(state) ? tuple_of({Value{type_of(self)}, args.get()}) : tuple_of({Value{type_of(self)}, args.get(), state.get()});
}
const MethodRow tzinfo_methods[] = {
    method<zone_tzname>("tzname", "", "datetime -> string name of time zone."),
    method<zone_utcoffset>("utcoffset", "", "datetime -> timedelta showing offset from UTC, negative values indicating West of UTC"),
    method<zone_dst>("dst", "", "datetime -> DST offset as timedelta positive east of UTC."),
    method<zone_fromutc>("fromutc", "", "datetime in UTC -> datetime in local time."),
    method<zone_reduce>("__reduce__", "", "-> (cls, state)"),
    {}};

// --- timezone --------------------------------------------------------------------------------------------------------------------------------------
struct Timezone {
  PyObject head;
  PyObject* offset;
  PyObject* name;  // or null
};
Timezone* zone(Value v) { return v.as<Timezone>(); }
Ref raw_timezone(Value offset, Value name, PyTypeObject* type = &timezone_type) {
  auto* z = new_object<Timezone>(type);
  if (!z) return Ref{};
  z->offset = Ref::copy(offset).release().object();
  z->name = name ? Ref::copy(name).release().object() : nullptr;
  return Ref::steal(Value{&z->head});
}
void timezone_dealloc(PyObject* o) {
  Py_CLEAR(reinterpret_cast<Timezone*>(o)->offset);
  Py_CLEAR(reinterpret_cast<Timezone*>(o)->name);
  Py_TYPE(o)->tp_free(o);
}
Ref timezone_make(Value, const Value* a) {
  if (!is_delta(a[0])) return raise(PyExc_TypeError, "timezone() argument 1 must be datetime.timedelta, not %.200s", type_of(a[0])->tp_name);
  if (a[1] && !is_str(a[1])) return raise(PyExc_TypeError, "timezone() argument 2 must be str, not %.200s", type_of(a[1])->tp_name);
  return make_timezone(a[0], a[1]);
}
const MethodRow timezone_row = method<timezone_make>("timezone", "($self, offset, name=<unrepresentable>)", "");
Ref timezone_new(PyTypeObject*, Args args) { return call_row(timezone_row, Value{}, args); }
bool check_argument(Value dt, const char* name) {
  return is_none(dt) || is_datetime(dt) ? true : static_cast<bool>(raise(PyExc_TypeError, "%s(dt) argument must be a datetime instance or None, not %.200s", name, type_of(dt)->tp_name));
}
Ref timezone_name(Value self) {
  if (zone(self)->name) return Ref::copy(Value{zone(self)->name});
  Value d{zone(self)->offset};
  if (self == utc.get() || !delta_bool(d)) return str_from_ascii("UTC");
  return str_from_ascii("UTC" + format_offset_of(d, ":"));
}
Ref timezone_utcoffset(Value self, Value dt) { return check_argument(dt, "utcoffset") ? Ref::copy(Value{zone(self)->offset}) : Ref{}; }
Ref timezone_tzname(Value self, Value dt) { return check_argument(dt, "tzname") ? timezone_name(self) : Ref{}; }
Ref timezone_dst(Value, Value dt) { return check_argument(dt, "dst") ? none_ref() : Ref{}; }
Ref timezone_fromutc(Value self, Value dt) {
  if (!is_datetime(dt)) return raise(PyExc_TypeError, "fromutc() argument must be a datetime instance, not %.200s", type_of(dt)->tp_name);
  if (zone_of_stamp(dt) != self) return raise(PyExc_ValueError, "fromutc: dt.tzinfo is not self");
  return add(dt, Value{zone(self)->offset});
}
Ref timezone_repr(Value self) {
  const char* name = type_of(self)->tp_name;
  if (self == utc.get()) return str_format("%s.utc", name);
  Value offset{zone(self)->offset};
  return zone(self)->name ? str_format("%s(%R, %R)", name, offset, Value{zone(self)->name}) : str_format("%s(%R)", name, offset);
}
Py_hash_t timezone_hash(Value self) { return delta_hash(Value{zone(self)->offset}); }
Ref timezone_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !b.is_object() || !is_instance_exactly(b, &timezone_type)) return not_implemented_ref();
  return delta_compare(Value{zone(a)->offset}, Value{zone(b)->offset}, op);
}
Ref timezone_getinitargs(Value self) {
  return zone(self)->name ? tuple_of({Value{zone(self)->offset}, Value{zone(self)->name}}) : tuple_of({Value{zone(self)->offset}});
}
const MethodRow timezone_methods[] = {
    method<timezone_tzname>("tzname", "", "If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'."),
    method<timezone_utcoffset>("utcoffset", "", "Return fixed offset."),
    method<timezone_dst>("dst", "", "Return None."),
    method<timezone_fromutc>("fromutc", "", "datetime in UTC -> datetime in local time."),
    method<timezone_getinitargs>("__getinitargs__", "", "pickle support"),
    {}};

}  // namespace

Ref make_timezone(Value offset, Value name) {
  if (!name && !delta_bool(offset) && utc) return Ref::copy(utc);
  PyDateTime_Delta* d = delta(offset);
  if ((d->days == -1 && d->seconds == 0 && d->microseconds < 1) || d->days < -1 || d->days >= 1)
    return raise(PyExc_ValueError, "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not %R.", offset);
  return raw_timezone(offset, name);
}

const TypeDef delta_def{
    .type = &delta_type,
    .name = "datetime.timedelta",
    .basicsize = sizeof(PyDateTime_Delta),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Difference between two datetime values.\n\ntimedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)\n\nAll arguments are optional and default to 0.\n"
           "Arguments may be integers or floats, and may be positive or negative.",
    .slots = {.tp_repr = slot::Unary<delta_repr>, .tp_hash = slot::Hash<delta_hash>, .tp_str = slot::Unary<delta_str>, .tp_richcompare = slot::Compare<delta_compare>,
              .tp_new = slot::New<delta_new>, .nb_add = slot::Binary<delta_add>, .nb_subtract = slot::Binary<delta_subtract>, .nb_multiply = slot::Binary<delta_multiply>,
              .nb_remainder = slot::Binary<delta_remainder>, .nb_divmod = slot::Binary<delta_divmod>, .nb_negative = slot::Unary<delta_negative>,
              .nb_positive = slot::Unary<delta_positive>, .nb_absolute = slot::Unary<delta_absolute>, .nb_bool = slot::Inquiry<delta_bool>,
              .nb_floor_divide = slot::Binary<delta_floor_divide>, .nb_true_divide = slot::Binary<delta_true_divide>},
    .methods = delta_methods,
    .members = delta_members,
};
const TypeDef tzinfo_def{
    .type = &tzinfo_type,
    .name = "datetime.tzinfo",
    .basicsize = sizeof(PyDateTime_TZInfo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Abstract base class for time zone info objects.",
    .slots = {.tp_new = slot::New<zone_new>},
    .methods = tzinfo_methods,
};
const TypeDef timezone_def{
    .type = &timezone_type,
    .name = "datetime.timezone",
    .basicsize = sizeof(Timezone),
    .doc = "Fixed offset from UTC implementation of tzinfo.",
    .base = &tzinfo_type,
    .dealloc = timezone_dealloc,
    .slots = {.tp_repr = slot::Unary<timezone_repr>, .tp_hash = slot::Hash<timezone_hash>, .tp_str = slot::Unary<timezone_name>, .tp_richcompare = slot::Compare<timezone_compare>,
              .tp_new = slot::New<timezone_new>},
    .methods = timezone_methods,
};

}  // namespace adder::datetime
