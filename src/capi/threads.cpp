// pystate.h, ceval.h, pythread.h, sysmodule.h: threads, the lock, what the machine says of itself, sys.
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <semaphore.h>
#include <string>
#include <unistd.h>
#include "capi/capi.h"
#include "compile/code.h"
#include "modules/sys.h"
#include "object/audit.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/module.h"
#include "object/str.h"
#include "runtime/config.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"
#include "vm/frame.h"
#include "vm/interp.h"

using namespace adder;
using namespace adder::capi;

namespace {
Thread* ours(PyThreadState* t) { return reinterpret_cast<Thread*>(t); }
// This native thread's state, whether or not it holds the lock.
Thread* state_of_native_thread() {
  auto me = static_cast<unsigned long>(pthread_self());
  ThreadListLock lock;
  // Of several the main interpreter's, which threads are found by unless they say otherwise.
  Thread* found = nullptr;
  for (Interpreter* in = all_interpreters; in; in = in->next) {
    for (Thread* t = in->threads; t; t = ours(t->ts.next)) {
      if (t->ts.thread_id == me) found = t;
    }
  }
  return found;
}
}  // namespace

// --- Thread states --------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyThreadState* PyThreadState_Get(void) {
  PyThreadState* t = current_thread();
  if (!t) Py_FatalError("the function must be called with the GIL held, but the GIL is released (the current Python thread state is NULL)");
  return t;
}
ADDER_API PyThreadState* _PyThreadState_UncheckedGet(void) { return current_thread(); }
ADDER_API PyThreadState* PyGILState_GetThisThreadState(void) {
  Thread* t = state_of_native_thread();
  return t ? &t->ts : nullptr;
}
ADDER_API PyObject* PyThreadState_GetDict(void) {
  PyThreadState* t = current_thread();
  if (!t) return nullptr;
  if (!t->dict) t->dict = dict_new().release().object();
  if (!t->dict) clear_error();
  return t->dict;
}
ADDER_API PyObject* _PyThreadState_GetDict(PyThreadState* t) {
  if (!t->dict) t->dict = dict_new().release().object();
  return t->dict;
}
ADDER_API uint64_t PyThreadState_GetID(PyThreadState* t) { return t->id; }
ADDER_API PyFrameObject* PyThreadState_GetFrame(PyThreadState* t) {
  Frame* f = visible_frame(ours(t));
  PyFrameObject* o = f ? frame_object(f) : nullptr;
  Py_XINCREF(o);
  return o;
}
ADDER_API void PyThreadState_Clear(PyThreadState* t) {
  Py_CLEAR(t->dict);
  Py_CLEAR(t->async_exc);
  Py_CLEAR(t->curexc_type);
  Py_CLEAR(t->curexc_value);
  Py_CLEAR(t->curexc_traceback);
  Py_CLEAR(t->context);
}
ADDER_API void PyThreadState_Delete(PyThreadState* t) { thread_discard(ours(t)); }
ADDER_API void PyThreadState_DeleteCurrent(void) { thread_delete_current(); }
ADDER_API int PyThreadState_SetAsyncExc(unsigned long id, PyObject* e) {
  for (Thread* t = the_interpreter->threads; t; t = ours(t->ts.next)) {
    if (t->ts.thread_id != id) continue;
    PyObject* old = t->ts.async_exc;
    Py_XINCREF(e);
    t->ts.async_exc = e;
    Py_XDECREF(old);
    if (e) breaker_add(kBreakAsyncException);
    return 1;
  }
  return 0;
}
ADDER_API PyThreadState* PyThreadState_Next(PyThreadState* t) { return t->next; }
ADDER_API void PyThreadState_EnterTracing(PyThreadState* t) { t->tracing++; }
ADDER_API void PyThreadState_LeaveTracing(PyThreadState* t) { t->tracing--; }

// --- The lock -------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyThreadState* PyEval_SaveThread(void) {
  PyThreadState* t = PyThreadState_Get();
  drop_gil(ours(t));
  return t;
}
ADDER_API void PyEval_RestoreThread(PyThreadState* t) { take_gil(ours(t)); }
ADDER_API void PyEval_AcquireThread(PyThreadState* t) { take_gil(ours(t)); }
ADDER_API void PyEval_ReleaseThread(PyThreadState* t) { drop_gil(ours(t)); }
ADDER_API void PyEval_AcquireLock(void) {}
ADDER_API void PyEval_ReleaseLock(void) {}
ADDER_API void PyEval_InitThreads(void) {}
ADDER_API int PyEval_ThreadsInitialized(void) { return 1; }
ADDER_API int PyGILState_Check(void) {
  PyThreadState* t = current_thread();
  return t && t->thread_id == static_cast<unsigned long>(pthread_self());
}
ADDER_API PyGILState_STATE PyGILState_Ensure(void) {
  if (PyGILState_Check()) {
    current_thread()->gilstate_counter++;
    return PyGILState_LOCKED;
  }
  Thread* t = state_of_native_thread();
  if (!t) {
    t = thread_new(main_interpreter);
    if (!t) Py_FatalError("Couldn't create thread-state for new thread");
    t->ts.gilstate_counter = 0;
  }
  take_gil(t);
  t->ts.gilstate_counter++;
  return PyGILState_UNLOCKED;
}
ADDER_API void PyGILState_Release(PyGILState_STATE old) {
  PyThreadState* t = current_thread();
  t->gilstate_counter--;
  if (t->gilstate_counter == 0 && ours(t) != main_interpreter->main_thread && old == PyGILState_UNLOCKED) {
    thread_delete_current();
  } else if (old == PyGILState_UNLOCKED) {
    drop_gil(ours(t));
  }
}
ADDER_API int Py_AddPendingCall(int (*f)(void*), void* arg) { return add_pending_call(f, arg) ? 0 : -1; }
ADDER_API int Py_MakePendingCalls(void) { return call_pending(); }

// --- Threads and their locks ------------------------------------------------------------------------------------------------------------------------
ADDER_API void PyThread_init_thread(void) {}
ADDER_API unsigned long PyThread_get_thread_ident(void) { return static_cast<unsigned long>(pthread_self()); }
ADDER_API unsigned long PyThread_get_thread_native_id(void) { return static_cast<unsigned long>(gettid()); }
namespace {
struct Start { void (*f)(void*); void* arg; };
void* run_start(void* p) {
  Start s = *static_cast<Start*>(p);
  delete static_cast<Start*>(p);
  s.f(s.arg);
  return nullptr;
}
}  // namespace
ADDER_API unsigned long PyThread_start_new_thread(void (*f)(void*), void* arg) {
  pthread_t id;
  auto* s = new Start{f, arg};
  if (pthread_create(&id, nullptr, run_start, s) != 0) {
    delete s;
    return PYTHREAD_INVALID_THREAD_ID;
  }
  pthread_detach(id);
  return static_cast<unsigned long>(id);
}
ADDER_API void __attribute__((noreturn)) PyThread_exit_thread(void) { pthread_exit(nullptr); }
ADDER_API size_t PyThread_get_stacksize(void) { return 0; }
ADDER_API int PyThread_set_stacksize(size_t) { return 0; }
ADDER_API PyThread_type_lock PyThread_allocate_lock(void) {
  auto* s = static_cast<sem_t*>(PyMem_RawMalloc(sizeof(sem_t)));
  if (s) sem_init(s, 0, 1);
  return s;
}
ADDER_API void PyThread_free_lock(PyThread_type_lock l) {
  sem_destroy(static_cast<sem_t*>(l));
  PyMem_RawFree(l);
}
ADDER_API PyLockStatus PyThread_acquire_lock_timed(PyThread_type_lock l, PY_TIMEOUT_T microseconds, int intr) {
  auto* s = static_cast<sem_t*>(l);
  timespec end{};
  if (microseconds > 0) {
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += microseconds / 1000000;
    end.tv_nsec += microseconds % 1000000 * 1000;
    if (end.tv_nsec >= 1000000000) {
      end.tv_nsec -= 1000000000;
      end.tv_sec++;
    }
  }
  for (;;) {
    int r = microseconds == 0 ? sem_trywait(s) : microseconds < 0 ? sem_wait(s) : sem_clockwait(s, CLOCK_MONOTONIC, &end);
    if (r == 0) return PY_LOCK_ACQUIRED;
    if (errno == EINTR) {
      if (intr) return PY_LOCK_INTR;
      continue;
    }
    return PY_LOCK_FAILURE;
  }
}
ADDER_API int PyThread_acquire_lock(PyThread_type_lock l, int wait) { return PyThread_acquire_lock_timed(l, wait ? -1 : 0, 0) == PY_LOCK_ACQUIRED; }
ADDER_API void PyThread_release_lock(PyThread_type_lock l) { sem_post(static_cast<sem_t*>(l)); }
ADDER_API PyLockStatus PyThread_acquire_lock_timed_with_retries(PyThread_type_lock l, PY_TIMEOUT_T microseconds) {
  PyLockStatus r = PyThread_acquire_lock_timed(l, 0, 0);
  if (r == PY_LOCK_ACQUIRED || microseconds == 0) return r;
  Thread* t = this_thread();
  drop_gil(t);
  r = PyThread_acquire_lock_timed(l, microseconds, 1);
  take_gil(t);
  return r;
}
ADDER_API int PyThread_tss_create(Py_tss_t* k) {
  if (k->_is_initialized) return 0;
  if (pthread_key_create(&k->_key, nullptr) != 0) return -1;
  k->_is_initialized = 1;
  return 0;
}
ADDER_API int PyThread_tss_is_created(Py_tss_t* k) { return k->_is_initialized; }
ADDER_API void PyThread_tss_delete(Py_tss_t* k) {
  if (k->_is_initialized) pthread_key_delete(k->_key);
  k->_is_initialized = 0;
}
ADDER_API int PyThread_tss_set(Py_tss_t* k, void* v) { return pthread_setspecific(k->_key, v) ? -1 : 0; }
ADDER_API void* PyThread_tss_get(Py_tss_t* k) { return pthread_getspecific(k->_key); }
ADDER_API Py_tss_t* PyThread_tss_alloc(void) {
  auto* k = static_cast<Py_tss_t*>(PyMem_RawMalloc(sizeof(Py_tss_t)));
  if (k) *k = Py_tss_NEEDS_INIT;
  return k;
}
ADDER_API void PyThread_tss_free(Py_tss_t* k) {
  if (!k) return;
  PyThread_tss_delete(k);
  PyMem_RawFree(k);
}

// --- Time -------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API _PyTime_t _PyTime_GetMonotonicClock(void) {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1000000000 + t.tv_nsec;
}
ADDER_API _PyTime_t _PyTime_GetSystemClock(void) {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * 1000000000 + t.tv_nsec;
}
ADDER_API _PyTime_t _PyTime_GetPerfCounter(void) { return _PyTime_GetMonotonicClock(); }
ADDER_API int _PyTime_FromNanosecondsObject(_PyTime_t* t, PyObject* o) {
  if (!PyLong_Check(o)) return raise(PyExc_TypeError, "expect int, got %s", Py_TYPE(o)->tp_name);
  int64_t ns;
  if (!int_as_i64(in(o), &ns)) return -1;
  *t = ns;
  return 0;
}
ADDER_API int _PyEval_SetProfile(PyThreadState* t, Py_tracefunc f, PyObject* arg) { return status(set_profile_function(reinterpret_cast<Thread*>(t), f, arg)); }
ADDER_API _PyTime_t _PyTime_FromSeconds(int s) { return int64_t{s} * 1000000000; }
ADDER_API int _PyTime_FromSecondsObject(_PyTime_t* t, PyObject* o, _PyTime_round_t round) {
  if (PyFloat_Check(o)) {
    double d = PyFloat_AsDouble(o);
    if (d != d) return raise(PyExc_ValueError, "Invalid value NaN (not a number)");
    d *= 1e9;
    d = round == _PyTime_ROUND_CEILING ? __builtin_ceil(d) : round == _PyTime_ROUND_FLOOR ? __builtin_floor(d) : round == _PyTime_ROUND_UP ? (d >= 0 ? __builtin_ceil(d) : __builtin_floor(d)) : __builtin_rint(d);
    if (!(d >= -9.2233720368547758e18 && d < 9.2233720368547758e18)) return raise(PyExc_OverflowError, "timestamp too large to convert to C _PyTime_t");
    *t = static_cast<_PyTime_t>(d);
    return 0;
  }
  long long s = PyLong_AsLongLong(o);
  if (s == -1 && error_occurred()) return -1;
  if (__builtin_mul_overflow(s, 1000000000ll, t)) return raise(PyExc_OverflowError, "timestamp too large to convert to C _PyTime_t");
  return 0;
}
namespace {
_PyTime_t divide(_PyTime_t t, _PyTime_t k, _PyTime_round_t round) {
  _PyTime_t q = t / k, r = t % k;
  switch (round) {
    case _PyTime_ROUND_CEILING: return r > 0 ? q + 1 : q;
    case _PyTime_ROUND_FLOOR: return r < 0 ? q - 1 : q;
    case _PyTime_ROUND_UP: return r > 0 ? q + 1 : r < 0 ? q - 1 : q;
    default: {
      _PyTime_t twice = (r < 0 ? -r : r) * 2;
      return twice > k || (twice == k && (q & 1)) ? (t < 0 ? q - 1 : q + 1) : q;
    }
  }
}
}  // namespace
ADDER_API _PyTime_t _PyTime_AsMilliseconds(_PyTime_t t, _PyTime_round_t r) { return divide(t, 1000000, r); }
ADDER_API _PyTime_t _PyTime_AsMicroseconds(_PyTime_t t, _PyTime_round_t r) { return divide(t, 1000, r); }
ADDER_API double _PyTime_AsSecondsDouble(_PyTime_t t) { return static_cast<double>(t) / 1e9; }
ADDER_API PyObject* _PyTime_AsNanosecondsObject(_PyTime_t t) { return PyLong_FromLongLong(t); }
ADDER_API _PyTime_t _PyDeadline_Init(_PyTime_t timeout) { return _PyTime_GetMonotonicClock() + timeout; }
ADDER_API _PyTime_t _PyDeadline_Get(_PyTime_t deadline) { return deadline - _PyTime_GetMonotonicClock(); }
ADDER_API int _PyTime_AsTimeval(_PyTime_t t, timeval* tv, _PyTime_round_t r) {
  _PyTime_t us = divide(t, 1000, r);
  tv->tv_sec = us / 1000000;
  tv->tv_usec = us % 1000000;
  if (tv->tv_usec < 0) {
    tv->tv_usec += 1000000;
    tv->tv_sec--;
  }
  return 0;
}
ADDER_API int _PyTime_AsTimespec(_PyTime_t t, timespec* ts) {
  ts->tv_sec = t / 1000000000;
  ts->tv_nsec = t % 1000000000;
  if (ts->tv_nsec < 0) {
    ts->tv_nsec += 1000000000;
    ts->tv_sec--;
  }
  return 0;
}

// --- Evaluation, sys, life --------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyEval_EvalCode(PyObject* code, PyObject* globals, PyObject* locals) { return out(hooks.eval_code(Value{code}, in(globals), locals ? in(locals) : in(globals), Value{})); }
ADDER_API PyObject* PyEval_GetBuiltins(void) {
  Frame* f = visible_frame(this_thread());
  PyObject* d = f ? frame_builtins(f) : as_module(the_interpreter->builtins)->dict;
  return seen(d) ? d : nullptr;
}
ADDER_API PyObject* PyEval_GetGlobals(void) {
  Frame* f = visible_frame(this_thread());
  return f && seen(frame_globals(f)) ? frame_globals(f) : nullptr;
}
ADDER_API PyObject* PyEval_GetLocals(void) {
  Frame* f = visible_frame(this_thread());
  if (!f) return raise(PyExc_SystemError, "frame does not exist");
  Ref d = frame_locals(f);
  return d.object();  // borrowed: the frame keeps it
}
ADDER_API PyFrameObject* PyEval_GetFrame(void) {
  Frame* f = visible_frame(this_thread());
  return f ? frame_object(f) : nullptr;
}
ADDER_API PyObject* _PyEval_GetBuiltin(PyObject* n) { return out(getattr(the_interpreter->builtins, n)); }
ADDER_API PyObject* _PyEval_GetBuiltinId(_Py_Identifier* id) { return out(getattr(the_interpreter->builtins, intern_static(id->string, strlen(id->string)))); }
ADDER_API const char* PyEval_GetFuncName(PyObject* f) {
  if (PyMethod_Check(f)) return PyEval_GetFuncName(PyMethod_GET_FUNCTION(f));
  if (PyFunction_Check(f)) return PyUnicode_AsUTF8(reinterpret_cast<PyFunctionObject*>(f)->func_name);
  if (PyCFunction_Check(f)) return reinterpret_cast<PyCFunctionObject*>(f)->m_ml->ml_name;
  return Py_TYPE(f)->tp_name;
}
ADDER_API const char* PyEval_GetFuncDesc(PyObject* f) { return PyMethod_Check(f) || PyFunction_Check(f) || PyCFunction_Check(f) ? "()" : " object"; }
ADDER_API void PyEval_SetTrace(Py_tracefunc f, PyObject* arg) {
  if (!set_trace_function(this_thread(), f, arg)) write_unraisable(Value{});
}
ADDER_API void PyEval_SetProfile(Py_tracefunc f, PyObject* arg) {
  if (!set_profile_function(this_thread(), f, arg)) write_unraisable(Value{});
}
ADDER_API int PyEval_MergeCompilerFlags(PyCompilerFlags*) { return 0; }
ADDER_API PyObject* PySys_GetObject(const char* n) {
  Ref key = intern(n);
  if (!key || !the_interpreter->sys) return nullptr;
  return borrowed_dict_value(as_module(the_interpreter->sys)->dict, key);
}
ADDER_API PyObject* _PySys_GetAttr(PyThreadState*, PyObject* n) { return borrowed_dict_value(as_module(the_interpreter->sys)->dict, Value{n}); }
ADDER_API int PySys_SetObject(const char* n, PyObject* v) { return status(sys_set(n, in(v))); }
namespace {
void write_stream(const char* name, FILE* fallback, const char* text) {
  ErrorKeeper keep;
  Value stream = sys_get(name);
  Ref s = str_from_utf8(text, "replace");
  Ref done = stream && !is_none(stream) && s ? call_method(stream, "write"_id, {s.get()}) : Ref{};
  if (!done) {
    clear_error();
    fputs(text, fallback);
  }
}
// At most 1,000 bytes, as CPython has it.
void write_formatted(const char* name, FILE* fallback, const char* format, va_list ap) {
  char buffer[1001];
  vsnprintf(buffer, sizeof buffer, format, ap);
  write_stream(name, fallback, buffer);
}
}  // namespace
ADDER_API void PySys_WriteStdout(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  write_formatted("stdout", stdout, format, ap);
  va_end(ap);
}
ADDER_API void PySys_WriteStderr(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  write_formatted("stderr", stderr, format, ap);
  va_end(ap);
}
ADDER_API void PySys_FormatStdout(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  Ref s = str_format_v(format, ap);
  va_end(ap);
  if (s) write_stream("stdout", stdout, std::string(str_utf8(s)).c_str());
}
ADDER_API void PySys_FormatStderr(const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  Ref s = str_format_v(format, ap);
  va_end(ap);
  if (s) write_stream("stderr", stderr, std::string(str_utf8(s)).c_str());
}
ADDER_API int PySys_Audit(const char* event, const char* format, ...) {
  if (!audit_active()) return 0;
  va_list ap;
  va_start(ap, format);
  Ref args = format && *format ? Ref::steal(Value{Py_VaBuildValue(format, ap)}) : tuple_empty();
  va_end(ap);
  if (!args) return -1;
  if (!is_tuple(args)) args = tuple_of({args.get()});
  return status(audit(event, args));
}
ADDER_API int PySys_AddAuditHook(Py_AuditHookFunction hook, void* data) {
  // Before there is an interpreter nobody can object.
  if (the_interpreter && !audit("sys.addaudithook")) {
    if (!error_matches(PyExc_RuntimeError)) return -1;
    clear_error();
    return 0;
  }
  audit_add_hook(hook, data);
  return 0;
}
ADDER_API size_t _PySys_GetSizeOf(PyObject* o) {
  Ref m = lookup_special(in(o), "__sizeof__"_id);
  Ref n = m ? call0(m) : Ref{};
  Py_ssize_t size;
  return n && as_ssize(n, &size) ? static_cast<size_t>(size) : static_cast<size_t>(-1);
}
ADDER_API const char* Py_GetVersion(void) {
  static std::string text;
  if (text.empty()) {
    Value v = sys_get("version");
    text = v ? std::string(str_utf8(v)) : PY_VERSION;
  }
  return text.c_str();
}
extern "C" __attribute__((visibility("default"))) const unsigned long Py_Version;
const unsigned long Py_Version = PY_VERSION_HEX;
ADDER_API const char* Py_GetPlatform(void) { return "linux"; }
ADDER_API const char* Py_GetCompiler(void) { return "[Clang " __clang_version__ "]"; }
ADDER_API const char* Py_GetBuildInfo(void) { return "Adder"; }
ADDER_API const char* Py_GetCopyright(void) { return "Copyright (c) The Adder developers."; }
extern "C" {
__attribute__((visibility("default"))) int Py_DebugFlag, Py_VerboseFlag, Py_QuietFlag, Py_InteractiveFlag, Py_InspectFlag, Py_OptimizeFlag, Py_NoSiteFlag, Py_BytesWarningFlag,
    Py_FrozenFlag, Py_IgnoreEnvironmentFlag, Py_DontWriteBytecodeFlag, Py_NoUserSiteDirectory, Py_UnbufferedStdioFlag, Py_HashRandomizationFlag = 1, Py_IsolatedFlag, Py_UTF8Mode;
__attribute__((visibility("default"))) const char* Py_FileSystemDefaultEncoding = "utf-8";
__attribute__((visibility("default"))) const char* Py_FileSystemDefaultEncodeErrors = "surrogateescape";
__attribute__((visibility("default"))) int Py_HasFileSystemDefaultEncoding = 1;
__attribute__((visibility("default"))) int (*PyOS_InputHook)(void) = nullptr;
__attribute__((visibility("default"))) char* (*PyOS_ReadlineFunctionPointer)(FILE*, FILE*, const char*) = nullptr;
}
