// objimpl.h, pymem.h: allocation, tracking, deallocation; object headers.
#include <cstdlib>
#include <cstring>
#include "capi/capi.h"
#include "memory/blocks.h"
#include "memory/gc.h"
#include "memory/gc_state.h"
#include "memory/live.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {
bool trash_begin(PyObject* o);  // memory/gc.cpp
void trash_end();
}
using namespace adder;
using namespace adder::capi;

// What C gets memory from, by domain (raw, mem, object). PyMem_SetAllocator replaces it for C callers; Adder's own objects do not pass here.
namespace {
bool too_large(size_t n) { return n > static_cast<size_t>(PY_SSIZE_T_MAX); }
void* raw_malloc(void*, size_t n) { return malloc(n ? n : 1); }
void* raw_calloc(void*, size_t n, size_t size) { return n && size ? calloc(n, size) : calloc(1, 1); }
void* raw_realloc(void*, void* p, size_t n) { return realloc(p, n ? n : 1); }
void raw_free(void*, void* p) { free(p); }
void* heap_malloc(void*, size_t n) { return foreign_malloc(n); }
void* heap_calloc(void*, size_t n, size_t size) {
  size_t bytes = n * size;
  void* p = foreign_malloc(bytes);
  if (p) memset(p, 0, bytes);
  return p;
}
void* heap_realloc(void*, void* p, size_t n) { return object_realloc(p, n ? n : 1); }
void heap_free(void*, void* p) { object_free(p); }
PyMemAllocatorEx allocators[3] = {{nullptr, raw_malloc, raw_calloc, raw_realloc, raw_free},
                                  {nullptr, heap_malloc, heap_calloc, heap_realloc, heap_free},
                                  {nullptr, heap_malloc, heap_calloc, heap_realloc, heap_free}};
void* take(PyMemAllocatorDomain d, size_t n) { return too_large(n) ? nullptr : allocators[d].malloc(allocators[d].ctx, n); }
void* take_zeroed(PyMemAllocatorDomain d, size_t n, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes) || too_large(bytes)) return nullptr;
  return allocators[d].calloc(allocators[d].ctx, n, size);
}
void* resize(PyMemAllocatorDomain d, void* p, size_t n) { return too_large(n) ? nullptr : allocators[d].realloc(allocators[d].ctx, p, n); }
void give(PyMemAllocatorDomain d, void* p) { allocators[d].free(allocators[d].ctx, p); }
}  // namespace
#define ADDER_ALLOCATOR(prefix, domain)                                                             \
  ADDER_API void* prefix##Malloc(size_t n) { return take(domain, n); }                              \
  ADDER_API void* prefix##Calloc(size_t n, size_t size) { return take_zeroed(domain, n, size); }    \
  ADDER_API void* prefix##Realloc(void* p, size_t n) { return resize(domain, p, n); }               \
  ADDER_API void prefix##Free(void* p) { give(domain, p); }
ADDER_ALLOCATOR(PyMem_Raw, PYMEM_DOMAIN_RAW)
ADDER_ALLOCATOR(PyMem_, PYMEM_DOMAIN_MEM)
ADDER_ALLOCATOR(PyObject_, PYMEM_DOMAIN_OBJ)
#undef ADDER_ALLOCATOR
ADDER_API void PyMem_GetAllocator(PyMemAllocatorDomain d, PyMemAllocatorEx* to) { *to = allocators[d]; }
ADDER_API void PyMem_SetAllocator(PyMemAllocatorDomain d, PyMemAllocatorEx* a) { allocators[d] = *a; }
// Large blocks come from the same allocator; greenlet frees the chunks of a finished thread's register stack with this one.
namespace {
PyObjectArenaAllocator arenas = {nullptr, [](void*, size_t n) { return foreign_malloc(n); }, [](void*, void* p, size_t) { object_free(p); }};
}
ADDER_API void PyObject_GetArenaAllocator(PyObjectArenaAllocator* to) { *to = arenas; }
ADDER_API void PyObject_SetArenaAllocator(PyObjectArenaAllocator* from) { arenas = *from; }
ADDER_API const char* _PyMem_GetCurrentAllocatorName(void) {
  bool plain = allocators[PYMEM_DOMAIN_MEM].malloc == heap_malloc && allocators[PYMEM_DOMAIN_OBJ].malloc == heap_malloc && allocators[PYMEM_DOMAIN_RAW].malloc == raw_malloc;
  return plain ? "mimalloc" : nullptr;
}
ADDER_API char* _PyMem_Strdup(const char* s) {
  size_t n = strlen(s) + 1;
  auto* p = static_cast<char*>(object_malloc(n));
  return p ? static_cast<char*>(memcpy(p, s, n)) : nullptr;
}

namespace {
size_t var_size(PyTypeObject* t, Py_ssize_t n) { return (static_cast<size_t>(t->tp_basicsize + n * t->tp_itemsize) + 7) & ~size_t{7}; }
// What C makes may be written by C at any time.
PyObject* born_visible(PyObject* o) {
  if (o && (Py_TYPE(o)->tp_flags & (Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS))) gc_head(o)->prev |= kGCVisible;
  return o;
}
}  // namespace
ADDER_API PyObject* PyObject_Init(PyObject* o, PyTypeObject* t) {
  if (!o) return raise_no_memory();
  o->ob_type = t;
  if (t->tp_flags & Py_TPFLAGS_HEAPTYPE) Py_INCREF(t);
  o->ob_refcnt = 1;
  live_object(o);
  return o;
}
ADDER_API PyVarObject* PyObject_InitVar(PyVarObject* o, PyTypeObject* t, Py_ssize_t n) {
  if (!o) return raise_no_memory();
  o->ob_size = n;
  PyObject_Init(&o->ob_base, t);
  return o;
}
ADDER_API PyObject* _PyObject_New(PyTypeObject* t) { return object_new_raw(t, var_size(t, 0)); }
ADDER_API PyVarObject* _PyObject_NewVar(PyTypeObject* t, Py_ssize_t n) {
  auto* o = reinterpret_cast<PyVarObject*>(object_new_raw(t, var_size(t, n)));
  if (o) o->ob_size = n;
  return o;
}
ADDER_API PyObject* _PyObject_GC_New(PyTypeObject* t) { return born_visible(gc_new_raw(t, var_size(t, 0))); }
ADDER_API PyVarObject* _PyObject_GC_NewVar(PyTypeObject* t, Py_ssize_t n) {
  auto* o = reinterpret_cast<PyVarObject*>(born_visible(gc_new_raw(t, var_size(t, n))));
  if (o) o->ob_size = n;
  return o;
}
ADDER_API PyVarObject* _PyObject_GC_Resize(PyVarObject* o, Py_ssize_t n) {
  PyVarObject* r = gc_resize(o, var_size(Py_TYPE(o), n));
  if (r) r->ob_size = n;
  return r;
}
ADDER_API void PyObject_GC_Track(void* o) { gc_track(static_cast<PyObject*>(o)); }
ADDER_API void PyObject_GC_UnTrack(void* o) { gc_untrack(static_cast<PyObject*>(o)); }
ADDER_API void PyObject_GC_Del(void* o) { gc_free(static_cast<PyObject*>(o)); }
ADDER_API int PyObject_GC_IsTracked(PyObject* o) { return PyObject_IS_GC(o) && gc_is_tracked(o); }
ADDER_API int PyObject_GC_IsFinalized(PyObject* o) { return PyObject_IS_GC(o) && (gc_head(o)->prev & kGCFinalized); }
ADDER_API int PyObject_IS_GC(PyObject* o) { return (Py_TYPE(o)->tp_flags & Py_TPFLAGS_HAVE_GC) && (!Py_TYPE(o)->tp_is_gc || Py_TYPE(o)->tp_is_gc(o)); }
ADDER_API Py_ssize_t PyGC_Collect(void) { return gc_collect(2); }
// Each gives the state before.
static int set_gc_enabled(bool on) {
  bool before = gc_state().enabled;
  gc_state().enabled = on;
  return before;
}
ADDER_API int PyGC_Enable(void) { return set_gc_enabled(true); }
ADDER_API int PyGC_Disable(void) { return set_gc_enabled(false); }
ADDER_API int PyGC_IsEnabled(void) { return gc_state().enabled; }
ADDER_API int PyObject_CallFinalizerFromDealloc(PyObject* o) { return finalize_in_dealloc(o) ? -1 : 0; }
ADDER_API void PyObject_CallFinalizer(PyObject* o) {
  PyTypeObject* t = Py_TYPE(o);
  if (!t->tp_finalize || (PyObject_IS_GC(o) && PyObject_GC_IsFinalized(o))) return;
  t->tp_finalize(o);
  if (PyObject_IS_GC(o)) gc_head(o)->prev |= kGCFinalized;
}
ADDER_API void PyObject_ClearWeakRefs(PyObject* o) { clear_weakrefs(o); }
ADDER_API PyObject* PyType_GenericAlloc(PyTypeObject* t, Py_ssize_t n) { return born_visible(generic_alloc(t, n)); }
ADDER_API void Py_IncRef(PyObject* o) { Py_XINCREF(o); }
ADDER_API void Py_DecRef(PyObject* o) { Py_XDECREF(o); }
ADDER_API void _Py_IncRef(PyObject* o) { Py_INCREF(o); }
ADDER_API void _Py_DecRef(PyObject* o) { Py_DECREF(o); }
#undef Py_NewRef
#undef Py_XNewRef
ADDER_API PyObject* Py_NewRef(PyObject* o) { Py_INCREF(o); return o; }
ADDER_API PyObject* Py_XNewRef(PyObject* o) { Py_XINCREF(o); return o; }
ADDER_API int _PyTrash_begin(PyThreadState*, PyObject* o) { return trash_begin(o); }
ADDER_API void _PyTrash_end(PyThreadState*) { trash_end(); }
ADDER_API int _PyTrash_cond(PyObject* o, destructor dealloc) { return Py_TYPE(o)->tp_dealloc == dealloc; }

// --- Weak references ------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyWeakref_NewRef(PyObject* o, PyObject* callback) { return out(weakref_new(in(o), callback ? in(callback) : none())); }
ADDER_API PyObject* PyWeakref_NewProxy(PyObject* o, PyObject* callback) { return out(weakref_proxy(in(o), callback ? in(callback) : none())); }
ADDER_API PyObject* PyWeakref_GetObject(PyObject* ref) {
  if (!ref || !PyWeakref_Check(ref)) return bad_internal_call("PyWeakref_GetObject");
  PyObject* o = reinterpret_cast<PyWeakReference*>(ref)->wr_object;
  return o && Py_REFCNT(o) > 0 ? o : Py_None;
}
ADDER_API Py_ssize_t _PyWeakref_GetWeakrefCount(PyWeakReference* head) {
  Py_ssize_t n = 0;
  for (; head; head = head->wr_next) n++;
  return n;
}
