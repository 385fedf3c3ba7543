// Starting Python from C (PEP 587 and what was before it): PyStatus, PyWideStringList, PyPreConfig, PyConfig's setters, Py_Initialize…, Py_Main.
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>
#include <unistd.h>
#include <vector>

#include "capi/capi.h"
#include "object/containers.h"
#include "object/str.h"
#include "runtime/config.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"

using namespace adder;
using namespace adder::capi;

namespace {

// What the functions of before PEP 587 set for the next start, and what they hand out.
struct Early {
  std::wstring program_name, home, path;
  std::vector<std::string> warnoptions, xoptions;
};
Early& early() {
  static Early e;
  return e;
}

std::string narrow(const wchar_t* w) {
  char* s = w ? Py_EncodeLocale(w, nullptr) : nullptr;
  std::string text = s ? s : "";
  PyMem_Free(s);
  return text;
}
std::wstring widen(const std::string& s) {
  wchar_t* w = Py_DecodeLocale(s.c_str(), nullptr);
  std::wstring text = w ? w : L"";
  PyMem_RawFree(w);
  return text;
}
std::vector<std::string> narrow(const PyWideStringList& list) {
  std::vector<std::string> all;
  for (Py_ssize_t i = 0; i < list.length; i++) all.push_back(narrow(list.items[i]));
  return all;
}
wchar_t* copy(const wchar_t* w) {
  size_t n = wcslen(w) + 1;
  auto* p = static_cast<wchar_t*>(PyMem_RawMalloc(n * sizeof(wchar_t)));
  return p ? wmemcpy(p, w, n) : nullptr;
}
PyStatus failed(const char* where, const char* text) { return {PyStatus::_PyStatus_TYPE_ERROR, where, text, 0}; }
PyStatus exits(int code) { return {PyStatus::_PyStatus_TYPE_EXIT, nullptr, nullptr, code}; }
constexpr PyStatus kOk = {};

void split(const std::wstring& text, std::vector<std::string>* out) {
  for (size_t start = 0; start <= text.size();) {
    size_t end = text.find(L':', start);
    if (end == std::wstring::npos) end = text.size();
    out->push_back(narrow(text.substr(start, end - start).c_str()));
    start = end + 1;
  }
}

// What an embedding program says becomes our own configuration.
PyStatus to_config(const PyConfig* from, Config* c) {
  c->isolated = from->isolated;
  c->use_environment = from->use_environment && !from->isolated;
  c->user_site = from->user_site_directory && !from->isolated;
  c->safe_path = from->safe_path || from->isolated;
  c->install_signal_handlers = from->install_signal_handlers;
  c->dev_mode = from->dev_mode > 0;
  c->faulthandler = from->faulthandler > 0;
  c->tracemalloc = from->tracemalloc > 0 ? from->tracemalloc : 0;
  c->import_time = from->import_time > 0;
  c->code_debug_ranges = from->code_debug_ranges;
  c->site_import = from->site_import;
  c->bytes_warning = from->bytes_warning;
  c->warn_default_encoding = from->warn_default_encoding;
  c->inspect = from->inspect;
  c->interactive = from->interactive;
  c->optimization_level = from->optimization_level;
  c->parser_debug = from->parser_debug;
  c->write_bytecode = from->write_bytecode;
  c->verbose = from->verbose;
  c->quiet = from->quiet;
  c->buffered_stdio = from->buffered_stdio;
  c->skip_first_line = from->skip_source_first_line;
  c->use_frozen_modules = from->use_frozen_modules != 0;
  if (from->use_hash_seed > 0) {
    c->has_hash_seed = true;
    c->hash_seed = from->hash_seed;
  }
  c->pycache_prefix = narrow(from->pycache_prefix);
  c->program_name = narrow(from->program_name);
  c->executable = narrow(from->executable);
  if (from->check_hash_pycs_mode) c->check_hash_pycs = narrow(from->check_hash_pycs_mode);
  if (from->module_search_paths_set) c->module_search_paths = narrow(from->module_search_paths);
  std::vector<std::string> argv = narrow(from->argv);
  if (from->parse_argv == 1 && !argv.empty()) {
    std::vector<char*> words;
    for (std::string& word : argv) words.push_back(word.data());
    int status = parse_command_line(static_cast<int>(words.size()), words.data(), c);
    if (status >= 0) return exits(status);
  } else {
    c->argv = argv.empty() ? std::vector<std::string>{""} : argv;
  }
  for (const std::string& x : narrow(from->xoptions)) c->xoptions.push_back(x);
  for (const std::string& w : narrow(from->warnoptions)) c->warnoptions.push_back(w);
  if (from->run_command) c->run_command = narrow(from->run_command) + "\n";
  if (from->run_module) c->run_module = narrow(from->run_module);
  if (from->run_filename) c->run_filename = narrow(from->run_filename);
  return kOk;
}

// argv0: null in a program that embeds us, whose own place says nothing about our library's.
PyStatus start(Config&& c, const char* argv0) {
  if (the_interpreter) return kOk;
  Early& e = early();
  if (c.program_name.empty()) c.program_name = e.program_name.empty() ? "adder" : narrow(e.program_name.c_str());
  if (!e.path.empty() && c.module_search_paths.empty()) split(e.path, &c.module_search_paths);
  c.warnoptions.insert(c.warnoptions.end(), e.warnoptions.begin(), e.warnoptions.end());
  c.xoptions.insert(c.xoptions.end(), e.xoptions.begin(), e.xoptions.end());
  if (!complete_config(&c, argv0)) return failed("Py_InitializeFromConfig", "the configuration is wrong or the standard library missing");
  if (!start_interpreter(std::move(c))) return failed("Py_InitializeFromConfig", "the interpreter did not start");
  return kOk;
}
int finish(int status, int (*stop)()) {
  if (stop() < 0 && status == 0) status = 120;
  if (status == 130) {
    // Ended by Ctrl-C: die of it, so that the shell knows.
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
  }
  return status;
}
// Text that lives as long as the process, for functions that hand out wide strings.
wchar_t* keep(std::wstring* place, std::wstring text) {
  if (*place != text) *place = std::move(text);
  return place->data();
}

}  // namespace

// --- PyStatus, PyWideStringList --------------------------------------------------------------------------------------------------------------------
ADDER_API PyStatus PyStatus_Ok(void) { return kOk; }
ADDER_API PyStatus PyStatus_Error(const char* text) { return failed(nullptr, text); }
ADDER_API PyStatus PyStatus_NoMemory(void) { return failed(nullptr, "memory allocation failed"); }
ADDER_API PyStatus PyStatus_Exit(int code) { return exits(code); }
ADDER_API int PyStatus_IsError(PyStatus s) { return s._type == PyStatus::_PyStatus_TYPE_ERROR; }
ADDER_API int PyStatus_IsExit(PyStatus s) { return s._type == PyStatus::_PyStatus_TYPE_EXIT; }
ADDER_API int PyStatus_Exception(PyStatus s) { return s._type != PyStatus::_PyStatus_TYPE_OK; }
ADDER_API void __attribute__((noreturn)) Py_ExitStatusException(PyStatus s) {
  if (PyStatus_IsExit(s)) exit(s.exitcode);
  if (!PyStatus_IsError(s)) Py_FatalError("Py_ExitStatusException() must not be called on success");
  fprintf(stderr, "Fatal Python error: %s%s%s\n", s.func ? s.func : "", s.func ? ": " : "", s.err_msg);
  exit(1);
}
ADDER_API PyStatus PyWideStringList_Insert(PyWideStringList* list, Py_ssize_t at, const wchar_t* item) {
  if (at < 0) return failed("PyWideStringList_Insert", "PyWideStringList_Insert index must be >= 0");
  wchar_t* text = copy(item);
  auto** items = static_cast<wchar_t**>(PyMem_RawRealloc(list->items, static_cast<size_t>(list->length + 1) * sizeof(wchar_t*)));
  if (items) list->items = items;
  if (!text || !items) return PyMem_RawFree(text), PyStatus_NoMemory();
  if (at > list->length) at = list->length;
  memmove(items + at + 1, items + at, static_cast<size_t>(list->length - at) * sizeof(wchar_t*));
  items[at] = text;
  list->length++;
  return kOk;
}
ADDER_API PyStatus PyWideStringList_Append(PyWideStringList* list, const wchar_t* item) { return PyWideStringList_Insert(list, list->length, item); }

// --- PyPreConfig, PyConfig ---------------------------------------------------------------------------------------------------------------------------
ADDER_API void PyPreConfig_InitPythonConfig(PyPreConfig* c) {
  *c = {};
  c->_config_init = 2;
  c->parse_argv = c->use_environment = c->configure_locale = 1;
  c->coerce_c_locale = c->coerce_c_locale_warn = c->utf8_mode = c->dev_mode = -1;
}
ADDER_API void PyPreConfig_InitIsolatedConfig(PyPreConfig* c) {
  *c = {};
  c->_config_init = 3;
  c->isolated = 1;
}
ADDER_API PyStatus Py_PreInitialize(const PyPreConfig* c) {
  if (c->configure_locale) setlocale(LC_CTYPE, "");
  return kOk;
}
ADDER_API PyStatus Py_PreInitializeFromArgs(const PyPreConfig* c, Py_ssize_t, wchar_t**) { return Py_PreInitialize(c); }
ADDER_API PyStatus Py_PreInitializeFromBytesArgs(const PyPreConfig* c, Py_ssize_t, char**) { return Py_PreInitialize(c); }
ADDER_API PyStatus PyConfig_SetString(PyConfig*, wchar_t** to, const wchar_t* text) {
  wchar_t* made = text ? copy(text) : nullptr;
  if (text && !made) return PyStatus_NoMemory();
  PyMem_RawFree(*to);
  *to = made;
  return kOk;
}
ADDER_API PyStatus PyConfig_SetBytesString(PyConfig* c, wchar_t** to, const char* text) {
  return PyConfig_SetString(c, to, text ? widen(text).c_str() : nullptr);
}
ADDER_API PyStatus PyConfig_SetWideStringList(PyConfig*, PyWideStringList* list, Py_ssize_t n, wchar_t** items) {
  PyWideStringList made = {};
  PyStatus s = kOk;
  for (Py_ssize_t i = 0; i < n && !PyStatus_Exception(s); i++) s = PyWideStringList_Append(&made, items[i]);
  std::swap(*list, made);
  for (Py_ssize_t i = 0; i < made.length; i++) PyMem_RawFree(made.items[i]);
  PyMem_RawFree(made.items);
  return s;
}
ADDER_API PyStatus PyConfig_SetArgv(PyConfig* c, Py_ssize_t n, wchar_t* const* argv) {
  return PyConfig_SetWideStringList(c, &c->argv, n, const_cast<wchar_t**>(argv));
}
ADDER_API PyStatus PyConfig_SetBytesArgv(PyConfig* c, Py_ssize_t n, char* const* argv) {
  std::vector<std::wstring> texts;
  std::vector<wchar_t*> words;
  for (Py_ssize_t i = 0; i < n; i++) texts.push_back(widen(argv[i]));
  for (std::wstring& text : texts) words.push_back(text.data());
  return PyConfig_SetArgv(c, n, words.data());
}
ADDER_API PyStatus Py_InitializeFromConfig(const PyConfig* from) {
  Config c;
  PyStatus s = to_config(from, &c);
  return PyStatus_Exception(s) ? s : start(std::move(c), nullptr);
}

// --- Start, run, end -----------------------------------------------------------------------------------------------------------------------------------
ADDER_API void Py_InitializeEx(int signals) {
  Config c;
  c.install_signal_handlers = signals;
  c.argv = {""};
  if (PyStatus s = start(std::move(c), nullptr); PyStatus_Exception(s)) Py_ExitStatusException(s);
}
ADDER_API void Py_Initialize(void) { Py_InitializeEx(1); }
ADDER_API int Py_IsInitialized(void) { return the_interpreter != nullptr; }
ADDER_API int _Py_IsFinalizing(void) { return !the_interpreter || the_interpreter->finalizing; }
ADDER_API int Py_FinalizeEx(void) { return the_interpreter ? stop_interpreter() : 0; }
ADDER_API void Py_Finalize(void) { Py_FinalizeEx(); }
ADDER_API void __attribute__((noreturn)) Py_Exit(int status_code) {
  if (the_interpreter && stop_for_good() < 0) status_code = 120;
  exit(status_code);
}
ADDER_API int Py_AtExit(void (*f)(void)) { return atexit(f); }
// What the configuration says (-c, -m, a file, the prompt), and the end.
ADDER_API int Py_RunMain(void) { return finish(run_main(), stop_interpreter); }
// The `adder` command, and a program that is one.
ADDER_API int Py_BytesMain(int argc, char** argv) {
  setlocale(LC_CTYPE, "");
  Config c;
  c.program_name = argc > 0 ? argv[0] : "adder";
  int status = parse_command_line(argc, argv, &c);
  if (status >= 0) return status;
  return PyStatus_Exception(start(std::move(c), argc > 0 ? argv[0] : nullptr)) ? 1 : finish(run_main(), stop_for_good);
}
ADDER_API int Py_Main(int argc, wchar_t** argv) {
  setlocale(LC_CTYPE, "");
  std::vector<std::string> texts;
  std::vector<char*> words;
  for (int i = 0; i < argc; i++) texts.push_back(narrow(argv[i]));
  for (std::string& text : texts) words.push_back(text.data());
  words.push_back(nullptr);
  return Py_BytesMain(argc, words.data());
}

// --- Before PEP 587 --------------------------------------------------------------------------------------------------------------------------------------
ADDER_API void Py_SetProgramName(const wchar_t* name) { early().program_name = name ? name : L""; }
ADDER_API void Py_SetPath(const wchar_t* path) { early().path = path ? path : L""; }
// The standard library's place is fixed when Adder is built; the home is kept for Py_GetPythonHome.
ADDER_API void Py_SetPythonHome(const wchar_t* home) { early().home = home ? home : L""; }
ADDER_API wchar_t* Py_GetPythonHome(void) { return early().home.empty() ? nullptr : early().home.data(); }
ADDER_API wchar_t* Py_GetProgramName(void) {
  static std::wstring text;
  if (the_interpreter) return keep(&text, widen(the_interpreter->config.program_name));
  return early().program_name.empty() ? keep(&text, L"adder") : early().program_name.data();
}
#define ADDER_PLACE(function, member)                                                        \
  ADDER_API wchar_t* function(void) {                                                        \
    static std::wstring text;                                                                \
    return the_interpreter ? keep(&text, widen(the_interpreter->config.member)) : text.data(); \
  }
ADDER_PLACE(Py_GetProgramFullPath, executable)
ADDER_PLACE(Py_GetPrefix, prefix)
ADDER_PLACE(Py_GetExecPrefix, exec_prefix)
#undef ADDER_PLACE
ADDER_API wchar_t* Py_GetPath(void) {
  static std::wstring text;
  if (!the_interpreter) return early().path.data();
  std::string all;
  for (const std::string& path : the_interpreter->config.module_search_paths) all += (all.empty() ? "" : ":") + path;
  return keep(&text, widen(all));
}
ADDER_API void Py_GetArgcArgv(int* argc, wchar_t*** argv) {
  static std::vector<std::wstring> texts;
  static std::vector<wchar_t*> words;
  if (words.empty() && the_interpreter) {
    for (const std::string& word : the_interpreter->config.orig_argv) texts.push_back(widen(word));
    for (std::wstring& text : texts) words.push_back(text.data());
  }
  *argc = static_cast<int>(words.size());
  *argv = words.data();
}

// --- sys.argv, sys.path, options -----------------------------------------------------------------------------------------------------------------------
namespace {
Ref text_of(const wchar_t* w) { return str_from_kind(4, w, static_cast<Py_ssize_t>(wcslen(w))); }
// The list or dict in sys under this name; an empty one is put there if there is none.
Ref sys_container(const char* name, Ref (*make)()) {
  if (Value v = sys_get(name)) return Ref::copy(v);
  Ref made = make();
  if (made && !sys_set(name, made)) made.reset();
  return made;
}
Ref empty_list() { return list_new(); }
}  // namespace
ADDER_API void PySys_SetArgvEx(int argc, wchar_t** argv, int update_path) {
  Ref list = list_new();
  for (int i = 0; list && i < argc; i++) {
    Ref word = text_of(argv[i]);
    if (!word || !list_append(list, std::move(word))) list.reset();
  }
  if (list && argc < 1) {
    Ref nothing = str_from_ascii("");
    if (!nothing || !list_append(list, std::move(nothing))) list.reset();
  }
  if (!list || !sys_set("argv", list)) Py_FatalError("can't assign sys.argv");
  if (!update_path) return;
  // The script's folder; without a script the current one.
  std::string script = argc > 0 ? narrow(argv[0]) : "";
  char real[4096];
  std::string folder;
  if (script == "-m") folder = getcwd(real, sizeof real) ? real : "";
  else if (!script.empty() && script != "-c" && realpath(script.c_str(), real)) folder = std::string(real).substr(0, std::string(real).rfind('/'));
  Value path = sys_get("path");
  Ref first = str_decode_fs(folder);
  if (!path || !is_list(path) || !first || !list_insert(path, 0, std::move(first))) Py_FatalError("can't prepend sys.path[0]");
}
ADDER_API void PySys_SetArgv(int argc, wchar_t** argv) { PySys_SetArgvEx(argc, argv, 1); }
ADDER_API void PySys_SetPath(const wchar_t* path) {
  std::vector<std::string> all;
  split(path, &all);
  Ref list = list_new();
  for (const std::string& entry : all) {
    Ref s = list ? str_decode_fs(entry) : Ref{};
    if (!s || !list_append(list, std::move(s))) list.reset();
  }
  if (!list || !sys_set("path", list)) Py_FatalError("can't assign sys.path");
}
ADDER_API void PySys_ResetWarnOptions(void) {
  early().warnoptions.clear();
  Ref list = the_interpreter ? list_new() : Ref{};
  if (list && !sys_set("warnoptions", list)) clear_error();
}
ADDER_API void PySys_AddWarnOptionUnicode(PyObject* option) {
  Ref list = sys_container("warnoptions", empty_list);
  if (!list || !list_append(list, in(option))) clear_error();
}
ADDER_API void PySys_AddWarnOption(const wchar_t* option) {
  if (!the_interpreter) return early().warnoptions.push_back(narrow(option));
  Ref text = text_of(option);
  if (text) PySys_AddWarnOptionUnicode(text.object());
  else clear_error();
}
ADDER_API int PySys_HasWarnOptions(void) {
  Value list = the_interpreter ? sys_get("warnoptions") : Value{};
  return list ? is_list(list) && list_size(list) > 0 : !early().warnoptions.empty();
}
ADDER_API PyObject* PySys_GetXOptions(void) {
  Ref options = sys_container("_xoptions", dict_new);
  return options.object();  // borrowed from sys
}
ADDER_API void PySys_AddXOption(const wchar_t* option) {
  if (!the_interpreter) return early().xoptions.push_back(narrow(option));
  const wchar_t* eq = wcschr(option, L'=');
  Ref options = sys_container("_xoptions", dict_new);
  Ref name = eq ? str_from_kind(4, option, eq - option) : text_of(option), value = eq ? text_of(eq + 1) : bool_ref(true);
  if (!options || !name || !value || !dict_set(options, name, value)) clear_error();
}
