// The module _abc: what Lib/abc.py's ABCMeta does with registries and caches.
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {
namespace {

// Grows at each register(): negative caches of older versions are void.
uint64_t invalidation_counter = 0;

// --- The data of one class, in its _abc_impl ------------------------------------------------------------------------------------
ADDER_TYPE(data_type);
struct AbcData {
  PyObject head;
  PyObject* registry;  // sets of weak references to classes, or null
  PyObject* cache;
  PyObject* negative_cache;
  uint64_t negative_version;
};
AbcData* fields(Value v) { return v.as<AbcData>(); }

Ref data_new(PyTypeObject* type, Args) {
  auto* d = new_object<AbcData>(type);
  if (!d) return nullptr;
  d->negative_version = invalidation_counter;
  return Ref::steal(&d->head);
}
void data_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(fields(o)->registry);
  Py_XDECREF(fields(o)->cache);
  Py_XDECREF(fields(o)->negative_cache);
  Py_TYPE(o)->tp_free(o);
}
int data_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->registry);
  Py_VISIT(fields(o)->cache);
  Py_VISIT(fields(o)->negative_cache);
  return 0;
}
int data_clear(PyObject* o) {
  Py_CLEAR(fields(o)->registry);
  Py_CLEAR(fields(o)->cache);
  Py_CLEAR(fields(o)->negative_cache);
  return 0;
}
const TypeDef data_def{
    .type = &data_type,
    .name = "_abc._abc_data",
    .basicsize = sizeof(AbcData),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "Internal state held by ABC machinery.",
    .dealloc = data_dealloc,
    .traverse = data_traverse,
    .clear = data_clear,
    .slots = {.tp_new = slot::New<data_new>},
};

Ref data_of(Value cls) {
  Ref data = getattr(cls, "_abc_impl"_id);
  if (data && !is_exact(data, &data_type)) return raise(PyExc_TypeError, "_abc_impl is set to a wrong type");
  return data;
}

// --- Weak sets ---------------------------------------------------------------------------------------------------------------------
int in_weak_set(PyObject* set, Value object) {
  if (!set || set_size(set) == 0) return 0;
  Ref ref = weakref_new(object, none());
  if (!ref) {
    if (!error_matches(PyExc_TypeError)) return -1;
    clear_error();
    return 0;
  }
  return set_contains(set, ref);
}

// The callback of a reference in a set: takes it out. self is a weak reference to the set.
Ref drop_from_set(Value self, Value ref) {
  Ref set = Ref::copy(weakref_get(self));
  if (is_none(set)) return none_ref();
  return set_discard(set, ref) < 0 ? Ref{} : none_ref();
}
const MethodRow drop_row[] = {method<drop_from_set>("_destroy", "", ""), {}};

}  // namespace

// Whether it is what drops a dead class from a set of ours.
bool is_abc_callback(PyObject* callback) { return reinterpret_cast<PyCFunctionObject*>(callback)->m_ml == &drop_row[0].c; }

namespace {

bool add_to_weak_set(PyObject*& set, Value object) {
  if (!set) {
    Ref fresh = set_new(Value{});
    if (!fresh) return false;
    set = fresh.release().object();
  }
  Ref to_set = weakref_new(set, none());
  Ref callback = to_set ? make_builtin(drop_row[0], to_set, Value{}) : Ref{};
  Ref ref = callback ? weakref_new(object, callback) : Ref{};
  return ref && set_add(set, ref) >= 0;
}

// --- Making a class abstract ---------------------------------------------------------------------------------------------------------
int is_abstract(Value v) {
  Ref flag;
  if (lookup_attr(v, "__isabstractmethod__"_id, &flag) < 0) return -1;
  return flag ? is_true(flag) : 0;
}

bool compute_abstract_methods(Value self) {
  Ref abstracts = frozenset_new(Value{});
  Ref names = list_new();
  Ref ns = getattr(self, "__dict__"_id);
  if (!abstracts || !names || !ns) return false;
  // What the class itself defines.
  Ref items = call_method(ns, "items"_id);
  if (!items) return false;
  Ref pairs = to_list(items);
  if (!pairs) return false;
  for (Py_ssize_t i = 0; i < list_size(pairs); i++) {
    Ref pair = to_fast_sequence(list_get(pairs, i), "items() returned non-iterable");
    if (!pair) return false;
    if (sequence_size(pair) != 2) return raise(PyExc_TypeError, "items() returned item which size is not 2");
    int abstract = is_abstract(sequence_get(pair, 1));
    if (abstract < 0 || (abstract && !list_append(names, sequence_get(pair, 0)))) return false;
  }
  // What it inherits and has not replaced.
  Ref bases = getattr(self, "__bases__"_id);
  if (!bases) return false;
  if (!is_tuple(bases)) return raise(PyExc_TypeError, "__bases__ is not tuple");
  for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
    Ref inherited;
    if (lookup_attr(tuple_get(bases, i), "__abstractmethods__"_id, &inherited) < 0) return false;
    if (!inherited) continue;
    bool ok = for_each(inherited, [&](Value name) -> bool {
      if (!is_str(name)) return raise(PyExc_TypeError, "attribute name must be string, not '%N'", type_of(name));
      Ref v;
      if (lookup_attr(self, name.object(), &v) < 0) return false;
      if (!v) return true;
      int abstract = is_abstract(v);
      return abstract >= 0 && (!abstract || list_append(names, name));
    });
    if (!ok) return false;
  }
  abstracts = frozenset_new(names);
  return abstracts && setattr(self, "__abstractmethods__"_id, abstracts);
}

constexpr unsigned long kCollectionFlags = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;

Ref abc_init(Value, Value self) {
  if (!compute_abstract_methods(self)) return nullptr;
  Ref data = data_new(&data_type, Args{});
  if (!data || !setattr(self, "_abc_impl"_id, data)) return nullptr;
  // Sequence and Mapping pass a flag to their subclasses, for pattern matching.
  if (is_type(self)) {
    auto* cls = self.as<PyTypeObject>();
    Value flags;
    int found = dict_lookup(cls->tp_dict, Value{"__abc_tpflags__"_id}, &flags);
    if (found < 0) return nullptr;
    if (found && is_int(flags)) {
      int64_t word;
      if (!int_as_i64(flags, &word)) return nullptr;
      if ((static_cast<unsigned long>(word) & kCollectionFlags) == kCollectionFlags) {
        return raise(PyExc_TypeError, "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
      }
      cls->tp_flags |= static_cast<unsigned long>(word) & kCollectionFlags;
      if (dict_delete(cls->tp_dict, Value{"__abc_tpflags__"_id}) < 0) return nullptr;
      type_modified(cls);
    }
  }
  return none_ref();
}

void set_collection_flag(PyTypeObject* cls, unsigned long flag) {
  if ((cls->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) || (cls->tp_flags & kCollectionFlags) == flag) return;
  cls->tp_flags = (cls->tp_flags & ~kCollectionFlags) | flag;
  Ref subclasses = call_method(Value{&PyType_Type}, "__subclasses__"_id, {Value{cls}});
  if (!subclasses) return clear_error();
  for (Py_ssize_t i = 0; i < list_size(subclasses); i++) {
    Value sub = list_get(subclasses, i);
    if (is_type(sub)) set_collection_flag(sub.as<PyTypeObject>(), flag);
  }
}

Ref abc_register(Value, Args args) {
  if (!positional_only("_abc_register", args, 2, 2)) return nullptr;
  Value self = args[0], subclass = args[1];
  if (!is_type(subclass)) return raise(PyExc_TypeError, "Can only register classes");
  int r = is_subclass(subclass, self);
  if (r > 0) return Ref::copy(subclass);
  if (r < 0) return nullptr;
  r = is_subclass(self, subclass);
  if (r > 0) return raise(PyExc_RuntimeError, "Refusing to create an inheritance cycle");
  if (r < 0) return nullptr;
  Ref data = data_of(self);
  if (!data || !add_to_weak_set(fields(data)->registry, subclass)) return nullptr;
  invalidation_counter++;
  if (is_type(self)) {
    unsigned long flag = self.as<PyTypeObject>()->tp_flags & kCollectionFlags;
    if (flag) set_collection_flag(subclass.as<PyTypeObject>(), flag);
  }
  return Ref::copy(subclass);
}

// --- Asking ------------------------------------------------------------------------------------------------------------------------------
Ref abc_instancecheck(Value, Args args) {
  if (!positional_only("_abc_instancecheck", args, 2, 2)) return nullptr;
  Value self = args[0], instance = args[1];
  Ref data = data_of(self);
  if (!data) return nullptr;
  Ref subclass = getattr(instance, "__class__"_id);
  if (!subclass) return nullptr;
  int in = in_weak_set(fields(data)->cache, subclass);
  if (in < 0) return nullptr;
  if (in) return bool_ref(true);
  Value subtype = Value{type_of(instance)};
  if (subclass.get() == subtype) {
    if (fields(data)->negative_version == invalidation_counter) {
      in = in_weak_set(fields(data)->negative_cache, subclass);
      if (in < 0) return nullptr;
      if (in) return bool_ref(false);
    }
    return call_method(self, "__subclasscheck__"_id, {subclass});
  }
  Ref r = call_method(self, "__subclasscheck__"_id, {subclass});
  if (!r) return nullptr;
  int yes = is_true(r);
  if (yes < 0) return nullptr;
  if (yes) return r;
  return call_method(self, "__subclasscheck__"_id, {subtype});
}

// Whether the class is a subclass of one that is registered; caches it. -1: exception.
int check_registry(AbcData* d, Value subclass) {
  int in = in_weak_set(d->registry, subclass);
  if (in != 0) return in;
  if (!d->registry) return 0;
  // A copy: the checks may change the set.
  Ref refs = to_list(d->registry);
  if (!refs) return -1;
  for (Py_ssize_t i = 0; i < list_size(refs); i++) {
    Ref cls = Ref::copy(weakref_get(list_get(refs, i)));
    if (is_none(cls)) continue;
    int r = is_subclass(subclass, cls);
    if (r < 0) return -1;
    if (r > 0) return add_to_weak_set(d->cache, subclass) ? 1 : -1;
  }
  return 0;
}

Ref abc_subclasscheck(Value, Args args) {
  if (!positional_only("_abc_subclasscheck", args, 2, 2)) return nullptr;
  Value self = args[0], subclass = args[1];
  if (!is_type(subclass)) return raise(PyExc_TypeError, "issubclass() arg 1 must be a class");
  Ref data = data_of(self);
  if (!data) return nullptr;
  auto* d = fields(data);
  int in = in_weak_set(d->cache, subclass);
  if (in < 0) return nullptr;
  if (in) return bool_ref(true);
  if (d->negative_version < invalidation_counter) {
    if (d->negative_cache) call_method(d->negative_cache, "clear"_id).reset();
    d->negative_version = invalidation_counter;
  } else {
    in = in_weak_set(d->negative_cache, subclass);
    if (in < 0) return nullptr;
    if (in) return bool_ref(false);
  }
  Ref ok = call_method(self, "__subclasshook__"_id, {subclass});
  if (!ok) return nullptr;
  if (ok.get() == boolean(true)) return add_to_weak_set(d->cache, subclass) ? bool_ref(true) : Ref{};
  if (ok.get() == boolean(false)) return add_to_weak_set(d->negative_cache, subclass) ? bool_ref(false) : Ref{};
  if (ok.get() != not_implemented()) {
    return raise(PyExc_AssertionError, "__subclasshook__ must return either False, True, or NotImplemented");
  }
  // A real subclass.
  PyObject* mro = subclass.as<PyTypeObject>()->tp_mro;
  for (Py_ssize_t i = 0; mro && i < tuple_size(mro); i++) {
    if (tuple_get(mro, i) == self) return add_to_weak_set(d->cache, subclass) ? bool_ref(true) : Ref{};
  }
  int r = check_registry(d, subclass);
  if (r < 0) return nullptr;
  if (r) return bool_ref(true);
  // A subclass of one of our subclasses (which may be registered there).
  Ref subclasses = call_method(self, "__subclasses__"_id);
  if (!subclasses) return nullptr;
  if (!is_list(subclasses)) return raise(PyExc_TypeError, "__subclasses__() must return a list");
  for (Py_ssize_t i = 0; i < list_size(subclasses); i++) {
    Ref cls = Ref::copy(list_get(subclasses, i));
    r = is_subclass(subclass, cls);
    if (r < 0) return nullptr;
    if (r) return add_to_weak_set(d->cache, subclass) ? bool_ref(true) : Ref{};
  }
  return add_to_weak_set(d->negative_cache, subclass) ? bool_ref(false) : Ref{};
}

// --- For tests and debugging ------------------------------------------------------------------------------------------------------------
bool clear_set(PyObject* set) {
  if (!set) return true;
  Ref r = call_method(set, "clear"_id);
  return static_cast<bool>(r);
}
Ref reset_registry(Value, Value self) {
  Ref data = data_of(self);
  return data && clear_set(fields(data)->registry) ? none_ref() : Ref{};
}
Ref reset_caches(Value, Value self) {
  Ref data = data_of(self);
  return data && clear_set(fields(data)->cache) && clear_set(fields(data)->negative_cache) ? none_ref() : Ref{};
}
Ref get_dump(Value, Value self) {
  Ref data = data_of(self);
  if (!data) return nullptr;
  auto* d = fields(data);
  auto copy = [](PyObject* set) { return set_new(set ? Value{set} : Value{}); };
  Ref registry = copy(d->registry), cache = copy(d->cache), negative = copy(d->negative_cache), version = int_from_u64(d->negative_version);
  return tuple_of({registry, cache, negative, version});
}
Ref get_cache_token(Value) { return int_from_u64(invalidation_counter); }

const MethodRow functions[] = {
    method<get_cache_token>("get_cache_token", "($module, /)",
                            "Returns the current ABC cache token.\n\nThe token is an opaque object (supporting equality testing) identifying the\n"
                            "current version of the ABC cache for virtual subclasses. The token changes\nwith every call to register() on any ABC."),
    method<abc_init>("_abc_init", "($module, self, /)",
                     "Internal ABC helper for class set-up. Should be never used outside abc module."),
    method<reset_registry>("_reset_registry", "($module, self, /)",
                           "Internal ABC helper to reset registry of a given class.\n\nShould be only used by refleak.py"),
    method<reset_caches>("_reset_caches", "($module, self, /)",
                         "Internal ABC helper to reset both caches of a given class.\n\nShould be only used by refleak.py"),
    method<get_dump>("_get_dump", "($module, self, /)",
                     "Internal ABC helper for cache and registry debugging.\n\nReturn shallow copies of registry, of both caches, and\n"
                     "negative cache version. Don't call this function directly,\ninstead use ABC._dump_registry() for a nice repr."),
    method<abc_register>("_abc_register", "($module, self, subclass, /)",
                         "Internal ABC helper for subclasss registration. Should be never used outside abc module."),
    method<abc_instancecheck>("_abc_instancecheck", "($module, self, instance, /)",
                              "Internal ABC helper for instance checks. Should be never used outside abc module."),
    method<abc_subclasscheck>("_abc_subclasscheck", "($module, self, subclass, /)",
                              "Internal ABC helper for subclasss checks. Should be never used outside abc module."),
    {}};

bool exec(PyObject*) { return ready_type(data_def); }

}  // namespace

extern const ModuleDef abc_module{
    .name = "_abc", .doc = "Module contains faster C implementation of abc.ABCMeta", .methods = functions, .exec = exec};

}  // namespace adder
