// Folds of programs along axes. Elements come in the order of the result's memory, so a fold along the innermost axis takes runs
// that follow each other, and one along an outer axis takes rows that are folded into each other element by element: in both the
// order in which array/reduce takes the elements of an array.
#include <cstring>

#include "array/core/host.h"
#include "array/fuse/run.h"
#include "array/iter/parallel.h"
#include "array/reduce/arg.h"

namespace adder::array {

namespace {

constexpr index_t kFewElements = 8;          // runs and rows up to this are folded across, many at a time
constexpr index_t kPieceElements = 1 << 15;  // for one thread at a time

}  // namespace

struct ProgramRun::Job {
  const Reduction* reduction;
  Axis axes[kProgramDims + 1];
  int count;
  index_t item;        // of the program's elements
  bool pairwise;       // runs are summed in NumPy's tree
  ArgRun arg_run;      // where the places of extrema are asked for
  ArgRows arg_rows;
};

namespace {

// A place among all axes but the innermost.
template <class Axis>
struct Place {
  const Axis* axes;
  int count;
  index_t counter[kProgramDims] = {};
  index_t out = 0;

  Place(const Axis* axes, int count, index_t at) : axes(axes), count(count) {
    for (int i = 1; i < count; ++i) {
      counter[i] = i + 1 < count ? at % axes[i].length : at;
      at /= axes[i].length;
      out += counter[i] * axes[i].out;
    }
  }
  // Whether nothing of the accumulators here has been folded yet.
  bool fresh() const {
    for (int i = 1; i < count; ++i)
      if (axes[i].out == 0 && counter[i] > 0) return false;
    return true;
  }
  // Steps left along the next axis.
  index_t left() const { return axes[1].length - counter[1]; }
  // At most `left`.
  void advance(index_t steps) {
    counter[1] += steps;
    out += steps * axes[1].out;
    for (int i = 1; i + 1 < count && counter[i] == axes[i].length; ++i) {
      out += axes[i + 1].out - counter[i] * axes[i].out;
      counter[i] = 0;
      ++counter[i + 1];
    }
  }
};

void copy_elements(char* to, index_t to_step, const char* from, index_t from_step, index_t n, index_t item) {
  for (index_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, static_cast<std::size_t>(item));
}

index_t smaller(index_t a, index_t b) { return a < b ? a : b; }

}  // namespace

int ProgramRun::join_axes(const index_t* strides, Axis* axes) const {
  const index_t* ranked[1] = {program_.steps_[program_.root()].strides};
  int order[kMaxDims], count = 0;
  memory_order(program_.nd_, 1, ranked, order);
  for (int i = program_.nd_; i-- > 0;) {
    const Axis axis = {program_.shape_[order[i]], strides[order[i]]};
    if (axis.length == 1) continue;
    if (count && axis.out == axes[count - 1].out * axes[count - 1].length) axes[count - 1].length *= axis.length;
    else axes[count++] = axis;
  }
  return count;
}

// Folds `rows` dense runs of `length` elements into an accumulator each.
void ProgramRun::fold_runs(const Job& job, char* acc, index_t acc_step, char* dense, index_t rows, index_t length, Conditions* raised) const {
  const Loop& loop = *job.reduction->loop;
  const bool watched = job.reduction->op->seen == Seen::hardware;
  HardwareConditions hardware;
  // Pairwise sums of fewer than eight numbers, or four complex ones, go in order.
  const index_t few = !job.pairwise ? kFewElements + 1 : program_.dtype()->is_complex() ? 4 : 8;
  if (length < few && rows > 1) {
    // Across: the first elements of all runs, the second ones and so on.
    char* to = acc;
    index_t to_step = acc_step;
    alignas(64) char sums[kBlockBytes];
    index_t first = 0;
    if (job.pairwise) {
      // The sum is added to the accumulator when it is done.
      copy_elements(sums, job.item, dense, length * job.item, rows, job.item);
      to = sums;
      to_step = job.item;
      first = 1;
    }
    for (index_t k = first; k < length; ++k) {
      char* args[2] = {to, dense + k * job.item};
      const index_t steps[2] = {to_step, length * job.item};
      *raised |= loop.reduce(args, rows, steps, kUnguarded);
    }
    if (job.pairwise) {
      char* args[2] = {acc, sums};
      const index_t steps[2] = {acc_step, job.item};
      *raised |= loop.reduce(args, rows, steps, kUnguarded);
    }
  } else {
    for (index_t i = 0; i < rows; ++i) {
      char* args[2] = {acc + i * acc_step, dense + i * length * job.item};
      const index_t steps[2] = {0, job.item};
      *raised |= loop.reduce(args, length, steps, kUnguarded);
    }
  }
  if (watched) *raised |= hardware.take();
}

// Runs [begin, end) along the innermost axis, which is folded.
void ProgramRun::reduce_runs(Walk& walk, const Job& job, index_t begin, index_t end, Conditions* raised) const {
  const Reduction& reduction = *job.reduction;
  const index_t length = job.axes[0].length;
  alignas(64) char dense[kBlockBytes];
  Place<Axis> place(job.axes, job.count, begin);
  seek(walk, begin * length);
  if (length > block_elements_) {
    for (index_t i = begin; i < end; ++i, place.advance(1)) {
      char* acc = reduction.out + place.out;
      if (job.pairwise) {
        add_run(walk, *reduction.loop, i * length, length, reduction.chunk, acc, dense, raised);
        continue;
      }
      char best[kMaxItemSize];
      for (index_t at = 0; at < length; at += block_elements_) {
        const index_t n = smaller(block_elements_, length - at);
        evaluate(walk, n, dense);
        if (job.arg_run) {
          const index_t found = job.arg_run(dense, n, job.item, best, at == 0);
          if (found >= 0) *reinterpret_cast<std::int64_t*>(acc) = at + found;
          continue;
        }
        if (at == 0 && reduction.from_first && place.fresh()) std::memcpy(acc, dense, static_cast<std::size_t>(job.item));
        fold_runs(job, acc, 0, dense, 1, n, raised);
      }
    }
    return;
  }
  const index_t at_once = block_elements_ / length;
  for (index_t i = begin; i < end;) {
    const index_t rows = smaller(at_once, end - i);
    evaluate(walk, rows * length, dense);
    for (index_t done = 0; done < rows;) {
      const index_t n = smaller(rows - done, place.left());
      char* acc = reduction.out + place.out;
      const index_t acc_step = job.axes[1].out;
      char* from = dense + done * length * job.item;
      if (job.arg_run) {
        char best[kMaxItemSize];
        for (index_t k = 0; k < n; ++k)
          *reinterpret_cast<std::int64_t*>(acc + k * acc_step) = job.arg_run(from + k * length * job.item, length, job.item, best, true);
      } else {
        if (reduction.from_first && place.fresh()) copy_elements(acc, acc_step, from, length * job.item, n, job.item);
        fold_runs(job, acc, acc_step, from, n, length, raised);
      }
      done += n;
      place.advance(n);
    }
    i += rows;
  }
}

// Columns [first, last) of the rows [begin, end) along the innermost axis, which is kept.
void ProgramRun::reduce_rows(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last, Conditions* raised) const {
  const Reduction& reduction = *job.reduction;
  const Loop* loop = reduction.loop;
  const index_t length = job.axes[0].length, acc_step = job.axes[0].out, columns = last - first;
  const bool watched = loop && reduction.op->seen == Seen::hardware;
  alignas(64) char dense[kBlockBytes];
  Place<Axis> place(job.axes, job.count, begin);
  HardwareConditions hardware;
  // Folds n elements of one row.
  auto fold_row = [&](index_t column, char* from, index_t n) {
    char* acc = reduction.out + place.out + column * acc_step;
    if (reduction.from_first && place.fresh()) return copy_elements(acc, acc_step, from, job.item, n, job.item);
    char* args[2] = {acc, from};
    const index_t steps[2] = {acc_step, job.item};
    *raised |= loop->reduce(args, n, steps, kUnguarded);
  };
  if (columns == length && length * 2 <= block_elements_) {
    const index_t at_once = block_elements_ / length;
    // Few columns of plain operations are folded down, many rows at a time.
    const bool down = length <= kFewElements && job.axes[1].out == 0 && loop->types[0] == loop->types[2] && !reduction.from_first;
    seek(walk, begin * length);
    for (index_t i = begin; i < end;) {
      const index_t rows = smaller(at_once, end - i);
      evaluate(walk, rows * length, dense);
      hardware.take();
      for (index_t done = 0; done < rows;) {
        index_t n = 1;
        char* from = dense + done * length * job.item;
        if (down) {
          n = smaller(rows - done, place.left());
          for (index_t k = 0; k < length; ++k) {
            char* acc = reduction.out + place.out + k * acc_step;
            char* args[3] = {acc, from + k * job.item, acc};
            const index_t steps[3] = {0, length * job.item, 0};
            *raised |= loop->kernel(args, n, steps, kUnguarded);
          }
        } else {
          fold_row(0, from, length);
        }
        done += n;
        place.advance(n);
      }
      if (watched) *raised |= hardware.take();
      i += rows;
    }
    return;
  }
  for (index_t i = begin; i < end; ++i, place.advance(1)) {
    if (i == begin || columns < length) seek(walk, i * length + first);
    for (index_t at = 0; at < columns; at += block_elements_) {
      const index_t n = smaller(block_elements_, columns - at);
      evaluate(walk, n, dense);
      hardware.take();
      fold_row(first + at, dense, n);
      if (watched) *raised |= hardware.take();
    }
  }
}

// The same for the places of extrema along the axis next to the innermost: columns in blocks, so that the best so far stay at hand.
void ProgramRun::place_rows(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last) const {
  const index_t length = job.axes[0].length, acc_step = job.axes[0].out, rows = job.axes[1].length;
  alignas(64) char dense[kBlockBytes];
  alignas(64) char best[kBlockBytes];
  Place<Axis> place(job.axes, job.count, begin);
  for (index_t i = begin; i < end; i += rows, place.advance(rows)) {
    for (index_t at = first; at < last; at += block_elements_) {
      const index_t n = smaller(block_elements_, last - at);
      for (index_t row = 0; row < rows; ++row) {
        seek(walk, (i + row) * length + at);
        evaluate(walk, n, dense);
        job.arg_rows(dense, n, best, job.reduction->out + place.out + at * acc_step, acc_step, row);
      }
    }
  }
}

void ProgramRun::reduce_part(Walk& walk, const Job& job, index_t begin, index_t end, index_t first, index_t last, Conditions* raised) const {
  if (job.axes[0].out == 0) reduce_runs(walk, job, begin, end, raised);
  else if (job.arg_rows) place_rows(walk, job, begin, end, first, last);
  else reduce_rows(walk, job, begin, end, first, last, raised);
}

// Splits the work over threads where each has accumulators of its own: along an outermost axis that is kept, or by columns.
bool ProgramRun::reduce_all(const Job& job, Conditions* raised, Error& error) {
  struct Split {
    ProgramRun* run;
    const Job* job;
    index_t length, runs, parts;
    bool columns;

    static Conditions some(void* self, index_t begin, index_t end) {
      const Split& s = *static_cast<const Split*>(self);
      const index_t each = s.runs / s.parts;
      Walk walk;
      Conditions raised = 0;
      if (s.columns) s.run->reduce_part(walk, *s.job, 0, s.runs, begin, end, &raised);
      else s.run->reduce_part(walk, *s.job, begin * each, end * each, 0, s.length, &raised);
      s.run->note(walk);
      return raised;
    }
  } split = {this, &job, job.axes[0].length, 1, 1, false};
  for (int i = 1; i < job.count; ++i) split.runs *= job.axes[i].length;
  const index_t total = split.length * split.runs;
  const Axis& outermost = job.axes[job.count - 1];
  if (outermost.out != 0) split.parts = outermost.length;
  else split.columns = job.axes[0].out != 0;
  LongWork work("fused", total);
  bool done = true;
  const index_t pieces = split.columns ? split.length : split.parts;
  if (pieces > 1 && worth_threads(total, program_.cost() + 4)) {
    const index_t each = kPieceElements / (total / pieces), least = split.columns ? block_elements_ : 1;
    done = parallel_range(pieces, each > least ? each : least, Split::some, &split, raised, error);
  } else {
    *raised |= Split::some(&split, 0, pieces);
  }
  tell();
  return done;
}

bool ProgramRun::reduce(const Reduction& reduction, Conditions* raised, Error& error) {
  Job job = {};
  job.reduction = &reduction;
  job.count = join_axes(reduction.strides, job.axes);
  job.item = program_.dtype()->size;
  job.pairwise = reduction.op->op == Op::add && program_.dtype()->is_inexact();
  return reduce_all(job, raised, error);
}

bool ProgramRun::arg_extremum(bool largest, const Reduction& reduction, Error& error) {
  Job job = {};
  job.reduction = &reduction;
  job.count = join_axes(reduction.strides, job.axes);
  if (job.count == 1) job.axes[job.count++] = {1, 0};
  job.item = program_.dtype()->size;
  if (job.axes[0].out == 0) job.arg_run = arg_run_of(program_.dtype(), largest);
  else job.arg_rows = arg_rows_of(program_.dtype(), largest);
  Conditions none = 0;
  return reduce_all(job, &none, error);
}

bool Program::reduce(const Reduction& reduction, Conditions* raised, Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[root()].strides, nullptr);
  return run.reduce(reduction, raised, error);
}

bool Program::arg_extremum(bool largest, char* out, const index_t* strides, Error& error) {
  ProgramRun run(*this);
  run.plan(steps_[root()].strides, nullptr);
  return run.arg_extremum(largest, {nullptr, nullptr, 0, false, out, strides}, error);
}

bool Program::has_places(const index_t* strides) const {
  if (!arg_run_of(dtype(), true)) return false;
  int order[kMaxDims], seen = 0, first = -1, last = -1;
  this->order(order);
  for (int i = nd_; i-- > 0;) {
    if (shape_[order[i]] == 1) continue;
    if (strides[order[i]] == 0) {
      if (first < 0) first = seen;
      else if (last != seen - 1) return false;
      last = seen;
    }
    ++seen;
  }
  return first == 0 || first == 1;
}

}  // namespace adder::array
