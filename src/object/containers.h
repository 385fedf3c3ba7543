// list, tuple, dict, set, slice, range as C++ uses them. Values read are borrowed and canonical (take a Ref before
// anything that can run Python); values stored are counted by the callee unless it takes a Ref.
#pragma once
#include <initializer_list>
#include "object/abi.h"

namespace adder {

// --- tuple ----------------------------------------------------------------------------------------------------------
inline Py_ssize_t tuple_size(Value t) { return t.as<PyVarObject>()->ob_size; }
inline Value* tuple_words(Value t) { return reinterpret_cast<Value*>(t.as<PyTupleObject>()->ob_item); }
inline Value tuple_get(Value t, Py_ssize_t i) { return element(t.object(), tuple_words(t)[i]); }
Ref tuple_empty();
Ref tuple_new(Py_ssize_t n);                  // items absent: fill them with tuple_init before anyone sees it
inline void tuple_init(Value t, Py_ssize_t i, Ref v) { tuple_words(t)[i] = v.release(); }  // canonical tuples only
Ref tuple_of(std::initializer_list<Value> items);
Ref tuple_from(const Value* items, Py_ssize_t n);
Ref tuple_slice(Value t, Py_ssize_t lo, Py_ssize_t hi);

// --- list -----------------------------------------------------------------------------------------------------------
inline Py_ssize_t list_size(Value l) { return l.as<PyVarObject>()->ob_size; }
inline Value* list_words(Value l) { return reinterpret_cast<Value*>(l.as<PyListObject>()->ob_item); }
inline Value list_get(Value l, Py_ssize_t i) { return element(l.object(), list_words(l)[i]); }
Ref list_new(Py_ssize_t reserve = 0);         // empty
Ref list_of(std::initializer_list<Value> items);
Ref list_from(const Value* items, Py_ssize_t n);
bool list_append(Value l, Value v);
bool list_append(Value l, Ref v);
bool list_set(Value l, Py_ssize_t i, Ref v);  // index in range
bool list_insert(Value l, Py_ssize_t i, Value v);
bool list_extend(Value l, Value iterable);
bool list_set_slice(Value l, Py_ssize_t lo, Py_ssize_t hi, Value sequence_or_absent);
bool list_sort(Value l, Value key_or_none, bool reverse);
bool list_reverse(Value l);
Ref list_to_tuple(Value l);
// Items of a list or tuple (exact or subclass) without the iterator.
inline bool is_list_or_tuple(Value v) { return has_flag(v, Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS); }
inline Py_ssize_t sequence_size(Value v) { return v.as<PyVarObject>()->ob_size; }
inline Value sequence_get(Value v, Py_ssize_t i) { return is_list(v) ? list_get(v, i) : tuple_get(v, i); }

// --- dict -----------------------------------------------------------------------------------------------------------
Ref dict_new();
inline Py_ssize_t dict_size(Value d) { return d.as<PyDictObject>()->ma_used; }
int dict_lookup(Value d, Value key, Value* out);                  // 1 found (borrowed), 0, -1 error
Value dict_get_str(Value d, PyObject* str);                       // str key, never fails: absent if missing; borrowed
Value dict_get_hashed(Value d, Value key, Py_hash_t hash);        // absent: missing or error (check)
bool dict_set(Value d, Value key, Value v);
inline bool dict_set_str(Value d, PyObject* str, Value v) { return dict_set(d, Value{str}, v); }
bool dict_set_hashed(Value d, Value key, Py_hash_t hash, Value v);
int dict_delete(Value d, Value key);                              // 1 deleted, 0 was not there, -1
int dict_pop(Value d, Value key, Ref* out);
int dict_pop_hashed(Value d, Value key, Py_hash_t hash, Ref* out);
int dict_set_default(Value d, Value key, Value v, Value* out);    // out borrowed; 1 was there, 0 inserted, -1
int dict_contains(Value d, Value key);
bool dict_next(Value d, Py_ssize_t* position, Value* key, Value* v);  // start at 0; borrowed
bool dict_merge(Value d, Value mapping, int override);            // 0 keep, 1 override, 2 KeyError on duplicates
bool dict_merge_pairs(Value d, Value iterable, bool override);
void dict_clear(Value d);
Ref dict_copy(Value d);
Ref dict_keys_list(Value d);
Ref dict_values_list(Value d);
Ref dict_items_list(Value d);
// Inline-cache support: a number that changes when the set or order of keys changes (never for a changed value), 0 if
// the table cannot be cached; entry index of a str key (-1 missing); value word of an entry.
uint32_t dict_keys_version(PyObject* d);
Py_ssize_t dict_entry_index(PyObject* d, PyObject* str);
Value* dict_entry_value(PyObject* d, Py_ssize_t entry);           // the stored word: read it with element(d, *word)
// Boxes all numbers among the entries, once and for good; the caller marks the container c-visible. false: MemoryError.
bool dict_expose(PyObject* d);
bool set_expose(PyObject* s);
// The version tag that C sees must change when the VM stores through an entry.
void dict_touch(PyObject* d);
// Stores through an entry of a str key (found by dict_entry_index, the keys version unchanged): boxes for C-visible
// dicts, renews the tag, tells the collector. false: MemoryError.
bool dict_store_entry(PyObject* d, Py_ssize_t entry, Ref v);

// --- set ------------------------------------------------------------------------------------------------------------
Ref set_new(Value iterable_or_absent);
Ref frozenset_new(Value iterable_or_absent);
inline Py_ssize_t set_size(Value s) { return s.as<PySetObject>()->used; }
int set_add(Value s, Value key);                                  // 1 added, 0 was there, -1
int set_discard(Value s, Value key);
int set_contains(Value s, Value key);
bool set_update(Value s, Value iterable);
bool set_next(Value s, Py_ssize_t* position, Value* key);
bool is_instance_of_set(Value v);                                 // set, frozenset and subclasses

// Makes every key and value word of a dict, every key of a set a real pointer, for good. false: MemoryError. For expose().
bool dict_expose(PyObject* d);
bool set_expose(PyObject* s);

// --- slice and range ----------------------------------------------------------------------------------------------------
Ref slice_new(Value start, Value stop, Value step);               // boxes what it stores
bool slice_unpack(Value slice, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step);  // __index__, clipped; ValueError step 0
Py_ssize_t slice_adjust(Py_ssize_t length, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t step);  // the slice's length
Ref range_new(Value start, Value stop, Value step);

// range_iterator as the VM's loops use it: machine words while they fit.
struct RangeIterator {
  PyObject head;
  int64_t next, step, remaining;
  int64_t start;  // where it began, for pickling
};
extern "C" PyTypeObject PyLongRangeIter_Type;
// The iterator of list, tuple, str, bytes and bytearray (sequence_iterator.h): `sequence` is null when exhausted.
struct SequenceIterator {
  PyObject head;
  Py_ssize_t index;
  PyObject* sequence;
};

}  // namespace adder
