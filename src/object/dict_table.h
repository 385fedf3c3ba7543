// The hash table behind a dict: open addressing over small indices into a dense array of entries in insertion order.
// It hangs off ma_keys. Two kinds of entries: str tables (every key an exact str, which caches its hash) and general.
#pragma once
#include "object/containers.h"

namespace adder {

struct DictTable {
  uint32_t version;      // of the set and order of keys, for inline caches; 0: none assigned
  uint8_t log2_size;     // slots of the index
  uint8_t index_log;     // an index is 1 << index_log bytes (object/dict_index.h)
  bool general;
  Py_ssize_t usable;     // entries that may still be appended
  Py_ssize_t count;      // entries appended so far, deleted ones included

  size_t mask() const { return (size_t{1} << log2_size) - 1; }
  // Where the index begins: groups of wide slots do not straddle lines of the cache.
  static constexpr size_t index_offset(int index_log) { return index_log == 0 ? 24 : 32; }
  char* index() const { return reinterpret_cast<char*>(const_cast<DictTable*>(this)) + index_offset(index_log); }
  template <class Index>
  Index* indices() const { return reinterpret_cast<Index*>(reinterpret_cast<char*>(const_cast<DictTable*>(this)) + index_offset(sizeof(Index) > 1)); }
  char* entries() const { return index() + (size_t{1} << log2_size << index_log); }
  struct StrEntry {
    Value key, value;  // both absent: deleted
  };
  struct Entry {
    Py_hash_t hash;
    Value key, value;
  };
  StrEntry* str_entries() const { return reinterpret_cast<StrEntry*>(entries()); }
  Entry* general_entries() const { return reinterpret_cast<Entry*>(entries()); }
  // The stored words.
  Value* key_word(Py_ssize_t i) const { return general ? &general_entries()[i].key : &str_entries()[i].key; }
  Value* value_word(Py_ssize_t i) const { return general ? &general_entries()[i].value : &str_entries()[i].value; }
};
static_assert(sizeof(DictTable) == 24);

inline DictTable* dict_table(PyObject* d) { return reinterpret_cast<DictTable*>(reinterpret_cast<PyDictObject*>(d)->ma_keys); }
inline DictTable* dict_table(Value d) { return dict_table(d.object()); }

// dict_keyiterator and its kin.
struct DictIterator {
  PyObject head;
  PyObject* dict;        // null when exhausted
  Py_ssize_t used;       // size at the start; -1: an error was raised
  Py_ssize_t position;   // next entry
  PyObject* result;      // of item iterators: a pair that is reused while nobody else holds it
  Py_ssize_t remaining;
};
struct DictView {
  PyObject head;
  PyObject* dict;
};

Ref dict_new_sized(Py_ssize_t entries);                    // empty, with room for so many keys of str
bool dict_reserve(Value d, Py_ssize_t entries);            // gives a new dict such room
bool dict_append_to(Value list, Value iterable, bool* is);  // *is: a dict, or a view of one, whose elements the list has got
Ref dict_view_new(PyTypeObject* type, Value d);
Py_ssize_t dict_find(Value d, Value key, Py_hash_t hash);  // entry, -1 missing, -2 exception
bool dict_key_hash(Value key, Py_hash_t* out);             // hash of any key; false: exception
Py_hash_t dict_entry_hash(Value d, Py_ssize_t entry);      // of the key that dict_next gave last (position - 1)
bool is_dict_keys(Value v);
bool is_dict_items(Value v);

}  // namespace adder
