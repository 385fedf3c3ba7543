// The module _warnings: filters, registries and the decision what to do with a warning; showing it is Lib/warnings.py's.
// The runtime's own warnings come here too (hooks.warn, runtime/warnings_hook.cpp).
#include "modules/_warnings.h"

#include <cstdio>
#include <string>

#include "modules/sys.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"
#include "vm/thread.h"

namespace adder {
namespace {

// What the module shows as filters, _onceregistry, _defaultaction while Lib/warnings.py has not been imported.
struct State {
  PyObject* filters = nullptr;
  PyObject* once_registry = nullptr;
  PyObject* default_action = nullptr;
  int64_t version = 0;
};
State state;

bool start_state() {
  if (state.filters) return true;
  per_interpreter(state);
  Ref list = list_new();
  auto filter = [&](const char* action, PyTypeObject* category, PyObject* module) {
    Ref name = intern(action);
    Ref item = name ? tuple_of({name, none(), Value{category}, module ? Value{module} : none(), Value::from_int(0)}) : Ref{};
    return item && list_append(list, std::move(item));
  };
  if (!list || !filter("default", &_PyExc_DeprecationWarning, "__main__"_id) || !filter("ignore", &_PyExc_DeprecationWarning, nullptr) ||
      !filter("ignore", &_PyExc_PendingDeprecationWarning, nullptr) || !filter("ignore", &_PyExc_ImportWarning, nullptr) ||
      !filter("ignore", &_PyExc_ResourceWarning, nullptr)) {
    return false;
  }
  Ref once = dict_new();
  if (!once) return false;
  state.filters = list.release().object();
  state.once_registry = once.release().object();
  state.default_action = Ref::copy("default"_id).release().object();
  return true;
}

// An attribute of the warnings module; empty without exception if the module (or the attribute) is not there.
Ref warnings_attribute(PyObject* name, bool may_import) {
  Value module = the_interpreter && the_interpreter->modules ? dict_get_str(the_interpreter->modules, "warnings"_id) : Value{};
  Ref hold = Ref::copy(module);
  if ((!hold || is_none(hold)) && may_import && !the_interpreter->finalizing) {
    hold = import_module("warnings");
    if (!hold) return nullptr;
  }
  if (!hold || is_none(hold)) return nullptr;
  Ref r;
  if (lookup_attr(hold, name, &r) < 0) return nullptr;
  return r;
}
// The same, remembered; what was seen last serves where the module has none. Empty: exception.
Ref setting(PyObject* name, PyObject*& own) {
  Ref r = warnings_attribute(name, false);
  if (!r) return error_occurred() ? Ref{} : Ref::copy(own);
  PyObject* boxed = to_c(r);
  if (!boxed) return nullptr;
  Py_SETREF(own, boxed);
  return r;
}

// --- The decision --------------------------------------------------------------------------------------------------------------
// Whether a filter's pattern (None, a str, or something with match()) takes the text; -1: exception.
int pattern_takes(Value pattern, Value text) {
  if (is_none(pattern)) return 1;
  if (is_exact_str(pattern)) return is_str(text) ? str_equal(pattern, text) : 0;
  Ref r = call_method(pattern, "match"_id, {text});
  return r ? is_true(r) : -1;
}

// The action of the first filter that takes the warning, else the default. Empty: exception.
Ref action_for(Value category, Value text, int64_t line, Value module, Ref* item_out) {
  Ref filters = setting("filters"_id, state.filters);
  if (!filters) return nullptr;
  if (!is_list(filters)) return raise(PyExc_ValueError, "_warnings.filters must be a list");
  for (Py_ssize_t i = 0; i < list_size(filters); i++) {
    Ref item = Ref::copy(list_get(filters, i));
    if (!is_tuple(item) || tuple_size(item) != 5) return raise(PyExc_ValueError, "_warnings.filters item %zd isn't a 5-tuple", i);
    Value action = tuple_get(item, 0);
    if (!is_str(action)) return raise(PyExc_TypeError, "action must be a string, not '%N'", type_of(action));
    int ok = pattern_takes(tuple_get(item, 1), text);
    if (ok < 0) return nullptr;
    if (!ok) continue;
    ok = is_subclass(category, tuple_get(item, 2));
    if (ok < 0) return nullptr;
    if (!ok) continue;
    ok = pattern_takes(tuple_get(item, 3), module);
    if (ok < 0) return nullptr;
    if (!ok) continue;
    Py_ssize_t wanted;
    if (!as_ssize(tuple_get(item, 4), &wanted)) return nullptr;
    if (wanted != 0 && wanted != line) continue;
    *item_out = Ref::copy(item);
    return Ref::copy(action);
  }
  Ref action = setting("defaultaction"_id, state.default_action);
  if (!action) return nullptr;
  if (!is_str(action)) return raise(PyExc_TypeError, "warnings.defaultaction must be a string, not '%N'", type_of(action));
  *item_out = none_ref();
  return action;
}

// Whether the registry knows the key, under the present filters; `set` enters it. -1: exception.
int already_warned(Value registry, Value key, bool set) {
  if (is_none(registry)) return 0;
  Value version = dict_get_str(registry, "version"_id);
  if (!(version.is_int() && version.as_int() == state.version)) {
    dict_clear(registry);
    if (!dict_set_str(registry, "version"_id, Value::from_int(state.version))) return -1;
  } else {
    Value known;
    int found = dict_lookup(registry, key, &known);
    if (found < 0) return -1;
    if (found) {
      int yes = is_true(known);
      if (yes != 0) return yes;
    }
  }
  return set && !dict_set(registry, key, boolean(true)) ? -1 : 0;
}

// "file:1: Category: text" and the line itself on sys.stderr, where Lib/warnings.py cannot do it.
bool show_natively(Value category, Value message, Value filename, int64_t line) {
  Value file = sys_get("stderr");
  if (!file || is_none(file)) return true;
  Ref stream = Ref::copy(file);
  Ref name = type_name(category.as<PyTypeObject>());
  Ref text = name ? str_format("%S:%ld: %S: %S\n", filename, static_cast<long>(line), name.get(), message) : Ref{};
  Ref done = text ? call_method(stream, "write"_id, {text}) : Ref{};
  if (!done) {
    clear_error();
    return true;
  }
  std::string path;
  FILE* source = is_str(filename) && str_encode_fs(filename, &path) ? fopen(path.c_str(), "rb") : nullptr;
  if (!source) {
    if (error_occurred()) clear_error();
    return true;
  }
  char buffer[1024];
  int64_t at = 1;
  while (fgets(buffer, sizeof buffer, source)) {
    std::string_view part = buffer;
    if (at == line) {
      while (!part.empty() && (part.front() == ' ' || part.front() == '\t' || part.front() == '\f')) part.remove_prefix(1);
      while (!part.empty() && (part.back() == '\n' || part.back() == '\r')) part.remove_suffix(1);
      Ref shown = str_from_utf8(part, "replace");
      Ref with_indent = shown ? str_format("  %U\n", shown.get()) : Ref{};
      Ref written = with_indent ? call_method(stream, "write"_id, {with_indent}) : Ref{};
      if (!written) clear_error();
      break;
    }
    if (!part.empty() && part.back() == '\n') at++;
  }
  fclose(source);
  return true;
}

bool show(Value category, Value message, Value filename, int64_t line, Value source) {
  Ref function = warnings_attribute("_showwarnmsg"_id, true);
  if (!function) return !error_occurred() && show_natively(category, message, filename, line);
  if (!is_callable(function)) return raise(PyExc_TypeError, "warnings._showwarnmsg() must be set to a callable");
  Ref make = warnings_attribute("WarningMessage"_id, false);
  if (!make) {
    if (!error_occurred()) raise(PyExc_RuntimeError, "unable to get warnings.WarningMessage");
    return false;
  }
  Ref number = int_from_i64(line);
  Ref report = call(make, {message, category, filename, number, none(), none(), source ? source : none()});
  Ref done = report ? call1(function, report) : Ref{};
  return static_cast<bool>(done);
}

// The name of the module that a file without one belongs to.
Ref module_of_file(Value filename) {
  Py_ssize_t n = str_length(filename);
  if (n == 0) return str_from_ascii("<unknown>");
  if (n >= 3 && str_char(filename, n - 3) == '.' && str_char(filename, n - 2) == 'p' && str_char(filename, n - 1) == 'y') {
    return str_substring(filename, 0, n - 3);
  }
  return Ref::copy(filename);
}

bool explicit_warning(Value category, Value given, Value filename, int64_t line, Value module_or_none, Value registry, Value source) {
  if (is_none(module_or_none) && is_none(filename)) return true;
  Ref module = is_none(module_or_none) ? module_of_file(filename) : Ref::copy(module_or_none);
  if (!module) return false;
  if (registry && !is_none(registry) && !is_dict(registry)) return raise(PyExc_TypeError, "'registry' must be a dict or None");
  if (!registry) registry = none();

  Ref text, message, kind;
  int is_warning = is_instance(given, Value{PyExc_Warning});
  if (is_warning < 0) return false;
  if (is_warning) {
    text = to_str(given);
    message = Ref::copy(given);
    kind = Ref::copy(type_of(given));
  } else {
    text = Ref::copy(given);
    message = call1(category, given);
    kind = Ref::copy(category);
  }
  if (!text || !message) return false;
  Ref number = int_from_i64(line);
  Ref key = tuple_of({text, kind, number});
  if (!key) return false;
  int known = already_warned(registry, key, false);
  if (known != 0) return known > 0;

  Ref item;
  Ref action = action_for(kind, text, line, module, &item);
  if (!action) return false;
  if (str_equals(action, "error")) {
    raise_value(reinterpret_cast<PyObject*>(type_of(message)), message);
    return false;
  }
  if (str_equals(action, "ignore")) return true;
  if (!str_equals(action, "always")) {
    if (!is_none(registry) && !dict_set(registry, key, boolean(true))) return false;
    int seen = 0;
    if (str_equals(action, "once") || str_equals(action, "module")) {
      Ref where = Ref::copy(registry);
      if (str_equals(action, "once") && is_none(registry)) {
        where = setting("onceregistry"_id, state.once_registry);
        if (!where) return false;
        if (!is_dict(where)) return raise(PyExc_TypeError, "_warnings._onceregistry must be a dict, not '%N'", type_of(where));
      }
      Ref short_key = str_equals(action, "once") ? tuple_of({text, kind}) : tuple_of({text, kind, Value::from_int(0)});
      if (!short_key) return false;
      seen = already_warned(where, short_key, true);
    } else if (!str_equals(action, "default")) {
      return raise(PyExc_RuntimeError, "Unrecognized action (%R) in warnings.filters:\n %R", action.get(), item.get());
    }
    if (seen != 0) return seen > 0;
  }
  return show(kind, message, filename, line, source);
}

// --- Where it came from -------------------------------------------------------------------------------------------------------------
// Frames of the import system are passed over, so that a warning names who imported.
bool is_internal(Frame* f) {
  PyObject* name = f ? f->code->co_filename : nullptr;
  if (!name || !is_str(name)) return false;
  Value file{name};
  Ref a = Ref::copy("importlib"_id), b = Ref::copy("_bootstrap"_id);
  return str_find(file, a, 0, str_length(file), 1) >= 0 && str_find(file, b, 0, str_length(file), 1) >= 0;
}
Frame* external_caller(Frame* f) {
  do {
    f = visible_caller(f);
  } while (f && is_internal(f));
  return f;
}

bool is_warning_class(Value v) { return is_type(v) && is_subtype(v.as<PyTypeObject>(), &_PyExc_Warning); }

// The category of warn(): that of a Warning instance, the given one, or UserWarning. Empty: exception.
Ref category_of(Value message, Value category) {
  int is_warning = is_instance(message, Value{PyExc_Warning});
  if (is_warning < 0) return nullptr;
  if (is_warning) return Ref::copy(type_of(message));
  if (!category || is_none(category)) return Ref::copy(PyExc_UserWarning);
  if (!is_warning_class(category)) {
    return raise(PyExc_TypeError, "category must be a Warning subclass, not '%N'", type_of(category));
  }
  return Ref::copy(category);
}

Ref warn_function(Value, const Value* a) {
  Py_ssize_t level = 1;
  if (a[2] && !as_ssize(a[2], &level)) return nullptr;
  Ref category = category_of(a[0], a[1]);
  if (!category) return nullptr;
  return issue_warning(category, a[0], level, a[3]) ? none_ref() : Ref{};
}

Ref warn_explicit_function(Value, const Value* a) {
  int line;
  if (!is_str(a[2])) return raise(PyExc_TypeError, "warn_explicit() argument 'filename' must be str, not %s", is_none(a[2]) ? "None" : type_of(a[2])->tp_name);
  if (!as_int(a[3], &line)) return nullptr;
  if (a[6] && !is_none(a[6]) && !is_dict(a[6])) return raise(PyExc_TypeError, "module_globals must be a dict, not '%N'", type_of(a[6]));
  if (!start_state()) return nullptr;
  if (a[6] && !is_none(a[6])) {
    // The loader may know the source where the file system does not.
    Ref linecache = import_module("linecache");
    Ref lines = linecache ? call_method(linecache, "getlines"_id, {a[2], a[6]}) : Ref{};
    if (!lines) clear_error();
  }
  Value source = a[7] && !is_none(a[7]) ? a[7] : Value{};
  return explicit_warning(a[1], a[0], a[2], line, a[4] ? a[4] : none(), a[5], source) ? none_ref() : Ref{};
}

Ref filters_mutated(Value) {
  state.version++;
  return none_ref();
}

const MethodRow functions[] = {
    method<warn_function>("warn", "($module, /, message, category=None, stacklevel=1,\n     source=None)",
                          "Issue a warning, or maybe ignore it or raise an exception."),
    method<warn_explicit_function>("warn_explicit",
                                   "($module, /, message, category, filename, lineno,\n              module=None, registry=None, module_globals=None, source=None)",
                                   "Issue a warning, or maybe ignore it or raise an exception."),
    method<filters_mutated>("_filters_mutated", "($module, /)", ""),
    {}};

bool exec(PyObject* module) {
  return start_state() && module_add(module, "filters", Ref::copy(state.filters)) &&
         module_add(module, "_onceregistry", Ref::copy(state.once_registry)) &&
         module_add(module, "_defaultaction", Ref::copy(state.default_action));
}

}  // namespace

bool issue_warning_at(Value category, Value message, Value filename, int64_t line, Value module) {
  return start_state() && explicit_warning(category, message, filename, line, module, {}, {});
}

bool warnings_may_act() {
  // Filters change seldom: their list is looked through once per version of it.
  static int64_t looked_at = -1;
  static PyObject* list = nullptr;
  static Py_ssize_t length = 0;
  static bool raises = true;
  Ref filters = setting("filters"_id, state.filters);
  if (!filters) clear_error();
  if (!filters || !is_list(filters)) return true;
  if (looked_at != state.version || list != filters.object() || length != list_size(filters)) {
    looked_at = state.version;
    list = filters.object();
    length = list_size(filters);
    raises = false;
    for (Py_ssize_t i = 0; i < length; i++) {
      Value item = list_get(filters, i);
      raises = raises || !is_tuple(item) || tuple_size(item) != 5 || !is_str(tuple_get(item, 0)) || str_equals(tuple_get(item, 0), "error");
    }
  }
  Ref action = setting("defaultaction"_id, state.default_action);
  if (!action) clear_error();
  if (raises || !action || !is_str(action) || str_equals(action, "error")) return true;
  Value module = the_interpreter && the_interpreter->modules ? dict_get_str(the_interpreter->modules, "warnings"_id) : Value{};
  if (!module || is_none(module) || !is_exact(module, &PyModule_Type)) return false;
  Value dict{as_module(module)->dict};
  return dict_get_str(dict, "showwarning"_id) != dict_get_str(dict, "_showwarning_orig"_id);
}

bool issue_warning(Value category, Value message, Py_ssize_t level, Value source) {
  if (!start_state()) return false;
  // The command line's and the environment's filters are entered by the module when it is imported.
  Value options = sys_get("warnoptions");
  if (options && is_list(options) && list_size(options) > 0) {
    Ref any = warnings_attribute("filters"_id, true);
    if (!any && error_occurred()) return false;
  }
  Frame* f = visible_frame(this_thread());
  if (level <= 0 || is_internal(f)) {
    while (--level > 0 && f) f = visible_caller(f);
  } else {
    while (--level > 0 && f) f = external_caller(f);
  }
  Ref globals, filename;
  int64_t line = 1;
  if (f) {
    globals = Ref::copy(frame_globals(f));
    filename = Ref::copy(f->code->co_filename);
    line = f->line();
  } else {
    globals = getattr(Value{the_interpreter->sys}, "__dict__"_id);
    filename = str_from_ascii("sys");
  }
  if (!globals || !filename) return false;
  Ref registry = Ref::copy(dict_get_str(globals, "__warningregistry__"_id));
  if (!registry) {
    registry = dict_new();
    if (!registry || !dict_set_str(globals, "__warningregistry__"_id, registry)) return false;
  }
  Ref module = Ref::copy(dict_get_str(globals, "__name__"_id));
  if (!module || !(is_str(module) || is_none(module))) module = str_from_ascii("<string>");
  return explicit_warning(category, message, filename, line, module, registry, source && !is_none(source) ? source : Value{});
}

extern const ModuleDef warnings_module{
    .name = "_warnings",
    .doc = "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up.",
    .methods = functions,
    .exec = exec};

}  // namespace adder
