// object.h, abstract.h: attributes, comparison, calls, numbers, sequences, mappings, iteration.
#include "capi/capi.h"
#include <cstdarg>
#include <vector>
#include "memory/gc.h"
#include "object/buffer.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/method.h"
#include "object/str.h"
#include "object/type.h"

using namespace adder;
using namespace adder::capi;

namespace adder::capi {
Ref name(const char* text) { return intern(text); }
}  // namespace adder::capi

// --- Attributes -------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyObject_GetAttr(PyObject* o, PyObject* n) {
  if (!PyUnicode_Check(n)) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", Py_TYPE(n)->tp_name);
  return out(getattr(in(o), n));
}
ADDER_API PyObject* PyObject_GetAttrString(PyObject* o, const char* n) {
  Ref key = name(n);
  return key ? out(getattr(in(o), key.object())) : nullptr;
}
ADDER_API int _PyObject_LookupAttr(PyObject* o, PyObject* n, PyObject** result) {
  Ref r;
  int found = lookup_attr(in(o), n, &r);
  *result = out(std::move(r));
  return found;
}
ADDER_API int PyObject_HasAttr(PyObject* o, PyObject* n) {
  int r = hasattr(in(o), n);
  if (r < 0) clear_error();
  return r > 0;
}
ADDER_API int PyObject_HasAttrString(PyObject* o, const char* n) {
  Ref key = name(n);
  if (!key) {
    clear_error();
    return 0;
  }
  return PyObject_HasAttr(o, key.object());
}
ADDER_API int PyObject_SetAttr(PyObject* o, PyObject* n, PyObject* v) { return status(setattr(in(o), n, in(v))); }
ADDER_API int PyObject_SetAttrString(PyObject* o, const char* n, PyObject* v) {
  Ref key = name(n);
  return key ? status(setattr(in(o), key.object(), in(v))) : -1;
}
ADDER_API PyObject* PyObject_GenericGetAttr(PyObject* o, PyObject* n) { return out(generic_getattr(in(o), n)); }
ADDER_API int PyObject_GenericSetAttr(PyObject* o, PyObject* n, PyObject* v) { return status(generic_setattr(in(o), n, in(v))); }
ADDER_API PyObject* _PyObject_GenericGetAttrWithDict(PyObject* o, PyObject* n, PyObject* dict, int suppress) {
  if (!dict) {
    PyObject* r = out(generic_getattr(in(o), n));
    if (!r && suppress && error_matches(PyExc_AttributeError)) clear_error();
    return r;
  }
  Value descr = type_lookup(Py_TYPE(o), n);
  if (descr && slots_of(descr).tp_descr_get && slots_of(descr).tp_descr_set) return out(slots_of(descr).tp_descr_get(descr, in(o), Value{Py_TYPE(o)}));
  Value v;
  if (dict_lookup(Value{dict}, Value{n}, &v) < 0) return nullptr;
  if (v) return to_c(v);
  if (descr && slots_of(descr).tp_descr_get) return out(slots_of(descr).tp_descr_get(descr, in(o), Value{Py_TYPE(o)}));
  if (descr) return to_c(descr);
  if (!suppress) (void)raise_attribute_error(in(o), n);
  return nullptr;
}
ADDER_API PyObject* PyObject_GenericGetDict(PyObject* o, void*) {
  Ref d = instance_dict(in(o));
  if (!d && !error_occurred()) return raise(PyExc_AttributeError, "This object has no __dict__");
  return out(std::move(d));
}
ADDER_API int PyObject_GenericSetDict(PyObject* o, PyObject* v, void*) { return status(setattr(in(o), "__dict__"_id, in(v))); }
ADDER_API PyObject* PyObject_SelfIter(PyObject* o) { return Ref::copy(Value{o}).release().object(); }
ADDER_API PyObject* PyObject_Dir(PyObject* o) { return out(dir(in(o))); }

// --- Comparison, text ---------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyObject_RichCompare(PyObject* a, PyObject* b, int op) { return out(compare(in(a), in(b), op)); }
ADDER_API int PyObject_RichCompareBool(PyObject* a, PyObject* b, int op) {
  Value x = in(a), y = in(b);
  if (x == y && op == Py_EQ) return 1;
  if (x == y && op == Py_NE) return 0;
  return compare_bool(x, y, op);
}
ADDER_API Py_hash_t PyObject_Hash(PyObject* o) { return hash(in(o)); }
ADDER_API Py_hash_t PyObject_HashNotImplemented(PyObject* o) { return raise(PyExc_TypeError, "unhashable type: '%.200s'", Py_TYPE(o)->tp_name); }
ADDER_API Py_hash_t _Py_HashPointer(const void* p) {
  auto h = static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(p) >> 4 | reinterpret_cast<uintptr_t>(p) << 60);
  return h == -1 ? -2 : h;
}
ADDER_API Py_hash_t _Py_HashBytes(const void* p, Py_ssize_t n) { return hash_bytes(p, static_cast<size_t>(n)); }
ADDER_API Py_hash_t _Py_HashDouble(PyObject*, double d) { return float_hash(d); }
ADDER_API int PyObject_IsTrue(PyObject* o) { return is_true(in(o)); }
ADDER_API int PyObject_Not(PyObject* o) {
  int r = is_true(in(o));
  return r < 0 ? -1 : !r;
}
ADDER_API PyObject* PyObject_Repr(PyObject* o) { return o ? out(repr(in(o))) : out(str_from_ascii("<NULL>")); }
ADDER_API PyObject* PyObject_Str(PyObject* o) { return o ? out(to_str(in(o))) : out(str_from_ascii("<NULL>")); }
ADDER_API PyObject* PyObject_ASCII(PyObject* o) { return out(ascii(in(o))); }
ADDER_API PyObject* PyObject_Bytes(PyObject* o) { return out(to_bytes(in(o))); }
ADDER_API PyObject* PyObject_Format(PyObject* o, PyObject* spec) { return out(format(in(o), in(spec))); }
ADDER_API int Py_ReprEnter(PyObject* o) { return repr_enter(Value{o}); }
ADDER_API void Py_ReprLeave(PyObject* o) { repr_leave(Value{o}); }
ADDER_API int PyObject_Print(PyObject* o, FILE* f, int flags) {
  Ref text = flags & Py_PRINT_RAW ? to_str(in(o)) : repr(in(o));
  if (!text) return -1;
  std::string_view s = str_utf8(text);
  if (!s.data()) return -1;
  fwrite(s.data(), 1, s.size(), f);
  return 0;
}
ADDER_API PyObject* PyObject_Type(PyObject* o) { return to_c(Value{Py_TYPE(o)}); }
ADDER_API int PyObject_IsInstance(PyObject* o, PyObject* c) { return is_instance(in(o), in(c)); }
ADDER_API int PyObject_IsSubclass(PyObject* o, PyObject* c) { return is_subclass(in(o), in(c)); }
#undef Py_Is
ADDER_API int Py_Is(PyObject* a, PyObject* b) { return in(a) == in(b); }
ADDER_API int PyCallable_Check(PyObject* o) { return o && is_callable(in(o)); }
ADDER_API int PyObject_AsFileDescriptor(PyObject* o) {
  int fd;
  Value v = in(o);
  if (is_int(v)) {
    if (!as_int(v, &fd)) return -1;
  } else {
    Ref method;
    int found = lookup_attr(v, "fileno"_id, &method);
    if (found < 0) return -1;
    if (!found) return raise(PyExc_TypeError, "argument must be an int, or have a fileno() method.");
    Ref r = call0(method);
    if (!r) return -1;
    if (!is_int(r)) return raise(PyExc_TypeError, "fileno() returned a non-integer");
    if (!as_int(r, &fd)) return -1;
  }
  if (fd < 0) return raise(PyExc_ValueError, "file descriptor cannot be a negative integer (%i)", fd);
  return fd;
}

// --- Calls --------------------------------------------------------------------------------------------------------------------------------
namespace {
// Arguments of a C call as Values.
struct Words {
  std::vector<Value> v;
  explicit Words(size_t n) { v.reserve(n + 1); }
  Args args(PyObject* names = nullptr) const { return Args{v.data(), v.size() - (names ? static_cast<size_t>(tuple_size(Value{names})) : 0), names}; }
};
Words va_words(va_list ap) {
  Words w(8);
  while (PyObject* o = va_arg(ap, PyObject*)) w.v.push_back(in(o));
  return w;
}
}  // namespace
ADDER_API PyObject* PyObject_Call(PyObject* f, PyObject* args, PyObject* kwargs) { return out(call_tuple_dict(in(f), Value{args}, kwargs ? Value{kwargs} : Value{})); }
ADDER_API PyObject* PyObject_CallObject(PyObject* f, PyObject* args) {
  if (args && !PyTuple_Check(args)) return raise(PyExc_TypeError, "argument list must be a tuple");
  return out(args ? call_tuple_dict(in(f), Value{args}, Value{}) : call0(in(f)));
}
ADDER_API PyObject* PyObject_CallNoArgs(PyObject* f) { return out(call0(in(f))); }
ADDER_API PyObject* PyObject_CallOneArg(PyObject* f, PyObject* a) { return out(call1(in(f), in(a))); }
ADDER_API PyObject* _PyObject_CallNoArgs(PyObject* f) { return out(call0(in(f))); }
ADDER_API PyObject* PyObject_Vectorcall(PyObject* f, PyObject* const* args, size_t nargsf, PyObject* names) {
  auto n = static_cast<size_t>(PyVectorcall_NARGS(nargsf));
  size_t all = n + (names ? static_cast<size_t>(tuple_size(Value{names})) : 0);
  Words w(all);
  for (size_t i = 0; i < all; i++) w.v.push_back(in(args[i]));
  return out(call(in(f), w.args(names)));
}
ADDER_API PyObject* PyObject_VectorcallDict(PyObject* f, PyObject* const* args, size_t nargsf, PyObject* kwargs) {
  auto n = static_cast<size_t>(PyVectorcall_NARGS(nargsf));
  Ref tuple = tuple_new(static_cast<Py_ssize_t>(n));
  if (!tuple) return nullptr;
  for (size_t i = 0; i < n; i++) tuple_init(tuple, static_cast<Py_ssize_t>(i), Ref::copy(in(args[i])));
  return out(call_tuple_dict(in(f), tuple, kwargs ? Value{kwargs} : Value{}));
}
ADDER_API PyObject* PyObject_VectorcallMethod(PyObject* n, PyObject* const* args, size_t nargsf, PyObject* names) {
  Ref method = getattr(in(args[0]), n);
  return method ? PyObject_Vectorcall(method.object(), args + 1, static_cast<size_t>(PyVectorcall_NARGS(nargsf)) - 1, names) : nullptr;
}
ADDER_API PyObject* PyVectorcall_Call(PyObject* f, PyObject* args, PyObject* kwargs) {
  // The offset counts here, also in classes that have it without the flag.
  Py_ssize_t offset = Py_TYPE(f)->tp_vectorcall_offset;
  vectorcallfunc vc = offset > 0 ? *reinterpret_cast<vectorcallfunc*>(reinterpret_cast<char*>(f) + offset) : nullptr;
  if (!vc) return raise(PyExc_TypeError, "'%.200s' object does not support vectorcall", Py_TYPE(f)->tp_name);
  if (!seen(args)) return nullptr;
  auto n = tuple_size(Value{args});
  Py_ssize_t k = kwargs ? dict_size(Value{kwargs}) : 0;
  std::vector<PyObject*> words(static_cast<size_t>(n + k) + 1);
  for (Py_ssize_t i = 0; i < n; i++) words[static_cast<size_t>(i) + 1] = PyTuple_GET_ITEM(args, i);
  Ref names;
  if (k) {
    if (!seen(kwargs)) return nullptr;
    names = tuple_new(k);
    if (!names) return nullptr;
    Py_ssize_t position = 0, i = 0;
    Value key, v;
    while (dict_next(Value{kwargs}, &position, &key, &v)) {
      tuple_init(names, i, Ref::copy(key));
      words[static_cast<size_t>(n + i) + 1] = borrowed_dict_value(kwargs, key);
      i++;
    }
    if (!expose(names.object())) return nullptr;
  }
  return vc(f, words.data() + 1, static_cast<size_t>(n) | PY_VECTORCALL_ARGUMENTS_OFFSET, k ? names.object() : nullptr);
}
ADDER_API vectorcallfunc PyVectorcall_Function(PyObject* f) {
  PyTypeObject* t = Py_TYPE(f);
  if (!(t->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) || t->tp_vectorcall_offset <= 0) return nullptr;
  return *reinterpret_cast<vectorcallfunc*>(reinterpret_cast<char*>(f) + t->tp_vectorcall_offset);
}
ADDER_API PyObject* PyObject_CallFunctionObjArgs(PyObject* f, ...) {
  va_list ap;
  va_start(ap, f);
  Words w = va_words(ap);
  va_end(ap);
  return out(call(in(f), w.args()));
}
ADDER_API PyObject* PyObject_CallMethodObjArgs(PyObject* o, PyObject* n, ...) {
  va_list ap;
  va_start(ap, n);
  Words w = va_words(ap);
  va_end(ap);
  Ref method = getattr(in(o), n);
  return method ? out(call(method, w.args())) : nullptr;
}
ADDER_API int _PyObject_GetMethod(PyObject* o, PyObject* n, PyObject** method) {
  bool unbound = false;
  Ref m = get_method(in(o), n, &unbound);
  *method = out(std::move(m));
  return unbound;
}
ADDER_API PyObject* _Py_CheckFunctionResult(PyThreadState*, PyObject* f, PyObject* result, const char* where) {
  bool raised = error_occurred();
  if (!result && !raised) return f ? raise(PyExc_SystemError, "%R returned NULL without setting an exception", in(f)) : raise(PyExc_SystemError, "%s returned NULL without setting an exception", where);
  if (result && raised) {
    Py_DECREF(result);
    return f ? raise_from_current(PyExc_SystemError, "%R returned a result with an exception set", in(f)) : raise_from_current(PyExc_SystemError, "%s returned a result with an exception set", where);
  }
  return result;
}

// --- Numbers --------------------------------------------------------------------------------------------------------------------------------
#define ADDER_BINARY(NAME, OP)                                                                                                   \
  ADDER_API PyObject* PyNumber_##NAME(PyObject* a, PyObject* b) { return out(binary(BinaryOp::OP, in(a), in(b))); }              \
  ADDER_API PyObject* PyNumber_InPlace##NAME(PyObject* a, PyObject* b) { return out(inplace(BinaryOp::OP, in(a), in(b))); }
ADDER_BINARY(Add, kAdd)
ADDER_BINARY(Subtract, kSubtract)
ADDER_BINARY(Multiply, kMultiply)
ADDER_BINARY(MatrixMultiply, kMatrixMultiply)
ADDER_BINARY(TrueDivide, kTrueDivide)
ADDER_BINARY(FloorDivide, kFloorDivide)
ADDER_BINARY(Remainder, kRemainder)
ADDER_BINARY(Lshift, kLeftShift)
ADDER_BINARY(Rshift, kRightShift)
ADDER_BINARY(And, kAnd)
ADDER_BINARY(Or, kOr)
ADDER_BINARY(Xor, kXor)
ADDER_API PyObject* PyNumber_Divmod(PyObject* a, PyObject* b) { return out(binary(BinaryOp::kDivmod, in(a), in(b))); }
ADDER_API PyObject* PyNumber_Power(PyObject* a, PyObject* b, PyObject* m) { return out(power(in(a), in(b), in(m))); }
ADDER_API PyObject* PyNumber_InPlacePower(PyObject* a, PyObject* b, PyObject* m) { return m == Py_None ? out(inplace(BinaryOp::kPower, in(a), in(b))) : out(power(in(a), in(b), in(m))); }
ADDER_API PyObject* PyNumber_Negative(PyObject* o) { return out(negative(in(o))); }
ADDER_API PyObject* PyNumber_Positive(PyObject* o) { return out(positive(in(o))); }
ADDER_API PyObject* PyNumber_Absolute(PyObject* o) { return out(absolute(in(o))); }
ADDER_API PyObject* PyNumber_Invert(PyObject* o) { return out(invert(in(o))); }
ADDER_API PyObject* PyNumber_Index(PyObject* o) { return out(index(in(o))); }
ADDER_API PyObject* _PyNumber_Index(PyObject* o) { return out(index(in(o))); }
ADDER_API PyObject* PyNumber_Long(PyObject* o) { return out(to_int(in(o))); }
ADDER_API PyObject* PyNumber_Float(PyObject* o) { return out(to_float(in(o))); }
ADDER_API int PyNumber_Check(PyObject* o) {
  if (!o) return 0;
  const Slots& s = slots_of(in(o));
  return s.nb_index || s.nb_int || s.nb_float || is_exact(in(o), &PyComplex_Type);
}
ADDER_API int PyIndex_Check(PyObject* o) { return slots_of(in(o)).nb_index != nullptr; }
ADDER_API Py_ssize_t PyNumber_AsSsize_t(PyObject* o, PyObject* exception) {
  Py_ssize_t n;
  return index_as_ssize(in(o), &n, exception) ? n : -1;
}
ADDER_API PyObject* PyNumber_ToBase(PyObject* o, int base) {
  Ref i = index(in(o));
  return i ? out(int_to_text(i, base, base != 10)) : nullptr;
}

// --- Containers -----------------------------------------------------------------------------------------------------------------------------
ADDER_API Py_ssize_t PyObject_Size(PyObject* o) { return length(in(o)); }
ADDER_API Py_ssize_t PyObject_LengthHint(PyObject* o, Py_ssize_t fallback) { return length_hint(in(o), fallback); }
ADDER_API PyObject* PyObject_GetItem(PyObject* o, PyObject* k) { return out(get_item(in(o), in(k))); }
ADDER_API int PyObject_SetItem(PyObject* o, PyObject* k, PyObject* v) { return status(set_item(in(o), in(k), in(v))); }
ADDER_API int PyObject_DelItem(PyObject* o, PyObject* k) { return status(delete_item(in(o), in(k))); }
ADDER_API int PyObject_DelItemString(PyObject* o, const char* k) {
  Ref key = str_from_utf8(k);
  return key ? status(delete_item(in(o), key)) : -1;
}
ADDER_API int PySequence_Check(PyObject* o) { return is_sequence(in(o)); }
ADDER_API Py_ssize_t PySequence_Size(PyObject* o) {
  const Slots& s = slots_of(in(o));
  if (!s.sq_length && s.mp_length) return raise(PyExc_TypeError, "%.200s is not a sequence", Py_TYPE(o)->tp_name);
  return length(in(o));
}
ADDER_API PyObject* PySequence_GetItem(PyObject* o, Py_ssize_t i) { return out(sequence_item(in(o), i)); }
ADDER_API int PySequence_SetItem(PyObject* o, Py_ssize_t i, PyObject* v) {
  const Slots& s = slots_of(in(o));
  if (!s.sq_ass_item) return raise(PyExc_TypeError, v ? "'%.200s' object does not support item assignment" : "'%.200s' object doesn't support item deletion", Py_TYPE(o)->tp_name);
  if (i < 0 && s.sq_length) {
    Py_ssize_t n = s.sq_length(in(o));
    if (n < 0) return -1;
    i += n;
  }
  return status(s.sq_ass_item(in(o), i, in(v)));
}
ADDER_API int PySequence_DelItem(PyObject* o, Py_ssize_t i) { return PySequence_SetItem(o, i, nullptr); }
ADDER_API PyObject* PySequence_GetSlice(PyObject* o, Py_ssize_t lo, Py_ssize_t hi) {
  Ref a = int_from_i64(lo), b = int_from_i64(hi);
  return out(get_slice(in(o), a, b));
}
ADDER_API int PySequence_SetSlice(PyObject* o, Py_ssize_t lo, Py_ssize_t hi, PyObject* v) {
  Ref a = int_from_i64(lo), b = int_from_i64(hi);
  return status(set_slice(in(o), a, b, in(v)));
}
ADDER_API int PySequence_DelSlice(PyObject* o, Py_ssize_t lo, Py_ssize_t hi) { return PySequence_SetSlice(o, lo, hi, nullptr); }
ADDER_API PyObject* PySequence_Concat(PyObject* a, PyObject* b) { return out(sequence_concat(in(a), in(b))); }
ADDER_API PyObject* PySequence_InPlaceConcat(PyObject* a, PyObject* b) { return out(inplace(BinaryOp::kAdd, in(a), in(b))); }
ADDER_API PyObject* PySequence_Repeat(PyObject* a, Py_ssize_t n) { return out(sequence_repeat(in(a), n)); }
ADDER_API PyObject* PySequence_InPlaceRepeat(PyObject* a, Py_ssize_t n) {
  Ref count = int_from_i64(n);
  return out(inplace(BinaryOp::kMultiply, in(a), count));
}
ADDER_API int PySequence_Contains(PyObject* o, PyObject* v) { return contains(in(o), in(v)); }
ADDER_API Py_ssize_t PySequence_Count(PyObject* o, PyObject* v) { return count_in(in(o), in(v)); }
ADDER_API Py_ssize_t PySequence_Index(PyObject* o, PyObject* v) { return index_in(in(o), in(v)); }
ADDER_API PyObject* PySequence_List(PyObject* o) { return out(to_list(in(o))); }
ADDER_API PyObject* PySequence_Tuple(PyObject* o) { return out(to_tuple(in(o))); }
ADDER_API PyObject* PySequence_Fast(PyObject* o, const char* message) {
  if (is_list_or_tuple(in(o))) return seen(o) ? Ref::copy(Value{o}).release().object() : nullptr;
  return out(to_fast_sequence(in(o), message));
}
ADDER_API int PyMapping_Check(PyObject* o) { return o && slots_of(in(o)).mp_subscript; }
ADDER_API Py_ssize_t PyMapping_Size(PyObject* o) { return length(in(o)); }
ADDER_API PyObject* PyMapping_GetItemString(PyObject* o, const char* k) {
  Ref key = str_from_utf8(k);
  return key ? out(get_item(in(o), key)) : nullptr;
}
ADDER_API int PyMapping_SetItemString(PyObject* o, const char* k, PyObject* v) {
  Ref key = str_from_utf8(k);
  return key ? status(set_item(in(o), key, in(v))) : -1;
}
ADDER_API int PyMapping_HasKey(PyObject* o, PyObject* k) {
  Ref r = get_item(in(o), in(k));
  if (!r) clear_error();
  return static_cast<bool>(r);
}
ADDER_API int PyMapping_HasKeyString(PyObject* o, const char* k) {
  Ref key = str_from_utf8(k);
  Ref r = key ? get_item(in(o), key) : Ref{};
  if (!r) clear_error();
  return static_cast<bool>(r);
}
namespace {
PyObject* method_as_list(PyObject* o, PyObject* n) {
  Ref r = call_method(in(o), n);
  return r ? out(to_list(r)) : nullptr;
}
}  // namespace
ADDER_API PyObject* PyMapping_Keys(PyObject* o) { return PyDict_CheckExact(o) ? out(dict_keys_list(Value{o})) : method_as_list(o, "keys"_id); }
ADDER_API PyObject* PyMapping_Values(PyObject* o) { return PyDict_CheckExact(o) ? out(dict_values_list(Value{o})) : method_as_list(o, "values"_id); }
ADDER_API PyObject* PyMapping_Items(PyObject* o) { return PyDict_CheckExact(o) ? out(dict_items_list(Value{o})) : method_as_list(o, "items"_id); }

// --- Iteration --------------------------------------------------------------------------------------------------------------------------------
ADDER_API PyObject* PyObject_GetIter(PyObject* o) { return out(iter(in(o))); }
ADDER_API PyObject* PyObject_GetAIter(PyObject* o) {
  UnaryFn f = slots_of(in(o)).am_aiter;
  if (!f) return raise(PyExc_TypeError, "'%.200s' object is not an async iterable", Py_TYPE(o)->tp_name);
  return out(f(in(o)));
}
ADDER_API int PyIter_Check(PyObject* o) { return is_iterator(in(o)); }
ADDER_API PyObject* PyIter_Next(PyObject* o) { return out(next(in(o))); }
ADDER_API PySendResult PyIter_Send(PyObject* o, PyObject* v, PyObject** result) {
  Ref r;
  PySendResult s = send(in(o), in(v), &r);
  *result = out(std::move(r));
  return s;
}
ADDER_API PyObject* PySeqIter_New(PyObject* o) { return out(sequence_iterator(in(o))); }
ADDER_API PyObject* PyCallIter_New(PyObject* f, PyObject* sentinel) { return out(callable_iterator(in(f), in(sentinel))); }
ADDER_API int _PyGen_FetchStopIterationValue(PyObject** value) {
  Ref v;
  bool ok = fetch_stop_iteration(&v);
  *value = ok ? (v ? out(std::move(v)) : none_ref().release().object()) : nullptr;
  return status(ok);
}
ADDER_API int _PyGen_SetStopIterationValue(PyObject* v) {
  (void)raise_stop_iteration(in(v));
  return -1;
}

// --- Buffers ------------------------------------------------------------------------------------------------------------------------------------
ADDER_API int PyObject_CheckBuffer(PyObject* o) { return Py_TYPE(o)->tp_as_buffer && Py_TYPE(o)->tp_as_buffer->bf_getbuffer; }
ADDER_API int PyObject_GetBuffer(PyObject* o, Py_buffer* view, int flags) {
  PyBufferProcs* p = Py_TYPE(o)->tp_as_buffer;
  if (!p || !p->bf_getbuffer) return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", Py_TYPE(o)->tp_name);
  return p->bf_getbuffer(o, view, flags);
}
ADDER_API void PyBuffer_Release(Py_buffer* view) {
  PyObject* o = view->obj;
  if (!o) return;
  PyBufferProcs* p = Py_TYPE(o)->tp_as_buffer;
  if (p && p->bf_releasebuffer) p->bf_releasebuffer(o, view);
  view->obj = nullptr;
  Py_DECREF(o);
}
ADDER_API int PyBuffer_FillInfo(Py_buffer* view, PyObject* o, void* data, Py_ssize_t n, int readonly, int flags) { return fill_flat_buffer(view, o, data, n, readonly, flags); }
ADDER_API int PyBuffer_IsContiguous(const Py_buffer* v, char order) { return buffer_is_contiguous(v, order); }
ADDER_API void PyBuffer_FillContiguousStrides(int nd, Py_ssize_t* shape, Py_ssize_t* strides, int itemsize, char order) {
  Py_ssize_t n = itemsize;
  for (int k = 0; k < nd; k++) {
    int i = order == 'F' ? k : nd - 1 - k;
    strides[i] = n;
    n *= shape[i];
  }
}
ADDER_API PyObject* PyMemoryView_FromObject(PyObject* o) { return out(memoryview_of(in(o))); }
