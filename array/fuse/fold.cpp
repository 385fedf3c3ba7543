// Folds of all elements of a program. Sums of floats keep NumPy's pairwise tree, whose parts are evaluated block by block; other
// folds are cut into pieces for the threads.
#include <cstring>

#include "array/core/host.h"
#include "array/fuse/run.h"
#include "array/iter/parallel.h"
#include "array/reduce/reduce.h"

namespace adder::array {

namespace {

constexpr int kMostPieces = 32;

// a + b, and what the addition raised: it stays between the two looks at the status word.
template <class T>
T add_watched(T a, T b, Conditions* raised) {
  HardwareConditions hardware;
  asm volatile("" : "+m"(a), "+m"(b));
  a += b;
  asm volatile("" : "+m"(a));
  *raised |= hardware.take();
  return a;
}

}  // namespace

// The sum of n elements from `begin` on, in the tree of the kernel that sums a run (kernels/reductions.cpp): cut in halves at
// multiples of eight parts until a part fits a block.
template <class T>
T ProgramRun::pairwise(Walk& walk, const Loop& loop, index_t begin, index_t n, char* dense, Conditions* raised) const {
  if (n <= block_elements_) {
    seek(walk, begin);
    evaluate(walk, n, dense);
    T sum;
    if constexpr (kIsComplex<T>) sum = {-0.0, -0.0};
    else sum = T{-0.0};
    char* args[2] = {reinterpret_cast<char*>(&sum), dense};
    const index_t steps[2] = {0, sizeof(T)};
    *raised |= loop.reduce(args, n, steps, nullptr);
    return sum;
  }
  constexpr index_t kParts = kIsComplex<T> ? 2 : 1;
  index_t half = n * kParts / 2;
  half = (half - half % 8) / kParts;
  T left = pairwise<T>(walk, loop, begin, half, dense, raised);
  T right = pairwise<T>(walk, loop, begin + half, n - half, dense, raised);
  return add_watched(left, right, raised);
}

void ProgramRun::add_run(Walk& walk, const Loop& loop, index_t begin, index_t n, index_t chunk, char* accumulator, char* dense, Conditions* raised) const {
  auto add = [&]<class T>() {
    T total;
    std::memcpy(&total, accumulator, sizeof total);
    for (index_t done = 0; done < n;) {
      const index_t count = chunk == 0 || chunk > n - done ? n - done : chunk;
      total = add_watched(total, pairwise<T>(walk, loop, begin + done, count, dense, raised), raised);
      done += count;
    }
    std::memcpy(accumulator, &total, sizeof total);
  };
  const DType* type = loop.types[0];
  if (type == &kFloat64) add.template operator()<double>();
  else if (type == &kFloat32) add.template operator()<float>();
  else if (type == &kComplex128) add.template operator()<Complex<double>>();
  else add.template operator()<Complex<float>>();
}

template <class T>
bool ProgramRun::sum(const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error) {
  const index_t n = program_.size();
  T total;
  std::memcpy(&total, accumulator, sizeof total);
  LongWork work("fused", n);
  if (chunk == 0 && worth_threads(n, program_.cost())) {
    // The upper part of the tree: its leaves are summed by all threads.
    struct Part {
      index_t begin, n;
      T sum;
    };
    struct Tree {
      ProgramRun* run;
      const Loop* loop;
      Part parts[64];
      int count = 0;
      std::atomic<Conditions> raised{0};

      void cut(index_t begin, index_t n, int depth) {
        constexpr index_t kParts = kIsComplex<T> ? 2 : 1;
        if (depth == 0) {
          parts[count++] = {begin, n, T{}};
          return;
        }
        index_t half = n * kParts / 2;
        half = (half - half % 8) / kParts;
        cut(begin, half, depth - 1);
        cut(begin + half, n - half, depth - 1);
      }
      T join(int first, int parts_count, Conditions* raised) {
        if (parts_count == 1) return parts[first].sum;
        T left = join(first, parts_count / 2, raised);
        T right = join(first + parts_count / 2, parts_count / 2, raised);
        return add_watched(left, right, raised);
      }
    } tree;
    tree.run = this;
    tree.loop = &loop;
    tree.cut(0, n, 5);
    auto body = [](void* self, index_t begin, index_t end) -> Conditions {
      Tree& t = *static_cast<Tree*>(self);
      Walk walk;
      alignas(64) char dense[kBlockBytes];
      Conditions seen = 0;
      for (index_t i = begin; i < end; ++i) t.parts[i].sum = t.run->template pairwise<T>(walk, *t.loop, t.parts[i].begin, t.parts[i].n, dense, &seen);
      t.run->note(walk);
      return seen;
    };
    if (!parallel_range(tree.count, 1, body, &tree, raised, error)) return false;
    total = add_watched(total, tree.join(0, tree.count, raised), raised);
  } else {
    Walk walk;
    alignas(64) char dense[kBlockBytes];
    add_run(walk, loop, 0, n, chunk, accumulator, dense, raised);
    note(walk);
    return true;
  }
  std::memcpy(accumulator, &total, sizeof total);
  return true;
}

// Folds that may be cut anywhere: each thread folds a piece, and the pieces are folded in their order.
struct ProgramRun::Pieces {
  ProgramRun* run;
  const OpInfo* op;
  const Loop* loop;   // null: true elements are counted
  index_t n, grain;
  int count;
  std::atomic<bool> decided{false};
  alignas(16) char results[kMostPieces][kMaxItemSize] = {};

  // Nothing more can change the result, and nothing is told of the rest.
  bool enough(const char* accumulator) const {
    return (op->op == Op::logical_and && !*accumulator) || (op->op == Op::logical_or && *accumulator);
  }
  Conditions fold(int piece) {
    Walk walk;
    alignas(64) char dense[kBlockBytes];
    char* accumulator = results[piece];
    const index_t begin = piece * grain, end = begin + grain < n ? begin + grain : n, item = run->program_.dtype()->size;
    const bool may_stop = loop && (op->flags & kLogical) && run->quiet();
    Conditions raised = 0;
    run->seek(walk, begin);
    if (loop && op->identity == Identity::none) {  // an extremum starts from the first element
      run->evaluate(walk, 1, accumulator);
      run->seek(walk, begin);
    } else if (loop && piece > 0) {
      write_identity(op->identity, loop->types[2], accumulator);
    }
    for (index_t at = begin; at < end; at += run->block_elements_) {
      const index_t count = end - at < run->block_elements_ ? end - at : run->block_elements_;
      run->evaluate(walk, count, dense);
      if (!loop) {
        *reinterpret_cast<index_t*>(accumulator) += count_true(dense, count);
        continue;
      }
      char* args[2] = {accumulator, dense};
      const index_t steps[2] = {0, item};
      raised |= loop->reduce(args, count, steps, nullptr);
      if (!may_stop) continue;
      if (enough(accumulator)) decided.store(true, std::memory_order_relaxed);
      if (decided.load(std::memory_order_relaxed)) break;
    }
    run->note(walk);
    return raised;
  }
  static Conditions fold_some(void* self, index_t begin, index_t end) {
    Conditions raised = 0;
    for (index_t i = begin; i < end; ++i) raised |= static_cast<Pieces*>(self)->fold(static_cast<int>(i));
    return raised;
  }
  // Folds each piece. `cuttable`: there may be more than one.
  bool run_all(bool cuttable, Conditions* raised, Error& error) {
    n = run->program_.size();
    const bool threads = cuttable && worth_threads(n, run->program_.cost());
    count = threads ? kMostPieces : 1;
    grain = (n + count - 1) / count;
    count = static_cast<int>((n + grain - 1) / grain);
    LongWork work("fused", n);
    if (count == 1) {
      *raised |= fold(0);
      return true;
    }
    return parallel_range(count, 1, fold_some, this, raised, error);
  }
};

bool ProgramRun::fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error) {
  bool done = true;
  const DType* type = program_.dtype();
  if (op.op == Op::add && type->is_inexact()) {
    if (type == &kFloat64) done = sum<double>(loop, chunk, accumulator, raised, error);
    else if (type == &kFloat32) done = sum<float>(loop, chunk, accumulator, raised, error);
    else if (type == &kComplex128) done = sum<Complex<double>>(loop, chunk, accumulator, raised, error);
    else done = sum<Complex<float>>(loop, chunk, accumulator, raised, error);
  } else {
    Pieces pieces;
    pieces.run = this;
    pieces.op = &op;
    pieces.loop = &loop;
    std::memcpy(pieces.results[0], accumulator, static_cast<std::size_t>(loop.types[2]->size));
    // A product of floats goes in order.
    done = pieces.run_all(!(op.op == Op::multiply && type->is_inexact()), raised, error);
    for (int i = 1; i < pieces.count && done; ++i) {
      char* args[2] = {pieces.results[0], pieces.results[i]};
      const index_t steps[2] = {0, loop.types[2]->size};
      if (op.flags & kLogical) *args[0] = op.op == Op::logical_and ? *args[0] & *args[1] : *args[0] | *args[1];
      else *raised |= loop.reduce(args, 1, steps, nullptr);
    }
    if (done) std::memcpy(accumulator, pieces.results[0], static_cast<std::size_t>(loop.types[2]->size));
  }
  tell();
  return done;
}

bool ProgramRun::count(index_t* total, Error& error) {
  Pieces pieces;
  pieces.run = this;
  pieces.op = &operation(Op::add);
  pieces.loop = nullptr;
  Conditions none = 0;
  const bool done = pieces.run_all(true, &none, error);
  *total = 0;
  for (int i = 0; i < pieces.count && done; ++i) *total += *reinterpret_cast<index_t*>(pieces.results[i]);
  tell();
  return done;
}

bool Program::folds(const OpInfo& op, const Loop& loop) {
  switch (op.op) {
    case Op::add: case Op::multiply:
    case Op::maximum: case Op::minimum: case Op::fmax: case Op::fmin:
    case Op::logical_and: case Op::logical_or:
    case Op::bitwise_and: case Op::bitwise_or: case Op::bitwise_xor:
      return loop.reduce && loop.types[0] == loop.types[1] && (loop.types[1] == loop.types[2] || (op.flags & kLogical)) && loop.types[0] != &kFloat16;
    default:
      return false;
  }
}

bool Program::fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[step_count_ - 1].strides, nullptr);
  return run.fold(op, loop, chunk, accumulator, raised, error);
}

bool Program::count(index_t* total, Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[step_count_ - 1].strides, nullptr);
  return run.count(total, error);
}

}  // namespace adder::array
