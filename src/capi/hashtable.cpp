// CPython's internal hash table of C pointers and its accumulator of text, for its own extension modules (_hashlib, _json).
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include "capi/capi.h"
#include "object/containers.h"
#include "object/object.h"

using namespace adder;
using namespace adder::capi;

// The layouts stand in pycore_hashtable.h and pycore_accu.h; inline functions there read them.
extern "C" {
struct HashEntry {
  HashEntry* next;
  Py_uhash_t hash;
  void* key;
  void* value;
};
struct HashTable {
  size_t entries, bucket_count;
  HashEntry** buckets;
  HashEntry* (*get_entry)(HashTable*, const void* key);
  Py_uhash_t (*hash)(const void* key);
  int (*equal)(const void* a, const void* b);
  void (*destroy_key)(void*);
  void (*destroy_value)(void*);
  void* (*allocate)(size_t);
  void (*release)(void*);
};
struct Accumulator {
  PyObject* large;  // list of str
  PyObject* small;  // not used
};
struct HashAllocator {
  void* (*allocate)(size_t);
  void (*release)(void*);
};
}

namespace {

constexpr size_t kFewestBuckets = 16;

HashEntry** new_buckets(HashTable* t, size_t n) {
  auto** buckets = static_cast<HashEntry**>(t->allocate(n * sizeof(HashEntry*)));
  if (buckets) memset(buckets, 0, n * sizeof(HashEntry*));
  return buckets;
}
// Keeps the table between a tenth and a half full. Staying as it is when memory is short is no error.
void resize(HashTable* t) {
  size_t wanted = kFewestBuckets;
  while (wanted < t->entries * 3) wanted *= 2;
  if (wanted == t->bucket_count) return;
  HashEntry** buckets = new_buckets(t, wanted);
  if (!buckets) return;
  for (size_t i = 0; i < t->bucket_count; i++) {
    for (HashEntry *e = t->buckets[i], *next; e; e = next) {
      next = e->next;
      HashEntry*& head = buckets[e->hash & (wanted - 1)];
      e->next = head;
      head = e;
    }
  }
  t->release(t->buckets);
  t->buckets = buckets;
  t->bucket_count = wanted;
}
HashEntry* find(HashTable* t, const void* key) {
  Py_uhash_t hash = t->hash(key);
  for (HashEntry* e = t->buckets[hash & (t->bucket_count - 1)]; e; e = e->next) {
    if (e->hash == hash && t->equal(key, e->key)) return e;
  }
  return nullptr;
}
void destroy_entry(HashTable* t, HashEntry* e) {
  if (t->destroy_key) t->destroy_key(e->key);
  if (t->destroy_value) t->destroy_value(e->value);
  t->release(e);
}

}  // namespace

ADDER_API Py_uhash_t _Py_hashtable_hash_ptr(const void* key) {
  auto word = reinterpret_cast<uintptr_t>(key);  // the low bits of addresses are all alike
  return word >> 4 | word << 60;
}
ADDER_API int _Py_hashtable_compare_direct(const void* a, const void* b) { return a == b; }
ADDER_API HashTable* _Py_hashtable_new_full(Py_uhash_t (*hash)(const void*), int (*equal)(const void*, const void*), void (*destroy_key)(void*), void (*destroy_value)(void*),
                                            HashAllocator* allocator) {
  void* (*allocate)(size_t) = allocator ? allocator->allocate : PyMem_Malloc;
  void (*release)(void*) = allocator ? allocator->release : PyMem_Free;
  auto* t = static_cast<HashTable*>(allocate(sizeof(HashTable)));
  if (!t) return nullptr;
  *t = {0, kFewestBuckets, nullptr, find, hash, equal, destroy_key, destroy_value, allocate, release};
  t->buckets = new_buckets(t, kFewestBuckets);
  if (t->buckets) return t;
  release(t);
  return nullptr;
}
ADDER_API HashTable* _Py_hashtable_new(Py_uhash_t (*hash)(const void*), int (*equal)(const void*, const void*)) {
  return _Py_hashtable_new_full(hash, equal, nullptr, nullptr, nullptr);
}
ADDER_API void _Py_hashtable_clear(HashTable* t) {
  for (size_t i = 0; i < t->bucket_count; i++) {
    HashEntry* e = t->buckets[i];
    t->buckets[i] = nullptr;
    for (HashEntry* next; e; e = next) {
      next = e->next;
      destroy_entry(t, e);
    }
  }
  t->entries = 0;
  resize(t);
}
ADDER_API void _Py_hashtable_destroy(HashTable* t) {
  _Py_hashtable_clear(t);
  t->release(t->buckets);
  t->release(t);
}
ADDER_API size_t _Py_hashtable_size(const HashTable* t) {
  return sizeof *t + t->bucket_count * sizeof(HashEntry*) + t->entries * sizeof(HashEntry);
}
ADDER_API int _Py_hashtable_foreach(HashTable* t, int (*f)(HashTable*, const void*, const void*, void*), void* data) {
  for (size_t i = 0; i < t->bucket_count; i++) {
    for (HashEntry *e = t->buckets[i], *next; e; e = next) {
      next = e->next;
      if (int r = f(t, e->key, e->value, data)) return r;
    }
  }
  return 0;
}
ADDER_API int _Py_hashtable_set(HashTable* t, const void* key, void* value) {
  auto* e = static_cast<HashEntry*>(t->allocate(sizeof(HashEntry)));
  if (!e) return -1;
  *e = {nullptr, t->hash(key), const_cast<void*>(key), value};
  t->entries++;
  if (t->entries * 2 > t->bucket_count) resize(t);
  HashEntry*& head = t->buckets[e->hash & (t->bucket_count - 1)];
  e->next = head;
  head = e;
  return 0;
}
ADDER_API void* _Py_hashtable_get(HashTable* t, const void* key) {
  HashEntry* e = t->get_entry(t, key);
  return e ? e->value : nullptr;
}
ADDER_API void* _Py_hashtable_steal(HashTable* t, const void* key) {
  Py_uhash_t hash = t->hash(key);
  for (HashEntry** at = &t->buckets[hash & (t->bucket_count - 1)]; *at; at = &(*at)->next) {
    HashEntry* e = *at;
    if (e->hash != hash || !t->equal(key, e->key)) continue;
    *at = e->next;
    void* value = e->value;
    t->release(e);
    t->entries--;
    if (t->entries * 10 < t->bucket_count) resize(t);
    return value;
  }
  return nullptr;
}

ADDER_API int _PyAccu_Init(Accumulator* a) {
  *a = {nullptr, nullptr};
  a->large = list_new().release().object();
  return a->large ? 0 : -1;
}
ADDER_API int _PyAccu_Accumulate(Accumulator* a, PyObject* text) { return list_append(Value{a->large}, in(text)) ? 0 : -1; }
ADDER_API PyObject* _PyAccu_FinishAsList(Accumulator* a) {
  PyObject* list = a->large;
  *a = {nullptr, nullptr};
  return list;
}
ADDER_API PyObject* _PyAccu_Finish(Accumulator* a) {
  Ref list = Ref::steal(Value{_PyAccu_FinishAsList(a)});
  return out(call_method(Value{""_id}, "join"_id, {list.get()}));
}
ADDER_API void _PyAccu_Destroy(Accumulator* a) {
  Py_CLEAR(a->large);
  Py_CLEAR(a->small);
}
