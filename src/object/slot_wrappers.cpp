// Slots as methods: the table of special methods, wrapper_descriptor (`int.__add__`), method-wrapper (`(1).__add__`) and
// the builtin `__new__` of types.
#include <cstring>
#include <iterator>
#include "object/foreign.h"
#include "object/type_impl.h"

namespace adder {

// --- The table ----------------------------------------------------------------------------------------------------------
Dunder dunders[] = {
#define ADDER_DUNDER(name_, slot_, generic_, wrapper_, signature_, doc_) \
  {{name_, 0, nullptr, nullptr, doc_, 0, nullptr}, SlotId::slot_, WrapKind::wrapper_, nullptr, signature_},
#include "object/slot_methods.def"
};
const size_t dunder_count = std::size(dunders);

void init_dunders() {
  if (dunders[0].base.name_strobj) return;
  for (size_t i = 0; i < dunder_count; i++) {
    dunders[i].base.offset = static_cast<int>(i);
    dunders[i].base.name_strobj = intern_static(dunders[i].base.name, strlen(dunders[i].base.name));
  }
  fill_generic_thunks();
}

bool is_dunder_of_slot(PyObject* name) {
  Value v{name};
  Py_ssize_t n = str_length(v);
  if (n < 6 || str_char(v, 0) != '_' || str_char(v, 1) != '_' || str_char(v, n - 1) != '_') return false;
  if (name == "__del__"_id) return true;
  for (size_t i = 0; i < dunder_count; i++) {
    if (dunders[i].name() == name) return true;
  }
  return false;
}

// --- Where the C fields are ----------------------------------------------------------------------------------------------
namespace {
struct Place {
  uint8_t suite;  // 0 direct, 1 number, 2 sequence, 3 mapping, 4 async
  uint16_t offset;
};
#define ADDER_PLACE_direct(name) {0, offsetof(PyTypeObject, name)}
#define ADDER_PLACE_as_number(name) {1, offsetof(PyNumberMethods, name)}
#define ADDER_PLACE_as_sequence(name) {2, offsetof(PySequenceMethods, name)}
#define ADDER_PLACE_as_mapping(name) {3, offsetof(PyMappingMethods, name)}
#define ADDER_PLACE_as_async(name) {4, offsetof(PyAsyncMethods, name)}
constexpr Place places[] = {
#define ADDER_SLOT(kind, name, suite) ADDER_PLACE_##suite(name),
#include "object/slots.def"
};
}  // namespace

void** c_slot(PyTypeObject* t, SlotId slot) {
  Place p = places[static_cast<size_t>(slot)];
  void* base = p.suite == 0   ? static_cast<void*>(t)
               : p.suite == 1 ? static_cast<void*>(t->tp_as_number)
               : p.suite == 2 ? static_cast<void*>(t->tp_as_sequence)
               : p.suite == 3 ? static_cast<void*>(t->tp_as_mapping)
                              : static_cast<void*>(t->tp_as_async);
  return base ? reinterpret_cast<void**>(static_cast<char*>(base) + p.offset) : nullptr;
}

// --- Calling a slot as a method -------------------------------------------------------------------------------------------
namespace {

bool check_count(Args a, size_t n) {
  if (a.n == n) return true;
  return raise(PyExc_TypeError, "expected %zd argument%s, got %zd", n, n == 1 ? "" : "s", a.n);
}
bool check_range(Args a, size_t low, size_t high) {
  if (a.n >= low && a.n <= high) return true;
  if (a.n < low) return raise(PyExc_TypeError, "expected at least %zd argument%s, got %zd", low, low == 1 ? "" : "s", a.n);
  return raise(PyExc_TypeError, "expected at most %zd argument%s, got %zd", high, high == 1 ? "" : "s", a.n);
}

// object.__setattr__ must not be used to get round a type's own.
bool allowed_setattr(Value self, void* wrapped, const char* what) {
  PyTypeObject* t = type_of(self);
  while (t && is_heap(t)) t = t->tp_base;
  if (t && reinterpret_cast<void*>(t->tp_setattro) != wrapped) {
    return raise(PyExc_TypeError, "can't apply this %s to %N object", what, type_of(self));
  }
  return true;
}

bool sequence_index(Value self, Value arg, Py_ssize_t* out) {
  Py_ssize_t i;
  if (!index_as_ssize(arg, &i, PyExc_OverflowError)) return false;
  if (i < 0) {
    if (LengthFn length = slots_of(self).sq_length) {
      Py_ssize_t n = length(self);
      if (n < 0) return false;
      i += n;
    }
  }
  *out = i;
  return true;
}

Ref done(bool ok) { return ok ? none_ref() : Ref{}; }

Ref call_slot(const Dunder& d, void* wrapped, void* v, Value self, Args a) {
#define CALL(K, ...) \
  (v ? reinterpret_cast<K##Fn>(v)(__VA_ARGS__) : foreign::K(reinterpret_cast<K##C>(wrapped), __VA_ARGS__))
  switch (d.wrap) {
    case WrapKind::none: return bad_internal_call("slot wrapper");
    case WrapKind::unary: return check_count(a, 0) ? CALL(Unary, self) : Ref{};
    case WrapKind::binary:
    case WrapKind::binary_l: return check_count(a, 1) ? CALL(Binary, self, a[0]) : Ref{};
    case WrapKind::binary_r: return check_count(a, 1) ? CALL(Binary, a[0], self) : Ref{};
    case WrapKind::ternary:
      return check_range(a, 1, 2) ? CALL(Ternary, self, a[0], a.n > 1 ? a[1] : none()) : Ref{};
    case WrapKind::ternary_r:
      return check_range(a, 1, 2) ? CALL(Ternary, a[0], self, a.n > 1 ? a[1] : none()) : Ref{};
    case WrapKind::inquiry: {
      if (!check_count(a, 0)) return {};
      int r = CALL(Inquiry, self);
      return r < 0 ? Ref{} : bool_ref(r);
    }
    case WrapKind::hash: {
      if (!check_count(a, 0)) return {};
      Py_hash_t h = CALL(Hash, self);
      return h == -1 && error_occurred() ? Ref{} : int_from_i64(h);
    }
    case WrapKind::length: {
      if (!check_count(a, 0)) return {};
      Py_ssize_t n = CALL(Length, self);
      return n < 0 && error_occurred() ? Ref{} : int_from_i64(n);
    }
    case WrapKind::lt:
    case WrapKind::le:
    case WrapKind::eq:
    case WrapKind::ne:
    case WrapKind::gt:
    case WrapKind::ge: {
      static constexpr int kOps[] = {Py_LT, Py_LE, Py_EQ, Py_NE, Py_GT, Py_GE};
      int op = kOps[static_cast<int>(d.wrap) - static_cast<int>(WrapKind::lt)];
      return check_count(a, 1) ? CALL(Compare, self, a[0], op) : Ref{};
    }
    case WrapKind::call: return CALL(Call, self, a);
    case WrapKind::init: return done(CALL(Init, self, a));
    case WrapKind::getattr: {
      if (!check_count(a, 1)) return {};
      if (!is_str(a[0])) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(a[0])->tp_name);
      return CALL(GetAttr, self, a[0].object());
    }
    case WrapKind::setattr:
      if (!check_count(a, 2) || !allowed_setattr(self, wrapped, "__setattr__")) return {};
      if (!is_str(a[0])) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(a[0])->tp_name);
      return done(CALL(SetAttr, self, a[0].object(), a[1]));
    case WrapKind::delattr:
      if (!check_count(a, 1) || !allowed_setattr(self, wrapped, "__delattr__")) return {};
      if (!is_str(a[0])) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(a[0])->tp_name);
      return done(CALL(SetAttr, self, a[0].object(), Value{}));
    case WrapKind::next: {
      if (!check_count(a, 0)) return {};
      Ref r = CALL(Next, self);
      if (!r && !error_occurred()) return raise_none(PyExc_StopIteration);
      return r;
    }
    case WrapKind::descr_get: {
      if (!check_range(a, 1, 2)) return {};
      Value object = is_none(a[0]) ? Value{} : a[0], type = a.n < 2 || is_none(a[1]) ? Value{} : a[1];
      if (!object && !type) return raise(PyExc_TypeError, "__get__(None, None) is invalid");
      return CALL(DescrGet, self, object, type);
    }
    case WrapKind::descr_set: return check_count(a, 2) ? done(CALL(DescrSet, self, a[0], a[1])) : Ref{};
    case WrapKind::descr_delete: return check_count(a, 1) ? done(CALL(DescrSet, self, a[0], Value{})) : Ref{};
    case WrapKind::setitem: return check_count(a, 2) ? done(CALL(StoreItem, self, a[0], a[1])) : Ref{};
    case WrapKind::delitem: return check_count(a, 1) ? done(CALL(StoreItem, self, a[0], Value{})) : Ref{};
    case WrapKind::sq_item: {
      Py_ssize_t i;
      return check_count(a, 1) && sequence_index(self, a[0], &i) ? CALL(Index, self, i) : Ref{};
    }
    case WrapKind::sq_setitem: {
      Py_ssize_t i;
      return check_count(a, 2) && sequence_index(self, a[0], &i) ? done(CALL(StoreIndex, self, i, a[1])) : Ref{};
    }
    case WrapKind::sq_delitem: {
      Py_ssize_t i;
      return check_count(a, 1) && sequence_index(self, a[0], &i) ? done(CALL(StoreIndex, self, i, Value{})) : Ref{};
    }
    case WrapKind::index_arg: {
      Py_ssize_t i;
      return check_count(a, 1) && index_as_ssize(a[0], &i, PyExc_OverflowError) ? CALL(Index, self, i) : Ref{};
    }
    case WrapKind::contains: {
      if (!check_count(a, 1)) return {};
      int r = CALL(Contains, self, a[0]);
      return r < 0 ? Ref{} : bool_ref(r);
    }
    case WrapKind::del: return none_ref();
  }
  return {};
#undef CALL
}

Ref call_wrapper(WrapperDescr* w, Value self, Args args) {
  const Dunder& d = *dunder_of(w);
  if (args.kwnames && d.wrap != WrapKind::call && d.wrap != WrapKind::init && tuple_size(Value{args.kwnames})) {
    return raise(PyExc_TypeError, "wrapper %s() takes no keyword arguments", d.base.name);
  }
  RecursionGuard guard(" while calling a Python object");
  return guard.ok ? call_slot(d, w->c.d_wrapped, w->value, self, args) : Ref{};
}

// --- wrapper_descriptor ---------------------------------------------------------------------------------------------------
Ref wrapper_call(Value callable, Args args) {
  auto* w = callable.as<WrapperDescr>();
  PyTypeObject* owner = w->c.d_common.d_type;
  Value name{w->c.d_common.d_name};
  if (args.n < 1) {
    return raise(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument", name, owner->tp_name);
  }
  Value self = args[0];
  if (!is_instance_exactly(self, owner)) {
    return raise(PyExc_TypeError, "descriptor '%U' requires a '%.100s' object but received a '%.100s'", name, owner->tp_name,
                 type_of(self)->tp_name);
  }
  return call_wrapper(w, self, rest(args));
}

struct MethodWrapper {
  PyObject head;
  WrapperDescr* descr;
  PyObject* self;
};

Ref wrapper_get(Value descr, Value object, Value) {
  if (object.absent()) return Ref::copy(descr);
  auto* w = descr.as<WrapperDescr>();
  if (!is_instance_exactly(object, w->c.d_common.d_type)) {
    return raise(PyExc_TypeError, "descriptor '%U' for '%.100s' objects doesn't apply to a '%.100s' object",
                 Value{w->c.d_common.d_name}, w->c.d_common.d_type->tp_name, type_of(object)->tp_name);
  }
  auto* m = reinterpret_cast<MethodWrapper*>(gc_new_raw(&_PyMethodWrapper_Type, sizeof(MethodWrapper)));
  if (!m) return {};
  incref(descr);
  m->descr = w;
  m->self = to_field(object);
  gc_track(&m->head);
  return Ref::steal(Value{&m->head});
}

Ref wrapper_repr(Value v) {
  auto* w = v.as<WrapperDescr>();
  return str_format("<slot wrapper '%U' of '%s' objects>", Value{w->c.d_common.d_name}, w->c.d_common.d_type->tp_name);
}

// --- method-wrapper -------------------------------------------------------------------------------------------------------
void method_wrapper_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &method_wrapper_dealloc};
  if (guard.deferred) return;
  auto* m = reinterpret_cast<MethodWrapper*>(o);
  decref(reinterpret_cast<PyObject*>(m->descr));
  decref(m->self);
  gc_free(o);
}
int method_wrapper_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* m = reinterpret_cast<MethodWrapper*>(o);
  ADDER_VISIT(reinterpret_cast<PyObject*>(m->descr));
  ADDER_VISIT(m->self);
  return 0;
}
Ref method_wrapper_call(Value callable, Args args) {
  auto* m = callable.as<MethodWrapper>();
  return call_wrapper(m->descr, from_c_borrowed(m->self), args);
}
Ref method_wrapper_repr(Value v) {
  auto* m = v.as<MethodWrapper>();
  return str_format("<method-wrapper '%U' of %s object at %p>", Value{m->descr->c.d_common.d_name}, m->self->ob_type->tp_name,
                    m->self);
}
Ref method_wrapper_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_exact(b, &_PyMethodWrapper_Type)) return not_implemented_ref();
  auto *x = a.as<MethodWrapper>(), *y = b.as<MethodWrapper>();
  bool same = x->descr == y->descr && from_c_borrowed(x->self) == from_c_borrowed(y->self);
  return bool_ref(same == (op == Py_EQ));
}
Py_hash_t method_wrapper_hash(Value v) {
  auto* m = v.as<MethodWrapper>();
  auto h = static_cast<Py_hash_t>((reinterpret_cast<uintptr_t>(m->self) ^ reinterpret_cast<uintptr_t>(m->descr)) >> 4);
  return h == -1 ? -2 : h;
}
Ref method_wrapper_self(Value v) { return from_c(v.as<MethodWrapper>()->self); }
Ref method_wrapper_objclass(Value v) {
  return Ref::copy(Value{v.as<MethodWrapper>()->descr->c.d_common.d_type});
}
Ref doc_of(WrapperDescr* d) { return str_from_utf8(doc_without_signature(d->c.d_base->name, d->c.d_base->doc)); }
Ref wrapper_doc(Value v) { return doc_of(v.as<WrapperDescr>()); }
Ref wrapper_signature(Value v) { return str_from_utf8(dunder_of(v.as<WrapperDescr>())->signature); }
Ref method_wrapper_doc(Value v) { return doc_of(v.as<MethodWrapper>()->descr); }
Ref method_wrapper_signature(Value v) { return str_from_utf8(dunder_of(v.as<MethodWrapper>()->descr)->signature); }
Ref method_wrapper_name(Value v) { return Ref::copy(Value{v.as<MethodWrapper>()->descr->c.d_common.d_name}); }
Ref method_wrapper_qualname(Value v) {
  return getattr(Value{reinterpret_cast<PyObject*>(v.as<MethodWrapper>()->descr)}, "__qualname__"_id);
}
Ref method_wrapper_reduce(Value v) {
  Ref builtins = hooks.import_module("builtins"_id);
  if (!builtins) return {};
  Ref f = getattr(builtins, "getattr"_id);
  if (!f) return {};
  auto* m = v.as<MethodWrapper>();
  Ref args = tuple_of({from_c_borrowed(m->self), Value{m->descr->c.d_common.d_name}});
  return args ? tuple_of({f.get(), args.get()}) : Ref{};
}

const GetSetRow wrapper_getset[] = {getset<descr_qualname>("__qualname__"), getset<wrapper_doc>("__doc__"), getset<wrapper_signature>("__text_signature__"), {}};
const GetSetRow method_wrapper_getset[] = {getset<method_wrapper_objclass>("__objclass__"),
                                           getset<method_wrapper_name>("__name__"),
                                           getset<method_wrapper_qualname>("__qualname__"),
                                           getset<method_wrapper_doc>("__doc__"),
                                           getset<method_wrapper_signature>("__text_signature__"),
                                           getset<method_wrapper_self>("__self__"),
                                           {}};
const MethodRow method_wrapper_methods[] = {method<method_wrapper_reduce>("__reduce__", "($self, /)", ""), {}};

}  // namespace

}  // namespace adder

extern "C" {
PyTypeObject PyWrapperDescr_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyMethodWrapper_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

extern const TypeDef wrapper_descr_def, method_wrapper_def;
const TypeDef wrapper_descr_def = {
    .type = &PyWrapperDescr_Type,
    .name = "wrapper_descriptor",
    .basicsize = sizeof(WrapperDescr),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .dealloc = descr_dealloc,
    .traverse = descr_traverse,
    .slots = {.tp_repr = slot::Unary<wrapper_repr>, .tp_call = slot::Call<wrapper_call>, .tp_descr_get = slot::DescrGet<wrapper_get>},
    .methods = descr_methods,
    .getset = wrapper_getset,
    .members = descr_members,
};
const TypeDef method_wrapper_def = {
    .type = &_PyMethodWrapper_Type,
    .name = "method-wrapper",
    .basicsize = sizeof(MethodWrapper),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = method_wrapper_dealloc,
    .traverse = method_wrapper_traverse,
    .slots = {.tp_repr = slot::Unary<method_wrapper_repr>,
              .tp_hash = slot::Hash<method_wrapper_hash>,
              .tp_call = slot::Call<method_wrapper_call>,
              .tp_richcompare = slot::Compare<method_wrapper_compare>},
    .methods = method_wrapper_methods,
    .getset = method_wrapper_getset,
};

Ref make_wrapper_descr(PyTypeObject* type, const Dunder& dunder, void* wrapped) {
  auto* w = reinterpret_cast<WrapperDescr*>(gc_new_raw(&PyWrapperDescr_Type, sizeof(WrapperDescr)));
  if (!w) return {};
  incref(Value{type});
  incref(Value{dunder.name()});
  w->c.d_common.d_type = type;
  w->c.d_common.d_name = dunder.name();
  w->c.d_common.d_qualname = nullptr;
  w->c.d_base = const_cast<wrapperbase*>(&dunder.base);
  w->c.d_wrapped = wrapped;
  w->value = value_slot_of(wrapped);
  auto* o = reinterpret_cast<PyObject*>(w);
  gc_track(o);
  return Ref::steal(Value{o});
}

// --- __new__ --------------------------------------------------------------------------------------------------------------
Ref call_new(PyTypeObject* owner, PyTypeObject* type, Args args) {
  newfunc c = owner->tp_new;
  if (void* v = value_slot_of(reinterpret_cast<void*>(c))) return reinterpret_cast<NewFn>(v)(type, args);
  return foreign::New(c, type, args);
}

static Ref new_wrapper(Value self, Args args) {
  auto* owner = self.as<PyTypeObject>();
  if (!is_type(self)) return raise(PyExc_SystemError, "__new__() called with non-type 'self'");
  if (args.n < 1) return raise(PyExc_TypeError, "%s.__new__(): not enough arguments", owner->tp_name);
  Value first = args[0];
  if (!is_type(first)) {
    return raise(PyExc_TypeError, "%s.__new__(X): X is not a type object (%s)", owner->tp_name, type_of(first)->tp_name);
  }
  auto* type = first.as<PyTypeObject>();
  if (!is_subtype(type, owner)) {
    return raise(PyExc_TypeError, "%s.__new__(%s): %s is not a subtype of %s", owner->tp_name, type->tp_name, type->tp_name,
                 owner->tp_name);
  }
  // Heap types' own slot only looks up __new__; what counts is the builtin base that lays out the instance.
  PyTypeObject* base = type;
  while (base && is_generic_new(base)) base = base->tp_base;
  if (base && base->tp_new != owner->tp_new) {
    return raise(PyExc_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()", owner->tp_name, type->tp_name, base->tp_name);
  }
  return call_new(owner, type, rest(args));
}

static const MethodRow new_row = method<new_wrapper>(
    "__new__", "($type, *args, **kwargs)", "Create and return a new object.  See help(type) for accurate signature.");

Ref make_new_wrapper(PyTypeObject* type) { return make_builtin(new_row, Value{type}, Value{}); }
bool is_new_wrapper(Value v) {
  return is_exact(v, &PyCFunction_Type) && v.as<PyCFunctionObject>()->m_ml == &new_row.c;
}

bool add_slot_wrappers(PyTypeObject* type) {
  init_dunders();
  Value dict{type->tp_dict};
  for (size_t i = 0; i < dunder_count; i++) {
    const Dunder& d = dunders[i];
    if (d.wrap == WrapKind::none) continue;
    void* c = c_slot_value(type, d.slot);
    if (!c || dict_get_str(dict, d.name())) continue;
    if (d.slot == SlotId::tp_hash && is_unhashable(type)) {
      if (!dict_set_str(dict, d.name(), none())) return false;
      continue;
    }
    Ref w = make_wrapper_descr(type, d, c);
    if (!w || !dict_set_str(dict, d.name(), w)) return false;
  }
  if (type->tp_new && !dict_get_str(dict, "__new__"_id)) {
    Ref f = make_new_wrapper(type);
    if (!f || !dict_set_str(dict, "__new__"_id, f)) return false;
  }
  return true;
}

}  // namespace adder
