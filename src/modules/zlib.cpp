// The module zlib, over the system's library.
#include <pthread.h>
#include <zlib.h>
#include <climits>
#include <cstring>
#include <string>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/gil.h"

namespace adder {

namespace {

PyObject* zlib_error;

struct Stream {
  PyObject head;
  z_stream z;
  PyObject* unused_data;
  PyObject* unconsumed_tail;
  PyObject* dictionary;
  bool eof, initialised;
  pthread_mutex_t turn;  // zero, as it comes, is free
};

// The one thread that works on a stream: zlib runs without the global lock.
class Turn {
 public:
  explicit Turn(Stream* s) : turn_(&s->turn) {
    if (pthread_mutex_trylock(turn_) == 0) return;
    ReleaseGil release;
    pthread_mutex_lock(turn_);
  }
  ~Turn() { pthread_mutex_unlock(turn_); }
  Turn(const Turn&) = delete;

 private:
  pthread_mutex_t* turn_;
};
int deflate_unlocked(z_stream* z, int flush) {
  ReleaseGil release;
  return deflate(z, flush);
}
int inflate_unlocked(z_stream* z, int flush) {
  ReleaseGil release;
  return inflate(z, flush);
}

ADDER_TYPE(compress_type);
ADDER_TYPE(decompress_type);

Stream* as_stream(Value v) { return v.as<Stream>(); }

Failure fail(const z_stream& z, int status, const char* what) {
  const char* message = nullptr;
  if (status == Z_VERSION_ERROR) message = "library version mismatch";
  if (!message) message = z.msg;
  if (!message) {
    switch (status) {
      case Z_BUF_ERROR: message = "incomplete or truncated stream"; break;
      case Z_STREAM_ERROR: message = "inconsistent stream state"; break;
      case Z_DATA_ERROR: message = "invalid input data"; break;
      default: break;
    }
  }
  if (message) return raise(zlib_error, "Error %d %s: %.200s", status, what, message);
  return raise(zlib_error, "Error %d %s", status, what);
}

bool integer(Value v, int fallback, int* out) {
  *out = fallback;
  return v.absent() || as_int(v, out);
}

// Output that grows by doubling.
struct Output {
  Ref bytes;
  Py_ssize_t used = 0;
  bool init(Py_ssize_t size) {
    bytes = bytes_uninitialized(size < 1 ? 1 : size);
    return static_cast<bool>(bytes);
  }
  Py_ssize_t capacity() const { return bytes_length(bytes); }
  // Room for more, up to limit bytes in all (-1: any). false: exception; *full where the limit is reached.
  bool offer(z_stream& z, Py_ssize_t limit, bool* full) {
    *full = false;
    if (used == capacity()) {
      if (limit >= 0 && used >= limit) {
        *full = true;
        return true;
      }
      Py_ssize_t wanted = capacity() > PY_SSIZE_T_MAX / 2 ? PY_SSIZE_T_MAX : capacity() * 2;
      if (limit >= 0 && wanted > limit) wanted = limit;
      bytes = bytes_resize(std::move(bytes), wanted);
      if (!bytes) return false;
    }
    Py_ssize_t room = capacity() - used;
    z.avail_out = static_cast<uInt>(room > UINT_MAX ? UINT_MAX : room);
    z.next_out = reinterpret_cast<Bytef*>(bytes_data(bytes) + used);
    return true;
  }
  void took(const z_stream& z) { used = reinterpret_cast<char*>(z.next_out) - bytes_data(bytes); }
  Ref finish() { return bytes_resize(std::move(bytes), used); }
};

void offer_input(z_stream& z, Py_ssize_t* left) {
  z.avail_in = static_cast<uInt>(*left > UINT_MAX ? UINT_MAX : *left);
  *left -= z.avail_in;
}

// --- One-shot functions ----------------------------------------------------------------------------------------------------------

Ref zlib_compress(Value, const Value* a) {
  BufferView view;
  int level, wbits;
  if (!view.get(a[0]) || !integer(a[1], Z_DEFAULT_COMPRESSION, &level) || !integer(a[2], MAX_WBITS, &wbits)) return {};
  z_stream z{};
  int status = deflateInit2(&z, level, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY);
  if (status == Z_MEM_ERROR) return raise(PyExc_MemoryError, "Out of memory while compressing data");
  if (status == Z_STREAM_ERROR) return raise(zlib_error, "Bad compression level");
  if (status != Z_OK) {
    deflateEnd(&z);
    return fail(z, status, "while compressing data");
  }
  Output out;
  Ref result;
  Py_ssize_t left = view.size();
  z.next_in = reinterpret_cast<Bytef*>(view.data());
  bool ok = out.init(16384);
  while (ok) {
    offer_input(z, &left);
    int flush = left == 0 ? Z_FINISH : Z_NO_FLUSH;
    do {
      bool full;
      ok = out.offer(z, -1, &full);
      if (!ok) break;
      status = deflate_unlocked(&z, flush);
      out.took(z);
      if (status == Z_STREAM_ERROR) {
        ok = fail(z, status, "while compressing data");
        break;
      }
    } while (z.avail_out == 0);
    if (flush == Z_FINISH) break;
  }
  deflateEnd(&z);
  return ok ? out.finish() : Ref{};
}

Ref zlib_decompress(Value, const Value* a) {
  BufferView view;
  int wbits;
  Py_ssize_t size = 16384;
  if (!view.get(a[0]) || !integer(a[1], MAX_WBITS, &wbits)) return {};
  if (!a[2].absent() && !as_ssize(a[2], &size)) return {};
  if (size < 0) return raise(PyExc_ValueError, "bufsize must be non-negative");
  if (size == 0) size = 1;
  z_stream z{};
  z.next_in = reinterpret_cast<Bytef*>(view.data());
  int status = inflateInit2(&z, wbits);
  if (status == Z_MEM_ERROR) return raise(PyExc_MemoryError, "Out of memory while decompressing data");
  if (status != Z_OK) {
    inflateEnd(&z);
    return fail(z, status, "while preparing to decompress data");
  }
  Output out;
  Py_ssize_t left = view.size();
  bool ok = out.init(size);
  status = Z_OK;
  while (ok && status != Z_STREAM_END) {
    offer_input(z, &left);
    int flush = left == 0 ? Z_FINISH : Z_NO_FLUSH;
    do {
      bool full;
      ok = out.offer(z, -1, &full);
      if (!ok) break;
      status = inflate_unlocked(&z, flush);
      out.took(z);
      if (status == Z_MEM_ERROR) ok = raise(PyExc_MemoryError, "Out of memory while decompressing data");
      else if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) ok = fail(z, status, "while decompressing data");
    } while (ok && z.avail_out == 0 && status != Z_STREAM_END);
    if (left == 0) break;
  }
  if (ok && status != Z_STREAM_END) ok = fail(z, Z_BUF_ERROR, "while decompressing data");
  inflateEnd(&z);
  return ok ? out.finish() : Ref{};
}

// --- Objects --------------------------------------------------------------------------------------------------------------------------

Ref new_stream(PyTypeObject* type) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  Ref r = Ref::steal(Value{o});
  Stream* s = as_stream(r);
  Ref empty = bytes_new({}), empty2 = bytes_new({});
  if (!empty || !empty2) return {};
  s->unused_data = empty.release().object();
  s->unconsumed_tail = empty2.release().object();
  s->eof = s->initialised = false;
  return r;
}

void stream_dealloc(PyObject* self) {
  auto* s = reinterpret_cast<Stream*>(self);
  if (s->initialised) {
    if (self->ob_type == &compress_type) deflateEnd(&s->z);
    else inflateEnd(&s->z);
  }
  Py_XDECREF(s->unused_data);
  Py_XDECREF(s->unconsumed_tail);
  Py_XDECREF(s->dictionary);
  self->ob_type->tp_free(self);
}

Ref zlib_compressobj(Value, const Value* a) {
  int level, method, wbits, memory, strategy;
  if (!integer(a[0], Z_DEFAULT_COMPRESSION, &level) || !integer(a[1], Z_DEFLATED, &method) || !integer(a[2], MAX_WBITS, &wbits) ||
      !integer(a[3], 8, &memory) || !integer(a[4], Z_DEFAULT_STRATEGY, &strategy)) {
    return {};
  }
  BufferView dictionary;
  bool with_dictionary = !a[5].absent() && !is_none(a[5]);
  if (with_dictionary && !dictionary.get(a[5])) return {};
  Ref r = new_stream(&compress_type);
  if (!r) return {};
  Stream* s = as_stream(r);
  int status = deflateInit2(&s->z, level, method, wbits, memory, strategy);
  switch (status) {
    case Z_OK:
      s->initialised = true;
      if (with_dictionary) {
        status = deflateSetDictionary(&s->z, reinterpret_cast<const Bytef*>(dictionary.data()), static_cast<uInt>(dictionary.size()));
        if (status == Z_STREAM_ERROR) return raise(PyExc_ValueError, "Invalid dictionary");
        if (status != Z_OK) return raise(PyExc_ValueError, "deflateSetDictionary()");
      }
      return r;
    case Z_MEM_ERROR: return raise(PyExc_MemoryError, "Can't allocate memory for compression object");
    case Z_STREAM_ERROR: return raise(PyExc_ValueError, "Invalid initialization option");
    default: return fail(s->z, status, "while creating compression object");
  }
}

bool set_dictionary(Stream* s) {
  BufferView dictionary;
  if (!dictionary.get(Value{s->dictionary})) return false;
  int status = inflateSetDictionary(&s->z, reinterpret_cast<const Bytef*>(dictionary.data()), static_cast<uInt>(dictionary.size()));
  if (status == Z_OK) return true;
  return fail(s->z, status, "while setting zdict");
}

Ref zlib_decompressobj(Value, const Value* a) {
  int wbits;
  if (!integer(a[0], MAX_WBITS, &wbits)) return {};
  if (!a[1].absent() && !has_buffer(a[1])) return raise(PyExc_TypeError, "zdict argument must support the buffer protocol");
  Ref r = new_stream(&decompress_type);
  if (!r) return {};
  Stream* s = as_stream(r);
  if (!a[1].absent()) {
    s->dictionary = a[1].object();
    incref(s->dictionary);
  }
  int status = inflateInit2(&s->z, wbits);
  switch (status) {
    case Z_OK:
      s->initialised = true;
      if (s->dictionary && wbits < 0 && !set_dictionary(s)) return {};
      return r;
    case Z_STREAM_ERROR: return raise(PyExc_ValueError, "Invalid initialization option");
    case Z_MEM_ERROR: return raise(PyExc_MemoryError, "Can't allocate memory for decompression object");
    default: return fail(s->z, status, "while creating decompression object");
  }
}

Ref compress_compress(Value self, Value data) {
  Stream* s = as_stream(self);
  BufferView view;
  if (!view.get(data)) return {};
  Output out;
  if (!out.init(16384)) return {};
  Turn turn(s);
  Py_ssize_t left = view.size();
  s->z.next_in = reinterpret_cast<Bytef*>(view.data());
  do {
    offer_input(s->z, &left);
    do {
      bool full;
      if (!out.offer(s->z, -1, &full)) return {};
      int status = deflate_unlocked(&s->z, Z_NO_FLUSH);
      out.took(s->z);
      if (status == Z_STREAM_ERROR) return fail(s->z, status, "while compressing data");
    } while (s->z.avail_out == 0);
  } while (left);
  return out.finish();
}

Ref compress_flush(Value self, const Value* a) {
  Stream* s = as_stream(self);
  int mode;
  if (!integer(a[0], Z_FINISH, &mode)) return {};
  if (mode == Z_NO_FLUSH) return bytes_new({});
  Output out;
  if (!out.init(16384)) return {};
  Turn turn(s);
  s->z.avail_in = 0;
  int status;
  do {
    bool full;
    if (!out.offer(s->z, -1, &full)) return {};
    status = deflate_unlocked(&s->z, mode);
    out.took(s->z);
    if (status == Z_STREAM_ERROR) return fail(s->z, status, "while flushing");
  } while (s->z.avail_out == 0);
  if (status == Z_STREAM_END && mode == Z_FINISH) {
    status = deflateEnd(&s->z);
    if (status != Z_OK) return fail(s->z, status, "while finishing compression");
    s->initialised = false;
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    return fail(s->z, status, "while flushing");
  }
  return out.finish();
}

void copy_fields(Stream* to, Stream* from) {
  for (auto field : {&Stream::unused_data, &Stream::unconsumed_tail, &Stream::dictionary}) {
    PyObject* old = to->*field;
    to->*field = from->*field;
    Py_XINCREF(from->*field);
    Py_XDECREF(old);
  }
  to->eof = from->eof;
  to->initialised = true;
}

Ref compress_copy(Value self) {
  Stream* s = as_stream(self);
  Ref r = new_stream(&compress_type);
  if (!r) return {};
  Turn turn(s);
  int status = s->initialised ? deflateCopy(&as_stream(r)->z, &s->z) : Z_STREAM_ERROR;
  switch (status) {
    case Z_OK: copy_fields(as_stream(r), s); return r;
    case Z_STREAM_ERROR: return raise(PyExc_ValueError, "Inconsistent stream state");
    case Z_MEM_ERROR: return raise(PyExc_MemoryError, "Can't allocate memory for compression object");
    default: return fail(s->z, status, "while copying compression object");
  }
}

Ref decompress_copy(Value self) {
  Stream* s = as_stream(self);
  Ref r = new_stream(&decompress_type);
  if (!r) return {};
  Turn turn(s);
  int status = s->initialised ? inflateCopy(&as_stream(r)->z, &s->z) : Z_STREAM_ERROR;
  switch (status) {
    case Z_OK: copy_fields(as_stream(r), s); return r;
    case Z_STREAM_ERROR: return raise(PyExc_ValueError, "Inconsistent stream state");
    case Z_MEM_ERROR: return raise(PyExc_MemoryError, "Can't allocate memory for decompression object");
    default: return fail(s->z, status, "while copying decompression object");
  }
}

Ref compress_deepcopy(Value self, Value) { return compress_copy(self); }
Ref decompress_deepcopy(Value self, Value) { return decompress_copy(self); }

bool set_bytes(PyObject** field, std::string_view content) {
  Ref b = bytes_new(content);
  if (!b) return false;
  PyObject* old = *field;
  *field = b.release().object();
  Py_XDECREF(old);
  return true;
}

// Keeps what was not used: after the end in unused_data, before it in unconsumed_tail.
bool save_input(Stream* s, const BufferView& view, bool ended) {
  const char* end = view.data() + view.size();
  const char* next = reinterpret_cast<const char*>(s->z.next_in);
  if (ended) {
    Ref more = bytes_new({next, static_cast<size_t>(end - next)});
    if (!more) return false;
    Ref all = bytes_concat(Value{s->unused_data}, more);
    if (!all || !set_bytes(&s->unused_data, bytes_view(all))) return false;
    s->z.avail_in = 0;
  }
  auto left = static_cast<size_t>(ended ? 0 : end - next);
  if (left == 0 && bytes_length(Value{s->unconsumed_tail}) == 0) return true;
  return set_bytes(&s->unconsumed_tail, {next, left});
}

// `what` was done when the data turned out bad, for the message; null: what came out so far is the result.
Ref inflate_into(Stream* s, const BufferView& view, Py_ssize_t first, Py_ssize_t limit, int flush_mode, const char* what) {
  Output out;
  if (!out.init(limit >= 0 && first > limit ? limit : first)) return {};
  Py_ssize_t left = view.size();
  s->z.next_in = reinterpret_cast<Bytef*>(view.data());
  int status = Z_OK;
  bool full = false;
  do {
    offer_input(s->z, &left);
    int flush = flush_mode == Z_FINISH && left == 0 ? Z_FINISH : Z_SYNC_FLUSH;
    do {
      if (!out.offer(s->z, limit, &full)) return {};
      if (full) {
        if (limit >= 0) goto done;
        break;
      }
      status = inflate_unlocked(&s->z, flush);
      out.took(s->z);
      if (status == Z_NEED_DICT && s->dictionary) {
        if (!set_dictionary(s)) return {};
        s->z.avail_out = 0;  // go round again
        status = Z_OK;
        if (out.used == out.capacity()) continue;
        continue;
      }
      if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) goto done;
    } while (s->z.avail_out == 0 || status == Z_NEED_DICT);
  } while (status != Z_STREAM_END && left != 0);
done:
  if (!save_input(s, view, status == Z_STREAM_END)) return {};
  if (status == Z_STREAM_END) {
    s->eof = true;
    if (flush_mode == Z_FINISH) {
      status = inflateEnd(&s->z);
      s->initialised = false;
      if (status != Z_OK) return fail(s->z, status, "while finishing decompression");
    }
  } else if (what && status != Z_OK && status != Z_BUF_ERROR) {
    return fail(s->z, status, what);
  }
  return out.finish();
}

Ref decompress_decompress(Value self, const Value* a) {
  Stream* s = as_stream(self);
  Py_ssize_t limit = 0;
  BufferView view;
  if (!view.get(a[0])) return {};
  if (!a[1].absent() && !as_ssize(a[1], &limit)) return {};
  if (limit < 0) return raise(PyExc_ValueError, "max_length must be non-negative");
  Turn turn(s);
  if (!s->initialised) {
    // The stream has ended: everything is left over.
    if (!view.size()) return bytes_new({});
    s->z.next_in = reinterpret_cast<Bytef*>(view.data());
    if (s->eof && !save_input(s, view, true)) return {};
    return bytes_new({});
  }
  return inflate_into(s, view, 16384, limit == 0 ? -1 : limit, Z_SYNC_FLUSH, "while decompressing data");
}

Ref decompress_flush(Value self, const Value* a) {
  Stream* s = as_stream(self);
  Py_ssize_t size = 16384;
  if (!a[0].absent() && !as_ssize(a[0], &size)) return {};
  if (size <= 0) return raise(PyExc_ValueError, "length must be greater than zero");
  Turn turn(s);
  if (!s->initialised) return bytes_new({});
  Ref tail = Ref::copy(Value{s->unconsumed_tail});
  BufferView view;
  if (!view.get(tail)) return {};
  return inflate_into(s, view, size, -1, Z_FINISH, nullptr);
}

Ref get_unused_data(Value self) { return Ref::copy(Value{as_stream(self)->unused_data}); }
Ref get_unconsumed_tail(Value self) { return Ref::copy(Value{as_stream(self)->unconsumed_tail}); }
Ref get_eof(Value self) { return bool_ref(as_stream(self)->eof); }

const MethodRow compress_methods[] = {
    method<compress_compress>("compress", "($self, data, /)", "Returns a bytes object containing compressed data."),
    method<compress_flush>("flush", "($self, mode=zlib.Z_FINISH, /)", "Return a bytes object containing any remaining compressed data."),
    method<compress_copy>("copy", "($self, /)", "Return a copy of the compression object."),
    method<compress_copy>("__copy__", "($self, /)", ""),
    method<compress_deepcopy>("__deepcopy__", "($self, memo, /)", ""),
    {}};
const MethodRow decompress_methods[] = {
    method<decompress_decompress>("decompress", "($self, data, /, max_length=0)", "Return a bytes object containing the decompressed version of the data."),
    method<decompress_flush>("flush", "($self, length=zlib.DEF_BUF_SIZE, /)", "Return a bytes object containing any remaining decompressed data."),
    method<decompress_copy>("copy", "($self, /)", "Return a copy of the decompression object."),
    method<decompress_copy>("__copy__", "($self, /)", ""),
    method<decompress_deepcopy>("__deepcopy__", "($self, memo, /)", ""),
    {}};
const GetSetRow decompress_getset[] = {
    getset<get_unused_data>("unused_data"),
    getset<get_unconsumed_tail>("unconsumed_tail"),
    getset<get_eof>("eof"),
    {}};

const TypeDef compress_def = {
    .type = &compress_type,
    .name = "zlib.Compress",
    .basicsize = sizeof(Stream),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = stream_dealloc,
    .methods = compress_methods,
};
const TypeDef decompress_def = {
    .type = &decompress_type,
    .name = "zlib.Decompress",
    .basicsize = sizeof(Stream),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = stream_dealloc,
    .methods = decompress_methods,
    .getset = decompress_getset,
};

// --- Checksums --------------------------------------------------------------------------------------------------------------------------

template <uLong (*F)(uLong, const Bytef*, z_size_t), uint32_t kStart>
Ref checksum(Value, const Value* a) {
  BufferView view;
  uint32_t value = kStart;
  if (!view.get(a[0])) return {};
  if (!a[1].absent()) {
    Ref i = index(a[1]);
    if (!i) return {};
    value = static_cast<uint32_t>(int_as_u64_mask(i));
  }
  auto* data = reinterpret_cast<const Bytef*>(view.data());
  auto n = static_cast<z_size_t>(view.size());
  if (n <= 5 * 1024) return Ref::from_int(static_cast<int64_t>(F(value, data, n) & 0xFFFFFFFFU));
  uLong sum;
  {
    ReleaseGil release;
    sum = F(value, data, n);
  }
  return Ref::from_int(static_cast<int64_t>(sum & 0xFFFFFFFFU));
}

const MethodRow functions[] = {
    method<checksum<adler32_z, 1>>("adler32", "($module, data, value=1, /)", "Compute an Adler-32 checksum of data."),
    method<zlib_compress>("compress", "($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)", "Returns a bytes object containing compressed data."),
    method<zlib_compressobj>("compressobj",
                             "($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=None)",
                             "Return a compressor object."),
    method<checksum<crc32_z, 0>>("crc32", "($module, data, value=0, /)", "Compute a CRC-32 checksum of data."),
    method<zlib_decompress>("decompress", "($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)", "Returns a bytes object containing the uncompressed data."),
    method<zlib_decompressobj>("decompressobj", "($module, /, wbits=MAX_WBITS, zdict=b'')", "Return a decompressor object."),
    {}};

bool exec(PyObject* m) {
  if (!zlib_error) {  // shared by modules imported anew
    Ref error = make_heap_type("zlib.error", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{});
    if (!error) return false;
    zlib_error = error.release().object();
  }
  static const struct {
    const char* name;
    int value;
  } constants[] = {
      {"MAX_WBITS", MAX_WBITS}, {"DEFLATED", Z_DEFLATED}, {"DEF_MEM_LEVEL", 8}, {"DEF_BUF_SIZE", 16384},
      {"Z_NO_COMPRESSION", Z_NO_COMPRESSION}, {"Z_BEST_SPEED", Z_BEST_SPEED}, {"Z_BEST_COMPRESSION", Z_BEST_COMPRESSION},
      {"Z_DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION}, {"Z_FILTERED", Z_FILTERED}, {"Z_HUFFMAN_ONLY", Z_HUFFMAN_ONLY},
      {"Z_RLE", Z_RLE}, {"Z_FIXED", Z_FIXED}, {"Z_DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY}, {"Z_NO_FLUSH", Z_NO_FLUSH},
      {"Z_PARTIAL_FLUSH", Z_PARTIAL_FLUSH}, {"Z_SYNC_FLUSH", Z_SYNC_FLUSH}, {"Z_FULL_FLUSH", Z_FULL_FLUSH}, {"Z_FINISH", Z_FINISH},
      {"Z_BLOCK", Z_BLOCK}, {"Z_TREES", Z_TREES}};
  for (auto& c : constants) {
    if (!module_add_int(m, c.name, c.value)) return false;
  }
  return module_add(m, "error", Ref::copy(Value{zlib_error})) && ready_type(compress_def) && ready_type(decompress_def) &&
         module_add_str(m, "ZLIB_VERSION", ZLIB_VERSION) && module_add_str(m, "ZLIB_RUNTIME_VERSION", zlibVersion()) && module_add_str(m, "__version__", "1.0");
}

}  // namespace

extern const ModuleDef zlib_module = {
    .name = "zlib",
    .doc = "The functions in this module allow compression and decompression using the\nzlib library, which is based on GNU zip.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
