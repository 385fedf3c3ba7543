// Systems of linear equations, over LAPACK.
#pragma once

#include "array/core/view.h"

namespace adder::array {

// Factorises a square matrix into triangles in place: its columns lie one after the other, n to a column. `pivots` has room for
// n ints (each the row, from 1, that a row was exchanged with). *singular: a pivot is zero. dtypes that LAPACK has: float32,
// float64, complex64, complex128 (Code::no_loop for others, Code::not_supported without LAPACK).
bool lu_factor(const DType* dtype, char* matrix, int n, int* pivots, bool* singular, Error& error);

// Solves for `count` right-hand sides, which lie like the matrix; both are overwritten. Left undone if singular.
bool lu_solve(const DType* dtype, char* matrix, int n, char* sides, int count, int* pivots, bool* singular, Error& error);

}  // namespace adder::array
