// The type int: slots and methods over int_arithmetic.cpp and int_text.cpp.
#include <cstring>
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/format_spec.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/str.h"

PyTypeObject PyLong_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

void int_dealloc(PyObject* self);

namespace {

// --- Slots ---------------------------------------------------------------------------------------------------------

#define BOTH_INTS(a, b) \
  if (ADDER_UNLIKELY(!is_int(a) || !is_int(b))) return not_implemented_ref()

Ref slot_add(Value a, Value b) { BOTH_INTS(a, b); return int_add(a, b); }
Ref slot_subtract(Value a, Value b) { BOTH_INTS(a, b); return int_subtract(a, b); }
Ref slot_multiply(Value a, Value b) { BOTH_INTS(a, b); return int_multiply(a, b); }
Ref slot_floor_divide(Value a, Value b) { BOTH_INTS(a, b); return int_floor_divide(a, b); }
Ref slot_true_divide(Value a, Value b) { BOTH_INTS(a, b); return int_true_divide(a, b); }
Ref slot_remainder(Value a, Value b) { BOTH_INTS(a, b); return int_remainder(a, b); }
Ref slot_divmod(Value a, Value b) {
  BOTH_INTS(a, b);
  Ref q, r;
  if (!int_divmod(a, b, &q, &r)) return {};
  return tuple_of({q, r});
}
Ref slot_power(Value a, Value b, Value c) {
  BOTH_INTS(a, b);
  if (c.absent()) c = none();
  if (!is_none(c) && !is_int(c)) return not_implemented_ref();
  return int_power(a, b, c);
}
Ref slot_lshift(Value a, Value b) { BOTH_INTS(a, b); return int_lshift(a, b); }
Ref slot_rshift(Value a, Value b) { BOTH_INTS(a, b); return int_rshift(a, b); }
Ref slot_and(Value a, Value b) { BOTH_INTS(a, b); return int_and(a, b); }
Ref slot_or(Value a, Value b) { BOTH_INTS(a, b); return int_or(a, b); }
Ref slot_xor(Value a, Value b) { BOTH_INTS(a, b); return int_xor(a, b); }
Ref slot_absolute(Value a) { return int_sign(a) < 0 ? int_negative(a) : int_to_exact(a); }
int slot_bool(Value a) { return int_sign(a) != 0; }
Ref slot_float(Value a) {
  double d;
  if (!int_as_double(a, &d)) return {};
  return Ref::from_double(d);
}
Ref slot_repr(Value a) { return int_to_text(a, 10, false); }
Py_hash_t slot_hash(Value a) { return int_hash(a); }

Ref slot_compare(Value a, Value b, int op) {
  BOTH_INTS(a, b);
  int c = int_compare(a, b);
  switch (op) {
    case Py_LT: return bool_ref(c < 0);
    case Py_LE: return bool_ref(c <= 0);
    case Py_EQ: return bool_ref(c == 0);
    case Py_NE: return bool_ref(c != 0);
    case Py_GT: return bool_ref(c > 0);
    default: return bool_ref(c >= 0);
  }
}

// --- Construction -----------------------------------------------------------------------------------------------------

Ref from_text_in_base(Value x, int base) {
  if (is_str(x)) return int_from_str(x, base);
  if (is_bytes(x)) return int_from_text(bytes_view(x), base, x);
  return int_from_text({bytearray_data(x), static_cast<size_t>(bytearray_length(x))}, base, x);
}

Ref new_exact(Value x, Value base) {
  if (x.absent()) {
    if (!base.absent()) return raise(PyExc_TypeError, "int() missing string argument");
    return Ref::from_int(0);
  }
  if (base.absent()) {
    if (x.is_int()) return Ref::copy(x);
    return to_int(x);
  }
  Py_ssize_t b;
  if (!index_as_ssize(base, &b, nullptr)) return {};
  if (b != 0 && (b < 2 || b > 36)) return raise(PyExc_ValueError, "int() base must be >= 2 and <= 36, or 0");
  if (!is_str(x) && !is_bytes(x) && !is_instance_exactly(x, &PyByteArray_Type)) {
    return raise(PyExc_TypeError, "int() can't convert non-string with explicit base");
  }
  return from_text_in_base(x, static_cast<int>(b));
}

Ref int_new(PyTypeObject* type, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (args.n + keywords > 2) {
    return raise(PyExc_TypeError, "int() takes at most 2 %sarguments (%zd given)", args.n == 0 && keywords ? "keyword " : "", static_cast<Py_ssize_t>(args.n + keywords));
  }
  Value x = args.n > 0 ? args[0] : Value{}, base = args.n > 1 ? args[1] : Value{};
  for (size_t i = 0; i < keywords; i++) {
    Value name = tuple_get(args.kwnames, static_cast<Py_ssize_t>(i));
    if (!str_equals(name, "base")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for int()", name);
    if (!base.absent()) return raise(PyExc_TypeError, "argument for int() given by name ('base') and position (2)");
    base = args.v[args.n + i];
  }
  Ref value = new_exact(x, base);
  if (!value || type == &PyLong_Type) return value;
  Digits d(value);
  PyObject* o = type->tp_alloc(type, d.n);
  if (!o) return {};
  auto* self = reinterpret_cast<PyLongObject*>(o);
  memcpy(self->ob_digit, d.d, static_cast<size_t>(d.n) * sizeof(digit));
  self->ob_base.ob_size = d.negative ? -d.n : d.n;
  return Ref::steal(Value{o});
}

// --- Methods ------------------------------------------------------------------------------------------------------------

Ref int_exact_of(Value self) { return int_to_exact(self); }
Ref int_get_zero(Value) { return Ref::from_int(0); }
Ref int_get_one(Value) { return Ref::from_int(1); }
Ref int_bit_length_method(Value self) { return int_from_i64(static_cast<int64_t>(int_bit_length(self))); }
Ref int_bit_count_method(Value self) { return int_from_i64(static_cast<int64_t>(int_bit_count(self))); }

bool byte_order(const char* function, Value order, bool* little) {
  if (order.absent()) {
    *little = false;
    return true;
  }
  if (!is_str(order)) {
    return raise(PyExc_TypeError, "%s() argument 'byteorder' must be str, not %.200s", function, type_of(order)->tp_name);
  }
  if (str_equals(order, "little")) *little = true;
  else if (str_equals(order, "big")) *little = false;
  else return raise(PyExc_ValueError, "byteorder must be either 'little' or 'big'");
  return true;
}

Ref int_to_bytes_method(Value self, const Value* a) {
  Py_ssize_t n = 1;
  bool little;
  int is_signed = 0;
  if (!a[0].absent() && !as_ssize(a[0], &n)) return {};
  if (!byte_order("to_bytes", a[1], &little)) return {};
  if (!a[2].absent() && (is_signed = is_true(a[2])) < 0) return {};
  if (n < 0) return raise(PyExc_ValueError, "length argument must be non-negative");
  Ref result = bytes_uninitialized(n);
  if (!result) return {};
  if (!int_to_bytes(self, reinterpret_cast<uint8_t*>(bytes_data(result)), static_cast<size_t>(n), little, is_signed != 0)) return {};
  return result;
}

Ref int_from_bytes_method(Value type, const Value* a) {
  bool little;
  int is_signed = 0;
  if (!byte_order("from_bytes", a[1], &little)) return {};
  if (!a[2].absent() && (is_signed = is_true(a[2])) < 0) return {};
  Ref bytes = to_bytes(a[0]);
  if (!bytes) return {};
  std::string_view view = bytes_view(bytes);
  Ref r = int_from_bytes(reinterpret_cast<const uint8_t*>(view.data()), view.size(), little, is_signed != 0);
  if (!r || type.as<PyTypeObject>() == &PyLong_Type) return r;
  return call1(type, r);
}

Ref int_as_integer_ratio(Value self) {
  Ref n = int_to_exact(self);
  return n ? tuple_of({n, Value::from_int(1)}) : Ref{};
}

Ref int_round(Value self, const Value* a) {
  if (a[0].absent()) return int_to_exact(self);
  Ref digits = index(a[0]);
  if (!digits) return {};
  if (int_sign(digits) >= 0) return int_to_exact(self);
  // To a multiple of 10**-ndigits, half to even.
  Ref n = int_negative(digits);
  if (!n) return {};
  Ref unit = int_power(Value::from_int(10), n, none());
  if (!unit) return {};
  Ref q = int_divide_nearest(self, unit);
  return q ? int_multiply(q, unit) : Ref{};
}

Ref int_getnewargs(Value self) {
  Ref n = int_to_exact(self);
  return n ? tuple_of({n}) : Ref{};
}

Ref int_format(Value self, Value spec) {
  if (!is_str(spec)) return raise(PyExc_TypeError, "__format__() argument must be str, not %.200s", is_none(spec) ? "None" : type_of(spec)->tp_name);
  return format_int(self, spec);
}

Ref int_sizeof(Value self) {
  Digits d(self);
  return Ref::from_int(static_cast<int64_t>(offsetof(PyLongObject, ob_digit)) + d.n * static_cast<int64_t>(sizeof(digit)));
}

const MethodRow int_methods[] = {
    method<int_exact_of>("conjugate", "($self, /)", "Returns self, the complex conjugate of any int."),
    method<int_bit_length_method>("bit_length", "($self, /)", "Number of bits necessary to represent self in binary."
           "\n\n>>> bin(20)\n'0b10100'\n>>> (20).bit_length()\n5"),
    method<int_bit_count_method>("bit_count", "($self, /)", "Number of ones in the binary representation of the absolute value of self."
           "\n\n>>> bin(20)\n'0b10100'\n>>> (20).bit_count()\n2"),
    method<int_to_bytes_method>("to_bytes", "($self, /, length=1, byteorder='big', *, signed=False)", "Return an array of bytes representing an integer."),
    class_method<int_from_bytes_method>("from_bytes", "($type, /, bytes, byteorder='big', *, signed=False)", "Return the integer represented by the given array of bytes."),
    method<int_as_integer_ratio>("as_integer_ratio", "($self, /)", "Return integer ratio."
           "\n\n>>> (20).as_integer_ratio()\n(20, 1)\n>>> (-3).as_integer_ratio()\n(-3, 1)"),
    method<int_exact_of>("__trunc__", "($self, /)", "Truncating an Integral returns itself."),
    method<int_exact_of>("__floor__", "($self, /)", "Flooring an Integral returns itself."),
    method<int_exact_of>("__ceil__", "($self, /)", "Ceiling of an Integral returns itself."),
    method<int_round>("__round__", "($self, ndigits=<unrepresentable>, /)", "Rounding an Integral returns itself."),
    method<int_getnewargs>("__getnewargs__", "($self, /)", ""),
    method<int_format>("__format__", "($self, format_spec, /)", ""),
    method<int_sizeof>("__sizeof__", "($self, /)", "Returns size in memory, in bytes."),
    {}};

const GetSetRow int_getset[] = {
    getset<int_exact_of>("real", "the real part of a complex number"),
    getset<int_get_zero>("imag", "the imaginary part of a complex number"),
    getset<int_exact_of>("numerator", "the numerator of a rational number in lowest terms"),
    getset<int_get_one>("denominator", "the denominator of a rational number in lowest terms"),
    {}};

}  // namespace

extern const TypeDef int_def = {
    .type = &PyLong_Type,
    .name = "int",
    .basicsize = offsetof(PyLongObject, ob_digit),
    .itemsize = sizeof(digit),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LONG_SUBCLASS | (1UL << 22),
    .doc = "int([x]) -> integer\n"
           "int(x, base=10) -> integer\n\n"
           "Convert a number or string to an integer, or return 0 if no arguments\n"
           "are given.  If x is a number, return x.__int__().  For floating point\n"
           "numbers, this truncates towards zero.\n\n"
           "If x is not a number or if base is given, then x must be a string,\n"
           "bytes, or bytearray instance representing an integer literal in the\n"
           "given base.  The literal can be preceded by '+' or '-' and be surrounded\n"
           "by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\n"
           "Base 0 means to interpret the base from the string as an integer literal.\n"
           ">>> int('0b100', base=0)\n4",
    .dealloc = int_dealloc,
    .slots = {.tp_repr = slot::Unary<slot_repr>,
              .tp_hash = slot::Hash<slot_hash>,
              .tp_richcompare = slot::Compare<slot_compare>,
              .tp_new = slot::New<int_new>,
              .nb_add = slot::Binary<slot_add>,
              .nb_subtract = slot::Binary<slot_subtract>,
              .nb_multiply = slot::Binary<slot_multiply>,
              .nb_remainder = slot::Binary<slot_remainder>,
              .nb_divmod = slot::Binary<slot_divmod>,
              .nb_power = slot::Ternary<slot_power>,
              .nb_negative = slot::Unary<int_negative>,
              .nb_positive = slot::Unary<int_to_exact>,
              .nb_absolute = slot::Unary<slot_absolute>,
              .nb_bool = slot::Inquiry<slot_bool>,
              .nb_invert = slot::Unary<int_invert>,
              .nb_lshift = slot::Binary<slot_lshift>,
              .nb_rshift = slot::Binary<slot_rshift>,
              .nb_and = slot::Binary<slot_and>,
              .nb_xor = slot::Binary<slot_xor>,
              .nb_or = slot::Binary<slot_or>,
              .nb_int = slot::Unary<int_to_exact>,
              .nb_float = slot::Unary<slot_float>,
              .nb_floor_divide = slot::Binary<slot_floor_divide>,
              .nb_true_divide = slot::Binary<slot_true_divide>,
              .nb_index = slot::Unary<int_to_exact>},
    .methods = int_methods,
    .getset = int_getset,
};

}  // namespace adder
