// The loops of ufunc.at for the operations that programs accumulate with.
#include "array/index/scatter.h"

#include "array/kernels/loops-inl.h"
// clang-format off
#include "array/kernels/operators-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

template <class F, class T, bool kHardware>
Conditions scatter_run(char* base, const Places& places, const char* values, index_t value_step) {
  const Places by = places;  // its fields stay in registers
  return watched<T, kHardware>(nullptr, [&]() HWY_ATTR -> Conditions {
    Conditions raised = 0;
    for (index_t i = 0; i < by.n; ++i, values += value_step) {
      char* element = by.element(base, i);
      store<T>(element, F::apply(widen(*reinterpret_cast<const T*>(element)), widen(*reinterpret_cast<const T*>(values))), raised);
    }
    return raised;
  });
}

template <class F, bool kReports>
Scatter arithmetic(const DType* dtype) {
  return with_element_type(dtype, []<class T>() -> Scatter {
    if constexpr (std::is_same_v<T, bool> && std::is_same_v<F, Subtract>) return nullptr;
    else return scatter_run<F, T, kReports && !kIsInteger<T>>;
  });
}

// Halves have extrema of their own.
template <class F, class HalfF>
Scatter extremum(const DType* dtype) {
  return with_element_type(dtype, []<class T>() -> Scatter {
    return scatter_run<std::conditional_t<std::is_same_v<T, Half>, HalfF, F>, T, false>;
  });
}

template <class F>
Scatter bitwise(const DType* dtype) {
  return with_element_type(dtype, []<class T>() -> Scatter {
    if constexpr (kIsInteger<T>) return scatter_run<F, T, false>;
    else return nullptr;
  });
}

Scatter find_scatter(Op op, const DType* dtype) {
  switch (op) {
    case Op::add: return arithmetic<Add, true>(dtype);
    case Op::subtract: return arithmetic<Subtract, true>(dtype);
    case Op::multiply: return arithmetic<Multiply, true>(dtype);
    case Op::maximum: return extremum<Maximum, HalfMaximum>(dtype);
    case Op::minimum: return extremum<Minimum, HalfMinimum>(dtype);
    case Op::bitwise_and: return bitwise<And>(dtype);
    case Op::bitwise_or: return bitwise<Or>(dtype);
    case Op::bitwise_xor: return bitwise<Xor>(dtype);
    default: return nullptr;
  }
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace adder::array {

Scatter scatter_of(Op op, const DType* dtype) { return HWY_STATIC_DISPATCH(find_scatter)(op, dtype); }

bool places_fit(const std::int64_t* at, index_t n, index_t extent) {
  std::int64_t outside = 0;  // its sign
  for (index_t i = 0; i < n; ++i) {
    const std::int64_t place = at[i] + (at[i] >> 63 & extent);
    outside |= place | ~(place - extent);
  }
  return outside >= 0;
}

}  // namespace adder::array
