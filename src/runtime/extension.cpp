// Loading of extension modules compiled for CPython 3.11: dlopen, PyInit_, single- and multi-phase initialisation.
#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include "modules/sys.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"

namespace adder {

Ref load_extension(Value spec, Value name, Value path);
Ref load_builtin_extension(PyObject* (*init)(), Value spec, Value name);
int exec_extension(Value module);
// capi/modsupport: what a module definition asks for.
PyObject* module_from_def_and_spec(PyModuleDef* def, PyObject* spec);
int module_exec_def(PyObject* module, PyModuleDef* def);
PyModuleDef* module_def_of(PyObject* module);
bool remember_module(PyObject* module, PyModuleDef* def);  // for PyState_FindModule
void* module_state_of(PyObject* module);  // not null: executed already

namespace {

// Single-phase modules are made once; a second import (after deletion from sys.modules) gets a copy of the first one's dict.
Ref& single_phase = *new Ref;  // never destroyed; dict: (path, name) → (module definition as int, copy of its dict)

std::string last_part(std::string_view dotted) {
  size_t dot = dotted.rfind('.');
  return std::string(dot == std::string_view::npos ? dotted : dotted.substr(dot + 1));
}

// PyInit_name; PyInitU_ and the name in Punycode, '-' as '_', if it is not ASCII (PEP 489).
bool init_symbol(const std::string& name, std::string* out) {
  Ref text = str_from_utf8(name);
  if (!text) return false;
  *out = "PyInit_" + name;
  if (str_is_ascii(text)) return true;
  Ref encoded = str_encode(text, "punycode", nullptr);
  if (!encoded) return false;
  *out = "PyInitU_";
  for (char c : bytes_view(encoded)) *out += c == '-' ? '_' : c;
  return true;
}

}  // namespace

// While a single-phase module initialises, its full name: PyModule_Create uses it for a package's module.
const char* package_context = nullptr;

namespace {
// A single-phase module that was made before, for this interpreter; empty without an exception if it was not.
Ref known_module(const std::string& full, Value key) {
  if (!single_phase) single_phase = dict_new();
  at_process_end([] { single_phase.reset(); });
  Value known;
  if (!key || !single_phase || dict_lookup(single_phase, key, &known) <= 0) return Ref{};
  Ref module = add_module(full.c_str());
  return module && dict_merge(Value{as_module(module)->dict}, known, 1) ? std::move(module) : Ref{};
}
// What an init function gives: a module, or the definition of one, of which it is made. `key` stands for a single-phase module that is made
// but once; absent path: built in.
Ref initialized(PyObject* (*init)(), Value spec, Value name, const std::string& full, Value key, Value path) {
  const char* outer = package_context;
  package_context = full.c_str();
  PyObject* m = init();
  package_context = outer;
  if (!m) {
    if (!error_occurred()) return raise(PyExc_SystemError, "initialization of %s failed without raising an exception", full.c_str());
    return Ref{};
  }
  if (error_occurred()) {
    return raise_from_current(PyExc_SystemError, "initialization of %s raised unreported exception", full.c_str());
  }
  if (!m->ob_type) return raise(PyExc_SystemError, "init function of %s returned uninitialized object", full.c_str());
  if (m->ob_type == &PyModuleDef_Type) return Ref::steal(Value{module_from_def_and_spec(reinterpret_cast<PyModuleDef*>(m), spec.object())});
  Ref module = Ref::steal(Value{m});
  if (!is_instance_exactly(module, &PyModule_Type)) return raise(PyExc_SystemError, "initialization of %s did not return an extension module", full.c_str());
  PyModuleDef* def = module_def_of(m);
  if (!def) return raise(PyExc_SystemError, "initialization of %s did not return a valid extension module", full.c_str());
  def->m_base.m_init = init;
  Value dict{as_module(module)->dict};
  if (path && !dict_set_str(dict, "__file__"_id, path)) return Ref{};
  if (!dict_set(the_interpreter->modules, name, module) || !remember_module(m, def)) return Ref{};
  if (def->m_size == -1) {
    Ref copy = dict_copy(dict);
    if (!copy || !dict_set(single_phase, key, copy)) return Ref{};
  }
  return module;
}
// Libraries that extensions bring along have a pool of threads each. One limit rules them all: those that nobody set another get that of the
// array engine, before the first of them is loaded.
void limit_pools() {
  const char* limit = getenv("ADDER_NUM_THREADS");
  if (!limit || !*limit) return;
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"}) {
    setenv(name, limit, 0);
  }
}
}  // namespace

Ref load_extension(Value spec, Value name, Value path) {
  if (!is_str(name) || !is_str(path)) return raise(PyExc_TypeError, "name and origin of an extension module must be str");
  std::string file;
  if (!str_encode_fs(path, &file)) return Ref{};
  std::string full(str_utf8(name)), symbol;
  if (!init_symbol(last_part(full), &symbol)) return Ref{};
  Ref key = tuple_of({path, name}), known = known_module(full, key);
  if (known || error_occurred()) return known;
  note_extension(file);
  static const bool limited = (limit_pools(), true);
  (void)limited;
  void* handle = dlopen(file.find('/') == std::string::npos ? ("./" + file).c_str() : file.c_str(), dlopen_flags);
  if (!handle) {
    const char* why = dlerror();
    return raise_import_error(name, path, "%s", why ? why : "unknown dlopen() error");
  }
  auto* init = reinterpret_cast<PyObject* (*)()>(dlsym(handle, symbol.c_str()));
  if (!init) return raise_import_error(name, path, "dynamic module does not define module export function (%s)", symbol.c_str());
  return initialized(init, spec, name, full, key, path);
}
Ref load_builtin_extension(PyObject* (*init)(), Value spec, Value name) {
  const std::string full(str_utf8(name));
  Ref known = known_module(full, name);
  return known || error_occurred() ? std::move(known) : initialized(init, spec, name, full, name, Value{});
}
int exec_extension(Value module) {
  if (!is_instance_exactly(module, &PyModule_Type)) return 0;
  PyModuleDef* def = module_def_of(module.object());
  return def && !module_state_of(module.object()) ? module_exec_def(module.object(), def) : 0;
}

}  // namespace adder
