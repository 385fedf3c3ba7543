// Calls, displays and formatted strings: everything that fills windows of registers.
#include "compile/codegen.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

namespace {

// Displays longer than this are built item by item, and calls with more arguments pass a tuple and a dict, so that registers stay few.
constexpr uint32_t kPiece = 30;

bool has_star(Seq<Expr*> list) {
  for (Expr* e : list) {
    if (e->kind == NodeKind::Starred) return true;
  }
  return false;
}
bool has_double_star(Seq<Keyword*> list) {
  for (Keyword* k : list) {
    if (!k->arg) return true;
  }
  return false;
}
bool all_constant(Seq<Expr*> list) {
  for (Expr* e : list) {
    if (e->kind != NodeKind::Constant) return false;
  }
  return true;
}
Ref constant_tuple(Seq<Expr*> list) {
  Ref t = tuple_new(list.size());
  for (uint32_t i = 0; t && i < list.size(); i++) tuple_init(t, i, Ref::copy(cast<Constant>(list[i])->value));
  return t;
}

}  // namespace

// --- Displays -------------------------------------------------------------------------------------------------------------

// kind: 0 tuple, 1 list, 2 set.
bool Codegen::sequence(Seq<Expr*> elts, int dest, int kind) {
  Op build = kind == 0 ? Op::kBUILD_TUPLE : kind == 1 ? Op::kBUILD_LIST : Op::kBUILD_SET;
  uint32_t n = elts.size();
  bool stars = has_star(elts);
  if (!stars && n > (kind == 0 ? 0 : 2) && all_constant(elts)) {
    Ref items = constant_tuple(elts);
    if (!items) return false;
    if (kind == 0) return load_const(items, dest);
    if (kind == 2) {
      items = frozenset_new(items);
      if (!items) return false;
    }
    int t = is_temp(dest) ? dest : alloc();
    int k = alloc();
    emit(build, t, t, 0);
    load_const(items, k);
    emit(kind == 1 ? Op::kLIST_EXTEND : Op::kSET_UPDATE, t, last(k));
    move(dest, temp(t));
    return true;
  }
  if (!stars && n <= kPiece) {
    int w;
    if (is_temp(dest) && dest == u_->top - 1 && n > 0) w = dest, alloc(static_cast<int>(n) - 1);
    else w = alloc(static_cast<int>(n));
    for (uint32_t i = 0; i < n; i++) {
      if (!expr_to(elts[i], w + static_cast<int>(i))) return false;
    }
    emit(build, out(dest), w, static_cast<int>(n));
    return true;
  }
  // One by one, but for those before a star. A tuple is a list first.
  int acc = is_temp(dest) ? dest : alloc();
  Op start = kind == 2 ? Op::kBUILD_SET : Op::kBUILD_LIST;
  Op add = kind == 2 ? Op::kSET_ADD : Op::kLIST_APPEND, extend = kind == 2 ? Op::kSET_UPDATE : Op::kLIST_EXTEND;
  uint32_t i = 0;
  while (n <= kPiece && elts[i]->kind != NodeKind::Starred) i++;
  int begin = u_->top;
  int w = alloc(static_cast<int>(i));
  for (uint32_t k = 0; k < i; k++) {
    if (!expr_to(elts[k], w + static_cast<int>(k))) return false;
  }
  emit(start, acc, w, static_cast<int>(i));
  u_->top = begin;
  for (; i < n; i++) {
    int mark = u_->top;
    Opnd o;
    auto* star = cast_if<Starred>(elts[i]);
    if (!operand(star ? star->value : elts[i], &o)) return false;
    emit(star ? extend : add, acc, in(o));
    u_->top = mark;
  }
  if (kind == 0) emit(Op::kLIST_TO_TUPLE, out(dest), last(acc));
  else move(dest, temp(acc));
  return true;
}

bool Codegen::dict(Dict* n, int dest) {
  uint32_t count = n->values.size(), i = 0;
  while (count <= kPiece / 2 && i < count && n->keys[i]) i++;
  int acc = is_temp(dest) ? dest : i < count ? alloc() : dest;
  int mark = u_->top;
  // The window may begin at the accumulator itself if that is the topmost register.
  int w;
  if (i > 0 && is_temp(acc) && acc == u_->top - 1) w = acc, alloc(2 * static_cast<int>(i) - 1);
  else w = alloc(2 * static_cast<int>(i));
  for (uint32_t k = 0; k < i; k++) {
    if (!expr_to(n->keys[k], w + 2 * static_cast<int>(k)) || !expr_to(n->values[k], w + 2 * static_cast<int>(k) + 1)) return false;
  }
  emit(Op::kBUILD_MAP, out(acc), w, static_cast<int>(i));
  u_->top = mark;
  for (; i < count; i++) {
    Opnd key, value;
    if (n->keys[i]) {
      if (!operand(n->keys[i], &key, false, n->values[i]) || !operand(n->values[i], &value)) return false;
      emit(Op::kMAP_ADD, acc, in(key), in(value));
    } else {
      if (!operand(n->values[i], &value)) return false;
      emit(Op::kDICT_UPDATE, acc, in(value));
    }
    u_->top = mark;
  }
  if (acc != dest) move(dest, temp(acc));
  return true;
}

bool Codegen::formatted(FormattedValue* n, int dest) {
  int conversion = n->conversion == 's' ? 1 : n->conversion == 'r' ? 2 : n->conversion == 'a' ? 3 : 0;
  if (!n->format_spec) {
    Opnd o;
    if (!operand(n->value, &o, false, nullptr, nullptr, dest)) return false;
    emit(Op::kFORMAT, out(dest), in(o), conversion);
    return true;
  }
  int w = is_temp(dest) && dest == u_->top - 1 ? (alloc(), dest) : alloc(2);
  if (!expr_to(n->value, w) || !expr_to(n->format_spec, w + 1)) return false;
  emit(Op::kFORMAT_SPEC, out(dest), w, conversion);
  return true;
}

bool Codegen::joined_str(JoinedStr* n, int dest) {
  uint32_t count = n->values.size();
  if (count == 0) return load_const(Value{""_id}, dest);
  if (count == 1 && n->values[0]->kind == NodeKind::FormattedValue) return expr_to(n->values[0], dest);
  int size = static_cast<int>(count > kPiece ? kPiece : count);
  int w = is_temp(dest) && dest == u_->top - 1 ? (alloc(size - 1), dest) : alloc(size);
  int filled = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (filled == size) {
      emit(Op::kBUILD_STRING, w, w, filled);
      filled = 1;
    }
    if (!expr_to(n->values[i], w + filled)) return false;
    filled++;
  }
  emit(Op::kBUILD_STRING, out(dest), w, filled);
  return true;
}

// --- Calls -------------------------------------------------------------------------------------------------------------------

bool Codegen::check_keywords(Seq<Keyword*> keywords) {
  for (uint32_t i = 0; i < keywords.size(); i++) {
    Keyword* k = keywords[i];
    if (!k->arg) continue;
    if (!allowed_name(k->arg, ExprContext::Store, loc_)) return false;
    for (uint32_t j = i + 1; j < keywords.size(); j++) {
      if (keywords[j]->arg && keywords[j]->arg == k->arg) return error(keywords[j], "keyword argument repeated: %U", k->arg);
    }
  }
  return true;
}

bool Codegen::call(Call* n, int dest) {
  if (!check_keywords(n->keywords)) return false;
  bool unpacks = n->args.size() + n->keywords.size() > kPiece || has_star(n->args) || has_double_star(n->keywords);
  int w = is_temp(dest) && dest == u_->top - 1 ? dest : alloc();
  auto* attr = cast_if<Attribute>(n->func);
  if (attr && !unpacks) {
    Opnd self;
    int header = u_->top;
    alloc(kFrameWords);  // … up to w + kFrameWords, which is self
    u_->top = header;
    if (!operand(attr->value, &self)) return false;
    Value name = mangled(attr->attr);
    if (!name) return false;
    {
      LocScope at(*this, attribute_place(attr, attr));
      emit(Op::kLOAD_METHOD, w, in(self), name_index(name));
    }
    u_->top = header;
    alloc(kFrameWords);
    loc_ = attribute_place(n, attr);
    return call_rest(n->args, n->keywords, w, 0, dest, true);
  }
  if (!check_caller(n->func) || !expr_to(n->func, w)) return false;
  if (unpacks) return call_ex(n->args, n->keywords, w, 0, dest);
  alloc(kFrameWords);
  return call_rest(n->args, n->keywords, w, 0, dest, false);
}

// The callable is in R[w], `given` arguments are in place, the registers of the header are allocated.
bool Codegen::call_rest(Seq<Expr*> args, Seq<Keyword*> keywords, int w, int given, int dest, bool method) {
  int argument = w + kFrameWords + 1 + given;
  for (Expr* a : args) {
    int r = alloc();
    if (r != argument && !failed_) return raise(PyExc_SystemError, "call window out of step");
    argument++;
    if (!expr_to(a, r)) return false;
  }
  for (Keyword* k : keywords) {
    int r = alloc();
    argument++;
    if (!expr_to(k->value, r)) return false;
  }
  int count = argument - (w + kFrameWords + 1);
  if (keywords.empty()) {
    emit(method ? Op::kCALL_METHOD : Op::kCALL, out(dest), w, count);
    return true;
  }
  Ref names = tuple_new(keywords.size());
  if (!names) return false;
  for (uint32_t i = 0; i < keywords.size(); i++) tuple_init(names, i, Ref::copy(keywords[i]->arg));
  emit(method ? Op::kCALL_METHOD_KW : Op::kCALL_KW, out(dest), w, count)->data = static_cast<uint64_t>(constant(names));
  return true;
}

// f(*a, **k): R[w] callable, R[w+1] tuple or what a single star unpacks, R[w+2] dict. The `given` arguments (classes have two)
// are in the registers from w + 1.
bool Codegen::call_ex(Seq<Expr*> args, Seq<Keyword*> keywords, int w, int given, int dest) {
  bool kw = !keywords.empty();
  int positional;
  if (given == 0) {
    positional = alloc();
    if (args.size() == 1 && args[0]->kind == NodeKind::Starred) {
      if (!expr_to(cast<Starred>(args[0])->value, positional)) return false;
    } else if (!sequence(args, positional, 0)) {
      return false;
    }
  } else {
    positional = w + 1;
    int mark = u_->top;
    if (args.empty()) {
      emit(Op::kBUILD_TUPLE, positional, positional, given);
    } else {
      int acc = alloc();
      emit(Op::kBUILD_LIST, acc, positional, given);
      for (Expr* a : args) {
        Opnd o;
        auto* star = cast_if<Starred>(a);
        int inner = u_->top;
        if (!operand(star ? star->value : a, &o)) return false;
        emit(star ? Op::kLIST_EXTEND : Op::kLIST_APPEND, acc, in(o));
        u_->top = inner;
      }
      emit(Op::kLIST_TO_TUPLE, positional, last(acc));
    }
    u_->top = mark;
  }
  u_->top = w + 2;
  if (kw) {
    int map = alloc();
    uint32_t i = 0, count = keywords.size();
    bool first = true;
    while (i < count) {
      int mark = u_->top;
      if (!keywords[i]->arg) {
        if (first) emit(Op::kBUILD_MAP, map, map, 0);
        Opnd o;
        if (!operand(keywords[i]->value, &o)) return false;
        emit(Op::kDICT_MERGE, map, in(o), w);
        i++;
      } else {
        uint32_t end = i;
        while (end < count && keywords[end]->arg) end++;
        bool one_by_one = end - i > kPiece / 2;
        int pairs = one_by_one ? 0 : static_cast<int>(end - i);
        int into = first ? map : alloc();
        int base = alloc(one_by_one ? 2 : 2 * pairs);
        if (one_by_one) emit(Op::kBUILD_MAP, into, base, 0);
        for (int pair = base; i < end; i++) {
          load_const(keywords[i]->arg, pair);
          if (!expr_to(keywords[i]->value, pair + 1)) return false;
          if (one_by_one) emit(Op::kMAP_ADD, into, last(pair), last(pair + 1));
          else pair += 2;
        }
        if (!one_by_one) emit(Op::kBUILD_MAP, into, base, pairs);
        if (!first) emit(Op::kDICT_MERGE, map, last(into), w);
      }
      first = false;
      u_->top = mark;
    }
  }
  emit(Op::kCALL_EX, out(dest), w, kw ? 1 : 0);
  return true;
}

}  // namespace adder::compile
