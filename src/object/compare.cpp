// Comparison, truth and hashing of any objects.
#include <cmath>

#include "memory/gc.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"

extern "C" __attribute__((visibility("default"))) int _Py_SwappedOp[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};

namespace adder {
namespace {

constexpr const char* kSymbols[] = {"<", "<=", "==", "!=", ">", ">="};

template <class T>
bool holds(T a, T b, int op) {
  switch (op) {
    case Py_LT: return a < b;
    case Py_LE: return a <= b;
    case Py_EQ: return a == b;
    case Py_NE: return a != b;
    case Py_GT: return a > b;
    default: return a >= b;
  }
}

// Both immediate numbers. Immediate ints are exact as doubles.
bool compare_numbers(Value a, Value b, int op) {
  if (a.is_int() && b.is_int()) return holds(a.bits, b.bits, op);
  double x = a.is_float() ? a.as_float() : static_cast<double>(a.as_int());
  double y = b.is_float() ? b.as_float() : static_cast<double>(b.as_int());
  return holds(x, y, op);
}

Ref compare_slots(Value a, Value b, int op) {
  PyTypeObject* ta = type_of(a);
  PyTypeObject* tb = type_of(b);
  bool reflected_done = false;
  CompareFn fb = slots_of(tb).tp_richcompare;
  if (ta != tb && fb && is_subtype(tb, ta)) {
    reflected_done = true;
    Ref r = fb(b, a, _Py_SwappedOp[op]);
    if (!r || r.get() != not_implemented()) return r;
  }
  if (CompareFn fa = slots_of(ta).tp_richcompare) {
    Ref r = fa(a, b, op);
    if (!r || r.get() != not_implemented()) return r;
  }
  if (!reflected_done) {
    fb = slots_of(type_of(b)).tp_richcompare;
    if (fb) {
      Ref r = fb(b, a, _Py_SwappedOp[op]);
      if (!r || r.get() != not_implemented()) return r;
    }
  }
  if (op == Py_EQ) return bool_ref(a == b);
  if (op == Py_NE) return bool_ref(a != b);
  return raise(PyExc_TypeError, "'%s' not supported between instances of '%N' and '%N'", kSymbols[op], type_of(a), type_of(b));
}

}  // namespace

Ref compare(Value a, Value b, int op) {
  if (a.is_number() && b.is_number()) return bool_ref(compare_numbers(a, b, op));
  if ((op == Py_EQ || op == Py_NE) && is_exact_str(a) && is_exact_str(b)) {
    return bool_ref((a == b || str_equal(a, b)) == (op == Py_EQ));
  }
  RecursionGuard guard(" in comparison");
  if (!guard.ok) return nullptr;
  return compare_slots(a, b, op);
}

int compare_bool(Value a, Value b, int op) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b, op);
  Ref r = compare(a, b, op);
  if (!r) return -1;
  if (r.get() == boolean(true)) return 1;
  if (r.get() == boolean(false)) return 0;
  return is_true(r);
}

int equal(Value a, Value b) {
  if (a == b) return 1;
  if (is_exact_str(a) && is_exact_str(b)) return str_equal(a, b);
  return compare_bool(a, b, Py_EQ);
}

int is_true(Value v) {
  if (v == boolean(true)) return 1;
  if (v == boolean(false) || v == none()) return 0;
  if (v.is_int()) return v.bits != Value::kIntZero;
  if (v.is_float()) return v.as_float() != 0.0;
  const Slots& s = slots_of(v);
  if (s.nb_bool) return s.nb_bool(v);
  if (s.mp_length) {
    Py_ssize_t n = s.mp_length(v);
    return n > 0 ? 1 : static_cast<int>(n);
  }
  if (s.sq_length) {
    Py_ssize_t n = s.sq_length(v);
    return n > 0 ? 1 : static_cast<int>(n);
  }
  return 1;
}

Py_hash_t hash(Value v) {
  if (v.is_int()) {
    int64_t i = v.as_int();  // below the modulus 2^61-1
    return i == -1 ? -2 : i;
  }
  if (v.is_float()) {
    double d = v.as_float();
    if (ADDER_LIKELY(d == d)) return float_hash(d);
    // NaNs hash by identity, which of numbers is the word.
    return static_cast<Py_hash_t>((v.bits >> 4) | (v.bits << 60));
  }
  if (is_exact_str(v)) return str_hash(v);
  if (HashFn f = slots_of(v).tp_hash) {
    if (!gc_may_cycle(v)) return f(v);
    // A container: its elements' hashes may go as deep as it is nested.
    RecursionGuard guard("");
    return guard.ok ? f(v) : -1;
  }
  return raise(PyExc_TypeError, "unhashable type: '%N'", type_of(v));
}

uint64_t identity(Value v) { return v.bits; }

Ref id_of(Value v) { return int_from_u64(v.bits); }

}  // namespace adder
