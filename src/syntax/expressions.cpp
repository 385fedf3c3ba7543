// Expressions down to the primary: lambda, conditional, boolean, comparison, arithmetic, await, attribute, subscript, call.
#include "syntax/parser.h"

namespace adder::syntax {

namespace {

// Binary operators by precedence, 1 the weakest (|) to 6 (* / // % @); 0: none.
struct BinaryRow { uint8_t precedence; Operator op; };
inline BinaryRow binary_row(Tok t) {
  switch (t) {
    case Tok::kBar: return {1, Operator::BitOr};
    case Tok::kCaret: return {2, Operator::BitXor};
    case Tok::kAmpersand: return {3, Operator::BitAnd};
    case Tok::kLeftShift: return {4, Operator::LShift};
    case Tok::kRightShift: return {4, Operator::RShift};
    case Tok::kPlus: return {5, Operator::Add};
    case Tok::kMinus: return {5, Operator::Sub};
    case Tok::kStar: return {6, Operator::Mult};
    case Tok::kSlash: return {6, Operator::Div};
    case Tok::kDoubleSlash: return {6, Operator::FloorDiv};
    case Tok::kPercent: return {6, Operator::Mod};
    case Tok::kAt: return {6, Operator::MatMult};
    default: return {0, Operator::Add};
  }
}

}  // namespace

// Can the next token begin an expression (for optional ones)?
bool Parser::starts_expression() const {
  switch (tok()) {
    case Tok::kName: case Tok::kNumber: case Tok::kString: case Tok::kLeftParen: case Tok::kLeftBracket:
    case Tok::kLeftBrace: case Tok::kEllipsis: case Tok::kPlus: case Tok::kMinus: case Tok::kTilde: case Tok::kFalse:
    case Tok::kNone: case Tok::kTrue: case Tok::kAwait: case Tok::kLambda: case Tok::kNot:
      return true;
    default: return false;
  }
}

Expr* Parser::expression() {
  if (!diagnosing_) return expression_plain();
  return remember<Expr>(kRuleExpression, [&]() -> Expr* {
    Deeper deeper(this, 4);
    if (!deeper) return nullptr;
    if (try_invalid_) {
      uint32_t start = mark();
      invalid_expression();
      if (raised_) return nullptr;
      reset(start);
      invalid_legacy_expression();
      if (raised_) return nullptr;
      reset(start);
    }
    return expression_plain();
  });
}

Expr* Parser::expression_plain() {
  if (at(Tok::kLambda)) return lambda();
  Place start = place();
  Expr* body = disjunction();
  if (!body || !at(Tok::kIf)) return body;
  Deeper deeper(this, 1);
  if (!deeper) return nullptr;
  uint32_t behind = mark();
  advance();
  Expr* test = disjunction();
  if (test && accept(Tok::kElse)) {
    if (Expr* orelse = expression()) {
      auto* n = make<IfExp>(start);
      n->test = test;
      n->body = body;
      n->orelse = orelse;
      return n;
    }
  }
  reset(behind);
  return raised_ ? nullptr : body;
}

// An expression as the second of two without a comma: no mistake within it is reported.
Expr* Parser::expression_without_invalid() {
  bool before = try_invalid_;
  try_invalid_ = false;
  Expr* e = expression_plain();
  try_invalid_ = before;
  return e;
}

Expr* Parser::lambda() {
  Deeper deeper(this, 2);
  if (!deeper) return nullptr;
  Place start = place();
  advance();
  Arguments* args = parameters(true);
  if (!args || !accept(Tok::kColon)) return nullptr;
  Expr* body = expression();
  if (!body) return nullptr;
  auto* n = make<Lambda>(start);
  n->args = args;
  n->body = body;
  return n;
}

// `first`, at a comma, and what follows: a tuple without parentheses.
Expr* Parser::tuple_of_rest(Expr* first, Place start, Expr* (Parser::*item)()) {
  List<Expr*> items(this);
  items.add(first);
  while (at(Tok::kComma)) {
    advance();
    uint32_t before = mark();
    if (!starts_expression() && !at(Tok::kStar)) break;
    Expr* e = (this->*item)();
    if (!e) {
      if (raised_) return nullptr;
      reset(before);
      break;
    }
    items.add(e);
  }
  auto* n = make<Tuple>(start);
  n->elts = items.done();
  n->ctx = ExprContext::Load;
  return n;
}

Expr* Parser::expressions() {
  Place start = place();
  Expr* first = expression();
  return first && at(Tok::kComma) ? tuple_of_rest(first, start, &Parser::expression) : first;
}

Expr* Parser::star_expressions() {
  Place start = place();
  Expr* first = star_expression();
  return first && at(Tok::kComma) ? tuple_of_rest(first, start, &Parser::star_expression) : first;
}

Expr* Parser::star_expression() {
  if (!at(Tok::kStar)) return expression();
  Place start = place();
  advance();
  Expr* value = bitwise_or();
  if (!value) return nullptr;
  auto* n = make<Starred>(start);
  n->value = value;
  return n;
}

Expr* Parser::star_named_expression() {
  return at(Tok::kStar) ? star_expression() : named_expression();
}

Expr* Parser::named_expression_plain() {
  if (at(Tok::kName) && peek(1).kind == Tok::kColonEqual) {
    const Token& name = here();
    Place start = place();
    advance();
    if (!check_version(8, "Assignment expressions are")) return nullptr;
    Expr* target = make_name(name, ExprContext::Store);
    advance();
    Expr* value = expression();
    if (!value) return nullptr;
    auto* n = make<NamedExpr>(start);
    n->target = target;
    n->value = value;
    return n;
  }
  Expr* e = expression();
  return e && at(Tok::kColonEqual) ? nullptr : e;
}

Expr* Parser::assignment_or_expression() { return named_expression_plain(); }

Expr* Parser::named_expression() {
  if (!try_invalid_) return named_expression_plain();
  if (at(Tok::kName) && peek(1).kind == Tok::kColonEqual) {
    uint32_t start = mark();
    if (Expr* e = named_expression_plain()) return e;
    if (raised_) return nullptr;
    reset(start);
  }
  uint32_t start = mark();
  invalid_named_expression();
  if (raised_) return nullptr;
  reset(start);
  Expr* e = expression();
  return e && at(Tok::kColonEqual) ? nullptr : e;
}

Expr* Parser::yield_expression() {
  Place start = place();
  advance();
  if (at(Tok::kFrom)) {
    advance();
    Expr* value = expression();
    if (!value) return nullptr;
    auto* n = make<YieldFrom>(start);
    n->value = value;
    return n;
  }
  Expr* value = nullptr;
  if (starts_expression() || at(Tok::kStar)) {
    uint32_t before = mark();
    value = star_expressions();
    if (raised_) return nullptr;
    if (!value) reset(before);
  }
  auto* n = make<Yield>(start);
  n->value = value;
  return n;
}

Expr* Parser::disjunction() {
  if (!diagnosing_) return disjunction_rule();
  return remember<Expr>(kRuleDisjunction, [&] { return disjunction_rule(); });
}

// `operand (token operand)*`: the operand alone or a BoolOp of all of them.
template <Tok token, BoolOperator op, auto operand>
Expr* Parser::bool_operation() {
  Place start = place();
  Expr* first = (this->*operand)();
  if (!first || !at(token)) return first;
  List<Expr*> values(this);
  values.add(first);
  while (at(token)) {
    uint32_t before = mark();
    advance();
    Expr* e = (this->*operand)();
    if (!e) {
      reset(before);
      break;
    }
    values.add(e);
  }
  if (raised_) return nullptr;
  if (values.size() == 1) return first;
  auto* n = make<BoolOp>(start);
  n->op = op;
  n->values = values.done();
  return n;
}

Expr* Parser::disjunction_rule() { return bool_operation<Tok::kOr, BoolOperator::Or, &Parser::conjunction>(); }

Expr* Parser::conjunction() { return bool_operation<Tok::kAnd, BoolOperator::And, &Parser::inversion>(); }

Expr* Parser::inversion() {
  if (!at(Tok::kNot)) return comparison();
  Deeper deeper(this, 1);
  if (!deeper) return nullptr;
  Place start = place();
  advance();
  Expr* operand = inversion();
  if (!operand) return nullptr;
  auto* n = make<UnaryOp>(start);
  n->op = UnaryOperator::Not;
  n->operand = operand;
  return n;
}

Expr* Parser::comparison() {
  Place start = place();
  Expr* left = bitwise_or();
  if (!left) return nullptr;
  if (tok() > Tok::kGreaterEqual ? !(at(Tok::kIn) || at(Tok::kIs) || at(Tok::kNot)) : tok() < Tok::kLess) return left;
  List<CompareOperator> ops(this);
  List<Expr*> comparators(this);
  while (true) {
    uint32_t before = mark();
    CompareOperator op;
    switch (tok()) {
      case Tok::kLess: op = CompareOperator::Lt; break;
      case Tok::kGreater: op = CompareOperator::Gt; break;
      case Tok::kEqualEqual: op = CompareOperator::Eq; break;
      case Tok::kLessEqual: op = CompareOperator::LtE; break;
      case Tok::kGreaterEqual: op = CompareOperator::GtE; break;
      case Tok::kNotEqual: {
        bool old_form = text_[here().begin] == '<';
        if (context_.options.barry_as_bdfl) {
          if (!old_form) { error_here("with Barry as BDFL, use '<>' instead of '!='"); return nullptr; }
        } else if (old_form) {
          goto done;
        }
        op = CompareOperator::NotEq;
        break;
      }
      case Tok::kIn: op = CompareOperator::In; break;
      case Tok::kIs:
        op = CompareOperator::Is;
        if (peek(1).kind == Tok::kNot) {
          op = CompareOperator::IsNot;
          advance();
        }
        break;
      case Tok::kNot:
        if (peek(1).kind != Tok::kIn) {
          advance();  // what comes next was looked at
          reset(before);
          goto done;
        }
        op = CompareOperator::NotIn;
        advance();
        break;
      default: goto done;
    }
    advance();
    Expr* e = bitwise_or();
    if (!e) {
      reset(before);
      break;
    }
    ops.add(op);
    comparators.add(e);
  }
done:
  if (raised_) return nullptr;
  if (ops.empty()) return left;
  auto* n = make<Compare>(start);
  n->left = left;
  n->ops = ops.done();
  n->comparators = comparators.done();
  return n;
}

Expr* Parser::binary(int min_precedence) {
  if (!diagnosing_ || min_precedence != 1) return binary_rule(min_precedence);
  return remember<Expr>(kRuleBinary, [&] { return binary_rule(1); });
}

Expr* Parser::binary_rule(int min_precedence) {
  Place start = place();
  Expr* left = factor();
  while (left) {
    BinaryRow row = binary_row(tok());
    if (row.precedence < min_precedence || row.precedence == 0) break;
    uint32_t before = mark();
    if (row.op == Operator::MatMult && !check_version(5, "The '@' operator is")) return nullptr;
    advance();
    Expr* right = binary_rule(row.precedence + 1);
    if (!right) {
      reset(before);
      return raised_ ? nullptr : left;
    }
    auto* n = make<BinOp>(start);
    n->left = left;
    n->op = row.op;
    n->right = right;
    left = n;
  }
  return left;
}

Expr* Parser::factor() {
  UnaryOperator op;
  switch (tok()) {
    case Tok::kPlus: op = UnaryOperator::UAdd; break;
    case Tok::kMinus: op = UnaryOperator::USub; break;
    case Tok::kTilde: op = UnaryOperator::Invert; break;
    default: return power();
  }
  Deeper deeper(this, 1);
  if (!deeper) return nullptr;
  Place start = place();
  advance();
  Expr* operand = factor();
  if (!operand) return nullptr;
  auto* n = make<UnaryOp>(start);
  n->op = op;
  n->operand = operand;
  return n;
}

Expr* Parser::power() {
  Place start = place();
  Expr* left = await_primary();
  if (!left || !at(Tok::kDoubleStar)) return left;
  Deeper deeper(this, 2);
  if (!deeper) return nullptr;
  uint32_t before = mark();
  advance();
  Expr* right = factor();
  if (!right) {
    reset(before);
    return raised_ ? nullptr : left;
  }
  auto* n = make<BinOp>(start);
  n->left = left;
  n->op = Operator::Pow;
  n->right = right;
  return n;
}

Expr* Parser::await_primary() {
  if (!at(Tok::kAwait)) return primary();
  Place start = place();
  advance();
  Expr* value = primary();
  if (!value || !check_version(5, "Await expressions are")) return nullptr;
  auto* n = make<Await>(start);
  n->value = value;
  return n;
}

Expr* Parser::primary() {
  if (!diagnosing_) return primary_rule();
  return remember<Expr>(kRulePrimary, [&] { return primary_rule(); });
}

Expr* Parser::primary_rule() {
  Place start = place();
  Expr* e = atom();
  while (e) {
    uint32_t before = mark();
    if (try_invalid_ && (at(Tok::kLeftBracket) || at(Tok::kLeftBrace))) {
      // The grammar looks for a generator expression behind every primary, and with it for mistakes in comprehensions.
      invalid_comprehension(tok());
      if (raised_) return nullptr;
      reset(before);
    }
    switch (tok()) {
      case Tok::kDot: {
        advance();
        Value name;
        if (!take_identifier(&name)) {
          reset(before);
          return raised_ ? nullptr : e;
        }
        auto* n = make<Attribute>(start);
        n->value = e;
        n->attr = name;
        e = n;
        continue;
      }
      case Tok::kLeftParen: {
        Expr* n = call(e, start);
        if (!n) {
          reset(before);
          return raised_ ? nullptr : e;
        }
        e = n;
        continue;
      }
      case Tok::kLeftBracket: {
        Deeper deeper(this, 20);
        if (!deeper) return nullptr;
        advance();
        Expr* index = slices();
        if (!index || !accept(Tok::kRightBracket)) {
          reset(before);
          return raised_ ? nullptr : e;
        }
        auto* n = make<Subscript>(start);
        n->value = e;
        n->slice = index;
        e = n;
        continue;
      }
      default: return e;
    }
  }
  return e;
}

Expr* Parser::slices() {
  Place start = place();
  bool star = at(Tok::kStar);
  Expr* first = star ? nullptr : slice();
  if (raised_ || (!first && !star)) return nullptr;
  if (first && !at(Tok::kComma)) return first;
  List<Expr*> items(this);
  if (first) items.add(first);
  while (true) {
    if (!items.empty()) {
      if (!accept(Tok::kComma)) break;
      if (at(Tok::kRightBracket)) break;
    }
    Expr* e;
    if (at(Tok::kStar)) {
      Place star = place();
      advance();
      Expr* value = expression();
      if (!value) return nullptr;
      auto* n = make<Starred>(star);
      n->value = value;
      e = n;
    } else {
      e = slice();
    }
    if (!e) return nullptr;
    items.add(e);
  }
  auto* n = make<Tuple>(start);
  n->elts = items.done();
  return n;
}

Expr* Parser::slice() {
  Place start = place();
  uint32_t first_token = mark();
  Expr* lower = nullptr;
  if (!at(Tok::kColon)) {
    if (diagnosing_) {
      lower = expression();
      if (raised_) return nullptr;
      if (!lower || !at(Tok::kColon)) {
        reset(first_token);
        return named_expression();
      }
    } else {
      lower = named_expression_plain();
      if (!lower || !at(Tok::kColon)) return lower;
      if (is<NamedExpr>(lower) && peek(0).kind == Tok::kColon && tokens_[first_token + 1].kind == Tok::kColonEqual) return lower;
    }
  }
  advance();
  Expr *upper = nullptr, *step = nullptr;
  if (starts_expression() && !(upper = expression())) return nullptr;
  if (accept(Tok::kColon)) {
    if (starts_expression() && !(step = expression())) return nullptr;
  }
  auto* n = make<Slice>(start);
  n->lower = lower;
  n->upper = upper;
  n->step = step;
  return n;
}

// At `(` behind a primary.
Expr* Parser::call(Expr* function, Place start) {
  Deeper deeper(this, 20);
  if (!deeper) return nullptr;
  Place open = place();
  uint32_t open_mark = mark();
  advance();
  if (diagnosing_) {
    // A lone generator expression is tried first, and its mistakes.
    uint32_t inside = mark();
    if (!at(Tok::kRightParen) && !at(Tok::kStar) && !at(Tok::kDoubleStar)) {
      Seq<Comprehension*> clauses;
      Expr* element = assignment_or_expression();
      if (raised_) return nullptr;
      if (element && at_for() && for_clauses(&clauses) && accept(Tok::kRightParen)) {
        auto* generator = make<GeneratorExp>(open);
        generator->elt = element;
        generator->generators = clauses;
        auto* n = make<Call>(start);
        n->func = function;
        Expr* one = generator;
        n->args = context_.arena.copy(&one, 1);
        return n;
      }
      if (raised_) return nullptr;
    }
    if (try_invalid_) {
      reset(open_mark);
      invalid_comprehension(Tok::kLeftParen);
      if (raised_) return nullptr;
    }
    reset(inside);
  }
  auto* n = context_.arena.make<Call>();
  n->func = function;
  if (!at(Tok::kRightParen) && !arguments(&n->args, &n->keywords)) return nullptr;
  if (at_for() && n->args.size() == 1 && n->keywords.empty() && !is<Starred>(n->args[0]) &&
      tokens_[pos_ - 1].kind != Tok::kComma) {
    Seq<Comprehension*> clauses;
    if (!for_clauses(&clauses) || !accept(Tok::kRightParen)) return nullptr;
    auto* generator = make<GeneratorExp>(open);
    generator->elt = n->args[0];
    generator->generators = clauses;
    n->args[0] = generator;
  } else if (!accept(Tok::kRightParen)) {
    return nullptr;
  }
  const Token& last = tokens_[pos_ - 1];
  n->lineno = start.lineno;
  n->col_offset = start.col;
  n->end_lineno = last.end_lineno;
  n->end_col_offset = last.end_col;
  return n;
}

// What stands between the parentheses of a call or class; leaves pos_ at `)`, or at `for` behind a single expression
// (first pass).
bool Parser::arguments(Seq<Expr*>* args, Seq<Keyword*>* keywords) {
  uint32_t start = mark();
  ArgumentList list;
  if (argument_list(&list)) {
    accept(Tok::kComma);
    if (at(Tok::kRightParen) || (!diagnosing_ && list.args.size() == 1 && list.keywords.empty() && tokens_[pos_ - 1].kind != Tok::kComma && at_for())) {
      *args = list.args;
      *keywords = list.keywords;
      return true;
    }
  }
  if (raised_) return false;
  if (try_invalid_) {
    reset(start);
    invalid_arguments();
  }
  return false;
}

// Positional arguments, then keywords and `*`, then keywords and `**`; stops before the comma that none of these follows.
bool Parser::argument_list(ArgumentList* out) {
  List<Expr*> args(this);
  List<Keyword*> keywords(this);
  out->first_token = mark();
  Place start = place();
  uint32_t before_comma = mark();
  bool any = false;
  int state = 0;  // 0 positional, 1 keywords and `*`, 2 keywords and `**`
  while (true) {
    uint32_t item = mark();
    Place item_start = place();
    bool matched = false;
    if (at(Tok::kDoubleStar)) {
      advance();
      if (Expr* value = expression()) {
        auto* n = make<Keyword>(item_start);
        n->value = value;
        keywords.add(n);
        state = 2;
        matched = true;
      }
    } else if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
      if (try_invalid_) {
        invalid_keyword_argument();
        if (raised_) return false;
        reset(item);
      }
      Value name = identifier_of(here());
      if (!name) { stopped(); return false; }
      advance();
      advance();
      if (Expr* value = expression()) {
        auto* n = make<Keyword>(item_start);
        n->arg = name;
        n->value = value;
        keywords.add(n);
        if (state == 0) state = 1;
        matched = true;
      }
    } else if (at(Tok::kStar)) {
      if (state != 2) {
        advance();
        if (Expr* value = expression()) {
          auto* n = make<Starred>(item_start);
          n->value = value;
          args.add(n);
          matched = true;
        }
      }
    } else {
      if (state == 0 && starts_expression()) {
        Expr* e = assignment_or_expression();
        if (e && !at(Tok::kEqual)) {
          args.add(e);
          matched = true;
        }
      }
      if (!matched && try_invalid_ && !raised_) {
        reset(item);
        invalid_keyword_argument();
      }
    }
    if (raised_) return false;
    if (!matched) {
      reset(before_comma);
      break;
    }
    any = true;
    before_comma = mark();
    if (!at(Tok::kComma)) break;
    advance();
    if (at(Tok::kRightParen)) {
      reset(before_comma);
      break;
    }
  }
  if (!any) return false;
  out->args = args.done();
  out->keywords = keywords.done();
  const Token& last = tokens_[pos_ - 1];
  out->lineno = start.lineno;
  out->col = start.col;
  out->end_lineno = last.end_lineno;
  out->end_col = last.end_col;
  return true;
}

}  // namespace adder::syntax
