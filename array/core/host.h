// What the host gives the engine: memory, a lock, a sink of warnings, a poll for interrupts. The defaults
// suit a plain C++ program; `numpy/` sets its own once, before the first array is made.
#pragma once

#include <cstddef>

#include "array/core/activity.h"
#include "array/core/conditions.h"

namespace adder::array {

struct Host {
  void* (*allocate)(std::size_t size);
  void (*release)(void* block);
  void (*lock)();
  void (*unlock)();
  void (*warn)(const char* operation, Conditions raised);
  bool (*interrupted)();  // true: stop as soon as may be
  // Long work on memory begins and ends: a host with a lock of its own (Python's GIL) lets others in meanwhile. What
  // `let_go` returns is handed back to `take_back`; null functions where there is no such lock.
  void* (*let_go)();
  void (*take_back)(void* token);
};

Host& host();

// Marks the thread as computing for as long as it lives, and lets go of the host's lock if the work is worth it. `what`: its name for who
// looks on.
class LongWork {
 public:
  LongWork(const char* what, std::ptrdiff_t elements) : activity_(Doing::kernel, what, elements, elements >= Activity::kNotable) {
    if (elements < kWorth || !host().let_go) [[likely]] return;
    token_ = host().let_go();
  }
  ~LongWork() {
    if (token_) host().take_back(token_);
  }
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

 private:
  static constexpr std::ptrdiff_t kWorth = 1 << 16;
  Activity activity_;
  void* token_ = nullptr;
};

// Threads that one operation may use; ADDER_NUM_THREADS, or the machine's.
int thread_count();
void set_thread_count(int count);

}  // namespace adder::array
