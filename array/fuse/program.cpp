// Building programs: leaves, operations, casts, and the layout that each result would have as an array of its own.
#include "array/fuse/program.h"

#include <algorithm>
#include <cstring>

namespace adder::array {

void Program::start(int nd, const index_t* shape) {
  nd_ = nd;
  for (int i = 0; i < nd; ++i) shape_[i] = shape[i];
  leaf_count_ = mask_count_ = step_count_ = operation_count_ = output_count_ = 0;
}

index_t Program::size() const {
  index_t n = 1;
  for (int i = 0; i < nd_; ++i) n *= shape_[i];
  return n;
}

unsigned Program::cost() const {
  unsigned total = 0;
  for (int i = 0; i < operation_count_; ++i) total += operations_[i].op->cost;
  return total;
}

index_t Program::temporary_bytes(bool last) const {
  index_t item_sizes = 0;
  for (int i = 0; i < step_count_; ++i) {
    const bool ends = i + 1 == step_count_ || steps_[i + 1].operation != steps_[i].operation;
    if (ends && (last || i + 1 < step_count_)) item_sizes += steps_[i].types[steps_[i].inputs]->size;
  }
  return item_sizes * size();
}

// All that a leaf may read.
ArrayView Program::memory_of(const Leaf& leaf) const {
  if (leaf.mask < 0) return {leaf.data, leaf.nd, leaf.flags, leaf.shape, leaf.strides, leaf.dtype};
  return {leaf.data, 1, leaf.flags, &masks_[leaf.mask].n, leaf.strides, leaf.dtype};
}

bool Program::may_write(const ArrayView& to, const Chooser* under) const {
  for (int i = 0; i < leaf_count_; ++i) {
    const Leaf& leaf = leaves_[i];
    if (leaf.value) continue;
    const ArrayView memory = memory_of(leaf);
    if (may_share_memory(memory, to)) {
      if (leaf.dtype != to.dtype || (leaf.mask >= 0) != (under != nullptr)) return false;
      if (!under && !same_elements(memory, to)) return false;
      if (under && (masks_[leaf.mask].mask != under->mask || leaf.data != to.data)) return false;
    }
    if (leaf.mask < 0) continue;
    const index_t step = 1;
    if (may_share_memory({const_cast<char*>(masks_[leaf.mask].mask), 1, leaf.flags, &masks_[leaf.mask].n, &step, &kBool}, to)) return false;
  }
  return true;
}

ArrayView Program::view_of(Id id) const {
  if (id >= kLeaf) {
    const Leaf& leaf = leaves_[id - kLeaf];
    return {leaf.value ? const_cast<char*>(values_[id - kLeaf]) : leaf.data, leaf.nd, leaf.flags, leaf.shape, leaf.strides, leaf.dtype};
  }
  const Step& step = steps_[id];
  const DType* dtype = dtype_of(id);
  return {nullptr, nd_, layout_flags(nd_, shape_, step.strides, nullptr, dtype), shape_, step.strides, dtype};
}

bool Program::add_leaf(const ArrayView& view, Id* id) {
  if (leaf_count_ == kProgramLeaves || view.nd > nd_) return false;
  Leaf& leaf = leaves_[leaf_count_];
  Error error;
  if (!broadcast_strides(view, nd_, shape_, leaf.broadcast, error)) return false;
  leaf.data = view.data;
  leaf.dtype = view.dtype;
  leaf.nd = static_cast<std::int8_t>(view.nd);
  leaf.value = false;
  leaf.mask = -1;
  leaf.flags = view.flags & ~kWriteable & ~kOwnData;
  for (int i = 0; i < view.nd; ++i) {
    leaf.shape[i] = view.shape[i];
    leaf.strides[i] = view.strides[i];
  }
  for (int i = 0; i < leaf_count_; ++i) {
    const Leaf& other = leaves_[i];
    if (other.value || other.mask >= 0 || other.data != leaf.data || other.dtype != leaf.dtype || other.nd != leaf.nd || other.flags != leaf.flags ||
        std::memcmp(other.shape, leaf.shape, sizeof(index_t) * static_cast<std::size_t>(leaf.nd)) != 0 ||
        std::memcmp(other.strides, leaf.strides, sizeof(index_t) * static_cast<std::size_t>(leaf.nd)) != 0)
      continue;
    *id = static_cast<Id>(kLeaf + i);
    return true;
  }
  *id = static_cast<Id>(kLeaf + leaf_count_++);
  return true;
}

bool Program::add_value(const DType* dtype, const char* element, Id* id) {
  if (leaf_count_ == kProgramLeaves) return false;
  Leaf& leaf = leaves_[leaf_count_];
  leaf.data = nullptr;
  leaf.dtype = dtype;
  leaf.nd = 0;
  leaf.value = true;
  leaf.mask = -1;
  for (int i = 0; i < leaf_count_; ++i) {
    if (!leaves_[i].value || leaves_[i].dtype != dtype || std::memcmp(values_[i], element, static_cast<std::size_t>(dtype->size)) != 0) continue;
    *id = static_cast<Id>(kLeaf + i);
    return true;
  }
  leaf.flags = kCContiguous | kFContiguous | kAligned;
  for (int i = 0; i < nd_; ++i) leaf.broadcast[i] = 0;
  std::memcpy(values_[leaf_count_], element, static_cast<std::size_t>(dtype->size));
  *id = static_cast<Id>(kLeaf + leaf_count_++);
  return true;
}

bool Program::add_chosen(const ArrayView& from, const Chooser& by, Id* id) {
  int mask = 0;
  while (mask < mask_count_ && (masks_[mask].mask != by.mask || masks_[mask].n != by.n)) ++mask;
  if (mask == kProgramMasks || nd_ != 1 || shape_[0] != by.count) return false;
  for (int i = 0; i < leaf_count_; ++i) {
    if (leaves_[i].value || leaves_[i].mask != mask || leaves_[i].data != from.data || leaves_[i].dtype != from.dtype) continue;
    *id = static_cast<Id>(kLeaf + i);
    return true;
  }
  if (leaf_count_ == kProgramLeaves) return false;
  masks_[mask] = by;
  if (mask == mask_count_) ++mask_count_;
  Leaf& leaf = leaves_[leaf_count_];
  leaf.data = from.data;
  leaf.dtype = from.dtype;
  leaf.nd = 1;
  leaf.value = false;
  leaf.mask = static_cast<std::int8_t>(mask);
  leaf.flags = kCContiguous | kFContiguous | kAligned;
  leaf.shape[0] = by.count;
  leaf.strides[0] = leaf.broadcast[0] = from.dtype->size;
  *id = static_cast<Id>(kLeaf + leaf_count_++);
  return true;
}

bool Program::choose(Id chosen) {
  static const OpInfo kChoose = {"[]", Op::positive, 1, 1, Identity::none, Seen::never, 0, 10};
  if (operation_count_ == kProgramSteps || step_count_ == kProgramSteps) return false;
  const DType* dtype = dtype_of(chosen);
  operations_[operation_count_] = {&kChoose, 0};
  Step& step = steps_[step_count_++];
  step.kernel = cast_kernel(dtype, dtype);
  step.inputs = 1;
  step.operation = static_cast<std::uint8_t>(operation_count_++);
  step.hardware = false;
  step.quiet = true;
  step.sources[0] = chosen;
  step.types[0] = step.types[1] = dtype;
  step.strides[0] = dtype->size;
  return true;
}

// A step that casts; of a value, the value cast at once.
bool Program::add_cast(Id* id, const DType* to) {
  const DType* from = dtype_of(*id);
  if (from == to) return true;
  if (from->is_special() || to->is_special()) return false;
  Kernel kernel = cast_kernel(from, to);
  if (!kernel) return false;
  if (*id >= kLeaf && leaves_[*id - kLeaf].value) {
    alignas(16) char element[kMaxItemSize];
    char* args[2] = {values_[*id - kLeaf], element};
    const index_t steps[2] = {0, 0};
    operations_[operation_count_].raised |= kernel(args, 1, steps, nullptr);
    return add_value(to, element, id);
  }
  if (step_count_ == kProgramSteps) return false;
  Step& step = steps_[step_count_];
  step.kernel = kernel;
  step.inputs = 1;
  step.operation = static_cast<std::uint8_t>(operation_count_);
  step.hardware = false;
  step.quiet = can_cast(from, to, Casting::safe);
  step.sources[0] = *id;
  step.types[0] = from;
  step.types[1] = to;
  const ArrayView source = view_of(*id);
  Error error;
  broadcast_strides(source, nd_, shape_, step.strides, error);
  *id = static_cast<Id>(step_count_++);
  return true;
}

bool Program::apply(const OpInfo& op, const Loop& loop, const Id* operands, std::uint64_t kept) {
  const int inputs = op.inputs;
  if (inputs > 3 || op.outputs != 1 || operation_count_ == kProgramSteps) return false;
  const Mark before = mark();
  operations_[operation_count_] = {&op, 0};
  ArrayView views[kMaxArgs];
  for (int k = 0; k < inputs; ++k) views[k] = view_of(operands[k]);
  int order[kMaxDims];
  result_order(inputs, views, inputs, loop.types, nd_, shape_, order);
  Id sources[3];
  bool room = true;
  for (int k = 0; k < inputs && room; ++k) {
    sources[k] = operands[k];
    room = add_cast(&sources[k], loop.types[k]);
  }
  if (!room || step_count_ == kProgramSteps) {
    rollback(before);
    return false;
  }
  Step& step = steps_[step_count_];
  step.kernel = loop.kernel;
  step.inputs = static_cast<std::uint8_t>(inputs);
  step.operation = static_cast<std::uint8_t>(operation_count_++);
  step.hardware = op.seen == Seen::hardware;
  step.quiet = op.seen == Seen::never && !loop.types[0]->is_complex();  // order of complex numbers tells of NaNs
  for (int k = 0; k < inputs; ++k) step.sources[k] = sources[k];
  for (int k = 0; k <= inputs; ++k) step.types[k] = loop.types[k];
  ordered_strides(nd_, shape_, loop.types[inputs]->size, order, step.strides);
  ++step_count_;
  std::int8_t places[kProgramSteps];
  if (place(places, kept) >= 0) return true;
  rollback(before);
  return false;
}

bool Program::astype(Id operand, const DType* dtype, std::uint64_t kept) {
  static const OpInfo kCast = {"cast", Op::positive, 1, 1, Identity::none, Seen::values, 0, 4};
  if (operation_count_ == kProgramSteps || step_count_ == kProgramSteps) return false;
  const Mark before = mark();
  operations_[operation_count_] = {&kCast, 0};
  const ArrayView source = view_of(operand);
  index_t strides[kMaxDims];
  int order[kMaxDims];
  Error error;
  if (!broadcast_strides(source, nd_, shape_, strides, error)) return false;
  stride_order(nd_, strides, order);
  Id made = operand;
  std::int8_t places[kProgramSteps];
  if (!add_cast(&made, dtype) || made >= kLeaf) {
    rollback(before);
    return false;
  }
  ordered_strides(nd_, shape_, dtype->size, order, steps_[made].strides);
  ++operation_count_;
  if (place(places, kept) >= 0) return true;
  rollback(before);
  return false;
}

std::uint64_t Program::steps_of(Id id) const {
  if (id >= kLeaf) return 0;
  std::uint64_t steps = std::uint64_t{1} << id;
  for (int i = id; i >= 0; --i) {
    if (!(steps >> i & 1)) continue;
    for (int k = 0; k < steps_[i].inputs; ++k)
      if (steps_[i].sources[k] < kLeaf) steps |= std::uint64_t{1} << steps_[i].sources[k];
  }
  return steps;
}

std::uint64_t Program::loud_steps() const {
  std::uint64_t steps = 0;
  for (int i = 0; i < step_count_; ++i)
    if (!steps_[i].quiet) steps |= std::uint64_t{1} << i;
  return steps;
}

Program::Id Program::same_step(const Step& step) const {
  for (int i = 0; i < step_count_; ++i) {
    const Step& other = steps_[i];
    if (other.kernel != step.kernel || other.inputs != step.inputs) continue;
    bool same = std::memcmp(other.strides, step.strides, sizeof(index_t) * static_cast<std::size_t>(nd_)) == 0 && other.types[step.inputs] == step.types[step.inputs];
    for (int k = 0; k < step.inputs && same; ++k) same = other.sources[k] == step.sources[k] && other.types[k] == step.types[k];
    if (same) return static_cast<Id>(i);
  }
  return -1;
}

void Program::extract(std::uint64_t steps, Id root, bool common, Program* into, Id* numbers) const {
  into->start(nd_, shape_);
  Id leaves[kProgramLeaves];
  std::fill_n(leaves, kProgramLeaves, Id{-1});
  std::int16_t known[kProgramSteps];
  std::fill_n(known, kProgramSteps, std::int16_t{-1});
  std::copy_n(masks_, mask_count_, into->masks_);
  into->mask_count_ = mask_count_;
  auto take = [&](int i) {
    Step& step = into->steps_[into->step_count_];
    step = steps_[i];
    for (int k = 0; k < step.inputs; ++k) {
      const Id source = step.sources[k];
      if (source < kLeaf) {
        step.sources[k] = numbers[source];
        continue;
      }
      Id& leaf = leaves[source - kLeaf];
      if (leaf < 0) {
        leaf = static_cast<Id>(kLeaf + into->leaf_count_);
        into->leaves_[into->leaf_count_] = leaves_[source - kLeaf];
        std::memcpy(into->values_[into->leaf_count_++], values_[source - kLeaf], kMaxItemSize);
      }
      step.sources[k] = leaf;
    }
    const Id same = i == root || !common ? Id{-1} : into->same_step(step);
    if (same >= 0) {
      numbers[i] = same;
      return;
    }
    if (known[step.operation] < 0) {
      into->operations_[into->operation_count_] = {operations_[step.operation].op, 0};
      known[step.operation] = static_cast<std::int16_t>(into->operation_count_++);
    }
    step.operation = static_cast<std::uint8_t>(known[step.operation]);
    numbers[i] = static_cast<Id>(into->step_count_++);
  };
  // The result's operation goes last.
  const std::uint8_t last = steps_[root].operation;
  for (int i = 0; i < step_count_; ++i)
    if ((steps >> i & 1) && steps_[i].operation != last) take(i);
  for (int i = 0; i < step_count_; ++i)
    if ((steps >> i & 1) && steps_[i].operation == last) take(i);
}

bool Program::fits() const {
  std::int8_t places[kProgramSteps];
  return place(places, kept_outputs()) >= 0;
}

void Program::place_output(int i, const ArrayView& to) {
  Output& output = outputs_[i];
  output.data = to.data;
  for (int k = 0; k < nd_; ++k) output.strides[k] = to.strides[k];
}

std::uint64_t Program::kept_outputs() const {
  std::uint64_t kept = 0;
  for (int i = 0; i < output_count_; ++i) kept |= std::uint64_t{1} << outputs_[i].step;
  return kept;
}

// Gives each result a buffer until it is used: an operand's of its own size if that ends here, so that it is overwritten.
int Program::place(std::int8_t* places, std::uint64_t kept) const {
  std::uint8_t uses[kProgramSteps] = {};
  for (int i = 0; i < step_count_; ++i) uses[i] = kept >> i & 1;
  int most = 0;
  for (int i = 0; i < step_count_; ++i)
    for (int k = 0; k < steps_[i].inputs; ++k)
      if (steps_[i].sources[k] < kLeaf) ++uses[steps_[i].sources[k]];
  bool taken[kProgramBuffers] = {};
  for (int i = 0; i < step_count_; ++i) {
    const Step& step = steps_[i];
    bool read[kProgramBuffers] = {};  // a buffer that an operand of another size lies in is not written while it is read
    int chosen = -1;
    for (int k = 0; k < step.inputs; ++k) {
      const Id source = step.sources[k];
      if (source >= kLeaf) continue;
      read[places[source]] = true;
      if (--uses[source] > 0) continue;
      taken[places[source]] = false;
      if (step.types[k]->size == step.types[step.inputs]->size) chosen = places[source];
    }
    for (int b = 0; chosen < 0 && b < kProgramBuffers; ++b)
      if (!taken[b] && !read[b]) chosen = b;
    if (chosen < 0) return -1;
    taken[chosen] = uses[i] > 0;
    if (chosen >= most) most = chosen + 1;
    places[i] = static_cast<std::int8_t>(chosen);
  }
  return most;
}

bool Program::cast(const DType* dtype) {
  if (this->dtype() == dtype) return true;
  const Mark before = mark();
  Id result = root();
  --operation_count_;  // add_cast counts to the operation that is about to be added
  std::int8_t places[kProgramSteps];
  const bool done = add_cast(&result, dtype) && place(places, kept_outputs()) >= 0;
  ++operation_count_;
  if (!done) rollback(before);
  return done;
}

void Program::order_of(Id id, int* order) const {
  stride_order(nd_, steps_[id].strides, order);
}

}  // namespace adder::array
