// Import: the native part below the standard library's importlib, which does the rest.
//
// importlib/_bootstrap.py and _bootstrap_external.py are compiled from the standard library (or taken from their cache) and run as the modules
// _frozen_importlib and _frozen_importlib_external.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include "compile/code.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "runtime/frozen.h"
#include "array/core/activity.h"
#include "runtime/library_cache.h"
#include "vm/interp.h"

namespace adder {

bool install_wheel_tags(Value importlib);  // runtime/wheel_tags.cpp

Ref add_module(const char* name) {
  Ref key = intern(name);
  if (!key) return Ref{};
  Value existing;
  if (dict_lookup(the_interpreter->modules, key, &existing) < 0) return Ref{};
  if (existing) return Ref::copy(existing);
  Ref module = call1(Value{&PyModule_Type}, key);
  if (!module || !dict_set(the_interpreter->modules, key, module)) return Ref{};
  return module;
}

// --- Bootstrapping --------------------------------------------------------------------------------------------------------------------
// Runs a frozen module, which stands in sys.modules before any importer exists.
static Ref run_frozen(const char* name) {
  const FrozenModule* frozen = find_frozen(name);
  Ref code = frozen_code(*frozen), module = code ? add_module(name) : Ref{}, origin = str_from_ascii(frozen->origin);
  if (!module || !origin) return Ref{};
  PyObject* dict = as_module(module)->dict;
  if (!dict_set_str(Value{dict}, "__builtins__"_id, the_interpreter->builtins) || !dict_set_str(Value{dict}, "__origname__"_id, origin)) return Ref{};
  Ref done = run_code(code.as<PyCodeObject>(), dict, Value{dict});
  return done ? std::move(module) : Ref{};
}
bool start_import() {
  Interpreter& in = *the_interpreter;
  in.importlib = run_frozen("_frozen_importlib");
  if (!in.importlib) return false;
  Ref imp = create_builtin_module("_imp"_id);
  if (!imp || !dict_set_str(in.modules, "_imp"_id, imp)) return false;
  Ref installed = call_method(in.importlib, "_install"_id, {in.sys.get(), imp.get()});
  if (!installed) return false;
  in.importlib_find_and_load = getattr(in.importlib, "_find_and_load"_id);
  return static_cast<bool>(in.importlib_find_and_load);
}
bool finish_import() {
  Interpreter& in = *the_interpreter;
  in.importlib_external = import_module("_frozen_importlib_external");
  if (!in.importlib_external || !install_library_cache(in.importlib_external) || !install_wheel_tags(in.importlib)) return false;
  Ref done = call_method(in.importlib, "_install_external_importers"_id);
  if (!done) return false;
  // Archives on sys.path: zipimport is imported when a path entry is a file.
  Ref imp = Ref::copy(dict_get_str(in.modules, "_imp"_id));
  Ref hook = getattr(imp, "_zip_path_hook"_id);
  Value hooks_list = sys_get("path_hooks");
  return hook && hooks_list && list_insert(hooks_list, 0, hook);
}

// --- __import__ -----------------------------------------------------------------------------------------------------------------------
namespace {

// True while the module's __spec__._initializing is set.
bool is_initializing(Value module) {
  Ref spec, busy;
  if (lookup_attr(module, "__spec__"_id, &spec) <= 0) { clear_error(); return false; }
  if (lookup_attr(spec, "_initializing"_id, &busy) <= 0) { clear_error(); return false; }
  int truth = is_true(busy);
  if (truth < 0) clear_error();
  return truth > 0;
}
// sys.modules may have been replaced by the program.
Ref modules_mapping() {
  Value m = sys_get("modules");
  return m ? Ref::copy(m) : Ref::copy(the_interpreter->modules);
}
int find_loaded(Value modules, Value name, Ref* out) {
  if (is_exact_dict(modules)) {
    Value v;
    int found = dict_lookup(modules, name, &v);
    if (found > 0) *out = Ref::copy(v);
    return found;
  }
  *out = get_item(modules, name);
  if (*out) return 1;
  if (!error_matches(PyExc_KeyError)) return -1;
  clear_error();
  return 0;
}
// Frames of importlib are of no interest in a traceback: those at its end are dropped, as CPython does.
void trim_traceback() {
  Ref e = take_error();
  if (!e) return;
  auto* b = e.as<PyBaseExceptionObject>();
  bool always = exception_matches(e, Value{PyExc_ImportError});
  PyObject** link = &b->traceback;
  PyObject** outer = nullptr;
  bool in_importlib = false;
  while (*link) {
    auto* tb = reinterpret_cast<PyTracebackObject*>(*link);
    Frame* f = reinterpret_cast<FrameObject*>(tb->tb_frame)->frame;
    bool ours = false, removes = false;
    if (f) {
      std::string_view file = str_utf8(Value{f->code->co_filename});
      ours = file == "<frozen importlib._bootstrap>" || file == "<frozen importlib._bootstrap_external>";
      removes = ours && str_utf8(Value{f->code->co_name}) == "_call_with_frames_removed";
    }
    if (ours && !in_importlib) outer = link;
    in_importlib = ours;
    auto** next = reinterpret_cast<PyObject**>(&tb->tb_next);
    if (in_importlib && (always || removes)) {
      // Unlinks everything from `outer` to here.
      PyObject* rest = *next;
      Py_XINCREF(rest);
      PyObject* dropped = *outer;
      *outer = rest;
      Py_DECREF(dropped);
      link = outer;
      in_importlib = false;
    } else {
      link = next;
    }
  }
  restore_error(std::move(e));
}
// -X importtime: each import's own microseconds, and those of all that it imported in turn.
Ref timed_load(Value name, Value gcd_import) {
  static int level = 0;
  static int64_t nested = 0;  // time of the imports that the present one has made so far
  using Clock = std::chrono::steady_clock;
  if (level == 0 && nested == 0) fputs("import time: self [us] | cumulative | imported package\n", stderr);
  int64_t outer = nested;
  nested = 0;
  level++;
  Clock::time_point begin = Clock::now();
  Ref v = call(the_interpreter->importlib_find_and_load, {name, gcd_import});
  int64_t all = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
  level--;
  std::string_view text = str_utf8(name);
  if (!text.data()) text = "?";
  fprintf(stderr, "import time: %9lld | %10lld | %*s%.*s\n", static_cast<long long>(all - nested), static_cast<long long>(all), level * 2, "",
          static_cast<int>(text.size()), text.data());
  nested = outer + all;
  return v;
}
Ref load(Value name) {
  if (audit_active()) {
    Value path = sys_get("path"), meta_path = sys_get("meta_path"), path_hooks = sys_get("path_hooks");
    if (!audit("import", {name, Value{}, path, meta_path, path_hooks})) return Ref{};
  }
  Interpreter& in = *the_interpreter;
  if (!in.importlib_find_and_load) return raise(PyExc_ImportError, "sys.meta_path is None, Python is likely shutting down");
  Ref gcd = getattr(in.importlib, "_gcd_import"_id);
  if (!gcd) return Ref{};
  ActivityHook told = activity_hook;
  std::string_view text = told ? str_utf8(name) : std::string_view{};
  if (told && !text.data()) return Ref{};
  if (told) told(true, text.data(), "imports", 0);
  Ref v = in.config.import_time ? timed_load(name, gcd) : call(in.importlib_find_and_load, {name, gcd.get()});
  if (told && activity_hook) activity_hook(false, text.data(), "imports", 0);
  if (!v) trim_traceback();
  return v;
}
// The absolute name of a relative import.
Ref resolve(PyObject* name, Value globals, int level) {
  if (!globals || !is_dict(globals)) return raise(PyExc_KeyError, "'__name__' not in globals");
  Ref package = Ref::copy(dict_get_str(globals, "__package__"_id));
  Ref spec = Ref::copy(dict_get_str(globals, "__spec__"_id));
  bool has_spec = spec && !is_none(spec);
  if (package && !is_none(package)) {
    if (!is_str(package)) return raise(PyExc_TypeError, "package must be a string");
    if (has_spec) {
      Ref parent = getattr(spec, "parent"_id);
      if (!parent) return Ref{};
      int same = equal(package, parent);
      if (same < 0 || (!same && !warn(PyExc_ImportWarning, 1, "__package__ != __spec__.parent"))) return Ref{};
    }
  } else if (has_spec) {
    package = getattr(spec, "parent"_id);
    if (!package) return Ref{};
    if (!is_str(package)) return raise(PyExc_TypeError, "__spec__.parent must be a string");
  } else {
    if (!warn(PyExc_ImportWarning, 1, "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__")) return Ref{};
    package = Ref::copy(dict_get_str(globals, "__name__"_id));
    if (!package) return raise(PyExc_KeyError, "'__name__' not in globals");
    if (!is_str(package)) return raise(PyExc_TypeError, "__name__ must be a string");
    if (!dict_get_str(globals, "__path__"_id)) {
      Ref dot = str_from_ascii(".");
      Ref parts = call_method(package, "rpartition"_id, {dot.get()});
      if (!parts) return Ref{};
      package = Ref::copy(tuple_get(parts, 0));
    }
  }
  std::string text(str_utf8(package));
  if (text.empty()) return raise(PyExc_ImportError, "attempted relative import with no known parent package");
  for (int i = 1; i < level; i++) {
    size_t dot = text.rfind('.');
    if (dot == std::string::npos) return raise(PyExc_ImportError, "attempted relative import beyond top-level package");
    text.resize(dot);
  }
  std::string_view tail = str_utf8(Value{name});
  if (tail.data() == nullptr) return Ref{};
  if (!tail.empty()) {
    text += '.';
    text += tail;
  }
  return intern(text);
}

}  // namespace

Ref import_name(PyObject* name, Value globals, Value, Value fromlist, int level) {
  if (level < 0) return raise(PyExc_ValueError, "level must be >= 0");
  Ref full = level > 0 ? resolve(name, globals, level) : Ref::copy(Value{name});
  if (!full) return Ref{};
  if (level == 0 && str_length(full) == 0) return raise(PyExc_ValueError, "Empty module name");
  Ref modules = modules_mapping();
  Ref module;
  int found = find_loaded(modules, full, &module);
  if (found < 0) return Ref{};
  if (module && !is_none(module)) {
    if (is_initializing(module)) {
      // Another thread may be importing it: wait for its lock.
      Ref done = call_method(the_interpreter->importlib, "_lock_unlock_module"_id, {full.get()});
      if (!done) return Ref{};
    }
  } else {
    module = load(full);
    if (!module) return Ref{};
  }
  bool has_from = false;
  if (fromlist && !is_none(fromlist)) {
    int truth = is_true(fromlist);
    if (truth < 0) return Ref{};
    has_from = truth;
  }
  if (has_from) {
    Ref path;
    if (lookup_attr(module, "__path__"_id, &path) < 0) return Ref{};
    if (!path) return module;
    Ref importer = getattr(the_interpreter->importlib, "_gcd_import"_id);
    Ref result = importer ? call_method(the_interpreter->importlib, "_handle_fromlist"_id, {module.get(), fromlist, importer.get()}) : Ref{};
    if (!result) trim_traceback();
    return result;
  }
  Py_ssize_t length = str_length(Value{name}), dot = 0;
  if (level != 0 && length == 0) return module;
  while (dot < length && str_char(Value{name}, dot) != '.') dot++;
  if (dot == length) return module;
  // `import a.b.c` gives a; in a relative import the part of the absolute name that stands for it.
  Ref front = level == 0 ? str_substring(Value{name}, 0, dot) : str_substring(full, 0, str_length(full) - (length - dot));
  if (!front) return Ref{};
  if (level == 0) {
    Ref top;
    int loaded = find_loaded(modules, front, &top);
    if (loaded < 0) return Ref{};
    if (loaded) return top;
    return import_name(front.object(), Value{}, Value{}, Value{}, 0);
  }
  Ref top;
  int loaded = find_loaded(modules, front, &top);
  if (loaded < 0) return Ref{};
  if (!loaded) return raise(PyExc_KeyError, "%R not in sys.modules as expected", front.get());
  return top;
}

Ref import_module(const char* dotted) {
  Ref name = intern(dotted);
  if (!name) return Ref{};
  Ref modules = modules_mapping();
  if (!modules) return raise(PyExc_ImportError, "sys.modules is gone");  // at the interpreter's end
  Ref module;
  int found = find_loaded(modules, name, &module);
  if (found < 0) return Ref{};
  if (module && !is_none(module) && !is_initializing(module)) return module;
  // Through builtins.__import__, which programs may replace.
  Ref import = getattr(the_interpreter->builtins, "__import__"_id);
  Ref from = list_of({Value{"__doc__"_id}});
  if (!import || !from) return Ref{};
  Ref globals = dict_new();
  return call(import, {name.get(), globals.get(), globals.get(), from.get(), Value::from_int(0)});
}

}  // namespace adder
