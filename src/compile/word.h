// The word of an instruction: its fields and their flags. Which instructions there are is compile/instruction.h's business, so that
// who only holds code does not depend on opcodes.def.
#pragma once
#include <cstdint>

namespace adder {

using Word = uint64_t;
enum class Op : uint16_t;  // compile/instruction.h

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

}  // namespace adder
