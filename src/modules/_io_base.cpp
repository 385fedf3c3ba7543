// The abstract bases of _io: _IOBase, _RawIOBase, _BufferedIOBase, _TextIOBase; and what all streams share.
#include <langinfo.h>
#include <cerrno>
#include <cstring>
#include "memory/gc.h"
#include "modules/io.h"
#include "object/codecs.h"
#include "object/type.h"
#include "runtime/interpreter.h"

namespace adder::io {

ADDER_TYPE(iobase_type);
ADDER_TYPE(rawiobase_type);
ADDER_TYPE(bufferediobase_type);
ADDER_TYPE(textiobase_type);
ADDER_TYPE(window_type);
PyObject* unsupported_operation = nullptr;

Failure unsupported(const char* text) { return raise(unsupported_operation ? unsupported_operation : PyExc_OSError, "%s", text); }

bool poll_signals() { return run_signal_handlers(); }

Ref default_encoding() {
  if (the_interpreter->config.utf8_mode) return str_from_ascii("utf-8");
  std::string_view codeset = nl_langinfo(CODESET);
  return str_from_ascii(codeset.empty() || codeset == "ANSI_X3.4-1968" ? "UTF-8" : codeset);
}
bool warn_no_encoding(int stacklevel) {
  return !the_interpreter->config.warn_default_encoding || warn(PyExc_EncodingWarning, stacklevel, "'encoding' argument not specified");
}

bool is_interrupted() {
  if (!error_matches(PyExc_InterruptedError)) return false;
  clear_error();
  return poll_signals();
}

Failure raise_blocking(const char* text, Py_ssize_t written) {
  Ref message = str_from_ascii(text);
  Ref e = message ? call(Value{PyExc_BlockingIOError}, {Value::from_int(EAGAIN), message, Value::from_int(written)}) : Ref{};
  if (!e) return {};
  return raise_object(std::move(e));
}

int is_closed(Value stream) {
  if (is_plain_file(stream)) return stream.as<FileIo>()->fd < 0;
  if (is_plain_buffered(stream)) return buffered_closed(stream);
  Ref closed = getattr(stream, "closed"_id);
  return closed ? is_true(closed) : -1;
}
bool check_closed(Value stream) {
  int closed = is_closed(stream);
  if (closed < 0) return false;
  return !closed || raise(PyExc_ValueError, "I/O operation on closed file.");
}
static bool check_flag(Value stream, PyObject* method, const char* text) {
  Ref r = call_method(stream, method);
  if (!r) return false;
  return r.get() == boolean(true) || unsupported(text);
}
bool check_readable(Value s) { return check_flag(s, "readable"_id, "File or stream is not readable."); }
bool check_writable(Value s) { return check_flag(s, "writable"_id, "File or stream is not writable."); }
bool check_seekable(Value s) { return check_flag(s, "seekable"_id, "File or stream is not seekable."); }

bool optional_size(Value v, Py_ssize_t* out) {
  if (!v || is_none(v)) return true;
  if (!is_int(v) && !slots_of(v).nb_index) return raise(PyExc_TypeError, "argument should be integer or None, not '%N'", type_of(v));
  return index_as_ssize(v, out, PyExc_OverflowError);
}
bool as_offset(Value v, int64_t* out) {
  Ref i = index(v);
  return i && int_as_i64(i, out);
}

bool finalize_stream(PyObject* o) { return !finalize_in_dealloc(o); }
void clear_stream(IoBase* s) {
  if (s->weaklist) clear_weakrefs(&s->head);
  PyObject* d = s->dict;
  s->dict = nullptr;
  if (d) adder::decref(d);
}
int traverse_stream(IoBase* s, visitproc visit, void* arg) {
  if (s->dict) ADDER_VISIT(s->dict);
  return 0;
}
Ref no_pickle(Value self) { return raise(PyExc_TypeError, "cannot pickle '%.200s' object", type_of(self)->tp_name); }

// --- Window -------------------------------------------------------------------------------------------------------------

namespace {
struct WindowObject {
  PyObject head;
  void* data;
  Py_ssize_t n;
  bool readonly;
};
int window_get_buffer(PyObject* o, Py_buffer* view, int flags) {
  auto* w = reinterpret_cast<WindowObject*>(o);
  return fill_flat_buffer(view, o, w->data, w->n, w->readonly, flags);
}
PyBufferProcs window_buffer = {&window_get_buffer, nullptr};
void window_dealloc(PyObject* o) { Py_TYPE(o)->tp_free(o); }
}  // namespace

extern const TypeDef window_def = {
    .type = &window_type, .name = "_io._Window", .basicsize = sizeof(WindowObject), .dealloc = &window_dealloc, .buffer = &window_buffer};

Window::Window(void* data, Py_ssize_t n, bool readonly) {
  PyObject* o = object_new_raw(&window_type, sizeof(WindowObject));
  if (!o) return;
  Ref holder = Ref::steal(o);
  auto* w = reinterpret_cast<WindowObject*>(o);
  w->data = data;
  w->n = n;
  w->readonly = readonly;
  view_ = memoryview_of(holder);
}
Window::~Window() {
  if (!view_) return;
  ErrorKeeper keep;
  if (!call_method(view_, "release"_id)) clear_error();
}

// --- _IOBase ------------------------------------------------------------------------------------------------------------

namespace {

Ref m_seek(Value, Args) { return unsupported("seek"); }
Ref m_tell(Value self) { return call_method(self, "seek"_id, {Value::from_int(0), Value::from_int(1)}); }
Ref m_truncate(Value, Args) { return unsupported("truncate"); }
Ref m_fileno(Value) { return unsupported("fileno"); }

// 1 if close() of _IOBase ran, -1.
int base_closed(Value self) {
  Ref flag;
  return lookup_attr(self, "__IOBase_closed"_id, &flag);
}
Ref get_closed(Value self) {
  int c = base_closed(self);
  return c < 0 ? Ref{} : bool_ref(c != 0);
}
Ref m_flush(Value self) {
  int c = base_closed(self);
  if (c < 0) return {};
  if (c) return raise(PyExc_ValueError, "I/O operation on closed file.");
  return none_ref();
}
Ref m_close(Value self) {
  int c = base_closed(self);
  if (c < 0) return {};
  if (c) return none_ref();
  Ref r = call_method(self, "flush"_id);
  ErrorKeeper keep;
  if (!setattr(self, "__IOBase_closed"_id, boolean(true))) clear_error();
  return r ? none_ref() : Ref{};
}
Ref m_false(Value self) {
  if (!check_closed(self)) return {};
  return bool_ref(false);
}
Ref m_no(Value) { return bool_ref(false); }
Ref m_check_closed(Value self, Args) {
  if (!check_closed(self)) return {};
  return none_ref();
}
Ref m_check_seekable(Value self, Args) {
  if (!check_seekable(self)) return {};
  return bool_ref(true);
}
Ref m_check_readable(Value self, Args) {
  if (!check_readable(self)) return {};
  return bool_ref(true);
}
Ref m_check_writable(Value self, Args) {
  if (!check_writable(self)) return {};
  return bool_ref(true);
}
Ref m_enter(Value self, Args) {
  if (!check_closed(self)) return {};
  return Ref::copy(self);
}
Ref m_exit(Value self, Args) { return call_method(self, "close"_id); }
Ref slot_iter(Value self) {
  if (!check_closed(self)) return {};
  return Ref::copy(self);
}
Ref slot_next(Value self) {
  Ref line = call_method(self, "readline"_id);
  if (!line) return {};
  Py_ssize_t n = length(line);
  if (n < 0 || n == 0) return {};
  return line;
}

Ref m_readline(Value self, const Value* a) {
  Py_ssize_t limit = -1;
  if (!optional_size(a[0], &limit)) return {};
  Ref peek;
  int has_peek = lookup_attr(self, "peek"_id, &peek);
  if (has_peek < 0) return {};
  Ref line = bytearray_new({});
  if (!line) return {};
  while (limit < 0 || bytearray_length(line) < limit) {
    Py_ssize_t want = 1;
    if (has_peek) {
      Ref ahead = call1(peek, Value::from_int(1));
      if (!ahead) {
        if (is_interrupted()) continue;
        return {};
      }
      if (!is_bytes(ahead)) return raise(PyExc_OSError, "peek() should have returned a bytes object, not '%N'", type_of(ahead));
      std::string_view v = bytes_view(ahead);
      if (!v.empty()) {
        size_t nl = v.find('\n');
        want = static_cast<Py_ssize_t>(nl == v.npos ? v.size() : nl + 1);
        if (limit >= 0 && want > limit - bytearray_length(line)) want = limit - bytearray_length(line);
      }
    }
    Ref part = call_method(self, "read"_id, {Value::from_int(want)});
    if (!part) {
      if (is_interrupted()) continue;
      return {};
    }
    if (!is_bytes(part)) return raise(PyExc_OSError, "read() should have returned a bytes object, not '%N'", type_of(part));
    Py_ssize_t got = bytes_length(part), at = bytearray_length(line);
    if (got == 0) break;
    if (!bytearray_resize(line, at + got)) return {};
    memcpy(bytearray_data(line) + at, bytes_data(part), static_cast<size_t>(got));
    if (bytearray_data(line)[at + got - 1] == '\n') break;
  }
  Py_ssize_t n = bytearray_length(line);
  return bytes_new({n ? bytearray_data(line) : "", static_cast<size_t>(n)});
}

Ref m_readlines(Value self, const Value* a) {
  Py_ssize_t hint = -1, total = 0;
  if (!optional_size(a[0], &hint)) return {};
  Ref list = list_new();
  if (!list) return {};
  Ref it = iter(self);
  if (!it) return {};
  while (Ref line = next(it)) {
    if (!list_append(list, line.get())) return {};
    if (hint > 0) {
      Py_ssize_t n = length(line);
      if (n < 0) return {};
      if (n > hint - total) break;
      total += n;
    }
  }
  if (error_occurred()) return {};
  return list;
}
Ref m_writelines(Value self, Value lines) {
  if (!check_closed(self)) return {};
  Ref it = iter(lines);
  if (!it) return {};
  while (Ref line = next(it)) {
    while (true) {
      Ref r = call_method(self, "write"_id, {line});
      if (r) break;
      if (!is_interrupted()) return {};
    }
  }
  if (error_occurred()) return {};
  return none_ref();
}

// Closes what was dropped open. Exceptions are lost, as CPython loses them outside of its development mode.
void base_finalize(PyObject* o) {
  Value self{o};
  ErrorKeeper keep;
  bool closed = false;
  Ref flag;
  int found = lookup_attr(self, "closed"_id, &flag);
  if (found <= 0) {
    if (found < 0) clear_error();
  } else {
    int r = is_true(flag);
    if (r < 0) clear_error();
    closed = r > 0;
  }
  if (closed) return;
  if (!setattr(self, "_finalizing"_id, boolean(true))) clear_error();
  if (!call_method(self, "close"_id)) clear_error();
}
Ref m_del(Value self) {
  base_finalize(self.object());
  return none_ref();
}
void base_dealloc(PyObject* o) {
  if (!finalize_stream(o)) return;
  gc_untrack(o);
  clear_stream(reinterpret_cast<IoBase*>(o));
  Py_TYPE(o)->tp_free(o);
}
int base_traverse(PyObject* o, visitproc visit, void* arg) { return traverse_stream(reinterpret_cast<IoBase*>(o), visit, arg); }
int base_clear(PyObject* o) {
  auto* s = reinterpret_cast<IoBase*>(o);
  PyObject* d = s->dict;
  s->dict = nullptr;
  if (d) adder::decref(d);
  return 0;
}

Ref get_dict(Value self) { return instance_dict(self); }
Ref base_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }

const MethodRow base_methods[] = {
    method<m_seek>("seek", "($self, offset, whence=os.SEEK_SET, /)", "Change the stream position to the given byte offset."),
    method<m_tell>("tell", "($self, /)", "Return current stream position."),
    method<m_truncate>("truncate", "", "Truncate file to size bytes."),
    method<m_flush>("flush", "($self, /)", "Flush write buffers, if applicable."),
    method<m_close>("close", "($self, /)", "Flush and close the IO object."),
    method<m_no>("seekable", "($self, /)", "Return whether object supports random access."),
    method<m_no>("readable", "($self, /)", "Return whether object was opened for reading."),
    method<m_no>("writable", "($self, /)", "Return whether object was opened for writing."),
    method<m_check_closed>("_checkClosed", "", nullptr),
    method<m_check_seekable>("_checkSeekable", "", nullptr),
    method<m_check_readable>("_checkReadable", "", nullptr),
    method<m_check_writable>("_checkWritable", "", nullptr),
    method<m_fileno>("fileno", "($self, /)", "Returns underlying file descriptor if one exists."),
    method<m_false>("isatty", "($self, /)", "Return whether this is an 'interactive' stream."),
    method<m_enter>("__enter__", "", nullptr),
    method<m_exit>("__exit__", "", nullptr),
    method<m_del>("__del__", "", nullptr),
    method<m_readline>("readline", "($self, size=-1, /)", "Read and return a line from the stream."),
    method<m_readlines>("readlines", "($self, hint=-1, /)", "Return a list of lines from the stream."),
    method<m_writelines>("writelines", "($self, lines, /)", "Write a list of lines to stream."),
    {}};
const GetSetRow base_getset[] = {getset<get_dict>("__dict__"), getset<get_closed>("closed"), {}};

// --- _RawIOBase -----------------------------------------------------------------------------------------------------------

Ref raw_read(Value self, const Value* a) {
  Py_ssize_t n = -1;
  if (a[0] && !as_ssize(a[0], &n)) return {};
  if (n < 0) return call_method(self, "readall"_id);
  Ref buffer = bytearray_new({});
  if (!buffer || !bytearray_resize(buffer, n)) return {};
  memset(n ? bytearray_data(buffer) : nullptr, 0, static_cast<size_t>(n ? n : 0));
  Ref r = call_method(self, "readinto"_id, {buffer});
  if (!r || is_none(r)) return r;
  Py_ssize_t got;
  if (!index_as_ssize(r, &got, PyExc_ValueError)) return {};
  if (got < 0 || got > bytearray_length(buffer)) got = got < 0 ? 0 : bytearray_length(buffer);
  return bytes_new({got ? bytearray_data(buffer) : "", static_cast<size_t>(got)});
}
Ref raw_readall(Value self) {
  BytesBuilder b;
  bool any = false;
  while (true) {
    Ref data = call_method(self, "read"_id, {Value::from_int(kBufferSize)});
    if (!data) {
      if (is_interrupted()) continue;
      return {};
    }
    if (is_none(data)) {
      if (!any) return data;
      break;
    }
    if (!is_bytes(data)) return raise(PyExc_TypeError, "read() should return bytes");
    if (bytes_length(data) == 0) break;
    any = true;
    if (!b.add(bytes_view(data))) return {};
  }
  return b.finish();
}
Ref not_implemented(Value, Args) { return raise_none(PyExc_NotImplementedError); }

const MethodRow raw_methods[] = {
    method<raw_read>("read", "($self, size=-1, /)", nullptr),
    method<raw_readall>("readall", "($self, /)", "Read until EOF, using multiple read() call."),
    method<not_implemented>("readinto", "", nullptr),
    method<not_implemented>("write", "", nullptr),
    {}};

// --- _BufferedIOBase --------------------------------------------------------------------------------------------------------

Ref buffered_detach(Value) { return unsupported("detach"); }
Ref buffered_read(Value, Args) { return unsupported("read"); }
Ref buffered_read1(Value, Args) { return unsupported("read1"); }
Ref buffered_write(Value, Args) { return unsupported("write"); }
Ref readinto_with(Value self, Value target, PyObject* method_name, const char* shown) {
  BufferView view;
  if (!has_buffer(target) || !view.get(target, PyBUF_WRITABLE)) {
    if (error_occurred()) clear_error();
    return raise(PyExc_TypeError, "%s() argument must be read-write bytes-like object, not %N", shown, type_of(target));
  }
  Ref data = call_method(self, method_name, {Value::from_int(view.size())});
  if (!data) return {};
  if (!is_bytes(data)) return raise(PyExc_TypeError, "read() should return bytes");
  if (bytes_length(data) > view.size())
    return raise(PyExc_ValueError, "read() returned too much data: %zd bytes requested, %zd returned", view.size(), bytes_length(data));
  memcpy(view.data(), bytes_data(data), static_cast<size_t>(bytes_length(data)));
  return Ref::from_int(bytes_length(data));
}
Ref buffered_readinto(Value self, Value target) { return readinto_with(self, target, "read"_id, "readinto"); }
Ref buffered_readinto1(Value self, Value target) { return readinto_with(self, target, "read1"_id, "readinto1"); }

const MethodRow buffered_methods[] = {
    method<buffered_detach>("detach", "($self, /)", "Disconnect this buffer from its underlying raw stream and return it."),
    method<buffered_read>("read", "", "Read and return up to n bytes."),
    method<buffered_read1>("read1", "", "Read and return up to n bytes, with at most one read() call"),
    method<buffered_readinto>("readinto", "($self, buffer, /)", nullptr),
    method<buffered_readinto1>("readinto1", "($self, buffer, /)", nullptr),
    method<buffered_write>("write", "", "Write the given buffer to the IO stream."),
    {}};

// --- _TextIOBase ------------------------------------------------------------------------------------------------------------

Ref text_detach(Value, Args) { return unsupported("detach"); }
Ref text_read(Value, Args) { return unsupported("read"); }
Ref text_readline(Value, Args) { return unsupported("readline"); }
Ref text_write(Value, Args) { return unsupported("write"); }
Ref get_none(Value) { return none_ref(); }
const MethodRow text_methods[] = {
    method<text_detach>("detach", "", "Separate the underlying buffer from the TextIOBase and return it."),
    method<text_read>("read", "", "Read at most n characters from stream."),
    method<text_readline>("readline", "", "Read until newline or EOF."),
    method<text_write>("write", "", "Write string to stream."),
    {}};
const GetSetRow text_getset[] = {
    getset<get_none>("encoding", "Encoding of the text stream."),
    getset<get_none>("newlines", "Line endings translated so far."),
    getset<get_none>("errors", "The error setting of the decoder or encoder."),
    {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
// Without a field of their own they inherit collection together with its functions.
constexpr unsigned long kFieldlessFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;

}  // namespace

extern const TypeDef iobase_def = {
    .type = &iobase_type,
    .name = "_io._IOBase",
    .basicsize = sizeof(IoBase),
    .flags = kFlags,
    .doc = "The abstract base class for all I/O classes.",
    .dealloc = &base_dealloc,
    .traverse = &base_traverse,
    .clear = &base_clear,
    .finalize = &base_finalize,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_iter = slot::Unary<slot_iter>, .tp_iternext = slot::Next<slot_next>, .tp_new = slot::New<base_new>},
    .methods = base_methods,
    .getset = base_getset,
};
extern const TypeDef rawiobase_def = {.type = &rawiobase_type, .name = "_io._RawIOBase", .flags = kFieldlessFlags,
                                      .doc = "Base class for raw binary I/O.", .base = &iobase_type, .methods = raw_methods};
extern const TypeDef bufferediobase_def = {.type = &bufferediobase_type, .name = "_io._BufferedIOBase", .flags = kFieldlessFlags,
                                           .doc = "Base class for buffered IO objects.", .base = &iobase_type, .methods = buffered_methods};
extern const TypeDef textiobase_def = {.type = &textiobase_type, .name = "_io._TextIOBase", .flags = kFieldlessFlags,
                                       .doc = "Base class for text I/O.", .base = &iobase_type, .methods = text_methods, .getset = text_getset};

}  // namespace adder::io
