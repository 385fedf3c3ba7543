// warnings.warn for native code.
#include "modules/_warnings.h"
#include "object/hooks.h"
#include "runtime/interpreter.h"

namespace adder {

bool install_warnings_hook();

static bool warn_natively(PyObject* category, Value message, int stacklevel, Value source) {
  if (!the_interpreter || !the_interpreter->importlib_external) return true;  // too early: nobody could have asked to see it
  return issue_warning(Value{category}, message, stacklevel, source);
}
bool install_warnings_hook() {
  hooks.warn = &warn_natively;
  hooks.warnings_may_act = &warnings_may_act;
  return true;
}

}  // namespace adder
