// CPython 3.11's object structs, from the distribution's own header; the one place that includes it.
// The c-visible bit and other header bits of ours; current thread.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <type_traits>
#include "value/ref.h"
#include "value/value.h"

static_assert(PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030c0000, "the ABI is CPython 3.11's");
static_assert(sizeof(PyObject) == 16 && offsetof(PyObject, ob_refcnt) == 0 && offsetof(PyObject, ob_type) == 8);
static_assert(sizeof(PyDictObject) == 48 && sizeof(PyFloatObject) == 24 && sizeof(PyTypeObject) == 408);
static_assert(offsetof(PyTypeObject, tp_cache) == 352 && offsetof(PyTypeObject, tp_version_tag) == 384);
static_assert(offsetof(PyListObject, ob_item) == 24 && offsetof(PyTupleObject, ob_item) == 24);
static_assert(sizeof(PyASCIIObject) == 48 && sizeof(PyCompactUnicodeObject) == 72);
static_assert(offsetof(PyCodeObject, co_code_adaptive) % 8 == 0, "instructions are 64-bit words");

namespace adder {

// What stands before every object of a GC type (the layout of the ABI's PyGC_Head).
struct GCHead {
  uintptr_t next;  // 0: not tracked
  uintptr_t prev;  // low four bits are flags
};
inline constexpr uintptr_t kGCFinalized = 1, kGCCollecting = 2, kGCVisible = 4, kGCFlags = 15;

inline GCHead* gc_head(PyObject* o) { return reinterpret_cast<GCHead*>(o) - 1; }
inline PyObject* gc_object(GCHead* h) { return reinterpret_cast<PyObject*>(h + 1); }
inline bool gc_is_tracked(PyObject* o) { return gc_head(o)->next != 0; }

// c-visible: the container's elements are real pointers (numbers boxed), because C may read or write them.
// Only for objects of GC types (list, tuple, dict, set, cell and their subclasses).
inline bool c_visible(PyObject* o) { return (gc_head(o)->prev & kGCVisible) != 0; }

// The thread that holds the GIL, as foreign modules read it in _PyRuntime.
extern "C" char _PyRuntime_words[] __asm__("_PyRuntime");
inline constexpr size_t kCurrentThreadOffset = 576;  // checked in runtime/abi_runtime.c
inline PyThreadState* current_thread() {
  return *reinterpret_cast<PyThreadState**>(_PyRuntime_words + kCurrentThreadOffset);
}
inline void set_current_thread(PyThreadState* t) {
  __atomic_store_n(reinterpret_cast<PyThreadState**>(_PyRuntime_words + kCurrentThreadOffset), t, __ATOMIC_SEQ_CST);
}

// The static singletons.
inline Value none() { return Value{Py_None}; }
inline Value boolean(bool b) { return Value{b ? Py_True : Py_False}; }
inline Value not_implemented() { return Value{Py_NotImplemented}; }
inline Ref none_ref() { return Ref::copy(none()); }
inline Ref bool_ref(bool b) { return Ref::copy(boolean(b)); }
inline Ref not_implemented_ref() { return Ref::copy(not_implemented()); }
inline bool is_none(Value v) { return v == none(); }

inline PyTypeObject* type_of(Value v) {
  if (v.is_int()) return &PyLong_Type;
  if (v.is_float()) return &PyFloat_Type;
  ADDER_ASSERT(v.is_object());
  return v.object()->ob_type;
}
// tp_flags subclass bits (Py_TPFLAGS_LIST_SUBCLASS and so on).
inline bool type_has(PyTypeObject* t, unsigned long flag) { return (t->tp_flags & flag) != 0; }
inline bool is_exact(Value v, PyTypeObject* t) { return v.is_object() && v.object()->ob_type == t; }
inline bool has_flag(Value v, unsigned long flag) { return v.is_object() && type_has(v.object()->ob_type, flag); }
inline bool is_str(Value v) { return has_flag(v, Py_TPFLAGS_UNICODE_SUBCLASS); }
inline bool is_exact_str(Value v) { return is_exact(v, &PyUnicode_Type); }
inline bool is_bytes(Value v) { return has_flag(v, Py_TPFLAGS_BYTES_SUBCLASS); }
inline bool is_list(Value v) { return has_flag(v, Py_TPFLAGS_LIST_SUBCLASS); }
inline bool is_tuple(Value v) { return has_flag(v, Py_TPFLAGS_TUPLE_SUBCLASS); }
inline bool is_exact_tuple(Value v) { return is_exact(v, &PyTuple_Type); }
inline bool is_exact_list(Value v) { return is_exact(v, &PyList_Type); }
inline bool is_dict(Value v) { return has_flag(v, Py_TPFLAGS_DICT_SUBCLASS); }
inline bool is_exact_dict(Value v) { return is_exact(v, &PyDict_Type); }
inline bool is_type(Value v) { return has_flag(v, Py_TPFLAGS_TYPE_SUBCLASS); }
inline bool is_exception(Value v) { return has_flag(v, Py_TPFLAGS_BASE_EXC_SUBCLASS); }
inline bool is_exception_class(Value v) { return is_type(v) && type_has(v.as<PyTypeObject>(), Py_TPFLAGS_BASE_EXC_SUBCLASS); }
// Any int, bool and subclasses included.
inline bool is_int(Value v) { return v.is_int() || has_flag(v, Py_TPFLAGS_LONG_SUBCLASS); }
inline bool is_exact_int(Value v) { return v.is_int() || is_exact(v, &PyLong_Type); }
inline bool is_bool(Value v) { return v == boolean(true) || v == boolean(false); }
bool is_float(Value v);  // any float, subclasses included (object/float.cpp)

// --- The border with C (object/border.cpp) ----------------------------------------------------------------------
// Box of a number, or the object itself; exposes containers. A new reference; empty only on MemoryError.
PyObject* to_c(Value v);          // new reference
PyObject* to_c_steal(Ref r);      // consumes; null if r is empty
// What an ABI struct's field must hold: numbers boxed, anything else as it is (containers stay unexposed). New reference.
PyObject* to_field(Value v);
// Canonical form of what C gave; a new reference / takes over the reference. null stays empty.
Ref from_c(PyObject* borrowed);
Ref from_c_steal(PyObject* owned);
// Canonical form without counting: valid as long as the object lives (a box decodes to its number).
inline Value from_c_borrowed(PyObject* o) {
  extern Value unbox_exact(PyObject*);
  if (ADDER_UNLIKELY(o && (o->ob_type == &PyFloat_Type || o->ob_type == &PyLong_Type))) return unbox_exact(o);
  return Value{o};
}
// Makes a container's elements real pointers for good, nested lists, tuples and cells too. false: MemoryError.
bool expose(PyObject* container);
// Turns a freshly stored canonical Value into what a c-visible container must hold (takes over v's reference).
Ref to_stored(PyObject* container, Ref v);
// Reads an element word of a container: the one test at every element access.
inline Value element(PyObject* container, Value word) {
  if (ADDER_UNLIKELY(word.is_object() && c_visible(container))) return from_c_borrowed(word.object());
  return word;
}

}  // namespace adder
