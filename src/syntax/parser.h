// The recursive-descent parser. A first pass builds the tree and knows only what is right; where it fails, a second pass
// over the same tokens also tries, in the grammar's order, the mistakes that have messages of their own (diagnose.cpp).
// That pass backtracks and so remembers results by rule and place. Those few mistakes that CPython's grammar looks for in
// its first pass already (in dicts) get a pass before it.
//
// Every rule gives null when it does not match and leaves pos_ anywhere; who tries an alternative resets it. Once an
// exception is raised, pos_ stands on a token that nothing matches, so all rules fail.
#pragma once
#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "object/object.h"
#include "object/str.h"
#include "syntax/lexer.h"
#include "syntax/parse.h"
#include "syntax/source.h"

namespace adder::syntax {

// Interned names of one parse, by their text.
class Names {
 public:
  explicit Names(Arena& arena) : arena_(arena) { slots_.resize(256); }
  Value get(std::string_view text, bool ascii);  // absent with exception

 private:
  struct Slot { const char* text = nullptr; uint32_t length = 0, hash = 0; Value name; };
  void grow();
  Arena& arena_;
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

// What is the same for a file's parser and those of its f-strings' expressions.
struct ParseContext {
  Arena& arena;
  Value filename;
  const ParseOptions& options;
  Names names;
  Origin origin;
};

struct Place { int32_t lineno, col; };

enum class TargetUse : uint8_t { kAssign, kDelete, kFor };

class Parser {
 public:
  // `text`: UTF-8 with "\n" line ends, a NUL behind it. first_*: where the text of an f-string's expression lies.
  Parser(ParseContext& context, std::string_view text);
  Parser(ParseContext& context, std::string_view text, int first_lineno, int first_col, int depth);

  Mod* parse_module();
  Expr* parse_fstring_expression();

 private:
  // --- Walking over tokens
  const Token& here() const { return tokens_[pos_]; }
  const Token& peek(int n) const { return tokens_[pos_ + n < count_ ? pos_ + n : count_ - 1]; }
  Tok tok() const { return tokens_[pos_].kind; }
  bool at(Tok k) const { return tok() == k; }
  void advance() {
    pos_++;
    ADDER_ASSERT(pos_ < count_);
    if (ADDER_UNLIKELY(diagnosing_) && tok() == Tok::kError) lexer_error();
  }
  bool accept(Tok k) {
    if (tok() != k) return false;
    advance();
    return true;
  }
  uint32_t mark() const { return pos_; }
  void reset(uint32_t m) {
    if (raised_) return;
    if (pos_ > furthest_) furthest_ = pos_;
    pos_ = m;
  }
  std::string_view text_of(const Token& t) const { return text_.substr(t.begin, t.end - t.begin); }
  Place place() const { return {here().lineno, here().col}; }
  static Place place_of(const PlacedNode* n) { return {n->lineno, n->col_offset}; }
  bool is_soft(const Token& t, std::string_view word) const { return t.kind == Tok::kName && text_of(t) == word; }

  // --- Making nodes; the end is that of the last token taken
  template <class T>
  T* make(Place start) {
    T* n = context_.arena.make<T>();
    const Token* last = &tokens_[pos_ - 1];
    while (last->kind == Tok::kNewline || last->kind == Tok::kIndent || last->kind == Tok::kDedent) last--;
    n->lineno = start.lineno;
    n->col_offset = start.col;
    n->end_lineno = last->end_lineno;
    n->end_col_offset = last->end_col;
    return n;
  }
  Name* make_name(const Token& t, ExprContext ctx);
  Value identifier_of(const Token& t) { return context_.names.get(text_of(t), t.plain); }
  bool take_identifier(Value* out);  // a NAME token

  // A sequence being collected; moved into the arena when it is complete.
  template <class T>
  class List {
   public:
    explicit List(Parser* p) : arena_(p->context_.arena) {}
    ~List() { if (data_ != inline_) std::free(data_); }
    List(const List&) = delete;
    void add(T x) {
      if (count_ == capacity_) grow();
      data_[count_++] = x;
    }
    size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    T operator[](size_t i) const { return data_[i]; }
    T back() const { return data_[count_ - 1]; }
    void truncate(size_t n) { count_ = n; }
    Seq<T> done() const { return arena_.copy(data_, count_); }

   private:
    void grow() {
      T* bigger = static_cast<T*>(std::malloc(capacity_ * 2 * sizeof(T)));
      if (!bigger) std::abort();
      std::memcpy(static_cast<void*>(bigger), data_, count_ * sizeof(T));
      if (data_ != inline_) std::free(data_);
      data_ = bigger;
      capacity_ *= 2;
    }
    Arena& arena_;
    size_t count_ = 0, capacity_ = 8;
    T inline_[8];
    T* data_ = inline_;
  };

  // --- Depth of recursion, counted as CPython's parser counts its rules
  struct Deeper {
    Parser& p;
    int by;
    Deeper(Parser* parser, int levels) : p(*parser), by(levels) {
      p.depth_ += by;
      if (ADDER_UNLIKELY(p.depth_ > kMaxDepth)) p.too_deep();
    }
    ~Deeper() { p.depth_ -= by; }
    explicit operator bool() const { return !p.raised_; }
  };
  static constexpr int kMaxDepth = 6000;
  void too_deep();

  // --- Remembering, in the second pass only
  enum Rule : uint8_t { kRuleExpression, kRuleDisjunction, kRuleBinary, kRulePrimary, kRuleStrings, kRuleBlock,
                        kRuleSimpleStatement, kRuleCompound };
  struct Remembered { void* node; uint32_t end; };
  template <class T, class F>
  T* remember(Rule rule, F&& parse) {
    uint64_t key = (uint64_t{pos_} << 8) | rule;
    auto it = memory_.find(key);
    if (it != memory_.end()) {
      T* found = static_cast<T*>(it->second.node);
      reset(it->second.end);
      return found;
    }
    T* n = parse();
    if (!raised_) memory_[key] = {n, pos_};
    return raised_ ? nullptr : n;
  }

  // --- Errors (errors.cpp). All give null and set raised_.
  struct Null { template <class T> operator T*() const { return nullptr; } operator bool() const { return false; } };
  Null error_at(Place from, Place to, const char* format, ...);   // a range; columns from 0
  Null error_on(const PlacedNode* n, const char* format, ...);
  Null error_on(const PlacedNode* first, const PlacedNode* last, const char* format, ...);
  Null error_on(const Token& t, const char* format, ...);
  Null error_on(const Token& first, const Token& last, const char* format, ...);
  Null error_from(const PlacedNode* n, const char* format, ...);  // up to where the lexer stands
  Null error_here(const char* format, ...);                       // at the last token looked at
  Null indentation_error(const char* format, ...);                // there too
  Null text_error(PyObject* type, int lineno, int col, int end_lineno, int end_col, const char* message);
  Null text_error_value(PyObject* type, int lineno, int col, int end_lineno, int end_col, Value message);
  Null stopped();                                                 // an exception is set already
  Null string_error(const Token& t, const char* kind);            // turns a Unicode or value error into a syntax error
  void lexer_error();
  void unclosed_bracket_error();
  void finish_error();
  // Tokens that stand for no text: indents, dedents, the end and the line end that it implies.
  bool placeless(const Token& t) const {
    return t.kind == Tok::kIndent || t.kind == Tok::kDedent || t.kind == Tok::kEnd ||
           (t.kind == Tok::kNewline && t.begin >= text_.size());
  }
  void generic_error();
  const Token& last_seen() { if (!raised_ && pos_ > furthest_) furthest_ = pos_; return tokens_[furthest_ < count_ ? furthest_ : count_ - 1]; }
  Ref error_line(int lineno, std::string_view* bytes);
  bool expect_forced(Tok k, const char* text);
  bool check_version(int minor, const char* what);

  template <class T, class F> T* two_passes(F&& parse);
  void begin_pass(bool try_invalid);

  // --- Statements (statements.cpp, compound.cpp)
  Mod* module_rule();
  bool statements(List<Stmt*>& out);
  bool statement(List<Stmt*>& out);
  bool simple_statements(List<Stmt*>& out);
  Stmt* simple_statement();
  Stmt* simple_statement_rule();
  Stmt* expression_statement();
  Stmt* expression_statement_diagnosed();
  Stmt* annotated(Expr* target, Place start, bool simple);
  Stmt* assignment(List<Expr*>& targets, Expr* value, Place start);
  bool augmented_operator(Operator* op);
  Stmt* return_statement();
  Stmt* raise_statement();
  Stmt* del_statement();
  Stmt* assert_statement();
  Stmt* import_name();
  Stmt* import_from();
  bool import_targets(List<Alias*>& out);
  bool import_as_names(List<Alias*>& out);
  Value dotted_name();
  Stmt* names_statement(bool global);

  bool at_compound();
  Stmt* compound_statement();
  Stmt* compound_rule();
  bool block(Seq<Stmt*>* out);
  bool block_rule(Seq<Stmt*>* out);
  bool colon_block(const char* what, const Token& keyword, Seq<Stmt*>* out, bool forced);
  Stmt* decorated();
  Stmt* function_def(Seq<Expr*> decorators, Place start, bool is_async);
  Stmt* class_def(Seq<Expr*> decorators, Place start);
  Stmt* if_statement(const char* keyword);
  bool else_block(Seq<Stmt*>* out);
  Stmt* while_statement();
  Stmt* for_statement(Place start, bool is_async);
  Stmt* with_statement(Place start, bool is_async);
  WithItem* with_item();
  Stmt* try_statement();
  Handler* except_block(bool star);
  Stmt* match_statement();
  MatchCase* case_block();
  Value type_comment();
  Value function_type_comment();
  Value comment_text(const Token& t);

  // --- Patterns (patterns.cpp)
  Pattern* patterns();
  Pattern* pattern();
  Pattern* or_pattern();
  Pattern* closed_pattern();
  Pattern* maybe_star_pattern();
  Pattern* star_pattern();
  bool pattern_items(List<Pattern*>& out, Tok close, bool* comma);
  Pattern* mapping_pattern();
  Pattern* class_pattern(Expr* cls, Place start);
  Expr* pattern_number();
  Expr* literal_key();
  Expr* name_or_attribute();
  bool capture_name(Value* out);

  // --- Expressions (expressions.cpp, atoms.cpp)
  Expr* expression();
  Expr* expression_without_invalid();
  Expr* lambda();
  Expr* expressions();
  Expr* star_expressions();
  Expr* star_expression();
  Expr* star_named_expression();
  Expr* named_expression();
  Expr* assignment_or_expression();    // assignment_expression | expression !':='
  Expr* yield_expression();
  Expr* yield_or_star_expressions() { return at(Tok::kYield) ? yield_expression() : star_expressions(); }
  Expr* disjunction();
  template <Tok token, BoolOperator op, auto operand> Expr* bool_operation();
  Expr* disjunction_rule();
  Expr* conjunction();
  Expr* inversion();
  Expr* comparison();
  Expr* bitwise_or() { return binary(1); }
  Expr* binary(int min_precedence);
  Expr* binary_rule(int min_precedence);
  Expr* factor();
  Expr* power();
  Expr* await_primary();
  Expr* primary();
  Expr* primary_rule();
  Expr* atom();
  Expr* paren_atom();
  Expr* list_atom();
  Expr* brace_atom();
  Expr* number();
  Expr* slices();
  Expr* slice();
  Expr* call(Expr* function, Place start);
  bool arguments(Seq<Expr*>* args, Seq<Keyword*>* keywords);
  struct ArgumentList { Seq<Expr*> args; Seq<Keyword*> keywords; uint32_t first_token; int32_t lineno, col, end_lineno, end_col; };
  bool argument_list(ArgumentList* out);
  bool for_clauses(Seq<Comprehension*>* out);
  bool at_for() {
    if (at(Tok::kFor)) return true;
    if (!at(Tok::kAsync)) return false;
    if (pos_ + 1 > furthest_) furthest_ = pos_ + 1;
    if (diagnosing_ && peek(1).kind == Tok::kError) lexer_error();
    return peek(1).kind == Tok::kFor;
  }
  bool starts_expression() const;
  Expr* strings();
  Expr* strings_rule();
  bool check_string(const Token& t, std::string_view body, bool raw, bool format);
  bool plain_string(const Token& t, std::string_view body, bool raw, StrBuilder* out);
  bool unescape(const Token& t, std::string_view body, StrBuilder* out);
  bool bytes_literal(const Token& t, std::string_view body, bool raw, std::string* out);
  bool warn_escape(const Token& t, const char* escape);
  int64_t named_character(std::string_view name);
  Expr* string_constant(Value v, const Token& first, const Token& last);
  Expr* tuple_of_rest(Expr* first, Place start, Expr* (Parser::*item)());
  Expr* expression_plain();
  Expr* named_expression_plain();
  Expr* singleton(Value v);

  // --- Parameters (parameters.cpp)
  Arguments* parameters(bool lambda);
  Arguments* parameter_list(bool lambda);
  Arg* parameter(bool lambda, bool star_annotation);
  bool default_value(bool lambda, Expr** out);
  void diagnose_parameters(bool lambda);
  bool invalid_star(bool lambda);
  bool invalid_double_star(bool lambda);

  // --- Targets (targets.cpp)
  bool to_target(Expr* e, ExprContext ctx);
  Expr* star_targets();
  Expr* star_target();
  Expr* invalid_target(Expr* e, TargetUse use);
  bool raise_invalid_target(Expr* e, TargetUse use);
  const char* describe(Expr* e);

  // --- Mistakes with messages of their own (diagnose.cpp)
  void invalid_expression();
  void invalid_legacy_expression();
  void invalid_named_expression();
  void invalid_arguments();
  void invalid_keyword_argument();
  void invalid_comprehension(Tok open);
  void invalid_group();
  void invalid_dict_comprehension();
  void invalid_double_starred_pairs();
  void invalid_key_value();
  void invalid_for_target();
  void invalid_assignment();
  Expr* invalid_annotation_target();
  void invalid_delete();
  void invalid_with_item();
  void invalid_with(bool indent);
  void invalid_except();
  bool check_not_indented(const char* what, const Token& keyword);
  void invalid_class_arguments();

  // --- f-strings (fstring.cpp)
  friend class FStringParser;

  ParseContext& context_;
  std::string_view text_;
  LexOptions lex_options_;
  Lexer lexer_;
  const Token* tokens_ = nullptr;
  uint32_t count_ = 0;
  uint32_t pos_ = 0;
  uint32_t furthest_ = 0;       // the furthest token looked at
  uint32_t first_pass_end_ = 0; // the same at the end of the first pass
  bool diagnosing_ = false;     // a later pass: results are remembered
  bool try_invalid_ = false;    // mistakes are being tried (not within an expression that only follows another); implies diagnosing_
  bool raised_ = false;
  bool is_fstring_ = false;
  bool in_lexer_error_ = false;
  bool final_ = false;          // no error further on wins over this one
  int depth_ = 0;
  std::unordered_map<uint64_t, Remembered> memory_;
};

}  // namespace adder::syntax
