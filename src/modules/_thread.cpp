// _thread: threads, locks, thread-local data.
#include <cerrno>
#include <cmath>
#include <ctime>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include "memory/gc.h"
#include "modules/duration.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/struct_sequence.h"
#include "object/type.h"
#include "modules/sys.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"

namespace adder {

static ADDER_TYPE(lock_type);
static ADDER_TYPE(rlock_type);
static ADDER_TYPE(local_type);

namespace {

constexpr int64_t kTimeoutMax = INT64_MAX / kSecond;  // seconds
constexpr int64_t kForEver = -kSecond;

// --- Waiting ------------------------------------------------------------------------------------------------------------------------------
// Acquires a semaphore: 1 got it, 0 timed out, -1 a signal handler raised. timeout in nanoseconds; < 0: for ever; 0: no wait.
int acquire(sem_t* s, int64_t timeout) {
  while (sem_trywait(s) != 0) {
    if (errno == EINTR) continue;
    if (timeout == 0) return 0;
    timespec deadline{};
    if (timeout > 0) {
      clock_gettime(CLOCK_MONOTONIC, &deadline);
      deadline.tv_sec += timeout / kSecond;
      deadline.tv_nsec += timeout % kSecond;
      if (deadline.tv_nsec >= kSecond) {
        deadline.tv_sec++;
        deadline.tv_nsec -= kSecond;
      }
    }
    for (;;) {
      int status, error;
      {
        ReleaseGil release;
        status = timeout > 0 ? sem_clockwait(s, CLOCK_MONOTONIC, &deadline) : sem_wait(s);
        error = errno;
      }
      if (status == 0) return 1;
      if (error == ETIMEDOUT) return 0;
      if (breaker_set() && !poll_breaker(this_thread())) return -1;
    }
  }
  return 1;
}
// acquire(blocking=True, timeout=-1): the timeout, or false with ValueError/OverflowError.
bool parse_timeout(const Value* a, int64_t* out) {
  bool blocking = true;
  if (a[0]) {
    int truth = is_true(a[0]);
    if (truth < 0) return false;
    blocking = truth;
  }
  int64_t timeout = kForEver;
  if (a[1] && !duration_arg(a[1], kSecond, &timeout)) return false;
  if (!blocking && timeout != kForEver) return raise(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
  if (timeout < 0 && timeout != kForEver) return raise(PyExc_ValueError, "timeout value must be positive");
  if (timeout > kTimeoutMax * kSecond) return raise(PyExc_OverflowError, "timeout value is too large");
  *out = blocking ? timeout : 0;
  return true;
}

// --- lock ---------------------------------------------------------------------------------------------------------------------------------
struct Lock {
  PyObject head;
  sem_t semaphore;
  PyObject* weakrefs;
  bool locked;
};
Lock* lock_of(Value v) { return v.as<Lock>(); }

Ref lock_new() {
  Lock* l = new_object<Lock>(&lock_type);
  if (!l) return Ref{};
  sem_init(&l->semaphore, 0, 1);
  return Ref::steal(Value{&l->head});
}
Ref lock_type_new(PyTypeObject*, Args) { return raise(PyExc_TypeError, "cannot create '_thread.lock' instances"); }
void lock_dealloc(PyObject* o) {
  auto* l = reinterpret_cast<Lock*>(o);
  if (l->weakrefs) clear_weakrefs(o);
  sem_destroy(&l->semaphore);
  Py_TYPE(o)->tp_free(o);
}
Ref lock_acquire(Value self, const Value* a) {
  int64_t timeout;
  if (!parse_timeout(a, &timeout)) return Ref{};
  int got = acquire(&lock_of(self)->semaphore, timeout);
  if (got < 0) return Ref{};
  if (got) lock_of(self)->locked = true;
  return bool_ref(got);
}
Ref lock_release(Value self) {
  Lock* l = lock_of(self);
  if (!l->locked) return raise(PyExc_RuntimeError, "release unlocked lock");
  l->locked = false;
  sem_post(&l->semaphore);
  return none_ref();
}
Ref lock_locked(Value self) { return bool_ref(lock_of(self)->locked); }
Ref lock_enter(Value self) {
  Value none_given[2] = {};
  return lock_acquire(self, none_given);
}
Ref lock_exit(Value self, Args) { return lock_release(self); }
Ref lock_at_fork(Value self) {
  Lock* l = lock_of(self);
  sem_init(&l->semaphore, 0, 1);
  l->locked = false;
  return none_ref();
}
Ref lock_repr(Value self) { return str_format("<%s %s object at %p>", lock_of(self)->locked ? "locked" : "unlocked", type_of(self)->tp_name, self.object()); }

const MethodRow lock_methods[] = {
    method<lock_acquire>("acquire", "($self, /, blocking=True, timeout=-1)", "Lock the lock."),
    method<lock_acquire>("acquire_lock", "($self, /, blocking=True, timeout=-1)", "Lock the lock."),
    method<lock_release>("release", "($self, /)", "Release the lock."),
    method<lock_release>("release_lock", "($self, /)", "Release the lock."),
    method<lock_locked>("locked", "($self, /)", "Return whether the lock is in the locked state."),
    method<lock_locked>("locked_lock", "($self, /)", "Return whether the lock is in the locked state."),
    method<lock_enter>("__enter__", "($self, /)", "Lock the lock."),
    method<lock_exit>("__exit__", "", "Release the lock."),
    method<lock_at_fork>("_at_fork_reinit", "($self, /)", ""),
    {}};
const TypeDef lock_def{
    .type = &lock_type,
    .name = "_thread.lock",
    .basicsize = sizeof(Lock),
    .doc = "A lock object is a synchronization primitive.",
    .dealloc = lock_dealloc,
    .weaklistoffset = offsetof(Lock, weakrefs),
    .slots = {.tp_repr = slot::Unary<lock_repr>, .tp_new = slot::New<lock_type_new>},
    .methods = lock_methods,
};

// --- RLock --------------------------------------------------------------------------------------------------------------------------------
struct RLock {
  PyObject head;
  sem_t semaphore;
  unsigned long owner;
  unsigned long count;
  PyObject* weakrefs;
};
RLock* rlock_of(Value v) { return v.as<RLock>(); }
unsigned long me() { return static_cast<unsigned long>(pthread_self()); }

Ref rlock_new(PyTypeObject* type, Args) {
  RLock* l = new_object<RLock>(type);
  if (!l) return Ref{};
  sem_init(&l->semaphore, 0, 1);
  return Ref::steal(Value{&l->head});
}
void rlock_dealloc(PyObject* o) {
  auto* l = reinterpret_cast<RLock*>(o);
  if (l->weakrefs) clear_weakrefs(o);
  sem_destroy(&l->semaphore);
  Py_TYPE(o)->tp_free(o);
}
Ref rlock_acquire(Value self, const Value* a) {
  int64_t timeout;
  if (!parse_timeout(a, &timeout)) return Ref{};
  RLock* l = rlock_of(self);
  if (l->count > 0 && l->owner == me()) {
    l->count++;
    return bool_ref(true);
  }
  int got = acquire(&l->semaphore, timeout);
  if (got < 0) return Ref{};
  if (got) {
    l->owner = me();
    l->count = 1;
  }
  return bool_ref(got);
}
Ref rlock_release(Value self) {
  RLock* l = rlock_of(self);
  if (l->count == 0 || l->owner != me()) return raise(PyExc_RuntimeError, "cannot release un-acquired lock");
  if (--l->count == 0) {
    l->owner = 0;
    sem_post(&l->semaphore);
  }
  return none_ref();
}
Ref rlock_enter(Value self) {
  Value none_given[2] = {};
  return rlock_acquire(self, none_given);
}
Ref rlock_exit(Value self, Args) { return rlock_release(self); }
Ref rlock_is_owned(Value self) { return bool_ref(rlock_of(self)->count > 0 && rlock_of(self)->owner == me()); }
Ref rlock_release_save(Value self) {
  RLock* l = rlock_of(self);
  if (l->count == 0) return raise(PyExc_RuntimeError, "cannot release un-acquired lock");
  Ref count = int_from_u64(l->count), owner = int_from_u64(l->owner);
  l->count = l->owner = 0;
  sem_post(&l->semaphore);
  return tuple_of({count, owner});
}
Ref rlock_acquire_restore(Value self, Value state) {
  uint64_t count, owner;
  if (!is_tuple(state) || tuple_size(state) != 2) return raise(PyExc_TypeError, "_acquire_restore() argument must be a 2-tuple");
  if (!int_as_u64(tuple_get(state, 0), &count) || !int_as_u64(tuple_get(state, 1), &owner)) return Ref{};
  RLock* l = rlock_of(self);
  while (acquire(&l->semaphore, -1) < 0) clear_error();
  l->count = count;
  l->owner = owner;
  return none_ref();
}
Ref rlock_at_fork(Value self) {
  RLock* l = rlock_of(self);
  sem_init(&l->semaphore, 0, 1);
  l->owner = l->count = 0;
  return none_ref();
}
Ref rlock_repr(Value self) {
  RLock* l = rlock_of(self);
  return str_format("<%s %s object owner=%lu count=%lu at %p>", l->count ? "locked" : "unlocked", type_of(self)->tp_name, l->owner, l->count, self.object());
}
const MethodRow rlock_methods[] = {
    method<rlock_acquire>("acquire", "($self, /, blocking=True, timeout=-1)", "Lock the lock."),
    method<rlock_release>("release", "($self, /)", "Release the lock, allowing another thread that is blocked waiting for the lock to acquire it."),
    method<rlock_enter>("__enter__", "($self, /)", "Lock the lock."),
    method<rlock_exit>("__exit__", "", "Release the lock."),
    method<rlock_is_owned>("_is_owned", "($self, /)", "For internal use by `threading.Condition`."),
    method<rlock_release_save>("_release_save", "($self, /)", "For internal use by `threading.Condition`."),
    method<rlock_acquire_restore>("_acquire_restore", "($self, state, /)", "For internal use by `threading.Condition`."),
    method<rlock_at_fork>("_at_fork_reinit", "($self, /)", ""),
    {}};
const TypeDef rlock_def{
    .type = &rlock_type,
    .name = "_thread.RLock",
    .basicsize = sizeof(RLock),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .dealloc = rlock_dealloc,
    .weaklistoffset = offsetof(RLock, weakrefs),
    .slots = {.tp_repr = slot::Unary<rlock_repr>, .tp_new = slot::New<rlock_new>},
    .methods = rlock_methods,
};

// --- _local: attributes of a thread's own --------------------------------------------------------------------------------------------------
// Each thread keeps its dicts in ts.dict under the local's key; they go when the thread or the local goes.
struct Local {
  PyObject head;
  PyObject* key;       // str, the key in every thread's dict
  PyObject* args;      // arguments of the constructor, for __init__ in each thread
  PyObject* kwargs;    // or null
  PyObject* weakrefs;
};
Local* local_of(Value v) { return v.as<Local>(); }

Ref thread_dict() {
  Thread* t = this_thread();
  if (!t->ts.dict) t->ts.dict = dict_new().release().object();
  return t->ts.dict ? Ref::copy(Value{t->ts.dict}) : Ref{};
}
// To the collector a local owns its dicts: were the thread's dict tracked, a cycle through a local would look reachable from it.
void hide_thread_dict(Value all) { gc_untrack(all.object()); }
// This thread's dict of a local, made (and __init__ called) at the first use.
Ref local_dict(Value self) {
  Local* l = local_of(self);
  Ref all = thread_dict();
  if (!all) return Ref{};
  Value existing;
  if (dict_lookup(all, Value{l->key}, &existing) < 0) return Ref{};
  if (existing) return Ref::copy(existing);
  Ref dict = dict_new();
  if (!dict || !dict_set(all, Value{l->key}, dict)) return Ref{};
  hide_thread_dict(all);
  if (type_of(self)->tp_init != PyBaseObject_Type.tp_init) {
    Ref init = getattr(self, "__init__"_id);
    Ref done = init ? call_tuple_dict(init, Value{l->args}, l->kwargs ? Value{l->kwargs} : Value{}) : Ref{};
    if (!done) {
      ErrorKeeper keep;
      (void)dict_delete(all, Value{l->key});
      return Ref{};
    }
  }
  return dict;
}
Ref local_new(PyTypeObject* type, Args args) {
  if (type->tp_init == PyBaseObject_Type.tp_init && (args.n || (args.kwnames && tuple_size(Value{args.kwnames}))))
    return raise(PyExc_TypeError, "Initialization arguments are not supported");
  Local* l = new_object<Local>(type);
  if (!l) return Ref{};
  Ref self = Ref::steal(Value{&l->head});
  Ref tuple, dict;
  if (!pack_args(args, &tuple, &dict)) return Ref{};
  l->args = tuple.release().object();
  l->kwargs = dict.release().object();
  l->key = str_format("thread.local.%p", static_cast<void*>(l)).release().object();
  Ref all = l->key ? thread_dict() : Ref{};
  Ref own = all ? dict_new() : Ref{};
  // type.__call__ runs __init__ for this thread.
  if (!own || !dict_set(all, Value{l->key}, own)) return Ref{};
  hide_thread_dict(all);
  return self;
}
int local_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* l = reinterpret_cast<Local*>(o);
  ADDER_VISIT(l->args);
  ADDER_VISIT(l->kwargs);
  if (Thread* t = this_thread(); t && t->ts.dict && l->key) ADDER_VISIT(dict_get_str(Value{t->ts.dict}, l->key));
  return 0;
}
int local_clear(PyObject* o) {
  auto* l = reinterpret_cast<Local*>(o);
  Py_CLEAR(l->args);
  Py_CLEAR(l->kwargs);
  if (!l->key) return 0;
  for (Thread* t = the_interpreter ? the_interpreter->threads : nullptr; t; t = reinterpret_cast<Thread*>(t->ts.next)) {
    if (!t->ts.dict) continue;
    Ref gone;
    ErrorKeeper keep;
    if (dict_pop(Value{t->ts.dict}, Value{l->key}, &gone) < 0) clear_error();
  }
  return 0;
}
void local_dealloc(PyObject* o) {
  auto* l = reinterpret_cast<Local*>(o);
  gc_untrack(o);
  if (l->weakrefs) clear_weakrefs(o);
  local_clear(o);
  Py_CLEAR(l->key);
  Py_TYPE(o)->tp_free(o);
}
Ref local_getattro(Value self, PyObject* name) {
  Ref dict = local_dict(self);
  if (!dict) return Ref{};
  if (str_equals(Value{name}, "__dict__")) return dict;
  // Data descriptors of the type first, then the thread's dict, then the rest of the type.
  Value descr = type_lookup(type_of(self), name);
  if (descr && slots_of(descr).tp_descr_set) return generic_getattr(self, name);
  Value v;
  int found = dict_lookup(dict, Value{name}, &v);
  if (found < 0) return Ref{};
  return found ? Ref::copy(v) : generic_getattr(self, name);
}
bool local_setattro(Value self, PyObject* name, Value v) {
  Ref dict = local_dict(self);
  if (!dict) return false;
  if (str_equals(Value{name}, "__dict__"))
    return raise(PyExc_AttributeError, "'%.50s' object attribute '%U' is read-only", type_of(self)->tp_name, name);
  Value descr = type_lookup(type_of(self), name);
  if (descr && slots_of(descr).tp_descr_set) return generic_setattr(self, name, v);
  if (v) return dict_set(dict, Value{name}, v);
  int done = dict_delete(dict, Value{name});
  if (done == 0) return raise_attribute_error(self, name);
  return done > 0;
}
const TypeDef local_def{
    .type = &local_type,
    .name = "_thread._local",
    .basicsize = sizeof(Local),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Thread-local data",
    .dealloc = local_dealloc,
    .traverse = local_traverse,
    .clear = local_clear,
    .weaklistoffset = offsetof(Local, weakrefs),
    .slots = {.tp_getattro = slot::GetAttr<local_getattro>, .tp_setattro = slot::SetAttr<local_setattro>, .tp_new = slot::New<local_new>},
};

// --- Threads ------------------------------------------------------------------------------------------------------------------------------
struct Boot {
  Thread* thread;
  Value function, args, kwargs;  // owned
};
PyTypeObject* except_hook_args_type = nullptr;
size_t stack_size = 0;
int64_t thread_count = 0;

void* run_thread(void* p) {
  auto* boot = static_cast<Boot*>(p);
  Thread* t = boot->thread;
  t->ts.thread_id = static_cast<unsigned long>(pthread_self());
  t->ts.native_thread_id = static_cast<unsigned long>(gettid());
  take_gil(t);
  thread_count++;
  {
    Ref function = Ref::steal(boot->function), args = Ref::steal(boot->args), kwargs = Ref::steal(boot->kwargs);
    delete boot;
    Ref result = call_tuple_dict(function, args, kwargs ? kwargs.get() : Value{});
    if (!result) {
      if (error_matches(PyExc_SystemExit)) clear_error();
      else write_unraisable(function, "in thread started by");
    }
  }
  thread_count--;
  thread_delete_current();
  return nullptr;
}
Ref start_new_thread(Value, const Value* a) {
  if (!is_callable(a[0])) return raise(PyExc_TypeError, "first arg must be callable");
  if (!is_tuple(a[1])) return raise(PyExc_TypeError, "2nd arg must be a tuple");
  if (a[2] && !is_dict(a[2])) return raise(PyExc_TypeError, "optional 3rd arg must be a dictionary");
  if (!allowed_when_isolated("thread is not supported for isolated subinterpreters")) return Ref{};
  Thread* t = thread_new();
  if (!t) return raise_no_memory();
  t->ts.thread_id = 0;  // not this thread's; the new one sets it
  auto* boot = new Boot{t, Ref::copy(a[0]).release(), Ref::copy(a[1]).release(), a[2] ? Ref::copy(a[2]).release() : Value{}};
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  if (stack_size) pthread_attr_setstacksize(&attr, stack_size);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_t id;
  int status = pthread_create(&id, &attr, run_thread, boot);
  pthread_attr_destroy(&attr);
  if (status != 0) {
    decref(boot->function);
    decref(boot->args);
    decref(boot->kwargs);
    delete boot;
    thread_discard(t);
    return raise(PyExc_RuntimeError, "can't start new thread");
  }
  return int_from_u64(static_cast<uint64_t>(id));
}
Ref exit_thread(Value) { return raise_none(PyExc_SystemExit); }
Ref interrupt_main(Value, const Value* a) {
  int signal = 2;
  if (a[0] && !as_int(a[0], &signal)) return Ref{};
  if (signal < 1 || signal > 64) return raise(PyExc_ValueError, "signal number out of range");
  simulate_signal(signal);
  return none_ref();
}
Ref allocate_lock(Value) { return lock_new(); }
Ref get_ident(Value) { return int_from_u64(me()); }
Ref get_native_id(Value) { return int_from_u64(static_cast<uint64_t>(gettid())); }
Ref count(Value) { return int_from_i64(thread_count); }
Ref stack_size_function(Value, const Value* a) {
  Py_ssize_t n = 0;
  if (a[0] && !as_ssize(a[0], &n)) return Ref{};
  if (n < 0) return raise(PyExc_ValueError, "size must be 0 or a positive value");
  auto old = static_cast<int64_t>(stack_size);
  if (a[0]) {
    if (n != 0 && n < 32768) return raise(PyExc_ValueError, "size not valid: %zd bytes", n);
    stack_size = static_cast<size_t>(n);
  }
  return int_from_i64(old);
}
// The lock that a thread releases when its state is gone; threading joins on it.
void release_sentinel(void* p) {
  auto* ref = static_cast<PyObject*>(p);
  Value target{reinterpret_cast<PyWeakReference*>(ref)->wr_object};
  if (target != none() && lock_of(target)->locked) {
    lock_of(target)->locked = false;
    sem_post(&lock_of(target)->semaphore);
  }
  Py_DECREF(ref);
}
Ref set_sentinel(Value) {
  Thread* t = this_thread();
  if (t->ts.on_delete) {
    t->ts.on_delete = nullptr;
    auto* old = static_cast<PyObject*>(t->ts.on_delete_data);
    t->ts.on_delete_data = nullptr;
    Py_DECREF(old);
  }
  Ref lock = lock_new();
  Ref ref = lock ? call1(Value{&_PyWeakref_RefType}, lock) : Ref{};
  if (!ref) return Ref{};
  t->ts.on_delete_data = ref.release().object();
  t->ts.on_delete = &release_sentinel;
  return lock;
}
// threading.excepthook: "Exception in thread NAME:" and the traceback on sys.stderr.
Ref excepthook(Value, Value args) {
  if (type_of(args) != except_hook_args_type) return raise(PyExc_TypeError, "_thread.excepthook argument type must be ExceptHookArgs");
  Value type = tuple_get(args, 0);
  if (type == Value{PyExc_SystemExit}) return none_ref();
  Value e = tuple_get(args, 1), thread = tuple_get(args, 3);
  Ref file = Ref::copy(sys_get("stderr"));
  if (!file || is_none(file)) {
    if (is_none(thread)) return none_ref();
    file = getattr(thread, "_stderr"_id);
    if (!file) return Ref{};
    if (is_none(file)) return none_ref();
  }
  Ref name;
  if (!is_none(thread) && lookup_attr(thread, "name"_id, &name) < 0) return Ref{};
  Ref head = name ? str_format("Exception in thread %S:\n", name.get()) : str_format("Exception in thread %lu:\n", me());
  Ref written = head ? call_method(file, "write"_id, {head.get()}) : Ref{};
  if (!written) return Ref{};
  if (is_exception(e)) print_exception(e, file);
  Ref flushed = call_method(file, "flush"_id);
  return flushed ? none_ref() : Ref{};
}

const MethodRow functions[] = {
    method<start_new_thread>("start_new_thread", "($module, function, args, kwargs=<unrepresentable>, /)", "Start a new thread and return its identifier."),
    method<start_new_thread>("start_new", "($module, function, args, kwargs=<unrepresentable>, /)", "Start a new thread and return its identifier."),
    method<allocate_lock>("allocate_lock", "($module, /)", "Create a new lock object."),
    method<allocate_lock>("allocate", "($module, /)", "Create a new lock object."),
    method<exit_thread>("exit_thread", "($module, /)", "This is synonymous to ``raise SystemExit''."),
    method<exit_thread>("exit", "($module, /)", "This is synonymous to ``raise SystemExit''."),
    method<interrupt_main>("interrupt_main", "($module, signum=signal.SIGINT, /)", "Simulate the arrival of the given signal in the main thread."),
    method<get_ident>("get_ident", "($module, /)", "Return a non-zero integer that uniquely identifies the current thread."),
    method<get_native_id>("get_native_id", "($module, /)", "Return a non-negative integer identifying the thread as reported by the OS (kernel)."),
    method<count>("_count", "($module, /)", "Return the number of currently running Python threads, excluding the main thread."),
    method<stack_size_function>("stack_size", "($module, size=<unrepresentable>, /)", "Return the thread stack size used when creating new threads."),
    method<set_sentinel>("_set_sentinel", "($module, /)", "Set a sentinel lock that will be released when the current thread state is finalized (after it is untied from the interpreter)."),
    method<excepthook>("_excepthook", "($module, exc_type, /)", "Handle uncaught Thread.run() exception."),
    {}};
const StructField hook_fields[] = {{"exc_type", "Exception type"}, {"exc_value", "Exception value"}, {"exc_traceback", "Exception traceback"}, {"thread", "Thread"}, {}};

bool exec(PyObject* module) {
  if (!except_hook_args_type)
    except_hook_args_type = struct_sequence_type({"_thread._ExceptHookArgs", "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.", hook_fields, 4});
  return except_hook_args_type && module_add_type(module, lock_def) && module_add_type(module, rlock_def) && module_add_type(module, local_def) &&
         module_add(module, "LockType", Ref::copy(Value{&lock_type})) && module_add(module, "error", Ref::copy(Value{PyExc_RuntimeError})) &&
         module_add(module, "_ExceptHookArgs", Ref::copy(Value{except_hook_args_type})) && module_add(module, "TIMEOUT_MAX", float_new(kTimeoutMax));
}

}  // namespace

extern const ModuleDef thread_module;
const ModuleDef thread_module{
    .name = "_thread",
    .doc = "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
