// Simple statements: expressions and assignments, return, raise, del, assert, import, global.
#include "syntax/parser.h"

namespace adder::syntax {

// One or more statements.
bool Parser::statements(List<Stmt*>& out) {
  size_t before = out.size();
  while (!at(Tok::kEnd) && !at(Tok::kDedent)) {
    uint32_t start = mark();
    if (!statement(out)) {
      reset(start);
      break;
    }
  }
  return !raised_ && out.size() > before;
}

bool Parser::statement(List<Stmt*>& out) {
  if (at_compound()) {
    uint32_t start = mark();
    if (Stmt* s = compound_statement()) {
      out.add(s);
      return true;
    }
    if (raised_) return false;
    reset(start);
    if (!at(Tok::kName)) return false;  // `match` may be a plain name
  }
  return simple_statements(out);
}

// `a; b; c` to the line's end.
bool Parser::simple_statements(List<Stmt*>& out) {
  size_t before = out.size();
  while (true) {
    Stmt* s = simple_statement();
    if (!s) break;
    out.add(s);
    if (accept(Tok::kNewline)) return true;
    if (!accept(Tok::kSemicolon)) break;
    if (accept(Tok::kNewline)) return true;
  }
  out.truncate(before);
  return false;
}

Stmt* Parser::simple_statement() {
  if (!diagnosing_) return simple_statement_rule();
  return remember<Stmt>(kRuleSimpleStatement, [&] { return simple_statement_rule(); });
}

Stmt* Parser::simple_statement_rule() {
  Place start = place();
  switch (tok()) {
    case Tok::kReturn: return return_statement();
    case Tok::kImport: return import_name();
    case Tok::kFrom: return import_from();
    case Tok::kRaise: return raise_statement();
    case Tok::kPass: advance(); return make<Pass>(start);
    case Tok::kDel: return del_statement();
    case Tok::kAssert: return assert_statement();
    case Tok::kBreak: advance(); return make<Break>(start);
    case Tok::kContinue: advance(); return make<Continue>(start);
    case Tok::kGlobal: return names_statement(true);
    case Tok::kNonlocal: return names_statement(false);
    default: return try_invalid_ ? expression_statement_diagnosed() : expression_statement();
  }
}

bool Parser::augmented_operator(Operator* op) {
  switch (tok()) {
    case Tok::kPlusEqual: *op = Operator::Add; return true;
    case Tok::kMinusEqual: *op = Operator::Sub; return true;
    case Tok::kStarEqual: *op = Operator::Mult; return true;
    case Tok::kAtEqual: *op = Operator::MatMult; return true;
    case Tok::kSlashEqual: *op = Operator::Div; return true;
    case Tok::kPercentEqual: *op = Operator::Mod; return true;
    case Tok::kDoubleStarEqual: *op = Operator::Pow; return true;
    case Tok::kLeftShiftEqual: *op = Operator::LShift; return true;
    case Tok::kRightShiftEqual: *op = Operator::RShift; return true;
    case Tok::kBarEqual: *op = Operator::BitOr; return true;
    case Tok::kCaretEqual: *op = Operator::BitXor; return true;
    case Tok::kAmpersandEqual: *op = Operator::BitAnd; return true;
    case Tok::kDoubleSlashEqual: *op = Operator::FloorDiv; return true;
    default: return false;
  }
}

Stmt* Parser::assignment(List<Expr*>& targets, Expr* value, Place start) {
  Value comment = at(Tok::kTypeComment) ? type_comment() : Value{};
  auto* n = make<Assign>(start);
  n->targets = targets.done();
  n->value = value;
  n->type_comment = comment;
  return n;
}

// At the colon behind a target.
Stmt* Parser::annotated(Expr* target, Place start, bool simple) {
  advance();
  Expr* annotation = expression();
  if (!annotation || !check_version(6, "Variable annotation syntax is")) return nullptr;
  Expr* value = nullptr;
  if (at(Tok::kEqual)) {
    uint32_t before = mark();
    advance();
    value = yield_or_star_expressions();
    if (raised_) return nullptr;
    if (!value) reset(before);
  }
  to_target(target, ExprContext::Store);
  auto* n = make<AnnAssign>(start);
  n->target = target;
  n->annotation = annotation;
  n->value = value;
  n->simple = simple;
  return n;
}

// A statement that begins with an expression: read it, then see from what follows what it was.
Stmt* Parser::expression_statement() {
  Place start = place();
  bool parenthesised = at(Tok::kLeftParen);
  Expr* first = yield_or_star_expressions();
  if (!first) return nullptr;
  switch (tok()) {
    case Tok::kNewline:
    case Tok::kSemicolon: {
      auto* n = make<ExprStmt>(start);
      n->value = first;
      return n;
    }
    case Tok::kEqual: {
      List<Expr*> targets(this);
      Expr* value = first;
      while (at(Tok::kEqual)) {
        if (!to_target(value, ExprContext::Store)) return nullptr;
        targets.add(value);
        advance();
        value = yield_or_star_expressions();
        if (!value) return nullptr;
      }
      return assignment(targets, value, start);
    }
    case Tok::kColon: {
      // A lone name is `simple` if it stands without parentheses.
      if (is<Name>(first)) return annotated(first, start, !parenthesised);
      if (is<Attribute>(first) || is<Subscript>(first)) return annotated(first, start, false);
      return nullptr;
    }
    default: {
      Operator op;
      if (augmented_operator(&op)) {
        if (!is<Name>(first) && !is<Attribute>(first) && !is<Subscript>(first)) return nullptr;
        if (op == Operator::MatMult && !check_version(5, "The '@' operator is")) return nullptr;
        advance();
        Expr* value = yield_or_star_expressions();
        if (!value) return nullptr;
        to_target(first, ExprContext::Store);
        auto* n = make<AugAssign>(start);
        n->target = first;
        n->op = op;
        n->value = value;
        return n;
      }
      auto* n = make<ExprStmt>(start);
      n->value = first;
      return n;
    }
  }
}

// The same in the grammar's order, with the mistakes between.
Stmt* Parser::expression_statement_diagnosed() {
  Place start = place();
  uint32_t first_token = mark();
  // NAME ':' annotation
  if (at(Tok::kName) && peek(1).kind == Tok::kColon) {
    Expr* target = make_name(here(), ExprContext::Store);
    advance();
    if (Stmt* s = annotated(target, start, true)) return s;
    if (raised_) return nullptr;
    reset(first_token);
  }
  // A parenthesised name, an attribute or a subscript with an annotation
  if (starts_expression()) {
    Expr* target = primary();
    if (raised_) return nullptr;
    if (target && at(Tok::kColon) && (is<Name>(target) || is<Attribute>(target) || is<Subscript>(target))) {
      if (Stmt* s = annotated(target, start, false)) return s;
      if (raised_) return nullptr;
    }
    reset(first_token);
  }
  // Targets with `=`
  {
    List<Expr*> targets(this);
    while (true) {
      uint32_t before = mark();
      Expr* t = star_targets();
      if (raised_) return nullptr;
      if (!t || !at(Tok::kEqual)) {
        reset(before);
        break;
      }
      advance();
      targets.add(t);
    }
    if (!targets.empty()) {
      Expr* value = yield_or_star_expressions();
      if (raised_) return nullptr;
      if (value && !at(Tok::kEqual)) return assignment(targets, value, start);
    }
    reset(first_token);
  }
  // An augmented assignment, which has to be one once its operator is there
  bool augmented = false;
  if (starts_expression()) {
    Expr* target = primary();
    if (raised_) return nullptr;
    Operator op;
    if (target && (is<Name>(target) || is<Attribute>(target) || is<Subscript>(target)) && augmented_operator(&op)) {
      augmented = true;
      advance();
      Expr* value = yield_or_star_expressions();
      if (raised_) return nullptr;
      if (value) {
        to_target(target, ExprContext::Store);
        auto* n = make<AugAssign>(start);
        n->target = target;
        n->op = op;
        n->value = value;
        return n;
      }
    }
    reset(first_token);
  }
  if (!augmented) {
    invalid_assignment();
    if (raised_) return nullptr;
    reset(first_token);
  }
  Expr* e = yield_or_star_expressions();
  if (!e) return nullptr;
  auto* n = make<ExprStmt>(start);
  n->value = e;
  return n;
}

Stmt* Parser::return_statement() {
  Place start = place();
  advance();
  Expr* value = nullptr;
  if (starts_expression() || at(Tok::kStar)) {
    uint32_t before = mark();
    value = star_expressions();
    if (raised_) return nullptr;
    if (!value) reset(before);
  }
  auto* n = make<Return>(start);
  n->value = value;
  return n;
}

Stmt* Parser::raise_statement() {
  Place start = place();
  advance();
  Expr *exception = nullptr, *cause = nullptr;
  if (starts_expression()) {
    uint32_t before = mark();
    exception = expression();
    if (raised_) return nullptr;
    if (!exception) {
      reset(before);
    } else if (at(Tok::kFrom)) {
      before = mark();
      advance();
      cause = expression();
      if (raised_) return nullptr;
      if (!cause) reset(before);
    }
  }
  auto* n = make<Raise>(start);
  n->exc = exception;
  n->cause = cause;
  return n;
}

Stmt* Parser::del_statement() {
  Place start = place();
  uint32_t first_token = mark();
  advance();
  List<Expr*> targets(this);
  bool good = true;
  while (true) {
    uint32_t before = mark();
    Expr* e = starts_expression() ? primary() : nullptr;
    if (raised_) return nullptr;
    if (!e || !to_target(e, ExprContext::Del)) {
      reset(before);
      good = !targets.empty();
      break;
    }
    targets.add(e);
    if (!accept(Tok::kComma)) break;
  }
  if (good && (at(Tok::kSemicolon) || at(Tok::kNewline))) {
    auto* n = make<Delete>(start);
    n->targets = targets.done();
    return n;
  }
  if (try_invalid_ && !raised_) {
    reset(first_token);
    invalid_delete();
  }
  return nullptr;
}

Stmt* Parser::assert_statement() {
  Place start = place();
  advance();
  Expr* test = expression();
  if (!test) return nullptr;
  Expr* message = nullptr;
  if (at(Tok::kComma)) {
    uint32_t before = mark();
    advance();
    message = expression();
    if (raised_) return nullptr;
    if (!message) reset(before);
  }
  auto* n = make<Assert>(start);
  n->test = test;
  n->msg = message;
  return n;
}

// NAME ('.' NAME)*, joined with dots; absent if there is none.
Value Parser::dotted_name() {
  Value name;
  if (!take_identifier(&name)) return Value{};
  if (!at(Tok::kDot)) return name;
  std::string joined;
  std::string_view part = str_utf8(name);
  joined.assign(part);
  bool ascii = str_is_ascii(name);
  while (at(Tok::kDot)) {
    uint32_t before = mark();
    advance();
    if (!take_identifier(&name)) {
      if (raised_) return Value{};
      reset(before);
      break;
    }
    joined += '.';
    joined += str_utf8(name);
    ascii &= str_is_ascii(name);
  }
  char* text = static_cast<char*>(context_.arena.allocate(joined.size() + 1));
  std::memcpy(text, joined.data(), joined.size());
  Value result = context_.names.get({text, joined.size()}, ascii);
  if (!result) stopped();
  return result;
}

Stmt* Parser::import_name() {
  Place start = place();
  advance();
  List<Alias*> names(this);
  do {
    Place at_name = place();
    Value name = dotted_name();
    if (!name) return nullptr;
    Value as;
    if (at(Tok::kAs)) {
      advance();
      if (!take_identifier(&as)) return nullptr;
    }
    auto* alias = make<Alias>(at_name);
    alias->name = name;
    alias->asname = as;
    names.add(alias);
  } while (accept(Tok::kComma));
  auto* n = make<Import>(start);
  n->names = names.done();
  return n;
}

Stmt* Parser::import_from() {
  Place start = place();
  advance();
  int level = 0;
  while (at(Tok::kDot) || at(Tok::kEllipsis)) {
    level += at(Tok::kDot) ? 1 : 3;
    advance();
  }
  Value module;
  if (level == 0 || !at(Tok::kImport)) {
    module = dotted_name();
    if (!module) return nullptr;
  }
  if (!accept(Tok::kImport)) return nullptr;
  List<Alias*> names(this);
  if (!import_targets(names)) return nullptr;
  auto* n = make<ImportFrom>(start);
  n->module = module;
  n->names = names.done();
  n->level = level;
  return n;
}

bool Parser::import_targets(List<Alias*>& out) {
  if (at(Tok::kStar)) {
    Place start = place();
    advance();
    auto* alias = make<Alias>(start);
    alias->name = Value{"*"_id};
    out.add(alias);
    return true;
  }
  if (accept(Tok::kLeftParen)) {
    if (!import_as_names(out)) return false;
    accept(Tok::kComma);
    return accept(Tok::kRightParen);
  }
  if (!import_as_names(out)) return false;
  if (!at(Tok::kComma)) return true;
  if (try_invalid_) {
    advance();
    if (at(Tok::kNewline)) {
      // What comes behind the line's end is not looked at.
      return error_here("trailing comma not allowed without surrounding parentheses");
    }
  }
  return false;
}

// Leaves pos_ behind the last name, at a comma that no name follows.
bool Parser::import_as_names(List<Alias*>& out) {
  while (true) {
    uint32_t before = mark();
    if (!out.empty() && !accept(Tok::kComma)) return true;
    Place start = place();
    Value name, as;
    if (!take_identifier(&name)) {
      reset(before);
      return !out.empty() && !raised_;
    }
    if (at(Tok::kAs)) {
      advance();
      if (!take_identifier(&as)) return false;
    }
    auto* alias = make<Alias>(start);
    alias->name = name;
    alias->asname = as;
    out.add(alias);
  }
}

Stmt* Parser::names_statement(bool global) {
  Place start = place();
  advance();
  List<Value> names(this);
  do {
    Value name;
    if (!take_identifier(&name)) return nullptr;
    names.add(name);
  } while (accept(Tok::kComma));
  if (global) {
    auto* n = make<Global>(start);
    n->names = names.done();
    return n;
  }
  auto* n = make<Nonlocal>(start);
  n->names = names.done();
  return n;
}

}  // namespace adder::syntax
