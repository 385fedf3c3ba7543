// f-strings: literal pieces and expressions of adjacent string tokens, collected into one JoinedStr.
#pragma once
#include <optional>
#include <vector>

#include "object/str.h"
#include "syntax/parser.h"

namespace adder::syntax {

class FStringParser {
 public:
  FStringParser(Parser& parser, const Token& first, const Token& last) : parser_(parser), first_(first), last_(last) {}

  // A token's body; false with the parser's error.
  bool add_plain(const Token& t, std::string_view body, bool raw);
  bool add_format(const Token& t, std::string_view body, bool raw);
  Expr* finish();

 private:
  bool parse(const char** p, const char* end, int depth);
  int literal(const char** p, const char* end, int depth);  // 1: go on with literals, 0 done, -1 error
  bool expression(const char** p, const char* end, int depth);
  Expr* compile(const char* begin, const char* end);
  bool close_literal_at(const Token& first, const Token& last);
  Expr* finish_at(const Token& first, const Token& last);

  Parser& parser_;
  const Token& first_;
  const Token& last_;
  const Token* token_ = nullptr;
  bool raw_ = false;
  bool format_ = false;
  std::optional<StrBuilder> text_;  // the literal being collected
  std::vector<Expr*> values_;
};

}  // namespace adder::syntax
