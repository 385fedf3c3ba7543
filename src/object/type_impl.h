// What the files behind type.h and builtin.h share among themselves; nobody else includes this.
#pragma once
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/shape.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"
#include "memory/gc.h"

namespace adder {

// --- Slots by number --------------------------------------------------------------------------------------------------
enum class SlotId : uint8_t {
#define ADDER_SLOT(kind, name, suite) name,
#include "object/slots.def"
  kCount
};
inline constexpr size_t kSlotCount = static_cast<size_t>(SlotId::kCount);
static_assert(sizeof(Slots) == kSlotCount * sizeof(void*), "Slots is an array of functions in the order of slots.def");
// The C field of a slot; null if the type lacks the suite.
void** c_slot(PyTypeObject* type, SlotId slot);
inline void* c_slot_value(PyTypeObject* type, SlotId slot) {
  void** p = c_slot(type, slot);
  return p ? *p : nullptr;
}
extern const GetAttrFn getattr_hook_slot;
void register_slots_of(const SlotRows& rows);

// --- Special methods (slot_methods.def) ---------------------------------------------------------------------------------
enum class WrapKind : uint8_t {
  none, unary, binary, binary_l, binary_r, ternary, ternary_r, inquiry, hash, length, lt, le, eq, ne, gt, ge, call, init, getattr,
  setattr, delattr, next, descr_get, descr_set, descr_delete, setitem, delitem, sq_item, sq_setitem, sq_delitem, index_arg, contains, del
};
struct Dunder {
  wrapperbase base;  // what PyWrapperDescrObject.d_base points to; its offset is the row's number
  SlotId slot;
  WrapKind wrap;
  void* generic_c;       // the thunk that Python-defined classes get in the slot; null: none
  const char* signature;
  PyObject* name() const { return base.name_strobj; }
};
extern Dunder dunders[];
extern const size_t dunder_count;
void init_dunders();
void fill_generic_thunks();                    // slot_dispatch.cpp
bool is_generic_new(PyTypeObject* type);       // tp_new looks up __new__
void make_unhashable(PyTypeObject* type);
bool is_dunder_of_slot(PyObject* name);       // interned name of some row

// wrapper_descriptor: the ABI's struct and the Value function found once.
struct WrapperDescr {
  PyWrapperDescrObject c;
  void* value;
};
// Cython puts a copy of the base with another doc in its place.
inline const Dunder* dunder_of(WrapperDescr* d) { return &dunders[d->c.d_base->offset]; }
Ref make_wrapper_descr(PyTypeObject* type, const Dunder& dunder, void* wrapped);
bool add_slot_wrappers(PyTypeObject* type);   // into tp_dict, where the type itself defines the slot
Ref make_new_wrapper(PyTypeObject* type);     // its __new__
bool is_new_wrapper(Value v);                 // a __new__ made by make_new_wrapper

// Slots of Python-defined classes (slot_dispatch.cpp).
void fixup_slots(PyTypeObject* type);                        // all; the C fields, then the Value slots
void fixup_slots_in_namespace(PyTypeObject* type);           // only those named in its own namespace; bases' slots already copied
void update_slot(PyTypeObject* type, PyObject* name);        // after an attribute change; recursive in subclasses
void slot_finalize(PyObject* self);                          // tp_finalize of classes with __del__

// --- Lookup -----------------------------------------------------------------------------------------------------------
Value mro_lookup(PyTypeObject* type, PyObject* name, PyTypeObject** owner);  // uncached
void watch_class_dict(PyObject* dict_or_null, PyTypeObject* type);  // changes of the dict take the type's version away; null: no longer
uint32_t clear_lookup_cache();  // forgets what lookups found and the names they were for; the next version tag
bool mro_overrides(PyTypeObject* type);
// A special method for a call: absent without exception if there is none.
struct SpecialMethod {
  Ref function;
  bool unbound = false;
  explicit operator bool() const { return static_cast<bool>(function); }
};
SpecialMethod find_special(Value self, PyObject* name);
Ref call_special(const SpecialMethod& m, Value self, std::initializer_list<Value> args);

// --- Types ------------------------------------------------------------------------------------------------------------
PyObject* mro_compute(PyTypeObject* type);  // a new tuple, by C3 or type.mro(); null: exception
bool mro_update(PyTypeObject* type);
void inherit_from(PyTypeObject* type, PyTypeObject* base);
bool add_subclass(PyTypeObject* base, PyTypeObject* type);
void remove_subclass(PyTypeObject* base, PyTypeObject* type);
void free_extra(PyTypeObject* type);
bool ready_with(PyTypeObject* type, const TypeDef* def);
void fill_type(const TypeDef& def);  // the C struct's fields, before anything is made ready
PyTypeObject* best_base(Value bases);
PyTypeObject* solid_base(PyTypeObject* type);
inline PyHeapTypeObject* heap(PyTypeObject* t) { return reinterpret_cast<PyHeapTypeObject*>(t); }
inline bool is_heap(PyTypeObject* t) { return type_has(t, Py_TPFLAGS_HEAPTYPE); }
inline bool is_immutable(PyTypeObject* t) { return type_has(t, Py_TPFLAGS_IMMUTABLETYPE); }
inline PyMemberDef* heap_members(PyTypeObject* t) {
  return reinterpret_cast<PyMemberDef*>(reinterpret_cast<char*>(t) + Py_TYPE(t)->tp_basicsize);
}
inline Value mro_item(PyObject* mro, Py_ssize_t i) { return Value{PyTuple_GET_ITEM(mro, i)}; }
// The part of tp_doc behind "name(signature)\n--\n\n", and that signature.
const char* doc_without_signature(const char* name, const char* doc);
Ref text_signature_of(const char* name, const char* doc);

// --- Instances --------------------------------------------------------------------------------------------------------
void subtype_dealloc(PyObject* self);
int subtype_traverse(PyObject* self, visitproc visit, void* arg);
int subtype_clear(PyObject* self);
void setup_shape(PyTypeObject* type, bool own);  // gives a heap type its shape word, or the base's
void free_shapes(Shape* root);
// The dict pointer of an instance whose type has a classic tp_dictoffset; null: none.
PyObject** classic_dict(PyObject* o);
inline constexpr Py_ssize_t kShapeDictOffset = -48;  // tp_dictoffset of types with a shape word: negative, so C asks us

Ref get_instance_dict(Value object);                 // with CPython's error; a type's __dict__ getset
bool set_instance_dict(Value object, Value value);
Failure raise_attribute_text(Value object, PyObject* name, const char* format, ...);

// --- Descriptors ------------------------------------------------------------------------------------------------------
Ref make_method_descr(PyTypeObject* type, PyMethodDef* def);       // rows too
Ref make_class_method_descr(PyTypeObject* type, PyMethodDef* def);
Ref make_member_descr(PyTypeObject* type, PyMemberDef* def);
Ref make_getset_descr(PyTypeObject* type, PyGetSetDef* def);
Ref mapping_proxy(Value mapping);
Ref member_get(PyObject* o, PyMemberDef* m);
bool member_set(PyObject* o, PyMemberDef* m, Value v);
inline bool is_data_descr(Value v) { return slots_of(v).tp_descr_set != nullptr; }
// What the descriptor types share (descriptor.cpp).
void descr_dealloc(PyObject* o);
int descr_traverse(PyObject* o, visitproc visit, void* arg);
Ref descr_qualname(Value v);
extern const MethodRow descr_methods[];   // __reduce__
extern PyMemberDef descr_members[];       // __objclass__, __name__
Ref make_static_method(Value callable);
Ref make_class_method(Value callable);
Ref bound_method(Value function, Value self);

// --- Functions in C -----------------------------------------------------------------------------------------------------
Ref vectorcall_foreign(vectorcallfunc f, Value callable, Args args);
// The C vectorcall entry of our own callables.
PyObject* vectorcall_to_values(CallFn f, PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames);
// Calls a PyMethodDef of any form. `qualified` gives the text for errors, made only when needed: the callable object.
Ref call_method_def(PyMethodDef* def, Value self, Args args, Value callable, PyTypeObject* defining_class);
void register_row(const MethodRow* row);
Ref make_builtin_of(PyMethodDef* def, Value self, Value module_name);  // row or foreign
Ref method_def_doc(PyMethodDef* def);
Ref method_def_signature(PyMethodDef* def);
Ref make_cfunction(PyMethodDef* def, Value self, Value module_name, PyTypeObject* cls);
Ref function_text(Value callable);  // "list.append()", "math.sqrt()", "len()"
inline Args rest(Args a) { return Args{a.v + 1, a.n - 1, a.kwnames}; }
inline size_t keyword_count(Args a) { return a.kwnames ? static_cast<size_t>(tuple_size(Value{a.kwnames})) : 0; }
Failure raise_no_keywords(Value callable);

}  // namespace adder
