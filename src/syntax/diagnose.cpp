// Mistakes that have messages of their own, tried in the second pass where the grammar has its `invalid_` rules. Each
// function either raises, or gives up; whoever called it resets pos_.
#include "syntax/parser.h"

namespace adder::syntax {

namespace {
// The grammar's test for soft keywords takes any beginning of one for it.
bool begins_soft_keyword(std::string_view word) {
  return word == "_" || std::string_view("case").starts_with(word) || std::string_view("match").starts_with(word);
}

bool is_legacy_statement(Expr* e) {
  auto* n = cast_if<Name>(e);
  return n && (str_equals(n->id, "print") || str_equals(n->id, "exec"));
}
}  // namespace

// Two expressions side by side, or `a if b` without else.
void Parser::invalid_expression() {
  uint32_t start = mark();
  bool name = at(Tok::kName);
  bool excluded = name && (peek(1).kind == Tok::kString || begins_soft_keyword(text_of(here())));
  if (name) { advance(); reset(start); }
  Expr* first = at(Tok::kLambda) ? nullptr : disjunction();
  if (!first || raised_) return;
  uint32_t behind = mark();
  if (!excluded) {
    Expr* second = expression_without_invalid();
    if (raised_) return;
    if (second && !is_legacy_statement(first) && tokens_[pos_ - 1].level != 0) {
      error_on(first, second, "invalid syntax. Perhaps you forgot a comma?");
      return;
    }
    reset(behind);
  }
  if (at(Tok::kIf)) {
    advance();
    Expr* test = disjunction();
    if (raised_ || !test || at(Tok::kElse) || at(Tok::kColon)) return;
    error_on(first, test, "expected 'else' after 'if' expression");
  }
}

// `print x`, `exec x`.
void Parser::invalid_legacy_expression() {
  if (!at(Tok::kName) || peek(1).kind == Tok::kLeftParen) return;
  std::string_view word = text_of(here());
  bool legacy = word == "print" || word == "exec";
  const Token& name = here();
  advance();
  if (!starts_expression() && !at(Tok::kStar)) return;
  Expr* rest = star_expressions();
  if (raised_ || !rest || !legacy) return;
  error_at({name.lineno, name.col}, {rest->end_lineno, rest->end_col_offset},
           "Missing parentheses in call to '%.*s'. Did you mean %.*s(...)?", static_cast<int>(word.size()), word.data(),
           static_cast<int>(word.size()), word.data());
}

// `f() := 1`, and `=` where a comparison or `:=` was meant.
void Parser::invalid_named_expression() {
  uint32_t start = mark();
  Expr* e = expression();
  if (raised_) return;
  if (e && at(Tok::kColonEqual)) {
    advance();
    if (expression()) error_on(e, "cannot use assignment expressions with %s", describe(e));
    if (raised_) return;
  }
  reset(start);
  if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
    Expr* name = make_name(here(), ExprContext::Load);
    advance();
    advance();
    Expr* value = bitwise_or();
    if (raised_) return;
    if (value && !at(Tok::kEqual) && !at(Tok::kColonEqual)) {
      error_on(name, value, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
      return;
    }
    reset(start);
  }
  // Not a list, a tuple, a generator expression, True, None, False.
  if (at(Tok::kTrue) || at(Tok::kFalse) || at(Tok::kNone)) return;
  if (at(Tok::kLeftParen) || at(Tok::kLeftBracket)) {
    bool paren = at(Tok::kLeftParen);
    Expr* a = atom();
    if (raised_) return;
    reset(start);
    // The brackets must be the node's own, not a group's around it.
    bool own = a && a->lineno == here().lineno && a->col_offset == here().col;
    if (own && (paren ? is<Tuple>(a) || is<GeneratorExp>(a) : is<syntax::List>(a))) return;
  }
  Expr* left = bitwise_or();
  if (raised_ || !left || !at(Tok::kEqual)) return;
  advance();
  Expr* right = bitwise_or();
  if (raised_ || !right || at(Tok::kEqual) || at(Tok::kColonEqual)) return;
  error_on(left, "cannot assign to %s here. Maybe you meant '==' instead of '='?", describe(left));
}

// Behind `(` of a call or class.
void Parser::invalid_arguments() {
  uint32_t start = mark();
  ArgumentList list;
  // args ',' '*'
  if (argument_list(&list)) {
    if (at(Tok::kComma) && peek(1).kind == Tok::kStar) {
      error_at({list.lineno, list.col}, {list.end_lineno, list.end_col},
               "iterable argument unpacking follows keyword argument unpacking");
      return;
    }
  }
  if (raised_) return;
  reset(start);
  Seq<Comprehension*> clauses;
  auto clauses_end = [&]() -> Place {
    Comprehension* last = clauses.back();
    Expr* e = last->ifs.empty() ? last->iter : last->ifs.back();
    return {e->end_lineno, e->end_col_offset};
  };
  // expression for_if_clauses ',' [args | expression for_if_clauses]
  Expr* e = starts_expression() ? expression() : nullptr;
  if (raised_) return;
  if (e && at_for() && for_clauses(&clauses) && at(Tok::kComma)) {
    Place end = clauses_end();
    advance();
    uint32_t behind = mark();
    if (!argument_list(&list)) reset(behind);
    if (raised_) return;
    error_at(place_of(e), end, "Generator expression must be parenthesized");
    return;
  }
  if (raised_) return;
  reset(start);
  // NAME '=' expression for_if_clauses
  if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
    const Token& name = here();
    advance();
    const Token& equal = here();
    advance();
    if (expression() && at_for() && for_clauses(&clauses)) {
      error_on(name, equal, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
      return;
    }
    if (raised_) return;
    reset(start);
  }
  // args for_if_clauses
  if (argument_list(&list) && at_for()) {
    if (for_clauses(&clauses)) {
      // Only a generator expression that follows other arguments is in the wrong here.
      size_t n = list.args.size();
      if (n >= 1 && n + list.keywords.size() > 1) {
        error_at(place_of(list.args[n - 1]), clauses_end(), "Generator expression must be parenthesized");
        return;
      }
    }
    if (raised_) return;
  }
  if (raised_) return;
  reset(start);
  // args ',' expression for_if_clauses
  if (argument_list(&list) && at(Tok::kComma)) {
    advance();
    uint32_t behind = mark();
    Expr* second = starts_expression() ? expression() : nullptr;
    if (raised_) return;
    if (second && at_for() && for_clauses(&clauses)) {
      error_at(place_of(second), clauses_end(), "Generator expression must be parenthesized");
      return;
    }
    if (raised_) return;
    reset(behind);
    // args ',' args
    ArgumentList more;
    if (argument_list(&more)) {
      bool unpacking = !list.keywords.empty() && !list.keywords.back()->arg;
      error_here(unpacking ? "positional argument follows keyword argument unpacking" : "positional argument follows keyword argument");
    }
  }
}

// Where a keyword argument may stand: `True=1`, `a.b=1`.
void Parser::invalid_keyword_argument() {
  uint32_t start = mark();
  if ((at(Tok::kTrue) || at(Tok::kFalse) || at(Tok::kNone)) && peek(1).kind == Tok::kEqual) {
    const Token& word = here();
    const Token& equal = peek(1);
    error_on(word, equal, "cannot assign to %.*s", static_cast<int>(word.end - word.begin), text_.data() + word.begin);
    return;
  }
  if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
    const Token& name = here();
    advance();
    const Token& equal = here();
    advance();
    Seq<Comprehension*> clauses;
    if (expression() && at_for() && for_clauses(&clauses))
      error_on(name, equal, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    return;
  }
  if (!starts_expression()) return;
  reset(start);
  Expr* e = expression();
  if (raised_ || !e || !at(Tok::kEqual)) return;
  const Token& equal = here();
  error_at(place_of(e), {equal.end_lineno, equal.end_col}, "expression cannot contain assignment, perhaps you meant \"==\"?");
}

// At the opening bracket.
void Parser::invalid_comprehension(Tok open) {
  advance();
  uint32_t inside = mark();
  Seq<Comprehension*> clauses;
  if (at(Tok::kStar)) {
    Place start = place();
    advance();
    Expr* value = expression();
    if (raised_) return;
    if (value) {
      auto* starred = make<Starred>(start);
      if (at_for() && for_clauses(&clauses)) {
        error_on(starred, "iterable unpacking cannot be used in comprehension");
        return;
      }
    }
    if (raised_) return;
    reset(inside);
  }
  if (open == Tok::kLeftParen) return;
  if (!starts_expression() && !at(Tok::kStar)) return;
  Expr* first = star_named_expression();
  if (raised_ || !first || !at(Tok::kComma)) return;
  const Token& comma = here();
  advance();
  uint32_t behind = mark();
  Expr* last = nullptr;
  while (starts_expression() || at(Tok::kStar)) {
    uint32_t before = mark();
    Expr* e = star_named_expression();
    if (raised_) return;
    if (!e) {
      reset(before);
      break;
    }
    last = e;
    if (!accept(Tok::kComma)) break;
  }
  if (last && at_for() && for_clauses(&clauses)) {
    error_on(first, last, "did you forget parentheses around the comprehension target?");
    return;
  }
  if (raised_) return;
  reset(behind);
  if (at_for() && for_clauses(&clauses)) {
    error_at(place_of(first), {comma.end_lineno, comma.end_col}, "did you forget parentheses around the comprehension target?");
  }
}

// At `(`.
void Parser::invalid_group() {
  advance();
  Place start = place();
  bool single = at(Tok::kStar);
  if (!single && !at(Tok::kDoubleStar)) return;
  const Token& stars = here();
  advance();
  Expr* value = expression();
  if (raised_ || !value || !at(Tok::kRightParen)) return;
  const Token& last = tokens_[pos_ - 1];
  if (single) error_at(start, {last.end_lineno, last.end_col}, "cannot use starred expression here");
  else error_on(stars, "cannot use double starred expression here");
}

// At `{`.
void Parser::invalid_dict_comprehension() {
  advance();
  if (!at(Tok::kDoubleStar)) return;
  const Token& stars = here();
  advance();
  Seq<Comprehension*> clauses;
  if (bitwise_or() && at_for() && for_clauses(&clauses) && at(Tok::kRightBrace))
    error_on(stars, "dict unpacking cannot be used in dict comprehension");
}

// Behind `{`.
void Parser::invalid_double_starred_pairs() {
  uint32_t start = mark();
  // Good pairs with commas, then a bad one.
  bool any = false;
  while (true) {
    uint32_t before = mark();
    if (any) {
      if (!accept(Tok::kComma)) break;
    }
    bool good = false;
    if (at(Tok::kDoubleStar)) {
      advance();
      good = bitwise_or() != nullptr;
    } else if (starts_expression()) {
      Expr* key = expression();
      good = key && accept(Tok::kColon) && expression();
    }
    if (raised_) return;
    if (!good) {
      reset(before);
      break;
    }
    any = true;
  }
  if (any && accept(Tok::kComma)) {
    invalid_key_value();
    if (raised_) return;
  }
  reset(start);
  Expr* key = starts_expression() ? expression() : nullptr;
  if (raised_ || !key || !at(Tok::kColon)) return;
  const Token& colon = here();
  advance();
  if (at(Tok::kStar)) {
    Place star = place();
    advance();
    if (bitwise_or()) {
      auto* n = make<Starred>(star);
      error_from(n, "cannot use a starred expression in a dictionary value");
    }
    return;
  }
  if (at(Tok::kRightBrace) || at(Tok::kComma)) error_on(colon, "expression expected after dictionary key and ':'");
}

void Parser::invalid_key_value() {
  Expr* key = starts_expression() ? expression() : nullptr;
  if (raised_ || !key) return;
  if (!at(Tok::kColon)) {
    text_error(PyExc_SyntaxError, key->lineno, key->end_col_offset, key->end_lineno, 0, "':' expected after dictionary key");
    return;
  }
  const Token& colon = here();
  advance();
  if (at(Tok::kStar)) {
    Place star = place();
    advance();
    if (bitwise_or()) {
      auto* n = make<Starred>(star);
      error_from(n, "cannot use a starred expression in a dictionary value");
    }
    return;
  }
  if (at(Tok::kRightBrace) || at(Tok::kComma)) error_on(colon, "expression expected after dictionary key and ':'");
}

// At `for` or `async for`.
void Parser::invalid_for_target() {
  accept(Tok::kAsync);
  if (!accept(Tok::kFor)) return;
  Expr* e = star_expressions();
  if (!raised_ && e) raise_invalid_target(e, TargetUse::kFor);
}

// A list or tuple where only a single target may be annotated.
Expr* Parser::invalid_annotation_target() {
  if (at(Tok::kLeftBracket) || at(Tok::kLeftParen)) {
    uint32_t start = mark();
    Place from = place();
    Expr* e = atom();
    if (raised_) return nullptr;
    if (e && (is<syntax::List>(e) || is<Tuple>(e)) && e->lineno == from.lineno && e->col_offset == from.col) return e;
    reset(start);
    if (accept(Tok::kLeftParen)) {
      e = invalid_annotation_target();
      if (e && accept(Tok::kRightParen)) return e;
    }
  }
  return nullptr;
}

void Parser::invalid_assignment() {
  uint32_t start = mark();
  if (Expr* e = invalid_annotation_target(); e && at(Tok::kColon)) {
    advance();
    if (expression()) error_on(e, "only single target (not %s) can be annotated", is<Tuple>(e) ? "tuple" : "list");
  }
  if (raised_) return;
  reset(start);
  if (starts_expression() || at(Tok::kStar)) {
    Expr* first = star_named_expression();
    if (raised_) return;
    if (first && accept(Tok::kComma)) {
      // Any number of lists of expressions, with commas or without between them.
      while (starts_expression() || at(Tok::kStar)) {
        uint32_t before = mark();
        Expr* e = star_named_expression();
        if (raised_) return;
        if (!e) {
          reset(before);
          break;
        }
        accept(Tok::kComma);
      }
      if (at(Tok::kColon)) {
        advance();
        if (expression()) error_on(first, "only single target (not tuple) can be annotated");
        if (raised_) return;
      }
    }
    reset(start);
  }
  if (starts_expression()) {
    Expr* e = expression();
    if (raised_) return;
    if (e && at(Tok::kColon)) {
      advance();
      if (expression()) error_on(e, "illegal target for annotation");
      if (raised_) return;
    }
    reset(start);
  }
  // (star_targets '=')* then something with `=`
  while (true) {
    uint32_t before = mark();
    Expr* t = star_targets();
    if (raised_) return;
    if (!t || !accept(Tok::kEqual)) {
      reset(before);
      break;
    }
  }
  uint32_t last = mark();
  Expr* e = at(Tok::kYield) ? nullptr : star_expressions();
  if (raised_) return;
  if (e && at(Tok::kEqual)) {
    raise_invalid_target(e, TargetUse::kAssign);
    return;
  }
  reset(last);
  if (at(Tok::kYield)) {
    Expr* yielded = yield_expression();
    if (raised_) return;
    if (yielded && at(Tok::kEqual)) {
      error_on(yielded, "assignment to yield expression not possible");
      return;
    }
  }
  reset(start);
  e = star_expressions();
  if (raised_ || !e) return;
  Operator op;
  if (augmented_operator(&op)) {
    advance();
    if (yield_or_star_expressions()) error_on(e, "'%s' is an illegal expression for augmented assignment", describe(e));
  }
}

// At `del`.
void Parser::invalid_delete() {
  advance();
  Expr* e = star_expressions();
  if (!raised_ && e) raise_invalid_target(e, TargetUse::kDelete);
}

void Parser::invalid_with_item() {
  Expr* context = expression();
  if (!context || !accept(Tok::kAs)) return;
  Expr* target = expression();
  if (raised_ || !target) return;
  if (at(Tok::kComma) || at(Tok::kRightParen) || at(Tok::kColon)) raise_invalid_target(target, TargetUse::kAssign);
}

// At `with`: no block behind it, or no colon.
void Parser::invalid_with(bool indent) {
  const Token& keyword = here();
  advance();
  uint32_t inside = mark();
  auto items = [&](bool with_commas) {
    while (true) {
      Expr* e = with_commas ? expressions() : expression();
      if (raised_ || !e) return false;
      if (accept(Tok::kAs)) {
        Expr* t = star_target();
        if (raised_ || !t) return false;
      }
      uint32_t before = mark();
      if (!accept(Tok::kComma)) return true;
      if (!starts_expression()) {
        reset(before);
        return true;
      }
    }
  };
  auto ends = [&] {
    if (indent) {
      if (at(Tok::kColon) && peek(1).kind == Tok::kNewline && peek(2).kind != Tok::kIndent) {
        advance();
        check_not_indented("'with' statement", keyword);
      }
    } else if (at(Tok::kNewline)) {
      error_here("expected ':'");
    }
  };
  if (items(false)) ends();
  if (raised_) return;
  reset(inside);
  if (accept(Tok::kLeftParen) && items(true)) {
    accept(Tok::kComma);
    if (accept(Tok::kRightParen)) ends();
  }
}

// At `except`.
void Parser::invalid_except() {
  uint32_t start = mark();
  advance();
  bool star = accept(Tok::kStar);
  Expr* type = starts_expression() ? expression() : nullptr;
  if (raised_) return;
  Value name;
  if (type && at(Tok::kComma)) {
    advance();
    Expr* more = starts_expression() ? expressions() : nullptr;
    if (raised_) return;
    if (more) {
      uint32_t before = mark();
      if (accept(Tok::kAs) && !take_identifier(&name)) reset(before);
      if (at(Tok::kColon)) {
        error_from(type, "multiple exception types must be parenthesized");
        return;
      }
    }
  } else if (type) {
    uint32_t before = mark();
    if (accept(Tok::kAs) && !take_identifier(&name)) reset(before);
    if (at(Tok::kNewline)) {
      error_here("expected ':'");
      return;
    }
  }
  if (raised_) return;
  reset(start);
  advance();
  if (at(Tok::kNewline)) {
    error_here("expected ':'");
  } else if (star) {
    advance();
    if (at(Tok::kNewline) || at(Tok::kColon)) error_here("expected one or more exception types");
  }
}

// Behind `(` of a class pattern: positional patterns behind keyword ones.
void Parser::invalid_class_arguments() {
  bool keyword = false;
  Pattern *first = nullptr, *last = nullptr;
  while (!at(Tok::kRightParen)) {
    if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
      if (first) break;
      keyword = true;
      advance();
      advance();
      if (!pattern()) return;
    } else {
      Pattern* p = maybe_star_pattern();
      if (!p) return;
      if (keyword) {
        if (!first) first = p;
        last = p;
      }
    }
    if (!accept(Tok::kComma)) break;
  }
  if (first && !raised_) error_on(first, last, "positional patterns follow keyword patterns");
}

}  // namespace adder::syntax
