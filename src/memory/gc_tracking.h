// What a container of values asks before it makes itself known to the collector.
#pragma once
#include "memory/gc.h"

namespace adder {

// Whether the collector must know an object that holds v. An untracked tuple leads to no cycle, and stays untracked while
// anybody holds it.
inline bool gc_needs_tracking(Value v) {
  return gc_may_cycle(v) && !(v.object()->ob_type == &PyTuple_Type && !gc_is_tracked(v.object()));
}

}  // namespace adder
