// Reductions of arrays as Python calls them: sum, min, any and their kin, mean, running sums; axes and dtypes as NumPy
// chooses them.
#include <cmath>
#include <cstring>

#include "array/reduce/reduce.h"
#include "numpy/deferred.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::numpy {

bool axis_from(Value axis, int nd, int* out) {
  Py_ssize_t value;
  if (!as_ssize(axis, &value)) return false;
  eng::Error error;
  *out = value < -1000 || value > 1000 ? 1000 : static_cast<int>(value);
  if (!eng::normalize_axis(out, nd, error)) return raise_engine(error);
  return true;
}

bool axes_from(Value axis, int nd, uint64_t* axes) {
  if (axis.absent() || is_none(axis)) {
    *axes = nd >= 64 ? ~uint64_t{0} : (uint64_t{1} << nd) - 1;
    return true;
  }
  *axes = 0;
  if (is_tuple(axis) || is_list(axis)) {
    for (Py_ssize_t i = 0; i < sequence_size(axis); ++i) {
      int one;
      Ref item = Ref::copy(sequence_get(axis, i));
      if (!axis_from(item, nd, &one)) return false;
      if (*axes >> one & 1) return raise(PyExc_ValueError, "duplicate value in 'axis'");
      *axes |= uint64_t{1} << one;
    }
    return true;
  }
  int one;
  if (nd == 0) {
    // NumPy lets axis 0 and -1 pass for a 0-d array.
    Py_ssize_t value;
    if (!as_ssize(axis, &value)) return false;
    if (value == 0 || value == -1) return true;
  }
  if (!axis_from(axis, nd, &one)) return false;
  *axes = uint64_t{1} << one;
  return true;
}

const DType* reduction_dtype(const eng::OpInfo& op, const DType* in) {
  if (op.op == eng::Op::add || op.op == eng::Op::multiply) {
    if (in->is_bool() || (in->kind == 'i' && in->size < 8)) return &eng::kInt64;
    if (in->kind == 'u' && in->size < 8) return &eng::kUInt64;
  }
  return in;
}

namespace {

struct Source {
  Ref keep;
  ArrayView view;
};

bool make_source(Value v, Source* out) {
  if (is_ndarray(v)) {
    out->view = as_array(v)->view();
    if (out->view.dtype->swapped_from) [[unlikely]] {
      out->keep = array_cast(out->view, out->view.dtype->native());
      if (!out->keep) return false;
      out->view = as_array(out->keep)->view();
    }
    return true;
  }
  if (is_node(v)) {
    out->view = node_view(v);
    return true;
  }
  out->keep = as_array_ref(v);
  if (!out->keep) return false;
  out->view = as_array(out->keep)->view();
  return true;
}

}  // namespace

Ref reduce_operation(const eng::OpInfo& op, Value array, const ReduceOptions& options) {
  if (is_node(array)) {
    Ref result;
    bool handled;
    if (!reduce_node(op, array, options, &result, &handled)) return {};
    if (handled) return result;
    Ref settled_array = settled(array);
    return settled_array ? reduce_operation(op, settled_array, options) : Ref{};
  }
  Source source;
  if (!make_source(array, &source)) return {};
  uint64_t axes;
  if (!axes_from(options.axis, source.view.nd, &axes)) return {};
  if (source.view.dtype->is_special() || (options.dtype && options.dtype->is_special())) [[unlikely]] return reduce_special(op, source.view, axes, options);
  const bool all = axes == (source.view.nd >= 64 ? ~uint64_t{0} : (uint64_t{1} << source.view.nd) - 1);
  eng::Error error;
  eng::Conditions raised = 0;
  const bool plain = options.out.absent() && !options.keepdims && options.initial.absent() && options.where.absent();

  if (all && plain && !options.dtype && op.op == eng::Op::add && source.view.dtype == &eng::kBool && source.view.nd > 0) {
    int64_t count = eng::count_nonzero(source.view, error);
    return element_to_scalar(reinterpret_cast<char*>(&count), &eng::kInt64);
  }

  const DType* type = options.dtype ? options.dtype : reduction_dtype(op, source.view.dtype);
  const eng::Loop* loop = nullptr;
  if ((op.flags & eng::kLogical) && options.dtype) type = source.view.dtype;
  if (options.dtype && !warn_of_discarding(source.view.dtype, options.dtype)) return {};
  const DType* types[2] = {type, type};
  if (op.inputs != 2 || op.outputs != 1) return raise(PyExc_ValueError, "reduce only supported for binary functions");
  loop = eng::find_loop(op, types, error);
  if (!loop) return raise_engine(error);
  if (!(op.flags & eng::kReduces))
    return raise(PyExc_TypeError, "No loop matching the specified signature and casting was found for ufunc %s", op.name);
  const DType* acc_type = loop->types[2];

  if (all && plain && source.view.c_contiguous() && source.view.dtype == loop->types[1] && loop->reduce && source.view.nd > 0) {
    index_t n = source.view.size();
    if (n < 1 << 15) {
      // A small whole array: one fold.
      alignas(16) char acc[16] = {};
      char* from = source.view.data;
      index_t step = source.view.dtype->size;
      if (op.identity == eng::Identity::none) {
        if (n == 0) {
          error.operation = op.name;
          error.fail(eng::Code::zero_size_reduction);
          return raise_engine(error);
        }
        std::memcpy(acc, from, static_cast<size_t>(acc_type->size));
      } else if (op.identity != eng::Identity::zero) {
        int64_t value = op.identity == eng::Identity::one ? 1 : -1;
        char* args[2] = {reinterpret_cast<char*>(&value), acc};
        index_t steps[2] = {0, 0};
        eng::cast_kernel(&eng::kInt64, acc_type)(args, 1, steps, nullptr);
      }
      char* args[2] = {acc, from};
      index_t steps[2] = {0, step};
      bool skip_first = op.identity == eng::Identity::none;
      if (skip_first) {
        args[1] += step;
        --n;
      }
      if (n > 0) raised = loop->reduce(args, n, steps, nullptr);
      if (raised && !report_conditions(raised, "reduce")) return {};
      return element_to_scalar(acc, acc_type);
    }
  }

  // A `where` mask: elements left out stand at the identity, or at the initial value.
  Ref filled;
  alignas(16) char initial[16] = {};
  const char* initial_at = nullptr;
  if (!options.initial.absent() && !is_none(options.initial)) {
    if (!store_element(initial, acc_type, options.initial)) return {};
    initial_at = initial;
  }
  if (!options.where.absent() && options.where != boolean(true)) {
    if (op.identity == eng::Identity::none && !initial_at)
      return raise(PyExc_ValueError, "reduction operation '%s' does not have an identity, so to use a where mask one has to specify 'initial'", op.name);
    Ref mask = as_array_ref(options.where, &eng::kBool);
    if (!mask) return {};
    filled = array_new(loop->types[1], source.view.nd, source.view.shape);
    if (!filled) return {};
    alignas(16) char neutral[16] = {};
    if (op.identity != eng::Identity::none) {
      int64_t value = op.identity == eng::Identity::zero ? 0 : op.identity == eng::Identity::one ? 1 : -1;
      char* args[2] = {reinterpret_cast<char*>(&value), neutral};
      index_t steps[2] = {0, 0};
      eng::cast_kernel(&eng::kInt64, loop->types[1])(args, 1, steps, nullptr);
    } else {
      std::memcpy(neutral, initial, sizeof neutral);
    }
    const index_t no_dims[1] = {0};
    ArrayView value = {neutral, 0, eng::kCContiguous | eng::kFContiguous, no_dims, no_dims, loop->types[1]};
    if (!eng::assign(as_array(filled)->view(), value, &raised, error)) return raise_engine(error);
    const DType* copy_types[2] = {source.view.dtype, loop->types[1]};
    const eng::Cast cast = eng::find_cast(source.view.dtype, loop->types[1]);
    eng::LoopRun run = {cast.kernel, cast.extra, 2, 1, copy_types, 2};
    ArrayView args[2] = {source.view, as_array(filled)->view()};
    ArrayView mask_view = as_array(mask)->view();
    if (!eng::run_loop(run, args, source.view.nd, source.view.shape, &mask_view, &raised, error)) return raise_engine(error);
    source.view = as_array(filled)->view();
  }

  ArrayView out;
  Results results;
  if (!options.out.absent() && !is_none(options.out)) {
    Value given = options.out;
    if (is_tuple(given) && tuple_size(given) == 1) given = tuple_get(given, 0);
    if (!is_ndarray(given)) return raise(PyExc_TypeError, "output must be an array");
    if (!check_writeable(as_array(given))) return {};
    out = as_array(given)->view();
    if (!eng::can_cast(acc_type, out.dtype, eng::Casting::same_kind))
      return raise(UFuncTypeError, "Cannot cast ufunc '%s' output from dtype('%s') to dtype('%s') with casting rule 'same_kind'",
                   op.name, acc_type->name, out.dtype->name);
    if (!eng::reduce(op, *loop, source.view, axes, options.keepdims, initial_at, &out, results.allocator(), &raised, error)) {
      if (error_occurred()) return {};
      return raise_engine(error);
    }
    if (raised && !report_conditions(raised, "reduce")) return {};
    return Ref::copy(given);
  }
  if (!eng::reduce(op, *loop, source.view, axes, options.keepdims, initial_at, &out, results.allocator(), &raised, error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (raised && !report_conditions(raised, "reduce")) return {};
  return unwrap(std::move(results.objects[0]));
}

Ref accumulate_operation(const eng::OpInfo& op, Value array, Value axis, const DType* dtype, Value out) {
  Source source;
  if (!make_source(array, &source)) return {};
  eng::Error error;
  eng::Conditions raised = 0;
  eng::Dims flat;
  Ref flattened;
  int along = 0;
  if (axis.absent() || is_none(axis)) {
    if (source.view.nd != 1) {
      flattened = array_copy(source.view, 'C');
      if (!flattened) return {};
      flat.nd = 1;
      flat.shape[0] = as_array(flattened)->size();
      flat.strides[0] = source.view.dtype->size;
      source.view = flat.view(as_array(flattened)->data, source.view.dtype);
    }
  } else if (!axis_from(axis, source.view.nd, &along)) {
    return {};
  }
  if (source.view.nd == 0) return raise(PyExc_TypeError, "cannot accumulate on a scalar");
  const DType* type = (op.flags & eng::kLogical) && !source.view.dtype->is_object() ? &eng::kBool : dtype ? dtype : reduction_dtype(op, source.view.dtype);
  if (!warn_of_discarding(source.view.dtype, type)) return {};
  const DType* types[2] = {type, type};
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop) return raise_engine(error);
  Results results;
  ArrayView target;
  Value given;
  if (!out.absent() && !is_none(out)) {
    given = is_tuple(out) ? tuple_get(out, 0) : out;
    if (!is_ndarray(given)) return raise(PyExc_TypeError, "output must be an array");
    if (!check_writeable(as_array(given))) return {};
    target = as_array(given)->view();
    if (!eng::same_shape(target, source.view)) return raise(PyExc_ValueError, "provided out is the wrong size for the accumulation.");
  }
  if (!eng::accumulate(op, *loop, source.view, along, &target, results.allocator(), &raised, error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (raised && !report_conditions(raised, "accumulate")) return {};
  return given ? Ref::copy(given) : std::move(results.objects[0]);
}

Ref mean_operation(Value array, const ReduceOptions& options) {
  Source source;
  if (!make_source(array, &source)) return {};
  uint64_t axes;
  if (!axes_from(options.axis, source.view.nd, &axes)) return {};
  index_t count = 1;
  for (int i = 0; i < source.view.nd; ++i)
    if (axes >> i & 1) count *= source.view.shape[i];
  ReduceOptions inner = options;
  // Halves are averaged in float32, and the mean is one again.
  const bool halves = !inner.dtype && source.view.dtype == &eng::kFloat16;
  if (halves) inner.dtype = &eng::kFloat32;
  else if (!inner.dtype && !source.view.dtype->is_inexact() && !source.view.dtype->is_special()) inner.dtype = &eng::kFloat64;
  Ref counted;
  if (!options.where.absent() && options.where != boolean(true)) {
    Ref mask = as_array_ref(options.where, &eng::kBool);
    if (!mask) return {};
    index_t no_strides[eng::kMaxDims] = {};
    eng::Error error;
    if (!eng::broadcast_strides(as_array(mask)->view(), source.view.nd, source.view.shape, no_strides, error)) return raise_engine(error);
    Ref wide = array_view(as_array(mask), as_array(mask)->data, source.view.nd, source.view.shape, no_strides, &eng::kBool);
    ReduceOptions counting;
    counting.axis = options.axis;
    counting.keepdims = options.keepdims;
    counting.dtype = &eng::kInt64;
    if (!wide) return {};
    counted = reduce_operation(eng::operation(eng::Op::add), wide, counting);
    if (!counted) return {};
  }
  if (count == 0 && !warn(PyExc_RuntimeWarning, 1, "Mean of empty slice.")) return {};
  Ref total = reduce_operation(eng::operation(eng::Op::add), array, inner);
  if (!total) return {};
  if (scalar_dtype(total) == &eng::kFloat64 && !counted && count > 0) {
    double value;
    std::memcpy(&value, scalar_data(total), sizeof value);
    value /= static_cast<double>(count);
    if (std::isfinite(value)) return element_to_scalar(reinterpret_cast<char*>(&value), &eng::kFloat64);
  }
  Operand operands[2];
  // The count is an int64, which shows in complex64: it is divided in complex128.
  const int64_t strong_count = count;
  Ref number = counted ? std::move(counted) : source.view.dtype->is_complex() ? element_to_scalar(reinterpret_cast<const char*>(&strong_count), &eng::kInt64) : int_from_ssize(count);
  if (source.view.dtype->is_object() && number && !is_ndarray(total)) {
    number = element_to_scalar(reinterpret_cast<const char*>(&strong_count), &eng::kInt64);
    return number ? true_divide(total, number) : Ref{};
  }
  if (!number || make_operand(total, &operands[0], false) <= 0 || make_operand(number, &operands[1], false) <= 0) return {};
  CallOptions divide;
  divide.casting = eng::Casting::unsafe;
  divide.scalar = !operands[0].is_array;
  if (is_ndarray(total)) divide.out = total;
  Ref mean = call_operation(eng::operation(eng::Op::divide), operands, divide);
  const DType* wanted = halves ? &eng::kFloat16 : operands[0].view.dtype;
  const DType* own = !mean ? nullptr : is_ndarray(mean) ? as_array(mean)->dtype() : scalar_dtype(mean);
  if (!own || source.view.dtype->is_special()) return mean;
  if (!mean || own == wanted || !options.out.absent()) return mean;
  Ref array_mean = as_array_ref(mean, wanted);
  return is_ndarray(mean) ? std::move(array_mean) : unwrap(std::move(array_mean));
}

}  // namespace adder::numpy
