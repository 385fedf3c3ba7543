// pythonrun.h: compiling and running source text and files from C, and what importing from C offers beyond modules.cpp.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#include "capi/capi.h"
#include "compile/code.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/module.h"
#include "object/str.h"
#include "runtime/interpreter.h"

using namespace adder;
using namespace adder::capi;

namespace adder {
int run_prompt();  // shell/repl.cpp
}

namespace {
const char* mode_of(int start) { return start == Py_eval_input ? "eval" : start == Py_single_input ? "single" : "exec"; }

// `from_text`: the text came as UTF-8, so that a coding cookie does not count.
Ref compile_text(std::string_view text, Value file, int start, PyCompilerFlags* flags, int optimize, bool from_text) {
  CompileOptions options;
  options.flags = (flags ? flags->cf_flags : 0) | (from_text ? PyCF_IGNORE_COOKIE : 0);
  options.optimize = optimize;
  return compile_source(text, file, mode_of(start), options);
}
Ref run_text(std::string_view text, Value file, int start, PyObject* globals, PyObject* locals, PyCompilerFlags* flags, bool from_text) {
  Ref code = compile_text(text, file, start, flags, -1, from_text);
  return code ? hooks.eval_code(code, Value{globals}, locals ? Value{locals} : Value{globals}, Value{}) : Ref{};
}
Ref run_named(const char* text, int start, PyObject* globals, PyObject* locals, PyCompilerFlags* flags) {
  Ref file = str_from_ascii("<string>");
  return file ? run_text(text, file, start, globals, locals, flags, true) : Ref{};
}
std::string rest_of(FILE* f, bool close) {
  std::string text;
  char buffer[65536];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) text.append(buffer, n);
  if (close) fclose(f);
  return text;
}
PyObject* main_dict() {
  Ref main = add_module("__main__");
  return main ? as_module(main)->dict : nullptr;
}
int done(Ref result) {
  if (result) return 0;
  PyErr_Print();
  return -1;
}
}  // namespace

#undef PyRun_String
#undef PyRun_SimpleString
#undef PyRun_AnyFile
#undef PyRun_AnyFileEx
#undef PyRun_AnyFileFlags
#undef PyRun_File
#undef PyRun_FileEx
#undef PyRun_FileFlags
#undef PyRun_SimpleFile
#undef PyRun_SimpleFileEx
#undef PyRun_InteractiveOne
#undef PyRun_InteractiveLoop
#undef Py_CompileString
#undef Py_CompileStringFlags

// --- Text --------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyRun_StringFlags(const char* text, int start, PyObject* g, PyObject* l, PyCompilerFlags* flags) {
  return out(run_named(text, start, g, l, flags));
}
ADDER_API PyObject* PyRun_String(const char* text, int start, PyObject* g, PyObject* l) { return PyRun_StringFlags(text, start, g, l, nullptr); }
ADDER_API int PyRun_SimpleStringFlags(const char* text, PyCompilerFlags* flags) {
  PyObject* d = main_dict();
  return done(d ? run_named(text, Py_file_input, d, d, flags) : Ref{});
}
ADDER_API int PyRun_SimpleString(const char* text) { return PyRun_SimpleStringFlags(text, nullptr); }
ADDER_API PyObject* Py_CompileStringObject(const char* text, PyObject* file, int start, PyCompilerFlags* flags, int optimize) {
  return out(compile_text(text, Value{file}, start, flags, optimize, true));
}
ADDER_API PyObject* Py_CompileStringExFlags(const char* text, const char* file, int start, PyCompilerFlags* flags, int optimize) {
  Ref name = str_decode_fs(file);
  return name ? Py_CompileStringObject(text, name.object(), start, flags, optimize) : nullptr;
}
ADDER_API PyObject* Py_CompileStringFlags(const char* text, const char* file, int start, PyCompilerFlags* flags) {
  return Py_CompileStringExFlags(text, file, start, flags, -1);
}
ADDER_API PyObject* Py_CompileString(const char* text, const char* file, int start) { return Py_CompileStringFlags(text, file, start, nullptr); }

// --- Files -------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyRun_FileExFlags(FILE* f, const char* file, int start, PyObject* g, PyObject* l, int close, PyCompilerFlags* flags) {
  std::string text = rest_of(f, close);
  Ref name = str_decode_fs(file);
  return name ? out(run_text(text, name, start, g, l, flags, false)) : nullptr;
}
ADDER_API PyObject* PyRun_File(FILE* f, const char* file, int start, PyObject* g, PyObject* l) { return PyRun_FileExFlags(f, file, start, g, l, 0, nullptr); }
ADDER_API PyObject* PyRun_FileEx(FILE* f, const char* file, int start, PyObject* g, PyObject* l, int close) {
  return PyRun_FileExFlags(f, file, start, g, l, close, nullptr);
}
ADDER_API PyObject* PyRun_FileFlags(FILE* f, const char* file, int start, PyObject* g, PyObject* l, PyCompilerFlags* flags) {
  return PyRun_FileExFlags(f, file, start, g, l, 0, flags);
}
// A script in __main__, which has its __file__ meanwhile.
ADDER_API int PyRun_SimpleFileExFlags(FILE* f, const char* file, int close, PyCompilerFlags* flags) {
  PyObject* d = main_dict();
  Ref name = d ? str_decode_fs(file) : Ref{};
  if (!name) return -1;
  Value known;
  if (dict_lookup(Value{d}, "__file__"_id, &known) < 0) return -1;
  if (!known && (!dict_set_str(Value{d}, "__file__"_id, name) || !dict_set_str(Value{d}, "__cached__"_id, none()))) return -1;
  int status = done(Ref::steal(Value{PyRun_FileExFlags(f, file, Py_file_input, d, d, close, flags)}));
  if (!known && (dict_delete(Value{d}, "__file__"_id) < 0 || dict_delete(Value{d}, "__cached__"_id) < 0)) clear_error();
  return status;
}
ADDER_API int PyRun_SimpleFile(FILE* f, const char* file) { return PyRun_SimpleFileExFlags(f, file, 0, nullptr); }
ADDER_API int PyRun_SimpleFileEx(FILE* f, const char* file, int close) { return PyRun_SimpleFileExFlags(f, file, close, nullptr); }
ADDER_API int Py_FdIsInteractive(FILE* f, const char* file) {
  if (isatty(fileno(f))) return 1;
  return the_interpreter && the_interpreter->config.interactive && (!file || !strcmp(file, "<stdin>") || !strcmp(file, "???"));
}
// The prompt reads standard input, whatever the file.
ADDER_API int PyRun_InteractiveLoopFlags(FILE*, const char*, PyCompilerFlags*) { return run_prompt(); }
ADDER_API int PyRun_InteractiveLoop(FILE* f, const char* file) { return PyRun_InteractiveLoopFlags(f, file, nullptr); }
ADDER_API int PyRun_AnyFileExFlags(FILE* f, const char* file, int close, PyCompilerFlags* flags) {
  if (!Py_FdIsInteractive(f, file)) return PyRun_SimpleFileExFlags(f, file ? file : "???", close, flags);
  int status = PyRun_InteractiveLoopFlags(f, file, flags);
  if (close) fclose(f);
  return status;
}
ADDER_API int PyRun_AnyFile(FILE* f, const char* file) { return PyRun_AnyFileExFlags(f, file, 0, nullptr); }
ADDER_API int PyRun_AnyFileEx(FILE* f, const char* file, int close) { return PyRun_AnyFileExFlags(f, file, close, nullptr); }
ADDER_API int PyRun_AnyFileFlags(FILE* f, const char* file, PyCompilerFlags* flags) { return PyRun_AnyFileExFlags(f, file, 0, flags); }

// --- Lines from the terminal -----------------------------------------------------------------------------------------------------------------------------
extern "C" PyThreadState* _PyOS_ReadlineTState;
namespace {
char* read_plain(FILE* in, FILE*, const char* prompt) {
  if (prompt) fputs(prompt, stderr);
  fflush(stderr);
  char* text = nullptr;
  size_t room = 0;
  ssize_t n = getline(&text, &room, in);
  if (n < 0 && errno == EINTR) return free(text), nullptr;
  auto* line = static_cast<char*>(PyMem_RawMalloc(static_cast<size_t>(n < 0 ? 0 : n) + 1));
  if (line) memcpy(line, n < 0 ? "" : text, static_cast<size_t>(n < 0 ? 0 : n) + 1);
  free(text);
  return line;
}
Ref input_line(Value prompt) {
  Ref bytes = str_encode(prompt, "utf-8", "surrogateescape");
  if (!bytes) return {};
  char* text = PyOS_Readline(stdin, stdout, bytes_data(bytes));
  if (!text) {
    if (PyErr_CheckSignals() == 0 && !error_occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
    return {};
  }
  size_t n = strlen(text);
  Ref line;
  if (n > 0) line = str_decode_fs(std::string(text, text[n - 1] == '\n' ? n - 1 : n));
  PyMem_RawFree(text);
  return line;
}
[[maybe_unused]] const bool input_line_set = (hooks.input_line = input_line, true);
}  // namespace
// A line with its end, PyMem_RawFree's; empty at the end of input; null if it was interrupted.
ADDER_API char* PyOS_Readline(FILE* in, FILE* out, const char* prompt) {
  if (_PyOS_ReadlineTState == PyThreadState_Get()) return raise(PyExc_RuntimeError, "can't re-enter readline");
  _PyOS_ReadlineTState = PyThreadState_Get();
  auto* read = PyOS_ReadlineFunctionPointer && isatty(fileno(in)) && isatty(fileno(out)) ? PyOS_ReadlineFunctionPointer : read_plain;
  PyThreadState* t = PyEval_SaveThread();
  char* line = read(in, out, prompt);
  PyEval_RestoreThread(t);
  _PyOS_ReadlineTState = nullptr;
  return line;
}

// --- What a line of a source file says -------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyErr_ProgramTextObject(PyObject* file, int line) {
  Ref linecache = import_module("linecache");
  Ref text = linecache && file && line > 0 ? call_method(linecache, "getline"_id, {in(file), Value::from_int(line)}) : Ref{};
  if (text && is_str(text) && str_length(text) > 0) return out(std::move(text));
  clear_error();
  return nullptr;
}
ADDER_API PyObject* PyErr_ProgramText(const char* file, int line) {
  Ref name = file ? str_decode_fs(file) : Ref{};
  return name ? PyErr_ProgramTextObject(name.object(), line) : (clear_error(), nullptr);
}
// Puts the place into the SyntaxError that is raised.
ADDER_API void PyErr_RangedSyntaxLocationObject(PyObject* file, int line, int column, int end_line, int end_column) {
  Ref e = take_error();
  if (!e) return;
  Ref text = Ref::steal(Value{PyErr_ProgramTextObject(file, line)});
  auto set = [&](PyObject* name, Value v) {
    if (!setattr(e, name, v)) clear_error();
  };
  auto number = [](int n) { return n < 0 ? none() : Value::from_int(n + 1); };
  set("lineno"_id, Value::from_int(line));
  set("offset"_id, number(column));
  set("end_lineno"_id, end_line < 0 ? none() : Value::from_int(end_line));
  set("end_offset"_id, number(end_column));
  if (file) set("filename"_id, in(file));
  set("text"_id, text ? text.get() : none());
  restore_error(std::move(e));
}
ADDER_API void PyErr_SyntaxLocationObject(PyObject* file, int line, int column) { PyErr_RangedSyntaxLocationObject(file, line, column, line, -1); }
ADDER_API void PyErr_SyntaxLocationEx(const char* file, int line, int column) {
  Ref e = take_error(), name = file ? str_decode_fs(file) : Ref{};
  if (file && !name) clear_error();
  restore_error(std::move(e));
  PyErr_SyntaxLocationObject(name.object(), line, column);
}
ADDER_API void PyErr_SyntaxLocation(const char* file, int line) { PyErr_SyntaxLocationEx(file, line, -1); }

// --- Imports -------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyImport_ExecCodeModuleWithPathnames(const char* name, PyObject* code, const char* path, const char*) {
  Ref n = intern(name), p = path ? str_decode_fs(path) : Ref{};
  return n && (p || !path) ? PyImport_ExecCodeModuleObject(n.object(), code, p.object(), nullptr) : nullptr;
}
ADDER_API PyObject* PyImport_ExecCodeModuleEx(const char* name, PyObject* code, const char* path) {
  return PyImport_ExecCodeModuleWithPathnames(name, code, path, nullptr);
}
ADDER_API PyObject* PyImport_GetImporter(PyObject* path) {
  Ref pkgutil = import_module("pkgutil");
  return pkgutil ? out(call_method(pkgutil, "get_importer"_id, {in(path)})) : nullptr;
}
ADDER_API PyObject* PyFile_OpenCodeObject(PyObject* path) {
  Ref io = import_module("_io");
  return io ? out(call_method(io, "open_code"_id, {in(path)})) : nullptr;
}
ADDER_API PyObject* PyFile_OpenCode(const char* path) {
  Ref name = str_from_utf8(path);
  return name ? PyFile_OpenCodeObject(name.object()) : nullptr;
}

// --- Parts of sys ----------------------------------------------------------------------------------------------------------------------------------------
namespace {
PyObject* copy_of(const char* name) {
  Value v = sys_get(name);
  return v ? to_c(v) : raise(PyExc_AttributeError, "sys.%s", name);
}
}  // namespace
ADDER_API PyObject* PyFloat_GetInfo(void) { return copy_of("float_info"); }
ADDER_API PyObject* PyLong_GetInfo(void) { return copy_of("int_info"); }
ADDER_API PyObject* PyThread_GetInfo(void) { return copy_of("thread_info"); }
