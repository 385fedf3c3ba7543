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

// kCallee: what a call under way is going to call; kException: goes on after a `finally` or `with`; kCaught: that of an `except` clause;
// kHandled: the exception handled before.
enum class Kind : uint8_t { kValue, kCallee, kIterator, kException, kCaught, kHandled };
struct Held {
  int reg;
  Kind kind;
  bool operator==(const Held&) const = default;
};
using HeldSet = std::vector<Held>;

// What each temporary holds, found by going through the code in order: a definition stands before its uses.
class Kinds {
 public:
  Kinds(PyCodeObject* code, const Liveness* liveness)
      : code_(code), words_(code_words(code)), count_(code_word_count(code)), liveness_(liveness), kinds_(static_cast<size_t>(code_registers(code)), Kind::kValue),
        defines_callee_(static_cast<size_t>(count_)) {
    int n;
    if (!code_ranges(code, &ranges_, &n)) clear_error();
    else range_count_ = n;
    find_callees();
  }
  // Before the instruction at a word: handlers begin with their exception.
  void enter(Py_ssize_t at) {
    for (int i = 0; i < range_count_; i++) {
      if (ranges_[i].target == at) kinds_[static_cast<size_t>(ranges_[i].reg)] = raised_again(at, ranges_[i].reg) ? Kind::kException : Kind::kCaught;
    }
  }
  void leave(Py_ssize_t at) {
    Op op = general_form(op_of(words_[at]));
    Kind kind = op == Op::kGET_ITER || op == Op::kGET_AITER ? Kind::kIterator : op == Op::kPUSH_EXC ? Kind::kHandled
              : defines_callee_[static_cast<size_t>(at)] ? Kind::kCallee : Kind::kValue;
    each_output(at, [&](int reg) { kinds_[static_cast<size_t>(reg)] = kind; });
  }
  // What is held before the instruction at a word (or, for one that yielded, behind it), lowest register first; false: it is never reached.
  bool held(Py_ssize_t at, bool yielded, HeldSet* out) const {
    out->clear();
    const uint64_t* row = liveness_->raising(at);
    if (!row) return false;
    std::vector<bool> live(kinds_.size(), false);
    for (size_t r = static_cast<size_t>(liveness_->first); r < kinds_.size(); r++) {
      size_t bit = r - static_cast<size_t>(liveness_->first);
      live[r] = row[bit / 64] >> (bit % 64) & 1;
    }
    if (!yielded) each_consumed(at, [&](int reg) { live[static_cast<size_t>(reg)] = true; });
    for (size_t r = 0; r < live.size(); r++) {
      if (live[r]) out->push_back({static_cast<int>(r), kinds_[r]});
    }
    return true;
  }

 private:
  template <class F>
  void each_output(Py_ssize_t at, F&& f) const {
    for_each_operand(words_[at], [&](Operand o, uint16_t field) {
      if (o == Operand::kout && (field & kRegisterMask) >= code_->co_nlocalsplus) f(field & kRegisterMask);
    });
    for_each_window_run(words_ + at, [&](bool is_out, int reg, int n) {
      for (int i = 0; is_out && i < n; i++) f(reg + i);
    });
  }
  template <class F>
  void each_consumed(Py_ssize_t at, F&& f) const {
    for_each_operand(words_[at], [&](Operand o, uint16_t field) {
      bool reads = o == Operand::kin || o == Operand::knode || (o == Operand::kopt && field != kNoRegister);
      if (reads && (field & kLastUse)) f(field & kRegisterMask);
    });
    for_each_window_run(words_ + at, [&](bool is_out, int reg, int n) {
      for (int i = 0; !is_out && i < n; i++) f(reg + i);
    });
  }
  Py_ssize_t next(Py_ssize_t at) const { return at + op_info(op_of(words_[at])).words(); }
  void find_callees() {
    std::vector<Py_ssize_t> definition(kinds_.size(), 0);
    for (Py_ssize_t at = 0; at < count_; at = next(at)) {
      switch (general_form(op_of(words_[at]))) {
        case Op::kCALL:
        case Op::kCALL_KW:
        case Op::kCALL_METHOD:
        case Op::kCALL_METHOD_KW:
        case Op::kCALL_EX: defines_callee_[static_cast<size_t>(definition[field_b(words_[at])])] = true; break;
        default: break;
      }
      each_output(at, [&](int reg) { definition[static_cast<size_t>(reg)] = at; });
    }
  }
  // Whether a handler's exception is raised again at the handler's end. An `except` clause lets it go instead.
  bool raised_again(Py_ssize_t at, int exception) const {
    for (; at < count_; at = next(at)) {
      bool consumed = false;
      each_consumed(at, [&](int reg) { consumed = consumed || reg == exception; });
      if (consumed) return op_of(words_[at]) == Op::kRERAISE;
    }
    return false;
  }

  PyCodeObject* code_;
  const Word* words_;
  Py_ssize_t count_;
  const Liveness* liveness_;
  const ExceptionRange* ranges_ = nullptr;
  int range_count_ = 0;
  std::vector<Kind> kinds_;
  std::vector<bool> defines_callee_;
};

const char* why_not(const HeldSet& target) {
  switch (target.back().kind) {
    case Kind::kIterator: return "can't jump into the body of a for loop";
    case Kind::kException:
    case Kind::kCaught:
    case Kind::kHandled: return "can't jump into an 'except' block as there's no exception";
    default: return "incompatible stacks";
  }
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
  // Behind its YIELD a generator can be sent elsewhere, too.
  bool yielded = false;
  switch (t->ts.tracing_what) {
    case PyTrace_LINE: break;
    case PyTrace_CALL: return raise(PyExc_ValueError, "can't jump from the 'call' trace event of a new frame");  // also when nothing is traced
    case PyTrace_RETURN: yielded = op_of(*f->pc) == Op::kYIELD; [[fallthrough]];
    default: if (!yielded) return raise(PyExc_ValueError, "can only jump from a 'line' trace event");
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
    if (at == current) reached = kinds.held(at, yielded, &here);
    int l = lines[static_cast<size_t>(at)];
    // A generator that rests at an instruction takes it for the YIELD that is behind it.
    bool mistaken = yielded && op_of(words[at]) == Op::kYIELD;
    if (l == found && last != found && !mistaken && kinds.held(at, false, &there)) candidates.push_back({at, there});
    last = l;
    kinds.leave(at);
  }
  if (!reached) return raise(PyExc_ValueError, "can't jump from within an exception handler");
  Py_ssize_t target = -1;
  const char* why = "cannot find bytecode for specified line";
  bool explained = false;
  for (Candidate& c : candidates) {
    bool fits = c.held.size() <= here.size() && std::equal(c.held.begin(), c.held.end(), here.begin());
    if (fits && (target < 0 || c.held.size() > best.size())) {
      target = c.at;
      best = c.held;
    } else if (!fits && !explained) {
      why = why_not(c.held);
      explained = true;
    }
  }
  if (target < 0) return raise(PyExc_ValueError, "%s", why);

  Value* r = f->registers();
  f->pc = words + target;
  o->lineno = op_of(words[target]) == Op::kRESUME ? -1 : 0;  // the first line is entered anew
  watch_unbound_locals(f);
  expect_bound_locals(code);
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
