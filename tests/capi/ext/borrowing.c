/* Borrowed references to numbers in a dict, used after other calls. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Takes d[key] borrowed, makes many objects, changes other keys, then reads the borrowed int. */
static PyObject *late_use(PyObject *module, PyObject *args) {
  PyObject *dict, *key;
  if (!PyArg_ParseTuple(args, "O!O", &PyDict_Type, &dict, &key)) return NULL;
  PyObject *value = PyDict_GetItemWithError(dict, key);
  if (!value) {
    if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
  }
  for (long i = 0; i < 1000; i++) {
    PyObject *other = PyLong_FromLong(1000000 + i), *text = PyUnicode_FromFormat("key %ld", i);
    if (!other || !text || PyDict_SetItem(dict, text, other) < 0) return NULL;
    Py_DECREF(text);
    Py_DECREF(other);
  }
  PyObject *again = PyDict_GetItem(dict, key);
  if (again != value) {
    PyErr_SetString(PyExc_AssertionError, "the dict gave out another object");
    return NULL;
  }
  return PyNumber_Add(value, again);
}

/* Sum of keys and of values by PyDict_Next. */
static PyObject *totals(PyObject *module, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  long keys = 0, values = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    keys += PyLong_AsLong(key);
    values += PyLong_AsLong(value);
  }
  if (PyErr_Occurred()) return NULL;
  return Py_BuildValue("(ll)", keys, values);
}

/* sys.<name>, borrowed, after a call that could have freed it. */
static PyObject *system_object(PyObject *module, PyObject *name) {
  const char *text = PyUnicode_AsUTF8(name);
  if (!text) return NULL;
  PyObject *value = PySys_GetObject(text);
  if (!value) {
    PyErr_SetObject(PyExc_AttributeError, name);
    return NULL;
  }
  PyObject *nothing = PyObject_Repr(value);
  Py_XDECREF(nothing);
  Py_INCREF(value);
  return value;
}

/* Puts a new float into each container and goes on with the pointer after its own reference is gone, as the containers hold one. */
static PyObject *stored(PyObject *module, PyObject *args) {
  PyObject *dict, *list;
  double number;
  if (!PyArg_ParseTuple(args, "O!O!d", &PyDict_Type, &dict, &PyList_Type, &list, &number)) return NULL;
  PyObject *a = PyFloat_FromDouble(number), *b = PyFloat_FromDouble(number), *c = PyFloat_FromDouble(number), *d = PyFloat_FromDouble(number);
  if (!a || !b || !c || !d || PyDict_SetItemString(dict, "a", a) < 0 || PyList_Append(list, b) < 0 || PyList_Insert(list, 0, c) < 0) return NULL;
  if (PyModule_AddObject(module, "number", d) < 0) return NULL;
  Py_DECREF(a);
  Py_DECREF(b);
  Py_DECREF(c);
  if (PyDict_GetItemString(dict, "a") != a || PyList_GET_ITEM(list, 0) != c || PyList_GET_ITEM(list, PyList_GET_SIZE(list) - 1) != b) {
    PyErr_SetString(PyExc_AssertionError, "another object was stored");
    return NULL;
  }
  return PyFloat_FromDouble(PyFloat_AS_DOUBLE(a) + PyFloat_AS_DOUBLE(b) + PyFloat_AS_DOUBLE(c) + PyFloat_AS_DOUBLE(d));
}

static PyMethodDef methods[] = {
    {"stored", stored, METH_VARARGS, NULL},
    {"late_use", late_use, METH_VARARGS, NULL}, {"totals", totals, METH_O, NULL}, {"system", system_object, METH_O, NULL}, {NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "borrowing", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_borrowing(void) { return PyModule_Create(&definition); }
