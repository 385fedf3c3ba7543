// Reductions and running folds, in the memory order NumPy goes in, so that float sums agree to the bit.
#pragma once

#include "array/iter/driver.h"

namespace adder::array {

// Folds `in` along the axes set in `axes` (bit i: axis i). `type`: the loop's dtype (the input is cast block by block).
// out: allocated if its data is null, with the reduced axes left out, or kept with length one if `keepdims`; a given one
// must have that shape. `initial`: an element of `type` to start from, or null for the identity, or for the first
// elements where there is none.
bool reduce(const OpInfo& op, const Loop& loop, const ArrayView& in, std::uint64_t axes, bool keepdims,
            const char* initial, ArrayView* out, const Allocator& allocator, Conditions* raised, Error& error);

// Gives the result of such a fold its memory: it lies as the input does.
bool allocate_reduced(const ArrayView& in, std::uint64_t axes, bool keepdims, const DType* dtype, ArrayView* out, const Allocator& allocator, Error& error);

// The element a fold of `type` starts from; nothing is written where the operation has none.
void write_identity(Identity identity, const DType* type, char* to);

// The running fold along one axis, into an array of the input's shape.
bool accumulate(const OpInfo& op, const Loop& loop, const ArrayView& in, int axis, ArrayView* out,
                const Allocator& allocator, Conditions* raised, Error& error);

// Index of the largest or smallest element (the first one; NaN wins) of each line along an axis, as int64.
bool arg_extremum(bool largest, const ArrayView& in, int axis, bool keepdims, ArrayView* out, const Allocator& allocator,
                  Error& error);

// Number of elements that are not zero.
index_t count_nonzero(const ArrayView& in, Error& error);
// Number of true ones among n bools side by side.
index_t count_true(const char* bools, index_t n);

}  // namespace adder::array
