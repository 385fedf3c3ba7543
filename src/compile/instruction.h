// Instructions: encoding and the tables derived from opcodes.def.
#pragma once
#include <cstdint>
#include "compile/word.h"

namespace adder {

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

// The registers that an instruction with a window consumes or defines: calls f(first, count) for each run.
template <class F>
void for_each_window_run(const Word* instruction, F&& f);  // f(bool is_out, int first, int count); compile/liveness.h

}  // namespace adder
