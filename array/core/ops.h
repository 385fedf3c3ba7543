// The table of operations: ops.def's rows with their loops. A fused program names an operation by Op and loop index
// and calls the same kernels block by block.
#pragma once

#include "array/core/dtype.h"

namespace adder::array {

inline constexpr int kMaxArgs = 6;

enum class Op : std::uint16_t {
#define OP(name, nin, nout, identity, seen, flags, cost, loops, doc) name,
#include "array/ops.def"
#undef OP
};

#define OP(...) +1
inline constexpr int kOpCount = 0
#include "array/ops.def"
    ;
#undef OP

enum class Identity : std::uint8_t { none, zero, one, minus_one };
enum class Seen : std::uint8_t { never, hardware, values };

inline constexpr unsigned kComparison = 1, kLogical = 2, kHidden = 4, kAssociative = 8, kReduces = 16, kFails = 32, kNoBool = 64;

struct Loop {
  const DType* types[kMaxArgs] = {};  // inputs, then outputs
  Kernel kernel = nullptr;
  // Accumulates along a run: args are [accumulator, input]. With an accumulator step of 0 the run is folded into one
  // element (add: pairwise), otherwise element by element. Null where the operation does not reduce.
  Kernel reduce = nullptr;
  // Running folds along a run: args are [input, output]. Null as above.
  Kernel accumulate = nullptr;
  const void* extra = nullptr;  // the kernel's constant data; loops of special dtypes have some
};

struct OpInfo {
  const char* name;
  Op op;
  std::uint8_t inputs;
  std::uint8_t outputs;
  Identity identity;
  Seen seen;
  unsigned flags;
  unsigned cost;
  const char* signatures;
  const char* doc;
  const Loop* loops;
  int loop_count;
  const Loop* same[kClassCount];  // the loop whose inputs are all of one class, by class number

  int args() const { return inputs + outputs; }
};

// Fills the table on the first call (chooses the kernels of the machine's instruction set).
const OpInfo* operations();
inline const OpInfo& operation(Op op) { return operations()[static_cast<int>(op)]; }
const OpInfo* operation_named(const char* name);

// The first loop that takes these inputs by safe casts (Code::no_loop if none).
const Loop* find_loop(const OpInfo& op, const DType* const* inputs, Error& error);

// The name of the instruction set whose kernels run.
const char* instruction_set();

// Where kernel files put their loops: `signature` as in ops.def. Unknown signatures are a programming error.
class KernelTable {
 public:
  void set(Op op, const char* signature, Kernel kernel);
  void set_reduce(Op op, const char* signature, Kernel kernel);
  void set_accumulate(Op op, const char* signature, Kernel kernel);
  Loop* find(Op op, const char* signature);
};

}  // namespace adder::array
