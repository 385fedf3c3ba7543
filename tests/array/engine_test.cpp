// The engine's first slice: layout, broadcasting, overlap, conditions, reductions in NumPy's order.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "array/core/array.h"
#include "array/core/ops.h"
#include "array/reduce/reduce.h"

namespace adder::array {
namespace {

Array iota(std::initializer_list<index_t> shape) {
  Array a = Array::zeros(&kFloat64, shape);
  for (index_t i = 0; i < a.view().size(); ++i) a.data<double>()[i] = static_cast<double>(i);
  return a;
}

Array binary(Op op, const Array& a, const Array& b, Conditions* raised = nullptr, Error* error_out = nullptr) {
  const OpInfo& info = operation(op);
  Error error;
  Conditions mine = 0;
  const DType* types[2] = {a.view().dtype, b.view().dtype};
  const Loop* loop = find_loop(info, types, error);
  Array result[2];
  if (loop) {
    ArrayView args[4] = {a.view(), b.view(), {}, {}};
    elementwise(info, *loop, args, Array::allocator(result), nullptr, &mine, error);
  }
  if (raised) *raised = mine;
  if (error_out) *error_out = error;
  return result[0];
}

Array unary(Op op, const Array& a, Conditions* raised = nullptr) {
  const OpInfo& info = operation(op);
  Error error;
  Conditions mine = 0;
  const DType* types[1] = {a.view().dtype};
  const Loop* loop = find_loop(info, types, error);
  Array result[2];
  ArrayView args[3] = {a.view(), {}, {}};
  elementwise(info, *loop, args, Array::allocator(result), nullptr, &mine, error);
  if (raised) *raised = mine;
  return result[0];
}

double sum(const ArrayView& view) {
  const OpInfo& info = operation(Op::add);
  Error error;
  Conditions raised = 0;
  Array result[1];
  ArrayView out;
  reduce(info, *info.same[kFloat64.number], view, (std::uint64_t{1} << view.nd) - 1, false, nullptr, &out,
         Array::allocator(result), &raised, error);
  return *result[0].data<double>();
}

TEST(Operations, EveryLoopHasAKernel) {
  const OpInfo* ops = operations();
  for (int i = 0; i < kOpCount; ++i)
    for (int k = 0; k < ops[i].loop_count; ++k) {
      EXPECT_NE(ops[i].loops[k].kernel, nullptr) << ops[i].name << " loop " << k;
      for (int j = 0; j < ops[i].args(); ++j) EXPECT_NE(ops[i].loops[k].types[j], nullptr) << ops[i].name;
    }
}

TEST(Promotion, FollowsNumPy) {
  EXPECT_EQ(promote(&kInt64, &kFloat32), &kFloat64);
  EXPECT_EQ(promote(&kInt16, &kFloat32), &kFloat32);
  EXPECT_EQ(promote(&kUInt64, &kInt64), &kFloat64);
  EXPECT_EQ(promote(&kUInt8, &kInt8), &kInt16);
  EXPECT_EQ(promote(&kBool, &kInt8), &kInt8);
  EXPECT_TRUE(can_cast(&kInt64, &kFloat64, Casting::safe));
  EXPECT_FALSE(can_cast(&kInt64, &kFloat32, Casting::safe));
  EXPECT_TRUE(can_cast(&kInt64, &kFloat32, Casting::same_kind));
  EXPECT_FALSE(can_cast(&kFloat64, &kInt64, Casting::same_kind));
}

TEST(Elementwise, BroadcastsAndKeepsOrder) {
  Array a = iota({3, 4}), b = iota({4});
  Array c = binary(Op::add, a, b);
  ASSERT_TRUE(c);
  EXPECT_EQ(c.view().shape[0], 3);
  EXPECT_EQ(c.data<double>()[11], 14);
  index_t shape[2] = {4, 3}, strides[2] = {8, 32};
  Array t = a.with_view({a.view().data, 2, 0, shape, strides, &kFloat64});
  Array u = binary(Op::add, t, t);
  EXPECT_EQ(u.view().strides[0], 8);  // the result lies as its operands do
  EXPECT_EQ(u.view().strides[1], 32);
}

TEST(Elementwise, ShapesThatDoNotFit) {
  Error error;
  binary(Op::add, iota({3}), iota({4}), nullptr, &error);
  EXPECT_EQ(error.code, Code::broadcast);
  EXPECT_EQ(error.shapes[1].dims[0], 4);
}

TEST(Elementwise, CastsBlockByBlock) {
  Array i = Array::zeros(&kInt64, {5000});
  for (index_t k = 0; k < 5000; ++k) i.data<std::int64_t>()[k] = k;
  Array f = Array::zeros(&kFloat64, {1});
  f.data<double>()[0] = 0.5;
  Array r = binary(Op::multiply, i, f);
  EXPECT_EQ(r.view().dtype, &kFloat64);
  EXPECT_EQ(r.data<double>()[4999], 2499.5);
}

TEST(Elementary, AnElementDoesNotDependOnItsNeighbours) {
  const double inf = std::numeric_limits<double>::infinity();
  Array x = Array::zeros(&kFloat64, {1003});
  for (int i = 0; i < 1003; ++i) x.data<double>()[i] = std::ldexp(1.0 + i * 0.000973, i * 7 % 90 - 20) * (i % 2 ? -1 : 1);
  x.data<double>()[17] = inf;
  x.data<double>()[18] = std::numeric_limits<double>::quiet_NaN();
  for (Op op : {Op::sin, Op::cos, Op::tan, Op::exp, Op::log, Op::arctan, Op::tanh, Op::log1p, Op::cbrt}) {
    Array all = unary(op, x);
    for (int i = 0; i < 1003; ++i) {
      Array one = Array::zeros(&kFloat64, {1});
      one.data<double>()[0] = x.data<double>()[i];
      const double alone = unary(op, one).data<double>()[0], among = all.data<double>()[i];
      EXPECT_TRUE(alone == among || (std::isnan(alone) && std::isnan(among))) << operation(op).name << " of " << x.data<double>()[i];
    }
  }
}

TEST(Reductions, ANaNAnywhereWins) {
  for (index_t n : {5, 33, 100, 1000}) {
    for (index_t at = 0; at < n; ++at) {
      Array a = iota({n});
      a.data<double>()[at] = std::numeric_limits<double>::quiet_NaN();
      for (Op op : {Op::maximum, Op::minimum}) {
        const OpInfo& info = operation(op);
        Error error;
        Conditions raised = 0;
        Array result[1];
        ArrayView out;
        reduce(info, *info.same[kFloat64.number], a.view(), 1, false, nullptr, &out, Array::allocator(result), &raised, error);
        EXPECT_TRUE(std::isnan(*result[0].data<double>())) << info.name << " of " << n << " at " << at;
      }
    }
  }
}

TEST(Assign, OverlapIsAsIfCopied) {
  Array a = iota({10});
  index_t shape[1] = {9}, strides[1] = {8};
  ArrayView to = {a.view().data + 8, 1, 0, shape, strides, &kFloat64};
  ArrayView from = {a.view().data, 1, 0, shape, strides, &kFloat64};
  Conditions raised = 0;
  Error error;
  ASSERT_TRUE(assign(to, from, &raised, error));
  for (int i = 1; i < 10; ++i) EXPECT_EQ(a.data<double>()[i], i - 1);
}

TEST(Conditions, AreNumPys) {
  Array zero = Array::zeros(&kFloat64, {20});
  Array one = iota({20});
  Conditions raised;
  binary(Op::divide, one, zero, &raised);
  EXPECT_EQ(raised, kDivide | kInvalid);  // 0/0 and 1/0
  unary(Op::log, zero, &raised);
  EXPECT_EQ(raised, kDivide);
  Array big = Array::zeros(&kFloat64, {3});
  big.data<double>()[1] = 1e4;
  unary(Op::exp, big, &raised);
  EXPECT_EQ(raised, kOverflow);
  binary(Op::add, one, one, &raised);
  EXPECT_EQ(raised, 0u);
}

TEST(Elementary, LandmarksAndSpecialValues) {
  const double inf = std::numeric_limits<double>::infinity();
  auto f = [](Op op, double x) {
    Array a = Array::zeros(&kFloat64, {1});
    a.data<double>()[0] = x;
    return *unary(op, a).data<double>();
  };
  EXPECT_EQ(f(Op::cos, M_PI), -1.0);
  EXPECT_EQ(f(Op::sin, 0.0), 0.0);
  EXPECT_EQ(f(Op::sin, 1e300), std::sin(1e300));
  EXPECT_EQ(f(Op::exp, 0.0), 1.0);
  EXPECT_EQ(f(Op::exp, -inf), 0.0);
  EXPECT_EQ(f(Op::exp, inf), inf);
  EXPECT_EQ(f(Op::log, 1.0), 0.0);
  EXPECT_EQ(f(Op::log, 0.0), -inf);
  EXPECT_TRUE(std::isnan(f(Op::log, -1.0)));
  EXPECT_TRUE(std::isnan(f(Op::exp, std::nan(""))));
  for (int i = -20; i < 20; ++i) EXPECT_EQ(f(Op::exp2, i), std::ldexp(1.0, i)) << i;
  for (int i = -20; i < 20; ++i) EXPECT_EQ(f(Op::log2, std::ldexp(1.0, i)), i) << i;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(f(Op::log10, std::pow(10.0, i)), i) << i;
  EXPECT_EQ(f(Op::tanh, 100.0), 1.0);
  EXPECT_EQ(f(Op::arctan, inf), M_PI / 2);
  EXPECT_EQ(f(Op::arccos, -1.0), M_PI);
  for (int i = 1; i < 50; ++i) EXPECT_EQ(f(Op::cbrt, static_cast<double>(i) * i * i), i);
}

TEST(Elementary, SameValueWhateverThePosition) {
  for (Op op : {Op::exp, Op::log, Op::sin, Op::tanh, Op::log1p}) {
    Array a = Array::zeros(&kFloat64, {301});
    for (int i = 0; i < 301; ++i) a.data<double>()[i] = 0.37 + 0.013 * i;
    Array whole = unary(op, a);
    for (int i = 0; i < 301; ++i) {
      index_t shape[1] = {1}, strides[1] = {8};
      Array one = a.with_view({a.view().data + 8 * i, 1, 0, shape, strides, &kFloat64});
      EXPECT_EQ(*unary(op, one).data<double>(), whole.data<double>()[i]);
    }
    index_t shape[1] = {101}, strides[1] = {24};
    Array strided = unary(op, a.with_view({a.view().data, 1, 0, shape, strides, &kFloat64}));
    for (int i = 0; i < 101; ++i) EXPECT_EQ(strided.data<double>()[i], whole.data<double>()[3 * i]);
  }
}

double pairwise(const double* a, index_t n) {
  if (n < 8) {
    double s = -0.0;
    for (index_t i = 0; i < n; ++i) s += a[i];
    return s;
  }
  if (n <= 128) {
    double r[8];
    for (int j = 0; j < 8; ++j) r[j] = a[j];
    index_t i = 8;
    for (; i < n - n % 8; i += 8)
      for (int j = 0; j < 8; ++j) r[j] += a[i + j];
    double s = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; ++i) s += a[i];
    return s;
  }
  index_t h = n / 2;
  h -= h % 8;
  return pairwise(a, h) + pairwise(a + h, n - h);
}

TEST(Sum, IsPairwise) {
  Array a = Array::zeros(&kFloat64, {100003});
  std::uint64_t state = 1;
  for (index_t i = 0; i < 100003; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    a.data<double>()[i] = static_cast<double>(static_cast<std::int64_t>(state)) * 1e-17;
  }
  for (index_t n : {0, 1, 7, 8, 9, 100, 127, 128, 129, 1000, 8193, 100003}) {
    index_t shape[1] = {n}, strides[1] = {8};
    EXPECT_EQ(sum({a.view().data, 1, 0, shape, strides, &kFloat64}), n ? pairwise(a.data<double>(), n) : 0.0) << n;
  }
}

TEST(Reduce, NoIdentityNothingToReduce) {
  Array a = Array::zeros(&kFloat64, {0});
  const OpInfo& info = operation(Op::maximum);
  Error error;
  Conditions raised = 0;
  Array result[1];
  ArrayView out;
  EXPECT_FALSE(reduce(info, *info.same[kFloat64.number], a.view(), 1, false, nullptr, &out, Array::allocator(result), &raised, error));
  EXPECT_EQ(error.code, Code::zero_size_reduction);
}

TEST(Reshape, ViewsWhereNumPyDoes) {
  Array a = iota({4, 6});
  index_t strides[3];
  index_t shape[3] = {2, 2, 6};
  EXPECT_TRUE(reshape_view(a.view(), 3, shape, 'C', strides));
  EXPECT_EQ(strides[0], 96);
  index_t tshape[2] = {6, 4}, tstrides[2] = {8, 48};
  ArrayView t = {a.view().data, 2, 0, tshape, tstrides, &kFloat64};
  index_t flat[1] = {24};
  EXPECT_FALSE(reshape_view(t, 1, flat, 'C', strides));
  EXPECT_TRUE(reshape_view(t, 1, flat, 'F', strides));
}

TEST(Buffers, LargeBlocksComeBack) {
#ifdef ADDER_ASAN
  GTEST_SKIP() << "the sanitizer holds freed blocks back";
#endif
  Buffer* a = allocate_buffer(std::size_t{8} << 20, Fill::result);
  char* where = a->data;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(where) % (2 << 20), 0u);
  a->release();
  Buffer* b = allocate_buffer(std::size_t{8} << 20, Fill::result);
  EXPECT_EQ(b->data, where);
  b->release();
}

TEST(ArgExtremum, FirstAndNan) {
  Array a = iota({2000});
  a.data<double>()[1500] = 1e9;
  a.data<double>()[1700] = 1e9;
  Error error;
  Array result[1];
  ArrayView out;
  ASSERT_TRUE(arg_extremum(true, a.view(), 0, false, &out, Array::allocator(result), error));
  EXPECT_EQ(*result[0].data<std::int64_t>(), 1500);
  a.data<double>()[1600] = std::nan("");
  out = {};
  ASSERT_TRUE(arg_extremum(true, a.view(), 0, false, &out, Array::allocator(result), error));
  EXPECT_EQ(*result[0].data<std::int64_t>(), 1600);
}

}  // namespace
}  // namespace adder::array
