// Indexing with arrays, sorting, and matrix products of the engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "array/core/array.h"
#include "array/index/index.h"
#include "array/linalg/matmul.h"
#include "array/sort/sort.h"

namespace adder::array {
namespace {

Array doubles(std::initializer_list<index_t> shape, std::initializer_list<double> values) {
  Array a = Array::zeros(&kFloat64, shape);
  index_t i = 0;
  for (double v : values) a.data<double>()[i++] = v;
  return a;
}

Array integers(std::initializer_list<index_t> shape, std::initializer_list<std::int64_t> values) {
  Array a = Array::zeros(&kInt64, shape);
  index_t i = 0;
  for (std::int64_t v : values) a.data<std::int64_t>()[i++] = v;
  return a;
}

std::vector<double> values_of(const Array& a) {
  std::vector<double> out;
  for (index_t i = 0; i < a.view().size(); ++i) out.push_back(a.data<double>()[i]);
  return out;
}

TEST(Gather, RowsAndNegativePlaces) {
  Array a = doubles({3, 2}, {0, 1, 2, 3, 4, 5});
  Array places = integers({2}, {-1, 0});
  const int axis = 0;
  ArrayView views[1] = {places.view()};
  Array result[1];
  ArrayView out;
  Error error;
  ASSERT_TRUE(gather(a.view(), {1, &axis, views, 0}, &out, Array::allocator(result), error));
  EXPECT_EQ(values_of(result[0]), (std::vector<double>{4, 5, 0, 1}));
}

TEST(Gather, OutOfRangeIsTold) {
  Array a = doubles({3, 2}, {0, 1, 2, 3, 4, 5});
  Array places = integers({2}, {0, 3});
  const int axis = 0;
  ArrayView views[1] = {places.view()};
  Array result[1];
  ArrayView out;
  Error error;
  EXPECT_FALSE(gather(a.view(), {1, &axis, views, 0}, &out, Array::allocator(result), error));
  EXPECT_EQ(error.code, Code::index_range);
  EXPECT_EQ(error.index, 3);
  EXPECT_EQ(error.size, 3);
}

TEST(Scatter, NothingIsWrittenWhenAPlaceIsWrong) {
  Array a = doubles({3}, {0, 1, 2});
  Array places = integers({2}, {0, 9});
  Array value = doubles({1}, {7});
  const int axis = 0;
  ArrayView views[1] = {places.view()};
  Conditions raised = 0;
  Error error;
  EXPECT_FALSE(scatter(a.view(), {1, &axis, views, 0}, value.view(), &raised, error));
  EXPECT_EQ(values_of(a), (std::vector<double>{0, 1, 2}));
}

TEST(Masks, SelectAndStore) {
  Array a = doubles({2, 3}, {0, 1, 2, 3, 4, 5});
  Array mask = Array::zeros(&kBool, {2, 3});
  for (index_t i : {1, 2, 5}) mask.data<bool>()[i] = true;
  Array result[1];
  ArrayView out;
  Error error;
  Conditions raised = 0;
  ASSERT_TRUE(select(a.view(), mask.view(), &out, Array::allocator(result), error));
  EXPECT_EQ(values_of(result[0]), (std::vector<double>{1, 2, 5}));
  ASSERT_TRUE(store_masked(a.view(), mask.view(), doubles({3}, {7, 8, 9}).view(), &raised, error));
  EXPECT_EQ(values_of(a), (std::vector<double>{0, 7, 8, 3, 4, 9}));
  EXPECT_FALSE(store_masked(a.view(), mask.view(), doubles({2}, {7, 8}).view(), &raised, error));
  EXPECT_EQ(error.code, Code::mask_assign);
}

TEST(Sort, NanLastAndStridedLines) {
  Array a = doubles({6}, {3, std::nan(""), -1, 2, 0, 9});
  Error error;
  ASSERT_TRUE(sort(a.view(), 0, error));
  EXPECT_EQ(a.data<double>()[0], -1);
  EXPECT_TRUE(std::isnan(a.data<double>()[5]));
  Array b = doubles({3, 2}, {5, 1, 3, 2, 4, 0});
  ASSERT_TRUE(sort(b.view(), 0, error));
  EXPECT_EQ(values_of(b), (std::vector<double>{3, 0, 4, 1, 5, 2}));
}

TEST(Argsort, IsStable) {
  Array a = doubles({5}, {1, 0, 1, 0, 1});
  Array result[1];
  ArrayView out;
  Error error;
  ASSERT_TRUE(argsort(a.view(), 0, &out, Array::allocator(result), error));
  const std::int64_t expected[] = {1, 3, 0, 2, 4};
  EXPECT_EQ(std::memcmp(result[0].data<std::int64_t>(), expected, sizeof expected), 0);
}

TEST(Matmul, AgreesWithTheDefinition) {
  for (index_t n : {1, 2, 3, 8, 17, 40}) {
    Array a = Array::zeros(&kFloat64, {n, n + 1});
    Array b = Array::zeros(&kFloat64, {n + 1, n});
    for (index_t i = 0; i < n * (n + 1); ++i) {
      a.data<double>()[i] = static_cast<double>(i % 7);
      b.data<double>()[i] = static_cast<double>(i % 5);
    }
    Array result[1];
    ArrayView out;
    Error error;
    ASSERT_TRUE(matmul(a.view(), b.view(), &out, Array::allocator(result), error));
    for (index_t i = 0; i < n; ++i)
      for (index_t j = 0; j < n; ++j) {
        double sum = 0;
        for (index_t k = 0; k <= n; ++k) sum += a.data<double>()[i * (n + 1) + k] * b.data<double>()[k * n + j];
        EXPECT_EQ(result[0].data<double>()[i * n + j], sum);
      }
  }
}

TEST(Matmul, ShapesThatDoNotFit) {
  Array result[1];
  ArrayView out;
  Error error;
  EXPECT_FALSE(matmul(doubles({2, 3}, {}).view(), doubles({2, 3}, {}).view(), &out, Array::allocator(result), error));
  EXPECT_EQ(error.code, Code::matmul_shapes);
}

TEST(Sort, LongRunsOfEveryWordEqualTheShortWay) {
  Error error;
  auto check = [&]<class T>(T) {
    const index_t n = 200000;
    Array a = Array::zeros(dtype_of<T>(), {n});
    std::uint64_t state = 88172645463325252u;
    std::vector<T> expected;
    for (index_t i = 0; i < n; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      T x = static_cast<T>(static_cast<std::int64_t>(state));
      if constexpr (std::is_floating_point_v<T>) x = i % 100 == 0 ? T(0) : i % 100 == 1 ? -T(HUGE_VAL) : i % 100 == 2 ? T(NAN) : x / T(3);
      a.data<T>()[i] = x;
      expected.push_back(x);
    }
    ASSERT_TRUE(sort(a.view(), 0, error));
    std::sort(expected.begin(), std::partition(expected.begin(), expected.end(), [](T x) { return x == x; }));
    for (index_t i = 0; i < n; ++i) {
      const T x = a.data<T>()[i], y = expected[static_cast<std::size_t>(i)];
      ASSERT_TRUE(x == y || (x != x && y != y)) << i;
    }
  };
  check(double{});
  check(float{});
  check(std::int64_t{});
  check(std::uint64_t{});
  check(std::int32_t{});
  check(std::uint32_t{});
  check(std::int16_t{});
  check(std::uint16_t{});
}

}  // namespace
}  // namespace adder::array
