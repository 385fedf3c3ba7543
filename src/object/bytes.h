// bytes, bytearray, and the buffer protocol as C++ sees it.
#pragma once
#include <string_view>
#include "object/abi.h"

namespace adder {

inline Py_ssize_t bytes_length(Value b) { return b.as<PyBytesObject>()->ob_base.ob_size; }
inline char* bytes_data(Value b) { return b.as<PyBytesObject>()->ob_sval; }
inline std::string_view bytes_view(Value b) { return {bytes_data(b), static_cast<size_t>(bytes_length(b))}; }
Ref bytes_new(std::string_view content);
Ref bytes_uninitialized(Py_ssize_t n);
Ref bytes_resize(Ref b, Py_ssize_t n);       // consumes; the only reference
Ref bytes_concat(Value a, Value b);
Ref bytearray_new(std::string_view content);
inline char* bytearray_data(Value b) { return b.as<PyByteArrayObject>()->ob_start; }
inline Py_ssize_t bytearray_length(Value b) { return b.as<PyByteArrayObject>()->ob_base.ob_size; }
bool bytearray_resize(Value b, Py_ssize_t n); // BufferError while exported
Ref memoryview_of(Value exporter);

// A buffer held while this lives. Flags: PyBUF_SIMPLE, PyBUF_WRITABLE …
class BufferView {
 public:
  BufferView() = default;
  ~BufferView() { release(); }
  BufferView(const BufferView&) = delete;
  // false with TypeError "a bytes-like object is required, not 'X'" / BufferError.
  bool get(Value exporter, int flags = PyBUF_SIMPLE);
  void release();
  char* data() const { return static_cast<char*>(view_.buf); }
  Py_ssize_t size() const { return view_.len; }
  std::string_view text() const { return {data(), static_cast<size_t>(size())}; }
  Py_buffer& raw() { return view_; }
 private:
  Py_buffer view_{};
  bool held_ = false;
};
bool has_buffer(Value v);
// PyBuffer_FillInfo: a flat buffer of bytes. BufferError "Object is not writable."; 0 or -1 as bf_getbuffer gives.
int fill_flat_buffer(Py_buffer* view, PyObject* exporter, void* data, Py_ssize_t n, bool readonly, int flags);
// What bytes(x) gives for one argument, text excluded: __bytes__, buffer, iterable of ints.
Ref bytes_from_object(Value v);
Ref bytes_repeat(Value b, Py_ssize_t count);
Ref bytes_repr(Value b);
// -b: 1 warns where bytes meet str, 2 (-bb) raises. Set by the command line.
extern int bytes_warning_level;

}  // namespace adder
