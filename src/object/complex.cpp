// The type complex.
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/format_spec.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

PyTypeObject PyComplex_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref complex_new(double re, double im) {
  PyObject* o = object_new_raw(&PyComplex_Type, sizeof(PyComplexObject));
  if (!o) return {};
  reinterpret_cast<PyComplexObject*>(o)->cval = {re, im};
  return Ref::steal(Value{o});
}

Py_complex complex_value(Value v) { return v.as<PyComplexObject>()->cval; }

namespace {

bool is_complex(Value v) { return v.is_object() && is_instance_exactly(v, &PyComplex_Type); }
Ref from(Py_complex c) { return complex_new(c.real, c.imag); }

Py_complex product(Py_complex a, Py_complex b) {
  return {a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real};
}

// Smith's method, as CPython divides. false: division by zero.
bool quotient(Py_complex a, Py_complex b, Py_complex* out) {
  double abs_re = std::fabs(b.real), abs_im = std::fabs(b.imag);
  if (abs_re >= abs_im) {
    if (abs_re == 0.0) return false;
    double ratio = b.imag / b.real, denom = b.real + b.imag * ratio;
    *out = {(a.real + a.imag * ratio) / denom, (a.imag - a.real * ratio) / denom};
  } else if (abs_im >= abs_re) {
    double ratio = b.real / b.imag, denom = b.real * ratio + b.imag;
    *out = {(a.real * ratio + a.imag) / denom, (a.imag * ratio - a.real) / denom};
  } else {
    *out = {NAN, NAN};
  }
  return true;
}

Py_complex integer_power(Py_complex x, int64_t n) {
  Py_complex r{1, 0}, p = x;
  for (int64_t mask = 1; mask > 0 && n >= mask; mask <<= 1) {
    if (n & mask) r = product(r, p);
    p = product(p, p);
  }
  return r;
}

// A complex, float or int operand: 1, 0 none of these, -1 error.
int operand(Value v, Py_complex* out) {
  if (is_complex(v)) {
    *out = complex_value(v);
    return 1;
  }
  if (is_float(v)) {
    *out = {float_value(v), 0};
    return 1;
  }
  if (is_int(v)) {
    out->imag = 0;
    return int_as_double(v, &out->real) ? 1 : -1;
  }
  return 0;
}

#define OPERANDS(a, b)                                     \
  Py_complex x, y;                                         \
  if (int s = operand(a, &x); s <= 0) return s ? Ref{} : not_implemented_ref(); \
  if (int s = operand(b, &y); s <= 0) return s ? Ref{} : not_implemented_ref()

}  // namespace

Ref complex_power_of(Py_complex a, Py_complex b) {
  Py_complex r;
  // Small whole exponents by multiplication.
  if (b.imag == 0.0 && b.real == std::floor(b.real) && std::fabs(b.real) <= 100.0) {
    auto n = static_cast<int64_t>(b.real);
    if (n > 0) {
      r = integer_power(a, n);
    } else if (n == 0) {
      r = {1, 0};
    } else {
      if (!quotient({1, 0}, integer_power(a, -n), &r)) return raise(PyExc_ZeroDivisionError, "0.0 to a negative or complex power");
    }
  } else if (b.real == 0 && b.imag == 0) {
    r = {1, 0};
  } else if (a.real == 0 && a.imag == 0) {
    if (b.imag != 0 || b.real < 0) return raise(PyExc_ZeroDivisionError, "0.0 to a negative or complex power");
    r = {0, 0};
  } else {
    double size = std::hypot(a.real, a.imag), length = std::pow(size, b.real);
    double angle = std::atan2(a.imag, a.real), phase = angle * b.real;
    if (b.imag != 0) {
      length /= std::exp(angle * b.imag);
      phase += b.imag * std::log(size);
    }
    r = {length * std::cos(phase), length * std::sin(phase)};
  }
  bool finite_in = std::isfinite(a.real) && std::isfinite(a.imag) && std::isfinite(b.real) && std::isfinite(b.imag);
  if (finite_in && (std::isinf(r.real) || std::isinf(r.imag))) return raise(PyExc_OverflowError, "complex exponentiation");
  return complex_new(r.real, r.imag);
}

namespace {

Ref slot_add(Value a, Value b) { OPERANDS(a, b); return complex_new(x.real + y.real, x.imag + y.imag); }
Ref slot_subtract(Value a, Value b) { OPERANDS(a, b); return complex_new(x.real - y.real, x.imag - y.imag); }
Ref slot_multiply(Value a, Value b) { OPERANDS(a, b); return from(product(x, y)); }
Ref slot_true_divide(Value a, Value b) {
  OPERANDS(a, b);
  Py_complex q;
  if (!quotient(x, y, &q)) return raise(PyExc_ZeroDivisionError, "complex division by zero");
  return from(q);
}
Ref slot_power(Value a, Value b, Value c) {
  OPERANDS(a, b);
  if (!c.absent() && !is_none(c)) return raise(PyExc_ValueError, "complex modulo");
  return complex_power_of(x, y);
}
Ref slot_negative(Value a) { auto c = complex_value(a); return complex_new(-c.real, -c.imag); }
Ref slot_positive(Value a) {
  if (is_exact(a, &PyComplex_Type)) return Ref::copy(a);
  return from(complex_value(a));
}
Ref slot_absolute(Value a) {
  auto c = complex_value(a);
  double r;
  if (std::isinf(c.real) || std::isinf(c.imag)) return Ref::from_double(HUGE_VAL);
  if (std::isnan(c.real) || std::isnan(c.imag)) return Ref::from_double(NAN);
  r = std::hypot(c.real, c.imag);
  if (!std::isfinite(r)) return raise(PyExc_OverflowError, "absolute value too large");
  return Ref::from_double(r);
}
int slot_bool(Value a) { auto c = complex_value(a); return c.real != 0 || c.imag != 0; }

Py_hash_t part_hash(Value self, double d) {
  if (std::isnan(d)) {
    uint64_t id = identity(self);
    return static_cast<Py_hash_t>(id >> 4 | id << 60);
  }
  return float_hash(d);
}
Py_hash_t slot_hash(Value a) {
  auto c = complex_value(a);
  auto re = static_cast<uint64_t>(part_hash(a, c.real)), im = static_cast<uint64_t>(part_hash(a, c.imag));
  auto h = static_cast<Py_hash_t>(re + 1000003u * im);
  return h == -1 ? -2 : h;
}

Ref slot_compare(Value a, Value b, int op) {
  if (op != Py_EQ && op != Py_NE) return not_implemented_ref();
  if (!is_complex(a)) return not_implemented_ref();
  auto x = complex_value(a);
  bool same;
  if (is_int(b)) {
    if (x.imag != 0) {
      same = false;
    } else {
      int c = compare_bool(Value::from_double(x.real), b, Py_EQ);
      if (c < 0) return {};
      same = c != 0;
    }
  } else if (is_float(b)) {
    same = x.real == float_value(b) && x.imag == 0;
  } else if (is_complex(b)) {
    auto y = complex_value(b);
    same = x.real == y.real && x.imag == y.imag;
  } else {
    return not_implemented_ref();
  }
  return bool_ref(same == (op == Py_EQ));
}

Ref slot_repr(Value a) {
  auto c = complex_value(a);
  if (c.real == 0 && !std::signbit(c.real)) return str_from_ascii(format_double(c.imag, 'r', 0, false, false, false) + "j");
  return str_from_ascii("(" + format_double(c.real, 'r', 0, false, false, false) + format_double(c.imag, 'r', 0, false, true, false) + "j)");
}

// --- Construction -----------------------------------------------------------------------------------------------------

// "1+2j", with parentheses and spaces around; false if malformed.
bool parse_complex(std::string_view s, Py_complex* out) {
  auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); };
  size_t i = 0, n = s.size();
  while (i < n && space(s[i])) ++i;
  bool bracket = false;
  if (i < n && s[i] == '(') {
    bracket = true;
    ++i;
    while (i < n && space(s[i])) ++i;
  }
  double x = 0, y = 0, z;
  size_t used;
  auto is_j = [&](size_t k) { return k < n && (s[k] | 0x20) == 'j'; };
  if (parse_double(s.substr(i), &z, &used)) {
    i += used;
    if (i < n && (s[i] == '+' || s[i] == '-')) {
      x = z;
      if (parse_double(s.substr(i), &y, &used)) {
        i += used;
      } else {
        y = s[i] == '+' ? 1.0 : -1.0;
        ++i;
      }
      if (!is_j(i)) return false;
      ++i;
    } else if (is_j(i)) {
      ++i;
      y = z;
    } else {
      x = z;
    }
  } else {
    if (i < n && (s[i] == '+' || s[i] == '-')) {
      y = s[i] == '+' ? 1.0 : -1.0;
      ++i;
    } else {
      y = 1.0;
    }
    if (!is_j(i)) return false;
    ++i;
  }
  while (i < n && space(s[i])) ++i;
  if (bracket) {
    if (i >= n || s[i] != ')') return false;
    ++i;
    while (i < n && space(s[i])) ++i;
  }
  if (i != n) return false;
  *out = {x, y};
  return true;
}

Ref make(PyTypeObject* type, Py_complex c) {
  if (type == &PyComplex_Type) return from(c);
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  reinterpret_cast<PyComplexObject*>(o)->cval = c;
  return Ref::steal(Value{o});
}

Ref from_string(PyTypeObject* type, Value str) {
  std::string text;
  if (!ascii_numerals(str, &text)) return {};
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '_') {
      plain += text[i];
      continue;
    }
    auto digit = [&](size_t k) { return k < text.size() && text[k] >= '0' && text[k] <= '9'; };
    if (i == 0 || !digit(i - 1) || !digit(i + 1)) return raise(PyExc_ValueError, "could not convert string to complex: %R", str);
  }
  Py_complex c;
  if (!parse_complex(plain, &c)) return raise(PyExc_ValueError, "complex() arg is a malformed string");
  return make(type, c);
}

// What __complex__ gives; empty without exception where there is none.
Ref call_complex(Value v) {
  Ref f = lookup_special(v, "__complex__"_id);
  if (!f) return {};
  Ref r = call0(f);
  if (!r) return {};
  if (!is_complex(r)) return raise(PyExc_TypeError, "__complex__ returned non-complex (type %.200s)", type_of(r)->tp_name);
  if (!is_exact(r, &PyComplex_Type) &&
      !warn(PyExc_DeprecationWarning, 1,
            "__complex__ returned non-complex (type %.200s).  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python.",
            type_of(r)->tp_name)) {
    return {};
  }
  return r;
}

bool has_number_slots(Value v) {
  if (v.is_number()) return true;
  PyNumberMethods* n = type_of(v)->tp_as_number;
  return n && (n->nb_float || n->nb_index);
}

Ref complex_from(PyTypeObject* type, Value r, Value i) {
  if (is_exact(r, &PyComplex_Type) && i.absent() && type == &PyComplex_Type) return Ref::copy(r);
  if (is_str(r)) {
    if (!i.absent()) return raise(PyExc_TypeError, "complex() can't take second arg if first is a string");
    return from_string(type, r);
  }
  if (!i.absent() && is_str(i)) return raise(PyExc_TypeError, "complex() second arg can't be a string");
  Ref held = r.is_number() ? Ref{} : call_complex(r);
  if (!held && error_occurred()) return {};
  if (held) r = held;
  if (!is_complex(r) && !has_number_slots(r)) {
    return raise(PyExc_TypeError, "complex() first argument must be a string or a number, not '%.200s'", type_of(r)->tp_name);
  }
  if (!i.absent() && !is_complex(i) && !has_number_slots(i)) {
    return raise(PyExc_TypeError, "complex() second argument must be a number, not '%.200s'", type_of(i)->tp_name);
  }
  Py_complex a{}, b{};
  bool a_complex = is_complex(r), b_complex = false;
  if (a_complex) a = complex_value(r);
  else if (!as_double(r, &a.real)) return {};
  if (!i.absent()) {
    b_complex = is_complex(i);
    if (b_complex) b = complex_value(i);
    else if (!as_double(i, &b.real)) return {};
  }
  // r + i*1j, where either may be complex.
  if (b_complex) a.real -= b.imag;
  if (a_complex && !i.absent()) b.real += a.imag;
  else if (a_complex) b.real = a.imag;
  return make(type, {a.real, b.real});
}

Ref complex_new_slot(PyTypeObject* type, Args args) {
  Value r, i;
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (args.n + keywords > 2) {
    return raise(PyExc_TypeError, "complex() takes at most 2 %sarguments (%zd given)", args.n == 0 ? "keyword " : "", static_cast<Py_ssize_t>(args.n + keywords));
  }
  if (args.n > 0) r = args[0];
  if (args.n > 1) i = args[1];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(args.kwnames, static_cast<Py_ssize_t>(k));
    Value v = args.v[args.n + k];
    bool real = str_equals(name, "real");
    if (!real && !str_equals(name, "imag")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for complex()", name);
    Value& slot = real ? r : i;
    if (!slot.absent()) return raise(PyExc_TypeError, "argument for complex() given by name ('%U') and position (%d)", name, real ? 1 : 2);
    slot = v;
  }
  if (r.absent()) {
    if (i.absent()) return make(type, {0, 0});
    r = Value::from_int(0);
  }
  return complex_from(type, r, i);
}

// --- Methods -----------------------------------------------------------------------------------------------------------

Ref complex_conjugate(Value self) { auto c = complex_value(self); return complex_new(c.real, -c.imag); }
Ref complex_getnewargs(Value self) {
  auto c = complex_value(self);
  return tuple_of({Value::from_double(c.real), Value::from_double(c.imag)});
}
Ref complex_format_method(Value self, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument must be str, not %.200s", is_none(spec) ? "None" : type_of(spec)->tp_name);
  if (str_length(spec) == 0) return to_str(self);
  return format_complex(complex_value(self), spec);
}

const MethodRow complex_methods[] = {
    method<complex_conjugate>("conjugate", "($self, /)", "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j."),
    method<slot_positive>("__complex__", "($self, /)", "Convert this value to exact type complex."),
    method<complex_getnewargs>("__getnewargs__", "($self, /)", ""),
    method<complex_format_method>("__format__", "($self, format_spec, /)", "Convert to a string according to format_spec."),
    {}};

PyMemberDef complex_members[] = {
    {"real", T_DOUBLE, offsetof(PyComplexObject, cval.real), READONLY, "the real part of a complex number"},
    {"imag", T_DOUBLE, offsetof(PyComplexObject, cval.imag), READONLY, "the imaginary part of a complex number"},
    {}};

}  // namespace

extern const TypeDef complex_def = {
    .type = &PyComplex_Type,
    .name = "complex",
    .basicsize = sizeof(PyComplexObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Create a complex number from a real part and an optional imaginary part.\n\n"
           "This is equivalent to (real + imag*1j) where imag defaults to 0.",
    .signature = "(real=0, imag=0)",
    .slots = {.tp_repr = slot::Unary<slot_repr>,
              .tp_hash = slot::Hash<slot_hash>,
              .tp_richcompare = slot::Compare<slot_compare>,
              .tp_new = slot::New<complex_new_slot>,
              .nb_add = slot::Binary<slot_add>,
              .nb_subtract = slot::Binary<slot_subtract>,
              .nb_multiply = slot::Binary<slot_multiply>,
              .nb_power = slot::Ternary<slot_power>,
              .nb_negative = slot::Unary<slot_negative>,
              .nb_positive = slot::Unary<slot_positive>,
              .nb_absolute = slot::Unary<slot_absolute>,
              .nb_bool = slot::Inquiry<slot_bool>,
              .nb_true_divide = slot::Binary<slot_true_divide>},
    .methods = complex_methods,
    .members = complex_members,
};

}  // namespace adder
