/* Static types that derive from dict, list and float and add a field of C behind the base's struct. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

typedef struct {
  PyDictObject dict;
  long stores;
} CountingDict;

static int counting_store(PyObject *self, PyObject *key, PyObject *value) {
  ((CountingDict *)self)->stores++;
  return value ? PyDict_SetItem(self, key, value) : PyDict_DelItem(self, key);
}

static PyMappingMethods counting_mapping = {.mp_ass_subscript = counting_store};

static PyMemberDef counting_members[] = {
    {"stores", T_LONG, offsetof(CountingDict, stores), READONLY, NULL}, {NULL}};

static PyTypeObject CountingDictType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "subclasses.CountingDict",
    .tp_basicsize = sizeof(CountingDict),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_as_mapping = &counting_mapping,
    .tp_members = counting_members,
};

typedef struct {
  PyListObject list;
  int state;
} StatefulList;

static PyObject *stateful_increment(PyObject *self, PyObject *unused) {
  StatefulList *list = (StatefulList *)self;
  list->state++;
  return PyLong_FromLong(list->state);
}

static int stateful_init(PyObject *self, PyObject *args, PyObject *keywords) {
  if (PyList_Type.tp_init(self, args, keywords) < 0) return -1;
  ((StatefulList *)self)->state = 0;
  return 0;
}

static PyMethodDef stateful_methods[] = {{"increment", stateful_increment, METH_NOARGS, NULL}, {NULL}};

static PyTypeObject StatefulListType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "subclasses.StatefulList",
    .tp_basicsize = sizeof(StatefulList),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_init = stateful_init,
    .tp_methods = stateful_methods,
};

typedef struct {
  PyFloatObject number;
  PyObject *unit;
} Quantity;

static PyObject *quantity_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  PyObject *value, *unit;
  if (!PyArg_ParseTuple(args, "OU:Quantity", &value, &unit)) return NULL;
  PyObject *only = PyTuple_Pack(1, value);
  if (!only) return NULL;
  Quantity *self = (Quantity *)PyFloat_Type.tp_new(type, only, NULL);
  Py_DECREF(only);
  if (self) {
    Py_INCREF(unit);
    self->unit = unit;
  }
  return (PyObject *)self;
}

static void quantity_dealloc(PyObject *self) {
  Py_XDECREF(((Quantity *)self)->unit);
  Py_TYPE(self)->tp_free(self);
}

static PyObject *quantity_repr(PyObject *self) {
  PyObject *number = PyFloat_FromDouble(PyFloat_AS_DOUBLE(self));
  PyObject *text = number ? PyUnicode_FromFormat("%R %U", number, ((Quantity *)self)->unit) : NULL;
  Py_XDECREF(number);
  return text;
}

static PyMemberDef quantity_members[] = {{"unit", T_OBJECT_EX, offsetof(Quantity, unit), 0, NULL}, {NULL}};

static PyTypeObject QuantityType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "subclasses.Quantity",
    .tp_basicsize = sizeof(Quantity),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = quantity_new,
    .tp_dealloc = quantity_dealloc,
    .tp_repr = quantity_repr,
    .tp_members = quantity_members,
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "subclasses", .m_size = -1};

PyMODINIT_FUNC PyInit_subclasses(void) {
  CountingDictType.tp_base = &PyDict_Type;
  StatefulListType.tp_base = &PyList_Type;
  QuantityType.tp_base = &PyFloat_Type;
  PyObject *module = PyModule_Create(&definition);
  if (!module || PyModule_AddType(module, &CountingDictType) < 0 || PyModule_AddType(module, &StatefulListType) < 0 ||
      PyModule_AddType(module, &QuantityType) < 0)
    return NULL;
  return module;
}
