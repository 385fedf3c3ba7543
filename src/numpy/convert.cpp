// Arrays from Python objects: numbers, nested sequences, buffers, and whatever offers the array protocols. Nested lists are
// walked twice: once for shape and dtype, once to store, without making an object per number.
#include <cstring>

#include "numpy/deferred.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/float.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

bool shape_from(Value v, int* nd, index_t* shape) {
  if (is_list_or_tuple(v)) {
    Py_ssize_t n = sequence_size(v);
    if (n > eng::kMaxDims)
      return raise(PyExc_ValueError, "maximum supported dimension for an ndarray is currently 64, found %zd", n);
    for (Py_ssize_t i = 0; i < n; ++i) {
      Ref item = Ref::copy(sequence_get(v, i));
      if (item.get().is_int()) {
        shape[i] = item.get().as_int();
      } else {
        Py_ssize_t length;
        if (!as_ssize(item, &length)) return false;
        shape[i] = length;
      }
    }
    *nd = static_cast<int>(n);
    return true;
  }
  *nd = 1;
  if (v.is_int()) {
    shape[0] = v.as_int();
    return true;
  }
  if (is_none(v)) {
    *nd = 0;
    return true;
  }
  Py_ssize_t length;
  if (index_as_ssize(v, &length, PyExc_OverflowError)) {
    shape[0] = length;
    return true;
  }
  if (!error_matches(PyExc_TypeError)) return false;
  if (!is_sequence(v) || is_str(v)) {
    clear_error();
    return raise(PyExc_TypeError, "expected a sequence of integers or a single integer, got '%R'", v);
  }
  clear_error();
  Ref list = to_list(v);
  return list && shape_from(list, nd, shape);
}

namespace {

// Whether a buffer's format is one of ours; the dtype, or null.
const DType* dtype_of_format(const char* format, Py_ssize_t itemsize) {
  if (!format) return itemsize == 1 ? &eng::kUInt8 : nullptr;
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (format[0] == 'Z' && format[1] != 0 && format[2] == 0) {
    const DType* complex = format[1] == 'f' ? &eng::kComplex64 : format[1] == 'd' ? &eng::kComplex128 : nullptr;
    return complex && complex->size == itemsize ? complex : nullptr;
  }
  if (format[0] == 0 || format[1] != 0) return nullptr;
  char c = *format;
  if (c == 'c') return nullptr;
  if (c == 'n') c = 'l';
  if (c == 'N') c = 'L';
  const DType* dtype = eng::dtype_of_code(c);
  if (dtype && dtype->is_complex()) return nullptr;
  return dtype && dtype->size == itemsize ? dtype : nullptr;
}

Ref array_of_buffer(Value v) {
  Ref holder = memoryview_of(v);
  if (!holder) {
    clear_error();
    return {};
  }
  Py_buffer& view = holder.as<PyMemoryViewObject>()->view;
  const DType* dtype = dtype_of_format(view.format, view.itemsize);
  if (!dtype) return {};
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  int nd = view.ndim;
  for (int i = 0; i < nd; ++i) {
    shape[i] = view.shape ? view.shape[i] : view.len / view.itemsize;
    strides[i] = view.strides ? view.strides[i] : view.itemsize;
  }
  char* data = static_cast<char*>(view.buf);
  bool writeable = !view.readonly;
  return array_over(std::move(holder), data, nd, shape, strides, dtype, writeable);
}

// What a walk over nested sequences found.
struct Discovery {
  int nd = -1;  // known at the first element
  int depth_of_ragged = -1;
  index_t shape[eng::kMaxDims];
  const DType* dtype = nullptr;
  char text = 0;               // 'S' or 'U': the kind and length of the longest text
  index_t text_length = 0;
  bool tuples = false;         // tuples are elements
  bool objects = false;        // whatever it is, it becomes an object

  // What has no common dtype makes an array of objects.
  void add(const DType* d) {
    if (d == dtype) return;
    dtype = dtype ? eng::promote(dtype, d) : d->native();
    if (!dtype) dtype = &eng::kObject;
  }
  void add_text(char kind, index_t length) {
    if (text != 'U') text = kind;
    if (length > text_length) text_length = length;
  }
  const DType* found() {
    if (text) add(eng::text_dtype(text, text_length));
    return dtype ? dtype : &eng::kFloat64;
  }
};


// The dtype a single Python object has as an array element; null: none of ours.
const DType* element_dtype(Value v) {
  if (v.is_float()) return &eng::kFloat64;
  if (v.is_int()) return &eng::kInt64;
  if (is_bool(v)) return &eng::kBool;
  if (const DType* d = scalar_dtype(v)) return d;
  if (is_float(v)) return &eng::kFloat64;
  if (is_instance_exactly(v, &PyComplex_Type)) return &eng::kComplex128;
  if (is_int(v)) {
    int64_t i;
    if (int_sign_overflow_i64(v, &i) == 0) return &eng::kInt64;
    return int_sign(v) > 0 && int_bit_length(v) <= 64 ? &eng::kUInt64 : nullptr;
  }
  return nullptr;
}

// Notes the length at a depth; false on a mismatch with what stands there.
bool note_length(Discovery& d, int depth, index_t length) {
  if (d.nd >= 0 && depth >= d.nd) return false;
  if (depth < 0) return false;
  return d.shape[depth] == length;
}

// An element at a depth: it must be that of the others.
bool place(int depth, bool first, Discovery& d) {
  if (first) d.nd = depth;
  else if (d.nd != depth && (d.depth_of_ragged < 0 || depth < d.depth_of_ragged)) d.depth_of_ragged = depth;
  return true;
}

// A sequence that is neither a list, a tuple, a text, a number nor a mapping.
bool other_sequence(Value v) {
  if (!v.is_object() || is_dict(v) || is_type(v) || scalar_dtype(v) || !is_sequence(v) || is_exact(v, &PyRange_Type)) return false;
  const Py_ssize_t n = length(v);
  if (n < 0) clear_error();
  return n >= 0;
}

// Walks one object. `first`: nothing at this depth or below was seen yet, so that it sets the shape.
bool discover(Value v, int depth, bool first, Discovery& d, int want_nd) {
  if (is_ndarray(v)) {
    NdArray* a = as_array(v);
    d.add(a->dtype());
    if (first) {
      if (depth + a->nd > eng::kMaxDims) return raise(PyExc_ValueError, "setting an array element with a sequence. The requested array would exceed the maximum number of dimension of 64.");
      for (int i = 0; i < a->nd; ++i) d.shape[depth + i] = a->dimensions[i];
      d.nd = depth + a->nd;
      return true;
    }
    int i = 0;
    for (; i < a->nd && depth + i < d.nd; ++i)
      if (d.shape[depth + i] != a->dimensions[i]) break;
    if (i == a->nd && depth + a->nd == d.nd) return true;
    int at = depth + i;
    if (d.depth_of_ragged < 0 || at < d.depth_of_ragged) d.depth_of_ragged = at;
    return true;
  }
  if (is_str(v) || is_bytes(v)) {
    d.add_text(is_str(v) ? 'U' : 'S', is_str(v) ? str_length(v) : bytes_length(v));
    return place(depth, first, d);
  }
  Ref as_list;
  if (!is_list_or_tuple(v) && (is_exact(v, &PyRange_Type) || other_sequence(v))) {
    as_list = to_list(v);
    if (!as_list) return false;
    v = as_list.get();
  }
  if (is_list_or_tuple(v) && !(d.tuples && is_tuple(v))) {
    Py_ssize_t n = sequence_size(v);
    if (first) {
      if (depth == eng::kMaxDims) return raise(PyExc_ValueError, "setting an array element with a sequence. The requested array would exceed the maximum number of dimension of 64.");
      d.shape[depth] = n;
      if (n == 0) d.nd = depth + 1;
    } else if (!note_length(d, depth, n)) {
      if (d.depth_of_ragged < 0 || depth < d.depth_of_ragged) d.depth_of_ragged = depth;
      if (d.nd >= 0 && depth >= d.nd) return true;
    }
    if (!enter_recursion(" while making an array")) return false;
    bool fine = true;
    for (Py_ssize_t i = 0; fine && i < sequence_size(v); ++i) {
      Value item = sequence_get(v, i);
      if (item.is_float()) {
        d.add(&eng::kFloat64);
      } else if (item.is_int()) {
        d.add(&eng::kInt64);
      } else {
        fine = discover(item, depth + 1, first && i == 0, d, want_nd);
        continue;
      }
      if (first && i == 0) d.nd = depth + 1;
      else if (d.nd != depth + 1 && (d.depth_of_ragged < 0 || depth + 1 < d.depth_of_ragged)) d.depth_of_ragged = depth + 1;
    }
    leave_recursion();
    return fine;
  }
  const DType* dtype = element_dtype(v);
  d.add(dtype ? dtype : &eng::kObject);
  return place(depth, first, d);
}

bool fill(Value v, int depth, NdArray* a, char* at) {
  if (depth == a->nd) return store_element(at, a->dtype(), v);
  if (is_ndarray(v)) {
    ArrayView target = {at, a->nd - depth, 0, a->dimensions + depth, a->strides + depth, a->dtype()};
    return assign_array(target, as_array(v)->view());
  }
  Ref as_list;
  if (!is_list_or_tuple(v)) {
    as_list = to_list(v);
    if (!as_list) return false;
    v = as_list.get();
  }
  const index_t step = a->strides[depth];
  const index_t n = a->dimensions[depth];
  if (depth + 1 == a->nd) {
    const DType* dtype = a->dtype();
    if (sequence_size(v) != n) return raise(PyExc_ValueError, "setting an array element with a sequence.");
    for (index_t i = 0; i < n && i < sequence_size(v); ++i, at += step) {
      Value item = sequence_get(v, i);
      if (dtype == &eng::kFloat64 && item.is_number()) {
        *reinterpret_cast<double*>(at) = item.is_float() ? item.as_float() : static_cast<double>(item.as_int());
      } else if (dtype == &eng::kInt64 && item.is_int()) {
        *reinterpret_cast<int64_t*>(at) = item.as_int();
      } else {
        Ref held = Ref::copy(item);  // its conversion may run Python code that changes the list
        if (!store_element(at, dtype, held)) return false;
      }
    }
    return true;
  }
  for (index_t i = 0; i < n && i < sequence_size(v); ++i, at += step) {
    Ref item = Ref::copy(sequence_get(v, i));
    if (!fill(item, depth + 1, a, at)) return false;
  }
  return true;
}

// A flat list or tuple of floats alone, or of small ints alone: words become elements. Empty without exception if it
// is anything else.
Ref from_numbers(Value v) {
  const index_t n = sequence_size(v);
  if (n == 0) return {};
  const bool floats = sequence_get(v, 0).is_float();
  Ref result = array_new(floats ? &eng::kFloat64 : &eng::kInt64, 1, &n);
  if (!result) return {};
  char* data = as_array(result)->data;
  for (index_t i = 0; i < n; ++i) {
    Value item = sequence_get(v, i);
    if (floats ? !item.is_float() : !item.is_int()) return {};
    if (floats) reinterpret_cast<double*>(data)[i] = item.as_float();
    else reinterpret_cast<int64_t*>(data)[i] = item.as_int();
  }
  return result;
}

// A sub-array dtype: the items of each are axes of the result.
Ref from_subarrays(Value v, const DType* dtype, const Discovery& d) {
  Ref result = array_new(dtype, d.nd, d.shape);
  Ref values = as_array_ref(v, dtype->structure->base);
  if (!result || !values) return {};
  ArrayView from = as_array(values)->view();
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  // Each value fills its sub-array.
  const int extra = as_array(result)->nd - from.nd;
  for (int i = 0; i < as_array(result)->nd && extra >= 0; ++i) {
    shape[i] = i < from.nd ? from.shape[i] : 1;
    strides[i] = i < from.nd ? from.strides[i] : 0;
  }
  if (extra > 0) from = {from.data, as_array(result)->nd, 0, shape, strides, from.dtype};
  return assign_array(as_array(result)->view(), from) ? std::move(result) : Ref{};
}

Ref from_sequence(Value v, const FromOptions& options) {
  if (!options.dtype && is_list_or_tuple(v) && sequence_size(v) > 0 && sequence_get(v, 0).is_number()) {
    Ref quick = from_numbers(v);
    if (quick || error_occurred()) return quick;
  }
  Discovery d;
  d.tuples = options.dtype && options.dtype->structure;
  if (!discover(v, 0, true, d, options.ndmin)) return {};
  if (d.depth_of_ragged >= 0 && options.dtype && options.dtype->is_object()) {
    d.nd = d.depth_of_ragged;
  } else if (d.depth_of_ragged >= 0) {
    Ref shape = shape_text(d.depth_of_ragged, d.shape);
    return raise(PyExc_ValueError,
                 "setting an array element with a sequence. The requested array has an inhomogeneous shape after %d dimensions. "
                 "The detected shape was %U + inhomogeneous part.",
                 d.depth_of_ragged, shape.get());
  }
  const DType* dtype = options.dtype;
  if (!dtype) dtype = d.found();
  if (dtype->is_special()) {
    dtype = settled_dtype(dtype, v);
    if (!dtype) return {};
    dtype = minimal_dtype(dtype);
    if (dtype->structure && dtype->structure->base) return from_subarrays(v, dtype, d);
  }
  int order[eng::kMaxDims];
  for (int i = 0; i < d.nd; ++i) order[i] = d.nd - 1 - i;
  Ref result = array_new(dtype, d.nd, d.shape, options.order == 'F' ? order : nullptr);
  if (!result || !fill(v, 0, as_array(result), as_array(result)->data)) return {};
  return result;
}

Ref with_ndmin(Ref a, int ndmin) {
  NdArray* array = as_array(a);
  if (array->nd >= ndmin) return a;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  int extra = ndmin - array->nd;
  for (int i = 0; i < ndmin; ++i) {
    shape[i] = i < extra ? 1 : array->dimensions[i - extra];
    strides[i] = i < extra ? (array->nd ? array->strides[0] * array->dimensions[0] : array->dtype()->size) : array->strides[i - extra];
  }
  return array_view(array, array->data, ndmin, shape, strides, array->dtype());
}

Ref from_array(Value v, const FromOptions& options) {
  NdArray* a = as_array(v);
  const DType* dtype = options.dtype ? options.dtype : a->dtype();
  if (dtype->is_special() && is_open(dtype)) {
    dtype = settled_for_array(dtype, a);
    if (!dtype) return {};
    if (!is_open(a->dtype())) dtype = minimal_dtype(dtype);
  }
  bool order_fits = options.order == 'C' ? a->flags & eng::kCContiguous : options.order == 'F' ? a->flags & eng::kFContiguous : true;
  if (options.order == 'A') order_fits = true;
  if (dtype == a->dtype() && order_fits && options.copy != 1) {
    if (is_exact_ndarray(v) || options.subok) return Ref::copy(v);
    return array_view(a, a->data, a->nd, a->dimensions, a->strides, a->dtype());
  }
  if (options.copy == 0)
    return raise(PyExc_ValueError,
                 "Unable to avoid copy while creating an array as requested.\n"
                 "If using `np.array(obj, copy=False)` replace it with `np.asarray(obj)` to allow a copy when needed (no behavior change in "
                 "NumPy 1.x).\nFor more details, see https://numpy.org/devdocs/numpy_2_0_migration_guide.html#adapting-to-changes-in-the-copy-keyword.");
  Ref copy = array_cast(a->view(), dtype, options.order);
  if (!copy || !options.subok || is_exact_ndarray(v)) [[likely]] return copy;
  NdArray* c = as_array(copy);
  return array_view(c, c->data, c->nd, c->dimensions, c->strides, dtype, type_of(v), v);
}

}  // namespace

Ref array_from(Value v, const FromOptions& options) {
  if (is_node(v)) {
    Ref array = settled(v);
    return array ? array_from(array, options) : Ref{};
  }
  Ref result;
  if (is_ndarray(v)) {
    result = from_array(v, options);
    return result ? with_ndmin(std::move(result), options.ndmin) : Ref{};
  }
  if ((is_list_or_tuple(v) || is_exact(v, &PyRange_Type)) && !(is_tuple(v) && options.dtype && eng::is_structured(options.dtype))) {
    if (options.copy == 0) return raise(PyExc_ValueError, "Unable to avoid copy while creating an array as requested.");
    result = from_sequence(v, options);
    return result ? with_ndmin(std::move(result), options.ndmin) : Ref{};
  }
  const DType* own = element_dtype(v);
  if (!own && (is_str(v) || is_bytes(v))) own = special_element_dtype(v);
  if (!own && is_int(v)) own = &eng::kObject;
  const bool tuple_of_fields = options.dtype && options.dtype->structure && is_tuple(v);
  if (own || tuple_of_fields || (options.dtype && is_int(v))) {
    const DType* dtype = options.dtype ? options.dtype : own;
    if (dtype->is_special()) {
      dtype = settled_dtype(dtype, v);
      if (!dtype) return {};
      dtype = minimal_dtype(dtype);
      if (dtype->structure && dtype->structure->base) {
        Discovery none;
        none.nd = 0;
        return from_subarrays(v, dtype, none);
      }
    }
    result = array_new(dtype, 0, nullptr);
    if (!result || !store_element(as_array(result)->data, dtype, v)) return {};
    return with_ndmin(std::move(result), options.ndmin);
  }
  if (is_none(v) && options.dtype && options.dtype->is_inexact()) {
    double nan = __builtin_nan("");
    return array_from(Value::from_double(nan), options);
  }
  // The protocols.
  Ref found;
  if (has_buffer(v)) {
    result = array_of_buffer(v);
    if (error_occurred()) return {};
  }
  if (!result) {
    int has = lookup_attr(v, "__array__"_id, &found);
    if (has < 0) return {};
    if (has && !is_type(v)) {
      result = call0(found);
      if (!result) return {};
      if (!is_ndarray(result)) return raise(PyExc_ValueError, "object __array__ method not producing an array");
    }
  }
  if (!result) {
    int has = lookup_attr(v, "__array_interface__"_id, &found);
    if (has < 0) return {};
    if (has && is_dict(found) && !is_type(v)) {
      Value shape = dict_get_str(found, "shape"_id), text = dict_get_str(found, "typestr"_id), data = dict_get_str(found, "data"_id);
      Value strides = dict_get_str(found, "strides"_id);
      int nd;
      index_t dims[eng::kMaxDims], steps[eng::kMaxDims];
      const DType* dtype;
      if (shape.absent() || text.absent() || !is_tuple(data)) return raise(PyExc_ValueError, "Invalid __array_interface__ value");
      if (!shape_from(shape, &nd, dims) || !dtype_from(text, &dtype)) return {};
      if (strides.absent() || is_none(strides)) {
        eng::c_strides(nd, dims, dtype->size, steps);
      } else {
        int n;
        if (!shape_from(strides, &n, steps)) return {};
      }
      uint64_t address;
      if (!int_as_u64(tuple_get(data, 0), &address)) return {};
      int readonly = is_true(tuple_get(data, 1));
      if (readonly < 0) return {};
      result = array_over(Ref::copy(v), reinterpret_cast<char*>(address), nd, dims, steps, dtype, !readonly);
    }
  }
  if (result) {
    FromOptions inner = options;
    Ref converted = from_array(result, inner);
    return converted ? with_ndmin(std::move(converted), options.ndmin) : Ref{};
  }
  if (other_sequence(v)) {
    Ref list = to_list(v);
    return list ? array_from(list, options) : Ref{};
  }
  if (options.dtype) {
    const DType* dtype = settled_dtype(options.dtype, v);
    if (!dtype) return {};
    result = array_new(minimal_dtype(dtype), 0, nullptr);
    if (!result || !store_element(as_array(result)->data, as_array(result)->dtype(), v)) return {};
    return with_ndmin(std::move(result), options.ndmin);
  }
  result = array_new(&eng::kObject, 0, nullptr);
  if (!result || !store_object(as_array(result)->data, v)) return {};
  return with_ndmin(std::move(result), options.ndmin);
}

int make_operand(Value v, Operand* out, int convert) {
  static const index_t no_dims[1] = {0};
  constexpr int kScalarFlags = eng::kCContiguous | eng::kFContiguous | eng::kAligned;
  out->original = v;
  if (v.is_float()) {
    double d = v.as_float();
    std::memcpy(out->value, &d, sizeof d);
    out->weak = 'f';
    out->view = {out->value, 0, kScalarFlags, no_dims, no_dims, &eng::kFloat64};
    return 1;
  }
  if (v.is_int()) {
    int64_t i = v.as_int();
    std::memcpy(out->value, &i, sizeof i);
    out->weak = 'i';
    out->view = {out->value, 0, kScalarFlags, no_dims, no_dims, &eng::kInt64};
    return 1;
  }
  if (is_ndarray(v)) {
    out->view = as_array(v)->view();
    out->is_array = true;
    return 1;
  }
  if (is_node(v)) {
    out->view = node_view(v);
    out->is_array = out->node = true;
    return 1;
  }
  if (const DType* dtype = scalar_dtype(v)) {
    out->view = {scalar_data(v), 0, kScalarFlags, no_dims, no_dims, dtype};
    return 1;
  }
  if (is_bool(v)) {
    out->value[0] = v == boolean(true);
    out->view = {out->value, 0, kScalarFlags, no_dims, no_dims, &eng::kBool};
    return 1;
  }
  if (is_instance_exactly(v, &PyComplex_Type)) {
    Py_complex value = complex_value(v);
    std::memcpy(out->value, &value, sizeof value);
    out->weak = 'c';
    out->view = {out->value, 0, kScalarFlags, no_dims, no_dims, &eng::kComplex128};
    return 1;
  }
  if (is_int(v) || is_float(v)) {
    const DType* dtype = is_float(v) ? &eng::kFloat64 : element_dtype(v);
    out->weak = is_float(v) ? 'f' : 'i';
    if (!dtype) dtype = &eng::kInt64;  // too large: storing it raises
    out->view = {out->value, 0, kScalarFlags, no_dims, no_dims, dtype};
    if (dtype != &eng::kInt64 || element_dtype(v)) {
      if (!store_element(out->value, dtype, v)) return -1;
    }
    return 1;
  }
  if (!convert) return 0;
  if (is_str(v) || is_bytes(v) || is_none(v) || is_dict(v) || is_type(v)) {
    if (convert < 2) return 0;
  } else if (!is_list_or_tuple(v)) {
    Ref override;
    int has = lookup_attr(v, "__array_ufunc__"_id, &override);
    if (has < 0) return -1;
    if (has) return 0;
    int array_like = has_buffer(v) ? 1 : hasattr(v, "__array__"_id);
    if (array_like == 0) array_like = hasattr(v, "__array_interface__"_id);
    if (array_like < 0) return -1;
    if (!array_like && !is_exact(v, &PyRange_Type)) {
      if (convert < 2) return 0;
      // Others of a higher priority know better; the rest are objects.
      Ref priority;
      double rank = 0;
      has = lookup_attr(v, "__array_priority__"_id, &priority);
      if (has < 0 || (has && !as_double(priority, &rank))) return -1;
      if (rank > 0) return 0;
    }
  }
  out->keep = as_array_ref(v);
  if (!out->keep) return -1;
  out->view = as_array(out->keep)->view();
  out->is_array = true;
  return 1;
}

}  // namespace adder::numpy
