// One width of sleef.h: the including file says its namespace, vector type, lanes, loads and stores, and how SLEEF names it.
// The library is opened when one of its functions is first called. Includes nothing with inline functions, which the linker
// might take from here for processors without this instruction set.
#include <immintrin.h>

#include "array/kernels/sleef.h"

namespace adder {
void* library_symbol(const char* library, const char* symbol);  // array/core/lazy_library.h
}

namespace adder::array::ADDER_SLEEF_NAMESPACE {

#define ADDER_SLEEF_TEXT2(x) #x
#define ADDER_SLEEF_TEXT(x) ADDER_SLEEF_TEXT2(x)
#define ADDER_SLEEF_NAME(name, accuracy) "Sleef_" #name ADDER_SLEEF_TEXT(ADDER_SLEEF_LANES) "_" #accuracy ADDER_SLEEF_ISA

#define ADDER_DEFINE_UNARY(name, accuracy)                                                                             \
  void name(const double* x, double* r, std::ptrdiff_t n) {                                                            \
    using Function = ADDER_SLEEF_VECTOR(ADDER_SLEEF_VECTOR);                                                           \
    static Function* const f = reinterpret_cast<Function*>(library_symbol("libsleef.so.3", ADDER_SLEEF_NAME(name##d, accuracy))); \
    for (std::ptrdiff_t i = 0; i < n; i += ADDER_SLEEF_LANES) ADDER_SLEEF_STORE(r + i, f(ADDER_SLEEF_LOAD(x + i)));    \
  }
#define ADDER_DEFINE_BINARY(name, accuracy)                                                                            \
  void name(const double* x, const double* y, double* r, std::ptrdiff_t n) {                                           \
    using Function = ADDER_SLEEF_VECTOR(ADDER_SLEEF_VECTOR, ADDER_SLEEF_VECTOR);                                       \
    static Function* const f = reinterpret_cast<Function*>(library_symbol("libsleef.so.3", ADDER_SLEEF_NAME(name##d, accuracy))); \
    for (std::ptrdiff_t i = 0; i < n; i += ADDER_SLEEF_LANES)                                                          \
      ADDER_SLEEF_STORE(r + i, f(ADDER_SLEEF_LOAD(x + i), ADDER_SLEEF_LOAD(y + i)));                                   \
  }
ADDER_SLEEF_UNARY(ADDER_DEFINE_UNARY)
ADDER_SLEEF_BINARY(ADDER_DEFINE_BINARY)

}  // namespace adder::array::ADDER_SLEEF_NAMESPACE
