/* A static type derived from weakref.ref that is larger than its base, as Cython makes of `cdef class Valued(ref)`. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

typedef struct {
  PyWeakReference base;
  PyObject *value;
  long pattern[32];
} Valued;

static PyObject *valued_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  Valued *self = (Valued *)_PyWeakref_RefType.tp_new(type, args, keywords);
  if (!self) return NULL;
  self->value = Py_NewRef(Py_None);
  for (int i = 0; i < 32; i++) self->pattern[i] = (long)(Py_ssize_t)self + i;
  return (PyObject *)self;
}
static int valued_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(((Valued *)self)->value);
  return _PyWeakref_RefType.tp_traverse(self, visit, arg);
}
static int valued_clear(PyObject *self) {
  Py_CLEAR(((Valued *)self)->value);
  return _PyWeakref_RefType.tp_clear(self);
}
static void valued_dealloc(PyObject *self) {
  PyObject_GC_UnTrack(self);
  Py_CLEAR(((Valued *)self)->value);
  PyObject_GC_Track(self);
  _PyWeakref_RefType.tp_dealloc(self);
}
static PyObject *whole(PyObject *self, PyObject *unused) {
  for (int i = 0; i < 32; i++) {
    if (((Valued *)self)->pattern[i] != (long)(Py_ssize_t)self + i) Py_RETURN_FALSE;
  }
  Py_RETURN_TRUE;
}
static PyMethodDef methods[] = {{"whole", whole, METH_NOARGS, NULL}, {NULL}};
static PyMemberDef members[] = {{"value", T_OBJECT, offsetof(Valued, value), 0, NULL}, {NULL}};

static PyTypeObject valued_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "weak_values.Valued",
    .tp_basicsize = sizeof(Valued),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = valued_new,
    .tp_traverse = valued_traverse,
    .tp_clear = valued_clear,
    .tp_dealloc = valued_dealloc,
    .tp_methods = methods,
    .tp_members = members,
};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "weak_values", .m_size = -1};

PyMODINIT_FUNC PyInit_weak_values(void) {
  valued_type.tp_base = &_PyWeakref_RefType;
  PyObject *module = PyModule_Create(&definition);
  if (module && PyModule_AddType(module, &valued_type) < 0) Py_CLEAR(module);
  return module;
}
