// mappingproxy: a read-only view of a mapping; what cls.__dict__ gives.
#include "object/type_impl.h"

extern "C" {
PyTypeObject PyDictProxy_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

Ref make_generic_alias(Value origin, Value args);  // generic_alias.cpp

namespace {

struct MappingProxy {
  PyObject head;
  PyObject* mapping;
};
Value mapping_of(Value v) { return Value{v.as<MappingProxy>()->mapping}; }

void proxy_dealloc(PyObject* o) {
  gc_untrack(o);
  decref(reinterpret_cast<MappingProxy*>(o)->mapping);
  gc_free(o);
}
int proxy_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(reinterpret_cast<MappingProxy*>(o)->mapping);
  return 0;
}
Ref proxy_new_bound(Value, const Value* a) {
  Value m = a[0];
  if (!is_mapping(m) || is_list_or_tuple(m) || is_str(m)) {
    return raise(PyExc_TypeError, "mappingproxy() argument must be a mapping, not %s", type_of(m)->tp_name);
  }
  return mapping_proxy(m);
}
const MethodRow new_row = method<proxy_new_bound>("mappingproxy", "(mapping)", "");
Ref proxy_new(PyTypeObject*, Args args) { return call_row(new_row, Value{}, args); }

Ref proxy_repr(Value v) { return str_format("mappingproxy(%R)", mapping_of(v)); }
Ref proxy_str(Value v) { return to_str(mapping_of(v)); }
Py_hash_t proxy_hash(Value v) { return hash(mapping_of(v)); }
Ref proxy_iter(Value v) { return iter(mapping_of(v)); }
Py_ssize_t proxy_length(Value v) { return length(mapping_of(v)); }
Ref proxy_subscript(Value v, Value key) { return get_item(mapping_of(v), key); }
int proxy_contains(Value v, Value key) { return contains(mapping_of(v), key); }
Ref proxy_compare(Value a, Value b, int op) { return compare(mapping_of(a), b, op); }
Value unwrapped(Value v) { return is_exact(v, &PyDictProxy_Type) ? mapping_of(v) : v; }
Ref proxy_or(Value a, Value b) { return binary(BinaryOp::kOr, unwrapped(a), unwrapped(b)); }
Ref proxy_inplace_or(Value a, Value) {
  return raise(PyExc_TypeError, "'|=' is not supported by %s; use '|' instead", type_of(a)->tp_name);
}

Ref proxy_get(Value v, const Value* a) { return call_method(mapping_of(v), "get"_id, {a[0], a[1] ? a[1] : none()}); }
Ref proxy_keys(Value v) { return call_method(mapping_of(v), "keys"_id); }
Ref proxy_values(Value v) { return call_method(mapping_of(v), "values"_id); }
Ref proxy_items(Value v) { return call_method(mapping_of(v), "items"_id); }
Ref proxy_copy(Value v) { return call_method(mapping_of(v), "copy"_id); }
Ref proxy_reversed(Value v) { return call_method(mapping_of(v), "__reversed__"_id); }
Ref proxy_class_getitem(Value cls, Value item) { return make_generic_alias(cls, item); }

const MethodRow methods[] = {
    method<proxy_get>("get", "($self, key, default=None, /)", "Return the value for key if key is in the mapping, else default."),
    method<proxy_keys>("keys", "", "D.keys() -> a set-like object providing a view on D's keys"),
    method<proxy_values>("values", "", "D.values() -> an object providing a view on D's values"),
    method<proxy_items>("items", "", "D.items() -> a set-like object providing a view on D's items"),
    method<proxy_copy>("copy", "", "D.copy() -> a shallow copy of D"),
    class_method<proxy_class_getitem>("__class_getitem__", "", "See PEP 585"),
    method<proxy_reversed>("__reversed__", "", "D.__reversed__() -> reverse iterator"),
    {}};

}  // namespace

Ref mapping_proxy(Value mapping) {
  PyObject* o = gc_new_raw(&PyDictProxy_Type, sizeof(MappingProxy));
  if (!o) return {};
  reinterpret_cast<MappingProxy*>(o)->mapping = to_field(mapping);
  gc_track(o);
  return Ref::steal(Value{o});
}

extern const TypeDef mapping_proxy_def;
const TypeDef mapping_proxy_def = {
    .type = &PyDictProxy_Type,
    .name = "mappingproxy",
    .basicsize = sizeof(MappingProxy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
    .doc = "Read-only proxy of a mapping.",
    .signature = "(mapping)",
    .dealloc = proxy_dealloc,
    .traverse = proxy_traverse,
    .slots = {.tp_repr = slot::Unary<proxy_repr>,
              .tp_hash = slot::Hash<proxy_hash>,
              .tp_str = slot::Unary<proxy_str>,
              .tp_richcompare = slot::Compare<proxy_compare>,
              .tp_iter = slot::Unary<proxy_iter>,
              .tp_new = slot::New<proxy_new>,
              .nb_or = slot::Binary<proxy_or>,
              .nb_inplace_or = slot::Binary<proxy_inplace_or>,
              .sq_contains = slot::Contains<proxy_contains>,
              .mp_length = slot::Length<proxy_length>,
              .mp_subscript = slot::Binary<proxy_subscript>},
    .methods = methods,
};

}  // namespace adder
