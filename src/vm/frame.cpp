// The register stack, the ends of frames, and frame objects.
#include "vm/nodes.h"
#include "vm/frame.h"
#include "memory/kept.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "vm/generator.h"
#include "vm/interp.h"

PyTypeObject PyFrame_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

[[clang::preserve_most]] ADDER_NOINLINE void destroy(PyObject* o) { _Py_Dealloc(o); }

// --- The register stack -----------------------------------------------------------------------------------------------------------
namespace {
constexpr size_t kChunkWords = 32 * 1024;
inline Value* chunk_begin(_PyStackChunk* c) { return reinterpret_cast<Value*>(c->data); }
}  // namespace

Value* stack_reserve(Thread* t, Value* end, size_t words, bool* new_chunk) {
  *new_chunk = false;
  if (end && end + words <= reinterpret_cast<Value*>(t->ts.datastack_limit)) return end;
  size_t capacity = words > kChunkWords / 2 ? words + kChunkWords : kChunkWords;
  _PyStackChunk* chunk = t->spare_chunk;
  if (chunk && chunk->size >= words) {
    t->spare_chunk = nullptr;
  } else {
    chunk = static_cast<_PyStackChunk*>(object_malloc(sizeof(_PyStackChunk) + capacity * sizeof(Value)));
    if (!chunk) return nullptr;
    chunk->size = capacity;
  }
  chunk->previous = t->ts.datastack_chunk;
  chunk->top = 0;
  t->ts.datastack_chunk = chunk;
  t->ts.datastack_top = reinterpret_cast<PyObject**>(chunk_begin(chunk));
  t->ts.datastack_limit = reinterpret_cast<PyObject**>(chunk_begin(chunk) + chunk->size);
  *new_chunk = true;
  return chunk_begin(chunk);
}
void stack_pop_chunk(Thread* t) {
  _PyStackChunk* chunk = t->ts.datastack_chunk;
  _PyStackChunk* below = chunk->previous;
  t->ts.datastack_chunk = below;
  t->ts.datastack_limit = below ? reinterpret_cast<PyObject**>(chunk_begin(below) + below->size) : nullptr;
  t->ts.datastack_top = below ? reinterpret_cast<PyObject**>(chunk_begin(below)) : nullptr;
  if (t->spare_chunk) object_free(t->spare_chunk);
  t->spare_chunk = chunk;
}
Value* stack_top(Thread* t) {
  if (!t->ts.datastack_chunk) return nullptr;
  Frame* f = current_frame(t);
  return f ? frame_end(f) : nullptr;
}

// --- The end of a frame --------------------------------------------------------------------------------------------------------------
namespace {

void release_parts(Frame* f) {
  Value* r = f->registers();
  for (int i = 0, n = f->code->co_nlocalsplus; i < n; i++) {
    Value v = r[i];
    r[i] = Value{};
    decref(v);
  }
  PyObject* locals = f->locals;
  f->locals = nullptr;
  Py_XDECREF(locals);
  decref(reinterpret_cast<PyObject*>(f->function));
}
PyObject*& locals_dict(FrameObject* o, PyCodeObject* code) { return o->storage[kFrameWords + code->co_nlocalsplus]; }

// The frame object outlives the frame: header and locals move into it.
void move_into_object(Frame* f, FrameObject* o) {
  auto* own = reinterpret_cast<Frame*>(o->storage);
  memcpy(static_cast<void*>(own), f, sizeof(Frame) + f->code->co_nlocalsplus * sizeof(Value));
  own->object = nullptr;
  own->flags = kFrameDetached | kFrameCleared;
  PyObject* waiting = f->flags & kFrameConstructor ? f->locals : nullptr;  // the instance whose __init__ failed
  if (waiting) own->locals = nullptr;
  o->frame = own;
  if (Frame* caller = visible_caller(f); caller && !o->back) o->back = reinterpret_cast<PyFrameObject*>(Ref::copy(Value{reinterpret_cast<PyObject*>(frame_object(caller))}).release().object());
  own->previous = nullptr;
  if (!gc_is_tracked(&o->head)) gc_track(&o->head);
  Py_XDECREF(waiting);
}

}  // namespace

void frame_finish(Frame* f) {
  Thread* t = this_thread();
  bool chunk = f->flags & kFrameChunk;
  f->flags |= kFrameLeaving;
  if (FrameObject* o = reinterpret_cast<FrameObject*>(f->object)) {
    f->object = nullptr;
    if (refcount(&o->head) > 1) {
      move_into_object(f, o);
      decref(&o->head);
    } else {
      Py_CLEAR(locals_dict(o, f->code));
      o->frame = nullptr;
      decref(&o->head);
      release_parts(f);
    }
  } else {
    release_parts(f);
  }
  if (f->flags & kFrameGenerator) generator_finish(t, generator_of(f));
  if (chunk) stack_pop_chunk(t);
}

// --- Frame objects ------------------------------------------------------------------------------------------------------------------
namespace {
// Those that held few locals are kept, by the number of these.
constexpr Py_ssize_t kKeptLocals = 12;
Kept<64> kept_frames[kKeptLocals];
}  // namespace
void drop_kept_frames() {
  for (auto& of_a_size : kept_frames) of_a_size.drop();
}
// To the collector it is as if kept ones were made and freed: it may run whenever a frame object is made.
static PyObject* take_kept_frame(Py_ssize_t locals) {
  PyObject* o = locals < kKeptLocals ? kept_frames[locals].take() : nullptr;
  GcGeneration& young = gc_state().generations[0];
  if (o && ADDER_UNLIKELY(++young.count > young.threshold)) gc_collect_if_due();
  return o;
}
static void give_frame_back(PyObject* o, Py_ssize_t locals) {
  GcGeneration& young = gc_state().generations[0];
  if (locals >= kKeptLocals || !kept_frames[locals].keep(o)) gc_free(o);
  else if (young.count > 0) young.count--;
}
// An object for a frame, which does not know of it yet.
static FrameObject* new_frame_object(Frame* f) {
  const Py_ssize_t locals = f->code->co_nlocalsplus;
  auto* o = reinterpret_cast<FrameObject*>(take_kept_frame(locals));
  if (!o) o = reinterpret_cast<FrameObject*>(gc_new_raw(&PyFrame_Type, offsetof(FrameObject, storage) + sizeof(Frame) + static_cast<size_t>(locals + 1) * sizeof(Value)));
  if (!o) return nullptr;
  memset(static_cast<void*>(&o->back), 0, offsetof(FrameObject, storage) - offsetof(FrameObject, back));
  locals_dict(o, f->code) = nullptr;
  o->frame = f;
  o->trace_lines = 1;
  return o;
}

PyFrameObject* frame_object(Frame* f) {
  if (f->object) return f->object;
  if (f->flags & kFrameDetached)
    return reinterpret_cast<PyFrameObject*>(reinterpret_cast<char*>(f) - offsetof(FrameObject, storage));
  FrameObject* o = new_frame_object(f);
  if (!o) return nullptr;
  if (f->object) {  // made by Python code that a collection ran
    gc_free(&o->head);
    return f->object;
  }
  f->object = reinterpret_cast<PyFrameObject*>(o);
  f->flags |= kFrameSpecial;
  return f->object;
}

Ref frame_leave(Frame* f) {
  ADDER_ASSERT(!f->object && !(f->flags & ~kFrameEntry));
  FrameObject* o = new_frame_object(f);
  if (!o) {
    clear_error();
    return {};
  }
  Ref object = Ref::steal(Value{&o->head});
  if (f->object) {  // made by Python code that a collection ran
    o->frame = nullptr;
    return {};
  }
  move_into_object(f, o);
  return object;
}

// The cell of a free variable that a frame which has not begun is going to get; absent where there is none.
static Value cell_to_come(Frame* f, int i) {
  PyObject* closure = f->function && !(f->flags & kFrameCleared) ? f->function->func_closure : nullptr;
  return closure ? tuple_words(Value{closure})[i - (f->code->co_nlocalsplus - f->code->co_nfreevars)] : Value{};
}

Ref frame_locals(Frame* f) {
  PyCodeObject* code = f->code;
  if (!(code->co_flags & CO_OPTIMIZED) && f->locals) return Ref::copy(Value{f->locals});
  auto* o = reinterpret_cast<FrameObject*>(frame_object(f));
  if (!o) return Ref{};
  PyObject*& dict = locals_dict(o, code);
  if (!dict) {
    dict = dict_new().release().object();
    if (!dict) return Ref{};
  }
  if (ADDER_UNLIKELY(nodes.pending) && !nodes.settle_pending()) return Ref{};
  Value* r = f->registers();
  const char* kinds = PyBytes_AS_STRING(code->co_localspluskinds);
  for (int i = 0; i < code->co_nlocalsplus; i++) {
    Value name = tuple_words(Value{code->co_localsplusnames})[i];
    Value v = is_node(r[i]) ? Value{} : r[i];  // another thread is about to compute it
    if ((kinds[i] & kFreeKind) && v.absent()) v = cell_to_come(f, i);
    // A cell variable's register holds the plain argument until MAKE_CELL ran.
    if ((kinds[i] & (kCellKind | kFreeKind)) && is_exact(v, &PyCell_Type)) v = element(v.object(), Value{v.as<PyCellObject>()->ob_ref});
    if (v) {
      if (!dict_set(Value{dict}, name, v)) return Ref{};
    } else if (dict_delete(Value{dict}, name) < 0) {
      return Ref{};
    }
  }
  return Ref::copy(Value{dict});
}
void frame_locals_to_fast(Frame* f, bool clear) {
  auto* o = reinterpret_cast<FrameObject*>(f->object);
  PyCodeObject* code = f->code;
  if (!(code->co_flags & CO_OPTIMIZED) || !o) return;
  PyObject* dict = locals_dict(o, code);
  if (!dict) return;
  ErrorKeeper keep;
  Value* r = f->registers();
  const char* kinds = PyBytes_AS_STRING(code->co_localspluskinds);
  for (int i = 0; i < code->co_nlocalsplus; i++) {
    Value v = dict_get_str(Value{dict}, tuple_words(Value{code->co_localsplusnames})[i].object());
    if (v.absent() && !clear) continue;
    if ((kinds[i] & (kCellKind | kFreeKind)) && is_exact(r[i], &PyCell_Type)) {
      auto* cell = r[i].as<PyCellObject>();
      Ref stored = v ? Ref::copy(v) : Ref{};
      if (v && c_visible(r[i].object())) stored = to_stored(r[i].object(), std::move(stored));
      Value old{cell->ob_ref};
      cell->ob_ref = stored.release().object();
      decref(old);
    } else if (r[i] != v && !(kinds[i] & kFreeKind)) {
      if (!r[i]) expect_bound_locals(code);
      assign(r[i], v ? Ref::copy(v) : Ref{});
      if (!v) watch_unbound_locals(f);
    }
  }
}

bool raise_unbound_local(Frame* f, int reg) {
  Value name = tuple_words(Value{f->code->co_localsplusnames})[reg];
  return raise(PyExc_UnboundLocalError, "cannot access local variable '%U' where it is not associated with a value", name);
}
void bind_unbound_locals(Frame* f) {
  const char* kinds = PyBytes_AS_STRING(f->code->co_localspluskinds);
  for (int i = 0; i < f->code->co_nlocalsplus; i++) {
    Value& local = f->registers()[i];
    if (!local && kinds[i] == kLocalKind) local = none_ref().release();
  }
}

bool frame_jump(Frame* f, Value line);

namespace {

inline Frame* data(Value self) { return frame_object_of(self)->frame; }

int frame_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* self = reinterpret_cast<FrameObject*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(self->back));
  ADDER_VISIT(self->trace);
  if (Frame* f = self->frame; f && f == reinterpret_cast<Frame*>(self->storage)) {
    ADDER_VISIT(reinterpret_cast<PyObject*>(f->function));
    ADDER_VISIT(f->locals);
    for (int i = 0; i < f->code->co_nlocalsplus; i++) ADDER_VISIT(f->registers()[i]);
    ADDER_VISIT(locals_dict(self, f->code));
  }
  return 0;
}
int frame_clear_locals(PyObject* o) {
  auto* self = reinterpret_cast<FrameObject*>(o);
  Py_CLEAR(self->trace);
  if (Frame* f = self->frame; f && f == reinterpret_cast<Frame*>(self->storage)) {
    Py_CLEAR(locals_dict(self, f->code));
    for (int i = 0; i < f->code->co_nlocalsplus; i++) clear_slot(f->registers()[i]);
    Py_CLEAR(f->locals);
  }
  return 0;
}
void frame_dealloc(PyObject* o) {
  auto* self = reinterpret_cast<FrameObject*>(o);
  if (gc_is_tracked(o)) gc_untrack(o);
  TrashcanGuard guard{o, &frame_dealloc};
  if (guard.deferred) return;
  Py_XDECREF(reinterpret_cast<PyObject*>(self->back));
  Py_XDECREF(self->trace);
  Frame* f = self->frame;
  if (f && f == reinterpret_cast<Frame*>(self->storage)) {
    Py_XDECREF(locals_dict(self, f->code));
    const Py_ssize_t locals = f->code->co_nlocalsplus;
    release_parts(f);
    give_frame_back(o, locals);
  } else {
    gc_free(o);
  }
}
Ref frame_repr(Value self) {
  Frame* f = data(self);
  Ref file = repr(Value{f->code->co_filename});
  if (!file) return Ref{};
  return str_format("<frame at %p, file %U, line %d, code %U>", self.object(), file.get(), f->line(), f->code->co_name);
}

Ref get_back(Value self) {
  auto* o = frame_object_of(self);
  if (o->back) return Ref::copy(Value{reinterpret_cast<PyObject*>(o->back)});
  Frame* f = o->frame;
  Frame* caller = f && !(f->flags & kFrameDetached) ? visible_caller(f) : nullptr;
  if (!caller) return none_ref();
  PyFrameObject* back = frame_object(caller);
  return back ? Ref::copy(Value{reinterpret_cast<PyObject*>(back)}) : Ref{};
}
Ref get_builtins(Value self) { return Ref::copy(Value{frame_builtins(data(self))}); }
Ref get_globals(Value self) { return Ref::copy(Value{frame_globals(data(self))}); }
Ref get_code(Value self) { return Ref::copy(Value{reinterpret_cast<PyObject*>(data(self)->code)}); }
Ref get_lasti(Value self) {
  Frame* f = data(self);
  return int_from_i64(f->word_index() * Py_ssize_t{sizeof(Word)});
}
Ref get_lineno(Value self) {
  auto* o = frame_object_of(self);
  int line = o->lineno > 0 ? o->lineno : o->frame->line();
  return line < 0 ? none_ref() : int_from_i64(line);
}
bool set_lineno(Value self, Value v) {
  if (!v) return raise(PyExc_AttributeError, "cannot delete attribute");
  return frame_jump(data(self), v);
}
Ref get_locals(Value self) { return frame_locals(data(self)); }
Ref get_trace(Value self) {
  PyObject* trace = frame_object_of(self)->trace;
  return trace ? Ref::copy(Value{trace}) : none_ref();
}
bool set_trace(Value self, Value v) {
  auto* o = frame_object_of(self);
  PyObject* old = o->trace;
  o->trace = v && !is_none(v) ? to_c(v) : nullptr;
  Py_XDECREF(old);
  if (o->frame) o->lineno = 0;
  return true;
}
Ref get_trace_lines(Value self) { return bool_ref(frame_object_of(self)->trace_lines); }
bool set_trace_lines(Value self, Value v) {
  if (!v || !is_bool(v)) return raise(PyExc_TypeError, "attribute value type must be bool");
  frame_object_of(self)->trace_lines = v == boolean(true);
  return true;
}
Ref get_trace_opcodes(Value self) { return bool_ref(frame_object_of(self)->trace_opcodes); }
bool set_trace_opcodes(Value self, Value v) {
  if (!v || !is_bool(v)) return raise(PyExc_TypeError, "attribute value type must be bool");
  frame_object_of(self)->trace_opcodes = v == boolean(true);
  return true;
}
Ref frame_clear(Value self) {
  auto* o = frame_object_of(self);
  Frame* f = o->frame;
  if (f->flags & kFrameGenerator) {
    if (generator_of(f)->gi_frame_state == kGenExecuting) return raise(PyExc_RuntimeError, "cannot clear an executing frame");
    if (!generator_close_frame(f)) return Ref{};
    return none_ref();
  }
  if (!(f->flags & kFrameCleared)) return raise(PyExc_RuntimeError, "cannot clear an executing frame");
  frame_clear_locals(self.object());
  return none_ref();
}
Ref frame_sizeof(Value self) {
  return int_from_i64(offsetof(FrameObject, storage) + sizeof(Frame) + (data(self)->code->co_nlocalsplus + 1) * sizeof(Value));
}

const GetSetRow frame_getset[] = {
    getset<get_back>("f_back"),
    getset<get_builtins>("f_builtins"),
    getset<get_globals>("f_globals"),
    getset<get_code>("f_code"),
    getset<get_lasti>("f_lasti"),
    getset<get_lineno, set_lineno>("f_lineno"),
    getset<get_locals>("f_locals"),
    getset<get_trace, set_trace>("f_trace"),
    getset<get_trace_lines, set_trace_lines>("f_trace_lines"),
    getset<get_trace_opcodes, set_trace_opcodes>("f_trace_opcodes"),
    {}};
const MethodRow frame_methods[] = {
    method<frame_clear>("clear", "", "F.clear(): clear most references held by the frame"),
    method<frame_sizeof>("__sizeof__", "", "F.__sizeof__() -> size of F in memory, in bytes"),
    {}};

}  // namespace

extern const TypeDef frame_def;
const TypeDef frame_def{
    .type = &PyFrame_Type,
    .name = "frame",
    .basicsize = offsetof(FrameObject, storage),
    .itemsize = sizeof(PyObject*),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = frame_dealloc,
    .traverse = frame_traverse,
    .clear = frame_clear_locals,
    .slots = {.tp_repr = slot::Unary<frame_repr>},
    .methods = frame_methods,
    .getset = frame_getset,
};

}  // namespace adder
