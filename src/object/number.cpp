// Arithmetic on any objects: numbers first, then the slots of both operands in Python's order, then sequences.
#include <cmath>

#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {
namespace {

struct BinaryEntry {
  BinaryFn Slots::*slot;
  BinaryC PyNumberMethods::*c;
  BinaryFn Slots::*inplace;
  BinaryC PyNumberMethods::*inplace_c;
  const char* symbol;
  const char* inplace_symbol;
};
#define ADDER_ENTRY(name, symbol) \
  {&Slots::nb_##name, &PyNumberMethods::nb_##name, &Slots::nb_inplace_##name, &PyNumberMethods::nb_inplace_##name, symbol, symbol "="}
// In the order of BinaryOp; power has slots of three operands and is done apart.
constexpr BinaryEntry kBinary[] = {
    ADDER_ENTRY(add, "+"),
    ADDER_ENTRY(subtract, "-"),
    ADDER_ENTRY(multiply, "*"),
    ADDER_ENTRY(matrix_multiply, "@"),
    ADDER_ENTRY(true_divide, "/"),
    ADDER_ENTRY(floor_divide, "//"),
    ADDER_ENTRY(remainder, "%"),
    {nullptr, nullptr, nullptr, nullptr, "** or pow()", "**="},
    ADDER_ENTRY(lshift, "<<"),
    ADDER_ENTRY(rshift, ">>"),
    ADDER_ENTRY(and, "&"),
    ADDER_ENTRY(or, "|"),
    ADDER_ENTRY(xor, "^"),
    {&Slots::nb_divmod, &PyNumberMethods::nb_divmod, nullptr, nullptr, "divmod()", "divmod()"},
};
#undef ADDER_ENTRY
const BinaryEntry& entry(BinaryOp op) { return kBinary[static_cast<int>(op)]; }

bool is_not_implemented(const Ref& r) { return r.get() == not_implemented(); }

// --- Numbers -----------------------------------------------------------------------------------------------------------
int64_t floor_div_i64(int64_t a, int64_t b) {
  int64_t q = a / b;
  return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}
int64_t floor_mod_i64(int64_t a, int64_t b) {
  int64_t r = a % b;
  return (r != 0 && ((r < 0) != (b < 0))) ? r + b : r;
}

// Two exact ints, small or large.
Ref int_binary(BinaryOp op, Value a, Value b) {
  if (ADDER_LIKELY(a.is_int() && b.is_int())) {
    int64_t x = a.as_int(), y = b.as_int();
    switch (op) {
      case BinaryOp::kAdd: return int_from_i64(x + y);
      case BinaryOp::kSubtract: return int_from_i64(x - y);
      case BinaryOp::kMultiply: {
        int64_t product;
        if (!__builtin_mul_overflow(x, y, &product)) return int_from_i64(product);
        break;
      }
      case BinaryOp::kFloorDivide:
        if (y != 0) return int_from_i64(floor_div_i64(x, y));
        break;
      case BinaryOp::kRemainder:
        if (y != 0) return Ref::from_int(floor_mod_i64(x, y));
        break;
      case BinaryOp::kTrueDivide:
        if (y != 0) return Ref::from_double(static_cast<double>(x) / static_cast<double>(y));
        break;
      case BinaryOp::kLeftShift:
        if (y >= 0 && y < 13) return int_from_i64(x * (int64_t{1} << y));
        break;
      case BinaryOp::kRightShift:
        if (y >= 0) return Ref::from_int(y > 63 ? (x < 0 ? -1 : 0) : x >> y);
        break;
      case BinaryOp::kAnd: return Ref::from_int(x & y);
      case BinaryOp::kOr: return Ref::from_int(x | y);
      case BinaryOp::kXor: return Ref::from_int(x ^ y);
      default: break;
    }
  }
  switch (op) {
    case BinaryOp::kAdd: return int_add(a, b);
    case BinaryOp::kSubtract: return int_subtract(a, b);
    case BinaryOp::kMultiply: return int_multiply(a, b);
    case BinaryOp::kFloorDivide: return int_floor_divide(a, b);
    case BinaryOp::kRemainder: return int_remainder(a, b);
    case BinaryOp::kTrueDivide: return int_true_divide(a, b);
    case BinaryOp::kPower: return int_power(a, b, none());
    case BinaryOp::kLeftShift: return int_lshift(a, b);
    case BinaryOp::kRightShift: return int_rshift(a, b);
    case BinaryOp::kAnd: return int_and(a, b);
    case BinaryOp::kOr: return int_or(a, b);
    case BinaryOp::kXor: return int_xor(a, b);
    case BinaryOp::kDivmod: {
      Ref quotient, rest;
      if (!int_divmod(a, b, &quotient, &rest)) return nullptr;
      return tuple_of({quotient, rest});
    }
    default: return not_implemented_ref();
  }
}

// Two floats or a float and a small int. What needs an error text or a complex result is left to the slots.
Ref float_binary(BinaryOp op, double x, double y) {
  switch (op) {
    case BinaryOp::kAdd: return Ref::from_double(x + y);
    case BinaryOp::kSubtract: return Ref::from_double(x - y);
    case BinaryOp::kMultiply: return Ref::from_double(x * y);
    case BinaryOp::kTrueDivide:
      if (y != 0) return Ref::from_double(x / y);
      break;
    case BinaryOp::kFloorDivide:
      if (y != 0) return Ref::from_double(float_floor_divide(x, y));
      break;
    case BinaryOp::kRemainder:
      if (y != 0) return Ref::from_double(float_mod(x, y));
      break;
    case BinaryOp::kPower: return float_power(x, y);
    default: break;
  }
  return nullptr;
}

double number_as_double(Value v) { return v.is_float() ? v.as_float() : static_cast<double>(v.as_int()); }

// --- Slots ----------------------------------------------------------------------------------------------------------------
// Foreign types share one adaptor as their Value slot, which cannot tell whose slot is meant: the C function itself is called.
Ref call_foreign(PyTypeObject* owner, BinaryC PyNumberMethods::*c, Value a, Value b) {
  PyObject* x = to_c(a);
  if (!x) return nullptr;
  PyObject* y = to_c(b);
  if (!y) {
    decref(x);
    return nullptr;
  }
  Ref r = from_c_steal((owner->tp_as_number->*c)(x, y));
  decref(x);
  decref(y);
  return r;
}

// The slots of both operands; NotImplemented if neither knows.
Ref dispatch(Value a, Value b, BinaryFn Slots::*slot, BinaryC PyNumberMethods::*c) {
  PyTypeObject* ta = type_of(a);
  PyTypeObject* tb = type_of(b);
  BinaryFn fa = slots_of(ta).*slot;
  BinaryFn fb = nullptr;
  if (ta != tb) {
    fb = slots_of(tb).*slot;
    if (fa && fb && ta->tp_as_number->*c == tb->tp_as_number->*c) fb = nullptr;
  }
  bool foreign = fa && fa == fb;
  if (fa) {
    if (fb && is_subtype(tb, ta)) {
      Ref r = foreign ? call_foreign(tb, c, a, b) : fb(a, b);
      if (!r || !is_not_implemented(r)) return r;
      fb = nullptr;
    }
    Ref r = foreign ? call_foreign(ta, c, a, b) : fa(a, b);
    if (!r || !is_not_implemented(r)) return r;
  }
  if (fb) return foreign ? call_foreign(tb, c, a, b) : fb(a, b);
  return not_implemented_ref();
}

Failure binary_type_error(Value a, Value b, const char* symbol) {
  if (symbol[0] == '>' && symbol[1] == '>' && symbol[2] == 0 && is_exact(a, &PyCFunction_Type) &&
      strcmp(a.as<PyCFunctionObject>()->m_ml->ml_name, "print") == 0) {
    return raise(PyExc_TypeError, "unsupported operand type(s) for %s: '%N' and '%N'. Did you mean \"print(<message>, file=<output_stream>)\"?",
                 symbol, type_of(a), type_of(b));
  }
  return raise(PyExc_TypeError, "unsupported operand type(s) for %s: '%N' and '%N'", symbol, type_of(a), type_of(b));
}

bool is_index(Value v) { return is_int(v) || (v.is_object() && slots_of(v).nb_index); }

Ref repeat_by(Value sequence, Value count, IndexFn f) {
  if (!is_index(count)) return raise(PyExc_TypeError, "can't multiply sequence by non-int of type '%N'", type_of(count));
  Py_ssize_t n;
  if (!index_as_ssize(count, &n, PyExc_OverflowError)) return nullptr;
  return f(sequence, n);
}

// `+` and `*` of sequences, after the number slots have given up.
Ref sequence_binary(BinaryOp op, Value a, Value b, bool in_place, const char* symbol) {
  const Slots& sa = slots_of(a);
  if (op == BinaryOp::kAdd) {
    if (in_place && sa.sq_inplace_concat) return sa.sq_inplace_concat(a, b);
    if (sa.sq_concat) return sa.sq_concat(a, b);
  } else if (op == BinaryOp::kMultiply) {
    if (in_place && sa.sq_inplace_repeat) return repeat_by(a, b, sa.sq_inplace_repeat);
    if (sa.sq_repeat) return repeat_by(a, b, sa.sq_repeat);
    if (IndexFn f = slots_of(b).sq_repeat) return repeat_by(b, a, f);
  }
  return binary_type_error(a, b, symbol);
}

[[gnu::noinline]] Ref binary_slow(BinaryOp op, Value a, Value b) {
  const BinaryEntry& e = entry(op);
  Ref r = dispatch(a, b, e.slot, e.c);
  if (ADDER_LIKELY(r && !is_not_implemented(r))) return r;
  if (!r) return r;
  return sequence_binary(op, a, b, false, e.symbol);
}

// --- Power ----------------------------------------------------------------------------------------------------------------
Ref call_foreign3(PyTypeObject* owner, Value a, Value b, Value m) {
  Ref x = Ref::steal(to_c(a)), y = Ref::steal(to_c(b)), z = Ref::steal(to_c(m));
  if (!x || !y || !z) return nullptr;
  return from_c_steal(owner->tp_as_number->nb_power(x.object(), y.object(), z.object()));
}

Ref power_dispatch(Value a, Value b, Value m, const char* symbol) {
  PyTypeObject* types[3] = {type_of(a), type_of(b), type_of(m)};
  TernaryFn f[3];
  ternaryfunc c[3];
  for (int i = 0; i < 3; i++) {
    f[i] = slots_of(types[i]).nb_power;
    c[i] = f[i] ? types[i]->tp_as_number->nb_power : nullptr;
    for (int j = 0; j < i; j++) {
      if (c[i] && c[i] == c[j]) f[i] = nullptr;
    }
  }
  // Foreign slots share an adaptor: call the C function itself where that would be ambiguous.
  auto run = [&](int i) {
    bool ambiguous = false;
    for (int j = 0; j < 3; j++) ambiguous |= j != i && c[j] && c[j] != c[i] && f[j] == f[i];
    return ambiguous ? call_foreign3(types[i], a, b, m) : f[i](a, b, m);
  };
  int order[3] = {0, 1, 2};
  if (f[0] && f[1] && is_subtype(types[1], types[0])) std::swap(order[0], order[1]);
  for (int i : order) {
    if (!f[i]) continue;
    Ref r = run(i);
    if (!r || !is_not_implemented(r)) return r;
  }
  if (is_none(m)) return binary_type_error(a, b, symbol);
  return raise(PyExc_TypeError, "unsupported operand type(s) for %s: '%N', '%N', '%N'", symbol, type_of(a), type_of(b), type_of(m));
}

}  // namespace

Ref binary(BinaryOp op, Value a, Value b) {
  if (is_exact_int(a) && is_exact_int(b)) {
    if (op != BinaryOp::kMatrixMultiply) return int_binary(op, a, b);
  } else if (a.is_number() && b.is_number()) {
    Ref r = float_binary(op, number_as_double(a), number_as_double(b));
    if (r || error_occurred()) return r;
  }
  if (ADDER_UNLIKELY(op == BinaryOp::kPower)) return power_dispatch(a, b, none(), "** or pow()");
  return binary_slow(op, a, b);
}

Ref inplace(BinaryOp op, Value a, Value b) {
  if (a.is_number() && b.is_number()) return binary(op, a, b);
  const BinaryEntry& e = entry(op);
  if (op == BinaryOp::kPower) {
    if (TernaryFn f = slots_of(a).nb_inplace_power) {
      Ref r = f(a, b, none());
      if (!r || !is_not_implemented(r)) return r;
    }
    return power_dispatch(a, b, none(), "**=");
  }
  if (e.inplace) {
    if (BinaryFn f = slots_of(a).*e.inplace) {
      Ref r = f(a, b);
      if (!r || !is_not_implemented(r)) return r;
    }
  }
  if (is_exact_int(a) && is_exact_int(b) && op != BinaryOp::kMatrixMultiply) return int_binary(op, a, b);
  Ref r = dispatch(a, b, e.slot, e.c);
  if (!r || !is_not_implemented(r)) return r;
  return sequence_binary(op, a, b, true, e.inplace_symbol);
}

Ref power(Value a, Value b, Value mod) {
  if (is_none(mod)) return binary(BinaryOp::kPower, a, b);
  if (is_exact_int(a) && is_exact_int(b) && is_exact_int(mod)) return int_power(a, b, mod);
  return power_dispatch(a, b, mod, "** or pow()");
}

// --- One operand -----------------------------------------------------------------------------------------------------------
Ref negative(Value v) {
  if (v.is_int()) return int_from_i64(-v.as_int());
  if (v.is_float()) return Ref::from_double(-v.as_float());
  if (UnaryFn f = slots_of(v).nb_negative) return f(v);
  return raise(PyExc_TypeError, "bad operand type for unary -: '%N'", type_of(v));
}

Ref positive(Value v) {
  if (v.is_number()) return Ref::copy(v);
  if (UnaryFn f = slots_of(v).nb_positive) return f(v);
  return raise(PyExc_TypeError, "bad operand type for unary +: '%N'", type_of(v));
}

Ref absolute(Value v) {
  if (v.is_int()) return int_from_i64(v.as_int() < 0 ? -v.as_int() : v.as_int());
  if (v.is_float()) return Ref::from_double(std::fabs(v.as_float()));
  if (UnaryFn f = slots_of(v).nb_absolute) return f(v);
  return raise(PyExc_TypeError, "bad operand type for abs(): '%N'", type_of(v));
}

Ref invert(Value v) {
  if (v.is_int()) return Ref::from_int(~v.as_int());
  if (UnaryFn f = slots_of(v).nb_invert) return f(v);
  return raise(PyExc_TypeError, "bad operand type for unary ~: '%N'", type_of(v));
}

// --- Conversions -----------------------------------------------------------------------------------------------------------
// What __int__ or __index__ gave must be an int; a strict subclass is deprecated.
static Ref check_int_result(Ref r, const char* method) {
  if (!r || is_exact_int(r)) return r;
  if (!is_int(r)) return raise(PyExc_TypeError, "%s returned non-int (type %N)", method, type_of(r));
  if (!warn(PyExc_DeprecationWarning, 1,
            "%s returned non-int (type %N).  The ability to return an instance of a strict subclass of int is deprecated, "
            "and may be removed in a future version of Python.", method, type_of(r))) {
    return nullptr;
  }
  return r;
}

// The int, or the instance of a subclass that v is.
static Ref index_any(Value v) {
  if (is_int(v)) return Ref::copy(v);
  UnaryFn f = slots_of(v).nb_index;
  if (!f) return raise(PyExc_TypeError, "'%N' object cannot be interpreted as an integer", type_of(v));
  return check_int_result(f(v), "__index__");
}

Ref index(Value v) {
  if (ADDER_LIKELY(is_exact_int(v))) return Ref::copy(v);
  Ref r = index_any(v);
  if (r && !is_exact_int(r)) return int_to_exact(r);
  return r;
}

bool index_as_ssize(Value v, Py_ssize_t* out, PyObject* overflow) {
  if (ADDER_LIKELY(v.is_int())) {
    *out = v.as_int();
    return true;
  }
  Ref i = index_any(v);
  if (!i) return false;
  int64_t word;
  int sign = int_sign_overflow_i64(i, &word);
  if (sign == 0) {
    *out = word;
    return true;
  }
  if (overflow) return raise(overflow, "cannot fit '%N' into an index-sized integer", type_of(v));
  *out = sign < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
  return true;
}

Ref to_int(Value v) {
  if (is_exact_int(v)) return Ref::copy(v);
  if (v.is_float()) return int_from_double(v.as_float());
  const Slots& s = slots_of(v);
  if (s.nb_int) {
    Ref r = check_int_result(s.nb_int(v), "__int__");
    if (r && !is_exact_int(r)) return int_to_exact(r);
    return r;
  }
  if (s.nb_index) return index(v);
  Ref trunc = lookup_special(v, "__trunc__"_id);
  if (!trunc && error_occurred()) return nullptr;
  if (trunc) {
    if (!warn(PyExc_DeprecationWarning, 1, "The delegation of int() to __trunc__ is deprecated.")) return nullptr;
    Ref r = call0(trunc);
    if (!r || is_exact_int(r)) return r;
    if (is_int(r)) return int_to_exact(r);
    if (!is_index(r)) return raise(PyExc_TypeError, "__trunc__ returned non-Integral (type %N)", type_of(r));
    return index(r);
  }
  if (is_str(v)) {
    return int_from_str(v, 10);
  }
  if (is_bytes(v)) return int_from_text(bytes_view(v), 10, v);
  if (has_buffer(v)) {
    BufferView view;
    if (!view.get(v)) return nullptr;
    Ref copy = bytes_new(view.text());
    return copy ? int_from_text(bytes_view(copy), 10, copy) : Ref{};
  }
  return raise(PyExc_TypeError, "int() argument must be a string, a bytes-like object or a real number, not '%N'", type_of(v));
}

// The result of nb_float as a double; false: exception.
static bool float_result(Value v, const Ref& r, double* out) {
  if (!r) return false;
  if (ADDER_LIKELY(r.get().is_float())) {
    *out = r.get().as_float();
    return true;
  }
  if (!is_float(r)) return raise(PyExc_TypeError, "%N.__float__ returned non-float (type %N)", type_of(v), type_of(r));
  if (!warn(PyExc_DeprecationWarning, 1,
            "%N.__float__ returned non-float (type %N).  The ability to return an instance of a strict subclass of float is "
            "deprecated, and may be removed in a future version of Python.", type_of(v), type_of(r))) {
    return false;
  }
  *out = float_value(r);
  return true;
}

Ref to_float(Value v) {
  if (v.is_float()) return Ref::copy(v);
  if (v.is_int()) return Ref::from_double(static_cast<double>(v.as_int()));
  const Slots& s = slots_of(v);
  if (s.nb_float) {
    double d;
    Ref r = s.nb_float(v);
    return float_result(v, r, &d) ? Ref::from_double(d) : Ref{};
  }
  if (s.nb_index) {
    Ref i = index_any(v);
    double d;
    return i && int_as_double(i, &d) ? Ref::from_double(d) : Ref{};
  }
  if (is_float(v)) return Ref::from_double(float_value(v));
  if (is_str(v)) {
    return float_from_str(v);
  }
  if (is_bytes(v)) return float_from_text(bytes_view(v), v);
  if (has_buffer(v)) {
    BufferView view;
    if (!view.get(v)) return nullptr;
    Ref copy = bytes_new(view.text());
    return copy ? float_from_text(bytes_view(copy), v) : Ref{};
  }
  return raise(PyExc_TypeError, "float() argument must be a string or a real number, not '%N'", type_of(v));
}

bool as_double(Value v, double* out) {
  if (v.is_float()) {
    *out = v.as_float();
    return true;
  }
  if (v.is_int()) {
    *out = static_cast<double>(v.as_int());
    return true;
  }
  if (is_float(v)) {
    *out = float_value(v);
    return true;
  }
  const Slots& s = slots_of(v);
  if (s.nb_float) {
    Ref r = s.nb_float(v);
    return float_result(v, r, out);
  }
  if (s.nb_index) {
    Ref i = index_any(v);
    return i && int_as_double(i, out);
  }
  return raise(PyExc_TypeError, "must be real number, not %N", type_of(v));
}

}  // namespace adder
