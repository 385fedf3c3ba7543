// Running programs: a walk through the elements in the order of the output's memory, a block at a time; all operations of
// a block before the next one, so that what lies between them stays in the first cache.
#include <emmintrin.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "array/core/host.h"
#include "array/fuse/program.h"
#include "array/iter/parallel.h"

namespace adder::array {

namespace {

constexpr index_t kBlockBytes = 4096;          // of one operand
constexpr index_t kStreamBytes = 24 << 20;     // results from this size on are written past the caches
constexpr index_t kThreadGrain = 1 << 15;      // elements
constexpr int kOut = -1;                       // a planned operand that is the output

// Copies past the caches; both aligned to 16 bytes, `bytes` a multiple of 16.
void stream_copy(char* to, const char* from, index_t bytes) {
  for (index_t i = 0; i < bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
}

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

class ProgramRun {
 public:
  ProgramRun(Program& program) : program_(program) {}

  // Puts axes in order and plans the steps; `out`: the output's memory, null for a fold.
  void plan(const index_t* out_strides, char* out);
  bool run(Error& error);
  bool fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error);

 private:
  struct Planned {
    Kernel kernel;
    int args;
    bool hardware;
    bool clear;                 // the step before leaves the hardware's conditions as they come
    std::uint8_t operation;
    std::int8_t leaf[4];        // an argument that is a leaf's; else -1
    std::int8_t buffer[4];      // or a buffer's, or kOut
    index_t steps[4];           // along the innermost axis
  };
  // One thread's place in the nest, its buffers and what was raised.
  struct Walk {
    alignas(64) char buffers[kProgramBuffers][kBlockBytes];
    char* leaves[kProgramLeaves];
    char* out;
    index_t counter[kProgramDims];
    Conditions raised[kProgramSteps] = {};
  };

  void seek(Walk& walk, index_t at) const;
  // Elements from the walk's place on: into the output, or densely to `dense`.
  void evaluate(Walk& walk, index_t n, char* dense) const;
  void block(Walk& walk, index_t n, char* out, index_t out_step) const;
  void note(const Walk& walk);  // what a thread's walk raised
  void tell();                  // what all of them raised, to the program's operations
  static Conditions run_piece(void* self, index_t begin, index_t end);

  template <class T>
  T pairwise(Walk& walk, const Loop& loop, index_t begin, index_t n, char* dense, Conditions* raised) const;
  template <class T>
  bool sum(const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error);

  Program& program_;
  int nd_ = 0;
  index_t shape_[kProgramDims];                                // innermost first
  index_t strides_[kProgramLeaves + 1][kProgramDims];          // leaves, then the output
  char* out_ = nullptr;
  bool stream_ = false;
  int step_count_ = 0;
  Planned steps_[kProgramSteps];
  index_t block_elements_ = 0;
  std::atomic<Conditions> raised_[kProgramSteps] = {};
};

void ProgramRun::plan(const index_t* out_strides, char* out) {
  const int leaves = program_.leaf_count_, nd = program_.nd_;
  const index_t* shape = program_.shape_;
  out_ = out;
  // Axes: by the output's memory, then the leaves'; those of length one dropped; joined where every operand lets it.
  const index_t* ranked[kProgramLeaves + 1] = {out_strides};
  for (int k = 0; k < leaves; ++k) ranked[k + 1] = program_.leaves_[k].broadcast;
  int order[kMaxDims];
  memory_order(nd, out ? leaves + 1 : 1, ranked, order);  // a fold's order is its result's alone
  nd_ = 0;
  for (int i = nd; i-- > 0;) {
    const int axis = order[i];
    if (shape[axis] == 1) continue;
    bool joins = nd_ > 0;
    for (int k = 0; joins && k <= leaves; ++k) {
      const index_t stride = k < leaves ? program_.leaves_[k].broadcast[axis] : out_strides[axis];
      joins = stride == strides_[k][nd_ - 1] * shape_[nd_ - 1];
    }
    if (joins) {
      shape_[nd_ - 1] *= shape[axis];
      continue;
    }
    for (int k = 0; k <= leaves; ++k) strides_[k][nd_] = k < leaves ? program_.leaves_[k].broadcast[axis] : out_strides[axis];
    shape_[nd_++] = shape[axis];
  }
  if (!out) {
    for (int i = 0; i < nd_; ++i) strides_[leaves][i] = 0;  // a fold has nowhere to go to
  }
  if (nd_ == 0) {
    nd_ = 1;
    shape_[0] = 1;
    for (int k = 0; k <= leaves; ++k) strides_[k][0] = 0;
  }

  step_count_ = program_.step_count_;
  index_t largest = 1;
  std::int8_t places[kProgramSteps];
  program_.place(places);
  bool dirty = false;
  for (int i = 0; i < step_count_; ++i) {
    const Program::Step& step = program_.steps_[i];
    Planned& planned = steps_[i];
    planned.kernel = step.kernel;
    planned.args = step.inputs + 1;
    planned.hardware = step.hardware;
    planned.clear = step.hardware && dirty;
    dirty = !step.hardware;
    planned.operation = step.operation;
    const DType* made = step.types[step.inputs];
    if (made->size > largest) largest = made->size;
    for (int k = 0; k < step.inputs; ++k) {
      const Program::Id source = step.sources[k];
      const bool leaf = source >= Program::kLeaf;
      planned.leaf[k] = leaf ? static_cast<std::int8_t>(source - Program::kLeaf) : std::int8_t{-1};
      planned.buffer[k] = leaf ? std::int8_t{-1} : places[source];
      planned.steps[k] = leaf ? strides_[source - Program::kLeaf][0] : step.types[k]->size;
    }
    planned.leaf[step.inputs] = -1;
    planned.buffer[step.inputs] = i == step_count_ - 1 ? std::int8_t{kOut} : places[i];
    planned.steps[step.inputs] = made->size;
  }
  block_elements_ = kBlockBytes / largest;
  const index_t item = program_.dtype()->size;
  stream_ = out && strides_[leaves][0] == item && nd_ == 1 && shape_[0] * item >= kStreamBytes &&
            reinterpret_cast<std::uintptr_t>(out) % 16 == 0 && block_elements_ * item % 16 == 0;
  for (int k = 0; stream_ && k < leaves; ++k) stream_ = program_.leaves_[k].data != out;
}

void ProgramRun::seek(Walk& walk, index_t at) const {
  const int leaves = program_.leaf_count_;
  for (int k = 0; k < leaves; ++k)
    walk.leaves[k] = program_.leaves_[k].value ? program_.values_[k] : program_.leaves_[k].data;
  walk.out = out_;
  for (int i = 0; i < nd_; ++i) {
    const index_t place = i + 1 < nd_ ? at % shape_[i] : at;
    at /= shape_[i];
    walk.counter[i] = place;
    for (int k = 0; k < leaves; ++k) walk.leaves[k] += place * strides_[k][i];
    walk.out += place * strides_[leaves][i];
  }
}

void ProgramRun::evaluate(Walk& walk, index_t n, char* dense) const {
  const int leaves = program_.leaf_count_;
  const index_t item = program_.dtype()->size;
  while (n > 0) {
    index_t count = shape_[0] - walk.counter[0];
    if (count > n) count = n;
    if (count > block_elements_) count = block_elements_;
    if (dense) {
      block(walk, count, dense, item);
      dense += count * item;
    } else if (stream_) {
      alignas(64) char made[kBlockBytes];
      block(walk, count, made, item);
      const index_t bytes = count * item, whole = reinterpret_cast<std::uintptr_t>(walk.out) % 16 ? 0 : bytes & -16;
      stream_copy(walk.out, made, whole);
      std::memcpy(walk.out + whole, made + whole, static_cast<std::size_t>(bytes - whole));
    } else {
      block(walk, count, walk.out, strides_[leaves][0]);
    }
    n -= count;
    walk.counter[0] += count;
    for (int k = 0; k < leaves; ++k) walk.leaves[k] += count * strides_[k][0];
    walk.out += count * strides_[leaves][0];
    for (int i = 0; i + 1 < nd_ && walk.counter[i] == shape_[i]; ++i) {
      for (int k = 0; k < leaves; ++k) walk.leaves[k] += strides_[k][i + 1] - shape_[i] * strides_[k][i];
      walk.out += strides_[leaves][i + 1] - shape_[i] * strides_[leaves][i];
      walk.counter[i] = 0;
      ++walk.counter[i + 1];
    }
  }
}

void ProgramRun::block(Walk& walk, index_t n, char* out, index_t out_step) const {
  HardwareConditions hardware;
  for (int i = 0; i < step_count_; ++i) {
    const Planned& step = steps_[i];
    char* args[4];
    for (int k = 0; k < step.args; ++k)
      args[k] = step.leaf[k] >= 0 ? walk.leaves[step.leaf[k]] : step.buffer[k] == kOut ? out : walk.buffers[step.buffer[k]];
    const index_t* steps = step.steps;
    index_t last[4];
    if (i == step_count_ - 1) {
      for (int k = 0; k + 1 < step.args; ++k) last[k] = steps[k];
      last[step.args - 1] = out_step;
      steps = last;
    }
    if (!step.hardware) {
      walk.raised[step.operation] |= step.kernel(args, n, steps, nullptr);
      continue;
    }
    if (step.clear) hardware.take();
    const Conditions seen = step.kernel(args, n, steps, kUnguarded);
    walk.raised[step.operation] |= seen | hardware.take();
  }
}

void ProgramRun::note(const Walk& walk) {
  for (int i = 0; i < program_.operation_count_; ++i)
    if (walk.raised[i]) raised_[i].fetch_or(walk.raised[i], std::memory_order_relaxed);
}

void ProgramRun::tell() {
  for (int i = 0; i < program_.operation_count_; ++i) program_.operations_[i].raised |= raised_[i].load();
}

Conditions ProgramRun::run_piece(void* self, index_t begin, index_t end) {
  ProgramRun& run = *static_cast<ProgramRun*>(self);
  Walk walk;
  run.seek(walk, begin);
  run.evaluate(walk, end - begin, nullptr);
  if (run.stream_) _mm_sfence();
  run.note(walk);
  return 0;
}

bool ProgramRun::run(Error& error) {
  const index_t n = program_.size();
  bool done = true;
  if (n > 0) {
    LongWork work("fused", n);
    if (worth_threads(n, program_.cost())) {
      Conditions none = 0;
      done = parallel_range(n, kThreadGrain, run_piece, this, &none, error);
    } else {
      run_piece(this, 0, n);
    }
  }
  tell();
  return done;
}

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
    for (index_t done = 0; done < n;) {
      const index_t count = chunk == 0 || chunk > n - done ? n - done : chunk;
      total = add_watched(total, pairwise<T>(walk, loop, done, count, dense, raised), raised);
      done += count;
    }
    note(walk);
  }
  std::memcpy(accumulator, &total, sizeof total);
  return true;
}

bool ProgramRun::fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error) {
  bool done = true;
  const DType* type = program_.dtype();
  if (op.op == Op::add && type->is_inexact()) {
    if (type == &kFloat64) done = sum<double>(loop, chunk, accumulator, raised, error);
    else if (type == &kFloat32) done = sum<float>(loop, chunk, accumulator, raised, error);
    else if (type == &kComplex128) done = sum<Complex<double>>(loop, chunk, accumulator, raised, error);
    else done = sum<Complex<float>>(loop, chunk, accumulator, raised, error);
  } else {
    const index_t n = program_.size(), item = type->size;
    LongWork work("fused", n);
    Walk walk;
    alignas(64) char dense[kBlockBytes];
    seek(walk, 0);
    if (op.identity == Identity::none) {  // an extremum starts from the first element
      evaluate(walk, 1, accumulator);
      seek(walk, 0);
    }
    for (index_t at = 0; at < n; at += block_elements_) {
      const index_t count = n - at < block_elements_ ? n - at : block_elements_;
      evaluate(walk, count, dense);
      char* args[2] = {accumulator, dense};
      const index_t steps[2] = {0, item};
      *raised |= loop.reduce(args, count, steps, nullptr);
    }
    note(walk);
  }
  tell();
  return done;
}

bool Program::run(const ArrayView& out, Error& error) {
  index_t strides[kProgramDims];
  for (int i = 0; i < nd_; ++i) strides[i] = out.strides[i];
  ProgramRun run(*this);
  run.plan(strides, out.data);
  return run.run(error);
}

bool Program::folds(const OpInfo& op, const Loop& loop) {
  switch (op.op) {
    case Op::add: case Op::multiply:
    case Op::maximum: case Op::minimum: case Op::fmax: case Op::fmin:
    case Op::logical_and: case Op::logical_or:
    case Op::bitwise_and: case Op::bitwise_or: case Op::bitwise_xor:
      return loop.reduce && loop.types[0] == loop.types[1] && loop.types[1] == loop.types[2] && loop.types[0] != &kFloat16;
    default:
      return false;
  }
}

bool Program::fold(const OpInfo& op, const Loop& loop, index_t chunk, char* accumulator, Conditions* raised, Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[step_count_ - 1].strides, nullptr);
  return run.fold(op, loop, chunk, accumulator, raised, error);
}

}  // namespace adder::array
