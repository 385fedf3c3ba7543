// The native part of the numpy package: module `_numpy`. The package's Python part (lib/numpy) builds the public
// namespace on it.
#include "array/core/host.h"
#include "memory/gc.h"
#include "numpy/deferred.h"
#include "numpy/ndarray.h"
#include "object/builtin.h"
#include "runtime/gil.h"
#include "vm/thread.h"

namespace adder::numpy {

extern const TypeDef iterator_def;

namespace {

bool exec(PyObject* module) {
  eng::Host& host = eng::host();
  // Long kernels run without the interpreter's lock.
  host.let_go = []() -> void* {
    Thread* thread = this_thread();
    drop_gil(thread);
    return thread;
  };
  host.take_back = [](void* token) { take_gil(static_cast<Thread*>(token)); };
  join_method_tables();
  if (!init_errors(module) || !init_scalars(module) || !init_dtypes(module)) return false;
  return ready_type(iterator_def) && module_add_type(module, ndarray_def) && init_ufuncs(module) && init_deferral();
}

}  // namespace

}  // namespace adder::numpy

namespace adder {

extern const ModuleDef numpy_module;
const ModuleDef numpy_module = {
    .name = "_numpy",
    .doc = "Native part of the numpy package.",
    .methods = numpy::module_functions,
    .exec = numpy::exec,
};

}  // namespace adder
