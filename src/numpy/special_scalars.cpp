// The scalar types np.str_ and np.bytes_ (also str and bytes), np.void, np.datetime64, np.timedelta64 and np.object_. What they
// share with the numbers they inherit from np.generic.
#include <cstring>
#include <string>

#include "memory/gc.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

PyTypeObject* type_of_class(int number) { return &scalar_types[number]; }

template <class T>
T* new_scalar(PyTypeObject* type) {
  const bool own = type >= scalar_types && type < scalar_types + eng::kClassCount;
  return reinterpret_cast<T*>(own ? object_new_raw(type, sizeof(T)) : allocate_instance(type));
}

Ref make_date(const DType* dtype, int64_t value, PyTypeObject* type = nullptr) {
  if (!type) type = type_of_class(dtype->number);
  auto* s = new_scalar<DateScalar>(type);
  if (!s) return {};
  s->value = value;
  s->dtype = dtype;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
}

// A scalar over an element of `owner`, which stays alive with it.
Ref make_void(char* data, const DType* dtype, Value owner, PyTypeObject* type) {
  auto* s = new_scalar<VoidScalar>(type);
  if (!s) return {};
  s->data = data;
  s->dtype = dtype;
  incref(owner);
  s->owner = owner.object();
  return Ref::steal(Value{reinterpret_cast<PyObject*>(s)});
}

void void_dealloc(PyObject* o) {
  PyObject* owner = reinterpret_cast<VoidScalar*>(o)->owner;
  PyTypeObject* type = o->ob_type;
  if (type == type_of_class(eng::kVoidClass)) object_free(o);
  else type->tp_free(o);
  if (owner) decref(owner);
}

Ref special_function(PyObject* name) {
  Ref module = hooks.import_module("numpy._core._special"_id);
  return module ? getattr(module, name) : Ref{};
}

// The element as an array of no dimensions over the same memory.
Ref void_array(Value self) {
  auto* s = self.as<VoidScalar>();
  const index_t none[1] = {0};
  return array_view(reinterpret_cast<NdArray*>(s->owner), s->data, 0, none, none, s->dtype);
}

Ref void_subscript(Value self, Value key) {
  auto* s = self.as<VoidScalar>();
  if (!eng::is_structured(s->dtype)) {
    if (is_exact_tuple(key) && tuple_size(key) == 0) return Ref::copy(self);
    return raise(PyExc_IndexError, "invalid index to scalar variable.");
  }
  Ref array = void_array(self);
  if (!array) return {};
  if (is_str(key) || is_list(key)) {
    Ref view = is_str(key) ? field_view(as_array(array), key) : fields_view(as_array(array), key);
    return view ? array_subscript(view, tuple_empty()) : Ref{};
  }
  if (is_exact_tuple(key) || key == Value{Py_Ellipsis}) return array_subscript(array, key);
  Py_ssize_t i;
  if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
  const Py_ssize_t n = s->dtype->structure->count;
  if (i < -n || i >= n) return raise(PyExc_IndexError, "invalid index (%zd)", i);
  Ref name = str_from_utf8(s->dtype->structure->fields[i < 0 ? i + n : i].name);
  return name ? void_subscript(self, name) : Ref{};
}

bool void_store(Value self, Value key, Value value) {
  auto* s = self.as<VoidScalar>();
  if (value.absent()) return raise(PyExc_ValueError, "cannot delete array elements");
  if (!eng::is_structured(s->dtype)) return raise(PyExc_TypeError, "'numpy.void' object does not support item assignment");
  Ref array = void_array(self);
  if (!array) return false;
  if (!is_str(key) && !is_list(key)) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
    const Py_ssize_t n = s->dtype->structure->count;
    if (i < -n || i >= n) return raise(PyExc_IndexError, "invalid index (%zd)", i);
    Ref name = str_from_utf8(s->dtype->structure->fields[i < 0 ? i + n : i].name);
    return name && void_store(self, name, value);
  }
  Ref view = is_str(key) ? field_view(as_array(array), key) : fields_view(as_array(array), key);
  return view && array_store_subscript(view, Value{Py_Ellipsis}, value);
}

Py_ssize_t void_length(Value self) {
  auto* s = self.as<VoidScalar>();
  return eng::is_structured(s->dtype) ? s->dtype->structure->count : s->dtype->size;
}

Ref void_item(Value self, Py_ssize_t i) {
  if (i < 0 || i >= void_length(self)) return raise(PyExc_IndexError, "invalid index (%zd)", i);
  return void_subscript(self, Value::from_int(i));
}

Py_hash_t void_hash(Value self) {
  if (eng::is_structured(scalar_dtype(self)) && (reinterpret_cast<NdArray*>(self.as<VoidScalar>()->owner)->flags & eng::kWriteable))
    return raise(PyExc_TypeError, "unhashable type: 'writeable void-scalar'");
  Ref item = element_to_python(scalar_data(self), scalar_dtype(self));
  return item ? hash(item) : -1;
}

Ref void_compare(Value a, Value b, int op) {
  Ref x = void_array(a);
  return x ? compare_operation(x, b, op) : Ref{};
}

// (dtype, offset=0)
Ref void_getfield(Value self, const Value* a) {
  const DType* dtype;
  Py_ssize_t offset = 0;
  if (!dtype_from(a[0], &dtype) || (!a[1].absent() && !as_ssize(a[1], &offset))) return {};
  auto* s = self.as<VoidScalar>();
  if (offset < 0 || offset + dtype->size > s->dtype->size) return raise(PyExc_ValueError, "Need 0 <= offset <= %zd for requested type but received offset = %zd", s->dtype->size - dtype->size, offset);
  return special_to_scalar(s->data + offset, dtype, Value{s->owner});
}

const MethodRow void_methods[] = {
    method<void_getfield>("getfield", "($self, dtype, offset=0, /)", "A field of the scalar as another type."),
    {}};

// Dates are unequal to what is no date, and say so themselves of Python's plain values.
Ref date_compare(Value a, Value b, int op) {
  Ref result = compare_operation(a, b, op);
  if (!result || result.get() != not_implemented() || (op != Py_EQ && op != Py_NE)) return result;
  if (!is_str(b) && !is_bytes(b) && !is_none(b)) return result;
  const char answer = op == Py_NE;
  return element_to_scalar(&answer, &eng::kBool);
}

Py_hash_t date_hash(Value self) {
  const DType* dtype = scalar_dtype(self);
  int64_t value;
  std::memcpy(&value, scalar_data(self), sizeof value);
  if (value == eng::kNaT || dtype->unit == eng::Unit::generic) {
    Ref number = int_from_i64(value);
    return number ? hash(number) : -1;
  }
  Ref function = special_function("date_hash"_id);
  Ref result = function ? call1(function, self) : Ref{};
  int64_t out;
  if (!result || !int_as_i64(result, &out)) return -1;
  return out == -1 ? -2 : out;
}

bool add_type(PyObject* module, int number, const char* name, const char* doc, PyTypeObject* base, PyTypeObject* builtin, Py_ssize_t size, const SlotRows& slots,
              const MethodRow* methods, destructor dealloc) {
  PyTypeObject* type = type_of_class(number);
  type->ob_base = {{1, &PyType_Type}, 0};
  TypeDef* def = new TypeDef{};
  def->type = type;
  def->name = name;
  def->doc = doc;
  def->basicsize = size;
  def->flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  def->base = base;
  def->slots = slots;
  def->dealloc = dealloc;
  def->methods = methods;
  if (builtin) {
    Ref bases = tuple_of({Value{builtin}, Value{base}});
    if (!bases) return false;
    def->base = builtin;
    def->itemsize = builtin->tp_itemsize;
    type->tp_bases = to_c_steal(std::move(bases));
  }
  return module_add_type(module, *def);
}

Ref text_repr(Value self) {
  Ref inner = is_str(self) ? str_repr(self) : bytes_repr(self);
  return inner ? str_format(is_str(self) ? "np.str_(%U)" : "np.bytes_(%U)", inner.get()) : Ref{};
}

}  // namespace

Ref special_to_scalar(const char* at, const DType* dtype, Value base) {
  if (dtype->swapped_from) {
    std::string native(static_cast<size_t>(dtype->size) + 1, '\0');
    char* args[2] = {const_cast<char*>(at), native.data()};
    const index_t steps[2] = {0, 0};
    eng::find_cast(dtype, dtype->native())(args, 1, steps);
    return element_to_scalar(native.data(), dtype->native());
  }
  switch (dtype->kind) {
    case 'O': return object_at(at);
    case 'U':
    case 'S': {
      Ref plain = special_to_python(at, dtype);
      return plain ? call1(Value{type_of_class(dtype->number)}, plain) : Ref{};
    }
    case 'V': {
      PyTypeObject* type = scalar_type(dtype);
      if (!base.absent()) return make_void(const_cast<char*>(at), dtype, base, type);
      Ref own = array_new(dtype, 0, nullptr, nullptr, eng::Fill::zero);
      if (!own) return {};
      eng::copy_element(dtype, as_array(own)->data, at);
      return make_void(as_array(own)->data, dtype, own, type);
    }
    default: {
      int64_t value;
      std::memcpy(&value, at, sizeof value);
      return make_date(dtype, value);
    }
  }
}

Ref special_scalar_text(Value v, bool with_type) {
  Ref function = special_function(with_type ? "scalar_repr"_id : "scalar_str"_id);
  return function ? call1(function, v) : Ref{};
}

Ref special_scalar_reduce(Value v) {
  Ref function = special_function("scalar_reduce"_id);
  return function ? call1(function, v) : Ref{};
}

Ref special_scalar_new(PyTypeObject* type, const DType* dtype, Args args) {
  if (dtype->is_object()) return args.n ? Ref::copy(args[0]) : none_ref();
  if (dtype->is_date()) {
    if (args.n > 2 || args.kwnames) return raise(PyExc_TypeError, "%s() takes at most 2 arguments", short_name(type));
    if (args.n == 2 && !is_none(args[1])) {
      Ref text = is_str(args[1]) ? str_format(dtype->kind == 'M' ? "M8[%U]" : "m8[%U]", args[1]) : Ref{};
      if (text) {
        dtype = special_dtype_named(str_utf8(text));
        if (!dtype) return {};
      } else {
        if (error_occurred()) return {};
        Ref function = special_function("unit_of"_id);
        Ref own = function ? call(function, {args[1], boolean(dtype->kind == 'M')}) : Ref{};
        if (!own || !dtype_from(own, &dtype)) return {};
      }
    }
    int64_t value = dtype->kind == 'M' ? eng::kNaT : 0;
    if (args.n && is_ndarray(args[0]) && as_array(args[0])->nd > 0) {
      FromOptions options;
      options.dtype = dtype;
      return array_from(args[0], options);
    }
    if (args.n && !date_from(args[0], &dtype, &value)) return {};
    return make_date(dtype, value, type);
  }
  // np.void(length), np.void(bytes), np.void(value, dtype)
  Value given = args.n ? args[0] : Value{};
  Value wanted = args.n > 1 ? args[1] : Value{};
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k)
    if (str_equals(tuple_get(Value{args.kwnames}, k), "dtype")) wanted = args.v[args.n + static_cast<size_t>(k)];
  if (given.absent()) return raise(PyExc_TypeError, "void() missing required argument 'length_or_data' (pos 0)");
  if (!wanted.absent() && !is_none(wanted)) {
    if (!dtype_from(wanted, &dtype)) return {};
  } else if (is_int(given) || (scalar_dtype(given) && scalar_dtype(given)->is_integer())) {
    Py_ssize_t length;
    if (!index_as_ssize(given, &length, PyExc_OverflowError)) return {};
    if (length < 0) return raise(PyExc_ValueError, "requested size must be positive");
    dtype = eng::text_dtype('V', length);
    given = Value{};
  } else if (scalar_dtype(given) && scalar_dtype(given)->kind == 'V') {
    dtype = scalar_dtype(given);
  }
  if (!given.absent()) {
    dtype = settled_dtype(dtype, given);
    if (!dtype) return {};
    if (dtype->size == 0 && !dtype->structure) {
      Ref data = is_bytes(given) ? Ref::copy(given) : to_bytes(given);
      if (!data) return {};
      dtype = eng::text_dtype('V', bytes_length(data));
    }
  }
  Ref own = array_new(dtype, 0, nullptr, nullptr, eng::Fill::zero);
  if (!own || (!given.absent() && !store_element(as_array(own)->data, dtype, given))) return {};
  return make_void(as_array(own)->data, dtype, own, type);
}

bool init_special_scalars(PyObject* module) {
  static constexpr SlotRows kTextSlots = {.tp_repr = slot::Unary<text_repr>};
  static constexpr SlotRows kNoSlots = {};
  static constexpr SlotRows kVoidSlots = {
      .tp_hash = slot::Hash<void_hash>,
      .tp_richcompare = slot::Compare<void_compare>,
      .sq_length = slot::Length<void_length>,
      .sq_item = slot::Index<void_item>,
      .mp_length = slot::Length<void_length>,
      .mp_subscript = slot::Binary<void_subscript>,
      .mp_ass_subscript = slot::StoreItem<void_store>,
  };
  static constexpr SlotRows kDateSlots = {.tp_hash = slot::Hash<date_hash>, .tp_richcompare = slot::Compare<date_compare>};
  return add_type(module, eng::kStrClass, "numpy.str_", "A unicode string.", &character_type, &PyUnicode_Type, PyUnicode_Type.tp_basicsize, kTextSlots, nullptr, nullptr) &&
         add_type(module, eng::kBytesClass, "numpy.bytes_", "A byte string.", &character_type, &PyBytes_Type, PyBytes_Type.tp_basicsize, kTextSlots, nullptr, nullptr) &&
         add_type(module, eng::kVoidClass, "numpy.void", "Create a new structured or unstructured void scalar.", &flexible_type, nullptr, sizeof(VoidScalar), kVoidSlots,
                  void_methods, void_dealloc) &&
         add_type(module, eng::kDateClass, "numpy.datetime64", "A date.", &generic_type, nullptr, sizeof(DateScalar), kDateSlots, nullptr, nullptr) &&
         add_type(module, eng::kSpanClass, "numpy.timedelta64", "A span of time.", &signedinteger_type, nullptr, sizeof(DateScalar), kDateSlots, nullptr, nullptr) &&
         add_type(module, eng::kObjectClass, "numpy.object_", "Any Python object.", &generic_type, nullptr, generic_type.tp_basicsize, kNoSlots, nullptr, nullptr);
}

}  // namespace adder::numpy
