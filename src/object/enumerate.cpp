// The types enumerate and reversed.
#include "object/int_digits.h"
#include "object/hooks.h"
#include "object/pairs.h"
#include "object/sequence.h"

PyTypeObject PyEnum_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyReversed_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

Ref enumerate_new(PyTypeObject* type, Args args) {
  Value iterable, start;
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (args.n + keywords > 2) {
    return raise(PyExc_TypeError, "enumerate() takes at most 2 arguments (%zd given)", static_cast<Py_ssize_t>(args.n + keywords));
  }
  if (args.n > 0) iterable = args[0];
  if (args.n > 1) start = args[1];
  for (size_t i = 0; i < keywords; i++) {
    Value name = tuple_get(args.kwnames, static_cast<Py_ssize_t>(i)), v = args.v[args.n + i];
    if (str_equals(name, "start") && start.absent() && (args.n + keywords == 2)) start = v;
    else if (str_equals(name, "iterable") && iterable.absent()) iterable = v;
    else return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for enumerate()", name);
  }
  if (iterable.absent()) return raise(PyExc_TypeError, "enumerate() missing required argument 'iterable'");
  Ref big;
  int64_t first = 0;
  if (!start.absent()) {
    Ref i = index(start);
    if (!i) return {};
    if (!word_of(i, &first)) {
      big = std::move(i);
      first = PY_SSIZE_T_MAX;
    }
  }
  Ref it = iter(iterable);
  if (!it) return {};
  Ref pair = tuple_of({none(), none()});
  PyObject* o = pair ? type->tp_alloc(type, 0) : nullptr;
  if (!o) return {};
  auto* e = reinterpret_cast<Enumerate*>(o);
  e->index = first;
  e->iterator = it.release().object();
  e->big_index = big.release();
  e->result = pair.release().object();
  return Ref::steal(Value{o});
}

void enumerate_dealloc(PyObject* self) {
  auto* e = reinterpret_cast<Enumerate*>(self);
  gc_untrack(self);
  TrashcanGuard guard{self, &enumerate_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(e->iterator);
  decref(e->big_index);
  Py_XDECREF(e->result);
  self->ob_type->tp_free(self);
}

int enumerate_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* e = reinterpret_cast<Enumerate*>(self);
  Py_VISIT(e->iterator);
  Py_VISIT(e->result);
  return 0;
}

// The count for the next item, advanced.
Ref take_index(Enumerate* e) {
  if (ADDER_LIKELY(e->index != PY_SSIZE_T_MAX)) return int_from_i64(e->index++);
  if (e->big_index.absent()) {
    Ref i = int_from_i64(PY_SSIZE_T_MAX);
    if (!i) return {};
    e->big_index = i.release();
  }
  Ref next = int_add(e->big_index, Value::from_int(1));
  if (!next) return {};
  Ref r = Ref::steal(e->big_index);
  e->big_index = next.release();
  return r;
}

Ref enumerate_next(Value self) {
  auto* e = self.as<Enumerate>();
  Ref item = step_inner(Value{e->iterator});
  if (!item) return {};
  Ref i = take_index(e);
  if (!i) return {};
  if (!reusable(e->result)) return tuple_of({i, item});
  Ref pair = Ref::copy(Value{e->result});
  refill_pair(pair.object(), i, item);
  return pair;
}

}  // namespace

NextPair enumerate_next_pair(Value self, Value* pair) {
  auto* e = self.as<Enumerate>();
  Ref item = step_inner(Value{e->iterator});
  if (!item) return no_pair();
  Ref i = take_index(e);
  if (!i) return NextPair::kError;
  empty_pair(e->result);
  pair[0] = i.release();
  pair[1] = item.release();
  return NextPair::kGiven;
}

namespace {

Ref enumerate_reduce(Value self) {
  auto* e = self.as<Enumerate>();
  Ref i = e->big_index.absent() ? int_from_i64(e->index) : Ref::copy(e->big_index);
  if (!i) return {};
  Ref args = tuple_of({Value{e->iterator}, i});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}

Ref self_iter(Value self) { return Ref::copy(self); }
Ref class_getitem(Value type, Value args) { return make_generic_alias(type, args); }

const MethodRow enumerate_methods[] = {
    method<enumerate_reduce>("__reduce__", "", "Return state information for pickling."),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};

// --- reversed ------------------------------------------------------------------------------------------------------------

struct Reversed {
  PyObject head;
  Py_ssize_t index;
  PyObject* sequence;  // null when exhausted
};

Ref reversed_new(PyTypeObject* type, Args args) {
  if (args.kwnames && tuple_size(args.kwnames) && (type == &PyReversed_Type || type->tp_init == PyReversed_Type.tp_init)) {
    return raise(PyExc_TypeError, "reversed() takes no keyword arguments");
  }
  if (args.n != 1) return raise(PyExc_TypeError, "reversed expected 1 argument, got %zd", static_cast<Py_ssize_t>(args.n));
  Value sequence = args[0];
  Ref special = lookup_special(sequence, "__reversed__"_id);
  if (!special && error_occurred()) return {};
  if (special && is_none(special)) return raise(PyExc_TypeError, "'%.200s' object is not reversible", type_of(sequence)->tp_name);
  if (special) return call0(special);
  if (!is_sequence(sequence)) return raise(PyExc_TypeError, "'%.200s' object is not reversible", type_of(sequence)->tp_name);
  Py_ssize_t n = length(sequence);
  if (n < 0) return {};
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  auto* r = reinterpret_cast<Reversed*>(o);
  r->index = n - 1;
  r->sequence = sequence.object();
  incref(sequence);
  return Ref::steal(Value{o});
}

void reversed_dealloc(PyObject* self) {
  gc_untrack(self);
  TrashcanGuard guard{self, &reversed_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(reinterpret_cast<Reversed*>(self)->sequence);
  self->ob_type->tp_free(self);
}

int reversed_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<Reversed*>(self)->sequence);
  return 0;
}

Ref reversed_next(Value self) {
  auto* r = self.as<Reversed>();
  if (r->index >= 0 && r->sequence) {
    Ref held = Ref::copy(Value{r->sequence});
    Ref item = sequence_item(held, r->index);
    if (item) {
      r->index--;
      return item;
    }
    if (!error_matches(PyExc_IndexError) && !error_matches(PyExc_StopIteration)) return {};
    clear_error();
  }
  r->index = -1;
  if (r->sequence) {
    Value old{r->sequence};
    r->sequence = nullptr;
    decref(old);
  }
  return {};
}

Ref reversed_length_hint(Value self) {
  auto* r = self.as<Reversed>();
  if (!r->sequence) return Ref::from_int(0);
  Py_ssize_t n = length(Value{r->sequence});
  if (n < 0) return {};
  Py_ssize_t position = r->index + 1;
  return int_from_ssize(n < position ? 0 : position);
}

Ref reversed_reduce(Value self) {
  auto* r = self.as<Reversed>();
  if (r->sequence) {
    Ref args = tuple_of({Value{r->sequence}});
    Ref index = int_from_ssize(r->index);
    return args && index ? tuple_of({Value{type_of(self)}, args, index}) : Ref{};
  }
  Ref empty = tuple_empty();
  Ref args = tuple_of({empty});
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}

Ref reversed_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* r = self.as<Reversed>();
  if (r->sequence) {
    Py_ssize_t n = length(Value{r->sequence});
    if (n < 0) return {};
    r->index = i < -1 ? -1 : i > n - 1 ? n - 1 : i;
  }
  return none_ref();
}

const MethodRow reversed_methods[] = {
    method<reversed_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<reversed_reduce>("__reduce__", "", "Return state information for pickling."),
    method<reversed_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

}  // namespace

extern const TypeDef enumerate_def = {
    .type = &PyEnum_Type,
    .name = "enumerate",
    .basicsize = sizeof(Enumerate),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "Return an enumerate object.\n\n"
           "  iterable\n    an object supporting iteration\n\n"
           "The enumerate object yields pairs containing a count (from start, which\n"
           "defaults to zero) and a value yielded by the iterable argument.\n\n"
           "enumerate is useful for obtaining an indexed list:\n"
           "    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    .signature = "(iterable, start=0)",
    .dealloc = enumerate_dealloc,
    .traverse = enumerate_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<enumerate_next>, .tp_new = slot::New<enumerate_new>},
    .methods = enumerate_methods,
};

extern const TypeDef reversed_def = {
    .type = &PyReversed_Type,
    .name = "reversed",
    .basicsize = sizeof(Reversed),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "Return a reverse iterator over the values of the given sequence.",
    .signature = "(sequence, /)",
    .dealloc = reversed_dealloc,
    .traverse = reversed_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<reversed_next>, .tp_new = slot::New<reversed_new>},
    .methods = reversed_methods,
};

}  // namespace adder
