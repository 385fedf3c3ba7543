// Kernels of comparisons, logical operations and tests of single values (isnan and its kin).
#include "array/kernels/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "array/kernels/comparisons.cpp"
#include "hwy/foreach_target.h"
// after foreach_target
#include <cmath>

#include "array/kernels/loops-inl.h"
#include "array/kernels/register.h"

HWY_BEFORE_NAMESPACE();
namespace adder::array::HWY_NAMESPACE {
namespace {

#define ADDER_COMPARISON(Name, sign, i_below, i_above)                                           \
  struct Name {                                                                                  \
    template <class T> static HWY_INLINE bool apply(T a, T b) { return a sign b; }               \
    static HWY_INLINE bool apply(std::int64_t a, std::uint64_t b) {                              \
      return a < 0 ? i_below : static_cast<std::uint64_t>(a) sign b;                             \
    }                                                                                            \
    static HWY_INLINE bool apply(std::uint64_t a, std::int64_t b) {                              \
      return b < 0 ? i_above : a sign static_cast<std::uint64_t>(b);                             \
    }                                                                                            \
  };
ADDER_COMPARISON(Equal, ==, false, false)
ADDER_COMPARISON(NotEqual, !=, true, true)
ADDER_COMPARISON(Less, <, true, false)
ADDER_COMPARISON(LessEqual, <=, true, false)
ADDER_COMPARISON(Greater, >, false, true)
ADDER_COMPARISON(GreaterEqual, >=, false, true)
#undef ADDER_COMPARISON

template <class T>
HWY_INLINE int truth(T a) {
  return a != T{};
}
// Ordering complex numbers reports NaNs that decide it.
template <class F, class T>
Conditions order_complex(char* const* args, index_t n, const index_t* steps, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const T a = *reinterpret_cast<const T*>(args[0] + i * steps[0]), b = *reinterpret_cast<const T*>(args[1] + i * steps[1]);
    if (a.re != a.re || b.re != b.re || (a.re == b.re && (a.im != a.im || b.im != b.im))) [[unlikely]] raised = kInvalid;
    *reinterpret_cast<bool*>(args[2] + i * steps[2]) = F::apply(a, b);
  }
  return raised;
}
template <class F>
void put_order(KernelTable& t, Op op) {
  t.set(op, "FF:?", order_complex<F, Complex<float>>);
  t.set(op, "DD:?", order_complex<F, Complex<double>>);
}

struct LogicalAnd {
  template <class A, class B> static HWY_INLINE bool apply(A a, B b) { return truth(a) & truth(b); }
};
struct LogicalOr {
  template <class A, class B> static HWY_INLINE bool apply(A a, B b) { return truth(a) | truth(b); }
};
struct LogicalXor {
  template <class A, class B> static HWY_INLINE bool apply(A a, B b) { return truth(a) != truth(b); }
};
struct LogicalNot {
  template <class T> static HWY_INLINE bool apply(T a) { return a == T{}; }
};

struct IsNan {
  template <class T> static HWY_INLINE bool apply(T a) { return a != a; }
};
struct IsInf {
  template <class T> static HWY_INLINE bool apply(T a) {
    if constexpr (kIsComplex<T>) return int{apply(a.re)} | int{apply(a.im)};
    else if constexpr (std::is_floating_point_v<T>) return std::fabs(a) == std::numeric_limits<T>::infinity();
    else return false;
  }
};
struct IsFinite {
  template <class T> static HWY_INLINE bool apply(T a) {
    if constexpr (kIsComplex<T>) return int{apply(a.re)} & int{apply(a.im)};
    else if constexpr (std::is_floating_point_v<T>) return std::fabs(a) < std::numeric_limits<T>::infinity();
    else return true;
  }
};
struct Signbit {
  template <class T> static HWY_INLINE bool apply(T a) { return std::signbit(a); }
};

#define ADDER_ALL bool, ADDER_INTEGERS, ADDER_FLOATS, ADDER_COMPLEX

template <class F>
void put_compare(KernelTable& t, Op op) {
  put_comparison<F, ADDER_ALL>(t, op);
  t.set(op, "lL:?", binary_loop<F, std::int64_t, std::uint64_t, bool>);
  t.set(op, "Ll:?", binary_loop<F, std::uint64_t, std::int64_t, bool>);
}

void put_comparisons(KernelTable& t) {
  put_compare<Equal>(t, Op::equal);
  put_compare<NotEqual>(t, Op::not_equal);
  put_compare<Less>(t, Op::less);
  put_compare<LessEqual>(t, Op::less_equal);
  put_compare<Greater>(t, Op::greater);
  put_compare<GreaterEqual>(t, Op::greater_equal);
  put_order<Less>(t, Op::less);
  put_order<LessEqual>(t, Op::less_equal);
  put_order<Greater>(t, Op::greater);
  put_order<GreaterEqual>(t, Op::greater_equal);
  put_comparison<LogicalAnd, ADDER_ALL>(t, Op::logical_and);
  put_comparison<LogicalOr, ADDER_ALL>(t, Op::logical_or);
  put_comparison<LogicalXor, ADDER_ALL>(t, Op::logical_xor);
  put_test<LogicalNot, ADDER_ALL>(t, Op::logical_not);
  put_test<IsNan, ADDER_ALL>(t, Op::isnan);
  put_test<IsInf, ADDER_ALL>(t, Op::isinf);
  put_test<IsFinite, ADDER_ALL>(t, Op::isfinite);
  put_test<Signbit, ADDER_FLOATS>(t, Op::signbit);
}

}  // namespace
}  // namespace adder::array::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace adder::array {
HWY_EXPORT(put_comparisons);
void register_comparisons(KernelTable& table) { HWY_DYNAMIC_DISPATCH(put_comparisons)(table); }
}  // namespace adder::array
#endif
