// The interactive prompt: line editing and history by libedit, statements compiled as they become complete.
#include <cstdio>
#include <cstdlib>
#include <editline/readline.h>
#include <string>
#include <unistd.h>
#include "compile/code.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "vm/interp.h"

namespace adder {

int run_prompt();

namespace {

bool interactive_terminal() { return isatty(0) && isatty(1); }

// A line with its newline; false at the end of input.
bool read_line(const std::string& prompt, std::string* out) {
  out->clear();
  if (interactive_terminal()) {
    char* line = readline(prompt.c_str());
    if (!line) return false;
    if (*line) add_history(line);
    *out = line;
    free(line);
    *out += '\n';
    return true;
  }
  fputs(prompt.c_str(), stderr);
  fflush(stderr);
  int c;
  while ((c = getchar()) != EOF) {
    *out += static_cast<char>(c);
    if (c == '\n') break;
  }
  return !out->empty();
}
std::string prompt_text(const char* name, const char* fallback) {
  Value v = sys_get(name);
  if (!v) return fallback;
  Ref text = to_str(v);
  if (!text) {
    clear_error();
    return "";
  }
  std::string_view s = str_utf8(text);
  return std::string(s);
}
// Whether the text so far needs more lines; a syntax error other than incompleteness is left to the real compilation.
bool needs_more(const std::string& text, Value filename) {
  CompileOptions options;
  options.flags = PyCF_IGNORE_COOKIE | PyCF_ALLOW_INCOMPLETE_INPUT | PyCF_DONT_IMPLY_DEDENT;
  Ref code = compile_source(text, filename, "single", options);
  if (code) return false;
  Ref e = take_error();
  Ref message = getattr(e, "msg"_id);
  clear_error();
  return message && is_str(message) && str_equals(message, "incomplete input");
}

}  // namespace

int run_prompt() {
  Ref filename = str_from_ascii("<stdin>");
  if (!the_interpreter->config.quiet && isatty(0)) {
    std::string version(str_utf8(sys_get("version")));
    fprintf(stderr, "Python %s on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n", version.c_str());
  }
  for (auto [name, text] : {std::pair{"ps1", ">>> "}, {"ps2", "... "}}) {
    if (sys_get(name)) continue;
    Ref value = str_from_ascii(text);
    if (!value || !sys_set(name, value)) return exit_status_of_error();
  }
  Ref main = add_module("__main__");
  if (!main) return exit_status_of_error();
  PyObject* dict = main.as<PyObject*>()[2];
  for (;;) {
    std::string text, line;
    if (!read_line(prompt_text("ps1", ">>> "), &text)) break;
    // A compound statement goes on until an empty line.
    bool ended = false;
    while (needs_more(text, filename)) {
      if (!read_line(prompt_text("ps2", "... "), &line)) {
        ended = true;
        break;
      }
      text += line;
    }
    (void)ended;
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    CompileOptions options;
    options.flags = PyCF_IGNORE_COOKIE;
    Ref code = compile_source(text, filename, "single", options);
    Ref result = code ? run_code(code.as<PyCodeObject>(), dict, Value{dict}) : Ref{};
    if (!result) {
      if (error_matches(PyExc_SystemExit)) return exit_status_of_error();
      print_error();
    }
    for (const char* stream : {"stdout", "stderr"}) {
      Value v = sys_get(stream);
      if (!v || is_none(v)) continue;
      Ref s = Ref::copy(v);
      Ref flushed = call_method(s, "flush"_id);
      if (!flushed) clear_error();
    }
  }
  if (interactive_terminal()) putchar('\n');
  return 0;
}

}  // namespace adder
