// PyConfig (PEP 587) as C reads it: a copy of the interpreter's configuration, and the dicts made of it. Adder starts from its own
// Config; that of a running interpreter does not change.
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "capi/capi.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/interpreter.h"

using namespace adder;
using namespace adder::capi;

namespace {

enum class Kind { number, hash_seed, text, list };
struct Member {
  const char* name;
  Kind kind;
  bool required;  // a text that is never null
  size_t offset;
};
#define NUMBER(name) {#name, Kind::number, false, offsetof(PyConfig, name)}
#define TEXT(name) {#name, Kind::text, true, offsetof(PyConfig, name)}
#define TEXT_OR_NONE(name) {#name, Kind::text, false, offsetof(PyConfig, name)}
#define LIST(name) {#name, Kind::list, false, offsetof(PyConfig, name)}
// In the order of CPython's dict.
const Member kMembers[] = {
    NUMBER(_config_init), NUMBER(isolated), NUMBER(use_environment), NUMBER(dev_mode), NUMBER(install_signal_handlers),
    NUMBER(use_hash_seed), {"hash_seed", Kind::hash_seed, false, offsetof(PyConfig, hash_seed)},
    NUMBER(faulthandler), NUMBER(tracemalloc), NUMBER(import_time), NUMBER(code_debug_ranges), NUMBER(show_ref_count),
    NUMBER(dump_refs), NUMBER(malloc_stats), TEXT(filesystem_encoding), TEXT(filesystem_errors), TEXT_OR_NONE(pycache_prefix),
    TEXT_OR_NONE(program_name), NUMBER(parse_argv), LIST(argv), LIST(xoptions), LIST(warnoptions), TEXT_OR_NONE(pythonpath_env),
    TEXT_OR_NONE(home), NUMBER(module_search_paths_set), LIST(module_search_paths), TEXT_OR_NONE(stdlib_dir), TEXT_OR_NONE(executable),
    TEXT_OR_NONE(base_executable), TEXT_OR_NONE(prefix), TEXT_OR_NONE(base_prefix), TEXT_OR_NONE(exec_prefix),
    TEXT_OR_NONE(base_exec_prefix), TEXT(platlibdir), NUMBER(site_import), NUMBER(bytes_warning), NUMBER(warn_default_encoding),
    NUMBER(inspect), NUMBER(interactive), NUMBER(optimization_level), NUMBER(parser_debug), NUMBER(write_bytecode), NUMBER(verbose),
    NUMBER(quiet), NUMBER(user_site_directory), NUMBER(configure_c_stdio), NUMBER(buffered_stdio), TEXT(stdio_encoding),
    TEXT(stdio_errors), NUMBER(skip_source_first_line), TEXT_OR_NONE(run_command), TEXT_OR_NONE(run_module), TEXT_OR_NONE(run_filename),
    NUMBER(_install_importlib), TEXT(check_hash_pycs_mode), NUMBER(pathconfig_warnings), NUMBER(_init_main),
    NUMBER(_isolated_interpreter), LIST(orig_argv), NUMBER(use_frozen_modules), NUMBER(safe_path), NUMBER(_is_python_build),
};
#undef NUMBER
#undef TEXT
#undef TEXT_OR_NONE
#undef LIST

template <typename T>
T& at(PyConfig* c, const Member& m) { return *reinterpret_cast<T*>(reinterpret_cast<char*>(c) + m.offset); }
template <typename T>
const T& at(const PyConfig* c, const Member& m) { return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(c) + m.offset); }

// Wide text from the heap of raw memory, which is PyConfig's; null with MemoryError.
wchar_t* wide(Value s) {
  Py_ssize_t n = str_length(s);
  auto* w = static_cast<wchar_t*>(PyMem_RawMalloc((static_cast<size_t>(n) + 1) * sizeof(wchar_t)));
  if (!w) return raise_no_memory(), nullptr;
  for (Py_ssize_t i = 0; i < n; i++) w[i] = static_cast<wchar_t>(str_char(s, i));
  w[n] = 0;
  return w;
}
Ref text_of(const wchar_t* w) { return w ? str_from_kind(4, w, static_cast<Py_ssize_t>(wcslen(w))) : none_ref(); }

bool set_text(wchar_t** to, Value s) {
  wchar_t* w = wide(s);
  if (!w) return false;
  PyMem_RawFree(*to);
  *to = w;
  return true;
}
bool set_path(wchar_t** to, const std::string& path) {
  Ref s = str_decode_fs(path);
  return s && set_text(to, s);
}
bool set_optional(wchar_t** to, const std::string& path) { return path.empty() || set_path(to, path); }
void clear_list(PyWideStringList* list) {
  for (Py_ssize_t i = 0; i < list->length; i++) PyMem_RawFree(list->items[i]);
  PyMem_RawFree(list->items);
  *list = {};
}
bool reserve(PyWideStringList* list, size_t n) {
  list->items = static_cast<wchar_t**>(PyMem_RawCalloc(n ? n : 1, sizeof(wchar_t*)));
  return list->items || raise_no_memory();
}
bool set_list(PyWideStringList* list, const std::vector<std::string>& paths) {
  if (!reserve(list, paths.size())) return false;
  for (const std::string& path : paths) {
    if (!set_path(&list->items[list->length], path)) return false;
    list->length++;
  }
  return true;
}

// The encoding and error handler of a standard stream, as it was made.
bool set_stream_text(wchar_t** to, const char* attribute) {
  Value stream = sys_get("__stdin__");
  Ref s = !stream || is_none(stream) ? Ref{} : getattr(stream, intern(attribute).get().object());
  if (s && is_str(s)) return set_text(to, s);
  clear_error();
  return set_path(to, !strcmp(attribute, "encoding") ? "utf-8" : "strict");
}

bool fill(PyConfig* c, const Config& from) {
  c->_config_init = 2;  // "Python configuration"
  c->isolated = from.isolated;
  c->use_environment = from.use_environment;
  c->dev_mode = from.dev_mode;
  c->install_signal_handlers = from.install_signal_handlers;
  c->use_hash_seed = from.has_hash_seed;
  c->hash_seed = from.hash_seed;
  c->faulthandler = from.faulthandler;
  c->import_time = from.import_time;
  c->code_debug_ranges = from.code_debug_ranges;
  c->parse_argv = 2;  // parsed
  c->module_search_paths_set = 1;
  c->site_import = from.site_import;
  c->bytes_warning = from.bytes_warning;
  c->warn_default_encoding = from.warn_default_encoding;
  c->inspect = from.inspect;
  c->interactive = from.interactive;
  c->optimization_level = from.optimization_level;
  c->parser_debug = from.parser_debug;
  c->write_bytecode = from.write_bytecode;
  c->verbose = from.verbose;
  c->quiet = from.quiet;
  c->user_site_directory = from.user_site;
  c->configure_c_stdio = 1;
  c->buffered_stdio = from.buffered_stdio;
  c->skip_source_first_line = from.skip_first_line;
  c->_install_importlib = c->_init_main = c->pathconfig_warnings = 1;
  c->use_frozen_modules = from.use_frozen_modules;
  c->safe_path = from.safe_path;
  const char* path = from.use_environment ? getenv("PYTHONPATH") : nullptr;
  return set_path(&c->filesystem_encoding, "utf-8") && set_path(&c->filesystem_errors, "surrogateescape") &&
         set_optional(&c->pycache_prefix, from.pycache_prefix) && set_path(&c->program_name, from.program_name.empty() ? from.executable : from.program_name) &&
         set_list(&c->argv, from.argv) && set_list(&c->orig_argv, from.orig_argv) && set_list(&c->xoptions, from.xoptions) &&
         set_list(&c->warnoptions, from.warnoptions) && set_optional(&c->pythonpath_env, path ? path : "") &&
         set_list(&c->module_search_paths, from.module_search_paths) && set_path(&c->stdlib_dir, from.stdlib) &&
         set_path(&c->executable, from.executable) && set_path(&c->base_executable, from.base_executable) && set_path(&c->prefix, from.prefix) &&
         set_path(&c->base_prefix, from.base_prefix) && set_path(&c->exec_prefix, from.exec_prefix) &&
         set_path(&c->base_exec_prefix, from.base_exec_prefix) && set_path(&c->platlibdir, "lib") && set_stream_text(&c->stdio_encoding, "encoding") &&
         set_stream_text(&c->stdio_errors, "errors") && set_optional(&c->run_command, from.run_command) &&
         set_optional(&c->run_module, from.run_module) && set_optional(&c->run_filename, from.run_filename) &&
         set_path(&c->check_hash_pycs_mode, from.check_hash_pycs);
}

Ref value_of(const PyConfig* c, const Member& m) {
  switch (m.kind) {
    case Kind::number: return int_from_i64(at<int>(c, m));
    case Kind::hash_seed: return int_from_u64(at<unsigned long>(c, m));
    case Kind::text: return text_of(at<wchar_t*>(c, m));
    case Kind::list: break;
  }
  const auto& strings = at<PyWideStringList>(c, m);
  Ref list = list_new(0);
  for (Py_ssize_t i = 0; list && i < strings.length; i++) {
    Ref s = text_of(strings.items[i]);
    if (!s || !list_append(list, std::move(s))) return Ref{};
  }
  return list;
}

Failure bad_type(const Member& m) { return raise(PyExc_TypeError, "invalid config type: %s", m.name); }
Failure bad_value(const Member& m) { return raise(PyExc_ValueError, "invalid config value: %s", m.name); }

bool set_member(PyConfig* c, const Member& m, Value v) {
  switch (m.kind) {
    case Kind::number:
    case Kind::hash_seed: {
      if (!is_int(v)) return bad_type(m);
      int64_t n;
      if (!int_as_i64(v, &n)) return false;
      // Switches and levels are not negative.
      if (m.kind == Kind::hash_seed ? n < 0 || n > 0xffffffff : n < 0 || n > INT32_MAX) return bad_value(m);
      if (m.kind == Kind::number) at<int>(c, m) = static_cast<int>(n);
      else at<unsigned long>(c, m) = static_cast<unsigned long>(n);
      return true;
    }
    case Kind::text:
      if (is_none(v)) {
        if (m.required) return bad_value(m);
        PyMem_RawFree(at<wchar_t*>(c, m));
        at<wchar_t*>(c, m) = nullptr;
        return true;
      }
      return is_str(v) ? set_text(&at<wchar_t*>(c, m), v) : static_cast<bool>(bad_type(m));
    case Kind::list: break;
  }
  if (!is_list(v) && !is_tuple(v)) return bad_type(m);
  PyWideStringList strings = {};
  Py_ssize_t n = is_list(v) ? list_size(v) : tuple_size(v);
  bool good = reserve(&strings, static_cast<size_t>(n));
  for (Py_ssize_t i = 0; good && i < n; i++) {
    Value item = sequence_get(v, i);
    good = is_str(item) ? set_text(&strings.items[i], item) : static_cast<bool>(bad_type(m));
    if (good) strings.length++;
  }
  if (!good) return clear_list(&strings), false;
  clear_list(&at<PyWideStringList>(c, m));
  at<PyWideStringList>(c, m) = strings;
  return true;
}

struct Number {
  const char* name;
  int value;
};
Ref numbers(std::initializer_list<Number> list) {
  Ref d = dict_new();
  for (const Number& n : list) {
    if (!d || !dict_set(d, intern(n.name), int_from_i64(n.value))) return Ref{};
  }
  return d;
}
Ref pre_config(const Config& c) {
  return numbers({{"_config_init", 2}, {"parse_argv", 1}, {"isolated", c.isolated}, {"use_environment", c.use_environment}, {"configure_locale", 1},
                  {"coerce_c_locale", 0}, {"coerce_c_locale_warn", 0}, {"utf8_mode", c.utf8_mode}, {"dev_mode", c.dev_mode}, {"allocator", 0}});
}
Ref global_config(const Config& c) {
  Ref d = numbers({{"Py_HasFileSystemDefaultEncoding", 0}, {"_Py_HasFileSystemDefaultEncodeErrors", 0}, {"Py_UTF8Mode", c.utf8_mode},
                   {"Py_DebugFlag", c.parser_debug}, {"Py_VerboseFlag", c.verbose}, {"Py_QuietFlag", c.quiet}, {"Py_InteractiveFlag", c.interactive},
                   {"Py_InspectFlag", c.inspect}, {"Py_OptimizeFlag", c.optimization_level}, {"Py_NoSiteFlag", !c.site_import},
                   {"Py_BytesWarningFlag", c.bytes_warning}, {"Py_FrozenFlag", 0}, {"Py_IgnoreEnvironmentFlag", !c.use_environment},
                   {"Py_DontWriteBytecodeFlag", !c.write_bytecode}, {"Py_NoUserSiteDirectory", !c.user_site}, {"Py_UnbufferedStdioFlag", !c.buffered_stdio},
                   {"Py_HashRandomizationFlag", !c.has_hash_seed || c.hash_seed != 0}, {"Py_IsolatedFlag", c.isolated}});
  return d && dict_set(d, intern("Py_FileSystemDefaultEncoding"), intern("utf-8")) && dict_set(d, intern("Py_FileSystemDefaultEncodeErrors"), intern("surrogateescape"))
             ? std::move(d) : Ref{};
}

}  // namespace

ADDER_API void PyConfig_InitPythonConfig(PyConfig* c) {
  *c = {};
  c->_config_init = 2;
  c->use_environment = c->install_signal_handlers = c->code_debug_ranges = c->parse_argv = c->site_import = c->write_bytecode = 1;
  c->user_site_directory = c->configure_c_stdio = c->buffered_stdio = c->pathconfig_warnings = c->_install_importlib = c->_init_main = 1;
  c->use_hash_seed = c->faulthandler = c->tracemalloc = c->use_frozen_modules = c->_is_python_build = 0;
}
ADDER_API void PyConfig_InitIsolatedConfig(PyConfig* c) {
  PyConfig_InitPythonConfig(c);
  c->_config_init = 3;
  c->isolated = c->safe_path = 1;
  c->use_environment = c->user_site_directory = c->install_signal_handlers = c->parse_argv = c->configure_c_stdio = c->pathconfig_warnings = 0;
}
ADDER_API void PyConfig_Clear(PyConfig* c) {
  for (const Member& m : kMembers) {
    if (m.kind == Kind::list) clear_list(&at<PyWideStringList>(c, m));
    if (m.kind != Kind::text) continue;
    PyMem_RawFree(at<wchar_t*>(c, m));
    at<wchar_t*>(c, m) = nullptr;
  }
}
ADDER_API int _PyInterpreterState_GetConfigCopy(PyConfig* c) {
  PyConfig_Clear(c);
  return status(fill(c, the_interpreter->config));
}
ADDER_API int _PyInterpreterState_SetConfig(const PyConfig*) {
  return status(raise(PyExc_NotImplementedError, "the configuration of a running interpreter cannot be changed"));
}
ADDER_API PyObject* _PyConfig_AsDict(const PyConfig* c) {
  Ref d = dict_new();
  for (const Member& m : kMembers) {
    Ref v = d ? value_of(c, m) : Ref{};
    if (!v || !dict_set(d, intern(m.name), v)) return nullptr;
  }
  return out(std::move(d));
}
ADDER_API int _PyConfig_FromDict(PyConfig* c, PyObject* dict) {
  if (!PyDict_Check(dict)) return status(raise(PyExc_TypeError, "dict expected"));
  for (const Member& m : kMembers) {
    Ref key = intern(m.name);
    Value v = dict_get_str(Value{dict}, key.get().object());
    if (!v) return status(raise(PyExc_ValueError, "missing config key: %s", m.name));
    if (!set_member(c, m, v)) return -1;
  }
  return 0;
}
ADDER_API PyObject* _Py_GetConfigsAsDict() {
  PyConfig c = {};
  PyObject* config = _PyInterpreterState_GetConfigCopy(&c) == 0 ? _PyConfig_AsDict(&c) : nullptr;
  PyConfig_Clear(&c);
  if (!config) return nullptr;
  Ref members = Ref::steal(Value{config}), global = global_config(the_interpreter->config), pre = pre_config(the_interpreter->config), all = dict_new();
  return global && pre && all && dict_set(all, intern("global_config"), global) && dict_set(all, intern("pre_config"), pre) &&
                 dict_set(all, intern("config"), members)
             ? out(std::move(all)) : nullptr;
}
// Paths are worked out at each start (runtime/config.cpp) and kept in the interpreter alone.
ADDER_API void _PyPathConfig_ClearGlobal() {}
ADDER_API PyObject* _Py_Get_Getpath_CodeObject() {
  return raise(PyExc_NotImplementedError, "paths are not worked out by Python code");
}

// Frame evaluation functions (PEP 523). Frames are run by the machine, never by this function, so its name is not found on any stack.
ADDER_API PyObject* _PyEval_EvalFrameDefault(PyThreadState*, struct _PyInterpreterFrame*, int) {
  return raise(PyExc_SystemError, "frames cannot be evaluated by a function");
}
ADDER_API _PyFrameEvalFunction _PyInterpreterState_GetEvalFrameFunc(PyInterpreterState*) { return _PyEval_EvalFrameDefault; }
ADDER_API void _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState*, _PyFrameEvalFunction f) {
  if (f != _PyEval_EvalFrameDefault && PyErr_WarnEx(PyExc_RuntimeWarning, "frame evaluation functions are not called", 1) < 0) PyErr_WriteUnraisable(nullptr);
}
