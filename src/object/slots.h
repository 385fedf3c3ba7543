// Slots: the functions behind a type's operations, in two forms. The Value form takes and gives Values and is what
// Adder itself calls; the C form stands in the ABI's tp_ fields and may be called raw by foreign code.
//
// One truth: the tp_ fields. A type's Slots (in its TypeExtra) are derived from them: a C function that is a thunk of
// ours maps back to its Value function (slot registry), any other gets the adaptor that reads the tp_ field at each
// call. So slots inherit, and are copied by foreign types, as plain C pointers.
#pragma once
#include "object/abi.h"
#include "object/error.h"

namespace adder {

// --- Value forms, by kind ---------------------------------------------------------------------------------------
using UnaryFn = Ref (*)(Value);
using BinaryFn = Ref (*)(Value, Value);
using TernaryFn = Ref (*)(Value, Value, Value);
using InquiryFn = int (*)(Value);                      // -1 error, 0, 1
using HashFn = Py_hash_t (*)(Value);                   // -1 error
using LengthFn = Py_ssize_t (*)(Value);                // -1 error
using CompareFn = Ref (*)(Value, Value, int op);
using GetAttrFn = Ref (*)(Value, PyObject* name);
using SetAttrFn = bool (*)(Value, PyObject* name, Value value);  // absent: delete
using NextFn = Ref (*)(Value);                         // empty without exception: exhausted
using DescrGetFn = Ref (*)(Value descr, Value object, Value type);  // object or type may be absent
using DescrSetFn = bool (*)(Value descr, Value object, Value value);  // absent: delete
using CallFn = Ref (*)(Value callable, Args args);
using InitFn = bool (*)(Value self, Args args);
using NewFn = Ref (*)(PyTypeObject* type, Args args);
using IndexFn = Ref (*)(Value, Py_ssize_t);
using StoreIndexFn = bool (*)(Value, Py_ssize_t, Value value);  // absent: delete
using StoreItemFn = bool (*)(Value, Value key, Value value);    // absent: delete
using ContainsFn = int (*)(Value, Value item);
using SendFn = PySendResult (*)(Value iterator, Value arg, Ref* out);

// --- C forms ----------------------------------------------------------------------------------------------------
using UnaryC = unaryfunc;
using BinaryC = binaryfunc;
using TernaryC = ternaryfunc;
using InquiryC = inquiry;
using HashC = hashfunc;
using LengthC = lenfunc;
using CompareC = richcmpfunc;
using GetAttrC = getattrofunc;
using SetAttrC = setattrofunc;
using NextC = iternextfunc;
using DescrGetC = descrgetfunc;
using DescrSetC = descrsetfunc;
using CallC = ternaryfunc;
using InitC = initproc;
using NewC = newfunc;
using IndexC = ssizeargfunc;
using StoreIndexC = ssizeobjargproc;
using StoreItemC = objobjargproc;
using ContainsC = objobjproc;
using SendC = sendfunc;

// A C call's argument tuple and keyword dict as Args (object/border.cpp); borrowed from both while it lives.
class UnpackedArgs {
 public:
  UnpackedArgs(PyObject* tuple, PyObject* dict);
  ~UnpackedArgs();
  bool ok() const { return ok_; }
  Args args() const { return args_; }
 private:
  Args args_;
  Value small_[8];
  Value* words_ = nullptr;
  Ref names_;
  bool ok_ = false;
};
// The reverse: a c-visible tuple of the positional arguments and a dict (or null) of the keywords. false: error.
bool pack_args(Args args, Ref* tuple, Ref* dict);

// --- Thunks: the C form made from a Value function ------------------------------------------------------------------
namespace thunk {
inline Value in(PyObject* o) { return from_c_borrowed(o); }
template <UnaryFn F> PyObject* Unary(PyObject* a) { return to_c_steal(F(in(a))); }
template <BinaryFn F> PyObject* Binary(PyObject* a, PyObject* b) { return to_c_steal(F(in(a), in(b))); }
template <TernaryFn F> PyObject* Ternary(PyObject* a, PyObject* b, PyObject* c) { return to_c_steal(F(in(a), in(b), in(c))); }
template <InquiryFn F> int Inquiry(PyObject* a) { return F(in(a)); }
template <HashFn F> Py_hash_t Hash(PyObject* a) { return F(in(a)); }
template <LengthFn F> Py_ssize_t Length(PyObject* a) { return F(in(a)); }
template <CompareFn F> PyObject* Compare(PyObject* a, PyObject* b, int op) { return to_c_steal(F(in(a), in(b), op)); }
template <GetAttrFn F> PyObject* GetAttr(PyObject* a, PyObject* name) { return to_c_steal(F(in(a), name)); }
template <SetAttrFn F> int SetAttr(PyObject* a, PyObject* name, PyObject* v) { return F(in(a), name, in(v)) ? 0 : -1; }
template <NextFn F> PyObject* Next(PyObject* a) { return to_c_steal(F(in(a))); }
template <DescrGetFn F> PyObject* DescrGet(PyObject* d, PyObject* o, PyObject* t) { return to_c_steal(F(in(d), in(o), in(t))); }
template <DescrSetFn F> int DescrSet(PyObject* d, PyObject* o, PyObject* v) { return F(in(d), in(o), in(v)) ? 0 : -1; }
template <CallFn F> PyObject* Call(PyObject* f, PyObject* args, PyObject* kwargs) {
  UnpackedArgs u(args, kwargs);
  return u.ok() ? to_c_steal(F(in(f), u.args())) : nullptr;
}
template <InitFn F> int Init(PyObject* self, PyObject* args, PyObject* kwargs) {
  UnpackedArgs u(args, kwargs);
  return u.ok() && F(in(self), u.args()) ? 0 : -1;
}
template <NewFn F> PyObject* New(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  UnpackedArgs u(args, kwargs);
  return u.ok() ? to_c_steal(F(type, u.args())) : nullptr;
}
template <IndexFn F> PyObject* Index(PyObject* a, Py_ssize_t i) { return to_c_steal(F(in(a), i)); }
template <StoreIndexFn F> int StoreIndex(PyObject* a, Py_ssize_t i, PyObject* v) { return F(in(a), i, in(v)) ? 0 : -1; }
template <StoreItemFn F> int StoreItem(PyObject* a, PyObject* k, PyObject* v) { return F(in(a), in(k), in(v)) ? 0 : -1; }
template <ContainsFn F> int Contains(PyObject* a, PyObject* k) { return F(in(a), in(k)); }
template <SendFn F> PySendResult Send(PyObject* it, PyObject* arg, PyObject** out) {
  Ref r;
  PySendResult status = F(in(it), in(arg), &r);
  *out = to_c_steal(std::move(r));
  return status;
}
}  // namespace thunk

// --- Slot rows: what a type's declaration names -----------------------------------------------------------------------
template <class ValueForm, class CForm>
struct SlotPair {
  ValueForm value = nullptr;
  CForm c = nullptr;
};
#define ADDER_SLOT_KIND(K)                                        \
  using K##Slot = SlotPair<K##Fn, K##C>;                          \
  namespace slot { template <K##Fn F> inline constexpr K##Slot K{F, &thunk::K<F>}; }
ADDER_SLOT_KIND(Unary)
ADDER_SLOT_KIND(Binary)
ADDER_SLOT_KIND(Ternary)
ADDER_SLOT_KIND(Inquiry)
ADDER_SLOT_KIND(Hash)
ADDER_SLOT_KIND(Length)
ADDER_SLOT_KIND(Compare)
ADDER_SLOT_KIND(GetAttr)
ADDER_SLOT_KIND(SetAttr)
ADDER_SLOT_KIND(Next)
ADDER_SLOT_KIND(DescrGet)
ADDER_SLOT_KIND(DescrSet)
ADDER_SLOT_KIND(Call)
ADDER_SLOT_KIND(Init)
ADDER_SLOT_KIND(New)
ADDER_SLOT_KIND(Index)
ADDER_SLOT_KIND(StoreIndex)
ADDER_SLOT_KIND(StoreItem)
ADDER_SLOT_KIND(Contains)
ADDER_SLOT_KIND(Send)
#undef ADDER_SLOT_KIND

// A type's slots as declared: `.nb_add = slot::Binary<int_add>`.
struct SlotRows {
#define ADDER_SLOT(kind, name, suite) kind##Slot name{};
#include "object/slots.def"
};

// A type's slots as Adder calls them; null where the type has none.
struct Slots {
#define ADDER_SLOT(kind, name, suite) kind##Fn name = nullptr;
#include "object/slots.def"
};

}  // namespace adder
