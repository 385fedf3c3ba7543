// Shapes: the tree of transitions, lookup of names, and the attribute storage of instances in both modes.
#include "object/shape.h"
#include <cstdlib>
#include <cstring>
#include "object/type_impl.h"

namespace adder {

// --- Shapes -------------------------------------------------------------------------------------------------------------
struct Shape::Table {
  PyObject** names = nullptr;   // of all `count` attributes
  uint8_t* buckets = nullptr;   // index + 1 by hash of the name's address; only where scanning would be slow
  uint32_t mask = 0;
  Shape** children = nullptr;
  uint32_t child_count = 0;
  Shape* next_root = nullptr;   // of the same type, with fewer slots
};

static constexpr int kScanned = 8;

static uint32_t name_hash(PyObject* name) {
  auto p = reinterpret_cast<uintptr_t>(name);
  return static_cast<uint32_t>(p >> 4 ^ p >> 12);
}

int shape_find(Shape* shape, PyObject* name) {
  Shape::Table* t = shape->table;
  int n = shape->count;
  if (ADDER_UNLIKELY(!str_is_interned(name))) {
    for (int i = 0; i < n; i++) {
      if (str_equal(Value{t->names[i]}, Value{name})) return i;
    }
    return -1;
  }
  if (t->buckets) {
    for (uint32_t b = name_hash(name) & t->mask; t->buckets[b]; b = (b + 1) & t->mask) {
      int i = t->buckets[b] - 1;
      if (t->names[i] == name) return i;
    }
    return -1;
  }
  for (int i = 0; i < n; i++) {
    if (t->names[i] == name) return i;
  }
  return -1;
}

static Shape* make_shape(Shape* parent, PyObject* name, PyTypeObject* owner, uint16_t capacity) {
  auto* s = static_cast<Shape*>(calloc(1, sizeof(Shape)));
  auto* t = static_cast<Shape::Table*>(calloc(1, sizeof(Shape::Table)));
  uint16_t count = parent ? static_cast<uint16_t>(parent->count + 1) : 0;
  auto** names = static_cast<PyObject**>(count ? malloc(count * sizeof(PyObject*)) : nullptr);
  if (!s || !t || (count && !names)) {
    free(s), free(t), free(names);
    return nullptr;
  }
  *s = Shape{parent, name, count, capacity, owner, t};
  t->names = names;
  if (count) {
    if (count > 1) memcpy(names, parent->table->names, (count - 1u) * sizeof(PyObject*));
    names[count - 1] = name;
    incref(name);
  }
  if (count > kScanned) {
    uint32_t size = count * 2 <= 32 ? 32 : 64;
    if (auto* buckets = static_cast<uint8_t*>(calloc(size, 1))) {
      t->mask = size - 1;
      for (int i = 0; i < count; i++) {
        uint32_t b = name_hash(names[i]) & t->mask;
        while (buckets[b]) b = (b + 1) & t->mask;
        buckets[b] = static_cast<uint8_t>(i + 1);
      }
      t->buckets = buckets;
    }
  }
  return s;
}

Shape* shape_add(Shape* shape, PyObject* name, uint16_t limit) {
  Shape::Table* t = shape->table;
  for (uint32_t i = 0; i < t->child_count; i++) {
    if (t->children[i]->name == name) return t->children[i];
  }
  if (shape->count >= shape->capacity || shape->count >= limit) return nullptr;
  // A class whose instances all differ would grow the tree without end.
  if (t->child_count >= 64) return nullptr;
  if ((t->child_count & (t->child_count - 1)) == 0) {
    size_t capacity = t->child_count ? t->child_count * 2 : 1;
    auto** p = static_cast<Shape**>(realloc(t->children, capacity * sizeof(Shape*)));
    if (!p) return nullptr;
    t->children = p;
  }
  Shape* child = make_shape(shape, name, shape->owner, shape->capacity);
  if (child) t->children[t->child_count++] = child;
  return child;
}

void (*self_attributes)(Value function, void (*visit)(PyObject* name, void* arg), void* arg) = nullptr;

namespace {

struct NameSet {
  PyObject* names[kMaxInlineSlots];
  uint16_t count = 0;
  static void add(PyObject* name, void* arg) {
    auto* s = static_cast<NameSet*>(arg);
    for (int i = 0; i < s->count; i++) {
      if (s->names[i] == name) return;
    }
    if (s->count < kMaxInlineSlots) s->names[s->count++] = name;
  }
};
// How many slots the instances of a class should have, by what the methods of the class and its bases do. 0: no telling.
uint16_t estimated_slots(PyTypeObject* type) {
  if (!self_attributes || !type->tp_mro) return 0;
  NameSet set;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); i++) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    if (!is_heap(base) || !base->tp_dict) continue;
    Py_ssize_t position = 0;
    Value name, v;
    while (dict_next(Value{base->tp_dict}, &position, &name, &v)) self_attributes(v, &NameSet::add, &set);
  }
  return set.count ? set.count + 2 : 0;
}

}  // namespace

// Whether instances stand on a struct of others that may ask for alignment to 16, which blocks have whose size is a multiple of it.
static bool may_be_wide(PyTypeObject* type) {
  while (type && extra(type)->shape_offset) type = type->tp_base;
  return type && !extra(type)->def && type->tp_basicsize % 16 == 0;
}

Shape* root_shape(TypeExtra* e) {
  Shape* root = e->root_shape;
  if (ADDER_LIKELY(root && root->capacity >= e->inline_slots)) return root;
  uint16_t estimate = root ? uint16_t{0} : estimated_slots(e->owner);
  uint16_t want = estimate ? estimate : e->inline_slots ? e->inline_slots : kDefaultInlineSlots;
  if (want > kMaxInlineSlots) want = kMaxInlineSlots;
  if ((e->shape_offset / 8 + 1 + want) % 2 && may_be_wide(e->owner)) want += want < kMaxInlineSlots ? 1 : -1;
  if (root && root->capacity >= want) return root;
  Shape* fresh = make_shape(nullptr, nullptr, e->owner, want);
  if (!fresh) return root;
  fresh->table->next_root = root;
  e->inline_slots = want;
  return e->root_shape = fresh;
}

static void free_tree(Shape* s) {
  Shape::Table* t = s->table;
  for (uint32_t i = 0; i < t->child_count; i++) free_tree(t->children[i]);
  if (s->name) decref(s->name);
  free(t->children);
  free(t->names);
  free(t->buckets);
  free(t);
  free(s);
}
void free_shapes(Shape* root) {
  while (root) {
    Shape* next = root->table->next_root;
    free_tree(root);
    root = next;
  }
}

void setup_shape(PyTypeObject* type, bool own) {
  TypeExtra* e = extra(type);
  TypeExtra* base = type->tp_base ? extra(type->tp_base) : nullptr;
  if (!own && !(base && base->shape_offset)) return;
  // Each class has the shape word behind its own struct; a base's position means nothing to its subclasses.
  e->shape_offset = static_cast<uint32_t>((type->tp_basicsize + 7) & ~7);
  uint16_t inherited = base && base->shape_offset ? base->inline_slots : 0;
  e->inline_slots = inherited > kDefaultInlineSlots ? inherited : kDefaultInlineSlots;
}

// --- Instances ------------------------------------------------------------------------------------------------------------
static Shape* shape_of(PyObject* o, TypeExtra* e, uintptr_t word) {
  return word ? reinterpret_cast<Shape*>(word) : root_shape(e);
}

PyObject* instance_enter_dict_mode(PyObject* o) {
  TypeExtra* e = extra(Py_TYPE(o));
  uint32_t offset = e->shape_offset;
  uintptr_t word = shape_word(o, offset);
  if (word & kDictMode) {
    PyObject* d = dict_mode_dict(o, offset);
    if (d) return d;
    Ref fresh = dict_new();
    if (!fresh) return nullptr;
    d = fresh.release().object();
    if (word == kDictMode) *inline_slot(o, offset, 0) = Value{d};
    else shape_word(o, offset) = reinterpret_cast<uintptr_t>(d) | kDictMode;
    return d;
  }
  Ref d = dict_new();
  if (!d) return nullptr;
  auto* shape = reinterpret_cast<Shape*>(word);
  int n = shape ? shape->count : 0;
  for (int i = 0; i < n; i++) {
    if (!dict_set_str(d, shape->table->names[i], *inline_slot(o, offset, static_cast<uint32_t>(i)))) return nullptr;
  }
  PyObject* dict = d.release().object();
  shape_word(o, offset) = reinterpret_cast<uintptr_t>(dict) | kDictMode;
  for (int i = 0; i < n; i++) clear_slot(*inline_slot(o, offset, static_cast<uint32_t>(i)));
  return dict;
}

PyObject** instance_dict_pointer(PyObject* o) {
  uint32_t offset = extra(Py_TYPE(o))->shape_offset;
  PyObject* d = instance_enter_dict_mode(o);
  if (!d) return nullptr;
  if (shape_word(o, offset) != kDictMode) {
    *inline_slot(o, offset, 0) = Value{d};
    shape_word(o, offset) = kDictMode;
  }
  return reinterpret_cast<PyObject**>(inline_slot(o, offset, 0));
}

Value instance_get(PyObject* o, PyObject* name) {
  TypeExtra* e = extra(Py_TYPE(o));
  uintptr_t word = shape_word(o, e->shape_offset);
  if (word & kDictMode) {
    PyObject* d = dict_mode_dict(o, e->shape_offset);
    return d ? dict_get_str(Value{d}, name) : Value{};
  }
  if (!word) return {};
  int i = shape_find(reinterpret_cast<Shape*>(word), name);
  return i < 0 ? Value{} : *inline_slot(o, e->shape_offset, static_cast<uint32_t>(i));
}

bool instance_set(PyObject* o, PyObject* name, Value value) {
  if (!value) return instance_delete(o, name) >= 0;
  TypeExtra* e = extra(Py_TYPE(o));
  uint32_t offset = e->shape_offset;
  uintptr_t word = shape_word(o, offset);
  if (!(word & kDictMode)) {
    Shape* shape = shape_of(o, e, word);
    if (!shape) return raise_no_memory();
    int i = shape_find(shape, name);
    if (i >= 0) {
      assign(*inline_slot(o, offset, static_cast<uint32_t>(i)), Ref::copy(value));
      return true;
    }
    Ref interned = str_is_interned(name) ? Ref::copy(Value{name}) : intern(str_to_exact(Value{name}));
    if (!interned) return false;
    if (Shape* next = shape_add(shape, interned.object(), kMaxInlineSlots)) {
      *inline_slot(o, offset, shape->count) = Ref::copy(value).release();
      shape_word(o, offset) = reinterpret_cast<uintptr_t>(next);
      return true;
    }
    // Later instances of the class get more room.
    if (shape->count >= shape->capacity && e->inline_slots <= shape->capacity && shape->capacity < kMaxInlineSlots) {
      int more = shape->capacity * 2;
      e->inline_slots = static_cast<uint16_t>(more > kMaxInlineSlots ? kMaxInlineSlots : more);
    }
  }
  PyObject* d = instance_enter_dict_mode(o);
  if (!d) return false;
  Ref keep = Ref::copy(Value{d});
  return dict_set_str(keep, name, value);
}

int instance_delete(PyObject* o, PyObject* name) {
  TypeExtra* e = extra(Py_TYPE(o));
  uint32_t offset = e->shape_offset;
  uintptr_t word = shape_word(o, offset);
  if (!(word & kDictMode)) {
    if (!word) return 0;
    auto* shape = reinterpret_cast<Shape*>(word);
    int i = shape_find(shape, name);
    if (i < 0) return 0;
    if (i == shape->count - 1) {
      shape_word(o, offset) = reinterpret_cast<uintptr_t>(shape->parent);
      clear_slot(*inline_slot(o, offset, static_cast<uint32_t>(i)));
      return 1;
    }
  }
  PyObject* d = instance_enter_dict_mode(o);
  if (!d) return -1;
  Ref keep = Ref::copy(Value{d});
  return dict_delete(keep, Value{name});
}

bool instance_replace_dict(PyObject* o, Value dict) {
  PyObject* old = instance_enter_dict_mode(o);
  if (!old) return false;
  uint32_t offset = extra(Py_TYPE(o))->shape_offset;
  incref(dict);
  if (shape_word(o, offset) == kDictMode) *inline_slot(o, offset, 0) = dict;
  else shape_word(o, offset) = dict.bits | kDictMode;
  decref(old);
  return true;
}

void instance_clear(PyObject* o) {
  uint32_t offset = extra(Py_TYPE(o))->shape_offset;
  uintptr_t word = shape_word(o, offset);
  if (word & kDictMode) {
    PyObject* d = dict_mode_dict(o, offset);
    // How many slots it has is not known any more: it stays in dict mode, without a dict.
    *inline_slot(o, offset, 0) = Value{};
    shape_word(o, offset) = kDictMode;
    if (d) decref(d);
    return;
  }
  if (!word) return;
  auto* shape = reinterpret_cast<Shape*>(word);
  int n = shape->count;
  while (shape->parent) shape = shape->parent;
  shape_word(o, offset) = reinterpret_cast<uintptr_t>(shape);
  // Releasing an attribute may run code that sets new ones: what is cleared here is taken out first.
  Value taken[kMaxInlineSlots];
  for (int i = 0; i < n; i++) {
    Value* slot = inline_slot(o, offset, static_cast<uint32_t>(i));
    taken[i] = *slot;
    *slot = Value{};
  }
  for (int i = 0; i < n; i++) decref(taken[i]);
}

int instance_traverse(PyObject* o, visitproc visit, void* arg) {
  uint32_t offset = extra(Py_TYPE(o))->shape_offset;
  uintptr_t word = shape_word(o, offset);
  if (word & kDictMode) {
    ADDER_VISIT(dict_mode_dict(o, offset));
    return 0;
  }
  if (!word) return 0;
  int n = reinterpret_cast<Shape*>(word)->count;
  for (int i = 0; i < n; i++) ADDER_VISIT(*inline_slot(o, offset, static_cast<uint32_t>(i)));
  return 0;
}

}  // namespace adder
