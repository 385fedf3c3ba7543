// Inside of set and frozenset: the table in PySetObject. Keys are Value words.
#pragma once
#include "object/containers.h"

namespace adder {

inline PySetObject* as_set(Value s) { return s.as<PySetObject>(); }
inline Value slot_word(const setentry* e) { return Value{reinterpret_cast<uint64_t>(e->key)}; }
inline void set_slot(setentry* e, Value word, Py_hash_t hash) {
  e->key = reinterpret_cast<PyObject*>(word.bits);
  e->hash = hash;
}

Ref set_make(PyTypeObject* type);        // empty set or frozenset, or a subclass
void set_init_fresh(PyObject* o);
int set_add_hashed(Value s, Value key, Py_hash_t hash);
int set_contains_hashed(Value s, Value key, Py_hash_t hash);
int set_discard_hashed(Value s, Value key, Py_hash_t hash);
bool set_next_hashed(Value s, Py_ssize_t* position, Value* key, Py_hash_t* hash);
Ref set_take(Value s);
bool set_sweep(Value s);                 // after many deletions
bool set_merge(Value s, Value other_set);
int set_clear(PyObject* self);
void set_dealloc(PyObject* self);
int set_traverse(PyObject* self, visitproc visit, void* arg);

}  // namespace adder
