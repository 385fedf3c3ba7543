// From a unit's instructions to a code object: which locals are surely bound, jumps threaded, places filled in, words laid out.
#include <algorithm>
#include "compile/codegen.h"
#include "compile/tables.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/object.h"

namespace adder::compile {

namespace {

class Assembler {
 public:
  Assembler(Unit& u) : u_(u), code_(u.code), n_(static_cast<int>(u.code.size())), gone_(u.code.size(), 0) {}

  void run() {
    copy_returns();
    n_ = static_cast<int>(code_.size());
    gone_.assign(code_.size(), 0);
    mark_targets();
    if (u_.nlocals) bind_locals();
    thread_jumps();
    drop_nops();
    fill_places();
    lay_out();
    encode_all();
  }
  std::vector<Word> words;
  std::string lines, exceptions;

 private:
  int target(const Ins& i) const { return u_.label_at[static_cast<size_t>(i.label)]; }
  // The instruction that control reaches at index i: what is gone is skipped.
  int landing(int i) const {
    while (i < n_ && gone_[static_cast<size_t>(i)]) i++;
    return i;
  }
  bool ends(int i) const { return op_info(code_[static_cast<size_t>(i)].op).ends; }

  // What falls off the end returns at the line of what came before it: each jump to such a return gets one of its own.
  void copy_returns() {
    struct Copy { int of, line; Label label; };
    std::vector<Copy> copies;
    for (int i = 0; i < n_; i++) {
      if (code_[static_cast<size_t>(i)].label < 0) continue;
      int t = target(code_[static_cast<size_t>(i)]);
      while (t < n_ && code_[static_cast<size_t>(t)].op == Op::kJUMP && code_[static_cast<size_t>(t)].loc.line == 0 && target(code_[static_cast<size_t>(t)]) > t)
        t = target(code_[static_cast<size_t>(t)]);
      if (t >= n_ || code_[static_cast<size_t>(t)].op != Op::kRETURN_CONST || code_[static_cast<size_t>(t)].loc.line != 0) continue;
      Ins copy = code_[static_cast<size_t>(t)];
      Ins& jump = code_[static_cast<size_t>(i)];
      if (jump.op == Op::kJUMP) {
        Place place = jump.loc;
        jump = copy;
        jump.loc = place;
        continue;
      }
      if (jump.op == Op::kFOR_ITER || jump.op == Op::kSEND || jump.loc.line <= 0) continue;
      copy.loc = jump.loc;
      Label label = -1;
      for (const Copy& c : copies) {
        if (c.of == t && c.line == copy.loc.line) label = c.label;
      }
      if (label < 0) {
        label = static_cast<Label>(u_.label_at.size());
        u_.label_at.push_back(static_cast<int32_t>(code_.size()));
        u_.label_used.push_back(1);
        copies.push_back({t, copy.loc.line, label});
        code_.push_back(copy);
      }
      code_[static_cast<size_t>(i)].label = label;
    }
  }

  void mark_targets() {
    is_target_.assign(static_cast<size_t>(n_) + 1, 0);
    for (const Ins& i : code_) {
      if (i.label >= 0) is_target_[static_cast<size_t>(target(i))] = 1;
    }
    for (const HandlerRange& h : u_.handlers) {
      if (h.used) is_target_[static_cast<size_t>(u_.label_at[static_cast<size_t>(h.target)])] = 2;
    }
  }

  // --- Definite assignment: removes CHECK_BOUND where the local is surely bound, and the occupied bit where it is surely not.
  void bind_locals() {
    const size_t w = (static_cast<size_t>(u_.nlocals) + 63) / 64;
    // A state: w words "may be unbound", then w words "may be bound".
    std::vector<uint64_t> state(2 * w, 0), pool;
    std::vector<int32_t> stored(static_cast<size_t>(n_) + 1, -1);
    for (size_t i = 0; i < stored.size(); i++) {
      if (is_target_[i]) {
        stored[i] = static_cast<int32_t>(pool.size());
        pool.resize(pool.size() + 2 * w, 0);
      }
    }
    std::vector<char> visited(static_cast<size_t>(n_) + 1, 0);
    auto bit = [](size_t r) { return uint64_t{1} << (r & 63); };
    auto tracked = [&](int reg) {
      return reg < u_.nlocals && !(u_.kinds[static_cast<size_t>(reg)] & kCellKind);
    };
    bool changed = true;
    auto merge = [&](int to, int from) {
      uint64_t* s = &pool[static_cast<size_t>(stored[static_cast<size_t>(to)])];
      bool grew = !visited[static_cast<size_t>(to)];
      visited[static_cast<size_t>(to)] = 1;
      for (size_t k = 0; k < 2 * w; k++) {
        uint64_t v = s[k] | state[k];
        grew = grew || v != s[k];
        s[k] = v;
      }
      if (grew && to <= from) changed = true;
    };
    int params = static_cast<int>(u_.block->parameters.size());
    while (changed) {
      changed = false;
      for (size_t r = 0; r < static_cast<size_t>(u_.nlocals); r++) {
        uint64_t b = bit(r);
        bool parameter = static_cast<int>(r) < params;
        if (parameter) { state[r / 64] &= ~b; state[w + r / 64] |= b; }
        else { state[r / 64] |= b; state[w + r / 64] &= ~b; }
      }
      bool live = true;
      for (int i = 0; i < n_; i++) {
        auto at = static_cast<size_t>(i);
        if (stored[at] >= 0) {
          if (live) merge(i, i - 1);
          live = visited[at];
          if (live) std::copy_n(pool.begin() + stored[at], 2 * w, state.begin());
        }
        if (!live) continue;
        Ins& ins = code_[at];
        const OpInfo& info = op_info(ins.op);
        if (info.raises && ins.handler >= 0) merge(u_.label_at[static_cast<size_t>(u_.handlers[static_cast<size_t>(ins.handler)].target)], i);
        if (ins.op == Op::kFOR_ITER) merge(target(ins), i);
        auto define = [&](uint16_t& field) {
          auto r = static_cast<size_t>(field & kRegisterMask);
          if (!tracked(static_cast<int>(r))) return;
          uint64_t& bound = state[w + r / 64];
          field = static_cast<uint16_t>(r | (bound & bit(r) ? kOccupied : 0));
          state[r / 64] &= ~bit(r);
          bound |= bit(r);
        };
        if (info.a == Operand::kout) define(ins.a);
        if (info.c == Operand::kout) define(ins.c);
        if (ins.op == Op::kCHECK_BOUND || ins.op == Op::kDELETE_LOCAL || ins.op == Op::kCLEAR_LOCAL) {
          if (tracked(ins.a)) {
            size_t r = ins.a;
            uint64_t& unbound = state[r / 64];
            if (ins.op == Op::kCHECK_BOUND) {
              gone_[at] = !(unbound & bit(r));
              unbound &= ~bit(r);
            } else {
              unbound |= bit(r);
              state[w + r / 64] &= ~bit(r);
            }
          }
        }
        if (ins.label >= 0 && ins.op != Op::kFOR_ITER) merge(target(ins), i);
        if (info.ends) live = false;
      }
    }
  }

  // --- Jumps ---------------------------------------------------------------------------------------------------------
  void thread_jumps() {
    for (int i = 0; i < n_; i++) {
      Ins& ins = code_[static_cast<size_t>(i)];
      if (ins.label < 0 || gone_[static_cast<size_t>(i)]) continue;
      for (int hops = 0; hops < 16; hops++) {
        int t = skip_nops(landing(target(ins)));
        if (t >= n_ || t == i) break;
        const Ins& to = code_[static_cast<size_t>(t)];
        if (to.loc.line != 0 && to.loc.line != ins.loc.line) break;
        bool backward = to.op == Op::kJUMP_BACK;
        if ((to.op != Op::kJUMP && !backward) || to.label == ins.label || target(to) == t) break;
        if (to.op == Op::kJUMP && target(to) <= t) break;  // of a send loop: stays as it is
        if (backward) {
          // The jump itself then polls: it must be one that can, under the same handler.
          bool can = ins.op == Op::kJUMP || (op_info(ins.op).raises && ins.op != Op::kFOR_ITER && ins.op != Op::kSEND && ins.op != Op::kJUMP_IF_NO_MATCH);
          if (!can || ins.handler != to.handler) break;
          if (ins.op == Op::kJUMP) ins.op = Op::kJUMP_BACK;
        }
        if (ins.op == Op::kJUMP_BACK && !backward) break;
        ins.label = to.label;
        if (backward) break;
      }
    }
    for (int i = 0; i < n_; i++) {
      Ins& ins = code_[static_cast<size_t>(i)];
      if (ins.op == Op::kJUMP && landing(target(ins)) == landing(i + 1)) {
        ins.op = Op::kNOP;
        ins.label = -1;
        if (ins.loc.line == 0) gone_[static_cast<size_t>(i)] = 1;
      }
    }
  }
  int skip_nops(int t) const {
    while (t < n_ && code_[static_cast<size_t>(t)].op == Op::kNOP && code_[static_cast<size_t>(t)].loc.line == 0) t = landing(t + 1);
    return t;
  }

  // A NOP stays only where it is all that its line has (line tracing).
  void drop_nops() {
    int previous = -1;
    for (int i = 0; i < n_; i++) {
      if (gone_[static_cast<size_t>(i)]) continue;
      Ins& ins = code_[static_cast<size_t>(i)];
      if (ins.op == Op::kNOP) {
        int next = landing(i + 1);
        bool drop = ins.loc.line == 0;
        if (!drop && next < n_) {
          Ins& follower = code_[static_cast<size_t>(next)];
          if (follower.loc.line == ins.loc.line) drop = true;
          else if (follower.loc.line == 0 && !is_target_[static_cast<size_t>(next)] && next == i + 1) {
            follower.loc = ins.loc;
            drop = true;
          }
        }
        if (!drop && previous >= 0 && !is_target_[static_cast<size_t>(i)] && !ends(previous) && code_[static_cast<size_t>(previous)].loc.line == ins.loc.line) drop = true;
        if (drop) {
          gone_[static_cast<size_t>(i)] = 1;
          continue;
        }
      }
      previous = i;
    }
  }

  // An instruction without a place has that of the one before it, or of a jump to it; a handler's own steps have none.
  void fill_places() {
    std::vector<int> source(static_cast<size_t>(n_) + 1, -1);
    for (int i = 0; i < n_; i++) {
      const Ins& ins = code_[static_cast<size_t>(i)];
      if (gone_[static_cast<size_t>(i)] || ins.label < 0) continue;
      int t = landing(target(ins));
      if (source[static_cast<size_t>(t)] < 0) source[static_cast<size_t>(t)] = i;
    }
    int previous = -1;
    for (int i = 0; i < n_; i++) {
      if (gone_[static_cast<size_t>(i)]) continue;
      Ins& ins = code_[static_cast<size_t>(i)];
      if (ins.op == Op::kRESUME) continue;
      if (ins.loc.line == 0) {
        int from = previous >= 0 && !ends(previous) ? previous : source[static_cast<size_t>(i)];
        if (from >= 0 && code_[static_cast<size_t>(from)].loc.line > 0) ins.loc = code_[static_cast<size_t>(from)].loc;
        else if (previous < 0) ins.loc = Place(u_.firstlineno, u_.firstlineno, -1, -1);
        else ins.loc.line = -1;
      }
      previous = i;
    }
  }

  // --- Words ------------------------------------------------------------------------------------------------------------
  int size(int i) const {
    if (gone_[static_cast<size_t>(i)]) return 0;
    return op_info(code_[static_cast<size_t>(i)].op).words() + (far_[static_cast<size_t>(i)] ? 2 : 0);
  }
  void lay_out() {
    far_.assign(static_cast<size_t>(n_), 0);
    at_.resize(static_cast<size_t>(n_) + 1);
    for (bool again = true; again;) {
      again = false;
      int word = 0;
      for (int i = 0; i < n_; i++) {
        at_[static_cast<size_t>(i)] = word;
        word += size(i);
      }
      at_[static_cast<size_t>(n_)] = word;
      if (word < 0x7000) return;
      for (int i = 0; i < n_; i++) {
        const Ins& ins = code_[static_cast<size_t>(i)];
        if (gone_[static_cast<size_t>(i)] || ins.label < 0 || far_[static_cast<size_t>(i)] || op_info(ins.op).c != Operand::koff16) continue;
        int offset = at_[static_cast<size_t>(target(ins))] - at_[static_cast<size_t>(i)];
        if (offset < -0x7FF0 || offset > 0x7FF0) far_[static_cast<size_t>(i)] = again = true;
      }
    }
  }
  void encode_all() {
    words.reserve(static_cast<size_t>(at_[static_cast<size_t>(n_)]));
    LocationEncoder places(u_.firstlineno);
    int range_start = -1, range_handler = -1;
    auto close = [&](int end) {
      if (range_handler >= 0 && end > range_start) {
        const HandlerRange& h = u_.handlers[static_cast<size_t>(range_handler)];
        encode_exception_range(exceptions, range_start, end - range_start, at_[static_cast<size_t>(u_.label_at[static_cast<size_t>(h.target)])], h.reg, false);
      }
    };
    for (int i = 0; i < n_; i++) {
      if (gone_[static_cast<size_t>(i)]) continue;
      const Ins& ins = code_[static_cast<size_t>(i)];
      int here = at_[static_cast<size_t>(i)];
      int handler = ins.handler >= 0 && u_.handlers[static_cast<size_t>(ins.handler)].used ? ins.handler : -1;
      if (handler != range_handler) {
        close(here);
        range_start = here;
        range_handler = handler;
      }
      const OpInfo& info = op_info(ins.op);
      uint16_t a = ins.a, b = ins.b, c = ins.c;
      uint64_t data = ins.data;
      if (ins.label >= 0) {
        int offset = at_[static_cast<size_t>(target(ins))] - (here + info.words());
        if (info.b == Operand::koff32) {
          b = static_cast<uint16_t>(offset);
          c = static_cast<uint16_t>(static_cast<uint32_t>(offset) >> 16);
        } else if (info.c == Operand::koff16) {
          c = far_[static_cast<size_t>(i)] ? 1 : static_cast<uint16_t>(offset);
        } else {
          data = static_cast<uint64_t>(static_cast<int64_t>(offset));
        }
        words.push_back(encode(ins.op, a, b, c));
        for (int k = 0; k < info.data; k++) words.push_back(data);
        for (int k = 0; k < info.cache; k++) words.push_back(0);
        if (far_[static_cast<size_t>(i)]) {
          // Not taken: over the next jump. Taken: the next jump goes all the way.
          words.push_back(encode32(Op::kJUMP, 0, 1));
          int rest = at_[static_cast<size_t>(target(ins))] - (here + info.words() + 2);
          words.push_back(encode32(rest < 0 ? Op::kJUMP_BACK : Op::kJUMP, 0, static_cast<uint32_t>(rest)));
        }
      } else {
        words.push_back(encode(ins.op, a, b, c));
        for (int k = 0; k < info.data; k++) words.push_back(data);
        for (int k = 0; k < info.cache; k++) words.push_back(0);
      }
      // A module's head has no line of its source: it stands before the first.
      if (ins.op == Op::kRESUME && u_.kind == UnitKind::kModule) places.add({0, 1, 0, 0}, 1);
      else places.add(ins.loc.line > 0 ? Position{ins.loc.line, ins.loc.end_line, ins.loc.column, ins.loc.end_column} : Position{-1, -1, -1, -1}, size(i));
    }
    close(at_[static_cast<size_t>(n_)]);
    lines = places.finish();
  }

  Unit& u_;
  std::vector<Ins>& code_;
  int n_;
  std::vector<char> gone_, is_target_, far_;
  std::vector<int> at_;
};

}  // namespace

// Parts of tuples and frozensets become shared too; one whose parts are so already stays the object that it is. Code objects are
// not looked for: hardly two are the same.
Ref Codegen::shared(Ref v) {
  if (!v || is_exact(v, &PyCode_Type)) return v;
  bool pooled = true, changed = false;
  if (is_exact_tuple(v)) {
    Py_ssize_t n = tuple_size(v);
    Ref copy = tuple_new(n);
    for (Py_ssize_t i = 0; copy && i < n; i++) {
      Ref item = shared(Ref::copy(tuple_get(v, i)));
      if (!item) return {};
      pooled = pooled && !is_exact(item, &PyCode_Type);
      changed = changed || item != tuple_get(v, i);
      tuple_init(copy, i, std::move(item));
    }
    if (changed || !copy) v = std::move(copy);
  } else if (is_exact(v, &PyFrozenSet_Type)) {
    Ref items = list_new();
    Py_ssize_t i = 0;
    Value key;
    while (items && set_next(v, &i, &key)) {
      Ref item = shared(Ref::copy(key));
      changed = changed || item != key;
      if (!item || !list_append(items, std::move(item))) return {};
    }
    if (changed || !items) v = items ? frozenset_new(items) : Ref{};
  }
  if (!v || !pooled) return v;
  int i = shared_.add(v);
  return i < 0 ? Ref{} : Ref::copy(shared_[static_cast<size_t>(i)]);
}

Ref Codegen::assemble() {
  Unit& u = *u_;
  Assembler a(u);
  a.run();
  CodeParts p;
  int flags = settings_.flags & (CO_FUTURE_ANNOTATIONS | CO_FUTURE_BARRY_AS_BDFL | CO_FUTURE_GENERATOR_STOP | CO_FUTURE_DIVISION |
                                 CO_FUTURE_ABSOLUTE_IMPORT | CO_FUTURE_WITH_STATEMENT | CO_FUTURE_PRINT_FUNCTION | CO_FUTURE_UNICODE_LITERALS);
  Block* b = u.block;
  if (b->is_function()) {
    flags |= CO_NEWLOCALS | CO_OPTIMIZED;
    if (b->nested) flags |= CO_NESTED;
    if (b->generator && !b->coroutine) flags |= CO_GENERATOR;
    if (!b->generator && b->coroutine) flags |= CO_COROUTINE;
    if (b->generator && b->coroutine) flags |= CO_ASYNC_GENERATOR;
    if (b->varargs) flags |= CO_VARARGS;
    if (b->varkeywords) flags |= CO_VARKEYWORDS;
  } else if (top_level_await() && b->coroutine && !b->generator) {
    flags |= CO_COROUTINE;
  }
  p.flags = flags;
  p.argcount = u.argcount;
  p.posonlyargcount = u.posonlyargcount;
  p.kwonlyargcount = u.kwonlyargcount;
  p.stacksize = u.max_top - u.first_temp;
  p.firstlineno = u.firstlineno;
  p.words = a.words.data();
  p.word_count = static_cast<Py_ssize_t>(a.words.size());
  Ref consts = shared(u.consts.tuple()), names = shared(u.names.tuple());
  Ref localsplus = shared(tuple_from(u.localsplus.data(), static_cast<Py_ssize_t>(u.localsplus.size())));
  Ref kinds = shared(bytes_new(u.kinds)), lines = shared(bytes_new(a.lines)), exceptions = shared(bytes_new(a.exceptions));
  if (!consts || !names || !localsplus || !kinds || !lines || !exceptions) return {};
  p.consts = consts;
  p.names = names;
  p.localsplusnames = localsplus;
  p.localspluskinds = kinds;
  p.filename = settings_.filename;
  p.name = u.name;
  p.qualname = u.qualname;
  p.linetable = lines;
  p.exceptiontable = exceptions;
  return make_code(p, true);
}

}  // namespace adder::compile
