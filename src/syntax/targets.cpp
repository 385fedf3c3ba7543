// What may be assigned to, deleted, looped over; how error texts call an expression.
#include "syntax/parser.h"

namespace adder::syntax {

// Gives an expression the context of a target; false if it cannot be one. Nested parts may have been changed by then.
bool Parser::to_target(Expr* e, ExprContext ctx) {
  switch (e->kind) {
    case NodeKind::Name: cast<Name>(e)->ctx = ctx; return true;
    case NodeKind::Attribute: cast<Attribute>(e)->ctx = ctx; return true;
    case NodeKind::Subscript: cast<Subscript>(e)->ctx = ctx; return true;
    case NodeKind::Starred: {
      auto* n = cast<Starred>(e);
      if (ctx == ExprContext::Del || is<Starred>(n->value) || !to_target(n->value, ctx)) return false;
      n->ctx = ctx;
      return true;
    }
    case NodeKind::Tuple:
    case NodeKind::List: {
      bool tuple = is<Tuple>(e);
      for (Expr* item : tuple ? cast<Tuple>(e)->elts : cast<syntax::List>(e)->elts) {
        if (!to_target(item, ctx)) return false;
      }
      (tuple ? cast<Tuple>(e)->ctx : cast<syntax::List>(e)->ctx) = ctx;
      return true;
    }
    default: return false;
  }
}

// `*` and a primary, or a primary, that can be a target. Its context stays Load: the caller sets it once it is sure.
Expr* Parser::star_target() {
  if (!at(Tok::kStar)) {
    Expr* e = primary();
    return e && !is<Starred>(e) && to_target(e, ExprContext::Store) ? e : nullptr;
  }
  Place start = place();
  advance();
  if (at(Tok::kStar)) return nullptr;
  Expr* value = star_target();
  if (!value) return nullptr;
  auto* n = make<Starred>(start);
  n->value = value;
  n->ctx = ExprContext::Store;
  return n;
}

// Targets as assignments and loops have them, a tuple where there is a comma.
Expr* Parser::star_targets() {
  Place start = place();
  Expr* first = star_target();
  if (!first || !at(Tok::kComma)) return first;
  List<Expr*> items(this);
  items.add(first);
  while (at(Tok::kComma)) {
    advance();
    if (!starts_expression() && !at(Tok::kStar)) break;
    uint32_t before = mark();
    Expr* e = star_target();
    if (!e) {
      reset(before);
      break;
    }
    items.add(e);
  }
  if (raised_) return nullptr;
  auto* n = make<Tuple>(start);
  n->elts = items.done();
  n->ctx = ExprContext::Store;
  return n;
}

// The part of `e` that cannot be a target; null if all of it can.
Expr* Parser::invalid_target(Expr* e, TargetUse use) {
  switch (e->kind) {
    case NodeKind::List:
    case NodeKind::Tuple:
      for (Expr* item : is<Tuple>(e) ? cast<Tuple>(e)->elts : cast<syntax::List>(e)->elts) {
        if (Expr* bad = invalid_target(item, use)) return bad;
      }
      return nullptr;
    case NodeKind::Starred:
      return use == TargetUse::kDelete ? e : invalid_target(cast<Starred>(e)->value, use);
    case NodeKind::Compare:
      // The `a in b` of `for a in b` was read as a comparison.
      if (use == TargetUse::kFor) {
        auto* n = cast<Compare>(e);
        return n->ops[0] == CompareOperator::In ? invalid_target(n->left, use) : nullptr;
      }
      return e;
    case NodeKind::Name:
    case NodeKind::Subscript:
    case NodeKind::Attribute:
      return nullptr;
    default: return e;
  }
}

bool Parser::raise_invalid_target(Expr* e, TargetUse use) {
  Expr* bad = invalid_target(e, use);
  if (!bad) return false;
  error_on(bad, use == TargetUse::kDelete ? "cannot delete %s" : "cannot assign to %s", describe(bad));
  return true;
}

const char* Parser::describe(Expr* e) {
  switch (e->kind) {
    case NodeKind::Attribute: return "attribute";
    case NodeKind::Subscript: return "subscript";
    case NodeKind::Starred: return "starred";
    case NodeKind::Name: return "name";
    case NodeKind::List: return "list";
    case NodeKind::Tuple: return "tuple";
    case NodeKind::Lambda: return "lambda";
    case NodeKind::Call: return "function call";
    case NodeKind::BoolOp: case NodeKind::BinOp: case NodeKind::UnaryOp: return "expression";
    case NodeKind::GeneratorExp: return "generator expression";
    case NodeKind::Yield: case NodeKind::YieldFrom: return "yield expression";
    case NodeKind::Await: return "await expression";
    case NodeKind::ListComp: return "list comprehension";
    case NodeKind::SetComp: return "set comprehension";
    case NodeKind::DictComp: return "dict comprehension";
    case NodeKind::Dict: return "dict literal";
    case NodeKind::Set: return "set display";
    case NodeKind::JoinedStr: case NodeKind::FormattedValue: return "f-string expression";
    case NodeKind::Constant: {
      Value v = cast<Constant>(e)->value;
      if (is_none(v)) return "None";
      if (v == boolean(true)) return "True";
      if (v == boolean(false)) return "False";
      if (v == Value{Py_Ellipsis}) return "ellipsis";
      return "literal";
    }
    case NodeKind::Compare: return "comparison";
    case NodeKind::IfExp: return "conditional expression";
    case NodeKind::NamedExpr: return "named expression";
    default: return "expression";
  }
}

}  // namespace adder::syntax
