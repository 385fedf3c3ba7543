// Folding values into elements at given places, one after the other, so that repeated places add up.
#pragma once

#include "array/core/ops.h"

namespace adder::array {

// Elements by position: the i-th lies (at[i], plus `extent` if that is negative) * step bytes behind the base.
struct Places {
  const std::int64_t* at;
  index_t n;
  index_t step;
  index_t extent;

  char* element(char* base, index_t i) const { return base + (at[i] + (at[i] >> 63 & extent)) * step; }
};

// Whether all positions lie in [-extent, extent).
bool places_fit(const std::int64_t* at, index_t n, index_t extent);

// element = operation(element, value) at each place in turn; values lie `value_step` bytes apart. Elements and values are of one
// dtype, the loop's.
using Scatter = Conditions (*)(char* base, const Places& places, const char* values, index_t value_step);

// Null for operations and dtypes that have none; the operation's kernel does it then, element by element.
Scatter scatter_of(Op op, const DType* dtype);

}  // namespace adder::array
