// argmin, argmax and counting. Lines are walked along the axis; contiguous ones in blocks whose extremum is found with
// vectors first, so that the exact place is looked up only in a block that wins.
#include <cmath>
#include <cstring>

#include "array/reduce/reduce.h"

namespace adder::array {

namespace {

template <class T>
T at(const char* p) {
  return *reinterpret_cast<const T*>(p);
}

template <class T, bool kLargest>
bool beats(T x, T best) {
  if constexpr (!std::is_integral_v<T>) {
    if (best != best) return false;
    return x != x || (kLargest ? x > best : x < best);
  } else {
    return kLargest ? x > best : x < best;
  }
}

template <class T, bool kLargest>
index_t arg_line(const char* p, index_t n, index_t step) {
  index_t best_at = 0;
  T best = at<T>(p);
  if (step == sizeof(T)) {
    const T* a = reinterpret_cast<const T*>(p);
    constexpr index_t kBlock = 512;
    for (index_t begin = 0; begin < n; begin += kBlock) {
      index_t end = n - begin < kBlock ? n : begin + kBlock;
      bool any = false;
      for (index_t i = begin; i < end; ++i) {
        if constexpr (!std::is_integral_v<T>) any |= !(kLargest ? a[i] <= best : a[i] >= best);
        else any |= kLargest ? a[i] > best : a[i] < best;
      }
      if (!any) continue;
      for (index_t i = begin; i < end; ++i) {
        if (!beats<T, kLargest>(a[i], best)) continue;
        best = a[i];
        best_at = i;
      }
    }
    return best_at;
  }
  for (index_t i = 1; i < n; ++i) {
    T x = at<T>(p + i * step);
    if (!beats<T, kLargest>(x, best)) continue;
    best = x;
    best_at = i;
  }
  return best_at;
}

using ArgLine = index_t (*)(const char*, index_t, index_t);

template <bool kLargest>
ArgLine arg_line_of(const DType* type) {
  return with_element_type(type, []<class T>() -> ArgLine { return arg_line<T, kLargest>; });
}

// The first of the largest or smallest elements; a date that is none counts as both.
index_t special_line(const DType* type, bool largest, const char* p, index_t n, index_t step) {
  index_t best = 0;
  const bool dates = type->native()->is_date();
  auto none = [&](index_t i) {
    std::int64_t value;
    std::memcpy(&value, p + i * step, sizeof value);
    return (type->swapped_from ? static_cast<std::int64_t>(__builtin_bswap64(static_cast<std::uint64_t>(value))) : value) == INT64_MIN;
  };
  for (index_t i = 0; i < n; ++i) {
    if (dates && none(i)) return i;
    const int order = type->elements->compare(type, p + i * step, p + best * step);
    if (largest ? order > 0 : order < 0) best = i;
  }
  return best;
}

Conditions count_bools(char* const* args, index_t n, const index_t* steps, const void*) {
  index_t& total = *reinterpret_cast<index_t*>(args[1]);
  const char* p = args[0];
  if (steps[0] == 1) {
    index_t i = 0;
    while (n - i >= 8) {
      // Bytes add up in a word until one could overflow.
      std::uint64_t sums = 0;
      for (int k = 0; k < 255 && n - i >= 8; ++k, i += 8) {
        std::uint64_t word;
        std::memcpy(&word, p + i, 8);
        sums += word;
      }
      for (int b = 0; b < 8; ++b) total += static_cast<index_t>(sums >> (8 * b) & 0xFF);
    }
    for (; i < n; ++i) total += p[i];
    return 0;
  }
  for (index_t i = 0; i < n; ++i, p += steps[0]) total += *p != 0;
  return 0;
}

}  // namespace

bool arg_extremum(bool largest, const ArrayView& in, int axis, bool keepdims, ArrayView* out, const Allocator& allocator,
                  Error& error) {
  const bool special = in.dtype->is_special();
  ArgLine line = special ? nullptr : largest ? arg_line_of<true>(in.dtype) : arg_line_of<false>(in.dtype);
  error.operation = largest ? "argmax" : "argmin";
  if (!line && !special) {
    error.dtypes[0] = in.dtype;
    error.count = 1;
    return error.fail(Code::no_loop);
  }
  int nd = 0;
  index_t shape[kMaxDims], strides[kMaxDims];
  for (int i = 0; i < in.nd; ++i) {
    if (i == axis && !keepdims) continue;
    shape[nd] = i == axis ? 1 : in.shape[i];
    strides[nd++] = i == axis ? 0 : in.strides[i];
  }
  if (!out->data && !allocator.allocate(allocator.self, 0, &kInt64, nd, shape, nullptr, out, error)) return false;
  if (out->size() == 0) return true;
  if (in.shape[axis] == 0) return error.fail(Code::zero_size_reduction);
  index_t counter[kMaxDims] = {};
  const char* a = in.data;
  char* r = out->data;
  for (;;) {
    *reinterpret_cast<std::int64_t*>(r) =
        line ? line(a, in.shape[axis], in.strides[axis]) : special_line(in.dtype, largest, a, in.shape[axis], in.strides[axis]);
    int i = nd - 1;
    for (; i >= 0; --i) {
      if (++counter[i] < shape[i]) {
        a += strides[i];
        r += out->strides[i];
        break;
      }
      counter[i] = 0;
      a -= (shape[i] - 1) * strides[i];
      r -= (shape[i] - 1) * out->strides[i];
    }
    if (i < 0) return true;
  }
}

index_t count_nonzero(const ArrayView& in, Error& error) {
  index_t total = 0;
  Conditions raised = 0;
  const DType* types[2] = {&kBool, &kInt64};
  // The total is an "input" with stride 0 that the kernel adds to: it never looks like an output to be split.
  index_t none[1] = {0};
  ArrayView total_view = {reinterpret_cast<char*>(&total), 0, kCContiguous | kFContiguous | kAligned, none, none, &kInt64};
  LoopRun run = {count_bools, nullptr, 2, 2, types, 0};
  ArrayView args[2] = {in, total_view};
  if (!run_loop(run, args, in.nd, in.shape, nullptr, &raised, error)) return -1;
  return total;
}

}  // namespace adder::array
