// Asynchronous generators and the awaitables that their methods give.
#pragma once
#include "object/abi.h"

namespace adder {

Ref async_wrap(Value v);        // marks a value as yielded by the generator itself (not by what it awaits)
Ref awaitable_iter(Value v);    // vm/op_generator.cpp

}  // namespace adder
