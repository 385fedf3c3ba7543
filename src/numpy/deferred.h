// Deferred operations: nodes, which stand for arrays that no one has seen yet (vm/nodes.h), and the programs they grow into.
#pragma once

#include "array/fuse/program.h"
#include "numpy/ndarray.h"
#include "vm/nodes.h"

namespace adder::numpy {

extern PyTypeObject node_type;
bool init_deferral();
// Programs run and operations in them so far, as a dict.
Ref deferral_counts(Value module);

// What the array would be: dtype, shape, strides; no data.
ArrayView node_view(Value node);
// The array a node stands for; empty: an exception.
Ref settled(Value node);
// Computes a node into an array it broadcasts to; by way of an array of its own if that cannot be done in one pass. `casts`: to
// another dtype as the last operation's output, not as an assignment.
bool store_node(const ArrayView& to, Value node, bool casts);

// An operation with a node among its operands, or whose result `site` may take as one. `handled`: `result` is what it gives (empty:
// an exception). Otherwise operands that were nodes are arrays now. False: an exception.
bool defer(const eng::OpInfo& op, Operand* operands, const CallOptions& options, Frame* site, Ref* result, bool* handled);
// The fold of all elements of a node in one pass, as reduce_operation gives it. `handled` as above.
bool fold_node(const eng::OpInfo& op, Value node, const DType* dtype, Ref* result, bool* handled);

}  // namespace adder::numpy
