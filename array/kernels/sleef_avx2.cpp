// SLEEF at 4 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_avx2
#define ADDER_SLEEF_LANES 4
#define ADDER_SLEEF_ISA "avx2"
#define ADDER_SLEEF_VECTOR __m256d
#define ADDER_SLEEF_LOAD _mm256_loadu_pd
#define ADDER_SLEEF_STORE _mm256_storeu_pd
#include "array/kernels/sleef-inl.h"
