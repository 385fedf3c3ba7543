// _PyRuntime in the layout of CPython 3.11's internal headers: extension modules read the current thread, small ints, the empty
// tuple and bytes, and static strings in it. Nothing here is used for Adder's own state.
#define Py_BUILD_CORE 1
#define Py_DEFAULT_RECURSION_LIMIT 1000
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>
#include "internal/pycore_runtime.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime_init.h"

#pragma clang diagnostic ignored "-Wdeprecated-declarations"
_PyRuntimeState _PyRuntime = _PyRuntimeState_INIT;

_Static_assert(offsetof(_PyRuntimeState, gilstate.tstate_current) == 576, "object/abi.h: kCurrentThreadOffset");
_Static_assert(offsetof(_PyRuntimeState, global_objects.singletons.small_ints) == 680, "object/int: small ints");

static const Py_ssize_t kImmortal = (Py_ssize_t)1 << 60;

// Calls visit for every static str, in order of their memory: each is followed at once by the next.
void adder_each_runtime_string(void (*visit)(PyObject*)) {
  char* p = (char*)&_PyRuntime.global_objects.singletons.strings;
  char* end = p + sizeof(_PyRuntime.global_objects.singletons.strings);
  while (p < end) {
    PyASCIIObject* s = (PyASCIIObject*)p;
    size_t size = (s->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject)) + (size_t)s->length + 1;
    s->ob_base.ob_refcnt = kImmortal;
    visit((PyObject*)s);
    p += (size + 7) & ~(size_t)7;
  }
}

void adder_init_runtime_objects(void) {
  for (int i = 0; i < _PY_NSMALLNEGINTS + _PY_NSMALLPOSINTS; i++)
    _PyRuntime.global_objects.singletons.small_ints[i].ob_base.ob_base.ob_refcnt = kImmortal;
  _PyRuntime.global_objects.singletons.bytes_empty.ob_base.ob_base.ob_refcnt = kImmortal;
  for (int i = 0; i < 256; i++) ((PyObject*)&_PyRuntime.global_objects.singletons.bytes_characters[i])->ob_refcnt = kImmortal;
  _PyRuntime.global_objects.singletons.tuple_empty.ob_base.ob_base.ob_refcnt = kImmortal;
  _PyRuntime.interpreters.main = _PyRuntime.interpreters.head = &_PyRuntime._main_interpreter;
  _PyRuntime.gilstate.autoInterpreterState = &_PyRuntime._main_interpreter;
  _PyRuntime._main_interpreter.runtime = &_PyRuntime;
  _PyRuntime.main_thread = (unsigned long)pthread_self();
  _PyRuntime.initialized = _PyRuntime.core_initialized = _PyRuntime.preinitialized = 1;
}
PyInterpreterState* adder_main_interpreter_state(void) { return &_PyRuntime._main_interpreter; }
PyInterpreterState* adder_new_interpreter_state(int64_t id) {
  PyInterpreterState* state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->runtime = &_PyRuntime;
  state->id = id;
  state->next = _PyRuntime.interpreters.head;
  _PyRuntime.interpreters.head = state;
  return state;
}
void adder_free_interpreter_state(PyInterpreterState* state) {
  for (PyInterpreterState** link = &_PyRuntime.interpreters.head; *link; link = &(*link)->next) {
    if (*link != state) continue;
    *link = state->next;
    break;
  }
  free(state);
}
void adder_set_interpreter_objects(PyInterpreterState* state, PyObject* modules, PyObject* sysdict, PyObject* builtins) {
  state->modules = modules;
  state->sysdict = sysdict;
  state->builtins = builtins;
}
