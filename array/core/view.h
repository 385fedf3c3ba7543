// ArrayView: a light description of an array's memory, the currency of every function of the engine. It owns nothing;
// a binding builds it from the fields of its own array object without allocating. Strides are in bytes, as NumPy's.
#pragma once

#include "array/core/dtype.h"
#include "array/core/error.h"

namespace adder::array {

// NumPy's flag bits.
inline constexpr int kCContiguous = 0x0001;
inline constexpr int kFContiguous = 0x0002;
inline constexpr int kOwnData = 0x0004;
inline constexpr int kAligned = 0x0100;
inline constexpr int kWriteable = 0x0400;

struct ArrayView {
  char* data = nullptr;
  int nd = 0;
  int flags = 0;
  const index_t* shape = nullptr;
  const index_t* strides = nullptr;
  const DType* dtype = nullptr;

  index_t size() const {
    index_t n = 1;
    for (int i = 0; i < nd; ++i) n *= shape[i];
    return n;
  }
  bool c_contiguous() const { return flags & kCContiguous; }
  bool f_contiguous() const { return flags & kFContiguous; }
};

// A shape with its strides, on the stack. Only the first nd entries mean anything.
struct Dims {
  int nd = 0;
  index_t shape[kMaxDims];
  index_t strides[kMaxDims];

  ArrayView view(char* data, const DType* dtype) const;
};

// Bytes an array of that shape needs; false (too_big, negative_dimension) if they cannot be counted.
bool count_bytes(int nd, const index_t* shape, index_t item_size, index_t* bytes, Error& error);

// Strides of a fresh array in C or Fortran order.
void c_strides(int nd, const index_t* shape, index_t item_size, index_t* strides);
void f_strides(int nd, const index_t* shape, index_t item_size, index_t* strides);

// The flags that follow from shape, strides and address: contiguity and alignment.
int layout_flags(int nd, const index_t* shape, const index_t* strides, const char* data, const DType* dtype);

inline ArrayView Dims::view(char* data, const DType* dtype) const {
  return {data, nd, layout_flags(nd, shape, strides, data, dtype), shape, strides, dtype};
}

// The shape that the operands' shapes broadcast to (Code::broadcast if none).
bool broadcast_shapes(int count, const ArrayView* operands, int* nd, index_t* shape, Error& error);

// Strides of `view` seen under a shape it broadcasts to; false (Code::broadcast) if it does not.
bool broadcast_strides(const ArrayView& view, int nd, const index_t* shape, index_t* strides, Error& error);

// Shape and strides of a view under another shape, if one exists without copying; `order` is 'C' or 'F'.
// The number of elements is the caller's to check.
bool reshape_view(const ArrayView& view, int nd, const index_t* shape, char order, index_t* strides);

// Fills in a -1 in `shape` and checks the number of elements (Code::reshape).
bool resolve_shape(index_t size, int nd, index_t* shape, Error& error);

// Normalises a possibly negative axis (Code::axis_range).
bool normalize_axis(int* axis, int nd, Error& error);

// First byte and one past the last byte that the elements of a view touch.
struct Extent {
  const char* begin;
  const char* end;
};
Extent extent(const ArrayView& view);
bool may_share_memory(const ArrayView& a, const ArrayView& b);
inline bool has_shape(const ArrayView& view, int nd, const index_t* shape) {
  if (view.nd != nd) return false;
  for (int i = 0; i < nd; ++i)
    if (view.shape[i] != shape[i]) return false;
  return true;
}
inline bool same_shape(const ArrayView& a, const ArrayView& b) { return has_shape(a, b.nd, b.shape); }
// True when both name exactly the same elements in the same order.
bool same_elements(const ArrayView& a, const ArrayView& b);

// The order in which axes lie in memory, outermost first, judged by the strides of the operands in turn as NumPy's
// iterator does (ties and conflicts keep C order). strides[k] points to nd strides of operand k.
void memory_order(int nd, int operands, const index_t* const* strides, int* order);

// The order of a single array's axes by the size of their strides, outermost first; ties keep C order. What a copy that
// keeps the order goes by (strides of 0 lie innermost, unlike above).
void stride_order(int nd, const index_t* strides, int* order);

// One step of basic indexing, applied by the binding: start, stop (already clipped), step on an axis.
inline index_t slice_length(index_t start, index_t stop, index_t step) {
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return stop < start ? (start - stop - 1) / (-step) + 1 : 0;
}

}  // namespace adder::array
