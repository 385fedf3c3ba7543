// Declaring builtins: a row is name, function, text signature and one line of doc. The signature alone gives argument
// binding, its error texts, inspect.signature and help().
//
//   static Ref str_split(Value self, const Value* a);      // bound: a[i] is the i-th parameter, absent if not given
//   static const MethodRow str_methods[] = {
//     method<str_split>("split", "($self, /, sep=None, maxsplit=-1)", "Return a list of the substrings …"),
//     ...
//     {} };
//
// Function forms, told apart by type:
//   Ref f(Value self)                  no argument                       "($self, /)"
//   Ref f(Value self, Value x)         one positional argument           "($self, x, /)"
//   Ref f(Value self, const Value* a)  bound by the signature; *args arrives as a tuple, **kwargs as a dict
//   Ref f(Value self, Args args)       raw: the function looks itself    (signature is documentation)
// A bound parameter with the default `<unrepresentable>` has a default that the function decides; all omitted parameters arrive absent.
// Module functions have the same forms; self is the module; signatures begin "($module, ". Class methods get the type as self, static
// methods an absent self. An empty signature ("") means that inspect finds none.
// Everything passed in is borrowed; the result is owned; empty means that an exception is set.
#pragma once
#include "object/abi.h"
#include "object/slots.h"

namespace adder {

enum class RowForm : uint8_t { kNone, kOne, kBound, kRaw };
struct MethodRow;
struct Signature;  // parsed text signature (object/signature.h)

using NoArgsFn = Ref (*)(Value self);
using OneArgFn = Ref (*)(Value self, Value x);
using BoundFn = Ref (*)(Value self, const Value* a);
using RawFn = Ref (*)(Value self, Args args);

// ml_flags bit that says: this PyMethodDef is the head of a MethodRow of ours.
inline constexpr int kMethRow = 1 << 24;
// Rows that know deferred array operations (vm/nodes.h): as the first argument, self included, or as each of the first three; and those
// whose result may be one.
inline constexpr int kMethTakesNode = 1 << 25, kMethTakesNodes = 1 << 26, kMethGivesNode = 1 << 27;

struct MethodRow {
  PyMethodDef c{};  // what foreign code sees; must stay first. ml_doc is null: the doc getter makes it of the fields below.
  union {
    NoArgsFn none;
    OneArgFn one;
    BoundFn bound;
    RawFn raw;
  };
  RowForm form = RowForm::kNone;
  const char* signature = nullptr;
  const char* doc = nullptr;
  mutable const Signature* parsed = nullptr;
  constexpr MethodRow() : none(nullptr) {}
};

// Calls a row with any arguments: binds, raises TypeError as CPython does.
Ref call_row(const MethodRow& row, Value self, Args args);
// The row whose bound function is `f` (registered when its type or module was made); for C thunks.
const MethodRow* row_of_bound(BoundFn f);

namespace thunk {
template <NoArgsFn F> PyObject* method_none(PyObject* self, PyObject*) { return to_c_steal(F(in(self))); }
template <OneArgFn F> PyObject* method_one(PyObject* self, PyObject* x) { return to_c_steal(F(in(self), in(x))); }
PyObject* call_bound(BoundFn f, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames);
PyObject* call_raw(RawFn f, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames);
template <BoundFn F> PyObject* method_bound(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  return call_bound(F, self, args, n, kwnames);
}
template <RawFn F> PyObject* method_raw(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  return call_raw(F, self, args, n, kwnames);
}
}  // namespace thunk

template <auto F>
constexpr MethodRow method(const char* name, const char* signature, const char* doc, int flags = 0) {
  MethodRow row;
  row.c.ml_name = name;
  row.signature = signature;
  row.doc = doc;
  using Fn = decltype(F);
  if constexpr (std::is_same_v<Fn, NoArgsFn>) {
    row.none = F; row.form = RowForm::kNone;
    row.c.ml_meth = &thunk::method_none<F>;
    row.c.ml_flags = METH_NOARGS | kMethRow | flags;
  } else if constexpr (std::is_same_v<Fn, OneArgFn>) {
    row.one = F; row.form = RowForm::kOne;
    row.c.ml_meth = &thunk::method_one<F>;
    row.c.ml_flags = METH_O | kMethRow | flags;
  } else if constexpr (std::is_same_v<Fn, BoundFn>) {
    row.bound = F; row.form = RowForm::kBound;
    row.c.ml_meth = (PyCFunction)(void (*)(void))&thunk::method_bound<F>;
    row.c.ml_flags = METH_FASTCALL | METH_KEYWORDS | kMethRow | flags;
  } else {
    static_assert(std::is_same_v<Fn, RawFn>);
    row.raw = F; row.form = RowForm::kRaw;
    row.c.ml_meth = (PyCFunction)(void (*)(void))&thunk::method_raw<F>;
    row.c.ml_flags = METH_FASTCALL | METH_KEYWORDS | kMethRow | flags;
  }
  return row;
}
template <auto F>
constexpr MethodRow class_method(const char* name, const char* signature, const char* doc) {
  return method<F>(name, signature, doc, METH_CLASS);
}
template <auto F>
constexpr MethodRow static_method(const char* name, const char* signature, const char* doc) {
  return method<F>(name, signature, doc, METH_STATIC);
}

// --- Attributes computed by functions, and fields of C structs ------------------------------------------------------
using GetFn = Ref (*)(Value self);
using SetFn = bool (*)(Value self, Value value);  // absent: delete

struct GetSetRow {
  PyGetSetDef c{};  // first: foreign code sees this
  GetFn get = nullptr;
  SetFn set = nullptr;
};
// Marks a PyGetSetDef that heads a GetSetRow: its `closure` points to this.
extern const char kGetSetRowMark;

namespace thunk {
template <GetFn F> PyObject* getter(PyObject* self, void*) { return to_c_steal(F(in(self))); }
template <SetFn F> int setter(PyObject* self, PyObject* v, void*) { return F(in(self), in(v)) ? 0 : -1; }
}  // namespace thunk

template <GetFn Get>
constexpr GetSetRow getset(const char* name, const char* doc = nullptr) {
  GetSetRow row;
  row.c = {name, &thunk::getter<Get>, nullptr, doc, const_cast<char*>(&kGetSetRowMark)};
  row.get = Get;
  return row;
}
template <GetFn Get, SetFn Set>
constexpr GetSetRow getset(const char* name, const char* doc = nullptr) {
  GetSetRow row;
  row.c = {name, &thunk::getter<Get>, &thunk::setter<Set>, doc, const_cast<char*>(&kGetSetRowMark)};
  row.get = Get;
  row.set = Set;
  return row;
}

// --- A built-in type, declared ----------------------------------------------------------------------------------------
// All arrays end with an empty row. Fields left out are inherited as PyType_Ready does it.
struct TypeDef {
  PyTypeObject* type;            // static storage, zeroed but for PyVarObject_HEAD_INIT (ADDER_TYPE_STORAGE)
  const char* name;              // "list" or "collections.deque": what stands before the last dot becomes __module__
  Py_ssize_t basicsize = 0, itemsize = 0;
  unsigned long flags = Py_TPFLAGS_DEFAULT;
  const char* doc = nullptr;     // without signature line
  const char* signature = nullptr;  // __text_signature__ of the type, e.g. "(iterable=(), /)"
  PyTypeObject* base = nullptr;  // null: object
  PyTypeObject* metatype = nullptr;
  destructor dealloc = nullptr;
  traverseproc traverse = nullptr;   // visit with visit_value() (memory/gc.h): numbers are skipped
  inquiry clear = nullptr;
  destructor finalize = nullptr;
  freefunc free = nullptr;
  allocfunc alloc = nullptr;
  Py_ssize_t weaklistoffset = 0, dictoffset = 0, vectorcall_offset = 0;
  SlotRows slots{};
  PyBufferProcs* buffer = nullptr;
  const MethodRow* methods = nullptr;
  const GetSetRow* getset = nullptr;
  PyMemberDef* members = nullptr;
};
// Fills the type's C struct, registers slots and rows, and does what PyType_Ready does. false: exception.
bool ready_type(const TypeDef& def);
bool ready_builtin_types();  // all of builtin_types.def, at start-up
// A type object for a native module that is not one of the ABI's static types: `ADDER_TYPE(deque_type);`
#define ADDER_TYPE(name) PyTypeObject name = {PyVarObject_HEAD_INIT(&PyType_Type, 0)}

// --- A native module, declared ----------------------------------------------------------------------------------------
struct ModuleDef {
  const char* name;
  const char* doc = nullptr;
  const MethodRow* methods = nullptr;
  bool (*exec)(PyObject* module) = nullptr;  // adds types and constants
};
// Makes the module object with its functions, then runs exec. Registration of built-in modules: runtime/inittab.cpp
Ref make_module(const ModuleDef& def);
bool module_add(PyObject* module, const char* name, Ref value);
bool module_add_type(PyObject* module, const TypeDef& def);  // readies it and adds it under the name after the last dot
bool module_add_int(PyObject* module, const char* name, int64_t value);
bool module_add_str(PyObject* module, const char* name, const char* value);

// A builtin function object of a row.
Ref make_builtin(const MethodRow& row, Value self, Value module_name);

}  // namespace adder
