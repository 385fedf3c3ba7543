// The module _functools: partial, reduce, cmp_to_key. lru_cache is in _functools_cache.cpp.
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/small_types.h"
#include "object/type.h"

namespace adder {

extern const TypeDef lru_cache_def, lru_link_def;

namespace {

// --- partial ---------------------------------------------------------------------------------------------------------------
ADDER_TYPE(partial_type);
struct Partial {
  PyObject head;
  PyObject* function;
  PyObject* args;      // tuple
  PyObject* keywords;  // dict
  PyObject* dict;
  PyObject* weakrefs;
};
Partial* partial(Value v) { return v.as<Partial>(); }

Ref partial_new(PyTypeObject* type, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "type 'partial' takes at least one argument");
  Value function = args[0];
  if (!is_callable(function)) return raise(PyExc_TypeError, "the first argument must be callable");
  // A partial of a plain partial becomes one.
  Value inner_args, inner_keywords;
  if (type == &partial_type && is_exact(function, &partial_type) && !partial(function)->dict) {
    inner_args = partial(function)->args;
    inner_keywords = partial(function)->keywords;
    function = partial(function)->function;
  }
  Ref all = list_new();
  if (!all) return nullptr;
  if (inner_args && !list_extend(all, inner_args)) return nullptr;
  for (size_t i = 1; i < args.n; i++) {
    if (!list_append(all, args[i])) return nullptr;
  }
  Ref tuple = list_to_tuple(all);
  Ref keywords = inner_keywords ? dict_copy(inner_keywords) : dict_new();
  if (!tuple || !keywords) return nullptr;
  for (Py_ssize_t i = 0; args.kwnames && i < tuple_size(args.kwnames); i++) {
    if (!dict_set(keywords, tuple_get(args.kwnames, i), args.v[args.n + static_cast<size_t>(i)])) return nullptr;
  }
  auto* p = new_object<Partial>(type);
  if (!p) return nullptr;
  incref(function);
  p->function = function.object();
  p->args = tuple.release().object();
  p->keywords = keywords.release().object();
  return Ref::steal(&p->head);
}

// The stored arguments, then the call's; keywords of the call win over stored ones.
Ref partial_call(Value self, Args args) {
  RecursionGuard guard(" while calling a Python object");
  if (!guard.ok) return {};
  auto* p = partial(self);
  Ref function = Ref::copy(p->function), stored = Ref::copy(p->args), keywords = Ref::copy(p->keywords);
  size_t n = static_cast<size_t>(tuple_size(stored)), named = static_cast<size_t>(dict_size(keywords));
  size_t given = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (n == 0 && named == 0) return call(function, args);
  if (named == 0) {
    constexpr size_t kSmall = 12;
    size_t total = n + args.n + given;
    Value small[kSmall];
    Value* words = total <= kSmall ? small : static_cast<Value*>(object_malloc(total * sizeof(Value)));
    if (!words) return raise_no_memory();
    for (size_t i = 0; i < n; i++) words[i] = tuple_get(stored, static_cast<Py_ssize_t>(i));
    for (size_t i = 0; i < args.n + given; i++) words[n + i] = args.v[i];
    Ref r = call(function, Args{words, n + args.n, args.kwnames});
    if (words != small) object_free(words);
    return r;
  }
  Ref merged = dict_copy(keywords);
  Ref all = merged ? list_new(static_cast<Py_ssize_t>(n + args.n)) : Ref{};
  if (!all || !list_extend(all, stored)) return nullptr;
  for (size_t i = 0; i < args.n; i++) {
    if (!list_append(all, args[i])) return nullptr;
  }
  for (size_t i = 0; i < given; i++) {
    if (!dict_set(merged, tuple_get(args.kwnames, static_cast<Py_ssize_t>(i)), args.v[args.n + i])) return nullptr;
  }
  Ref tuple = list_to_tuple(all);
  return tuple ? call_tuple_dict(function, tuple, merged) : Ref{};
}

Ref partial_repr(Value self) {
  auto* p = partial(self);
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_from_ascii("...") : Ref{};
  auto build = [&]() -> Ref {
    StrBuilder out;
    Ref function = repr(p->function);
    if (!function) return nullptr;
    out.add_utf8(type_of(self)->tp_name);
    out.add_char('(');
    out.add(function);
    Ref args = Ref::copy(p->args);
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
      Ref text = repr(tuple_get(args, i));
      if (!text) return nullptr;
      out.add_ascii(", ");
      out.add(text);
    }
    Ref items = dict_items_list(p->keywords);
    for (Py_ssize_t i = 0; items && i < list_size(items); i++) {
      Value pair = list_get(items, i);
      Ref key = to_str(tuple_get(pair, 0));
      Ref text = key ? repr(tuple_get(pair, 1)) : Ref{};
      if (!text) return nullptr;
      out.add_ascii(", ");
      out.add(key);
      out.add_char('=');
      out.add(text);
    }
    out.add_char(')');
    return items ? out.finish() : Ref{};
  };
  Ref r = build();
  repr_leave(self);
  return r;
}

Ref partial_reduce(Value self) {
  auto* p = partial(self);
  Ref args = tuple_of({Value{p->function}});
  Ref state = tuple_of({Value{p->function}, Value{p->args}, Value{p->keywords}, p->dict ? Value{p->dict} : none()});
  return tuple_of({Value{type_of(self)}, args, state});
}

void replace(PyObject*& field, Ref v) {
  PyObject* old = field;
  field = v.release().object();
  Py_XDECREF(old);
}

Ref partial_setstate(Value self, Value state) {
  auto* p = partial(self);
  bool ok = is_tuple(state) && tuple_size(state) == 4;
  if (ok) {
    Value function = tuple_get(state, 0), args = tuple_get(state, 1), keywords = tuple_get(state, 2), dict = tuple_get(state, 3);
    ok = is_callable(function) && is_tuple(args) && (is_none(keywords) || is_dict(keywords));
    if (ok) {
      Ref new_args = is_exact_tuple(args) ? Ref::copy(args) : tuple_slice(args, 0, tuple_size(args));
      Ref new_keywords = is_none(keywords) ? dict_new() : is_exact_dict(keywords) ? Ref::copy(keywords) : dict_copy(keywords);
      if (!new_args || !new_keywords) return nullptr;
      replace(p->function, Ref::copy(function));
      replace(p->args, std::move(new_args));
      replace(p->keywords, std::move(new_keywords));
      replace(p->dict, is_none(dict) ? Ref{} : Ref::copy(dict));
      return none_ref();
    }
  }
  return raise(PyExc_TypeError, "invalid partial state");
}

void partial_dealloc(PyObject* o) {
  gc_untrack(o);
  if (partial(o)->weakrefs) clear_weakrefs(o);
  Py_XDECREF(partial(o)->function);
  Py_XDECREF(partial(o)->args);
  Py_XDECREF(partial(o)->keywords);
  Py_XDECREF(partial(o)->dict);
  Py_TYPE(o)->tp_free(o);
}
int partial_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(partial(o)->function);
  Py_VISIT(partial(o)->args);
  Py_VISIT(partial(o)->keywords);
  Py_VISIT(partial(o)->dict);
  return 0;
}
int partial_clear(PyObject* o) {
  Py_CLEAR(partial(o)->dict);
  return 0;
}

Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }
Ref get_dict(Value self) { return instance_dict(self); }
bool set_dict(Value self, Value v) {
  if (!v) return raise(PyExc_TypeError, "cannot delete __dict__");
  if (!is_dict(v)) return raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%N'", type_of(v));
  replace(partial(self)->dict, Ref::copy(v));
  return true;
}

const MethodRow partial_methods[] = {method<partial_reduce>("__reduce__", "", ""),
                                     method<partial_setstate>("__setstate__", "", ""),
                                     class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
                                     {}};
const GetSetRow partial_getset[] = {getset<get_dict, set_dict>("__dict__"), {}};
PyMemberDef partial_members[] = {
    {"func", T_OBJECT, offsetof(Partial, function), READONLY, "function object to use in future partial calls"},
    {"args", T_OBJECT, offsetof(Partial, args), READONLY, "tuple of arguments to future partial calls"},
    {"keywords", T_OBJECT, offsetof(Partial, keywords), READONLY, "dictionary of keyword arguments to future partial calls"},
    {nullptr, 0, 0, 0, nullptr}};
const TypeDef partial_def{
    .type = &partial_type,
    .name = "functools.partial",
    .basicsize = sizeof(Partial),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .doc = "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n",
    .dealloc = partial_dealloc,
    .traverse = partial_traverse,
    .clear = partial_clear,
    .weaklistoffset = offsetof(Partial, weakrefs),
    .dictoffset = offsetof(Partial, dict),
    .slots = {.tp_repr = slot::Unary<partial_repr>,
              .tp_call = slot::Call<partial_call>,
              .tp_getattro = slot::GetAttr<generic_getattr>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_new = slot::New<partial_new>},
    .methods = partial_methods,
    .getset = partial_getset,
    .members = partial_members,
};

// --- cmp_to_key ------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(key_type);
struct Key {
  PyObject head;
  Value cmp, object;  // object absent: the maker of keys
};
Key* key(Value v) { return v.as<Key>(); }

Ref key_make(Value cmp, Value object) {
  auto* k = new_object<Key>(&key_type);
  if (!k) return nullptr;
  k->cmp = Ref::copy(cmp).release();
  k->object = Ref::copy(object).release();
  return Ref::steal(&k->head);
}
Ref key_call(Value self, Args args) {
  Value a[1];
  if (!bind_arguments("K", args, {"obj"}, 1, a)) return nullptr;
  return key_make(key(self)->cmp, a[0]);
}
Ref key_compare(Value a, Value b, int op) {
  if (!is_exact(b, &key_type)) return raise(PyExc_TypeError, "other argument must be K instance");
  Ref x = Ref::copy(key(a)->object), y = Ref::copy(key(b)->object);
  if (!x || !y) return raise(PyExc_AttributeError, "object");
  Ref order = call(key(a)->cmp, {x, y});
  return order ? compare(order, Value::from_int(0), op) : Ref{};
}
void key_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &key_dealloc};
  if (guard.deferred) return;
  clear_slot(key(o)->cmp);
  clear_slot(key(o)->object);
  Py_TYPE(o)->tp_free(o);
}
int key_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(key(o)->cmp);
  ADDER_VISIT(key(o)->object);
  return 0;
}
Ref key_get_object(Value self) { return key(self)->object ? Ref::copy(key(self)->object) : none_ref(); }
bool key_set_object(Value self, Value v) {
  assign(key(self)->object, Ref::copy(v));
  return true;
}
const GetSetRow key_getset[] = {getset<key_get_object, key_set_object>("obj", "Value wrapped by a key function."), {}};
const TypeDef key_def{
    .type = &key_type,
    .name = "functools.KeyWrapper",
    .basicsize = sizeof(Key),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = key_dealloc,
    .traverse = key_traverse,
    .slots = {.tp_hash = slot::Hash<hash_not_implemented>, .tp_call = slot::Call<key_call>, .tp_richcompare = slot::Compare<key_compare>},
    .getset = key_getset,
};

Ref cmp_to_key(Value, const Value* a) { return key_make(a[0], Value{}); }

// --- reduce -----------------------------------------------------------------------------------------------------------------------
Ref reduce(Value, Args args) {
  if (!positional_only("reduce", args, 2, 3)) return nullptr;
  Ref it = iter(args[1]);
  if (!it) {
    if (error_matches(PyExc_TypeError)) raise(PyExc_TypeError, "reduce() arg 2 must support iteration");
    return nullptr;
  }
  Ref result = args.n > 2 ? Ref::copy(args[2]) : Ref{};
  while (Ref item = next(it)) {
    if (!result) {
      result = std::move(item);
      continue;
    }
    result = call(args[0], {result, item});
    if (!result) return nullptr;
  }
  if (error_occurred()) return nullptr;
  if (!result) return raise(PyExc_TypeError, "reduce() of empty iterable with no initial value");
  return result;
}

const MethodRow functions[] = {
    method<reduce>("reduce", "",
                   "reduce(function, iterable[, initial]) -> value\n\n"
                   "Apply a function of two arguments cumulatively to the items of a sequence\nor iterable, from left to right, so as to reduce the iterable to a single\n"
                   "value.  For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5]) calculates\n((((1+2)+3)+4)+5).  If initial is present, it is placed before the items\n"
                   "of the iterable in the calculation, and serves as a default when the\niterable is empty."),
    method<cmp_to_key>("cmp_to_key", "($module, /, mycmp)",
                       "Convert a cmp= function into a key= function.\n\n  mycmp\n    Function that compares two objects."),
    {}};

bool exec(PyObject* module) {
  return module_add_type(module, partial_def) && module_add_type(module, lru_cache_def) && ready_type(lru_link_def) && ready_type(key_def);
}

}  // namespace

extern const ModuleDef functools_module{
    .name = "_functools", .doc = "Tools that operate on functions.", .methods = functions, .exec = exec};

}  // namespace adder
