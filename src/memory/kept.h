// Dead objects kept for the next of their type: those of some types come and go in loops. A full collection gives them back (rooms
// declare a function for that in gc_state.h), as a program may never need as many again. The asan preset keeps none: it is to see
// every use of a dead object.
#pragma once
#include "memory/gc.h"
#include "memory/gc_state.h"

namespace adder {

enum class KeptKind { kPlain, kCollected };  // the latter have a GC head, and are untracked when they come and go

template <int N, KeptKind kind = KeptKind::kCollected>
class Kept {
 public:
#ifdef ADDER_ASAN
  PyObject* take() { return nullptr; }
  bool keep(PyObject*) { return false; }
  void drop() {}
#else
  // One with a count of 1, its GC head clear; null if there is none.
  PyObject* take() {
    if (count_ == 0) return nullptr;
    PyObject* o = objects_[--count_];
    o->ob_refcnt = 1;
    if constexpr (kind == KeptKind::kCollected) gc_head(o)->next = gc_head(o)->prev = 0;
    return o;
  }
  // false: there are enough of them.
  bool keep(PyObject* o) {
    if (count_ == N) return false;
    objects_[count_++] = o;
    return true;
  }
  void drop() {
    while (count_ > 0) {
      PyObject* o = objects_[--count_];
      if constexpr (kind == KeptKind::kCollected) gc_free(o);
      else object_free(o);
    }
  }

 private:
  PyObject* objects_[N] = {};
  int count_ = 0;
#endif
};

}  // namespace adder
