// Weak proxies: every operation goes to the referent, or raises ReferenceError when it is gone.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" {
PyTypeObject _PyWeakref_ProxyType = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyWeakref_CallableProxyType = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

bool is_proxy(Value v) { return is_exact(v, &_PyWeakref_ProxyType) || is_exact(v, &_PyWeakref_CallableProxyType); }

// The referent of a proxy, kept alive; anything else itself. Empty: ReferenceError.
Ref unwrap(Value v) {
  if (!is_proxy(v)) return Ref::copy(v);
  Value object = weakref_get(v);
  if (is_none(object)) return raise(PyExc_ReferenceError, "weakly-referenced object no longer exists");
  return Ref::copy(object);
}

template <Ref (*F)(Value)>
Ref unary(Value a) {
  Ref x = unwrap(a);
  return x ? F(x) : Ref{};
}
template <BinaryOp Op>
Ref arithmetic(Value a, Value b) {
  Ref x = unwrap(a);
  if (!x) return nullptr;
  Ref y = unwrap(b);
  return y ? binary(Op, x, y) : Ref{};
}
template <BinaryOp Op>
Ref arithmetic_inplace(Value a, Value b) {
  Ref x = unwrap(a);
  if (!x) return nullptr;
  Ref y = unwrap(b);
  return y ? inplace(Op, x, y) : Ref{};
}
Ref proxy_power(Value a, Value b, Value m) {
  Ref x = unwrap(a), y;
  if (!x || !(y = unwrap(b))) return nullptr;
  Ref z = is_none(m) ? none_ref() : unwrap(m);
  return z ? power(x, y, z) : Ref{};
}
Ref proxy_inplace_power(Value a, Value b, Value m) {
  Ref x = unwrap(a), y;
  if (!x || !(y = unwrap(b))) return nullptr;
  return is_none(m) ? inplace(BinaryOp::kPower, x, y) : power(x, y, m);
}

Ref proxy_repr(Value self) {
  PyObject* o = self.as<PyWeakReference>()->wr_object;
  return str_format("<weakproxy at %p to %s at %p>", self.as<void>(), Py_TYPE(o)->tp_name, static_cast<void*>(o));
}
Ref proxy_getattr(Value self, PyObject* name) {
  Ref x = unwrap(self);
  return x ? getattr(x, name) : Ref{};
}
bool proxy_setattr(Value self, PyObject* name, Value v) {
  Ref x = unwrap(self);
  return x && setattr(x, name, v);
}
Ref proxy_compare(Value a, Value b, int op) {
  Ref x = unwrap(a);
  if (!x) return nullptr;
  Ref y = unwrap(b);
  return y ? compare(x, y, op) : Ref{};
}
int proxy_bool(Value self) {
  Ref x = unwrap(self);
  return x ? is_true(x) : -1;
}
Ref proxy_call(Value self, Args args) {
  Ref x = unwrap(self);
  return x ? call(x, args) : Ref{};
}
Py_ssize_t proxy_length(Value self) {
  Ref x = unwrap(self);
  return x ? length(x) : -1;
}
int proxy_contains(Value self, Value item) {
  Ref x = unwrap(self);
  return x ? contains(x, item) : -1;
}
Ref proxy_get_item(Value self, Value key) {
  Ref x = unwrap(self);
  return x ? get_item(x, key) : Ref{};
}
bool proxy_store_item(Value self, Value key, Value v) {
  Ref x = unwrap(self);
  if (!x) return false;
  return v ? set_item(x, key, v) : delete_item(x, key);
}
Ref proxy_iter(Value self) {
  Ref x = unwrap(self);
  return x ? iter(x) : Ref{};
}
Ref proxy_next(Value self) {
  Ref x = unwrap(self);
  if (!x) return nullptr;
  if (!is_iterator(x)) return raise(PyExc_TypeError, "Weakref proxy referenced a non-iterator '%N' object", type_of(x));
  return next(x);
}
Ref proxy_bytes(Value self) {
  Ref x = unwrap(self);
  return x ? call_method(x, "__bytes__"_id) : Ref{};
}
Ref proxy_reversed(Value self) {
  Ref x = unwrap(self);
  return x ? call_method(x, "__reversed__"_id) : Ref{};
}

void proxy_dealloc(PyObject* o) {
  gc_untrack(o);
  weakref_clear(reinterpret_cast<PyWeakReference*>(o));
  Py_TYPE(o)->tp_free(o);
}
int proxy_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<PyWeakReference*>(o)->wr_callback);
  return 0;
}
int proxy_clear(PyObject* o) {
  weakref_clear(reinterpret_cast<PyWeakReference*>(o));
  return 0;
}

const MethodRow proxy_methods[] = {
    method<proxy_bytes>("__bytes__", "", ""), method<proxy_reversed>("__reversed__", "", ""), {}};

constexpr SlotRows kProxySlots = {
    .tp_repr = slot::Unary<proxy_repr>,
    .tp_str = slot::Unary<unary<to_str>>,
    .tp_getattro = slot::GetAttr<proxy_getattr>,
    .tp_setattro = slot::SetAttr<proxy_setattr>,
    .tp_richcompare = slot::Compare<proxy_compare>,
    .tp_iter = slot::Unary<proxy_iter>,
    .tp_iternext = slot::Next<proxy_next>,
    .nb_add = slot::Binary<arithmetic<BinaryOp::kAdd>>,
    .nb_subtract = slot::Binary<arithmetic<BinaryOp::kSubtract>>,
    .nb_multiply = slot::Binary<arithmetic<BinaryOp::kMultiply>>,
    .nb_remainder = slot::Binary<arithmetic<BinaryOp::kRemainder>>,
    .nb_divmod = slot::Binary<arithmetic<BinaryOp::kDivmod>>,
    .nb_power = slot::Ternary<proxy_power>,
    .nb_negative = slot::Unary<unary<negative>>,
    .nb_positive = slot::Unary<unary<positive>>,
    .nb_absolute = slot::Unary<unary<absolute>>,
    .nb_bool = slot::Inquiry<proxy_bool>,
    .nb_invert = slot::Unary<unary<invert>>,
    .nb_lshift = slot::Binary<arithmetic<BinaryOp::kLeftShift>>,
    .nb_rshift = slot::Binary<arithmetic<BinaryOp::kRightShift>>,
    .nb_and = slot::Binary<arithmetic<BinaryOp::kAnd>>,
    .nb_xor = slot::Binary<arithmetic<BinaryOp::kXor>>,
    .nb_or = slot::Binary<arithmetic<BinaryOp::kOr>>,
    .nb_int = slot::Unary<unary<to_int>>,
    .nb_float = slot::Unary<unary<to_float>>,
    .nb_inplace_add = slot::Binary<arithmetic_inplace<BinaryOp::kAdd>>,
    .nb_inplace_subtract = slot::Binary<arithmetic_inplace<BinaryOp::kSubtract>>,
    .nb_inplace_multiply = slot::Binary<arithmetic_inplace<BinaryOp::kMultiply>>,
    .nb_inplace_remainder = slot::Binary<arithmetic_inplace<BinaryOp::kRemainder>>,
    .nb_inplace_power = slot::Ternary<proxy_inplace_power>,
    .nb_inplace_lshift = slot::Binary<arithmetic_inplace<BinaryOp::kLeftShift>>,
    .nb_inplace_rshift = slot::Binary<arithmetic_inplace<BinaryOp::kRightShift>>,
    .nb_inplace_and = slot::Binary<arithmetic_inplace<BinaryOp::kAnd>>,
    .nb_inplace_xor = slot::Binary<arithmetic_inplace<BinaryOp::kXor>>,
    .nb_inplace_or = slot::Binary<arithmetic_inplace<BinaryOp::kOr>>,
    .nb_floor_divide = slot::Binary<arithmetic<BinaryOp::kFloorDivide>>,
    .nb_true_divide = slot::Binary<arithmetic<BinaryOp::kTrueDivide>>,
    .nb_inplace_floor_divide = slot::Binary<arithmetic_inplace<BinaryOp::kFloorDivide>>,
    .nb_inplace_true_divide = slot::Binary<arithmetic_inplace<BinaryOp::kTrueDivide>>,
    .nb_index = slot::Unary<unary<index>>,
    .nb_matrix_multiply = slot::Binary<arithmetic<BinaryOp::kMatrixMultiply>>,
    .nb_inplace_matrix_multiply = slot::Binary<arithmetic_inplace<BinaryOp::kMatrixMultiply>>,
    .sq_length = slot::Length<proxy_length>,
    .sq_contains = slot::Contains<proxy_contains>,
    .mp_length = slot::Length<proxy_length>,
    .mp_subscript = slot::Binary<proxy_get_item>,
    .mp_ass_subscript = slot::StoreItem<proxy_store_item>,
};
constexpr SlotRows callable_slots() {
  SlotRows rows = kProxySlots;
  rows.tp_call = slot::Call<proxy_call>;
  return rows;
}
constexpr SlotRows with_hash(SlotRows rows) {
  rows.tp_hash = slot::Hash<hash_not_implemented>;
  return rows;
}

}  // namespace

extern const TypeDef weak_proxy_def{
    .type = &_PyWeakref_ProxyType,
    .name = "weakref.ProxyType",
    .basicsize = sizeof(PyWeakReference),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = proxy_dealloc,
    .traverse = proxy_traverse,
    .clear = proxy_clear,
    .slots = with_hash(kProxySlots),
    .methods = proxy_methods,
};
extern const TypeDef weak_callable_proxy_def{
    .type = &_PyWeakref_CallableProxyType,
    .name = "weakref.CallableProxyType",
    .basicsize = sizeof(PyWeakReference),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = proxy_dealloc,
    .traverse = proxy_traverse,
    .clear = proxy_clear,
    .slots = with_hash(callable_slots()),
    .methods = proxy_methods,
};

}  // namespace adder
