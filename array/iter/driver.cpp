// The driver of element-wise work. A call becomes a list of axes with one stride per operand, sorted by memory and
// coalesced; the innermost is the kernel's, the rest are counted through here.
#include "array/iter/driver.h"

#include <cstring>

#include "array/core/host.h"
#include "array/core/scratch.h"
#include "array/iter/parallel.h"

namespace adder::array {

namespace {

// Axes of a loop nest, innermost first, and each operand's strides over them.
struct Nest {
  int nd = 0;
  int args = 0;
  index_t shape[kMaxDims];
  index_t strides[kMaxArgs + 1][kMaxDims];
  char* data[kMaxArgs + 1];

  index_t outer_count() const {
    index_t n = 1;
    for (int i = 1; i < nd; ++i) n *= shape[i];
    return n;
  }
};

void coalesce(Nest& nest) {
  int last = 0;
  for (int i = 1; i < nest.nd; ++i) {
    bool joins = true;
    for (int k = 0; k < nest.args && joins; ++k)
      joins = nest.strides[k][i] == nest.strides[k][last] * nest.shape[last];
    if (joins) {
      nest.shape[last] *= nest.shape[i];
    } else {
      ++last;
      nest.shape[last] = nest.shape[i];
      for (int k = 0; k < nest.args; ++k) nest.strides[k][last] = nest.strides[k][i];
    }
  }
  if (nest.nd) nest.nd = last + 1;
}

// Sorts axes by how the operands lie in memory (outputs first), drops axes of length one, joins what can be joined.
// False if there is nothing to do.
bool arrange(Nest& nest, int nd, const index_t* shape, int outputs, index_t strides[][kMaxDims]) {
  const index_t* ranked[kMaxArgs + 1];
  int n = 0;
  for (int k = nest.args - outputs; k < nest.args; ++k) ranked[n++] = strides[k];
  for (int k = 0; k < nest.args - outputs; ++k) ranked[n++] = strides[k];
  int order[kMaxDims];
  memory_order(nd, n, ranked, order);
  nest.nd = 0;
  for (int i = nd; i-- > 0;) {
    int axis = order[i];
    if (shape[axis] == 0) return false;
    if (shape[axis] == 1) continue;
    nest.shape[nest.nd] = shape[axis];
    for (int k = 0; k < nest.args; ++k) nest.strides[k][nest.nd] = strides[k][axis];
    ++nest.nd;
  }
  if (nest.nd == 0) {
    nest.nd = 1;
    nest.shape[0] = 1;
    for (int k = 0; k < nest.args; ++k) nest.strides[k][0] = 0;
  }
  coalesce(nest);
  return true;
}

// How the innermost run of a nest is computed: directly, through casts, under a mask.
struct Inner {
  const LoopRun* run;
  Cast casts[kMaxArgs] = {};          // none: the operand has the kernel's dtype
  index_t item_sizes[kMaxArgs] = {};  // of the kernel's dtypes
  index_t scattered[kMaxArgs] = {};   // the size of the operand's own elements if they lie where their type cannot be read
  const void* extra = nullptr;
  bool casting = false;
  bool special = false;  // dtypes beyond the plain numbers take part: the host's lock is kept, in one thread
  bool masked = false;
};

// As below, for elements of any size, which may own references.
Conditions run_special_cast(const Inner& inner, char* const* data, const index_t* steps, index_t n) {
  const LoopRun& run = *inner.run;
  index_t largest = 1;
  for (int k = 0; k < run.args; ++k)
    if (inner.casts[k] && inner.item_sizes[k] > largest) largest = inner.item_sizes[k];
  const index_t block = largest > 16384 ? 1 : n < 16384 / largest ? n : 16384 / largest;
  ElementScratch blocks[kMaxArgs];
  Error error;
  char* at[kMaxArgs];
  for (int k = 0; k < run.args; ++k)
    if (inner.casts[k] && !(at[k] = blocks[k].get(run.types[k], block, error))) return kFailed;
  Conditions raised = 0;
  for (index_t done = 0; done < n; done += block) {
    const index_t count = n - done < block ? n - done : block;
    char* args[kMaxArgs];
    index_t inner_steps[kMaxArgs];
    for (int k = 0; k < run.args; ++k) {
      char* there = data[k] + done * steps[k];
      args[k] = inner.casts[k] ? at[k] : there;
      inner_steps[k] = inner.casts[k] ? inner.item_sizes[k] : steps[k];
      if (!inner.casts[k] || k >= run.inputs) continue;
      char* cast_args[2] = {there, at[k]};
      const index_t cast_steps[2] = {steps[k], inner.item_sizes[k]};
      raised |= inner.casts[k](cast_args, count, cast_steps);
      if (raised & kFailed) return raised;
    }
    raised |= run.kernel(args, count, inner_steps, run.extra);
    for (int k = run.inputs; k < run.args && !(raised & kFailed); ++k) {
      if (!inner.casts[k]) continue;
      char* cast_args[2] = {at[k], data[k] + done * steps[k]};
      const index_t cast_steps[2] = {inner.item_sizes[k], steps[k]};
      raised |= inner.casts[k](cast_args, count, cast_steps);
    }
    if (raised & kFailed) return raised;
  }
  return raised;
}

// Whether elements lie where their type cannot be read or written by the machine's rules: fields of packed structures, views of bytes.
bool misaligned(const char* data, int nd, const index_t* shape, const index_t* strides, const DType* dtype) {
  std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(data);
  for (int i = 0; i < nd; ++i)
    if (shape[i] > 1) bits |= static_cast<std::uintptr_t>(strides[i]);
  return bits & static_cast<std::uintptr_t>(dtype->alignment - 1);
}

// Casts n elements of an operand into a block, by way of another where they are aligned if need be, and back.
Conditions cast_in(const Inner& inner, int k, char* from, char* block, index_t n, index_t step) {
  alignas(64) char spare[kCastBlock * kMaxItemSize];
  if (const index_t size = inner.scattered[k]) {
    for (index_t i = 0; i < n; ++i) std::memcpy(spare + i * size, from + i * step, static_cast<std::size_t>(size));
    from = spare;
    step = size;
  }
  char* args[2] = {from, block};
  const index_t steps[2] = {step, inner.item_sizes[k]};
  return inner.casts[k].kernel(args, n, steps, nullptr);
}

Conditions cast_out(const Inner& inner, int k, char* block, char* to, index_t n, index_t step) {
  alignas(64) char spare[kCastBlock * kMaxItemSize];
  const index_t size = inner.scattered[k];
  char* args[2] = {block, size ? spare : to};
  const index_t steps[2] = {inner.item_sizes[k], size ? size : step};
  const Conditions raised = inner.casts[k].kernel(args, n, steps, nullptr);
  for (index_t i = 0; size && i < n; ++i) std::memcpy(to + i * step, spare + i * size, static_cast<std::size_t>(size));
  return raised;
}

Conditions run_cast(const Inner& inner, char* const* data, const index_t* steps, index_t n) {
  const LoopRun& run = *inner.run;
  alignas(64) char blocks[kMaxArgs][kCastBlock * kMaxItemSize];
  Conditions raised = 0;
  for (index_t done = 0; done < n; done += kCastBlock) {
    index_t count = n - done < kCastBlock ? n - done : kCastBlock;
    char* args[kMaxArgs];
    index_t inner_steps[kMaxArgs];
    for (int k = 0; k < run.args; ++k) {
      char* at = data[k] + done * steps[k];
      args[k] = at;
      inner_steps[k] = steps[k];
      if (!inner.casts[k]) continue;
      args[k] = blocks[k];
      inner_steps[k] = inner.item_sizes[k];
      if (k < run.inputs) {
        if (steps[k] == 0) inner_steps[k] = 0;
        raised |= cast_in(inner, k, at, blocks[k], steps[k] == 0 ? 1 : count, steps[k]);
      }
    }
    raised |= run.kernel(args, count, inner_steps, run.extra);
    for (int k = run.inputs; k < run.args; ++k) {
      if (!inner.casts[k]) continue;
      raised |= cast_out(inner, k, blocks[k], data[k] + done * steps[k], count, steps[k]);
    }
  }
  return raised;
}

Conditions run_unmasked(const Inner& inner, char* const* data, const index_t* steps, index_t n) {
  if (inner.casting) return inner.special ? run_special_cast(inner, data, steps, n) : run_cast(inner, data, steps, n);
  return inner.run->kernel(data, n, steps, inner.extra);
}

Conditions run_inner(const Inner& inner, char* const* data, const index_t* steps, index_t n) {
  if (!inner.masked) [[likely]] return run_unmasked(inner, data, steps, n);
  // The mask is the operand after the last; kernels see its runs of true elements.
  const int mask_at = inner.run->args;
  const char* mask = data[mask_at];
  const index_t mask_step = steps[mask_at];
  Conditions raised = 0;
  for (index_t i = 0; i < n;) {
    while (i < n && !mask[i * mask_step]) ++i;
    index_t start = i;
    while (i < n && mask[i * mask_step]) ++i;
    if (i == start) continue;
    char* at[kMaxArgs];
    for (int k = 0; k < mask_at; ++k) at[k] = data[k] + start * steps[k];
    raised |= run_unmasked(inner, at, steps, i - start);
  }
  return raised;
}

// Elements [begin, end) of the nest's outer count, or of its only axis.
struct Piece {
  const Nest* nest;
  const Inner* inner;
};

Conditions run_flat(void* self, index_t begin, index_t end) {
  const Piece& piece = *static_cast<Piece*>(self);
  const Nest& nest = *piece.nest;
  char* data[kMaxArgs + 1];
  index_t steps[kMaxArgs + 1];
  for (int k = 0; k < nest.args; ++k) {
    steps[k] = nest.strides[k][0];
    data[k] = nest.data[k] + begin * steps[k];
  }
  return run_inner(*piece.inner, data, steps, end - begin);
}

Conditions count_outer(const Nest& nest, const Inner& inner, char** data, const index_t* steps, index_t* counter, index_t begin, index_t end);

Conditions run_outer(void* self, index_t begin, index_t end) {
  const Piece& piece = *static_cast<Piece*>(self);
  const Nest& nest = *piece.nest;
  char* data[kMaxArgs + 1];
  index_t steps[kMaxArgs + 1];
  index_t counter[kMaxDims];
  for (int k = 0; k < nest.args; ++k) {
    steps[k] = nest.strides[k][0];
    data[k] = nest.data[k];
  }
  index_t rest = begin;
  for (int i = 1; i < nest.nd; ++i) {
    counter[i] = rest % nest.shape[i];
    rest /= nest.shape[i];
    for (int k = 0; k < nest.args; ++k) data[k] += counter[i] * nest.strides[k][i];
  }
  // Many short runs: the status word is read once around them all.
  Inner inner = *piece.inner;
  if (inner.run->hardware && !inner.casting) {
    inner.extra = kUnguarded;
    HardwareConditions hardware;
    Conditions raised = count_outer(nest, inner, data, steps, counter, begin, end);
    return raised | hardware.take();
  }
  return count_outer(nest, inner, data, steps, counter, begin, end);
}

Conditions count_outer(const Nest& nest, const Inner& inner, char** data, const index_t* steps, index_t* counter, index_t begin, index_t end) {
  Conditions raised = 0;
  for (index_t at = begin;;) {
    raised |= run_inner(inner, data, steps, nest.shape[0]);
    if (++at == end || (raised & kFailed)) return raised;
    for (int i = 1; i < nest.nd; ++i) {
      if (++counter[i] < nest.shape[i]) {
        for (int k = 0; k < nest.args; ++k) data[k] += nest.strides[k][i];
        break;
      }
      counter[i] = 0;
      for (int k = 0; k < nest.args; ++k) data[k] -= (nest.shape[i] - 1) * nest.strides[k][i];
    }
  }
}

bool run_nest(const Nest& nest, const Inner& inner, Conditions* raised, Error& error) {
  Piece piece = {&nest, &inner};
  index_t outer = nest.outer_count();
  LongWork work("element-wise", inner.special ? 0 : nest.shape[0] * outer);
  bool threads = !inner.special && worth_threads(nest.shape[0] * outer, inner.run->cost);
  if (nest.nd == 1) {
    if (threads) return parallel_range(nest.shape[0], 1 << 15, run_flat, &piece, raised, error);
    *raised |= run_flat(&piece, 0, nest.shape[0]);
    return true;
  }
  if (threads && outer > 1) {
    index_t grain = (1 << 15) / nest.shape[0];
    return parallel_range(outer, grain < 1 ? 1 : grain, run_outer, &piece, raised, error);
  }
  *raised |= run_outer(&piece, 0, outer);
  return true;
}

}  // namespace

void ordered_strides(int nd, const index_t* shape, index_t item_size, const int* order, index_t* strides) {
  if (!order) {
    c_strides(nd, shape, item_size, strides);
    return;
  }
  index_t step = item_size;
  for (int i = nd; i-- > 0;) {
    strides[order[i]] = step;
    step *= shape[order[i]] ? shape[order[i]] : 1;
  }
}

bool run_loop(const LoopRun& run, const ArrayView* args, int nd, const index_t* shape, const ArrayView* where,
              Conditions* raised, Error& error) {
  Nest nest;
  index_t strides[kMaxArgs + 1][kMaxDims];
  ElementScratch copies[kMaxArgs + 1];
  Inner inner;
  inner.run = &run;
  inner.extra = run.extra;
  nest.args = run.args + (where ? 1 : 0);
  inner.masked = where != nullptr;

  for (int k = 0; k < nest.args; ++k) {
    const ArrayView& view = k < run.args ? args[k] : *where;
    if (!broadcast_strides(view, nd, shape, strides[k], error)) return false;
    nest.data[k] = view.data;
    if (k == run.args) break;
    inner.item_sizes[k] = run.types[k]->size;
    inner.special |= (run.types[k]->traits | view.dtype->traits) != 0;
    if (view.dtype != run.types[k]) {
      inner.casting = true;
      inner.casts[k] = k < run.inputs ? find_cast(view.dtype, run.types[k]) : find_cast(run.types[k], view.dtype);
      if (!inner.casts[k]) {
        error.dtypes[0] = k < run.inputs ? view.dtype : run.types[k];
        error.dtypes[1] = k < run.inputs ? run.types[k] : view.dtype;
        error.axis = k;
        return error.fail(Code::cast);
      }
    }
  }
  for (int k = 0; k < run.args && !inner.special && !run.anywhere; ++k) {
    if (!misaligned(args[k].data, nd, shape, strides[k], args[k].dtype)) [[likely]] continue;
    inner.casting = true;
    if (inner.casts[k]) inner.scattered[k] = args[k].dtype->size;
    else inner.casts[k] = find_cast(run.types[k], run.types[k]);  // a copy, which minds no place
  }

  // An input (or mask) that shares memory with an output, other than element for element, is copied first.
  for (int out = run.inputs; out < run.args; ++out) {
    for (int k = 0; k < nest.args; ++k) {
      if (k >= run.inputs && k < run.args) continue;
      const ArrayView& view = k < run.args ? args[k] : *where;
      if (!may_share_memory(view, args[out]) || same_elements(view, args[out])) continue;
      if (nest.data[k] != view.data) continue;  // copied for another output
      char* copy = copies[k].get(view.dtype, view.size(), error);
      if (!copy) return false;
      Dims dims;
      dims.nd = view.nd;
      for (int i = 0; i < view.nd; ++i) dims.shape[i] = view.shape[i];
      c_strides(view.nd, view.shape, view.dtype->size, dims.strides);
      ArrayView target = dims.view(copy, view.dtype);
      if (!assign(target, view, raised, error)) return false;
      nest.data[k] = copy;
      if (!broadcast_strides(target, nd, shape, strides[k], error)) return false;
    }
  }

  if (!arrange(nest, nd, shape, run.args - run.inputs, strides)) return true;
  return run_nest(nest, inner, raised, error);
}

void result_order(int count, const ArrayView* operands, int inputs, const DType* const* types, int nd, const index_t* shape, int* order) {
  // Operands that all lie in Fortran order give such a result, axes of length one included.
  bool fortran = true, shaped = false;
  for (int k = 0; fortran && k < count; ++k) {
    const ArrayView& view = operands[k];
    if (view.nd == 0) continue;
    shaped = true;
    fortran = has_shape(view, nd, shape) && view.f_contiguous() && !view.c_contiguous() && (k >= inputs || view.dtype == types[k]);
  }
  if (fortran && shaped) {
    for (int i = 0; i < nd; ++i) order[i] = nd - 1 - i;
    return;
  }
  index_t strides[kMaxArgs + 1][kMaxDims];
  const index_t* ranked[kMaxArgs + 1];
  Error error;
  for (int k = 0; k < count; ++k) {
    broadcast_strides(operands[k], nd, shape, strides[k], error);
    ranked[k] = strides[k];
  }
  memory_order(nd, count, ranked, order);
}

bool elementwise(const OpInfo& op, const Loop& loop, ArrayView* args, const Allocator& allocator, const ArrayView* where,
                 Conditions* raised, Error& error) {
  const int inputs = op.inputs, count = op.args();
  // Everything contiguous, of one shape and of the loop's dtypes: one call of the kernel.
  if (!where && inputs <= 2) {
    const ArrayView& a = args[0];
    const ArrayView& b = args[inputs - 1];
    bool plain = a.c_contiguous() && b.c_contiguous() && (a.flags & b.flags & kAligned) && same_shape(a, b) && a.dtype == loop.types[0] &&
                 b.dtype == loop.types[inputs - 1] && count == inputs + 1 && !args[inputs].data;
    if (plain && !(a.f_contiguous() && a.nd > 1)) {
      const DType* type = loop.types[inputs];
      if (!allocator.allocate(allocator.self, 0, type, a.nd, a.shape, nullptr, &args[inputs], error)) return false;
      index_t n = a.size();
      if (n == 0) return true;
      if (loop.extra || !worth_threads(n, op.cost)) {
        char* data[3];
        index_t steps[3];
        for (int k = 0; k < count; ++k) {
          data[k] = args[k].data;
          steps[k] = loop.types[k]->size;
        }
        LongWork work("element-wise", loop.extra ? 0 : n);
        *raised |= loop.kernel(data, n, steps, loop.extra);
        return !(*raised & kFailed) || error.fail(Code::failed);
      }
    }
  }

  int nd;
  index_t shape[kMaxDims];
  ArrayView operands[kMaxArgs + 1];
  int operand_count = 0;
  for (int k = 0; k < inputs; ++k) operands[operand_count++] = args[k];
  if (where) operands[operand_count++] = *where;
  bool outputs_given = false;
  for (int k = inputs; k < count; ++k) outputs_given |= args[k].data != nullptr;
  if (!outputs_given && !broadcast_shapes(operand_count, operands, &nd, shape, error)) {
    error.operation = op.name;
    return false;
  }

  bool allocating = false;
  ArrayView everything[2 * kMaxArgs + 1];
  int everything_count = 0;
  for (int k = 0; k < operand_count; ++k) everything[everything_count++] = operands[k];
  for (int k = inputs; k < count; ++k) {
    if (args[k].data) everything[everything_count++] = args[k];
    else allocating = true;
  }
  if (everything_count > operand_count) {
    // Given outputs take part, but may not be stretched themselves.
    if (!broadcast_shapes(everything_count, everything, &nd, shape, error)) {
      error.operation = op.name;
      return false;
    }
    for (int k = inputs; k < count; ++k) {
      const ArrayView& out = args[k];
      if (!out.data) continue;
      if (has_shape(out, nd, shape)) continue;
      error.shapes[0].set(out.nd, out.shape);
      error.shapes[1].set(nd, shape);
      error.operation = op.name;
      error.axis = k;
      return error.fail(Code::output_broadcast);
    }
  }
  if (allocating) {
    int order[kMaxDims];
    result_order(operand_count, operands, inputs, loop.types, nd, shape, order);
    for (int k = inputs; k < count; ++k)
      if (!args[k].data &&
          !allocator.allocate(allocator.self, k - inputs, loop.types[k], nd, shape, order, &args[k], error))
        return false;
  }
  LoopRun run = {loop.kernel, loop.extra, count, inputs, loop.types, op.cost, op.seen == Seen::hardware && !loop.extra};
  if (!run_loop(run, args, nd, shape, where, raised, error)) return false;
  if (*raised & kFailed) {
    error.operation = op.name;
    return error.fail(Code::failed);
  }
  return true;
}

bool assign(const ArrayView& to, const ArrayView& from, Conditions* raised, Error& error) {
  // Leading axes of length one of the source do not count.
  ArrayView source = from;
  while (source.nd > to.nd && source.shape[0] == 1) {
    --source.nd;
    ++source.shape;
    ++source.strides;
  }
  index_t strides[kMaxDims];
  if (source.nd > to.nd || !broadcast_strides(source, to.nd, to.shape, strides, error)) {
    error.shapes[0].set(source.nd, source.shape);
    error.shapes[1].set(to.nd, to.shape);
    return error.fail(Code::assign_broadcast);
  }
  if (to.data == source.data && to.dtype == source.dtype && same_elements(to, source)) return true;
  const Cast cast = find_cast(source.dtype, to.dtype);
  if (!cast) {
    error.dtypes[0] = source.dtype;
    error.dtypes[1] = to.dtype;
    return error.fail(Code::cast);
  }
  const DType* types[2] = {source.dtype, to.dtype};
  LoopRun run = {cast.kernel, cast.extra, 2, 1, types, 2};
  run.anywhere = source.dtype == to.dtype;
  ArrayView args[2] = {source, to};
  return run_loop(run, args, to.nd, to.shape, nullptr, raised, error);
}

}  // namespace adder::array
