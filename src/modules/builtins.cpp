// The builtins module: its constants, types and exceptions; the functions are in builtins_*.cpp.
#include "modules/builtins.h"

#include "object/containers.h"
#include "object/exceptions.h"
#include "object/hooks.h"
#include "object/object.h"
#include "object/str.h"

namespace adder {
namespace {

const char* const kDoc =
    "Built-in functions, types, exceptions, and other objects.\n\n"
    "This module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\n"
    "the full name for the built-in function len().\n\n"
    "This module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\n"
    "objects with the same name as a builtin: in that case\nthe builtin of that name can be accessed as builtins.name.";

bool add_rows(PyObject* module, const MethodRow* rows) {
  for (; rows->c.ml_name; rows++) {
    Ref name = Ref::copy("builtins"_id);
    if (!module_add(module, rows->c.ml_name, make_builtin(*rows, module, name))) return false;
  }
  return true;
}

bool exec(PyObject* module) {
  if (!add_rows(module, builtins_object_rows) || !add_rows(module, builtins_sequence_rows) ||
      !add_rows(module, builtins_code_rows) || !add_rows(module, builtins_io_rows)) {
    return false;
  }
  struct Named {
    const char* name;
    PyTypeObject* type;
  };
  const Named types[] = {
      {"bool", &PyBool_Type}, {"memoryview", &PyMemoryView_Type}, {"bytearray", &PyByteArray_Type}, {"bytes", &PyBytes_Type},
      {"classmethod", &PyClassMethod_Type}, {"complex", &PyComplex_Type}, {"dict", &PyDict_Type}, {"enumerate", &PyEnum_Type},
      {"filter", &PyFilter_Type}, {"float", &PyFloat_Type}, {"frozenset", &PyFrozenSet_Type}, {"property", &PyProperty_Type},
      {"int", &PyLong_Type}, {"list", &PyList_Type}, {"map", &PyMap_Type}, {"object", &PyBaseObject_Type}, {"range", &PyRange_Type},
      {"reversed", &PyReversed_Type}, {"set", &PySet_Type}, {"slice", &PySlice_Type}, {"staticmethod", &PyStaticMethod_Type},
      {"str", &PyUnicode_Type}, {"super", &PySuper_Type}, {"tuple", &PyTuple_Type}, {"type", &PyType_Type}, {"zip", &PyZip_Type}};
  for (const Named& t : types) {
    if (!module_add(module, t.name, Ref::copy(t.type))) return false;
  }
  return module_add(module, "None", none_ref()) && module_add(module, "Ellipsis", Ref::copy(Py_Ellipsis)) &&
         module_add(module, "NotImplemented", not_implemented_ref()) && module_add(module, "False", bool_ref(false)) &&
         module_add(module, "True", bool_ref(true)) && module_add(module, "__debug__", bool_ref(true)) && exceptions_add(module);
}

}  // namespace

extern const ModuleDef builtins_module{.name = "builtins", .doc = kDoc, .exec = exec};

}  // namespace adder
