// What a tree made by hand must obey before it is compiled: contexts, counts, names, kinds of constants, patterns.
#include "modules/ast.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/str.h"

namespace adder {

using namespace syntax;

namespace {

struct Validator {
  // A level of the tree; deep ones raise RecursionError.
  struct Level {
    bool ok;
    Level() : ok(enter_recursion(" during compilation")) {}
    ~Level() { if (ok) leave_recursion(); }
  };

  bool positions(const PlacedNode* n) {
    if (n->lineno > n->end_lineno) {
      return raise(PyExc_ValueError, "AST node line range (%d, %d) is not valid", n->lineno, n->end_lineno);
    }
    if ((n->lineno < 0 && n->end_lineno != n->lineno) || (n->col_offset < 0 && n->col_offset != n->end_col_offset)) {
      return raise(PyExc_ValueError, "AST node column range (%d, %d) for line range (%d, %d) is not valid", n->col_offset,
                   n->end_col_offset, n->lineno, n->end_lineno);
    }
    if (n->lineno == n->end_lineno && n->col_offset > n->end_col_offset) {
      return raise(PyExc_ValueError, "line %d, column %d-%d is not a valid range", n->lineno, n->col_offset, n->end_col_offset);
    }
    return true;
  }

  bool name(Value id) {
    for (const char* word : {"None", "True", "False"}) {
      if (str_equals(id, word)) return raise(PyExc_ValueError, "identifier field can't represent '%s' constant", word);
    }
    return true;
  }
  bool present(Seq<Value> all) {
    for (Value id : all) {
      if (!id) return raise(PyExc_ValueError, "None disallowed in identifier list");
    }
    return true;
  }
  bool names(Seq<Value> all) {
    if (!present(all)) return false;
    for (Value id : all) {
      if (!name(id)) return false;
    }
    return true;
  }

  template <class T>
  bool nonempty(Seq<T> s, const char* what, const char* owner) {
    return s.size() > 0 || static_cast<bool>(raise(PyExc_ValueError, "empty %s on %s", what, owner));
  }

  bool constant_value(Value v) {
    if (is_none(v) || v == Value{Py_Ellipsis}) return true;
    if (is_exact_int(v) || v.is_float() || is_exact(v, &PyFloat_Type) || is_exact(v, &PyComplex_Type) || is_bool(v) ||
        is_exact_str(v) || is_exact(v, &PyBytes_Type)) {
      return true;
    }
    if (is_exact_tuple(v) || is_exact(v, &PyFrozenSet_Type)) {
      RecursionGuard guard(" during compilation");
      if (!guard.ok) return false;
      return for_each(v, [&](Value item) { return constant_value(item); });
    }
    if (!error_occurred()) {
      return raise(PyExc_TypeError, "got an invalid type in Constant: %s", type_of(v)->tp_name);
    }
    return false;
  }

  bool comprehensions(Seq<Comprehension*> all) {
    if (all.empty()) return raise(PyExc_ValueError, "comprehension with no generators");
    for (Comprehension* c : all) {
      if (!expr(c->target, ExprContext::Store) || !expr(c->iter) || !exprs(c->ifs)) return false;
    }
    return true;
  }
  bool keywords(Seq<Keyword*> all) {
    for (Keyword* k : all) {
      if (!expr(k->value)) return false;
    }
    return true;
  }
  bool args_list(Seq<Arg*> all) {
    for (Arg* a : all) {
      if (!arg(a)) return false;
    }
    return true;
  }
  bool arg(Arg* a) { return positions(a) && (!a->annotation || expr(a->annotation)); }
  bool arguments(Arguments* a) {
    if (!args_list(a->posonlyargs) || !args_list(a->args)) return false;
    if (a->vararg && !arg(a->vararg)) return false;
    if (!args_list(a->kwonlyargs)) return false;
    if (a->kwarg && !arg(a->kwarg)) return false;
    if (a->defaults.size() > a->posonlyargs.size() + a->args.size()) {
      return raise(PyExc_ValueError, "more positional defaults than args on arguments");
    }
    if (a->kw_defaults.size() != a->kwonlyargs.size()) {
      return raise(PyExc_ValueError, "length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    return exprs(a->defaults) && exprs(a->kw_defaults, ExprContext::Load, true);
  }

  bool exprs(Seq<Expr*> all, ExprContext ctx = ExprContext::Load, bool null_ok = false) {
    for (Expr* e : all) {
      if (e) {
        if (!expr(e, ctx)) return false;
      } else if (!null_ok) {
        return raise(PyExc_ValueError, "None disallowed in expression list");
      }
    }
    return true;
  }

  static const char* context_name(ExprContext c) {
    return c == ExprContext::Load ? "Load" : c == ExprContext::Store ? "Store" : "Del";
  }

  bool expr(Expr* e, ExprContext ctx = ExprContext::Load) {
    if (!positions(e)) return false;
    Level level;
    if (!level.ok) return false;
    bool check = true;
    ExprContext actual = ExprContext::Load;
    switch (e->kind) {
      case NodeKind::Attribute: actual = cast<Attribute>(e)->ctx; break;
      case NodeKind::Subscript: actual = cast<Subscript>(e)->ctx; break;
      case NodeKind::Starred: actual = cast<Starred>(e)->ctx; break;
      case NodeKind::Name:
        if (!name(cast<Name>(e)->id)) return false;
        actual = cast<Name>(e)->ctx;
        break;
      case NodeKind::List: actual = cast<syntax::List>(e)->ctx; break;
      case NodeKind::Tuple: actual = cast<Tuple>(e)->ctx; break;
      default:
        if (ctx != ExprContext::Load) {
          return raise(PyExc_ValueError, "expression which can't be assigned to in %s context", context_name(ctx));
        }
        check = false;
    }
    if (check && actual != ctx) {
      return raise(PyExc_ValueError, "expression must have %s context but has %s instead", context_name(ctx), context_name(actual));
    }
    switch (e->kind) {
      case NodeKind::BoolOp: {
        auto* n = cast<BoolOp>(e);
        if (n->values.size() < 2) return raise(PyExc_ValueError, "BoolOp with less than 2 values");
        return exprs(n->values);
      }
      case NodeKind::NamedExpr: {
        auto* n = cast<NamedExpr>(e);
        if (!is<Name>(n->target)) return raise(PyExc_TypeError, "NamedExpr target must be a Name");
        return expr(n->value);
      }
      case NodeKind::BinOp: return expr(cast<BinOp>(e)->left) && expr(cast<BinOp>(e)->right);
      case NodeKind::UnaryOp: return expr(cast<UnaryOp>(e)->operand);
      case NodeKind::Lambda: return arguments(cast<Lambda>(e)->args) && expr(cast<Lambda>(e)->body);
      case NodeKind::IfExp: {
        auto* n = cast<IfExp>(e);
        return expr(n->test) && expr(n->body) && expr(n->orelse);
      }
      case NodeKind::Dict: {
        auto* n = cast<Dict>(e);
        if (n->keys.size() != n->values.size()) return raise(PyExc_ValueError, "Dict doesn't have the same number of keys as values");
        return exprs(n->keys, ExprContext::Load, true) && exprs(n->values);
      }
      case NodeKind::Set: return exprs(cast<Set>(e)->elts);
      case NodeKind::ListComp: return comprehensions(cast<ListComp>(e)->generators) && expr(cast<ListComp>(e)->elt);
      case NodeKind::SetComp: return comprehensions(cast<SetComp>(e)->generators) && expr(cast<SetComp>(e)->elt);
      case NodeKind::GeneratorExp: return comprehensions(cast<GeneratorExp>(e)->generators) && expr(cast<GeneratorExp>(e)->elt);
      case NodeKind::DictComp: {
        auto* n = cast<DictComp>(e);
        return comprehensions(n->generators) && expr(n->key) && expr(n->value);
      }
      case NodeKind::Yield: return !cast<Yield>(e)->value || expr(cast<Yield>(e)->value);
      case NodeKind::YieldFrom: return expr(cast<YieldFrom>(e)->value);
      case NodeKind::Await: return expr(cast<Await>(e)->value);
      case NodeKind::Compare: {
        auto* n = cast<Compare>(e);
        if (n->comparators.empty()) return raise(PyExc_ValueError, "Compare with no comparators");
        if (n->comparators.size() != n->ops.size()) {
          return raise(PyExc_ValueError, "Compare has a different number of comparators and operands");
        }
        return exprs(n->comparators) && expr(n->left);
      }
      case NodeKind::Call: {
        auto* n = cast<Call>(e);
        return expr(n->func) && exprs(n->args) && keywords(n->keywords);
      }
      case NodeKind::Constant: return constant_value(cast<Constant>(e)->value);
      case NodeKind::JoinedStr: return exprs(cast<JoinedStr>(e)->values);
      case NodeKind::FormattedValue: {
        auto* n = cast<FormattedValue>(e);
        return expr(n->value) && (!n->format_spec || expr(n->format_spec));
      }
      case NodeKind::Attribute: return expr(cast<Attribute>(e)->value);
      case NodeKind::Subscript: return expr(cast<Subscript>(e)->slice) && expr(cast<Subscript>(e)->value);
      case NodeKind::Starred: return expr(cast<Starred>(e)->value, ctx);
      case NodeKind::List: return exprs(cast<syntax::List>(e)->elts, ctx);
      case NodeKind::Tuple: return exprs(cast<Tuple>(e)->elts, ctx);
      case NodeKind::Slice: {
        auto* n = cast<Slice>(e);
        return (!n->lower || expr(n->lower)) && (!n->upper || expr(n->upper)) && (!n->step || expr(n->step));
      }
      default: return true;
    }
  }

  // --- Patterns
  bool literal(Expr* e) {
    if (!expr(e)) return false;
    switch (e->kind) {
      case NodeKind::Constant: {
        Value v = cast<Constant>(e)->value;
        if (v == Value{Py_Ellipsis} || is_none(v) || is_bool(v) || is_tuple(v) || is_exact(v, &PyFrozenSet_Type)) {
          return raise(PyExc_ValueError, "unexpected constant inside of a literal pattern");
        }
        return true;
      }
      case NodeKind::Attribute: return true;
      case NodeKind::UnaryOp:
      case NodeKind::BinOp:
        if (number(e)) return true;
        break;
      case NodeKind::JoinedStr: return true;
      default: break;
    }
    return raise(PyExc_ValueError, "patterns may only match literals and attribute lookups");
  }
  // [-]real, or [-]real ± imaginary
  static bool number(Expr* e, bool real = true, bool imaginary = true) {
    if (auto* u = cast_if<UnaryOp>(e)) {
      auto* c = cast_if<Constant>(u->operand);
      return u->op == UnaryOperator::USub && c && kind_fits(c->value, real, imaginary);
    }
    auto* b = cast_if<BinOp>(e);
    if (!b || (b->op != Operator::Add && b->op != Operator::Sub)) return false;
    auto* right = cast_if<Constant>(b->right);
    if (!right || !kind_fits(right->value, false, true)) return false;
    if (auto* left = cast_if<Constant>(b->left)) return kind_fits(left->value, true, false);
    return is<UnaryOp>(b->left) && number(b->left, true, false);
  }
  static bool kind_fits(Value v, bool real, bool imaginary) {
    if (is_exact(v, &PyComplex_Type)) return imaginary;
    return real && (is_exact_int(v) || v.is_float() || is_exact(v, &PyFloat_Type));
  }
  bool capture(Value id) {
    if (str_equals(id, "_")) return raise(PyExc_ValueError, "can't capture name '_' in patterns");
    return name(id);
  }
  bool patterns(Seq<Pattern*> all, bool star_ok) {
    for (Pattern* p : all) {
      if (!p) return raise(PyExc_ValueError, "None disallowed in pattern list");
      if (!pattern(p, star_ok)) return false;
    }
    return true;
  }
  bool pattern(Pattern* p, bool star_ok) {
    if (!positions(p)) return false;
    Level level;
    if (!level.ok) return false;
    switch (p->kind) {
      case NodeKind::MatchValue: return literal(cast<MatchValue>(p)->value);
      case NodeKind::MatchSingleton: {
        Value v = cast<MatchSingleton>(p)->value;
        if (is_none(v) || is_bool(v)) return true;
        return raise(PyExc_ValueError, "MatchSingleton can only contain True, False and None");
      }
      case NodeKind::MatchSequence: return patterns(cast<MatchSequence>(p)->patterns, true);
      case NodeKind::MatchMapping: {
        auto* n = cast<MatchMapping>(p);
        if (n->keys.size() != n->patterns.size()) {
          return raise(PyExc_ValueError, "MatchMapping doesn't have the same number of keys as patterns");
        }
        if (n->rest && !capture(n->rest)) return false;
        for (Expr* key : n->keys) {
          if (!key) return raise(PyExc_ValueError, "None disallowed in expression list");
          if (auto* c = cast_if<Constant>(key)) {
            if (is_none(c->value) || is_bool(c->value)) continue;
          }
          if (!literal(key)) return false;
        }
        return patterns(n->patterns, false);
      }
      case NodeKind::MatchClass: {
        auto* n = cast<MatchClass>(p);
        if (n->kwd_attrs.size() != n->kwd_patterns.size()) {
          return raise(PyExc_ValueError, "MatchClass doesn't have the same number of keyword attributes as patterns");
        }
        if (!expr(n->cls)) return false;
        Expr* cls = n->cls;
        while (auto* a = cast_if<Attribute>(cls)) cls = a->value;
        if (!is<Name>(cls)) return raise(PyExc_ValueError, "MatchClass cls field can only contain Name or Attribute nodes.");
        return names(n->kwd_attrs) && patterns(n->patterns, false) && patterns(n->kwd_patterns, false);
      }
      case NodeKind::MatchStar: {
        if (!star_ok) return raise(PyExc_ValueError, "can't use MatchStar here");
        auto* n = cast<MatchStar>(p);
        return !n->name || capture(n->name);
      }
      case NodeKind::MatchAs: {
        auto* n = cast<MatchAs>(p);
        if (n->name && !capture(n->name)) return false;
        if (!n->pattern) return true;
        if (!n->name) return raise(PyExc_ValueError, "MatchAs must specify a target name if a pattern is given");
        return pattern(n->pattern, false);
      }
      case NodeKind::MatchOr: {
        auto* n = cast<MatchOr>(p);
        if (n->patterns.size() < 2) return raise(PyExc_ValueError, "MatchOr requires at least 2 patterns");
        return patterns(n->patterns, false);
      }
      default: return true;
    }
  }

  // --- Statements
  bool stmts(Seq<Stmt*> all) {
    for (Stmt* s : all) {
      if (!s) return raise(PyExc_ValueError, "None disallowed in statement list");
      if (!stmt(s)) return false;
    }
    return true;
  }
  bool body(Seq<Stmt*> all, const char* owner) { return nonempty(all, "body", owner) && stmts(all); }
  template <class T>
  bool function(T* n) {
    return body(n->body, node_name(n->kind)) && arguments(n->args) && exprs(n->decorator_list) && (!n->returns || expr(n->returns));
  }
  template <class T>
  bool loop(T* n) {
    return expr(n->target, ExprContext::Store) && expr(n->iter) && body(n->body, node_name(n->kind)) && stmts(n->orelse);
  }
  template <class T>
  bool with(T* n) {
    if (!nonempty(n->items, "items", node_name(n->kind))) return false;
    for (WithItem* item : n->items) {
      if (!expr(item->context_expr)) return false;
      if (item->optional_vars && !expr(item->optional_vars, ExprContext::Store)) return false;
    }
    return body(n->body, node_name(n->kind));
  }
  template <class T>
  bool attempt(T* n) {
    const char* owner = node_name(n->kind);
    if (!body(n->body, owner)) return false;
    if (n->handlers.empty() && n->finalbody.empty()) return raise(PyExc_ValueError, "%s has neither except handlers nor finalbody", owner);
    if (n->handlers.empty() && !n->orelse.empty()) return raise(PyExc_ValueError, "%s has orelse but no except handlers", owner);
    for (Handler* h : n->handlers) {
      if (!h) return raise(PyExc_ValueError, "None disallowed in handler list");
      if (!positions(h)) return false;
      auto* e = cast<ExceptHandler>(h);
      if ((e->type && !expr(e->type)) || !body(e->body, "ExceptHandler")) return false;
    }
    return stmts(n->finalbody) && stmts(n->orelse);
  }

  bool stmt(Stmt* s) {
    if (!positions(s)) return false;
    Level level;
    if (!level.ok) return false;
    switch (s->kind) {
      case NodeKind::FunctionDef: return function(cast<FunctionDef>(s));
      case NodeKind::AsyncFunctionDef: return function(cast<AsyncFunctionDef>(s));
      case NodeKind::ClassDef: {
        auto* n = cast<ClassDef>(s);
        return body(n->body, "ClassDef") && exprs(n->bases) && keywords(n->keywords) && exprs(n->decorator_list);
      }
      case NodeKind::Return: return !cast<Return>(s)->value || expr(cast<Return>(s)->value);
      case NodeKind::Delete:
        return nonempty(cast<Delete>(s)->targets, "targets", "Delete") && exprs(cast<Delete>(s)->targets, ExprContext::Del);
      case NodeKind::Assign: {
        auto* n = cast<Assign>(s);
        return nonempty(n->targets, "targets", "Assign") && exprs(n->targets, ExprContext::Store) && expr(n->value);
      }
      case NodeKind::AugAssign: {
        auto* n = cast<AugAssign>(s);
        return expr(n->target, ExprContext::Store) && expr(n->value);
      }
      case NodeKind::AnnAssign: {
        auto* n = cast<AnnAssign>(s);
        if (!is<Name>(n->target) && n->simple) return raise(PyExc_TypeError, "AnnAssign with simple non-Name target");
        return expr(n->target, ExprContext::Store) && (!n->value || expr(n->value)) && expr(n->annotation);
      }
      case NodeKind::For: return loop(cast<For>(s));
      case NodeKind::AsyncFor: return loop(cast<AsyncFor>(s));
      case NodeKind::While: {
        auto* n = cast<While>(s);
        return expr(n->test) && body(n->body, "While") && stmts(n->orelse);
      }
      case NodeKind::If: {
        auto* n = cast<If>(s);
        return expr(n->test) && body(n->body, "If") && stmts(n->orelse);
      }
      case NodeKind::With: return with(cast<With>(s));
      case NodeKind::AsyncWith: return with(cast<AsyncWith>(s));
      case NodeKind::Match: {
        auto* n = cast<Match>(s);
        if (!expr(n->subject) || !nonempty(n->cases, "cases", "Match")) return false;
        for (MatchCase* c : n->cases) {
          if (!pattern(c->pattern, false) || (c->guard && !expr(c->guard)) || !body(c->body, "match_case")) return false;
        }
        return true;
      }
      case NodeKind::Raise: {
        auto* n = cast<Raise>(s);
        if (n->exc) return expr(n->exc) && (!n->cause || expr(n->cause));
        if (n->cause) return raise(PyExc_ValueError, "Raise with cause but no exception");
        return true;
      }
      case NodeKind::Try: return attempt(cast<Try>(s));
      case NodeKind::TryStar: return attempt(cast<TryStar>(s));
      case NodeKind::Assert: return expr(cast<Assert>(s)->test) && (!cast<Assert>(s)->msg || expr(cast<Assert>(s)->msg));
      case NodeKind::Import: return nonempty(cast<Import>(s)->names, "names", "Import");
      case NodeKind::ImportFrom: {
        auto* n = cast<ImportFrom>(s);
        if (n->level < 0) return raise(PyExc_ValueError, "Negative ImportFrom level");
        return nonempty(n->names, "names", "ImportFrom");
      }
      case NodeKind::Global: return nonempty(cast<Global>(s)->names, "names", "Global") && present(cast<Global>(s)->names);
      case NodeKind::Nonlocal: return nonempty(cast<Nonlocal>(s)->names, "names", "Nonlocal") && present(cast<Nonlocal>(s)->names);
      case NodeKind::ExprStmt: return expr(cast<ExprStmt>(s)->value);
      default: return true;
    }
  }
};

}  // namespace

bool ast_validate(Mod* tree) {
  Validator v;
  switch (tree->kind) {
    case NodeKind::Module: return v.stmts(cast<Module>(tree)->body);
    case NodeKind::Interactive: return v.stmts(cast<Interactive>(tree)->body);
    case NodeKind::Expression: return v.expr(cast<Expression>(tree)->body);
    case NodeKind::FunctionType: {
      auto* n = cast<FunctionType>(tree);
      return v.exprs(n->argtypes) && v.expr(n->returns);
    }
    default: return true;
  }
}

}  // namespace adder
