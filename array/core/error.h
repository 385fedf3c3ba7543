// Structured errors of the array engine. The text is made by the host (`numpy/`), from what is kept here.
// Every function of the engine that can fail returns false (or null) and fills an Error; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>

namespace adder::array {

using index_t = std::ptrdiff_t;
inline constexpr int kMaxDims = 64;

struct DType;

enum class Code : std::uint8_t {
  ok,
  no_memory,            // `size`: bytes wanted; shapes[0], dtypes[0] where known
  too_big,              // the shape's number of bytes overflows
  too_many_dims,        // `axis`: dimensions wanted
  negative_dimension,   // shapes[0]
  broadcast,            // shapes[0..count): operands that do not go together
  output_broadcast,     // shapes[0]: the output, shapes[1]: what the operation gives
  reshape,              // `size`: elements; shapes[0]: shape asked for
  assign_broadcast,     // shapes[0]: source, shapes[1]: target
  axis_range,           // `axis`, `size`: dimensions
  axis_repeated,        // an axis named twice
  transpose_axes,       // axes do not fit the array
  index_range,          // `index`, `axis`, `size`
  no_loop,              // the operation has no loop for dtypes[0..count)
  cast,                 // dtypes[0] → dtypes[1] is not allowed; `axis`: which operand
  reduce_output,        // the output of a reduction has `size` dimensions, not `axis`
  not_reorderable,      // several axes of an operation whose order matters
  zero_size_reduction,  // no identity and nothing to reduce
  matmul_shapes,        // shapes[0], shapes[1]; `axis`, `size`, `index`: the mismatching axis and its two lengths
  failed,               // an operation that failed on data (integer to a negative power)
  mask_shape,           // `axis`, `size`: indexed length, `index`: the mask's length
  mask_assign,          // `size`: values given, `index`: True elements
  interrupted,          // the host asked to stop
  not_supported,
};

struct ShapeText {
  int nd = 0;
  index_t dims[8] = {};  // the first eight; more are seldom worth a message

  void set(int count, const index_t* from) {
    nd = count;
    for (int i = 0; i < count && i < 8; ++i) dims[i] = from[i];
  }
};

struct Error {
  Code code = Code::ok;
  int count = 0;
  int axis = 0;
  index_t size = 0;
  index_t index = 0;
  ShapeText shapes[6];
  const DType* dtypes[4] = {};
  const char* operation = nullptr;

  bool fail(Code what) {
    code = what;
    return false;
  }
};

}  // namespace adder::array
