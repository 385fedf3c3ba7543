// Limits that a host sets on an interpreter: how much its program may do and take, and what of the system it may reach. A program that has
// exceeded one cannot go on: handlers, `finally` and finalizers do not run any more, the exception passes through all of them. What a
// capability forbids raises PermissionError where the system call would be made, which a program may catch.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "memory/meter.h"
#include "object/error.h"
#include "object/interrupts.h"

namespace adder {

enum class Exceeded : uint8_t { kNothing, kInstructions, kTime, kMemory };
// The process is what is not this interpreter's alone: other processes, signals, exit, threads, native code, environment.
enum class Capability : uint8_t { kFiles = 1, kNetwork = 2, kProcess = 4 };

struct Limits {
  bool counting = false;               // instructions
  int64_t instructions = 0;            // left
  std::atomic<bool> late = false;      // the time is over (runtime/watchdog.cpp)
  bool metering = false;               // memory
  MemoryMeter memory{};
  Exceeded exceeded = Exceeded::kNothing;
  uint8_t refused = 0;                 // capabilities
  std::vector<std::string> libraries;  // folders of code, resolved: what lies there may be read without kFiles
};
extern Limits* limits;                 // the current interpreter's; null: it has none. One that has some keeps them to its end
void set_current_limits(Limits* l);

// An exceeded limit is noted at once and raised at the next safe point.
void exceed(Exceeded what);
inline bool is_exceeded() { return ADDER_UNLIKELY(limits != nullptr) && limits->exceeded != Exceeded::kNothing; }
bool make_limit_exceeded();            // the exception class, before it is needed; false: exception
const char* name_of(Exceeded what);

Failure refuse(Capability what);       // PermissionError
inline bool has_capability(Capability what) { return ADDER_LIKELY(!limits) || !(limits->refused & static_cast<uint8_t>(what)); }
inline bool allow(Capability what) { return has_capability(what) || refuse(what); }
// Opening, listing or asking about a path: everywhere with kFiles, else only reading what lies in the libraries. false: PermissionError.
bool allow_path_slow(const char* path, bool writing);
inline bool allow_path(const char* path, bool writing = false) { return has_capability(Capability::kFiles) || allow_path_slow(path, writing); }
// Whether all that a program can reach is what it was given.
inline bool is_confined() { return ADDER_UNLIKELY(limits != nullptr) && limits->refused != 0; }

}  // namespace adder
