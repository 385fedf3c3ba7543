// The interpreter loop: one function per opcode, tail calls between them.
//
// Rules of the loop
// 1. A handler has four arguments: pc (the instruction), r (the frame's registers), t, handlers (plain or tracing table).
// 2. It keeps no local with a destructor and passes no address of a local on; what needs either is a slow path, an ordinary function
//    `bool slow(pc, r, t)` that gives false when it raised.
// 3. Before anything that can raise or run Python the frame's pc is saved (slow paths do it first, by save_pc).
// 4. Operands with the last-use bit are consumed on every path, also when the instruction raises; outputs are written last, the
//    old value of an occupied output is released after that.
#pragma once
#include "compile/instruction.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "vm/frame.h"
#include "vm/stats.h"

namespace adder {

#define ADDER_VM_CC __attribute__((preserve_none))
using Handler = void(ADDER_VM_CC*)(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);
struct HandlerEntry { Handler run; };
extern const HandlerEntry kHandlers[];
extern const HandlerEntry kTracingHandlers[];

#define ADDER_HANDLER(NAME) ADDER_VM_CC void op_##NAME([[maybe_unused]] const Word* pc, [[maybe_unused]] Value* r, [[maybe_unused]] Thread* t, [[maybe_unused]] const HandlerEntry* handlers)
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) ADDER_HANDLER(name);
#include "compile/opcodes.def"
// Raises on: finds the handler of the exception or leaves the frame.
ADDER_VM_CC void unwind(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);

// Gives t->result (absent: an exception is raised) to the caller after its callee was popped; r: the popped frame's registers.
ADDER_VM_CC void resume_caller(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers);

// Words of each instruction, as constants: words_of<Op::kCALL>.
inline constexpr uint8_t kOpWords[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) 1 + data + cache,
#include "compile/opcodes.def"
};
template <Op op>
inline constexpr int words_of = kOpWords[int(op)];

#define ADDER_DISPATCH()                                                        \
  do {                                                                          \
    ADDER_COUNT_INSTRUCTION(pc);                                                \
    [[clang::musttail]] return handlers[uint16_t(*pc)].run(pc, r, t, handlers); \
  } while (0)
#define ADDER_NEXT(NAME) do { pc += words_of<Op::k##NAME>; ADDER_DISPATCH(); } while (0)
#define ADDER_UNWIND() [[clang::musttail]] return unwind(pc, r, t, handlers)
#define ADDER_NOINLINE __attribute__((noinline))
#define ADDER_INLINE inline __attribute__((always_inline))

// The end of a conditional jump: polls when it goes backward.
#define ADDER_BRANCH(NAME, TAKEN, OFFSET)                                  \
  do {                                                                     \
    if (TAKEN) {                                                           \
      int32_t offset_ = (OFFSET);                                          \
      if (ADDER_UNLIKELY(breaker_set()) && offset_ < 0) {                  \
        if (!poll_jump(pc, r, t)) ADDER_UNWIND();                          \
        handlers = t->handlers;                                            \
      }                                                                    \
      pc += offset_;                                                       \
    }                                                                      \
    ADDER_NEXT(NAME);                                                      \
  } while (0)
bool poll_at(const Word* pc, Value* r, Thread* t);
// The same at a jump, across which deferred array operations may wait.
inline bool poll_jump(const Word* pc, Value* r, Thread* t) { return !breaker_set_beyond(kBreakNode) || poll_at(pc, r, t); }

// The end of an object whose count has reached zero. It saves all registers, so that handlers which may release something
// need save none.
[[clang::preserve_most]] void destroy(PyObject* o);
inline void release(Value v) {
  if (v.is_object() && --refcount(v.object()) == 0) [[unlikely]] destroy(v.object());
}
// An operand field read by itself: one load instead of a shift of the whole word.
inline uint16_t field_a(const Word* pc) { return reinterpret_cast<const uint16_t*>(pc)[1]; }
inline uint16_t field_b(const Word* pc) { return reinterpret_cast<const uint16_t*>(pc)[2]; }
inline uint16_t field_c(const Word* pc) { return reinterpret_cast<const uint16_t*>(pc)[3]; }

inline Value& reg(Value* r, uint16_t operand) { return r[operand & kRegisterMask]; }
inline void save_pc(Value* r, const Word* pc) { frame_of(r)->pc = pc; }
inline void consume(Value* r, uint16_t operand) {
  if (operand & kLastUse) release(r[operand & kRegisterMask]);
}
// The operand as a reference of its own: taken over if it is a last use, else counted.
inline Value take(Value* r, uint16_t operand) {
  Value v = r[operand & kRegisterMask];
  if (!(operand & kLastUse)) incref(v);
  return v;
}
// Writes an owned Value to an `out` operand.
inline void write(Value* r, uint16_t out, Value v) {
  ADDER_ASSERT(!v.absent());
  if (out & kOccupied) {
    Value old = r[out & kRegisterMask];
    r[out & kRegisterMask] = v;
    release(old);
  } else {
    r[out] = v;
  }
}
// Whether a number can be written to an `out` operand without a release.
inline bool holds_number(Value* r, uint16_t out) { return !(out & kOccupied) || r[out & kRegisterMask].is_number(); }
inline const Value& constant(Value* r, uint32_t i) { return frame_of(r)->constants[i]; }
inline PyObject* name_at(Value* r, uint32_t i) { return tuple_words(frame_of(r)->code->co_names)[i].object(); }
// Whether a last-use operand or an overwritten register can let go of this without freeing it.
inline bool survives(Value v) { return !v.is_object() || refcount(v.object()) > 1; }
// Writes an owned value to an `out` operand; false, without effect, if the old one would be freed.
ADDER_INLINE bool replace(Value* r, uint16_t out, Value v) {
  if (ADDER_UNLIKELY(out & kOccupied)) {  // a local: the straight way is a temporary's
    Value& slot = r[out & kRegisterMask];
    if (slot.is_object()) {
      if (ADDER_UNLIKELY(refcount(slot.object()) == 1)) return false;
      --refcount(slot.object());
    }
    slot = v;
  } else {
    r[out] = v;
  }
  return true;
}
// Writes a borrowed item of `container` to an `out` operand; false, without effect, if that is not done by counting alone: something would
// be freed, or C sees the container.
ADDER_INLINE bool write_item(Value* r, uint16_t out, PyObject* container, Value item) {
  if (item.is_object() && ADDER_UNLIKELY(c_visible(container))) return false;
  if (!replace(r, out, item)) return false;
  incref(item);
  return true;
}
// The truth of the singletons and of ints, whose last use is one count less; -1 of anything else, which is not consumed.
ADDER_INLINE int quick_truth(Value v, uint16_t operand) {
  if (v.is_int()) return v.bits != Value::kIntZero;
  int truth = v == boolean(true) ? 1 : v == boolean(false) || is_none(v) ? 0 : -1;
  if (truth >= 0 && (operand & kLastUse)) --refcount(v.object());
  return truth;
}
inline bool write_ref(Value* r, uint16_t out, Ref v) {
  if (!v) return false;
  write(r, out, v.release());
  return true;
}

// Specialisation: the opcode of a form of the same family in place of the one at pc; the cache words behind it (no data words before them).
inline void quicken(const Word* pc, Op op) { const_cast<Word*>(pc)[0] = (*pc & ~Word{0xFFFF}) | Word(uint16_t(op)); }
inline Word* cache_of(const Word* pc) { return const_cast<Word*>(pc) + 1; }

// An instruction without a fast path: `bool do_NAME(pc, r, t)` does it all.
#define ADDER_SLOW_OP(NAME)                                                  \
  static bool do_##NAME(const Word* pc, Value* r, Thread* t);                \
  ADDER_HANDLER(NAME) {                                                      \
    if (ADDER_UNLIKELY(!do_##NAME(pc, r, t))) ADDER_UNWIND();                \
    ADDER_NEXT(NAME);                                                        \
  }                                                                          \
  static ADDER_NOINLINE bool do_##NAME([[maybe_unused]] const Word* pc, [[maybe_unused]] Value* r, [[maybe_unused]] Thread* t)

// --- Entry --------------------------------------------------------------------------------------------------------------
// Runs a frame (made current by the callee's preparation) to its end; its result, or empty.
Ref run_frame(Thread* t, Frame* f);
// The same for a resumed generator's frame, to which `arg` (owned) is sent.
Ref run_generator(Thread* t, Frame* f, Value arg);
// The same for a frame into which the raised exception is thrown at its pc.
Ref run_frame_raising(Thread* t, Frame* f);
// Calls a Python function from C++.
Ref call_function(Value function, Args args);
// Runs a code object with globals and locals (exec, eval, module and class bodies). closure: tuple or absent.
Ref run_code(PyCodeObject* code, PyObject* globals, Value locals, Value closure = Value{});
// Prepares the frame of a call whose n positional and keyword arguments were already moved (owned) to where the callee's registers begin.
// Takes over `function` and the arguments in every case. null: exception.
Frame* enter_function(Thread* t, PyFunctionObject* function, Value* registers, size_t n_positional, PyObject* kwnames);

}  // namespace adder
