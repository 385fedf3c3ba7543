// Draws from discrete distributions.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "array/random/bounded.h"
#include "array/random/distributions.h"
#include "array/random/draws.h"
#include "array/random/ziggurat.h"

namespace adder::array::random {

namespace {

using i64 = std::int64_t;
constexpr i64 kMost = std::numeric_limits<i64>::max();
constexpr double kMostReal = 9223372036854774784.0;  // the largest double below 2^63

// As x86 converts: what has no i64 gives the smallest.
i64 truncated(double x) { return std::fabs(x) <= kMostReal ? static_cast<i64>(x) : std::numeric_limits<i64>::min(); }

}  // namespace

// Stirling's series, after Zhang and Jin, "Computation of Special Functions"; arguments below 7 are moved up.
double log_gamma(double x) {
  constexpr double terms[] = {8.333333333333333e-02, -2.777777777777778e-03, 7.936507936507937e-04, -5.952380952380952e-04, 8.417508417508418e-04,
                              -1.917526917526918e-03, 6.410256410256410e-03, -2.955065359477124e-02, 1.796443723688307e-01, -1.39243221690590e+00};
  if (x == 1 || x == 2) return 0;
  const i64 moved = x < 7 ? static_cast<i64>(7 - x) : 0;
  double y = x + static_cast<double>(moved);
  const double inverse_square = (1 / y) * (1 / y);
  double sum = terms[9];
  for (int i = 8; i >= 0; --i) sum = sum * inverse_square + terms[i];
  double result = sum / y + 0.5 * 1.8378770664093453 + (y - 0.5) * std::log(y) - y;
  for (i64 i = 0; i < moved; ++i) {
    y -= 1;
    result -= std::log(y);
  }
  return result;
}

// ---- Poisson: Hörmann, "The Transformed Rejection Method for Generating Poisson Random Variables"; few events by their gaps ------------

double poisson_limit() { return static_cast<double>(kMost) - std::sqrt(static_cast<double>(kMost)) * 10; }

i64 poisson(Bits& bits, double mean) {
  if (mean >= 10) {
    const double root = std::sqrt(mean), log_mean = std::log(mean), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
    const double inverse = 1.1239 + 1.1328 / (b - 3.4), v_bound = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const double u = bits.next_double() - 0.5, v = bits.next_double(), room = 0.5 - std::fabs(u);
      const i64 k = truncated(std::floor((2 * a / room + b) * u + mean + 0.43));
      if (room >= 0.07 && v <= v_bound) return k;
      if (k < 0 || (room < 0.013 && v > room)) continue;
      if (std::log(v) + std::log(inverse) - std::log(a / (room * room) + b) <= -mean + static_cast<double>(k) * log_mean - log_gamma(static_cast<double>(k + 1)))
        return k;
    }
  }
  if (mean == 0) return 0;
  const double least = std::exp(-mean);
  double product = 1;
  for (i64 k = 0;; ++k) {
    product *= bits.next_double();
    if (!(product > least)) return k;
  }
}

// ---- binomial ------------------------------------------------------------------------------------------------------------------------------

Binomial::Binomial(i64 count, double probability) : n(count), p(probability), complement(probability > 0.5) {
  if (complement) p = 1 - p;
  const double real_n = static_cast<double>(n);
  by_inversion = p * real_n <= 30;
  q = 1 - p;
  if (by_inversion) {
    start = std::exp(real_n * std::log(q));
    const double mean = real_n * p;
    bound = std::min(real_n, mean + 10 * std::sqrt(mean * q + 1));
    return;
  }
  r = std::min(p, 1 - p);
  q = 1 - r;
  const double fm = real_n * r + r;
  m = std::floor(fm);
  p1 = std::floor(2.195 * std::sqrt(real_n * r * q) - 4.6 * q) + 0.5;
  xm = m + 0.5;
  left = xm - p1;
  right = xm + p1;
  c = 0.134 + 20.5 / (15.3 + m);
  double a = (fm - left) / (fm - left * r);
  lambda_left = a * (1 + a / 2);
  a = (right - fm) / (right * q);
  lambda_right = a * (1 + a / 2);
  p2 = p1 * (1 + 2 * c);
  p3 = p2 + c / lambda_left;
  p4 = p3 + c / lambda_right;
}

i64 Binomial::draw(Bits& bits) const {
  return n == 0 || (p == 0 && !complement) ? 0 : draw_always(bits);
}

i64 Binomial::draw_always(Bits& bits) const {
  const i64 drawn = by_inversion ? draw_by_inversion(bits) : draw_by_regions(bits);
  return complement ? n - drawn : drawn;
}

i64 Binomial::draw_by_inversion(Bits& bits) const {
  i64 x = 0;
  const i64 most = static_cast<i64>(bound);
  double term = start, u = bits.next_double();
  while (u > term) {
    if (++x > most) {
      x = 0;
      term = start;
      u = bits.next_double();
    } else {
      u -= term;
      term = (static_cast<double>(n - x + 1) * p * term) / (static_cast<double>(x) * q);
    }
  }
  return x;
}

i64 Binomial::draw_by_regions(Bits& bits) const {
  const double real_n = static_cast<double>(n), nrq = real_n * r * q;
  for (;;) {
    const double u = bits.next_double() * p4;
    double v = bits.next_double();
    i64 y;
    if (u <= p1) return static_cast<i64>(std::floor(xm - p1 * v + u));  // the triangle
    if (u <= p2) {                                                       // the parallelograms
      const double x = left + (u - p1) / c;
      v = v * c + 1 - std::fabs(m - x + 0.5) / p1;
      if (v > 1) continue;
      y = static_cast<i64>(std::floor(x));
    } else if (u <= p3) {  // the left tail
      y = truncated(std::floor(left + std::log(v) / lambda_left));
      if (y < 0 || v == 0) continue;
      v = v * (u - p2) * lambda_left;
    } else {
      y = truncated(std::floor(right - std::log(v) / lambda_right));
      if (y > n || v == 0) continue;
      v = v * (u - p3) * lambda_right;
    }
    const i64 middle = static_cast<i64>(m), away = std::abs(y - middle);
    const double k = static_cast<double>(away);
    if (!(k > 20 && k < nrq / 2 - 1)) {
      // Near the middle: the ratio of the two terms, factor by factor.
      const double s = r / q, a = s * (real_n + 1);
      double ratio = 1;
      for (i64 i = middle + 1; i <= y; ++i) ratio *= a / static_cast<double>(i) - s;
      for (i64 i = y + 1; i <= middle; ++i) ratio /= a / static_cast<double>(i) - s;
      if (v > ratio) continue;
      return y;
    }
    const double rho = (k / nrq) * ((k * (k / 3 + 0.625) + 0.16666666666666666) / nrq + 0.5), t = -k * k / (2 * nrq), log_v = std::log(v);
    if (log_v < t - rho) return y;
    if (log_v > t + rho) continue;
    const double real_y = static_cast<double>(y), x1 = real_y + 1, f1 = m + 1, z = real_n + 1 - m, w = real_n - real_y + 1;
    auto correction = [](double x) {
      const double s = x * x;
      return (13680. - (462. - (132. - (99. - 140. / s) / s) / s) / s) / x / 166320.;
    };
    if (log_v > xm * std::log(f1 / x1) + (real_n - m + 0.5) * std::log(z / w) + (real_y - m) * std::log(w * r / (x1 * q)) + correction(f1) + correction(z) +
                    correction(x1) + correction(w))
      continue;
    return y;
  }
}

i64 binomial(Bits& bits, i64 n, double p) { return Binomial(n, p).draw(bits); }

void multinomial(Bits& bits, i64 n, const double* p, index_t classes, i64* out) {
  double rest = 1;
  i64 left = n;
  for (index_t i = 0; i < classes; ++i) out[i] = 0;
  for (index_t i = 0; i < classes - 1; ++i) {
    out[i] = binomial(bits, left, p[i] / rest);
    left -= out[i];
    if (left <= 0) return;
    rest -= p[i];
  }
  if (left > 0) out[classes - 1] = left;
}

// ---- others -----------------------------------------------------------------------------------------------------------------------------------

i64 negative_binomial(Bits& bits, double n, double p) { return poisson(bits, gamma_scaled(bits, n, (1 - p) / p)); }
i64 legacy_negative_binomial(Bits& bits, double n, double p) { return poisson(bits, legacy_gamma_scaled(bits, n, (1 - p) / p)); }

// Devroye, "Non-Uniform Random Variate Generation", chapter X.6; values that do not fit are left out from the start.
i64 zipf(Bits& bits, double a) {
  if (a >= 1025) return 1;
  const double less = a - 1, b = std::pow(2, less), least = std::pow(static_cast<double>(kMost), -less);
  for (;;) {
    const double u01 = bits.next_double(), u = u01 * least + (1 - u01), v = bits.next_double(), x = std::floor(std::pow(u, -1 / less));
    if (x > static_cast<double>(kMost) || x < 1) continue;
    const double t = std::pow(1 + 1 / x, less);
    if (v * x * (t - 1) / (b - 1) <= t / b) return x >= kMostReal + 512 ? kMost : static_cast<i64>(x);
  }
}
i64 legacy_zipf(Bits& bits, double a) {
  const double less = a - 1, b = std::pow(2, less);
  for (;;) {
    const double u = 1 - bits.next_double(), v = bits.next_double(), x = std::floor(std::pow(u, -1 / less));
    if (x > static_cast<double>(kMost) || x < 1) continue;
    const double t = std::pow(1 + 1 / x, less);
    if (v * x * (t - 1) / (b - 1) <= t / b) return x >= kMostReal + 512 ? kMost : static_cast<i64>(x);
  }
}

namespace {
i64 geometric_by_search(Bits& bits, double p) {
  const double q = 1 - p, u = bits.next_double();
  double sum = p, product = p;
  i64 x = 1;
  while (u > sum) {
    product *= q;
    sum += product;
    ++x;
  }
  return x;
}
}  // namespace

i64 geometric(Bits& bits, double p) {
  if (p >= 1.0 / 3) return geometric_by_search(bits, p);
  const double z = std::ceil(-standard_exponential(bits) / std::log1p(-p));
  return z >= 9.223372036854776e18 ? kMost : static_cast<i64>(z);
}
i64 legacy_geometric(Bits& bits, double p) {
  if (p >= 1.0 / 3) return geometric_by_search(bits, p);
  return truncated(std::ceil(std::log(1 - bits.next_double()) / std::log(1 - p)));
}

// Kemp, "Efficient Generation of Logarithmically Distributed Pseudo-Random Variables".
namespace {
template <bool kLegacy>
i64 log_series_of(Bits& bits, double p) {
  const double r = kLegacy ? std::log(1 - p) : std::log1p(-p);
  for (;;) {
    const double v = bits.next_double();
    if (v >= p) return 1;
    const double u = bits.next_double(), q = kLegacy ? 1 - std::exp(r * u) : -std::expm1(r * u);
    if (v <= q * q) {
      const double x = std::floor(1 + std::log(v) / std::log(q));
      if (x < 1 || v == 0) continue;
      return x >= 9.223372036854776e18 ? kMost : static_cast<i64>(x);
    }
    return v >= q ? 1 : 2;
  }
}
}  // namespace
i64 log_series(Bits& bits, double p) { return log_series_of<false>(bits, p); }
i64 legacy_log_series(Bits& bits, double p) { return log_series_of<true>(bits, p); }

// ---- hypergeometric: Stadlober, "The Ratio of Uniforms Approach for Generating Discrete Random Variates" -----------------------------------

namespace {

constexpr double kD1 = 1.7155277699214135, kD2 = 0.8989161620588988;  // 2 sqrt(2 / e), 3 - 2 sqrt(3 / e)

double log_factorial(i64 k) {
  static const auto& table = *[] {
    struct Table { double of[126]; };
    auto* made = new Table;
    long double sum = 0;
    made->of[0] = 0;
    for (int i = 1; i < 126; ++i) made->of[i] = static_cast<double>(sum += std::log(static_cast<long double>(i)));
    return made;
  }();
  if (k < 126) return table.of[k];
  const double x = static_cast<double>(k);
  return (x + 0.5) * std::log(x) - x + (0.9189385332046728 + (1 / x) * (1 / 12.0 - 1 / (360.0 * x * x)));
}

i64 hypergeometric_one_by_one(Bits& bits, i64 good, i64 bad, i64 sample) {
  i64 total = good + bad;
  const bool turned = sample > total / 2;
  i64 draws = turned ? total - sample : sample, left = good;
  while (draws > 0 && left > 0 && total > left) {
    --total;
    if (static_cast<i64>(bounded_by_mask(bits, static_cast<u64>(total))) < left) --left;
    --draws;
  }
  if (total == left) left -= draws;
  return turned ? left : good - left;
}

i64 hypergeometric_by_ratio(Bits& bits, i64 good, i64 bad, i64 sample) {
  const i64 population = good + bad, drawn = std::min(sample, population - sample), fewer = std::min(good, bad), more = std::max(good, bad);
  const double p = static_cast<double>(fewer) / static_cast<double>(population), q = static_cast<double>(more) / static_cast<double>(population);
  const double mu = static_cast<double>(drawn) * p, a = mu + 0.5;
  const double variance = static_cast<double>(population - drawn) * static_cast<double>(drawn) * p * q / static_cast<double>(population - 1);
  const double c = std::sqrt(variance + 0.5), h = kD1 * c + kD2;
  const i64 m = static_cast<i64>(std::floor(static_cast<double>(drawn + 1) * static_cast<double>(fewer + 1) / static_cast<double>(population + 2)));
  auto weight = [&](i64 k) { return log_factorial(k) + log_factorial(fewer - k) + log_factorial(drawn - k) + log_factorial(more - drawn + k); };
  const double g = weight(m), b = std::min(static_cast<double>(std::min(drawn, fewer) + 1), std::floor(a + 16 * c));
  i64 k;
  for (;;) {
    const double u = bits.next_double(), v = bits.next_double(), x = a + h * (v - 0.5) / u;
    if (x < 0 || x >= b) continue;
    k = static_cast<i64>(std::floor(x));
    const double t = g - weight(k);
    if (u * (4 - u) - 3 <= t) break;
    if (u * (u - t) >= 1) continue;
    if (2 * std::log(u) <= t) break;
  }
  if (good > bad) k = drawn - k;
  return drawn < sample ? good - k : k;
}

i64 legacy_hypergeometric_few(Bits& bits, i64 good, i64 bad, i64 sample) {
  const double fewer = static_cast<double>(std::min(bad, good)), others = static_cast<double>(bad + good - sample);
  double y = fewer;
  i64 k = sample;
  while (y > 0) {
    const double u = bits.next_double();
    y -= std::floor(u + y / (others + static_cast<double>(k)));
    if (--k == 0) break;
  }
  const i64 z = static_cast<i64>(fewer - y);
  return good > bad ? sample - z : z;
}

i64 legacy_hypergeometric_many(Bits& bits, i64 good, i64 bad, i64 sample) {
  const i64 fewer = std::min(good, bad), more = std::max(good, bad), population = good + bad, drawn = std::min(sample, population - sample);
  const double m = static_cast<double>(drawn), share = static_cast<double>(fewer) / static_cast<double>(population), rest = 1 - share, mu = m * share + 0.5;
  const double c = std::sqrt(static_cast<double>(population - drawn) * static_cast<double>(sample) * share * rest / static_cast<double>(population - 1) + 0.5);
  const double h = kD1 * c + kD2;
  const i64 mode = static_cast<i64>(std::floor(static_cast<double>(drawn + 1) * static_cast<double>(fewer + 1) / static_cast<double>(population + 2)));
  auto weight = [&](i64 k) {
    return log_gamma(static_cast<double>(k + 1)) + log_gamma(static_cast<double>(fewer - k + 1)) + log_gamma(static_cast<double>(drawn - k + 1)) +
           log_gamma(static_cast<double>(more - drawn + k + 1));
  };
  const double g = weight(mode), b = std::min(static_cast<double>(std::min(drawn, fewer)) + 1, std::floor(mu + 16 * c));
  i64 z;
  for (;;) {
    const double x = bits.next_double(), y = bits.next_double(), w = mu + h * (y - 0.5) / x;
    if (w < 0 || w >= b) continue;
    z = static_cast<i64>(std::floor(w));
    const double t = g - weight(z);
    if (x * (4 - x) - 3 <= t) break;
    if (x * (x - t) >= 1) continue;
    if (2 * std::log(x) <= t) break;
  }
  if (good > bad) z = drawn - z;
  return drawn < sample ? good - z : z;
}

}  // namespace

i64 hypergeometric(Bits& bits, i64 good, i64 bad, i64 sample) {
  if (sample >= 10 && sample <= good + bad - 10) return hypergeometric_by_ratio(bits, good, bad, sample);
  return hypergeometric_one_by_one(bits, good, bad, sample);
}
i64 legacy_hypergeometric(Bits& bits, i64 good, i64 bad, i64 sample) {
  if (sample > 10) return legacy_hypergeometric_many(bits, good, bad, sample);
  return sample > 0 ? legacy_hypergeometric_few(bits, good, bad, sample) : 0;
}

void multivariate_hypergeometric(Bits& bits, const i64* colors, index_t kinds, i64 sample, i64* out) {
  i64 population = 0;
  for (index_t i = 0; i < kinds; ++i) population += colors[i];
  // What is left is drawn rather than the sample where that is less.
  const bool turned = sample > population / 2;
  i64 draws = turned ? population - sample : sample, rest = population;
  for (index_t i = 0; i < kinds; ++i) out[i] = 0;
  for (index_t i = 0; draws > 0 && i + 1 < kinds; ++i) {
    rest -= colors[i];
    const i64 drawn = hypergeometric(bits, colors[i], rest, draws);
    out[i] = drawn;
    draws -= drawn;
  }
  if (draws > 0) out[kinds - 1] = draws;
  if (turned)
    for (index_t i = 0; i < kinds; ++i) out[i] = colors[i] - out[i];
}

bool multivariate_hypergeometric_by_count(Bits& bits, const i64* colors, index_t kinds, i64 sample, index_t rows, i64* out) {
  i64 population = 0;
  for (index_t i = 0; i < kinds; ++i) population += colors[i];
  auto* const balls = static_cast<i64*>(std::malloc(static_cast<std::size_t>(population ? population : 1) * sizeof(i64)));
  if (!balls) return false;
  i64 at = 0;
  for (index_t i = 0; i < kinds; ++i)
    for (i64 k = 0; k < colors[i]; ++k) balls[at++] = i;
  const bool turned = sample > population / 2;
  const i64 draws = turned ? population - sample : sample;
  for (index_t row = 0; row < rows; ++row, out += kinds) {
    for (index_t i = 0; i < kinds; ++i) out[i] = turned ? colors[i] : 0;
    for (i64 j = 0; j < draws; ++j) {
      const i64 k = j + static_cast<i64>(bounded_by_mask(bits, static_cast<u64>(population - j - 1)));
      std::swap(balls[j], balls[k]);
      out[balls[j]] += turned ? -1 : 1;
    }
  }
  std::free(balls);
  return true;
}

}  // namespace adder::array::random
