// The global lock: one a process, as in CPython 3.11, because extension modules rely on it.
#pragma once
#include "vm/thread.h"

namespace adder {

void take_gil(Thread* t);        // waits; afterwards t is the current thread. errno is kept
void drop_gil(Thread* t);
bool yield_gil(Thread* t);       // hands over if another thread asked; for the eval breaker
// From now on only this thread gets the lock (null: every thread again). The others, daemon threads of an interpreter that ends, stop for good where
// they ask for it: what they would work on is being taken down.
void gil_for_one(Thread* t);
extern void (*thread_took_lock)(Thread* t);  // told, if set, when a thread has got the lock (runtime/sampler.cpp)
void gil_after_fork();           // in the child: only this thread is left
double switch_interval();        // seconds
void set_switch_interval(double seconds);

// Releases the lock in a scope: around blocking calls and long computations that touch no Python object.
class ReleaseGil {
 public:
  ReleaseGil() : thread_(this_thread()) { drop_gil(thread_); }
  ~ReleaseGil() { take_gil(thread_); }
  ReleaseGil(const ReleaseGil&) = delete;
 private:
  Thread* thread_;
};

}  // namespace adder
