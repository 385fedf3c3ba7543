// Kernels that fold a run into one element, or one run into another. Float sums are pairwise in NumPy's exact order: up to
// 128 elements in eight accumulators, longer runs in halves cut at multiples of eight; complex sums count each part as an
// element. Products go in order. A run of halves is folded in float.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/reductions.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>
#include <cstring>

#include "array/kernels/loops-inl.h"
// clang-format off
#include "array/kernels/operators-inl.h"
// clang-format on
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE T at(const char* p) {
  return *reinterpret_cast<const T*>(p);
}

// The sum of up to 128 elements.
template <class T>
HWY_INLINE Widened<T> sum_block(const char* p, index_t n, index_t step) {
  using Sum = Widened<T>;
  if (n < 8) {
    Sum sum = Sum{-0.0};
    for (index_t i = 0; i < n; ++i) sum += at<T>(p + i * step);
    return sum;
  }
  alignas(64) Sum r[8];
  index_t i = 8;
  const index_t whole = n - n % 8;
  bool done = false;
  if constexpr (std::is_floating_point_v<T>) if (step == sizeof(T)) {
    done = true;
    const T* a = reinterpret_cast<const T*>(p);
    const hn::CappedTag<T, 8> d;
    constexpr int kVectors = 8 / static_cast<int>(hn::MaxLanes(hn::CappedTag<T, 8>()));
    constexpr int kLanes = 8 / kVectors;
    hn::Vec<hn::CappedTag<T, 8>> sums[kVectors];
    for (int v = 0; v < kVectors; ++v) sums[v] = hn::LoadU(d, a + v * kLanes);
    for (; i < whole; i += 8)
      for (int v = 0; v < kVectors; ++v) sums[v] = hn::Add(sums[v], hn::LoadU(d, a + i + v * kLanes));
    for (int v = 0; v < kVectors; ++v) hn::Store(sums[v], d, r + v * kLanes);
  }
  if (!done) {
    for (int j = 0; j < 8; ++j) r[j] = at<T>(p + j * step);
    for (; i < whole; i += 8)
      for (int j = 0; j < 8; ++j) r[j] += at<T>(p + (i + j) * step);
  }
  Sum sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  for (; i < n; ++i) sum += at<T>(p + i * step);
  return sum;
}

// The sum of up to 64 complex elements.
template <class C>
HWY_INLINE C sum_complex_block(const char* p, index_t n, index_t step) {
  C sum = {-0.0, -0.0};
  index_t i = 0;
  if (n >= 4) {
    C r[4];
    for (int j = 0; j < 4; ++j) r[j] = at<C>(p + j * step);
    for (i = 4; i < n - n % 4; i += 4)
      for (int j = 0; j < 4; ++j) r[j] += at<C>(p + (i + j) * step);
    sum = (r[0] + r[1]) + (r[2] + r[3]);
  }
  for (; i < n; ++i) sum += at<C>(p + i * step);
  return sum;
}

template <class T>
Widened<T> pairwise_sum(const char* p, index_t n, index_t step) {
  constexpr index_t kParts = kIsComplex<T> ? 2 : 1;
  if (n * kParts <= 128) {
    if constexpr (kIsComplex<T>) return sum_complex_block<T>(p, n, step);
    else return sum_block<T>(p, n, step);
  }
  index_t half = n * kParts / 2;
  half = (half - half % 8) / kParts;
  Widened<T> left = pairwise_sum<T>(p, half, step);
  return left + pairwise_sum<T>(p + half * step, n - half, step);
}

// Floats whose order matters not: four vectors side by side.
template <class F, class T>
HWY_INLINE T fold_extremum(T acc, const T* a, index_t n) {
  const hn::ScalableTag<T> d;
  const index_t lanes = static_cast<index_t>(hn::Lanes(d));
  index_t i = 0;
  if (n >= 4 * lanes) {
    auto m0 = hn::LoadU(d, a), m1 = hn::LoadU(d, a + lanes), m2 = hn::LoadU(d, a + 2 * lanes), m3 = hn::LoadU(d, a + 3 * lanes);
    for (i = 4 * lanes; i + 4 * lanes <= n; i += 4 * lanes) {
      m0 = F::fold(m0, hn::LoadU(d, a + i));
      m1 = F::fold(m1, hn::LoadU(d, a + i + lanes));
      m2 = F::fold(m2, hn::LoadU(d, a + i + 2 * lanes));
      m3 = F::fold(m3, hn::LoadU(d, a + i + 3 * lanes));
    }
    m0 = F::fold(F::fold(m0, m1), F::fold(m2, m3));
    alignas(64) T last[hn::MaxLanes(d)];
    hn::Store(m0, d, last);
    for (index_t j = 0; j < lanes; ++j) acc = F::apply(acc, last[j]);
  }
  for (; i < n; ++i) acc = F::apply(acc, a[i]);
  return acc;
}

template <class F, class T>
HWY_NOINLINE Conditions reduce_run(char* acc, const char* in, index_t n, index_t acc_step, index_t in_step) {
  if (acc_step == 0) {
    Widened<T> sum = at<T>(acc);
    if constexpr (std::is_same_v<F, Add> && !kIsInteger<T>) {
      sum = sum + pairwise_sum<T>(in, n, in_step);
    } else if (in_step == sizeof(T)) {
      const T* a = reinterpret_cast<const T*>(in);
      if constexpr ((std::is_same_v<F, Maximum> || std::is_same_v<F, Minimum>) && std::is_floating_point_v<T>) {
        sum = fold_extremum<F, T>(sum, a, n);
      } else {
        for (index_t i = 0; i < n; ++i) sum = F::apply(sum, widen(a[i]));
      }
    } else {
      for (index_t i = 0; i < n; ++i) sum = F::apply(sum, widen(at<T>(in + i * in_step)));
    }
    Conditions raised = 0;
    store<T>(acc, sum, raised);
    return raised;
  }
  if constexpr (std::is_same_v<T, Half>) {
    Conditions raised = 0;
    for (index_t i = 0; i < n; ++i, acc += acc_step, in += in_step) store<T>(acc, F::apply(widen(at<T>(acc)), widen(at<T>(in))), raised);
    return raised;
  }
  if (acc_step == sizeof(T) && in_step == sizeof(T)) {
    T* r = reinterpret_cast<T*>(acc);
    const T* a = reinterpret_cast<const T*>(in);
#pragma clang loop vectorize(assume_safety)
    for (index_t i = 0; i < n; ++i) r[i] = F::apply(r[i], a[i]);
    return 0;
  }
  for (index_t i = 0; i < n; ++i, acc += acc_step, in += in_step) *reinterpret_cast<T*>(acc) = F::apply(widen(at<T>(acc)), widen(at<T>(in)));
  return 0;
}

template <class F, class T, bool kHardware>
Conditions reduce_loop(char* const* args, index_t n, const index_t* steps, const void* extra) {
  return watched<T, kHardware>(extra, [&]() HWY_ATTR { return reduce_run<F, T>(args[0], args[1], n, steps[0], steps[1]); });
}

// Running results: args are [input, output]; each output is the fold of the inputs so far.
template <class F, class T, bool kHardware>
Conditions accumulate_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  if (n == 0) return 0;
  return watched<T, kHardware>(nullptr, [&]() HWY_ATTR {
    const char* in = args[0];
    char* out = args[1];
    Conditions raised = 0;
    T sum = at<T>(in);
    *reinterpret_cast<T*>(out) = sum;
    for (index_t i = 1; i < n; ++i) {
      in += steps[0];
      out += steps[1];
      store<T>(out, F::apply(widen(sum), widen(at<T>(in))), raised);
      sum = at<T>(out);
    }
    return raised;
  });
}

// any and all: the accumulator is a bool. kStop: the truth value that decides.
template <class T, bool kStop>
Conditions logical_reduce(char* const* args, index_t n, const index_t* steps, const void*) {
  // A bool of foreign memory may be any byte.
  using Element = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
  char* acc = args[0];
  const char* in = args[1];
  const index_t acc_step = steps[0], in_step = steps[1];
  if (acc_step == 0) {
    bool& result = *reinterpret_cast<bool*>(acc);
    if (result == kStop) return 0;
    index_t i = 0;
    if (in_step == sizeof(T)) {
      const Element* a = reinterpret_cast<const Element*>(in);
      for (; i + 64 <= n; i += 64) {
        // As wide as an element, so that vectors of comparisons are joined as they are.
        std::conditional_t<sizeof(T) == 8, std::uint64_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint8_t>> decided = 0;
        for (index_t j = 0; j < 64; ++j) decided |= (a[i + j] != Element{}) == kStop;
        if (decided) {
          result = kStop;
          return 0;
        }
      }
    }
    for (; i < n; ++i) {
      if ((at<Element>(in + i * in_step) != Element{}) == kStop) {
        result = kStop;
        return 0;
      }
    }
    return 0;
  }
  if (acc_step == 1 && in_step == sizeof(T)) {
    std::uint8_t* r = reinterpret_cast<std::uint8_t*>(acc);
    const Element* a = reinterpret_cast<const Element*>(in);
#pragma clang loop vectorize(assume_safety)
    for (index_t i = 0; i < n; ++i) {
      const std::uint8_t truth = a[i] != Element{};
      r[i] = kStop ? r[i] | truth : r[i] & truth;
    }
    return 0;
  }
  for (index_t i = 0; i < n; ++i, acc += acc_step, in += in_step) {
    bool truth = at<T>(in) != T{};
    bool& result = *reinterpret_cast<bool*>(acc);
    result = kStop ? result | truth : result & truth;
  }
  return 0;
}

template <class T>
Conditions logical_xor_reduce(char* const* args, index_t n, const index_t* steps, const void*) {
  for (index_t i = 0; i < n; ++i) {
    bool& result = *reinterpret_cast<bool*>(args[0] + i * steps[0]);
    result = result != (at<T>(args[1] + i * steps[1]) != T{});
  }
  return 0;
}

template <class F, bool kHardware, class... Ts>
void put(KernelTable& t, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', code_of<T>(), 0};
    t.set_reduce(op, signature, reduce_loop<F, T, kHardware>);
    t.set_accumulate(op, signature, accumulate_loop<F, T, kHardware>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class... Ts>
void put_logical(KernelTable& t) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', '?', 0};
    t.set_reduce(Op::logical_and, signature, logical_reduce<T, false>);
    t.set_reduce(Op::logical_or, signature, logical_reduce<T, true>);
    t.set_reduce(Op::logical_xor, signature, logical_xor_reduce<T>);
  };
  (one.template operator()<Ts>(), ...);
}

void put_reductions(KernelTable& t) {
  put<Add, false, bool, ADDER_INTEGERS>(t, Op::add);
  put<Add, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::add);
  put<Multiply, false, bool, ADDER_INTEGERS>(t, Op::multiply);
  put<Multiply, true, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::multiply);
  put<Maximum, false, bool, ADDER_INTEGERS, float, double, ADDER_COMPLEX>(t, Op::maximum);
  put<HalfMaximum, false, Half>(t, Op::maximum);
  put<Minimum, false, bool, ADDER_INTEGERS, float, double, ADDER_COMPLEX>(t, Op::minimum);
  put<HalfMinimum, false, Half>(t, Op::minimum);
  put<Fmax, false, bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::fmax);
  put<Fmin, false, bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t, Op::fmin);
  put<And, false, bool, ADDER_INTEGERS>(t, Op::bitwise_and);
  put<Or, false, bool, ADDER_INTEGERS>(t, Op::bitwise_or);
  put<Xor, false, bool, ADDER_INTEGERS>(t, Op::bitwise_xor);
  put_logical<bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(t);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_reductions);
void register_reductions(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_reductions)(table); }
}  // namespace adder::array
#endif
