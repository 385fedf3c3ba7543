// Tokens: what the lexer gives and the parser walks over.
#pragma once
#include <cstdint>
#include <string_view>

namespace adder::syntax {

enum class Tok : uint8_t {
  kEnd, kName, kNumber, kString, kNewline, kIndent, kDedent, kTypeComment,
  kError,  // the lexer met an error here; nothing follows
  kOther,  // a character that starts no token: `$`, `?`, `!`
  // Operators and delimiters
  kLeftParen, kRightParen, kLeftBracket, kRightBracket, kLeftBrace, kRightBrace,
  kColon, kComma, kSemicolon, kDot, kEllipsis, kArrow, kAt, kEqual, kColonEqual,
  kPlus, kMinus, kStar, kSlash, kPercent, kDoubleSlash, kDoubleStar,
  kLeftShift, kRightShift, kAmpersand, kBar, kCaret, kTilde,
  kLess, kGreater, kEqualEqual, kNotEqual, kLessEqual, kGreaterEqual,
  // Augmented assignment, in the order of Operator's members that they need
  kPlusEqual, kMinusEqual, kStarEqual, kAtEqual, kSlashEqual, kPercentEqual, kDoubleStarEqual, kLeftShiftEqual,
  kRightShiftEqual, kBarEqual, kCaretEqual, kAmpersandEqual, kDoubleSlashEqual,
  // Keywords
  kFalse, kNone, kTrue, kAnd, kAs, kAssert, kAsync, kAwait, kBreak, kClass, kContinue, kDef, kDel, kElif, kElse,
  kExcept, kFinally, kFor, kFrom, kGlobal, kIf, kImport, kIn, kIs, kLambda, kNonlocal, kNot, kOr, kPass, kRaise,
  kReturn, kTry, kWhile, kWith, kYield,
};

// Columns are bytes of UTF-8 from 0, lines count from 1. Line ends, indents, dedents and the end have no width.
struct Token {
  Tok kind;
  uint8_t level;        // how many brackets are open behind this token
  bool plain = false;   // a name in ASCII
  int32_t lineno, col, end_lineno, end_col;
  uint32_t begin, end;  // in the text
};

// The keyword that `name` is, or kName.
Tok keyword_of(std::string_view name);

}  // namespace adder::syntax
