// SLEEF at 8 doubles a vector; compiled for its instruction set (CMakeLists.txt).
#define ADDER_SLEEF_NAMESPACE sleef_avx512
#define ADDER_SLEEF_LANES 8
#define ADDER_SLEEF_FLOAT_LANES 16
#define ADDER_SLEEF_ISA "avx512f"
#define ADDER_SLEEF_VECTOR(suffix) __m512##suffix
#define ADDER_SLEEF_LOAD(suffix) _mm512_loadu_##suffix
#define ADDER_SLEEF_STORE(suffix) _mm512_storeu_##suffix
#include "array/kernels/sleef-inl.h"
