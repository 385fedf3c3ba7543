// Shared by the files behind adder/embed.hpp: an interpreter as its host holds it, and being inside of one.
#pragma once
#include <memory>
#include <unordered_map>

#include "adder/embed.hpp"
#include "object/limits.h"
#include "runtime/interpreter.h"

namespace adder::embed::detail {

struct Room {
  Thread* thread = nullptr;                          // what every thread of the host runs it with
  int depth = 0;                                     // entries of it that are under way
  double seconds = 0;                                // left to it
  bool timed = false;
  std::unique_ptr<adder::Limits> limits;             // null: it never had any
  Ref error;                                         // the last failure, not taken yet
  std::unordered_map<const void*, Ref> classes;      // C++ classes by tag

  adder::Interpreter& interpreter() const { return *interpreter_of(thread); }
};

// The calling thread is inside the interpreter while one of these lives: it holds the lock and its state is the current one. Entries nest, also of
// one interpreter in another. What is raised when the last of a room ends is kept as its error.
class Entry {
 public:
  explicit Entry(Room* room);                        // null: where the thread is, else the process's own interpreter
  enum Inside { kInside };
  Entry(Room* room, Inside);                         // Python calls the host: the thread is inside already
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  bool running() const { return room_; }
  Room* room() const { return room_; }
  static Room* here();                               // where the calling thread is; null: nowhere
  void end_interpreter();                            // takes the room down; only leaving is left to do

 private:
  Room* room_;
  Entry* outer_;
  Thread* before_ = nullptr;
  bool changed_ = false;                             // another state was current, or none
};

bool start_process();                                // the main interpreter, in which no program runs

inline Value in(Word w) { return Value{w.bits}; }
inline Word out(Room* room, Ref r) {
  return {r.release().bits, room};
}

}  // namespace adder::embed::detail
