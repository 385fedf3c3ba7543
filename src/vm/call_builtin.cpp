// Calls of builtin functions and methods from the loop: rows whose arguments need no binding, what extension modules define; and of builtin
// types. Everything else is op_call.cpp's.
#include "object/builtin.h"
#include "object/containers.h"
#include "object/foreign.h"
#include "object/signature.h"
#include "object/type.h"
#include "object/type_impl.h"
#include "vm/call.h"
#include "vm/nodes.h"

namespace adder {

Ref list_append_method(Value list, Value item);  // object/list.cpp

namespace {

ADDER_NOINLINE Value call_padded(const MethodRow& row, Value self, const Value* args, size_t n, size_t count) {
  uint64_t storage[kMaxParameters];
  Value* words = reinterpret_cast<Value*>(storage);
  for (size_t i = 0; i < count; i++) words[i] = i < n ? args[i] : Value{};
  return row.bound(self, words).release();
}

inline bool fits(const MethodRow& row, size_t n) {
  switch (row.form) {
    case RowForm::kOne: return n == 1;
    case RowForm::kNone: return n == 0;
    case RowForm::kRaw: return true;
    case RowForm::kBound: return row.parsed && n >= row.parsed->plain_first && n <= row.parsed->plain_last;
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

// The same while deferred array operations wait, some of which may be among the n words at args, or where the row may make one; the last
// n_given are the row's arguments. Consumes the n words.
// Absent: an exception.
ADDER_NOINLINE Value run_row_beside_nodes(Value* r, Value callable, const MethodRow& row, Value self, Value* args, size_t n, size_t n_given) {
  const unsigned endings = nodes.endings;
  Ref result;
  if (!nodes.type || meet_nodes_in_call(frame_of(r), callable, args, n, nullptr)) {
    result = Ref::steal(run_row(row, self, args + (n - n_given), n_given));
    nodes.site = nullptr;
    if (ADDER_UNLIKELY(!result) && nodes.pending) settle_beside_exception();  // before arguments that are nodes go
  }
  while (n > 0) release(args[--n]);
  return result && meet_result(frame_of(r), &result, endings) ? result.release() : Value{};
}
// The same for what an extension module defines, in any calling convention; a method's object is the first of the n words at args.
ADDER_NOINLINE Value run_foreign(PyMethodDef* def, const Value* args, size_t n, Value callable) {
  if (type_of(callable) == &PyCFunction_Type) return call_method_def(def, from_c_borrowed(callable.as<PyCFunctionObject>()->m_self), Args{args, n, nullptr}, callable, nullptr).release();
  return call_method_def(def, *args, Args{args + 1, n - 1, nullptr}, callable, callable.as<PyMethodDescrObject>()->d_common.d_type).release();
}
ADDER_NOINLINE Value run_type(Value type, const Value* args, size_t n) { return type_call(type, Args{args, n, nullptr}).release(); }

// What a C function returned, checked and as the loop holds it; absent: an exception.
ADDER_NOINLINE Value checked_result(Value callable, PyObject* result) { return foreign::check_result(callable, result).release(); }
ADDER_INLINE Value taken_result(Thread* t, Value callable, PyObject* result) {
  if (ADDER_UNLIKELY(!result || t->ts.curexc_type)) return checked_result(callable, result);
  PyTypeObject* type = result->ob_type;
  if (type == &PyLong_Type) {
    const Py_ssize_t size = reinterpret_cast<PyVarObject*>(result)->ob_size;
    if (size < -1 || size > 1) return checked_result(callable, result);
    const auto number = Value::from_int(size ? size * static_cast<int64_t>(reinterpret_cast<PyLongObject*>(result)->ob_digit[0]) : 0);
    decref(result);
    return number;
  }
  if (type == &PyFloat_Type) {
    const Value number = Value::from_double(reinterpret_cast<PyFloatObject*>(result)->ob_fval);
    decref(result);
    return number;
  }
  if (type == &PyUnicode_Type && !reinterpret_cast<PyASCIIObject*>(result)->state.ready) return checked_result(callable, result);
  return Value{result};
}

// Signals and other threads before the result is written; absent: an exception.
ADDER_NOINLINE Value polled(Thread* t, Value result) {
  if ((is_node(result) && !nodes.settle(&result)) || !poll_breaker(t)) {
    release(result);
    return {};
  }
  return result;
}

// What follows a call whose arguments are released. Signals that came during it are seen here, as in CPython: interrupt_main() raises where
// it stands.
#define ADDER_TAKE_RESULT()                                                     \
  release(callable);                                                            \
  if (ADDER_UNLIKELY(result.absent())) ADDER_UNWIND();                          \
  if (ADDER_UNLIKELY(breaker_set_beyond(kBreakNode))) {                         \
    result = polled(t, result);                                                 \
    if (result.absent()) ADDER_UNWIND();                                        \
  }                                                                             \
  if (handlers != kNodeHandlers) handlers = t->handlers;                        \
  write(r, field_a(*pc), result);                                               \
  pc += words_of<op>;                                                           \
  ADDER_DISPATCH()

// With its arguments, which C can be given as they lie, in a tuple.
ADDER_NOINLINE Value run_with_tuple(PyMethodDef* def, PyObject* self, const Value* args, Py_ssize_t n, Value callable) {
  Ref tuple = tuple_from(args, n);
  if (!tuple) return {};
  gc_head(tuple.object())->prev |= kGCVisible;
  PyObject* o = def->ml_flags & METH_KEYWORDS
                    ? reinterpret_cast<PyCFunctionWithKeywords>(reinterpret_cast<void (*)()>(def->ml_meth))(self, tuple.object(), nullptr)
                    : def->ml_meth(self, tuple.object());
  return foreign::check_result(callable, o).release();
}

// A function or method of an extension module: straight to it in the calling conventions that take objects as they lie, which the arguments
// are made if need be.
template <Op op, bool is_method, Handler general>
ADDER_NOINLINE ADDER_VM_CC void call_foreign(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(*pc);
  size_t n = field_c(*pc);
  Value* args = base + kFrameWords + 1;
  if (op == Op::kCALL_METHOD && base[kFrameWords]) {
    args--;
    n++;
  }
  const Value callable = base[0];
  PyMethodDef* def = is_method ? callable.as<PyMethodDescrObject>()->d_method : callable.as<PyCFunctionObject>()->m_ml;
  const int flags = def->ml_flags;
  if (ADDER_UNLIKELY((flags & METH_STATIC) || t->ts.c_profilefunc || nodes.pending || t->ts.recursion_remaining <= 0)) [[clang::musttail]] return general(pc, r, t, handlers);
  if (is_method) {
    PyTypeObject* owner = callable.as<PyMethodDescrObject>()->d_common.d_type;
    if (ADDER_UNLIKELY(n == 0 || (type_of(*args) != owner && !is_subtype(type_of(*args), owner)))) [[clang::musttail]] return general(pc, r, t, handlers);
  }
  save_pc(r, pc);
  size_t readable = 0;
  while (readable < n && foreign::reads(args[readable])) readable++;
  Value result;
  if (ADDER_LIKELY(readable == n || foreign::make_readable(args, n))) {
    auto* objects = reinterpret_cast<PyObject* const*>(args + is_method);
    const auto given = static_cast<Py_ssize_t>(n - is_method);
    PyObject* self = is_method ? args->object() : callable.as<PyCFunctionObject>()->m_self;
    const auto function = reinterpret_cast<void (*)()>(def->ml_meth);
    t->ts.recursion_remaining--;
    if (flags == METH_O && given == 1) {
      result = taken_result(t, callable, def->ml_meth(self, *objects));
    } else if (flags == METH_NOARGS && given == 0) {
      result = taken_result(t, callable, def->ml_meth(self, nullptr));
    } else if (flags == METH_FASTCALL) {
      result = taken_result(t, callable, reinterpret_cast<_PyCFunctionFast>(function)(self, objects, given));
    } else if (flags == (METH_FASTCALL | METH_KEYWORDS)) {
      result = taken_result(t, callable, reinterpret_cast<_PyCFunctionFastWithKeywords>(function)(self, objects, given, nullptr));
    } else if ((flags & ~METH_KEYWORDS) == METH_VARARGS) {
      result = run_with_tuple(def, self, args + is_method, given, callable);
    } else {
      t->ts.recursion_remaining++;
      result = run_foreign(def, args, n, callable);
      t->ts.recursion_remaining--;
    }
    t->ts.recursion_remaining++;
  }
  while (n > 0) release(args[--n]);
  ADDER_TAKE_RESULT();
}

template <Op op, Handler general>
ADDER_NOINLINE ADDER_VM_CC void call_row_directly(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
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
    if (!fits(row, n_given)) [[clang::musttail]] return general(pc, r, t, handlers);
    save_pc(r, pc);
    if (ADDER_LIKELY(!nodes.pending && !(def->ml_flags & kMethGivesNode))) result = run_row(row, self, given, n_given);
    else result = run_row_beside_nodes(r, callable, row, self, args, std::exchange(n, 0), n_given);
  }
  while (n > 0) release(args[--n]);
  ADDER_TAKE_RESULT();
}

// A function of ours with one parameter, as len.
ADDER_NOINLINE Value run_one(const MethodRow& row, PyObject* self, Value x) { return row.one(self ? from_c_borrowed(self) : Value{}, x).release(); }
template <Op op, Handler general>
ADDER_NOINLINE ADDER_VM_CC void call_row_with_one(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(pc);
  const Value callable = base[0], x = base[kFrameWords + 1];
  PyMethodDef* def = callable.as<PyCFunctionObject>()->m_ml;
  if (ADDER_UNLIKELY((def->ml_flags & (METH_STATIC | kMethGivesNode)) || t->ts.c_profilefunc || nodes.pending)) [[clang::musttail]] return call_row_directly<op, general>(pc, r, t, handlers);
  save_pc(r, pc);
  Value result = run_one(*reinterpret_cast<const MethodRow*>(def), callable.as<PyCFunctionObject>()->m_self, x);
  release(x);
  ADDER_TAKE_RESULT();
}

// The commonest of them all: a function that takes one object, or one number.
template <Op op, Handler general>
ADDER_NOINLINE ADDER_VM_CC void call_foreign_with_one(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(*pc);
  const Value callable = base[0], x = base[kFrameWords + 1];
  const bool boxed = x.is_number();
  if (ADDER_UNLIKELY(!(boxed || foreign::reads(x)) || t->ts.c_profilefunc || nodes.pending || t->ts.recursion_remaining <= 0)) [[clang::musttail]] return call_foreign<op, false, general>(pc, r, t, handlers);
  save_pc(r, pc);
  PyObject* given = boxed ? to_c(x) : x.object();
  Value result;
  if (ADDER_LIKELY(given)) {
    auto* f = callable.as<PyCFunctionObject>();
    t->ts.recursion_remaining--;
    PyObject* o = f->m_ml->ml_meth(f->m_self, given);
    t->ts.recursion_remaining++;
    result = taken_result(t, callable, o);
    decref(given);
  }
  ADDER_TAKE_RESULT();
}

// list.append, the most frequent method of all, where the list has room, C does not see it and it lives on.
template <Op op, Handler general>
ADDER_VM_CC void append_to_list(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(*pc);
  const Value callable = base[0], list = base[kFrameWords];
  auto* l = list.as<PyListObject>();
  const Py_ssize_t n = l->ob_base.ob_size;
  if (ADDER_UNLIKELY(n >= l->allocated || c_visible(list.object()) || refcount(list.object()) == 1 || nodes.pending || t->ts.c_profilefunc)) {
    [[clang::musttail]] return call_row_directly<op, general>(pc, r, t, handlers);
  }
  save_pc(r, pc);
  list_words(list)[n] = base[kFrameWords + 1];
  l->ob_base.ob_size = n + 1;
  --refcount(list.object());
  release(callable);
  const Value result = none();
  incref(result);
  write(r, field_a(*pc), result);
  pc += words_of<op>;
  ADDER_DISPATCH();
}

// The first look at the callable; it needs no frame on the machine's stack.
template <Op op, Handler general>
ADDER_VM_CC void call_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  Value* base = r + field_b(*pc);
  const Value callable = base[0];
  if (is_exact(callable, &PyCFunction_Type)) {
    const int flags = callable.as<PyCFunctionObject>()->m_ml->ml_flags;
    if (flags == METH_O && field_c(*pc) == 1 && (op == Op::kCALL || !base[kFrameWords])) [[clang::musttail]] return call_foreign_with_one<op, general>(pc, r, t, handlers);
    if (!(flags & kMethRow)) [[clang::musttail]] return call_foreign<op, false, general>(pc, r, t, handlers);
    if (reinterpret_cast<const MethodRow*>(callable.as<PyCFunctionObject>()->m_ml)->form == RowForm::kOne && field_c(pc) == 1 && (op == Op::kCALL || !base[kFrameWords])) {
      [[clang::musttail]] return call_row_with_one<op, general>(pc, r, t, handlers);
    }
  }
  if (is_exact(callable, &PyMethodDescr_Type)) {
    PyMethodDef* def = callable.as<PyMethodDescrObject>()->d_method;
    if (!(def->ml_flags & kMethRow)) [[clang::musttail]] return call_foreign<op, true, general>(pc, r, t, handlers);
    if (op == Op::kCALL_METHOD && reinterpret_cast<const MethodRow*>(def)->one == &list_append_method && field_c(*pc) == 1 && is_exact_list(base[kFrameWords])) {
      [[clang::musttail]] return append_to_list<op, general>(pc, r, t, handlers);
    }
  }
  [[clang::musttail]] return call_row_directly<op, general>(pc, r, t, handlers);
}

}  // namespace

ADDER_VM_CC void CALL_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  [[clang::musttail]] return call_builtin<Op::kCALL, &CALL_in_general>(pc, r, t, handlers);
}
ADDER_VM_CC void CALL_METHOD_of_builtin(const Word* pc, Value* r, Thread* t, const HandlerEntry* handlers) {
  [[clang::musttail]] return call_builtin<Op::kCALL_METHOD, &CALL_METHOD_in_general>(pc, r, t, handlers);
}

}  // namespace adder
