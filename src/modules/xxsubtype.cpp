// The module xxsubtype: how a built-in type is extended in C++. A list and a dict that carry a number with them.
#include <ctime>

#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/type.h"

namespace adder {
namespace {

ADDER_TYPE(list_type);
ADDER_TYPE(dict_type);

struct SpamList {
  PyListObject list;
  int state;
};
struct SpamDict {
  PyDictObject dict;
  int state;
};

template <class T>
Ref get_state(Value self) { return int_from_i64(self.as<T>()->state); }
template <class T>
Ref set_state(Value self, Value v) {
  int state;
  if (!as_int(v, &state)) return nullptr;
  self.as<T>()->state = state;
  return none_ref();
}

// What it was called with: the type, the positional arguments, a dict of the others.
Ref class_meth(Value cls, const Value* a) { return tuple_of({cls, a[0], a[1]}); }
Ref static_meth(Value, const Value* a) { return tuple_of({none(), a[0], a[1]}); }

Ref bench(Value, const Value* a) {
  int64_t times = 1000;
  if (!is_str(a[1])) return raise(PyExc_TypeError, "bench() argument 2 must be str, not %N", type_of(a[1]));
  if (a[2] && !as_i64(a[2], &times)) return nullptr;
  clock_t begin = clock();
  for (; times > 0; times--) {
    if (!getattr(a[0], a[1].object())) return nullptr;
  }
  return float_new(static_cast<double>(clock() - begin) / CLOCKS_PER_SEC);
}

const MethodRow list_methods[] = {
    method<get_state<SpamList>>("getstate", "($self, /)", "getstate() -> state"),
    method<set_state<SpamList>>("setstate", "($self, state, /)", "setstate(state)"),
    class_method<class_meth>("classmeth", "($type, /, *args, **kw)", "classmeth(*args, **kw)"),
    static_method<static_meth>("staticmeth", "(*args, **kw)", "staticmeth(*args, **kw)"),
    {}};
const GetSetRow list_getset[] = {getset<get_state<SpamList>>("state", "an int variable for demonstration purposes"), {}};
const TypeDef list_def{.type = &list_type,
                       .name = "xxsubtype.spamlist",
                       .basicsize = sizeof(SpamList),
                       .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                       .base = &PyList_Type,
                       .methods = list_methods,
                       .getset = list_getset};

const MethodRow dict_methods[] = {
    method<get_state<SpamDict>>("getstate", "($self, /)", "getstate() -> state"),
    method<set_state<SpamDict>>("setstate", "($self, state, /)", "setstate(state)"),
    {}};
PyMemberDef dict_members[] = {
    {"state", T_INT, offsetof(SpamDict, state), READONLY, "an int variable for demonstration purposes"}, {nullptr, 0, 0, 0, nullptr}};
const TypeDef dict_def{.type = &dict_type,
                       .name = "xxsubtype.spamdict",
                       .basicsize = sizeof(SpamDict),
                       .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                       .base = &PyDict_Type,
                       .methods = dict_methods,
                       .members = dict_members};

const MethodRow functions[] = {method<bench>("bench", "($module, object, name, times=<unrepresentable>, /)", "The seconds that so many attribute accesses take."), {}};

bool exec(PyObject* module) { return module_add_type(module, list_def) && module_add_type(module, dict_def); }

}  // namespace

extern const ModuleDef xxsubtype_module{
    .name = "xxsubtype", .doc = "An example of built-in types extended in C++.", .methods = functions, .exec = exec};

}  // namespace adder
