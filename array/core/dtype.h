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

struct Structure;

// How single elements are handled. Casts and arithmetic are kernels and stand in tables.
struct Elements {
  bool (*nonzero)(const DType*, const char* at);
  int (*compare)(const DType*, const char* a, const char* b);  // -1, 0, 1; NaN last, as sorting wants it
  // Of elements that own references (null: their bytes are all there is to them). A slot of zero bytes owns nothing; `copy`
  // takes a reference to what `from` holds and lets go of what stood at `to`.
  void (*copy)(const DType*, char* to, const char* from) = nullptr;
  void (*destroy)(const DType*, char* at, index_t n) = nullptr;  // n contiguous elements become zero bytes
};

// Units of dates and spans, in NumPy's numbers.
enum class Unit : std::int8_t { years, months, weeks, days = 4, hours, minutes, seconds, milli, micro, nano, pico, femto, atto, generic };

// What sets a dtype apart from the plain numbers that kernels know.
inline constexpr unsigned kSpecial = 1;     // any such dtype: casts and loops are looked up in tables of their own, and may need the host's lock
inline constexpr unsigned kReferences = 2;  // elements own references

// Class numbers of what is no plain number: NumPy's type numbers, and one for numbers of foreign byte order.
inline constexpr std::uint8_t kLongClass = 13, kLongComplexClass = 16, kObjectClass = 17, kBytesClass = 18, kStrClass = 19, kVoidClass = 20, kDateClass = 21, kSpanClass = 22, kSwappedClass = 26;

struct DType {
  const char* name;       // what error texts call it, dtype('…'): "float64", "<U3", "<M8[ns]"
  char kind;              // NumPy's kind: b i u f c S U M m V O
  char code;              // NumPy's type character: ? b B h H i I l L e f d g F D G …
  char order;             // '=' native, '|' not applicable, '>' swapped
  std::uint8_t number;    // index of the class in kernel tables; NumPy's type number (swapped numbers: kSwappedClass)
  index_t size;
  index_t alignment;
  const char* typestr;    // "<f8"
  const Elements* elements;
  unsigned traits = 0;
  const DType* swapped_from = nullptr;     // of foreign byte order: the dtype of the machine's
  const Structure* structure = nullptr;    // fields, or a sub-array (core/parametric.h)
  Unit unit = Unit::generic;               // of dates and spans, with its multiple
  std::int32_t multiple = 1;
  mutable void* host = nullptr;            // the host's object for it

  const DType* native() const { return swapped_from ? swapped_from : this; }
  bool is_special() const { return traits != 0; }
  bool has_references() const { return traits & kReferences; }
  bool is_text() const { return number == kBytesClass || number == kStrClass; }
  bool is_date() const { return number == kDateClass || number == kSpanClass; }
  bool is_long() const { return number == kLongClass || number == kLongComplexClass; }  // long double and its complex numbers
  bool is_object() const { return number == kObjectClass; }
  bool is_bool() const { return kind == 'b'; }
  bool is_integer() const { return kind == 'i' || kind == 'u'; }
  bool is_floating() const { return kind == 'f'; }
  bool is_complex() const { return kind == 'c'; }
  bool is_inexact() const { return kind == 'f' || kind == 'c'; }
  bool is_number() const { return kind == 'b' || kind == 'i' || kind == 'u' || kind == 'f' || kind == 'c'; }
};

inline constexpr int kClassCount = 32;  // classes known to kernel tables, foreign ones included
inline constexpr index_t kMaxItemSize = 16;  // of the plain numbers

extern const DType kBool, kInt8, kUInt8, kInt16, kUInt16, kInt32, kUInt32, kInt64, kUInt64, kFloat16, kFloat32, kFloat64,
    kComplex64, kComplex128;
extern const DType kLongDouble, kLongComplex;
extern const DType kObject;  // its elements are the host's (core/parametric.h)

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
inline const DType* part_of(const DType* complex) { return complex->size == 16 ? &kFloat64 : complex->size == 8 ? &kFloat32 : &kLongDouble; }

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

// NumPy's promotion; null where there is no common dtype.
const DType* promote(const DType* a, const DType* b);

enum class Casting : std::uint8_t { no, equiv, safe, same_kind, unsafe };
bool can_cast(const DType* from, const DType* to, Casting casting);

// The kernel that turns elements of one number dtype into another's (the same: a copy).
Kernel cast_kernel(const DType* from, const DType* to);

// A cast between any two dtypes: a kernel with its constant data. No kernel: there is none.
struct Cast {
  Kernel kernel = nullptr;
  const void* extra = nullptr;

  explicit operator bool() const { return kernel != nullptr; }
  Conditions operator()(char* const* args, index_t n, const index_t* steps) const { return kernel(args, n, steps, extra); }
};
Cast special_cast(const DType* from, const DType* to);
inline Cast find_cast(const DType* from, const DType* to) {
  if (!(from->traits | to->traits)) [[likely]] return {cast_kernel(from, to), nullptr};
  return special_cast(from, to);
}

}  // namespace adder::array
