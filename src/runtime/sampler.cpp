// The sampler. All that the signal handler writes lies in memory mapped beforehand; threads reserve their parts of it by atomic
// additions. What it reads of frames may be half-written when the signal comes: a fault while it reads ends the sample, not the program.
#include "runtime/sampler.h"

#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "array/core/activity.h"
#include "compile/code.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "vm/frame.h"

namespace adder {
namespace {

constexpr int kDepth = 200, kThreads = 256;
constexpr uint32_t kFunctions = 1 << 14, kNameBytes = 88, kFileBytes = 160;
constexpr size_t kSampleWords = size_t{1} << 26, kEvents = size_t{1} << 20;

struct Function {
  std::atomic<uint64_t> key;  // 0: free; see key_of
  std::atomic<bool> ready;
  int line;
  char name[kNameBytes], file[kFileBytes];
};
// A sample in words: time; thread << 32 | doing << 16 | depth; then for each frame function << 32 | line.
struct Event {
  int64_t time;
  int64_t size;
  const char* lane;  // a literal
  int thread;
  bool begins;
  char name[43];
};
static_assert(sizeof(Event) == 72);

struct Memory {
  Function functions[kFunctions];
  uint64_t samples[kSampleWords];
  Event events[kEvents];
};
Memory* memory = nullptr;
std::atomic<size_t> sample_words, event_count, lost;
std::atomic<int> threads[kThreads];
std::atomic<bool> running;
std::atomic<int> writers;  // handlers and hooks that may be about to write
int session = 0;
pthread_t ticker;
int period = 1000;
struct sigaction old_action, old_fault_action;
thread_local sigjmp_buf out_of_sample __attribute__((tls_model("initial-exec")));
thread_local volatile bool sampling __attribute__((tls_model("initial-exec"))) = false;
thread_local Thread* own_thread __attribute__((tls_model("initial-exec"))) = nullptr;
thread_local int registered __attribute__((tls_model("initial-exec"))) = 0;  // the session that knows of the thread
thread_local int own_id __attribute__((tls_model("initial-exec"))) = 0;

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1000000000 + t.tv_nsec;
}

// A copy of an object whose address may be wrong.
template <class T>
T copy_of(const T* from, size_t bytes = sizeof(T)) {
  T copy;
  memcpy(static_cast<void*>(&copy), from, bytes);
  return copy;
}

// What tells a code object from another that took its place.
uint64_t key_of(const PyCodeObject* code, const PyCodeObject& copy) {
  uint64_t h = reinterpret_cast<uint64_t>(code) * 0x9E3779B97F4A7C15u;
  h = (h ^ reinterpret_cast<uint64_t>(copy.co_qualname) ^ uint64_t(copy.co_firstlineno) << 40) * 0x9E3779B97F4A7C15u;
  h = (h ^ reinterpret_cast<uint64_t>(copy.co_filename)) * 0x9E3779B97F4A7C15u;
  return h ? h : 1;
}

// The text of a str, its end if it is too long for the room.
void copy_text(char* out, size_t room, PyObject* text) {
  const auto head = copy_of(reinterpret_cast<PyCompactUnicodeObject*>(text));
  out[0] = '?';
  out[1] = 0;
  if (head._base.length <= 0 || !head._base.state.compact) return;
  const bool ascii = head._base.state.ascii;
  const char* data = ascii ? reinterpret_cast<const char*>(reinterpret_cast<PyASCIIObject*>(text) + 1) : head.utf8;
  auto length = static_cast<size_t>(ascii ? head._base.length : head.utf8_length);
  if (!data) return;
  const size_t skip = length >= room ? length - room + 1 : 0;
  memcpy(out, data + skip, length - skip);
  out[length - skip] = 0;
}

// A function's place in the table; -1: no room.
int function_of(const PyCodeObject* code, const PyCodeObject& copy) {
  const uint64_t key = key_of(code, copy);
  for (uint32_t i = 0; i < 64; i++) {
    const uint32_t at = (uint32_t(key >> 32) + i) & (kFunctions - 1);
    Function& f = memory->functions[at];
    uint64_t there = f.key.load(std::memory_order_acquire);
    if (there == key) return static_cast<int>(at);
    if (there == 0 && f.key.compare_exchange_strong(there, key)) {
      f.line = copy.co_firstlineno;
      copy_text(f.name, kNameBytes, copy.co_qualname);
      copy_text(f.file, kFileBytes, copy.co_filename);
      f.ready.store(true, std::memory_order_release);
      return static_cast<int>(at);
    }
    if (there == key) return static_cast<int>(at);
  }
  return -1;
}

// The pc of the running frame: where handlers keep it, if that points into the code, else what was saved last.
const Word* running_pc(const ucontext_t* context, const PyCodeObject* code, Py_ssize_t words, const Word* saved) {
  auto* begin = reinterpret_cast<const Word*>(code->co_code_adaptive);
#if defined(__x86_64__)
  auto* in_register = reinterpret_cast<const Word*>(context->uc_mcontext.gregs[REG_R12]);  // the first argument of preserve_none
  if (in_register >= begin && in_register < begin + words) return in_register;
#endif
  return saved;
}

void take_sample(const ucontext_t* context) {
  uint64_t sample[2 + kDepth];
  size_t depth = 0;
  Frame* frame = own_thread->ts.cframe ? current_frame(own_thread) : nullptr;  // of a thread about to end the state may be gone
  bool top = true;
  while (frame && depth < kDepth) {
    const Frame f = copy_of(frame);
    const PyCodeObject code = copy_of(f.code, offsetof(PyCodeObject, co_code_adaptive));
    if (code.ob_base.ob_base.ob_type != &PyCode_Type || code.ob_base.ob_base.ob_refcnt <= 0 || code.ob_base.ob_base.ob_refcnt > int64_t{1} << 40) break;
    const Py_ssize_t words = code.ob_base.ob_size / 4;
    const Word* pc = top ? running_pc(context, f.code, words, f.pc) : f.pc;
    top = false;
    const Py_ssize_t word = pc - reinterpret_cast<const Word*>(f.code->co_code_adaptive);
    const int function = function_of(f.code, code);
    if (function < 0 || word < 0 || word >= words) break;
    sample[2 + depth++] = uint64_t(function) << 32 | uint32_t(code_line(f.code, word));
    frame = f.previous;
  }
  sample[0] = static_cast<uint64_t>(now());
  sample[1] = uint64_t(own_id) << 32 | uint64_t(doing) << 16 | depth;
  const size_t at = sample_words.fetch_add(2 + depth);
  if (at + 2 + depth > kSampleWords) {
    lost++;
    return;
  }
  // The second word last: 0 says that the rest is not there yet.
  for (size_t i = 0; i < depth; i++) memory->samples[at + 2 + i] = sample[2 + i];
  memory->samples[at] = sample[0];
  __atomic_store_n(&memory->samples[at + 1], sample[1], __ATOMIC_RELEASE);
}

void on_signal(int, siginfo_t*, void* context) {
  const int saved = errno;
  writers++;
  if (running && own_thread) {
    if (sigsetjmp(out_of_sample, 0) == 0) {
      sampling = true;
      take_sample(static_cast<ucontext_t*>(context));
    }
    sampling = false;
  }
  writers--;
  errno = saved;
}

void on_fault(int number, siginfo_t*, void*) {
  if (sampling) siglongjmp(out_of_sample, 1);
  sigaction(number, &old_fault_action, nullptr);  // not ours: it comes again, to whom it is for
}

void* tick(void*) {
  const pid_t process = getpid();
  timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  while (running) {
    next.tv_nsec += int64_t{period} * 1000;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
    for (auto& id : threads) {
      const int thread = id;
      if (thread && syscall(SYS_tgkill, process, thread, SIGPROF) != 0 && errno == ESRCH) id = 0;
    }
  }
  return nullptr;
}

void register_thread(Thread* t) {
  own_thread = t;
  if (registered == session) return;
  registered = session;
  own_id = static_cast<int>(syscall(SYS_gettid));
  for (auto& id : threads) {
    int none = 0;
    if (id.compare_exchange_strong(none, own_id)) return;
  }
}

void write_event(bool begins, const char* name, const char* lane, int64_t size) {
  if (!own_id) own_id = static_cast<int>(syscall(SYS_gettid));
  const size_t at = event_count.fetch_add(1);
  if (at >= kEvents) {
    lost++;
    return;
  }
  Event& e = memory->events[at];
  e.size = size;
  e.lane = lane;
  e.begins = begins;
  strncpy(e.name, name, sizeof e.name - 1);
  e.thread = own_id;
  __atomic_store_n(&e.time, now(), __ATOMIC_RELEASE);
}
void note_event(bool begins, const char* name, const char* lane, int64_t size) {
  writers++;
  if (running) write_event(begins, name, lane, size);
  writers--;
}

// ---- What was noted, as Python objects ---------------------------------------------------------------------------------------

Ref functions_list() {
  Ref list = list_new();
  for (const Function& f : memory->functions) {
    const bool there = f.ready;
    Ref name = str_from_utf8(there ? f.name : "", "replace"), file = str_from_utf8(there ? f.file : "", "replace");
    Ref row = name && file ? tuple_of({name.get(), file.get(), Value::from_int(there ? f.line : 0)}) : Ref{};
    if (!row || !list || !list_append(list, std::move(row))) return {};
  }
  return list;
}
Ref samples_list() {
  Ref list = list_new();
  const size_t end = std::min(sample_words.load(), kSampleWords);
  for (size_t at = 0; list && at + 2 <= end;) {
    const uint64_t head = memory->samples[at + 1];
    if (head == 0) break;
    const size_t depth = head & 0xFFFF;
    Ref frames = list_new();
    for (size_t i = 0; i < depth; i++) {
      const uint64_t word = memory->samples[at + 2 + i];
      Ref frame = tuple_of({Value::from_int(static_cast<int64_t>(word >> 32)), Value::from_int(static_cast<int32_t>(word))});
      if (!frame || !frames || !list_append(frames, std::move(frame))) return {};
    }
    Ref stack = frames ? list_to_tuple(frames) : Ref{}, time = int_from_i64(static_cast<int64_t>(memory->samples[at]));
    Ref row = stack && time ? tuple_of({time.get(), Value::from_int(static_cast<int64_t>(head >> 32)), Value::from_int(head >> 16 & 0xFFFF), stack.get()}) : Ref{};
    if (!row || !list_append(list, std::move(row))) return {};
    at += 2 + depth;
  }
  return list;
}
Ref events_list() {
  Ref list = list_new();
  const size_t end = std::min(event_count.load(), kEvents);
  for (size_t i = 0; list && i < end; i++) {
    const Event& e = memory->events[i];
    if (!e.time) continue;
    Ref time = int_from_i64(e.time), name = str_from_utf8(e.name, "replace"), lane = e.lane ? str_from_ascii(e.lane) : none_ref(), size = int_from_i64(e.size);
    if (!time || !name || !lane || !size) return {};
    Ref row = tuple_of({time.get(), Value::from_int(e.thread), boolean(e.begins), name.get(), lane.get(), size.get()});
    if (!row || !list_append(list, std::move(row))) return {};
  }
  return list;
}

}  // namespace

bool start_sampling(int microseconds, bool events) {
  if (running) return raise(PyExc_RuntimeError, "the program is being sampled already");
  void* room = mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return raise_no_memory();
  memory = static_cast<Memory*>(room);
  sample_words = event_count = lost = 0;
  period = microseconds;
  struct sigaction action {};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigaction(SIGPROF, &action, &old_action);
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;  // not blocked where it is left by a jump
  sigaction(SIGSEGV, &action, &old_fault_action);
  running = true;
  session++;
  register_thread(this_thread());
  thread_took_lock = &register_thread;
  // Signals for the program are no business of this thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const int failed = pthread_create(&ticker, nullptr, &tick, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed) {
    running = false;
    thread_took_lock = nullptr;
    sigaction(SIGPROF, &old_action, nullptr);
    sigaction(SIGSEGV, &old_fault_action, nullptr);
    munmap(room, sizeof(Memory));
    return raise(PyExc_RuntimeError, "no thread for the sampler");
  }
  if (events) activity_hook = &note_event;
  return true;
}

Ref stop_sampling() {
  if (!running) return raise(PyExc_RuntimeError, "the program is not being sampled");
  activity_hook = nullptr;
  thread_took_lock = nullptr;
  running = false;
  pthread_join(ticker, nullptr);
  for (auto& id : threads) id = 0;
  while (writers) sched_yield();
  struct sigaction present;
  if (sigaction(SIGSEGV, nullptr, &present) == 0 && present.sa_sigaction == &on_fault) sigaction(SIGSEGV, &old_fault_action, nullptr);
  // A signal may still be on its way to a thread: the handler stays, and finds that nothing runs.
  Ref result = dict_new();
  struct Part {
    const char* name;
    Ref value;
  } parts[] = {{"functions", functions_list()}, {"samples", samples_list()}, {"events", events_list()}, {"lost", int_from_i64(static_cast<int64_t>(lost.load()))}};
  for (Part& part : parts) {
    Ref key = intern(part.name);
    if (!key || !part.value || !result || !dict_set(result, key, part.value)) result = Ref{};
  }
  munmap(memory, sizeof(Memory));
  memory = nullptr;
  return result;
}

}  // namespace adder
