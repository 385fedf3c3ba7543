// Traceback objects: one entry a frame, linked from the frame that caught (or the outermost) to the one that raised.
#include "vm/traceback.h"
#include "memory/kept.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"

PyTypeObject PyTraceBack_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

static Kept<64> kept_tracebacks;
void drop_kept_tracebacks() { kept_tracebacks.drop(); }

// Takes `next` over. null: MemoryError, and `next` is not taken.
static PyTracebackObject* make_traceback(PyObject* next, PyFrameObject* frame, int lasti, int line) {
  PyObject* o = kept_tracebacks.take();
  if (!o) o = gc_new_raw(&PyTraceBack_Type, sizeof(PyTracebackObject));
  if (!o) return nullptr;
  auto* tb = reinterpret_cast<PyTracebackObject*>(o);
  tb->tb_next = reinterpret_cast<PyTracebackObject*>(next);
  incref(reinterpret_cast<PyObject*>(frame));
  tb->tb_frame = frame;
  tb->tb_lasti = lasti;
  tb->tb_lineno = line;
  gc_track(o);
  return tb;
}
Ref traceback_new(Value next, PyFrameObject* frame, int lasti, int line) {
  auto* tb = make_traceback(next.object(), frame, lasti, line);
  if (tb) incref(next);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(tb)});
}
// Without memory the exception goes on as it is.
static bool prepend(Value exception, PyFrameObject* frame, int lasti, int line) {
  PyObject*& first = exception.as<PyBaseExceptionObject>()->traceback;
  auto* tb = frame ? make_traceback(first, frame, lasti, line) : nullptr;
  if (!tb) {
    clear_error();
    return false;
  }
  first = reinterpret_cast<PyObject*>(tb);
  return true;
}
bool add_traceback(PyFrameObject* frame, Py_ssize_t at, Value exception) {
  return prepend(exception, frame, static_cast<int>(at * Py_ssize_t{sizeof(Word)}), -1);
}
bool add_traceback(Frame* f, Value exception) { return add_traceback(frame_object(f), f->word_index(), exception); }
bool add_traceback_of(PyFrameObject* frame, int lasti, int line) {
  Ref exception = take_error();
  if (!exception) return true;
  bool ok = prepend(exception, frame, lasti, line);
  restore_error(std::move(exception));
  return ok;
}

namespace {

inline PyTracebackObject* traceback(Value v) { return v.as<PyTracebackObject>(); }

int traceback_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* tb = reinterpret_cast<PyTracebackObject*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(tb->tb_next));
  ADDER_VISIT(reinterpret_cast<PyObject*>(tb->tb_frame));
  return 0;
}
int traceback_clear(PyObject* o) {
  auto* tb = reinterpret_cast<PyTracebackObject*>(o);
  Py_CLEAR(tb->tb_next);
  Py_CLEAR(tb->tb_frame);
  return 0;
}
// Entry by entry along the chain, which may be long.
void traceback_dealloc(PyObject* o) {
  do {
    gc_untrack(o);
    auto* tb = reinterpret_cast<PyTracebackObject*>(o);
    auto* next = reinterpret_cast<PyObject*>(tb->tb_next);
    auto* frame = reinterpret_cast<PyObject*>(tb->tb_frame);
    if (!kept_tracebacks.keep(o)) gc_free(o);
    if (frame) decref(frame);
    o = next && --refcount(next) == 0 ? next : nullptr;
  } while (o);
}
Ref get_next(Value self) {
  auto* next = traceback(self)->tb_next;
  return next ? Ref::copy(Value{reinterpret_cast<PyObject*>(next)}) : none_ref();
}
bool set_next(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "can't delete tb_next attribute");
  if (!is_none(v) && !is_exact(v, &PyTraceBack_Type)) return raise(PyExc_TypeError, "expected traceback object, got '%s'", type_of(v)->tp_name);
  if (!is_none(v)) {
    for (auto* tb = traceback(v); tb; tb = tb->tb_next) {
      if (tb == traceback(self)) return raise(PyExc_ValueError, "traceback loop detected");
    }
  }
  auto* old = traceback(self)->tb_next;
  traceback(self)->tb_next = is_none(v) ? nullptr : Ref::copy(v).release().as<PyTracebackObject>();
  Py_XDECREF(reinterpret_cast<PyObject*>(old));
  return true;
}
// The line is computed when asked for: most tracebacks are dropped unread. -1 stands for "from tb_lasti".
Ref get_lineno(Value self) {
  auto* tb = traceback(self);
  if (tb->tb_lineno < 0) {
    Frame* f = reinterpret_cast<FrameObject*>(tb->tb_frame)->frame;
    int line = f ? code_line(f->code, tb->tb_lasti / static_cast<int>(sizeof(Word))) : -1;
    if (line < 0) return none_ref();
    tb->tb_lineno = line;
  }
  return int_from_i64(tb->tb_lineno);
}
Ref get_dir(Value) {
  Ref names = list_new(4);
  for (const char* name : {"tb_frame", "tb_next", "tb_lasti", "tb_lineno"}) {
    if (!names || !list_append(names, Value{intern_static(name, strlen(name))})) return Ref{};
  }
  return names;
}
Ref make(Value, const Value* a) {
  if (!is_none(a[0]) && !is_exact(a[0], &PyTraceBack_Type))
    return raise(PyExc_TypeError, "expected traceback object or None, got '%s'", type_of(a[0])->tp_name);
  if (!is_exact(a[1], &PyFrame_Type))
    return raise(PyExc_TypeError, "TracebackType() argument 'tb_frame' must be frame, not %.200s", type_of(a[1])->tp_name);
  int lasti, line;
  if (!as_int(a[2], &lasti) || !as_int(a[3], &line)) return Ref{};
  return traceback_new(is_none(a[0]) ? Value{} : a[0], a[1].as<PyFrameObject>(), lasti, line);
}
const MethodRow make_row = method<make>("TracebackType", "(tb_next, tb_frame, tb_lasti, tb_lineno)", "");
Ref traceback_type_new(PyTypeObject*, Args args) { return call_row(make_row, Value{}, args); }

PyMemberDef traceback_members[] = {
    {"tb_frame", T_OBJECT, offsetof(PyTracebackObject, tb_frame), READONLY, nullptr},
    {"tb_lasti", T_INT, offsetof(PyTracebackObject, tb_lasti), READONLY, nullptr},
    {}};
const GetSetRow traceback_getset[] = {getset<get_next, set_next>("tb_next"), getset<get_lineno>("tb_lineno"), {}};
const MethodRow traceback_methods[] = {method<get_dir>("__dir__", "", ""), {}};

}  // namespace

extern const TypeDef traceback_def;
const TypeDef traceback_def{
    .type = &PyTraceBack_Type,
    .name = "traceback",
    .basicsize = sizeof(PyTracebackObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "Create a new traceback object.",
    .signature = "(tb_next, tb_frame, tb_lasti, tb_lineno)",
    .dealloc = traceback_dealloc,
    .traverse = traceback_traverse,
    .clear = traceback_clear,
    .slots = {.tp_new = slot::New<traceback_type_new>},
    .methods = traceback_methods,
    .getset = traceback_getset,
    .members = traceback_members,
};

}  // namespace adder
