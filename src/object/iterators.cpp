// The iterator over anything with __getitem__, and the one that iter(callable, sentinel) makes.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/type.h"

extern "C" {
PyTypeObject PySeqIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyCallIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

Ref get_builtin(PyObject* name) {
  if (!hooks.import_module) return raise(PyExc_RuntimeError, "builtins are not there yet");
  Ref module = hooks.import_module("builtins"_id);
  return module ? getattr(module, name) : Ref{};
}

namespace {

struct SeqIter {
  PyObject head;
  Py_ssize_t index;
  PyObject* sequence;  // null when exhausted
};
SeqIter* seq(Value v) { return v.as<SeqIter>(); }

Ref seq_next(Value self) {
  auto* it = seq(self);
  if (!it->sequence) return nullptr;
  if (it->index == PY_SSIZE_T_MAX) return raise(PyExc_OverflowError, "iter index too large");
  Ref r = sequence_item(it->sequence, it->index);
  if (r) {
    it->index++;
    return r;
  }
  if (error_matches(PyExc_IndexError) || error_matches(PyExc_StopIteration)) {
    clear_error();
    Py_CLEAR(it->sequence);
  }
  return nullptr;
}

Ref seq_length_hint(Value self) {
  auto* it = seq(self);
  if (!it->sequence) return Ref::from_int(0);
  const Slots& s = slots_of(it->sequence);
  if (!s.sq_length && !s.mp_length) return not_implemented_ref();
  Py_ssize_t n = length(it->sequence);
  if (n < 0) return nullptr;
  return int_from_ssize(n - it->index > 0 ? n - it->index : 0);
}

Ref seq_reduce(Value self) {
  auto* it = seq(self);
  Ref iter_function = get_builtin("iter"_id);
  if (!iter_function) return nullptr;
  if (it->sequence) {
    Ref args = tuple_of({Value{it->sequence}});
    Ref index = int_from_ssize(it->index);
    return tuple_of({iter_function, args, index});
  }
  Ref empty = tuple_empty();
  Ref args = tuple_of({empty});
  return tuple_of({iter_function, args});
}

Ref seq_setstate(Value self, Value state) {
  Py_ssize_t index;
  if (!as_ssize(state, &index)) return nullptr;
  if (seq(self)->sequence) seq(self)->index = index < 0 ? 0 : index;
  return none_ref();
}

void seq_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(seq(o)->sequence);
  gc_free(o);
}
int seq_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(seq(o)->sequence);
  return 0;
}

const MethodRow seq_methods[] = {
    method<seq_length_hint>("__length_hint__", "", "Private method returning an estimate of len(list(it))."),
    method<seq_reduce>("__reduce__", "", "Return state information for pickling."),
    method<seq_setstate>("__setstate__", "", "Set state information for unpickling."),
    {}};

Ref self_iter(Value self) { return Ref::copy(self); }

// --- iter(callable, sentinel) ----------------------------------------------------------------------------------------------
struct CallIter {
  PyObject head;
  PyObject* callable;  // null when exhausted
  PyObject* sentinel;  // boxed
};
CallIter* calls(Value v) { return v.as<CallIter>(); }

Ref call_next(Value self) {
  auto* it = calls(self);
  if (!it->callable) return nullptr;
  Ref hold = Ref::copy(it->callable);
  Ref r = call0(hold);
  if (r && it->sentinel) {
    Ref sentinel = from_c(it->sentinel);
    int same = equal(sentinel, r);
    if (same == 0) return r;
    if (same < 0) return nullptr;
    Py_CLEAR(it->callable);
    Py_CLEAR(it->sentinel);
    return nullptr;
  }
  if (!r && error_matches(PyExc_StopIteration)) {
    clear_error();
    Py_CLEAR(it->callable);
    Py_CLEAR(it->sentinel);
  }
  return nullptr;
}

Ref call_reduce(Value self) {
  auto* it = calls(self);
  Ref iter_function = get_builtin("iter"_id);
  if (!iter_function) return nullptr;
  if (it->callable && it->sentinel) {
    Ref sentinel = from_c(it->sentinel);
    Ref args = tuple_of({Value{it->callable}, sentinel});
    return tuple_of({iter_function, args});
  }
  Ref empty = tuple_empty();
  Ref args = tuple_of({empty});
  return tuple_of({iter_function, args});
}

void call_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &call_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(calls(o)->callable);
  Py_XDECREF(calls(o)->sentinel);
  gc_free(o);
}
int call_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(calls(o)->callable);
  Py_VISIT(calls(o)->sentinel);
  return 0;
}

const MethodRow call_methods[] = {method<call_reduce>("__reduce__", "", "Return state information for pickling."), {}};

}  // namespace

Ref sequence_iterator(Value sequence) {
  PyObject* o = gc_new_raw(&PySeqIter_Type, sizeof(SeqIter));
  if (!o) return nullptr;
  incref(sequence);
  seq(o)->sequence = sequence.object();
  seq(o)->index = 0;
  gc_track(o);
  return Ref::steal(o);
}

Ref callable_iterator(Value callable, Value sentinel) {
  PyObject* boxed = to_c(sentinel);
  if (!boxed) return nullptr;
  PyObject* o = gc_new_raw(&PyCallIter_Type, sizeof(CallIter));
  if (!o) {
    decref(boxed);
    return nullptr;
  }
  incref(callable);
  calls(o)->callable = callable.object();
  calls(o)->sentinel = boxed;
  gc_track(o);
  return Ref::steal(o);
}

extern const TypeDef sequence_iterator_def{
    .type = &PySeqIter_Type,
    .name = "iterator",
    .basicsize = sizeof(SeqIter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = seq_dealloc,
    .traverse = seq_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<seq_next>},
    .methods = seq_methods,
};
extern const TypeDef callable_iterator_def{
    .type = &PyCallIter_Type,
    .name = "callable_iterator",
    .basicsize = sizeof(CallIter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = call_dealloc,
    .traverse = call_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<call_next>},
    .methods = call_methods,
};

}  // namespace adder
