// types.UnionType: int | str.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" PyTypeObject _PyUnion_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

struct Union {
  PyObject head;
  PyObject* args;        // tuple, flat and without repetitions
  PyObject* parameters;  // tuple or null: not yet computed
};
Union* fields(Value v) { return v.as<Union>(); }
bool is_union(Value v) { return is_exact(v, &_PyUnion_Type); }

bool can_join(Value v) { return is_none(v) || is_type(v) || is_generic_alias(v) || is_union(v); }

// Appends v, or the members of a union, unless an equal one is there.
bool add_member(Value list, Value v) {
  if (is_union(v)) {
    for (Py_ssize_t i = 0; i < tuple_size(fields(v)->args); i++) {
      if (!add_member(list, tuple_get(fields(v)->args, i))) return false;
    }
    return true;
  }
  if (is_none(v)) v = Value{&_PyNone_Type};
  for (Py_ssize_t i = 0; i < list_size(list); i++) {
    Value other = list_get(list, i);
    if (other == v) return true;
    // Equal but not identical ones are aliases only: list[int].
    if (is_generic_alias(other) && is_generic_alias(v)) {
      int same = equal(other, v);
      if (same < 0) return false;
      if (same) return true;
    }
  }
  return list_append(list, v);
}

Ref from_list(Value list) {
  if (list_size(list) == 1) return Ref::copy(list_get(list, 0));
  Ref args = list_to_tuple(list);
  if (!args) return nullptr;
  auto* u = new_object<Union>(&_PyUnion_Type);
  if (!u) return nullptr;
  u->args = args.release().object();
  return Ref::steal(&u->head);
}

Ref union_or(Value a, Value b) { return make_union(a, b); }

Py_hash_t union_hash(Value self) {
  Ref set = frozenset_new(fields(self)->args);
  return set ? hash(set) : -1;
}

Ref union_compare(Value a, Value b, int op) {
  if (!is_union(a) || !is_union(b) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  Ref x = set_new(fields(a)->args), y = set_new(fields(b)->args);
  if (!x || !y) return nullptr;
  return compare(x, y, op);
}

Ref union_repr(Value self) {
  StrBuilder out;
  PyObject* args = fields(self)->args;
  for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
    if (i) out.add_ascii(" | ");
    Value arg = tuple_get(args, i);
    Ref text = arg == Value{&_PyNone_Type} ? str_from_ascii("None") : repr_type_argument(arg);
    if (!text) return nullptr;
    out.add(text);
  }
  return out.finish();
}

bool no_generics(Value args, const char* function) {
  for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
    if (is_generic_alias(tuple_get(args, i))) return raise(PyExc_TypeError, "%s() argument 2 cannot be a parameterized generic", function);
  }
  return true;
}
Ref union_instancecheck(Value self, Value object) {
  Ref args = Ref::copy(fields(self)->args);
  if (!no_generics(args, "isinstance")) return nullptr;
  for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
    int r = is_instance(object, tuple_get(args, i));
    if (r < 0) return nullptr;
    if (r) return bool_ref(true);
  }
  return bool_ref(false);
}
Ref union_subclasscheck(Value self, Value cls) {
  if (!is_type(cls)) return raise(PyExc_TypeError, "issubclass() arg 1 must be a class");
  Ref args = Ref::copy(fields(self)->args);
  if (!no_generics(args, "issubclass")) return nullptr;
  for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
    int r = is_subclass(cls, tuple_get(args, i));
    if (r < 0) return nullptr;
    if (r) return bool_ref(true);
  }
  return bool_ref(false);
}

Ref get_parameters(Value self) {
  auto* u = fields(self);
  if (!u->parameters) {
    Ref p = alias_parameters(u->args);
    if (!p) return nullptr;
    u->parameters = p.release().object();
  }
  return Ref::copy(u->parameters);
}

Ref union_subscript(Value self, Value item) {
  Ref parameters = get_parameters(self);
  if (!parameters) return nullptr;
  Ref args = alias_substitute(self, fields(self)->args, parameters, item);
  if (!args) return nullptr;
  if (tuple_size(args) == 0) return raise(PyExc_TypeError, "Cannot take a Union of no types.");
  Ref r = Ref::copy(tuple_get(args, 0));
  for (Py_ssize_t i = 1; i < tuple_size(args); i++) {
    r = binary(BinaryOp::kOr, r, tuple_get(args, i));
    if (!r) return nullptr;
  }
  return r;
}

// The class's own __module__, so that pickling and typing see where UnionType lives.
Ref union_getattr(Value self, PyObject* name) {
  if (str_equals(name, "__module__")) return getattr(&_PyUnion_Type, name);
  return generic_getattr(self, name);
}

void union_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(fields(o)->args);
  Py_XDECREF(fields(o)->parameters);
  Py_TYPE(o)->tp_free(o);
}
int union_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->args);
  Py_VISIT(fields(o)->parameters);
  return 0;
}

PyMemberDef union_members[] = {{"__args__", T_OBJECT, offsetof(Union, args), READONLY, nullptr}, {nullptr, 0, 0, 0, nullptr}};
const MethodRow union_methods[] = {
    method<union_instancecheck>("__instancecheck__", "", ""), method<union_subclasscheck>("__subclasscheck__", "", ""), {}};
const GetSetRow union_getset[] = {getset<get_parameters>("__parameters__", "Type variables in the types.UnionType."), {}};

}  // namespace

Ref make_union(Value a, Value b) {
  if (!can_join(a) || !can_join(b)) return not_implemented_ref();
  Ref list = list_new();
  if (!list || !add_member(list, a) || !add_member(list, b)) return nullptr;
  return from_list(list);
}

Value union_args(Value u) { return fields(u)->args; }

extern const TypeDef union_def{
    .type = &_PyUnion_Type,
    .name = "types.UnionType",
    .basicsize = sizeof(Union),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .doc = "Represent a PEP 604 union type\n\nE.g. for int | str",
    .dealloc = union_dealloc,
    .traverse = union_traverse,
    .slots = {.tp_repr = slot::Unary<union_repr>,
              .tp_hash = slot::Hash<union_hash>,
              .tp_getattro = slot::GetAttr<union_getattr>,
              .tp_richcompare = slot::Compare<union_compare>,
              .nb_or = slot::Binary<union_or>,
              .mp_subscript = slot::Binary<union_subscript>},
    .methods = union_methods,
    .getset = union_getset,
    .members = union_members,
};

}  // namespace adder
