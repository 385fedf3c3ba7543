// argmin, argmax and counting. Lines are walked along the axis; contiguous ones in blocks whose extremum is found with
// vectors first, so that the exact place is looked up only in a block that wins.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/reduce/arg.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <hwy/highway.h>

#include <cmath>
#include <cstring>

#include "array/core/host.h"
#include "array/reduce/arg.h"
#include "array/reduce/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE T at(const char* p) {
  return *reinterpret_cast<const T*>(p);
}

template <class T, bool kLargest>
HWY_INLINE bool beats(T x, T best) {
  if constexpr (!std::is_integral_v<T>) {
    if (best != best) return false;
    return x != x || (kLargest ? x > best : x < best);
  } else {
    return kLargest ? x > best : x < best;
  }
}

template <class T, bool kLargest>
index_t arg_run(const char* p, index_t n, index_t step, char* best_at, bool fresh) {
  T& best = *reinterpret_cast<T*>(best_at);
  index_t place = -1, i = 0;
  if (fresh) {
    best = at<T>(p);
    place = 0;
    i = 1;
  }
  if (step == sizeof(T)) {
    // A block's extremum first, in lanes that the compiler makes vectors of; its place only where it wins.
    const T* a = reinterpret_cast<const T*>(p);
    constexpr index_t kBlock = 512, kLanes = 128 / sizeof(T);
    for (index_t begin = 0; begin < n; begin += kBlock) {
      const index_t end = n - begin < kBlock ? n : begin + kBlock;
      bool look = true;
      if constexpr (!kIsComplex<T> && !std::is_same_v<T, Half>) {
        T lanes[kLanes];
        bool nans = false;
        for (index_t j = 0; j < kLanes; ++j) lanes[j] = best;
        index_t k = begin;
        for (; k + kLanes <= end; k += kLanes) {
          for (index_t j = 0; j < kLanes; ++j) {
            const T x = a[k + j];
            lanes[j] = (kLargest ? x > lanes[j] : x < lanes[j]) ? x : lanes[j];
            if constexpr (std::is_floating_point_v<T>) nans |= x != x;
          }
        }
        for (index_t j = 0; k + j < end; ++j) {
          const T x = a[k + j];
          lanes[j] = (kLargest ? x > lanes[j] : x < lanes[j]) ? x : lanes[j];
          if constexpr (std::is_floating_point_v<T>) nans |= x != x;
        }
        T most = best;
        for (index_t j = 0; j < kLanes; ++j) most = (kLargest ? lanes[j] > most : lanes[j] < most) ? lanes[j] : most;
        look = nans;
        if (!nans && beats<T, kLargest>(most, best)) {
          best = most;
          for (k = begin; k + kLanes <= end; k += kLanes) {
            bool here = false;
            for (index_t j = 0; j < kLanes; ++j) here |= a[k + j] == most;
            if (here) break;
          }
          while (a[k] != most) ++k;
          place = k;
        }
      }
      if (!look) continue;
      for (index_t k = begin; k < end; ++k) {
        if (!beats<T, kLargest>(a[k], best)) continue;
        best = a[k];
        place = k;
      }
    }
    return place;
  }
  for (; i < n; ++i) {
    const T x = at<T>(p + i * step);
    if (!beats<T, kLargest>(x, best)) continue;
    best = x;
    place = i;
  }
  return place;
}

template <class T, bool kLargest>
void arg_rows(const char* in, index_t n, char* best_at, char* places, index_t place_step, index_t row) {
  const T* a = reinterpret_cast<const T*>(in);
  T* best = reinterpret_cast<T*>(best_at);
  if (row == 0) {
    for (index_t i = 0; i < n; ++i, places += place_step) {
      best[i] = a[i];
      *reinterpret_cast<std::int64_t*>(places) = 0;
    }
    return;
  }
  if (place_step == sizeof(std::int64_t)) {
    std::int64_t* to = reinterpret_cast<std::int64_t*>(places);
    for (index_t i = 0; i < n; ++i) {
      const bool better = beats<T, kLargest>(a[i], best[i]);
      best[i] = better ? a[i] : best[i];
      to[i] = better ? row : to[i];
    }
    return;
  }
  for (index_t i = 0; i < n; ++i, places += place_step) {
    if (!beats<T, kLargest>(a[i], best[i])) continue;
    best[i] = a[i];
    *reinterpret_cast<std::int64_t*>(places) = row;
  }
}

ArgRun find_arg_run(const DType* dtype, bool largest) {
  return with_element_type(dtype, [&]<class T>() -> ArgRun { return largest ? arg_run<T, true> : arg_run<T, false>; });
}
ArgRows find_arg_rows(const DType* dtype, bool largest) {
  return with_element_type(dtype, [&]<class T>() -> ArgRows { return largest ? arg_rows<T, true> : arg_rows<T, false>; });
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {

HWY_EXPORT(find_arg_run);
HWY_EXPORT(find_arg_rows);

namespace {

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
    total += count_true(p, n);
    return 0;
  }
  for (index_t i = 0; i < n; ++i, p += steps[0]) total += *p != 0;
  return 0;
}

}  // namespace

ArgRun arg_run_of(const DType* dtype, bool largest) { return HWY_DYNAMIC_DISPATCH(find_arg_run)(dtype, largest); }
ArgRows arg_rows_of(const DType* dtype, bool largest) { return HWY_DYNAMIC_DISPATCH(find_arg_rows)(dtype, largest); }

index_t count_true(const char* p, index_t n) {
  index_t total = 0, i = 0;
  while (n - i >= 8) {
    // Bytes add up in a word until one could overflow.
    std::uint64_t sums = 0;
    for (int k = 0; k < 255 && n - i >= 8; ++k, i += 8) {
      std::uint64_t word;
      std::memcpy(&word, p + i, 8);
      // Memory seen as bools may hold any bytes; what is not zero is true.
      sums += (((word & 0x7F7F7F7F7F7F7F7F) + 0x7F7F7F7F7F7F7F7F) | word) >> 7 & 0x0101010101010101;
    }
    for (int b = 0; b < 8; ++b) total += static_cast<index_t>(sums >> (8 * b) & 0xFF);
  }
  for (; i < n; ++i) total += p[i] != 0;
  return total;
}

bool arg_extremum(bool largest, const ArrayView& in, int axis, bool keepdims, ArrayView* out, const Allocator& allocator,
                  Error& error) {
  const bool special = in.dtype->is_special();
  const ArgRun line = special ? nullptr : arg_run_of(in.dtype, largest);
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
  if (line && axis + 1 < in.nd && in.c_contiguous() && out->c_contiguous()) {
    // Row by row, in blocks whose bests so far stay at hand.
    const ArgRows rows = arg_rows_of(in.dtype, largest);
    index_t columns = 1, outer = 1;
    for (int i = 0; i < in.nd; ++i) (i < axis ? outer : columns) *= i == axis ? 1 : in.shape[i];
    const index_t item = in.dtype->size, length = in.shape[axis];
    constexpr index_t kColumns = 256;
    alignas(64) char best[kColumns * kMaxItemSize];
    LongWork work(error.operation, in.size());
    for (index_t o = 0; o < outer; ++o) {
      for (index_t at = 0; at < columns; at += kColumns) {
        const index_t n = columns - at < kColumns ? columns - at : kColumns;
        for (index_t row = 0; row < length; ++row)
          rows(in.data + ((o * length + row) * columns + at) * item, n, best, out->data + (o * columns + at) * 8, 8, row);
      }
    }
    return true;
  }
  index_t counter[kMaxDims] = {};
  const char* a = in.data;
  char* r = out->data;
  for (;;) {
    alignas(16) char best[kMaxItemSize];
    *reinterpret_cast<std::int64_t*>(r) = line ? line(a, in.shape[axis], in.strides[axis], best, true)
                                               : special_line(in.dtype, largest, a, in.shape[axis], in.strides[axis]);
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
#endif
