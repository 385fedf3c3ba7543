// Fused programs against the same operations one by one: elements, conditions, layout and sums, to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "array/core/array.h"
#include "array/fuse/program.h"
#include "array/reduce/reduce.h"

namespace adder::array {
namespace {

// A result of both ways: the array made operation by operation, and the id in the program.
struct Both {
  Array array;
  Program::Id id;
};

struct Trial {
  std::mt19937 random;
  Program program;
  std::vector<Array> kept;  // the memory of leaves
  std::vector<Conditions> raised;
  int nd;
  index_t shape[3];
  bool whole_shape = true;  // each operation's result has the program's shape, as its builder must see to

  explicit Trial(unsigned seed) : random(seed) {}
  int below(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }

  double number() {
    static constexpr double kSpecial[] = {0.0, -0.0, 1.0, -1.0, INFINITY, -INFINITY, NAN, 1e308, 5e-324, 0.5};
    return below(20) == 0 ? kSpecial[below(10)] : std::ldexp(static_cast<double>(below(2000001) - 1000000), -10 - below(6));
  }

  // An array of the trial's shape, or one that broadcasts to it; contiguous, transposed, reversed or with gaps.
  Array leaf_array() {
    static constexpr const DType* kTypes[] = {&kFloat64, &kFloat64, &kFloat64, &kFloat32, &kInt64, &kBool, &kInt16};
    const DType* dtype = kTypes[below(7)];
    index_t whole[3], stretch[3];
    bool reversed[3];
    int order[3] = {0, 1, 2};
    if (nd > 1 && below(4) == 0) std::swap(order[nd - 1], order[nd - 2]);
    for (int i = 0; i < nd; ++i) {
      whole[i] = below(8) == 0 ? 1 : shape[i];
      stretch[i] = below(4) == 0 ? 2 : 1;
      reversed[i] = below(8) == 0;
    }
    index_t room[3], strides[3];
    for (int i = 0; i < nd; ++i) room[i] = whole[i] * stretch[i];
    Error error;
    Array memory = Array::make(dtype, nd, room, order, Fill::zero, error);
    const index_t count = memory.view().size();
    for (index_t i = 0; i < count; ++i) {
      const double value = number();
      char* at = memory.view().data + i * dtype->size;
      if (dtype == &kFloat64) std::memcpy(at, &value, 8);
      else if (dtype == &kFloat32) *reinterpret_cast<float*>(at) = static_cast<float>(value);
      else if (dtype == &kInt64) *reinterpret_cast<std::int64_t*>(at) = below(2001) - 1000;
      else if (dtype == &kInt16) *reinterpret_cast<std::int16_t*>(at) = static_cast<std::int16_t>(below(60000) - 30000);
      else *at = static_cast<char>(below(2));
    }
    char* data = memory.view().data;
    for (int i = 0; i < nd; ++i) {
      strides[i] = memory.view().strides[i] * stretch[i];
      if (reversed[i]) {
        data += strides[i] * (whole[i] - 1);
        strides[i] = -strides[i];
      }
    }
    ArrayView view = {data, nd, layout_flags(nd, whole, strides, data, dtype), whole, strides, dtype};
    return memory.with_view(view);
  }

  Both leaf() {
    Both made;
    if (!kept.empty() && below(3) == 0) made.array = kept[static_cast<std::size_t>(below(static_cast<int>(kept.size())))];
    else kept.push_back(made.array = leaf_array());
    EXPECT_TRUE(program.add_leaf(made.array.view(), &made.id));
    return made;
  }

  Both tree(int depth) {
    if (depth == 0) return leaf();
    static constexpr Op kOps[] = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::maximum, Op::sqrt, Op::negative, Op::exp,
                                  Op::less, Op::greater_equal, Op::logical_and, Op::absolute, Op::where, Op::square};
    for (;;) {
      const OpInfo& op = operation(kOps[below(14)]);
      Both operands[3];
      const DType* types[3];
      for (int k = 0; k < op.inputs; ++k) {
        operands[k] = tree(k == 0 ? depth - 1 : below(depth));
        types[k] = operands[k].array.view().dtype;
      }
      Error error;
      const Loop* loop = find_loop(op, types, error);
      if (op.op == Op::where && types[0] != &kBool) loop = nullptr;
      if (!loop) return operands[0];
      Array result[1];
      ArrayView args[kMaxArgs];
      for (int k = 0; k < op.inputs; ++k) args[k] = operands[k].array.view();
      Conditions seen = 0;
      EXPECT_TRUE(elementwise(op, *loop, args, Array::allocator(result), nullptr, &seen, error));
      Program::Id ids[3] = {operands[0].id, operands[1].id, operands[2].id};
      EXPECT_TRUE(program.apply(op, *loop, ids));
      raised.push_back(seen);
      const ArrayView& made = result[0].view();
      for (int i = 0; i < nd; ++i) whole_shape &= made.shape[i] == shape[i];
      return {result[0], static_cast<Program::Id>(last_step())};
    }
  }
  int last_step() const { return program.step_count() - 1; }
};

bool same_bits(const ArrayView& a, const ArrayView& b) {
  // NaNs are equal whatever their sign and payload.
  std::vector<char> flat[2];
  for (int side = 0; side < 2; ++side) {
    const ArrayView& v = side ? b : a;
    index_t counter[kMaxDims] = {};
    for (index_t n = v.size(); n-- > 0;) {
      const char* at = v.data;
      for (int i = 0; i < v.nd; ++i) at += counter[i] * v.strides[i];
      alignas(16) char element[kMaxItemSize] = {};
      std::memcpy(element, at, static_cast<std::size_t>(v.dtype->size));
      if (v.dtype == &kFloat64 && std::isnan(*reinterpret_cast<double*>(element))) *reinterpret_cast<double*>(element) = NAN;
      if (v.dtype == &kFloat32 && std::isnan(*reinterpret_cast<float*>(element))) *reinterpret_cast<float*>(element) = NAN;
      flat[side].insert(flat[side].end(), element, element + v.dtype->size);
      for (int i = v.nd - 1; i >= 0; --i) {
        if (++counter[i] < v.shape[i]) break;
        counter[i] = 0;
      }
    }
  }
  return flat[0] == flat[1];
}

int compared = 0, reduced = 0;

// Folds along some axes, against the same of the array.
void compare_reductions(Trial& trial, const ArrayView& expected) {
  const int nd = trial.nd;
  const std::uint64_t axes = 1 + static_cast<std::uint64_t>(trial.below((1 << nd) - 1));
  bool folds = false, keeps = false;
  for (int i = 0; i < nd; ++i) (axes >> i & 1 ? folds : keeps) |= expected.shape[i] > 1;
  if (!folds || !keeps) return;
  Error error;
  auto strides_of = [&](const ArrayView& out, index_t* strides) {
    for (int i = 0; i < nd; ++i) strides[i] = axes >> i & 1 || expected.shape[i] == 1 ? 0 : out.strides[i];
  };
  static constexpr Op kFolds[] = {Op::add, Op::multiply, Op::maximum, Op::minimum, Op::logical_and, Op::logical_or};
  for (Op kind : kFolds) {
    const OpInfo& op = operation(kind);
    const DType* types[2] = {expected.dtype, expected.dtype};
    const Loop* loop = find_loop(op, types, error);
    if (!loop || loop->types[1] != expected.dtype || !Program::folds(op, *loop)) continue;
    SCOPED_TRACE(op.name);
    Array whole[1], made[1];
    ArrayView out, fused;
    Conditions raised = 0, fused_raised = 0;
    ASSERT_TRUE(reduce(op, *loop, expected, axes, true, nullptr, &out, Array::allocator(whole), &raised, error));
    ASSERT_TRUE(allocate_reduced(expected, axes, true, loop->types[2], &fused, Array::allocator(made), error));
    for (int i = 0; i < nd; ++i) EXPECT_EQ(out.strides[i], fused.strides[i]);
    const bool from_first = op.identity == Identity::none;
    alignas(16) char start[16];
    const index_t none[1] = {0};
    write_identity(op.identity, loop->types[2], start);
    if (!from_first) ASSERT_TRUE(assign(fused, {start, 0, 0, none, none, loop->types[2]}, &fused_raised, error));
    index_t strides[kMaxDims];
    strides_of(fused, strides);
    ASSERT_TRUE(trial.program.reduce({&op, loop, 0, from_first, fused.data, strides}, &fused_raised, error));
    EXPECT_TRUE(same_bits(fused, out));
    EXPECT_EQ(fused_raised, raised);
    ++reduced;
  }
  for (int axis = 0; axis < nd; ++axis) {
    Array whole[1], made[1];
    ArrayView out, fused;
    if (expected.shape[axis] == 1) continue;
    ASSERT_TRUE(arg_extremum(axis % 2, expected, axis, true, &out, Array::allocator(whole), error));
    ASSERT_TRUE(arg_extremum(axis % 2, expected, axis, true, &fused, Array::allocator(made), error));
    std::memset(fused.data, 77, static_cast<std::size_t>(fused.size() * 8));
    index_t strides[kMaxDims];
    for (int i = 0; i < nd; ++i) strides[i] = i == axis || expected.shape[i] == 1 ? 0 : fused.strides[i];
    bool kept = false;
    for (int i = 0; i < nd; ++i) kept |= strides[i] != 0;
    if (!kept || !trial.program.has_places(strides)) continue;
    ASSERT_TRUE(trial.program.arg_extremum(axis % 2, fused.data, strides, error));
    EXPECT_TRUE(same_bits(fused, out)) << "places along " << axis;
    ++reduced;
  }
}

void compare(unsigned seed, int nd, const index_t* shape) {
  SCOPED_TRACE(seed);
  Trial trial(seed);
  trial.nd = nd;
  for (int i = 0; i < nd; ++i) trial.shape[i] = shape[i];
  trial.program.start(nd, shape);
  Both root = trial.tree(1 + static_cast<int>(seed % 4));
  if (!trial.whole_shape || trial.program.step_count() == 0 || root.id != trial.last_step()) return;
  const ArrayView& expected = root.array.view();
  Error error;
  int order[kMaxDims];
  trial.program.order(order);
  Array fused = Array::make(trial.program.dtype(), nd, shape, order, Fill::result, error);
  ASSERT_TRUE(trial.program.run(fused.view(), error));
  EXPECT_EQ(fused.view().dtype, expected.dtype);
  for (int i = 0; i < nd; ++i)
    if (shape[i] > 1) EXPECT_EQ(fused.view().strides[i], expected.strides[i]) << "axis " << i;
  EXPECT_TRUE(same_bits(fused.view(), expected));
  for (int i = 0; i < trial.program.operation_count(); ++i)
    EXPECT_EQ(trial.program.operation(i).raised, trial.raised[static_cast<std::size_t>(i)]) << trial.program.operation(i).op->name;
  ++compared;
  compare_reductions(trial, expected);
  if (expected.dtype == &kBool) {
    index_t count;
    ASSERT_TRUE(trial.program.count(&count, error));
    EXPECT_EQ(count, count_nonzero(expected, error));
  }

  const OpInfo& add = operation(Op::add);
  const Loop* loop = add.same[expected.dtype->number];
  if (!expected.dtype->is_inexact() || !Program::folds(add, *loop)) return;
  Array total[1];
  ArrayView out;
  Conditions sum_raised = 0, fold_raised = 0;
  ASSERT_TRUE(reduce(add, *loop, expected, (std::uint64_t{1} << nd) - 1, false, nullptr, &out, Array::allocator(total), &sum_raised, error));
  alignas(16) char sum[16] = {};
  ASSERT_TRUE(trial.program.fold(add, *loop, 0, sum, &fold_raised, error));
  const index_t none[1] = {0};
  EXPECT_TRUE(same_bits({sum, 0, 0, none, none, expected.dtype}, total[0].view()));
  EXPECT_EQ(fold_raised, sum_raised) << expected.dtype->name << " of " << expected.size();
}

TEST(Program, EqualsOperationsOneByOne) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    const index_t flat[1] = {static_cast<index_t>(1 + random() % 5000)};
    compare(seed, 1, flat);
    const index_t plane[2] = {static_cast<index_t>(1 + random() % 60), static_cast<index_t>(1 + random() % 700)};
    compare(seed, 2, plane);
    const index_t cube[3] = {static_cast<index_t>(1 + random() % 9), static_cast<index_t>(1 + random() % 9), static_cast<index_t>(1 + random() % 90)};
    compare(seed, 3, cube);
  }
  for (unsigned seed = 2000; seed < 2300; ++seed) {
    std::mt19937 random(seed);
    const index_t slim[2] = {static_cast<index_t>(1 + random() % 900), static_cast<index_t>(2 + random() % 9)};
    compare(seed, 2, slim);
    const index_t slim_cube[3] = {static_cast<index_t>(1 + random() % 40), static_cast<index_t>(1 + random() % 40), static_cast<index_t>(2 + random() % 5)};
    compare(seed, 3, slim_cube);
  }
  EXPECT_GT(compared, 400);
  EXPECT_GT(reduced, 400);
}

TEST(Program, EqualsOperationsOneByOneOnManyThreads) {
  for (unsigned seed = 1000; seed < 1006; ++seed) {
    const index_t flat[1] = {1'500'007};
    compare(seed, 1, flat);
    const index_t plane[2] = {1203, 1501};
    compare(seed, 2, plane);
  }
}

TEST(Program, TellsWhatEachOperationRaised) {
  Array a = Array::zeros(&kFloat64, {3000}), b = Array::zeros(&kFloat64, {3000});
  for (int i = 0; i < 3000; ++i) a.data<double>()[i] = 1.0;
  b.data<double>()[2999] = -1.0;
  Program program;
  const index_t shape[1] = {3000};
  program.start(1, shape);
  Program::Id ids[2], root;
  ASSERT_TRUE(program.add_leaf(a.view(), &ids[0]) && program.add_leaf(b.view(), &ids[1]));
  const OpInfo &divide = operation(Op::divide), &root_op = operation(Op::sqrt), &add = operation(Op::add);
  ASSERT_TRUE(program.apply(divide, *divide.same[kFloat64.number], ids));
  root = 0;
  ASSERT_TRUE(program.apply(root_op, *root_op.same[kFloat64.number], &root));
  Program::Id sums[2] = {1, ids[0]};
  ASSERT_TRUE(program.apply(add, *add.same[kFloat64.number], sums));
  Array out = Array::zeros(&kFloat64, {3000});
  Error error;
  ASSERT_TRUE(program.run(out.view(), error));
  ASSERT_EQ(program.operation_count(), 3);
  EXPECT_EQ(program.operation(0).raised, kDivide);
  EXPECT_EQ(program.operation(1).raised, kInvalid);
  EXPECT_EQ(program.operation(2).raised, kNoCondition);
}

TEST(Program, RefusesWhatItHasNoRoomFor) {
  Array a = Array::zeros(&kFloat64, {10});
  Program program;
  const index_t shape[1] = {10};
  program.start(1, shape);
  Program::Id ids[2];
  ASSERT_TRUE(program.add_leaf(a.view(), &ids[0]));
  ids[1] = ids[0];
  const OpInfo& add = operation(Op::add);
  int applied = 0;
  while (program.apply(add, *add.same[kFloat64.number], ids)) ids[1] = static_cast<Program::Id>(applied++);
  EXPECT_EQ(applied, kProgramSteps);
  Array out = Array::zeros(&kFloat64, {10});
  Error error;
  EXPECT_TRUE(program.run(out.view(), error));
}

}  // namespace
}  // namespace adder::array
