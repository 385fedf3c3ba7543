// Code objects of their own: modules, functions, lambdas, classes, comprehensions.
#include <algorithm>
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

namespace {

bool has_annotations(Seq<Stmt*> list) {
  for (Stmt* s : list) {
    bool found = false;
    switch (s->kind) {
      case NodeKind::AnnAssign: return true;
      case NodeKind::For: found = has_annotations(cast<For>(s)->body) || has_annotations(cast<For>(s)->orelse); break;
      case NodeKind::AsyncFor: found = has_annotations(cast<AsyncFor>(s)->body) || has_annotations(cast<AsyncFor>(s)->orelse); break;
      case NodeKind::While: found = has_annotations(cast<While>(s)->body) || has_annotations(cast<While>(s)->orelse); break;
      case NodeKind::If: found = has_annotations(cast<If>(s)->body) || has_annotations(cast<If>(s)->orelse); break;
      case NodeKind::With: found = has_annotations(cast<With>(s)->body); break;
      case NodeKind::AsyncWith: found = has_annotations(cast<AsyncWith>(s)->body); break;
      case NodeKind::Match:
        for (MatchCase* c : cast<Match>(s)->cases) found = found || has_annotations(c->body);
        break;
      case NodeKind::Try: {
        auto* n = cast<Try>(s);
        found = has_annotations(n->body) || has_annotations(n->orelse) || has_annotations(n->finalbody);
        for (Handler* h : n->handlers) found = found || has_annotations(cast<ExceptHandler>(h)->body);
        break;
      }
      case NodeKind::TryStar: {
        auto* n = cast<TryStar>(s);
        found = has_annotations(n->body) || has_annotations(n->orelse) || has_annotations(n->finalbody);
        for (Handler* h : n->handlers) found = found || has_annotations(cast<ExceptHandler>(h)->body);
        break;
      }
      default: break;
    }
    if (found) return true;
  }
  return false;
}

Place line_only(int line) { return Place(line, line, -1, -1); }

}  // namespace

// `outer.<locals>.name`, or `Class.name`, or the plain name.
Ref Codegen::qualified_name(Unit* unit, Value name) {
  Unit* parent = unit->parent;
  if (!parent || parent->kind == UnitKind::kModule) return Ref::copy(name);
  if (unit->kind == UnitKind::kFunction || unit->kind == UnitKind::kAsyncFunction || unit->kind == UnitKind::kClass) {
    Symbol* s = parent->block->symbols.find(tables_.mangle(parent->private_name, name));
    if (s && s->scope == NameScope::kGlobalExplicit) return Ref::copy(name);
  }
  bool function = parent->kind == UnitKind::kFunction || parent->kind == UnitKind::kAsyncFunction || parent->kind == UnitKind::kLambda;
  return str_format(function ? "%U.<locals>.%U" : "%U.%U", parent->qualname.get(), name);
}

// Starts a code object: its registers are the parameters, the other locals, cells, free variables, then the temporaries.
bool Codegen::enter_unit(UnitKind kind, Value name, Node* key, int lineno, Unit* unit) {
  unit->parent = u_;
  unit->kind = kind;
  unit->block = tables_.block_of(key);
  if (!unit->block) return raise(PyExc_SystemError, "no symbol table for a code block");
  unit->private_name = kind == UnitKind::kClass ? unit->block->name : u_ ? u_->private_name : Value{};
  unit->name = Ref::copy(name);
  unit->firstlineno = lineno;
  unit->qualname = qualified_name(unit, name);
  if (!unit->qualname) return false;

  auto add = [&](Value local, uint8_t k) {
    unit->localsplus.push_back(local);
    unit->kinds.push_back(static_cast<char>(k));
    return static_cast<int>(unit->localsplus.size()) - 1;
  };
  std::vector<Symbol*> cells, frees;
  SymbolTable& symbols = unit->block->symbols;
  bool function = unit->block->is_function();
  for (Value p : unit->block->parameters) {
    Symbol* s = symbols.find(p);
    s->reg = add(p, s->scope == NameScope::kCell ? kLocalKind | kCellKind : kLocalKind);
  }
  for (Symbol& s : symbols.all()) {
    if (s.flags & kDefParam) continue;
    if (s.scope == NameScope::kLocal && function && (s.stored || (s.flags & kUse))) s.reg = add(s.name, kLocalKind);
    else if (s.scope == NameScope::kCell) cells.push_back(&s);
    if (s.scope == NameScope::kFree || (s.flags & kDefFreeClass)) frees.push_back(&s);
  }
  unit->nlocals = static_cast<int>(unit->localsplus.size());
  auto by_name = [](Symbol* a, Symbol* b) { return str_compare(a->name, b->name) < 0; };
  if (cells.size() > 1) std::sort(cells.begin(), cells.end(), by_name);
  if (frees.size() > 1) std::sort(frees.begin(), frees.end(), by_name);
  if (kind == UnitKind::kClass && unit->block->needs_class_closure) unit->class_cell = add(Value{"__class__"_id}, kCellKind);
  for (Symbol* s : cells) s->reg = add(s->name, kCellKind);
  for (Symbol* s : frees) s->reg = add(s->name, kFreeKind);
  if (unit->localsplus.size() > static_cast<size_t>(kMaxRegisters))
    return error(line_only(lineno), "too many local variables in one code block");
  unit->first_temp = unit->top = unit->max_top = static_cast<int>(unit->localsplus.size());
  u_ = unit;
  unit->current = &u_;
  prologue();
  return true;
}

void Codegen::prologue() {
  int first = u_->firstlineno;
  loc_ = Place(first, first, 0, 0);
  emit(Op::kRESUME);
  loc_ = line_only(first);
  Block* b = u_->block;
  bool suspends = (u_->is_function() && (b->generator || b->coroutine)) || (top_level_await() && b->coroutine);
  if (suspends) emit(Op::kRETURN_GENERATOR);
  loc_ = no_line();
  int total = u_->first_temp, free_count = 0;
  for (int i = 0; i < total; i++) free_count += (u_->kinds[static_cast<size_t>(i)] & kFreeKind) != 0;
  if (free_count) emit(Op::kCOPY_FREE_VARS, total - free_count, free_count);
  for (int i = 0; i < total; i++) {
    if (u_->kinds[static_cast<size_t>(i)] & kCellKind) emit(Op::kMAKE_CELL, i);
  }
  loc_ = line_only(u_->firstlineno);
}

// Ends the current code object: what falls off its end returns None.
Ref Codegen::leave_unit() {
  loc_ = no_place();
  emit32(Op::kRETURN_CONST, 0, u_->reachable ? static_cast<uint32_t>(constant(none())) : 0);
  Ref code = failed_ ? Ref{} : assemble();
  u_->leave();
  return code;
}

Ref Codegen::module(Mod* tree) {
  Unit unit;
  if (!enter_unit(UnitKind::kModule, Value{"<module>"_id}, tree, 1, &unit)) return {};
  bool ok = true;
  if (auto* e = cast_if<Expression>(tree)) {
    Opnd v;
    ok = operand(e->body, &v);
    if (ok) {
      LocScope at(*this, e->body);
      emit(Op::kRETURN, in(v));
    }
  } else if (auto* i = cast_if<Interactive>(tree)) {
    if (has_annotations(i->body)) emit(Op::kSETUP_ANNOTATIONS);
    ok = body(i->body);
  } else {
    ok = body_with_doc(cast<Module>(tree)->body);
  }
  return ok ? leave_unit() : Ref{};
}

bool Codegen::body_with_doc(Seq<Stmt*> list) {
  if (list.empty()) return true;
  if (u_->kind == UnitKind::kModule) loc_ = line_only(list[0]->lineno);
  if (has_annotations(list)) emit(Op::kSETUP_ANNOTATIONS);
  Value doc = docstring_of(list);
  if (!doc) return body(list);
  if (settings_.optimize < 2) {
    LocScope at(*this, cast<ExprStmt>(list[0])->value);
    int t = alloc();
    load_const(doc, t);
    if (!store_name(Value{"__doc__"_id}, temp(t))) return false;
    u_->top = t;
  }
  return body(Seq<Stmt*>{list.data + 1, list.count - 1});
}

// --- Functions ----------------------------------------------------------------------------------------------------------------

// Decorators are evaluated each into the callable's place of a window whose only argument is the next one's result.
bool Codegen::decorators_begin(Seq<Expr*> list, std::vector<int>* windows) {
  for (Expr* d : list) {
    int w = alloc();
    if (!expr_to(d, w)) return false;
    windows->push_back(w);
    alloc(kFrameWords);
  }
  return true;
}

void Codegen::decorators_end(Seq<Expr*> list, const std::vector<int>& windows) {
  for (size_t i = windows.size(); i-- > 0;) {
    LocScope at(*this, list[i]);
    emit(Op::kCALL, windows[i], windows[i], 1);
  }
}

// Defaults into R[w] (tuple) and R[w+1] (dict of the keyword-only ones).
bool Codegen::defaults(Arguments* a, int w, int* flags) {
  if (!a->defaults.empty()) {
    if (!sequence(a->defaults, w, 0)) return false;
    *flags |= 1;
  }
  int pairs = 0, mark = u_->top;
  for (uint32_t i = 0; i < a->kwonlyargs.size(); i++) {
    Expr* value = a->kw_defaults[i];
    if (!value) continue;
    int p = alloc(2);
    if (load_const(mangled(a->kwonlyargs[i]->arg), p); !expr_to(value, p + 1)) return false;
    pairs++;
  }
  if (pairs) {
    emit(Op::kBUILD_MAP, w + 1, mark, pairs);
    *flags |= 2;
  }
  u_->top = mark;
  return true;
}

// Annotations into R[w+2]: names and values by turns.
bool Codegen::annotations(Arguments* a, Expr* returns, int w, int* flags) {
  int mark = u_->top, count = 0;
  auto one = [&](Value name, Expr* e) {
    if (!e) return true;
    int p = alloc(2);
    count += 2;
    load_const(name, p);
    int inner = u_->top;
    LocScope at(*this, e);
    bool ok = annotation_value(e, p + 1);
    u_->top = inner;
    return ok;
  };
  auto all = [&](Seq<Arg*> list) {
    for (Arg* p : list) {
      if (!one(mangled(p->arg), p->annotation)) return false;
    }
    return true;
  };
  if (!all(a->args) || !all(a->posonlyargs)) return false;
  if (a->vararg && !one(mangled(a->vararg->arg), a->vararg->annotation)) return false;
  if (!all(a->kwonlyargs)) return false;
  if (a->kwarg && !one(mangled(a->kwarg->arg), a->kwarg->annotation)) return false;
  if (!one(Value{"return"_id}, returns)) return false;
  if (count) {
    emit(Op::kBUILD_TUPLE, w + 2, mark, count);
    *flags |= 4;
  }
  u_->top = mark;
  return true;
}

bool Codegen::make_function(Value code, int w, int flags, int dest) {
  auto* c = code.as<PyCodeObject>();
  if (c->co_nfreevars) {
    int base = alloc(c->co_nfreevars);
    int first = c->co_nlocalsplus - c->co_nfreevars;
    for (int i = 0; i < c->co_nfreevars; i++) {
      Value name = tuple_get(c->co_localsplusnames, first + i);
      int reg = cell_register(name);
      if (reg < 0) return raise(PyExc_SystemError, "no cell for %U in %U", name, u_->qualname.get());
      emit(Op::kMOVE, base + i, reg);
    }
    emit(Op::kBUILD_TUPLE, w + 3, base, c->co_nfreevars);
    flags |= 8;
    u_->top = base;
  }
  emit(Op::kMAKE_FUNCTION, out(dest), w, flags)->data = static_cast<uint64_t>(constant(code));
  return true;
}

bool Codegen::function_def(Stmt* s, Value name, Arguments* args, Seq<Stmt*> body_, Seq<Expr*> decorators, Expr* returns, bool is_async) {
  auto allowed = [&](Seq<Arg*> list) {
    for (Arg* a : list) {
      if (!allowed_name(a->arg, ExprContext::Store, loc_)) return false;
    }
    return true;
  };
  if (!allowed(args->posonlyargs) || !allowed(args->args) || !allowed(args->kwonlyargs) ||
      (args->vararg && !allowed_name(args->vararg->arg, ExprContext::Store, loc_)) ||
      (args->kwarg && !allowed_name(args->kwarg->arg, ExprContext::Store, loc_)) ||
      !allowed_name(name, ExprContext::Store, s))
    return false;
  std::vector<int> windows;
  if (!decorators_begin(decorators, &windows)) return false;
  int local = windows.empty() ? local_register(mangled(name)) : -1;
  int w = alloc(4), flags = 0;
  if (!defaults(args, w, &flags) || !annotations(args, returns, w, &flags)) return false;

  Unit unit;
  Place at = loc_;
  int line = decorators.empty() ? s->lineno : decorators[0]->lineno;
  int depth = depth_;
  if (!enter_unit(is_async ? UnitKind::kAsyncFunction : UnitKind::kFunction, name, s, line, &unit)) return false;
  unit.argcount = static_cast<int>(args->posonlyargs.size() + args->args.size());
  unit.posonlyargcount = static_cast<int>(args->posonlyargs.size());
  unit.kwonlyargcount = static_cast<int>(args->kwonlyargs.size());
  // The docstring, or None, is the first constant.
  Value doc = docstring_of(body_);
  constant(doc && settings_.optimize < 2 ? doc : none());
  if (!body(doc ? Seq<Stmt*>{body_.data + 1, body_.count - 1} : body_)) return false;
  Ref code = leave_unit();
  depth_ = depth;
  loc_ = at;
  if (!code || !make_function(code, w, flags, local >= 0 ? local : w)) return false;
  if (local >= 0) return true;
  decorators_end(decorators, windows);
  return store_name(name, temp(windows.empty() ? w : windows[0]));
}

bool Codegen::lambda(Lambda* n, int dest) {
  Arguments* args = n->args;
  auto allowed = [&](Seq<Arg*> list) {
    for (Arg* a : list) {
      if (!allowed_name(a->arg, ExprContext::Store, loc_)) return false;
    }
    return true;
  };
  if (!allowed(args->posonlyargs) || !allowed(args->args) || !allowed(args->kwonlyargs)) return false;
  int w = alloc(4), flags = 0;
  if (!defaults(args, w, &flags)) return false;
  Unit unit;
  Place at = loc_;
  if (!enter_unit(UnitKind::kLambda, Value{"<lambda>"_id}, n, n->lineno, &unit)) return false;
  unit.argcount = static_cast<int>(args->posonlyargs.size() + args->args.size());
  unit.posonlyargcount = static_cast<int>(args->posonlyargs.size());
  unit.kwonlyargcount = static_cast<int>(args->kwonlyargs.size());
  constant(none());  // a lambda has no docstring
  Opnd v;
  if (!operand(n->body, &v)) return false;
  loc_ = n->body;
  emit(Op::kRETURN, in(v));
  Ref code = leave_unit();
  loc_ = at;
  return code && make_function(code, w, flags, dest);
}

bool Codegen::class_def(ClassDef* n) {
  if (!allowed_name(n->name, ExprContext::Store, n)) return false;
  std::vector<int> windows;
  if (!decorators_begin(n->decorator_list, &windows)) return false;
  Unit unit;
  Place at = loc_;
  int line = n->decorator_list.empty() ? n->lineno : n->decorator_list[0]->lineno;
  if (!enter_unit(UnitKind::kClass, n->name, n, line, &unit)) return false;
  {
    int t = alloc();
    emit(Op::kLOAD_NAME, t, name_index(Value{"__name__"_id}));
    emit(Op::kSTORE_NAME, last(t), name_index(Value{"__module__"_id}));
    load_const(unit.qualname, t);
    emit(Op::kSTORE_NAME, last(t), name_index(Value{"__qualname__"_id}));
    u_->top = t;
  }
  if (!body_with_doc(n->body)) return false;
  loc_ = no_place();
  if (unit.class_cell >= 0) {
    int t = alloc();
    emit(Op::kMOVE, t, unit.class_cell);
    emit(Op::kSTORE_NAME, t, name_index(Value{"__classcell__"_id}));
    emit(Op::kRETURN, last(t));
  }
  Ref code = leave_unit();
  if (!code) return false;
  loc_ = at;

  if (!check_keywords(n->keywords)) return false;
  bool unpacks = false;
  for (Expr* b : n->bases) unpacks = unpacks || b->kind == NodeKind::Starred;
  for (Keyword* k : n->keywords) unpacks = unpacks || !k->arg;
  int w = alloc();
  emit(Op::kLOAD_BUILD_CLASS, w);
  if (!unpacks) alloc(kFrameWords);
  int function = alloc();
  int inner = u_->top;
  int parts = alloc(4);
  if (!make_function(code, parts, 0, function)) return false;
  u_->top = inner;
  int name = alloc();
  load_const(n->name, name);
  if (unpacks ? !call_ex(n->bases, n->keywords, w, 2, w) : !call_rest(n->bases, n->keywords, w, 2, w, false)) return false;
  u_->top = w + 1;
  decorators_end(n->decorator_list, windows);
  return store_name(n->name, temp(windows.empty() ? w : windows[0]));
}

// --- Comprehensions -----------------------------------------------------------------------------------------------------------

bool Codegen::comprehension(Expr* e, int dest) {
  Seq<Comprehension*> generators{};
  Expr* element = nullptr;
  Expr* value = nullptr;
  ComprehensionKind kind;
  PyObject* name;
  switch (e->kind) {
    case NodeKind::ListComp:
      kind = ComprehensionKind::kList, name = "<listcomp>"_id;
      generators = cast<ListComp>(e)->generators, element = cast<ListComp>(e)->elt;
      break;
    case NodeKind::SetComp:
      kind = ComprehensionKind::kSet, name = "<setcomp>"_id;
      generators = cast<SetComp>(e)->generators, element = cast<SetComp>(e)->elt;
      break;
    case NodeKind::DictComp:
      kind = ComprehensionKind::kDict, name = "<dictcomp>"_id;
      generators = cast<DictComp>(e)->generators, element = cast<DictComp>(e)->key, value = cast<DictComp>(e)->value;
      break;
    default:
      kind = ComprehensionKind::kGenerator, name = "<genexpr>"_id;
      generators = cast<GeneratorExp>(e)->generators, element = cast<GeneratorExp>(e)->elt;
  }
  bool allow_await = top_level_await() || u_->kind == UnitKind::kAsyncFunction || u_->kind == UnitKind::kComprehension;
  Place at = loc_;
  Unit unit;
  if (!enter_unit(UnitKind::kComprehension, Value{name}, e, e->lineno, &unit)) return false;
  bool is_async = unit.block->coroutine && kind != ComprehensionKind::kGenerator;
  if (is_async && !allow_await) return error(at, "asynchronous comprehension outside of an asynchronous function");
  unit.argcount = 1;
  loc_ = at;
  int accumulator = -1;
  if (kind != ComprehensionKind::kGenerator) {
    accumulator = alloc();
    emit(kind == ComprehensionKind::kList ? Op::kBUILD_LIST : kind == ComprehensionKind::kSet ? Op::kBUILD_SET : Op::kBUILD_MAP, accumulator, accumulator, 0);
  }
  if (!comprehension_loops(generators, 0, element, value, kind, accumulator)) return false;
  loc_ = at;
  if (accumulator >= 0) emit(Op::kRETURN, last(accumulator));
  Ref code = leave_unit();
  if (!code) return false;
  loc_ = at;

  int w = is_temp(dest) && dest == u_->top - 1 ? dest : alloc();
  int after_callable = u_->top;
  int parts = alloc(4);
  if (!make_function(code, parts, 0, w)) return false;
  u_->top = after_callable;
  alloc(kFrameWords);
  int iterator = alloc();
  Opnd o;
  if (!operand(generators[0]->iter, &o, false, nullptr, nullptr, iterator)) return false;
  emit(generators[0]->is_async ? Op::kGET_AITER : Op::kGET_ITER, iterator, in(o));
  if (!is_async) {
    emit(Op::kCALL, out(dest), w, 1);
    return true;
  }
  emit(Op::kCALL, w, w, 1);
  u_->top = w + 1;
  int awaitable = alloc();
  emit(Op::kGET_AWAITABLE, awaitable, last(w), 0);
  load_const(none(), w);
  delegate(awaitable, w);
  move(dest, temp(w));
  return true;
}

bool Codegen::comprehension_loops(Seq<Comprehension*> generators, size_t i, Expr* element, Expr* value, ComprehensionKind kind, int accumulator) {
  Comprehension* g = generators[i];
  Place whole = loc_;
  int mark = u_->top;
  int it = 0;  // the parameter .0
  bool loop = true;
  if (i > 0) {
    // for y in [f(x)]: an assignment.
    Seq<Expr*> single{};
    if (auto* l = cast_if<List>(g->iter)) single = l->elts;
    else if (auto* t = cast_if<Tuple>(g->iter)) single = t->elts;
    if (!g->is_async && single.size() == 1 && single[0]->kind != NodeKind::Starred) {
      loop = false;
      Opnd v;
      if (!operand(single[0], &v, false, g->target) || !assign(g->target, v)) return false;
      u_->top = mark;
    } else {
      it = alloc();
      Opnd o;
      if (!operand(g->iter, &o, false, nullptr, nullptr, it)) return false;
      emit(g->is_async ? Op::kGET_AITER : Op::kGET_ITER, it, in(o));
    }
  }
  Label top = new_label(), exhausted = new_label();
  int stop = -1, exception = -1;
  if (loop) {
    u_->label_used[static_cast<size_t>(top)] = u_->reachable;
    bind(top);
    if (g->is_async) {
      exception = alloc();
      int outer = u_->handler;
      stop = new_handler(exception);
      u_->handler = stop;
      int awaitable = alloc();
      emit(Op::kGET_ANEXT, awaitable, it);
      load_const(none(), exception);
      delegate(awaitable, exception);
      u_->handler = outer;
      if (!assign(g->target, temp(exception))) return false;
      u_->top = exception;
    } else {
      int reg = local_of(g->target);
      if (reg >= 0) {
        jump(Op::kFOR_ITER, exhausted, reg | kOccupied, it);
      } else {
        int t = alloc();
        jump(Op::kFOR_ITER, exhausted, t, it);
        if (!assign(g->target, temp(t))) return false;
        u_->top = t;
      }
    }
  }
  Label again = loop ? top : exhausted;
  for (Expr* condition : g->ifs) {
    if (!jump_if(condition, again, false)) return false;
  }
  if (i + 1 < generators.size()) {
    if (!comprehension_loops(generators, i + 1, element, value, kind, accumulator)) return false;
  } else {
    Opnd e, v;
    int inner = u_->top;
    if (!operand(element, &e, false, value)) return false;
    switch (kind) {
      case ComprehensionKind::kList: emit(Op::kLIST_APPEND, accumulator, in(e)); break;
      case ComprehensionKind::kSet: emit(Op::kSET_ADD, accumulator, in(e)); break;
      case ComprehensionKind::kDict:
        if (!operand(value, &v)) return false;
        emit(Op::kMAP_ADD, accumulator, in(e), in(v));
        break;
      default: {
        int t = e.kind == Opnd::kTemp ? e.v : alloc();
        if (u_->block->coroutine) {
          emit(Op::kASYNC_WRAP, t, in(e));
          e = temp(t);
        }
        emit(Op::kYIELD, t, in(e), 0);
        release(t);
      }
    }
    u_->top = inner;
  }
  if (loop) {
    LocScope at(*this, no_place());
    jump_to(top);
  }
  if (!loop || !g->is_async) {
    bind(exhausted);
    if (loop && it != 0) release(it);
  } else {
    bind_handler(stop);
    loc_ = g->iter;
    emit(Op::kEND_ASYNC_FOR, last(exception));
    if (it != 0) release(it);
    loc_ = whole;
  }
  u_->top = mark;
  return true;
}

}  // namespace adder::compile
