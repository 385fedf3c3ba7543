// match: patterns. A pattern that fails releases what it holds and goes on to the next case; captured names wait in temporaries
// and are stored when the whole pattern has matched.
#include <algorithm>
#include "compile/codegen.h"
#include "compile/tables.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder::compile {

class PatternCompiler {
 public:
  PatternCompiler(Codegen& g) : g_(g) {}

  // Matches the subject, which stays; on success the names are bound, on failure control is at `next` with nothing held.
  bool match_case(Pattern* p, int subject, Label next, bool irrefutable_allowed) {
    base_ = 0;
    next_ = next;
    allow_irrefutable_ = irrefutable_allowed;
    if (!pattern(p, subject, false)) return false;
    for (Capture& c : captures_) {
      if (!g_.store_name(c.name, Codegen::temp(c.reg))) return false;
    }
    captures_.clear();
    live_.clear();
    return true;
  }
  // The places where failing matches release what they hold. To be emitted where control does not fall through.
  void emit_failures() {
    g_.loc_ = no_place();
    for (Failing& f : failures_) {
      g_.bind(f.label);
      for (size_t i = f.live.size(); i-- > 0;) g_.release(f.live[i]);
      g_.jump_to(f.next);
    }
    failures_.clear();
  }

 private:
  struct Capture { Value name; int reg; };
  struct Failing { Label label, next; std::vector<int> live; };

  Label failing() {
    if (live_.size() == base_) return next_;
    std::vector<int> held(live_.begin() + static_cast<std::ptrdiff_t>(base_), live_.end());
    for (Failing& f : failures_) {
      if (f.next == next_ && f.live == held) return f.label;
    }
    failures_.push_back({g_.new_label(), next_, std::move(held)});
    return failures_.back().label;
  }
  void hold(int reg) { live_.push_back(reg); }
  void let_go(int reg) { live_.erase(std::find(live_.begin(), live_.end(), reg)); }
  void drop(int reg) {
    let_go(reg);
    g_.release(reg);
  }
  void drop_if(bool owned, int reg) { if (owned) drop(reg); }
  // As an operand that consumes the subject if it is ours.
  int take(int reg, bool owned) {
    if (!owned) return reg;
    let_go(reg);
    return Codegen::last(reg);
  }

  bool pattern(Pattern* p, int subject, bool owned) {
    if (++g_.depth_ > kMaxTreeDepth) return raise_too_deep();
    g_.loc_ = p;
    bool ok = pattern_inner(p, subject, owned);
    g_.depth_--;
    return ok;
  }
  // A pattern within another may always be irrefutable.
  bool subpattern(Pattern* p, int subject) {
    bool old = allow_irrefutable_;
    allow_irrefutable_ = true;
    bool ok = pattern(p, subject, true);
    allow_irrefutable_ = old;
    return ok;
  }
  bool capture(Value name, int subject, bool owned) {
    if (!g_.allowed_name(name, ExprContext::Store, g_.loc_)) return false;
    for (Capture& c : captures_) {
      if (c.name == name) return g_.error(g_.loc_, "multiple assignments to name %R in pattern", name);
    }
    if (!owned) {
      int r = g_.alloc();
      g_.emit(Op::kMOVE, r, subject);
      hold(r);
      subject = r;
    }
    captures_.push_back({name, subject});
    return true;
  }
  static bool is_wildcard(Pattern* p) {
    auto* a = cast_if<MatchAs>(p);
    return a && !a->name;
  }

  bool pattern_inner(Pattern* p, int subject, bool owned) {
    switch (p->kind) {
      case NodeKind::MatchValue: {
        auto* n = cast<MatchValue>(p);
        Opnd v;
        if (n->value->kind != NodeKind::Constant && n->value->kind != NodeKind::Attribute)
          return g_.error(p, "patterns may only match literals and attribute lookups");
        if (!g_.operand(n->value, &v, true)) return false;
        int s = take(subject, owned);
        if (v.kind == Opnd::kConst) g_.jump(Op::kJUMP_IF_NOT_EQ_K, failing(), s, v.v);
        else g_.jump(Op::kJUMP_IF_NOT_EQ, failing(), s, g_.in(v));
        return true;
      }
      case NodeKind::MatchSingleton: {
        auto* n = cast<MatchSingleton>(p);
        if (is_none(n->value)) {
          int s = take(subject, owned);
          g_.jump(Op::kJUMP_IF_NOT_NONE, failing(), s);
          return true;
        }
        int t = g_.alloc();
        g_.load_const(n->value, t);
        int s = take(subject, owned);
        g_.jump(Op::kJUMP_IF_IS_NOT, failing(), s, Codegen::last(t));
        return true;
      }
      case NodeKind::MatchAs: return match_as(cast<MatchAs>(p), subject, owned);
      case NodeKind::MatchStar: return g_.error(p, "can't use starred expression here");
      case NodeKind::MatchSequence: return sequence(cast<MatchSequence>(p), subject, owned);
      case NodeKind::MatchMapping: return mapping(cast<MatchMapping>(p), subject, owned);
      case NodeKind::MatchClass: return class_pattern(cast<MatchClass>(p), subject, owned);
      case NodeKind::MatchOr: return match_or(cast<MatchOr>(p), subject, owned);
      default: return raise(PyExc_SystemError, "invalid match pattern node in AST");
    }
  }

  bool match_as(MatchAs* n, int subject, bool owned) {
    if (!n->pattern) {
      if (!allow_irrefutable_) {
        if (n->name) return g_.error(n, "name capture %R makes remaining patterns unreachable", n->name);
        return g_.error(n, "wildcard makes remaining patterns unreachable");
      }
      if (n->name) return capture(n->name, subject, owned);
      if (owned) drop(subject);
      else g_.emit(Op::kNOP);
      return true;
    }
    if (!pattern(n->pattern, subject, false)) return false;
    return capture(n->name, subject, owned);
  }

  bool length_at_least(int subject, int size, bool exactly) {
    int t = g_.alloc();
    g_.emit(Op::kGET_LEN, t, subject);
    g_.jump(exactly ? Op::kJUMP_IF_NOT_EQ_K : Op::kJUMP_IF_LT_K, failing(), Codegen::last(t), g_.constant(Value::from_int(size)));
    return true;
  }

  bool sequence(MatchSequence* n, int subject, bool owned) {
    int size = static_cast<int>(n->patterns.size()), star = -1;
    bool only_wildcards = true, star_wildcard = false;
    for (int i = 0; i < size; i++) {
      Pattern* p = n->patterns[static_cast<size_t>(i)];
      if (auto* s = cast_if<MatchStar>(p)) {
        if (star >= 0) return g_.error(n, "multiple starred names in sequence pattern");
        if (i >= 256) return g_.error(n, "too many expressions in star-unpacking sequence pattern");
        star = i;
        star_wildcard = !s->name;
        only_wildcards = only_wildcards && star_wildcard;
      } else {
        only_wildcards = only_wildcards && is_wildcard(p);
      }
    }
    int t = g_.alloc();
    g_.emit(Op::kMATCH_SEQUENCE, t, subject);
    g_.jump(Op::kJUMP_IF_FALSE, failing(), Codegen::last(t));
    if (star < 0) length_at_least(subject, size, true);
    else if (size > 1) length_at_least(subject, size - 1, false);
    if (only_wildcards) {
      drop_if(owned, subject);
      return true;
    }
    if (star >= 0 && star_wildcard) {
      // Items by index: what the star would take is not copied.
      for (int i = 0; i < size; i++) {
        Pattern* p = n->patterns[static_cast<size_t>(i)];
        if (i == star || is_wildcard(p)) continue;
        g_.loc_ = n;
        int item = g_.alloc();
        if (i < star) {
          g_.emit(Op::kLOAD_ITEM_I, item, subject, i);
        } else {
          g_.emit(Op::kGET_LEN, item, subject);
          g_.emit(Op::kSUBTRACT_K, item, Codegen::last(item), g_.constant(Value::from_int(size - i)));
          g_.emit(Op::kLOAD_ITEM, item, subject, Codegen::last(item));
        }
        hold(item);
        if (!subpattern(p, item)) return false;
      }
      drop_if(owned, subject);
      return true;
    }
    int w = g_.alloc(size);
    int s = take(subject, owned);
    if (star < 0) g_.emit(Op::kUNPACK, w, s, size);
    else g_.emit(Op::kUNPACK_EX, w, s)->data = static_cast<uint64_t>(star) | static_cast<uint64_t>(size - star - 1) << 32;
    return items(n->patterns, w);
  }
  // The items in w … are matched in turn; a star's list by its name.
  bool items(Seq<Pattern*> patterns, int w) {
    int size = static_cast<int>(patterns.size());
    for (int i = 0; i < size; i++) hold(w + i);
    for (int i = 0; i < size; i++) {
      Pattern* p = patterns[static_cast<size_t>(i)];
      if (auto* star = cast_if<MatchStar>(p)) {
        g_.loc_ = p;
        if (!star->name) drop(w + i);
        else if (!capture(star->name, w + i, true)) return false;
      } else if (!subpattern(p, w + i)) {
        return false;
      }
    }
    return true;
  }

  bool mapping(MatchMapping* n, int subject, bool owned) {
    int size = static_cast<int>(n->keys.size());
    int t = g_.alloc();
    g_.emit(Op::kMATCH_MAPPING, t, subject);
    g_.jump(Op::kJUMP_IF_FALSE, failing(), Codegen::last(t));
    if (size == 0 && !n->rest) {
      drop_if(owned, subject);
      return true;
    }
    if (size) length_at_least(subject, size, false);
    int keys = g_.alloc();
    if (!mapping_keys(n, keys)) return false;
    g_.loc_ = n;
    if (size) {
      hold(keys);
      int values = g_.alloc();
      g_.emit(Op::kMATCH_KEYS, values, subject, keys);
      hold(values);
      g_.jump(Op::kJUMP_IF_NONE, failing(), values);
      let_go(values);
      int w = g_.alloc(size);
      g_.emit(Op::kUNPACK, w, Codegen::last(values), size);
      if (!items(n->patterns, w)) return false;
    } else {
      hold(keys);
    }
    g_.loc_ = n;
    if (n->rest) {
      int rest = g_.alloc();
      g_.emit(Op::kDICT_REST, rest, subject, keys);
      hold(rest);
      if (!capture(n->rest, rest, true)) return false;
    }
    drop(keys);
    drop_if(owned, subject);
    return true;
  }
  bool mapping_keys(MatchMapping* n, int dest) {
    int size = static_cast<int>(n->keys.size());
    bool constant = true;
    for (int i = 0; i < size; i++) {
      Expr* key = n->keys[static_cast<size_t>(i)];
      auto* c = cast_if<Constant>(key);
      if (!c && key->kind != NodeKind::Attribute) return g_.error(n, "mapping pattern keys may only match literals and attribute lookups");
      constant = constant && c;
      for (int j = 0; c && j < i; j++) {
        auto* other = cast_if<Constant>(n->keys[static_cast<size_t>(j)]);
        int same = other ? equal(other->value, c->value) : 0;
        if (same < 0) return false;
        if (same) return g_.error(n, "mapping pattern checks duplicate key (%R)", c->value);
      }
    }
    if (constant) {
      Ref keys = tuple_new(size);
      if (!keys) return false;
      for (int i = 0; i < size; i++) tuple_init(keys, i, Ref::copy(cast<Constant>(n->keys[static_cast<size_t>(i)])->value));
      return g_.load_const(keys, dest);
    }
    int w = g_.alloc(size);
    for (int i = 0; i < size; i++) {
      if (!g_.expr_to(n->keys[static_cast<size_t>(i)], w + i)) return false;
    }
    g_.emit(Op::kBUILD_TUPLE, dest, w, size);
    return true;
  }

  bool class_pattern(MatchClass* n, int subject, bool owned) {
    int positional = static_cast<int>(n->patterns.size()), named = static_cast<int>(n->kwd_attrs.size());
    for (int i = 0; i < named; i++) {
      Value attr = n->kwd_attrs[static_cast<size_t>(i)];
      if (!g_.allowed_name(attr, ExprContext::Store, n->kwd_patterns[static_cast<size_t>(i)])) return false;
      for (int j = i + 1; j < named; j++) {
        if (n->kwd_attrs[static_cast<size_t>(j)] == attr)
          return g_.error(n->kwd_patterns[static_cast<size_t>(j)], "attribute name repeated in class pattern: %U", attr);
      }
    }
    int w = g_.alloc(3);
    g_.emit(Op::kMOVE, w, take(subject, owned));
    if (!g_.expr_to(n->cls, w + 1)) return false;
    Ref names = tuple_from(n->kwd_attrs.data, named);
    if (!names) return false;
    g_.load_const(names, w + 2);
    int matched = w;
    g_.emit(Op::kMATCH_CLASS, matched, w, positional);
    hold(matched);
    g_.jump(Op::kJUMP_IF_NONE, failing(), matched);
    let_go(matched);
    int size = positional + named;
    if (size == 0) {
      g_.release(matched);
      return true;
    }
    int items_at = g_.alloc(size);
    g_.emit(Op::kUNPACK, items_at, Codegen::last(matched), size);
    for (int i = 0; i < size; i++) hold(items_at + i);
    for (int i = 0; i < size; i++) {
      Pattern* p = i < positional ? n->patterns[static_cast<size_t>(i)] : n->kwd_patterns[static_cast<size_t>(i - positional)];
      if (!subpattern(p, items_at + i)) return false;
    }
    return true;
  }

  // Each alternative starts afresh; those after the first move their captures to where the first has them.
  bool match_or(MatchOr* n, int subject, bool owned) {
    size_t outer_base = base_;
    Label outer_next = next_;
    bool outer_allow = allow_irrefutable_;
    std::vector<Capture> outer_captures;
    outer_captures.swap(captures_);
    std::vector<int> outer_live = live_;
    std::vector<Capture> agreed;
    Label matched = g_.new_label();
    uint32_t count = n->patterns.size();
    for (uint32_t i = 0; i < count; i++) {
      base_ = live_.size();
      next_ = g_.new_label();
      allow_irrefutable_ = i + 1 == count && outer_allow;
      captures_.clear();
      Label alternative_failed = next_;
      size_t first_failure = failures_.size();
      if (!pattern(n->patterns[i], subject, false)) return false;
      if (i == 0) {
        agreed = captures_;
      } else {
        bool same = captures_.size() == agreed.size();
        for (Capture& c : captures_) {
          same = same && std::any_of(agreed.begin(), agreed.end(), [&](Capture& a) { return a.name == c.name; });
        }
        if (!same) return g_.error(g_.loc_, "alternative patterns bind different names");
        for (Capture& c : captures_) {
          auto a = std::find_if(agreed.begin(), agreed.end(), [&](Capture& x) { return x.name == c.name; });
          g_.emit(Op::kMOVE, a->reg, Codegen::last(c.reg));
        }
      }
      g_.jump_to(matched);
      // The failures of this alternative lead to the next one.
      for (size_t f = first_failure; f < failures_.size(); f++) {
        if (failures_[f].next != alternative_failed) continue;
        g_.bind(failures_[f].label);
        for (size_t k = failures_[f].live.size(); k-- > 0;) g_.release(failures_[f].live[k]);
        g_.jump_to(alternative_failed);
      }
      failures_.resize(first_failure);
      g_.bind(alternative_failed);
      live_ = outer_live;
    }
    base_ = outer_base;
    next_ = outer_next;
    allow_irrefutable_ = outer_allow;
    // None matched.
    g_.jump_to(failing());
    g_.bind(matched);
    captures_ = std::move(outer_captures);
    for (Capture& c : agreed) {
      for (Capture& o : captures_) {
        if (o.name == c.name) return g_.error(g_.loc_, "multiple assignments to name %R in pattern", c.name);
      }
      captures_.push_back(c);
      hold(c.reg);
    }
    drop_if(owned, subject);
    return true;
  }

  Codegen& g_;
  std::vector<int> live_;           // temporaries held at this point of the pattern
  size_t base_ = 0;                 // those of live_ before it belong to what is around an alternative
  Label next_ = -1;
  bool allow_irrefutable_ = false;
  std::vector<Capture> captures_;
  std::vector<Failing> failures_;
};

bool Codegen::match_stmt(Match* n) {
  int subject = alloc();
  if (!expr_to(n->subject, subject)) return false;
  Label end = new_label();
  for (uint32_t i = 0; i < n->cases.size(); i++) {
    MatchCase* c = n->cases[i];
    int mark = u_->top;
    Label next = new_label();
    PatternCompiler patterns(*this);
    loc_ = c->pattern;
    if (!patterns.match_case(c->pattern, subject, next, c->guard || i + 1 == n->cases.size())) return false;
    if (c->guard && !jump_if(c->guard, next, false)) return false;
    loc_ = no_place();
    release(subject);
    u_->top = mark;
    if (!body(c->body)) return false;
    loc_ = no_place();
    jump_to(end);
    patterns.emit_failures();
    bind(next);
    u_->top = mark;
  }
  loc_ = no_place();
  release(subject);
  bind(end);
  return true;
}

}  // namespace adder::compile
