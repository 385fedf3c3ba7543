// Tables derived from opcodes.def: operand kinds, effects, and which opcodes are specialised forms of which.
#include "compile/instruction.h"
#include <cstring>
#include <initializer_list>

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

// Counts on from kCodeVersion: here a change does not rebuild everything.
static constexpr int kCodeRevision = 4;

static constexpr uint16_t hash_of_instructions() {
  uint32_t h = 2166136261u + kCodeVersion + (kCodeRevision << 8);
  auto mix = [&h](uint32_t v) { h = (h ^ v) * 16777619u; };
  // Specialised opcodes never reach a file.
  for (int i = 0; i <= static_cast<int>(kLastGeneral); i++) {
    const OpInfo& o = kOps[i];
    for (const char* p = o.name; *p; p++) mix(static_cast<unsigned char>(*p));
    for (uint32_t v : {uint32_t(o.a), uint32_t(o.b), uint32_t(o.c), uint32_t(o.data), uint32_t(o.cache)}) mix(v);
  }
  return static_cast<uint16_t>(h ^ h >> 16);
}
uint16_t bytecode_magic() {
  constexpr uint16_t kMagic = hash_of_instructions();
  return kMagic;
}

}  // namespace adder
