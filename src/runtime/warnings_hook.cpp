// warnings.warn for native code: through the warnings module once it can be imported.
#include "object/containers.h"
#include "object/hooks.h"
#include "object/object.h"
#include "runtime/interpreter.h"

namespace adder {

bool install_warnings_hook();

static bool warn_through_module(PyObject* category, Value message, int stacklevel, Value source) {
  if (!the_interpreter->importlib_external) return true;  // too early: nobody could have asked to see it
  Ref warnings = import_module("warnings");
  Ref f = warnings ? getattr(warnings, "warn"_id) : Ref{};
  Ref names = f && source ? tuple_of({Value{"source"_id}}) : Ref{};
  if (!f) {
    if (!the_interpreter->finalizing) return false;
    clear_error();
    return true;
  }
  Value args[] = {message, Value{category}, Value::from_int(stacklevel), source};
  Ref done = call(f, Args{args, 3, names ? names.object() : nullptr});
  return static_cast<bool>(done);
}
bool install_warnings_hook() {
  hooks.warn = &warn_through_module;
  return true;
}

}  // namespace adder
