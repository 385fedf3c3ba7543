// What the files of the module _io share: types, the common head of streams, checks.
#pragma once
#include <sys/types.h>
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

// Streams derive from IoBase; their members' offsets are those of plain structs.
#pragma clang diagnostic ignored "-Winvalid-offsetof"

namespace adder::io {

// Every stream begins so.
struct IoBase {
  PyObject head;
  PyObject* dict;
  PyObject* weaklist;
};

extern PyTypeObject iobase_type, rawiobase_type, bufferediobase_type, textiobase_type, fileio_type, bytesio_type, stringio_type,
    reader_type, writer_type, random_type, pair_type, textio_type, newline_decoder_type, window_type;
extern const TypeDef iobase_def, rawiobase_def, bufferediobase_def, textiobase_def, fileio_def, bytesio_def, bytesio_buffer_def,
    stringio_def, reader_def, writer_def, random_def, pair_def, textio_def, newline_decoder_def, window_def;
extern PyObject* unsupported_operation;

inline constexpr Py_ssize_t kBufferSize = 8192;

Failure unsupported(const char* text);
// Whether stream.closed is true; -1 with an exception.
int is_closed(Value stream);
bool check_closed(Value stream);        // ValueError "I/O operation on closed file."
bool check_readable(Value stream);      // UnsupportedOperation
bool check_writable(Value stream);
bool check_seekable(Value stream);
// An optional size: absent and None leave *out. TypeError "argument should be integer or None, not 'X'".
bool optional_size(Value v, Py_ssize_t* out);
// A file offset from any int-like. OverflowError.
bool as_offset(Value v, int64_t* out);
// tp_dealloc of streams: closes through tp_finalize. false: the object lives on.
bool finalize_stream(PyObject* o);
void clear_stream(IoBase* s);           // dict and weak references
int traverse_stream(IoBase* s, visitproc visit, void* arg);
// pickling: TypeError "cannot pickle 'X' object"
Ref no_pickle(Value self);
// Interrupted calls: runs signal handlers; false with an exception.
bool poll_signals();
// The encoding of text streams where none is given (or "locale"): the locale's, UTF-8 in the C locale.
Ref default_encoding();
// -X warn_default_encoding: EncodingWarning; false if it raised.
bool warn_no_encoding(int stacklevel);
// The raised exception is BlockingIOError; it is cleared and *written is its characters_written.
Failure raise_blocking(const char* text, Py_ssize_t written);
bool is_interrupted();                  // an InterruptedError is raised and, after signal handlers ran, cleared

// A memoryview over memory that the view does not own; close() makes it unusable.
class Window {
 public:
  Window(void* data, Py_ssize_t n, bool readonly);
  ~Window();
  Window(const Window&) = delete;
  explicit operator bool() const { return static_cast<bool>(view_); }
  Value view() const { return view_; }
 private:
  Ref view_;
};

// --- FileIO -------------------------------------------------------------------------------------------------------------
struct FileIo : IoBase {
  int fd;
  bool created, readable, writable, appending, closefd, finalizing;
  signed char seekable;  // -1 unknown
  unsigned blksize;
};
// Raw reading and writing with the GIL released: bytes done, -1 with an exception, -2 would block.
Py_ssize_t fileio_read(FileIo* f, char* data, Py_ssize_t n);
Py_ssize_t fileio_write(FileIo* f, const char* data, Py_ssize_t n);
Ref fileio_readall(Value self);
inline bool is_plain_file(Value v) { return is_exact(v, &fileio_type); }

// --- Buffered streams -----------------------------------------------------------------------------------------------------
// Writes to an exact BufferedWriter or BufferedRandom without a bytes object. -1 with an exception.
Py_ssize_t buffered_write_bytes(Value self, const char* data, Py_ssize_t n);
Ref buffered_read1(Value self, Py_ssize_t n);
bool buffered_flush(Value self);
int buffered_closed(Value self);        // of an exact stream of ours
inline bool is_plain_buffered(Value v) {
  return is_exact(v, &reader_type) || is_exact(v, &writer_type) || is_exact(v, &random_type);
}
inline bool is_plain_writer(Value v) { return is_exact(v, &writer_type) || is_exact(v, &random_type); }

// --- Newlines -------------------------------------------------------------------------------------------------------------
// What IncrementalNewlineDecoder knows between calls.
struct NewlineState {
  bool pending_cr = false;
  uint8_t seen = 0;  // 1 CR, 2 LF, 4 CRLF
};
// Decoded text with its newlines noted and, if wanted, translated. A trailing \r waits for more unless final.
Ref decode_newlines(NewlineState& state, Ref text, bool translate, bool final);
Ref newlines_seen(uint8_t seen);        // None, a str or a tuple

Ref open_stream(Value file, const char* mode, int buffering, Value encoding, Value errors, Value newline, bool closefd, Value opener);

}  // namespace adder::io
