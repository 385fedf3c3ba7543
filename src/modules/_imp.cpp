// _imp: what importlib needs from the runtime: built-in modules, extension modules, the import lock, hashes of sources.
#include <cstring>
#include <pthread.h>
#include <sys/stat.h>
#include "compile/stored_code.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/frozen.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "runtime/library_cache.h"
#include "vm/interp.h"

namespace adder {

Ref load_extension(Value spec, Value name, Value path);  // runtime/extension.cpp
Ref load_builtin_extension(PyObject* (*init)(), Value spec, Value name);
int exec_extension(Value module);
Ref marshal_loads(std::string_view data);      // modules/marshal.cpp
uint64_t keyed_siphash13(uint64_t k0, uint64_t k1, const void* data, size_t n);  // object/str_hash

// The import lock is recursive and belongs to a thread.
static pthread_mutex_t import_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long import_owner = 0;
static int import_depth = 0;

void import_lock_acquire() {
  auto me = static_cast<unsigned long>(pthread_self());
  if (import_depth > 0 && import_owner == me) {
    import_depth++;
    return;
  }
  if (pthread_mutex_trylock(&import_mutex) != 0) {
    ReleaseGil release;
    pthread_mutex_lock(&import_mutex);
  }
  import_owner = me;
  import_depth = 1;
}
bool import_lock_release() {
  if (import_depth == 0 || import_owner != static_cast<unsigned long>(pthread_self())) return false;
  if (--import_depth == 0) pthread_mutex_unlock(&import_mutex);
  return true;
}

namespace {

Ref lock_held(Value) { return bool_ref(import_depth > 0); }
Ref acquire_lock(Value) {
  import_lock_acquire();
  return none_ref();
}
Ref release_lock(Value) {
  return import_lock_release() ? none_ref() : raise(PyExc_RuntimeError, "not holding the import lock");
}
Ref is_builtin(Value, Value name) {
  if (!is_str(name)) return raise(PyExc_TypeError, "is_builtin() argument must be str, not %.200s", type_of(name)->tp_name);
  if (str_equals(name, "sys") || str_equals(name, "builtins")) return int_from_i64(-1);
  return int_from_i64(is_builtin_module(name.object()));
}
Ref create_builtin(Value, Value spec) {
  Ref name = getattr(spec, "name"_id);
  if (!name) return Ref{};
  Value existing = dict_get_str(the_interpreter->modules, name.object());
  if (existing && (str_equals(name, "sys") || str_equals(name, "builtins"))) return Ref::copy(existing);
  if (auto init = added_builtin_module(name.object())) return load_builtin_extension(init, spec, name);
  Ref module = create_builtin_module(name.object());
  if (!module && !error_occurred()) return none_ref();
  return module;
}
Ref create_dynamic(Value, const Value* a) {
  Ref name = getattr(a[0], "name"_id), path = getattr(a[0], "origin"_id);
  return name && path ? load_extension(a[0], name, path) : Ref{};
}
Ref exec_dynamic(Value, Value module) {
  int status = exec_extension(module);
  return status < 0 ? Ref{} : int_from_i64(status);
}
Ref exec_builtin(Value, Value module) { return exec_dynamic(Value{}, module); }  // only those of an embedding program are executed apart
Ref extension_suffixes(Value) {
  Ref list = list_new();
  for (const char* s : {".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"}) {
    Ref item = str_from_ascii(s);
    if (!list || !item || !list_append(list, std::move(item))) return Ref{};
  }
  return list;
}
// The frozen module of that name if it may be used; else null, with ImportError if `wanted`.
const FrozenModule* usable_frozen(Value name, bool wanted) {
  std::string_view text = str_utf8(name);
  if (!text.data()) clear_error();
  const FrozenModule* m = find_frozen(text);
  if (m && frozen_usable(*m)) return m;
  if (!wanted) return nullptr;
  return m ? raise_import_error(name, Value{}, "Frozen modules are disabled and the frozen object named %R is not essential", name)
           : raise_import_error(name, Value{}, "No such frozen object named %R", name);
}
bool is_name(Value name, const char* function) {
  return is_str(name) || raise(PyExc_TypeError, "%s() argument must be str, not %N", function, type_of(name));
}
Ref is_frozen(Value, Value name) { return is_name(name, "is_frozen") ? bool_ref(usable_frozen(name, false)) : Ref{}; }
Ref is_frozen_package(Value, Value name) {
  const FrozenModule* m = is_name(name, "is_frozen_package") ? usable_frozen(name, true) : nullptr;
  return m ? bool_ref(m->package) : Ref{};
}
Ref find_frozen_module(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "find_frozen() argument 1 must be str, not %N", type_of(a[0]));
  int with_data = a[1] ? is_true(a[1]) : 0;
  if (with_data < 0) return Ref{};
  const FrozenModule* m = usable_frozen(a[0], false);
  if (!m) return none_ref();
  Ref data = none_ref(), origin = m->origin ? str_from_ascii(m->origin) : none_ref();
  if (with_data) {
    Ref code = frozen_code(*m), marshal = code ? import_module("marshal") : Ref{};
    Ref bytes = marshal ? call_method(marshal, "dumps"_id, {code.get()}) : Ref{};
    data = bytes ? memoryview_of(bytes) : Ref{};
  }
  return data && origin ? tuple_of({data.get(), boolean(m->package), origin.get()}) : Ref{};
}
Ref get_frozen_object(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "get_frozen_object() argument 1 must be str, not %N", type_of(a[0]));
  if (!a[1] || is_none(a[1])) {
    const FrozenModule* m = usable_frozen(a[0], true);
    return m ? frozen_code(*m) : Ref{};
  }
  BufferView data;
  if (!data.get(a[1])) return Ref{};
  Ref code = data.size() ? marshal_loads({static_cast<const char*>(data.data()), static_cast<size_t>(data.size())}) : Ref{};
  if (code && is_exact(code, &PyCode_Type)) return code;
  if (code) return raise(PyExc_TypeError, "frozen object %R is not a code object", a[0]);
  clear_error();
  return raise_import_error(a[0], Value{}, "Frozen object named %R is invalid", a[0]);
}
// PyImport_ImportFrozenModule: runs the module's code, without a spec.
Ref init_frozen(Value, Value name) {
  if (!is_name(name, "init_frozen")) return Ref{};
  const FrozenModule* m = usable_frozen(name, false);
  if (!m) return none_ref();
  Ref code = frozen_code(*m), module = code ? add_module(m->name) : Ref{};
  if (!module) return Ref{};
  Value dict{as_module(module)->dict};
  Ref origin = m->origin ? str_from_ascii(m->origin) : none_ref(), path = m->package ? list_new() : Ref{};
  if (!origin || !dict_set_str(dict, "__origname__"_id, origin) || !dict_set_str(dict, "__builtins__"_id, the_interpreter->builtins)) return Ref{};
  if (m->package && (!path || !dict_set_str(dict, "__path__"_id, path))) return Ref{};
  Ref done = run_code(code.as<PyCodeObject>(), dict.object(), dict);
  return done ? std::move(module) : Ref{};
}
Ref frozen_names(Value) {
  Ref list = list_new();
  for (const FrozenModule* m = kFrozenModules; list && m->name; m++) {
    Ref name = str_from_ascii(m->name);
    if (!name || !list_append(list, std::move(name))) return Ref{};
  }
  return list;
}
Ref override_frozen(Value, Value v) {
  int choice;
  if (!as_int(v, &choice)) return Ref{};
  frozen_use = choice > 0 ? FrozenUse::kAlways : choice < 0 ? FrozenUse::kNever : FrozenUse::kAsConfigured;
  return none_ref();
}
Ref override_multi(Value, Value) { return int_from_i64(0); }

Ref fix_co_filename(Value, const Value* a) {
  if (!is_exact(a[0], &PyCode_Type)) return raise(PyExc_TypeError, "_fix_co_filename() argument 1 must be code, not %.200s", type_of(a[0])->tp_name);
  if (!is_str(a[1])) return raise(PyExc_TypeError, "_fix_co_filename() argument 2 must be str, not %.200s", type_of(a[1])->tp_name);
  auto* code = a[0].as<PyCodeObject>();
  if (str_equal(Value{code->co_filename}, a[1])) return none_ref();
  Ref old = Ref::copy(Value{code->co_filename});
  rename_code(code, old, a[1]);
  return none_ref();
}
Ref source_hash(Value, const Value* a) {
  uint64_t key = int_as_u64_mask(a[0]);
  BufferView source;
  if (!source.get(a[1])) return Ref{};
  uint64_t hash = keyed_siphash13(key, 0, source.data(), static_cast<size_t>(source.size()));
  return bytes_new({reinterpret_cast<const char*>(&hash), sizeof hash});
}
// The first entry of sys.path_hooks: archives are left to zipimport, which is imported only when a path entry is a file.
Ref zip_path_hook(Value, Value path) {
  std::string text;
  struct stat st;
  bool maybe = is_str(path) && str_encode_fs(path, &text);
  clear_error();
  // An entry may point into an archive: some prefix of it is a file.
  while (maybe && !text.empty() && stat(text.c_str(), &st) != 0) {
    size_t slash = text.rfind('/');
    if (slash == std::string::npos) maybe = false;
    else text.resize(slash);
  }
  if (!maybe || text.empty() || !S_ISREG(st.st_mode)) {
    return raise_import_error(Value{}, path, "not a file: %R", path);
  }
  // Importing zipimport looks through sys.path, and so comes here again; the archives it meets are forgotten afterwards.
  static bool importing = false;
  if (importing) return raise_import_error(Value{}, path, "zipimport is being imported");
  importing = true;
  bool first = !dict_get_str(the_interpreter->modules, "zipimport"_id);
  Ref zipimport = import_module("zipimport");
  importing = false;
  if (zipimport && first) {
    Ref finder = getattr(the_interpreter->importlib_external, "PathFinder"_id);
    Ref forgotten = finder ? call_method(finder, "invalidate_caches"_id) : Ref{};
    if (!forgotten) return Ref{};
  }
  Ref importer = zipimport ? getattr(zipimport, "zipimporter"_id) : Ref{};
  return importer ? call1(importer, path) : Ref{};
}
Ref cache_from_source_row(Value, const Value* a) { return cache_from_source(a[0], a[1], a[2]); }
Ref library_pack_head(Value) { return pack_head(); }
Ref stored_code(Value, const Value* a) {
  int64_t number;
  if (!is_exact(a[0], &PyCode_Type)) return raise(PyExc_TypeError, "expected a code object, not %N", type_of(a[0]));
  return as_i64(a[1], &number) ? store_code(a[0].as<PyCodeObject>(), static_cast<uint32_t>(number)) : Ref{};
}
Ref get_library_code(Value, const Value* a) { return library_loader_code(a[0], a[1]); }

const MethodRow functions[] = {
    method<extension_suffixes>("extension_suffixes", "($module, /)", "Returns the list of file suffixes used to identify extension modules."),
    method<lock_held>("lock_held", "($module, /)", "Return True if the import lock is currently held, else False."),
    method<acquire_lock>("acquire_lock", "($module, /)", "Acquires the interpreter's import lock for the current thread."),
    method<release_lock>("release_lock", "($module, /)", "Release the interpreter's import lock."),
    method<find_frozen_module>("find_frozen", "($module, name, /, *, withdata=False)", "Return info about the corresponding frozen module (if there is one) or None."),
    method<get_frozen_object>("get_frozen_object", "($module, name, data=None, /)", "Create a code object for a frozen module."),
    method<is_frozen_package>("is_frozen_package", "($module, name, /)", "Returns True if the module name is of a frozen package."),
    method<create_builtin>("create_builtin", "($module, spec, /)", "Create an extension module."),
    method<init_frozen>("init_frozen", "($module, name, /)", "Initializes a frozen module."),
    method<is_builtin>("is_builtin", "($module, name, /)", "Returns True if the module name corresponds to a built-in module."),
    method<is_frozen>("is_frozen", "($module, name, /)", "Returns True if the module name corresponds to a frozen module."),
    method<frozen_names>("_frozen_module_names", "($module, /)", "Returns the list of available frozen modules."),
    method<override_frozen>("_override_frozen_modules_for_tests", "($module, override, /)", "(internal-only) Override PyConfig.use_frozen_modules."),
    method<override_multi>("_override_multi_interp_extensions_check", "($module, override, /)", "(internal-only) Override PyInterpreterConfig.check_multi_interp_extensions."),
    method<create_dynamic>("create_dynamic", "($module, spec, file=<unrepresentable>, /)", "Create an extension module."),
    method<exec_dynamic>("exec_dynamic", "($module, mod, /)", "Initialize an extension module."),
    method<exec_builtin>("exec_builtin", "($module, mod, /)", "Initialize a built-in module."),
    method<fix_co_filename>("_fix_co_filename", "($module, code, path, /)", "Changes code.co_filename to specify the passed-in file path."),
    method<source_hash>("source_hash", "($module, /, key, source)", ""),
    method<zip_path_hook>("_zip_path_hook", "($module, path, /)", "Path hook for archives: zipimport.zipimporter, imported when needed."),
    method<cache_from_source_row>("_cache_from_source", "($module, path, debug_override=None, *, optimization=None)",
                                  "Given the path to a .py file, return the path to its .pyc file."),
    method<get_library_code>("_get_library_code", "($module, loader, fullname, /)", "SourceFileLoader.get_code."),
    method<library_pack_head>("_library_pack_head", "($module, /)", "The first bytes of a pack of the library's code."),
    method<stored_code>("_stored_code", "($module, code, number, /)", "A module's code as the pack holds it; each has a number of its own."),
    {}};

bool exec(PyObject* module) {
  return module_add_str(module, "check_hash_based_pycs", the_interpreter->config.check_hash_pycs.c_str());
}

}  // namespace

extern const ModuleDef imp_module;
const ModuleDef imp_module{.name = "_imp", .doc = "(Extremely) low-level import machinery bits as used by importlib.", .methods = functions, .exec = exec};

}  // namespace adder
