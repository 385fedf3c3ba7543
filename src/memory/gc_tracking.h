// What a container of values asks before it makes itself known to the collector.
#pragma once
#include "memory/gc.h"

namespace adder {

// Whether the collector must know an object that holds v. An untracked tuple leads to no cycle, and stays untracked while
// anybody holds it; a static type is nothing to the collector.
inline bool gc_needs_tracking(Value v) {
  if (!gc_may_cycle(v)) return false;
  PyTypeObject* t = v.object()->ob_type;
  if (t == &PyTuple_Type) return gc_is_tracked(v.object());
  return !t->tp_is_gc || t->tp_is_gc(v.object());
}

}  // namespace adder
