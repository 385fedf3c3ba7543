// Elements under a mask, a run at a time: picked out of an array in one piece, and put back. For those who go through what a mask
// chooses block by block instead of making an array of it (array/fuse).
#pragma once

#include "array/core/dtype.h"

namespace adder::array {

inline constexpr index_t kRankRun = 1024;

// A mask of bools that lie in one piece, and how many of them are true before every kRankRun-th: `ranks` has rank_count(n) entries.
struct Chooser {
  const char* mask;
  index_t n;
  index_t count;
  const index_t* ranks;
};
inline index_t rank_count(index_t n) { return n / kRankRun + 1; }
// Fills `ranks`; how many are true; -1 if some byte is neither 0 nor 1.
index_t rank_mask(const char* mask, index_t n, index_t* ranks);
// Where in the mask so many true elements lie before; rank < count.
index_t place_of(const Chooser& by, index_t rank);

// The next n chosen of the elements at `from` (of `size` bytes: 1, 2, 4, 8 or 16), from the place `at` of mask and elements on, densely to
// `to`; there are as many. Gives the place behind the last.
index_t pick(char* to, const char* from, index_t size, const Chooser& by, index_t at, index_t n);
// The other way round: dense elements to the next n chosen places of `to`.
index_t put(char* to, const char* from, index_t size, const Chooser& by, index_t at, index_t n);

}  // namespace adder::array
