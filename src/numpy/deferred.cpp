// Nodes: made by operations whose result only the next ones take, grown by these, run by whoever needs elements. All of it
// happens within one straight line of one frame, so nothing a node reads can have changed when it runs.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "array/index/index.h"
#include "numpy/node.h"
#include "object/containers.h"
#include "vm/interp.h"
#include "vm/watch.h"

namespace adder::numpy {

ADDER_TYPE(node_type);

namespace {

Graph* graphs = nullptr;
uint64_t serials = 0;
constexpr index_t kSlim = 32;  // elements of an axis
constexpr const char* kArrayEnding = "array";
constexpr int kSpareNodes = 32, kSpareGraphs = 4;
Node* spare_nodes = nullptr;  // linked by `next`
Graph* spare_graphs = nullptr;
int spare_node_count = 0, spare_graph_count = 0;

// What has been deferred since the process began.
struct Counts {
  int64_t programs, operations;
  int64_t bytes;  // of arrays that were not made
} counts;

// Something of this thread waits: operations, or locals that may hold nodes.
void wait_begins() {
  if (nodes.pending++ == 0) breaker_add(kBreakNode);
}
void wait_ends() {
  if (--nodes.pending == 0) breaker_remove(kBreakNode);
}

uint64_t bit(int i) { return uint64_t{1} << i; }

void drop(Graph* graph) {
  (graph->previous ? graph->previous->next : graphs) = graph->next;
  if (graph->next) graph->next->previous = graph->previous;
  while (graph->nodes) {
    Node* node = graph->nodes;
    graph->nodes = node->next;
    node->graph = nullptr;
  }
  const int count = std::exchange(graph->owner_count, 0);
  PyObject* owners[kMostOwners];
  std::copy_n(graph->owners, count, owners);
  if (spare_graph_count < kSpareGraphs) {
    graph->next = spare_graphs;
    spare_graphs = graph;
    ++spare_graph_count;
  } else {
    std::free(graph);
  }
  wait_ends();
  for (int i = 0; i < count; ++i) decref(Value{owners[i]});
}

// Operations whose conditions are not known yet, but may matter.
uint64_t unknown_steps(const Graph* graph) {
  const uint64_t loud = graph->program.loud_steps();
  uint64_t unknown = 0;
  for (int i = 0; i < graph->program.step_count(); ++i) {
    const int operation = graph->program.operation_of(static_cast<eng::Program::Id>(i));
    if (((loud >> i & 1) || graph->raised[operation]) && !(graph->known >> operation & 1)) unknown |= bit(i);
  }
  return unknown;
}
bool is_news(const Graph* graph, int operation) { return graph->raised[operation] && (graph->known & ~graph->told) >> operation & 1; }
bool has_news(const Graph* graph) {
  for (int i = 0; i < graph->program.operation_count(); ++i)
    if (is_news(graph, i)) return true;
  return false;
}
// Whether nobody needs a graph any more.
bool is_done(const Graph* graph) { return !graph->nodes && !unknown_steps(graph) && !has_news(graph); }
void drop_if_done(Graph* graph) {
  if (is_done(graph)) drop(graph);
}

void leave_graph(Node* node) {
  Graph* graph = std::exchange(node->graph, nullptr);
  (node->previous ? node->previous->next : graph->nodes) = node->next;
  if (node->next) node->next->previous = node->previous;
}

void node_dealloc(PyObject* o) {
  Node* node = reinterpret_cast<Node*>(o);
  if (Graph* graph = node->graph) {
    leave_graph(node);
    drop_if_done(graph);
  }
  if (node->array) decref(Value{node->array});
  if (spare_node_count < kSpareNodes) {
    node->next = spare_nodes;
    spare_nodes = node;
    ++spare_node_count;
  } else {
    std::free(node);
  }
}

bool keep(Graph* graph, Value owner) {
  for (int i = 0; i < graph->owner_count; ++i)
    if (graph->owners[i] == owner.object()) return true;
  if (graph->owner_count == kMostOwners) return false;
  incref(owner);
  graph->owners[graph->owner_count++] = owner.object();
  return true;
}

Ref node_of(Graph* graph, eng::Program::Id id) {
  Node* node = spare_nodes;
  if (node) {
    spare_nodes = node->next;
    --spare_node_count;
  } else {
    node = static_cast<Node*>(std::malloc(sizeof(Node)));
    if (!node) return raise_no_memory();
  }
  node->head.ob_refcnt = 1;
  node->head.ob_type = &node_type;
  node->graph = graph;
  node->id = id;
  node->array = nullptr;
  node->previous = nullptr;
  node->next = graph->nodes;
  if (graph->nodes) graph->nodes->previous = node;
  graph->nodes = node;
  return Ref::steal(Value{&node->head});
}

// The operation that was added last, made where the frame stands.
void note_operation(Graph* graph) {
  const int i = graph->program.operation_count() - 1;
  graph->at[i] = graph->frame->pc;
  graph->serials[i] = serials++;
  graph->raised[i] = graph->program.operation(i).raised;
}

uint64_t kept_steps(const Graph* graph) {
  uint64_t steps = 0;
  for (Node* node = graph->nodes; node; node = node->next) steps |= bit(node->id);
  return steps;
}

bool held_by_local(const Node* node) {
  Frame* frame = node->graph->frame;
  const Value* r = frame->registers();
  for (int i = 0; i < frame->code->co_nlocalsplus; ++i)
    if (r[i] == Value{const_cast<PyObject*>(&node->head)}) return true;
  return false;
}

}  // namespace

Graph* graph_for(Frame* frame, int nd, const index_t* shape) {
  PyThreadState* mine = &this_thread()->ts;
  for (Graph* graph = graphs; graph; graph = graph->next)
    if (graph->frame == frame && graph->thread == mine && graph->program.nd() == nd && std::equal(shape, shape + nd, graph->program.shape())) return graph;
  Graph* graph = spare_graphs;
  if (graph) {
    spare_graphs = graph->next;
    --spare_graph_count;
  } else {
    graph = static_cast<Graph*>(std::malloc(sizeof(Graph)));
    if (!graph) {
      (void)raise_no_memory();
      return nullptr;
    }
  }
  graph->program.start(nd, shape);
  graph->frame = frame;
  graph->thread = mine;
  graph->known = graph->told = 0;
  graph->owner_count = 0;
  graph->nodes = nullptr;
  graph->previous = nullptr;
  graph->next = graphs;
  if (graphs) graphs->previous = graph;
  graphs = graph;
  wait_begins();
  return graph;
}

// ---- passes ----------------------------------------------------------------------------------------------------------------------

bool Pass::extract(eng::Program::Id root) {
  root_ = root;
  first_ = static_cast<eng::Program::Id>(__builtin_ctzll(steps_));
  for (bool common : {true, false}) {
    graph_->program.extract(steps_, root, common, &program, numbers_);
    for (int i = 0; i < count_; ++i) program.add_output(numbers_[nodes_[i]->id]);
    if (program.fits()) return true;
  }
  return false;
}

bool Pass::begin(Node* node) {
  graph_ = node->graph;
  if (!graph_ || held_by_local(node)) return false;
  steps_ = graph_->program.steps_of(node->id);
  count_ = 0;
  uint64_t taken = 0;  // by the others
  for (bool more = true; more;) {
    more = false;
    for (Node* other = graph_->nodes; other; other = other->next) {
      if (other == node || std::find(nodes_, nodes_ + count_, other) != nodes_ + count_) continue;
      const uint64_t steps = graph_->program.steps_of(other->id);
      if (!(steps & steps_) || !held_by_local(other)) continue;
      if (count_ == eng::kProgramOutputs) return false;
      nodes_[count_++] = other;
      steps_ |= steps;
      taken |= steps;
      more = true;
    }
  }
  return !(taken & bit(node->id)) && extract(node->id);
}

bool Pass::begin(Node* const* given, int count) {
  graph_ = given[0]->graph;
  std::copy_n(given, count, nodes_);
  std::sort(nodes_, nodes_ + count, [](const Node* a, const Node* b) { return a->id < b->id; });
  count_ = count - 1;
  steps_ = 0;
  for (int i = 0; i < count; ++i) steps_ |= graph_->program.steps_of(nodes_[i]->id);
  return extract(nodes_[count_]->id);
}

bool Pass::run(const char* ending, const std::function<bool(eng::Error&)>& run) {
  eng::Error error;
  Ref arrays[eng::kProgramOutputs];
  for (int i = 0; i < count_; ++i) {
    int order[eng::kMaxDims];
    const ArrayView view = graph_->program.view_of(nodes_[i]->id);
    graph_->program.order_of(nodes_[i]->id, order);
    arrays[i] = array_new(view.dtype, view.nd, view.shape, order);
    if (!arrays[i]) return drop(graph_), false;
    program.place_output(i, as_array(arrays[i])->view());
  }
  if (watch.programs) [[unlikely]] list_program(*this, ending);
  ++counts.programs;
  counts.operations += program.operation_count();
  counts.bytes += program.temporary_bytes(std::strcmp(ending, kArrayEnding) != 0);
  Ref expected[eng::kProgramOutputs];
  for (int i = 0; i < count_ && watch.checking; ++i) {
    eng::Program single;
    eng::Program::Id numbers[eng::kProgramSteps];
    graph_->program.extract(graph_->program.steps_of(nodes_[i]->id), nodes_[i]->id, false, &single, numbers);
    expected[i] = array_one_by_one(single);
    if (!expected[i]) return false;
  }
  // Nothing else of this thread runs meanwhile; what others do leaves the graph alone.
  const bool done = run(error);
  if (nodes.pending) breaker_add(kBreakNode);  // another thread may have taken the mark away
  if (!done) {
    drop(graph_);
    (void)raise_engine(error);
    return false;
  }
  for (int i = 0; i < count_ && watch.checking; ++i)
    if (!same_result(arrays[i], expected[i])) return raise_difference(program.text(), "output");
  uint64_t ran = 0;
  for (int i = 0; steps_ >> i; ++i) {
    if (!(steps_ >> i & 1)) continue;
    const int operation = graph_->program.operation_of(static_cast<eng::Program::Id>(i));
    ran |= bit(operation);
    if (!(graph_->known >> operation & 1)) graph_->raised[operation] |= program.raised_by(numbers_[i]);
  }
  const int last = graph_->program.operation_of(root_);
  if (!(graph_->known >> last & 1))
    for (int i = numbers_[root_] + 1; i < program.step_count(); ++i) graph_->raised[last] |= program.raised_by(static_cast<eng::Program::Id>(i));
  graph_->known |= ran;
  for (int i = 0; i < count_; ++i) {
    leave_graph(nodes_[i]);
    nodes_[i]->array = arrays[i].release().object();
  }
  return true;
}

bool Pass::run() {
  Node* node = nodes_[count_];
  int order[eng::kMaxDims];
  const ArrayView view = program.result();
  program.order(order);
  Ref made = array_new(view.dtype, view.nd, view.shape, order);
  if (!made) return drop(graph_), false;  // nothing of it has happened
  const ArrayView to = as_array(made)->view();
  Ref expected = watch.checking ? array_one_by_one(program) : Ref{};
  if (!run(kArrayEnding, [&](eng::Error& error) { return program.run(to, error); })) return false;
  if (expected && !same_result(made, expected)) return raise_difference(program.text(), kArrayEnding);
  leave_graph(node);
  node->array = made.release().object();
  return true;
}

namespace {

thread_local bool telling = false;
// Meanwhile a frame stands elsewhere.
thread_local Frame* told_frame = nullptr;
thread_local const Word* true_pc = nullptr;

// Computes what nobody needs but for its conditions.
bool probe(Graph* graph) {
  const uint64_t steps = unknown_steps(graph);
  if (!steps) return true;
  eng::Program program;
  eng::Program::Id numbers[eng::kProgramSteps];
  for (int i = 63; i >= 0; --i) {
    if (!(steps >> i & 1)) continue;
    const auto id = static_cast<eng::Program::Id>(i);
    const int operation = graph->program.operation_of(id);
    if (graph->known >> operation & 1) continue;
    const uint64_t all = graph->program.steps_of(id);
    graph->program.extract(all, id, false, &program, numbers);
    eng::Error error;
    if (!program.probe(error)) return raise_engine(error);
    uint64_t ran = 0;
    for (int k = 0; k <= i; ++k) {
      const int of = graph->program.operation_of(static_cast<eng::Program::Id>(k));
      if (!(all >> k & 1)) continue;
      ran |= bit(of);
      if (!(graph->known >> of & 1)) graph->raised[of] |= program.raised_by(numbers[k]);
    }
    graph->known |= ran;
  }
  return true;
}

// Calls f with this thread's graphs. It neither runs nor drops any: the list would change meanwhile.
template <class F>
void for_each_graph(F f) {
  PyThreadState* mine = &this_thread()->ts;
  for (Graph* graph = graphs; graph; graph = graph->next)
    if (graph->thread == mine) f(graph);
}
// The first of this thread's graphs of which f is true, or null.
template <class F>
Graph* graph_where(F f) {
  PyThreadState* mine = &this_thread()->ts;
  for (Graph* graph = graphs; graph; graph = graph->next)
    if (graph->thread == mine && f(graph)) return graph;
  return nullptr;
}
template <class F>
void drop_where(F f) {
  while (Graph* graph = graph_where(f)) drop(graph);
}
bool probe_all() {
  while (Graph* graph = graph_where(unknown_steps))
    if (!probe(graph)) return false;
  return true;
}

}  // namespace

bool tell() {
  if (telling) return true;
  if (!graph_where(has_news)) [[likely]] return true;
  telling = true;
  bool quiet = probe_all();
  while (quiet) {
    // Showing a warning is Python code, which may have other graphs run and go.
    Graph* oldest = nullptr;
    int at = 0;
    for_each_graph([&](Graph* graph) {
      for (int i = 0; i < graph->program.operation_count(); ++i) {
        if (!is_news(graph, i) || (oldest && oldest->serials[at] < graph->serials[i])) continue;
        oldest = graph;
        at = i;
      }
    });
    if (!oldest) break;
    oldest->told |= bit(at);
    Frame* frame = oldest->frame;
    int level = 1;
    for (Frame* f = visible_frame(this_thread()); f && f != frame; f = visible_caller(f)) ++level;
    const Word* pc = std::exchange(frame->pc, oldest->at[at]);
    told_frame = frame;
    true_pc = pc;
    quiet = report_conditions(oldest->raised[at], oldest->program.operation(at).op->name, level);
    told_frame = nullptr;
    frame->pc = pc;
  }
  telling = false;
  // After an exception nothing else of these has happened.
  if (!quiet) for_each_graph([](Graph* graph) { graph->told = ~uint64_t{0}; });
  drop_where(is_done);
  return quiet;
}

namespace {

// Makes the arrays of all nodes of a graph; what nobody needs runs for its conditions.
bool settle(Graph* graph) {
  while (graph->nodes) {
    Node* all[eng::kProgramSteps + 1];
    int count = 0;
    for (Node* node = graph->nodes; node && count < eng::kProgramSteps; node = node->next) all[count++] = node;
    std::sort(all, all + count, [](const Node* a, const Node* b) { return a->id < b->id; });
    int n = std::min(count, eng::kProgramOutputs + 1);
    Pass pass;
    while (!pass.begin(all, n)) n /= 2;  // one always fits: it did when it was added
    if (!pass.run()) return false;
  }
  return probe(graph);
}

bool run(Node* node) {
  if (node->array) return true;
  Graph* graph = node->graph;
  if (!graph) return raise_no_memory(), false;  // its graph could not run
  Node* wanted[eng::kProgramOutputs + 1] = {node};
  int count = 1;
  uint64_t steps = graph->program.steps_of(node->id);
  for (Node* other = graph->nodes; other; other = other->next) {
    if (other == node || !(graph->program.steps_of(other->id) & steps) || !held_by_local(other)) continue;
    if (count > eng::kProgramOutputs) return settle(graph) && tell();
    wanted[count++] = other;
  }
  Ref hold = Ref::copy(Value{&node->head});
  Pass pass;
  if (!pass.begin(wanted, count)) return settle(graph) && tell();
  if (!pass.run()) return false;
  const bool told = tell();
  return told;
}

// ---- locals that hold nodes ----------------------------------------------------------------------------------------------------------

struct Locals {
  Thread* thread;
  Frame* frame;
};
constexpr int kMostLocals = 8;  // threads at a time
Locals waiting_locals[kMostLocals];
int waiting_locals_count = 0;

Locals* locals_of(Thread* t) {
  for (int i = 0; i < waiting_locals_count; ++i)
    if (waiting_locals[i].thread == t) return &waiting_locals[i];
  return nullptr;
}

bool keep_in_locals(Frame* frame) {
  Thread* t = this_thread();
  if (Locals* there = locals_of(t)) return there->frame == frame;
  if (t->handlers != kHandlers || waiting_locals_count == kMostLocals) return false;
  waiting_locals[waiting_locals_count++] = {t, frame};
  wait_begins();
  t->handlers = kNodeHandlers;
  return true;
}

// Nodes that arrays have replaced in locals, for the instruction under way may still look at them.
Node* retired = nullptr;
void release_retired() {
  while (retired) {
    Node* node = retired;
    retired = std::exchange(node->next, nullptr);
    decref(Value{&node->head});
  }
}

// The array in place of a node that has run, or nothing.
void replace_node(Value& slot, Value nothing) {
  if (!is_node(slot)) return;
  Node* node = as_node(slot);
  if (node->array) nothing = Value{node->array};
  if (nothing) incref(nothing);
  slot = nothing;
  if (node->head.ob_refcnt > 1 || node->graph) {
    decref(Value{&node->head});
  } else {
    node->next = retired;
    retired = node;
  }
}

// Ends the time in which locals of this thread may hold nodes: arrays take their place, also in the temporaries that the instruction under
// way does not consume. Without `arrays` nobody looks at them any more.
void end_locals(bool arrays) {
  Thread* t = this_thread();
  Locals* there = locals_of(t);
  if (!there) return;
  Frame* frame = there->frame;
  ++nodes.endings;
  *there = waiting_locals[--waiting_locals_count];
  if (t->handlers == kNodeHandlers) t->handlers = untraced_handlers(t);
  wait_ends();
  Value* r = frame->registers();
  for (int i = 0; i < frame->code->co_nlocalsplus; ++i) replace_node(r[i], arrays ? none() : Value{});
  if (!arrays) return;
  const Word* pc = told_frame == frame ? true_pc : frame->pc;
  if (const Liveness* liveness = code_liveness(frame->code))
    live_temporaries(liveness, pc - code_words(frame->code), [](int at, void* registers) { replace_node(static_cast<Value*>(registers)[at], none()); }, r);
  else
    clear_error();
}

bool settle_pending() {
  release_retired();
  bool done = true;
  while (Graph* graph = done ? graph_where([](Graph* g) { return g->nodes || unknown_steps(g); }) : nullptr) done = settle(graph);
  if (!done) drop_where([](const Graph*) { return true; });
  done = done && tell();
  end_locals(true);
  drop_where(is_done);
  return done;
}

// Before an array is written to, of what is in `value`: runs all others, but for those that run together with it.
bool settle_others(Value value) {
  Node* node = is_node(value) ? as_node(value) : nullptr;
  if (!node || !node->graph || held_by_local(node)) return settle_pending();
  uint64_t steps = node->graph->program.steps_of(node->id);
  bool others = false;
  for_each_graph([&](Graph* graph) {
    for (Node* other = graph->nodes; other; other = other->next)
      others |= other != node && (graph != node->graph || !(graph->program.steps_of(other->id) & steps) || !held_by_local(other));
  });
  return !others || settle_pending();
}

// Before a frame returns what is in n of its registers, with nobody to look at its locals: they are not made.
bool leave_frame(Value* results, int n) {
  release_retired();
  for (int i = 0; i < n; ++i) {
    if (!is_node(results[i])) continue;
    Node* all[eng::kProgramOutputs + 1];
    int count = 0;
    Graph* graph = as_node(results[i])->graph;
    for (int k = i; k < n && graph; ++k) {
      if (!is_node(results[k]) || as_node(results[k])->graph != graph || std::find(all, all + count, as_node(results[k])) != all + count) continue;
      if (count <= eng::kProgramOutputs) all[count++] = as_node(results[k]);
    }
    Pass pass;
    if (count > 0 && pass.begin(all, count) ? !pass.run() : !run(as_node(results[i]))) return false;
    Value array = Ref::copy(Value{as_node(results[i])->array}).release();
    decref(std::exchange(results[i], array));
  }
  return probe_all() && tell();
}
bool settle_locals() {
  const bool done = settle_pending();
  release_retired();
  return done;
}

void drop_locals() {
  end_locals(false);
  release_retired();
  drop_where([](const Graph*) { return true; });
}

bool settle_slot(Value* slot) {
  Ref array = settled(*slot);
  if (!array) return false;
  decref(*slot);
  *slot = array.release();
  return true;
}

bool is_operand(Value v) {
  if (is_exact_ndarray(v)) return !as_array(v)->dtype()->is_special();
  if (v.is_number() || is_node(v) || is_bool(v) || is_exact(v, &PyComplex_Type)) return true;
  const DType* scalar = scalar_dtype(v);
  return scalar && !scalar->is_special();
}

void take_array(Operand& operand, Ref array) {
  operand.node = false;
  operand.view = as_array(array)->view();
  operand.keep = std::move(array);
}
bool settle_operand(Operand& operand) {
  if (!operand.node) return true;
  Ref array = settled(operand.original);
  if (!array) return false;
  take_array(operand, std::move(array));
  return true;
}
bool settle_operands(const eng::OpInfo& op, Operand* operands) {
  for (int i = 0; i < op.inputs; ++i)
    if (!settle_operand(operands[i])) return false;
  return true;
}
// Operands that were nodes and have run meanwhile are their arrays. Whether there are nodes left.
bool take_arrays(const eng::OpInfo& op, Operand* operands) {
  bool any = false;
  for (int i = 0; i < op.inputs; ++i) {
    if (operands[i].node && as_node(operands[i].original)->array) take_array(operands[i], Ref::copy(Value{as_node(operands[i].original)->array}));
    any |= operands[i].node;
  }
  return any;
}

}  // namespace

Ref grow(Graph* graph, const eng::OpInfo& op, const eng::Loop& loop, const Operand* operands) {
  eng::Program& program = graph->program;
  const eng::Program::Mark mark = program.mark();
  const int owner_count = graph->owner_count;
  eng::Program::Id ids[3];
  bool room = true;
  for (int i = 0; i < op.inputs && room; ++i) {
    const Operand& o = operands[i];
    if (o.node) {
      ids[i] = as_node(o.original)->id;
      room = as_node(o.original)->graph == graph;
    } else if (o.view.nd == 0) {
      room = program.add_value(o.view.dtype, o.view.data, &ids[i]);
    } else {
      room = program.add_leaf(o.view, &ids[i]) && keep(graph, o.keep ? o.keep.get() : o.original);
    }
  }
  if (room && program.apply(op, loop, ids, kept_steps(graph))) {
    note_operation(graph);
    return node_of(graph, program.root());
  }
  program.rollback(mark);
  while (graph->owner_count > owner_count) decref(Value{graph->owners[--graph->owner_count]});
  return {};
}

namespace {

// What a row says of nodes; 0 of what is no row.
int row_flags(Value callable) {
  const PyMethodDef* def = is_exact(callable, &PyCFunction_Type)       ? callable.as<PyCFunctionObject>()->m_ml
                           : is_exact(callable, &PyMethodDescr_Type) ? callable.as<PyMethodDescrObject>()->d_method
                                                                     : nullptr;
  return def && def->ml_flags & kMethRow ? def->ml_flags : 0;
}

bool accepts(Value callable, size_t place) {
  if (is_exact(callable, &ufunc_type)) return ufunc_operation(callable).outputs == 1 && place < ufunc_operation(callable).inputs;
  const int flags = row_flags(callable);
  if (is_exact(callable, &PyMethodDescr_Type) && callable.as<PyMethodDescrObject>()->d_common.d_type != &node_type) return false;
  return flags & kMethTakesNodes ? place < 3 : flags & kMethTakesNode && place == 0;
}

// An argument that no one can be asked about by looking at it.
bool is_plain(Value v) {
  if (v.is_number() || is_none(v) || is_bool(v) || is_exact_str(v) || is_dtype(v)) return true;
  if (is_type(v)) return !type_has(v.as<PyTypeObject>(), Py_TPFLAGS_HEAPTYPE);
  if (!is_exact_tuple(v)) return false;
  for (Py_ssize_t i = 0; i < tuple_size(v); ++i)
    if (!tuple_get(v, i).is_int()) return false;
  return true;
}

int meets(Value callable, const Value* args, size_t n, PyObject* kwnames) {
  if (is_exact(callable, &ufunc_type)) {
    const eng::OpInfo& op = ufunc_operation(callable);
    if (op.outputs != 1 || kwnames || n != op.inputs) return 0;
    for (size_t i = 0; i < n; ++i)
      if (!is_operand(args[i])) return 0;
    return 2;
  }
  const int flags = row_flags(callable);
  if (!(flags & kMethTakesNode) || n == 0 || !is_operand(args[0])) return 0;
  const size_t operands = flags & kMethTakesNodes ? 3 : 1;
  for (size_t i = 1; i < n; ++i)
    if (!is_plain(args[i]) && (i >= operands || !is_operand(args[i]))) return 0;
  return flags & kMethGivesNode ? 2 : 1;
}

}  // namespace

ArrayView node_view(Value node) {
  Node* n = as_node(node);
  return n->array ? as_array(Value{n->array})->view() : n->graph->program.view_of(n->id);
}

Ref settled(Value node) {
  Node* n = as_node(node);
  return run(n) ? Ref::copy(Value{n->array}) : Ref{};
}

bool store_node(const ArrayView& to, Value value, bool casts) {
  Pass pass;
  if (pass.begin(as_node(value))) {
    eng::Program& program = pass.program;
    if (eng::has_shape(to, program.nd(), program.shape()) && program.may_write(to) && (casts || program.dtype() == to.dtype)) {
      if (!warn_of_discarding(program.dtype(), to.dtype)) return false;
      if (program.cast(to.dtype)) {
        Ref expected = watch.checking ? array_one_by_one(program) : Ref{};
        if (!pass.run("store", [&](eng::Error& error) { return program.run(to, error); })) return false;
        if (expected && !same_result(array_copy(to), expected)) return raise_difference(program.text(), "store");
        return tell();
      }
    }
  }
  Ref array = settled(value);
  return array && assign_array(to, as_array(array)->view());
}

Ref chosen_node(Value array, Value mask) {
  Frame* site = std::exchange(nodes.site, nullptr);
  const NdArray *a = as_array(array), *by = as_array(mask);
  const index_t n = a->size();
  if (!site || n < kWorthDeferring || !is_exact_ndarray(array) || a->dtype()->is_special() || !a->view().c_contiguous() || !by->view().c_contiguous() || !wants_node(site)) return {};
  const index_t entries = eng::rank_count(n);
  Ref ranks = array_new(&eng::kInt64, 1, &entries);
  if (!ranks) return {};
  auto* table = reinterpret_cast<index_t*>(as_array(ranks)->data);
  const eng::Chooser chooser = {by->data, n, eng::rank_mask(by->data, n, table), table};
  if (chooser.count < kWorthDeferring) return {};
  Graph* graph = graph_for(site, 1, &chooser.count);
  if (!graph) return {};
  eng::Program::Id id;
  const eng::Program::Mark mark = graph->program.mark();
  const bool room = keep(graph, array) && keep(graph, mask) && keep(graph, ranks) && graph->program.add_chosen(a->view(), chooser, &id) && graph->program.choose(id);
  if (!room) {
    graph->program.rollback(mark);
    drop_if_done(graph);
    return {};
  }
  note_operation(graph);
  return node_of(graph, graph->program.root());
}

bool store_node_under(NdArray* to, Value mask, Value value, bool* handled) {
  *handled = false;
  const ArrayView view = to->view();
  Pass pass;
  if (!view.c_contiguous() || !as_array(mask)->view().c_contiguous() || view.dtype->is_special() || !pass.begin(as_node(value))) return true;
  eng::Program& program = pass.program;
  const eng::Chooser* chooser = program.mask_over(as_array(mask)->data, to->size());
  if (!chooser || program.dtype() != view.dtype || !program.may_write(view, chooser)) return true;
  *handled = true;
  Ref expected = watch.checking ? array_one_by_one(program) : Ref{};
  if (!pass.run("store under a mask", [&](eng::Error& error) { return program.run_under(view, *chooser, error); })) return false;
  if (expected) {
    Results results;
    ArrayView stored;
    eng::Error error;
    if (!eng::select(view, as_array(mask)->view(), &stored, results.allocator(), error)) return raise_engine(error);
    if (!same_result(results.objects[0], expected)) return raise_difference(program.text(), "store under a mask");
  }
  return tell();
}

namespace {

// Makes room for operations of that shape.
bool settle_shape(Frame* frame, int nd, const index_t* shape) {
  Graph* graph = graph_for(frame, nd, shape);
  if (!graph || !settle(graph)) return false;
  const bool told = tell();
  drop_where(is_done);
  return told;
}

}  // namespace

bool defer(const eng::OpInfo& op, Operand* operands, const CallOptions& options, Frame* site, Ref* result, bool* handled) {
  *handled = false;
  bool any = take_arrays(op, operands);
  Value out = options.out.absent() || is_none(options.out) ? Value{} : options.out;
  const bool plain = options.where.absent() && !options.dtype && options.casting == eng::Casting::same_kind && op.inputs <= 3 && op.outputs == 1 &&
                     (out.absent() || (is_exact_ndarray(out) && any));
  int nd;
  index_t shape[eng::kMaxDims];
  ArrayView views[eng::kMaxArgs];
  for (int i = 0; i < op.inputs; ++i) views[i] = operands[i].view;
  eng::Error error;
  if (!plain || !eng::broadcast_shapes(op.inputs, views, &nd, shape, error) || nd > eng::kProgramDims || nd == 0) return settle_operands(op, operands);
  index_t size = 1;
  for (int i = 0; i < nd; ++i) size *= shape[i];
  const bool wanted = out.absent() && site && size >= kWorthDeferring && wants_node(site);
  // A single operation runs as a program, too, where a row or column is stretched over short axes: these are packed first (array/fuse).
  bool slim = false;
  if (!any && !wanted && out.absent() && site && size >= kWorthDeferring && nd > 1 && shape[nd - 1] <= kSlim)
    for (int i = 0; i < op.inputs; ++i) slim |= views[i].nd > 0 && !eng::has_shape(views[i], nd, shape);
  if (!any && !wanted && !slim) return true;
  if (!conditions_are_quiet()) return settle_operands(op, operands);
  // A smaller node is an array beside the larger operand: its elements are computed once.
  for (int i = 0; i < op.inputs; ++i)
    if (operands[i].node && !eng::has_shape(operands[i].view, nd, shape) && !settle_operand(operands[i])) return false;
  if (!take_arrays(op, operands) && !wanted && !slim) return true;
  const eng::Loop* loop = choose_loop(op, operands, options);
  if (!loop) {
    // What stands before the operation that cannot be runs first, and may raise first.
    Ref refusal = take_error();
    if (settle_operands(op, operands)) restore_error(std::move(refusal));
    return false;
  }
  if (op.flags & eng::kFails && loop->types[op.inputs]->is_integer()) return settle_operands(op, operands);
  if (!out.absent()) {
    const ArrayView to = as_array(out)->view();
    if (!(to.flags & eng::kWriteable) || !eng::has_shape(to, nd, shape) || !eng::can_cast(loop->types[op.inputs], to.dtype, eng::Casting::same_kind))
      return settle_operands(op, operands);
  }

  take_arrays(op, operands);  // choosing the loop may have warned
  Ref node;
  Frame* frame = site;
  for (int i = 0; i < op.inputs; ++i)
    if (operands[i].node) frame = as_node(operands[i].original)->graph->frame;
  for (int attempt = 0; attempt < 2 && !node; ++attempt) {
    // No room: what there is becomes arrays.
    if (attempt > 0 && (!settle_operands(op, operands) || !settle_shape(frame, nd, shape))) return false;
    if (attempt > 0 && !wanted) return true;
    Graph* graph = graph_for(frame, nd, shape);
    if (!graph) return false;
    node = grow(graph, op, *loop, operands);
    if (!node) drop_if_done(graph);
    if (error_occurred()) return false;
  }
  if (!node) return true;
  *handled = true;
  if (!out.absent()) {
    if (store_node(as_array(out)->view(), node, true)) *result = Ref::copy(out);
  } else if (wanted) {
    *result = std::move(node);
  } else {
    *result = settled(node);
  }
  return static_cast<bool>(*result);
}

bool defer_cast(Value array, const DType* dtype, Ref* result, bool* handled) {
  Frame* site = std::exchange(nodes.site, nullptr);
  const bool wanted = site && wants_node(site);
  const DType* own = dtype_of_array(array);
  *handled = false;
  const bool waits = is_node(array) && as_node(array)->graph;
  if ((own->is_complex() && !dtype->is_complex()) || !conditions_are_quiet()) return true;
  if (waits && own == dtype) {
    *handled = true;
    *result = wanted ? Ref::copy(array) : settled(array);
    return static_cast<bool>(*result);
  }
  Graph* graph;
  eng::Program::Id id;
  eng::Program::Mark mark;
  if (waits) {
    graph = as_node(array)->graph;
    mark = graph->program.mark();
    id = as_node(array)->id;
  } else {
    if (is_node(array)) return true;
    const ArrayView view = as_array(array)->view();
    if (!wanted || !is_exact_ndarray(array) || own == dtype || view.nd == 0 || view.nd > eng::kProgramDims || view.size() < kWorthDeferring) return true;
    graph = graph_for(site, view.nd, view.shape);
    if (!graph) return false;
    mark = graph->program.mark();
    if (!graph->program.add_leaf(view, &id) || !keep(graph, array)) {
      graph->program.rollback(mark);
      drop_if_done(graph);
      return true;
    }
  }
  if (!graph->program.astype(id, dtype, kept_steps(graph))) {
    graph->program.rollback(mark);
    drop_if_done(graph);
    return true;
  }
  note_operation(graph);
  Ref node = node_of(graph, graph->program.root());
  if (!node) return false;
  *handled = true;
  *result = wanted ? std::move(node) : settled(node);
  return static_cast<bool>(*result);
}

Ref deferral_counts(Value) {
  Ref all = dict_new();
  if (!all || !dict_set_str(all, "programs"_id, Value::from_int(counts.programs)) || !dict_set_str(all, "operations"_id, Value::from_int(counts.operations)) ||
      !dict_set_str(all, "bytes"_id, Value::from_int(counts.bytes)))
    return {};
  return all;
}

bool init_deferral() {
  // A node computes as an array does, and folds; nothing else of it is ever asked for.
  static TypeDef def = ndarray_def;
  def.type = &node_type;
  def.name = "numpy.deferred";
  def.doc = "An operation on arrays that has not run yet.";
  def.basicsize = sizeof(Node);
  def.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  def.dealloc = node_dealloc;
  def.weaklistoffset = 0;
  def.buffer = nullptr;
  static MethodRow methods[24] = {};
  int count = 0;
  for (const MethodRow* table : {reduction_methods, plain_methods})
    for (; table->c.ml_name; ++table)
      if (table->c.ml_flags & kMethTakesNode) methods[count++] = *table;
  def.methods = methods;
  def.getset = nullptr;
  SlotRows slots = ndarray_def.slots;
  slots.tp_repr = {}, slots.tp_hash = {}, slots.tp_str = {}, slots.tp_iter = {}, slots.tp_new = {};
  slots.nb_divmod = {}, slots.nb_bool = {}, slots.nb_int = {}, slots.nb_float = {}, slots.nb_index = {}, slots.nb_matrix_multiply = {};
  slots.sq_length = {}, slots.sq_item = {}, slots.sq_contains = {};
  slots.mp_length = {}, slots.mp_subscript = {}, slots.mp_ass_subscript = {};
  def.slots = slots;
  if (!ready_type(def)) return false;
  nodes.is_operand = is_operand;
  nodes.accepts = accepts;
  nodes.meets = meets;
  nodes.settle = settle_slot;
  nodes.settle_pending = settle_pending;
  nodes.settle_locals = settle_locals;
  nodes.settle_others = settle_others;
  nodes.keep_in_locals = keep_in_locals;
  nodes.leave_frame = leave_frame;
  nodes.drop_locals = drop_locals;
  nodes.array = &ndarray_type;
  nodes.type = &node_type;
  return true;
}

}  // namespace adder::numpy
