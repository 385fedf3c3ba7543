// _datetime: the module, its constants, and the capsule through which C code makes dates.
#include "modules/datetime.h"
#include "object/small_types.h"
#include "runtime/interpreter.h"

namespace adder::datetime {
namespace {

PyObject* c_date(int y, int m, int d, PyTypeObject* t) { return to_c_steal(new_date(y, m, d, t)); }
PyObject* c_datetime_fold(int y, int mo, int d, int h, int m, int s, int us, PyObject* zone, int fold, PyTypeObject* t) { return to_c_steal(new_datetime(y, mo, d, h, m, s, us, Value{zone}, fold, t)); }
PyObject* c_datetime(int y, int mo, int d, int h, int m, int s, int us, PyObject* zone, PyTypeObject* t) { return c_datetime_fold(y, mo, d, h, m, s, us, zone, 0, t); }
PyObject* c_time_fold(int h, int m, int s, int us, PyObject* zone, int fold, PyTypeObject* t) { return to_c_steal(new_time(h, m, s, us, Value{zone}, fold, t)); }
PyObject* c_time(int h, int m, int s, int us, PyObject* zone, PyTypeObject* t) { return c_time_fold(h, m, s, us, zone, 0, t); }
PyObject* c_delta(int d, int s, int us, int, PyTypeObject* t) { return to_c_steal(new_delta(d, s, us, t)); }
PyObject* c_timezone(PyObject* offset, PyObject* name) {
  if (!is_delta(Value{offset})) return raise(PyExc_TypeError, "timezone offset must be a timedelta, not '%s'", Py_TYPE(offset)->tp_name);
  return to_c_steal(make_timezone(Value{offset}, name ? Value{name} : Value{}));
}
PyObject* c_datetime_stamp(PyObject* cls, PyObject* args, PyObject* kw) {
  Ref f = getattr(Value{cls}, "fromtimestamp"_id);
  return f ? to_c_steal(call_tuple_dict(f, Value{args}, kw ? Value{kw} : Value{})) : nullptr;
}
PyObject* c_date_stamp(PyObject* cls, PyObject* args) { return c_datetime_stamp(cls, args, nullptr); }

PyDateTime_CAPI api = {&date_type, &datetime_type, &time_type, &delta_type, &tzinfo_type, nullptr, c_date, c_datetime, c_time, c_delta, c_timezone, c_datetime_stamp, c_date_stamp, c_datetime_fold, c_time_fold};

bool attribute(PyTypeObject& type, const char* name, Ref v) {
  Ref key = intern(name);
  bool ok = key && v && dict_set(Value{type.tp_dict}, key, v);
  type_modified(&type);
  return ok;
}
bool exec(PyObject* module) {
  for (const TypeDef* def : {&delta_def, &tzinfo_def, &timezone_def, &date_def, &time_def, &datetime_def}) {
    if (!module_add_type(module, *def)) return false;
  }
  Ref zero = new_delta(0, 0, 0);
  if (!zero || !ready_type(iso_calendar_def)) return false;
  if (!utc) {
    utc = make_timezone(zero, Value{});
    api.TimeZone_UTC = utc.object();
    at_process_end([] {
      epoch.reset();
      utc.reset();
    });
  }
  epoch = make_datetime(1970, 1, 1, 0, 0, 0, 0, utc, 0, &datetime_type);
  Ref least = new_delta(0, -(kDaySeconds - 60), 0), most = new_delta(0, kDaySeconds - 60, 0);
  Ref capsule = Ref::steal(Value{PyCapsule_New(&api, PyDateTime_CAPSULE_NAME, nullptr)});
  return utc && epoch && least && most && attribute(delta_type, "resolution", new_delta(0, 0, 1)) && attribute(delta_type, "min", new_delta(-kMaxDeltaDays, 0, 0)) &&
         attribute(delta_type, "max", new_delta(kMaxDeltaDays, kDaySeconds - 1, kMicro - 1)) && attribute(date_type, "min", make_date(1, 1, 1, &date_type)) &&
         attribute(date_type, "max", make_date(9999, 12, 31, &date_type)) && attribute(date_type, "resolution", new_delta(1, 0, 0)) &&
         attribute(time_type, "min", make_time(0, 0, 0, 0, none(), 0, &time_type)) && attribute(time_type, "max", make_time(23, 59, 59, 999999, none(), 0, &time_type)) &&
         attribute(time_type, "resolution", new_delta(0, 0, 1)) && attribute(datetime_type, "min", make_datetime(1, 1, 1, 0, 0, 0, 0, none(), 0, &datetime_type)) &&
         attribute(datetime_type, "max", make_datetime(9999, 12, 31, 23, 59, 59, 999999, none(), 0, &datetime_type)) && attribute(datetime_type, "resolution", new_delta(0, 0, 1)) &&
         attribute(timezone_type, "utc", Ref::copy(utc)) && attribute(timezone_type, "min", make_timezone(least, Value{})) && attribute(timezone_type, "max", make_timezone(most, Value{})) &&
         module_add_int(module, "MINYEAR", kMinYear) && module_add_int(module, "MAXYEAR", kMaxYear) && module_add(module, "datetime_CAPI", std::move(capsule)) &&
         module_add(module, "UTC", Ref::copy(utc));
}

}  // namespace
}  // namespace adder::datetime

namespace adder {
extern const ModuleDef datetime_module;
const ModuleDef datetime_module{.name = "_datetime", .doc = "Fast implementation of the datetime type.", .exec = &datetime::exec};
}  // namespace adder
