// The native part of the numpy package: module `_numpy`. The package's Python part (lib/numpy) builds the public
// namespace on it.
#include "array/core/host.h"
#include "memory/gc.h"
#include "numpy/ndarray.h"
#include "object/builtin.h"

extern "C" {
__attribute__((weak)) PyThreadState* PyEval_SaveThread(void);
__attribute__((weak)) void PyEval_RestoreThread(PyThreadState*);
}

namespace adder::numpy {

extern const TypeDef iterator_def;

namespace {

bool exec(PyObject* module) {
  eng::Host& host = eng::host();
  if (PyEval_SaveThread && PyEval_RestoreThread) {
    host.let_go = [] { return static_cast<void*>(PyEval_SaveThread()); };
    host.take_back = [](void* token) { PyEval_RestoreThread(static_cast<PyThreadState*>(token)); };
  }
  if (!init_errors(module) || !init_scalars(module) || !init_dtypes(module)) return false;
  return ready_type(iterator_def) && module_add_type(module, ndarray_def) && init_ufuncs(module);
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
