// BufferedReader, BufferedWriter, BufferedRandom: one struct, one buffer over a raw stream; BufferedRWPair over two.
//
// buffer[0, read_end) was read from the raw stream (read_end -1: nothing), buffer[write_pos, write_end) is to be written
// (write_end -1: nothing). pos is the stream's position in the buffer, raw_pos the raw stream's; abs_pos is the raw
// stream's position in the file where it is known.
#include <cerrno>
#include <cstring>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include "memory/gc.h"
#include "modules/faulthandler.h"
#include "modules/io.h"
#include "object/codecs.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "vm/thread.h"

namespace adder::io {

ADDER_TYPE(reader_type);
ADDER_TYPE(writer_type);
ADDER_TYPE(random_type);
ADDER_TYPE(pair_type);

namespace {

struct Buffered : IoBase {
  PyObject* raw;
  bool ok, detached, readable, writable, finalizing;
  bool plain;  // raw is an exact FileIO and this an exact type of ours: no need to go through Python
  char* buffer;
  int64_t abs_pos, pos, raw_pos, read_end, write_pos, write_end;
  Py_ssize_t size;
  Thread* owner;  // who uses the buffer now; null: nobody
};

inline Buffered* self_of(Value v) { return v.as<Buffered>(); }

bool check_initialized(Buffered* b) {
  if (ADDER_LIKELY(b->ok)) return true;
  if (b->detached) return raise(PyExc_ValueError, "raw stream has been detached");
  return raise(PyExc_ValueError, "I/O operation on uninitialized object");
}
bool check_open(Buffered* b, const char* text) {
  if (!check_initialized(b)) return false;
  if (ADDER_LIKELY(b->plain && b->buffer && reinterpret_cast<FileIo*>(b->raw)->fd >= 0)) return true;
  int closed = b->buffer ? is_closed(Value{b->raw}) : 1;
  if (closed < 0) return false;
  return !closed || raise(PyExc_ValueError, text);
}

// Exclusive use of the buffer while the GIL may be released. The flag is only touched with the GIL held; who finds it
// set by another thread waits for a word of its release.
std::mutex wait_mutex;
std::condition_variable released;
int waiting = 0;

class Exclusive {
 public:
  explicit Exclusive(Buffered* b) : b_(b) {
    if (ADDER_UNLIKELY(waiting > 0) && b->owner != this_thread()) {
      // Whoever waits already comes first: a thread that writes on and on would keep the stream for itself.
      ReleaseGil unlocked;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    if (ADDER_UNLIKELY(b->owner != nullptr) && !wait()) {
      b_ = nullptr;
      return;
    }
    b->owner = this_thread();
  }
  ~Exclusive() {
    if (!b_) return;
    b_->owner = nullptr;
    if (ADDER_UNLIKELY(waiting > 0)) released.notify_all();
  }
  Exclusive(const Exclusive&) = delete;
  explicit operator bool() const { return b_ != nullptr; }
 private:
  static constexpr int kLastRounds = 200;  // a second
  Buffered* b_;
  // A daemon thread that stopped where it asked for the interpreter's lock never lets go of the stream's.
  [[noreturn]] void end_in_vain() {
    Ref name = repr(Value{&b_->head});
    std::string text = "could not acquire lock for ";
    text += name ? str_utf8(name) : "a stream";
    text += " at interpreter shutdown, possibly due to daemon threads";
    fatal_error("_enter_buffered_busy", text.c_str());
  }
  bool wait() {
    if (b_->owner == this_thread()) return raise(PyExc_RuntimeError, "reentrant call inside %R", Value{&b_->head});
    waiting++;
    for (int rounds = 0; b_->owner; rounds++) {
      if (rounds > kLastRounds && the_interpreter->finalizing) end_in_vain();
      ReleaseGil unlocked;
      std::unique_lock lock(wait_mutex);
      released.wait_for(lock, std::chrono::milliseconds(5));
    }
    waiting--;
    return true;
  }
};

inline bool valid_read(Buffered* b) { return b->readable && b->read_end != -1; }
inline bool valid_write(Buffered* b) { return b->writable && b->write_end != -1; }
inline Py_ssize_t readahead(Buffered* b) { return valid_read(b) ? b->read_end - b->pos : 0; }
inline int64_t raw_offset(Buffered* b) { return (valid_read(b) || valid_write(b)) && b->raw_pos >= 0 ? b->raw_pos - b->pos : 0; }
inline void reset_read(Buffered* b) { b->read_end = -1; }
inline void reset_write(Buffered* b) { b->write_pos = 0; b->write_end = -1; }
inline void move_to(Buffered* b, int64_t pos) {
  b->pos = pos;
  if (valid_read(b) && b->read_end < pos) b->read_end = pos;
}

// --- The raw stream -----------------------------------------------------------------------------------------------------

int64_t raw_tell(Buffered* b) {
  Ref r = call_method(Value{b->raw}, "tell"_id);
  if (!r) return -1;
  int64_t n;
  if (!as_offset(r, &n)) return -1;
  if (n < 0) return raise(PyExc_OSError, "Raw stream returned invalid position %ld", n);
  b->abs_pos = n;
  return n;
}
int64_t raw_seek(Buffered* b, int64_t target, int whence) {
  Ref t = int_from_i64(target);
  Ref r = call_method(Value{b->raw}, "seek"_id, {t, Value::from_int(whence)});
  if (!r) return -1;
  int64_t n;
  if (!as_offset(r, &n)) return -1;
  if (n < 0) return raise(PyExc_OSError, "Raw stream returned invalid position %ld", n);
  b->abs_pos = n;
  return n;
}
// Bytes read, -1 with an exception, -2 would block.
Py_ssize_t raw_read(Buffered* b, char* data, Py_ssize_t n) {
  Py_ssize_t got;
  auto* f = reinterpret_cast<FileIo*>(b->raw);
  if (ADDER_LIKELY(b->plain && f->fd >= 0 && f->readable)) {
    got = fileio_read(f, data, n);
    if (got < 0) return got;
  } else {
    Window window(data, n, false);
    if (!window) return -1;
    Ref r;
    while (!(r = call_method(Value{b->raw}, "readinto"_id, {window.view()})))
      if (!is_interrupted()) return -1;
    if (is_none(r)) return -2;
    if (!is_int(r) && !slots_of(r).nb_index) {
      raise(PyExc_TypeError, "'%N' object cannot be interpreted as an integer", type_of(r));
      return raise_from_current(PyExc_OSError, "raw readinto() failed");
    }
    if (!index_as_ssize(r, &got, PyExc_ValueError)) return raise_from_current(PyExc_OSError, "raw readinto() failed");
    if (got < 0 || got > n)
      return raise(PyExc_OSError, "raw readinto() returned invalid length %zd (should have been between 0 and %zd)", got, n);
  }
  if (got > 0 && b->abs_pos != -1) b->abs_pos += got;
  return got;
}
Py_ssize_t raw_write(Buffered* b, const char* data, Py_ssize_t n) {
  Py_ssize_t done;
  auto* f = reinterpret_cast<FileIo*>(b->raw);
  if (ADDER_LIKELY(b->plain && f->fd >= 0 && f->writable)) {
    done = fileio_write(f, data, n);
    if (done < 0) return done;
  } else {
    Window window(const_cast<char*>(data), n, true);
    if (!window) return -1;
    Ref r;
    // EAGAIN may be an error of an earlier call: only this one's counts.
    errno = 0;
    while (!(r = call_method(Value{b->raw}, "write"_id, {window.view()})))
      if (!is_interrupted()) return -1;
    if (is_none(r)) return -2;
    if (!index_as_ssize(r, &done, PyExc_ValueError)) return -1;
    if (done < 0 || done > n)
      return raise(PyExc_OSError, "raw write() returned invalid length %zd (should have been between 0 and %zd)", done, n);
  }
  if (done > 0 && b->abs_pos != -1) b->abs_pos += done;
  return done;
}
Py_ssize_t fill(Buffered* b) {
  Py_ssize_t start = valid_read(b) ? b->read_end : 0;
  Py_ssize_t n = raw_read(b, b->buffer + start, b->size - start);
  if (n <= 0) return n;
  b->read_end = start + n;
  b->raw_pos = start + n;
  return n;
}

// Writes out what the buffer holds.
bool flush_write(Buffered* b) {
  if (!valid_write(b) || b->write_pos == b->write_end) {
    reset_write(b);
    return true;
  }
  int64_t rewind = raw_offset(b) + (b->pos - b->write_pos);
  if (rewind != 0) {
    if (raw_seek(b, -rewind, 1) < 0) return false;
    b->raw_pos -= rewind;
  }
  while (b->write_pos < b->write_end) {
    Py_ssize_t n = raw_write(b, b->buffer + b->write_pos, b->write_end - b->write_pos);
    if (n == -1) return false;
    if (n == -2) return raise_blocking("write could not complete without blocking", 0);
    b->write_pos += n;
    b->raw_pos = b->write_pos;
    if (!poll_signals()) return false;
  }
  reset_write(b);
  return true;
}
bool flush_and_rewind(Buffered* b) {
  if (!flush_write(b)) return false;
  if (b->readable) {
    // The raw stream goes back to where the reader thinks it is.
    int64_t n = raw_seek(b, -raw_offset(b), 1);
    reset_read(b);
    if (n == -1) return false;
  }
  return true;
}

// --- Construction -------------------------------------------------------------------------------------------------------

bool init_stream(Value self, Args args, const char* name, bool readable, bool writable) {
  Value a[2] = {};
  static const char* const names[] = {"raw", "buffer_size"};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 2) return raise(PyExc_TypeError, "%s() takes at most 2 arguments (%zu given)", name, args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value key = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = str_equals(key, names[0]) ? 0 : str_equals(key, names[1]) ? 1 : -1;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", key, name);
    if (a[at]) return raise(PyExc_TypeError, "argument for %s() given by name ('%U') and position (%d)", name, key, at + 1);
    a[at] = args.v[args.n + k];
  }
  Buffered* b = self_of(self);
  b->ok = false;
  b->detached = false;
  if (!a[0]) return raise(PyExc_TypeError, "%s() missing required argument 'raw' (pos 1)", name);
  Py_ssize_t size = kBufferSize;
  if (a[1] && !as_ssize(a[1], &size)) return false;
  if (writable && readable && !check_seekable(a[0])) return false;
  if (readable && !check_readable(a[0])) return false;
  if (writable && !check_writable(a[0])) return false;
  Ref raw = Ref::copy(a[0]);
  PyObject* old = b->raw;
  b->raw = to_c_steal(std::move(raw));
  if (old) adder::decref(old);
  if (size <= 0) return raise(PyExc_ValueError, "buffer size must be strictly positive");
  if (b->buffer) object_free(b->buffer);
  b->buffer = static_cast<char*>(object_malloc(static_cast<size_t>(size)));
  if (!b->buffer) return raise_no_memory();
  b->owner = nullptr;
  b->size = size;
  b->readable = readable;
  b->writable = writable;
  b->pos = 0;
  b->raw_pos = 0;
  reset_read(b);
  reset_write(b);
  b->plain = is_plain_buffered(self) && is_plain_file(a[0]);
  if (raw_tell(b) == -1) {
    clear_error();
    b->abs_pos = -1;
  }
  b->ok = true;
  return true;
}
bool reader_init(Value self, Args a) { return init_stream(self, a, "BufferedReader", true, false); }
bool writer_init(Value self, Args a) { return init_stream(self, a, "BufferedWriter", false, true); }
bool random_init(Value self, Args a) { return init_stream(self, a, "BufferedRandom", true, true); }

Ref stream_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }

void stream_dealloc(PyObject* o) {
  auto* b = reinterpret_cast<Buffered*>(o);
  b->finalizing = true;
  if (!finalize_stream(o)) return;
  gc_untrack(o);
  b->ok = false;
  clear_stream(b);
  if (b->raw) adder::decref(b->raw);
  if (b->buffer) object_free(b->buffer);
  Py_TYPE(o)->tp_free(o);
}
int stream_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* b = reinterpret_cast<Buffered*>(o);
  if (b->raw) ADDER_VISIT(b->raw);
  return traverse_stream(b, visit, arg);
}
int stream_clear(PyObject* o) {
  auto* b = reinterpret_cast<Buffered*>(o);
  b->ok = false;
  PyObject *raw = b->raw, *dict = b->dict;
  b->raw = b->dict = nullptr;
  if (raw) adder::decref(raw);
  if (dict) adder::decref(dict);
  return 0;
}

// --- Passing on ---------------------------------------------------------------------------------------------------------

Ref pass_on(Value self, PyObject* method_name) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  return call_method(Value{b->raw}, method_name);
}
Ref m_seekable(Value self) { return pass_on(self, "seekable"_id); }
Ref m_readable(Value self) { return pass_on(self, "readable"_id); }
Ref m_writable(Value self) { return pass_on(self, "writable"_id); }
Ref m_fileno(Value self) { return pass_on(self, "fileno"_id); }
Ref m_isatty(Value self) { return pass_on(self, "isatty"_id); }
Ref get_raw_attribute(Value self, PyObject* name) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  return getattr(Value{b->raw}, name);
}
Ref get_closed(Value self) { return get_raw_attribute(self, "closed"_id); }
Ref get_name(Value self) { return get_raw_attribute(self, "name"_id); }
Ref get_mode(Value self) { return get_raw_attribute(self, "mode"_id); }
Ref m_dealloc_warn(Value self, Value source) {
  Buffered* b = self_of(self);
  if (b->ok && b->raw && !call_method(Value{b->raw}, "_dealloc_warn"_id, {source})) clear_error();
  return none_ref();
}

bool flush_locked(Buffered* b) {
  Exclusive use(b);
  return use && flush_and_rewind(b);
}
Ref m_flush(Value self) {
  Buffered* b = self_of(self);
  if (!check_open(b, "flush of closed file") || !flush_locked(b)) return {};
  return none_ref();
}
// A reader has nothing to flush: its raw stream is.
Ref m_reader_flush(Value self) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  return call_method(Value{b->raw}, "flush"_id);
}

Ref m_close(Value self) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  {
    Exclusive use(b);
    if (!use) return {};
    int closed = is_closed(Value{b->raw});
    if (closed < 0) return {};
    if (closed) return none_ref();
    if (b->finalizing) (void)m_dealloc_warn(self, self);
  }
  // flush() takes the lock itself, and may be overridden.
  Ref error;
  if (!call_method(self, "flush"_id)) error = take_error();
  Exclusive use(b);
  if (!use) return {};
  Ref r = call_method(Value{b->raw}, "close"_id);
  if (b->buffer) {
    object_free(b->buffer);
    b->buffer = nullptr;
  }
  if (error) {
    if (!r) {
      Ref second = take_error();
      set_context(second, std::move(error));
      restore_error(std::move(second));
      return {};
    }
    restore_error(std::move(error));
    return {};
  }
  b->read_end = 0;
  b->pos = 0;
  return r;
}

Ref m_detach(Value self) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  if (!call_method(self, "flush"_id)) return {};
  Ref raw = from_c_steal(b->raw);
  b->raw = nullptr;
  b->detached = true;
  b->ok = false;
  return raw;
}

// --- Reading ------------------------------------------------------------------------------------------------------------

Ref slice(Buffered* b, Py_ssize_t n) {
  Ref r = bytes_new({b->buffer + b->pos, static_cast<size_t>(n)});
  if (r) b->pos += n;
  return r;
}

Ref read_all(Buffered* b) {
  Py_ssize_t current = readahead(b);
  Ref data;
  if (current) {
    data = slice(b, current);
    if (!data) return {};
  }
  if (b->writable && !flush_and_rewind(b)) return {};
  reset_read(b);
  Ref rest;
  if (b->plain && reinterpret_cast<FileIo*>(b->raw)->readable) {
    rest = fileio_readall(Value{b->raw});
    if (!rest) return {};
  } else {
    Ref readall;
    int found = lookup_attr(Value{b->raw}, "readall"_id, &readall);
    if (found < 0) return {};
    if (found) {
      rest = call0(readall);
      if (!rest) return {};
      if (!is_none(rest) && !is_bytes(rest)) return raise(PyExc_TypeError, "readall() should return bytes");
    }
  }
  if (rest) {
    if (is_none(rest)) return current ? std::move(data) : std::move(rest);
    if (b->abs_pos != -1) b->abs_pos += bytes_length(rest);
    return current ? bytes_concat(data, rest) : std::move(rest);
  }
  BytesBuilder all;
  if (current) all.add(bytes_view(data));
  bool any = current > 0;
  while (true) {
    Ref part = call_method(Value{b->raw}, "read"_id);
    if (!part) return {};
    if (!is_none(part) && !is_bytes(part)) return raise(PyExc_TypeError, "read() should return bytes");
    if (is_none(part) || bytes_length(part) == 0) {
      if (!any) return part;
      return all.finish();
    }
    any = true;
    if (!all.add(bytes_view(part))) return {};
    if (b->abs_pos != -1) b->abs_pos += bytes_length(part);
  }
}

Ref read_many(Buffered* b, Py_ssize_t n) {
  Py_ssize_t current = readahead(b);
  if (n <= current) return slice(b, n);
  Ref r = bytes_uninitialized(n);
  if (!r) return {};
  char single;
  char* out = n == 1 ? &single : bytes_data(r);
  auto finish = [&](Py_ssize_t done) { return n == 1 ? bytes_new({&single, static_cast<size_t>(done)}) : bytes_resize(std::move(r), done); };
  Py_ssize_t done = 0;
  if (current > 0) {
    memcpy(out, b->buffer + b->pos, static_cast<size_t>(current));
    done = current;
    b->pos += current;
  }
  if (b->writable && !flush_and_rewind(b)) return {};
  reset_read(b);
  auto stop = [&](Py_ssize_t got) -> Ref {
    // End of file or would block: what was read so far, or None if nothing could be.
    if (got == 0 || done > 0) return finish(done);
    return none_ref();
  };
  while (n - done > 0) {
    // As much as possible goes straight to the result, in whole buffers.
    Py_ssize_t direct = (n - done) / b->size * b->size;
    if (direct == 0) break;
    Py_ssize_t got = raw_read(b, out + done, direct);
    if (got == -1) return {};
    if (got == 0 || got == -2) return stop(got);
    done += got;
  }
  b->pos = 0;
  b->raw_pos = 0;
  b->read_end = 0;
  while (n - done > 0 && b->read_end < b->size) {
    Py_ssize_t got = fill(b);
    if (got == -1) return {};
    if (got == 0 || got == -2) return stop(got);
    Py_ssize_t take = n - done < got ? n - done : got;
    memcpy(out + done, b->buffer + b->pos, static_cast<size_t>(take));
    b->pos += take;
    done += take;
  }
  return finish(done);
}

Ref m_read(Value self, const Value* a) {
  Buffered* b = self_of(self);
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_initialized(b)) return {};
  if (n < -1) return raise(PyExc_ValueError, "read length must be non-negative or -1");
  if (!check_open(b, "read of closed file")) return {};
  Exclusive use(b);
  if (!use) return {};
  return n == -1 ? read_all(b) : read_many(b, n);
}

Ref read1(Buffered* b, Py_ssize_t n) {
  if (n < 0) n = b->size;
  if (!check_open(b, "read of closed file")) return {};
  if (n == 0) return bytes_new({});
  Exclusive use(b);
  if (!use) return {};
  Py_ssize_t have = readahead(b);
  if (have > 0) return slice(b, n < have ? n : have);
  if (b->writable && !flush_and_rewind(b)) return {};
  Ref r = bytes_uninitialized(n);
  if (!r) return {};
  reset_read(b);
  char single;
  Py_ssize_t got = raw_read(b, n == 1 ? &single : bytes_data(r), n);
  if (got == -1) return {};
  if (got == -2) got = 0;
  return n == 1 ? bytes_new({&single, static_cast<size_t>(got)}) : bytes_resize(std::move(r), got);
}
Ref m_read1(Value self, const Value* a) {
  Py_ssize_t n = -1;
  if (a[0] && !as_ssize(a[0], &n)) return {};
  if (!check_initialized(self_of(self))) return {};
  return read1(self_of(self), n);
}

Ref m_peek(Value self, const Value* a) {
  Buffered* b = self_of(self);
  Py_ssize_t ignored;
  if (a[0] && !as_ssize(a[0], &ignored)) return {};
  if (!check_open(b, "peek of closed file")) return {};
  Exclusive use(b);
  if (!use) return {};
  if (b->writable && !flush_and_rewind(b)) return {};
  Py_ssize_t have = readahead(b);
  if (have > 0) return bytes_new({b->buffer + b->pos, static_cast<size_t>(have)});
  reset_read(b);
  Py_ssize_t got = fill(b);
  if (got == -1) return {};
  if (got == -2) got = 0;
  b->pos = 0;
  return bytes_new({b->buffer, static_cast<size_t>(got)});
}

Ref read_into(Value self, Value target, bool once, const char* name) {
  Buffered* b = self_of(self);
  BufferView view;
  if (!has_buffer(target) || !view.get(target, PyBUF_WRITABLE)) {
    if (error_occurred()) clear_error();
    return raise(PyExc_TypeError, "%s() argument must be read-write bytes-like object, not %N", name, type_of(target));
  }
  if (!check_open(b, "readinto of closed file")) return {};
  Exclusive use(b);
  if (!use) return {};
  Py_ssize_t done = 0, n = view.size();
  Py_ssize_t have = readahead(b);
  if (have > 0) {
    Py_ssize_t take = have < n ? have : n;
    memcpy(view.data(), b->buffer + b->pos, static_cast<size_t>(take));
    b->pos += take;
    done = take;
    if (done == n) return Ref::from_int(done);
  }
  if (b->writable && !flush_and_rewind(b)) return {};
  reset_read(b);
  b->pos = 0;
  Py_ssize_t got = 0;
  for (Py_ssize_t left = n - done; left > 0; done += got, left -= got) {
    if (left > b->size) {
      got = raw_read(b, view.data() + done, left);
    } else if (!(once && done)) {
      // A read with at most one call takes what is there already, and reads only if there was nothing.
      got = fill(b);
      if (got > 0) {
        if (got > left) got = left;
        memcpy(view.data() + done, b->buffer + b->pos, static_cast<size_t>(got));
        b->pos += got;
        if (!once) continue;
      }
    } else {
      got = 0;
    }
    if (got == 0 || (got == -2 && done > 0)) break;
    if (got < 0) {
      if (got == -2) return none_ref();
      return {};
    }
    if (once) {
      done += got;
      break;
    }
  }
  return Ref::from_int(done);
}
Ref m_readinto(Value self, Value target) { return read_into(self, target, false, "readinto"); }
Ref m_readinto1(Value self, Value target) { return read_into(self, target, true, "readinto1"); }

Ref read_line(Value self, Py_ssize_t limit) {
  Buffered* b = self_of(self);
  if (!check_open(b, "readline of closed file")) return {};
  Exclusive use(b);
  if (!use) return {};
  // A line that lies whole in the buffer.
  Py_ssize_t have = readahead(b);
  if (limit >= 0 && have > limit) have = limit;
  if (have > 0) {
    if (auto* nl = static_cast<char*>(memchr(b->buffer + b->pos, '\n', static_cast<size_t>(have))))
      return slice(b, nl - (b->buffer + b->pos) + 1);
    if (have == limit) return slice(b, have);
  } else if (limit == 0) {
    return bytes_new({});
  }
  BytesBuilder line;
  if (have > 0) {
    if (!line.add({b->buffer + b->pos, static_cast<size_t>(have)})) return {};
    b->pos += have;
    if (limit >= 0) limit -= have;
  }
  if (b->writable && !flush_and_rewind(b)) return {};
  while (true) {
    reset_read(b);
    Py_ssize_t got = fill(b);
    if (got == -1) return {};
    if (got <= 0) break;
    Py_ssize_t n = limit >= 0 && got > limit ? limit : got;
    auto* nl = static_cast<char*>(memchr(b->buffer, '\n', static_cast<size_t>(n)));
    Py_ssize_t take = nl ? nl - b->buffer + 1 : n;
    if (!line.add({b->buffer, static_cast<size_t>(take)})) return {};
    b->pos = take;
    if (nl || take == limit) break;
    if (limit >= 0) limit -= take;
  }
  return line.finish();
}
Ref m_readline(Value self, const Value* a) {
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_initialized(self_of(self))) return {};
  return read_line(self, n);
}
Ref slot_next(Value self) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  Ref line;
  if (is_plain_buffered(self)) {
    line = read_line(self, -1);
  } else {
    line = call_method(self, "readline"_id);
    if (line && !is_bytes(line)) return raise(PyExc_OSError, "readline() should have returned a bytes object, not '%N'", type_of(line));
  }
  if (!line || bytes_length(line) == 0) return {};
  return line;
}

// --- Position -----------------------------------------------------------------------------------------------------------

Ref m_tell(Value self) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  int64_t pos = raw_tell(b);
  if (pos == -1) return {};
  pos -= raw_offset(b);
  return int_from_i64(pos < 0 ? 0 : pos);
}

Ref m_seek(Value self, const Value* a) {
  Buffered* b = self_of(self);
  int whence = 0;
  if (a[1] && !as_int(a[1], &whence)) return {};
  if (!check_initialized(b)) return {};
  if ((whence < 0 || whence > 2) && whence != SEEK_HOLE && whence != SEEK_DATA)
    return raise(PyExc_ValueError, "whence value %d unsupported", whence);
  if (!check_open(b, "seek of closed file")) return {};
  if (!check_seekable(Value{b->raw})) return {};
  int64_t target;
  if (!as_offset(a[0], &target)) return {};
  if ((whence == 0 || whence == 1) && b->readable) {
    // Within the buffer no system call is needed.
    int64_t current = b->abs_pos != -1 && b->plain ? b->abs_pos : raw_tell(b);
    if (current == -1) return {};
    if (readahead(b) > 0) {
      int64_t offset = whence == 0 ? target - (current - raw_offset(b)) : target;
      if (offset >= -b->pos && offset <= readahead(b)) {
        b->pos += offset;
        return int_from_i64(current - raw_offset(b));
      }
    }
  }
  Exclusive use(b);
  if (!use) return {};
  if (b->writable && !flush_write(b)) return {};
  if (whence == 1) target -= raw_offset(b);
  int64_t n = raw_seek(b, target, whence);
  if (n == -1) return {};
  b->raw_pos = -1;
  if (b->readable) reset_read(b);
  return int_from_i64(n);
}

Ref m_truncate(Value self, const Value* a) {
  Buffered* b = self_of(self);
  if (!check_open(b, "truncate of closed file")) return {};
  if (!b->writable) return unsupported("truncate");
  Exclusive use(b);
  if (!use || !flush_and_rewind(b)) return {};
  Ref r = call_method(Value{b->raw}, "truncate"_id, {a[0] ? a[0] : none()});
  if (r && raw_tell(b) == -1) clear_error();
  return r;
}

// --- Writing ------------------------------------------------------------------------------------------------------------

Py_ssize_t write_locked(Buffered* b, const char* data, Py_ssize_t n) {
  if (!valid_read(b) && !valid_write(b)) {
    b->pos = 0;
    b->raw_pos = 0;
  }
  Py_ssize_t room = b->size - b->pos;
  if (n <= room && n < b->size) {
    memcpy(b->buffer + b->pos, data, static_cast<size_t>(n));
    if (!valid_write(b) || b->write_pos > b->pos) b->write_pos = b->pos;
    move_to(b, b->pos + n);
    if (b->write_end < b->pos) b->write_end = b->pos;
    return n;
  }
  if (!flush_write(b)) {
    if (!error_matches(PyExc_BlockingIOError)) return -1;
    // The raw stream takes no more: keep in the buffer what fits, and tell how much that was.
    Ref error = take_error();
    if (b->readable) reset_read(b);
    memmove(b->buffer, b->buffer + b->write_pos, static_cast<size_t>(b->write_end - b->write_pos));
    b->write_end -= b->write_pos;
    b->raw_pos -= b->write_pos;
    b->pos -= b->write_pos;
    b->write_pos = 0;
    room = b->size - b->write_end;
    if (n <= room) {
      memcpy(b->buffer + b->write_end, data, static_cast<size_t>(n));
      b->write_end += n;
      b->pos += n;
      return n;
    }
    memcpy(b->buffer + b->write_end, data, static_cast<size_t>(room));
    b->write_end += room;
    b->pos += room;
    return raise_blocking("write could not complete without blocking", room);
  }
  int64_t offset = raw_offset(b);
  if (offset != 0) {
    if (raw_seek(b, -offset, 1) < 0) return -1;
    b->raw_pos -= offset;
  }
  Py_ssize_t done = 0, left = n;
  while (left > b->size) {
    Py_ssize_t wrote = raw_write(b, data + done, left);
    if (wrote == -1) return -1;
    if (wrote == -2) {
      if (left > b->size) {
        memcpy(b->buffer, data + done, static_cast<size_t>(b->size));
        b->raw_pos = 0;
        move_to(b, b->size);
        b->write_pos = 0;
        b->write_end = b->size;
        return raise_blocking("write could not complete without blocking", done + b->size);
      }
      break;
    }
    done += wrote;
    left -= wrote;
    if (!poll_signals()) return -1;
  }
  if (b->readable) reset_read(b);
  if (left > 0) memcpy(b->buffer, data + done, static_cast<size_t>(left));
  b->write_pos = 0;
  b->write_end = left;
  move_to(b, left);
  b->raw_pos = 0;
  return n;
}

Ref m_write(Value self, Value data) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return {};
  BufferView view;
  const char* p;
  Py_ssize_t n;
  if (ADDER_LIKELY(is_bytes(data))) {
    p = bytes_data(data);
    n = bytes_length(data);
  } else {
    if (!view.get(data)) return {};
    p = view.data();
    n = view.size();
  }
  Exclusive use(b);
  if (!use || !check_open(b, "write to closed file")) return {};
  Py_ssize_t done = write_locked(b, p, n);
  return done < 0 ? Ref{} : Ref::from_int(done);
}

Ref stream_repr(Value self) {
  Ref name;
  int found = lookup_attr(self, "name"_id, &name);
  if (found < 0) {
    if (!error_matches(PyExc_ValueError)) return {};
    clear_error();
    found = 0;
  }
  const char* type = type_of(self)->tp_name;
  if (!found) return str_format("<%s>", type);
  int entered = repr_enter(self);
  if (entered < 0) return {};
  if (entered > 0) return raise(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type);
  Ref r = str_format("<%s name=%R>", type, name.get());
  repr_leave(self);
  return r;
}
Ref m_sizeof(Value self) {
  Buffered* b = self_of(self);
  return Ref::from_int(type_of(self)->tp_basicsize + (b->buffer ? b->size : 0));
}
Ref m_getstate(Value self, Args) { return no_pickle(self); }

#define COMMON_METHODS                                                                    \
  method<m_close>("close", "", nullptr), method<m_detach>("detach", "", nullptr),         \
  method<m_seekable>("seekable", "", nullptr), method<m_fileno>("fileno", "", nullptr),   \
  method<m_isatty>("isatty", "", nullptr), method<m_dealloc_warn>("_dealloc_warn", "", nullptr), \
  method<m_getstate>("__getstate__", "", nullptr),                                        \
  method<m_seek>("seek", "($self, target, whence=0, /)", nullptr),                        \
  method<m_tell>("tell", "", nullptr),                                                    \
  method<m_truncate>("truncate", "($self, pos=None, /)", nullptr),                        \
  method<m_sizeof>("__sizeof__", "", nullptr)
#define READ_METHODS                                                    \
  method<m_readable>("readable", "", nullptr),                          \
  method<m_read>("read", "($self, size=-1, /)", nullptr),               \
  method<m_read1>("read1", "($self, size=-1, /)", nullptr),             \
  method<m_readinto>("readinto", "($self, buffer, /)", nullptr),        \
  method<m_readinto1>("readinto1", "($self, buffer, /)", nullptr),      \
  method<m_readline>("readline", "($self, size=-1, /)", nullptr),       \
  method<m_peek>("peek", "($self, size=0, /)", nullptr)

const MethodRow reader_methods[] = {COMMON_METHODS, READ_METHODS, method<m_reader_flush>("flush", "", nullptr), {}};
const MethodRow writer_methods[] = {COMMON_METHODS, method<m_writable>("writable", "", nullptr),
                                    method<m_write>("write", "($self, buffer, /)", nullptr), method<m_flush>("flush", "", nullptr), {}};
const MethodRow random_methods[] = {COMMON_METHODS, READ_METHODS, method<m_writable>("writable", "", nullptr),
                                    method<m_write>("write", "($self, buffer, /)", nullptr), method<m_flush>("flush", "", nullptr), {}};
const GetSetRow stream_getset[] = {getset<get_closed>("closed"), getset<get_name>("name"), getset<get_mode>("mode"), {}};
PyMemberDef stream_members[] = {
    {"raw", T_OBJECT, offsetof(Buffered, raw), READONLY, nullptr},
    {"_finalizing", T_BOOL, offsetof(Buffered, finalizing), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

// --- BufferedRWPair -------------------------------------------------------------------------------------------------------

struct Pair : IoBase {
  PyObject *reader, *writer;
};

bool pair_init(Value self, Args a) {
  if (a.kwnames && tuple_size(Value{a.kwnames})) return raise(PyExc_TypeError, "BufferedRWPair() takes no keyword arguments");
  if (a.n < 2) return raise(PyExc_TypeError, "BufferedRWPair expected at least 2 arguments, got %zu", a.n);
  if (a.n > 3) return raise(PyExc_TypeError, "BufferedRWPair expected at most 3 arguments, got %zu", a.n);
  Py_ssize_t size = kBufferSize;
  if (a.n > 2 && !as_ssize(a[2], &size)) return false;
  if (!check_readable(a[0]) || !check_writable(a[1])) return false;
  Ref n = int_from_ssize(size);
  Ref reader = call(Value{&reader_type}, {a[0], n});
  if (!reader) return false;
  Ref writer = call(Value{&writer_type}, {a[1], n});
  if (!writer) return false;
  auto* p = self.as<Pair>();
  PyObject *r = p->reader, *w = p->writer;
  p->reader = reader.release().object();
  p->writer = writer.release().object();
  if (r) adder::decref(r);
  if (w) adder::decref(w);
  return true;
}
void pair_dealloc(PyObject* o) {
  if (!finalize_stream(o)) return;
  gc_untrack(o);
  auto* p = reinterpret_cast<Pair*>(o);
  clear_stream(p);
  if (p->reader) adder::decref(p->reader);
  if (p->writer) adder::decref(p->writer);
  Py_TYPE(o)->tp_free(o);
}
int pair_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* p = reinterpret_cast<Pair*>(o);
  if (p->reader) ADDER_VISIT(p->reader);
  if (p->writer) ADDER_VISIT(p->writer);
  return traverse_stream(p, visit, arg);
}
int pair_clear(PyObject* o) {
  auto* p = reinterpret_cast<Pair*>(o);
  for (PyObject** slot : {&p->reader, &p->writer, &p->dict}) {
    PyObject* old = *slot;
    *slot = nullptr;
    if (old) adder::decref(old);
  }
  return 0;
}
Ref forward(PyObject* to, PyObject* name, Args args) {
  if (!to) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  return call_method(Value{to}, name, args);
}
#define FORWARD(function, side, name) Ref function(Value self, Args a) { return forward(self.as<Pair>()->side, name##_id, a); }
FORWARD(p_read, reader, "read")
FORWARD(p_peek, reader, "peek")
FORWARD(p_read1, reader, "read1")
FORWARD(p_readinto, reader, "readinto")
FORWARD(p_readinto1, reader, "readinto1")
FORWARD(p_readable, reader, "readable")
FORWARD(p_write, writer, "write")
FORWARD(p_flush, writer, "flush")
FORWARD(p_writable, writer, "writable")
Ref p_close(Value self) {
  auto* p = self.as<Pair>();
  Ref error;
  if (!forward(p->writer, "close"_id, {})) error = take_error();
  Ref r = forward(p->reader, "close"_id, {});
  if (error) {
    if (!r) {
      Ref second = take_error();
      set_context(second, std::move(error));
      restore_error(std::move(second));
    } else {
      restore_error(std::move(error));
    }
    return {};
  }
  return r;
}
Ref p_isatty(Value self) {
  auto* p = self.as<Pair>();
  Ref r = forward(p->writer, "isatty"_id, {});
  if (!r || r.get() != boolean(false)) return r;
  return forward(p->reader, "isatty"_id, {});
}
Ref p_closed(Value self) {
  auto* p = self.as<Pair>();
  if (!p->writer) return raise(PyExc_RuntimeError, "the BufferedRWPair object is being garbage-collected");
  return getattr(Value{p->writer}, "closed"_id);
}
const MethodRow pair_methods[] = {
    method<p_read>("read", "", nullptr), method<p_peek>("peek", "", nullptr), method<p_read1>("read1", "", nullptr),
    method<p_readinto>("readinto", "", nullptr), method<p_readinto1>("readinto1", "", nullptr), method<p_write>("write", "", nullptr),
    method<p_flush>("flush", "", nullptr), method<p_readable>("readable", "", nullptr), method<p_writable>("writable", "", nullptr),
    method<p_close>("close", "", nullptr), method<p_isatty>("isatty", "", nullptr), method<m_getstate>("__getstate__", "", nullptr), {}};
const GetSetRow pair_getset[] = {getset<p_closed>("closed"), {}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;

}  // namespace

Py_ssize_t buffered_write_bytes(Value self, const char* data, Py_ssize_t n) {
  Buffered* b = self_of(self);
  if (!check_initialized(b)) return -1;
  Exclusive use(b);
  if (!use || !check_open(b, "write to closed file")) return -1;
  return write_locked(b, data, n);
}
Ref buffered_read1(Value self, Py_ssize_t n) {
  if (!check_initialized(self_of(self))) return {};
  return read1(self_of(self), n);
}
int buffered_closed(Value self) {
  Buffered* b = self_of(self);
  if (b->ok && b->plain && b->buffer) return reinterpret_cast<FileIo*>(b->raw)->fd < 0;
  Ref closed = get_closed(self);
  return closed ? is_true(closed) : -1;
}
bool buffered_flush(Value self) { return static_cast<bool>(m_flush(self)); }

#define STREAM_DEF(def, type_object, type_name, init, rows, text)                                              \
  extern const TypeDef def = {                                                                                 \
      .type = &type_object,                                                                                    \
      .name = type_name,                                                                                       \
      .basicsize = sizeof(Buffered),                                                                           \
      .flags = kFlags,                                                                                         \
      .doc = text,                                                                                             \
      .signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)",                                                   \
      .base = &bufferediobase_type,                                                                            \
      .dealloc = &stream_dealloc,                                                                              \
      .traverse = &stream_traverse,                                                                            \
      .clear = &stream_clear,                                                                                  \
      .weaklistoffset = offsetof(IoBase, weaklist),                                                            \
      .dictoffset = offsetof(IoBase, dict),                                                                    \
      .slots = {.tp_repr = slot::Unary<stream_repr>, .tp_iternext = slot::Next<slot_next>,                     \
                .tp_init = slot::Init<init>, .tp_new = slot::New<stream_new>},                                 \
      .methods = rows,                                                                                         \
      .getset = stream_getset,                                                                                 \
      .members = stream_members,                                                                               \
  }
STREAM_DEF(reader_def, reader_type, "_io.BufferedReader", reader_init, reader_methods, "Create a new buffered reader using the given readable raw IO object.");
extern const TypeDef writer_def = {
    .type = &writer_type,
    .name = "_io.BufferedWriter",
    .basicsize = sizeof(Buffered),
    .flags = kFlags,
    .doc = "A buffer for a writeable sequential RawIO object.",
    .signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)",
    .base = &bufferediobase_type,
    .dealloc = &stream_dealloc,
    .traverse = &stream_traverse,
    .clear = &stream_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_repr = slot::Unary<stream_repr>, .tp_init = slot::Init<writer_init>, .tp_new = slot::New<stream_new>},
    .methods = writer_methods,
    .getset = stream_getset,
    .members = stream_members,
};
STREAM_DEF(random_def, random_type, "_io.BufferedRandom", random_init, random_methods, "A buffered interface to random access streams.");
extern const TypeDef pair_def = {
    .type = &pair_type,
    .name = "_io.BufferedRWPair",
    .basicsize = sizeof(Pair),
    .flags = kFlags,
    .doc = "A buffered reader and writer object together.",
    .signature = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)",
    .base = &bufferediobase_type,
    .dealloc = &pair_dealloc,
    .traverse = &pair_traverse,
    .clear = &pair_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_init = slot::Init<pair_init>, .tp_new = slot::New<stream_new>},
    .methods = pair_methods,
    .getset = pair_getset,
};

}  // namespace adder::io
