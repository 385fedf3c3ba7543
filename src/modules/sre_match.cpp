// The matcher: runs a program on characters of one width, with an explicit stack.
//
// The stack holds, in order of time, choices (where to go on when what follows fails), barriers (the beginning of an
// assertion, atomic group or possessive repetition) and changes to undo (marks, repeat counters). To fail is to pop down to
// the youngest choice, undoing on the way.
#include <cctype>
#include <cstdlib>
#include <cstring>
#include "memory/gc.h"
#include "modules/sre.h"
#include "object/error.h"
#include "object/str_impl.h"
#include "runtime/interpreter.h"

namespace adder::sre {

namespace {

enum class Entry : uint8_t {
  kChoice,      // go to node at ptr
  kGreedy,      // a repeated character: one fewer, down to `limit`
  kLazy,        // a repeated character: one more, count so far in extra
  kLazyBody,    // MIN_UNTIL: another round of the body
  kBarrier,     // of node `pc` (kAssert …); extra: the barrier below
  kUndoMark,    // mark `pc` was extra; ptr: lastindex
  kUndoRepeat   // repeat `pc` had count extra and last ptr
};

struct Frame {
  Entry kind;
  uint32_t pc;
  Py_ssize_t ptr;
  int64_t extra;
};

struct Stack {
  Frame* base = nullptr;
  size_t n = 0, capacity = 0;
  Frame small[64];
  Stack() : base(small), capacity(64) {}
  ~Stack() {
    if (base != small) object_free(base);
  }
  Stack(const Stack&) = delete;
  bool push(Entry kind, uint32_t pc, Py_ssize_t ptr, int64_t extra) {
    if (ADDER_UNLIKELY(n == capacity) && !grow()) return false;
    base[n++] = {kind, pc, ptr, extra};
    return true;
  }
  bool grow() {
    size_t more = capacity * 2;
    auto* p = static_cast<Frame*>(object_malloc(more * sizeof(Frame)));
    if (!p) return raise_no_memory();
    memcpy(p, base, n * sizeof(Frame));
    if (base != small) object_free(base);
    base = p;
    capacity = more;
    return true;
  }
};

struct Counter {
  int64_t count;
  Py_ssize_t last;
};

template <class C>
class Matcher {
 public:
  explicit Matcher(State& s)
      : s_(s), p_(*s.program), nodes_(s.program->nodes.data()), text_(static_cast<const C*>(s.data)), end_(s.end),
        counters_(s.program->repeats.size()) {}

  int run(Py_ssize_t start);

 private:
  State& s_;
  const Program& p_;
  const Node* nodes_;
  const C* text_;
  Py_ssize_t end_;
  Stack stack_;
  std::vector<Counter> counters_;
  unsigned poll_ = 0;

  bool in_set(const Node& n, uint32_t c) const {
    const Set& s = p_.sets[n.a];
    if (ADDER_LIKELY(!s.dynamic && (sizeof(C) == 1 || c < 256))) return ((s.bits[c >> 6] >> (c & 63)) & 1) != 0;
    return set_contains(p_, s, c);
  }
  bool in_set_ignore(const Node& n, uint32_t c) const {
    auto fold = static_cast<Fold>(n.fold);
    if (fold == Fold::kLocale) {
      // Either case may stand in the set.
      uint32_t lo = lower(fold, c);
      if (set_contains(p_, p_.sets[n.a], lo)) return true;
      uint32_t up = c < 256 ? static_cast<uint32_t>(toupper(static_cast<int>(c))) : c;
      return up != lo && set_contains(p_, p_.sets[n.a], up);
    }
    return set_contains(p_, p_.sets[n.a], lower(fold, c));
  }
  static bool same_ignoring(Fold fold, uint32_t pattern, uint32_t c) {
    if (pattern == c) return true;
    if (fold == Fold::kLocale) {
      if (c > 255) return false;
      return static_cast<uint32_t>(tolower(static_cast<int>(c))) == pattern || static_cast<uint32_t>(toupper(static_cast<int>(c))) == pattern;
    }
    return lower(fold, c) == pattern;
  }
  bool unit(const Node& n, uint32_t c) const {
    switch (n.op) {
      case Op::kChar: return c == n.a;
      case Op::kNotChar: return c != n.a;
      case Op::kCharIgnore: return same_ignoring(static_cast<Fold>(n.fold), n.a, c);
      case Op::kNotCharIgnore: return !same_ignoring(static_cast<Fold>(n.fold), n.a, c);
      case Op::kAny: return c != '\n';
      case Op::kAnyAll: return true;
      case Op::kSet: return in_set(n, c);
      case Op::kSetIgnore: return in_set_ignore(n, c);
      case Op::kCategory: return in_category(n.a, c);
      default: return false;
    }
  }
  // How many characters from `ptr` on, at most `max`, the unit matches.
  Py_ssize_t count(const Node& n, Py_ssize_t ptr, uint32_t max) const {
    Py_ssize_t stop = end_;
    if (max != kMaxRepeat && static_cast<Py_ssize_t>(max) < stop - ptr) stop = ptr + static_cast<Py_ssize_t>(max);
    const C *p = text_ + ptr, *e = text_ + stop;
    switch (n.op) {
      case Op::kAnyAll: return stop - ptr;
      case Op::kAny: {
        Py_ssize_t i = find_char(sizeof(C), p, e - p, '\n');
        return i < 0 ? e - p : i;
      }
      case Op::kChar:
        while (p < e && *p == n.a) p++;
        break;
      case Op::kNotChar: {
        Py_ssize_t i = find_char(sizeof(C), p, e - p, n.a);
        return i < 0 ? e - p : i;
      }
      case Op::kSet: {
        const Set& s = p_.sets[n.a];
        if (s.dynamic) {
          while (p < e && set_contains(p_, s, *p)) p++;
        } else if constexpr (sizeof(C) == 1) {
          while (p < e && ((s.bits[*p >> 6] >> (*p & 63)) & 1)) p++;
        } else {
          while (p < e && (*p < 256 ? ((s.bits[*p >> 6] >> (*p & 63)) & 1) != 0 : set_contains(p_, s, *p))) p++;
        }
        break;
      }
      default:
        while (p < e && unit(n, *p)) p++;
    }
    return p - (text_ + ptr);
  }

  static bool is_word(uint32_t kind, uint32_t c) {
    // kind: 3 ASCII, 8 locale, 10 Unicode, as the position codes begin
    if (kind == 10) return unicode::is_alnum(c) || c == '_';
    return in_category(kind == 8 ? 8 : 4, c);
  }
  bool at(uint32_t code, Py_ssize_t ptr) const {
    switch (code) {
      case 0: case 2: return ptr == s_.beginning;
      case 1: return ptr == s_.beginning || text_[ptr - 1] == '\n';
      case 5: return ptr == end_ || (ptr + 1 == end_ && text_[ptr] == '\n');
      case 6: return ptr == end_ || text_[ptr] == '\n';
      case 7: return ptr == end_;
      default: {
        if (s_.beginning == end_) return false;
        uint32_t kind = code < 8 ? 3 : code < 10 ? 8 : 10;
        bool before = ptr > s_.beginning && is_word(kind, text_[ptr - 1]);
        bool after = ptr < end_ && is_word(kind, text_[ptr]);
        bool boundary = before != after;
        return code == 3 || code == 8 || code == 10 ? boundary : !boundary;
      }
    }
  }
};

template <class C>
int Matcher<C>::run(Py_ssize_t start) {
  uint32_t pc = p_.start;
  Py_ssize_t ptr = start;
  int64_t barrier = -1;  // index of the youngest barrier in the stack
  stack_.n = 0;
  auto* marks = s_.marks.data();
#define PUSH(kind, pc, ptr, extra)                            \
  do {                                                        \
    if (!stack_.push(Entry::kind, pc, ptr, extra)) return -1; \
  } while (0)

  for (;;) {
    const Node& n = nodes_[pc];
    switch (n.op) {
      case Op::kSuccess:
        if ((s_.full && ptr != end_) || ptr == s_.must_advance) goto fail;
        s_.match_start = start;
        s_.match_end = ptr;
        return 1;
      case Op::kFail: goto fail;
      case Op::kChar:
        if (ptr >= end_ || text_[ptr] != n.a) goto fail;
        ptr++;
        pc++;
        continue;
      case Op::kNotChar:
        if (ptr >= end_ || text_[ptr] == n.a) goto fail;
        ptr++;
        pc++;
        continue;
      case Op::kSet:
        if (ptr >= end_ || !in_set(n, text_[ptr])) goto fail;
        ptr++;
        pc++;
        continue;
      case Op::kAny: case Op::kAnyAll: case Op::kCharIgnore: case Op::kNotCharIgnore: case Op::kSetIgnore: case Op::kCategory:
        if (ptr >= end_ || !unit(n, text_[ptr])) goto fail;
        ptr++;
        pc++;
        continue;
      case Op::kAt:
        if (!at(n.a, ptr)) goto fail;
        pc++;
        continue;
      case Op::kMark:
        PUSH(kUndoMark, n.a, s_.lastindex, marks[n.a]);
        marks[n.a] = ptr;
        if (n.a & 1) s_.lastindex = static_cast<int>(n.a / 2 + 1);
        pc++;
        continue;
      case Op::kJump: pc = n.a; continue;
      case Op::kAlt: {
        // Alternatives whose first character cannot match are passed over.
        const Node& first = nodes_[pc + 1];
        if (first.op == Op::kChar ? ptr >= end_ || text_[ptr] != first.a
                                  : first.op == Op::kSet && (ptr >= end_ || !in_set(first, text_[ptr]))) {
          pc = n.a;
          continue;
        }
        PUSH(kChoice, n.a, ptr, 0);
        pc++;
        continue;
      }
      case Op::kRepeatOne: {
        if (static_cast<int64_t>(n.a) > end_ - ptr) goto fail;
        Py_ssize_t got = count(nodes_[pc + 1], ptr, n.b);
        if (got < static_cast<Py_ssize_t>(n.a)) goto fail;
        Py_ssize_t limit = ptr + static_cast<Py_ssize_t>(n.a);
        ptr += got;
        if (ptr > limit) PUSH(kGreedy, n.target, ptr, limit);
        pc = n.target;
        // A literal that follows must stand there: look for the last place where it does.
        if (nodes_[pc].op == Op::kChar && (ptr >= end_ || text_[ptr] != nodes_[pc].a)) goto fail;
        continue;
      }
      case Op::kMinRepeatOne: {
        if (static_cast<int64_t>(n.a) > end_ - ptr) goto fail;
        if (n.a > 0) {
          Py_ssize_t got = count(nodes_[pc + 1], ptr, n.a);
          if (got < static_cast<Py_ssize_t>(n.a)) goto fail;
          ptr += got;
        }
        if (n.b > n.a) PUSH(kLazy, pc, ptr, n.a);
        pc = n.target;
        continue;
      }
      case Op::kPossessiveOne: {
        if (static_cast<int64_t>(n.a) > end_ - ptr) goto fail;
        Py_ssize_t got = count(nodes_[pc + 1], ptr, n.b);
        if (got < static_cast<Py_ssize_t>(n.a)) goto fail;
        ptr += got;
        pc = n.target;
        continue;
      }
      case Op::kEnterRepeat: {
        Counter& c = counters_[n.a];
        PUSH(kUndoRepeat, n.a, c.last, c.count);
        c = {0, -1};
        pc++;
        continue;
      }
      case Op::kMaxUntil: {
        const Repeat& r = p_.repeats[n.a];
        Counter& c = counters_[n.a];
        if (c.count < static_cast<int64_t>(r.min)) {
          PUSH(kUndoRepeat, n.a, c.last, c.count);
          c.count++;
          pc = r.body;
        } else if ((c.count < static_cast<int64_t>(r.max) || r.max == kMaxRepeat) && ptr != c.last) {
          PUSH(kChoice, r.tail, ptr, 0);
          PUSH(kUndoRepeat, n.a, c.last, c.count);
          c.count++;
          c.last = ptr;
          pc = r.body;
        } else {
          pc = r.tail;
        }
        continue;
      }
      case Op::kMinUntil: {
        const Repeat& r = p_.repeats[n.a];
        Counter& c = counters_[n.a];
        if (c.count < static_cast<int64_t>(r.min)) {
          PUSH(kUndoRepeat, n.a, c.last, c.count);
          c.count++;
          pc = r.body;
        } else {
          PUSH(kLazyBody, pc, ptr, 0);
          pc = r.tail;
        }
        continue;
      }
      case Op::kPossessive: {
        const Repeat& r = p_.repeats[n.a];
        Counter& c = counters_[n.a];
        if ((c.count < static_cast<int64_t>(r.max) || r.max == kMaxRepeat) && ptr != c.last) {
          PUSH(kBarrier, pc, ptr, barrier);
          barrier = static_cast<int64_t>(stack_.n) - 1;
          PUSH(kUndoRepeat, n.a, c.last, c.count);
          if (c.count >= static_cast<int64_t>(r.min)) c.last = ptr;
          pc = r.body;
        } else {
          pc = r.tail;
        }
        continue;
      }
      case Op::kAssert: case Op::kAssertNot:
        if (ptr - s_.beginning < static_cast<Py_ssize_t>(n.b)) {
          // Not enough text to look back on.
          if (n.op == Op::kAssert) goto fail;
          pc = n.a;
          continue;
        }
        PUSH(kBarrier, pc, ptr, barrier);
        barrier = static_cast<int64_t>(stack_.n) - 1;
        ptr -= static_cast<Py_ssize_t>(n.b);
        pc++;
        continue;
      case Op::kAtomic:
        PUSH(kBarrier, pc, ptr, barrier);
        barrier = static_cast<int64_t>(stack_.n) - 1;
        pc++;
        continue;
      case Op::kEndSub: {
        auto at_frame = static_cast<size_t>(barrier);
        Frame f = stack_.base[at_frame];
        const Node& owner = nodes_[f.pc];
        if (owner.op == Op::kAssertNot) {
          // It matched: everything back to its beginning is undone, and it fails.
          while (stack_.n > at_frame + 1) {
            Frame& u = stack_.base[--stack_.n];
            if (u.kind == Entry::kUndoMark) {
              marks[u.pc] = u.extra;
              s_.lastindex = static_cast<int>(u.ptr);
            } else if (u.kind == Entry::kUndoRepeat) {
              counters_[u.pc] = {u.extra, u.ptr};
            }
          }
          stack_.n = at_frame;
          barrier = f.extra;
          goto fail;
        }
        // Its choices are dropped, its changes stay undoable.
        size_t kept = at_frame;
        for (size_t k = at_frame + 1; k < stack_.n; k++) {
          Entry kind = stack_.base[k].kind;
          if (kind == Entry::kUndoMark || kind == Entry::kUndoRepeat) stack_.base[kept++] = stack_.base[k];
        }
        stack_.n = kept;
        barrier = f.extra;
        if (owner.op == Op::kAssert) {
          ptr = f.ptr;
          pc = owner.a;
        } else if (owner.op == Op::kAtomic) {
          pc = owner.a;
        } else {  // a round of a possessive repetition
          Counter& c = counters_[owner.a];
          PUSH(kUndoRepeat, owner.a, c.last, c.count);
          c.count++;
          pc = f.pc;
        }
        continue;
      }
      case Op::kGroupRef: case Op::kGroupRefIgnore: {
        Py_ssize_t from = marks[n.a * 2], to = marks[n.a * 2 + 1];
        if (from < 0 || to < from) goto fail;
        if (end_ - ptr < to - from) goto fail;
        if (n.op == Op::kGroupRef) {
          if (memcmp(text_ + from, text_ + ptr, static_cast<size_t>(to - from) * sizeof(C)) != 0) goto fail;
        } else {
          auto fold = static_cast<Fold>(n.fold);
          for (Py_ssize_t k = 0; k < to - from; k++)
            if (lower(fold, text_[from + k]) != lower(fold, text_[ptr + k])) goto fail;
        }
        ptr += to - from;
        pc++;
        continue;
      }
      case Op::kGroupExists: {
        Py_ssize_t from = marks[n.a * 2], to = marks[n.a * 2 + 1];
        pc = from >= 0 && to >= from ? pc + 1 : n.target;
        continue;
      }
    }

  fail:
    if (ADDER_UNLIKELY((++poll_ & 0xFFFF) == 0)) {
      if (!run_signal_handlers()) return -1;
    }
    for (;;) {
      if (stack_.n == 0) return 0;
      Frame& f = stack_.base[stack_.n - 1];
      switch (f.kind) {
        case Entry::kUndoMark:
          marks[f.pc] = f.extra;
          s_.lastindex = static_cast<int>(f.ptr);
          stack_.n--;
          continue;
        case Entry::kUndoRepeat:
          counters_[f.pc] = {f.extra, f.ptr};
          stack_.n--;
          continue;
        case Entry::kChoice:
          pc = f.pc;
          ptr = f.ptr;
          stack_.n--;
          break;
        case Entry::kGreedy: {
          pc = f.pc;
          const Node& tail = nodes_[pc];
          Py_ssize_t limit = f.extra;
          ptr = f.ptr - 1;
          if (tail.op == Op::kChar) {
            while (ptr >= limit && text_[ptr] != tail.a) ptr--;
            if (ptr < limit) {
              stack_.n--;
              continue;
            }
          }
          if (ptr > limit) f.ptr = ptr;
          else stack_.n--;
          break;
        }
        case Entry::kLazy: {
          const Node& n = nodes_[f.pc];
          ptr = f.ptr;
          if (ptr >= end_ || !unit(nodes_[f.pc + 1], text_[ptr])) {
            stack_.n--;
            continue;
          }
          ptr++;
          f.extra++;
          f.ptr = ptr;
          pc = n.target;
          if (n.b != kMaxRepeat && f.extra >= static_cast<int64_t>(n.b)) stack_.n--;
          break;
        }
        case Entry::kLazyBody: {
          const Node& n = nodes_[f.pc];
          const Repeat& r = p_.repeats[n.a];
          Counter& c = counters_[n.a];
          ptr = f.ptr;
          stack_.n--;
          if ((c.count >= static_cast<int64_t>(r.max) && r.max != kMaxRepeat) || ptr == c.last) continue;
          PUSH(kUndoRepeat, n.a, c.last, c.count);
          c.count++;
          c.last = ptr;
          pc = r.body;
          break;
        }
        case Entry::kBarrier: {
          const Node& owner = nodes_[f.pc];
          barrier = f.extra;
          ptr = f.ptr;
          stack_.n--;
          if (owner.op == Op::kAssertNot) {
            pc = owner.a;
            break;
          }
          if (owner.op == Op::kPossessive && counters_[owner.a].count >= static_cast<int64_t>(p_.repeats[owner.a].min)) {
            pc = p_.repeats[owner.a].tail;
            break;
          }
          continue;
        }
      }
      break;
    }
  }
#undef PUSH
}

template <class C>
int search_in(State& s) {
  Matcher<C> m(s);
  const Program& p = *s.program;
  auto* text = static_cast<const C*>(s.data);
  Py_ssize_t at = s.start, end = s.end;
  if (static_cast<int64_t>(p.min_width) > end - at) return 0;
  Py_ssize_t last = end - static_cast<Py_ssize_t>(p.min_width);  // a match starts no later
  auto attempt = [&](Py_ssize_t i) {
    int r = m.run(i);
    if (i == s.start) s.must_advance = -1;
    return r;
  };
  const Node& first = p.nodes[p.start];
  if (first.op == Op::kAt && (first.a == 0 || first.a == 2)) return attempt(at);  // only where the text begins
  if (!p.prefix.empty()) {
    // Text that every match starts with.
    std::vector<C> prefix;
    for (uint32_t c : p.prefix) {
      if (sizeof(C) < 4 && c >= (uint64_t{1} << (8 * sizeof(C)))) return 0;
      prefix.push_back(static_cast<C>(c));
    }
    while (at <= last) {
      Py_ssize_t hit = find_chars(sizeof(C), text + at, end - at, prefix.data(), static_cast<Py_ssize_t>(prefix.size()));
      if (hit < 0) return 0;
      at += hit;
      int r = attempt(at);
      if (r) return r;
      at++;
    }
    return 0;
  }
  if (p.first_set >= 0) {
    const Set& set = p.sets[static_cast<size_t>(p.first_set)];
    for (; at <= last; at++) {
      if (sizeof(C) == 1 && !set.dynamic) {
        while (at < end && !((set.bits[(text[at] & 0xFF) >> 6] >> (text[at] & 63)) & 1)) at++;
      } else {
        while (at < end && !set_contains(p, set, text[at])) at++;
      }
      if (at >= end) return 0;
      int r = attempt(at);
      if (r) return r;
    }
    return 0;
  }
  for (; at <= last; at++) {
    int r = attempt(at);
    if (r) return r;
  }
  return 0;
}

}  // namespace

int match(State& s) {
  if (s.start > s.end) return 0;
  if (s.kind == 1) return Matcher<uint8_t>(s).run(s.start);
  if (s.kind == 2) return Matcher<uint16_t>(s).run(s.start);
  return Matcher<uint32_t>(s).run(s.start);
}

int search(State& s) {
  if (s.start > s.end) return 0;
  if (s.kind == 1) return search_in<uint8_t>(s);
  if (s.kind == 2) return search_in<uint16_t>(s);
  return search_in<uint32_t>(s);
}

}  // namespace adder::sre
