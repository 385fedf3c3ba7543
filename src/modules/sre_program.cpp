// Translation of re's code words into the matcher's program, and the tests of characters that both need.
#include <cctype>
#include "modules/sre.h"
#include "object/str.h"

namespace adder::sre {

namespace {

// The opcodes of re/_constants.py, in its order.
enum Word : uint32_t {
  FAILURE, SUCCESS, ANY, ANY_ALL, ASSERT, ASSERT_NOT, AT, BRANCH, CATEGORY, CHARSET, BIGCHARSET, GROUPREF, GROUPREF_EXISTS, IN, INFO,
  JUMP, LITERAL, MARK, MAX_UNTIL, MIN_UNTIL, NOT_LITERAL, NEGATE, RANGE, REPEAT, REPEAT_ONE, SUBPATTERN, MIN_REPEAT_ONE, ATOMIC_GROUP,
  POSSESSIVE_REPEAT, POSSESSIVE_REPEAT_ONE, GROUPREF_IGNORE, IN_IGNORE, LITERAL_IGNORE, NOT_LITERAL_IGNORE, GROUPREF_LOC_IGNORE,
  IN_LOC_IGNORE, LITERAL_LOC_IGNORE, NOT_LITERAL_LOC_IGNORE, GROUPREF_UNI_IGNORE, IN_UNI_IGNORE, LITERAL_UNI_IGNORE,
  NOT_LITERAL_UNI_IGNORE, RANGE_UNI_IGNORE
};
enum : uint32_t { INFO_PREFIX = 1, INFO_LITERAL = 2, INFO_CHARSET = 4 };
enum : uint32_t { kLocWord = 8, kLocNotWord = 9 };

// The items of a set, read from the words; the first true one decides.
bool items_contain(const std::vector<uint32_t>& w, size_t i, uint32_t c) {
  bool found = true;
  for (;;) {
    switch (w[i++]) {
      case FAILURE: return !found;
      case LITERAL:
        if (c == w[i]) return found;
        i++;
        break;
      case CATEGORY:
        if (in_category(w[i], c)) return found;
        i++;
        break;
      case CHARSET:
        if (c < 256 && ((w[i + (c >> 5)] >> (c & 31)) & 1)) return found;
        i += 8;
        break;
      case RANGE:
        if (w[i] <= c && c <= w[i + 1]) return found;
        i += 2;
        break;
      case RANGE_UNI_IGNORE: {
        if (w[i] <= c && c <= w[i + 1]) return found;
        uint32_t up = unicode::to_upper(c);
        if (w[i] <= up && up <= w[i + 1]) return found;
        i += 2;
        break;
      }
      case NEGATE: found = !found; break;
      case BIGCHARSET: {
        uint32_t blocks = w[i++];
        if (c < 65536) {
          auto* map = reinterpret_cast<const uint8_t*>(&w[i]);
          uint32_t block = map[c >> 8];
          if ((w[i + 64 + block * 8 + ((c & 255) >> 5)] >> (c & 31)) & 1) return found;
        }
        i += 64 + blocks * 8;
        break;
      }
      default: return false;
    }
  }
}

class Translator {
 public:
  Translator(Program* p, uint32_t groups) : p_(*p), w_(p->words), groups_(groups) {}

  bool run() {
    size_t i = 0, n = w_.size();
    if (n < 1 || w_[n - 1] != SUCCESS) return false;
    if (w_[0] == INFO) {
      if (!info(0)) return false;
      i = 1 + w_[1];
    }
    p_.start = 0;
    if (i >= n || !range(i, n)) return false;
    emit({Op::kSuccess});
    drop_choices();
    return true;
  }

 private:
  Program& p_;
  const std::vector<uint32_t>& w_;
  uint32_t groups_;
  int depth_ = 0;

  size_t emit(Node n) {
    p_.nodes.push_back(n);
    return p_.nodes.size() - 1;
  }
  uint32_t here() const { return static_cast<uint32_t>(p_.nodes.size()); }
  // Whether `count` words stand at i.
  bool has(size_t i, size_t count, size_t end) const { return i + count <= end && end <= w_.size(); }

  // Checks a set's items between i and end, ending in FAILURE; a negative result is an error.
  int make_set(size_t i, size_t end, Fold fold) {
    bool dynamic = fold == Fold::kLocale;
    size_t k = i;
    for (bool done = false; !done;) {
      if (k >= end) return -1;
      switch (w_[k++]) {
        case FAILURE: done = true; break;
        case NEGATE: break;
        case LITERAL: k += 1; break;
        case CATEGORY:
          if (k >= end || w_[k] > 17) return -1;
          dynamic |= w_[k] == kLocWord || w_[k] == kLocNotWord;
          k += 1;
          break;
        case RANGE:
        case RANGE_UNI_IGNORE: k += 2; break;
        case CHARSET: k += 8; break;
        case BIGCHARSET: {
          if (k >= end) return -1;
          uint32_t blocks = w_[k];
          if (blocks > 256 || !has(k, 1 + 64 + blocks * 8, end)) return -1;
          auto* map = reinterpret_cast<const uint8_t*>(&w_[k + 1]);
          for (int b = 0; b < 256; b++)
            if (map[b] >= blocks) return -1;
          k += 1 + 64 + blocks * 8;
          break;
        }
        default: return -1;
      }
      if (k > end) return -1;
    }
    Set s{};
    s.code = static_cast<uint32_t>(i);
    s.dynamic = dynamic;
    if (!dynamic)
      for (uint32_t c = 0; c < 256; c++)
        if (items_contain(w_, i, c)) s.bits[c >> 6] |= uint64_t{1} << (c & 63);
    p_.sets.push_back(s);
    return static_cast<int>(p_.sets.size() - 1);
  }

  bool info(size_t i) {
    size_t n = w_.size();
    if (!has(i, 5, n)) return false;
    uint32_t skip = w_[i + 1], flags = w_[i + 2];
    if (skip < 3 || i + 1 + skip > n) return false;
    p_.min_width = w_[i + 3];
    size_t end = i + 1 + skip, at = i + 5;
    if (flags & INFO_PREFIX) {
      if (!has(at, 2, end)) return false;
      uint32_t length = w_[at];
      if (!has(at + 2, length, end)) return false;
      p_.prefix.assign(w_.begin() + static_cast<long>(at + 2), w_.begin() + static_cast<long>(at + 2 + length));
      p_.literal = (flags & INFO_LITERAL) != 0;
    } else if (flags & INFO_CHARSET) {
      p_.first_set = make_set(at, end, Fold::kNone);
      if (p_.first_set < 0) return false;
    }
    return true;
  }

  // A node for one character, or false if the words at i are something else. *i moves behind.
  bool unit(size_t* i, size_t end, bool* known) {
    *known = true;
    uint32_t op = w_[*i];
    auto arg = [&](uint32_t* out) {
      if (!has(*i, 2, end)) return false;
      *out = w_[*i + 1];
      *i += 2;
      return true;
    };
    Node n;
    auto character = [&](Op o, Fold f) {
      n.op = o;
      n.fold = static_cast<uint8_t>(f);
      if (!arg(&n.a)) return false;
      emit(n);
      return true;
    };
    auto set = [&](Op o, Fold f) {
      if (!has(*i, 2, end)) return false;
      uint32_t skip = w_[*i + 1];
      size_t stop = *i + 1 + skip;
      if (skip < 1 || stop > end) return false;
      int s = make_set(*i + 2, stop, f);
      if (s < 0) return false;
      n.op = o;
      n.fold = static_cast<uint8_t>(f);
      n.a = static_cast<uint32_t>(s);
      emit(n);
      *i = stop;
      return true;
    };
    switch (op) {
      case ANY: emit({Op::kAny}); ++*i; return true;
      case ANY_ALL: emit({Op::kAnyAll}); ++*i; return true;
      case LITERAL: return character(Op::kChar, Fold::kNone);
      case NOT_LITERAL: return character(Op::kNotChar, Fold::kNone);
      case LITERAL_IGNORE: return character(Op::kCharIgnore, Fold::kAscii);
      case NOT_LITERAL_IGNORE: return character(Op::kNotCharIgnore, Fold::kAscii);
      case LITERAL_LOC_IGNORE: return character(Op::kCharIgnore, Fold::kLocale);
      case NOT_LITERAL_LOC_IGNORE: return character(Op::kNotCharIgnore, Fold::kLocale);
      case LITERAL_UNI_IGNORE: return character(Op::kCharIgnore, Fold::kUnicode);
      case NOT_LITERAL_UNI_IGNORE: return character(Op::kNotCharIgnore, Fold::kUnicode);
      case IN: return set(Op::kSet, Fold::kNone);
      case IN_IGNORE: return set(Op::kSetIgnore, Fold::kAscii);
      case IN_LOC_IGNORE: return set(Op::kSetIgnore, Fold::kLocale);
      case IN_UNI_IGNORE: return set(Op::kSetIgnore, Fold::kUnicode);
      case CATEGORY:
        if (!has(*i, 2, end) || w_[*i + 1] > 17) return false;
        return character(Op::kCategory, Fold::kNone);
      default: *known = false; return true;
    }
  }

  // Translates the words [i, end); stops at a SUCCESS that ends a body.
  bool range(size_t i, size_t end) {
    if (++depth_ > 2000) return false;
    while (i < end) {
      bool known;
      if (!unit(&i, end, &known)) return false;
      if (known) continue;
      switch (w_[i]) {
        case FAILURE: emit({Op::kFail}); i++; break;
        case SUCCESS: depth_--; return true;
        case INFO:
          if (!has(i, 2, end)) return false;
          i += 1 + w_[i + 1];
          break;
        case AT:
          if (!has(i, 2, end) || w_[i + 1] > 11) return false;
          emit({Op::kAt, 0, w_[i + 1]});
          i += 2;
          break;
        case MARK:
          if (!has(i, 2, end) || w_[i + 1] >= groups_ * 2) return false;
          emit({Op::kMark, 0, w_[i + 1]});
          i += 2;
          break;
        case GROUPREF: case GROUPREF_IGNORE: case GROUPREF_LOC_IGNORE: case GROUPREF_UNI_IGNORE: {
          if (!has(i, 2, end) || w_[i + 1] >= groups_) return false;
          Fold f = w_[i] == GROUPREF ? Fold::kNone : w_[i] == GROUPREF_IGNORE ? Fold::kAscii : w_[i] == GROUPREF_LOC_IGNORE ? Fold::kLocale : Fold::kUnicode;
          emit({f == Fold::kNone ? Op::kGroupRef : Op::kGroupRefIgnore, static_cast<uint8_t>(f), w_[i + 1]});
          i += 2;
          break;
        }
        case BRANCH: {
          std::vector<size_t> jumps;
          i++;
          while (true) {
            if (i >= end) return false;
            uint32_t skip = w_[i];
            if (skip == 0) break;
            size_t stop = i + skip;
            if (skip < 3 || stop >= end || w_[stop - 2] != JUMP) return false;
            bool last = w_[stop] == 0;
            size_t alt = 0;
            if (!last) alt = emit({Op::kAlt});
            if (!range(i + 1, stop - 2)) return false;
            if (!last) {
              jumps.push_back(emit({Op::kJump}));
              p_.nodes[alt].a = here();
              // An alternative that starts with a character or a set need not be tried on another.
              p_.nodes[alt].target = static_cast<uint32_t>(alt + 1);
            }
            i = stop;
          }
          i++;
          for (size_t j : jumps) p_.nodes[j].a = here();
          break;
        }
        case REPEAT_ONE: case MIN_REPEAT_ONE: case POSSESSIVE_REPEAT_ONE: {
          if (!has(i, 4, end)) return false;
          Op op = w_[i] == REPEAT_ONE ? Op::kRepeatOne : w_[i] == MIN_REPEAT_ONE ? Op::kMinRepeatOne : Op::kPossessiveOne;
          size_t stop = i + 1 + w_[i + 1];
          if (stop > end || stop < i + 5 || w_[i + 2] > w_[i + 3]) return false;
          size_t at = emit({op, 0, w_[i + 2], w_[i + 3]});
          size_t item = i + 4;
          if (!unit(&item, stop, &known) || !known || item + 1 != stop || w_[item] != SUCCESS) return false;
          p_.nodes[at].target = here();
          i = stop;
          break;
        }
        case REPEAT: {
          if (!has(i, 4, end)) return false;
          size_t stop = i + 1 + w_[i + 1];
          if (stop >= end || stop < i + 4 || w_[i + 2] > w_[i + 3] || (w_[stop] != MAX_UNTIL && w_[stop] != MIN_UNTIL)) return false;
          auto r = static_cast<uint32_t>(p_.repeats.size());
          p_.repeats.push_back({w_[i + 2], w_[i + 3], 0, 0});
          emit({Op::kEnterRepeat, 0, r});
          size_t jump = emit({Op::kJump});
          p_.repeats[r].body = here();
          if (!range(i + 4, stop)) return false;
          p_.nodes[jump].a = here();
          emit({w_[stop] == MAX_UNTIL ? Op::kMaxUntil : Op::kMinUntil, 0, r});
          p_.repeats[r].tail = here();
          i = stop + 1;
          break;
        }
        case POSSESSIVE_REPEAT: {
          if (!has(i, 4, end)) return false;
          size_t stop = i + 1 + w_[i + 1];
          if (stop >= end || stop < i + 4 || w_[i + 2] > w_[i + 3] || w_[stop] != SUCCESS) return false;
          auto r = static_cast<uint32_t>(p_.repeats.size());
          p_.repeats.push_back({w_[i + 2], w_[i + 3], 0, 0});
          emit({Op::kEnterRepeat, 0, r});
          emit({Op::kPossessive, 0, r});
          p_.repeats[r].body = here();
          if (!range(i + 4, stop)) return false;
          emit({Op::kEndSub});
          p_.repeats[r].tail = here();
          i = stop + 1;
          break;
        }
        case ASSERT: case ASSERT_NOT: {
          if (!has(i, 3, end)) return false;
          size_t stop = i + 1 + w_[i + 1];
          if (stop > end || stop < i + 4 || w_[stop - 1] != SUCCESS) return false;
          size_t at = emit({w_[i] == ASSERT ? Op::kAssert : Op::kAssertNot, 0, 0, w_[i + 2]});
          if (!range(i + 3, stop - 1)) return false;
          emit({Op::kEndSub});
          p_.nodes[at].a = here();
          i = stop;
          break;
        }
        case ATOMIC_GROUP: {
          if (!has(i, 2, end)) return false;
          size_t stop = i + 1 + w_[i + 1];
          if (stop > end || stop < i + 3 || w_[stop - 1] != SUCCESS) return false;
          size_t at = emit({Op::kAtomic});
          if (!range(i + 2, stop - 1)) return false;
          emit({Op::kEndSub});
          p_.nodes[at].a = here();
          i = stop;
          break;
        }
        case GROUPREF_EXISTS: {
          if (!has(i, 3, end) || w_[i + 1] >= groups_) return false;
          size_t else_at = i + 2 + w_[i + 2] - 1;
          if (else_at > end || else_at < i + 3) return false;
          size_t test = emit({Op::kGroupExists, 0, w_[i + 1]});
          // The yes part ends with a jump over the no part, if there is one.
          size_t yes_end = else_at, no_end = else_at;
          if (else_at >= i + 5 && w_[else_at - 2] == JUMP && ends_with_jump(i + 3, else_at)) {
            yes_end = else_at - 2;
            no_end = else_at - 1 + w_[else_at - 1];
            if (no_end > end || no_end < else_at) return false;
          }
          if (!range(i + 3, yes_end)) return false;
          if (no_end > else_at) {
            size_t jump = emit({Op::kJump});
            p_.nodes[test].target = here();
            if (!range(else_at, no_end)) return false;
            p_.nodes[jump].a = here();
          } else {
            p_.nodes[test].target = here();
          }
          i = no_end;
          break;
        }
        default: return false;
      }
    }
    depth_--;
    return i == end;
  }

  // Whether a repetition's item may match a character; true where that is not known beforehand.
  bool may_match(const Node& item, uint32_t c) const {
    switch (item.op) {
      case Op::kChar: return c == item.a;
      case Op::kNotChar: return c != item.a;
      case Op::kAny: return c != '\n';
      case Op::kSet: return p_.sets[item.a].dynamic || set_contains(p_, p_.sets[item.a], c);
      case Op::kCategory: return item.a == kLocWord || item.a == kLocNotWord || in_category(item.a, c);
      default: return true;
    }
  }
  // A greedy repetition of one character is tried at one length only if what follows cannot match at any shorter one: a character that the
  // item does not match, or the end of the pattern, which takes the longest.
  void drop_choices() {
    for (size_t i = 0; i < p_.nodes.size(); i++) {
      if (p_.nodes[i].op != Op::kRepeatOne) continue;
      const Node& item = p_.nodes[i + 1];
      uint32_t next = p_.nodes[i].target;
      for (int steps = 0; steps < 16 && (p_.nodes[next].op == Op::kMark || p_.nodes[next].op == Op::kJump); steps++) {
        next = p_.nodes[next].op == Op::kMark ? next + 1 : p_.nodes[next].a;
      }
      const Node& follows = p_.nodes[next];
      const bool only_longest = follows.op == Op::kSuccess || (follows.op == Op::kChar && !may_match(item, follows.a)) ||
                                (follows.op == Op::kSet && item.op == Op::kChar && !may_match(follows, item.a));
      if (only_longest) p_.nodes[i].op = Op::kPossessiveOne;
    }
  }

  // Whether the words [i, end) are whole operations, the last of which is JUMP.
  bool ends_with_jump(size_t i, size_t end) const {
    while (i < end) {
      uint32_t op = w_[i];
      if (op == JUMP) return i + 2 == end;
      switch (op) {
        case FAILURE: case ANY: case ANY_ALL: case SUCCESS: i += 1; break;
        case AT: case MARK: case CATEGORY: case LITERAL: case NOT_LITERAL: case GROUPREF:
        case LITERAL_IGNORE: case NOT_LITERAL_IGNORE: case GROUPREF_IGNORE:
        case LITERAL_LOC_IGNORE: case NOT_LITERAL_LOC_IGNORE: case GROUPREF_LOC_IGNORE:
        case LITERAL_UNI_IGNORE: case NOT_LITERAL_UNI_IGNORE: case GROUPREF_UNI_IGNORE: i += 2; break;
        case BRANCH:
          i++;
          while (i < end && w_[i]) i += w_[i];
          i++;
          break;
        case REPEAT: case POSSESSIVE_REPEAT:
          if (i + 1 >= end) return false;
          i += 2 + w_[i + 1];
          break;
        case GROUPREF_EXISTS: {
          if (i + 2 >= end) return false;
          size_t else_at = i + 2 + w_[i + 2] - 1;
          if (else_at > end || else_at < i + 3) return false;
          i = ends_with_jump(i + 3, else_at) ? else_at - 1 + w_[else_at - 1] : else_at;
          break;
        }
        default:
          if (i + 1 >= end || w_[i + 1] == 0) return false;
          i += 1 + w_[i + 1];
      }
    }
    return false;
  }
};

inline bool ascii_word(uint32_t c) { return c < 128 && (isalnum(static_cast<int>(c)) || c == '_'); }
inline bool ascii_space(uint32_t c) { return c == ' ' || (c >= 9 && c <= 13); }

}  // namespace

bool translate(std::vector<uint32_t> words, Program* out, uint32_t groups) {
  out->words = std::move(words);
  return Translator(out, groups).run();
}

bool set_contains(const Program& p, const Set& s, uint32_t c) {
  if (ADDER_LIKELY(c < 256 && !s.dynamic)) return ((s.bits[c >> 6] >> (c & 63)) & 1) != 0;
  return items_contain(p.words, s.code, c);
}

bool in_category(uint32_t category, uint32_t c) {
  switch (category) {
    case 0: return c < 128 && c >= '0' && c <= '9';
    case 1: return !(c < 128 && c >= '0' && c <= '9');
    case 2: return ascii_space(c);
    case 3: return !ascii_space(c);
    case 4: return ascii_word(c);
    case 5: return !ascii_word(c);
    case 6: return c == '\n';
    case 7: return c != '\n';
    case 8: return c < 256 && (isalnum(static_cast<int>(c)) || c == '_');
    case 9: return !(c < 256 && (isalnum(static_cast<int>(c)) || c == '_'));
    case 10: return unicode::is_decimal(c);
    case 11: return !unicode::is_decimal(c);
    case 12: return unicode::is_space(c);
    case 13: return !unicode::is_space(c);
    case 14: return unicode::is_alnum(c) || c == '_';
    case 15: return !(unicode::is_alnum(c) || c == '_');
    case 16: return unicode::is_linebreak(c);
    case 17: return !unicode::is_linebreak(c);
    default: return false;
  }
}

uint32_t lower(Fold fold, uint32_t c) {
  switch (fold) {
    case Fold::kAscii: return c < 128 && c >= 'A' && c <= 'Z' ? c + 32 : c;
    case Fold::kLocale: return c < 256 ? static_cast<uint32_t>(tolower(static_cast<int>(c))) : c;
    case Fold::kUnicode: return unicode::to_lower(c);
    default: return c;
  }
}

}  // namespace adder::sre
