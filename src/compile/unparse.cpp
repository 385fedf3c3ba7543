// Source text of an expression, as string annotations keep it: CPython's spelling and parentheses.
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

namespace {

// Priorities of CPython's grammar, low to high.
enum Priority {
  kTuple, kTest, kOr, kAnd, kNot, kCompare, kExpr, kBor = kExpr, kBxor, kBand, kShift, kArith, kTerm, kFactor, kPower, kAwait, kAtom
};

class Unparser {
 public:
  bool expr(Expr* e, int level) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = expr_inner(e, level);
    depth_--;
    return ok;
  }
  StrBuilder out;

 private:
  bool text(const char* s) { return out.add_ascii(s); }
  bool open(bool yes) { return !yes || text("("); }
  bool close(bool yes) { return !yes || text(")"); }
  bool name(Value v) { return out.add(v); }
  bool list(Seq<Expr*> elts) {
    for (uint32_t i = 0; i < elts.size(); i++) {
      if ((i && !text(", ")) || !expr(elts[i], kTest)) return false;
    }
    return true;
  }
  bool constant(Value v) {
    if (v == Value{Py_Ellipsis}) return text("...");
    Ref r = repr(v);
    if (!r) return false;
    // An infinity has no literal: 1e309 reads back as one.
    if (v.is_float() || is_exact(v, &PyComplex_Type)) {
      r = str_replace(r, Value{"inf"_id}, Value{"1e309"_id}, -1);
      if (!r) return false;
    }
    return out.add(r);
  }
  bool tuple_constant(Value v) {
    if (!text("(")) return false;
    for (Py_ssize_t i = 0; i < tuple_size(v); i++) {
      if ((i && !text(", ")) || !constant(tuple_get(v, i))) return false;
    }
    return text(tuple_size(v) == 1 ? ",)" : ")");
  }
  bool arguments(Arguments* a) {
    bool first = true;
    auto comma = [&] { bool ok = first || text(", "); first = false; return ok; };
    size_t positional = a->posonlyargs.size() + a->args.size();
    for (size_t i = 0; i < positional; i++) {
      Arg* p = i < a->posonlyargs.size() ? a->posonlyargs[i] : a->args[i - a->posonlyargs.size()];
      if (!comma() || !arg(p)) return false;
      size_t no_default = positional - a->defaults.size();
      if (i >= no_default && (!text("=") || !expr(a->defaults[i - no_default], kTest))) return false;
      if (a->posonlyargs.size() && i + 1 == a->posonlyargs.size() && !text(", /")) return false;
    }
    if (a->vararg || a->kwonlyargs.size()) {
      if (!comma() || !text("*") || (a->vararg && !arg(a->vararg))) return false;
    }
    for (uint32_t i = 0; i < a->kwonlyargs.size(); i++) {
      if (!comma() || !arg(a->kwonlyargs[i])) return false;
      if (a->kw_defaults[i] && (!text("=") || !expr(a->kw_defaults[i], kTest))) return false;
    }
    return !a->kwarg || (comma() && text("**") && arg(a->kwarg));
  }
  bool arg(Arg* p) { return name(p->arg) && (!p->annotation || (text(": ") && expr(p->annotation, kTest))); }
  bool comprehensions(Seq<Comprehension*> list_) {
    for (Comprehension* c : list_) {
      if (!text(c->is_async ? " async for " : " for ") || !expr(c->target, kTuple) || !text(" in ") || !expr(c->iter, kTest + 1)) return false;
      for (Expr* i : c->ifs) {
        if (!text(" if ") || !expr(i, kTest + 1)) return false;
      }
    }
    return true;
  }
  bool binary(BinOp* n, int level) {
    const char* op;
    int pr;
    bool right = false;
    switch (n->op) {
      case Operator::Add: op = " + "; pr = kArith; break;
      case Operator::Sub: op = " - "; pr = kArith; break;
      case Operator::Mult: op = " * "; pr = kTerm; break;
      case Operator::MatMult: op = " @ "; pr = kTerm; break;
      case Operator::Div: op = " / "; pr = kTerm; break;
      case Operator::Mod: op = " % "; pr = kTerm; break;
      case Operator::LShift: op = " << "; pr = kShift; break;
      case Operator::RShift: op = " >> "; pr = kShift; break;
      case Operator::BitOr: op = " | "; pr = kBor; break;
      case Operator::BitXor: op = " ^ "; pr = kBxor; break;
      case Operator::BitAnd: op = " & "; pr = kBand; break;
      case Operator::FloorDiv: op = " // "; pr = kTerm; break;
      default: op = " ** "; pr = kPower; right = true;
    }
    return open(level > pr) && expr(n->left, pr + right) && text(op) && expr(n->right, pr + !right) && close(level > pr);
  }
  bool fstring_element(Expr* e, bool is_format_spec, StrBuilder& into);
  bool joined(Seq<Expr*> values, bool is_format_spec);
  bool formatted(FormattedValue* n, StrBuilder& into);

  bool expr_inner(Expr* e, int level) {
    switch (e->kind) {
      case NodeKind::BoolOp: {
        auto* n = cast<BoolOp>(e);
        int pr = n->op == BoolOperator::And ? kAnd : kOr;
        if (!open(level > pr)) return false;
        for (uint32_t i = 0; i < n->values.size(); i++) {
          if ((i && !text(pr == kAnd ? " and " : " or ")) || !expr(n->values[i], pr + 1)) return false;
        }
        return close(level > pr);
      }
      case NodeKind::BinOp: return binary(cast<BinOp>(e), level);
      case NodeKind::UnaryOp: {
        auto* n = cast<UnaryOp>(e);
        int pr = n->op == UnaryOperator::Not ? kNot : kFactor;
        const char* op = n->op == UnaryOperator::Not ? "not " : n->op == UnaryOperator::Invert ? "~" : n->op == UnaryOperator::UAdd ? "+" : "-";
        return open(level > pr) && text(op) && expr(n->operand, pr) && close(level > pr);
      }
      case NodeKind::Lambda: {
        auto* n = cast<Lambda>(e);
        bool any = n->args->posonlyargs.size() || n->args->args.size() || n->args->vararg || n->args->kwonlyargs.size() || n->args->kwarg;
        return open(level > kTest) && text(any ? "lambda " : "lambda") && arguments(n->args) && text(": ") && expr(n->body, kTest) && close(level > kTest);
      }
      case NodeKind::IfExp: {
        auto* n = cast<IfExp>(e);
        return open(level > kTest) && expr(n->body, kTest + 1) && text(" if ") && expr(n->test, kTest + 1) && text(" else ") &&
               expr(n->orelse, kTest) && close(level > kTest);
      }
      case NodeKind::Dict: {
        auto* n = cast<Dict>(e);
        if (!text("{")) return false;
        for (uint32_t i = 0; i < n->values.size(); i++) {
          if (i && !text(", ")) return false;
          if (n->keys[i] ? !expr(n->keys[i], kTest) || !text(": ") || !expr(n->values[i], kTest) : !text("**") || !expr(n->values[i], kExpr)) return false;
        }
        return text("}");
      }
      case NodeKind::Set: return text("{") && list(cast<Set>(e)->elts) && text("}");
      case NodeKind::GeneratorExp:
        return text("(") && expr(cast<GeneratorExp>(e)->elt, kTest) && comprehensions(cast<GeneratorExp>(e)->generators) && text(")");
      case NodeKind::ListComp:
        return text("[") && expr(cast<ListComp>(e)->elt, kTest) && comprehensions(cast<ListComp>(e)->generators) && text("]");
      case NodeKind::SetComp:
        return text("{") && expr(cast<SetComp>(e)->elt, kTest) && comprehensions(cast<SetComp>(e)->generators) && text("}");
      case NodeKind::DictComp: {
        auto* n = cast<DictComp>(e);
        return text("{") && expr(n->key, kTest) && text(": ") && expr(n->value, kTest) && comprehensions(n->generators) && text("}");
      }
      case NodeKind::Yield: {
        auto* n = cast<Yield>(e);
        return n->value ? text("(yield ") && expr(n->value, kTest) && text(")") : text("(yield)");
      }
      case NodeKind::YieldFrom: return text("(yield from ") && expr(cast<YieldFrom>(e)->value, kTest) && text(")");
      case NodeKind::Await:
        return open(level > kAwait) && text("await ") && expr(cast<Await>(e)->value, kAtom) && close(level > kAwait);
      case NodeKind::Compare: {
        auto* n = cast<Compare>(e);
        static const char* const ops[] = {" == ", " != ", " < ", " <= ", " > ", " >= ", " is ", " is not ", " in ", " not in "};
        if (!open(level > kCompare) || !expr(n->left, kCompare + 1)) return false;
        for (uint32_t i = 0; i < n->ops.size(); i++) {
          if (!text(ops[static_cast<int>(n->ops[i])]) || !expr(n->comparators[i], kCompare + 1)) return false;
        }
        return close(level > kCompare);
      }
      case NodeKind::Call: {
        auto* n = cast<Call>(e);
        if (!expr(n->func, kAtom)) return false;
        if (n->args.size() == 1 && n->keywords.empty() && n->args[0]->kind == NodeKind::GeneratorExp) return expr(n->args[0], kTest);
        if (!text("(")) return false;
        bool first = true;
        for (Expr* a : n->args) {
          if ((!first && !text(", ")) || !expr(a, kTest)) return false;
          first = false;
        }
        for (Keyword* k : n->keywords) {
          if (!first && !text(", ")) return false;
          first = false;
          if (k->arg ? !name(k->arg) || !text("=") : !text("**")) return false;
          if (!expr(k->value, kTest)) return false;
        }
        return text(")");
      }
      case NodeKind::Constant: {
        auto* n = cast<Constant>(e);
        if (is_tuple(n->value)) return tuple_constant(n->value);
        // u'…' keeps its prefix.
        if (n->kind && !out.add(n->kind)) return false;
        return constant(n->value);
      }
      case NodeKind::JoinedStr: return joined(cast<JoinedStr>(e)->values, false);
      case NodeKind::FormattedValue: {
        Expr* one = e;
        return joined(Seq<Expr*>{&one, 1}, false);
      }
      case NodeKind::Attribute: {
        auto* n = cast<Attribute>(e);
        if (!expr(n->value, kAtom)) return false;
        // An integer literal needs a space before the dot.
        auto* c = cast_if<Constant>(n->value);
        return text(c && is_int(c->value) && !is_bool(c->value) ? " ." : ".") && name(n->attr);
      }
      case NodeKind::Starred: return text("*") && expr(cast<Starred>(e)->value, kExpr);
      case NodeKind::Name: return name(cast<Name>(e)->id);
      case NodeKind::List: return text("[") && list(cast<List>(e)->elts) && text("]");
      case NodeKind::Tuple: {
        auto* n = cast<Tuple>(e);
        if (n->elts.empty()) return text("()");
        return open(level > kTuple) && list(n->elts) && (n->elts.size() > 1 || text(",")) && close(level > kTuple);
      }
      case NodeKind::Subscript: {
        auto* n = cast<Subscript>(e);
        return expr(n->value, kAtom) && text("[") && expr(n->slice, kTuple) && text("]");
      }
      case NodeKind::Slice: {
        auto* n = cast<Slice>(e);
        return (!n->lower || expr(n->lower, kTest)) && text(":") && (!n->upper || expr(n->upper, kTest)) &&
               (!n->step || (text(":") && expr(n->step, kTest)));
      }
      case NodeKind::NamedExpr: {
        auto* n = cast<NamedExpr>(e);
        return open(level > kTuple) && expr(n->target, kAtom) && text(" := ") && expr(n->value, kAtom) && close(level > kTuple);
      }
      default: return raise(PyExc_SystemError, "unknown expression kind");
    }
  }
  int depth_ = 0;
};

bool Unparser::formatted(FormattedValue* n, StrBuilder& into) {
  Unparser inner;
  if (!inner.expr(n->value, kTest + 1)) return false;
  Ref value = inner.out.finish();
  if (!value) return false;
  // A brace at once after the opening one would be read as an escape.
  into.add_ascii(str_length(value) && str_char(value, 0) == '{' ? "{ " : "{");
  into.add(value);
  if (n->conversion > 0) {
    into.add_char('!');
    into.add_char(static_cast<uint32_t>(n->conversion));
  }
  if (n->format_spec) {
    into.add_ascii(":");
    if (!fstring_element(n->format_spec, true, into)) return false;
  }
  return into.add_ascii("}");
}

bool Unparser::fstring_element(Expr* e, bool is_format_spec, StrBuilder& into) {
  switch (e->kind) {
    case NodeKind::Constant: {
      Ref doubled = str_replace(cast<Constant>(e)->value, Value{"{"_id}, Value{"{{"_id}, -1);
      if (doubled) doubled = str_replace(doubled, Value{"}"_id}, Value{"}}"_id}, -1);
      return doubled && into.add(doubled);
    }
    case NodeKind::JoinedStr:
      for (Expr* x : cast<JoinedStr>(e)->values) {
        if (!fstring_element(x, is_format_spec, into)) return false;
      }
      return true;
    case NodeKind::FormattedValue: return formatted(cast<FormattedValue>(e), into);
    default: return raise(PyExc_SystemError, "unknown expression kind inside f-string");
  }
}

bool Unparser::joined(Seq<Expr*> values, bool is_format_spec) {
  StrBuilder body;
  for (Expr* e : values) {
    if (!fstring_element(e, is_format_spec, body)) return false;
  }
  Ref content = body.finish();
  if (!content) return false;
  Ref quoted = repr(content);
  return quoted && text("f") && out.add(quoted);
}

}  // namespace

Ref unparse(Expr* e) {
  Unparser u;
  if (!u.expr(e, kTest)) return {};
  return u.out.finish();
}

}  // namespace adder::compile
