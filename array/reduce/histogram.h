// Counting numbers in bins of equal width, and sliding products of two sequences.
#pragma once

#include "array/core/view.h"

namespace adder::array {

// Counts the elements of a contiguous array of float64 in `bins` bins of equal width from edges[0] to edges[bins]; the last bin holds its
// upper edge. Elements outside are left out; an element goes where the edges say, whatever its place comes to by division.
void histogram(const double* values, index_t n, const double* edges, index_t bins, std::int64_t* counts);

// out[i] = sum of a[i + k] * v[k] over the `taps` elements of v, for `n` results; integers wrap. dtypes: all numbers but bool and float16
// (Code::no_loop). Contiguous memory; a has n + taps - 1 elements.
bool sliding_product(const DType* dtype, const char* a, const char* v, index_t taps, char* out, index_t n, Error& error);

}  // namespace adder::array
