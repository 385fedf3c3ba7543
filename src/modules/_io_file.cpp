// FileIO: a file descriptor as a raw stream. System calls run with the GIL released and are retried when interrupted.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "modules/io.h"
#include "object/audit.h"
#include "object/codecs.h"
#include "object/hooks.h"
#include "runtime/gil.h"
#include "object/type.h"

namespace adder::io {

ADDER_TYPE(fileio_type);

namespace {

constexpr size_t kMaxTransfer = 0x7ffff000;

inline FileIo* raw(Value v) { return v.as<FileIo>(); }
Failure closed_error() { return raise(PyExc_ValueError, "I/O operation on closed file"); }
Failure mode_error(const char* what) { return raise(unsupported_operation, "File not open for %s", what); }

// Runs a system call until it is not interrupted; -1 with errno kept, or with an exception from a signal handler (*raised).
template <class F>
auto retry(F&& f, bool* raised) {
  *raised = false;
  while (true) {
    decltype(f()) r;
    int e;
    {
      ReleaseGil unlocked;
      errno = 0;
      r = f();
      e = errno;
    }
    if (r >= 0 || e != EINTR) {
      errno = e;
      return r;
    }
    if (!poll_signals()) {
      *raised = true;
      return r;
    }
  }
}

bool parse_mode(FileIo* f, const char* mode, int* flags) {
  bool rwa = false, plus = false;
  *flags = 0;
  auto bad = [] { return raise(PyExc_ValueError, "Must have exactly one of create/read/write/append mode and at most one plus"); };
  for (const char* p = mode; *p; p++) {
    switch (*p) {
      case 'x':
        if (rwa) return bad();
        f->created = f->writable = rwa = true;
        *flags |= O_EXCL | O_CREAT;
        break;
      case 'r':
        if (rwa) return bad();
        f->readable = rwa = true;
        break;
      case 'w':
        if (rwa) return bad();
        f->writable = rwa = true;
        *flags |= O_CREAT | O_TRUNC;
        break;
      case 'a':
        if (rwa) return bad();
        f->writable = f->appending = rwa = true;
        *flags |= O_APPEND | O_CREAT;
        break;
      case 'b': break;
      case '+':
        if (plus) return bad();
        f->readable = f->writable = plus = true;
        break;
      default: return raise(PyExc_ValueError, "invalid mode: %.200s", mode);
    }
  }
  if (!rwa) return bad();
  *flags |= f->readable && f->writable ? O_RDWR : f->readable ? O_RDONLY : O_WRONLY;
  *flags |= O_CLOEXEC;
  return true;
}

// Closes the descriptor, whatever happens. false: OSError.
bool close_fd(FileIo* f) {
  int fd = f->fd;
  f->fd = -1;
  if (fd < 0) return true;
  int r, e;
  {
    ReleaseGil unlocked;
    r = close(fd);
    e = errno;
  }
  if (r < 0 && e != EINTR) {
    errno = e;
    return raise_errno(PyExc_OSError);
  }
  return true;
}

bool file_init(Value self, Args args) {
  static const char* const names[] = {"file", "mode", "closefd", "opener"};
  Value a[4] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 4) return raise(PyExc_TypeError, "FileIO() takes at most 4 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 4; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for FileIO()", name);
    if (a[at]) return raise(PyExc_TypeError, "argument for FileIO() given by name ('%U') and position (%d)", name, at + 1);
    a[at] = args.v[args.n + k];
  }
  if (!a[0]) return raise(PyExc_TypeError, "FileIO() missing required argument 'file' (pos 1)");
  FileIo* f = raw(self);
  std::string mode = "r";
  if (a[1]) {
    if (!is_str(a[1])) return raise(PyExc_TypeError, "FileIO() argument 'mode' must be str, not %N", type_of(a[1]));
    std::string_view m = str_utf8(a[1]);
    if (!m.data()) return false;
    if (m.find('\0') != m.npos) return raise(PyExc_ValueError, "embedded null character");
    mode.assign(m);
  }
  bool closefd = true;
  if (a[2]) {
    int t = is_true(a[2]);
    if (t < 0) return false;
    closefd = t != 0;
  }
  Value opener = a[3] ? a[3] : none();
  if (f->fd >= 0) {
    if (f->closefd) {
      if (!close_fd(f)) return false;
    } else {
      f->fd = -1;
    }
  }
  f->created = f->readable = f->writable = f->appending = false;
  f->seekable = -1;
  f->blksize = 0;
  f->closefd = true;

  int fd = -1;
  if (is_int(a[0]) || (slots_of(a[0]).nb_index != nullptr)) {
    // What is no descriptor is tried as a path, and refused as such.
    Py_ssize_t n;
    if (!index_as_ssize(a[0], &n, PyExc_OverflowError)) {
      clear_error();
    } else if (n < 0 && n >= INT_MIN) {
      return raise(PyExc_ValueError, "negative file descriptor");
    } else if (n >= 0 && n <= INT_MAX) {
      fd = static_cast<int>(n);
    }
  }
  std::string path;
  if (fd < 0 && !str_encode_fs(a[0], &path)) {
    if (error_matches(PyExc_ValueError) && !error_matches(PyExc_UnicodeError)) {
      clear_error();
      return raise(PyExc_ValueError, "embedded null byte");
    }
    return false;
  }
  int flags;
  if (!parse_mode(f, mode.c_str(), &flags)) return false;
  Ref flags_object = Ref::from_int(flags);
  bool by_name = fd < 0;
  if (audit_active()) {
    Ref mode_text = str_from_utf8(mode);
    if (!mode_text || !audit("open", {a[0], mode_text.get(), flags_object.get()})) return false;
  }
  if (!by_name) {
    f->fd = fd;
    f->closefd = closefd;
  } else {
    if (!closefd) return raise(PyExc_ValueError, "Cannot use closefd=False with file name");
    if (is_none(opener)) {
      bool raised;
      f->fd = retry([&] { return open(path.c_str(), flags, 0666); }, &raised);
      if (raised) return false;
    } else {
      Ref r = call(opener, {a[0], flags_object});
      if (!r) return false;
      if (!is_int(r)) return raise(PyExc_TypeError, "expected integer from opener");
      int n;
      if (!as_int(r, &n)) return false;
      f->fd = n;
      if (n < 0) return raise(PyExc_ValueError, "opener returned %d", n);
      int fl = fcntl(n, F_GETFD);
      if (fl >= 0) fcntl(n, F_SETFD, fl | FD_CLOEXEC);
    }
    if (f->fd < 0) return raise_errno_with(PyExc_OSError, a[0]);
  }
  f->blksize = kBufferSize;
  struct stat st;
  int r, e;
  {
    ReleaseGil unlocked;
    r = fstat(f->fd, &st);
    e = errno;
  }
  auto give_up = [&] {
    ErrorKeeper keep;
    if (!by_name) f->fd = -1;
    else if (!close_fd(f)) clear_error();
    return false;
  };
  if (r < 0) {
    // Tolerated unless the descriptor is bad.
    if (e == EBADF) {
      errno = e;
      raise_errno(PyExc_OSError);
      return give_up();
    }
  } else {
    if (S_ISDIR(st.st_mode)) {
      errno = EISDIR;
      raise_errno_with(PyExc_OSError, a[0]);
      return give_up();
    }
    if (st.st_blksize > 1) f->blksize = static_cast<unsigned>(st.st_blksize);
  }
  if (!setattr(self, "name"_id, a[0])) return give_up();
  if (f->appending && lseek(f->fd, 0, SEEK_END) < 0 && errno != ESPIPE) {
    raise_errno(PyExc_OSError);
    return give_up();
  }
  return true;
}

Ref file_new(PyTypeObject* type, Args) {
  PyObject* o = allocate_instance(type);
  if (!o) return {};
  auto* f = reinterpret_cast<FileIo*>(o);
  f->fd = -1;
  f->seekable = -1;
  f->closefd = true;
  return Ref::steal(o);
}
void file_dealloc(PyObject* o) {
  auto* f = reinterpret_cast<FileIo*>(o);
  f->finalizing = true;
  if (!finalize_stream(o)) return;
  gc_untrack(o);
  clear_stream(f);
  Py_TYPE(o)->tp_free(o);
}
int file_traverse(PyObject* o, visitproc visit, void* arg) { return traverse_stream(reinterpret_cast<IoBase*>(o), visit, arg); }
int file_clear(PyObject* o) {
  auto* s = reinterpret_cast<IoBase*>(o);
  PyObject* d = s->dict;
  s->dict = nullptr;
  if (d) adder::decref(d);
  return 0;
}

const char* mode_text(FileIo* f) {
  if (f->created) return f->readable ? "xb+" : "xb";
  if (f->appending) return f->readable ? "ab+" : "ab";
  if (f->readable) return f->writable ? "rb+" : "rb";
  return "wb";
}

bool warn_unclosed(Value self, Value source) {
  FileIo* f = raw(self);
  if (f->fd < 0 || !f->closefd) return true;
  ErrorKeeper keep;
  Ref text = str_format("unclosed file %R", source);
  if (text && (!hooks.warn || hooks.warn(PyExc_ResourceWarning, text, 1, source))) return true;
  if (error_matches(PyExc_Warning)) write_unraisable(self);
  clear_error();
  return true;
}

Ref m_dealloc_warn(Value self, Value source) {
  warn_unclosed(self, source);
  return none_ref();
}
Ref m_close(Value self) {
  FileIo* f = raw(self);
  if (!f->closefd) {
    Ref r = call(getattr(Value{&rawiobase_type}, "close"_id), {self});
    f->fd = -1;
    return r;
  }
  Ref base = getattr(Value{&rawiobase_type}, "close"_id);
  Ref r = base ? call1(base, self) : Ref{};
  Ref error = r ? Ref{} : take_error();
  if (f->finalizing) warn_unclosed(self, self);
  if (!close_fd(f)) {
    if (error) {
      Ref second = take_error();
      set_context(second, std::move(error));
      restore_error(std::move(second));
    }
    return {};
  }
  if (error) {
    restore_error(std::move(error));
    return {};
  }
  return r;
}

Ref m_fileno(Value self) {
  if (raw(self)->fd < 0) return closed_error();
  return Ref::from_int(raw(self)->fd);
}
Ref m_readable(Value self) {
  if (raw(self)->fd < 0) return closed_error();
  return bool_ref(raw(self)->readable);
}
Ref m_writable(Value self) {
  if (raw(self)->fd < 0) return closed_error();
  return bool_ref(raw(self)->writable);
}
bool do_seek(FileIo* f, int64_t target, int whence, int64_t* out) {
  off_t r;
  int e;
  {
    ReleaseGil unlocked;
    r = lseek(f->fd, target, whence);
    e = errno;
  }
  if (f->seekable < 0) f->seekable = r >= 0;
  if (r < 0) {
    errno = e;
    return raise_errno(PyExc_OSError);
  }
  *out = r;
  return true;
}
Ref m_seekable(Value self) {
  FileIo* f = raw(self);
  if (f->fd < 0) return closed_error();
  if (f->seekable < 0) {
    int64_t pos;
    if (!do_seek(f, 0, SEEK_CUR, &pos)) clear_error();
  }
  return bool_ref(f->seekable == 1);
}
Ref m_isatty(Value self) {
  if (raw(self)->fd < 0) return closed_error();
  int r = isatty(raw(self)->fd);
  return bool_ref(r != 0);
}
Ref m_seek(Value self, const Value* a) {
  FileIo* f = raw(self);
  if (f->fd < 0) return closed_error();
  int64_t target, pos;
  int whence = 0;
  if (a[1] && !as_int(a[1], &whence)) return {};
  if (!as_offset(a[0], &target) || !do_seek(f, target, whence, &pos)) return {};
  return int_from_i64(pos);
}
Ref m_tell(Value self) {
  FileIo* f = raw(self);
  if (f->fd < 0) return closed_error();
  int64_t pos;
  if (!do_seek(f, 0, SEEK_CUR, &pos)) return {};
  return int_from_i64(pos);
}
Ref m_truncate(Value self, const Value* a) {
  FileIo* f = raw(self);
  if (f->fd < 0) return closed_error();
  if (!f->writable) return mode_error("writing");
  int64_t n;
  if (!a[0] || is_none(a[0])) {
    if (!do_seek(f, 0, SEEK_CUR, &n)) return {};
  } else if (!as_offset(a[0], &n)) {
    return {};
  }
  bool raised;
  int r = retry([&] { return ftruncate(f->fd, n); }, &raised);
  if (raised) return {};
  if (r < 0) return raise_errno(PyExc_OSError);
  return int_from_i64(n);
}
Ref m_read(Value self, const Value* a) {
  FileIo* f = raw(self);
  if (f->fd < 0) return closed_error();
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!f->readable) return mode_error("reading");
  if (n < 0) return fileio_readall(self);
  Ref b = bytes_uninitialized(n);
  if (!b) return {};
  if (n <= 1) {
    char one;
    Py_ssize_t got = n == 0 ? fileio_read(f, &one, 0) : fileio_read(f, &one, 1);
    if (got == -2) return none_ref();
    if (got < 0) return {};
    return bytes_new({&one, static_cast<size_t>(got)});
  }
  Py_ssize_t got = fileio_read(f, bytes_data(b), n);
  if (got == -2) return none_ref();
  if (got < 0) return {};
  return bytes_resize(std::move(b), got);
}
Ref m_readinto(Value self, Value target) {
  FileIo* f = raw(self);
  BufferView view;
  if (!has_buffer(target) || !view.get(target, PyBUF_WRITABLE)) {
    if (error_occurred()) clear_error();
    return raise(PyExc_TypeError, "readinto() argument must be read-write bytes-like object, not %N", type_of(target));
  }
  if (f->fd < 0) return closed_error();
  if (!f->readable) return mode_error("reading");
  Py_ssize_t got = fileio_read(f, view.data(), view.size());
  if (got == -2) return none_ref();
  if (got < 0) return {};
  return Ref::from_int(got);
}
Ref m_readall(Value self) {
  if (raw(self)->fd < 0) return closed_error();
  return fileio_readall(self);
}
Ref m_write(Value self, Value data) {
  FileIo* f = raw(self);
  BufferView view;
  if (!view.get(data)) return {};
  if (f->fd < 0) return closed_error();
  if (!f->writable) return mode_error("writing");
  Py_ssize_t n = fileio_write(f, view.data(), view.size());
  if (n == -2) return none_ref();
  if (n < 0) return {};
  // What cut the write short may have been a signal.
  if (n < view.size() && !poll_signals()) return {};
  return Ref::from_int(n);
}
Ref m_getstate(Value self, Args) { return no_pickle(self); }

Ref file_repr(Value self) {
  FileIo* f = raw(self);
  if (f->fd < 0) return str_from_ascii("<_io.FileIO [closed]>");
  Ref name;
  int found = lookup_attr(self, "name"_id, &name);
  if (found < 0) return {};
  const char* closefd = f->closefd ? "True" : "False";
  if (!found) return str_format("<_io.FileIO fd=%d mode='%s' closefd=%s>", f->fd, mode_text(f), closefd);
  int entered = repr_enter(self);
  if (entered < 0) return {};
  if (entered > 0) return raise(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type_of(self)->tp_name);
  Ref r = str_format("<_io.FileIO name=%R mode='%s' closefd=%s>", name.get(), mode_text(f), closefd);
  repr_leave(self);
  return r;
}

Ref get_closed(Value self) { return bool_ref(raw(self)->fd < 0); }
Ref get_closefd(Value self) { return bool_ref(raw(self)->closefd); }
Ref get_mode(Value self) { return str_from_ascii(mode_text(raw(self))); }

const MethodRow file_methods[] = {
    method<m_read>("read", "($self, size=-1, /)", "Read at most size bytes, returned as bytes."),
    method<m_readall>("readall", "($self, /)", "Read all data from the file, returned as bytes."),
    method<m_readinto>("readinto", "($self, buffer, /)", "Same as RawIOBase.readinto()."),
    method<m_write>("write", "($self, b, /)", "Write buffer b to file, return number of bytes written."),
    method<m_seek>("seek", "($self, pos, whence=0, /)", "Move to new file position and return the file position."),
    method<m_tell>("tell", "($self, /)", "Current file position."),
    method<m_truncate>("truncate", "($self, size=None, /)", "Truncate the file to at most size bytes and return the truncated size."),
    method<m_close>("close", "($self, /)", "Close the file."),
    method<m_seekable>("seekable", "($self, /)", "True if file supports random-access."),
    method<m_readable>("readable", "($self, /)", "True if file was opened in a read mode."),
    method<m_writable>("writable", "($self, /)", "True if file was opened in a write mode."),
    method<m_fileno>("fileno", "($self, /)", "Return the underlying file descriptor (an integer)."),
    method<m_isatty>("isatty", "($self, /)", "True if the file is connected to a TTY device."),
    method<m_dealloc_warn>("_dealloc_warn", "", nullptr),
    method<m_getstate>("__getstate__", "", nullptr),
    {}};
const GetSetRow file_getset[] = {
    getset<get_closed>("closed", "True if the file is closed"),
    getset<get_closefd>("closefd", "True if the file descriptor will be closed by close()."),
    getset<get_mode>("mode", "String giving the file mode"),
    {}};
PyMemberDef file_members[] = {
    {"_blksize", T_UINT, offsetof(FileIo, blksize), 0, nullptr},
    {"_finalizing", T_BOOL, offsetof(FileIo, finalizing), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

Py_ssize_t fileio_read(FileIo* f, char* data, Py_ssize_t n) {
  bool raised;
  size_t want = static_cast<size_t>(n) > kMaxTransfer ? kMaxTransfer : static_cast<size_t>(n);
  ssize_t r = retry([&] { return read(f->fd, data, want); }, &raised);
  if (raised) return -1;
  if (r < 0) {
    if (errno == EAGAIN) return -2;
    return raise_errno(PyExc_OSError);
  }
  return r;
}

Py_ssize_t fileio_write(FileIo* f, const char* data, Py_ssize_t n) {
  bool raised;
  size_t want = static_cast<size_t>(n) > kMaxTransfer ? kMaxTransfer : static_cast<size_t>(n);
  ssize_t r = retry([&] { return write(f->fd, data, want); }, &raised);
  if (raised) return -1;
  if (r < 0) {
    if (errno == EAGAIN) return -2;
    return raise_errno(PyExc_OSError);
  }
  return r;
}

Ref fileio_readall(Value self) {
  FileIo* f = raw(self);
  struct stat st;
  Py_ssize_t size = kBufferSize;
  off_t pos, end = -1;
  {
    ReleaseGil unlocked;
    pos = lseek(f->fd, 0, SEEK_CUR);
    if (fstat(f->fd, &st) == 0) end = st.st_size;
  }
  if (end > 0 && pos >= 0 && end >= pos) size = static_cast<Py_ssize_t>(end - pos) + 1;
  if (size < 2) size = kBufferSize;
  Ref b = bytes_uninitialized(size);
  if (!b) return {};
  Py_ssize_t done = 0;
  while (true) {
    if (done >= size) {
      Py_ssize_t more = done > 65536 ? done >> 3 : 256 + done;
      if (size > PY_SSIZE_T_MAX - more - 1) return raise(PyExc_OverflowError, "unbounded read returned more bytes than a Python bytes object can hold");
      size += more;
      b = bytes_resize(std::move(b), size);
      if (!b) return {};
    }
    Py_ssize_t n = fileio_read(f, bytes_data(b) + done, size - done);
    if (n == 0) break;
    if (n == -2) {
      if (done > 0) break;
      return none_ref();
    }
    if (n < 0) return {};
    done += n;
  }
  return bytes_resize(std::move(b), done);
}

extern const TypeDef fileio_def = {
    .type = &fileio_type,
    .name = "_io.FileIO",
    .basicsize = sizeof(FileIo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Open a file.",
    .signature = "(file, mode='r', closefd=True, opener=None)",
    .base = &rawiobase_type,
    .dealloc = &file_dealloc,
    .traverse = &file_traverse,
    .clear = &file_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_repr = slot::Unary<file_repr>, .tp_init = slot::Init<file_init>, .tp_new = slot::New<file_new>},
    .methods = file_methods,
    .getset = file_getset,
    .members = file_members,
};

}  // namespace adder::io
