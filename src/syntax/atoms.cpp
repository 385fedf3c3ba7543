// Atoms: names, numbers, parentheses, lists, dicts, sets and the comprehensions in them.
#include <cstring>

#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "syntax/parser.h"

namespace adder::syntax {

Name* Parser::make_name(const Token& t, ExprContext ctx) {
  auto* n = context_.arena.make<Name>();
  n->lineno = t.lineno;
  n->col_offset = t.col;
  n->end_lineno = t.end_lineno;
  n->end_col_offset = t.end_col;
  n->id = identifier_of(t);
  n->ctx = ctx;
  if (ADDER_UNLIKELY(!n->id)) return stopped();
  return n;
}

bool Parser::take_identifier(Value* out) {
  if (!at(Tok::kName)) return false;
  *out = identifier_of(here());
  if (!*out) return stopped();
  advance();
  return true;
}

Expr* Parser::singleton(Value v) {
  Place start = place();
  advance();
  auto* n = make<Constant>(start);
  n->value = v;
  return n;
}

Expr* Parser::atom() {
  switch (tok()) {
    case Tok::kName: {
      Expr* n = make_name(here(), ExprContext::Load);
      if (n) advance();
      return n;
    }
    case Tok::kNumber: return number();
    case Tok::kString: return strings();
    case Tok::kNone: return singleton(none());
    case Tok::kTrue: return singleton(boolean(true));
    case Tok::kFalse: return singleton(boolean(false));
    case Tok::kEllipsis: return singleton(Value{Py_Ellipsis});
    case Tok::kLeftParen: return paren_atom();
    case Tok::kLeftBracket: return list_atom();
    case Tok::kLeftBrace: return brace_atom();
    default: return nullptr;
  }
}

Expr* Parser::number() {
  const Token& t = here();
  std::string_view text = text_of(t);
  bool plain = true;
  for (char c : text) plain &= c >= '0' && c <= '9';
  Value value;
  if (plain && text.size() <= 14) {
    int64_t i = 0;
    for (char c : text) i = i * 10 + (c - '0');
    // `01` passes the lexer before `else` alone; CPython then reads it as a float.
    value = text[0] == '0' && i != 0 ? Value::from_double(static_cast<double>(i)) : Value::from_int(i);
  } else {
    std::string digits;
    if (text.find('_') != text.npos) {
      if (!check_version(6, "Underscores in numeric literals are")) return nullptr;
      for (char c : text) if (c != '_') digits += c;
      text = digits;
    }
    char base = text.size() > 1 && text[0] == '0' ? text[1] | 0x20 : 0;
    bool imaginary = (text.back() | 0x20) == 'j';
    bool is_float = imaginary || (base != 'x' && text.find_first_of(".eE") != text.npos);
    Ref made;
    if (is_float) {
      if (imaginary) text.remove_suffix(1);
      double d = 0;
      size_t used = 0;
      if (!parse_double(text, &d, &used) || used != text.size()) return error_on(t, "invalid number literal");
      made = imaginary ? complex_new(0, d) : Ref::from_double(d);
    } else {
      made = int_parse_literal(text);
      if (!made && error_matches(PyExc_ValueError)) {
        // The limit on digits; the text says what to do about it.
        Ref error = take_error();
        Ref message = to_str(error);
        Ref full = message ? str_format("%U - Consider hexadecimal for huge integer literals to avoid decimal conversion limits.", message.get()) : Ref{};
        if (!full) return stopped();
        return text_error_value(PyExc_SyntaxError, t.lineno, 0, t.end_lineno, 0, full);
      }
    }
    if (!made) return stopped();
    value = context_.arena.keep(std::move(made));
  }
  Place start = place();
  advance();
  auto* n = make<Constant>(start);
  n->value = value;
  return n;
}

// `(…)`: empty tuple, group, tuple, generator expression.
Expr* Parser::paren_atom() {
  Deeper deeper(this, 20);
  if (!deeper) return nullptr;
  Place start = place();
  uint32_t open = mark();
  advance();
  if (accept(Tok::kRightParen)) return make<Tuple>(start);
  if (at(Tok::kYield)) {
    Expr* e = yield_expression();
    if (e && accept(Tok::kRightParen)) return e;
  } else {
    Expr* first = star_named_expression();
    if (raised_) return nullptr;
    if (first) {
      if (at(Tok::kComma)) {
        List<Expr*> items(this);
        bool bad = false;
        items.add(first);
        while (at(Tok::kComma)) {
          advance();
          if (at(Tok::kRightParen)) break;
          Expr* e = star_named_expression();
          if (!e) { bad = true; break; }
          items.add(e);
        }
        if (raised_) return nullptr;
        if (!bad && accept(Tok::kRightParen)) {
          auto* n = make<Tuple>(start);
          n->elts = items.done();
          return n;
        }
      } else if (at(Tok::kRightParen)) {
        if (!is<Starred>(first)) {
          advance();
          return first;
        }
      } else if (at_for() && !is<Starred>(first)) {
        Seq<Comprehension*> clauses;
        if (for_clauses(&clauses) && accept(Tok::kRightParen)) {
          auto* n = make<GeneratorExp>(start);
          n->elt = first;
          n->generators = clauses;
          return n;
        }
      }
    }
  }
  if (raised_) return nullptr;
  if (try_invalid_) {
    reset(open);
    invalid_group();
    if (raised_) return nullptr;
    reset(open);
    invalid_comprehension(Tok::kLeftParen);
  }
  return nullptr;
}

Expr* Parser::list_atom() {
  Deeper deeper(this, 20);
  if (!deeper) return nullptr;
  Place start = place();
  uint32_t open = mark();
  advance();
  List<Expr*> items(this);
  bool bad = false;
  while (!at(Tok::kRightBracket)) {
    Expr* e = star_named_expression();
    if (!e) { bad = true; break; }
    items.add(e);
    if (items.size() == 1 && at_for() && !is<Starred>(e)) {
      Seq<Comprehension*> clauses;
      if (for_clauses(&clauses) && accept(Tok::kRightBracket)) {
        auto* n = make<ListComp>(start);
        n->elt = e;
        n->generators = clauses;
        return n;
      }
      bad = true;
      break;
    }
    if (!accept(Tok::kComma)) break;
  }
  if (raised_) return nullptr;
  if (!bad && accept(Tok::kRightBracket)) {
    auto* n = make<syntax::List>(start);
    n->elts = items.done();
    return n;
  }
  if (try_invalid_) {
    reset(open);
    invalid_comprehension(Tok::kLeftBracket);
  }
  return nullptr;
}

// `{…}`: dict, set and their comprehensions.
Expr* Parser::brace_atom() {
  Deeper deeper(this, 20);
  if (!deeper) return nullptr;
  Place start = place();
  uint32_t open = mark();
  advance();
  uint32_t inside = mark();
  Expr* first = nullptr;  // of a set: what was read as a dict's key until no colon came; reading it again would double at each level
  // A dict, as long as the items have colons.
  {
    List<Expr*> keys(this), values(this);
    bool is_set = false, bad = false;
    while (!at(Tok::kRightBrace)) {
      if (at(Tok::kDoubleStar)) {
        advance();
        Expr* e = bitwise_or();
        if (!e) { bad = true; break; }
        keys.add(nullptr);
        values.add(e);
      } else {
        if (at(Tok::kStar)) { is_set = true; break; }
        if (keys.empty() && !diagnosing_ && at(Tok::kName) && peek(1).kind == Tok::kColonEqual) { is_set = true; break; }
        Expr* key = expression();
        if (!key) { bad = true; break; }
        if (!at(Tok::kColon)) {
          is_set = true;
          if (keys.empty() && !diagnosing_) first = key;
          break;
        }
        advance();
        Expr* value = expression();
        if (!value) { bad = true; break; }
        keys.add(key);
        values.add(value);
        if (keys.size() == 1 && at_for() && !diagnosing_) {
          Seq<Comprehension*> clauses;
          if (!for_clauses(&clauses) || !accept(Tok::kRightBrace)) return nullptr;
          auto* n = make<DictComp>(start);
          n->key = key;
          n->value = value;
          n->generators = clauses;
          return n;
        }
      }
      if (!accept(Tok::kComma)) break;
    }
    if (raised_) return nullptr;
    if (!is_set && !bad && accept(Tok::kRightBrace)) {
      auto* n = make<Dict>(start);
      n->keys = keys.done();
      n->values = values.done();
      return n;
    }
    if (!diagnosing_ && (!is_set || !keys.empty())) return nullptr;
  }
  if (diagnosing_) {
    reset(inside);
    invalid_double_starred_pairs();
    if (raised_) return nullptr;
  }
  if (!first) reset(inside);
  List<Expr*> items(this);
  bool bad = false;
  while (first || !at(Tok::kRightBrace)) {
    Expr* e = first ? first : star_named_expression();
    first = nullptr;
    if (!e) { bad = true; break; }
    items.add(e);
    if (items.size() == 1 && at_for() && !is<Starred>(e) && !diagnosing_) {
      Seq<Comprehension*> clauses;
      if (!for_clauses(&clauses) || !accept(Tok::kRightBrace)) return nullptr;
      auto* n = make<SetComp>(start);
      n->elt = e;
      n->generators = clauses;
      return n;
    }
    if (!accept(Tok::kComma)) break;
  }
  if (raised_) return nullptr;
  if (!items.empty() && !bad && accept(Tok::kRightBrace)) {
    auto* n = make<Set>(start);
    n->elts = items.done();
    return n;
  }
  if (!diagnosing_) return nullptr;
  // The second pass comes to the comprehensions last, each followed by its mistakes.
  reset(inside);
  Seq<Comprehension*> clauses;
  Expr* key = at(Tok::kDoubleStar) || at(Tok::kStar) ? nullptr : expression();
  if (key && accept(Tok::kColon)) {
    Expr* value = expression();
    if (value && at_for() && for_clauses(&clauses) && accept(Tok::kRightBrace)) {
      auto* n = make<DictComp>(start);
      n->key = key;
      n->value = value;
      n->generators = clauses;
      return n;
    }
  }
  if (raised_) return nullptr;
  if (try_invalid_) {
    reset(open);
    invalid_dict_comprehension();
    if (raised_) return nullptr;
  }
  reset(inside);
  Expr* element = at(Tok::kDoubleStar) || at(Tok::kStar) ? nullptr : named_expression();
  if (element && at_for() && for_clauses(&clauses) && accept(Tok::kRightBrace)) {
    auto* n = make<SetComp>(start);
    n->elt = element;
    n->generators = clauses;
    return n;
  }
  if (raised_) return nullptr;
  if (try_invalid_) {
    reset(open);
    invalid_comprehension(Tok::kLeftBrace);
  }
  return nullptr;
}

// One or more `for … in … if …`; pos_ at the first.
bool Parser::for_clauses(Seq<Comprehension*>* out) {
  List<Comprehension*> clauses(this);
  while (at_for()) {
    uint32_t start = mark();
    bool is_async = at(Tok::kAsync);
    if (is_async) advance();
    advance();
    Expr* target = star_targets();
    if (raised_) return false;
    if (!target || !at(Tok::kIn)) {
      if (try_invalid_) {
        reset(start);
        invalid_for_target();
      }
      return false;
    }
    advance();
    if (is_async && !check_version(6, "Async comprehensions are")) return false;
    Expr* iter = disjunction();
    if (!iter) return false;
    List<Expr*> ifs(this);
    while (at(Tok::kIf)) {
      uint32_t before = mark();
      advance();
      Expr* test = disjunction();
      if (!test) {
        reset(before);
        break;
      }
      ifs.add(test);
    }
    if (raised_) return false;
    to_target(target, ExprContext::Store);
    auto* n = context_.arena.make<Comprehension>();
    n->target = target;
    n->iter = iter;
    n->ifs = ifs.done();
    n->is_async = is_async;
    clauses.add(n);
  }
  *out = clauses.done();
  return !clauses.empty();
}

}  // namespace adder::syntax
