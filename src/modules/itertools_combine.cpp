// itertools: product, permutations, combinations.
#include "modules/itertools.h"
#include "object/sequence.h"

namespace adder::itertools {
namespace {

// All four hold a pool (or pools), the indices of the current selection, and the tuple of the last result.
struct Combine {
  PyObject head;
  Value pool;    // tuple; of product: a tuple of tuples
  Value result;  // the last result; absent before the first
  Py_ssize_t* indices;
  bool stopped;
};
struct Selection : Combine {  // of r items of the pool
  Py_ssize_t r;
};
struct Permutations : Selection {
  Py_ssize_t* cycles;
};
Combine* combine(Value v) { return v.as<Combine>(); }
Selection* fields(Value v) { return v.as<Selection>(); }
Permutations* permuted(Value v) { return v.as<Permutations>(); }

void combine_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &combine_dealloc};
  if (guard.deferred) return;
  object_free(combine(o)->indices);
  clear_slot(combine(o)->pool);
  clear_slot(combine(o)->result);
  Py_TYPE(o)->tp_free(o);
}
void permutations_dealloc(PyObject* o) {
  object_free(permuted(o)->cycles);
  combine_dealloc(o);
}

Py_ssize_t* indices_new(Py_ssize_t n) {
  if (n > PY_SSIZE_T_MAX / 16) return raise_no_memory();
  auto* p = static_cast<Py_ssize_t*>(object_malloc(static_cast<size_t>(n > 0 ? n : 1) * sizeof(Py_ssize_t)));
  return p ? p : raise_no_memory();
}

// A fresh object with room for n indices.
Ref combine_make(PyTypeObject* type, Ref pool, Py_ssize_t n, bool stopped) {
  auto* c = new_object<Combine>(type);
  if (!c) return nullptr;
  c->pool = pool.release();
  Ref self = Ref::steal(&c->head);
  c->indices = indices_new(n);
  if (!c->indices) return nullptr;
  c->stopped = stopped;
  return self;
}
// One that selects r items.
Ref selection_make(PyTypeObject* type, Ref pool, Py_ssize_t n, Py_ssize_t r, bool stopped) {
  Ref self = combine_make(type, std::move(pool), n, stopped);
  if (self) fields(self)->r = r;
  return self;
}
Ref size_with(Value self, Py_ssize_t indices) {
  return int_from_ssize(type_of(self)->tp_basicsize + indices * static_cast<Py_ssize_t>(sizeof(Py_ssize_t)));
}

// The tuple for the next result: the last one if nobody kept it, else a copy. The caller changes items of it.
bool advance_result(Combine* c) {
  const Py_ssize_t n = tuple_size(c->result);
  // Its items are the pool's: no part of a cycle if the pool is none.
  const bool track = n > 0 && gc_is_tracked(c->pool.object());
  if (reusable(c->result)) {
    if (track && !gc_is_tracked(c->result.object())) gc_track(c->result.object());
    return true;
  }
  Ref copy = tuple_new_untracked(n);
  if (!copy) return false;
  copy_words(c->result.object(), tuple_words(c->result), n, tuple_words(copy));
  if (track) gc_track(copy.object());
  set(c->result, std::move(copy));
  return true;
}
void put(Combine* c, Py_ssize_t i, Value v) { refill(c->result, i, Ref::copy(v)); }
Ref give(Combine* c) { return Ref::copy(c->result); }
Ref stop(Combine* c) {
  c->stopped = true;
  return nullptr;
}

Ref tuple_of_indices(const Py_ssize_t* indices, Py_ssize_t n) {
  Ref t = tuple_new(n);
  for (Py_ssize_t i = 0; t && i < n; i++) tuple_init(t, i, int_from_ssize(indices[i]));
  return t;
}

// A state item as an index clipped into [0, most].
bool clipped(Value v, Py_ssize_t least, Py_ssize_t most, Py_ssize_t* out) {
  if (!as_ssize(v, out)) return false;
  if (*out < least) *out = least;
  if (*out > most) *out = most;
  return true;
}

// --- product ----------------------------------------------------------------------------------------------------------------
ADDER_TYPE(product_type);
Ref product_new(PyTypeObject* type, Args args) {
  Py_ssize_t repeat = 1;
  if (args.kwnames) {
    Py_ssize_t count = tuple_size(args.kwnames);
    if (count > 1) return raise(PyExc_TypeError, "product() takes at most 1 keyword argument (%zd given)", count);
    for (Py_ssize_t i = 0; i < count; i++) {
      Value name = tuple_get(args.kwnames, i);
      if (!str_equals(name, "repeat")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for product()", name);
      if (!as_ssize(args.v[args.n + static_cast<size_t>(i)], &repeat)) return nullptr;
    }
    if (repeat < 0) return raise(PyExc_ValueError, "repeat argument cannot be negative");
  }
  Py_ssize_t given = repeat == 0 ? 0 : static_cast<Py_ssize_t>(args.n), n;
  if (__builtin_mul_overflow(given, repeat, &n) || n > PY_SSIZE_T_MAX / 16) return raise(PyExc_OverflowError, "repeat argument too large");
  Ref pools = tuple_new(n);
  if (!pools) return nullptr;
  for (Py_ssize_t i = 0; i < given; i++) {
    Ref pool = to_tuple(args[static_cast<size_t>(i)]);
    if (!pool) {
      return nullptr;
    }
    tuple_init(pools, i, std::move(pool));
  }
  for (Py_ssize_t i = given; i < n; i++) tuple_init(pools, i, Ref::copy(tuple_get(pools, i - given)));
  Ref self = combine_make(type, std::move(pools), n, false);
  for (Py_ssize_t i = 0; self && i < n; i++) combine(self)->indices[i] = 0;
  return self;
}
Ref product_next(Value self) {
  auto* c = combine(self);
  if (c->stopped) return nullptr;
  Py_ssize_t n = tuple_size(c->pool);
  if (!c->result) {
    Ref first = tuple_new(n);
    if (!first) return stop(c);
    for (Py_ssize_t i = 0; i < n; i++) {
      Value pool = tuple_get(c->pool, i);
      if (tuple_size(pool) == 0) {
        for (; i < n; i++) tuple_init(first, i, none_ref());
        return stop(c);
      }
      tuple_init(first, i, Ref::copy(tuple_get(pool, 0)));
    }
    set(c->result, std::move(first));
    return give(c);
  }
  // Odometer: the rightmost that has a successor moves on, those behind it start again.
  if (!advance_result(c)) return stop(c);
  for (Py_ssize_t i = n - 1; i >= 0; i--) {
    Value pool = tuple_get(c->pool, i);
    if (++c->indices[i] == tuple_size(pool)) {
      c->indices[i] = 0;
      put(c, i, tuple_get(pool, 0));
    } else {
      put(c, i, tuple_get(pool, c->indices[i]));
      return give(c);
    }
  }
  return stop(c);
}
Ref product_reduce(Value self) {
  auto* c = combine(self);
  if (c->stopped) {
    Ref empty = tuple_empty();
    Ref args = tuple_of({empty});
    return tuple_of({Value{type_of(self)}, args});
  }
  if (!c->result) return tuple_of({Value{type_of(self)}, c->pool});
  Ref indices = tuple_of_indices(c->indices, tuple_size(c->pool));
  return indices ? tuple_of({Value{type_of(self)}, c->pool, indices}) : Ref{};
}
Ref product_setstate(Value self, Value state) {
  auto* c = combine(self);
  Py_ssize_t n = tuple_size(c->pool);
  if (!is_tuple(state) || tuple_size(state) != n) return raise(PyExc_ValueError, "invalid arguments");
  for (Py_ssize_t i = 0; i < n; i++) {
    Py_ssize_t size = tuple_size(tuple_get(c->pool, i));
    if (size == 0) {
      c->stopped = true;
      return none_ref();
    }
    if (!clipped(tuple_get(state, i), 0, size - 1, &c->indices[i])) return nullptr;
  }
  Ref result = tuple_new(n);
  for (Py_ssize_t i = 0; result && i < n; i++) tuple_init(result, i, Ref::copy(tuple_get(tuple_get(c->pool, i), c->indices[i])));
  if (!result) return nullptr;
  set(c->result, std::move(result));
  return none_ref();
}
Ref product_sizeof(Value self) { return size_with(self, tuple_size(combine(self)->pool)); }
const MethodRow product_methods[] = {method<product_reduce>("__reduce__", "", kReduceDoc),
                                     method<product_setstate>("__setstate__", "", kSetStateDoc),
                                     method<product_sizeof>("__sizeof__", "", "Returns size in memory, in bytes."),
                                     {}};

// --- combinations ---------------------------------------------------------------------------------------------------------------
// The selection at `indices` as a tuple of the pool's items.
Ref selection(Selection* c) {
  Ref t = tuple_new(c->r);
  for (Py_ssize_t i = 0; t && i < c->r; i++) tuple_init(t, i, Ref::copy(tuple_get(c->pool, c->indices[i])));
  return t;
}
Ref first_selection(Selection* c) {
  Ref t = selection(c);
  if (!t) return stop(c);
  set(c->result, std::move(t));
  return give(c);
}
bool pool_and_r(const char* name, Args args, Ref* pool, Py_ssize_t* r) {
  Value a[2];
  if (!bind_arguments(name, args, {"iterable", "r"}, 2, a)) return false;
  if (!as_ssize(a[1], r)) return false;
  *pool = to_tuple(a[0]);
  if (!*pool) return false;
  if (*r < 0) return raise(PyExc_ValueError, "r must be non-negative");
  return true;
}
Ref combinations_reduce(Value self) {
  auto* c = fields(self);
  Ref r = int_from_ssize(c->r);
  if (!c->result) {
    Ref args = tuple_of({c->pool, r});
    return tuple_of({Value{type_of(self)}, args});
  }
  if (c->stopped) {
    Ref empty = tuple_empty();
    Ref args = tuple_of({empty, r});
    return tuple_of({Value{type_of(self)}, args});
  }
  Ref args = tuple_of({c->pool, r});
  Ref indices = tuple_of_indices(c->indices, c->r);
  return tuple_of({Value{type_of(self)}, args, indices});
}

ADDER_TYPE(combinations_type);
Ref combinations_new(PyTypeObject* type, Args args) {
  Ref pool;
  Py_ssize_t r;
  if (!pool_and_r("combinations", args, &pool, &r)) return nullptr;
  bool none_left = r > tuple_size(pool);
  Ref self = selection_make(type, std::move(pool), r, r, none_left);
  for (Py_ssize_t i = 0; self && i < r; i++) fields(self)->indices[i] = i;
  return self;
}
Ref combinations_next(Value self) {
  auto* c = fields(self);
  if (c->stopped) return nullptr;
  if (!c->result) return first_selection(c);
  Py_ssize_t n = tuple_size(c->pool), r = c->r, i = r - 1;
  while (i >= 0 && c->indices[i] == i + n - r) i--;
  if (i < 0 || !advance_result(c)) return stop(c);
  c->indices[i]++;
  for (Py_ssize_t k = i + 1; k < r; k++) c->indices[k] = c->indices[k - 1] + 1;
  for (; i < r; i++) put(c, i, tuple_get(c->pool, c->indices[i]));
  return give(c);
}
Ref combinations_setstate(Value self, Value state) {
  auto* c = fields(self);
  Py_ssize_t n = tuple_size(c->pool);
  if (!is_tuple(state) || tuple_size(state) != c->r) return raise(PyExc_ValueError, "invalid arguments");
  for (Py_ssize_t i = 0; i < c->r; i++) {
    if (!clipped(tuple_get(state, i), 0, i + n - c->r, &c->indices[i])) return nullptr;
  }
  Ref t = selection(c);
  if (!t) return nullptr;
  set(c->result, std::move(t));
  return none_ref();
}
Ref combinations_sizeof(Value self) { return size_with(self, fields(self)->r); }
const MethodRow combinations_methods[] = {method<combinations_reduce>("__reduce__", "", kReduceDoc),
                                          method<combinations_setstate>("__setstate__", "", kSetStateDoc),
                                          method<combinations_sizeof>("__sizeof__", "", "Returns size in memory, in bytes."),
                                          {}};

ADDER_TYPE(combinations_with_replacement_type);
Ref combinations_with_replacement_new(PyTypeObject* type, Args args) {
  Ref pool;
  Py_ssize_t r;
  if (!pool_and_r("combinations_with_replacement", args, &pool, &r)) return nullptr;
  bool none_left = tuple_size(pool) == 0 && r > 0;
  Ref self = selection_make(type, std::move(pool), r, r, none_left);
  for (Py_ssize_t i = 0; self && i < r; i++) fields(self)->indices[i] = 0;
  return self;
}
Ref combinations_with_replacement_next(Value self) {
  auto* c = fields(self);
  if (c->stopped) return nullptr;
  if (!c->result) return first_selection(c);
  Py_ssize_t n = tuple_size(c->pool), r = c->r, i = r - 1;
  while (i >= 0 && c->indices[i] == n - 1) i--;
  if (i < 0 || !advance_result(c)) return stop(c);
  Py_ssize_t index = c->indices[i] + 1;
  Value item = tuple_get(c->pool, index);
  for (; i < r; i++) {
    c->indices[i] = index;
    put(c, i, item);
  }
  return give(c);
}
Ref combinations_with_replacement_setstate(Value self, Value state) {
  auto* c = fields(self);
  Py_ssize_t n = tuple_size(c->pool);
  if (!is_tuple(state) || tuple_size(state) != c->r) return raise(PyExc_ValueError, "invalid arguments");
  for (Py_ssize_t i = 0; i < c->r; i++) {
    if (!clipped(tuple_get(state, i), 0, n - 1, &c->indices[i])) return nullptr;
  }
  Ref t = selection(c);
  if (!t) return nullptr;
  set(c->result, std::move(t));
  return none_ref();
}
const MethodRow combinations_with_replacement_methods[] = {
    method<combinations_reduce>("__reduce__", "", kReduceDoc),
    method<combinations_with_replacement_setstate>("__setstate__", "", kSetStateDoc),
    method<combinations_sizeof>("__sizeof__", "", "Returns size in memory, in bytes."),
    {}};

// --- permutations ------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(permutations_type);
Ref permutations_new(PyTypeObject* type, Args args) {
  Value a[2];
  if (!bind_arguments("permutations", args, {"iterable", "r"}, 1, a)) return nullptr;
  Ref pool = to_tuple(a[0]);
  if (!pool) return nullptr;
  Py_ssize_t n = tuple_size(pool), r = n;
  if (a[1] && !is_none(a[1])) {
    if (!is_int(a[1])) return raise(PyExc_TypeError, "Expected int as r");
    if (!as_ssize(a[1], &r)) return nullptr;
    if (r < 0) return raise(PyExc_ValueError, "r must be non-negative");
  }
  Ref self = selection_make(type, std::move(pool), n, r, r > n);
  if (!self) return nullptr;
  Permutations* p = permuted(self);
  p->cycles = indices_new(r);
  if (!p->cycles) return nullptr;
  for (Py_ssize_t i = 0; i < n; i++) p->indices[i] = i;
  for (Py_ssize_t i = 0; i < r; i++) p->cycles[i] = n - i;
  return self;
}
Ref permutations_next(Value self) {
  auto* c = permuted(self);
  if (c->stopped) return nullptr;
  if (!c->result) return first_selection(c);
  Py_ssize_t n = tuple_size(c->pool), r = c->r;
  if (n == 0 || !advance_result(c)) return stop(c);
  Py_ssize_t* indices = c->indices;
  for (Py_ssize_t i = r - 1; i >= 0; i--) {
    if (--c->cycles[i] == 0) {
      // Rotate indices[i:] left by one.
      Py_ssize_t index = indices[i];
      for (Py_ssize_t k = i; k < n - 1; k++) indices[k] = indices[k + 1];
      indices[n - 1] = index;
      c->cycles[i] = n - i;
    } else {
      Py_ssize_t k = n - c->cycles[i];
      std::swap(indices[i], indices[k]);
      for (Py_ssize_t m = i; m < r; m++) put(c, m, tuple_get(c->pool, indices[m]));
      return give(c);
    }
  }
  return stop(c);
}
Ref permutations_reduce(Value self) {
  auto* c = permuted(self);
  Ref r = int_from_ssize(c->r);
  if (!c->result) {
    Ref args = tuple_of({c->pool, r});
    return tuple_of({Value{type_of(self)}, args});
  }
  if (c->stopped) {
    Ref empty = tuple_empty();
    Ref args = tuple_of({empty, r});
    return tuple_of({Value{type_of(self)}, args});
  }
  Ref args = tuple_of({c->pool, r});
  Ref indices = tuple_of_indices(c->indices, tuple_size(c->pool)), cycles = tuple_of_indices(c->cycles, c->r);
  Ref state = tuple_of({indices, cycles});
  return tuple_of({Value{type_of(self)}, args, state});
}
Ref permutations_setstate(Value self, Value state) {
  auto* c = permuted(self);
  Py_ssize_t n = tuple_size(c->pool);
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state is not a tuple");
  if (tuple_size(state) != 2 || !is_tuple(tuple_get(state, 0)) || !is_tuple(tuple_get(state, 1)) ||
      tuple_size(tuple_get(state, 0)) != n || tuple_size(tuple_get(state, 1)) != c->r) {
    return raise(PyExc_ValueError, "invalid arguments");
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!clipped(tuple_get(tuple_get(state, 0), i), 0, n - 1, &c->indices[i])) return nullptr;
  }
  for (Py_ssize_t i = 0; i < c->r; i++) {
    if (!clipped(tuple_get(tuple_get(state, 1), i), 1, n - i, &c->cycles[i])) return nullptr;
  }
  Ref t = selection(c);
  if (!t) return nullptr;
  set(c->result, std::move(t));
  return none_ref();
}
Ref permutations_sizeof(Value self) { return size_with(self, tuple_size(permuted(self)->pool) + permuted(self)->r); }
const MethodRow permutations_methods[] = {method<permutations_reduce>("__reduce__", "", kReduceDoc),
                                          method<permutations_setstate>("__setstate__", "", kSetStateDoc),
                                          method<permutations_sizeof>("__sizeof__", "", "Returns size in memory, in bytes."),
                                          {}};

}  // namespace

#define ADDER_COMBINE(prefix, Struct, Dealloc, Name, Signature, Doc)                                                                       \
  extern const TypeDef prefix##_def{                                                                                      \
      .type = &prefix##_type, .name = Name, .basicsize = sizeof(Struct), .flags = kFlags, .doc = Doc, .signature = Signature, \
      .dealloc = Dealloc, .traverse = traverse<2>, .clear = nullptr,                                              \
      .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<prefix##_next>,                              \
                .tp_new = slot::New<prefix##_new>},                                                                       \
      .methods = prefix##_methods}

ADDER_COMBINE(product, Combine, combine_dealloc, "itertools.product", nullptr,
              "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops.");
ADDER_COMBINE(combinations, Selection, combine_dealloc, "itertools.combinations", "(iterable, r)",
              "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)");
ADDER_COMBINE(combinations_with_replacement, Selection, combine_dealloc, "itertools.combinations_with_replacement", "(iterable, r)",
              "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\n"
              "combinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')");
ADDER_COMBINE(permutations, Permutations, permutations_dealloc, "itertools.permutations", "(iterable, r=None)",
              "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)");

}  // namespace adder::itertools
