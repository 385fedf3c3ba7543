/* Reads and writes lists and tuples with the macros, which no runtime can hook. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* The sum of all numbers in nested lists and tuples, as a float. */
static int add_up(PyObject *item, double *total, long *count) {
  if (PyList_Check(item)) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(item); i++)
      if (add_up(PyList_GET_ITEM(item, i), total, count) < 0) return -1;
    return 0;
  }
  if (PyTuple_Check(item)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(item); i++)
      if (add_up(PyTuple_GET_ITEM(item, i), total, count) < 0) return -1;
    return 0;
  }
  (*count)++;
  if (PyFloat_CheckExact(item)) {
    *total += PyFloat_AS_DOUBLE(item);
    return 0;
  }
  if (PyLong_Check(item)) {
    double value = PyLong_AsDouble(item);
    if (value == -1.0 && PyErr_Occurred()) return -1;
    *total += value;
    return 0;
  }
  PyErr_Format(PyExc_TypeError, "not a number: %R", item);
  return -1;
}

static PyObject *walk(PyObject *module, PyObject *item) {
  double total = 0;
  long count = 0;
  if (add_up(item, &total, &count) < 0) return NULL;
  return Py_BuildValue("(dl)", total, count);
}

/* What is at an index, its type's name and whether two reads give the same object. */
static PyObject *peek(PyObject *module, PyObject *args) {
  PyObject *list;
  Py_ssize_t index;
  if (!PyArg_ParseTuple(args, "O!n", &PyList_Type, &list, &index)) return NULL;
  PyObject *first = PyList_GET_ITEM(list, index), *second = PyList_GetItem(list, index);
  return Py_BuildValue("(OsO)", first, Py_TYPE(first)->tp_name, first == second ? Py_True : Py_False);
}

/* Writes into a list that Python holds, by the macro; the item that was there is let go afterwards. */
static PyObject *put(PyObject *module, PyObject *args) {
  PyObject *list, *item;
  Py_ssize_t index;
  if (!PyArg_ParseTuple(args, "O!nO", &PyList_Type, &list, &index, &item)) return NULL;
  PyObject *old = PyList_GET_ITEM(list, index);
  Py_INCREF(item);
  PyList_SET_ITEM(list, index, item);
  Py_DECREF(old);
  Py_RETURN_NONE;
}

/* Doubles every int of a list in place through ob_item. */
static PyObject *double_all(PyObject *module, PyObject *list) {
  if (!PyList_CheckExact(list)) {
    PyErr_BadArgument();
    return NULL;
  }
  PyObject **items = ((PyListObject *)list)->ob_item;
  for (Py_ssize_t i = 0; i < Py_SIZE(list); i++) {
    PyObject *doubled = PyNumber_Add(items[i], items[i]);
    if (!doubled) return NULL;
    Py_SETREF(items[i], doubled);
  }
  Py_RETURN_NONE;
}

/* A list of squares and a tuple (n, n / 2), made here item by item. */
static PyObject *make(PyObject *module, PyObject *argument) {
  long n = PyLong_AsLong(argument);
  if (n == -1 && PyErr_Occurred()) return NULL;
  PyObject *list = PyList_New(n);
  if (!list) return NULL;
  for (long i = 0; i < n; i++) PyList_SET_ITEM(list, i, PyLong_FromLong(i * i));
  PyObject *pair = PyTuple_New(2);
  PyTuple_SET_ITEM(pair, 0, PyLong_FromLong(n));
  PyTuple_SET_ITEM(pair, 1, PyFloat_FromDouble(n / 2.0));
  return Py_BuildValue("(NN)", list, pair);
}

static PyMethodDef methods[] = {
    {"walk", walk, METH_O, NULL},     {"peek", peek, METH_VARARGS, NULL}, {"put", put, METH_VARARGS, NULL},
    {"double_all", double_all, METH_O, NULL}, {"make", make, METH_O, NULL},       {NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "walking", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_walking(void) { return PyModule_Create(&definition); }
