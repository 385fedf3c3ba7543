// The type float. Exact floats are immediates; PyFloatObject serves subclasses and boxes for C.
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include "memory/kept.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float_text.h"
#include "object/format_spec.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

PyTypeObject PyFloat_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

bool is_float(Value v) {
  if (v.is_float()) return true;
  return v.is_object() && (v.object()->ob_type == &PyFloat_Type || is_subtype(v.object()->ob_type, &PyFloat_Type));
}

// --- Boxes ---------------------------------------------------------------------------------------------------------

namespace {
Kept<256, KeptKind::kPlain> kept_floats;

void float_dealloc(PyObject* self) {
  if (self->ob_type == &PyFloat_Type && kept_floats.keep(self)) return;
  self->ob_type->tp_free(self);
}
}  // namespace

void drop_kept_floats() { kept_floats.drop(); }

PyObject* float_box(double d) {
  PyObject* o = kept_floats.take();
  if (!o && !(o = object_new_raw(&PyFloat_Type, sizeof(PyFloatObject)))) return nullptr;
  reinterpret_cast<PyFloatObject*>(o)->ob_fval = d;
  return o;
}

// --- Arithmetic ------------------------------------------------------------------------------------------------------

Py_hash_t float_hash(double d) {
  constexpr uint64_t P = (uint64_t{1} << 61) - 1;
  if (!std::isfinite(d)) return std::isinf(d) ? (d > 0 ? 314159 : -314159) : 0;
  // Integral values of moderate size hash as the int.
  if (d == static_cast<double>(static_cast<int64_t>(d < 1e15 && d > -1e15 ? d : 0)) && d < 1e15 && d > -1e15) {
    auto i = static_cast<int64_t>(d);
    return i == -1 ? -2 : i;
  }
  int e;
  double m = std::frexp(d, &e);
  int sign = 1;
  if (m < 0) {
    sign = -1;
    m = -m;
  }
  uint64_t x = 0;
  while (m != 0) {  // 28 bits at a time
    x = ((x << 28) & P) | (x >> 33);
    m *= 268435456.0;
    e -= 28;
    auto y = static_cast<uint64_t>(m);
    m -= static_cast<double>(y);
    x += y;
    if (x >= P) x -= P;
  }
  e = e >= 0 ? e % 61 : 60 - ((-1 - e) % 61);
  x = ((x << e) & P) | (x >> (61 - e));
  auto h = static_cast<int64_t>(x) * sign;
  return h == -1 ? -2 : h;
}

double float_mod(double a, double b) {
  double m = std::fmod(a, b);
  if (m != 0) {
    if ((b < 0) != (m < 0)) m += b;
  } else {
    m = std::copysign(0.0, b);
  }
  return m;
}

namespace {
void divide(double a, double b, double* floor_quotient, double* rest) {
  double m = std::fmod(a, b), q = (a - m) / b;
  if (m != 0) {
    if ((b < 0) != (m < 0)) {
      m += b;
      q -= 1.0;
    }
  } else {
    m = std::copysign(0.0, b);
  }
  if (q != 0) {
    double f = std::floor(q);
    if (q - f > 0.5) f += 1.0;
    q = f;
  } else {
    q = std::copysign(0.0, a / b);
  }
  *floor_quotient = q;
  *rest = m;
}

Failure raise_range_error() {
  Ref text = str_from_ascii(strerror(ERANGE));
  if (!text) return {};
  Ref args = tuple_of({Value::from_int(ERANGE), text});
  return args ? raise_value(PyExc_OverflowError, args) : Failure{};
}
}  // namespace

double float_floor_divide(double a, double b) {
  double q, m;
  divide(a, b, &q, &m);
  return q;
}

Ref complex_power_of(Py_complex a, Py_complex b);  // complex.cpp

Ref float_power(double x, double y) {
  if (y == 0) return Ref::from_double(1.0);
  if (std::isnan(x)) return Ref::from_double(x);
  if (std::isnan(y)) return Ref::from_double(x == 1.0 ? 1.0 : y);
  if (x == 0 && y < 0 && !std::isinf(y)) return raise(PyExc_ZeroDivisionError, "0.0 cannot be raised to a negative power");
  if (x < 0 && !std::isinf(x) && !std::isinf(y) && y != std::floor(y)) return complex_power_of({x, 0}, {y, 0});
  double r = std::pow(x, y);
  if (std::isinf(r) && !std::isinf(x) && !std::isinf(y) && x != 0) return raise_range_error();
  return Ref::from_double(r);
}

namespace {

// A float or int operand as a double: 1 done, 0 not a number of these, -1 error.
inline int operand(Value v, double* out) {
  if (v.is_float()) {
    *out = v.as_float();
    return 1;
  }
  if (v.is_int()) {
    *out = static_cast<double>(v.as_int());
    return 1;
  }
  if (is_float(v)) {
    *out = float_value(v);
    return 1;
  }
  if (is_int(v)) return int_as_double(v, out) ? 1 : -1;
  return 0;
}

#define OPERANDS(a, b)                                     \
  double x, y;                                             \
  if (int s = operand(a, &x); s <= 0) return s ? Ref{} : not_implemented_ref(); \
  if (int s = operand(b, &y); s <= 0) return s ? Ref{} : not_implemented_ref()

Ref slot_add(Value a, Value b) { OPERANDS(a, b); return Ref::from_double(x + y); }
Ref slot_subtract(Value a, Value b) { OPERANDS(a, b); return Ref::from_double(x - y); }
Ref slot_multiply(Value a, Value b) { OPERANDS(a, b); return Ref::from_double(x * y); }
Ref slot_true_divide(Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise(PyExc_ZeroDivisionError, "float division by zero");
  return Ref::from_double(x / y);
}
Ref slot_floor_divide(Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise(PyExc_ZeroDivisionError, "float floor division by zero");
  return Ref::from_double(float_floor_divide(x, y));
}
Ref slot_remainder(Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise(PyExc_ZeroDivisionError, "float modulo");
  return Ref::from_double(float_mod(x, y));
}
Ref slot_divmod(Value a, Value b) {
  OPERANDS(a, b);
  if (y == 0) return raise(PyExc_ZeroDivisionError, "float divmod()");
  double q, m;
  divide(x, y, &q, &m);
  return tuple_of({Value::from_double(q), Value::from_double(m)});
}
Ref slot_power(Value a, Value b, Value c) {
  if (!c.absent() && !is_none(c)) {
    return raise(PyExc_TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
  }
  OPERANDS(a, b);
  return float_power(x, y);
}
Ref slot_negative(Value a) { return Ref::from_double(-float_value(a)); }
Ref float_exact(Value a) { return Ref::from_double(float_value(a)); }
Ref slot_absolute(Value a) { return Ref::from_double(std::fabs(float_value(a))); }
int slot_bool(Value a) { return float_value(a) != 0.0; }
Ref slot_int(Value a) { return int_from_double(float_value(a)); }
Ref slot_repr(Value a) {
  char text[kFloatRepr];
  return str_from_ascii({text, float_repr(float_value(a), text)});
}
Py_hash_t slot_hash(Value a) {
  double d = float_value(a);
  if (std::isnan(d)) {
    // Of its identity, so that many NaNs do not collide; equal words are the same object.
    uint64_t id = identity(a);
    auto h = static_cast<Py_hash_t>(id >> 4 | id << 60);
    return h == -1 ? -2 : h;
  }
  return float_hash(d);
}

// Exact comparison of a finite or infinite double with an int: -1, 0, 1. NaN is the caller's.
bool compare_with_int(double d, Value i, int* out) {
  int64_t word;
  if (std::isinf(d)) {
    *out = d > 0 ? 1 : -1;
    return true;
  }
  constexpr int64_t kExact = int64_t{1} << 53;
  if (word_of(i, &word) && word >= -kExact && word <= kExact) {
    auto e = static_cast<double>(word);
    *out = d < e ? -1 : d > e;
    return true;
  }
  // Beyond 2^53: the double's integer part decides, then its fraction (which is zero where the parts can be equal).
  double whole = std::trunc(d);
  Ref w = int_from_double(whole);
  if (!w) return false;
  int c = int_compare(w, i);
  if (c == 0) c = d < whole ? -1 : d > whole;
  *out = c;
  return true;
}

Ref slot_compare(Value a, Value b, int op) {
  if (!is_float(a)) return not_implemented_ref();
  double x = float_value(a);
  int c;
  if (is_float(b)) {
    double y = float_value(b);
    switch (op) {
      case Py_LT: return bool_ref(x < y);
      case Py_LE: return bool_ref(x <= y);
      case Py_EQ: return bool_ref(x == y);
      case Py_NE: return bool_ref(x != y);
      case Py_GT: return bool_ref(x > y);
      default: return bool_ref(x >= y);
    }
  }
  if (!is_int(b)) return not_implemented_ref();
  if (std::isnan(x)) return bool_ref(op == Py_NE);
  if (!compare_with_int(x, b, &c)) return {};
  switch (op) {
    case Py_LT: return bool_ref(c < 0);
    case Py_LE: return bool_ref(c <= 0);
    case Py_EQ: return bool_ref(c == 0);
    case Py_NE: return bool_ref(c != 0);
    case Py_GT: return bool_ref(c > 0);
    default: return bool_ref(c >= 0);
  }
}

Ref float_new(PyTypeObject* type, Args args) {
  if (args.kwnames && tuple_size(args.kwnames) && (type == &PyFloat_Type || type->tp_init == PyFloat_Type.tp_init)) {
    return raise(PyExc_TypeError, "float() takes no keyword arguments");
  }
  if (args.n > 1) return raise(PyExc_TypeError, "float expected at most 1 argument, got %zd", static_cast<Py_ssize_t>(args.n));
  Ref value = args.n == 0 ? Ref::from_double(0.0) : is_exact_str(args[0]) ? float_from_str(args[0]) : to_float(args[0]);
  if (!value || type == &PyFloat_Type) return value;
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  reinterpret_cast<PyFloatObject*>(o)->ob_fval = float_value(value);
  return Ref::steal(Value{o});
}

// --- Methods ---------------------------------------------------------------------------------------------------------

Ref float_real(Value self) { return float_exact(self); }
Ref float_imag(Value) { return Ref::from_double(0.0); }
Ref float_floor_method(Value self) { return int_from_double(std::floor(float_value(self))); }
Ref float_ceil_method(Value self) { return int_from_double(std::ceil(float_value(self))); }
Ref float_is_integer(Value self) {
  double d = float_value(self);
  return bool_ref(std::isfinite(d) && std::floor(d) == d);
}

// d rounded to `digits` decimals, half to even on the exact value.
Ref round_to(double d, int64_t digits) {
  if (!std::isfinite(d) || d == 0) return Ref::from_double(d);
  if (digits > 323) return Ref::from_double(d);
  if (digits < -308) return Ref::from_double(0.0 * d);
  double r;
  char buffer[800];
  if (digits >= 0) {
    if (digits > 17 && std::fabs(d) >= 1e17) return Ref::from_double(d);
    snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), d);
    r = strtod(buffer, nullptr);
  } else {
    snprintf(buffer, sizeof buffer, "%.40e", std::fabs(d));
    int exponent = atoi(strchr(buffer, 'e') + 1);
    int64_t precision = exponent + digits;
    if (precision < -1) {
      r = std::copysign(0.0, d);
    } else if (precision == -1) {
      snprintf(buffer, sizeof buffer, "5e%d", exponent);
      double half = strtod(buffer, nullptr);
      snprintf(buffer, sizeof buffer, "1e%d", exponent + 1);
      r = std::fabs(d) > half ? strtod(buffer, nullptr) : 0.0;
      r = std::copysign(r, d);
    } else {
      snprintf(buffer, sizeof buffer, "%.*e", static_cast<int>(precision), d);
      r = strtod(buffer, nullptr);
    }
  }
  if (std::isinf(r)) return raise(PyExc_OverflowError, "rounded value too large to represent");
  return Ref::from_double(r);
}

Ref float_round(Value self, const Value* a) {
  double d = float_value(self);
  if (a[0].absent() || is_none(a[0])) return int_from_double(std::nearbyint(d));
  Py_ssize_t digits;
  if (!index_as_ssize(a[0], &digits, nullptr)) return {};
  return round_to(d, digits);
}

Ref float_as_integer_ratio(Value self) {
  double d = float_value(self);
  if (std::isinf(d)) return raise(PyExc_OverflowError, "cannot convert Infinity to integer ratio");
  if (std::isnan(d)) return raise(PyExc_ValueError, "cannot convert NaN to integer ratio");
  int e;
  double m = std::frexp(d, &e);
  for (int i = 0; i < 300 && m != std::floor(m); i++) {
    m *= 2;
    --e;
  }
  Ref n = int_from_double(m), one = Ref::from_int(1);
  if (!n) return {};
  if (e > 0) {
    n = int_lshift(n, Value::from_int(e));
    if (!n) return {};
  } else {
    one = int_lshift(one, Value::from_int(-e));
    if (!one) return {};
  }
  return tuple_of({n, one});
}

Ref float_hex(Value self) {
  double d = float_value(self);
  if (!std::isfinite(d)) return str_from_ascii(float_repr(d));
  if (d == 0) return str_from_ascii(std::signbit(d) ? "-0x0.0p+0" : "0x0.0p+0");
  int e;
  double m = std::frexp(std::fabs(d), &e);
  int shift = 1 - (-1021 - e > 0 ? -1021 - e : 0);
  m = std::ldexp(m, shift);
  e -= shift;
  std::string out = d < 0 ? "-0x" : "0x";
  out += static_cast<char>('0' + static_cast<int>(m));
  m -= static_cast<int>(m);
  out += '.';
  for (int i = 0; i < 13; i++) {
    m *= 16;
    out += "0123456789abcdef"[static_cast<int>(m)];
    m -= static_cast<int>(m);
  }
  out += 'p';
  out += e < 0 ? '-' : '+';
  out += std::to_string(e < 0 ? -e : e);
  return str_from_ascii(out);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Ref float_fromhex(Value type, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "bad argument type for built-in operation");
  std::string_view s = str_utf8(text);
  if (!s.data()) return {};
  auto invalid = [] { return raise(PyExc_ValueError, "invalid hexadecimal floating-point string"); };
  auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  size_t i = 0, n = s.size();
  while (i < n && space(s[i])) ++i;
  while (n > i && space(s[n - 1])) --n;
  size_t used;
  double d = 0;
  std::string_view body = s.substr(i, n - i);
  size_t k = 0;
  bool negative = false;
  if (k < body.size() && (body[k] == '-' || body[k] == '+')) negative = body[k++] == '-';
  if (k < body.size() && ((body[k] | 0x20) == 'i' || (body[k] | 0x20) == 'n')) {
    if (!parse_double(body, &d, &used) || used != body.size()) return invalid();
  } else {
    if (k + 1 < body.size() && body[k] == '0' && (body[k + 1] | 0x20) == 'x') k += 2;
    // Collect significant digits exactly, as an int with a binary exponent.
    std::string digits;
    int64_t exponent = 0;
    bool point = false, any = false;
    for (; k < body.size(); k++) {
      int h = hex_digit(body[k]);
      if (h >= 0) {
        any = true;
        if (point) exponent -= 4;
        if (!(digits.empty() && h == 0)) digits += body[k];
      } else if (body[k] == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    if (!any) return invalid();
    if (k < body.size() && (body[k] | 0x20) == 'p') {
      ++k;
      bool minus = false;
      if (k < body.size() && (body[k] == '-' || body[k] == '+')) minus = body[k++] == '-';
      if (k >= body.size() || body[k] < '0' || body[k] > '9') return invalid();
      int64_t e = 0;
      for (; k < body.size() && body[k] >= '0' && body[k] <= '9'; k++) {
        if (e < (int64_t{1} << 50)) e = e * 10 + (body[k] - '0');
      }
      exponent += minus ? -e : e;
    }
    if (k != body.size()) return invalid();
    if (!digits.empty()) {
      // The top 64 bits and whether anything lies below them.
      uint64_t top = 0;
      bool sticky = false;
      int64_t bits = static_cast<int64_t>(digits.size()) * 4;
      for (size_t j = 0; j < digits.size(); j++) {
        auto h = static_cast<uint64_t>(hex_digit(digits[j]));
        if (j < 15) top = top << 4 | h;
        else sticky = sticky || h;
      }
      int64_t used_digits = digits.size() < 15 ? static_cast<int64_t>(digits.size()) : 15;
      exponent += bits - used_digits * 4;  // value = top * 2^exponent (+ sticky)
      int top_bits = 64 - __builtin_clzll(top);
      int64_t high = exponent + top_bits;  // value in [2^(high-1), 2^high)
      if (high > 1024) return raise(PyExc_OverflowError, "hexadecimal value too large to represent as a float");
      if (high < -1074) {
        d = 0;  // below half of the smallest
      } else {
        int64_t keep = high >= -1021 ? 53 : 53 - (-1021 - high);  // bits of precision there
        int64_t drop = top_bits - keep;
        uint64_t m = top;
        if (drop > 0) {
          uint64_t rest = drop >= 64 ? top : top & ((uint64_t{1} << drop) - 1), half = uint64_t{1} << (drop - 1);
          m = drop >= 64 ? 0 : top >> drop;
          if (rest > half || (rest == half && (sticky || (m & 1)))) ++m;
          exponent += drop;
        }
        d = std::ldexp(static_cast<double>(m), static_cast<int>(exponent));
        if (std::isinf(d)) return raise(PyExc_OverflowError, "hexadecimal value too large to represent as a float");
      }
    }
    if (negative) d = -d;
  }
  if (type.as<PyTypeObject>() == &PyFloat_Type) return Ref::from_double(d);
  return call1(type, Value::from_double(d));
}

Ref float_getnewargs(Value self) { return tuple_of({Value::from_double(float_value(self))}); }

Ref float_getformat(Value, Value kind) {
  if (!is_str(kind)) return raise(PyExc_TypeError, "__getformat__() argument must be str, not %.200s", type_of(kind)->tp_name);
  if (str_equals(kind, "double") || str_equals(kind, "float")) return str_from_ascii("IEEE, little-endian");
  return raise(PyExc_ValueError, "__getformat__() argument 1 must be 'double' or 'float'");
}

Ref float_format(Value self, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument must be str, not %.200s", is_none(spec) ? "None" : type_of(spec)->tp_name);
  if (str_length(spec) == 0 && !self.is_float()) return to_str(self);  // a subclass's own text
  return format_float(float_value(self), spec);
}

const MethodRow float_methods[] = {
    method<float_exact>("conjugate", "($self, /)", "Return self, the complex conjugate of any float."),
    method<slot_int>("__trunc__", "($self, /)", "Return the Integral closest to x between 0 and x."),
    method<float_floor_method>("__floor__", "($self, /)", "Return the floor as an Integral."),
    method<float_ceil_method>("__ceil__", "($self, /)", "Return the ceiling as an Integral."),
    method<float_round>("__round__", "($self, ndigits=None, /)", "Return the Integral closest to x, rounding half toward even."),
    method<float_as_integer_ratio>("as_integer_ratio", "($self, /)", "Return integer ratio."
           "\n\n>>> (2.5).as_integer_ratio()\n(5, 2)\n>>> (-0.25).as_integer_ratio()\n(-1, 4)"),
    class_method<float_fromhex>("fromhex", "($type, string, /)", "Create a floating-point number from a hexadecimal string."
           "\n\n>>> float.fromhex('0x1.8p3')\n12.0\n>>> float.fromhex('-0x1p-2')\n-0.25"),
    method<float_hex>("hex", "($self, /)", "Return a hexadecimal representation of a floating-point number."
           "\n\n>>> (12.0).hex()\n'0x1.8000000000000p+3'\n>>> (-0.25).hex()\n'-0x1.0000000000000p-2'"),
    method<float_is_integer>("is_integer", "($self, /)", "Return True if the float is an integer."),
    method<float_getnewargs>("__getnewargs__", "($self, /)", ""),
    class_method<float_getformat>("__getformat__", "($type, typestr, /)", "You probably don't want to use this function."),
    method<float_format>("__format__", "($self, format_spec, /)", "Formats the float according to format_spec."),
    {}};

const GetSetRow float_getset[] = {
    getset<float_real>("real", "the real part of a complex number"),
    getset<float_imag>("imag", "the imaginary part of a complex number"),
    {}};

}  // namespace

extern const TypeDef float_def = {
    .type = &PyFloat_Type,
    .name = "float",
    .basicsize = sizeof(PyFloatObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | (1UL << 22),
    .doc = "Convert a string or number to a floating point number, if possible.",
    .signature = "(x=0, /)",
    .dealloc = float_dealloc,
    .slots = {.tp_repr = slot::Unary<slot_repr>,
              .tp_hash = slot::Hash<slot_hash>,
              .tp_richcompare = slot::Compare<slot_compare>,
              .tp_new = slot::New<float_new>,
              .nb_add = slot::Binary<slot_add>,
              .nb_subtract = slot::Binary<slot_subtract>,
              .nb_multiply = slot::Binary<slot_multiply>,
              .nb_remainder = slot::Binary<slot_remainder>,
              .nb_divmod = slot::Binary<slot_divmod>,
              .nb_power = slot::Ternary<slot_power>,
              .nb_negative = slot::Unary<slot_negative>,
              .nb_positive = slot::Unary<float_exact>,
              .nb_absolute = slot::Unary<slot_absolute>,
              .nb_bool = slot::Inquiry<slot_bool>,
              .nb_int = slot::Unary<slot_int>,
              .nb_float = slot::Unary<float_exact>,
              .nb_floor_divide = slot::Binary<slot_floor_divide>,
              .nb_true_divide = slot::Binary<slot_true_divide>},
    .methods = float_methods,
    .getset = float_getset,
};

}  // namespace adder
