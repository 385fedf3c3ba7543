// dtype objects: one for each of the engine's dtypes, made once, and everything that names a dtype.
#include <cstring>
#include <string>

#include "numpy/ndarray.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

ADDER_TYPE(dtype_type);

namespace {

DTypeObject* objects[eng::kClassCount];

// Each dtype's own class (numpy.dtypes.Float64DType), under numpy.dtype.
PyTypeObject classes[eng::kClassCount];
constexpr const char* kClassNames[] = {"numpy.dtypes.BoolDType", "numpy.dtypes.Int8DType", "numpy.dtypes.UInt8DType", "numpy.dtypes.Int16DType",
                                       "numpy.dtypes.UInt16DType", "numpy.dtypes.Int32DType", "numpy.dtypes.UInt32DType",
                                       "numpy.dtypes.Int64DType", "numpy.dtypes.UInt64DType", nullptr, nullptr, "numpy.dtypes.Float32DType",
                                       "numpy.dtypes.Float64DType", nullptr, "numpy.dtypes.Complex64DType", "numpy.dtypes.Complex128DType",
                                       nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, "numpy.dtypes.Float16DType"};
const DType* engine_of(Value self) { return self.as<DTypeObject>()->engine; }

}  // namespace

DTypeObject* dtype_object(const DType* dtype) {
  DTypeObject*& object = objects[dtype->number];
  if (object) [[likely]] return object;
  auto* made = new_object<DTypeObject>(&classes[dtype->number]);
  if (!made) return nullptr;
  made->typeobj = scalar_type(dtype);
  made->kind = dtype->kind;
  made->type = dtype->code;
  made->byteorder = dtype->order;
  made->type_num = dtype->number;
  made->elsize = dtype->size;
  made->alignment = dtype->alignment;
  made->hash = -1;
  made->engine = dtype;
  object = made;
  return made;
}

bool is_dtype(Value v) {
  if (!v.is_object()) return false;
  PyTypeObject* type = v.object()->ob_type;
  return type >= classes && type < classes + eng::kClassCount;
}

bool dtype_from(Value v, const DType** out, const DType* fallback) {
  if (v.absent() || is_none(v)) {
    *out = fallback ? fallback : &eng::kFloat64;
    return true;
  }
  if (is_dtype(v)) {
    *out = engine_of(v);
    return true;
  }
  if (is_type(v)) {
    auto* type = v.as<PyTypeObject>();
    const DType* found = nullptr;
    if (type == &PyFloat_Type) found = &eng::kFloat64;
    else if (type == &PyLong_Type) found = &eng::kInt64;
    else if (type == &PyBool_Type) found = &eng::kBool;
    else if (type == &PyComplex_Type) found = &eng::kComplex128;
    else found = dtype_of_scalar_type(type);
    if (found) {
      *out = found;
      return true;
    }
    if (type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyBaseObject_Type)
      return raise(PyExc_NotImplementedError, "arrays of dtype %s are not supported yet", short_name(type));
    return raise(PyExc_NotImplementedError, "arrays of dtype object are not supported yet (from type '%s')", short_name(type));
  }
  if (is_str(v)) {
    std::string_view text = str_utf8(v);
    if (!text.data()) return false;
    if (const DType* found = eng::dtype_of_name(text.data(), static_cast<index_t>(text.size()))) {
      *out = found;
      return true;
    }
    static constexpr std::string_view kLater[] = {"object", "O", "S", "U", "V", "str", "bytes", "longdouble", "g", "clongdouble", "G",
                                                  "datetime64", "timedelta64", "M8", "m8"};
    for (std::string_view later : kLater)
      if (text == later) return raise(PyExc_NotImplementedError, "arrays of dtype '%U' are not supported yet", v);
    if (text.size() > 1 && text[0] == '>') {
      const DType* native = eng::dtype_of_name(text.data() + 1, static_cast<index_t>(text.size()) - 1);
      if (native && native->size > 1) return raise(PyExc_NotImplementedError, "arrays of dtype '%U' are not supported yet", v);
      if (native) {
        *out = native;
        return true;
      }
    }
    return raise(PyExc_TypeError, "data type %R not understood", v);
  }
  Ref inner;
  int has = lookup_attr(v, "dtype"_id, &inner);
  if (has < 0) return false;
  if (has && is_dtype(inner)) {
    *out = engine_of(inner);
    return true;
  }
  return raise(PyExc_TypeError, "Cannot interpret '%R' as a data type", v);
}

namespace {

Ref dtype_new(PyTypeObject*, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "dtype() missing required argument 'dtype' (pos 1)");
  const DType* dtype;
  if (!dtype_from(args[0], &dtype)) return {};
  return dtype_ref(dtype);
}

Ref dtype_repr(Value self) { return str_format("dtype('%s')", engine_of(self)->name); }
Ref dtype_str(Value self) { return str_from_ascii(engine_of(self)->name); }
Py_hash_t dtype_hash(Value self) { return engine_of(self)->number * 1000003 + 17; }

Ref dtype_compare(Value self, Value other, int op) {
  const DType* a = engine_of(self);
  const DType* b;
  if (!dtype_from(other, &b, &eng::kFloat64)) {
    if (op != Py_EQ && op != Py_NE) return {};
    clear_error();
    return bool_ref(op == Py_NE);
  }
  if (is_none(other) && (op == Py_EQ || op == Py_NE)) return bool_ref((a == &eng::kFloat64) == (op == Py_EQ));
  switch (op) {
    case Py_EQ: return bool_ref(a == b);
    case Py_NE: return bool_ref(a != b);
    case Py_LE: return bool_ref(eng::can_cast(a, b, eng::Casting::safe));
    case Py_LT: return bool_ref(a != b && eng::can_cast(a, b, eng::Casting::safe));
    case Py_GE: return bool_ref(eng::can_cast(b, a, eng::Casting::safe));
    default: return bool_ref(a != b && eng::can_cast(b, a, eng::Casting::safe));
  }
}


Ref get_name(Value self) { return str_from_ascii(engine_of(self)->name); }
Ref get_char(Value self) { return str_from_ascii({&engine_of(self)->code, 1}); }
Ref get_kind(Value self) { return str_from_ascii({&engine_of(self)->kind, 1}); }
Ref get_typestr(Value self) { return str_from_ascii(engine_of(self)->typestr); }
Ref get_byteorder(Value self) { return str_from_ascii({&engine_of(self)->order, 1}); }
Ref get_num(Value self) { return Ref::from_int(engine_of(self)->number); }
Ref get_itemsize(Value self) { return Ref::from_int(engine_of(self)->size); }
Ref get_alignment(Value self) { return Ref::from_int(engine_of(self)->alignment); }
Ref get_type(Value self) { return Ref::copy(Value{reinterpret_cast<PyObject*>(scalar_type(engine_of(self)))}); }
Ref get_true(Value) { return bool_ref(true); }
Ref get_false(Value) { return bool_ref(false); }
Ref get_one(Value) { return Ref::from_int(1); }
Ref get_zero(Value) { return Ref::from_int(0); }
Ref get_none(Value) { return none_ref(); }
Ref get_empty(Value) { return tuple_empty(); }
Ref get_self(Value self) { return Ref::copy(self); }
Ref get_descr(Value self) {
  Ref name = str_empty();
  Ref text = get_typestr(self);
  Ref pair = tuple_of({name, text});
  return pair ? list_of({pair}) : Ref{};
}

const GetSetRow dtype_getset[] = {
    getset<get_name>("name", "A bit-width name for this data-type."),
    getset<get_char>("char", "A unique character code for each of the built-in types."),
    getset<get_kind>("kind", "A character code identifying the general kind of data."),
    getset<get_typestr>("str", "The array-protocol typestring of this data-type object."),
    getset<get_byteorder>("byteorder", "A character indicating the byte-order of this data-type object."),
    getset<get_num>("num", "A unique number for each of the built-in types."),
    getset<get_itemsize>("itemsize", "The element size of this data-type object."),
    getset<get_alignment>("alignment", "The required alignment (bytes) of this data-type."),
    getset<get_type>("type", "The type object used to instantiate a scalar of this data-type."),
    getset<get_one>("isbuiltin", "Integer indicating how this dtype relates to the built-in dtypes."),
    getset<get_true>("isnative", "Boolean indicating whether the byte order of this dtype is native."),
    getset<get_false>("hasobject", "Boolean indicating whether this dtype contains any reference-counted objects."),
    getset<get_false>("isalignedstruct", "Boolean indicating whether the dtype is a struct which maintains field alignment."),
    getset<get_zero>("ndim", "Number of dimensions of the sub-array if this data type describes one."),
    getset<get_zero>("flags", "Bit-flags describing how this data type is to be interpreted."),
    getset<get_none>("fields", "Dictionary of named fields, or None."),
    getset<get_none>("names", "Ordered list of field names, or None."),
    getset<get_none>("subdtype", "Tuple (item_dtype, shape) if this dtype describes a sub-array, or None."),
    getset<get_none>("metadata", "Either None or a readonly dictionary of metadata."),
    getset<get_empty>("shape", "Shape tuple of the sub-array if this data type describes one."),
    getset<get_self>("base", "Returns dtype for the base element of the subarrays."),
    getset<get_descr>("descr", "__array_interface__ description of the data-type."),
    {}};

Ref dtype_reduce(Value self) {
  Ref text = get_typestr(self);
  Ref args = text ? tuple_of({text, boolean(false), boolean(true)}) : Ref{};
  return args ? tuple_of({Value{&dtype_type}, args}) : Ref{};
}

Ref dtype_newbyteorder(Value self, const Value* a) {
  if (a[0].absent()) return raise(PyExc_NotImplementedError, "arrays of swapped byte order are not supported yet");
  if (is_str(a[0]) && (str_equals(a[0], "=") || str_equals(a[0], "|") || str_equals(a[0], "I") || str_equals(a[0], "<"))) return Ref::copy(self);
  if (engine_of(self)->size == 1) return Ref::copy(self);
  return raise(PyExc_NotImplementedError, "arrays of swapped byte order are not supported yet");
}

Ref dtype_class_getitem(Value cls, Value item) { return call(Value{&Py_GenericAliasType}, {cls, item}); }

const MethodRow dtype_methods[] = {
    class_method<dtype_class_getitem>("__class_getitem__", "($type, item, /)", "Return a parametrized wrapper around the dtype type."),
    method<dtype_reduce>("__reduce__", "($self, /)", "For pickling."),
    method<dtype_newbyteorder>("newbyteorder", "($self, new_order=<unrepresentable>, /)", "Return a new dtype with a different byte order."),
    {}};

}  // namespace

const TypeDef dtype_def = {
    .type = &dtype_type,
    .name = "numpy.dtype",
    .basicsize = sizeof(DTypeObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Create a data type object.",
    .slots = {.tp_repr = slot::Unary<dtype_repr>,
              .tp_hash = slot::Hash<dtype_hash>,
              .tp_str = slot::Unary<dtype_str>,
              .tp_richcompare = slot::Compare<dtype_compare>,
              .tp_new = slot::New<dtype_new>},
    .methods = dtype_methods,
    .getset = dtype_getset,
};

bool init_dtypes(PyObject* module) {
  if (!module_add_type(module, dtype_def)) return false;
  for (int i = 0; i < static_cast<int>(sizeof kClassNames / sizeof *kClassNames); ++i) {
    if (!kClassNames[i]) continue;
    classes[i].ob_base = {{1, &PyType_Type}, 0};
    TypeDef* def = new TypeDef{};
    def->type = &classes[i];
    def->name = kClassNames[i];
    def->basicsize = sizeof(DTypeObject);
    def->base = &dtype_type;
    if (!ready_type(*def)) return false;
    Ref object = Ref::copy(Value{&classes[i]});
    std::string name = std::string("_") + (std::strrchr(kClassNames[i], '.') + 1);
    if (!module_add(module, name.c_str(), std::move(object))) return false;
  }
  for (int i = 0; i < eng::kClassCount; ++i)
    if (const DType* dtype = eng::dtype_of_number(i))
      if (!dtype_object(dtype)) return false;
  return true;
}

}  // namespace adder::numpy
