/* A program written for CPython's embedding interface: before and after PEP 587. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>

static int by_name(void) {
  wchar_t *program = Py_DecodeLocale("embedding-ä", NULL);
  if (!program) return 1;
  Py_SetProgramName(program);
  Py_InitializeEx(0);
  wchar_t *argv[] = {L"script", L"wörd"};
  PySys_SetArgvEx(2, argv, 0);
  int status = PyRun_SimpleString("import sys\nprint(sys.argv, sum(range(10)), flush=True)");
  char *name = Py_EncodeLocale(Py_GetProgramName(), NULL);
  printf("%s %d\n", name, Py_IsInitialized());
  fflush(stdout);
  PyMem_Free(name);
  PyRun_SimpleString("1 / 0");
  status |= Py_FinalizeEx();
  PyMem_RawFree(program);
  return status;
}

static int by_config(void) {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  char *argv[] = {"program", "a", "b"};
  PyStatus status = PyConfig_SetBytesArgv(&config, 3, argv);
  if (!PyStatus_Exception(status)) status = PyConfig_SetString(&config, &config.run_command, L"import sys; print('command', sys.argv, sys.flags.isolated)");
  if (!PyStatus_Exception(status)) status = PyWideStringList_Append(&config.xoptions, L"ours=1");
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  PyObject *globals = PyModule_GetDict(PyImport_AddModule("__main__"));
  PyObject *v = PyRun_String("__import__('sys')._xoptions", Py_eval_input, globals, globals);
  PyObject_Print(v, stdout, 0);
  putchar('\n');
  fflush(stdout);
  Py_XDECREF(v);
  return Py_RunMain();
}

int main(void) { return by_name() || by_config(); }
