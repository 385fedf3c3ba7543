// The parser's two passes, its names, and the way in.
#include "syntax/parser.h"

#include <utf8proc.h>

#include "syntax/source.h"

namespace adder::syntax {

// --- Names ------------------------------------------------------------------------------------------------------------

Value Names::get(std::string_view text, bool ascii) {
  uint32_t hash = static_cast<uint32_t>(text.size());
  for (char c : text) hash = hash * 31 + static_cast<uint8_t>(c);
  hash ^= hash >> 15;
  size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i].text) {
    const Slot& s = slots_[i];
    if (s.hash == hash && s.length == text.size() && std::memcmp(s.text, text.data(), text.size()) == 0) return s.name;
    i = (i + 1) & mask;
  }
  Ref made;
  if (ascii) {
    made = intern(text);
  } else {
    // Identifiers are compared in normal form KC.
    uint8_t* normal = nullptr;
    auto n = utf8proc_map(reinterpret_cast<const uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &normal,
                          static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
    made = n >= 0 ? intern(std::string_view{reinterpret_cast<char*>(normal), static_cast<size_t>(n)}) : intern(text);
    std::free(normal);
  }
  if (!made) return Value{};
  Value name = arena_.keep(std::move(made));
  slots_[i] = {text.data(), static_cast<uint32_t>(text.size()), hash, name};
  if (++used_ * 2 > slots_.size()) grow();
  return name;
}

void Names::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_ = std::vector<Slot>(old.size() * 4);
  size_t mask = slots_.size() - 1;
  for (const Slot& s : old) {
    if (!s.text) continue;
    size_t i = s.hash & mask;
    while (slots_[i].text) i = (i + 1) & mask;
    slots_[i] = s;
  }
}

// --- Passes -----------------------------------------------------------------------------------------------------------

static LexOptions lex_options(const ParseContext& context, int first_lineno, int first_col) {
  LexOptions o;
  o.type_comments = context.options.type_comments;
  o.one_statement = context.options.mode == ParseMode::kSingle;
  o.dont_imply_dedent = context.options.dont_imply_dedent;
  o.async_names = context.options.feature_version < 7;
  o.first_lineno = first_lineno;
  o.first_col = first_col;
  o.filename = context.filename;
  return o;
}

Parser::Parser(ParseContext& context, std::string_view text)
    : context_(context), text_(text), lex_options_(lex_options(context, 1, 0)), lexer_(text, lex_options_) {}

Parser::Parser(ParseContext& context, std::string_view text, int first_lineno, int first_col, int depth)
    : context_(context), text_(text), lex_options_(lex_options(context, first_lineno, first_col)),
      lexer_(text, lex_options_), is_fstring_(true), depth_(depth) {
  lex_options_.one_statement = false;
  lexer_.set_options(lex_options_);
}

void Parser::begin_pass(bool try_invalid) {
  memory_.clear();
  pos_ = 0;
  diagnosing_ = true;
  try_invalid_ = try_invalid;
}

// Runs `parse`, and where it fails runs it again to find out why.
template <class T, class F>
T* Parser::two_passes(F&& parse) {
  lexer_.run();
  tokens_ = lexer_.tokens.data() + 1;
  count_ = static_cast<uint32_t>(lexer_.tokens.size() - 1);
  T* result = parse();
  if (result && !raised_) return result;
  if (!raised_ && pos_ > furthest_) furthest_ = pos_;
  if (furthest_ >= count_) furthest_ = count_ - 1;
  if (!raised_ || error_matches(PyExc_SyntaxError)) {
    const Token& last = tokens_[furthest_ < count_ ? furthest_ : count_ - 1];
    bool at_end = last.kind == Tok::kError ? lexer_.error.at_end : last.begin >= text_.size();
    if (context_.options.allow_incomplete_input && at_end && !is_fstring_) {
      clear_error();
      raised_ = false;
      in_lexer_error_ = true;
      int col = last.kind == Tok::kError && lexer_.error.type && !lexer_.error.whole_line ? lexer_.error.col : last.col;
      text_error(PyExc_SyntaxError, last.lineno, col, last.end_lineno, -1, "incomplete input");
      return nullptr;
    }
  }
  if (!raised_) {
    if (tokens_[furthest_].kind == Tok::kError) {
      lexer_error();
      return nullptr;
    }
    first_pass_end_ = furthest_;
    bool braces = false;
    for (uint32_t i = 0; i <= furthest_ && !braces; i++) braces = tokens_[i].kind == Tok::kLeftBrace;
    if (braces) {
      begin_pass(false);
      parse();
    }
    if (!raised_) {
      begin_pass(true);
      parse();
    }
    if (!raised_) generic_error();
  }
  finish_error();
  return nullptr;
}

Expr* Parser::parse_fstring_expression() {
  return two_passes<Expr>([&]() -> Expr* { return star_expressions(); });
}

Mod* Parser::parse_module() {
  return two_passes<Mod>([&] { return module_rule(); });
}

Mod* Parser::module_rule() {
  switch (context_.options.mode) {
    case ParseMode::kExec: {
      List<Stmt*> body(this);
      if (!at(Tok::kEnd) && !statements(body)) return nullptr;
      if (!at(Tok::kEnd) || raised_) return nullptr;
      auto* n = context_.arena.make<Module>();
      n->body = body.done();
      List<TypeIgnoreSum*> ignores(this);
      for (const TypeIgnoreComment& c : lexer_.ignores) {
        auto* ignore = context_.arena.make<TypeIgnore>();
        ignore->lineno = c.lineno;
        Ref tag = str_from_utf8(text_.substr(c.begin, c.end - c.begin), "replace");
        if (!tag) return stopped();
        ignore->tag = context_.arena.keep(std::move(tag));
        ignores.add(ignore);
      }
      n->type_ignores = ignores.done();
      return n;
    }
    case ParseMode::kSingle: {
      List<Stmt*> body(this);
      Place start = place();
      if (at_compound()) {
        Stmt* s = compound_statement();
        if (raised_) return nullptr;
        if (s && accept(Tok::kNewline)) {
          body.add(s);
        } else {
          reset(0);
          if (!at(Tok::kName) || !simple_statements(body)) return nullptr;
        }
      } else if (at(Tok::kNewline) && here().begin < text_.size()) {
        advance();
        body.add(make<Pass>(start));
      } else if (!simple_statements(body)) {
        return nullptr;
      }
      if (raised_) return nullptr;
      // Only blank lines and comments may follow.
      uint32_t behind = mark();
      while (at(Tok::kNewline)) advance();
      if (!at(Tok::kEnd)) {
        pos_ = behind - 1;
        const Token& last = tokens_[behind - 1];
        if (last.kind == Tok::kNewline) {
          furthest_ = behind - 1;
          return error_on(last, "multiple statements found while compiling a single statement");
        }
        return nullptr;
      }
      auto* n = context_.arena.make<Interactive>();
      n->body = body.done();
      return n;
    }
    case ParseMode::kEval: {
      Expr* e = expressions();
      if (!e) return nullptr;
      while (accept(Tok::kNewline)) {}
      if (!at(Tok::kEnd) || raised_) return nullptr;
      auto* n = context_.arena.make<Expression>();
      n->body = e;
      return n;
    }
    case ParseMode::kFuncType: {
      if (!accept(Tok::kLeftParen)) return nullptr;
      List<Expr*> types(this);
      // Plain types, then `*type` and `**type`.
      int stars = 0;
      while (!at(Tok::kRightParen)) {
        if (at(Tok::kStar) || at(Tok::kDoubleStar)) {
          int now = at(Tok::kStar) ? 1 : 2;
          if (stars >= now) return nullptr;
          stars = now;
          advance();
        } else if (stars) {
          return nullptr;
        }
        Expr* e = expression();
        if (!e) return nullptr;
        types.add(e);
        if (!at(Tok::kComma)) break;
        advance();
        if (at(Tok::kRightParen)) return nullptr;
      }
      if (!accept(Tok::kRightParen) || !accept(Tok::kArrow)) return nullptr;
      Expr* returns = expression();
      if (!returns) return nullptr;
      while (accept(Tok::kNewline)) {}
      if (!at(Tok::kEnd) || raised_) return nullptr;
      auto* n = context_.arena.make<FunctionType>();
      n->argtypes = types.done();
      n->returns = returns;
      return n;
    }
  }
  return nullptr;
}

Mod* parse_source(Arena& arena, std::string_view source, Value filename, const ParseOptions& options) {
  std::string text;
  bool add_newline = options.mode == ParseMode::kExec;
  Origin origin;
  if (!decode_source(source, options.source_is_utf8, add_newline, filename, &text, &origin)) return nullptr;
  size_t length = text.size();
  text.append(3, '\0');
  ParseContext context{arena, filename, options, Names(arena), origin};
  Parser parser(context, {text.data(), length});
  return parser.parse_module();
}

}  // namespace adder::syntax
