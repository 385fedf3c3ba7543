// The module itertools: chains, filters, counters and slices. Combinatorics are in itertools_combine.cpp, groups and tee in
// itertools_group.cpp.
#include "modules/itertools.h"

namespace adder::itertools {
namespace {

// --- chain -----------------------------------------------------------------------------------------------------------------
ADDER_TYPE(chain_type);
struct Chain {
  PyObject head;
  Value source;  // iterator over the iterables; absent: exhausted
  Value active;  // the running one
};
Ref chain_make(PyTypeObject* type, Ref source) {
  if (!source) return nullptr;
  auto* c = new_object<Chain>(type);
  if (!c) return nullptr;
  c->source = source.release();
  return Ref::steal(&c->head);
}
Ref chain_new(PyTypeObject* type, Args args) {
  if (own_init(type, chain_type) && !reject_keywords("chain", args)) return nullptr;
  Ref all = tuple_from(args.v, static_cast<Py_ssize_t>(args.n));
  return all ? chain_make(type, iter(all)) : Ref{};
}
Ref chain_from_iterable(Value type, Value iterable) { return chain_make(type.as<PyTypeObject>(), iter(iterable)); }
Ref chain_next(Value self) {
  auto* c = self.as<Chain>();
  while (c->source) {
    if (!c->active) {
      Ref iterable = step(c->source);
      if (!iterable) {
        clear_slot(c->source);
        return nullptr;
      }
      Ref it = iter(iterable);
      if (!it) {
        clear_slot(c->source);
        return nullptr;
      }
      set(c->active, std::move(it));
    }
    Ref hold = Ref::copy(c->active);
    Ref item = step(hold);
    if (item) return item;
    if (!ended()) return nullptr;
    clear_slot(c->active);
  }
  return nullptr;
}
Ref chain_reduce(Value self) {
  auto* c = self.as<Chain>();
  Ref empty = tuple_empty();
  if (!c->source) return tuple_of({Value{type_of(self)}, empty});
  Ref state = c->active ? tuple_of({c->source, c->active}) : tuple_of({c->source});
  return tuple_of({Value{type_of(self)}, empty, state});
}
Ref chain_setstate(Value self, Value state) {
  auto* c = self.as<Chain>();
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state is not a tuple");
  Py_ssize_t n = tuple_size(state);
  if (n < 1 || n > 2) return raise(PyExc_TypeError, "function takes at %s %d argument%s (%zd given)", n < 1 ? "least" : "most", n < 1 ? 1 : 2, n < 1 ? "" : "s", n);
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!is_iterator(tuple_get(state, i))) return raise(PyExc_TypeError, "Arguments must be iterators.");
  }
  set(c->source, Ref::copy(tuple_get(state, 0)));
  set(c->active, n > 1 ? Ref::copy(tuple_get(state, 1)) : Ref{});
  return none_ref();
}
Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }
const MethodRow chain_methods[] = {
    class_method<chain_from_iterable>("from_iterable", "($type, iterable, /)",
                                      "Alternative chain() constructor taking a single iterable argument that evaluates lazily."),
    method<chain_reduce>("__reduce__", "", kReduceDoc),
    method<chain_setstate>("__setstate__", "", kSetStateDoc),
    class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    {}};

// --- count ---------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(count_type);
struct Count {
  PyObject head;
  Value at, by;
};
bool is_number_object(Value v) {
  if (v.is_number()) return true;
  const Slots& s = slots_of(v);
  return s.nb_index || s.nb_int || s.nb_float || is_instance_exactly(v, &PyComplex_Type);
}
Ref count_new(PyTypeObject* type, Args args) {
  Value a[2];
  if (!bind_arguments("count", args, {"start", "step"}, 0, a)) return nullptr;
  if ((a[0] && !is_number_object(a[0])) || (a[1] && !is_number_object(a[1]))) return raise(PyExc_TypeError, "a number is required");
  auto* c = new_object<Count>(type);
  if (!c) return nullptr;
  c->at = a[0] ? Ref::copy(a[0]).release() : Value::from_int(0);
  c->by = a[1] ? Ref::copy(a[1]).release() : Value::from_int(1);
  return Ref::steal(&c->head);
}
Ref count_next(Value self) {
  auto* c = self.as<Count>();
  Ref at = Ref::copy(c->at);
  if (ADDER_LIKELY(c->at.is_int() && c->by.is_int())) {
    Ref following = int_from_i64(c->at.as_int() + c->by.as_int());
    if (!following) return nullptr;
    c->at = following.release();
    return at;
  }
  Ref following = add(c->at, c->by);
  if (!following) return nullptr;
  set(c->at, std::move(following));
  return at;
}
bool is_one(Value v) { return v == Value::from_int(1); }
Ref count_repr(Value self) {
  auto* c = self.as<Count>();
  Ref at = repr(c->at);
  if (!at) return nullptr;
  if (is_one(c->by)) return str_format("%s(%U)", type_of(self) == &count_type ? "count" : short_name(type_of(self)), at.get());
  return str_format("%s(%U, %R)", type_of(self) == &count_type ? "count" : short_name(type_of(self)), at.get(), c->by);
}
Ref count_reduce(Value self) {
  auto* c = self.as<Count>();
  Ref args = is_one(c->by) ? tuple_of({c->at}) : tuple_of({c->at, c->by});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
const MethodRow count_methods[] = {method<count_reduce>("__reduce__", "", kReduceDoc), {}};

// --- cycle -----------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(cycle_type);
struct Cycle {
  PyObject head;
  Value iterator;  // absent after the first pass
  Value saved;     // list
  Py_ssize_t index;
  bool first_pass;  // false: saved is complete already, though the iterator runs (after unpickling)
};
Ref cycle_new(PyTypeObject* type, Args args) {
  if (own_init(type, cycle_type) && !reject_keywords("cycle", args)) return nullptr;
  if (!count_between("cycle", args.n, 1, 1)) return nullptr;
  Ref it = iter(args[0]);
  Ref saved = it ? list_new() : Ref{};
  if (!saved) return nullptr;
  auto* c = new_object<Cycle>(type);
  if (!c) return nullptr;
  c->iterator = it.release();
  c->saved = saved.release();
  c->first_pass = false;
  return Ref::steal(&c->head);
}
Ref cycle_next(Value self) {
  auto* c = self.as<Cycle>();
  if (c->iterator) {
    Ref hold = Ref::copy(c->iterator);
    Ref item = step(hold);
    if (item) {
      if (!c->first_pass && !list_append(c->saved, item.get())) return nullptr;
      return item;
    }
    if (!ended()) return nullptr;
    c->index = 0;
    clear_slot(c->iterator);
  }
  if (!c->saved || list_size(c->saved) == 0) return nullptr;
  Ref item = Ref::copy(list_get(c->saved, c->index));
  if (++c->index >= list_size(c->saved)) c->index = 0;
  return item;
}
Ref cycle_reduce(Value self) {
  auto* c = self.as<Cycle>();
  Ref it = c->iterator ? Ref::copy(c->iterator) : iter(c->saved);
  if (!it) return nullptr;
  if (!c->iterator && c->index) {
    Ref at = int_from_ssize(c->index);
    Ref r = call_method(it, "__setstate__"_id, {at});
    if (!r) return nullptr;
  }
  Ref args = tuple_of({it});
  Ref state = tuple_of({c->saved, boolean(!c->iterator || c->first_pass)});
  return tuple_of({Value{type_of(self)}, args, state});
}
Ref cycle_setstate(Value self, Value state) {
  auto* c = self.as<Cycle>();
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state is not a tuple");
  if (tuple_size(state) != 2) return raise(PyExc_TypeError, "function takes exactly 2 arguments (%zd given)", tuple_size(state));
  if (!is_list(tuple_get(state, 0))) return raise(PyExc_TypeError, "argument 1 must be list, not %N", type_of(tuple_get(state, 0)));
  int first;
  if (!as_int(tuple_get(state, 1), &first)) return nullptr;
  set(c->saved, Ref::copy(tuple_get(state, 0)));
  c->first_pass = first != 0;
  c->index = 0;
  return none_ref();
}
const MethodRow cycle_methods[] = {
    method<cycle_reduce>("__reduce__", "", kReduceDoc), method<cycle_setstate>("__setstate__", "", kSetStateDoc), {}};

// --- takewhile, dropwhile, filterfalse, starmap: a function and an iterator ---------------------------------------------------------
struct Pair {
  PyObject head;
  Value function, iterator;
  bool flag;  // dropwhile: dropping is over; takewhile: taking is over
};
Ref pair_new(PyTypeObject* type, PyTypeObject& exact, const char* name, Args args) {
  if (own_init(type, exact) && !reject_keywords(name, args)) return nullptr;
  if (!count_between(name, args.n, 2, 2)) return nullptr;
  Ref it = iter(args[1]);
  if (!it) return nullptr;
  auto* p = new_object<Pair>(type);
  if (!p) return nullptr;
  p->function = Ref::copy(args[0]).release();
  p->iterator = it.release();
  return Ref::steal(&p->head);
}
// Whether the predicate holds; -1: exception.
int test(Value function, Value item) {
  Ref r = call1(function, item);
  return r ? is_true(r) : -1;
}
Ref pair_reduce(Value self) {
  auto* p = self.as<Pair>();
  Ref args = tuple_of({p->function, p->iterator});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
Ref flagged_reduce(Value self) {
  auto* p = self.as<Pair>();
  Ref args = tuple_of({p->function, p->iterator});
  return args ? tuple_of({Value{type_of(self)}, args, Value::from_int(p->flag)}) : Ref{};
}
Ref flagged_setstate(Value self, Value state) {
  int flag = is_true(state);
  if (flag < 0) return nullptr;
  self.as<Pair>()->flag = flag != 0;
  return none_ref();
}
const MethodRow flagged_methods[] = {
    method<flagged_reduce>("__reduce__", "", kReduceDoc), method<flagged_setstate>("__setstate__", "", kSetStateDoc), {}};
const MethodRow pair_methods[] = {method<pair_reduce>("__reduce__", "", kReduceDoc), {}};

ADDER_TYPE(dropwhile_type);
Ref dropwhile_new(PyTypeObject* type, Args args) { return pair_new(type, dropwhile_type, "dropwhile", args); }
Ref dropwhile_next(Value self) {
  auto* p = self.as<Pair>();
  for (;;) {
    Ref item = step(p->iterator);
    if (!item || p->flag) return item;
    int ok = test(p->function, item);
    if (ok < 0) return nullptr;
    if (ok == 0) {
      p->flag = true;
      return item;
    }
  }
}
constexpr auto& dropwhile_methods = flagged_methods;

ADDER_TYPE(takewhile_type);
Ref takewhile_new(PyTypeObject* type, Args args) { return pair_new(type, takewhile_type, "takewhile", args); }
Ref takewhile_next(Value self) {
  auto* p = self.as<Pair>();
  if (p->flag) return nullptr;
  Ref item = step(p->iterator);
  if (!item) return nullptr;
  int ok = test(p->function, item);
  if (ok > 0) return item;
  if (ok == 0) p->flag = true;
  return nullptr;
}
constexpr auto& takewhile_methods = flagged_methods;

ADDER_TYPE(filterfalse_type);
Ref filterfalse_new(PyTypeObject* type, Args args) { return pair_new(type, filterfalse_type, "filterfalse", args); }
Ref filterfalse_next(Value self) {
  auto* p = self.as<Pair>();
  bool truth = is_none(p->function) || p->function == Value{&PyBool_Type};
  while (Ref item = step(p->iterator)) {
    int ok = truth ? is_true(item) : test(p->function, item);
    if (ok == 0) return item;
    if (ok < 0) return nullptr;
  }
  return nullptr;
}
constexpr auto& filterfalse_methods = pair_methods;

ADDER_TYPE(starmap_type);
Ref starmap_new(PyTypeObject* type, Args args) { return pair_new(type, starmap_type, "starmap", args); }
Ref starmap_next(Value self) {
  auto* p = self.as<Pair>();
  Ref item = step(p->iterator);
  if (!item) return nullptr;
  if (!is_exact_tuple(item)) {
    item = to_tuple(item);
    if (!item) return nullptr;
  }
  if (!c_visible(item.object())) {
    return call(p->function, Args{tuple_words(item), static_cast<size_t>(tuple_size(item)), nullptr});
  }
  return call_tuple_dict(p->function, item, Value{});
}
constexpr auto& starmap_methods = pair_methods;

// --- compress, pairwise ---------------------------------------------------------------------------------------------------------------
ADDER_TYPE(compress_type);
struct Compress {
  PyObject head;
  Value data, selectors;
};
Ref compress_new(PyTypeObject* type, Args args) {
  Value a[2];
  if (!bind_arguments("compress", args, {"data", "selectors"}, 2, a)) return nullptr;
  Ref data = iter(a[0]);
  Ref selectors = data ? iter(a[1]) : Ref{};
  if (!selectors) return nullptr;
  auto* c = new_object<Compress>(type);
  if (!c) return nullptr;
  c->data = data.release();
  c->selectors = selectors.release();
  return Ref::steal(&c->head);
}
Ref compress_next(Value self) {
  auto* c = self.as<Compress>();
  for (;;) {
    Ref item = step(c->data);
    if (!item) return nullptr;
    Ref selector = step(c->selectors);
    if (!selector) return nullptr;
    int ok = is_true(selector);
    if (ok > 0) return item;
    if (ok < 0) return nullptr;
  }
}
Ref compress_reduce(Value self) {
  Ref args = tuple_of({self.as<Compress>()->data, self.as<Compress>()->selectors});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
const MethodRow compress_methods[] = {method<compress_reduce>("__reduce__", "", kReduceDoc), {}};

ADDER_TYPE(pairwise_type);
struct Pairwise {
  PyObject head;
  Value iterator, old;
};
Ref pairwise_new(PyTypeObject* type, Args args) {
  if (own_init(type, pairwise_type) && !reject_keywords("pairwise", args)) return nullptr;
  if (!count_between("pairwise", args.n, 1, 1)) return nullptr;
  Ref it = iter(args[0]);
  if (!it) return nullptr;
  auto* p = new_object<Pairwise>(type);
  if (!p) return nullptr;
  p->iterator = it.release();
  return Ref::steal(&p->head);
}
Ref pairwise_next(Value self) {
  auto* p = self.as<Pairwise>();
  if (!p->iterator) return nullptr;
  Ref it = Ref::copy(p->iterator);
  Ref old = Ref::copy(p->old);
  if (!old) {
    old = step(it);
    if (old) set(p->old, Ref::copy(old));
    // Reading the first may have ended this object.
    if (!old || !p->iterator) {
      clear_slot(p->iterator);
      clear_slot(p->old);
      return nullptr;
    }
  }
  Ref fresh = step(it);
  if (!fresh) {
    clear_slot(p->iterator);
    clear_slot(p->old);
    return nullptr;
  }
  Ref pair = tuple_of({old, fresh});
  set(p->old, std::move(fresh));
  return pair;
}
const MethodRow pairwise_methods[] = {{}};

// --- repeat -------------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(repeat_type);
struct Repeat {
  PyObject head;
  Value element;
  Py_ssize_t left;  // -1: for ever
};
Ref repeat_new(PyTypeObject* type, Args args) {
  Value a[2];
  if (!bind_arguments("repeat", args, {"object", "times"}, 1, a)) return nullptr;
  Py_ssize_t left = -1;
  if (a[1]) {
    if (!as_ssize(a[1], &left)) return nullptr;
    if (left < 0) left = 0;
  }
  auto* r = new_object<Repeat>(type);
  if (!r) return nullptr;
  r->element = Ref::copy(a[0]).release();
  r->left = left;
  return Ref::steal(&r->head);
}
Ref repeat_next(Value self) {
  auto* r = self.as<Repeat>();
  if (r->left == 0) return nullptr;
  if (r->left > 0) r->left--;
  return Ref::copy(r->element);
}
Ref repeat_repr(Value self) {
  auto* r = self.as<Repeat>();
  const char* name = type_of(self) == &repeat_type ? "repeat" : short_name(type_of(self));
  if (r->left == -1) return str_format("%s(%R)", name, r->element);
  return str_format("%s(%R, %zd)", name, r->element, r->left);
}
Ref repeat_length_hint(Value self) {
  Py_ssize_t left = self.as<Repeat>()->left;
  if (left == -1) return raise(PyExc_TypeError, "len() of unsized object");
  return int_from_ssize(left);
}
Ref repeat_reduce(Value self) {
  auto* r = self.as<Repeat>();
  Ref left = int_from_ssize(r->left);
  Ref args = r->left == -1 ? tuple_of({r->element}) : tuple_of({r->element, left});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}
const MethodRow repeat_methods[] = {
    method<repeat_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<repeat_reduce>("__reduce__", "", kReduceDoc),
    {}};

// --- islice ---------------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(islice_type);
struct ISlice {
  PyObject head;
  Value iterator;  // absent: exhausted
  Py_ssize_t next, stop, step, count;  // stop -1: none
};
// A bound that is None or an index that fits and is not negative.
bool slice_bound(Value v, Py_ssize_t omitted, Py_ssize_t* out, const char* message) {
  if (is_none(v)) {
    *out = omitted;
    return true;
  }
  Py_ssize_t n = -1;
  bool ok = index_as_ssize(v, &n, PyExc_OverflowError);
  if (!ok) clear_error();
  if (!ok || n < 0) return raise(PyExc_ValueError, "%s", message);
  *out = n;
  return true;
}
Ref islice_make(PyTypeObject* type, Value iterable, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t by) {
  Ref it = iter(iterable);
  if (!it) return nullptr;
  auto* s = new_object<ISlice>(type);
  if (!s) return nullptr;
  s->iterator = it.release();
  s->next = start;
  s->stop = stop;
  s->step = by;
  return Ref::steal(&s->head);
}
Ref islice_new(PyTypeObject* type, Args args) {
  if (own_init(type, islice_type) && !reject_keywords("islice", args)) return nullptr;
  if (!count_between("islice", args.n, 2, 4)) return nullptr;
  Py_ssize_t start = 0, stop = -1, by = 1;
  constexpr const char* kStop = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
  constexpr const char* kIndices = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
  if (args.n == 2) {
    if (!slice_bound(args[1], -1, &stop, kStop)) return nullptr;
  } else {
    if (!slice_bound(args[2], -1, &stop, kStop)) return nullptr;
    if (!slice_bound(args[1], 0, &start, kIndices)) return nullptr;
  }
  if (args.n == 4) {
    constexpr const char* kStep = "Step for islice() must be a positive integer or None.";
    if (!slice_bound(args[3], 1, &by, kStep)) return nullptr;
    if (by < 1) return raise(PyExc_ValueError, "%s", kStep);
  }
  return islice_make(type, args[0], start, stop, by);
}
Ref islice_next(Value self) {
  auto* s = self.as<ISlice>();
  if (!s->iterator) return nullptr;
  Ref it = Ref::copy(s->iterator);
  while (s->count < s->next) {
    Ref skipped = step(it);
    if (!skipped) {
      clear_slot(s->iterator);
      return nullptr;
    }
    s->count++;
  }
  if (s->stop >= 0 && s->count >= s->stop) {
    clear_slot(s->iterator);
    return nullptr;
  }
  Ref item = step(it);
  if (!item) {
    clear_slot(s->iterator);
    return nullptr;
  }
  s->count++;
  Py_ssize_t old = s->next;
  // Steps past the end of the machine's range stop there.
  if (__builtin_add_overflow(old, s->step, &s->next) || (s->stop >= 0 && s->next > s->stop)) s->next = s->stop >= 0 ? s->stop : PY_SSIZE_T_MAX;
  return item;
}
Ref islice_reduce(Value self) {
  auto* s = self.as<ISlice>();
  if (!s->iterator) {
    Ref empty = list_new();
    Ref it = iter(empty);
    Ref args = tuple_of({it, Value::from_int(0)});
    return tuple_of({Value{type_of(self)}, args, Value::from_int(0)});
  }
  Ref stop = s->stop == -1 ? none_ref() : int_from_ssize(s->stop);
  Ref next_index = int_from_ssize(s->next), by = int_from_ssize(s->step), count = int_from_ssize(s->count);
  Ref args = tuple_of({s->iterator, next_index, stop, by});
  return tuple_of({Value{type_of(self)}, args, count});
}
Ref islice_setstate(Value self, Value state) {
  Py_ssize_t count;
  if (!as_ssize(state, &count)) return nullptr;
  self.as<ISlice>()->count = count;
  return none_ref();
}
const MethodRow islice_methods[] = {
    method<islice_reduce>("__reduce__", "", kReduceDoc), method<islice_setstate>("__setstate__", "", kSetStateDoc), {}};

// --- accumulate -------------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(accumulate_type);
struct Accumulate {
  PyObject head;
  Value total, iterator, function, initial;  // function absent: addition; initial absent: used or none
};
Ref accumulate_new(PyTypeObject* type, Args args) {
  Value a[3];
  if (!bind_arguments("accumulate", args, {"iterable", "func", "initial"}, 1, a, 2)) return nullptr;
  Ref it = iter(a[0]);
  if (!it) return nullptr;
  auto* s = new_object<Accumulate>(type);
  if (!s) return nullptr;
  s->iterator = it.release();
  if (a[1] && !is_none(a[1])) s->function = Ref::copy(a[1]).release();
  if (a[2] && !is_none(a[2])) s->initial = Ref::copy(a[2]).release();
  return Ref::steal(&s->head);
}
Ref accumulate_next(Value self) {
  auto* s = self.as<Accumulate>();
  if (s->initial) {
    set(s->total, Ref::steal(s->initial));
    s->initial = Value{};
    return Ref::copy(s->total);
  }
  Ref item = step(s->iterator);
  if (!item) return nullptr;
  if (!s->total) {
    s->total = Ref::copy(item).release();
    return item;
  }
  Ref fresh = s->function ? call(s->function, {s->total, item}) : add(s->total, item);
  if (!fresh) return nullptr;
  set(s->total, Ref::copy(fresh));
  return fresh;
}
Ref accumulate_reduce(Value self) {
  auto* s = self.as<Accumulate>();
  Value function = s->function ? s->function : none();
  if (s->initial) {
    // The pending start value goes in front of the rest.
    Ref first = list_of({s->initial});
    Ref both = tuple_of({first, s->iterator});
    Ref chained = chain_of(both);
    Ref args = chained ? tuple_of({chained, function}) : Ref{};
    return args ? tuple_of({Value{type_of(self)}, args, none()}) : Ref{};
  }
  if (s->total && is_none(s->total)) {
    // None cannot be told from "no total yet" as state.
    Ref first = list_of({s->total});
    Ref both = tuple_of({first, s->iterator});
    Ref chained = chain_of(both);
    Ref inner = chained ? call(Value{&accumulate_type}, {chained, function}) : Ref{};
    Ref args = inner ? tuple_of({inner, Value::from_int(1), none()}) : Ref{};
    return args ? tuple_of({Value{&islice_type}, args}) : Ref{};
  }
  Ref args = tuple_of({s->iterator, function});
  return args ? tuple_of({Value{type_of(self)}, args, s->total ? s->total : none()}) : Ref{};
}
Ref accumulate_setstate(Value self, Value state) {
  set(self.as<Accumulate>()->total, is_none(state) ? Ref{} : Ref::copy(state));
  return none_ref();
}
const MethodRow accumulate_methods[] = {
    method<accumulate_reduce>("__reduce__", "", kReduceDoc), method<accumulate_setstate>("__setstate__", "", kSetStateDoc), {}};

// --- zip_longest --------------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(zip_longest_type);
struct ZipLongest {
  PyObject head;
  Value iterators;  // a list; None where one has ended
  Value result, fill;
  Py_ssize_t active;
};
Ref zip_longest_new(PyTypeObject* type, Args args) {
  Value fill = none();
  if (args.kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      if (!str_equals(tuple_get(args.kwnames, i), "fillvalue")) {
        return raise(PyExc_TypeError, "zip_longest() got an unexpected keyword argument");
      }
      fill = args.v[args.n + static_cast<size_t>(i)];
    }
  }
  Py_ssize_t n = static_cast<Py_ssize_t>(args.n);
  Ref its = tuple_new(n);
  for (Py_ssize_t i = 0; its && i < n; i++) {
    Ref it = iter(args[static_cast<size_t>(i)]);
    if (!it) return nullptr;
    tuple_init(its, i, std::move(it));
  }
  Ref result = its ? tuple_new(n) : Ref{};
  if (!result) return nullptr;
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(result, i, none_ref());
  auto* z = new_object<ZipLongest>(type);
  if (!z) return nullptr;
  z->iterators = its.release();
  z->result = result.release();
  z->fill = Ref::copy(fill).release();
  z->active = n;
  return Ref::steal(&z->head);
}
Ref zip_longest_next(Value self) {
  auto* z = self.as<ZipLongest>();
  Py_ssize_t n = tuple_size(z->iterators);
  if (n == 0 || z->active == 0) return nullptr;
  bool reuse = reusable(z->result);
  Ref result = reuse ? hand_out(z->result) : tuple_new(n);
  if (!result) return nullptr;
  for (Py_ssize_t i = 0; i < n; i++) {
    Value it = tuple_words(z->iterators)[i];
    Ref item;
    if (it) item = step(it);
    if (!item) {
      if (it) {
        z->active--;
        if (z->active == 0 || error_occurred()) {
          if (ended()) {
            if (z->active == 0) return nullptr;
          } else {
            z->active = 0;
            return nullptr;
          }
        }
        set(tuple_words(z->iterators)[i], Ref{});
      }
      item = Ref::copy(z->fill);
    }
    if (reuse) refill(result, i, std::move(item));
    else tuple_init(result, i, std::move(item));
  }
  return result;
}
Ref zip_longest_reduce(Value self) {
  auto* z = self.as<ZipLongest>();
  Py_ssize_t n = tuple_size(z->iterators);
  Ref args = tuple_new(n);
  for (Py_ssize_t i = 0; args && i < n; i++) {
    Value it = tuple_words(z->iterators)[i];
    tuple_init(args, i, it ? Ref::copy(it) : tuple_empty());
  }
  return args ? tuple_of({Value{type_of(self)}, args, z->fill}) : Ref{};
}
Ref zip_longest_setstate(Value self, Value state) {
  set(self.as<ZipLongest>()->fill, Ref::copy(state));
  return none_ref();
}
const MethodRow zip_longest_methods[] = {
    method<zip_longest_reduce>("__reduce__", "", kReduceDoc), method<zip_longest_setstate>("__setstate__", "", kSetStateDoc), {}};

// --- The module -----------------------------------------------------------------------------------------------------------------------------------
const MethodRow functions[] = {
    method<tee>("tee", "($module, iterable, n=2, /)", "Returns a tuple of n independent iterators."), {}};

bool exec(PyObject* module) {
  const TypeDef* const types[] = {&accumulate_def, &combinations_def, &combinations_with_replacement_def, &cycle_def, &dropwhile_def,
                                  &takewhile_def, &islice_def, &starmap_def, &chain_def, &compress_def, &filterfalse_def, &count_def,
                                  &zip_longest_def, &pairwise_def, &permutations_def, &product_def, &repeat_def, &groupby_def,
                                  &grouper_def, &tee_def, &tee_data_def};
  for (const TypeDef* def : types) {
    if (!module_add_type(module, *def)) return false;
  }
  return true;
}

}  // namespace

Ref chain_of(Value iterables) { return chain_make(&chain_type, iter(iterables)); }

ADDER_ITERATOR(chain, Chain, 2, "itertools.chain", nullptr,
               "chain(*iterables) --> chain object\n\nReturn a chain object whose .__next__() method returns elements from the\n"
               "first iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.");
ADDER_ITERATOR(count, Count, 2, "itertools.count", "(start=0, step=1)",
               "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n"
               "    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step",
               .tp_repr = slot::Unary<count_repr>);
ADDER_ITERATOR(cycle, Cycle, 2, "itertools.cycle", "(iterable, /)", "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.");
ADDER_ITERATOR(dropwhile, Pair, 2, "itertools.dropwhile", "(predicate, iterable, /)",
               "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.");
ADDER_ITERATOR(takewhile, Pair, 2, "itertools.takewhile", "(predicate, iterable, /)", "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.");
ADDER_ITERATOR(filterfalse, Pair, 2, "itertools.filterfalse", "(function, iterable, /)",
               "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.");
ADDER_ITERATOR(starmap, Pair, 2, "itertools.starmap", "(function, iterable, /)",
               "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.");
ADDER_ITERATOR(compress, Compress, 2, "itertools.compress", "(data, selectors)",
               "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.");
ADDER_ITERATOR(pairwise, Pairwise, 2, "itertools.pairwise", "(iterable, /)",
               "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...");
ADDER_ITERATOR(repeat, Repeat, 1, "itertools.repeat", nullptr,
               "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.",
               .tp_repr = slot::Unary<repeat_repr>);
ADDER_ITERATOR(islice, ISlice, 1, "itertools.islice", nullptr,
               "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\n"
               "Return an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\n"
               "otherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\n"
               "skipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.");
ADDER_ITERATOR(accumulate, Accumulate, 4, "itertools.accumulate", "(iterable, func=None, *, initial=None)", "Return series of accumulated sums (or other binary function results).");
ADDER_ITERATOR(zip_longest, ZipLongest, 3, "itertools.zip_longest", nullptr,
               "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\n"
               "Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\n"
               "method continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\n"
               "are exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.");

}  // namespace adder::itertools

namespace adder {

extern const ModuleDef itertools_module{
    .name = "itertools",
    .doc = "Functional tools for creating and using iterators.\n\nInfinite iterators:\ncount(start=0, step=1) --> start, start+step, start+2*step, ...\n"
           "cycle(p) --> p0, p1, ... plast, p0, p1, ...\nrepeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times",
    .methods = itertools::functions,
    .exec = itertools::exec};

}  // namespace adder
