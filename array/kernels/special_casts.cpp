// Casts in which a dtype beyond the plain numbers takes part: copies of elements of any size, swapped bytes, text of other
// lengths, dates of other units, fields by place, sub-arrays. What needs the host (objects, numbers as text) it registers.
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "array/core/datetime.h"
#include "array/core/load_store.h"
#include "array/core/parametric.h"
#include "array/kernels/long_double.h"

namespace adder::array {

namespace {

Kernel registered[kClassCount][kClassCount];

const CastPair& pair_of(const void* extra) { return *static_cast<const CastPair*>(extra); }

Conditions copy_elements(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* dtype = pair_of(extra).to;
  const std::size_t size = static_cast<std::size_t>(dtype->size);
  const char* in = args[0];
  char* out = args[1];
  if (dtype->elements->copy) {
    for (index_t i = 0; i < n; ++i, in += steps[0], out += steps[1]) dtype->elements->copy(dtype, out, in);
    return 0;
  }
  if (steps[0] == dtype->size && steps[1] == dtype->size) {
    std::memmove(out, in, size * static_cast<std::size_t>(n));
    return 0;
  }
  for (index_t i = 0; i < n; ++i, in += steps[0], out += steps[1]) std::memmove(out, in, size);
  return 0;
}

void swap_words(char* at, index_t size, index_t word) {
  for (index_t i = 0; i < size; i += word) std::reverse(at + i, at + i + word);
}

// Between a dtype and the same in the other byte order.
Conditions swap_elements(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* dtype = pair_of(extra).to->native();
  const index_t size = dtype->size, word = dtype->kind == 'U' ? 4 : dtype->kind == 'c' ? size / 2 : size;
  const char* in = args[0];
  char* out = args[1];
  for (index_t i = 0; i < n; ++i, in += steps[0], out += steps[1]) {
    if (word == 8) {
      store(out, __builtin_bswap64(load<std::uint64_t>(in)));
      if (size == 16) store(out + 8, __builtin_bswap64(load<std::uint64_t>(in + 8)));
      if (size <= 16) continue;
    } else if (size == 4) {
      store(out, __builtin_bswap32(load<std::uint32_t>(in)));
      continue;
    } else if (size == 2) {
      store(out, __builtin_bswap16(load<std::uint16_t>(in)));
      continue;
    }
    std::memmove(out, in, static_cast<std::size_t>(size));
    swap_words(out, size, word);
  }
  return 0;
}

// Text of the same kind, cut or filled with zeros; raw bytes alike.
Conditions resize_text(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const index_t from = pair_of(extra).from->size, to = pair_of(extra).to->size, kept = from < to ? from : to;
  const char* in = args[0];
  char* out = args[1];
  for (index_t i = 0; i < n; ++i, in += steps[0], out += steps[1]) {
    std::memmove(out, in, static_cast<std::size_t>(kept));
    std::memset(out + kept, 0, static_cast<std::size_t>(to - kept));
  }
  return 0;
}

Conditions convert_dates(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType &from = *pair_of(extra).from, &to = *pair_of(extra).to;
  const char* in = args[0];
  char* out = args[1];
  const bool by_calendar = from.kind == 'M' && from.unit != to.unit && from.unit != Unit::generic && to.unit != Unit::generic &&
                           (from.unit <= Unit::months || to.unit <= Unit::months);
  std::int64_t up = 1, down = 1;
  const bool linear = !by_calendar && unit_ratio(from, to, &up, &down);
  for (index_t i = 0; i < n; ++i, in += steps[0], out += steps[1]) {
    std::int64_t value = load<std::int64_t>(in);
    if (value != kNaT) {
      if (linear) {
        value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(up));
        if (down != 1) value = value / down - (value % down < 0);
      } else if (!value_of(parts_of(value, from.unit, from.multiple), to.unit, to.multiple, &value)) {
        value = kNaT;
      }
    }
    store(out, value);
  }
  return 0;
}

// Numbers to dates and back, through int64; what is no number becomes NaT.
Conditions number_to_date(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* from = pair_of(extra).from;
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    char* in[2] = {args[0] + i * steps[0], args[1] + i * steps[1]};
    const index_t none[2] = {0, 0};
    if (from->is_inexact()) {
      double x[2];
      char* wide[2] = {in[0], reinterpret_cast<char*>(x)};
      find_cast(from, from->is_complex() ? &kComplex128 : &kFloat64)(wide, 1, none);
      if (x[0] != x[0] || x[0] >= 9223372036854775808.0 || x[0] < -9223372036854775808.0) {
        store(in[1], kNaT);
        continue;
      }
    }
    raised |= find_cast(from, &kInt64)(in, 1, none);
  }
  return raised;
}

Conditions date_to_number(char* const* args, index_t n, const index_t* steps, const void* extra) {
  return find_cast(&kInt64, pair_of(extra).to)(args, n, steps);
}

Conditions same_bits(char* const* args, index_t n, const index_t* steps, const void*) { return cast_kernel(&kInt64, &kInt64)(args, n, steps, nullptr); }

Conditions truth(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType* from = pair_of(extra).from;
  for (index_t i = 0; i < n; ++i) args[1][i * steps[1]] = from->elements->nonzero(from, args[0] + i * steps[0]);
  return 0;
}

index_t items_of(const Structure& s) {
  index_t n = 1;
  for (int i = 0; i < s.nd; ++i) n *= s.shape[i];
  return n;
}

// The casts of the parts of a structure, made once for a pair.
struct PartCasts {
  CastPair pair;
  int count = 0;
  struct Part {
    Cast cast;
    index_t from, to;
  };
  std::unique_ptr<Part[]> parts;
};

Conditions cast_fields(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const PartCasts& casts = *static_cast<const PartCasts*>(extra);
  Conditions raised = 0;
  for (int k = 0; k < casts.count; ++k) {
    char* part[2] = {args[0] + casts.parts[k].from, args[1] + casts.parts[k].to};
    raised |= casts.parts[k].cast(part, n, steps);
  }
  return raised;
}

// Two casts, one after the other, through blocks of a third dtype, which owns no references.
struct Chain {
  CastPair pair;
  Cast first, second;
  const DType* middle;
};

Conditions run_chain(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const Chain& chain = *static_cast<const Chain*>(extra);
  constexpr index_t kBlock = 4096;
  alignas(64) char small[kBlock];
  const index_t size = chain.middle->size;
  std::unique_ptr<char[]> large;
  if (size > kBlock) large.reset(new (std::nothrow) char[static_cast<std::size_t>(size)]);
  char* block = size > kBlock ? large.get() : small;
  if (!block) return kFailed;
  const index_t most = size > kBlock ? 1 : kBlock / (size ? size : 1);
  Conditions raised = 0;
  for (index_t done = 0; done < n && !(raised & kFailed); done += most) {
    const index_t count = n - done < most ? n - done : most;
    char* in[2] = {args[0] + done * steps[0], block};
    const index_t in_steps[2] = {steps[0], size};
    raised |= chain.first(in, count, in_steps);
    if (raised & kFailed) break;
    char* out[2] = {block, args[1] + done * steps[1]};
    const index_t out_steps[2] = {size, steps[1]};
    raised |= chain.second(out, count, out_steps);
  }
  return raised;
}

Cast plain(Kernel kernel, const DType* from, const DType* to) { return {kernel, new CastPair{from, to}}; }

Cast chained(const DType* from, const DType* middle, const DType* to) {
  Chain chain = {{from, to}, find_cast(from, middle), find_cast(middle, to), middle};
  if (!chain.first || !chain.second) return {};
  return {run_chain, new Chain(chain)};
}

Cast structures(const DType* from, const DType* to) {
  const Structure *x = from->structure, *y = to->structure;
  auto casts = std::make_unique<PartCasts>();
  casts->pair = {from, to};
  auto reserve = [&](index_t n) { casts->parts = std::make_unique<PartCasts::Part[]>(static_cast<std::size_t>(n)); };
  auto add = [&](const DType* a, const DType* b, index_t at, index_t there) {
    const Cast cast = find_cast(a, b);
    casts->parts[static_cast<std::size_t>(casts->count++)] = {cast, at, there};
    return static_cast<bool>(cast);
  };
  bool fine = true;
  if (y && y->base) {
    // Into a sub-array: item by item, or the same value for each.
    const bool items = x && x->base && items_of(*x) == items_of(*y);
    if (x && x->base && !items) return {};
    reserve(items_of(*y));
    for (index_t i = 0; fine && i < items_of(*y); ++i) fine = add(items ? x->base : from, y->base, items ? i * x->base->size : 0, i * y->base->size);
  } else if (x && x->base) {
    if (items_of(*x) != 1) return {};
    reserve(1);
    fine = add(x->base, to, 0, 0);
  } else if (x && y) {
    if (x->count != y->count) return {};
    reserve(x->count);
    for (int i = 0; fine && i < x->count; ++i) fine = add(x->fields[i].dtype, y->fields[i].dtype, x->fields[i].offset, y->fields[i].offset);
  } else if (y) {
    // One value for every field.
    reserve(y->count);
    for (int i = 0; fine && i < y->count; ++i) fine = add(from, y->fields[i].dtype, 0, y->fields[i].offset);
  } else {
    if (x->count != 1) return {};
    reserve(1);
    fine = add(x->fields[0].dtype, to, x->fields[0].offset, 0);
  }
  if (!fine) return {};
  return {cast_fields, casts.release()};
}

Cast make_cast(const DType* from, const DType* to) {
  if (from == to) return plain(copy_elements, from, to);
  const DType *a = from->native(), *b = to->native();
  if (a == b) return plain(swap_elements, from, to);
  if (from != a) return chained(from, a, to);
  if (to != b) return chained(from, b, to);
  if (!(from->traits | to->traits)) return {cast_kernel(from, to), nullptr};
  if (Kernel own = registered[from->number][to->number]) return plain(own, from, to);
  if (to->is_bool() && !is_structured(from)) return plain(truth, from, to);
  if (from->structure || to->structure) {
    if (to->kind == 'V' && !to->structure) return plain(resize_text, from, to);
    if (from->kind == 'V' && !from->structure) return plain(resize_text, from, to);
    return structures(from, to);
  }
  if (from->number == to->number && (from->is_text() || from->kind == 'V')) return plain(resize_text, from, to);
  if (from->is_date() && to->is_date()) return plain(from->kind == to->kind ? convert_dates : same_bits, from, to);
  if (to->is_date() && from->is_number()) return plain(number_to_date, from, to);
  if (from->is_date() && to->is_number()) return plain(date_to_number, from, to);
  if (to->kind == 'V' || from->kind == 'V') return plain(resize_text, from, to);
  return {};
}

}  // namespace

namespace {
std::once_flag own_casts;
}

void register_cast(int from_class, int to_class, Kernel kernel) { registered[from_class][to_class] = kernel; }

Cast special_cast(const DType* from, const DType* to) {
  std::call_once(own_casts, register_long_double);
  static std::recursive_mutex lock;
  static auto* made = new std::map<std::pair<const DType*, const DType*>, Cast>;
  std::lock_guard hold(lock);
  auto found = made->find({from, to});
  if (found != made->end()) return found->second;
  const Cast cast = make_cast(from, to);
  made->emplace(std::make_pair(from, to), cast);
  return cast;
}

}  // namespace adder::array
