// Running programs: a walk through the elements in the order of the output's memory, a block at a time; all operations of
// a block before the next one, so that what lies between them stays in the first cache.
#include "array/fuse/run.h"

#include <emmintrin.h>

#include <cstring>

#include "array/core/host.h"
#include "array/iter/parallel.h"

namespace adder::array {

namespace {

constexpr index_t kStreamBytes = 24 << 20;     // results from this size on are written past the caches
constexpr index_t kThreadGrain = 1 << 15;      // elements
constexpr index_t kShortAxis = 64;             // elements; innermost axes below this are not worth a block each
constexpr int kFewBuffers = 6;                 // that fit the first cache whole, beside the leaves
constexpr int kOut = -1;                       // a planned operand that is the output

// Copies past the caches; both aligned to 16 bytes, `bytes` a multiple of 16.
void stream_copy(char* to, const char* from, index_t bytes) {
  for (index_t i = 0; i < bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
}

// Copies n elements, `step` bytes apart, into a dense run, or a dense run into such places.
template <class T>
void gather_run(char* to, const char* from, index_t n, index_t step) {
  T* r = reinterpret_cast<T*>(to);
  if (step == sizeof(T)) {
    for (index_t i = 0; i < n; ++i) r[i] = reinterpret_cast<const T*>(from)[i];
    return;
  }
  if (step == 0) {
    const T value = *reinterpret_cast<const T*>(from);
    for (index_t i = 0; i < n; ++i) r[i] = value;
    return;
  }
  for (index_t i = 0; i < n; ++i, from += step) r[i] = *reinterpret_cast<const T*>(from);
}
template <class T>
void scatter_run(char* to, const char* from, index_t n, index_t step) {
  for (index_t i = 0; i < n; ++i, to += step) *reinterpret_cast<T*>(to) = reinterpret_cast<const T*>(from)[i];
}

struct Wide {
  std::uint64_t parts[2];
};
// f.operator()<T>() with a type of that size.
template <class F>
void with_size(index_t size, F f) {
  switch (size) {
    case 1: return f.template operator()<std::uint8_t>();
    case 2: return f.template operator()<std::uint16_t>();
    case 4: return f.template operator()<std::uint32_t>();
    case 8: return f.template operator()<std::uint64_t>();
    default: return f.template operator()<Wide>();
  }
}

}  // namespace

void ProgramRun::plan(const index_t* out_strides, char* out) {
  const int leaves = program_.leaf_count_, nd = program_.nd_;
  const index_t* shape = program_.shape_;
  out_ = out;
  // Axes: by the output's memory, then the leaves'; those of length one dropped; joined where every operand lets it.
  const index_t* ranked[kProgramLeaves + 1] = {out_strides};
  for (int k = 0; k < leaves; ++k) ranked[k + 1] = program_.leaves_[k].broadcast;
  int order[kMaxDims];
  memory_order(nd, out ? leaves + 1 : 1, ranked, order);  // a fold's order is its result's alone
  output_count_ = program_.output_count_;
  const int operands = leaves + 1 + output_count_;
  auto stride_of = [&](int k, int axis) {
    return k < leaves ? program_.leaves_[k].broadcast[axis] : k > leaves ? program_.outputs_[k - leaves - 1].strides[axis] : out_strides[axis];
  };
  nd_ = 0;
  for (int i = nd; i-- > 0;) {
    const int axis = order[i];
    if (shape[axis] == 1) continue;
    bool joins = nd_ > 0;
    for (int k = 0; joins && k < operands; ++k) joins = stride_of(k, axis) == strides_[k][nd_ - 1] * shape_[nd_ - 1];
    if (joins) {
      shape_[nd_ - 1] *= shape[axis];
      continue;
    }
    for (int k = 0; k < operands; ++k) strides_[k][nd_] = stride_of(k, axis);
    shape_[nd_++] = shape[axis];
  }
  if (!out) {
    for (int i = 0; i < nd_; ++i) strides_[leaves][i] = 0;  // a fold has nowhere to go to
  }
  if (nd_ == 0) {
    nd_ = 1;
    shape_[0] = 1;
    for (int k = 0; k < operands; ++k) strides_[k][0] = 0;
  }

  // An operand lies evenly if one stride leads through all axes.
  packs_ = nd_ > 1 && shape_[0] < kShortAxis;
  for (int k = 0; k < operands; ++k) {
    bool even = true, repeats = true;
    for (int i = 1; i < nd_; ++i) {
      even = even && strides_[k][i] == strides_[k][i - 1] * shape_[i - 1];
      repeats = repeats && strides_[k][i] == 0;
    }
    packed_[k] = (packs_ && !even) || (k < leaves && program_.leaves_[k].mask >= 0);
    any_packed_ |= k < leaves && packed_[k];
    if (k < leaves) repeats_[k] = repeats;
  }

  step_count_ = program_.step_count_;
  index_t largest = 1;
  for (int k = 0; k < leaves; ++k)
    if (packed_[k] && program_.leaves_[k].dtype->size > largest) largest = program_.leaves_[k].dtype->size;
  std::int8_t places[kProgramSteps];
  const int buffers = program_.place(places, program_.kept_outputs());
  bool dirty = false;
  for (int i = 0; i < step_count_; ++i) {
    const Program::Step& step = program_.steps_[i];
    Planned& planned = steps_[i];
    planned.kernel = step.kernel;
    planned.args = step.inputs + 1;
    planned.hardware = step.hardware;
    planned.clear = step.hardware && dirty;
    dirty = !step.hardware;
    const DType* made = step.types[step.inputs];
    if (made->size > largest) largest = made->size;
    for (int k = 0; k < step.inputs; ++k) {
      const Program::Id source = step.sources[k];
      const bool leaf = source >= Program::kLeaf;
      planned.leaf[k] = leaf ? static_cast<std::int8_t>(source - Program::kLeaf) : std::int8_t{-1};
      planned.buffer[k] = leaf ? std::int8_t{-1} : places[source];
      planned.steps[k] = leaf && !packed_[source - Program::kLeaf] ? strides_[source - Program::kLeaf][0] : step.types[k]->size;
    }
    planned.leaf[step.inputs] = -1;
    planned.buffer[step.inputs] = i == step_count_ - 1 ? std::int8_t{kOut} : places[i];
    planned.steps[step.inputs] = made->size;
  }
  block_elements_ = (buffers > kFewBuffers ? kBlockBytes / 2 : kBlockBytes) / largest;
  if (packs_) block_elements_ -= block_elements_ % shape_[0];  // whole rows: a repeated one is packed once
  const index_t item = program_.dtype()->size;
  stream_ = out && strides_[leaves][0] == item && nd_ == 1 && shape_[0] * item >= kStreamBytes &&
            reinterpret_cast<std::uintptr_t>(out) % 16 == 0 && block_elements_ * item % 16 == 0;
  for (int k = 0; stream_ && k < leaves; ++k) stream_ = program_.leaves_[k].data != out;
  for (int j = 0; j < output_count_; ++j) {
    const Program::Output& output = program_.outputs_[j];
    const index_t size = program_.dtype_of(output.step)->size;
    outputs_[j] = {places[output.step], strides_[leaves + 1 + j][0] == size && nd_ == 1 && shape_[0] * size >= kStreamBytes, size};
  }
}

void ProgramRun::seek(Walk& walk, index_t at) const {
  const int leaves = program_.leaf_count_;
  for_each_mask([&](int i) {
    if (walk.rank[i] == at) return;
    walk.rank[i] = at;
    walk.place[i] = place_of(mask_at(i), at);
  });
  for (int k = 0; k < leaves; ++k)
    walk.leaves[k] = program_.leaves_[k].value ? program_.values_[k] : program_.leaves_[k].data;
  walk.out = out_;
  for (int j = 0; j < output_count_; ++j) walk.outputs[j] = program_.outputs_[j].data;
  for (int i = 0; i < nd_; ++i) {
    const index_t place = i + 1 < nd_ ? at % shape_[i] : at;
    at /= shape_[i];
    walk.counter[i] = place;
    for (int k = 0; k < leaves; ++k) walk.leaves[k] += place * strides_[k][i];
    walk.out += place * strides_[leaves][i];
    for (int j = 0; j < output_count_; ++j) walk.outputs[j] += place * strides_[leaves + 1 + j][i];
  }
}

// Carries a place along the innermost axis over into the outer ones. `move`: called with an axis and the steps along it, which
// start from the beginning of the axis within.
template <class Move>
static void carry(int nd, const index_t* shape, index_t* counter, Move move) {
  for (int i = 0; i + 1 < nd && counter[i] >= shape[i]; ++i) {
    const index_t over = counter[i] == shape[i] ? 1 : counter[i] / shape[i];
    counter[i] -= over * shape[i];
    counter[i + 1] += over;
    move(i, over);
  }
}

void ProgramRun::advance(Walk& walk, index_t n) const {
  const int leaves = program_.leaf_count_;
  for_each_mask([&](int i) {
    walk.place[i] = walk.next_place[i];
    walk.rank[i] += n;
  });
  walk.counter[0] += n;
  for (int k = 0; k < leaves; ++k) walk.leaves[k] += n * strides_[k][0];
  walk.out += n * strides_[leaves][0];
  for (int j = 0; j < output_count_; ++j) walk.outputs[j] += n * strides_[leaves + 1 + j][0];
  carry(nd_, shape_, walk.counter, [&](int i, index_t over) {
    for (int k = 0; k < leaves; ++k) walk.leaves[k] += over * (strides_[k][i + 1] - shape_[i] * strides_[k][i]);
    walk.out += over * (strides_[leaves][i + 1] - shape_[i] * strides_[leaves][i]);
    for (int j = 0; j < output_count_; ++j) {
      const index_t* strides = strides_[leaves + 1 + j];
      walk.outputs[j] += over * (strides[i + 1] - shape_[i] * strides[i]);
    }
  });
}

// Goes through the runs along the innermost axis of n elements from the walk's place on: run(place, count, elements before).
template <class Run>
static void for_each_run(int nd, const index_t* shape, const index_t* strides, index_t* place, char* at, index_t n, Run run) {
  for (index_t done = 0; done < n;) {
    index_t count = shape[0] - place[0];
    if (count > n - done) count = n - done;
    run(at, count, done);
    done += count;
    place[0] += count;
    at += count * strides[0];
    carry(nd, shape, place, [&](int i, index_t over) { at += over * (strides[i + 1] - shape[i] * strides[i]); });
  }
}

// Repeats the first `filled` bytes until there are as many as `bytes`.
static void repeat(char* to, index_t filled, index_t bytes) {
  while (filled < bytes) {
    const index_t more = filled < bytes - filled ? filled : bytes - filled;
    std::memcpy(to + filled, to, static_cast<std::size_t>(more));
    filled += more;
  }
}

void ProgramRun::pack(Walk& walk, int leaf, index_t n) const {
  if (const int mask = program_.leaves_[leaf].mask; mask >= 0) {
    walk.next_place[mask] = pick(walk.packed[leaf], program_.leaves_[leaf].data, program_.leaves_[leaf].dtype->size, program_.masks_[mask], walk.place[mask], n);
    return;
  }
  if (repeats_[leaf] && walk.packed_count[leaf] >= n && walk.packed_phase[leaf] == walk.counter[0]) return;
  walk.packed_count[leaf] = n;
  walk.packed_phase[leaf] = walk.counter[0];
  const index_t item = program_.leaves_[leaf].dtype->size;
  // Axes along which this leaf lies evenly are one to it.
  int nd = 0;
  index_t shape[kProgramDims], strides[kProgramDims], place[kProgramDims];
  for (int i = 0; i < nd_; ++i) {
    if (nd && strides_[leaf][i] == strides[nd - 1] * shape[nd - 1]) {
      place[nd - 1] += walk.counter[i] * shape[nd - 1];
      shape[nd - 1] *= shape_[i];
      continue;
    }
    shape[nd] = shape_[i];
    strides[nd] = strides_[leaf][i];
    place[nd++] = walk.counter[i];
  }
  with_size(item, [&]<class T>() {
    char* to = walk.packed[leaf];
    char* at = walk.leaves[leaf];
    if (nd > 1 && strides[1] == 0 && place[0] == 0) {
      // The same row many times: written once, and copied.
      for (index_t done = 0; done < n;) {
        index_t count = (shape[1] - place[1]) * shape[0];
        if (count > n - done) count = n - done;
        const index_t row = count < shape[0] ? count : shape[0];
        gather_run<T>(to + done * item, at, row, strides[0]);
        repeat(to + done * item, row * item, count * item);
        done += count;
        place[1] += (count + shape[0] - 1) / shape[0];
        carry(nd - 1, shape + 1, place + 1, [&](int i, index_t over) { at += over * (strides[i + 2] - shape[i + 1] * strides[i + 1]); });
      }
      return;
    }
    for_each_run(nd, shape, strides, place, at, n, [&](const char* from, index_t count, index_t done) { gather_run<T>(to + done * item, from, count, strides[0]); });
  });
}

void ProgramRun::unpack(Walk& walk, const char* from, index_t n) const {
  if (out_mask_) {
    walk.next_place[kProgramMasks] = put(out_, from, program_.dtype()->size, *out_mask_, walk.place[kProgramMasks], n);
    return;
  }
  scatter(walk, program_.leaf_count_, walk.out, from, program_.dtype()->size, n);
}

// A dense block to the places of an operand from `to` on.
void ProgramRun::scatter(const Walk& walk, int operand, char* to, const char* from, index_t item, index_t n) const {
  const index_t* strides = strides_[operand];
  index_t place[kProgramDims];
  for (int i = 0; i < nd_; ++i) place[i] = walk.counter[i];
  with_size(item, [&]<class T>() {
    for_each_run(nd_, shape_, strides, place, to, n,
                 [&](char* at, index_t count, index_t done) { scatter_run<T>(at, from + done * item, count, strides[0]); });
  });
}

void ProgramRun::give(Walk& walk, index_t n) const {
  for (int j = 0; j < output_count_; ++j) {
    const auto& output = outputs_[j];
    const char* from = walk.buffers[output.buffer];
    char* to = walk.outputs[j];
    const index_t bytes = n * output.item;
    if (output.stream && reinterpret_cast<std::uintptr_t>(to) % 16 == 0) {
      stream_copy(to, from, bytes & -16);
      std::memcpy(to + (bytes & -16), from + (bytes & -16), static_cast<std::size_t>(bytes & 15));
    } else if (nd_ == 1 && strides_[program_.leaf_count_ + 1 + j][0] == output.item) {
      std::memcpy(to, from, static_cast<std::size_t>(bytes));
    } else {
      scatter(walk, program_.leaf_count_ + 1 + j, to, from, output.item, n);
    }
  }
}

void ProgramRun::evaluate(Walk& walk, index_t n, char* dense) const {
  const int leaves = program_.leaf_count_;
  const index_t item = program_.dtype()->size;
  while (n > 0) {
    index_t count = packs_ ? n : shape_[0] - walk.counter[0];
    if (count > n) count = n;
    if (count > block_elements_) count = block_elements_;
    for (int k = 0; any_packed_ && k < leaves; ++k)
      if (packed_[k]) pack(walk, k, count);
    if (dense) {
      block(walk, count, dense, item);
      dense += count * item;
    } else if (stream_) {
      alignas(64) char made[kBlockBytes];
      block(walk, count, made, item);
      const index_t bytes = count * item, whole = reinterpret_cast<std::uintptr_t>(walk.out) % 16 ? 0 : bytes & -16;
      stream_copy(walk.out, made, whole);
      std::memcpy(walk.out + whole, made + whole, static_cast<std::size_t>(bytes - whole));
    } else if (packed_[leaves]) {
      alignas(64) char made[kBlockBytes];
      block(walk, count, made, item);
      unpack(walk, made, count);
    } else {
      block(walk, count, walk.out, strides_[leaves][0]);
    }
    if (output_count_) give(walk, count);
    n -= count;
    advance(walk, count);
  }
}

void ProgramRun::block(Walk& walk, index_t n, char* out, index_t out_step) const {
  HardwareConditions hardware;
  for (int i = 0; i < step_count_; ++i) {
    const Planned& step = steps_[i];
    char* args[4];
    for (int k = 0; k < step.args; ++k)
      args[k] = step.leaf[k] >= 0 ? (packed_[step.leaf[k]] ? walk.packed[step.leaf[k]] : walk.leaves[step.leaf[k]])
                                  : step.buffer[k] == kOut ? out : walk.buffers[step.buffer[k]];
    const index_t* steps = step.steps;
    index_t last[4];
    if (i == step_count_ - 1) {
      for (int k = 0; k + 1 < step.args; ++k) last[k] = steps[k];
      last[step.args - 1] = out_step;
      steps = last;
    }
    if (!step.hardware) {
      walk.raised[i] |= step.kernel(args, n, steps, nullptr);
      continue;
    }
    if (step.clear) hardware.take();
    const Conditions seen = step.kernel(args, n, steps, kUnguarded);
    walk.raised[i] |= seen | hardware.take();
  }
}

void ProgramRun::note(const Walk& walk) {
  for (int i = 0; i < step_count_; ++i)
    if (walk.raised[i]) raised_[i].fetch_or(walk.raised[i], std::memory_order_relaxed);
}

void ProgramRun::tell() {
  for (int i = 0; i < step_count_; ++i) {
    program_.raised_[i] = raised_[i].load();
    program_.operations_[program_.steps_[i].operation].raised |= program_.raised_[i];
  }
}

Conditions ProgramRun::run_piece(void* self, index_t begin, index_t end) {
  ProgramRun& run = *static_cast<ProgramRun*>(self);
  Walk walk;
  run.seek(walk, begin);
  run.evaluate(walk, end - begin, nullptr);
  _mm_sfence();  // if something was streamed
  run.note(walk);
  return 0;
}

bool ProgramRun::quiet() const {
  if (output_count_) return false;
  for (int i = 0; i < step_count_; ++i)
    if (!program_.steps_[i].quiet) return false;
  return true;
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

// Evaluates everything and keeps nothing.
bool ProgramRun::probe(Error& error) {
  auto body = [](void* self, index_t begin, index_t end) -> Conditions {
    ProgramRun& run = *static_cast<ProgramRun*>(self);
    Walk walk;
    alignas(64) char dense[kBlockBytes];
    run.seek(walk, begin);
    for (index_t at = begin; at < end; at += run.block_elements_) run.evaluate(walk, std::min(run.block_elements_, end - at), dense);
    run.note(walk);
    return 0;
  };
  Conditions none = 0;
  const bool done = parallel_range(program_.size(), kThreadGrain, body, this, &none, error);
  tell();
  return done;
}

bool Program::probe(Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[root()].strides, nullptr);
  return run.probe(error);
}

bool Program::run_under(const ArrayView& out, const Chooser& by, Error& error) {
  ProgramRun run(*this);
  const index_t stride = out.dtype->size;
  run.plan(&stride, out.data);
  run.put_under(by);
  return run.run(error);
}

bool Program::run(const ArrayView& out, Error& error) {
  index_t strides[kProgramDims];
  for (int i = 0; i < nd_; ++i) strides[i] = out.strides[i];
  ProgramRun run(*this);
  run.plan(strides, out.data);
  return run.run(error);
}

}  // namespace adder::array
