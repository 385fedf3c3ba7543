// ufunc.at and ufunc.reduceat: operations at places, and folds between places, that indices name.
#include "numpy/ufunc_places.h"

#include <cstdlib>
#include <cstring>

#include "array/core/scratch.h"
#include "array/index/scatter.h"
#include "numpy/special.h"
#include "object/containers.h"

namespace adder::numpy {

namespace {

// Positions as int64 side by side; empty without an exception: no array of integers.
Ref positions_of(Value index, NdArray* target) {
  if (!is_exact_ndarray(index) || !as_array(index)->dtype()->is_integer()) return {};
  Ref positions = as_array_ref(index, &eng::kInt64);
  if (!positions) return {};
  NdArray* p = as_array(positions);
  if (p->flags & eng::kCContiguous && !eng::may_share_memory(p->view(), target->view())) return positions;
  return array_copy(p->view());
}

struct Found {
  Ref keep;  // an array of int64, in C order
  index_t step = 1;
  index_t extent = 0;

  eng::Places places() const { return {reinterpret_cast<int64_t*>(as_array(keep)->data), as_array(keep)->size(), step, extent}; }
};

// Arrays of integers of one shape, one for each axis, all of them inside. False without an exception: the index is of another kind,
// or leads outside.
bool find_elements(NdArray* target, Value index, Found* found) {
  const bool several = is_tuple(index);
  if (target->nd == 0 || target->nd != (several ? tuple_size(index) : 1)) return false;
  for (int k = 0; k < target->nd; ++k) {
    Ref positions = positions_of(several ? tuple_get(index, k) : index, target);
    if (!positions) return false;
    NdArray* p = as_array(positions);
    const auto* at = reinterpret_cast<const int64_t*>(p->data);
    const index_t n = p->size(), extent = target->dimensions[k], stride = target->strides[k];
    if (!eng::places_fit(at, n, extent)) return false;
    if (target->nd == 1) {
      *found = {std::move(positions), stride, extent};
      return true;
    }
    if (!found->keep) {
      found->keep = array_new(&eng::kInt64, p->nd, p->dimensions, nullptr, eng::Fill::zero);
      if (!found->keep) return false;
    } else if (!eng::same_shape(as_array(found->keep)->view(), p->view())) {
      return false;
    }
    auto* offsets = reinterpret_cast<int64_t*>(as_array(found->keep)->data);
    for (index_t i = 0; i < n; ++i) offsets[i] += (at[i] + (at[i] >> 63 & extent)) * stride;
  }
  return true;
}

// Any index: applied to an array of the elements' offsets.
bool find_offsets(NdArray* target, Value index, Found* found) {
  Ref all = array_new(&eng::kInt64, target->nd, target->dimensions);
  if (!all) return false;
  auto* to = reinterpret_cast<int64_t*>(as_array(all)->data);
  index_t counter[eng::kMaxDims] = {}, offset = 0;
  for (index_t i = 0, n = target->size(); i < n; ++i) {
    to[i] = offset;
    for (int k = target->nd - 1; k >= 0; --k) {
      offset += target->strides[k];
      if (++counter[k] < target->dimensions[k]) break;
      counter[k] = 0;
      offset -= target->dimensions[k] * target->strides[k];
    }
  }
  Ref chosen = array_subscript(all, index);
  if (!chosen) return false;
  chosen = as_array_ref(chosen, &eng::kInt64);
  if (chosen && !(as_array(chosen)->flags & eng::kCContiguous)) chosen = array_copy(as_array(chosen)->view());
  *found = {std::move(chosen), 1, 0};
  return static_cast<bool>(found->keep);
}

// Element by element through the operation's kernel, casting where the loop takes other dtypes.
eng::Conditions at_each(const eng::OpInfo& op, const eng::Loop& loop, NdArray* target, const eng::Places& places, const char* values,
                        index_t value_step, eng::Error& error) {
  const DType* own = target->dtype();
  const DType* made = loop.types[op.inputs];
  const eng::Cast in = eng::find_cast(own, loop.types[0]), out = eng::find_cast(made, own);
  const bool direct = own == loop.types[0] && own == made && !own->is_special();
  eng::Conditions raised = 0;
  eng::ElementScratch inputs, outputs;
  char* x = inputs.get(loop.types[0], 1, error);
  char* r = outputs.get(made, 1, error);
  if (!x || !r) return eng::kFailed;
  const index_t no_steps[3] = {0, 0, 0};
  for (index_t i = 0; i < places.n && !(raised & eng::kFailed); ++i, values += value_step) {
    char* element = places.element(target->data, i);
    char* value = const_cast<char*>(values);
    if (direct) {
      char* data[3] = {element, op.inputs == 2 ? value : element, element};
      raised |= loop.kernel(data, 1, no_steps, loop.extra);
      continue;
    }
    char* load[2] = {element, x};
    in(load, 1, no_steps);
    char* data[3] = {x, op.inputs == 2 ? value : r, r};
    raised |= loop.kernel(data, 1, no_steps, loop.extra);
    char* store[2] = {r, element};
    if (!(raised & eng::kFailed)) raised |= out(store, 1, no_steps);
  }
  return raised;
}

}  // namespace

// Element by element, so that repeated places add up.
Ref ufunc_at(Value self, const Value* a) {
  const eng::OpInfo& op = ufunc_operation(self);
  if (!is_ndarray(a[0])) return raise(PyExc_TypeError, "first operand must be array");
  if (op.inputs > 2) return raise(PyExc_ValueError, "Only unary and binary ufuncs supported at this time");
  NdArray* target = as_array(a[0]);
  if (!check_writeable(target)) return {};
  Found found;
  if (!find_elements(target, a[1], &found)) {
    if (error_occurred() || !find_offsets(target, a[1], &found)) return {};
  }
  Ref values;
  if (op.inputs == 2) {
    if (a[2].absent()) return raise(PyExc_ValueError, "second operand needed for ufunc");
    values = as_array_ref(a[2]);
    if (!values) return {};
  }
  const DType* types[2] = {target->dtype(), op.inputs == 2 ? as_array(values)->dtype() : nullptr};
  if (op.inputs == 2 && as_array(values)->nd == 0 && !is_ndarray(a[2]) && !scalar_dtype(a[2]) && target->dtype()->is_number()) {
    values = as_array_ref(values, target->dtype()->is_floating() || as_array(values)->dtype()->is_integer() ? target->dtype() : types[1]);
    if (!values) return {};
    types[1] = as_array(values)->dtype();
  }
  eng::Error error;
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop) return raise_engine(error);
  const DType* made = loop->types[op.inputs];
  if (!warn_of_discarding(made, target->dtype())) return {};
  // Values in the loop's dtype: one for all, or one per place.
  eng::Conditions raised = 0;
  const char* value_data = nullptr;
  index_t value_step = 0;
  if (op.inputs == 2) {
    NdArray* p = as_array(found.keep);
    const ArrayView given = as_array(values)->view();
    const bool ready = given.dtype == loop->types[1] && !eng::may_share_memory(given, target->view());
    if (!(ready && (given.nd == 0 || (given.c_contiguous() && eng::has_shape(given, p->nd, p->dimensions))))) {
      Ref spread = array_new(loop->types[1], p->nd, p->dimensions);
      if (!spread) return {};
      if (!eng::assign(as_array(spread)->view(), given, &raised, error)) return raise_engine(error);
      values = std::move(spread);
    }
    value_data = as_array(values)->data;
    value_step = as_array(values)->nd ? loop->types[1]->size : 0;
  }
  const eng::Places places = found.places();
  const eng::Scatter scatter = target->dtype() == made && op.inputs == 2 && loop->types[0] == made && loop->types[1] == made ? eng::scatter_of(op.op, made) : nullptr;
  if (scatter) raised |= scatter(target->data, places, value_data, value_step);
  else raised |= at_each(op, *loop, target, places, value_data, value_step, error);
  if (error.code != eng::Code::ok) return raise_engine(error);
  if (raised && !report_conditions(raised, op.name)) return {};
  return none_ref();
}

namespace {

struct Segments {
  NdArray* at;  // where they begin, int64
  index_t length;

  index_t count() const { return at->dimensions[0]; }
  index_t from(index_t i) const { return *reinterpret_cast<const int64_t*>(at->data + i * at->strides[0]); }
  // A segment that would be empty is its first element.
  index_t to(index_t i) const {
    const index_t end = i + 1 < count() ? from(i + 1) : length;
    return end <= from(i) ? from(i) + 1 : end;
  }
};

// Folds each segment of each line along the axis, or, where it makes no difference and lines lie side by side, of `width` lines
// at once. A fold starts from the segment's first element, as NumPy's does, which tells in the last bits of sums.
eng::Conditions fold_segments(const eng::OpInfo& op, const eng::Loop& loop, const ArrayView& in, int axis, const Segments& segments, const ArrayView& out) {
  const eng::Kernel first = eng::cast_kernel(in.dtype, out.dtype);
  const index_t step = in.strides[axis], out_step = out.strides[axis];
  const bool pairwise = op.op == eng::Op::add && in.dtype->is_inexact();
  const int last = in.nd - 1;
  const bool wide = last != axis && loop.reduce && !pairwise && std::abs(in.strides[last]) < std::abs(step);
  const index_t width = wide ? in.shape[last] : 1;
  const index_t in_width = wide ? in.strides[last] : 0, out_width = wide ? out.strides[last] : 0;
  const bool hardware = op.seen == eng::Seen::hardware;
  const void* extra = hardware ? eng::kUnguarded : nullptr;
  eng::Conditions raised = 0;
  eng::HardwareConditions watch;
  index_t counter[eng::kMaxDims] = {};
  char *line = in.data, *to_line = out.data;
  for (;;) {
    for (index_t i = 0; i < segments.count(); ++i) {
      const index_t from = segments.from(i), n = segments.to(i) - from;
      char* element = line + from * step;
      char* acc = to_line + i * out_step;
      const index_t load_steps[2] = {in_width, out_width};
      char* load[2] = {element, acc};
      raised |= first(load, width, load_steps, nullptr);
      if (wide) {
        for (index_t k = 1; k < n; ++k) {
          char* args[2] = {acc, element + k * step};
          const index_t steps[2] = {out_width, in_width};
          raised |= loop.reduce(args, width, steps, extra);
        }
      } else if (n > 1 && loop.reduce) {
        char* args[2] = {acc, element + step};
        const index_t steps[2] = {0, step};
        raised |= loop.reduce(args, n - 1, steps, extra);
      } else if (n > 1) {
        char* args[3] = {acc, element + step, acc};
        const index_t steps[3] = {0, step, 0};
        raised |= loop.kernel(args, n - 1, steps, extra);
      }
    }
    int k = last;
    for (; k >= 0; --k) {
      if (k == axis || (wide && k == last)) continue;
      line += in.strides[k];
      to_line += out.strides[k];
      if (++counter[k] < in.shape[k]) break;
      counter[k] = 0;
      line -= in.shape[k] * in.strides[k];
      to_line -= in.shape[k] * out.strides[k];
    }
    if (k < 0) break;
  }
  return hardware ? raised | watch.take() : raised;
}

// Special dtypes, and loops whose result is no operand: a reduction for each segment.
Ref reduce_pieces(const eng::OpInfo& op, NdArray* s, int axis, const Segments& segments, const DType* dtype) {
  ReduceOptions options;
  options.axis = Value::from_int(axis);
  options.dtype = dtype;
  Ref result;
  for (index_t i = 0; i < segments.count(); ++i) {
    const index_t from = segments.from(i);
    index_t shape[eng::kMaxDims];
    std::memcpy(shape, s->dimensions, sizeof(index_t) * static_cast<size_t>(s->nd));
    shape[axis] = segments.to(i) - from;
    Ref piece = array_view(s, s->data + from * s->strides[axis], s->nd, shape, s->strides, s->dtype());
    if (!piece) return {};
    Ref folded = reduce_operation(op, piece, options);
    if (!folded) return {};
    folded = as_array_ref(folded);
    if (!folded) return {};
    if (!result) {
      shape[axis] = segments.count();
      result = array_new(as_array(folded)->dtype(), s->nd, shape);
      if (!result) return {};
    }
    NdArray* r = as_array(result);
    index_t slot_shape[eng::kMaxDims], slot_strides[eng::kMaxDims];
    int nd = 0;
    for (int k = 0; k < r->nd; ++k) {
      if (k == axis) continue;
      slot_shape[nd] = r->dimensions[k];
      slot_strides[nd++] = r->strides[k];
    }
    const ArrayView target = {r->data + i * r->strides[axis], nd, 0, slot_shape, slot_strides, r->dtype()};
    if (!assign_array(target, as_array(folded)->view())) return {};
  }
  return result;
}

}  // namespace

Ref ufunc_reduceat(Value self, const Value* a) {
  const eng::OpInfo& op = ufunc_operation(self);
  Ref source = as_array_ref(a[0]);
  Ref indices = as_array_ref(a[1], &eng::kInt64);
  if (!source || !indices) return {};
  NdArray* s = as_array(source);
  int axis = 0;
  if (!a[2].absent() && !axis_from(a[2], s->nd, &axis)) return {};
  if (as_array(indices)->nd != 1) return raise(PyExc_ValueError, "object of too small depth for desired array");
  if (!a[4].absent() && !is_none(a[4])) return raise(PyExc_NotImplementedError, "reduceat with out= is not supported yet");
  const DType* dtype = nullptr;
  if (!a[3].absent() && !is_none(a[3]) && !dtype_from(a[3], &dtype)) return {};
  const Segments segments = {as_array(indices), s->dimensions[axis]};
  for (index_t i = 0; i < segments.count(); ++i) {
    const index_t from = segments.from(i);
    if (from < 0 || from >= segments.length)
      return raise(PyExc_IndexError, "index %zd out-of-bounds in %s.reduceat [0, %zd)", from, op.name, segments.length);
  }
  index_t shape[eng::kMaxDims];
  std::memcpy(shape, s->dimensions, sizeof(index_t) * static_cast<size_t>(s->nd));
  shape[axis] = segments.count();
  const DType* type = dtype && !(op.flags & eng::kLogical) ? dtype : reduction_dtype(op, s->dtype());
  const DType* types[2] = {type, type};
  eng::Error error;
  const bool plain = !type->is_special() && !s->dtype()->is_special() && op.inputs == 2 && op.outputs == 1 && op.flags & eng::kReduces;
  const eng::Loop* loop = plain ? eng::find_loop(op, types, error) : nullptr;
  if (!loop || (!loop->reduce && loop->types[0] != loop->types[2])) {
    Ref result = reduce_pieces(op, s, axis, segments, dtype);
    return result || error_occurred() ? std::move(result) : array_new(s->dtype(), s->nd, shape);
  }
  if (s->dtype() != loop->types[1]) {
    if (!warn_of_discarding(s->dtype(), loop->types[1])) return {};
    source = array_cast(s->view(), loop->types[1]);
    if (!source) return {};
    s = as_array(source);
  }
  Ref result = array_new(loop->types[2], s->nd, shape);
  if (!result || as_array(result)->size() == 0) return result;
  const eng::Conditions raised = fold_segments(op, *loop, s->view(), axis, segments, as_array(result)->view());
  if (raised && !report_conditions(raised, op.name)) return {};
  return result;
}

}  // namespace adder::numpy
