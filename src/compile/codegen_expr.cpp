// Expressions, but for calls and displays (codegen_call.cpp), functions and comprehensions.
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

namespace {

struct BinaryOps { Op plain, k, kr; };
BinaryOps binary_ops(Operator op) {
  switch (op) {
#define ADDER_CASE(node, NAME) case Operator::node: return {Op::k##NAME, Op::k##NAME##_K, Op::k##NAME##_KR};
    ADDER_CASE(Add, ADD) ADDER_CASE(Sub, SUBTRACT) ADDER_CASE(Mult, MULTIPLY) ADDER_CASE(MatMult, MATRIX_MULTIPLY)
    ADDER_CASE(Div, TRUE_DIVIDE) ADDER_CASE(Mod, REMAINDER) ADDER_CASE(Pow, POWER) ADDER_CASE(LShift, LEFT_SHIFT)
    ADDER_CASE(RShift, RIGHT_SHIFT) ADDER_CASE(BitOr, OR) ADDER_CASE(BitXor, XOR) ADDER_CASE(BitAnd, AND)
    ADDER_CASE(FloorDiv, FLOOR_DIVIDE)
#undef ADDER_CASE
  }
  __builtin_unreachable();
}

struct CompareOps { Op value, value_k, jump, jump_not, jump_k, jump_not_k; };
bool compare_ops(CompareOperator op, CompareOps* out) {
  switch (op) {
#define ADDER_CASE(node, N)                                                                                              \
  case CompareOperator::node:                                                                                          \
    *out = {Op::kCOMPARE_##N, Op::kCOMPARE_##N##_K, Op::kJUMP_IF_##N, Op::kJUMP_IF_NOT_##N, Op::kJUMP_IF_##N##_K, Op::kJUMP_IF_NOT_##N##_K}; \
    return true;
    ADDER_CASE(Lt, LT) ADDER_CASE(LtE, LE) ADDER_CASE(Eq, EQ) ADDER_CASE(NotEq, NE) ADDER_CASE(Gt, GT) ADDER_CASE(GtE, GE)
#undef ADDER_CASE
    default: return false;
  }
}

bool has_walrus(Node* n, int depth) {
  if (n->kind == NodeKind::NamedExpr || depth > 200) return true;
  if (n->kind == NodeKind::Constant || n->kind == NodeKind::Name || n->kind == NodeKind::Lambda) return false;
  bool found = false;
  each_child(n, [&](Node* child) { found = found || has_walrus(child, depth + 1); });
  return found;
}

}  // namespace

// Whether evaluating `later` may store to a local of this unit: only a walrus can.
bool Codegen::rebinds(Node* later) { return later && u_->block->has_walrus && has_walrus(later, 0); }

bool Codegen::to_register(Opnd* o) {
  if (o->kind != Opnd::kConst) return true;
  int r = alloc();
  emit32(Op::kLOAD_CONST, r, o->v);
  *o = temp(r);
  return true;
}

// An operand: a local as it is, a constant if the instruction takes one, else in a temporary (`scratch` if that is one and empty).
bool Codegen::operand(Expr* e, Opnd* o, bool constants, Node* later, Node* later2, int scratch) {
  if (constants) {
    if (auto* c = cast_if<Constant>(e)) {
      int k = constant(c->value);
      if (k <= 0xFFFF) {
        *o = {Opnd::kConst, static_cast<uint16_t>(k)};
        return true;
      }
    }
  }
  if (auto* n = cast_if<Name>(e)) {
    Value name = mangled(n->id);
    if (!name) return false;
    int reg = local_register(name);
    if (reg >= 0 && !rebinds(later) && !rebinds(later2)) {
      LocScope at(*this, e);
      *o = {Opnd::kLocal, static_cast<uint16_t>(reg)};
      return check_bound(name, reg);
    }
  } else if (auto* w = cast_if<NamedExpr>(e)) {
    int reg = local_of(w->target);
    if (reg >= 0 && !rebinds(later) && !rebinds(later2)) {
      *o = {Opnd::kLocal, static_cast<uint16_t>(reg)};
      LocScope at(*this, e);
      return named(w, reg);
    }
  }
  int r = scratch >= 0 && is_temp(scratch) ? scratch : alloc();
  *o = temp(r);
  return expr_to(e, r);
}

bool Codegen::effect(Expr* e) {
  int mark = u_->top;
  if (e->kind == NodeKind::Constant) return true;
  Opnd o;
  if (!operand(e, &o)) return false;
  if (o.kind == Opnd::kTemp) {
    LocScope at(*this, e);
    release(o.v);
  }
  u_->top = mark;
  return true;
}

bool Codegen::expr_to(Expr* e, int dest) {
  if (++depth_ > kMaxTreeDepth) return raise_too_deep();
  int mark = u_->top;
  Place saved = loc_;
  loc_ = e;
  bool ok = expr_inner(e, dest);
  loc_ = saved;
  u_->top = mark;
  depth_--;
  return ok && !failed_;
}

bool Codegen::expr_inner(Expr* e, int dest) {
  switch (e->kind) {
    case NodeKind::Constant: return load_const(cast<Constant>(e)->value, dest);
    case NodeKind::Name: return load_name(cast<Name>(e)->id, dest);
    case NodeKind::BinOp: return binary(cast<BinOp>(e), dest);
    case NodeKind::UnaryOp: {
      auto* n = cast<UnaryOp>(e);
      Opnd o;
      if (!operand(n->operand, &o, false, nullptr, nullptr, dest)) return false;
      Op op = n->op == UnaryOperator::Not ? Op::kNOT : n->op == UnaryOperator::USub ? Op::kNEGATE : n->op == UnaryOperator::UAdd ? Op::kPOSITIVE : Op::kINVERT;
      emit(op, out(dest), in(o));
      return true;
    }
    case NodeKind::BoolOp: return bool_op(cast<BoolOp>(e), dest);
    case NodeKind::IfExp: {
      auto* n = cast<IfExp>(e);
      Label otherwise = new_label(), end = new_label();
      if (!jump_if(n->test, otherwise, false) || !expr_to(n->body, dest)) return false;
      loc_ = no_place();
      jump_to(end);
      bind(otherwise);
      if (!expr_to(n->orelse, dest)) return false;
      bind(end);
      return true;
    }
    case NodeKind::Compare: return compare(cast<Compare>(e), dest);
    case NodeKind::Call: return call(cast<Call>(e), dest);
    case NodeKind::Attribute: return attribute(cast<Attribute>(e), dest);
    case NodeKind::Subscript: return subscript(cast<Subscript>(e), dest);
    case NodeKind::Tuple: return sequence(cast<Tuple>(e)->elts, dest, 0);
    case NodeKind::List: return sequence(cast<List>(e)->elts, dest, 1);
    case NodeKind::Set: return sequence(cast<Set>(e)->elts, dest, 2);
    case NodeKind::Dict: return dict(cast<Dict>(e), dest);
    case NodeKind::JoinedStr: return joined_str(cast<JoinedStr>(e), dest);
    case NodeKind::FormattedValue: return formatted(cast<FormattedValue>(e), dest);
    case NodeKind::NamedExpr: return named(cast<NamedExpr>(e), dest);
    case NodeKind::Slice: return slice_object(cast<Slice>(e), dest);
    case NodeKind::Lambda: return lambda(cast<Lambda>(e), dest);
    case NodeKind::ListComp:
    case NodeKind::SetComp:
    case NodeKind::DictComp:
    case NodeKind::GeneratorExp: return comprehension(e, dest);
    case NodeKind::Yield: return yield_value(cast<Yield>(e), dest);
    case NodeKind::YieldFrom: return yield_from(cast<YieldFrom>(e), dest);
    case NodeKind::Await: return await(e, dest);
    case NodeKind::Starred: return error(e, "can't use starred expression here");
    default: return raise(PyExc_SystemError, "unexpected expression %s", node_name(e->kind));
  }
}

bool Codegen::binary(BinOp* n, int dest) {
  BinaryOps ops = binary_ops(n->op);
  Opnd l, r;
  if (!operand(n->left, &l, n->right->kind != NodeKind::Constant, n->right, nullptr, dest)) return false;
  // The right operand must not overwrite a left one that waits in dest.
  bool dest_free = !(l.kind == Opnd::kTemp && l.v == dest);
  if (!operand(n->right, &r, l.kind != Opnd::kConst, nullptr, nullptr, dest_free ? dest : -1)) return false;
  if (l.kind == Opnd::kConst) emit(ops.kr, out(dest), l.v, in(r));
  else if (r.kind == Opnd::kConst) emit(ops.k, out(dest), in(l), r.v);
  else emit(ops.plain, out(dest), in(l), in(r));
  return true;
}

bool Codegen::bool_op(BoolOp* n, int dest) {
  int t = is_temp(dest) ? dest : alloc();
  Label end = new_label();
  Op op = n->op == BoolOperator::And ? Op::kJUMP_IF_FALSE : Op::kJUMP_IF_TRUE;
  for (uint32_t i = 0; i < n->values.size(); i++) {
    if (!expr_to(n->values[i], t)) return false;
    if (i + 1 == n->values.size()) break;
    jump(op, end, t);
    release(t);
  }
  bind(end);
  move(dest, temp(t));
  return true;
}

// --- Comparison and branches --------------------------------------------------------------------------------------------

bool Codegen::compare_value(CompareOperator op, Opnd l, Opnd r, int dest) {
  CompareOps ops;
  if (compare_ops(op, &ops)) {
    if (r.kind == Opnd::kConst) emit(ops.value_k, out(dest), in(l), r.v);
    else emit(ops.value, out(dest), in(l), in(r));
    return true;
  }
  if (!to_register(&r)) return false;
  Op o = op == CompareOperator::Is ? Op::kIS : op == CompareOperator::IsNot ? Op::kIS_NOT : op == CompareOperator::In ? Op::kCONTAINS : Op::kNOT_CONTAINS;
  emit(o, out(dest), in(l), in(r));
  return true;
}

bool Codegen::compare_jump(CompareOperator op, Opnd l, Opnd r, Label target, bool condition) {
  CompareOps ops;
  if (compare_ops(op, &ops)) {
    if (r.kind == Opnd::kConst) jump(condition ? ops.jump_k : ops.jump_not_k, target, in(l), r.v);
    else jump(condition ? ops.jump : ops.jump_not, target, in(l), in(r));
    return true;
  }
  if (op == CompareOperator::Is || op == CompareOperator::IsNot) {
    bool same = (op == CompareOperator::Is) == condition;
    if (r.kind == Opnd::kConst && is_none(u_->consts[r.v])) {
      jump(same ? Op::kJUMP_IF_NONE : Op::kJUMP_IF_NOT_NONE, target, in(l));
      return true;
    }
    if (!to_register(&r)) return false;
    jump(same ? Op::kJUMP_IF_IS : Op::kJUMP_IF_IS_NOT, target, in(l), in(r));
    return true;
  }
  if (!to_register(&r)) return false;
  jump((op == CompareOperator::In) == condition ? Op::kJUMP_IF_IN : Op::kJUMP_IF_NOT_IN, target, in(l), in(r));
  return true;
}

bool Codegen::compare(Compare* n, int dest) {
  if (!check_compare(n)) return false;
  Opnd l, r;
  if (n->ops.size() == 1) {
    if (!operand(n->left, &l, false, n->comparators[0], nullptr, dest)) return false;
    bool dest_free = !(l.kind == Opnd::kTemp && l.v == dest);
    if (!operand(n->comparators[0], &r, true, nullptr, nullptr, dest_free ? dest : -1)) return false;
    return compare_value(n->ops[0], l, r, dest);
  }
  // A chain: the middle operand stays for the next comparison; the first false result is the value. Two registers serve all operands by turns;
  // each has a place where it is released when the chain ends early.
  int t = is_temp(dest) ? dest : alloc();
  int pair = alloc(2);
  Label exits[2] = {-1, -1};
  Label end = new_label();
  if (!operand(n->left, &l, false, n, nullptr, pair)) return false;
  uint32_t last_one = n->ops.size() - 1;
  for (uint32_t i = 0; i < last_one; i++) {
    if (!operand(n->comparators[i], &r, false, n->comparators[i + 1], nullptr, l.kind == Opnd::kTemp && l.v == pair ? pair + 1 : pair)) return false;
    compare_value(n->ops[i], l, borrow(r), t);
    Label to = end;
    if (r.kind == Opnd::kTemp) {
      Label& exit = exits[r.v - pair];
      if (exit < 0) exit = new_label();
      to = exit;
    }
    jump(Op::kJUMP_IF_FALSE, to, t);
    release(t);
    l = r;
  }
  if (!operand(n->comparators[last_one], &r, true)) return false;
  if (!compare_value(n->ops[last_one], l, r, t)) return false;
  for (int k = 0; k < 2; k++) {
    if (exits[k] < 0) continue;
    jump_to(end);
    bind(exits[k]);
    release(pair + k);
  }
  bind(end);
  move(dest, temp(t));
  return true;
}

bool Codegen::jump_if_compare(Compare* n, Label target, bool condition) {
  if (!check_compare(n)) return false;
  Opnd l, r;
  if (n->ops.size() == 1) {
    return operand(n->left, &l, false, n->comparators[0]) && operand(n->comparators[0], &r, true) &&
           compare_jump(n->ops[0], l, r, target, condition);
  }
  int pair = alloc(2);
  Label exits[2] = {-1, -1};
  Label end = new_label();
  Label when_false = condition ? end : target;
  if (!operand(n->left, &l, false, n, nullptr, pair)) return false;
  uint32_t last_one = n->ops.size() - 1;
  for (uint32_t i = 0; i < last_one; i++) {
    if (!operand(n->comparators[i], &r, false, n->comparators[i + 1], nullptr, l.kind == Opnd::kTemp && l.v == pair ? pair + 1 : pair)) return false;
    Label to = when_false;
    if (r.kind == Opnd::kTemp) {
      Label& exit = exits[r.v - pair];
      if (exit < 0) exit = new_label();
      to = exit;
    }
    int mark = u_->top;
    if (!compare_jump(n->ops[i], l, borrow(r), to, false)) return false;
    u_->top = mark;
    l = r;
  }
  if (!operand(n->comparators[last_one], &r, true) || !compare_jump(n->ops[last_one], l, r, target, condition)) return false;
  if (exits[0] >= 0 || exits[1] >= 0) {
    jump_to(end);
    for (int k = 0; k < 2; k++) {
      if (exits[k] < 0) continue;
      bind(exits[k]);
      release(pair + k);
      jump_to(when_false);
    }
  }
  bind(end);
  return true;
}

// Jumps to the target if the truth of e is `condition`, else falls through; nothing is materialised. A comparison has its own place,
// the test of a plain value that of what is around it.
bool Codegen::jump_if(Expr* e, Label target, bool condition) {
  if (++depth_ > kMaxTreeDepth) return raise_too_deep();
  int mark = u_->top;
  bool ok = true;
  switch (e->kind) {
    case NodeKind::Constant: {
      int truth = is_true(cast<Constant>(e)->value);
      if (truth < 0) return false;
      if ((truth != 0) == condition) jump_to(target);
      else emit(Op::kNOP);
      break;
    }
    case NodeKind::UnaryOp: {
      auto* n = cast<UnaryOp>(e);
      if (n->op != UnaryOperator::Not) goto plain;
      ok = jump_if(n->operand, target, !condition);
      break;
    }
    case NodeKind::BoolOp: {
      auto* n = cast<BoolOp>(e);
      bool early = n->op == BoolOperator::Or;
      Label next = early == condition ? target : new_label();
      for (uint32_t i = 0; ok && i + 1 < n->values.size(); i++) ok = jump_if(n->values[i], next, early);
      ok = ok && jump_if(n->values.back(), target, condition);
      if (next != target) bind(next);
      break;
    }
    case NodeKind::IfExp: {
      auto* n = cast<IfExp>(e);
      Label otherwise = new_label(), end = new_label();
      ok = jump_if(n->test, otherwise, false) && jump_if(n->body, target, condition);
      if (!ok) break;
      jump_to(end);
      bind(otherwise);
      ok = jump_if(n->orelse, target, condition);
      bind(end);
      break;
    }
    case NodeKind::Compare: {
      LocScope at(*this, e);
      ok = jump_if_compare(cast<Compare>(e), target, condition);
      break;
    }
    default:
    plain: {
      Opnd o;
      ok = operand(e, &o);
      if (ok) jump(condition ? Op::kJUMP_IF_TRUE : Op::kJUMP_IF_FALSE, target, in(o));
    }
  }
  u_->top = mark;
  depth_--;
  return ok && !failed_;
}

// --- Attributes and items -------------------------------------------------------------------------------------------------

// In `x\n.attr` the instruction's place begins at the attribute, so that tracebacks show its line.
Place Codegen::attribute_place(Place p, Attribute* n) {
  if (n->lineno == n->end_lineno) return p;
  auto length = static_cast<int>(str_length(n->attr));
  p.line = n->end_lineno;
  if (length <= n->end_col_offset) {
    p.column = n->end_col_offset - length;
  } else {
    p.column = p.end_column = -1;
  }
  return p;
}

bool Codegen::attribute(Attribute* n, int dest) {
  Opnd o;
  if (!operand(n->value, &o, false, nullptr, nullptr, dest)) return false;
  Value name = mangled(n->attr);
  if (!name) return false;
  LocScope at(*this, attribute_place(n, n));
  emit(Op::kLOAD_ATTR, out(dest), in(o), name_index(name));
  return true;
}

bool Codegen::small_index(Expr* e, int* index) {
  auto* c = cast_if<Constant>(e);
  if (!c || !c->value.is_int() || c->value.as_int() != static_cast<int16_t>(c->value.as_int())) return false;
  *index = static_cast<int>(c->value.as_int());
  return true;
}

bool Codegen::slice_parts(Slice* s, int* window) {
  int w = *window = alloc(s->step ? 3 : 2);
  if (s->lower ? !expr_to(s->lower, w) : !load_const(none(), w)) return false;
  if (s->upper ? !expr_to(s->upper, w + 1) : !load_const(none(), w + 1)) return false;
  return !s->step || expr_to(s->step, w + 2);
}

bool Codegen::slice_object(Slice* s, int dest) {
  int w;
  if (!slice_parts(s, &w)) return false;
  emit(Op::kBUILD_SLICE, out(dest), w, s->step ? 3 : 2);
  return true;
}

bool Codegen::subscript(Subscript* n, int dest) {
  if (!check_subscripter(n->value) || !check_index(n->value, n->slice)) return false;
  Opnd o, key;
  if (!operand(n->value, &o, false, n->slice, nullptr, dest)) return false;
  if (auto* s = cast_if<Slice>(n->slice)) {
    int w;
    if (!slice_parts(s, &w)) return false;
    emit(s->step ? Op::kLOAD_SLICE_STEP : Op::kLOAD_SLICE, out(dest), in(o), w);
    return true;
  }
  if (int i; small_index(n->slice, &i)) {
    emit(Op::kLOAD_ITEM_I, out(dest), in(o), i);
    return true;
  }
  bool dest_free = !(o.kind == Opnd::kTemp && o.v == dest);
  if (!operand(n->slice, &key, true, nullptr, nullptr, dest_free ? dest : -1)) return false;
  if (key.kind == Opnd::kConst) emit(Op::kLOAD_ITEM_K, out(dest), in(o), key.v);
  else emit(Op::kLOAD_ITEM, out(dest), in(o), in(key));
  return true;
}

bool Codegen::named(NamedExpr* n, int dest) {
  auto* target = cast<Name>(n->target);
  if (!allowed_name(target->id, ExprContext::Store, target)) return false;
  int reg = local_of(target);
  if (reg >= 0) {
    if (!expr_to(n->value, reg)) return false;
    move(dest, {Opnd::kLocal, static_cast<uint16_t>(reg)});
    return true;
  }
  int t = is_temp(dest) ? dest : alloc();
  if (!expr_to(n->value, t) || !store_name(target->id, borrow(temp(t)))) return false;
  move(dest, temp(t));
  return true;
}

// --- Suspension -----------------------------------------------------------------------------------------------------------

bool Codegen::yield_value(Yield* n, int dest) {
  if (!u_->is_function()) return error(loc_, "'yield' outside function");
  Opnd v;
  if (n->value) {
    if (!operand(n->value, &v, false, nullptr, nullptr, dest)) return false;
  } else {
    int t = is_temp(dest) ? dest : alloc();
    load_const(none(), t);
    v = temp(t);
  }
  if (u_->block->generator && u_->block->coroutine) {
    int t = v.kind == Opnd::kTemp ? v.v : alloc();
    emit(Op::kASYNC_WRAP, t, in(v));
    v = temp(t);
  }
  emit(Op::kYIELD, out(dest), in(v), 0);
  return true;
}

void Codegen::delegate(int iterator, int value) {
  Label again = new_label(), done = new_label();
  u_->label_used[static_cast<size_t>(again)] = 1;
  bind(again);
  Ins* send = emit(Op::kSEND, value, iterator, last(value));
  send->label = done;
  u_->label_used[static_cast<size_t>(done)] = u_->reachable;
  emit(Op::kYIELD, value, last(value), 1 + iterator);
  emit(Op::kJUMP)->label = again;  // no polling: an interrupt would part the chain
  bind(done);
  release(iterator);
}

bool Codegen::yield_from(YieldFrom* n, int dest) {
  if (!u_->is_function()) return error(loc_, "'yield' outside function");
  if (u_->kind == UnitKind::kAsyncFunction) return error(loc_, "'yield from' inside async function");
  int value = is_temp(dest) ? dest : alloc();
  int iterator = alloc();
  Opnd o;
  if (!operand(n->value, &o, false, nullptr, nullptr, iterator)) return false;
  emit(Op::kGET_YIELD_FROM_ITER, iterator, in(o));
  load_const(none(), value);
  delegate(iterator, value);
  move(dest, temp(value));
  return true;
}

bool Codegen::await(Expr* e, int dest) {
  if (!top_level_await()) {
    if (!u_->is_function()) return error(loc_, "'await' outside function");
    if (u_->kind != UnitKind::kAsyncFunction && u_->kind != UnitKind::kComprehension) return error(loc_, "'await' outside async function");
  }
  int value = is_temp(dest) ? dest : alloc();
  int iterator = alloc();
  Opnd o;
  if (!operand(cast<Await>(e)->value, &o, false, nullptr, nullptr, iterator)) return false;
  emit(Op::kGET_AWAITABLE, iterator, in(o), 0);
  load_const(none(), value);
  delegate(iterator, value);
  move(dest, temp(value));
  return true;
}

// --- Warnings about what cannot be meant -------------------------------------------------------------------------------------

namespace {

// The type that a literal or display surely has; null if unknown.
PyTypeObject* surely(Expr* e) {
  switch (e->kind) {
    case NodeKind::Tuple: return &PyTuple_Type;
    case NodeKind::List:
    case NodeKind::ListComp: return &PyList_Type;
    case NodeKind::Dict:
    case NodeKind::DictComp: return &PyDict_Type;
    case NodeKind::Set:
    case NodeKind::SetComp: return &PySet_Type;
    case NodeKind::GeneratorExp: return &PyGen_Type;
    case NodeKind::Lambda: return &PyFunction_Type;
    case NodeKind::JoinedStr:
    case NodeKind::FormattedValue: return &PyUnicode_Type;
    case NodeKind::Constant: return type_of(cast<Constant>(e)->value);
    default: return nullptr;
  }
}

}  // namespace

bool Codegen::check_caller(Expr* e) {
  switch (e->kind) {
    case NodeKind::Constant:
    case NodeKind::Tuple:
    case NodeKind::List:
    case NodeKind::ListComp:
    case NodeKind::Dict:
    case NodeKind::DictComp:
    case NodeKind::Set:
    case NodeKind::SetComp:
    case NodeKind::GeneratorExp:
    case NodeKind::JoinedStr:
    case NodeKind::FormattedValue:
      return warn(e, str_format("'%N' object is not callable; perhaps you missed a comma?", surely(e)));
    default: return true;
  }
}

bool Codegen::check_subscripter(Expr* e) {
  switch (e->kind) {
    case NodeKind::Constant: {
      Value v = cast<Constant>(e)->value;
      if (!(is_none(v) || v == Value{Py_Ellipsis} || is_int(v) || adder::is_float(v) || is_exact(v, &PyComplex_Type) || is_exact(v, &PyFrozenSet_Type))) return true;
      [[fallthrough]];
    }
    case NodeKind::Set:
    case NodeKind::SetComp:
    case NodeKind::GeneratorExp:
    case NodeKind::Lambda:
      return warn(e, str_format("'%N' object is not subscriptable; perhaps you missed a comma?", surely(e)));
    default: return true;
  }
}

bool Codegen::check_index(Expr* e, Expr* index) {
  PyTypeObject* t = surely(index);
  if (!t || t == &PyLong_Type || t == &PyBool_Type || t == &PySlice_Type) return true;
  switch (e->kind) {
    case NodeKind::Constant: {
      Value v = cast<Constant>(e)->value;
      if (!(is_str(v) || is_bytes(v) || is_tuple(v))) return true;
      [[fallthrough]];
    }
    case NodeKind::Tuple:
    case NodeKind::List:
    case NodeKind::ListComp:
    case NodeKind::JoinedStr:
    case NodeKind::FormattedValue:
      return warn(e, str_format("%N indices must be integers or slices, not %N; perhaps you missed a comma?", surely(e), t));
    default: return true;
  }
}

// "is" with a literal.
bool Codegen::check_compare(Compare* n) {
  auto fit = [](Expr* e) {
    auto* c = cast_if<Constant>(e);
    return !c || is_none(c->value) || is_bool(c->value) || c->value == Value{Py_Ellipsis};
  };
  bool left = fit(n->left);
  for (uint32_t i = 0; i < n->ops.size(); i++) {
    bool right = fit(n->comparators[i]);
    bool is = n->ops[i] == CompareOperator::Is;
    if ((is || n->ops[i] == CompareOperator::IsNot) && (!left || !right))
      return warn(n, str_from_ascii(is ? "\"is\" with a literal. Did you mean \"==\"?" : "\"is not\" with a literal. Did you mean \"!=\"?"));
    left = right;
  }
  return true;
}

}  // namespace adder::compile
