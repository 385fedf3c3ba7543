// Buffers with strides in C: elements by index, copies to and from contiguous memory, contiguous memoryviews.
#include <cstring>
#include "capi/capi.h"
#include "object/buffer.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

using namespace adder;
using namespace adder::capi;

extern "C" int PyBuffer_IsContiguous(const Py_buffer* view, char order);

ADDER_API void* PyBuffer_GetPointer(const Py_buffer* view, const Py_ssize_t* indices) {
  auto* p = static_cast<char*>(view->buf);
  for (int i = 0; i < view->ndim; i++) {
    p += view->strides[i] * indices[i];
    if (view->suboffsets && view->suboffsets[i] >= 0) p = *reinterpret_cast<char**>(p) + view->suboffsets[i];
  }
  return p;
}

namespace {

// The next index in C order (last fastest) or Fortran order.
void advance(int ndim, Py_ssize_t* index, const Py_ssize_t* shape, bool fortran) {
  for (int k = 0; k < ndim; k++) {
    int i = fortran ? k : ndim - 1 - k;
    if (++index[i] < shape[i]) return;
    index[i] = 0;
  }
}

// Copies element by element between a view and `flat`; a view without strides is contiguous.
void copy_elements(char* flat, const Py_buffer* view, Py_ssize_t length, char order, bool to_flat) {
  if (view->ndim == 0 || !view->shape || (PyBuffer_IsContiguous(view, order) && !view->suboffsets)) {
    if (to_flat) memcpy(flat, view->buf, static_cast<size_t>(length));
    else memcpy(view->buf, flat, static_cast<size_t>(length));
    return;
  }
  Py_ssize_t strides[PyBUF_MAX_NDIM], index[PyBUF_MAX_NDIM] = {};
  Py_buffer full = *view;
  if (!full.strides) {
    Py_ssize_t n = view->itemsize;
    for (int i = view->ndim - 1; i >= 0; i--) {
      strides[i] = n;
      n *= view->shape[i];
    }
    full.strides = strides;
  }
  for (Py_ssize_t left = length / view->itemsize; left > 0; left--, flat += view->itemsize) {
    void* element = PyBuffer_GetPointer(&full, index);
    if (to_flat) memcpy(flat, element, static_cast<size_t>(view->itemsize));
    else memcpy(element, flat, static_cast<size_t>(view->itemsize));
    advance(view->ndim, index, view->shape, order == 'F');
  }
}

}  // namespace

ADDER_API int PyBuffer_ToContiguous(void* buf, const Py_buffer* view, Py_ssize_t len, char order) {
  if (len != view->len) return raise(PyExc_ValueError, "PyBuffer_ToContiguous: len != view->len");
  if (order == 'A') order = PyBuffer_IsContiguous(view, 'F') && !PyBuffer_IsContiguous(view, 'C') ? 'F' : 'C';
  copy_elements(static_cast<char*>(buf), view, len, order, true);
  return 0;
}
ADDER_API int PyBuffer_FromContiguous(const Py_buffer* view, const void* buf, Py_ssize_t len, char order) {
  if (len > view->len) len = view->len;
  if (order == 'A') order = PyBuffer_IsContiguous(view, 'F') && !PyBuffer_IsContiguous(view, 'C') ? 'F' : 'C';
  copy_elements(static_cast<char*>(const_cast<void*>(buf)), view, len, order, false);
  return 0;
}

ADDER_API PyObject* PyMemoryView_GetContiguous(PyObject* o, int kind, char order) {
  Ref view = memoryview_of(in(o));
  if (!view) return nullptr;
  const Py_buffer* b = PyMemoryView_GET_BUFFER(view.object());
  if (kind == PyBUF_WRITE && b->readonly) return raise(PyExc_BufferError, "underlying buffer is not writable");
  if (PyBuffer_IsContiguous(b, order)) return out(std::move(view));
  if (kind == PyBUF_WRITE) return raise(PyExc_BufferError, "writable contiguous buffer requested for a non-contiguous object.");
  return out(memoryview_contiguous_copy(view, order));
}
