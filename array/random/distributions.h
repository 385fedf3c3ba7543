// The distributions: one row each in distributions.def, drawn from any generator. The order in which a draw takes bits is NumPy's, so
// that streams are the same; `legacy` draws are those of NumPy's frozen RandomState.
#pragma once

#include "array/core/error.h"
#include "array/random/bits.h"

namespace adder::array::random {

union Parameter {
  double real;
  std::int64_t whole;
};

// What a parameter must be; texts of refusals belong to the host.
enum class Rule : std::uint8_t {
  any,            // real
  not_negative,   // a sign bit is refused, NaN is not
  positive,       // above 0; NaN is not refused
  positive_number,  // above 0; NaN is refused
  unit,           // [0, 1]
  open_unit,      // (0, 1]
  below_one,      // [0, 1)
  above_one,      // above 1
  mean,           // of Poisson: [0, about 2^63]
  count,          // whole, not negative
};
inline bool is_whole(Rule rule) { return rule == Rule::count; }

// What all parameters together must be, beside the rules of each.
enum class Together : std::uint8_t { free, range, triangle, population, poisson_mean };

using Draw = void (*)(Bits&, const Parameter*, void* out, index_t n);  // n doubles, or int64s

struct ParameterInfo {
  const char* name;
  Rule rule;
  double value;  // where it is left out
};

struct Distribution {
  const char* name;
  bool whole;  // draws int64
  int count;
  ParameterInfo parameters[3];
  Together together;
  Draw draw, legacy;
};

enum class Row : std::uint8_t {
#define DISTRIBUTION(name, ...) name,
#include "array/random/distributions.def"
#undef DISTRIBUTION
};
extern const Distribution distributions[];

// The largest mean whose draws fit: the limit less ten deviations.
double poisson_limit();

// ---- building blocks that several distributions are made of ------------------------------------------------------------------------
double gamma_draw(Bits& bits, double shape);  // scale 1
float gamma_draw(Bits& bits, float shape);
double chi_square(Bits& bits, double freedom);
double beta_draw(Bits& bits, double a, double b);
std::int64_t poisson(Bits& bits, double mean);
std::int64_t binomial(Bits& bits, std::int64_t n, double p);
double log_gamma(double x);
double normal_of_pair(Bits& bits);  // the legacy stream's
double legacy_gamma(Bits& bits, double shape);

// Rows of `classes` counts that sum to `n`, with the probabilities `p`.
void multinomial(Bits& bits, std::int64_t n, const double* p, index_t classes, std::int64_t* out);
// `alpha` of `classes` concentrations.
void dirichlet(Bits& bits, const double* alpha, index_t classes, double* out);
void legacy_dirichlet(Bits& bits, const double* alpha, index_t classes, double* out);
// Draws `sample` of a population of `colors` kinds; by drawing one kind after the other.
void multivariate_hypergeometric(Bits& bits, const std::int64_t* colors, index_t kinds, std::int64_t sample, std::int64_t* out);
// The same by shuffling the whole population; false if there is no memory.
bool multivariate_hypergeometric_by_count(Bits& bits, const std::int64_t* colors, index_t kinds, std::int64_t sample, index_t rows, std::int64_t* out);

}  // namespace adder::array::random
