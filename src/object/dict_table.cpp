// dict: lookup, insertion, deletion, growth, copying and merging. The type is in dict_type.cpp, views and iterators in
// dict_views.cpp.
//
// A lookup may run Python code (__eq__), which may change the dict: afterwards it checks that table and entry still are
// what they were, and starts again if not. So when a lookup returns, its answer is about the present state.
#include "object/dict_table.h"
#include <cstring>
#include "memory/gc_tracking.h"
#include "memory/kept.h"
#include "object/dict_index.h"
#include "object/error.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {

void type_modified(PyTypeObject* type);  // object/mro.cpp
void watch_class_dict(PyObject* d, PyTypeObject* type);

namespace {

using dict_index::kEmpty;
constexpr int kMinLog = 3;

// What an empty dict points to: eight empty slots, no room for entries.
struct EmptyTable {
  DictTable head;
  int8_t indices[8];
};
EmptyTable empty_table = {{0, 3, 0, false, 0, 0}, {kEmpty, kEmpty, kEmpty, kEmpty, kEmpty, kEmpty, kEmpty, kEmpty}};
inline DictTable* the_empty_table() { return &empty_table.head; }

uint32_t next_keys_version = 0;
uint64_t next_version_tag = 0;

Kept<128> kept_dicts;

inline PyDictObject* as_dict(Value d) { return d.as<PyDictObject>(); }
inline void set_table(Value d, DictTable* t) { as_dict(d)->ma_keys = reinterpret_cast<PyDictKeysObject*>(t); }
inline Py_ssize_t room_of(int log2_size) { return static_cast<Py_ssize_t>((size_t{1} << log2_size << 1) / 3); }

DictTable* new_table(int log2_size, bool general) {
  int index_log = log2_size <= 5 ? 0 : log2_size <= 11 ? 1 : log2_size <= 27 ? 2 : 3;  // leaves bits for tags
  Py_ssize_t room = room_of(log2_size);
  size_t index_bytes = size_t{1} << log2_size << index_log;
  size_t entry_bytes = static_cast<size_t>(room) * (general ? sizeof(DictTable::Entry) : sizeof(DictTable::StrEntry));
  auto* t = log2_size > 56 ? nullptr : static_cast<DictTable*>(object_malloc(DictTable::index_offset(index_log) + index_bytes + entry_bytes));
  if (!t) {
    raise_no_memory();
    return nullptr;
  }
  t->version = 0;
  t->log2_size = static_cast<uint8_t>(log2_size);
  t->index_log = static_cast<uint8_t>(index_log);
  t->general = general;
  t->usable = room;
  t->count = 0;
  memset(t->index(), 0xFF, index_bytes);  // kEmpty of any width
  return t;
}

size_t table_bytes(const DictTable* t) {
  return static_cast<size_t>(t->entries() - reinterpret_cast<const char*>(t)) +
         static_cast<size_t>(room_of(t->log2_size)) * (t->general ? sizeof(DictTable::Entry) : sizeof(DictTable::StrEntry));
}

void free_table(DictTable* t) {
  if (t != the_empty_table()) object_free(t);
}

// In passes over entries, whose keys and values lie anywhere: asks for the head of one that comes soon.
constexpr Py_ssize_t kAhead = 8;
inline void fetch(Value v) {
  if (v.is_object()) __builtin_prefetch(v.object(), 1);
}

// Releases the contents, then the memory. Nobody may point to the table any more.
void destroy_table(DictTable* t) {
  if (t == the_empty_table()) return;
  auto release = [n = t->count](auto* e) {
    for (Py_ssize_t i = 0; i < n; i++) {
      if (i + kAhead < n) {
        fetch(e[i + kAhead].key);
        fetch(e[i + kAhead].value);
      }
      decref(e[i].key);
      decref(e[i].value);
    }
  };
  if (t->general) release(t->general_entries());
  else release(t->str_entries());
  free_table(t);
}

// Calls f with a null pointer of the table's index type.
template <class F>
inline auto with_index(const DictTable* t, F&& f) {
  switch (t->index_log) {
    case 0: return f(static_cast<int8_t*>(nullptr));
    case 1: return f(static_cast<int16_t*>(nullptr));
    case 2: return f(static_cast<int32_t*>(nullptr));
    default: return f(static_cast<int64_t*>(nullptr));
  }
}

inline Py_hash_t cached_hash(PyObject* str) {
  Py_hash_t h = reinterpret_cast<PyASCIIObject*>(str)->hash;
  return ADDER_LIKELY(h != -1) ? h : str_hash(Value{str});
}

constexpr Py_ssize_t kMissing = -1, kError = -2, kAgain = -3;

// Asks `same(entry)` of the entries that may be the key's: 1 yes, 0 no, negative: what the search gives. If that runs code, slots may change
// meanwhile, though not where they lie.
template <class Index, bool runs_code = false, class Same>
inline Py_ssize_t search(const DictTable* t, Py_hash_t hash, Same&& same) {
  const Index* indices = t->indices<Index>();
  const size_t mask = t->mask();
  if (dict_index::kHomeTells<Index> && indices[dict_index::home_slot(hash, mask)] == kEmpty) return kMissing;
  const Index tag = dict_index::tag<Index>(hash, mask);
  for (dict_index::Sequence at(hash, mask);; at.advance()) {
    const Index* group = indices + at.first;
    for (unsigned found = dict_index::slots_tagged(group, tag, mask); found; found &= found - 1) {
      const Index word = group[__builtin_ctz(found)];
      if (runs_code && word < 0) continue;
      auto ix = static_cast<Py_ssize_t>(static_cast<size_t>(word) & mask);
      Py_ssize_t answer = same(ix);
      if (ADDER_LIKELY(answer != 0)) return answer > 0 ? ix : answer;
    }
    if (ADDER_LIKELY(dict_index::empty_slots(group) != 0)) return kMissing;
  }
}

// An exact str in a str table: never runs Python code.
template <class Index>
inline Py_ssize_t probe_str(const DictTable* t, PyObject* key, Py_hash_t hash) {
  const auto* entries = t->str_entries();
  return search<Index>(t, hash, [=](Py_ssize_t ix) {
    PyObject* k = entries[ix].key.object();
    return k == key || (reinterpret_cast<PyASCIIObject*>(k)->hash == hash && str_equal(Value{k}, Value{key}));
  });
}

[[gnu::noinline]] Py_ssize_t find_str_in_large(const DictTable* t, PyObject* key, Py_hash_t hash) {
  return with_index(t, [&](auto* index) { return probe_str<std::remove_pointer_t<decltype(index)>>(t, key, hash); });
}
inline Py_ssize_t find_str_in_str(const DictTable* t, PyObject* key, Py_hash_t hash) {
  if (ADDER_LIKELY(t->index_log == 0)) return probe_str<int8_t>(t, key, hash);
  return find_str_in_large(t, key, hash);
}

// Any key in any table; kAgain if the dict changed under a comparison.
template <class Index>
Py_ssize_t probe_any(Value d, const DictTable* t, Value key, Py_hash_t hash) {
  const bool general = t->general, exact_str = is_exact_str(key), visible = c_visible(d.object());
  const uint8_t log2_size = t->log2_size;
  return search<Index, true>(t, hash, [=](Py_ssize_t ix) -> Py_ssize_t {
    Value word;
    if (general) {
      const auto& e = t->general_entries()[ix];
      word = e.key;
      if (word == key) return 1;
      if (e.hash != hash) return 0;
    } else {
      word = t->str_entries()[ix].key;
      if (word == key) return 1;
      if (reinterpret_cast<PyASCIIObject*>(word.object())->hash != hash) return 0;
    }
    Value k = word;
    if (ADDER_UNLIKELY(visible) && k.is_object()) k = from_c_borrowed(k.object());
    if (k == key) return 1;
    if (k.is_int() && key.is_int()) return 0;
    if (exact_str && is_exact_str(k)) return str_equal(k, key);
    Ref held = Ref::copy(k);
    int same = compare_bool(k, key, Py_EQ);
    if (same < 0) return kError;
    // Another table may lie where this one lay.
    if (dict_table(d) != t || t->log2_size != log2_size || t->general != general || !(*t->key_word(ix) == word)) return kAgain;
    return same;
  });
}

Py_ssize_t find_any(Value d, Value key, Py_hash_t hash) {
  for (;;) {
    const DictTable* t = dict_table(d);
    Py_ssize_t r = with_index(t, [&](auto* index) { return probe_any<std::remove_pointer_t<decltype(index)>>(d, t, key, hash); });
    if (r != kAgain) return r;
  }
}

// An int in a general table, without running Python code: kAgain if something else has the same hash. Ints that lie close
// together stand in their home slots.
template <class Index>
inline Py_ssize_t probe_int(const DictTable* t, Value key, Py_hash_t hash) {
  const auto* entries = t->general_entries();
  const size_t mask = t->mask();
  const Index word = t->indices<Index>()[dict_index::home_slot(hash, mask)];
  if (ADDER_LIKELY((word & static_cast<Index>(~mask)) == dict_index::tag<Index>(hash, mask))) {
    auto ix = static_cast<Py_ssize_t>(static_cast<size_t>(word) & mask);
    if (ADDER_LIKELY(entries[ix].key == key)) return ix;
  }
  return search<Index>(t, hash, [=](Py_ssize_t ix) -> Py_ssize_t {
    if (entries[ix].key == key) return 1;
    return entries[ix].hash == hash && !entries[ix].key.is_int() ? kAgain : 0;
  });
}
inline Py_ssize_t find_int(const DictTable* t, Value key, Py_hash_t hash) {
  return with_index(t, [&](auto* index) { return probe_int<std::remove_pointer_t<decltype(index)>>(t, key, hash); });
}

inline Py_ssize_t find(Value d, Value key, Py_hash_t hash) {
  const DictTable* t = dict_table(d);
  if (!t->general && is_exact_str(key)) return find_str_in_str(t, key.object(), hash);
  if (t->general && key.is_int()) {
    if (Py_ssize_t ix = find_int(t, key, hash); ADDER_LIKELY(ix != kAgain)) return ix;
  }
  return find_any(d, key, hash);
}

inline void index_entry(DictTable* t, Py_hash_t hash, Py_ssize_t entry) {
  with_index(t, [&](auto* index) {
    dict_index::put(t->indices<std::remove_pointer_t<decltype(index)>>(), hash, t->mask(), entry);
    return 0;
  });
}
void unindex_entry(DictTable* t, Py_hash_t hash, Py_ssize_t entry) {
  with_index(t, [&](auto* index) {
    dict_index::take(t->indices<std::remove_pointer_t<decltype(index)>>(), hash, t->mask(), entry);
    return 0;
  });
}

inline Py_hash_t entry_hash(const DictTable* t, Py_ssize_t i) {
  return t->general ? t->general_entries()[i].hash : cached_hash(t->str_entries()[i].key.object());
}

inline Py_hash_t hash_of(const DictTable::StrEntry& e) { return cached_hash(e.key.object()); }
inline Py_hash_t hash_of(const DictTable::Entry& e) { return e.hash; }
inline void put_entry(DictTable::StrEntry* to, const DictTable::StrEntry& from, Py_hash_t) { *to = from; }
inline void put_entry(DictTable::Entry* to, const DictTable::StrEntry& from, Py_hash_t hash) { *to = {hash, from.key, from.value}; }
inline void put_entry(DictTable::Entry* to, const DictTable::Entry& from, Py_hash_t) { *to = from; }

// Moves n entries, except the deleted ones, into the new table t.
template <class From, class To>
Py_ssize_t move_entries(DictTable* t, const From* from, Py_ssize_t n, To* to) {
  return with_index(t, [=](auto* index) {
    auto* indices = t->indices<std::remove_pointer_t<decltype(index)>>();
    const size_t mask = t->mask();
    Py_ssize_t moved = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
      if (std::is_same_v<From, DictTable::StrEntry> && i + kAhead < n) fetch(from[i + kAhead].key);
      if (from[i].key.absent()) continue;
      const Py_hash_t hash = hash_of(from[i]);
      put_entry(to + moved, from[i], hash);
      dict_index::put(indices, hash, mask, moved++);
    }
    return moved;
  });
}

// Moves everything into a new table of that size and kind, without the deleted entries. Only an empty dict's table turns from general to str.
bool rebuild(Value d, int log2_size, bool general) {
  DictTable* old = dict_table(d);
  if (log2_size < kMinLog) log2_size = kMinLog;
  DictTable* t = new_table(log2_size, general);
  if (!t) return false;
  if (old->count == 0 || (old->general && !general)) {
    ADDER_ASSERT(as_dict(d)->ma_used == 0);
  } else if (old->general) {
    t->count = move_entries(t, old->general_entries(), old->count, t->general_entries());
  } else if (general) {
    t->count = move_entries(t, old->str_entries(), old->count, t->general_entries());
  } else {
    t->count = move_entries(t, old->str_entries(), old->count, t->str_entries());
  }
  t->usable -= t->count;
  set_table(d, t);
  free_table(old);
  return true;
}

int log_for(Py_ssize_t entries) {
  int log = kMinLog;
  while (room_of(log) < entries) ++log;
  return log;
}

bool grow(Value d, bool general) {
  Py_ssize_t used = as_dict(d)->ma_used;
  size_t wanted = static_cast<size_t>(used) * 3;
  int log = kMinLog;
  while ((size_t{1} << log) < wanted || room_of(log) <= used) ++log;
  return rebuild(d, log, general);
}

// The tag that C reads: unique in the process, renewed at each change. A class's dict names the class in ma_values (watch_class_dict):
// whoever changes it behind the class's back must not leave what lookups remembered.
inline void changed(Value d) {
  as_dict(d)->ma_version_tag = ++next_version_tag;
  if (ADDER_UNLIKELY(as_dict(d)->ma_values != nullptr)) type_modified(reinterpret_cast<PyTypeObject*>(as_dict(d)->ma_values));
}
inline void track_for(PyObject* d, Value v) {
  if (v.is_object() && !gc_is_tracked(d) && gc_needs_tracking(v)) gc_track(d);
}
// Into the form that d stores.
inline bool stored_form(Value d, Ref& v) {
  if (ADDER_UNLIKELY(c_visible(d.object()))) {
    v = to_stored(d.object(), std::move(v));
    return static_cast<bool>(v);
  }
  return true;
}

// Appends an entry for a key known to be missing.
bool insert_new(Value d, Value key, Py_hash_t hash, Ref v) {
  Ref stored_key = Ref::copy(key);
  if (!stored_form(d, stored_key) || !stored_form(d, v)) return false;
  DictTable* t = dict_table(d);
  bool exact_str = is_exact_str(key);
  if (ADDER_UNLIKELY(t->usable <= 0)) {
    if (!grow(d, t == the_empty_table() ? !exact_str : t->general || !exact_str)) return false;
    t = dict_table(d);
  } else if (ADDER_UNLIKELY(!t->general && !exact_str)) {
    if (!rebuild(d, t->log2_size, true)) return false;
    t = dict_table(d);
  }
  track_for(d.object(), key);
  track_for(d.object(), v);
  Py_ssize_t n = t->count;
  index_entry(t, hash, n);
  if (t->general) t->general_entries()[n] = {hash, stored_key.release(), v.release()};
  else t->str_entries()[n] = {stored_key.release(), v.release()};
  t->count = n + 1;
  t->usable--;
  t->version = 0;
  as_dict(d)->ma_used++;
  changed(d);
  return true;
}

bool replace_value(Value d, Py_ssize_t entry, Ref v) {
  // The same value again is no change, and a box that C may have borrowed stays.
  if (element(d.object(), *dict_table(d)->value_word(entry)) == v.get()) return true;
  if (!stored_form(d, v)) return false;
  track_for(d.object(), v);
  changed(d);
  assign(*dict_table(d)->value_word(entry), std::move(v));
  return true;
}

// The common insertion: an exact str into a str table, or an int into a general one, that has room and that C does not see.
template <bool general>
inline void append(Value d, Value key, Py_hash_t hash, Ref v) {
  DictTable* t = dict_table(d);
  track_for(d.object(), v);
  Py_ssize_t n = t->count++;
  index_entry(t, hash, n);
  incref(key);
  if (general) t->general_entries()[n] = {hash, key, v.release()};
  else t->str_entries()[n] = {key, v.release()};
  t->usable--;
  t->version = 0;
  as_dict(d)->ma_used++;
  changed(d);
}

bool set_hashed(Value d, Value key, Py_hash_t hash, Ref v) {
  DictTable* t = dict_table(d);
  if (ADDER_LIKELY(!t->general && is_exact_str(key))) {
    Py_ssize_t ix = find_str_in_str(t, key.object(), hash);
    if (ix >= 0) return replace_value(d, ix, std::move(v));
    if (ADDER_UNLIKELY(t->usable <= 0 || c_visible(d.object()))) return insert_new(d, key, hash, std::move(v));
    append<false>(d, key, hash, std::move(v));
    return true;
  }
  if (t->general && key.is_int()) {
    Py_ssize_t ix = find_int(t, key, hash);
    if (ix >= 0) return replace_value(d, ix, std::move(v));
    if (ADDER_LIKELY(ix == kMissing)) {
      if (ADDER_UNLIKELY(t->usable <= 0 || c_visible(d.object()))) return insert_new(d, key, hash, std::move(v));
      append<true>(d, key, hash, std::move(v));
      return true;
    }
  }
  Ref held = key.is_object() ? Ref::copy(key) : Ref{};
  Py_ssize_t ix = find(d, key, hash);
  if (ix == kError) return false;
  if (ix >= 0) return replace_value(d, ix, std::move(v));
  return insert_new(d, key, hash, std::move(v));
}

// Takes an entry out; gives its key and value words (owned by the caller).
void remove_entry(Value d, Py_ssize_t ix, Value* key, Value* value) {
  DictTable* t = dict_table(d);
  unindex_entry(t, entry_hash(t, ix), ix);
  *key = *t->key_word(ix);
  *value = *t->value_word(ix);
  *t->key_word(ix) = Value{};
  *t->value_word(ix) = Value{};
  t->version = 0;
  as_dict(d)->ma_used--;
  changed(d);
}

}  // namespace

bool dict_key_hash(Value key, Py_hash_t* out) {
  if (key.is_int()) {
    int64_t i = key.as_int();
    *out = i == -1 ? -2 : i;
    return true;
  }
  if (is_exact_str(key)) {
    *out = cached_hash(key.object());
    return true;
  }
  *out = hash(key);
  return *out != -1;
}

Py_hash_t dict_entry_hash(Value d, Py_ssize_t entry) { return entry_hash(dict_table(d), entry); }

Py_ssize_t dict_find(Value d, Value key, Py_hash_t hash) { return find(d, key, hash); }

// --- Life ----------------------------------------------------------------------------------------------------------------

Ref dict_new() {
  PyObject* o = kept_dicts.take();
  if (!o && !(o = gc_new_raw(&PyDict_Type, sizeof(PyDictObject)))) return {};
  auto* d = reinterpret_cast<PyDictObject*>(o);
  d->ma_used = 0;
  d->ma_version_tag = ++next_version_tag;
  d->ma_keys = reinterpret_cast<PyDictKeysObject*>(the_empty_table());
  d->ma_values = nullptr;
  return Ref::steal(Value{o});
}

bool dict_reserve(Value d, Py_ssize_t entries) {
  if (dict_table(d) != the_empty_table() || entries <= 0) return true;
  DictTable* t = new_table(log_for(entries), false);
  if (!t) return false;
  set_table(d, t);
  return true;
}
Ref dict_new_sized(Py_ssize_t entries) {
  Ref d = dict_new();
  return d && dict_reserve(d, entries) ? std::move(d) : Ref{};
}

// For instances of subclasses, whose memory comes zeroed from tp_alloc.
void dict_init_fresh(PyObject* o) {
  set_table(Value{o}, the_empty_table());
  changed(Value{o});
}

void dict_dealloc(PyObject* self) {
  gc_untrack(self);
  TrashcanGuard guard(self, dict_dealloc);
  if (guard.deferred) return;
  DictTable* t = dict_table(self);
  if (t) {
    set_table(Value{self}, the_empty_table());
    destroy_table(t);
  }
  if (self->ob_type == &PyDict_Type && kept_dicts.keep(self)) return;
  self->ob_type->tp_free(self);
}
void drop_kept_dicts() { kept_dicts.drop(); }

int dict_traverse(PyObject* self, visitproc visit, void* arg) {
  const DictTable* t = dict_table(self);
  if (!t) return 0;
  Py_ssize_t n = t->count;
  if (t->general) {
    for (auto *e = t->general_entries(), *end = e + n; e < end; e++) {
      ADDER_VISIT(e->key);
      ADDER_VISIT(e->value);
    }
  } else {
    for (auto *e = t->str_entries(), *end = e + n; e < end; e++) ADDER_VISIT(e->value);
  }
  return 0;
}

void dict_clear(Value d) {
  DictTable* t = dict_table(d);
  if (t == the_empty_table() || !t) return;
  set_table(d, the_empty_table());
  as_dict(d)->ma_used = 0;
  changed(d);
  destroy_table(t);
}

// --- Reading -------------------------------------------------------------------------------------------------------------

Value dict_get_str(Value d, PyObject* str) {
  Py_hash_t hash = cached_hash(str);
  const DictTable* t = dict_table(d);
  Py_ssize_t ix;
  if (ADDER_LIKELY(!t->general && str->ob_type == &PyUnicode_Type)) {
    ix = find_str_in_str(t, str, hash);
    return ix < 0 ? Value{} : element(d.object(), t->str_entries()[ix].value);
  }
  ErrorKeeper keeper;
  ix = find_any(d, Value{str}, hash);
  if (ix == kError) clear_error();
  return ix < 0 ? Value{} : element(d.object(), *dict_table(d)->value_word(ix));
}

Value dict_get_hashed(Value d, Value key, Py_hash_t hash) {
  Py_ssize_t ix = find(d, key, hash);
  return ix < 0 ? Value{} : element(d.object(), *dict_table(d)->value_word(ix));
}

int dict_lookup(Value d, Value key, Value* out) {
  *out = Value{};
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  Py_ssize_t ix = find(d, key, hash);
  if (ix < 0) return ix == kMissing ? 0 : -1;
  *out = element(d.object(), *dict_table(d)->value_word(ix));
  return 1;
}

int dict_contains(Value d, Value key) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  Py_ssize_t ix = find(d, key, hash);
  return ix >= 0 ? 1 : ix == kMissing ? 0 : -1;
}

template <class Entry>
static inline bool next_of(Value d, const Entry* entries, Py_ssize_t n, Py_ssize_t* position, Value* key, Value* v) {
  Py_ssize_t i = *position;
  while (i < n && entries[i].key.absent()) i++;
  if (i >= n) {
    *position = n;
    return false;
  }
  *position = i + 1;
  if (key) *key = element(d.object(), entries[i].key);
  if (v) *v = element(d.object(), entries[i].value);
  return true;
}
bool dict_next(Value d, Py_ssize_t* position, Value* key, Value* v) {
  const DictTable* t = dict_table(d);
  return t->general ? next_of(d, t->general_entries(), t->count, position, key, v) : next_of(d, t->str_entries(), t->count, position, key, v);
}

// --- Writing -------------------------------------------------------------------------------------------------------------

bool dict_set(Value d, Value key, Value v) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return false;
  return set_hashed(d, key, hash, Ref::copy(v));
}

bool dict_set_hashed(Value d, Value key, Py_hash_t hash, Value v) { return set_hashed(d, key, hash, Ref::copy(v)); }

int dict_pop(Value d, Value key, Ref* out) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  return as_dict(d)->ma_used == 0 ? 0 : dict_pop_hashed(d, key, hash, out);
}

int dict_pop_hashed(Value d, Value key, Py_hash_t hash, Ref* out) {
  Py_ssize_t ix = find(d, key, hash);
  if (ix < 0) return ix == kMissing ? 0 : -1;
  Value k, v;
  remove_entry(d, ix, &k, &v);
  Ref value = c_visible(d.object()) ? from_c_steal(v.object()) : Ref::steal(v);
  decref(k);
  if (out) *out = std::move(value);
  return 1;
}

int dict_delete(Value d, Value key) { return dict_pop(d, key, nullptr); }

int dict_set_default(Value d, Value key, Value v, Value* out) {
  Py_hash_t hash;
  if (!dict_key_hash(key, &hash)) return -1;
  Py_ssize_t ix = find(d, key, hash);
  if (ix == kError) return -1;
  if (ix >= 0) {
    if (out) *out = element(d.object(), *dict_table(d)->value_word(ix));
    return 1;
  }
  if (!insert_new(d, key, hash, Ref::copy(v))) return -1;
  if (out) *out = v;
  return 0;
}

// The last entry, taken out: 1, 0 if the dict is empty.
int dict_pop_last(Value d, Ref* key, Ref* value) {
  if (as_dict(d)->ma_used == 0) return 0;
  DictTable* t = dict_table(d);
  Py_ssize_t i = t->count - 1;
  while (t->key_word(i)->absent()) --i;
  Value k, v;
  remove_entry(d, i, &k, &v);
  // Nothing lies behind it, so its room is free again (but not for more entries than the index bears).
  t->count = i;
  if (c_visible(d.object())) {
    *key = from_c_steal(k.object());
    *value = from_c_steal(v.object());
  } else {
    *key = Ref::steal(k);
    *value = Ref::steal(v);
  }
  return 1;
}

// --- Copying and merging ---------------------------------------------------------------------------------------------------

static bool worth_cloning(Value d) { return as_dict(d)->ma_used >= dict_table(d)->count * 2 / 3 && !c_visible(d.object()); }

// Gives the empty dict `to` a table like d's.
static bool clone_table(Value to, Value d) {
  DictTable *t = dict_table(d), *old = dict_table(to);
  auto* copy = static_cast<DictTable*>(object_malloc(table_bytes(t)));
  if (!copy) return raise_no_memory();
  size_t used_bytes = static_cast<size_t>(t->entries() - reinterpret_cast<char*>(t)) +
                      static_cast<size_t>(t->count) * (t->general ? sizeof(DictTable::Entry) : sizeof(DictTable::StrEntry));
  memcpy(static_cast<void*>(copy), t, used_bytes);
  copy->version = 0;
  auto hold = [n = copy->count](auto* e) {
    for (Py_ssize_t i = 0; i < n; i++) {
      incref(e[i].key);
      incref(e[i].value);
    }
  };
  if (copy->general) hold(copy->general_entries());
  else hold(copy->str_entries());
  set_table(to, copy);
  as_dict(to)->ma_used = as_dict(d)->ma_used;
  changed(to);
  if (gc_is_tracked(d.object()) && !gc_is_tracked(to.object())) gc_track(to.object());
  free_table(old);
  return true;
}

Ref dict_copy(Value d) {
  Ref r = dict_new();
  if (!r || as_dict(d)->ma_used == 0) return r;
  DictTable* t = dict_table(d);
  if (!worth_cloning(d)) {
    // Many holes, or boxes to be opened: entry by entry.
    if (!rebuild(r, log_for(as_dict(d)->ma_used), t->general)) return {};
    Py_ssize_t position = 0;
    Value k, v;
    while (dict_next(d, &position, &k, &v)) {
      Py_hash_t hash = entry_hash(t, position - 1);
      if (!insert_new(r, k, hash, Ref::copy(v))) return {};
    }
    return r;
  }
  return clone_table(r, d) ? std::move(r) : Ref{};
}

bool is_plain_dict_iteration(Value v) { return is_dict(v) && type_of(v)->tp_iter == PyDict_Type.tp_iter; }

bool dict_merge(Value d, Value mapping, int override) {
  if (is_plain_dict_iteration(mapping)) {
    if (mapping == d || dict_size(mapping) == 0) return true;
    if (dict_table(d)->count == 0 && worth_cloning(mapping) && !c_visible(d.object())) return clone_table(d, mapping);
    DictTable* from = dict_table(mapping);
    // Room at once.
    if (dict_table(d)->usable < dict_size(mapping) && dict_table(d)->usable * 3 < dict_size(mapping) * 2) {
      bool general = dict_table(d)->general || from->general;
      if (dict_size(d) == 0) general = from->general;
      if (!rebuild(d, log_for(dict_size(d) + dict_size(mapping)), general)) return false;
    }
    Py_ssize_t position = 0;
    Value k, v;
    Py_ssize_t size = dict_size(mapping);
    while (dict_next(mapping, &position, &k, &v)) {
      Py_hash_t hash = entry_hash(dict_table(mapping), position - 1);
      if (override == 1) {
        if (!set_hashed(d, k, hash, Ref::copy(v))) return false;
      } else {
        Ref key = Ref::copy(k), value = Ref::copy(v);
        Py_ssize_t ix = find(d, key, hash);
        if (ix == kError) return false;
        if (ix >= 0) {
          if (override == 2) return raise_key_error(key);
        } else if (!insert_new(d, key, hash, std::move(value))) {
          return false;
        }
      }
      if (dict_table(mapping) != from || dict_size(mapping) != size) {
        return raise(PyExc_RuntimeError, "dict mutated during update");
      }
    }
    return true;
  }
  Ref keys = call_method(mapping, "keys"_id);
  if (!keys) return false;
  return for_each(keys, [&](Value key) {
    if (override != 1) {
      int there = dict_contains(d, key);
      if (there < 0) return false;
      if (there) return override == 2 ? static_cast<bool>(raise_key_error(key)) : true;
    }
    Ref value = get_item(mapping, key);
    return value && dict_set(d, key, value);
  });
}

bool dict_merge_pairs(Value d, Value iterable, bool override) {
  Ref it = iter(iterable);
  if (!it) return false;
  for (Py_ssize_t i = 0;; i++) {
    Ref item = next(it);
    if (!item) return !error_occurred();
    Ref pair = is_list_or_tuple(item) && (is_exact_list(item) || is_exact_tuple(item)) ? std::move(item) : to_list(item);
    if (!pair) {
      if (error_matches(PyExc_TypeError)) {
        return raise(PyExc_TypeError, "cannot convert dictionary update sequence element #%zd to a sequence", i);
      }
      return false;
    }
    Py_ssize_t n = sequence_size(pair);
    if (n != 2) return raise(PyExc_ValueError, "dictionary update sequence element #%zd has length %zd; 2 is required", i, n);
    Ref key = Ref::copy(sequence_get(pair, 0)), value = Ref::copy(sequence_get(pair, 1));
    if (override) {
      if (!dict_set(d, key, value)) return false;
    } else if (dict_set_default(d, key, value, nullptr) < 0) {
      return false;
    }
  }
}

namespace {
// A list of something of each entry; making it may run the collector, so the size is checked again.
template <class F>
Ref list_of_entries(Value d, F&& make) {
  for (;;) {
    Py_ssize_t n = dict_size(d);
    Ref list = list_new(n);
    if (!list) return {};
    if (dict_size(d) != n) continue;
    Py_ssize_t position = 0;
    Value k, v;
    while (dict_next(d, &position, &k, &v)) {
      Ref item = make(k, v);
      if (!item || !list_append(list, std::move(item))) return {};
    }
    return list;
  }
}
}  // namespace

Ref dict_keys_list(Value d) { return list_of_entries(d, [](Value k, Value) { return Ref::copy(k); }); }
Ref dict_values_list(Value d) { return list_of_entries(d, [](Value, Value v) { return Ref::copy(v); }); }
Ref dict_items_list(Value d) { return list_of_entries(d, [](Value k, Value v) { return tuple_of({k, v}); }); }

// --- Inline caches and the C side --------------------------------------------------------------------------------------------

uint32_t dict_keys_version(PyObject* d) {
  DictTable* t = dict_table(d);
  if (t->version == 0 && t != the_empty_table() && next_keys_version != UINT32_MAX) t->version = ++next_keys_version;
  return t->version;
}

Py_ssize_t dict_entry_index(PyObject* d, PyObject* str) {
  const DictTable* t = dict_table(d);
  Py_hash_t hash = cached_hash(str);
  if (!t->general) return find_str_in_str(t, str, hash);
  // Only an identical or equal exact str counts: no Python code runs.
  return with_index(t, [&](auto* index) -> Py_ssize_t {
    using Index = std::remove_pointer_t<decltype(index)>;
    const auto* entries = t->general_entries();
    return search<Index>(t, hash, [=](Py_ssize_t ix) {
      const auto& e = entries[ix];
      return e.key == Value{str} || (e.hash == hash && is_exact_str(e.key) && str_equal(e.key, Value{str}));
    });
  });
}

Value* dict_entry_value(PyObject* d, Py_ssize_t entry) { return dict_table(d)->value_word(entry); }

void watch_class_dict(PyObject* d, PyTypeObject* type) {
  if (d && is_exact_dict(d)) reinterpret_cast<PyDictObject*>(d)->ma_values = reinterpret_cast<PyDictValues*>(type);
}
void dict_touch(PyObject* d) { changed(Value{d}); }

bool dict_store_entry(PyObject* d, Py_ssize_t entry, Ref v) { return replace_value(Value{d}, entry, std::move(v)); }

bool dict_expose(PyObject* d) {
  DictTable* t = dict_table(d);
  for (Py_ssize_t i = 0; i < t->count; i++) {
    for (Value* word : {t->key_word(i), t->value_word(i)}) {
      if (word->absent() || word->is_object()) {
        // A nested list or tuple must be real pointers too.
        if (word->is_object() && is_list_or_tuple(*word) && !expose(word->object())) return false;
        continue;
      }
      PyObject* box = to_c(*word);
      if (!box) return false;
      *word = Value{box};
    }
  }
  reinterpret_cast<PyDictObject*>(d)->ma_version_tag = ++next_version_tag;
  return true;
}

size_t dict_table_bytes(PyObject* d) {
  const DictTable* t = dict_table(d);
  return t == the_empty_table() ? 0 : table_bytes(t);
}

}  // namespace adder
