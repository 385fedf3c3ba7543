// Putting the elements of a few ranks in place, with vectors.
#pragma once

#include <cstdint>

#include "array/core/error.h"

namespace adder::array {

// Moves elements so that each rank holds what sorting would put there, with nothing greater before it and nothing less behind it.
// The ranks are in [0, n), ascending, each once. `spare` holds n elements. No NaN among them.
void select_ranks(std::int32_t* a, index_t n, const index_t* ranks, int count, std::int32_t* spare);
void select_ranks(std::uint32_t* a, index_t n, const index_t* ranks, int count, std::uint32_t* spare);
void select_ranks(std::int64_t* a, index_t n, const index_t* ranks, int count, std::int64_t* spare);
void select_ranks(std::uint64_t* a, index_t n, const index_t* ranks, int count, std::uint64_t* spare);
void select_ranks(float* a, index_t n, const index_t* ranks, int count, float* spare);
void select_ranks(double* a, index_t n, const index_t* ranks, int count, double* spare);

}  // namespace adder::array
