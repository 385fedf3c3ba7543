// The slots of Python-defined classes: each looks the special method up on the type and calls it; and the decision which
// slot a class gets when its attributes are set or change.
#include <cstdlib>
#include <cstring>
#include <iterator>
#include "object/type_impl.h"

namespace adder {

// --- Finding and calling special methods ----------------------------------------------------------------------------------
SpecialMethod find_special(Value self, PyObject* name) {
  PyTypeObject* type = type_of(self);
  SpecialMethod m;
  Value f = type_lookup(type, name);
  if (!f) return m;
  if (!f.is_object()) {
    m.function = Ref::copy(f);
    return m;
  }
  PyTypeObject* ft = f.object()->ob_type;
  if (type_has(ft, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
    m.function = Ref::copy(f);
    m.unbound = true;
    return m;
  }
  DescrGetFn get = slots_of(ft).tp_descr_get;
  Ref keep = Ref::copy(f);
  m.function = get ? get(f, self, Value{type}) : std::move(keep);
  return m;
}

Ref call_special(const SpecialMethod& m, Value self, std::initializer_list<Value> args) {
  Value words[5];
  size_t n = 0;
  if (m.unbound) words[n++] = self;
  for (Value v : args) words[n++] = v;
  return call(m.function, Args{words, n, nullptr});
}

Ref lookup_special(Value object, PyObject* name) {
  PyTypeObject* type = type_of(object);
  Value f = type_lookup(type, name);
  if (!f) return {};
  Ref keep = Ref::copy(f);
  if (DescrGetFn get = slots_of(f).tp_descr_get) return get(f, object, Value{type});
  return keep;
}

namespace {

// A method that must exist: AttributeError otherwise.
Ref call_required(Value self, PyObject* name, std::initializer_list<Value> args) {
  SpecialMethod m = find_special(self, name);
  if (!m) {
    if (!error_occurred()) raise_value(PyExc_AttributeError, Value{name});
    return {};
  }
  return call_special(m, self, args);
}
// A method whose absence means NotImplemented.
Ref call_optional(Value self, PyObject* name, std::initializer_list<Value> args) {
  SpecialMethod m = find_special(self, name);
  if (!m) return error_occurred() ? Ref{} : not_implemented_ref();
  return call_special(m, self, args);
}

// Whether the right operand's class overrides the reflected method (so that it goes first).
bool overrides(Value left, Value right, PyObject* name) {
  Value b = type_lookup(type_of(right), name);
  if (!b) return false;
  Value a = type_lookup(type_of(left), name);
  return !a || a.bits != b.bits;
}

template <auto Field, BinaryFn Self>
Ref binary_slot(Value self, Value other, PyObject* name, PyObject* reflected) {
  PyTypeObject *ts = type_of(self), *to = type_of(other);
  bool do_other = ts != to && slots_of(to).*Field == Self;
  if (slots_of(ts).*Field == Self) {
    if (do_other && is_subtype(to, ts) && overrides(self, other, reflected)) {
      Ref r = call_optional(other, reflected, {self});
      if (!r || r.get() != not_implemented()) return r;
      do_other = false;
    }
    Ref r = call_optional(self, name, {other});
    if (!r || r.get() != not_implemented() || to == ts) return r;
  }
  if (do_other) return call_optional(other, reflected, {self});
  return not_implemented_ref();
}

#define BINARY(field, name)                                                                      \
  Ref slot_##field(Value a, Value b) {                                                           \
    return binary_slot<&Slots::field, &slot_##field>(a, b, "__" name "__"_id, "__r" name "__"_id); \
  }
BINARY(nb_add, "add")
BINARY(nb_subtract, "sub")
BINARY(nb_multiply, "mul")
BINARY(nb_remainder, "mod")
BINARY(nb_divmod, "divmod")
BINARY(nb_lshift, "lshift")
BINARY(nb_rshift, "rshift")
BINARY(nb_and, "and")
BINARY(nb_xor, "xor")
BINARY(nb_or, "or")
BINARY(nb_floor_divide, "floordiv")
BINARY(nb_true_divide, "truediv")
BINARY(nb_matrix_multiply, "matmul")
#undef BINARY

Ref slot_nb_power(Value a, Value b, Value modulus);
Ref slot_power_binary(Value a, Value b) {
  PyObject *name = "__pow__"_id, *reflected = "__rpow__"_id;
  PyTypeObject *ta = type_of(a), *tb = type_of(b);
  bool do_other = ta != tb && slots_of(tb).nb_power == &slot_nb_power;
  if (slots_of(ta).nb_power == &slot_nb_power) {
    if (do_other && is_subtype(tb, ta) && overrides(a, b, reflected)) {
      Ref r = call_optional(b, reflected, {a});
      if (!r || r.get() != not_implemented()) return r;
      do_other = false;
    }
    Ref r = call_optional(a, name, {b});
    if (!r || r.get() != not_implemented() || ta == tb) return r;
  }
  if (do_other) return call_optional(b, reflected, {a});
  return not_implemented_ref();
}
Ref slot_nb_power(Value a, Value b, Value modulus) {
  if (is_none(modulus)) return slot_power_binary(a, b);
  // Three-argument power is not reflected.
  if (slots_of(a).nb_power == &slot_nb_power) return call_optional(a, "__pow__"_id, {b, modulus});
  return not_implemented_ref();
}

#define INPLACE(field, name) \
  Ref slot_##field(Value a, Value b) { return call_optional(a, "__" name "__"_id, {b}); }
INPLACE(nb_inplace_add, "iadd")
INPLACE(nb_inplace_subtract, "isub")
INPLACE(nb_inplace_multiply, "imul")
INPLACE(nb_inplace_remainder, "imod")
INPLACE(nb_inplace_lshift, "ilshift")
INPLACE(nb_inplace_rshift, "irshift")
INPLACE(nb_inplace_and, "iand")
INPLACE(nb_inplace_xor, "ixor")
INPLACE(nb_inplace_or, "ior")
INPLACE(nb_inplace_floor_divide, "ifloordiv")
INPLACE(nb_inplace_true_divide, "itruediv")
INPLACE(nb_inplace_matrix_multiply, "imatmul")
#undef INPLACE
// The modulus is dropped: `**=` has none.
Ref slot_nb_inplace_power(Value a, Value b, Value) { return call_optional(a, "__ipow__"_id, {b}); }

#define UNARY(field, name) \
  Ref slot_##field(Value a) { return call_required(a, "__" name "__"_id, {}); }
UNARY(nb_negative, "neg")
UNARY(nb_positive, "pos")
UNARY(nb_absolute, "abs")
UNARY(nb_invert, "invert")
UNARY(nb_int, "int")
UNARY(nb_float, "float")
UNARY(nb_index, "index")
#undef UNARY

int slot_bool(Value self) {
  SpecialMethod m = find_special(self, "__bool__"_id);
  bool by_length = false;
  if (!m) {
    if (error_occurred()) return -1;
    m = find_special(self, "__len__"_id);
    if (!m) return error_occurred() ? -1 : 1;
    by_length = true;
  }
  Ref r = call_special(m, self, {});
  if (!r) return -1;
  if (by_length) {
    if (!is_int(r)) {
      Ref i = index(r);
      if (!i) return -1;
      r = std::move(i);
    }
    int sign = int_sign(r);
    if (sign < 0) return raise(PyExc_ValueError, "__len__() should return >= 0");
    return sign > 0;
  }
  if (is_bool(r)) return r.get() == boolean(true);
  return raise(PyExc_TypeError, "__bool__ should return bool, returned %s", type_of(r)->tp_name);
}

Py_ssize_t slot_length(Value self) {
  Ref r = call_required(self, "__len__"_id, {});
  if (!r) return -1;
  Ref i = index(r);
  if (!i) return -1;
  if (int_sign(i) < 0) return raise(PyExc_ValueError, "__len__() should return >= 0");
  Py_ssize_t n;
  if (!index_as_ssize(i, &n, PyExc_OverflowError)) return -1;
  return n;
}

Ref slot_subscript(Value self, Value key) { return call_required(self, "__getitem__"_id, {key}); }
bool slot_ass_subscript(Value self, Value key, Value v) {
  Ref r = v ? call_required(self, "__setitem__"_id, {key, v}) : call_required(self, "__delitem__"_id, {key});
  return static_cast<bool>(r);
}
Ref slot_sq_item(Value self, Py_ssize_t i) {
  Ref index = int_from_ssize(i);
  return index ? call_required(self, "__getitem__"_id, {index.get()}) : Ref{};
}
bool slot_sq_ass_item(Value self, Py_ssize_t i, Value v) {
  Ref index = int_from_ssize(i);
  if (!index) return false;
  Ref r = v ? call_required(self, "__setitem__"_id, {index.get(), v}) : call_required(self, "__delitem__"_id, {index.get()});
  return static_cast<bool>(r);
}
int slot_contains(Value self, Value item) {
  Value f = type_lookup(type_of(self), "__contains__"_id);
  if (f && is_none(f)) return raise(PyExc_TypeError, "'%.200s' object is not a container", type_of(self)->tp_name);
  SpecialMethod m = find_special(self, "__contains__"_id);
  if (m) {
    Ref r = call_special(m, self, {item});
    return r ? is_true(r) : -1;
  }
  if (error_occurred()) return -1;
  Ref it = iter(self);
  if (!it) return -1;
  while (Ref x = next(it)) {
    int e = equal(x, item);
    if (e) return e;
  }
  return error_occurred() ? -1 : 0;
}

Ref slot_repr(Value self) {
  SpecialMethod m = find_special(self, "__repr__"_id);
  if (m) return call_special(m, self, {});
  if (error_occurred()) return {};
  return str_format("<%s object at %p>", type_of(self)->tp_name, self.object());
}
Ref slot_str(Value self) { return call_required(self, "__str__"_id, {}); }

Py_hash_t slot_hash(Value self) {
  Value f = type_lookup(type_of(self), "__hash__"_id);
  if (!f || is_none(f)) return hash_not_implemented(self);
  SpecialMethod m = find_special(self, "__hash__"_id);
  if (!m) return error_occurred() ? -1 : hash_not_implemented(self);
  Ref r = call_special(m, self, {});
  if (!r) return -1;
  if (!is_int(r)) return raise(PyExc_TypeError, "__hash__ method should return an integer");
  int64_t h;
  Py_hash_t result = int_sign_overflow_i64(r, &h) == 0 ? static_cast<Py_hash_t>(h) : int_hash(r);
  return result == -1 ? -2 : result;
}

Ref slot_call(Value self, Args args) {
  SpecialMethod m = find_special(self, "__call__"_id);
  if (!m) {
    if (!error_occurred()) raise_value(PyExc_AttributeError, Value{"__call__"_id});
    return {};
  }
  RecursionGuard guard(" while calling a Python object");
  if (!guard.ok) return {};
  if (!m.unbound) return call(m.function, args);
  size_t total = args.n + keyword_count(args) + 1;
  Value small[10];
  Value* words = total <= std::size(small) ? small : static_cast<Value*>(malloc(total * sizeof(Value)));
  if (!words) return raise_no_memory();
  words[0] = self;
  if (total > 1) memcpy(words + 1, args.v, (total - 1) * sizeof(Value));
  Ref r = call(m.function, Args{words, args.n + 1, args.kwnames});
  if (words != small) free(words);
  return r;
}

}  // namespace

GetAttrFn find_attribute_function(PyTypeObject* type);  // for the caches of vm/ too
GetAttrFn find_attribute_function(PyTypeObject* type) {
  Value attribute = type_lookup(type, "__getattribute__"_id);
  if (attribute.absent()) return &generic_getattr;
  return is_exact(attribute, &PyWrapperDescr_Type) ? reinterpret_cast<GetAttrFn>(attribute.as<WrapperDescr>()->value) : nullptr;
}

namespace {

// __getattribute__, and __getattr__ when that fails.
Ref slot_getattr_hook(Value self, PyObject* name) {
  PyTypeObject* type = type_of(self);
  Value get_hook = type_lookup(type, "__getattr__"_id);
  Ref keep_hook = Ref::copy(get_hook), result;
  if (find_attribute_function(type) == &generic_getattr) {
    result = generic_getattr(self, name);
  } else {
    result = call_required(self, "__getattribute__"_id, {Value{name}});
  }
  if (result || !get_hook || !error_matches(PyExc_AttributeError)) return result;
  clear_error();
  DescrGetFn get = slots_of(get_hook).tp_descr_get;
  if (type_has(type_of(get_hook), Py_TPFLAGS_METHOD_DESCRIPTOR) || !get) {
    bool unbound = type_has(type_of(get_hook), Py_TPFLAGS_METHOD_DESCRIPTOR);
    return unbound ? call(get_hook, {self, Value{name}}) : call(get_hook, {Value{name}});
  }
  Ref bound = get(get_hook, self, Value{type});
  return bound ? call(bound, {Value{name}}) : Ref{};
}
bool slot_setattr(Value self, PyObject* name, Value v) {
  Ref r = v ? call_required(self, "__setattr__"_id, {Value{name}, v}) : call_required(self, "__delattr__"_id, {Value{name}});
  return static_cast<bool>(r);
}

Ref slot_richcompare(Value self, Value other, int op) {
  static PyObject* const names[] = {"__lt__"_id, "__le__"_id, "__eq__"_id, "__ne__"_id, "__gt__"_id, "__ge__"_id};
  SpecialMethod m = find_special(self, names[op]);
  if (!m) {
    clear_error();  // a failing __get__ counts as no method
    return not_implemented_ref();
  }
  return call_special(m, self, {other});
}

Ref slot_iter(Value self) {
  Value f = type_lookup(type_of(self), "__iter__"_id);
  if (f && is_none(f)) return raise(PyExc_TypeError, "'%.200s' object is not iterable", type_of(self)->tp_name);
  SpecialMethod m = find_special(self, "__iter__"_id);
  if (m) return call_special(m, self, {});
  if (error_occurred()) return {};
  return raise(PyExc_TypeError, "'%.200s' object is not iterable", type_of(self)->tp_name);
}
Ref slot_iternext(Value self) {
  Ref r = call_required(self, "__next__"_id, {});
  if (r || !error_occurred() || !error_matches(PyExc_StopIteration)) return r;
  // A StopIteration with a value stays: `yield from` wants it.
  Value e{current_thread()->curexc_value};
  if (!e || !is_instance_exactly(e, reinterpret_cast<PyTypeObject*>(PyExc_StopIteration)) ||
      !e.as<PyStopIterationObject>()->value || is_none(Value{e.as<PyStopIterationObject>()->value}))
    clear_error();
  return r;
}

Ref slot_descr_get(Value self, Value object, Value type) {
  Value get = type_lookup(type_of(self), "__get__"_id);
  if (!get) return Ref::copy(self);
  Ref keep = Ref::copy(get);
  return call(get, {self, object ? object : none(), type ? type : none()});
}
bool slot_descr_set(Value self, Value object, Value v) {
  Ref r = v ? call_required(self, "__set__"_id, {object, v}) : call_required(self, "__delete__"_id, {object});
  return static_cast<bool>(r);
}

bool slot_init(Value self, Args args) {
  SpecialMethod m = find_special(self, "__init__"_id);
  if (!m) {
    if (!error_occurred()) raise_value(PyExc_AttributeError, Value{"__init__"_id});
    return false;
  }
  Ref r;
  if (m.unbound) {
    size_t total = args.n + keyword_count(args) + 1;
    Value small[10];
    Value* words = total <= std::size(small) ? small : static_cast<Value*>(malloc(total * sizeof(Value)));
    if (!words) return raise_no_memory();
    words[0] = self;
    if (total > 1) memcpy(words + 1, args.v, (total - 1) * sizeof(Value));
    r = call(m.function, Args{words, args.n + 1, args.kwnames});
    if (words != small) free(words);
  } else {
    r = call(m.function, args);
  }
  if (!r) return false;
  if (!is_none(r)) return raise(PyExc_TypeError, "__init__() should return None, not '%.200s'", type_of(r)->tp_name);
  return true;
}

Ref slot_new(PyTypeObject* type, Args args) {
  Ref f = getattr(Value{type}, "__new__"_id);
  if (!f) return {};
  size_t total = args.n + keyword_count(args) + 1;
  Value small[10];
  Value* words = total <= std::size(small) ? small : static_cast<Value*>(malloc(total * sizeof(Value)));
  if (!words) return raise_no_memory();
  words[0] = Value{type};
  if (total > 1) memcpy(words + 1, args.v, (total - 1) * sizeof(Value));
  Ref r = call(f, Args{words, args.n + 1, args.kwnames});
  if (words != small) free(words);
  return r;
}

Ref slot_await(Value self) {
  SpecialMethod m = find_special(self, "__await__"_id);
  if (m) return call_special(m, self, {});
  if (error_occurred()) return {};
  return raise(PyExc_AttributeError, "object %.50s does not have __await__ method", type_of(self)->tp_name);
}
Ref slot_aiter(Value self) {
  SpecialMethod m = find_special(self, "__aiter__"_id);
  if (m) return call_special(m, self, {});
  if (error_occurred()) return {};
  return raise(PyExc_AttributeError, "object %.50s does not have __aiter__ method", type_of(self)->tp_name);
}
Ref slot_anext(Value self) {
  SpecialMethod m = find_special(self, "__anext__"_id);
  if (m) return call_special(m, self, {});
  if (error_occurred()) return {};
  return raise(PyExc_AttributeError, "object %.50s does not have __anext__ method", type_of(self)->tp_name);
}

}  // namespace

void slot_finalize(PyObject* self) {
  ErrorKeeper keep;
  SpecialMethod m = find_special(Value{self}, "__del__"_id);
  if (!m) {
    if (error_occurred()) write_unraisable(Value{self});
    return;
  }
  Ref r = call_special(m, Value{self}, {});
  if (!r) write_unraisable(m.function);
}

// --- The generic functions' thunks, in the table's order --------------------------------------------------------------------
namespace {
#define ADDER_SLOT(kind, name, suite)                                                               \
  template <kind##Fn F> void* generic_of_##name() {                                                 \
    if constexpr (F == nullptr) {                                                                   \
      return nullptr;                                                                               \
    } else {                                                                                        \
      register_slot(reinterpret_cast<void*>(&thunk::kind<F>), reinterpret_cast<void*>(F));          \
      return reinterpret_cast<void*>(&thunk::kind<F>);                                              \
    }                                                                                               \
  }
#include "object/slots.def"
}  // namespace

void fill_generic_thunks() {
  size_t i = 0;
#define ADDER_DUNDER(name_, slot_, generic_, wrapper_, signature_, doc_) \
  dunders[i++].generic_c = generic_of_##slot_<generic_>();
#include "object/slot_methods.def"
}

const GetAttrFn getattr_hook_slot = &slot_getattr_hook;

bool is_generic_new(PyTypeObject* type) { return reinterpret_cast<void*>(type->tp_new) == reinterpret_cast<void*>(&thunk::New<slot_new>); }

// --- Which slot a class gets ------------------------------------------------------------------------------------------------
static constexpr auto kHashNotImplemented = &thunk::Hash<hash_not_implemented>;
bool is_unhashable(PyTypeObject* type) {
  return value_slot_of(reinterpret_cast<void*>(type->tp_hash)) == reinterpret_cast<void*>(&hash_not_implemented);
}
void make_unhashable(PyTypeObject* type) { type->tp_hash = kHashNotImplemented; }

// The rows of `dunders` by slot and by name, as chains in the table's order; -1 ends one.
class DunderIndex {
 public:
  DunderIndex() {
    ADDER_ASSERT(dunder_count <= kRows);
    for (int16_t& i : of_slot_) i = -1;
    for (int16_t& i : of_name_) i = -1;
    for (size_t i = dunder_count; i-- > 0;) {
      int16_t &slot = of_slot_[static_cast<size_t>(dunders[i].slot)], &name = bucket(dunders[i].name());
      next_of_slot_[i] = slot;
      next_of_name_[i] = name;
      slot = name = static_cast<int16_t>(i);
    }
  }
  template <class F> void each_of_slot(SlotId slot, F&& f) const {
    for (int16_t i = of_slot_[static_cast<size_t>(slot)]; i >= 0; i = next_of_slot_[i]) f(dunders[i]);
  }
  template <class F> void each_of_name(PyObject* name, F&& f) {
    for (int16_t i = bucket(name); i >= 0; i = next_of_name_[i]) {
      if (dunders[i].name() == name) f(dunders[i]);
    }
  }

 private:
  static constexpr size_t kRows = 128, kBuckets = 256;
  int16_t of_slot_[kSlotCount], of_name_[kBuckets], next_of_slot_[kRows], next_of_name_[kRows];
  int16_t& bucket(PyObject* name) {
    auto p = reinterpret_cast<uintptr_t>(name);
    return of_name_[(p >> 4 ^ p >> 12) % kBuckets];
  }
};
static DunderIndex& dunder_index() {
  static DunderIndex index;
  return index;
}

// The generic slot function, unless every special method of the slot comes unchanged from one builtin type: then that
// type's own slot function.
static void update_one(PyTypeObject* type, SlotId slot) {
  void** field = c_slot(type, slot);
  if (!field) return;
  void *specific = nullptr, *generic = nullptr;
  bool use_generic = false;
  dunder_index().each_of_slot(slot, [&](const Dunder& d) {
    PyTypeObject* owner;
    Value descr = mro_lookup(type, d.name(), &owner);
    if (!descr) return;
    void* candidate = nullptr;
    generic = d.generic_c;
    if (slot == SlotId::tp_hash && is_none(descr)) {
      candidate = reinterpret_cast<void*>(kHashNotImplemented);
    } else if (is_exact(descr, &PyWrapperDescr_Type) && dunder_of(descr.as<WrapperDescr>())->name() == d.name()) {
      auto* w = descr.as<WrapperDescr>();
      if (dunder_of(w) == &d && is_subtype(type, w->c.d_common.d_type)) candidate = w->c.d_wrapped;
      else if (is_heap(owner)) use_generic = true;
      else candidate = c_slot_value(owner, slot);
    } else if (slot == SlotId::tp_new && is_new_wrapper(descr)) {
      // `__new__ = object.__new__` in a class leaves what the class has inherited.
      candidate = is_heap(owner) ? reinterpret_cast<void*>(type->tp_new)
                                 : reinterpret_cast<void*>(reinterpret_cast<PyTypeObject*>(descr.as<PyCFunctionObject>()->m_self)->tp_new);
    } else if (!is_heap(owner)) {
      candidate = c_slot_value(owner, slot);
    } else {
      use_generic = true;
    }
    if (candidate) {
      if (specific && specific != candidate) use_generic = true;
      specific = candidate;
    }
  });
  *field = specific && !use_generic ? specific : generic && use_generic ? generic : nullptr;
}

static void update_finalizer(PyTypeObject* type) {
  PyTypeObject* owner;
  Value descr = mro_lookup(type, "__del__"_id, &owner);
  if (!descr) type->tp_finalize = type->tp_base ? type->tp_base->tp_finalize : nullptr;
  else if (is_heap(owner)) type->tp_finalize = &slot_finalize;
  else type->tp_finalize = owner->tp_finalize;
}

void fixup_slots(PyTypeObject* type) {
  init_dunders();
  bool seen[kSlotCount] = {};
  for (size_t i = 0; i < dunder_count; i++) {
    auto n = static_cast<size_t>(dunders[i].slot);
    if (seen[n]) continue;
    seen[n] = true;
    update_one(type, dunders[i].slot);
  }
  update_finalizer(type);
  refresh_slots(type);
}

static bool update_named(PyTypeObject* type, PyObject* name) {
  bool any = false;
  dunder_index().each_of_name(name, [&](const Dunder& d) {
    update_one(type, d.slot);
    any = true;
  });
  if (name == "__del__"_id) update_finalizer(type), any = true;
  return any;
}

void fixup_slots_in_namespace(PyTypeObject* type) {
  init_dunders();
  // type_ready leaves out comparison and hash where the class defines one of them.
  for (size_t i = 0; i < kSlotCount; i++) {
    void** field = c_slot(type, static_cast<SlotId>(i));
    if (field && !*field) *field = c_slot_value(type->tp_base, static_cast<SlotId>(i));
  }
  Py_ssize_t position = 0;
  Value key, value;
  while (dict_next(Value{type->tp_dict}, &position, &key, &value)) {
    if (!is_str(key) || str_length(key) < 5 || str_char(key, 0) != '_' || str_char(key, 1) != '_') continue;
    Ref name = intern(Ref::copy(key));
    update_named(type, name.object());
  }
  refresh_slots(type);
}

void update_slot(PyTypeObject* type, PyObject* name) {
  init_dunders();
  if (!update_named(type, name)) return;
  refresh_slots(type);
  TypeExtra* e = extra(type);
  for (uint32_t i = 0; i < e->subclass_count; i++) {
    PyTypeObject* sub = e->subclasses[i];
    if (sub->tp_dict && dict_get_str(Value{sub->tp_dict}, name)) continue;
    update_slot(sub, name);
  }
}

}  // namespace adder
