// Kernels of integer powers, shifts, gcd and bit counts. Scalar code: nothing here vectorises on x86.
#include <bit>
#include <numeric>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

struct Power {
  template <class T> static HWY_INLINE T apply(T base, T exponent, Conditions& raised) {
    if constexpr (std::is_signed_v<T>) {
      if (exponent < 0) [[unlikely]] {
        raised |= kFailed;
        return 0;
      }
    }
    using W = Wrapped<T>;
    W result = 1, b = static_cast<W>(base);
    for (auto e = static_cast<std::make_unsigned_t<T>>(exponent); e; e = static_cast<decltype(e)>(e >> 1)) {
      if (e & 1) result *= b;
      b *= b;
    }
    return static_cast<T>(result);
  }
};
struct LeftShift {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    constexpr unsigned bits = sizeof(T) * 8;
    auto count = static_cast<std::make_unsigned_t<T>>(b);
    return count < bits ? static_cast<T>(static_cast<Wrapped<T>>(a) << count) : T{0};
  }
};
struct RightShift {
  template <class T> static HWY_INLINE T apply(T a, T b) {
    constexpr unsigned bits = sizeof(T) * 8;
    auto count = static_cast<std::make_unsigned_t<T>>(b);
    if (count < bits) return static_cast<T>(a >> count);
    return a < 0 ? static_cast<T>(-1) : T{0};
  }
};
struct Gcd {
  template <class T> static T apply(T a, T b, Conditions&) {
    using U = std::make_unsigned_t<T>;
    auto magnitude = [](T x) { return static_cast<U>(x < 0 ? U{0} - static_cast<U>(x) : static_cast<U>(x)); };
    return static_cast<T>(std::gcd(magnitude(a), magnitude(b)));
  }
};
struct Lcm {
  template <class T> static T apply(T a, T b, Conditions& raised) {
    T g = Gcd::apply(a, b, raised);
    if (g == 0) return 0;
    using W = Wrapped<T>;
    T product = static_cast<T>(static_cast<W>(a / g) * static_cast<W>(b));
    return product < 0 ? static_cast<T>(W{0} - static_cast<W>(product)) : product;
  }
};
struct BitCount {
  template <class T> static std::uint8_t apply(T a) {
    using U = std::make_unsigned_t<T>;
    U magnitude = a < 0 ? static_cast<U>(U{0} - static_cast<U>(a)) : static_cast<U>(a);
    return static_cast<std::uint8_t>(std::popcount(magnitude));
  }
};

template <class... Ts>
void put_rest(KernelTable& t) {
  auto one = [&]<class T>() {
    const char c = code_of<T>();
    const char count[] = {c, ':', 'B', 0};
    t.set(Op::bitwise_count, count, unary_loop<BitCount, T, std::uint8_t>);
  };
  (one.template operator()<Ts>(), ...);
}

void put_integers(KernelTable& t) {
  put_binary_values<Power, ADDER_INTEGERS>(t, Op::power);
  put_binary<LeftShift, false, ADDER_INTEGERS>(t, Op::left_shift);
  put_binary<RightShift, false, ADDER_INTEGERS>(t, Op::right_shift);
  put_binary_values<Gcd, ADDER_INTEGERS>(t, Op::gcd);
  put_binary_values<Lcm, ADDER_INTEGERS>(t, Op::lcm);
  put_rest<ADDER_INTEGERS>(t);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace adder::array {
void register_integers(KernelTable& table) { HWY_STATIC_DISPATCH(put_integers)(table); }
}  // namespace adder::array
