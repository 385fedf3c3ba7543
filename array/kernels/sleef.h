// SLEEF's functions over blocks of doubles, at each vector width. A block may be read and written up to the next whole vector
// beyond its end. Each width is a translation unit compiled for its instruction set: elsewhere its vectors would not be
// passed in registers, where SLEEF expects them.
#pragma once
#include <cstddef>

// X(name, accuracy in ulp as SLEEF writes it)
#define ADDER_SLEEF_UNARY(X) \
  X(exp, u10) X(exp2, u10) X(expm1, u10) X(log, u10) X(log2, u10) X(log10, u10) X(log1p, u10) X(sin, u10) X(cos, u10) \
  X(tan, u10) X(asin, u10) X(acos, u10) X(atan, u10) X(tanh, u10) X(cbrt, u10)
#define ADDER_SLEEF_BINARY(X) X(atan2, u10) X(pow, u10) X(hypot, u05)

#define ADDER_DECLARE_UNARY(name, accuracy) void name(const double* x, double* r, std::ptrdiff_t n);
#define ADDER_DECLARE_BINARY(name, accuracy) void name(const double* x, const double* y, double* r, std::ptrdiff_t n);
namespace adder::array::sleef_sse2 { ADDER_SLEEF_UNARY(ADDER_DECLARE_UNARY) ADDER_SLEEF_BINARY(ADDER_DECLARE_BINARY) }
namespace adder::array::sleef_avx2 { ADDER_SLEEF_UNARY(ADDER_DECLARE_UNARY) ADDER_SLEEF_BINARY(ADDER_DECLARE_BINARY) }
namespace adder::array::sleef_avx512 { ADDER_SLEEF_UNARY(ADDER_DECLARE_UNARY) ADDER_SLEEF_BINARY(ADDER_DECLARE_BINARY) }
#undef ADDER_DECLARE_UNARY
#undef ADDER_DECLARE_BINARY
