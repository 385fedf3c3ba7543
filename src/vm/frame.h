// Frames: a header of kFrameWords words and behind it the registers; on the thread's register stack, those of generators in their objects.
#pragma once
#include "compile/code.h"
#include "object/abi.h"
#include "vm/thread.h"

namespace adder {

enum FrameFlag : uint8_t {
  kFrameEntry = 1,         // returning from it leaves the interpreter loop
  kFrameGenerator = 2,     // lives inside its generator object, at rest and running (vm/generator.h)
  kFrameConstructor = 4,   // __init__ called for an instance that waits in the caller's window: it is the call's result
  kFrameDetached = 8,      // over: lives inside its frame object
  kFrameChunk = 32,        // the first frame of a stack chunk, which goes with it
  kFrameCleared = 16,      // frame.clear() or completed
  kFrameSpecial = 64,      // its `object` or `locals` may be set: a frame whose flags are 0 has neither
  kFrameLeaving = 128,     // its locals are being released: Python code no longer sees it
};

struct Frame {
  PyFunctionObject* function;  // owned
  PyCodeObject* code;          // borrowed: the function keeps it
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
// What Python code sees of the chain of frames. Destructors of a frame's locals run as if its caller had called them.
inline Frame* visible(Frame* f) {
  while (f && ADDER_UNLIKELY(f->flags & kFrameLeaving)) f = f->previous;
  return f;
}
inline Frame* visible_frame(Thread* t) { return visible(current_frame(t)); }
inline Frame* visible_caller(Frame* f) { return visible(f->previous); }
// A generator's frame has, in the word before it, where the windows of its calls begin while it runs: on the stack, behind the frame that
// resumed it; null if the stack has no chunk yet.
inline Value*& generator_stack(Frame* f) { return reinterpret_cast<Value**>(f)[-1]; }
// Where the stack goes on behind a frame.
inline Value* frame_end(Frame* f) { return ADDER_UNLIKELY(f->flags & kFrameGenerator) ? generator_stack(f) : f->registers() + code_registers(f->code); }

// Register stack: chunks, the bound of the newest in datastack_limit. Space for `words` words behind `end` in the newest chunk, else
// (or with end null) at the start of a new one, which the frame put there owns (kFrameChunk). null: out of memory, without exception.
Value* stack_reserve(Thread* t, Value* end, size_t words, bool* new_chunk);
void stack_pop_chunk(Thread* t);  // its memory stays readable until the next push
// Where the next frame may start: behind the current frame; null if there is no chunk yet.
Value* stack_top(Thread* t);

// The public PyFrameObject, as CPython's internal header lays it out; then storage for header and locals once the frame has ended,
// and a last word: the dict that f_locals and locals() show for a function.
struct FrameObject {
  PyObject head;
  PyFrameObject* back;
  Frame* frame;
  PyObject* trace;
  int lineno;  // valid if not 0
  char trace_lines, trace_opcodes, fast_as_locals;
  char unbound;  // a tracer unbound locals that the code may take to be bound
  PyObject* storage[1];
};
static_assert(offsetof(FrameObject, storage) == 48);
inline FrameObject* frame_object_of(Value v) { return v.as<FrameObject>(); }

// The PyFrameObject of a frame, made on demand; borrowed. null: MemoryError.
PyFrameObject* frame_object(Frame* f);
// When a frame ends: releases locals, function, code. A frame object that others hold takes the locals over.
void frame_finish(Frame* f);
// The same for a frame without flags (it may be the loop's entry) which an exception leaves: its frame object takes it over. Empty, without
// exception: no memory, or the frame has an object by now; then nothing is done.
Ref frame_leave(Frame* f);
// Borrowed
inline PyObject* frame_globals(Frame* f) { return f->function->func_globals; }
inline PyObject* frame_builtins(Frame* f) { return f->function->func_builtins; }
// f_locals: for functions a dict refreshed from the registers; else the mapping itself. New reference.
Ref frame_locals(Frame* f);
void frame_locals_to_fast(Frame* f, bool clear);
bool raise_unbound_local(Frame* f, int reg);
// The code takes locals to be bound without looking where it knows that they are. When a tracer leaves some unbound, by a jump or by
// taking them out of f_locals, uses of them are watched for as long as the thread is traced; otherwise they are bound to None.
void watch_unbound_locals(Frame* f);
void bind_unbound_locals(Frame* f);  // to None
// Likewise code releases nothing where it writes to a local that it knows to be empty. When a tracer may have bound some, by a jump or
// through f_locals, all its writes to locals release from now on.
void expect_bound_locals(PyCodeObject* code);

}  // namespace adder
