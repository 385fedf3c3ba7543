// Exceptions at top level: the traceback text, sys.excepthook, the hooks for warnings and unraisable exceptions.
#include <cstdio>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include "modules/sys.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/limits.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "runtime/interpreter.h"
#include "runtime/suggestions.h"
#include "vm/frame.h"
#include "vm/traceback.h"

namespace adder {
namespace {

// --- Native text, used when the traceback module cannot be (start-up, shutdown, its own failure) -----------------------------------------
void write_native(Value exception) {
  auto line = [](const std::string& s) { fprintf(stderr, "%s\n", s.c_str()); };
  auto utf8 = [](Value s) { std::string_view v = str_utf8(s); if (!v.data()) { clear_error(); return std::string("?"); } return std::string(v); };
  auto* e = exception.as<PyBaseExceptionObject>();
  if (e->traceback) {
    line("Traceback (most recent call last):");
    for (auto* tb = reinterpret_cast<PyTracebackObject*>(e->traceback); tb; tb = tb->tb_next) {
      Frame* f = reinterpret_cast<FrameObject*>(tb->tb_frame)->frame;
      if (!f) continue;
      int number = tb->tb_lineno >= 0 ? tb->tb_lineno : code_line(f->code, tb->tb_lasti / static_cast<int>(sizeof(Word)));
      line("  File \"" + utf8(Value{f->code->co_filename}) + "\", line " + std::to_string(number) + ", in " + utf8(Value{f->code->co_name}));
    }
  }
  Ref text = to_str(exception);
  if (!text) clear_error();
  std::string name = Py_TYPE(exception.object())->tp_name;
  line(text && str_length(text) ? name + ": " + utf8(text) : name);
}

bool printing = false;

// A TracebackException and the exception it tells of.
struct Report {
  Ref report, exception;
};
// What the interpreter's own report has and the traceback module's lacks: "Did you mean", carets within the line. The reports of
// causes, contexts and members, which may nest deeply, are added to `rest`. false: exception.
bool complete_one(Value report, Value exception, std::vector<Report>& rest) {
  if (Ref name = suggestion_for(exception)) {
    Ref text = getattr(report, "_str"_id);
    if (!text || !is_str(text)) return false;
    // A text that is empty has no colon before it: the mark is taken out with the colon later.
    Ref longer = str_format(str_length(text) ? "%U. Did you mean: '%U'?" : "%U\x01. Did you mean: '%U'?", text.get(), name.get());
    if (!longer || !setattr(report, "_str"_id, longer)) return false;
  }
  if (is_instance_exactly(exception, &_PyExc_SyntaxError)) {
    Ref offset = getattr(report, "offset"_id), end = getattr(report, "end_offset"_id), text = getattr(report, "text"_id);
    if (!offset || !end || !text) return false;
    if (offset.get().is_int() && end.get().is_int() && is_str(text) && end.get().as_int() != 0 && end.get().as_int() != -1) {
      int64_t from = offset.get().as_int(), to = end.get().as_int(), length = str_length(text);
      while (length > 0 && str_char(text, length - 1) == '\n') length--;
      if (to > length + 1) to = length + 1;
      if (to <= from) to = from + 1;
      if (!setattr(report, "end_offset"_id, Value::from_int(to))) return false;
    }
  }
  auto* e = exception.as<PyBaseExceptionObject>();
  for (bool cause : {true, false}) {
    PyObject* next = cause ? e->cause : e->context;
    if (!next) continue;
    Ref inner = getattr(report, cause ? "__cause__"_id : "__context__"_id);
    if (!inner) return false;
    if (!is_none(inner)) rest.push_back({std::move(inner), Ref::copy(Value{next})});
  }
  if (is_exception_group(exception)) {
    Ref parts = getattr(report, "exceptions"_id);
    if (!parts) return false;
    PyObject* members = exception.as<PyBaseExceptionGroupObject>()->excs;
    for (Py_ssize_t i = 0; is_list(parts) && i < list_size(parts) && i < tuple_size(Value{members}); i++) {
      rest.push_back({Ref::copy(list_get(parts, i)), Ref::copy(tuple_get(Value{members}, i))});
    }
  }
  return true;
}
bool complete_report(Value report, Value exception) {
  std::vector<Report> rest;
  rest.push_back({Ref::copy(report), Ref::copy(exception)});
  while (!rest.empty()) {
    Report next = std::move(rest.back());
    rest.pop_back();
    if (!complete_one(next.report, next.exception, rest)) return false;
  }
  return true;
}
// sys.tracebacklimit as the traceback module takes it: here the innermost frames are kept (the module, asked by a program, keeps
// the outermost). None: no limit.
Value traceback_limit() {
  Value limit = sys_get("tracebacklimit");
  if (!limit || !is_int(limit)) return none();
  int64_t n;
  int overflow = int_sign_overflow_i64(limit, &n);
  if (overflow > 0 || (overflow == 0 && n > 1000000)) n = 1000000;
  if (overflow < 0 || n < 0) n = 0;
  return Value::from_int(-n);
}

// The whole text of an exception, by the traceback module, with what lib/_adder_report.py adds for readers at `stream`.
Ref exception_text(Value exception, Value stream) {
  Ref traceback = import_module("traceback");
  Ref make = traceback ? getattr(traceback, "TracebackException"_id) : Ref{};
  Ref names = tuple_of({Value{"compact"_id}, Value{"limit"_id}});
  auto* e = exception.as<PyBaseExceptionObject>();
  Value args[5] = {Value{type_of(exception)}, exception, e->traceback ? Value{e->traceback} : none(), boolean(true), traceback_limit()};
  if (args[4] == Value::from_int(0)) args[2] = none();
  Ref report = make && names ? call(make, Args{args, 3, names.object()}) : Ref{};
  if (!report || !complete_report(report, exception)) return nullptr;
  if (Ref ours = the_interpreter->config.library.empty() ? Ref{} : import_module("_adder_report")) {
    Ref make_text = getattr(ours, "text"_id), mark = str_from_ascii(": \x01"), nothing = str_empty();
    Ref text = make_text ? call(make_text, {report.get(), exception, stream ? stream : none()}) : Ref{};
    if (text && is_str(text)) return mark ? str_replace(text, mark, nothing, -1) : Ref{};
  }
  clear_error();
  Ref lines = call_method(report, "format"_id);
  Ref list = lines ? to_list(lines) : Ref{};
  Ref nothing = str_empty();
  Ref text = list ? str_join(nothing, list) : Ref{};
  Ref mark = str_from_ascii(": \x01");
  return text && mark ? str_replace(text, mark, nothing, -1) : Ref{};
}

}  // namespace

void print_exception(Value exception, Value file) {
  // The text is the traceback module's; while it is being imported or if it fails, the native form serves.
  ErrorKeeper keep;
  if (!printing && the_interpreter->importlib_external) {
    printing = true;
    Value stream = file && !is_none(file) ? file : sys_get("stderr");
    Ref text = exception_text(exception, stream);
    Ref done = text && stream && !is_none(stream) ? call_method(stream, "write"_id, {text.get()}) : Ref{};
    printing = false;
    if (done) return;
    clear_error();
  }
  write_native(exception);
}
bool print_traceback(Value tb, Value file) {
  Ref head = str_from_ascii("Traceback (most recent call last):\n");
  if (!head || !call_method(file, "write"_id, {head.get()})) return false;
  Value limit = traceback_limit();
  if (limit == Value::from_int(0)) return true;
  Ref traceback = import_module("traceback");
  return traceback && call_method(traceback, "print_tb"_id, {tb, limit, file});
}
void display_exception(Value, Value value, Value tb) {
  if (!is_exception(value)) {
    Ref text = str_format("TypeError: print_exception(): Exception expected for value, %N found\n", type_of(value));
    Value file = sys_get("stderr");
    Ref done = text && file && !is_none(file) ? call_method(file, "write"_id, {text.get()}) : Ref{};
    if (!done) clear_error();
    return;
  }
  auto* e = value.as<PyBaseExceptionObject>();
  if (tb && is_exact(tb, &PyTraceBack_Type) && !e->traceback) e->traceback = Ref::copy(tb).release().object();
  Value file = sys_get("stderr");
  if (file && is_none(file)) return;
  Ref stream = Ref::copy(file);
  // What was written to stdout comes before the traceback.
  Value out = sys_get("stdout");
  if (out && !is_none(out)) {
    Ref flushed = call_method(out, "flush"_id);
    if (!flushed) clear_error();
  }
  print_exception(value, stream);
  if (stream) {
    Ref flushed = call_method(stream, "flush"_id);
    if (!flushed) clear_error();
  }
}
void print_error() {
  Ref e = take_error();
  if (!e) return;
  PyObject* tb = e.as<PyBaseExceptionObject>()->traceback;
  Value traceback = tb ? Value{tb} : none();
  for (const char* name : {"last_type", "last_value", "last_traceback"}) {
    Value v = name[5] == 't' && name[6] == 'y' ? Value{type_of(e)} : name[5] == 'v' ? e.get() : traceback;
    if (the_interpreter->sys && !sys_set(name, v)) clear_error();
  }
  Value hook = sys_get("excepthook");
  if (!hook) {
    display_exception(Value{type_of(e)}, e, traceback);
    return;
  }
  Ref f = Ref::copy(hook);
  if (!audit("sys.excepthook", {f.get(), Value{type_of(e)}, e.get(), traceback})) {
    // A RuntimeError of an audit hook stops the report; any other exception is told, and the report goes on.
    bool stop = error_matches(PyExc_RuntimeError);
    if (stop) clear_error();
    else write_unraisable(Value{});
    if (stop) return;
  }
  Ref done = call(f, {Value{type_of(e)}, e.get(), traceback});
  if (done) return;
  if (error_matches(PyExc_SystemExit)) return;  // the caller sees to it
  Ref second = take_error();
  fprintf(stderr, "Error in sys.excepthook:\n");
  display_exception(Value{type_of(second)}, second, Value{});
  fprintf(stderr, "\nOriginal exception was:\n");
  display_exception(Value{type_of(e)}, e, traceback);
}
int exit_status_of_error() {
  if (error_matches(PyExc_SystemExit)) {
    if (the_interpreter->config.inspect) {
      print_error();
      return 1;
    }
    Ref e = take_error();
    Ref code = getattr(e, "code"_id);
    if (!code) clear_error();
    fflush(stdout);
    if (!code || is_none(code)) return 0;
    int64_t number;
    if (is_int(code)) {
      if (int_sign_overflow_i64(code, &number) != 0) number = -1;
      return static_cast<int>(number & 0xFFFFFFFF);
    }
    Value file = sys_get("stderr");
    Ref text = to_str(code);
    Ref newline = str_from_ascii("\n");
    if (text && file && !is_none(file)) {
      Ref stream = Ref::copy(file);
      Ref a = call_method(stream, "write"_id, {text.get()});
      Ref b = a ? call_method(stream, "write"_id, {newline.get()}) : Ref{};
      Ref c = b ? call_method(stream, "flush"_id) : Ref{};
    }
    clear_error();
    return 1;
  }
  bool interrupted = error_matches(PyExc_KeyboardInterrupt);
  print_error();
  if (error_occurred() && error_matches(PyExc_SystemExit)) return exit_status_of_error();
  clear_error();
  return interrupted ? 130 : 1;
}

// --- Hooks ------------------------------------------------------------------------------------------------------------------------------
// Hands an exception to an unraisable hook. false: the hook failed, and its exception is raised.
static bool call_unraisable_hook(Value hook, Value exception, const char* what, Value object) {
  PyObject* tb = exception.as<PyBaseExceptionObject>()->traceback;
  Ref message = what ? str_format("Exception ignored %s", what) : none_ref();
  Ref args = struct_sequence_new(unraisable_args_type());
  bool ok = args && message && struct_sequence_set(args, 0, Ref::copy(Value{type_of(exception)})) && struct_sequence_set(args, 1, Ref::copy(exception)) &&
            struct_sequence_set(args, 2, tb ? Ref::copy(Value{tb}) : none_ref()) && struct_sequence_set(args, 3, std::move(message)) &&
            struct_sequence_set(args, 4, object ? Ref::copy(object) : none_ref());
  return ok && audit("sys.unraisablehook", {hook, args.get()}) && call1(hook, args);
}
static void report_unraisable(Ref exception, Value object, const char* what) {
  if (!the_interpreter || !the_interpreter->sys || the_interpreter->finalizing) {
    // At the end, as in CPython, nothing is said once sys.stderr is gone.
    Value file = the_interpreter && the_interpreter->finalizing && the_interpreter->sys ? sys_get("stderr") : none();
    bool silent = the_interpreter && the_interpreter->finalizing && (!file || is_none(file));
    if (!exception || silent) return;
    Ref shown = object ? repr(object) : Ref{};
    if (!shown) clear_error();
    std::string head = what ? std::string("Exception ignored ") + what : "Exception ignored in";
    if (object) fprintf(stderr, "%s: %s\n", head.c_str(), shown ? std::string(str_utf8(shown)).c_str() : "<object repr() failed>");
    else if (what) fprintf(stderr, "%s:\n", head.c_str());
    write_native(exception);
    return;
  }
  if (Frame* f = visible_frame(this_thread()); f && !exception.as<PyBaseExceptionObject>()->traceback) {
    // Raised in native code that no Python frame was left for: where that code was called tells most.
    add_traceback(f, exception);
  }
  Ref hook = Ref::copy(sys_get("unraisablehook"));
  if (hook && call_unraisable_hook(hook, exception, what, object)) return;
  if (hook) exception = take_error();
  // What a hook raises in turn is reported by the built-in one.
  if (is_exceeded()) return clear_error();
  Ref builtin = Ref::copy(sys_get("__unraisablehook__"));
  if (builtin && call_unraisable_hook(builtin, exception, hook ? "in sys.unraisablehook" : what, hook ? hook.get() : object)) return;
  clear_error();
  write_native(exception);
}
Ref frame_for_code(PyCodeObject* code, PyObject* globals, int line);  // vm/foreign_frame.cpp
static bool add_foreign_traceback(PyCodeObject* code, int line) {
  Frame* f = visible_frame(this_thread());
  Ref exception = take_error();
  Ref globals = f ? Ref::copy(Value{frame_globals(f)}) : dict_new();
  Ref frame = globals ? frame_for_code(code, globals.object(), line) : Ref{};
  if (!frame) clear_error();
  restore_error(std::move(exception));
  return frame && add_traceback_of(frame.as<PyFrameObject>(), 0, line);
}
void install_traceback_hooks() {
  hooks.write_unraisable = &report_unraisable;
  hooks.add_traceback = &add_foreign_traceback;
}

}  // namespace adder
