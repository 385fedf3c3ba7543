// Work split over oneTBB's threads.
#include "array/iter/parallel.h"

#include <atomic>
#include <new>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "array/core/host.h"

namespace adder::array {

bool worth_threads(index_t n, unsigned cost) {
  constexpr index_t kWorthNanoseconds = 400'000;
  return n >= 1 << 16 && n / 10 * static_cast<index_t>(cost) >= kWorthNanoseconds && thread_count() > 1;
}

bool parallel_range(index_t n, index_t grain, Conditions (*body)(void*, index_t, index_t), void* self, Conditions* raised,
                    Error& error) {
  std::atomic<Conditions> seen{0};
  const unsigned modes = floating_modes();
  const index_t pieces = (n + grain - 1) / grain;
  try {
    static tbb::task_arena arena(thread_count());
    arena.execute([&] {
      tbb::parallel_for(tbb::blocked_range<index_t>(0, pieces), [&](const tbb::blocked_range<index_t>& range) {
        set_floating_modes(modes);
        index_t begin = range.begin() * grain, end = range.end() * grain;
        Conditions mine = body(self, begin, end < n ? end : n);
        if (mine) seen.fetch_or(mine, std::memory_order_relaxed);
      });
    });
  } catch (const std::bad_alloc&) {
    return error.fail(Code::no_memory);
  } catch (...) {
    return error.fail(Code::not_supported);
  }
  *raised |= seen.load();
  return true;
}

}  // namespace adder::array
