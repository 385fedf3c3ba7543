// Asynchronous generators: the generator type, the awaitables of its methods, and the wrapper that marks its own yields.
#include "vm/async_generator.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "vm/generator.h"
#include "vm/thread.h"

PyTypeObject PyAsyncGen_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyAsyncGenASend_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyAsyncGenWrappedValue_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyAsyncGenAThrow_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

inline PyAsyncGenObject* agen(Value v) { return v.as<PyAsyncGenObject>(); }
inline PyGenObject* plain(PyAsyncGenObject* g) { return reinterpret_cast<PyGenObject*>(g); }

// --- Wrapped values -----------------------------------------------------------------------------------------------------------------------
struct Wrapped {
  PyObject head;
  Value value;
};
int wrapped_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<Wrapped*>(o)->value);
  return 0;
}
void wrapped_dealloc(PyObject* o) {
  gc_untrack(o);
  clear_slot(reinterpret_cast<Wrapped*>(o)->value);
  gc_free(o);
}

}  // namespace

Ref async_wrap(Value v) {
  auto* w = reinterpret_cast<Wrapped*>(gc_new_raw(&_PyAsyncGenWrappedValue_Type, sizeof(Wrapped)));
  if (!w) return Ref{};
  w->value = Ref::copy(v).release();
  gc_track(&w->head);
  return Ref::steal(Value{&w->head});
}

namespace {

// --- Awaitables ---------------------------------------------------------------------------------------------------------------------------
enum State { kInit, kIter, kClosed };

// asend(value), __anext__(): kind kSend. athrow(…): kThrow. aclose(): kClose.
struct Awaitable {
  PyObject head;
  PyAsyncGenObject* generator;
  Value value;   // what asend() sends, or the args tuple of athrow(); absent for aclose()
  State state;
  bool closing;  // aclose()
};
Awaitable* awaitable(Value v) { return v.as<Awaitable>(); }

int awaitable_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* a = reinterpret_cast<Awaitable*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(a->generator));
  ADDER_VISIT(a->value);
  return 0;
}
void awaitable_dealloc(PyObject* o) {
  auto* a = reinterpret_cast<Awaitable*>(o);
  gc_untrack(o);
  Py_XDECREF(reinterpret_cast<PyObject*>(a->generator));
  clear_slot(a->value);
  gc_free(o);
}
// The hooks of the event loop see a generator once, when it is first iterated.
bool init_hooks(PyAsyncGenObject* g) {
  if (g->ag_hooks_inited) return true;
  g->ag_hooks_inited = 1;
  PyThreadState* ts = current_thread();
  if (ts->async_gen_finalizer) {
    Py_INCREF(ts->async_gen_finalizer);
    g->ag_origin_or_finalizer = ts->async_gen_finalizer;
  }
  if (ts->async_gen_firstiter) {
    Ref hook = Ref::copy(Value{ts->async_gen_firstiter});
    Ref done = call1(hook, Value{reinterpret_cast<PyObject*>(g)});
    return static_cast<bool>(done);
  }
  return true;
}
Ref make_awaitable(PyTypeObject* type, Value generator, Value value, bool closing) {
  if (!init_hooks(agen(generator))) return Ref{};
  auto* a = reinterpret_cast<Awaitable*>(gc_new_raw(type, sizeof(Awaitable)));
  if (!a) return Ref{};
  a->generator = Ref::copy(generator).release().as<PyAsyncGenObject>();
  a->value = value ? Ref::copy(value).release() : Value{};
  a->state = kInit;
  a->closing = closing;
  gc_track(&a->head);
  return Ref::steal(Value{&a->head});
}
// What a step of the generator means for the awaitable: a value it yielded itself ends the await with StopIteration(value); a value that
// it awaits is passed on to the event loop; its end is StopAsyncIteration.
Ref unwrap(PyAsyncGenObject* g, PySendResult status, Ref value) {
  if (status == PYGEN_NEXT) {
    if (is_exact(value, &_PyAsyncGenWrappedValue_Type)) {
      g->ag_running_async = 0;
      return raise_stop_iteration(value.as<Wrapped>()->value);
    }
    return value;
  }
  if (status == PYGEN_RETURN) (void)raise_none(PyExc_StopAsyncIteration);
  if (error_matches(PyExc_StopAsyncIteration) || error_matches(PyExc_GeneratorExit)) g->ag_closed = 1;
  g->ag_running_async = 0;
  return Ref{};
}
Ref asend_send(Value self, Value arg) {
  Awaitable* a = awaitable(self);
  if (a->state == kClosed) return raise(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
  if (a->state == kInit) {
    if (a->generator->ag_running_async) return raise(PyExc_RuntimeError, "anext(): asynchronous generator is already running");
    if (is_none(arg) && a->value) arg = a->value;
    a->state = kIter;
  }
  a->generator->ag_running_async = 1;
  Ref value;
  PySendResult status = generator_send(Value{reinterpret_cast<PyObject*>(a->generator)}, arg, &value);
  Ref result = unwrap(a->generator, status, std::move(value));
  if (!result) a->state = kClosed;
  return result;
}
Ref asend_next(Value self) { return asend_send(self, none()); }
Ref asend_throw(Value self, Args args) {
  Awaitable* a = awaitable(self);
  if (a->state == kClosed) return raise(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
  Ref e = exception_to_throw(args);
  if (!e) return Ref{};
  Ref value;
  PySendResult status = generator_throw_send(Value{reinterpret_cast<PyObject*>(a->generator)}, e, &value);
  Ref result = unwrap(a->generator, status, std::move(value));
  if (!result) a->state = kClosed;
  return result;
}
Ref close_method(Value self) {
  awaitable(self)->state = kClosed;
  return none_ref();
}
Ref self_method(Value self) { return Ref::copy(self); }

Failure ignored_exit(PyAsyncGenObject* g) {
  g->ag_running_async = 0;
  return raise(PyExc_RuntimeError, "async generator ignored GeneratorExit");
}
// One step of athrow() or aclose() after the generator moved.
Ref athrow_step(Awaitable* a, PySendResult status, Ref value) {
  PyAsyncGenObject* g = a->generator;
  if (!a->closing) {
    Ref result = unwrap(g, status, std::move(value));
    if (!result) a->state = kClosed;
    return result;
  }
  if (status == PYGEN_NEXT) {
    if (is_exact(value, &_PyAsyncGenWrappedValue_Type)) {
      a->state = kClosed;
      return ignored_exit(g);
    }
    return value;
  }
  g->ag_running_async = 0;
  a->state = kClosed;
  if (status == PYGEN_RETURN) return raise_none(PyExc_StopIteration);
  if (error_matches(PyExc_StopAsyncIteration) || error_matches(PyExc_GeneratorExit)) {
    // aclose() is done.
    clear_error();
    return raise_none(PyExc_StopIteration);
  }
  return Ref{};
}
Ref athrow_send(Value self, Value arg) {
  Awaitable* a = awaitable(self);
  PyAsyncGenObject* g = a->generator;
  Value generator{reinterpret_cast<PyObject*>(g)};
  if (a->state == kClosed) return raise(PyExc_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
  if (g->ag_frame_state >= kGenCompleted) {
    a->state = kClosed;
    return raise_none(PyExc_StopIteration);
  }
  if (a->state == kInit) {
    if (g->ag_running_async) {
      a->state = kClosed;
      return raise(PyExc_RuntimeError, a->closing ? "aclose(): asynchronous generator is already running" : "athrow(): asynchronous generator is already running");
    }
    if (g->ag_closed) {
      a->state = kClosed;
      return raise_none(PyExc_StopAsyncIteration);
    }
    if (!is_none(arg)) return raise(PyExc_RuntimeError, "can't send non-None value to a just-started coroutine");
    a->state = kIter;
    g->ag_running_async = 1;
    Ref value, e;
    if (a->closing) {
      g->ag_closed = 1;
      e = call0(Value{PyExc_GeneratorExit});
    } else {
      Value words[3];
      auto n = static_cast<size_t>(tuple_size(a->value));
      for (size_t i = 0; i < n && i < 3; i++) words[i] = tuple_get(a->value, static_cast<Py_ssize_t>(i));
      e = exception_to_throw(Args{words, n, nullptr});
    }
    if (!e) {
      g->ag_running_async = 0;
      a->state = kClosed;
      return Ref{};
    }
    PySendResult status = generator_throw_send(generator, e, &value);
    return athrow_step(a, status, std::move(value));
  }
  Ref value;
  PySendResult status = generator_send(generator, arg, &value);
  return athrow_step(a, status, std::move(value));
}
Ref athrow_next(Value self) { return athrow_send(self, none()); }
Ref athrow_throw(Value self, Args args) {
  Awaitable* a = awaitable(self);
  if (a->state == kClosed) return raise(PyExc_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
  Ref e = exception_to_throw(args);
  if (!e) return Ref{};
  Ref value;
  PySendResult status = generator_throw_send(Value{reinterpret_cast<PyObject*>(a->generator)}, e, &value);
  return athrow_step(a, status, std::move(value));
}

const MethodRow asend_methods[] = {method<asend_send>("send", "", ""), method<asend_throw>("throw", "", ""), method<close_method>("close", "", ""), {}};
const MethodRow athrow_methods[] = {method<athrow_send>("send", "", ""), method<athrow_throw>("throw", "", ""), method<close_method>("close", "", ""), {}};

// --- The generator ------------------------------------------------------------------------------------------------------------------------
Ref agen_repr(Value self) { return str_format("<async_generator object %S at %p>", Value{agen(self)->ag_qualname}, self.object()); }
Ref agen_anext(Value self) { return make_awaitable(&_PyAsyncGenASend_Type, self, Value{}, false); }
Ref agen_asend(Value self, Value v) { return make_awaitable(&_PyAsyncGenASend_Type, self, v, false); }
Ref agen_athrow(Value self, Args args) {
  Ref tuple = tuple_from(args.v, args.n);
  return tuple ? make_awaitable(&_PyAsyncGenAThrow_Type, self, tuple, false) : Ref{};
}
Ref agen_aclose(Value self) { return make_awaitable(&_PyAsyncGenAThrow_Type, self, Value{}, true); }
Ref get_running(Value self) { return bool_ref(agen(self)->ag_running_async); }
Ref get_code(Value self) { return Ref::copy(Value{reinterpret_cast<PyObject*>(agen(self)->ag_code)}); }
Ref get_await(Value self) {
  Ref d = generator_delegate(plain(agen(self)));
  return d ? std::move(d) : none_ref();
}
Ref get_suspended(Value self) { return bool_ref(agen(self)->ag_frame_state == kGenSuspended); }
Ref class_getitem(Value cls, Value item) { return call(Value{&Py_GenericAliasType}, {cls, item}); }

const MethodRow agen_methods[] = {
    method<agen_asend>("asend", "", "asend(v) -> send 'v' in generator."),
    method<agen_athrow>("athrow", "", "athrow(value)\nathrow(type[,value[,tb]])\n\nraise exception in generator."),
    method<agen_aclose>("aclose", "", "aclose() -> raise GeneratorExit inside generator."),
    class_method<class_getitem>("__class_getitem__", "", "See PEP 585"),
    {}};
const GetSetRow agen_getset[] = {
    getset<generator_get_name, generator_set_name>("__name__", "name of the async generator"),
    getset<generator_get_qualname, generator_set_qualname>("__qualname__", "qualified name of the async generator"),
    getset<get_await>("ag_await", "object being awaited on, or None"),
    getset<get_running>("ag_running"),
    getset<generator_get_frame>("ag_frame"),
    getset<get_code>("ag_code"),
    getset<get_suspended>("ag_suspended"),
    {}};

}  // namespace

extern const TypeDef async_generator_def, async_send_def, async_throw_def, async_wrapped_def;
const TypeDef async_generator_def{
    .type = &PyAsyncGen_Type,
    .name = "async_generator",
    .basicsize = offsetof(PyGenObject, gi_iframe),
    .itemsize = sizeof(PyObject*),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .finalize = generator_finalize,
    .weaklistoffset = offsetof(PyGenObject, gi_weakreflist),
    .slots = {.tp_repr = slot::Unary<agen_repr>, .am_aiter = slot::Unary<self_method>, .am_anext = slot::Unary<agen_anext>},
    .methods = agen_methods,
    .getset = agen_getset,
};
const TypeDef async_send_def{
    .type = &_PyAsyncGenASend_Type,
    .name = "async_generator_asend",
    .basicsize = sizeof(Awaitable),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = awaitable_dealloc,
    .traverse = awaitable_traverse,
    .slots = {.tp_iter = slot::Unary<self_method>, .tp_iternext = slot::Next<asend_next>, .am_await = slot::Unary<self_method>},
    .methods = asend_methods,
};
const TypeDef async_throw_def{
    .type = &_PyAsyncGenAThrow_Type,
    .name = "async_generator_athrow",
    .basicsize = sizeof(Awaitable),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = awaitable_dealloc,
    .traverse = awaitable_traverse,
    .slots = {.tp_iter = slot::Unary<self_method>, .tp_iternext = slot::Next<athrow_next>, .am_await = slot::Unary<self_method>},
    .methods = athrow_methods,
};
const TypeDef async_wrapped_def{
    .type = &_PyAsyncGenWrappedValue_Type,
    .name = "async_generator_wrapped_value",
    .basicsize = sizeof(Wrapped),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = wrapped_dealloc,
    .traverse = wrapped_traverse,
};

}  // namespace adder
