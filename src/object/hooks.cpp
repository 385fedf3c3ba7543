// The table of calls upwards; the rooms above fill it at start-up.
#include "object/hooks.h"

namespace adder {

Hooks hooks;

}  // namespace adder
