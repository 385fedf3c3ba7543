// Matrix products. Floats go to OpenBLAS, which is loaded when first needed; other dtypes through loops of ours.
#pragma once

#include "array/iter/driver.h"

namespace adder::array {

// The inner product of two 1-d arrays of one dtype and length, written to *out (an element of that dtype).
bool inner_product(const ArrayView& a, const ArrayView& b, char* out, Error& error);

// out[m, n] = a[m, k] · b[k, n]: 2-d views of one dtype; out does not overlap the others.
bool matrix_product(const ArrayView& a, const ArrayView& b, const ArrayView& out, Error& error);

// NumPy's matmul rules on shapes and stacks: 1-d operands are promoted, leading axes broadcast.
bool matmul(const ArrayView& a, const ArrayView& b, ArrayView* out, const Allocator& allocator, Error& error);

// A function of OpenBLAS and the LAPACK in it, by its symbol; null where the library is missing.
void* blas_function(const char* name);

}  // namespace adder::array
