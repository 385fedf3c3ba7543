// Entry points: source text or tree to code object.
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/hooks.h"
#include "object/str.h"
#include "syntax/parse.h"

namespace adder {

namespace compile {

namespace {

struct Feature { const char* name; int flag; };
constexpr Feature kFeatures[] = {
  {"nested_scopes", 0}, {"generators", 0}, {"division", 0}, {"absolute_import", 0}, {"with_statement", 0}, {"print_function", 0},
  {"unicode_literals", 0}, {"barry_as_FLUFL", CO_FUTURE_BARRY_AS_BDFL}, {"generator_stop", 0}, {"annotations", CO_FUTURE_ANNOTATIONS},
};

}  // namespace

// The error of a future import as CPython gives it: with its attributes set, but the message as the only argument.
static bool future_error(Value filename, int lineno, int offset, Ref message) {
  if (!message) return false;
  raise_value(PyExc_SyntaxError, tuple_of({message}));
  Ref e = take_error();
  Ref line = none_ref();
  std::string path;
  if (is_str(filename) && str_encode_fs(filename, &path)) line = line_of_file(path.c_str(), lineno);
  else clear_error();
  if (!line || !setattr(e, "filename"_id, filename) || !setattr(e, "lineno"_id, Value::from_int(lineno)) || !setattr(e, "offset"_id, Value::from_int(offset)) ||
      !setattr(e, "end_lineno"_id, Value::from_int(lineno)) || !setattr(e, "end_offset"_id, none()) || !setattr(e, "text"_id, line))
    return false;
  restore_error(std::move(e));
  return false;
}

bool future_features(Mod* tree, Value filename, int* flags) {
  Seq<Stmt*> body{};
  if (auto* m = cast_if<Module>(tree)) body = m->body;
  else if (auto* i = cast_if<Interactive>(tree)) body = i->body;
  bool done = false;
  int done_line = 0;
  for (uint32_t i = 0; i < body.size(); i++) {
    Stmt* s = body[i];
    // Once another statement has come no future import may follow on a later line.
    if (done && s->lineno > done_line) {
      for (; i < body.size(); i++) {
        auto* late = cast_if<ImportFrom>(body[i]);
        if (late && late->level == 0 && late->module && str_equals(late->module, "__future__"))
          return syntax_error(filename, late, "from __future__ imports must occur at the beginning of the file");
      }
      return true;
    }
    auto* n = cast_if<ImportFrom>(s);
    if (n && n->level == 0 && n->module && str_equals(n->module, "__future__")) {
      if (done) return future_error(filename, n->lineno, n->col_offset, str_from_ascii("from __future__ imports must occur at the beginning of the file"));
      for (Alias* a : n->names) {
        bool known = false;
        for (const Feature& f : kFeatures) {
          if (str_equals(a->name, f.name)) {
            *flags |= f.flag;
            known = true;
          }
        }
        if (known) continue;
        if (str_equals(a->name, "braces")) return future_error(filename, n->lineno, n->col_offset + 1, str_from_ascii("not a chance"));
        return future_error(filename, n->lineno, n->col_offset + 1, str_format("future feature %U is not defined", a->name));
      }
      continue;
    }
    bool doc = i == 0 && docstring_of(body);
    if (!doc) {
      done = true;
      done_line = s->lineno;
    }
  }
  return true;
}

namespace {

int default_optimization() {
  if (!hooks.sys_get) return 0;
  Ref flags = hooks.sys_get("flags"_id);
  if (!flags) return 0;
  Ref level = getattr(flags, "optimize"_id);
  if (!level) {
    clear_error();
    return 0;
  }
  return level.get().is_int() ? static_cast<int>(level.get().as_int()) : 0;
}

Ref compile(Mod* tree, Arena& arena, Value filename, const CompileOptions& options) {
  Settings settings;
  settings.filename = filename;
  settings.flags = options.flags;
  settings.optimize = options.optimize < 0 ? default_optimization() : options.optimize;
  settings.interactive = tree->kind == NodeKind::Interactive;
  if (!future_features(tree, filename, &settings.flags)) return {};
  if (!fold_constants(tree, arena, settings.optimize, settings.flags)) return {};
  SymbolTables tables;
  if (!tables.build(tree, filename, (settings.flags & CO_FUTURE_ANNOTATIONS) != 0)) return {};
  Codegen generator(tables, settings);
  return generator.module(tree);
}

}  // namespace

}  // namespace compile

Ref compile_tree(syntax::Mod* tree, Value filename, const CompileOptions& options) {
  syntax::Arena arena;  // of the constants that folding makes
  return compile::compile(tree, arena, filename, options);
}

Ref compile_source(std::string_view source, Value filename, const char* mode, const CompileOptions& options) {
  syntax::Arena arena;
  syntax::ParseOptions parse;
  parse.mode = mode[0] == 'e' && mode[1] == 'v' ? syntax::ParseMode::kEval : mode[0] == 's' ? syntax::ParseMode::kSingle : syntax::ParseMode::kExec;
  if (options.feature_version >= 0) parse.feature_version = options.feature_version;
  parse.source_is_utf8 = (options.flags & PyCF_IGNORE_COOKIE) != 0;
  parse.type_comments = (options.flags & PyCF_TYPE_COMMENTS) != 0;
  parse.allow_incomplete_input = (options.flags & PyCF_ALLOW_INCOMPLETE_INPUT) != 0;
  parse.dont_imply_dedent = (options.flags & PyCF_DONT_IMPLY_DEDENT) != 0;
  parse.barry_as_bdfl = (options.flags & CO_FUTURE_BARRY_AS_BDFL) != 0;
  parse.top_level_await = (options.flags & PyCF_ALLOW_TOP_LEVEL_AWAIT) != 0;
  syntax::Mod* tree = syntax::parse_source(arena, source, filename, parse);
  if (!tree) return {};
  return compile::compile(tree, arena, filename, options);
}

}  // namespace adder
