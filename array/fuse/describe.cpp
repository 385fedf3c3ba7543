// Programs told in words, and run operation by operation: for those who want to see what was fused, and to check it.
#include <cstdio>
#include <cstring>
#include <string>

#include "array/core/array.h"
#include "array/fuse/program.h"

namespace adder::array {

namespace {

// How an operation of two operands is written between them; null: as a call.
const char* sign_of(Op op) {
  switch (op) {
    case Op::add: return " + ";
    case Op::subtract: return " - ";
    case Op::multiply: return "*";
    case Op::divide: return "/";
    case Op::floor_divide: return "//";
    case Op::remainder: return " % ";
    case Op::power: return "**";
    case Op::less: return " < ";
    case Op::less_equal: return " <= ";
    case Op::greater: return " > ";
    case Op::greater_equal: return " >= ";
    case Op::equal: return " == ";
    case Op::not_equal: return " != ";
    case Op::bitwise_and: return " & ";
    case Op::bitwise_or: return " | ";
    case Op::bitwise_xor: return " ^ ";
    default: return nullptr;
  }
}

}  // namespace

std::string Program::text_of(Id id, bool inner) const {
  char number[48];
  if (id >= kLeaf) {
    const int leaf = id - kLeaf;
    if (!leaves_[leaf].value) {
      int before = 0;
      for (int i = 0; i < leaf; ++i) before += !leaves_[i].value;
      std::snprintf(number, sizeof number, leaves_[leaf].mask < 0 ? "a%d" : "a%d[m%d]", before, leaves_[leaf].mask);
      return number;
    }
    const DType* type = leaves_[leaf].dtype;
    if (type->is_complex()) return "c";
    double value = 0;
    char* args[2] = {const_cast<char*>(values_[leaf]), reinterpret_cast<char*>(&value)};
    const index_t steps[2] = {0, 0};
    cast_kernel(type, &kFloat64)(args, 1, steps, nullptr);
    std::snprintf(number, sizeof number, "%.6g", value);
    return number;
  }
  const Step& step = steps_[id];
  const OpInfo& op = *operations_[step.operation].op;
  if (step.inputs == 1 && step.types[0] == step.types[1] && step.kernel == cast_kernel(step.types[0], step.types[1])) return text_of(step.sources[0], inner);
  const bool cast = step.inputs == 1 && step.types[0] != step.types[1] && step.kernel == cast_kernel(step.types[0], step.types[1]);
  if (!cast && step.inputs == 2 && sign_of(op.op)) {
    const std::string text = text_of(step.sources[0], true) + sign_of(op.op) + text_of(step.sources[1], true);
    return inner ? "(" + text + ")" : text;
  }
  std::string text = std::string(cast ? step.types[1]->name : op.name) + "(";
  for (int k = 0; k < step.inputs; ++k) text += (k ? ", " : "") + text_of(step.sources[k], false);
  return text + ")";
}

std::string Program::text() const { return text_of(root(), false); }

bool Program::run_one_by_one(const ArrayView& out, Error& error) const {
  Array made[kProgramSteps], chosen[kProgramLeaves];
  Conditions raised = 0;
  for (int i = 0; i < step_count_; ++i) {
    const Step& step = steps_[i];
    const DType* type = step.types[step.inputs];
    int order[kMaxDims];
    stride_order(nd_, step.strides, order);
    ArrayView args[4];
    for (int k = 0; k < step.inputs; ++k) {
      const Id source = step.sources[k];
      if (source >= kLeaf && leaves_[source - kLeaf].mask >= 0) {
        const Leaf& leaf = leaves_[source - kLeaf];
        Array& array = chosen[source - kLeaf];
        array = Array::make(leaf.dtype, 1, leaf.shape, nullptr, Fill::result, error);
        if (!array) return false;
        pick(array.view().data, leaf.data, leaf.dtype->size, masks_[leaf.mask], 0, leaf.shape[0]);
        args[k] = array.view();
      } else {
        args[k] = source >= kLeaf ? view_of(source) : made[source].view();
      }
    }
    if (i == step_count_ - 1) {
      args[step.inputs] = out;
    } else {
      made[i] = Array::make(type, nd_, shape_, order, Fill::result, error);
      if (!made[i]) return false;
      args[step.inputs] = made[i].view();
    }
    const LoopRun run = {step.kernel, nullptr, step.inputs + 1, step.inputs, step.types, 0, step.hardware};
    if (!run_loop(run, args, nd_, shape_, nullptr, &raised, error)) return false;
  }
  return true;
}

}  // namespace adder::array
