// Modules in C: PyModule_*, multi-phase initialisation, PyState_*.
#include <cstring>
#include "object/module.h"
#include "object/type_impl.h"

#define ADDER_API extern "C" __attribute__((visibility("default")))

namespace adder {

extern const char* package_context;  // runtime/extension.cpp

static PyObject* out(Ref r) { return to_c_steal(std::move(r)); }
static Value in(PyObject* o) { return from_c_borrowed(o); }
static ModuleObject* module_of(PyObject* m) { return reinterpret_cast<ModuleObject*>(m); }
static bool check(PyObject* m) {
  if (m && is_module(Value{m})) return true;
  return bad_internal_call("module");
}

// --- Making -------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyModule_NewObject(PyObject* name) { return out(module_new(Value{name})); }
ADDER_API PyObject* PyModule_New(const char* name) {
  Ref n = str_from_utf8(name);
  return n ? out(module_new(n)) : nullptr;
}
ADDER_API PyObject* PyModuleDef_Init(PyModuleDef* def) {
  static Py_ssize_t last_index = 0;
  if (def->m_base.m_index == 0) {
    Py_SET_TYPE(def, &PyModuleDef_Type);
    if (Py_REFCNT(def) == 0) Py_SET_REFCNT(def, 1);
    def->m_base.m_index = ++last_index;
  }
  return reinterpret_cast<PyObject*>(def);
}

static bool add_functions(PyObject* m, PyMethodDef* functions, Value name) {
  for (PyMethodDef* f = functions; f && f->ml_name; f++) {
    if (f->ml_flags & (METH_CLASS | METH_STATIC)) {
      return raise(PyExc_ValueError, "module functions cannot set METH_CLASS or METH_STATIC");
    }
    if (!module_add(m, f->ml_name, make_builtin_of(f, Value{m}, name))) return false;
  }
  return true;
}
ADDER_API int PyModule_AddFunctions(PyObject* m, PyMethodDef* functions) {
  if (!check(m)) return -1;
  Value name = module_get(Value{m}, "__name__"_id);
  return add_functions(m, functions, name && is_str(name) ? name : Value{}) ? 0 : -1;
}
ADDER_API int PyModule_SetDocString(PyObject* m, const char* doc) { return module_add(m, "__doc__", str_from_utf8(doc)) ? 0 : -1; }

static bool fill(PyObject* m, PyModuleDef* def, Value name) {
  if (def->m_methods && !add_functions(m, def->m_methods, name)) return false;
  return !def->m_doc || module_add(m, "__doc__", str_from_utf8(def->m_doc));
}
static bool make_state(PyObject* m, PyModuleDef* def) {
  if (def->m_size <= 0 || module_of(m)->state) return true;
  void* p = object_malloc(static_cast<size_t>(def->m_size));
  if (!p) return raise_no_memory();
  memset(p, 0, static_cast<size_t>(def->m_size));
  module_of(m)->state = p;
  return true;
}

// Single phase: the module as PyInit_ makes it.
ADDER_API PyObject* PyModule_Create2(PyModuleDef* def, int) {
  PyModuleDef_Init(def);
  if (def->m_slots) return raise(PyExc_SystemError, "module %s: PyModule_Create is incompatible with m_slots", def->m_name);
  // A module in a package knows only its last name; the importer tells the whole.
  const char* name = def->m_name;
  if (package_context) {
    const char* last = strrchr(package_context, '.');
    if (last && strcmp(last + 1, def->m_name) == 0) {
      name = package_context;
      package_context = nullptr;
    }
  }
  Ref n = intern(std::string_view{name});
  Ref m = n ? module_new(n) : Ref{};
  if (!m || !make_state(m.object(), def) || !fill(m.object(), def, n)) return nullptr;
  module_of(m.object())->def = def;
  return out(std::move(m));
}

// --- Multi-phase ---------------------------------------------------------------------------------------------------------------
PyObject* module_from_def_and_spec(PyModuleDef* def, PyObject* spec) {
  PyModuleDef_Init(def);
  Ref name = getattr(Value{spec}, "name"_id);
  if (!name) return nullptr;
  std::string_view text = str_utf8(name);
  if (!text.data()) return nullptr;
  if (def->m_size < 0) return raise(PyExc_SystemError, "module %s: m_size may not be negative for multi-phase initialization", text.data());
  PyObject* (*create)(PyObject*, PyModuleDef*) = nullptr;
  bool has_exec = false;
  for (PyModuleDef_Slot* s = def->m_slots; s && s->slot; s++) {
    if (s->slot == Py_mod_create) {
      if (create) return raise(PyExc_SystemError, "module %s has multiple create slots", text.data());
      create = reinterpret_cast<PyObject* (*)(PyObject*, PyModuleDef*)>(s->value);
    } else if (s->slot == Py_mod_exec) {
      has_exec = true;
    } else {
      return raise(PyExc_SystemError, "module %s uses unknown slot ID %i", text.data(), s->slot);
    }
  }
  Ref m;
  if (create) {
    PyObject* made = create(spec, def);
    if (!made) {
      if (!error_occurred()) return raise(PyExc_SystemError, "creation of module %s failed without setting an exception", text.data());
      return nullptr;
    }
    if (error_occurred()) {
      decref(made);
      return raise_from_current(PyExc_SystemError, "creation of module %s raised unreported exception", text.data());
    }
    m = from_c_steal(made);
  } else {
    m = module_new(name);
    if (!m) return nullptr;
  }
  if (is_module(m)) {
    module_of(m.object())->state = nullptr;
    module_of(m.object())->def = def;
    if (!fill(m.object(), def, name)) return nullptr;
  } else {
    if (def->m_size > 0 || def->m_traverse || def->m_clear || def->m_free) {
      return raise(PyExc_SystemError, "module %s is not a module object, but requests module state", text.data());
    }
    if (has_exec) {
      return raise(PyExc_SystemError, "module %s specifies execution slots, but did not create a ModuleType instance", text.data());
    }
    for (PyMethodDef* f = def->m_methods; f && f->ml_name; f++) {
      Ref function = make_builtin_of(f, m, name);
      Ref key = function ? intern(std::string_view{f->ml_name}) : Ref{};
      if (!key || !setattr(m, key.object(), function)) return nullptr;
    }
  }
  return out(std::move(m));
}
int module_exec_def(PyObject* m, PyModuleDef* def) {
  auto* module = module_of(m);
  if (def->m_size >= 0 && !module->state) {
    // Executed once: a state, even an empty one, says so.
    module->state = object_malloc(def->m_size ? static_cast<size_t>(def->m_size) : 1);
    if (!module->state) return raise_no_memory();
    memset(module->state, 0, def->m_size ? static_cast<size_t>(def->m_size) : 1);
  } else if (module->state) {
    return 0;
  }
  for (PyModuleDef_Slot* s = def->m_slots; s && s->slot; s++) {
    if (s->slot != Py_mod_exec) continue;
    int r = reinterpret_cast<int (*)(PyObject*)>(s->value)(m);
    if (r != 0) {
      if (!error_occurred()) return raise(PyExc_SystemError, "execution of module %s failed without setting an exception", def->m_name);
      return -1;
    }
    if (error_occurred()) return raise_from_current(PyExc_SystemError, "execution of module %s raised unreported exception", def->m_name);
  }
  return 0;
}
PyModuleDef* module_def_of(PyObject* m) { return module_of(m)->def; }
ADDER_API PyObject* PyModule_FromDefAndSpec2(PyModuleDef* def, PyObject* spec, int) { return module_from_def_and_spec(def, spec); }
ADDER_API int PyModule_ExecDef(PyObject* m, PyModuleDef* def) { return module_exec_def(m, def); }

// --- Reading ---------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyModule_GetDict(PyObject* m) { return check(m) ? module_of(m)->dict : nullptr; }
ADDER_API PyObject* PyModule_GetNameObject(PyObject* m) {
  if (!check(m)) return nullptr;
  Value name = module_get(Value{m}, "__name__"_id);
  if (!name || !is_str(name)) return raise(PyExc_SystemError, "nameless module");
  return out(Ref::copy(name));
}
ADDER_API const char* PyModule_GetName(PyObject* m) {
  Ref name = Ref::steal(Value{PyModule_GetNameObject(m)});
  return name ? str_utf8(name).data() : nullptr;  // lives as long as the module's dict keeps the name
}
ADDER_API PyObject* PyModule_GetFilenameObject(PyObject* m) {
  if (!check(m)) return nullptr;
  Value file = module_get(Value{m}, "__file__"_id);
  if (!file || !is_str(file)) return raise(PyExc_SystemError, "module filename missing");
  return out(Ref::copy(file));
}
ADDER_API const char* PyModule_GetFilename(PyObject* m) {
  Ref file = Ref::steal(Value{PyModule_GetFilenameObject(m)});
  return file ? str_utf8(file).data() : nullptr;
}
ADDER_API PyModuleDef* PyModule_GetDef(PyObject* m) { return check(m) ? module_of(m)->def : nullptr; }
ADDER_API void* PyModule_GetState(PyObject* m) { return check(m) ? module_of(m)->state : nullptr; }

// --- Adding --------------------------------------------------------------------------------------------------------------------------
ADDER_API int PyModule_AddObjectRef(PyObject* m, const char* name, PyObject* v) {
  if (!m || !is_module(Value{m})) return raise(PyExc_TypeError, "PyModule_AddObjectRef() first argument must be a module");
  if (!v) {
    if (!error_occurred()) return raise(PyExc_SystemError, "PyModule_AddObjectRef() must be called with an exception raised if value is NULL");
    return -1;
  }
  return module_add(m, name, Ref::copy(in(v))) ? 0 : -1;
}
ADDER_API int PyModule_AddObject(PyObject* m, const char* name, PyObject* v) {
  int r = PyModule_AddObjectRef(m, name, v);
  if (r == 0) decref(v);  // stolen on success only
  return r;
}
ADDER_API int PyModule_AddIntConstant(PyObject* m, const char* name, long v) { return module_add(m, name, int_from_i64(v)) ? 0 : -1; }
ADDER_API int PyModule_AddStringConstant(PyObject* m, const char* name, const char* v) {
  return module_add(m, name, str_from_utf8(v)) ? 0 : -1;
}
ADDER_API int PyModule_AddType(PyObject* m, PyTypeObject* type) {
  if (!type_ready(type)) return -1;
  const char* dot = strrchr(type->tp_name, '.');
  return module_add(m, dot ? dot + 1 : type->tp_name, Ref::copy(Value{type})) ? 0 : -1;
}

// --- PyState_*: single-phase modules by their definition's index ---------------------------------------------------------------------
static Ref& modules_by_index() {
  static Ref& list = *new Ref;  // never destroyed
  return list;
}
ADDER_API PyObject* PyState_FindModule(PyModuleDef* def) {
  Py_ssize_t i = def->m_base.m_index;
  if (def->m_slots || i == 0 || !modules_by_index() || i >= list_size(modules_by_index())) return nullptr;
  Value m = list_get(modules_by_index(), i);
  return is_none(m) ? nullptr : m.object();
}
ADDER_API int PyState_AddModule(PyObject* m, PyModuleDef* def) {
  if (def->m_slots) return raise(PyExc_SystemError, "PyState_AddModule called on module with slots");
  PyModuleDef_Init(def);
  if (!modules_by_index()) modules_by_index() = list_new();
  Value list = modules_by_index();
  if (!list) return -1;
  while (list_size(list) <= def->m_base.m_index) {
    if (!list_append(list, none())) return -1;
  }
  return list_set(list, def->m_base.m_index, Ref::copy(Value{m})) ? 0 : -1;
}
ADDER_API int PyState_RemoveModule(PyModuleDef* def) {
  if (def->m_slots) return raise(PyExc_SystemError, "PyState_RemoveModule called on module with slots");
  if (!PyState_FindModule(def)) return raise(PyExc_SystemError, "Module index out of bounds.");
  return list_set(modules_by_index(), def->m_base.m_index, none_ref()) ? 0 : -1;
}

}  // namespace adder
