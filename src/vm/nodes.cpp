// Where a deferred array operation may wait: the way from the instruction that makes it to the one that takes it.
#include "vm/nodes.h"

#include <algorithm>

#include "compile/instruction.h"
#include "compile/liveness.h"
#include "object/containers.h"
#include "object/type.h"
#include "vm/interp.h"

namespace adder {

Nodes nodes;

namespace {

constexpr int kFarthest = 64;  // instructions looked at

bool is_arithmetic(Op op) {
  switch (op) {
#define ADDER_ARITHMETIC(NAME) case Op::k##NAME: case Op::k##NAME##_K: case Op::k##NAME##_KR:
    ADDER_ARITHMETIC(ADD) ADDER_ARITHMETIC(SUBTRACT) ADDER_ARITHMETIC(MULTIPLY) ADDER_ARITHMETIC(TRUE_DIVIDE)
    ADDER_ARITHMETIC(FLOOR_DIVIDE) ADDER_ARITHMETIC(REMAINDER) ADDER_ARITHMETIC(POWER) ADDER_ARITHMETIC(LEFT_SHIFT)
    ADDER_ARITHMETIC(RIGHT_SHIFT) ADDER_ARITHMETIC(AND) ADDER_ARITHMETIC(OR) ADDER_ARITHMETIC(XOR)
#undef ADDER_ARITHMETIC
#define ADDER_COMPARISON(NAME) case Op::kCOMPARE_##NAME: case Op::kCOMPARE_##NAME##_K:
    ADDER_COMPARISON(LT) ADDER_COMPARISON(LE) ADDER_COMPARISON(EQ) ADDER_COMPARISON(NE) ADDER_COMPARISON(GT) ADDER_COMPARISON(GE)
#undef ADDER_COMPARISON
    case Op::kNEGATE: case Op::kPOSITIVE: case Op::kINVERT:
      return true;
    default:
      return false;
  }
}

bool is_inplace(Op op) {
  switch (op) {
#define ADDER_INPLACE(NAME) case Op::kINPLACE_##NAME:
    ADDER_INPLACE(ADD) ADDER_INPLACE(SUBTRACT) ADDER_INPLACE(MULTIPLY) ADDER_INPLACE(TRUE_DIVIDE) ADDER_INPLACE(FLOOR_DIVIDE)
    ADDER_INPLACE(REMAINDER) ADDER_INPLACE(POWER) ADDER_INPLACE(LEFT_SHIFT) ADDER_INPLACE(RIGHT_SHIFT) ADDER_INPLACE(AND) ADDER_INPLACE(OR) ADDER_INPLACE(XOR)
#undef ADDER_INPLACE
      return true;
    default:
      return false;
  }
}

bool is_inplace_by_constant(Op op) {
  switch (op) {
#define ADDER_INPLACE(NAME) case Op::kINPLACE_##NAME##_K:
    ADDER_INPLACE(ADD) ADDER_INPLACE(SUBTRACT) ADDER_INPLACE(MULTIPLY) ADDER_INPLACE(TRUE_DIVIDE) ADDER_INPLACE(FLOOR_DIVIDE)
    ADDER_INPLACE(REMAINDER)
#undef ADDER_INPLACE
      return true;
    default:
      return false;
  }
}

// Instructions that write to no array without entering a Python frame or calling a builtin; both of these settle what is pending.
bool is_pending_safe(Op op) {
  switch (op) {
    case Op::kNOP: case Op::kMOVE: case Op::kLOAD_CONST: case Op::kCHECK_BOUND: case Op::kLOAD_GLOBAL: case Op::kLOAD_NAME: case Op::kLOAD_DEREF: case Op::kLOAD_ATTR:
    case Op::kLOAD_METHOD: case Op::kLOAD_ITEM: case Op::kLOAD_ITEM_K: case Op::kLOAD_ITEM_I: case Op::kLOAD_SLICE: case Op::kLOAD_SLICE_STEP:
    case Op::kBUILD_SLICE: case Op::kBUILD_TUPLE: case Op::kIS: case Op::kIS_NOT: case Op::kCALL: case Op::kCALL_METHOD: case Op::kCALL_KW: case Op::kCALL_METHOD_KW:
      return true;
    default:
      return is_arithmetic(op);
  }
}

// A key by which no list and no dict is meant: what STORE_ITEM may store by must not reach their fast paths.
bool is_array_key(Value v) { return is_exact_tuple(v) || is_exact(v, &PySlice_Type) || is_exact(v, &PyEllipsis_Type) || is_exact(v, nodes.array); }

// Whether the tuple that the instruction makes is what the next one returns.
bool gives_to_caller(const Word* pc) {
  const Word* next = pc + op_info(op_of(*pc)).words();
  return op_of(*next) == Op::kRETURN && (field_a(next) & kRegisterMask) == (field_a(pc) & kRegisterMask);
}
// Whether locals hold nodes, which nobody will ask for if the frame returns.
bool may_drop_locals(const Frame* f) { return this_thread()->handlers == kNodeHandlers && !f->object; }

// Whether a local that is written now is taken as a node later, before anything that would need an array.
bool is_taken_later(const Frame* f, uint16_t out) {
  constexpr int kMostNames = 8;
  uint16_t names[kMostNames] = {out};  // registers that hold the value
  int count = 1;
  auto at = [&](uint16_t operand) { return static_cast<int>(std::find(names, names + count, operand & kRegisterMask) - names); };
  const Word* pc = f->pc;
  for (int i = 0; i < kFarthest && count > 0; i++) {
    pc += op_info(op_of(*pc)).words();
    const Op op = general_form(op_of(*pc));
    const OpInfo& info = op_info(op);
    const Operand kinds[] = {info.a, info.b, info.c};
    const uint16_t fields[] = {field_a(pc), field_b(pc), field_c(pc)};
    bool taken = false, right = false, in_window = false;  // right: as what is stored
    for (int k = 0; k < 3; k++) {
      const bool reads = kinds[k] == Operand::kin || kinds[k] == Operand::knode || (kinds[k] == Operand::kopt && fields[k] != kNoRegister);
      if (!reads || at(fields[k]) == count) continue;
      taken = true;
      right |= k == 2;
    }
    for_each_window_run(pc, [&](bool is_out, int first, int n) {
      for (int k = 0; k < count; k++) in_window |= !is_out && names[k] >= first && names[k] < first + n;
    });
    if (in_window) {
      const bool method = op == Op::kCALL_METHOD || op == Op::kCALL_METHOD_KW;
      if (!method && op != Op::kCALL && op != Op::kCALL_KW) return false;
      return true;  // what is called is not there yet
    }
    if (taken && op != Op::kMOVE)
      return is_arithmetic(op) || (right && (is_inplace(op) || op == Op::kSTORE_SLICE || op == Op::kSTORE_SLICE_STEP || op == Op::kSTORE_ITEM)) ||
             (op == Op::kLOAD_METHOD && !type_lookup(nodes.type, tuple_words(f->code->co_names)[fields[2]].object()).absent());
    for (int k = 0; k < 3; k++) {
      if (kinds[k] != Operand::kout) continue;
      if (const int there = at(fields[k]); there < count) names[there] = names[--count];
    }
    if (op == Op::kMOVE && taken) {
      if (count == kMostNames) return false;
      names[count++] = fields[0] & kRegisterMask;
    }
    if (op != Op::kFOR_ITER && !is_pending_safe(op)) return false;
  }
  return false;
}

// Whether the instruction lies in a loop. There what the last turn left would be made at each turn's end, dead or not.
bool in_loop(const Frame* f) {
  const Word* words = code_words(f->code);
  const Py_ssize_t here = f->word_index(), end = code_word_count(f->code);
  for (Py_ssize_t at = here; at < end; at += op_info(op_of(words[at])).words()) {
    const Py_ssize_t target = op_info(op_of(words[at])).jumps ? jump_target(words, at) : end;
    if (target >= 0 && target <= here) return true;
  }
  return false;
}

// While other locals hold nodes, one more joins them.
bool wants_local(const Frame* f, uint16_t out) {
  const HandlerEntry* handlers = this_thread()->handlers;
  if (f->flags & kFrameGenerator || (handlers != kNodeHandlers && (handlers != kHandlers || in_loop(f) || !is_taken_later(f, out)))) return false;
  return nodes.keep_in_locals(const_cast<Frame*>(f));
}

}  // namespace

bool wants_node(const Frame* f) {
  if (this_thread()->ts.c_tracefunc || this_thread()->ts.c_profilefunc) return false;
  PyCodeObject* code = f->code;
  const Word* pc = f->pc;
  const uint16_t out = field_a(pc);
  if ((out & kRegisterMask) < code->co_nlocalsplus) return wants_local(f, out & kRegisterMask);
  const bool returns = may_drop_locals(f);
  const Value* r = const_cast<Frame*>(f)->registers();
  uint16_t array_key = kNoRegister;  // the temporary last written with a tuple or slice
  for (int i = 0; i < kFarthest; i++) {
    pc += op_info(op_of(*pc)).words();
    const Op op = general_form(op_of(*pc));
    const OpInfo& info = op_info(op);
    const Operand kinds[] = {info.a, info.b, info.c};
    const uint16_t fields[] = {field_a(pc), field_b(pc), field_c(pc)};
    int taken = -1;
    for (int k = 0; k < 3; k++) {
      const bool reads = kinds[k] == Operand::kin || kinds[k] == Operand::knode || (kinds[k] == Operand::kopt && fields[k] != kNoRegister);
      if (!reads || (fields[k] & kRegisterMask) != out) continue;
      if (taken >= 0 || !(fields[k] & kLastUse)) return false;
      taken = k;
    }
    bool in_window = false;
    for_each_window_run(pc, [&](bool is_out, int first, int count) { in_window |= !is_out && out >= first && out < first + count; });
    if (in_window) {
      const bool method = op == Op::kCALL_METHOD || op == Op::kCALL_METHOD_KW;
      if (returns && op == Op::kBUILD_TUPLE) return gives_to_caller(pc);
      if (!method && op != Op::kCALL && op != Op::kCALL_KW) return false;
      const Value* base = r + field_b(pc);
      const uint16_t first = static_cast<uint16_t>(field_b(pc) + kFrameWords + 1);
      return out >= first && (!method || base[kFrameWords].absent()) && nodes.accepts(base[0], static_cast<size_t>(out - first));
    }
    if (taken >= 0) {
      if (is_arithmetic(op)) return true;
      if (is_inplace(op)) return taken == 2;
      if (op == Op::kSTORE_SLICE || op == Op::kSTORE_SLICE_STEP) return taken == 2;
      if (op == Op::kSTORE_ITEM) {
        const uint16_t key = fields[1] & kRegisterMask;
        return taken == 2 && (key == array_key || (key < code->co_nlocalsplus && is_array_key(r[key])));
      }
      if (op == Op::kLOAD_METHOD) return !type_lookup(nodes.type, tuple_words(code->co_names)[fields[2]].object()).absent();
      return returns && op == Op::kRETURN;
    }
    if (!is_pending_safe(op)) return false;
    for (int k = 0; k < 3; k++) {
      if (kinds[k] != Operand::kout) continue;
      const uint16_t written = fields[k] & kRegisterMask;
      if (written < code->co_nlocalsplus) return false;  // a local may be what a later instruction names
      if (op == Op::kBUILD_TUPLE || op == Op::kBUILD_SLICE ||
          (op == Op::kLOAD_CONST && is_array_key(f->constants[field_bc(*pc)])))
        array_key = written;
      else if (written == array_key)
        array_key = kNoRegister;
    }
  }
  return false;
}

bool meet_nodes_in_call(Frame* f, Value callable, Value* args, size_t n, PyObject* kwnames) {
  const int meets = nodes.meets(callable, args, n, kwnames);
  if (meets == 2) nodes.site = f;
  if (meets) return true;
  // A method of nodes keeps its self, which has run then.
  for (size_t i = is_exact(callable, &PyMethodDescr_Type) ? 1 : 0; i < n; i++)
    if (is_node(args[i]) && !nodes.settle(&args[i])) return false;
  return !nodes.pending || nodes.settle_pending();
}

bool keep_or_settle(Frame* f, Ref* result) {
  if (wants_node(f)) return true;
  Value node = result->release();
  const bool done = nodes.settle(&node);
  *result = Ref::steal(node);
  if (!done) *result = Ref{};
  return done;
}

void settle_beside_exception() {
  Ref exception = take_error();
  if (nodes.settle_pending()) restore_error(std::move(exception));
}

// --- While locals hold nodes ------------------------------------------------------------------------------------------------------------
namespace {

bool is_plain(Value v) { return v.is_number() || is_bool(v) || is_none(v); }

// Whether an operand that the instruction reads is a node.
bool reads_node(const Word* pc, Value* r) {
  bool found = false;
  for_each_operand(*pc, [&](Operand kind, uint16_t field) {
    if (kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister)) found |= is_node(reg(r, field));
  });
  for_each_window_run(pc, [&](bool is_out, int first, int n) {
    for (int i = 0; i < n && !is_out; i++) found |= is_node(r[first + i]);
  });
  return found;
}
bool settle_operands(const Word* pc, Value* r) {
  bool done = true;
  for_each_operand(*pc, [&](Operand kind, uint16_t field) {
    if (done && (kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister)) && is_node(reg(r, field))) done = nodes.settle(&reg(r, field));
  });
  for_each_window_run(pc, [&](bool is_out, int first, int n) {
    for (int i = 0; i < n && !is_out && done; i++)
      if (is_node(r[first + i])) done = nodes.settle(&r[first + i]);
  });
  return done;
}

// As an instruction that raises does with its last-use operands.
void consume_operands(const Word* pc, Value* r) {
  for_each_operand(*pc, [&](Operand kind, uint16_t field) {
    if (kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister)) consume(r, field);
  });
  for_each_window_run(pc, [&](bool is_out, int first, int n) {
    for (int i = 0; i < n && !is_out; i++)
      if (r[first + i]) release(r[first + i]);
  });
}

// Whether the instruction neither sees a node nor changes what one reads.
bool may_pass(const Word* pc, Value* r) {
  const Op op = general_form(op_of(*pc));
  switch (op) {
    case Op::kNOP: case Op::kMOVE: case Op::kLOAD_CONST: case Op::kCHECK_BOUND: case Op::kLOAD_GLOBAL: case Op::kLOAD_DEREF: case Op::kJUMP:
      return true;
    case Op::kLOAD_METHOD:
      return !is_node(reg(r, field_b(pc))) || !type_lookup(nodes.type, name_at(r, field_c(pc))).absent();
    case Op::kCALL: case Op::kCALL_METHOD: case Op::kCALL_KW: case Op::kCALL_METHOD_KW: {
      const bool method = op == Op::kCALL_METHOD || op == Op::kCALL_METHOD_KW, keywords = op == Op::kCALL_KW || op == Op::kCALL_METHOD_KW;
      const Value* base = r + field_b(pc);
      const Value* args = base + kFrameWords + 1;
      size_t n = field_c(pc);
      if (method && base[kFrameWords]) args--, n++;
      return nodes.meets(base[0], args, n, keywords ? constant(r, pc[1]).object() : nullptr) != 0;
    }
    case Op::kFOR_ITER: {
      const Op form = op_of(*pc);
      return form == Op::kFOR_ITER_RANGE || form == Op::kFOR_ITER_LIST || form == Op::kFOR_ITER_TUPLE;
    }
    case Op::kJUMP_IF_TRUE: case Op::kJUMP_IF_FALSE: case Op::kJUMP_IF_NONE: case Op::kJUMP_IF_NOT_NONE:
      return is_plain(reg(r, field_a(pc)));
#define ADDER_COMPARISON(NAME)                                                                                        \
    case Op::kJUMP_IF_##NAME: case Op::kJUMP_IF_NOT_##NAME: return is_plain(reg(r, field_a(pc))) && is_plain(reg(r, field_b(pc))); \
    case Op::kJUMP_IF_##NAME##_K: case Op::kJUMP_IF_NOT_##NAME##_K: return is_plain(reg(r, field_a(pc)));
    ADDER_COMPARISON(LT) ADDER_COMPARISON(LE) ADDER_COMPARISON(EQ) ADDER_COMPARISON(NE) ADDER_COMPARISON(GT) ADDER_COMPARISON(GE)
#undef ADDER_COMPARISON
    default:
      if (is_inplace(op) || is_inplace_by_constant(op)) return reg(r, field_b(pc)).is_number() && (!is_inplace(op) || reg(r, field_c(pc)).is_number());
      return is_arithmetic(op) || (is_pending_safe(op) && !reads_node(pc, r));
  }
}

// An instruction that writes to an array what a node stands for.
bool writes_node(const Word* pc, Value* r) {
  const Op op = general_form(op_of(*pc));
  const bool in_place = is_inplace(op);
  if (!in_place && op != Op::kSTORE_SLICE && op != Op::kSTORE_SLICE_STEP && op != Op::kSTORE_ITEM) return false;
  return is_exact(reg(r, in_place ? field_b(pc) : field_a(pc)), nodes.array) && is_node(reg(r, field_c(pc))) && (field_c(pc) & kLastUse) &&
         !(op == Op::kSTORE_ITEM && is_node(reg(r, field_b(pc))));
}

ADDER_NOINLINE bool settle_read(const Word* pc, Value* r) {
  save_pc(r, pc);
  if (settle_operands(pc, r)) return true;
  consume_operands(pc, r);
  return false;
}

// What comes before an instruction while locals hold nodes; false: an exception.
ADDER_NOINLINE bool look_at(const Word* pc, Value* r, Thread* t) {
  // Code that ran within the instruction before may have ended it all: a result that was written since is an array now, too.
  if (t->handlers != kNodeHandlers) return !reads_node(pc, r) || settle_read(pc, r);
  if (may_pass(pc, r)) return true;
  save_pc(r, pc);
  const Op op = op_of(*pc);
  Frame* f = frame_of(r);
  bool done;
  if (writes_node(pc, r)) {
    done = nodes.settle_others(reg(r, field_c(pc)));
  } else if (op == Op::kBUILD_TUPLE && may_drop_locals(f) && gives_to_caller(pc)) {
    done = nodes.leave_frame(r + field_b(pc), field_c(pc));
  } else if ((op == Op::kRETURN || op == Op::kRETURN_CONST) && may_drop_locals(f)) {
    done = nodes.leave_frame(&reg(r, field_a(pc)), op == Op::kRETURN);
    if (done && t->handlers == kNodeHandlers) nodes.drop_locals();
  } else {
    done = nodes.settle_locals() && settle_operands(pc, r);
  }
  if (ADDER_UNLIKELY(!done)) consume_operands(pc, r);
  return done;
}

ADDER_VM_CC void run_beside_nodes(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  if (ADDER_UNLIKELY(!look_at(pc, r, t))) ADDER_UNWIND();
  handlers = t->handlers;
  [[clang::musttail]] return kHandlers[uint16_t(*pc)].run(pc, r, t, handlers);
}

}  // namespace

const HandlerEntry kNodeHandlers[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) {&run_beside_nodes},
#include "compile/opcodes.def"
};

bool meet_nodes(Frame* f, Value* x, Value* y) {
  if (nodes.is_operand(*x) && (!y || nodes.is_operand(*y))) {
    nodes.site = f;
    return true;
  }
  return (!is_node(*x) || nodes.settle(x)) && (!y || !is_node(*y) || nodes.settle(y));
}

}  // namespace adder
