// types.SimpleNamespace.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" PyTypeObject _PyNamespace_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

struct Namespace {
  PyObject head;
  PyObject* dict;
};
Namespace* fields(Value v) { return v.as<Namespace>(); }

Ref ns_new(PyTypeObject* type, Args) {
  auto* ns = new_object<Namespace>(type);
  if (!ns) return nullptr;
  Ref self = Ref::steal(&ns->head);
  Ref dict = dict_new();
  if (!dict) return nullptr;
  ns->dict = dict.release().object();
  return self;
}

bool ns_init(Value self, Args args) {
  if (args.n) return raise(PyExc_TypeError, "no positional arguments expected");
  if (!args.kwnames) return true;
  for (Py_ssize_t i = 0, n = tuple_size(args.kwnames); i < n; i++) {
    if (!dict_set(fields(self)->dict, tuple_get(args.kwnames, i), args.v[i])) return false;
  }
  return true;
}

void ns_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_CLEAR(fields(o)->dict);
  Py_TYPE(o)->tp_free(o);
}
int ns_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(fields(o)->dict);
  return 0;
}
int ns_clear(PyObject* o) {
  Py_CLEAR(fields(o)->dict);
  return 0;
}

Ref ns_repr(Value self) {
  const char* name = type_of(self) == &_PyNamespace_Type ? "namespace" : type_of(self)->tp_name;
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_format("%s(...)", name) : Ref{};
  StrBuilder out;
  out.add_utf8(name);
  out.add_char('(');
  bool ok = true, first = true;
  Ref keys = dict_keys_list(fields(self)->dict);
  for (Py_ssize_t i = 0; keys && i < list_size(keys); i++) {
    Value key = list_get(keys, i);
    if (!is_str(key) || str_length(key) == 0) continue;
    Value v;
    int found = dict_lookup(fields(self)->dict, key, &v);
    if (found < 0) {
      ok = false;
      break;
    }
    if (!found) continue;
    Ref hold = Ref::copy(v);
    Ref text = repr(hold);
    if (!text) {
      ok = false;
      break;
    }
    if (!first) out.add_ascii(", ");
    first = false;
    out.add(key);
    out.add_char('=');
    out.add(text);
  }
  repr_leave(self);
  if (!keys || !ok) return nullptr;
  out.add_char(')');
  return out.finish();
}

Ref ns_compare(Value a, Value b, int op) {
  if (is_instance_exactly(a, &_PyNamespace_Type) && b.is_object() && is_instance_exactly(b, &_PyNamespace_Type)) {
    return compare(fields(a)->dict, fields(b)->dict, op);
  }
  return not_implemented_ref();
}

Ref ns_reduce(Value self) {
  Ref empty = tuple_empty();
  return tuple_of({Value{type_of(self)}, empty, Value{fields(self)->dict}});
}

Ref ns_dict(Value self) { return Ref::copy(fields(self)->dict); }

const MethodRow ns_methods[] = {method<ns_reduce>("__reduce__", "", "Return state information for pickling"), {}};
const GetSetRow ns_getset[] = {getset<ns_dict>("__dict__"), {}};

}  // namespace

extern const TypeDef namespace_def{
    .type = &_PyNamespace_Type,
    .name = "types.SimpleNamespace",
    .basicsize = sizeof(Namespace),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)",
    .dealloc = ns_dealloc,
    .traverse = ns_traverse,
    .clear = ns_clear,
    .dictoffset = offsetof(Namespace, dict),
    .slots = {.tp_repr = slot::Unary<ns_repr>,
              .tp_getattro = slot::GetAttr<generic_getattr>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_richcompare = slot::Compare<ns_compare>,
              .tp_init = slot::Init<ns_init>,
              .tp_new = slot::New<ns_new>},
    .methods = ns_methods,
    .getset = ns_getset,
};

Ref namespace_new(Value dict) {
  Ref self = ns_new(&_PyNamespace_Type, Args{});
  if (!self) return nullptr;
  if (dict && !dict_merge(fields(self)->dict, dict, 1)) return nullptr;
  return self;
}

}  // namespace adder
