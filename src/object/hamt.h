// A persistent map: a hash array mapped trie (Bagwell, "Ideal Hash Trees"; Clojure's persistent maps). A change makes new nodes
// along one path only, O(log n), and shares the rest, so that copying a map is copying a pointer. Keys compare by ==.
#pragma once
#include "object/object.h"

namespace adder {

struct Hamt {
  PyObject* root;    // owned by whoever holds the struct; null: empty
  Py_ssize_t count;
};

// `hash` is the key's, the same for equal keys. -1: exception (of the keys' comparison), 0 not there, 1 there.
int hamt_find(const Hamt& map, uint64_t hash, Value key, Value* out);  // *out is borrowed from the map
bool hamt_set(Hamt& map, uint64_t hash, Value key, Value value);       // keeps its root where the key has this very value
int hamt_delete(Hamt& map, uint64_t hash, Value key);
int hamt_equal(const Hamt& a, const Hamt& b);
void hamt_clear(Hamt& map);
inline Hamt hamt_copy(const Hamt& map) { return {Py_XNewRef(map.root), map.count}; }

// Iterators with a length.
Ref hamt_keys(const Hamt& map);
Ref hamt_values(const Hamt& map);
Ref hamt_items(const Hamt& map);

Ref hamt_new();  // an empty map as an object: what C asks for under the name _PyContext_NewHamtForTests

}  // namespace adder
