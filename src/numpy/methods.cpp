// The methods of ndarray.
#include <cmath>
#include <cstring>
#include <limits>

#include "array/core/load_store.h"
#include "array/index/index.h"
#include "array/linalg/matmul.h"
#include "array/reduce/reduce.h"
#include "array/sort/sort.h"
#include "memory/gc.h"
#include "numpy/deferred.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

extern "C" PyTypeObject PyPickleBuffer_Type;

namespace adder::numpy {

bool order_from(Value v, char* out, char fallback) {
  *out = fallback;
  if (v.absent() || is_none(v)) return true;
  if (is_str(v) && str_length(v) == 1) {
    char c = static_cast<char>(str_char(v, 0) & ~0x20u);
    if (c == 'C' || c == 'F' || c == 'A' || c == 'K') {
      *out = c;
      return true;
    }
  }
  if (!is_str(v)) return raise(PyExc_TypeError, "order must be str, not %N", type_of(v));
  return raise(PyExc_ValueError, "order must be one of 'C', 'F', 'A', or 'K' (got %R)", v);
}

bool flag_from(Value v, bool fallback, bool* out) {
  *out = fallback;
  if (v.absent()) return true;
  int truth = is_true(v);
  *out = truth > 0;
  return truth >= 0;
}

Ref reshaped(Value self, int nd, index_t* shape, char order, int copy) {
  NdArray* a = as_array(self);
  eng::Error error;
  if (!eng::resolve_shape(a->size(), nd, shape, error)) {
    if (error.code == eng::Code::negative_dimension) return raise(PyExc_ValueError, "can only specify one unknown dimension");
    return raise_engine(error);
  }
  if (order == 'A') order = a->flags & eng::kFContiguous && !(a->flags & eng::kCContiguous) ? 'F' : 'C';
  if (order == 'K') return raise(PyExc_ValueError, "order 'K' is not permitted for reshaping");
  index_t strides[eng::kMaxDims];
  if (copy != 1 && eng::reshape_view(a->view(), nd, shape, order, strides))
    return array_view(a, a->data, nd, shape, strides, a->dtype(), type_of(self));
  if (copy == 0)
    return raise(PyExc_ValueError, "Unable to avoid creating a copy while reshaping.");
  Ref fresh = array_copy(a->view(), order);
  if (!fresh) return {};
  NdArray* f = as_array(fresh);
  if (!eng::reshape_view(f->view(), nd, shape, order, strides)) return raise(PyExc_SystemError, "reshape of a contiguous array failed");
  return array_view(f, f->data, nd, shape, strides, f->dtype());
}

namespace {

// ---- shape ---------------------------------------------------------------------------------------------------------

Ref m_reshape(Value self, Args args) {
  char order = 'C';
  int copy = -1;
  Value shape_value;
  size_t positional = args.n;
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k), v = args.v[args.n + static_cast<size_t>(k)];
    if (str_equals(name, "order")) {
      if (!order_from(v, &order, 'C')) return {};
    } else if (str_equals(name, "copy")) {
      if (!is_none(v)) {
        copy = is_true(v);
        if (copy < 0) return {};
      }
    } else if (str_equals(name, "shape") || str_equals(name, "newshape")) {
      shape_value = v;
    } else {
      return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for reshape()", name);
    }
  }
  int nd;
  index_t shape[eng::kMaxDims];
  if (!shape_value.absent()) {
    if (!shape_from(shape_value, &nd, shape)) return {};
  } else if (positional == 1) {
    if (!shape_from(args[0], &nd, shape)) return {};
  } else if (positional == 0) {
    return raise(PyExc_TypeError, "reshape() takes exactly 1 argument (0 given)");
  } else {
    if (positional > static_cast<size_t>(eng::kMaxDims))
      return raise(PyExc_ValueError, "maximum supported dimension for an ndarray is currently 64, found %zd", static_cast<Py_ssize_t>(positional));
    nd = static_cast<int>(positional);
    for (int i = 0; i < nd; ++i)
      if (!as_ssize(args[static_cast<size_t>(i)], &shape[i])) return {};
  }
  return reshaped(self, nd, shape, order, copy);
}

// A one-dimensional copy.
Ref flattened(NdArray* array, char order) {
  Ref fresh = array_copy(array->view(), order);
  if (!fresh) return {};
  NdArray* f = as_array(fresh);
  if (f->nd == 1) return fresh;
  // The copy is ours alone: it becomes one-dimensional itself.
  index_t n = f->size();
  f->strides = f->dimensions + 1;
  f->nd = 1;
  f->dimensions[0] = n;
  f->strides[0] = n ? f->dtype()->size : 0;
  f->flags |= eng::kCContiguous | eng::kFContiguous;
  return fresh;
}

Ref m_ravel(Value self, const Value* a) {
  char order;
  if (!order_from(a[0], &order, 'C')) return {};
  NdArray* array = as_array(self);
  index_t n = array->size();
  if (order == 'K') {
    if (array->flags & eng::kCContiguous) order = 'C';
    else if (array->flags & eng::kFContiguous) order = 'F';
    else {
      Ref fresh = array_copy(array->view(), 'K');
      if (!fresh) return {};
      index_t step = array->dtype()->size;
      return array_view(as_array(fresh), as_array(fresh)->data, 1, &n, &step, array->dtype());
    }
  }
  // Always contiguous: a copy unless the array is, in that order.
  if (order == 'A') order = array->flags & eng::kFContiguous && !(array->flags & eng::kCContiguous) ? 'F' : 'C';
  if (!(array->flags & (order == 'F' ? eng::kFContiguous : eng::kCContiguous))) return flattened(array, order);
  return reshaped(self, 1, &n, order, -1);
}

Ref m_flatten(Value self, const Value* a) {
  char order;
  if (!order_from(a[0], &order, 'C')) return {};
  NdArray* array = as_array(self);
  if (order == 'A') order = array->flags & eng::kFContiguous && !(array->flags & eng::kCContiguous) ? 'F' : 'C';
  return flattened(array, order);
}

Ref transposed(Value self, const int* axes) {
  NdArray* a = as_array(self);
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  for (int i = 0; i < a->nd; ++i) {
    shape[i] = a->dimensions[axes[i]];
    strides[i] = a->strides[axes[i]];
  }
  return array_view(a, a->data, a->nd, shape, strides, a->dtype(), type_of(self));
}

Ref m_transpose(Value self, Args args) {
  NdArray* a = as_array(self);
  int axes[eng::kMaxDims];
  index_t wanted[eng::kMaxDims];
  int n = 0;
  if (args.kwnames && tuple_size(Value{args.kwnames})) return raise(PyExc_TypeError, "ndarray.transpose() takes no keyword arguments");
  if (args.n == 0 || (args.n == 1 && is_none(args[0]))) {
    for (int i = 0; i < a->nd; ++i) axes[i] = a->nd - 1 - i;
    return transposed(self, axes);
  }
  if (args.n == 1) {
    if (!shape_from(args[0], &n, wanted)) return {};
  } else {
    n = static_cast<int>(args.n);
    if (n > eng::kMaxDims) return raise(PyExc_ValueError, "axes don't match array");
    for (int i = 0; i < n; ++i)
      if (!as_ssize(args[static_cast<size_t>(i)], &wanted[i])) return {};
  }
  if (n != a->nd) return raise(PyExc_ValueError, "axes don't match array");
  uint64_t seen = 0;
  for (int i = 0; i < n; ++i) {
    if (!axis_from(Value::from_int(wanted[i]), a->nd, &axes[i])) return {};
    if (seen >> axes[i] & 1) return raise(PyExc_ValueError, "repeated axis in transpose");
    seen |= uint64_t{1} << axes[i];
  }
  return transposed(self, axes);
}

Ref m_swapaxes(Value self, const Value* v) {
  NdArray* a = as_array(self);
  int axes[eng::kMaxDims], x, y;
  if (!axis_from(v[0], a->nd, &x) || !axis_from(v[1], a->nd, &y)) return {};
  for (int i = 0; i < a->nd; ++i) axes[i] = i;
  std::swap(axes[x], axes[y]);
  return transposed(self, axes);
}

Ref m_squeeze(Value self, const Value* v) {
  NdArray* a = as_array(self);
  uint64_t axes = 0;
  if (v[0].absent() || is_none(v[0])) {
    for (int i = 0; i < a->nd; ++i)
      if (a->dimensions[i] == 1) axes |= uint64_t{1} << i;
  } else {
    if (!axes_from(v[0], a->nd, &axes)) return {};
    for (int i = 0; i < a->nd; ++i)
      if (axes >> i & 1 && a->dimensions[i] != 1)
        return raise(PyExc_ValueError, "cannot select an axis to squeeze out which has size not equal to one");
  }
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  int nd = 0;
  for (int i = 0; i < a->nd; ++i) {
    if (axes >> i & 1) continue;
    shape[nd] = a->dimensions[i];
    strides[nd++] = a->strides[i];
  }
  return array_view(a, a->data, nd, shape, strides, a->dtype(), type_of(self));
}

Ref m_diagonal(Value self, const Value* v) {
  NdArray* a = as_array(self);
  Py_ssize_t offset = 0;
  int x, y;
  if (a->nd < 2) return raise(PyExc_ValueError, "diag requires an array of at least two dimensions");
  if (!v[0].absent() && !as_ssize(v[0], &offset)) return {};
  if (!axis_from(v[1].absent() ? Value::from_int(0) : v[1], a->nd, &x) || !axis_from(v[2].absent() ? Value::from_int(1) : v[2], a->nd, &y)) return {};
  if (x == y) return raise(PyExc_ValueError, "axis1 and axis2 cannot be the same");
  index_t rows = a->dimensions[x], columns = a->dimensions[y];
  char* data = a->data;
  if (offset >= 0) {
    columns -= offset;
    data += offset * a->strides[y];
  } else {
    rows += offset;
    data -= offset * a->strides[x];
  }
  index_t n = rows < columns ? rows : columns;
  if (n < 0) n = 0;
  if (n == 0) data = a->data;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  int nd = 0;
  for (int i = 0; i < a->nd; ++i) {
    if (i == x || i == y) continue;
    shape[nd] = a->dimensions[i];
    strides[nd++] = a->strides[i];
  }
  shape[nd] = n;
  strides[nd++] = a->strides[x] + a->strides[y];
  Ref view = array_view(a, data, nd, shape, strides, a->dtype(), type_of(self));
  if (view) as_array(view)->flags &= ~eng::kWriteable;
  return view;
}

Ref m_trace(Value self, const Value* v) {
  Ref d = m_diagonal(self, v);
  if (!d) return {};
  ReduceOptions options;
  options.axis = Value::from_int(-1);
  if (!v[3].absent() && !is_none(v[3]) && !dtype_from(v[3], &options.dtype)) return {};
  return reduce_operation(eng::operation(eng::Op::add), d, options);
}

// ---- copies and conversions --------------------------------------------------------------------------------------------

Ref m_copy(Value self, const Value* a) {
  char order;
  if (!order_from(a[0], &order, 'C')) return {};
  return array_copy(as_array(self)->view(), order);
}

Ref m_astype(Value self, const Value* a) {
  const DType* dtype;
  char order;
  bool copy;
  if (!dtype_from(a[0], &dtype) || !order_from(a[1], &order, 'K') || !flag_from(a[4], true, &copy)) return {};
  if (order == 'K' && (a[2].absent() || (is_str(a[2]) && str_equals(a[2], "unsafe")))) {
    Ref result;
    bool handled;
    if (!defer_cast(self, dtype, &result, &handled)) return {};
    if (handled) return result;
  }
  Ref keep;
  if (is_node(self)) {
    keep = settled(self);
    if (!keep) return {};
    self = keep;
  }
  NdArray* array = as_array(self);
  if (is_str(a[2])) {
    eng::Casting casting = str_equals(a[2], "no") ? eng::Casting::no : str_equals(a[2], "equiv") ? eng::Casting::equiv
        : str_equals(a[2], "safe") ? eng::Casting::safe : str_equals(a[2], "same_kind") ? eng::Casting::same_kind : eng::Casting::unsafe;
    if (!eng::can_cast(array->dtype(), dtype, casting))
      return refuse_cast(array->dtype(), dtype, a[2]);
  }
  if (dtype->is_special()) {
    dtype = settled_for_array(dtype, array);
    if (!dtype) return {};
    if (!(array->size() == 0 && dtype == array->dtype())) dtype = minimal_dtype(dtype);
    if (dtype->structure && dtype->structure->base) {
      Ref cast = array_new(dtype, array->nd, array->dimensions);
      if (!cast) return {};
      // One value fills its sub-array.
      index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
      for (int i = 0; i < as_array(cast)->nd; ++i) {
        shape[i] = i < array->nd ? array->dimensions[i] : 1;
        strides[i] = i < array->nd ? array->strides[i] : 0;
      }
      ArrayView from = {array->data, as_array(cast)->nd, 0, shape, strides, array->dtype()};
      return assign_array(as_array(cast)->view(), from) ? std::move(cast) : Ref{};
    }
  }
  if (!copy && dtype == array->dtype()) return Ref::copy(self);
  return array_cast(array->view(), dtype, order);
}

Ref to_nested(const char* at, int nd, const index_t* shape, const index_t* strides, const DType* dtype) {
  if (nd == 0) return element_to_python(at, dtype);
  Ref list = list_new(shape[0]);
  if (!list) return {};
  for (index_t i = 0; i < shape[0]; ++i, at += strides[0]) {
    Ref item = nd == 1 && dtype == &eng::kFloat64 ? Ref::from_double(eng::load<double>(at)) : to_nested(at, nd - 1, shape + 1, strides + 1, dtype);
    if (!item || !list_append(list, std::move(item))) return {};
  }
  return list;
}

Ref m_tolist(Value self) {
  NdArray* a = as_array(self);
  return to_nested(a->data, a->nd, a->dimensions, a->strides, a->dtype());
}

Ref m_item(Value self, Args args) {
  NdArray* a = as_array(self);
  const index_t n = a->size();
  if (args.n == 0) {
    if (n != 1) return raise(PyExc_ValueError, "can only convert an array of size 1 to a Python scalar");
    return element_to_python(a->data, a->dtype());
  }
  index_t place[eng::kMaxDims];
  int count = static_cast<int>(args.n);
  if (args.n == 1 && is_tuple(args[0])) {
    if (!shape_from(args[0], &count, place)) return {};
  } else {
    if (count > eng::kMaxDims) return raise(PyExc_ValueError, "incorrect number of indices for array");
    for (int i = 0; i < count; ++i)
      if (!as_ssize(args[static_cast<size_t>(i)], &place[i])) return {};
  }
  char* at = a->data;
  if (count == 1 && a->nd != 1) {
    index_t i = place[0];
    if (i < -n || i >= n) return raise(PyExc_IndexError, "index %zd is out of bounds for size %zd", i, n);
    if (i < 0) i += n;
    for (int k = a->nd - 1; k >= 0; --k) {
      at += i % a->dimensions[k] * a->strides[k];
      i /= a->dimensions[k];
    }
  } else {
    if (count != a->nd) return raise(PyExc_ValueError, "incorrect number of indices for array");
    for (int k = 0; k < count; ++k) {
      index_t i = place[k];
      if (i < -a->dimensions[k] || i >= a->dimensions[k])
        return raise(PyExc_IndexError, "index %zd is out of bounds for axis %d with size %zd", i, k, a->dimensions[k]);
      if (i < 0) i += a->dimensions[k];
      at += i * a->strides[k];
    }
  }
  return element_to_python(at, a->dtype());
}

Ref m_fill(Value self, Value value) {
  NdArray* a = as_array(self);
  if (!check_writeable(a)) return {};
  if (a->dtype()->is_special()) {
    Ref one = array_new(a->dtype(), 0, nullptr, nullptr, eng::Fill::zero);
    if (!one || !store_element(as_array(one)->data, a->dtype(), value)) return {};
    return assign_array(a->view(), as_array(one)->view()) ? none_ref() : Ref{};
  }
  alignas(16) char element[16];
  if (!store_element(element, a->dtype(), value)) return {};
  const index_t no_dims[1] = {0};
  ArrayView one = {element, 0, eng::kCContiguous | eng::kFContiguous | eng::kAligned, no_dims, no_dims, a->dtype()};
  return assign_array(a->view(), one) ? none_ref() : Ref{};
}

Ref m_tobytes(Value self, const Value* v) {
  char order;
  if (!order_from(v[0], &order, 'C')) return {};
  NdArray* a = as_array(self);
  if (order == 'A' || order == 'K') order = a->flags & eng::kFContiguous && !(a->flags & eng::kCContiguous) ? 'F' : 'C';
  Ref keep;
  char* data = a->data;
  if (!(a->flags & (order == 'F' ? eng::kFContiguous : eng::kCContiguous))) {
    keep = array_copy(a->view(), order);
    if (!keep) return {};
    data = as_array(keep)->data;
  }
  return bytes_new({data, static_cast<size_t>(a->size() * a->dtype()->size)});
}

Ref m_view(Value self, const Value* v) {
  NdArray* a = as_array(self);
  const DType* dtype = a->dtype();
  PyTypeObject* type = type_of(self);
  Value given = v[0];
  if (!given.absent() && is_type(given) && is_subtype(given.as<PyTypeObject>(), &ndarray_type)) {
    type = given.as<PyTypeObject>();
  } else if (!given.absent() && !is_none(given) && !dtype_from(given, &dtype)) {
    return {};
  }
  if (!v[1].absent() && !is_none(v[1])) {
    if (!is_type(v[1]) || !is_subtype(v[1].as<PyTypeObject>(), &ndarray_type)) return raise(PyExc_ValueError, "Type must be a sub-type of ndarray type");
    type = v[1].as<PyTypeObject>();
  }
  if (dtype->is_special() || a->dtype()->is_special()) {
    if (dtype->has_references() || a->dtype()->has_references()) {
      if (dtype != a->dtype() && !(dtype->structure && a->dtype()->structure))
        return raise(PyExc_TypeError, dtype->has_references() && a->dtype()->has_references() ? "Cannot change data-type for array of references."
                                                                                            : "Cannot change data-type for array of references.");
    }
    if (dtype->size == 0 && (dtype->is_text() || dtype->kind == 'V') && !dtype->structure) dtype = eng::text_dtype(dtype->kind, a->dtype()->size / (dtype->kind == 'U' ? 4 : 1));
    if (dtype->structure && dtype->structure->base) {
      // The items of a sub-array become axes.
      const eng::Structure& s = *dtype->structure;
      Ref view = dtype->size == a->dtype()->size ? array_view(a, a->data, a->nd, a->dimensions, a->strides, eng::text_dtype('V', dtype->size), type) : Ref{};
      if (!view) return error_occurred() ? Ref{} : raise(PyExc_ValueError, "the sub-array does not fit the array's elements");
      index_t shape[eng::kMaxDims], strides[eng::kMaxDims], inner[eng::kMaxDims];
      eng::c_strides(s.nd, s.shape, s.base->size, inner);
      for (int i = 0; i < a->nd + s.nd && i < eng::kMaxDims; ++i) {
        shape[i] = i < a->nd ? a->dimensions[i] : s.shape[i - a->nd];
        strides[i] = i < a->nd ? a->strides[i] : inner[i - a->nd];
      }
      return array_view(a, a->data, a->nd + s.nd, shape, strides, s.base, type);
    }
  }
  if (dtype->size == a->dtype()->size) return array_view(a, a->data, a->nd, a->dimensions, a->strides, dtype, type);
  if (dtype->size == 0) return raise(PyExc_TypeError, "data-type must not be 0-sized");
  if (a->nd == 0) return raise(PyExc_ValueError, "Changing the dtype of a 0d array is only supported if the itemsize is unchanged");
  const int last = a->nd - 1;
  const index_t from = a->dtype()->size, to = dtype->size;
  if (a->strides[last] != from && a->dimensions[last] > 1 && a->size() > 0)
    return raise(PyExc_ValueError, "To change to a dtype of a different size, the last axis must be contiguous");
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  std::memcpy(shape, a->dimensions, sizeof(index_t) * static_cast<size_t>(a->nd));
  std::memcpy(strides, a->strides, sizeof(index_t) * static_cast<size_t>(a->nd));
  index_t bytes = shape[last] * from;
  if (bytes % to != 0)
    return raise(PyExc_ValueError, "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array.");
  shape[last] = bytes / to;
  strides[last] = to;
  return array_view(a, a->data, a->nd, shape, strides, dtype, type);
}

Ref m_array(Value self, const Value* v) {
  FromOptions options;
  if (!v[0].absent() && !is_none(v[0]) && !dtype_from(v[0], &options.dtype)) return {};
  if (!v[1].absent() && !is_none(v[1])) {
    options.copy = is_true(v[1]);
    if (options.copy < 0) return {};
  }
  return array_from(self, options);
}

Ref m_setflags(Value self, const Value* v) {
  NdArray* a = as_array(self);
  if (!v[0].absent() && !is_none(v[0])) {
    int write = is_true(v[0]);
    if (write < 0) return {};
    if (!write) {
      a->flags &= ~eng::kWriteable;
    } else {
      PyObject* base = a->base;
      if (base && is_ndarray(Value{base}) && !(as_array(Value{base})->flags & eng::kWriteable))
        return raise(PyExc_ValueError, "cannot set WRITEABLE flag to True of this array");
      if (base && !is_ndarray(Value{base}) && is_exact(Value{base}, &PyMemoryView_Type) && reinterpret_cast<PyMemoryViewObject*>(base)->view.readonly)
        return raise(PyExc_ValueError, "cannot set WRITEABLE flag to True of this array");
      a->flags |= eng::kWriteable;
    }
  }
  return none_ref();
}

Ref m_copy_plain(Value self) { return array_copy(as_array(self)->view(), 'K'); }
Ref m_deepcopy(Value self, Value memo) {
  Ref copy = array_copy(as_array(self)->view(), 'K');
  if (!copy || !as_array(self)->dtype()->has_references()) [[likely]] return copy;
  Ref module = hooks.import_module("numpy._core._special"_id);
  Ref function = module ? getattr(module, "deepcopy_objects"_id) : Ref{};
  Ref done = function ? call(function, {copy, memo}) : Ref{};
  return done ? std::move(copy) : Ref{};
}

// (dtype, offset): the array's elements seen from an offset as another dtype.
Ref m_getfield(Value self, const Value* v) {
  NdArray* a = as_array(self);
  const DType* dtype;
  Py_ssize_t offset = 0;
  if (!dtype_from(v[0], &dtype) || (!v[1].absent() && !as_ssize(v[1], &offset))) return {};
  if (offset < 0 || offset + dtype->size > a->dtype()->size)
    return raise(PyExc_ValueError, "Need 0 <= offset <= %zd for requested type but received offset = %zd", a->dtype()->size - dtype->size, offset);
  if (dtype->has_references() || (a->dtype()->is_object() && dtype != a->dtype())) return raise(PyExc_TypeError, "Cannot get/set field of an object array");
  return array_view(a, a->data + offset, a->nd, a->dimensions, a->strides, dtype, type_of(self));
}

// (value, dtype, offset)
Ref m_setfield(Value self, const Value* v) {
  Value field[2] = {v[1], v[2]};
  Ref view = m_getfield(self, field);
  return view && array_store_subscript(view, Value{Py_Ellipsis}, v[0]) ? none_ref() : Ref{};
}

Ref m_reduce(Value self) {
  Ref module = hooks.import_module("numpy._core.multiarray"_id);
  if (!module) return {};
  Ref maker = getattr(module, "_reconstruct"_id);
  Ref shape = getattr(self, "shape"_id);
  NdArray* a = as_array(self);
  bool fortran = a->flags & eng::kFContiguous && !(a->flags & eng::kCContiguous);
  Value no_order[1];
  Ref order = str_from_ascii(fortran ? "F" : "C");
  no_order[0] = order.get();
  Ref data;
  if (a->dtype()->has_references()) {
    // A flat list of the objects.
    Ref flat = call_method(self, "flatten"_id, {order});
    data = flat ? call_method(flat, "tolist"_id) : Ref{};
  } else {
    data = m_tobytes(self, no_order);
  }
  if (!maker || !shape || !data) return {};
  Ref zero = tuple_of({Value::from_int(0)});
  Ref letter = bytes_new("b");
  Ref args = tuple_of({Value{type_of(self)}, zero, letter});
  Ref dtype = dtype_ref(a->dtype());
  Ref state = tuple_of({Value::from_int(1), shape, dtype, boolean(fortran), data});
  if (!args || !state) return {};
  return tuple_of({maker, args, state});
}

// From protocol 5 on the data goes as a buffer, which the pickle may keep outside, where it lies in one piece and exports one.
Ref m_reduce_ex(Value self, Value protocol) {
  Py_ssize_t number;
  if (!index_as_ssize(protocol, &number, PyExc_OverflowError)) return {};
  NdArray* a = as_array(self);
  if (number < 5 || type_of(self) != &ndarray_type || !(a->flags & (eng::kCContiguous | eng::kFContiguous)) || a->dtype()->has_references() || a->dtype()->size == 0) {
    return call_method(self, "__reduce__"_id);
  }
  Ref buffer = call1(Value{&PyPickleBuffer_Type}, self);
  if (!buffer) {
    if (!error_matches(PyExc_BufferError) && !error_matches(PyExc_ValueError)) return {};
    clear_error();
    return m_reduce(self);
  }
  Ref module = hooks.import_module("numpy._core.numeric"_id);
  Ref maker = module ? getattr(module, "_frombuffer"_id) : Ref{}, shape = getattr(self, "shape"_id), dtype = dtype_ref(a->dtype());
  Ref order = str_from_ascii(a->flags & eng::kCContiguous ? "C" : "F");
  Ref args = maker && shape && dtype && order ? tuple_of({buffer, dtype, shape, order}) : Ref{};
  return args ? tuple_of({maker, args}) : Ref{};
}

Ref m_setstate(Value self, Value state) {
  // (version, shape, dtype, fortran, bytes)
  if (!is_tuple(state) || tuple_size(state) != 5) return raise(PyExc_ValueError, "invalid state of an array");
  NdArray* a = as_array(self);
  int nd;
  index_t shape[eng::kMaxDims];
  const DType* dtype;
  if (!shape_from(tuple_get(state, 1), &nd, shape) || !dtype_from(tuple_get(state, 2), &dtype)) return {};
  int fortran = is_true(tuple_get(state, 3));
  Value data = tuple_get(state, 4);
  if (fortran < 0 || !(dtype->has_references() ? is_list(data) : is_bytes(data))) return raise(PyExc_ValueError, "invalid state of an array");
  eng::Error error;
  index_t bytes;
  if (!eng::count_bytes(nd, shape, dtype->size, &bytes, error)) return raise_engine(error);
  if (dtype->has_references() ? bytes != list_size(data) * dtype->size : bytes != bytes_length(data))
    return raise(PyExc_ValueError, "buffer size does not match array size");
  int order[eng::kMaxDims];
  for (int i = 0; i < nd; ++i) order[i] = nd - 1 - i;
  Ref fresh = array_new(dtype, nd, shape, fortran ? order : nullptr);
  if (!fresh) return {};
  if (dtype->has_references()) {
    for (Py_ssize_t i = 0; i < list_size(data); ++i) {
      Ref item = Ref::copy(list_get(data, i));
      if (!store_element(as_array(fresh)->data + i * dtype->size, dtype, item)) return {};
    }
  } else {
    std::memcpy(as_array(fresh)->data, bytes_data(data), static_cast<size_t>(bytes));
  }
  if (dtype->swapped_from) {
    // Unpickled numbers are of the machine's order.
    dtype = dtype->native();
    fresh = array_cast(as_array(fresh)->view(), dtype);
    if (!fresh) return {};
  }
  // This array becomes a view of the fresh one.
  if (a->buffer) a->buffer->release();
  a->buffer = nullptr;
  if (a->dimensions != a->inline_dims) object_free(a->dimensions);
  a->dimensions = a->inline_dims;
  if (nd > kInlineDims) {
    a->dimensions = static_cast<index_t*>(object_malloc(2 * sizeof(index_t) * static_cast<size_t>(nd)));
    if (!a->dimensions) {
      a->dimensions = a->inline_dims;
      a->nd = 0;
      return raise_no_memory();
    }
  }
  NdArray* f = as_array(fresh);
  a->nd = nd;
  a->strides = a->dimensions + nd;
  std::memcpy(a->dimensions, f->dimensions, sizeof(index_t) * static_cast<size_t>(nd));
  std::memcpy(a->strides, f->strides, sizeof(index_t) * static_cast<size_t>(nd));
  a->data = f->data;
  a->flags = f->flags & ~(eng::kOwnData | kHoldsReferences);
  PyObject* old = reinterpret_cast<PyObject*>(a->descr);
  a->descr = dtype_object(dtype);
  incref(reinterpret_cast<PyObject*>(a->descr));
  decref(old);
  PyObject* old_base = a->base;
  a->base = fresh.release().object();
  if (old_base) decref(old_base);
  return none_ref();
}

// ---- arithmetic --------------------------------------------------------------------------------------------------------------

// (decimals, out)
Ref m_round(Value self, const Value* v) {
  Ref keep;
  if (is_node(self) && !dtype_of_array(self)->is_floating()) {
    keep = settled(self);
    if (!keep) return {};
    self = keep;
  }
  Frame* const site = nodes.site;  // each operation may be deferred
  const DType* dtype = dtype_of_array(self);
  Py_ssize_t decimals = 0;
  if (!v[0].absent() && !as_ssize(v[0], &decimals)) return {};
  Ref result;
  if (dtype->is_bool()) return raise(PyExc_NotImplementedError, "round of bool arrays is not supported yet");
  if (dtype->is_complex()) {
    // Part by part.
    Ref whole = array_copy(as_array(self)->view(), 'K');
    if (!whole) return {};
    for (PyObject* part : {"real"_id, "imag"_id}) {
      Ref from = getattr(self, part);
      Ref rounded = from ? call_method(from, "round"_id, {Value::from_int(decimals)}) : Ref{};
      if (!rounded || !setattr(whole, part, rounded)) return {};
    }
    result = std::move(whole);
  } else if (dtype->is_integer() && decimals >= 0) {
    if (v[1].absent() || is_none(v[1])) return unwrap(Ref::copy(self));
    result = Ref::copy(self);
  } else if (decimals == 0) {
    result = unary_operation(eng::Op::rint, self);
  } else {
    Ref scale = float_new(std::pow(10.0, static_cast<double>(decimals < 0 ? -decimals : decimals)));
    result = binary_operation(decimals > 0 ? eng::Op::multiply : eng::Op::divide, self, scale);
    nodes.site = site;
    if (result) result = unary_operation(eng::Op::rint, result);
    nodes.site = site;
    if (result) result = binary_operation(decimals > 0 ? eng::Op::divide : eng::Op::multiply, result, scale);
    if (result && dtype->is_integer()) result = as_array_ref(result, dtype);
  }
  if (!result) return {};
  if (!v[1].absent() && !is_none(v[1])) {
    if (!is_ndarray(v[1])) return raise(PyExc_TypeError, "return arrays must be of ArrayType");
    Ref from = as_array_ref(result);
    if (!from || !assign_array(as_array(v[1])->view(), as_array(from)->view())) return {};
    return Ref::copy(v[1]);
  }
  if (is_ndarray(result)) return unwrap(std::move(result));
  return result;
}

// (min, max, out)
// A Python int beyond what an integer dtype holds, on the side where it is no bound at all.
bool bounds_nothing(Value v, const DType* dtype, bool below) {
  int64_t bound;
  if (!is_int(v) || is_bool(v) || !dtype->is_integer()) return false;
  const int beyond = int_sign_overflow_i64(v, &bound);
  const int64_t bits = 8 * dtype->size;
  if (below) return beyond < 0 || (beyond == 0 && bound <= (dtype->kind == 'u' ? 0 : std::numeric_limits<int64_t>::min() >> (64 - bits)));
  if (dtype->kind == 'u') return beyond > 0 ? bits < 64 : beyond == 0 && bound >= 0 && static_cast<uint64_t>(bound) >= ~uint64_t{0} >> (64 - bits);
  return beyond > 0 || (beyond == 0 && bound >= std::numeric_limits<int64_t>::max() >> (64 - bits));
}

Ref m_clip(Value self, const Value* v) {
  const DType* dtype = dtype_of_array(self);
  const bool low = !v[0].absent() && !is_none(v[0]) && !bounds_nothing(v[0], dtype, true);
  const bool high = !v[1].absent() && !is_none(v[1]) && !bounds_nothing(v[1], dtype, false);
  CallOptions options;
  if (!v[2].absent() && !is_none(v[2])) options.out = v[2];
  Operand operands[3];
  int n = 0;
  auto add = [&](Value x) {
    int known = make_operand(x, &operands[n++], 2);
    if (known == 0) raise(PyExc_TypeError, "clip() bounds must be numbers or arrays");
    return known > 0;
  };
  if (!add(self)) return {};
  if (low && !add(v[0])) return {};
  if (high && !add(v[1])) return {};
  if (!low && !high) {
    if (options.out.absent() && !is_node(self)) return array_copy(as_array(self)->view(), 'K');
    return call_operation(eng::operation(eng::Op::positive), operands, options);
  }
  eng::Op op = low && high ? eng::Op::clip : low ? eng::Op::maximum : eng::Op::minimum;
  return call_operation(eng::operation(op), operands, options);
}

Ref m_conj(Value self) {
  const DType* dtype = dtype_of_array(self);
  if (dtype->is_complex() || dtype->is_object()) return unary_operation(eng::Op::conjugate, self);
  return is_node(self) ? settled(self) : Ref::copy(self);
}

}  // namespace

Ref dot_operation(Value a, Value b) {
  Operand operands[2];
  if (make_operand(a, &operands[0], true) <= 0 || make_operand(b, &operands[1], true) <= 0) {
    if (error_occurred()) return {};
    return raise(PyExc_TypeError, "unsupported operands of dot");
  }
  if (operands[0].view.dtype->is_special() || operands[1].view.dtype->is_special()) {
    Ref module = hooks.import_module("numpy._core._special"_id);
    Ref function = module ? getattr(module, "dot"_id) : Ref{};
    return function ? call(function, {a, b}) : Ref{};
  }
  ArrayView &x = operands[0].view, &y = operands[1].view;
  if (x.nd == 0 || y.nd == 0) return call_operation(eng::operation(eng::Op::multiply), operands, {});
  index_t k = x.shape[x.nd - 1];
  int axis = y.nd == 1 ? 0 : y.nd - 2;
  if (y.shape[axis] != k) {
    Ref left = shape_text(x.nd, x.shape), right = shape_text(y.nd, y.shape);
    return raise(PyExc_ValueError, "shapes %U and %U not aligned: %zd (dim %d) != %zd (dim %d)", left.get(), right.get(), k, x.nd - 1, y.shape[axis], axis);
  }
  const DType* common = eng::promote(x.dtype, y.dtype);
  Ref cast[2];
  for (int i = 0; i < 2; ++i) {
    if (operands[i].view.dtype == common) continue;
    cast[i] = array_cast(operands[i].view, common);
    if (!cast[i]) return {};
    operands[i].view = as_array(cast[i])->view();
  }
  eng::Error error;
  if (x.nd == 1 && y.nd == 1) {
    alignas(16) char value[16];
    if (!eng::inner_product(x, y, value, error)) return raise_engine(error);
    return element_to_scalar(value, common);
  }
  if (x.nd > 2 || y.nd > 2) {
    Ref module = hooks.import_module("numpy"_id);
    Ref tensordot = module ? getattr(module, "tensordot"_id) : Ref{};
    if (!tensordot) return {};
    Ref left = tuple_of({Value::from_int(x.nd - 1)}), right = tuple_of({Value::from_int(axis)});
    Ref axes = tuple_of({left, right});
    return call(tensordot, {a, b, axes});
  }
  Results results;
  ArrayView out;
  if (!eng::matmul(x, y, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  return unwrap(std::move(results.objects[0]));
}

namespace {

Ref m_dot(Value self, const Value* v) {
  Ref result = dot_operation(self, v[0]);
  if (!result || v[1].absent() || is_none(v[1])) return result;
  if (!is_ndarray(v[1])) return raise(PyExc_TypeError, "'out' must be an array");
  Ref from = as_array_ref(result);
  if (!from || !assign_array(as_array(v[1])->view(), as_array(from)->view())) return {};
  return Ref::copy(v[1]);
}

Ref m_format(Value self, Value spec) {
  NdArray* a = as_array(self);
  if (a->nd == 0) {
    Ref scalar = element_to_scalar(a->data, a->dtype());
    return scalar ? format(scalar, spec) : Ref{};
  }
  if (is_str(spec) && str_length(spec) == 0) return to_str(self);
  return raise(PyExc_TypeError, "unsupported format string passed to numpy.ndarray.__format__");
}

Ref m_complex(Value self) {
  NdArray* a = as_array(self);
  if (a->size() != 1) return raise(PyExc_TypeError, "only length-1 arrays can be converted to Python scalars");
  RecursionGuard guard(" while converting an array to complex");
  Ref v = guard.ok ? element_to_python(a->data, a->dtype()) : Ref{};
  return v ? call1(Value{&PyComplex_Type}, v) : Ref{};
}

// ndarray[shape, dtype] in annotations.
Ref m_class_getitem(Value cls, Value item) { return call(Value{&Py_GenericAliasType}, {cls, item}); }

// Methods that live in the Python part: numpy._core._methods.NAME(self, …).
template <FixedString name>
Ref python_method(Value self, Args args) {
  Ref module = hooks.import_module("numpy._core._methods"_id);
  Ref function = module ? getattr(module, operator""_id<name>()) : Ref{};
  if (!function) return {};
  size_t total = args.n + static_cast<size_t>(args.kwnames ? tuple_size(Value{args.kwnames}) : 0);
  Value words[24];
  if (total + 1 > 24) return raise(PyExc_TypeError, "too many arguments");
  words[0] = self;
  for (size_t i = 0; i < total; ++i) words[i + 1] = args.v[i];
  return call(function, Args{words, args.n + 1, args.kwnames});
}

}  // namespace

const MethodRow plain_methods[] = {
    class_method<m_class_getitem>("__class_getitem__", "($type, item, /)", "Return a parametrized wrapper around the ndarray type."),
    method<m_reshape>("reshape", "($self, /, *shape, order='C', copy=None)", "Returns an array containing the same data with a new shape."),
    method<m_ravel>("ravel", "($self, /, order='C')", "Return a flattened array."),
    method<m_flatten>("flatten", "($self, /, order='C')", "Return a copy of the array collapsed into one dimension."),
    method<m_transpose>("transpose", "($self, /, *axes)", "Returns a view of the array with axes transposed."),
    method<m_swapaxes>("swapaxes", "($self, axis1, axis2, /)", "Return a view of the array with `axis1` and `axis2` interchanged."),
    method<m_squeeze>("squeeze", "($self, /, axis=None)", "Remove axes of length one from `a`."),
    method<m_diagonal>("diagonal", "($self, /, offset=0, axis1=0, axis2=1)", "Return specified diagonals."),
    method<m_trace>("trace", "($self, /, offset=0, axis1=0, axis2=1, dtype=None, out=None)", "Return the sum along diagonals of the array."),
    method<m_copy>("copy", "($self, /, order='C')", "Return a copy of the array."),
    method<m_astype>("astype", "($self, /, dtype, order='K', casting='unsafe', subok=True, copy=True)", "Copy of the array, cast to a specified type.", kMethTakesNode | kMethGivesNode),
    method<m_tolist>("tolist", "($self, /)", "Return the array as a nested list of Python scalars."),
    method<m_item>("item", "($self, /, *args)", "Copy an element of an array to a standard Python scalar and return it."),
    method<m_fill>("fill", "($self, value, /)", "Fill the array with a scalar value."),
    method<m_tobytes>("tobytes", "($self, /, order='C')", "Construct Python bytes containing the raw data bytes in the array."),
    method<m_view>("view", "($self, /, dtype=<unrepresentable>, type=<unrepresentable>)", "New view of array with the same data."),
    method<m_array>("__array__", "($self, dtype=None, /, *, copy=None)", "Return the array itself, or a new one."),
    method<m_setflags>("setflags", "($self, /, write=None, align=None, uic=None)", "Set array flags WRITEABLE and ALIGNED."),
    method<m_copy_plain>("__copy__", "($self, /)", "Used if copy.copy is called on an array."),
    method<m_deepcopy>("__deepcopy__", "($self, memo, /)", "Used if copy.deepcopy is called on an array."),
    method<m_getfield>("getfield", "($self, dtype, /, offset=0)", "Returns a field of the given array as a certain type."),
    method<m_setfield>("setfield", "($self, val, /, dtype, offset=0)", "Put a value into a specified place in a field defined by a data-type."),
    method<m_reduce>("__reduce__", "($self, /)", "For pickling."),
    method<m_reduce_ex>("__reduce_ex__", "($self, protocol, /)", "For pickling."),
    method<m_setstate>("__setstate__", "($self, state, /)", "For unpickling."),
    method<m_round>("round", "($self, /, decimals=0, out=None)", "Return `a` with each element rounded to the given number of decimals.", kMethTakesNode | kMethGivesNode),
    method<m_clip>("clip", "($self, /, min=None, max=None, out=None, **kwargs)", "Return an array whose values are limited to ``[min, max]``.", kMethTakesNode | kMethTakesNodes | kMethGivesNode),
    method<m_conj>("conj", "($self, /)", "Complex-conjugate all elements.", kMethTakesNode | kMethGivesNode),
    method<m_conj>("conjugate", "($self, /)", "Return the complex conjugate, element-wise.", kMethTakesNode | kMethGivesNode),
    method<m_dot>("dot", "($self, /, other, out=None)", "Refer to `numpy.dot` for full documentation."),
    method<m_format>("__format__", "($self, format_spec, /)", "Default formatter of arrays."),
    method<m_complex>("__complex__", "($self, /)", "complex(self)"),
    method<python_method<"compress">>("compress", "($self, /, *args, **kwargs)", "Return selected slices of this array along given axis."),
    method<python_method<"choose">>("choose", "($self, /, *args, **kwargs)", "Use an index array to construct a new array from a set of choices."),
    method<m_resize>("resize", "($self, /, *args, **kwargs)", "Change shape and size of array in-place."),
    method<python_method<"tofile">>("tofile", "($self, /, *args, **kwargs)", "Write array to a file as text or binary."),
    method<python_method<"dump">>("dump", "($self, /, *args, **kwargs)", "Dump a pickle of the array to the specified file."),
    method<python_method<"dumps">>("dumps", "($self, /, *args, **kwargs)", "Returns the pickle of the array as a string."),
    method<python_method<"byteswap">>("byteswap", "($self, /, *args, **kwargs)", "Swap the bytes of the array elements."),
    {}};

// The tables of all files of methods, joined once before the type is made.
MethodRow ndarray_methods[kMaxMethods];

void join_method_tables() {
  int n = 0;
  for (const MethodRow* table : {plain_methods, reduction_methods, choosing_methods})
    for (; table->c.ml_name && n < kMaxMethods - 1; ++table) ndarray_methods[n++] = *table;
}

}  // namespace adder::numpy
