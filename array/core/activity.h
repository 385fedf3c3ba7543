// What a thread is doing, for who watches from outside (src/runtime/sampler.h): a mark of the thread that a sampling profiler reads, and
// a hook that is told when notable work begins and ends. A mark costs two stores; with no hook set nothing else happens.
#pragma once

#include <cstdint>

namespace adder {

enum class Doing : std::uint8_t { interpreting, kernel, allocation, collection, waiting, locked_out };

// Read by a signal handler of the same thread: never allocated late.
inline thread_local volatile Doing doing __attribute__((tls_model("initial-exec"))) = Doing::interpreting;

// Called in any thread, with or without the host's lock. `name` is copied. `lane`: null for work of the thread itself.
using ActivityHook = void (*)(bool begins, const char* name, const char* lane, std::int64_t size);
inline ActivityHook activity_hook = nullptr;

// A stretch of work. Work below `kNotable` is marked but not told of.
class Activity {
 public:
  static constexpr std::int64_t kNotable = 1 << 13;
  Activity(Doing what, const char* name, std::int64_t size, bool notable = true) : before_(doing), told_(nullptr) {
    doing = what;
    if (activity_hook && notable) [[unlikely]] {
      told_ = name;
      activity_hook(true, name, nullptr, size);
    }
  }
  ~Activity() {
    if (told_ && activity_hook) [[unlikely]] activity_hook(false, told_, nullptr, 0);
    doing = before_;
  }
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

 private:
  Doing before_;
  const char* told_;
};

}  // namespace adder
