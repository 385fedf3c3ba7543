// What -X stats prints at the end: collector runs, and in a build with -DADDER_STATS=ON also what the loop executed and what was allocated.
// Only that build counts; the others have nothing of it in their handlers.
#pragma once
#include <cstdint>
#include "compile/instruction.h"

namespace adder {

void print_stats();  // to stderr

#ifdef ADDER_STATS
struct LoopStats {
  uint64_t pairs[static_cast<int>(Op::kCount)][static_cast<int>(Op::kCount)];  // by the instruction before, then the instruction
  uint64_t in_general[static_cast<int>(Op::kCount)];                           // done by the general form of a family that has others
  uint16_t last;
};
extern LoopStats loop_stats;
inline void count_instruction(uint16_t op) {
  loop_stats.pairs[loop_stats.last][op]++;
  loop_stats.last = op;
}
#define ADDER_COUNT_INSTRUCTION(PC) count_instruction(static_cast<uint16_t>(*(PC)))
#define ADDER_COUNT_GENERAL(NAME) loop_stats.in_general[static_cast<int>(Op::k##NAME)]++
#else
#define ADDER_COUNT_INSTRUCTION(PC) static_cast<void>(0)
#define ADDER_COUNT_GENERAL(NAME) static_cast<void>(0)
#endif

}  // namespace adder
