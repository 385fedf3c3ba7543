// Names that the headers keep for code of earlier versions, and functions behind macros, each in terms of what took its place.
#include <cstdlib>
#include <pthread.h>

#include "capi/capi.h"
#include "object/containers.h"
#include "object/str.h"

using namespace adder;
using namespace adder::capi;

#undef PyMapping_Length
#undef PyObject_Length
#undef PySequence_In
#undef PySequence_Length
#undef Py_IsFalse
#undef Py_IsNone
#undef Py_IsTrue
#undef PyEval_CallObjectWithKeywords

ADDER_API Py_ssize_t PyMapping_Length(PyObject* o) { return PyMapping_Size(o); }
ADDER_API Py_ssize_t PyObject_Length(PyObject* o) { return PyObject_Size(o); }
ADDER_API Py_ssize_t PySequence_Length(PyObject* o) { return PySequence_Size(o); }
ADDER_API int PySequence_In(PyObject* o, PyObject* v) { return PySequence_Contains(o, v); }
ADDER_API int Py_IsFalse(PyObject* o) { return o == Py_False; }
ADDER_API int Py_IsNone(PyObject* o) { return o == Py_None; }
ADDER_API int Py_IsTrue(PyObject* o) { return o == Py_True; }
ADDER_API int PyAIter_Check(PyObject* o) {
  PyAsyncMethods* m = Py_TYPE(o)->tp_as_async;
  return m && m->am_anext;
}
ADDER_API int PyType_SUPPORTS_WEAKREFS(PyTypeObject* t) { return t->tp_weaklistoffset > 0; }
ADDER_API PyObject** PyObject_GET_WEAKREFS_LISTPTR(PyObject* o) {
  return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(o) + Py_TYPE(o)->tp_weaklistoffset);
}
ADDER_API PyObject* PyInstanceMethod_Function(PyObject* m) {
  if (!PyInstanceMethod_Check(m)) return bad_internal_call("PyInstanceMethod_Function");
  return PyInstanceMethod_GET_FUNCTION(m);
}

// --- Calls -----------------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyCFunction_Call(PyObject* f, PyObject* args, PyObject* kwargs) { return PyObject_Call(f, args, kwargs); }
ADDER_API PyObject* PyEval_CallObjectWithKeywords(PyObject* f, PyObject* args, PyObject* kwargs) {
  if (args && !PyTuple_Check(args)) return raise(PyExc_TypeError, "argument list must be a tuple");
  if (kwargs && !PyDict_Check(kwargs)) return raise(PyExc_TypeError, "keyword list must be a dictionary");
  Ref none_given = args ? Ref{} : tuple_empty();
  return PyObject_Call(f, args ? args : none_given.object(), kwargs);
}

// --- Buffers of before PEP 3118: the memory is not held -------------------------------------------------------------------------------------------
namespace {
int memory_of(PyObject* o, void** memory, Py_ssize_t* n, int flags) {
  if (!o || !memory || !n) return raise(PyExc_SystemError, "null argument to internal routine");
  Py_buffer view;
  if (PyObject_GetBuffer(o, &view, flags) < 0) {
    if (flags & PyBUF_WRITABLE) (void)raise(PyExc_TypeError, "expected a writable bytes-like object");
    return -1;
  }
  *memory = view.buf;
  *n = view.len;
  PyBuffer_Release(&view);
  return 0;
}
}  // namespace
ADDER_API int PyObject_AsReadBuffer(PyObject* o, const void** memory, Py_ssize_t* n) { return memory_of(o, const_cast<void**>(memory), n, PyBUF_SIMPLE); }
ADDER_API int PyObject_AsCharBuffer(PyObject* o, const char** memory, Py_ssize_t* n) {
  return PyObject_AsReadBuffer(o, reinterpret_cast<const void**>(memory), n);
}
ADDER_API int PyObject_AsWriteBuffer(PyObject* o, void** memory, Py_ssize_t* n) { return memory_of(o, memory, n, PyBUF_WRITABLE); }
ADDER_API int PyObject_CheckReadBuffer(PyObject* o) {
  Py_buffer view;
  if (!PyObject_CheckBuffer(o)) return 0;
  if (PyObject_GetBuffer(o, &view, PyBUF_SIMPLE) < 0) return clear_error(), 0;
  PyBuffer_Release(&view);
  return 1;
}
ADDER_API int PyObject_CopyData(PyObject* to, PyObject* from) {
  if (!PyObject_CheckBuffer(to) || !PyObject_CheckBuffer(from)) {
    return raise(PyExc_TypeError, "both destination and source must be bytes-like objects");
  }
  Py_buffer source, target;
  if (PyObject_GetBuffer(to, &target, PyBUF_FULL) < 0) return -1;
  int result = -1;
  if (PyObject_GetBuffer(from, &source, PyBUF_FULL_RO) == 0) {
    if (target.len < source.len) {
      (void)raise(PyExc_BufferError, "destination is too small to receive data from source");
    } else if (void* flat = PyMem_Malloc(static_cast<size_t>(source.len) + 1); !flat) {
      raise_no_memory();
    } else {
      result = PyBuffer_ToContiguous(flat, &source, source.len, 'C');
      if (result == 0) result = PyBuffer_FromContiguous(&target, flat, source.len, 'C');
      PyMem_Free(flat);
    }
    PyBuffer_Release(&source);
  }
  PyBuffer_Release(&target);
  return result;
}

// --- Text ------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API Py_ssize_t PyUnicode_GetSize(PyObject* s) {
  if (!PyUnicode_Check(s)) return PyErr_BadArgument(), -1;
  return PyUnicode_GetLength(s);
}
ADDER_API void PyUnicode_InternImmortal(PyObject** s) { PyUnicode_InternInPlace(s); }
namespace {
const char* or_utf8(const char* encoding) { return encoding ? encoding : "utf-8"; }
PyObject* expect_text(PyObject* o, const char* encoding) {
  if (!o || PyUnicode_Check(o)) return o;
  Ref dead = Ref::steal(Value{o});
  return raise(PyExc_TypeError, "'%.400s' encoder returned '%.400s' instead of 'str'; use codecs.encode() to encode to arbitrary types", or_utf8(encoding),
               Py_TYPE(o)->tp_name);
}
}  // namespace
ADDER_API PyObject* PyUnicode_AsDecodedObject(PyObject* s, const char* encoding, const char* errors) { return PyCodec_Decode(s, or_utf8(encoding), errors); }
ADDER_API PyObject* PyUnicode_AsDecodedUnicode(PyObject* s, const char* encoding, const char* errors) {
  return expect_text(PyCodec_Decode(s, or_utf8(encoding), errors), encoding);
}
ADDER_API PyObject* PyUnicode_AsEncodedObject(PyObject* s, const char* encoding, const char* errors) { return PyCodec_Encode(s, or_utf8(encoding), errors); }
ADDER_API PyObject* PyUnicode_AsEncodedUnicode(PyObject* s, const char* encoding, const char* errors) {
  return expect_text(PyCodec_Encode(s, or_utf8(encoding), errors), encoding);
}
ADDER_API const char* PyModule_GetFilename(PyObject* m) {
  Ref name = Ref::steal(Value{PyModule_GetFilenameObject(m)});
  return name ? PyUnicode_AsUTF8(name.object()) : nullptr;  // the module keeps it
}
ADDER_API char* Py_GETENV(const char* name) { return Py_IgnoreEnvironmentFlag ? nullptr : getenv(name); }

// --- Ordered dicts: plain ones here -------------------------------------------------------------------------------------------------------------
ADDER_API int PyODict_SetItem(PyObject* d, PyObject* k, PyObject* v) { return PyObject_SetItem(d, k, v); }
ADDER_API int PyODict_DelItem(PyObject* d, PyObject* k) { return PyObject_DelItem(d, k); }

// --- Threads ---------------------------------------------------------------------------------------------------------------------------------------
ADDER_API int PyThread_create_key(void) {
  pthread_key_t key;
  return pthread_key_create(&key, nullptr) ? -1 : static_cast<int>(key);
}
ADDER_API void PyThread_delete_key(int key) { pthread_key_delete(static_cast<pthread_key_t>(key)); }
ADDER_API int PyThread_set_key_value(int key, void* v) { return pthread_setspecific(static_cast<pthread_key_t>(key), v) ? -1 : 0; }
ADDER_API void* PyThread_get_key_value(int key) { return pthread_getspecific(static_cast<pthread_key_t>(key)); }
ADDER_API void PyThread_delete_key_value(int key) { pthread_setspecific(static_cast<pthread_key_t>(key), nullptr); }
ADDER_API void PyThread_ReInitTLS(void) {}
ADDER_API void PyOS_AfterFork(void) { PyOS_AfterFork_Child(); }

// --- Memory: no debug hooks to put in place --------------------------------------------------------------------------------------------------------
ADDER_API void PyMem_SetupDebugHooks(void) {}

// --- Limits ------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API int Py_GetRecursionLimit(void) {
  Ref limit = Ref::steal(Value{PyObject_CallNoArgs(PySys_GetObject("getrecursionlimit"))});
  return limit ? static_cast<int>(PyLong_AsLong(limit.object())) : -1;
}
ADDER_API void Py_SetRecursionLimit(int limit) {
  PyObject* n = PyLong_FromLong(limit);
  Py_XDECREF(n ? PyObject_CallOneArg(PySys_GetObject("setrecursionlimit"), n) : nullptr);
  Py_XDECREF(n);
}
