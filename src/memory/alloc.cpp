// Memory of objects: mimalloc, or plain malloc where the address sanitizer must see every block. Object headers are
// set here; what follows them is the caller's.
#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include "memory/gc.h"
#include "memory/gc_state.h"
#include "memory/live.h"
#include "memory/trace.h"
#include "memory/table_memory.h"
#include "object/error.h"
#if !defined(ADDER_ASAN)
#include <mimalloc.h>
#endif

namespace adder {

static const AllocationTracer* tracer = nullptr;

#if defined(ADDER_COUNT_REFS)
void* object_malloc(size_t bytes) {
  void* p = mi_malloc(bytes);
  live_block(p);
  if (p && tracer) tracer->allocated(p, bytes);
  return p;
}
void* object_realloc(void* old, size_t bytes) {
  void* p = mi_realloc(old, bytes);
  if (p) live_moved(old, p);
  if (p && tracer) {
    if (old) tracer->released(old);
    tracer->allocated(p, bytes);
  }
  return p;
}
void object_free(void* p) {
  live_gone(p);
  if (p && tracer) tracer->released(p);
  mi_free(p);
}
#elif defined(ADDER_ASAN)
void* object_malloc(size_t bytes) { return malloc(bytes ? bytes : 1); }
void* object_realloc(void* p, size_t bytes) { return realloc(p, bytes ? bytes : 1); }
void object_free(void* p) { free(p); }
#else
// mimalloc reserves address space that no memory stands behind: a size beyond the machine's memory must fail at once.
static bool exceeds_memory(size_t bytes) {
  static const size_t limit = [] {
    struct sysinfo info;
    return sysinfo(&info) == 0 ? (info.totalram + info.totalswap) * info.mem_unit : SIZE_MAX;
  }();
  return bytes > limit;
}
static constexpr size_t kHuge = size_t{1} << 32;
static size_t looked_at = kHuge;  // requests from this size on: every one while allocations are traced

static void* malloc_looking(size_t bytes) {
  void* p = bytes > kHuge && exceeds_memory(bytes) ? nullptr : mi_malloc(bytes);
  if (p && tracer) tracer->allocated(p, bytes);
  return p;
}
static void* realloc_looking(void* old, size_t bytes) {
  void* p = bytes > kHuge && exceeds_memory(bytes) ? nullptr : mi_realloc(old, bytes);
  if (p && tracer) {
    if (old) tracer->released(old);
    tracer->allocated(p, bytes);
  }
  return p;
}
void* object_malloc(size_t bytes) { return ADDER_UNLIKELY(bytes >= looked_at) ? malloc_looking(bytes) : mi_malloc(bytes); }
void* object_realloc(void* p, size_t bytes) { return ADDER_UNLIKELY(bytes >= looked_at) ? realloc_looking(p, bytes) : mi_realloc(p, bytes); }
void object_free(void* p) {
  if (ADDER_UNLIKELY(tracer != nullptr) && p) tracer->released(p);
  mi_free(p);
}
#endif

void* map_table(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  if (ADDER_UNLIKELY(tracer != nullptr)) tracer->allocated(p, bytes);
  return p;
}
void unmap_table(void* p, size_t bytes) {
  if (ADDER_UNLIKELY(tracer != nullptr)) tracer->released(p);
  munmap(p, bytes);
}
void* table_zeroed(size_t bytes) {
  void* p = table_malloc(bytes);
  if (p && bytes < kMappedTable) memset(p, 0, bytes);
  return p;
}

void set_allocation_tracer(const AllocationTracer* t) {
  tracer = t;
#if !defined(ADDER_COUNT_REFS) && !defined(ADDER_ASAN)
  looked_at = t ? 0 : kHuge;
#endif
}

void assertion_failed(const char* what, const char* file, int line) {
  fprintf(stderr, "adder: assertion failed: %s (%s:%d)\n", what, file, line);
  fflush(stderr);
  abort();
}

static inline void set_header(PyObject* o, PyTypeObject* type) {
  o->ob_refcnt = 1;
  live_object(o);
  o->ob_type = type;
  if (type_has(type, Py_TPFLAGS_HEAPTYPE)) incref(reinterpret_cast<PyObject*>(type));
}

PyObject* gc_new_raw(PyTypeObject* type, size_t bytes) {
  auto* head = static_cast<GCHead*>(object_malloc(sizeof(GCHead) + bytes));
  if (ADDER_UNLIKELY(!head)) return raise_no_memory();
  head->next = head->prev = 0;
  GcState& gc = gc_state();
  if (ADDER_UNLIKELY(++gc.generations[0].count > gc.generations[0].threshold)) gc_collect_if_due();
  PyObject* o = gc_object(head);
  set_header(o, type);
  return o;
}

PyObject* object_new_raw(PyTypeObject* type, size_t bytes) {
  auto* o = static_cast<PyObject*>(object_malloc(bytes));
  if (ADDER_UNLIKELY(!o)) return raise_no_memory();
  set_header(o, type);
  return o;
}

PyVarObject* gc_resize(PyVarObject* o, size_t bytes) {
  ADDER_ASSERT(!gc_is_tracked(reinterpret_cast<PyObject*>(o)));
  auto* head = static_cast<GCHead*>(
      object_realloc(gc_head(reinterpret_cast<PyObject*>(o)), sizeof(GCHead) + bytes));
  if (!head) return raise_no_memory();
  return reinterpret_cast<PyVarObject*>(gc_object(head));
}

void gc_free(PyObject* o) {
  gc_untrack(o);
  GcGeneration& young = gc_state().generations[0];
  if (young.count > 0) young.count--;
  object_free(gc_head(o));
}

}  // namespace adder

extern "C" void _Py_Dealloc(PyObject* o) {
  ADDER_ASSERT(o->ob_refcnt == 0);
  ADDER_ASSERT(o->ob_type != nullptr && o->ob_type->tp_dealloc != nullptr);
  // Static destructors of a process that ends in a thread without state (a forked child): the memory goes with the process.
  if (ADDER_UNLIKELY(!adder::current_thread())) return;
  o->ob_type->tp_dealloc(o);
}
