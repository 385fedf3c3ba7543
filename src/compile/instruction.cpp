// Tables derived from opcodes.def: operand kinds, effects, and which opcodes are specialised forms of which.
#include "compile/instruction.h"
#include <cstring>

namespace adder {

namespace {

constexpr bool has_effect(const char* effects, char c) {
  for (; *effects; effects++) {
    if (*effects == c) return true;
  }
  return false;
}

constexpr OpInfo kOps[] = {
#define ADDER_EFFECTS(e) has_effect(#e, 'R'), has_effect(#e, 'P'), has_effect(#e, 'J'), has_effect(#e, 'E'), has_effect(#e, 'S')
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) \
  {#name, Operand::k##a, Operand::k##b, Operand::k##c, data, cache, ADDER_EFFECTS(effects), doc},
#include "compile/opcodes.def"
};
constexpr int kOpCount = static_cast<int>(Op::kCount);
// What follows this opcode in opcodes.def is specialised.
constexpr Op kLastGeneral = Op::kPRINT_EXPR;

// A specialised opcode is called as its general form, an underscore, and more: the longest such name wins.
struct GeneralForms {
  Op of[kOpCount];
  GeneralForms() {
    for (int i = 0; i < kOpCount; i++) {
      of[i] = static_cast<Op>(i);
      if (i <= static_cast<int>(kLastGeneral)) continue;
      size_t best = 0;
      for (int g = 0; g <= static_cast<int>(kLastGeneral); g++) {
        size_t n = std::strlen(kOps[g].name);
        if (n > best && std::strncmp(kOps[i].name, kOps[g].name, n) == 0 && kOps[i].name[n] == '_') {
          best = n;
          of[i] = static_cast<Op>(g);
        }
      }
    }
  }
};

}  // namespace

const OpInfo& op_info(Op op) { return kOps[static_cast<int>(op)]; }

Op general_form(Op op) {
  static const GeneralForms forms;
  return forms.of[static_cast<int>(op)];
}

}  // namespace adder
