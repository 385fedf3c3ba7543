// The magnitude of complex numbers: the root of the sum of squares, within an ulp; where a square would leave the range of its
// type, and of what is no finite number, the C library's hypot.
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/magnitude.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE T root_of_squares(Complex<T> a) {
  return std::sqrt(a.re * a.re + a.im * a.im);
}

// Whether that is the magnitude: no square overflowed, and what was lost of a tiny one does not tell.
template <class T>
HWY_INLINE bool holds(Complex<T> a, T root) {
  constexpr T kLeast = sizeof(T) == 8 ? static_cast<T>(0x1p-480) : static_cast<T>(0x1p-60), kMost = sizeof(T) == 8 ? static_cast<T>(0x1p+510) : static_cast<T>(0x1p+62);
  return ((root >= kLeast) & (root <= kMost)) | ((a.re == 0) & (a.im == 0));
}

template <class T>
HWY_INLINE T magnitude(Complex<T> a) {
  const T root = root_of_squares(a);
  return holds(a, root) ? root : std::hypot(a.re, a.im);
}

template <class T>
Conditions magnitude_loop(char* const* args, index_t n, const index_t* steps, const void*) {
  if (steps[0] != sizeof(Complex<T>) || steps[1] != sizeof(T)) {
    for (index_t i = 0; i < n; ++i)
      *reinterpret_cast<T*>(args[1] + i * steps[1]) = magnitude(*reinterpret_cast<const Complex<T>*>(args[0] + i * steps[0]));
    return 0;
  }
  constexpr index_t kBlock = 512;
  const auto* a = reinterpret_cast<const Complex<T>*>(args[0]);
  T* r = reinterpret_cast<T*>(args[1]);
  for (index_t begin = 0; begin < n; begin += kBlock) {
    const index_t end = n - begin < kBlock ? n : begin + kBlock;
    bool all = true;
#pragma clang loop vectorize(assume_safety)
    for (index_t i = begin; i < end; ++i) {
      r[i] = root_of_squares(a[i]);
      all &= holds(a[i], r[i]);
    }
    if (all) [[likely]] continue;
    for (index_t i = begin; i < end; ++i) r[i] = magnitude(a[i]);
  }
  return 0;
}

void put_magnitude(KernelTable& t) {
  t.set(Op::absolute, "F:f", magnitude_loop<float>);
  t.set(Op::absolute, "D:d", magnitude_loop<double>);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_magnitude);
void register_magnitude(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_magnitude)(table); }
}  // namespace adder::array
#endif
