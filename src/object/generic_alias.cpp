// types.GenericAlias: list[int] and its kin. Parameters, substitution, forwarding to the origin.
#include <cstring>

#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" PyTypeObject Py_GenericAliasType = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {
namespace {

struct Alias {
  PyObject head;
  PyObject* origin;
  PyObject* args;        // tuple
  PyObject* parameters;  // tuple or null: not yet computed
  PyObject* weakrefs;
  bool starred;
};
Alias* alias(Value v) { return v.as<Alias>(); }

PyTypeObject alias_iterator_type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

Ref make(PyTypeObject* type, Value origin, Value args, bool starred) {
  Ref tuple = is_tuple(args) ? Ref::copy(args) : tuple_of({args});
  if (!tuple) return nullptr;
  PyObject* boxed = to_c(origin);
  if (!boxed) return nullptr;
  auto* a = new_object<Alias>(type);
  if (!a) {
    decref(boxed);
    return nullptr;
  }
  a->origin = boxed;
  a->args = tuple.release().object();
  a->starred = starred;
  return Ref::steal(&a->head);
}

// --- Type variables ---------------------------------------------------------------------------------------------------------
Py_ssize_t find(Value tuple, Py_ssize_t n, Value item) {
  for (Py_ssize_t i = 0; i < n; i++) {
    if (tuple_get(tuple, i) == item) return i;
  }
  return -1;
}

// Attribute `name` as a tuple; empty without exception if it is missing or something else.
Ref tuple_attribute(Value v, PyObject* name) {
  Ref r;
  if (lookup_attr(v, name, &r) < 0) return nullptr;
  if (r && !is_tuple(r)) return nullptr;
  return r;
}

// Appends to `list` what the arg stands for if it is *tuple[int, str], itself otherwise.
bool append_unpacked(Value list, Value arg) {
  if (!is_type(arg)) {
    Ref inner;
    if (lookup_attr(arg, "__typing_unpacked_tuple_args__"_id, &inner) < 0) return false;
    if (inner && is_tuple(inner)) {
      Py_ssize_t n = tuple_size(inner);
      if (!(n > 0 && tuple_get(inner, n - 1) == Value{Py_Ellipsis})) {
        for (Py_ssize_t i = 0; i < n; i++) {
          if (!list_append(list, tuple_get(inner, i))) return false;
        }
        return true;
      }
    }
  }
  return list_append(list, arg);
}

// One argument that is itself generic, with the variables of `parameters` replaced.
Ref substitute_inner(Value arg, Value parameters, Value items) {
  Ref inner = tuple_attribute(arg, "__parameters__"_id);
  if (!inner) return error_occurred() ? Ref{} : Ref::copy(arg);
  if (tuple_size(inner) == 0) return Ref::copy(arg);
  Ref list = list_new();
  if (!list) return nullptr;
  Py_ssize_t n = tuple_size(parameters);
  for (Py_ssize_t i = 0; i < tuple_size(inner); i++) {
    Value v = tuple_get(inner, i);
    Py_ssize_t at = find(parameters, n, v);
    if (at >= 0) {
      Value replacement = tuple_get(items, at);
      // A TypeVarTuple stands for any number of types.
      if (is_tuple(replacement) && slots_of(tuple_get(parameters, at)).tp_iter) {
        for (Py_ssize_t k = 0; k < tuple_size(replacement); k++) {
          if (!list_append(list, tuple_get(replacement, k))) return nullptr;
        }
        continue;
      }
      v = replacement;
    }
    if (!list_append(list, v)) return nullptr;
  }
  Ref key = list_to_tuple(list);
  return key ? get_item(arg, key) : Ref{};
}

}  // namespace

Ref alias_parameters(Value args) {
  Ref found = list_new();
  auto add = [&](Value v) {
    for (Py_ssize_t i = 0; i < list_size(found); i++) {
      if (list_get(found, i) == v) return true;
    }
    return list_append(found, v);
  };
  for (Py_ssize_t i = 0; found && i < tuple_size(args); i++) {
    Value t = tuple_get(args, i);
    if (is_type(t)) continue;  // classes may have these attributes for their instances
    Ref substitute;
    if (lookup_attr(t, "__typing_subst__"_id, &substitute) < 0) return nullptr;
    if (substitute) {
      if (!add(t)) return nullptr;
      continue;
    }
    Ref inner = tuple_attribute(t, "__parameters__"_id);
    if (!inner && error_occurred()) return nullptr;
    for (Py_ssize_t k = 0; inner && k < tuple_size(inner); k++) {
      if (!add(tuple_get(inner, k))) return nullptr;
    }
  }
  return found ? list_to_tuple(found) : Ref{};
}

Ref alias_substitute(Value self, Value args, Value parameters, Value item) {
  Py_ssize_t n = tuple_size(parameters);
  if (n == 0) return raise(PyExc_TypeError, "%R is not a generic class", self);
  Ref unpacked = list_new();
  if (!unpacked) return nullptr;
  if (is_tuple(item)) {
    for (Py_ssize_t i = 0; i < tuple_size(item); i++) {
      if (!append_unpacked(unpacked, tuple_get(item, i))) return nullptr;
    }
  } else if (!append_unpacked(unpacked, item)) {
    return nullptr;
  }
  Ref items = list_to_tuple(unpacked);
  if (!items) return nullptr;
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref prepare;
    if (lookup_attr(tuple_get(parameters, i), "__typing_prepare_subst__"_id, &prepare) < 0) return nullptr;
    if (prepare && !is_none(prepare)) {
      Ref given = std::move(items);
      items = call(prepare, {self, given});
      if (!items) return nullptr;
      if (!is_tuple(items)) items = tuple_of({items});
    }
  }
  Py_ssize_t given = tuple_size(items);
  if (given != n) {
    return raise(PyExc_TypeError, "Too %s arguments for %R; actual %zd, expected %zd", given > n ? "many" : "few", self, given, n);
  }
  Ref fresh = list_new(tuple_size(args));
  if (!fresh) return nullptr;
  for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
    Value arg = tuple_get(args, i);
    if (is_type(arg)) {
      if (!list_append(fresh, arg)) return nullptr;
      continue;
    }
    Ref flag, substitute;
    if (lookup_attr(arg, "__typing_is_unpacked_typevartuple__"_id, &flag) < 0) return nullptr;
    int unpack = flag ? is_true(flag) : 0;
    if (unpack < 0 || lookup_attr(arg, "__typing_subst__"_id, &substitute) < 0) return nullptr;
    Ref r;
    if (substitute) {
      Py_ssize_t at = find(parameters, n, arg);
      if (at < 0) return raise(PyExc_SystemError, "type variable %R is not among the parameters", arg);
      r = call1(substitute, tuple_get(items, at));
    } else {
      r = substitute_inner(arg, parameters, items);
    }
    if (!r) return nullptr;
    if (unpack && is_tuple(r)) {
      for (Py_ssize_t k = 0; k < tuple_size(r); k++) {
        if (!list_append(fresh, tuple_get(r, k))) return nullptr;
      }
    } else if (!list_append(fresh, r.get())) {
      return nullptr;
    }
  }
  return list_to_tuple(fresh);
}

// --- Text --------------------------------------------------------------------------------------------------------------------------
Ref repr_type_argument(Value v) {
  if (v == Value{Py_Ellipsis}) return str_from_ascii("...");
  Ref origin, args;
  if (lookup_attr(v, "__origin__"_id, &origin) < 0) return nullptr;
  if (origin) {
    if (lookup_attr(v, "__args__"_id, &args) < 0) return nullptr;
    if (args) return repr(v);  // it looks like an alias
  }
  Ref name, module;
  if (lookup_attr(v, "__qualname__"_id, &name) < 0) return nullptr;
  if (!name) return repr(v);
  if (lookup_attr(v, "__module__"_id, &module) < 0) return nullptr;
  if (!module || is_none(module)) return repr(v);
  if (is_str(module) && str_equals(module, "builtins")) return to_str(name);
  return str_format("%S.%S", module.get(), name.get());
}

namespace {

Ref alias_repr(Value self) {
  auto* a = alias(self);
  StrBuilder out;
  if (a->starred) out.add_char('*');
  Ref origin = from_c(a->origin);
  Ref text = repr_type_argument(origin);
  if (!text) return nullptr;
  out.add(text);
  out.add_char('[');
  Py_ssize_t n = tuple_size(a->args);
  for (Py_ssize_t i = 0; i < n; i++) {
    if (i) out.add_ascii(", ");
    Ref arg = Ref::copy(tuple_get(a->args, i));
    if (is_exact_list(arg)) {
      // The parameter list of a Callable over a ParamSpec.
      out.add_char('[');
      for (Py_ssize_t k = 0; k < list_size(arg); k++) {
        if (k) out.add_ascii(", ");
        Ref item = Ref::copy(list_get(arg, k));
        Ref item_text = repr_type_argument(item);
        if (!item_text) return nullptr;
        out.add(item_text);
      }
      out.add_char(']');
      continue;
    }
    Ref arg_text = repr_type_argument(arg);
    if (!arg_text) return nullptr;
    out.add(arg_text);
  }
  if (n == 0) out.add_ascii("()");
  out.add_char(']');
  return out.finish();
}

Py_hash_t alias_hash(Value self) {
  Ref origin = from_c(alias(self)->origin);
  Py_hash_t h0 = hash(origin);
  if (h0 == -1) return -1;
  Py_hash_t h1 = hash(alias(self)->args);
  return h1 == -1 ? -1 : h0 ^ h1;
}

Ref alias_call(Value self, Args args) {
  Ref origin = from_c(alias(self)->origin);
  Ref object = call(origin, args);
  if (!object) return nullptr;
  if (!setattr(object, "__orig_class__"_id, self)) {
    if (!error_matches(PyExc_AttributeError) && !error_matches(PyExc_TypeError)) return nullptr;
    clear_error();
  }
  return object;
}

// What an alias answers itself; all other attributes are the origin's.
constexpr const char* kOwn[] = {"__class__", "__bases__", "__origin__", "__args__", "__unpacked__", "__parameters__",
                                "__typing_unpacked_tuple_args__", "__mro_entries__", "__reduce_ex__", "__reduce__",
                                "__copy__", "__deepcopy__"};

Ref alias_getattr(Value self, PyObject* name) {
  for (const char* own : kOwn) {
    if (str_equals(name, own)) return generic_getattr(self, name);
  }
  Ref origin = from_c(alias(self)->origin);
  return getattr(origin, name);
}

Ref alias_compare(Value a, Value b, int op) {
  if (!is_generic_alias(a) || !is_generic_alias(b) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  bool same = alias(a)->starred == alias(b)->starred;
  if (same) {
    Ref x = from_c(alias(a)->origin), y = from_c(alias(b)->origin);
    int r = equal(x, y);
    if (r > 0) r = equal(alias(a)->args, alias(b)->args);
    if (r < 0) return nullptr;
    same = r;
  }
  return bool_ref(same == (op == Py_EQ));
}

Ref parameters_of(Value self) {
  auto* a = alias(self);
  if (!a->parameters) {
    Ref p = alias_parameters(a->args);
    if (!p) return nullptr;
    a->parameters = p.release().object();
  }
  return Ref::copy(a->parameters);
}

Ref alias_subscript(Value self, Value item) {
  Ref parameters = parameters_of(self);
  if (!parameters) return nullptr;
  Ref args = alias_substitute(self, alias(self)->args, parameters, item);
  if (!args) return nullptr;
  Ref origin = from_c(alias(self)->origin);
  return make(&Py_GenericAliasType, origin, args, alias(self)->starred);
}

Ref alias_mro_entries(Value self, Value) {
  Ref origin = from_c(alias(self)->origin);
  return tuple_of({origin});
}
Ref alias_instancecheck(Value, Value) { return raise(PyExc_TypeError, "isinstance() argument 2 cannot be a parameterized generic"); }
Ref alias_subclasscheck(Value, Value) { return raise(PyExc_TypeError, "issubclass() argument 2 cannot be a parameterized generic"); }

Ref alias_reduce(Value self) {
  auto* a = alias(self);
  Ref origin = from_c(a->origin);
  if (a->starred) {
    Ref plain = make(&Py_GenericAliasType, origin, a->args, false);
    Ref next_function = get_builtin("next"_id);
    if (!plain || !next_function) return nullptr;
    Ref it = iter(plain);
    if (!it) return nullptr;
    Ref args = tuple_of({it});
    return tuple_of({next_function, args});
  }
  Ref args = tuple_of({origin, Value{a->args}});
  return tuple_of({Value{type_of(self)}, args});
}

Ref alias_dir(Value self) {
  Ref origin = from_c(alias(self)->origin);
  Ref names = dir(origin);
  for (const char* own : kOwn) {
    if (!names) return nullptr;
    Ref name = intern(own);
    int there = contains(names, name);
    if (there < 0 || (!there && !list_append(names, name.get()))) return nullptr;
  }
  return names;
}

Ref get_unpacked_args(Value self) {
  auto* a = alias(self);
  if (a->starred && a->origin == reinterpret_cast<PyObject*>(&PyTuple_Type)) return Ref::copy(a->args);
  return none_ref();
}

Ref alias_or(Value a, Value b) { return make_union(a, b); }

Ref alias_new(PyTypeObject* type, Args args) {
  if (args.kwnames && tuple_size(args.kwnames)) return raise(PyExc_TypeError, "GenericAlias() takes no keyword arguments");
  if (args.n != 2) return raise(PyExc_TypeError, "GenericAlias expected 2 arguments, got %zu", args.n);
  return make(type, args[0], args[1], false);
}

void alias_dealloc(PyObject* o) {
  gc_untrack(o);
  if (alias(o)->weakrefs) clear_weakrefs(o);
  Py_XDECREF(alias(o)->origin);
  Py_XDECREF(alias(o)->args);
  Py_XDECREF(alias(o)->parameters);
  Py_TYPE(o)->tp_free(o);
}
int alias_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(alias(o)->origin);
  Py_VISIT(alias(o)->args);
  Py_VISIT(alias(o)->parameters);
  return 0;
}

// --- *list[int]: the iterator that gives one starred alias --------------------------------------------------------------------------
struct AliasIterator {
  PyObject head;
  PyObject* alias;  // null when exhausted
};

Ref alias_iter(Value self) {
  auto* it = new_object<AliasIterator>(&alias_iterator_type);
  if (!it) return nullptr;
  incref(self);
  it->alias = self.object();
  return Ref::steal(&it->head);
}
Ref iterator_next(Value self) {
  auto* it = self.as<AliasIterator>();
  if (!it->alias) return nullptr;
  Ref a = Ref::steal(it->alias);
  it->alias = nullptr;
  Ref origin = from_c(alias(a)->origin);
  return make(&Py_GenericAliasType, origin, alias(a)->args, true);
}
Ref iterator_self(Value self) { return Ref::copy(self); }
Ref iterator_reduce(Value self) {
  Ref iter_function = get_builtin("iter"_id);
  if (!iter_function) return nullptr;
  PyObject* a = self.as<AliasIterator>()->alias;
  Ref of = a ? Ref::copy(a) : tuple_empty();
  Ref args = tuple_of({of});
  return tuple_of({iter_function, args});
}
void iterator_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(reinterpret_cast<AliasIterator*>(o)->alias);
  gc_free(o);
}
int iterator_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<AliasIterator*>(o)->alias);
  return 0;
}

const MethodRow iterator_methods[] = {method<iterator_reduce>("__reduce__", "", ""), {}};
const MethodRow alias_methods[] = {
    method<alias_mro_entries>("__mro_entries__", "", ""),
    method<alias_instancecheck>("__instancecheck__", "", ""),
    method<alias_subclasscheck>("__subclasscheck__", "", ""),
    method<alias_reduce>("__reduce__", "", ""),
    method<alias_dir>("__dir__", "", ""),
    {}};
const GetSetRow alias_getset[] = {
    getset<parameters_of>("__parameters__", "Type variables in the GenericAlias."),
    getset<get_unpacked_args>("__typing_unpacked_tuple_args__"),
    {}};
PyMemberDef alias_members[] = {{"__origin__", T_OBJECT, offsetof(Alias, origin), READONLY, nullptr},
                               {"__args__", T_OBJECT, offsetof(Alias, args), READONLY, nullptr},
                               {"__unpacked__", T_BOOL, offsetof(Alias, starred), READONLY, nullptr},
                               {nullptr, 0, 0, 0, nullptr}};

}  // namespace

Ref make_generic_alias(Value origin, Value args) { return make(&Py_GenericAliasType, origin, args, false); }
bool is_generic_alias(Value v) { return v.is_object() && is_instance_exactly(v, &Py_GenericAliasType); }

extern const TypeDef generic_alias_def{
    .type = &Py_GenericAliasType,
    .name = "types.GenericAlias",
    .basicsize = sizeof(Alias),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    .signature = "(origin, args, /)",
    .dealloc = alias_dealloc,
    .traverse = alias_traverse,
    .weaklistoffset = offsetof(Alias, weakrefs),
    .slots = {.tp_repr = slot::Unary<alias_repr>,
              .tp_hash = slot::Hash<alias_hash>,
              .tp_call = slot::Call<alias_call>,
              .tp_getattro = slot::GetAttr<alias_getattr>,
              .tp_richcompare = slot::Compare<alias_compare>,
              .tp_iter = slot::Unary<alias_iter>,
              .tp_new = slot::New<alias_new>,
              .nb_or = slot::Binary<alias_or>,
              .mp_subscript = slot::Binary<alias_subscript>},
    .methods = alias_methods,
    .getset = alias_getset,
    .members = alias_members,
};
extern const TypeDef generic_alias_iterator_def{
    .type = &alias_iterator_type,
    .name = "generic_alias_iterator",
    .basicsize = sizeof(AliasIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<iterator_self>, .tp_iternext = slot::Next<iterator_next>},
    .methods = iterator_methods,
};

}  // namespace adder
