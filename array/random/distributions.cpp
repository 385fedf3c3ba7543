// The table of distributions: every draw as a loop over equal parameters.
#include "array/random/distributions.h"

#include <tuple>
#include <utility>

#include "array/random/draws.h"
#include "array/random/fill.h"

namespace adder::array::random {

namespace {

double real_of(const Parameter& p, double) { return p.real; }
std::int64_t real_of(const Parameter& p, std::int64_t) { return p.whole; }

// A draw of one number as a loop.
template <auto kDraw>
struct Each;
template <class R, class... P, R (*kDraw)(Bits&, P...)>
struct Each<kDraw> {
  static void run(Bits& bits, const Parameter* p, void* out, index_t n) { run(bits, p, static_cast<R*>(out), n, std::index_sequence_for<P...>{}); }

 private:
  template <std::size_t... i>
  static void run(Bits& bits, [[maybe_unused]] const Parameter* p, R* out, index_t n, std::index_sequence<i...>) {
    for (index_t k = 0; k < n; ++k) out[k] = kDraw(bits, real_of(p[i], P{})...);
  }
};

struct Normal {
  static void run(Bits& bits, const Parameter* p, void* out, index_t n) {
    double* const to = static_cast<double*>(out);
    fill_normal(bits, to, n);
    for (index_t i = 0; i < n; ++i) to[i] = p[0].real + p[1].real * to[i];
  }
};
struct Uniform {
  static void run(Bits& bits, const Parameter* p, void* out, index_t n) {
    double* const to = static_cast<double*>(out);
    fill_uniform(bits, to, n);
    const double range = p[1].real - p[0].real;
    for (index_t i = 0; i < n; ++i) to[i] = p[0].real + range * to[i];
  }
};
struct Exponential {
  static void run(Bits& bits, const Parameter* p, void* out, index_t n) {
    double* const to = static_cast<double*>(out);
    fill_exponential(bits, to, n);
    for (index_t i = 0; i < n; ++i) to[i] = p[0].real * to[i];
  }
};
template <std::int64_t (Binomial::*draw)(Bits&) const>
struct Binomials {
  static void run(Bits& bits, const Parameter* p, void* out, index_t n) {
    const Binomial binomial(p[0].whole, p[1].real);
    for (index_t i = 0; i < n; ++i) static_cast<std::int64_t*>(out)[i] = (binomial.*draw)(bits);
  }
};

// What a row names: one of the loops above, or a draw.
namespace draws {
constexpr Draw normal = Normal::run, uniform = Uniform::run, exponential = Exponential::run, binomials = Binomials<&Binomial::draw>::run, legacy_binomials = Binomials<&Binomial::draw_always>::run;
template <Draw kDraw>
constexpr Draw loop() { return kDraw; }
template <auto kDraw>
  requires(!std::is_convertible_v<decltype(kDraw), Draw>)
constexpr Draw loop() { return Each<kDraw>::run; }
}  // namespace draws

constexpr bool kWhole_d = false, kWhole_l = true;

template <class... P>
constexpr Distribution row(const char* name, bool whole, Together together, Draw draw, Draw legacy, std::initializer_list<ParameterInfo> parameters) {
  Distribution made{name, whole, static_cast<int>(parameters.size()), {}, together, draw, legacy};
  int at = 0;
  for (const ParameterInfo& p : parameters) made.parameters[at++] = p;
  return made;
}

}  // namespace

#define UNWRAP(...) __VA_ARGS__
#define DISTRIBUTION(name, result, parameters, together, draw, legacy)                                                             \
  [] {                                                                                                                              \
    using namespace draws;                                                                                                          \
    return row(#name, kWhole_##result, Together::together, loop<draw>(), loop<legacy>(), {UNWRAP parameters});                        \
  }(),
const Distribution distributions[] = {
#include "array/random/distributions.def"
};
#undef DISTRIBUTION
#undef UNWRAP

}  // namespace adder::array::random
