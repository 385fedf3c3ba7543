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

struct Limits;
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
  int64_t id = 0;                         // the main one's is 0
  bool isolated = false;                  // may neither start threads nor processes
  bool takes_signals = false;             // Python's handlers run in it, too, not only in the main one
  Interpreter* next = nullptr;            // all of the process, the newest first
  Limits* limits = nullptr;               // its host's; null: none
  std::vector<void (*)()> end_functions;
  std::vector<char> put_by;               // what its own variables hold (per_interpreter) while it is not current
  Ref dict;                               // for extension modules (PyInterpreterState_GetDict)
  int64_t id_references = -1;             // of InterpreterID objects, once there was one; the last ends an interpreter that says so:
  bool ends_with_id = false;
};
extern Interpreter* the_interpreter;      // that of the current thread, or the last that was; null before start-up
extern Interpreter* main_interpreter;     // the one that started the process; signals and pending calls are its business
extern Interpreter* all_interpreters;
inline Interpreter* interpreter_of(const Thread* t) { return static_cast<Interpreter*>(t->owner); }

// Starts the main interpreter; the calling thread becomes its main thread and holds the GIL.
// false: it could not start, the reason is printed on stderr.
bool start_interpreter(Config config);
// Runs atexit functions, joins threads, finalises objects and flushes streams. The exit status that sys.exit asked for is the caller's
// business; -1: flushing failed.
int stop_interpreter();

// Registers a function that drops what a room keeps in static variables; called once at the end of the current interpreter, or of the main
// one, last registered first.
void at_interpreter_end(void (*clear)());
void at_process_end(void (*clear)());

// --- Subinterpreters: they share the GIL, the heap, the types and what rooms keep for the process (runtime/subinterpreter.cpp) ------------
// Gives each interpreter its own of a static variable, which is all zero at an interpreter's begin. To be called before it is first written.
void own_in_each_interpreter(void* variable, size_t size);
template <class T>
void per_interpreter(T& variable) { own_in_each_interpreter(&variable, sizeof variable); }
void make_current(Interpreter* in);       // on a change of the current thread
Interpreter* new_interpreter();           // with neither threads nor modules yet; null: no memory
void discard_interpreter(Interpreter* in);  // which has none left
// A new one like the main one, or as configured; its first thread becomes current. null: it could not be made, the current thread stays.
Thread* start_subinterpreter(bool isolated, const Config* config = nullptr);
// Ends that of the current thread, once the others have ended for which threading waits; false: it has threads that are left. Afterwards no
// thread is current, and the caller still holds the GIL.
bool end_subinterpreter();
bool allowed_when_isolated(const char* refusal);  // false: the current one is isolated, RuntimeError
void end_idle_subinterpreters();          // at the main one's end
bool bring_up_interpreter(Interpreter& in);  // modules, streams, site
bool finish_program(Interpreter& in);     // waits for threads, runs atexit functions, flushes; false: flushing failed
bool wind_down(Interpreter& in);          // the reverse of bringing up; false: flushing failed
void thread_end(Thread* t);               // frees the state of the current thread; none is current then

// Held while the list of threads is read without the GIL or changed at all; nobody waits for the GIL while holding it.
class ThreadListLock {
 public:
  ThreadListLock();
  ~ThreadListLock();
  ThreadListLock(const ThreadListLock&) = delete;
  static void after_fork();               // in the child: free, whoever held it
};
// Threads: state for a new native thread (not current), and its end (current, GIL held; dropped by it).
Thread* thread_new(Interpreter* in = the_interpreter);
void thread_delete_current();
void thread_discard(Thread* t);           // of a thread that never ran
void threads_after_fork();
int call_pending();                       // Py_AddPendingCall's queue; -1 exception
bool add_pending_call(int (*f)(void*), void* arg);
// Signals: the C handler trips; Python handlers run on the main thread at the next poll.
void trip_signal(int number);
void simulate_signal(int number);         // as if it had arrived, unless its handler is SIG_DFL or SIG_IGN
void interrupt_thread(Thread* t, PyObject* exception);  // raised in it at its next poll; any thread may ask for it, a state that lives
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
void add_builtin_module(const char* name, PyObject* (*init)());  // before the start, by a program that embeds
PyObject* (*added_builtin_module(PyObject* name))();  // null: it is none of those
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
