// The module _io: open() and the table of types. Streams are in the _io_*.cpp files beside it.
#include <unistd.h>
#include <string>
#include "modules/io.h"
#include "object/hooks.h"
#include "object/str_impl.h"
#include "object/type.h"
#include "runtime/interpreter.h"

namespace adder {
namespace io {

Ref open_stream(Value file, const char* mode, int buffering, Value encoding, Value errors, Value newline, bool closefd, Value opener) {
  bool creating = false, reading = false, writing = false, appending = false, updating = false, text = false, binary = false;
  for (const char* p = mode; *p; p++) {
    bool* flag = nullptr;
    switch (*p) {
      case 'x': flag = &creating; break;
      case 'r': flag = &reading; break;
      case 'w': flag = &writing; break;
      case 'a': flag = &appending; break;
      case '+': flag = &updating; break;
      case 't': flag = &text; break;
      case 'b': flag = &binary; break;
      default: break;
    }
    if (!flag || *flag) return raise(PyExc_ValueError, "invalid mode: '%s'", mode);
    *flag = true;
  }
  std::string raw_mode;
  if (creating) raw_mode += 'x';
  if (reading) raw_mode += 'r';
  if (writing) raw_mode += 'w';
  if (appending) raw_mode += 'a';
  if (updating) raw_mode += '+';
  if (text && binary) return raise(PyExc_ValueError, "can't have text and binary mode at once");
  if (creating + reading + writing + appending > 1) return raise(PyExc_ValueError, "must have exactly one of create/read/write/append mode");
  if (binary && !is_none(encoding)) return raise(PyExc_ValueError, "binary mode doesn't take an encoding argument");
  if (binary && !is_none(errors)) return raise(PyExc_ValueError, "binary mode doesn't take an errors argument");
  if (binary && !is_none(newline)) return raise(PyExc_ValueError, "binary mode doesn't take a newline argument");
  if (binary && buffering == 1 &&
      !warn(PyExc_RuntimeWarning, 1, "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"))
    return {};
  Ref raw_mode_object = str_from_ascii(raw_mode);
  Ref raw = call(Value{&fileio_type}, {file, raw_mode_object, boolean(closefd), opener});
  if (!raw) return {};
  Ref result = Ref::copy(raw);
  // What was opened so far is closed again if a later step fails.
  auto give_up = [&]() -> Ref {
    Ref error = take_error();
    Ref r = call_method(result, "close"_id);
    if (!r) {
      Ref second = take_error();
      set_context(second, std::move(error));
      restore_error(std::move(second));
    } else {
      restore_error(std::move(error));
    }
    return {};
  };
  auto* f = raw.as<FileIo>();
  bool terminal = false;
  if (buffering < 0) terminal = isatty(f->fd) == 1;
  bool line_buffering = buffering == 1 || terminal;
  if (buffering == 1 || terminal) buffering = -1;
  Py_ssize_t size = buffering;
  if (buffering < 0) size = f->blksize > 1 ? static_cast<Py_ssize_t>(f->blksize) : kBufferSize;
  if (size == 0) {
    if (!binary) {
      raise(PyExc_ValueError, "can't have unbuffered text I/O");
      return give_up();
    }
    return result;
  }
  PyTypeObject* type;
  if (updating) type = &random_type;
  else if (creating || writing || appending) type = &writer_type;
  else if (reading) type = &reader_type;
  else {
    raise(PyExc_ValueError, "unknown mode: '%s'", mode);
    return give_up();
  }
  Ref buffer = call(Value{type}, {raw, Value::from_int(size)});
  if (!buffer) return give_up();
  result = Ref::copy(buffer);
  if (binary) return result;
  Ref wrapper = call(Value{&textio_type}, {buffer, encoding, errors, newline, boolean(line_buffering)});
  if (!wrapper) return give_up();
  result = Ref::copy(wrapper);
  Ref shown_mode = str_from_utf8(mode);
  if (!shown_mode || !setattr(wrapper, "mode"_id, shown_mode)) return give_up();
  return result;
}

namespace {

bool text_or_none(const char* name, Value v) {
  return is_none(v) || is_str(v) || raise(PyExc_TypeError, "open() argument '%s' must be str or None, not %N", name, type_of(v));
}

Ref m_open(Value, const Value* a) {
  std::string mode = "r";
  if (a[1]) {
    if (!is_str(a[1])) return raise(PyExc_TypeError, "open() argument 'mode' must be str, not %N", type_of(a[1]));
    std::string_view m = str_utf8(a[1]);
    if (!m.data()) return {};
    if (m.find('\0') != m.npos) return raise(PyExc_ValueError, "embedded null character");
    mode.assign(m);
  }
  int buffering = -1;
  if (a[2] && !as_int(a[2], &buffering)) return {};
  Value encoding = a[3] ? a[3] : none(), errors = a[4] ? a[4] : none(), newline = a[5] ? a[5] : none(), opener = a[7] ? a[7] : none();
  if (!text_or_none("encoding", encoding) || !text_or_none("errors", errors) || !text_or_none("newline", newline)) return {};
  int closefd = a[6] ? is_true(a[6]) : 1;
  if (closefd < 0) return {};
  Ref path = Ref::copy(a[0]);
  if (!is_int(path) && !is_str(path) && !is_bytes(path)) {
    if (Ref method = lookup_special(path, "__fspath__"_id)) {
      Ref p = call0(method);
      if (!p) return {};
      if (!is_str(p) && !is_bytes(p))
        return raise(PyExc_TypeError, "expected %N.__fspath__() to return str or bytes, not %N", type_of(path), type_of(p));
      path = std::move(p);
    } else if (error_occurred()) {
      return {};
    } else if (path.get().is_float() || !slots_of(path).nb_index) {
      return raise(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %N", type_of(path));
    }
  }
  return open_stream(path, mode.c_str(), buffering, encoding, errors, newline, closefd != 0, opener);
}

Ref m_open_code(Value, const Value* a) {
  if (!is_str(a[0])) return raise(PyExc_TypeError, "open_code() argument 'path' must be str, not %N", type_of(a[0]));
  return open_stream(a[0], "rb", -1, none(), none(), none(), true, none());
}

Ref m_text_encoding(Value, const Value* a) {
  if (a[0] && !is_none(a[0])) return Ref::copy(a[0]);
  int stacklevel = 2;
  if (a[1] && !as_int(a[1], &stacklevel)) return {};
  if (!warn_no_encoding(stacklevel)) return {};
  return str_from_ascii(the_interpreter->config.utf8_mode ? "utf-8" : "locale");
}

const MethodRow functions[] = {
    method<m_open>("open", "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
                   "Open file and return a stream.  Raise OSError upon failure."),
    method<m_text_encoding>("text_encoding", "($module, encoding, stacklevel=2, /)", "A helper function to choose the text encoding."),
    method<m_open_code>("open_code", "($module, /, path)", "Opens the provided file with the intent to import the contents."),
    {}};

bool exec(PyObject* module) {
  if (!module_add_int(module, "DEFAULT_BUFFER_SIZE", kBufferSize)) return false;
  // class UnsupportedOperation(OSError, ValueError)
  Ref bases = tuple_of({Value{PyExc_OSError}, Value{PyExc_ValueError}});
  Ref ns = dict_new();
  Ref name = str_from_ascii("UnsupportedOperation"), io_name = str_from_ascii("io");
  if (!bases || !ns || !name || !io_name || !dict_set(ns, Value{"__module__"_id}, io_name)) return false;
  Ref type = call(Value{&PyType_Type}, {name, bases, ns});
  if (!type) return false;
  per_interpreter(unsupported_operation);
  unsupported_operation = Ref::copy(type).release().object();
  at_interpreter_end([] {
    adder::decref(unsupported_operation);
    unsupported_operation = nullptr;
  });
  if (!module_add(module, "UnsupportedOperation", std::move(type))) return false;
  if (!module_add(module, "BlockingIOError", Ref::copy(Value{PyExc_BlockingIOError}))) return false;
  for (const TypeDef* def : {&iobase_def, &rawiobase_def, &bufferediobase_def, &textiobase_def, &fileio_def, &bytesio_def, &stringio_def,
                             &reader_def, &writer_def, &random_def, &pair_def, &textio_def, &newline_decoder_def})
    if (!module_add_type(module, *def)) return false;
  return ready_type(window_def) && ready_type(bytesio_buffer_def);
}

}  // namespace
}  // namespace io

extern const ModuleDef io_module{
    .name = "_io",
    .doc = "The io module provides the Python interfaces to stream handling. The builtin open\nfunction is defined in this module.",
    .methods = io::functions,
    .exec = io::exec};

}  // namespace adder
