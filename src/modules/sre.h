// Regular expressions: the program that the module _sre makes of re's code, and its matcher.
//
// re/_compiler.py gives a list of words (re/_constants.py names them). It is translated once into nodes with absolute
// targets; the matcher runs these with an explicit stack of choices and of changes to undo, so that patterns of any depth
// need no recursion in C.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>
#include "memory/gc.h"
#include "object/abi.h"
#include "object/error.h"

namespace adder::sre {

enum class Op : uint8_t {
  kFail, kSuccess,
  kChar, kNotChar, kCharIgnore, kNotCharIgnore,      // a: character; ignore: b is the way of lower-casing
  kAny, kAnyAll, kSet, kSetIgnore, kCategory,        // a: set or category
  kAt,                                               // a: position code
  kMark,                                             // a: mark
  kAlt,                                              // a: where the next alternative starts; c: its first-character test, if any
  kJump,                                             // a
  kRepeatOne, kMinRepeatOne, kPossessiveOne,         // next node is the item; a min, b max; target: behind
  kEnterRepeat,                                      // a: repeat
  kMaxUntil, kMinUntil,                              // a: repeat
  kPossessive,                                       // a: repeat
  kAssert, kAssertNot, kAtomic,                      // a: where to go on; b: characters back
  kEndSub,                                           // the end of an assertion's, atomic group's or possessive body
  kGroupRef, kGroupRefIgnore,                        // a: group; b: way of lower-casing
  kGroupExists                                       // a: group; target: where else
};

enum class Fold : uint8_t { kNone, kAscii, kLocale, kUnicode };

struct Node {
  Op op = Op::kFail;
  uint8_t fold = 0;
  uint32_t a = 0, b = 0;
  uint32_t target = 0;
};

struct Set {
  uint64_t bits[4];   // characters below 256, negation applied
  uint32_t code;      // where its items stand in the words
  bool dynamic;       // depends on the locale: always looked up in the items
};

struct Repeat {
  uint32_t min, max;
  uint32_t body, tail;  // nodes
};

inline constexpr uint32_t kMaxRepeat = 0xFFFFFFFF;

struct Program {
  std::vector<uint32_t> words;
  std::vector<Node> nodes;
  std::vector<Set> sets;
  std::vector<Repeat> repeats;
  uint32_t start = 0;
  uint32_t min_width = 0;
  std::vector<uint32_t> prefix;  // literal text that every match starts with
  int first_set = -1;            // or the set of its first character
  bool literal = false;          // the pattern is the prefix and nothing else
};

// false: the words are no program (RuntimeError is the caller's).
bool translate(std::vector<uint32_t> words, Program* out, uint32_t groups);
bool set_contains(const Program& p, const Set& s, uint32_t c);
bool in_category(uint32_t category, uint32_t c);
uint32_t lower(Fold fold, uint32_t c);

// Where groups begin and end, as character indices; -1: unset. In place where they are few.
class Marks {
 public:
  Marks() = default;
  ~Marks() {
    if (words_ != few_) object_free(words_);
  }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;
  // n of them, once; false: MemoryError.
  bool make(size_t n) {
    if (n > kFew) {
      auto* words = static_cast<Py_ssize_t*>(object_malloc(n * sizeof(Py_ssize_t)));
      if (!words) return raise_no_memory();
      words_ = words;
    }
    n_ = n;
    clear();
    return true;
  }
  void clear() { std::fill_n(words_, n_, -1); }
  Py_ssize_t* data() { return words_; }
  Py_ssize_t operator[](size_t i) const { return words_[i]; }

 private:
  static constexpr size_t kFew = 20;
  Py_ssize_t few_[kFew];
  Py_ssize_t* words_ = few_;
  size_t n_ = 0;
};

// A subject and the outcome of matching.
struct State {
  const Program* program;
  int kind;                  // bytes a character
  const void* data;          // the whole subject
  Py_ssize_t start, end;     // where matching begins, where the subject ends for the matcher
  Py_ssize_t beginning;      // what ^ and look-behind see as the start
  bool full = false;         // the match must end at `end`
  Py_ssize_t must_advance = -1;  // a match must not be empty at this index
  Marks marks;
  int lastindex = -1;
  Py_ssize_t match_start = 0, match_end = 0;
};
// At state.start only / anywhere from there. 1 match, 0 none, -1 an exception.
int match(State& s);
int search(State& s);

}  // namespace adder::sre
