// Nodes: made by operations whose result only the next ones take, grown by these, run by whoever needs elements. All of it
// happens within one straight line of one frame, so nothing a node reads can have changed when it runs.
#include <cstdlib>
#include <cstring>
#include <utility>

#include "array/index/index.h"
#include "numpy/node.h"
#include "object/containers.h"

namespace adder::numpy {

ADDER_TYPE(node_type);

namespace {

Node* pending_nodes = nullptr;
uint64_t serials = 0;
constexpr index_t kSlim = 32;  // elements of an axis
constexpr const char* kArrayEnding = "array";
constexpr int kSpareNodes = 8;
Node* spare[kSpareNodes];
int spare_count = 0;

// What has been deferred since the process began.
struct Counts {
  int64_t programs, operations;
  int64_t bytes;  // of arrays that were not made
} counts;

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

}  // namespace

void empty(Node* node) {
  unlist(node);
  const int count = std::exchange(node->owner_count, 0);
  for (int i = 0; i < count; ++i) decref(Value{node->owners[i]});
}

namespace {

void node_dealloc(PyObject* o) {
  Node* node = reinterpret_cast<Node*>(o);
  empty(node);
  if (node->array) decref(Value{node->array});
  if (spare_count < kSpareNodes) spare[spare_count++] = node;
  else std::free(node);
}

}  // namespace

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
  node->told = 0;
  enlist(node);
  return Ref::steal(Value{&node->head});
}

namespace {

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

}  // namespace

bool report(Node* node) {
  eng::Conditions any = 0;
  for (int i = node->told; i < node->program.operation_count(); ++i) any |= node->program.operation(i).raised;
  if (!any) [[likely]] return true;
  if (!run_older(node->serial)) return false;
  int level = 1;
  for (Frame* f = visible_frame(this_thread()); f && f != node->frame; f = visible_caller(f)) ++level;
  const Word* pc = node->frame->pc;
  bool quiet = true;
  // Nodes that are younger wait until this one has told: showing a warning is Python code, which would have them run.
  const int waiting = std::exchange(nodes.pending, 0);
  breaker_remove(kBreakNode);
  for (int i = node->told; i < node->program.operation_count() && quiet; ++i) {
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

bool run_alone(Node* node, const char* ending, const std::function<bool(eng::Error&)>& run) {
  eng::Error error;
  if (watch.programs) [[unlikely]] list_program(node, ending);
  unlist(node);
  ++counts.programs;
  counts.operations += node->program.operation_count();
  counts.bytes += node->program.temporary_bytes(std::strcmp(ending, kArrayEnding) != 0);
  const bool done = run(error);
  if (nodes.pending) breaker_add(kBreakNode);  // another thread may have taken the mark away
  if (!done) {
    (void)raise_engine(error);
    return false;
  }
  empty(node);
  return true;
}

namespace {

bool run(Node* node) {
  if (node->array) return true;
  int order[eng::kMaxDims];
  node->program.order(order);
  Ref made = array_new(node->program.dtype(), node->program.nd(), node->program.shape(), order);
  if (!made) return false;
  const ArrayView to = as_array(made)->view();
  Ref expected = watch.checking ? array_one_by_one(node->program) : Ref{};
  if (!run_alone(node, kArrayEnding, [&](eng::Error& error) { return node->program.run(to, error); })) return false;
  if (expected && !same_result(made, expected)) return raise_difference(node->program.text(), kArrayEnding);
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

Ref node_twin(Value node) {
  const Node* from = as_node(node);
  Ref made = node_new(from->frame, from->program.nd(), from->program.shape());
  if (!made) return {};
  Node* to = as_node(made);
  to->program = from->program;
  std::memcpy(to->at, from->at, sizeof to->at);
  to->told = from->program.operation_count();
  for (int i = 0; i < from->owner_count; ++i) keep(to, Value{from->owners[i]});
  return made;
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
  return n->array ? as_array(Value{n->array})->view() : n->program.result();
}

bool node_has_run(Value node) { return as_node(node)->array; }

Ref settled(Value node) {
  Node* n = as_node(node);
  return run(n) ? Ref::copy(Value{n->array}) : Ref{};
}

bool store_node(const ArrayView& to, Value value, bool casts) {
  Node* node = as_node(value);
  eng::Program& program = node->program;
  if (!node->array && eng::has_shape(to, program.nd(), program.shape()) && program.may_write(to) && (casts || program.dtype() == to.dtype)) {
    if (!warn_of_discarding(program.dtype(), to.dtype)) return false;
    if (program.cast(to.dtype)) {
      Ref expected = watch.checking ? array_one_by_one(program) : Ref{};
      if (!run_alone(node, "store", [&](eng::Error& error) { return program.run(to, error); })) return false;
      if (expected && !same_result(array_copy(to), expected)) return raise_difference(program.text(), "store");
      return report(node);
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
  Ref made = node_new(site, 1, &chooser.count);
  if (!made) return {};
  Node* node = as_node(made);
  eng::Program::Id id;
  const bool chosen = node->program.add_chosen(a->view(), chooser, &id) && node->program.choose(id);
  node->at[0] = site->pc;
  return chosen && keep(node, array) && keep(node, mask) && keep(node, ranks) ? std::move(made) : Ref{};
}

bool store_node_under(NdArray* to, Value mask, Value value, bool* handled) {
  Node* node = as_node(value);
  *handled = false;
  const char* by = as_array(mask)->data;
  const eng::Chooser* chooser = node->array ? nullptr : node->program.mask_over(by, to->size());
  const ArrayView view = to->view();
  if (!chooser || !view.c_contiguous() || !as_array(mask)->view().c_contiguous() || view.dtype->is_special() || !node->program.may_write(view, chooser)) return true;
  if (node->program.dtype() != view.dtype && (node->program.dtype()->is_complex() || !node->program.cast(view.dtype))) return true;
  *handled = true;
  Ref expected = watch.checking ? array_one_by_one(node->program) : Ref{};
  if (!run_alone(node, "store under a mask", [&](eng::Error& error) { return node->program.run_under(view, *chooser, error); })) return false;
  if (expected) {
    Results results;
    ArrayView stored;
    eng::Error error;
    if (!eng::select(view, as_array(mask)->view(), &stored, results.allocator(), error)) return raise_engine(error);
    if (!same_result(results.objects[0], expected)) return raise_difference(node->program.text(), "store under a mask");
  }
  return report(node);
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

bool defer_cast(Value array, const DType* dtype, Ref* result, bool* handled) {
  Frame* site = std::exchange(nodes.site, nullptr);
  const bool wanted = site && wants_node(site);
  const DType* own = dtype_of_array(array);
  *handled = false;
  Ref node;
  if (is_node(array)) {
    if (as_node(array)->array || (own->is_complex() && !dtype->is_complex()) || !conditions_are_quiet()) return true;
    node = Ref::copy(array);
    if (own != dtype) {
      if (!as_node(node)->program.astype(as_node(node)->program.root(), dtype)) return true;
      as_node(node)->at[as_node(node)->program.operation_count() - 1] = as_node(node)->frame->pc;
    }
  } else {
    const ArrayView view = as_array(array)->view();
    if (!wanted || !is_exact_ndarray(array) || own == dtype || (own->is_complex() && !dtype->is_complex()) || view.nd == 0 || view.nd > eng::kProgramDims ||
        view.size() < kWorthDeferring || !conditions_are_quiet())
      return true;
    node = node_new(site, view.nd, view.shape);
    if (!node) return false;
    eng::Program::Id leaf;
    if (!as_node(node)->program.add_leaf(view, &leaf) || !keep(as_node(node), array) || !as_node(node)->program.astype(leaf, dtype)) return true;
    as_node(node)->at[0] = site->pc;
  }
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
  nodes.array = &ndarray_type;
  nodes.type = &node_type;
  return true;
}

}  // namespace adder::numpy
