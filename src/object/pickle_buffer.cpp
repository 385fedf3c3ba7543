// pickle.PickleBuffer: a wrapper around a buffer that a pickle may leave out of band, and its C API.
#include "memory/gc.h"
#include "object/buffer.h"
#include "object/builtin.h"
#include "object/object.h"
#include "object/type.h"

PyTypeObject PyPickleBuffer_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref memoryview_raw(Value exporter);  // memoryview.cpp

namespace {

struct PickleBuffer {
  PyObject head;
  Py_buffer view;  // of the wrapped object; obj is null once released
  PyObject* weakrefs;
};
PickleBuffer* as_pickle_buffer(PyObject* o) { return reinterpret_cast<PickleBuffer*>(o); }

Failure released_error() { return raise(PyExc_ValueError, "operation forbidden on released PickleBuffer object"); }

Ref make(PyTypeObject* type, Value exporter) {
  if (!exporter.is_object()) return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", type_of(exporter)->tp_name);
  Ref r = Ref::steal(allocate_instance(type));
  if (!r || !buffer_get(exporter.object(), &r.as<PickleBuffer>()->view, PyBUF_FULL_RO)) return {};
  return r;
}

Ref pickle_buffer_new(PyTypeObject* type, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(PyTuple_GET_SIZE(args.kwnames)) : 0;
  if (args.n + keywords > 1) return raise(PyExc_TypeError, "PickleBuffer() takes at most 1 argument (%zu given)", args.n + keywords);
  if (args.n < 1) return raise(PyExc_TypeError, "PickleBuffer() takes exactly 1 positional argument (0 given)");
  return make(type, args[0]);
}
Ref pickle_buffer_raw(Value self) {
  if (!self.as<PickleBuffer>()->view.obj) return released_error();
  return memoryview_raw(self);
}
Ref pickle_buffer_release(Value self) {
  buffer_release(&self.as<PickleBuffer>()->view);
  return none_ref();
}

// The buffer is the wrapped object's: that one is also released, so there is no release here.
int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  PickleBuffer* b = as_pickle_buffer(self);
  if (!b->view.obj) {
    view->obj = nullptr;
    return released_error();
  }
  return buffer_get(b->view.obj, view, flags) ? 0 : -1;
}
PyBufferProcs buffer_procs = {&get_buffer, nullptr};

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_pickle_buffer(self)->view.obj);
  return 0;
}
int clear(PyObject* self) {
  buffer_release(&as_pickle_buffer(self)->view);
  return 0;
}
void dealloc(PyObject* self) {
  gc_untrack(self);
  if (as_pickle_buffer(self)->weakrefs) clear_weakrefs(self);
  buffer_release(&as_pickle_buffer(self)->view);
  Py_TYPE(self)->tp_free(self);
}

const MethodRow methods[] = {
    method<pickle_buffer_raw>("raw", "($self, /)",
                              "Return a memoryview of the raw memory underlying this buffer.\n\n"
                              "Will raise BufferError is the buffer isn't contiguous."),
    method<pickle_buffer_release>("release", "($self, /)", "Release the underlying buffer held by the PickleBuffer object."),
    {}};

}  // namespace

extern const TypeDef pickle_buffer_def;
const TypeDef pickle_buffer_def = {
    .type = &PyPickleBuffer_Type, .name = "pickle.PickleBuffer", .basicsize = sizeof(PickleBuffer), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "Wrapper for potentially out-of-band buffers", .dealloc = &dealloc, .traverse = &traverse, .clear = &clear,
    .weaklistoffset = offsetof(PickleBuffer, weakrefs), .slots = {.tp_new = slot::New<pickle_buffer_new>}, .buffer = &buffer_procs, .methods = methods};

}  // namespace adder

using namespace adder;

extern "C" {

PyObject* PyPickleBuffer_FromObject(PyObject* exporter) { return make(&PyPickleBuffer_Type, Value{exporter}).release().object(); }

static PickleBuffer* checked(PyObject* o) {
  if (Py_IS_TYPE(o, &PyPickleBuffer_Type)) return as_pickle_buffer(o);
  return raise(PyExc_TypeError, "expected PickleBuffer, %.200s found", Py_TYPE(o)->tp_name);
}
const Py_buffer* PyPickleBuffer_GetBuffer(PyObject* o) {
  PickleBuffer* b = checked(o);
  if (!b) return nullptr;
  if (!b->view.obj) return released_error();
  return &b->view;
}
int PyPickleBuffer_Release(PyObject* o) {
  PickleBuffer* b = checked(o);
  if (!b) return -1;
  buffer_release(&b->view);
  return 0;
}

}
