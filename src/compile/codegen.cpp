// The code generator's ground: emission of instructions, labels, registers, constants, names.
#include "compile/codegen.h"
#include <cstdarg>
#include "compile/tables.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/object.h"
#include "object/str.h"
#include "syntax/parse.h"

namespace adder::compile {

// --- Pools ------------------------------------------------------------------------------------------------------------

int ConstantPool::add(Value v) {
  uint64_t h = constant_hash(v);
  if (items_.size() * 2 >= index_.size()) {
    index_.assign(index_.empty() ? 32 : index_.size() * 2, -1);
    size_t mask = index_.size() - 1;
    for (size_t k = 0; k < items_.size(); k++) {
      size_t i = hashes_[k] & mask;
      while (index_[i] >= 0) i = (i + 1) & mask;
      index_[i] = static_cast<int32_t>(k);
    }
  }
  size_t mask = index_.size() - 1, i = h & mask;
  for (; index_[i] >= 0; i = (i + 1) & mask) {
    auto k = static_cast<size_t>(index_[i]);
    if (hashes_[k] == h && same_constant(items_[k], v)) return static_cast<int>(k);
  }
  index_[i] = static_cast<int32_t>(items_.size());
  items_.push_back(Ref::copy(v));
  hashes_.push_back(h);
  return static_cast<int>(items_.size()) - 1;
}

Ref ConstantPool::tuple() const {
  Ref t = tuple_new(static_cast<Py_ssize_t>(items_.size()));
  for (size_t i = 0; t && i < items_.size(); i++) tuple_init(t, static_cast<Py_ssize_t>(i), Ref::copy(items_[i]));
  return t;
}

int NamePool::add(Value name) {
  auto hash = [](Value v) { return (v.bits >> 4) * 0x9E3779B97F4A7C15u >> 32; };
  if (items_.size() * 2 >= index_.size()) {
    index_.assign(index_.empty() ? 16 : index_.size() * 2, -1);
    size_t mask = index_.size() - 1;
    for (size_t k = 0; k < items_.size(); k++) {
      size_t i = hash(items_[k]) & mask;
      while (index_[i] >= 0) i = (i + 1) & mask;
      index_[i] = static_cast<int32_t>(k);
    }
  }
  size_t mask = index_.size() - 1, i = hash(name) & mask;
  for (; index_[i] >= 0; i = (i + 1) & mask) {
    if (items_[static_cast<size_t>(index_[i])] == name) return index_[i];
  }
  index_[i] = static_cast<int32_t>(items_.size());
  items_.push_back(name);
  return index_[i];
}

Ref NamePool::tuple() const { return tuple_from(items_.data(), static_cast<Py_ssize_t>(items_.size())); }

// --- Emission -----------------------------------------------------------------------------------------------------------

Ins* Codegen::emit(Op op, int a, int b, int c) {
  static Ins dropped;
  if (!u_->reachable) return &dropped;
  u_->code.emplace_back();
  Ins& i = u_->code.back();
  i.op = op;
  i.a = static_cast<uint16_t>(a);
  i.b = static_cast<uint16_t>(b);
  i.c = static_cast<uint16_t>(c);
  i.loc = loc_;
  i.handler = u_->handler;
  const OpInfo& info = op_info(op);
  if (u_->handler >= 0 && info.raises) u_->handlers[static_cast<size_t>(u_->handler)].used = true;
  if (info.ends) u_->reachable = false;
  return &i;
}

Ins* Codegen::emit32(Op op, int a, uint32_t bc) { return emit(op, a, static_cast<int>(bc & 0xFFFF), static_cast<int>(bc >> 16)); }

Label Codegen::new_label() {
  u_->label_at.push_back(-1);
  u_->label_used.push_back(0);
  return static_cast<Label>(u_->label_at.size()) - 1;
}

// A conditional jump to a label behind us polls, so its opcode must be one that can; those of `is` go round.
void Codegen::jump(Op op, Label target, int a, int b) {
  if (!u_->reachable) return;
  if (bound(target) && !op_info(op).raises) {
    Op inverse = op == Op::kJUMP_IF_NONE ? Op::kJUMP_IF_NOT_NONE : op == Op::kJUMP_IF_NOT_NONE ? Op::kJUMP_IF_NONE
               : op == Op::kJUMP_IF_IS ? Op::kJUMP_IF_IS_NOT : Op::kJUMP_IF_IS;
    Label on = new_label();
    jump(inverse, on, a, b);
    jump_to(target);
    bind(on);
    return;
  }
  Ins* i = emit(op, a, b);
  i->label = target;
  u_->label_used[static_cast<size_t>(target)] = 1;
}

void Codegen::jump_to(Label target) {
  if (!u_->reachable) return;
  u_->label_used[static_cast<size_t>(target)] = 1;
  emit(bound(target) ? Op::kJUMP_BACK : Op::kJUMP)->label = target;
}

bool Codegen::push(const FrameBlock& block) {
  u_->blocks.push_back(block);
  // An except clause counts twice, as CPython has a block for the handled exception and one for the clause.
  size_t depth = 0;
  for (const FrameBlock& b : u_->blocks) depth += b.kind == FrameKind::kHandler || b.kind == FrameKind::kGroupHandler ? 2 : 1;
  if (depth > 20) return error(loc_, "too many statically nested blocks");
  return true;
}

void Codegen::bind(Label l) {
  u_->label_at[static_cast<size_t>(l)] = static_cast<int32_t>(u_->code.size());
  if (u_->label_used[static_cast<size_t>(l)]) u_->reachable = true;
}

int Codegen::new_handler(int reg) {
  u_->handlers.push_back({new_label(), reg});
  return static_cast<int>(u_->handlers.size()) - 1;
}

void Codegen::bind_handler(int handler) {
  HandlerRange& h = u_->handlers[static_cast<size_t>(handler)];
  if (h.used) u_->label_used[static_cast<size_t>(h.target)] = 1;
  bind(h.target);
}

int Codegen::alloc(int n) {
  int reg = u_->top;
  if (reg + n > kMaxRegisters) {
    if (!failed_) syntax_error(settings_.filename, loc_, "too many local variables and temporaries in one code block");
    failed_ = true;
    return kMaxRegisters - n > u_->first_temp ? kMaxRegisters - n : u_->first_temp;
  }
  u_->top += n;
  if (u_->top > u_->max_top) u_->max_top = u_->top;
  return reg;
}

void Codegen::move(int dest, Opnd from) {
  if (from.kind == Opnd::kConst) {
    emit32(Op::kLOAD_CONST, out(dest), from.v);
  } else if (from.v != dest) {
    emit(Op::kMOVE, out(dest), in(from));
  }
}

// What dead code names is not kept.
int Codegen::constant(Value v) {
  if (!u_->reachable && u_->consts.size()) return 0;
  return u_->consts.add(v);
}

int Codegen::name_index(Value name) {
  if (!u_->reachable) return 0;
  int i = u_->names.add(name);
  if (i > 0xFFFF) {
    if (!failed_) syntax_error(settings_.filename, loc_, "too many names in one code block");
    failed_ = true;
    return 0;
  }
  return i;
}

bool Codegen::load_const(Value v, int dest) {
  emit32(Op::kLOAD_CONST, out(dest), static_cast<uint32_t>(constant(v)));
  return true;
}

Failure Codegen::error(const Place& p, const char* format, ...) {
  va_list args;
  va_start(args, format);
  Ref message = str_format_v(format, args);
  va_end(args);
  if (message) raise_syntax_error(PyExc_SyntaxError, settings_.filename, {}, p.line, p.column, p.end_line, p.end_column, message);
  return {};
}

// SyntaxWarning at a line of this file; one turned into an error becomes a SyntaxError.
bool Codegen::warn(const Place& p, Ref message) {
  if (!message) return false;
  if (!hooks.import_module) return true;
  Ref warnings = hooks.import_module("warnings"_id);
  if (!warnings) return false;
  Ref line = Ref::from_int(p.line);
  if (call_method(warnings, "warn_explicit"_id, {message, Value{PyExc_SyntaxWarning}, settings_.filename, line})) return true;
  if (error_matches(PyExc_SyntaxWarning)) {
    clear_error();
    raise_syntax_error(PyExc_SyntaxError, settings_.filename, {}, p.line, p.column, p.end_line, p.end_column, message);
  }
  return false;
}

// --- Names ------------------------------------------------------------------------------------------------------------

int Codegen::local_register(Value name) {
  if (!u_->is_function()) return -1;
  Symbol* s = symbol(name);
  return s && s->scope == NameScope::kLocal ? s->reg : -1;
}

int Codegen::local_of(Expr* e) {
  auto* n = cast_if<Name>(e);
  return n ? local_register(mangled(n->id)) : -1;
}

int Codegen::cell_register(Value name) {
  if (u_->kind == UnitKind::kClass && name == Value{"__class__"_id} && u_->class_cell >= 0) return u_->class_cell;
  Symbol* s = symbol(name);
  return s ? s->reg : -1;
}

bool Codegen::check_bound(Value name, int reg) {
  Symbol* s = symbol(name);
  if (!(s->flags & kDefParam) || s->deleted) emit(Op::kCHECK_BOUND, reg);
  return true;
}

bool Codegen::load_name(Value plain, int dest) {
  Value name = mangled(plain);
  if (!name) return false;
  Symbol* s = symbol(name);
  NameScope scope = s ? s->scope : NameScope::kGlobalImplicit;
  bool function = u_->is_function();
  if (scope == NameScope::kLocal && function) {
    check_bound(name, s->reg);
    move(dest, {Opnd::kLocal, static_cast<uint16_t>(s->reg)});
  } else if (scope == NameScope::kFree || scope == NameScope::kCell) {
    if (u_->kind == UnitKind::kClass && scope == NameScope::kFree) emit(Op::kLOAD_CLASS_DEREF, out(dest), s->reg, name_index(name));
    else emit(Op::kLOAD_DEREF, out(dest), s->reg);
  } else if (scope == NameScope::kGlobalExplicit || (function && scope != NameScope::kLocal)) {
    emit(Op::kLOAD_GLOBAL, out(dest), name_index(name));
  } else {
    emit(Op::kLOAD_NAME, out(dest), name_index(name));
  }
  return true;
}

bool Codegen::store_name(Value plain, Opnd v) {
  Value name = mangled(plain);
  if (!name) return false;
  Symbol* s = symbol(name);
  NameScope scope = s ? s->scope : NameScope::kGlobalImplicit;
  bool function = u_->is_function();
  if (scope == NameScope::kLocal && function) {
    move(s->reg, v);
    return true;
  }
  if (!to_register(&v)) return false;
  if (scope == NameScope::kFree || scope == NameScope::kCell) emit(Op::kSTORE_DEREF, s->reg, in(v));
  else if (scope == NameScope::kGlobalExplicit || (function && scope != NameScope::kLocal)) emit(Op::kSTORE_GLOBAL, in(v), name_index(name));
  else emit(Op::kSTORE_NAME, in(v), name_index(name));
  return true;
}

bool Codegen::delete_name(Value plain) {
  Value name = mangled(plain);
  if (!name) return false;
  Symbol* s = symbol(name);
  NameScope scope = s ? s->scope : NameScope::kGlobalImplicit;
  bool function = u_->is_function();
  if (scope == NameScope::kLocal && function) emit(Op::kDELETE_LOCAL, s->reg);
  else if (scope == NameScope::kFree || scope == NameScope::kCell) emit(Op::kDELETE_DEREF, s->reg);
  else if (scope == NameScope::kGlobalExplicit || (function && scope != NameScope::kLocal)) emit(Op::kDELETE_GLOBAL, 0, name_index(name));
  else emit(Op::kDELETE_NAME, 0, name_index(name));
  return true;
}

bool Codegen::allowed_name(Value name, ExprContext ctx, const Place& p) {
  if (ctx == ExprContext::Load || name != Value{"__debug__"_id}) return true;
  return error(p, ctx == ExprContext::Store ? "cannot assign to __debug__" : "cannot delete __debug__");
}

}  // namespace adder::compile
