// _warnings: the bootstrap of importlib names it; the functions are those of the standard library's warnings.py.
#include "object/builtin.h"

namespace adder {

extern const ModuleDef warnings_module;
const ModuleDef warnings_module{.name = "_warnings", .doc = "_warnings provides basic warning filtering support."};

}  // namespace adder
