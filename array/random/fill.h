// Whole arrays of the commonest draws, and shuffling: loops compiled for each generator.
#pragma once

#include "array/core/error.h"
#include "array/random/bits.h"

namespace adder::array::random {

void fill_uniform(Bits& bits, double* out, index_t n);  // [0, 1)
void fill_uniform(Bits& bits, float* out, index_t n);
void fill_normal(Bits& bits, double* out, index_t n);
void fill_normal(Bits& bits, float* out, index_t n);
void fill_exponential(Bits& bits, double* out, index_t n);
void fill_exponential(Bits& bits, float* out, index_t n);
void fill_exponential_inverse(Bits& bits, double* out, index_t n);  // -log(1 - u)
void fill_exponential_inverse(Bits& bits, float* out, index_t n);
void fill_raw(Bits& bits, u64* out, index_t n);

// Integers from `low` to `low + bound` modulo 2^(8 * size), elements of `size` bytes (1, 2, 4, 8); `truth`: bools of a bit each. `masked`: by
// masks instead of products.
void fill_integers(Bits& bits, char* out, index_t n, int size, bool truth, u64 low, u64 bound, bool masked);
// The same with a range for each element.
void fill_integers(Bits& bits, char* out, index_t n, int size, bool truth, const u64* low, const u64* bound, bool masked);

// Fisher and Yates, from the last of n elements down to the second, by masks; elements of `size` bytes.
void shuffle(Bits& bits, char* elements, index_t n, index_t size);
// The lower partners of those exchanges, one after the other.
void draw_partners(Bits& bits, std::int64_t* out, index_t n);
// The exchanges down to `first` alone, by products.
void shuffle_ints(Bits& bits, std::int64_t* elements, index_t n, index_t first);

}  // namespace adder::array::random
