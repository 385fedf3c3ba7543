// dtypes beyond the plain numbers: text of a length, dates of a unit, swapped byte order, fields, sub-arrays, and the host's
// objects. Each is made once for its parameters and lives for ever, so that dtypes stay compared by address.
#pragma once

#include "array/core/dtype.h"

namespace adder::array {

struct Field {
  const char* name;  // UTF-8
  const char* title; // null: none
  const DType* dtype;
  index_t offset;
};

// What a void dtype is made of: fields in their order, or a base dtype repeated over a shape.
struct Structure {
  int count = 0;
  const Field* fields = nullptr;
  bool aligned = false;
  const DType* base = nullptr;
  int nd = 0;
  const index_t* shape = nullptr;
  const void* scalar = nullptr;  // the host's own class for its elements, and the same structure without one
  const DType* plain = nullptr;
};

// 'S' of bytes, 'U' of characters of four bytes, 'V' of bytes; null: no memory.
const DType* text_dtype(char kind, index_t length);
const DType* date_dtype(char kind, Unit unit, std::int32_t multiple);  // kind M or m
// The same in the other byte order; of structures every field's. What has none is given back.
const DType* swapped_dtype(const DType* dtype);
// The names, titles and shapes are copied. `alignment`: 1 unless the structure is aligned.
const DType* structured_dtype(int count, const Field* fields, index_t size, index_t alignment, bool aligned);
const DType* with_scalar(const DType* structure, const void* scalar);  // null: without
const DType* subarray_dtype(const DType* base, int nd, const index_t* shape);

// Characters of a text dtype.
inline index_t text_length(const DType* dtype) { return dtype->kind == 'U' ? dtype->size / 4 : dtype->size; }
inline bool is_structured(const DType* dtype) { return dtype->structure && !dtype->structure->base; }
inline const Field* find_field(const DType* dtype, const char* name) {
  for (int i = 0; i < dtype->structure->count; ++i)
    if (__builtin_strcmp(dtype->structure->fields[i].name, name) == 0 ||
        (dtype->structure->fields[i].title && __builtin_strcmp(dtype->structure->fields[i].title, name) == 0))
      return &dtype->structure->fields[i];
  return nullptr;
}

// What the host knows of its objects: set once, before the first array of them is made.
void set_object_elements(const Elements& elements);
// Casts from or to a class of dtypes, as the host or a kernel file offers them: `extra` is a CastPair.
struct CastPair {
  const DType* from;
  const DType* to;
};
void register_cast(int from_class, int to_class, Kernel kernel);
// Loops of an operation on objects, which the host has: `extra` is the operation's OpInfo.
struct OpInfo;
struct Loop;
void register_object_loops(bool (*make)(const OpInfo& op, Loop* loop));

const DType* promote_special(const DType* a, const DType* b);
bool can_cast_special(const DType* from, const DType* to, Casting casting);
// The loop for operands of which one at least is special; null (Code::no_loop).
const Loop* special_loop(const OpInfo& op, const DType* const* inputs, Error& error);

// Elements of any dtype, references included: contiguous, for the time of one call.
void destroy_elements(const DType* dtype, char* at, index_t n);
inline void copy_element(const DType* dtype, char* to, const char* from) {
  if (dtype->elements->copy) dtype->elements->copy(dtype, to, from);
  else __builtin_memcpy(to, from, static_cast<std::size_t>(dtype->size));
}

}  // namespace adder::array
