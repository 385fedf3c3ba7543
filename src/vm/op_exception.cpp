// Handlers of raising, catching, `with`, and exception groups; the unwinder.
#include "compile/liveness.h"
#include "object/exceptions.h"
#include "object/limits.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/generator.h"
#include "vm/interp.h"
#include "vm/nodes.h"
#include "vm/trace.h"
#include "vm/traceback.h"

namespace adder { Ref prepare_reraise_star(Value original, Value list); }  // vm/exception_star.cpp

namespace adder {

// --- The unwinder --------------------------------------------------------------------------------------------------------------
namespace {

// Releases the temporaries that were live when word `at` raised, from the highest down to `floor`.
void release_temporaries(Frame* f, Py_ssize_t at, int floor) {
  const Liveness* liveness = code_liveness(f->code);
  if (ADDER_UNLIKELY(!liveness)) return clear_error();
  const uint64_t* row = liveness->raising(at);
  if (!row) return;
  Value* r = f->registers();
  for (int i = liveness->blocks, first = liveness->first + 64 * i; i-- > 0;) {
    first -= 64;
    uint64_t bits = row[i];
    if (floor > first) bits = floor - first < 64 ? bits & ~uint64_t{0} << (floor - first) : 0;
    while (bits) {
      const int top = 63 - __builtin_clzll(bits);
      bits &= ~(uint64_t{1} << top);
      Value v = r[first + top];
      r[first + top] = Value{};
      decref(v);
    }
  }
}

// PEP 479: StopIteration (and StopAsyncIteration in asynchronous generators) must not leave a generator as such.
void stop_iteration_is_an_error(PyCodeObject* code, Ref* exception) {
  bool async = code->co_flags & CO_ASYNC_GENERATOR;
  const char* message;
  if (exception_matches(*exception, PyExc_StopIteration)) {
    message = code->co_flags & CO_COROUTINE ? "coroutine raised StopIteration" : async ? "async generator raised StopIteration" : "generator raised StopIteration";
  } else if (async && exception_matches(*exception, PyExc_StopAsyncIteration)) {
    message = "async generator raised StopAsyncIteration";
  } else {
    return;
  }
  restore_error(std::move(*exception));
  (void)raise_from_current(PyExc_RuntimeError, message);
  *exception = take_error();
}

// Cleanup code that only passes an exception on is no place of its own: the frame stands again where the exception came from.
void line_of_raise(Frame* f, Value exception) {
  auto* tb = reinterpret_cast<PyTracebackObject*>(exception.as<PyBaseExceptionObject>()->traceback);
  if (tb && f->object && tb->tb_frame == f->object && tb->tb_lasti >= 0) f->pc = code_words(f->code) + tb->tb_lasti / static_cast<int>(sizeof(Word));
}

// Tracing sees the exception raised, and may raise another.
ADDER_NOINLINE void tell_of_exception(Thread* t, Frame* f, Ref* exception) {
  restore_error(std::move(*exception));
  trace_exception(t, f);
  *exception = take_error();
}
ADDER_NOINLINE void tell_of_leaving(Thread* t, Frame* f, Ref* exception) {
  restore_error(std::move(*exception));
  (void)trace_return(t, f, Value{});
  *exception = take_error();
}

// An AttributeError that leaves a property's getter is about that property.
ADDER_NOINLINE void tell_attribute(Value object, PyObject* name, Ref* exception) {
  restore_error(std::move(*exception));
  add_attribute_context(object, name);
  *exception = take_error();
}

// Deferred array operations that stand before the one that raised run first; what they raise comes instead.
ADDER_NOINLINE void run_waiting(Ref* exception) {
  if (nodes.settle_pending()) return;
  Ref earlier = take_error();
  *exception = std::move(earlier);
}

// Finds where an exception (owned) is handled, leaving frames that do not; the current frame then stands at the handler's first
// instruction. false: an entry frame was left with the exception raised. Meanwhile none is: what is released may run Python code, which
// must not see or lose it.
ADDER_NOINLINE bool find_handler(Thread* t, Value raised) {
  Ref exception = Ref::steal(raised);
  if (ADDER_UNLIKELY(nodes.pending)) run_waiting(&exception);
  bool memory = true;  // asking for more again for each of very many frames would take minutes
  for (;;) {
    Frame* f = current_frame(t);
    PyCodeObject* code = f->code;
    Py_ssize_t at = f->word_index();
    Word w = *f->pc;
    // A bare `raise` goes on with the handled exception as it is, too.
    bool again = op_of(w) == Op::kRERAISE || (op_of(w) == Op::kRAISE && field_a(w) == kNoRegister && handled_exception());
    bool tracing = ADDER_UNLIKELY(t->handlers != kHandlers);
    Py_ssize_t target;
    int exception_register;
    bool lasti;
    // Where a limit is exceeded nothing is handled any more.
    const bool handled = !is_exceeded() && code_handler(code, at, &target, &exception_register, &lasti);
    // A frame that is left before anybody has looked at it becomes its frame object as a whole.
    const bool unseen = !handled && !again && !tracing && memory && !(f->flags & ~kFrameEntry);
    if (!(f->flags & kFrameCleared) && !again && memory && !unseen) memory = add_traceback(f, exception);
    if (tracing && !again) tell_of_exception(t, f, &exception);
    if (handled) {
      release_temporaries(f, at, exception_register);
      f->registers()[exception_register] = exception.release();
      f->pc = code_words(code) + target;
      if (tracing && f->object && code_line(code, at) != code_line(code, target)) reinterpret_cast<FrameObject*>(f->object)->lineno = -1;  // its line is entered anew
      return true;
    }
    release_temporaries(f, at, code->co_nlocalsplus);
    if (op_of(w) == Op::kRERAISE && field_b(w)) line_of_raise(f, exception);
    if (tracing) tell_of_leaving(t, f, &exception);
    if (f->flags & kFrameGenerator) stop_iteration_is_an_error(code, &exception);
    bool entry = f->flags & kFrameEntry;
    Frame* caller = f->previous;
    if (!entry && op_of(*caller->pc) == Op::kLOAD_ATTR_PROPERTY) tell_attribute(f->registers()[0], name_at(caller->registers(), field_c(*caller->pc)), &exception);
    if (Ref object = unseen && !f->object ? frame_leave(f) : Ref{}) {
      memory = add_traceback(object.as<PyFrameObject>(), at, exception);
    } else {
      if (unseen) memory = add_traceback(f, exception);
      frame_finish(f);
    }
    t->ts.recursion_remaining++;
    current_frame(t) = caller;
    if (entry) {
      restore_error(std::move(exception));
      t->result = Value{};
      return false;
    }
  }
}
ADDER_NOINLINE bool find_handler_of_raised(Thread* t) {
  ADDER_ASSERT(error_occurred());
  return find_handler(t, take_error().release());
}

}  // namespace

// Goes on in the current frame where it stands.
#define ADDER_CONTINUE()                 \
  do {                                   \
    r = current_frame(t)->registers();   \
    pc = frame_of(r)->pc;                \
    handlers = t->handlers;              \
    ADDER_DISPATCH();                    \
  } while (0)

ADDER_VM_CC void unwind(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  save_pc(r, pc);
  if (!find_handler_of_raised(t)) return;
  ADDER_CONTINUE();
}

// --- Raising -------------------------------------------------------------------------------------------------------------------
namespace {

// Whether calling a class without arguments does what BaseException does.
bool makes_plainly(Value cls) {
  const Slots &made = slots_of(cls.as<PyTypeObject>()), &base = slots_of(&_PyExc_BaseException);
  return made.tp_new == base.tp_new && made.tp_init == base.tp_init && type_of(cls) == &PyType_Type;
}
// The exception instance of `raise x`: a class is called.
Ref exception_of(Value v, const char* message) {
  if (is_exception_class(v)) {
    Ref e = makes_plainly(v) ? exception_new(v.as<PyTypeObject>(), Args{}) : call0(v);
    if (e && !is_exception(e))
      return raise(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %R", v, Value{type_of(e)});
    return e;
  }
  if (is_exception(v)) return Ref::copy(v);
  return raise(PyExc_TypeError, message);
}
// The exception that `raise what from cause` raises; empty: another one was raised on the way.
Ref exception_to_raise(Value what, Value cause) {
  Ref e = exception_of(what, "exceptions must derive from BaseException");
  if (!e) return e;
  if (cause) {
    Ref fixed;
    if (is_exception_class(cause) || is_exception(cause)) fixed = exception_of(cause, "");
    else if (is_none(cause)) fixed = none_ref();
    else return raise(PyExc_TypeError, "exception causes must derive from BaseException");
    if (!fixed) return fixed;
    if (is_none(fixed)) fixed.reset();
    set_cause(e, std::move(fixed));
  }
  chain_exception(e);
  return e;
}
ADDER_NOINLINE bool do_raise(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  uint16_t a = field_a(*pc), b = field_b(*pc);
  Ref e;
  if (a == kNoRegister) {
    e = Ref::copy(handled_exception());
    if (!e) (void)raise(PyExc_RuntimeError, "No active exception to reraise");
  } else {
    e = exception_to_raise(reg(r, a), b == kNoRegister ? Value{} : reg(r, b));
    consume(r, a);
    if (b != kNoRegister) consume(r, b);
  }
  if (!e) e = take_error();
  return find_handler(t, e.release());
}
ADDER_NOINLINE bool do_reraise(const Word* pc, Value* r, Thread* t) {
  save_pc(r, pc);
  return find_handler(t, take(r, field_a(*pc)));
}

}  // namespace

ADDER_HANDLER(RAISE) {
  if (!do_raise(pc, r, t)) return;
  ADDER_CONTINUE();
}
ADDER_HANDLER(RERAISE) {
  if (!do_reraise(pc, r, t)) return;
  ADDER_CONTINUE();
}

// --- Handlers ------------------------------------------------------------------------------------------------------------------
ADDER_HANDLER(PUSH_EXC) {
  _PyErr_StackItem* item = t->ts.exc_info;
  PyObject* before = item->exc_value;  // the reference moves to R[a]
  item->exc_value = take(r, field_b(*pc)).object();
  if (!before) incref(before = Py_None);
  write(r, field_a(*pc), Value{before});
  ADDER_NEXT(PUSH_EXC);
}
ADDER_HANDLER(POP_EXC) {
  save_pc(r, pc);
  _PyErr_StackItem* item = t->ts.exc_info;
  PyObject* old = item->exc_value;
  item->exc_value = take(r, field_a(*pc)).object();
  if (old) decref(old);
  ADDER_NEXT(POP_EXC);
}
static bool check_exception_class(Value v) {
  const char* message = "catching classes that do not inherit from BaseException is not allowed";
  if (is_tuple(v)) {
    for (Py_ssize_t i = 0; i < tuple_size(v); i++) {
      if (!is_exception_class(tuple_get(v, i))) return raise(PyExc_TypeError, message);
    }
    return true;
  }
  return is_exception_class(v) ? true : static_cast<bool>(raise(PyExc_TypeError, message));
}
static ADDER_NOINLINE int exception_match(const Word* pc, Value* r) {
  save_pc(r, pc);
  Value cls = reg(r, field_b(*pc));
  int match = check_exception_class(cls) ? exception_matches(reg(r, field_a(*pc)), cls) : -1;
  consume(r, field_b(*pc));
  consume(r, field_a(*pc));
  return match;
}
ADDER_HANDLER(JUMP_IF_NO_MATCH) {
  Value exception = reg(r, field_a(*pc)), cls = reg(r, field_b(*pc));
  int match = 1;
  if (cls == Value{type_of(exception)}) {
    save_pc(r, pc);
    consume(r, field_b(*pc));
    consume(r, field_a(*pc));
  } else {
    match = exception_match(pc, r);
    if (ADDER_UNLIKELY(match < 0)) ADDER_UNWIND();
  }
  ADDER_BRANCH(JUMP_IF_NO_MATCH, !match, static_cast<int16_t>(field_c(*pc)));
}
ADDER_SLOW_OP(LOAD_ASSERTION_ERROR) { return write_ref(r, field_a(*pc), Ref::copy(Value{PyExc_AssertionError})); }

// --- except* ---------------------------------------------------------------------------------------------------------------------
static bool check_group_class(Value v) {
  if (!check_exception_class(v)) return false;
  const char* message = "catching ExceptionGroup with except* is not allowed. Use except instead.";
  auto is_group = [](Value c) { return is_subtype(c.as<PyTypeObject>(), reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup)); };
  if (is_tuple(v)) {
    for (Py_ssize_t i = 0; i < tuple_size(v); i++) {
      if (is_group(tuple_get(v, i))) return raise(PyExc_TypeError, message);
    }
  } else if (is_group(v)) {
    return raise(PyExc_TypeError, message);
  }
  return true;
}
// Splits `exception` by a class or tuple; *match and *rest are none where empty.
static bool match_group(Value exception, Value cls, Ref* match, Ref* rest) {
  *match = none_ref();
  *rest = none_ref();
  if (is_none(exception)) return true;
  bool group = is_instance_exactly(exception, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup));
  if (exception_matches(exception, cls)) {
    if (group) {
      *match = Ref::copy(exception);
      return true;
    }
    Ref message = str_empty();
    Ref members = tuple_of({exception});
    Ref wrapped = members ? call(Value{PyExc_BaseExceptionGroup}, {message, members}) : Ref{};
    if (!wrapped) return false;
    // A naked exception is wrapped; the group carries its traceback.
    auto* w = wrapped.as<PyBaseExceptionObject>();
    auto* e = exception.as<PyBaseExceptionObject>();
    Py_XINCREF(e->traceback);
    w->traceback = e->traceback;
    *match = std::move(wrapped);
    return true;
  }
  if (!group) {
    *rest = Ref::copy(exception);
    return true;
  }
  Ref pair = call_method(exception, "split"_id, {cls});
  if (!pair) return false;
  if (!is_exact_tuple(pair)) return raise(PyExc_TypeError, "%.200s.split must return a tuple, not %.200s", type_of(exception)->tp_name, type_of(pair)->tp_name);
  if (tuple_size(pair) < 2)
    return raise(PyExc_TypeError, "%.200s.split must return a 2-tuple, got tuple of size %zd", type_of(exception)->tp_name, tuple_size(pair));
  *match = Ref::copy(tuple_get(pair, 0));
  *rest = Ref::copy(tuple_get(pair, 1));
  return true;
}
ADDER_SLOW_OP(MATCH_GROUP) {
  save_pc(r, pc);
  Word w = *pc;
  Ref exception = Ref::steal(take(r, field_b(w))), cls = Ref::steal(take(r, field_c(w)));
  Ref match, rest;
  if (!check_group_class(cls) || !match_group(exception, cls, &match, &rest)) return false;
  if (!is_none(match)) {
    // The matched part is what the handler handles.
    _PyErr_StackItem* item = t->ts.exc_info;
    PyObject* old = item->exc_value;
    item->exc_value = Ref::copy(match).release().object();
    Py_XDECREF(old);
  }
  r[field_a(w)] = match.release();
  r[field_a(w) + 1] = rest.release();
  return true;
}
ADDER_SLOW_OP(PREP_RERAISE_STAR) {
  save_pc(r, pc);
  Word w = *pc;
  Ref original = Ref::steal(take(r, field_b(w))), list = Ref::steal(take(r, field_c(w)));
  return write_ref(r, field_a(w), prepare_reraise_star(original, list));
}

// --- with ------------------------------------------------------------------------------------------------------------------------
static bool enter_context(const Word* pc, Value* r, PyObject* enter_name, PyObject* exit_name, bool is_async) {
  save_pc(r, pc);
  Word w = *pc;
  Ref manager = Ref::steal(take(r, field_b(w)));
  const char* kind = is_async ? "asynchronous context manager" : "context manager";
  Ref enter = lookup_special(manager, enter_name);
  if (!enter) {
    if (error_occurred()) return false;
    return raise(PyExc_TypeError, "'%.200s' object does not support the %s protocol", type_of(manager)->tp_name, kind);
  }
  Ref exit = lookup_special(manager, exit_name);
  if (!exit) {
    if (error_occurred()) return false;
    return raise(PyExc_TypeError, "'%.200s' object does not support the %s protocol (missed %U method)", type_of(manager)->tp_name, kind, exit_name);
  }
  Ref value = call0(enter);
  if (!value) return false;
  r[field_a(w)] = exit.release();
  r[field_a(w) + 1] = value.release();
  return true;
}
ADDER_SLOW_OP(WITH_ENTER) { return enter_context(pc, r, "__enter__"_id, "__exit__"_id, false); }
ADDER_SLOW_OP(WITH_ENTER_ASYNC) { return enter_context(pc, r, "__aenter__"_id, "__aexit__"_id, true); }
ADDER_SLOW_OP(WITH_EXIT) {
  save_pc(r, pc);
  Ref result = call(reg(r, field_b(*pc)), {none(), none(), none()});
  consume(r, field_b(*pc));
  return write_ref(r, field_a(*pc), std::move(result));
}
ADDER_SLOW_OP(WITH_EXCEPT) {
  save_pc(r, pc);
  Word w = *pc;
  Value exception = reg(r, field_c(w));
  PyObject* tb = exception.as<PyBaseExceptionObject>()->traceback;
  Ref result = call(reg(r, field_b(w)), {Value{type_of(exception)}, exception, tb ? Value{tb} : none()});
  consume(r, field_b(w));
  consume(r, field_c(w));
  return write_ref(r, field_a(w), std::move(result));
}

// --- async for ---------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(END_ASYNC_FOR) {
  save_pc(r, pc);
  Ref exception = Ref::steal(take(r, field_a(*pc)));
  if (exception_matches(exception, Value{PyExc_StopAsyncIteration})) return true;
  restore_error(std::move(exception));
  return false;
}

}  // namespace adder
