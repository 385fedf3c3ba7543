// How the process dies.
#pragma once

namespace adder {

// "Fatal Python error: function: message" with the state, the raised exception or every thread's frames, and the extension modules on
// stderr; then abort. function: null if unknown. Works without the lock and in threads that Python does not know.
[[noreturn]] void fatal_error(const char* function, const char* message);

}  // namespace adder
