// posix: priorities, scheduling policies, processors.
#include <climits>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include "modules/posix.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/struct_sequence.h"

namespace adder {

static PyTypeObject* param_type = nullptr;

bool sched_param_arg(Value v, sched_param* out) {
  if (type_of(v) != param_type) return raise(PyExc_TypeError, "must have a sched_param object");
  Ref priority = index(sequence_get(v, 0));
  int64_t n;
  if (!priority) return false;
  if (int_sign_overflow_i64(priority, &n) != 0 || n > INT_MAX || n < INT_MIN) return raise(PyExc_OverflowError, "sched_priority out of range");
  out->sched_priority = static_cast<int>(n);
  return true;
}

namespace {

Ref nice_(Value, Value v) {
  int increment;
  if (!as_int(v, &increment)) return Ref{};
  errno = 0;
  int value = nice(increment);
  return value == -1 && errno ? failed() : int_from_i64(value);
}
Ref getpriority_(Value, const Value* a) {
  int which, who;
  if (!as_int(a[0], &which) || !as_int(a[1], &who)) return Ref{};
  errno = 0;
  int value = getpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who));
  return errno ? failed() : int_from_i64(value);
}
Ref setpriority_(Value, const Value* a) {
  int which, who, priority;
  if (!as_int(a[0], &which) || !as_int(a[1], &who) || !as_int(a[2], &priority)) return Ref{};
  return none_or_error(setpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who), priority));
}
Ref cpu_count(Value) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n < 1 ? none_ref() : int_from_i64(n);
}
Ref sched_yield_(Value) { return none_or_error(sched_yield()); }
Ref sched_getaffinity_(Value, Value v) {
  int pid;
  if (!as_int(v, &pid)) return Ref{};
  cpu_set_t set;
  if (sched_getaffinity(pid, sizeof set, &set) < 0) return failed();
  Ref r = set_new(Value{});
  for (int i = 0; r && i < CPU_SETSIZE; i++) {
    if (CPU_ISSET(i, &set) && set_add(r, Value::from_int(i)) < 0) return Ref{};
  }
  return r;
}
Ref sched_setaffinity_(Value, const Value* a) {
  int pid;
  if (!as_int(a[0], &pid)) return Ref{};
  cpu_set_t set;
  CPU_ZERO(&set);
  bool ok = for_each(a[1], [&](Value v) -> bool {
    int cpu;
    if (!is_int(v)) return raise(PyExc_TypeError, "expected an iterator of ints, but iterator yielded %R", Value{type_of(v)});
    if (!as_int(v, &cpu)) return false;
    if (cpu < 0) return raise(PyExc_ValueError, "negative CPU number");
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
    return true;
  });
  return ok ? none_or_error(sched_setaffinity(pid, sizeof set, &set)) : Ref{};
}
Ref sched_get_priority_max_(Value, const Value* a) {
  int policy;
  if (!as_int(a[0], &policy)) return Ref{};
  int value = sched_get_priority_max(policy);
  return value < 0 ? failed() : int_from_i64(value);
}
Ref sched_get_priority_min_(Value, const Value* a) {
  int policy;
  if (!as_int(a[0], &policy)) return Ref{};
  int value = sched_get_priority_min(policy);
  return value < 0 ? failed() : int_from_i64(value);
}
Ref sched_getscheduler_(Value, Value v) {
  int pid;
  if (!as_int(v, &pid)) return Ref{};
  int policy = sched_getscheduler(pid);
  return policy < 0 ? failed() : int_from_i64(policy);
}
Ref sched_setscheduler_(Value, const Value* a) {
  int pid, policy;
  sched_param param;
  if (!as_int(a[0], &pid) || !as_int(a[1], &policy) || !sched_param_arg(a[2], &param)) return Ref{};
  return none_or_error(sched_setscheduler(pid, policy, &param));
}
Ref sched_getparam_(Value, Value v) {
  int pid;
  sched_param param;
  if (!as_int(v, &pid)) return Ref{};
  if (sched_getparam(pid, &param) < 0) return failed();
  Ref r = struct_sequence_new(param_type);
  return r && struct_sequence_set(r, 0, int_from_i64(param.sched_priority)) ? std::move(r) : Ref{};
}
Ref sched_setparam_(Value, const Value* a) {
  int pid;
  sched_param param;
  if (!as_int(a[0], &pid) || !sched_param_arg(a[1], &param)) return Ref{};
  return none_or_error(sched_setparam(pid, &param));
}
Ref sched_rr_get_interval_(Value, Value v) {
  int pid;
  timespec t;
  if (!as_int(v, &pid)) return Ref{};
  if (sched_rr_get_interval(pid, &t) < 0) return failed();
  return float_new(static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec));
}

const MethodRow functions[] = {
    method<nice_>("nice", "($module, increment, /)", "Add increment to the priority of process and return the new priority."),
    method<getpriority_>("getpriority", "($module, /, which, who)", "Return program scheduling priority."),
    method<setpriority_>("setpriority", "($module, /, which, who, priority)", "Set program scheduling priority."),
    method<cpu_count>("cpu_count", "($module, /)", "Return the number of logical CPUs in the system."),
    method<sched_yield_>("sched_yield", "($module, /)", "Voluntarily relinquish the CPU."),
    method<sched_getaffinity_>("sched_getaffinity", "($module, pid, /)", "Return the affinity of the process identified by pid (or the current process if zero)."),
    method<sched_setaffinity_>("sched_setaffinity", "($module, pid, mask, /)", "Set the CPU affinity of the process identified by pid to mask."),
    method<sched_get_priority_max_>("sched_get_priority_max", "($module, /, policy)", "Get the maximum scheduling priority for policy."),
    method<sched_get_priority_min_>("sched_get_priority_min", "($module, /, policy)", "Get the minimum scheduling priority for policy."),
    method<sched_getscheduler_>("sched_getscheduler", "($module, pid, /)", "Get the scheduling policy for the process identified by pid."),
    method<sched_setscheduler_>("sched_setscheduler", "($module, pid, policy, param, /)", "Set the scheduling policy for the process identified by pid."),
    method<sched_getparam_>("sched_getparam", "($module, pid, /)", "Returns scheduling parameters for the process identified by pid."),
    method<sched_setparam_>("sched_setparam", "($module, pid, param, /)", "Set scheduling parameters for the process identified by pid."),
    method<sched_rr_get_interval_>("sched_rr_get_interval", "($module, pid, /)", "Return the round-robin quantum for the process identified by pid, in seconds."),
    {}};
Ref param_of(Value, const Value* a) {
  Ref r = struct_sequence_new(param_type);
  return r && struct_sequence_set(r, 0, Ref::copy(a[0])) ? std::move(r) : Ref{};
}
const MethodRow param_row = method<param_of>("sched_param", "(sched_priority)", "");
Ref make_param(PyTypeObject*, Args args) { return call_row(param_row, Value{}, args); }
const StructField param_fields[] = {{"sched_priority", "the scheduling priority"}, {}};

}  // namespace

bool posix_add_scheduling(PyObject* module) {
  if (!param_type) param_type = struct_sequence_type({"posix.sched_param", "Currently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.", param_fields, 1, false, slot::New<make_param>});
  return param_type && module_add(module, "sched_param", Ref::copy(Value{param_type})) && module_add_functions(module, functions);
}

}  // namespace adder
