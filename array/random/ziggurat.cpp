// The tables of the ziggurats; tools/make_ziggurat.py has their formulas.
#include "array/random/ziggurat.h"

namespace adder::array::random {

#include "array/random/ziggurat.inc"

}  // namespace adder::array::random
