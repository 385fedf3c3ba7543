// Generators and coroutines: frames that rest in their object between two runs.
#include "vm/generator.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "vm/interp.h"

PyTypeObject PyGen_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyCoro_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyCoroWrapper_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

inline PyGenObject* gen(Value v) { return v.as<PyGenObject>(); }
inline Value object_of(PyGenObject* g) { return Value{reinterpret_cast<PyObject*>(g)}; }
inline bool finished(PyGenObject* g) { return g->gi_frame_state >= kGenCompleted; }
const char* kind_name(PyGenObject* g) {
  return Py_TYPE(g) == &PyGen_Type ? "generator" : Py_TYPE(g) == &PyCoro_Type ? "coroutine" : "async generator";
}
}  // namespace

bool is_generator_like(Value v) { return is_exact(v, &PyGen_Type) || is_exact(v, &PyCoro_Type) || is_exact(v, &PyAsyncGen_Type); }

Ref generator_from_frame(Frame* f) {
  PyCodeObject* code = f->code;
  PyTypeObject* type = code->co_flags & CO_COROUTINE ? &PyCoro_Type : code->co_flags & CO_ASYNC_GENERATOR ? &PyAsyncGen_Type : &PyGen_Type;
  auto* g = reinterpret_cast<PyGenObject*>(gc_new_raw(type, kGeneratorFrame + sizeof(Frame) + code_registers(code) * sizeof(Value)));
  if (!g) return Ref{};
  memset(reinterpret_cast<char*>(g) + sizeof(PyObject), 0, offsetof(PyGenObject, gi_iframe) - sizeof(PyObject));
  Py_INCREF(code);
  g->gi_code = code;
  Py_INCREF(f->function->func_name);
  g->gi_name = f->function->func_name;
  Py_INCREF(f->function->func_qualname);
  g->gi_qualname = f->function->func_qualname;
  g->gi_frame_state = kGenCreated;
  Frame* own = generator_frame(g);
  memcpy(static_cast<void*>(own), f, sizeof(Frame) + code->co_nlocalsplus * sizeof(Value));
  own->previous = nullptr;
  own->flags = kFrameGenerator;
  if (own->object) reinterpret_cast<FrameObject*>(own->object)->frame = own;
  Thread* t = this_thread();
  if (type == &PyCoro_Type && t->ts.coroutine_origin_tracking_depth > 0) {
    // cr_origin: (file, line, name) of the calling frames, innermost first.
    Ref origin = list_new();
    int depth = t->ts.coroutine_origin_tracking_depth;
    for (Frame* p = visible_caller(f); origin && p && depth-- > 0; p = visible_caller(p)) {
      Ref line = int_from_i64(p->line());
      Ref entry = tuple_of({Value{p->code->co_filename}, line.get(), Value{p->code->co_name}});
      if (!entry || !list_append(origin, std::move(entry))) origin.reset();
    }
    Ref tuple = origin ? list_to_tuple(origin) : Ref{};
    g->gi_origin_or_finalizer = tuple.release().object();
  }
  gc_track(reinterpret_cast<PyObject*>(g));
  return Ref::steal(object_of(g));
}

void generator_finish(Thread* t, PyGenObject* g) {
  generator_leave(t, g, kGenCompleted);
  PyObject* handled = g->gi_exc_state.exc_value;
  g->gi_exc_state.exc_value = nullptr;
  Py_XDECREF(handled);
}

// --- Running ----------------------------------------------------------------------------------------------------------------------
namespace {

bool already_running(PyGenObject* g) {
  return raise(PyExc_ValueError, Py_TYPE(g) == &PyGen_Type ? "generator already executing" : Py_TYPE(g) == &PyCoro_Type ? "coroutine already executing"
                                                                                                                       : "async generator already executing");
}

// A resting generator's frame on top of what the thread runs; null: RecursionError.
Frame* enter(Thread* t, PyGenObject* g) {
  if (!enter_recursion("")) return nullptr;
  return generator_enter(t, g, stack_top(t));
}
// What a run of the frame came to; `result` is what it gave.
PySendResult outcome(PyGenObject* g, Ref result, Ref* out) {
  if (!result) return PYGEN_ERROR;
  *out = std::move(result);
  return g->gi_frame_state == kGenSuspended ? PYGEN_NEXT : PYGEN_RETURN;
}
PySendResult resume(PyGenObject* g, Value arg, Ref* out) {
  Thread* t = this_thread();
  Frame* f = enter(t, g);
  if (!f) return PYGEN_ERROR;
  Ref keep = Ref::copy(object_of(g));
  incref(arg);
  return outcome(g, run_generator(t, f, arg), out);
}
// The raised exception is thrown where the generator rests.
PySendResult resume_raising(PyGenObject* g, Ref* out) {
  Thread* t = this_thread();
  Frame* f = enter(t, g);
  if (!f) return PYGEN_ERROR;
  Ref keep = Ref::copy(object_of(g));
  // What the generator itself is handling becomes the context.
  PyObject* handled = g->gi_exc_state.exc_value;
  if (handled && handled != Py_None) {
    if (Ref e = take_error()) (void)raise_object(std::move(e));
  }
  return outcome(g, run_frame_raising(t, f), out);
}

}  // namespace

PySendResult generator_send(Value self, Value arg, Ref* out) {
  PyGenObject* g = gen(self);
  if (g->gi_frame_state == kGenExecuting) {
    already_running(g);
    return PYGEN_ERROR;
  }
  if (finished(g)) {
    if (Py_TYPE(g) == &PyCoro_Type) {
      (void)raise(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
      return PYGEN_ERROR;
    }
    *out = none_ref();
    return PYGEN_RETURN;
  }
  if (g->gi_frame_state == kGenCreated && arg && !is_none(arg)) {
    const char* message = Py_TYPE(g) == &PyGen_Type ? "can't send non-None value to a just-started generator"
                          : Py_TYPE(g) == &PyCoro_Type ? "can't send non-None value to a just-started coroutine"
                                                       : "can't send non-None value to a just-started async generator";
    (void)raise(PyExc_TypeError, message);
    return PYGEN_ERROR;
  }
  return resume(g, arg ? arg : none(), out);
}

Ref generator_delegate(PyGenObject* g) {
  if (g->gi_frame_state != kGenSuspended) return Ref{};
  Frame* f = generator_frame(g);
  if (op_of(*f->pc) != Op::kYIELD) return Ref{};
  uint16_t c = field_c(*f->pc);
  return c ? Ref::copy(f->registers()[c - 1]) : Ref{};
}

namespace {

// A finished send as a method's result: a yielded value, or StopIteration with the return value.
Ref deliver(PyGenObject* g, PySendResult status, Ref value) {
  if (status == PYGEN_NEXT) return value;
  if (status == PYGEN_ERROR) return Ref{};
  if (Py_TYPE(g) == &PyAsyncGen_Type) return raise_none(PyExc_StopAsyncIteration);
  if (is_none(value)) return raise_none(PyExc_StopIteration);
  return raise_stop_iteration(value);
}

// The generator delegates to an iterator that ended by StopIteration (value taken): it goes on behind its SEND.
PySendResult resume_after_delegate(PyGenObject* g, Ref value, Ref* out) {
  Thread* t = this_thread();
  Frame* f = enter(t, g);
  if (!f) return PYGEN_ERROR;
  Ref keep = Ref::copy(object_of(g));
  // YIELD is followed by a jump back to the SEND; its data word leads to the end of the delegation.
  const Word* jump = f->pc + words_of<Op::kYIELD>;
  const Word* send = jump + words_of<Op::kJUMP> + static_cast<int32_t>(field_bc(*jump));
  ADDER_ASSERT(op_of(*send) == Op::kSEND);
  f->pc = send + words_of<Op::kSEND> + static_cast<int32_t>(send[1]);
  write(f->registers(), field_a(*send), value.release());
  return outcome(g, run_generator(t, f, none_ref().release()), out);  // no YIELD rests there, so nothing is received
}

Ref close_generator(Value self);

// Closes what a generator delegates to.
bool close_delegate(Value it) {
  if (is_exact(it, &PyGen_Type) || is_exact(it, &PyCoro_Type)) return static_cast<bool>(close_generator(it));
  Ref close;
  if (lookup_attr(it, "close"_id, &close) < 0) {
    write_unraisable(it);
    return true;
  }
  if (!close) return true;
  return static_cast<bool>(call0(close));
}

PySendResult throw_into(PyGenObject* g, Value exception, bool close_on_exit, Ref* out) {
  if (g->gi_frame_state == kGenExecuting) {
    already_running(g);
    return PYGEN_ERROR;
  }
  if (Ref delegate = generator_delegate(g)) {
    if (close_on_exit && exception_matches(exception, Value{PyExc_GeneratorExit})) {
      g->gi_frame_state = kGenExecuting;
      bool ok = close_delegate(delegate);
      g->gi_frame_state = kGenSuspended;
      if (!ok) return resume_raising(g, out);  // what close() raised is thrown instead
    } else {
      Ref result;
      PySendResult status = PYGEN_ERROR;
      bool thrown = true;
      g->gi_frame_state = kGenExecuting;
      // Its frame stands in the chain meanwhile, as if it ran.
      Thread* t = this_thread();
      Frame* own = generator_frame(g);
      generator_stack(own) = stack_top(t);
      own->previous = current_frame(t);
      current_frame(t) = own;
      auto leave = [&] {
        current_frame(t) = own->previous;
        own->previous = nullptr;
        g->gi_frame_state = kGenSuspended;
      };
      if (is_exact(delegate, &PyGen_Type) || is_exact(delegate, &PyCoro_Type)) {
        status = throw_into(gen(delegate), exception, close_on_exit, &result);
        if (status == PYGEN_RETURN) {
          leave();
          return resume_after_delegate(g, std::move(result), out);
        }
      } else {
        Ref method;
        if (lookup_attr(delegate, "throw"_id, &method) < 0) {
          leave();
          return PYGEN_ERROR;
        }
        if (method) {
          result = call1(method, exception);
          status = result ? PYGEN_NEXT : PYGEN_ERROR;
        } else {
          thrown = false;
        }
      }
      leave();
      if (thrown) {
        if (status == PYGEN_NEXT) {
          *out = std::move(result);
          return PYGEN_NEXT;
        }
        if (error_matches(PyExc_StopIteration)) {
          Ref stop = take_error();
          PyObject* value = stop.as<PyStopIterationObject>()->value;
          return resume_after_delegate(g, value ? from_c(value) : none_ref(), out);
        }
        return resume_raising(g, out);
      }
    }
  }
  if (finished(g)) {
    if (Py_TYPE(g) == &PyCoro_Type) (void)raise(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    else restore_error(Ref::copy(exception));
    return PYGEN_ERROR;
  }
  restore_error(Ref::copy(exception));
  return resume_raising(g, out);
}

// The exception instance of throw(type[, value[, traceback]]).
Ref thrown_exception(Args a, const char* name) {
  if (a.n < 1 || a.n > 3) return raise(PyExc_TypeError, a.n < 1 ? "%s expected at least 1 argument, got %zd" : "%s expected at most 3 arguments, got %zd", name, static_cast<Py_ssize_t>(a.n));
  Value type = a[0], value = a.n > 1 ? a[1] : Value{}, tb = a.n > 2 ? a[2] : Value{};
  if (tb && is_none(tb)) tb = Value{};
  if (tb && !is_exact(tb, &PyTraceBack_Type)) return raise(PyExc_TypeError, "throw() third argument must be a traceback object");
  Ref e;
  if (is_exception_class(type)) {
    if (value && is_exception(value) && is_instance_exactly(value, type.as<PyTypeObject>())) e = Ref::copy(value);
    else if (!value || is_none(value)) e = call0(type);
    else if (is_tuple(value)) e = call_tuple_dict(type, value, Value{});
    else e = call1(type, value);
    if (e && !is_exception(e)) {
      (void)raise(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %R", type, Value{type_of(e)});
      e.reset();
    }
    // A class that cannot be made an exception: that error is thrown in its place.
    if (!e) e = take_error();
  } else if (is_exception(type)) {
    if (value && !is_none(value)) return raise(PyExc_TypeError, "instance exception may not have a separate value");
    e = Ref::copy(type);
  } else {
    return raise(PyExc_TypeError, "exceptions must be classes or instances deriving from BaseException, not %s", type_of(type)->tp_name);
  }
  if (e && tb) {
    auto* b = e.as<PyBaseExceptionObject>();
    PyObject* old = b->traceback;
    b->traceback = Ref::copy(tb).release().object();
    Py_XDECREF(old);
  }
  return e;
}

// --- Methods ------------------------------------------------------------------------------------------------------------------------
Ref send_method(Value self, Value arg) {
  Ref value;
  PySendResult status = generator_send(self, arg, &value);
  return deliver(gen(self), status, std::move(value));
}
Ref throw_method(Value self, Args a) {
  Ref e = thrown_exception(a, "throw");
  if (!e) return Ref{};
  Ref value;
  PySendResult status = throw_into(gen(self), e, true, &value);
  return deliver(gen(self), status, std::move(value));
}
Ref close_generator(Value self) {
  PyGenObject* g = gen(self);
  if (g->gi_frame_state == kGenCreated) {
    generator_clear_frame(generator_frame(g));
    return none_ref();
  }
  if (finished(g)) return none_ref();
  Ref exit = call0(Value{PyExc_GeneratorExit});
  if (!exit) return Ref{};
  Ref value;
  PySendResult status = throw_into(g, exit, true, &value);
  if (status == PYGEN_NEXT) return raise(PyExc_RuntimeError, "%s ignored GeneratorExit", kind_name(g));
  if (status == PYGEN_RETURN) return none_ref();
  if (error_matches(PyExc_StopIteration) || error_matches(PyExc_GeneratorExit)) {
    clear_error();
    return none_ref();
  }
  return Ref{};
}
Ref next_slot(Value self) {
  Ref value;
  PySendResult status = generator_send(self, none(), &value);
  if (status == PYGEN_NEXT) return value;
  if (status == PYGEN_RETURN && !is_none(value)) return raise_stop_iteration(value);
  return Ref{};
}
Ref self_slot(Value self) { return Ref::copy(self); }
Ref gen_repr(Value self) {
  const char* kind = is_exact(self, &PyCoro_Type) ? "coroutine" : "generator";
  return str_format("<%s object %S at %p>", kind, Value{gen(self)->gi_qualname}, self.object());
}

// --- Life -----------------------------------------------------------------------------------------------------------------------------
}  // namespace

bool generator_clear_frame(Frame* f) {
  auto* g = generator_of(f);
  if (finished(g)) return true;
  if (g->gi_frame_state == kGenSuspended) {
    // frame.clear() closes; a dealloc comes here only after its finalizer did.
    if (const Liveness* liveness = code_liveness(f->code)) {
      g->gi_frame_state = kGenCleared;
      live_temporaries(
          liveness, f->word_index(),
          [](int reg, void* arg) {
            Value* r = static_cast<Value*>(arg);
            Value v = r[reg];
            r[reg] = Value{};
            decref(v);
          },
          f->registers());
    }
  }
  g->gi_frame_state = kGenCleared;
  Thread* t = this_thread();
  // As if it ended: a frame object that others hold takes the locals.
  f->flags &= ~kFrameGenerator;
  Frame* keep = current_frame(t);
  f->previous = nullptr;
  frame_finish(f);
  current_frame(t) = keep;
  PyObject* handled = g->gi_exc_state.exc_value;
  g->gi_exc_state.exc_value = nullptr;
  Py_XDECREF(handled);
  return true;
}
bool generator_close_frame(Frame* f) {
  auto* g = generator_of(f);
  if (Py_TYPE(g) == &PyCoro_Type && g->gi_frame_state == kGenCreated) generator_finalize(object_of(g).object());  // never awaited
  if (Ref done = close_generator(object_of(g)); !done) return false;
  return true;
}

void generator_finalize(PyObject* o) {
  auto* g = reinterpret_cast<PyGenObject*>(o);
  if (finished(g)) return;
  ErrorKeeper keep;
  if (Py_TYPE(o) == &PyAsyncGen_Type && g->gi_origin_or_finalizer && !g->gi_closed) {
    // The event loop's hook closes an asynchronous generator.
    Ref r = call1(Value{g->gi_origin_or_finalizer}, Value{o});
    if (!r) write_unraisable(Value{o});
    return;
  }
  if (Py_TYPE(o) == &PyCoro_Type && g->gi_frame_state == kGenCreated) {
    Ref warnings = hooks.import_module ? hooks.import_module("warnings"_id) : Ref{};
    if (!warnings && error_matches(PyExc_ImportError)) clear_error();
    Ref r = warnings ? call_method(warnings, "_warn_unawaited_coroutine"_id, {Value{o}}) : Ref{};
    bool warned = r || error_matches(PyExc_RuntimeWarning);
    if (error_occurred()) write_unraisable(Value{o});
    if (!warned && !warn(PyExc_RuntimeWarning, 1, "coroutine '%S' was never awaited", g->gi_qualname)) write_unraisable(Value{o});
    return;
  }
  Ref closed = close_generator(Value{o});
  if (!closed) write_unraisable(Value{o});
}
int generator_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* g = reinterpret_cast<PyGenObject*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(g->gi_code));
  ADDER_VISIT(g->gi_name);
  ADDER_VISIT(g->gi_qualname);
  ADDER_VISIT(g->gi_origin_or_finalizer);
  ADDER_VISIT(g->gi_exc_state.exc_value);
  if (g->gi_frame_state < kGenExecuting) {
    Frame* f = generator_frame(g);
    ADDER_VISIT(reinterpret_cast<PyObject*>(f->function));
    ADDER_VISIT(reinterpret_cast<PyObject*>(f->code));
    ADDER_VISIT(f->locals);
    ADDER_VISIT(reinterpret_cast<PyObject*>(f->object));
    for (int i = 0; i < f->code->co_nlocalsplus; i++) ADDER_VISIT(f->registers()[i]);
    if (g->gi_frame_state == kGenSuspended) {
      struct Context { visitproc visit; void* arg; Value* r; int result; } context{visit, arg, f->registers(), 0};
      if (const Liveness* liveness = code_liveness(f->code)) {
        live_temporaries(
            liveness, f->word_index(),
            [](int reg, void* p) {
              auto* c = static_cast<Context*>(p);
              if (c->r[reg].is_object() && !c->result) c->result = c->visit(c->r[reg].object(), c->arg);
            },
            &context);
      }
      if (context.result) return context.result;
    }
  }
  return 0;
}
void generator_dealloc(PyObject* o) {
  auto* g = reinterpret_cast<PyGenObject*>(o);
  if (gc_is_tracked(o)) gc_untrack(o);
  TrashcanGuard guard{o, &generator_dealloc};
  if (guard.deferred) return;
  if (g->gi_weakreflist) clear_weakrefs(o);
  if (!finished(g)) {
    gc_track(o);
    if (finalize_in_dealloc(o)) return;
    gc_untrack(o);
    generator_clear_frame(generator_frame(g));
  }
  Py_CLEAR(g->gi_origin_or_finalizer);
  Py_CLEAR(g->gi_code);
  Py_CLEAR(g->gi_name);
  Py_CLEAR(g->gi_qualname);
  PyObject* handled = g->gi_exc_state.exc_value;
  g->gi_exc_state.exc_value = nullptr;
  Py_XDECREF(handled);
  gc_free(o);
}

namespace {

Ref get_name(Value self) { return Ref::copy(Value{gen(self)->gi_name}); }
bool set_text(PyObject** slot, Value v, const char* what) {
  if (!v || !is_str(v)) return raise(PyExc_TypeError, "%s must be set to a string object", what);
  PyObject* old = *slot;
  *slot = Ref::copy(v).release().object();
  Py_XDECREF(old);
  return true;
}
bool set_name(Value self, Value v) { return set_text(&gen(self)->gi_name, v, "__name__"); }
Ref get_qualname(Value self) { return Ref::copy(Value{gen(self)->gi_qualname}); }
bool set_qualname(Value self, Value v) { return set_text(&gen(self)->gi_qualname, v, "__qualname__"); }
Ref get_frame(Value self) {
  PyGenObject* g = gen(self);
  if (finished(g)) return none_ref();
  PyFrameObject* o = frame_object(generator_frame(g));
  return o ? Ref::copy(Value{reinterpret_cast<PyObject*>(o)}) : Ref{};
}
Ref get_running(Value self) { return bool_ref(gen(self)->gi_frame_state == kGenExecuting); }
Ref get_suspended(Value self) { return bool_ref(gen(self)->gi_frame_state == kGenSuspended); }
Ref get_code(Value self) { return Ref::copy(Value{reinterpret_cast<PyObject*>(gen(self)->gi_code)}); }
Ref get_delegate(Value self) {
  Ref d = generator_delegate(gen(self));
  return d ? std::move(d) : none_ref();
}
Ref get_origin(Value self) {
  PyObject* origin = gen(self)->gi_origin_or_finalizer;
  return origin ? Ref::copy(Value{origin}) : none_ref();
}

const MethodRow generator_methods[] = {
    method<send_method>("send", "", "send(arg) -> send 'arg' into generator,\nreturn next yielded value or raise StopIteration."),
    method<throw_method>("throw", "", "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, return next yielded value or raise\nStopIteration."),
    method<close_generator>("close", "", "close() -> raise GeneratorExit inside generator."),
    {}};
const GetSetRow generator_getset[] = {
    getset<get_name, set_name>("__name__", "name of the generator"),
    getset<get_qualname, set_qualname>("__qualname__", "qualified name of the generator"),
    getset<get_delegate>("gi_yieldfrom", "object being iterated by yield from, or None"),
    getset<get_running>("gi_running"),
    getset<get_frame>("gi_frame"),
    getset<get_suspended>("gi_suspended"),
    getset<get_code>("gi_code"),
    {}};

// --- Coroutines -----------------------------------------------------------------------------------------------------------------------
struct CoroutineWrapper {
  PyObject head;
  PyObject* coroutine;
};
Ref coroutine_await(Value self) {
  auto* w = reinterpret_cast<CoroutineWrapper*>(gc_new_raw(&_PyCoroWrapper_Type, sizeof(CoroutineWrapper)));
  if (!w) return Ref{};
  w->coroutine = Ref::copy(self).release().object();
  gc_track(&w->head);
  return Ref::steal(Value{&w->head});
}
inline Value wrapped(Value self) { return Value{self.as<CoroutineWrapper>()->coroutine}; }
Ref wrapper_send(Value self, Value arg) { return send_method(wrapped(self), arg); }
Ref wrapper_throw(Value self, Args a) { return throw_method(wrapped(self), a); }
Ref wrapper_close(Value self) { return close_generator(wrapped(self)); }
Ref wrapper_next(Value self) { return next_slot(wrapped(self)); }
int wrapper_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<CoroutineWrapper*>(o)->coroutine);
  return 0;
}
void wrapper_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_CLEAR(reinterpret_cast<CoroutineWrapper*>(o)->coroutine);
  gc_free(o);
}
const MethodRow coroutine_methods[] = {
    method<send_method>("send", "", "send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration."),
    method<throw_method>("throw", "", "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration."),
    method<close_generator>("close", "", "close() -> raise GeneratorExit inside coroutine."),
    {}};
const GetSetRow coroutine_getset[] = {
    getset<get_name, set_name>("__name__", "name of the coroutine"),
    getset<get_qualname, set_qualname>("__qualname__", "qualified name of the coroutine"),
    getset<get_delegate>("cr_await", "object being awaited on, or None"),
    getset<get_running>("cr_running"),
    getset<get_frame>("cr_frame"),
    getset<get_code>("cr_code"),
    getset<get_suspended>("cr_suspended"),
    getset<get_origin>("cr_origin"),
    {}};
const MethodRow wrapper_methods[] = {
    method<wrapper_send>("send", "", "send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration."),
    method<wrapper_throw>("throw", "", "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration."),
    method<wrapper_close>("close", "", "close() -> raise GeneratorExit inside coroutine."),
    {}};

}  // namespace

Ref generator_throw(Value self, Value exception) {
  Ref value;
  PySendResult status = throw_into(gen(self), exception, true, &value);
  return deliver(gen(self), status, std::move(value));
}
// The awaitable protocol's view (asynchronous generators): status and value apart.
PySendResult generator_throw_send(Value self, Value exception, Ref* out) { return throw_into(gen(self), exception, false, out); }
Ref generator_close(Value self) { return close_generator(self); }
Ref exception_to_throw(Args a) { return thrown_exception(a, "throw"); }
Ref generator_get_name(Value self) { return get_name(self); }
Ref generator_get_frame(Value self) { return get_frame(self); }
bool generator_set_name(Value self, Value v) { return set_name(self, v); }
Ref generator_get_qualname(Value self) { return get_qualname(self); }
bool generator_set_qualname(Value self, Value v) { return set_qualname(self, v); }

extern const TypeDef generator_def, coroutine_def, coroutine_wrapper_def;
const TypeDef generator_def{
    .type = &PyGen_Type,
    .name = "generator",
    .basicsize = offsetof(PyGenObject, gi_iframe),
    .itemsize = sizeof(PyObject*),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .finalize = generator_finalize,
    .weaklistoffset = offsetof(PyGenObject, gi_weakreflist),
    .slots = {.tp_repr = slot::Unary<gen_repr>, .tp_iter = slot::Unary<self_slot>, .tp_iternext = slot::Next<next_slot>, .am_send = slot::Send<generator_send>},
    .methods = generator_methods,
    .getset = generator_getset,
};
const TypeDef coroutine_def{
    .type = &PyCoro_Type,
    .name = "coroutine",
    .basicsize = offsetof(PyGenObject, gi_iframe),
    .itemsize = sizeof(PyObject*),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = generator_dealloc,
    .traverse = generator_traverse,
    .finalize = generator_finalize,
    .weaklistoffset = offsetof(PyGenObject, gi_weakreflist),
    .slots = {.tp_repr = slot::Unary<gen_repr>, .am_await = slot::Unary<coroutine_await>, .am_send = slot::Send<generator_send>},
    .methods = coroutine_methods,
    .getset = coroutine_getset,
};
const TypeDef coroutine_wrapper_def{
    .type = &_PyCoroWrapper_Type,
    .name = "coroutine_wrapper",
    .basicsize = sizeof(CoroutineWrapper),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .doc = "A wrapper object implementing __await__ for coroutines.",
    .dealloc = wrapper_dealloc,
    .traverse = wrapper_traverse,
    .slots = {.tp_iter = slot::Unary<self_slot>, .tp_iternext = slot::Next<wrapper_next>},
    .methods = wrapper_methods,
};

}  // namespace adder
