// Casts and loops of long double.
#pragma once

#include "array/core/ops.h"

namespace adder::array {

void register_long_double();  // once, with the other casts
// The loop for numbers of which one at least is a long double; false: there is none.
bool long_double_loop(const OpInfo& op, const DType* const* inputs, Loop* loop);

}  // namespace adder::array
