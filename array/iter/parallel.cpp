// Work split over oneTBB's threads.
#include "array/iter/parallel.h"

#include <atomic>
#include <new>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#if __has_feature(thread_sanitizer)
#include <thread>
#include <vector>
#endif

#include "array/core/host.h"

namespace adder::array {

namespace {

// run(i) for the pieces [0, pieces), several at a time.
template <class Run>
void deal_out(index_t pieces, Run run) {
#if __has_feature(thread_sanitizer)
  // The sanitizer does not see what oneTBB's library hands over from thread to thread: pieces are drawn by threads of our own.
  std::atomic<index_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count(); ++i)
    threads.emplace_back([&] {
      for (index_t piece; (piece = next.fetch_add(1)) < pieces;) run(piece, piece + 1);
    });
  for (std::thread& thread : threads) thread.join();
#else
  static tbb::task_arena arena(thread_count());
  arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<index_t>(0, pieces), [&](const tbb::blocked_range<index_t>& range) { run(range.begin(), range.end()); });
  });
#endif
}

}  // namespace

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
    deal_out(pieces, [&](index_t first, index_t last) {
      set_floating_modes(modes);
      const index_t begin = first * grain, end = last * grain;
      const Conditions mine = body(self, begin, end < n ? end : n);
      if (mine) seen.fetch_or(mine, std::memory_order_relaxed);
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
