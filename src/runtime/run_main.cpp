// What the command line asks for: -c, -m, a script, an archive, stdin or the prompt.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include "compile/code.h"
#include "syntax/parse.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "vm/interp.h"

namespace adder {

int run_prompt();  // shell/repl.cpp

namespace {

// A reference of its own: the program may take __main__ out of sys.modules.
Ref main_dict() {
  Ref main = add_module("__main__");
  return main ? Ref::copy(Value{as_module(main)->dict}) : Ref{};
}
bool insert_path(Ref path) {
  Value list = sys_get("path");
  return path && list && is_list(list) && list_insert(list, 0, path);
}
int finish(Ref result) { return result ? 0 : exit_status_of_error(); }

Ref run_source(std::string_view source, Value filename, int extra_flags = 0) {
  CompileOptions options;
  options.flags = extra_flags;
  options.optimize = the_interpreter->config.optimization_level;
  Ref code = compile_source(source, filename, "exec", options);
  Ref dict = code ? main_dict() : Ref{};
  return dict ? run_code(code.as<PyCodeObject>(), dict.object(), dict) : Ref{};
}
int run_command(const std::string& text) {
  Ref source = str_decode_fs(text), filename = str_from_ascii("<string>");
  if (!source) return exit_status_of_error();
  std::string_view utf8 = str_utf8(source);
  if (!utf8.data()) {
    clear_error();
    fprintf(stderr, "Unable to decode the command from the command line:\n");
    return 1;
  }
  return finish(run_source(utf8, filename, PyCF_IGNORE_COOKIE));
}
int run_module(const std::string& name, bool set_argv0) {
  Ref runpy = import_module("runpy");
  Ref f = runpy ? getattr(runpy, "_run_module_as_main"_id) : Ref{};
  Ref module = f ? str_decode_fs(name) : Ref{};
  if (!module) {
    fprintf(stderr, "Could not import runpy module\n");
    return exit_status_of_error();
  }
  return finish(call(f, {module.get(), boolean(set_argv0)}));
}
std::string dirname_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
}
std::string absolute_name(const std::string& name) {
  char cwd[4096];
  return name[0] == '/' || !getcwd(cwd, sizeof cwd) ? name : std::string(cwd) + "/" + name;
}
int run_file(const Config& c) {
  const std::string name = absolute_name(c.run_filename);  // sys.argv[0] stays as it was given
  // A directory or an archive with __main__.py is run by runpy.
  Ref path = str_decode_fs(name);
  if (!path) return exit_status_of_error();
  struct stat st;
  bool is_directory = stat(name.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
  if (is_directory || (stat(name.c_str(), &st) == 0 && S_ISREG(st.st_mode))) {
    FILE* probe = is_directory ? nullptr : fopen(name.c_str(), "rb");
    bool archive = false;
    if (probe) {
      // An archive ends with the end-of-central-directory record; scripts are told apart without importing zipimport.
      char tail[22];
      archive = fseek(probe, -22, SEEK_END) == 0 && fread(tail, 1, 22, probe) == 22 && !memcmp(tail, "PK\5\6", 4);
      if (!archive && fseek(probe, 0, SEEK_SET) == 0) archive = fread(tail, 1, 4, probe) == 4 && !memcmp(tail, "PK\3\4", 4);
      fclose(probe);
    }
    if (is_directory || archive) {
      if (!insert_path(Ref::copy(path))) return exit_status_of_error();
      return run_module("__main__", false);
    }
  }
  FILE* f = fopen(name.c_str(), "rb");
  if (!f) {
    Ref shown = str_format("%s: can't open file '%s': [Errno %d] %s\n", c.program_name.c_str(), absolute_name(name).c_str(), errno, strerror(errno));
    fprintf(stderr, "%s", std::string(str_utf8(shown)).c_str());
    return 2;
  }
  if (is_directory) {
    fclose(f);
    fprintf(stderr, "%s: '%s' is a directory, cannot continue\n", c.program_name.c_str(), name.c_str());
    return 1;
  }
  std::string source;
  char buffer[65536];
  size_t n;
  while ((n = fread(buffer, 1, sizeof buffer, f)) > 0) source.append(buffer, n);
  fclose(f);
  if (c.skip_first_line) {
    size_t end = source.find('\n');
    if (end != std::string::npos) source.erase(0, end);
  }
  if (!c.safe_path) {
    char real[4096];
    std::string target = name;
    ssize_t length = readlink(name.c_str(), real, sizeof real - 1);
    if (length > 0) {
      std::string link(real, static_cast<size_t>(length));
      target = link[0] == '/' ? link : dirname_of(name) + (dirname_of(name).empty() ? "" : "/") + link;
    }
    std::string directory = dirname_of(target);
    char absolute[4096];
    if (realpath(directory.empty() ? "." : directory.c_str(), absolute)) directory = absolute;
    if (!insert_path(str_decode_fs(directory))) return exit_status_of_error();
  }
  Ref dict = main_dict();
  Ref loader_class = dict ? getattr(the_interpreter->importlib_external, name.size() > 4 && name.compare(name.size() - 4, 4, ".pyc") == 0 ? "SourcelessFileLoader"_id : "SourceFileLoader"_id) : Ref{};
  Ref main_name = str_from_ascii("__main__");
  Ref loader = loader_class ? call(loader_class, {main_name.get(), path.get()}) : Ref{};
  if (!loader || !dict_set_str(dict, "__loader__"_id, loader) || !dict_set_str(dict, "__file__"_id, path) || !dict_set_str(dict, "__cached__"_id, none()))
    return exit_status_of_error();
  Ref result;
  if (name.size() > 4 && name.compare(name.size() - 4, 4, ".pyc") == 0) {
    Ref code = call_method(loader, "get_code"_id, {main_name.get()});
    if (code && !is_exact(code, &PyCode_Type)) (void)raise(PyExc_ImportError, "Bad magic number in .pyc file");
    result = code && is_exact(code, &PyCode_Type) ? run_code(code.as<PyCodeObject>(), dict.object(), dict) : Ref{};
  } else {
    result = syntax::check_file_encoding(source, path) ? run_source(source, path) : Ref{};
  }
  int status = finish(std::move(result));
  // CPython leaves __file__ out again.
  if (dict_delete(dict, "__file__"_id) < 0) clear_error();
  if (dict_delete(dict, "__cached__"_id) < 0) clear_error();
  return status;
}
int run_stdin() {
  if (isatty(0) || the_interpreter->config.interactive) return run_prompt();
  std::string source;
  char buffer[65536];
  ssize_t n;
  while ((n = read(0, buffer, sizeof buffer)) > 0) source.append(buffer, static_cast<size_t>(n));
  Ref filename = str_from_ascii("<stdin>");
  return finish(syntax::check_file_encoding(source, filename) ? run_source(source, filename) : Ref{});
}

}  // namespace

int run_main() {
  const Config& c = the_interpreter->config;
  int status;
  if (!c.run_filename.empty()) {
    status = run_file(c);
  } else {
    // A tool of ours sets the path for the program that it runs, and is found whatever lies in the working directory.
    const bool tool = c.run_module.rfind("adder.", 0) == 0;
    if (!c.safe_path && !tool) {
      char cwd[4096];
      std::string first = "";
      if (!c.run_module.empty() && getcwd(cwd, sizeof cwd)) first = cwd;
      if (!insert_path(str_decode_fs(first))) return exit_status_of_error();
    }
    status = !c.run_command.empty() ? run_command(c.run_command) : !c.run_module.empty() ? run_module(c.run_module, true) : run_stdin();
  }
  const char* inspect = c.use_environment ? getenv("PYTHONINSPECT") : nullptr;
  if ((c.inspect || (inspect && *inspect)) && (!c.run_filename.empty() || !c.run_command.empty() || !c.run_module.empty()) && (isatty(0) || c.interactive)) {
    the_interpreter->config.inspect = 0;
    status = run_prompt();
  }
  return status;
}

}  // namespace adder
