// Indexing of ndarrays: integers and slices give scalars and views, index arrays and masks go to the engine. A key is
// taken apart once; integers beside index arrays count as index arrays, as NumPy has it.
#include <cstring>

#include "array/index/index.h"
#include "numpy/deferred.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::numpy {

namespace {

enum class Kind : uint8_t { integer, slice, new_axis, ellipsis, array, mask, truth };

struct Item {
  Kind kind;
  index_t integer = 0;
  Value value;
  Ref array;  // of array and mask
};

// A key taken apart against an array: the basic part as a view, the rest as index arrays on some of its axes.
struct Selection {
  int nd = 0;
  index_t shape[eng::kMaxDims];
  index_t strides[eng::kMaxDims];
  char* data = nullptr;
  bool scalar = false;  // every axis taken by an integer, no ellipsis
  int fancy = 0;
  int axes[eng::kMaxDims];
  int origins[eng::kMaxDims];  // the indexed array's axis that each index array takes
  Ref arrays[eng::kMaxDims];
  int position = 0;
  Ref whole_mask;  // a single mask of the array's own shape
};

constexpr const char* kInvalidIndex =
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices";

Failure raise_range(index_t index, int axis, index_t size) {
  return raise(PyExc_IndexError, "index %zd is out of bounds for axis %d with size %zd", index, axis, size);
}

bool classify(Value v, Item& item) {
  item.value = v;
  if (v.is_int()) {
    item.kind = Kind::integer;
    item.integer = v.as_int();
    return true;
  }
  if (is_none(v)) {
    item.kind = Kind::new_axis;
    return true;
  }
  if (v == Value{Py_Ellipsis}) {
    item.kind = Kind::ellipsis;
    return true;
  }
  if (is_exact(v, &PySlice_Type)) {
    item.kind = Kind::slice;
    return true;
  }
  const DType* scalar = scalar_dtype(v);
  if (is_bool(v) || scalar == &eng::kBool) {
    item.kind = Kind::truth;
    item.integer = is_bool(v) ? v == boolean(true) : *scalar_data(v) != 0;
    return true;
  }
  if (is_ndarray(v) || is_list(v) || is_tuple(v)) {
    item.array = as_array_ref(v);
    if (!item.array) return false;
    NdArray* a = as_array(item.array);
    if (a->dtype()->is_bool()) {
      if (a->nd == 0) {
        item.kind = Kind::truth;
        item.integer = *a->data != 0;
      } else {
        item.kind = Kind::mask;
      }
      return true;
    }
    if (!is_ndarray(v) && a->size() == 0) {
      item.array = array_cast(a->view(), &eng::kInt64);  // an empty list
      if (!item.array) return false;
      a = as_array(item.array);
    }
    if (!a->dtype()->is_integer()) {
      if (!is_ndarray(v)) return raise(PyExc_IndexError, "%s", kInvalidIndex);
      return raise(PyExc_IndexError, "arrays used as indices must be of integer (or boolean) type");
    }
    if (a->nd == 0) {
      item.kind = Kind::integer;
      Ref python = element_to_python(a->data, a->dtype());
      return python && as_ssize(python, &item.integer);
    }
    if (a->dtype() != &eng::kInt64) {
      item.array = array_cast(a->view(), &eng::kInt64);
      if (!item.array) return false;
    }
    item.kind = Kind::array;
    return true;
  }
  if (is_str(v)) return raise(PyExc_IndexError, "%s", kInvalidIndex);
  Ref number = index(v);
  if (!number) {
    if (!error_matches(PyExc_TypeError)) return false;
    clear_error();
    return raise(PyExc_IndexError, "%s", kInvalidIndex);
  }
  item.kind = Kind::integer;
  Py_ssize_t i;
  if (!as_ssize(number, &i)) {
    clear_error();
    return raise(PyExc_IndexError, "cannot fit 'int' into an index-sized integer");
  }
  item.integer = i;
  return true;
}

bool select_all(NdArray* a, Value key, Selection& s) {
  Item items[eng::kMaxDims + 2];
  int count = 0;
  if (is_tuple(key)) {
    Py_ssize_t n = tuple_size(key);
    if (n > eng::kMaxDims + 1) return raise(PyExc_IndexError, "too many indices for array");
    for (Py_ssize_t i = 0; i < n; ++i)
      if (!classify(tuple_get(key, i), items[count++])) return false;
  } else {
    if (!classify(key, items[count++])) return false;
  }

  int used = 0, ellipses = 0;
  bool arrays = false;
  for (int i = 0; i < count; ++i) {
    switch (items[i].kind) {
      case Kind::integer:
      case Kind::slice:
        ++used;
        break;
      case Kind::array:
        ++used;
        arrays = true;
        break;
      case Kind::mask:
        used += as_array(items[i].array)->nd;
        arrays = true;
        break;
      case Kind::truth:
        arrays = true;
        break;
      case Kind::ellipsis:
        ++ellipses;
        break;
      case Kind::new_axis:
        break;
    }
  }
  if (ellipses > 1) return raise(PyExc_IndexError, "an index can only have a single ellipsis ('...')");
  if (used > a->nd)
    return raise(PyExc_IndexError, "too many indices for array: array is %d-dimensional, but %d were indexed", a->nd, used);

  if (count == 1 && items[0].kind == Kind::mask && as_array(items[0].array)->nd == a->nd) {
    NdArray* mask = as_array(items[0].array);
    for (int i = 0; i < a->nd; ++i)
      if (mask->dimensions[i] != a->dimensions[i])
        return raise(PyExc_IndexError, "boolean index did not match indexed array along axis %d; size of axis is %zd but size of corresponding boolean axis is %zd",
                     i, a->dimensions[i], mask->dimensions[i]);
    s.whole_mask = std::move(items[0].array);
    return true;
  }

  s.data = a->data;
  int axis = 0;
  int first_fancy_item = -1, last_fancy_item = -1;
  bool adjacent = true;
  auto add_axis = [&](index_t length, index_t stride) {
    if (s.nd == eng::kMaxDims) return false;
    s.shape[s.nd] = length;
    s.strides[s.nd++] = stride;
    return true;
  };
  auto add_fancy = [&](Ref array, int item, index_t length, index_t stride) {
    if (first_fancy_item < 0) {
      first_fancy_item = item;
      s.position = s.nd;  // no index arrays before: all axes so far are left over
    } else if (item != last_fancy_item && item != last_fancy_item + 1) {
      adjacent = false;
    }
    last_fancy_item = item;
    s.axes[s.fancy] = s.nd;
    s.origins[s.fancy] = axis;
    s.arrays[s.fancy++] = std::move(array);
    return add_axis(length, stride);
  };
  bool fits = true;
  for (int i = 0; i < count && fits; ++i) {
    Item& item = items[i];
    switch (item.kind) {
      case Kind::integer: {
        index_t length = a->dimensions[axis], at = item.integer < 0 ? item.integer + length : item.integer;
        if (at < 0 || at >= length) return raise_range(item.integer, axis, length);
        if (arrays) {
          Ref one = array_new(&eng::kInt64, 0, nullptr);
          if (!one) return false;
          *reinterpret_cast<int64_t*>(as_array(one)->data) = at;
          fits = add_fancy(std::move(one), i, length, a->strides[axis]);
        } else {
          s.data += at * a->strides[axis];
        }
        ++axis;
        break;
      }
      case Kind::slice: {
        Py_ssize_t start, stop, step;
        if (!slice_unpack(item.value, &start, &stop, &step)) return false;
        Py_ssize_t length = slice_adjust(a->dimensions[axis], &start, &stop, step);
        if (length > 0) s.data += start * a->strides[axis];
        fits = add_axis(length, length > 0 ? a->strides[axis] * step : a->strides[axis]);
        ++axis;
        break;
      }
      case Kind::new_axis:
        fits = add_axis(1, 0);
        break;
      case Kind::ellipsis:
        for (int n = a->nd - used; n > 0 && fits; --n, ++axis) fits = add_axis(a->dimensions[axis], a->strides[axis]);
        break;
      case Kind::array:
        fits = add_fancy(std::move(item.array), i, a->dimensions[axis], a->strides[axis]);
        ++axis;
        break;
      case Kind::mask: {
        NdArray* mask = as_array(item.array);
        for (int k = 0; k < mask->nd; ++k)
          if (mask->dimensions[k] != a->dimensions[axis + k])
            return raise(PyExc_IndexError, "boolean index did not match indexed array along axis %d; size of axis is %zd but size of corresponding boolean axis is %zd",
                         axis + k, a->dimensions[axis + k], mask->dimensions[k]);
        Ref columns[eng::kMaxDims];
        if (!nonzero_columns(mask, columns)) return false;
        for (int k = 0; k < mask->nd && fits; ++k, ++axis)
          fits = add_fancy(std::move(columns[k]), i, a->dimensions[axis], a->strides[axis]);
        break;
      }
      case Kind::truth: {
        index_t n = item.integer ? 1 : 0;
        Ref one = array_new(&eng::kInt64, 1, &n, nullptr, eng::Fill::zero);
        if (!one) return false;
        fits = add_fancy(std::move(one), i, 1, 0);
        break;
      }
    }
  }
  if (!ellipses)
    for (; axis < a->nd && fits; ++axis) fits = add_axis(a->dimensions[axis], a->strides[axis]);
  if (!fits) return raise(PyExc_IndexError, "number of dimensions must be within [0, 64], indexing result would have %d", s.nd + 1);
  s.scalar = s.nd == 0 && !ellipses;
  if (!adjacent) s.position = 0;
  return true;
}

eng::ArrayIndex engine_index(const Selection& s, ArrayView* views) {
  for (int i = 0; i < s.fancy; ++i) views[i] = as_array(s.arrays[i])->view();
  return {s.fancy, s.axes, views, s.position, true};
}

// An index out of range is told by the axis of the array itself.
void name_axis(const Selection& s, eng::Error& error) {
  if (error.code != eng::Code::index_range) return;
  for (int i = 0; i < s.fancy; ++i)
    if (s.axes[i] == error.axis) {
      error.axis = s.origins[i];
      return;
    }
}

Failure raise_index_shapes(const eng::Error& error) {
  Ref text = str_from_ascii("shape mismatch: indexing arrays could not be broadcast together with shapes ");
  for (int i = 0; i < error.count && text; ++i) {
    if (error.shapes[i].nd == 0) continue;  // integers beside index arrays are not told
    Ref shape = shape_text(error.shapes[i].nd, error.shapes[i].dims);
    text = str_format("%U%U ", text.get(), shape.get());
  }
  return raise_value(PyExc_IndexError, text);
}

// The element that plain integers name, or null (no exception: take the general way).
char* plain_element(NdArray* a, Value key) {
  if (key.is_int()) {
    if (a->nd != 1) return nullptr;
    index_t i = key.as_int();
    if (i < 0) i += a->dimensions[0];
    return static_cast<size_t>(i) < static_cast<size_t>(a->dimensions[0]) ? a->data + i * a->strides[0] : nullptr;
  }
  if (is_exact_tuple(key) && tuple_size(key) == a->nd) {
    char* at = a->data;
    for (int k = 0; k < a->nd; ++k) {
      Value v = tuple_get(key, k);
      if (!v.is_int()) return nullptr;
      index_t i = v.as_int();
      if (i < 0) i += a->dimensions[k];
      if (static_cast<size_t>(i) >= static_cast<size_t>(a->dimensions[k])) return nullptr;
      at += i * a->strides[k];
    }
    return at;
  }
  return nullptr;
}

// The common keys, ints and slices, without the general machinery.
struct Basic {
  int nd = 0;
  char* data;
  index_t shape[eng::kMaxDims];
  index_t strides[eng::kMaxDims];
};

// 1: done, 0: the key is not that simple, -1: error.
int select_basic(NdArray* a, Value key, Basic& b) {
  const bool tuple = is_exact_tuple(key);
  const Py_ssize_t count = tuple ? tuple_size(key) : 1;
  if (count > a->nd) return 0;
  b.data = a->data;
  for (Py_ssize_t k = 0; k < count; ++k) {
    Value v = tuple ? tuple_get(key, k) : key;
    const index_t length = a->dimensions[k], stride = a->strides[k];
    if (v.is_int()) {
      index_t i = v.as_int();
      if (i < 0) i += length;
      if (i < 0 || i >= length) {
        raise_range(v.as_int(), static_cast<int>(k), length);
        return -1;
      }
      b.data += i * stride;
    } else if (is_exact(v, &PySlice_Type)) {
      Py_ssize_t start, stop, step;
      if (!slice_unpack(v, &start, &stop, &step)) return -1;
      Py_ssize_t n = slice_adjust(length, &start, &stop, step);
      if (n > 0) b.data += start * stride;
      b.shape[b.nd] = n;
      b.strides[b.nd++] = n > 0 ? stride * step : stride;
    } else {
      return 0;
    }
  }
  for (int k = static_cast<int>(count); k < a->nd; ++k) {
    b.shape[b.nd] = a->dimensions[k];
    b.strides[b.nd++] = a->strides[k];
  }
  return 1;
}

// A value to be stored, as a view of an array or of one element of the target's dtype.
struct Stored {
  Ref keep;
  ArrayView view;
  alignas(16) char element[16];
};

// A value for a special dtype: an array of no dimensions holds what is to be stored.
bool make_special_stored(Value value, const DType* dtype, Stored& out) {
  const bool sequence = is_list_or_tuple(value) && !(dtype->kind == 'V' && dtype->structure && is_tuple(value));
  if (sequence || (!is_str(value) && !is_bytes(value) && !scalar_dtype(value) && !is_none(value) && !value.is_number() && !dtype->is_object() &&
                   !(dtype->kind == 'V' && is_tuple(value)) && is_sequence(value))) {
    out.keep = as_array_ref(value, dtype);
  } else {
    out.keep = array_new(dtype, 0, nullptr, nullptr, eng::Fill::zero);
    if (out.keep && !store_element(as_array(out.keep)->data, dtype, value)) return false;
  }
  if (!out.keep) return false;
  out.view = as_array(out.keep)->view();
  return true;
}

bool make_stored(Value value, const DType* dtype, Stored& out) {
  static const index_t no_dims[1] = {0};
  if (is_ndarray(value)) {
    out.view = as_array(value)->view();
    return true;
  }
  if (dtype->is_special()) return make_special_stored(value, dtype, out);
  if (value.is_number() || scalar_dtype(value) || is_bool(value) || is_int(value) || is_float(value)) {
    if (!store_element(out.element, dtype, value)) return false;
    out.view = {out.element, 0, eng::kCContiguous | eng::kFContiguous | eng::kAligned, no_dims, no_dims, dtype};
    return true;
  }
  // Sequences take the target's dtype at once; arrays within keep theirs and are cast on the way.
  out.keep = as_array_ref(value, is_list_or_tuple(value) || is_str(value) || is_none(value) ? dtype : nullptr);
  if (!out.keep) return false;
  out.view = as_array(out.keep)->view();
  return true;
}

}  // namespace

bool nonzero_columns(NdArray* a, Ref* columns) {
  Results results;
  ArrayView out;
  eng::Error error;
  if (!eng::nonzero(a->view(), &out, results.allocator(), error)) {
    if (error_occurred()) return false;
    return raise_engine(error);
  }
  NdArray* rows = as_array(results.objects[0]);
  for (int i = 0; i < a->nd; ++i) {
    columns[i] = array_view(rows, rows->data + (rows->dimensions[0] ? 8 * i : 0), 1, rows->dimensions, rows->strides, &eng::kInt64);
    if (!columns[i]) return false;
  }
  return true;
}

Ref array_subscript(Value self, Value key) {
  NdArray* a = as_array(self);
  if (char* at = plain_element(a, key)) return element_of(a, at);
  Basic basic;
  int simple = select_basic(a, key, basic);
  if (simple < 0) return {};
  if (simple) return array_view(a, basic.data, basic.nd, basic.shape, basic.strides, a->dtype(), type_of(self));
  if (is_exact_ndarray(key)) {
    // A mask of the array's shape, or int64 places on its first axis, as they come.
    NdArray* by = as_array(key);
    bool mask = by->dtype() == &eng::kBool && by->nd == a->nd && a->nd > 0;
    for (int i = 0; mask && i < a->nd; ++i) mask = by->dimensions[i] == a->dimensions[i];
    if (mask && nodes.site) {
      Ref node = chosen_node(self, key);
      if (node || error_occurred()) return node;
    }
    if (mask || (by->dtype() == &eng::kInt64 && by->nd > 0 && a->nd == 1)) {
      Results results;
      ArrayView out;
      eng::Error error;
      ArrayView places = by->view();
      const int axis = 0;
      eng::ArrayIndex index = {1, &axis, &places, 0};
      if (mask ? eng::select(a->view(), places, &out, results.allocator(), error) : eng::gather(a->view(), index, &out, results.allocator(), error))
        return std::move(results.objects[0]);
      if (error_occurred()) return {};
      return raise_engine(error);
    }
  }
  if (a->dtype()->structure && (is_str(key) || (is_list(key) && sequence_size(key) > 0 && is_str(sequence_get(key, 0)))))
    return is_str(key) ? field_view(a, key) : fields_view(a, key);
  Selection s;
  if (!select_all(a, key, s)) return {};
  Results results;
  ArrayView out;
  eng::Error error;
  if (s.whole_mask) {
    if (!eng::select(a->view(), as_array(s.whole_mask)->view(), &out, results.allocator(), error)) {
      if (error_occurred()) return {};
      return raise_engine(error);
    }
    return std::move(results.objects[0]);
  }
  if (s.fancy) {
    ArrayView views[eng::kMaxDims];
    eng::ArrayIndex index = engine_index(s, views);
    ArrayView from = {s.data, s.nd, 0, s.shape, s.strides, a->dtype()};
    if (!eng::gather(from, index, &out, results.allocator(), error)) {
      if (error_occurred()) return {};
      name_axis(s, error);
      if (error.code == eng::Code::broadcast) return raise_index_shapes(error);
      return raise_engine(error);
    }
    if (s.position == 0) return std::move(results.objects[0]);
    // NumPy gathers with the index axes first and gives a transposed view of that.
    NdArray* laid = as_array(results.objects[0]);
    return array_view(laid, laid->data, laid->nd, laid->dimensions, laid->strides, laid->dtype());
  }
  if (s.scalar) return element_of(a, s.data);
  return array_view(a, s.data, s.nd, s.shape, s.strides, a->dtype(), type_of(self));
}

bool array_store_subscript(Value self, Value key, Value value) {
  NdArray* a = as_array(self);
  if (value.absent()) return raise(PyExc_ValueError, "cannot delete array elements");
  if (!check_writeable(a)) return false;
  if (is_node(value)) {
    if (is_exact(key, &PyEllipsis_Type)) return store_node(a->view(), value, false);
    if (is_exact_ndarray(key) && as_array(key)->dtype() == &eng::kBool && eng::same_shape(as_array(key)->view(), a->view())) {
      bool handled;
      if (!store_node_under(a, key, value, &handled)) return false;
      if (handled) return true;
    }
    Basic basic;
    const int simple = select_basic(a, key, basic);
    if (simple < 0) return false;
    if (simple && basic.nd > 0) return store_node({basic.data, basic.nd, 0, basic.shape, basic.strides, a->dtype()}, value, false);
    Ref array = settled(value);
    return array && array_store_subscript(self, key, array);
  }
  if (char* at = plain_element(a, key)) {
    const DType* dtype = a->dtype();
    if (dtype == &eng::kFloat64 && value.is_number()) {
      *reinterpret_cast<double*>(at) = value.is_float() ? value.as_float() : static_cast<double>(value.as_int());
      return true;
    }
    if (dtype->is_special()) {
      if (!is_ndarray(value) || as_array(value)->nd == 0 || dtype->is_object()) {
        if (dtype->is_object() && is_ndarray(value) && as_array(value)->nd == 0) {
          Ref item = element_to_python(as_array(value)->data, as_array(value)->dtype());
          return item && store_object(at, item);
        }
        return store_element(at, dtype, value);
      }
    } else if (!is_ndarray(value) || as_array(value)->nd == 0) {
      return store_element(at, dtype, value);
    }
  }
  if (a->dtype()->structure && (is_str(key) || (is_list(key) && sequence_size(key) > 0 && is_str(sequence_get(key, 0))))) {
    Ref view = is_str(key) ? field_view(a, key) : fields_view(a, key);
    return view && array_store_subscript(view, Value{Py_Ellipsis}, value);
  }
  Stored stored;
  eng::Error error;
  eng::Conditions raised = 0;
  Basic basic;
  int simple = select_basic(a, key, basic);
  if (simple < 0) return false;
  if (simple) {
    if (!make_stored(value, a->dtype(), stored)) return false;
    ArrayView to = {basic.data, basic.nd, 0, basic.shape, basic.strides, a->dtype()};
    return assign_array(to, stored.view);
  }
  Selection s;
  if (!select_all(a, key, s)) return false;
  if (!make_stored(value, a->dtype(), stored) || !warn_of_discarding(stored.view.dtype, a->dtype())) return false;
  bool done;
  if (s.whole_mask) {
    if (stored.view.nd > 1)
      return raise(PyExc_TypeError, "NumPy boolean array indexing assignment requires a 0 or 1-dimensional input, input has %d dimensions", stored.view.nd);
    done = eng::store_masked(a->view(), as_array(s.whole_mask)->view(), stored.view, &raised, error);
  } else if (s.fancy) {
    ArrayView views[eng::kMaxDims];
    eng::ArrayIndex index = engine_index(s, views);
    ArrayView to = {s.data, s.nd, 0, s.shape, s.strides, a->dtype()};
    done = eng::scatter(to, index, stored.view, &raised, error);
    if (!done) name_axis(s, error);
    if (!done && error.code == eng::Code::broadcast) return raise_index_shapes(error);
    if (!done && error.code == eng::Code::assign_broadcast) {
      Ref from = shape_text(error.shapes[0].nd, error.shapes[0].dims);
      Ref target = shape_text(error.shapes[1].nd, error.shapes[1].dims);
      return raise(PyExc_ValueError, "shape mismatch: value array of shape %U could not be broadcast to indexing result of shape %U", from.get(), target.get());
    }
  } else {
    ArrayView to = {s.data, s.nd, 0, s.shape, s.strides, a->dtype()};
    done = eng::assign(to, stored.view, &raised, error);
  }
  if (!done) return raise_engine(error);
  return !raised || report_conditions(raised, "cast");
}

}  // namespace adder::numpy
