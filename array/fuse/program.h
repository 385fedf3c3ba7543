// A fused program: a tree of element-wise operations of one shape over strided arrays, computed block by block in one
// pass, without an array for anything that lies between. Every block of an operation goes through the kernel that the
// operation has by itself, so its elements are the same to the bit.
#pragma once

#include <string>

#include "array/index/pick.h"
#include "array/iter/driver.h"

namespace adder::array {

inline constexpr int kProgramDims = 8;
inline constexpr int kProgramLeaves = 24;
inline constexpr int kProgramSteps = 48;  // operations, and the casts between them
inline constexpr int kProgramBuffers = 16;
inline constexpr int kProgramOutputs = 8;  // arrays beside the result
inline constexpr int kProgramMasks = 4;

// A fold along axes of a program's result, and where it goes.
struct Reduction {
  const OpInfo* op;
  const Loop* loop;
  index_t chunk;          // elements of a sum that are folded at a time (0: a run along the axis)
  bool from_first;        // starts from the first elements; otherwise from what the output holds
  char* out;
  const index_t* strides; // of the output along the program's axes; 0: folded, or of length one
};

class Program {
 public:
  // A value of a program: the result of a step (from 0) or a leaf (from kLeaf).
  using Id = std::int16_t;
  static constexpr Id kLeaf = 1000;

  struct Operation {
    const OpInfo* op;
    Conditions raised;
  };

  // An empty program; at most kProgramDims dimensions.
  void start(int nd, const index_t* shape);

  // An array that broadcasts to the program's shape (the caller keeps its memory alive; equal views become one leaf), or
  // a value (copied). False: no room.
  bool add_leaf(const ArrayView& view, Id* id);
  bool add_value(const DType* dtype, const char* element, Id* id);
  // What a mask chooses of an array's elements; both lie in one piece, and the program has one axis of by.count elements.
  bool add_chosen(const ArrayView& from, const Chooser& by, Id* id);
  // An operation of one output, whose result is then the program's; operands of other dtypes are cast. `kept`: steps whose results stay
  // wanted whatever follows. False: no room, or a cast that does not exist; the program is as before.
  bool apply(const OpInfo& op, const Loop& loop, const Id* operands, std::uint64_t kept = 0);
  // An operation of its own that casts, as `astype` does. False: no room, or no such cast.
  bool astype(Id operand, const DType* dtype, std::uint64_t kept = 0);
  // An operation of its own that takes what was added by add_chosen as it is. False: no room.
  bool choose(Id chosen);
  // The result as another dtype; what the cast raises counts to the last operation. False: no room.
  bool cast(const DType* dtype);

  // Steps as a set, by bits: those that a result takes, itself included; those that may raise something.
  static_assert(kProgramSteps <= 64);
  std::uint64_t steps_of(Id id) const;
  std::uint64_t loud_steps() const;
  int operation_of(Id step) const { return steps_[step].operation; }
  // A program of some steps, which take no others; `root`, which no other takes, is its result. `common`: what is computed twice is computed once.
  // `numbers`: of the steps in the new program.
  void extract(std::uint64_t steps, Id root, bool common, Program* into, Id* numbers) const;
  // Another step whose result goes to an array of the program's shape, away from the leaves; at most kProgramOutputs.
  void add_output(Id step) { outputs_[output_count_++].step = step; }
  void place_output(int i, const ArrayView& to);
  bool fits() const;  // whether there are buffers for all that

  // Programs only grow: what was added since a mark can be dropped.
  struct Mark {
    int leaves, masks, steps, operations;
  };
  Mark mark() const { return {leaf_count_, mask_count_, step_count_, operation_count_}; }
  void rollback(const Mark& mark) {
    leaf_count_ = mark.leaves;
    mask_count_ = mark.masks;
    step_count_ = mark.steps;
    operation_count_ = mark.operations;
  }

  int nd() const { return nd_; }
  const index_t* shape() const { return shape_; }
  index_t size() const;
  int step_count() const { return step_count_; }
  Id root() const { return static_cast<Id>(step_count_ - 1); }
  ArrayView result() const { return view_of(root()); }  // as an array of its own would be; no data
  ArrayView view_of(Id id) const;
  const DType* dtype() const { return steps_[step_count_ - 1].types[steps_[step_count_ - 1].inputs]; }
  unsigned cost() const;
  // Bytes of the arrays that the operations one by one would make; `last`: the result's too.
  index_t temporary_bytes(bool last) const;
  // The mask that lies there, if leaves are chosen by it; else null.
  const Chooser* mask_over(const char* mask, index_t n) const {
    for (int i = 0; i < mask_count_; ++i)
      if (masks_[i].mask == mask && masks_[i].n == n) return &masks_[i];
    return nullptr;
  }
  // The order of axes in memory, outermost first, that the result would have as an array of its own.
  void order(int* order) const { order_of(root(), order); }
  void order_of(Id id, int* order) const;
  // Whether it may run into an array of its shape, or into what `under` chooses of an array in one piece: leaves lie elsewhere, or element
  // for element there.
  bool may_write(const ArrayView& to, const Chooser* under = nullptr) const;

  // Computes into an array of the program's shape. An output that shares memory with a leaf otherwise than element for
  // element is the caller's to avoid.
  bool run(const ArrayView& out, Error& error);
  // The same to the places that a mask chooses of an array; both lie in one piece.
  bool run_under(const ArrayView& out, const Chooser& by, Error& error);
  // Folds all elements, in the order of the array that the result would have been, with the bits that `reduce` gives for
  // it: `loop` reduces the program's dtype, `accumulator` is an element that holds where to start from. `chunk`: elements
  // of a sum that are folded at a time (0: all). `raised`: what the fold itself raised.
  bool fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error);
  // Whether `fold` and `reduce` are able to.
  static bool folds(const OpInfo& op, const Loop& loop);
  // Folds along some axes, with the bits that `reduce` (array/reduce) gives for the array that the result would have been. The
  // output's axes lie in memory in the order of the result's. At least one axis longer than one is folded and one is not.
  bool reduce(const Reduction& reduction, Conditions* raised, Error& error);
  // Computes everything for its conditions alone.
  bool probe(Error& error);
  // The number of true elements of a program of bools.
  bool count(index_t* total, Error& error);
  // The place of the extremum (the first one; NaN wins) along the axes whose output strides are 0, as int64: one axis, or neighbours in
  // memory, the innermost or next to it (has_places).
  bool arg_extremum(bool largest, char* out, const index_t* strides, Error& error);
  bool has_places(const index_t* strides) const;

  // The program as an expression over its leaves: "sqrt((a0*a0) + (a1*a1))".
  std::string text() const;
  // Operation by operation, through an array for each.
  bool run_one_by_one(const ArrayView& out, Error& error) const;

  // Operations in the order they were applied, with what they raised so far: casting values for them, in runs. What a step raised in the last run.
  int operation_count() const { return operation_count_; }
  const Operation& operation(int i) const { return operations_[i]; }
  Conditions raised_by(Id step) const { return raised_[step]; }

 private:
  friend class ProgramRun;

  struct Leaf {
    char* data;
    const DType* dtype;
    std::int8_t nd;  // of the view itself; shape and strides follow
    bool value;      // data is the element in `values_`
    std::int8_t mask;  // of masks_, which chooses from a dense array at `data`; -1
    int flags;
    index_t shape[kProgramDims];
    index_t strides[kProgramDims];
    index_t broadcast[kProgramDims];  // strides under the program's shape
  };
  struct Step {
    Kernel kernel;
    std::uint8_t inputs;
    std::uint8_t operation;
    bool hardware;
    bool quiet;  // raises nothing
    Id sources[3];
    const DType* types[4];  // inputs, then the output
    index_t strides[kProgramDims];  // that an array of its own would have
  };

  const DType* dtype_of(Id id) const { return id >= kLeaf ? leaves_[id - kLeaf].dtype : steps_[id].types[steps_[id].inputs]; }
  ArrayView memory_of(const Leaf& leaf) const;
  std::string text_of(Id id, bool inner) const;
  bool add_cast(Id* id, const DType* to);
  // The buffer of each step's result, of those in `kept` to the end; how many there are, or -1: not enough.
  int place(std::int8_t* places, std::uint64_t kept) const;
  std::uint64_t kept_outputs() const;
  Id same_step(const Step& step) const;  // an earlier one that computes the same, or -1

  int nd_;
  index_t shape_[kProgramDims];
  int leaf_count_;
  int mask_count_;
  int step_count_;
  int operation_count_;
  int output_count_;
  struct Output {
    Id step;
    char* data;
    index_t strides[kProgramDims];
  } outputs_[kProgramOutputs];
  Leaf leaves_[kProgramLeaves];
  Chooser masks_[kProgramMasks];
  Step steps_[kProgramSteps];
  Operation operations_[kProgramSteps];
  Conditions raised_[kProgramSteps];
  alignas(16) char values_[kProgramLeaves][kMaxItemSize];
};

}  // namespace adder::array
