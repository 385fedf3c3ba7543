// Pieces of looking for the place of an extremum: the first one, NaN before all. For those who have elements block by block.
#pragma once

#include "array/core/dtype.h"

namespace adder::array {

// Looks through n elements, `step` bytes apart, for one that beats *best; `fresh`: for the best of them. Its place, *best being it
// then; -1 if there is none.
using ArgRun = index_t (*)(const char* in, index_t n, index_t step, char* best, bool fresh);
// n dense elements against as many bests so far: where one is beaten (all, for row 0), `row` becomes its place, an int64.
using ArgRows = void (*)(const char* in, index_t n, char* best, char* places, index_t place_step, index_t row);

// Null for dtypes without order.
ArgRun arg_run_of(const DType* dtype, bool largest);
ArgRows arg_rows_of(const DType* dtype, bool largest);

}  // namespace adder::array
