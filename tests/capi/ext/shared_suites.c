/* A static type without suites of its own below a builtin and a type that has numbers: what it inherits must not get into the builtin. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *multiply(PyObject *a, PyObject *b) { return PyUnicode_FromString("multiplied"); }
static PyNumberMethods numbers = {.nb_multiply = multiply};
static PyTypeObject number = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "shared_suites.Number",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_as_number = &numbers,
};
static PyTypeObject text = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "shared_suites.Text",
    .tp_basicsize = sizeof(PyBytesObject),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

static PyObject *bytes_multiply(PyObject *module, PyObject *none) {
  return PyBool_FromLong(PyBytes_Type.tp_as_number->nb_multiply != NULL);
}
static PyMethodDef methods[] = {{"bytes_multiply", bytes_multiply, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "shared_suites", .m_size = -1, .m_methods = methods};
PyMODINIT_FUNC PyInit_shared_suites(void) {
  PyObject *m = PyModule_Create(&definition);
  text.tp_base = &PyBytes_Type;
  if (!m || PyType_Ready(&number) < 0) return NULL;
  text.tp_bases = PyTuple_Pack(2, &PyBytes_Type, &number);
  if (!text.tp_bases || PyModule_AddType(m, &text) < 0) return NULL;
  return m;
}
