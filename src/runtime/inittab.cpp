// The table of native modules, from inittab.def.
#include "modules/sys.h"
#include "object/builtin.h"

namespace adder {

#define ADDER_MODULE(name, def) extern const ModuleDef def;
#include "runtime/inittab.def"
#undef ADDER_MODULE

struct BuiltinModule { const char* name; Ref (*create)(); };
extern const BuiltinModule kBuiltinModules[];
const BuiltinModule kBuiltinModules[] = {
#define ADDER_MODULE(name, def) {name, [] { return make_module(def); }},
#include "runtime/inittab.def"
#undef ADDER_MODULE
    {nullptr, nullptr}};

const char* const* builtin_module_names() {
  static const char* const names[] = {
#define ADDER_MODULE(name, def) name,
#include "runtime/inittab.def"
#undef ADDER_MODULE
      nullptr};
  return names;
}

}  // namespace adder
