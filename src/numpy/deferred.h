// Deferred operations: nodes, which stand for arrays that no one has seen yet (vm/nodes.h), and the programs they grow into.
#pragma once

#include "array/fuse/program.h"
#include "numpy/ndarray.h"
#include "vm/nodes.h"

namespace adder::numpy {

extern PyTypeObject node_type;
bool init_deferral();
// Programs run, operations in them and bytes of arrays not made so far, as a dict.
Ref deferral_counts(Value module);
// Lists the programs that run from now on and compares each with its operations one by one, as the two flags say (without the second: as it was); gives what was listed before:
// (file, line, function, program, what became of it, operations, shape, dtype, threads) of each.
Ref deferral_watch(Value module, const Value* a);

// What the array would be: dtype, shape, strides; no data.
ArrayView node_view(Value node);
inline const DType* dtype_of_array(Value v) { return is_node(v) ? node_view(v).dtype : as_array(v)->dtype(); }
// The array a node stands for; empty: an exception.
Ref settled(Value node);
// Computes a node into an array it broadcasts to; by way of an array of its own if that cannot be done in one pass. `casts`: to
// another dtype as the last operation's output, not as an assignment.
bool store_node(const ArrayView& to, Value node, bool casts);

// An operation with a node among its operands, or whose result `site` may take as one. `handled`: `result` is what it gives (empty:
// an exception). Otherwise operands that were nodes are arrays now. False: an exception.
bool defer(const eng::OpInfo& op, Operand* operands, const CallOptions& options, Frame* site, Ref* result, bool* handled);
// A node for what a mask of the array's shape chooses of it, if the site that is offered wants one; empty without an exception: an array is
// as good.
Ref chosen_node(Value array, Value mask);
// Stores a node under the mask by which what it stands for was chosen. `handled` as above.
bool store_node_under(NdArray* to, Value mask, Value value, bool* handled);
// What `astype` gives of a node, or of an array if the site that is offered wants a node. `handled` as above.
bool defer_cast(Value array, const DType* dtype, Ref* result, bool* handled);
// The fold of a node in one pass, as reduce_operation gives it; the number of its elements that are not zero; the place of an extremum, as
// the method argmax gives it. `handled` as above; what is not handled is for the node's array.
bool reduce_node(const eng::OpInfo& op, Value node, const ReduceOptions& options, Ref* result, bool* handled);
bool count_node(Value node, Ref* result, bool* handled);
bool arg_node(bool largest, Value node, Value axis, bool keepdims, Ref* result, bool* handled);
// A node for the squares of an array's or node's distances from `mean`, which broadcasts to it; empty without an exception: not to be had.
Ref centred_squares(Value array, Value mean);

}  // namespace adder::numpy
