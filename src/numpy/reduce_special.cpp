// Reductions of objects, dates and spans: folded element by element, in C order of the reduced axes.
#include <cstring>

#include "array/core/scratch.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::numpy {

namespace {

// The reduced axes made last, then one.
struct Lines {
  Ref array;  // kept axes, then the line
  int kept_nd = 0;
  index_t kept_shape[eng::kMaxDims];  // of the result, without the reduced axes
};

bool make_lines(const ArrayView& in, uint64_t axes, const DType* dtype, Lines* out) {
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims], line = 1;
  int nd = 0;
  for (int i = 0; i < in.nd; ++i) {
    if (axes >> i & 1) continue;
    shape[nd] = out->kept_shape[out->kept_nd++] = in.shape[i];
    strides[nd++] = in.strides[i];
  }
  for (int i = 0; i < in.nd; ++i) {
    if (!(axes >> i & 1)) continue;
    shape[nd] = in.shape[i];
    strides[nd++] = in.strides[i];
    line *= in.shape[i];
  }
  ArrayView moved = {in.data, nd, 0, shape, strides, in.dtype};
  // A contiguous copy in the loop's dtype.
  Ref copy = array_new(dtype, nd, shape);
  if (!copy || !assign_array(as_array(copy)->view(), moved)) return false;
  index_t joint[eng::kMaxDims];
  for (int i = 0; i < out->kept_nd; ++i) joint[i] = shape[i];
  joint[out->kept_nd] = line;
  index_t steps[eng::kMaxDims];
  eng::c_strides(out->kept_nd + 1, joint, dtype->size, steps);
  out->array = array_view(as_array(copy), as_array(copy)->data, out->kept_nd + 1, joint, steps, dtype);
  return static_cast<bool>(out->array);
}

}  // namespace

Ref reduce_special(const eng::OpInfo& op, const ArrayView& in, uint64_t axes, const ReduceOptions& options) {
  if (op.inputs != 2 || op.outputs != 1) return raise(PyExc_ValueError, "reduce only supported for binary functions");
  const DType* type = options.dtype ? options.dtype : in.dtype->native();
  eng::Error error;
  // Truth of anything but objects is that of bools.
  if ((op.flags & eng::kLogical) && !in.dtype->is_object()) {
    Ref truth = array_cast(in, &eng::kBool);
    return truth ? reduce_operation(op, truth, options) : Ref{};
  }
  const DType* types[2] = {type, type};
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop) return raise_engine(error);
  if (loop->types[2] != loop->types[0] || (type->kind == 'm' && loop->types[1] != type)) {
    if (type->is_text()) {
      Ref x = dtype_repr_text(loop->types[0]), y = dtype_repr_text(loop->types[1]), z = dtype_repr_text(loop->types[2]);
      return x && y && z ? raise(PyExc_TypeError, "the resolved dtypes are not compatible with %s.reduce. Resolved (%U, %U, %U)", op.name, x.get(), y.get(), z.get()) : Ref{};
    }
    return raise(PyExc_TypeError, "the resolved dtypes are not compatible with %s.reduce", op.name);
  }
  const DType* acc_type = loop->types[2];

  // Left out: what `where` masks.
  Ref mask_ref;
  Lines lines, mask;
  if (!make_lines(in, axes, loop->types[1], &lines)) return {};
  if (!options.where.absent() && options.where != boolean(true)) {
    if ((acc_type->is_object() || op.identity == eng::Identity::none) && (options.initial.absent() || is_none(options.initial)))
      return raise(PyExc_ValueError, "reduction operation '%s' does not have an identity, so to use a where mask one has to specify 'initial'", op.name);
    mask_ref = as_array_ref(options.where, &eng::kBool);
    if (!mask_ref) return {};
    index_t strides[eng::kMaxDims];
    if (!eng::broadcast_strides(as_array(mask_ref)->view(), in.nd, in.shape, strides, error)) return raise_engine(error);
    ArrayView wide = {as_array(mask_ref)->data, in.nd, 0, in.shape, strides, &eng::kBool};
    if (!make_lines(wide, axes, &eng::kBool, &mask)) return {};
  }
  NdArray* source = as_array(lines.array);
  index_t shape[eng::kMaxDims];
  for (int i = 0; i < in.nd; ++i) shape[i] = axes >> i & 1 ? 1 : in.shape[i];
  Ref result = options.keepdims ? array_new(acc_type, in.nd, shape, nullptr, eng::Fill::zero) : array_new(acc_type, lines.kept_nd, lines.kept_shape, nullptr, eng::Fill::zero);
  if (!result) return {};
  const bool has_initial = !options.initial.absent() && !is_none(options.initial);
  const index_t rows = as_array(result)->size(), n = source->dimensions[source->nd - 1], size = acc_type->size;
  const bool plain_identity = op.identity != eng::Identity::none && !acc_type->is_object();
  const index_t no_steps[3] = {0, 0, 0};
  eng::ElementScratch scratch;
  char* next = scratch.get(acc_type, 1, error);
  if (!next) return raise_engine(error);
  for (index_t r = 0; r < rows; ++r) {
    char* acc = as_array(result)->data + r * size;
    char* line = source->data + r * n * loop->types[1]->size;
    const char* allowed = mask.array ? as_array(mask.array)->data + r * n : nullptr;
    bool started = false;
    if (has_initial) {
      if (!store_element(acc, acc_type, options.initial)) return {};
      started = true;
    } else if (plain_identity && !(acc_type->is_date() && op.op != eng::Op::add)) {
      if (!store_element(acc, acc_type, Value::from_int(op.identity == eng::Identity::one ? 1 : op.identity == eng::Identity::zero ? 0 : -1))) return {};
      started = true;
    }
    for (index_t i = 0; i < n; ++i) {
      if (allowed && !allowed[i]) continue;
      char* element = line + i * loop->types[1]->size;
      if (!started) {
        eng::copy_element(acc_type, acc, element);
        started = true;
        continue;
      }
      char* args[3] = {acc, element, next};
      const eng::Conditions raised = loop->kernel(args, 1, no_steps, loop->extra);
      if (raised && !report_conditions(raised, "reduce")) return {};
      eng::copy_element(acc_type, acc, next);
    }
    if (started) continue;
    // Nothing to fold: the identity, if there is one.
    if (op.identity == eng::Identity::none) {
      error.operation = op.name;
      error.fail(eng::Code::zero_size_reduction);
      return raise_engine(error);
    }
    Value identity = Value::from_int(op.identity == eng::Identity::one ? 1 : op.identity == eng::Identity::zero ? 0 : -1);
    if (op.flags & eng::kLogical) identity = boolean(op.identity == eng::Identity::one);
    if (!store_element(acc, acc_type, identity)) return {};
  }
  if (!options.out.absent() && !is_none(options.out)) {
    Value given = options.out;
    if (is_tuple(given) && tuple_size(given) == 1) given = tuple_get(given, 0);
    if (!is_ndarray(given)) return raise(PyExc_TypeError, "output must be an array");
    if (!check_writeable(as_array(given)) || !assign_array(as_array(given)->view(), as_array(result)->view())) return {};
    return Ref::copy(given);
  }
  return unwrap(std::move(result));
}

}  // namespace adder::numpy
