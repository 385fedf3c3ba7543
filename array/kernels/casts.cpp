// Casts between number dtypes. Out-of-range floats give what the machine's conversion gives, and report `invalid`, as
// NumPy's do.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/casts.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cstring>

#include "array/kernels/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
constexpr bool kIsReal = std::is_floating_point_v<T> || std::is_same_v<T, Half>;

// `From` as it is computed in. A complex number that becomes real loses its imaginary part.
template <class From, class To>
struct Cast {
  // Floats out of range are meant to become what the machine makes of them.
  __attribute__((no_sanitize("float-cast-overflow"))) static HWY_INLINE Widened<To> apply(From x) {
    if constexpr (std::is_same_v<To, bool>) return x != From{};
    else if constexpr (kIsComplex<From> && kIsComplex<To>) return {static_cast<decltype(To::re)>(x.re), static_cast<decltype(To::re)>(x.im)};
    else if constexpr (kIsComplex<From>) return Cast<decltype(From::re), To>::apply(x.re);
    else if constexpr (kIsComplex<To>) return {static_cast<decltype(To::re)>(x), 0};
    else if constexpr (std::is_same_v<To, Half> && std::is_same_v<From, double>) return round_to_odd(x);
    else if constexpr (std::is_same_v<To, Half>) return static_cast<float>(x);
    else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && sizeof(To) < 4)
      return static_cast<To>(static_cast<std::int32_t>(x));
    else if constexpr (std::is_floating_point_v<From> && std::is_unsigned_v<To>) {
      // By way of signed integers, in one conversion: the upper half is moved down and back.
      using Signed = std::make_signed_t<To>;
      constexpr To kTop = To{1} << (8 * sizeof(To) - 1);
      const bool upper = x >= static_cast<From>(kTop);
      const Signed moved = static_cast<Signed>(x - (upper ? static_cast<From>(kTop) : From{0}));
      return static_cast<To>(static_cast<To>(moved) ^ (upper ? kTop : To{0}));
    }
    else return static_cast<To>(x);
  }
};

template <class T>
Conditions copy_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  const char* in = args[0];
  char* out = args[1];
  if (steps[0] == sizeof(T) && steps[1] == sizeof(T)) {
    std::memmove(out, in, static_cast<std::size_t>(n) * sizeof(T));
    return 0;
  }
  if (steps[1] == sizeof(T) && steps[0] == 0) {
    T value;
    std::memcpy(&value, in, sizeof value);
    for (index_t i = 0; i < n; ++i) std::memcpy(out + i * static_cast<index_t>(sizeof(T)), &value, sizeof value);
    return 0;
  }
  if (steps[1] == sizeof(T) && steps[0] == -static_cast<index_t>(sizeof(T))) {
    const T* a = reinterpret_cast<const T*>(in);
    T* r = reinterpret_cast<T*>(out);
#pragma clang loop vectorize(assume_safety)
    for (index_t i = 0; i < n; ++i) r[i] = a[-i];
    return 0;
  }
  const index_t from = steps[0], to = steps[1];
  auto move = [](char* r, const char* a) HWY_ATTR { std::memcpy(r, a, sizeof(T)); };
  index_t i = 0;
  for (; i + 4 <= n; i += 4, in += 4 * from, out += 4 * to) {
    move(out, in);
    move(out + to, in + from);
    move(out + 2 * to, in + 2 * from);
    move(out + 3 * to, in + 3 * from);
  }
  for (; i < n; ++i, in += from, out += to) move(out, in);
  return 0;
}

// No look at the status word: a conversion to a half takes a whole vector, whatever its other lanes hold, and an integer is at most too large.
template <class From>
Conditions integers_to_half(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i)
    store<Half>(args[1] + i * steps[1], static_cast<float>(*reinterpret_cast<const From*>(args[0] + i * steps[0])), raised);
  return raised;
}

template <class From, class To>
Kernel cast_of() {
  constexpr bool kHardware = (kIsReal<From> || kIsComplex<From> || std::is_same_v<To, Half>) && !std::is_same_v<To, bool>;
  if constexpr (std::is_same_v<From, To>) return copy_loop<From>;
  else if constexpr (std::is_same_v<To, Half> && std::is_integral_v<From>) return integers_to_half<From>;
  else return unary_loop<Cast<Widened<From>, To>, From, To, kHardware>;
}

template <class From, class... To>
void put_row(Kernel (*table)[kClassCount]) {
  ((table[dtype_of<From>()->number][dtype_of<To>()->number] = cast_of<From, To>()), ...);
}

template <class... Ts>
void put_all(Kernel (*table)[kClassCount]) {
  (put_row<Ts, Ts...>(table), ...);
}

void put_casts(Kernel (*table)[kClassCount]) { put_all<bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX>(table); }

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <mutex>

namespace adder::array {
HWY_EXPORT(put_casts);

namespace {
Kernel casts[kClassCount][kClassCount];
}

Kernel cast_kernel(const DType* from, const DType* to) {
  static std::once_flag once;
  std::call_once(once, [] { HWY_DYNAMIC_DISPATCH(put_casts)(casts); });
  return casts[from->number][to->number];
}
}  // namespace adder::array
#endif
