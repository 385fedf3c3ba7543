// Deferred nodes from within: for the files that make, grow and run them.
#pragma once

#include <functional>

#include "numpy/deferred.h"

namespace adder::numpy {

// Results below this many elements stay in the first cache anyway.
inline constexpr index_t kWorthDeferring = 1 << 13;

inline constexpr int kMostOwners = eng::kProgramLeaves + 2 * eng::kProgramMasks;

struct Graph;

// What a register holds: the result of a step of a graph, and once that has run, the array.
struct Node {
  PyObject head;
  Graph* graph;        // null once the array is there, or cannot be had
  eng::Program::Id id;
  PyObject* array;
  Node *previous, *next;  // of the graph's
};

// Operations of one shape that wait in one frame, in the order of its instructions.
struct Graph {
  eng::Program program;
  Frame* frame;
  PyThreadState* thread;
  const Word* at[eng::kProgramSteps];         // the instruction of each operation
  uint64_t serials[eng::kProgramSteps];       // the order of operations among all graphs
  eng::Conditions raised[eng::kProgramSteps];
  uint64_t known, told;                       // operations, by bits: `raised` is known, and has been told of
  int owner_count;
  PyObject* owners[kMostOwners];  // keep the leaves' memory
  Node* nodes;
  Graph *previous, *next;
};

inline Node* as_node(Value v) { return reinterpret_cast<Node*>(v.object()); }

// Operations of a graph that run together: those that some nodes need.
class Pass {
 public:
  // For a node that ends in something else than an array. Other nodes with which it shares operations become arrays in the same pass. False:
  // it has run, is needed as an array, too, or is an operand of those others.
  bool begin(Node* node);
  // For the arrays of nodes of one graph, which have not run. False: too many.
  bool begin(Node* const* nodes, int count);

  eng::Program program;

  // Runs the program: `run` gives the result, others become arrays. Others may hold the interpreter's lock meanwhile. `ending`: what becomes of it
  // ("array", "sum"). Tells of nothing yet. False: an exception.
  bool run(const char* ending, const std::function<bool(eng::Error&)>& run);
  // Makes the arrays.
  bool run();
  Frame* frame() const { return graph_->frame; }
  const Word* first() const { return graph_->at[graph_->program.operation_of(first_)]; }

 private:
  bool extract(eng::Program::Id root);

  Graph* graph_;
  uint64_t steps_;
  eng::Program::Id root_, first_;
  eng::Program::Id numbers_[eng::kProgramSteps];
  int count_;                                  // of the further outputs
  Node* nodes_[eng::kProgramOutputs + 1];      // these, then the node of the result
};

// The waiting graph of a frame for operations of that shape, a new one if need be; null: an exception. One that nothing is added to then goes
// with `settle_pending`.
Graph* graph_for(Frame* frame, int nd, const index_t* shape);
// Adds an operation, whose operands may be nodes of the graph, and gives a node for its result; empty without an exception: there is no room.
Ref grow(Graph* graph, const eng::OpInfo& op, const eng::Loop& loop, const Operand* operands);
// Tells of what this thread's operations raised, in their order, as if each had run where its instruction stands.
bool tell();

// What -X arrays asks for (deferred_watch.cpp).
struct Watch {
  PyObject* programs = nullptr;  // a list that grows by a row for each program; null: none is kept
  bool checking = false;         // each result is compared with that of the operations one by one
};
extern Watch watch;
void list_program(const Pass& pass, const char* ending);
Ref array_one_by_one(const eng::Program& program);
// Whether two results are of one dtype and shape and equal to the bit, NaNs aside. `signs`: those of zeros too.
bool same_result(Value a, Value b, bool signs = true);
Failure raise_difference(const std::string& program, const char* ending);

}  // namespace adder::numpy
