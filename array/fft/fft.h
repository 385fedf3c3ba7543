// Discrete Fourier transforms of rows. Lengths are taken apart into radices of 4, 2, 3, 5 and other small primes (Stockham's ordering, so
// that nothing is permuted); lengths with large prime factors go through a convolution (Bluestein). The error grows with log n: within a
// few ulp of the largest element.
#pragma once

#include "array/core/dtype.h"
#include "array/core/error.h"

namespace adder::array {

// Rows of `length` elements lie one after the other in `in`; each is cut or filled with zeros to what the transform takes. `n`: the
// transform's length (at least 1), `scale`: what every result is multiplied by. `dtype` is the complex one, kComplex64 or kComplex128. False
// (Code::no_memory) if there is no room to work in.

// n complex numbers to n complex numbers; e^-i forward, e^+i backward.
bool transform(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, bool forward, double scale, Error& error);
// n real numbers to the n / 2 + 1 complex ones that are not conjugates of others, or to the whole of n.
bool transform_real(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, bool whole, double scale, Error& error);
// The way back, e^+i: n / 2 + 1 complex numbers (imaginary parts of the first and, of an even n, the last are ignored) to n real ones.
bool transform_to_real(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, double scale, Error& error);

}  // namespace adder::array
