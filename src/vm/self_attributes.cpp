// Which attributes a class's methods store on self: how much room its instances should have from the first one on.
#include "compile/stored_code.h"
#include "object/shape.h"
#include "vm/function.h"

namespace adder {

void visit_self_attributes(Value function, void (*visit)(PyObject* name, void* arg), void* arg) {
  if (is_exact(function, &PyFunction_Type)) visit_self_stores(reinterpret_cast<PyCodeObject*>(function.as<PyFunctionObject>()->func_code), visit, arg);
}

}  // namespace adder
