// The files behind the builtins module share these; nobody else includes this.
#pragma once
#include "object/builtin.h"

namespace adder {

extern const MethodRow builtins_sequence_rows[];  // builtins_iterables.cpp
extern const MethodRow builtins_code_rows[];      // builtins_code.cpp
extern const MethodRow builtins_io_rows[];        // builtins_io.cpp
extern const MethodRow builtins_object_rows[];    // builtins_objects.cpp

}  // namespace adder
