// The interpreter: configuration, start-up, the objects that every module shares, shutdown.
#pragma once
#include <string>
#include <vector>
#include "vm/thread.h"

namespace adder {

// What the command line, the environment or the embedding program decided (PEP 587's names where they exist).
struct Config {
  std::vector<std::string> argv;          // sys.argv, bytes in the file-system encoding
  std::vector<std::string> orig_argv;
  std::vector<std::string> warnoptions, xoptions;
  std::string program_name, executable, base_executable, prefix, exec_prefix, base_prefix, base_exec_prefix;
  std::vector<std::string> module_search_paths;
  std::string library;                    // Adder's own Python code (lib/)
  std::string stdlib;                     // the distribution's standard library
  std::string stdlib_cache;               // where its compiled modules lie
  std::string pycache_prefix;
  std::string run_command, run_module, run_filename;
  std::string check_hash_pycs = "default";
  int optimization_level = 0, verbose = 0, bytes_warning = 0, interactive = 0, inspect = 0, quiet = 0, parser_debug = 0;
  bool isolated = false, use_environment = true, site_import = true, user_site = true, write_bytecode = true, safe_path = false;
  bool buffered_stdio = true, dev_mode = false, utf8_mode = false, skip_first_line = false, warn_default_encoding = false;
  bool install_signal_handlers = true, code_debug_ranges = true, faulthandler = false;
  bool use_frozen_modules = true, import_time = false;
  bool random_hash_seed = false;          // -R: PYTHONHASHSEED does not count
  bool has_hash_seed = false;
  uint64_t hash_seed = 0;
  int int_max_str_digits = 4300;
  bool int_max_str_digits_given = false;
  int tracemalloc = 0;                    // frames kept of each allocation traced from the start on; 0: none is
};

struct Interpreter {
  Config config;
  PyInterpreterState* state;              // the ABI's view
  Ref modules;                            // sys.modules
  Ref sys, builtins;                      // modules
  Ref importlib, importlib_external;      // _frozen_importlib and _frozen_importlib_external
  Ref importlib_find_and_load;            // its function, used by import
  Thread* main_thread = nullptr;
  Thread* threads = nullptr;              // all, linked by ts.next
  bool finalizing = false;
};
extern Interpreter* the_interpreter;      // null before start-up

// Starts: one interpreter a process at a time; the calling thread becomes its main thread and holds the GIL.
// false: it could not start, the reason is printed on stderr.
bool start_interpreter(Config config);
// Runs atexit functions, joins threads, finalises objects and flushes streams. The exit status that sys.exit asked for is the caller's
// business; -1: flushing failed.
int stop_interpreter();

// Registers a function that drops what a room keeps in static variables; called once at the interpreter's end, last registered first.
void at_interpreter_end(void (*clear)());

// Held while the list of threads is read without the GIL or changed at all; nobody waits for the GIL while holding it.
class ThreadListLock {
 public:
  ThreadListLock();
  ~ThreadListLock();
  ThreadListLock(const ThreadListLock&) = delete;
  static void after_fork();               // in the child: free, whoever held it
};
// Threads: state for a new native thread (not current), and its end (current, GIL held; dropped by it).
Thread* thread_new();
void thread_delete_current();
void thread_discard(Thread* t);           // of a thread that never ran
void threads_after_fork();
int call_pending();                       // Py_AddPendingCall's queue; -1 exception
bool add_pending_call(int (*f)(void*), void* arg);
// Signals: the C handler trips; Python handlers run on the main thread at the next poll.
void trip_signal(int number);
void simulate_signal(int number);         // as if it had arrived, unless its handler is SIG_DFL or SIG_IGN
bool run_signal_handlers();               // false: exception
void init_signals();                      // SIGPIPE ignored, SIGINT → KeyboardInterrupt (modules/_signal.cpp)

// --- sys ------------------------------------------------------------------------------------------------------------------------------
Value sys_get(const char* name);          // borrowed; absent
bool sys_set(const char* name, Value v);  // absent: delete
Ref std_printer_new(int fd);              // a file object that writes to a descriptor at once (runtime/std_printer.cpp)
// --- import ----------------------------------------------------------------------------------------------------------------------------
Ref import_module(const char* dotted);    // import a.b: gives a.b
Ref import_name(PyObject* name, Value globals, Value locals, Value fromlist, int level);  // __import__
Ref create_builtin_module(PyObject* name);  // empty without exception: no such
bool is_builtin_module(PyObject* name);
bool start_import();                      // bootstraps importlib; before: only builtin modules
bool finish_import();                     // external importers, once sys.path stands
Ref add_module(const char* name);         // from sys.modules, or a new empty module there
// --- running ---------------------------------------------------------------------------------------------------------------------------
int run_main();                           // what config says: -c, -m, file, stdin, REPL; the exit status
int exit_status_of_error();               // prints the raised exception as at top level; SystemExit gives its status
void print_error();                       // sys.excepthook on the raised exception; clears it
void print_exception(Value exception, Value file_or_absent);  // traceback text to a file object (stderr)
void display_exception(Value type, Value value, Value tb);    // sys.__excepthook__

}  // namespace adder
