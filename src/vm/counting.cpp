// Counting instructions, where a limit is set: a handler table that stands in front of the plain one. The one that is too many still runs; the
// next poll raises.
#include "object/limits.h"
#include "vm/counting.h"
#include "vm/interp.h"

namespace adder {

namespace {

ADDER_VM_CC void count_instruction(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  count_one();
  [[clang::musttail]] return kHandlers[uint16_t(*pc)].run(pc, r, t, handlers);
}

}  // namespace

const HandlerEntry kCountingHandlers[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) {&count_instruction},
#include "compile/opcodes.def"
};

void instructions_are_over() { exceed(Exceeded::kInstructions); }

}  // namespace adder
