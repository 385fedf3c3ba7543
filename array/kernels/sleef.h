// SLEEF's functions over blocks of doubles or floats, at each vector width. A block may be read and written up to the next whole vector
// beyond its end. Each width is a translation unit compiled for its instruction set: elsewhere its vectors would not be
// passed in registers, where SLEEF expects them.
#pragma once
#include <cstddef>

// X(name, accuracy in ulp as SLEEF writes it): 1.0 or 3.5, the rough ones where they are well within NumPy's 4 and faster.
#define ADDER_SLEEF_UNARY(X) \
  X(exp, u10) X(exp2, u10) X(log2, u35) X(log10, u10) X(sin, u10) X(cos, u10) X(tan, u35) X(asin, u35) X(acos, u35)
#define ADDER_SLEEF_DOUBLE2(X) X(atan2, u10) X(pow, u10) X(hypot, u05)
#define ADDER_SLEEF_FLOAT2(X) X(pow, u10)

#define ADDER_DECLARE_DOUBLE(name, accuracy) void name(const double* x, double* r, std::ptrdiff_t n);
#define ADDER_DECLARE_FLOAT(name, accuracy) void name(const float* x, float* r, std::ptrdiff_t n);
#define ADDER_DECLARE_DOUBLE2(name, accuracy) void name(const double* x, const double* y, double* r, std::ptrdiff_t n);
#define ADDER_DECLARE_FLOAT2(name, accuracy) void name(const float* x, const float* y, float* r, std::ptrdiff_t n);
#define ADDER_DECLARE_SLEEF \
  ADDER_SLEEF_UNARY(ADDER_DECLARE_DOUBLE) ADDER_SLEEF_UNARY(ADDER_DECLARE_FLOAT) ADDER_SLEEF_DOUBLE2(ADDER_DECLARE_DOUBLE2) ADDER_SLEEF_FLOAT2(ADDER_DECLARE_FLOAT2)
namespace adder::array::sleef_sse2 { ADDER_DECLARE_SLEEF }
namespace adder::array::sleef_avx2 { ADDER_DECLARE_SLEEF }
namespace adder::array::sleef_avx512 { ADDER_DECLARE_SLEEF }
#undef ADDER_DECLARE_SLEEF
#undef ADDER_DECLARE_DOUBLE
#undef ADDER_DECLARE_FLOAT
#undef ADDER_DECLARE_DOUBLE2
#undef ADDER_DECLARE_FLOAT2
