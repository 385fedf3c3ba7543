// _warnings: importlib and the runtime reach the warning machinery by this name. The machinery itself is the standard library's warnings.py,
// which takes its own Python functions because this module has no filters to share.
#include "object/builtin.h"
#include "object/object.h"
#include "runtime/interpreter.h"

namespace adder {
namespace {

Ref in_warnings(PyObject* name) {
  Ref module = import_module("warnings");
  return module ? getattr(module, name) : Ref{};
}
Value or_none(Value v) { return v ? v : none(); }

// No frame lies between the caller and warnings.warn, so that stacklevel counts as it would from there.
Ref warn_row(Value, const Value* a) {
  Ref f = in_warnings("warn"_id);
  return f ? call(f, {a[0], or_none(a[1]), a[2] ? a[2] : Value::from_int(1), or_none(a[3])}) : Ref{};
}
Ref warn_explicit_row(Value, const Value* a) {
  Ref f = in_warnings("warn_explicit"_id);
  return f ? call(f, {a[0], a[1], a[2], a[3], or_none(a[4]), or_none(a[5]), or_none(a[6]), or_none(a[7])}) : Ref{};
}

const MethodRow functions[] = {
    method<warn_row>("warn", "($module, /, message, category=None, stacklevel=1,\n     source=None)", "Issue a warning, or maybe ignore it or raise an exception."),
    method<warn_explicit_row>("warn_explicit",
                              "($module, /, message, category, filename, lineno,\n              module=None, registry=None, module_globals=None, source=None)",
                              "Issue a warning, or maybe ignore it or raise an exception."),
    {}};

}  // namespace

extern const ModuleDef warnings_module;
const ModuleDef warnings_module{.name = "_warnings", .doc = "_warnings provides basic warning filtering support.", .methods = functions};

}  // namespace adder
