// Forward flow of temporaries: which of them own a value at each instruction. Used by unwinding, generators and the
// verifier. States must agree where paths join; a handler starts with what is live below its exception register.
#include "compile/liveness.h"
#include "compile/stored_code.h"
#include <algorithm>
#include <vector>
#include "object/error.h"

namespace adder {

Py_ssize_t jump_target(const Word* words, Py_ssize_t at) {
  Word w = words[at];
  const OpInfo& info = op_info(op_of(w));
  Py_ssize_t next = at + info.words();
  if (info.c == Operand::koff16) return next + static_cast<int16_t>(field_c(w));
  if (info.b == Operand::koff32) return next + static_cast<int32_t>(field_bc(w));
  if (general_form(op_of(w)) == Op::kSEND) return next + static_cast<int64_t>(words[at + 1]);
  return -1;
}

namespace {

class Analysis {
 public:
  Analysis(PyCodeObject* code, const char** why, Py_ssize_t* where)
      : code_(code), words_(code_words(code)), count_(code_word_count(code)), first_(code->co_nlocalsplus),
        registers_(code_registers(code)), blocks_((code->co_stacksize + 63) / 64), why_(why), where_(where) {
    if (blocks_ == 0) blocks_ = 1;
  }

  Liveness* run() {
    const ExceptionRange* ranges;
    int range_count;
    if (!code_ranges(code_, &ranges, &range_count)) return fail(0, "malformed exception table");
    before_.assign(static_cast<size_t>(count_), -1);
    raising_.assign(static_cast<size_t>(count_), -1);
    if (!instruction_starts()) return nullptr;
    for (int i = 0; i < range_count; i++) {
      const ExceptionRange& r = ranges[i];
      if (r.start < 0 || r.end > count_ || r.start >= r.end || r.target < 0 || r.target >= count_ || !starts_[r.target])
        return fail(0, "exception range out of bounds");
      if (r.reg < first_ || r.reg >= registers_) return fail(r.start, "exception register out of range");
    }
    state_.assign(blocks_, 0);
    kept_.assign(blocks_, 0);
    if (count_ == 0) return fail(0, "empty code");
    if (!join(0, 0)) return nullptr;
    while (!pending_.empty()) {
      Py_ssize_t at = pending_.back();
      pending_.pop_back();
      if (!walk(at, ranges, range_count)) return nullptr;
    }
    return result();
  }

 private:
  std::nullptr_t fail(Py_ssize_t at, const char* why) {
    if (why_ && !*why_) { *why_ = why; *where_ = at; }
    return nullptr;
  }
  bool instruction_starts() {
    starts_.assign(static_cast<size_t>(count_), 0);
    for (Py_ssize_t at = 0; at < count_;) {
      if (uint16_t(words_[at]) >= uint16_t(Op::kCount)) { fail(at, "unknown opcode"); return false; }
      starts_[at] = 1;
      at += op_info(op_of(words_[at])).words();
      if (at > count_) { fail(at, "truncated instruction"); return false; }
    }
    return true;
  }
  // Enters the current state for the instruction at `to`.
  bool join(Py_ssize_t to, Py_ssize_t from) {
    if (to < 0 || to >= count_ || !starts_[to]) { fail(from, "jump to no instruction"); return false; }
    if (before_[to] < 0) {
      before_[to] = intern();
      pending_.push_back(to);
      return true;
    }
    if (!is_state(static_cast<size_t>(before_[to]))) { fail(to, "live temporaries differ where paths join"); return false; }
    return true;
  }
  bool is_state(size_t row) const {
    const uint64_t* known = &rows_[row * blocks_];
    for (int i = 0; i < blocks_; i++) {
      if (known[i] != state_[i]) return false;
    }
    return true;
  }
  int32_t intern() {
    size_t n = rows_.size() / blocks_;
    // Neighbours are mostly alike: look at the latest few only.
    for (size_t k = n; k-- > 0 && k + 16 > n;) {
      if (is_state(k)) return static_cast<int32_t>(k);
    }
    rows_.insert(rows_.end(), state_.begin(), state_.end());
    return static_cast<int32_t>(n);
  }
  bool live(int reg) const { return state_[(reg - first_) / 64] >> ((reg - first_) % 64) & 1; }
  void set(int reg) { state_[(reg - first_) / 64] |= uint64_t{1} << ((reg - first_) % 64); }
  void unset(int reg) { state_[(reg - first_) / 64] &= ~(uint64_t{1} << ((reg - first_) % 64)); }

  bool read(Py_ssize_t at, uint16_t field) {
    int reg = field & kRegisterMask;
    if (reg >= registers_) { fail(at, "register out of range"); return false; }
    if (reg < first_) {
      if (field & kLastUse) { fail(at, "a local cannot be consumed"); return false; }
      return true;
    }
    if (!live(reg)) { fail(at, "read of an empty temporary"); return false; }
    return true;
  }
  bool consume(Py_ssize_t at, int reg) {
    if (reg < first_ || reg >= registers_) { fail(at, "window out of range"); return false; }
    if (!live(reg)) { fail(at, "window register is empty"); return false; }
    unset(reg);
    return true;
  }
  bool define(Py_ssize_t at, uint16_t field) {
    int reg = field & kRegisterMask;
    if (reg >= registers_) { fail(at, "register out of range"); return false; }
    if (reg < first_) return true;
    if (live(reg) != ((field & kOccupied) != 0)) {
      fail(at, live(reg) ? "write over a live temporary" : "temporary said to be occupied is empty");
      return false;
    }
    set(reg);
    return true;
  }

  bool walk(Py_ssize_t at, const ExceptionRange* ranges, int range_count) {
    std::copy_n(rows_.begin() + static_cast<std::ptrdiff_t>(before_[at]) * blocks_, blocks_, state_.begin());
    for (;;) {
      Word w = words_[at];
      const OpInfo& info = op_info(op_of(w));
      Op op = general_form(op_of(w));
      bool ok = true;
      auto use = [&](Operand kind, uint16_t field) {
        if (kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister)) ok = ok && read(at, field);
        else if (kind == Operand::kreg || kind == Operand::kcell) {
          if (field >= first_) { fail(at, "a local was expected"); ok = false; }
        }
      };
      for_each_operand(w, use);
      if (!ok) return false;
      for_each_operand(w, [&](Operand kind, uint16_t field) {
        if ((kind == Operand::kin || kind == Operand::knode || kind == Operand::kopt) && field != kNoRegister && (field & kLastUse)) {
          if (!live(field & kRegisterMask)) { fail(at, "temporary consumed twice"); ok = false; }
          else unset(field & kRegisterMask);
        }
      });
      for_each_window_run(words_ + at, [&](bool is_out, int reg, int n) {
        for (int i = 0; ok && !is_out && i < n; i++) ok = consume(at, reg + i);
      });
      if (!ok) return false;
      raising_[at] = intern();
      if (info.raises && range_count && !to_handler(at, ranges, range_count)) return false;
      // The jump of FOR_ITER happens without its output; that of SEND with it.
      if (info.jumps && op == Op::kFOR_ITER && !join(jump_target(words_, at), at)) return false;
      for_each_operand(w, [&](Operand kind, uint16_t field) {
        if (kind == Operand::kout) ok = ok && define(at, field);
      });
      for_each_window_run(words_ + at, [&](bool is_out, int reg, int n) {
        for (int i = 0; ok && is_out && i < n; i++) {
          if (reg + i < first_) { fail(at, "window out of range"); ok = false; }
          else ok = define(at, static_cast<uint16_t>(reg + i));
        }
      });
      if (!ok) return false;
      if (info.jumps && op != Op::kFOR_ITER && !join(jump_target(words_, at), at)) return false;
      if (info.ends) return true;
      Py_ssize_t next = at + info.words();
      if (next >= count_) { fail(at, "code falls off its end"); return false; }
      bool seen = before_[next] >= 0;
      if (!join(next, at)) return false;
      if (seen) return true;
      pending_.pop_back();
      at = next;
    }
  }
  bool to_handler(Py_ssize_t at, const ExceptionRange* ranges, int range_count) {
    int lo = 0, hi = range_count;
    while (lo < hi) {
      int mid = (lo + hi) / 2;
      if (ranges[mid].end <= at) lo = mid + 1; else hi = mid;
    }
    if (lo == range_count || ranges[lo].start > at) return true;
    const ExceptionRange& r = ranges[lo];
    std::copy(state_.begin(), state_.end(), kept_.begin());
    int bit = r.reg - first_;
    for (int i = 0; i < blocks_; i++) {
      int from = bit - i * 64;
      if (from <= 0) state_[i] = 0;
      else if (from < 64) state_[i] &= (uint64_t{1} << from) - 1;
    }
    set(r.reg);
    bool ok = join(r.target, at);
    std::swap(state_, kept_);
    return ok;
  }
  Liveness* result() {
    auto* l = new (std::nothrow) Liveness;
    if (!l) return nullptr;
    l->words = count_;
    l->first = first_;
    l->blocks = blocks_;
    l->row_of = static_cast<int32_t*>(std::malloc(sizeof(int32_t) * static_cast<size_t>(count_)));
    l->rows = static_cast<uint64_t*>(std::malloc(sizeof(uint64_t) * rows_.size()));
    if (!l->row_of || !l->rows) { free_liveness(l); return nullptr; }
    std::copy(raising_.begin(), raising_.end(), l->row_of);
    std::copy(rows_.begin(), rows_.end(), l->rows);
    return l;
  }

  PyCodeObject* code_;
  const Word* words_;
  Py_ssize_t count_;
  int first_, registers_, blocks_;
  const char** why_;
  Py_ssize_t* where_;
  std::vector<char> starts_;
  std::vector<int32_t> before_, raising_;
  std::vector<uint64_t> rows_, state_, kept_;
  std::vector<Py_ssize_t> pending_;
};

}  // namespace

Liveness* analyse_liveness(PyCodeObject* code, const char** why, Py_ssize_t* where) {
  *why = nullptr;
  *where = 0;
  return Analysis(code, why, where).run();
}

void free_liveness(Liveness* l) {
  if (!l) return;
  if (!l->borrowed) {
    std::free(l->row_of);
    std::free(l->rows);
  }
  delete l;
}

const Liveness* code_liveness(PyCodeObject* code) {
  CodeCache* cache = code_cache(code);
  if (!cache) return nullptr;
  if (ADDER_LIKELY(cache->liveness != nullptr)) return cache->liveness;
  const char* why;
  Py_ssize_t where;
  cache->liveness = cache->stored ? stored_liveness(code, cache->stored, &why) : analyse_liveness(code, &why, &where);
  if (!cache->liveness) {
    if (!why) return raise_no_memory();
    return raise(PyExc_SystemError, "malformed bytecode in %U at word %zd: %s", Value{code->co_qualname}, where, why);
  }
  return cache->liveness;
}

void live_temporaries(const Liveness* l, Py_ssize_t word, void (*f)(int reg, void* arg), void* arg) {
  const uint64_t* row = l->raising(word);
  if (!row) return;
  for (int i = l->blocks; i-- > 0;) {
    uint64_t bits = row[i];
    while (bits) {
      int top = 63 - __builtin_clzll(bits);
      bits &= ~(uint64_t{1} << top);
      f(l->first + i * 64 + top, arg);
    }
  }
}

}  // namespace adder
