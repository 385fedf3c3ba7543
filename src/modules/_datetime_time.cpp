// datetime.time.
#include "modules/datetime.h"

namespace adder::datetime {

ADDER_TYPE(time_type);

bool check_time(int h, int m, int s, int us, int fold) {
  if (h < 0 || h > 23) return raise(PyExc_ValueError, "hour must be in 0..23");
  if (m < 0 || m > 59) return raise(PyExc_ValueError, "minute must be in 0..59");
  if (s < 0 || s > 59) return raise(PyExc_ValueError, "second must be in 0..59");
  if (us < 0 || us > 999999) return raise(PyExc_ValueError, "microsecond must be in 0..999999");
  if (fold != 0 && fold != 1) return raise(PyExc_ValueError, "fold must be either 0 or 1");
  return true;
}
Ref make_time(int h, int m, int s, int us, Value zone, int fold, PyTypeObject* type) {
  auto* o = allocate<PyDateTime_Time>(type, &time_type);
  if (!o) return Ref{};
  o->hashcode = -1;
  unsigned char bytes[] = {static_cast<unsigned char>(h), static_cast<unsigned char>(m), static_cast<unsigned char>(s), static_cast<unsigned char>(us >> 16),
                           static_cast<unsigned char>(us >> 8), static_cast<unsigned char>(us)};
  memcpy(o->data, bytes, 6);
  o->fold = static_cast<unsigned char>(fold);
  o->hastzinfo = !is_none(zone);
  o->tzinfo = is_none(zone) ? nullptr : Ref::copy(zone).release().object();
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}
Ref new_time(int h, int m, int s, int us, Value zone, int fold, PyTypeObject* type) {
  if (!check_time(h, m, s, us, fold) || !check_zone(zone)) return Ref{};
  if (type == &time_type) return make_time(h, m, s, us, zone, fold, type);
  Ref names = tuple_of({Value{"fold"_id}});
  Value words[] = {Value::from_int(h), Value::from_int(m), Value::from_int(s), Value::from_int(us), zone, Value::from_int(fold)};
  return call(Value{type}, Args{words, 5, fold ? names.object() : nullptr});
}

namespace {

inline int hour(Value v) { return PyDateTime_TIME_GET_HOUR(time(v)); }
inline int minute(Value v) { return PyDateTime_TIME_GET_MINUTE(time(v)); }
inline int second(Value v) { return PyDateTime_TIME_GET_SECOND(time(v)); }
inline int micro(Value v) { return PyDateTime_TIME_GET_MICROSECOND(time(v)); }
inline int fold(Value v) { return time(v)->fold; }

void time_dealloc(PyObject* o) {
  auto* t = reinterpret_cast<PyDateTime_Time*>(o);
  if (t->hastzinfo) Py_CLEAR(t->tzinfo);
  Py_TYPE(o)->tp_free(o);
}
bool fields(const Value* a, int* h, int* m, int* s, int* us, int* f) {
  return (!a[0] || int_field(a[0], h)) && (!a[1] || int_field(a[1], m)) && (!a[2] || int_field(a[2], s)) && (!a[3] || int_field(a[3], us)) && (!a[5] || int_field(a[5], f));
}
Ref time_make(Value cls, const Value* a) {
  int h = 0, m = 0, s = 0, us = 0, f = 0;
  Value zone = a[4] ? a[4] : none();
  if (!fields(a, &h, &m, &s, &us, &f) || !check_time(h, m, s, us, f) || !check_zone(zone)) return Ref{};
  return make_time(h, m, s, us, zone, f, cls.as<PyTypeObject>());
}
const MethodRow make_row = method<time_make>("time", "($self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)", "");
Ref time_new(PyTypeObject* type, Args args) {
  std::string state;
  if (args.n >= 1 && args.n <= 2 && !args.kwnames && pickled_state(args[0], 6, &state)) {
    auto* p = reinterpret_cast<const unsigned char*>(state.data());
    if ((p[0] & 0x7F) < 24) {
      Value zone = args.n == 2 ? args[1] : none();
      if (!is_none(zone) && !is_tzinfo(zone)) return raise(PyExc_TypeError, "bad tzinfo state arg");
      return make_time(p[0] & 0x7F, p[1], p[2], p[3] << 16 | p[4] << 8 | p[5], zone, p[0] >> 7, type);
    }
    if (is_str(args[0])) return raise(PyExc_TypeError, "Failed to encode latin1 string when unpickling a time object. pickle.load(data, encoding='latin1') is assumed.");
  }
  return call_row(make_row, Value{type}, args);
}
Ref time_utcoffset(Value v) { return call_utcoffset(zone_of_time(v), none()); }
Ref time_dst(Value v) { return call_dst(zone_of_time(v), none()); }
Ref time_tzname(Value v) { return call_tzname(zone_of_time(v), none()); }
Ref time_repr(Value v) {
  const char* name = type_of(v)->tp_name;
  Ref text = micro(v) ? str_format("%s(%d, %d, %d, %d", name, hour(v), minute(v), second(v), micro(v))
             : second(v) ? str_format("%s(%d, %d, %d", name, hour(v), minute(v), second(v))
                         : str_format("%s(%d, %d", name, hour(v), minute(v));
  if (text && time(v)->hastzinfo) text = str_format("%U, tzinfo=%R", text.get(), zone_of_time(v));
  if (text && fold(v)) text = str_format("%U, fold=1", text.get());
  return text ? str_format("%U)", text.get()) : Ref{};
}
Ref time_isoformat(Value v, const Value* a) {
  std::string text, offset;
  if (!append_time(&text, hour(v), minute(v), second(v), micro(v), a[0])) return Ref{};
  if (time(v)->hastzinfo && !format_offset(&offset, zone_of_time(v), none(), ":")) return Ref{};
  return str_from_ascii(text + offset);
}
Ref time_str(Value v) { return call_method(v, "isoformat"_id); }
Ref time_strftime(Value v, const Value* a) {
  Ref tuple = tuple_of({Value::from_int(1900), Value::from_int(1), Value::from_int(1), Value::from_int(hour(v)), Value::from_int(minute(v)), Value::from_int(second(v)),
                        Value::from_int(0), Value::from_int(1), Value::from_int(-1)});
  return tuple ? wrap_strftime(v, a[0], tuple, none()) : Ref{};
}
Ref time_format(Value v, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument 1 must be str, not %.200s", type_of(spec)->tp_name);
  return str_length(spec) == 0 ? to_str(v) : call_method(v, "strftime"_id, {spec});
}
Ref time_fromisoformat(Value cls, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "fromisoformat: argument must be str");
  std::string_view s = str_utf8(text);
  if (!s.data()) clear_error();
  int h, m, sec, us, off_us;
  bool has, z;
  int64_t off;
  std::string_view body = !s.empty() && s[0] == 'T' ? s.substr(1) : s;
  if (!s.data() || !parse_iso_time(body, &h, &m, &sec, &us, &has, &z, &off, &off_us)) return raise(PyExc_ValueError, "Invalid isoformat string: %R", text);
  Ref zone = zone_of_offset(has, z, off, off_us);
  return zone ? new_time(h, m, sec, us, zone, 0, cls.as<PyTypeObject>()) : Ref{};
}
// Microseconds since midnight less the offset, for comparing and hashing aware times.
int64_t utc_micro(Value v, Value offset) {
  int64_t seconds = int64_t{hour(v)} * 3600 + minute(v) * 60 + second(v), us = micro(v);
  if (!is_none(offset)) {
    seconds -= int64_t{delta(offset)->days} * kDaySeconds + delta(offset)->seconds;
    us -= delta(offset)->microseconds;
  }
  return seconds * kMicro + us;
}
Ref time_compare(Value a, Value b, int op) {
  if (!is_time(b)) return not_implemented_ref();
  if (zone_of_time(a) == zone_of_time(b)) return compare_result(memcmp(time(a)->data, time(b)->data, 6), op);
  Ref x = time_utcoffset(a), y = x ? time_utcoffset(b) : Ref{};
  if (!y) return Ref{};
  if (is_none(x) == is_none(y)) {
    int64_t p = utc_micro(a, x), q = utc_micro(b, y);
    return compare_result(p < q ? -1 : p > q, op);
  }
  if (op == Py_EQ) return bool_ref(false);
  if (op == Py_NE) return bool_ref(true);
  return raise(PyExc_TypeError, "can't compare offset-naive and offset-aware times");
}
Py_hash_t time_hash(Value v) {
  if (time(v)->hashcode == -1) {
    Ref plain = fold(v) ? make_time(hour(v), minute(v), second(v), micro(v), zone_of_time(v), 0, &time_type) : Ref::copy(v);
    Ref offset = plain ? time_utcoffset(plain) : Ref{};
    if (!offset) return -1;
    if (is_none(offset)) {
      time(v)->hashcode = hash_bytes(time(v)->data, 6);
    } else {
      // Equal to the hash of the naive time that it is in UTC where that is one, else of the microseconds.
      int64_t us = utc_micro(v, offset);
      if (us >= 0 && us < kDaySeconds * kMicro) {
        int64_t s = us / kMicro;
        Ref naive = make_time(static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60), static_cast<int>(s % 60), static_cast<int>(us % kMicro), none(), 0, &time_type);
        if (!naive) return -1;
        time(v)->hashcode = hash_bytes(time(naive)->data, 6);
      } else {
        Ref n = int_from_i64(us);
        time(v)->hashcode = hash(n);
      }
    }
  }
  return time(v)->hashcode;
}
Ref time_replace(Value v, const Value* a) {
  int h = hour(v), m = minute(v), s = second(v), us = micro(v), f = fold(v);
  if (!fields(a, &h, &m, &s, &us, &f)) return Ref{};
  return new_time(h, m, s, us, a[4] ? a[4] : zone_of_time(v), f, type_of(v));
}
Ref reduce(Value v, int protocol) {
  std::string state(reinterpret_cast<char*>(time(v)->data), 6);
  if (protocol > 3 && fold(v)) state[0] = static_cast<char>(state[0] | 0x80);
  Ref bytes = bytes_new(state);
  Ref args = !bytes ? Ref{} : time(v)->hastzinfo ? tuple_of({bytes.get(), zone_of_time(v)}) : tuple_of({bytes.get()});
  return args ? tuple_of({Value{type_of(v)}, args}) : Ref{};
}
Ref time_reduce_ex(Value v, Value protocol) {
  int n;
  return as_int(protocol, &n) ? reduce(v, n) : Ref{};
}
Ref time_reduce(Value v) { return reduce(v, 2); }
Ref get_hour(Value v) { return int_from_i64(hour(v)); }
Ref get_minute(Value v) { return int_from_i64(minute(v)); }
Ref get_second(Value v) { return int_from_i64(second(v)); }
Ref get_micro(Value v) { return int_from_i64(micro(v)); }
Ref get_zone(Value v) { return Ref::copy(zone_of_time(v)); }
Ref get_fold(Value v) { return int_from_i64(fold(v)); }

const MethodRow methods[] = {
    class_method<time_fromisoformat>("fromisoformat", "", "string -> time from a string in ISO 8601 format"),
    method<time_isoformat>("isoformat", "($self, /, timespec=<unrepresentable>)", "Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n\nThe optional argument timespec specifies the number of additional terms of the time to include."),
    method<time_strftime>("strftime", "($self, /, format)", "format -> strftime() style string."),
    method<time_format>("__format__", "", "Formats self with strftime."),
    method<time_utcoffset>("utcoffset", "", "Return self.tzinfo.utcoffset(self)."),
    method<time_tzname>("tzname", "", "Return self.tzinfo.tzname(self)."),
    method<time_dst>("dst", "", "Return self.tzinfo.dst(self)."),
    method<time_replace>("replace", "($self, /, hour=<unrepresentable>, minute=<unrepresentable>, second=<unrepresentable>, microsecond=<unrepresentable>, tzinfo=<unrepresentable>, *, fold=<unrepresentable>)", "Return time with new specified fields."),
    method<time_reduce_ex>("__reduce_ex__", "", "__reduce_ex__(proto) -> (cls, state)"),
    method<time_reduce>("__reduce__", "", "__reduce__() -> (cls, state)"),
    {}};
const GetSetRow getsets[] = {getset<get_hour>("hour"), getset<get_minute>("minute"), getset<get_second>("second"), getset<get_micro>("microsecond"), getset<get_zone>("tzinfo"), getset<get_fold>("fold"), {}};

}  // namespace

const TypeDef time_def{
    .type = &time_type,
    .name = "datetime.time",
    .basicsize = sizeof(PyDateTime_Time),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object\n\nAll arguments are optional. tzinfo may be None, or an instance of\na tzinfo subclass. The remaining arguments may be ints.",
    .dealloc = time_dealloc,
    .slots = {.tp_repr = slot::Unary<time_repr>, .tp_hash = slot::Hash<time_hash>, .tp_str = slot::Unary<time_str>, .tp_richcompare = slot::Compare<time_compare>, .tp_new = slot::New<time_new>},
    .methods = methods,
    .getset = getsets,
};

}  // namespace adder::datetime
