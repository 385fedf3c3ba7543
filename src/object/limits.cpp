// Limits: what is noted when one is exceeded, what is raised, and which paths may be read without leave for files.
#include "object/limits.h"

#include <climits>
#include <cstdlib>

#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

Limits* limits = nullptr;

namespace {

PyObject* limit_class = nullptr;  // adder.LimitExceeded, for the process

bool lies_in(const std::string& path, const std::string& folder) {
  return path.compare(0, folder.size(), folder) == 0 && (path.size() == folder.size() || path[folder.size()] == '/');
}

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

Failure refuse(Capability what) {
  const char* name = what == Capability::kFiles ? "files are" : what == Capability::kNetwork ? "the network is" : "the process is";
  Ref text = str_format("%s out of reach of this interpreter", name);
  Ref arguments = text ? tuple_of({Value::from_int(EPERM), text.get()}) : Ref{};
  return arguments ? raise_value(PyExc_PermissionError, arguments) : Failure{};
}

bool allow_path_slow(const char* path, bool writing) {
  char resolved[PATH_MAX];
  if (!writing) {
    // What does not exist is asked about where it would lie.
    std::string asked = path;
    while (!realpath(asked.c_str(), resolved)) {
      size_t slash = asked.find_last_of('/');
      if (slash == 0 || slash == std::string::npos || asked.find("..") != std::string::npos) return refuse(Capability::kFiles);
      asked.resize(slash);
    }
    for (const std::string& folder : limits->libraries) {
      if (lies_in(resolved, folder)) return true;
    }
  }
  return refuse(Capability::kFiles);
}

}  // namespace adder
