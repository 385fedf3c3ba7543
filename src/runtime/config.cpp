// Command line, PYTHON* variables, and where things lie: executable, prefix (pyvenv.cfg), standard library, our own library.
#include "runtime/config.h"
#include "object/abi.h"
#include "runtime/usage.h"
#include <algorithm>
#include <climits>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace adder {
namespace {

bool file_exists(const std::string& path) { struct stat st; return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode); }
bool dir_exists(const std::string& path) { struct stat st; return stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode); }
std::string dirname_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}
std::string real_path(const std::string& path) {
  char buffer[PATH_MAX];
  return realpath(path.c_str(), buffer) ? buffer : path;
}
// The program's own path, links not resolved: as it was called, looked up in PATH.
std::string find_executable(const char* argv0) {
  std::string name = argv0 ? argv0 : "";
  if (name.find('/') != std::string::npos) {
    if (name[0] == '/') return name;
    char cwd[PATH_MAX];
    if (!getcwd(cwd, sizeof cwd)) return name;
    while (name.rfind("./", 0) == 0) name = name.substr(2);
    return std::string(cwd) + "/" + name;
  }
  if (const char* path = getenv("PATH"); path && !name.empty()) {
    std::string all = path;
    for (size_t start = 0; start <= all.size();) {
      size_t end = all.find(':', start);
      if (end == std::string::npos) end = all.size();
      std::string candidate = all.substr(start, end - start) + "/" + name;
      if (file_exists(candidate) && access(candidate.c_str(), X_OK) == 0) return candidate;
      start = end + 1;
    }
  }
  char buffer[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
  return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : "";
}
std::string stripped(const std::string& s) {
  size_t a = s.find_first_not_of(" \t\r\n\f\v"), b = s.find_last_not_of(" \t\r\n\f\v");
  return a == std::string::npos ? std::string() : s.substr(a, b - a + 1);
}
// An absolute path without `.`, `..` and doubled slashes.
std::string normal_path(const std::string& path) {
  std::string out;
  for (size_t start = 1; start <= path.size();) {
    size_t end = std::min(path.find('/', start), path.size());
    std::string part = path.substr(start, end - start);
    if (part == "..") out.erase(out.empty() ? 0 : out.rfind('/'));
    else if (!part.empty() && part != ".") out += "/" + part;
    start = end + 1;
  }
  return out.empty() ? "/" : out;
}
// A file EXECUTABLE._pth beside the program says all of sys.path, a folder a line, relative to its own: nothing of the environment
// counts, and site is imported only if a line says so.
void read_path_file(Config* c) {
  FILE* file = fopen((c->executable + "._pth").c_str(), "r");
  if (!file) return;
  std::string home = dirname_of(c->executable);
  c->base_prefix = c->base_exec_prefix = c->prefix = c->exec_prefix = home;
  c->isolated = c->safe_path = true;
  c->use_environment = c->site_import = false;
  char* text = nullptr;
  size_t room = 0;
  for (ssize_t length; (length = getline(&text, &room, file)) > 0;) {
    std::string line(text, static_cast<size_t>(length));
    line = stripped(line.substr(0, line.find('#')));
    if (line == "import site") c->site_import = true;
    else if (line.rfind("import ", 0) == 0) fprintf(stderr, "unsupported 'import' line in ._pth file\n");
    else if (!line.empty()) c->module_search_paths.push_back(normal_path(line[0] == '/' ? line : home + "/" + line));
  }
  free(text);
  fclose(file);
}
const char* environment(const Config& c, const char* name) {
  if (!c.use_environment) return nullptr;
  const char* v = getenv(name);
  return v && *v ? v : nullptr;
}
// A variable that holds a level: its number, at least 1 if it is set to anything else.
int level(const char* text, int now) {
  if (!text) return now;
  char* end;
  long n = strtol(text, &end, 10);
  int value = *end || n < 0 ? 1 : static_cast<int>(n);
  return value > now ? value : now;
}
int usage_error(const Config& c, const char* format, const char* what) {
  fprintf(stderr, format, what);
  print_usage_line(c.orig_argv[0].c_str(), true);
  return 2;
}
bool fatal(const char* text, const char* state = "preinitialized") {
  fprintf(stderr, "Fatal Python error: %s\nPython runtime state: %s\n\n", text, state);
  return false;
}

// An -X option: null where it was not given, "" where it has no value; the first of its name counts.
struct Xoption {
  const char* value = nullptr;
  bool has_value = false;
  explicit operator bool() const { return value != nullptr; }
  bool is(const char* text) const { return has_value && !strcmp(value, text); }
};
Xoption xoption(const Config& c, const char* name) {
  size_t n = strlen(name);
  for (const std::string& x : c.xoptions) {
    if (x == name) return {"", false};
    if (x.compare(0, n, name) == 0 && x.size() > n && x[n] == '=') return {x.c_str() + n + 1, true};
  }
  return {};
}
// Options that hand the rest of the command line to a module of ours, which runs it: --explain[=STAGES] FILE … is -m adder.explain. The
// option itself is its first argument if it has a value.
bool is_tool(const std::string& option, Config* c) {
  const std::string name = option.substr(0, option.find('='));
  for (const char* tool : {"explain", "profile", "trace"}) {
    if (name == tool) c->run_module = "adder." + name;
  }
  return !c->run_module.empty();
}
bool set_max_str_digits(Config* c, const char* text, const char* error) {
  char* end;
  long n = strtol(text, &end, 10);
  if (*end || n < 0 || n > INT_MAX || (n > 0 && n < 640)) return fatal(error);
  c->int_max_str_digits = static_cast<int>(n);
  c->int_max_str_digits_given = true;
  return true;
}
bool set_traced_frames(Config* c, const char* text, const char* error) {
  char* end;
  long n = strtol(text, &end, 10);
  if (end == text || *end || n < 0 || n > 65535) return fatal(error);
  c->tracemalloc = static_cast<int>(n);
  return true;
}

// UTF-8 mode (PEP 540) is on where asked for, or in the C locale; that locale is exchanged for one with UTF-8 (PEP 538).
bool settle_locale(Config* c) {
  const char* locale = setlocale(LC_CTYPE, nullptr);
  bool none = !locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX");
  const char* variable = environment(*c, "PYTHONUTF8");
  if (Xoption x = xoption(*c, "utf8")) {
    c->utf8_mode = !x.has_value || x.is("1");
    if (!c->utf8_mode && !x.is("0")) return fatal("preconfig_init_utf8_mode: invalid -X utf8 option value", "preinitializing");
  } else if (variable) {
    c->utf8_mode = !strcmp(variable, "1");
    if (!c->utf8_mode && strcmp(variable, "0"))
      return fatal("preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value", "preinitializing");
  } else {
    c->utf8_mode = none;
  }
  const char *all = getenv("LC_ALL"), *coerce = environment(*c, "PYTHONCOERCECLOCALE");
  if (none && !(all && *all) && !(coerce && !strcmp(coerce, "0")) && setlocale(LC_CTYPE, "C.UTF-8")) {
    setenv("LC_CTYPE", "C.UTF-8", 1);
    if (coerce && !strcmp(coerce, "warn"))
      fputs("Python detected LC_CTYPE=C: LC_CTYPE coerced to C.UTF-8 (set another locale or PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior).\n", stderr);
  }
  return true;
}
bool apply_xoptions(Config* c) {
  auto on = [&](const char* name, const char* variable) { return xoption(*c, name) || environment(*c, variable); };
  if (on("dev", "PYTHONDEVMODE")) c->dev_mode = true;
  if (on("faulthandler", "PYTHONFAULTHANDLER")) c->faulthandler = true;
  if (on("no_debug_ranges", "PYTHONNODEBUGRANGES")) c->code_debug_ranges = false;
  if (on("warn_default_encoding", "PYTHONWARNDEFAULTENCODING")) c->warn_default_encoding = true;
  if (on("importtime", "PYTHONPROFILEIMPORTTIME")) c->import_time = true;
  if (Xoption x = xoption(*c, "frozen_modules")) {
    c->use_frozen_modules = !x.is("off");
    if (x.has_value && *x.value && !x.is("on") && !x.is("off"))
      return fatal("bad value for option -X frozen_modules (expected \"on\" or \"off\")");
  }
  const char* frames = environment(*c, "PYTHONTRACEMALLOC");
  if (Xoption x = xoption(*c, "tracemalloc")) {
    if (!set_traced_frames(c, x.has_value ? x.value : "1", "config_init_tracemalloc: -X tracemalloc=NFRAME: invalid number of frames")) return false;
  } else if (frames && !set_traced_frames(c, frames, "config_init_tracemalloc: PYTHONTRACEMALLOC: invalid number of frames")) {
    return false;
  }
  const char* prefix = environment(*c, "PYTHONPYCACHEPREFIX");
  if (Xoption x = xoption(*c, "pycache_prefix")) c->pycache_prefix = x.value;
  else if (prefix) c->pycache_prefix = prefix;
  const char* digits = environment(*c, "PYTHONINTMAXSTRDIGITS");
  if (Xoption x = xoption(*c, "int_max_str_digits"))
    return set_max_str_digits(c, x.has_value ? x.value : "no number", "config_init_int_max_str_digits: -X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.");
  return !digits || set_max_str_digits(c, digits, "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited.");
}

}  // namespace

int parse_command_line(int argc, char** argv, Config* c) {
  for (int i = 0; i < argc; i++) c->orig_argv.push_back(argv[i]);
  int i = 1, versions = 0;
  bool done = false;
  for (; i < argc && !done; i++) {
    const char* arg = argv[i];
    if (arg[0] != '-' || arg[1] == 0) break;
    if (arg[1] == '-') {
      std::string option = arg + 2;
      if (option.empty()) { i++; break; }
      bool all = option == "help-all", usage = all || option == "help", variables = all || option == "help-env", xoptions = all || option == "help-xoptions";
      if (usage) print_usage(argv[0]);
      if (variables) print_environment_usage();
      if (xoptions) print_xoption_usage();
      if (usage || variables || xoptions) return 0;
      if (option == "version") { versions++; continue; }
      if (option == "check-hash-based-pycs") {
        if (++i >= argc) return usage_error(*c, "Argument expected for the --%s option\n", option.c_str());
        c->check_hash_pycs = argv[i];
        if (c->check_hash_pycs != "always" && c->check_hash_pycs != "default" && c->check_hash_pycs != "never")
          return usage_error(*c, "--check-hash-based-pycs must be one of 'default', 'always', or 'never'%s\n", "");
        continue;
      }
      if (is_tool(option, c)) {
        if (option.find('=') == std::string::npos) i++;
        break;
      }
      return usage_error(*c, "unknown option --%s\n", option.c_str());
    }
    for (const char* p = arg + 1; *p; p++) {
      // Options with an argument take the rest of the word, or the next one.
      auto argument = [&]() -> const char* {
        const char* rest = p[1] ? p + 1 : ++i < argc ? argv[i] : nullptr;
        p += strlen(p) - 1;
        return rest;
      };
      char letter = *p;
      switch (letter) {
        case 'b': c->bytes_warning++; break;
        case 'B': c->write_bytecode = false; break;
        case 'd': c->parser_debug++; break;
        case 'E': c->use_environment = false; break;
        case 'I': c->isolated = true; c->use_environment = false; c->user_site = false; c->safe_path = true; break;
        case 'i': c->inspect++; c->interactive++; break;
        case 'O': c->optimization_level++; break;
        case 'P': c->safe_path = true; break;
        case 'q': c->quiet++; break;
        case 's': c->user_site = false; break;
        case 'S': c->site_import = false; break;
        case 'u': c->buffered_stdio = false; break;
        case 'v': c->verbose++; break;
        case 'x': c->skip_first_line = true; break;
        case 'R': c->random_hash_seed = true; break;
        case 't': break;
        case 'h': case '?': print_usage(argv[0]); return 0;
        case 'J': return usage_error(*c, "-J is reserved for Jython\n%s", "");
        case 'V': versions++; break;
        case 'W': case 'X': case 'c': case 'm': {
          const char* value = argument();
          if (!value) {
            char text[2] = {letter, 0};
            return usage_error(*c, "Argument expected for the -%s option\n", text);
          }
          if (letter == 'W') c->warnoptions.push_back(value);
          else if (letter == 'X') c->xoptions.push_back(value);
          else if (letter == 'c') { c->run_command = std::string(value) + "\n"; done = true; }
          else { c->run_module = value; done = true; }
          break;
        }
        default: {
          char text[2] = {letter, 0};
          return usage_error(*c, "Unknown option: -%s\n", text);
        }
      }
    }
  }
  if (versions) return print_version(versions, *c);
  if (!c->run_command.empty()) c->argv.push_back("-c");
  else if (!c->run_module.empty()) c->argv.push_back("-m");
  else if (i < argc) {
    if (strcmp(argv[i], "-")) c->run_filename = argv[i];
    c->argv.push_back(argv[i++]);
  } else {
    c->argv.push_back("");
  }
  for (; i < argc; i++) c->argv.push_back(argv[i]);
  return -1;
}

bool complete_config(Config* c, const char* argv0) {
  // -W options of the command line come after those of the environment, and win.
  if (const char* w = environment(*c, "PYTHONWARNINGS")) {
    std::vector<std::string> all;
    std::string text = w;
    for (size_t start = 0; start <= text.size();) {
      size_t comma = text.find(',', start);
      if (comma == std::string::npos) comma = text.size();
      if (comma > start) all.push_back(text.substr(start, comma - start));
      start = comma + 1;
    }
    all.insert(all.end(), c->warnoptions.begin(), c->warnoptions.end());
    c->warnoptions = all;
  }
  c->optimization_level = level(environment(*c, "PYTHONOPTIMIZE"), c->optimization_level);
  c->verbose = level(environment(*c, "PYTHONVERBOSE"), c->verbose);
  c->inspect = level(environment(*c, "PYTHONINSPECT"), c->inspect);
  c->parser_debug = level(environment(*c, "PYTHONDEBUG"), c->parser_debug);
  if (environment(*c, "PYTHONDONTWRITEBYTECODE")) c->write_bytecode = false;
  if (environment(*c, "PYTHONNOUSERSITE")) c->user_site = false;
  if (environment(*c, "PYTHONUNBUFFERED")) c->buffered_stdio = false;
  if (environment(*c, "PYTHONSAFEPATH")) c->safe_path = true;
  if (!settle_locale(c) || !apply_xoptions(c)) return false;
  if (const char* v = environment(*c, "PYTHONHASHSEED"); v && strcmp(v, "random") && !c->random_hash_seed) {
    char* end;
    unsigned long long n = strtoull(v, &end, 10);
    if (*end || n > 4294967295ull) return fatal("config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]");
    c->has_hash_seed = true;
    c->hash_seed = n;
  }
  if (c->dev_mode) {
    c->faulthandler = true;
    c->warnoptions.insert(c->warnoptions.begin(), "default");
  }
  if (c->bytes_warning) c->warnoptions.push_back(c->bytes_warning > 1 ? "error::BytesWarning" : "default::BytesWarning");

  // --- Places ---------------------------------------------------------------------------------------------------------------------------
  if (c->executable.empty()) c->executable = find_executable(argv0);
  c->base_executable = c->executable;
  std::string home = dirname_of(c->executable);
  // In a virtual environment site.py, which reads the same file, makes it sys.prefix.
  c->base_prefix = c->base_exec_prefix = c->prefix = c->exec_prefix = "/usr";
  for (const std::string& dir : {home, dirname_of(home)}) {
    FILE* file = fopen((dir + "/pyvenv.cfg").c_str(), "r");
    if (!file) continue;
    char* text = nullptr;
    size_t room = 0;
    for (ssize_t length; (length = getline(&text, &room, file)) > 0;) {
      std::string line(text, static_cast<size_t>(length));
      size_t eq = line.find('=');
      if (eq == std::string::npos) continue;
      if (stripped(line.substr(0, eq)) == "home") {
        std::string base = stripped(line.substr(eq + 1));
        std::string name = c->executable.substr(c->executable.rfind('/') + 1);
        c->base_executable = file_exists(base + "/" + name) ? base + "/" + name : file_exists(base + "/adder") ? base + "/adder" : real_path(c->executable);
      }
    }
    free(text);
    fclose(file);
    break;
  }
  if (argv0 && c->module_search_paths.empty()) read_path_file(c);
  // Our own library stands beside the binary when installed, and in the source tree's lib/ in a checkout.
  // In a program that embeds Adder that is the shared library's place, in an environment of copies the original's.
  Dl_info self;
  std::string own = argv0 ? c->base_executable : dladdr(reinterpret_cast<void*>(&complete_config), &self) && self.dli_fname ? self.dli_fname : "";
  if (const char* v = environment(*c, "ADDER_LIBRARY")) c->library = v;
  std::string real_home;
  for (const std::string& binary : {own, std::string("/proc/self/exe")}) {
    real_home = dirname_of(real_path(binary));
    for (const char* relative : {"/../lib/adder", "/../lib", "/../../lib", "/../../../lib"}) {
      if (!c->library.empty()) break;
      std::string candidate = real_path(real_home + relative);
      if (file_exists(candidate + "/opcode.py")) c->library = candidate;
    }
    if (!c->library.empty()) break;
  }
  c->stdlib = "/usr/lib/python3.11";
  if (!file_exists(c->stdlib + "/os.py")) {
    fprintf(stderr, "adder: the standard library is not at %s: install the package libpython3.11-stdlib\n", c->stdlib.c_str());
    return false;
  }
  // In the build folder the cache lies beside the binary, installed in our own library.
  for (const std::string& place : {real_home, c->library}) {
    if (c->stdlib_cache.empty() && dir_exists(place + "/stdlib-cache")) c->stdlib_cache = place + "/stdlib-cache";
  }
  if (c->module_search_paths.empty()) {
    if (const char* v = environment(*c, "PYTHONPATH")) {
      std::string text = v;
      for (size_t start = 0; start <= text.size();) {
        size_t end = text.find(':', start);
        if (end == std::string::npos) end = text.size();
        c->module_search_paths.push_back(text.substr(start, end - start));
        start = end + 1;
      }
    }
    if (!c->library.empty()) c->module_search_paths.push_back(c->library);
    c->module_search_paths.push_back("/usr/lib/python311.zip");
    c->module_search_paths.push_back(c->stdlib);
    c->module_search_paths.push_back(c->stdlib + "/lib-dynload");
  }
  return true;
}

}  // namespace adder
