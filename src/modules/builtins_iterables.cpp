// builtins: functions over iterables (all any sum min max sorted iter next aiter anext).
#include <cmath>

#include "memory/gc.h"
#include "modules/builtins.h"
#include "object/arguments.h"
#include "object/exceptions.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"

extern "C" PyTypeObject _PyAnextAwaitable_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

// --- all, any ---------------------------------------------------------------------------------------------------------------
template <bool Stop>
Ref quantify(Value, Value iterable) {
  Ref it = iter(iterable);
  if (!it) return nullptr;
  NextFn step = slots_of(it).tp_iternext;
  while (Ref item = step(it)) {
    int t = is_true(item);
    if (t < 0) return nullptr;
    if ((t != 0) == Stop) return bool_ref(Stop);
  }
  if (error_occurred()) {
    if (!error_matches(PyExc_StopIteration)) return nullptr;
    clear_error();
  }
  return bool_ref(!Stop);
}

// --- sum ---------------------------------------------------------------------------------------------------------------------
// Numbers are added as machine words as long as they are all small ints, then all floats (and ints); the rest by `+`.
Ref b_sum(Value, const Value* a) {
  Ref it = iter(a[0]);
  if (!it) return nullptr;
  Ref result = a[1] ? Ref::copy(a[1]) : Ref::from_int(0);
  if (is_str(result)) return raise(PyExc_TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
  if (is_bytes(result)) return raise(PyExc_TypeError, "sum() can't sum bytes [use b''.join(seq) instead]");
  if (is_exact(result, &PyByteArray_Type)) return raise(PyExc_TypeError, "sum() can't sum bytearray [use b''.join(seq) instead]");
  NextFn step = slots_of(it).tp_iternext;
  Ref item;
  auto finish = [&]() -> bool {  // after the iterator ended
    if (!error_occurred()) return true;
    if (!error_matches(PyExc_StopIteration)) return false;
    clear_error();
    return true;
  };
  if (result.get().is_int()) {
    int64_t total = result.get().as_int();
    for (;;) {
      item = step(it);
      if (!item) return finish() ? int_from_i64(total) : Ref{};
      Value v = item;
      if (ADDER_LIKELY(v.is_int()) || is_bool(v)) {
        int64_t sum;
        if (!__builtin_add_overflow(total, v.is_int() ? v.as_int() : v == boolean(true), &sum)) {
          total = sum;
          continue;
        }
      }
      result = int_from_i64(total);
      break;
    }
    result = add(result, item);
    if (!result) return nullptr;
  }
  if (result.get().is_float()) {
    double total = result.get().as_float();
    for (;;) {
      item = step(it);
      if (!item) return finish() ? Ref::from_double(total) : Ref{};
      Value v = item;
      if (v.is_float()) {
        total += v.as_float();
        continue;
      }
      if (v.is_int()) {
        total += static_cast<double>(v.as_int());
        continue;
      }
      result = Ref::from_double(total);
      break;
    }
    result = add(result, item);
    if (!result) return nullptr;
  }
  while ((item = step(it))) {
    // Not in place: the start value may be the caller's.
    result = add(result, item);
    if (!result) return nullptr;
  }
  return finish() ? std::move(result) : Ref{};
}

// --- min, max -----------------------------------------------------------------------------------------------------------------
Ref extreme(const char* name, int op, Args args) {
  Value key, fallback;
  if (args.n < 1) return raise(PyExc_TypeError, "%s expected at least 1 argument, got 0", name);
  Py_ssize_t keywords = args.kwnames ? tuple_size(args.kwnames) : 0;
  if (keywords > 2) return raise(PyExc_TypeError, "%s() takes at most 2 keyword arguments (%zd given)", name, keywords);
  if (!take_keywords(name, args, {{"key", &key}, {"default", &fallback}})) return nullptr;
  if (key && is_none(key)) key = Value{};
  if (args.n > 1 && fallback) {
    return raise(PyExc_TypeError, "Cannot specify a default for %s() with multiple positional arguments", name);
  }
  Ref it;
  NextFn step = nullptr;
  size_t at = 0;
  if (args.n == 1) {
    it = iter(args[0]);
    if (!it) return nullptr;
    step = slots_of(it).tp_iternext;
  }
  Ref best, best_key;
  for (;;) {
    Ref item;
    if (step) {
      item = step(it);
      if (!item) {
        if (error_occurred()) {
          if (!error_matches(PyExc_StopIteration)) return nullptr;
          clear_error();
        }
        break;
      }
    } else {
      if (at == args.n) break;
      item = Ref::copy(args[at++]);
    }
    if (!key) {
      if (best) {
        int better = compare_bool(item, best, op);
        if (better < 0) return nullptr;
        if (!better) continue;
      }
      best = std::move(item);
      continue;
    }
    Ref k = call1(key, item);
    if (!k) return nullptr;
    if (best) {
      int better = compare_bool(k, best_key, op);
      if (better < 0) return nullptr;
      if (!better) continue;
    }
    best = std::move(item);
    best_key = std::move(k);
  }
  if (best) return best;
  if (fallback) return Ref::copy(fallback);
  return raise(PyExc_ValueError, "%s() arg is an empty sequence", name);
}
Ref b_min(Value, Args args) { return extreme("min", Py_LT, args); }
Ref b_max(Value, Args args) { return extreme("max", Py_GT, args); }

// --- sorted, iter, next ------------------------------------------------------------------------------------------------------------
Ref b_sorted(Value, Args args) {
  if (!count_between("sorted", args.n, 1, 1)) return nullptr;
  Value key, reverse;
  if (!take_keywords("sort", args, {{"key", &key}, {"reverse", &reverse}})) return nullptr;
  Ref list = to_list(args[0]);
  if (!list) return nullptr;
  int descending = 0;
  if (reverse) {
    int flag;
    if (is_bool(reverse)) descending = reverse == boolean(true);
    else if (!as_int(reverse, &flag)) return nullptr;
    else descending = flag != 0;
  }
  if (!list_sort(list, key ? key : none(), descending)) return nullptr;
  return list;
}

Ref b_iter(Value, Args args) {
  if (!positional_only("iter", args, 1, 2)) return nullptr;
  if (args.n == 1) return iter(args[0]);
  if (!is_callable(args[0])) return raise(PyExc_TypeError, "iter(v, w): v must be callable");
  return callable_iterator(args[0], args[1]);
}

Ref b_next(Value, Args args) {
  if (!positional_only("next", args, 1, 2)) return nullptr;
  if (!is_iterator(args[0])) return raise(PyExc_TypeError, "'%N' object is not an iterator", type_of(args[0]));
  Ref r = slots_of(args[0]).tp_iternext(args[0]);
  if (r) return r;
  if (args.n > 1) {
    if (error_occurred()) {
      if (!error_matches(PyExc_StopIteration)) return nullptr;
      clear_error();
    }
    return Ref::copy(args[1]);
  }
  if (!error_occurred()) raise_none(PyExc_StopIteration);
  return nullptr;
}

// --- aiter, anext ---------------------------------------------------------------------------------------------------------------------
Ref b_aiter(Value, Value x) {
  UnaryFn f = slots_of(x).am_aiter;
  if (!f) return raise(PyExc_TypeError, "'%N' object is not an async iterable", type_of(x));
  Ref it = f(x);
  if (it && !(it.get().is_object() && slots_of(it).am_anext)) {
    return raise(PyExc_TypeError, "aiter() returned not an async iterator of type '%N'", type_of(it));
  }
  return it;
}

// What `anext(it, default)` gives: awaits it.__anext__(), and turns StopAsyncIteration into the default.
struct AnextAwaitable {
  PyObject head;
  PyObject* wrapped;
  PyObject* default_value;  // boxed
};
AnextAwaitable* fields(Value v) { return v.as<AnextAwaitable>(); }

// The iterator behind an awaitable, as `await` takes it.
Ref await_iterator(Value awaitable) {
  if (is_exact(awaitable, &PyCoro_Type)) return Ref::copy(awaitable);
  // A generator that types.coroutine marked.
  if (is_exact(awaitable, &PyGen_Type) && awaitable.as<PyGenObject>()->gi_code->co_flags & CO_ITERABLE_COROUTINE) return Ref::copy(awaitable);
  UnaryFn f = slots_of(awaitable).am_await;
  if (!f) return raise(PyExc_TypeError, "object %N can't be used in 'await' expression", type_of(awaitable));
  Ref it = f(awaitable);
  if (!it) return nullptr;
  if (is_exact(it, &PyCoro_Type)) return raise(PyExc_TypeError, "__await__() returned a coroutine");
  if (!is_iterator(it)) {
    return raise(PyExc_TypeError, "__await__() returned non-iterator of type '%N'", type_of(it));
  }
  return it;
}

// The async iteration is over: its default is this awaitable's result.
Failure stop_with_default(Value self) {
  if (!error_matches(PyExc_StopAsyncIteration)) return {};
  clear_error();
  Ref v = from_c(fields(self)->default_value);
  return raise_stop_iteration(v);
}

Ref anext_iternext(Value self) {
  Ref it = await_iterator(fields(self)->wrapped);
  if (!it) return nullptr;
  Ref r;
  PySendResult status = send(it, none(), &r);
  if (status == PYGEN_NEXT) return r;
  if (status == PYGEN_RETURN) return raise_stop_iteration(r);
  return stop_with_default(self);
}
Ref anext_forward(Value self, PyObject* name, Args args) {
  Ref it = await_iterator(fields(self)->wrapped);
  if (!it) return nullptr;
  Ref r = call_method(it, name, args);
  if (r) return r;
  return stop_with_default(self);
}
Ref anext_send(Value self, Args args) { return anext_forward(self, "send"_id, args); }
Ref anext_throw(Value self, Args args) { return anext_forward(self, "throw"_id, args); }
Ref anext_close(Value self, Args args) { return anext_forward(self, "close"_id, args); }
Ref anext_self(Value self) { return Ref::copy(self); }

void anext_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(fields(o)->wrapped);
  Py_XDECREF(fields(o)->default_value);
  gc_free(o);
}
int anext_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->wrapped);
  Py_VISIT(fields(o)->default_value);
  return 0;
}
const MethodRow anext_methods[] = {method<anext_send>("send", "", "send(arg) -> send 'arg' into the wrapped iterator,\nreturn next yielded value or raise StopIteration."),
                                   method<anext_throw>("throw", "", "throw(value)\nthrow(typ[,val[,tb]])\n\nraise exception in the wrapped iterator, return next yielded value\nor raise StopIteration."),
                                   method<anext_close>("close", "", "close() -> raise GeneratorExit inside generator."),
                                   {}};

Ref b_anext(Value, Args args) {
  if (!positional_only("anext", args, 1, 2)) return nullptr;
  UnaryFn f = args[0].is_object() ? slots_of(args[0]).am_anext : nullptr;
  if (!f) return raise(PyExc_TypeError, "'%N' object is not an async iterator", type_of(args[0]));
  Ref awaitable = f(args[0]);
  if (!awaitable || args.n == 1) return awaitable;
  auto* a = new_object<AnextAwaitable>(&_PyAnextAwaitable_Type);
  if (!a) return nullptr;
  Ref r = Ref::steal(&a->head);
  a->wrapped = awaitable.release().object();
  if (!store_field(&a->default_value, args[1])) return nullptr;
  return r;
}

}  // namespace

extern const TypeDef anext_awaitable_def{
    .type = &_PyAnextAwaitable_Type,
    .name = "anext_awaitable",
    .basicsize = sizeof(AnextAwaitable),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = anext_dealloc,
    .traverse = anext_traverse,
    .slots = {.tp_iter = slot::Unary<anext_self>, .tp_iternext = slot::Next<anext_iternext>, .am_await = slot::Unary<anext_self>},
    .methods = anext_methods,
};

const MethodRow builtins_sequence_rows[] = {
    method<b_aiter>("aiter", "($module, async_iterable, /)", "Return an AsyncIterator for an AsyncIterable object."),
    method<quantify<false>>("all", "($module, iterable, /)",
                            "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True."),
    method<b_anext>("anext", "($module, aiterator, default=<unrepresentable>, /)",
                    "async anext(aiterator[, default])\n\nReturn the next item from the async iterator.  If default is given and the async\n"
                    "iterator is exhausted, it is returned instead of raising StopAsyncIteration."),
    method<quantify<true>>("any", "($module, iterable, /)",
                           "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False."),
    method<b_iter>("iter", "",
                   "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\n"
                   "Get an iterator from an object.  In the first form, the argument must\n"
                   "supply its own iterator, or be a sequence.\n"
                   "In the second form, the callable is called until it returns the sentinel."),
    method<b_max>("max", "",
                  "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value\n\n"
                  "With a single iterable argument, return its biggest item. The\n"
                  "default keyword-only argument specifies an object to return if\nthe provided iterable is empty.\n"
                  "With two or more arguments, return the largest argument."),
    method<b_min>("min", "",
                  "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value\n\n"
                  "With a single iterable argument, return its smallest item. The\n"
                  "default keyword-only argument specifies an object to return if\nthe provided iterable is empty.\n"
                  "With two or more arguments, return the smallest argument."),
    method<b_next>("next", "",
                   "next(iterator[, default])\n\nReturn the next item from the iterator. If default is given and the iterator\n"
                   "is exhausted, it is returned instead of raising StopIteration."),
    method<b_sorted>("sorted", "($module, iterable, /, *, key=None, reverse=False)",
                     "Return a new list containing all items from the iterable in ascending order.\n\n"
                     "A custom key function can be supplied to customize the sort order, and the\n"
                     "reverse flag can be set to request the result in descending order."),
    method<b_sum>("sum", "($module, iterable, /, start=0)",
                  "Return the sum of a 'start' value (default: 0) plus an iterable of numbers\n\n"
                  "When the iterable is empty, return the start value.\n"
                  "This function is intended specifically for use with numeric values and may\nreject non-numeric types."),
    {}};

}  // namespace adder
