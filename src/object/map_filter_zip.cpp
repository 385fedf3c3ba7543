// The types map, filter and zip.
#include "object/pairs.h"
#include "object/sequence.h"

PyTypeObject PyMap_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyFilter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyZip_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

Ref self_iter(Value self) { return Ref::copy(self); }
bool has_keywords(Args a) { return a.kwnames && tuple_size(a.kwnames) > 0; }

// A tuple of iterators over args[from ..].
Ref iterators_of(Args args, size_t from) {
  Ref t = tuple_new(static_cast<Py_ssize_t>(args.n - from));
  if (!t) return {};
  for (size_t i = from; i < args.n; i++) {
    Ref it = iter(args[i]);
    if (!it) return {};
    tuple_init(t, static_cast<Py_ssize_t>(i - from), std::move(it));
  }
  return t;
}

// After an iterator gave nothing: true if an exception other than StopIteration is set.
bool failed() {
  if (!error_occurred()) return false;
  if (!error_matches(PyExc_StopIteration)) return true;
  clear_error();
  return false;
}

// --- map --------------------------------------------------------------------------------------------------------------------

struct Map {
  PyObject head;
  PyObject* iterators;  // tuple
  PyObject* function;
};

Ref map_new(PyTypeObject* type, Args args) {
  if (has_keywords(args) && (type == &PyMap_Type || type->tp_init == PyMap_Type.tp_init)) return raise(PyExc_TypeError, "map() takes no keyword arguments");
  if (args.n < 2) return raise(PyExc_TypeError, "map() must have at least two arguments.");
  Ref iterators = iterators_of(args, 1);
  if (!iterators) return {};
  PyObject* function = to_c(args[0]);
  PyObject* o = function ? type->tp_alloc(type, 0) : nullptr;
  if (!o) return {};
  auto* m = reinterpret_cast<Map*>(o);
  m->iterators = iterators.release().object();
  m->function = function;
  return Ref::steal(Value{o});
}

void map_dealloc(PyObject* self) {
  auto* m = reinterpret_cast<Map*>(self);
  gc_untrack(self);
  TrashcanGuard guard{self, &map_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(m->iterators);
  Py_XDECREF(m->function);
  self->ob_type->tp_free(self);
}

int map_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* m = reinterpret_cast<Map*>(self);
  Py_VISIT(m->iterators);
  Py_VISIT(m->function);
  return 0;
}

Ref map_next(Value self) {
  auto* m = self.as<Map>();
  Value iterators{m->iterators};
  Py_ssize_t n = tuple_size(iterators);
  if (ADDER_LIKELY(n == 1)) {
    Ref item = step_inner(tuple_get(iterators, 0));
    if (!item) return {};
    Value v = item;
    return call(from_c_borrowed(m->function), Args{&v, 1, nullptr});
  }
  constexpr Py_ssize_t kLocal = 8;
  Value local[kLocal];
  Value* words = n <= kLocal ? local : static_cast<Value*>(object_malloc(static_cast<size_t>(n) * sizeof(Value)));
  if (!words) return raise_no_memory();
  Py_ssize_t got = 0;
  Ref result;
  for (; got < n; got++) {
    Ref item = step_inner(tuple_get(iterators, got));
    if (!item) break;
    words[got] = item.release();
  }
  if (got == n) result = call(from_c_borrowed(m->function), Args{words, static_cast<size_t>(n), nullptr});
  while (--got >= 0) decref(words[got]);
  if (words != local) object_free(words);
  return result;
}

Ref map_reduce(Value self) {
  auto* m = self.as<Map>();
  Value iterators{m->iterators};
  Py_ssize_t n = tuple_size(iterators);
  Ref args = tuple_new(n + 1);
  if (!args) return {};
  tuple_init(args, 0, Ref::copy(from_c_borrowed(m->function)));
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(args, i + 1, Ref::copy(tuple_get(iterators, i)));
  return tuple_of({Value{type_of(self)}, args});
}

const MethodRow map_methods[] = {method<map_reduce>("__reduce__", "", "Return state information for pickling."), {}};

// --- filter -----------------------------------------------------------------------------------------------------------------

struct Filter {
  PyObject head;
  PyObject* function;
  PyObject* iterator;
};

Ref filter_new(PyTypeObject* type, Args args) {
  if (has_keywords(args) && (type == &PyFilter_Type || type->tp_init == PyFilter_Type.tp_init)) return raise(PyExc_TypeError, "filter() takes no keyword arguments");
  if (args.n != 2) return raise(PyExc_TypeError, "filter expected 2 arguments, got %zd", static_cast<Py_ssize_t>(args.n));
  Ref it = iter(args[1]);
  if (!it) return {};
  PyObject* function = to_c(args[0]);
  PyObject* o = function ? type->tp_alloc(type, 0) : nullptr;
  if (!o) return {};
  auto* f = reinterpret_cast<Filter*>(o);
  f->function = function;
  f->iterator = it.release().object();
  return Ref::steal(Value{o});
}

void filter_dealloc(PyObject* self) {
  auto* f = reinterpret_cast<Filter*>(self);
  gc_untrack(self);
  TrashcanGuard guard{self, &filter_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(f->function);
  Py_XDECREF(f->iterator);
  self->ob_type->tp_free(self);
}

int filter_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* f = reinterpret_cast<Filter*>(self);
  Py_VISIT(f->function);
  Py_VISIT(f->iterator);
  return 0;
}

Ref filter_next(Value self) {
  auto* f = self.as<Filter>();
  Value it{f->iterator}, function = from_c_borrowed(f->function);
  bool truth_only = is_none(function) || function == Value{&PyBool_Type};
  for (;;) {
    Ref item = step_inner(it);
    if (!item) return {};
    int good;
    if (truth_only) {
      good = is_true(item);
    } else {
      Ref verdict = call1(function, item);
      if (!verdict) return {};
      good = is_true(verdict);
    }
    if (good > 0) return item;
    if (good < 0) return {};
  }
}

Ref filter_reduce(Value self) {
  auto* f = self.as<Filter>();
  Ref args = tuple_of({from_c_borrowed(f->function), Value{f->iterator}});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}

const MethodRow filter_methods[] = {method<filter_reduce>("__reduce__", "", "Return state information for pickling."), {}};

// --- zip --------------------------------------------------------------------------------------------------------------------

Ref zip_new(PyTypeObject* type, Args args) {
  int strict = 0;
  if (args.kwnames && (type == &PyZip_Type || type->tp_init == PyZip_Type.tp_init)) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      Value name = tuple_get(args.kwnames, i);
      if (!str_equals(name, "strict")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for zip()", name);
      strict = is_true(args.v[args.n + static_cast<size_t>(i)]);
      if (strict < 0) return {};
    }
  } else if (args.kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      if (str_equals(tuple_get(args.kwnames, i), "strict")) strict = is_true(args.v[args.n + static_cast<size_t>(i)]);
      if (strict < 0) return {};
    }
  }
  Ref iterators = iterators_of(args, 0);
  if (!iterators) return {};
  auto n = static_cast<Py_ssize_t>(args.n);
  Ref result = tuple_new(n);
  if (!result) return {};
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(result, i, none_ref());
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  auto* z = reinterpret_cast<Zip*>(o);
  z->size = n;
  z->iterators = iterators.release().object();
  z->result = result.release().object();
  z->strict = strict;
  return Ref::steal(Value{o});
}

void zip_dealloc(PyObject* self) {
  auto* z = reinterpret_cast<Zip*>(self);
  gc_untrack(self);
  TrashcanGuard guard{self, &zip_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(z->iterators);
  Py_XDECREF(z->result);
  self->ob_type->tp_free(self);
}

int zip_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* z = reinterpret_cast<Zip*>(self);
  Py_VISIT(z->iterators);
  Py_VISIT(z->result);
  return 0;
}

// Iterator i has ended before its fellows.
Ref zip_ended(Zip* z, Py_ssize_t i) {
  if (!z->strict || failed()) return {};
  Value iterators{z->iterators};
  if (i) {
    const char* plural = i == 1 ? " " : "s 1-";
    return raise(PyExc_ValueError, "zip() argument %zd is shorter than argument%s%zd", i + 1, plural, i);
  }
  for (i = 1; i < z->size; i++) {
    Ref item = step_inner(tuple_get(iterators, i));
    if (item) {
      const char* plural = i == 1 ? " " : "s 1-";
      return raise(PyExc_ValueError, "zip() argument %zd is longer than argument%s%zd", i + 1, plural, i);
    }
    if (failed()) return {};
  }
  return {};
}

Ref zip_next(Value self) {
  auto* z = self.as<Zip>();
  Py_ssize_t n = z->size;
  if (n == 0) return {};
  Value iterators{z->iterators};
  PyObject* result = z->result;
  if (refcount(result) == 1 && !c_visible(result)) {
    Ref held = Ref::copy(Value{result});
    Value* words = tuple_words(held);
    for (Py_ssize_t i = 0; i < n; i++) {
      Ref item = step_inner(tuple_get(iterators, i));
      if (!item) return zip_ended(z, i);
      assign(words[i], std::move(item));
    }
    if (!gc_is_tracked(result)) tuple_track_if_needed(result);
    return held;
  }
  Ref t = tuple_new_untracked(n);
  if (!t) return {};
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref item = step_inner(tuple_get(iterators, i));
    if (!item) return zip_ended(z, i);
    tuple_init(t, i, std::move(item));
  }
  tuple_track_if_needed(t.object());
  return t;
}

}  // namespace

NextPair zip_next_pair(Value self, Value* pair) {
  auto* z = self.as<Zip>();
  if (z->size != 2) return NextPair::kNotPairs;
  Value iterators{z->iterators};
  Ref first = step_inner(tuple_get(iterators, 0));
  if (!first) {
    (void)zip_ended(z, 0);
    return no_pair();
  }
  Ref second = step_inner(tuple_get(iterators, 1));
  if (!second) {
    (void)zip_ended(z, 1);
    return no_pair();
  }
  empty_pair(z->result);
  pair[0] = first.release();
  pair[1] = second.release();
  return NextPair::kGiven;
}

namespace {

Ref zip_reduce(Value self) {
  auto* z = self.as<Zip>();
  if (z->strict) return tuple_of({Value{type_of(self)}, Value{z->iterators}, boolean(true)});
  return tuple_of({Value{type_of(self)}, Value{z->iterators}});
}

Ref zip_setstate(Value self, Value state) {
  int strict = is_true(state);
  if (strict < 0) return {};
  self.as<Zip>()->strict = strict;
  return none_ref();
}

const MethodRow zip_methods[] = {
    method<zip_reduce>("__reduce__", "", "Return state information for pickling."),
    method<zip_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;

}  // namespace

extern const TypeDef map_def = {
    .type = &PyMap_Type,
    .name = "map",
    .basicsize = sizeof(Map),
    .flags = kFlags,
    .doc = "map(func, *iterables) --> map object\n\n"
           "Make an iterator that computes the function using arguments from\n"
           "each of the iterables.  Stops when the shortest iterable is exhausted.",
    .dealloc = map_dealloc,
    .traverse = map_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<map_next>, .tp_new = slot::New<map_new>},
    .methods = map_methods,
};

extern const TypeDef filter_def = {
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

extern const TypeDef zip_def = {
    .type = &PyZip_Type,
    .name = "zip",
    .basicsize = sizeof(Zip),
    .flags = kFlags,
    .doc = "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n"
           "   >>> list(zip('abcdefg', range(3), range(4)))\n"
           "   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\n"
           "The zip object yields n-length tuples, where n is the number of iterables\n"
           "passed as positional arguments to zip().  The i-th element in every tuple\n"
           "comes from the i-th iterable argument to zip().  This continues until the\n"
           "shortest argument is exhausted.\n\n"
           "If strict is true and one of the arguments is exhausted before the others,\n"
           "raise a ValueError.",
    .dealloc = zip_dealloc,
    .traverse = zip_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<zip_next>, .tp_new = slot::New<zip_new>},
    .methods = zip_methods,
};

}  // namespace adder
