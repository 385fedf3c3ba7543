// The module _contextvars: what Lib/contextvars.py shows.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {

Value context_token_missing();  // object/context.cpp

namespace {

Ref copy_context(Value) { return context_copy_current(); }

const MethodRow functions[] = {method<copy_context>("copy_context", "($module, /)", ""), {}};

bool exec(PyObject* module) {
  if (!dict_set_str(PyContextToken_Type.tp_dict, "MISSING"_id, context_token_missing())) return false;
  type_modified(&PyContextToken_Type);
  return module_add(module, "Context", Ref::copy(&PyContext_Type)) &&
         module_add(module, "ContextVar", Ref::copy(&PyContextVar_Type)) &&
         module_add(module, "Token", Ref::copy(&PyContextToken_Type));
}

}  // namespace

extern const ModuleDef contextvars_module{
    .name = "_contextvars", .doc = "Context Variables", .methods = functions, .exec = exec};

}  // namespace adder
