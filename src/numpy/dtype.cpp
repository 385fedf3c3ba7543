// dtype objects: one for each of the engine's dtypes, made once, and everything that names a dtype.
#include <cstring>
#include <string>

#include "numpy/special.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"
#include "object/type_impl.h"

namespace adder::numpy {

ADDER_TYPE(dtype_type);

namespace {

// Each dtype's own class (numpy.dtypes.Float64DType), under numpy.dtype.
PyTypeObject classes[eng::kClassCount];
constexpr const char* kClassNames[] = {"numpy.dtypes.BoolDType", "numpy.dtypes.Int8DType", "numpy.dtypes.UInt8DType", "numpy.dtypes.Int16DType",
                                       "numpy.dtypes.UInt16DType", "numpy.dtypes.Int32DType", "numpy.dtypes.UInt32DType",
                                       "numpy.dtypes.Int64DType", "numpy.dtypes.UInt64DType", nullptr, nullptr, "numpy.dtypes.Float32DType",
                                       "numpy.dtypes.Float64DType", "numpy.dtypes.LongDoubleDType", "numpy.dtypes.Complex64DType", "numpy.dtypes.Complex128DType",
                                       "numpy.dtypes.CLongDoubleDType", "numpy.dtypes.ObjectDType", "numpy.dtypes.BytesDType", "numpy.dtypes.StrDType", "numpy.dtypes.VoidDType",
                                       "numpy.dtypes.DateTime64DType", "numpy.dtypes.TimeDelta64DType", "numpy.dtypes.Float16DType"};
const DType* engine_of(Value self) { return self.as<DTypeObject>()->engine; }

}  // namespace

const DType* dtype_of_class(int number) {
  switch (number) {
    case eng::kObjectClass: return &eng::kObject;
    case eng::kBytesClass: return eng::text_dtype('S', 0);
    case eng::kStrClass: return eng::text_dtype('U', 0);
    case eng::kVoidClass: return eng::text_dtype('V', 0);
    case eng::kDateClass: return eng::date_dtype('M', eng::Unit::generic, 1);
    case eng::kSpanClass: return eng::date_dtype('m', eng::Unit::generic, 1);
    default: return eng::dtype_of_number(number);
  }
}

namespace {
DTypeObject* new_dtype_object(const DType* dtype);
}

DTypeObject* dtype_object(const DType* dtype) {
  if (dtype->host) [[likely]] return static_cast<DTypeObject*>(dtype->host);
  DTypeObject* made = new_dtype_object(dtype);
  dtype->host = made;
  return made;
}

namespace {

void fill_dtype_object(DTypeObject* made, const DType* dtype) {
  made->typeobj = scalar_type(dtype);
  made->kind = dtype->kind;
  made->type = dtype->code;
  made->byteorder = dtype->order;
  made->type_num = dtype->native()->number;
  made->elsize = dtype->size;
  made->alignment = dtype->alignment;
  made->hash = -1;
  made->engine = dtype;
}

DTypeObject* new_dtype_object(const DType* dtype) {
  auto* made = new_object<DTypeObject>(&classes[dtype->native()->number]);
  if (made) fill_dtype_object(made, dtype);
  return made;
}

}  // namespace

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
    else if (type == &PyUnicode_Type) found = eng::text_dtype('U', 0);
    else if (type == &PyBytes_Type) found = eng::text_dtype('S', 0);
    else if (type == &PyMemoryView_Type) found = eng::text_dtype('V', 0);
    else if (type == &PyBaseObject_Type) found = &eng::kObject;
    else found = dtype_of_scalar_type(type);
    if (!found && is_subtype(type, &dtype_type)) {
      for (int i = 0; i < eng::kClassCount && !found; ++i)
        if (type == &classes[i]) found = dtype_of_class(i);
      if (!found) return raise(PyExc_TypeError, "Cannot interpret '%R' as a data type", v);
    }
    if (!found) {
      // A class with a dtype of its own, or any other: its instances are objects.
      Ref inner;
      int has = lookup_attr(v, "dtype"_id, &inner);
      if (has < 0) return false;
      found = has && is_dtype(inner) ? engine_of(inner) : is_subtype(type, &generic_type) ? nullptr : &eng::kObject;
      if (!found) return raise(PyExc_TypeError, "Cannot interpret '%R' as a data type", v);
    }
    *out = found;
    return true;
  }
  if (is_str(v)) {
    std::string_view text = str_utf8(v);
    if (!text.data()) return false;
    if (const DType* found = eng::dtype_of_name(text.data(), static_cast<index_t>(text.size()))) {
      *out = found;
      return true;
    }
    const bool several = text.find(',') != std::string_view::npos;
    *out = several ? nullptr : special_dtype_named(text);
    if (*out) return true;
    if (error_occurred()) return false;
    if (several || text.find('(') != std::string_view::npos || (!text.empty() && text[0] >= '0' && text[0] <= '9'))
      return dtype_from_description(v, false, out);
    return raise(PyExc_TypeError, "data type %R not understood", v);
  }
  Ref inner;
  int has = lookup_attr(v, "dtype"_id, &inner);
  if (has < 0) return false;
  if (has && is_dtype(inner)) {
    *out = engine_of(inner);
    return true;
  }
  if (is_list(v) || is_tuple(v) || is_dict(v)) return dtype_from_description(v, false, out);
  return raise(PyExc_TypeError, "Cannot interpret '%R' as a data type", v);
}

namespace {

// dtype(dtype, align=False, copy=False, metadata=None)
Ref dtype_new(PyTypeObject* type, Args args) {
  Value given, align, copy;
  if (args.n > 0) given = args[0];
  if (args.n > 1) align = args[1];
  if (args.n > 2) copy = args[2];
  Py_ssize_t keywords = args.kwnames ? tuple_size(Value{args.kwnames}) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    Value name = tuple_get(Value{args.kwnames}, k), x = args.v[args.n + static_cast<size_t>(k)];
    if (str_equals(name, "dtype")) given = x;
    else if (str_equals(name, "align")) align = x;
    else if (str_equals(name, "copy")) copy = x;
    else if (str_equals(name, "metadata") && !is_none(x)) return raise(PyExc_NotImplementedError, "metadata of dtypes is not supported yet");
    else if (!str_equals(name, "metadata")) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for dtype()", name);
  }
  const DType* dtype;
  if (given.absent() && type != &dtype_type) {
    for (int i = 0; i < eng::kClassCount; ++i)
      if (type == &classes[i]) return dtype_ref(dtype_of_class(i));
  }
  if (given.absent()) return raise(PyExc_TypeError, "dtype() missing required argument 'dtype' (pos 1)");
  const int aligned = align.absent() ? 0 : is_true(align);
  if (aligned < 0) return {};
  if (aligned && !is_dtype(given) && !is_type(given)) {
    if (!dtype_from_description(given, true, &dtype)) return {};
    return dtype_ref(dtype);
  }
  if (!dtype_from(given, &dtype)) return {};
  const int fresh = copy.absent() ? 0 : is_true(copy);
  if (fresh < 0) return {};
  if (fresh) {
    DTypeObject* made = new_dtype_object(dtype);
    return made ? Ref::steal(Value{reinterpret_cast<PyObject*>(made)}) : Ref{};
  }
  return dtype_ref(dtype);
}

Ref dtype_repr(Value self) { return dtype_repr_text(engine_of(self)); }
Ref dtype_str(Value self) { return dtype_text(engine_of(self)); }
Py_hash_t dtype_hash(Value self) {
  const DType* dtype = engine_of(self);
  if (eng::is_structured(dtype)) {
    // Of what equal structures share.
    size_t h = static_cast<size_t>(dtype->size) * 31 + static_cast<size_t>(dtype->structure->count);
    for (int i = 0; i < dtype->structure->count; ++i)
      for (const char* p = dtype->structure->fields[i].name; *p; ++p) h = h * 1000003 + static_cast<unsigned char>(*p);
    return static_cast<Py_hash_t>(h >> 2);
  }
  return dtype->is_special() ? static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(dtype) >> 4) : dtype->number * 1000003 + 17;
}

// Whether elements mean the same: structures with the same fields at the same places, whatever class their elements are of.
bool equivalent(const DType* a, const DType* b) {
  if (a == b) return true;
  if (!a->structure || !b->structure || a->size != b->size) return false;
  const eng::Structure &x = *a->structure, &y = *b->structure;
  if (x.base || y.base) return x.base && y.base && equivalent(x.base, y.base) && x.nd == y.nd && std::memcmp(x.shape, y.shape, sizeof(index_t) * static_cast<size_t>(x.nd)) == 0;
  if (x.count != y.count) return false;
  for (int i = 0; i < x.count; ++i) {
    const eng::Field &p = x.fields[i], &q = y.fields[i];
    if (p.offset != q.offset || std::strcmp(p.name, q.name) != 0 || !p.title != !q.title || (p.title && std::strcmp(p.title, q.title) != 0) || !equivalent(p.dtype, q.dtype))
      return false;
  }
  return true;
}

Ref dtype_compare(Value self, Value other, int op) {
  const DType* a = engine_of(self);
  const DType* b;
  if (!dtype_from(other, &b, &eng::kFloat64)) {
    if (op != Py_EQ && op != Py_NE) return {};
    clear_error();
    return bool_ref(op == Py_NE);
  }
  if ((is_none(other)) && (op == Py_EQ || op == Py_NE)) return bool_ref((a == &eng::kFloat64) == (op == Py_EQ));
  switch (op) {
    case Py_EQ: return bool_ref(equivalent(a, b));
    case Py_NE: return bool_ref(!equivalent(a, b));
    case Py_LE: return bool_ref(eng::can_cast(a, b, eng::Casting::safe));
    case Py_LT: return bool_ref(a != b && eng::can_cast(a, b, eng::Casting::safe));
    case Py_GE: return bool_ref(eng::can_cast(b, a, eng::Casting::safe));
    default: return bool_ref(a != b && eng::can_cast(b, a, eng::Casting::safe));
  }
}


// The type's name and its bits: "float64", "str96", "void128".
Ref get_name(Value self) {
  const DType* dtype = engine_of(self)->native();
  if (dtype->is_date() || dtype->is_object()) return dtype_text(dtype);
  if (!dtype->is_text() && dtype->kind != 'V') return str_from_ascii(dtype->name);
  const char* base = dtype->kind == 'U' ? "str" : dtype->kind == 'S' ? "bytes" : "void";
  return dtype->size ? str_format("%s%zd", base, 8 * dtype->size) : str_from_ascii(base);
}
Ref get_char(Value self) { return str_from_ascii({&engine_of(self)->code, 1}); }
Ref get_kind(Value self) { return str_from_ascii({&engine_of(self)->kind, 1}); }
Ref get_typestr(Value self) { return str_from_ascii(engine_of(self)->typestr); }
Ref get_byteorder(Value self) { return str_from_ascii({&engine_of(self)->order, 1}); }
Ref get_num(Value self) { return Ref::from_int(engine_of(self)->native()->number); }
Ref get_itemsize(Value self) { return Ref::from_int(engine_of(self)->size); }
Ref get_alignment(Value self) { return Ref::from_int(engine_of(self)->alignment); }
Ref get_type(Value self) { return Ref::copy(Value{reinterpret_cast<PyObject*>(scalar_type(engine_of(self)))}); }
Ref get_none(Value) { return none_ref(); }

Ref description(Value self, PyObject* what) {
  Ref module = hooks.import_module("numpy._core._descriptions"_id);
  Ref function = module ? getattr(module, what) : Ref{};
  return function ? call1(function, self) : Ref{};
}

// 1: one of the built-in types, 0: fields or a sub-array, 2: of a length or unit of its own (NumPy's 0 as well).
Ref get_isbuiltin(Value self) {
  const DType* dtype = engine_of(self);
  return Ref::from_int(!dtype->is_special() || dtype->is_object() || (dtype->size == 0 && !dtype->structure));
}
bool native_order(const DType* dtype) {
  if (dtype->swapped_from) return false;
  if (!dtype->structure) return true;
  if (dtype->structure->base) return native_order(dtype->structure->base);
  for (int i = 0; i < dtype->structure->count; ++i)
    if (!native_order(dtype->structure->fields[i].dtype)) return false;
  return true;
}
Ref get_isnative(Value self) { return bool_ref(native_order(engine_of(self))); }
Ref get_hasobject(Value self) { return bool_ref(engine_of(self)->has_references()); }
Ref get_isaligned(Value self) { return bool_ref(engine_of(self)->structure && engine_of(self)->structure->aligned); }
Ref get_flags(Value self) {
  const DType* dtype = engine_of(self);
  const bool object = dtype->has_references();
  return Ref::from_int((object ? 63 : 0) | (dtype->kind == 'V' ? (dtype->structure ? 16 : 0) : 0));
}

const eng::Structure* subarray_of(Value self) {
  const eng::Structure* s = engine_of(self)->structure;
  return s && s->base ? s : nullptr;
}
Ref get_ndim(Value self) { return Ref::from_int(subarray_of(self) ? subarray_of(self)->nd : 0); }
Ref get_shape(Value self) {
  const eng::Structure* s = subarray_of(self);
  Ref shape = tuple_new(s ? s->nd : 0);
  for (int i = 0; s && shape && i < s->nd; ++i) tuple_init(shape, i, int_from_ssize(s->shape[i]));
  return shape;
}
Ref get_base(Value self) { return subarray_of(self) ? dtype_ref(subarray_of(self)->base) : Ref::copy(self); }
Ref get_subdtype(Value self) {
  if (!subarray_of(self)) return none_ref();
  Ref base = get_base(self), shape = get_shape(self);
  return base && shape ? tuple_of({base, shape}) : Ref{};
}

Ref get_names(Value self) {
  const DType* dtype = engine_of(self);
  if (!eng::is_structured(dtype)) return none_ref();
  Ref names = tuple_new(dtype->structure->count);
  for (int i = 0; names && i < dtype->structure->count; ++i) {
    Ref name = intern(std::string_view(dtype->structure->fields[i].name));
    if (!name) return {};
    tuple_init(names, i, std::move(name));
  }
  return names;
}
bool set_names(Value self, Value value) {
  const DType* dtype = engine_of(self);
  if (!eng::is_structured(dtype)) return raise(PyExc_AttributeError, "there are no fields defined");
  return raise(PyExc_NotImplementedError, "renaming the fields of a dtype in place is not supported: make a new dtype");
}
Ref get_fields(Value self) {
  const DType* dtype = engine_of(self);
  if (!eng::is_structured(dtype)) return none_ref();
  Ref all = dict_new();
  if (!all) return {};
  for (int i = 0; i < dtype->structure->count; ++i) {
    const eng::Field& f = dtype->structure->fields[i];
    Ref own = dtype_ref(f.dtype), offset = int_from_ssize(f.offset), name = str_from_utf8(f.name), title = f.title ? str_from_utf8(f.title) : Ref{};
    Ref row = f.title ? tuple_of({own, offset, title}) : tuple_of({own, offset});
    if (!row || !name || !dict_set(all, name, row)) return {};
    if (f.title && !dict_set(all, title, row)) return {};
  }
  return mapping_proxy(all);
}

Py_ssize_t dtype_length(Value self) {
  const DType* dtype = engine_of(self);
  return eng::is_structured(dtype) ? dtype->structure->count : 0;
}
Ref dtype_subscript(Value self, Value key) {
  const DType* dtype = engine_of(self);
  if (!eng::is_structured(dtype)) {
    Ref text = dtype_str(self);
    return raise(PyExc_KeyError, "There are no fields in dtype %U.", text.get());
  }
  const eng::Structure& s = *dtype->structure;
  if (is_str(key)) {
    std::string_view name = str_utf8(key);
    const eng::Field* field = name.data() ? eng::find_field(dtype, std::string(name).c_str()) : nullptr;
    if (field) return dtype_ref(field->dtype);
    if (error_occurred()) return {};
    return raise(PyExc_KeyError, "Field named %R not found.", key);
  }
  if (is_list(key)) return description(tuple_of({self, key}), "chosen"_id);
  Py_ssize_t i;
  if (!index_as_ssize(key, &i, PyExc_IndexError)) {
    clear_error();
    return raise(PyExc_TypeError, "Field key must be an integer field offset, single field name, or list of field names.");
  }
  if (i < 0) i += s.count;
  if (i < 0 || i >= s.count) return raise(PyExc_IndexError, "Field index %zd out of range.", i < 0 ? i - s.count : i);
  return dtype_ref(s.fields[i].dtype);
}
int dtype_bool(Value) { return 1; }

Ref get_descr(Value self) {
  if (engine_of(self)->structure) return description(self, "descr"_id);
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
    getset<get_isbuiltin>("isbuiltin", "Integer indicating how this dtype relates to the built-in dtypes."),
    getset<get_isnative>("isnative", "Boolean indicating whether the byte order of this dtype is native."),
    getset<get_hasobject>("hasobject", "Boolean indicating whether this dtype contains any reference-counted objects."),
    getset<get_isaligned>("isalignedstruct", "Boolean indicating whether the dtype is a struct which maintains field alignment."),
    getset<get_ndim>("ndim", "Number of dimensions of the sub-array if this data type describes one."),
    getset<get_flags>("flags", "Bit-flags describing how this data type is to be interpreted."),
    getset<get_fields>("fields", "Dictionary of named fields, or None."),
    getset<get_names, set_names>("names", "Ordered list of field names, or None."),
    getset<get_subdtype>("subdtype", "Tuple (item_dtype, shape) if this dtype describes a sub-array, or None."),
    getset<get_none>("metadata", "Either None or a readonly dictionary of metadata."),
    getset<get_shape>("shape", "Shape tuple of the sub-array if this data type describes one."),
    getset<get_base>("base", "Returns dtype for the base element of the subarrays."),
    getset<get_descr>("descr", "__array_interface__ description of the data-type."),
    {}};

Ref dtype_reduce(Value self) {
  if (engine_of(self)->structure) return description(self, "pickled"_id);
  Ref text = engine_of(self)->is_date() ? str_from_ascii(engine_of(self)->typestr) : get_typestr(self);
  Ref args = text ? tuple_of({text, boolean(false), boolean(true)}) : Ref{};
  return args ? tuple_of({Value{&dtype_type}, args}) : Ref{};
}
// NumPy's pickles tell the byte order, the unit and the fields in a state after the object is made. That object is nobody else's (copy=True).
Ref dtype_setstate(Value self, Value state) {
  auto* own = self.as<DTypeObject>();
  if (own == static_cast<DTypeObject*>(own->engine->host)) return none_ref();
  Ref pair = tuple_of({self, state});
  Ref found = description(pair, "from_state"_id);
  if (!found) return {};
  fill_dtype_object(own, engine_of(found));
  return none_ref();
}

Ref dtype_newbyteorder(Value self, const Value* a) {
  const DType* dtype = engine_of(self);
  char order = 'S';
  if (!a[0].absent()) {
    std::string_view text = is_str(a[0]) ? str_utf8(a[0]) : std::string_view{};
    if (text.empty()) return raise(PyExc_ValueError, "byteorder not recognized (got %R)", a[0]);
    order = text[0];
  }
  switch (order) {
    case 'S':
    case 's': return dtype_ref(eng::swapped_dtype(dtype));
    case '>':
    case 'B':
    case 'b': return dtype_ref(native_order(dtype) ? eng::swapped_dtype(dtype) : dtype);
    case '<':
    case 'L':
    case 'l':
    case '=':
    case 'N':
    case 'n': return dtype_ref(native_order(dtype) ? dtype : eng::swapped_dtype(dtype));
    case '|':
    case 'I':
    case 'i': return Ref::copy(self);
    default: return raise(PyExc_ValueError, "byteorder not recognized (got %R)", a[0]);
  }
}

Ref dtype_class_getitem(Value cls, Value item) { return call(Value{&Py_GenericAliasType}, {cls, item}); }

const MethodRow dtype_methods[] = {
    class_method<dtype_class_getitem>("__class_getitem__", "($type, item, /)", "Return a parametrized wrapper around the dtype type."),
    method<dtype_reduce>("__reduce__", "($self, /)", "For pickling."),
    method<dtype_setstate>("__setstate__", "($self, state, /)", "For unpickling."),
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
              .tp_new = slot::New<dtype_new>,
              .nb_bool = slot::Inquiry<dtype_bool>,
              .mp_length = slot::Length<dtype_length>,
              .mp_subscript = slot::Binary<dtype_subscript>},
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
  for (const MethodRow* row = special_functions; row->c.ml_name; ++row) {
    Ref function = make_builtin(*row, Value{module}, intern("numpy"));
    if (!function || !module_add(module, row->c.ml_name, std::move(function))) return false;
  }
  init_objects();
  init_text();
  return true;
}

}  // namespace adder::numpy
