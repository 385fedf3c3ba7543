// Builds the table of operations from ops.def and the kernels that the machine can run.
#include "array/core/ops.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "array/core/parametric.h"
#include "array/kernels/register.h"

namespace adder::array {

namespace {

constexpr int kMaxLoops = 1600;
Loop all_loops[kMaxLoops];
OpInfo table[kOpCount];

constexpr OpInfo kRows[] = {
#define OP(name, nin, nout, identity, seen, flags, cost, loops, doc) \
  {#name, Op::name, nin, nout, Identity::identity, Seen::seen, flags, cost, loops, doc, nullptr, 0, {}},
#include "array/ops.def"
#undef OP
};

void parse_rows() {
  int used = 0;
  for (int i = 0; i < kOpCount; ++i) {
    OpInfo& op = table[i];
    op = kRows[i];
    op.loops = all_loops + used;
    for (const char* p = op.signatures; *p;) {
      if (*p == ' ') {
        ++p;
        continue;
      }
      Loop& loop = all_loops[used++];
      int k = 0;
      bool same = true;
      for (; *p && *p != ' '; ++p) {
        if (*p == ':') continue;
        loop.types[k++] = dtype_of_code(*p);
      }
      for (int j = 1; j < op.inputs; ++j) same &= loop.types[j] == loop.types[0];
      if (same && !op.same[loop.types[0]->number]) op.same[loop.types[0]->number] = &loop;
      ++op.loop_count;
    }
  }
}

void build() {
  parse_rows();
  KernelTable kernels;
  register_kernels(kernels);
}

}  // namespace

const OpInfo* operations() {
  static std::once_flag once;
  std::call_once(once, build);
  return table;
}

const OpInfo* operation_named(const char* name) {
  const OpInfo* ops = operations();
  for (int i = 0; i < kOpCount; ++i)
    if (std::strcmp(ops[i].name, name) == 0) return &ops[i];
  return nullptr;
}

const Loop* find_loop(const OpInfo& op, const DType* const* inputs, Error& error) {
  const DType* first = inputs[0];
  bool same = true;
  for (int i = 1; i < op.inputs; ++i) same &= inputs[i] == first;
  if (same) [[likely]] {
    if (const Loop* loop = op.same[first->number]) return loop;
  }
  unsigned traits = 0;
  for (int i = 0; i < op.inputs; ++i) traits |= inputs[i]->traits;
  if (traits) [[unlikely]] return special_loop(op, inputs, error);
  for (int i = 0; i < op.loop_count && !same; ++i) {
    bool exact = true;
    for (int k = 0; k < op.inputs && exact; ++k) exact = inputs[k] == op.loops[i].types[k];
    if (exact) return &op.loops[i];
  }
  bool refused = same && (op.flags & kNoBool) && first->is_bool();
  for (int i = 0; i < op.loop_count && !refused; ++i) {
    const Loop& loop = op.loops[i];
    bool fits = true;
    for (int k = 0; k < op.inputs && fits; ++k) fits = can_cast(inputs[k], loop.types[k], Casting::safe);
    if (fits) return &loop;
  }
  error.operation = op.name;
  error.count = op.inputs < 4 ? op.inputs : 4;
  for (int i = 0; i < error.count; ++i) error.dtypes[i] = inputs[i];
  error.fail(Code::no_loop);
  return nullptr;
}

Loop* KernelTable::find(Op op, const char* signature) {
  OpInfo& info = table[static_cast<int>(op)];
  for (int i = 0; i < info.loop_count; ++i) {
    Loop& loop = const_cast<Loop&>(info.loops[i]);
    const char* p = signature;
    bool equal = true;
    for (int k = 0; k < info.args() && equal; ++p) {
      if (*p == ':') continue;
      equal = *p && loop.types[k]->code == *p;
      ++k;
    }
    if (equal) return &loop;
  }
  std::fprintf(stderr, "array: no loop %s in the row of %s\n", signature, info.name);
  std::abort();
}

void KernelTable::set(Op op, const char* signature, Kernel kernel) { find(op, signature)->kernel = kernel; }
void KernelTable::set_reduce(Op op, const char* signature, Kernel kernel) { find(op, signature)->reduce = kernel; }
void KernelTable::set_accumulate(Op op, const char* signature, Kernel kernel) { find(op, signature)->accumulate = kernel; }

}  // namespace adder::array
