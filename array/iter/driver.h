// The one driver of element-wise work: broadcasts, orders and coalesces axes, casts block by block where an operand's
// dtype is not the loop's, keeps overlapping operands right, and splits work over threads.
#pragma once

#include "array/core/ops.h"
#include "array/core/view.h"

namespace adder::array {

// Gives an output its memory. `order` lists the axes outermost first as they should lie in memory; null is C order. Fills
// in `out` (shape and strides stay valid while the call runs).
struct Allocator {
  bool (*allocate)(void* self, int index, const DType* dtype, int nd, const index_t* shape, const int* order,
                   ArrayView* out, Error& error);
  void* self;
};

// Runs one operation. args: inputs, then outputs; an output whose data is null is allocated. `where`: a bool array, or
// null; elements where it is false are left as they are.
bool elementwise(const OpInfo& op, const Loop& loop, ArrayView* args, const Allocator& allocator, const ArrayView* where,
                 Conditions* raised, Error& error);

// The order of axes in memory, outermost first, of what an operation makes of operands that broadcast to `shape`. `types`:
// what its loop takes for the first `inputs` of them (a mask may follow).
void result_order(int count, const ArrayView* operands, int inputs, const DType* const* types, int nd, const index_t* shape,
                  int* order);

// The common small case: contiguous operands of one shape and the loop's own dtypes.
inline Conditions run_contiguous(const Loop& loop, char* const* args, index_t n, const index_t* steps) {
  return loop.kernel(args, n, steps, loop.extra);
}

// Copies `from`, broadcast and cast, into `to`; overlap is handled.
bool assign(const ArrayView& to, const ArrayView& from, Conditions* raised, Error& error);

// Strides of fresh memory whose axes lie in the given order (null: C order).
void ordered_strides(int nd, const index_t* shape, index_t item_size, const int* order, index_t* strides);

// An inner loop over a shape: what `elementwise` comes down to, for those who have kernels of their own.
struct LoopRun {
  Kernel kernel;
  const void* extra;
  int args;
  int inputs;
  const DType* const* types;  // what the kernel takes
  unsigned cost;
  bool hardware = false;  // the kernel reads the hardware's conditions, and can leave that to the driver
  bool anywhere = false;  // the kernel minds not how elements are aligned; others get misaligned ones through blocks
};
bool run_loop(const LoopRun& run, const ArrayView* args, int nd, const index_t* shape, const ArrayView* where,
              Conditions* raised, Error& error);

// Elements per block when operands are cast on the way.
inline constexpr index_t kCastBlock = 1024;

}  // namespace adder::array
