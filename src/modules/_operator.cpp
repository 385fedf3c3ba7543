// The module _operator: the operators as functions, and the getters.
#include "memory/gc.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"

namespace adder {
namespace {

#define ADDER_BINARY(name, text, op)                                                      \
  Ref o_##name(Value, Args args) {                                                        \
    return positional_only(text, args, 2, 2) ? binary(BinaryOp::op, args[0], args[1]) : Ref{}; \
  }
#define ADDER_INPLACE(name, op)                                                            \
  Ref o_##name(Value, Args args) {                                                         \
    return positional_only(#name, args, 2, 2) ? inplace(BinaryOp::op, args[0], args[1]) : Ref{}; \
  }
#define ADDER_COMPARE(name, op) \
  Ref o_##name(Value, Args args) { return positional_only(#name, args, 2, 2) ? compare(args[0], args[1], op) : Ref{}; }
ADDER_BINARY(add, "add", kAdd)
ADDER_BINARY(sub, "sub", kSubtract)
ADDER_BINARY(mul, "mul", kMultiply)
ADDER_BINARY(matmul, "matmul", kMatrixMultiply)
ADDER_BINARY(truediv, "truediv", kTrueDivide)
ADDER_BINARY(floordiv, "floordiv", kFloorDivide)
ADDER_BINARY(mod, "mod", kRemainder)
ADDER_BINARY(pow, "pow", kPower)
ADDER_BINARY(lshift, "lshift", kLeftShift)
ADDER_BINARY(rshift, "rshift", kRightShift)
ADDER_BINARY(and, "and_", kAnd)
ADDER_BINARY(or, "or_", kOr)
ADDER_BINARY(xor, "xor", kXor)
ADDER_INPLACE(iadd, kAdd)
ADDER_INPLACE(isub, kSubtract)
ADDER_INPLACE(imul, kMultiply)
ADDER_INPLACE(imatmul, kMatrixMultiply)
ADDER_INPLACE(itruediv, kTrueDivide)
ADDER_INPLACE(ifloordiv, kFloorDivide)
ADDER_INPLACE(imod, kRemainder)
ADDER_INPLACE(ipow, kPower)
ADDER_INPLACE(ilshift, kLeftShift)
ADDER_INPLACE(irshift, kRightShift)
ADDER_INPLACE(iand, kAnd)
ADDER_INPLACE(ior, kOr)
ADDER_INPLACE(ixor, kXor)
ADDER_COMPARE(lt, Py_LT)
ADDER_COMPARE(le, Py_LE)
ADDER_COMPARE(eq, Py_EQ)
ADDER_COMPARE(ne, Py_NE)
ADDER_COMPARE(gt, Py_GT)
ADDER_COMPARE(ge, Py_GE)

Ref o_neg(Value, Value x) { return negative(x); }
Ref o_pos(Value, Value x) { return positive(x); }
Ref o_abs(Value, Value x) { return absolute(x); }
Ref o_invert(Value, Value x) { return invert(x); }
Ref o_index(Value, Value x) { return index(x); }
Ref o_truth(Value, Value x) {
  int t = is_true(x);
  return t < 0 ? Ref{} : bool_ref(t);
}
Ref o_not(Value, Value x) {
  int t = is_true(x);
  return t < 0 ? Ref{} : bool_ref(!t);
}
Ref o_is(Value, Args args) { return positional_only("is_", args, 2, 2) ? bool_ref(args[0] == args[1]) : Ref{}; }
Ref o_is_not(Value, Args args) { return positional_only("is_not", args, 2, 2) ? bool_ref(args[0] != args[1]) : Ref{}; }
Ref o_contains(Value, Args args) {
  if (!positional_only("contains", args, 2, 2)) return nullptr;
  int r = contains(args[0], args[1]);
  return r < 0 ? Ref{} : bool_ref(r);
}
Ref o_getitem(Value, Args args) { return positional_only("getitem", args, 2, 2) ? get_item(args[0], args[1]) : Ref{}; }
Ref o_setitem(Value, Args args) {
  return positional_only("setitem", args, 3, 3) && set_item(args[0], args[1], args[2]) ? none_ref() : Ref{};
}
Ref o_delitem(Value, Args args) { return positional_only("delitem", args, 2, 2) && delete_item(args[0], args[1]) ? none_ref() : Ref{}; }
Ref o_concat(Value, Args args) { return positional_only("concat", args, 2, 2) ? sequence_concat(args[0], args[1]) : Ref{}; }
Ref o_iconcat(Value, Args args) {
  if (!positional_only("iconcat", args, 2, 2)) return nullptr;
  if (BinaryFn f = slots_of(args[0]).sq_inplace_concat) return f(args[0], args[1]);
  if (is_sequence(args[0]) && is_sequence(args[1]) && !slots_of(args[0]).sq_concat) return inplace(BinaryOp::kAdd, args[0], args[1]);
  return sequence_concat(args[0], args[1]);
}
Ref o_count_of(Value, Args args) {
  if (!positional_only("countOf", args, 2, 2)) return nullptr;
  Py_ssize_t n = count_in(args[0], args[1]);
  return n < 0 ? Ref{} : int_from_ssize(n);
}
Ref o_index_of(Value, Args args) {
  if (!positional_only("indexOf", args, 2, 2)) return nullptr;
  Py_ssize_t n = index_in(args[0], args[1]);
  return n < 0 ? Ref{} : int_from_ssize(n);
}
Ref o_length_hint(Value, Args args) {
  if (!positional_only("length_hint", args, 1, 2)) return nullptr;
  Py_ssize_t fallback = 0;
  if (args.n > 1 && !as_ssize(args[1], &fallback)) return nullptr;
  Py_ssize_t n = length_hint(args[0], fallback);
  if (n == -1 && error_occurred()) return nullptr;
  return int_from_ssize(n);
}
Ref o_call(Value, Args args) {
  if (!count_between("call", args.n, 1, SIZE_MAX)) return nullptr;
  return call(args[0], Args{args.v + 1, args.n - 1, args.kwnames});
}

// Takes the same time wherever the difference is.
Ref o_compare_digest(Value, Args args) {
  if (!positional_only("_compare_digest", args, 2, 2)) return nullptr;
  auto same = [](std::string_view a, std::string_view b) {
    volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
    std::string_view left = a.size() == b.size() ? a : b;
    for (size_t i = 0; i < b.size(); i++) difference = static_cast<unsigned char>(difference | (left[i] ^ b[i]));
    return difference == 0;
  };
  if (is_str(args[0]) && is_str(args[1])) {
    if (!str_is_ascii(args[0]) || !str_is_ascii(args[1])) {
      return raise(PyExc_TypeError, "comparing strings with non-ASCII characters is not supported");
    }
    return bool_ref(same({static_cast<char*>(str_data(args[0])), static_cast<size_t>(str_length(args[0]))},
                         {static_cast<char*>(str_data(args[1])), static_cast<size_t>(str_length(args[1]))}));
  }
  if (!has_buffer(args[0]) && !has_buffer(args[1])) {
    return raise(PyExc_TypeError, "unsupported operand types(s) or combination of types: '%N' and '%N'", type_of(args[0]), type_of(args[1]));
  }
  BufferView a, b;
  if (!a.get(args[0]) || !b.get(args[1])) return nullptr;
  return bool_ref(same(a.text(), b.text()));
}

// --- itemgetter, attrgetter, methodcaller -----------------------------------------------------------------------------------------
struct Getter {
  PyObject head;
  Value items;     // tuple: keys; names (attrgetter: str, or a tuple of the parts of a dotted name); arguments
  Value name;      // methodcaller's method
  Value keywords;  // methodcaller's, a dict or absent
};
Getter* getter(Value v) { return v.as<Getter>(); }
void getter_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &getter_dealloc};
  if (guard.deferred) return;
  clear_slot(getter(o)->items);
  clear_slot(getter(o)->name);
  clear_slot(getter(o)->keywords);
  Py_TYPE(o)->tp_free(o);
}
int getter_traverse(PyObject* o, visitproc visit, void* arg) {
  ADDER_VISIT(getter(o)->items);
  ADDER_VISIT(getter(o)->name);
  ADDER_VISIT(getter(o)->keywords);
  return 0;
}

ADDER_TYPE(itemgetter_type);
Ref itemgetter_new(PyTypeObject* type, Args args) {
  if (!reject_keywords("itemgetter", args)) return nullptr;
  if (args.n < 1) return raise(PyExc_TypeError, "itemgetter expected 1 argument, got 0");
  Ref items = tuple_from(args.v, static_cast<Py_ssize_t>(args.n));
  if (!items) return nullptr;
  auto* g = new_object<Getter>(type);
  if (!g) return nullptr;
  g->items = items.release();
  return Ref::steal(&g->head);
}
Ref itemgetter_call(Value self, Args args) {
  if (!positional_only("itemgetter", args, 1, 1)) return nullptr;
  Value items = getter(self)->items;
  Py_ssize_t n = tuple_size(items);
  if (ADDER_LIKELY(n == 1)) return get_item(args[0], tuple_get(items, 0));
  Ref result = tuple_new(n);
  for (Py_ssize_t i = 0; result && i < n; i++) {
    Ref v = get_item(args[0], tuple_get(items, i));
    if (!v) return nullptr;
    tuple_init(result, i, std::move(v));
  }
  return result;
}
Ref itemgetter_repr(Value self) {
  const char* name = type_of(self)->tp_name;
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_format("%s(...)", name) : Ref{};
  Value items = getter(self)->items;
  Ref r = tuple_size(items) == 1 ? str_format("%s(%R)", name, tuple_get(items, 0)) : str_format("%s%R", name, items);
  repr_leave(self);
  return r;
}
Ref itemgetter_reduce(Value self) { return tuple_of({Value{type_of(self)}, getter(self)->items}); }
const MethodRow itemgetter_methods[] = {method<itemgetter_reduce>("__reduce__", "", "Return state information for pickling"), {}};

ADDER_TYPE(attrgetter_type);
Ref attrgetter_new(PyTypeObject* type, Args args) {
  if (!reject_keywords("attrgetter", args)) return nullptr;
  if (args.n < 1) return raise(PyExc_TypeError, "attrgetter expected 1 argument, got 0");
  Ref names = tuple_new(static_cast<Py_ssize_t>(args.n));
  if (!names) return nullptr;
  for (size_t i = 0; i < args.n; i++) {
    if (!is_str(args[i])) return raise(PyExc_TypeError, "attribute name must be a string");
    Py_ssize_t n = str_length(args[i]), start = 0;
    Ref parts;
    for (Py_ssize_t k = 0; k <= n; k++) {
      if (k < n && str_char(args[i], k) != '.') continue;
      if (k == n && start == 0) break;  // no dot
      if (!parts && !(parts = list_new())) return nullptr;
      Ref part = str_substring(args[i], start, k);
      if (!part) return nullptr;
      if (!list_append(parts, intern(std::move(part)))) return nullptr;
      start = k + 1;
    }
    Ref entry = parts ? list_to_tuple(parts) : is_exact_str(args[i]) ? intern(Ref::copy(args[i])) : Ref::copy(args[i]);
    if (!entry) return nullptr;
    tuple_init(names, static_cast<Py_ssize_t>(i), std::move(entry));
  }
  auto* g = new_object<Getter>(type);
  if (!g) return nullptr;
  g->items = names.release();
  return Ref::steal(&g->head);
}
Ref dotted(Value object, Value name) {
  if (!is_tuple(name)) return getattr(object, name.object());
  Ref r = Ref::copy(object);
  for (Py_ssize_t i = 0; r && i < tuple_size(name); i++) r = getattr(r, tuple_get(name, i).object());
  return r;
}
Ref attrgetter_call(Value self, Args args) {
  if (!positional_only("attrgetter", args, 1, 1)) return nullptr;
  Value names = getter(self)->items;
  Py_ssize_t n = tuple_size(names);
  if (n == 1) return dotted(args[0], tuple_get(names, 0));
  Ref result = tuple_new(n);
  for (Py_ssize_t i = 0; result && i < n; i++) {
    Ref v = dotted(args[0], tuple_get(names, i));
    if (!v) return nullptr;
    tuple_init(result, i, std::move(v));
  }
  return result;
}
// The names as they were given.
Ref attrgetter_names(Value self) {
  Value names = getter(self)->items;
  Ref dot = str_from_ascii(".");
  Ref result = tuple_new(tuple_size(names));
  for (Py_ssize_t i = 0; result && i < tuple_size(names); i++) {
    Value name = tuple_get(names, i);
    Ref text = is_tuple(name) ? str_join(dot, name) : Ref::copy(name);
    if (!text) return nullptr;
    tuple_init(result, i, std::move(text));
  }
  return result;
}
Ref attrgetter_repr(Value self) {
  const char* name = type_of(self)->tp_name;
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_format("%s(...)", name) : Ref{};
  Ref names = attrgetter_names(self);
  Ref r;
  if (names) r = tuple_size(names) == 1 ? str_format("%s(%R)", name, tuple_get(names, 0)) : str_format("%s%R", name, names.get());
  repr_leave(self);
  return r;
}
Ref attrgetter_reduce(Value self) {
  Ref names = attrgetter_names(self);
  return names ? tuple_of({Value{type_of(self)}, names}) : Ref{};
}
const MethodRow attrgetter_methods[] = {method<attrgetter_reduce>("__reduce__", "", "Return state information for pickling"), {}};

ADDER_TYPE(methodcaller_type);
Ref methodcaller_new(PyTypeObject* type, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "methodcaller needs at least one argument, the method name");
  if (!is_str(args[0])) return raise(PyExc_TypeError, "method name must be a string");
  Ref rest = tuple_from(args.v + 1, static_cast<Py_ssize_t>(args.n - 1));
  Ref name = is_exact_str(args[0]) ? intern(Ref::copy(args[0])) : Ref::copy(args[0]);
  if (!rest || !name) return nullptr;
  Ref keywords;
  if (args.kwnames && tuple_size(args.kwnames)) {
    keywords = dict_new();
    for (Py_ssize_t i = 0; keywords && i < tuple_size(args.kwnames); i++) {
      if (!dict_set(keywords, tuple_get(args.kwnames, i), args.v[args.n + static_cast<size_t>(i)])) return nullptr;
    }
    if (!keywords) return nullptr;
  }
  auto* g = new_object<Getter>(type);
  if (!g) return nullptr;
  g->items = rest.release();
  g->name = name.release();
  g->keywords = keywords.release();
  return Ref::steal(&g->head);
}
Ref methodcaller_call(Value self, Args args) {
  if (!positional_only("methodcaller", args, 1, 1)) return nullptr;
  auto* g = getter(self);
  if (!g->keywords && tuple_size(g->items) == 0) return call_method(args[0], g->name.object());
  Ref bound = getattr(args[0], g->name.object());
  return bound ? call_tuple_dict(bound, g->items, g->keywords) : Ref{};
}
Ref methodcaller_repr(Value self) {
  auto* g = getter(self);
  const char* name = type_of(self)->tp_name;
  int entered = repr_enter(self);
  if (entered != 0) return entered > 0 ? str_format("%s(...)", name) : Ref{};
  auto build = [&]() -> Ref {
    StrBuilder out;
    Ref method_name = repr(g->name);
    if (!method_name) return nullptr;
    out.add_utf8(name);
    out.add_char('(');
    out.add(method_name);
    for (Py_ssize_t i = 0; i < tuple_size(g->items); i++) {
      Ref text = repr(tuple_get(g->items, i));
      if (!text) return nullptr;
      out.add_ascii(", ");
      out.add(text);
    }
    Ref pairs = g->keywords ? dict_items_list(g->keywords) : list_new();
    for (Py_ssize_t i = 0; pairs && i < list_size(pairs); i++) {
      Value pair = list_get(pairs, i);
      Ref text = repr(tuple_get(pair, 1));
      if (!text) return nullptr;
      out.add_ascii(", ");
      out.add(tuple_get(pair, 0));
      out.add_char('=');
      out.add(text);
    }
    out.add_char(')');
    return out.finish();
  };
  Ref r = build();
  repr_leave(self);
  return r;
}
Ref methodcaller_reduce(Value self) {
  auto* g = getter(self);
  if (!g->keywords) {
    Ref list = list_of({g->name});
    if (!list || !list_extend(list, g->items)) return nullptr;
    Ref args = list_to_tuple(list);
    return tuple_of({Value{type_of(self)}, args});
  }
  Ref partial = get_builtin("__import__"_id);
  Ref module_name = str_from_ascii("functools");
  Ref module = partial ? call1(partial, module_name) : Ref{};
  Ref make = module ? getattr(module, "partial"_id) : Ref{};
  if (!make) return nullptr;
  Ref head = tuple_of({Value{type_of(self)}, g->name});
  Ref constructor = call_tuple_dict(make, head, g->keywords);
  return constructor ? tuple_of({constructor, g->items}) : Ref{};
}
const MethodRow methodcaller_methods[] = {method<methodcaller_reduce>("__reduce__", "", "Return state information for pickling"), {}};

#define ADDER_GETTER(prefix, Doc)                                                                                        \
  const TypeDef prefix##_def{                                                                                            \
      .type = &prefix##_type, .name = "operator." #prefix, .basicsize = sizeof(Getter),                                  \
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .doc = Doc, .dealloc = getter_dealloc,                           \
      .traverse = getter_traverse,                                                                                       \
      .slots = {.tp_repr = slot::Unary<prefix##_repr>, .tp_call = slot::Call<prefix##_call>,                             \
                .tp_new = slot::New<prefix##_new>},                                                                      \
      .methods = prefix##_methods}
ADDER_GETTER(itemgetter,
             "itemgetter(item, ...) --> itemgetter object\n\nReturn a callable object that fetches the given item(s) from its operand.\n"
             "After f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])");
ADDER_GETTER(attrgetter,
             "attrgetter(attr, ...) --> attrgetter object\n\nReturn a callable object that fetches the given attribute(s) from its operand.\n"
             "After f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\n"
             "After h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last).");
ADDER_GETTER(methodcaller,
             "methodcaller(name, ...) --> methodcaller object\n\nReturn a callable object that calls the given method on its operand.\n"
             "After f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\n"
             "r.name('date', foo=1).");

const MethodRow functions[] = {
    method<o_truth>("truth", "($module, a, /)", "Return True if a is true, False otherwise."),
    method<o_contains>("contains", "($module, a, b, /)", "Same as b in a (note reversed operands)."),
    method<o_index_of>("indexOf", "($module, a, b, /)", "Return the first index of b in a."),
    method<o_count_of>("countOf", "($module, a, b, /)", "Return the number of items in a which are, or which equal, b."),
    method<o_is>("is_", "($module, a, b, /)", "Same as a is b."),
    method<o_is_not>("is_not", "($module, a, b, /)", "Same as a is not b."),
    method<o_add>("add", "($module, a, b, /)", "Same as a + b."),
    method<o_sub>("sub", "($module, a, b, /)", "Same as a - b."),
    method<o_mul>("mul", "($module, a, b, /)", "Same as a * b."),
    method<o_matmul>("matmul", "($module, a, b, /)", "Same as a @ b."),
    method<o_floordiv>("floordiv", "($module, a, b, /)", "Same as a // b."),
    method<o_truediv>("truediv", "($module, a, b, /)", "Same as a / b."),
    method<o_mod>("mod", "($module, a, b, /)", "Same as a % b."),
    method<o_neg>("neg", "($module, a, /)", "Same as -a."),
    method<o_pos>("pos", "($module, a, /)", "Same as +a."),
    method<o_abs>("abs", "($module, a, /)", "Same as abs(a)."),
    method<o_invert>("inv", "($module, a, /)", "Same as ~a."),
    method<o_invert>("invert", "($module, a, /)", "Same as ~a."),
    method<o_lshift>("lshift", "($module, a, b, /)", "Same as a << b."),
    method<o_rshift>("rshift", "($module, a, b, /)", "Same as a >> b."),
    method<o_not>("not_", "($module, a, /)", "Same as not a."),
    method<o_and>("and_", "($module, a, b, /)", "Same as a & b."),
    method<o_xor>("xor", "($module, a, b, /)", "Same as a ^ b."),
    method<o_or>("or_", "($module, a, b, /)", "Same as a | b."),
    method<o_iadd>("iadd", "($module, a, b, /)", "Same as a += b."),
    method<o_isub>("isub", "($module, a, b, /)", "Same as a -= b."),
    method<o_imul>("imul", "($module, a, b, /)", "Same as a *= b."),
    method<o_imatmul>("imatmul", "($module, a, b, /)", "Same as a @= b."),
    method<o_ifloordiv>("ifloordiv", "($module, a, b, /)", "Same as a //= b."),
    method<o_itruediv>("itruediv", "($module, a, b, /)", "Same as a /= b."),
    method<o_imod>("imod", "($module, a, b, /)", "Same as a %= b."),
    method<o_ilshift>("ilshift", "($module, a, b, /)", "Same as a <<= b."),
    method<o_irshift>("irshift", "($module, a, b, /)", "Same as a >>= b."),
    method<o_iand>("iand", "($module, a, b, /)", "Same as a &= b."),
    method<o_ixor>("ixor", "($module, a, b, /)", "Same as a ^= b."),
    method<o_ior>("ior", "($module, a, b, /)", "Same as a |= b."),
    method<o_concat>("concat", "($module, a, b, /)", "Same as a + b, for a and b sequences."),
    method<o_iconcat>("iconcat", "($module, a, b, /)", "Same as a += b, for a and b sequences."),
    method<o_getitem>("getitem", "($module, a, b, /)", "Same as a[b]."),
    method<o_setitem>("setitem", "($module, a, b, c, /)", "Same as a[b] = c."),
    method<o_delitem>("delitem", "($module, a, b, /)", "Same as del a[b]."),
    method<o_pow>("pow", "($module, a, b, /)", "Same as a ** b."),
    method<o_ipow>("ipow", "($module, a, b, /)", "Same as a **= b."),
    method<o_lt>("lt", "($module, a, b, /)", "Same as a < b."),
    method<o_le>("le", "($module, a, b, /)", "Same as a <= b."),
    method<o_eq>("eq", "($module, a, b, /)", "Same as a == b."),
    method<o_ne>("ne", "($module, a, b, /)", "Same as a != b."),
    method<o_gt>("gt", "($module, a, b, /)", "Same as a > b."),
    method<o_ge>("ge", "($module, a, b, /)", "Same as a >= b."),
    method<o_index>("index", "($module, a, /)", "Same as a.__index__()"),
    method<o_compare_digest>("_compare_digest", "($module, a, b, /)",
                             "Return 'a == b'.\n\nThis function uses an approach designed to prevent\ntiming analysis, making it appropriate for cryptography.\n\n"
                             "a and b must both be of the same type: either str (ASCII only),\nor any bytes-like object.\n\n"
                             "Note: If a and b are of different lengths, or if an error occurs,\na timing attack could theoretically reveal information about the\n"
                             "types and lengths of a and b--but not their values."),
    method<o_length_hint>("length_hint", "($module, obj, default=0, /)",
                          "Return an estimate of the number of items in obj.\n\nThis is useful for presizing containers when building from an iterable.\n\n"
                          "If the object supports len(), the result will be exact.\nOtherwise, it may over- or under-estimate by an arbitrary amount."),
    method<o_call>("call", "($module, obj, /, *args, **kwargs)", "Same as obj(*args, **kwargs)."),
    {}};

bool exec(PyObject* module) {
  return module_add_type(module, itemgetter_def) && module_add_type(module, attrgetter_def) && module_add_type(module, methodcaller_def);
}

}  // namespace

extern const ModuleDef operator_module{
    .name = "_operator",
    .doc = "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\n"
           "is equivalent to the expression x+y.",
    .methods = functions,
    .exec = exec};

}  // namespace adder
