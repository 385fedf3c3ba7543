/* Calls function pointers of builtin objects without asking the runtime: ml_meth, slots, tp_iternext. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* The C function behind a builtin function or method, called with its own convention. */
static PyObject *call_method(PyObject *module, PyObject *args) {
  PyObject *function, *argument;
  if (!PyArg_ParseTuple(args, "O!O", &PyCFunction_Type, &function, &argument)) return NULL;
  PyCFunction pointer = PyCFunction_GET_FUNCTION(function);
  PyObject *self = PyCFunction_GET_SELF(function);
  int flags = PyCFunction_GET_FLAGS(function) & (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL);
  switch (flags) {
  case METH_O:
    return pointer(self, argument);
  case METH_NOARGS:
    return pointer(self, NULL);
  case METH_FASTCALL:
    return ((_PyCFunctionFast)(void (*)(void))pointer)(self, &argument, 1);
  case METH_FASTCALL | METH_KEYWORDS:
    return ((_PyCFunctionFastWithKeywords)(void (*)(void))pointer)(self, &argument, 1, NULL);
  case METH_VARARGS:
  case METH_VARARGS | METH_KEYWORDS: {
    PyObject *tuple = PyTuple_Pack(1, argument);
    PyObject *result = flags & METH_KEYWORDS
                           ? ((PyCFunctionWithKeywords)(void (*)(void))pointer)(self, tuple, NULL)
                           : pointer(self, tuple);
    Py_DECREF(tuple);
    return result;
  }
  }
  return PyErr_Format(PyExc_NotImplementedError, "flags %d", flags);
}

static PyObject *number_add(PyObject *module, PyObject *args) {
  PyObject *a, *b;
  if (!PyArg_ParseTuple(args, "OO", &a, &b)) return NULL;
  PyNumberMethods *slots = Py_TYPE(a)->tp_as_number;
  if (!slots || !slots->nb_add) return PyErr_Format(PyExc_TypeError, "no nb_add");
  return slots->nb_add(a, b);
}

static PyObject *number_bool(PyObject *module, PyObject *a) {
  int truth = Py_TYPE(a)->tp_as_number->nb_bool(a);
  return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *item(PyObject *module, PyObject *args) {
  PyObject *sequence;
  Py_ssize_t index;
  if (!PyArg_ParseTuple(args, "On", &sequence, &index)) return NULL;
  return Py_TYPE(sequence)->tp_as_sequence->sq_item(sequence, index);
}

static PyObject *store(PyObject *module, PyObject *args) {
  PyObject *mapping, *key, *value;
  if (!PyArg_ParseTuple(args, "OOO", &mapping, &key, &value)) return NULL;
  if (Py_TYPE(mapping)->tp_as_mapping->mp_ass_subscript(mapping, key, value) < 0) return NULL;
  Py_RETURN_NONE;
}

static PyObject *compare(PyObject *module, PyObject *args) {
  PyObject *a, *b;
  int how;
  if (!PyArg_ParseTuple(args, "OOi", &a, &b, &how)) return NULL;
  return Py_TYPE(a)->tp_richcompare(a, b, how);
}

/* All items of an iterator by tp_iternext, in a list. */
static PyObject *drain(PyObject *module, PyObject *iterable) {
  PyObject *iterator = Py_TYPE(iterable)->tp_iter(iterable), *list = PyList_New(0), *next;
  if (!iterator || !list) return NULL;
  while ((next = Py_TYPE(iterator)->tp_iternext(iterator))) {
    if (PyList_Append(list, next) < 0) return NULL;
    Py_DECREF(next);
  }
  Py_DECREF(iterator);
  if (PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return NULL;
    PyErr_Clear();
  }
  return list;
}

static PyObject *hash(PyObject *module, PyObject *object) {
  Py_hash_t value = Py_TYPE(object)->tp_hash(object);
  return value == -1 ? NULL : PyLong_FromSsize_t(value);
}

static PyMethodDef methods[] = {
    {"call_method", call_method, METH_VARARGS, NULL}, {"number_add", number_add, METH_VARARGS, NULL},
    {"number_bool", number_bool, METH_O, NULL},       {"item", item, METH_VARARGS, NULL},
    {"store", store, METH_VARARGS, NULL},             {"compare", compare, METH_VARARGS, NULL},
    {"drain", drain, METH_O, NULL},                   {"hash", hash, METH_O, NULL},
    {NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "direct", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_direct(void) { return PyModule_Create(&definition); }
