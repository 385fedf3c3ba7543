// Sorting whole words by Highway's vectorised quicksort, which lies in a library of its own (libhwy_contrib) and is opened at the first
// long sort.
#pragma once

#include <cstdint>

#include "array/core/error.h"

namespace adder::array {

// Sorts ascending. False, with nothing done, if the run is too short to gain, or the library is missing.
bool vector_sort(std::int16_t* keys, index_t n);
bool vector_sort(std::uint16_t* keys, index_t n);
bool vector_sort(std::int32_t* keys, index_t n);
bool vector_sort(std::uint32_t* keys, index_t n);
bool vector_sort(std::int64_t* keys, index_t n);
bool vector_sort(std::uint64_t* keys, index_t n);
// As words whose order is theirs: of the two zeros the negative one goes first. No NaN among them.
bool vector_sort(float* keys, index_t n);
bool vector_sort(double* keys, index_t n);

}  // namespace adder::array
