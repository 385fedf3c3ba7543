// Deferred array operations as the virtual machine knows them. A node is what an operation leaves in a register in place of
// an array when only later instructions take it that know nodes: they extend the node, fold it or store it, and one program computes it
// all. numpy/ makes and runs nodes; the machine says where one is wanted, and has pending ones run before anything that could see or change
// what they read.
//
// In a temporary a node is taken by one instruction of the same straight line. In a local it may stay as long as the instructions that
// follow neither see nor change anything: while locals hold nodes the thread runs by a handler table of its own (kNodeHandlers), which
// looks at each instruction first, and before the first that may not pass puts arrays in place of all nodes.
#pragma once
#include "vm/frame.h"

namespace adder {

struct Nodes {
  PyTypeObject* type = nullptr;   // of nodes, and of arrays; null until arrays are in use
  PyTypeObject* array = nullptr;
  Frame* site = nullptr;          // the frame whose instruction runs an operation on arrays; who runs it takes the offer
  int pending = 0;                // graphs of nodes that have not run, and frames whose locals may hold nodes
  unsigned endings = 0;           // how often locals ceased to hold nodes
  bool (*is_operand)(Value) = nullptr;      // an array, a node or a number: its operations are numpy/'s alone
  bool (*accepts)(Value callable, size_t place) = nullptr;  // whether a call may take a node as its argument at that place, self included
  // Whether a call of n arguments, the last of them named, takes nodes as they are, writes to no array and runs no Python code before it has
  // looked at them: 1, and 2 if it may give a node.
  int (*meets)(Value callable, const Value* args, size_t n, PyObject* kwnames) = nullptr;
  bool (*settle)(Value* node) = nullptr;    // puts the array in place of the node (owned); false: an exception, the node stays
  bool (*settle_pending)() = nullptr;       // runs what is pending in this thread, arrays take the place of nodes in locals; false: an exception
  bool (*keep_in_locals)(Frame* f) = nullptr;       // from here on locals of the frame may hold nodes; false: they may not
  bool (*settle_locals)() = nullptr;                // settle_pending, between instructions
  bool (*settle_others)(Value value) = nullptr;     // the same before an array is written to, but for what ends in the write with `value`
  bool (*leave_frame)(Value* results, int n) = nullptr;  // arrays take the place of nodes in n registers of a frame that returns them
  void (*drop_locals)() = nullptr;                       // and nobody sees its locals any more
};
extern Nodes nodes;
extern const HandlerEntry kNodeHandlers[];

inline bool is_node(Value v) { return is_exact(v, nodes.type); }

// Whether the result of the frame's current instruction is taken once, as a node, by an instruction that is reached from it
// through none but pending-safe ones.
bool wants_node(const Frame* f);

// Before an operation on x and y (registers; y may be null): offers the site, or puts arrays in place of nodes whose partner is none of
// numpy's. False: an exception.
bool meet_nodes(Frame* f, Value* x, Value* y);
inline bool may_meet_nodes(Value x, Value y) {
  return nodes.type && (is_exact(x, nodes.array) || is_exact(y, nodes.array) || is_node(x) || is_node(y));
}
// Before *value is stored into a container: only arrays take nodes. False: an exception.
inline bool meet_stored(Value container, Value* value) { return ADDER_LIKELY(!is_node(*value)) || is_exact(container, nodes.array) || nodes.settle(value); }
// Before a call of n arguments, those named by kwnames (or null) last: as meet_nodes; before one that takes no nodes, those that wait are run.
bool meet_nodes_in_call(Frame* f, Value callable, Value* args, size_t n, PyObject* kwnames);

// Before an instruction writes its result, which may be a node, though code that ran since (`endings` as it was before the operation) may have ended
// the time in which locals hold nodes: an array takes its place if so. Last of all: nothing may run between this and the write. False: an exception.
bool keep_or_settle(Frame* f, Ref* result);
inline bool meet_result(Frame* f, Ref* result, unsigned endings) { return ADDER_LIKELY(endings == nodes.endings || !is_node(*result)) || keep_or_settle(f, result); }

// With an exception raised: runs what is pending; what that raises comes instead.
void settle_beside_exception();

}  // namespace adder
