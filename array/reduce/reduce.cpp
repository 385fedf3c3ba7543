// Reductions. NumPy's order, found by experiment with 2.3: axes are sorted by memory and joined; if the innermost is
// reduced, each run along it is folded at once (pairwise for float sums) and added to the result; where several reduced
// axes cannot be joined, or elements must be cast, runs are gathered into a buffer of at most 8192 elements, whole inner
// axes at a time, and a buffer is folded at once.
#include "array/reduce/reduce.h"

#include <cstring>

#include "array/core/host.h"
#include "array/core/scratch.h"

namespace adder::array {

namespace {

constexpr index_t kBufferElements = 8192;

struct Axis {
  index_t length;
  index_t in;
  index_t out;
};

// Counts through axes [first, nd) and keeps two pointers.
struct Walker {
  const Axis* axes;
  int first;
  int nd;
  index_t counter[kMaxDims] = {};
  char* in;
  char* out;

  bool next() {
    for (int i = first; i < nd; ++i) {
      if (++counter[i] < axes[i].length) {
        in += axes[i].in;
        out += axes[i].out;
        return true;
      }
      counter[i] = 0;
      in -= (axes[i].length - 1) * axes[i].in;
      out -= (axes[i].length - 1) * axes[i].out;
    }
    return false;
  }
};

struct Fold {
  const OpInfo* op;
  const Loop* loop;
  Kernel cast;  // null: the input has the loop's dtype
  index_t acc_size;
  index_t item_size;  // of an element as the kernel takes it
  const void* extra = nullptr;

  Conditions operator()(char* acc, index_t acc_step, char* in, index_t n, index_t in_step) const {
    if (loop->reduce) {
      char* args[2] = {acc, in};
      index_t steps[2] = {acc_step, in_step};
      return loop->reduce(args, n, steps, extra);
    }
    char* args[3] = {acc, in, acc};
    index_t steps[3] = {acc_step, in_step, acc_step};
    return loop->kernel(args, n, steps, extra);
  }
};

Conditions run_axes(const Fold& fold, const Axis* axes, int nd, char* in, char* out) {
  Conditions raised = 0;
  const bool inner_reduced = axes[0].out == 0;
  // How many inner axes are folded together.
  int together = 1;
  if (inner_reduced)
    while (together < nd && axes[together].out == 0) ++together;

  if (!fold.cast && (together == 1 || !inner_reduced)) {
    Walker walk = {axes, 1, nd, {}, in, out};
    if (fold.op->seen == Seen::hardware && nd > 1) {
      // Many short runs: the status word is read once around them all.
      Fold unguarded = fold;
      unguarded.extra = kUnguarded;
      HardwareConditions hardware;
      do raised |= unguarded(walk.out, axes[0].out, walk.in, axes[0].length, axes[0].in);
      while (walk.next());
      return raised | hardware.take();
    }
    do raised |= fold(walk.out, axes[0].out, walk.in, axes[0].length, axes[0].in);
    while (walk.next());
    return raised;
  }

  alignas(64) char block[kBufferElements * kMaxItemSize];
  auto load = [&](char* from, index_t step, index_t n, index_t at) {
    char* args[2] = {from, block + at * fold.item_size};
    index_t steps[2] = {step, fold.item_size};
    raised |= fold.cast(args, n, steps, nullptr);
  };

  if (!inner_reduced || together == 1) {
    // Cast along the innermost axis.
    Walker walk = {axes, 1, nd, {}, in, out};
    do {
      for (index_t done = 0; done < axes[0].length; done += kBufferElements) {
        index_t n = axes[0].length - done < kBufferElements ? axes[0].length - done : kBufferElements;
        load(walk.in + done * axes[0].in, axes[0].in, n, 0);
        raised |= fold(walk.out + done * axes[0].out, axes[0].out, block, n, fold.item_size);
      }
    } while (walk.next());
    return raised;
  }

  // Several reduced inner axes: as many whole ones as fit the buffer, times as many steps of the next as fit.
  if (axes[0].length > kBufferElements) {
    Walker walk = {axes, 1, nd, {}, in, out};
    do {
      if (!fold.cast) {
        raised |= fold(walk.out, 0, walk.in, axes[0].length, axes[0].in);
        continue;
      }
      for (index_t done = 0; done < axes[0].length; done += kBufferElements) {
        index_t n = axes[0].length - done < kBufferElements ? axes[0].length - done : kBufferElements;
        load(walk.in + done * axes[0].in, axes[0].in, n, 0);
        raised |= fold(walk.out, 0, block, n, fold.item_size);
      }
    } while (walk.next());
    return raised;
  }
  index_t core = axes[0].length;
  int core_axes = 1;
  while (core_axes < together && core * axes[core_axes].length <= kBufferElements) core *= axes[core_axes++].length;
  Kernel copy = fold.cast ? fold.cast : cast_kernel(fold.loop->types[0], fold.loop->types[0]);
  Fold gather = fold;
  gather.cast = copy;
  const index_t steps_at_once = core_axes < together ? kBufferElements / core : 1;
  const index_t chunk_length = core_axes < together ? axes[core_axes].length : 1;
  const index_t chunk_step = core_axes < together ? axes[core_axes].in : 0;
  const int outer_first = core_axes < together ? core_axes + 1 : core_axes;
  Walker outer = {axes, outer_first, nd, {}, in, out};
  do {
    for (index_t done = 0; done < chunk_length; done += steps_at_once) {
      index_t count = chunk_length - done < steps_at_once ? chunk_length - done : steps_at_once;
      index_t filled = 0;
      for (index_t s = 0; s < count; ++s) {
        Walker inner = {axes, 1, core_axes, {}, outer.in + (done + s) * chunk_step, nullptr};
        do {
          char* args[2] = {inner.in, block + filled * fold.item_size};
          index_t steps[2] = {axes[0].in, fold.item_size};
          raised |= copy(args, axes[0].length, steps, nullptr);
          filled += axes[0].length;
        } while (inner.next());
      }
      raised |= fold(outer.out, 0, block, filled, fold.item_size);
    }
  } while (outer.next());
  return raised;
}

bool idempotent(Op op) {
  switch (op) {
    case Op::minimum:
    case Op::maximum:
    case Op::fmin:
    case Op::fmax:
    case Op::bitwise_and:
    case Op::bitwise_or:
    case Op::logical_and:
    case Op::logical_or:
      return true;
    default:
      return false;
  }
}

}  // namespace

void write_identity(Identity identity, const DType* type, char* to) {
  if (identity == Identity::none) return;
  const std::int64_t value = identity == Identity::zero ? 0 : identity == Identity::one ? 1 : -1;
  char* args[2] = {const_cast<char*>(reinterpret_cast<const char*>(&value)), to};
  index_t steps[2] = {0, 0};
  cast_kernel(&kInt64, type)(args, 1, steps, nullptr);
}

bool allocate_reduced(const ArrayView& in, std::uint64_t axes, bool keepdims, const DType* dtype, ArrayView* out, const Allocator& allocator, Error& error) {
  // Its axes in the input's order, folded ones that are kept included.
  index_t strides[kMaxDims], shape[kMaxDims];
  const index_t* ranked[1] = {strides};
  for (int i = 0; i < in.nd; ++i) strides[i] = in.shape[i] == 1 ? 0 : in.strides[i];
  int in_order[kMaxDims], order[kMaxDims], place[kMaxDims], nd = 0, n = 0;
  memory_order(in.nd, 1, ranked, in_order);
  for (int i = 0; i < in.nd; ++i) {
    const bool folded = axes >> i & 1;
    place[i] = folded && !keepdims ? -1 : nd;
    if (place[i] >= 0) shape[nd++] = folded ? 1 : in.shape[i];
  }
  for (int i = 0; i < in.nd; ++i)
    if (place[in_order[i]] >= 0) order[n++] = place[in_order[i]];
  return allocator.allocate(allocator.self, 0, dtype, nd, shape, order, out, error);
}

bool reduce(const OpInfo& op, const Loop& loop, const ArrayView& in, std::uint64_t axes, bool keepdims,
            const char* initial, ArrayView* out, const Allocator& allocator, Conditions* raised, Error& error) {
  const DType* acc_type = loop.types[op.inputs];
  error.operation = op.name;

  // The shape of the result, and the result itself.
  int out_nd = 0;
  index_t out_shape[kMaxDims];
  int kept[kMaxDims];
  bool nothing = false;
  for (int i = 0; i < in.nd; ++i) {
    bool reduced = axes >> i & 1;
    if (reduced && in.shape[i] == 0) nothing = true;
    if (reduced && !keepdims) continue;
    kept[out_nd] = i;
    out_shape[out_nd++] = reduced ? 1 : in.shape[i];
  }
  if (!out->data) {
    if (!allocate_reduced(in, axes, keepdims, acc_type, out, allocator, error)) return false;
  } else {
    if (out->nd != out_nd) {
      error.size = out->nd;
      error.axis = out_nd;
      return error.fail(Code::reduce_output);
    }
    if (!has_shape(*out, out_nd, out_shape)) {
      error.shapes[0].set(out->nd, out->shape);
      error.shapes[1].set(out_nd, out_shape);
      return error.fail(Code::output_broadcast);
    }
  }
  if (out->size() == 0) return true;

  // An output of another dtype, or one that overlaps the input, gets its values at the end.
  ArrayView acc = *out;
  Scratch temporary;
  bool apart = false;
  Dims acc_dims;
  if (out->dtype != acc_type || may_share_memory(*out, in)) {
    index_t bytes = out->size() * acc_type->size;
    char* data = temporary.get(bytes, error);
    if (!data) return false;
    apart = true;
    acc_dims.nd = out_nd;
    std::memcpy(acc_dims.shape, out_shape, sizeof(index_t) * static_cast<std::size_t>(out_nd));
    c_strides(out_nd, out_shape, acc_type->size, acc_dims.strides);
    acc = acc_dims.view(data, acc_type);
  }
  ArrayView source = in;
  index_t source_shape[kMaxDims];
  alignas(16) char start[kMaxItemSize];
  bool from_first = !initial && op.identity == Identity::none;
  if (from_first) {
    if (nothing) return error.fail(Code::zero_size_reduction);
    // Start from the first elements along the reduced axes.
    Dims first;
    first.nd = out_nd;
    for (int i = 0; i < out_nd; ++i) {
      first.shape[i] = out_shape[i];
      first.strides[i] = axes >> kept[i] & 1 ? 0 : in.strides[kept[i]];
    }
    if (!assign(acc, first.view(in.data, in.dtype), raised, error)) return false;
    if (!idempotent(op.op)) {
      int axis = -1;
      for (int i = 0; i < in.nd; ++i) {
        source_shape[i] = in.shape[i];
        if (axes >> i & 1 && in.shape[i] != 1) {
          if (axis >= 0) return error.fail(Code::not_reorderable);
          axis = i;
        }
      }
      if (axis >= 0) {
        source_shape[axis] -= 1;
        source.shape = source_shape;
        source.data += in.strides[axis];
      } else {
        nothing = true;  // there is only the first element
      }
    }
  } else {
    if (!initial) {
      write_identity(op.identity, acc_type, start);
      initial = start;
    }
    index_t none[1] = {0};
    ArrayView value = {const_cast<char*>(initial), 0, kCContiguous | kFContiguous | kAligned, none, none, acc_type};
    if (!assign(acc, value, raised, error)) return false;
  }

  if (!nothing) {
    // Axes sorted by the input's memory, joined.
    index_t out_strides[kMaxDims];
    for (int i = 0; i < in.nd; ++i) out_strides[i] = 0;
    for (int i = 0; i < out_nd; ++i)
      if (!(axes >> kept[i] & 1)) out_strides[kept[i]] = acc.strides[i];
    const index_t* ranked[2] = {out_strides, source.strides};
    int order[kMaxDims];
    memory_order(in.nd, 2, ranked, order);
    Axis list[kMaxDims];
    int n = 0;
    for (int i = in.nd; i-- > 0;) {
      int axis = order[i];
      if (source.shape[axis] == 1) continue;
      Axis a = {source.shape[axis], source.strides[axis], out_strides[axis]};
      if (n && a.in == list[n - 1].in * list[n - 1].length && a.out == list[n - 1].out * list[n - 1].length)
        list[n - 1].length *= a.length;
      else
        list[n++] = a;
    }
    if (n == 0) list[n++] = {1, 0, 0};
    const DType* in_type = loop.types[op.inputs - 1];
    Fold fold = {&op, &loop, source.dtype == in_type ? nullptr : cast_kernel(source.dtype, in_type), acc_type->size, in_type->size};
    if (source.dtype != in_type && !fold.cast) {
      error.dtypes[0] = source.dtype;
      error.dtypes[1] = in_type;
      return error.fail(Code::cast);
    }
    LongWork work("reduce", source.size());
    *raised |= run_axes(fold, list, n, source.data, acc.data);
    if (*raised & kFailed) return error.fail(Code::failed);
  }
  if (apart) return assign(*out, acc, raised, error);
  return true;
}

bool accumulate(const OpInfo& op, const Loop& loop, const ArrayView& in, int axis, ArrayView* out,
                const Allocator& allocator, Conditions* raised, Error& error) {
  const DType* type = loop.types[op.inputs];
  error.operation = op.name;
  if (!out->data) {
    index_t strides[kMaxDims];
    const index_t* ranked[1] = {strides};
    for (int i = 0; i < in.nd; ++i) strides[i] = in.shape[i] == 1 ? 0 : in.strides[i];
    int order[kMaxDims];
    memory_order(in.nd, 1, ranked, order);
    if (!allocator.allocate(allocator.self, 0, type, in.nd, in.shape, order, out, error)) return false;
  }
  if (out->size() == 0) return true;
  ElementScratch temporary;
  // The kernel takes its own dtype; the input is cast whole first (it may be the output itself).
  ArrayView source = in, target = *out;
  Dims dims;
  bool direct = in.dtype == type && out->dtype == type && (!may_share_memory(in, *out) || same_elements(in, *out));
  if (!direct) {
    char* data = temporary.get(type, in.size(), error);
    if (!data) return false;
    dims.nd = in.nd;
    std::memcpy(dims.shape, in.shape, sizeof(index_t) * static_cast<std::size_t>(in.nd));
    c_strides(in.nd, in.shape, type->size, dims.strides);
    source = dims.view(data, type);
    if (!assign(source, in, raised, error)) return false;
    if (*raised & kFailed) return error.fail(Code::failed);
    if (out->dtype != type || may_share_memory(in, *out)) target = source;
  }
  index_t n = in.shape[axis];
  index_t counter[kMaxDims] = {};
  char *a = source.data, *r = target.data;
  LongWork work("accumulate", loop.extra ? 0 : in.size());
  for (;;) {
    if (loop.accumulate) {
      char* args[2] = {a, r};
      index_t steps[2] = {source.strides[axis], target.strides[axis]};
      *raised |= loop.accumulate(args, n, steps, nullptr);
    } else {
      if (a != r) copy_element(type, r, a);
      for (index_t i = 1; i < n; ++i) {
        char* at = r + i * target.strides[axis];
        char* args[3] = {at - target.strides[axis], a + i * source.strides[axis], at};
        index_t steps[3] = {0, 0, 0};
        *raised |= loop.kernel(args, 1, steps, loop.extra);
        if (*raised & kFailed) return error.fail(Code::failed);
      }
    }
    int i = in.nd - 1;
    for (; i >= 0; --i) {
      if (i == axis) continue;
      if (++counter[i] < in.shape[i]) {
        a += source.strides[i];
        r += target.strides[i];
        break;
      }
      counter[i] = 0;
      a -= (in.shape[i] - 1) * source.strides[i];
      r -= (in.shape[i] - 1) * target.strides[i];
    }
    if (i < 0) break;
  }
  if (target.data != out->data) return assign(*out, target, raised, error);
  return true;
}

}  // namespace adder::array
