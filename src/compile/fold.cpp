// Constant folding over the tree, in place, with CPython's limits: what could grow large, fail or warn stays as it is.
#include "compile/codegen.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

namespace {

constexpr int64_t kMaxIntBits = 128, kMaxCollection = 256, kMaxStr = 4096, kMaxTotalItems = 1024;

class Folder {
 public:
  Folder(Arena& arena, int optimize, int flags) : arena_(arena), optimize_(optimize), future_(flags) {}

  bool mod(Mod* tree) {
    switch (tree->kind) {
      case NodeKind::Module: return stmts(cast<Module>(tree)->body, true);
      case NodeKind::Interactive: return stmts(cast<Interactive>(tree)->body, false);
      case NodeKind::Expression: return expr(&cast<Expression>(tree)->body);
      default: return true;
    }
  }

 private:
  // A statement that folds into a str at the head of a body would become its docstring: it is wrapped, as CPython does it.
  bool stmts(Seq<Stmt*> list, bool may_have_doc) {
    bool doc = may_have_doc && docstring_of(list);
    for (Stmt* s : list) {
      if (!stmt(s)) return false;
    }
    if (may_have_doc && !doc && docstring_of(list)) {
      auto* s = cast<ExprStmt>(list[0]);
      auto* joined = arena_.make<JoinedStr>();
      copy_place(joined, s->value);
      joined->values = arena_.copy(&s->value, 1);
      s->value = joined;
    }
    return true;
  }
  bool exprs(Seq<Expr*> list) {
    for (Expr*& e : list) {
      if (e && !expr(&e)) return false;
    }
    return true;
  }
  bool keywords(Seq<Keyword*> list) {
    for (Keyword* k : list) {
      if (!expr(&k->value)) return false;
    }
    return true;
  }
  bool annotation(Expr** e) { return !*e || (future_ & CO_FUTURE_ANNOTATIONS) || expr(e); }
  bool arguments(Arguments* a) {
    auto list = [&](Seq<Arg*> args) {
      for (Arg* p : args) {
        if (!annotation(&p->annotation)) return false;
      }
      return true;
    };
    return list(a->posonlyargs) && list(a->args) && list(a->kwonlyargs) && (!a->vararg || annotation(&a->vararg->annotation)) &&
           (!a->kwarg || annotation(&a->kwarg->annotation)) && exprs(a->kw_defaults) && exprs(a->defaults);
  }

  bool stmt(Stmt* s) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = stmt_inner(s);
    depth_--;
    return ok;
  }
  template <class F>
  bool function(F* n) {
    return arguments(n->args) && stmts(n->body, true) && exprs(n->decorator_list) && annotation(&n->returns);
  }
  template <class T>
  bool try_parts(T* n) {
    if (!stmts(n->body, false)) return false;
    for (Handler* h : n->handlers) {
      auto* e = cast<ExceptHandler>(h);
      if ((e->type && !expr(&e->type)) || !stmts(e->body, false)) return false;
    }
    return stmts(n->orelse, false) && stmts(n->finalbody, false);
  }
  bool stmt_inner(Stmt* s) {
    switch (s->kind) {
      case NodeKind::FunctionDef: return function(cast<FunctionDef>(s));
      case NodeKind::AsyncFunctionDef: return function(cast<AsyncFunctionDef>(s));
      case NodeKind::ClassDef: {
        auto* n = cast<ClassDef>(s);
        return exprs(n->bases) && keywords(n->keywords) && stmts(n->body, true) && exprs(n->decorator_list);
      }
      case NodeKind::Return: return !cast<Return>(s)->value || expr(&cast<Return>(s)->value);
      case NodeKind::Delete: return exprs(cast<Delete>(s)->targets);
      case NodeKind::Assign: return exprs(cast<Assign>(s)->targets) && expr(&cast<Assign>(s)->value);
      case NodeKind::AugAssign: return expr(&cast<AugAssign>(s)->target) && expr(&cast<AugAssign>(s)->value);
      case NodeKind::AnnAssign: {
        auto* n = cast<AnnAssign>(s);
        return expr(&n->target) && annotation(&n->annotation) && (!n->value || expr(&n->value));
      }
      case NodeKind::For: {
        auto* n = cast<For>(s);
        return expr(&n->target) && expr(&n->iter) && fold_iter(&n->iter) && stmts(n->body, false) && stmts(n->orelse, false);
      }
      case NodeKind::AsyncFor: {
        auto* n = cast<AsyncFor>(s);
        return expr(&n->target) && expr(&n->iter) && stmts(n->body, false) && stmts(n->orelse, false);
      }
      case NodeKind::While: return expr(&cast<While>(s)->test) && stmts(cast<While>(s)->body, false) && stmts(cast<While>(s)->orelse, false);
      case NodeKind::If: return expr(&cast<If>(s)->test) && stmts(cast<If>(s)->body, false) && stmts(cast<If>(s)->orelse, false);
      case NodeKind::With: return items(cast<With>(s)->items) && stmts(cast<With>(s)->body, false);
      case NodeKind::AsyncWith: return items(cast<AsyncWith>(s)->items) && stmts(cast<AsyncWith>(s)->body, false);
      case NodeKind::Match: {
        auto* n = cast<Match>(s);
        if (!expr(&n->subject)) return false;
        for (MatchCase* c : n->cases) {
          if (!pattern(c->pattern) || (c->guard && !expr(&c->guard)) || !stmts(c->body, false)) return false;
        }
        return true;
      }
      case NodeKind::Raise: {
        auto* n = cast<Raise>(s);
        return (!n->exc || expr(&n->exc)) && (!n->cause || expr(&n->cause));
      }
      case NodeKind::Try: return try_parts(cast<Try>(s));
      case NodeKind::TryStar: return try_parts(cast<TryStar>(s));
      case NodeKind::Assert: return expr(&cast<Assert>(s)->test) && (!cast<Assert>(s)->msg || expr(&cast<Assert>(s)->msg));
      case NodeKind::ExprStmt: return expr(&cast<ExprStmt>(s)->value);
      default: return true;
    }
  }
  bool items(Seq<WithItem*> list) {
    for (WithItem* i : list) {
      if (!expr(&i->context_expr) || (i->optional_vars && !expr(&i->optional_vars))) return false;
    }
    return true;
  }
  bool pattern(Pattern* p) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = true;
    auto all = [&](Seq<Pattern*> list) {
      for (Pattern* x : list) ok = ok && pattern(x);
    };
    switch (p->kind) {
      case NodeKind::MatchValue: ok = expr(&cast<MatchValue>(p)->value); break;
      case NodeKind::MatchSequence: all(cast<MatchSequence>(p)->patterns); break;
      case NodeKind::MatchMapping:
        ok = exprs(cast<MatchMapping>(p)->keys);
        all(cast<MatchMapping>(p)->patterns);
        break;
      case NodeKind::MatchClass:
        ok = expr(&cast<MatchClass>(p)->cls);
        all(cast<MatchClass>(p)->patterns);
        all(cast<MatchClass>(p)->kwd_patterns);
        break;
      case NodeKind::MatchAs:
        if (cast<MatchAs>(p)->pattern) ok = pattern(cast<MatchAs>(p)->pattern);
        break;
      case NodeKind::MatchOr: all(cast<MatchOr>(p)->patterns); break;
      default: break;
    }
    depth_--;
    return ok;
  }

  // --- Expressions -----------------------------------------------------------------------------------------------------
  static void copy_place(Expr* to, Expr* from) {
    to->lineno = from->lineno;
    to->col_offset = from->col_offset;
    to->end_lineno = from->end_lineno;
    to->end_col_offset = from->end_col_offset;
  }
  // Replaces the node by a constant; an empty value (an operation that failed) leaves it as it is.
  bool replace(Expr** slot, Ref value) {
    if (!value) {
      if (error_matches(PyExc_KeyboardInterrupt)) return false;
      clear_error();
      return true;
    }
    auto* c = arena_.make<Constant>();
    copy_place(c, *slot);
    c->value = arena_.keep(std::move(value));
    *slot = c;
    return true;
  }
  static Constant* constant(Expr* e) { return cast_if<Constant>(e); }

  bool expr(Expr** slot) {
    Expr* e = *slot;
    if (e->kind == NodeKind::Constant) return true;
    if (e->kind == NodeKind::Name) {
      auto* n = cast<Name>(e);
      if (n->ctx == ExprContext::Load && n->id == Value{"__debug__"_id}) return replace(slot, bool_ref(!optimize_));
      return true;
    }
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = expr_inner(slot);
    depth_--;
    return ok;
  }
  bool comprehensions(Seq<Comprehension*> list) {
    for (Comprehension* c : list) {
      if (!expr(&c->target) || !expr(&c->iter) || !exprs(c->ifs)) return false;
      if (!c->is_async && !fold_iter(&c->iter)) return false;
    }
    return true;
  }
  bool expr_inner(Expr** slot) {
    Expr* e = *slot;
    switch (e->kind) {
      case NodeKind::BoolOp: return exprs(cast<BoolOp>(e)->values);
      case NodeKind::NamedExpr: return expr(&cast<NamedExpr>(e)->value);
      case NodeKind::BinOp: {
        auto* n = cast<BinOp>(e);
        return expr(&n->left) && expr(&n->right) && fold_binary(slot, n);
      }
      case NodeKind::UnaryOp: {
        auto* n = cast<UnaryOp>(e);
        return expr(&n->operand) && fold_unary(slot, n);
      }
      case NodeKind::Lambda: return arguments(cast<Lambda>(e)->args) && expr(&cast<Lambda>(e)->body);
      case NodeKind::IfExp: return expr(&cast<IfExp>(e)->test) && expr(&cast<IfExp>(e)->body) && expr(&cast<IfExp>(e)->orelse);
      case NodeKind::Dict: return exprs(cast<Dict>(e)->keys) && exprs(cast<Dict>(e)->values);
      case NodeKind::Set: return exprs(cast<Set>(e)->elts);
      case NodeKind::ListComp: return expr(&cast<ListComp>(e)->elt) && comprehensions(cast<ListComp>(e)->generators);
      case NodeKind::SetComp: return expr(&cast<SetComp>(e)->elt) && comprehensions(cast<SetComp>(e)->generators);
      case NodeKind::DictComp:
        return expr(&cast<DictComp>(e)->key) && expr(&cast<DictComp>(e)->value) && comprehensions(cast<DictComp>(e)->generators);
      case NodeKind::GeneratorExp: return expr(&cast<GeneratorExp>(e)->elt) && comprehensions(cast<GeneratorExp>(e)->generators);
      case NodeKind::Await: return expr(&cast<Await>(e)->value);
      case NodeKind::Yield: return !cast<Yield>(e)->value || expr(&cast<Yield>(e)->value);
      case NodeKind::YieldFrom: return expr(&cast<YieldFrom>(e)->value);
      case NodeKind::Compare: {
        auto* n = cast<Compare>(e);
        if (!expr(&n->left) || !exprs(n->comparators)) return false;
        CompareOperator op = n->ops.back();
        return (op != CompareOperator::In && op != CompareOperator::NotIn) || fold_iter(&n->comparators[n->comparators.size() - 1]);
      }
      case NodeKind::Call: return expr(&cast<Call>(e)->func) && exprs(cast<Call>(e)->args) && keywords(cast<Call>(e)->keywords);
      case NodeKind::FormattedValue: {
        auto* n = cast<FormattedValue>(e);
        return expr(&n->value) && (!n->format_spec || expr(&n->format_spec));
      }
      case NodeKind::JoinedStr: return exprs(cast<JoinedStr>(e)->values);
      case NodeKind::Attribute: return expr(&cast<Attribute>(e)->value);
      case NodeKind::Subscript: {
        auto* n = cast<Subscript>(e);
        if (!expr(&n->value) || !expr(&n->slice)) return false;
        Constant* value = constant(n->value);
        Constant* key = constant(n->slice);
        if (n->ctx != ExprContext::Load || !value || !key) return true;
        return replace(slot, get_item(value->value, key->value));
      }
      case NodeKind::Starred: return expr(&cast<Starred>(e)->value);
      case NodeKind::Slice: {
        auto* n = cast<Slice>(e);
        return (!n->lower || expr(&n->lower)) && (!n->upper || expr(&n->upper)) && (!n->step || expr(&n->step));
      }
      case NodeKind::List: return exprs(cast<List>(e)->elts);
      case NodeKind::Tuple: {
        auto* n = cast<Tuple>(e);
        if (!exprs(n->elts)) return false;
        if (n->ctx != ExprContext::Load) return true;
        Ref t = tuple_of_constants(n->elts);
        return !t || replace(slot, std::move(t));
      }
      default: return true;
    }
  }
  Ref tuple_of_constants(Seq<Expr*> elts) {
    for (Expr* e : elts) {
      if (!constant(e)) return {};
    }
    Ref t = tuple_new(elts.size());
    for (uint32_t i = 0; t && i < elts.size(); i++) tuple_init(t, i, Ref::copy(constant(elts[i])->value));
    return t;
  }

  // What is only iterated or searched: a list display of constants may be a tuple, a set display a frozenset.
  bool fold_iter(Expr** slot) {
    if (auto* l = cast_if<List>(*slot)) {
      for (Expr* e : l->elts) {
        if (e->kind == NodeKind::Starred) return true;
      }
      Ref t = tuple_of_constants(l->elts);
      if (t) return replace(slot, std::move(t));
      auto* tuple = arena_.make<Tuple>();
      copy_place(tuple, l);
      tuple->elts = l->elts;
      tuple->ctx = l->ctx;
      *slot = tuple;
    } else if (auto* s = cast_if<Set>(*slot)) {
      Ref t = tuple_of_constants(s->elts);
      if (t) return replace(slot, frozenset_new(t));
    }
    return true;
  }

  bool fold_unary(Expr** slot, UnaryOp* n) {
    if (Constant* c = constant(n->operand)) {
      switch (n->op) {
        case UnaryOperator::Not: {
          int truth = is_true(c->value);
          return truth < 0 ? replace(slot, {}) : replace(slot, bool_ref(!truth));
        }
        case UnaryOperator::UAdd: return replace(slot, positive(c->value));
        case UnaryOperator::USub: return replace(slot, negative(c->value));
        case UnaryOperator::Invert: return replace(slot, invert(c->value));
      }
    }
    // not a in b: one comparison.
    auto* compare = cast_if<Compare>(n->operand);
    if (n->op == UnaryOperator::Not && compare && compare->ops.size() == 1) {
      CompareOperator op = compare->ops[0], inverse;
      switch (op) {
        case CompareOperator::Is: inverse = CompareOperator::IsNot; break;
        case CompareOperator::IsNot: inverse = CompareOperator::Is; break;
        case CompareOperator::In: inverse = CompareOperator::NotIn; break;
        case CompareOperator::NotIn: inverse = CompareOperator::In; break;
        default: return true;
      }
      compare->ops[0] = inverse;
      copy_place(compare, n);
      *slot = compare;
    }
    return true;
  }

  // The number of items of nested tuples, within a limit; -1 beyond.
  static int64_t complexity(Value v, int64_t limit) {
    if (!is_exact_tuple(v)) return limit;
    limit -= tuple_size(v);
    for (Py_ssize_t i = 0; limit >= 0 && i < tuple_size(v); i++) limit = complexity(tuple_get(v, i), limit);
    return limit;
  }
  static Py_ssize_t size_of_sequence(Value v) {
    if (is_str(v)) return str_length(v);
    if (is_bytes(v)) return bytes_length(v);
    return -1;
  }
  Ref safe_multiply(Value l, Value r) {
    if (is_int(l) && is_int(r)) {
      if (static_cast<int64_t>(int_bit_length(l) + int_bit_length(r)) > kMaxIntBits) return {};
    } else if (is_int(l) && !is_int(r) && (is_tuple(r) || is_str(r) || is_bytes(r) || is_exact(r, &PyFrozenSet_Type))) {
      return safe_multiply(r, l);
    } else if (is_int(r)) {
      int64_t n;
      if (is_tuple(l)) {
        if (tuple_size(l)) {
          if (int_sign_overflow_i64(r, &n) || n < 0 || n > kMaxCollection / tuple_size(l)) return {};
          if (n && complexity(l, kMaxTotalItems / n) < 0) return {};
        }
      } else if (Py_ssize_t size = size_of_sequence(l); size > 0) {
        if (int_sign_overflow_i64(r, &n) || n < 0 || n > kMaxStr / size) return {};
      }
    }
    return multiply(l, r);
  }
  Ref safe_power(Value l, Value r) {
    if (is_int(l) && is_int(r) && int_sign(r) > 0 && int_sign(l) != 0) {
      int64_t n;
      auto bits = static_cast<int64_t>(int_bit_length(l));
      if (int_sign_overflow_i64(r, &n) || n > kMaxIntBits / bits) return {};
    }
    return power(l, r);
  }
  Ref safe_shift(Value l, Value r) {
    if (is_int(l) && is_int(r) && int_sign(l) != 0 && int_sign(r) != 0) {
      int64_t n;
      auto bits = static_cast<int64_t>(int_bit_length(l));
      if (int_sign_overflow_i64(r, &n) || n < 0 || n > kMaxIntBits || bits > kMaxIntBits - n) return {};
    }
    return binary(BinaryOp::kLeftShift, l, r);
  }
  bool fold_binary(Expr** slot, BinOp* n) {
    Constant* l = constant(n->left);
    Constant* r = constant(n->right);
    if (n->op == Operator::Mod && l && is_exact_str(l->value)) {
      if (auto* t = cast_if<Tuple>(n->right)) return fold_format(slot, l->value, t->elts);
    }
    if (!l || !r) return true;
    Value a = l->value, b = r->value;
    switch (n->op) {
      case Operator::Add: return replace(slot, add(a, b));
      case Operator::Sub: return replace(slot, subtract(a, b));
      case Operator::Mult: return replace(slot, safe_multiply(a, b));
      case Operator::Div: return replace(slot, true_divide(a, b));
      case Operator::FloorDiv: return replace(slot, floor_divide(a, b));
      case Operator::Mod:
        if (is_str(a) || is_bytes(a)) return true;
        return replace(slot, remainder(a, b));
      case Operator::Pow: return replace(slot, safe_power(a, b));
      case Operator::LShift: return replace(slot, safe_shift(a, b));
      case Operator::RShift: return replace(slot, binary(BinaryOp::kRightShift, a, b));
      case Operator::BitOr: return replace(slot, binary(BinaryOp::kOr, a, b));
      case Operator::BitXor: return replace(slot, binary(BinaryOp::kXor, a, b));
      case Operator::BitAnd: return replace(slot, binary(BinaryOp::kAnd, a, b));
      case Operator::MatMult: return true;
    }
    return true;
  }

  // '%s and %r' % (a, b) becomes an f-string where that means the same: %s, %r, %a with flags '-', width and precision.
  bool fold_format(Expr** slot, Value format, Seq<Expr*> elts) {
    for (Expr* e : elts) {
      if (e->kind == NodeKind::Starred) return true;
    }
    std::vector<Expr*> parts;
    Py_ssize_t length = str_length(format), at = 0;
    size_t used = 0;
    auto literal = [&](StrBuilder& b) {
      if (b.length() == 0) return true;
      Ref text = b.finish();
      if (!text) return false;
      auto* c = arena_.make<Constant>();
      copy_place(c, *slot);
      c->value = arena_.keep(std::move(text));
      parts.push_back(c);
      return true;
    };
    while (at < length) {
      StrBuilder text;
      while (at < length) {
        uint32_t c = str_char(format, at);
        if (c != '%') {
          text.add_char(c);
          at++;
        } else if (at + 1 < length && str_char(format, at + 1) == '%') {
          text.add_char('%');
          at += 2;
        } else {
          break;
        }
      }
      if (!literal(text)) return false;
      if (at >= length) break;
      at++;  // the percent sign
      if (used >= elts.size()) return true;
      bool left = false;
      std::string digits, precision;
      while (at < length && str_char(format, at) == '-') left = true, at++;
      auto number = [&](std::string* out) {
        while (at < length && str_char(format, at) >= '0' && str_char(format, at) <= '9' && out->size() < 5) out->push_back(static_cast<char>(str_char(format, at++)));
      };
      if (at < length && str_char(format, at) == '0') return true;
      number(&digits);
      bool has_precision = false;
      if (at < length && str_char(format, at) == '.') {
        at++;
        has_precision = true;
        number(&precision);
      }
      if (digits.size() > 3 || precision.size() > 3 || at >= length) return true;
      uint32_t code = str_char(format, at++);
      if (code != 's' && code != 'r' && code != 'a') return true;
      auto* v = arena_.make<FormattedValue>();
      copy_place(v, elts[used]);
      v->value = elts[used++];
      v->conversion = static_cast<int>(code);
      std::string spec;
      if (!digits.empty()) {
        if (!left) spec += '>';
        spec += digits;
      }
      if (has_precision) spec += "." + (precision.empty() ? std::string("0") : precision);
      if (!spec.empty()) {
        auto* c = arena_.make<Constant>();
        copy_place(c, elts[used - 1]);
        c->value = arena_.keep(str_from_ascii(spec));
        if (!c->value) return false;
        Expr* one = c;
        auto* joined = arena_.make<JoinedStr>();
        copy_place(joined, c);
        joined->values = arena_.copy(&one, 1);
        v->format_spec = joined;
      }
      parts.push_back(v);
    }
    if (used != elts.size()) return true;
    auto* joined = arena_.make<JoinedStr>();
    copy_place(joined, *slot);
    joined->values = arena_.copy(parts);
    *slot = joined;
    return true;
  }

  Arena& arena_;
  int optimize_, future_;
  int depth_ = 0;
};

}  // namespace

bool fold_constants(Mod* tree, Arena& arena, int optimize, int future_flags) { return Folder(arena, optimize, future_flags).mod(tree); }

}  // namespace adder::compile
