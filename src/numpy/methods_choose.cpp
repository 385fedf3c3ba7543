// Methods of ndarray that sort, search and choose elements.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "array/index/index.h"
#include "array/linalg/matmul.h"
#include "array/reduce/reduce.h"
#include "array/sort/sort.h"
#include "memory/gc.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

// ---- sorting and choosing --------------------------------------------------------------------------------------------------

// Sorting by some fields before the others, which the Python part does.
Ref sort_by_fields(Value self, const Value* a) {
  Ref module = hooks.import_module("numpy._core._special"_id);
  Ref function = module ? getattr(module, "sort_by_fields"_id) : Ref{};
  return function ? call(function, {self, a[0].absent() ? Value::from_int(-1) : a[0], a[2]}) : Ref{};
}
Ref argsort_by_fields(Value self, const Value* a) {
  Ref module = hooks.import_module("numpy._core._special"_id);
  Ref function = module ? getattr(module, "argsort_by_fields"_id) : Ref{};
  return function ? call(function, {self, a[0].absent() ? Value::from_int(-1) : a[0], a[2]}) : Ref{};
}

// Whether `kind` names a way to sort; every one is served by the same.
bool check_sort_kind(Value kind) {
  if (kind.absent() || is_none(kind)) return true;
  if (!is_str(kind)) return raise(PyExc_TypeError, "sort kind must be str, not %N", type_of(kind));
  const std::string_view name = str_utf8(kind);
  if (name.data() && !name.empty() && std::strchr("qhsmQHSM", name[0])) return true;
  clear_error();
  return raise(PyExc_ValueError, "sort kind must be one of 'quick', 'heap', or 'stable' (got %R)", kind);
}

// (axis, kind, order, stable) of sort and argsort.
bool check_sorting(Value self, const Value* a) {
  if (!a[3].absent() && !is_none(a[3]) && !a[1].absent() && !is_none(a[1]))
    return raise(PyExc_ValueError, "`kind` and `stable` parameters can't be provided at the same time. Use only one of them.");
  if (!check_sort_kind(a[1])) return false;
  if (!a[2].absent() && !is_none(a[2]) && !as_array(self)->dtype()->structure) return raise(PyExc_ValueError, "Cannot specify order when the array has no fields.");
  return true;
}

Ref sorted_in_place(Value self, const Value* a) {
  NdArray* array = as_array(self);
  int axis;
  if (!check_writeable(array)) return {};
  if (array->nd == 0 && !a[0].absent()) return axis_from(a[0], 0, &axis) ? none_ref() : Ref{};
  if (!axis_from(a[0].absent() ? Value::from_int(-1) : a[0], array->nd, &axis)) return {};
  eng::Error error;
  if (array->dtype()->structure && !a[2].absent() && !is_none(a[2])) return sort_by_fields(self, a);
  if (!eng::sort(array->view(), axis, error)) return raise_engine(error);
  return error_occurred() ? Ref{} : none_ref();
}

Ref m_sort(Value self, const Value* a) { return check_sorting(self, a) ? sorted_in_place(self, a) : Ref{}; }

Ref sorting_order(Value self, const Value* a) {
  NdArray* array = as_array(self);
  if (array->dtype()->structure && !a[2].absent() && !is_none(a[2])) return argsort_by_fields(self, a);
  ArrayView view = array->view();
  Ref flat;
  int axis = 0;
  if ((!a[0].absent() && is_none(a[0])) || array->nd == 0) {
    index_t n = array->size();
    flat = reshaped(self, 1, &n, 'C', -1);
    if (!flat) return {};
    view = as_array(flat)->view();
  } else if (!axis_from(a[0].absent() ? Value::from_int(-1) : a[0], array->nd, &axis)) {
    return {};
  }
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::argsort(view, axis, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (error_occurred()) return {};
  return std::move(results.objects[0]);
}

Ref m_argsort(Value self, const Value* a) { return check_sorting(self, a) ? sorting_order(self, a) : Ref{}; }

// (kth, axis, kind, order): the ranks asked for in lines of n elements, in a new array of int64: ascending, each once.
Ref ranks_from(Value self, const Value* a, index_t n, int* count) {
  NdArray* array = as_array(self);
  if (!a[2].absent()) {
    if (!is_str(a[2])) return raise(PyExc_TypeError, "select kind must be str, not %N", type_of(a[2]));
    if (!str_equals(a[2], "introselect")) return raise(PyExc_ValueError, "select kind must be 'introselect' (got %R)", a[2]);
  }
  if (!a[3].absent() && !is_none(a[3]) && !array->dtype()->structure) return raise(PyExc_ValueError, "Cannot specify order when the array has no fields.");
  Ref kth = as_array_ref(a[0]);
  if (!kth) return {};
  const DType* dtype = as_array(kth)->dtype();
  if (dtype->is_bool()) return raise(PyExc_ValueError, "Booleans unacceptable as partition index");
  if (!dtype->is_integer()) return raise(PyExc_TypeError, "Partition index must be integer");
  if (as_array(kth)->nd > 1) return raise(PyExc_ValueError, "object too deep for desired array");
  Ref ranks = array_cast(as_array(kth)->view(), &eng::kInt64);
  if (!ranks) return {};
  auto* first = reinterpret_cast<index_t*>(as_array(ranks)->data);
  index_t* last = first + as_array(ranks)->size();
  for (index_t* rank = first; rank < last && array->size() > 0; rank++) {
    if (*rank < 0) *rank += n;
    if (*rank < 0 || *rank >= n) return raise(PyExc_ValueError, "kth(=%zd) out of bounds (%zd)", *rank, n);
  }
  std::sort(first, last);
  *count = static_cast<int>(std::unique(first, last) - first);
  return ranks;
}

Ref m_partition(Value self, const Value* a) {
  NdArray* array = as_array(self);
  int axis, count;
  if (!check_writeable(array) || !axis_from(a[1].absent() ? Value::from_int(-1) : a[1], array->nd, &axis)) return {};
  Ref ranks = ranks_from(self, a, array->dimensions[axis], &count);
  if (!ranks) return {};
  if (array->dtype()->structure && !a[3].absent() && !is_none(a[3])) return sort_by_fields(self, a + 1);
  eng::Error error;
  if (!eng::partition(array->view(), axis, reinterpret_cast<index_t*>(as_array(ranks)->data), count, error)) return raise_engine(error);
  return error_occurred() ? Ref{} : none_ref();
}

// A full sort is a partition, too.
Ref m_argpartition(Value self, const Value* a) {
  NdArray* array = as_array(self);
  int axis = 0, count;
  const bool flat = (!a[1].absent() && is_none(a[1])) || array->nd == 0;
  if (!flat && !axis_from(a[1].absent() ? Value::from_int(-1) : a[1], array->nd, &axis)) return {};
  return ranks_from(self, a, flat ? array->size() : array->dimensions[axis], &count) ? sorting_order(self, a + 1) : Ref{};
}

Ref m_searchsorted(Value self, const Value* a) {
  NdArray* array = as_array(self);
  if (array->nd != 1) return raise(PyExc_ValueError, "object too deep for desired array");
  bool right = is_str(a[1]) && (str_equals(a[1], "right") || str_equals(a[1], "r"));
  if (!right && is_str(a[1]) && !str_equals(a[1], "left") && !str_equals(a[1], "l"))
    return raise(PyExc_ValueError, "search side must be one of 'left' or 'right' (got %R)", a[1]);
  Ref values = as_array_ref(a[0]);
  if (!values) return {};
  Ref sorted = Ref::copy(self);
  if (!a[2].absent() && !is_none(a[2])) {
    sorted = array_subscript(self, a[2]);
    if (!sorted) return {};
  }
  const DType* common = promote_or_raise(array->dtype(), as_array(values)->dtype());
  if (!common) return {};
  if (as_array(values)->dtype() != common) values = array_cast(as_array(values)->view(), common);
  if (array->dtype() != common) sorted = array_cast(as_array(sorted)->view(), common);
  if (!values || !sorted) return {};
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::searchsorted(as_array(sorted)->view(), as_array(values)->view(), right, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  if (error_occurred()) return {};
  return unwrap(std::move(results.objects[0]));
}

// The array and the axis that `given` names: flat without one, and for a scalar.
Ref along_axis(Value self, Value given, int* axis) {
  NdArray* array = as_array(self);
  const bool flat = given.absent() || is_none(given);
  *axis = 0;
  if (!flat && !axis_from(given, array->nd == 0 ? 1 : array->nd, axis)) return {};
  if (!flat && array->nd > 0) return Ref::copy(self);
  index_t n = array->size();
  return reshaped(self, 1, &n, 'C', -1);
}

// (indices, axis, out, mode)
Ref m_take(Value self, const Value* a) {
  int axis;
  Ref source = along_axis(self, a[1], &axis);
  if (!source) return {};
  Ref raw = as_array_ref(a[0]);
  if (!raw) return {};
  if (!eng::can_cast(as_array(raw)->dtype(), &eng::kInt64, eng::Casting::same_kind) && as_array(raw)->size() > 0)
    return raise(PyExc_TypeError, "Cannot cast array data from dtype('%s') to dtype('int64') according to the rule 'safe'", as_array(raw)->dtype()->name);
  Ref indices = as_array_ref(raw, &eng::kInt64);
  if (!indices) return {};
  index_t length = as_array(source)->dimensions[axis];
  if (is_str(a[3]) && !str_equals(a[3], "raise")) {
    if (length == 0 && as_array(indices)->size() > 0) return raise(PyExc_IndexError, "cannot do a non-empty take from an empty axes.");
    if (str_equals(a[3], "wrap")) {
      indices = binary_operation(eng::Op::remainder, indices, Value::from_int(length));
    } else {
      indices = binary_operation(eng::Op::maximum, indices, Value::from_int(0));
      if (indices) indices = binary_operation(eng::Op::minimum, indices, Value::from_int(length - 1));
    }
    if (!indices) return {};
    indices = as_array_ref(indices, &eng::kInt64);
    if (!indices) return {};
  }
  ArrayView view = as_array(indices)->view();
  eng::ArrayIndex index = {1, &axis, &view, axis};
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::gather(as_array(source)->view(), index, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    if (error.code == eng::Code::index_range && as_array(source)->size() == 0) return raise(PyExc_IndexError, "cannot do a non-empty take from an empty axes.");
    return raise_engine(error);
  }
  if (!a[2].absent() && !is_none(a[2])) {
    if (!is_ndarray(a[2])) return raise(PyExc_TypeError, "output must be an array");
    if (!assign_array(as_array(a[2])->view(), out)) return {};
    return Ref::copy(a[2]);
  }
  return unwrap(std::move(results.objects[0]));
}

// (indices, values, mode): flat places, values repeated.
Ref m_put(Value self, const Value* a) {
  NdArray* array = as_array(self);
  if (!check_writeable(array)) return {};
  Ref indices = as_array_ref(a[0], &eng::kInt64), values = as_array_ref(a[1], array->dtype());
  if (!indices || !values) return {};
  if (!(as_array(indices)->flags & eng::kCContiguous)) indices = array_copy(as_array(indices)->view());
  if (!(as_array(values)->flags & eng::kCContiguous)) values = array_copy(as_array(values)->view());
  if (!indices || !values) return {};
  const index_t n = as_array(indices)->size(), given = as_array(values)->size(), size = array->size();
  if (n == 0 || given == 0) return none_ref();
  bool wrap = is_str(a[2]) && str_equals(a[2], "wrap"), clip = is_str(a[2]) && str_equals(a[2], "clip");
  for (index_t i = 0; i < n; ++i) {
    index_t at = reinterpret_cast<int64_t*>(as_array(indices)->data)[i];
    if (wrap) {
      at = ((at % size) + size) % size;
    } else if (clip) {
      at = at < 0 ? 0 : at >= size ? size - 1 : at;
    } else {
      if (at < -size || at >= size) return raise(PyExc_IndexError, "index %zd is out of bounds for axis 0 with size %zd", at, size);
      if (at < 0) at += size;
    }
    char* to = array->data;
    for (int k = array->nd - 1; k >= 0; --k) {
      to += at % array->dimensions[k] * array->strides[k];
      at /= array->dimensions[k];
    }
    eng::copy_element(array->dtype(), to, as_array(values)->data + i % given * array->dtype()->size);
  }
  return none_ref();
}

Ref m_nonzero(Value self) {
  NdArray* a = as_array(self);
  if (a->nd == 0)
    return raise(PyExc_ValueError, "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.%s",
                 a->dtype()->is_bool() ? " If the context of this error is of the form `arr[nonzero(cond)]`, just use `arr[cond]`." : "");
  Ref columns[eng::kMaxDims];
  if (!nonzero_columns(a, columns)) return {};
  Ref all = tuple_new(a->nd);
  if (!all) return {};
  for (int i = 0; i < a->nd; ++i) tuple_init(all, i, std::move(columns[i]));
  return all;
}

template <class T>
char* repeat_item(char* to, const char* from, index_t times) {
  T item;
  std::memcpy(&item, from, sizeof item);
  for (index_t k = 0; k < times; ++k, to += sizeof item) std::memcpy(to, &item, sizeof item);
  return to;
}

// What lies behind each place along the axis, as often as `times` says of it; `total` places in all.
template <class Times>
Ref repeated(Value source, int axis, index_t total, Times times) {
  NdArray* array = as_array(source);
  Ref dense = array->flags & eng::kCContiguous ? Ref::copy(source) : array_copy(array->view());
  if (!dense) return {};
  array = as_array(dense);
  index_t shape[eng::kMaxDims], outer = 1, bytes = array->dtype()->size;
  for (int i = 0; i < array->nd; ++i) {
    shape[i] = i == axis ? total : array->dimensions[i];
    if (i < axis) outer *= shape[i];
    if (i > axis) bytes *= shape[i];
  }
  Ref made = array_new(array->dtype(), array->nd, shape);
  if (!made) return {};
  const char* from = array->data;
  char* to = as_array(made)->data;
  const index_t n = array->dimensions[axis];
  for (index_t o = 0; o < outer; ++o) {
    for (index_t i = 0; i < n; ++i, from += bytes) {
      const index_t count = times(i);
      switch (bytes) {
        case 1: to = repeat_item<uint8_t>(to, from, count); break;
        case 2: to = repeat_item<uint16_t>(to, from, count); break;
        case 4: to = repeat_item<uint32_t>(to, from, count); break;
        case 8: to = repeat_item<uint64_t>(to, from, count); break;
        default:
          for (index_t k = 0; k < count; ++k, to += bytes) std::memcpy(to, from, static_cast<size_t>(bytes));
      }
    }
  }
  return made;
}

// (repeats, axis)
Ref m_repeat(Value self, const Value* v) {
  int axis;
  Ref source = along_axis(self, v[1], &axis);
  if (!source) return {};
  Ref repeats = as_array_ref(v[0], &eng::kInt64);
  if (!repeats) return {};
  NdArray* r = as_array(repeats);
  const index_t n = as_array(source)->dimensions[axis];
  const bool one = r->size() == 1 && r->nd <= 1;
  if (!one && (r->nd != 1 || r->dimensions[0] != n))
    return raise(PyExc_ValueError, "operands could not be broadcast together with shape (%zd,) (%zd,)", n, r->nd ? r->dimensions[0] : 1);
  index_t total = 0;
  auto times = [&](index_t i) { return *reinterpret_cast<int64_t*>(r->data + (one ? 0 : i * r->strides[0])); };
  for (index_t i = 0; i < n; ++i) {
    if (times(i) < 0) return raise(PyExc_ValueError, "repeats may not contain negative values.");
    total += times(i);
  }
  if (!as_array(source)->dtype()->has_references()) return repeated(source, axis, total, times);
  Ref places = array_new(&eng::kInt64, 1, &total);
  if (!places) return {};
  int64_t* to = reinterpret_cast<int64_t*>(as_array(places)->data);
  for (index_t i = 0; i < n; ++i)
    for (index_t k = times(i); k > 0; --k) *to++ = i;
  ArrayView view = as_array(places)->view();
  eng::ArrayIndex index = {1, &axis, &view, axis};
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::gather(as_array(source)->view(), index, &out, results.allocator(), error)) {
    if (error_occurred()) return {};
    return raise_engine(error);
  }
  return std::move(results.objects[0]);
}

}  // namespace

const MethodRow choosing_methods[] = {
    method<m_sort>("sort", "($self, /, axis=-1, kind=None, order=None, *, stable=None)", "Sort an array in-place."),
    method<m_argsort>("argsort", "($self, /, axis=-1, kind=None, order=None, *, stable=None)", "Returns the indices that would sort this array."),
    method<m_partition>("partition", "($self, /, kth, axis=-1, kind='introselect', order=None)", "Partially sorts the elements in the array."),
    method<m_argpartition>("argpartition", "($self, /, kth, axis=-1, kind='introselect', order=None)", "Returns the indices that would partition this array."),
    method<m_searchsorted>("searchsorted", "($self, /, v, side='left', sorter=None)", "Find indices where elements of v should be inserted in a to maintain order."),
    method<m_take>("take", "($self, /, indices, axis=None, out=None, mode='raise')", "Return an array formed from the elements of `a` at the given indices."),
    method<m_put>("put", "($self, /, indices, values, mode='raise')", "Set ``a.flat[n] = values[n]`` for all `n` in indices."),
    method<m_nonzero>("nonzero", "($self, /)", "Return the indices of the elements that are non-zero."),
    method<m_repeat>("repeat", "($self, /, repeats, axis=None)", "Repeat elements of an array."),
    {}};

}  // namespace adder::numpy
