// Handlers of raising, catching, `with`, and exception groups; the unwinder.
#include "object/exceptions.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/generator.h"
#include "vm/interp.h"
#include "vm/trace.h"
#include "vm/traceback.h"

namespace adder { Ref prepare_reraise_star(Value original, Value list); }  // vm/exception_star.cpp

namespace adder {

// --- The unwinder --------------------------------------------------------------------------------------------------------------
namespace {

// Releases the temporaries that were live when word `at` raised, from the highest down to `floor`.
struct ReleaseContext { Value* r; int floor; };
bool release_temporaries(Frame* f, Py_ssize_t at, int floor) {
  const Liveness* liveness = code_liveness(f->code);
  if (!liveness) return false;
  ReleaseContext context{f->registers(), floor};
  live_temporaries(
      liveness, at,
      [](int reg, void* arg) {
        auto* c = static_cast<ReleaseContext*>(arg);
        if (reg < c->floor) return;
        Value v = c->r[reg];
        c->r[reg] = Value{};
        decref(v);
      },
      &context);
  return true;
}

// PEP 479: StopIteration (and StopAsyncIteration in asynchronous generators) must not leave a generator as such.
void stop_iteration_is_an_error(PyCodeObject* code) {
  if (error_matches(PyExc_StopIteration)) {
    (void)raise_from_current(PyExc_RuntimeError, code->co_flags & CO_COROUTINE ? "coroutine raised StopIteration"
                                                 : code->co_flags & CO_ASYNC_GENERATOR ? "async generator raised StopIteration"
                                                                                       : "generator raised StopIteration");
  } else if ((code->co_flags & CO_ASYNC_GENERATOR) && error_matches(PyExc_StopAsyncIteration)) {
    (void)raise_from_current(PyExc_RuntimeError, "async generator raised StopAsyncIteration");
  }
}

// Cleanup code that only passes an exception on is no place of its own: the frame stands again where the exception came from.
void line_of_raise(Thread* t, Frame* f) {
  PyObject* value = t->ts.curexc_value;
  PyObject* o = t->ts.curexc_traceback;
  if (!o && value && is_exception(Value{value})) o = reinterpret_cast<PyBaseExceptionObject*>(value)->traceback;
  auto* tb = reinterpret_cast<PyTracebackObject*>(o);
  if (tb && f->object && tb->tb_frame == f->object && tb->tb_lasti >= 0) f->pc = code_words(f->code) + tb->tb_lasti / static_cast<int>(sizeof(Word));
}

// Finds where the raised exception is handled, leaving frames that do not; the current frame then stands at the handler's first
// instruction. false: an entry frame was left with the exception still raised.
ADDER_NOINLINE bool find_handler(Thread* t) {
  for (;;) {
    Frame* f = current_frame(t);
    ADDER_ASSERT(error_occurred());
    Py_ssize_t at = f->word_index();
    // A bare `raise` goes on with the handled exception as it is, too.
    bool again = op_of(*f->pc) == Op::kRERAISE || (op_of(*f->pc) == Op::kRAISE && field_a(*f->pc) == kNoRegister && handled_exception());
    if (!(f->flags & kFrameCleared) && !again) add_traceback(f);
    if (t->handlers != kHandlers && !again) trace_exception(t, f);
    Py_ssize_t target;
    int exception_register;
    bool lasti;
    if (code_handler(f->code, at, &target, &exception_register, &lasti)) {
      Ref exception = take_error();
      {
        // Releasing may run Python code; it must not see or lose the exception.
        release_temporaries(f, at, exception_register);
      }
      f->registers()[exception_register] = exception.release();
      f->pc = code_words(f->code) + target;
      if (t->handlers != kHandlers && f->object && code_line(f->code, at) != code_line(f->code, target)) reinterpret_cast<FrameObject*>(f->object)->lineno = -1;  // its line is entered anew
      return true;
    }
    {
      ErrorKeeper keep;
      release_temporaries(f, at, f->code->co_nlocalsplus);
    }
    if (op_of(*f->pc) == Op::kRERAISE && field_b(*f->pc)) line_of_raise(t, f);
    if (t->handlers != kHandlers) (void)trace_return(t, f, Value{});
    if (f->flags & kFrameGenerator) stop_iteration_is_an_error(f->code);
    bool entry = f->flags & kFrameEntry;
    Frame* caller = f->previous;
    if (!entry && op_of(*caller->pc) == Op::kLOAD_ATTR_PROPERTY) add_attribute_context(f->registers()[0], name_at(caller->registers(), field_c(*caller->pc)));
    {
      ErrorKeeper keep;
      frame_finish(f);
    }
    t->ts.recursion_remaining++;
    current_frame(t) = caller;
    if (entry) {
      t->result = Value{};
      return false;
    }
  }
}

}  // namespace

ADDER_VM_CC void unwind(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  save_pc(r, pc);
  if (!find_handler(t)) return;
  r = current_frame(t)->registers();
  pc = frame_of(r)->pc;
  handlers = t->handlers;
  ADDER_DISPATCH();
}

// --- Raising -------------------------------------------------------------------------------------------------------------------
namespace {

// The exception instance of `raise x`: a class is called.
Ref exception_of(Value v, const char* message) {
  if (is_exception_class(v)) {
    Ref e = call0(v);
    if (e && !is_exception(e))
      return raise(PyExc_TypeError, "calling %R should have returned an instance of BaseException, not %R", v, Value{type_of(e)});
    return e;
  }
  if (is_exception(v)) return Ref::copy(v);
  return raise(PyExc_TypeError, message);
}
bool do_raise(Value what, Value cause) {
  Ref e = exception_of(what, "exceptions must derive from BaseException");
  if (!e) return false;
  if (cause) {
    Ref fixed;
    if (is_exception_class(cause) || is_exception(cause)) fixed = exception_of(cause, "");
    else if (is_none(cause)) fixed = none_ref();
    else return raise(PyExc_TypeError, "exception causes must derive from BaseException");
    if (!fixed) return false;
    if (is_none(fixed)) fixed.reset();
    set_cause(e, std::move(fixed));
  }
  return raise_object(std::move(e));
}

}  // namespace

ADDER_HANDLER(RAISE) {
  extern void do_raise_op(const Word* pc, Value* r);
  do_raise_op(pc, r);
  ADDER_UNWIND();
}
ADDER_NOINLINE void do_raise_op(const Word* pc, Value* r) {
  save_pc(r, pc);
  uint16_t a = field_a(*pc), b = field_b(*pc);
  if (a == kNoRegister) {
    Value handled = handled_exception();
    if (!handled) (void)raise(PyExc_RuntimeError, "No active exception to reraise");
    else restore_error(Ref::copy(handled));
    return;
  }
  do_raise(reg(r, a), b == kNoRegister ? Value{} : reg(r, b));
  consume(r, a);
  if (b != kNoRegister) consume(r, b);
}
static ADDER_NOINLINE void reraise(const Word* pc, Value* r) {
  save_pc(r, pc);
  restore_error(Ref::steal(take(r, field_a(*pc))));
}
ADDER_HANDLER(RERAISE) {
  reraise(pc, r);
  ADDER_UNWIND();
}

// --- Handlers ------------------------------------------------------------------------------------------------------------------
ADDER_SLOW_OP(PUSH_EXC) {
  _PyErr_StackItem* item = t->ts.exc_info;
  PyObject* before = item->exc_value;  // the reference moves to R[a]
  Value exception = take(r, field_b(*pc));
  item->exc_value = exception.object();
  write(r, field_a(*pc), before ? Value{before} : none_ref().release());
  return true;
}
ADDER_SLOW_OP(POP_EXC) {
  save_pc(r, pc);
  _PyErr_StackItem* item = t->ts.exc_info;
  Value before = take(r, field_a(*pc));
  PyObject* old = item->exc_value;
  item->exc_value = before.object();
  Py_XDECREF(old);
  return true;
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
  int match = exception_match(pc, r);
  if (ADDER_UNLIKELY(match < 0)) ADDER_UNWIND();
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
