// The slot registry (C thunk → Value function), the adaptors that stand for foreign slots, and a type's extra data.
#include "object/slots.h"
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>
#include "object/foreign.h"
#include "object/type_impl.h"

namespace adder {

// --- Registry: open addressing, never shrinks ------------------------------------------------------------------------
namespace {
struct Entry {
  void* c;
  void* value;
};
Entry* table;
size_t capacity, used;

size_t hash_pointer(void* p) {
  auto x = reinterpret_cast<uintptr_t>(p) >> 4;
  return (x ^ x >> 13) * 0x9E3779B97F4A7C15u >> 20;
}
Entry* find(void* c) {
  size_t i = hash_pointer(c) & (capacity - 1);
  while (table[i].c && table[i].c != c) i = (i + 1) & (capacity - 1);
  return &table[i];
}
}  // namespace

void* value_slot_of(void* c) { return c && capacity ? find(c)->value : nullptr; }

void register_slot(void* c, void* value) {
  if (!c || !value) return;
  if ((used + 1) * 2 > capacity) {
    Entry* old = table;
    size_t n = capacity;
    capacity = n ? n * 2 : 4096;
    table = static_cast<Entry*>(calloc(capacity, sizeof(Entry)));
    if (!table) abort();  // at start-up only
    for (size_t i = 0; i < n; i++) {
      if (old[i].c) *find(old[i].c) = old[i];
    }
    free(old);
  }
  Entry* e = find(c);
  if (!e->c) used++;
  *e = {c, value};
}

// --- Results of C functions -------------------------------------------------------------------------------------------
namespace foreign {
Ref check_result(Value callable, PyObject* result) {
  if (ADDER_UNLIKELY(!result)) {
    if (!error_occurred()) {
      return callable.absent() ? raise(PyExc_SystemError, "slot returned NULL without setting an exception")
                               : raise(PyExc_SystemError, "%R returned NULL without setting an exception", callable);
    }
    return {};
  }
  if (ADDER_UNLIKELY(error_occurred())) {
    decref(result);
    return callable.absent()
               ? raise_from_current(PyExc_SystemError, "slot returned a result with an exception set")
               : raise_from_current(PyExc_SystemError, "%R returned a result with an exception set", callable);
  }
  return from_c_steal(result);
}
Ref checked(PyObject* result) { return check_result(Value{}, result); }
}  // namespace foreign

// --- Adaptors: a foreign slot as a Value function, reading the tp_ field at each call ------------------------------------
// Which suite a slot is in: access to its C field in a type.
#define ADDER_FIELD_direct(t, name) (&(t)->name)
#define ADDER_FIELD_as_number(t, name) ((t)->tp_as_number ? &(t)->tp_as_number->name : nullptr)
#define ADDER_FIELD_as_sequence(t, name) ((t)->tp_as_sequence ? &(t)->tp_as_sequence->name : nullptr)
#define ADDER_FIELD_as_mapping(t, name) ((t)->tp_as_mapping ? &(t)->tp_as_mapping->name : nullptr)
#define ADDER_FIELD_as_async(t, name) ((t)->tp_as_async ? &(t)->tp_as_async->name : nullptr)

namespace {

// Accessors as types, so that adaptors are templates over them.
#define ADDER_SLOT(kind, slot_name, suite)                                       \
  struct Field_##slot_name {                                                     \
    static kind##C get(PyTypeObject* t) {                                        \
      auto* p = ADDER_FIELD_##suite(t, slot_name);                               \
      return p ? reinterpret_cast<kind##C>(*p) : nullptr;                        \
    }                                                                            \
    static kind##Fn of(const Slots& s) { return s.slot_name; }                   \
  };
#include "object/slots.def"

template <class F> Ref adapt_Unary(Value a) { return foreign::Unary(F::get(type_of(a)), a); }
template <class F> int adapt_Inquiry(Value a) { return foreign::Inquiry(F::get(type_of(a)), a); }
template <class F> Py_hash_t adapt_Hash(Value a) { return foreign::Hash(F::get(type_of(a)), a); }
template <class F> Py_ssize_t adapt_Length(Value a) { return foreign::Length(F::get(type_of(a)), a); }
template <class F> Ref adapt_Compare(Value a, Value b, int op) { return foreign::Compare(F::get(type_of(a)), a, b, op); }

// A binary slot serves both operands: with a foreign type on either side (or both), the adaptor does what the
// dispatcher, which sees one and the same adaptor, cannot.
template <class F> Ref adapt_Binary(Value a, Value b) {
  PyTypeObject *ta = type_of(a), *tb = type_of(b);
  BinaryC f = F::of(slots_of(ta)) == &adapt_Binary<F> ? F::get(ta) : nullptr;
  BinaryC g = ta != tb && F::of(slots_of(tb)) == &adapt_Binary<F> ? F::get(tb) : nullptr;
  if (f == g) g = nullptr;
  if (f && g && is_subtype(tb, ta)) std::swap(f, g);
  if (f) {
    Ref r = foreign::Binary(f, a, b);
    if (!r || !g || r.get() != not_implemented()) return r;
  }
  return g ? foreign::Binary(g, a, b) : not_implemented_ref();
}
template <class F> Ref adapt_Ternary(Value a, Value b, Value c) {
  PyTypeObject *ta = type_of(a), *tb = type_of(b);
  TernaryC f = F::of(slots_of(ta)) == &adapt_Ternary<F> ? F::get(ta) : nullptr;
  TernaryC g = ta != tb && F::of(slots_of(tb)) == &adapt_Ternary<F> ? F::get(tb) : nullptr;
  if (f == g) g = nullptr;
  if (f && g && is_subtype(tb, ta)) std::swap(f, g);
  if (f) {
    Ref r = foreign::Ternary(f, a, b, c);
    if (!r || !g || r.get() != not_implemented()) return r;
  }
  return g ? foreign::Ternary(g, a, b, c) : not_implemented_ref();
}
template <class F> Ref adapt_GetAttr(Value a, PyObject* name) {
  PyTypeObject* t = type_of(a);
  if (GetAttrC f = F::get(t)) return foreign::GetAttr(f, a, name);
  if (t->tp_getattr) {
    foreign::Arg x{a};
    std::string_view text = str_utf8(Value{name});
    if (!text.data() || !x.ok()) return {};
    return foreign::checked(t->tp_getattr(x, const_cast<char*>(text.data())));
  }
  return generic_getattr(a, name);
}
template <class F> bool adapt_SetAttr(Value a, PyObject* name, Value v) {
  PyTypeObject* t = type_of(a);
  if (SetAttrC f = F::get(t)) return foreign::SetAttr(f, a, name, v);
  if (t->tp_setattr) {
    foreign::Arg x{a}, y{v};
    std::string_view text = str_utf8(Value{name});
    if (!text.data() || !x.ok() || !y.ok()) return false;
    return t->tp_setattr(x, const_cast<char*>(text.data()), y) >= 0;
  }
  return generic_setattr(a, name, v);
}
template <class F> Ref adapt_Next(Value a) { return foreign::Next(F::get(type_of(a)), a); }
template <class F> Ref adapt_DescrGet(Value d, Value o, Value t) { return foreign::DescrGet(F::get(type_of(d)), d, o, t); }
template <class F> bool adapt_DescrSet(Value d, Value o, Value v) { return foreign::DescrSet(F::get(type_of(d)), d, o, v); }
template <class F> bool adapt_Init(Value self, Args args) { return foreign::Init(F::get(type_of(self)), self, args); }
template <class F> Ref adapt_New(PyTypeObject* type, Args args) { return foreign::New(F::get(type), type, args); }
template <class F> Ref adapt_Index(Value a, Py_ssize_t i) { return foreign::Index(F::get(type_of(a)), a, i); }
template <class F> bool adapt_StoreIndex(Value a, Py_ssize_t i, Value v) { return foreign::StoreIndex(F::get(type_of(a)), a, i, v); }
template <class F> bool adapt_StoreItem(Value a, Value k, Value v) { return foreign::StoreItem(F::get(type_of(a)), a, k, v); }
template <class F> int adapt_Contains(Value a, Value k) { return foreign::Contains(F::get(type_of(a)), a, k); }
template <class F> PySendResult adapt_Send(Value it, Value arg, Ref* out) { return foreign::Send(F::get(type_of(it)), it, arg, out); }

// Foreign callables: the vectorcall function where the type has one, else tp_call with a tuple and a dict.
template <class F> Ref adapt_Call(Value callable, Args args) {
  PyTypeObject* t = type_of(callable);
  if (!type_has(t, Py_TPFLAGS_HAVE_VECTORCALL) || t->tp_vectorcall_offset <= 0) {
    RecursionGuard guard(" while calling a Python object");
    if (!guard.ok) return {};
    return foreign::Call(F::get(t), callable, args);
  }
  auto vectorcall = *reinterpret_cast<vectorcallfunc*>(reinterpret_cast<char*>(callable.object()) + t->tp_vectorcall_offset);
  if (!vectorcall) {
    RecursionGuard guard(" while calling a Python object");
    if (!guard.ok) return {};
    return foreign::Call(F::get(t), callable, args);
  }
  return vectorcall_foreign(vectorcall, callable, args);
}

}  // namespace

// --- Calls of C vectorcall functions ------------------------------------------------------------------------------------
Ref vectorcall_foreign(vectorcallfunc f, Value callable, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  size_t n = args.n + keywords;
  PyObject* small[9];
  PyObject** words = n + 1 <= std::size(small) ? small : static_cast<PyObject**>(malloc((n + 1) * sizeof(PyObject*)));
  if (!words) return raise_no_memory();
  words[0] = nullptr;  // room for a receiver: PY_VECTORCALL_ARGUMENTS_OFFSET
  size_t done = 0;
  Ref result;
  while (done < n && (words[done + 1] = to_c(args.v[done]))) done++;
  if (done == n && (!args.kwnames || expose(args.kwnames))) {
    PyObject* names = keywords ? args.kwnames : nullptr;
    result = foreign::check_result(callable, f(callable.object(), words + 1, args.n | PY_VECTORCALL_ARGUMENTS_OFFSET, names));
  }
  for (size_t i = 0; i < done; i++) decref(words[i + 1]);
  if (words != small) free(words);
  return result;
}

PyObject* vectorcall_to_values(CallFn f, PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  size_t n = static_cast<size_t>(PyVectorcall_NARGS(nargsf));
  size_t total = n + (kwnames ? static_cast<size_t>(tuple_size(Value{kwnames})) : 0);
  Value small[8];
  Value* words = total <= std::size(small) ? small : static_cast<Value*>(malloc(total * sizeof(Value)));
  if (!words) return raise_no_memory();
  for (size_t i = 0; i < total; i++) words[i] = from_c_borrowed(args[i]);
  PyObject* result = to_c_steal(f(Value{callable}, Args{words, n, kwnames}));
  if (words != small) free(words);
  return result;
}

// --- A type's extra data ------------------------------------------------------------------------------------------------
static void derive(PyTypeObject* t, TypeExtra* e) {
  Slots& s = e->slots;
#define ADDER_SLOT(kind, name, suite)                                                       \
  if (kind##C c = Field_##name::get(t)) {                                                   \
    void* v = value_slot_of(reinterpret_cast<void*>(c));                                    \
    s.name = v ? reinterpret_cast<kind##Fn>(v) : &adapt_##kind<Field_##name>;               \
  } else {                                                                                  \
    s.name = nullptr;                                                                       \
  }
#include "object/slots.def"
  if (!s.tp_getattro && t->tp_getattr) s.tp_getattro = &adapt_GetAttr<Field_tp_getattro>;
  if (!s.tp_setattro && t->tp_setattr) s.tp_setattro = &adapt_SetAttr<Field_tp_setattro>;
}

TypeExtra* make_extra(PyTypeObject* type) {
  auto* e = static_cast<TypeExtra*>(calloc(1, sizeof(TypeExtra)));
  if (!e) abort();  // a few hundred bytes at a type's first use
  e->owner = type;
  type->tp_cache = reinterpret_cast<PyObject*>(e);
  derive(type, e);
  return e;
}

void refresh_slots(PyTypeObject* type) {
  auto* e = extra(type);
  derive(type, e);
  e->own_getattr_hook = e->slots.tp_getattro && e->slots.tp_getattro == getattr_hook_slot;
}

void register_slots_of(const SlotRows& rows) {
#define ADDER_SLOT(kind, name, suite) \
  if (rows.name.c) register_slot(reinterpret_cast<void*>(rows.name.c), reinterpret_cast<void*>(rows.name.value));
#include "object/slots.def"
}

}  // namespace adder
