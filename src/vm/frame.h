// Frames: a header of kFrameWords words and behind it the registers, on the thread's register stack.
#pragma once
#include "compile/code.h"
#include "object/abi.h"
#include "vm/thread.h"

namespace adder {

enum FrameFlag : uint8_t {
  kFrameEntry = 1,         // returning from it leaves the interpreter loop
  kFrameGenerator = 2,     // registers belong to a generator object (f->generator())
  kFrameConstructor = 4,   // __init__ called for an instance that waits in the caller's window: it is the call's result
  kFrameDetached = 8,      // lives inside its frame object or generator, not on the stack
  kFrameCleared = 16,      // frame.clear() or completed
};

struct Frame {
  PyFunctionObject* function;  // owned
  PyCodeObject* code;          // owned
  Frame* previous;             // caller; null at the bottom
  const Word* pc;              // the instruction under way when this frame does not run or something it called does
  PyObject* locals;            // owned: names of a class or module body; null in functions
  PyFrameObject* object;       // owned; null until somebody asks
  Value* constants;
  uint16_t out;                // where the caller wants the result (its `a` operand)
  uint8_t skip;                // words of the caller's instruction
  uint8_t flags;
  uint32_t reserved;

  Value* registers() { return reinterpret_cast<Value*>(this + 1); }
  Py_ssize_t word_index() const { return pc - code_words(code); }
  int line() const { return code_line(code, word_index()); }
};
static_assert(sizeof(Frame) == kFrameWords * sizeof(Value));

inline Frame* frame_of(Value* registers) { return reinterpret_cast<Frame*>(registers) - 1; }
// The running frame of a thread (kept where greenlet and CPython keep it; opaque to C).
inline Frame*& current_frame(Thread* t) { return reinterpret_cast<Frame*&>(t->ts.cframe->current_frame); }
inline Value* frame_end(Frame* f) { return f->registers() + code_registers(f->code); }

// Register stack: chunks, bounds in datastack_top/limit. Space for a frame of `words` words behind `end` (null: the stack's base)
// or in a new chunk; null: MemoryError.
Value* stack_reserve(Thread* t, Value* end, size_t words);
// Where the next frame may start: behind the current frame.
Value* stack_top(Thread* t);
void stack_release_chunks(Thread* t, Frame* now_current);  // frees chunks above the one that holds it

// The PyFrameObject of a frame, made on demand; borrowed. null: MemoryError.
PyFrameObject* frame_object(Frame* f);
Frame* frame_data(PyFrameObject* o);
// When a frame ends: releases locals, function, code. A frame object that others hold takes the locals over.
void frame_finish(Frame* f);
// Borrowed
inline PyObject* frame_globals(Frame* f) { return f->function->func_globals; }
inline PyObject* frame_builtins(Frame* f) { return f->function->func_builtins; }
// f_locals: for functions a dict refreshed from the registers; else the mapping itself. New reference.
Ref frame_locals(Frame* f);
void frame_locals_to_fast(Frame* f, bool clear);

}  // namespace adder
