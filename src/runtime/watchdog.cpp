// The watchdog: sleeps until the next deadline. From a deadline on it taps the late thread with a signal every few milliseconds until that
// one has come to its end: a tap interrupts a system call that waits, and what runs looks at the eval breaker.
#include "runtime/watchdog.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <pthread.h>
#include <vector>

namespace adder {
namespace {

constexpr int64_t kTapNanoseconds = 5'000'000;
// Nothing happens on its arrival by default, and hardly a program uses it.
constexpr int kTapSignal = SIGURG;

struct Watched {
  Limits* limits;
  pthread_t thread;
  int64_t deadline;  // nanoseconds
};
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;
bool running = false;
std::vector<Watched>& all_watched() {
  static auto& all = *new std::vector<Watched>;
  return all;
}

int64_t now() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

void* watch_for_ever(void*) {
  pthread_mutex_lock(&lock);
  for (;;) {
    int64_t next = INT64_MAX;
    const int64_t time = now();
    for (Watched& w : all_watched()) {
      if (w.deadline <= time) {
        w.limits->late = true;
        breaker_add(kBreakLimit);
        pthread_kill(w.thread, kTapSignal);
        next = std::min(next, time + kTapNanoseconds);
      } else {
        next = std::min(next, w.deadline);
      }
    }
    if (next == INT64_MAX) {
      pthread_cond_wait(&changed, &lock);
      continue;
    }
    timespec until{next / 1'000'000'000, static_cast<long>(next % 1'000'000'000)};
    pthread_cond_timedwait(&changed, &lock, &until);
  }
}

bool start() {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&changed, &attributes);
  pthread_condattr_destroy(&attributes);
  struct sigaction before;
  if (sigaction(kTapSignal, nullptr, &before) == 0 && (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)) {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_ONSTACK;
    sigaction(kTapSignal, &action, nullptr);
  }
  // The host's signals are not this thread's business.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t thread;
  running = pthread_create(&thread, nullptr, &watch_for_ever, nullptr) == 0;
  if (running) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  return running;
}

}  // namespace

bool begin_watch(Limits* l, double seconds) {
  pthread_mutex_lock(&lock);
  const bool ready = running || start();
  if (ready) {
    all_watched().push_back({l, pthread_self(), now() + static_cast<int64_t>(std::min(seconds, 1e9) * 1e9)});
    pthread_cond_signal(&changed);
  }
  pthread_mutex_unlock(&lock);
  return ready;
}

double end_watch(Limits* l) {
  double left = 0;
  pthread_mutex_lock(&lock);
  auto& all = all_watched();
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].limits != l) continue;
    left = static_cast<double>(all[i].deadline - now()) * 1e-9;
    all.erase(all.begin() + static_cast<ptrdiff_t>(i));
    break;
  }
  pthread_mutex_unlock(&lock);
  return left;
}

// The thread is the parent's. The child runs on with what its parent had left of the time.
void watchdog_after_fork() {
  lock = PTHREAD_MUTEX_INITIALIZER;
  running = false;
  if (all_watched().empty()) return;
  pthread_mutex_lock(&lock);
  start();
  pthread_mutex_unlock(&lock);
}

}  // namespace adder
