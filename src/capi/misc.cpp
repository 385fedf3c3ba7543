// capsule.h, code.h, frameobject.h, funcobject.h, context.h, pystrtod's kin, memoryview: the smaller headers.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include "capi/capi.h"
#include "compile/code.h"
#include "compile/instruction.h"
#include "memory/gc.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/module.h"
#include "object/small_types.h"
#include "object/str.h"
#include "runtime/interpreter.h"
#include "vm/frame.h"
#include "vm/function.h"
#include "vm/traceback.h"

using namespace adder;
using namespace adder::capi;

namespace adder {
Ref make_code_to_look_at(const CodeParts& parts, Value code, Value varnames, Value cellvars, Value freevars);  // compile/code_type.cpp
Ref frame_for_code(PyCodeObject* code, PyObject* globals, int line);  // vm/foreign_frame.cpp
Ref memoryview_of_buffer(const Py_buffer* view);                      // object/memoryview.cpp
}

// --- Capsules -------------------------------------------------------------------------------------------------------------------------------------
namespace {
bool same_name(const char* a, const char* b) { return a == b || (a && b && !strcmp(a, b)); }
Capsule* legal(PyObject* o, const char* where) {
  if (!o || !PyCapsule_CheckExact(o) || !reinterpret_cast<Capsule*>(o)->pointer) {
    (void)raise(PyExc_ValueError, "%s called with invalid PyCapsule object", where);
    return nullptr;
  }
  return reinterpret_cast<Capsule*>(o);
}
}  // namespace
ADDER_API PyObject* PyCapsule_New(void* p, const char* n, PyCapsule_Destructor d) {
  if (!p) return raise(PyExc_ValueError, "PyCapsule_New called with null pointer");
  auto* c = new_object<Capsule>(&PyCapsule_Type);
  if (!c) return nullptr;
  c->pointer = p;
  c->name = n;
  c->context = nullptr;
  c->destructor = d;
  return &c->head;
}
ADDER_API void* PyCapsule_GetPointer(PyObject* o, const char* n) {
  Capsule* c = legal(o, "PyCapsule_GetPointer");
  if (!c) return nullptr;
  if (!same_name(n, c->name)) return raise(PyExc_ValueError, "PyCapsule_GetPointer called with incorrect name");
  return c->pointer;
}
ADDER_API const char* PyCapsule_GetName(PyObject* o) {
  Capsule* c = legal(o, "PyCapsule_GetName");
  return c ? c->name : nullptr;
}
ADDER_API PyCapsule_Destructor PyCapsule_GetDestructor(PyObject* o) {
  Capsule* c = legal(o, "PyCapsule_GetDestructor");
  return c ? c->destructor : nullptr;
}
ADDER_API void* PyCapsule_GetContext(PyObject* o) {
  Capsule* c = legal(o, "PyCapsule_GetContext");
  return c ? c->context : nullptr;
}
ADDER_API int PyCapsule_IsValid(PyObject* o, const char* n) {
  if (!o || !PyCapsule_CheckExact(o)) return 0;
  auto* c = reinterpret_cast<Capsule*>(o);
  return c->pointer && same_name(c->name, n);
}
ADDER_API int PyCapsule_SetPointer(PyObject* o, void* p) {
  if (!p) return raise(PyExc_ValueError, "PyCapsule_SetPointer called with null pointer");
  Capsule* c = legal(o, "PyCapsule_SetPointer");
  if (c) c->pointer = p;
  return status(c);
}
ADDER_API int PyCapsule_SetName(PyObject* o, const char* n) {
  Capsule* c = legal(o, "PyCapsule_SetName");
  if (c) c->name = n;
  return status(c);
}
ADDER_API int PyCapsule_SetDestructor(PyObject* o, PyCapsule_Destructor d) {
  Capsule* c = legal(o, "PyCapsule_SetDestructor");
  if (c) c->destructor = d;
  return status(c);
}
ADDER_API int PyCapsule_SetContext(PyObject* o, void* context) {
  Capsule* c = legal(o, "PyCapsule_SetContext");
  if (c) c->context = context;
  return status(c);
}
ADDER_API void* PyCapsule_Import(const char* n, int) {
  // "package.module.attribute": the longest prefix that is a module, then attributes.
  std::string text = n;
  size_t dot = text.find('.');
  Ref o = import_module(text.substr(0, dot).c_str());
  if (!o) return raise(PyExc_ImportError, "PyCapsule_Import could not import module \"%s\"", text.substr(0, dot).c_str());
  while (dot != std::string::npos && o) {
    size_t end = text.find('.', dot + 1);
    Ref part = intern(text.substr(dot + 1, end == std::string::npos ? end : end - dot - 1));
    o = part ? getattr(o, part.object()) : Ref{};
    dot = end;
  }
  if (!o) return nullptr;
  if (!PyCapsule_IsValid(o.object(), n)) return raise(PyExc_AttributeError, "PyCapsule_Import \"%s\" is not valid", n);
  return reinterpret_cast<Capsule*>(o.object())->pointer;
}

// --- Code, frames, functions ------------------------------------------------------------------------------------------------------------------------
ADDER_API PyCodeObject* PyCode_NewEmpty(const char* file, const char* function, int line) {
  Ref f = str_decode_fs(file), n = str_from_utf8(function), empty = tuple_empty(), bytes = bytes_new("");
  if (!f || !n || !empty || !bytes) return nullptr;
  CodeParts p;
  p.firstlineno = line;
  p.flags = CO_OPTIMIZED | CO_NEWLOCALS;
  p.consts = empty;
  p.names = empty;
  p.localsplusnames = empty;
  p.localspluskinds = bytes;
  p.filename = f;
  p.name = n;
  p.qualname = n;
  return make_code_from_bytes(p, bytes, true).release().as<PyCodeObject>();
}
ADDER_API PyCodeObject* PyCode_NewWithPosOnlyArgs(int argcount, int posonlyargcount, int kwonlyargcount, int, int stacksize, int flags,
                                                  PyObject* code, PyObject* consts, PyObject* names, PyObject* varnames, PyObject* freevars,
                                                  PyObject* cellvars, PyObject* filename, PyObject* name, PyObject* qualname,
                                                  int firstlineno, PyObject* linetable, PyObject* exceptiontable) {
  if (!PyBytes_Check(code) || !PyTuple_Check(consts) || !PyTuple_Check(names) || !PyTuple_Check(varnames) || !PyTuple_Check(freevars) ||
      !PyTuple_Check(cellvars) || !PyUnicode_Check(filename) || !PyUnicode_Check(name) || !PyUnicode_Check(qualname)) {
    return bad_internal_call("PyCode_New");
  }
  CodeParts p;
  p.argcount = argcount;
  p.posonlyargcount = posonlyargcount;
  p.kwonlyargcount = kwonlyargcount;
  p.stacksize = stacksize;
  p.firstlineno = firstlineno;
  p.flags = flags;
  p.names = Value{names};
  p.filename = Value{filename};
  p.name = Value{name};
  p.qualname = Value{qualname};
  p.consts = Value{consts};
  p.linetable = Value{linetable};
  p.exceptiontable = Value{exceptiontable};
  return make_code_to_look_at(p, Value{code}, Value{varnames}, Value{cellvars}, Value{freevars}).release().as<PyCodeObject>();
}
ADDER_API PyCodeObject* PyCode_New(int argcount, int kwonlyargcount, int nlocals, int stacksize, int flags, PyObject* code, PyObject* consts,
                                   PyObject* names, PyObject* varnames, PyObject* freevars, PyObject* cellvars, PyObject* filename,
                                   PyObject* name, PyObject* qualname, int firstlineno, PyObject* linetable, PyObject* exceptiontable) {
  return PyCode_NewWithPosOnlyArgs(argcount, 0, kwonlyargcount, nlocals, stacksize, flags, code, consts, names, varnames, freevars, cellvars,
                                   filename, name, qualname, firstlineno, linetable, exceptiontable);
}
ADDER_API int PyCode_Addr2Line(PyCodeObject* c, int lasti) { return lasti < 0 ? c->co_firstlineno : code_line(c, lasti / static_cast<int>(sizeof(Word))); }
ADDER_API int PyCode_Addr2Location(PyCodeObject* c, int offset, int* line, int* column, int* end_line, int* end_column) {
  if (offset < 0) {
    *line = *end_line = c->co_firstlineno;
    *column = *end_column = 0;
    return 1;
  }
  Position p = code_position(c, offset / static_cast<int>(sizeof(Word)));
  *line = p.line;
  *column = p.column;
  *end_line = p.end_line;
  *end_column = p.end_column;
  return 1;
}
// There is nothing to improve after the compiler.
ADDER_API PyObject* PyCode_Optimize(PyObject* code, PyObject*, PyObject*, PyObject*) { return Py_NewRef(code); }
ADDER_API PyObject* PyCode_GetCode(PyCodeObject* c) { return out(code_bytes(c)); }
ADDER_API PyObject* PyCode_GetVarnames(PyCodeObject* c) { return out(code_varnames(c)); }
ADDER_API PyObject* PyCode_GetCellvars(PyCodeObject* c) { return out(code_cellvars(c)); }
ADDER_API PyObject* PyCode_GetFreevars(PyCodeObject* c) { return out(code_freevars(c)); }
ADDER_API PyFrameObject* PyFrame_New(PyThreadState*, PyCodeObject* code, PyObject* globals, PyObject*) {
  return frame_for_code(code, globals, code->co_firstlineno).release().as<PyFrameObject>();
}
ADDER_API PyCodeObject* PyFrame_GetCode(PyFrameObject* f) {
  PyCodeObject* c = reinterpret_cast<FrameObject*>(f)->frame->code;
  Py_INCREF(c);
  return c;
}
ADDER_API PyFrameObject* PyFrame_GetBack(PyFrameObject* f) {
  PyObject* b = out(getattr(Value{reinterpret_cast<PyObject*>(f)}, "f_back"_id));
  if (b == Py_None) Py_CLEAR(b);
  return reinterpret_cast<PyFrameObject*>(b);
}
ADDER_API PyObject* PyFrame_GetLocals(PyFrameObject* f) { return out(frame_locals(reinterpret_cast<FrameObject*>(f)->frame)); }
ADDER_API PyObject* PyFrame_GetGlobals(PyFrameObject* f) { return to_c(Value{frame_globals(reinterpret_cast<FrameObject*>(f)->frame)}); }
ADDER_API PyObject* PyFrame_GetBuiltins(PyFrameObject* f) { return to_c(Value{frame_builtins(reinterpret_cast<FrameObject*>(f)->frame)}); }
ADDER_API int PyFrame_GetLasti(PyFrameObject* f) { return static_cast<int>(reinterpret_cast<FrameObject*>(f)->frame->word_index() * static_cast<Py_ssize_t>(sizeof(Word))); }
ADDER_API int PyFrame_GetLineNumber(PyFrameObject* f) {
  auto* o = reinterpret_cast<FrameObject*>(f);
  return o->lineno > 0 ? o->lineno : o->frame->line();
}
ADDER_API int PyFrame_FastToLocalsWithError(PyFrameObject* f) { return status(static_cast<bool>(frame_locals(reinterpret_cast<FrameObject*>(f)->frame))); }
ADDER_API void PyFrame_FastToLocals(PyFrameObject* f) {
  if (PyFrame_FastToLocalsWithError(f) < 0) clear_error();
}
ADDER_API void PyFrame_LocalsToFast(PyFrameObject* f, int clear) { frame_locals_to_fast(reinterpret_cast<FrameObject*>(f)->frame, clear); }
ADDER_API PyObject* PyFunction_New(PyObject* code, PyObject* globals) { return out(function_new(reinterpret_cast<PyCodeObject*>(code), globals, Value{})); }
ADDER_API PyObject* PyFunction_NewWithQualName(PyObject* code, PyObject* globals, PyObject* q) { return out(function_new(reinterpret_cast<PyCodeObject*>(code), globals, q ? in(q) : Value{})); }
ADDER_API PyObject* PyFunction_GetModule(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_module; }
ADDER_API PyObject* PyFunction_GetCode(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_code; }
ADDER_API PyObject* PyFunction_GetGlobals(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_globals; }
ADDER_API PyObject* PyFunction_GetDefaults(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_defaults; }
ADDER_API PyObject* PyFunction_GetClosure(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_closure; }
ADDER_API int PyFunction_SetDefaults(PyObject* f, PyObject* d) { return status(setattr(Value{f}, "__defaults__"_id, d ? in(d) : none())); }
ADDER_API int PyFunction_SetKwDefaults(PyObject* f, PyObject* d) {
  if (!PyFunction_Check(f)) return bad_internal_call("PyFunction_SetKwDefaults");
  return status(setattr(Value{f}, "__kwdefaults__"_id, d ? in(d) : none()));
}
ADDER_API int PyFunction_SetAnnotations(PyObject* f, PyObject* d) {
  if (!PyFunction_Check(f)) return bad_internal_call("PyFunction_SetAnnotations");
  return status(setattr(Value{f}, "__annotations__"_id, d ? in(d) : none()));
}
ADDER_API PyObject* PyFunction_GetKwDefaults(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_kwdefaults; }
ADDER_API PyObject* PyFunction_GetAnnotations(PyObject* f) { return reinterpret_cast<PyFunctionObject*>(f)->func_annotations; }

// --- Context --------------------------------------------------------------------------------------------------------------------------------------
namespace {
Ref context_module() { return import_module("_contextvars"); }
}  // namespace
ADDER_API PyObject* PyContext_New(void) {
  Ref m = context_module();
  return m ? out(call_method(m, "Context"_id)) : nullptr;
}
ADDER_API PyObject* PyContext_CopyCurrent(void) {
  Ref m = context_module();
  return m ? out(call_method(m, "copy_context"_id)) : nullptr;
}
ADDER_API PyObject* PyContext_Copy(PyObject* context) { return out(call_method(Value{context}, "copy"_id)); }
ADDER_API int PyContext_Enter(PyObject* context) { return status(context_enter(Value{context})); }
ADDER_API int PyContext_Exit(PyObject* context) { return status(context_exit(Value{context})); }
ADDER_API PyObject* PyContextVar_New(const char* n, PyObject* fallback) {
  Ref m = context_module(), cls = m ? getattr(m, "ContextVar"_id) : Ref{}, text = str_from_utf8(n);
  if (!cls || !text) return nullptr;
  Ref names = tuple_of({Value{"default"_id}});
  Value words[] = {text, fallback ? in(fallback) : Value{}};
  return out(call(cls, Args{words, 1, fallback ? names.object() : nullptr}));
}
ADDER_API int PyContextVar_Get(PyObject* v, PyObject* fallback, PyObject** value) {
  Ref r = fallback ? call_method(Value{v}, "get"_id, {in(fallback)}) : call_method(Value{v}, "get"_id);
  if (!r && error_matches(PyExc_LookupError)) {
    clear_error();
    *value = nullptr;
    return 0;
  }
  *value = out(std::move(r));
  return *value ? 0 : -1;
}
ADDER_API PyObject* PyContextVar_Set(PyObject* v, PyObject* value) { return out(call_method(Value{v}, "set"_id, {in(value)})); }
ADDER_API int PyContextVar_Reset(PyObject* v, PyObject* token) { return status(static_cast<bool>(call_method(Value{v}, "reset"_id, {in(token)}))); }

// --- Files, text helpers ------------------------------------------------------------------------------------------------------------------------------
namespace {
Ref text_or_none(const char* s) { return s ? str_from_utf8(s) : none_ref(); }
}  // namespace
ADDER_API PyObject* PyFile_FromFd(int fd, const char*, const char* mode, int buffering, const char* encoding, const char* errors, const char* newline, int closefd) {
  Ref io = import_module("_io"), open = io ? getattr(io, "open"_id) : Ref{};
  Ref m = text_or_none(mode ? mode : "r"), e = text_or_none(encoding), h = text_or_none(errors), n = text_or_none(newline);
  return open ? out(call(open, {Value::from_int(fd), m.get(), Value::from_int(buffering), e.get(), h.get(), n.get(), boolean(closefd)})) : nullptr;
}
ADDER_API PyObject* PyFile_GetLine(PyObject* f, int n) {
  return n > 0 ? out(call_method(in(f), "readline"_id, {Value::from_int(n)})) : out(call_method(in(f), "readline"_id));
}
ADDER_API int PyFile_WriteString(const char* s, PyObject* f) {
  Ref t = str_from_utf8(s);
  return t ? status(static_cast<bool>(call_method(in(f), "write"_id, {t.get()}))) : -1;
}
ADDER_API int PyFile_WriteObject(PyObject* o, PyObject* f, int flags) {
  Ref t = flags & Py_PRINT_RAW ? to_str(in(o)) : repr(in(o));
  return t ? status(static_cast<bool>(call_method(in(f), "write"_id, {t.get()}))) : -1;
}
ADDER_API PyObject* PyFile_NewStdPrinter(int fd) { return out(std_printer_new(fd)); }
ADDER_API int PyOS_vsnprintf(char* s, size_t n, const char* format, va_list ap) {
  int r = vsnprintf(s, n, format, ap);
  if (n > 0) s[n - 1] = 0;
  return r;
}
ADDER_API int PyOS_snprintf(char* s, size_t n, const char* format, ...) {
  va_list ap;
  va_start(ap, format);
  int r = PyOS_vsnprintf(s, n, format, ap);
  va_end(ap);
  return r;
}
ADDER_API int PyOS_mystricmp(const char* a, const char* b) { return strcasecmp(a, b); }
ADDER_API int PyOS_mystrnicmp(const char* a, const char* b, Py_ssize_t n) { return strncasecmp(a, b, static_cast<size_t>(n)); }
ADDER_API unsigned long PyOS_strtoul(const char* s, char** end, int base) { return strtoul(s, end, base); }
ADDER_API long PyOS_strtol(const char* s, char** end, int base) { return strtol(s, end, base); }
ADDER_API PyObject* PyMemoryView_FromBuffer(const Py_buffer* view) {
  if (!view->buf) return raise(PyExc_ValueError, "PyMemoryView_FromBuffer(): info->buf must not be NULL");
  // A bytes-like owner that lends the memory; C keeps it alive, as the API says.
  return out(memoryview_of_buffer(view));
}
ADDER_API PyObject* PyMemoryView_FromMemory(char* p, Py_ssize_t n, int flags) {
  Py_buffer view;
  if (PyBuffer_FillInfo(&view, nullptr, p, n, flags == PyBUF_READ, PyBUF_FULL_RO) < 0) return nullptr;
  return PyMemoryView_FromBuffer(&view);
}
ADDER_API Py_ssize_t PyBuffer_SizeFromFormat(const char* format) {
  Ref m = import_module("struct"), f = str_from_utf8(format), r = m && f ? call_method(m, "calcsize"_id, {f.get()}) : Ref{};
  Py_ssize_t n;
  return r && as_ssize(r, &n) ? n : -1;
}
