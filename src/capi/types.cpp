// Type objects from C: PyType_Ready, types from specifications, lookup, descriptors, functions made of PyMethodDef.
#include <cstring>
#include <string>
#include "capi/capi.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/module.h"
#include "object/shape.h"
#include "object/str.h"
#include "object/type.h"
#include "object/type_impl.h"
#include "vm/attribute_cache.h"

using namespace adder;
using namespace adder::capi;

ADDER_API int PyType_Ready(PyTypeObject* t) { return status(type_ready(t)); }
ADDER_API void PyType_Modified(PyTypeObject* t) {
  type_modified(t);
  if (t->tp_cache) refresh_slots(t);  // C may have set a slot that was null
}
ADDER_API int PyType_IsSubtype(PyTypeObject* a, PyTypeObject* b) { return is_subtype(a, b); }
ADDER_API unsigned long PyType_GetFlags(PyTypeObject* t) { return t->tp_flags; }
ADDER_API unsigned PyType_ClearCache(void) {
  clear_attribute_tables();
  return clear_lookup_cache();
}
ADDER_API PyObject* PyType_GetName(PyTypeObject* t) { return out(type_name(t)); }
ADDER_API PyObject* PyType_GetQualName(PyTypeObject* t) { return out(type_qualname(t)); }
ADDER_API const char* _PyType_Name(PyTypeObject* t) {
  const char* dot = strrchr(t->tp_name, '.');
  return dot ? dot + 1 : t->tp_name;
}
// Borrowed; the type keeps it: what the namespace holds is a box if it is a number.
ADDER_API PyObject* _PyType_Lookup(PyTypeObject* t, PyObject* n) {
  Value v = type_lookup(t, n);
  if (v.absent() || v.is_object()) return v.object();
  Value mro{t->tp_mro};
  for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
    if (PyObject* o = borrowed_dict_value(tuple_get(mro, i).as<PyTypeObject>()->tp_dict, Value{n})) return o;
  }
  return nullptr;
}
ADDER_API PyObject* _PyType_LookupId(PyTypeObject* t, _Py_Identifier* id) { return _PyType_Lookup(t, intern_static(id->string, strlen(id->string))); }
ADDER_API PyObject* PyType_GenericNew(PyTypeObject* t, PyObject*, PyObject*) { return t->tp_alloc(t, 0); }
ADDER_API PyObject** _PyObject_GetDictPtr(PyObject* o) {
  PyTypeObject* t = Py_TYPE(o);
  if (extra(t)->shape_offset) {
    // From now on its attributes live in a dict for good, whose pointer C may replace.
    PyObject** p = instance_dict_pointer(o);
    if (!p) clear_error();
    return p;
  }
  return classic_dict(o);
}

// --- Types from specifications -------------------------------------------------------------------------------------------------------------------
namespace {
// Where a slot number of typeslots.h lies in PyHeapTypeObject.
struct Place { short slot; short offset; };
#define D(f) static_cast<short>(offsetof(PyHeapTypeObject, ht_type) + offsetof(PyTypeObject, f))
#define S(suite, f) static_cast<short>(offsetof(PyHeapTypeObject, suite.f))
const Place places[] = {
    {Py_bf_getbuffer, S(as_buffer, bf_getbuffer)}, {Py_bf_releasebuffer, S(as_buffer, bf_releasebuffer)},
    {Py_mp_ass_subscript, S(as_mapping, mp_ass_subscript)}, {Py_mp_length, S(as_mapping, mp_length)}, {Py_mp_subscript, S(as_mapping, mp_subscript)},
    {Py_nb_absolute, S(as_number, nb_absolute)}, {Py_nb_add, S(as_number, nb_add)}, {Py_nb_and, S(as_number, nb_and)}, {Py_nb_bool, S(as_number, nb_bool)},
    {Py_nb_divmod, S(as_number, nb_divmod)}, {Py_nb_float, S(as_number, nb_float)}, {Py_nb_floor_divide, S(as_number, nb_floor_divide)}, {Py_nb_index, S(as_number, nb_index)},
    {Py_nb_inplace_add, S(as_number, nb_inplace_add)}, {Py_nb_inplace_and, S(as_number, nb_inplace_and)}, {Py_nb_inplace_floor_divide, S(as_number, nb_inplace_floor_divide)},
    {Py_nb_inplace_lshift, S(as_number, nb_inplace_lshift)}, {Py_nb_inplace_multiply, S(as_number, nb_inplace_multiply)}, {Py_nb_inplace_or, S(as_number, nb_inplace_or)},
    {Py_nb_inplace_power, S(as_number, nb_inplace_power)}, {Py_nb_inplace_remainder, S(as_number, nb_inplace_remainder)}, {Py_nb_inplace_rshift, S(as_number, nb_inplace_rshift)},
    {Py_nb_inplace_subtract, S(as_number, nb_inplace_subtract)}, {Py_nb_inplace_true_divide, S(as_number, nb_inplace_true_divide)}, {Py_nb_inplace_xor, S(as_number, nb_inplace_xor)},
    {Py_nb_int, S(as_number, nb_int)}, {Py_nb_invert, S(as_number, nb_invert)}, {Py_nb_lshift, S(as_number, nb_lshift)}, {Py_nb_multiply, S(as_number, nb_multiply)},
    {Py_nb_negative, S(as_number, nb_negative)}, {Py_nb_or, S(as_number, nb_or)}, {Py_nb_positive, S(as_number, nb_positive)}, {Py_nb_power, S(as_number, nb_power)},
    {Py_nb_remainder, S(as_number, nb_remainder)}, {Py_nb_rshift, S(as_number, nb_rshift)}, {Py_nb_subtract, S(as_number, nb_subtract)}, {Py_nb_true_divide, S(as_number, nb_true_divide)},
    {Py_nb_xor, S(as_number, nb_xor)}, {Py_nb_matrix_multiply, S(as_number, nb_matrix_multiply)}, {Py_nb_inplace_matrix_multiply, S(as_number, nb_inplace_matrix_multiply)},
    {Py_sq_ass_item, S(as_sequence, sq_ass_item)}, {Py_sq_concat, S(as_sequence, sq_concat)}, {Py_sq_contains, S(as_sequence, sq_contains)}, {Py_sq_inplace_concat, S(as_sequence, sq_inplace_concat)},
    {Py_sq_inplace_repeat, S(as_sequence, sq_inplace_repeat)}, {Py_sq_item, S(as_sequence, sq_item)}, {Py_sq_length, S(as_sequence, sq_length)}, {Py_sq_repeat, S(as_sequence, sq_repeat)},
    {Py_am_await, S(as_async, am_await)}, {Py_am_aiter, S(as_async, am_aiter)}, {Py_am_anext, S(as_async, am_anext)}, {Py_am_send, S(as_async, am_send)},
    {Py_tp_alloc, D(tp_alloc)}, {Py_tp_call, D(tp_call)}, {Py_tp_clear, D(tp_clear)}, {Py_tp_dealloc, D(tp_dealloc)}, {Py_tp_del, D(tp_del)}, {Py_tp_descr_get, D(tp_descr_get)},
    {Py_tp_descr_set, D(tp_descr_set)}, {Py_tp_getattr, D(tp_getattr)}, {Py_tp_getattro, D(tp_getattro)}, {Py_tp_hash, D(tp_hash)}, {Py_tp_init, D(tp_init)}, {Py_tp_is_gc, D(tp_is_gc)},
    {Py_tp_iter, D(tp_iter)}, {Py_tp_iternext, D(tp_iternext)}, {Py_tp_methods, D(tp_methods)}, {Py_tp_new, D(tp_new)}, {Py_tp_repr, D(tp_repr)}, {Py_tp_richcompare, D(tp_richcompare)},
    {Py_tp_setattr, D(tp_setattr)}, {Py_tp_setattro, D(tp_setattro)}, {Py_tp_str, D(tp_str)}, {Py_tp_traverse, D(tp_traverse)}, {Py_tp_getset, D(tp_getset)}, {Py_tp_free, D(tp_free)},
    {Py_tp_finalize, D(tp_finalize)}};
#undef D
#undef S
int place_of(int slot) {
  for (const Place& p : places) {
    if (p.slot == slot) return p.offset;
  }
  return -1;
}
// Special members that set offsets of the type.
bool special_member(PyTypeObject* t, const PyMemberDef& m) {
  struct { const char* name; Py_ssize_t PyTypeObject::*field; } specials[] = {
      {"__weaklistoffset__", &PyTypeObject::tp_weaklistoffset}, {"__dictoffset__", &PyTypeObject::tp_dictoffset}, {"__vectorcalloffset__", &PyTypeObject::tp_vectorcall_offset}};
  for (auto& s : specials) {
    if (!strcmp(m.name, s.name)) {
      t->*s.field = m.offset;
      return true;
    }
  }
  return false;
}
// The doc of a type without its signature line; a copy that the type owns.
char* doc_copy(const char* doc) {
  size_t n = strlen(doc) + 1;
  auto* p = static_cast<char*>(PyObject_Malloc(n));
  return p ? static_cast<char*>(memcpy(p, doc, n)) : nullptr;
}
}  // namespace

ADDER_API PyObject* PyType_FromModuleAndSpec(PyObject* module, PyType_Spec* spec, PyObject* bases) {
  // Bases: the argument, else the slots, else object.
  PyTypeObject* base = nullptr;
  PyObject* slot_bases = bases;
  Py_ssize_t n_members = 0;
  for (PyType_Slot* s = spec->slots; s->slot; s++) {
    if (s->slot == Py_tp_base && !bases) base = static_cast<PyTypeObject*>(s->pfunc);
    if (s->slot == Py_tp_bases && !bases) slot_bases = static_cast<PyObject*>(s->pfunc);
    if (s->slot == Py_tp_members) {
      for (auto* m = static_cast<PyMemberDef*>(s->pfunc); m->name; m++) n_members++;
    }
  }
  Ref tuple;
  if (slot_bases) tuple = PyTuple_Check(slot_bases) ? Ref::copy(Value{slot_bases}) : tuple_of({Value{slot_bases}});
  else tuple = tuple_of({Value{base ? base : &PyBaseObject_Type}});
  if (!tuple || !seen(tuple.object())) return nullptr;
  base = best_base(tuple);
  if (!base) return nullptr;
  if (!type_has(base, Py_TPFLAGS_BASETYPE)) return raise(PyExc_TypeError, "type '%.100s' is not an acceptable base type", base->tp_name);
  if (!(base->tp_flags & Py_TPFLAGS_READY) && !type_ready(base)) return nullptr;

  Ref result = Ref::steal(Value{allocate_instance(&PyType_Type, n_members)});
  if (!result) return nullptr;
  auto* h = result.as<PyHeapTypeObject>();
  PyTypeObject* t = &h->ht_type;
  t->tp_flags = spec->flags | Py_TPFLAGS_HEAPTYPE;
  t->tp_as_async = &h->as_async;
  t->tp_as_number = &h->as_number;
  t->tp_as_sequence = &h->as_sequence;
  t->tp_as_mapping = &h->as_mapping;
  t->tp_as_buffer = &h->as_buffer;
  const char* dot = strrchr(spec->name, '.');
  h->ht_name = intern(dot ? dot + 1 : spec->name).release().object();
  h->ht_qualname = Ref::copy(Value{h->ht_name}).release().object();
  h->_ht_tpname = doc_copy(spec->name);
  t->tp_name = h->_ht_tpname;
  if (module) h->ht_module = Ref::copy(Value{module}).release().object();
  t->tp_base = Ref::copy(Value{base}).release().as<PyTypeObject>();
  t->tp_bases = tuple.release().object();
  t->tp_basicsize = spec->basicsize ? spec->basicsize : base->tp_basicsize;
  t->tp_itemsize = spec->itemsize;
  const char* doc = nullptr;
  for (PyType_Slot* s = spec->slots; s->slot; s++) {
    switch (s->slot) {
      case Py_tp_base: case Py_tp_bases: break;
      case Py_tp_doc:
        if (s->pfunc) {
          doc = static_cast<const char*>(s->pfunc);
          t->tp_doc = doc_copy(doc);
        }
        break;
      case Py_tp_members: {
        PyMemberDef* members = heap_members(t);
        Py_ssize_t i = 0;
        for (auto* m = static_cast<PyMemberDef*>(s->pfunc); m->name; m++) {
          if (!special_member(t, *m)) members[i++] = *m;
          else special_member(t, *m);
        }
        Py_SET_SIZE(t, i);
        t->tp_members = members;
        break;
      }
      default: {
        int offset = place_of(s->slot);
        if (offset < 0) return raise(PyExc_RuntimeError, "invalid slot offset");
        *reinterpret_cast<void**>(reinterpret_cast<char*>(h) + offset) = s->pfunc;
      }
    }
  }
  if (!t->tp_dealloc) t->tp_dealloc = subtype_dealloc;
  if (t->tp_dealloc == subtype_dealloc && type_has(t, Py_TPFLAGS_HAVE_GC) && !t->tp_traverse) {
    t->tp_traverse = subtype_traverse;
    t->tp_clear = subtype_clear;
  }
  // The members' array has no sentinel of its own: type_ready needs one.
  if (t->tp_members) {
    auto* list = static_cast<PyMemberDef*>(PyObject_Malloc(static_cast<size_t>(Py_SIZE(t) + 1) * sizeof(PyMemberDef)));
    if (!list) return raise_no_memory();
    memcpy(list, heap_members(t), static_cast<size_t>(Py_SIZE(t)) * sizeof(PyMemberDef));
    list[Py_SIZE(t)] = {};
    t->tp_members = list;  // lives as long as the process, as the descriptors that point into it may
  }
  t->tp_dict = dict_new().release().object();
  if (!t->tp_dict || !type_ready(t)) return nullptr;
  Ref module_name = dot ? intern({spec->name, static_cast<size_t>(dot - spec->name)}) : Ref{};
  if (module_name) {
    // A type may say of which module its instances are (zope.interface).
    if (!dict_get_str(Value{t->tp_dict}, "__module__"_id) && !dict_set_str(Value{t->tp_dict}, "__module__"_id, module_name)) return nullptr;
  } else if (!warn(PyExc_DeprecationWarning, 1, "builtin type %.200s has no __module__ attribute", spec->name)) {
    return nullptr;
  }
  return result.release().object();
}
ADDER_API PyObject* PyType_FromSpecWithBases(PyType_Spec* spec, PyObject* bases) { return PyType_FromModuleAndSpec(nullptr, spec, bases); }
ADDER_API PyObject* PyType_FromSpec(PyType_Spec* spec) { return PyType_FromModuleAndSpec(nullptr, spec, nullptr); }
ADDER_API void* PyType_GetSlot(PyTypeObject* t, int slot) {
  int offset = place_of(slot);
  if (slot == Py_tp_base) return t->tp_base;
  if (slot == Py_tp_bases) return t->tp_bases;
  if (slot == Py_tp_doc) return const_cast<char*>(t->tp_doc);
  if (slot == Py_tp_members) return t->tp_members;
  if (offset < 0) return bad_internal_call("PyType_GetSlot");
  if (offset < static_cast<int>(sizeof(PyTypeObject))) return *reinterpret_cast<void**>(reinterpret_cast<char*>(t) + offset);
  // A suite: found through the type's pointer, as static types have theirs elsewhere.
  struct { size_t at; size_t size; void* suite; } suites[] = {
      {offsetof(PyHeapTypeObject, as_async), sizeof(PyAsyncMethods), t->tp_as_async}, {offsetof(PyHeapTypeObject, as_number), sizeof(PyNumberMethods), t->tp_as_number},
      {offsetof(PyHeapTypeObject, as_mapping), sizeof(PyMappingMethods), t->tp_as_mapping}, {offsetof(PyHeapTypeObject, as_sequence), sizeof(PySequenceMethods), t->tp_as_sequence},
      {offsetof(PyHeapTypeObject, as_buffer), sizeof(PyBufferProcs), t->tp_as_buffer}};
  for (auto& s : suites) {
    auto o = static_cast<size_t>(offset);
    if (o >= s.at && o < s.at + s.size) return s.suite ? *reinterpret_cast<void**>(static_cast<char*>(s.suite) + (o - s.at)) : nullptr;
  }
  return nullptr;
}
ADDER_API PyObject* PyType_GetModule(PyTypeObject* t) {
  if (!type_has(t, Py_TPFLAGS_HEAPTYPE)) return raise(PyExc_TypeError, "PyType_GetModule: Type '%s' is not a heap type", t->tp_name);
  PyObject* m = heap(t)->ht_module;
  if (!m) return raise(PyExc_TypeError, "PyType_GetModule: Type '%s' has no associated module", t->tp_name);
  return m;
}
ADDER_API void* PyType_GetModuleState(PyTypeObject* t) {
  PyObject* m = PyType_GetModule(t);
  return m ? as_module(Value{m})->state : nullptr;
}
ADDER_API PyObject* PyType_GetModuleByDef(PyTypeObject* t, PyModuleDef* def) {
  Value mro{t->tp_mro};
  for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
    auto* c = tuple_get(mro, i).as<PyTypeObject>();
    if (!type_has(c, Py_TPFLAGS_HEAPTYPE)) continue;
    PyObject* m = heap(c)->ht_module;
    if (m && PyModule_Check(m) && as_module(Value{m})->def == def) return m;
  }
  return raise(PyExc_TypeError, "PyType_GetModuleByDef: No superclass of '%s' has the given module", t->tp_name);
}
ADDER_API PyTypeObject* _PyType_CalculateMetaclass(PyTypeObject* t, PyObject* bases) {
  Ref r = calculate_metaclass(t, Value{bases});
  return r.as<PyTypeObject>();  // borrowed: types live longer than this call
}

// --- Descriptors and functions ----------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyDescr_NewMethod(PyTypeObject* t, PyMethodDef* d) { return out(make_method_descr(t, d)); }
ADDER_API PyObject* PyDescr_NewClassMethod(PyTypeObject* t, PyMethodDef* d) { return out(make_class_method_descr(t, d)); }
ADDER_API PyObject* PyDescr_NewMember(PyTypeObject* t, PyMemberDef* d) { return out(make_member_descr(t, d)); }
ADDER_API PyObject* PyDescr_NewGetSet(PyTypeObject* t, PyGetSetDef* d) { return out(make_getset_descr(t, d)); }
ADDER_API int PyDescr_IsData(PyObject* o) { return slots_of(in(o)).tp_descr_set != nullptr; }
ADDER_API PyObject* PyMember_GetOne(const char* o, PyMemberDef* m) { return out(member_get(reinterpret_cast<PyObject*>(const_cast<char*>(o)), m)); }
ADDER_API int PyMember_SetOne(char* o, PyMemberDef* m, PyObject* v) { return status(member_set(reinterpret_cast<PyObject*>(o), m, in(v))); }
ADDER_API PyObject* PyCMethod_New(PyMethodDef* d, PyObject* self, PyObject* module, PyTypeObject* cls) { return out(make_cfunction(d, self ? in(self) : Value{}, module ? in(module) : Value{}, cls)); }
#undef PyCFunction_New
#undef PyCFunction_NewEx
ADDER_API PyObject* PyCFunction_NewEx(PyMethodDef* d, PyObject* self, PyObject* module) { return PyCMethod_New(d, self, module, nullptr); }
ADDER_API PyObject* PyCFunction_New(PyMethodDef* d, PyObject* self) { return PyCMethod_New(d, self, nullptr, nullptr); }
ADDER_API PyCFunction PyCFunction_GetFunction(PyObject* f) { return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_meth; }
ADDER_API PyObject* PyCFunction_GetSelf(PyObject* f) { return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_flags & METH_STATIC ? nullptr : reinterpret_cast<PyCFunctionObject*>(f)->m_self; }
ADDER_API int PyCFunction_GetFlags(PyObject* f) { return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_flags; }
ADDER_API PyObject* PyStaticMethod_New(PyObject* f) { return out(make_static_method(in(f))); }
ADDER_API PyObject* PyClassMethod_New(PyObject* f) { return out(make_class_method(in(f))); }
ADDER_API PyObject* PyMethod_New(PyObject* f, PyObject* self) { return out(bound_method(in(f), in(self))); }
ADDER_API PyObject* PyMethod_Function(PyObject* m) { return reinterpret_cast<PyMethodObject*>(m)->im_func; }
ADDER_API PyObject* PyMethod_Self(PyObject* m) { return reinterpret_cast<PyMethodObject*>(m)->im_self; }
ADDER_API PyObject* PyInstanceMethod_New(PyObject* f) { return out(call1(Value{&PyInstanceMethod_Type}, in(f))); }
ADDER_API PyObject* PyWrapper_New(PyObject* d, PyObject* self) { return out(slots_of(in(d)).tp_descr_get(in(d), in(self), Value{Py_TYPE(self)})); }
ADDER_API PyObject* Py_GenericAlias(PyObject* origin, PyObject* args) { return out(call(Value{&Py_GenericAliasType}, {in(origin), in(args)})); }
