// The handler table of threads whose interpreter may execute only so many instructions.
#pragma once
#include "object/limits.h"
#include "vm/thread.h"

namespace adder {

extern const HandlerEntry kCountingHandlers[];
[[clang::preserve_most]] void instructions_are_over();
// An instruction is about to be executed.
inline void count_one() {
  if (ADDER_UNLIKELY(--limits->instructions < 0)) instructions_are_over();
}
inline void count_one_if_limited() {
  if (limits && limits->counting) count_one();
}

}  // namespace adder
