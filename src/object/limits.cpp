// Limits: what is noted when one is exceeded, and what is raised.
#include "object/limits.h"

#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Limits* limits = nullptr;

namespace {

PyObject* limit_class = nullptr;  // adder.LimitExceeded, for the process

}  // namespace

void set_current_limits(Limits* l) {
  limits = l;
  set_memory_meter(l && l->metering ? &l->memory : nullptr);
  if (l && (l->late || l->exceeded != Exceeded::kNothing)) breaker_add(kBreakLimit);
}

void exceed(Exceeded what) {
  if (limits->exceeded == Exceeded::kNothing) limits->exceeded = what;
  breaker_add(kBreakLimit);
}

const char* name_of(Exceeded what) {
  switch (what) {
    case Exceeded::kInstructions: return "instruction";
    case Exceeded::kTime: return "time";
    case Exceeded::kMemory: return "memory";
    case Exceeded::kNothing: break;
  }
  return "no";
}

bool make_limit_exceeded() {
  if (limit_class) return true;
  Ref name = str_from_ascii("LimitExceeded"), module = str_from_ascii("adder"), bases = tuple_of({Value{PyExc_BaseException}}), body = dict_new();
  if (!name || !module || !bases || !body || !dict_set_str(body, "__module__"_id, module)) return false;
  limit_class = call(Value{&PyType_Type}, {name, bases, body}).release().object();
  return limit_class != nullptr;
}

bool within_limits() {
  if (limits && limits->late) exceed(Exceeded::kTime);
  if (!is_exceeded()) {
    breaker_remove(kBreakLimit);  // set for another interpreter
    return true;
  }
  if (error_matches(limit_class)) return false;
  clear_error();
  return raise(limit_class, "%s limit exceeded", name_of(limits->exceeded));
}

}  // namespace adder
