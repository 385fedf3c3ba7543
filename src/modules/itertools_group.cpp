// itertools: groupby and tee.
#include "modules/itertools.h"

namespace adder::itertools {
namespace {

// --- groupby ------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(groupby_type);
ADDER_TYPE(grouper_type);
struct GroupBy {
  PyObject head;
  Value iterator, key_function;  // key_function: none() for identity
  Value target_key;              // of the group handed out last
  Value current_key, current_value;
  const void* current_grouper;   // borrowed: only compared
};
struct Grouper {
  PyObject head;
  Value parent, key;
};

Ref groupby_new(PyTypeObject* type, Args args) {
  Value a[2];
  if (!bind_arguments("groupby", args, {"iterable", "key"}, 1, a)) return nullptr;
  Ref it = iter(a[0]);
  if (!it) return nullptr;
  auto* g = new_object<GroupBy>(type);
  if (!g) return nullptr;
  g->iterator = it.release();
  g->key_function = Ref::copy(a[1] ? a[1] : none()).release();
  return Ref::steal(&g->head);
}

// Reads one item and its key. false: ended or exception.
bool groupby_step(GroupBy* g) {
  Ref v = step(g->iterator);
  if (!v) return false;
  Ref key = is_none(g->key_function) ? Ref::copy(v) : call1(g->key_function, v);
  if (!key) return false;
  set(g->current_value, std::move(v));
  set(g->current_key, std::move(key));
  return true;
}

Ref grouper_make(Value parent, Value key) {
  auto* r = new_object<Grouper>(&grouper_type);
  if (!r) return nullptr;
  r->parent = Ref::copy(parent).release();
  r->key = Ref::copy(key).release();
  parent.as<GroupBy>()->current_grouper = r;
  return Ref::steal(&r->head);
}

Ref groupby_next(Value self) {
  auto* g = self.as<GroupBy>();
  g->current_grouper = nullptr;
  // Skip what is left of the group before.
  for (;;) {
    if (g->current_key) {
      if (!g->target_key) break;
      Ref target = Ref::copy(g->target_key), current = Ref::copy(g->current_key);
      int same = equal(target, current);
      if (same < 0) return nullptr;
      if (!same) break;
    }
    if (!groupby_step(g)) return nullptr;
  }
  set(g->target_key, Ref::copy(g->current_key));
  Ref grouper = grouper_make(self, g->target_key);
  return grouper ? tuple_of({g->current_key, grouper}) : Ref{};
}

Ref groupby_reduce(Value self) {
  auto* g = self.as<GroupBy>();
  Ref args = tuple_of({g->iterator, g->key_function});
  if (g->target_key && g->current_key && g->current_value) {
    Ref state = tuple_of({g->current_value, g->target_key, g->current_key});
    return tuple_of({Value{type_of(self)}, args, state});
  }
  return tuple_of({Value{type_of(self)}, args});
}
Ref groupby_setstate(Value self, Value state) {
  auto* g = self.as<GroupBy>();
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state is not a tuple");
  if (tuple_size(state) != 3) return raise(PyExc_TypeError, "function takes exactly 3 arguments (%zd given)", tuple_size(state));
  set(g->current_value, Ref::copy(tuple_get(state, 0)));
  set(g->target_key, Ref::copy(tuple_get(state, 1)));
  set(g->current_key, Ref::copy(tuple_get(state, 2)));
  return none_ref();
}
const MethodRow groupby_methods[] = {
    method<groupby_reduce>("__reduce__", "", kReduceDoc), method<groupby_setstate>("__setstate__", "", kSetStateDoc), {}};

Ref grouper_new(PyTypeObject*, Args args) {
  if (!positional_only("_grouper", args, 2, 2)) return nullptr;
  if (!args[0].is_object() || !is_instance_exactly(args[0], &groupby_type)) {
    return raise(PyExc_TypeError, "_grouper() argument 1 must be itertools.groupby, not %N", type_of(args[0]));
  }
  return grouper_make(args[0], args[1]);
}
Ref grouper_next(Value self) {
  auto* r = self.as<Grouper>();
  auto* g = r->parent.as<GroupBy>();
  if (g->current_grouper != r) return nullptr;
  if (!g->current_value && !groupby_step(g)) return nullptr;
  Ref mine = Ref::copy(r->key), current = Ref::copy(g->current_key);
  int same = equal(mine, current);
  if (same <= 0) return nullptr;
  Ref v = Ref::steal(g->current_value);
  g->current_value = Value{};
  clear_slot(g->current_key);
  return v;
}
Ref grouper_reduce(Value self) {
  auto* r = self.as<Grouper>();
  if (r->parent.as<GroupBy>()->current_grouper != r) {
    Ref iter_function = get_builtin("iter"_id);
    if (!iter_function) return nullptr;
    Ref empty = tuple_empty();
    Ref args = tuple_of({empty});
    return tuple_of({iter_function, args});
  }
  Ref args = tuple_of({r->parent, r->key});
  return tuple_of({Value{type_of(self)}, args});
}
const MethodRow grouper_methods[] = {method<grouper_reduce>("__reduce__", "", kReduceDoc), {}};

// --- tee ----------------------------------------------------------------------------------------------------------------------------
// The items read and not yet seen by all are kept in a linked list of blocks; each branch holds the block where it is.
ADDER_TYPE(tee_type);
ADDER_TYPE(tee_data_type);
constexpr int kBlock = 57;
struct TeeData {
  PyObject head;
  Value iterator, next;
  Value items[kBlock];
  int count;
  bool running;
};
struct Tee {
  PyObject head;
  Value data;
  int index;
  PyObject* weakrefs;
};

Ref tee_data_make(Value iterator) {
  auto* d = new_object<TeeData>(&tee_data_type);
  if (!d) return nullptr;
  d->iterator = Ref::copy(iterator).release();
  return Ref::steal(&d->head);
}
// The block behind d, made if need be.
Ref tee_data_next(TeeData* d) {
  if (!d->next) {
    Ref fresh = tee_data_make(d->iterator);
    if (!fresh) return nullptr;
    set(d->next, std::move(fresh));
  }
  return Ref::copy(d->next);
}
Ref tee_data_item(TeeData* d, int i) {
  if (i < d->count) return Ref::copy(d->items[i]);
  if (d->running) return raise(PyExc_RuntimeError, "cannot re-enter the tee iterator");
  d->running = true;
  Ref item = step(d->iterator);
  d->running = false;
  if (!item) return nullptr;
  d->items[d->count++] = Ref::copy(item).release();
  return item;
}
void tee_data_dealloc(PyObject* o) {
  gc_untrack(o);
  auto* d = reinterpret_cast<TeeData*>(o);
  clear_slot(d->iterator);
  for (int i = 0; i < d->count; i++) clear_slot(d->items[i]);
  // A long chain that nobody else holds is taken down without recursion.
  Ref next = Ref::steal(d->next);
  d->next = Value{};
  while (next && refcount(next.object()) == 1) {
    Ref after = Ref::steal(next.as<TeeData>()->next);
    next.as<TeeData>()->next = Value{};
    next = std::move(after);
  }
  next.reset();
  Py_TYPE(o)->tp_free(o);
}
Ref tee_data_new(PyTypeObject*, Args args) {
  if (!positional_only("_tee_dataobject", args, 3, 3)) return nullptr;
  if (!is_list(args[1])) return raise(PyExc_TypeError, "_tee_dataobject() argument 2 must be list, not %N", type_of(args[1]));
  Ref self = tee_data_make(args[0]);
  if (!self) return nullptr;
  auto* d = self.as<TeeData>();
  Py_ssize_t n = list_size(args[1]);
  if (n > kBlock) return raise(PyExc_ValueError, "Invalid arguments");
  for (Py_ssize_t i = 0; i < n; i++) d->items[d->count++] = Ref::copy(list_get(args[1], i)).release();
  if (n == kBlock) {
    if (!is_none(args[2])) {
      if (!is_exact(args[2], &tee_data_type)) return raise(PyExc_ValueError, "Invalid arguments");
      set(d->next, Ref::copy(args[2]));
    }
  } else if (!is_none(args[2])) {
    return raise(PyExc_ValueError, "Invalid arguments");
  }
  return self;
}
Ref tee_data_reduce(Value self) {
  auto* d = self.as<TeeData>();
  Ref items = list_from(d->items, d->count);
  Ref args = items ? tuple_of({d->iterator, items, d->next ? d->next : none()}) : Ref{};
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
const MethodRow tee_data_methods[] = {method<tee_data_reduce>("__reduce__", "", kReduceDoc), {}};

Ref tee_of(Value iterable) {
  Ref it = iter(iterable);
  if (!it) return nullptr;
  if (is_instance_exactly(it, &tee_type)) {
    auto* from = it.as<Tee>();
    auto* t = new_object<Tee>(&tee_type);
    if (!t) return nullptr;
    t->data = Ref::copy(from->data).release();
    t->index = from->index;
    return Ref::steal(&t->head);
  }
  Ref data = tee_data_make(it);
  auto* t = data ? new_object<Tee>(&tee_type) : nullptr;
  if (!t) return nullptr;
  t->data = data.release();
  return Ref::steal(&t->head);
}
Ref tee_new(PyTypeObject*, Args args) {
  if (!positional_only("_tee", args, 1, 1)) return nullptr;
  return tee_of(args[0]);
}
Ref tee_next(Value self) {
  auto* t = self.as<Tee>();
  // What another tee has read.
  if (auto* d = t->data.as<TeeData>(); t->index < d->count) return Ref::copy(d->items[t->index++]);
  if (t->index >= kBlock) {
    Ref next = tee_data_next(t->data.as<TeeData>());
    if (!next) return nullptr;
    set(t->data, std::move(next));
    t->index = 0;
  }
  Ref data = Ref::copy(t->data);
  Ref item = tee_data_item(data.as<TeeData>(), t->index);
  if (item) t->index++;
  return item;
}
Ref tee_copy(Value self) { return tee_of(self); }
Ref tee_reduce(Value self) {
  auto* t = self.as<Tee>();
  Ref empty = tuple_empty();
  Ref args = tuple_of({empty});
  Ref state = tuple_of({t->data, Value::from_int(t->index)});
  return tuple_of({Value{type_of(self)}, args, state});
}
Ref tee_setstate(Value self, Value state) {
  auto* t = self.as<Tee>();
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state is not a tuple");
  if (tuple_size(state) != 2) return raise(PyExc_TypeError, "function takes exactly 2 arguments (%zd given)", tuple_size(state));
  if (!is_exact(tuple_get(state, 0), &tee_data_type)) {
    return raise(PyExc_TypeError, "argument 1 must be itertools._tee_dataobject, not %N", type_of(tuple_get(state, 0)));
  }
  int index;
  if (!as_int(tuple_get(state, 1), &index)) return nullptr;
  if (index < 0 || index > kBlock) return raise(PyExc_ValueError, "Index out of range");
  set(t->data, Ref::copy(tuple_get(state, 0)));
  t->index = index;
  return none_ref();
}
void tee_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &tee_dealloc};
  if (guard.deferred) return;
  if (reinterpret_cast<Tee*>(o)->weakrefs) clear_weakrefs(o);
  clear_slot(reinterpret_cast<Tee*>(o)->data);
  Py_TYPE(o)->tp_free(o);
}
const MethodRow tee_methods[] = {method<tee_copy>("__copy__", "", "Returns an independent iterator."),
                                 method<tee_reduce>("__reduce__", "", kReduceDoc),
                                 method<tee_setstate>("__setstate__", "", kSetStateDoc),
                                 {}};

constexpr unsigned long kFinal = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;

}  // namespace

Ref tee(Value, Args args) {
  if (!positional_only("tee", args, 1, 2)) return nullptr;
  Py_ssize_t n = 2;
  if (args.n > 1 && !as_ssize(args[1], &n)) return nullptr;
  if (n < 0) return raise(PyExc_ValueError, "n must be >= 0");
  Ref result = list_new(n < 64 ? n : 64);
  if (!result) return nullptr;
  if (n == 0) return tuple_empty();
  Ref it = iter(args[0]);
  if (!it) return nullptr;
  // An iterator that can copy itself needs no buffer.
  Ref copy_method;
  if (lookup_attr(it, "__copy__"_id, &copy_method) < 0) return nullptr;
  if (!copy_method) {
    it = tee_of(it);
    if (!it || lookup_attr(it, "__copy__"_id, &copy_method) < 0) return nullptr;
  }
  if (!list_append(result, it.get())) return nullptr;
  for (Py_ssize_t i = 1; i < n; i++) {
    Ref copy = call0(copy_method);
    if (!copy || !list_append(result, std::move(copy))) return nullptr;
  }
  return list_to_tuple(result);
}

ADDER_ITERATOR(groupby, GroupBy, 5, "itertools.groupby", "(iterable, key=None)",
               "make an iterator that returns consecutive keys and groups from the iterable\n\n"
               "  iterable\n    Elements to divide into groups according to the key function.\n"
               "  key\n    A function for computing the group category for each element.\n"
               "    If the key function is not specified or is None, the element itself\n    is used for grouping.");
extern const TypeDef grouper_def{
    .type = &grouper_type,
    .name = "itertools._grouper",
    .basicsize = sizeof(Grouper),
    .flags = kFinal,
    .dealloc = dealloc<2>,
    .traverse = traverse<2>,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<grouper_next>, .tp_new = slot::New<grouper_new>},
    .methods = grouper_methods,
};
extern const TypeDef tee_def{
    .type = &tee_type,
    .name = "itertools._tee",
    .basicsize = sizeof(Tee),
    .flags = kFinal,
    .doc = "Iterator wrapped to make it copyable.",
    .dealloc = tee_dealloc,
    .traverse = traverse<1>,
    .clear = clear<1>,
    .weaklistoffset = offsetof(Tee, weakrefs),
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<tee_next>, .tp_new = slot::New<tee_new>},
    .methods = tee_methods,
};
extern const TypeDef tee_data_def{
    .type = &tee_data_type,
    .name = "itertools._tee_dataobject",
    .basicsize = sizeof(TeeData),
    .flags = kFinal,
    .doc = "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple tee objects.",
    .dealloc = tee_data_dealloc,
    .traverse = traverse<2 + kBlock>,
    .clear = clear<2>,
    .slots = {.tp_new = slot::New<tee_data_new>},
    .methods = tee_data_methods,
};

}  // namespace adder::itertools
