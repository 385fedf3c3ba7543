// Parameters of functions and lambdas, and the mistakes in them.
#include "syntax/parser.h"

namespace adder::syntax {

// What stands between the parentheses of a def (up to `)`) or before a lambda's `:`; never null unless it failed.
Arguments* Parser::parameters(bool lambda) {
  if (try_invalid_) {
    uint32_t start = mark();
    diagnose_parameters(lambda);
    if (raised_) return nullptr;
    reset(start);
  }
  return parameter_list(lambda);
}

Arguments* Parser::parameter_list(bool lambda) {
  Tok close = lambda ? Tok::kColon : Tok::kRightParen;
  auto* args = context_.arena.make<Arguments>();
  if (at(close)) return args;
  List<Arg*> plain(this), keyword_only(this);
  List<Expr*> defaults(this), keyword_defaults(this);
  bool seen_slash = false, seen_star = false;
  // A comma or the end behind a parameter; type comments stand behind the comma or, without one, before the end.
  auto separator = [&](Arg* arg) {
    bool comma = accept(Tok::kComma);
    if (!lambda && at(Tok::kTypeComment)) {
      Value comment = type_comment();
      if (arg) arg->type_comment = comment;
    }
    return comma || at(close);
  };
  while (!at(close)) {
    if (at(Tok::kSlash)) {
      if (seen_slash || seen_star || plain.empty()) return nullptr;
      if (!check_version(8, "Positional-only parameters are")) return nullptr;
      seen_slash = true;
      advance();
      args->posonlyargs = plain.done();
      plain.truncate(0);
      if (!at(close) && !accept(Tok::kComma)) return nullptr;
      continue;
    }
    if (at(Tok::kDoubleStar)) {
      if (try_invalid_) {
        uint32_t before = mark();
        invalid_double_star(lambda);
        if (raised_) return nullptr;
        reset(before);
      }
      advance();
      Arg* arg = parameter(lambda, false);
      if (!arg) return nullptr;
      args->kwarg = arg;
      if (!separator(arg) || !at(close)) return nullptr;
      break;
    }
    if (at(Tok::kStar)) {
      if (try_invalid_ && !seen_star) {
        uint32_t before = mark();
        invalid_star(lambda);
        if (raised_) return nullptr;
        reset(before);
      }
      if (seen_star) return nullptr;
      seen_star = true;
      advance();
      if (at(Tok::kComma)) {
        advance();
        if (!at(Tok::kName)) return nullptr;
        continue;
      }
      Arg* arg = parameter(lambda, true);
      if (!arg) return nullptr;
      args->vararg = arg;
      if (!separator(arg)) return nullptr;
      continue;
    }
    Arg* arg = parameter(lambda, false);
    if (!arg) return nullptr;
    Expr* value = nullptr;
    if (at(Tok::kEqual) && !default_value(lambda, &value)) return nullptr;
    if (seen_star) {
      keyword_only.add(arg);
      keyword_defaults.add(value);
    } else {
      if (value) defaults.add(value);
      else if (!defaults.empty()) return nullptr;
      plain.add(arg);
    }
    if (!separator(arg)) return nullptr;
  }
  if (raised_) return nullptr;
  args->args = plain.done();
  args->kwonlyargs = keyword_only.done();
  args->kw_defaults = keyword_defaults.done();
  args->defaults = defaults.done();
  return args;
}

Arg* Parser::parameter(bool lambda, bool star_annotation) {
  Place start = place();
  Value name;
  if (!take_identifier(&name)) return nullptr;
  Expr* annotation = nullptr;
  if (!lambda && at(Tok::kColon)) {
    uint32_t before = mark();
    advance();
    if (star_annotation && at(Tok::kStar)) {
      Place star = place();
      advance();
      if (Expr* value = bitwise_or()) {
        auto* starred = make<Starred>(star);
        starred->value = value;
        annotation = starred;
      }
    } else {
      annotation = expression();
    }
    if (raised_) return nullptr;
    if (!annotation) reset(before);
  }
  auto* n = make<Arg>(start);
  n->arg = name;
  n->annotation = annotation;
  return n;
}

bool Parser::default_value(bool lambda, Expr** out) {
  const Token& equal = here();
  advance();
  if (try_invalid_ && (at(Tok::kRightParen) || at(Tok::kComma))) {
    error_on(equal, "expected default value expression");
    return false;
  }
  return (*out = expression()) != nullptr;
}

// The mistakes that are looked for before the parameters are read for good: order, slash, parentheses.
void Parser::diagnose_parameters(bool lambda) {
  Tok close = lambda ? Tok::kColon : Tok::kRightParen;
  enum { kNothing, kNoDefault, kDefault };
  // One parameter with what follows it: a comma, or the end ahead.
  auto item = [&](bool allow_default) -> int {
    uint32_t start = mark();
    Arg* arg = at(Tok::kName) ? parameter(lambda, false) : nullptr;
    int what = kNoDefault;
    Expr* value;
    if (arg && at(Tok::kEqual)) {
      if (!allow_default || !default_value(lambda, &value)) arg = nullptr;
      what = kDefault;
    }
    if (arg) {
      if (accept(Tok::kComma)) {
        if (!lambda && at(Tok::kTypeComment)) advance();
        return what;
      }
      if (!lambda && at(Tok::kTypeComment)) advance();
      if (at(close)) return what;
    }
    reset(start);
    return kNothing;
  };
  auto item_with_default = [&] {
    uint32_t before = mark();
    int what = item(true);
    if (what == kNoDefault) {
      reset(before);
      return static_cast<int>(kNothing);
    }
    return what;
  };
  uint32_t start = mark();
  // Without defaults, then with (or a slash behind such), then without.
  while (item(false) == kNoDefault) {}
  if (raised_) return;
  bool with_default = false;
  while (item_with_default() == kDefault) with_default = true;
  if (raised_) return;
  if (with_default) {
    if (at(Tok::kSlash) && (peek(1).kind == Tok::kComma || peek(1).kind == close)) {
      advance();
      accept(Tok::kComma);
    }
    uint32_t before = mark();
    if (item(false) == kNoDefault) {
      reset(before);
      if (Arg* bad = parameter(lambda, false)) error_on(bad, "non-default argument follows default argument");
      return;
    }
    if (raised_) return;
  }
  reset(start);
  while (item(false) == kNoDefault) {}
  if (raised_) return;
  if (at(Tok::kLeftParen)) {
    const Token& open = here();
    uint32_t at_open = mark();
    advance();
    bool good = false;
    if (lambda) {
      // Names with commas between.
      while (at(Tok::kName)) {
        good = true;
        advance();
        if (!accept(Tok::kComma)) break;
      }
    } else {
      while (item(false) == kNoDefault) good = true;
      accept(Tok::kComma);
    }
    if (raised_) return;
    if (good && at(Tok::kRightParen)) {
      const Token& shut = here();
      error_on(open, shut, lambda ? "Lambda expression parameters cannot be parenthesized"
                                  : "Function parameters cannot be parenthesized");
      return;
    }
    reset(at_open);
  }
  reset(start);
  if (at(Tok::kSlash) && peek(1).kind == Tok::kComma) {
    error_on(here(), "at least one argument must precede /");
    return;
  }
  // A second slash, a slash behind the star, `/*`.
  bool slash = false, star = false;
  int items = 0;
  while (true) {
    if (item(true) != kNothing) { items++; continue; }
    if (raised_) return;
    if (at(Tok::kSlash)) {
      if (star) { error_on(here(), "/ must be ahead of *"); return; }
      if (slash) { error_on(here(), "/ may appear only once"); return; }
      if (items == 0) return;
      slash = true;
      advance();
      if (at(Tok::kStar)) { error_on(here(), "expected comma between / and *"); return; }
      if (!accept(Tok::kComma)) return;
      continue;
    }
    if (at(Tok::kStar) && !star) {
      star = true;
      advance();
      if (accept(Tok::kComma)) continue;
      if (item(false) != kNoDefault) return;
      continue;
    }
    return;
  }
}

// At `*`.
bool Parser::invalid_star(bool lambda) {
  Tok close = lambda ? Tok::kColon : Tok::kRightParen;
  const Token& star = here();
  advance();
  if (at(close) || (at(Tok::kComma) && (peek(1).kind == close || peek(1).kind == Tok::kDoubleStar))) {
    if (!lambda) return error_on(star, "named arguments must follow bare *");
    if (at(Tok::kComma)) advance();
    return error_here("named arguments must follow bare *");
  }
  if (!lambda && at(Tok::kComma) && peek(1).kind == Tok::kTypeComment) {
    advance();
    advance();
    return error_here("bare * has associated type comment");
  }
  if (at(Tok::kComma)) {
    advance();
  } else {
    Arg* arg = parameter(lambda, false);
    if (!arg) return false;
    if (at(Tok::kEqual)) return error_on(here(), "var-positional argument cannot have default value");
    if (!accept(Tok::kComma)) return false;
    if (!lambda && at(Tok::kTypeComment)) advance();
  }
  while (at(Tok::kName)) {
    Arg* arg = parameter(lambda, false);
    Expr* value;
    if (!arg || (at(Tok::kEqual) && !default_value(lambda, &value))) return false;
    if (!accept(Tok::kComma)) return false;
    if (!lambda && at(Tok::kTypeComment)) advance();
  }
  if (!at(Tok::kStar)) return false;
  const Token& second = here();
  advance();
  bool good = at(Tok::kComma);
  if (at(Tok::kName)) {
    Arg* arg = parameter(lambda, false);
    good = arg && (at(Tok::kComma) || at(close));
    if (good && at(Tok::kComma)) advance();
  }
  if (good) error_on(second, "* argument may appear only once");
  return false;
}

// At `**`.
bool Parser::invalid_double_star(bool lambda) {
  advance();
  Arg* arg = parameter(lambda, false);
  if (!arg) return false;
  if (at(Tok::kEqual)) return error_on(here(), "var-keyword argument cannot have default value");
  if (!accept(Tok::kComma)) return false;
  if (at(Tok::kStar) || at(Tok::kDoubleStar) || at(Tok::kSlash))
    return error_on(here(), "arguments cannot follow var-keyword argument");
  if (at(Tok::kName)) {
    Arg* second = parameter(lambda, false);
    if (second) return error_on(second, "arguments cannot follow var-keyword argument");
  }
  return false;
}

}  // namespace adder::syntax
