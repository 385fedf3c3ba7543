// SLEEF at 8 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_avx512
#define ADDER_SLEEF_LANES 8
#define ADDER_SLEEF_ISA "avx512f"
#define ADDER_SLEEF_VECTOR __m512d
#define ADDER_SLEEF_LOAD _mm512_loadu_pd
#define ADDER_SLEEF_STORE _mm512_storeu_pd
#include "array/kernels/sleef-inl.h"
