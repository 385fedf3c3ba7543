// The native part of numpy.random, module `_numpy_random`: the draws that Generator and RandomState are made of. Their remaining
// methods are Python (lib/numpy/random/), bit generators are in random_bits.cpp.
#include <cmath>
#include <cstring>

#include "array/random/distributions.h"
#include "array/random/fill.h"
#include "array/random/ziggurat.h"
#include "numpy/random.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

ADDER_TYPE(draws_type);
ADDER_TYPE(legacy_draws_type);

// ---- draws -----------------------------------------------------------------------------------------------------------------------

struct DrawsObject {
  PyObject head;
  PyObject* source;  // a BitsObject
};

rnd::Bits& bits_of(Value self) { return reinterpret_cast<BitsObject*>(self.as<DrawsObject>()->source)->bits; }

Ref draws_new(PyTypeObject* type, Args args) {
  Value source = args.n ? args[0] : Value{};
  Ref made;
  if (!source.is_object() || !is_subtype(source.object()->ob_type, &bits_type)) {
    // RandomState() and unpickling begin without one.
    made = bits_new(&bits_type, Args{nullptr, 0, nullptr});
    if (!made) return {};
    source = made.get();
  }
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref self = Ref::steal(Value{o});
  self.get().as<DrawsObject>()->source = Ref::copy(source).release().object();
  return self;
}
void draws_dealloc(PyObject* o) {
  Py_XDECREF(reinterpret_cast<DrawsObject*>(o)->source);
  o->ob_type->tp_free(o);
}
Ref draws_source(Value self, Value source) {
  if (!source.is_object() || !is_subtype(source.object()->ob_type, &bits_type)) return raise(PyExc_TypeError, "a bit generator is needed");
  PyObject* old = self.as<DrawsObject>()->source;
  self.as<DrawsObject>()->source = Ref::copy(source).release().object();
  Py_XDECREF(old);
  return none_ref();
}

constexpr double kPopulationLimit = 1e9;

// One value against its rule. `many`: of an array, whose texts differ here and there.
bool obeys(const rnd::ParameterInfo& info, rnd::Rule rule, const rnd::Parameter& p, bool many) {
  using enum rnd::Rule;
  const double x = p.real;
  const char* const nan = many ? "contains NaNs" : "is NaN";
  switch (rule) {
    case any: return true;
    case not_negative: return !std::signbit(x) || std::isnan(x) || raise(PyExc_ValueError, "%s < 0", info.name);
    case positive: return !(x <= 0) || raise(PyExc_ValueError, "%s <= 0", info.name);
    case positive_number:
      if (std::isnan(x)) return raise(PyExc_ValueError, "%s must not be NaN", info.name);
      return x > 0 || raise(PyExc_ValueError, "%s <= 0", info.name);
    case unit: return (x >= 0 && x <= 1) || raise(PyExc_ValueError, "%s < 0, %s > 1 or %s %s", info.name, info.name, info.name, nan);
    case open_unit: return (x > 0 && x <= 1) || raise(PyExc_ValueError, "%s <= 0, %s > 1 or %s contains NaNs", info.name, info.name, info.name);
    case below_one: return (x >= 0 && x < 1) || raise(PyExc_ValueError, "%s < 0, %s >= 1 or %s %s", info.name, info.name, info.name, nan);
    case above_one: return x > 1 || raise(PyExc_ValueError, "%s <= 1 or %s %s", info.name, info.name, nan);
    case mean:
      if (!(x >= 0)) return raise(PyExc_ValueError, "%s < 0 or %s %s", info.name, info.name, nan);
      return x <= rnd::poisson_limit() || raise(PyExc_ValueError, "%s value too large", info.name);
    case count: return p.whole >= 0 || raise(PyExc_ValueError, "%s < 0", info.name);
  }
  return true;
}

bool obey_together(const rnd::Distribution& d, const rnd::Parameter* p, bool legacy, bool many) {
  using enum rnd::Together;
  switch (d.together) {
    case free: return true;
    case range: {
      const double width = p[1].real - p[0].real;
      if (!std::isfinite(width)) return raise(PyExc_OverflowError, legacy || many ? "Range exceeds valid bounds" : "high - low range exceeds valid bounds");
      return legacy || !std::signbit(width) || raise(PyExc_ValueError, "high - low < 0");
    }
    case triangle:
      if (p[0].real > p[1].real) return raise(PyExc_ValueError, "left > mode");
      if (p[1].real > p[2].real) return raise(PyExc_ValueError, "mode > right");
      return p[0].real != p[2].real || raise(PyExc_ValueError, "left == right");
    case population: {
      const double good = static_cast<double>(p[0].whole), bad = static_cast<double>(p[1].whole);
      if (good + bad < static_cast<double>(p[2].whole)) return raise(PyExc_ValueError, "ngood + nbad < nsample");
      if (legacy) return p[2].whole >= 1 || raise(PyExc_ValueError, "nsample < 1 or nsample %s", many ? "contains NaNs" : "is NaN");
      return (good < kPopulationLimit && bad < kPopulationLimit) || raise(PyExc_ValueError, "both ngood and nbad must be less than %d", 1000000000);
    }
    case poisson_mean: {
      if (legacy) return true;
      const double n = p[0].real, q = p[1].real, mean = (1 - q) / q * (n + 10 * std::sqrt(n));
      return !(mean > rnd::poisson_limit()) || raise(PyExc_ValueError, "n too large or p too small, see Generator.negative_binomial Notes");
    }
  }
  return true;
}

bool check(const rnd::Distribution& d, const rnd::Parameter* p, bool legacy, bool many) {
  if (d.together == rnd::Together::population && !obey_together(d, p, legacy, many)) return false;
  for (int i = 0; i < d.count; ++i) {
    rnd::Rule rule = d.parameters[i].rule;
    // The frozen negative_binomial takes a probability of 0.
    if (legacy && d.together == rnd::Together::poisson_mean && i == 1) rule = rnd::Rule::unit;
    if (!obeys(d.parameters[i], rule, p[i], many)) return false;
  }
  return d.together == rnd::Together::population || obey_together(d, p, legacy, many);
}

Ref number(const rnd::Parameter& p, bool whole) { return whole ? int_from_i64(p.whole) : Ref::from_double(p.real); }

Ref shape_tuple(int nd, const index_t* shape) {
  Ref made = tuple_new(nd);
  for (int i = 0; made && i < nd; ++i) tuple_init(made, i, Ref::from_int(shape[i]));
  return made;
}

Failure raise_mismatch(int i, const ArrayView& a, int j, const ArrayView& b) {
  Ref x = shape_tuple(a.nd, a.shape), y = shape_tuple(b.nd, b.shape);
  if (!x || !y) return {};
  return raise(PyExc_ValueError, "shape mismatch: objects cannot be broadcast to a single shape.  Mismatch is between arg %d with shape %R and arg %d with shape %R.", i, x.get(),
               j, y.get());
}

// Parameters that are arrays: a draw for each element of what they and `size` broadcast to.
[[gnu::noinline]] Ref draw_broadcast(rnd::Bits& bits, const rnd::Distribution& d, const Value* a, Value size, bool legacy) {
  Ref arrays[3];
  ArrayView views[4];
  int nd, count = 0;
  index_t shape[eng::kMaxDims], size_shape[eng::kMaxDims], size_strides[eng::kMaxDims] = {};
  if (given(size)) {
    if (!size_from(size, &nd, size_shape)) return {};
    views[count++] = {nullptr, nd, 0, size_shape, size_strides, &eng::kFloat64};
  }
  bool scalars = true;
  rnd::Parameter p[3];
  for (int i = 0; i < d.count; ++i) {
    const bool whole = rnd::is_whole(d.parameters[i].rule);
    const DType* dtype = whole ? &eng::kInt64 : &eng::kFloat64;
    if (a[i].absent()) {
      Ref initial = whole ? Ref::from_int(static_cast<int64_t>(d.parameters[i].value)) : Ref::from_double(d.parameters[i].value);
      arrays[i] = as_array_ref(initial, dtype);
    } else {
      arrays[i] = as_array_ref(a[i], dtype);
    }
    if (!arrays[i]) return {};
    scalars = scalars && as_array(arrays[i])->nd == 0;
    if (as_array(arrays[i])->nd == 0) std::memcpy(&p[i], as_array(arrays[i])->data, 8);
    views[count++] = as_array(arrays[i])->view();
  }
  const rnd::Draw draw = legacy ? d.legacy : d.draw;
  if (scalars && !given(size)) {
    if (!check(d, p, legacy, false)) return {};
    rnd::Parameter drawn;
    draw(bits, p, &drawn, 1);
    return number(drawn, d.whole);
  }
  eng::Error error;
  if (!eng::broadcast_shapes(count, views, &nd, shape, error)) {
    // Named by the first two that do not go together.
    for (int j = 1; j < count; ++j)
      for (int i = 0; i < j; ++i) {
        ArrayView two[2] = {views[i], views[j]};
        if (!eng::broadcast_shapes(2, two, &nd, shape, error)) return raise_mismatch(i, views[i], j, views[j]);
      }
    return raise_engine(error);
  }
  if (given(size)) {
    bool same = nd == views[0].nd;
    for (int k = 0; same && k < nd; ++k) same = shape[k] == size_shape[k];
    if (!same) {
      Ref wanted = shape_tuple(views[0].nd, size_shape), needed = shape_tuple(nd, shape);
      if (!wanted || !needed) return {};
      return raise(PyExc_ValueError, "Output size %R is not compatible with broadcast dimensions of inputs %R.", wanted.get(), needed.get());
    }
  }
  index_t strides[3][eng::kMaxDims];
  for (int i = 0; i < d.count; ++i)
    if (!eng::broadcast_strides(as_array(arrays[i])->view(), nd, shape, strides[i], error)) return raise_engine(error);
  Ref out = array_new(d.whole ? &eng::kInt64 : &eng::kFloat64, nd, shape);
  if (!out) return {};
  const index_t n = as_array(out)->size();
  // Twice over the elements: all are checked before anything is drawn.
  for (int pass = 0; pass < 2; ++pass) {
    index_t at[eng::kMaxDims] = {};
    const char* data[3];
    for (int i = 0; i < d.count; ++i) data[i] = as_array(arrays[i])->data;
    for (index_t k = 0; k < n; ++k) {
      for (int i = 0; i < d.count; ++i) std::memcpy(&p[i], data[i], 8);
      if (pass == 0) {
        if (!check(d, p, legacy, !scalars)) return {};
        if (scalars) break;
      } else {
        draw(bits, p, as_array(out)->data + k * 8, 1);
      }
      for (int axis = nd - 1; axis >= 0; --axis) {
        for (int i = 0; i < d.count; ++i) data[i] += strides[i][axis];
        if (++at[axis] < shape[axis]) break;
        for (int i = 0; i < d.count; ++i) data[i] -= strides[i][axis] * shape[axis];
        at[axis] = 0;
      }
    }
  }
  return out;
}

// a: the parameters, then size.
Ref draw_row(rnd::Bits& bits, const rnd::Distribution& d, const Value* a, bool legacy) {
  rnd::Parameter p[3];
  for (int i = 0; i < d.count; ++i) {
    const bool whole = rnd::is_whole(d.parameters[i].rule);
    if (a[i].is_float() && !whole) p[i].real = a[i].as_float();
    else if (a[i].is_int() && whole) p[i].whole = a[i].as_int();
    else if (a[i].is_int()) p[i].real = static_cast<double>(a[i].as_int());
    else if (a[i].absent() && !whole) p[i].real = d.parameters[i].value;
    else return draw_broadcast(bits, d, a, a[d.count], legacy);
  }
  if (!check(d, p, legacy, false)) return {};
  const rnd::Draw draw = legacy ? d.legacy : d.draw;
  if (!given(a[d.count])) {
    rnd::Parameter drawn;
    draw(bits, p, &drawn, 1);
    return number(drawn, d.whole);
  }
  int nd;
  index_t shape[eng::kMaxDims];
  if (!size_from(a[d.count], &nd, shape)) return {};
  Ref out = array_new(d.whole ? &eng::kInt64 : &eng::kFloat64, nd, shape);
  if (out) draw(bits, p, as_array(out)->data, as_array(out)->size());
  return out;
}

template <rnd::Row row, bool legacy>
Ref draw(Value self, const Value* a) {
  return draw_row(bits_of(self), rnd::distributions[static_cast<int>(row)], a, legacy);
}

// ---- draws in two precisions, with `out` -------------------------------------------------------------------------------------------

// The array to fill, or none for a single number: (size, dtype, out).
bool target(Value size, Value dtype_value, Value out, const char* name, const DType** dtype, Ref* made) {
  if (!dtype_from(dtype_value, dtype, &eng::kFloat64)) return false;
  if (*dtype != &eng::kFloat64 && *dtype != &eng::kFloat32) return raise(PyExc_TypeError, "Unsupported dtype dtype('%s') for %s", (*dtype)->name, name);
  int nd = 0;
  index_t shape[eng::kMaxDims];
  if (given(out)) {
    if (!is_ndarray(out)) return raise(PyExc_TypeError, "Cannot convert %s to numpy.ndarray", out.is_object() ? out.object()->ob_type->tp_name : "number");
    NdArray* to = as_array(out);
    constexpr int needed = eng::kWriteable | eng::kAligned;
    if (!(to->flags & (eng::kCContiguous | eng::kFContiguous)) || (to->flags & needed) != needed)
      return raise(PyExc_ValueError, "Supplied output array must be contiguous, writable, aligned, and in machine byte-order.");
    if (to->dtype() != *dtype) return raise(PyExc_TypeError, "Supplied output array has the wrong type. Expected %s, got %s", (*dtype)->name, to->dtype()->name);
    if (given(size)) {
      if (!size_from(size, &nd, shape)) return false;
      if (!eng::has_shape(to->view(), nd, shape)) return raise(PyExc_ValueError, "size must match out.shape when used together");
    }
    *made = Ref::copy(out);
    return true;
  }
  if (!given(size)) return true;
  if (!size_from(size, &nd, shape)) return false;
  *made = array_new(*dtype, nd, shape);
  return static_cast<bool>(*made);
}

using FillDouble = void (*)(rnd::Bits&, double*, index_t);
using FillFloat = void (*)(rnd::Bits&, float*, index_t);

Ref filled(Value self, Value size, Value dtype_value, Value out, const char* name, FillDouble fill_double, FillFloat fill_float) {
  const DType* dtype;
  Ref made;
  if (!target(size, dtype_value, out, name, &dtype, &made)) return {};
  rnd::Bits& bits = bits_of(self);
  double one;
  float one_float;
  double* const doubles = made ? reinterpret_cast<double*>(as_array(made)->data) : &one;
  float* const floats = made ? reinterpret_cast<float*>(as_array(made)->data) : &one_float;
  const index_t n = made ? as_array(made)->size() : 1;
  if (dtype == &eng::kFloat64) fill_double(bits, doubles, n);
  else fill_float(bits, floats, n);
  if (made) return made;
  return Ref::from_double(dtype == &eng::kFloat64 ? one : static_cast<double>(one_float));
}

Ref draws_random(Value self, const Value* a) {
  if (a[0].absent() && a[1].absent() && a[2].absent()) [[likely]] return Ref::from_double(bits_of(self).next_double());
  return filled(self, a[0], a[1], a[2], "random", rnd::fill_uniform, rnd::fill_uniform);
}
Ref draws_standard_normal(Value self, const Value* a) {
  return filled(self, a[0], a[1], a[2], "standard_normal", rnd::fill_normal, rnd::fill_normal);
}
// (size, dtype, method, out)
Ref draws_standard_exponential(Value self, const Value* a) {
  if (a[2].absent() || str_equals(a[2], "zig")) return filled(self, a[0], a[1], a[3], "standard_exponential", rnd::fill_exponential, rnd::fill_exponential);
  return filled(self, a[0], a[1], a[3], "standard_exponential", rnd::fill_exponential_inverse, rnd::fill_exponential_inverse);
}
// (shape, size, dtype, out)
Ref draws_standard_gamma(Value self, const Value* a) {
  const DType* dtype;
  Ref made;
  Value size = a[1];
  Ref shapes = as_array_ref(a[0], &eng::kFloat64), own_size;
  if (!shapes) return {};
  NdArray* s = as_array(shapes);
  if (s->nd > 0 && !given(size)) {
    if (given(a[3]) && is_ndarray(a[3])) {
      ArrayView two[2] = {as_array(a[3])->view(), s->view()};
      int nd;
      index_t shape[eng::kMaxDims];
      eng::Error error;
      if (!eng::broadcast_shapes(2, two, &nd, shape, error)) return raise_mismatch(0, two[0], 1, two[1]);
      if (!eng::has_shape(two[0], nd, shape)) return raise(PyExc_ValueError, "Output array has wrong shape");
    } else {
      own_size = shape_tuple(s->nd, s->dimensions);
      if (!own_size) return {};
      size = own_size.get();
    }
  }
  if (!target(size, a[2], a[3], "standard_gamma", &dtype, &made)) return {};
  if (s->nd > 0 && made && !(as_array(made)->flags & eng::kCContiguous))
    return raise(PyExc_ValueError, "Supplied output array must be C-contiguous, writable, aligned, and in machine byte-order.");
  index_t strides[eng::kMaxDims] = {}, at[eng::kMaxDims] = {};
  eng::Error error;
  const int nd = made ? as_array(made)->nd : 0;
  const index_t* extents = made ? as_array(made)->dimensions : nullptr;
  if (made && !eng::broadcast_strides(s->view(), nd, extents, strides, error)) return raise_engine(error);
  const index_t n = made ? as_array(made)->size() : 1;
  static constexpr rnd::ParameterInfo info = {"shape", rnd::Rule::not_negative, 0};
  for (index_t i = 0, count = s->size(); i < count; ++i) {
    // The array of shapes is contiguous unless it came in otherwise; a copy would cost more than this check.
    rnd::Parameter p;
    index_t rest = i;
    const char* from = s->data;
    for (int axis = s->nd - 1; axis >= 0; --axis) {
      from += rest % s->dimensions[axis] * s->strides[axis];
      rest /= s->dimensions[axis];
    }
    std::memcpy(&p, from, 8);
    if (!obeys(info, info.rule, p, s->nd > 0)) return {};
  }
  rnd::Bits& bits = bits_of(self);
  const char* from = s->data;
  double one = 0;
  for (index_t k = 0; k < n; ++k) {
    const double shape = *reinterpret_cast<const double*>(from);
    if (dtype == &eng::kFloat64) {
      one = rnd::gamma_draw(bits, shape);
      if (made) reinterpret_cast<double*>(as_array(made)->data)[k] = one;
    } else {
      const float drawn = rnd::gamma_draw(bits, static_cast<float>(shape));
      one = static_cast<double>(drawn);
      if (made) reinterpret_cast<float*>(as_array(made)->data)[k] = drawn;
    }
    for (int axis = nd - 1; axis >= 0; --axis) {
      from += strides[axis];
      if (++at[axis] < extents[axis]) break;
      from -= strides[axis] * extents[axis];
      at[axis] = 0;
    }
  }
  if (made) return made;
  return Ref::from_double(one);
}

// ---- the legacy stream's own ---------------------------------------------------------------------------------------------------------

void fill_normal_of_pairs(rnd::Bits& bits, double* out, index_t n) {
  for (index_t i = 0; i < n; ++i) out[i] = rnd::normal_of_pair(bits);
}
void fill_exponential_by_log(rnd::Bits& bits, double* out, index_t n) {
  for (index_t i = 0; i < n; ++i) out[i] = -std::log(1 - bits.next_double());
}
Ref legacy_random_sample(Value self, const Value* a) { return filled(self, a[0], {}, {}, "random_sample", rnd::fill_uniform, nullptr); }
Ref legacy_standard_normal(Value self, const Value* a) { return filled(self, a[0], {}, {}, "standard_normal", fill_normal_of_pairs, nullptr); }
Ref legacy_standard_exponential(Value self, const Value* a) {
  return filled(self, a[0], {}, {}, "standard_exponential", fill_exponential_by_log, nullptr);
}

void legacy_gammas(rnd::Bits& bits, const rnd::Parameter* p, void* out, index_t n) {
  for (index_t i = 0; i < n; ++i) static_cast<double*>(out)[i] = rnd::legacy_gamma(bits, p[0].real);
}
Ref legacy_standard_gamma(Value self, const Value* a) {
  static constexpr rnd::Distribution row = {"standard_gamma", false, 1, {{"shape", rnd::Rule::not_negative, 0}}, rnd::Together::free, nullptr, legacy_gammas};
  return draw_row(bits_of(self), row, a, true);
}

// ---- integers --------------------------------------------------------------------------------------------------------------------------

struct Range {
  uint64_t low, bound;
};

// The least and greatest value of an integer dtype; the greatest as an unsigned word.
int64_t least_of(const DType* d) { return d->kind == 'i' ? -1 - static_cast<int64_t>(~0ull >> (65 - 8 * d->size)) : 0; }
uint64_t greatest_of(const DType* d) {
  if (d->is_bool()) return 1;
  return d->kind == 'i' ? ~0ull >> (65 - 8 * d->size) : ~0ull >> (64 - 8 * d->size);
}

// Whether an int lies in [least, greatest + extra], and as a word. 0: no.
bool word_of(Value v, const DType* d, bool beyond, uint64_t* out, bool* fits) {
  int64_t small;
  const int sign = int_sign_overflow_i64(v, &small);
  const uint64_t top = greatest_of(d);
  *fits = true;
  if (sign < 0) {
    *fits = false;
  } else if (sign > 0) {
    // 2^63 and beyond.
    if (int_bit_length(v) > 64) {
      *fits = beyond && top == ~0ull && int_bit_length(v) == 65;
      if (*fits) {
        Ref limit = int_from_u64(~0ull), one = Ref::from_int(1);
        Ref next = int_add(limit, one);
        if (!next) return false;
        *fits = int_equal(v, next);
      }
      *out = 0;
    } else {
      *out = int_as_u64_mask(v);
      *fits = *out <= top || (beyond && *out - 1 == top);
    }
  } else {
    *out = static_cast<uint64_t>(small);
    *fits = small < 0 ? small >= least_of(d) : (static_cast<uint64_t>(small) <= top || (beyond && static_cast<uint64_t>(small) - 1 == top));
  }
  return true;
}

// Low and high as ints, and what they come to. `closed`: high is included.
bool range_from(Value low, Value high, const DType* dtype, bool closed, Range* out) {
  const bool single = !given(high);
  Ref zero = Ref::from_int(0);
  if (single) {
    high = low;
    low = zero.get();
  }
  uint64_t from, to;
  bool fits;
  if (!word_of(low, dtype, false, &from, &fits)) return false;
  if (!fits) return raise(PyExc_ValueError, "low is out of bounds for %s", dtype->name);
  if (!word_of(high, dtype, !closed, &to, &fits)) return false;
  if (!fits) {
    if (int_compare(high, low) < 0 || (!closed && int_compare(high, low) <= 0))
      return raise(PyExc_ValueError, single ? (closed ? "high < 0" : "high <= 0") : closed ? "low > high" : "low >= high");
    return raise(PyExc_ValueError, "high is out of bounds for %s", dtype->name);
  }
  const int order = int_compare(low, high);
  if (order > 0 || (order == 0 && !closed)) return raise(PyExc_ValueError, single ? (closed ? "high < 0" : "high <= 0") : closed ? "low > high" : "low >= high");
  *out = {from, to - from - !closed};
  return true;
}

// A scalar bound as an int: ints, truth values, NumPy integers; floats are truncated. Empty without an exception: an array.
Ref integer_bound(Value v) {
  if (!given(v) || v.is_int()) return Ref::copy(v.absent() ? Value{Py_None} : v);
  if (is_bool(v)) return Ref::from_int(v == boolean(true));
  if (is_int(v)) return int_to_exact(v);
  if (v.is_float()) return int_from_double(v.as_float());
  if (const DType* d = scalar_dtype(v)) {
    if (d->is_integer() || d->is_bool()) {
      Ref plain = element_to_python(scalar_data(v), d);
      return plain && is_bool(plain) ? Ref::from_int(plain.get() == boolean(true)) : std::move(plain);
    }
    if (d->is_floating()) {
      Ref plain = element_to_python(scalar_data(v), d);
      return plain ? int_from_double(plain.get().as_float()) : Ref{};
    }
  }
  return {};
}

// low, high, size, dtype, closed. Arrays go to the method `_integers_of_arrays`.
Ref integers(Value self, const Value* a, Value dtype_value, bool closed, bool masked, const char* name) {
  const DType* dtype;
  if (!dtype_from(dtype_value, &dtype, &eng::kInt64)) return {};
  if (!dtype->is_integer() && !dtype->is_bool()) return raise(PyExc_TypeError, "Unsupported dtype dtype('%s') for %s", dtype->name, name);
  Ref low = integer_bound(a[0]), high;
  if (low) high = integer_bound(a[1]);
  if (!low || !high) {
    if (PyErr_Occurred()) return {};
    Value words[5] = {a[0], a[1].absent() ? Value{Py_None} : a[1], a[2].absent() ? Value{Py_None} : a[2], dtype_ref(dtype).get(), boolean(closed)};
    return call_method(self, "_integers_of_arrays"_id, Args{words, 5, nullptr});
  }
  Range range;
  int nd = 0;
  index_t shape[eng::kMaxDims];
  if (given(a[2])) {
    if (!size_from(a[2], &nd, shape)) return {};
    index_t n = 1;
    for (int i = 0; i < nd; ++i) n *= shape[i];
    if (n == 0) return array_new(dtype, nd, shape);  // any range will do
  }
  if (!range_from(low, high, dtype, closed, &range)) return {};
  rnd::Bits& bits = bits_of(self);
  const int size = static_cast<int>(dtype->size);
  if (!given(a[2])) {
    alignas(8) char one[8];
    rnd::fill_integers(bits, one, 1, size, dtype->is_bool(), range.low, range.bound, masked);
    // A Python type as dtype asks for a Python number; so does randint by default.
    if (dtype_value.absent() ? masked : dtype_value == Value{reinterpret_cast<PyObject*>(&PyLong_Type)} || dtype_value == Value{reinterpret_cast<PyObject*>(&PyBool_Type)})
      return element_to_python(one, dtype);
    return element_to_scalar(one, dtype);
  }
  Ref out = array_new(dtype, nd, shape);
  if (out) rnd::fill_integers(bits, as_array(out)->data, as_array(out)->size(), size, dtype->is_bool(), range.low, range.bound, masked);
  return out;
}
// (low, high, size, dtype, endpoint)
Ref draws_integers(Value self, const Value* a) {
  bool closed;
  if (!flag_from(a[4], false, &closed)) return {};
  return integers(self, a, a[3], closed, false, "integers");
}
// (low, high, size, dtype)
Ref legacy_randint(Value self, const Value* a) { return integers(self, a, a[3], false, true, "randint"); }

// (lows, bounds, dtype): uint64 arrays of one shape, contiguous.
template <bool masked>
Ref draws_bounded(Value self, const Value* a) {
  const DType* dtype;
  if (!is_ndarray(a[0]) || !is_ndarray(a[1]) || !dtype_from(a[2], &dtype)) return {};
  NdArray *low = as_array(a[0]), *bound = as_array(a[1]);
  if (low->dtype() != &eng::kUInt64 || bound->dtype() != &eng::kUInt64 || !(low->flags & bound->flags & eng::kCContiguous) || low->size() != bound->size())
    return raise(PyExc_ValueError, "contiguous arrays of uint64 are needed");
  Ref out = array_new(dtype, low->nd, low->dimensions);
  if (!out) return {};
  rnd::fill_integers(bits_of(self), as_array(out)->data, low->size(), static_cast<int>(dtype->size), dtype->is_bool(), reinterpret_cast<rnd::u64*>(low->data),
                     reinterpret_cast<rnd::u64*>(bound->data), masked);
  return out;
}

// ---- shuffling and rows of several numbers ------------------------------------------------------------------------------------------------

// Shuffles the rows of a contiguous array along its last axis, each by itself.
Ref draws_shuffle_rows(Value self, Value v) {
  if (!is_ndarray(v) || !check_writeable(as_array(v))) return {};
  NdArray* a = as_array(v);
  if (a->nd == 0 || !(a->flags & eng::kCContiguous)) return raise(PyExc_ValueError, "a contiguous array is needed");
  const index_t n = a->dimensions[a->nd - 1], size = a->dtype()->size, rows = n ? a->size() / n : 0;
  for (index_t i = 0; i < rows; ++i) rnd::shuffle(bits_of(self), a->data + i * n * size, n, size);
  return none_ref();
}

// The exchange partners of n - 1, …, 1.
Ref draws_partners(Value self, Value count) {
  index_t n;
  if (!as_ssize(count, &n)) return {};
  index_t length = n > 1 ? n - 1 : 0;
  Ref out = array_new(&eng::kInt64, 1, &length);
  if (out) rnd::draw_partners(bits_of(self), reinterpret_cast<int64_t*>(as_array(out)->data), n);
  return out;
}

// (array of int64, first): exchanges from the last element down to `first`.
Ref draws_shuffle_tail(Value self, const Value* a) {
  index_t first;
  if (!is_ndarray(a[0]) || !as_ssize(a[1], &first)) return {};
  NdArray* x = as_array(a[0]);
  if (x->dtype() != &eng::kInt64 || x->nd != 1 || !(x->flags & eng::kCContiguous) || first < 0) return raise(PyExc_ValueError, "an array of int64 is needed");
  rnd::shuffle_ints(bits_of(self), reinterpret_cast<int64_t*>(x->data), x->size(), first);
  return none_ref();
}

bool contiguous_of(Value v, const DType* dtype, NdArray** out) {
  if (!is_ndarray(v) || as_array(v)->dtype() != dtype || !(as_array(v)->flags & eng::kCContiguous)) return raise(PyExc_ValueError, "a contiguous array of %s is needed", dtype->name);
  *out = as_array(v);
  return true;
}

// (counts n, one a row; probabilities, rows or one row; out)
Ref draws_multinomial(Value self, const Value* a) {
  NdArray *n, *p, *out;
  if (!contiguous_of(a[0], &eng::kInt64, &n) || !contiguous_of(a[1], &eng::kFloat64, &p) || !contiguous_of(a[2], &eng::kInt64, &out)) return {};
  const index_t classes = out->dimensions[out->nd - 1], rows = classes ? out->size() / classes : 0;
  const index_t n_step = n->size() == 1 ? 0 : 1, p_step = p->size() == classes ? 0 : classes;
  if ((n_step && n->size() != rows) || (p_step && p->size() != rows * classes)) return raise(PyExc_ValueError, "rows do not match");
  for (index_t i = 0; i < rows; ++i)
    rnd::multinomial(bits_of(self), reinterpret_cast<int64_t*>(n->data)[i * n_step], reinterpret_cast<double*>(p->data) + i * p_step, classes,
                     reinterpret_cast<int64_t*>(out->data) + i * classes);
  return none_ref();
}
template <bool legacy>
Ref draws_dirichlet(Value self, const Value* a) {
  NdArray *alpha, *out;
  if (!contiguous_of(a[0], &eng::kFloat64, &alpha) || !contiguous_of(a[1], &eng::kFloat64, &out)) return {};
  const index_t classes = alpha->size(), rows = classes ? out->size() / classes : 0;
  for (index_t i = 0; i < rows; ++i)
    (legacy ? rnd::legacy_dirichlet : rnd::dirichlet)(bits_of(self), reinterpret_cast<double*>(alpha->data), classes, reinterpret_cast<double*>(out->data) + i * classes);
  return none_ref();
}
// (colors, nsample, out, by count)
Ref draws_hypergeometrics(Value self, const Value* a) {
  NdArray *colors, *out;
  int64_t sample;
  if (!contiguous_of(a[0], &eng::kInt64, &colors) || !as_i64(a[1], &sample) || !contiguous_of(a[2], &eng::kInt64, &out)) return {};
  const index_t kinds = colors->size(), rows = kinds ? out->size() / kinds : 0;
  const int64_t* from = reinterpret_cast<int64_t*>(colors->data);
  int64_t* to = reinterpret_cast<int64_t*>(out->data);
  if (is_true(a[3]) > 0) return rnd::multivariate_hypergeometric_by_count(bits_of(self), from, kinds, sample, rows, to) ? none_ref() : raise_no_memory();
  for (index_t i = 0; i < rows; ++i) rnd::multivariate_hypergeometric(bits_of(self), from, kinds, sample, to + i * kinds);
  return none_ref();
}
Ref draws_bytes(Value self, Value length) {
  index_t n;
  if (!as_ssize(length, &n)) return {};
  if (n < 0) return raise(PyExc_ValueError, "negative dimensions are not allowed");
  index_t words = (n - 1) / 4 + 1;
  Ref drawn = array_new(&eng::kUInt32, 1, &words);
  if (!drawn) return {};
  rnd::fill_integers(bits_of(self), as_array(drawn)->data, words, 4, false, uint64_t{0}, uint64_t{0xFFFFFFFF}, false);
  return as_bytes(as_array(drawn)->data, static_cast<size_t>(n));
}

// One row of the methods, in both streams.
#define ADDER_ROW(row, signature, doc) method<draw<rnd::Row::row, kLegacy>>(#row, signature, doc)
#define ADDER_ROWS                                                                                                                          \
  ADDER_ROW(normal, "($self, /, loc=0.0, scale=1.0, size=None)", "Draw random samples from a normal (Gaussian) distribution."),             \
      ADDER_ROW(lognormal, "($self, /, mean=0.0, sigma=1.0, size=None)", "Draw samples from a log-normal distribution."),                   \
      ADDER_ROW(uniform, "($self, /, low=0.0, high=1.0, size=None)", "Draw samples from a uniform distribution."),                          \
      ADDER_ROW(exponential, "($self, /, scale=1.0, size=None)", "Draw samples from an exponential distribution."),                         \
      ADDER_ROW(gamma, "($self, /, shape, scale=1.0, size=None)", "Draw samples from a Gamma distribution."),                               \
      ADDER_ROW(beta, "($self, /, a, b, size=None)", "Draw samples from a Beta distribution."),                                             \
      ADDER_ROW(f, "($self, /, dfnum, dfden, size=None)", "Draw samples from an F distribution."),                                          \
      ADDER_ROW(noncentral_f, "($self, /, dfnum, dfden, nonc, size=None)", "Draw samples from the noncentral F distribution."),             \
      ADDER_ROW(chisquare, "($self, /, df, size=None)", "Draw samples from a chi-square distribution."),                                    \
      ADDER_ROW(noncentral_chisquare, "($self, /, df, nonc, size=None)", "Draw samples from a noncentral chi-square distribution."),        \
      ADDER_ROW(standard_cauchy, "($self, /, size=None)", "Draw samples from a standard Cauchy distribution with mode = 0."),               \
      ADDER_ROW(standard_t, "($self, /, df, size=None)", "Draw samples from a standard Student's t distribution."),                         \
      ADDER_ROW(vonmises, "($self, /, mu, kappa, size=None)", "Draw samples from a von Mises distribution."),                               \
      ADDER_ROW(pareto, "($self, /, a, size=None)", "Draw samples from a Pareto II (AKA Lomax) distribution."),                             \
      ADDER_ROW(weibull, "($self, /, a, size=None)", "Draw samples from a Weibull distribution."),                                          \
      ADDER_ROW(power, "($self, /, a, size=None)", "Draws samples in [0, 1] from a power distribution."),                                   \
      ADDER_ROW(laplace, "($self, /, loc=0.0, scale=1.0, size=None)", "Draw samples from the Laplace or double exponential distribution."), \
      ADDER_ROW(gumbel, "($self, /, loc=0.0, scale=1.0, size=None)", "Draw samples from a Gumbel distribution."),                           \
      ADDER_ROW(logistic, "($self, /, loc=0.0, scale=1.0, size=None)", "Draw samples from a logistic distribution."),                       \
      ADDER_ROW(rayleigh, "($self, /, scale=1.0, size=None)", "Draw samples from a Rayleigh distribution."),                                \
      ADDER_ROW(wald, "($self, /, mean, scale, size=None)", "Draw samples from a Wald, or inverse Gaussian, distribution."),                \
      ADDER_ROW(triangular, "($self, /, left, mode, right, size=None)", "Draw samples from the triangular distribution."),                  \
      ADDER_ROW(binomial, "($self, /, n, p, size=None)", "Draw samples from a binomial distribution."),                                     \
      ADDER_ROW(negative_binomial, "($self, /, n, p, size=None)", "Draw samples from a negative binomial distribution."),                   \
      ADDER_ROW(poisson, "($self, /, lam=1.0, size=None)", "Draw samples from a Poisson distribution."),                                    \
      ADDER_ROW(zipf, "($self, /, a, size=None)", "Draw samples from a Zipf distribution."),                                                \
      ADDER_ROW(geometric, "($self, /, p, size=None)", "Draw samples from the geometric distribution."),                                    \
      ADDER_ROW(hypergeometric, "($self, /, ngood, nbad, nsample, size=None)", "Draw samples from a Hypergeometric distribution."),         \
      ADDER_ROW(logseries, "($self, /, p, size=None)", "Draw samples from a logarithmic series distribution.")

template <bool kLegacy>
const MethodRow shared_rows[] = {
    ADDER_ROWS,
    method<draws_bounded<kLegacy>>("_bounded", "($self, lows, bounds, dtype, /)", "An integer of each range."),
    method<draws_shuffle_rows>("_shuffle_rows", "($self, array, /)", "Shuffle along the last axis."),
    method<draws_partners>("_partners", "($self, n, /)", "The exchanges of a shuffle."),
    method<draws_multinomial>("_multinomial", "($self, n, pvals, out, /)", "Fill rows of counts."),
    method<draws_dirichlet<kLegacy>>("_dirichlet", "($self, alpha, out, /)", "Fill rows of shares."),
    method<draws_bytes>("bytes", "($self, length, /)", "Return random bytes."),
    method<draws_source>("_set_source", "($self, bit_generator, /)", "Draw from another bit generator."),
};
#undef ADDER_ROWS
#undef ADDER_ROW

const MethodRow own_rows[] = {
    method<draws_random>("random", "($self, /, size=None, dtype=float, out=None)", "Return random floats in the half-open interval [0.0, 1.0)."),
    method<draws_standard_normal>("standard_normal", "($self, /, size=None, dtype=float, out=None)", "Draw samples from a standard Normal distribution (mean=0, stdev=1)."),
    method<draws_standard_exponential>("standard_exponential", "($self, /, size=None, dtype=float, method='zig', out=None)", "Draw samples from the standard exponential distribution."),
    method<draws_standard_gamma>("standard_gamma", "($self, /, shape, size=None, dtype=float, out=None)", "Draw samples from a standard Gamma distribution."),
    method<draws_integers>("integers", "($self, /, low, high=None, size=None, dtype=int, endpoint=False)", "Return random integers from `low` (inclusive) to `high` (exclusive)."),
    method<draws_shuffle_tail>("_shuffle_tail", "($self, array, first, /)", "Exchanges from the last element down to `first`."),
    method<draws_hypergeometrics>("_hypergeometrics", "($self, colors, nsample, out, by_count, /)", "Fill rows of counts."),
};

const MethodRow legacy_rows[] = {
    method<legacy_random_sample>("random_sample", "($self, /, size=None)", "Return random floats in the half-open interval [0.0, 1.0)."),
    method<legacy_random_sample>("random", "($self, /, size=None)", "Return random floats in the half-open interval [0.0, 1.0)."),
    method<legacy_standard_normal>("standard_normal", "($self, /, size=None)", "Draw samples from a standard Normal distribution (mean=0, stdev=1)."),
    method<legacy_standard_exponential>("standard_exponential", "($self, /, size=None)", "Draw samples from the standard exponential distribution."),
    method<legacy_standard_gamma>("standard_gamma", "($self, /, shape, size=None)", "Draw samples from a standard Gamma distribution."),
    method<legacy_randint>("randint", "($self, /, low, high=None, size=None, dtype=int)", "Return random integers from `low` (inclusive) to `high` (exclusive)."),
};

// The tables of the two types, joined before they are readied.
template <bool kLegacy>
MethodRow* joined() {
  static MethodRow rows[64];
  int n = 0;
  for (const MethodRow& row : shared_rows<kLegacy>) rows[n++] = row;
  if (kLegacy)
    for (const MethodRow& row : legacy_rows) rows[n++] = row;
  else
    for (const MethodRow& row : own_rows) rows[n++] = row;
  return rows;
}


TypeDef draws_definition(PyTypeObject* type, const char* name, const MethodRow* methods) {
  return {
      .type = type,
      .name = name,
      .basicsize = sizeof(DrawsObject),
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
      .doc = "Draws from distributions.",
      .dealloc = draws_dealloc,
      .slots = {.tp_new = slot::New<draws_new>},
      .methods = methods,
  };
}
bool exec_random(PyObject* module) {
  static const TypeDef draws_def = draws_definition(&draws_type, "_numpy_random.Draws", joined<false>());
  static const TypeDef legacy_draws_def = draws_definition(&legacy_draws_type, "_numpy_random.LegacyDraws", joined<true>());
  return module_add_type(module, bits_def) && module_add_type(module, draws_def) && module_add_type(module, legacy_draws_def);
}

}  // namespace

}  // namespace adder::numpy

namespace adder {

extern const ModuleDef numpy_random_module;
const ModuleDef numpy_random_module = {
    .name = "_numpy_random",
    .doc = "Native part of numpy.random.",
    .methods = numpy::seed_functions,
    .exec = numpy::exec_random,
};

}  // namespace adder
