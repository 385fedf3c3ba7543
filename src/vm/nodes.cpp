// Where a deferred array operation may wait: the way from the instruction that makes it to the one that takes it.
#include "vm/nodes.h"

#include "compile/instruction.h"
#include "compile/liveness.h"
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

}  // namespace

bool wants_node(const Frame* f) {
  if (this_thread()->ts.c_tracefunc || this_thread()->ts.c_profilefunc) return false;
  PyCodeObject* code = f->code;
  const Word* pc = f->pc;
  const uint16_t out = field_a(pc);
  if (out & kOccupied || out < code->co_nlocalsplus) return false;
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
      return false;
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

void settle_beside_exception() {
  Ref exception = take_error();
  if (nodes.settle_pending()) restore_error(std::move(exception));
}

bool meet_nodes(Frame* f, Value* x, Value* y) {
  if (nodes.is_operand(*x) && (!y || nodes.is_operand(*y))) {
    nodes.site = f;
    return true;
  }
  return (!is_node(*x) || nodes.settle(x)) && (!y || !is_node(*y) || nodes.settle(y));
}

}  // namespace adder
