// The buffer protocol on raw Py_buffers: what memoryview, array, struct and the C API share.
#pragma once
#include <string>
#include "object/abi.h"
#include "object/bytes.h"

namespace adder {

// PyObject_GetBuffer and PyBuffer_Release. false: exception, view->obj null.
bool buffer_get(PyObject* exporter, Py_buffer* view, int flags);
void buffer_release(Py_buffer* view);
// The exporter's side for plain bytes (bytes.cpp): 0, or -1 with BufferError.
int fill_flat_buffer(Py_buffer* view, PyObject* exporter, void* data, Py_ssize_t n, bool readonly, int flags);
// order: 'C', 'F' or 'A' (either).
bool buffer_is_contiguous(const Py_buffer* view, char order);
// Copies a view's items, in C order ('C'), Fortran order ('F'), or the view's own if it is Fortran contiguous ('A').
void buffer_to_contiguous(char* to, const Py_buffer* view, char order);

// A contiguous copy of a memoryview in an order as above, with its format and shape (memoryview.cpp).
Ref memoryview_contiguous_copy(Value view, char order);

// One item in a native single-character format. unpack: empty with exception. NotImplementedError for other formats.
Ref unpack_native(const char* item, const char* format);
bool pack_native(char* item, Value v, const char* format);
// Size of a native format character ("d", "@d"), 0 if it is none.
Py_ssize_t native_format_size(const char* format);

}  // namespace adder
