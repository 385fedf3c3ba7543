// functools.lru_cache: a callable that remembers results. Links of the list of recent use stand in the cache dict.
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"

namespace adder {

Ref bound_method(Value function, Value self);  // object/method.cpp

namespace {

ADDER_TYPE(cache_type);
ADDER_TYPE(link_type);

struct Link {
  PyObject head;
  Link* previous;
  Link* next;
  Py_hash_t hash;
  Value key, result;
};
struct Cache {
  PyObject head;
  // A circular list: oldest.next … newest. The links are owned by the dict.
  Link root;
  PyObject* function;
  PyObject* entries;  // dict: key → result (unbounded) or link
  PyObject* info_type;
  PyObject* dict;
  PyObject* weakrefs;
  Py_ssize_t maxsize;  // -1: unbounded
  Py_ssize_t hits, misses;
  bool typed;
};
Cache* cache(Value v) { return v.as<Cache>(); }

// Separates positional from keyword arguments in a key.
PyObject* keyword_mark() {
  static PyObject* mark = call0(Value{&PyBaseObject_Type}).release().object();
  return mark;
}

void unlink(Link* l) {
  l->previous->next = l->next;
  l->next->previous = l->previous;
}
void link_newest(Cache* c, Link* l) {
  l->previous = c->root.previous;
  l->next = &c->root;
  c->root.previous->next = l;
  c->root.previous = l;
}

void link_dealloc(PyObject* o) {
  auto* l = reinterpret_cast<Link*>(o);
  clear_slot(l->key);
  clear_slot(l->result);
  Py_TYPE(o)->tp_free(o);
}

// Takes all links out of the list, giving the last references up only afterwards.
void drop_all(Cache* c) {
  c->root.previous = c->root.next = &c->root;
}

Ref make_key(Cache* c, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (!c->typed && keywords == 0) {
    if (args.n == 1 && (is_exact_int(args[0]) || is_exact_str(args[0]))) return Ref::copy(args[0]);
    return tuple_from(args.v, static_cast<Py_ssize_t>(args.n));
  }
  size_t n = args.n + (keywords ? 1 + 2 * keywords : 0);
  if (c->typed) n += args.n + keywords;
  Ref key = tuple_new(static_cast<Py_ssize_t>(n));
  if (!key) return key;
  Py_ssize_t at = 0;
  for (size_t i = 0; i < args.n; i++) tuple_init(key, at++, Ref::copy(args[i]));
  if (keywords) {
    tuple_init(key, at++, Ref::copy(keyword_mark()));
    for (size_t i = 0; i < keywords; i++) {
      tuple_init(key, at++, Ref::copy(tuple_get(args.kwnames, static_cast<Py_ssize_t>(i))));
      tuple_init(key, at++, Ref::copy(args.v[args.n + i]));
    }
  }
  if (c->typed) {
    for (size_t i = 0; i < args.n + keywords; i++) tuple_init(key, at++, Ref::copy(type_of(args.v[i])));
  }
  return key;
}

Ref call_unbounded(Cache* c, Args args) {
  Ref key = make_key(c, args);
  Py_hash_t h = key ? hash(key) : -1;
  if (h == -1) return nullptr;
  Value found = dict_get_hashed(c->entries, key, h);
  if (found) {
    c->hits++;
    return Ref::copy(found);
  }
  if (error_occurred()) return nullptr;
  c->misses++;
  Ref result = call(c->function, args);
  if (!result || !dict_set_hashed(c->entries, key, h, result)) return nullptr;
  return result;
}

Ref call_bounded(Cache* c, Args args) {
  Ref key = make_key(c, args);
  Py_hash_t h = key ? hash(key) : -1;
  if (h == -1) return nullptr;
  Value found = dict_get_hashed(c->entries, key, h);
  if (found) {
    Link* l = found.as<Link>();
    unlink(l);
    link_newest(c, l);
    c->hits++;
    return Ref::copy(l->result);
  }
  if (error_occurred()) return nullptr;
  c->misses++;
  Ref result = call(c->function, args);
  if (!result) return nullptr;
  // The call may have filled the cache itself.
  if (dict_get_hashed(c->entries, key, h)) return result;
  if (error_occurred()) return nullptr;
  Ref link;
  if (dict_size(c->entries) >= c->maxsize && c->root.next != &c->root) {
    Link* oldest = c->root.next;
    unlink(oldest);
    Ref hold = Ref::copy(&oldest->head);
    int popped = dict_pop_hashed(c->entries, oldest->key, oldest->hash, &link);
    if (popped < 0) {
      link_newest(c, oldest);  // it is still in the dict
      return nullptr;
    }
    if (popped == 0) return result;  // somebody cleared the cache meanwhile
    if (link.get() != Value{&oldest->head}) return result;
  } else {
    auto* made = new_object<Link>(&link_type);
    if (!made) return nullptr;
    link = Ref::steal(&made->head);
  }
  // The evicted link serves again. What it held goes last: that may run anything.
  Link* l = link.get().as<Link>();
  Ref old_key = Ref::steal(l->key), old_result = Ref::steal(l->result);
  l->hash = h;
  l->key = Ref::copy(key).release();
  l->result = Ref::copy(result).release();
  if (!dict_set_hashed(c->entries, key, h, link)) return nullptr;
  if (refcount(&l->head) > 1) link_newest(c, l);
  return result;
}

Ref cache_call(Value self, Args args) {
  auto* c = cache(self);
  if (c->maxsize < 0) return call_unbounded(c, args);
  if (c->maxsize > 0) return call_bounded(c, args);
  c->misses++;
  return call(c->function, args);
}

Ref cache_new(PyTypeObject* type, Args args) {
  Value a[4];
  if (!bind_arguments("lru_cache", args, {"user_function", "maxsize", "typed", "cache_info_type"}, 4, a)) return nullptr;
  if (!is_callable(a[0])) return raise(PyExc_TypeError, "the first argument must be callable");
  Py_ssize_t maxsize = -1;
  if (!is_none(a[1])) {
    if (!is_int(a[1]) && !(a[1].is_object() && slots_of(a[1]).nb_index)) return raise(PyExc_TypeError, "maxsize should be integer or None");
    if (!index_as_ssize(a[1], &maxsize, PyExc_OverflowError)) return nullptr;
    if (maxsize < 0) maxsize = 0;
  }
  int typed = is_true(a[2]);
  if (typed < 0) return nullptr;
  Ref entries = dict_new();
  if (!entries) return nullptr;
  auto* c = new_object<Cache>(type);
  if (!c) return nullptr;
  drop_all(c);
  incref(a[0]);
  c->function = a[0].object();
  c->entries = entries.release().object();
  incref(a[3]);
  c->info_type = a[3].object();
  c->maxsize = maxsize;
  c->typed = typed != 0;
  return Ref::steal(&c->head);
}

Ref cache_get(Value self, Value object, Value) {
  if (!object || is_none(object)) return Ref::copy(self);
  return bound_method(self, object);
}

Ref cache_info(Value self) {
  auto* c = cache(self);
  Ref hits = int_from_ssize(c->hits), misses = int_from_ssize(c->misses), size = int_from_ssize(dict_size(c->entries));
  Ref maxsize = c->maxsize == -1 ? none_ref() : int_from_ssize(c->maxsize);
  return call(c->info_type, {hits, misses, maxsize, size});
}
Ref cache_clear(Value self) {
  auto* c = cache(self);
  c->hits = c->misses = 0;
  drop_all(c);
  Ref fresh = dict_new();
  if (!fresh) return nullptr;
  Ref old = Ref::steal(c->entries);
  c->entries = fresh.release().object();
  return none_ref();
}
Ref cache_reduce(Value self) { return getattr(self, "__qualname__"_id); }
Ref cache_copy(Value self) { return Ref::copy(self); }
Ref cache_deepcopy(Value self, Value) { return Ref::copy(self); }

void cache_dealloc(PyObject* o) {
  gc_untrack(o);
  auto* c = cache(o);
  if (c->weakrefs) clear_weakrefs(o);
  drop_all(c);
  Py_XDECREF(c->entries);
  Py_XDECREF(c->function);
  Py_XDECREF(c->info_type);
  Py_XDECREF(c->dict);
  Py_TYPE(o)->tp_free(o);
}
int cache_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* c = cache(o);
  // Links are not tracked: what they hold is visited here.
  for (Link* l = c->root.next; l && l != &c->root; l = l->next) {
    ADDER_VISIT(l->key);
    ADDER_VISIT(l->result);
  }
  Py_VISIT(c->entries);
  Py_VISIT(c->function);
  Py_VISIT(c->info_type);
  Py_VISIT(c->dict);
  return 0;
}
int cache_tp_clear(PyObject* o) {
  auto* c = cache(o);
  drop_all(c);
  Ref fresh = dict_new();
  if (fresh) {
    Ref old = Ref::steal(c->entries);
    c->entries = fresh.release().object();
  } else {
    clear_error();
  }
  Py_CLEAR(c->dict);
  return 0;
}

Ref get_dict(Value self) { return instance_dict(self); }
bool set_dict(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "cannot delete __dict__");
  if (!is_dict(v)) return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%N'", type_of(v));
  incref(v);
  Py_XSETREF(cache(self)->dict, v.object());
  return true;
}

const MethodRow cache_methods[] = {method<cache_info>("cache_info", "($self, /)", "Report cache statistics"),
                                   method<cache_clear>("cache_clear", "($self, /)", "Clear the cache and cache statistics"),
                                   method<cache_reduce>("__reduce__", "", ""),
                                   method<cache_copy>("__copy__", "", ""),
                                   method<cache_deepcopy>("__deepcopy__", "", ""),
                                   {}};
const GetSetRow cache_getset[] = {getset<get_dict, set_dict>("__dict__"), {}};

}  // namespace

extern const TypeDef lru_cache_def{
    .type = &cache_type,
    .name = "functools._lru_cache_wrapper",
    .basicsize = sizeof(Cache),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\n"
           "maxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\n"
           "typed:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\n"
           "cache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n",
    .dealloc = cache_dealloc,
    .traverse = cache_traverse,
    .clear = cache_tp_clear,
    .weaklistoffset = offsetof(Cache, weakrefs),
    .dictoffset = offsetof(Cache, dict),
    .slots = {.tp_call = slot::Call<cache_call>, .tp_descr_get = slot::DescrGet<cache_get>, .tp_new = slot::New<cache_new>},
    .methods = cache_methods,
    .getset = cache_getset,
};
extern const TypeDef lru_link_def{
    .type = &link_type,
    .name = "functools._lru_list_elem",
    .basicsize = sizeof(Link),
    .dealloc = link_dealloc,
};

}  // namespace adder
