// Deferred nodes from within: for the files that make, grow and run them.
#pragma once

#include <functional>

#include "numpy/deferred.h"

namespace adder::numpy {

// Results below this many elements stay in the first cache anyway.
inline constexpr index_t kWorthDeferring = 1 << 13;

struct Node {
  PyObject head;
  eng::Program program;
  Frame* frame;                         // where it was made, and the instruction of each of its operations
  const Word* at[eng::kProgramSteps];
  PyThreadState* thread;
  uint64_t serial;                      // the order in which nodes were made
  int told;                             // operations whose warnings another node has told
  int owner_count;
  PyObject* owners[eng::kProgramLeaves];  // keep the leaves' memory
  PyObject* array;                      // once it has run
  Node* previous;                       // of those that have not
  Node* next;
};

inline Node* as_node(Value v) { return reinterpret_cast<Node*>(v.object()); }

// A node without operations, pending; empty: an exception.
Ref node_new(Frame* frame, int nd, const index_t* shape);
// Adds an operation to the program of `node`, of which `grown` among the operands stands for the result so far. False: there is no room, the
// node is as before.
bool grow(Node* node, const eng::OpInfo& op, const eng::Loop& loop, const Operand* operands, Value grown);
// The node has run, or its operations are another's now: it keeps nothing alive.
void empty(Node* node);
// Runs a program without its node being pending: others may hold the interpreter's lock meanwhile. `ending`: what becomes of it ("array",
// "sum"). False: an exception.
bool run_alone(Node* node, const char* ending, const std::function<bool(eng::Error&)>& run);
// Tells of what the operations raised, in their order, as if each had run where its instruction stands.
bool report(Node* node);

// What -X arrays asks for (deferred_watch.cpp).
struct Watch {
  PyObject* programs = nullptr;  // a list that grows by a row for each program; null: none is kept
  bool checking = false;         // each result is compared with that of the operations one by one
};
extern Watch watch;
void list_program(Node* node, const char* ending);
Ref array_one_by_one(const eng::Program& program);
// Whether two results are of one dtype and shape and equal to the bit, NaNs aside. `signs`: those of zeros too.
bool same_result(Value a, Value b, bool signs = true);
Failure raise_difference(const std::string& program, const char* ending);

}  // namespace adder::numpy
