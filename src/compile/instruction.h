// Instructions: encoding and the tables derived from opcodes.def.
#pragma once
#include <cstdint>

namespace adder {

using Word = uint64_t;

enum class Op : uint16_t {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) k##name,
#include "compile/opcodes.def"
  kCount
};

enum class Operand : uint8_t { k_, kout, kin, knode, kopt, kreg, kcell, kconst, kname, kimm, kindex, kconst32, koff32, koff16, kwindow };

struct OpInfo {
  const char* name;
  Operand a, b, c;
  uint8_t data, cache;   // words that follow
  bool raises, python, jumps, ends, pending_safe;
  const char* doc;
  int words() const { return 1 + data + cache; }
};
const OpInfo& op_info(Op op);       // compile/instruction.cpp
Op general_form(Op op);             // of a specialised opcode; itself otherwise

// What a .pyc file must bear: changes with the instruction set and with kCodeVersion, which is raised when the compiler makes
// different code of the same source.
uint16_t bytecode_magic();
inline constexpr int kCodeVersion = 4;

inline constexpr uint16_t kLastUse = 0x8000;   // on `in` operands
inline constexpr uint16_t kOccupied = 0x8000;  // on `out` operands
inline constexpr uint16_t kNoRegister = 0xFFFF;
inline constexpr uint16_t kRegisterMask = 0x7FFF;
inline constexpr int kMaxRegisters = 0x7FF0;
// Words of a frame's header, between a call's callable and its first argument (vm/frame.h asserts the size).
inline constexpr int kFrameWords = 8;

constexpr Word encode(Op op, uint16_t a = 0, uint16_t b = 0, uint16_t c = 0) {
  return Word(uint16_t(op)) | Word(a) << 16 | Word(b) << 32 | Word(c) << 48;
}
constexpr Word encode32(Op op, uint16_t a, uint32_t bc) { return encode(op, a, uint16_t(bc), uint16_t(bc >> 16)); }
constexpr Op op_of(Word w) { return Op(uint16_t(w)); }
constexpr uint16_t field_a(Word w) { return uint16_t(w >> 16); }
constexpr uint16_t field_b(Word w) { return uint16_t(w >> 32); }
constexpr uint16_t field_c(Word w) { return uint16_t(w >> 48); }
constexpr uint32_t field_bc(Word w) { return uint32_t(w >> 32); }

// The registers that an instruction with a window consumes or defines: calls f(first, count) for each run.
template <class F>
void for_each_window_run(const Word* instruction, F&& f);  // f(bool is_out, int first, int count); compile/liveness.h

}  // namespace adder
