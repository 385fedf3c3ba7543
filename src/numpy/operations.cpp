// Element-wise operations on Python operands: promotion with weak Python numbers (NEP 50), the loop, the fast path for small
// arrays, results and conditions. Operators, ufuncs and scalars all come through here.
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "array/iter/parallel.h"
#include "array/linalg/matmul.h"
#include "numpy/deferred.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

const DType* weak_dtype(char weak, const DType* strong) {
  if (weak == 'i') return !strong || strong->is_bool() ? &eng::kInt64 : strong;
  if (weak == 'f') return strong && strong->is_inexact() ? strong : &eng::kFloat64;
  if (!strong || !strong->is_inexact()) return &eng::kComplex128;
  return eng::promote(strong, &eng::kComplex64);
}

namespace {

// Whether the Python int of a weak operand is a value of an integer dtype.
bool fits_integer(Value v, const DType* dtype) {
  int64_t i;
  if (int_sign_overflow_i64(v, &i) != 0) return dtype == &eng::kUInt64 && int_sign(v) > 0 && int_bit_length(v) <= 64;
  const int bits = static_cast<int>(8 * dtype->size);
  if (dtype->kind == 'u') return i >= 0 && (bits == 64 || i >> bits == 0);
  return bits == 64 || (i >= -(int64_t{1} << (bits - 1)) && i < int64_t{1} << (bits - 1));
}

// Converts the Python number of a weak operand to its dtype.
bool settle(Operand& o, const DType* dtype, bool comparison) {
  if (o.view.dtype == dtype) {
    if (o.weak != 'i' || o.original.is_int() || dtype != &eng::kInt64) return true;
    int64_t i;
    if (int_sign_overflow_i64(o.original, &i) == 0) return true;
  }
  if (o.weak == 'i' && comparison && dtype->is_integer()) {
    // A Python int beyond the dtype compares by value.
    if (!fits_integer(o.original, dtype)) {
      int64_t i;
      const int sign = int_sign_overflow_i64(o.original, &i);
      if (sign == 0) {
        std::memcpy(o.value, &i, sizeof i);
        o.view.dtype = &eng::kInt64;
      } else {
        double d = sign * HUGE_VAL;
        std::memcpy(o.value, &d, sizeof d);
        o.view.dtype = &eng::kFloat64;
      }
      return true;
    }
  }
  o.view.dtype = dtype;
  return store_element(o.value, dtype, o.original);
}

Failure raise_casting(const char* name, const char* what, const DType* from, const DType* to, const char* rule) {
  return raise(UFuncTypeError, "Cannot cast ufunc '%s' %s from dtype('%s') to dtype('%s') with casting rule '%s'",
               name, what, from->name, to->name, rule);
}

const char* rule_name(eng::Casting casting) {
  switch (casting) {
    case eng::Casting::no: return "no";
    case eng::Casting::equiv: return "equiv";
    case eng::Casting::safe: return "safe";
    case eng::Casting::same_kind: return "same_kind";
    default: return "unsafe";
  }
}

bool report(eng::Conditions raised, const eng::OpInfo& op, bool scalar) {
  if (!scalar) return report_conditions(raised, op.name);
  std::string name = std::string("scalar ") + op.name;
  return report_conditions(raised, name.c_str());
}

Ref compute(const eng::OpInfo& op, Operand* operands, const CallOptions& options);

// A result as the subclass of an operand makes it: __array_wrap__(array, (ufunc, operands, 0), whether it would be a scalar).
Ref wrapped(const eng::OpInfo& op, Operand* operands, Value maker, Ref result, const CallOptions& options) {
  const bool scalar = !is_ndarray(result);
  Ref array = as_array_ref(result);
  Ref function = ufunc_named(op.name), inputs = tuple_new(op.inputs);
  if (!array || error_occurred()) return {};
  if (!function) return call_method(maker, "__array_wrap__"_id, {array, none(), boolean(scalar)});  // where, clip: no ufuncs here
  if (!inputs) return {};
  for (int i = 0; i < op.inputs; ++i) tuple_init(inputs, i, Ref::copy(operands[i].original));
  if (!options.out.absent()) array = Ref::copy(result);
  Ref context = tuple_of({function, inputs, Value::from_int(0)});
  return context ? call_method(maker, "__array_wrap__"_id, {array, context, boolean(scalar)}) : Ref{};
}

}  // namespace

Ref call_operation(const eng::OpInfo& op, Operand* operands, const CallOptions& options) {
  Frame* site = std::exchange(nodes.site, nullptr);
  bool deferred = site != nullptr, special = false;
  for (int i = 0; i < op.inputs; ++i) {
    deferred |= operands[i].node;
    special |= operands[i].view.dtype->is_special();
  }
  if (deferred && special) [[unlikely]] {
    // Only plain numbers are deferred.
    for (int i = 0; i < op.inputs; ++i) {
      if (!operands[i].node) continue;
      operands[i].keep = settled(operands[i].original);
      if (!operands[i].keep) return {};
      operands[i].view = as_array(operands[i].keep)->view();
      operands[i].node = false;
    }
    deferred = false;
  }
  if (deferred) [[unlikely]] {
    Ref result;
    bool handled;
    if (!defer(op, operands, options, site, &result, &handled)) return {};
    if (handled) return result;
  }
  // Results of subclasses are instances of theirs.
  PyTypeObject* type = nullptr;
  Value from;
  for (int i = 0; i < op.inputs; ++i) {
    if (!operands[i].is_array || operands[i].keep) continue;
    PyTypeObject* own = type_of(operands[i].original);
    if (own == &ndarray_type || (type && !is_subtype(own, type))) continue;
    type = own;
    from = operands[i].original;
  }
  Ref result = compute(op, operands, options);
  if (!type || !result) [[likely]] return result;
  if (Value hook = type_lookup(type, "__array_wrap__"_id); !hook.absent() && op.outputs == 1) return wrapped(op, operands, from, std::move(result), options);
  if (!is_exact_ndarray(result) || !options.out.absent()) return result;
  NdArray* a = as_array(result);
  return array_view(a, a->data, a->nd, a->dimensions, a->strides, a->dtype(), type, from);
}

namespace {

// Loops of text, dates and objects. Beside objects, Python's numbers are objects themselves.
const eng::Loop* choose_special_loop(const eng::OpInfo& op, Operand* operands, const CallOptions& options) {
  bool objects = options.dtype && options.dtype->is_object();
  for (int i = 0; i < op.inputs; ++i) objects |= operands[i].view.dtype->is_object();
  const DType* types[eng::kMaxArgs];
  for (int i = 0; i < op.inputs; ++i) {
    Operand& o = operands[i];
    if (o.weak && objects) {
      o.keep = array_new(&eng::kObject, 0, nullptr);
      if (!o.keep || !store_object(as_array(o.keep)->data, o.original)) return nullptr;
      o.view = as_array(o.keep)->view();
      o.weak = 0;
    } else if (o.weak && !settle(o, o.view.dtype, false)) {
      return nullptr;
    }
    types[i] = options.dtype && options.dtype->is_object() ? &eng::kObject : o.view.dtype;
  }
  eng::Error error;
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop && (op.flags & eng::kComparison) && (operands[0].weak || operands[1].weak)) {
    std::string classes;
    for (int i = 0; i < 2; ++i) {
      const char weak = operands[i].weak;
      const char* own = weak == 'i' ? "numpy.dtypes._PyLongDType" : weak == 'f' ? "numpy.dtypes._PyFloatDType" : weak == 'c' ? "numpy.dtypes._PyComplexDType" : nullptr;
      Ref dtype = dtype_ref(types[i]);
      classes += std::string(i ? ", <class '" : "<class '") + (own ? own : dtype.object()->ob_type->tp_name) + "'>";
    }
    (void)raise(UFuncTypeError, "ufunc '%s' did not contain a loop with signature matching types (%s) -> None", op.name, classes.c_str());
    return nullptr;
  }
  if (!loop) {
    (void)raise_engine(error);
    return nullptr;
  }
  if (options.dtype && loop->types[op.inputs] != options.dtype && !(op.flags & eng::kComparison)) {
    (void)raise(PyExc_TypeError, "No loop matching the specified signature and casting was found for ufunc %s", op.name);
    return nullptr;
  }
  return loop;
}

}  // namespace

const eng::Loop* choose_loop(const eng::OpInfo& op, Operand* operands, const CallOptions& options) {
  const int inputs = op.inputs;
  unsigned traits = 0;
  for (int i = 0; i < inputs; ++i) traits |= operands[i].view.dtype->traits;
  if (traits || (options.dtype && options.dtype->is_special())) [[unlikely]] {
    bool numbers = !options.dtype || !options.dtype->is_special();
    for (int i = 0; i < inputs; ++i) numbers &= operands[i].view.dtype->native()->is_number();
    if (!numbers) return choose_special_loop(op, operands, options);
  }
  // dtypes of the operands.
  const DType* strong = nullptr;
  bool weak = false;
  for (int i = 0; i < inputs; ++i) {
    if (operands[i].weak) {
      weak = true;
    } else if (!(op.op == eng::Op::where && i == 0)) {
      const DType* d = operands[i].view.dtype->native();
      strong = strong ? eng::promote(strong, d) : d;
    }
  }
  // Python numbers take the dtype of the others; those that a comparison finds out of its range keep their own.
  const bool by_value = (op.flags & (eng::kComparison | eng::kLogical)) != 0;
  const DType* types[eng::kMaxArgs];
  for (int i = 0; i < inputs; ++i) {
    types[i] = operands[i].view.dtype->native();
    if (!operands[i].weak) continue;
    types[i] = op.op == eng::Op::ldexp && i == 1 && operands[i].weak == 'i' ? &eng::kInt64 : weak_dtype(operands[i].weak, strong);
    // Integers are divided as floats: there the int may be of any size.
    if (op.op == eng::Op::divide && operands[i].weak == 'i' && types[i]->is_integer() && !fits_integer(operands[i].original, types[i]))
      types[i] = &eng::kFloat64;
    if (by_value) {
      if (!settle(operands[i], types[i], true)) return nullptr;
      types[i] = operands[i].view.dtype;
    }
  }
  eng::Error error;
  const eng::Loop* loop = nullptr;
  if (options.dtype) {
    for (int i = 0; i < op.loop_count && !loop; ++i)
      if (op.loops[i].types[inputs] == options.dtype) loop = &op.loops[i];
    if (!loop) {
      (void)raise(PyExc_TypeError, "No loop matching the specified signature and casting was found for ufunc %s", op.name);
      return nullptr;
    }
    for (int i = 0; i < inputs; ++i)
      if (!eng::can_cast(types[i], loop->types[i], options.casting)) {
        (void)raise_casting(op.name, (std::string("input") + (inputs > 1 ? " " + std::to_string(i) : "")).c_str(), types[i], loop->types[i],
                            rule_name(options.casting));
        return nullptr;
      }
  } else {
    loop = eng::find_loop(op, types, error);
    if (!loop) {
      // A mixed pair that only their common dtype covers (where, clip of mixed operands).
      const DType* common = nullptr;
      for (int i = op.op == eng::Op::where ? 1 : 0; i < inputs; ++i) common = common ? eng::promote(common, types[i]) : types[i];
      if (common) {
        const DType* joint[eng::kMaxArgs];
        for (int i = 0; i < inputs; ++i) joint[i] = op.op == eng::Op::where && i == 0 ? &eng::kBool : common;
        eng::Error second;
        loop = eng::find_loop(op, joint, second);
      }
      if (!loop) {
        (void)raise_engine(error);
        return nullptr;
      }
    }
  }

  if (weak && !by_value)
    for (int i = 0; i < inputs; ++i)
      if (operands[i].weak && !settle(operands[i], loop->types[i], false)) return nullptr;
  return loop;
}

namespace {

Ref compute(const eng::OpInfo& op, Operand* operands, const CallOptions& options) {
  const int inputs = op.inputs, outputs = op.outputs;
  eng::Error error;
  const eng::Loop* loop = choose_loop(op, operands, options);
  if (!loop) return {};

  eng::Conditions raised = 0;
  const bool plain = options.out.absent() && options.where.absent();
  if (plain && outputs == 1 && !loop->extra) [[likely]] {
    // Small results of contiguous aligned operands of the loop's dtypes: allocate, call the kernel, done.
    const ArrayView* shaped = nullptr;
    bool direct = true;
    for (int i = 0; direct && i < inputs; ++i) {
      const ArrayView& v = operands[i].view;
      direct = v.dtype == loop->types[i] && !(reinterpret_cast<uintptr_t>(v.data) & static_cast<uintptr_t>(v.dtype->alignment - 1));
      if (v.nd == 0) continue;
      if (!shaped) {
        shaped = &v;
        direct &= v.c_contiguous() && (v.nd == 1 || !v.f_contiguous());
      } else {
        direct &= v.c_contiguous() && same_shape(v, *shaped);
      }
    }
    if (direct) {
      char* data[eng::kMaxArgs];
      index_t steps[eng::kMaxArgs];
      const DType* result_type = loop->types[inputs];
      if (!shaped) {
        alignas(16) char value[16];
        for (int i = 0; i < inputs; ++i) {
          data[i] = operands[i].view.data;
          steps[i] = 0;
        }
        data[inputs] = value;
        steps[inputs] = 0;
        raised = loop->kernel(data, 1, steps, nullptr);
        if (raised) [[unlikely]] {
          if (raised & eng::kFailed) {
            error.fail(eng::Code::failed);
            return raise_engine(error);
          }
          if (!report(raised, op, options.scalar)) return {};
        }
        return element_to_scalar(value, result_type);
      }
      index_t n = shaped->size();
      if (n < 1 << 15) {
        Ref result = array_new(result_type, shaped->nd, shaped->shape);
        if (!result) return {};
        for (int i = 0; i < inputs; ++i) {
          data[i] = operands[i].view.data;
          steps[i] = operands[i].view.nd ? loop->types[i]->size : 0;
        }
        data[inputs] = as_array(result)->data;
        steps[inputs] = result_type->size;
        if (n) raised = loop->kernel(data, n, steps, nullptr);
        if (raised) [[unlikely]] {
          if (raised & eng::kFailed) {
            error.fail(eng::Code::failed);
            return raise_engine(error);
          }
          if (!report(raised, op, false)) return {};
        }
        return result;
      }
    }
  }

  ArrayView args[eng::kMaxArgs];
  for (int i = 0; i < inputs; ++i) args[i] = operands[i].view;
  Results results;
  Value given[eng::kMaxArgs] = {};
  if (!options.out.absent() && !is_none(options.out)) {
    for (int k = 0; k < outputs; ++k) {
      Value out = options.out;
      if (is_tuple(out)) {
        if (tuple_size(out) != outputs) return raise(PyExc_ValueError, "The 'out' tuple must have exactly one entry per ufunc output");
        out = tuple_get(out, k);
      } else if (k > 0) {
        break;
      }
      if (is_none(out)) continue;
      if (!is_ndarray(out)) return raise(PyExc_TypeError, "return arrays must be of ArrayType");
      if (!(as_array(out)->flags & eng::kWriteable)) return raise(PyExc_ValueError, "output array is read-only");
      const DType* made = loop->types[inputs + k];
      if (!eng::can_cast(made, as_array(out)->dtype(), options.casting))
        return raise_casting(op.name, outputs > 1 ? (std::string("output ") + std::to_string(k)).c_str() : "output", made, as_array(out)->dtype(),
                             rule_name(options.casting));
      given[k] = out;
      args[inputs + k] = as_array(out)->view();
    }
  }
  Ref mask_ref;
  ArrayView mask;
  bool masked = false;
  if (!options.where.absent() && !(options.where == boolean(true))) {
    mask_ref = as_array_ref(options.where);
    if (!mask_ref) return {};
    if (as_array(mask_ref)->dtype() != &eng::kBool)
      return raise(PyExc_TypeError, "Cannot cast array data from dtype('%s') to dtype('bool') according to the rule 'safe'", as_array(mask_ref)->dtype()->name);
    mask = as_array(mask_ref)->view();
    masked = true;
  }
  // Integer operands of casts to a dtype asked for go through the general driver as well.
  if (!eng::elementwise(op, *loop, args, results.allocator(), masked ? &mask : nullptr, &raised, error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (raised && !report(raised, op, options.scalar)) return {};
  if (outputs == 1) {
    if (given[0]) return Ref::copy(given[0]);
    return unwrap(std::move(results.objects[0]));
  }
  Ref all = tuple_new(outputs);
  if (!all) return {};
  for (int k = 0; k < outputs; ++k) {
    Ref one = given[k] ? Ref::copy(given[k]) : unwrap(std::move(results.objects[k]));
    if (!one) return {};
    tuple_init(all, k, std::move(one));
  }
  return all;
}

}  // namespace

Ref binary_operation(eng::Op op, Value a, Value b) {
  Operand operands[2];
  int known = make_operand(a, &operands[0], 2);
  if (known >= 0) {
    int other = make_operand(b, &operands[1], 2);
    known = other < known ? other : known;
  }
  if (known < 0) return {};
  if (!known) return not_implemented_ref();
  return call_operation(eng::operation(op), operands, {});
}

Ref inplace_operation(eng::Op op, Value a, Value b) {
  if (!is_ndarray(a)) return not_implemented_ref();
  Operand operands[2];
  int known = make_operand(a, &operands[0], 2);
  if (known > 0) known = make_operand(b, &operands[1], 2);
  if (known < 0) return {};
  if (!known) return not_implemented_ref();
  CallOptions options;
  options.out = a;
  return call_operation(eng::operation(op), operands, options);
}

Ref unary_operation(eng::Op op, Value a) {
  Operand operand;
  int known = make_operand(a, &operand, true);
  if (known < 0) return {};
  if (!known) return raise(PyExc_TypeError, "ufunc '%s' not supported for the input types, and the inputs could not be safely coerced to any "
                           "supported types according to the casting rule ''safe''", eng::operation(op).name);
  return call_operation(eng::operation(op), &operand, {});
}

namespace {

// Text, dates and structures: what does not compare is unequal, element by element.
Ref compare_special(Operand* operands, int op, eng::Op operation) {
  const DType *x = operands[0].view.dtype->native(), *y = operands[1].view.dtype->native();
  if (x->kind == 'V' || y->kind == 'V') {
    Ref result = compare_structures(operands[0].original, operands[1].original, op);
    if (!result || result.get() != not_implemented()) return result;
  }
  const bool equality = op == Py_EQ || op == Py_NE;
  const bool mixed = !x->is_object() && !y->is_object() && (x->is_special() || y->is_special()) && x->number != y->number &&
                     !(x->is_number() && y->is_number()) && !(x->kind == 'm' && y->is_number()) && !(y->kind == 'm' && x->is_number());
  if (equality && mixed) {
    int nd;
    index_t shape[eng::kMaxDims];
    ArrayView views[2] = {operands[0].view, operands[1].view};
    eng::Error error;
    if (!eng::broadcast_shapes(2, views, &nd, shape, error)) return raise_engine(error);
    Ref result = array_new(&eng::kBool, nd, shape);
    if (!result) return {};
    std::memset(as_array(result)->data, op == Py_NE, static_cast<size_t>(as_array(result)->size()));
    return unwrap(std::move(result));
  }
  return call_operation(eng::operation(operation), operands, {});
}

}  // namespace

Ref compare_operation(Value a, Value b, int op) {
  static constexpr eng::Op kOps[] = {eng::Op::less, eng::Op::less_equal, eng::Op::equal, eng::Op::not_equal, eng::Op::greater, eng::Op::greater_equal};
  const bool arrays = is_ndarray(a) || is_ndarray(b) || is_node(a);
  Operand operands[2];
  int known = make_operand(a, &operands[0], arrays ? 2 : 1);
  if (known > 0) known = make_operand(b, &operands[1], arrays ? 2 : 1);
  if (known < 0) return {};
  if (!known) return not_implemented_ref();
  if (operands[0].view.dtype->is_special() || operands[1].view.dtype->is_special()) [[unlikely]] return compare_special(operands, op, kOps[op]);
  return call_operation(eng::operation(kOps[op]), operands, {});
}

Ref matmul_operation(Value a, Value b) {
  Operand operands[2];
  int known = make_operand(a, &operands[0], true);
  if (known > 0) known = make_operand(b, &operands[1], true);
  if (known < 0) return {};
  if (!known) return not_implemented_ref();
  if (operands[0].view.dtype->is_special() || operands[1].view.dtype->is_special()) {
    Ref module = hooks.import_module("numpy._core._special"_id);
    Ref function = module ? getattr(module, "matmul"_id) : Ref{};
    return function ? call(function, {a, b}) : Ref{};
  }
  for (int i = 0; i < 2; ++i)
    if (operands[i].view.nd == 0)
      return raise(PyExc_ValueError, "matmul: Input operand %d does not have enough dimensions (has 0, gufunc core with signature (n?,k),(k,m?)->(n?,m?) requires 1)", i);
  const DType* common = eng::promote(operands[0].view.dtype, operands[1].view.dtype);
  Ref cast[2];
  for (int i = 0; i < 2; ++i) {
    if (operands[i].view.dtype == common) continue;
    cast[i] = array_cast(operands[i].view, common);
    if (!cast[i]) return {};
    operands[i].view = as_array(cast[i])->view();
  }
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::matmul(operands[0].view, operands[1].view, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    if (error.code == eng::Code::broadcast) {
      // The stacks do not go together: NumPy tells them with their core axes.
      std::string text = "operands could not be broadcast together with remapped shapes [original->remapped]: ";
      for (const Operand& o : operands) {
        std::string shape, remapped;
        for (int i = 0; i < o.view.nd; ++i) {
          shape += (i ? "," : "") + std::to_string(o.view.shape[i]);
          if (i < o.view.nd - 2) remapped += std::to_string(o.view.shape[i]) + ",";
        }
        text += "(" + shape + ")->(" + remapped + "newaxis,newaxis) ";
      }
      const ArrayView &x = operands[0].view, &y = operands[1].view;
      text += " and requested shape (" + std::to_string(x.shape[x.nd - 2]) + "," + std::to_string(y.shape[y.nd - 1]) + ")";
      return raise(PyExc_ValueError, "%s", text.c_str());
    }
    return raise_engine(error);
  }
  return unwrap(std::move(results.objects[0]));
}

}  // namespace adder::numpy
