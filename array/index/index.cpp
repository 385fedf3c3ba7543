// Gathering, scattering and masks. Index arrays become one table of byte offsets, checked whole before anything is
// written; elements are then moved by size.
#include "array/index/index.h"

#include <cstring>

#include "array/core/scratch.h"
#include "array/reduce/reduce.h"

namespace adder::array {

namespace {

// The index arrays' common shape and, for each of its elements, the offset in the indexed array.
struct Offsets {
  Scratch memory;
  index_t* table = nullptr;
  index_t count = 1;
  int nd = 0;
  index_t shape[kMaxDims];
};

bool make_offsets(const ArrayView& in, const ArrayIndex& index, Offsets& offsets, Error& error) {
  if (!broadcast_shapes(index.count, index.arrays, &offsets.nd, offsets.shape, error)) return false;
  for (int i = 0; i < offsets.nd; ++i) offsets.count *= offsets.shape[i];
  offsets.table = reinterpret_cast<index_t*>(offsets.memory.get(offsets.count * 8 + 8, error));
  if (!offsets.table) return false;
  index_t n = offsets.count;
  for (int k = 0; k < index.count; ++k) {
    const int axis = index.axes[k];
    const index_t length = in.shape[axis], stride = in.strides[axis];
    index_t strides[kMaxDims];
    if (!broadcast_strides(index.arrays[k], offsets.nd, offsets.shape, strides, error)) return false;
    index_t counter[kMaxDims] = {};
    const char* p = index.arrays[k].data;
    const int last = offsets.nd - 1;
    const index_t inner = offsets.nd ? offsets.shape[last] : 1;
    const index_t step = offsets.nd ? strides[last] : 0;
    for (index_t done = 0; done < n; done += inner) {
      const char* q = p;
      for (index_t i = 0; i < inner; ++i, q += step) {
        index_t at = *reinterpret_cast<const std::int64_t*>(q);
        index_t place = at < 0 ? at + length : at;
        if (static_cast<std::size_t>(place) >= static_cast<std::size_t>(length)) [[unlikely]] {
          error.index = at;
          error.axis = axis;
          error.size = length;
          return error.fail(Code::index_range);
        }
        offsets.table[done + i] = (k ? offsets.table[done + i] : 0) + place * stride;
      }
      for (int i = last - 1; i >= 0; --i) {
        p += strides[i];
        if (++counter[i] < offsets.shape[i]) break;
        p -= strides[i] * offsets.shape[i];
        counter[i] = 0;
      }
    }
  }
  return true;
}

// The axes that no index array takes.
struct Rest {
  int nd = 0;
  int axes[kMaxDims];
  index_t shape[kMaxDims];
};

Rest rest_of(const ArrayView& in, const ArrayIndex& index) {
  Rest rest;
  int k = 0;
  for (int i = 0; i < in.nd; ++i) {
    if (k < index.count && index.axes[k] == i) {
      ++k;
      continue;
    }
    rest.axes[rest.nd] = i;
    rest.shape[rest.nd++] = in.shape[i];
  }
  return rest;
}

// Moves elements between a table of places and evenly spaced ones.
template <class T, bool kGather>
void move_items(char* far, const index_t* offsets, char* near, index_t n, index_t near_step) {
  for (index_t i = 0; i < n; ++i, near += near_step) {
    if constexpr (kGather) std::memcpy(near, far + offsets[i], sizeof(T));
    else std::memcpy(far + offsets[i], near, sizeof(T));
  }
}

template <bool kGather>
void move_any(const DType* dtype, char* far, const index_t* offsets, char* near, index_t n, index_t near_step) {
  const index_t size = dtype->size;
  if (dtype->elements->copy) [[unlikely]] {
    for (index_t i = 0; i < n; ++i, near += near_step) copy_element(dtype, kGather ? near : far + offsets[i], kGather ? far + offsets[i] : near);
    return;
  }
  switch (size) {
    case 1: return move_items<std::uint8_t, kGather>(far, offsets, near, n, near_step);
    case 2: return move_items<std::uint16_t, kGather>(far, offsets, near, n, near_step);
    case 4: return move_items<std::uint32_t, kGather>(far, offsets, near, n, near_step);
    case 8: return move_items<std::uint64_t, kGather>(far, offsets, near, n, near_step);
  }
  for (index_t i = 0; i < n; ++i, near += near_step) {
    if constexpr (kGather) std::memcpy(near, far + offsets[i], static_cast<std::size_t>(size));
    else std::memcpy(far + offsets[i], near, static_cast<std::size_t>(size));
  }
}

// `near` has the shape rest[:position] + B + rest[position:] and the item size of `far`.
template <bool kGather>
void move_all(const ArrayView& far, const Offsets& offsets, const Rest& rest, int position, const ArrayView& near) {
  const index_t size = far.dtype->size;
  index_t near_rest[kMaxDims], far_rest[kMaxDims];
  index_t rest_count = 1;
  for (int i = 0; i < rest.nd; ++i) {
    near_rest[i] = near.strides[i < position ? i : i + offsets.nd];
    far_rest[i] = far.strides[rest.axes[i]];
    rest_count *= rest.shape[i];
  }
  if (rest_count == 0 || offsets.count == 0) return;
  // B's axes lie evenly in `near` when it is contiguous there; otherwise element by element along its last axis.
  const index_t* b_strides = near.strides + position;
  index_t b_step = offsets.nd ? b_strides[offsets.nd - 1] : 0;
  bool even = true;
  for (int i = offsets.nd - 1; i > 0; --i) even &= b_strides[i - 1] == b_strides[i] * offsets.shape[i];

  // Rows of contiguous left-over elements behind each place.
  if (even && !far.dtype->elements->copy && rest.nd == 1 && near_rest[0] == size && far_rest[0] == size && rest.shape[0] * size >= 16) {
    std::size_t bytes = static_cast<std::size_t>(rest.shape[0] * size);
    for (index_t b = 0; b < offsets.count; ++b) {
      if constexpr (kGather) std::memcpy(near.data + b * b_step, far.data + offsets.table[b], bytes);
      else std::memcpy(far.data + offsets.table[b], near.data + b * b_step, bytes);
    }
    return;
  }
  index_t counter[kMaxDims] = {};
  char *far_at = far.data, *near_at = near.data;
  for (;;) {
    if (even) {
      move_any<kGather>(far.dtype, far_at, offsets.table, near_at, offsets.count, b_step);
    } else {
      index_t b_counter[kMaxDims] = {};
      char* p = near_at;
      index_t inner = offsets.shape[offsets.nd - 1];
      for (index_t done = 0; done < offsets.count; done += inner) {
        move_any<kGather>(far.dtype, far_at, offsets.table + done, p, inner, b_step);
        for (int i = offsets.nd - 2; i >= 0; --i) {
          p += b_strides[i];
          if (++b_counter[i] < offsets.shape[i]) break;
          p -= b_strides[i] * offsets.shape[i];
          b_counter[i] = 0;
        }
      }
    }
    int i = rest.nd - 1;
    for (; i >= 0; --i) {
      far_at += far_rest[i];
      near_at += near_rest[i];
      if (++counter[i] < rest.shape[i]) break;
      far_at -= far_rest[i] * rest.shape[i];
      near_at -= near_rest[i] * rest.shape[i];
      counter[i] = 0;
    }
    if (i < 0) return;
  }
}

bool result_shape(const Offsets& offsets, const Rest& rest, int position, int* nd, index_t* shape, Error& error) {
  *nd = rest.nd + offsets.nd;
  if (*nd > kMaxDims) {
    error.axis = *nd;
    return error.fail(Code::too_many_dims);
  }
  int k = 0;
  for (int i = 0; i < position; ++i) shape[k++] = rest.shape[i];
  for (int i = 0; i < offsets.nd; ++i) shape[k++] = offsets.shape[i];
  for (int i = position; i < rest.nd; ++i) shape[k++] = rest.shape[i];
  return true;
}

template <class T>
index_t select_items(const T* in, const char* mask, index_t n, T* out) {
  // Without branches: every element is written, only chosen ones advance. The caller leaves room for one more.
  index_t j = 0;
  for (index_t i = 0; i < n; ++i) {
    out[j] = in[i];
    j += mask[i] != 0;
  }
  return j;
}

}  // namespace

bool gather(const ArrayView& in, const ArrayIndex& index, ArrayView* out, const Allocator& allocator, Error& error) {
  Offsets offsets;
  if (!make_offsets(in, index, offsets, error)) return false;
  Rest rest = rest_of(in, index);
  int nd;
  index_t shape[kMaxDims];
  if (!result_shape(offsets, rest, index.position, &nd, shape, error)) return false;
  int order[kMaxDims];
  if (index.outermost) {
    index_t strides[kMaxDims];
    int rest_order[kMaxDims], k = 0;
    for (int i = 0; i < rest.nd; ++i) strides[i] = in.strides[rest.axes[i]];
    stride_order(rest.nd, strides, rest_order);
    for (int i = 0; i < offsets.nd; ++i) order[k++] = index.position + i;
    for (int i = 0; i < rest.nd; ++i) order[k++] = rest_order[i] < index.position ? rest_order[i] : rest_order[i] + offsets.nd;
  }
  if (!allocator.allocate(allocator.self, 0, in.dtype, nd, shape, index.outermost ? order : nullptr, out, error)) return false;
  move_all<true>(in, offsets, rest, index.position, *out);
  return true;
}

bool scatter(const ArrayView& to, const ArrayIndex& index, const ArrayView& values, Conditions* raised, Error& error) {
  Offsets offsets;
  if (!make_offsets(to, index, offsets, error)) return false;
  Rest rest = rest_of(to, index);
  Dims dims;
  if (!result_shape(offsets, rest, index.position, &dims.nd, dims.shape, error)) return false;
  // The values in the target's dtype and the indexed shape, never overlapping the target.
  index_t count = 1;
  for (int i = 0; i < dims.nd; ++i) count *= dims.shape[i];
  ElementScratch memory;
  ArrayView near = values;
  const bool direct = values.dtype == to.dtype && has_shape(values, dims.nd, dims.shape) && !may_share_memory(values, to);
  if (!direct) {
    char* data = memory.get(to.dtype, count, error);
    if (!data) return false;
    c_strides(dims.nd, dims.shape, to.dtype->size, dims.strides);
    near = dims.view(data, to.dtype);
    if (!assign(near, values, raised, error)) {
      if (error.code == Code::assign_broadcast) {
        error.shapes[0].set(values.nd, values.shape);
        error.shapes[1].set(dims.nd, dims.shape);
      }
      return false;
    }
    if (*raised & kFailed) return error.fail(Code::failed);
  }
  move_all<false>(to, offsets, rest, index.position, near);
  return true;
}

bool nonzero(const ArrayView& in, ArrayView* result, const Allocator& allocator, Error& error) {
  // A bool array of the same shape, unless it is one.
  Scratch memory;
  ArrayView mask = in;
  Dims dims;
  if (in.dtype != &kBool || !in.c_contiguous()) {
    char* data = memory.get(in.size() + 1, error);
    if (!data) return false;
    dims.nd = in.nd;
    std::memcpy(dims.shape, in.shape, sizeof(index_t) * static_cast<std::size_t>(in.nd));
    c_strides(in.nd, in.shape, 1, dims.strides);
    mask = dims.view(data, &kBool);
    Conditions raised = 0;
    if (!assign(mask, in, &raised, error)) return false;
    if (raised & kFailed) return error.fail(Code::failed);
  }
  index_t count = count_nonzero(mask, error);
  index_t shape[2] = {count, in.nd};
  if (!allocator.allocate(allocator.self, 0, &kInt64, 2, shape, nullptr, result, error)) return false;
  std::int64_t* to = reinterpret_cast<std::int64_t*>(result->data);
  const char* p = mask.data;
  const index_t n = mask.size();
  index_t found = 0;
  if (in.nd == 1) {
    for (index_t i = 0; i < n && found < count; ++i) {
      to[found] = i;
      found += p[i];
    }
    return true;
  }
  for (index_t i = 0; i < n && found < count; ++i) {
    if (!p[i]) continue;
    index_t left = i;
    for (int axis = in.nd - 1; axis >= 0; --axis) {
      to[axis] = left % in.shape[axis];
      left /= in.shape[axis];
    }
    to += in.nd;
    ++found;
  }
  return true;
}

bool select(const ArrayView& in, const ArrayView& mask, ArrayView* out, const Allocator& allocator, Error& error) {
  index_t count = count_nonzero(mask, error);
  if (count < 0) return false;
  if (!allocator.allocate(allocator.self, 0, in.dtype, 1, &count, nullptr, out, error)) return false;
  const index_t size = in.dtype->size;
  if (in.c_contiguous() && mask.c_contiguous() && count && !in.dtype->elements->copy) {
    // The branch-free loop writes one element past the last chosen one, so it stops at that.
    const char* m = mask.data;
    index_t n = mask.size();
    while (n && !m[n - 1]) --n;
    if (size == 8) {
      select_items(reinterpret_cast<const std::uint64_t*>(in.data), m, n, reinterpret_cast<std::uint64_t*>(out->data));
      return true;
    }
    if (size == 4) {
      select_items(reinterpret_cast<const std::uint32_t*>(in.data), m, n, reinterpret_cast<std::uint32_t*>(out->data));
      return true;
    }
    if (size == 1) {
      select_items(reinterpret_cast<const std::uint8_t*>(in.data), m, n, reinterpret_cast<std::uint8_t*>(out->data));
      return true;
    }
  }
  index_t counter[kMaxDims] = {};
  const char *a = in.data, *m = mask.data;
  char* r = out->data;
  index_t total = in.size();
  for (index_t i = 0; i < total; ++i) {
    if (*m) {
      copy_element(in.dtype, r, a);
      r += size;
    }
    for (int k = in.nd - 1; k >= 0; --k) {
      a += in.strides[k];
      m += mask.strides[k];
      if (++counter[k] < in.shape[k]) break;
      a -= in.strides[k] * in.shape[k];
      m -= mask.strides[k] * in.shape[k];
      counter[k] = 0;
    }
  }
  return true;
}

bool store_masked(const ArrayView& to, const ArrayView& mask, const ArrayView& values, Conditions* raised, Error& error) {
  if (values.size() == 1 && values.nd <= 1) {
    // One value: cast once, then copied under the mask.
    const Cast cast = find_cast(values.dtype, to.dtype), copy = find_cast(to.dtype, to.dtype);
    if (!cast) {
      error.dtypes[0] = values.dtype;
      error.dtypes[1] = to.dtype;
      return error.fail(Code::cast);
    }
    ElementScratch memory;
    char* value = memory.get(to.dtype, 1, error);
    if (!value) return false;
    char* cast_args[2] = {values.data, value};
    index_t cast_steps[2] = {0, 0};
    *raised |= cast(cast_args, 1, cast_steps);
    if (*raised & kFailed) return error.fail(Code::failed);
    index_t none[1] = {0};
    ArrayView scalar = {value, 0, kCContiguous | kFContiguous | kAligned, none, none, to.dtype};
    const DType* types[2] = {to.dtype, to.dtype};
    LoopRun run = {copy.kernel, copy.extra, 2, 1, types, 2};
    run.anywhere = true;
    ArrayView args[2] = {scalar, to};
    return run_loop(run, args, to.nd, to.shape, &mask, raised, error);
  }
  index_t count = count_nonzero(mask, error);
  if (values.nd != 1 || values.shape[0] != count) {
    error.size = values.nd ? values.shape[0] : 1;
    error.index = count;
    return error.fail(Code::mask_assign);
  }
  // The values in the target's dtype, contiguous, apart from the target.
  ElementScratch memory;
  const index_t size = to.dtype->size;
  char* data = memory.get(to.dtype, count, error);
  if (!data) return false;
  Dims dims;
  dims.nd = 1;
  dims.shape[0] = count;
  dims.strides[0] = size;
  if (!assign(dims.view(data, to.dtype), values, raised, error)) return false;
  if (*raised & kFailed) return error.fail(Code::failed);
  index_t counter[kMaxDims] = {};
  char* r = to.data;
  const char* m = mask.data;
  index_t total = to.size();
  for (index_t i = 0; i < total; ++i) {
    if (*m) {
      copy_element(to.dtype, r, data);
      data += size;
    }
    for (int k = to.nd - 1; k >= 0; --k) {
      r += to.strides[k];
      m += mask.strides[k];
      if (++counter[k] < to.shape[k]) break;
      r -= to.strides[k] * to.shape[k];
      m -= mask.strides[k] * to.shape[k];
      counter[k] = 0;
    }
  }
  return true;
}

}  // namespace adder::array
