/* Functions and methods in the calling conventions that take objects as they lie: what bench/border.py times and test_border.py checks. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *word;

static PyObject *identity(PyObject *self, PyObject *x) { return Py_NewRef(x); }
static PyObject *nothing(PyObject *self, PyObject *unused) { Py_RETURN_NONE; }
static PyObject *first(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  if (n < 1) return PyErr_Format(PyExc_TypeError, "first() takes an argument");
  return Py_NewRef(args[0]);
}
static PyObject *last(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  Py_ssize_t total = n + (names ? PyTuple_GET_SIZE(names) : 0);
  if (total < 1) return PyErr_Format(PyExc_TypeError, "last() takes an argument");
  return Py_NewRef(args[total - 1]);
}
static PyObject *arguments(PyObject *self, PyObject *args) { return Py_NewRef(args); }
static PyObject *keywords(PyObject *self, PyObject *args, PyObject *keywords) { return Py_NewRef(keywords ? keywords : Py_None); }
static PyObject *interned(PyObject *self, PyObject *x) { return Py_NewRef(word); }
static PyObject *seven(PyObject *self, PyObject *x) { return PyLong_FromLong(7); }
static PyObject *next_int(PyObject *self, PyObject *x) {
  long n = PyLong_AsLong(x);
  return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(n + 1);
}
static PyObject *twice(PyObject *self, PyObject *x) {
  double d = PyFloat_AsDouble(x);
  return d == -1 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(2 * d);
}
/* The counts of the objects that the arguments are. */
static PyObject *counts(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  PyObject *result = PyList_New(n);
  for (Py_ssize_t i = 0; result && i < n; i++) PyList_SET_ITEM(result, i, PyLong_FromSsize_t(Py_REFCNT(args[i])));
  return result;
}
/* The sum of a list's items by the macros that read memory. */
static PyObject *total(PyObject *self, PyObject *list) {
  double sum = 0;
  if (!PyList_Check(list)) return PyErr_Format(PyExc_TypeError, "not a list");
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
    PyObject *item = PyList_GET_ITEM(list, i);
    sum += PyFloat_CheckExact(item) ? PyFloat_AS_DOUBLE(item) : (double)PyLong_AsLong(item);
  }
  return PyFloat_FromDouble(sum);
}
static PyObject *call(PyObject *self, PyObject *function) { return PyObject_CallNoArgs(function); }
static PyObject *fail(PyObject *self, PyObject *x) { return PyErr_Format(PyExc_ValueError, "failed with %R", x); }
static PyObject *silent(PyObject *self, PyObject *x) { return NULL; }
static PyObject *untold(PyObject *self, PyObject *x) {
  PyErr_SetString(PyExc_ValueError, "set all the same");
  return Py_NewRef(x);
}
static PyObject *itself(PyObject *self, PyObject *unused) { return Py_NewRef(self); }

#define CONVENTIONS                                                                                                     \
  {"identity", identity, METH_O, NULL}, {"nothing", nothing, METH_NOARGS, NULL},                                        \
      {"first", (PyCFunction)(void (*)(void))first, METH_FASTCALL, NULL},                                               \
      {"last", (PyCFunction)(void (*)(void))last, METH_FASTCALL | METH_KEYWORDS, NULL},                                 \
      {"arguments", arguments, METH_VARARGS, NULL}, {"itself", itself, METH_NOARGS, NULL}

static PyMethodDef methods[] = {CONVENTIONS, {NULL}};
static PyMethodDef functions[] = {CONVENTIONS,
                                  {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, NULL},
                                  {"interned", interned, METH_O, NULL},
                                  {"seven", seven, METH_O, NULL},
                                  {"next_int", next_int, METH_O, NULL},
                                  {"twice", twice, METH_O, NULL},
                                  {"counts", (PyCFunction)(void (*)(void))counts, METH_FASTCALL, NULL},
                                  {"total", total, METH_O, NULL},
                                  {"call", call, METH_O, NULL},
                                  {"fail", fail, METH_O, NULL},
                                  {"silent", silent, METH_O, NULL},
                                  {"untold", untold, METH_O, NULL},
                                  {NULL}};

/* What type.__module__ would give says the instance. */
static PyObject *own_module(PyObject *self, void *unused) { return PyUnicode_FromString("of the instance"); }
static PyGetSetDef getset[] = {{"__module__", own_module, NULL, NULL, NULL}, {NULL}};
static PyType_Slot thing_slots[] = {{Py_tp_methods, methods}, {Py_tp_getset, getset}, {0, NULL}};
static PyType_Spec thing_spec = {"border.Thing", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, thing_slots};
static PyType_Slot items_slots[] = {{Py_tp_methods, methods}, {Py_tp_base, &PyList_Type}, {0, NULL}};
static PyType_Spec items_spec = {"border.Items", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, items_slots};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "border", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_border(void) {
  items_slots[1].pfunc = &PyList_Type;
  PyObject *module = PyModule_Create(&definition);
  word = PyUnicode_InternFromString("word");
  PyObject *thing = PyType_FromSpec(&thing_spec), *items = PyType_FromSpec(&items_spec);
  if (!module || !word || !thing || !items || PyModule_AddObjectRef(module, "Thing", thing) < 0 ||
      PyModule_AddObjectRef(module, "Items", items) < 0)
    return NULL;
  return module;
}
