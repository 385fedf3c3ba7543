// One function per kernel file: puts its loops, for the instruction set chosen at run time, into the table.
#pragma once

#include "array/core/ops.h"

namespace adder::array {

void register_arithmetic(KernelTable& table);
void register_integers(KernelTable& table);
void register_division(KernelTable& table);
void register_comparisons(KernelTable& table);
void register_elementary(KernelTable& table);
void register_reductions(KernelTable& table);
void register_floating(KernelTable& table);
void register_complex(KernelTable& table);
void register_magnitude(KernelTable& table);

inline void register_kernels(KernelTable& table) {
  register_arithmetic(table);
  register_integers(table);
  register_division(table);
  register_comparisons(table);
  register_floating(table);
  register_complex(table);
  register_magnitude(table);
  register_elementary(table);
  register_reductions(table);
}

}  // namespace adder::array
