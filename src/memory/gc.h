// Allocation of objects and the cycle collector.
#pragma once
#include "object/abi.h"

namespace adder {

// Raw object memory (mimalloc; plain malloc under asan). Null without exception when memory is exhausted.
void* object_malloc(size_t bytes);
void* object_realloc(void* p, size_t bytes);
void object_free(void* p);

// Allocates an object of a type: header set (count 1, header bits clear), a reference to a heap type taken, the rest
// NOT zeroed. GC types get their head, untracked. Null with MemoryError.
PyObject* gc_new_raw(PyTypeObject* type, size_t bytes);   // GC type; bytes: the whole object without head
PyObject* object_new_raw(PyTypeObject* type, size_t bytes);
PyVarObject* gc_resize(PyVarObject* o, size_t bytes);     // untracked GC object; may move; null with MemoryError
void gc_free(PyObject* o);                                // memory of a GC object (untracks first)

void gc_track(PyObject* o);
void gc_untrack(PyObject* o);                             // no-op if untracked
inline void gc_track_if(PyObject* o, bool condition) { if (condition) gc_track(o); }
// Whether the collector must know an object that holds v.
inline bool gc_may_cycle(Value v) {
  return v.is_object() && type_has(v.object()->ob_type, Py_TPFLAGS_HAVE_GC);
}

// For tp_traverse: visits what is a reference.
#define ADDER_VISIT(value)                                       \
  do {                                                           \
    ::adder::Value visited_{value};                              \
    if (visited_.is_object()) {                                  \
      int result_ = visit(visited_.object(), arg);               \
      if (result_) return result_;                               \
    }                                                            \
  } while (0)
// For tp_clear and deallocation of a Value word.
inline void clear_slot(Value& slot) {
  Value old = slot;
  slot = Value{};
  decref(old);
}

// Deep structures are torn down without deep recursion: tp_dealloc of containers uses
//   TrashcanGuard guard{o, &list_dealloc}; if (guard.deferred) return;
struct TrashcanGuard {
  bool deferred;
  bool active;
  TrashcanGuard(PyObject* o, destructor dealloc);
  ~TrashcanGuard();
};
// Calls tp_finalize once; true if the object was resurrected (dealloc must stop). For tp_dealloc.
bool finalize_in_dealloc(PyObject* o);
// Clears weak references to a dying object and calls their callbacks.
void clear_weakrefs(PyObject* o);

// A collection of generations 0..generation; the number of unreachable objects found.
Py_ssize_t gc_collect(int generation);
struct GcState;
GcState& gc_state();  // thresholds, counts, callbacks, garbage: memory/gc.cpp, used by modules/gc.cpp

}  // namespace adder
