// Calls of builtin functions and methods from the loop: rows whose arguments need no binding, what extension modules define; and of builtin
// types. Everything else is op_call.cpp's.
#include "object/builtin.h"
#include "object/signature.h"
#include "object/type.h"
#include "object/type_impl.h"
#include "vm/call.h"
#include "vm/nodes.h"

namespace adder {
namespace {

// Whether n positional arguments, padded with absent ones, are what the bound function reads.
inline bool takes_as_they_are(const Signature* s, size_t n) {
  return s && n <= s->count && n >= s->required_positional && (n == s->count ? s->positional == n && s->varargs < 0 : s->only_positional && s->varargs < 0);
}
ADDER_NOINLINE Value call_padded(const MethodRow& row, Value self, const Value* args, size_t n, size_t count) {
  Value words[kMaxParameters];
  for (size_t i = 0; i < count; i++) words[i] = i < n ? args[i] : Value{};
  return row.bound(self, words).release();
}

inline bool fits(const MethodRow& row, size_t n) {
  switch (row.form) {
    case RowForm::kOne: return n == 1;
    case RowForm::kNone: return n == 0;
    case RowForm::kRaw: return true;
    case RowForm::kBound: return takes_as_they_are(row.parsed, n);
  }
  return false;
}
// Not part of the handler: a Ref comes back through memory of the caller's, which a tail-called function does not have to give.
ADDER_NOINLINE Value run_row(const MethodRow& row, Value self, const Value* args, size_t n) {
  switch (row.form) {
    case RowForm::kOne: return row.one(self, *args).release();
    case RowForm::kNone: return row.none(self).release();
    case RowForm::kRaw: return row.raw(self, Args{args, n, nullptr}).release();
    case RowForm::kBound: break;
  }
  return n == row.parsed->count ? row.bound(self, args).release() : call_padded(row, self, args, n, row.parsed->count);
}

// The same while deferred array operations wait, some of which may be among the n words at args; the last n_given are the row's arguments.
// Absent: an exception.
ADDER_NOINLINE Value run_row_beside_nodes(Value* r, Value callable, const MethodRow& row, Value self, Value* args, size_t n, size_t n_given) {
  if (!meet_nodes_in_call(frame_of(r), callable, args, n)) return {};
  if (n_given < n) self = *args;  // an array may have taken a node's place
  Value result = run_row(row, self, args + (n - n_given), n_given);
  nodes.site = nullptr;
  return result;
}
ADDER_NOINLINE Value run_foreign(PyMethodDef* def, Value self, const Value* args, size_t n, Value callable) {
  PyTypeObject* owner = type_of(callable) == &PyMethodDescr_Type ? callable.as<PyMethodDescrObject>()->d_common.d_type : nullptr;
  return call_method_def(def, self, Args{args, n, nullptr}, callable, owner).release();
}
ADDER_NOINLINE Value run_type(Value type, const Value* args, size_t n) { return type_call(type, Args{args, n, nullptr}).release(); }

template <Op op, Handler general>
ADDER_VM_CC void call_row_directly(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(*pc);
  size_t n = field_c(*pc);
  Value* args = base + kFrameWords + 1;
  if (op == Op::kCALL_METHOD && base[kFrameWords]) {
    args--;
    n++;
  }
  const Value callable = base[0];
  PyTypeObject* type = type_of(callable);
  Value result;
  if (type == &PyType_Type) {
    auto* made = callable.as<PyTypeObject>();
    if (type_has(made, Py_TPFLAGS_HEAPTYPE) || made == &PyType_Type || t->ts.c_profilefunc) [[clang::musttail]] return general(pc, r, t, handlers);
    save_pc(r, pc);
    result = run_type(callable, args, n);
  } else {
    PyMethodDef* def;
    Value self;
    const Value* given = args;
    size_t n_given = n;
    if (type == &PyCFunction_Type) {
      def = callable.as<PyCFunctionObject>()->m_ml;
      PyObject* m_self = callable.as<PyCFunctionObject>()->m_self;
      self = m_self ? from_c_borrowed(m_self) : Value{};
    } else if (type == &PyMethodDescr_Type && n > 0) {
      auto* d = callable.as<PyMethodDescrObject>();
      def = d->d_method;
      self = *given++;
      n_given--;
      PyTypeObject* owner = d->d_common.d_type;
      if (type_of(self) != owner && !is_subtype(type_of(self), owner)) [[clang::musttail]] return general(pc, r, t, handlers);
    } else {
      [[clang::musttail]] return general(pc, r, t, handlers);
    }
    if (ADDER_UNLIKELY((def->ml_flags & METH_STATIC) || t->ts.c_profilefunc)) [[clang::musttail]] return general(pc, r, t, handlers);
    const MethodRow& row = *reinterpret_cast<const MethodRow*>(def);
    const bool foreign = !(def->ml_flags & kMethRow);
    if (foreign ? nodes.pending != 0 : !fits(row, n_given)) [[clang::musttail]] return general(pc, r, t, handlers);
    save_pc(r, pc);
    if (ADDER_UNLIKELY(foreign)) result = run_foreign(def, self, given, n_given, callable);
    else if (ADDER_LIKELY(!nodes.pending)) result = run_row(row, self, given, n_given);
    else result = run_row_beside_nodes(r, callable, row, self, args, n, n_given);
  }
  while (n > 0) release(args[--n]);
  release(callable);
  if (ADDER_UNLIKELY(result.absent())) ADDER_UNWIND();
  // Signals that came during the call are seen behind it, as in CPython: interrupt_main() raises where it stands.
  if (ADDER_UNLIKELY(breaker_set_beyond(kBreakNode)) && !poll_breaker(t)) {
    release(result);
    ADDER_UNWIND();
  }
  handlers = t->handlers;
  write(r, field_a(*pc), result);
  pc += words_of<op>;
  ADDER_DISPATCH();
}

}  // namespace

ADDER_VM_CC void CALL_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  [[clang::musttail]] return call_row_directly<Op::kCALL, &CALL_in_general>(pc, r, t, handlers);
}
ADDER_VM_CC void CALL_METHOD_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  [[clang::musttail]] return call_row_directly<Op::kCALL_METHOD, &CALL_METHOD_in_general>(pc, r, t, handlers);
}

}  // namespace adder
