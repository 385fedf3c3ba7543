/* Reference counts that C sees of its arguments. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *one(PyObject *module, PyObject *o) { return PyLong_FromSsize_t(Py_REFCNT(o)); }
static PyObject *several(PyObject *module, PyObject *const *args, Py_ssize_t n) { return PyLong_FromSsize_t(Py_REFCNT(args[n - 1])); }

static PyMethodDef methods[] = {{"one", one, METH_O, NULL}, {"several", (PyCFunction)(void (*)(void))several, METH_FASTCALL, NULL}, {NULL}};

static PyObject *self_count(PyObject *self, PyObject *none) { return PyLong_FromSsize_t(Py_REFCNT(self)); }
static PyMethodDef type_methods[] = {{"count", self_count, METH_NOARGS, NULL}, {NULL}};
static PyTypeObject counted = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "counts.Counted",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_methods = type_methods,
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "counts", .m_size = -1, .m_methods = methods};
PyMODINIT_FUNC PyInit_counts(void) {
  PyObject *m = PyModule_Create(&definition);
  if (m && PyModule_AddType(m, &counted) < 0) Py_CLEAR(m);
  return m;
}
