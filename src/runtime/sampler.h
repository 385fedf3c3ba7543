// Watching a program from outside, for `adder --profile` and `adder --trace`: a thread of the sampler's own interrupts every Python
// thread at regular times; each notes, in a signal handler, what it is doing and the Python functions it is in. Off, it costs nothing.
#pragma once

#include <cstdint>

#include "object/abi.h"

namespace adder {

// From now on, every `microseconds`; `events`: kernels, allocations, collections, imports and the lock are noted exactly as well. False: an
// exception (it runs already, or there is no memory or thread for it).
bool start_sampling(int microseconds, bool events);

// Ends it. A dict: `functions` [(name, file, line)], `samples` [(nanoseconds, thread, doing, ((function, line), …) innermost first)],
// `events` [(nanoseconds, thread, begins, name, lane or None, size)], `lost`: how many samples and events found no room.
Ref stop_sampling();

}  // namespace adder
