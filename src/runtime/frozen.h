// Frozen modules: those modules of the library that CPython has compiled into its binary. Here their code comes from the library's
// cache, but importlib's FrozenImporter loads them all the same, so that their names in tracebacks and their specs are CPython's.
#pragma once
#include <string_view>

#include "object/abi.h"

namespace adder {

struct FrozenModule {
  const char* name;
  const char* origin;  // the module whose code it is, "<package" for a package's __init__; null: not of the library
  bool package;
  bool essential;      // found also where frozen modules are switched off
};
extern const FrozenModule kFrozenModules[];  // the last has no name

enum class FrozenUse { kAsConfigured, kNever, kAlways };
extern FrozenUse frozen_use;
const FrozenModule* find_frozen(std::string_view name);  // null: not frozen; whether it may be used is told by frozen_usable
bool frozen_usable(const FrozenModule& module);
Ref frozen_code(const FrozenModule& module);

// Gives a code object, and those among its constants, another file name where they have the old one.
void rename_code(PyCodeObject* code, Value old_name, Value new_name);

}  // namespace adder
