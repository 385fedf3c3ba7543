// The module _tokenize: the runtime's own lexer, token by token, for tokenize._generate_tokens_from_c_tokenizer.
#include <algorithm>
#include <new>
#include <string>

#include "object/arguments.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"
#include "syntax/lexer.h"
#include "syntax/source.h"

namespace adder {
namespace {

using syntax::Tok;
using syntax::Token;

ADDER_TYPE(iterator_type);

// The numbers that Lib/token.py gives to the kinds of tokens.
enum : int { kNameType = 1, kOperatorType = 54, kAwaitType = 55, kAsyncType = 56 };
int type_number(Tok kind) {
  static constexpr uint8_t numbers[] = {
      0, 1, 2, 3, 4, 5, 6, 57, 59, kOperatorType,
      7, 8, 9, 10, 25, 26,                                      // brackets
      11, 12, 13, 23, 52, 51, 49, 22, 53,                       // : , ; . ... -> @ = :=
      14, 15, 16, 17, 24, 47, 35,                               // + - * / % // **
      33, 34, 19, 18, 32, 31,                                   // << >> & | ^ ~
      20, 21, 27, 28, 29, 30,                                   // < > == != <= >=
      36, 37, 38, 50, 39, 40, 46, 44, 45, 42, 43, 41, 48,       // += -= *= @= /= %= **= <<= >>= |= ^= &= //=
  };
  static_assert(sizeof numbers == static_cast<size_t>(Tok::kFalse));
  if (kind == Tok::kAsync) return kAsyncType;
  if (kind == Tok::kAwait) return kAwaitType;
  return kind < Tok::kFalse ? numbers[static_cast<size_t>(kind)] : kNameType;
}

struct Source {
  std::string text;
  syntax::Lexer lexer;
  size_t next = 1;   // of lexer.tokens, behind the one that stands for nothing
  size_t begin = 0;  // of the next token's line: the first of those that a string or backslashes join
  size_t seen = 0;   // up to here the text's lines have been looked at

  explicit Source(std::string decoded) : text(std::move(decoded)), lexer(with_end(text), {}) {}
  // The text for the lexer, which wants NULs behind it.
  static std::string_view with_end(std::string& text) {
    size_t size = text.size();
    text.append(3, '\0');
    return {text.data(), size};
  }
  std::string_view code() const { return {text.data(), text.size() - 3}; }
};

struct Iterator {
  PyObject head;
  Source* source;
};
Source& source_of(Value v) { return *v.as<Iterator>()->source; }

Ref filename() { return str_from_ascii("<string>"); }

Ref iterator_new(PyTypeObject* type, Args args) {
  Value text;
  if (!bind_arguments("tokenizeriter", args, {"source"}, 1, &text)) return nullptr;
  if (!is_str(text)) return raise(PyExc_TypeError, "tokenizeriter() argument 'source' must be str, not %N", type_of(text));
  std::string_view utf8 = str_utf8(text);
  if (!utf8.data()) return nullptr;
  if (utf8.find('\0') != utf8.npos) return raise(PyExc_ValueError, "embedded null character");
  Ref name = filename();
  std::string decoded;
  syntax::Origin origin;
  if (!name || !syntax::decode_source(utf8, true, true, name, &decoded, &origin)) return nullptr;
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return nullptr;
  Ref result = Ref::steal(o);
  auto* source = new (std::nothrow) Source(std::move(decoded));
  if (!source) return raise_no_memory();
  reinterpret_cast<Iterator*>(o)->source = source;
  source->lexer.set_options({.filename = name});
  source->lexer.run();
  if (source->lexer.error.raised) return nullptr;
  return result;
}

void iterator_dealloc(PyObject* o) {
  delete reinterpret_cast<Iterator*>(o)->source;
  Py_TYPE(o)->tp_free(o);
}

// The line or lines that the token stands on, and those that a string or backslashes join to its first.
std::string_view line_of(Source& s, const Token& t) {
  std::string_view code = s.code();
  const auto& joined = s.lexer.joined;
  for (; s.seen < t.begin; s.seen++) {
    size_t line = s.seen + 1;
    if (code[s.seen] != '\n' || line == code.size()) continue;
    bool in_string = line < s.lexer.tokens[s.next - 1].end;
    if (!in_string && !std::binary_search(joined.begin(), joined.end(), line)) s.begin = line;
  }
  size_t end = code.find('\n', t.end);
  return code.substr(s.begin, end == code.npos ? end : end + 1 - s.begin);
}

Ref iterator_next(Value self) {
  Source& s = source_of(self);
  const Token& t = s.lexer.tokens[s.next];
  if (t.kind == Tok::kEnd) return raise_stop_iteration(str_from_ascii("EOF"));
  if (t.kind == Tok::kError) {
    s.lexer.tokens[s.next].kind = Tok::kEnd;
    // Errors that are about lines just end the tokens.
    const syntax::LexError& error = s.lexer.error;
    if (!error.type || error.whole_line) return raise_stop_iteration(str_from_ascii("EOF"));
    Ref name = filename();
    if (name) syntax::raise_lex_error(error, s.code(), 1, name);
    return nullptr;
  }
  Ref text = str_from_utf8(s.code().substr(t.begin, t.end - t.begin)), line = str_from_utf8(line_of(s, t));
  s.next++;
  bool placeless = t.kind == Tok::kIndent || t.kind == Tok::kDedent;
  return tuple_of({text, Value::from_int(type_number(t.kind)), Value::from_int(t.lineno), Value::from_int(t.end_lineno),
                   Value::from_int(placeless ? -1 : t.col), Value::from_int(placeless ? -1 : t.end_col), line});
}

Ref iterator_self(Value self) { return Ref::copy(self); }

const TypeDef iterator_def{.type = &iterator_type,
                           .name = "_tokenize.TokenizerIter",
                           .basicsize = sizeof(Iterator),
                           .dealloc = iterator_dealloc,
                           .slots = {.tp_iter = slot::Unary<iterator_self>,
                                     .tp_iternext = slot::Next<iterator_next>,
                                     .tp_new = slot::New<iterator_new>}};

bool exec(PyObject* module) { return module_add_type(module, iterator_def); }

}  // namespace

extern const ModuleDef tokenize_module{.name = "_tokenize", .exec = exec};

}  // namespace adder
