// Folds of deferred operations: all elements or along axes, in the pass that computes them.
#include <cstring>

#include "array/reduce/reduce.h"
#include "memory/gc.h"
#include "numpy/node.h"
#include "object/containers.h"

namespace adder::numpy {

namespace {

// Elements that a sum gathers when it casts them on the way (array/reduce).
constexpr index_t kCastSum = 8192;

// Axes given as plain ints. False: not that plain, or out of range; no exception.
bool plain_axes(Value axis, int nd, uint64_t* axes) {
  if (axis.absent() || is_none(axis)) {
    *axes = (uint64_t{1} << nd) - 1;
    return true;
  }
  *axes = 0;
  const bool many = is_exact_tuple(axis);
  for (Py_ssize_t i = 0; i < (many ? tuple_size(axis) : 1); ++i) {
    const Value v = many ? tuple_get(axis, i) : axis;
    if (!v.is_int() || v.as_int() < -nd || v.as_int() >= nd) return false;
    const uint64_t bit = uint64_t{1} << (v.as_int() < 0 ? v.as_int() + nd : v.as_int());
    if (*axes & bit) return false;
    *axes |= bit;
  }
  return true;
}

// The strides of a fold's output along the program's axes.
void output_strides(const eng::Program& program, uint64_t axes, bool keepdims, const ArrayView& out, index_t* strides) {
  int at = 0;
  for (int i = 0; i < program.nd(); ++i) {
    const bool folded = axes >> i & 1;
    strides[i] = folded || program.shape()[i] == 1 ? 0 : out.strides[at];
    at += !folded || keepdims;
  }
}

// An element as the result of a fold: a scalar, or an array of one element where axes are left.
Ref as_result(const eng::Program& program, uint64_t axes, bool keepdims, char* element, const DType* dtype) {
  if (!keepdims && axes == (uint64_t{1} << program.nd()) - 1) return element_to_scalar(element, dtype);
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::allocate_reduced(program.result(), axes, keepdims, dtype, &out, results.allocator(), error)) return {};
  std::memcpy(out.data, element, static_cast<size_t>(dtype->size));
  return std::move(results.objects[0]);
}

bool reduce_in_one_pass(const eng::OpInfo& op, Value value, const ReduceOptions& options, Ref* result, bool* handled) {
  *handled = false;
  Pass pass;
  if (!pass.begin(as_node(value))) return true;
  eng::Program& program = pass.program;
  uint64_t axes;
  if (program.size() == 0 || !options.out.absent() || !options.initial.absent() || !options.where.absent() ||
      !plain_axes(options.axis, program.nd(), &axes))
    return true;
  bool folds = false, keeps = false;
  for (int i = 0; i < program.nd(); ++i) (axes >> i & 1 ? folds : keeps) |= program.shape()[i] > 1;
  if (!folds) return true;

  const DType* own = program.dtype();
  const DType* type = options.dtype && !(op.flags & eng::kLogical) ? options.dtype : op.flags & eng::kLogical ? own : reduction_dtype(op, own);
  if (type->is_special()) return true;
  const DType* types[2] = {type, type};
  eng::Error error;
  const eng::Loop* loop = op.inputs == 2 && op.outputs == 1 ? eng::find_loop(op, types, error) : nullptr;
  if (!loop || loop->types[1] != type || !eng::Program::folds(op, *loop)) return true;
  if (own->is_complex() && !type->is_complex()) return true;
  const bool from_first = op.identity == eng::Identity::none;
  if (from_first && keeps && (op.op == eng::Op::fmax || op.op == eng::Op::fmin)) return true;
  const DType* made = loop->types[2];
  eng::Conditions raised = 0;

  if (!keeps && op.op == eng::Op::add && own->is_bool() && (type == &eng::kInt64 || type == &eng::kFloat64)) {
    index_t count;
    *handled = true;
    if (!pass.run(op.name, [&](eng::Error& failure) { return program.count(&count, failure); }) || !tell()) return false;
    alignas(16) char total[16];
    const double number = static_cast<double>(count);
    if (type == &eng::kInt64) std::memcpy(total, &count, sizeof count);
    else std::memcpy(total, &number, sizeof number);
    *result = as_result(program, axes, options.keepdims, total, type);
    return static_cast<bool>(*result);
  }

  if (!program.cast(type)) return true;
  const index_t chunk = own == type ? 0 : kCastSum;
  alignas(16) char start[eng::kMaxItemSize] = {};
  eng::write_identity(op.identity, made, start);
  *handled = true;
  if (!keeps) {
    if (!pass.run(op.name, [&](eng::Error& failure) { return program.fold(op, *loop, chunk, start, &raised, failure); })) return false;
    if (!tell() || (raised && !report_conditions(raised, "reduce"))) return false;
    *result = as_result(program, axes, options.keepdims, start, made);
    return static_cast<bool>(*result);
  }
  Results results;
  ArrayView out;
  if (!eng::allocate_reduced(program.result(), axes, options.keepdims, made, &out, results.allocator(), error))
    return !error_occurred() && raise_engine(error);
  const index_t no_dims[1] = {0};
  const ArrayView from = {start, 0, eng::kCContiguous | eng::kFContiguous | eng::kAligned, no_dims, no_dims, made};
  if (!from_first && !eng::assign(out, from, &raised, error)) return raise_engine(error);
  index_t strides[eng::kProgramDims];
  output_strides(program, axes, options.keepdims, out, strides);
  const eng::Reduction reduction = {&op, loop, chunk, from_first, out.data, strides};
  if (!pass.run(op.name, [&](eng::Error& failure) { return program.reduce(reduction, &raised, failure); })) return false;
  if (!tell() || (raised && !report_conditions(raised, "reduce"))) return false;
  *result = std::move(results.objects[0]);
  return true;
}

}  // namespace

bool reduce_node(const eng::OpInfo& op, Value value, const ReduceOptions& options, Ref* result, bool* handled) {
  const bool discards = options.dtype && !options.dtype->is_complex() && node_view(value).dtype->is_complex();  // and warns of it
  Pass pass;
  if (!watch.checking || discards || !pass.begin(as_node(value))) [[likely]] return reduce_in_one_pass(op, value, options, result, handled);
  const std::string text = pass.program.text();
  Ref array = array_one_by_one(pass.program);
  conditions_muted = true;
  Ref expected = array ? reduce_operation(op, array, options) : Ref{};
  conditions_muted = false;
  if (!expected) clear_error();
  if (!reduce_in_one_pass(op, value, options, result, handled)) return false;
  // Of two zeros that are an extremum, whose sign comes out is the cut's.
  const bool signs = op.identity != eng::Identity::none;
  if (expected && *handled && !same_result(*result, expected, signs)) return raise_difference(text, op.name);
  return true;
}

bool count_node(Value value, Ref* result, bool* handled) {
  *handled = false;
  Pass pass;
  if (!pass.begin(as_node(value)) || !pass.program.cast(&eng::kBool)) return true;
  *handled = true;
  index_t count;
  if (!pass.run("count_nonzero", [&](eng::Error& failure) { return pass.program.count(&count, failure); }) || !tell()) return false;
  *result = element_to_scalar(reinterpret_cast<char*>(&count), &eng::kInt64);
  return static_cast<bool>(*result);
}

bool arg_node(bool largest, Value value, Value axis, bool keepdims, Ref* result, bool* handled) {
  *handled = false;
  Pass pass;
  if (!pass.begin(as_node(value))) return true;
  eng::Program& program = pass.program;
  uint64_t axes;
  const bool whole = axis.absent() || is_none(axis);
  if (program.size() == 0 || (!whole && !axis.is_int()) || !plain_axes(axis, program.nd(), &axes)) return true;
  // A place among all elements counts in C order.
  if (whole && !program.result().c_contiguous()) return true;
  Results results;
  ArrayView out;
  eng::Error error;
  index_t shape[eng::kProgramDims];
  int nd = 0;
  for (int i = 0; i < program.nd(); ++i) {
    const bool folded = axes >> i & 1;
    if (!folded || keepdims) shape[nd++] = folded ? 1 : program.shape()[i];
  }
  eng::Allocator allocator = results.allocator();
  index_t strides[eng::kProgramDims] = {};
  // Whether it can be is seen from where axes lie alone.
  for (int i = 0; i < program.nd(); ++i) strides[i] = axes >> i & 1 || program.shape()[i] == 1 ? 0 : 1;
  if (!program.has_places(strides)) return true;
  *handled = true;
  if (!allocator.allocate(allocator.self, 0, &eng::kInt64, nd, shape, nullptr, &out, error))
    return !error_occurred() && raise_engine(error);
  output_strides(program, axes, keepdims, out, strides);
  if (!pass.run(largest ? "argmax" : "argmin", [&](eng::Error& failure) { return program.arg_extremum(largest, out.data, strides, failure); }) || !tell()) return false;
  *result = unwrap(std::move(results.objects[0]));
  return static_cast<bool>(*result);
}

Ref centred_squares(Value array, Value mean) {
  if (is_node(array) && as_node(array)->array) array = Value{as_node(array)->array};
  const ArrayView view = is_node(array) ? node_view(array) : as_array(array)->view();
  if (view.nd == 0 || view.nd > eng::kProgramDims || view.size() < kWorthDeferring || !view.dtype->is_number() || view.dtype->is_complex() || view.dtype == &eng::kFloat16 ||
      (!is_node(array) && !is_exact_ndarray(array)) || !conditions_are_quiet())
    return {};
  Operand operands[2];
  if (make_operand(array, &operands[0], false) <= 0 || make_operand(mean, &operands[1], false) <= 0) return {};
  const eng::OpInfo &subtract = eng::operation(eng::Op::subtract), &multiply = eng::operation(eng::Op::multiply);
  const eng::Loop* loop = choose_loop(subtract, operands, {});
  if (!loop || loop->types[2]->is_complex()) {
    clear_error();
    return {};
  }
  const eng::Loop* squared = multiply.same[loop->types[2]->number];
  Graph* graph = is_node(array) ? as_node(array)->graph : graph_for(visible_frame(this_thread()), view.nd, view.shape);
  Ref node = graph && squared ? grow(graph, subtract, *loop, operands) : Ref{};
  if (!node) return {};
  Operand both[2];
  for (Operand& o : both) {
    o.view = node_view(node);
    o.node = o.is_array = true;
    o.original = node;
  }
  return grow(graph, multiply, *squared, both);
}

}  // namespace adder::numpy
