// Statements, but for try, with, match, functions and classes.
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

Value docstring_of(Seq<Stmt*> body) {
  if (body.empty()) return {};
  auto* s = cast_if<ExprStmt>(body[0]);
  auto* c = s ? cast_if<Constant>(s->value) : nullptr;
  return c && is_str(c->value) ? c->value : Value{};
}

bool Codegen::body(Seq<Stmt*> list) {
  for (Stmt* s : list) {
    if (!stmt(s)) return false;
  }
  return true;
}

bool Codegen::stmt(Stmt* s) {
  if (++depth_ > kMaxTreeDepth) return raise_too_deep();
  int mark = u_->top;
  loc_ = s;
  bool ok = stmt_inner(s);
  u_->top = mark;
  depth_--;
  return ok && !failed_;
}

bool Codegen::stmt_inner(Stmt* s) {
  switch (s->kind) {
    case NodeKind::FunctionDef: {
      auto* n = cast<FunctionDef>(s);
      return function_def(s, n->name, n->args, n->body, n->decorator_list, n->returns, false);
    }
    case NodeKind::AsyncFunctionDef: {
      auto* n = cast<AsyncFunctionDef>(s);
      return function_def(s, n->name, n->args, n->body, n->decorator_list, n->returns, true);
    }
    case NodeKind::ClassDef: return class_def(cast<ClassDef>(s));
    case NodeKind::Return: return return_stmt(cast<Return>(s));
    case NodeKind::Delete:
      for (Expr* e : cast<Delete>(s)->targets) {
        if (!delete_target(e)) return false;
      }
      return true;
    case NodeKind::Assign: return assign_stmt(cast<Assign>(s));
    case NodeKind::AugAssign: return aug_assign(cast<AugAssign>(s));
    case NodeKind::AnnAssign: return ann_assign(cast<AnnAssign>(s));
    case NodeKind::For: return for_loop(cast<For>(s));
    case NodeKind::AsyncFor: return async_for(cast<AsyncFor>(s));
    case NodeKind::While: return while_loop(cast<While>(s));
    case NodeKind::If: return if_stmt(cast<If>(s));
    case NodeKind::With: return with(s, cast<With>(s)->items, 0, cast<With>(s)->body, false);
    case NodeKind::AsyncWith: return with(s, cast<AsyncWith>(s)->items, 0, cast<AsyncWith>(s)->body, true);
    case NodeKind::Match: return match_stmt(cast<Match>(s));
    case NodeKind::Raise: return raise_stmt(cast<Raise>(s));
    case NodeKind::Try: return try_stmt(cast<Try>(s));
    case NodeKind::TryStar: return try_star(cast<TryStar>(s));
    case NodeKind::Assert: return assert_stmt(cast<Assert>(s));
    case NodeKind::Import: return import(cast<Import>(s));
    case NodeKind::ImportFrom: return import_from(cast<ImportFrom>(s));
    case NodeKind::Global:
    case NodeKind::Nonlocal: return true;
    case NodeKind::ExprStmt: {
      Expr* e = cast<ExprStmt>(s)->value;
      if (settings_.interactive && u_->kind == UnitKind::kModule) {
        Opnd o;
        if (!operand(e, &o)) return false;
        emit(Op::kPRINT_EXPR, in(o));
        return true;
      }
      if (e->kind == NodeKind::Constant) {
        emit(Op::kNOP);
        return true;
      }
      return effect(e);
    }
    case NodeKind::Pass: emit(Op::kNOP); return true;
    case NodeKind::Break: return break_continue(s, true);
    case NodeKind::Continue: return break_continue(s, false);
    default: return raise(PyExc_SystemError, "unexpected statement %s", node_name(s->kind));
  }
}

// --- Assignment -------------------------------------------------------------------------------------------------------------

bool Codegen::assign(Expr* target, Opnd v) {
  LocScope at(*this, target);
  switch (target->kind) {
    case NodeKind::Name: {
      auto* n = cast<Name>(target);
      return allowed_name(n->id, ExprContext::Store, n) && store_name(n->id, v);
    }
    case NodeKind::Attribute: {
      auto* n = cast<Attribute>(target);
      Opnd object;
      Value name = mangled(n->attr);
      if (!name || !allowed_name(n->attr, ExprContext::Store, n) || !to_register(&v) || !operand(n->value, &object)) return false;
      loc_ = attribute_place(n, n);
      emit(Op::kSTORE_ATTR, in(object), in(v), name_index(name));
      return true;
    }
    case NodeKind::Subscript: {
      auto* n = cast<Subscript>(target);
      Opnd object, key;
      if (!to_register(&v) || !operand(n->value, &object, false, n->slice)) return false;
      if (auto* s = cast_if<Slice>(n->slice)) {
        int w;
        if (!slice_parts(s, &w)) return false;
        emit(s->step ? Op::kSTORE_SLICE_STEP : Op::kSTORE_SLICE, in(object), w, in(v));
        return true;
      }
      if (int i; small_index(n->slice, &i)) {
        emit(Op::kSTORE_ITEM_I, in(object), i, in(v));
        return true;
      }
      if (!operand(n->slice, &key)) return false;
      emit(Op::kSTORE_ITEM, in(object), in(key), in(v));
      return true;
    }
    case NodeKind::Tuple: return unpack(cast<Tuple>(target)->elts, target, v);
    case NodeKind::List: return unpack(cast<List>(target)->elts, target, v);
    case NodeKind::Starred: return error(target, "starred assignment target must be in a list or tuple");
    default: return raise(PyExc_SystemError, "unexpected assignment target %s", node_name(target->kind));
  }
}

bool Codegen::unpack(Seq<Expr*> targets, const Place& p, Opnd v) {
  if (!to_register(&v)) return false;
  int n = static_cast<int>(targets.size()), star = -1;
  for (int i = 0; i < n; i++) {
    if (targets[static_cast<size_t>(i)]->kind != NodeKind::Starred) continue;
    if (star >= 0) return error(p, "multiple starred expressions in assignment");
    if (i >= 256) return error(p, "too many expressions in star-unpacking assignment");
    star = i;
  }
  if (n == 2 && star < 0) {
    // A local is written at once, unless what stands before it is yet to be evaluated.
    int first = local_of(targets[0]), second = first >= 0 ? local_of(targets[1]) : -1;
    if (second == first) second = -1;
    for (int i = 0; i < 2; i++) {
      auto* name = cast_if<Name>(targets[static_cast<size_t>(i)]);
      if (name && !allowed_name(name->id, ExprContext::Store, name)) return false;
    }
    int a = first >= 0 ? first : alloc(), c = second >= 0 ? second : alloc();
    emit(Op::kUNPACK_PAIR, out(a), in(v), out(c));
    int mark = u_->top;
    if (first < 0 && !assign(targets[0], temp(a))) return false;
    u_->top = mark;
    return second >= 0 || assign(targets[1], temp(c));
  }
  int w = alloc(n);
  if (star < 0) emit(Op::kUNPACK, w, in(v), n);
  else emit(Op::kUNPACK_EX, w, in(v))->data = static_cast<uint64_t>(star) | static_cast<uint64_t>(n - star - 1) << 32;
  for (int i = 0; i < n; i++) {
    Expr* t = targets[static_cast<size_t>(i)];
    if (i == star) t = cast<Starred>(t)->value;
    int mark = u_->top;
    if (!assign(t, temp(w + i))) return false;
    u_->top = mark;
  }
  return true;
}

namespace {

bool has_star_or_many(Seq<Expr*> list) {
  for (Expr* e : list) {
    if (e->kind == NodeKind::Starred) return true;
  }
  return list.empty() || list.size() > 16;
}
bool elements(Expr* e, Seq<Expr*>* out) {
  if (auto* t = cast_if<Tuple>(e)) *out = t->elts;
  else if (auto* l = cast_if<List>(e)) *out = l->elts;
  else return false;
  return true;
}
// Whether assigning to the target may rebind the name.
bool binds(Expr* target, Value name) {
  switch (target->kind) {
    case NodeKind::Name: return cast<Name>(target)->id == name;
    case NodeKind::Starred: return binds(cast<Starred>(target)->value, name);
    case NodeKind::Tuple:
      for (Expr* e : cast<Tuple>(target)->elts) {
        if (binds(e, name)) return true;
      }
      return false;
    case NodeKind::List:
      for (Expr* e : cast<List>(target)->elts) {
        if (binds(e, name)) return true;
      }
      return false;
    default: return false;
  }
}

// Whether evaluating e may read the local `name`, or all locals.
bool reads(Node* e, Value name, int depth) {
  if (depth > 100) return true;
  if (auto* n = cast_if<Name>(e)) {
    return n->id == name || n->id == Value{"locals"_id} || n->id == Value{"vars"_id} || n->id == Value{"dir"_id} || n->id == Value{"eval"_id} ||
           n->id == Value{"exec"_id};
  }
  if (e->kind == NodeKind::Yield || e->kind == NodeKind::YieldFrom || e->kind == NodeKind::Await) return true;
  bool found = false;
  each_child(e, [&](Node* child) { found = found || reads(child, name, depth + 1); });
  return found;
}

}  // namespace

// `a, b = b, a` without a tuple: all values first, then the stores from left to right. Outside of protected ranges a value goes
// into its local at once if none of the later values reads that: should one of them raise, nobody sees the local any more.
bool Codegen::assign_parallel(Seq<Expr*> targets, Seq<Expr*> values) {
  Opnd v[16];
  uint32_t n = values.size();
  bool early = u_->handler < 0 && u_->is_function() && !u_->block->has_walrus;
  for (uint32_t i = 0; early && i < n; i++) {
    int reg = local_of(targets[i]);
    early = reg >= 0 && allowed_name(cast<Name>(targets[i])->id, ExprContext::Store, targets[i]);
    for (uint32_t k = 0; early && k < i; k++) early = local_of(targets[k]) != reg;
  }
  if (error_occurred()) return false;
  for (uint32_t i = 0; i < n; i++) {
    bool copy = false;
    if (auto* name = cast_if<Name>(values[i])) {
      for (uint32_t t = 0; t < i && !copy; t++) copy = binds(targets[t], name->id);
    }
    if (early && !copy) {
      // An earlier value that is this local itself may still wait as an operand.
      bool direct = true;
      for (uint32_t k = 0; direct && k < i; k++) direct = !cast_if<Name>(values[k]) || cast<Name>(values[k])->id != cast<Name>(targets[i])->id;
      for (uint32_t k = i + 1; direct && k < n; k++) direct = !reads(values[k], cast<Name>(targets[i])->id, 0);
      if (direct) {
        if (!expr_to(values[i], local_of(targets[i]))) return false;
        continue;
      }
    }
    if (u_->block->has_walrus) copy = true;
    if (copy) {
      int r = alloc();
      v[i] = temp(r);
      if (!expr_to(values[i], r)) return false;
    } else if (!operand(values[i], &v[i], true)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    if (v[i].kind == Opnd::kNone) continue;
    int mark = u_->top;
    if (!assign(targets[i], v[i])) return false;
    u_->top = mark;
  }
  return true;
}

bool Codegen::assign_stmt(Assign* n) {
  if (n->targets.size() == 1) {
    Expr* target = n->targets[0];
    if (auto* name = cast_if<Name>(target)) {
      if (!allowed_name(name->id, ExprContext::Store, name)) return false;
      int reg = local_of(target);
      if (reg >= 0) {
        if (n->value->kind == NodeKind::Name || n->value->kind == NodeKind::Constant) {
          // The store is what the line does: its place is the target's.
          Opnd v;
          if (!operand(n->value, &v, true)) return false;
          if (v.kind == Opnd::kLocal && v.v == reg) return true;
          LocScope at(*this, v.kind == Opnd::kTemp ? Place(target) : Place(n->value));
          move(reg, v);
          return true;
        }
        return expr_to(n->value, reg);
      }
    }
    Seq<Expr*> targets, values;
    if (elements(target, &targets) && elements(n->value, &values) && targets.size() == values.size() &&
        !has_star_or_many(targets) && !has_star_or_many(values))
      return assign_parallel(targets, values);
    Opnd v;
    bool name = target->kind == NodeKind::Name;
    return operand(n->value, &v, !name, target) && assign(target, v);
  }
  int r = alloc();
  if (!expr_to(n->value, r)) return false;
  for (uint32_t i = 0; i < n->targets.size(); i++) {
    int mark = u_->top;
    Opnd v = temp(r);
    if (!assign(n->targets[i], i + 1 < n->targets.size() ? borrow(v) : v)) return false;
    u_->top = mark;
  }
  return true;
}

namespace {
struct InplaceOps { Op plain, k; };
InplaceOps inplace_ops(Operator op) {
  switch (op) {
#define ADDER_CASE(node, NAME) case Operator::node: return {Op::kINPLACE_##NAME, Op::kINPLACE_##NAME##_K};
    ADDER_CASE(Add, ADD) ADDER_CASE(Sub, SUBTRACT) ADDER_CASE(Mult, MULTIPLY) ADDER_CASE(MatMult, MATRIX_MULTIPLY)
    ADDER_CASE(Div, TRUE_DIVIDE) ADDER_CASE(Mod, REMAINDER) ADDER_CASE(Pow, POWER) ADDER_CASE(LShift, LEFT_SHIFT)
    ADDER_CASE(RShift, RIGHT_SHIFT) ADDER_CASE(BitOr, OR) ADDER_CASE(BitXor, XOR) ADDER_CASE(BitAnd, AND)
    ADDER_CASE(FloorDiv, FLOOR_DIVIDE)
#undef ADDER_CASE
  }
  __builtin_unreachable();
}
}  // namespace

bool Codegen::aug_assign(AugAssign* n) {
  InplaceOps ops = inplace_ops(n->op);
  auto operate = [&](int dest, Opnd left) {
    Opnd r;
    if (!operand(n->value, &r, true)) return false;
    if (r.kind == Opnd::kConst) emit(ops.k, out(dest), in(left), r.v);
    else emit(ops.plain, out(dest), in(left), in(r));
    return true;
  };
  switch (n->target->kind) {
    case NodeKind::Name: {
      auto* t = cast<Name>(n->target);
      if (!allowed_name(t->id, ExprContext::Store, t)) return false;
      int reg = local_of(t);
      if (reg >= 0) {
        if (rebinds(n->value)) {
          int old = alloc();
          LocScope at(*this, t);
          if (!load_name(t->id, old)) return false;
          loc_ = n;
          return operate(reg, temp(old));
        }
        {
          LocScope at(*this, t);
          check_bound(mangled(t->id), reg);
        }
        return operate(reg, {Opnd::kLocal, static_cast<uint16_t>(reg)});
      }
      int r = alloc();
      {
        LocScope at(*this, t);
        if (!load_name(t->id, r)) return false;
      }
      if (!operate(r, temp(r))) return false;
      LocScope at(*this, t);
      return store_name(t->id, temp(r));
    }
    case NodeKind::Attribute: {
      auto* t = cast<Attribute>(n->target);
      Value name = mangled(t->attr);
      Opnd object;
      if (!name || !allowed_name(t->attr, ExprContext::Store, t) || !operand(t->value, &object, false, n->value)) return false;
      int r = alloc();
      {
        LocScope at(*this, attribute_place(t, t));
        emit(Op::kLOAD_ATTR, r, in(borrow(object)), name_index(name));
      }
      if (!operate(r, temp(r))) return false;
      LocScope at(*this, attribute_place(t, t));
      emit(Op::kSTORE_ATTR, in(object), last(r), name_index(name));
      return true;
    }
    case NodeKind::Subscript: {
      auto* t = cast<Subscript>(n->target);
      Opnd object, key;
      if (!operand(t->value, &object, false, t->slice, n->value)) return false;
      if (int i; small_index(t->slice, &i)) {
        int r = alloc();
        {
          LocScope at(*this, t);
          emit(Op::kLOAD_ITEM_I, r, in(borrow(object)), i);
        }
        if (!operate(r, temp(r))) return false;
        LocScope at(*this, t);
        emit(Op::kSTORE_ITEM_I, in(object), i, last(r));
        return true;
      }
      if (!operand(t->slice, &key, true, n->value)) return false;
      int r = alloc();
      {
        LocScope at(*this, t);
        if (key.kind == Opnd::kConst) emit(Op::kLOAD_ITEM_K, r, in(borrow(object)), key.v);
        else emit(Op::kLOAD_ITEM, r, in(borrow(object)), in(borrow(key)));
      }
      if (!operate(r, temp(r)) || !to_register(&key)) return false;
      LocScope at(*this, t);
      emit(Op::kSTORE_ITEM, in(object), in(key), last(r));
      return true;
    }
    default: return raise(PyExc_SystemError, "unexpected augmented assignment to %s", node_name(n->target->kind));
  }
}

// An annotation as `__annotations__` holds it: its value, or its text.
bool Codegen::annotation_value(Expr* e, int dest) {
  if (has_future(CO_FUTURE_ANNOTATIONS)) {
    Ref text = unparse(e);
    return text && load_const(text, dest);
  }
  // def f(*args: *Ts)
  if (auto* star = cast_if<Starred>(e)) {
    int t = alloc();
    if (!expr_to(star->value, t)) return false;
    emit(Op::kUNPACK, dest, last(t), 1);
    return true;
  }
  return expr_to(e, dest);
}

bool Codegen::ann_assign(AnnAssign* n) {
  if (n->value) {
    auto* name = cast_if<Name>(n->target);
    int reg = local_of(n->target);
    if (name && !allowed_name(name->id, ExprContext::Store, loc_)) return false;
    if (reg >= 0) {
      if (!expr_to(n->value, reg)) return false;
    } else {
      int mark = u_->top;
      Opnd v;
      if (!operand(n->value, &v, false, n->target) || !assign(n->target, v)) return false;
      u_->top = mark;
    }
  }
  bool kept = u_->kind == UnitKind::kModule || u_->kind == UnitKind::kClass;
  switch (n->target->kind) {
    case NodeKind::Name: {
      auto* name = cast<Name>(n->target);
      if (!allowed_name(name->id, ExprContext::Store, loc_)) return false;
      if (n->simple && kept) {
        int value = alloc(), map = alloc(), key = alloc();
        if (!annotation_value(n->annotation, value)) return false;
        emit(Op::kLOAD_NAME, map, name_index(Value{"__annotations__"_id}));
        load_const(mangled(name->id), key);
        emit(Op::kSTORE_ITEM, last(map), last(key), last(value));
      }
      break;
    }
    case NodeKind::Attribute: {
      auto* a = cast<Attribute>(n->target);
      if (!allowed_name(a->attr, ExprContext::Store, loc_)) return false;
      if (!n->value && !effect(a->value)) return false;
      break;
    }
    case NodeKind::Subscript: {
      auto* t = cast<Subscript>(n->target);
      if (n->value) break;
      if (!effect(t->value)) return false;
      if (auto* s = cast_if<Slice>(t->slice)) {
        if ((s->lower && !effect(s->lower)) || (s->upper && !effect(s->upper)) || (s->step && !effect(s->step))) return false;
      } else if (!effect(t->slice)) {
        return false;
      }
      break;
    }
    default: return raise(PyExc_SystemError, "invalid node type for annotated assignment");
  }
  // What is not stored is evaluated for its effects, but not in functions.
  if (!n->simple && kept && !has_future(CO_FUTURE_ANNOTATIONS)) return effect(n->annotation);
  return true;
}

bool Codegen::delete_target(Expr* e) {
  int mark = u_->top;
  LocScope at(*this, e);
  switch (e->kind) {
    case NodeKind::Name: {
      auto* n = cast<Name>(e);
      return allowed_name(n->id, ExprContext::Del, n) && delete_name(n->id);
    }
    case NodeKind::Attribute: {
      auto* n = cast<Attribute>(e);
      Opnd o;
      Value name = mangled(n->attr);
      if (!name || !allowed_name(n->attr, ExprContext::Del, n) || !operand(n->value, &o)) return false;
      loc_ = attribute_place(n, n);
      emit(Op::kDELETE_ATTR, in(o), 0, name_index(name));
      break;
    }
    case NodeKind::Subscript: {
      auto* n = cast<Subscript>(e);
      Opnd o, key;
      if (!operand(n->value, &o, false, n->slice)) return false;
      if (auto* s = cast_if<Slice>(n->slice); s && !s->step) {
        int w;
        if (!slice_parts(s, &w)) return false;
        emit(Op::kDELETE_SLICE, in(o), w);
      } else {
        if (!operand(n->slice, &key)) return false;
        emit(Op::kDELETE_ITEM, in(o), in(key));
      }
      break;
    }
    case NodeKind::Tuple:
    case NodeKind::List: {
      Seq<Expr*> list;
      elements(e, &list);
      for (Expr* x : list) {
        if (!delete_target(x)) return false;
      }
      break;
    }
    default: return raise(PyExc_SystemError, "unexpected deletion target %s", node_name(e->kind));
  }
  u_->top = mark;
  return true;
}

// --- Loops and branches --------------------------------------------------------------------------------------------------------

bool Codegen::if_stmt(If* n) {
  Label end = new_label();
  Label otherwise = n->orelse.empty() ? end : new_label();
  if (!jump_if(n->test, otherwise, false) || !body(n->body)) return false;
  if (!n->orelse.empty()) {
    loc_ = no_place();
    jump_to(end);
    bind(otherwise);
    if (!body(n->orelse)) return false;
  }
  bind(end);
  return true;
}

bool Codegen::while_loop(While* n) {
  Label top = new_label(), test = new_label(), orelse = new_label(), end = new_label();
  auto* constant_test = cast_if<Constant>(n->test);
  int truth = constant_test ? is_true(constant_test->value) : 0;
  bool forever = constant_test && truth > 0;
  if (!push({FrameKind::kWhile, u_->handler, end, forever ? top : test})) return false;
  if (forever) {
    emit(Op::kNOP);
    u_->label_used[static_cast<size_t>(top)] = u_->reachable;
    bind(top);
    if (!body(n->body)) return false;
    LocScope at(*this, n);
    jump_to(top);
  } else {
    // The test stands at the end, so that a turn takes one jump.
    if (constant_test) jump_to(orelse);
    else jump_to(test);
    bool live = u_->label_used[static_cast<size_t>(test)] != 0;
    u_->label_used[static_cast<size_t>(top)] = live;
    bind(top);
    if (!body(n->body)) return false;
    bind(test);
    LocScope at(*this, n);
    if (!constant_test && !jump_if(n->test, top, true)) return false;
  }
  bind(orelse);
  u_->blocks.pop_back();
  if (!body(n->orelse)) return false;
  bind(end);
  return true;
}

bool Codegen::for_loop(For* n) {
  int it = alloc();
  Opnd o;
  if (!operand(n->iter, &o, false, nullptr, nullptr, it)) return false;
  emit(Op::kGET_ITER, it, in(o));
  u_->top = it + 1;
  Label top = new_label(), exhausted = new_label(), end = new_label();
  u_->label_used[static_cast<size_t>(top)] = u_->reachable;
  bind(top);
  if (!push({FrameKind::kFor, u_->handler, end, top, it})) return false;
  int mark = u_->top;
  int reg = local_of(n->target);
  if (auto* name = cast_if<Name>(n->target); name && !allowed_name(name->id, ExprContext::Store, name)) return false;
  if (reg >= 0) {
    jump(Op::kFOR_ITER, exhausted, reg | kOccupied, it);
  } else {
    int t = alloc();
    jump(Op::kFOR_ITER, exhausted, t, it);
    if (!assign(n->target, temp(t))) return false;
    u_->top = mark;
  }
  if (!body(n->body)) return false;
  loc_ = no_place();
  jump_to(top);
  bind(exhausted);
  release(it);
  u_->blocks.pop_back();
  u_->top = it;
  if (!body(n->orelse)) return false;
  bind(end);
  return true;
}

bool Codegen::async_for(AsyncFor* n) {
  if (u_->kind != UnitKind::kAsyncFunction && !top_level_await()) return error(n, "'async for' outside async function");
  int it = alloc();
  Opnd o;
  if (!operand(n->iter, &o, false, nullptr, nullptr, it)) return false;
  emit(Op::kGET_AITER, it, in(o));
  u_->top = it + 1;
  int value = alloc();  // receives the exception too
  Label top = new_label(), end = new_label();
  u_->label_used[static_cast<size_t>(top)] = u_->reachable;
  bind(top);
  if (!push({FrameKind::kFor, u_->handler, end, top, it})) return false;
  int outer = u_->handler;
  int stop = new_handler(value);
  u_->handler = stop;
  loc_ = n;
  int awaitable = alloc();
  emit(Op::kGET_ANEXT, awaitable, it);
  load_const(none(), value);
  delegate(awaitable, value);
  u_->handler = outer;
  if (!assign(n->target, temp(value))) return false;
  u_->top = it + 1;
  if (!body(n->body)) return false;
  loc_ = no_place();
  jump_to(top);
  u_->blocks.pop_back();
  bind_handler(stop);
  loc_ = n->iter;
  emit(Op::kEND_ASYNC_FOR, last(value));
  release(it);
  u_->top = it;
  if (!body(n->orelse)) return false;
  bind(end);
  return true;
}

// --- Leaving blocks --------------------------------------------------------------------------------------------------------------

// Emits what leaving one block takes. keeps_value: a value to be returned waits in value_reg.
bool Codegen::unwind(FrameBlock b, bool keeps_value, int value_reg) {
  int mark = u_->top;
  Place saved = loc_;
  u_->handler = b.outer_handler;
  bool ok = true;
  switch (b.kind) {
    case FrameKind::kWhile:
    case FrameKind::kTry: break;
    case FrameKind::kFor:
    case FrameKind::kPopValue: release(b.reg); break;
    case FrameKind::kFinallyTry:
      if (keeps_value && !push({FrameKind::kPopValue, b.outer_handler, -1, -1, value_reg})) return false;
      ok = body(b.final_body);
      if (keeps_value) u_->blocks.pop_back();
      // The way out continues at no place of its own.
      saved = no_place();
      break;
    case FrameKind::kFinallyEnd:
      emit(Op::kPOP_EXC, last(b.saved));
      release(b.reg);
      break;
    case FrameKind::kHandler:
    case FrameKind::kGroupHandler:
      emit(Op::kPOP_EXC, last(b.saved));
      release(b.reg);
      if (b.name) ok = clear_name(b.name);
      break;
    case FrameKind::kWith:
    case FrameKind::kAsyncWith: {
      loc_ = b.loc;
      int t = alloc();
      emit(Op::kWITH_EXIT, t, last(b.reg));
      if (b.kind == FrameKind::kAsyncWith) {
        int it = alloc();
        emit(Op::kGET_AWAITABLE, it, last(t), 2);
        load_const(none(), t);
        delegate(it, t);
      }
      release(t);
      saved = no_place();
      break;
    }
  }
  loc_ = saved;
  u_->top = mark;
  return ok;
}

// Unwinds from the innermost block outwards, all or (loop given) up to and without the innermost loop.
bool Codegen::unwind_all(bool keeps_value, int value_reg, int* loop) {
  if (loop) *loop = -1;
  if (u_->blocks.empty()) return true;
  FrameBlock b = u_->blocks.back();
  if (b.kind == FrameKind::kGroupHandler) return error(loc_, "'break', 'continue' and 'return' cannot appear in an except* block");
  if (loop && (b.kind == FrameKind::kWhile || b.kind == FrameKind::kFor)) {
    *loop = static_cast<int>(u_->blocks.size()) - 1;
    return true;
  }
  int handler = u_->handler;
  u_->blocks.pop_back();
  bool ok = unwind(b, keeps_value, value_reg) && unwind_all(keeps_value, value_reg, loop);
  u_->blocks.push_back(b);
  u_->handler = handler;
  return ok;
}

// Returns a value where there is nothing to unwind. Each half of a conditional expression does so by itself.
bool Codegen::return_half(Expr* e) {
  if (++depth_ > kMaxTreeDepth) return raise_too_deep();
  int mark = u_->top;
  bool ok;
  if (auto* n = cast_if<IfExp>(e)) {
    Label otherwise = new_label();
    {
      LocScope at(*this, e);
      ok = jump_if(n->test, otherwise, false);
    }
    ok = ok && return_half(n->body);
    bind(otherwise);
    ok = ok && return_half(n->orelse);
  } else {
    Opnd v;
    ok = operand(e, &v);
    if (ok) emit(Op::kRETURN, in(v));
  }
  u_->top = mark;
  depth_--;
  return ok && !failed_;
}

bool Codegen::return_stmt(Return* n) {
  if (!u_->is_function()) return error(n, "'return' outside function");
  if (n->value && u_->block->coroutine && u_->block->generator) return error(n, "'return' with value in async generator");
  int handler = u_->handler;
  bool leaves = false;
  for (FrameBlock& b : u_->blocks) leaves = leaves || b.kind == FrameKind::kFinallyTry || b.kind == FrameKind::kWith || b.kind == FrameKind::kAsyncWith || b.kind == FrameKind::kHandler;
  auto* c = n->value ? cast_if<Constant>(n->value) : nullptr;
  if (!n->value || c) {
    if (c) loc_ = n->value;
    if (!u_->blocks.empty()) emit(Op::kNOP);  // the line of `return`, before what it leaves
    if (!unwind_all(false, -1, nullptr)) return false;
    u_->handler = u_->blocks.empty() ? -1 : u_->blocks[0].outer_handler;
    emit32(Op::kRETURN_CONST, 0, static_cast<uint32_t>(constant(c ? c->value : none())));
    u_->handler = handler;
    return true;
  }
  if (n->value && n->value->kind == NodeKind::IfExp && u_->blocks.empty()) return return_half(n->value);
  Opnd v;
  if (leaves) {
    int t = alloc();
    if (!expr_to(n->value, t)) return false;
    v = temp(t);
  } else if (!operand(n->value, &v)) {
    return false;
  }
  if (!unwind_all(v.kind == Opnd::kTemp, v.v, nullptr)) return false;
  u_->handler = u_->blocks.empty() ? u_->handler : u_->blocks[0].outer_handler;
  emit(Op::kRETURN, in(v));
  u_->handler = handler;
  return true;
}

bool Codegen::break_continue(Stmt* s, bool is_break) {
  int handler = u_->handler, loop;
  emit(Op::kNOP);
  if (!unwind_all(false, -1, &loop)) return false;
  if (loop < 0) return error(s, is_break ? "'break' outside loop" : "'continue' not properly in loop");
  FrameBlock b = u_->blocks[static_cast<size_t>(loop)];
  u_->handler = b.outer_handler;
  if (is_break) {
    if (b.kind == FrameKind::kFor) release(b.reg);
    jump_to(b.exit);
  } else {
    jump_to(b.again);
  }
  u_->handler = handler;
  return true;
}

// --- The rest ------------------------------------------------------------------------------------------------------------------

bool Codegen::raise_stmt(Raise* n) {
  Opnd exc, cause;
  if (n->exc && !operand(n->exc, &exc, false, n->cause)) return false;
  if (n->cause && !operand(n->cause, &cause)) return false;
  emit(Op::kRAISE, n->exc ? in(exc) : kNoRegister, n->cause ? in(cause) : kNoRegister);
  return true;
}

bool Codegen::assert_stmt(Assert* n) {
  auto* t = cast_if<Tuple>(n->test);
  auto* c = cast_if<Constant>(n->test);
  if ((t && !t->elts.empty()) || (c && is_tuple(c->value) && tuple_size(c->value) > 0)) {
    if (!warn(n, str_from_ascii("assertion is always true, perhaps remove parentheses?"))) return false;
  }
  if (settings_.optimize) return true;
  Label end = new_label();
  if (!jump_if(n->test, end, true)) return false;
  int w = alloc();
  emit(Op::kLOAD_ASSERTION_ERROR, w);
  if (n->msg) {
    alloc(kFrameWords);
    int m = alloc();
    if (!expr_to(n->msg, m)) return false;
    emit(Op::kCALL, w, w, 1);
  }
  emit(Op::kRAISE, last(w), kNoRegister);
  bind(end);
  return true;
}

bool Codegen::import(Import* n) {
  for (Alias* a : n->names) {
    int mark = u_->top;
    int w = alloc(2);
    load_const(Value::from_int(0), w);
    load_const(none(), w + 1);
    emit(Op::kIMPORT_NAME, w, w, name_index(a->name));
    Py_ssize_t length = str_length(a->name), dot = 0;
    while (dot < length && str_char(a->name, dot) != '.') dot++;
    if (a->asname) {
      // import a.b.c as d: the attributes are walked.
      while (dot < length) {
        Py_ssize_t start = dot + 1;
        for (dot = start; dot < length && str_char(a->name, dot) != '.';) dot++;
        Value part = tables_.keep(str_substring(a->name, start, dot));
        if (!part) return false;
        emit(Op::kIMPORT_FROM, w, last(w), name_index(part));
      }
      if (!allowed_name(a->asname, ExprContext::Store, loc_) || !store_name(a->asname, temp(w))) return false;
    } else {
      Value first = a->name;
      if (dot < length) {
        first = tables_.keep(str_substring(a->name, 0, dot));
        if (!first) return false;
      }
      if (!allowed_name(first, ExprContext::Store, loc_) || !store_name(first, temp(w))) return false;
    }
    u_->top = mark;
  }
  return true;
}

bool Codegen::import_from(ImportFrom* n) {
  Ref names = tuple_new(n->names.size());
  if (!names) return false;
  for (uint32_t i = 0; i < n->names.size(); i++) tuple_init(names, i, Ref::copy(n->names[i]->name));
  int w = alloc(2);
  load_const(Value::from_int(n->level), w);
  load_const(names, w + 1);
  emit(Op::kIMPORT_NAME, w, w, name_index(n->module ? n->module : Value{""_id}));
  u_->top = w + 1;
  for (uint32_t i = 0; i < n->names.size(); i++) {
    Alias* a = n->names[i];
    if (i == 0 && str_equals(a->name, "*")) {
      emit(Op::kIMPORT_STAR, last(w));
      return true;
    }
    Value target = a->asname ? a->asname : a->name;
    if (!allowed_name(target, ExprContext::Store, loc_)) return false;
    int reg = local_register(mangled(target));
    if (reg >= 0) {
      emit(Op::kIMPORT_FROM, reg | kOccupied, w, name_index(a->name));
    } else {
      int t = alloc();
      emit(Op::kIMPORT_FROM, t, w, name_index(a->name));
      if (!store_name(target, temp(t))) return false;
      u_->top = w + 1;
    }
  }
  release(w);
  return true;
}

}  // namespace adder::compile
