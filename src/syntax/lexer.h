// The lexer: turns the text into an array of tokens, up to the first error.
#pragma once
#include <string_view>
#include <vector>
#include "object/abi.h"
#include "syntax/token.h"

namespace adder::syntax {

// An error as it will be raised once the parser comes to the token that has it. Columns count from 1 in bytes;
// end_col as the exception shows it when nothing follows from the text.
struct LexError {
  PyObject* type = nullptr;
  char message[160];
  int32_t lineno = 0, col = 0, end_col = 0;
  bool whole_line = true;    // the error's text is the line with its line end
  bool is_range = false;     // col and end_col were given and are shown as they are
  bool at_end = false;       // the text ended too early
  bool raised = false;       // a Python exception is already set (a warning turned into an error)
};

// Raises an error of the lexer's own (!whole_line) as SyntaxError: its line is shown without its end.
void raise_lex_error(const LexError& error, std::string_view text, int first_lineno, Value filename);

struct TypeIgnoreComment { int32_t lineno; uint32_t begin, end; };

struct LexOptions {
  bool type_comments = false;
  bool one_statement = false;     // the end implies a NEWLINE (ParseMode::kSingle)
  bool dont_imply_dedent = false; // and no dedents unless a line end stands before it
  bool async_names = false;       // `async` and `await` are names outside of `async def` (before 3.7)
  int first_lineno = 1;
  int first_col = 0;              // what columns of the first line start at
  Value filename{};               // for warnings
};

struct Bracket { char open; int32_t lineno, col; };

class Lexer {
 public:
  // `text` is followed by a NUL in memory and ends with a line end unless it is empty.
  Lexer(std::string_view text, const LexOptions& options) : text_(text), options_(options) {}
  void set_options(const LexOptions& options) { options_ = options; }
  void run();

  std::vector<Token> tokens;        // behind one that stands for nothing
  std::vector<TypeIgnoreComment> ignores;
  std::vector<uint32_t> joined;     // where lines begin that a backslash joins to the one before
  LexError error;                   // of the kError token, if there is one
  Bracket unclosed{0, 0, 0};        // the innermost open bracket when the text ended or the error came

 private:
  bool line_start();
  bool token();
  bool number(const char* start);
  bool string(const char* start, const char* quote);
  bool name(const char* start);
  bool verify_name(const char* start);
  bool decimal_tail();
  bool end_of_number(const char* start, const char* kind);
  bool continuation();
  Tok async_word(Tok word);
  void text_end();
  bool comment();
  void emit(Tok kind, const char* begin, const char* end);
  void emit_at_line(Tok kind);
  bool fail(const char* format, ...) __attribute__((format(printf, 2, 3)));  // at cur_
  bool fail_type(PyObject* type, const char* message, int col, int end_col);
  void new_line() { lineno_++; previous_line_ = line_start_; line_start_ = cur_; }
  int column(const char* p) const {
    return static_cast<int>(p - line_start_) + (lineno_ == options_.first_lineno ? options_.first_col : 0);
  }

  std::string_view text_;
  LexOptions options_;
  const char* cur_ = nullptr;
  const char* end_ = nullptr;
  const char* line_start_ = nullptr;
  const char* previous_line_ = nullptr;
  const char* chain_start_ = nullptr;  // start of the line, or of the first of lines joined by backslashes or a string
  int32_t lineno_ = 1;
  bool at_line_start_ = true;
  bool blank_line_ = false;
  int level_ = 0;
  Bracket brackets_[200];
  bool in_async_def_ = false, async_def_line_ended_ = false;
  int async_def_indents_ = 0;
  int indents_ = 0;
  int indent_[100] = {0}, alt_indent_[100] = {0};
};

}  // namespace adder::syntax
