// SLEEF at 4 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_avx2
#define ADDER_SLEEF_LANES 4
#define ADDER_SLEEF_FLOAT_LANES 8
#define ADDER_SLEEF_ISA "avx2"
#define ADDER_SLEEF_VECTOR(suffix) __m256##suffix
#define ADDER_SLEEF_LOAD(suffix) _mm256_loadu_##suffix
#define ADDER_SLEEF_STORE(suffix) _mm256_storeu_##suffix
#include "array/kernels/sleef-inl.h"
