// Memory of objects: blocks of three kinds by size, or plain malloc where the address sanitizer must see every block. Object
// headers are set here; what follows them is the caller's.
#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <malloc.h>
#include <pthread.h>
#include <sys/sysinfo.h>
#include "memory/blocks.h"
#include "memory/counts.h"
#include "memory/gc.h"
#include "memory/gc_state.h"
#include "memory/large_blocks.h"
#include "memory/live.h"
#include "memory/meter.h"
#include "memory/trace.h"
#include "object/error.h"
#if !defined(ADDER_ASAN)
#include <mimalloc.h>
#endif

namespace adder {

static const AllocationTracer* tracer = nullptr;
static MemoryMeter* meter = nullptr;
static bool watched = false;  // there is one of them
#ifdef ADDER_STATS
AllocationCounts allocation_counts;
#endif

// Whether the meter, if there is one, has room for so much; else it is told.
static bool within_meter(int64_t bytes) {
  if (!meter) return true;
  int64_t left = meter->left.load(std::memory_order_relaxed);
  if (ADDER_LIKELY(bytes <= left)) return true;
  meter->exhausted();
  return bytes <= kMeterSmall && left > -kMeterSlack;
}
static void meter_out(int64_t bytes) {
  if (meter) meter->left.fetch_sub(bytes, std::memory_order_relaxed);
}
bool charge_memory(int64_t bytes) {
  if (ADDER_LIKELY(!meter)) return true;
  if (!within_meter(bytes)) return false;
  meter_out(bytes);
  return true;
}

// --- Blocks -----------------------------------------------------------------------------------------------------------
// Small ones from pools, large ones from the system, the others from mimalloc.
#if defined(ADDER_ASAN)
static int64_t size_of(void* p) { return p ? static_cast<int64_t>(malloc_usable_size(p)) : 0; }
static void* metered(void* p) {
  meter_out(size_of(p));
  return p;
}
static void* take(size_t bytes) { return within_meter(bytes) ? metered(malloc(bytes ? bytes : 1)) : nullptr; }
static void* take_zeroed(size_t bytes) { return within_meter(bytes) ? metered(calloc(bytes ? bytes : 1, 1)) : nullptr; }
static void* resize(void* p, size_t bytes) {
  const int64_t had = size_of(p);
  if (!within_meter(static_cast<int64_t>(bytes) - had)) return nullptr;
  void* moved = realloc(p, bytes ? bytes : 1);
  if (moved) meter_out(size_of(moved) - had);
  return moved;
}
static void give(void* p) {
  meter_out(-size_of(p));
  free(p);
}
static void* take_object(size_t bytes) { return take(bytes); }
static void* take_foreign(size_t bytes) { return take(bytes); }
#else
static size_t small_limit = kSmallBlock;  // requests beyond it, or of nothing, take the slower way: all while allocations are traced

// Address space is reserved that no memory stands behind: a size beyond the machine's memory must fail at once.
static bool exceeds_memory(size_t bytes) {
  static const size_t limit = [] {
    struct sysinfo info;
    return sysinfo(&info) == 0 ? (info.totalram + info.totalswap) * info.mem_unit : SIZE_MAX;
  }();
  return bytes > limit;
}
static constexpr size_t kHuge = size_t{1} << 32;

static size_t whole_words(size_t bytes) { return (bytes + 15) & ~size_t{15}; }
// Pools have no lock of their own.
static inline void assert_locked() {
#ifdef ADDER_CHECKS
  auto* t = reinterpret_cast<PyThreadState*>(current_thread());
  ADDER_ASSERT(!t || t->thread_id == static_cast<unsigned long>(pthread_self()));
#endif
}
static inline void* take_small(size_t bytes) {
  assert_locked();
  return small_malloc(bytes);
}
static inline void give_small(void* p, uint8_t kind) {
  assert_locked();
  small_free(p, kind);
}
static void* take_untraced(size_t bytes) {
  if (bytes <= kSmallBlock) return take_small(bytes ? whole_words(bytes) : 16);
  if (bytes < kLargeBlock) return mi_malloc(bytes);
  return bytes > kHuge && exceeds_memory(bytes) ? nullptr : large_malloc(bytes);
}
// What a block takes of memory.
static size_t size_of(void* p) {
  uint8_t kind = chunk_kind(p);
  return kind > kMappedChunk ? pool_of(p, kind)->block : kind == kMappedChunk ? large_size(p) : mi_usable_size(p);
}
static void* noted(void* p, size_t bytes) {
  if (p && tracer) tracer->allocated(p, bytes);
  if (p) meter_out(static_cast<int64_t>(size_of(p)));
  return p;
}
static __attribute__((noinline)) void note_release(void* p) {
  if (tracer) tracer->released(p);
  meter_out(-static_cast<int64_t>(size_of(p)));
}
static void* take_otherwise(size_t bytes) {
  if (!watched) return take_untraced(bytes);
  return within_meter(static_cast<int64_t>(bytes)) ? noted(take_untraced(bytes), bytes) : nullptr;
}
static inline void* take(size_t bytes) {
  return ADDER_LIKELY(bytes - 1 < small_limit) ? take_small(whole_words(bytes)) : take_otherwise(bytes);
}
// No struct of ours is aligned to more than a word.
static inline void* take_object(size_t bytes) {
  return ADDER_LIKELY(bytes - 1 < small_limit) ? take_small(bytes) : take_otherwise(bytes);
}
static void* take_foreign(size_t bytes) {
  if (bytes >= kLargeBlock) return take_otherwise(bytes);
  if (!within_meter(static_cast<int64_t>(bytes))) return nullptr;
  void* p = mi_malloc(bytes ? bytes : 1);
  return ADDER_UNLIKELY(watched) ? noted(p, bytes) : p;
}
static void* take_zeroed(size_t bytes) {
  bool fresh = bytes >= kLargeBlock && !watched && (bytes <= kHuge || !exceeds_memory(bytes));
  void* p = fresh ? large_zeroed(bytes) : take(bytes);
  if (p && !fresh) memset(p, 0, bytes);
  return p;
}

static void give_otherwise(void* p, uint8_t kind) {
  if (kind == kMappedChunk) large_free(p);
  else mi_free(p);
}
static inline void give_untraced(void* p) {
  uint8_t kind = chunk_kind(p);
  if (ADDER_LIKELY(kind > kMappedChunk)) give_small(p, kind);
  else give_otherwise(p, kind);
}
static inline void give(void* p) {
  if (ADDER_UNLIKELY(watched) && p) note_release(p);
  give_untraced(p);
}

// What fits stays, unless most of the block would be wasted.
static void* resize_untraced(void* old, size_t bytes) {
  if (!old) return take_untraced(bytes);
  uint8_t kind = chunk_kind(old);
  size_t have = size_of(old);
  if (bytes <= have && bytes >= have / 2) return old;
  if (bytes > kHuge && exceeds_memory(bytes)) return nullptr;
  if (kind == kMappedChunk && bytes >= kLargeGrown) return large_realloc(old, bytes);
  if (kind == 0 && bytes < kLargeGrown) return mi_realloc(old, bytes ? bytes : 1);
  void* p = bytes >= kLargeGrown ? large_malloc(bytes) : take_untraced(bytes);
  if (!p) return nullptr;
  memcpy(p, old, have < bytes ? have : bytes);
  give_untraced(old);
  return p;
}
static __attribute__((noinline)) void* resize_watched(void* old, size_t bytes) {
  const int64_t had = old ? static_cast<int64_t>(size_of(old)) : 0;
  if (!within_meter(static_cast<int64_t>(bytes) - had)) return nullptr;
  void* p = resize_untraced(old, bytes);
  if (!p) return nullptr;
  if (tracer && old) tracer->released(old);
  meter_out(-had);
  return noted(p, bytes);
}
static void* resize(void* old, size_t bytes) { return ADDER_UNLIKELY(watched) ? resize_watched(old, bytes) : resize_untraced(old, bytes); }
#endif

#if defined(ADDER_COUNT_REFS)
static void* counted(void* p) {
  live_block(p);
  return p;
}
#else
static inline void* counted(void* p) { return p; }
#endif
void* object_malloc(size_t bytes) { return counted(take(bytes)); }
void* object_zeroed(size_t bytes) { return counted(take_zeroed(bytes)); }
void* foreign_malloc(size_t bytes) { return counted(take_foreign(bytes)); }
void* object_realloc(void* p, size_t bytes) {
  void* moved = resize(p, bytes);
#if defined(ADDER_COUNT_REFS)
  if (moved) live_moved(p, moved);
#endif
  return moved;
}
void object_free(void* p) {
  live_gone(p);
  give(p);
}

static void watch() {
  watched = tracer || meter;
#if !defined(ADDER_ASAN)
  small_limit = watched ? 0 : kSmallBlock;
#endif
}
void set_allocation_tracer(const AllocationTracer* t) {
  tracer = t;
  watch();
}
void set_memory_meter(MemoryMeter* m) {
  meter = m;
  watch();
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
  count_allocation(sizeof(GCHead) + bytes);
  auto* head = static_cast<GCHead*>(counted(take_object(sizeof(GCHead) + bytes)));
  if (ADDER_UNLIKELY(!head)) return raise_no_memory();
  head->next = head->prev = 0;
  GcState& gc = gc_state();
  if (ADDER_UNLIKELY(++gc.generations[0].count > gc.generations[0].threshold)) gc_collect_if_due();
  PyObject* o = gc_object(head);
  set_header(o, type);
  return o;
}

PyObject* object_new_raw(PyTypeObject* type, size_t bytes) {
  count_allocation(bytes);
  auto* o = static_cast<PyObject*>(counted(take_object(bytes)));
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
