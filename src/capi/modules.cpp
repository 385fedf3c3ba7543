// moduleobject.h, modsupport.h (modules), import.h: module objects, their definitions and state, imports.
#include <cstring>
#include <string>
#include "capi/capi.h"
#include "compile/code.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/str.h"
#include "object/type_impl.h"
#include "runtime/interpreter.h"
#include "vm/interp.h"

using namespace adder;
using namespace adder::capi;

namespace adder {
extern const char* package_context;  // runtime/extension.cpp
PyObject* module_from_def_and_spec(PyModuleDef* def, PyObject* spec);
int module_exec_def(PyObject* module, PyModuleDef* def);
PyModuleDef* module_def_of(PyObject* module);
void* module_state_of(PyObject* module);
void* module_state_of(PyObject* m) { return as_module(Value{m})->state; }
PyModuleDef* module_def_of(PyObject* m) { return as_module(Value{m})->def; }
}  // namespace adder

namespace {
bool add_functions(PyObject* m, PyMethodDef* f, Value module_name) {
  for (; f && f->ml_name; f++) {
    if (f->ml_flags & (METH_CLASS | METH_STATIC)) return raise(PyExc_ValueError, "module functions cannot set METH_CLASS or METH_STATIC");
    Ref function = make_cfunction(f, Value{m}, module_name, nullptr), key = intern(f->ml_name);
    if (!function || !key || !setattr(Value{m}, key.object(), function)) return false;
  }
  return true;
}
bool make_state(ModuleObject* m) {
  if (m->def->m_size <= 0 || m->state) return true;
  m->state = PyMem_Calloc(1, static_cast<size_t>(m->def->m_size));
  return m->state ? true : static_cast<bool>(raise_no_memory());
}
Ref new_module(const char* full) {
  Ref n = intern(full);
  return n ? module_new(n) : Ref{};
}
bool set_doc(PyObject* m, const char* doc) {
  Ref text = str_from_utf8(doc);
  return text && setattr(Value{m}, "__doc__"_id, text);
}
}  // namespace

ADDER_API PyObject* PyModuleDef_Init(PyModuleDef* def) {
  if (!def->m_base.m_index) {
    static Py_ssize_t next_index = 0;
    def->m_base.m_index = ++next_index;
    def->m_base.ob_base.ob_type = &PyModuleDef_Type;
    def->m_base.ob_base.ob_refcnt = Py_ssize_t{1} << 60;
  }
  return &def->m_base.ob_base;
}
ADDER_API PyObject* PyModule_Create2(PyModuleDef* def, int) {
  PyModuleDef_Init(def);
  if (def->m_slots) return raise(PyExc_SystemError, "module %s: PyModule_Create is incompatible with m_slots", def->m_name);
  const char* full = def->m_name;
  if (package_context) {
    const char* dot = strrchr(package_context, '.');
    if (dot && !strcmp(dot + 1, def->m_name)) full = package_context;
  }
  Ref m = new_module(full);
  if (!m) return nullptr;
  ModuleObject* o = as_module(m);
  o->def = def;
  Ref n = intern(full);
  if (!make_state(o) || !add_functions(m.object(), def->m_methods, n) || (def->m_doc && !set_doc(m.object(), def->m_doc))) return nullptr;
  return m.release().object();
}
namespace adder {
PyObject* module_from_def_and_spec(PyModuleDef* def, PyObject* spec) {
  PyModuleDef_Init(def);
  Ref n = getattr(Value{spec}, "name"_id);
  if (!n) return nullptr;
  PyObject* (*create)(PyObject*, PyModuleDef*) = nullptr;
  bool has_exec = false;
  for (PyModuleDef_Slot* s = def->m_slots; s && s->slot; s++) {
    if (s->slot == Py_mod_create) {
      if (create) return raise(PyExc_SystemError, "module %S has multiple create slots", n.get());
      create = reinterpret_cast<decltype(create)>(s->value);
    } else if (s->slot == Py_mod_exec) {
      has_exec = true;
    } else {
      return raise(PyExc_SystemError, "module %S uses unknown slot ID %i", n.get(), s->slot);
    }
  }
  if (def->m_size < 0) return raise(PyExc_SystemError, "module %S: m_size may not be negative for multi-phase initialization", n.get());
  Ref m;
  if (create) {
    m = Ref::steal(Value{create(spec, def)});
    if (!m) return error_occurred() ? Failure{} : raise(PyExc_SystemError, "creation of module %S failed without setting an exception", n.get());
    if (error_occurred()) return raise_from_current(PyExc_SystemError, "creation of module %S raised unreported exception", n.get());
  } else {
    m = module_new(n);
    if (!m) return nullptr;
  }
  if (PyModule_Check(m.object())) {
    as_module(m)->def = def;
    as_module(m)->state = nullptr;
  } else if (def->m_size > 0 || def->m_traverse || def->m_clear || def->m_free) {
    return raise(PyExc_SystemError, "module %S is not a module object, but requests module state", n.get());
  } else if (has_exec) {
    return raise(PyExc_SystemError, "module %S specifies execution slots, but did not create a ModuleType instance", n.get());
  }
  if (!add_functions(m.object(), def->m_methods, n) || (def->m_doc && !set_doc(m.object(), def->m_doc))) return nullptr;
  return m.release().object();
}
int module_exec_def(PyObject* m, PyModuleDef* def) {
  // The state, even of size 0, tells that the module was executed.
  ModuleObject* o = as_module(Value{m});
  if (!o->state && def->m_size >= 0 && !(o->state = PyMem_Calloc(1, def->m_size ? static_cast<size_t>(def->m_size) : 1))) return raise_no_memory();
  for (PyModuleDef_Slot* s = def->m_slots; s && s->slot; s++) {
    if (s->slot != Py_mod_exec) continue;
    int r = reinterpret_cast<int (*)(PyObject*)>(s->value)(m);
    if (r != 0) {
      if (!error_occurred()) (void)raise(PyExc_SystemError, "execution of module %s failed without setting an exception", def->m_name);
      return -1;
    }
    if (error_occurred()) {
      (void)raise_from_current(PyExc_SystemError, "execution of module %s raised unreported exception", def->m_name);
      return -1;
    }
  }
  return 0;
}
}  // namespace adder
ADDER_API PyObject* PyModule_FromDefAndSpec2(PyModuleDef* def, PyObject* spec, int) { return module_from_def_and_spec(def, spec); }
ADDER_API int PyModule_ExecDef(PyObject* m, PyModuleDef* def) { return module_exec_def(m, def); }
ADDER_API PyObject* PyModule_NewObject(PyObject* n) { return out(module_new(Value{n})); }
ADDER_API PyObject* PyModule_New(const char* n) { return out(new_module(n)); }
ADDER_API PyObject* PyModule_GetDict(PyObject* m) {
  if (!PyModule_Check(m)) return bad_internal_call("PyModule_GetDict");
  PyObject* d = as_module(Value{m})->dict;
  return seen(d) ? d : nullptr;
}
ADDER_API PyObject* PyModule_GetNameObject(PyObject* m) {
  if (!PyModule_Check(m)) return PyErr_BadArgument(), nullptr;
  Value n = module_get(Value{m}, "__name__"_id);
  if (!n || !is_str(n)) return raise(PyExc_SystemError, "nameless module");
  return Ref::copy(n).release().object();
}
ADDER_API const char* PyModule_GetName(PyObject* m) {
  PyObject* n = PyModule_GetNameObject(m);
  if (!n) return nullptr;
  Py_DECREF(n);  // the module's dict keeps it
  return str_utf8(Value{n}).data();
}
ADDER_API PyObject* PyModule_GetFilenameObject(PyObject* m) {
  Value f = PyModule_Check(m) ? module_get(Value{m}, "__file__"_id) : Value{};
  if (!f || !is_str(f)) return raise(PyExc_SystemError, "module filename missing");
  return Ref::copy(f).release().object();
}
ADDER_API PyModuleDef* PyModule_GetDef(PyObject* m) { return PyModule_Check(m) ? as_module(Value{m})->def : static_cast<PyModuleDef*>(nullptr); }
ADDER_API void* PyModule_GetState(PyObject* m) { return PyModule_Check(m) ? as_module(Value{m})->state : nullptr; }
ADDER_API int PyModule_AddObjectRef(PyObject* m, const char* n, PyObject* v) {
  if (!PyModule_Check(m)) return raise(PyExc_TypeError, "PyModule_AddObjectRef() first argument must be a module");
  if (!v) return error_occurred() ? -1 : static_cast<int>(raise(PyExc_SystemError, "PyModule_AddObjectRef() must be called with an exception raised if value is NULL"));
  Ref key = intern(n);
  return key ? PyDict_SetItem(as_module(Value{m})->dict, key.object(), v) : -1;
}
ADDER_API int PyModule_AddObject(PyObject* m, const char* n, PyObject* v) {
  int r = PyModule_AddObjectRef(m, n, v);
  if (r == 0) Py_DECREF(v);
  return r;
}
ADDER_API int PyModule_AddIntConstant(PyObject* m, const char* n, long v) {
  Ref i = int_from_i64(v), key = intern(n);
  return key && i ? status(dict_set(Value{as_module(Value{m})->dict}, key, i)) : -1;
}
ADDER_API int PyModule_AddStringConstant(PyObject* m, const char* n, const char* v) {
  Ref s = str_from_utf8(v), key = intern(n);
  return key && s ? status(dict_set(Value{as_module(Value{m})->dict}, key, s)) : -1;
}
ADDER_API int PyModule_AddType(PyObject* m, PyTypeObject* t) {
  if (!type_ready(t)) return -1;
  const char* dot = strrchr(t->tp_name, '.');
  return PyModule_AddObjectRef(m, dot ? dot + 1 : t->tp_name, reinterpret_cast<PyObject*>(t));
}
ADDER_API int PyModule_AddFunctions(PyObject* m, PyMethodDef* f) {
  Ref n = Ref::steal(Value{PyModule_GetNameObject(m)});
  return n ? status(add_functions(m, f, n)) : -1;
}
ADDER_API int PyModule_SetDocString(PyObject* m, const char* doc) { return status(set_doc(m, doc)); }

// Modules of single-phase initialisation, found again by their definition.
static Ref modules_by_index;
ADDER_API PyObject* PyState_FindModule(PyModuleDef* def) {
  if (def->m_slots || !modules_by_index || def->m_base.m_index >= list_size(modules_by_index)) return nullptr;
  Value m = list_get(modules_by_index, def->m_base.m_index);
  return is_none(m) ? nullptr : m.object();
}
ADDER_API int PyState_AddModule(PyObject* m, PyModuleDef* def) {
  if (!def) Py_FatalError("module definition is NULL");
  if (def->m_slots) return raise(PyExc_SystemError, "PyState_AddModule called on module with slots");
  if (PyState_FindModule(def) == m) Py_FatalError("module already added");
  per_interpreter(modules_by_index);
  if (!modules_by_index) modules_by_index = list_new();
  at_interpreter_end([] { modules_by_index.reset(); });
  while (list_size(modules_by_index) <= def->m_base.m_index) {
    if (!list_append(modules_by_index, none())) return -1;
  }
  return status(list_set(modules_by_index, def->m_base.m_index, Ref::copy(Value{m})));
}
namespace adder {
bool remember_module(PyObject* module, PyModuleDef* def);
bool remember_module(PyObject* module, PyModuleDef* def) { return PyState_FindModule(def) == module || PyState_AddModule(module, def) == 0; }
}  // namespace adder
ADDER_API int PyState_RemoveModule(PyModuleDef* def) {
  if (def->m_slots) return raise(PyExc_SystemError, "PyState_RemoveModule called on module with slots");
  if (!PyState_FindModule(def)) return raise(PyExc_SystemError, "Module index invalid.");
  return status(list_set(modules_by_index, def->m_base.m_index, none_ref()));
}

// --- Imports ------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyImport_ImportModule(const char* n) { return out(import_module(n)); }
ADDER_API PyObject* PyImport_ImportModuleNoBlock(const char* n) { return out(import_module(n)); }
ADDER_API PyObject* PyImport_Import(PyObject* n) { return out(import_module(std::string(str_utf8(Value{n})).c_str())); }
ADDER_API PyObject* PyImport_ImportModuleLevelObject(PyObject* n, PyObject* globals, PyObject* locals, PyObject* fromlist, int level) {
  return out(import_name(n, globals ? in(globals) : Value{}, locals ? in(locals) : Value{}, fromlist ? in(fromlist) : Value{}, level));
}
ADDER_API PyObject* PyImport_ImportModuleLevel(const char* n, PyObject* globals, PyObject* locals, PyObject* fromlist, int level) {
  Ref key = intern(n);
  return key ? PyImport_ImportModuleLevelObject(key.object(), globals, locals, fromlist, level) : nullptr;
}
ADDER_API PyObject* PyImport_GetModuleDict(void) {
  Value m = sys_get("modules");
  PyObject* d = m ? m.object() : the_interpreter->modules.object();
  return seen(d) ? d : nullptr;
}
ADDER_API PyObject* PyImport_GetModule(PyObject* n) {
  Value m;
  return dict_lookup(Value{PyImport_GetModuleDict()}, Value{n}, &m) > 0 ? Ref::copy(m).release().object() : nullptr;
}
ADDER_API PyObject* PyImport_AddModuleObject(PyObject* n) {
  Ref m = add_module(std::string(str_utf8(Value{n})).c_str());
  return m.object();  // borrowed from sys.modules
}
ADDER_API PyObject* PyImport_AddModule(const char* n) {
  Ref m = add_module(n);
  return m.object();
}
ADDER_API PyObject* PyImport_ReloadModule(PyObject* m) {
  Ref importlib = import_module("importlib");
  return importlib ? out(call_method(importlib, "reload"_id, {in(m)})) : nullptr;
}
ADDER_API PyObject* _PyImport_GetModuleId(_Py_Identifier* id) { return PyImport_GetModule(intern_static(id->string, strlen(id->string))); }
ADDER_API PyObject* _PyImport_GetModuleAttr(PyObject* n, PyObject* attribute) {
  Ref m = import_module(std::string(str_utf8(Value{n})).c_str());
  return m ? out(getattr(m, attribute)) : nullptr;
}
ADDER_API PyObject* _PyImport_GetModuleAttrString(const char* n, const char* attribute) {
  Ref m = import_module(n), key = intern(attribute);
  return m && key ? out(getattr(m, key.object())) : nullptr;
}
ADDER_API PyObject* PyImport_ExecCodeModuleObject(PyObject* n, PyObject* code, PyObject* path, PyObject*) {
  Ref m = add_module(std::string(str_utf8(Value{n})).c_str());
  if (!m) return nullptr;
  Value d{as_module(m)->dict};
  if (!dict_set_str(d, "__builtins__"_id, the_interpreter->builtins) || (path && !dict_set_str(d, "__file__"_id, in(path)))) return nullptr;
  Ref done = run_code(reinterpret_cast<PyCodeObject*>(code), d.object(), d);
  return done ? m.release().object() : nullptr;
}
ADDER_API PyObject* PyImport_ExecCodeModule(const char* n, PyObject* code) {
  Ref key = intern(n);
  return key ? PyImport_ExecCodeModuleObject(key.object(), code, nullptr, nullptr) : nullptr;
}
ADDER_API long PyImport_GetMagicNumber(void) { return 0x0A0D0D00; }
ADDER_API const char* PyImport_GetMagicTag(void) { return "adder-311"; }

// --- Builtin modules of a program that embeds, and frozen ones -------------------------------------------------------------------------------------
ADDER_API int PyImport_AppendInittab(const char* name, PyObject* (*init)(void)) {
  if (main_interpreter) Py_FatalError("PyImport_AppendInittab() may not be called after Py_Initialize()");
  add_builtin_module(name, init);
  return 0;
}
ADDER_API int PyImport_ExtendInittab(struct _inittab* table) {
  if (main_interpreter) Py_FatalError("PyImport_ExtendInittab() may not be called after Py_Initialize()");
  for (; table->name; table++) add_builtin_module(table->name, table->initfunc);
  return 0;
}
// 1: imported, 0: there is none of that name.
ADDER_API int PyImport_ImportFrozenModuleObject(PyObject* name) {
  Ref imp = import_module("_imp");
  Ref module = imp ? call_method(imp, "init_frozen"_id, {in(name)}) : Ref{};
  return module ? !is_none(module) : -1;
}
ADDER_API int PyImport_ImportFrozenModule(const char* name) {
  Ref key = intern(name);
  return key ? PyImport_ImportFrozenModuleObject(key.object()) : -1;
}
ADDER_API int _PyState_AddModule(PyThreadState*, PyObject* m, PyModuleDef* def) { return PyState_AddModule(m, def); }
