// dtypes: interned, immutable, compared by address. A dtype is a class (what an element means) with its
// parameters (size, unit, byte order, fields); how elements are handled stands in its element table.
#pragma once

#include <cstdint>
#include <type_traits>

#include "array/core/conditions.h"
#include "array/core/error.h"
#include "array/core/numbers.h"

namespace adder::array {

// An inner loop: n elements, one pointer and one byte step per argument (inputs, then outputs). Returns what
// it raised. `extra` is the loop's own constant data.
using Kernel = Conditions (*)(char* const* args, index_t n, const index_t* steps, const void* extra);

// How single elements and runs of elements are handled. Casts and arithmetic are kernels and stand in tables.
struct Elements {
  void (*zero)(char* at, index_t n);
  bool (*nonzero)(const char* at);
  int (*compare)(const char* a, const char* b);  // -1, 0, 1; NaN last, as sorting wants it
  std::uint64_t (*hash)(const char* at);
  void (*destroy)(char* at, index_t n);  // null: nothing to do
};

struct DType {
  const char* name;       // "float64"
  char kind;              // NumPy's kind: b i u f c S U M m V O
  char code;              // NumPy's type character: ? b B h H i I l L e f d g F D G …
  char order;             // '=' native, '|' not applicable, '>' swapped
  std::uint8_t number;    // index of the class in kernel tables; NumPy's type number
  index_t size;
  index_t alignment;
  const char* typestr;    // "<f8"
  const Elements* elements;

  bool is_bool() const { return kind == 'b'; }
  bool is_integer() const { return kind == 'i' || kind == 'u'; }
  bool is_floating() const { return kind == 'f'; }
  bool is_complex() const { return kind == 'c'; }
  bool is_inexact() const { return kind == 'f' || kind == 'c'; }
  bool is_number() const { return kind == 'b' || kind == 'i' || kind == 'u' || kind == 'f' || kind == 'c'; }
};

inline constexpr int kClassCount = 32;  // classes known to kernel tables, foreign ones included
inline constexpr index_t kMaxItemSize = 16;  // of number dtypes

extern const DType kBool, kInt8, kUInt8, kInt16, kUInt16, kInt32, kUInt32, kInt64, kUInt64, kFloat16, kFloat32, kFloat64,
    kComplex64, kComplex128;

// The dtype of a class number, of a type character; null if there is none (yet).
const DType* dtype_of_number(int number);
const DType* dtype_of_code(char code);
const DType* dtype_of_name(const char* name, index_t length);  // "float64", "<f8", "f8", "d", "int"

template <class T>
constexpr const DType* dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return &kBool;
  else if constexpr (std::is_same_v<T, std::int8_t>) return &kInt8;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return &kUInt8;
  else if constexpr (std::is_same_v<T, std::int16_t>) return &kInt16;
  else if constexpr (std::is_same_v<T, std::uint16_t>) return &kUInt16;
  else if constexpr (std::is_same_v<T, std::int32_t>) return &kInt32;
  else if constexpr (std::is_same_v<T, std::uint32_t>) return &kUInt32;
  else if constexpr (std::is_same_v<T, std::int64_t>) return &kInt64;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return &kUInt64;
  else if constexpr (std::is_same_v<T, float>) return &kFloat32;
  else if constexpr (std::is_same_v<T, double>) return &kFloat64;
  else if constexpr (std::is_same_v<T, Half>) return &kFloat16;
  else if constexpr (std::is_same_v<T, Complex<float>>) return &kComplex64;
  else if constexpr (std::is_same_v<T, Complex<double>>) return &kComplex128;
}

// The dtype of a complex dtype's parts.
inline const DType* part_of(const DType* complex) { return complex->size == 16 ? &kFloat64 : &kFloat32; }

// f.operator()<T>() with the element type of a number dtype; a value-initialised result for any other dtype.
template <class F>
auto with_element_type(const DType* dtype, F f) {
  switch (dtype->number) {
    case 0: return f.template operator()<bool>();
    case 1: return f.template operator()<std::int8_t>();
    case 2: return f.template operator()<std::uint8_t>();
    case 3: return f.template operator()<std::int16_t>();
    case 4: return f.template operator()<std::uint16_t>();
    case 5: return f.template operator()<std::int32_t>();
    case 6: return f.template operator()<std::uint32_t>();
    case 7: return f.template operator()<std::int64_t>();
    case 8: return f.template operator()<std::uint64_t>();
    case 11: return f.template operator()<float>();
    case 12: return f.template operator()<double>();
    case 14: return f.template operator()<Complex<float>>();
    case 15: return f.template operator()<Complex<double>>();
    case 23: return f.template operator()<Half>();
  }
  return decltype(f.template operator()<bool>()){};
}

// NumPy's promotion of two number dtypes; null where there is no common one.
const DType* promote(const DType* a, const DType* b);

enum class Casting : std::uint8_t { no, equiv, safe, same_kind, unsafe };
bool can_cast(const DType* from, const DType* to, Casting casting);

// The kernel that turns elements of one dtype into another's (the same: a copy).
Kernel cast_kernel(const DType* from, const DType* to);

}  // namespace adder::array
