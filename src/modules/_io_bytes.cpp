// BytesIO: a binary stream in memory.
#include <cerrno>
#include <cstring>
#include "memory/gc.h"
#include "modules/io.h"
#include "object/bytes_methods.h"

// Under the name by which CPython exports it.
extern "C" __attribute__((visibility("default"))) PyTypeObject _PyBytesIOBuffer_Type;
PyTypeObject _PyBytesIOBuffer_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder::io {

ADDER_TYPE(bytesio_type);

namespace {

struct BytesIo : IoBase {
  PyObject* buffer;  // bytes, ours to change while nobody else holds it; its first `size` are the content. null: closed
  Py_ssize_t size, pos, exports;
};
inline BytesIo* self_of(Value v) { return v.as<BytesIo>(); }
inline char* data_of(BytesIo* b) { return bytes_data(Value{b->buffer}); }
inline Py_ssize_t capacity_of(BytesIo* b) { return bytes_length(Value{b->buffer}); }
inline bool is_ours(BytesIo* b) { return refcount(b->buffer) == 1; }

bool check_open(BytesIo* b) { return b->buffer || raise(PyExc_ValueError, "I/O operation on closed file."); }
bool check_exports(BytesIo* b) {
  return b->exports == 0 || raise(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
}
// Takes a buffer of `size` bytes in use in place of the one before; an empty Ref closes the stream.
bool hold(BytesIo* b, Ref buffer, Py_ssize_t size) {
  PyObject* old = b->buffer;
  b->buffer = buffer ? buffer.release().object() : nullptr;
  b->size = b->buffer ? size : 0;
  if (old) adder::decref(old);
  return b->buffer;
}
bool hold_copy(BytesIo* b, Py_ssize_t capacity) {
  Ref copy = bytes_uninitialized(capacity);
  if (!copy) return false;
  memcpy(bytes_data(copy), data_of(b), static_cast<size_t>(b->size));
  return hold(b, std::move(copy), b->size);
}
// Resizes a buffer that is ours. As in CPython the stream is closed if memory does not suffice.
bool resize(BytesIo* b, Py_ssize_t capacity) {
  Ref old = Ref::steal(b->buffer);
  b->buffer = nullptr;
  return hold(b, bytes_resize(std::move(old), capacity), b->size);
}
// Room for n bytes that may be written to.
bool reserve(BytesIo* b, Py_ssize_t n) {
  Py_ssize_t capacity = capacity_of(b);
  if (is_ours(b) && n <= capacity) {
    reinterpret_cast<PyBytesObject*>(b->buffer)->ob_shash = -1;  // of what it was when somebody else held it
    return true;
  }
  if (n > PY_SSIZE_T_MAX / 2) return raise(PyExc_OverflowError, "new buffer size too large");
  if (n > capacity) capacity = b->size == 0 && n > 64 ? n : n + (n >> 3) + 32;
  if (capacity < 32) capacity = 32;
  return is_ours(b) ? resize(b, capacity) : hold_copy(b, capacity);
}

Py_ssize_t write_bytes(BytesIo* b, Value source) {
  if (!check_open(b) || !check_exports(b)) return -1;
  ByteText in;
  if (!in.get(source)) return -1;
  Py_ssize_t n = in.size();
  if (n == 0) return 0;
  Py_ssize_t end = b->pos + n;
  if (b->pos > PY_SSIZE_T_MAX - n) return raise(PyExc_OverflowError, "new position too large");
  if (!reserve(b, end > b->size ? end : b->size)) return -1;
  if (b->pos > b->size) memset(data_of(b) + b->size, 0, static_cast<size_t>(b->pos - b->size));
  memcpy(data_of(b) + b->pos, in.data(), static_cast<size_t>(n));
  b->pos = end;
  if (end > b->size) b->size = end;
  return n;
}

Ref take(BytesIo* b, Py_ssize_t n) {
  if (b->pos == 0 && n > 1 && n == capacity_of(b) && n == b->size && b->exports == 0) {
    b->pos = n;
    return Ref::copy(b->buffer);
  }
  Ref r = bytes_new({n ? data_of(b) + b->pos : "", static_cast<size_t>(n)});
  b->pos += n;
  return r;
}
Py_ssize_t left(BytesIo* b) { return b->pos < b->size ? b->size - b->pos : 0; }
Py_ssize_t line_length(BytesIo* b, Py_ssize_t limit) {
  Py_ssize_t n = left(b);
  if (n == 0) return 0;
  if (auto* nl = static_cast<char*>(memchr(data_of(b) + b->pos, '\n', static_cast<size_t>(n)))) n = nl - (data_of(b) + b->pos) + 1;
  return limit >= 0 && n > limit ? limit : n;
}

Ref m_read(Value self, const Value* a) {
  BytesIo* b = self_of(self);
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(b)) return {};
  Py_ssize_t have = left(b);
  return take(b, n < 0 || n > have ? have : n);
}
Ref m_readline(Value self, const Value* a) {
  BytesIo* b = self_of(self);
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(b)) return {};
  return take(b, line_length(b, n));
}
Ref m_readlines(Value self, const Value* a) {
  BytesIo* b = self_of(self);
  Py_ssize_t hint = 0, total = 0;
  if (!optional_size(a[0], &hint)) return {};
  if (!check_open(b)) return {};
  Ref list = list_new();
  if (!list) return {};
  while (Py_ssize_t n = line_length(b, -1)) {
    Ref line = take(b, n);
    if (!line || !list_append(list, std::move(line))) return {};
    total += n;
    if (hint > 0 && total >= hint) break;
  }
  return list;
}
Ref slot_next(Value self) {
  BytesIo* b = self_of(self);
  if (!check_open(b)) return {};
  Py_ssize_t n = line_length(b, -1);
  if (n == 0) return {};
  return take(b, n);
}
Ref slot_iter(Value self) {
  if (!check_open(self_of(self))) return {};
  return Ref::copy(self);
}
Ref m_readinto(Value self, Value target) {
  BytesIo* b = self_of(self);
  BufferView view;
  if (!has_buffer(target) || !view.get(target, PyBUF_WRITABLE)) {
    if (error_occurred()) clear_error();
    return raise(PyExc_TypeError, "readinto() argument must be read-write bytes-like object, not %N", type_of(target));
  }
  if (!check_open(b)) return {};
  Py_ssize_t n = left(b);
  if (n > view.size()) n = view.size();
  if (n) memcpy(view.data(), data_of(b) + b->pos, static_cast<size_t>(n));
  b->pos += n;
  return Ref::from_int(n);
}
Ref m_write(Value self, Value data) {
  Py_ssize_t n = write_bytes(self_of(self), data);
  return n < 0 ? Ref{} : Ref::from_int(n);
}
Ref m_writelines(Value self, Value lines) {
  if (!check_open(self_of(self))) return {};
  if (!for_each(lines, [&](Value line) { return write_bytes(self_of(self), line) >= 0; })) return {};
  return none_ref();
}
Ref m_seek(Value self, const Value* a) {
  BytesIo* b = self_of(self);
  Py_ssize_t pos;
  int whence = 0;
  if (!as_ssize(a[0], &pos) || (a[1] && !as_int(a[1], &whence)) || !check_open(b)) return {};
  if (pos < 0 && whence == 0) return raise(PyExc_ValueError, "negative seek value %zd", pos);
  Py_ssize_t base = 0;
  if (whence == 1) base = b->pos;
  else if (whence == 2) base = b->size;
  else if (whence != 0) return raise(PyExc_ValueError, "invalid whence (%i, should be 0, 1 or 2)", whence);
  if (base && pos > PY_SSIZE_T_MAX - base) return raise(PyExc_OverflowError, "new position too large");
  pos += base;
  b->pos = pos < 0 ? 0 : pos;
  return int_from_ssize(b->pos);
}
Ref m_tell(Value self) {
  if (!check_open(self_of(self))) return {};
  return int_from_ssize(self_of(self)->pos);
}
Ref m_truncate(Value self, const Value* a) {
  BytesIo* b = self_of(self);
  Py_ssize_t n = b->pos;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(b) || !check_exports(b)) return {};
  if (n < 0) return raise(PyExc_ValueError, "negative size value %zd", n);
  if (n < b->size) {
    if (!reserve(b, n)) return {};
    b->size = n;
  }
  return int_from_ssize(n);
}
Ref m_getvalue(Value self) {
  BytesIo* b = self_of(self);
  if (!check_open(b)) return {};
  if (b->size <= 1 || b->exports > 0) return bytes_new({data_of(b), static_cast<size_t>(b->size)});
  if (b->size != capacity_of(b) && !(is_ours(b) ? resize(b, b->size) : hold_copy(b, b->size))) return {};
  return Ref::copy(b->buffer);
}
Ref m_close(Value self) {
  BytesIo* b = self_of(self);
  if (!check_exports(b)) return {};
  hold(b, {}, 0);
  return none_ref();
}
Ref m_true(Value self) {
  if (!check_open(self_of(self))) return {};
  return bool_ref(true);
}
Ref m_flush(Value self) {
  if (!check_open(self_of(self))) return {};
  return none_ref();
}
Ref m_isatty(Value self) {
  if (!check_open(self_of(self))) return {};
  return bool_ref(false);
}
Ref get_closed(Value self) { return bool_ref(!self_of(self)->buffer); }
Ref m_getstate(Value self) {
  Ref value = m_getvalue(self);
  if (!value) return {};
  Ref dict = self_of(self)->dict ? dict_copy(Value{self_of(self)->dict}) : none_ref();
  if (!dict) return {};
  return tuple_of({value, Value::from_int(self_of(self)->pos), dict});
}
Ref m_setstate(Value self, Value state) {
  BytesIo* b = self_of(self);
  if (!is_tuple(state) || tuple_size(state) < 3)
    return raise(PyExc_TypeError, "%.200s.__setstate__ argument should be 3-tuple, got %.200s", type_of(self)->tp_name, type_of(state)->tp_name);
  if (!check_exports(b) || !check_open(b)) return {};
  hold(b, bytes_new({}), 0);
  b->pos = 0;
  if (write_bytes(b, tuple_get(state, 0)) < 0) return {};
  Value position = tuple_get(state, 1), dict = tuple_get(state, 2);
  if (!is_int(position)) return raise(PyExc_TypeError, "second item of state must be an integer, not %.200s", type_of(position)->tp_name);
  Py_ssize_t pos;
  if (!as_ssize(position, &pos)) return {};
  if (pos < 0) return raise(PyExc_ValueError, "position value cannot be negative");
  b->pos = pos;
  if (!is_none(dict)) {
    if (!is_dict(dict)) return raise(PyExc_TypeError, "third item of state should be a dict, got a %.200s", type_of(dict)->tp_name);
    Ref own = instance_dict(self);
    if (!own || !dict_merge(own, dict, 1)) return {};
  }
  return none_ref();
}
Ref m_sizeof(Value self) {
  BytesIo* b = self_of(self);
  Py_ssize_t n = type_of(self)->tp_basicsize;
  if (b->buffer && is_ours(b)) n += static_cast<Py_ssize_t>(offsetof(PyBytesObject, ob_sval)) + 1 + capacity_of(b);
  return int_from_ssize(n);
}

Ref bytesio_new(PyTypeObject* type, Args) {
  Ref self = Ref::steal(allocate_instance(type));
  return self && hold(self_of(self), bytes_new({}), 0) ? std::move(self) : Ref{};
}
bool bytesio_init(Value self, Args a) {
  BytesIo* b = self_of(self);
  Value initial{};
  size_t keywords = a.kwnames ? static_cast<size_t>(tuple_size(Value{a.kwnames})) : 0;
  if (a.n + keywords > 1) return raise(PyExc_TypeError, "BytesIO() takes at most 1 argument (%zu given)", a.n + keywords);
  if (a.n) initial = a[0];
  if (keywords) {
    if (!str_equals(tuple_get(Value{a.kwnames}, 0), "initial_bytes"))
      return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for BytesIO()", tuple_get(Value{a.kwnames}, 0));
    initial = a.v[a.n];
  }
  if (!check_exports(b)) return false;
  b->pos = 0;
  if (initial && is_exact(initial, &PyBytes_Type)) return hold(b, Ref::copy(initial), bytes_length(initial));
  if (!hold(b, bytes_new({}), 0)) return false;
  if (initial && !is_none(initial)) {
    if (write_bytes(b, initial) < 0) return false;
    b->pos = 0;
  }
  return true;
}
void bytesio_dealloc(PyObject* o) {
  auto* b = reinterpret_cast<BytesIo*>(o);
  gc_untrack(o);
  if (b->exports > 0) {
    raise(PyExc_SystemError, "deallocated BytesIO object has exported buffers");
    write_unraisable(Value{});
  }
  clear_stream(b);
  hold(b, {}, 0);
  Py_TYPE(o)->tp_free(o);
}
int bytesio_traverse(PyObject* o, visitproc visit, void* arg) { return traverse_stream(reinterpret_cast<IoBase*>(o), visit, arg); }
int bytesio_clear(PyObject* o) {
  auto* s = reinterpret_cast<IoBase*>(o);
  PyObject* d = s->dict;
  s->dict = nullptr;
  if (d) adder::decref(d);
  return 0;
}

// What getbuffer() views: keeps the stream from being resized.
struct Export {
  PyObject head;
  PyObject* source;
};
int export_get(PyObject* o, Py_buffer* view, int flags) {
  auto* e = reinterpret_cast<Export*>(o);
  auto* b = reinterpret_cast<BytesIo*>(e->source);
  if (!check_open(b) || (b->exports == 0 && !reserve(b, b->size))) return -1;
  if (fill_flat_buffer(view, o, data_of(b), b->size, false, flags) < 0) return -1;
  b->exports++;
  return 0;
}
void export_release(PyObject* o, Py_buffer*) { reinterpret_cast<BytesIo*>(reinterpret_cast<Export*>(o)->source)->exports--; }
PyBufferProcs export_buffer = {&export_get, &export_release};
void export_dealloc(PyObject* o) {
  gc_untrack(o);
  adder::decref(reinterpret_cast<Export*>(o)->source);
  Py_TYPE(o)->tp_free(o);
}
int export_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<Export*>(o)->source);
  return 0;
}
Ref m_getbuffer(Value self) {
  if (!check_open(self_of(self))) return {};
  PyObject* o = gc_new_raw(&_PyBytesIOBuffer_Type, sizeof(Export));
  if (!o) return {};
  reinterpret_cast<Export*>(o)->source = Ref::copy(self).release().object();
  gc_track(o);
  Ref holder = Ref::steal(o);
  return memoryview_of(holder);
}

const MethodRow bytesio_methods[] = {
    method<m_true>("readable", "($self, /)", "Returns True if the IO object can be read."),
    method<m_true>("seekable", "($self, /)", "Returns True if the IO object can be seeked."),
    method<m_true>("writable", "($self, /)", "Returns True if the IO object can be written."),
    method<m_close>("close", "($self, /)", "Disable all I/O operations."),
    method<m_flush>("flush", "($self, /)", "Does nothing."),
    method<m_isatty>("isatty", "($self, /)", "Always returns False."),
    method<m_tell>("tell", "($self, /)", "Current file position, an integer."),
    method<m_write>("write", "($self, b, /)", "Write bytes to file."),
    method<m_writelines>("writelines", "($self, lines, /)", "Write lines to the file."),
    method<m_read>("read1", "($self, size=-1, /)", "Read at most size bytes, returned as a bytes object."),
    method<m_readinto>("readinto", "($self, buffer, /)", "Read bytes into buffer."),
    method<m_readline>("readline", "($self, size=-1, /)", "Next line from the file, as a bytes object."),
    method<m_readlines>("readlines", "($self, size=None, /)", "List of bytes objects, each a line from the file."),
    method<m_read>("read", "($self, size=-1, /)", "Read at most size bytes, returned as a bytes object."),
    method<m_getbuffer>("getbuffer", "($self, /)", "Get a read-write view over the contents of the BytesIO object."),
    method<m_getvalue>("getvalue", "($self, /)", "Retrieve the entire contents of the BytesIO object."),
    method<m_seek>("seek", "($self, pos, whence=0, /)", "Change stream position."),
    method<m_truncate>("truncate", "($self, size=None, /)", "Truncate the file to at most size bytes."),
    method<m_getstate>("__getstate__", "", nullptr),
    method<m_setstate>("__setstate__", "", nullptr),
    method<m_sizeof>("__sizeof__", "", nullptr),
    {}};
const GetSetRow bytesio_getset[] = {getset<get_closed>("closed", "True if the file is closed."), {}};

}  // namespace

extern const TypeDef bytesio_buffer_def = {
    .type = &_PyBytesIOBuffer_Type, .name = "_io._BytesIOBuffer", .basicsize = sizeof(Export),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .dealloc = &export_dealloc, .traverse = &export_traverse, .buffer = &export_buffer};
extern const TypeDef bytesio_def = {
    .type = &bytesio_type,
    .name = "_io.BytesIO",
    .basicsize = sizeof(BytesIo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Buffered I/O implementation using an in-memory bytes buffer.",
    .signature = "(initial_bytes=b'')",
    .base = &bufferediobase_type,
    .dealloc = &bytesio_dealloc,
    .traverse = &bytesio_traverse,
    .clear = &bytesio_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_iter = slot::Unary<slot_iter>, .tp_iternext = slot::Next<slot_next>, .tp_init = slot::Init<bytesio_init>, .tp_new = slot::New<bytesio_new>},
    .methods = bytesio_methods,
    .getset = bytesio_getset,
};

}  // namespace adder::io
