// The patterns of match statements.
#include "object/int.h"
#include "syntax/parser.h"

namespace adder::syntax {

// What stands behind `case`: a pattern, or a sequence without brackets.
Pattern* Parser::patterns() {
  Place start = place();
  Pattern* first = maybe_star_pattern();
  if (!first) return nullptr;
  if (!at(Tok::kComma)) return is<MatchStar>(first) ? nullptr : first;
  List<Pattern*> items(this);
  items.add(first);
  while (accept(Tok::kComma)) {
    if (at(Tok::kColon) || at(Tok::kIf)) break;
    uint32_t before = mark();
    Pattern* p = maybe_star_pattern();
    if (raised_) return nullptr;
    if (!p) {
      reset(before);
      break;
    }
    items.add(p);
  }
  auto* n = make<MatchSequence>(start);
  n->patterns = items.done();
  return n;
}

Pattern* Parser::maybe_star_pattern() { return at(Tok::kStar) ? star_pattern() : pattern(); }

Pattern* Parser::star_pattern() {
  Place start = place();
  advance();
  Value name;
  if (is_soft(here(), "_")) advance();
  else if (!capture_name(&name)) return nullptr;
  auto* n = make<MatchStar>(start);
  n->name = name;
  return n;
}

// NAME that is not `_` and no longer name.
bool Parser::capture_name(Value* out) {
  if (!at(Tok::kName) || is_soft(here(), "_")) return false;
  if (!take_identifier(out)) return false;
  return !at(Tok::kDot) && !at(Tok::kLeftParen) && !at(Tok::kEqual);
}

Pattern* Parser::pattern() {
  Place start = place();
  Pattern* p = or_pattern();
  if (!p || !at(Tok::kAs)) return p;
  advance();
  uint32_t before = mark();
  Value name;
  if (!capture_name(&name)) {
    if (raised_) return nullptr;
    if (try_invalid_) {
      reset(before);
      if (is_soft(here(), "_")) return error_on(here(), "cannot use '_' as a target");
      if (!at(Tok::kName)) {
        if (Expr* e = expression()) return error_on(e, "invalid pattern target");
      } else {
        advance();
      }
    }
    return nullptr;
  }
  auto* n = make<MatchAs>(start);
  n->pattern = p;
  n->name = name;
  return n;
}

Pattern* Parser::or_pattern() {
  Place start = place();
  Pattern* first = closed_pattern();
  if (!first || !at(Tok::kBar)) return first;
  List<Pattern*> items(this);
  items.add(first);
  while (accept(Tok::kBar)) {
    Pattern* p = closed_pattern();
    if (!p) return nullptr;
    items.add(p);
  }
  auto* n = make<MatchOr>(start);
  n->patterns = items.done();
  return n;
}

Pattern* Parser::closed_pattern() {
  Deeper deeper(this, 10);
  if (!deeper) return nullptr;
  Place start = place();
  switch (tok()) {
    case Tok::kNumber:
    case Tok::kMinus: {
      Expr* value = pattern_number();
      if (!value) return nullptr;
      auto* n = make<MatchValue>(start);
      n->value = value;
      return n;
    }
    case Tok::kString: {
      Expr* value = strings();
      if (!value) return nullptr;
      auto* n = make<MatchValue>(start);
      n->value = value;
      return n;
    }
    case Tok::kNone:
    case Tok::kTrue:
    case Tok::kFalse: {
      Value v = at(Tok::kNone) ? none() : boolean(at(Tok::kTrue));
      advance();
      auto* n = make<MatchSingleton>(start);
      n->value = v;
      return n;
    }
    case Tok::kName: {
      Tok next = peek(1).kind;
      bool wildcard = is_soft(here(), "_");  // whatever follows
      if (wildcard || (next != Tok::kDot && next != Tok::kLeftParen && next != Tok::kEqual)) {
        Value name;
        if (wildcard) advance();
        else if (!take_identifier(&name)) return nullptr;
        auto* n = make<MatchAs>(start);
        n->name = name;
        return n;
      }
      if (next == Tok::kEqual) {
        advance();
        return nullptr;
      }
      Expr* e = name_or_attribute();
      if (!e) return nullptr;
      if (at(Tok::kLeftParen)) return class_pattern(e, start);
      if (is<Name>(e)) return nullptr;
      auto* n = make<MatchValue>(start);
      n->value = e;
      return n;
    }
    case Tok::kLeftParen:
    case Tok::kLeftBracket: {
      bool paren = at(Tok::kLeftParen);
      Tok close = paren ? Tok::kRightParen : Tok::kRightBracket;
      advance();
      List<Pattern*> items(this);
      bool comma = false;
      if (!pattern_items(items, close, &comma) || !accept(close)) return nullptr;
      if (paren && items.size() == 1 && !comma) return is<MatchStar>(items[0]) ? nullptr : items[0];
      auto* n = make<MatchSequence>(start);
      n->patterns = items.done();
      return n;
    }
    case Tok::kLeftBrace: return mapping_pattern();
    default: return nullptr;
  }
}

// Patterns with commas up to `close`; *comma: one stood behind the last.
bool Parser::pattern_items(List<Pattern*>& out, Tok close, bool* comma) {
  *comma = false;
  while (!at(close)) {
    Pattern* p = maybe_star_pattern();
    if (!p) return false;
    out.add(p);
    *comma = accept(Tok::kComma);
    if (!*comma) break;
  }
  return true;
}

// A signed number, or a complex literal: real ± imaginary.
Expr* Parser::pattern_number() {
  Place start = place();
  auto signed_number = [&]() -> Expr* {
    Place sign = place();
    bool minus = accept(Tok::kMinus);
    if (!at(Tok::kNumber)) return nullptr;
    Expr* value = number();
    if (!value || !minus) return value;
    auto* n = make<UnaryOp>(sign);
    n->op = UnaryOperator::USub;
    n->operand = value;
    return n;
  };
  Expr* real = signed_number();
  if (!real) return nullptr;
  if (!at(Tok::kPlus) && !at(Tok::kMinus)) return real;
  auto imaginary_constant = [](Expr* e) {
    if (auto* u = cast_if<UnaryOp>(e)) e = u->operand;
    return is_exact(cast<Constant>(e)->value, &PyComplex_Type);
  };
  Operator op = at(Tok::kPlus) ? Operator::Add : Operator::Sub;
  advance();
  if (imaginary_constant(real)) return error_on(is<UnaryOp>(real) ? cast<UnaryOp>(real)->operand : real, "real number required in complex literal");
  Expr* imaginary = at(Tok::kNumber) ? number() : nullptr;
  if (!imaginary) return nullptr;
  if (!imaginary_constant(imaginary)) return error_on(imaginary, "imaginary number required in complex literal");
  auto* n = make<BinOp>(start);
  n->left = real;
  n->op = op;
  n->right = imaginary;
  return n;
}

Expr* Parser::name_or_attribute() {
  Place start = place();
  if (!at(Tok::kName)) return nullptr;
  Expr* e = make_name(here(), ExprContext::Load);
  if (!e) return nullptr;
  advance();
  while (at(Tok::kDot)) {
    advance();
    Value name;
    if (!take_identifier(&name)) return nullptr;
    auto* n = make<Attribute>(start);
    n->value = e;
    n->attr = name;
    e = n;
  }
  return e;
}

Expr* Parser::literal_key() {
  switch (tok()) {
    case Tok::kNumber:
    case Tok::kMinus: return pattern_number();
    case Tok::kString: return strings();
    case Tok::kNone: return singleton(none());
    case Tok::kTrue: return singleton(boolean(true));
    case Tok::kFalse: return singleton(boolean(false));
    case Tok::kName: {
      Expr* e = name_or_attribute();
      return e && is<Attribute>(e) ? e : nullptr;
    }
    default: return nullptr;
  }
}

Pattern* Parser::mapping_pattern() {
  Place start = place();
  advance();
  List<Expr*> keys(this);
  List<Pattern*> patterns(this);
  Value rest;
  while (!at(Tok::kRightBrace)) {
    if (at(Tok::kDoubleStar)) {
      advance();
      if (!capture_name(&rest)) return nullptr;
      accept(Tok::kComma);
      break;
    }
    Expr* key = literal_key();
    if (!key || !accept(Tok::kColon)) return nullptr;
    Pattern* p = pattern();
    if (!p) return nullptr;
    keys.add(key);
    patterns.add(p);
    if (!accept(Tok::kComma)) break;
  }
  if (!accept(Tok::kRightBrace)) return nullptr;
  auto* n = make<MatchMapping>(start);
  n->keys = keys.done();
  n->patterns = patterns.done();
  n->rest = rest;
  return n;
}

// At `(`.
Pattern* Parser::class_pattern(Expr* cls, Place start) {
  advance();
  uint32_t inside = mark();
  List<Pattern*> patterns(this), keyword_patterns(this);
  List<Value> names(this);
  bool good = true;
  while (!at(Tok::kRightParen)) {
    if (at(Tok::kName) && peek(1).kind == Tok::kEqual) {
      Value name;
      if (!take_identifier(&name)) return nullptr;
      advance();
      Pattern* p = pattern();
      if (!p) return nullptr;
      names.add(name);
      keyword_patterns.add(p);
    } else {
      if (!names.empty()) {
        good = false;
        break;
      }
      Pattern* p = pattern();
      if (!p) return nullptr;
      patterns.add(p);
    }
    if (!accept(Tok::kComma)) break;
  }
  if (!good || !accept(Tok::kRightParen)) {
    if (try_invalid_ && !raised_) {
      reset(inside);
      invalid_class_arguments();
    }
    return nullptr;
  }
  auto* n = make<MatchClass>(start);
  n->cls = cls;
  n->patterns = patterns.done();
  n->kwd_attrs = names.done();
  n->kwd_patterns = keyword_patterns.done();
  return n;
}

}  // namespace adder::syntax
