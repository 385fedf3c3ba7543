// TextIOWrapper: text over a buffered binary stream.
//
// UTF-8, ASCII and Latin-1 are decoded and encoded here; other encodings go through the codec's incremental decoder and
// encoder. What tell() gives packs the binary position and what the decoder needs to get back to the character.
#include <cerrno>
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "modules/io.h"
#include "object/codecs.h"
#include "object/hooks.h"
#include "object/str_impl.h"
#include "object/type.h"

namespace adder::io {

ADDER_TYPE(textio_type);

namespace {

enum class Native : uint8_t { kNone, kUtf8, kAscii, kLatin1 };

struct TextIo : IoBase {
  bool ok, detached, finalizing;
  bool line_buffering, write_through;
  bool read_universal, read_translate, write_translate;
  bool seekable, telling, has_read1;
  bool started;             // something was written or sought: no start of stream for encoders that mark it
  bool has_decoder, has_encoder;
  Native native;
  NewlineState newline_state;
  PyObject *buffer, *encoding, *errors;
  PyObject *decoder, *encoder;  // objects where the codec is not native; null
  PyObject* read_newline;   // str or null
  char write_newline[3];    // what \n becomes; empty: stays
  PyObject* decoded;        // str or null
  Py_ssize_t decoded_used;
  char* pending;            // bytes encoded, not yet given to the buffer
  Py_ssize_t pending_size, pending_capacity;
  PyObject* snapshot_bytes; // input that the present decoded text came from, and the decoder's flags before it; null: none
  PyObject* snapshot_flags; // int object
  char carry[4];            // native UTF-8: an incomplete sequence
  uint8_t carry_size;
  double chars_per_byte;
  Py_ssize_t chunk;
};
inline TextIo* self_of(Value v) { return v.as<TextIo>(); }

void set_object(PyObject** slot, Ref v) {
  PyObject* old = *slot;
  *slot = v ? to_c_steal(std::move(v)) : nullptr;
  if (old) adder::decref(old);
}

bool check_attached(TextIo* t) {
  if (ADDER_LIKELY(t->ok && !t->detached)) return true;
  if (!t->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  return raise(PyExc_ValueError, "underlying buffer has been detached");
}
bool check_open(Value self) {
  TextIo* t = self_of(self);
  if (is_exact(self, &textio_type)) {
    int closed = is_closed(Value{t->buffer});
    if (closed < 0) return false;
    return !closed || raise(PyExc_ValueError, "I/O operation on closed file.");
  }
  return check_closed(self);
}

// --- Decoder ------------------------------------------------------------------------------------------------------------

const char* errors_text(TextIo* t) { return str_utf8(Value{t->errors}).data(); }

void reset_decoder_state(TextIo* t) {
  t->newline_state.pending_cr = false;
  t->carry_size = 0;
}

// Bytes to text, through the newline translation if the stream wants it.
Ref decode(TextIo* t, Value input, bool final) {
  Ref text;
  if (t->native != Native::kNone) {
    BufferView view;
    std::string_view in;
    if (is_bytes(input)) in = bytes_view(input);
    else if (view.get(input)) in = view.text();
    else return {};
    if (t->native == Native::kLatin1) {
      text = decode_latin1(in);
    } else if (t->native == Native::kAscii) {
      text = decode_ascii(in, errors_text(t));
    } else {
      std::string joined;
      if (t->carry_size) {
        joined.assign(t->carry, t->carry_size);
        joined.append(in);
        in = joined;
      }
      auto used = static_cast<Py_ssize_t>(in.size());
      text = decode_utf8(in, errors_text(t), final ? nullptr : &used);
      if (!text) return {};
      std::string_view rest = final ? std::string_view{} : in.substr(static_cast<size_t>(used));
      t->carry_size = static_cast<uint8_t>(rest.size());
      rest.copy(t->carry, rest.size());
    }
  } else {
    text = call_method(Value{t->decoder}, "decode"_id, {input, boolean(final)});
    if (text && !is_str(text)) return raise(PyExc_TypeError, "decoder should return a string result, not '%N'", type_of(text));
  }
  if (!text || !t->read_universal) return text;
  return decode_newlines(t->newline_state, std::move(text), t->read_translate, final);
}

// The decoder's state as (bytes, flags), the newline decoder's bit lowest.
bool get_decoder_state(TextIo* t, Ref* bytes, Ref* flags) {
  if (t->native != Native::kNone) {
    *bytes = bytes_new({t->carry, t->carry_size});
    *flags = Ref::from_int(0);
  } else {
    Ref state = call_method(Value{t->decoder}, "getstate"_id);
    if (!state) return false;
    if (!is_tuple(state)) return raise(PyExc_TypeError, "illegal decoder state");
    if (tuple_size(state) != 2) return raise(PyExc_TypeError, "illegal decoder state");
    *bytes = Ref::copy(tuple_get(state, 0));
    *flags = Ref::copy(tuple_get(state, 1));
    if (!is_bytes(*bytes))
      return raise(PyExc_TypeError, "illegal decoder state: the first item should be a bytes object, not '%N'", type_of(*bytes));
    if (!is_int(*flags)) return raise(PyExc_TypeError, "illegal decoder state");
  }
  if (t->read_universal) {
    *flags = int_lshift(*flags, Value::from_int(1));
    if (*flags && t->newline_state.pending_cr) *flags = int_or(*flags, Value::from_int(1));
  }
  return *bytes && *flags;
}
bool set_decoder_state(TextIo* t, Value bytes, Value flags) {
  Ref inner = Ref::copy(flags);
  if (t->read_universal) {
    t->newline_state.pending_cr = (int_as_u64_mask(flags) & 1) != 0;
    inner = int_rshift(flags, Value::from_int(1));
    if (!inner) return false;
  }
  if (t->native != Native::kNone) {
    std::string_view v = bytes_view(bytes);
    t->carry_size = static_cast<uint8_t>(v.size() < 4 ? v.size() : 0);
    memcpy(t->carry, v.data(), t->carry_size);
    return true;
  }
  if (bytes_length(bytes) == 0 && int_sign(inner) == 0) return static_cast<bool>(call_method(Value{t->decoder}, "reset"_id));
  Ref state = tuple_of({bytes, inner});
  return state && call_method(Value{t->decoder}, "setstate"_id, {state});
}

// --- Decoded text -------------------------------------------------------------------------------------------------------

void set_decoded(TextIo* t, Ref text) {
  set_object(&t->decoded, std::move(text));
  t->decoded_used = 0;
}
void drop_snapshot(TextIo* t) {
  set_object(&t->snapshot_bytes, {});
  set_object(&t->snapshot_flags, {});
}
// n characters of what is decoded; negative: all.
Ref take_decoded(TextIo* t, Py_ssize_t n) {
  if (!t->decoded) return str_empty();
  Py_ssize_t have = str_length(Value{t->decoded}) - t->decoded_used;
  if (n < 0 || n > have) n = have;
  Ref r = str_substring(Value{t->decoded}, t->decoded_used, t->decoded_used + n);
  t->decoded_used += n;
  return r;
}

bool flush_pending(TextIo* t) {
  if (t->pending_size == 0) return true;
  Py_ssize_t n = t->pending_size;
  if (is_plain_writer(Value{t->buffer})) {
    // The bytes are taken before the call: a signal handler may write too.
    char* data = t->pending;
    Py_ssize_t capacity = t->pending_capacity;
    t->pending = nullptr;
    t->pending_size = t->pending_capacity = 0;
    Py_ssize_t done;
    do done = buffered_write_bytes(Value{t->buffer}, data, n);
    while (done < 0 && is_interrupted());
    if (done < 0 && !t->pending) {
      // What did not go out is lost, as in CPython; the block is kept.
    }
    if (!t->pending) {
      t->pending = data;
      t->pending_capacity = capacity;
    } else {
      object_free(data);
    }
    return done >= 0;
  }
  Ref bytes = bytes_new({t->pending, static_cast<size_t>(n)});
  if (!bytes) return false;
  t->pending_size = 0;
  while (true) {
    if (call_method(Value{t->buffer}, "write"_id, {bytes})) return true;
    if (!is_interrupted()) return false;
  }
}
bool add_pending(TextIo* t, std::string_view bytes) {
  auto n = static_cast<Py_ssize_t>(bytes.size());
  if (t->pending_size + n > t->pending_capacity) {
    Py_ssize_t capacity = t->pending_size + n + 512;
    if (capacity < t->chunk + 1024) capacity = t->chunk + 1024;
    void* p = object_realloc(t->pending, static_cast<size_t>(capacity));
    if (!p) return raise_no_memory();
    t->pending = static_cast<char*>(p);
    t->pending_capacity = capacity;
  }
  bytes.copy(t->pending + t->pending_size, bytes.size());
  t->pending_size += n;
  return true;
}

// Reads and decodes one chunk: 1, 0 at the end of the file, -1.
int read_chunk(TextIo* t, Py_ssize_t hint) {
  if (!t->has_decoder) return unsupported("not readable");
  Ref before_bytes, before_flags;
  if (t->telling && !get_decoder_state(t, &before_bytes, &before_flags)) return -1;
  Py_ssize_t n = t->chunk;
  if (hint > 0) {
    auto bytes = static_cast<Py_ssize_t>(static_cast<double>(hint) / (t->chars_per_byte > 0 ? t->chars_per_byte : 1));
    if (bytes > n) n = bytes;
  }
  Ref input;
  Value buffer{t->buffer};
  if (is_exact(buffer, &reader_type) || is_exact(buffer, &random_type)) input = buffered_read1(buffer, n);
  else input = call_method(buffer, t->has_read1 ? "read1"_id : "read"_id, {Value::from_int(n)});
  if (!input) return -1;
  Py_ssize_t size;
  if (is_bytes(input)) {
    size = bytes_length(input);
  } else {
    BufferView view;
    if (!has_buffer(input) || !view.get(input)) {
      if (error_occurred()) clear_error();
      return raise(PyExc_TypeError, "underlying %s() should have returned a bytes-like object, not '%N'", t->has_read1 ? "read1" : "read", type_of(input));
    }
    size = view.size();
  }
  bool end = size == 0;
  Ref text = decode(t, input, end);
  if (!text) return -1;
  Py_ssize_t chars = str_length(text);
  t->chars_per_byte = size > 0 ? static_cast<double>(chars) / static_cast<double>(size) : 0;
  if (chars > 0) end = false;
  set_decoded(t, std::move(text));
  if (t->telling) {
    // What the text came from starts with what the decoder had kept.
    Ref all = bytes_length(before_bytes) ? bytes_concat(before_bytes, input) : is_bytes(input) ? Ref::copy(input) : bytes_from_object(input);
    if (!all) return -1;
    set_object(&t->snapshot_bytes, std::move(all));
    set_object(&t->snapshot_flags, std::move(before_flags));
  }
  return !end;
}

// --- Construction -------------------------------------------------------------------------------------------------------

Native native_for(Value encoding) {
  char s[16];
  size_t n = 0;
  for (char c : str_utf8(encoding)) {
    if (n + 1 >= sizeof s) return Native::kNone;
    s[n++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '_' ? '-' : c;
  }
  std::string_view v{s, n};
  if (v == "utf-8" || v == "utf8") return Native::kUtf8;
  if (v == "ascii" || v == "us-ascii") return Native::kAscii;
  if (v == "latin-1" || v == "latin1" || v == "iso-8859-1" || v == "iso8859-1") return Native::kLatin1;
  return Native::kNone;
}

// readable() and writable() of the buffer decide what coders there are.
bool set_coders(TextIo* t, Value codec) {
  Value buffer{t->buffer};
  t->native = native_for(Value{t->encoding});
  set_object(&t->decoder, {});
  set_object(&t->encoder, {});
  reset_decoder_state(t);
  Ref r = call_method(buffer, "readable"_id);
  int readable = r ? is_true(r) : -1;
  if (readable < 0) return false;
  Ref w = call_method(buffer, "writable"_id);
  int writable = w ? is_true(w) : -1;
  if (writable < 0) return false;
  t->has_decoder = readable != 0;
  t->has_encoder = writable != 0;
  if (t->native != Native::kNone) return true;
  if (readable) {
    Ref make = getattr(codec, "incrementaldecoder"_id);
    Ref d = make ? call1(make, Value{t->errors}) : Ref{};
    if (!d) return false;
    set_object(&t->decoder, std::move(d));
  }
  if (writable) {
    Ref make = getattr(codec, "incrementalencoder"_id);
    Ref e = make ? call1(make, Value{t->errors}) : Ref{};
    if (!e) return false;
    set_object(&t->encoder, std::move(e));
  }
  return true;
}

Ref find_codec(Value encoding) {
  std::string_view name = str_utf8(encoding);
  if (!name.data()) return {};
  Ref codec = codec_lookup(name.data());
  if (!codec) return {};
  Ref text;
  int found = lookup_attr(codec, "_is_text_encoding"_id, &text);
  if (found < 0) return {};
  if (found) {
    int ok = is_true(text);
    if (ok < 0) return {};
    if (!ok) return raise(PyExc_LookupError, "'%.400s' is not a text encoding; use %s to handle arbitrary codecs", name.data(), "codecs.open()");
  }
  return codec;
}

bool check_newline(Value v) {
  if (is_none(v)) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "TextIOWrapper() argument 'newline' must be str or None, not %N", type_of(v));
  if (str_equals(v, "") || str_equals(v, "\n") || str_equals(v, "\r") || str_equals(v, "\r\n")) return true;
  return raise(PyExc_ValueError, "illegal newline value: %U", v);
}
void set_newline(TextIo* t, Value newline) {
  bool none_given = is_none(newline), empty = !none_given && str_length(newline) == 0;
  set_object(&t->read_newline, none_given ? Ref{} : Ref::copy(newline));
  t->read_universal = none_given || empty;
  t->read_translate = none_given;
  t->write_translate = !empty;
  t->write_newline[0] = 0;
  if (!none_given && !empty && !str_equals(newline, "\n")) {
    std::string_view v = str_utf8(newline);
    memcpy(t->write_newline, v.data(), v.size());
    t->write_newline[v.size()] = 0;
  }
}
// Encoders that write a mark at the start must not do so in the middle of a file.
bool fix_encoder_state(TextIo* t) {
  if (!t->seekable || !t->encoder) return true;
  Ref pos = call_method(Value{t->buffer}, "tell"_id);
  if (!pos) return false;
  int at_start = equal(pos, Value::from_int(0));
  if (at_start < 0) return false;
  if (!at_start) {
    t->started = true;
    return static_cast<bool>(call_method(Value{t->encoder}, "setstate"_id, {Value::from_int(0)}));
  }
  return true;
}

bool text_init_(Value self, Args args) {
  static const char* const names[] = {"buffer", "encoding", "errors", "newline", "line_buffering", "write_through"};
  Value a[6] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 6) return raise(PyExc_TypeError, "TextIOWrapper() takes at most 6 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 6; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for TextIOWrapper()", name);
    if (a[at]) return raise(PyExc_TypeError, "argument for TextIOWrapper() given by name ('%U') and position (%d)", name, at + 1);
    a[at] = args.v[args.n + k];
  }
  TextIo* t = self_of(self);
  t->ok = false;
  t->detached = false;
  if (!a[0]) return raise(PyExc_TypeError, "TextIOWrapper() missing required argument 'buffer' (pos 1)");
  Value encoding = a[1] ? a[1] : none(), errors = a[2] ? a[2] : none(), newline = a[3] ? a[3] : none();
  if (!is_none(encoding) && !is_str(encoding))
    return raise(PyExc_TypeError, "TextIOWrapper() argument 'encoding' must be str or None, not %N", type_of(encoding));
  if (!check_newline(newline)) return false;
  int line_buffering = a[4] ? is_true(a[4]) : 0, write_through = a[5] ? is_true(a[5]) : 0;
  if (line_buffering < 0 || write_through < 0) return false;
  Ref errors_ref;
  if (is_none(errors)) {
    errors_ref = str_from_ascii("strict");
  } else if (!is_str(errors)) {
    return raise(PyExc_TypeError, "TextIOWrapper() argument 'errors' must be str or None, not %N", type_of(errors));
  } else {
    errors_ref = Ref::copy(errors);
    std::string_view e = str_utf8(errors);
    if (!e.data()) return false;
    if (e.find('\0') != e.npos) return raise(PyExc_ValueError, "embedded null character");
    if (check_codec_names && !codec_names_known(nullptr, e.data())) return false;
  }
  Ref name;
  if (is_none(encoding) || str_equals(encoding, "locale")) {
    if (is_none(encoding) && !warn_no_encoding(1)) return false;
    name = default_encoding();
  } else {
    std::string_view e = str_utf8(encoding);
    if (!e.data()) return false;
    if (e.find('\0') != e.npos) return raise(PyExc_ValueError, "embedded null character");
    name = Ref::copy(encoding);
  }
  if (!name || !errors_ref) return false;
  Ref codec;
  if (native_for(name) == Native::kNone) {
    codec = find_codec(name);
    if (!codec) return false;
  }
  set_object(&t->buffer, Ref::copy(a[0]));
  set_object(&t->encoding, std::move(name));
  set_object(&t->errors, std::move(errors_ref));
  set_newline(t, newline);
  t->newline_state = {};
  t->line_buffering = line_buffering != 0;
  t->write_through = write_through != 0;
  t->chunk = kBufferSize;
  t->started = false;
  t->chars_per_byte = 0;
  set_decoded(t, {});
  drop_snapshot(t);
  if (!set_coders(t, codec)) return false;
  Ref seekable = call_method(a[0], "seekable"_id);
  int can_seek = seekable ? is_true(seekable) : -1;
  if (can_seek < 0) return false;
  t->seekable = t->telling = can_seek != 0;
  if (is_plain_buffered(a[0])) {
    t->has_read1 = true;
  } else {
    Ref read1;
    int found = lookup_attr(a[0], "read1"_id, &read1);
    if (found < 0) return false;
    t->has_read1 = found > 0;
  }
  if (t->has_encoder && !fix_encoder_state(t)) return false;
  t->ok = true;
  return true;
}

Ref text_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }
void text_dealloc(PyObject* o) {
  auto* t = reinterpret_cast<TextIo*>(o);
  t->finalizing = true;
  if (!finalize_stream(o)) return;
  gc_untrack(o);
  t->ok = false;
  clear_stream(t);
  for (PyObject* p : {t->buffer, t->encoding, t->errors, t->decoder, t->encoder, t->read_newline, t->decoded, t->snapshot_bytes, t->snapshot_flags})
    if (p) adder::decref(p);
  if (t->pending) object_free(t->pending);
  Py_TYPE(o)->tp_free(o);
}
int text_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* t = reinterpret_cast<TextIo*>(o);
  for (PyObject* p : {t->buffer, t->decoder, t->encoder})
    if (p) ADDER_VISIT(p);
  return traverse_stream(t, visit, arg);
}
int text_clear(PyObject* o) {
  auto* t = reinterpret_cast<TextIo*>(o);
  t->ok = false;
  for (PyObject** slot : {&t->buffer, &t->decoder, &t->encoder, &t->dict}) {
    PyObject* old = *slot;
    *slot = nullptr;
    if (old) adder::decref(old);
  }
  return 0;
}

// --- Writing ------------------------------------------------------------------------------------------------------------

bool encode_pending(TextIo* t, Value text) {
  if (t->native != Native::kNone && str_is_ascii(text))
    return add_pending(t, {static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text))});
  Ref bytes;
  switch (t->native) {
    case Native::kUtf8: bytes = encode_utf8(text, errors_text(t)); break;
    case Native::kAscii: bytes = encode_ascii(text, errors_text(t)); break;
    case Native::kLatin1: bytes = encode_latin1(text, errors_text(t)); break;
    default:
      bytes = call_method(Value{t->encoder}, "encode"_id, {text});
      if (bytes && !is_bytes(bytes)) return raise(PyExc_TypeError, "encoder should return a bytes object, not '%N'", type_of(bytes));
  }
  t->started = true;
  return bytes && add_pending(t, bytes_view(bytes));
}

Ref m_write(Value self, Value text) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  if (!is_str(text)) return raise(PyExc_TypeError, "write() argument must be str, not %N", type_of(text));
  if (!check_open(self)) return {};
  if (!t->has_encoder) return unsupported("not writable");
  Py_ssize_t n = str_length(text);
  int kind = str_kind(text);
  const void* data = str_data(text);
  bool has_newline = (t->write_newline[0] || t->line_buffering) && find_char(kind, data, n, '\n') >= 0;
  bool flush = t->line_buffering && (has_newline || find_char(kind, data, n, '\r') >= 0);
  Ref translated;
  if (has_newline && t->write_newline[0]) {
    Ref lf = str_from_char('\n'), to = str_from_ascii(t->write_newline);
    translated = lf && to ? str_replace(text, lf, to, -1) : Ref{};
    if (!translated) return {};
  }
  // A chunk that fills up goes out before more is added, so that encoding errors leave earlier text intact.
  if (t->pending_size > 0 && t->pending_size + n > t->chunk && !flush_pending(t)) return {};
  if (!encode_pending(t, translated ? translated.get() : text)) return {};
  if (t->pending_size >= t->chunk || flush || t->write_through) {
    if (!flush_pending(t)) return {};
  }
  if (flush) {
    if (is_plain_writer(Value{t->buffer})) {
      if (!buffered_flush(Value{t->buffer})) return {};
    } else if (!call_method(Value{t->buffer}, "flush"_id)) {
      return {};
    }
  }
  if (t->decoded || t->snapshot_bytes) {
    set_decoded(t, {});
    drop_snapshot(t);
    if (t->has_decoder) {
      reset_decoder_state(t);
      if (t->decoder && !call_method(Value{t->decoder}, "reset"_id)) return {};
    }
  }
  return Ref::from_int(n);
}

Ref m_flush(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t) || !check_open(self)) return {};
  t->telling = t->seekable;
  if (!flush_pending(t)) return {};
  return call_method(Value{t->buffer}, "flush"_id);
}

// --- Reading ------------------------------------------------------------------------------------------------------------

Ref m_read(Value self, const Value* a) {
  TextIo* t = self_of(self);
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_attached(t) || !check_open(self)) return {};
  if (!t->has_decoder) return unsupported("not readable");
  if (!flush_pending(t)) return {};
  if (n < 0) {
    Ref bytes = call_method(Value{t->buffer}, "read"_id);
    if (!bytes) return {};
    if (!is_bytes(bytes) && !(bytes.get().is_object() && has_buffer(bytes)))
      return raise(PyExc_TypeError, "underlying read() should have returned a bytes-like object, not '%N'", type_of(bytes));
    Ref rest = decode(t, bytes, true);
    if (!rest) return {};
    Ref before = take_decoded(t, -1);
    if (!before) return {};
    if (t->snapshot_bytes) {
      set_decoded(t, {});
      drop_snapshot(t);
    }
    return str_concat(before, rest);
  }
  Ref result = take_decoded(t, n);
  if (!result) return {};
  if (str_length(result) == n) return result;
  StrBuilder all(n);
  all.add(result);
  while (all.length() < n) {
    int r = read_chunk(t, n - all.length());
    if (r < 0) {
      if (is_interrupted()) continue;
      return {};
    }
    if (r == 0) break;
    Ref part = take_decoded(t, n - all.length());
    if (!part || !all.add(part)) return {};
  }
  return all.finish();
}

// Where the line that starts at `start` ends (behind its newline), or -1.
Py_ssize_t line_end(TextIo* t, int kind, const void* data, Py_ssize_t start, Py_ssize_t n) {
  const char* at = char_pointer(kind, data, start);
  Py_ssize_t left = n - start;
  if (t->read_translate) {
    Py_ssize_t i = find_char(kind, at, left, '\n');
    return i < 0 ? -1 : start + i + 1;
  }
  if (t->read_universal) {
    return on_kind(kind, data, [&](auto* p) -> Py_ssize_t {
      for (Py_ssize_t i = start; i < n; i++) {
        if (p[i] > '\r') continue;
        if (p[i] == '\n') return i + 1;
        // The newline decoder never splits \r\n.
        if (p[i] == '\r') return i + 1 < n && p[i + 1] == '\n' ? i + 2 : i + 1;
      }
      return -1;
    });
  }
  Value nl{t->read_newline};
  Py_ssize_t m = str_length(nl);
  if (m == 1) {
    Py_ssize_t i = find_char(kind, at, left, str_char(nl, 0));
    return i < 0 ? -1 : start + i + 1;
  }
  for (Py_ssize_t i = start; i + 1 < n;) {
    Py_ssize_t cr = find_char(kind, char_pointer(kind, data, i), n - i, '\r');
    if (cr < 0) return -1;
    i += cr;
    if (i + 1 < n && char_at(kind, data, i + 1) == '\n') return i + 2;
    i++;
  }
  return -1;
}

Ref read_line(Value self, Py_ssize_t limit) {
  TextIo* t = self_of(self);
  if (!check_open(self)) return {};
  if (t->pending_size && !flush_pending(t)) return {};
  Ref line;  // what earlier chunks gave of it
  while (true) {
    // Text at hand, or a chunk more.
    while (!t->decoded || t->decoded_used >= str_length(Value{t->decoded})) {
      int r = read_chunk(t, 0);
      if (r < 0) {
        if (is_interrupted()) continue;
        return {};
      }
      if (r == 0) {
        set_decoded(t, {});
        drop_snapshot(t);
        return line ? std::move(line) : str_empty();
      }
    }
    Value text{t->decoded};
    Py_ssize_t start = t->decoded_used;
    if (line && !t->read_universal && t->read_newline && str_length(Value{t->read_newline}) == 2 &&
        str_char(line, str_length(line) - 1) == '\r' && str_char(text, start) == '\n' && (limit < 0 || limit > 0)) {
      // \r\n across two chunks.
      Ref lf = take_decoded(t, 1);
      return str_append(std::move(line), lf);
    }
    Py_ssize_t n = str_length(text);
    Py_ssize_t end = line_end(t, str_kind(text), str_data(text), start, n);
    Py_ssize_t stop = end < 0 ? n : end;
    if (limit >= 0 && stop - start >= limit) {
      stop = start + limit;
      end = stop;
    }
    Ref part = str_substring(text, start, stop);
    if (!part) return {};
    t->decoded_used = stop;
    line = line ? str_append(std::move(line), part) : std::move(part);
    if (!line) return {};
    if (end >= 0) return line;
    if (limit >= 0) limit -= stop - start;
  }
}
Ref m_readline(Value self, const Value* a) {
  Py_ssize_t limit = -1;
  if (a[0] && !as_ssize(a[0], &limit)) return {};
  if (!check_attached(self_of(self))) return {};
  if (limit < 0) limit = -1;
  return read_line(self, limit);
}
// The next line if that takes no more than to cut it out of decoded ASCII text; empty, without exception, if there is more to it.
Ref line_at_hand(TextIo* t) {
  if (!t->read_translate || !t->decoded || t->pending_size || !is_plain_buffered(Value{t->buffer}) || buffered_closed(Value{t->buffer}) != 0) return {};
  Value text{t->decoded};
  if (!str_is_ascii(text)) return {};
  const char* at = static_cast<const char*>(str_data(text)) + t->decoded_used;
  auto* newline = static_cast<const char*>(memchr(at, '\n', static_cast<size_t>(str_length(text) - t->decoded_used)));
  if (!newline) return {};
  const size_t n = static_cast<size_t>(newline - at) + 1;
  Ref line = str_from_ascii({at, n});
  if (line) t->decoded_used += static_cast<Py_ssize_t>(n);
  return line;
}

Ref slot_next(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  t->telling = false;
  Ref line;
  if (ADDER_LIKELY(is_exact(self, &textio_type))) {
    line = line_at_hand(t);
    if (line) return line;
    if (error_occurred()) return {};
    line = read_line(self, -1);
  } else {
    line = call_method(self, "readline"_id);
    if (line && !is_str(line)) return raise(PyExc_OSError, "readline() should have returned a str object, not '%N'", type_of(line));
  }
  if (!line || str_length(line) == 0) {
    if (line) {
      drop_snapshot(t);
      t->telling = t->seekable;
    }
    return {};
  }
  return line;
}

// --- Position -------------------------------------------------------------------------------------------------------------

struct Cookie {
  uint64_t position = 0, flags = 0, bytes_to_feed = 0, chars_to_skip = 0;
  bool need_eof = false;
};
Ref pack(const Cookie& c) {
  uint64_t words[5] = {c.position, c.flags, c.bytes_to_feed, c.chars_to_skip, c.need_eof};
  return int_from_bytes(reinterpret_cast<const uint8_t*>(words), sizeof words, true, false);
}
bool unpack(Value v, Cookie* c) {
  uint64_t words[5];
  if (!int_to_bytes(v, reinterpret_cast<uint8_t*>(words), sizeof words, true, false)) return false;
  *c = {words[0], words[1], words[2], words[3], words[4] != 0};
  return true;
}

bool encoder_at(TextIo* t, bool start) {
  if (!t->encoder) return true;
  if (start) {
    t->started = false;
    return static_cast<bool>(call_method(Value{t->encoder}, "reset"_id));
  }
  t->started = true;
  return static_cast<bool>(call_method(Value{t->encoder}, "setstate"_id, {Value::from_int(0)}));
}

Ref m_tell(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t) || !check_open(self)) return {};
  if (!t->seekable) return unsupported("underlying stream is not seekable");
  if (!t->telling) return raise(PyExc_OSError, "telling position disabled by next() call");
  if (!flush_pending(t)) return {};
  if (!call_method(self, "flush"_id)) return {};
  Ref position = call_method(Value{t->buffer}, "tell"_id);
  if (!position) return {};
  if (!t->has_decoder || !t->snapshot_bytes) return position;
  int64_t at;
  if (!as_offset(position, &at)) return {};
  Ref input = Ref::copy(t->snapshot_bytes), flags = from_c(t->snapshot_flags);
  at -= bytes_length(input);
  Cookie cookie;
  cookie.position = static_cast<uint64_t>(at);
  cookie.flags = int_as_u64_mask(flags);
  if (t->decoded_used == 0 || !t->decoded) return pack(cookie);
  Py_ssize_t skip = t->decoded_used;

  // Decode the chunk again, a little at a time, to find the last point before the character where the decoder keeps
  // nothing back: from there seek() starts.
  Ref saved_bytes, saved_flags;
  if (!get_decoder_state(t, &saved_bytes, &saved_flags)) return {};
  auto saved_seen = t->newline_state.seen;
  Ref result;
  [&] {
    Ref no_bytes = bytes_new({});
    std::string_view in = bytes_view(input);
    if (!set_decoder_state(t, no_bytes, flags)) return;
    // A first guess from the ratio of characters to bytes; halved while it decodes to too much.
    auto fast = static_cast<Py_ssize_t>(t->chars_per_byte > 0 ? static_cast<double>(skip) / t->chars_per_byte : 0);
    if (fast > static_cast<Py_ssize_t>(in.size())) fast = static_cast<Py_ssize_t>(in.size());
    Py_ssize_t start_chars = 0, start_bytes = 0, back = 1;
    while (fast > 0) {
      if (!set_decoder_state(t, no_bytes, flags)) return;
      Ref part = bytes_new(in.substr(0, static_cast<size_t>(fast)));
      Ref text = part ? decode(t, part, false) : Ref{};
      if (!text) return;
      if (str_length(text) <= skip) {
        Ref kept, kept_flags;
        if (!get_decoder_state(t, &kept, &kept_flags)) return;
        if (bytes_length(kept) == 0) {
          cookie.flags = int_as_u64_mask(kept_flags);
          start_chars = str_length(text);
          start_bytes = fast;
          skip -= start_chars;
          break;
        }
        fast -= bytes_length(kept);
        back = 1;
      } else {
        fast -= back;
        back *= 2;
      }
    }
    if (start_bytes == 0) {
      if (!set_decoder_state(t, no_bytes, flags)) return;
    }
    cookie.position += static_cast<uint64_t>(start_bytes);
    if (skip == 0) {
      result = pack(cookie);
      return;
    }
    Py_ssize_t fed = 0, chars = 0;
    size_t i = static_cast<size_t>(start_bytes);
    bool reached = false;
    for (; i < in.size(); i++) {
      Ref one = bytes_new(in.substr(i, 1));
      Ref text = one ? decode(t, one, false) : Ref{};
      if (!text) return;
      chars += str_length(text);
      fed++;
      Ref kept, kept_flags;
      if (!get_decoder_state(t, &kept, &kept_flags)) return;
      if (bytes_length(kept) == 0 && chars <= skip) {
        // A safe point.
        cookie.position += static_cast<uint64_t>(fed);
        skip -= chars;
        cookie.flags = int_as_u64_mask(kept_flags);
        fed = chars = 0;
      }
      if (chars >= skip) {
        reached = true;
        break;
      }
    }
    if (!reached) {
      Ref text = decode(t, no_bytes, true);
      if (!text) return;
      cookie.need_eof = true;
      chars += str_length(text);
      if (chars < skip) {
        raise(PyExc_OSError, "can't reconstruct logical file position");
        return;
      }
    }
    cookie.bytes_to_feed = static_cast<uint64_t>(fed);
    cookie.chars_to_skip = static_cast<uint64_t>(skip);
    result = pack(cookie);
  }();
  {
    ErrorKeeper keep;
    if (!set_decoder_state(t, saved_bytes, saved_flags)) clear_error();
    t->newline_state.seen = saved_seen;
  }
  return result;
}

Ref m_seek(Value self, const Value* a) {
  TextIo* t = self_of(self);
  int whence = 0;
  if (a[1] && !as_int(a[1], &whence)) return {};
  if (!check_attached(t) || !check_open(self)) return {};
  if (!t->seekable) return unsupported("underlying stream is not seekable");
  Ref cookie_object = Ref::copy(a[0]);
  if (whence == 1) {
    int zero = equal(a[0], Value::from_int(0));
    if (zero < 0) return {};
    if (!zero) return unsupported("can't do nonzero cur-relative seeks");
    cookie_object = call_method(self, "tell"_id);
    if (!cookie_object) return {};
  } else if (whence == 2) {
    int zero = equal(a[0], Value::from_int(0));
    if (zero < 0) return {};
    if (!zero) return unsupported("can't do nonzero end-relative seeks");
    if (!call_method(self, "flush"_id)) return {};
    set_decoded(t, {});
    drop_snapshot(t);
    if (t->has_decoder) {
      reset_decoder_state(t);
      if (t->decoder && !call_method(Value{t->decoder}, "reset"_id)) return {};
    }
    Ref r = call_method(Value{t->buffer}, "seek"_id, {Value::from_int(0), Value::from_int(2)});
    if (!r) return {};
    if (t->has_encoder) {
      int start = equal(r, Value::from_int(0));
      if (start < 0 || !encoder_at(t, start != 0)) return {};
    }
    return r;
  } else if (whence != 0) {
    return raise(PyExc_ValueError, "invalid whence (%d, should be %d, %d or %d)", whence, 0, 1, 2);
  }
  Ref zero_compare = compare(cookie_object, Value::from_int(0), Py_LT);
  int negative = zero_compare ? is_true(zero_compare) : -1;
  if (negative < 0) return {};
  if (negative) return raise(PyExc_ValueError, "negative seek position %R", cookie_object.get());
  if (!call_method(self, "flush"_id)) return {};
  Cookie c;
  Ref as_integer = index(cookie_object);
  if (!as_integer || !unpack(as_integer, &c)) return {};
  Ref position = int_from_u64(c.position);
  Ref r = position ? call_method(Value{t->buffer}, "seek"_id, {position}) : Ref{};
  if (!r) return {};
  set_decoded(t, {});
  drop_snapshot(t);
  if (t->has_decoder) {
    Ref no_bytes = bytes_new({}), flags = int_from_u64(c.flags);
    if (!flags || !set_decoder_state(t, no_bytes, flags)) return {};
    if (c.chars_to_skip) {
      // Feed the decoder up to the character.
      Ref input = call_method(Value{t->buffer}, "read"_id, {Value::from_int(static_cast<int64_t>(c.bytes_to_feed))});
      if (!input) return {};
      if (!is_bytes(input)) return raise(PyExc_TypeError, "underlying read() should have returned a bytes object, not '%N'", type_of(input));
      Ref text = decode(t, input, c.need_eof);
      if (!text) return {};
      Py_ssize_t n = str_length(text);
      set_object(&t->snapshot_bytes, Ref::copy(input));
      set_object(&t->snapshot_flags, Ref::copy(flags));
      set_decoded(t, std::move(text));
      if (static_cast<uint64_t>(n) < c.chars_to_skip) return raise(PyExc_OSError, "can't restore logical file position");
      t->decoded_used = static_cast<Py_ssize_t>(c.chars_to_skip);
    } else {
      set_object(&t->snapshot_bytes, bytes_new({}));
      set_object(&t->snapshot_flags, Ref::copy(flags));
    }
  }
  if (t->has_encoder && !encoder_at(t, c.position == 0 && c.flags == 0)) return {};
  return cookie_object;
}

Ref m_truncate(Value self, const Value* a) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  if (!call_method(self, "flush"_id)) return {};
  return call_method(Value{t->buffer}, "truncate"_id, {a[0] ? a[0] : none()});
}

// --- The rest -----------------------------------------------------------------------------------------------------------

Ref m_detach(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  if (!call_method(self, "flush"_id)) return {};
  Ref buffer = from_c_steal(t->buffer);
  t->buffer = nullptr;
  t->detached = true;
  return buffer;
}

Ref m_close(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  Ref closed = getattr(self, "closed"_id);
  int is = closed ? is_true(closed) : -1;
  if (is < 0) return {};
  if (is) return none_ref();
  if (t->finalizing && !call_method(Value{t->buffer}, "_dealloc_warn"_id, {self})) clear_error();
  Ref error;
  if (!call_method(self, "flush"_id)) error = take_error();
  Ref r = call_method(Value{t->buffer}, "close"_id);
  if (!error) return r;
  if (!r) {
    Ref second = take_error();
    set_context(second, std::move(error));
    restore_error(std::move(second));
  } else {
    restore_error(std::move(error));
  }
  return {};
}

Ref pass_on(Value self, PyObject* name) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  return call_method(Value{t->buffer}, name);
}
Ref m_fileno(Value self) { return pass_on(self, "fileno"_id); }
Ref m_seekable(Value self) { return pass_on(self, "seekable"_id); }
Ref m_readable(Value self) { return pass_on(self, "readable"_id); }
Ref m_writable(Value self) { return pass_on(self, "writable"_id); }
Ref m_isatty(Value self) { return pass_on(self, "isatty"_id); }
Ref m_getstate(Value self, Args) { return no_pickle(self); }

Ref m_reconfigure(Value self, const Value* a) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  Value encoding = a[0] ? a[0] : none(), errors = a[1] ? a[1] : none(), newline = a[2];
  bool touches_reading = !is_none(encoding) || !is_none(errors) || newline;
  if (t->decoded && touches_reading)
    return unsupported("It is not possible to set the encoding or newline of stream after the first read");
  if (newline && !check_newline(newline)) return {};
  int line_buffering = t->line_buffering, write_through = t->write_through;
  if (a[3] && !is_none(a[3]) && (line_buffering = is_true(a[3])) < 0) return {};
  if (a[4] && !is_none(a[4]) && (write_through = is_true(a[4])) < 0) return {};
  if (!call_method(self, "flush"_id)) return {};
  t->chars_per_byte = 0;
  if (!is_none(encoding) || !is_none(errors) || newline) {
    if (!is_none(encoding) && !is_str(encoding)) return raise(PyExc_TypeError, "reconfigure() argument 'encoding' must be str or None, not %N", type_of(encoding));
    if (!is_none(errors) && !is_str(errors)) return raise(PyExc_TypeError, "reconfigure() argument 'errors' must be str or None, not %N", type_of(errors));
    Ref name, errors_ref;
    if (is_none(encoding)) name = Ref::copy(t->encoding);
    else if (str_equals(encoding, "locale")) name = default_encoding();
    else name = Ref::copy(encoding);
    if (!is_none(errors)) errors_ref = Ref::copy(errors);
    else if (!is_none(encoding)) errors_ref = str_from_ascii("strict");
    else errors_ref = Ref::copy(t->errors);
    if (!name || !errors_ref) return {};
    Ref codec;
    if (native_for(name) == Native::kNone) {
      codec = find_codec(name);
      if (!codec) return {};
    }
    bool changed = !is_none(encoding) || !is_none(errors);
    if (newline) set_newline(t, newline);
    if (changed || newline) {
      set_object(&t->encoding, std::move(name));
      set_object(&t->errors, std::move(errors_ref));
      t->newline_state = {};
      if (!set_coders(t, codec)) return {};
      if (t->has_encoder && !fix_encoder_state(t)) return {};
    }
  }
  t->line_buffering = line_buffering != 0;
  t->write_through = write_through != 0;
  return none_ref();
}

Ref text_repr(Value self) {
  TextIo* t = self_of(self);
  if (!t->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  int entered = repr_enter(self);
  if (entered < 0) return {};
  if (entered > 0) return raise(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type_of(self)->tp_name);
  StrBuilder b;
  b.add_ascii("<_io.TextIOWrapper");
  bool failed = false;
  for (PyObject* attribute : {"name"_id, "mode"_id}) {
    Ref v;
    int found = lookup_attr(self, attribute, &v);
    if (found < 0) {
      if (!error_matches(PyExc_ValueError)) { failed = true; break; }
      clear_error();
    }
    if (found <= 0) continue;
    Ref text = str_format(" %U=%R", Value{attribute}, v.get());
    if (!text || !b.add(text)) { failed = true; break; }
  }
  if (!failed) {
    Ref end = str_format(" encoding=%R>", Value{t->encoding});
    failed = !end || !b.add(end);
  }
  repr_leave(self);
  return failed ? Ref{} : b.finish();
}

Ref get_name(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  return getattr(Value{t->buffer}, "name"_id);
}
Ref get_closed(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  return getattr(Value{t->buffer}, "closed"_id);
}
Ref get_newlines(Value self) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return {};
  if (!t->has_decoder || !t->read_universal) {
    Ref r;
    if (!t->decoder) return none_ref();
    int found = lookup_attr(Value{t->decoder}, "newlines"_id, &r);
    return found < 0 ? Ref{} : found ? std::move(r) : none_ref();
  }
  return newlines_seen(t->newline_state.seen);
}
Ref get_errors(Value self) {
  TextIo* t = self_of(self);
  if (!t->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  return Ref::copy(t->errors);
}
Ref get_chunk(Value self) {
  if (!check_attached(self_of(self))) return {};
  return int_from_ssize(self_of(self)->chunk);
}
bool set_chunk(Value self, Value v) {
  TextIo* t = self_of(self);
  if (!check_attached(t)) return false;
  if (!v) return raise(PyExc_AttributeError, "cannot delete attribute");
  Py_ssize_t n;
  if (!index_as_ssize(v, &n, PyExc_ValueError)) return false;
  if (n <= 0) return raise(PyExc_ValueError, "a strictly positive integer is required");
  t->chunk = n;
  return true;
}

const MethodRow text_methods[] = {
    method<m_detach>("detach", "($self, /)", nullptr),
    method<m_reconfigure>("reconfigure", "($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)",
                          "Reconfigure the text stream with new parameters."),
    method<m_write>("write", "($self, text, /)", nullptr),
    method<m_read>("read", "($self, size=-1, /)", nullptr),
    method<m_readline>("readline", "($self, size=-1, /)", nullptr),
    method<m_flush>("flush", "($self, /)", nullptr),
    method<m_close>("close", "($self, /)", nullptr),
    method<m_fileno>("fileno", "($self, /)", nullptr),
    method<m_seekable>("seekable", "($self, /)", nullptr),
    method<m_readable>("readable", "($self, /)", nullptr),
    method<m_writable>("writable", "($self, /)", nullptr),
    method<m_isatty>("isatty", "($self, /)", nullptr),
    method<m_seek>("seek", "($self, cookie, whence=os.SEEK_SET, /)", nullptr),
    method<m_tell>("tell", "($self, /)", nullptr),
    method<m_truncate>("truncate", "($self, pos=None, /)", nullptr),
    method<m_getstate>("__getstate__", "", nullptr),
    {}};
const GetSetRow text_getset[] = {
    getset<get_name>("name"), getset<get_closed>("closed"), getset<get_newlines>("newlines"),
    getset<get_errors>("errors"), getset<get_chunk, set_chunk>("_CHUNK_SIZE"), {}};
PyMemberDef text_members[] = {
    {"encoding", T_OBJECT, offsetof(TextIo, encoding), READONLY, nullptr},
    {"buffer", T_OBJECT, offsetof(TextIo, buffer), READONLY, nullptr},
    {"line_buffering", T_BOOL, offsetof(TextIo, line_buffering), READONLY, nullptr},
    {"write_through", T_BOOL, offsetof(TextIo, write_through), READONLY, nullptr},
    {"_finalizing", T_BOOL, offsetof(TextIo, finalizing), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

extern const TypeDef textio_def = {
    .type = &textio_type,
    .name = "_io.TextIOWrapper",
    .basicsize = sizeof(TextIo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Character and line based layer over a BufferedIOBase object, buffer.",
    .signature = "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
    .base = &textiobase_type,
    .dealloc = &text_dealloc,
    .traverse = &text_traverse,
    .clear = &text_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_repr = slot::Unary<text_repr>, .tp_iternext = slot::Next<slot_next>, .tp_init = slot::Init<text_init_>, .tp_new = slot::New<text_new>},
    .methods = text_methods,
    .getset = text_getset,
    .members = text_members,
};

}  // namespace adder::io
