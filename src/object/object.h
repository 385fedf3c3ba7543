// The abstract operations on any object: attributes, calls, comparison, numbers, sequences, iteration.
// Functions that give a Ref: empty means an exception is set. int: -1 error, 0 no, 1 yes. bool: false means an
// exception is set.
#pragma once
#include <initializer_list>
#include <string_view>
#include "object/abi.h"
#include "object/error.h"

namespace adder {

// --- Names: interned str constants; "append"_id is made once and lives for ever -----------------------------------
template <size_t N>
struct FixedString {
  char text[N];
  constexpr FixedString(const char (&s)[N]) { for (size_t i = 0; i < N; i++) text[i] = s[i]; }
};
PyObject* intern_static(const char* text, size_t length);  // immortal
template <FixedString S>
inline PyObject* id_storage = nullptr;
template <FixedString S>
inline PyObject* operator""_id() {
  PyObject* p = id_storage<S>;
  if (ADDER_UNLIKELY(!p)) p = id_storage<S> = intern_static(S.text, sizeof(S.text) - 1);
  return p;
}

// --- Attributes ---------------------------------------------------------------------------------------------------
Ref getattr(Value object, PyObject* name);                 // name: str object
int lookup_attr(Value object, PyObject* name, Ref* out);   // AttributeError silenced: 0
bool setattr(Value object, PyObject* name, Value value);   // value absent: delete
inline bool delattr(Value object, PyObject* name) { return setattr(object, name, Value{}); }
int hasattr(Value object, PyObject* name);
Ref generic_getattr(Value object, PyObject* name);         // object.__getattribute__
bool generic_setattr(Value object, PyObject* name, Value value);
// A special method, looked up on the type and bound; empty without an exception if it is not there.
Ref lookup_special(Value object, PyObject* name);
// What a method call needs: the unbound function and *self_bound = true (call it with the object first), or an
// attribute to call as it is.
Ref get_method(Value object, PyObject* name, bool* unbound);

// --- Calls --------------------------------------------------------------------------------------------------------
Ref call(Value callable, Args args);
Ref call(Value callable, std::initializer_list<Value> positional);
inline Ref call0(Value f) { return call(f, Args{}); }
inline Ref call1(Value f, Value a) { return call(f, {a}); }
Ref call_method(Value object, PyObject* name, std::initializer_list<Value> positional = {});
Ref call_method(Value object, PyObject* name, Args args);
Ref call_tuple_dict(Value callable, Value tuple, Value dict_or_absent);
bool is_callable(Value v);

// --- Comparison, hash, text ---------------------------------------------------------------------------------------
Ref compare(Value a, Value b, int op);       // Py_LT …
int compare_bool(Value a, Value b, int op);  // no identity shortcut
int equal(Value a, Value b);                 // identity first, as containers compare
int is_true(Value v);
Py_hash_t hash(Value v);                     // -1 with exception
Py_hash_t hash_not_implemented(Value v);     // the tp_hash of unhashable types: their __hash__ is None
Ref repr(Value v);
Ref to_str(Value v);
Ref ascii(Value v);
// Guards repr() of containers that may hold themselves: 1 if v's repr is already running, 0 entered (leave it), -1 error.
int repr_enter(Value v);
void repr_leave(Value v);
Ref format(Value v, Value spec);             // spec absent: empty
Ref to_bytes(Value v);
Ref dir(Value object_or_absent);
uint64_t identity(Value v);                  // what id() gives before it becomes an int; agrees with `is`
Ref id_of(Value v);

// --- Types --------------------------------------------------------------------------------------------------------
bool is_subtype(PyTypeObject* a, PyTypeObject* b);
inline bool is_instance_exactly(Value v, PyTypeObject* t) { return type_of(v) == t || is_subtype(type_of(v), t); }
int is_instance(Value object, Value cls);    // with __instancecheck__
int is_subclass(Value derived, Value cls);
int is_instance_plain(Value object, Value cls);  // type.__instancecheck__ and its kin
int is_subclass_plain(Value derived, Value cls);

// --- Numbers ------------------------------------------------------------------------------------------------------
enum class BinaryOp : uint8_t {
  kAdd, kSubtract, kMultiply, kMatrixMultiply, kTrueDivide, kFloorDivide, kRemainder, kPower,
  kLeftShift, kRightShift, kAnd, kOr, kXor, kDivmod
};
Ref binary(BinaryOp op, Value a, Value b);
Ref inplace(BinaryOp op, Value a, Value b);
inline Ref add(Value a, Value b) { return binary(BinaryOp::kAdd, a, b); }
inline Ref subtract(Value a, Value b) { return binary(BinaryOp::kSubtract, a, b); }
inline Ref multiply(Value a, Value b) { return binary(BinaryOp::kMultiply, a, b); }
inline Ref remainder(Value a, Value b) { return binary(BinaryOp::kRemainder, a, b); }
inline Ref floor_divide(Value a, Value b) { return binary(BinaryOp::kFloorDivide, a, b); }
inline Ref true_divide(Value a, Value b) { return binary(BinaryOp::kTrueDivide, a, b); }
Ref power(Value a, Value b, Value mod = none());
Ref negative(Value v);
Ref positive(Value v);
Ref absolute(Value v);
Ref invert(Value v);
Ref index(Value v);                          // operator.index: an exact int (or int subclass's int)
Ref to_int(Value v);                         // int(v)
Ref to_float(Value v);                       // float(v)
// __index__ as a machine integer; clipped if `overflow` is null, else raised as that exception.
bool index_as_ssize(Value v, Py_ssize_t* out, PyObject* overflow);
bool as_double(Value v, double* out);        // __float__ or __index__

// --- Containers ---------------------------------------------------------------------------------------------------
Py_ssize_t length(Value v);                  // -1 with exception
Py_ssize_t length_hint(Value v, Py_ssize_t fallback);
Ref get_item(Value container, Value key);
bool set_item(Value container, Value key, Value value);
bool delete_item(Value container, Value key);
Ref get_slice(Value container, Value lo, Value hi);          // a[lo:hi]; none() for an omitted bound
bool set_slice(Value container, Value lo, Value hi, Value value);
Ref sequence_item(Value seq, Py_ssize_t i);  // sq_item protocol, negative indices adjusted
int contains(Value container, Value item);
bool is_sequence(Value v);
bool is_mapping(Value v);
Ref sequence_concat(Value a, Value b);
Ref sequence_repeat(Value a, Py_ssize_t n);

// --- Iteration ----------------------------------------------------------------------------------------------------
Ref iter(Value v);
bool is_iterator(Value v);
Ref next(Value iterator);                    // empty without an exception: exhausted (StopIteration cleared)
Ref to_list(Value iterable);                 // list(iterable)
Ref to_tuple(Value iterable);
// A list or tuple as it is, anything else as a list; `message` is the TypeError if not iterable.
Ref to_fast_sequence(Value v, const char* message);
// Generator protocol: sends `arg` (none to start); *out is the yielded value (kNext) or the return value (kReturn).
PySendResult send(Value iterator, Value arg, Ref* out);
// Takes a raised StopIteration (or nothing raised) as a return value; false: another exception stays raised.
bool fetch_stop_iteration(Ref* value);
Ref sequence_iterator(Value sequence);                       // `iterator`: s[0], s[1] … until IndexError
Ref callable_iterator(Value callable, Value sentinel);
Ref get_builtin(PyObject* name);                             // builtins.<name>, for __reduce__ and the like
Py_ssize_t count_in(Value iterable, Value item);             // operator.countOf; -1 with exception
Py_ssize_t index_in(Value iterable, Value item);             // operator.indexOf

// Runs body(Value item) for each; body returns false to stop with an exception. false: an exception is set.
template <class F>
bool for_each(Value iterable, F&& body) {
  Ref it = iter(iterable);
  if (!it) return false;
  while (Ref item = next(it)) {
    if (!body(item.get())) return false;
  }
  return !error_occurred();
}

// --- Instances ----------------------------------------------------------------------------------------------------
// Allocation of an instance of a type (memory zeroed, GC-tracked if the type is); items for var-sized ones.
PyObject* allocate_instance(PyTypeObject* type, Py_ssize_t items = 0);
template <class T>
T* new_object(PyTypeObject* type, Py_ssize_t items = 0) { return reinterpret_cast<T*>(allocate_instance(type, items)); }
Ref instance_dict(Value object);             // obj.__dict__, made on demand; empty without exception if it has none

}  // namespace adder
