// The draws that distributions.def names.
#pragma once

#include "array/random/bits.h"

namespace adder::array::random {

double lognormal(Bits&, double mean, double sigma);
double gamma_scaled(Bits&, double shape, double scale);
double f_ratio(Bits&, double numerator, double denominator);
double noncentral_f(Bits&, double numerator, double denominator, double noise);
double noncentral_chi_square(Bits&, double freedom, double noise);
double cauchy(Bits&);
double student_t(Bits&, double freedom);
double von_mises(Bits&, double mu, double kappa);
double pareto(Bits&, double a);
double weibull(Bits&, double a);
double power(Bits&, double a);
double laplace(Bits&, double place, double scale);
double gumbel(Bits&, double place, double scale);
double logistic(Bits&, double place, double scale);
double rayleigh(Bits&, double mode);
double wald(Bits&, double mean, double scale);
double triangular(Bits&, double left, double mode, double right);

double legacy_normal(Bits&, double mean, double sigma);
double legacy_lognormal(Bits&, double mean, double sigma);
double legacy_exponential(Bits&, double scale);
double legacy_gamma_scaled(Bits&, double shape, double scale);
double legacy_beta(Bits&, double a, double b);
double legacy_f(Bits&, double numerator, double denominator);
double legacy_noncentral_f(Bits&, double numerator, double denominator, double noise);
double legacy_chi_square(Bits&, double freedom);
double legacy_noncentral_chi_square(Bits&, double freedom, double noise);
double legacy_cauchy(Bits&);
double legacy_student_t(Bits&, double freedom);
double legacy_von_mises(Bits&, double mu, double kappa);
double legacy_pareto(Bits&, double a);
double legacy_weibull(Bits&, double a);
double legacy_power(Bits&, double a);
double legacy_rayleigh(Bits&, double mode);
double legacy_wald(Bits&, double mean, double scale);

std::int64_t negative_binomial(Bits&, double n, double p);
std::int64_t zipf(Bits&, double a);
std::int64_t geometric(Bits&, double p);
std::int64_t hypergeometric(Bits&, std::int64_t good, std::int64_t bad, std::int64_t sample);
std::int64_t log_series(Bits&, double p);
std::int64_t legacy_negative_binomial(Bits&, double n, double p);
std::int64_t legacy_zipf(Bits&, double a);
std::int64_t legacy_geometric(Bits&, double p);
std::int64_t legacy_hypergeometric(Bits&, std::int64_t good, std::int64_t bad, std::int64_t sample);
std::int64_t legacy_log_series(Bits&, double p);

// What binomial draws of one n and p share (Kachitvichyanukul and Schmeiser, "Binomial Random Variate Generation").
struct Binomial {
  std::int64_t n;
  double p;
  bool complement;    // p is 1 less what was asked for
  bool by_inversion;  // few successes
  double q, start, bound;  // inversion
  double r, m, p1, xm, left, right, c, lambda_left, lambda_right, p2, p3, p4;  // regions

  Binomial(std::int64_t n, double p);
  std::int64_t draw(Bits&) const;
  // The legacy stream draws bits even where the outcome is sure.
  std::int64_t draw_always(Bits&) const;

 private:
  std::int64_t draw_by_inversion(Bits&) const;
  std::int64_t draw_by_regions(Bits&) const;
};

}  // namespace adder::array::random
