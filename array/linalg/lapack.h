// Factorisations and what is solved by them, over LAPACK, on stacks of matrices. A stack is one block of memory: matrix after matrix,
// the columns of each one after the other. dtypes: float32, float64, complex64, complex128 (Code::no_loop for others,
// Code::not_supported without the library, Code::no_memory). *failed: LAPACK found no result for one of the matrices (it is singular,
// not positive definite, or an iteration did not converge).
#pragma once

#include "array/core/view.h"

namespace adder::array {

// A stack of `count` matrices of `rows` by `columns`.
struct Stack {
  char* data;
  index_t count;
  int rows, columns;
};

// a x = b for each pair of matrices; a and b are overwritten, b by x.
bool solve(const DType* dtype, const Stack& a, const Stack& b, bool* failed, Error& error);

// Sign (of the dtype) and logarithm of the size (of its parts) of each determinant; a is overwritten.
bool determinant(const DType* dtype, const Stack& a, char* signs, char* logs, Error& error);

// The triangle whose product with its transpose each matrix is; the rest of the matrix becomes zero.
bool cholesky(const DType* dtype, const Stack& a, bool upper, bool* failed, Error& error);

// Householder factors below the diagonal, R above it, min(rows, columns) scalars `tau` each.
bool qr_factor(const DType* dtype, const Stack& a, char* tau, Error& error);
// Q of as many columns as `q` has, whose first columns hold the factors.
bool qr_form(const DType* dtype, const Stack& q, const char* tau, int factors, Error& error);

// Singular values, and with vectors u (rows by rows, or by the lesser extent) and vh. job: 'A' all vectors, 'S' as many as values, 'N' none.
// a is overwritten; values are of the dtype's parts.
bool singular_values(const DType* dtype, const Stack& a, char job, char* values, char* u, char* vh, bool* failed, Error& error);

// Eigenvalues and, if `vectors` is not null, right eigenvectors, both of the complex dtype of that precision; a is overwritten.
bool eigen(const DType* dtype, const Stack& a, char* values, char* vectors, bool* failed, Error& error);
// Of symmetric or Hermitian matrices, given by one triangle: real values; vectors replace the matrices.
bool eigen_symmetric(const DType* dtype, const Stack& a, bool lower, bool with_vectors, char* values, bool* failed, Error& error);

// Least squares for one matrix: b (max(rows, columns) rows) is overwritten by the solution; values below rcond times the greatest count
// as zero.
bool least_squares(const DType* dtype, const Stack& a, const Stack& b, double rcond, char* values, int* rank, bool* failed, Error& error);

}  // namespace adder::array
