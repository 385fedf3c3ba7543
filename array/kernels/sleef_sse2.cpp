// SLEEF at 2 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_sse2
#define ADDER_SLEEF_LANES 2
#define ADDER_SLEEF_ISA "sse2"
#define ADDER_SLEEF_VECTOR __m128d
#define ADDER_SLEEF_LOAD _mm_loadu_pd
#define ADDER_SLEEF_STORE _mm_storeu_pd
#include "array/kernels/sleef-inl.h"
