// Division of many integers by one: through a multiplication by its reciprocal, exact for every numerator (Granlund and
// Montgomery, "Division by Invariant Integers using Multiplication", 1994). Included once per instruction set.
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(ADDER_ARRAY_DIVISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ADDER_ARRAY_DIVISION_INL_H_
#undef ADDER_ARRAY_DIVISION_INL_H_
#else
#define ADDER_ARRAY_DIVISION_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {

// The upper half of a product; of 64 bits in pieces that vectors have multiplications for.
template <class U>
HWY_INLINE U multiply_high(U a, U b) {
  if constexpr (sizeof(U) < 8) {
    using Wide = std::conditional_t<sizeof(U) == 4, std::uint64_t, std::uint32_t>;
    return static_cast<U>(static_cast<Wide>(a) * b >> sizeof(U) * 8);
  } else {
    constexpr std::uint64_t kLow = 0xFFFFFFFF;
    const std::uint64_t a0 = a & kLow, a1 = a >> 32, b0 = b & kLow, b1 = b >> 32;
    const std::uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    const std::uint64_t other = a0 * b1 + (middle & kLow);
    return a1 * b1 + (middle >> 32) + (other >> 32);
  }
}

// Divides by `divisor` >= 2, and below the type's most negative number's magnitude if T is signed.
template <class T>
class Reciprocal {
 public:
  using U = std::make_unsigned_t<T>;

  explicit Reciprocal(U divisor) {
    const int ceiling = std::bit_width(static_cast<U>(divisor - 1));  // of the logarithm
    using Wide = unsigned __int128;
    if constexpr (std::is_signed_v<T>) factor_ = static_cast<U>((Wide{1} << (kBits - 1 + ceiling)) / divisor + 1);
    else factor_ = static_cast<U>((((Wide{1} << ceiling) - divisor) << kBits) / divisor + 1);
    shift_ = ceiling - 1;
  }

  // Rounded down.
  HWY_INLINE T quotient(T a) const {
    if constexpr (std::is_signed_v<T>) {
      // One bit less to divide, so the factor needs none more; a negative number's complement is not negative.
      const U sign = static_cast<U>(a < 0 ? -1 : 0);
      return static_cast<T>((multiply_high<U>(static_cast<U>(static_cast<U>(a) ^ sign), factor_) >> shift_) ^ sign);
    } else {
      const U high = multiply_high<U>(a, factor_);
      return static_cast<T>(static_cast<U>(high + (static_cast<U>(a - high) >> 1)) >> shift_);
    }
  }

 private:
  static constexpr int kBits = sizeof(T) * 8;
  U factor_;
  int shift_;
};

}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
