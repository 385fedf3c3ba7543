// The number dtypes, their element tables, and the rules of promotion and casting between them.
#include "array/core/dtype.h"

#include "array/core/load_store.h"
#include "array/core/parametric.h"

#include <cstring>
#include <string_view>

namespace adder::array {

namespace {

template <class T>
bool nonzero_element(const DType*, const char* at) {
  return load<T>(at) != T{};
}

template <class T>
int compare_elements(const DType*, const char* pa, const char* pb) {
  Widened<T> a = load<T>(pa), b = load<T>(pb);
  return sorts_before(a, b) ? -1 : sorts_before(b, a) ? 1 : 0;
}

template <class T>
constexpr Elements kElements = {nonzero_element<T>, compare_elements<T>};

template <class T>
constexpr DType number_dtype(const char* name, char kind, char code, std::uint8_t number, const char* typestr) {
  return {name, kind, code, sizeof(T) == 1 ? '|' : '=', number, sizeof(T), alignof(T), typestr, &kElements<T>};
}

}  // namespace

constinit const DType kBool = number_dtype<bool>("bool", 'b', '?', 0, "|b1");
constinit const DType kInt8 = number_dtype<std::int8_t>("int8", 'i', 'b', 1, "|i1");
constinit const DType kUInt8 = number_dtype<std::uint8_t>("uint8", 'u', 'B', 2, "|u1");
constinit const DType kInt16 = number_dtype<std::int16_t>("int16", 'i', 'h', 3, "<i2");
constinit const DType kUInt16 = number_dtype<std::uint16_t>("uint16", 'u', 'H', 4, "<u2");
constinit const DType kInt32 = number_dtype<std::int32_t>("int32", 'i', 'i', 5, "<i4");
constinit const DType kUInt32 = number_dtype<std::uint32_t>("uint32", 'u', 'I', 6, "<u4");
constinit const DType kInt64 = number_dtype<std::int64_t>("int64", 'i', 'l', 7, "<i8");
constinit const DType kUInt64 = number_dtype<std::uint64_t>("uint64", 'u', 'L', 8, "<u8");
constinit const DType kFloat16 = number_dtype<Half>("float16", 'f', 'e', 23, "<f2");
constinit const DType kFloat32 = number_dtype<float>("float32", 'f', 'f', 11, "<f4");
constinit const DType kFloat64 = number_dtype<double>("float64", 'f', 'd', 12, "<f8");
constinit const DType kComplex64 = number_dtype<Complex<float>>("complex64", 'c', 'F', 14, "<c8");
constinit const DType kComplex128 = number_dtype<Complex<double>>("complex128", 'c', 'D', 15, "<c16");

namespace {

constexpr const DType* kAll[] = {&kBool,   &kInt8,  &kUInt8,   &kInt16,   &kUInt16,  &kInt32,     &kUInt32,
                                 &kInt64, &kUInt64, &kFloat16, &kFloat32, &kFloat64, &kComplex64, &kComplex128};

const DType* sized(char kind, index_t size) {
  for (const DType* d : kAll)
    if (d->kind == kind && d->size == size) return d;
  return nullptr;
}

}  // namespace

const DType* dtype_of_number(int number) {
  if (number == kLongClass) return &kLongDouble;
  if (number == kLongComplexClass) return &kLongComplex;
  for (const DType* d : kAll)
    if (d->number == number) return d;
  return nullptr;
}

const DType* dtype_of_code(char code) {
  if (code == 'q' || code == 'p' || code == 'n') return &kInt64;
  if (code == 'Q' || code == 'P' || code == 'N') return &kUInt64;
  if (code == 'g') return &kLongDouble;
  if (code == 'G') return &kLongComplex;
  for (const DType* d : kAll)
    if (d->code == code) return d;
  return nullptr;
}

const DType* dtype_of_name(const char* text, index_t length) {
  std::string_view name(text, static_cast<std::size_t>(length));
  for (const DType* d : kAll)
    if (name == d->name) return d;
  struct Alias {
    std::string_view name;
    const DType* dtype;
  };
  static constexpr Alias kAliases[] = {
      {"int", &kInt64},      {"float", &kFloat64},  {"bool_", &kBool},      {"double", &kFloat64},
      {"single", &kFloat32}, {"long", &kInt64},     {"ulong", &kUInt64},    {"longlong", &kInt64},
      {"intp", &kInt64},     {"uintp", &kUInt64},   {"ulonglong", &kUInt64}, {"intc", &kInt32},
      {"uintc", &kUInt32},   {"short", &kInt16},    {"ushort", &kUInt16},   {"byte", &kInt8},
      {"ubyte", &kUInt8},    {"uint", &kUInt64},    {"int_", &kInt64},      {"half", &kFloat16},
      {"csingle", &kComplex64}, {"cdouble", &kComplex128}, {"complex", &kComplex128},
      {"longdouble", &kLongDouble}, {"float128", &kLongDouble}, {"clongdouble", &kLongComplex}, {"complex256", &kLongComplex}, {"f16", &kLongDouble}, {"c32", &kLongComplex},
  };
  for (const Alias& a : kAliases)
    if (name == a.name) return a.dtype;
  if (name.size() == 1) return dtype_of_code(name[0]);
  if (!name.empty() && (name[0] == '<' || name[0] == '=' || name[0] == '|')) name.remove_prefix(1);
  if (name.size() == 1) return dtype_of_code(name[0]);
  // A kind and a size in bytes.
  if (name == "f16") return &kLongDouble;
  if (name == "c32") return &kLongComplex;
  if (name.size() < 2 || name.size() > 3 || name[1] == '0') return nullptr;
  index_t size = 0;
  for (char c : name.substr(1)) {
    if (c < '0' || c > '9') return nullptr;
    size = size * 10 + (c - '0');
  }
  return sized(name[0], size);
}

const DType* promote(const DType* a, const DType* b) {
  if (a == b) return a->native();
  if (a->traits | b->traits) [[unlikely]] return promote_special(a, b);
  if (a->is_bool()) return b;
  if (b->is_bool()) return a;
  if (a->kind == b->kind) return a->size >= b->size ? a : b;
  if (a->is_integer() && b->is_integer()) {
    const DType* u = a->kind == 'u' ? a : b;
    const DType* i = a->kind == 'u' ? b : a;
    if (i->size > u->size) return i;
    if (u->size == 8) return &kFloat64;
    return sized('i', u->size * 2);
  }
  // What holds both as floats: integers of 8 bits fit float16, of 16 bits float32, wider ones go to float64.
  auto float_size = [](const DType* d) {
    if (d->is_integer()) return d->size < 4 ? 2 * d->size : index_t{8};
    return d->is_complex() ? d->size / 2 : d->size;
  };
  const index_t x = float_size(a), y = float_size(b), size = x > y ? x : y;
  if (a->is_complex() || b->is_complex()) return size == 8 ? &kComplex128 : &kComplex64;
  return sized('f', size);
}

bool can_cast(const DType* from, const DType* to, Casting casting) {
  if (from == to || casting == Casting::unsafe) return true;
  if (from->traits | to->traits) [[unlikely]] return can_cast_special(from, to, casting);
  if (casting == Casting::no || casting == Casting::equiv) return false;
  if (promote(from, to) == to) return true;
  if (casting == Casting::safe) return false;
  // Same kind: along bool → unsigned → signed → floating → complex, or within one of them.
  auto rank = [](char kind) {
    switch (kind) {
      case 'b': return 0;
      case 'u': return 1;
      case 'i': return 2;
      case 'f': return 3;
      case 'c': return 4;
    }
    return 9;
  };
  return rank(from->kind) <= rank(to->kind);
}

}  // namespace adder::array
