// The global lock: a flag under a mutex; a thread that waits longer than the switch interval asks the holder to hand over.
#include "runtime/gil.h"
#include "array/core/activity.h"
#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <unistd.h>
#include "runtime/interpreter.h"

namespace adder {
namespace {

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t released, taken;
bool conditions_ready = false;
bool held = false;
Thread* last_holder = nullptr;
uint64_t handovers = 0;
double interval = 0.005;
Thread* survivor = nullptr;  // while an interpreter ends: the thread that ends it

void make_conditions() {
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&released, &attr);
  pthread_cond_init(&taken, &attr);
  pthread_condattr_destroy(&attr);
  conditions_ready = true;
}
timespec after(double seconds) {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  auto ns = static_cast<int64_t>(seconds * 1e9) + ts.tv_nsec;
  ts.tv_sec += ns / 1000000000;
  ts.tv_nsec = ns % 1000000000;
  return ts;
}

}  // namespace

void (*thread_took_lock)(Thread* t) = nullptr;

void take_gil(Thread* t) {
  int saved_errno = errno;
  const Doing before = doing;
  bool had_to_wait = false;
  pthread_mutex_lock(&mutex);
  if (!conditions_ready) make_conditions();
  while (held) {
    if (!had_to_wait) {
      had_to_wait = true;
      doing = Doing::locked_out;
      if (activity_hook) activity_hook(true, "waiting for the lock", "lock", 0);
    }
    uint64_t seen = handovers;
    timespec limit = after(interval);
    int status = pthread_cond_timedwait(&released, &mutex, &limit);
    if (status == ETIMEDOUT && held && handovers == seen) breaker_add(kBreakGil);
  }
  if (survivor && t != survivor) {
    pthread_cond_signal(&released);
    pthread_mutex_unlock(&mutex);
    for (;;) pause();
  }
  held = true;
  if (last_holder != t) {
    last_holder = t;
    handovers++;
  }
  breaker_remove(kBreakGil);
  pthread_cond_signal(&taken);
  set_current_thread(&t->ts);
  if (interpreter_of(t) != the_interpreter) make_current(interpreter_of(t));
  pthread_mutex_unlock(&mutex);
  doing = before == Doing::waiting ? Doing::interpreting : before;
  if (ActivityHook told = activity_hook) {
    if (had_to_wait) told(false, "waiting for the lock", "lock", 0);
    told(true, "holding the lock", "lock", 0);
  }
  if (thread_took_lock) thread_took_lock(t);
  errno = saved_errno;
}
void drop_gil(Thread* t) {
  if (doing == Doing::interpreting) doing = Doing::waiting;
  if (activity_hook) activity_hook(false, "holding the lock", "lock", 0);
  set_current_thread(nullptr);
  pthread_mutex_lock(&mutex);
  last_holder = t;
  held = false;
  pthread_cond_signal(&released);
  pthread_mutex_unlock(&mutex);
}
bool yield_gil(Thread* t) {
  if (activity_hook) activity_hook(false, "holding the lock", "lock", 0);
  set_current_thread(nullptr);
  pthread_mutex_lock(&mutex);
  bool asked = __atomic_load_n(&eval_breaker, __ATOMIC_RELAXED) & kBreakGil;
  last_holder = t;
  held = false;
  pthread_cond_signal(&released);
  if (asked) {
    // Wait until somebody else took it: otherwise this thread would take it straight back.
    timespec limit = after(0.1);
    while (last_holder == t && !held) {
      if (pthread_cond_timedwait(&taken, &mutex, &limit) == ETIMEDOUT) break;
    }
  }
  pthread_mutex_unlock(&mutex);
  take_gil(t);
  return true;
}
void gil_for_one(Thread* t) {
  pthread_mutex_lock(&mutex);
  survivor = t;
  pthread_mutex_unlock(&mutex);
}
void gil_after_fork() {
  survivor = nullptr;
  mutex = PTHREAD_MUTEX_INITIALIZER;
  make_conditions();
  held = true;
  last_holder = this_thread();
  breaker_remove(kBreakGil);
}
double switch_interval() { return interval; }
void set_switch_interval(double seconds) { interval = seconds; }

}  // namespace adder
