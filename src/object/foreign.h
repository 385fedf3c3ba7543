// Calling C functions of the ABI (foreign slots, foreign methods) with Values: arguments are boxed, results unboxed and
// checked. One template per slot kind; the adaptors (slots.cpp) and the slot wrappers (slot_wrappers.cpp) share them.
#pragma once
#include "object/abi.h"
#include "object/error.h"
#include "object/slots.h"

namespace adder::foreign {

// Whether C can be given the word itself: an object that macros do not read, or one prepared for them.
inline bool reads(Value v) {
  constexpr unsigned long kReadByMacros = Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS;
  if (!v.is_object()) return false;
  PyTypeObject* type = type_of(v);
  return ADDER_LIKELY(!type_has(type, kReadByMacros) && type != &PyCell_Type) || c_visible(v.object());
}
// Makes n words such: numbers become boxes, containers are exposed. false: MemoryError.
bool make_readable(Value* words, size_t n);

// A C argument: a counted reference for the length of the call.
class Arg {
 public:
  explicit Arg(Value v) : object_(to_c(v)), ok_(object_ || v.absent()) {}
  ~Arg() { Py_XDECREF(object_); }
  Arg(const Arg&) = delete;
  bool ok() const { return ok_; }
  operator PyObject*() const { return object_; }

 private:
  PyObject* object_;
  bool ok_;
};

// SystemError where a C function's result and the raised exception disagree.
Ref check_result(Value callable, PyObject* result);
Ref checked(PyObject* result);  // for slots: no name to tell

inline Ref Unary(UnaryC f, Value a) {
  Arg x{a};
  return x.ok() ? checked(f(x)) : Ref{};
}
inline Ref Binary(BinaryC f, Value a, Value b) {
  Arg x{a}, y{b};
  return x.ok() && y.ok() ? checked(f(x, y)) : Ref{};
}
inline Ref Ternary(TernaryC f, Value a, Value b, Value c) {
  Arg x{a}, y{b}, z{c};
  return x.ok() && y.ok() && z.ok() ? checked(f(x, y, z)) : Ref{};
}
inline int Inquiry(InquiryC f, Value a) {
  Arg x{a};
  return x.ok() ? f(x) : -1;
}
inline Py_hash_t Hash(HashC f, Value a) {
  Arg x{a};
  return x.ok() ? f(x) : -1;
}
inline Py_ssize_t Length(LengthC f, Value a) {
  Arg x{a};
  return x.ok() ? f(x) : -1;
}
inline Ref Compare(CompareC f, Value a, Value b, int op) {
  Arg x{a}, y{b};
  return x.ok() && y.ok() ? checked(f(x, y, op)) : Ref{};
}
inline Ref GetAttr(GetAttrC f, Value a, PyObject* name) {
  Arg x{a};
  return x.ok() ? checked(f(x, name)) : Ref{};
}
inline bool SetAttr(SetAttrC f, Value a, PyObject* name, Value v) {
  Arg x{a}, y{v};
  return x.ok() && y.ok() && f(x, name, y) >= 0;
}
// Exhaustion may come as StopIteration: the Value form is an empty Ref without exception. One with a value stays raised:
// `yield from` and next() want it.
inline bool stop_without_value() {
  if (error_type() != PyExc_StopIteration) return false;
  PyObject* e = current_thread()->curexc_value;
  if (!e || e == Py_None) return true;
  if (reinterpret_cast<PyObject*>(Py_TYPE(e)) != PyExc_StopIteration) return false;
  PyObject* value = reinterpret_cast<PyStopIterationObject*>(e)->value;
  return !value || value == Py_None;
}
inline Ref Next(NextC f, Value a) {
  Arg x{a};
  if (!x.ok()) return {};
  Ref r = from_c_steal(f(x));
  if (!r && error_occurred() && stop_without_value()) clear_error();
  return r;
}
inline Ref DescrGet(DescrGetC f, Value d, Value o, Value t) {
  Arg x{d}, y{o}, z{t};
  return x.ok() && y.ok() && z.ok() ? checked(f(x, y, z)) : Ref{};
}
inline bool DescrSet(DescrSetC f, Value d, Value o, Value v) {
  Arg x{d}, y{o}, z{v};
  return x.ok() && y.ok() && z.ok() && f(x, y, z) >= 0;
}
inline Ref Call(CallC f, Value callable, Args args) {
  Ref tuple, dict;
  if (!pack_args(args, &tuple, &dict)) return {};
  Arg x{callable};
  return check_result(callable, f(x, tuple.object(), dict.object()));
}
inline bool Init(InitC f, Value self, Args args) {
  Ref tuple, dict;
  if (!pack_args(args, &tuple, &dict)) return false;
  Arg x{self};
  return x.ok() && f(x, tuple.object(), dict.object()) >= 0;
}
inline Ref New(NewC f, PyTypeObject* type, Args args) {
  Ref tuple, dict;
  if (!pack_args(args, &tuple, &dict)) return {};
  return check_result(Value{type}, f(type, tuple.object(), dict.object()));
}
inline Ref Index(IndexC f, Value a, Py_ssize_t i) {
  Arg x{a};
  return x.ok() ? checked(f(x, i)) : Ref{};
}
inline bool StoreIndex(StoreIndexC f, Value a, Py_ssize_t i, Value v) {
  Arg x{a}, y{v};
  return x.ok() && y.ok() && f(x, i, y) >= 0;
}
inline bool StoreItem(StoreItemC f, Value a, Value k, Value v) {
  Arg x{a}, y{k}, z{v};
  return x.ok() && y.ok() && z.ok() && f(x, y, z) >= 0;
}
inline int Contains(ContainsC f, Value a, Value k) {
  Arg x{a}, y{k};
  return x.ok() && y.ok() ? f(x, y) : -1;
}
inline PySendResult Send(SendC f, Value it, Value arg, Ref* out) {
  Arg x{it}, y{arg};
  if (!x.ok() || !y.ok()) return PYGEN_ERROR;
  PyObject* result = nullptr;
  PySendResult status = f(x, y, &result);
  *out = from_c_steal(result);
  return status;
}

}  // namespace adder::foreign
