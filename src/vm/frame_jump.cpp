// frame.f_lineno = line: moves a traced frame to another line. What is live there must be live here, in the same registers and of the
// same kind; what more is live here (iterators, exits of `with`, handled exceptions) is released, so one can leave blocks but not enter them.
#include <algorithm>
#include <vector>
#include "compile/liveness.h"
#include "compile/tables.h"
#include "object/int.h"
#include "object/object.h"
#include "vm/frame.h"
#include "vm/interp.h"

namespace adder {

bool frame_jump(Frame* f, Value line_value);

namespace {

enum class Kind : uint8_t { kValue, kIterator, kException, kHandled };
struct Held {
  int reg;
  Kind kind;
  bool operator==(const Held&) const = default;
};
using HeldSet = std::vector<Held>;

// What each temporary holds, found by going through the code in order: a definition stands before its uses.
class Kinds {
 public:
  Kinds(PyCodeObject* code, const Liveness* liveness) : code_(code), liveness_(liveness), kinds_(static_cast<size_t>(code_registers(code)), Kind::kValue) {
    int n;
    if (!code_ranges(code, &ranges_, &n)) clear_error();
    else range_count_ = n;
  }
  // Before the instruction at a word: handlers begin with their exception.
  void enter(Py_ssize_t at) {
    for (int i = 0; i < range_count_; i++) {
      if (ranges_[i].target == at) kinds_[static_cast<size_t>(ranges_[i].reg)] = Kind::kException;
    }
  }
  void leave(Py_ssize_t at) {
    const Word* w = code_words(code_) + at;
    Op op = general_form(op_of(*w));
    Kind kind = op == Op::kGET_ITER || op == Op::kGET_AITER ? Kind::kIterator : op == Op::kPUSH_EXC ? Kind::kHandled : Kind::kValue;
    for_each_operand(*w, [&](Operand o, uint16_t field) {
      if (o == Operand::kout && (field & kRegisterMask) >= code_->co_nlocalsplus) kinds_[field & kRegisterMask] = kind;
    });
    for_each_window_run(w, [&](bool is_out, int reg, int count) {
      for (int i = 0; is_out && i < count; i++) kinds_[static_cast<size_t>(reg + i)] = Kind::kValue;
    });
  }
  // What is held before the instruction at a word, lowest register first; false: it is never reached.
  bool held(Py_ssize_t at, HeldSet* out) const {
    out->clear();
    const uint64_t* row = liveness_->raising(at);
    if (!row) return false;
    std::vector<bool> live(kinds_.size(), false);
    for (size_t r = static_cast<size_t>(liveness_->first); r < kinds_.size(); r++) {
      size_t bit = r - static_cast<size_t>(liveness_->first);
      live[r] = row[bit / 64] >> (bit % 64) & 1;
    }
    const Word* w = code_words(code_) + at;
    for_each_operand(*w, [&](Operand o, uint16_t field) {
      bool reads = o == Operand::kin || o == Operand::knode || (o == Operand::kopt && field != kNoRegister);
      if (reads && (field & kLastUse)) live[field & kRegisterMask] = true;
    });
    for_each_window_run(w, [&](bool is_out, int reg, int count) {
      for (int i = 0; !is_out && i < count; i++) live[static_cast<size_t>(reg + i)] = true;
    });
    for (size_t r = 0; r < live.size(); r++) {
      if (live[r]) out->push_back({static_cast<int>(r), kinds_[r]});
    }
    return true;
  }

 private:
  PyCodeObject* code_;
  const Liveness* liveness_;
  const ExceptionRange* ranges_ = nullptr;
  int range_count_ = 0;
  std::vector<Kind> kinds_;
};

const char* why_not(const HeldSet& target) {
  for (size_t i = target.size(); i-- > 0;) {
    if (target[i].kind == Kind::kIterator) return "can't jump into the body of a for loop";
    if (target[i].kind == Kind::kException || target[i].kind == Kind::kHandled) return "can't jump into an 'except' block as there's no exception";
  }
  return "differing stack depth";
}

}  // namespace

bool frame_jump(Frame* f, Value line_value) {
  int line;
  if (!is_int(line_value)) return raise(PyExc_ValueError, "lineno must be an integer");
  if (!as_int(line_value, &line)) {
    clear_error();
    return raise(PyExc_ValueError, "lineno out of range");
  }
  Thread* t = this_thread();
  if (t->ts.tracing) {
    switch (t->ts.tracing_what) {
      case PyTrace_LINE: break;
      case PyTrace_CALL: return raise(PyExc_ValueError, "can't jump from the 'call' trace event of a new frame");
      default: return raise(PyExc_ValueError, "can only jump from a 'line' trace event");
    }
  }
  auto* o = reinterpret_cast<FrameObject*>(f->object);
  if (!o || !o->trace || !t->ts.tracing) return raise(PyExc_ValueError, "f_lineno can only be set by a trace function");
  PyCodeObject* code = f->code;
  if (line < code->co_firstlineno) return raise(PyExc_ValueError, "line %d comes before the current code block", line);
  const Liveness* liveness = code_liveness(code);
  if (!liveness) return false;

  // The first line from the wanted one on that has code.
  const Word* words = code_words(code);
  Py_ssize_t count = code_word_count(code), current = f->word_index();
  int found = -1;
  std::vector<int> lines(static_cast<size_t>(count), -1);
  for (LocationReader reader(code); reader.next();) {
    int l = reader.position.line;
    for (Py_ssize_t at = reader.start; at < reader.end && at < count; at++) lines[static_cast<size_t>(at)] = l;
    if (l >= line && (found < 0 || l < found)) found = l;
  }
  if (found < 0) return raise(PyExc_ValueError, "line %d comes after the current code block", line);

  Kinds kinds(code, liveness);
  HeldSet here, there, best;
  struct Candidate { Py_ssize_t at; HeldSet held; };
  std::vector<Candidate> candidates;
  bool reached = false;
  int last = -1;
  for (Py_ssize_t at = 0; at < count; at += op_info(op_of(words[at])).words()) {
    kinds.enter(at);
    if (at == current) reached = kinds.held(at, &here);
    int l = lines[static_cast<size_t>(at)];
    if (l == found && last != found && kinds.held(at, &there)) candidates.push_back({at, there});
    last = l;
    kinds.leave(at);
  }
  if (!reached) return raise(PyExc_ValueError, "can't jump from within an exception handler");
  Py_ssize_t target = -1;
  const char* why = "cannot find bytecode for specified line";
  for (Candidate& c : candidates) {
    bool fits = c.held.size() <= here.size() && std::equal(c.held.begin(), c.held.end(), here.begin());
    if (fits && (target < 0 || c.held.size() > best.size())) {
      target = c.at;
      best = c.held;
    } else if (!fits && target < 0) {
      why = why_not(c.held);
    }
  }
  if (target < 0) return raise(PyExc_ValueError, "%s", why);

  Value* r = f->registers();
  f->pc = words + target;
  o->lineno = 0;
  // Code there may rely on locals that this way leaves unbound: they become None.
  auto* local_kinds = reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(code->co_localspluskinds));
  for (int i = 0; i < code->co_nlocalsplus; i++) {
    if (!r[i] && local_kinds[i] == kLocalKind) r[i] = none_ref().release();
  }
  for (size_t i = here.size(); i-- > best.size();) {
    Value old = r[here[i].reg];
    r[here[i].reg] = Value{};
    if (here[i].kind == Kind::kHandled) {
      PyObject* handled = t->ts.exc_info->exc_value;
      t->ts.exc_info->exc_value = old.object();
      old = Value{handled};
    }
    decref(old);
  }
  return true;
}

}  // namespace adder
