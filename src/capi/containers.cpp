// listobject.h, tupleobject.h, dictobject.h, setobject.h, sliceobject.h, structseq.h, cellobject.h.
#include <cstdarg>
#include <cstring>
#include <vector>
#include "capi/capi.h"
#include "memory/gc.h"
#include "object/containers.h"
#include "object/dict_table.h"
#include "object/int.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "object/type.h"

using namespace adder;
using namespace adder::capi;

namespace adder::capi {
PyObject* borrowed_dict_value(PyObject* d, Value key) {
  if (!seen(d)) return nullptr;
  Py_hash_t h;
  if (!dict_key_hash(key, &h)) return nullptr;
  Py_ssize_t i = dict_find(Value{d}, key, h);
  return i < 0 ? nullptr : dict_table(d)->value_word(i)->object();
}
}  // namespace adder::capi

namespace {
void mark_visible(PyObject* o) { gc_head(o)->prev |= kGCVisible; }
}  // namespace

// --- tuple ------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyTuple_New(Py_ssize_t n) {
  if (n < 0) return bad_internal_call("PyTuple_New");
  Ref t = n ? tuple_new(n) : tuple_empty();
  if (!t) return nullptr;
  if (n) {
    memset(static_cast<void*>(tuple_words(t)), 0, static_cast<size_t>(n) * sizeof(Value));
    mark_visible(t.object());
    if (!gc_is_tracked(t.object())) gc_track(t.object());
  }
  return t.release().object();
}
ADDER_API Py_ssize_t PyTuple_Size(PyObject* t) { return PyTuple_Check(t) ? Py_SIZE(t) : static_cast<Py_ssize_t>(bad_internal_call("PyTuple_Size")); }
ADDER_API PyObject* PyTuple_GetItem(PyObject* t, Py_ssize_t i) {
  if (!PyTuple_Check(t)) return bad_internal_call("PyTuple_GetItem");
  if (i < 0 || i >= Py_SIZE(t)) return raise(PyExc_IndexError, "tuple index out of range");
  return seen(t) ? PyTuple_GET_ITEM(t, i) : nullptr;
}
ADDER_API int PyTuple_SetItem(PyObject* t, Py_ssize_t i, PyObject* v) {
  if (!PyTuple_Check(t) || Py_REFCNT(t) != 1) {
    Py_XDECREF(v);
    return bad_internal_call("PyTuple_SetItem");
  }
  if (i < 0 || i >= Py_SIZE(t)) {
    Py_XDECREF(v);
    return raise(PyExc_IndexError, "tuple assignment index out of range");
  }
  if (!seen(t)) return -1;
  PyObject** slot = &reinterpret_cast<PyTupleObject*>(t)->ob_item[i];
  PyObject* old = *slot;
  *slot = v;
  Py_XDECREF(old);
  return 0;
}
ADDER_API PyObject* PyTuple_GetSlice(PyObject* t, Py_ssize_t lo, Py_ssize_t hi) {
  if (!PyTuple_Check(t)) return bad_internal_call("PyTuple_GetSlice");
  Py_ssize_t n = Py_SIZE(t);
  lo = lo < 0 ? 0 : lo > n ? n : lo;
  hi = hi < lo ? lo : hi > n ? n : hi;
  return out(tuple_slice(Value{t}, lo, hi));
}
ADDER_API PyObject* PyTuple_Pack(Py_ssize_t n, ...) {
  PyObject* t = PyTuple_New(n);
  if (!t) return nullptr;
  va_list ap;
  va_start(ap, n);
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject* o = va_arg(ap, PyObject*);
    Py_INCREF(o);
    PyTuple_SET_ITEM(t, i, o);
  }
  va_end(ap);
  return t;
}
ADDER_API int _PyTuple_Resize(PyObject** p, Py_ssize_t n) {
  PyObject* old = *p;
  if (!old || !PyTuple_CheckExact(old) || (Py_SIZE(old) != 0 && Py_REFCNT(old) != 1)) {
    *p = nullptr;
    Py_XDECREF(old);
    return bad_internal_call("_PyTuple_Resize");
  }
  if (Py_SIZE(old) == n) return 0;
  PyObject* fresh = PyTuple_New(n);
  if (fresh && seen(old)) {
    for (Py_ssize_t i = 0; i < n && i < Py_SIZE(old); i++) {
      PyObject* o = PyTuple_GET_ITEM(old, i);
      Py_XINCREF(o);
      PyTuple_SET_ITEM(fresh, i, o);
    }
  }
  Py_DECREF(old);
  *p = fresh;
  return status(fresh != nullptr);
}
ADDER_API PyObject* _PyTuple_FromArray(PyObject* const* items, Py_ssize_t n) {
  PyObject* t = PyTuple_New(n);
  for (Py_ssize_t i = 0; t && i < n; i++) {
    Py_INCREF(items[i]);
    PyTuple_SET_ITEM(t, i, items[i]);
  }
  return t;
}
ADDER_API void _PyTuple_MaybeUntrack(PyObject*) {}

// --- list -------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyList_New(Py_ssize_t n) {
  if (n < 0) return bad_internal_call("PyList_New");
  Ref l = list_new(n);
  if (!l) return nullptr;
  if (n) {
    auto* o = l.as<PyListObject>();
    ADDER_ASSERT(o->allocated >= n);
    memset(static_cast<void*>(o->ob_item), 0, static_cast<size_t>(n) * sizeof(PyObject*));
    o->ob_base.ob_size = n;
  }
  mark_visible(l.object());
  if (!gc_is_tracked(l.object())) gc_track(l.object());
  return l.release().object();
}
ADDER_API Py_ssize_t PyList_Size(PyObject* l) { return PyList_Check(l) ? Py_SIZE(l) : static_cast<Py_ssize_t>(bad_internal_call("PyList_Size")); }
ADDER_API PyObject* PyList_GetItem(PyObject* l, Py_ssize_t i) {
  if (!PyList_Check(l)) return bad_internal_call("PyList_GetItem");
  if (i < 0 || i >= Py_SIZE(l)) return raise(PyExc_IndexError, "list index out of range");
  return seen(l) ? PyList_GET_ITEM(l, i) : nullptr;
}
ADDER_API int PyList_SetItem(PyObject* l, Py_ssize_t i, PyObject* v) {
  if (!PyList_Check(l)) {
    Py_XDECREF(v);
    return bad_internal_call("PyList_SetItem");
  }
  if (i < 0 || i >= Py_SIZE(l)) {
    Py_XDECREF(v);
    return raise(PyExc_IndexError, "list assignment index out of range");
  }
  if (!seen(l)) return -1;
  PyObject** slot = &reinterpret_cast<PyListObject*>(l)->ob_item[i];
  PyObject* old = *slot;
  *slot = v;
  Py_XDECREF(old);
  return 0;
}
ADDER_API int PyList_Append(PyObject* l, PyObject* v) {
  if (!PyList_Check(l) || !v) return bad_internal_call("PyList_Append");
  Value item = kept(l, v);
  return status(item && list_append(Value{l}, item));
}
ADDER_API int PyList_Insert(PyObject* l, Py_ssize_t i, PyObject* v) {
  if (!PyList_Check(l) || !v) return bad_internal_call("PyList_Insert");
  Value item = kept(l, v);
  return status(item && list_insert(Value{l}, i, item));
}
ADDER_API PyObject* PyList_GetSlice(PyObject* l, Py_ssize_t lo, Py_ssize_t hi) {
  if (!PyList_Check(l)) return bad_internal_call("PyList_GetSlice");
  Py_ssize_t n = Py_SIZE(l);
  lo = lo < 0 ? 0 : lo > n ? n : lo;
  hi = hi < lo ? lo : hi > n ? n : hi;
  Ref r = list_new(hi - lo);
  for (Py_ssize_t i = lo; r && i < hi; i++) {
    if (!list_append(r, list_get(Value{l}, i))) return nullptr;
  }
  return out(std::move(r));
}
ADDER_API int PyList_SetSlice(PyObject* l, Py_ssize_t lo, Py_ssize_t hi, PyObject* v) {
  if (!PyList_Check(l)) return bad_internal_call("PyList_SetSlice");
  Py_ssize_t n = Py_SIZE(l);
  lo = lo < 0 ? 0 : lo > n ? n : lo;
  hi = hi < lo ? lo : hi > n ? n : hi;
  return status(list_set_slice(Value{l}, lo, hi, in(v)));
}
ADDER_API int PyList_Sort(PyObject* l) { return status(list_sort(Value{l}, none(), false)); }
ADDER_API int PyList_Reverse(PyObject* l) { return status(list_reverse(Value{l})); }
ADDER_API PyObject* PyList_AsTuple(PyObject* l) { return PyList_Check(l) ? out(list_to_tuple(Value{l})) : bad_internal_call("PyList_AsTuple"); }
ADDER_API PyObject* _PyList_Extend(PyListObject* l, PyObject* v) { return list_extend(Value{reinterpret_cast<PyObject*>(l)}, in(v)) ? none_ref().release().object() : nullptr; }

// --- dict -------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyDict_New(void) { return out(dict_new()); }
ADDER_API PyObject* _PyDict_NewPresized(Py_ssize_t) { return out(dict_new()); }
ADDER_API Py_ssize_t PyDict_Size(PyObject* d) { return d && PyDict_Check(d) ? dict_size(Value{d}) : static_cast<Py_ssize_t>(bad_internal_call("PyDict_Size")); }
ADDER_API PyObject* PyDict_GetItem(PyObject* d, PyObject* k) {
  if (!PyDict_Check(d)) return nullptr;
  ErrorKeeper keep;
  PyObject* r = borrowed_dict_value(d, in(k));
  if (!r) clear_error();
  return r;
}
ADDER_API PyObject* PyDict_GetItemWithError(PyObject* d, PyObject* k) { return PyDict_Check(d) ? borrowed_dict_value(d, in(k)) : bad_internal_call("PyDict_GetItemWithError"); }
ADDER_API PyObject* _PyDict_GetItem_KnownHash(PyObject* d, PyObject* k, Py_hash_t h) {
  if (!PyDict_Check(d)) return bad_internal_call("_PyDict_GetItem_KnownHash");
  if (!seen(d)) return nullptr;
  Py_ssize_t i = dict_find(Value{d}, in(k), h);
  return i < 0 ? nullptr : dict_table(d)->value_word(i)->object();
}
ADDER_API PyObject* PyDict_GetItemString(PyObject* d, const char* k) {
  Ref key = str_from_utf8(k);
  if (!key) return clear_error(), nullptr;
  return PyDict_GetItem(d, key.object());
}
ADDER_API PyObject* _PyDict_GetItemStringWithError(PyObject* d, const char* k) {
  Ref key = str_from_utf8(k);
  return key ? PyDict_GetItemWithError(d, key.object()) : nullptr;
}
ADDER_API PyObject* _PyDict_GetItemIdWithError(PyObject* d, _Py_Identifier* id) { return PyDict_GetItemWithError(d, intern_static(id->string, strlen(id->string))); }
ADDER_API int PyDict_SetItem(PyObject* d, PyObject* k, PyObject* v) {
  if (!PyDict_Check(d)) return bad_internal_call("PyDict_SetItem");
  Value item = kept(d, v);
  return status(item && dict_set(Value{d}, in(k), item));
}
ADDER_API int _PyDict_SetItem_KnownHash(PyObject* d, PyObject* k, PyObject* v, Py_hash_t h) {
  Value item = kept(d, v);
  return status(item && dict_set_hashed(Value{d}, in(k), h, item));
}
ADDER_API int PyDict_SetItemString(PyObject* d, const char* k, PyObject* v) {
  Ref key = intern(k);
  return key ? PyDict_SetItem(d, key.object(), v) : -1;
}
ADDER_API int PyDict_DelItem(PyObject* d, PyObject* k) {
  if (!PyDict_Check(d)) return bad_internal_call("PyDict_DelItem");
  int r = dict_delete(Value{d}, in(k));
  if (r == 0) return raise_key_error(in(k));
  return r < 0 ? -1 : 0;
}
ADDER_API int PyDict_DelItemString(PyObject* d, const char* k) {
  Ref key = str_from_utf8(k);
  return key ? PyDict_DelItem(d, key.object()) : -1;
}
ADDER_API PyObject* _PyDict_Pop(PyObject* d, PyObject* k, PyObject* fallback) {
  Ref r;
  int found = dict_pop(Value{d}, in(k), &r);
  if (found > 0) return out(std::move(r));
  if (found < 0) return nullptr;
  if (fallback) return Ref::copy(Value{fallback}).release().object();
  return raise_key_error(in(k));
}
ADDER_API int PyDict_Contains(PyObject* d, PyObject* k) { return dict_contains(Value{d}, in(k)); }
ADDER_API int _PyDict_ContainsId(PyObject* d, _Py_Identifier* id) { return dict_contains(Value{d}, Value{intern_static(id->string, strlen(id->string))}); }
ADDER_API int _PyDict_Contains_KnownHash(PyObject* d, PyObject* k, Py_hash_t h) {
  Py_ssize_t i = dict_find(Value{d}, in(k), h);
  return i >= 0 ? 1 : i == -1 ? 0 : -1;
}
ADDER_API PyObject* PyDict_SetDefault(PyObject* d, PyObject* k, PyObject* v) {
  Value unused;
  if (dict_set_default(Value{d}, in(k), in(v), &unused) < 0) return nullptr;
  return borrowed_dict_value(d, in(k));
}
ADDER_API int PyDict_Next(PyObject* d, Py_ssize_t* position, PyObject** k, PyObject** v) {
  if (!PyDict_Check(d) || !seen(d)) return 0;
  const DictTable* t = dict_table(d);
  for (Py_ssize_t i = *position; i < t->count; i++) {
    Value key = *t->key_word(i);
    if (key.absent()) continue;
    *position = i + 1;
    if (k) *k = key.object();
    if (v) *v = t->value_word(i)->object();
    return 1;
  }
  return 0;
}
ADDER_API int _PyDict_Next(PyObject* d, Py_ssize_t* position, PyObject** k, PyObject** v, Py_hash_t* h) {
  PyObject* key;
  if (!PyDict_Next(d, position, &key, v)) return 0;
  if (k) *k = key;
  if (h && !dict_key_hash(in(key), h)) clear_error();
  return 1;
}
ADDER_API void PyDict_Clear(PyObject* d) {
  if (PyDict_Check(d)) dict_clear(Value{d});
}
ADDER_API PyObject* PyDict_Copy(PyObject* d) { return d && PyDict_Check(d) ? out(dict_copy(Value{d})) : bad_internal_call("PyDict_Copy"); }
ADDER_API PyObject* PyDict_Keys(PyObject* d) { return PyDict_Check(d) ? out(dict_keys_list(Value{d})) : bad_internal_call("PyDict_Keys"); }
ADDER_API PyObject* PyDict_Values(PyObject* d) { return PyDict_Check(d) ? out(dict_values_list(Value{d})) : bad_internal_call("PyDict_Values"); }
ADDER_API PyObject* PyDict_Items(PyObject* d) { return PyDict_Check(d) ? out(dict_items_list(Value{d})) : bad_internal_call("PyDict_Items"); }
ADDER_API int PyDict_Update(PyObject* d, PyObject* o) { return status(dict_merge(Value{d}, in(o), 1)); }
ADDER_API int PyDict_Merge(PyObject* d, PyObject* o, int override) { return status(dict_merge(Value{d}, in(o), override != 0)); }
ADDER_API int PyDict_MergeFromSeq2(PyObject* d, PyObject* o, int override) { return status(dict_merge_pairs(Value{d}, in(o), override)); }
ADDER_API PyObject* PyDictProxy_New(PyObject* o) { return out(call1(Value{&PyDictProxy_Type}, in(o))); }
ADDER_API PyObject* PyODict_New(void) { return out(call0(Value{&PyODict_Type})); }

// --- set --------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PySet_New(PyObject* o) { return out(set_new(o ? in(o) : Value{})); }
ADDER_API PyObject* PyFrozenSet_New(PyObject* o) { return out(frozenset_new(o ? in(o) : Value{})); }
ADDER_API Py_ssize_t PySet_Size(PyObject* s) { return PyAnySet_Check(s) ? set_size(Value{s}) : static_cast<Py_ssize_t>(bad_internal_call("PySet_Size")); }
ADDER_API int PySet_Contains(PyObject* s, PyObject* k) { return PyAnySet_Check(s) ? set_contains(Value{s}, in(k)) : static_cast<int>(bad_internal_call("PySet_Contains")); }
ADDER_API int PySet_Add(PyObject* s, PyObject* k) {
  if (!PySet_Check(s) && !(PyFrozenSet_Check(s) && Py_REFCNT(s) == 1)) return bad_internal_call("PySet_Add");
  return set_add(Value{s}, in(k)) < 0 ? -1 : 0;
}
ADDER_API int PySet_Discard(PyObject* s, PyObject* k) { return PySet_Check(s) ? set_discard(Value{s}, in(k)) : static_cast<int>(bad_internal_call("PySet_Discard")); }
ADDER_API PyObject* PySet_Pop(PyObject* s) { return PySet_Check(s) ? out(call_method(Value{s}, "pop"_id)) : bad_internal_call("PySet_Pop"); }
ADDER_API int PySet_Clear(PyObject* s) { return PySet_Check(s) ? status(static_cast<bool>(call_method(Value{s}, "clear"_id))) : static_cast<int>(bad_internal_call("PySet_Clear")); }
ADDER_API int _PySet_Update(PyObject* s, PyObject* o) { return status(set_update(Value{s}, in(o))); }
ADDER_API int _PySet_NextEntry(PyObject* s, Py_ssize_t* position, PyObject** k, Py_hash_t* h) {
  if (!seen(s)) return -1;
  Value key;
  if (!set_next(Value{s}, position, &key)) return 0;
  // The exposed word itself is what C may keep borrowed.
  *k = key.is_object() ? key.object() : nullptr;
  if (!*k) {
    PyObject* box = to_c(key);
    *k = box;
    Py_XDECREF(box);  // numbers in an exposed set are boxes that the set keeps; small ones are static
  }
  if (h) *h = hash(key);
  return 1;
}

// --- slice, range, cell ---------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PySlice_New(PyObject* a, PyObject* b, PyObject* c) { return out(slice_new(a ? in(a) : none(), b ? in(b) : none(), c ? in(c) : none())); }
ADDER_API int PySlice_Unpack(PyObject* s, Py_ssize_t* a, Py_ssize_t* b, Py_ssize_t* c) { return status(slice_unpack(Value{s}, a, b, c)); }
ADDER_API Py_ssize_t PySlice_AdjustIndices(Py_ssize_t n, Py_ssize_t* a, Py_ssize_t* b, Py_ssize_t step) { return slice_adjust(n, a, b, step); }
#undef PySlice_GetIndicesEx
ADDER_API int PySlice_GetIndicesEx(PyObject* s, Py_ssize_t n, Py_ssize_t* a, Py_ssize_t* b, Py_ssize_t* c, Py_ssize_t* count) {
  if (!slice_unpack(Value{s}, a, b, c)) return -1;
  *count = slice_adjust(n, a, b, *c);
  return 0;
}
ADDER_API int PySlice_GetIndices(PyObject* s, Py_ssize_t n, Py_ssize_t* a, Py_ssize_t* b, Py_ssize_t* c) {
  Py_ssize_t count;
  return PySlice_GetIndicesEx(s, n, a, b, c, &count);
}
namespace adder { Ref cell_new(Ref contents); }
ADDER_API PyObject* PyCell_New(PyObject* v) { return out(cell_new(v ? Ref::copy(in(v)) : Ref{})); }
ADDER_API PyObject* PyCell_Get(PyObject* c) {
  if (!PyCell_Check(c)) return bad_internal_call("PyCell_Get");
  Value v = element(c, Value{reinterpret_cast<PyCellObject*>(c)->ob_ref});
  return v ? to_c(v) : nullptr;
}
ADDER_API int PyCell_Set(PyObject* c, PyObject* v) {
  if (!PyCell_Check(c)) return bad_internal_call("PyCell_Set");
  Ref stored = v ? to_stored(c, Ref::copy(in(v))) : Ref{};
  Value old{reinterpret_cast<PyCellObject*>(c)->ob_ref};
  reinterpret_cast<PyCellObject*>(c)->ob_ref = stored.release().object();
  decref(old);
  return 0;
}

// --- struct sequences -------------------------------------------------------------------------------------------------------------------------------
namespace {
// Types live for ever, and so do the tables made for them.
PyTypeObject* make_struct_type(PyStructSequence_Desc* d, unsigned long flags = 0, PyTypeObject* type = nullptr) {
  auto* fields = new std::vector<StructField>;
  for (PyStructSequence_Field* f = d->fields; f->name; f++) fields->push_back({f->name == PyStructSequence_UnnamedField ? kUnnamedField : f->name, f->doc});
  fields->push_back({});
  auto* def = new StructSequenceDef{.name = d->name, .doc = d->doc, .fields = fields->data(), .in_sequence = d->n_in_sequence,
                                    .closed = (flags & Py_TPFLAGS_DISALLOW_INSTANTIATION) != 0, .type = type};
  return struct_sequence_type(*def);
}
}  // namespace
extern "C" __attribute__((visibility("default"))) const char* const PyStructSequence_UnnamedField = "unnamed field";
ADDER_API PyTypeObject* PyStructSequence_NewType(PyStructSequence_Desc* d) { return make_struct_type(d); }
ADDER_API PyTypeObject* _PyStructSequence_NewType(PyStructSequence_Desc* d, unsigned long flags) { return make_struct_type(d, flags); }
ADDER_API int PyStructSequence_InitType2(PyTypeObject* t, PyStructSequence_Desc* d) { return status(make_struct_type(d, 0, t)); }
ADDER_API void PyStructSequence_InitType(PyTypeObject* t, PyStructSequence_Desc* d) { (void)PyStructSequence_InitType2(t, d); }
ADDER_API PyObject* PyStructSequence_New(PyTypeObject* t) {
  Ref r = struct_sequence_new(t);
  if (r) mark_visible(r.object());
  return r.release().object();
}
ADDER_API void PyStructSequence_SetItem(PyObject* o, Py_ssize_t i, PyObject* v) { reinterpret_cast<PyTupleObject*>(o)->ob_item[i] = v; }
ADDER_API PyObject* PyStructSequence_GetItem(PyObject* o, Py_ssize_t i) { return reinterpret_cast<PyTupleObject*>(o)->ob_item[i]; }
