// Builds the symbol table: a walk over the tree collects what each block does with its names, then each name is resolved.
#include "compile/scope.h"
#include <cstdarg>
#include "object/object.h"
#include "object/str.h"
#include "syntax/parse.h"

namespace adder::compile {

using namespace syntax;

Symbol* SymbolTable::find(Value name) {
  if (index_.empty()) {
    for (Symbol& s : items_) {
      if (s.name == name) return &s;
    }
    return nullptr;
  }
  size_t mask = index_.size() - 1;
  for (size_t i = hash(name) & mask;; i = (i + 1) & mask) {
    if (index_[i] < 0) return nullptr;
    if (items_[static_cast<size_t>(index_[i])].name == name) return &items_[static_cast<size_t>(index_[i])];
  }
}

Symbol& SymbolTable::add(Value name) {
  items_.emplace_back();
  items_.back().name = name;
  size_t n = items_.size();
  if (n > 8) {
    auto place = [&](size_t item) {
      size_t mask = index_.size() - 1, i = hash(items_[item].name) & mask;
      while (index_[i] >= 0) i = (i + 1) & mask;
      index_[i] = static_cast<int32_t>(item);
    };
    if (n * 2 > index_.size()) {
      index_.assign(index_.empty() ? 32 : index_.size() * 2, -1);
      for (size_t i = 0; i < n; i++) place(i);
    } else {
      place(n - 1);
    }
  }
  return items_.back();
}

Value SymbolTables::keep(Ref name) {
  kept_.push_back(intern(std::move(name)));
  return kept_.back();
}

Value SymbolTables::mangle(Value class_name, Value name) {
  if (!class_name || str_length(name) < 3 || str_char(name, 0) != '_' || str_char(name, 1) != '_') return name;
  Py_ssize_t n = str_length(name);
  if (str_char(name, n - 1) == '_' && str_char(name, n - 2) == '_') return name;
  for (Py_ssize_t i = 0; i < n; i++) {
    if (str_char(name, i) == '.') return name;
  }
  Py_ssize_t skip = 0, length = str_length(class_name);
  while (skip < length && str_char(class_name, skip) == '_') skip++;
  if (skip == length) return name;
  StrBuilder b;
  b.add_char('_');
  b.add(class_name, skip, length);
  b.add(name);
  return keep(b.finish());
}

Failure syntax_error(Value filename, const Place& place, const char* format, ...) {
  va_list args;
  va_start(args, format);
  Ref message = str_format_v(format, args);
  va_end(args);
  if (!message) return {};
  raise_syntax_error(PyExc_SyntaxError, filename, {}, place.line, place.column, place.end_line, place.end_column, message);
  return {};
}

Failure raise_too_deep() { return raise(PyExc_RecursionError, "maximum recursion depth exceeded during compilation"); }

Block* SymbolTables::block_of(Node* node) {
  size_t mask = by_node_.size() - 1;
  for (size_t i = (reinterpret_cast<uintptr_t>(node) >> 3) * 0x9E3779B1u & mask;; i = (i + 1) & mask) {
    if (by_node_[i].first == node) return by_node_[i].second;
    if (!by_node_[i].first) return nullptr;
  }
}

class ScopeBuilder {
 public:
  ScopeBuilder(SymbolTables& tables, Value filename, bool future_annotations)
      : tables_(tables), filename_(filename), future_annotations_(future_annotations) {}

  bool module(Mod* tree) {
    enter(BlockType::kModule, Value{"top"_id}, tree, 0);
    top_ = cur_;
    switch (tree->kind) {
      case NodeKind::Module: return body(cast<Module>(tree)->body);
      case NodeKind::Interactive: return body(cast<Interactive>(tree)->body);
      case NodeKind::Expression: return expr(cast<Expression>(tree)->body);
      default: return raise(PyExc_RuntimeError, "this compiler does not handle FunctionTypes");
    }
  }
  bool resolve_all() {
    for (size_t i = 0; i < tables_.blocks_.size(); i++) {
      Block* b = tables_.blocks_[i].get();
      if (b->type == BlockType::kAnnotation || in_annotation(b)) continue;
      if (!resolve(b)) return false;
    }
    return true;
  }
  void index_nodes() {
    size_t size = 16;
    while (size < tables_.blocks_.size() * 2) size *= 2;
    tables_.by_node_.assign(size, {nullptr, nullptr});
    for (auto& b : tables_.blocks_) {
      if (b->type == BlockType::kAnnotation) continue;
      size_t i = (reinterpret_cast<uintptr_t>(b->node) >> 3) * 0x9E3779B1u & (size - 1);
      while (tables_.by_node_[i].first) i = (i + 1) & (size - 1);
      tables_.by_node_[i] = {b->node, b.get()};
    }
  }

 private:
  static bool in_annotation(Block* b) {
    for (; b; b = b->parent) {
      if (b->type == BlockType::kAnnotation) return true;
    }
    return false;
  }
  Failure error(const Place& p, const char* text) { return syntax_error(filename_, p, "%s", text); }
  Failure error(const Place& p, const char* text, Value name) { return syntax_error(filename_, p, text, name); }

  void enter(BlockType type, Value name, Node* node, int lineno) {
    auto made = std::make_unique<Block>();
    Block* b = made.get();
    tables_.blocks_.push_back(std::move(made));
    b->type = type;
    b->name = name;
    b->node = node;
    b->parent = cur_;
    b->lineno = lineno;
    if (cur_) {
      b->nested = cur_->nested || cur_->is_function();
      // Also a nested comprehension or lambda in a comprehension's iterable may not assign.
      b->comp_iter_expr = cur_->comp_iter_expr;
      if (type != BlockType::kAnnotation) cur_->children.push_back(b);
    }
    cur_ = b;
  }
  void leave() { cur_ = cur_->parent; }

  bool define(Block* block, Value name, uint32_t flag, const Place& place) {
    Value mangled = tables_.mangle(private_, name);
    if (!mangled) return false;
    return define_mangled(block, mangled, flag, place);
  }
  bool define_mangled(Block* block, Value mangled, uint32_t flag, const Place& place) {
    Symbol& s = block->symbols.get(mangled);
    if ((flag & kDefParam) && (s.flags & kDefParam)) return error(place, "duplicate argument '%U' in function definition", mangled);
    uint32_t flags = s.flags | flag;
    if (block->comp_iter_target) {
      if (flags & (kDefGlobal | kDefNonlocal)) return error(place, "comprehension inner loop cannot rebind assignment expression target '%U'", mangled);
      flags |= kDefCompIter;
    }
    s.flags = flags;
    if ((flag & kDefBound) && !(flag & kDefAnnotation)) s.stored = true;
    if (flag & kDefParam) block->parameters.push_back(mangled);
    if ((flag & kDefGlobal) && block != top_) top_->symbols.get(mangled).flags |= kDefGlobal;
    return true;
  }
  bool define(Value name, uint32_t flag, const Place& place) { return define(cur_, name, flag, place); }
  uint32_t flags_of(Value name) {
    Symbol* s = cur_->symbols.find(tables_.mangle(private_, name));
    return s ? s->flags : 0;
  }

  // --- Statements ---------------------------------------------------------------------------------------------------
  bool body(Seq<Stmt*> list) {
    for (Stmt* s : list) {
      if (!stmt(s)) return false;
    }
    return true;
  }
  bool exprs(Seq<Expr*> list) {
    for (Expr* e : list) {
      if (e && !expr(e)) return false;
    }
    return true;
  }

  bool stmt(Stmt* s) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = stmt_inner(s);
    depth_--;
    return ok;
  }
  bool stmt_inner(Stmt* s) {
    switch (s->kind) {
      case NodeKind::FunctionDef: return function(cast<FunctionDef>(s), false);
      case NodeKind::AsyncFunctionDef: return function(cast<AsyncFunctionDef>(s), true);
      case NodeKind::ClassDef: return class_def(cast<ClassDef>(s));
      case NodeKind::Return: {
        auto* n = cast<Return>(s);
        if (n->value) {
          if (!expr(n->value)) return false;
          cur_->returns_value = true;
        }
        return true;
      }
      case NodeKind::Delete: return exprs(cast<Delete>(s)->targets);
      case NodeKind::Assign: return exprs(cast<Assign>(s)->targets) && expr(cast<Assign>(s)->value);
      case NodeKind::AugAssign: return expr(cast<AugAssign>(s)->target) && expr(cast<AugAssign>(s)->value);
      case NodeKind::AnnAssign: return ann_assign(cast<AnnAssign>(s));
      case NodeKind::For: {
        auto* n = cast<For>(s);
        return expr(n->target) && expr(n->iter) && body(n->body) && body(n->orelse);
      }
      case NodeKind::AsyncFor: {
        auto* n = cast<AsyncFor>(s);
        cur_->coroutine = true;
        return expr(n->target) && expr(n->iter) && body(n->body) && body(n->orelse);
      }
      case NodeKind::While: return expr(cast<While>(s)->test) && body(cast<While>(s)->body) && body(cast<While>(s)->orelse);
      case NodeKind::If: return expr(cast<If>(s)->test) && body(cast<If>(s)->body) && body(cast<If>(s)->orelse);
      case NodeKind::With: return with_items(cast<With>(s)->items) && body(cast<With>(s)->body);
      case NodeKind::AsyncWith:
        cur_->coroutine = true;
        return with_items(cast<AsyncWith>(s)->items) && body(cast<AsyncWith>(s)->body);
      case NodeKind::Match: {
        auto* n = cast<Match>(s);
        if (!expr(n->subject)) return false;
        for (MatchCase* c : n->cases) {
          if (!pattern(c->pattern) || (c->guard && !expr(c->guard)) || !body(c->body)) return false;
        }
        return true;
      }
      case NodeKind::Raise: {
        auto* n = cast<Raise>(s);
        return (!n->exc || expr(n->exc)) && (!n->cause || expr(n->cause));
      }
      case NodeKind::Try: {
        auto* n = cast<Try>(s);
        return body(n->body) && body(n->orelse) && handlers(n->handlers) && body(n->finalbody);
      }
      case NodeKind::TryStar: {
        auto* n = cast<TryStar>(s);
        return body(n->body) && body(n->orelse) && handlers(n->handlers) && body(n->finalbody);
      }
      case NodeKind::Assert: return expr(cast<Assert>(s)->test) && (!cast<Assert>(s)->msg || expr(cast<Assert>(s)->msg));
      case NodeKind::Import: return aliases(cast<Import>(s)->names, s);
      case NodeKind::ImportFrom: return aliases(cast<ImportFrom>(s)->names, s);
      case NodeKind::Global: return declare(cast<Global>(s)->names, s, kDefGlobal);
      case NodeKind::Nonlocal: return declare(cast<Nonlocal>(s)->names, s, kDefNonlocal);
      case NodeKind::ExprStmt: return expr(cast<ExprStmt>(s)->value);
      default: return true;
    }
  }

  template <class F>
  bool function(F* n, bool is_async) {
    if (!define(n->name, kDefLocal, n) || !defaults(n->args) || !annotations(n->args, n->returns) || !exprs(n->decorator_list)) return false;
    enter(BlockType::kFunction, n->name, n, n->lineno);
    if (is_async) cur_->coroutine = true;
    if (!parameters(n->args) || !body(n->body)) return false;
    leave();
    return true;
  }
  bool class_def(ClassDef* n) {
    if (!define(n->name, kDefLocal, n) || !exprs(n->bases) || !keywords(n->keywords) || !exprs(n->decorator_list)) return false;
    enter(BlockType::kClass, n->name, n, n->lineno);
    Value outer = private_;
    private_ = n->name;
    bool ok = body(n->body);
    private_ = outer;
    leave();
    return ok;
  }
  bool keywords(Seq<Keyword*> list) {
    for (Keyword* k : list) {
      if (!expr(k->value)) return false;
    }
    return true;
  }
  bool defaults(Arguments* a) { return exprs(a->defaults) && exprs(a->kw_defaults); }
  bool parameters(Arguments* a) {
    auto list = [&](Seq<Arg*> args) {
      for (Arg* p : args) {
        if (!define(p->arg, kDefParam, p)) return false;
      }
      return true;
    };
    if (!list(a->posonlyargs) || !list(a->args) || !list(a->kwonlyargs)) return false;
    if (a->vararg) {
      if (!define(a->vararg->arg, kDefParam, a->vararg)) return false;
      cur_->varargs = true;
    }
    if (a->kwarg) {
      if (!define(a->kwarg->arg, kDefParam, a->kwarg)) return false;
      cur_->varkeywords = true;
    }
    return true;
  }
  // With `from __future__ import annotations` their names do not count, but what they may not contain is still refused.
  bool annotation(Expr* e) {
    if (!future_annotations_) return expr(e);
    enter(BlockType::kAnnotation, Value{"_annotation"_id}, e, e->lineno);
    bool ok = expr(e);
    leave();
    return ok;
  }
  bool annotations(Arguments* a, Expr* returns) {
    auto list = [&](Seq<Arg*> args) {
      for (Arg* p : args) {
        if (p->annotation && !annotation(p->annotation)) return false;
      }
      return true;
    };
    if (!list(a->posonlyargs) || !list(a->args)) return false;
    if (a->vararg && a->vararg->annotation && !annotation(a->vararg->annotation)) return false;
    if (a->kwarg && a->kwarg->annotation && !annotation(a->kwarg->annotation)) return false;
    if (!list(a->kwonlyargs)) return false;
    return !returns || annotation(returns);
  }
  bool ann_assign(AnnAssign* n) {
    if (auto* name = cast_if<Name>(n->target)) {
      uint32_t flags = flags_of(name->id);
      if ((flags & (kDefGlobal | kDefNonlocal)) && cur_ != top_ && n->simple)
        return error(n, flags & kDefGlobal ? "annotated name '%U' can't be global" : "annotated name '%U' can't be nonlocal", name->id);
      if (n->simple) {
        if (!define(name->id, kDefAnnotation | kDefLocal, name)) return false;
        if (n->value) cur_->symbols.find(tables_.mangle(private_, name->id))->stored = true;
      } else if (n->value && !define(name->id, kDefLocal, name)) {
        return false;
      }
    } else if (!expr(n->target)) {
      return false;
    }
    return annotation(n->annotation) && (!n->value || expr(n->value));
  }
  bool with_items(Seq<WithItem*> items) {
    for (WithItem* i : items) {
      if (!expr(i->context_expr) || (i->optional_vars && !expr(i->optional_vars))) return false;
    }
    return true;
  }
  bool handlers(Seq<Handler*> list) {
    for (Handler* h : list) {
      auto* n = cast<ExceptHandler>(h);
      if (n->type && !expr(n->type)) return false;
      if (n->name) {
        if (!define(n->name, kDefLocal, n)) return false;
        cur_->symbols.find(tables_.mangle(private_, n->name))->deleted = true;
      }
      if (!body(n->body)) return false;
    }
    return true;
  }
  bool aliases(Seq<Alias*> list, Stmt*) {
    for (Alias* a : list) {
      Value name = a->asname ? a->asname : a->name;
      if (str_equals(name, "*")) {
        if (cur_->type != BlockType::kModule) return error(a, "import * only allowed at module level");
        continue;
      }
      if (!a->asname) {
        Py_ssize_t dot = 0, n = str_length(name);
        while (dot < n && str_char(name, dot) != '.') dot++;
        if (dot < n) {
          name = tables_.keep(str_substring(name, 0, dot));
          if (!name) return false;
        }
      }
      if (!define(name, kDefImport, a)) return false;
    }
    return true;
  }
  bool declare(Seq<Value> names, Stmt* s, uint32_t flag) {
    bool global = flag == kDefGlobal;
    for (Value name : names) {
      uint32_t old = flags_of(name);
      if (old & (kDefParam | kDefLocal | kUse | kDefAnnotation)) {
        const char* text;
        if (old & kDefParam) text = global ? "name '%U' is parameter and global" : "name '%U' is parameter and nonlocal";
        else if (old & kUse) text = global ? "name '%U' is used prior to global declaration" : "name '%U' is used prior to nonlocal declaration";
        else if (old & kDefAnnotation) text = global ? "annotated name '%U' can't be global" : "annotated name '%U' can't be nonlocal";
        else text = global ? "name '%U' is assigned to before global declaration" : "name '%U' is assigned to before nonlocal declaration";
        return error(s, text, name);
      }
      if (!define(name, flag, s)) return false;
      cur_->directives.push_back({tables_.mangle(private_, name), s});
    }
    return true;
  }

  // --- Expressions ----------------------------------------------------------------------------------------------------
  bool expr(Expr* e) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = expr_inner(e);
    depth_--;
    return ok;
  }
  bool not_in_annotation(Expr* e, const char* what) {
    if (cur_->type == BlockType::kAnnotation) return syntax_error(filename_, e, "%s cannot be used within an annotation", what);
    return true;
  }
  bool expr_inner(Expr* e) {
    switch (e->kind) {
      case NodeKind::NamedExpr: {
        auto* n = cast<NamedExpr>(e);
        if (!not_in_annotation(e, "named expression")) return false;
        if (cur_->comp_iter_expr > 0) return error(e, "assignment expression cannot be used in a comprehension iterable expression");
        if (cur_->comprehension != ComprehensionKind::kNone) {
          if (!extend_walrus(cast<Name>(n->target))) return false;
        } else {
          cur_->has_walrus = true;
        }
        return expr(n->value) && expr(n->target);
      }
      case NodeKind::BoolOp: return exprs(cast<BoolOp>(e)->values);
      case NodeKind::BinOp: return expr(cast<BinOp>(e)->left) && expr(cast<BinOp>(e)->right);
      case NodeKind::UnaryOp: return expr(cast<UnaryOp>(e)->operand);
      case NodeKind::Lambda: {
        auto* n = cast<Lambda>(e);
        if (!defaults(n->args)) return false;
        enter(BlockType::kFunction, Value{"lambda"_id}, e, e->lineno);
        if (!parameters(n->args) || !expr(n->body)) return false;
        leave();
        return true;
      }
      case NodeKind::IfExp: return expr(cast<IfExp>(e)->test) && expr(cast<IfExp>(e)->body) && expr(cast<IfExp>(e)->orelse);
      case NodeKind::Dict: return exprs(cast<Dict>(e)->keys) && exprs(cast<Dict>(e)->values);
      case NodeKind::Set: return exprs(cast<Set>(e)->elts);
      case NodeKind::ListComp: return comprehension(e, cast<ListComp>(e)->generators, cast<ListComp>(e)->elt, nullptr, ComprehensionKind::kList, "listcomp"_id);
      case NodeKind::SetComp: return comprehension(e, cast<SetComp>(e)->generators, cast<SetComp>(e)->elt, nullptr, ComprehensionKind::kSet, "setcomp"_id);
      case NodeKind::DictComp: return comprehension(e, cast<DictComp>(e)->generators, cast<DictComp>(e)->key, cast<DictComp>(e)->value, ComprehensionKind::kDict, "dictcomp"_id);
      case NodeKind::GeneratorExp: return comprehension(e, cast<GeneratorExp>(e)->generators, cast<GeneratorExp>(e)->elt, nullptr, ComprehensionKind::kGenerator, "genexpr"_id);
      case NodeKind::Yield:
        if (!not_in_annotation(e, "yield expression") || (cast<Yield>(e)->value && !expr(cast<Yield>(e)->value))) return false;
        return yielded(e);
      case NodeKind::YieldFrom:
        if (!not_in_annotation(e, "yield expression") || !expr(cast<YieldFrom>(e)->value)) return false;
        return yielded(e);
      case NodeKind::Await:
        if (!not_in_annotation(e, "await expression") || !expr(cast<Await>(e)->value)) return false;
        cur_->coroutine = true;
        return true;
      case NodeKind::Compare: return expr(cast<Compare>(e)->left) && exprs(cast<Compare>(e)->comparators);
      case NodeKind::Call: return expr(cast<Call>(e)->func) && exprs(cast<Call>(e)->args) && keywords(cast<Call>(e)->keywords);
      case NodeKind::FormattedValue: {
        auto* n = cast<FormattedValue>(e);
        return expr(n->value) && (!n->format_spec || expr(n->format_spec));
      }
      case NodeKind::JoinedStr: return exprs(cast<JoinedStr>(e)->values);
      case NodeKind::Attribute: return expr(cast<Attribute>(e)->value);
      case NodeKind::Subscript: return expr(cast<Subscript>(e)->value) && expr(cast<Subscript>(e)->slice);
      case NodeKind::Starred: return expr(cast<Starred>(e)->value);
      case NodeKind::Slice: {
        auto* n = cast<Slice>(e);
        return (!n->lower || expr(n->lower)) && (!n->upper || expr(n->upper)) && (!n->step || expr(n->step));
      }
      case NodeKind::Name: {
        auto* n = cast<Name>(e);
        if (!define(n->id, n->ctx == ExprContext::Load ? kUse : kDefLocal, e)) return false;
        if (n->ctx == ExprContext::Del) cur_->symbols.find(tables_.mangle(private_, n->id))->deleted = true;
        // super() without arguments reads __class__.
        if (n->ctx == ExprContext::Load && cur_->is_function() && n->id == Value{"super"_id}) return define(Value{"__class__"_id}, kUse, e);
        return true;
      }
      case NodeKind::List: return exprs(cast<List>(e)->elts);
      case NodeKind::Tuple: return exprs(cast<Tuple>(e)->elts);
      default: return true;
    }
  }
  bool yielded(Expr* e) {
    cur_->generator = true;
    switch (cur_->comprehension) {
      case ComprehensionKind::kNone: return true;
      case ComprehensionKind::kList: return error(e, "'yield' inside list comprehension");
      case ComprehensionKind::kSet: return error(e, "'yield' inside set comprehension");
      case ComprehensionKind::kDict: return error(e, "'yield' inside dict comprehension");
      case ComprehensionKind::kGenerator: return error(e, "'yield' inside generator expression");
    }
    return true;
  }
  bool comprehension(Expr* e, Seq<Comprehension*> generators, Expr* element, Expr* value, ComprehensionKind kind, PyObject* name) {
    Comprehension* first = generators[0];
    cur_->comp_iter_expr++;
    if (!expr(first->iter)) return false;
    cur_->comp_iter_expr--;
    enter(BlockType::kFunction, Value{name}, e, e->lineno);
    cur_->comprehension = kind;
    if (first->is_async) cur_->coroutine = true;
    if (!define(Value{".0"_id}, kDefParam, e)) return false;
    cur_->comp_iter_target = true;
    if (!expr(first->target)) return false;
    cur_->comp_iter_target = false;
    if (!exprs(first->ifs)) return false;
    for (size_t i = 1; i < generators.size(); i++) {
      Comprehension* g = generators[i];
      cur_->comp_iter_target = true;
      if (!expr(g->target)) return false;
      cur_->comp_iter_target = false;
      cur_->comp_iter_expr++;
      if (!expr(g->iter)) return false;
      cur_->comp_iter_expr--;
      if (!exprs(g->ifs)) return false;
      if (g->is_async) cur_->coroutine = true;
    }
    if (value && !expr(value)) return false;
    if (!expr(element)) return false;
    cur_->generator = kind == ComprehensionKind::kGenerator;
    bool is_async = cur_->coroutine;
    leave();
    // At the top level (where await may be allowed) an asynchronous generator expression makes a coroutine as well.
    if (is_async && (kind != ComprehensionKind::kGenerator || cur_ == top_)) cur_->coroutine = true;
    return true;
  }
  // A walrus in a comprehension binds in the function or module around it.
  bool extend_walrus(Name* target) {
    Value name = tables_.mangle(private_, target->id);
    if (!name) return false;
    for (Block* b = cur_; b; b = b->parent) {
      if (b->comprehension != ComprehensionKind::kNone) {
        Symbol* s = b->symbols.find(name);
        if (s && (s->flags & kDefCompIter))
          return error(target, "assignment expression cannot rebind comprehension iteration variable '%U'", target->id);
        continue;
      }
      if (b->type == BlockType::kFunction) {
        Symbol* s = b->symbols.find(name);
        if (!define(target->id, s && (s->flags & kDefGlobal) ? kDefGlobal : kDefNonlocal, target)) return false;
        cur_->directives.push_back({name, target});
        return define(b, target->id, kDefLocal, target);
      }
      if (b->type == BlockType::kModule) {
        if (!define(target->id, kDefGlobal, target)) return false;
        cur_->directives.push_back({name, target});
        return define(b, target->id, kDefGlobal, target);
      }
      if (b->type == BlockType::kClass) return error(target, "assignment expression within a comprehension cannot be used in a class body");
      if (b->type == BlockType::kAnnotation) return error(target, "named expression cannot be used within an annotation");
    }
    return true;
  }

  bool pattern(Pattern* p) {
    if (++depth_ > kMaxTreeDepth) return raise_too_deep();
    bool ok = pattern_inner(p);
    depth_--;
    return ok;
  }
  bool patterns(Seq<Pattern*> list) {
    for (Pattern* p : list) {
      if (!pattern(p)) return false;
    }
    return true;
  }
  bool pattern_inner(Pattern* p) {
    switch (p->kind) {
      case NodeKind::MatchValue: return expr(cast<MatchValue>(p)->value);
      case NodeKind::MatchSequence: return patterns(cast<MatchSequence>(p)->patterns);
      case NodeKind::MatchStar: return !cast<MatchStar>(p)->name || define(cast<MatchStar>(p)->name, kDefLocal, p);
      case NodeKind::MatchMapping: {
        auto* n = cast<MatchMapping>(p);
        return exprs(n->keys) && patterns(n->patterns) && (!n->rest || define(n->rest, kDefLocal, p));
      }
      case NodeKind::MatchClass: {
        auto* n = cast<MatchClass>(p);
        return expr(n->cls) && patterns(n->patterns) && patterns(n->kwd_patterns);
      }
      case NodeKind::MatchAs: {
        auto* n = cast<MatchAs>(p);
        return (!n->pattern || pattern(n->pattern)) && (!n->name || define(n->name, kDefLocal, p));
      }
      case NodeKind::MatchOr: return patterns(cast<MatchOr>(p)->patterns);
      default: return true;
    }
  }

  // --- Resolution: blocks come parents first ------------------------------------------------------------------------------
  bool directive_error(Block* b, Value name, const char* text) {
    for (Directive& d : b->directives) {
      if (d.name == name) return error(d.place, text, name);
    }
    return syntax_error(filename_, Place{b->lineno, 0, 0, 0}, text, name);
  }
  bool resolve(Block* b) {
    for (size_t i = 0; i < b->symbols.all().size(); i++) {
      Symbol& s = b->symbols.all()[i];
      if (s.scope != NameScope::kUnknown) continue;  // came from a block within
      if (s.flags & kDefGlobal) {
        if (s.flags & kDefNonlocal) return directive_error(b, s.name, "name '%U' is nonlocal and global");
        s.scope = NameScope::kGlobalExplicit;
      } else if (s.flags & kDefNonlocal) {
        if (b->type == BlockType::kModule) return directive_error(b, s.name, "nonlocal declaration not allowed at module level");
        if (!find_owner(b, s.name)) return directive_error(b, s.name, "no binding for nonlocal '%U' found");
        s.scope = NameScope::kFree;
        b->has_free = true;
      } else if (s.flags & kDefBound) {
        s.scope = NameScope::kLocal;
      } else if (find_owner(b, s.name)) {
        s.scope = NameScope::kFree;
        b->has_free = true;
      } else {
        s.scope = NameScope::kGlobalImplicit;
      }
    }
    return true;
  }
  // The function around b that binds the name: makes it a cell there and passes it through the blocks between.
  bool find_owner(Block* b, Value name) {
    bool is_class_cell = name == Value{"__class__"_id};
    Block* owner = nullptr;
    for (Block* p = b->parent; p && !owner; p = p->parent) {
      if (p->type == BlockType::kClass) {
        if (is_class_cell) {
          p->needs_class_closure = true;
          owner = p;
        }
      } else if (p->is_function()) {
        Symbol* s = p->symbols.find(name);
        if (!s) continue;
        if (s->flags & kDefGlobal) return false;
        if (s->flags & kDefNonlocal) continue;
        if (s->flags & kDefBound) {
          s->scope = NameScope::kCell;
          owner = p;
        }
      }
    }
    if (!owner) return false;
    for (Block* p = b->parent; p != owner; p = p->parent) {
      Symbol* s = p->symbols.find(name);
      p->has_free = true;
      if (!s) {
        Symbol& made = p->symbols.add(name);
        made.flags = kDefFree;
        made.scope = NameScope::kFree;
      } else if (p->type == BlockType::kClass && (s->flags & (kDefBound | kDefGlobal))) {
        s->flags |= kDefFreeClass;
      }
    }
    return true;
  }

  SymbolTables& tables_;
  Value filename_;
  bool future_annotations_;
  Block* cur_ = nullptr;
  Block* top_ = nullptr;
  Value private_;
  int depth_ = 0;
};

bool SymbolTables::build(Mod* tree, Value filename, bool future_annotations) {
  ScopeBuilder builder(*this, filename, future_annotations);
  if (!builder.module(tree) || !builder.resolve_all()) return false;
  builder.index_nodes();
  return true;
}

}  // namespace adder::compile
