// Draws from continuous distributions.
#include <cmath>
#include <limits>
#include <numbers>

#include "array/random/distributions.h"
#include "array/random/draws.h"
#include "array/random/ziggurat.h"

namespace adder::array::random {

// ---- gamma: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables"; below 1 Ahrens and Dieter's -----------------------

namespace {

float next_real(Bits& bits, float) { return bits.next_float(); }
double next_real(Bits& bits, double) { return bits.next_double(); }
float normal_real(Bits& bits, float) { return standard_normal_f(bits); }
double normal_real(Bits& bits, double) { return standard_normal(bits); }
float exponential_real(Bits& bits, float) { return standard_exponential_f(bits); }
double exponential_real(Bits& bits, double) { return standard_exponential(bits); }

template <class T>
T gamma_of(Bits& bits, T shape) {
  const T kind{};
  if (shape == 1) return exponential_real(bits, kind);
  if (shape == 0) return 0;
  if (shape < 1) {
    for (;;) {
      const T u = next_real(bits, kind), v = exponential_real(bits, kind);
      if (u <= 1 - shape) {
        const T x = std::pow(u, 1 / shape);
        if (x <= v) return x;
      } else {
        const T y = -std::log((1 - u) / shape), x = std::pow(1 - shape + shape * y, 1 / shape);
        if (x <= v + y) return x;
      }
    }
  }
  const T b = shape - T(1) / 3, c = 1 / std::sqrt(9 * b);
  for (;;) {
    T x, v;
    do {
      x = normal_real(bits, kind);
      v = 1 + c * x;
    } while (v <= 0);
    v = v * v * v;
    const T u = next_real(bits, kind);
    if (u < 1 - T(0.0331) * (x * x) * (x * x)) return b * v;
    if (std::log(u) < T(0.5) * x * x + b * (1 - v + std::log(v))) return b * v;
  }
}

}  // namespace

// ---- the same of the generators and of the older streams, which draw their normals and gammas otherwise ---------------------------------

namespace {

using Draw = double (*)(Bits&, double);
using NormalDraw = double (*)(Bits&);

template <Draw gamma>
double ratio_of_gammas(Bits& bits, double a, double b) {
  const double x = gamma(bits, a), y = gamma(bits, b);
  return x / (x + y);
}
// `above` was drawn for the numerator.
template <Draw chi_square>
double f_ratio_of(Bits& bits, double above, double numerator, double denominator) {
  above *= denominator;
  return above / (chi_square(bits, denominator) * numerator);
}
template <Draw chi_square, NormalDraw normal>
double noncentral_above_one(Bits& bits, double freedom, double noise) {
  const double chi = chi_square(bits, freedom - 1), n = normal(bits) + std::sqrt(noise);
  return chi + n * n;
}
template <NormalDraw normal, Draw gamma>
double student_t_of(Bits& bits, double freedom) {
  const double n = normal(bits), g = gamma(bits, freedom / 2);
  return std::sqrt(freedom / 2) * n / std::sqrt(g);
}
template <NormalDraw normal>
double quotient_of(Bits& bits) {
  const double above = normal(bits);
  return above / normal(bits);
}

}  // namespace

double gamma_draw(Bits& bits, double shape) { return gamma_of(bits, shape); }
float gamma_draw(Bits& bits, float shape) { return gamma_of(bits, shape); }
double gamma_scaled(Bits& bits, double shape, double scale) { return scale * gamma_draw(bits, shape); }
double chi_square(Bits& bits, double freedom) { return 2 * gamma_draw(bits, freedom / 2); }

double f_ratio(Bits& bits, double numerator, double denominator) {
  return f_ratio_of<chi_square>(bits, chi_square(bits, numerator), numerator, denominator);
}

double noncentral_chi_square(Bits& bits, double freedom, double noise) {
  if (std::isnan(noise)) return std::numeric_limits<double>::quiet_NaN();
  if (noise == 0) return chi_square(bits, freedom);
  if (freedom > 1) return noncentral_above_one<chi_square, standard_normal>(bits, freedom, noise);
  const std::int64_t i = poisson(bits, noise / 2);
  return chi_square(bits, freedom + 2 * static_cast<double>(i));
}

double noncentral_f(Bits& bits, double numerator, double denominator, double noise) {
  return f_ratio_of<chi_square>(bits, noncentral_chi_square(bits, numerator, noise), numerator, denominator);
}

double student_t(Bits& bits, double freedom) { return student_t_of<standard_normal, gamma_draw>(bits, freedom); }

// Jöhnk's method where both are small, otherwise two gammas.
double beta_draw(Bits& bits, double a, double b) {
  if (a > 1 || b > 1) return ratio_of_gammas<gamma_draw>(bits, a, b);
  if (a < 3e-103 && b < 3e-103) return (a + b) * bits.next_double() < a ? 1 : 0;  // all but a coin
  for (;;) {
    const double u = bits.next_double(), v = bits.next_double(), x = std::pow(u, 1 / a), y = std::pow(v, 1 / b), sum = x + y;
    if (sum > 1 || u + v <= 0) continue;
    if (x > 0 && y > 0) return x / sum;
    const double excess = std::log(u) / a - std::log(v) / b;
    return excess > 0 ? std::exp(-std::log1p(std::exp(-excess))) : std::exp(excess - std::log1p(std::exp(excess)));
  }
}

// ---- of the normal, the exponential and the uniform -----------------------------------------------------------------------------------

double lognormal(Bits& bits, double mean, double sigma) { return std::exp(mean + sigma * standard_normal(bits)); }
double cauchy(Bits& bits) { return quotient_of<standard_normal>(bits); }
double pareto(Bits& bits, double a) { return std::expm1(standard_exponential(bits) / a); }
double weibull(Bits& bits, double a) { return a == 0 ? 0 : std::pow(standard_exponential(bits), 1 / a); }
double power(Bits& bits, double a) { return std::pow(-std::expm1(-standard_exponential(bits)), 1 / a); }
double rayleigh(Bits& bits, double mode) { return mode * std::sqrt(2 * standard_exponential(bits)); }

double laplace(Bits& bits, double place, double scale) {
  for (;;) {
    const double u = bits.next_double();
    if (u >= 0.5) return place - scale * std::log(2 - u - u);
    if (u > 0) return place + scale * std::log(u + u);
  }
}
double gumbel(Bits& bits, double place, double scale) {
  for (;;) {
    const double u = 1 - bits.next_double();
    if (u < 1) return place - scale * std::log(-std::log(u));
  }
}
double logistic(Bits& bits, double place, double scale) {
  for (;;) {
    const double u = bits.next_double();
    if (u > 0) return place + scale * std::log(u / (1 - u));
  }
}

// Michael, Schucany and Haas, "Generating Random Variates Using Transformations with Multiple Roots".
double wald(Bits& bits, double mean, double scale) {
  double y = standard_normal(bits);
  y = mean * y * y;
  const double d = 1 + std::sqrt(1 + 4 * scale / y), x = mean * (1 - 2 / d);
  return bits.next_double() <= mean / (mean + x) ? x : mean * mean / x;
}

double triangular(Bits& bits, double left, double mode, double right) {
  const double base = right - left, rise = mode - left, ratio = rise / base, rising = rise * base, falling = (right - mode) * base;
  const double u = bits.next_double();
  return u <= ratio ? left + std::sqrt(u * rising) : right - std::sqrt((1 - u) * falling);
}

// Best and Fisher, "Efficient Simulation of the von Mises Distribution"; a wrapped normal where it is as narrow as that.
namespace {
double von_mises_by(Bits& bits, double mu, double kappa, double s) {
  constexpr double pi = std::numbers::pi;
  double w;
  for (;;) {
    const double z = std::cos(pi * bits.next_double());
    w = (1 + s * z) / (s + z);
    const double y = kappa * (s - w), v = bits.next_double();
    if (y * (2 - y) - v >= 0 || std::log(y / v) + 1 - y >= 0) break;
  }
  double angle = std::acos(w);
  if (bits.next_double() < 0.5) angle = -angle;
  angle += mu;
  const double wrapped = std::fmod(std::fabs(angle) + pi, 2 * pi) - pi;
  return angle < 0 ? -wrapped : wrapped;
}
double von_mises_concentration(double kappa) {
  if (kappa < 1e-5) return 1 / kappa + kappa;
  const double r = 1 + std::sqrt(1 + 4 * kappa * kappa), rho = (r - std::sqrt(2 * r)) / (2 * kappa);
  return (1 + rho * rho) / (2 * rho);
}
}  // namespace

double von_mises(Bits& bits, double mu, double kappa) {
  constexpr double pi = std::numbers::pi;
  if (std::isnan(kappa)) return std::numeric_limits<double>::quiet_NaN();
  if (kappa < 1e-8) return pi * (2 * bits.next_double() - 1);
  if (kappa <= 1e6) return von_mises_by(bits, mu, kappa, von_mises_concentration(kappa));
  double angle = mu + std::sqrt(1 / kappa) * standard_normal(bits);
  if (angle < -pi) angle += 2 * pi;
  if (angle > pi) angle -= 2 * pi;
  return angle;
}

// ---- the legacy stream -------------------------------------------------------------------------------------------------------------------

// Marsaglia's polar method: normals come in pairs.
double normal_of_pair(Bits& bits) {
  if (bits.has_normal) {
    const double kept = bits.normal;
    bits.has_normal = false;
    bits.normal = 0;
    return kept;
  }
  double x, y, r;
  do {
    x = 2 * bits.next_double() - 1;
    y = 2 * bits.next_double() - 1;
    r = x * x + y * y;
  } while (r >= 1 || r == 0);
  const double factor = std::sqrt(-2 * std::log(r) / r);
  bits.normal = factor * x;
  bits.has_normal = true;
  return factor * y;
}

namespace {
double exponential_by_log(Bits& bits) { return -std::log(1 - bits.next_double()); }
}  // namespace

double legacy_gamma(Bits& bits, double shape) {
  if (shape == 1) return exponential_by_log(bits);
  if (shape == 0) return 0;
  if (shape < 1) {
    for (;;) {
      const double u = bits.next_double(), v = exponential_by_log(bits);
      if (u <= 1 - shape) {
        const double x = std::pow(u, 1 / shape);
        if (x <= v) return x;
      } else {
        const double y = -std::log((1 - u) / shape), x = std::pow(1 - shape + shape * y, 1 / shape);
        if (x <= v + y) return x;
      }
    }
  }
  const double b = shape - 1.0 / 3, c = 1 / std::sqrt(9 * b);
  for (;;) {
    double x, v;
    do {
      x = normal_of_pair(bits);
      v = 1 + c * x;
    } while (v <= 0);
    v = v * v * v;
    const double u = bits.next_double();
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return b * v;
    if (std::log(u) < 0.5 * x * x + b * (1 - v + std::log(v))) return b * v;
  }
}

double legacy_normal(Bits& bits, double mean, double sigma) { return mean + sigma * normal_of_pair(bits); }
double legacy_lognormal(Bits& bits, double mean, double sigma) { return std::exp(mean + sigma * normal_of_pair(bits)); }
double legacy_exponential(Bits& bits, double scale) { return scale * exponential_by_log(bits); }
double legacy_gamma_scaled(Bits& bits, double shape, double scale) { return scale * legacy_gamma(bits, shape); }
double legacy_chi_square(Bits& bits, double freedom) { return 2 * legacy_gamma(bits, freedom / 2); }
double legacy_f(Bits& bits, double numerator, double denominator) {
  return f_ratio_of<legacy_chi_square>(bits, legacy_chi_square(bits, numerator), numerator, denominator);
}
double legacy_noncentral_chi_square(Bits& bits, double freedom, double noise) {
  if (noise == 0) return legacy_chi_square(bits, freedom);
  if (freedom > 1) return noncentral_above_one<legacy_chi_square, normal_of_pair>(bits, freedom, noise);
  const std::int64_t i = poisson(bits, noise / 2);
  const double drawn = legacy_chi_square(bits, freedom + 2 * static_cast<double>(i));
  return std::isnan(noise) ? std::numeric_limits<double>::quiet_NaN() : drawn;
}
double legacy_noncentral_f(Bits& bits, double numerator, double denominator, double noise) {
  return f_ratio_of<legacy_chi_square>(bits, legacy_noncentral_chi_square(bits, numerator, noise), numerator, denominator);
}
double legacy_cauchy(Bits& bits) { return quotient_of<normal_of_pair>(bits); }
double legacy_student_t(Bits& bits, double freedom) { return student_t_of<normal_of_pair, legacy_gamma>(bits, freedom); }
double legacy_beta(Bits& bits, double a, double b) {
  if (a > 1 || b > 1) return ratio_of_gammas<legacy_gamma>(bits, a, b);
  for (;;) {
    const double u = bits.next_double(), v = bits.next_double(), x = std::pow(u, 1 / a), y = std::pow(v, 1 / b), sum = x + y;
    if (sum > 1 || u + v <= 0) continue;
    if (sum > 0) return x / sum;
    double log_x = std::log(u) / a, log_y = std::log(v) / b;
    const double most = log_x > log_y ? log_x : log_y;
    log_x -= most;
    log_y -= most;
    return std::exp(log_x - std::log(std::exp(log_x) + std::exp(log_y)));
  }
}
double legacy_pareto(Bits& bits, double a) { return std::exp(exponential_by_log(bits) / a) - 1; }
double legacy_weibull(Bits& bits, double a) { return a == 0 ? 0 : std::pow(exponential_by_log(bits), 1 / a); }
double legacy_power(Bits& bits, double a) { return std::pow(1 - std::exp(-exponential_by_log(bits)), 1 / a); }
double legacy_rayleigh(Bits& bits, double mode) { return mode * std::sqrt(-2 * std::log1p(-bits.next_double())); }
double legacy_wald(Bits& bits, double mean, double scale) {
  const double ratio = mean / (2 * scale);
  double y = normal_of_pair(bits);
  y = mean * y * y;
  const double x = mean + ratio * (y - std::sqrt(4 * scale * y + y * y));
  return bits.next_double() <= mean / (mean + x) ? x : mean * mean / x;
}
double legacy_von_mises(Bits& bits, double mu, double kappa) {
  if (std::isnan(kappa)) return std::numeric_limits<double>::quiet_NaN();
  if (kappa < 1e-8) return std::numbers::pi * (2 * bits.next_double() - 1);
  return von_mises_by(bits, mu, kappa, von_mises_concentration(kappa));
}

// ---- several numbers at once ---------------------------------------------------------------------------------------------------------------

namespace {
template <double (*draw)(Bits&, double)>
void normalised_gammas(Bits& bits, const double* alpha, index_t classes, double* out) {
  double sum = 0;
  for (index_t i = 0; i < classes; ++i) sum += out[i] = draw(bits, alpha[i]);
  const double factor = 1 / sum;
  for (index_t i = 0; i < classes; ++i) out[i] *= factor;
}
}  // namespace

void dirichlet(Bits& bits, const double* alpha, index_t classes, double* out) {
  double most = 0;
  for (index_t i = 0; i < classes; ++i) most = alpha[i] > most ? alpha[i] : most;
  if (most >= 0.1) return normalised_gammas<gamma_draw>(bits, alpha, classes, out);
  // Small concentrations: gammas might all be zero. A stick is broken by betas instead.
  double rest = 1;
  for (index_t i = 0; i < classes; ++i) out[i] = 0;
  index_t i = 0;
  for (; i < classes - 1; ++i) {
    double beyond = 0;
    for (index_t k = classes - 1; k > i; --k) beyond += alpha[k];
    if (beyond == 0) break;  // nothing but zeros follows
    const double part = beta_draw(bits, alpha[i], beyond);
    out[i] = rest * part;
    rest *= 1 - part;
  }
  if (alpha[i] > 0) out[i] = rest;
}
void legacy_dirichlet(Bits& bits, const double* alpha, index_t classes, double* out) {
  normalised_gammas<legacy_gamma>(bits, alpha, classes, out);
}

}  // namespace adder::array::random
