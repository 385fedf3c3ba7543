// Compound statements and their blocks.
#include "syntax/parser.h"

namespace adder::syntax {

bool Parser::at_compound() {
  switch (tok()) {
    case Tok::kDef: case Tok::kAt: case Tok::kAsync: case Tok::kIf: case Tok::kClass: case Tok::kWith: case Tok::kFor:
    case Tok::kTry: case Tok::kWhile:
      return true;
    case Tok::kName: {
      if (here().end - here().begin != 5 || text_of(here()) != "match") return false;
      // What follows a plain name in most cases is no subject.
      switch (peek(1).kind) {
        case Tok::kEqual: case Tok::kDot: case Tok::kComma: case Tok::kRightParen: case Tok::kColon: case Tok::kNewline:
          return false;
        default: return true;
      }
    }
    default: return false;
  }
}

Stmt* Parser::compound_statement() {
  if (!diagnosing_) return compound_rule();
  return remember<Stmt>(kRuleCompound, [&] { return compound_rule(); });
}

Stmt* Parser::compound_rule() {
  Place start = place();
  switch (tok()) {
    case Tok::kDef: return function_def({}, start, false);
    case Tok::kAt: return decorated();
    case Tok::kIf: return if_statement("if");
    case Tok::kClass: return class_def({}, start);
    case Tok::kWith: return with_statement(start, false);
    case Tok::kFor: return for_statement(start, false);
    case Tok::kTry: return try_statement();
    case Tok::kWhile: return while_statement();
    case Tok::kAsync:
      advance();
      if (at(Tok::kDef)) return function_def({}, start, true);
      if (at(Tok::kWith)) return with_statement(start, true);
      if (at(Tok::kFor)) return for_statement(start, true);
      return nullptr;
    default: return match_statement();
  }
}

// An indented block, or statements on the same line.
bool Parser::block(Seq<Stmt*>* out) {
  if (!diagnosing_) return block_rule(out);
  auto* kept = remember<Seq<Stmt*>>(kRuleBlock, [&]() -> Seq<Stmt*>* {
    Seq<Stmt*> body;
    if (!block_rule(&body)) return nullptr;
    auto* n = static_cast<Seq<Stmt*>*>(context_.arena.allocate(sizeof(Seq<Stmt*>)));
    *n = body;
    return n;
  });
  if (!kept) return false;
  *out = *kept;
  return true;
}

bool Parser::block_rule(Seq<Stmt*>* out) {
  List<Stmt*> body(this);
  if (at(Tok::kNewline)) {
    advance();
    if (!at(Tok::kIndent)) {
      if (try_invalid_) indentation_error("expected an indented block");
      return false;
    }
    Deeper deeper(this, 8);
    if (!deeper) return false;
    advance();
    if (!statements(body) || !accept(Tok::kDedent)) return false;
  } else if (!simple_statements(body)) {
    return false;
  }
  *out = body.done();
  return true;
}

// At the NEWLINE behind a colon: raises if no indent follows. `what`: "'if' statement".
bool Parser::check_not_indented(const char* what, const Token& keyword) {
  if (!try_invalid_ || !at(Tok::kNewline) || peek(1).kind == Tok::kIndent) return true;
  if (peek(1).kind == Tok::kTypeComment && peek(2).kind == Tok::kNewline && peek(3).kind == Tok::kIndent) return true;
  advance();
  return indentation_error("expected an indented block after %s on line %d", what, keyword.lineno);
}

// `:` and a block. A missing colon at the line's end, and a missing block, have messages.
bool Parser::colon_block(const char* what, const Token& keyword, Seq<Stmt*>* out, bool forced) {
  if (!at(Tok::kColon)) {
    if (forced) return expect_forced(Tok::kColon, ":");
    if (try_invalid_ && at(Tok::kNewline)) return error_here("expected ':'");
    return false;
  }
  advance();
  return check_not_indented(what, keyword) && block(out);
}

Stmt* Parser::decorated() {
  List<Expr*> decorators(this);
  while (at(Tok::kAt)) {
    advance();
    Expr* e = named_expression();
    if (!e || !accept(Tok::kNewline)) return nullptr;
    decorators.add(e);
  }
  Seq<Expr*> all = decorators.done();
  Place start = place();
  if (at(Tok::kClass)) return class_def(all, start);
  bool is_async = accept(Tok::kAsync);
  return at(Tok::kDef) ? function_def(all, start, is_async) : nullptr;
}

Stmt* Parser::function_def(Seq<Expr*> decorators, Place start, bool is_async) {
  const Token& keyword = here();
  advance();
  Value name;
  if (!take_identifier(&name) || !expect_forced(Tok::kLeftParen, "(")) return nullptr;
  Arguments* args = parameters(false);
  if (!args || !accept(Tok::kRightParen)) return nullptr;
  Expr* returns = nullptr;
  if (at(Tok::kArrow)) {
    uint32_t before = mark();
    advance();
    returns = expression();
    if (raised_) return nullptr;
    if (!returns) reset(before);
  }
  if (!expect_forced(Tok::kColon, ":")) return nullptr;
  if (!check_not_indented("function definition", keyword)) return nullptr;
  Value comment = function_type_comment();
  if (raised_) return nullptr;
  Seq<Stmt*> body;
  if (!block(&body)) return nullptr;
  auto fill = [&](auto* n) -> Stmt* {
    n->name = name;
    n->args = args;
    n->body = body;
    n->decorator_list = decorators;
    n->returns = returns;
    n->type_comment = comment;
    return n;
  };
  if (is_async) {
    if (!check_version(5, "Async functions are")) return nullptr;
    return fill(make<AsyncFunctionDef>(start));
  }
  return fill(make<FunctionDef>(start));
}

Stmt* Parser::class_def(Seq<Expr*> decorators, Place start) {
  const Token& keyword = here();
  advance();
  Value name;
  if (!take_identifier(&name)) return nullptr;
  Seq<Expr*> bases;
  Seq<Keyword*> keywords;
  if (at(Tok::kLeftParen)) {
    advance();
    if (!at(Tok::kRightParen) && !arguments(&bases, &keywords)) return nullptr;
    if (!accept(Tok::kRightParen)) return nullptr;
  }
  Seq<Stmt*> body;
  if (!colon_block("class definition", keyword, &body, false)) return nullptr;
  auto* n = make<ClassDef>(start);
  n->name = name;
  n->bases = bases;
  n->keywords = keywords;
  n->body = body;
  n->decorator_list = decorators;
  return n;
}

// `if` or `elif`, with all that follows it.
Stmt* Parser::if_statement(const char* keyword) {
  Deeper deeper(this, 1);
  if (!deeper) return nullptr;
  Place start = place();
  const Token& token = here();
  advance();
  Expr* test = named_expression();
  if (!test) return nullptr;
  Seq<Stmt*> body, orelse;
  if (!colon_block(keyword[0] == 'i' ? "'if' statement" : "'elif' statement", token, &body, false)) return nullptr;
  if (at(Tok::kElif)) {
    uint32_t before = mark();
    Stmt* next = if_statement("elif");
    if (raised_) return nullptr;
    if (next) orelse = context_.arena.copy(&next, 1);
    else reset(before);
  } else if (!else_block(&orelse)) {
    return nullptr;
  }
  auto* n = make<If>(start);
  n->test = test;
  n->body = body;
  n->orelse = orelse;
  return n;
}

// An optional `else`; false only if something was raised.
bool Parser::else_block(Seq<Stmt*>* out) {
  if (!at(Tok::kElse)) return true;
  uint32_t before = mark();
  const Token& keyword = here();
  advance();
  if (!colon_block("'else' statement", keyword, out, true)) {
    if (raised_) return false;
    reset(before);
    *out = {};
  }
  return true;
}

Stmt* Parser::while_statement() {
  Place start = place();
  const Token& keyword = here();
  advance();
  Expr* test = named_expression();
  if (!test) return nullptr;
  Seq<Stmt*> body, orelse;
  if (!colon_block("'while' statement", keyword, &body, false) || !else_block(&orelse)) return nullptr;
  auto* n = make<While>(start);
  n->test = test;
  n->body = body;
  n->orelse = orelse;
  return n;
}

Stmt* Parser::for_statement(Place start, bool is_async) {
  const Token& keyword = here();
  uint32_t first = mark();
  advance();
  Expr* target = star_targets();
  if (raised_) return nullptr;
  if (!target || !at(Tok::kIn)) {
    if (try_invalid_) {
      reset(first);
      invalid_for_target();
    }
    return nullptr;
  }
  advance();
  Expr* iter = star_expressions();
  if (!iter) return nullptr;
  if (!at(Tok::kColon)) {
    if (try_invalid_ && at(Tok::kNewline)) error_here("expected ':'");
    return nullptr;
  }
  advance();
  Value comment = at(Tok::kTypeComment) ? type_comment() : Value{};
  Seq<Stmt*> body, orelse;
  if (!check_not_indented("'for' statement", keyword) || !block(&body) || !else_block(&orelse)) return nullptr;
  to_target(target, ExprContext::Store);
  auto fill = [&](auto* n) -> Stmt* {
    n->target = target;
    n->iter = iter;
    n->body = body;
    n->orelse = orelse;
    n->type_comment = comment;
    return n;
  };
  if (is_async) {
    if (!check_version(5, "Async for loops are")) return nullptr;
    return fill(make<AsyncFor>(start));
  }
  return fill(make<For>(start));
}

Stmt* Parser::with_statement(Place start, bool is_async) {
  uint32_t first = mark();
  if (try_invalid_) {
    invalid_with(true);
    if (raised_) return nullptr;
    reset(first);
  }
  advance();
  uint32_t inside = mark();
  auto finish = [&](Seq<WithItem*> items) -> Stmt* {
    advance();  // the colon
    Value comment = at(Tok::kTypeComment) ? type_comment() : Value{};
    Seq<Stmt*> body;
    if (!block(&body)) return nullptr;
    auto fill = [&](auto* n) -> Stmt* {
      n->items = items;
      n->body = body;
      n->type_comment = comment;
      return n;
    };
    if (is_async) {
      if (!check_version(5, "Async with statements are")) return nullptr;
      return fill(make<AsyncWith>(start));
    }
    return fill(make<With>(start));
  };
  // Items in parentheses, if a colon follows them.
  if (at(Tok::kLeftParen)) {
    advance();
    List<WithItem*> items(this);
    while (true) {
      uint32_t before = mark();
      WithItem* item = at(Tok::kRightParen) ? nullptr : with_item();
      if (raised_) return nullptr;
      if (!item) {
        reset(before);
        break;
      }
      items.add(item);
      if (!accept(Tok::kComma)) break;
    }
    if (!items.empty() && accept(Tok::kRightParen) && at(Tok::kColon)) {
      if (!check_version(9, "Parenthesized context managers are")) return nullptr;
      return finish(items.done());
    }
    reset(inside);
  }
  List<WithItem*> items(this);
  while (true) {
    uint32_t before = mark();
    WithItem* item = with_item();
    if (raised_) return nullptr;
    if (!item) {
      reset(before);
      break;
    }
    items.add(item);
    if (!accept(Tok::kComma)) break;
  }
  if (!items.empty() && tokens_[pos_ - 1].kind != Tok::kComma && at(Tok::kColon)) return finish(items.done());
  if (try_invalid_ && !raised_) {
    reset(first);
    invalid_with(false);
  }
  return nullptr;
}

WithItem* Parser::with_item() {
  uint32_t first = mark();
  Expr* context = expression();
  if (!context) return nullptr;
  Expr* vars = nullptr;
  if (at(Tok::kAs)) {
    uint32_t before = mark();
    advance();
    vars = star_target();
    if (raised_) return nullptr;
    if (!vars || !(at(Tok::kComma) || at(Tok::kRightParen) || at(Tok::kColon))) {
      if (try_invalid_) {
        reset(first);
        invalid_with_item();
        if (raised_) return nullptr;
      }
      reset(before);
      vars = nullptr;
    } else {
      to_target(vars, ExprContext::Store);
    }
  }
  auto* n = context_.arena.make<WithItem>();
  n->context_expr = context;
  n->optional_vars = vars;
  return n;
}

Stmt* Parser::try_statement() {
  Place start = place();
  const Token& keyword = here();
  advance();
  if (!expect_forced(Tok::kColon, ":")) return nullptr;
  Seq<Stmt*> body, orelse, finalbody;
  if (!check_not_indented("'try' statement", keyword) || !block(&body)) return nullptr;
  if (!at(Tok::kExcept) && !at(Tok::kFinally)) {
    if (try_invalid_) error_here("expected 'except' or 'finally' block");
    return nullptr;
  }
  List<Handler*> handlers(this);
  bool star = at(Tok::kExcept) && peek(1).kind == Tok::kStar;
  while (at(Tok::kExcept)) {
    const Token& except = here();
    bool this_star = peek(1).kind == Tok::kStar;
    if (this_star != star) {
      if (try_invalid_) {
        // Only if the line is right otherwise.
        const Token& behind = peek(1);
        uint32_t before = mark();
        advance();
        if (this_star) advance();
        Value name;
        Expr* type = at(Tok::kColon) ? nullptr : expression();
        if (raised_) return nullptr;
        if (type && accept(Tok::kAs)) take_identifier(&name);
        if (raised_) return nullptr;
        if (at(Tok::kColon) && (type || !this_star)) {
          return this_star ? error_on(except, behind, "cannot have both 'except' and 'except*' on the same 'try'")
                           : error_on(except, "cannot have both 'except' and 'except*' on the same 'try'");
        }
        reset(before);
      }
      return nullptr;
    }
    uint32_t before = mark();
    Handler* h = except_block(star);
    if (raised_) return nullptr;
    if (!h) {
      reset(before);
      return nullptr;
    }
    handlers.add(h);
  }
  if (!handlers.empty() && !else_block(&orelse)) return nullptr;
  if (at(Tok::kFinally)) {
    const Token& finally = here();
    advance();
    if (!colon_block("'finally' statement", finally, &finalbody, true)) return nullptr;
  }
  auto fill = [&](auto* n) -> Stmt* {
    n->body = body;
    n->handlers = handlers.done();
    n->orelse = orelse;
    n->finalbody = finalbody;
    return n;
  };
  if (star) {
    if (!check_version(11, "Exception groups are")) return nullptr;
    return fill(make<TryStar>(start));
  }
  return fill(make<Try>(start));
}

Handler* Parser::except_block(bool star) {
  Place start = place();
  const Token& keyword = here();
  uint32_t first = mark();
  advance();
  if (star) advance();
  Expr* type = nullptr;
  Value name;
  if (!at(Tok::kColon)) {
    type = starts_expression() ? expression() : nullptr;
    if (raised_) return nullptr;
    if (type && at(Tok::kAs)) {
      advance();
      if (!take_identifier(&name)) type = nullptr;
    }
  }
  if (at(Tok::kColon) && (type || (!star && tokens_[pos_ - 1].kind == Tok::kExcept))) {
    advance();
    if (!check_not_indented(star ? "'except*' statement" : "'except' statement", keyword)) return nullptr;
    Seq<Stmt*> body;
    if (!block(&body)) return nullptr;
    auto* n = make<ExceptHandler>(start);
    n->type = type;
    n->name = name;
    n->body = body;
    return n;
  }
  if (try_invalid_ && !raised_) {
    reset(first);
    invalid_except();
  }
  return nullptr;
}

// At the name `match`, which may turn out to be a plain name: null then.
Stmt* Parser::match_statement() {
  Place start = place();
  const Token& keyword = here();
  advance();
  Expr* subject;
  // star_named_expression ',' … or a named_expression
  if (at(Tok::kStar) || starts_expression()) {
    Place at_subject = place();
    subject = star_named_expression();
    if (!subject) return nullptr;
    if (at(Tok::kComma)) subject = tuple_of_rest(subject, at_subject, &Parser::star_named_expression);
    else if (is<Starred>(subject)) return nullptr;
  } else {
    return nullptr;
  }
  if (!subject) return nullptr;
  if (!at(Tok::kColon)) {
    if (try_invalid_ && at(Tok::kNewline) && check_version(10, "Pattern matching is")) error_here("expected ':'");
    return nullptr;
  }
  advance();
  if (!at(Tok::kNewline)) return nullptr;
  if (!check_not_indented("'match' statement", keyword)) return nullptr;
  advance();
  if (!accept(Tok::kIndent)) return nullptr;
  if (!check_version(10, "Pattern matching is")) return nullptr;
  List<MatchCase*> cases(this);
  while (is_soft(here(), "case")) {
    uint32_t before = mark();
    MatchCase* c = case_block();
    if (raised_) return nullptr;
    if (!c) {
      reset(before);
      break;
    }
    cases.add(c);
  }
  if (cases.empty() || !accept(Tok::kDedent)) return nullptr;
  auto* n = make<Match>(start);
  n->subject = subject;
  n->cases = cases.done();
  return n;
}

MatchCase* Parser::case_block() {
  const Token& keyword = here();
  advance();
  Pattern* pattern = patterns();
  if (!pattern) return nullptr;
  Expr* guard = nullptr;
  if (at(Tok::kIf)) {
    advance();
    guard = named_expression();
    if (!guard) return nullptr;
  }
  Seq<Stmt*> body;
  if (!colon_block("'case' statement", keyword, &body, false)) return nullptr;
  auto* n = context_.arena.make<MatchCase>();
  n->pattern = pattern;
  n->guard = guard;
  n->body = body;
  return n;
}

Value Parser::comment_text(const Token& t) {
  Ref s = str_from_utf8(text_of(t));
  if (!s) { stopped(); return Value{}; }
  return context_.arena.keep(std::move(s));
}

// At a TYPE_COMMENT.
Value Parser::type_comment() {
  Value v = comment_text(here());
  if (!raised_) advance();
  return v;
}

// Behind a def's colon: on the same line, or on the line before the block.
Value Parser::function_type_comment() {
  if (at(Tok::kTypeComment)) {
    Value v = type_comment();
    if (try_invalid_ && !raised_ && at(Tok::kNewline) && peek(1).kind == Tok::kTypeComment && peek(2).kind == Tok::kNewline &&
        peek(3).kind == Tok::kIndent) {
      error_here("Cannot have two type comments on def");
    }
    return v;
  }
  if (at(Tok::kNewline) && peek(1).kind == Tok::kTypeComment && peek(2).kind == Tok::kNewline && peek(3).kind == Tok::kIndent) {
    advance();
    return type_comment();
  }
  return Value{};
}

}  // namespace adder::syntax
