// Halves and complex numbers: conversions that round once, conditions, NumPy's arithmetic and order, promotion.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "array/core/dtype.h"
#include "array/core/ops.h"

namespace adder::array {
namespace {

Half half_of_bits(std::uint16_t bits) {
  Half half;
  std::memcpy(&half, &bits, sizeof half);
  return half;
}

template <class A, class R>
R run(Op op, const char* signature, A a, A b, Conditions* raised) {
  const Loop* loop = nullptr;
  const OpInfo& info = operation(op);
  for (int i = 0; i < info.loop_count; ++i)
    if (info.loops[i].types[0]->code == signature[0] && info.loops[i].types[info.inputs]->code == signature[1]) loop = &info.loops[i];
  R result{};
  char* args[3] = {reinterpret_cast<char*>(&a), reinterpret_cast<char*>(info.inputs == 2 ? static_cast<void*>(&b) : &result), reinterpret_cast<char*>(&result)};
  const index_t steps[3] = {0, 0, 0};
  *raised = loop->kernel(args, 1, steps, nullptr);
  return result;
}

template <class From, class To>
To cast(From value, Conditions* raised) {
  To result{};
  char* args[2] = {reinterpret_cast<char*>(&value), reinterpret_cast<char*>(&result)};
  const index_t steps[2] = {0, 0};
  *raised = cast_kernel(dtype_of<From>(), dtype_of<To>())(args, 1, steps, nullptr);
  return result;
}

TEST(Half, EveryOneSurvivesFloatAndDouble) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half = half_of_bits(static_cast<std::uint16_t>(bits));
    const float value = half;
    if (value != value) continue;
    std::uint16_t back;
    const Half by_float(value), by_double(static_cast<double>(value));
    std::memcpy(&back, &by_float, sizeof back);
    ASSERT_EQ(back, bits);
    std::memcpy(&back, &by_double, sizeof back);
    ASSERT_EQ(back, bits);
  }
}

TEST(Half, DoublesRoundOnce) {
  // Halfway between 1 and the next half, and as little beside it as a float cannot tell.
  const double halfway = 1 + std::ldexp(1, -11), little = std::ldexp(1, -40);
  EXPECT_EQ(static_cast<float>(Half(halfway)), 1.0f);
  EXPECT_EQ(static_cast<float>(Half(halfway - little)), 1.0f);
  EXPECT_EQ(static_cast<float>(Half(halfway + little)), 1.0f + std::ldexp(1.0f, -10));
  EXPECT_EQ(static_cast<float>(Half(1e300)), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(static_cast<float>(Half(std::nan("")))));
}

TEST(Half, OverflowIsSeenInTheValueAlone) {
  Conditions raised;
  EXPECT_EQ(static_cast<float>(cast<double, Half>(65519.0, &raised)), 65504.0f);
  EXPECT_EQ(raised, kNoCondition);
  cast<double, Half>(65520.0, &raised);
  EXPECT_EQ(raised, kOverflow);
  cast<double, Half>(std::numeric_limits<double>::infinity(), &raised);
  EXPECT_EQ(raised, kNoCondition);
  cast<std::int64_t, Half>(300, &raised);
  EXPECT_EQ(raised, kNoCondition);
  run<Half, Half>(Op::add, "ee", Half(65504.0f), Half(65504.0f), &raised);
  EXPECT_EQ(raised, kOverflow);
  run<Half, Half>(Op::divide, "ee", Half(1.0f), Half(0.0f), &raised);
  EXPECT_EQ(raised, kDivide);
}

TEST(Complex, DivisionRaisesItsOwnConditionsOnly) {
  using C = Complex<float>;
  Conditions raised;
  C r = run<C, C>(Op::divide, "FF", C{1, 2}, C{0, 0}, &raised);
  EXPECT_TRUE(std::isinf(r.re) && std::isinf(r.im));
  EXPECT_EQ(raised, kDivide);
  r = run<C, C>(Op::divide, "FF", C{1, 2}, C{3, -4}, &raised);
  EXPECT_FLOAT_EQ(r.re, -0.2f);
  EXPECT_FLOAT_EQ(r.im, 0.4f);
  EXPECT_EQ(raised, kNoCondition);
}

TEST(Complex, MagnitudeIsReal) {
  Conditions raised;
  EXPECT_EQ((run<Complex<double>, double>(Op::absolute, "Dd", {3, -4}, {}, &raised)), 5.0);
}

TEST(Complex, SortsByPartsWithNanLast) {
  using C = Complex<double>;
  const double nan = std::nan("");
  const C ascending[] = {{-1, 5}, {1, -1}, {1, 2}, {1, nan}, {nan, 0}, {nan, nan}};
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) EXPECT_EQ(sorts_before(ascending[i], ascending[j]), i < j) << i << ' ' << j;
}

TEST(Promotion, OfHalvesAndComplex) {
  EXPECT_EQ(promote(&kInt8, &kFloat16), &kFloat16);
  EXPECT_EQ(promote(&kUInt16, &kFloat16), &kFloat32);
  EXPECT_EQ(promote(&kFloat16, &kInt32), &kFloat64);
  EXPECT_EQ(promote(&kFloat16, &kComplex64), &kComplex64);
  EXPECT_EQ(promote(&kFloat64, &kComplex64), &kComplex128);
  EXPECT_EQ(promote(&kInt64, &kComplex64), &kComplex128);
  EXPECT_TRUE(can_cast(&kFloat32, &kComplex64, Casting::safe));
  EXPECT_FALSE(can_cast(&kFloat64, &kComplex64, Casting::safe));
  EXPECT_FALSE(can_cast(&kComplex64, &kFloat64, Casting::same_kind));
  EXPECT_EQ(dtype_of_name("<c16", 4), &kComplex128);
  EXPECT_EQ(dtype_of_name("f2", 2), &kFloat16);
  EXPECT_EQ(dtype_of_name("c15", 3), nullptr);
}

}  // namespace
}  // namespace adder::array
