// The buffer protocol: taking and releasing buffers, contiguity, copies, items in native formats.
#include "object/buffer.h"
#include <climits>
#include <cstring>
#include "object/error.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"

namespace adder {

bool has_buffer(Value v) {
  if (!v.is_object()) return false;
  PyBufferProcs* b = v.object()->ob_type->tp_as_buffer;
  return b && b->bf_getbuffer;
}

bool buffer_get(PyObject* exporter, Py_buffer* view, int flags) {
  view->obj = nullptr;
  PyBufferProcs* b = exporter->ob_type->tp_as_buffer;
  if (!b || !b->bf_getbuffer) {
    return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", exporter->ob_type->tp_name);
  }
  return b->bf_getbuffer(exporter, view, flags) >= 0;  // some foreign ones succeed with 1
}

void buffer_release(Py_buffer* view) {
  PyObject* o = view->obj;
  if (!o) return;
  PyBufferProcs* b = o->ob_type->tp_as_buffer;
  if (b && b->bf_releasebuffer) b->bf_releasebuffer(o, view);
  view->obj = nullptr;
  decref(o);
}

bool BufferView::get(Value exporter, int flags) {
  release();
  if (!exporter.is_object()) {
    return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", type_of(exporter)->tp_name);
  }
  held_ = buffer_get(exporter.object(), &view_, flags);
  return held_;
}

void BufferView::release() {
  if (!held_) return;
  held_ = false;
  buffer_release(&view_);
}

namespace {

bool contiguous_c(const Py_buffer* v) {
  if (v->len == 0 || !v->strides) return true;
  Py_ssize_t size = v->itemsize;
  for (int i = v->ndim - 1; i >= 0; i--) {
    Py_ssize_t n = v->shape[i];
    if (n > 1 && v->strides[i] != size) return false;
    size *= n;
  }
  return true;
}

bool contiguous_fortran(const Py_buffer* v) {
  if (v->len == 0) return true;
  if (!v->strides) {
    if (v->ndim <= 1) return true;
    int wide = 0;
    for (int i = 0; i < v->ndim; i++) wide += v->shape[i] > 1;
    return wide <= 1;
  }
  Py_ssize_t size = v->itemsize;
  for (int i = 0; i < v->ndim; i++) {
    Py_ssize_t n = v->shape[i];
    if (n > 1 && v->strides[i] != size) return false;
    size *= n;
  }
  return true;
}

const char* adjust(const char* p, const Py_ssize_t* suboffsets, int dim) {
  return suboffsets && suboffsets[dim] >= 0 ? *reinterpret_cast<char* const*>(p) + suboffsets[dim] : p;
}

struct Copier {
  const Py_buffer* v;
  const Py_ssize_t* to_strides;
  void run(char* to, const char* from, int dim) const {
    if (dim == v->ndim) {
      memcpy(to, from, static_cast<size_t>(v->itemsize));
      return;
    }
    for (Py_ssize_t i = 0; i < v->shape[dim]; i++) {
      run(to, adjust(from, v->suboffsets, dim), dim + 1);
      from += v->strides[dim];
      to += to_strides[dim];
    }
  }
};

}  // namespace

bool buffer_is_contiguous(const Py_buffer* v, char order) {
  if (v->suboffsets) return false;
  if (order == 'C') return contiguous_c(v);
  if (order == 'F') return contiguous_fortran(v);
  return order == 'A' && (contiguous_c(v) || contiguous_fortran(v));
}

void buffer_to_contiguous(char* to, const Py_buffer* v, char order) {
  if (v->ndim == 0) {
    memcpy(to, v->buf, static_cast<size_t>(v->itemsize));
    return;
  }
  bool fortran = order == 'F' || (order == 'A' && !buffer_is_contiguous(v, 'C') && buffer_is_contiguous(v, 'F'));
  if (buffer_is_contiguous(v, fortran ? 'F' : 'C')) {
    memcpy(to, v->buf, static_cast<size_t>(v->len));
    return;
  }
  Py_ssize_t strides[PyBUF_MAX_NDIM], own[PyBUF_MAX_NDIM];
  Py_ssize_t size = v->itemsize;
  if (fortran) {
    for (int i = 0; i < v->ndim; i++) { strides[i] = size; size *= v->shape[i]; }
  } else {
    for (int i = v->ndim - 1; i >= 0; i--) { strides[i] = size; size *= v->shape[i]; }
  }
  Py_buffer source = *v;
  if (!source.strides) {
    Py_ssize_t n = v->itemsize;
    for (int i = v->ndim - 1; i >= 0; i--) { own[i] = n; n *= v->shape[i]; }
    source.strides = own;
  }
  Copier{&source, strides}.run(to, static_cast<const char*>(v->buf), 0);
}

// --- Items --------------------------------------------------------------------------------------------------------------

namespace {
char native_char(const char* format) {
  if (!format) return 'B';
  if (*format == '@') ++format;
  return format[0] && !format[1] ? format[0] : 0;
}
}  // namespace

Py_ssize_t native_format_size(const char* format) {
  switch (native_char(format)) {
    case 'c': case 'b': case 'B': case '?': return 1;
    case 'h': case 'H': return sizeof(short);
    case 'i': case 'I': return sizeof(int);
    case 'l': case 'L': return sizeof(long);
    case 'q': case 'Q': return sizeof(long long);
    case 'n': case 'N': return sizeof(size_t);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    case 'P': return sizeof(void*);
    default: return 0;
  }
}

namespace {
template <class T>
T load(const char* p) {
  T x;
  memcpy(&x, p, sizeof x);
  return x;
}
template <class T>
bool store(char* p, T x) {
  memcpy(p, &x, sizeof x);
  return true;
}
}  // namespace

Ref unpack_native(const char* p, const char* format) {
  switch (native_char(format)) {
    case 'B': return Ref::from_int(load<uint8_t>(p));
    case 'b': return Ref::from_int(load<int8_t>(p));
    case 'h': return Ref::from_int(load<short>(p));
    case 'H': return Ref::from_int(load<unsigned short>(p));
    case 'i': return Ref::from_int(load<int>(p));
    case 'I': return Ref::from_int(load<unsigned>(p));
    case 'l': return int_from_i64(load<long>(p));
    case 'q': case 'n': return int_from_i64(load<int64_t>(p));
    case 'L': case 'Q': case 'N': case 'P': return int_from_u64(load<uint64_t>(p));
    case 'f': return Ref::from_double(load<float>(p));
    case 'd': return Ref::from_double(load<double>(p));
    case '?': return bool_ref(load<uint8_t>(p) != 0);
    case 'c': return bytes_new({p, 1});
    default: return raise(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
  }
}

namespace {

Failure invalid_type(const char* format) { return raise(PyExc_TypeError, "memoryview: invalid type for format '%s'", format); }
Failure invalid_value(const char* format) { return raise(PyExc_ValueError, "memoryview: invalid value for format '%s'", format); }

// Exceptions of conversions become the memoryview's own.
Failure conversion_failed(const char* format) {
  if (error_matches(PyExc_TypeError)) {
    clear_error();
    return invalid_type(format);
  }
  if (error_matches(PyExc_OverflowError) || error_matches(PyExc_ValueError)) {
    clear_error();
    return invalid_value(format);
  }
  return {};
}

}  // namespace

bool pack_native(char* p, Value v, const char* format) {
  char c = native_char(format);
  if (!format) format = "B";
  switch (c) {
    case 'b': case 'h': case 'i': case 'l': case 'q': case 'n': {
      Ref i = index(v);
      int64_t x;
      if (!i || !int_as_i64(i, &x)) return conversion_failed(format);
      switch (c) {
        case 'b': return x < INT8_MIN || x > INT8_MAX ? static_cast<bool>(invalid_value(format)) : store<int8_t>(p, static_cast<int8_t>(x));
        case 'h': return x < SHRT_MIN || x > SHRT_MAX ? static_cast<bool>(invalid_value(format)) : store<short>(p, static_cast<short>(x));
        case 'i': return x < INT_MIN || x > INT_MAX ? static_cast<bool>(invalid_value(format)) : store<int>(p, static_cast<int>(x));
        default: return store<int64_t>(p, x);
      }
    }
    case 'B': case 'H': case 'I': case 'L': case 'Q': case 'N': case 'P': {
      Ref i = index(v);
      uint64_t x;
      if (!i || !int_as_u64(i, &x)) return conversion_failed(format);
      switch (c) {
        case 'B': return x > UINT8_MAX ? static_cast<bool>(invalid_value(format)) : store<uint8_t>(p, static_cast<uint8_t>(x));
        case 'H': return x > USHRT_MAX ? static_cast<bool>(invalid_value(format)) : store<unsigned short>(p, static_cast<unsigned short>(x));
        case 'I': return x > UINT_MAX ? static_cast<bool>(invalid_value(format)) : store<unsigned>(p, static_cast<unsigned>(x));
        default: return store<uint64_t>(p, x);
      }
    }
    case 'f': case 'd': {
      double d;
      if (!as_double(v, &d)) return conversion_failed(format);
      return c == 'f' ? store<float>(p, static_cast<float>(d)) : store<double>(p, d);
    }
    case '?': {
      int t = is_true(v);
      return t >= 0 && store<uint8_t>(p, t != 0);
    }
    case 'c':
      if (!is_bytes(v)) return invalid_type(format);
      if (bytes_length(v) != 1) return invalid_value(format);
      *p = bytes_data(v)[0];
      return true;
    default: return raise(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
  }
}

}  // namespace adder
