// sys.settrace and sys.setprofile: events, and the handler table that watches lines.
#include "vm/trace.h"
#include "compile/liveness.h"
#include "object/error.h"
#include "object/type.h"
#include "vm/counting.h"
#include "vm/interp.h"
#include "vm/watch.h"

namespace adder {
namespace {

// Calls a C trace function with the frame object, tracing off meanwhile.
bool call_trace(Thread* t, Py_tracefunc f, PyObject* self, Frame* frame, int what, PyObject* arg) {
  if (t->ts.tracing) return true;
  PyFrameObject* o = frame_object(frame);
  if (!o) return false;
  int old_what = t->ts.tracing_what;
  t->ts.tracing_what = what;
  t->ts.tracing++;
  Py_INCREF(o);
  int result = f(self, o, what, arg);
  Py_DECREF(o);
  t->ts.tracing--;
  t->ts.tracing_what = old_what;
  return result == 0;
}
// The same while an exception is raised; it stays raised unless the trace function raises another.
bool call_trace_protected(Thread* t, Py_tracefunc f, PyObject* self, Frame* frame, int what, PyObject* arg) {
  Ref exception = take_error();
  if (!call_trace(t, f, self, frame, what, arg)) return false;
  restore_error(std::move(exception));
  return true;
}
// Sends `line` and `opcode` events before the instruction at pc; f->pc is still the instruction that ran before. The trace function may
// set f_lineno, which moves f->pc. lineno -1 in the frame object: the frame was just entered.
bool trace_line(Thread* t, Frame* f, const Word* pc) {
  const Word* before = f->pc;
  f->pc = pc;
  if (!t->ts.c_tracefunc || t->ts.tracing || op_of(*pc) == Op::kRETURN_GENERATOR) return true;
  auto* o = reinterpret_cast<FrameObject*>(frame_object(f));
  if (!o) return false;
  bool entered = o->lineno == -1;
  o->lineno = 0;
  Py_ssize_t at = pc - code_words(f->code);
  int line = code_line(f->code, at);
  if (line >= 0 && o->trace_lines) {
    // Each turn of a loop counts, but not the waiting of `await` and `yield from`.
    bool again = before > pc && op_of(*pc) != Op::kSEND;
    if (entered || code_line(f->code, before - code_words(f->code)) != line || again) {
      if (!call_trace(t, t->ts.c_tracefunc, t->ts.c_traceobj, f, PyTrace_LINE, Py_None)) return false;
    }
  }
  if (o->trace_opcodes && !call_trace(t, t->ts.c_tracefunc, t->ts.c_traceobj, f, PyTrace_OPCODE, Py_None)) return false;
  return true;
}

// Whether the locals that the instruction at pc reads are bound; UnboundLocalError.
bool locals_are_bound(Frame* f) {
  auto* kinds = reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(f->code->co_localspluskinds));
  int unbound = -1;
  for_each_operand(*f->pc, [&](Operand kind, uint16_t field) {
    bool reads = kind == Operand::kin || kind == Operand::knode || kind == Operand::kopt;
    if (reads && field < f->code->co_nlocalsplus && kinds[field] == kLocalKind && !f->registers()[field]) unbound = field;
  });
  return unbound < 0 || raise_unbound_local(f, unbound);
}
// An instruction that raises has consumed its temporaries, also if a trace function raised before it began.
void consume_operands(Frame* f) {
  Value* r = f->registers();
  for_each_operand(*f->pc, [&](Operand kind, uint16_t field) {
    bool reads = kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister);
    if (reads && field & kLastUse) decref(r[field & kRegisterMask]);
  });
  for_each_window_run(f->pc, [&](bool is_out, int reg, int count) {
    for (int i = 0; !is_out && i < count; i++) decref(r[reg + i]);
  });
}
ADDER_NOINLINE bool trace_before(Thread* t, Frame* f, const Word* pc) {
  if (trace_line(t, f, pc)) {
    auto* o = reinterpret_cast<FrameObject*>(f->object);
    if (!o || !o->unbound || locals_are_bound(f)) return true;
  }
  Ref exception = take_error();
  consume_operands(f);
  restore_error(std::move(exception));
  return false;
}

ADDER_VM_CC void trace_instruction(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  count_one_if_limited();
  if (!trace_before(t, frame_of(r), pc)) ADDER_UNWIND();
  pc = frame_of(r)->pc;
  handlers = t->handlers;
  [[clang::musttail]] return kHandlers[uint16_t(*pc)].run(pc, r, t, handlers);
}

}  // namespace

const HandlerEntry kTracingHandlers[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) {&trace_instruction},
#include "compile/opcodes.def"
};

void update_tracing(Thread* t) {
  bool on = t->ts.c_tracefunc || t->ts.c_profilefunc;
  if (t->handlers != kHandlers && !on) {
    for (Frame* f = current_frame(t); f; f = f->previous) {
      auto* o = reinterpret_cast<FrameObject*>(f->object);
      if (o && o->unbound) bind_unbound_locals(f);
    }
  }
  t->handlers = on ? kTracingHandlers : untraced_handlers(t);
  t->ts.cframe->use_tracing = on ? 255 : 0;
}
void watch_unbound_locals(Frame* f) {
  // A generator may go on in a thread that nothing traces.
  if (this_thread()->handlers == kHandlers || f->flags & kFrameGenerator) bind_unbound_locals(f);
  else reinterpret_cast<FrameObject*>(f->object)->unbound = 1;
}
void expect_bound_locals(PyCodeObject* code) {
  Word* words = code_words(code);
  const char* kinds = PyBytes_AS_STRING(code->co_localspluskinds);
  for (Py_ssize_t at = 0, count = code_word_count(code); at < count; at += op_info(op_of(words[at])).words()) {
    int shift = 0;
    for_each_operand(words[at], [&](Operand kind, uint16_t field) {
      shift += 16;
      if (kind == Operand::kout && field < code->co_nlocalsplus && kinds[field] == kLocalKind) words[at] |= Word{kOccupied} << shift;
    });
  }
}
bool trace_call(Thread* t, Frame* f) {
  Py_ssize_t at = f->word_index();
  bool generator = op_of(code_words(f->code)[1]) == Op::kRETURN_GENERATOR;
  // Making a generator is no call of its body.
  if (generator && at == 0) return true;
  if (t->ts.c_tracefunc) {
    if (!call_trace(t, t->ts.c_tracefunc, t->ts.c_traceobj, f, PyTrace_CALL, Py_None)) return false;
    bool begins = at == (generator ? 1 : 0);
    if (begins && f->object) reinterpret_cast<FrameObject*>(f->object)->lineno = -1;  // the first instruction sends a `line` event
  }
  if (t->ts.c_profilefunc && !call_trace(t, t->ts.c_profilefunc, t->ts.c_profileobj, f, PyTrace_CALL, Py_None)) return false;
  return true;
}
bool trace_return(Thread* t, Frame* f, Value result) {
  if (!t->ts.c_tracefunc && !t->ts.c_profilefunc) return true;
  PyObject* boxed = result ? to_c(result) : nullptr;
  bool ok = true;
  auto event = [&](Py_tracefunc fn, PyObject* self) {
    if (!fn) return;
    bool fine = boxed ? call_trace(t, fn, self, f, PyTrace_RETURN, boxed) : call_trace_protected(t, fn, self, f, PyTrace_RETURN, Py_None);
    ok = ok && fine;
  };
  event(t->ts.c_tracefunc, t->ts.c_traceobj);
  event(t->ts.c_profilefunc, t->ts.c_profileobj);
  Py_XDECREF(boxed);
  return ok;
}
bool profile_c_call(Thread* t, Value callable, Value first, Ref* function) {
  if (t->ts.tracing) return true;
  if (is_exact(callable, &PyCFunction_Type) || is_exact(callable, &PyCMethod_Type)) {
    *function = Ref::copy(callable);
  } else if (is_exact(callable, &PyMethodDescr_Type) && first) {
    *function = slots_of(callable).tp_descr_get(callable, first, Value{type_of(first)});
    if (!*function) return false;
  } else {
    return true;
  }
  return call_trace(t, t->ts.c_profilefunc, t->ts.c_profileobj, current_frame(t), PyTrace_C_CALL, function->object());
}
void profile_c_return(Thread* t, Value function, Ref* result) {
  if (!t->ts.c_profilefunc) return;
  if (!*result) {
    call_trace_protected(t, t->ts.c_profilefunc, t->ts.c_profileobj, current_frame(t), PyTrace_C_EXCEPTION, function.object());
  } else if (!call_trace(t, t->ts.c_profilefunc, t->ts.c_profileobj, current_frame(t), PyTrace_C_RETURN, function.object())) {
    result->reset();
  }
}
void trace_exception(Thread* t, Frame* f) {
  if (!t->ts.c_tracefunc || t->ts.tracing) return;
  Ref exception = take_error();
  if (!exception) return;
  auto* e = exception.as<PyBaseExceptionObject>();
  Ref triple = tuple_of({Value{type_of(exception)}, exception.get(), e->traceback ? Value{e->traceback} : none()});
  PyObject* boxed = triple ? to_c(triple) : nullptr;
  if (boxed && call_trace(t, t->ts.c_tracefunc, t->ts.c_traceobj, f, PyTrace_EXCEPTION, boxed)) restore_error(std::move(exception));
  else if (!boxed) restore_error(std::move(exception));
  Py_XDECREF(boxed);
}

}  // namespace adder
