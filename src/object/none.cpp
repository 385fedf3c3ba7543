// None, NotImplemented and Ellipsis.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {
namespace {

constexpr Py_ssize_t kImmortal = Py_ssize_t{1} << 60;

Ref none_repr(Value) { return Ref::copy("None"_id); }
int none_bool(Value) { return 0; }
Ref not_implemented_repr(Value) { return Ref::copy("NotImplemented"_id); }
int not_implemented_bool(Value) {
  return warn(PyExc_DeprecationWarning, 1, "NotImplemented should not be used in a boolean context") ? 1 : -1;
}
Ref ellipsis_repr(Value) { return Ref::copy("Ellipsis"_id); }

bool no_arguments(const char* name, Args args) {
  if (args.n || (args.kwnames && tuple_size(args.kwnames))) return raise(PyExc_TypeError, "%s takes no arguments", name);
  return true;
}
Ref none_new(PyTypeObject*, Args args) { return no_arguments("NoneType", args) ? none_ref() : Ref{}; }
Ref not_implemented_new(PyTypeObject*, Args args) { return no_arguments("NotImplementedType", args) ? not_implemented_ref() : Ref{}; }
Ref ellipsis_new(PyTypeObject*, Args args) { return no_arguments("EllipsisType", args) ? Ref::copy(Py_Ellipsis) : Ref{}; }

// Someone released references it did not own: the singleton stays.
void revive(PyObject* o) { refcount(o) = kImmortal; }

const MethodRow not_implemented_methods[] = {method<not_implemented_repr>("__reduce__", "", ""), {}};
const MethodRow ellipsis_methods[] = {method<ellipsis_repr>("__reduce__", "", ""), {}};

}  // namespace

extern const TypeDef none_def{
    .type = &_PyNone_Type,
    .name = "NoneType",
    .basicsize = 0,
    .dealloc = revive,
    .slots = {.tp_repr = slot::Unary<none_repr>, .tp_new = slot::New<none_new>, .nb_bool = slot::Inquiry<none_bool>},
};
extern const TypeDef not_implemented_def{
    .type = &_PyNotImplemented_Type,
    .name = "NotImplementedType",
    .basicsize = 0,
    .dealloc = revive,
    .slots = {.tp_repr = slot::Unary<not_implemented_repr>,
              .tp_new = slot::New<not_implemented_new>,
              .nb_bool = slot::Inquiry<not_implemented_bool>},
    .methods = not_implemented_methods,
};
extern const TypeDef ellipsis_def{
    .type = &PyEllipsis_Type,
    .name = "ellipsis",
    .basicsize = 0,
    .dealloc = revive,
    .slots = {.tp_repr = slot::Unary<ellipsis_repr>, .tp_new = slot::New<ellipsis_new>},
    .methods = ellipsis_methods,
};

}  // namespace adder

extern "C" {
PyTypeObject _PyNone_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyNotImplemented_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyEllipsis_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyObject _Py_NoneStruct = {adder::kImmortal, &_PyNone_Type};
PyObject _Py_NotImplementedStruct = {adder::kImmortal, &_PyNotImplemented_Type};
PyObject _Py_EllipsisObject = {adder::kImmortal, &PyEllipsis_Type};
}
