// `module`: its object, attribute access with __getattr__, and making native modules from their declarations.
#include "object/module.h"
#include <cstring>
#include "object/type_impl.h"

extern "C" {
PyTypeObject PyModule_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyModuleDef_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

static_assert(sizeof(ModuleObject) == 56);

bool is_module(Value v) {
  return v.is_object() && (v.object()->ob_type == &PyModule_Type || is_subtype(v.object()->ob_type, &PyModule_Type));
}
Value module_get(Value module, PyObject* name) {
  PyObject* d = as_module(module)->dict;
  return d ? dict_get_str(Value{d}, name) : Value{};
}

namespace {

bool fill(Value module, Value name, Value doc) {
  Value d{as_module(module)->dict};
  return dict_set_str(d, "__name__"_id, name) && dict_set_str(d, "__doc__"_id, doc) && dict_set_str(d, "__package__"_id, none()) &&
         dict_set_str(d, "__loader__"_id, none()) && dict_set_str(d, "__spec__"_id, none());
}
void keep_name(Value module, Value name) {
  if (!is_exact_str(name)) return;
  PyObject*& field = as_module(module)->name;
  PyObject* old = field;
  field = Ref::copy(name).release().object();
  Py_XDECREF(old);
}

Ref module_alloc(PyTypeObject* type, Args) {
  Ref m = Ref::steal(Value{allocate_instance(type)});
  if (!m) return {};
  Ref d = dict_new();
  if (!d) return {};
  as_module(m)->dict = d.release().object();
  return m;
}
Ref module_init_bound(Value self, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "module() argument 'name' must be str, not %.50s", type_of(a[0])->tp_name);
  if (!as_module(self)->dict) {
    Ref d = dict_new();
    if (!d) return {};
    as_module(self)->dict = d.release().object();
  }
  if (!fill(self, a[0], a[1] ? a[1] : none())) return {};
  keep_name(self, a[0]);
  return none_ref();
}
const MethodRow init_row = method<module_init_bound>("module", "($self, name, doc=None)", "");
bool module_init(Value self, Args args) { return static_cast<bool>(call_row(init_row, self, args)); }

void module_dealloc(PyObject* o) {
  gc_untrack(o);
  auto* m = reinterpret_cast<ModuleObject*>(o);
  if (m->weaklist) clear_weakrefs(o);
  if (m->def && m->def->m_free && (m->def->m_size <= 0 || m->state)) m->def->m_free(m);
  Py_XDECREF(m->dict);
  Py_XDECREF(m->name);
  if (m->state) object_free(m->state);
  Py_TYPE(o)->tp_free(o);
}
int module_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* m = reinterpret_cast<ModuleObject*>(o);
  if (m->def && m->def->m_traverse && (m->def->m_size <= 0 || m->state)) {
    int r = m->def->m_traverse(o, visit, arg);
    if (r) return r;
  }
  ADDER_VISIT(m->dict);
  return 0;
}
int module_clear(PyObject* o) {
  auto* m = reinterpret_cast<ModuleObject*>(o);
  if (m->def && m->def->m_clear && (m->def->m_size <= 0 || m->state)) {
    int r = m->def->m_clear(o);
    if (r) return r;
  }
  Py_CLEAR(m->dict);
  return 0;
}

Ref module_repr(Value self) {
  Ref bootstrap = hooks.import_module ? hooks.import_module("_frozen_importlib"_id) : Ref{};
  Ref f = bootstrap ? getattr(bootstrap, "_module_repr"_id) : Ref{};
  if (f) return call1(f, self);
  clear_error();
  Value name = module_get(self, "__name__"_id);
  return str_format("<module %R>", name ? name : Value{"?"_id});
}

// spec.attribute as a truth value; errors count as no.
bool spec_flag(Value spec, PyObject* name) {
  if (!spec || is_none(spec)) return false;
  Ref v;
  int truth = lookup_attr(spec, name, &v);
  if (truth > 0) truth = is_true(v);
  if (truth < 0) clear_error();
  return truth > 0;
}
bool is_uninitialized_submodule(Value spec, PyObject* name) {
  if (!spec || is_none(spec)) return false;
  Ref list;
  int r = lookup_attr(spec, "_uninitialized_submodules"_id, &list);
  if (r > 0) r = contains(list, Value{name});
  if (r < 0) clear_error();
  return r > 0;
}

[[gnu::noinline]] Ref missing_attribute(Value self, PyObject* name) {
  if (Value hook = module_get(self, "__getattr__"_id)) {
    Ref keep = Ref::copy(hook);
    return call(hook, {Value{name}});
  }
  Value module_name = module_get(self, "__name__"_id);
  if (!module_name || !is_str(module_name)) {
    return raise_attribute_text(self, name, "module has no attribute '%U'", Value{name});
  }
  Ref keep_name_ = Ref::copy(module_name), spec = Ref::copy(module_get(self, "__spec__"_id));
  if (spec_flag(spec, "_initializing"_id)) {
    return raise_attribute_text(self, name,
                                "partially initialized module '%U' has no attribute '%U' (most likely due to a circular import)",
                                module_name, Value{name});
  }
  if (is_uninitialized_submodule(spec, name)) {
    return raise_attribute_text(self, name, "cannot access submodule '%U' of module '%U' (most likely due to a circular import)",
                                Value{name}, module_name);
  }
  return raise_attribute_text(self, name, "module '%U' has no attribute '%U'", module_name, Value{name});
}

}  // namespace

// Exported for the VM's inline caches: modules whose attribute slot is this one.
Ref module_getattro(Value self, PyObject* name) {
  // The dict first where the type has no data descriptor of that name: the common case without an exception made.
  Value descr = type_lookup(type_of(self), name);
  if (!descr) {
    if (PyObject* d = as_module(self)->dict) {
      if (Value v = dict_get_str(Value{d}, name)) return Ref::copy(v);
    }
    return missing_attribute(self, name);
  }
  Ref r = generic_getattr(self, name);
  if (r || !error_matches(PyExc_AttributeError)) return r;
  clear_error();
  return missing_attribute(self, name);
}

namespace {

Ref module_get_dict(Value self) {
  PyObject* d = as_module(self)->dict;
  return d ? Ref::copy(Value{d}) : none_ref();
}
bool read_only(Value, Value) { return raise(PyExc_AttributeError, "readonly attribute"); }

Ref module_dir(Value self) {
  Ref d = getattr(self, "__dict__"_id);
  if (!d) return {};
  if (!is_dict(d)) return raise(PyExc_TypeError, "%R.__dict__ is not a dictionary", self);
  if (Value f = dict_get_str(d, "__dir__"_id)) {
    Ref keep = Ref::copy(f);
    return call0(keep);
  }
  return dict_keys_list(d);
}
Ref get_annotations(Value self) {
  Ref d = getattr(self, "__dict__"_id);
  if (!d) return {};
  if (!is_dict(d)) return raise(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
  if (Value v = dict_get_str(d, "__annotations__"_id)) return Ref::copy(v);
  Ref fresh = dict_new();
  if (!fresh || !dict_set_str(d, "__annotations__"_id, fresh)) return {};
  return fresh;
}
bool set_annotations(Value self, Value v) {
  Ref d = getattr(self, "__dict__"_id);
  if (!d) return false;
  if (!is_dict(d)) return raise(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
  if (v) return dict_set_str(d, "__annotations__"_id, v);
  int r = dict_delete(d, Value{"__annotations__"_id});
  return r < 0 ? false : r > 0 ? true : raise(PyExc_AttributeError, "__annotations__");
}

const MethodRow module_methods[] = {method<module_dir>("__dir__", "", "__dir__() -> list\nspecialized dir() implementation"), {}};
const GetSetRow module_getset[] = {getset<module_get_dict, read_only>("__dict__"),
                                   getset<get_annotations, set_annotations>("__annotations__"),
                                   {}};

}  // namespace

Ref module_new(Value name) {
  Ref m = module_alloc(&PyModule_Type, {});
  if (!m || !fill(m, name, none())) return {};
  keep_name(m, name);
  return m;
}

// --- Native modules -----------------------------------------------------------------------------------------------------------
bool module_add(PyObject* module, const char* name, Ref value) {
  if (!value) return false;
  Ref key = intern(std::string_view{name});
  return key && dict_set(Value{as_module(Value{module})->dict}, key, value);
}
bool module_add_type(PyObject* module, const TypeDef& def) {
  if (!ready_type(def)) return false;
  const char* dot = strrchr(def.name, '.');
  return module_add(module, dot ? dot + 1 : def.name, Ref::copy(Value{def.type}));
}
bool module_add_int(PyObject* module, const char* name, int64_t value) { return module_add(module, name, int_from_i64(value)); }
bool module_add_str(PyObject* module, const char* name, const char* value) { return module_add(module, name, str_from_utf8(value)); }

Ref make_module(const ModuleDef& def) {
  Ref name = intern(std::string_view{def.name});
  if (!name) return {};
  Ref m = module_new(name);
  if (!m) return {};
  if (def.doc && !module_add(m.object(), "__doc__", str_from_utf8(def.doc))) return {};
  for (const MethodRow* r = def.methods; r && r->c.ml_name; r++) {
    if (!module_add(m.object(), r->c.ml_name, make_builtin(*r, m, name))) return {};
  }
  if (def.exec && !def.exec(m.object())) return {};
  return m;
}

extern const TypeDef module_def, module_definition_def;
const TypeDef module_def = {
    .type = &PyModule_Type,
    .name = "module",
    .basicsize = sizeof(ModuleObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    .signature = "(name, doc=None)",
    .dealloc = module_dealloc,
    .traverse = module_traverse,
    .clear = module_clear,
    .weaklistoffset = offsetof(ModuleObject, weaklist),
    .dictoffset = offsetof(ModuleObject, dict),
    .slots = {.tp_repr = slot::Unary<module_repr>,
              .tp_getattro = slot::GetAttr<module_getattro>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_init = slot::Init<module_init>,
              .tp_new = slot::New<module_alloc>},
    .methods = module_methods,
    .getset = module_getset,
};
const TypeDef module_definition_def = {
    .type = &PyModuleDef_Type,
    .name = "moduledef",
    .basicsize = sizeof(PyModuleDef),
};

}  // namespace adder
