// The persistent map under contexts, and the type hamt that shows it to tests.
//
// A node either branches (five bits of the hash choose one of 32 places; entries stand in the order of places) or collides
// (bitmap 0): its keys share one hash and are searched one by one. A node with a single entry is the root or the way to a
// branching node further down: what is alone, a key or a colliding node, moves up.
#include "object/hamt.h"

#include <cstring>

#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/type.h"

namespace adder {
namespace {

ADDER_TYPE(node_type);
ADDER_TYPE(hamt_type);
ADDER_TYPE(keys_type);
ADDER_TYPE(values_type);
ADDER_TYPE(items_type);

constexpr int kBits = 5;
constexpr int kMaxDepth = (64 + kBits - 1) / kBits + 1;  // the last for a collision

struct Entry {
  Value key;      // absent: `value` is a node one level down
  Value value;
  uint64_t hash;  // of the key
};
struct Node {
  PyVarObject head;  // ob_size: entries
  uint32_t bitmap;   // which places are filled; 0: the keys collide
  Entry entries[1];
};
Node* node(Value v) { return v.as<Node>(); }
Py_ssize_t size_of(const Node* n) { return n->head.ob_size; }

uint32_t bit_of(uint64_t hash, int shift) { return uint32_t{1} << ((hash >> shift) & 31); }
Py_ssize_t place_of(const Node* n, uint32_t bit) { return __builtin_popcount(n->bitmap & (bit - 1)); }

int same_key(const Entry& e, uint64_t hash, Value key) {
  if (e.hash != hash) return 0;
  return e.key == key ? 1 : equal(key, e.key);
}

// --- Making nodes -----------------------------------------------------------------------------------------------------------
Ref node_new(Py_ssize_t n, uint32_t bitmap) {
  size_t bytes = static_cast<size_t>(n) * sizeof(Entry);
  PyObject* o = gc_new_raw(&node_type, offsetof(Node, entries) + bytes);
  if (!o) return nullptr;
  node(o)->head.ob_size = n;
  node(o)->bitmap = bitmap;
  memset(static_cast<void*>(node(o)->entries), 0, bytes);
  gc_track(o);
  return Ref::steal(o);
}
void put(Value n, Py_ssize_t at, const Entry& e) {
  incref(e.key);
  incref(e.value);
  node(n)->entries[at] = e;
}

// A node of two entries of different hashes (one may be a colliding node), or of two keys that collide; the hashes agree
// below `shift`.
Ref node_of_two(int shift, const Entry& a, const Entry& b) {
  const bool collide = a.hash == b.hash;
  const uint32_t bit_a = collide ? 0 : bit_of(a.hash, shift), bit_b = collide ? 0 : bit_of(b.hash, shift);
  if (!collide && bit_a == bit_b) {
    Ref below = node_of_two(shift + kBits, a, b);
    Ref n = below ? node_new(1, bit_a) : Ref{};
    if (n) put(n, 0, {{}, below, 0});
    return n;
  }
  Ref n = node_new(2, bit_a | bit_b);
  if (!n) return n;
  bool swap = bit_b < bit_a;
  put(n, swap, a);
  put(n, !swap, b);
  return n;
}

Ref with_replaced(const Node* from, Py_ssize_t at, const Entry& e) {
  Ref n = node_new(size_of(from), from->bitmap);
  for (Py_ssize_t i = 0; n && i < size_of(from); i++) put(n, i, i == at ? e : from->entries[i]);
  return n;
}
Ref with_inserted(const Node* from, Py_ssize_t at, const Entry& e, uint32_t bitmap) {
  Ref n = node_new(size_of(from) + 1, bitmap);
  if (!n) return n;
  for (Py_ssize_t i = 0; i < at; i++) put(n, i, from->entries[i]);
  put(n, at, e);
  for (Py_ssize_t i = at; i < size_of(from); i++) put(n, i + 1, from->entries[i]);
  return n;
}
Ref with_removed(const Node* from, Py_ssize_t at, uint32_t bitmap) {
  Ref n = node_new(size_of(from) - 1, bitmap);
  for (Py_ssize_t i = 0, k = 0; n && i < size_of(from); i++) {
    if (i != at) put(n, k++, from->entries[i]);
  }
  return n;
}

void node_dealloc(PyObject* o) {
  gc_untrack(o);
  for (Py_ssize_t i = 0; i < size_of(node(o)); i++) {
    decref(node(o)->entries[i].key);
    decref(node(o)->entries[i].value);
  }
  gc_free(o);
}
int node_traverse(PyObject* o, visitproc visit, void* arg) {
  for (Py_ssize_t i = 0; i < size_of(node(o)); i++) {
    ADDER_VISIT(node(o)->entries[i].key);
    ADDER_VISIT(node(o)->entries[i].value);
  }
  return 0;
}

// --- Finding, setting, deleting ---------------------------------------------------------------------------------------------
// Where a colliding node has the key: the index, the size if it has not, -1: exception.
Py_ssize_t find_colliding(const Node* n, uint64_t hash, Value key) {
  Py_ssize_t i = 0;
  for (; i < size_of(n); i++) {
    int same = same_key(n->entries[i], hash, key);
    if (same) return same < 0 ? -1 : i;
  }
  return i;
}

// The trie with the entry; the same node where nothing changes.
Ref with_entry(PyObject* root, int shift, const Entry& e, bool* added) {
  const Node* from = node(root);
  Py_ssize_t at;
  if (from->bitmap == 0) {
    if (from->entries[0].hash != e.hash) {
      *added = true;
      return node_of_two(shift, {{}, root, from->entries[0].hash}, e);
    }
    at = find_colliding(from, e.hash, e.key);
    if (at < 0) return nullptr;
    if (at == size_of(from)) {
      *added = true;
      return with_inserted(from, at, e, 0);
    }
  } else {
    uint32_t bit = bit_of(e.hash, shift);
    at = place_of(from, bit);
    if (!(from->bitmap & bit)) {
      *added = true;
      return with_inserted(from, at, e, from->bitmap | bit);
    }
    const Entry& there = from->entries[at];
    if (there.key.absent()) {
      Ref below = with_entry(there.value.object(), shift + kBits, e, added);
      if (!below) return nullptr;
      return below == there.value ? Ref::copy(root) : with_replaced(from, at, {{}, below, 0});
    }
    int same = same_key(there, e.hash, e.key);
    if (same < 0) return nullptr;
    if (!same) {
      *added = true;
      Ref below = node_of_two(shift + kBits, there, e);
      return below ? with_replaced(from, at, {{}, below, 0}) : Ref{};
    }
  }
  const Entry& there = from->entries[at];
  return there.value == e.value ? Ref::copy(root) : with_replaced(from, at, {there.key, e.value, e.hash});
}

// *out: the trie without the key, empty if nothing is left. As hamt_delete.
int without_key(PyObject* root, int shift, uint64_t hash, Value key, Ref* out) {
  const Node* from = node(root);
  Py_ssize_t at;
  uint32_t bit = 0;
  if (from->bitmap == 0) {
    at = find_colliding(from, hash, key);
    if (at < 0) return -1;
    if (at == size_of(from)) return 0;
  } else {
    bit = bit_of(hash, shift);
    if (!(from->bitmap & bit)) return 0;
    at = place_of(from, bit);
    const Entry& there = from->entries[at];
    if (there.key.absent()) {
      Ref below;
      int found = without_key(there.value.object(), shift + kBits, hash, key, &below);
      if (found <= 0) return found;
      const Entry& first = node(below)->entries[0];
      bool lone = size_of(node(below)) == 1 && (!first.key.absent() || node(first.value)->bitmap == 0);
      *out = with_replaced(from, at, lone ? first : Entry{{}, below, 0});
      return *out ? 1 : -1;
    }
    int same = same_key(there, hash, key);
    if (same <= 0) return same;
  }
  if (size_of(from) == 1) return 1;
  *out = with_removed(from, at, from->bitmap & ~bit);
  return *out ? 1 : -1;
}

void set_root(Hamt& map, Ref root) {
  PyObject* old = map.root;
  map.root = root ? root.release().object() : nullptr;
  Py_XDECREF(old);
}

// --- Iteration --------------------------------------------------------------------------------------------------------------
// Depth first: the nodes from the root to where it stands, each with the place of its next entry.
struct Walk {
  const Node* nodes[kMaxDepth];
  Py_ssize_t next[kMaxDepth];
  int depth = -1;

  explicit Walk(PyObject* root) { enter(root); }
  void enter(PyObject* root) {
    if (!root) return;
    nodes[++depth] = node(root);
    next[depth] = 0;
  }
  const Entry* step() {
    while (depth >= 0) {
      if (next[depth] == size_of(nodes[depth])) {
        depth--;
        continue;
      }
      const Entry& e = nodes[depth]->entries[next[depth]++];
      if (!e.key.absent()) return &e;
      enter(e.value.object());
    }
    return nullptr;
  }
};

struct Iterator {
  PyObject head;
  Hamt map;
  Walk walk;
};
Iterator* iterator(Value v) { return v.as<Iterator>(); }

Ref iterator_new(PyTypeObject* type, const Hamt& map) {
  PyObject* o = gc_new_raw(type, sizeof(Iterator));
  if (!o) return nullptr;
  iterator(o)->map = hamt_copy(map);
  iterator(o)->walk = Walk(map.root);
  gc_track(o);
  return Ref::steal(o);
}
void iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(iterator(o)->map.root);
  gc_free(o);
}
int iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(iterator(o)->map.root);
  return 0;
}
Py_ssize_t iterator_length(Value self) { return iterator(self)->map.count; }
Ref self_iter(Value self) { return Ref::copy(self); }

Ref keys_next(Value self) {
  const Entry* e = iterator(self)->walk.step();
  return e ? Ref::copy(e->key) : Ref{};
}
Ref values_next(Value self) {
  const Entry* e = iterator(self)->walk.step();
  return e ? Ref::copy(e->value) : Ref{};
}
Ref items_next(Value self) {
  const Entry* e = iterator(self)->walk.step();
  return e ? tuple_of({e->key, e->value}) : Ref{};
}

// --- The object -------------------------------------------------------------------------------------------------------------
struct HamtObject {
  PyObject head;
  Hamt map;
  PyObject* weakrefs;
};
Hamt& map_of(Value v) { return v.as<HamtObject>()->map; }

Ref object_of(const Hamt& map) {
  auto* o = new_object<HamtObject>(&hamt_type);
  if (!o) return nullptr;
  o->map = hamt_copy(map);
  return Ref::steal(&o->head);
}
void object_dealloc(PyObject* o) {
  gc_untrack(o);
  if (reinterpret_cast<HamtObject*>(o)->weakrefs) clear_weakrefs(o);
  Py_XDECREF(map_of(o).root);
  gc_free(o);
}
int object_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(map_of(o).root);
  return 0;
}
int object_clear(PyObject* o) {
  hamt_clear(map_of(o));
  return 0;
}

// As hamt_find, of a key yet to be hashed.
int look_up(Value self, Value key, Value* out) {
  Py_hash_t h = hash(key);
  return h == -1 ? -1 : hamt_find(map_of(self), static_cast<uint64_t>(h), key, out);
}
Ref object_set(Value self, const Value* a) {
  Py_hash_t h = hash(a[0]);
  Ref result = h == -1 ? Ref{} : object_of(map_of(self));
  if (!result || !hamt_set(map_of(result), static_cast<uint64_t>(h), a[0], a[1])) return nullptr;
  return map_of(result).root == map_of(self).root ? Ref::copy(self) : std::move(result);
}
Ref object_delete(Value self, Value key) {
  Py_hash_t h = hash(key);
  Ref result = h == -1 ? Ref{} : object_of(map_of(self));
  int found = result ? hamt_delete(map_of(result), static_cast<uint64_t>(h), key) : -1;
  if (found < 0) return nullptr;
  return found ? std::move(result) : Ref::copy(self);
}
Ref object_get(Value self, const Value* a) {
  Value v;
  int found = look_up(self, a[0], &v);
  if (found < 0) return nullptr;
  if (!found) v = a[1];
  return v ? Ref::copy(v) : none_ref();
}
Ref object_subscript(Value self, Value key) {
  Value v;
  int found = look_up(self, key, &v);
  if (found < 0) return nullptr;
  return found ? Ref::copy(v) : Ref{raise_key_error(key)};
}
int object_contains(Value self, Value key) {
  Value v;
  return look_up(self, key, &v);
}
Py_ssize_t object_length(Value self) { return map_of(self).count; }
Ref object_keys(Value self) { return hamt_keys(map_of(self)); }
Ref object_values(Value self) { return hamt_values(map_of(self)); }
Ref object_items(Value self) { return hamt_items(map_of(self)); }
Ref object_compare(Value a, Value b, int op) {
  if (!is_exact(a, &hamt_type) || !is_exact(b, &hamt_type) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  int same = hamt_equal(map_of(a), map_of(b));
  return same < 0 ? Ref{} : bool_ref((same != 0) == (op == Py_EQ));
}

const MethodRow object_methods[] = {
    method<object_set>("set", "($self, key, value, /)", "The map with the value for the key."),
    method<object_get>("get", "($self, key, default=None, /)", "The value for the key, or the default."),
    method<object_delete>("delete", "($self, key, /)", "The map without the key."),
    method<object_items>("items", "($self, /)", "An iterator over pairs of key and value."),
    method<object_keys>("keys", "($self, /)", "An iterator over the keys."),
    method<object_values>("values", "($self, /)", "An iterator over the values."),
    {}};

constexpr TypeDef iterator_def(PyTypeObject* type, const char* name, SlotRows slots) {
  return {.type = type,
          .name = name,
          .basicsize = sizeof(Iterator),
          .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
          .dealloc = iterator_dealloc,
          .traverse = iterator_traverse,
          .slots = slots};
}

}  // namespace

int hamt_find(const Hamt& map, uint64_t hash, Value key, Value* out) {
  const Entry* e = nullptr;
  PyObject* root = map.root;
  for (int shift = 0; root; shift += kBits) {
    const Node* n = node(root);
    if (n->bitmap == 0) {
      Py_ssize_t at = find_colliding(n, hash, key);
      if (at < 0) return -1;
      if (at == size_of(n)) return 0;
      *out = n->entries[at].value;
      return 1;
    }
    uint32_t bit = bit_of(hash, shift);
    if (!(n->bitmap & bit)) return 0;
    e = &n->entries[place_of(n, bit)];
    if (!e->key.absent()) break;
    root = e->value.object();
  }
  if (!e) return 0;
  int same = same_key(*e, hash, key);
  if (same > 0) *out = e->value;
  return same;
}

bool hamt_set(Hamt& map, uint64_t hash, Value key, Value value) {
  bool added = !map.root;
  Entry e{key, value, hash};
  Ref root = map.root ? with_entry(map.root, 0, e, &added) : node_new(1, bit_of(hash, 0));
  if (!root) return false;
  if (!map.root) put(root, 0, e);
  map.count += added;
  set_root(map, std::move(root));
  return true;
}

int hamt_delete(Hamt& map, uint64_t hash, Value key) {
  Ref root;
  int found = map.root ? without_key(map.root, 0, hash, key, &root) : 0;
  if (found <= 0) return found;
  map.count--;
  set_root(map, std::move(root));
  return 1;
}

int hamt_equal(const Hamt& a, const Hamt& b) {
  if (a.root == b.root) return 1;
  if (a.count != b.count) return 0;
  // Comparing runs Python code, which may give the holders other maps.
  Ref root_a = Ref::copy(a.root), root_b = Ref::copy(b.root);
  Hamt kept{root_b.object(), b.count};
  Walk walk(root_a.object());
  while (const Entry* e = walk.step()) {
    Value other;
    int same = hamt_find(kept, e->hash, e->key, &other);
    if (same > 0) same = equal(e->value, other);
    if (same <= 0) return same;
  }
  return 1;
}

void hamt_clear(Hamt& map) {
  map.count = 0;
  set_root(map, {});
}

Ref hamt_keys(const Hamt& map) { return iterator_new(&keys_type, map); }
Ref hamt_values(const Hamt& map) { return iterator_new(&values_type, map); }
Ref hamt_items(const Hamt& map) { return iterator_new(&items_type, map); }
Ref hamt_new() { return object_of({}); }

extern const TypeDef hamt_node_def{
    .type = &node_type,
    .name = "hamt_node",
    .basicsize = offsetof(Node, entries),
    .itemsize = sizeof(Entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = node_dealloc,
    .traverse = node_traverse,
};
extern const TypeDef hamt_keys_def = iterator_def(
    &keys_type, "keys", {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<keys_next>, .mp_length = slot::Length<iterator_length>});
extern const TypeDef hamt_values_def = iterator_def(
    &values_type, "values", {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<values_next>, .mp_length = slot::Length<iterator_length>});
extern const TypeDef hamt_items_def = iterator_def(
    &items_type, "items", {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<items_next>, .mp_length = slot::Length<iterator_length>});
extern const TypeDef hamt_def{
    .type = &hamt_type,
    .name = "hamt",
    .basicsize = sizeof(HamtObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = object_dealloc,
    .traverse = object_traverse,
    .clear = object_clear,
    .weaklistoffset = offsetof(HamtObject, weakrefs),
    .slots = {.tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<object_compare>,
              .tp_iter = slot::Unary<object_keys>,
              .sq_contains = slot::Contains<object_contains>,
              .mp_length = slot::Length<object_length>,
              .mp_subscript = slot::Binary<object_subscript>},
    .methods = object_methods,
};

}  // namespace adder
