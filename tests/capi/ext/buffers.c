/* Sums the bytes of any object with a buffer, with the lock released. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *sum_bytes(PyObject *module, PyObject *args) {
  Py_buffer view;
  if (!PyArg_ParseTuple(args, "y*:sum_bytes", &view)) return NULL;
  unsigned long long total = 0;
  Py_BEGIN_ALLOW_THREADS
  const unsigned char *bytes = view.buf;
  for (Py_ssize_t i = 0; i < view.len; i++) total += bytes[i];
  Py_END_ALLOW_THREADS
  PyBuffer_Release(&view);
  return PyLong_FromUnsignedLongLong(total);
}

/* Turns every byte of a writable buffer round, in place. */
static PyObject *invert(PyObject *module, PyObject *object) {
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) < 0) return NULL;
  unsigned char *bytes = view.buf;
  for (Py_ssize_t i = 0; i < view.len; i++) bytes[i] = (unsigned char)~bytes[i];
  PyBuffer_Release(&view);
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"sum_bytes", sum_bytes, METH_VARARGS, PyDoc_STR("sum_bytes(data, /)\n--\n\nThe sum of all bytes.")},
    {"invert", invert, METH_O, NULL},
    {NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "buffers", .m_doc = "Buffers seen from C.", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit_buffers(void) { return PyModuleDef_Init(&definition); }
