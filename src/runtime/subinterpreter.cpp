// Subinterpreters: further interpreters in the process, each with modules, streams and sys of its own. They share the GIL, the heap, the types,
// and what rooms keep in static variables, unless a room asks for one variable an interpreter: those are exchanged when the interpreter changes.
#include <cstring>
#include <pthread.h>
#include <unistd.h>
#include "object/error.h"
#include "object/limits.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"

extern "C" PyInterpreterState* adder_new_interpreter_state(int64_t id);
extern "C" void adder_free_interpreter_state(PyInterpreterState* state);

namespace adder {

void switch_to(Thread* t);
namespace {

struct OwnVariable { char* bytes; size_t size; };
std::vector<OwnVariable>& own_variables() {
  static auto& list = *new std::vector<OwnVariable>;
  return list;
}
int64_t last_id = 0;

void unlink(Interpreter* in) {
  for (Interpreter** link = &all_interpreters; *link; link = &(*link)->next) {
    if (*link != in) continue;
    *link = in->next;
    return;
  }
}
}  // namespace

// Makes the thread's state current, and its interpreter with it, in this native thread, whichever made it; null: none.
void switch_to(Thread* t) {
  if (t) {
    t->ts.thread_id = static_cast<unsigned long>(pthread_self());
    t->ts.native_thread_id = static_cast<unsigned long>(gettid());
  }
  set_current_thread(t ? &t->ts : nullptr);
  if (t && interpreter_of(t) != the_interpreter) make_current(interpreter_of(t));
}

void own_in_each_interpreter(void* variable, size_t size) {
  auto* bytes = static_cast<char*>(variable);
  for (const OwnVariable& v : own_variables()) {
    if (v.bytes == bytes) return;
  }
  own_variables().push_back({bytes, size});
}

void make_current(Interpreter* in) {
  std::vector<char> left;
  size_t at = 0;
  for (const OwnVariable& v : own_variables()) {
    left.insert(left.end(), v.bytes, v.bytes + v.size);
    if (at + v.size <= in->put_by.size()) memcpy(v.bytes, in->put_by.data() + at, v.size);
    else memset(v.bytes, 0, v.size);
    at += v.size;
  }
  the_interpreter->put_by = std::move(left);
  the_interpreter = in;
  set_current_limits(in->limits);
}

Interpreter* new_interpreter() {
  auto* in = new Interpreter;
  in->config = main_interpreter->config;
  in->state = adder_new_interpreter_state(last_id + 1);
  if (!in->state) {
    delete in;
    return nullptr;
  }
  in->id = ++last_id;
  in->next = all_interpreters;
  all_interpreters = in;
  return in;
}
void discard_interpreter(Interpreter* in) {
  unlink(in);
  adder_free_interpreter_state(in->state);
  delete in;
}

Thread* start_subinterpreter(bool isolated, const Config* config) {
  Thread* before = this_thread();
  Interpreter* in = new_interpreter();
  if (!in) return nullptr;
  if (config) in->config = *config;
  in->isolated = isolated;
  Thread* t = in->main_thread = thread_new(in);
  if (!t) {
    discard_interpreter(in);
    return nullptr;
  }
  switch_to(t);
  if (bring_up_interpreter(*in)) return t;
  print_error();
  end_subinterpreter();
  switch_to(before);
  return nullptr;
}

bool end_subinterpreter() {
  Thread* t = this_thread();
  Interpreter* in = interpreter_of(t);
  finish_program(*in);
  if (in->threads != t || t->ts.next) return false;
  wind_down(*in);
  thread_end(t);
  set_current_thread(nullptr);
  make_current(main_interpreter);
  discard_interpreter(in);
  return true;
}

bool allowed_when_isolated(const char* refusal) { return !the_interpreter->isolated || raise(PyExc_RuntimeError, "%s", refusal); }

void end_idle_subinterpreters() {
  Thread* t = this_thread();
  for (Interpreter *in = all_interpreters, *next; in; in = next) {
    next = in->next;
    if (in == main_interpreter || in->threads != in->main_thread || in->threads->ts.next || in->threads->ts.cframe->current_frame) continue;
    switch_to(in->main_thread);
    end_subinterpreter();
  }
  switch_to(t);
}

}  // namespace adder
