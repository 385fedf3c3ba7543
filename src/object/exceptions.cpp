// BaseException and the exception classes without an errno or members: fields, arguments, text, pickling, notes.
// OSError is in exceptions_os.cpp, the Unicode errors and SyntaxError in exceptions_text.cpp, groups in exception_group.cpp.
#include "object/exceptions.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "memory/gc.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

// --- What all classes share --------------------------------------------------------------------------------------------
bool store_field(PyObject** field, Value v) {
  PyObject* o = nullptr;
  if (v) {
    o = to_c(v);
    if (!o) return false;
  }
  PyObject* old = *field;
  *field = o;
  if (old) decref(old);
  return true;
}

Ref exception_args(const Value* words, size_t n) {
  if (n == 0) return tuple_empty();
  Ref t = tuple_from(words, static_cast<Py_ssize_t>(n));
  if (!t || !expose(t.object())) return nullptr;
  return t;
}

bool no_keywords(const char* function, Args args) {
  if (args.kwnames && tuple_size(args.kwnames) > 0) return raise(PyExc_TypeError, "%s() takes no keyword arguments", function);
  return true;
}

Ref exception_new(PyTypeObject* type, Args args) {
  auto* e = new_object<PyBaseExceptionObject>(type);
  if (!e) return nullptr;
  Ref self = Ref::steal(reinterpret_cast<PyObject*>(e));
  Ref tuple = exception_args(args.v, args.n);
  if (!tuple) return nullptr;
  e->args = tuple.release().object();
  return self;
}

bool exception_init(Value self, Args args) {
  if (args.kwnames && !no_keywords(type_of(self)->tp_name, args)) return false;
  PyObject*& field = exception_fields(self)->args;
  if (field && tuple_size(field) == static_cast<Py_ssize_t>(args.n)) {
    size_t same = 0;
    while (same < args.n && tuple_get(field, same) == args.v[same]) same++;
    if (same == args.n) return true;  // what __new__ stored
  }
  Ref tuple = exception_args(args.v, args.n);
  if (!tuple) return false;
  PyObject* old = field;
  field = tuple.release().object();
  if (old) decref(old);
  return true;
}

int exception_clear(PyObject* self) {
  auto* e = reinterpret_cast<PyBaseExceptionObject*>(self);
  Py_CLEAR(e->dict);
  Py_CLEAR(e->args);
  Py_CLEAR(e->notes);
  Py_CLEAR(e->traceback);
  Py_CLEAR(e->cause);
  Py_CLEAR(e->context);
  return 0;
}

int exception_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* e = reinterpret_cast<PyBaseExceptionObject*>(self);
  Py_VISIT(e->dict);
  Py_VISIT(e->args);
  Py_VISIT(e->notes);
  Py_VISIT(e->traceback);
  Py_VISIT(e->cause);
  Py_VISIT(e->context);
  return 0;
}

void exception_dealloc(PyObject* self) {
  gc_untrack(self);
  // Chains of contexts get long.
  TrashcanGuard guard{self, &exception_dealloc};
  if (guard.deferred) return;
  exception_clear(self);
  Py_TYPE(self)->tp_free(self);
}

Ref exception_str(Value self) {
  PyObject* args = exception_fields(self)->args;
  Py_ssize_t n = args ? tuple_size(args) : 0;
  if (n == 0) return str_empty();
  if (n == 1) return to_str(tuple_get(args, 0));
  return to_str(args);
}

static const char* plain_name(PyTypeObject* type) {
  const char* dot = strrchr(type->tp_name, '.');
  return dot ? dot + 1 : type->tp_name;
}

Ref exception_repr(Value self) {
  PyObject* args = exception_fields(self)->args;
  const char* name = plain_name(type_of(self));
  if (!args) return str_format("%s()", name);
  if (tuple_size(args) == 1) {
    Ref item = Ref::copy(tuple_get(args, 0));
    Ref text = repr(item);
    return text ? str_format("%s(%U)", name, text.get()) : Ref{};
  }
  Ref text = repr(args);
  return text ? str_format("%s%U", name, text.get()) : Ref{};
}

Ref exception_reduce(Value self) {
  auto* e = exception_fields(self);
  Value args = e->args ? Value{e->args} : Value{};
  Ref empty;
  if (!args) {
    empty = tuple_empty();
    args = empty;
  }
  if (e->dict) return tuple_of({Value{type_of(self)}, args, Value{e->dict}});
  return tuple_of({Value{type_of(self)}, args});
}

static Ref exception_setstate(Value self, Value state) {
  if (is_none(state)) return none_ref();
  if (!is_dict(state)) return raise(PyExc_TypeError, "state is not a dictionary");
  Py_ssize_t position = 0;
  Value key, v;
  while (dict_next(state, &position, &key, &v)) {
    Ref k = Ref::copy(key), item = Ref::copy(v);
    if (!is_str(k)) return raise(PyExc_TypeError, "attribute name must be string, not '%N'", type_of(k));
    if (!setattr(self, k.object(), item)) return nullptr;
  }
  return none_ref();
}

static bool set_traceback(Value self, Value tb) {
  if (!tb) return raise(PyExc_TypeError, "__traceback__ may not be deleted");
  if (!is_none(tb) && !is_exact(tb, &PyTraceBack_Type)) return raise(PyExc_TypeError, "__traceback__ must be a traceback or None");
  return store_field(&exception_fields(self)->traceback, is_none(tb) ? Value{} : tb);
}

static Ref exception_with_traceback(Value self, Value tb) {
  if (!set_traceback(self, tb)) return nullptr;
  return Ref::copy(self);
}

static Ref exception_add_note(Value self, Value note) {
  if (!is_str(note)) return raise(PyExc_TypeError, "note must be a str, not '%N'", type_of(note));
  Ref notes;
  if (lookup_attr(self, "__notes__"_id, &notes) < 0) return nullptr;
  if (!notes) {
    notes = list_new();
    if (!notes || !setattr(self, "__notes__"_id, notes)) return nullptr;
  } else if (!is_list(notes)) {
    return raise(PyExc_TypeError, "Cannot add note: __notes__ is not a list");
  }
  if (!list_append(notes, note)) return nullptr;
  return none_ref();
}

static const MethodRow exception_methods[] = {
    method<exception_reduce>("__reduce__", "", "Helper for pickle."),
    method<exception_setstate>("__setstate__", "", ""),
    method<exception_with_traceback>("with_traceback", "",
                                     "Exception.with_traceback(tb) --\n    set self.__traceback__ to tb and return self."),
    method<exception_add_note>("add_note", "", "Exception.add_note(note) --\n    add a note to the exception"),
    {}};

// --- Attributes ---------------------------------------------------------------------------------------------------------
static Ref get_args(Value self) { return load_field(exception_fields(self)->args); }
static bool set_args(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "args may not be deleted");
  Ref t = to_tuple(v);
  if (!t) return false;
  if (!expose(t.object())) return false;
  return store_field(&exception_fields(self)->args, t);
}
static Ref get_traceback(Value self) { return load_field(exception_fields(self)->traceback); }
static Ref get_context(Value self) { return load_field(exception_fields(self)->context); }
static bool set_context_attr(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "__context__ may not be deleted");
  if (is_none(v)) v = Value{};
  else if (!is_exception(v)) return raise(PyExc_TypeError, "exception context must be None or derive from BaseException");
  set_context(self, Ref::copy(v));
  return true;
}
static Ref get_cause(Value self) { return load_field(exception_fields(self)->cause); }
static bool set_cause_attr(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "__cause__ may not be deleted");
  if (is_none(v)) v = Value{};
  else if (!is_exception(v)) return raise(PyExc_TypeError, "exception cause must be None or derive from BaseException");
  set_cause(self, Ref::copy(v));
  return true;
}
static Ref get_dict(Value self) {
  PyObject*& field = exception_fields(self)->dict;
  if (!field) {
    Ref d = dict_new();
    if (!d) return nullptr;
    field = d.release().object();
  }
  return Ref::copy(field);
}
static bool set_dict(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "cannot delete __dict__");
  if (!is_dict(v)) return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%N'", type_of(v));
  return store_field(&exception_fields(self)->dict, v);
}

static const GetSetRow exception_getset[] = {
    getset<get_dict, set_dict>("__dict__"),
    getset<get_args, set_args>("args"),
    getset<get_traceback, set_traceback>("__traceback__"),
    getset<get_context, set_context_attr>("__context__", "exception context"),
    getset<get_cause, set_cause_attr>("__cause__", "exception cause"),
    {}};

static PyMemberDef exception_members[] = {
    {"__suppress_context__", T_BOOL, offsetof(PyBaseExceptionObject, suppress_context), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr}};

// --- StopIteration, SystemExit --------------------------------------------------------------------------------------------
#define ADDER_FIELD(Struct, self, field) reinterpret_cast<Struct*>(self)->field

static bool stop_iteration_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  return store_field(&self.as<PyStopIterationObject>()->value, args.n > 0 ? args[0] : none());
}
static int stop_iteration_clear(PyObject* self) {
  Py_CLEAR(ADDER_FIELD(PyStopIterationObject, self, value));
  return exception_clear(self);
}
static void stop_iteration_dealloc(PyObject* self) {
  gc_untrack(self);
  stop_iteration_clear(self);
  Py_TYPE(self)->tp_free(self);
}
static int stop_iteration_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(ADDER_FIELD(PyStopIterationObject, self, value));
  return exception_traverse(self, visit, arg);
}
static PyMemberDef stop_iteration_members[] = {
    {"value", T_OBJECT, offsetof(PyStopIterationObject, value), 0, "generator return value"}, {nullptr, 0, 0, 0, nullptr}};

static bool system_exit_init(Value self, Args args) {
  if (!exception_init(self, args)) return false;
  PyObject*& code = self.as<PySystemExitObject>()->code;
  if (args.n == 1) return store_field(&code, args[0]);
  if (args.n > 1) return store_field(&code, exception_fields(self)->args);
  return true;
}
static int system_exit_clear(PyObject* self) {
  Py_CLEAR(ADDER_FIELD(PySystemExitObject, self, code));
  return exception_clear(self);
}
static void system_exit_dealloc(PyObject* self) {
  gc_untrack(self);
  system_exit_clear(self);
  Py_TYPE(self)->tp_free(self);
}
static int system_exit_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(ADDER_FIELD(PySystemExitObject, self, code));
  return exception_traverse(self, visit, arg);
}
static PyMemberDef system_exit_members[] = {
    {"code", T_OBJECT, offsetof(PySystemExitObject, code), 0, "exception code"}, {nullptr, 0, 0, 0, nullptr}};

// --- Classes with keyword-only attributes: ImportError, NameError, AttributeError --------------------------------------------
// Takes the keyword arguments named by `names` out of args into fields; others are a TypeError.
static bool take_keywords(const char* function, Args args, std::initializer_list<std::pair<const char*, PyObject**>> fields) {
  if (args.kwnames) {
    Py_ssize_t n = tuple_size(args.kwnames);
    if (static_cast<size_t>(n) > fields.size()) {
      return raise(PyExc_TypeError, "%s() takes at most %zu keyword argument%s (%zd given)", function, fields.size(), fields.size() == 1 ? "" : "s", n);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
      Value name = tuple_get(args.kwnames, i);
      bool found = false;
      for (auto& [wanted, field] : fields) {
        if (str_equals(name, wanted)) {
          if (!store_field(field, args.v[args.n + i])) return false;
          found = true;
          break;
        }
      }
      if (!found) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", name, function);
    }
  }
  return true;
}

static bool import_error_init(Value self, Args args) {
  if (!exception_init(self, Args{args.v, args.n, nullptr})) return false;
  auto* e = self.as<PyImportErrorObject>();
  if (!store_field(&e->name, Value{}) || !store_field(&e->path, Value{})) return false;
  if (!take_keywords("ImportError", args, {{"name", &e->name}, {"path", &e->path}})) return false;
  return store_field(&e->msg, args.n == 1 ? args[0] : Value{});
}
static int import_error_clear(PyObject* self) {
  Py_CLEAR(ADDER_FIELD(PyImportErrorObject, self, msg));
  Py_CLEAR(ADDER_FIELD(PyImportErrorObject, self, name));
  Py_CLEAR(ADDER_FIELD(PyImportErrorObject, self, path));
  return exception_clear(self);
}
static void import_error_dealloc(PyObject* self) {
  gc_untrack(self);
  import_error_clear(self);
  Py_TYPE(self)->tp_free(self);
}
static int import_error_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(ADDER_FIELD(PyImportErrorObject, self, msg));
  Py_VISIT(ADDER_FIELD(PyImportErrorObject, self, name));
  Py_VISIT(ADDER_FIELD(PyImportErrorObject, self, path));
  return exception_traverse(self, visit, arg);
}
static Ref import_error_str(Value self) {
  PyObject* msg = self.as<PyImportErrorObject>()->msg;
  if (msg && is_exact_str(msg)) return Ref::copy(msg);
  return exception_str(self);
}
static Ref import_error_reduce(Value self) {
  auto* e = self.as<PyImportErrorObject>();
  Ref state;
  if (e->name || e->path) {
    state = e->dict ? dict_copy(e->dict) : dict_new();
    if (!state) return nullptr;
    if (e->name && !dict_set_str(state, "name"_id, e->name)) return nullptr;
    if (e->path && !dict_set_str(state, "path"_id, e->path)) return nullptr;
  } else if (e->dict) {
    state = Ref::copy(e->dict);
  }
  Ref args = load_field(e->args);
  if (!state) return tuple_of({Value{type_of(self)}, args});
  return tuple_of({Value{type_of(self)}, args, state});
}
static const MethodRow import_error_methods[] = {method<import_error_reduce>("__reduce__", "", ""), {}};
static PyMemberDef import_error_members[] = {
    {"msg", T_OBJECT, offsetof(PyImportErrorObject, msg), 0, "exception message"},
    {"name", T_OBJECT, offsetof(PyImportErrorObject, name), 0, "module name"},
    {"path", T_OBJECT, offsetof(PyImportErrorObject, path), 0, "module path"},
    {nullptr, 0, 0, 0, nullptr}};

static bool name_error_init(Value self, Args args) {
  if (!exception_init(self, Args{args.v, args.n, nullptr})) return false;
  auto* e = self.as<PyNameErrorObject>();
  if (args.kwnames && !store_field(&e->name, Value{})) return false;
  return take_keywords("NameError", args, {{"name", &e->name}});
}
static int name_error_clear(PyObject* self) {
  Py_CLEAR(ADDER_FIELD(PyNameErrorObject, self, name));
  return exception_clear(self);
}
static void name_error_dealloc(PyObject* self) {
  gc_untrack(self);
  name_error_clear(self);
  Py_TYPE(self)->tp_free(self);
}
static int name_error_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(ADDER_FIELD(PyNameErrorObject, self, name));
  return exception_traverse(self, visit, arg);
}
static PyMemberDef name_error_members[] = {
    {"name", T_OBJECT, offsetof(PyNameErrorObject, name), 0, "name"}, {nullptr, 0, 0, 0, nullptr}};

static bool attribute_error_init(Value self, Args args) {
  if (!exception_init(self, Args{args.v, args.n, nullptr})) return false;
  auto* e = self.as<PyAttributeErrorObject>();
  if (args.kwnames && (!store_field(&e->name, Value{}) || !store_field(&e->obj, Value{}))) return false;
  return take_keywords("AttributeError", args, {{"name", &e->name}, {"obj", &e->obj}});
}
static int attribute_error_clear(PyObject* self) {
  Py_CLEAR(ADDER_FIELD(PyAttributeErrorObject, self, obj));
  Py_CLEAR(ADDER_FIELD(PyAttributeErrorObject, self, name));
  return exception_clear(self);
}
static void attribute_error_dealloc(PyObject* self) {
  gc_untrack(self);
  attribute_error_clear(self);
  Py_TYPE(self)->tp_free(self);
}
static int attribute_error_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(ADDER_FIELD(PyAttributeErrorObject, self, obj));
  Py_VISIT(ADDER_FIELD(PyAttributeErrorObject, self, name));
  return exception_traverse(self, visit, arg);
}
static PyMemberDef attribute_error_members[] = {
    {"name", T_OBJECT, offsetof(PyAttributeErrorObject, name), 0, "attribute name"},
    {"obj", T_OBJECT, offsetof(PyAttributeErrorObject, obj), 0, "object"},
    {nullptr, 0, 0, 0, nullptr}};

// --- KeyError, MemoryError ---------------------------------------------------------------------------------------------------
static Ref key_error_str(Value self) {
  // The key's repr: an empty string as the key must be visible.
  PyObject* args = exception_fields(self)->args;
  if (args && tuple_size(args) == 1) {
    Ref key = Ref::copy(tuple_get(args, 0));
    return repr(key);
  }
  return exception_str(self);
}

// Instances kept for when memory has run out; they come back when they die.
static constexpr int kSpareCount = 16;
static PyObject* spare_errors[kSpareCount];
static int spare_count = 0;

static void memory_error_dealloc(PyObject* self) {
  gc_untrack(self);
  exception_clear(self);
  if (Py_TYPE(self) == &_PyExc_MemoryError && spare_count < kSpareCount) {
    refcount(self) = 0;
    spare_errors[spare_count++] = self;
    return;
  }
  Py_TYPE(self)->tp_free(self);
}

Ref spare_memory_error() {
  if (spare_count > 0) {
    PyObject* e = spare_errors[--spare_count];
    refcount(e) = 1;
    reinterpret_cast<PyBaseExceptionObject*>(e)->suppress_context = 0;
    reinterpret_cast<PyBaseExceptionObject*>(e)->args = tuple_empty().release().object();
    gc_track(e);
    return Ref::steal(e);
  }
  // All spares are in use: share one that is alive for ever.
  static PyObject* last_resort = nullptr;
  if (!last_resort) last_resort = exception_new(&_PyExc_MemoryError, Args{}).release().object();
  if (!last_resort) {
    fputs("Fatal: out of memory while reporting that memory is exhausted\n", stderr);
    abort();
  }
  return Ref::copy(last_resort);
}

// --- The type definitions of this file ------------------------------------------------------------------------------------------
constexpr unsigned long kExceptionFlags =
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASE_EXC_SUBCLASS;

const TypeDef BaseException_def{
    .type = &_PyExc_BaseException,
    .name = "BaseException",
    .basicsize = sizeof(PyBaseExceptionObject),
    .flags = kExceptionFlags,
    .doc = "Common base class for all exceptions",
    .dealloc = exception_dealloc,
    .traverse = exception_traverse,
    .clear = exception_clear,
    .dictoffset = offsetof(PyBaseExceptionObject, dict),
    .slots = {.tp_repr = slot::Unary<exception_repr>,
              .tp_str = slot::Unary<exception_str>,
              .tp_getattro = slot::GetAttr<generic_getattr>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_init = slot::Init<exception_init>,
              .tp_new = slot::New<exception_new>},
    .methods = exception_methods,
    .getset = exception_getset,
    .members = exception_members,
};

// A class of the base's struct, with __init__ and __new__ of its own as CPython's have.
#define ADDER_DEFINE(Name, Base, Struct, Doc, prefix, ...)                                                            \
  const TypeDef Name##_def{                                                                                           \
      .type = &_PyExc_##Name, .name = #Name, .basicsize = sizeof(Struct), .flags = kExceptionFlags, .doc = Doc,       \
      .base = &_PyExc_##Base, .dealloc = prefix##_dealloc, .traverse = prefix##_traverse, .clear = prefix##_clear,    \
      .dictoffset = offsetof(PyBaseExceptionObject, dict), __VA_ARGS__};

#define ADDER_KIND_Base(Name, Base, Doc)
#define ADDER_KIND_Group(Name, Base, Doc)
#define ADDER_KIND_OSError(Name, Base, Doc)
#define ADDER_KIND_OSErrorChild(Name, Base, Doc)
#define ADDER_KIND_SyntaxError(Name, Base, Doc)
#define ADDER_KIND_SyntaxErrorChild(Name, Base, Doc)
#define ADDER_KIND_UnicodeEncode(Name, Base, Doc)
#define ADDER_KIND_UnicodeDecode(Name, Base, Doc)
#define ADDER_KIND_UnicodeTranslate(Name, Base, Doc)
#define ADDER_KIND_Simple(Name, Base, Doc)                                     \
  ADDER_DEFINE(Name, Base, PyBaseExceptionObject, Doc, exception,              \
               .slots = {.tp_init = slot::Init<exception_init>, .tp_new = slot::New<exception_new>})
#define ADDER_KIND_KeyError(Name, Base, Doc)                                   \
  ADDER_DEFINE(Name, Base, PyBaseExceptionObject, Doc, exception,              \
               .slots = {.tp_str = slot::Unary<key_error_str>, .tp_init = slot::Init<exception_init>, .tp_new = slot::New<exception_new>})
#define ADDER_KIND_StopIteration(Name, Base, Doc)                              \
  ADDER_DEFINE(Name, Base, PyStopIterationObject, Doc, stop_iteration,         \
               .slots = {.tp_init = slot::Init<stop_iteration_init>, .tp_new = slot::New<exception_new>}, .members = stop_iteration_members)
#define ADDER_KIND_SystemExit(Name, Base, Doc)                                 \
  ADDER_DEFINE(Name, Base, PySystemExitObject, Doc, system_exit,               \
               .slots = {.tp_init = slot::Init<system_exit_init>, .tp_new = slot::New<exception_new>}, .members = system_exit_members)
#define ADDER_KIND_ImportError(Name, Base, Doc)                                \
  ADDER_DEFINE(Name, Base, PyImportErrorObject, Doc, import_error,             \
               .slots = {.tp_str = slot::Unary<import_error_str>, .tp_init = slot::Init<import_error_init>, .tp_new = slot::New<exception_new>}, \
               .methods = import_error_methods, .members = import_error_members)
#define ADDER_KIND_ImportErrorChild(Name, Base, Doc)                           \
  ADDER_DEFINE(Name, Base, PyImportErrorObject, Doc, import_error,             \
               .slots = {.tp_init = slot::Init<import_error_init>, .tp_new = slot::New<exception_new>})
#define ADDER_KIND_NameError(Name, Base, Doc)                                  \
  ADDER_DEFINE(Name, Base, PyNameErrorObject, Doc, name_error,                 \
               .slots = {.tp_init = slot::Init<name_error_init>, .tp_new = slot::New<exception_new>}, .members = name_error_members)
#define ADDER_KIND_NameErrorChild(Name, Base, Doc)                             \
  ADDER_DEFINE(Name, Base, PyNameErrorObject, Doc, name_error,                 \
               .slots = {.tp_init = slot::Init<name_error_init>, .tp_new = slot::New<exception_new>})
#define ADDER_KIND_AttributeError(Name, Base, Doc)                             \
  ADDER_DEFINE(Name, Base, PyAttributeErrorObject, Doc, attribute_error,       \
               .slots = {.tp_init = slot::Init<attribute_error_init>, .tp_new = slot::New<exception_new>}, .members = attribute_error_members)
#define ADDER_KIND_MemoryError(Name, Base, Doc)                                \
  ADDER_DEFINE(Name, Base, PyBaseExceptionObject, Doc, memory_error,           \
               .slots = {.tp_init = slot::Init<exception_init>, .tp_new = slot::New<exception_new>})
static constexpr auto memory_error_traverse = exception_traverse;
static constexpr auto memory_error_clear = exception_clear;

#define ADDER_EXCEPTION(name, base, kind, doc) ADDER_KIND_##kind(name, base, doc)
#include "object/exceptions.def"

}  // namespace adder

// --- The ABI's symbols ----------------------------------------------------------------------------------------------------------
extern "C" {
#define ADDER_EXCEPTION(name, base, kind, doc)                           \
  PyTypeObject _PyExc_##name = {PyVarObject_HEAD_INIT(&PyType_Type, 0)}; \
  PyObject* PyExc_##name = reinterpret_cast<PyObject*>(&_PyExc_##name);
#define ADDER_EXCEPTION_ALIAS(alias, name) PyObject* PyExc_##alias = reinterpret_cast<PyObject*>(&_PyExc_##name);
#include "object/exceptions.def"
}

namespace adder {

PyObject* exception_group_type = nullptr;

bool exceptions_init() {
  // ExceptionGroup(BaseExceptionGroup, Exception): the one class with two bases.
  Ref bases = tuple_of({Value{&_PyExc_BaseExceptionGroup}, Value{&_PyExc_Exception}});
  Ref names = dict_new();
  Ref name = Ref::copy("ExceptionGroup"_id);
  if (!bases || !names || !dict_set_str(names, "__module__"_id, "builtins"_id)) return false;
  Ref group = call(Value{&PyType_Type}, {name, bases, names});
  if (!group) return false;
  exception_group_type = group.release().object();
  while (spare_count < kSpareCount) {
    Ref e = exception_new(&_PyExc_MemoryError, Args{});
    if (!e) return false;
    PyObject* o = e.release().object();
    gc_untrack(o);
    exception_clear(o);
    refcount(o) = 0;
    spare_errors[spare_count++] = o;
  }
  return true;
}

bool exceptions_add(PyObject* builtins) {
  if (!exception_group_type && !exceptions_init()) return false;
#define ADDER_EXCEPTION(name, base, kind, doc) \
  if (!module_add(builtins, #name, Ref::copy(PyExc_##name))) return false;
#define ADDER_EXCEPTION_ALIAS(alias, name) ADDER_EXCEPTION(alias, , , )
#include "object/exceptions.def"
  return module_add(builtins, "ExceptionGroup", Ref::copy(exception_group_type));
}

}  // namespace adder
