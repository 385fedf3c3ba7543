// compile(): source or tree to code object or tree.
#include "compile/code.h"
#include "object/bytes.h"
#include "object/hooks.h"
#include "object/object.h"
#include "object/str.h"
#include "syntax/arena.h"
#include "syntax/parse.h"
#include "syntax/tree.h"

namespace adder {

Ref compile_request(const CompileRequest& q, const CompileOptions& options);
// modules/_ast.cpp
Ref ast_to_object(syntax::Mod* tree) __attribute__((weak));
syntax::Mod* ast_from_object(syntax::Arena& arena, Value object, const char* mode) __attribute__((weak));
int is_ast_node(Value v) __attribute__((weak));

static syntax::Mod* parse(syntax::Arena& arena, std::string_view text, const CompileRequest& q, int flags, int feature_version) {
  syntax::ParseOptions p;
  std::string_view mode = q.mode;
  p.mode = mode == "eval" ? syntax::ParseMode::kEval : mode == "single" ? syntax::ParseMode::kSingle : mode == "func_type" ? syntax::ParseMode::kFuncType : syntax::ParseMode::kExec;
  if (feature_version >= 0) p.feature_version = feature_version;
  p.source_is_utf8 = flags & PyCF_IGNORE_COOKIE;
  p.type_comments = flags & PyCF_TYPE_COMMENTS;
  p.allow_incomplete_input = flags & PyCF_ALLOW_INCOMPLETE_INPUT;
  p.dont_imply_dedent = flags & PyCF_DONT_IMPLY_DEDENT;
  p.barry_as_bdfl = flags & CO_FUTURE_BARRY_AS_BDFL;
  p.top_level_await = flags & PyCF_ALLOW_TOP_LEVEL_AWAIT;
  return syntax::parse_source(arena, text, q.filename, p);
}

Ref compile_request(const CompileRequest& q, const CompileOptions& options) {
  int node = is_ast_node ? is_ast_node(q.source) : 0;
  if (node < 0) return Ref{};
  if (node) {
    if (options.flags & PyCF_ONLY_AST) return Ref::copy(q.source);
    syntax::Arena arena;
    syntax::Mod* tree = ast_from_object(arena, q.source, q.mode);
    return tree ? compile_tree(tree, q.filename, options) : Ref{};
  }
  CompileOptions o = options;
  if (is_str(q.source)) o.flags |= PyCF_IGNORE_COOKIE;
  std::string_view text;
  BufferView view;
  if (is_str(q.source)) {
    text = str_utf8(q.source);
    if (!text.data()) return Ref{};
  } else if (is_bytes(q.source)) {
    text = bytes_view(q.source);
  } else {
    if (!has_buffer(q.source)) return raise(PyExc_TypeError, "compile() arg 1 must be a string, bytes or AST object");
    if (!view.get(q.source)) return Ref{};
    text = view.text();
  }
  if (text.find('\0') != std::string_view::npos) return raise(PyExc_ValueError, "source code string cannot contain null bytes");
  if (o.flags & PyCF_ONLY_AST) {
    syntax::Arena arena;
    syntax::Mod* tree = parse(arena, text, q, o.flags, o.feature_version);
    return tree ? ast_to_object(tree) : Ref{};
  }
  return compile_source(text, q.filename, q.mode, o);
}

}  // namespace adder
