// How a Python function's frame comes onto the stack without leaving the loop. Only the loop's own files include this.
#pragma once
#include "vm/function.h"
#include "vm/interp.h"

namespace adder {

// Whether a call with n positional arguments lying at args needs no more than clearing the other locals: all parameters plain, room for
// the frame, recursion not at its limit.
inline bool enters_directly(Thread* t, PyCodeObject* code, Value* args, size_t n) {
  return simple_argcount(code) == static_cast<int>(n) && args + room_for_registers(code) <= reinterpret_cast<Value*>(t->ts.datastack_limit) &&
         t->ts.recursion_remaining > 0;
}
inline bool enters_directly(Thread* t, PyFunctionObject* function, Value* args, size_t n) {
  return enters_directly(t, reinterpret_cast<PyCodeObject*>(function->func_code), args, n);
}
// Puts the frame of such a call before its arguments and makes it current, called from `caller`, the frame that was. Takes over function and
// arguments.
inline Frame* push_frame(Thread* t, Frame* caller, PyFunctionObject* function, PyCodeObject* code, Value* args, size_t n, uint16_t out, uint8_t skip, uint8_t flags) {
  t->ts.recursion_remaining--;
  for (Value *p = args + n, *end = args + code->co_nlocalsplus; p < end; p++) {
    asm("" : "+r"(p));  // a few words: no call of memset
    *p = Value{};
  }
  Frame* f = frame_of(args);
  f->function = function;
  f->code = code;
  f->previous = caller;
  f->pc = code_words(code);
  f->locals = nullptr;
  f->object = nullptr;
  f->constants = tuple_words(Value{code->co_consts});
  f->out = out;
  f->skip = skip;
  f->flags = flags;
  current_frame(t) = f;
  return f;
}
inline Frame* push_frame(Thread* t, Frame* caller, PyFunctionObject* function, Value* args, size_t n, uint16_t out, uint8_t skip, uint8_t flags) {
  return push_frame(t, caller, function, reinterpret_cast<PyCodeObject*>(function->func_code), args, n, out, skip, flags);
}

// What CALL and CALL_METHOD hand over to if no Python function takes the arguments as they lie: builtins (call_builtin.cpp), which hand on
// to the general way (op_call.cpp).
ADDER_VM_CC void CALL_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
ADDER_VM_CC void CALL_METHOD_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
ADDER_VM_CC void CALL_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
ADDER_VM_CC void CALL_METHOD_in_general(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);

// Continues in the current (just pushed) frame after seeing to signals and tracing.
ADDER_VM_CC void enter_frame(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
// The code is handed on: read back from the frame it would come a store's way later, and what is executed next waits for it.
#define ADDER_ENTER_CODE(FRAME, CODE)                                                                                 \
  do {                                                                                                                \
    if (ADDER_UNLIKELY(breaker_set() || t->handlers != kHandlers)) [[clang::musttail]] return enter_frame(pc, r, t, handlers); \
    r = (FRAME)->registers();                                                                                         \
    pc = code_words(CODE) + words_of<Op::kRESUME>;                                                                    \
    ADDER_DISPATCH();                                                                                                 \
  } while (0)
#define ADDER_ENTER(FRAME)                   \
  do {                                       \
    Frame* entered_ = (FRAME);               \
    ADDER_ENTER_CODE(entered_, entered_->code); \
  } while (0)

}  // namespace adder
