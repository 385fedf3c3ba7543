// The methods of ufuncs that work at places named by indices.
#pragma once

#include "numpy/ndarray.h"

namespace adder::numpy {

// at(a, indices, b=None)
Ref ufunc_at(Value self, const Value* a);
// reduceat(array, indices, axis=0, dtype=None, out=None)
Ref ufunc_reduceat(Value self, const Value* a);

}  // namespace adder::numpy
