// set and frozenset. Open addressing over (key, hash) pairs in the ABI's fields: `table` starts as `smalltable`; an
// empty slot has no key and hash 0, a deleted one no key and hash -1. Probing: a short linear stretch, then a jump that
// the hash's upper bits perturb. Set algebra is in set_methods.cpp.
#include "object/set_table.h"
#include <cstring>
#include "memory/blocks.h"
#include "memory/kept.h"
#include "object/dict_table.h"
#include "object/error.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

namespace {

constexpr size_t kLinear = 9;

Kept<32> kept_sets;

constexpr Py_ssize_t kError = -1;
// What find() gives where the key is missing: the empty slot at which the search ended, which is where the key belongs.
inline Py_ssize_t missing_at(Py_ssize_t slot) { return -2 - slot; }

// Index of the slot that holds key, kError, or missing_at(slot). May run Python code, and starts again if the set
// changed meanwhile.
Py_ssize_t find(Value self, Value key, Py_hash_t hash) {
  const bool exact_str = is_exact_str(key);
again:
  auto* s = as_set(self);
  setentry* table = s->table;
  size_t mask = static_cast<size_t>(s->mask), perturb = static_cast<size_t>(hash), i = static_cast<size_t>(hash) & mask;
  const bool visible = c_visible(self.object());
  for (;;) {
    size_t stretch = i + kLinear <= mask ? kLinear : 0;
    setentry* e = &table[i];
    do {
      if (e->key == nullptr) {
        if (e->hash == 0) return missing_at(e - table);
      } else if (e->hash == hash) {
        Value word = slot_word(e), k = word;
        if (ADDER_UNLIKELY(visible) && k.is_object()) k = from_c_borrowed(k.object());
        if (k == key) return e - table;
        if (exact_str && is_exact_str(k)) {
          if (str_equal(k, key)) return e - table;
        } else if (!(k.is_int() && key.is_int())) {
          Ref held = Ref::copy(k);
          int same = compare_bool(k, key, Py_EQ);
          if (same < 0) return kError;
          if (s->table != table || static_cast<size_t>(s->mask) != mask || !(slot_word(e) == word)) goto again;
          if (same) return e - table;
        }
      }
      ++e;
    } while (stretch--);
    perturb >>= 5;
    i = (i * 5 + 1 + perturb) & mask;
  }
}

// Into a table that holds neither the key nor deleted slots.
void insert_clean(setentry* table, size_t mask, Value word, Py_hash_t hash) {
  size_t perturb = static_cast<size_t>(hash), i = static_cast<size_t>(hash) & mask;
  for (;;) {
    size_t stretch = i + kLinear <= mask ? kLinear : 0;
    setentry* e = &table[i];
    do {
      if (e->key == nullptr) {
        set_slot(e, word, hash);
        return;
      }
      ++e;
    } while (stretch--);
    perturb >>= 5;
    i = (i * 5 + 1 + perturb) & mask;
  }
}

bool resize(Value self, size_t minimum) {
  auto* s = as_set(self);
  size_t size = PySet_MINSIZE;
  while (size <= minimum) size <<= 1;
  setentry small_copy[PySet_MINSIZE];
  setentry* old = s->table;
  size_t old_mask = static_cast<size_t>(s->mask);
  bool old_was_small = old == s->smalltable;
  setentry* table;
  if (size == PySet_MINSIZE) {
    table = s->smalltable;
    if (old_was_small) {
      memcpy(small_copy, old, sizeof small_copy);
      old = small_copy;
    }
    memset(table, 0, size * sizeof(setentry));
  } else {
    table = static_cast<setentry*>(object_zeroed(size * sizeof(setentry)));
    if (!table) return raise_no_memory();
  }
  s->table = table;
  s->mask = static_cast<Py_ssize_t>(size - 1);
  s->fill = s->used;
  for (size_t i = 0; i <= old_mask; i++) {
    if (old[i].key) insert_clean(table, size - 1, slot_word(&old[i]), old[i].hash);
  }
  if (!old_was_small) object_free(old);
  return true;
}

}  // namespace

// --- Life --------------------------------------------------------------------------------------------------------------

void set_init_fresh(PyObject* o) {
  auto* s = reinterpret_cast<PySetObject*>(o);
  s->fill = s->used = 0;
  s->mask = PySet_MINSIZE - 1;
  s->table = s->smalltable;
  s->hash = -1;
  s->finger = 0;
  s->weakreflist = nullptr;
  memset(s->smalltable, 0, sizeof s->smalltable);
}

Ref set_make(PyTypeObject* type) {
  PyObject* o;
  if (type == &PySet_Type || type == &PyFrozenSet_Type) {
    if ((o = kept_sets.take())) {
      o->ob_type = type;
    } else {
      o = gc_new_raw(type, sizeof(PySetObject));
      if (!o) return {};
    }
    set_init_fresh(o);
    gc_track(o);
  } else {
    o = type->tp_alloc(type, 0);
    if (!o) return {};
    set_init_fresh(o);
  }
  return Ref::steal(Value{o});
}

void set_dealloc(PyObject* self) {
  auto* s = reinterpret_cast<PySetObject*>(self);
  gc_untrack(self);
  TrashcanGuard guard(self, set_dealloc);
  if (guard.deferred) return;
  if (s->weakreflist) clear_weakrefs(self);
  if (s->used) {
    Py_ssize_t left = s->used;
    for (setentry* e = s->table; left > 0; e++) {
      if (e->key) {
        --left;
        decref(slot_word(e));
      }
    }
  }
  if (s->table != s->smalltable) object_free(s->table);
  if ((self->ob_type == &PySet_Type || self->ob_type == &PyFrozenSet_Type) && kept_sets.keep(self)) return;
  self->ob_type->tp_free(self);
}

void drop_kept_sets() { kept_sets.drop(); }

int set_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* s = reinterpret_cast<PySetObject*>(self);
  if (!s->table) return 0;
  for (Py_ssize_t i = 0; i <= s->mask; i++) {
    if (s->table[i].key) ADDER_VISIT(slot_word(&s->table[i]));
  }
  return 0;
}

int set_clear(PyObject* self) {
  auto* s = reinterpret_cast<PySetObject*>(self);
  if (s->fill == 0 || !s->table) return 0;
  setentry small_copy[PySet_MINSIZE];
  setentry* table = s->table;
  bool small = table == s->smalltable;
  Py_ssize_t mask = s->mask;
  if (small) {
    memcpy(small_copy, table, sizeof small_copy);
    table = small_copy;
  }
  memset(s->smalltable, 0, sizeof s->smalltable);
  s->fill = s->used = 0;
  s->mask = PySet_MINSIZE - 1;
  s->table = s->smalltable;
  s->hash = -1;
  for (Py_ssize_t i = 0; i <= mask; i++) {
    if (table[i].key) decref(slot_word(&table[i]));
  }
  if (!small) object_free(table);
  return 0;
}

// --- Elements ------------------------------------------------------------------------------------------------------------

int set_add_hashed(Value self, Value key, Py_hash_t hash) {
  Ref stored = Ref::copy(key);
  Py_ssize_t ix = find(self, key, hash);
  if (ix == kError) return -1;
  if (ix >= 0) return 0;
  auto* s = as_set(self);
  if (ADDER_UNLIKELY(c_visible(self.object()))) {
    stored = to_stored(self.object(), std::move(stored));
    if (!stored) return -1;
  }
  set_slot(&s->table[-2 - ix], stored.release(), hash);
  s->fill++;
  s->used++;
  if (static_cast<size_t>(s->fill) * 5 >= static_cast<size_t>(s->mask) * 3) {
    if (!resize(self, static_cast<size_t>(s->used > 50000 ? s->used * 2 : s->used * 4))) return -1;
  }
  return 1;
}

int set_add(Value s, Value key) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  return set_add_hashed(s, key, hash);
}

int set_contains_hashed(Value s, Value key, Py_hash_t hash) {
  Py_ssize_t ix = find(s, key, hash);
  return ix >= 0 ? 1 : ix == kError ? -1 : 0;
}

int set_contains(Value s, Value key) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  return set_contains_hashed(s, key, hash);
}

int set_discard_hashed(Value self, Value key, Py_hash_t hash) {
  Py_ssize_t ix = find(self, key, hash);
  if (ix < 0) return ix == kError ? -1 : 0;
  auto* s = as_set(self);
  Value word = slot_word(&s->table[ix]);
  s->table[ix] = {nullptr, -1};
  s->used--;
  decref(word);
  return 1;
}

int set_discard(Value s, Value key) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  return set_discard_hashed(s, key, hash);
}

bool set_next_hashed(Value self, Py_ssize_t* position, Value* key, Py_hash_t* hash) {
  auto* s = as_set(self);
  for (Py_ssize_t i = *position; i <= s->mask; i++) {
    setentry* e = &s->table[i];
    if (!e->key) continue;
    *position = i + 1;
    *key = element(self.object(), slot_word(e));
    *hash = e->hash;
    return true;
  }
  *position = s->mask + 1;
  return false;
}

bool set_next(Value s, Py_ssize_t* position, Value* key) {
  Py_hash_t hash;
  return set_next_hashed(s, position, key, &hash);
}

// Many deleted slots are swept away.
bool set_sweep(Value self) {
  auto* s = as_set(self);
  if (s->fill - s->used <= s->mask / 4) return true;
  return resize(self, static_cast<size_t>(s->used > 50000 ? s->used * 2 : s->used * 4));
}

// An arbitrary element, taken out; empty without exception if there is none.
Ref set_take(Value self) {
  auto* s = as_set(self);
  if (s->used == 0) return {};
  Py_ssize_t i = s->finger & s->mask;
  while (!s->table[i].key) i = i < s->mask ? i + 1 : 0;
  Value word = slot_word(&s->table[i]);
  s->table[i] = {nullptr, -1};
  s->used--;
  s->finger = i + 1;
  return c_visible(self.object()) ? from_c_steal(word.object()) : Ref::steal(word);
}

bool set_merge(Value self, Value other) {
  if (self == other || set_size(other) == 0) return true;
  auto* s = as_set(self);
  auto* o = as_set(other);
  // Room at once: one resize rather than many.
  if (static_cast<size_t>(s->fill + o->used) * 5 >= static_cast<size_t>(s->mask) * 3) {
    if (!resize(self, static_cast<size_t>(s->used + o->used) * 2)) return false;
  }
  if (s->fill == 0 && s->mask == o->mask && o->fill == o->used && !c_visible(self.object()) && !c_visible(other.object())) {
    for (Py_ssize_t i = 0; i <= o->mask; i++) {
      s->table[i] = o->table[i];
      if (o->table[i].key) incref(slot_word(&o->table[i]));
    }
    s->fill = o->fill;
    s->used = o->used;
    return true;
  }
  Py_ssize_t position = 0;
  Value key;
  Py_hash_t hash;
  while (set_next_hashed(other, &position, &key, &hash)) {
    Ref held = Ref::copy(key);
    if (set_add_hashed(self, key, hash) < 0) return false;
  }
  return true;
}

// In large sets every search begins with a slot that is far away, as may be the text whose hash tells which: both are asked for while
// earlier items are looked up.
static inline void fetch_slot(Value self, Value list, Py_ssize_t i) {
  constexpr Py_ssize_t kSoon = 8, kLater = 24, kLarge = 1023;
  const PySetObject* s = as_set(self);
  const Py_ssize_t n = list_size(list);
  if (s->mask < kLarge || i + kLater >= n) return;
  if (Value later = list_words(list)[i + kLater]; later.is_object()) __builtin_prefetch(later.object());
  Value soon = list_words(list)[i + kSoon];
  if (!soon.is_int() && !is_exact_str(soon)) return;
  const int64_t hash = soon.is_int() ? soon.as_int() : soon.as<PyASCIIObject>()->hash;
  __builtin_prefetch(&s->table[static_cast<size_t>(hash & s->mask)]);
}

bool set_update(Value self, Value iterable) {
  if (is_instance_of_set(iterable)) return set_merge(self, iterable);
  if (is_exact_dict(iterable)) {
    Py_ssize_t position = 0;
    Value key;
    Py_ssize_t size = dict_size(iterable);
    while (dict_next(iterable, &position, &key, nullptr)) {
      Ref held = Ref::copy(key);
      if (set_add_hashed(self, key, dict_entry_hash(iterable, position - 1)) < 0) return false;
      if (dict_size(iterable) != size) return raise(PyExc_RuntimeError, "dictionary changed size during iteration");
    }
    return true;
  }
  if (is_exact_list(iterable)) {
    for (Py_ssize_t i = 0; i < list_size(iterable); i++) {
      fetch_slot(self, iterable, i);
      Ref item = Ref::copy(list_get(iterable, i));
      if (set_add(self, item) < 0) return false;
    }
    return true;
  }
  return for_each(iterable, [&](Value item) { return set_add(self, item) >= 0; });
}

Ref set_new(Value iterable) {
  Ref s = set_make(&PySet_Type);
  if (!s || (!iterable.absent() && !set_update(s, iterable))) return {};
  return s;
}

Ref frozenset_new(Value iterable) {
  if (!iterable.absent() && is_exact(iterable, &PyFrozenSet_Type)) return Ref::copy(iterable);
  Ref s = set_make(&PyFrozenSet_Type);
  if (!s || (!iterable.absent() && !set_update(s, iterable))) return {};
  return s;
}

bool is_instance_of_set(Value v) {
  if (!v.is_object()) return false;
  PyTypeObject* t = v.object()->ob_type;
  return t == &PySet_Type || t == &PyFrozenSet_Type || is_subtype(t, &PySet_Type) || is_subtype(t, &PyFrozenSet_Type);
}

bool set_expose(PyObject* o) {
  auto* s = reinterpret_cast<PySetObject*>(o);
  for (Py_ssize_t i = 0; i <= s->mask; i++) {
    setentry* e = &s->table[i];
    if (!e->key) continue;
    Value word = slot_word(e);
    if (word.is_object()) {
      if (is_list_or_tuple(word) && !expose(word.object())) return false;
      continue;
    }
    PyObject* box = to_c(word);
    if (!box) return false;
    e->key = box;
  }
  return true;
}

}  // namespace adder
