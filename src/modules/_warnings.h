// Issuing a warning from native code.
#pragma once
#include "object/abi.h"

namespace adder {

// warnings.warn: level 1 is the running Python frame; source may be absent. false: it was turned into an exception.
bool issue_warning(Value category, Value message, Py_ssize_t level, Value source);
// warnings.warn_explicit, of a place that the caller names and no registry.
bool issue_warning_at(Value category, Value message, Value filename, int64_t line, Value module);

// Whether issuing a warning may raise it, or run code that is not Lib/warnings.py's.
bool warnings_may_act();

}  // namespace adder
