// SLEEF at 2 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_sse2
#define ADDER_SLEEF_LANES 2
#define ADDER_SLEEF_FLOAT_LANES 4
#define ADDER_SLEEF_ISA "sse2"
#define ADDER_SLEEF_VECTOR(suffix) __m128##suffix
#define ADDER_SLEEF_LOAD(suffix) _mm_loadu_##suffix
#define ADDER_SLEEF_STORE(suffix) _mm_storeu_##suffix
#include "array/kernels/sleef-inl.h"
