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
#define ADDER_SLEEF_NAME(name, lanes, accuracy) "Sleef_" #name ADDER_SLEEF_TEXT(lanes) "_" #accuracy ADDER_SLEEF_ISA

#define ADDER_DEFINE1(name, T, symbol, Vector, lanes, load, store)                                          \
  void name(const T* x, T* r, std::ptrdiff_t n) {                                                          \
    using Function = Vector(Vector);                                                                       \
    static Function* const f = reinterpret_cast<Function*>(library_symbol("libsleef.so.3", symbol));       \
    for (std::ptrdiff_t i = 0; i < n; i += lanes) store(r + i, f(load(x + i)));                            \
  }
#define ADDER_DEFINE2(name, T, symbol, Vector, lanes, load, store)                                          \
  void name(const T* x, const T* y, T* r, std::ptrdiff_t n) {                                              \
    using Function = Vector(Vector, Vector);                                                               \
    static Function* const f = reinterpret_cast<Function*>(library_symbol("libsleef.so.3", symbol));       \
    for (std::ptrdiff_t i = 0; i < n; i += lanes) store(r + i, f(load(x + i), load(y + i)));               \
  }
#define ADDER_DOUBLES ADDER_SLEEF_VECTOR(d), ADDER_SLEEF_LANES, ADDER_SLEEF_LOAD(pd), ADDER_SLEEF_STORE(pd)
#define ADDER_FLOATS ADDER_SLEEF_VECTOR(), ADDER_SLEEF_FLOAT_LANES, ADDER_SLEEF_LOAD(ps), ADDER_SLEEF_STORE(ps)
#define ADDER_DEFINE(define, ...) define(__VA_ARGS__)
#define ADDER_DEFINE_DOUBLE(name, accuracy) ADDER_DEFINE(ADDER_DEFINE1, name, double, ADDER_SLEEF_NAME(name##d, ADDER_SLEEF_LANES, accuracy), ADDER_DOUBLES)
#define ADDER_DEFINE_FLOAT(name, accuracy) ADDER_DEFINE(ADDER_DEFINE1, name, float, ADDER_SLEEF_NAME(name##f, ADDER_SLEEF_FLOAT_LANES, accuracy), ADDER_FLOATS)
#define ADDER_DEFINE_DOUBLE2(name, accuracy) ADDER_DEFINE(ADDER_DEFINE2, name, double, ADDER_SLEEF_NAME(name##d, ADDER_SLEEF_LANES, accuracy), ADDER_DOUBLES)
#define ADDER_DEFINE_FLOAT2(name, accuracy) ADDER_DEFINE(ADDER_DEFINE2, name, float, ADDER_SLEEF_NAME(name##f, ADDER_SLEEF_FLOAT_LANES, accuracy), ADDER_FLOATS)
ADDER_SLEEF_UNARY(ADDER_DEFINE_DOUBLE)
ADDER_SLEEF_UNARY(ADDER_DEFINE_FLOAT)
ADDER_SLEEF_DOUBLE2(ADDER_DEFINE_DOUBLE2)
ADDER_SLEEF_FLOAT2(ADDER_DEFINE_FLOAT2)

}  // namespace adder::array::ADDER_SLEEF_NAMESPACE
