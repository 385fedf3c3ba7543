// Time limits: a thread of its own says when an interpreter's time is over, and wakes the thread that runs it from what it waits for.
#pragma once
#include "object/limits.h"

namespace adder {

// The calling thread runs a program of these limits for at most so long, until end_watch. false: no thread could be made.
bool begin_watch(Limits* l, double seconds);
double end_watch(Limits* l);     // the seconds that were left
void watchdog_after_fork();

}  // namespace adder
