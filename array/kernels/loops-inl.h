// The generic executors of element-wise loops: an operation is a tiny struct with a static `apply`, the executor
// knows the shapes of inner loops (contiguous, with a scalar operand, strided). Operations on halves get and give floats.
// Included once per instruction set.
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "array/core/conditions.h"
#include "array/core/ops.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

#if defined(ADDER_ARRAY_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADDER_ARRAY_LOOPS_INL_H_
#undef ADDER_ARRAY_LOOPS_INL_H_
#else
#define ADDER_ARRAY_LOOPS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Results from this size on are written past the caches.
constexpr index_t kStreamBytes = index_t{24} << 20;

template <class T>
constexpr char code_of() {
  return dtype_of<T>()->code;
}

// Integers computed modulo their width.
template <class T>
using Wrapped = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>>;

template <class F, class A, class R>
HWY_NOINLINE void unary_run(const char* pa, char* pr, index_t n, index_t sa, index_t sr) {
  if (sa == sizeof(A) && sr == sizeof(R)) {
    const A* a = reinterpret_cast<const A*>(pa);
    R* r = reinterpret_cast<R*>(pr);
    if constexpr (requires { F::has_vector; } && std::is_floating_point_v<R>) {
      if (n * static_cast<index_t>(sizeof(R)) >= kStreamBytes && pa != pr && reinterpret_cast<std::uintptr_t>(pr) % 64 == 0) {
        const hn::CappedTag<R, 32 / sizeof(R)> d;
        const index_t lanes = static_cast<index_t>(hn::Lanes(d));
        index_t i = 0;
        for (; i + lanes <= n; i += lanes) hn::Stream(F::vector(d, hn::LoadU(d, a + i)), d, r + i);
        hwy::FlushStream();
        for (; i < n; ++i) r[i] = F::apply(widen(a[i]));
        return;
      }
    }
#pragma clang loop vectorize(assume_safety)
    for (index_t i = 0; i < n; ++i) r[i] = F::apply(widen(a[i]));
    return;
  }
  for (index_t i = 0; i < n; ++i, pa += sa, pr += sr)
    *reinterpret_cast<R*>(pr) = F::apply(widen(*reinterpret_cast<const A*>(pa)));
}

template <class F, class A, class B, class R>
HWY_NOINLINE void binary_run(const char* pa, const char* pb, char* pr, index_t n, index_t sa, index_t sb, index_t sr) {
  if (sr == sizeof(R)) {
    const A* a = reinterpret_cast<const A*>(pa);
    const B* b = reinterpret_cast<const B*>(pb);
    R* r = reinterpret_cast<R*>(pr);
    if (sa == sizeof(A) && sb == sizeof(B)) {
      if constexpr (requires { F::has_vector; } && std::is_floating_point_v<R>) {
        if (n * static_cast<index_t>(sizeof(R)) >= kStreamBytes && pa != pr && pb != pr &&
            reinterpret_cast<std::uintptr_t>(pr) % 64 == 0) {
          const hn::CappedTag<R, 32 / sizeof(R)> d;
          const index_t lanes = static_cast<index_t>(hn::Lanes(d));
          index_t i = 0;
          for (; i + lanes <= n; i += lanes) hn::Stream(F::vector(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, r + i);
          hwy::FlushStream();
          for (; i < n; ++i) r[i] = F::apply(widen(a[i]), widen(b[i]));
          return;
        }
      }
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) r[i] = F::apply(widen(a[i]), widen(b[i]));
      return;
    }
    if (sa == sizeof(A) && sb == 0) {
      const Widened<B> scalar = *b;
      if constexpr (requires { F::has_vector; } && std::is_floating_point_v<R>) {
        if (n * static_cast<index_t>(sizeof(R)) >= kStreamBytes && pa != pr && reinterpret_cast<std::uintptr_t>(pr) % 64 == 0) {
          const hn::CappedTag<R, 32 / sizeof(R)> d;
          const index_t lanes = static_cast<index_t>(hn::Lanes(d));
          const auto vb = hn::Set(d, scalar);
          index_t i = 0;
          for (; i + lanes <= n; i += lanes) hn::Stream(F::vector(d, hn::LoadU(d, a + i), vb), d, r + i);
          hwy::FlushStream();
          for (; i < n; ++i) r[i] = F::apply(widen(a[i]), scalar);
          return;
        }
      }
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) r[i] = F::apply(widen(a[i]), scalar);
      return;
    }
    if (sa == 0 && sb == sizeof(B)) {
      const Widened<A> scalar = *a;
#pragma clang loop vectorize(assume_safety)
      for (index_t i = 0; i < n; ++i) r[i] = F::apply(scalar, widen(b[i]));
      return;
    }
  }
  for (index_t i = 0; i < n; ++i, pa += sa, pb += sb, pr += sr)
    *reinterpret_cast<R*>(pr) = F::apply(widen(*reinterpret_cast<const A*>(pa)), widen(*reinterpret_cast<const B*>(pb)));
}

// Stores a result; a float too large for a half is an overflow.
template <class R, class V>
HWY_INLINE void store(char* at, V value, Conditions& raised) {
  const R element = static_cast<R>(value);
  if constexpr (std::is_same_v<R, Half>) {
    if (std::isinf(widen(element)) && !std::isinf(value)) [[unlikely]] raised |= kOverflow;
  }
  *reinterpret_cast<R*>(at) = element;
}

// The hardware's conditions around a loop, or those the loop leaves to its caller. Of results that are halves the loop sees
// the overflow itself.
template <class R, bool kHardware, class Run>
HWY_INLINE Conditions watched(const void* extra, Run run) {
  if constexpr (kHardware) {
    if (std::is_same_v<R, Half> || extra != kUnguarded) {
      HardwareConditions hardware;
      const Conditions seen = run();
      const Conditions raised = hardware.take();
      return std::is_same_v<R, Half> ? seen | (raised & (kDivide | kInvalid)) : raised;
    }
  }
  return run();
}

template <class F, class A, class R, bool kHardware = false>
Conditions unary_loop(char* const* args, index_t n, const index_t* steps, const void* extra) {
  return watched<R, kHardware>(extra, [&]() HWY_ATTR -> Conditions {
    if constexpr (kHardware && std::is_same_v<R, Half>) {
      Conditions raised = 0;
      for (index_t i = 0; i < n; ++i)
        store<R>(args[1] + i * steps[1], F::apply(widen(*reinterpret_cast<const A*>(args[0] + i * steps[0]))), raised);
      return raised;
    } else {
      unary_run<F, A, R>(args[0], args[1], n, steps[0], steps[1]);
      return 0;
    }
  });
}

template <class F, class A, class B, class R, bool kHardware = false>
Conditions binary_loop(char* const* args, index_t n, const index_t* steps, const void* extra) {
  return watched<R, kHardware>(extra, [&]() HWY_ATTR -> Conditions {
    if constexpr (kHardware && std::is_same_v<R, Half>) {
      Conditions raised = 0;
      for (index_t i = 0; i < n; ++i)
        store<R>(args[2] + i * steps[2], F::apply(widen(*reinterpret_cast<const A*>(args[0] + i * steps[0])), widen(*reinterpret_cast<const B*>(args[1] + i * steps[1]))), raised);
      return raised;
    } else {
      binary_run<F, A, B, R>(args[0], args[1], args[2], n, steps[0], steps[1], steps[2]);
      return 0;
    }
  });
}

// Element by element, for operations that branch or report from values: apply(a, b, raised).
template <class F, class A, class R>
Conditions unary_values(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  const char* a = args[0];
  char* r = args[1];
  for (index_t i = 0; i < n; ++i, a += steps[0], r += steps[1])
    store<R>(r, F::apply(widen(*reinterpret_cast<const A*>(a)), raised), raised);
  return raised;
}

template <class F, class A, class B, class R>
Conditions binary_values(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  const char* a = args[0];
  const char* b = args[1];
  char* r = args[2];
  for (index_t i = 0; i < n; ++i, a += steps[0], b += steps[1], r += steps[2])
    store<R>(r, F::apply(widen(*reinterpret_cast<const A*>(a)), widen(*reinterpret_cast<const B*>(b)), raised), raised);
  return raised;
}

// Putting loops into the table for a list of types.
template <class F, bool kHardware, class... Ts>
void put_unary(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), ':', code_of<T>(), 0};
    table.set(op, signature, unary_loop<F, T, T, kHardware>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class F, class... Ts>
void put_test(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), ':', '?', 0};
    table.set(op, signature, unary_loop<F, T, bool>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class F, bool kHardware, class... Ts>
void put_binary(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', code_of<T>(), 0};
    table.set(op, signature, binary_loop<F, T, T, T, kHardware>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class F, class... Ts>
void put_comparison(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', '?', 0};
    table.set(op, signature, binary_loop<F, T, T, bool>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class F, class... Ts>
void put_unary_values(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), ':', code_of<T>(), 0};
    table.set(op, signature, unary_values<F, T, T>);
  };
  (one.template operator()<Ts>(), ...);
}

template <class F, class... Ts>
void put_binary_values(KernelTable& table, Op op) {
  auto one = [&]<class T>() {
    const char signature[] = {code_of<T>(), code_of<T>(), ':', code_of<T>(), 0};
    table.set(op, signature, binary_values<F, T, T, T>);
  };
  (one.template operator()<Ts>(), ...);
}

#define ADDER_INTEGERS \
  std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t
#define ADDER_FLOATS Half, float, double
#define ADDER_COMPLEX Complex<float>, Complex<double>

}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
