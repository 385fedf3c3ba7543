// The table of native modules, from inittab.def, and those that an embedding program adds.
#include <string>
#include <vector>
#include "modules/sys.h"
#include "object/builtin.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

#define ADDER_MODULE(name, def) extern const ModuleDef def;
#include "runtime/inittab.def"
#undef ADDER_MODULE

namespace {
struct BuiltinModule { const char* name; Ref (*create)(); };
const BuiltinModule kBuiltinModules[] = {
#define ADDER_MODULE(name, def) {name, [] { return make_module(def); }},
#include "runtime/inittab.def"
#undef ADDER_MODULE
    {nullptr, nullptr}};

struct AddedModule { std::string name; PyObject* (*init)(); };
std::vector<AddedModule>& added_modules() {
  static auto& list = *new std::vector<AddedModule>;
  return list;
}
}  // namespace

void add_builtin_module(const char* name, PyObject* (*init)()) { added_modules().push_back({name, init}); }
PyObject* (*added_builtin_module(PyObject* name))() {
  for (const AddedModule& m : added_modules()) {
    if (str_equals(Value{name}, m.name.c_str())) return m.init;
  }
  return nullptr;
}
bool is_builtin_module(PyObject* name) {
  for (const BuiltinModule* m = kBuiltinModules; m->name; m++) {
    if (str_equals(Value{name}, m->name)) return true;
  }
  return added_builtin_module(name) != nullptr;
}
Ref create_builtin_module(PyObject* name) {
  for (const BuiltinModule* m = kBuiltinModules; m->name; m++) {
    if (str_equals(Value{name}, m->name)) return m->create();
  }
  return Ref{};
}
std::vector<const char*> builtin_module_names() {
  std::vector<const char*> names;
  for (const BuiltinModule* m = kBuiltinModules; m->name; m++) names.push_back(m->name);
  for (const AddedModule& m : added_modules()) names.push_back(m.name.c_str());
  return names;
}

}  // namespace adder
