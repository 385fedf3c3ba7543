// Start-up and shutdown of the interpreter: the order in which rooms become usable, and the reverse.
#include "runtime/interpreter.h"
#include <atomic>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "memory/gc.h"
#include "memory/gc_state.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/builtin.h"
#include "object/codecs.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/module.h"
#include "object/object.h"
#include "object/shape.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "vm/function.h"
#include "vm/generator.h"
#include "vm/interp.h"
#include "vm/nodes.h"

extern "C" void adder_init_runtime_objects(void);
extern "C" PyInterpreterState* adder_main_interpreter_state(void);
extern "C" void adder_set_interpreter_objects(PyInterpreterState* state, PyObject* modules, PyObject* sysdict, PyObject* builtins);

namespace adder {

bool enable_faulthandler();  // modules/faulthandler.cpp
namespace tracing { bool start(int frames); }  // modules/_tracemalloc.cpp

Interpreter* the_interpreter = nullptr;
Interpreter* main_interpreter = nullptr;
Interpreter* all_interpreters = nullptr;
bool ready_builtin_types();                  // object/builtin_types.cpp
bool init_sys(Interpreter& interpreter);     // modules/sys.cpp
void install_traceback_hooks();              // runtime/print_error.cpp
bool install_warnings_hook();
bool super_arguments(Ref* type, Ref* object);  // vm/super_arguments.cpp
Ref compile_request(const CompileRequest& request, const CompileOptions& options);  // runtime/compile_request.cpp

namespace {

void seed_hashes(const Config& config) {
  uint8_t key[16] = {};
  if (config.has_hash_seed) {
    // A reproducible key from the seed (0: the zero key), by a linear congruential generator.
    uint32_t x = static_cast<uint32_t>(config.hash_seed);
    for (size_t i = 0; config.hash_seed && i < sizeof key; i++) {
      x = x * 214013 + 2531011;
      key[i] = static_cast<uint8_t>(x >> 16);
    }
  } else if (getrandom(key, sizeof key, GRND_NONBLOCK) != sizeof key) {
    uint64_t t = static_cast<uint64_t>(time(nullptr)) ^ static_cast<uint64_t>(getpid()) << 32;
    memcpy(key, &t, sizeof t);
  }
  str_seed_hash(key);
}

PyFrameObject* hook_current_frame() {
  Frame* f = visible_frame(this_thread());
  return f ? frame_object(f) : nullptr;
}
Ref hook_frame_globals() {
  Frame* f = visible_frame(this_thread());
  return f ? Ref::copy(Value{frame_globals(f)}) : Ref{};
}
Ref hook_import(PyObject* name) { return import_module(std::string(str_utf8(Value{name})).c_str()); }
Ref hook_sys_get(PyObject* name) {
  Interpreter* in = the_interpreter;
  if (!in || !in->sys) return Ref{};
  return Ref::copy(dict_get_str(Value{as_module(in->sys)->dict}, name));
}
Ref hook_frame_locals() {
  Frame* f = visible_frame(this_thread());
  return f ? frame_locals(f) : Ref{};
}
constexpr int kFutureFlags = CO_FUTURE_DIVISION | CO_FUTURE_ABSOLUTE_IMPORT | CO_FUTURE_WITH_STATEMENT | CO_FUTURE_PRINT_FUNCTION |
                             CO_FUTURE_UNICODE_LITERALS | CO_FUTURE_BARRY_AS_BDFL | CO_FUTURE_GENERATOR_STOP | CO_FUTURE_ANNOTATIONS;
Ref hook_compile(const CompileRequest& q) {
  CompileOptions options{.flags = q.flags, .optimize = q.optimize, .feature_version = q.feature_version};
  if (Frame* f = visible_frame(this_thread()); f && q.inherit) options.flags |= f->code->co_flags & kFutureFlags;
  if (options.optimize < 0) options.optimize = the_interpreter->config.optimization_level;
  return compile_request(q, options);
}
Ref hook_eval_code(Value code, Value globals, Value locals, Value closure) {
  if (is_dict(globals) && !dict_get_str(globals, "__builtins__"_id) && !dict_set_str(globals, "__builtins__"_id, the_interpreter->builtins)) return Ref{};
  return run_code(code.as<PyCodeObject>(), globals.object(), locals, closure);
}
Ref hook_import_level(Value name, Value globals, Value locals, Value fromlist, int level) {
  return import_name(name.object(), is_none(globals) ? Value{} : globals, locals, fromlist, level);
}
void install_hooks() {
  hooks.call_function = &call_function;
  self_attributes = &visit_self_attributes;
  hooks.generator_send = &generator_send;
  hooks.generator_throw = &generator_throw;
  hooks.current_frame = &hook_current_frame;
  hooks.frame_globals = &hook_frame_globals;
  hooks.import_module = &hook_import;
  hooks.sys_get = &hook_sys_get;
  hooks.super_arguments = &super_arguments;
  hooks.frame_locals = &hook_frame_locals;
  hooks.compile = &hook_compile;
  hooks.eval_code = &hook_eval_code;
  hooks.import_level = &hook_import_level;
  install_traceback_hooks();
  install_warnings_hook();
}

bool poll(Thread* t) {
  Interpreter* in = main_interpreter;
  if (!run_interrupts()) return false;
  uint32_t waiting = breaker();
  if ((waiting & kBreakCalls) && t == in->main_thread) {
    breaker_remove(kBreakCalls);
    if (call_pending() < 0) return false;
  }
  if ((waiting & kBreakNode) && nodes.pending && !nodes.settle_pending()) return false;
  if (waiting & kBreakGil) yield_gil(t);
  return true;
}

// --- Standard streams -----------------------------------------------------------------------------------------------------------------
bool descriptor_is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// A text stream over a descriptor as CPython makes them; none if it is closed.
Ref make_stream(Value io, int fd, const char* name, bool writing, const Config& config) {
  if (!descriptor_is_open(fd)) return none_ref();
  bool unbuffered = !config.buffered_stdio && writing;
  Ref raw_mode = str_from_ascii(writing ? "wb" : "rb");
  Ref names = tuple_of({Value{"closefd"_id}});
  Value open_args[4] = {Value::from_int(fd), raw_mode, Value::from_int(unbuffered ? 0 : -1), boolean(false)};
  Ref open = getattr(io, "open"_id);
  if (!open) return Ref{};
  Ref buffer = call(open, Args{open_args, 3, names.object()});
  if (!buffer) return Ref{};
  Ref raw = unbuffered ? Ref::copy(buffer) : getattr(buffer, "raw"_id);
  if (!raw) return Ref{};
  Ref label = str_format("<%s>", name);
  if (!label || !setattr(raw, "name"_id, label)) return Ref{};
  Ref tty = call_method(raw, "isatty"_id);
  if (!tty) return Ref{};
  bool line_buffering = writing && (fd == 2 || config.interactive || is_true(tty) > 0) && !unbuffered;
  std::string encoding = "utf-8", errors = fd == 2 ? "backslashreplace" : "strict";
  const char* locale = setlocale(LC_CTYPE, nullptr);
  // The locales that stand for none, those that PEP 538 coerces to among them.
  bool no_locale = !locale;
  for (const char* name : {"C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8"}) no_locale = no_locale || !strcmp(locale, name);
  if (fd != 2 && no_locale) errors = "surrogateescape";
  if (config.use_environment) {
    if (const char* setting = getenv("PYTHONIOENCODING"); setting && *setting) {
      std::string text = setting;
      size_t colon = text.find(':');
      if (colon != 0) encoding = text.substr(0, colon);
      // An encoding without a handler means the strict one; stderr always keeps its own.
      std::string handler = colon == std::string::npos ? "" : text.substr(colon + 1);
      if (handler.empty() && colon != 0) handler = "strict";
      if (fd != 2 && !handler.empty()) errors = handler;
    }
  }
  Ref codec = codec_lookup(encoding.c_str());
  Ref enc = codec ? getattr(codec, "name"_id) : Ref{};  // as the codec calls itself
  if (!enc) return Ref{};
  Ref err = str_from_utf8(errors), newline = str_from_ascii("\n");
  Ref wrapper = getattr(io, "TextIOWrapper"_id);
  if (!wrapper) return Ref{};
  Ref keywords = tuple_of({Value{"encoding"_id}, Value{"errors"_id}, Value{"newline"_id}, Value{"line_buffering"_id}, Value{"write_through"_id}});
  Value text_args[6] = {buffer, enc, err, writing ? newline.get() : none(), boolean(line_buffering), boolean(unbuffered)};
  Ref stream = call(wrapper, Args{text_args, 1, keywords.object()});
  Ref mode = str_from_ascii(writing ? "w" : "r");
  if (!stream || !setattr(stream, "mode"_id, mode)) return Ref{};
  return stream;
}
bool init_streams(Interpreter& in) {
  Ref io = import_module("io");
  if (!io) return false;
  Ref open = getattr(io, "open"_id);
  if (!open || !setattr(in.builtins, "open"_id, open)) return false;
  struct { int fd; const char* name; const char* original; } streams[] = {{0, "stdin", "__stdin__"}, {1, "stdout", "__stdout__"}, {2, "stderr", "__stderr__"}};
  for (auto& s : streams) {
    Ref stream = make_stream(io, s.fd, s.name, s.fd != 0, in.config);
    if (!stream || !sys_set(s.name, stream) || !sys_set(s.original, stream)) return false;
  }
  return true;
}

bool init_main_module(Interpreter& in) {
  Ref main = add_module("__main__");
  if (!main) return false;
  PyObject* dict = as_module(main)->dict;
  if (!dict_set_str(Value{dict}, "__builtins__"_id, in.builtins)) return false;
  if (!dict_get_str(Value{dict}, "__annotations__"_id)) {
    Ref annotations = dict_new();
    if (!annotations || !dict_set_str(Value{dict}, "__annotations__"_id, annotations)) return false;
  }
  Ref loader = in.importlib ? getattr(in.importlib, "BuiltinImporter"_id) : Ref{};
  return loader && dict_set_str(Value{dict}, "__loader__"_id, loader);
}

}  // namespace

bool bring_up_interpreter(Interpreter& in) {
  const bool is_main = &in == main_interpreter;
  bytes_warning_level = in.config.bytes_warning;
  // Until the first module that others wrote nothing becomes garbage that only the collector would find.
  if (is_main) gc_state().enabled = false;
  in.modules = dict_new();
  if (!in.modules) return false;
  in.builtins = create_builtin_module("builtins"_id);
  in.sys = create_builtin_module("sys"_id);
  if (!in.builtins || !in.sys) return false;
  if (!dict_set_str(in.modules, "builtins"_id, in.builtins) || !dict_set_str(in.modules, "sys"_id, in.sys)) return false;
  adder_set_interpreter_objects(in.state, in.modules.object(), as_module(in.sys)->dict, as_module(in.builtins)->dict);
  Ref early_stderr = init_sys(in) ? std_printer_new(2) : Ref{};
  if (!early_stderr || !sys_set("stderr", early_stderr) || !start_import() || !finish_import()) return false;
  if (Ref codecs = import_module("encodings"); !codecs) return false;
  if (!init_streams(in) || !init_main_module(in)) return false;
  if (is_main && in.config.install_signal_handlers) {
    Ref signal = import_module("_signal");
    if (!signal) return false;
    init_signals();
  }
  if (is_main && in.config.faulthandler && !enable_faulthandler()) return false;
  if (is_main && in.config.tracemalloc && !tracing::start(in.config.tracemalloc)) return false;
  if (is_main && in.config.faulthandler) {
    Ref handler = import_module("faulthandler");
    Ref done = handler ? call_method(handler, "enable"_id) : Ref{};
    if (!done) return false;
  }
  if (!in.config.warnoptions.empty()) {
    Ref warnings = import_module("warnings");
    if (!warnings) print_error();
  }
  if (is_main) {
    gc_settle();
    gc_state().enabled = true;
  }
  if (in.config.site_import) {
    Ref site = import_module("site");
    if (!site) return false;
    if (is_main) gc_settle();
  }
  return true;
}

bool run_interrupts() {
  if (!keep_on()) return false;
  Thread* t = this_thread();
  if (PyObject* e = t->ts.async_exc; e && (breaker() & kBreakAsyncException)) {
    t->ts.async_exc = nullptr;
    breaker_remove(kBreakAsyncException);
    (void)raise_none(e);
    Py_DECREF(e);
    return false;
  }
  if (!(breaker() & kBreakSignal)) return true;
  if (t != main_interpreter->main_thread && !(interpreter_of(t)->takes_signals && t == interpreter_of(t)->main_thread)) return true;
  breaker_remove(kBreakSignal);
  return run_signal_handlers();
}

// The class is one of the static ones, whose count nobody misses.
void interrupt_thread(Thread* t, PyObject* exception) {
  __atomic_fetch_add(&exception->ob_refcnt, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&t->ts.async_exc, exception, __ATOMIC_RELAXED);
  breaker_add(kBreakAsyncException);
}

static pthread_mutex_t thread_list_mutex = PTHREAD_MUTEX_INITIALIZER;
ThreadListLock::ThreadListLock() { pthread_mutex_lock(&thread_list_mutex); }
ThreadListLock::~ThreadListLock() { pthread_mutex_unlock(&thread_list_mutex); }
void ThreadListLock::after_fork() { thread_list_mutex = PTHREAD_MUTEX_INITIALIZER; }

Thread* thread_new(Interpreter* in) {
  auto* t = static_cast<Thread*>(calloc(1, sizeof(Thread)));
  if (!t) return nullptr;
  static std::atomic<uint64_t> ids = 0;
  PyThreadState& ts = t->ts;
  t->owner = in;
  ts.interp = in->state;
  ts._initialized = 1;
  ts.recursion_limit = main_interpreter->main_thread ? main_interpreter->main_thread->ts.recursion_limit : 1000;
  ts.recursion_remaining = ts.recursion_limit;
  ts.cframe = &ts.root_cframe;
  ts.exc_info = &ts.exc_state;
  ts.id = ++ids;
  ts.thread_id = static_cast<unsigned long>(pthread_self());
  ts.native_thread_id = static_cast<unsigned long>(gettid());
  ts.gilstate_counter = 1;  // PyGILState_Release never deletes it; PyGILState_Ensure says otherwise of states that it makes
  t->handlers = kHandlers;
  ThreadListLock lock;
  if (in->threads) {
    ts.next = &in->threads->ts;
    in->threads->ts.prev = &ts;
  }
  in->threads = t;
  return t;
}

bool start_interpreter(Config config) {
  if (the_interpreter) {
    fprintf(stderr, "adder: the interpreter is already running\n");
    return false;
  }
  static bool process_ready = false;
  bool first = !process_ready;
  auto* in = new Interpreter;
  in->config = std::move(config);
  the_interpreter = main_interpreter = all_interpreters = in;
  if (first) {
    adder_init_runtime_objects();
    seed_hashes(in->config);
  }
  in->state = adder_main_interpreter_state();
  poll_breaker = &poll;
  in->main_thread = thread_new();
  gil_for_one(nullptr);
  take_gil(in->main_thread);
  install_hooks();
  if (first) {
    if (!intern_runtime_strings() || !ready_builtin_types()) {
      fprintf(stderr, "adder: cannot make the built-in types\n");
      return false;
    }
    process_ready = true;
  }
  if (!bring_up_interpreter(*in)) {
    fprintf(stderr, "adder: start-up failed\n");
    if (error_occurred()) print_error();
    return false;
  }
  return true;
}

}  // namespace adder
