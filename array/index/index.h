// Indexing with arrays: gathering and scattering by integer arrays, selecting and storing under masks. Basic slices are
// views and need nothing from here.
#pragma once

#include "array/iter/driver.h"

namespace adder::array {

// Integer arrays (int64) that index some axes of an array together.
struct ArrayIndex {
  int count;               // index arrays
  const int* axes;         // which axis each indexes, ascending
  const ArrayView* arrays; // broadcast against each other
  int position;            // where the broadcast axes stand among the axes left over: 0 … axes left
  bool outermost = false;  // lay the result out with the broadcast axes outermost, the others as the array has them
};

// Result shape: left-over axes before `position`, the index arrays' common shape, the other left-over axes.
bool gather(const ArrayView& in, const ArrayIndex& index, ArrayView* out, const Allocator& allocator, Error& error);

// Stores `values` (broadcast and cast) at the places; with repeated places the last one stays.
bool scatter(const ArrayView& to, const ArrayIndex& index, const ArrayView& values, Conditions* raised, Error& error);

// Coordinates of the elements that are not zero, in C order: an int64 array with a row for each and a column per axis. A
// 0-d array is an error of the caller's.
bool nonzero(const ArrayView& in, ArrayView* out, const Allocator& allocator, Error& error);

// Elements of `in` where the mask (bool, the same shape) is true, in C order.
bool select(const ArrayView& in, const ArrayView& mask, ArrayView* out, const Allocator& allocator, Error& error);

// Stores under a mask of the target's shape: one value everywhere, or a 1-d array with a value for each true element.
bool store_masked(const ArrayView& to, const ArrayView& mask, const ArrayView& values, Conditions* raised, Error& error);

}  // namespace adder::array
