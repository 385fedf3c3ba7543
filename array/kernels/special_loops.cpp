// Loops of operations on text, dates and spans, and the choice of a loop for any operands that are no plain numbers. A loop is
// made for its operation and dtypes when first asked for.
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "array/core/datetime.h"
#include "array/core/load_store.h"
#include "array/core/ops.h"
#include "array/core/parametric.h"
#include "array/kernels/long_double.h"

namespace adder::array {

namespace {

using Span = std::int64_t;

// ---- dates and spans ----------------------------------------------------------------------------------------------------

// One element of two arguments after another: f(x, y) gives the result. Elements side by side can go in vectors.
template <class X, class Y, class F>
Conditions each_pair(char* const* args, index_t n, const index_t* steps, F f) {
  using R = decltype(f(X{}, Y{}));
  const char *x = args[0], *y = args[1];
  char* r = args[2];
  if (steps[0] == sizeof(X) && steps[1] == sizeof(Y) && steps[2] == sizeof(R)) {
#pragma clang loop vectorize(assume_safety)
    for (index_t i = 0; i < n; ++i)
      store(r + i * static_cast<index_t>(sizeof(R)),
            f(load<X>(x + i * static_cast<index_t>(sizeof(X))), load<Y>(y + i * static_cast<index_t>(sizeof(Y)))));
    return 0;
  }
  const index_t sx = steps[0], sy = steps[1], sr = steps[2];
  for (index_t i = 0; i < n; ++i, x += sx, y += sy, r += sr) store(r, f(load<X>(x), load<Y>(y)));
  return 0;
}
template <class X, class F>
Conditions each_one(char* const* args, index_t n, const index_t* steps, F f) {
  const char* x = args[0];
  char* r = args[1];
  const index_t sx = steps[0], sr = steps[1];
  for (index_t i = 0; i < n; ++i, x += sx, r += sr) store(r, f(load<X>(x)));
  return 0;
}

bool missing(Span x) { return x == kNaT; }
bool missing(Span x, Span y) { return x == kNaT || y == kNaT; }
Span wrap(std::uint64_t x) { return static_cast<Span>(x); }
std::uint64_t bits(Span x) { return static_cast<std::uint64_t>(x); }
Span floor_div(Span x, Span y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }
Span to_span(double x) { return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? static_cast<Span>(x) : kNaT; }

Conditions add_spans(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) { return missing(x, y) ? kNaT : wrap(bits(x) + bits(y)); });
}
Conditions subtract_spans(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) { return missing(x, y) ? kNaT : wrap(bits(x) - bits(y)); });
}
Conditions multiply_span(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) { return missing(x) ? kNaT : wrap(bits(x) * bits(y)); });
}
Conditions multiply_by_span(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) { return missing(y) ? kNaT : wrap(bits(x) * bits(y)); });
}
Conditions multiply_span_float(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, double>(a, n, s, [](Span x, double y) { return missing(x) ? kNaT : to_span(static_cast<double>(x) * y); });
}
Conditions multiply_float_span(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<double, Span>(a, n, s, [](double x, Span y) { return missing(y) ? kNaT : to_span(x * static_cast<double>(y)); });
}
Conditions divide_spans(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  each_pair<Span, Span>(a, n, s, [&](Span x, Span y) {
    if (missing(x, y)) return std::nan("");
    if (y == 0) raised |= x == 0 ? kInvalid : kDivide;
    return static_cast<double>(x) / static_cast<double>(y);
  });
  return raised;
}
Conditions divide_span_int(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  each_pair<Span, Span>(a, n, s, [&](Span x, Span y) {
    if (y == 0) raised |= kDivide;
    return missing(x) || y == 0 ? kNaT : x / y;
  });
  return raised;
}
Conditions divide_span_float(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, double>(a, n, s, [](Span x, double y) { return missing(x) ? kNaT : to_span(static_cast<double>(x) / y); });
}
Conditions floor_divide_spans(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  each_pair<Span, Span>(a, n, s, [&](Span x, Span y) -> Span {
    if (missing(x, y)) {
      raised |= kInvalid;
      return 0;
    }
    if (y == 0) {
      raised |= kDivide;
      return 0;
    }
    return floor_div(x, y);
  });
  return raised;
}
Conditions floor_divide_span_int(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  each_pair<Span, Span>(a, n, s, [&](Span x, Span y) {
    if (missing(x)) return kNaT;
    if (y == 0) {
      raised |= kDivide;
      return kNaT;
    }
    return floor_div(x, y);
  });
  return raised;
}
Conditions floor_divide_span_float(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, double>(a, n, s, [](Span x, double y) { return missing(x) ? kNaT : to_span(std::floor(static_cast<double>(x) / y)); });
}
Span span_remainder(Span x, Span y, Conditions& raised) {
  if (missing(x, y)) return kNaT;
  if (y == 0) {
    raised |= kDivide;
    return kNaT;
  }
  return x - floor_div(x, y) * y;
}
Conditions remainder_spans(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  each_pair<Span, Span>(a, n, s, [&](Span x, Span y) { return span_remainder(x, y, raised); });
  return raised;
}
Conditions divmod_spans(char* const* a, index_t n, const index_t* s, const void*) {
  Conditions raised = 0;
  for (index_t i = 0; i < n; ++i) {
    const Span x = load<Span>(a[0] + i * s[0]), y = load<Span>(a[1] + i * s[1]);
    const bool none = missing(x, y) || y == 0;
    if (missing(x, y)) raised |= kInvalid;
    store(a[2] + i * s[2], none ? Span{0} : floor_div(x, y));
    store(a[3] + i * s[3], span_remainder(x, y, raised));
  }
  return raised;
}
template <bool kLargest, bool kIgnoring>
Conditions choose_spans(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) {
    if (missing(x)) return kIgnoring ? y : kNaT;
    if (missing(y)) return kIgnoring ? x : kNaT;
    return kLargest ? (x > y ? x : y) : (x < y ? x : y);
  });
}
template <Op op>
Conditions compare_spans(char* const* a, index_t n, const index_t* s, const void*) {
  return each_pair<Span, Span>(a, n, s, [](Span x, Span y) {
    if (missing(x, y)) return op == Op::not_equal;
    switch (op) {
      case Op::equal: return x == y;
      case Op::not_equal: return x != y;
      case Op::less: return x < y;
      case Op::less_equal: return x <= y;
      case Op::greater: return x > y;
      default: return x >= y;
    }
  });
}
template <Op op>
Conditions one_span(char* const* a, index_t n, const index_t* s, const void*) {
  return each_one<Span>(a, n, s, [](Span x) {
    if constexpr (op == Op::isnat || op == Op::isnan) return missing(x);
    else if constexpr (op == Op::isfinite) return !missing(x);
    else if constexpr (op == Op::isinf) return false;
    else if constexpr (op == Op::negative) return missing(x) ? x : -x;
    else if constexpr (op == Op::absolute) return missing(x) || x >= 0 ? x : -x;
    else if constexpr (op == Op::sign) return missing(x) ? x : Span{x > 0} - Span{x < 0};
    else return x;
  });
}

// ---- text -----------------------------------------------------------------------------------------------------------------

struct TextPair {
  index_t sizes[2];  // bytes
};

// Characters without the zeros at the end.
template <class C>
index_t used(const char* at, index_t bytes) {
  index_t n = bytes / static_cast<index_t>(sizeof(C));
  while (n > 0 && load<C>(at + (n - 1) * static_cast<index_t>(sizeof(C))) == 0) --n;
  return n;
}

template <class C>
int text_order(const char* a, index_t a_bytes, const char* b, index_t b_bytes) {
  const index_t x = a_bytes / static_cast<index_t>(sizeof(C)), y = b_bytes / static_cast<index_t>(sizeof(C)), both = x < y ? x : y;
  for (index_t i = 0; i < both; ++i) {
    const C p = load<C>(a + i * static_cast<index_t>(sizeof(C))), q = load<C>(b + i * static_cast<index_t>(sizeof(C)));
    if (p != q) return p < q ? -1 : 1;
  }
  for (index_t i = both; i < x; ++i)
    if (load<C>(a + i * static_cast<index_t>(sizeof(C)))) return 1;
  for (index_t i = both; i < y; ++i)
    if (load<C>(b + i * static_cast<index_t>(sizeof(C)))) return -1;
  return 0;
}

// Whether they are equal: a word at a time.
template <class C>
bool same_text(const char* a, index_t a_bytes, const char* b, index_t b_bytes) {
  constexpr index_t kWord = 8, kCharacter = sizeof(C);
  if (a_bytes < b_bytes) return same_text<C>(b, b_bytes, a, a_bytes);
  index_t i = 0;
  for (; i + kWord <= b_bytes; i += kWord)
    if (load<std::uint64_t>(a + i) != load<std::uint64_t>(b + i)) return false;
  for (; i < b_bytes; i += kCharacter)
    if (load<C>(a + i) != load<C>(b + i)) return false;
  for (; i + kWord <= a_bytes; i += kWord)
    if (load<std::uint64_t>(a + i)) return false;
  for (; i < a_bytes; i += kCharacter)
    if (load<C>(a + i)) return false;
  return true;
}

template <class C, bool kEqual>
Conditions equal_text(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const TextPair pair = *static_cast<const TextPair*>(extra);
  const char *a = args[0], *b = args[1];
  char* r = args[2];
  const index_t sa = steps[0], sb = steps[1], sr = steps[2];
  for (index_t i = 0; i < n; ++i, a += sa, b += sb, r += sr) *r = same_text<C>(a, pair.sizes[0], b, pair.sizes[1]) == kEqual;
  return 0;
}

template <class C, Op op>
Conditions compare_text(char* const* a, index_t n, const index_t* s, const void* extra) {
  const TextPair& pair = *static_cast<const TextPair*>(extra);
  for (index_t i = 0; i < n; ++i) {
    const int order = text_order<C>(a[0] + i * s[0], pair.sizes[0], a[1] + i * s[1], pair.sizes[1]);
    bool answer;
    switch (op) {
      case Op::less: answer = order < 0; break;
      case Op::less_equal: answer = order <= 0; break;
      case Op::greater: answer = order > 0; break;
      default: answer = order >= 0; break;
    }
    a[2][i * s[2]] = answer;
  }
  return 0;
}

template <class C>
Conditions join_text(char* const* a, index_t n, const index_t* s, const void* extra) {
  const TextPair& pair = *static_cast<const TextPair*>(extra);
  for (index_t i = 0; i < n; ++i) {
    const char *x = a[0] + i * s[0], *y = a[1] + i * s[1];
    char* out = a[2] + i * s[2];
    const std::size_t p = static_cast<std::size_t>(used<C>(x, pair.sizes[0])) * sizeof(C), q = static_cast<std::size_t>(used<C>(y, pair.sizes[1])) * sizeof(C);
    std::memmove(out, x, p);
    std::memmove(out + p, y, q);
    std::memset(out + p + q, 0, static_cast<std::size_t>(pair.sizes[0] + pair.sizes[1]) - p - q);
  }
  return 0;
}

template <class C>
Kernel text_kernel(Op op) {
  switch (op) {
    case Op::equal: return equal_text<C, true>;
    case Op::not_equal: return equal_text<C, false>;
    case Op::less: return compare_text<C, Op::less>;
    case Op::less_equal: return compare_text<C, Op::less_equal>;
    case Op::greater: return compare_text<C, Op::greater>;
    case Op::greater_equal: return compare_text<C, Op::greater_equal>;
    case Op::add: return join_text<C>;
    default: return nullptr;
  }
}

bool text_loop(const OpInfo& op, const DType* const* in, Loop* loop) {
  if (op.inputs != 2 || in[0]->kind != in[1]->kind) return false;
  loop->kernel = in[0]->kind == 'U' ? text_kernel<std::uint32_t>(op.op) : text_kernel<std::uint8_t>(op.op);
  if (!loop->kernel) return false;
  loop->types[0] = in[0];
  loop->types[1] = in[1];
  loop->types[2] = op.op == Op::add ? text_dtype(in[0]->kind, text_length(in[0]) + text_length(in[1])) : &kBool;
  loop->extra = new TextPair{{in[0]->size, in[1]->size}};
  return true;
}

// ---- the choice ------------------------------------------------------------------------------------------------------------

Kernel comparison(Op op) {
  switch (op) {
    case Op::equal: return compare_spans<Op::equal>;
    case Op::not_equal: return compare_spans<Op::not_equal>;
    case Op::less: return compare_spans<Op::less>;
    case Op::less_equal: return compare_spans<Op::less_equal>;
    case Op::greater: return compare_spans<Op::greater>;
    case Op::greater_equal: return compare_spans<Op::greater_equal>;
    case Op::maximum: return choose_spans<true, false>;
    case Op::minimum: return choose_spans<false, false>;
    case Op::fmax: return choose_spans<true, true>;
    case Op::fmin: return choose_spans<false, true>;
    default: return nullptr;
  }
}

bool set(Loop* loop, Kernel kernel, std::initializer_list<const DType*> types) {
  int k = 0;
  loop->kernel = kernel;
  for (const DType* type : types) loop->types[k++] = type;
  return true;
}

bool single_loop(const OpInfo& op, const DType* d, Loop* loop) {
  switch (op.op) {
    case Op::isnat: return set(loop, one_span<Op::isnat>, {d, &kBool});
    case Op::isnan: return set(loop, one_span<Op::isnan>, {d, &kBool});
    case Op::isinf: return set(loop, one_span<Op::isinf>, {d, &kBool});
    case Op::isfinite: return set(loop, one_span<Op::isfinite>, {d, &kBool});
    default: break;
  }
  if (d->kind == 'M') return false;
  switch (op.op) {
    case Op::negative: return set(loop, one_span<Op::negative>, {d, d});
    case Op::positive: return set(loop, one_span<Op::positive>, {d, d});
    case Op::absolute: return set(loop, one_span<Op::absolute>, {d, d});
    case Op::sign: return set(loop, one_span<Op::sign>, {d, d});
    default: return false;
  }
}

// Dates (M), spans (m), integers (q, bools too) and floats (d).
bool date_loop(const OpInfo& op, const DType* const* in, Loop* loop) {
  if (op.inputs == 1) return single_loop(op, in[0], loop);
  if (op.inputs != 2) return false;
  auto letter = [](const DType* d) { return d->is_date() ? d->kind : d->is_integer() || d->is_bool() ? 'q' : d->kind == 'f' ? 'd' : 0; };
  const char x = letter(in[0]), y = letter(in[1]);
  if (!x || !y) return false;
  Unit unit = Unit::generic;
  std::int32_t multiple = 1;
  if (in[0]->is_date() && in[1]->is_date()) {
    if (op.op == Op::multiply || !common_unit(*in[0], *in[1], &unit, &multiple)) return false;
  } else {
    const DType* own = in[0]->is_date() ? in[0] : in[1];
    unit = own->unit;
    multiple = own->multiple;
  }
  const DType *date = date_dtype('M', unit, multiple), *span = date_dtype('m', unit, multiple);
  auto is = [&](char a, char b) { return x == a && y == b; };
  if (Kernel kernel = comparison(op.op)) {
    const bool choosing = !(op.flags & kComparison);
    if (x == y) {
      const DType* d = x == 'M' ? date : span;
      return set(loop, kernel, {d, d, choosing ? d : &kBool});
    }
    if ((is('m', 'q') || is('q', 'm'))) return set(loop, kernel, {span, span, choosing ? span : &kBool});
    return false;
  }
  switch (op.op) {
    case Op::add:
      if (is('M', 'm') || is('M', 'q')) return set(loop, add_spans, {date, span, date});
      if (is('m', 'M') || is('q', 'M')) return set(loop, add_spans, {span, date, date});
      if (is('m', 'm') || is('m', 'q') || is('q', 'm')) return set(loop, add_spans, {span, span, span});
      return false;
    case Op::subtract:
      if (is('M', 'M')) return set(loop, subtract_spans, {date, date, span});
      if (is('M', 'm') || is('M', 'q')) return set(loop, subtract_spans, {date, span, date});
      if (is('m', 'm') || is('m', 'q') || is('q', 'm')) return set(loop, subtract_spans, {span, span, span});
      return false;
    case Op::multiply:
      if (is('m', 'q')) return set(loop, multiply_span, {span, &kInt64, span});
      if (is('q', 'm')) return set(loop, multiply_by_span, {&kInt64, span, span});
      if (is('m', 'd')) return set(loop, multiply_span_float, {span, &kFloat64, span});
      if (is('d', 'm')) return set(loop, multiply_float_span, {&kFloat64, span, span});
      return false;
    case Op::divide:
      if (is('m', 'm')) return set(loop, divide_spans, {span, span, &kFloat64});
      if (is('m', 'q')) return set(loop, divide_span_int, {span, &kInt64, span});
      if (is('m', 'd')) return set(loop, divide_span_float, {span, &kFloat64, span});
      return false;
    case Op::floor_divide:
      if (is('m', 'm')) return set(loop, floor_divide_spans, {span, span, &kInt64});
      if (is('m', 'q')) return set(loop, floor_divide_span_int, {span, &kInt64, span});
      if (is('m', 'd')) return set(loop, floor_divide_span_float, {span, &kFloat64, span});
      return false;
    case Op::remainder: return is('m', 'm') && set(loop, remainder_spans, {span, span, span});
    case Op::divmod: return is('m', 'm') && set(loop, divmod_spans, {span, span, &kInt64, span});
    default: return false;
  }
}

// One of several elements, whatever they are: condition, x, y.
Conditions where_any(char* const* a, index_t n, const index_t* s, const void* extra) {
  const DType* dtype = static_cast<const CastPair*>(extra)->to;
  for (index_t i = 0; i < n; ++i) copy_element(dtype, a[3] + i * s[3], a[0][i * s[0]] ? a[1] + i * s[1] : a[2] + i * s[2]);
  return 0;
}

bool where_loop(const DType* const* in, Loop* loop) {
  const DType* common = promote(in[1], in[2]);
  if (!common) return false;
  loop->extra = new CastPair{common, common};
  return set(loop, where_any, {&kBool, common, common, common});
}

bool (*make_object_loop)(const OpInfo& op, Loop* loop) = nullptr;
constexpr char kDateMark = 0;

bool make_loop(const OpInfo& op, const DType* const* in, Loop* loop) {
  loop->extra = &kDateMark;
  if (op.op == Op::where) return where_loop(in, loop);
  bool object = false, date = false, text = false, other = false, numbers = true;
  for (int i = 0; i < op.inputs; ++i) {
    object |= in[i]->is_object();
    date |= in[i]->is_date();
    text |= in[i]->is_text();
    other |= in[i]->kind == 'V';
    numbers &= in[i]->is_number();
  }
  if (numbers) return long_double_loop(op, in, loop);
  // Arithmetic of dates does not come down to objects; comparisons do.
  if (object && date && (op.op <= Op::multiply || op.op == Op::divide || op.op == Op::floor_divide || op.op == Op::remainder)) return false;
  if (object) return make_object_loop && make_object_loop(op, loop);
  if (other || (text && date)) return false;
  if (date) return date_loop(op, in, loop);
  return text && text_loop(op, in, loop);
}

}  // namespace

void register_object_loops(bool (*make)(const OpInfo& op, Loop* loop)) { make_object_loop = make; }

const Loop* special_loop(const OpInfo& op, const DType* const* inputs, Error& error) {
  const DType* in[kMaxArgs];
  unsigned traits = 0;
  for (int i = 0; i < op.inputs; ++i) {
    in[i] = inputs[i]->native();
    if (op.op != Op::where || i > 0) traits |= in[i]->traits;
  }
  if (op.op == Op::where && in[0] != &kBool && in[0]->traits) in[0] = &kBool;
  if (!traits) return find_loop(op, in, error);
  static std::mutex lock;
  static auto* made = new std::map<std::vector<const void*>, Loop*>;
  std::vector<const void*> key = {&op};
  for (int i = 0; i < op.inputs; ++i) key.push_back(in[i]);
  std::lock_guard hold(lock);
  auto found = made->find(key);
  if (found != made->end()) return found->second;
  auto* loop = new Loop;
  if (make_loop(op, in, loop)) {
    made->emplace(std::move(key), loop);
    return loop;
  }
  delete loop;
  error.operation = op.name;
  error.count = op.inputs < 4 ? op.inputs : 4;
  for (int i = 0; i < error.count; ++i) error.dtypes[i] = inputs[i];
  error.fail(Code::no_loop);
  return nullptr;
}

}  // namespace adder::array
