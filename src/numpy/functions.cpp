// The native functions of the `numpy` module: creation, joining, choosing, dtype arithmetic, and the functions that are
// methods of their first argument.
#include <cmath>
#include <cstring>

#include "array/reduce/histogram.h"
#include "array/reduce/reduce.h"
#include "numpy/deferred.h"
#include "numpy/special.h"
#include "numpy/table_text.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

bool copy_from(Value v, int fallback, int* out) {
  *out = fallback;
  if (v.absent()) return true;
  if (is_none(v)) {
    *out = -1;
    return true;
  }
  Ref mode;  // of numpy._CopyMode
  const int has = v.is_object() && !is_bool(v) ? lookup_attr(v, "_copy"_id, &mode) : 0;
  if (has < 0) return false;
  if (has) return as_int(mode, out);
  int truth = is_true(v);
  *out = truth;
  return truth >= 0;
}

// (object, dtype, copy, order, subok, ndmin, like)
Ref np_array(Value, const Value* a) {
  FromOptions options;
  bool subok;
  Py_ssize_t ndmin = 0;
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!copy_from(a[2], 1, &options.copy) || !order_from(a[3], &options.order, 'K') || !flag_from(a[4], false, &subok)) return {};
  if (!a[5].absent() && !as_ssize(a[5], &ndmin)) return {};
  options.subok = subok;
  options.ndmin = static_cast<int>(ndmin);
  return array_from(a[0], options);
}

// (a, dtype, order, device, copy, like)
Ref np_asarray(Value, const Value* a) {
  FromOptions options;
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!order_from(a[2], &options.order, 'K') || !copy_from(a[4], -1, &options.copy)) return {};
  return array_from(a[0], options);
}
Ref np_asanyarray(Value, const Value* a) {
  FromOptions options;
  options.subok = true;
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  if (!order_from(a[2], &options.order, 'K') || !copy_from(a[4], -1, &options.copy)) return {};
  return array_from(a[0], options);
}
Ref contiguous(const Value* a, char order) {
  FromOptions options;
  options.order = order;
  options.ndmin = order == 'C' ? 1 : 0;
  if (!a[1].absent() && !is_none(a[1]) && !dtype_from(a[1], &options.dtype)) return {};
  return array_from(a[0], options);
}
Ref np_ascontiguousarray(Value, const Value* a) { return contiguous(a, 'C'); }
Ref np_asfortranarray(Value, const Value* a) { return contiguous(a, 'F'); }

Ref made(Value shape_value, Value dtype_value, Value order_value, eng::Fill fill, const DType* fallback = &eng::kFloat64) {
  int nd;
  index_t shape[eng::kMaxDims];
  const DType* dtype;
  char order;
  if (!shape_from(shape_value, &nd, shape) || !dtype_from(dtype_value, &dtype, fallback) || !order_from(order_value, &order, 'C')) return {};
  int axes[eng::kMaxDims];
  for (int i = 0; i < nd; ++i) axes[i] = nd - 1 - i;
  return array_new(minimal_dtype(dtype), nd, shape, order == 'F' ? axes : nullptr, fill);
}

bool fill_with(Value array, Value value) {
  Ref done = call_method(array, "fill"_id, {value});
  return static_cast<bool>(done);
}

// Broadcasts any array-like into an array.
bool fill_from(Value array, Value value) {
  if (!is_ndarray(value) && !is_list_or_tuple(value)) return fill_with(array, value);
  Ref from = as_array_ref(value);
  if (!from) return false;
  return assign_array(as_array(array)->view(), as_array(from)->view());
}

// (shape, dtype, order, device, like)
Ref with_zeros(Ref array);
Ref np_zeros(Value, const Value* a) { return with_zeros(made(a[0], a[1], a[2], eng::Fill::zero)); }
Ref np_empty(Value, const Value* a) { return made(a[0], a[1], a[2], eng::Fill::result); }
Ref np_ones(Value, const Value* a) {
  Ref r = made(a[0], a[1], a[2], eng::Fill::result);
  return r && fill_with(r, Value::from_int(1)) ? std::move(r) : Ref{};
}

// Fresh objects are None; zeros of them are the int 0.
Ref with_zeros(Ref array) {
  if (!array || !as_array(array)->dtype()->has_references()) [[likely]] return array;
  if (as_array(array)->dtype()->is_object()) return fill_with(array, Value::from_int(0)) ? std::move(array) : Ref{};
  const eng::Structure* s = as_array(array)->dtype()->structure;
  for (int i = 0; s && i < s->count; ++i) {
    if (!s->fields[i].dtype->has_references()) continue;
    Ref name = str_from_utf8(s->fields[i].name);
    Ref view = name ? field_view(as_array(array), name) : Ref{};
    if (!view || !with_zeros(std::move(view))) return {};
  }
  return array;
}

const DType* dtype_of_value(Value v, Ref* keep) {
  if (v.is_int()) return &eng::kInt64;
  if (v.is_float()) return &eng::kFloat64;
  if (is_bool(v)) return &eng::kBool;
  if (const DType* d = scalar_dtype(v)) return d;
  if (is_instance_exactly(v, &PyComplex_Type)) return &eng::kComplex128;
  if (is_ndarray(v)) return as_array(v)->dtype();
  *keep = as_array_ref(v);
  return *keep ? as_array(*keep)->dtype() : nullptr;
}

// (shape, fill_value, dtype, order, device, like)
Ref np_full(Value, const Value* a) {
  Ref keep, settled;
  const DType* dtype = nullptr;
  Value wanted = a[2];
  if (wanted.absent() || is_none(wanted)) {
    dtype = dtype_of_value(a[1], &keep);
    if (!dtype) return {};
  } else {
    const DType* given;
    if (!dtype_from(wanted, &given)) return {};
    if (is_open(given)) {
      given = settled_dtype(given, a[1]);
      settled = given ? dtype_ref(given) : Ref{};
      if (!settled) return {};
      wanted = settled.get();
    }
  }
  Ref r = made(a[0], wanted, a[3], eng::Fill::result, dtype);
  return r && fill_from(r, a[1]) ? std::move(r) : Ref{};
}

// (prototype, dtype, order, subok, shape, device)
Ref made_like(const Value* a, eng::Fill fill) {
  Ref prototype = as_array_ref(a[0]);
  if (!prototype) return {};
  NdArray* p = as_array(prototype);
  const DType* dtype;
  char order;
  if (!dtype_from(a[1], &dtype, p->dtype()) || !order_from(a[2], &order, 'K')) return {};
  int nd = p->nd;
  index_t shape[eng::kMaxDims];
  std::memcpy(shape, p->dimensions, sizeof(index_t) * static_cast<size_t>(nd));
  int axes[eng::kMaxDims];
  bool other_shape = !a[4].absent() && !is_none(a[4]);
  if (other_shape && !shape_from(a[4], &nd, shape)) return {};
  if (order == 'A') order = p->flags & eng::kFContiguous && !(p->flags & eng::kCContiguous) ? 'F' : 'C';
  const int* chosen = nullptr;
  if (order == 'F') {
    for (int i = 0; i < nd; ++i) axes[i] = nd - 1 - i;
    chosen = axes;
  } else if (order == 'K' && nd == p->nd && !(p->flags & eng::kCContiguous)) {
    eng::stride_order(nd, p->strides, axes);
    chosen = axes;
  }
  return array_new(minimal_dtype(dtype), nd, shape, chosen, fill);
}
Ref np_empty_like(Value, const Value* a) { return made_like(a, eng::Fill::result); }
Ref np_zeros_like(Value, const Value* a) { return with_zeros(made_like(a, eng::Fill::zero)); }
Ref np_ones_like(Value, const Value* a) {
  Ref r = made_like(a, eng::Fill::result);
  return r && fill_with(r, Value::from_int(1)) ? std::move(r) : Ref{};
}
// (a, fill_value, dtype, order, subok, shape, device)
Ref np_full_like(Value, const Value* a) {
  Value like[6] = {a[0], a[2], a[3], a[4], a[5], a[6]};
  Ref r = made_like(like, eng::Fill::result);
  return r && fill_from(r, a[1]) ? std::move(r) : Ref{};
}

// ---- ranges --------------------------------------------------------------------------------------------------------------

// A number's value both ways.
struct Bound {
  double d = 0;
  int64_t i = 0;
  bool whole = false;
};

bool bound_from(Value v, Bound* out, const DType** dtype) {
  Ref keep, item;
  const DType* own = dtype_of_value(v, &keep);
  if (!own) return false;
  *dtype = *dtype ? eng::promote(*dtype, own) : own;
  Value number = v;
  if (is_ndarray(v) || keep) {
    item = call_method(keep ? keep.get() : v, "item"_id);
    if (!item) return false;
    number = item.get();
  }
  out->whole = !own->is_inexact();
  if (out->whole) {
    Ref whole = index(number);
    if (!whole) {
      clear_error();
      whole = to_int(number);
      if (!whole) return false;
    }
    if (!int_as_i64(whole, &out->i)) return false;
    out->d = static_cast<double>(out->i);
    return true;
  }
  return as_double(number, &out->d);
}

// arange([start,] stop[, step], dtype=None, *, device=None, like=None)
Ref np_arange(Value, Args args) {
  Value v[3];
  Value dtype_value;
  if (args.n > 4) return raise(PyExc_TypeError, "arange() takes at most 4 positional arguments (%zd given)", static_cast<Py_ssize_t>(args.n));
  for (size_t i = 0; i < args.n && i < 3; ++i) v[i] = args[i];
  if (args.n == 4) dtype_value = args[3];
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k), x = args.v[args.n + static_cast<size_t>(k)];
    if (str_equals(name, "start")) v[0] = x;
    else if (str_equals(name, "stop")) v[1] = x;
    else if (str_equals(name, "step")) v[2] = x;
    else if (str_equals(name, "dtype")) dtype_value = x;
    else if (!str_equals(name, "device") && !str_equals(name, "like"))
      return raise(PyExc_TypeError, "arange() got an unexpected keyword argument '%U'", name);
  }
  if (v[0].absent() && v[1].absent()) return raise(PyExc_TypeError, "arange() requires stop to be specified.");
  const DType* given = nullptr;
  if (!dtype_value.absent() && !is_none(dtype_value) && !dtype_from(dtype_value, &given)) return {};
  bool special = given && given->is_special();
  for (int i = 0; i < 3 && !special; ++i) {
    if (v[i].absent() || v[i].is_number() || is_none(v[i])) continue;
    const DType* own = scalar_dtype(v[i]);
    special = own ? own->is_special() : !is_bool(v[i]) && !is_int(v[i]) && !is_float(v[i]) && !is_ndarray(v[i]) && !is_instance_exactly(v[i], &PyComplex_Type);
    if (is_ndarray(v[i])) special = as_array(v[i])->dtype()->is_special();
  }
  if (special) {
    Ref module = hooks.import_module("numpy._core._special"_id);
    Ref function = module ? getattr(module, "arange"_id) : Ref{};
    Ref dtype_own = given ? dtype_ref(given) : none_ref();
    return function ? call(function, {v[0].absent() ? none() : v[0], v[1].absent() ? none() : v[1], v[2].absent() ? none() : v[2], dtype_own}) : Ref{};
  }
  if (v[1].absent() || is_none(v[1])) {
    v[1] = v[0];
    v[0] = Value::from_int(0);
  } else if (v[0].absent() || is_none(v[0])) {
    v[0] = Value::from_int(0);
  }
  if (v[2].absent() || is_none(v[2])) v[2] = Value::from_int(1);
  Bound start, stop, step;
  const DType* dtype = nullptr;
  if (!bound_from(v[0], &start, &dtype) || !bound_from(v[1], &stop, &dtype) || !bound_from(v[2], &step, &dtype)) return {};
  if (!dtype_value.absent() && !is_none(dtype_value) && !dtype_from(dtype_value, &dtype)) return {};
  if (step.d == 0) return raise(PyExc_ZeroDivisionError, "division by zero");
  index_t n;
  if (start.whole && stop.whole && step.whole) {
    __int128 span = static_cast<__int128>(stop.i) - start.i;
    __int128 count = step.i > 0 ? (span > 0 ? (span + step.i - 1) / step.i : 0) : (span < 0 ? (-span - step.i - 1) / -static_cast<__int128>(step.i) : 0);
    if (count > (__int128{1} << 60)) return raise(PyExc_ValueError, "Maximum allowed size exceeded");
    n = static_cast<index_t>(count);
  } else {
    double length = std::ceil((stop.d - start.d) / step.d);
    if (length != length) return raise(PyExc_ValueError, "arange: cannot compute length");
    if (length > 1e18) return raise(PyExc_ValueError, "Maximum allowed size exceeded");
    n = length > 0 ? static_cast<index_t>(length) : 0;
  }
  Ref result = array_new(dtype, 1, &n);
  if (!result || n == 0) return result;
  char* data = as_array(result)->data;
  // As NumPy fills: the first two elements are rounded to the dtype, the rest step by their difference.
  if (dtype == &eng::kInt64) {
    int64_t first, second;
    if (start.whole && step.whole) {
      first = start.i;
      second = static_cast<int64_t>(static_cast<uint64_t>(start.i) + static_cast<uint64_t>(step.i));
    } else {
      first = static_cast<int64_t>(start.d);
      second = static_cast<int64_t>(start.d + step.d);
    }
    uint64_t delta = static_cast<uint64_t>(second) - static_cast<uint64_t>(first);
    auto* out = reinterpret_cast<uint64_t*>(data);
    for (index_t i = 0; i < n; ++i) out[i] = static_cast<uint64_t>(first) + static_cast<uint64_t>(i) * delta;
    return result;
  }
  if (dtype == &eng::kFloat64) {
    double delta = (start.d + step.d) - start.d;
    auto* out = reinterpret_cast<double*>(data);
    for (index_t i = 0; i < n; ++i) out[i] = start.d + static_cast<double>(i) * delta;
    return result;
  }
  auto fill_floats = [&]<class T>(T* out) {
    const float first = static_cast<T>(start.d), delta = static_cast<T>(start.d + step.d) - first;
    for (index_t i = 0; i < n; ++i) out[i] = first + static_cast<float>(i) * delta;
    return std::move(result);
  };
  if (dtype == &eng::kFloat32) return fill_floats(reinterpret_cast<float*>(data));
  if (dtype == &eng::kFloat16) return fill_floats(reinterpret_cast<eng::Half*>(data));
  if (dtype->is_complex()) {
    Value words[4] = {v[0], v[1], v[2], Value{reinterpret_cast<PyObject*>(dtype_object(eng::part_of(dtype)))}};
    Ref real = np_arange({}, Args{words, 4, nullptr});
    return real ? array_cast(as_array(real)->view(), dtype) : Ref{};
  }
  if (dtype->is_bool() && n > 2) return raise(PyExc_TypeError, "arange() is only supported for booleans when the result has at most length 2.");
  Ref wide = array_new(&eng::kInt64, 1, &n);
  if (!wide) return {};
  int64_t first = start.whole ? start.i : static_cast<int64_t>(start.d);
  int64_t delta = (start.whole && step.whole ? start.i + step.i : static_cast<int64_t>(start.d + step.d)) - first;
  for (index_t i = 0; i < n; ++i) reinterpret_cast<int64_t*>(as_array(wide)->data)[i] = first + i * delta;
  return array_cast(as_array(wide)->view(), dtype);
}

// ---- joining and choosing -----------------------------------------------------------------------------------------------------

// (arrays, axis, out, dtype, casting)
Ref np_concatenate(Value, const Value* a) {
  Ref sequence;
  if (is_ndarray(a[0])) {
    sequence = to_list(a[0]);
  } else {
    if (!is_sequence(a[0])) return raise(PyExc_TypeError, "The first input argument needs to be a sequence");
    sequence = to_fast_sequence(a[0], "The first input argument needs to be a sequence");
  }
  if (!sequence) return {};
  if (!a[2].absent() && !is_none(a[2]) && !a[3].absent() && !is_none(a[3]))
    return raise(PyExc_TypeError, "concatenate() only takes `out` or `dtype` as an argument, but both were provided.");
  const Py_ssize_t count = sequence_size(sequence);
  if (count == 0) return raise(PyExc_ValueError, "need at least one array to concatenate");
  Ref arrays = tuple_new(count);
  if (!arrays) return {};
  for (Py_ssize_t i = 0; i < count; ++i) {
    Ref item = Ref::copy(sequence_get(sequence, i));
    Ref array = as_array_ref(item);
    if (!array) return {};
    tuple_init(arrays, i, std::move(array));
  }
  bool flatten = !a[1].absent() && is_none(a[1]);
  if (flatten) {
    for (Py_ssize_t i = 0; i < count; ++i) {
      index_t n = as_array(tuple_words(arrays)[i])->size();
      Ref flat = reshaped(tuple_words(arrays)[i], 1, &n, 'C', -1);
      if (!flat) return {};
      assign(tuple_words(arrays)[i], std::move(flat));
    }
  }
  NdArray* first = as_array(tuple_words(arrays)[0]);
  const int nd = first->nd;
  if (nd == 0) return raise(PyExc_ValueError, "zero-dimensional arrays cannot be concatenated");
  int axis = 0;
  if (!flatten && !axis_from(a[1].absent() ? Value::from_int(0) : a[1], nd, &axis)) return {};
  index_t shape[eng::kMaxDims];
  std::memcpy(shape, first->dimensions, sizeof(index_t) * static_cast<size_t>(nd));
  const DType* dtype = first->dtype();
  for (Py_ssize_t i = 1; i < count; ++i) {
    NdArray* array = as_array(tuple_words(arrays)[i]);
    if (array->nd == 0) return raise(PyExc_ValueError, "zero-dimensional arrays cannot be concatenated");
    if (array->nd != nd)
      return raise(PyExc_ValueError, "all the input arrays must have same number of dimensions, but the array at index 0 has %d dimension(s) and the array at index %zd has %d dimension(s)",
                   nd, i, array->nd);
    for (int k = 0; k < nd; ++k) {
      if (k == axis) shape[k] += array->dimensions[k];
      else if (array->dimensions[k] != shape[k])
        return raise(PyExc_ValueError, "all the input array dimensions except for the concatenation axis must match exactly, but along dimension %d, the array at index 0 has size %zd and the array at index %zd has size %zd",
                     k, shape[k], i, array->dimensions[k]);
    }
    if (dtype == array->dtype()) continue;
    dtype = promote_or_raise(dtype, array->dtype());
    if (!dtype) return {};
  }
  if (count > 1) dtype = dtype->native();
  if (!a[3].absent() && !is_none(a[3]) && !dtype_from(a[3], &dtype)) return {};
  if (dtype->is_special()) {
    if (is_open(dtype)) {
      // A length that is asked for without a number is that of the longest.
      const DType* longest = nullptr;
      for (Py_ssize_t i = 0; i < count; ++i) {
        const DType* own = settled_for_array(dtype, as_array(tuple_words(arrays)[i]));
        if (!own) return {};
        longest = longest ? eng::promote(longest, own) : own;
      }
      dtype = longest;
    }
    Ref rule = str_from_ascii("same_kind");
    Value asked = is_str(a[4]) ? a[4] : rule.get();
    for (Py_ssize_t i = 0; i < count && !str_equals(asked, "unsafe"); ++i) {
      NdArray* array = as_array(tuple_words(arrays)[i]);
      if (!eng::can_cast(array->dtype(), dtype, eng::Casting::same_kind)) return refuse_cast(array->dtype(), dtype, asked);
    }
  }
  Ref result;
  if (!a[2].absent() && !is_none(a[2])) {
    if (!is_ndarray(a[2])) return raise(PyExc_TypeError, "'out' must be an array");
    NdArray* out = as_array(a[2]);
    bool fits = out->nd == nd;
    for (int k = 0; fits && k < nd; ++k) fits = out->dimensions[k] == shape[k];
    if (!fits) return raise(PyExc_ValueError, "Output array is the wrong shape");
    result = Ref::copy(a[2]);
  } else {
    // The axes lie as the arrays' own do.
    int order[eng::kMaxDims];
    constexpr Py_ssize_t kJudged = 8;
    index_t strides[kJudged][eng::kMaxDims];
    const index_t* ranked[kJudged];
    int judged = 0;
    for (Py_ssize_t i = 0; i < count && judged < kJudged; ++i, ++judged) {
      NdArray* array = as_array(tuple_words(arrays)[i]);
      for (int k = 0; k < nd; ++k) strides[judged][k] = array->dimensions[k] == 1 ? 0 : array->strides[k];
      ranked[judged] = strides[judged];
    }
    eng::memory_order(nd, judged, ranked, order);
    result = array_new(dtype, nd, shape, order);
  }
  if (!result) return {};
  NdArray* out = as_array(result);
  char* at = out->data;
  for (Py_ssize_t i = 0; i < count; ++i) {
    NdArray* array = as_array(tuple_words(arrays)[i]);
    ArrayView target = {at, nd, 0, array->dimensions, out->strides, out->dtype()};
    if (!assign_array(target, array->view())) return {};
    at += array->dimensions[axis] * out->strides[axis];
  }
  return result;
}

// where(condition, [x, y], /)
Ref np_where(Value, Args args) {
  if (args.kwnames || (args.n != 1 && args.n != 3)) {
    if (!args.kwnames && args.n == 2) return raise(PyExc_ValueError, "either both or neither of x and y should be given");
    return raise(PyExc_TypeError, "where() takes 1 or 3 positional arguments");
  }
  const bool deferred = args.n == 3 && is_node(args[0]) && node_view(args[0]).dtype == &eng::kBool;
  Ref condition = deferred ? Ref::copy(args[0]) : as_array_ref(args[0]);
  if (!condition) return {};
  if (args.n == 1) return call_method(condition, "nonzero"_id);
  if (!deferred && as_array(condition)->dtype() != &eng::kBool) {
    condition = array_cast(as_array(condition)->view(), &eng::kBool);
    if (!condition) return {};
  }
  Operand operands[3];
  for (int i = 0; i < 3; ++i) {
    int known = make_operand(i ? args[static_cast<size_t>(i)] : condition.get(), &operands[i], 2);
    if (known < 0) return {};
    if (!known) return raise(PyExc_TypeError, "where() cannot take this operand");
  }
  Ref result = call_operation(eng::operation(eng::Op::where), operands, {});
  // where always gives an array.
  return result && !is_ndarray(result) && !is_node(result) ? as_array_ref(result) : std::move(result);
}

Ref np_dot(Value, const Value* a) {
  Ref result = dot_operation(a[0], a[1]);
  if (!result || a[2].absent() || is_none(a[2])) return result;
  return fill_from(a[2], result) ? Ref::copy(a[2]) : Ref{};
}
Ref np_matmul(Value, const Value* a) {
  Ref result = matmul_operation(a[0], a[1]);
  if (result && result.get() == not_implemented()) return raise(PyExc_TypeError, "unsupported operands of matmul");
  if (!result || a[2].absent() || is_none(a[2])) return result;
  return fill_from(a[2], result) ? Ref::copy(a[2]) : Ref{};
}

// (dst, src, casting, where)
Ref np_copyto(Value, const Value* a) {
  if (!is_ndarray(a[0])) return raise(PyExc_TypeError, "copyto() argument 1 must be numpy.ndarray, not %N", type_of(a[0]));
  NdArray* to = as_array(a[0]);
  if (!check_writeable(to)) return {};
  Ref from = as_array_ref(a[1], a[1].is_number() && !to->dtype()->is_special() ? to->dtype() : nullptr);
  if (!from) return {};
  eng::Casting casting = is_str(a[2]) && str_equals(a[2], "unsafe") ? eng::Casting::unsafe : is_str(a[2]) && str_equals(a[2], "safe") ? eng::Casting::safe
      : is_str(a[2]) && str_equals(a[2], "no") ? eng::Casting::no : eng::Casting::same_kind;
  if (!eng::can_cast(as_array(from)->dtype(), to->dtype(), casting))
    return refuse_cast(as_array(from)->dtype(), to->dtype(), a[2]);
  if (a[3].absent() || a[3] == boolean(true)) {
    if (!assign_array(to->view(), as_array(from)->view())) return {};
  } else {
    eng::Error error;
    eng::Conditions raised = 0;
    Ref mask = as_array_ref(a[3], &eng::kBool);
    if (!mask) return {};
    const DType* types[2] = {as_array(from)->dtype(), to->dtype()};
    const eng::Cast cast = eng::find_cast(types[0], types[1]);
    eng::LoopRun run = {cast.kernel, cast.extra, 2, 1, types, 2};
    ArrayView views[2] = {as_array(from)->view(), to->view()};
    ArrayView mask_view = as_array(mask)->view();
    if (!eng::run_loop(run, views, to->nd, to->dimensions, &mask_view, &raised, error)) return raise_engine(error);
    if (raised && !report_conditions(raised, "cast")) return {};
  }
  return none_ref();
}

// (buffer, dtype, count, offset)
Ref np_frombuffer(Value, const Value* a) {
  const DType* dtype;
  Py_ssize_t count = -1, offset = 0;
  if (!dtype_from(a[1], &dtype, &eng::kFloat64)) return {};
  if (dtype->has_references()) return raise(PyExc_ValueError, "cannot create an OBJECT array from memory buffer");
  if (dtype->size == 0) return raise(PyExc_ValueError, "itemsize cannot be zero in type");
  if (!a[2].absent() && !as_ssize(a[2], &count)) return {};
  if (!a[3].absent() && !as_ssize(a[3], &offset)) return {};
  Ref holder = memoryview_of(a[0]);
  if (!holder) return {};
  Py_buffer& view = holder.as<PyMemoryViewObject>()->view;
  if (offset < 0 || offset > view.len)
    return raise(PyExc_ValueError, "offset must be non-negative and no greater than buffer length (%zd)", view.len);
  index_t available = view.len - offset;
  if (count < 0) {
    if (available % dtype->size != 0) return raise(PyExc_ValueError, "buffer size must be a multiple of element size");
    count = available / dtype->size;
  } else if (available < count * dtype->size) {
    return raise(PyExc_ValueError, "buffer is smaller than requested size");
  }
  index_t shape = count, step = dtype->size;
  char* data = static_cast<char*>(view.buf) + offset;
  bool writeable = !view.readonly;
  return array_over(std::move(holder), data, 1, &shape, &step, dtype, writeable);
}

Ref np_count_nonzero(Value, const Value* a) {
  bool keepdims;
  if (!flag_from(a[2], false, &keepdims)) return {};
  if (is_node(a[0]) && (a[1].absent() || is_none(a[1])) && !keepdims) {
    Ref result;
    bool handled;
    if (!count_node(a[0], &result, &handled)) return {};
    if (handled) return result;
  }
  Ref array = as_array_ref(a[0]);
  if (!array) return {};
  eng::Error error;
  if ((a[1].absent() || is_none(a[1])) && !keepdims) {
    NdArray* x = as_array(array);
    Ref truth;
    if (x->dtype() != &eng::kBool) {
      truth = array_cast(x->view(), &eng::kBool);
      if (!truth) return {};
      x = as_array(truth);
    }
    int64_t count = eng::count_nonzero(x->view(), error);
    return element_to_scalar(reinterpret_cast<char*>(&count), &eng::kInt64);
  }
  Ref truth = array_cast(as_array(array)->view(), &eng::kBool);
  if (!truth) return {};
  ReduceOptions options;
  options.axis = a[1];
  options.dtype = &eng::kInt64;
  options.keepdims = keepdims;
  return reduce_operation(eng::operation(eng::Op::add), truth, options);
}

Ref np_may_share_memory(Value, const Value* a) {
  Ref x = as_array_ref(a[0]), y = as_array_ref(a[1]);
  if (!x || !y) return {};
  return bool_ref(eng::may_share_memory(as_array(x)->view(), as_array(y)->view()));
}

// ---- dtypes ------------------------------------------------------------------------------------------------------------------

Ref np_can_cast(Value, const Value* a) {
  const DType *from, *to;
  if (a[0].is_number() || (!scalar_dtype(a[0]) && a[0].is_object() && is_instance_exactly(a[0], &PyComplex_Type)) || (is_int(a[0]) && !scalar_dtype(a[0])) || (is_float(a[0]) && !scalar_dtype(a[0])))
    return raise(PyExc_TypeError, "can_cast() does not support Python ints, floats, and complex because the result used to depend on the value.\nThis change was part of adopting NEP 50, we may explicitly allow them again in the future.");
  if (const DType* own = scalar_dtype(a[0])) from = own;
  else if (is_ndarray(a[0])) from = as_array(a[0])->dtype();
  else if (!dtype_from(a[0], &from)) return {};
  if (!dtype_from(a[1], &to)) return {};
  eng::Casting casting = eng::Casting::safe;
  if (is_str(a[2])) {
    casting = str_equals(a[2], "no") ? eng::Casting::no : str_equals(a[2], "equiv") ? eng::Casting::equiv : str_equals(a[2], "same_kind") ? eng::Casting::same_kind
        : str_equals(a[2], "unsafe") ? eng::Casting::unsafe : eng::Casting::safe;
  }
  return bool_ref(eng::can_cast(from, to, casting));
}

Ref np_promote_types(Value, const Value* a) {
  const DType *x, *y;
  if (!dtype_from(a[0], &x) || !dtype_from(a[1], &y)) return {};
  const DType* common = promote_or_raise(x, y);
  return common ? dtype_ref(common) : Ref{};
}

Ref np_result_type(Value, Args args) {
  if (args.n == 0) return raise(PyExc_ValueError, "at least one array or dtype is required");
  const DType* strong = nullptr;
  char weak = 0;
  for (size_t i = 0; i < args.n; ++i) {
    Value v = args[i];
    const DType* own = nullptr;
    Ref keep;
    const bool is_weak_complex = !scalar_dtype(v) && v.is_object() && is_instance_exactly(v, &PyComplex_Type);
    if (v.is_number() || is_weak_complex || (!scalar_dtype(v) && !is_bool(v) && (is_int(v) || is_float(v)))) {
      // Along int, float, complex: the last counts.
      const char kind = is_weak_complex ? 'c' : is_float(v) ? 'f' : 'i';
      if (kind == 'c' || weak == 0 || (kind == 'f' && weak == 'i')) weak = kind;
      continue;
    }
    if (is_str(v) || is_type(v) || is_dtype(v) || is_none(v) || is_list_or_tuple(v) || is_dict(v)) {
      if (!dtype_from(v, &own)) return {};
    } else {
      own = dtype_of_value(v, &keep);
      if (!own) return {};
    }
    if (strong && strong != own) strong = promote_or_raise(strong, own);
    else strong = own;
    if (!strong) return {};
  }
  if (weak && strong && strong->is_special() && !strong->native()->is_number()) {
    // Beside text, dates and objects a Python number counts as its own array would.
    strong = promote_or_raise(strong, weak_dtype(weak, nullptr));
    return strong ? dtype_ref(strong) : Ref{};
  }
  return dtype_ref(weak ? weak_dtype(weak, strong ? strong->native() : nullptr) : strong->native());
}

// ---- counting -------------------------------------------------------------------------------------------------------------------

// (x, weights, minlength)
Ref np_bincount(Value, const Value* a) {
  Ref raw = as_array_ref(a[0]);
  if (!raw) return {};
  if (!eng::can_cast(as_array(raw)->dtype(), &eng::kInt64, eng::Casting::same_kind) && as_array(raw)->size() > 0) {
    // Lists are still cast as they come.
    if (is_ndarray(a[0]))
      return raise(PyExc_TypeError, "Cannot cast array data from dtype('%s') to dtype('int64') according to the rule 'safe'", as_array(raw)->dtype()->name);
    if (!warn(PyExc_DeprecationWarning, 1, "Non-integer input passed to bincount. In a future version of NumPy, this will be an error. (Deprecated NumPy 2.1)"))
      return {};
  }
  Ref x = as_array_ref(raw, &eng::kInt64);
  if (!x) return {};
  if (as_array(x)->nd != 1) return raise(PyExc_ValueError, as_array(x)->nd ? "object too deep for desired array" : "object of too small depth for desired array");
  if (!(as_array(x)->flags & eng::kCContiguous)) x = array_copy(as_array(x)->view());
  Py_ssize_t least = 0;
  if (!x || (!a[2].absent() && !as_ssize(a[2], &least))) return {};
  if (least < 0) return raise(PyExc_ValueError, "'minlength' must not be negative");
  const index_t n = as_array(x)->size();
  const int64_t* values = reinterpret_cast<int64_t*>(as_array(x)->data);
  int64_t top = -1, signs = 0;
  for (index_t i = 0; i < n; ++i) {
    signs |= values[i];
    top = values[i] > top ? values[i] : top;
  }
  if (signs < 0) return raise(PyExc_ValueError, "'list' argument must have no negative elements");
  index_t bins = top + 1 > least ? top + 1 : least;
  if (a[1].absent() || is_none(a[1])) {
    Ref counts = array_new(&eng::kInt64, 1, &bins, nullptr, eng::Fill::zero);
    if (!counts) return {};
    int64_t* out = reinterpret_cast<int64_t*>(as_array(counts)->data);
    for (index_t i = 0; i < n; ++i) ++out[values[i]];
    return counts;
  }
  Ref weights = as_array_ref(a[1], &eng::kFloat64);
  if (!weights) return {};
  if (as_array(weights)->nd != 1 || as_array(weights)->size() != n) return raise(PyExc_ValueError, "The weights and list don't have the same length.");
  Ref sums = array_new(&eng::kFloat64, 1, &bins, nullptr, eng::Fill::zero);
  if (!sums) return {};
  double* out = reinterpret_cast<double*>(as_array(sums)->data);
  const char* weight = as_array(weights)->data;
  const index_t step = as_array(weights)->strides[0];
  for (index_t i = 0; i < n; ++i, weight += step) out[values[i]] += *reinterpret_cast<const double*>(weight);
  return sums;
}

bool contiguous_array(Value v, const DType* dtype, NdArray** out) {
  if (!is_ndarray(v) || as_array(v)->nd != 1 || !(as_array(v)->flags & eng::kCContiguous) || (dtype && as_array(v)->dtype() != dtype))
    return raise(PyExc_ValueError, "a contiguous 1-d array is needed");
  *out = as_array(v);
  return true;
}

// (values, edges): float64; the edges of bins of equal width.
Ref np_histogram(Value, const Value* a) {
  NdArray *values, *edges;
  if (!contiguous_array(a[0], &eng::kFloat64, &values) || !contiguous_array(a[1], &eng::kFloat64, &edges)) return {};
  index_t bins = edges->size() - 1;
  if (bins < 1) return raise(PyExc_ValueError, "`bins` must be positive, when an integer");
  Ref counts = array_new(&eng::kInt64, 1, &bins, nullptr, eng::Fill::zero);
  if (counts)
    eng::histogram(reinterpret_cast<double*>(values->data), values->size(), reinterpret_cast<double*>(edges->data), bins, reinterpret_cast<int64_t*>(as_array(counts)->data));
  return counts;
}

// (a, v) of one dtype, v the shorter: its products with each run of a.
Ref np_sliding_product(Value, const Value* arguments) {
  NdArray *a, *v;
  if (!contiguous_array(arguments[0], nullptr, &a) || !contiguous_array(arguments[1], a->dtype(), &v)) return {};
  index_t n = a->size() - v->size() + 1;
  if (n < 1) return raise(PyExc_ValueError, "v must not be longer than a");
  Ref out = array_new(a->dtype(), 1, &n);
  eng::Error error;
  if (!out) return {};
  if (!eng::sliding_product(a->dtype(), a->data, v->data, v->size(), as_array(out)->data, n, error)) return raise_engine(error);
  return out;
}

// ---- printing --------------------------------------------------------------------------------------------------------------------

// The shortest digits of each element of a float array, as "d.ddde+xx" (or "nan", "inf", "-inf").
Ref np_shortest_digits(Value, Value v) {
  Ref array = as_array_ref(v);
  if (!array) return {};
  NdArray* a = as_array(array);
  if (!(a->flags & eng::kCContiguous)) {
    array = array_copy(a->view());
    if (!array) return {};
    a = as_array(array);
  }
  const index_t n = a->size();
  Ref list = list_new(n);
  if (!list) return {};
  for (index_t i = 0; i < n; ++i) {
    if (!list_append(list, str_from_ascii(shortest_digits(a->data + i * a->dtype()->size, a->dtype())))) return {};
  }
  return list;
}

// ---- functions that are methods -------------------------------------------------------------------------------------------------

template <FixedString name>
Ref via_method(Value, Args args) {
  if (args.n > 0 && (is_exact_ndarray(args[0]) || is_node(args[0]))) [[likely]]
    return call_method(args[0], operator""_id<name>(), Args{args.v + 1, args.n - 1, args.kwnames});
  Value self;
  Args rest = args;
  Value words[24];
  Ref names;
  if (args.n == 0) {
    // The array by keyword.
    Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
    Py_ssize_t kept = 0, at = -1;
    for (Py_ssize_t k = 0; k < keywords && k < 24; ++k) {
      if (str_equals(tuple_get(Value{args.kwnames}, k), "a")) {
        self = args.v[k];
        at = k;
      } else {
        words[kept++] = args.v[k];
      }
    }
    if (self.absent()) return raise(PyExc_TypeError, "%s() missing 1 required positional argument: 'a'", name.text);
    names = tuple_new(kept);
    if (!names) return {};
    for (Py_ssize_t k = 0, j = 0; k < keywords; ++k)
      if (k != at) tuple_init(names, j++, Ref::copy(tuple_get(Value{args.kwnames}, k)));
    rest = Args{words, 0, kept ? names.object() : nullptr};
  } else {
    self = args[0];
    rest = Args{args.v + 1, args.n - 1, args.kwnames};
  }
  Ref made;
  if (!is_ndarray(self)) {
    made = as_array_ref(self);
    if (!made) return {};
    self = made.get();
  }
  return call_method(self, operator""_id<name>(), rest);
}

Ref np_shape(Value, Value a) {
  Ref array = as_array_ref(a);
  return array ? getattr(array, "shape"_id) : Ref{};
}
Ref np_ndim(Value, Value a) {
  Ref array = as_array_ref(a);
  return array ? Ref::from_int(as_array(array)->nd) : Ref{};
}
// (a, axes)
Ref np_transpose(Value, const Value* a) {
  Ref array = is_ndarray(a[0]) ? Ref::copy(a[0]) : as_array_ref(a[0]);
  if (!array) return {};
  if (a[1].absent()) return call_method(array, "transpose"_id, {});
  return call_method(array, "transpose"_id, {a[1]});
}
// reshape(a, /, shape, order='C', *, copy=None)
Ref np_reshape(Value, const Value* a) {
  Ref array = is_ndarray(a[0]) ? Ref::copy(a[0]) : as_array_ref(a[0]);
  int nd, copy;
  index_t shape[eng::kMaxDims];
  char order;
  if (!array || !shape_from(a[1], &nd, shape) || !order_from(a[2], &order, 'C') || !copy_from(a[3], -1, &copy)) return {};
  return reshaped(array, nd, shape, order, copy);
}

Ref np_instruction_set(Value) { return str_from_ascii(eng::instruction_set()); }

// as_strided: a view with any shape and strides over an array's memory.
Ref np_as_strided(Value, const Value* a) {
  Ref array = as_array_ref(a[0]);
  if (!array) return {};
  NdArray* x = as_array(array);
  int nd = x->nd, n = nd;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  std::memcpy(shape, x->dimensions, sizeof(index_t) * static_cast<size_t>(nd));
  std::memcpy(strides, x->strides, sizeof(index_t) * static_cast<size_t>(nd));
  if (!a[1].absent() && !is_none(a[1]) && !shape_from(a[1], &nd, shape)) return {};
  if (!a[2].absent() && !is_none(a[2]) && !shape_from(a[2], &n, strides)) return {};
  if (n != nd) return raise(PyExc_ValueError, "mismatch in length of strides and shape");
  bool writeable;
  if (!flag_from(a[3], true, &writeable)) return {};
  Ref view = array_view(x, x->data, nd, shape, strides, x->dtype());
  if (view && !writeable) as_array(view)->flags &= ~eng::kWriteable;
  return view;
}

Ref np_broadcast_to(Value, const Value* a) {
  Ref array = as_array_ref(a[0]);
  if (!array) return {};
  NdArray* x = as_array(array);
  int nd;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  if (!shape_from(a[1], &nd, shape)) return {};
  eng::Error error;
  if (!eng::broadcast_strides(x->view(), nd, shape, strides, error)) {
    Ref from = shape_text(x->nd, x->dimensions), to = shape_text(nd, shape);
    if (x->nd > nd) return raise(PyExc_ValueError, "input operand has more dimensions than allowed by the axis remapping");
    return raise(PyExc_ValueError, "operands could not be broadcast together with remapped shapes [original->remapped]: %U  and requested shape %U", from.get(), to.get());
  }
  Ref view = array_view(x, x->data, nd, shape, strides, x->dtype());
  if (view) as_array(view)->flags &= ~eng::kWriteable;
  return view;
}

}  // namespace

// `nodes`: what it knows of deferred operations (object/builtin.h).
#define ADDER_VIA_METHOD(function, name, ...) \
  method<via_method<#name>>(#function, "($module, /, *args, **kwargs)", "The array method " #name " as a function." __VA_OPT__(, ) __VA_ARGS__),
#define ADDER_VIA_FOLD(function, name) ADDER_VIA_METHOD(function, name, kMethTakesNode)

const MethodRow module_functions[] = {
    method<np_array>("array", "($module, /, object, dtype=None, *, copy=True, order='K', subok=False, ndmin=0, like=None)", "Create an array."),
    method<np_asarray>("asarray", "($module, /, a, dtype=None, order=None, *, device=None, copy=None, like=None)", "Convert the input to an array."),
    method<np_asanyarray>("asanyarray", "($module, /, a, dtype=None, order=None, *, device=None, copy=None, like=None)", "Convert the input to an ndarray, but pass ndarray subclasses through."),
    method<np_ascontiguousarray>("ascontiguousarray", "($module, /, a, dtype=None, *, like=None)", "Return a contiguous array (ndim >= 1) in memory (C order)."),
    method<np_asfortranarray>("asfortranarray", "($module, /, a, dtype=None, *, like=None)", "Return an array (ndim >= 1) laid out in Fortran order in memory."),
    method<np_zeros>("zeros", "($module, /, shape, dtype=None, order='C', *, device=None, like=None)", "Return a new array of given shape and type, filled with zeros."),
    method<np_ones>("ones", "($module, /, shape, dtype=None, order='C', *, device=None, like=None)", "Return a new array of given shape and type, filled with ones."),
    method<np_empty>("empty", "($module, /, shape, dtype=None, order='C', *, device=None, like=None)", "Return a new array of given shape and type, without initializing entries."),
    method<np_full>("full", "($module, /, shape, fill_value, dtype=None, order='C', *, device=None, like=None)", "Return a new array of given shape and type, filled with `fill_value`."),
    method<np_zeros_like>("zeros_like", "($module, /, a, dtype=None, order='K', subok=True, shape=None, *, device=None)", "Return an array of zeros with the same shape and type as a given array."),
    method<np_ones_like>("ones_like", "($module, /, a, dtype=None, order='K', subok=True, shape=None, *, device=None)", "Return an array of ones with the same shape and type as a given array."),
    method<np_empty_like>("empty_like", "($module, prototype, /, dtype=None, order='K', subok=True, shape=None, *, device=None)", "Return a new array with the same shape and type as a given array."),
    method<np_full_like>("full_like", "($module, /, a, fill_value, dtype=None, order='K', subok=True, shape=None, *, device=None)", "Return a full array with the same shape and type as a given array."),
    method<np_arange>("arange", "($module, /, *args, **kwargs)", "Return evenly spaced values within a given interval."),
    method<np_concatenate>("concatenate", "($module, arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind')", "Join a sequence of arrays along an existing axis."),
    method<np_concatenate>("concat", "($module, arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind')", "Join a sequence of arrays along an existing axis."),
    method<deferral_counts>("deferral_counts", "($module, /)", "Return how many programs have run, the operations in them, and the bytes of arrays not made."),
    method<deferral_watch>("deferral_watch", "($module, listing=False, checking=<unrepresentable>, /)", "List the programs that run from now on, check each; return those listed before."),
    method<np_where>("where", "($module, condition, x=<unrepresentable>, y=<unrepresentable>, /)", "Return elements chosen from `x` or `y` depending on `condition`.", kMethTakesNode | kMethTakesNodes | kMethGivesNode),
    method<np_dot>("dot", "($module, /, a, b, out=None)", "Dot product of two arrays."),
    method<np_matmul>("matmul", "($module, x1, x2, /, out=None, **kwargs)", "Matrix product of two arrays."),
    method<np_copyto>("copyto", "($module, /, dst, src, casting='same_kind', where=True)", "Copies values from one array to another, broadcasting as necessary."),
    method<np_frombuffer>("frombuffer", "($module, buffer, /, dtype=None, count=-1, offset=0, *, like=None)", "Interpret a buffer as a 1-dimensional array."),
    method<np_count_nonzero>("count_nonzero", "($module, /, a, axis=None, *, keepdims=False)", "Counts the number of non-zero values in the array ``a``.", kMethTakesNode),
    method<np_may_share_memory>("may_share_memory", "($module, a, b, /, max_work=0)", "Determine if two arrays might share memory."),
    method<np_may_share_memory>("shares_memory", "($module, a, b, /, max_work=-1)", "Determine if two arrays share memory."),
    method<np_can_cast>("can_cast", "($module, /, from_, to, casting='safe')", "Returns True if cast between data types can occur according to the casting rule."),
    method<np_promote_types>("promote_types", "($module, type1, type2, /)", "Returns the data type with the smallest size and smallest scalar kind to which both may be safely cast."),
    method<np_result_type>("result_type", "($module, /, *arrays_and_dtypes)", "Returns the type that results from applying the NumPy type promotion rules to the arguments."),
    method<np_bincount>("bincount", "($module, x, /, weights=None, minlength=0)", "Count number of occurrences of each value in array of non-negative ints."),
    method<np_histogram>("_histogram", "($module, values, edges, /)", "Count in bins of equal width."),
    method<np_sliding_product>("_sliding_product", "($module, a, v, /)", "The products of a sequence with each run of another."),
    method<np_read_table>("_read_table", "($module, lines, delimiter, marks, skip, columns, most, whole, /)", "The numbers of a table of text, or None."),
    method<np_shortest_digits>("_shortest_digits", "($module, a, /)", "The shortest digits of each element."),
    method<np_instruction_set>("_instruction_set", "($module, /)", "The instruction set that kernels run on."),
    method<np_as_strided>("_as_strided", "($module, x, shape=None, strides=None, writeable=True)", "A view with the given shape and strides."),
    method<np_broadcast_to>("broadcast_to", "($module, /, array, shape, subok=False)", "Broadcast an array to a new shape."),
    method<np_shape>("shape", "($module, a, /)", "Return the shape of an array."),
    method<np_ndim>("ndim", "($module, a, /)", "Return the number of dimensions of an array."),
    method<np_reshape>("reshape", "($module, a, /, shape, order='C', *, copy=None)", "Gives a new shape to an array without changing its data."),
    ADDER_VIA_FOLD(sum, sum) ADDER_VIA_FOLD(prod, prod) ADDER_VIA_FOLD(max, max) ADDER_VIA_FOLD(min, min)
    ADDER_VIA_FOLD(amax, max) ADDER_VIA_FOLD(amin, min) ADDER_VIA_FOLD(mean, mean) ADDER_VIA_FOLD(std, std)
    ADDER_VIA_FOLD(var, var) ADDER_VIA_FOLD(any, any) ADDER_VIA_FOLD(all, all) ADDER_VIA_FOLD(argmax, argmax)
    ADDER_VIA_FOLD(argmin, argmin) ADDER_VIA_METHOD(cumsum, cumsum) ADDER_VIA_METHOD(cumprod, cumprod)
    ADDER_VIA_METHOD(ravel, ravel)
    method<np_transpose>("transpose", "($module, /, a, axes=None)", "Returns an array with axes transposed."),
    method<np_transpose>("permute_dims", "($module, /, a, axes=None)", "Returns an array with axes transposed."),
    ADDER_VIA_METHOD(argsort, argsort) ADDER_VIA_METHOD(take, take) ADDER_VIA_METHOD(clip, clip, kMethTakesNode | kMethTakesNodes | kMethGivesNode)
    ADDER_VIA_METHOD(round, round, kMethTakesNode | kMethGivesNode) ADDER_VIA_METHOD(around, round, kMethTakesNode | kMethGivesNode) ADDER_VIA_METHOD(squeeze, squeeze) ADDER_VIA_METHOD(repeat, repeat)
    ADDER_VIA_METHOD(nonzero, nonzero) ADDER_VIA_METHOD(diagonal, diagonal) ADDER_VIA_METHOD(trace, trace)
    ADDER_VIA_METHOD(swapaxes, swapaxes) ADDER_VIA_METHOD(searchsorted, searchsorted) ADDER_VIA_METHOD(put, put)
    ADDER_VIA_METHOD(argpartition, argpartition)
    {}};

#undef ADDER_VIA_FOLD
#undef ADDER_VIA_METHOD

}  // namespace adder::numpy
