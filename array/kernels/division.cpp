// Kernels of integer division: floor_divide, remainder, fmod and divmod. By one divisor for all elements they multiply; any
// other division is the machine's.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/division.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include "array/kernels/loops-inl.h"
// clang-format off
#include "array/kernels/division-inl.h"
// clang-format on
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE bool overflows(T a, T b) {
  if constexpr (std::is_signed_v<T>) return b == -1 && a == std::numeric_limits<T>::min();
  else return false;
}

// Each operation: from the operands, and from the quotient and remainder of a floor division by the divisor's magnitude.
struct FloorDivide {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    if (b == 0) [[unlikely]] {
      raised |= kDivide;
      return 0;
    }
    if (overflows(a, b)) [[unlikely]] {
      raised |= kOverflow;
      return a;
    }
    T q = static_cast<T>(a / b);
    if constexpr (std::is_signed_v<T>) {
      if (static_cast<T>(q * b) != a && (a < 0) != (b < 0)) --q;
    }
    return q;
  }
  template <bool kNegative, class T> static HWY_INLINE T from(T, T quotient, T remainder, T) {
    if constexpr (kNegative) return static_cast<T>(-static_cast<T>(quotient + (remainder != 0)));
    else return quotient;
  }
};
struct Remainder {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    if (b == 0) [[unlikely]] {
      raised |= kDivide;
      return 0;
    }
    if (overflows(a, b)) [[unlikely]] return 0;
    T r = static_cast<T>(a % b);
    if constexpr (std::is_signed_v<T>) {
      if (r != 0 && (r < 0) != (b < 0)) r = static_cast<T>(r + b);
    }
    return r;
  }
  template <bool kNegative, class T> static HWY_INLINE T from(T, T, T remainder, T magnitude) {
    if constexpr (kNegative) return static_cast<T>(remainder != 0 ? remainder - magnitude : 0);
    else return remainder;
  }
};
struct Fmod {
  template <class T> static HWY_INLINE T apply(T a, T b, Conditions& raised) {
    if (b == 0) [[unlikely]] {
      raised |= kDivide;
      return 0;
    }
    if (overflows(a, b)) [[unlikely]] return 0;
    return static_cast<T>(a % b);
  }
  template <bool kNegative, class T> static HWY_INLINE T from(T a, T, T remainder, T magnitude) {
    if constexpr (std::is_signed_v<T>) return static_cast<T>(a < 0 && remainder != 0 ? remainder - magnitude : remainder);
    else return remainder;
  }
};

template <class F, bool kNegative, class T>
HWY_NOINLINE void divide_run(const T* a, T magnitude, T* r, index_t n) {
  const Reciprocal<T> by(static_cast<std::make_unsigned_t<T>>(magnitude));
#pragma clang loop vectorize(assume_safety)
  for (index_t i = 0; i < n; ++i) {
    const T q = by.quotient(a[i]);
    const T rest = static_cast<T>(static_cast<Wrapped<T>>(a[i]) - static_cast<Wrapped<T>>(q) * static_cast<Wrapped<T>>(magnitude));
    r[i] = F::template from<kNegative>(a[i], q, rest, magnitude);
  }
}

// Below this many the reciprocal costs more than it saves.
constexpr index_t kWorthReciprocal = 16;

// False: the divisor is none for it.
template <class F, class T>
HWY_INLINE bool divide_by_one(const char* pa, T divisor, char* pr, index_t n) {
  const T* a = reinterpret_cast<const T*>(pa);
  T* r = reinterpret_cast<T*>(pr);
  if (divisor >= 2) {
    divide_run<F, false>(a, divisor, r, n);
    return true;
  }
  if constexpr (std::is_signed_v<T>) {
    if (divisor <= -2 && divisor != std::numeric_limits<T>::min()) {
      divide_run<F, true>(a, static_cast<T>(-divisor), r, n);
      return true;
    }
  }
  return false;
}

template <class F, class T>
Conditions division(char* const* args, index_t n, const index_t* steps, const void* extra) {
  if (steps[1] == 0 && steps[0] == sizeof(T) && steps[2] == sizeof(T) && n >= kWorthReciprocal &&
      divide_by_one<F>(args[0], *reinterpret_cast<const T*>(args[1]), args[2], n))
    return 0;
  return binary_values<F, T, T, T>(args, n, steps, extra);
}

template <class T>
Conditions divmod_loop(char* const* args, index_t n, const index_t* steps, const void* extra) {
  if (steps[1] == 0 && args[2] != args[0]) {
    char* const rest[3] = {args[0], args[1], args[3]};
    const index_t rest_steps[3] = {steps[0], 0, steps[3]};
    const Conditions raised = division<FloorDivide, T>(args, n, steps, extra);
    return raised | division<Remainder, T>(rest, n, rest_steps, extra);
  }
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    T a = *reinterpret_cast<const T*>(args[0] + i * steps[0]);
    T b = *reinterpret_cast<const T*>(args[1] + i * steps[1]);
    *reinterpret_cast<T*>(args[2] + i * steps[2]) = FloorDivide::apply(a, b, raised);
    *reinterpret_cast<T*>(args[3] + i * steps[3]) = Remainder::apply(a, b, raised);
  }
  return raised;
}

template <class... Ts>
void put(KernelTable& t) {
  auto one = [&]<class T>() {
    const char c = code_of<T>();
    const char single[] = {c, c, ':', c, 0}, pair[] = {c, c, ':', c, c, 0};
    t.set(Op::floor_divide, single, division<FloorDivide, T>);
    t.set(Op::remainder, single, division<Remainder, T>);
    t.set(Op::fmod, single, division<Fmod, T>);
    t.set(Op::divmod, pair, divmod_loop<T>);
  };
  (one.template operator()<Ts>(), ...);
}

void put_division(KernelTable& t) { put<ADDER_INTEGERS>(t); }

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_division);
void register_division(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_division)(table); }
}  // namespace adder::array
#endif
