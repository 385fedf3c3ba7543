// LAPACK's getrf and gesv for the four dtypes it has.
#include "array/linalg/solve.h"

#include "array/linalg/matmul.h"

namespace adder::array {

namespace {

// The function of a name like "getrf" for a dtype: sgetrf_, dgetrf_, cgetrf_, zgetrf_.
void* lapack(const DType* dtype, const char* name, Error& error) {
  const char letter = dtype == &kFloat32 ? 's' : dtype == &kFloat64 ? 'd' : dtype == &kComplex64 ? 'c' : dtype == &kComplex128 ? 'z' : 0;
  error.operation = "linalg";
  error.dtypes[0] = dtype;
  error.count = 1;
  if (!letter) {
    error.fail(Code::no_loop);
    return nullptr;
  }
  char symbol[16] = {letter};
  int at = 1;
  for (; *name; ++name) symbol[at++] = *name;
  symbol[at] = '_';
  void* function = blas_function(symbol);
  if (!function) error.fail(Code::not_supported);
  return function;
}

}  // namespace

bool lu_factor(const DType* dtype, char* matrix, int n, int* pivots, bool* singular, Error& error) {
  auto getrf = reinterpret_cast<void (*)(const int*, const int*, void*, const int*, int*, int*)>(lapack(dtype, "getrf", error));
  if (!getrf) return false;
  const int leading = n > 1 ? n : 1;
  int info = 0;
  if (n > 0) getrf(&n, &n, matrix, &leading, pivots, &info);
  *singular = info > 0;
  return true;
}

bool lu_solve(const DType* dtype, char* matrix, int n, char* sides, int count, int* pivots, bool* singular, Error& error) {
  auto gesv = reinterpret_cast<void (*)(const int*, const int*, void*, const int*, int*, void*, const int*, int*)>(lapack(dtype, "gesv", error));
  if (!gesv) return false;
  const int leading = n > 1 ? n : 1;
  int info = 0;
  if (n > 0 && count > 0) gesv(&n, &count, matrix, &leading, pivots, sides, &leading, &info);
  *singular = info > 0;
  return true;
}

}  // namespace adder::array
