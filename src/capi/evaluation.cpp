// Running code from C beyond PyEval_EvalCode, what frames and functions tell of themselves, further interpreters.
#include "capi/capi.h"
#include "modules/sys.h"
#include "object/containers.h"
#include "object/hamt.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/small_types.h"
#include "object/slots.h"
#include "object/str.h"
#include "object/type.h"
#include "vm/frame.h"
#include "vm/function.h"
#include "vm/generator.h"

using namespace adder;
using namespace adder::capi;

// Runs a code object as a function with these defaults; locals serve code that is no function's.
ADDER_API PyObject* PyEval_EvalCodeEx(PyObject* code, PyObject* globals, PyObject* locals, PyObject* const* args, int n, PyObject* const* keywords, int n_keywords,
                                      PyObject* const* defaults, int n_defaults, PyObject* kwdefaults, PyObject* closure) {
  auto* c = reinterpret_cast<PyCodeObject*>(code);
  if (!(c->co_flags & CO_NEWLOCALS) && n == 0 && n_keywords == 0) {
    return out(hooks.eval_code(Value{code}, in(globals), locals ? in(locals) : in(globals), closure ? in(closure) : Value{}));
  }
  Ref f = function_new(c, globals, Value{});
  if (!f) return nullptr;
  if (n_defaults > 0) {
    Ref tuple = tuple_new(n_defaults);
    if (!tuple) return nullptr;
    for (int i = 0; i < n_defaults; i++) tuple_init(tuple, i, Ref::copy(in(defaults[i])));
    if (!setattr(f, "__defaults__"_id, tuple)) return nullptr;
  }
  if (kwdefaults && !setattr(f, "__kwdefaults__"_id, in(kwdefaults))) return nullptr;
  if (closure) f.as<PyFunctionObject>()->func_closure = Py_NewRef(closure);
  Ref positional = tuple_new(n), named = dict_new();
  if (!positional || !named) return nullptr;
  for (int i = 0; i < n; i++) tuple_init(positional, i, Ref::copy(in(args[i])));
  for (int i = 0; i < n_keywords; i++) {
    if (!dict_set(named, in(keywords[2 * i]), in(keywords[2 * i + 1]))) return nullptr;
  }
  return out(call_tuple_dict(f, positional, named));
}

ADDER_API int _PyEval_SetTrace(PyThreadState* t, Py_tracefunc f, PyObject* arg) {
  return status(set_trace_function(reinterpret_cast<Thread*>(t), f, arg));
}

// Frames are run by the machine alone.
ADDER_API PyObject* PyEval_EvalFrameEx(PyFrameObject*, int) { return raise(PyExc_SystemError, "frames cannot be evaluated by a function"); }
ADDER_API PyObject* PyEval_EvalFrame(PyFrameObject* f) { return PyEval_EvalFrameEx(f, 0); }

namespace {
int slice_bound(PyObject* o, Py_ssize_t* to, const char* message) {
  if (!PyIndex_Check(o)) return (void)raise(PyExc_TypeError, message), 0;
  return index_as_ssize(in(o), to, nullptr);
}
}  // namespace
// Converters of argument parsing: 1 done, 0 exception; None leaves the value.
ADDER_API int _PyEval_SliceIndex(PyObject* o, Py_ssize_t* to) {
  return o == Py_None ? 1 : slice_bound(o, to, "slice indices must be integers or None or have an __index__ method");
}
ADDER_API int _PyEval_SliceIndexNotNone(PyObject* o, Py_ssize_t* to) { return slice_bound(o, to, "slice indices must be integers or have an __index__ method"); }

ADDER_API PyObject* PyFrame_GetGenerator(PyFrameObject* o) {
  Frame* f = reinterpret_cast<FrameObject*>(o)->frame;
  return f->flags & kFrameGenerator ? Py_NewRef(reinterpret_cast<PyObject*>(generator_of(f))) : nullptr;
}
ADDER_API PyObject* _PyNamespace_New(PyObject* dict) { return out(namespace_new(dict ? in(dict) : Value{})); }
ADDER_API PyObject* _PyObject_FastCall(PyObject* f, PyObject* const* args, Py_ssize_t n) { return PyObject_Vectorcall(f, args, static_cast<size_t>(n), nullptr); }

// --- Freed memory -------------------------------------------------------------------------------------------------------
// Patterns with which debugging allocators fill memory.
ADDER_API int _PyObject_IsFreed(PyObject* o) {
  auto filled = [](const void* p) {
    auto word = reinterpret_cast<uintptr_t>(p);
    return word == 0 || word == 0xCDCDCDCDCDCDCDCD || word == 0xDDDDDDDDDDDDDDDD || word == 0xFDFDFDFDFDFDFDFD;
  };
  return filled(o) || filled(Py_TYPE(o));
}

ADDER_API PyObject* _PyContext_NewHamtForTests(void) { return out(hamt_new()); }
