// Types in C: PyType_*, heap types from specs, descriptors, methods, the dict of an instance; and the C functions that
// foreign types put into their slots, made known to the slot registry.
#include <cstdlib>
#include <cstring>
#include "object/type_impl.h"

#define ADDER_API extern "C" __attribute__((visibility("default")))

namespace adder {

static PyObject* out(Ref r) { return to_c_steal(std::move(r)); }
static Value in(PyObject* o) { return from_c_borrowed(o); }

// --- PyType_* ---------------------------------------------------------------------------------------------------------------
ADDER_API int PyType_Ready(PyTypeObject* type) {
  if (!type_ready(type)) return -1;
  return 0;
}
ADDER_API unsigned long PyType_GetFlags(PyTypeObject* type) { return type->tp_flags; }
ADDER_API void PyType_Modified(PyTypeObject* type) {
  type_modified(type);
  if (type->tp_cache) refresh_slots(type);
}
ADDER_API unsigned int PyType_ClearCache(void) { return 0; }
ADDER_API PyObject* _PyType_Lookup(PyTypeObject* type, PyObject* name) {
  // Borrowed: a number stays boxed in the dict it was found in.
  PyTypeObject* owner = nullptr;
  Value v = mro_lookup(type, name, &owner);
  if (!v.is_number()) return v.object();
  if (!expose(owner->tp_dict)) {
    clear_error();
    return nullptr;
  }
  Py_ssize_t entry = dict_entry_index(owner->tp_dict, name);
  return entry < 0 ? nullptr : dict_entry_value(owner->tp_dict, entry)->object();
}
ADDER_API const char* _PyType_Name(PyTypeObject* type) {
  const char* dot = strrchr(type->tp_name, '.');
  return dot ? dot + 1 : type->tp_name;
}
ADDER_API PyObject* PyType_GetName(PyTypeObject* type) { return out(type_name(type)); }
ADDER_API PyObject* PyType_GetQualName(PyTypeObject* type) { return out(type_qualname(type)); }
ADDER_API PyObject* PyType_GenericNew(PyTypeObject* type, PyObject*, PyObject*) { return type->tp_alloc(type, 0); }
ADDER_API PyTypeObject* _PyType_CalculateMetaclass(PyTypeObject* metatype, PyObject* bases) {
  Ref r = calculate_metaclass(metatype, Value{bases});
  return r ? r.as<PyTypeObject>() : nullptr;  // borrowed: one of the bases' types
}

ADDER_API PyObject* PyType_GetModule(PyTypeObject* type) {
  if (!is_heap(type)) return raise(PyExc_TypeError, "PyType_GetModule: Type '%s' is not a heap type", type->tp_name);
  PyObject* m = heap(type)->ht_module;
  if (!m) return raise(PyExc_TypeError, "PyType_GetModule: Type '%s' has no associated module", type->tp_name);
  return m;
}
extern "C" void* PyModule_GetState(PyObject* module);
extern "C" PyModuleDef* PyModule_GetDef(PyObject* module);
ADDER_API void* PyType_GetModuleState(PyTypeObject* type) {
  PyObject* m = PyType_GetModule(type);
  return m ? PyModule_GetState(m) : nullptr;
}
ADDER_API PyObject* PyType_GetModuleByDef(PyTypeObject* type, PyModuleDef* def) {
  PyObject* mro = type->tp_mro;
  for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
    auto* t = mro_item(mro, i).as<PyTypeObject>();
    if (!is_heap(t)) continue;
    PyObject* m = heap(t)->ht_module;
    if (m && PyModule_GetDef(m) == def) return m;
  }
  return raise(PyExc_TypeError, "PyType_GetModuleByDef: No superclass of '%s' has the given module", type->tp_name);
}

// --- Slots by number, as PyType_Slot names them -------------------------------------------------------------------------------
namespace {
struct SlotField {
  short suite;   // 0: the type itself; else the offset of the suite in PyHeapTypeObject
  short offset;  // -1: no slot of that number
};
#define DIRECT(name) {0, offsetof(PyTypeObject, name)}
#define NUMBER(name) {offsetof(PyHeapTypeObject, as_number), offsetof(PyNumberMethods, name)}
#define SEQUENCE(name) {offsetof(PyHeapTypeObject, as_sequence), offsetof(PySequenceMethods, name)}
#define MAPPING(name) {offsetof(PyHeapTypeObject, as_mapping), offsetof(PyMappingMethods, name)}
#define ASYNC(name) {offsetof(PyHeapTypeObject, as_async), offsetof(PyAsyncMethods, name)}
#define BUFFER(name) {offsetof(PyHeapTypeObject, as_buffer), offsetof(PyBufferProcs, name)}
constexpr SlotField slot_fields[] = {
    {0, -1},
    BUFFER(bf_getbuffer), BUFFER(bf_releasebuffer), MAPPING(mp_ass_subscript), MAPPING(mp_length), MAPPING(mp_subscript),
    NUMBER(nb_absolute), NUMBER(nb_add), NUMBER(nb_and), NUMBER(nb_bool), NUMBER(nb_divmod), NUMBER(nb_float), NUMBER(nb_floor_divide),
    NUMBER(nb_index), NUMBER(nb_inplace_add), NUMBER(nb_inplace_and), NUMBER(nb_inplace_floor_divide), NUMBER(nb_inplace_lshift),
    NUMBER(nb_inplace_multiply), NUMBER(nb_inplace_or), NUMBER(nb_inplace_power), NUMBER(nb_inplace_remainder), NUMBER(nb_inplace_rshift),
    NUMBER(nb_inplace_subtract), NUMBER(nb_inplace_true_divide), NUMBER(nb_inplace_xor), NUMBER(nb_int), NUMBER(nb_invert),
    NUMBER(nb_lshift), NUMBER(nb_multiply), NUMBER(nb_negative), NUMBER(nb_or), NUMBER(nb_positive), NUMBER(nb_power),
    NUMBER(nb_remainder), NUMBER(nb_rshift), NUMBER(nb_subtract), NUMBER(nb_true_divide), NUMBER(nb_xor), SEQUENCE(sq_ass_item),
    SEQUENCE(sq_concat), SEQUENCE(sq_contains), SEQUENCE(sq_inplace_concat), SEQUENCE(sq_inplace_repeat), SEQUENCE(sq_item),
    SEQUENCE(sq_length), SEQUENCE(sq_repeat), DIRECT(tp_alloc), DIRECT(tp_base), DIRECT(tp_bases), DIRECT(tp_call), DIRECT(tp_clear),
    DIRECT(tp_dealloc), DIRECT(tp_del), DIRECT(tp_descr_get), DIRECT(tp_descr_set), DIRECT(tp_doc), DIRECT(tp_getattr),
    DIRECT(tp_getattro), DIRECT(tp_hash), DIRECT(tp_init), DIRECT(tp_is_gc), DIRECT(tp_iter), DIRECT(tp_iternext), DIRECT(tp_methods),
    DIRECT(tp_new), DIRECT(tp_repr), DIRECT(tp_richcompare), DIRECT(tp_setattr), DIRECT(tp_setattro), DIRECT(tp_str),
    DIRECT(tp_traverse), DIRECT(tp_members), DIRECT(tp_getset), DIRECT(tp_free), NUMBER(nb_matrix_multiply),
    NUMBER(nb_inplace_matrix_multiply), ASYNC(am_await), ASYNC(am_aiter), ASYNC(am_anext), DIRECT(tp_finalize), ASYNC(am_send)};
static_assert(std::size(slot_fields) == Py_am_send + 1 && Py_tp_alloc == 47 && Py_nb_matrix_multiply == 75);

void** slot_address(PyTypeObject* type, int slot) {
  SlotField f = slot_fields[slot];
  return reinterpret_cast<void**>(reinterpret_cast<char*>(type) + f.suite + f.offset);
}
}  // namespace

ADDER_API void* PyType_GetSlot(PyTypeObject* type, int slot) {
  if (slot <= 0 || slot > Py_am_send) return bad_internal_call("PyType_GetSlot");
  SlotField f = slot_fields[slot];
  if (f.suite == 0) return *slot_address(type, slot);
  char* suite = nullptr;
  switch (f.suite) {
    case offsetof(PyHeapTypeObject, as_number): suite = reinterpret_cast<char*>(type->tp_as_number); break;
    case offsetof(PyHeapTypeObject, as_sequence): suite = reinterpret_cast<char*>(type->tp_as_sequence); break;
    case offsetof(PyHeapTypeObject, as_mapping): suite = reinterpret_cast<char*>(type->tp_as_mapping); break;
    case offsetof(PyHeapTypeObject, as_async): suite = reinterpret_cast<char*>(type->tp_as_async); break;
    default: suite = reinterpret_cast<char*>(type->tp_as_buffer);
  }
  return suite ? *reinterpret_cast<void**>(suite + f.offset) : nullptr;
}

// --- Heap types from specs ------------------------------------------------------------------------------------------------------
static Ref bases_of_spec(PyType_Spec* spec, PyObject* bases) {
  if (bases) return PyTuple_Check(bases) ? Ref::copy(Value{bases}) : tuple_of({Value{bases}});
  PyObject* base = nullptr;
  for (PyType_Slot* s = spec->slots; s->slot; s++) {
    if (s->slot == Py_tp_base) base = static_cast<PyObject*>(s->pfunc);
    if (s->slot == Py_tp_bases) return Ref::copy(Value{static_cast<PyObject*>(s->pfunc)});
  }
  return tuple_of({Value{base ? base : reinterpret_cast<PyObject*>(&PyBaseObject_Type)}});
}

static Ref type_from_spec(PyObject* module, PyType_Spec* spec, PyObject* given_bases) {
  Ref bases = bases_of_spec(spec, given_bases);
  if (!bases) return {};
  PyTypeObject* base = best_base(bases);
  if (!base) return {};
  if (!type_has(base, Py_TPFLAGS_BASETYPE)) return raise(PyExc_TypeError, "type '%.100s' is not an acceptable base type", base->tp_name);
  Py_ssize_t members = 0, weaklist = 0, dict = 0, vectorcall = 0;
  const PyMemberDef* given_members = nullptr;
  for (PyType_Slot* s = spec->slots; s->slot; s++) {
    if (s->slot < 0 || s->slot > Py_am_send) return raise(PyExc_RuntimeError, "invalid slot offset");
    if (s->slot != Py_tp_members) continue;
    given_members = static_cast<PyMemberDef*>(s->pfunc);
    for (const PyMemberDef* m = given_members; m->name; m++, members++) {
      // Three members by name tell where C keeps what a type's fields name.
      Py_ssize_t* where = strcmp(m->name, "__weaklistoffset__") == 0     ? &weaklist
                          : strcmp(m->name, "__dictoffset__") == 0       ? &dict
                          : strcmp(m->name, "__vectorcalloffset__") == 0 ? &vectorcall
                                                                         : nullptr;
      if (where) *where = m->offset;
    }
  }
  if (!spec->name) return raise(PyExc_SystemError, "Type spec does not define the name field.");
  size_t name_size = strlen(spec->name) + 1;
  auto* name = static_cast<char*>(object_malloc(name_size));
  if (!name) return raise_no_memory();
  memcpy(name, spec->name, name_size);
  PyObject* o = allocate_instance(&PyType_Type, members);
  if (!o) return {};
  Ref result = Ref::steal(Value{o});
  auto* type = reinterpret_cast<PyTypeObject*>(o);
  PyHeapTypeObject* h = heap(type);
  type->tp_flags = spec->flags | Py_TPFLAGS_HEAPTYPE;
  h->_ht_tpname = name;
  type->tp_name = name;
  const char* dot = strrchr(name, '.');
  Ref short_name = str_from_utf8(dot ? dot + 1 : name);
  if (!short_name) return {};
  h->ht_qualname = Ref::copy(short_name).release().object();
  h->ht_name = short_name.release().object();
  if (module) h->ht_module = Ref::copy(Value{module}).release().object();
  type->tp_as_async = &h->as_async;
  type->tp_as_number = &h->as_number;
  type->tp_as_sequence = &h->as_sequence;
  type->tp_as_mapping = &h->as_mapping;
  type->tp_as_buffer = &h->as_buffer;
  type->tp_base = base;
  incref(Value{base});
  type->tp_bases = Ref::copy(bases).release().object();
  expose(type->tp_bases);
  type->tp_basicsize = spec->basicsize;
  type->tp_itemsize = spec->itemsize;
  for (PyType_Slot* s = spec->slots; s->slot; s++) {
    if (s->slot == Py_tp_base || s->slot == Py_tp_bases) continue;
    if (s->slot == Py_tp_doc) {
      if (!s->pfunc) continue;
      size_t n = strlen(static_cast<char*>(s->pfunc)) + 1;
      auto* doc = static_cast<char*>(object_malloc(n));
      if (!doc) return raise_no_memory();
      memcpy(doc, s->pfunc, n);
      type->tp_doc = doc;
    } else if (s->slot == Py_tp_members) {
      memcpy(heap_members(type), given_members, static_cast<size_t>(members) * sizeof(PyMemberDef));
      type->tp_members = heap_members(type);
    } else {
      *slot_address(type, s->slot) = s->pfunc;
    }
  }
  if (!type->tp_dealloc) type->tp_dealloc = &subtype_dealloc;
  if (vectorcall) type->tp_vectorcall_offset = vectorcall;
  type->tp_weaklistoffset = weaklist;
  type->tp_dictoffset = dict;
  if (!type->tp_basicsize) type->tp_basicsize = base->tp_basicsize;
  Ref namespace_ = dict_new();
  if (!namespace_) return {};
  type->tp_dict = namespace_.release().object();
  if (!type_ready(type)) return {};
  Value names{type->tp_dict};
  if (dot) {
    Ref module_name = str_from_utf8({name, static_cast<size_t>(dot - name)});
    if (!module_name || !dict_set_str(names, "__module__"_id, module_name)) return {};
  } else if (!warn(PyExc_DeprecationWarning, 1, "builtin type %.200s has no __module__ attribute", name)) {
    return {};
  }
  refresh_slots(type);
  return result;
}

ADDER_API PyObject* PyType_FromModuleAndSpec(PyObject* module, PyType_Spec* spec, PyObject* bases) {
  return out(type_from_spec(module, spec, bases));
}
ADDER_API PyObject* PyType_FromSpecWithBases(PyType_Spec* spec, PyObject* bases) { return out(type_from_spec(nullptr, spec, bases)); }
ADDER_API PyObject* PyType_FromSpec(PyType_Spec* spec) { return out(type_from_spec(nullptr, spec, nullptr)); }

// --- The dict of an instance ------------------------------------------------------------------------------------------------------
ADDER_API PyObject** _PyObject_GetDictPtr(PyObject* o) {
  if (extra(Py_TYPE(o))->shape_offset) {
    PyObject** p = instance_dict_pointer(o);
    if (!p) clear_error();
    return p;
  }
  return classic_dict(o);
}

// --- Descriptors and methods --------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyDescr_NewMethod(PyTypeObject* type, PyMethodDef* def) { return out(make_method_descr(type, def)); }
ADDER_API PyObject* PyDescr_NewClassMethod(PyTypeObject* type, PyMethodDef* def) { return out(make_class_method_descr(type, def)); }
ADDER_API PyObject* PyDescr_NewMember(PyTypeObject* type, PyMemberDef* def) { return out(make_member_descr(type, def)); }
ADDER_API PyObject* PyDescr_NewGetSet(PyTypeObject* type, PyGetSetDef* def) { return out(make_getset_descr(type, def)); }
ADDER_API int PyDescr_IsData(PyObject* d) { return is_data_descr(in(d)); }
ADDER_API PyObject* PyDictProxy_New(PyObject* mapping) {
  if (!is_mapping(Value{mapping}) || is_list_or_tuple(Value{mapping})) {
    return raise(PyExc_TypeError, "mappingproxy() argument must be a mapping, not %s", Py_TYPE(mapping)->tp_name);
  }
  return out(mapping_proxy(Value{mapping}));
}
ADDER_API PyObject* PyMember_GetOne(const char* address, PyMemberDef* m) {
  return out(member_get(reinterpret_cast<PyObject*>(const_cast<char*>(address)), m));
}
ADDER_API int PyMember_SetOne(char* address, PyMemberDef* m, PyObject* v) {
  return member_set(reinterpret_cast<PyObject*>(address), m, in(v)) ? 0 : -1;
}
ADDER_API PyObject* PyCMethod_New(PyMethodDef* def, PyObject* self, PyObject* module, PyTypeObject* cls) {
  if ((def->ml_flags & METH_METHOD) && !cls) {
    return raise(PyExc_SystemError, "attempting to create PyCMethod with a METH_METHOD flag but no class");
  }
  return out(make_cfunction(def, in(self), in(module), cls));
}
#undef PyCFunction_New
#undef PyCFunction_NewEx
ADDER_API PyObject* PyCFunction_New(PyMethodDef* def, PyObject* self) { return PyCMethod_New(def, self, nullptr, nullptr); }
ADDER_API PyObject* PyCFunction_NewEx(PyMethodDef* def, PyObject* self, PyObject* module) {
  return PyCMethod_New(def, self, module, nullptr);
}
ADDER_API PyCFunction PyCFunction_GetFunction(PyObject* f) {
  if (!PyCFunction_Check(f)) return bad_internal_call("PyCFunction_GetFunction"), nullptr;
  return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_meth;
}
ADDER_API PyObject* PyCFunction_GetSelf(PyObject* f) {
  if (!PyCFunction_Check(f)) return bad_internal_call("PyCFunction_GetSelf");
  auto* c = reinterpret_cast<PyCFunctionObject*>(f);
  return c->m_ml->ml_flags & METH_STATIC ? nullptr : c->m_self;
}
ADDER_API int PyCFunction_GetFlags(PyObject* f) {
  if (!PyCFunction_Check(f)) return bad_internal_call("PyCFunction_GetFlags");
  return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_flags & ~kMethRow;
}
ADDER_API PyObject* PyMethod_New(PyObject* function, PyObject* self) {
  if (!self) return bad_internal_call("PyMethod_New");
  return out(bound_method(in(function), in(self)));
}
ADDER_API PyObject* PyMethod_Function(PyObject* m) { return PyMethod_Check(m) ? PyMethod_GET_FUNCTION(m) : bad_internal_call("PyMethod_Function"); }
ADDER_API PyObject* PyMethod_Self(PyObject* m) { return PyMethod_Check(m) ? PyMethod_GET_SELF(m) : bad_internal_call("PyMethod_Self"); }
ADDER_API PyObject* PyInstanceMethod_New(PyObject* function) {
  return out(call1(Value{&PyInstanceMethod_Type}, in(function)));
}
ADDER_API PyObject* PyInstanceMethod_Function(PyObject* m) { return PyInstanceMethod_GET_FUNCTION(m); }
ADDER_API PyObject* PyClassMethod_New(PyObject* callable) { return out(make_class_method(in(callable))); }
ADDER_API PyObject* PyStaticMethod_New(PyObject* callable) { return out(make_static_method(in(callable))); }

// --- C functions as slots -----------------------------------------------------------------------------------------------------------
extern "C" {
#define WEAK __attribute__((weak))
WEAK PyObject* PyObject_GenericGetAttr(PyObject*, PyObject*);
WEAK int PyObject_GenericSetAttr(PyObject*, PyObject*, PyObject*);
WEAK Py_hash_t PyObject_HashNotImplemented(PyObject*);
WEAK PyObject* PyObject_SelfIter(PyObject*);
#undef WEAK
}
static Ref self_iter(Value v) { return Ref::copy(v); }
static Ref generic_new(PyTypeObject* type, Args) { return from_c_steal(type->tp_alloc(type, 0)); }

[[gnu::constructor]] static void register_c_functions() {
  auto add = [](auto c, auto value) { register_slot(reinterpret_cast<void*>(c), reinterpret_cast<void*>(value)); };
  add(&PyObject_GenericGetAttr, &generic_getattr);
  add(&PyObject_GenericSetAttr, &generic_setattr);
  add(&PyObject_HashNotImplemented, &hash_not_implemented);
  add(&PyObject_SelfIter, &self_iter);
  add(&PyType_GenericNew, &generic_new);
}

}  // namespace adder
