// Methods of ndarray that fold: sums, extrema, means, variances, running sums.
#include <cmath>
#include <cstring>

#include "array/index/index.h"
#include "array/linalg/matmul.h"
#include "array/reduce/reduce.h"
#include "array/sort/sort.h"
#include "memory/gc.h"
#include "numpy/deferred.h"
#include "numpy/ndarray.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

// ---- reductions ----------------------------------------------------------------------------------------------------------

// (axis, dtype, out, keepdims, initial, where)
template <eng::Op op>
Ref m_fold(Value self, const Value* a) {
  ReduceOptions options;
  options.axis = a[0];
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!is_none(a[2])) options.out = a[2];
  if (!flag_from(a[3], false, &options.keepdims)) return {};
  options.initial = a[4];
  options.where = a[5];
  return reduce_operation(eng::operation(op), self, options);
}

// (axis, out, keepdims, initial, where)
template <eng::Op op>
Ref m_extremum(Value self, const Value* a) {
  ReduceOptions options;
  options.axis = a[0];
  if (!is_none(a[1])) options.out = a[1];
  if (!flag_from(a[2], false, &options.keepdims)) return {};
  options.initial = a[3];
  options.where = a[4];
  return reduce_operation(eng::operation(op), self, options);
}

// (axis, out, keepdims, where)
template <eng::Op op>
Ref m_logical(Value self, const Value* a) {
  ReduceOptions options;
  options.axis = a[0];
  if (!is_none(a[1])) options.out = a[1];
  if (!flag_from(a[2], false, &options.keepdims)) return {};
  options.where = a[3];
  if (is_ndarray(self) && as_array(self)->dtype()->is_object()) {
    // The method asks for bools, unlike the ufunc.
    Ref truth = array_cast(as_array(self)->view(), &eng::kBool);
    return truth ? reduce_operation(eng::operation(op), truth, options) : Ref{};
  }
  return reduce_operation(eng::operation(op), self, options);
}

// (axis, dtype, out, keepdims, where)
Ref m_mean(Value self, const Value* a) {
  ReduceOptions options;
  options.axis = a[0];
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!is_none(a[2])) options.out = a[2];
  if (!flag_from(a[3], false, &options.keepdims)) return {};
  options.where = a[4];
  return mean_operation(self, options);
}

// The squares of the distances from `mean`, operation by operation.
Ref squares_one_by_one(Value array, Value mean) {
  Ref centred = binary_operation(eng::Op::subtract, array, mean);
  if (!centred) return {};
  Ref squares;
  const DType* centred_dtype = is_ndarray(centred) ? as_array(centred)->dtype() : scalar_dtype(centred);
  if (!centred_dtype || centred_dtype->is_object()) {  // objects know best what their squares are
    Ref conjugate = unary_operation(eng::Op::conjugate, centred);
    if (conjugate) squares = binary_operation(eng::Op::multiply, centred, conjugate);
  } else if (centred_dtype->is_complex()) {
    // The square of the distance: of both parts.
    Ref re = getattr(centred, "real"_id), im = getattr(centred, "imag"_id);
    if (re) re = binary_operation(eng::Op::multiply, re, re);
    if (im) im = binary_operation(eng::Op::multiply, im, im);
    if (re && im) squares = binary_operation(eng::Op::add, re, im);
  } else if (is_ndarray(centred)) {
    Operand operands[2];
    if (make_operand(centred, &operands[0], false) <= 0 || make_operand(centred, &operands[1], false) <= 0) return {};
    CallOptions into;
    into.out = centred;
    squares = call_operation(eng::operation(eng::Op::multiply), operands, into);
  } else {
    squares = binary_operation(eng::Op::multiply, centred, centred);
  }
  return squares;
}

// (axis, dtype, out, ddof, keepdims, where, mean)
Ref variance(Value self, const Value* a) {
  // Two passes over what a node stands for: one for the mean, one for the squares.
  const ArrayView array = is_node(self) ? node_view(self) : as_array(self)->view();
  ReduceOptions options;
  options.axis = a[0];
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!options.dtype && !array.dtype->is_inexact() && !array.dtype->is_object()) options.dtype = &eng::kFloat64;
  double ddof = 0;
  if (!a[3].absent() && !as_double(a[3], &ddof)) return {};
  if (!a[7].absent()) {
    if (ddof != 0) return raise(PyExc_ValueError, "ddof and correction can't be provided simultaneously.");
    if (!as_double(a[7], &ddof)) return {};
  }
  uint64_t axes;
  if (!axes_from(a[0], array.nd, &axes)) return {};
  index_t count = 1;
  for (int i = 0; i < array.nd; ++i)
    if (axes >> i & 1) count *= array.shape[i];
  if (!a[5].absent() && a[5] != boolean(true)) return raise(PyExc_NotImplementedError, "var and std with where= are not supported yet");
  if (ddof >= static_cast<double>(count) && !warn(PyExc_RuntimeWarning, 1, "Degrees of freedom <= 0 for slice")) return {};

  Ref mean;
  if (!a[6].absent() && !is_none(a[6])) {
    mean = Ref::copy(a[6]);
  } else {
    ReduceOptions averaging = options;
    averaging.keepdims = true;
    Ref total = reduce_operation(eng::operation(eng::Op::add), self, averaging);
    if (!total) return {};
    Operand operands[2];
    Ref number = int_from_ssize(count);
    if (make_operand(total, &operands[0], false) <= 0 || make_operand(number, &operands[1], false) <= 0) return {};
    CallOptions divide;
    divide.casting = eng::Casting::unsafe;
    if (is_ndarray(total)) divide.out = total;
    mean = call_operation(eng::operation(eng::Op::divide), operands, divide);
  }
  if (!mean) return {};
  Ref squares = centred_squares(self, mean);
  if (!squares && !error_occurred()) {
    Ref again = is_node(self) ? settled(self) : Ref::copy(self);
    squares = again ? squares_one_by_one(again, mean) : Ref{};
  }
  if (!squares) return {};
  if (array.dtype->is_complex() && options.dtype && options.dtype->is_complex()) options.dtype = eng::part_of(options.dtype);
  if (!is_none(a[2])) options.out = a[2];
  if (!flag_from(a[4], false, &options.keepdims)) return {};
  Ref sum = reduce_operation(eng::operation(eng::Op::add), squares, options);
  if (!sum) return {};
  double freedom = static_cast<double>(count) - ddof;
  if (freedom < 0) freedom = 0;
  Operand operands[2];
  Value divisor = Value::from_double(freedom);
  if (make_operand(sum, &operands[0], false) <= 0 || make_operand(divisor, &operands[1], false) <= 0) return {};
  CallOptions divide;
  divide.casting = eng::Casting::unsafe;
  divide.scalar = !operands[0].is_array;
  if (is_ndarray(sum)) divide.out = sum;
  return call_operation(eng::operation(eng::Op::divide), operands, divide);
}

Ref m_var(Value self, const Value* a) { return variance(self, a); }

Ref m_std(Value self, const Value* a) {
  Ref v = variance(self, a);
  if (!v) return {};
  Operand operand;
  if (make_operand(v, &operand, false) <= 0) return {};
  CallOptions options;
  if (is_ndarray(v)) options.out = v;
  return call_operation(eng::operation(eng::Op::sqrt), &operand, options);
}

// (axis, out, keepdims)
template <bool kLargest>
Ref m_arg(Value self, const Value* a) {
  bool keepdims;
  if (!flag_from(a[2], false, &keepdims)) return {};
  Ref keep;
  if (is_node(self)) {
    Ref result;
    bool handled = false;
    if ((a[1].absent() || is_none(a[1])) && !arg_node(kLargest, self, a[0], keepdims, &result, &handled)) return {};
    if (handled) return result;
    keep = settled(self);
    if (!keep) return {};
    self = keep;
  }
  NdArray* array = as_array(self);
  ArrayView view = array->view();
  int axis = 0;
  index_t n = array->size();
  Ref flat;
  bool whole = a[0].absent() || is_none(a[0]);
  if (whole || array->nd == 0) {
    if (!whole && array->nd == 0 && !axis_from(a[0], 1, &axis)) return {};
    flat = reshaped(self, 1, &n, 'C', -1);
    if (!flat) return {};
    view = as_array(flat)->view();
    axis = 0;
  } else if (!axis_from(a[0], array->nd, &axis)) {
    return {};
  }
  Results results;
  ArrayView out;
  eng::Error error;
  if (!is_none(a[1]) && !a[1].absent()) {
    if (!is_ndarray(a[1])) return raise(PyExc_TypeError, "return arrays must be of ArrayType");
    if (as_array(a[1])->dtype() != &eng::kInt64) return raise(PyExc_TypeError, "Cannot cast array data from dtype('%s') to dtype('int64') according to the rule 'safe'", as_array(a[1])->dtype()->name);
    out = as_array(a[1])->view();
    int nd = 0;
    index_t shape[eng::kMaxDims];
    for (int i = 0; i < array->nd; ++i) {
      const bool folded = whole || i == axis;
      if (!folded || keepdims) shape[nd++] = folded ? 1 : array->dimensions[i];
    }
    if (!eng::has_shape(out, nd, shape)) return raise(PyExc_ValueError, "output array does not match result of np.%s.", kLargest ? "argmax" : "argmin");
    if (whole) out.nd = 0;  // its one element
  }
  if (!eng::arg_extremum(kLargest, view, axis, keepdims && !whole, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (error_occurred()) return {};  // of objects' comparisons
  if (!is_none(a[1]) && !a[1].absent()) return Ref::copy(a[1]);
  if (whole && keepdims && array->nd > 0) {
    index_t ones[eng::kMaxDims];
    for (int i = 0; i < array->nd; ++i) ones[i] = 1;
    return reshaped(results.objects[0], array->nd, ones, 'C', -1);
  }
  return unwrap(std::move(results.objects[0]));
}

// (axis, dtype, out)
template <eng::Op op>
Ref m_running(Value self, const Value* a) {
  const DType* dtype = nullptr;
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &dtype)) return {};
  return accumulate_operation(eng::operation(op), self, a[0], dtype, a[2]);
}

}  // namespace

// Deferred operations have those that are marked so.
const MethodRow reduction_methods[] = {
    method<m_fold<eng::Op::add>>("sum", "($self, /, axis=None, dtype=None, out=None, keepdims=False, initial=<unrepresentable>, where=<unrepresentable>)", "Return the sum of the array elements over the given axis.", kMethTakesNode),
    method<m_fold<eng::Op::multiply>>("prod", "($self, /, axis=None, dtype=None, out=None, keepdims=False, initial=<unrepresentable>, where=<unrepresentable>)", "Return the product of the array elements over the given axis.", kMethTakesNode),
    method<m_extremum<eng::Op::maximum>>("max", "($self, /, axis=None, out=None, keepdims=False, initial=<unrepresentable>, where=<unrepresentable>)", "Return the maximum along a given axis.", kMethTakesNode),
    method<m_extremum<eng::Op::minimum>>("min", "($self, /, axis=None, out=None, keepdims=False, initial=<unrepresentable>, where=<unrepresentable>)", "Return the minimum along a given axis.", kMethTakesNode),
    method<m_logical<eng::Op::logical_and>>("all", "($self, /, axis=None, out=None, keepdims=False, *, where=<unrepresentable>)", "Returns True if all elements evaluate to True.", kMethTakesNode),
    method<m_logical<eng::Op::logical_or>>("any", "($self, /, axis=None, out=None, keepdims=False, *, where=<unrepresentable>)", "Returns True if any of the elements of `a` evaluate to True.", kMethTakesNode),
    method<m_mean>("mean", "($self, /, axis=None, dtype=None, out=None, keepdims=False, *, where=<unrepresentable>)", "Returns the average of the array elements along given axis.", kMethTakesNode),
    method<m_var>("var", "($self, /, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=<unrepresentable>, mean=<unrepresentable>, correction=<unrepresentable>)", "Returns the variance of the array elements, along given axis.", kMethTakesNode),
    method<m_std>("std", "($self, /, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=<unrepresentable>, mean=<unrepresentable>, correction=<unrepresentable>)", "Returns the standard deviation of the array elements along given axis.", kMethTakesNode),
    method<m_arg<true>>("argmax", "($self, /, axis=None, out=None, *, keepdims=False)", "Return indices of the maximum values along the given axis.", kMethTakesNode),
    method<m_arg<false>>("argmin", "($self, /, axis=None, out=None, *, keepdims=False)", "Return indices of the minimum values along the given axis.", kMethTakesNode),
    method<m_running<eng::Op::add>>("cumsum", "($self, /, axis=None, dtype=None, out=None)", "Return the cumulative sum of the elements along the given axis."),
    method<m_running<eng::Op::multiply>>("cumprod", "($self, /, axis=None, dtype=None, out=None)", "Return the cumulative product of the elements along the given axis."),
    {}};

}  // namespace adder::numpy
