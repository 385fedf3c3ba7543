// Teaches the package packaging, wherever a copy of it lies (pip's, setuptools', wheel's), that what is made for CPython 3.11 fits: its module
// tags asks sys.implementation.name and looks it up in a table of short names, to which ours is added; its module markers says which
// requirements of a package hold here, those that name CPython among them.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

bool install_wheel_tags(Value importlib);

namespace {

// markers.default_environment(); self is the original.
Ref default_environment(Value original) {
  Ref environment = call0(original);
  if (!environment || !is_exact_dict(environment)) return environment;
  Ref name = str_from_ascii("cpython"), implementation = str_from_ascii("CPython");
  Ref name_key = str_from_ascii("implementation_name"), implementation_key = str_from_ascii("platform_python_implementation");
  bool ok = name && implementation && name_key && implementation_key && dict_set(environment, name_key, name) &&
            dict_set(environment, implementation_key, implementation);
  return ok ? std::move(environment) : Ref{};
}
const MethodRow environment_row = method<default_environment>("default_environment", "($module, /)", "");

void teach_markers(Value module) {
  Ref key = str_from_ascii("default_environment"), original;
  if (!key || lookup_attr(module, key.object(), &original) <= 0) return clear_error();
  Ref ours = make_builtin(environment_row, original, Value{});
  if (!ours || !setattr(module, key.object(), ours)) clear_error();
}
void teach_tags(Value module) {
  Ref names;
  if (lookup_attr(module, "INTERPRETER_SHORT_NAMES"_id, &names) <= 0 || !is_exact_dict(names)) return clear_error();
  Ref key = str_from_ascii("adder"), tag = str_from_ascii("cp");
  if (!key || !tag || !dict_set(names, key, tag)) clear_error();
}
// importlib's _load_unlocked, through which every module passes once; self is the original.
Ref load_unlocked(Value original, Value spec) {
  Ref module = call1(original, spec);
  Ref name = module ? getattr(spec, "name"_id) : Ref{};
  if (!name || !is_str(name)) return module;
  std::string_view text = str_utf8(name);
  if (!text.data()) clear_error();
  if (text.ends_with("packaging.tags")) teach_tags(module);
  if (text.ends_with("packaging.markers")) teach_markers(module);
  return module;
}
const MethodRow row = method<load_unlocked>("_load_unlocked", "($module, spec, /)", "");

}  // namespace

bool install_wheel_tags(Value importlib) {
  Ref original = getattr(importlib, "_load_unlocked"_id);
  Ref ours = original ? make_builtin(row, original, Value{}) : Ref{};
  return ours && setattr(importlib, "_load_unlocked"_id, ours);
}

}  // namespace adder
