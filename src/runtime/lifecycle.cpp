// Threads' states, pending calls, and the way down: what happens between the program's end and the process's.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include "memory/gc.h"
#include "memory/gc_state.h"
#include "modules/_warnings.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/module.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"
#include "runtime/watchdog.h"
#include "vm/frame.h"
#include "vm/stats.h"

namespace adder {

void run_atexit();            // modules/atexit.cpp

// --- Threads ------------------------------------------------------------------------------------------------------------------------------
static void release_thread_objects(Thread* t) {
  PyThreadState& ts = t->ts;
  Py_CLEAR(ts.dict);
  Py_CLEAR(ts.async_exc);
  Py_CLEAR(ts.curexc_type);
  Py_CLEAR(ts.curexc_value);
  Py_CLEAR(ts.curexc_traceback);
  Py_CLEAR(ts.exc_state.exc_value);
  ts.c_tracefunc = ts.c_profilefunc = nullptr;
  Py_CLEAR(ts.c_traceobj);
  Py_CLEAR(ts.c_profileobj);
  Py_CLEAR(ts.async_gen_firstiter);
  Py_CLEAR(ts.async_gen_finalizer);
  Py_CLEAR(ts.context);
}
static void unlink_thread(Thread* t) {
  ThreadListLock lock;
  if (t->ts.prev) t->ts.prev->next = t->ts.next;
  else interpreter_of(t)->threads = reinterpret_cast<Thread*>(t->ts.next);
  if (t->ts.next) t->ts.next->prev = t->ts.prev;
}
static void free_thread(Thread* t) {
  while (t->ts.datastack_chunk) stack_pop_chunk(t);
  if (t->spare_chunk) object_free(t->spare_chunk);
  free(t);
}
void thread_delete_current() {
  Thread* t = this_thread();
  release_thread_objects(t);
  if (t->ts.on_delete) t->ts.on_delete(t->ts.on_delete_data);
  unlink_thread(t);
  drop_gil(t);
  free_thread(t);
}
void thread_discard(Thread* t) {
  unlink_thread(t);
  free_thread(t);
}
void threads_after_fork() {
  Thread* me = this_thread();
  gil_after_fork();
  watchdog_after_fork();
  ThreadListLock::after_fork();
  main_interpreter->main_thread = me;
  me->ts.thread_id = static_cast<unsigned long>(pthread_self());
  for (Interpreter* in = all_interpreters; in; in = in->next) {
    for (Thread* t = in->threads; t;) {
      Thread* next = reinterpret_cast<Thread*>(t->ts.next);
      // Another interpreter's first thread is a state to run it with, in whatever native thread.
      if (t != me && t != in->main_thread) {
        unlink_thread(t);
        release_thread_objects(t);
        free_thread(t);
      }
      t = next;
    }
  }
}

// --- Static state ------------------------------------------------------------------------------------------------------------------------
static void run_at_end(Interpreter* in, void (*clear)()) {
  for (auto f : in->end_functions) {
    if (f == clear) return;
  }
  in->end_functions.push_back(clear);
}
void at_interpreter_end(void (*clear)()) { run_at_end(the_interpreter, clear); }
void at_process_end(void (*clear)()) { run_at_end(main_interpreter, clear); }

// --- Pending calls ------------------------------------------------------------------------------------------------------------------------
namespace {
constexpr int kPendingMax = 32;
struct Pending { int (*f)(void*); void* arg; } pending[kPendingMax];
int pending_first = 0, pending_count = 0;
pthread_mutex_t pending_lock = PTHREAD_MUTEX_INITIALIZER;
}  // namespace

bool add_pending_call(int (*f)(void*), void* arg) {
  pthread_mutex_lock(&pending_lock);
  bool room = pending_count < kPendingMax;
  if (room) pending[(pending_first + pending_count++) % kPendingMax] = {f, arg};
  pthread_mutex_unlock(&pending_lock);
  if (room) breaker_add(kBreakCalls);
  return room;
}
int call_pending() {
  for (int i = 0; i < kPendingMax; i++) {
    pthread_mutex_lock(&pending_lock);
    Pending p{};
    if (pending_count > 0) {
      p = pending[pending_first];
      pending_first = (pending_first + 1) % kPendingMax;
      pending_count--;
    }
    pthread_mutex_unlock(&pending_lock);
    if (!p.f) return 0;
    if (p.f(p.arg) != 0) {
      if (pending_count) breaker_add(kBreakCalls);
      return -1;
    }
  }
  return 0;
}

// --- The way down --------------------------------------------------------------------------------------------------------------------------
namespace {

// threading waits for its non-daemon threads.
void join_threads() {
  Value threading = dict_get_str(the_interpreter->modules, "threading"_id);
  if (!threading || is_none(threading)) return;
  Ref module = Ref::copy(threading);
  Ref done = call_method(module, "_shutdown"_id);
  if (!done) write_unraisable(module);
}
int flush_streams() {
  int status = 0;
  Value out = sys_get("stdout");
  if (out && !is_none(out)) {
    Ref stream = Ref::copy(out);
    Ref closed;
    bool is_closed = lookup_attr(stream, "closed"_id, &closed) > 0 && is_true(closed) > 0;
    clear_error();
    if (!is_closed) {
      Ref done = call_method(stream, "flush"_id);
      if (!done) {
        write_unraisable(stream);
        status = -1;
      }
    }
  }
  Value err = sys_get("stderr");
  if (err && !is_none(err)) {
    Ref stream = Ref::copy(err);
    Ref closed;
    bool is_closed = lookup_attr(stream, "closed"_id, &closed) > 0 && is_true(closed) > 0;
    clear_error();
    Ref done = is_closed ? none_ref() : call_method(stream, "flush"_id);
    if (!done) clear_error();
  }
  return status;
}

// A module's names are set to None in two passes, private ones first, so that destructors find what they use as long as possible.
void clear_module_dict(Value dict) {
  for (int pass = 0; pass < 2; pass++) {
    Ref keys = dict_keys_list(dict);
    if (!keys) return clear_error();
    for (Py_ssize_t i = 0; i < list_size(keys); i++) {
      Value key = list_get(keys, i);
      if (!is_str(key)) continue;
      bool underscore = str_length(key) > 0 && str_char(key, 0) == '_' && !(str_length(key) > 1 && str_char(key, 1) == '_');
      bool keep = str_equals(key, "__builtins__") || (pass == 0 && !underscore);
      if (keep || (pass == 1 && underscore)) continue;
      if (!dict_set(dict, key, none())) clear_error();
    }
  }
}
// Warns of objects whose finalizers kept the collector from freeing them.
void tell_uncollectable() {
  GcState& gc = gc_state();
  Py_ssize_t n = gc.garbage ? list_size(gc.garbage) : 0;
  if (n == 0 || (gc.debug & kDebugSaveAll)) return;
  bool named = gc.debug & kDebugUncollectable;
  Ref text = str_format("gc: %zd uncollectable objects at shutdown%s", n, named ? "" : "; use gc.set_debug(gc.DEBUG_UNCOLLECTABLE) to list them");
  if (!text || !issue_warning_at(PyExc_ResourceWarning, text, "gc"_id, 0, "gc"_id)) write_unraisable(Value{}, nullptr);
  if (!named) return;
  if (Ref all = repr(gc.garbage)) PySys_FormatStderr("      %U\n", all.object());
  else write_unraisable(gc.garbage, nullptr);
}
// Modules lose their references in the reverse order of import; what survives because somebody holds it is cleared by name.
void clear_modules() {
  Interpreter& in = *the_interpreter;
  for (const char* name : {"path", "argv", "ps1", "ps2", "last_type", "last_value", "last_traceback", "path_hooks", "path_importer_cache", "meta_path"}) {
    if (sys_get(name) && !sys_set(name, none())) clear_error();
  }
  for (auto [name, original] : {std::pair{"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"}}) {
    Value v = sys_get(original);
    if (!sys_set(name, v ? v : none())) clear_error();
  }
  if (!setattr(in.builtins, "_"_id, none())) clear_error();
  Ref modules = Ref::copy(in.modules);
  Ref keys = dict_keys_list(modules);
  Ref weak = list_new();
  if (!keys || !weak) return clear_error();
  for (Py_ssize_t i = 0; i < list_size(keys); i++) {
    Value m;
    if (dict_lookup(modules, list_get(keys, i), &m) <= 0 || m == in.sys.get() || m == in.builtins.get()) continue;
    if (m.is_object() && is_instance_exactly(m, &PyModule_Type)) {
      Ref reference = weakref_new(m, none());
      if (!reference || !list_append(weak, std::move(reference))) clear_error();
    }
    if (!dict_set(modules, list_get(keys, i), none())) clear_error();
  }
  in.importlib_find_and_load.reset();
  // Modules that nothing refers to any more die here, with what they use still whole.
  gc_collect(2);
  tell_uncollectable();
  // The rest from the last imported to the first.
  for (Py_ssize_t i = list_size(weak) - 1; i >= 0; i--) {
    Ref module = Ref::copy(weakref_get(list_get(weak, i)));
    if (!module || is_none(module)) continue;
    Ref dict = Ref::copy(Value{as_module(module)->dict});
    module.reset();
    if (dict) clear_module_dict(dict);
  }
  gc_collect(2);
}

}  // namespace

bool finish_program(Interpreter& in) {
  join_threads();
  run_atexit();
  const bool flushed = flush_streams() == 0;
  in.finalizing = true;
  return flushed;
}
bool wind_down(Interpreter& in) {
  clear_modules();
  const bool flushed = flush_streams() == 0;
  if (in.sys) clear_module_dict(Value{as_module(in.sys)->dict});
  if (in.builtins) clear_module_dict(Value{as_module(in.builtins)->dict});
  while (!in.end_functions.empty()) {
    auto f = in.end_functions.back();
    in.end_functions.pop_back();
    f();
  }
  in.importlib.reset();
  in.importlib_external.reset();
  in.modules.reset();
  in.dict.reset();
  in.sys.reset();
  in.builtins.reset();
  gc_collect(2);
  return flushed;
}
void thread_end(Thread* t) {
  release_thread_objects(t);
  if (t->ts.on_delete) t->ts.on_delete(t->ts.on_delete_data);
  unlink_thread(t);
  free_thread(t);
}

static int stop(bool process_ends) {
  Interpreter& in = *main_interpreter;
  Thread* t = this_thread();
  bool flushed = finish_program(in);
  if (const auto& options = in.config.xoptions; std::find(options.begin(), options.end(), "stats") != options.end()) print_stats();
  gil_for_one(t);
  if (process_ends && !teardown_matters()) return flushed ? 0 : -1;
  end_idle_subinterpreters();
  gc_collect_unsettled();
  flushed &= wind_down(in);
  release_thread_objects(t);
  unlink_thread(t);
  drop_gil(t);
  free_thread(t);
  the_interpreter = main_interpreter = all_interpreters = nullptr;
  delete &in;
  return flushed ? 0 : -1;
}

int stop_interpreter() { return stop(false); }
int stop_for_good() { return stop(true); }

}  // namespace adder
