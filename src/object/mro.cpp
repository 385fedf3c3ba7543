// The method resolution order, lookup along it through the global method cache, version tags, and the links from a type
// to its subclasses.
#include <cstdlib>
#include "object/type_impl.h"

namespace adder {

bool is_subtype(PyTypeObject* a, PyTypeObject* b) {
  if (a == b) return true;
  if (PyObject* mro = a->tp_mro) {
    Py_ssize_t n = PyTuple_GET_SIZE(mro);
    for (Py_ssize_t i = 0; i < n; i++) {
      if (PyTuple_GET_ITEM(mro, i) == reinterpret_cast<PyObject*>(b)) return true;
    }
    return false;
  }
  for (; a; a = a->tp_base) {
    if (a == b) return true;
  }
  return b == &PyBaseObject_Type;
}

// --- Lookup -------------------------------------------------------------------------------------------------------------
namespace {
struct CacheEntry {
  PyObject* name;  // owned
  Value value;     // borrowed: alive as long as the version is
  uint32_t version;
};
constexpr size_t kCacheSize = 4096;
constinit CacheEntry cache[kCacheSize] = {};
uint32_t next_version = 1;

inline CacheEntry& cache_entry(uint32_t version, PyObject* name) {
  return cache[(version ^ reinterpret_cast<uintptr_t>(name) >> 4) & (kCacheSize - 1)];
}
}  // namespace

Value mro_lookup(PyTypeObject* type, PyObject* name, PyTypeObject** owner) {
  PyObject* mro = type->tp_mro;
  if (!mro) {
    if (type_has(type, Py_TPFLAGS_READYING) || type_has(type, Py_TPFLAGS_READY)) return {};
    if (!type_ready(type)) {
      clear_error();
      return {};
    }
    mro = type->tp_mro;
    if (!mro) return {};
  }
  Ref keep = Ref::copy(Value{mro});  // comparing keys may run code that assigns __bases__
  Py_ssize_t n = PyTuple_GET_SIZE(mro);
  for (Py_ssize_t i = 0; i < n; i++) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
    if (!base->tp_dict) continue;
    if (Value v = dict_get_str(Value{base->tp_dict}, name)) {
      if (owner) *owner = base;
      return v;
    }
  }
  return {};
}

[[gnu::noinline]] static Value lookup_slow(PyTypeObject* type, PyObject* name) {
  if (!str_is_interned(name)) return mro_lookup(type, name, nullptr);
  uint32_t version = type_version(type);
  Value v = mro_lookup(type, name, nullptr);
  if (version && type->tp_version_tag == version) {
    CacheEntry& e = cache_entry(version, name);
    PyObject* old = e.name;
    incref(name);
    e = {name, v, version};
    if (old) decref(old);
  }
  return v;
}

Value type_lookup(PyTypeObject* type, PyObject* name) {
  if (ADDER_LIKELY(type_has(type, Py_TPFLAGS_VALID_VERSION_TAG))) {
    CacheEntry& e = cache_entry(type->tp_version_tag, name);
    if (ADDER_LIKELY(e.name == name && e.version == type->tp_version_tag)) return e.value;
  }
  return lookup_slow(type, name);
}

uint32_t clear_lookup_cache() {
  for (CacheEntry& e : cache) {
    PyObject* old = e.name;
    e = {};
    if (old) decref(old);
  }
  return next_version;
}

// --- Versions -----------------------------------------------------------------------------------------------------------
uint32_t type_version(PyTypeObject* type) {
  if (type_has(type, Py_TPFLAGS_VALID_VERSION_TAG)) return type->tp_version_tag;
  if (!type_has(type, Py_TPFLAGS_READY) || next_version == 0 || extra(type)->no_version) return 0;
  if (PyObject* bases = type->tp_bases) {
    Py_ssize_t n = PyTuple_GET_SIZE(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!type_version(reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i)))) return 0;
    }
  }
  type->tp_version_tag = next_version++;
  type->tp_flags |= Py_TPFLAGS_VALID_VERSION_TAG;
  return type->tp_version_tag;
}

void type_modified(PyTypeObject* type) {
  // A type without a version has no subclass with one.
  if (!type_has(type, Py_TPFLAGS_VALID_VERSION_TAG)) return;
  TypeExtra* e = extra(type);
  for (uint32_t i = 0; i < e->subclass_count; i++) type_modified(e->subclasses[i]);
  type->tp_flags &= ~Py_TPFLAGS_VALID_VERSION_TAG;
  type->tp_version_tag = 0;
}

// --- Subclasses ---------------------------------------------------------------------------------------------------------
bool add_subclass(PyTypeObject* base, PyTypeObject* type) {
  TypeExtra* e = extra(base);
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    if (e->subclasses[i] == type) return true;
  }
  if (e->subclass_count == e->subclass_capacity) {
    uint32_t capacity = e->subclass_capacity ? e->subclass_capacity * 2 : 4;
    auto* p = static_cast<PyTypeObject**>(realloc(e->subclasses, capacity * sizeof(PyTypeObject*)));
    if (!p) return raise_no_memory();
    e->subclasses = p;
    e->subclass_capacity = capacity;
  }
  e->subclasses[e->subclass_count++] = type;
  return true;
}

void remove_subclass(PyTypeObject* base, PyTypeObject* type) {
  if (!base->tp_cache) return;
  TypeExtra* e = extra(base);
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    if (e->subclasses[i] != type) continue;
    for (uint32_t k = i + 1; k < e->subclass_count; k++) e->subclasses[k - 1] = e->subclasses[k];
    e->subclass_count--;
    return;
  }
}

// --- C3 -----------------------------------------------------------------------------------------------------------------
namespace {
bool in_tail(Value sequence, Py_ssize_t after, Value x) {
  for (Py_ssize_t i = after + 1; i < sequence_size(sequence); i++) {
    if (sequence_get(sequence, i) == x) return true;
  }
  return false;
}

Failure raise_inconsistent(Value* sequences, Py_ssize_t* at, Py_ssize_t n) {
  // The heads that are left are the bases that contradict each other.
  StrBuilder text;
  text.add_ascii("Cannot create a consistent method resolution\norder (MRO) for bases ");
  Ref seen = list_new();
  bool first = true;
  for (Py_ssize_t i = 0; i < n && seen; i++) {
    if (at[i] >= sequence_size(sequences[i])) continue;
    Value head = sequence_get(sequences[i], at[i]);
    bool known = false;
    for (Py_ssize_t k = 0; k < list_size(seen); k++) known |= list_get(seen, k) == head;
    if (known) continue;
    (void)list_append(seen, head);
    if (!first) text.add_ascii(", ");
    first = false;
    Ref name = is_type(head) ? type_name(head.as<PyTypeObject>()) : getattr(head, "__name__"_id);
    if (!name || !is_str(name)) clear_error();
    else text.add(name);
  }
  Ref message = text.finish();
  return message ? raise_value(PyExc_TypeError, message) : Failure{};
}

Ref c3(PyTypeObject* type) {
  Value bases{type->tp_bases};
  Py_ssize_t n = tuple_size(bases);
  for (Py_ssize_t i = 0; i < n; i++) {
    auto* base = tuple_get(bases, i).as<PyTypeObject>();
    if (!base->tp_mro) return raise(PyExc_TypeError, "Cannot extend an incomplete type '%.100s'", base->tp_name);
  }
  if (n == 1) {
    PyObject* base_mro = tuple_get(bases, 0).as<PyTypeObject>()->tp_mro;
    Py_ssize_t k = PyTuple_GET_SIZE(base_mro);
    Ref mro = tuple_new(k + 1);
    if (!mro) return {};
    tuple_init(mro, 0, Ref::copy(Value{type}));
    for (Py_ssize_t i = 0; i < k; i++) tuple_init(mro, i + 1, Ref::copy(mro_item(base_mro, i)));
    return mro;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    for (Py_ssize_t k = i + 1; k < n; k++) {
      if (tuple_get(bases, i) != tuple_get(bases, k)) continue;
      Ref name = type_name(tuple_get(bases, i).as<PyTypeObject>());
      return name ? raise(PyExc_TypeError, "duplicate base class %U", name.get()) : Failure{};
    }
  }
  Ref result = list_of({Value{type}});
  auto* sequences = static_cast<Value*>(malloc(static_cast<size_t>(n + 1) * sizeof(Value)));
  auto* at = static_cast<Py_ssize_t*>(calloc(static_cast<size_t>(n + 1), sizeof(Py_ssize_t)));
  struct Freed {
    void *a, *b;
    ~Freed() { free(a), free(b); }
  } freed{sequences, at};
  if (!result || !sequences || !at) return raise_no_memory();
  for (Py_ssize_t i = 0; i < n; i++) sequences[i] = Value{tuple_get(bases, i).as<PyTypeObject>()->tp_mro};
  sequences[n] = bases;
  for (;;) {
    bool empty = true, found = false;
    for (Py_ssize_t i = 0; i <= n && !found; i++) {
      if (at[i] >= sequence_size(sequences[i])) continue;
      empty = false;
      Value candidate = sequence_get(sequences[i], at[i]);
      bool blocked = false;
      for (Py_ssize_t k = 0; k <= n && !blocked; k++) blocked = in_tail(sequences[k], at[k], candidate);
      if (blocked) continue;
      if (!list_append(result, candidate)) return {};
      for (Py_ssize_t k = 0; k <= n; k++) {
        if (at[k] < sequence_size(sequences[k]) && sequence_get(sequences[k], at[k]) == candidate) at[k]++;
      }
      found = true;
    }
    if (empty) return list_to_tuple(result);
    if (!found) return raise_inconsistent(sequences, at, n + 1);
  }
}
}  // namespace

Ref type_mro_method(Value self) {
  Ref t = c3(self.as<PyTypeObject>());
  return t ? to_list(t) : Ref{};
}

bool mro_overrides(PyTypeObject* type) {
  PyTypeObject* meta = Py_TYPE(type);
  if (meta == &PyType_Type) return false;
  PyTypeObject* owner = nullptr;
  return mro_lookup(meta, "mro"_id, &owner) && owner != &PyType_Type;
}

PyObject* mro_compute(PyTypeObject* type) {
  if (!mro_overrides(type)) return c3(type).release().object();
  Ref method = lookup_special(Value{type}, "mro"_id);
  if (!method) return nullptr;
  Ref given = call0(method);
  if (!given) return nullptr;
  Ref mro = to_tuple(given);
  if (!mro) return nullptr;
  PyTypeObject* solid = solid_base(type);
  for (Py_ssize_t i = 0; i < tuple_size(mro); i++) {
    Value v = tuple_get(mro, i);
    if (!is_type(v)) return raise(PyExc_TypeError, "mro() returned a non-class ('%.500s')", type_of(v)->tp_name);
    if (!is_subtype(solid, solid_base(v.as<PyTypeObject>()))) {
      return raise(PyExc_TypeError, "mro() returned base with unsuitable layout ('%.500s')", v.as<PyTypeObject>()->tp_name);
    }
  }
  return mro.release().object();
}

bool mro_update(PyTypeObject* type) {
  PyObject* old = type->tp_mro;
  PyObject* mro = mro_compute(type);
  if (!mro) return false;
  if (type->tp_mro != old) {  // a custom mro() changed it again meanwhile; the later one stands
    decref(mro);
    return true;
  }
  expose(mro);
  type_modified(type);
  type->tp_mro = mro;
  // Classes that come in by a custom mro() do not know this one as a subclass, so a version could go stale.
  extra(type)->no_version = mro_overrides(type);
  if (old) decref(old);
  return true;
}

}  // namespace adder
