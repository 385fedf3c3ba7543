// What the process writes when it dies, without allocation, locks or Python.
#pragma once

namespace adder {

void write_thread_tracebacks(int fd);   // every thread's frames, most recent call first
void write_extension_modules(int fd);   // "Extension modules: …", those of the standard library left out; nothing if there are none
void disable_fault_handlers();          // what follows (abort) shall not be reported again

}  // namespace adder
