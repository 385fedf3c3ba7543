// The iterators that builtins name: enumerate, reversed, map, filter, zip.
#include <cstring>

#include "memory/gc.h"
#include "object/arguments.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

extern "C" {
PyTypeObject PyEnum_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyReversed_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyMap_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyFilter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyZip_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

Ref self_iter(Value self) { return Ref::copy(self); }
Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }
inline Ref step(Value iterator) { return slots_of(iterator).tp_iternext(iterator); }

// A result tuple of n items that the last next() gave and that nobody kept can be filled anew.
bool reusable(PyObject* tuple) { return refcount(tuple) == 1 && !c_visible(tuple); }
void refill(PyObject* tuple, Py_ssize_t i, Ref v) {
  Value old = tuple_words(tuple)[i];
  tuple_words(tuple)[i] = v.release();
  decref(old);
}
// The collector may have stopped tracking it while it held nothing that can be in a cycle.
Ref hand_out(PyObject* tuple) {
  if (!gc_is_tracked(tuple)) gc_track(tuple);
  return Ref::copy(tuple);
}

// The iterators over each of the arguments.
Ref iterators_of(const Value* words, size_t n) {
  Ref its = tuple_new(static_cast<Py_ssize_t>(n));
  for (size_t i = 0; its && i < n; i++) {
    Ref it = iter(words[i]);
    if (!it) return nullptr;
    tuple_init(its, static_cast<Py_ssize_t>(i), std::move(it));
  }
  return its;
}

// --- enumerate ------------------------------------------------------------------------------------------------------------
struct Enumerate {
  PyObject head;
  Value index;     // any int
  PyObject* iterator;
  PyObject* result;  // the pair to reuse
};
Enumerate* enumerate(Value v) { return v.as<Enumerate>(); }

Ref enumerate_new(PyTypeObject* type, Args args) {
  Value iterable = args.n > 0 ? args[0] : Value{}, start = args.n > 1 ? args[1] : Value{};
  size_t total = args.n + (args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0);
  if (total > 2) return raise(PyExc_TypeError, "enumerate() takes at most 2 arguments (%zu given)", total);
  if (args.kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      Value name = tuple_get(args.kwnames, i), v = args.v[args.n + static_cast<size_t>(i)];
      if (str_equals(name, "iterable") && !iterable) iterable = v;
      else if (str_equals(name, "start") && !start) start = v;
      else return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for enumerate()", name);
    }
  }
  if (!iterable) return raise(PyExc_TypeError, "enumerate() missing required argument 'iterable'");
  auto* e = new_object<Enumerate>(type);
  if (!e) return nullptr;
  Ref self = Ref::steal(&e->head);
  Ref first = start ? index(start) : Ref::from_int(0);
  if (!first) return nullptr;
  e->index = first.release();
  Ref it = iter(iterable);
  Ref pair = it ? tuple_of({none(), none()}) : Ref{};
  if (!pair) return nullptr;
  e->iterator = it.release().object();
  e->result = pair.release().object();
  return self;
}

Ref enumerate_next(Value self) {
  auto* e = enumerate(self);
  Ref item = step(e->iterator);
  if (!item) return nullptr;
  Ref at = Ref::copy(e->index);
  if (ADDER_LIKELY(at.get().is_int() && at.get().as_int() < Value::kIntMax)) {
    e->index = Value::from_int(at.get().as_int() + 1);
  } else {
    Ref following = int_add(at, Value::from_int(1));
    if (!following) return nullptr;
    assign(e->index, std::move(following));
  }
  if (reusable(e->result)) {
    Ref hold = hand_out(e->result);
    refill(e->result, 0, std::move(at));
    refill(e->result, 1, std::move(item));
    return hold;
  }
  Ref pair = tuple_new(2);
  if (!pair) return nullptr;
  tuple_init(pair, 0, std::move(at));
  tuple_init(pair, 1, std::move(item));
  return pair;
}

Ref enumerate_reduce(Value self) {
  Ref args = tuple_of({Value{enumerate(self)->iterator}, enumerate(self)->index});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}

void enumerate_dealloc(PyObject* o) {
  gc_untrack(o);
  clear_slot(enumerate(o)->index);
  Py_XDECREF(enumerate(o)->iterator);
  Py_XDECREF(enumerate(o)->result);
  Py_TYPE(o)->tp_free(o);
}
int enumerate_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(enumerate(o)->iterator);
  Py_VISIT(enumerate(o)->result);
  return 0;
}
const MethodRow enumerate_methods[] = {
    method<enumerate_reduce>("__reduce__", "", "Return state information for pickling."),
    class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    {}};

// --- reversed ------------------------------------------------------------------------------------------------------------------
struct Reversed {
  PyObject head;
  Py_ssize_t index;    // of the next item; -1: exhausted
  PyObject* sequence;  // null: exhausted
};
Reversed* reversed(Value v) { return v.as<Reversed>(); }

Ref reversed_new(PyTypeObject* type, Args args) {
  if (type == &PyReversed_Type && !reject_keywords("reversed", args)) return nullptr;
  if (!count_between("reversed", args.n, 1, 1)) return nullptr;
  Value seq = args[0];
  Ref method = lookup_special(seq, "__reversed__"_id);
  if (!method && error_occurred()) return nullptr;
  if (method) {
    if (is_none(method)) return raise(PyExc_TypeError, "'%N' object is not reversible", type_of(seq));
    return call0(method);
  }
  if (!is_sequence(seq)) return raise(PyExc_TypeError, "'%N' object is not reversible", type_of(seq));
  Py_ssize_t n = length(seq);
  if (n == -1) return nullptr;
  auto* r = new_object<Reversed>(type);
  if (!r) return nullptr;
  r->index = n - 1;
  incref(seq);
  r->sequence = seq.object();
  return Ref::steal(&r->head);
}

Ref reversed_next(Value self) {
  auto* r = reversed(self);
  if (r->index >= 0 && r->sequence) {
    Ref item = sequence_item(r->sequence, r->index);
    if (item) {
      r->index--;
      return item;
    }
    if (error_matches(PyExc_IndexError) || error_matches(PyExc_StopIteration)) clear_error();
  }
  r->index = -1;
  Py_CLEAR(r->sequence);
  return nullptr;
}

Ref reversed_length_hint(Value self) {
  auto* r = reversed(self);
  if (!r->sequence) return Ref::from_int(0);
  Py_ssize_t n = length(r->sequence);
  if (n == -1) return nullptr;
  Py_ssize_t left = r->index + 1;
  return int_from_ssize(n < left ? 0 : left);
}
Ref reversed_reduce(Value self) {
  auto* r = reversed(self);
  if (r->sequence) {
    Ref args = tuple_of({Value{r->sequence}});
    Ref at = int_from_ssize(r->index);
    return tuple_of({Value{type_of(self)}, args, at});
  }
  Ref empty = tuple_empty();
  Ref args = tuple_of({empty});
  return tuple_of({Value{type_of(self)}, args});
}
Ref reversed_setstate(Value self, Value state) {
  auto* r = reversed(self);
  Py_ssize_t at;
  if (!as_ssize(state, &at)) return nullptr;
  if (r->sequence) {
    Py_ssize_t n = length(r->sequence);
    if (n < 0) return nullptr;
    r->index = at < -1 ? -1 : at > n - 1 ? n - 1 : at;
  }
  return none_ref();
}
void reversed_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(reversed(o)->sequence);
  Py_TYPE(o)->tp_free(o);
}
int reversed_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(reversed(o)->sequence);
  return 0;
}
const MethodRow reversed_methods[] = {
    method<reversed_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<reversed_reduce>("__reduce__", "", "Return state information for pickling."),
    method<reversed_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

// --- map -------------------------------------------------------------------------------------------------------------------------
struct Map {
  PyObject head;
  PyObject* iterators;  // tuple
  PyObject* function;   // boxed
};
Map* map(Value v) { return v.as<Map>(); }

Ref map_new(PyTypeObject* type, Args args) {
  if ((type == &PyMap_Type || type->tp_init == PyMap_Type.tp_init) && !reject_keywords("map", args)) return nullptr;
  if (args.n < 2) return raise(PyExc_TypeError, "map() must have at least two arguments.");
  Ref its = iterators_of(args.v + 1, args.n - 1);
  PyObject* function = its ? to_c(args[0]) : nullptr;
  if (!function) return nullptr;
  auto* m = new_object<Map>(type);
  if (!m) {
    decref(function);
    return nullptr;
  }
  m->iterators = its.release().object();
  m->function = function;
  return Ref::steal(&m->head);
}

Ref map_next(Value self) {
  auto* m = map(self);
  Py_ssize_t n = tuple_size(m->iterators);
  Value function = from_c_borrowed(m->function);
  if (ADDER_LIKELY(n == 1)) {
    Ref item = step(tuple_get(m->iterators, 0));
    return item ? call1(function, item) : Ref{};
  }
  // An exhausted iterator ends it all: those before have given an item already.
  constexpr Py_ssize_t kSmall = 8;
  Ref small[kSmall];
  Value words[kSmall];
  if (n <= kSmall) {
    for (Py_ssize_t i = 0; i < n; i++) {
      small[i] = step(tuple_get(m->iterators, i));
      if (!small[i]) return nullptr;
      words[i] = small[i];
    }
    return call(function, Args{words, static_cast<size_t>(n), nullptr});
  }
  Ref list = list_new(n);
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref item = step(tuple_get(m->iterators, i));
    if (!item || !list || !list_append(list, std::move(item))) return nullptr;
  }
  return call(function, Args{list_words(list), static_cast<size_t>(n), nullptr});
}

Ref map_reduce(Value self) {
  auto* m = map(self);
  Ref list = list_new();
  if (!list || !list_append(list, from_c_borrowed(m->function)) || !list_extend(list, m->iterators)) return nullptr;
  Ref args = list_to_tuple(list);
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
void map_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(map(o)->iterators);
  Py_XDECREF(map(o)->function);
  Py_TYPE(o)->tp_free(o);
}
int map_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(map(o)->iterators);
  Py_VISIT(map(o)->function);
  return 0;
}
const MethodRow map_methods[] = {method<map_reduce>("__reduce__", "", "Return state information for pickling."), {}};

// --- filter -----------------------------------------------------------------------------------------------------------------------
struct Filter {
  PyObject head;
  PyObject* function;  // boxed; None: truth
  PyObject* iterator;
};
Filter* filter(Value v) { return v.as<Filter>(); }

Ref filter_new(PyTypeObject* type, Args args) {
  if ((type == &PyFilter_Type || type->tp_init == PyFilter_Type.tp_init) && !reject_keywords("filter", args)) return nullptr;
  if (!count_between("filter", args.n, 2, 2)) return nullptr;
  Ref it = iter(args[1]);
  PyObject* function = it ? to_c(args[0]) : nullptr;
  if (!function) return nullptr;
  auto* f = new_object<Filter>(type);
  if (!f) {
    decref(function);
    return nullptr;
  }
  f->function = function;
  f->iterator = it.release().object();
  return Ref::steal(&f->head);
}

Ref filter_next(Value self) {
  auto* f = filter(self);
  Value function = from_c_borrowed(f->function);
  bool truth = is_none(function) || function == Value{&PyBool_Type};
  NextFn next_item = slots_of(f->iterator).tp_iternext;
  while (Ref item = next_item(f->iterator)) {
    int ok;
    if (truth) {
      ok = is_true(item);
    } else {
      Ref verdict = call1(function, item);
      ok = verdict ? is_true(verdict) : -1;
    }
    if (ok > 0) return item;
    if (ok < 0) return nullptr;
  }
  return nullptr;
}

Ref filter_reduce(Value self) {
  Ref args = tuple_of({from_c_borrowed(filter(self)->function), Value{filter(self)->iterator}});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
void filter_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(filter(o)->function);
  Py_XDECREF(filter(o)->iterator);
  Py_TYPE(o)->tp_free(o);
}
int filter_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(filter(o)->function);
  Py_VISIT(filter(o)->iterator);
  return 0;
}
const MethodRow filter_methods[] = {method<filter_reduce>("__reduce__", "", "Return state information for pickling."), {}};

// --- zip ----------------------------------------------------------------------------------------------------------------------------
struct Zip {
  PyObject head;
  PyObject* iterators;  // tuple
  PyObject* result;     // tuple to reuse
  bool strict;
};
Zip* zip(Value v) { return v.as<Zip>(); }

Ref zip_new(PyTypeObject* type, Args args) {
  Value strict;
  if (!take_keywords("zip", args, {{"strict", &strict}})) return nullptr;
  int is_strict = strict ? is_true(strict) : 0;
  if (is_strict < 0) return nullptr;
  Ref its = iterators_of(args.v, args.n);
  if (!its) return nullptr;
  Ref result = tuple_new(static_cast<Py_ssize_t>(args.n));
  if (!result) return nullptr;
  for (size_t i = 0; i < args.n; i++) tuple_init(result, static_cast<Py_ssize_t>(i), none_ref());
  auto* z = new_object<Zip>(type);
  if (!z) return nullptr;
  z->iterators = its.release().object();
  z->result = result.release().object();
  z->strict = is_strict != 0;
  return Ref::steal(&z->head);
}

// Iterator i of a strict zip has ended: all must end here.
[[gnu::noinline]] Ref zip_ended(Zip* z, Py_ssize_t i) {
  if (error_occurred()) {
    if (!error_matches(PyExc_StopIteration)) return nullptr;
    clear_error();
  }
  if (i > 0) {
    return raise(PyExc_ValueError, "zip() argument %zd is shorter than argument%s%zd", i + 1, i == 1 ? " " : "s 1-", i);
  }
  for (Py_ssize_t k = 1; k < tuple_size(z->iterators); k++) {
    Ref item = step(tuple_get(z->iterators, k));
    if (item) return raise(PyExc_ValueError, "zip() argument %zd is longer than argument%s%zd", k + 1, k == 1 ? " " : "s 1-", k);
    if (error_occurred()) {
      if (!error_matches(PyExc_StopIteration)) return nullptr;
      clear_error();
    }
  }
  return nullptr;
}

Ref zip_next(Value self) {
  auto* z = zip(self);
  Py_ssize_t n = tuple_size(z->iterators);
  if (n == 0) return nullptr;
  bool reuse = reusable(z->result);
  Ref result = reuse ? hand_out(z->result) : tuple_new(n);
  if (!result) return nullptr;
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref item = step(tuple_get(z->iterators, i));
    if (ADDER_UNLIKELY(!item)) return z->strict ? zip_ended(z, i) : Ref{};
    if (reuse) refill(result.object(), i, std::move(item));
    else tuple_init(result, i, std::move(item));
  }
  return result;
}

Ref zip_reduce(Value self) {
  auto* z = zip(self);
  if (z->strict) return tuple_of({Value{type_of(self)}, Value{z->iterators}, boolean(true)});
  return tuple_of({Value{type_of(self)}, Value{z->iterators}});
}
Ref zip_setstate(Value self, Value state) {
  int strict = is_true(state);
  if (strict < 0) return nullptr;
  zip(self)->strict = strict;
  return none_ref();
}
void zip_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(zip(o)->iterators);
  Py_XDECREF(zip(o)->result);
  Py_TYPE(o)->tp_free(o);
}
int zip_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(zip(o)->iterators);
  Py_VISIT(zip(o)->result);
  return 0;
}
const MethodRow zip_methods[] = {method<zip_reduce>("__reduce__", "", "Return state information for pickling."),
                                 method<zip_setstate>("__setstate__", "", "Set state information for unpickling."),
                                 {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;

}  // namespace

extern const TypeDef enumerate_def{
    .type = &PyEnum_Type,
    .name = "enumerate",
    .basicsize = sizeof(Enumerate),
    .flags = kFlags,
    .doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\n"
           "The enumerate object yields pairs containing a count (from start, which\n"
           "defaults to zero) and a value yielded by the iterable argument.\n\n"
           "enumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    .signature = "(iterable, start=0)",
    .dealloc = enumerate_dealloc,
    .traverse = enumerate_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<enumerate_next>, .tp_new = slot::New<enumerate_new>},
    .methods = enumerate_methods,
};
extern const TypeDef reversed_def{
    .type = &PyReversed_Type,
    .name = "reversed",
    .basicsize = sizeof(Reversed),
    .flags = kFlags,
    .doc = "Return a reverse iterator over the values of the given sequence.",
    .signature = "(sequence, /)",
    .dealloc = reversed_dealloc,
    .traverse = reversed_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<reversed_next>, .tp_new = slot::New<reversed_new>},
    .methods = reversed_methods,
};
extern const TypeDef map_def{
    .type = &PyMap_Type,
    .name = "map",
    .basicsize = sizeof(Map),
    .flags = kFlags,
    .doc = "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from\n"
           "each of the iterables.  Stops when the shortest iterable is exhausted.",
    .dealloc = map_dealloc,
    .traverse = map_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<map_next>, .tp_new = slot::New<map_new>},
    .methods = map_methods,
};
extern const TypeDef filter_def{
    .type = &PyFilter_Type,
    .name = "filter",
    .basicsize = sizeof(Filter),
    .flags = kFlags,
    .doc = "filter(function or None, iterable) --> filter object\n\n"
           "Return an iterator yielding those items of iterable for which function(item)\n"
           "is true. If function is None, return the items that are true.",
    .dealloc = filter_dealloc,
    .traverse = filter_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<filter_next>, .tp_new = slot::New<filter_new>},
    .methods = filter_methods,
};
extern const TypeDef zip_def{
    .type = &PyZip_Type,
    .name = "zip",
    .basicsize = sizeof(Zip),
    .flags = kFlags,
    .doc = "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n"
           "   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\n"
           "The zip object yields n-length tuples, where n is the number of iterables\n"
           "passed as positional arguments to zip().  The i-th element in every tuple\n"
           "comes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\n"
           "If strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.",
    .dealloc = zip_dealloc,
    .traverse = zip_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<zip_next>, .tp_new = slot::New<zip_new>},
    .methods = zip_methods,
};

}  // namespace adder
