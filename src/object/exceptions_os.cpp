// OSError and its subclasses: errno chooses the class, file names, characters_written.
#include <cerrno>

#include "memory/gc.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

PyTypeObject* oserror_class_of(int code) {
  switch (code) {
    case EAGAIN: case EALREADY: case EINPROGRESS: return &_PyExc_BlockingIOError;
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK: return &_PyExc_BlockingIOError;
#endif
    case EPIPE: case ESHUTDOWN: return &_PyExc_BrokenPipeError;
    case ECHILD: return &_PyExc_ChildProcessError;
    case ECONNABORTED: return &_PyExc_ConnectionAbortedError;
    case ECONNREFUSED: return &_PyExc_ConnectionRefusedError;
    case ECONNRESET: return &_PyExc_ConnectionResetError;
    case EEXIST: return &_PyExc_FileExistsError;
    case ENOENT: return &_PyExc_FileNotFoundError;
    case EISDIR: return &_PyExc_IsADirectoryError;
    case ENOTDIR: return &_PyExc_NotADirectoryError;
    case EINTR: return &_PyExc_InterruptedError;
    case EACCES: case EPERM: return &_PyExc_PermissionError;
    case ESRCH: return &_PyExc_ProcessLookupError;
    case ETIMEDOUT: return &_PyExc_TimeoutError;
    default: return nullptr;
  }
}

namespace {

PyOSErrorObject* fields(Value self) { return self.as<PyOSErrorObject>(); }

bool os_init(Value self, Args args);
Ref os_new(PyTypeObject* type, Args args);

// A subclass that overrides __init__ but not __new__ gets its arguments there: __new__ then leaves them alone.
bool init_does_it(PyTypeObject* type) {
  return type->tp_init != slot::Init<os_init>.c && type->tp_new == slot::New<os_new>.c;
}

// Sets the fields from the arguments.
bool fill(Value self, Args args) {
  auto* e = fields(self);
  size_t kept = args.n;
  if (args.n >= 2 && args.n <= 5) {
    if (args.n >= 3 && !is_none(args[2])) {
      Value filename = args[2];
      Py_ssize_t written = 0;
      bool is_count = type_of(self) == &_PyExc_BlockingIOError &&
                      (filename.is_number() || slots_of(filename).nb_index || slots_of(filename).nb_int || slots_of(filename).nb_float);
      if (is_count) {
        if (!index_as_ssize(filename, &written, PyExc_ValueError)) return false;
        e->written = written;
      } else {
        if (!store_field(&e->filename, filename)) return false;
        if (args.n == 5 && !is_none(args[4]) && !store_field(&e->filename2, args[4])) return false;
        kept = 2;  // args is (errno, strerror), as pickles and old code expect
      }
    }
    if (!store_field(&e->myerrno, args[0]) || !store_field(&e->strerror, args[1])) return false;
  }
  Ref tuple = exception_args(args.v, kept);
  return tuple && store_field(&e->args, tuple);
}

Ref os_new(PyTypeObject* type, Args args) {
  bool later = init_does_it(type);
  if (!later) {
    if (args.kwnames && !no_keywords(type->tp_name, args)) return nullptr;
    if (type == &_PyExc_OSError && args.n >= 2 && args.n <= 5 && is_int(args[0])) {
      int64_t code;
      if (int_sign_overflow_i64(args[0], &code) == 0 && code == static_cast<int>(code)) {
        if (PyTypeObject* better = oserror_class_of(static_cast<int>(code))) type = better;
      }
    }
  }
  auto* e = new_object<PyOSErrorObject>(type);
  if (!e) return nullptr;
  e->written = -1;
  Ref self = Ref::steal(reinterpret_cast<PyObject*>(e));
  if (later) {
    e->args = tuple_empty().release().object();
  } else if (!fill(self, args)) {
    return nullptr;
  }
  return self;
}

bool os_init(Value self, Args args) {
  if (!init_does_it(type_of(self))) return true;  // done by __new__
  if (args.kwnames && !no_keywords(type_of(self)->tp_name, args)) return false;
  return fill(self, args);
}

int os_clear(PyObject* self) {
  auto* e = fields(self);
  Py_CLEAR(e->myerrno);
  Py_CLEAR(e->strerror);
  Py_CLEAR(e->filename);
  Py_CLEAR(e->filename2);
  return exception_clear(self);
}
void os_dealloc(PyObject* self) {
  gc_untrack(self);
  os_clear(self);
  Py_TYPE(self)->tp_free(self);
}
int os_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* e = fields(self);
  Py_VISIT(e->myerrno);
  Py_VISIT(e->strerror);
  Py_VISIT(e->filename);
  Py_VISIT(e->filename2);
  return exception_traverse(self, visit, arg);
}

Ref os_str(Value self) {
  auto* e = fields(self);
  Ref number = load_field(e->myerrno), message = load_field(e->strerror);
  if (e->filename) {
    Ref filename = load_field(e->filename);
    if (e->filename2) {
      Ref second = load_field(e->filename2);
      return str_format("[Errno %S] %S: %R -> %R", number.get(), message.get(), filename.get(), second.get());
    }
    return str_format("[Errno %S] %S: %R", number.get(), message.get(), filename.get());
  }
  if (e->myerrno && e->strerror) return str_format("[Errno %S] %S", number.get(), message.get());
  return exception_str(self);
}

Ref os_reduce(Value self) {
  auto* e = fields(self);
  Ref args = load_field(e->args);
  if (is_tuple(args) && tuple_size(args) == 2 && e->filename) {
    // The file names were taken out of args: put them back.
    Ref filename = load_field(e->filename);
    Value first = tuple_get(args, 0), second = tuple_get(args, 1);
    if (e->filename2) {
      Ref filename2 = load_field(e->filename2);
      args = tuple_of({first, second, filename, none(), filename2});
    } else {
      args = tuple_of({first, second, filename});
    }
    if (!args) return nullptr;
  }
  if (e->dict) return tuple_of({Value{type_of(self)}, args, Value{e->dict}});
  return tuple_of({Value{type_of(self)}, args});
}

Ref get_written(Value self) {
  if (fields(self)->written == -1) return raise(PyExc_AttributeError, "characters_written");
  return int_from_ssize(fields(self)->written);
}
bool set_written(Value self, Value v) {
  if (!v) {
    if (fields(self)->written == -1) return raise(PyExc_AttributeError, "characters_written");
    fields(self)->written = -1;
    return true;
  }
  Py_ssize_t n;
  if (!index_as_ssize(v, &n, PyExc_ValueError)) return false;
  fields(self)->written = n;
  return true;
}

const MethodRow os_methods[] = {method<os_reduce>("__reduce__", "", ""), {}};
const GetSetRow os_getset[] = {getset<get_written, set_written>("characters_written"), {}};
PyMemberDef os_members[] = {
    {"errno", T_OBJECT, offsetof(PyOSErrorObject, myerrno), 0, "POSIX exception code"},
    {"strerror", T_OBJECT, offsetof(PyOSErrorObject, strerror), 0, "exception strerror"},
    {"filename", T_OBJECT, offsetof(PyOSErrorObject, filename), 0, "exception filename"},
    {"filename2", T_OBJECT, offsetof(PyOSErrorObject, filename2), 0, "second exception filename"},
    {nullptr, 0, 0, 0, nullptr}};

constexpr unsigned long kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASE_EXC_SUBCLASS;

}  // namespace

const TypeDef OSError_def{
    .type = &_PyExc_OSError,
    .name = "OSError",
    .basicsize = sizeof(PyOSErrorObject),
    .flags = kFlags,
    .doc = "Base class for I/O related errors.",
    .base = &_PyExc_Exception,
    .dealloc = os_dealloc,
    .traverse = os_traverse,
    .clear = os_clear,
    .dictoffset = offsetof(PyBaseExceptionObject, dict),
    .slots = {.tp_str = slot::Unary<os_str>, .tp_init = slot::Init<os_init>, .tp_new = slot::New<os_new>},
    .methods = os_methods,
    .getset = os_getset,
    .members = os_members,
};

#define ADDER_EXCEPTION(name, base, kind, doc) ADDER_KIND_##kind(name, base, doc)
#define ADDER_KIND_OSErrorChild(Name, Base, Doc)                                                                       \
  const TypeDef Name##_def{.type = &_PyExc_##Name, .name = #Name, .basicsize = sizeof(PyOSErrorObject),                 \
      .flags = kFlags, .doc = Doc, .base = &_PyExc_##Base, .dealloc = os_dealloc, .traverse = os_traverse,              \
      .clear = os_clear, .dictoffset = offsetof(PyBaseExceptionObject, dict),                                           \
      .slots = {.tp_init = slot::Init<os_init>, .tp_new = slot::New<os_new>}};
#define ADDER_KIND_Base(Name, Base, Doc)
#define ADDER_KIND_Simple(Name, Base, Doc)
#define ADDER_KIND_Group(Name, Base, Doc)
#define ADDER_KIND_KeyError(Name, Base, Doc)
#define ADDER_KIND_MemoryError(Name, Base, Doc)
#define ADDER_KIND_StopIteration(Name, Base, Doc)
#define ADDER_KIND_SystemExit(Name, Base, Doc)
#define ADDER_KIND_ImportError(Name, Base, Doc)
#define ADDER_KIND_ImportErrorChild(Name, Base, Doc)
#define ADDER_KIND_NameError(Name, Base, Doc)
#define ADDER_KIND_NameErrorChild(Name, Base, Doc)
#define ADDER_KIND_AttributeError(Name, Base, Doc)
#define ADDER_KIND_OSError(Name, Base, Doc)
#define ADDER_KIND_SyntaxError(Name, Base, Doc)
#define ADDER_KIND_SyntaxErrorChild(Name, Base, Doc)
#define ADDER_KIND_UnicodeEncode(Name, Base, Doc)
#define ADDER_KIND_UnicodeDecode(Name, Base, Doc)
#define ADDER_KIND_UnicodeTranslate(Name, Base, Doc)
#include "object/exceptions.def"

}  // namespace adder
