// The module _tracemalloc: which lines have allocated the memory that is in use; and its C API.
//
// Traces lie in two tables of their own: blocks by domain and address, tracebacks by content. Their memory is libc's, which is not traced.
#include <cstdlib>
#include <cstring>
#include "memory/gc.h"
#include "memory/trace.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"

namespace adder {
namespace tracing {
namespace {

constexpr int kMostFrames = 65535;

struct Location {
  PyObject* file;  // owned by the traceback
  int line;
};
struct Traceback {
  size_t hash;
  uint16_t count, total;  // frames kept, and frames that there were
  PyObject* tuple;        // while the traces are listed
  Location frames[1];     // innermost first
};
struct Block {
  uintptr_t address;      // 0: free
  unsigned domain;
  bool gone;              // its place is still in others' way
  size_t size;
  Traceback* traceback;
};

bool active = false, paused = false;  // paused: the tracer's own work is not traced
int limit = 1;
size_t traced = 0, peak = 0;
Block* blocks = nullptr;
size_t block_mask = 0, block_places = 0;         // places taken, gone ones included
Traceback** tracebacks = nullptr;
size_t traceback_mask = 0, traceback_count = 0, traceback_bytes = 0;
Location* scratch = nullptr;                     // `limit` of them
Ref unknown;                                     // "<unknown>"

// --- Tracebacks -----------------------------------------------------------------------------------------------------------

bool grow_tracebacks() {
  size_t size = traceback_mask ? (traceback_mask + 1) * 2 : 1024;
  auto** table = static_cast<Traceback**>(calloc(size, sizeof(Traceback*)));
  if (!table) return false;
  for (size_t i = 0; tracebacks && i <= traceback_mask; i++) {
    if (!tracebacks[i]) continue;
    size_t k = tracebacks[i]->hash & (size - 1);
    while (table[k]) k = (k + 1) & (size - 1);
    table[k] = tracebacks[i];
  }
  free(tracebacks);
  tracebacks = table;
  traceback_mask = size - 1;
  return true;
}

// The traceback of the running thread; null: no memory.
Traceback* current_traceback() {
  int count = 0;
  size_t total = 0, hash = 0;
  PyThreadState* ts = current_thread();
  for (Frame* f = ts ? visible_frame(reinterpret_cast<Thread*>(ts)) : nullptr; f; f = visible_caller(f)) {
    if (!f->code || !f->pc) continue;
    total++;
    if (count == limit) continue;
    Location& at = scratch[count++];
    at = {f->code->co_filename, f->line()};
    hash = (hash ^ (reinterpret_cast<uintptr_t>(at.file) >> 4)) * 1000003 + static_cast<size_t>(at.line);
  }
  if (count == 0) {
    scratch[0] = {unknown.object(), 0};
    count = 1;
    total = 1;
  }
  auto kept = static_cast<uint16_t>(total > kMostFrames ? kMostFrames : total);
  hash = (hash ^ hash >> 29) * 0x9E3779B97F4A7C15 + kept;
  if (!tracebacks && !grow_tracebacks()) return nullptr;
  size_t i = hash & traceback_mask;
  for (; tracebacks[i]; i = (i + 1) & traceback_mask) {
    Traceback* t = tracebacks[i];
    if (t->hash == hash && t->count == count && t->total == kept && !memcmp(t->frames, scratch, static_cast<size_t>(count) * sizeof(Location))) return t;
  }
  size_t bytes = offsetof(Traceback, frames) + static_cast<size_t>(count) * sizeof(Location);
  auto* t = static_cast<Traceback*>(malloc(bytes));
  if (!t) return nullptr;
  t->hash = hash;
  t->count = static_cast<uint16_t>(count);
  t->total = kept;
  t->tuple = nullptr;
  memcpy(static_cast<void*>(t->frames), scratch, static_cast<size_t>(count) * sizeof(Location));
  for (int k = 0; k < count; k++) adder::incref(t->frames[k].file);
  tracebacks[i] = t;
  traceback_bytes += bytes;
  if (++traceback_count * 3 > traceback_mask * 2) (void)grow_tracebacks();
  return t;
}

Ref traceback_tuple(const Traceback* t) {
  Ref all = tuple_new(t->count);
  for (int i = 0; all && i < t->count; i++) {
    Ref pair = tuple_of({Value{t->frames[i].file}, Value::from_int(t->frames[i].line)});
    if (!pair) return {};
    tuple_init(all, i, std::move(pair));
  }
  return all;
}

// --- Blocks -----------------------------------------------------------------------------------------------------------------

size_t block_hash(unsigned domain, uintptr_t address) { return ((address >> 4) ^ domain * 0x9E37u) * 0x9E3779B97F4A7C15 >> 20; }
Block* find_block(unsigned domain, uintptr_t address) {
  if (!blocks) return nullptr;
  for (size_t i = block_hash(domain, address) & block_mask;; i = (i + 1) & block_mask) {
    Block* b = &blocks[i];
    if (b->address == address && b->domain == domain && !b->gone) return b;
    if (!b->address) return nullptr;
  }
}
bool grow_blocks() {
  size_t live = 0;
  for (size_t i = 0; blocks && i <= block_mask; i++) live += blocks[i].address && !blocks[i].gone;
  size_t size = 4096;
  while (size < live * 4) size *= 2;
  auto* table = static_cast<Block*>(calloc(size, sizeof(Block)));
  if (!table) return false;
  for (size_t i = 0; blocks && i <= block_mask; i++) {
    const Block& b = blocks[i];
    if (!b.address || b.gone) continue;
    size_t k = block_hash(b.domain, b.address) & (size - 1);
    while (table[k].address) k = (k + 1) & (size - 1);
    table[k] = b;
  }
  free(blocks);
  blocks = table;
  block_mask = size - 1;
  block_places = live;
  return true;
}
void forget(unsigned domain, uintptr_t address) {
  Block* b = find_block(domain, address);
  if (!b) return;
  traced -= b->size;
  b->gone = true;
}
bool remember(unsigned domain, uintptr_t address, size_t size) {
  forget(domain, address);
  Traceback* t = current_traceback();
  if (!t || ((!blocks || block_places * 3 > block_mask * 2) && !grow_blocks())) return false;
  size_t i = block_hash(domain, address) & block_mask;
  while (blocks[i].address && !blocks[i].gone) i = (i + 1) & block_mask;
  if (!blocks[i].address) block_places++;
  blocks[i] = {address, domain, false, size, t};
  traced += size;
  if (traced > peak) peak = traced;
  return true;
}

void on_allocated(void* block, size_t bytes) {
  if (!paused && current_thread()) (void)remember(0, reinterpret_cast<uintptr_t>(block), bytes);
}
void on_released(void* block) { forget(0, reinterpret_cast<uintptr_t>(block)); }
constexpr AllocationTracer kTracer = {on_allocated, on_released};

void clear() {
  free(blocks);
  blocks = nullptr;
  block_mask = block_places = 0;
  traced = peak = 0;
  Traceback** table = tracebacks;
  size_t mask = traceback_mask;
  tracebacks = nullptr;
  traceback_mask = traceback_count = traceback_bytes = 0;
  bool before = paused;
  paused = true;
  for (size_t i = 0; table && i <= mask; i++) {
    if (!table[i]) continue;
    for (int k = 0; k < table[i]->count; k++) adder::decref(table[i]->frames[k].file);
    free(table[i]);
  }
  paused = before;
  free(table);
}
void stop() {
  if (!active) return;
  active = false;
  set_allocation_tracer(nullptr);
  clear();
  free(scratch);
  scratch = nullptr;
  unknown.reset();
}

}  // namespace

bool start(int frames) {
  if (frames < 1 || frames > kMostFrames) return raise(PyExc_ValueError, "the number of frames must be in range [1; %d]", kMostFrames);
  if (active) return true;
  scratch = static_cast<Location*>(malloc(static_cast<size_t>(frames) * sizeof(Location)));
  unknown = str_from_ascii("<unknown>");
  if (!scratch || !unknown) return raise_no_memory();
  limit = frames;
  active = true;
  at_process_end(stop);
  set_allocation_tracer(&kTracer);
  return true;
}

namespace {

// --- The module ---------------------------------------------------------------------------------------------------------------

Ref m_start(Value, Args args) {
  if (!positional_only("start", args, 0, 1)) return {};
  int frames = 1;
  return (args.n == 0 || as_int(args[0], &frames)) && start(frames) ? none_ref() : Ref{};
}
Ref m_stop(Value) {
  stop();
  return none_ref();
}
Ref m_is_tracing(Value) { return bool_ref(active); }
Ref m_clear_traces(Value) {
  if (active) clear();
  return none_ref();
}
Ref m_reset_peak(Value) {
  if (active) peak = traced;
  return none_ref();
}
Ref m_limit(Value) { return Ref::from_int(limit); }
Ref m_traced_memory(Value) {
  size_t now = traced, most = peak;
  Ref a = int_from_u64(now), b = int_from_u64(most);
  return a && b ? tuple_of({a, b}) : Ref{};
}
Ref m_own_memory(Value) {
  size_t n = traceback_bytes;
  if (blocks) n += (block_mask + 1) * sizeof(Block);
  if (tracebacks) n += (traceback_mask + 1) * sizeof(Traceback*);
  return int_from_u64(n);
}

// One tuple for each traceback, however many blocks it has.
bool list_traces(Value list) {
  for (size_t i = 0; blocks && i <= block_mask; i++) {
    const Block b = blocks[i];
    if (!b.address || b.gone) continue;
    if (!b.traceback->tuple) b.traceback->tuple = traceback_tuple(b.traceback).release().object();
    Ref size = int_from_u64(b.size);
    if (!b.traceback->tuple || !size) return false;
    Ref trace = tuple_of({Value::from_int(b.domain), size, Value{b.traceback->tuple}, Value::from_int(b.traceback->total)});
    if (!trace || !list_append(list, std::move(trace))) return false;
  }
  return true;
}
Ref m_get_traces(Value) {
  Ref list = list_new();
  if (!list || !active) return list;
  paused = true;
  bool ok = list_traces(list);
  for (size_t i = 0; tracebacks && i <= traceback_mask; i++) {
    if (!tracebacks[i] || !tracebacks[i]->tuple) continue;
    adder::decref(tracebacks[i]->tuple);
    tracebacks[i]->tuple = nullptr;
  }
  paused = false;
  return ok ? std::move(list) : Ref{};
}
Ref traceback_of(unsigned domain, uintptr_t address) {
  Block* b = active ? find_block(domain, address) : nullptr;
  return b ? traceback_tuple(b->traceback) : none_ref();
}
Ref m_object_traceback(Value, Value v) {
  if (!v.is_object()) return none_ref();
  PyObject* o = v.object();
  return traceback_of(0, PyObject_IS_GC(o) ? reinterpret_cast<uintptr_t>(gc_head(o)) : reinterpret_cast<uintptr_t>(o));
}

const MethodRow functions[] = {
    method<m_is_tracing>("is_tracing", "($module, /)", "Return True if the tracemalloc module is tracing Python memory allocations."),
    method<m_clear_traces>("clear_traces", "($module, /)", "Clear traces of memory blocks allocated by Python."),
    method<m_get_traces>("_get_traces", "($module, /)",
                         "Get traces of all memory blocks allocated by Python.\n\nReturn a list of (size: int, traceback: tuple) tuples.\n"
                         "traceback is a tuple of (filename: str, lineno: int) tuples.\n\nReturn an empty list if the tracemalloc module is disabled."),
    method<m_object_traceback>("_get_object_traceback", "($module, obj, /)",
                               "Get the traceback where the Python object obj was allocated.\n\nReturn a tuple of (filename: str, lineno: int) tuples.\n"
                               "Return None if the tracemalloc module is disabled or did not\ntrace the allocation of the object."),
    method<m_start>("start", "($module, nframe=1, /)",
                    "Start tracing Python memory allocations.\n\nAlso set the maximum number of frames stored in the traceback of a\ntrace to nframe."),
    method<m_stop>("stop", "($module, /)", "Stop tracing Python memory allocations.\n\nAlso clear traces of memory blocks allocated by Python."),
    method<m_limit>("get_traceback_limit", "($module, /)",
                    "Get the maximum number of frames stored in the traceback of a trace.\n\nBy default, a trace of an allocated memory block only stores\n"
                    "the most recent frame: the limit is 1."),
    method<m_own_memory>("get_tracemalloc_memory", "($module, /)",
                         "Get the memory usage in bytes of the tracemalloc module.\n\nThis memory is used internally to trace memory allocations."),
    method<m_traced_memory>("get_traced_memory", "($module, /)",
                            "Get the current size and peak size of memory blocks traced by tracemalloc.\n\nReturns a tuple: (current: int, peak: int)."),
    method<m_reset_peak>("reset_peak", "($module, /)",
                         "Set the peak size of memory blocks traced by tracemalloc to the current size.\n\n"
                         "Do nothing if the tracemalloc module is not tracing memory allocations."),
    {}};

}  // namespace
}  // namespace tracing

extern const ModuleDef tracemalloc_module{
    .name = "_tracemalloc", .doc = "Debug module to trace memory blocks allocated by Python.", .methods = tracing::functions};

}  // namespace adder

// --- C API: Python.h declares these outside extern "C", so the exported names are set here -----------------------------------------------

using namespace adder;

__attribute__((visibility("default"))) int tracemalloc_track(unsigned int domain, uintptr_t address, size_t size) __asm__("PyTraceMalloc_Track");
__attribute__((visibility("default"))) int tracemalloc_untrack(unsigned int domain, uintptr_t address) __asm__("PyTraceMalloc_Untrack");
__attribute__((visibility("default"))) PyObject* tracemalloc_traceback(unsigned int domain, uintptr_t address) __asm__("_PyTraceMalloc_GetTraceback");

// -2: nothing is traced. May be called without the GIL.
int tracemalloc_track(unsigned int domain, uintptr_t address, size_t size) {
  if (!tracing::active) return -2;
  PyGILState_STATE gil = PyGILState_Ensure();
  bool ok = tracing::remember(domain, address, size);
  PyGILState_Release(gil);
  return ok ? 0 : -1;
}
int tracemalloc_untrack(unsigned int domain, uintptr_t address) {
  if (!tracing::active) return -2;
  PyGILState_STATE gil = PyGILState_Ensure();
  tracing::forget(domain, address);
  PyGILState_Release(gil);
  return 0;
}
PyObject* tracemalloc_traceback(unsigned int domain, uintptr_t address) { return to_c_steal(tracing::traceback_of(domain, address)); }
