// Fourier transforms against their definition, and LAPACK's factorisations multiplied out again.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "array/fft/fft.h"
#include "array/linalg/lapack.h"

namespace adder::array {
namespace {

using Complex = std::complex<double>;

std::vector<Complex> by_definition(const std::vector<Complex>& x, bool forward) {
  const std::size_t n = x.size();
  std::vector<Complex> out(n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j) {
      const long double angle = 2 * 3.14159265358979323846264338327950288L * static_cast<long double>(j * k % n) / static_cast<long double>(n);
      out[k] += x[j] * Complex(static_cast<double>(std::cos(angle)), static_cast<double>(forward ? -std::sin(angle) : std::sin(angle)));
    }
  return out;
}

template <class T>
const char* bytes(const std::vector<T>& v) { return reinterpret_cast<const char*>(v.data()); }
template <class T>
char* bytes(std::vector<T>& v) { return reinterpret_cast<char*>(v.data()); }

TEST(Fft, EqualsItsDefinitionAtEveryKindOfLength) {
  Error error;
  for (index_t n : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 30, 49, 60, 77, 97, 101, 128, 210, 211, 256, 509}) {
    std::vector<Complex> x, out(static_cast<std::size_t>(n));
    for (index_t i = 0; i < n; ++i) x.emplace_back(std::sin(static_cast<double>(i) * 1.7) + 0.3, std::cos(static_cast<double>(i * i) * 0.9));
    for (bool forward : {true, false}) {
      ASSERT_TRUE(transform(&kComplex128, bytes(x), n, bytes(out), n, 1, forward, 1.0, error));
      const std::vector<Complex> expected = by_definition(x, forward);
      for (std::size_t k = 0; k < out.size(); ++k) ASSERT_LT(std::abs(out[k] - expected[k]), 1e-12 * static_cast<double>(n)) << n << " at " << k;
    }
  }
}

TEST(Fft, RealTransformsAreHalfOfTheComplexOneAndComeBack) {
  Error error;
  for (index_t n : {1, 2, 3, 4, 5, 6, 9, 10, 25, 64, 101, 202}) {
    std::vector<double> x, back(static_cast<std::size_t>(n));
    std::vector<Complex> whole;
    for (index_t i = 0; i < n; ++i) x.push_back(std::sin(static_cast<double>(i * 3)) + 0.1);
    for (double v : x) whole.emplace_back(v, 0);
    std::vector<Complex> half(static_cast<std::size_t>(n / 2 + 1));
    ASSERT_TRUE(transform_real(&kComplex128, bytes(x), n, bytes(half), n, 1, false, 1.0, error));
    const std::vector<Complex> expected = by_definition(whole, true);
    for (std::size_t k = 0; k < half.size(); ++k) ASSERT_LT(std::abs(half[k] - expected[k]), 1e-12 * static_cast<double>(n)) << n << " at " << k;
    ASSERT_TRUE(transform_to_real(&kComplex128, bytes(half), n / 2 + 1, bytes(back), n, 1, 1.0 / static_cast<double>(n), error));
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(back[i], x[i], 1e-13) << n;
  }
}

TEST(Fft, RowsAreCutAndFilled) {
  Error error;
  const std::vector<Complex> x = {1, 2, 3, 4, 5, 6};
  std::vector<Complex> out(4);
  ASSERT_TRUE(transform(&kComplex128, bytes(x), 3, bytes(out), 2, 2, true, 1.0, error));
  EXPECT_EQ(out, (std::vector<Complex>{3, -1, 9, -1}));
  std::vector<Complex> wide(4);
  ASSERT_TRUE(transform(&kComplex128, bytes(x), 2, bytes(wide), 4, 1, true, 1.0, error));
  EXPECT_EQ(wide[0], Complex(3));
  EXPECT_EQ(wide[2], Complex(-1));
}

TEST(Lapack, SolvesStacksAndTellsOfSingularOnes) {
  Error error;
  bool failed;
  // Two matrices, columns first: [[2, 1], [0, 4]] and [[1, 0], [3, 1]].
  std::vector<double> a = {2, 0, 1, 4, 1, 3, 0, 1}, b = {4, 8, 5, 17};
  ASSERT_TRUE(solve(&kFloat64, {bytes(a), 2, 2, 2}, {bytes(b), 2, 2, 1}, &failed, error));
  EXPECT_FALSE(failed);
  const double expected[] = {1, 2, 5, 2};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(b[i], expected[i], 1e-14);
  std::vector<double> singular = {1, 2, 2, 4}, side = {1, 1};
  ASSERT_TRUE(solve(&kFloat64, {bytes(singular), 1, 2, 2}, {bytes(side), 1, 2, 1}, &failed, error));
  EXPECT_TRUE(failed);
}

TEST(Lapack, SingularVectorsMultiplyOut) {
  Error error;
  bool failed;
  const std::vector<double> original = {1, 2, 3, 4, 5, 7};  // 3 by 2
  std::vector<double> a = original, s(2), u(6), vh(4);
  ASSERT_TRUE(singular_values(&kFloat64, {bytes(a), 1, 3, 2}, 'S', bytes(s), bytes(u), bytes(vh), &failed, error));
  ASSERT_FALSE(failed);
  EXPECT_GE(s[0], s[1]);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < 2; ++k) sum += u[k * 3 + i] * s[k] * vh[j * 2 + k];
      EXPECT_NEAR(sum, original[j * 3 + i], 1e-12);
    }
}

TEST(Lapack, EigenvaluesOfARotationAreComplex) {
  Error error;
  bool failed;
  std::vector<double> a = {0, 1, -1, 0};
  std::vector<Complex> values(2), vectors(4);
  ASSERT_TRUE(eigen(&kFloat64, {bytes(a), 1, 2, 2}, bytes(values), bytes(vectors), &failed, error));
  EXPECT_NEAR(std::abs(values[0].imag()), 1, 1e-12);
  EXPECT_NEAR(values[0].imag() + values[1].imag(), 0, 1e-12);
}

TEST(Lapack, HasNoIntegers) {
  Error error;
  bool failed;
  std::vector<std::int64_t> a = {1};
  EXPECT_FALSE(solve(&kInt64, {bytes(a), 1, 1, 1}, {bytes(a), 1, 1, 1}, &failed, error));
  EXPECT_EQ(error.code, Code::no_loop);
}

}  // namespace
}  // namespace adder::array
