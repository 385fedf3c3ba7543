// try, except, except*, finally and with. A protected range names the register that receives the exception: the first
// temporary that is free where the statement begins, so that everything of the statement itself is released on the way.
#include "compile/codegen.h"
#include "object/object.h"

namespace adder::compile {

// What a handler's own failure passes through: the handled exception is restored, what the handler kept is released.
void Codegen::cleanup(int handler, int saved, int exception, int also) {
  loc_ = no_place();
  u_->top = saved + 1;
  int raised = alloc();
  bind_handler(handler);
  emit(Op::kPOP_EXC, last(saved));
  release(exception);
  if (also >= 0) release(also);
  emit(Op::kRERAISE, last(raised), 1);
}

// The name of `except … as name` is unbound at the end, whatever happened to it.
bool Codegen::clear_name(Value plain) {
  Value name = mangled(plain);
  int reg = local_register(name);
  if (reg >= 0) {
    emit(Op::kCLEAR_LOCAL, reg);
    return true;
  }
  int mark = u_->top, t = alloc();
  load_const(none(), t);
  bool ok = store_name(plain, temp(t)) && delete_name(plain);
  u_->top = mark;
  return ok;
}

bool Codegen::try_stmt(Try* n) {
  if (!n->finalbody.empty()) return try_finally(n->finalbody, n, false);
  return try_except(n->body, n->handlers, n->orelse);
}

bool Codegen::try_star(TryStar* n) {
  if (!n->finalbody.empty()) return try_finally(n->finalbody, n, true);
  return try_except_star(n->body, n->handlers, n->orelse);
}

bool Codegen::try_finally(Seq<Stmt*> final_body, Stmt* s, bool star) {
  int outer = u_->handler, exception = u_->top;
  int handler = new_handler(exception);
  Label end = new_label();
  FrameBlock block{FrameKind::kFinallyTry, outer};
  block.final_body = final_body;
  if (!push(block)) return false;
  u_->handler = handler;
  emit(Op::kNOP);  // the line of `try`
  bool ok;
  if (star) {
    auto* n = cast<TryStar>(s);
    ok = n->handlers.empty() ? body(n->body) : try_except_star(n->body, n->handlers, n->orelse);
  } else {
    auto* n = cast<Try>(s);
    ok = n->handlers.empty() ? body(n->body) : try_except(n->body, n->handlers, n->orelse);
  }
  if (!ok) return false;
  u_->handler = outer;
  u_->blocks.pop_back();
  u_->top = exception;
  loc_ = no_place();
  if (!body(final_body)) return false;
  loc_ = no_place();
  jump_to(end);

  u_->top = exception;
  alloc();
  int saved = alloc();
  int inner = new_handler(saved + 1);
  bind_handler(handler);
  block = {FrameKind::kFinallyEnd, outer};
  block.reg = exception;
  block.saved = saved;
  if (!push(block)) return false;
  u_->handler = inner;
  emit(Op::kPUSH_EXC, saved, exception);
  if (!body(final_body)) return false;
  u_->blocks.pop_back();
  u_->handler = outer;
  loc_ = no_place();
  emit(Op::kPOP_EXC, last(saved));
  emit(Op::kRERAISE, last(exception));
  cleanup(inner, saved, exception);
  u_->top = exception;
  bind(end);
  return true;
}

// The body and the else of a try, then the entry of its handlers with the exception being handled.
bool Codegen::enter_handlers(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse, TryEntry* entry) {
  int outer = u_->handler, exception = u_->top;
  int handler = new_handler(exception);
  Label end = new_label();
  if (!push({FrameKind::kTry, outer})) return false;
  u_->handler = handler;
  emit(Op::kNOP);
  if (!body(body_)) return false;
  u_->blocks.pop_back();
  u_->handler = outer;
  if (!body(orelse)) return false;
  loc_ = no_place();
  jump_to(end);

  u_->top = exception;
  alloc();
  int saved = alloc();
  int inner = new_handler(saved + 1);
  bind_handler(handler);
  u_->handler = inner;
  loc_ = no_line();
  emit(Op::kPUSH_EXC, saved, exception);
  *entry = {outer, exception, saved, inner, end};
  return true;
}

bool Codegen::try_except(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse) {
  TryEntry entry;
  if (!enter_handlers(body_, handlers, orelse, &entry)) return false;
  auto [outer, exception, saved, inner, end] = entry;
  for (uint32_t i = 0; i < handlers.size(); i++) {
    auto* h = cast<ExceptHandler>(handlers[i]);
    loc_ = h;
    if (!h->type && i + 1 < handlers.size()) return error(h, "default 'except:' must be last");
    Label next = new_label();
    if (h->type) {
      Opnd type;
      if (!operand(h->type, &type)) return false;
      loc_ = h;
      jump(Op::kJUMP_IF_NO_MATCH, next, exception, in(type));
      u_->top = saved + 1;
    } else {
      emit(Op::kNOP);  // the line of `except`
    }
    FrameBlock block{FrameKind::kHandler, outer};
    block.reg = exception;
    block.saved = saved;
    block.name = h->name;
    if (h->name) {
      if (!allowed_name(h->name, ExprContext::Store, h) || !store_name(h->name, borrow(temp(exception)))) return false;
      int named = new_handler(saved + 1);
      if (!push(block)) return false;
      u_->handler = named;
      if (!body(h->body)) return false;
      u_->blocks.pop_back();
      u_->handler = outer;
      loc_ = no_place();
      emit(Op::kPOP_EXC, last(saved));
      release(exception);
      if (!clear_name(h->name)) return false;
      jump_to(end);
      u_->top = saved + 1;
      int raised = alloc();
      u_->handler = inner;
      bind_handler(named);
      if (!clear_name(h->name)) return false;
      emit(Op::kRERAISE, last(raised), 1);
      u_->top = saved + 1;
    } else {
      if (!push(block)) return false;
      if (!body(h->body)) return false;
      u_->blocks.pop_back();
      u_->handler = outer;
      loc_ = no_place();
      emit(Op::kPOP_EXC, last(saved));
      release(exception);
      jump_to(end);
      u_->handler = inner;
    }
    bind(next);
  }
  u_->handler = outer;
  loc_ = no_place();
  emit(Op::kPOP_EXC, last(saved));
  emit(Op::kRERAISE, last(exception));
  cleanup(inner, saved, exception);
  u_->top = exception;
  bind(end);
  return true;
}

// Each handler takes its part of the group out of what is left; what handlers raise is collected and raised together at the end.
bool Codegen::try_except_star(Seq<Stmt*> body_, Seq<Handler*> handlers, Seq<Stmt*> orelse) {
  TryEntry entry;
  if (!enter_handlers(body_, handlers, orelse, &entry)) return false;
  auto [outer, exception, saved, inner, end] = entry;
  int results = alloc(), rest = alloc();
  emit(Op::kBUILD_LIST, results, results, 0);
  emit(Op::kMOVE, rest, exception);
  int base = u_->top;
  for (Handler* handler_node : handlers) {
    auto* h = cast<ExceptHandler>(handler_node);
    loc_ = h;
    Label next = new_label(), none_matched = new_label();
    int w = alloc(2);
    Opnd type;
    if (!operand(h->type, &type)) return false;
    emit(Op::kMATCH_GROUP, w, last(rest), in(type));
    emit(Op::kMOVE, rest, last(w + 1));
    jump(Op::kJUMP_IF_NONE, none_matched, w);
    u_->top = w + 1;
    int before = alloc();
    emit(Op::kPUSH_EXC, before, w);
    if (h->name && (!allowed_name(h->name, ExprContext::Store, h) || !store_name(h->name, borrow(temp(w))))) return false;
    int failed = new_handler(before + 1);
    FrameBlock block{FrameKind::kGroupHandler, inner};
    block.reg = w;
    block.saved = before;
    block.name = h->name;
    if (!push(block)) return false;
    u_->handler = failed;
    if (!body(h->body)) return false;
    u_->blocks.pop_back();
    u_->handler = inner;
    loc_ = no_place();
    emit(Op::kPOP_EXC, last(before));
    release(w);
    if (h->name && !clear_name(h->name)) return false;
    jump_to(next);

    u_->top = before + 1;
    int raised = alloc();
    bind_handler(failed);
    if (h->name && !clear_name(h->name)) return false;
    emit(Op::kLIST_APPEND, results, last(raised));
    emit(Op::kPOP_EXC, last(before));
    release(w);
    jump_to(next);
    bind(none_matched);
    loc_ = no_line();
    release(w);
    bind(next);
    u_->top = base;
  }
  loc_ = no_line();
  Label nothing_left = new_label(), done = new_label();
  jump(Op::kJUMP_IF_NONE, nothing_left, rest);
  emit(Op::kLIST_APPEND, results, rest);
  bind(nothing_left);
  release(rest);
  emit(Op::kPREP_RERAISE_STAR, rest, exception, last(results));
  jump(Op::kJUMP_IF_NONE, done, rest);
  u_->handler = outer;
  emit(Op::kPOP_EXC, last(saved));
  release(exception);
  emit(Op::kRERAISE, last(rest));
  bind(done);
  release(rest);
  emit(Op::kPOP_EXC, last(saved));
  release(exception);
  jump_to(end);
  cleanup(inner, saved, exception);
  u_->top = exception;
  bind(end);
  return true;
}

bool Codegen::with(Stmt* s, Seq<WithItem*> items, size_t i, Seq<Stmt*> body_, bool is_async) {
  if (is_async && u_->kind != UnitKind::kAsyncFunction && !top_level_await()) return error(s, "'async with' outside async function");
  WithItem* item = items[i];
  loc_ = s;
  int outer = u_->handler, exit = alloc(), value = alloc();
  Opnd manager;
  if (!operand(item->context_expr, &manager, false, nullptr, nullptr, value)) return false;
  emit(is_async ? Op::kWITH_ENTER_ASYNC : Op::kWITH_ENTER, exit, in(manager));
  if (is_async) {
    int it = alloc();
    emit(Op::kGET_AWAITABLE, it, last(value), 1);
    load_const(none(), value);
    delegate(it, value);
  }
  int handler = new_handler(value);
  FrameBlock block{is_async ? FrameKind::kAsyncWith : FrameKind::kWith, outer};
  block.reg = exit;
  block.loc = s;
  if (!push(block)) return false;
  u_->handler = handler;
  u_->top = value + 1;
  if (item->optional_vars) {
    if (!assign(item->optional_vars, temp(value))) return false;
  } else {
    release(value);
  }
  u_->top = value;
  if (i + 1 < items.size() ? !with(s, items, i + 1, body_, is_async) : !body(body_)) return false;
  u_->blocks.pop_back();
  u_->handler = outer;
  auto await_result = [&](int t) {
    if (!is_async) return;
    int it = alloc();
    emit(Op::kGET_AWAITABLE, it, last(t), 2);
    load_const(none(), t);
    delegate(it, t);
  };
  Label end = new_label(), suppressed = new_label();
  u_->top = value;
  loc_ = s;
  int t = alloc();
  emit(Op::kWITH_EXIT, t, last(exit));
  await_result(t);
  release(t);
  jump_to(end);

  u_->top = value + 1;
  int exception = value, saved = alloc();
  int inner = new_handler(saved + 1);
  bind_handler(handler);
  u_->handler = inner;
  emit(Op::kPUSH_EXC, saved, exception);
  t = alloc();
  emit(Op::kWITH_EXCEPT, t, exit, exception);
  await_result(t);
  jump(Op::kJUMP_IF_TRUE, suppressed, last(t));
  u_->handler = outer;
  emit(Op::kPOP_EXC, last(saved));
  release(exit);
  emit(Op::kRERAISE, last(exception), 1);
  bind(suppressed);
  emit(Op::kPOP_EXC, last(saved));
  release(exception);
  release(exit);
  jump_to(end);
  cleanup(inner, saved, exception, exit);
  u_->top = exit;
  bind(end);
  return true;
}

}  // namespace adder::compile
