// The watching handler table and what it notes. An instruction keeps the first few combinations of types that it meets.
#include "vm/watch.h"

#include <array>
#include <unordered_map>
#include <vector>

#include "compile/liveness.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "vm/counting.h"
#include "vm/interp.h"

namespace adder {
namespace {

constexpr size_t kTypes = 4, kCombinations = 8;

struct Combination {
  std::array<PyTypeObject*, kTypes> types;  // owned, null behind the last
  int64_t times;
};
struct Sightings {
  int64_t times = 0;
  std::vector<Combination> combinations;
};
struct Watch {
  Thread* thread = nullptr;
  Ref filename;
  PyCodeObject* last = nullptr;  // of the file, looked at last
  std::unordered_map<PyCodeObject*, Ref> codes;  // of the file: kept, so that their addresses stay theirs
  std::unordered_map<const Word*, Sightings> seen;
};
Watch* watch = nullptr;

bool is_meant(PyCodeObject* code) {
  if (code == watch->last) return true;
  if (!str_equal(Value{code->co_filename}, watch->filename)) return false;  // not remembered: its address may become another's
  watch->last = code;
  Ref& kept = watch->codes[code];
  if (!kept) kept = Ref::copy(Value{reinterpret_cast<PyObject*>(code)});
  return true;
}

ADDER_NOINLINE void note(const Word* pc, Value* r) {
  if (!is_meant(frame_of(r)->code)) return;
  std::array<PyTypeObject*, kTypes> types{};
  size_t n = 0;
  auto see = [&](Value v) {
    if (!v.absent() && n < kTypes) types[n++] = type_of(v);
  };
  for_each_operand(*pc, [&](Operand kind, uint16_t field) {
    if (kind == Operand::kconst) see(constant(r, field));
    else if (kind == Operand::kin || kind == Operand::knode || (kind == Operand::kopt && field != kNoRegister)) see(reg(r, field));
  });
  for_each_window_run(pc, [&](bool is_out, int first, int count) {
    for (int i = 0; !is_out && i < count; i++) see(r[first + i]);
  });
  Sightings& s = watch->seen[pc];
  s.times++;
  for (Combination& c : s.combinations) {
    if (c.types == types) {
      c.times++;
      return;
    }
  }
  if (s.combinations.size() == kCombinations) return;
  for (size_t i = 0; i < n; i++) Py_INCREF(types[i]);
  s.combinations.push_back({types, 1});
}

ADDER_VM_CC void watch_instruction(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  if (watch) note(pc, r);
  [[clang::musttail]] return kHandlers[uint16_t(*pc)].run(pc, r, t, handlers);
}

const HandlerEntry kWatchingHandlers[] = {
#define ADDER_OP(name, a, b, c, data, cache, effects, doc) {&watch_instruction},
#include "compile/opcodes.def"
};

void forget() {
  Watch* old = watch;
  watch = nullptr;
  for (auto& [pc, s] : old->seen) {
    for (Combination& c : s.combinations) {
      for (PyTypeObject* type : c.types) Py_XDECREF(type);
    }
  }
  delete old;
}

Ref combination_row(const Combination& c) {
  Ref types = list_new();
  for (PyTypeObject* type : c.types) {
    if (type && (!types || !list_append(types, Value{type}))) return {};
  }
  Ref as_tuple = types ? list_to_tuple(types) : Ref{}, times = int_from_i64(c.times);
  return as_tuple ? tuple_of({as_tuple.get(), times.get()}) : Ref{};
}

}  // namespace

void watch_file(Value filename) {
  Thread* t = this_thread();
  if (watch) forget();
  if (filename) {
    watch = new Watch;
    watch->thread = t;
    watch->filename = Ref::copy(filename);
  }
  if (t->handlers != kTracingHandlers) t->handlers = untraced_handlers(t);
}

const HandlerEntry* untraced_handlers(Thread* t) { 
  if (limits && limits->counting) return kCountingHandlers;
  return watch && watch->thread == t ? kWatchingHandlers : kHandlers;
}

Ref watched_instructions(PyCodeObject* code) {
  Ref list = list_new();
  const Word* words = code_words(code);
  for (Py_ssize_t at = 0; list && watch && at < code_word_count(code); at += op_info(op_of(words[at])).words()) {
    auto found = watch->seen.find(words + at);
    if (found == watch->seen.end()) continue;
    Ref rows = list_new(), offset = int_from_ssize(at * 8), times = int_from_i64(found->second.times);
    for (const Combination& c : found->second.combinations) {
      Ref row = rows ? combination_row(c) : Ref{};
      if (!row || !list_append(rows, std::move(row))) return {};
    }
    Ref row = rows ? tuple_of({offset.get(), times.get(), rows.get()}) : Ref{};
    if (!row || !list_append(list, std::move(row))) return {};
  }
  return list;
}

}  // namespace adder
