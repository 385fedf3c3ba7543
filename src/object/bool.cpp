// The type bool and its two objects.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"

PyTypeObject PyBool_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

// Static objects start at a count that no program brings to zero.
extern "C" {
struct _longobject _Py_FalseStruct = {{{int64_t{1} << 60, &PyBool_Type}, 0}, {0}};
struct _longobject _Py_TrueStruct = {{{int64_t{1} << 60, &PyBool_Type}, 1}, {1}};
}

namespace adder {
namespace {

bool is_bool_object(Value v) { return is_exact(v, &PyBool_Type); }

Ref bool_repr(Value self) { return Ref::copy(self == boolean(true) ? Value{"True"_id} : Value{"False"_id}); }

Ref bool_and(Value a, Value b) {
  if (is_bool_object(a) && is_bool_object(b)) return bool_ref(a == boolean(true) && b == boolean(true));
  return is_int(a) && is_int(b) ? int_and(a, b) : not_implemented_ref();
}
Ref bool_or(Value a, Value b) {
  if (is_bool_object(a) && is_bool_object(b)) return bool_ref(a == boolean(true) || b == boolean(true));
  return is_int(a) && is_int(b) ? int_or(a, b) : not_implemented_ref();
}
Ref bool_xor(Value a, Value b) {
  if (is_bool_object(a) && is_bool_object(b)) return bool_ref(!(a == b));
  return is_int(a) && is_int(b) ? int_xor(a, b) : not_implemented_ref();
}

Ref bool_new(PyTypeObject*, Args args) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "bool() takes no keyword arguments");
  if (args.n > 1) return raise(PyExc_TypeError, "bool expected at most 1 argument, got %zd", static_cast<Py_ssize_t>(args.n));
  if (args.n == 0) return bool_ref(false);
  int truth = is_true(args[0]);
  return truth < 0 ? Ref{} : bool_ref(truth != 0);
}

// Nobody should bring a static object's count to zero; if someone does, it lives on.
void bool_dealloc(PyObject* self) { refcount(self) = int64_t{1} << 60; }

}  // namespace

extern const TypeDef bool_def = {
    .type = &PyBool_Type,
    .name = "bool",
    .basicsize = sizeof(PyLongObject),
    .itemsize = sizeof(digit),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_LONG_SUBCLASS | (1UL << 22),
    .doc = "bool(x) -> bool\n\n"
           "Returns True when the argument x is true, False otherwise.\n"
           "The builtins True and False are the only two instances of the class bool.\n"
           "The class bool is a subclass of the class int, and cannot be subclassed.",
    .base = &PyLong_Type,
    .dealloc = bool_dealloc,
    .slots = {.tp_repr = slot::Unary<bool_repr>,
              .tp_new = slot::New<bool_new>,
              .nb_and = slot::Binary<bool_and>,
              .nb_xor = slot::Binary<bool_xor>,
              .nb_or = slot::Binary<bool_or>},
};

}  // namespace adder
