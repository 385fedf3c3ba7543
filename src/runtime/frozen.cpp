// The table of frozen modules, and where their code comes from: the library's cache, or their sources.
#include "runtime/frozen.h"

#include <string>

#include "compile/code.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "runtime/library_cache.h"

namespace adder {

const FrozenModule kFrozenModules[] = {
    {"_frozen_importlib", "importlib._bootstrap", false, true},
    {"_frozen_importlib_external", "importlib._bootstrap_external", false, true},
    {"zipimport", "zipimport", false, true},
    {"abc", "abc", false, false},
    {"codecs", "codecs", false, false},
    {"io", "io", false, false},
    {"_collections_abc", "_collections_abc", false, false},
    {"_sitebuiltins", "_sitebuiltins", false, false},
    {"genericpath", "genericpath", false, false},
    {"ntpath", "ntpath", false, false},
    {"posixpath", "posixpath", false, false},
    {"os.path", "posixpath", false, false},
    {"os", "os", false, false},
    {"site", "site", false, false},
    {"stat", "stat", false, false},
    {"importlib.util", "importlib.util", false, false},
    {"importlib.machinery", "importlib.machinery", false, false},
    {"runpy", "runpy", false, false},
    {"__hello__", "__hello__", false, false},
    {"__hello_alias__", "__hello__", false, false},
    {"__phello_alias__", "__hello__", true, false},
    {"__phello_alias__.spam", "__hello__", false, false},
    {"__phello__", "__phello__", true, false},
    {"__phello__.__init__", "<__phello__", false, false},
    {"__phello__.ham", "__phello__.ham", true, false},
    {"__phello__.ham.__init__", "<__phello__.ham", false, false},
    {"__phello__.ham.eggs", "__phello__.ham.eggs", false, false},
    {"__phello__.spam", "__phello__.spam", false, false},
    {"__hello_only__", nullptr, false, false},
    {}};

FrozenUse frozen_use = FrozenUse::kAsConfigured;

namespace {

// The one module that has no file in the library, as CPython's Tools/freeze/flag.py.
constexpr std::string_view kHelloOnly = "initialized = True\nprint(\"Hello world!\")\n";

std::string source_file(const FrozenModule& m) {
  std::string file = m.origin;
  bool init = file[0] == '<';
  if (init) file.erase(0, 1);
  init = init || (m.package && file == m.name);
  for (char& c : file) {
    if (c == '.') c = '/';
  }
  return file + (init ? "/__init__.py" : ".py");
}
// Through the compiled file that an import of the module by its path would use.
Ref code_from_loader(const FrozenModule& m, const std::string& file, Value code_name) {
  Interpreter& in = *the_interpreter;
  Ref name = str_from_ascii(m.origin), path = str_decode_fs(in.config.stdlib + "/" + file);
  Ref loader_type = getattr(in.importlib_external, "SourceFileLoader"_id);
  Ref loader = name && path && loader_type ? call(loader_type, {name.get(), path.get()}) : Ref{};
  Ref code = loader ? call_method(loader, "get_code"_id, {name.get()}) : Ref{};
  if (!code || !is_exact(code, &PyCode_Type)) return Ref{};
  rename_code(code.as<PyCodeObject>(), path, code_name);
  return code;
}

}  // namespace

void rename_code(PyCodeObject* code, Value old_name, Value new_name) {
  if (!str_equal(Value{code->co_filename}, old_name)) return;
  PyObject* before = code->co_filename;
  Py_INCREF(new_name.object());
  code->co_filename = new_name.object();
  Py_DECREF(before);
  if (!code->co_consts) return;  // not read yet: those among the constants will have the code's
  Value consts{code->co_consts};
  for (Py_ssize_t i = 0; i < tuple_size(consts); i++) {
    Value c = tuple_get(consts, i);
    if (is_exact(c, &PyCode_Type)) rename_code(c.as<PyCodeObject>(), old_name, new_name);
  }
}

const FrozenModule* find_frozen(std::string_view name) {
  for (const FrozenModule* m = kFrozenModules; m->name; m++) {
    if (name == m->name) return m;
  }
  return nullptr;
}

bool frozen_usable(const FrozenModule& m) {
  return m.essential || (frozen_use == FrozenUse::kAsConfigured ? the_interpreter->config.use_frozen_modules : frozen_use == FrozenUse::kAlways);
}

Ref frozen_code(const FrozenModule& m) {
  CompileOptions options;
  options.optimize = 0;  // frozen code keeps assertions and docstrings, whatever -O says
  if (!m.origin) return compile_source(kHelloOnly, str_from_ascii("<frozen frozen_only>"), "exec", options);
  std::string file = source_file(m);
  Ref code_name = str_format("<frozen %s>", m.origin + (m.origin[0] == '<'));
  if (!code_name) return Ref{};
  if (Ref code = cached_library_code(file, code_name)) return code;
  const Config& config = the_interpreter->config;
  if (the_interpreter->importlib_external && config.optimization_level <= 0) return code_from_loader(m, file, code_name);
  std::string source;
  return read_file(config.stdlib + "/" + file, &source) ? compile_source(source, code_name, "exec", options) : Ref{};
}

}  // namespace adder
