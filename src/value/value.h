// Value: one 64-bit word that is a heap reference, a float, an int within ±2^49, or absent.
//
//   0                                   absent (no value; unbound, end, error, by context)
//   1 .. 2^48-1                         pointer to an object, as it is
//   2^48 .. (0xFFFA << 48) - 1          float: its bits plus 2^48; NaNs are canonical, sign kept
//   0xFFFA << 48 .. (0xFFFC << 48) - 1  reserved (deferred array nodes); decodes to a NaN
//   0xFFFC << 48 .. 2^64-1              int i in [-2^49, 2^49): (0xFFFE << 48) + i
//
// Canonical form: a Value never points to an exact `float`, nor to an exact `int` within the immediate range.
// Value borrows; Ref (ref.h) owns.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

typedef struct _object PyObject;
typedef struct _typeobject PyTypeObject;

#if defined(ADDER_CHECKS) && ADDER_CHECKS
#define ADDER_ASSERT(x) ((x) ? (void)0 : ::adder::assertion_failed(#x, __FILE__, __LINE__))
#else
#define ADDER_ASSERT(x) ((void)0)
#endif
#define ADDER_LIKELY(x) __builtin_expect(!!(x), 1)
#define ADDER_UNLIKELY(x) __builtin_expect(!!(x), 0)

namespace adder {

[[noreturn]] void assertion_failed(const char* what, const char* file, int line);

struct Value {
  uint64_t bits = 0;

  static constexpr uint64_t kDoubleOffset = uint64_t{1} << 48;
  static constexpr uint64_t kNodeBase = uint64_t{0xFFFA} << 48;
  static constexpr uint64_t kIntFloor = uint64_t{0xFFFC} << 48;  // smallest int word
  static constexpr uint64_t kIntZero = uint64_t{0xFFFE} << 48;   // the word of int 0
  static constexpr int64_t kIntMin = -(int64_t{1} << 49);
  static constexpr int64_t kIntMax = (int64_t{1} << 49) - 1;

  constexpr Value() = default;
  constexpr explicit Value(uint64_t word) : bits(word) {}
  Value(PyObject* object) : bits(reinterpret_cast<uint64_t>(object)) {}
  Value(PyTypeObject* type) : bits(reinterpret_cast<uint64_t>(type)) {}
  Value(std::nullptr_t) : bits(0) {}

  constexpr bool absent() const { return bits == 0; }
  constexpr explicit operator bool() const { return bits != 0; }
  // A heap reference (present).
  constexpr bool is_object() const { return bits - 1 < kDoubleOffset - 1; }
  constexpr bool is_int() const { return bits >= kIntFloor; }
  constexpr bool is_float() const { return bits - kDoubleOffset < kNodeBase - kDoubleOffset; }
  constexpr bool is_node() const { return bits - kNodeBase < kIntFloor - kNodeBase; }
  constexpr bool is_number() const { return bits >= kDoubleOffset; }

  PyObject* object() const { return reinterpret_cast<PyObject*>(bits); }
  template <class T>
  T* as() const { return reinterpret_cast<T*>(bits); }
  constexpr int64_t as_int() const { return static_cast<int64_t>(bits - kIntZero); }
  constexpr double as_float() const { return std::bit_cast<double>(bits - kDoubleOffset); }

  static constexpr bool fits_int(int64_t i) { return static_cast<uint64_t>(i) - static_cast<uint64_t>(kIntMin) < (uint64_t{1} << 50); }
  // i must fit (fits_int); for any i use int_from_i64 in object/int.h.
  static constexpr Value from_int(int64_t i) { return Value{kIntZero + static_cast<uint64_t>(i)}; }
  // Any double; canonicalises NaN, sign kept.
  static constexpr Value from_double(double d) {
    uint64_t b = std::bit_cast<uint64_t>(d);
    if (ADDER_UNLIKELY(d != d)) b = (b & (uint64_t{1} << 63)) | (uint64_t{0x7FF8} << 48);
    return Value{b + kDoubleOffset};
  }
  // Only results of + - * / on canonical operands.
  static constexpr Value from_arith(double d) { return Value{std::bit_cast<uint64_t>(d) + kDoubleOffset}; }

  // Identity: Python's `is`.
  friend constexpr bool operator==(Value a, Value b) { return a.bits == b.bits; }
};
static_assert(sizeof(Value) == 8);

// The number of arguments and their words, keyword values behind the positional ones; kwnames (a tuple of str,
// borrowed, or null) names those. Everything borrowed.
struct Args {
  const Value* v = nullptr;
  size_t n = 0;  // positional
  PyObject* kwnames = nullptr;
  Value operator[](size_t i) const { return v[i]; }
};

}  // namespace adder
