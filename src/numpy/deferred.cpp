// Nodes: made by operations whose result only the next ones take, grown by these, run by whoever needs elements. All of it
// happens within one straight line of one frame, so nothing a node reads can have changed when it runs.
#include "numpy/deferred.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "array/reduce/reduce.h"
#include "memory/gc.h"
#include "object/containers.h"

namespace adder::numpy {

ADDER_TYPE(node_type);

namespace {

// Results below this many elements stay in the first cache anyway.
constexpr index_t kWorthDeferring = 1 << 13;
// Elements that a sum gathers when it casts them on the way (array/reduce).
constexpr index_t kCastSum = 8192;

struct Node {
  PyObject head;
  eng::Program program;
  Frame* frame;                         // where it was made, and the instruction of each of its operations
  const Word* at[eng::kProgramSteps];
  PyThreadState* thread;
  uint64_t serial;                      // the order in which nodes were made
  int owner_count;
  PyObject* owners[eng::kProgramLeaves];  // keep the leaves' memory
  PyObject* array;                      // once it has run
  Node* previous;                       // of those that have not
  Node* next;
};

Node* pending_nodes = nullptr;
uint64_t serials = 0;
constexpr int kSpareNodes = 8;
Node* spare[kSpareNodes];
int spare_count = 0;

// What has been deferred since the process began.
struct Counts {
  int64_t programs, operations;
} counts;

Node* as_node(Value v) { return reinterpret_cast<Node*>(v.object()); }

void enlist(Node* node) {
  node->previous = nullptr;
  node->next = pending_nodes;
  if (pending_nodes) pending_nodes->previous = node;
  pending_nodes = node;
  if (nodes.pending++ == 0) breaker_add(kBreakNode);
}

void unlist(Node* node) {
  if (!node->previous && !node->next && pending_nodes != node) return;
  (node->previous ? node->previous->next : pending_nodes) = node->next;
  if (node->next) node->next->previous = node->previous;
  node->previous = node->next = nullptr;
  if (--nodes.pending == 0) breaker_remove(kBreakNode);
}

// The node has run, or its operations are another's now: it keeps nothing alive.
void empty(Node* node) {
  unlist(node);
  const int count = std::exchange(node->owner_count, 0);
  for (int i = 0; i < count; ++i) decref(Value{node->owners[i]});
}

void node_dealloc(PyObject* o) {
  Node* node = reinterpret_cast<Node*>(o);
  empty(node);
  if (node->array) decref(Value{node->array});
  if (spare_count < kSpareNodes) spare[spare_count++] = node;
  else std::free(node);
}

Ref node_new(Frame* frame, int nd, const index_t* shape) {
  Node* node = spare_count ? spare[--spare_count] : static_cast<Node*>(std::malloc(sizeof(Node)));
  if (!node) return raise_no_memory();
  node->head.ob_refcnt = 1;
  node->head.ob_type = &node_type;
  node->program.start(nd, shape);
  node->frame = frame;
  node->thread = &this_thread()->ts;
  node->serial = serials++;
  node->owner_count = 0;
  node->array = nullptr;
  enlist(node);
  return Ref::steal(Value{&node->head});
}

bool keep(Node* node, Value owner) {
  for (int i = 0; i < node->owner_count; ++i)
    if (node->owners[i] == owner.object()) return true;
  if (node->owner_count == eng::kProgramLeaves) return false;
  incref(owner);
  node->owners[node->owner_count++] = owner.object();
  return true;
}

bool run(Node* node);

// Runs this thread's nodes that were made before `serial`, the oldest first: its warnings come first. False: an exception.
bool run_older(uint64_t serial) {
  PyThreadState* mine = &this_thread()->ts;
  for (;;) {
    Node* oldest = nullptr;
    for (Node* node = pending_nodes; node; node = node->next)
      if (node->thread == mine && node->serial < serial && (!oldest || node->serial < oldest->serial)) oldest = node;
    if (!oldest) return true;
    Ref hold = Ref::copy(Value{&oldest->head});
    if (!run(oldest)) return false;
  }
}

// Tells of what the operations raised, in their order, as if each had run where its instruction stands.
bool report(Node* node) {
  eng::Conditions any = 0;
  for (int i = 0; i < node->program.operation_count(); ++i) any |= node->program.operation(i).raised;
  if (!any) [[likely]] return true;
  if (!run_older(node->serial)) return false;
  int level = 1;
  for (Frame* f = visible_frame(this_thread()); f && f != node->frame; f = visible_caller(f)) ++level;
  const Word* pc = node->frame->pc;
  bool quiet = true;
  // Nodes that are younger wait until this one has told: showing a warning is Python code, which would have them run.
  const int waiting = std::exchange(nodes.pending, 0);
  breaker_remove(kBreakNode);
  for (int i = 0; i < node->program.operation_count() && quiet; ++i) {
    const eng::Program::Operation& operation = node->program.operation(i);
    if (!operation.raised) [[likely]] continue;
    node->frame->pc = node->at[i];
    quiet = report_conditions(operation.raised, operation.op->name, level);
  }
  node->frame->pc = pc;
  nodes.pending += waiting;
  if (nodes.pending) breaker_add(kBreakNode);
  return quiet;
}

// Runs a program without its node being pending: others may hold the interpreter's lock meanwhile. False: an exception.
template <class Run>
bool run_alone(Node* node, Run run) {
  eng::Error error;
  unlist(node);
  ++counts.programs;
  counts.operations += node->program.operation_count();
  const bool done = run(error);
  if (nodes.pending) breaker_add(kBreakNode);  // another thread may have taken the mark away
  if (!done) {
    (void)raise_engine(error);
    return false;
  }
  empty(node);
  return true;
}

bool run(Node* node) {
  if (node->array) return true;
  int order[eng::kMaxDims];
  node->program.order(order);
  Ref made = array_new(node->program.dtype(), node->program.nd(), node->program.shape(), order);
  if (!made) return false;
  const ArrayView to = as_array(made)->view();
  if (!run_alone(node, [&](eng::Error& error) { return node->program.run(to, error); })) return false;
  node->array = made.release().object();
  return report(node);
}

bool settle_slot(Value* slot) {
  Ref array = settled(*slot);
  if (!array) return false;
  decref(*slot);
  *slot = array.release();
  return true;
}

bool settle_pending() { return run_older(serials); }

bool is_operand(Value v) {
  return v.is_number() || is_exact_ndarray(v) || is_node(v) || is_bool(v) || scalar_dtype(v) || is_exact(v, &PyComplex_Type);
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

// Adds an operation to the program of `node`. False: there is no room, the node is as before.
bool grow(Node* node, const eng::OpInfo& op, const eng::Loop& loop, const Operand* operands, Value grown) {
  const eng::Program::Mark mark = node->program.mark();
  const int owner_count = node->owner_count;
  eng::Program::Id root = node->program.root(), ids[3];
  bool room = true;
  for (int i = 0; i < op.inputs && room; ++i) {
    const Operand& o = operands[i];
    if (o.node && o.original == grown) {
      ids[i] = root;
    } else if (o.node) {
      const Node* other = as_node(o.original);
      const int at = node->program.operation_count();
      room = node->program.merge(other->program, &ids[i]);
      for (int k = 0; k < other->program.operation_count() && room; ++k) node->at[at + k] = other->at[k];
      for (int k = 0; k < other->owner_count && room; ++k) room = keep(node, Value{other->owners[k]});
    } else if (o.view.nd == 0) {
      room = node->program.add_value(o.view.dtype, o.view.data, &ids[i]);
    } else {
      room = node->program.add_leaf(o.view, &ids[i]) && keep(node, o.keep ? o.keep.get() : o.original);
    }
  }
  if (room) room = node->program.apply(op, loop, ids);
  if (room) {
    node->at[node->program.operation_count() - 1] = node->frame->pc;
    for (int i = 0; i < op.inputs; ++i)
      if (operands[i].node && operands[i].original != grown) empty(as_node(operands[i].original));
    return true;
  }
  node->program.rollback(mark);
  while (node->owner_count > owner_count) decref(Value{node->owners[--node->owner_count]});
  return false;
}

// Whether a program may write to an array while it reads its leaves: these lie elsewhere, or element for element there.
bool may_write(const eng::Program& program, const ArrayView& to) {
  for (int i = 0; i < program.leaf_count(); ++i) {
    const ArrayView leaf = program.leaf(i);
    if (leaf.nd == 0 || !eng::may_share_memory(leaf, to)) continue;
    if (leaf.dtype != to.dtype || !eng::same_elements(leaf, to)) return false;
  }
  return true;
}

int accepts(Value callable) {
  if (is_exact(callable, &ufunc_type)) return ufunc_operation(callable).outputs == 1 ? 2 : 0;
  if (is_exact(callable, &PyCFunction_Type)) return is_where(callable) ? 2 : 0;
  if (is_exact(callable, &PyMethodDescr_Type)) return callable.as<PyMethodDescrObject>()->d_common.d_type == &node_type ? 1 : 0;
  return 0;
}

}  // namespace

ArrayView node_view(Value node) {
  Node* n = as_node(node);
  return n->array ? as_array(Value{n->array})->view() : n->program.result();
}

Ref settled(Value node) {
  Node* n = as_node(node);
  return run(n) ? Ref::copy(Value{n->array}) : Ref{};
}

bool store_node(const ArrayView& to, Value value, bool casts) {
  Node* node = as_node(value);
  eng::Program& program = node->program;
  if (!node->array && eng::has_shape(to, program.nd(), program.shape()) && may_write(program, to) && (casts || program.dtype() == to.dtype)) {
    if (!warn_of_discarding(program.dtype(), to.dtype)) return false;
    if (program.cast(to.dtype))
      return run_alone(node, [&](eng::Error& error) { return program.run(to, error); }) && report(node);
  }
  Ref array = settled(value);
  return array && assign_array(to, as_array(array)->view());
}

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
  if (!any && !wanted) return true;
  if (!conditions_are_quiet()) return settle_operands(op, operands);
  // A smaller node is an array beside the larger operand: its elements are computed once.
  for (int i = 0; i < op.inputs; ++i)
    if (operands[i].node && !eng::has_shape(operands[i].view, nd, shape) && !settle_operand(operands[i])) return false;
  if (!take_arrays(op, operands) && !wanted) return true;
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

  Ref node;
  for (int i = 0; i < op.inputs && !node; ++i)
    if (operands[i].node) node = Ref::copy(operands[i].original);
  if (!node || !grow(as_node(node), op, *loop, operands, node)) {
    if (node) {
      // No room: what there is becomes arrays.
      if (!settle_operands(op, operands)) return false;
      if (!wanted) return true;
    }
    node = node_new(site, nd, shape);
    if (!node) return false;
    if (!grow(as_node(node), op, *loop, operands, node)) return true;
  }
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

bool fold_node(const eng::OpInfo& op, Value value, const DType* dtype, Ref* result, bool* handled) {
  *handled = false;
  Node* node = as_node(value);
  if (node->array || node->program.size() == 0) return true;
  const DType* own = node->program.dtype();
  const DType* type = dtype ? dtype : reduction_dtype(op, own);
  const DType* types[2] = {type, type};
  eng::Error error;
  const eng::Loop* loop = eng::find_loop(op, types, error);
  if (!loop || loop->types[1] != type || !eng::Program::folds(op, *loop)) return true;
  if (own->is_complex() && !type->is_complex()) return true;
  if (!node->program.cast(type)) return true;
  alignas(16) char total[eng::kMaxItemSize] = {};
  eng::write_identity(op.identity, type, total);
  eng::Conditions raised = 0;
  *handled = true;
  const index_t chunk = own == type ? 0 : kCastSum;
  if (!run_alone(node, [&](eng::Error& failure) { return node->program.fold(op, *loop, chunk, total, &raised, failure); })) return false;
  if (!report(node) || (raised && !report_conditions(raised, "reduce"))) return false;
  *result = element_to_scalar(total, type);
  return static_cast<bool>(*result);
}

Ref deferral_counts(Value) {
  Ref all = dict_new();
  if (!all || !dict_set_str(all, "programs"_id, Value::from_int(counts.programs)) || !dict_set_str(all, "operations"_id, Value::from_int(counts.operations))) return {};
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
  static MethodRow folds[16] = {};
  for (int i = 0; std::strcmp(reduction_methods[i].c.ml_name, "argmax") != 0; ++i) folds[i] = reduction_methods[i];
  def.methods = folds;
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
  nodes.settle = settle_slot;
  nodes.settle_pending = settle_pending;
  nodes.array = &ndarray_type;
  nodes.type = &node_type;
  return true;
}

}  // namespace adder::numpy
