// Issuing a warning from native code.
#pragma once
#include "object/abi.h"

namespace adder {

// warnings.warn: level 1 is the running Python frame; source may be absent. false: it was turned into an exception.
bool issue_warning(Value category, Value message, Py_ssize_t level, Value source);

}  // namespace adder
