// Limits that a host sets on an interpreter: how much its program may do and take. A program that has exceeded one cannot go on: handlers,
// `finally` and finalizers do not run any more, the exception passes through all of them.
#pragma once
#include <atomic>

#include "memory/meter.h"
#include "object/error.h"
#include "object/interrupts.h"

namespace adder {

enum class Exceeded : uint8_t { kNothing, kInstructions, kTime, kMemory };

struct Limits {
  bool counting = false;               // instructions
  int64_t instructions = 0;            // left
  std::atomic<bool> late = false;      // the time is over (runtime/watchdog.cpp)
  bool metering = false;               // memory
  MemoryMeter memory{};
  Exceeded exceeded = Exceeded::kNothing;
};
extern Limits* limits;                 // the current interpreter's; null: it has none. One that has some keeps them to its end
void set_current_limits(Limits* l);

// An exceeded limit is noted at once and raised at the next safe point.
void exceed(Exceeded what);
inline bool is_exceeded() { return ADDER_UNLIKELY(limits != nullptr) && limits->exceeded != Exceeded::kNothing; }
bool make_limit_exceeded();            // the exception class, before it is needed; false: exception
const char* name_of(Exceeded what);

}  // namespace adder
