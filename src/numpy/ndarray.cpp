// The ndarray object: its memory, views, attributes and protocol slots. Small arrays are one block: header, shape, strides
// and data; larger ones own an engine buffer; views hold on to the array that owns the memory.
#include "numpy/deferred.h"
#include "numpy/special.h"

#include <cstring>

#include "memory/gc.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

ADDER_TYPE(ndarray_type);
ADDER_TYPE(iterator_type);

namespace {

constexpr Py_ssize_t kDataOffset = (sizeof(NdArray) + 15) & ~15;

// Header of an array with room for its dimensions; data is the caller's.
NdArray* make_header(PyTypeObject* type, int nd, const DType* dtype, Py_ssize_t inline_bytes) {
  NdArray* a;
  if (type == &ndarray_type) {
    size_t aligned_bytes = static_cast<size_t>(kDataOffset + inline_bytes + 15) & ~size_t{15};  // a multiple of 16 lies at one
    a = reinterpret_cast<NdArray*>(object_new_raw(type, aligned_bytes));
    if (!a) return nullptr;
    std::memset(reinterpret_cast<char*>(a) + sizeof(PyObject), 0, offsetof(NdArray, inline_dims) - sizeof(PyObject));
  } else {
    a = reinterpret_cast<NdArray*>(allocate_instance(type));
    if (!a) return nullptr;
  }
  a->nd = nd;
  a->dimensions = a->inline_dims;
  if (nd > kInlineDims) {
    a->dimensions = static_cast<index_t*>(object_malloc(2 * sizeof(index_t) * static_cast<size_t>(nd)));
    if (!a->dimensions) {
      a->dimensions = a->inline_dims;
      a->nd = 0;
      decref(reinterpret_cast<PyObject*>(a));
      return raise_no_memory();
    }
  }
  a->strides = a->dimensions + nd;
  a->descr = dtype_object(dtype);
  incref(reinterpret_cast<PyObject*>(a->descr));
  return a;
}

void array_dealloc(PyObject* o) {
  auto* a = reinterpret_cast<NdArray*>(o);
  PyTypeObject* type = o->ob_type;
  if (a->weakreflist) clear_weakrefs(o);
  if (a->owns_references()) [[unlikely]] {
    a->flags &= ~kHoldsReferences;
    eng::destroy_elements(a->dtype(), a->data, a->size());
  }
  if (a->buffer) a->buffer->release();
  if (a->dimensions != a->inline_dims && a->dimensions) object_free(a->dimensions);
  PyObject* base = a->base;
  a->base = nullptr;
  if (a->descr) decref(reinterpret_cast<PyObject*>(a->descr));
  if (type == &ndarray_type) object_free(o);
  else type->tp_free(o);  // a subclass: its own deallocation releases the type
  if (base) decref(base);
}

}  // namespace

Ref finalized(Ref made, Value from) {
  if (!made || is_exact_ndarray(made)) return made;
  Value hook = type_lookup(type_of(made), "__array_finalize__"_id);
  if (hook.absent() || is_none(hook)) return made;
  Ref done = call_method(made, "__array_finalize__"_id, {from});
  return done ? std::move(made) : Ref{};
}

namespace {

// An array of sub-arrays is one of their elements, with their axes behind its own.
Ref array_of_subarrays(const DType* dtype, int nd, const index_t* shape, const int* order, eng::Fill fill, PyTypeObject* type) {
  const eng::Structure& s = *dtype->structure;
  if (nd + s.nd > eng::kMaxDims) return raise(PyExc_ValueError, "maximum supported dimension for an ndarray is currently 64, found %d", nd + s.nd);
  index_t joint[eng::kMaxDims];
  int axes[eng::kMaxDims];
  for (int i = 0; i < nd + s.nd; ++i) {
    joint[i] = i < nd ? shape[i] : s.shape[i - nd];
    axes[i] = i < nd && order ? order[i] : i;
  }
  return array_new(s.base, nd + s.nd, joint, order ? axes : nullptr, fill, type);
}

}  // namespace

Ref array_new(const DType* dtype, int nd, const index_t* shape, const int* order, eng::Fill fill, PyTypeObject* type) {
  eng::Error error;
  index_t bytes;
  if (dtype->is_special()) [[unlikely]] {
    if (dtype->structure && dtype->structure->base) return array_of_subarrays(dtype, nd, shape, order, fill, type);
    if (dtype->has_references() || dtype->structure) fill = eng::Fill::zero;
  }
  if (!eng::count_bytes(nd, shape, dtype->size, &bytes, error)) return raise_engine(error);
  const bool inside = bytes <= kInlineBytes && type == &ndarray_type;
  NdArray* a = make_header(type, nd, dtype, inside ? (bytes ? bytes : 16) : 0);
  if (!a) return {};
  Ref ref = Ref::steal(Value{reinterpret_cast<PyObject*>(a)});
  if (nd) std::memcpy(a->dimensions, shape, sizeof(index_t) * static_cast<size_t>(nd));
  if (bytes == 0) {
    // NumPy's fresh empty arrays have no strides to speak of.
    for (int i = 0; i < nd; ++i) a->strides[i] = 0;
    a->flags = eng::kCContiguous | eng::kFContiguous | eng::kOwnData | eng::kAligned | eng::kWriteable;
  } else if (nd == 1) {
    a->strides[0] = dtype->size;
    a->flags = eng::kCContiguous | eng::kFContiguous | eng::kOwnData | eng::kAligned | eng::kWriteable;
  } else {
    eng::ordered_strides(nd, shape, dtype->size, order, a->strides);
    a->flags = eng::layout_flags(nd, a->dimensions, a->strides, nullptr, dtype) | eng::kOwnData | eng::kAligned | eng::kWriteable;
  }
  if (inside) {
    a->data = reinterpret_cast<char*>(a) + kDataOffset;
    if (fill == eng::Fill::zero) std::memset(a->data, 0, static_cast<size_t>(bytes));
    if (dtype->has_references()) a->flags |= kHoldsReferences;
    return ref;
  }
  a->buffer = eng::allocate_buffer(static_cast<size_t>(bytes ? bytes : 1), fill);
  if (!a->buffer) {
    error.size = bytes;
    error.shapes[0].set(nd, shape);
    error.dtypes[0] = dtype;
    error.fail(eng::Code::no_memory);
    return raise_engine(error);
  }
  a->data = a->buffer->data;
  if (dtype->has_references()) a->flags |= kHoldsReferences;
  return ref;
}

Ref array_over(Ref owner, char* data, int nd, const index_t* shape, const index_t* strides, const DType* dtype, bool writeable) {
  NdArray* a = make_header(&ndarray_type, nd, dtype, 0);
  if (!a) return {};
  std::memcpy(a->dimensions, shape, sizeof(index_t) * static_cast<size_t>(nd));
  std::memcpy(a->strides, strides, sizeof(index_t) * static_cast<size_t>(nd));
  a->data = data;
  a->flags = eng::layout_flags(nd, shape, strides, data, dtype) | (writeable ? eng::kWriteable : 0);
  a->base = owner.release().object();
  return Ref::steal(Value{reinterpret_cast<PyObject*>(a)});
}

Ref array_view(NdArray* base, char* data, int nd, const index_t* shape, const index_t* strides, const DType* dtype, PyTypeObject* type,
               Value from) {
  NdArray* a = make_header(type, nd, dtype, 0);
  if (!a) return {};
  for (int i = 0; i < nd; ++i) {
    a->dimensions[i] = shape[i];
    a->strides[i] = strides[i];
  }
  a->data = data;
  a->flags = eng::layout_flags(nd, shape, strides, data, dtype) | (base->flags & eng::kWriteable);
  // The base is the array that owns the memory, not a chain of views.
  if (from.absent()) from = Value{reinterpret_cast<PyObject*>(base)};
  PyObject* owner = reinterpret_cast<PyObject*>(base);
  while (base->base && is_exact_ndarray(Value{base->base}) && base->head.ob_type == type) {
    owner = base->base;
    base = reinterpret_cast<NdArray*>(owner);
  }
  incref(owner);
  a->base = owner;
  Ref view = Ref::steal(Value{reinterpret_cast<PyObject*>(a)});
  return type == &ndarray_type ? std::move(view) : finalized(std::move(view), from);
}

Ref array_copy(const ArrayView& view, char order) { return array_cast(view, view.dtype, order); }

Ref array_cast(const ArrayView& view, const DType* dtype, char order) {
  int axes[eng::kMaxDims];
  const int* chosen = nullptr;
  if (order == 'A') order = view.f_contiguous() && !view.c_contiguous() ? 'F' : 'C';
  if (order == 'K' && view.c_contiguous()) order = 'C';
  if (order == 'K' && view.f_contiguous()) order = 'F';
  if (order == 'F') {
    for (int i = 0; i < view.nd; ++i) axes[i] = view.nd - 1 - i;
    chosen = axes;
  } else if (order == 'K') {
    eng::stride_order(view.nd, view.strides, axes);
    chosen = axes;
  }
  Ref result = array_new(dtype, view.nd, view.shape, chosen);
  if (!result) return {};
  return assign_array(as_array(result)->view(), view) ? std::move(result) : Ref{};
}

Ref unwrap(Ref array) {
  if (!array || as_array(array)->nd != 0 || !is_exact_ndarray(array)) return array;
  return element_of(as_array(array), as_array(array)->data);
}

Ref element_of(NdArray* a, char* at) {
  const DType* dtype = a->dtype();
  if (dtype->kind != 'V') [[likely]] return element_to_scalar(at, dtype);
  return special_to_scalar(at, dtype, Value{reinterpret_cast<PyObject*>(a)});
}

bool check_writeable(NdArray* a) {
  if (a->flags & eng::kWriteable) return true;
  return raise(PyExc_ValueError, "assignment destination is read-only");
}

eng::Allocator Results::allocator() {
  return {[](void* self, int index, const DType* dtype, int nd, const index_t* shape, const int* order, ArrayView* out,
             eng::Error& error) {
            Ref made = array_new(dtype, nd, shape, order);
            if (!made) return error.fail(eng::Code::ok);  // the Python exception is set
            *out = as_array(made)->view();
            static_cast<Results*>(self)->objects[index] = std::move(made);
            return true;
          },
          this};
}

// ---- attributes ------------------------------------------------------------------------------------------------------

namespace {

Ref int_tuple(int n, const index_t* values) {
  Ref t = tuple_new(n);
  if (!t) return {};
  for (int i = 0; i < n; ++i) {
    Ref v = int_from_ssize(values[i]);
    if (!v) return {};
    tuple_init(t, i, std::move(v));
  }
  return t;
}

Ref get_shape(Value self) { return int_tuple(as_array(self)->nd, as_array(self)->dimensions); }
Ref get_strides(Value self) { return int_tuple(as_array(self)->nd, as_array(self)->strides); }
Ref get_ndim(Value self) { return Ref::from_int(as_array(self)->nd); }
Ref get_size(Value self) { return int_from_ssize(as_array(self)->size()); }
Ref get_itemsize(Value self) { return int_from_ssize(as_array(self)->dtype()->size); }
Ref get_nbytes(Value self) { return int_from_ssize(as_array(self)->size() * as_array(self)->dtype()->size); }
Ref get_dtype(Value self) { return dtype_ref(as_array(self)->dtype()); }
// Another dtype over the same memory, in place.
bool set_dtype(Value self, Value value) {
  NdArray* a = as_array(self);
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array dtype");
  const DType* dtype;
  if (!dtype_from(value, &dtype)) return false;
  if (dtype->has_references() != a->dtype()->has_references() || (dtype->has_references() && dtype != a->dtype() && !eng::is_structured(dtype)))
    return raise(PyExc_TypeError, "Cannot change data-type for array of references.");
  if (dtype->structure && dtype->structure->base) return raise(PyExc_TypeError, "cannot set a sub-array dtype in place: take a view");
  if (dtype->size == a->dtype()->size) {
    PyObject* former = reinterpret_cast<PyObject*>(a->descr);
    a->descr = dtype_object(dtype);
    incref(reinterpret_cast<PyObject*>(a->descr));
    decref(former);
    return true;
  }
  Ref view = call_method(self, "view"_id, {value});
  if (!view) return false;
  NdArray* v = as_array(view);
  if (v->nd != a->nd) return raise(PyExc_ValueError, "the dtype does not fit the array");
  std::memcpy(a->dimensions, v->dimensions, sizeof(index_t) * static_cast<size_t>(a->nd));
  std::memcpy(a->strides, v->strides, sizeof(index_t) * static_cast<size_t>(a->nd));
  PyObject* old = reinterpret_cast<PyObject*>(a->descr);
  a->descr = dtype_object(dtype);
  incref(reinterpret_cast<PyObject*>(a->descr));
  decref(old);
  a->flags = (a->flags & ~(eng::kCContiguous | eng::kFContiguous | eng::kAligned)) | eng::layout_flags(a->nd, a->dimensions, a->strides, a->data, dtype);
  return true;
}
Ref get_base(Value self) { return as_array(self)->base ? from_c(as_array(self)->base) : none_ref(); }
Ref get_transposed(Value self) {
  NdArray* a = as_array(self);
  if (a->nd < 2) return array_view(a, a->data, a->nd, a->dimensions, a->strides, a->dtype(), type_of(self));
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  for (int i = 0; i < a->nd; ++i) {
    shape[i] = a->dimensions[a->nd - 1 - i];
    strides[i] = a->strides[a->nd - 1 - i];
  }
  return array_view(a, a->data, a->nd, shape, strides, a->dtype(), type_of(self));
}
Ref get_matrix_transposed(Value self) {
  NdArray* a = as_array(self);
  if (a->nd < 2) return raise(PyExc_ValueError, "matrix transpose with ndim < 2 is undefined");
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  std::memcpy(shape, a->dimensions, sizeof(index_t) * static_cast<size_t>(a->nd));
  std::memcpy(strides, a->strides, sizeof(index_t) * static_cast<size_t>(a->nd));
  std::swap(shape[a->nd - 1], shape[a->nd - 2]);
  std::swap(strides[a->nd - 1], strides[a->nd - 2]);
  return array_view(a, a->data, a->nd, shape, strides, a->dtype(), type_of(self));
}
// The real or imaginary parts of a complex array: a view.
Ref parts(Value self, index_t offset) {
  NdArray* a = as_array(self);
  const DType* part = eng::part_of(a->dtype());
  if (a->dtype()->swapped_from) part = eng::swapped_dtype(part);
  return array_view(a, a->data + offset, a->nd, a->dimensions, a->strides, part, type_of(self));
}
Ref get_real(Value self) { return as_array(self)->dtype()->is_complex() ? parts(self, 0) : Ref::copy(self); }
Ref get_imag(Value self) {
  NdArray* a = as_array(self);
  if (a->dtype()->is_complex()) return parts(self, a->dtype()->size / 2);
  Ref zeros = array_new(a->dtype(), a->nd, a->dimensions, nullptr, eng::Fill::zero);
  if (zeros && a->dtype()->is_object() && !call_method(zeros, "fill"_id, {Value::from_int(0)})) return {};
  if (zeros) as_array(zeros)->flags &= ~eng::kWriteable;
  return zeros;
}
bool set_part(Ref part, Value value) { return part && set_item(part, Value{Py_Ellipsis}, value); }
bool set_real(Value self, Value value) {
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array real part");
  return set_part(get_real(self), value);
}
bool set_imag(Value self, Value value) {
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array imaginary part");
  if (!as_array(self)->dtype()->is_complex()) return raise(PyExc_TypeError, "array does not have imaginary part to set");
  return set_part(get_imag(self), value);
}
Ref get_data(Value self) { return memoryview_of(self); }

bool set_shape(Value self, Value value) {
  NdArray* a = as_array(self);
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array shape");
  int nd;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims];
  eng::Error error;
  if (!shape_from(value, &nd, shape)) return false;
  if (!eng::resolve_shape(a->size(), nd, shape, error)) return raise_engine(error);
  if (!eng::reshape_view(a->view(), nd, shape, 'C', strides))
    return raise(PyExc_AttributeError, "Incompatible shape for in-place modification. Use `.reshape()` to make a copy with the desired shape.");
  if (nd > kInlineDims && nd > a->nd) {
    auto* dims = static_cast<index_t*>(object_malloc(2 * sizeof(index_t) * static_cast<size_t>(nd)));
    if (!dims) return raise_no_memory();
    if (a->dimensions != a->inline_dims) object_free(a->dimensions);
    a->dimensions = dims;
  }
  a->nd = nd;
  a->strides = a->dimensions + nd;
  std::memcpy(a->dimensions, shape, sizeof(index_t) * static_cast<size_t>(nd));
  std::memcpy(a->strides, strides, sizeof(index_t) * static_cast<size_t>(nd));
  a->flags = (a->flags & ~(eng::kCContiguous | eng::kFContiguous)) | eng::layout_flags(nd, shape, strides, a->data, a->dtype());
  return true;
}

// Other steps over the memory of the array that owns it, and no further.
bool set_strides(Value self, Value value) {
  NdArray* a = as_array(self);
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array strides");
  int nd;
  index_t strides[eng::kMaxDims];
  if (!shape_from(value, &nd, strides)) return false;
  if (nd != a->nd) return raise(PyExc_ValueError, "strides must be same length as shape (%d)", a->nd);
  NdArray* owner = a;
  while (owner->base && is_ndarray(Value{owner->base})) owner = as_array(Value{owner->base});
  const eng::Extent memory = eng::extent(owner->view());
  ArrayView wanted = a->view();
  wanted.strides = strides;
  const eng::Extent touched = eng::extent(wanted);
  if (a->size() && (touched.begin < memory.begin || touched.end > memory.end)) return raise(PyExc_ValueError, "strides is not compatible with available memory");
  std::memcpy(a->strides, strides, sizeof(index_t) * static_cast<size_t>(nd));
  a->flags = (a->flags & ~(eng::kCContiguous | eng::kFContiguous | eng::kAligned)) | eng::layout_flags(nd, a->dimensions, strides, a->data, a->dtype());
  return true;
}

Ref get_interface(Value self) {
  NdArray* a = as_array(self);
  Ref d = dict_new();
  Ref address = int_from_u64(reinterpret_cast<uint64_t>(a->data));
  Ref pair = tuple_of({address, boolean(!(a->flags & eng::kWriteable))});
  Ref shape = get_shape(self);
  Ref strides = a->flags & eng::kCContiguous ? none_ref() : get_strides(self);
  Ref text = str_from_ascii(a->dtype()->typestr);
  Ref own_dtype = dtype_ref(a->dtype());
  if (!d || !pair || !shape || !strides || !text) return {};
  Ref descr = getattr(own_dtype, "descr"_id);
  if (!descr) return {};
  if (!dict_set_str(d, "data"_id, pair) || !dict_set_str(d, "strides"_id, strides) || !dict_set_str(d, "descr"_id, descr) ||
      !dict_set_str(d, "typestr"_id, text) || !dict_set_str(d, "shape"_id, shape) ||
      !dict_set_str(d, "version"_id, Value::from_int(3)))
    return {};
  return d;
}

Ref get_ctypes(Value self) {
  Ref module = hooks.import_module("numpy._core._internal"_id), maker = module ? getattr(module, "_ctypes"_id) : Ref{};
  Ref address = int_from_u64(reinterpret_cast<uint64_t>(as_array(self)->data));
  return maker && address ? call(maker, {self, address}) : Ref{};
}
Ref get_flags(Value self) {
  // A small object of the Python part that reads the bits.
  Ref module = hooks.import_module("numpy._core.flags"_id);
  if (!module) return {};
  Ref maker = getattr(module, "flagsobj"_id);
  if (!maker) return {};
  return call(maker, {self, Value::from_int(as_array(self)->flags)});
}

Ref get_flat(Value self) {
  Ref module = hooks.import_module("numpy._core.flatiter"_id);
  if (!module) return {};
  Ref maker = getattr(module, "flatiter"_id);
  if (!maker) return {};
  return call(maker, {self});
}
bool set_flat(Value self, Value value) {
  if (value.absent()) return raise(PyExc_AttributeError, "Cannot delete array flat iterator");
  Ref flat = get_flat(self);
  if (!flat) return false;
  Ref whole = slice_new(none(), none(), none());
  return whole && set_item(flat, whole, value);
}

// Gives an array other memory of its own for another number of elements, in place: those there is room for, then zeros.
bool resize_in_place(NdArray* a, int nd, const index_t* shape) {
  const DType* dtype = a->dtype();
  eng::Error error;
  index_t bytes, had = a->size(), n = 1;
  if (!eng::count_bytes(nd, shape, dtype->size, &bytes, error)) return raise_engine(error);
  for (int i = 0; i < nd; ++i) n *= shape[i];
  index_t* dims = nullptr;
  if (nd > kInlineDims && nd > a->nd && !(dims = static_cast<index_t*>(object_malloc(2 * sizeof(index_t) * static_cast<size_t>(nd))))) return raise_no_memory();
  if (n != had) {
    eng::Buffer* buffer = eng::allocate_buffer(static_cast<size_t>(bytes ? bytes : 1), eng::Fill::zero);
    if (!buffer) {
      object_free(dims);
      return raise_no_memory();
    }
    // Bytes move, references with them; what falls off is given up.
    std::memcpy(buffer->data, a->data, static_cast<size_t>((n < had ? n : had) * dtype->size));
    if (dtype->has_references()) {
      if (n < had) eng::destroy_elements(dtype, a->data + n * dtype->size, had - n);
      for (index_t i = had; dtype->is_object() && i < n; ++i) store_element(buffer->data + i * dtype->size, dtype, Value::from_int(0));
      a->flags |= kHoldsReferences;
    }
    if (a->buffer) a->buffer->release();
    a->buffer = buffer;
    a->data = buffer->data;
  }
  const bool fortran = a->nd > 1 && !(a->flags & eng::kCContiguous);
  if (dims) {
    if (a->dimensions != a->inline_dims) object_free(a->dimensions);
    a->dimensions = dims;
  }
  a->nd = nd;
  a->strides = a->dimensions + nd;
  std::memcpy(a->dimensions, shape, sizeof(index_t) * static_cast<size_t>(nd));
  (fortran ? eng::f_strides : eng::c_strides)(nd, shape, dtype->size, a->strides);
  a->flags = (a->flags & ~(eng::kCContiguous | eng::kFContiguous | eng::kAligned)) | eng::layout_flags(nd, a->dimensions, a->strides, a->data, dtype);
  return true;
}

// Names that NumPy 2 took away.
Ref get_ptp(Value) { return raise(PyExc_AttributeError, "`ptp` was removed from the ndarray class in NumPy 2.0. Use np.ptp(arr, ...) instead."); }
Ref get_itemset(Value) {
  return raise(PyExc_AttributeError, "`itemset` was removed from the ndarray class in NumPy 2.0. Use `arr[index] = value` instead.");
}
Ref get_newbyteorder(Value) {
  return raise(PyExc_AttributeError, "`newbyteorder` was removed from the ndarray class in NumPy 2.0. Use `arr.view(arr.dtype.newbyteorder(order))` instead.");
}

}  // namespace

// a.resize(new_shape…, refcheck=True)
Ref m_resize(Value self, Args args) {
  NdArray* a = as_array(self);
  bool check = true;
  for (Py_ssize_t k = 0, keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k);
    if (!str_equals(name, "refcheck")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for resize()", name);
    const int truth = is_true(args.v[args.n + static_cast<size_t>(k)]);
    if (truth < 0) return {};
    check = truth;
  }
  if (args.n == 0 || (args.n == 1 && is_none(args[0]))) return none_ref();
  int nd;
  index_t shape[eng::kMaxDims];
  Ref whole;
  if (args.n > 1) {
    whole = tuple_new(static_cast<Py_ssize_t>(args.n));
    for (size_t i = 0; whole && i < args.n; ++i) tuple_init(whole, static_cast<Py_ssize_t>(i), Ref::copy(args[i]));
    if (!whole) return {};
  }
  if (!shape_from(whole ? Value{whole} : args[0], &nd, shape)) return {};
  index_t n = 1;
  for (int i = 0; i < nd; ++i) {
    if (shape[i] < 0) return raise(PyExc_ValueError, "negative dimensions not allowed");
    n *= shape[i];
  }
  if (!(a->flags & (eng::kCContiguous | eng::kFContiguous))) return raise(PyExc_ValueError, "resize only works on single-segment arrays");
  if (n != a->size()) {
    if (!(a->flags & eng::kOwnData)) return raise(PyExc_ValueError, "cannot resize this array: it does not own its data");
    if (!(a->flags & eng::kWriteable)) return raise(PyExc_ValueError, "cannot resize this array: it is read-only");
    if (a->base || a->weakreflist) return raise(PyExc_ValueError, "cannot resize an array that references or is referenced\nby another array in this way. Use the np.resize function.");
    // The caller's variable and this call.
    if (check && self.object()->ob_refcnt > 2)
      return raise(PyExc_ValueError, "cannot resize an array that references or is referenced\nby another array in this way.\nUse the np.resize function or refcheck=False");
  }
  return resize_in_place(a, nd, shape) ? none_ref() : Ref{};
}

namespace {

const GetSetRow array_getset[] = {
    getset<get_ptp>("ptp"),
    getset<get_itemset>("itemset"),
    getset<get_newbyteorder>("newbyteorder"),
    getset<get_shape, set_shape>("shape", "Tuple of array dimensions."),
    getset<get_strides, set_strides>("strides", "Tuple of bytes to step in each dimension when traversing an array."),
    getset<get_ndim>("ndim", "Number of array dimensions."),
    getset<get_size>("size", "Number of elements in the array."),
    getset<get_itemsize>("itemsize", "Length of one array element in bytes."),
    getset<get_nbytes>("nbytes", "Total bytes consumed by the elements of the array."),
    getset<get_dtype, set_dtype>("dtype", "Data-type of the array's elements."),
    getset<get_base>("base", "Base object if memory is from some other object."),
    getset<get_transposed>("T", "View of the transposed array."),
    getset<get_matrix_transposed>("mT", "View of the matrix transposed array."),
    getset<get_real, set_real>("real", "The real part of the array."),
    getset<get_imag, set_imag>("imag", "The imaginary part of the array."),
    getset<get_data>("data", "Python buffer object pointing to the start of the array's data."),
    getset<get_interface>("__array_interface__", "Array protocol: Python side."),
    getset<get_ctypes>("ctypes", "An object to simplify the interaction of the array with the ctypes module."),
    getset<get_flags>("flags", "Information about the memory layout of the array."),
    getset<get_flat, set_flat>("flat", "A 1-D iterator over the array."),
    {}};

// ---- iteration: rows, or scalars of a 1-d array ------------------------------------------------------------------------

struct ArrayIterator {
  PyObject head;
  PyObject* array;
  index_t next;
};

void iterator_dealloc(PyObject* o) {
  auto* it = reinterpret_cast<ArrayIterator*>(o);
  PyObject* array = it->array;
  object_free(o);
  if (array) decref(array);
}

Ref array_item(NdArray* a, index_t i) {
  char* at = a->data + i * a->strides[0];
  if (a->nd == 1) return element_of(a, at);
  return array_view(a, at, a->nd - 1, a->dimensions + 1, a->strides + 1, a->dtype(), a->head.ob_type);
}

Ref iterator_next(Value self) {
  auto* it = self.as<ArrayIterator>();
  if (!it->array) return {};
  auto* a = reinterpret_cast<NdArray*>(it->array);
  if (it->next < a->dimensions[0]) return array_item(a, it->next++);
  it->array = nullptr;
  decref(reinterpret_cast<PyObject*>(a));
  return {};
}

Ref iterator_self(Value self) { return Ref::copy(self); }

Ref array_iter(Value self) {
  NdArray* a = as_array(self);
  if (a->nd == 0) return raise(PyExc_TypeError, "iteration over a 0-d array");
  auto* it = reinterpret_cast<ArrayIterator*>(object_new_raw(&iterator_type, sizeof(ArrayIterator)));
  if (!it) return {};
  incref(self);
  it->array = self.object();
  it->next = 0;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(it)});
}

Py_ssize_t array_length(Value self) {
  NdArray* a = as_array(self);
  if (a->nd == 0) return raise(PyExc_TypeError, "len() of unsized object");
  return a->dimensions[0];
}

Ref array_sq_item(Value self, Py_ssize_t i) {
  NdArray* a = as_array(self);
  if (a->nd == 0) return raise(PyExc_IndexError, "too many indices for array: array is 0-dimensional, but 1 were indexed");
  if (i < 0) i += a->dimensions[0];
  if (i < 0 || i >= a->dimensions[0])
    return raise(PyExc_IndexError, "index %zd is out of bounds for axis 0 with size %zd", i, a->dimensions[0]);
  return array_item(a, i);
}

int array_contains(Value self, Value item) {
  Ref same = compare_operation(self, item, Py_EQ);
  if (!same || same.get() == not_implemented()) return same ? 0 : -1;
  if (!is_ndarray(same)) return is_true(same);
  Ref any = call_method(same, "any"_id);
  return any ? is_true(any) : -1;
}

int array_bool(Value self) {
  NdArray* a = as_array(self);
  index_t n = a->size();
  if (n == 1) {
    RecursionGuard guard(" while converting array to bool");  // an array of objects may hold itself
    if (!guard.ok) return -1;
    const bool truth = a->dtype()->elements->nonzero(a->dtype(), a->data);
    return error_occurred() ? -1 : truth;
  }
  if (n == 0)
    return raise(PyExc_ValueError, "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.");
  return raise(PyExc_ValueError, "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()");
}

Ref array_single(Value self, const char* what) {
  NdArray* a = as_array(self);
  if (a->size() != 1) return raise(PyExc_TypeError, "only length-1 arrays can be converted to Python scalars");
  if (a->nd > 0 && !warn(PyExc_DeprecationWarning, 1,
                         "Conversion of an array with ndim > 0 to a scalar is deprecated, and will error in future. Ensure you extract a "
                         "single element from your array before performing this operation. (Deprecated NumPy 1.25.)"))
    return {};
  if (a->dtype()->is_text()) return element_to_scalar(a->data, a->dtype());
  return element_to_python(a->data, a->dtype());
}
// An array of objects may hold itself: the conversions of its element are guarded.
Ref array_int(Value self) {
  RecursionGuard guard(" while converting an array to int");
  Ref v = guard.ok ? array_single(self, "int") : Ref{};
  return v ? to_int(v) : Ref{};
}
Ref array_float(Value self) {
  RecursionGuard guard(" while converting an array to float");
  Ref v = guard.ok ? array_single(self, "float") : Ref{};
  return v ? to_float(v) : Ref{};
}
Ref array_index(Value self) {
  NdArray* a = as_array(self);
  RecursionGuard guard(" while converting an array to an index");
  if (!guard.ok) return {};
  if (a->nd == 0 && a->dtype()->is_object()) {
    Ref item = object_at(a->data);
    return item ? index(item) : Ref{};
  }
  if (a->nd != 0 || !a->dtype()->is_integer()) return raise(PyExc_TypeError, "only integer scalar arrays can be converted to a scalar index");
  return element_to_python(a->data, a->dtype());
}

Py_hash_t array_hash(Value self) { return raise(PyExc_TypeError, "unhashable type: 'numpy.ndarray'"); }

Ref printed(Value self, PyObject* function) {
  Ref module = hooks.import_module("numpy._core.arrayprint"_id);
  if (!module) return {};
  Ref f = getattr(module, function);
  return f ? call1(f, self) : Ref{};
}
Ref array_repr(Value self) { return printed(self, "_default_array_repr"_id); }
Ref array_str(Value self) { return printed(self, "_default_array_str"_id); }

// Whether elements so laid out from `first` on lie in so many bytes, whatever the strides.
bool lies_within(index_t bytes, index_t first, int nd, const index_t* shape, const index_t* strides, index_t item) {
  __int128 low = first, high = __int128{first} + item;
  for (int i = 0; i < nd; ++i) {
    if (shape[i] == 0) return first >= 0 && first <= bytes;
    (strides[i] < 0 ? low : high) += __int128{shape[i] - 1} * strides[i];
  }
  return low >= 0 && high <= bytes;
}

Ref array_tp_new(PyTypeObject* type, Args args) {
  // ndarray(shape, dtype=float, buffer=None, offset=0, strides=None, order=None)
  static constexpr const char* kNames[] = {"shape", "dtype", "buffer", "offset", "strides", "order"};
  Value v[6];
  if (args.n > 6) return raise(PyExc_TypeError, "ndarray() takes at most 6 arguments (%zd given)", static_cast<Py_ssize_t>(args.n));
  for (size_t i = 0; i < args.n; ++i) v[i] = args[i];
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k);
    int at = -1;
    for (int i = 0; i < 6; ++i)
      if (str_equals(name, kNames[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for ndarray()", name);
    v[at] = args.v[args.n + static_cast<size_t>(k)];
  }
  if (v[0].absent()) return raise(PyExc_TypeError, "ndarray() missing required argument 'shape' (pos 0)");
  int nd;
  index_t shape[eng::kMaxDims];
  const DType* dtype;
  if (!shape_from(v[0], &nd, shape) || !dtype_from(v[1], &dtype, &eng::kFloat64)) return {};
  dtype = minimal_dtype(dtype);
  bool fortran = is_str(v[5]) && str_equals(v[5], "F");
  int order[eng::kMaxDims];
  for (int i = 0; i < nd; ++i) order[i] = nd - 1 - i;
  if (v[2].absent() || is_none(v[2])) return finalized(array_new(dtype, nd, shape, fortran ? order : nullptr, eng::Fill::result, type), none());
  Py_ssize_t offset = 0;
  if (!v[3].absent() && !as_ssize(v[3], &offset)) return {};
  index_t strides[eng::kMaxDims];
  if (!v[4].absent() && !is_none(v[4])) {
    int n;
    if (!shape_from(v[4], &n, strides)) return {};
    if (n != nd) return raise(PyExc_ValueError, "strides, if given, must be the same length as shape");
  } else if (fortran) {
    eng::f_strides(nd, shape, dtype->size, strides);
  } else {
    eng::c_strides(nd, shape, dtype->size, strides);
  }
  const bool strided = !v[4].absent() && !is_none(v[4]);
  auto refuse = [&]() -> Ref {
    if (strided) return raise(PyExc_ValueError, "strides is incompatible with shape of requested array and size of buffer");
    return raise(PyExc_TypeError, "buffer is too small for requested array");
  };
  if (is_ndarray(v[2])) {
    NdArray* base = as_array(v[2]);
    eng::Extent memory = eng::extent(base->view());
    if (!lies_within(memory.end - memory.begin, base->data - memory.begin + offset, nd, shape, strides, dtype->size)) return refuse();
    return array_view(base, base->data + offset, nd, shape, strides, dtype, type);
  }
  Ref holder = memoryview_of(v[2]);
  if (!holder) return {};
  auto* buffer = &holder.as<PyMemoryViewObject>()->view;
  eng::Error error;
  index_t bytes;
  if (!eng::count_bytes(nd, shape, dtype->size, &bytes, error)) return raise_engine(error);
  if (offset < 0 || !lies_within(buffer->len, offset, nd, shape, strides, dtype->size)) return refuse();
  Ref over = array_over(std::move(holder), static_cast<char*>(buffer->buf) + offset, nd, shape, strides, dtype, !buffer->readonly);
  if (!over || type == &ndarray_type) return over;
  return array_view(as_array(over), as_array(over)->data, nd, shape, strides, dtype, type, none());
}

// ---- buffer protocol ------------------------------------------------------------------------------------------------

int fill_buffer(NdArray* a, const char* format, Py_buffer* view, int flags) {
  auto wants = [&](int what) { return (flags & what) == what; };
  view->buf = a->data;
  view->len = a->size() * a->dtype()->size;
  view->itemsize = a->dtype()->size;
  view->readonly = !(a->flags & eng::kWriteable);
  view->format = wants(PyBUF_FORMAT) ? const_cast<char*>(format) : nullptr;
  view->ndim = wants(PyBUF_ND) ? a->nd : 1;
  view->shape = wants(PyBUF_ND) ? a->dimensions : nullptr;
  view->strides = wants(PyBUF_STRIDES) ? a->strides : nullptr;
  view->suboffsets = nullptr;
  view->internal = nullptr;
  view->obj = reinterpret_cast<PyObject*>(a);
  incref(view->obj);
  return 0;
}

// The format of a special dtype, which the Python part writes; kept for good in the table of interned strings.
int special_getbuffer(NdArray* a, Py_buffer* view, int flags) {
  view->obj = nullptr;
  if ((flags & PyBUF_FORMAT) != PyBUF_FORMAT) return fill_buffer(a, nullptr, view, flags);
  Ref module = hooks.import_module("numpy._core._descriptions"_id);
  Ref function = module ? getattr(module, "buffer_format"_id) : Ref{};
  Ref own = dtype_ref(a->dtype());
  Ref text = function ? call1(function, own) : Ref{};
  if (!text) return -1;
  Ref kept = intern(std::move(text));
  const char* format = kept ? str_utf8(kept).data() : nullptr;
  if (!format) return -1;
  incref(kept.get());
  return fill_buffer(a, format, view, flags);
}

int array_getbuffer(PyObject* o, Py_buffer* view, int flags) {
  auto* a = reinterpret_cast<NdArray*>(o);
  if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && !(a->flags & eng::kWriteable)) {
    raise(PyExc_ValueError, "buffer source array is read-only");
    view->obj = nullptr;
    return -1;
  }
  auto wants = [&](int what) { return (flags & what) == what; };
  const char* refusal = nullptr;
  if (wants(PyBUF_C_CONTIGUOUS) && !(a->flags & eng::kCContiguous)) refusal = "ndarray is not C-contiguous";
  else if (wants(PyBUF_F_CONTIGUOUS) && !(a->flags & eng::kFContiguous)) refusal = "ndarray is not Fortran contiguous";
  else if (wants(PyBUF_ANY_CONTIGUOUS) && !(a->flags & (eng::kCContiguous | eng::kFContiguous))) refusal = "ndarray is not contiguous";
  else if (!wants(PyBUF_STRIDES) && !(a->flags & eng::kCContiguous)) refusal = "ndarray is not C-contiguous";
  if (refusal) {
    raise(PyExc_ValueError, "%s", refusal);
    view->obj = nullptr;
    return -1;
  }
  if (a->dtype()->is_special()) return special_getbuffer(a, view, flags);
  // Formats live as long as the process.
  static const char kFormats[][2] = {"?", "b", "B", "h", "H", "i", "I", "l", "L", "e", "f", "d"};
  const char* format = a->dtype() == &eng::kComplex64 ? "Zf" : a->dtype() == &eng::kComplex128 ? "Zd" : "B";
  for (const auto& f : kFormats)
    if (f[0] == a->dtype()->code) format = f;
  return fill_buffer(a, format, view, flags);
}

PyBufferProcs array_buffer = {array_getbuffer, nullptr};

template <eng::Op op>
Ref binary_slot(Value a, Value b) { return binary_operation(op, a, b); }
template <eng::Op op>
Ref inplace_slot(Value a, Value b) { return inplace_operation(op, a, b); }
Ref inplace_matmul(Value a, Value b) {
  Ref module = hooks.import_module("numpy._core._methods"_id), function = module ? getattr(module, "imatmul"_id) : Ref{};
  return function ? call(function, {a, b}) : Ref{};
}
template <eng::Op op>
Ref unary_slot(Value a) { return unary_operation(op, a); }

Ref power_slot(Value a, Value b, Value modulus) {
  if (!is_none(modulus)) return not_implemented_ref();
  // Exponents that have a cheaper exact operation.
  const DType* dtype = is_ndarray(a) ? as_array(a)->dtype() : is_node(a) ? node_view(a).dtype : nullptr;
  if (dtype && dtype->is_inexact() && b.is_number()) {
    double e = b.is_float() ? b.as_float() : static_cast<double>(b.as_int());
    if (e == 2.0) return unary_operation(eng::Op::square, a);
    if (e == 1.0) return unary_operation(eng::Op::positive, a);
    if (e == 0.5) return unary_operation(eng::Op::sqrt, a);
    if (e == -1.0) return unary_operation(eng::Op::reciprocal, a);
  } else if (dtype && dtype->is_integer() && b.is_int() && b.as_int() == 2) {
    return unary_operation(eng::Op::square, a);
  }
  return binary_operation(eng::Op::power, a, b);
}
Ref inplace_power_slot(Value a, Value b, Value modulus) { return inplace_operation(eng::Op::power, a, b); }

Ref divmod_slot(Value a, Value b) {
  Operand operands[2];
  for (int i = 0; i < 2; ++i) {
    int known = make_operand(i ? b : a, &operands[i], true);
    if (known < 0) return {};
    if (!known) return not_implemented_ref();
  }
  return call_operation(eng::operation(eng::Op::divmod), operands, {});
}

}  // namespace

extern const TypeDef iterator_def;
const TypeDef iterator_def = {
    .type = &iterator_type,
    .name = "numpy.array_iterator",
    .basicsize = sizeof(ArrayIterator),
    .dealloc = iterator_dealloc,
    .slots = {.tp_iter = slot::Unary<iterator_self>, .tp_iternext = slot::Next<iterator_next>},
};

const TypeDef ndarray_def = {
    .type = &ndarray_type,
    .name = "numpy.ndarray",
    .basicsize = sizeof(NdArray),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "An array object represents a multidimensional, homogeneous array of fixed-size items.",
    .dealloc = array_dealloc,
    .weaklistoffset = offsetof(NdArray, weakreflist),
    .slots =
        {
            .tp_repr = slot::Unary<array_repr>,
            .tp_hash = slot::Hash<array_hash>,
            .tp_str = slot::Unary<array_str>,
            .tp_richcompare = slot::Compare<compare_operation>,
            .tp_iter = slot::Unary<array_iter>,
            .tp_new = slot::New<array_tp_new>,
            .nb_add = slot::Binary<binary_slot<eng::Op::add>>,
            .nb_subtract = slot::Binary<binary_slot<eng::Op::subtract>>,
            .nb_multiply = slot::Binary<binary_slot<eng::Op::multiply>>,
            .nb_remainder = slot::Binary<binary_slot<eng::Op::remainder>>,
            .nb_divmod = slot::Binary<divmod_slot>,
            .nb_power = slot::Ternary<power_slot>,
            .nb_negative = slot::Unary<unary_slot<eng::Op::negative>>,
            .nb_positive = slot::Unary<unary_slot<eng::Op::positive>>,
            .nb_absolute = slot::Unary<unary_slot<eng::Op::absolute>>,
            .nb_bool = slot::Inquiry<array_bool>,
            .nb_invert = slot::Unary<unary_slot<eng::Op::invert>>,
            .nb_lshift = slot::Binary<binary_slot<eng::Op::left_shift>>,
            .nb_rshift = slot::Binary<binary_slot<eng::Op::right_shift>>,
            .nb_and = slot::Binary<binary_slot<eng::Op::bitwise_and>>,
            .nb_xor = slot::Binary<binary_slot<eng::Op::bitwise_xor>>,
            .nb_or = slot::Binary<binary_slot<eng::Op::bitwise_or>>,
            .nb_int = slot::Unary<array_int>,
            .nb_float = slot::Unary<array_float>,
            .nb_inplace_add = slot::Binary<inplace_slot<eng::Op::add>>,
            .nb_inplace_subtract = slot::Binary<inplace_slot<eng::Op::subtract>>,
            .nb_inplace_multiply = slot::Binary<inplace_slot<eng::Op::multiply>>,
            .nb_inplace_remainder = slot::Binary<inplace_slot<eng::Op::remainder>>,
            .nb_inplace_power = slot::Ternary<inplace_power_slot>,
            .nb_inplace_lshift = slot::Binary<inplace_slot<eng::Op::left_shift>>,
            .nb_inplace_rshift = slot::Binary<inplace_slot<eng::Op::right_shift>>,
            .nb_inplace_and = slot::Binary<inplace_slot<eng::Op::bitwise_and>>,
            .nb_inplace_xor = slot::Binary<inplace_slot<eng::Op::bitwise_xor>>,
            .nb_inplace_or = slot::Binary<inplace_slot<eng::Op::bitwise_or>>,
            .nb_floor_divide = slot::Binary<binary_slot<eng::Op::floor_divide>>,
            .nb_true_divide = slot::Binary<binary_slot<eng::Op::divide>>,
            .nb_inplace_floor_divide = slot::Binary<inplace_slot<eng::Op::floor_divide>>,
            .nb_inplace_true_divide = slot::Binary<inplace_slot<eng::Op::divide>>,
            .nb_index = slot::Unary<array_index>,
            .nb_matrix_multiply = slot::Binary<matmul_operation>,
            .nb_inplace_matrix_multiply = slot::Binary<inplace_matmul>,
            .sq_length = slot::Length<array_length>,
            .sq_item = slot::Index<array_sq_item>,
            .sq_contains = slot::Contains<array_contains>,
            .mp_length = slot::Length<array_length>,
            .mp_subscript = slot::Binary<array_subscript>,
            .mp_ass_subscript = slot::StoreItem<array_store_subscript>,
        },
    .buffer = &array_buffer,
    .methods = ndarray_methods,
    .getset = array_getset,
};

}  // namespace adder::numpy
