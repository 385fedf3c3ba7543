/* A program with builtin modules of its own and several interpreters, which share the process and nothing of their modules. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>

static int made = 0;

static PyObject *count(PyObject *module, PyObject *unused) { return PyLong_FromLong(++*(long *)PyModule_GetState(module)); }
static PyMethodDef methods[] = {{"count", count, METH_NOARGS, NULL}, {NULL}};

static int execute(PyObject *module) {
  made++;
  return PyModule_AddStringConstant(module, "kind", "phases");
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};
static PyModuleDef phases = {PyModuleDef_HEAD_INIT, .m_name = "phases", .m_size = sizeof(long), .m_methods = methods, .m_slots = slots};
static PyObject *init_phases(void) { return PyModuleDef_Init(&phases); }

static PyModuleDef single = {PyModuleDef_HEAD_INIT, .m_name = "single", .m_size = -1};
static PyObject *init_single(void) {
  PyObject *module = PyModule_Create(&single);
  if (module && PyModule_AddStringConstant(module, "kind", "single") < 0) Py_CLEAR(module);
  return module;
}

static int run(const char *text) {
  int status = PyRun_SimpleString(text);
  fflush(stdout);
  return status;
}

int main(void) {
  struct _inittab more[] = {{"single", init_single}, {NULL, NULL}};
  if (PyImport_AppendInittab("phases", init_phases) || PyImport_ExtendInittab(more)) return 1;
  Py_InitializeEx(0);
  PyThreadState *first = PyThreadState_Get();
  int status = run("import phases, single, sys, json\n"
                   "mark = 'first'\n"
                   "print(phases.count(), phases.count(), phases.kind, single.kind, phases.__spec__.origin,\n"
                   "      {'phases', 'single'} <= set(sys.builtin_module_names), flush=True)\n");
  PyThreadState *second = Py_NewInterpreter();
  if (!second || second == first || PyThreadState_Get() != second) return 2;
  if (PyInterpreterState_GetID(PyThreadState_GetInterpreter(second)) != 1 || PyInterpreterState_Get() == PyInterpreterState_Main()) return 3;
  status |= run("import phases, sys\n"
                "print(phases.count(), 'mark' in globals(), 'json' in sys.modules, flush=True)\n"
                "import atexit; atexit.register(print, 'second ends', flush=True)\n");
  PyThreadState_Swap(first);
  status |= run("print(phases.count(), mark, flush=True)");
  PyThreadState_Swap(second);
  Py_EndInterpreter(second);
  PyThreadState_Swap(first);
  for (int i = 0; i < 20; i++) {
    PyThreadState *next = Py_NewInterpreter();
    if (!next) return 4;
    status |= run("import collections, re; assert re.sub('a', 'b', 'aa') == 'bb'");
    Py_EndInterpreter(next);
    PyThreadState_Swap(first);
  }
  status |= run("import pickle, decimal, warnings; print(pickle.loads(pickle.dumps(decimal.Decimal('1.5'))), flush=True)");
  status |= Py_FinalizeEx();
  printf("%d\n", made);
  return status;
}
