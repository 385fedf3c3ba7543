// "Did you mean": the name that a NameError or AttributeError probably meant.
#pragma once
#include "object/abi.h"

namespace adder {

// The suggested name, a str; empty without exception if there is none. Runs with no exception raised.
Ref suggestion_for(Value exception);

}  // namespace adder
