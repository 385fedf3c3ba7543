// NumPy's scalar types: np.float64 (also a float), np.int64, np.bool and their kin under np.generic. Arithmetic on the
// common ones is done here on machine words; everything else goes through 0-d arrays.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "memory/gc.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

ADDER_TYPE(generic_type);
PyTypeObject scalar_types[eng::kClassCount];
ADDER_TYPE(signedinteger_type);
ADDER_TYPE(flexible_type);
ADDER_TYPE(character_type);

namespace {

ADDER_TYPE(number_type);
ADDER_TYPE(integer_type);
ADDER_TYPE(unsignedinteger_type);
ADDER_TYPE(inexact_type);
ADDER_TYPE(floating_type);
ADDER_TYPE(complexfloating_type);

PyTypeObject (&types)[eng::kClassCount] = scalar_types;

// The value stands where PyFloatObject and PyComplexObject have theirs; complex128 needs twice the room.
struct Scalar {
  PyObject head;
  alignas(8) char value[8];
};
static_assert(sizeof(Scalar) == sizeof(PyFloatObject) && offsetof(Scalar, value) == offsetof(PyComplexObject, cval));

size_t scalar_size(const DType* dtype) {
  return dtype->size > 16 ? offsetof(Scalar, value) + 32 : dtype->size > 8 ? sizeof(PyComplexObject) : sizeof(Scalar);
}

PyTypeObject& float64_type = types[12];
PyTypeObject& int64_type = types[7];

Ref make_scalar(const DType* dtype, const char* value) {
  PyTypeObject* type = &types[dtype->number];
  auto* s = reinterpret_cast<Scalar*>(object_new_raw(type, scalar_size(dtype)));
  if (!s) return {};
  if (dtype->size < 8) std::memset(s->value, 0, sizeof s->value);
  std::memcpy(s->value, value, static_cast<size_t>(dtype->size));
  return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
}

// True and False of np.bool are two objects, as in NumPy.
Ref make_bool(bool truth) {
  static PyObject* both[2];
  PyObject*& object = both[truth];
  if (!object) {
    char value = truth;
    object = make_scalar(&eng::kBool, &value).release().object();
  }
  return Ref::copy(Value{object});
}

Ref make_float64(double d) {
  auto* s = reinterpret_cast<Scalar*>(object_new_raw(&float64_type, sizeof(Scalar)));
  if (!s) return {};
  std::memcpy(s->value, &d, sizeof d);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
}

Ref make_int64(int64_t i) {
  auto* s = reinterpret_cast<Scalar*>(object_new_raw(&int64_type, sizeof(Scalar)));
  if (!s) return {};
  std::memcpy(s->value, &i, sizeof i);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
}

template <class T>
T value_of(Value v) {
  T out;
  std::memcpy(&out, v.as<Scalar>()->value, sizeof out);
  return out;
}

// The instances of types whose dtype has parameters.
const DType* special_scalar_dtype(Value v, int number) {
  switch (number) {
    case eng::kVoidClass: return v.as<VoidScalar>()->dtype;
    case eng::kDateClass:
    case eng::kSpanClass: return v.as<DateScalar>()->dtype;
    default: return nullptr;  // text: a str or bytes like any other
  }
}

void scalar_dealloc(PyObject* o) {
  PyTypeObject* type = o->ob_type;
  if (type >= types && type < types + eng::kClassCount) object_free(o);
  else type->tp_free(o);
}

}  // namespace

PyTypeObject* scalar_type(const DType* dtype) {
  if (dtype->structure && dtype->structure->scalar) [[unlikely]] return const_cast<PyTypeObject*>(static_cast<const PyTypeObject*>(dtype->structure->scalar));
  return &types[dtype->native()->number];
}

const DType* dtype_of_scalar_type(PyTypeObject* type) {
  if (type >= types && type < types + eng::kClassCount) return dtype_of_class(static_cast<int>(type - types));
  if (is_subtype(type, &generic_type))
    for (PyTypeObject* base = type->tp_base; base; base = base->tp_base)
      if (base >= types && base < types + eng::kClassCount) return dtype_of_class(static_cast<int>(base - types));
  return nullptr;
}

const DType* scalar_dtype(Value v) {
  if (!v.is_object()) return nullptr;
  PyTypeObject* type = v.object()->ob_type;
  if (type >= types && type < types + eng::kClassCount) {
    const int number = static_cast<int>(type - types);
    return number < eng::kObjectClass || number > eng::kSpanClass ? eng::dtype_of_number(number) : special_scalar_dtype(v, number);
  }
  if (!type_has(type, Py_TPFLAGS_HEAPTYPE)) return nullptr;
  const DType* dtype = dtype_of_scalar_type(type);
  return dtype && dtype->is_special() && !dtype->is_long() ? special_scalar_dtype(v, dtype->number) : dtype;
}

char* scalar_data(Value v) {
  PyTypeObject* type = v.object()->ob_type;
  if (type == &scalar_types[eng::kVoidClass] || (type_has(type, Py_TPFLAGS_HEAPTYPE) && is_subtype(type, &scalar_types[eng::kVoidClass]))) [[unlikely]] return v.as<VoidScalar>()->data;
  return v.as<Scalar>()->value;
}

Ref element_to_scalar(const char* at, const DType* dtype) {
  if (dtype == &eng::kFloat64) {
    double d;
    std::memcpy(&d, at, sizeof d);
    return make_float64(d);
  }
  if (dtype == &eng::kBool) return make_bool(*at != 0);
  if (dtype->is_special() && !dtype->is_long()) return special_to_scalar(at, dtype);
  return make_scalar(dtype, at);
}

Ref element_to_python(const char* at, const DType* dtype) {
  if (dtype->is_long()) return make_scalar(dtype, at);  // no Python number holds it
  if (dtype->is_special()) return special_to_python(at, dtype);
  return eng::with_element_type(dtype, [at]<class T>() -> Ref {
    T value;
    std::memcpy(&value, at, sizeof value);
    if constexpr (std::is_same_v<T, bool>) return bool_ref(value);
    else if constexpr (std::is_same_v<T, uint64_t>) return int_from_u64(value);
    else if constexpr (std::is_same_v<T, int64_t>) return int_from_i64(value);
    else if constexpr (std::is_integral_v<T>) return Ref::from_int(value);
    else if constexpr (eng::kIsComplex<T>) return complex_new(static_cast<double>(value.re), static_cast<double>(value.im));
    else return Ref::from_double(static_cast<double>(eng::widen(value)));
  });
}

namespace {

// Rounds a double, or the parts of a complex number, to an element.
bool store_rounded(char* at, const DType* dtype, double re, double im) {
  alignas(16) eng::Complex<double> value = {re, im};
  char* args[2] = {reinterpret_cast<char*>(&value), at};
  index_t steps[2] = {0, 0};
  eng::Conditions raised = eng::cast_kernel(dtype->is_complex() ? &eng::kComplex128 : &eng::kFloat64, dtype)(args, 1, steps, nullptr);
  return !raised || report_conditions(raised, "cast");
}

bool store_floating(char* at, const DType* dtype, Value v) {
  double d;
  if (v.is_float()) {
    d = v.as_float();
  } else if (v.is_int()) {
    d = static_cast<double>(v.as_int());
  } else if (is_str(v) || is_bytes(v)) {
    Ref parsed = to_float(v);
    if (!parsed) return false;
    d = float_value(parsed);
  } else if (is_float(v)) {
    d = float_value(v);
  } else if (is_none(v)) {
    d = std::nan("");
  } else {
    if (is_list(v) || is_tuple(v)) return raise(PyExc_ValueError, "setting an array element with a sequence.");
    if (!as_double(v, &d)) {
      if (!error_matches(PyExc_TypeError)) return false;
      clear_error();
      return raise(PyExc_TypeError, "float() argument must be a string or a real number, not '%N'", type_of(v));
    }
  }
  if (dtype == &eng::kFloat64) {
    std::memcpy(at, &d, sizeof d);
    return true;
  }
  return store_rounded(at, dtype, d, 0);
}

bool store_complex(char* at, const DType* dtype, Value v) {
  if (v.is_float()) return store_rounded(at, dtype, v.as_float(), 0);
  if (v.is_int()) return store_rounded(at, dtype, static_cast<double>(v.as_int()), 0);
  if (is_none(v)) return store_rounded(at, dtype, std::nan(""), std::nan(""));
  if (is_list(v) || is_tuple(v)) return raise(PyExc_ValueError, "setting an array element with a sequence.");
  Ref made;
  if (!is_instance_exactly(v, &PyComplex_Type)) {
    made = call1(Value{&PyComplex_Type}, v);
    if (!made) return false;
    v = made.get();
  }
  Py_complex value = complex_value(v);
  return store_rounded(at, dtype, value.real, value.imag);
}

}  // namespace

namespace {

bool store_cast(char* at, const DType* dtype, char* data, const DType* from) {
  if (!warn_of_discarding(from, dtype)) return false;
  char* args[2] = {data, at};
  index_t steps[2] = {0, 0};
  const eng::Cast cast = eng::find_cast(from, dtype);
  if (!cast) {
    eng::Error error;
    error.dtypes[0] = from;
    error.dtypes[1] = dtype;
    error.fail(eng::Code::cast);
    return raise_engine(error);
  }
  eng::Conditions raised = cast(args, 1, steps);
  return !raised || report_conditions(raised, "cast");
}

}  // namespace

namespace {

// Numbers and texts as long doubles: ints and texts by their digits, the rest by way of float or complex.
bool store_long(char* at, const DType* dtype, Value v) {
  long double parts[2] = {0, 0};
  if (is_str(v) || is_bytes(v) || (is_int(v) && !v.is_int() && !is_bool(v))) {
    Ref text = is_bytes(v) ? bytes_decode(bytes_data(v), bytes_length(v), "ascii", nullptr) : to_str(v);
    std::string_view view = text ? str_utf8(text) : std::string_view{};
    if (!view.data()) return false;
    while (!view.empty() && (view.front() == ' ' || view.front() == '\n' || view.front() == '\t')) view.remove_prefix(1);
    while (!view.empty() && (view.back() == ' ' || view.back() == '\n' || view.back() == '\t')) view.remove_suffix(1);
    const std::string copy(view);
    char* end = nullptr;
    parts[0] = std::strtold(copy.c_str(), &end);
    if (copy.empty() || *end) {
      if (!dtype->is_complex()) return raise(PyExc_ValueError, "invalid literal for long double: %S", v);
      Ref number = call1(Value{&PyComplex_Type}, text);
      return number && store_long(at, dtype, number);
    }
  } else if (dtype->is_complex()) {
    alignas(16) eng::Complex<double> value;
    if (!store_complex(reinterpret_cast<char*>(&value), &eng::kComplex128, v)) return false;
    parts[0] = value.re;
    parts[1] = value.im;
  } else {
    double value;
    if (!store_floating(reinterpret_cast<char*>(&value), &eng::kFloat64, v)) return false;
    parts[0] = value;
  }
  std::memset(at, 0, static_cast<size_t>(dtype->size));
  std::memcpy(at, &parts[0], 10);
  if (dtype->is_complex()) std::memcpy(at + 16, &parts[1], 10);
  return true;
}

}  // namespace

bool store_element(char* at, const DType* dtype, Value v) {
  if (dtype->is_object()) return store_object(at, v);
  const DType* from = scalar_dtype(v);
  char* data = from ? scalar_data(v) : nullptr;
  if (!from && is_ndarray(v)) {
    NdArray* a = as_array(v);
    if (dtype->structure && dtype->structure->base) return store_special(at, dtype, v);
    if (a->size() != 1 || a->nd > 0) return raise(PyExc_ValueError, "setting an array element with a sequence.");
    from = a->dtype();
    data = a->data;
  }
  if (from && from->is_floating() && dtype->kind == 'i' && scalar_dtype(v)) {
    // What is no integer is refused as int() does.
    Ref number = element_to_python(data, from);
    if (!number) return false;
    if (!std::isfinite(number.get().as_float()) && !to_int(number)) return false;
  }
  if (from && !(dtype->is_special() && from->is_number() && (dtype->is_text() || dtype->kind == 'm'))) return store_cast(at, dtype, data, from);
  if (dtype->is_long()) return store_long(at, dtype, v);
  if (dtype->is_special()) return store_special(at, dtype, v);
  auto put = [at](auto value) {
    std::memcpy(at, &value, sizeof value);
    return true;
  };
  if (dtype->is_bool()) {
    int truth = is_true(v);
    if (truth < 0) return false;
    return put(truth != 0);
  }
  if (dtype->is_floating()) return store_floating(at, dtype, v);
  if (dtype->is_complex()) return store_complex(at, dtype, v);
  // Integers.
  Ref made;
  if (!is_int(v)) {
    made = to_int(v);
    if (!made) return false;
    v = made.get();
  }
  if (dtype->kind == 'u') {
    uint64_t u;
    int64_t i;
    bool fits = false, machine = int_sign_overflow_i64(v, &i) == 0;
    if (machine) {
      u = static_cast<uint64_t>(i);
      fits = i >= 0 && (dtype->size == 8 || u >> (8 * dtype->size) == 0);
    } else if (dtype->size == 8 && int_sign(v) > 0 && int_bit_length(v) <= 64) {
      u = int_as_u64_mask(v);
      fits = true;
    }
    if (!fits && !machine) return raise(PyExc_OverflowError, "Python int too large to convert to C long");
    if (!fits) return raise(PyExc_OverflowError, "Python integer %S out of bounds for %s", v, dtype->name);
    std::memcpy(at, &u, static_cast<size_t>(dtype->size));
    return true;
  }
  int64_t i;
  if (int_sign_overflow_i64(v, &i) != 0) return raise(PyExc_OverflowError, "Python int too large to convert to C long");
  if (dtype->size < 8) {
    int bits = static_cast<int>(8 * dtype->size - 1);
    if (i < -(int64_t{1} << bits) || i >= (int64_t{1} << bits))
      return raise(PyExc_OverflowError, "Python integer %S out of bounds for %s", v, dtype->name);
  }
  std::memcpy(at, &i, static_cast<size_t>(dtype->size));
  return true;
}

namespace {

// ---- text --------------------------------------------------------------------------------------------------------------

// The shortest digits that read back as this half: as many as it takes, five at most. Where the interval of a half is
// lopsided (a power of two), rounding up may serve when rounding to nearest does not.
std::string half_digits(eng::Half half) {
  const double d = static_cast<double>(static_cast<float>(half));
  char buffer[32];
  for (int digits = 0;; ++digits) {
    const double step = d == 0 ? 0 : std::pow(10.0, std::floor(std::log10(std::fabs(d))) - digits);
    for (double shifted : {d, d + std::copysign(step / 2, d)}) {
      int length = std::snprintf(buffer, sizeof buffer, "%.*e", digits, shifted);
      if (digits == 4 || static_cast<float>(eng::Half(std::strtod(buffer, nullptr))) == static_cast<float>(half)) return {buffer, static_cast<size_t>(length)};
    }
  }
}

template <class T>
std::string digits_of(T x) {
  if (x != x) return "nan";
  if (std::isinf(eng::widen(x))) return eng::widen(x) < 0 ? "-inf" : "inf";
  if constexpr (std::is_same_v<T, eng::Half>) {
    return half_digits(x);
  } else {
    char buffer[64];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::scientific).ptr};
  }
}

// A float as NumPy prints it alone: with an exponent below 1e-4, and from where not all digits are its own.
// `point`: a whole number gets ".0".
template <class T>
std::string laid_out(T x, bool point) {
  constexpr double limit = std::is_same_v<T, eng::Half> ? 1e3 : std::is_same_v<T, float> ? 1e6 : 1e16;
  const auto size = std::fabs(eng::widen(x));
  const std::string text = digits_of(x);
  const size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const int exponent = std::atoi(text.c_str() + e + 1);
  std::string sign = text[0] == '-' ? "-" : "";
  std::string digits;
  for (size_t i = 0; i < e; ++i)
    if (text[i] >= '0' && text[i] <= '9') digits += text[i];
  if (size != 0 && (size < 1e-4 || size >= limit)) {
    std::string out = sign + digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    std::string power = std::to_string(exponent < 0 ? -exponent : exponent);
    return out + (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" + power : power);
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + (point ? ".0" : "");
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string long_text(const char* at, const DType* dtype) {
  long double parts[2];
  std::memcpy(parts, at, static_cast<size_t>(dtype->size));
  if (!dtype->is_complex()) return laid_out(parts[0], true);
  std::string im = laid_out(parts[1], false) + "j";
  if (parts[0] == 0 && !std::signbit(parts[0])) return im;
  return "(" + laid_out(parts[0], false) + (im[0] == '-' ? "" : "+") + im + ")";
}

std::string plain_text(Value self, const DType* dtype) {
  if (dtype->is_long()) return long_text(scalar_data(self), dtype);
  return eng::with_element_type(dtype, [self]<class T>() -> std::string {
    const T value = value_of<T>(self);
    if constexpr (std::is_same_v<T, bool>) {
      return value ? "True" : "False";
    } else if constexpr (std::is_integral_v<T>) {
      return std::to_string(value);
    } else if constexpr (eng::kIsComplex<T>) {
      std::string im = laid_out(value.im, false) + "j";
      if (value.re == 0 && !std::signbit(value.re)) return im;
      return "(" + laid_out(value.re, false) + (im[0] == '-' ? "" : "+") + im + ")";
    } else {
      return laid_out(value, true);
    }
  });
}

}  // namespace

std::string shortest_digits(const char* at, const DType* dtype) {
  if (dtype->number == eng::kLongClass) {
    long double value;
    std::memcpy(&value, at, sizeof value);
    return digits_of(value);
  }
  return eng::with_element_type(dtype, [at]<class T>() -> std::string {
    if constexpr (std::is_integral_v<T> || eng::kIsComplex<T>) {
      return {};
    } else {
      T value;
      std::memcpy(&value, at, sizeof value);
      return digits_of(value);
    }
  });
}

Ref scalar_text(Value v, bool with_type) {
  const DType* dtype = scalar_dtype(v);
  if (!dtype) return str_from_ascii("<generic>");
  if (dtype->is_special() && !dtype->is_long()) return special_scalar_text(v, with_type);
  std::string text = plain_text(v, dtype);
  if (!with_type) return str_from_ascii(text);
  if (dtype->is_bool()) return str_from_ascii("np." + text + "_");
  if (dtype->is_complex() && text[0] == '(') text = text.substr(1, text.size() - 2);
  if (dtype->is_long()) return str_from_ascii((dtype->is_complex() ? "np.clongdouble('" : "np.longdouble('") + text + "')");
  return str_from_ascii("np." + std::string(dtype->name) + "(" + text + ")");
}

namespace {

Ref scalar_repr(Value self) {
  if (scalar_dtype(self) == &eng::kBool) return str_from_ascii(value_of<bool>(self) ? "np.True_" : "np.False_");
  return scalar_text(self, true);
}
Ref scalar_str(Value self) { return scalar_text(self, false); }
Ref scalar_item(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (dtype) return element_to_python(scalar_data(self), dtype);
  return is_str(self) ? str_to_exact(self) : is_bytes(self) ? bytes_new(bytes_view(self)) : Ref::copy(self);
}

// ---- numbers -----------------------------------------------------------------------------------------------------------

// A machine double, of np.float64, a float or an int that fits. Whether one of a pair is np.float64 is the caller's to know.
inline bool quick_double(Value v, double* out) {
  if (v.is_float()) {
    *out = v.as_float();
    return true;
  }
  if (v.is_int()) {
    *out = static_cast<double>(v.as_int());
    return true;
  }
  if (v.object()->ob_type == &float64_type) {
    *out = value_of<double>(v);
    return true;
  }
  return false;
}

inline bool quick_int(Value v, int64_t* out) {
  if (v.is_int()) {
    *out = v.as_int();
    return true;
  }
  if (v.is_object() && v.object()->ob_type == &int64_type) {
    *out = value_of<int64_t>(v);
    return true;
  }
  return false;
}

inline bool is_float64(Value v) { return v.is_object() && v.object()->ob_type == &float64_type; }

inline bool is_complex128(Value v) { return v.is_object() && v.object()->ob_type == scalar_type(&eng::kComplex128); }

inline bool quick_complex(Value v, eng::Complex<double>* out) {
  if (is_complex128(v) || (v.is_object() && v.object()->ob_type == &PyComplex_Type)) {
    *out = value_of<eng::Complex<double>>(v);
    return true;
  }
  out->im = 0;
  return quick_double(v, &out->re);
}

inline bool is_complex_scalar(Value v) {
  const DType* dtype = scalar_dtype(v);
  return dtype && dtype->is_complex();
}

Ref general(eng::Op op, Value a, Value b) {
  // Not defined of complex numbers; the other operand may know better.
  if ((op == eng::Op::floor_divide || op == eng::Op::remainder || op == eng::Op::divmod) && (is_complex_scalar(a) || is_complex_scalar(b)) &&
      !is_ndarray(a) && !is_ndarray(b))
    return not_implemented_ref();
  Operand operands[2];
  for (int i = 0; i < 2; ++i) {
    int known = make_operand(i ? b : a, &operands[i], true);
    if (known < 0) return {};
    if (!known) return not_implemented_ref();
  }
  CallOptions options;
  options.scalar = !operands[0].is_array && !operands[1].is_array;
  return call_operation(eng::operation(op), operands, options);
}

// The value of an integer scalar, a bool or a Python int of up to 64 bits.
bool wide_value(Value v, __int128* out) {
  const DType* dtype = scalar_dtype(v);
  if (dtype && !dtype->is_integer() && !dtype->is_bool()) return false;
  Ref item;
  if (dtype) {
    item = scalar_item(v);
    v = item.get();
  }
  int64_t i;
  if (!is_int(v) && !is_bool(v)) return false;
  if (int_sign_overflow_i64(v, &i) == 0) *out = i;
  else if (int_sign(v) > 0 && int_bit_length(v) <= 64) *out = static_cast<__int128>(int_as_u64_mask(v));
  else return false;
  return true;
}

// Integer scalars, unlike arrays, tell when a result does not fit.
bool report_wrapped(eng::Op op, const char* name, Value a, Value b, Value result) {
  const DType* dtype = scalar_dtype(result);
  __int128 x, y, stored, exact;
  if (!dtype || !dtype->is_integer() || !wide_value(a, &x) || !wide_value(b, &y) || !wide_value(result, &stored)) return true;
  const bool lost = op == eng::Op::add ? __builtin_add_overflow(x, y, &exact) : op == eng::Op::subtract ? __builtin_sub_overflow(x, y, &exact)
                                                                                                         : __builtin_mul_overflow(x, y, &exact);
  if (!lost && exact == stored) return true;
  return report_conditions(eng::kOverflow, (std::string("scalar ") + name).c_str());
}

template <eng::Op op>
Ref scalar_binary(Value a, Value b) {
  if constexpr (op == eng::Op::add || op == eng::Op::subtract || op == eng::Op::multiply || op == eng::Op::divide) {
    double x, y;
    if ((is_float64(a) || is_float64(b)) && quick_double(a, &x) && quick_double(b, &y)) {
      double r;
      if constexpr (op == eng::Op::add) r = x + y;
      else if constexpr (op == eng::Op::subtract) r = x - y;
      else if constexpr (op == eng::Op::multiply) r = x * y;
      else r = x / y;
      if (std::isfinite(r) && (op != eng::Op::divide || y != 0)) [[likely]] return make_float64(r);
      if (x != x || y != y) return make_float64(r);
    }
  }
  if constexpr (op == eng::Op::add || op == eng::Op::subtract || op == eng::Op::multiply) {
    int64_t x, y;
    if (quick_int(a, &x) && quick_int(b, &y)) {
      int64_t r;
      bool over;
      if constexpr (op == eng::Op::add) over = __builtin_add_overflow(x, y, &r);
      else if constexpr (op == eng::Op::subtract) over = __builtin_sub_overflow(x, y, &r);
      else over = __builtin_mul_overflow(x, y, &r);
      if (over) {
        const char* name = op == eng::Op::add ? "scalar add" : op == eng::Op::subtract ? "scalar subtract" : "scalar multiply";
        if (!report_conditions(eng::kOverflow, name)) return {};
      }
      return make_int64(r);
    }
  }
  if constexpr (op == eng::Op::add || op == eng::Op::subtract || op == eng::Op::multiply) {
    eng::Complex<double> x, y;
    if ((is_complex128(a) || is_complex128(b)) && quick_complex(a, &x) && quick_complex(b, &y)) {
      eng::Complex<double> r;
      if constexpr (op == eng::Op::add) r = x + y;
      else if constexpr (op == eng::Op::subtract) r = x - y;
      else r = x * y;
      if (std::isfinite(r.re) && std::isfinite(r.im)) [[likely]] return make_scalar(&eng::kComplex128, reinterpret_cast<char*>(&r));
    }
  }
  Ref result = general(op, a, b);
  if constexpr (op == eng::Op::add || op == eng::Op::subtract || op == eng::Op::multiply)
    if (result && !report_wrapped(op, eng::operation(op).name, a, b, result)) return {};
  return result;
}

Ref scalar_power(Value a, Value b, Value modulus) {
  if (!is_none(modulus)) return not_implemented_ref();
  return general(eng::Op::power, a, b);
}
Ref scalar_divmod(Value a, Value b) { return general(eng::Op::divmod, a, b); }

template <eng::Op op>
Ref scalar_unary(Value a) {
  if constexpr (op == eng::Op::negative) {
    if (is_float64(a)) return make_float64(-value_of<double>(a));
    Ref result = unary_operation(op, a);
    if (result && !report_wrapped(eng::Op::subtract, "negative", Value::from_int(0), a, result)) return {};
    return result;
  }
  if constexpr (op == eng::Op::absolute) {
    if (is_float64(a)) return make_float64(std::fabs(value_of<double>(a)));
  }
  return unary_operation(op, a);
}

Ref to_array(Value self);

Ref scalar_compare(Value a, Value b, int op) {
  double x, y;
  int64_t i, j;
  auto answer = [op](auto p, auto q) {
    switch (op) {
      case Py_LT: return p < q;
      case Py_LE: return p <= q;
      case Py_EQ: return p == q;
      case Py_NE: return p != q;
      case Py_GT: return p > q;
      default: return p >= q;
    }
  };
  if (is_float64(a) && (b.is_number() || is_float64(b)) && quick_double(a, &x) && quick_double(b, &y)) return make_bool(answer(x, y));
  if (quick_int(a, &i) && quick_int(b, &j)) return make_bool(answer(i, j));
  if (is_ndarray(b) && !is_exact_ndarray(b)) {  // a subclass has the first word, as it has beside an array
    Ref array = to_array(a);
    return array ? compare(array, b, op) : Ref{};
  }
  return compare_operation(a, b, op);
}

// A Python number for a scalar, of a long double the nearest one.
Ref plain_number(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (!dtype || !dtype->is_long()) return scalar_item(self);
  long double parts[2] = {};
  std::memcpy(parts, scalar_data(self), static_cast<size_t>(dtype->size));
  return dtype->is_complex() ? complex_new(static_cast<double>(parts[0]), static_cast<double>(parts[1])) : Ref::from_double(static_cast<double>(parts[0]));
}

Py_hash_t scalar_hash(Value self) {
  Ref v = plain_number(self);
  return v ? hash(v) : -1;
}
int scalar_bool(Value self) { return scalar_dtype(self)->elements->nonzero(scalar_dtype(self), scalar_data(self)); }
// The number, of a complex one its real part.
Ref real_item(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (!dtype) return call_method(self, "item"_id, {});  // text, which numbers are read from
  if (dtype->is_long()) {
    // As the nearest double; its integer value may be larger than that can tell.
    if (dtype->is_complex() && !warn_of_discarding(dtype, eng::part_of(dtype))) return {};
    long double value;
    std::memcpy(&value, scalar_data(self), sizeof value);
    return Ref::from_double(static_cast<double>(value));
  }
  if (!dtype->is_complex()) return scalar_item(self);
  if (!warn_of_discarding(dtype, eng::part_of(dtype))) return {};
  return element_to_python(scalar_data(self), eng::part_of(dtype));
}
Ref scalar_int(Value self) {
  Ref v = real_item(self);
  return v ? to_int(v) : Ref{};
}
Ref scalar_float(Value self) {
  Ref v = real_item(self);
  return v ? to_float(v) : Ref{};
}
Ref scalar_index(Value self) { return scalar_item(self); }

Ref to_array(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (!dtype) return as_array_ref(self);
  Ref a = array_new(dtype, 0, nullptr);
  if (a) eng::copy_element(dtype, as_array(a)->data, scalar_data(self));
  return a;
}

Ref scalar_subscript(Value self, Value key) {
  if (is_exact_tuple(key) && tuple_size(key) == 0) return Ref::copy(self);
  Ref a = to_array(self);
  if (!a) return {};
  if (key == Value{Py_Ellipsis} || is_none(key) || is_exact_tuple(key)) return array_subscript(a, key);
  return raise(PyExc_IndexError, "invalid index to scalar variable.");
}

// np.float64(x): a scalar from a number or text, an array from anything array-like.
Ref scalar_new(PyTypeObject* type, Args args) {
  const DType* dtype = dtype_of_scalar_type(type);
  if (!dtype) return raise(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
  if (dtype->is_special() && !dtype->is_long()) return special_scalar_new(type, dtype, args);
  if (args.n == 2 && !args.kwnames && dtype->is_complex()) {  // its parts
    Ref number = call(Value{&PyComplex_Type}, {args[0], args[1]});
    Value whole = number;
    return number ? scalar_new(type, Args{&whole, 1}) : Ref{};
  }
  if (args.n > 1 || args.kwnames) return raise(PyExc_TypeError, "%s() takes at most 1 argument", short_name(type));
  alignas(16) char value[32] = {};
  if (args.n == 1) {
    Value v = args[0];
    if (const DType* from = scalar_dtype(v)) {
      if (!store_cast(value, dtype, scalar_data(v), from)) return {};
    } else if (v.is_number() || is_str(v) || is_bytes(v) || is_bool(v) || is_int(v) || is_float(v) ||
        is_instance_exactly(v, &PyComplex_Type)) {
      if (is_str(v) && dtype->is_integer()) {
        Ref parsed = to_int(v);
        if (!parsed || !store_element(value, dtype, parsed)) return {};
      } else if (!store_element(value, dtype, v)) {
        return {};
      }
    } else if (is_none(v) && dtype->is_bool()) {
    } else if (is_none(v) && dtype->is_inexact()) {
      if (!store_element(value, dtype, v)) return {};
    } else {
      FromOptions options;
      options.dtype = dtype;
      Ref a = array_from(v, options);
      return a ? unwrap(std::move(a)) : Ref{};
    }
  }
  if (type < types || type >= types + eng::kClassCount) {
    auto* s = reinterpret_cast<Scalar*>(allocate_instance(type));
    if (!s) return {};
    std::memcpy(s->value, value, scalar_size(dtype) - offsetof(Scalar, value));
    return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
  }
  return element_to_scalar(value, dtype);
}

// ---- attributes and methods ----------------------------------------------------------------------------------------------

Ref get_dtype(Value self) {
  if (const DType* dtype = scalar_dtype(self)) return dtype_ref(dtype);
  const DType* text = special_element_dtype(self);
  return dtype_ref(text ? text : &eng::kObject);
}
Ref get_shape(Value) { return tuple_empty(); }
Ref get_zero(Value) { return Ref::from_int(0); }
Ref get_one(Value) { return Ref::from_int(1); }
Ref get_itemsize(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (!dtype) dtype = special_element_dtype(self);
  return Ref::from_int(dtype ? dtype->size : 8);
}
Ref get_self(Value self) { return Ref::copy(self); }
Ref get_real(Value self) {
  const DType* dtype = scalar_dtype(self);
  return dtype && dtype->is_complex() ? element_to_scalar(scalar_data(self), eng::part_of(dtype)) : Ref::copy(self);
}
Ref get_imag(Value self) {
  const DType* dtype = scalar_dtype(self);
  char zero[32] = {};
  if (!dtype || dtype->kind == 'V') return raise(PyExc_TypeError, "the imaginary part of '%N' is not defined", type_of(self));
  return dtype->is_complex() ? element_to_scalar(scalar_data(self) + dtype->size / 2, eng::part_of(dtype)) : element_to_scalar(zero, dtype);
}
Ref get_base(Value) { return none_ref(); }
Ref get_flags(Value self) {
  Ref a = to_array(self);
  return a ? getattr(a, "flags"_id) : Ref{};
}
Ref get_interface(Value self) {
  Ref a = to_array(self);
  return a ? getattr(a, "__array_interface__"_id) : Ref{};
}
Ref get_data(Value self) {
  Ref a = to_array(self);
  return a ? getattr(a, "data"_id) : Ref{};
}

const GetSetRow generic_getset[] = {
    getset<get_dtype>("dtype", "Get array data-descriptor."),
    getset<get_shape>("shape", "Tuple of array dimensions."),
    getset<get_shape>("strides", "Tuple of bytes steps in each dimension."),
    getset<get_zero>("ndim", "The number of array dimensions."),
    getset<get_one>("size", "The number of elements in the gentype."),
    getset<get_itemsize>("itemsize", "The length of one element in bytes."),
    getset<get_itemsize>("nbytes", "Length of item in bytes."),
    getset<get_self>("T", "Scalar attribute identical to the corresponding array attribute."),
    getset<get_real>("real", "The real part of the scalar."),
    getset<get_imag>("imag", "The imaginary part of the scalar."),
    getset<get_base>("base", "Scalar attribute identical to the corresponding array attribute."),
    getset<get_flags>("flags", "The integer value of flags."),
    getset<get_interface>("__array_interface__", "Array protocol: Python side"),
    getset<get_data>("data", "Pointer to start of data."),
    {}};

// A method of arrays, on the 0-d array of the scalar.
template <FixedString name>
Ref array_method(Value self, Args args) {
  Ref a = to_array(self);
  Ref result = a ? call_method(a, operator""_id<name>(), args) : Ref{};
  return result && is_ndarray(result) ? unwrap(std::move(result)) : std::move(result);
}

Ref method_item(Value self, Args) { return scalar_item(self); }

Ref method_format(Value self, Value spec) {
  if (const DType* dtype = scalar_dtype(self); dtype && dtype->is_special() && !dtype->is_long()) {
    if (is_str(spec) && str_length(spec) == 0) return to_str(self);
    if (dtype->kind == 'V' || dtype->is_date()) {
      Ref text = to_str(self);
      return text ? format(text, spec) : Ref{};
    }
  }
  if ((scalar_dtype(self)->is_bool() || scalar_dtype(self)->is_long()) && is_str(spec) && str_length(spec) == 0) return scalar_str(self);
  Ref v = plain_number(self);
  return v ? format(v, spec) : Ref{};
}

Ref method_round(Value self, const Value* a) {
  Ref v = plain_number(self);
  if (!v) return {};
  const DType* dtype = scalar_dtype(self);
  if (dtype->is_complex()) return raise(PyExc_TypeError, "type %N doesn't define __round__ method", type_of(self));
  if ((dtype->is_floating() || dtype->is_integer()) && (a[0].absent() || is_none(a[0]))) return call_method(v, "__round__"_id);
  Ref array = to_array(self);
  if (!array) return {};
  return call_method(array, "round"_id, {a[0].absent() || is_none(a[0]) ? Value::from_int(0) : a[0]});
}

Ref method_reduce(Value self) {
  if (const DType* dtype = scalar_dtype(self); dtype && dtype->is_special()) return special_scalar_reduce(self);
  Ref v = scalar_item(self);
  Ref args = v ? tuple_of({v}) : Ref{};
  return args ? tuple_of({Value{type_of(self)}, args}) : Ref{};
}

Ref method_is_integer(Value self) {
  const DType* dtype = scalar_dtype(self);
  if (dtype->is_integer() || dtype->is_bool()) return bool_ref(true);
  Ref v = plain_number(self);
  if (!v || !v.get().is_float()) return raise(PyExc_AttributeError, "'%N' object has no attribute 'is_integer'", type_of(self));
  double d = v.get().as_float();
  return bool_ref(std::isfinite(d) && std::floor(d) == d);
}

Ref method_ratio(Value self) {
  Ref v = plain_number(self);
  if (!v) return {};
  if (!v.get().is_float()) return raise(PyExc_AttributeError, "'%N' object has no attribute 'as_integer_ratio'", type_of(self));
  return call_method(v, "as_integer_ratio"_id);
}

Ref method_complex(Value self) {
  Ref v = plain_number(self);
  return v ? call1(Value{&PyComplex_Type}, v) : Ref{};
}

Ref method_array(Value self, Args) { return to_array(self); }

Ref method_deepcopy(Value self, Args) { return Ref::copy(self); }

const MethodRow generic_methods[] = {
    method<method_item>("item", "($self, /, *args)", "Copy an element of an array to a standard Python scalar and return it."),
    method<method_item>("tolist", "($self, /)", "Copy an element of an array to a standard Python scalar and return it."),
    method<method_format>("__format__", "($self, format_spec, /)", "NumPy array scalar formatter."),
    method<method_round>("__round__", "($self, ndigits=<unrepresentable>, /)", "Round to a number of digits."),
    method<method_reduce>("__reduce__", "($self, /)", "For pickling."),
    method<method_is_integer>("is_integer", "($self, /)", "Return True if the number is finite with integral value."),
    method<method_ratio>("as_integer_ratio", "($self, /)", "Return a pair of integers, whose ratio is exactly equal to the original floating point number."),
    method<method_complex>("__complex__", "($self, /)", "complex(self)"),
    method<method_array>("__array__", "($self, /, *args, **kwargs)", "Return a 0-dim array."),
    method<method_deepcopy>("__deepcopy__", "($self, /, *args)", "Scalars are immutable."),
    method<method_deepcopy>("__copy__", "($self, /)", "Scalars are immutable."),
#define ADDER_ARRAY_METHOD(name) \
  method<array_method<#name>>(#name, "($self, /, *args, **kwargs)", "Scalar method identical to the corresponding array attribute."),
    ADDER_ARRAY_METHOD(all) ADDER_ARRAY_METHOD(any) ADDER_ARRAY_METHOD(argmax) ADDER_ARRAY_METHOD(argmin)
    ADDER_ARRAY_METHOD(argsort) ADDER_ARRAY_METHOD(astype) ADDER_ARRAY_METHOD(clip) ADDER_ARRAY_METHOD(conj)
    ADDER_ARRAY_METHOD(conjugate) ADDER_ARRAY_METHOD(copy) ADDER_ARRAY_METHOD(cumprod) ADDER_ARRAY_METHOD(cumsum)
    ADDER_ARRAY_METHOD(dot) ADDER_ARRAY_METHOD(flatten) ADDER_ARRAY_METHOD(max) ADDER_ARRAY_METHOD(mean)
    ADDER_ARRAY_METHOD(min) ADDER_ARRAY_METHOD(nonzero) ADDER_ARRAY_METHOD(prod) ADDER_ARRAY_METHOD(ravel)
    ADDER_ARRAY_METHOD(repeat) ADDER_ARRAY_METHOD(reshape) ADDER_ARRAY_METHOD(round) ADDER_ARRAY_METHOD(squeeze)
    ADDER_ARRAY_METHOD(std) ADDER_ARRAY_METHOD(sum) ADDER_ARRAY_METHOD(take) ADDER_ARRAY_METHOD(tobytes)
    ADDER_ARRAY_METHOD(transpose) ADDER_ARRAY_METHOD(var) ADDER_ARRAY_METHOD(view)
#undef ADDER_ARRAY_METHOD
    {}};

constexpr SlotRows generic_slots = {
    .tp_repr = slot::Unary<scalar_repr>,
    .tp_hash = slot::Hash<scalar_hash>,
    .tp_str = slot::Unary<scalar_str>,
    .tp_richcompare = slot::Compare<scalar_compare>,
    .tp_new = slot::New<scalar_new>,
    .nb_add = slot::Binary<scalar_binary<eng::Op::add>>,
    .nb_subtract = slot::Binary<scalar_binary<eng::Op::subtract>>,
    .nb_multiply = slot::Binary<scalar_binary<eng::Op::multiply>>,
    .nb_remainder = slot::Binary<scalar_binary<eng::Op::remainder>>,
    .nb_divmod = slot::Binary<scalar_divmod>,
    .nb_power = slot::Ternary<scalar_power>,
    .nb_negative = slot::Unary<scalar_unary<eng::Op::negative>>,
    .nb_positive = slot::Unary<scalar_unary<eng::Op::positive>>,
    .nb_absolute = slot::Unary<scalar_unary<eng::Op::absolute>>,
    .nb_bool = slot::Inquiry<scalar_bool>,
    .nb_invert = slot::Unary<scalar_unary<eng::Op::invert>>,
    .nb_lshift = slot::Binary<scalar_binary<eng::Op::left_shift>>,
    .nb_rshift = slot::Binary<scalar_binary<eng::Op::right_shift>>,
    .nb_and = slot::Binary<scalar_binary<eng::Op::bitwise_and>>,
    .nb_xor = slot::Binary<scalar_binary<eng::Op::bitwise_xor>>,
    .nb_or = slot::Binary<scalar_binary<eng::Op::bitwise_or>>,
    .nb_int = slot::Unary<scalar_int>,
    .nb_float = slot::Unary<scalar_float>,
    .nb_floor_divide = slot::Binary<scalar_binary<eng::Op::floor_divide>>,
    .nb_true_divide = slot::Binary<scalar_binary<eng::Op::divide>>,
    .mp_subscript = slot::Binary<scalar_subscript>,
};

constexpr SlotRows integer_slots = [] {
  SlotRows slots = generic_slots;
  slots.nb_index = slot::Unary<scalar_index>;
  return slots;
}();

bool add_abstract(PyObject* module, PyTypeObject* type, const char* name, PyTypeObject* base) {
  TypeDef* def = new TypeDef{};
  def->type = type;
  def->name = name;
  def->basicsize = base ? base->tp_basicsize : sizeof(Scalar);
  def->flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  def->base = base;
  def->dealloc = scalar_dealloc;
  if (!base) {
    def->doc = "Base class for numpy scalar types.";
    def->slots = generic_slots;
    def->methods = generic_methods;
    def->getset = generic_getset;
  }
  return module_add_type(module, *def);
}

bool add_concrete(PyObject* module, const DType* dtype, const char* name, const char* doc, PyTypeObject* base) {
  PyTypeObject* type = &types[dtype->number];
  type->ob_base = {{1, &PyType_Type}, 0};
  TypeDef* def = new TypeDef{};
  def->type = type;
  def->name = name;
  def->doc = doc;
  def->basicsize = static_cast<Py_ssize_t>(scalar_size(dtype));
  def->flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  def->base = base;
  def->dealloc = scalar_dealloc;
  def->slots = dtype->is_integer() ? integer_slots : generic_slots;
  PyTypeObject* builtin = dtype == &eng::kFloat64 ? &PyFloat_Type : dtype == &eng::kComplex128 ? &PyComplex_Type : nullptr;
  if (builtin) {
    // Also a float, or a complex: its layout, its methods after NumPy's own.
    Ref bases = tuple_of({Value{base}, Value{builtin}});
    if (!bases) return false;
    def->base = builtin;
    type->tp_bases = to_c_steal(std::move(bases));
    // What those have and NumPy's types define themselves.
    static const MethodRow own[] = {
        method<method_format>("__format__", "($self, format_spec, /)", "NumPy array scalar formatter."),
        method<method_round>("__round__", "($self, ndigits=<unrepresentable>, /)", "Round to a number of digits."),
        method<method_reduce>("__reduce__", "($self, /)", "For pickling."),
        {}};
    def->methods = own;
    def->getset = generic_getset;
  }
  return module_add_type(module, *def);
}

}  // namespace

bool init_scalars(PyObject* module) {
  struct Row {
    const DType* dtype;
    const char* name;
    const char* doc;
    PyTypeObject* base;
  };
  const Row rows[] = {
      {&eng::kBool, "numpy.bool", "Boolean type (True or False), stored as a byte.", &generic_type},
      {&eng::kInt8, "numpy.int8", "Signed integer type, compatible with C ``char``.", &signedinteger_type},
      {&eng::kInt16, "numpy.int16", "Signed integer type, compatible with C ``short``.", &signedinteger_type},
      {&eng::kInt32, "numpy.int32", "Signed integer type, compatible with C ``int``.", &signedinteger_type},
      {&eng::kInt64, "numpy.int64", "Signed integer type, compatible with C ``long``.", &signedinteger_type},
      {&eng::kUInt8, "numpy.uint8", "Unsigned integer type, compatible with C ``unsigned char``.", &unsignedinteger_type},
      {&eng::kUInt16, "numpy.uint16", "Unsigned integer type, compatible with C ``unsigned short``.", &unsignedinteger_type},
      {&eng::kUInt32, "numpy.uint32", "Unsigned integer type, compatible with C ``unsigned int``.", &unsignedinteger_type},
      {&eng::kUInt64, "numpy.uint64", "Unsigned integer type, compatible with C ``unsigned long``.", &unsignedinteger_type},
      {&eng::kFloat16, "numpy.float16", "Half-precision floating-point number type.", &floating_type},
      {&eng::kComplex64, "numpy.complex64", "Complex number type composed of two single-precision floating-point numbers.", &complexfloating_type},
      {&eng::kComplex128, "numpy.complex128", "Complex number type composed of two double-precision floating-point numbers, compatible with Python :class:`complex`.", &complexfloating_type},
      {&eng::kLongDouble, "numpy.longdouble", "Extended-precision floating-point number type, compatible with C ``long double``.", &floating_type},
      {&eng::kLongComplex, "numpy.clongdouble", "Complex number type composed of two extended-precision floating-point numbers.", &complexfloating_type},
      {&eng::kFloat32, "numpy.float32", "Single-precision floating-point number type, compatible with C ``float``.", &floating_type},
      {&eng::kFloat64, "numpy.float64", "Double-precision floating-point number type, compatible with Python :class:`float` and C ``double``.", &floating_type},
  };
  if (!add_abstract(module, &generic_type, "numpy.generic", nullptr) ||
      !add_abstract(module, &number_type, "numpy.number", &generic_type) ||
      !add_abstract(module, &integer_type, "numpy.integer", &number_type) ||
      !add_abstract(module, &signedinteger_type, "numpy.signedinteger", &integer_type) ||
      !add_abstract(module, &unsignedinteger_type, "numpy.unsignedinteger", &integer_type) ||
      !add_abstract(module, &inexact_type, "numpy.inexact", &number_type) ||
      !add_abstract(module, &floating_type, "numpy.floating", &inexact_type) ||
      !add_abstract(module, &complexfloating_type, "numpy.complexfloating", &inexact_type) ||
      !add_abstract(module, &flexible_type, "numpy.flexible", &generic_type) ||
      !add_abstract(module, &character_type, "numpy.character", &flexible_type))
    return false;
  for (const Row& row : rows)
    if (!add_concrete(module, row.dtype, row.name, row.doc, row.base)) return false;
  if (!init_special_scalars(module)) return false;
  Ref yes = make_bool(true), no = make_bool(false);
  return module_add(module, "True_", std::move(yes)) && module_add(module, "False_", std::move(no));
}

}  // namespace adder::numpy
