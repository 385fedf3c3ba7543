/* An iterator that ends as a generator does: StopIteration with an int; a heap type made from a spec. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
  PyObject_HEAD
  long next, stop;
} Counter;

static PyObject *counter_next(PyObject *object) {
  Counter *self = (Counter *)object;
  if (self->next < self->stop) return PyLong_FromLong(self->next++);
  PyObject *value = PyLong_FromLong(self->stop * 10);
  if (value) {
    PyErr_SetObject(PyExc_StopIteration, value);
    Py_DECREF(value);
  }
  return NULL;
}

static int counter_init(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"stop", "start", NULL};
  Counter *self = (Counter *)object;
  self->next = 0;
  return PyArg_ParseTupleAndKeywords(args, keywords, "l|l:Counter", names, &self->stop, &self->next) ? 0 : -1;
}

static void counter_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot counter_slots[] = {
    {Py_tp_init, counter_init},         {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, counter_next},
    {Py_tp_dealloc, counter_dealloc},   {Py_tp_doc, "Counter(stop, start=0)\n--\n\nCounts up."},
    {0, NULL},
};

static PyType_Spec counter_spec = {"counting.Counter", sizeof(Counter), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                                   counter_slots};

static int execute(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &counter_spec, NULL);
  if (!type) return -1;
  int status = PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return status;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "counting", .m_slots = slots};

PyMODINIT_FUNC PyInit_counting(void) { return PyModuleDef_Init(&definition); }
