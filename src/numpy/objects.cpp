// Arrays of objects: a slot holds a pointer with a reference of its own, or null, which reads as None. Their casts, and the
// loops of operations, which are Python's operators or a method named after the operation.
#include <cstring>

#include "memory/gc.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::numpy {

namespace {

PyObject* load_pointer(const char* at) {
  PyObject* p;
  std::memcpy(&p, at, sizeof p);
  return p;
}
void store_pointer(char* at, PyObject* p) { std::memcpy(at, &p, sizeof p); }

// The new reference is in its place before the old one goes: that may run anything.
void replace(char* at, PyObject* p) {
  PyObject* old = load_pointer(at);
  store_pointer(at, p);
  if (old) decref(old);
}

bool nonzero_object(const DType*, const char* at) {
  Ref v = object_at(at);
  return !error_occurred() && is_true(v) > 0;
}

// Fails silently here: whoever sorted looks for an exception.
int compare_objects(const DType*, const char* a, const char* b) {
  if (error_occurred()) return 0;
  if (!load_pointer(a) || !load_pointer(b)) return 0;  // memory that was only cleared
  Ref x = object_at(a), y = object_at(b);
  int less = compare_bool(x, y, Py_LT);
  if (less) return less < 0 ? 0 : -1;
  less = compare_bool(y, x, Py_LT);
  return less > 0 ? 1 : 0;
}

void copy_object(const DType*, char* to, const char* from) {
  PyObject* p = load_pointer(from);
  if (p) incref(p);
  replace(to, p);
}

void destroy_objects(const DType* dtype, char* at, index_t n) {
  for (index_t i = 0; i < n; ++i, at += dtype->size) replace(at, nullptr);
}

// ---- casts --------------------------------------------------------------------------------------------------------------

const eng::CastPair& pair_of(const void* extra) { return *static_cast<const eng::CastPair*>(extra); }

eng::Conditions to_object(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* from = pair_of(extra).from;
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    char* at = args[0] + i * steps[0];
    Ref v = element_to_python(at, from);
    if (!v || !store_object(args[1] + i * steps[1], v)) return eng::kFailed;
  }
  return 0;
}

eng::Conditions from_object(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* to = pair_of(extra).to;
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    Ref v = object_at(args[0] + i * steps[0]);
    if (!store_element(args[1] + i * steps[1], to, v)) return eng::kFailed;
  }
  return 0;
}

// ---- loops --------------------------------------------------------------------------------------------------------------

// Python's operator for an operation; false: there is none.
bool operator_of(eng::Op op, BinaryOp* out) {
  switch (op) {
    case eng::Op::add: *out = BinaryOp::kAdd; return true;
    case eng::Op::subtract: *out = BinaryOp::kSubtract; return true;
    case eng::Op::multiply: *out = BinaryOp::kMultiply; return true;
    case eng::Op::divide: *out = BinaryOp::kTrueDivide; return true;
    case eng::Op::floor_divide: *out = BinaryOp::kFloorDivide; return true;
    case eng::Op::remainder: *out = BinaryOp::kRemainder; return true;
    case eng::Op::power:
    case eng::Op::float_power: *out = BinaryOp::kPower; return true;
    case eng::Op::left_shift: *out = BinaryOp::kLeftShift; return true;
    case eng::Op::right_shift: *out = BinaryOp::kRightShift; return true;
    case eng::Op::bitwise_and: *out = BinaryOp::kAnd; return true;
    case eng::Op::bitwise_or: *out = BinaryOp::kOr; return true;
    case eng::Op::bitwise_xor: *out = BinaryOp::kXor; return true;
    default: return false;
  }
}

int comparison_of(eng::Op op) {
  switch (op) {
    case eng::Op::less: return Py_LT;
    case eng::Op::less_equal: return Py_LE;
    case eng::Op::equal: return Py_EQ;
    case eng::Op::not_equal: return Py_NE;
    case eng::Op::greater: return Py_GT;
    case eng::Op::greater_equal: return Py_GE;
    default: return -1;
  }
}

Ref math_function(PyObject* name, Value x) {
  Ref module = hooks.import_module("math"_id);
  Ref function = module ? getattr(module, name) : Ref{};
  return function ? call1(function, x) : Ref{};
}

// The method of the argument that is named after the operation.
Ref by_method(const eng::OpInfo& op, Value x, Value y) {
  const char* const called = op.op == eng::Op::bitwise_count ? "bit_count" : op.name;
  Ref name = intern(called);
  Ref method;
  const int has = name ? lookup_attr(x, name.object(), &method) : -1;
  if (has < 0) return {};
  if (!has || !is_callable(method))
    return raise(PyExc_TypeError, "loop of ufunc does not support argument 0 of type %N which has no callable %s method", type_of(x), called);
  return y.absent() ? call0(method) : call1(method, y);
}

Ref compute_unary(const eng::OpInfo& op, Value x) {
  switch (op.op) {
    case eng::Op::negative: return negative(x);
    case eng::Op::positive: return positive(x);
    case eng::Op::absolute: return absolute(x);
    case eng::Op::invert: return invert(x);
    case eng::Op::square: return multiply(x, x);
    case eng::Op::reciprocal: return true_divide(Value::from_int(1), x);
    case eng::Op::logical_not: {
      const int truth = is_true(x);
      return truth < 0 ? Ref{} : bool_ref(!truth);
    }
    case eng::Op::sign: {
      for (int k = 0; k < 3; ++k) {
        static constexpr int kOps[] = {Py_LT, Py_GT, Py_EQ};
        static constexpr int kSigns[] = {-1, 1, 0};
        const int holds = compare_bool(x, Value::from_int(0), kOps[k]);
        if (holds < 0) return {};
        if (holds) return Ref::from_int(kSigns[k]);
      }
      return raise(PyExc_TypeError, "unorderable types for comparison");
    }
    case eng::Op::floor: return math_function("floor"_id, x);
    case eng::Op::ceil: return math_function("ceil"_id, x);
    case eng::Op::trunc: return math_function("trunc"_id, x);
    default: return by_method(op, x, Value{});
  }
}

Ref compute_binary(const eng::OpInfo& op, Value x, Value y) {
  BinaryOp python;
  if (operator_of(op.op, &python)) return binary(python, x, y);
  if (const int order = comparison_of(op.op); order >= 0) return compare(x, y, order);
  switch (op.op) {
    case eng::Op::maximum:
    case eng::Op::fmax:
    case eng::Op::minimum:
    case eng::Op::fmin: {
      const bool largest = op.op == eng::Op::maximum || op.op == eng::Op::fmax;
      const int holds = compare_bool(x, y, largest ? Py_GE : Py_LE);
      return holds < 0 ? Ref{} : Ref::copy(holds ? x : y);
    }
    case eng::Op::logical_and:
    case eng::Op::logical_or: {
      const int truth = is_true(x);
      if (truth < 0) return {};
      return Ref::copy((op.op == eng::Op::logical_and) == (truth > 0) ? y : x);
    }
    case eng::Op::logical_xor: {
      const int left = is_true(x), right = left < 0 ? -1 : is_true(y);
      return right < 0 ? Ref{} : bool_ref(left != right);
    }
    case eng::Op::gcd:
    case eng::Op::lcm: {
      Ref module = hooks.import_module("math"_id);
      Ref function = module ? getattr(module, op.op == eng::Op::gcd ? "gcd"_id : "lcm"_id) : Ref{};
      return function ? call(function, {x, y}) : Ref{};
    }
    default: return by_method(op, x, y);
  }
}

eng::Conditions unary_objects(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const auto& op = *static_cast<const eng::OpInfo*>(extra);
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    Ref x = object_at(args[0] + i * steps[0]);
    Ref r = compute_unary(op, x);
    if (!r || !store_object(args[1] + i * steps[1], r)) return eng::kFailed;
  }
  return 0;
}

eng::Conditions binary_objects(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const auto& op = *static_cast<const eng::OpInfo*>(extra);
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    Ref x = object_at(args[0] + i * steps[0]), y = object_at(args[1] + i * steps[1]);
    Ref r = compute_binary(op, x, y);
    if (!r || !store_object(args[2] + i * steps[2], r)) return eng::kFailed;
  }
  return 0;
}

eng::Conditions compare_loop(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const auto& op = *static_cast<const eng::OpInfo*>(extra);
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    Ref x = object_at(args[0] + i * steps[0]), y = object_at(args[1] + i * steps[1]);
    Ref r = compare(x, y, comparison_of(op.op));
    const int truth = r ? is_true(r) : -1;
    if (truth < 0) return eng::kFailed;
    args[2][i * steps[2]] = truth > 0;
  }
  return 0;
}

eng::Conditions clip_objects(char* const* args, index_t n, const index_t* steps, const void*) {
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    Ref x = object_at(args[0] + i * steps[0]), low = object_at(args[1] + i * steps[1]), high = object_at(args[2] + i * steps[2]);
    int beyond = compare_bool(x, low, Py_LT);
    if (beyond < 0) return eng::kFailed;
    if (beyond) x = Ref::copy(low);
    beyond = compare_bool(x, high, Py_GT);
    if (beyond < 0) return eng::kFailed;
    if (!store_object(args[3] + i * steps[3], beyond ? high.get() : x.get())) return eng::kFailed;
  }
  return 0;
}

bool make_loop(const eng::OpInfo& op, eng::Loop* loop) {
  switch (op.op) {
    case eng::Op::isnan:
    case eng::Op::isinf:
    case eng::Op::isfinite:
    case eng::Op::isnat:
    case eng::Op::signbit:
    case eng::Op::logaddexp:
    case eng::Op::logaddexp2:
    case eng::Op::copysign:
    case eng::Op::nextafter:
    case eng::Op::spacing:
    case eng::Op::ldexp:
    case eng::Op::frexp:
    case eng::Op::modf:
    case eng::Op::heaviside: return false;
    default: break;
  }
  for (int k = 0; k < op.args(); ++k) loop->types[k] = &eng::kObject;
  loop->extra = &op;
  if (op.op == eng::Op::clip) loop->kernel = clip_objects;
  else if (op.outputs != 1) return false;
  else if (comparison_of(op.op) >= 0) {
    loop->kernel = compare_loop;
    loop->types[2] = &eng::kBool;
  } else {
    loop->kernel = op.inputs == 1 ? unary_objects : op.inputs == 2 ? binary_objects : nullptr;
  }
  return loop->kernel != nullptr;
}

}  // namespace

Ref object_at(const char* at) {
  PyObject* p = load_pointer(at);
  return p ? from_c(p) : none_ref();
}

bool store_object(char* at, Value v) {
  PyObject* p = to_c(v);
  if (!p) return false;
  replace(at, p);
  return true;
}

void init_objects() {
  eng::set_object_elements({nonzero_object, compare_objects, copy_object, destroy_objects});
  for (int other = 0; other < eng::kClassCount; ++other) {
    if (other == eng::kObjectClass) continue;
    eng::register_cast(other, eng::kObjectClass, to_object);
    eng::register_cast(eng::kObjectClass, other, from_object);
  }
  eng::register_object_loops(make_loop);
}

}  // namespace adder::numpy
