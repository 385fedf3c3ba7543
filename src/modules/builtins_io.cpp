// builtins: print, input, breakpoint.
#include "modules/builtins.h"
#include "object/arguments.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"

extern "C" char* (*PyOS_ReadlineFunctionPointer)(FILE*, FILE*, const char*);  // the module readline sets it

namespace adder {
namespace {

Ref sys_attribute(PyObject* name) {
  Ref r = hooks.sys_get ? hooks.sys_get(name) : Ref{};
  return r;
}

bool write(Value file, Value text) {
  Ref r = call_method(file, "write"_id, {text});
  return static_cast<bool>(r);
}

// PyFile_WriteObject with Py_PRINT_RAW.
bool write_object(Value file, Value v) {
  if (is_exact_str(v)) return write(file, v);
  Ref text = to_str(v);
  return text && write(file, text);
}

bool text_or_none(Value* v, const char* name) {
  if (!*v || is_none(*v)) {
    *v = Value{};
    return true;
  }
  if (is_str(*v)) return true;
  return raise(PyExc_TypeError, "%s must be None or a string, not %N", name, type_of(*v));
}

Ref b_print(Value, Args args) {
  Value sep, end, file, flush;
  if (!take_keywords("print", args, {{"sep", &sep}, {"end", &end}, {"file", &file}, {"flush", &flush}})) return nullptr;
  Ref out;
  if (!file || is_none(file)) {
    out = sys_attribute("stdout"_id);
    if (!out) {
      if (!error_occurred()) raise(PyExc_RuntimeError, "lost sys.stdout");
      return nullptr;
    }
    if (is_none(out)) return none_ref();
  } else {
    out = Ref::copy(file);
  }
  if (!text_or_none(&sep, "sep") || !text_or_none(&end, "end")) return nullptr;
  for (size_t i = 0; i < args.n; i++) {
    if (i > 0 && !write(out, sep ? sep : Value{" "_id})) return nullptr;
    if (!write_object(out, args[i])) return nullptr;
  }
  if (!write(out, end ? end : Value{"\n"_id})) return nullptr;
  if (flush) {
    int wanted = is_true(flush);
    if (wanted < 0) return nullptr;
    if (wanted && !call_method(out, "flush"_id)) return nullptr;
  }
  return none_ref();
}

// Whether a stream is the process's descriptor fd and a terminal. -1 is no error here: any failure means no.
bool is_terminal(Value stream, int fd) {
  Ref number = call_method(stream, "fileno"_id);
  int64_t n;
  if (!number || !is_int(number) || int_sign_overflow_i64(number, &n) != 0 || n != fd) {
    clear_error();
    return false;
  }
  Ref answer = call_method(stream, "isatty"_id);
  int yes = answer ? is_true(answer) : -1;
  if (yes < 0) clear_error();
  return yes > 0;
}

Ref standard_stream(PyObject* name, const char* text) {
  Ref stream = sys_attribute(name);
  if (stream && !is_none(stream)) return stream;
  if (!error_occurred()) raise(PyExc_RuntimeError, "input(): lost sys.%s", text);
  return nullptr;
}

bool flush_quietly(Value stream) {
  Ref r = call_method(stream, "flush"_id);
  if (!r) clear_error();
  return true;
}

Ref b_input(Value, Args args) {
  if (!positional_only("input", args, 0, 1)) return nullptr;
  Value prompt = args.n ? args[0] : Value{};
  Ref in = standard_stream("stdin"_id, "stdin");
  Ref out = in ? standard_stream("stdout"_id, "stdout") : Ref{};
  Ref err = out ? standard_stream("stderr"_id, "stderr") : Ref{};
  if (!err) return nullptr;
  flush_quietly(err);
  if (PyOS_ReadlineFunctionPointer && is_terminal(in, 0) && is_terminal(out, 1)) {
    flush_quietly(out);
    Ref text = prompt ? to_str(prompt) : str_empty();
    if (!text) return nullptr;
    Ref line = hooks.input_line(text);
    if (!line && !error_occurred()) return raise_none(PyExc_EOFError);
    return line;
  }
  if (prompt && !write_object(out, prompt)) return nullptr;
  flush_quietly(out);
  Ref line = call_method(in, "readline"_id);
  if (!line) return nullptr;
  if (!is_str(line)) return raise(PyExc_TypeError, "object.readline() returned non-string");
  Py_ssize_t n = str_length(line);
  if (n == 0) return raise(PyExc_EOFError, "EOF when reading a line");
  if (str_char(line, n - 1) == '\n') return str_substring(line, 0, n - 1);
  return line;
}

Ref b_breakpoint(Value, Args args) {
  Ref hook = sys_attribute("breakpointhook"_id);
  if (!hook) {
    if (!error_occurred()) raise(PyExc_RuntimeError, "lost sys.breakpointhook");
    return nullptr;
  }
  return call(hook, args);
}

}  // namespace

const MethodRow builtins_io_rows[] = {
    method<b_breakpoint>("breakpoint", "",
                         "breakpoint(*args, **kws)\n\nCall sys.breakpointhook(*args, **kws).  sys.breakpointhook() must accept\n"
                         "whatever arguments are passed.\n\nBy default, this drops you into the pdb debugger."),
    method<b_input>("input", "($module, prompt='', /)",
                    "Read a string from standard input.  The trailing newline is stripped.\n\n"
                    "The prompt string, if given, is printed to standard output without a\ntrailing newline before reading input.\n\n"
                    "If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.\n"
                    "On *nix systems, readline is used if available."),
    method<b_print>("print", "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)",
                    "Prints the values to a stream, or to sys.stdout by default.\n\n"
                    "  sep\n    string inserted between values, default a space.\n"
                    "  end\n    string appended after the last value, default a newline.\n"
                    "  file\n    a file-like object (stream); defaults to the current sys.stdout.\n"
                    "  flush\n    whether to forcibly flush the stream."),
    {}};

}  // namespace adder
