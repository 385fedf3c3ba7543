// Sorting and searching along one axis; NaN goes last.
#pragma once

#include "array/iter/driver.h"

namespace adder::array {

// Sorts each line of `view` along the axis in place. Equal elements keep their order where that can be seen.
bool sort(const ArrayView& view, int axis, Error& error);

// Moves each line's elements so that those of the ranks (0 ≤ rank < length, ascending, each once) are where sorting would put them,
// with nothing greater before and nothing less behind; NaNs are last of all in any case.
bool partition(const ArrayView& view, int axis, const index_t* ranks, int count, Error& error);

// Indices (int64) that sort each line, stable.
bool argsort(const ArrayView& in, int axis, ArrayView* out, const Allocator& allocator, Error& error);

// For each value the place in the sorted 1-d array where it goes; right: behind equal elements. Same dtype.
bool searchsorted(const ArrayView& sorted, const ArrayView& values, bool right, ArrayView* out, const Allocator& allocator,
                  Error& error);

}  // namespace adder::array
