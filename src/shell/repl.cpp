// The interactive prompt: on a terminal lib/_adder_prompt.py, which edits whole blocks; here the plain one for all else, with line editing
// by libedit, statements compiled as they become complete.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <editline/readline.h>
#include <string>
#include <sys/select.h>
#include <unistd.h>
#include "array/core/lazy_library.h"
#include "compile/code.h"
#include "object/containers.h"
#include "object/module.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "vm/interp.h"

namespace adder {

int run_prompt();

namespace {

#define ADDER_EDIT(name) constexpr LazyFunction<"libedit.so.2", #name, decltype(::name)> name;
ADDER_EDIT(rl_callback_handler_install)
ADDER_EDIT(rl_callback_handler_remove)
ADDER_EDIT(rl_callback_read_char)
ADDER_EDIT(add_history)
#undef ADDER_EDIT

bool interactive_terminal() { return isatty(0) && isatty(1); }

// What became of asking for a line.
enum class Asked { kLine, kEnd, kInterrupted };

char* finished_line = nullptr;
bool line_finished = false;

void take_line(char* line) {
  finished_line = line;
  line_finished = true;
  rl_callback_handler_remove();
}

// The line editor, fed with keys as they come, so that a signal's handlers run while nobody types.
Asked edit_line(const std::string& prompt, std::string* out) {
  *static_cast<int*>(library_symbol("libedit.so.2", "rl_catch_signals")) = 0;
  line_finished = false;
  rl_callback_handler_install(prompt.c_str(), take_line);
  while (!line_finished) {
    int ready, error;
    {
      ReleaseGil release;
      fd_set input;
      FD_ZERO(&input);
      FD_SET(0, &input);
      ready = select(1, &input, nullptr, nullptr, nullptr);
      error = errno;
    }
    if (ready > 0) {
      rl_callback_read_char();
    } else if (error == EINTR && !run_signal_handlers()) {
      rl_callback_handler_remove();
      return Asked::kInterrupted;
    }
  }
  if (!finished_line) return Asked::kEnd;
  if (*finished_line) add_history(finished_line);
  *out = finished_line;
  free(finished_line);
  *out += '\n';
  return Asked::kLine;
}

// A line with its newline.
Asked read_line(const std::string& prompt, std::string* out) {
  out->clear();
  if (interactive_terminal()) return edit_line(prompt, out);
  fputs(prompt.c_str(), stderr);
  fflush(stderr);
  for (;;) {
    int c;
    {
      ReleaseGil release;
      c = getchar();
    }
    if (c == EOF && ferror(stdin) && errno == EINTR) {
      clearerr(stdin);
      if (!run_signal_handlers()) return Asked::kInterrupted;
      continue;
    }
    if (c == EOF) break;
    *out += static_cast<char>(c);
    if (c == '\n') break;
  }
  return out->empty() ? Asked::kEnd : Asked::kLine;
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
enum class Text { kWhole, kUnfinished, kWrong };

Text judge(const std::string& text, Value filename) {
  CompileOptions options;
  options.flags = PyCF_IGNORE_COOKIE | PyCF_ALLOW_INCOMPLETE_INPUT | PyCF_DONT_IMPLY_DEDENT;
  Ref code = compile_source(text, filename, "single", options);
  if (code) return Text::kWhole;
  Ref e = take_error();
  Ref message = getattr(e, "msg"_id);
  clear_error();
  return message && is_str(message) && str_equals(message, "incomplete input") ? Text::kUnfinished : Text::kWrong;
}
// Whether the text so far needs more lines. Judged without its last newline, so that a block goes on until an empty line; what is
// wrong even with it will not become right.
bool needs_more(const std::string& text, Value filename) {
  std::string open = text;
  if (!open.empty() && open.back() == '\n') open.pop_back();
  return judge(open, filename) == Text::kUnfinished && judge(text, filename) != Text::kWrong;
}

// Whether the terminal and the user take the prompt that edits blocks.
bool wants_editor() {
  const Config& c = the_interpreter->config;
  const char *basic = c.use_environment ? getenv("PYTHON_BASIC_REPL") : nullptr, *term = getenv("TERM");
  return interactive_terminal() && !c.library.empty() && !(basic && *basic) && term && *term && strcmp(term, "dumb") != 0;
}
// It, until its end: an exit status; -1: it cannot be had.
int run_editor(Value names) {
  Ref module = import_module("_adder_prompt");
  if (!module) {
    clear_error();
    return -1;
  }
  Ref done = call_method(module, "run"_id, {names});
  return done ? 0 : exit_status_of_error();
}

}  // namespace

int run_prompt() {
  the_interpreter->config.inspect = 0;  // a SystemExit ends the prompt
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
  PyObject* dict = as_module(main)->dict;
  if (wants_editor()) {
    int status = run_editor(Value{dict});
    if (status >= 0) return status;
  }
  for (;;) {
    std::string text, line;
    Asked asked = read_line(prompt_text("ps1", ">>> "), &text);
    if (asked == Asked::kEnd) break;
    while (asked == Asked::kLine && needs_more(text, filename)) {
      asked = read_line(prompt_text("ps2", "... "), &line);
      if (asked == Asked::kLine) text += line;
    }
    if (asked == Asked::kInterrupted) {
      clear_error();
      fputs("\nKeyboardInterrupt\n", stderr);
      continue;
    }
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
