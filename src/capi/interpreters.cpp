// pystate.h, pylifecycle.h, interpreteridobject.h: several interpreters in a process, their ids, and data passed from one to another.
#include <vector>
#include "capi/capi.h"
#include "object/containers.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "runtime/interpreter_id.h"
#include "vm/thread.h"

namespace adder { void switch_to(Thread* t); }  // runtime/subinterpreter.cpp

using namespace adder;
using namespace adder::capi;

namespace {
Interpreter* interpreter_of(PyInterpreterState* state) {
  for (Interpreter* in = all_interpreters; in; in = in->next) {
    if (in->state == state) return in;
  }
  return nullptr;
}
PyThreadState* state_of(Thread* t) { return t ? &t->ts : nullptr; }
}  // namespace

// --- Interpreters -----------------------------------------------------------------------------------------------------------
ADDER_API PyInterpreterState* PyInterpreterState_Get(void) { return PyThreadState_Get()->interp; }
ADDER_API PyInterpreterState* PyInterpreterState_Main(void) { return main_interpreter ? main_interpreter->state : nullptr; }
ADDER_API PyInterpreterState* PyThreadState_GetInterpreter(PyThreadState* t) { return t->interp; }
ADDER_API int64_t PyInterpreterState_GetID(PyInterpreterState* state) {
  Interpreter* in = interpreter_of(state);
  return in ? in->id : static_cast<int64_t>(raise(PyExc_RuntimeError, "no interpreter provided"));
}
ADDER_API PyObject* PyInterpreterState_GetDict(PyInterpreterState* state) {
  Interpreter* in = interpreter_of(state);
  if (!in->dict) in->dict = dict_new();
  return in->dict.object();
}
// Null after the end: destructors of C++ statics ask (greenlet).
ADDER_API PyInterpreterState* PyInterpreterState_Head(void) { return all_interpreters ? all_interpreters->state : nullptr; }
ADDER_API PyInterpreterState* PyInterpreterState_Next(PyInterpreterState* state) {
  Interpreter* next = interpreter_of(state)->next;
  return next ? next->state : nullptr;
}
ADDER_API PyThreadState* PyInterpreterState_ThreadHead(PyInterpreterState* state) { return state_of(interpreter_of(state)->threads); }
ADDER_API PyObject* _PyInterpreterState_GetMainModule(PyInterpreterState* state) {
  Value m = dict_get_str(interpreter_of(state)->modules, "__main__"_id);
  return m ? Ref::copy(m).release().object() : raise(PyExc_RuntimeError, "interpreter not initialized");
}
ADDER_API PyThreadState* PyThreadState_New(PyInterpreterState* state) { return state_of(thread_new(interpreter_of(state))); }
// A state is whole from the start on.
ADDER_API PyThreadState* _PyThreadState_Prealloc(PyInterpreterState* state) { return PyThreadState_New(state); }
ADDER_API void _PyThreadState_Init(PyThreadState*) {}
ADDER_API PyThreadState* PyThreadState_Swap(PyThreadState* t) {
  PyThreadState* old = current_thread();
  switch_to(reinterpret_cast<Thread*>(t));
  return old;
}
ADDER_API PyInterpreterState* PyInterpreterState_New(void) {
  Interpreter* in = new_interpreter();
  return in ? in->state : nullptr;
}
ADDER_API void PyInterpreterState_Clear(PyInterpreterState* state) { interpreter_of(state)->dict.reset(); }
ADDER_API void PyInterpreterState_Delete(PyInterpreterState* state) {
  Interpreter* in = interpreter_of(state);
  if (in->threads) Py_FatalError("remaining threads");
  discard_interpreter(in);
}
ADDER_API PyThreadState* _Py_NewInterpreter(int isolated) { return state_of(start_subinterpreter(isolated)); }
ADDER_API PyThreadState* Py_NewInterpreter(void) { return _Py_NewInterpreter(0); }
ADDER_API void Py_EndInterpreter(PyThreadState* t) {
  if (t != current_thread()) Py_FatalError("thread is not current");
  if (t->cframe->current_frame) Py_FatalError("thread still has a frame");
  Interpreter* in = interpreter_of(reinterpret_cast<Thread*>(t));
  if (in == main_interpreter) Py_FatalError("not an interpreter made by Py_NewInterpreter");
  if (!end_subinterpreter()) Py_FatalError("not the last thread");
}

// --- Ids --------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* _PyInterpreterID_New(int64_t id) { return out(interpreter_id_new(&_PyInterpreterID_Type, id, false)); }
ADDER_API PyInterpreterState* _PyInterpreterID_LookUp(PyObject* o) {
  int64_t id;
  Interpreter* in = interpreter_id_number(capi::in(o), &id) ? find_interpreter(id) : nullptr;
  return in ? in->state : nullptr;
}
ADDER_API PyObject* _PyInterpreterState_GetIDObject(PyInterpreterState* state) { return _PyInterpreterID_New(PyInterpreterState_GetID(state)); }
ADDER_API int _PyInterpreterState_RequiresIDRef(PyInterpreterState* state) { return interpreter_of(state)->ends_with_id; }
ADDER_API void _PyInterpreterState_RequireIDRef(PyInterpreterState* state, int required) { interpreter_of(state)->ends_with_id = required; }

// --- Data that passes from one interpreter to another ----------------------------------------------------------------------
namespace {
PyObject* new_none(_PyCrossInterpreterData*) { return Py_NewRef(Py_None); }
int pass_none(PyObject*, _PyCrossInterpreterData* data) {
  data->new_object = new_none;
  return 0;
}
PyObject* new_int(_PyCrossInterpreterData* data) { return PyLong_FromSsize_t(reinterpret_cast<Py_ssize_t>(data->data)); }
int pass_int(PyObject* o, _PyCrossInterpreterData* data) {
  // The number itself is the data; what does not fit goes as bytes.
  Py_ssize_t n = PyLong_AsSsize_t(o);
  if (n == -1 && error_occurred()) {
    if (error_matches(PyExc_OverflowError)) (void)raise(PyExc_OverflowError, "try sending as bytes");
    return -1;
  }
  data->data = reinterpret_cast<void*>(n);
  data->new_object = new_int;
  return 0;
}
// The object itself stays alive; the other interpreter gets a copy.
PyObject* new_bytes(_PyCrossInterpreterData* data) {
  return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data->obj), PyBytes_GET_SIZE(data->obj));
}
int pass_bytes(PyObject* o, _PyCrossInterpreterData* data) {
  data->obj = Py_NewRef(o);
  data->new_object = new_bytes;
  return 0;
}
PyObject* new_text(_PyCrossInterpreterData* data) {
  return PyUnicode_FromKindAndData(PyUnicode_KIND(data->obj), PyUnicode_DATA(data->obj), PyUnicode_GET_LENGTH(data->obj));
}
int pass_text(PyObject* o, _PyCrossInterpreterData* data) {
  data->obj = Py_NewRef(o);
  data->new_object = new_text;
  return 0;
}
struct Passing { PyTypeObject* type; crossinterpdatafunc pass; };
std::vector<Passing>& passings() {
  static auto& list = *new std::vector<Passing>{{Py_TYPE(Py_None), pass_none}, {&PyLong_Type, pass_int}, {&PyBytes_Type, pass_bytes}, {&PyUnicode_Type, pass_text}};
  return list;
}
}  // namespace
ADDER_API int _PyCrossInterpreterData_RegisterClass(PyTypeObject* type, crossinterpdatafunc pass) {
  if (!PyType_HasFeature(type, Py_TPFLAGS_READY)) return raise(PyExc_ValueError, "cls is not ready");
  if (!pass) return raise(PyExc_ValueError, "missing 'getdata' func");
  Py_INCREF(type);
  passings().push_back({type, pass});
  return 0;
}
ADDER_API crossinterpdatafunc _PyCrossInterpreterData_Lookup(PyObject* o) {
  for (const Passing& p : passings()) {
    if (p.type == Py_TYPE(o)) return p.pass;
  }
  return nullptr;
}
ADDER_API int _PyObject_CheckCrossInterpreterData(PyObject* o) {
  if (_PyCrossInterpreterData_Lookup(o)) return 0;
  return error_occurred() ? -1 : static_cast<int>(raise(PyExc_ValueError, "%S does not support cross-interpreter data", in(o)));
}
ADDER_API int _PyObject_GetCrossInterpreterData(PyObject* o, _PyCrossInterpreterData* data) {
  *data = {};
  data->free = PyMem_RawFree;
  if (_PyObject_CheckCrossInterpreterData(o) < 0) return -1;
  crossinterpdatafunc pass = _PyCrossInterpreterData_Lookup(o);
  data->free = nullptr;
  if (pass(o, data) != 0) return -1;
  data->interp = the_interpreter->id;
  if (data->new_object) return 0;
  _PyCrossInterpreterData_Release(data);
  return raise(PyExc_SystemError, "missing new_object func");
}
ADDER_API PyObject* _PyCrossInterpreterData_NewObject(_PyCrossInterpreterData* data) { return data->new_object(data); }
ADDER_API void _PyCrossInterpreterData_Release(_PyCrossInterpreterData* data) {
  if (!data->data && !data->obj) return;
  // All interpreters share the heap: no matter which is current.
  if (data->free) data->free(data->data);
  Py_CLEAR(data->obj);
  data->data = nullptr;
}
