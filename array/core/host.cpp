// The default host of a plain C++ program, and the number of threads operations may use.
#include "array/core/host.h"

#include <sched.h>

#include <cstdlib>
#include <mutex>

namespace adder::array {

namespace {

std::mutex host_mutex;
int configured_threads = 0;

int default_threads() {
  if (const char* text = std::getenv("ADDER_NUM_THREADS")) {
    int count = std::atoi(text);
    if (count >= 1) return count;
  }
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    if (count >= 1) return count;
  }
  return 1;
}

}  // namespace

Host& host() {
  static Host instance = {
      [](std::size_t size) { return std::malloc(size); },
      [](void* block) { std::free(block); },
      [] { host_mutex.lock(); },
      [] { host_mutex.unlock(); },
      nullptr,
      nullptr,
      nullptr,
      nullptr,
  };
  return instance;
}

int thread_count() {
  if (configured_threads == 0) configured_threads = default_threads();
  return configured_threads;
}

void set_thread_count(int count) { configured_threads = count < 1 ? 1 : count; }

}  // namespace adder::array
