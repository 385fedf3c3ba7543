// What the parts of `_numpy_random` share: the object of a bit generator.
#pragma once

#include "array/random/bits.h"
#include "numpy/ndarray.h"
#include "object/bytes.h"

namespace adder::numpy {

namespace rnd = eng::random;

struct BitsObject {
  PyObject head;
  alignas(16) rnd::Bits bits;
};

inline rnd::Bits& bits_in(Value v) { return v.as<BitsObject>()->bits; }
extern PyTypeObject bits_type;
extern const TypeDef bits_def;          // random_bits.cpp
extern const MethodRow seed_functions[];
Ref bits_new(PyTypeObject* type, Args);

inline Ref as_bytes(const void* from, size_t n) { return bytes_new({static_cast<const char*>(from), n}); }
inline bool given(Value v) { return !v.absent() && !is_none(v); }
inline bool size_from(Value size, int* nd, index_t* shape) {
  *nd = 0;
  return shape_from(size, nd, shape);
}

}  // namespace adder::numpy
