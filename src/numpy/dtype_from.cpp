// Names and descriptions of dtypes beyond the plain numbers, and how dtypes are written.
#include <cstring>
#include <string>
#include <vector>

#include "memory/gc.h"
#include "numpy/special.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

bool all_digits(std::string_view text) {
  for (char c : text)
    if (c < '0' || c > '9') return false;
  return true;
}

// "[25s]" or nothing, of a date or span; "s/10" as NumPy's divisors are not taken.
const DType* date_named(char kind, std::string_view rest) {
  if (rest.empty()) return eng::date_dtype(kind, eng::Unit::generic, 1);
  if (rest.size() < 3 || rest.front() != '[' || rest.back() != ']')
    return raise(PyExc_TypeError, "Invalid datetime metadata string \"%s\"", std::string(rest).c_str());
  std::string_view inner = rest.substr(1, rest.size() - 2);
  size_t digits = 0;
  int64_t multiple = 0;
  while (digits < inner.size() && inner[digits] >= '0' && inner[digits] <= '9' && multiple < INT32_MAX) multiple = multiple * 10 + (inner[digits++] - '0');
  if (digits == 0) multiple = 1;
  std::string_view name = inner.substr(digits);
  eng::Unit unit;
  if (name == "\xCE\xBCs") name = "us";
  if (multiple < 1 || multiple > INT32_MAX || !eng::unit_named(name.data(), static_cast<index_t>(name.size()), &unit))
    return raise(PyExc_TypeError, "Invalid datetime unit in metadata string \"%s\"", std::string(rest).c_str());
  return eng::date_dtype(kind, unit, static_cast<int32_t>(multiple));
}

}  // namespace

const DType* special_dtype_named(std::string_view name) {
  char order = '=';
  if (!name.empty() && (name[0] == '<' || name[0] == '>' || name[0] == '=' || name[0] == '|')) {
    order = name[0];
    name.remove_prefix(1);
  }
  if (name.empty()) return nullptr;
  const DType* found = nullptr;
  if (order == '>') {
    found = name == "b" || name == "B" ? nullptr : eng::dtype_of_name(name.data(), static_cast<index_t>(name.size()));
    if (found && name.size() > 3) found = nullptr;
  }
  struct Alias {
    std::string_view name;
    const char* means;
  };
  static constexpr Alias kAliases[] = {{"str", "U"}, {"str_", "U"}, {"unicode", "U"}, {"bytes", "S"}, {"bytes_", "S"}, {"object", "O"}, {"object_", "O"},
                                       {"void", "V"}, {"O8", "O"}, {"c", "S1"}};
  if (!found && order == '=')
    for (const Alias& a : kAliases)
      if (name == a.name) name = a.means;
  if (!found) {
    const char kind = name[0] == 'a' ? 'S' : name[0];
    if (name[0] == 'a' && all_digits(name.substr(1)) &&
        !warn(PyExc_DeprecationWarning, 1, "Data type alias 'a' was deprecated in NumPy 2.0. Use the 'S' alias instead."))
      return nullptr;
    if (name == "O") {
      found = &eng::kObject;
    } else if ((kind == 'U' || kind == 'S' || kind == 'V') && all_digits(name.substr(1)) && name.size() < 12) {
      int64_t length = 0;
      for (char c : name.substr(1)) length = length * 10 + (c - '0');
      if (length > INT32_MAX / (kind == 'U' ? 4 : 1)) return nullptr;
      found = eng::text_dtype(kind, length);
    } else if (name.starts_with("datetime64")) {
      found = date_named('M', name.substr(10));
    } else if (name.starts_with("timedelta64")) {
      found = date_named('m', name.substr(11));
    } else if ((kind == 'M' || kind == 'm') && name.size() > 1 && name[1] == '8') {
      found = date_named(kind, name.substr(2));
    } else if (name == "M" || name == "m") {
      found = date_named(kind, {});
    }
  }
  if (!found) return nullptr;
  return order == '>' ? eng::swapped_dtype(found) : found;
}

bool dtype_from_description(Value v, bool align, const DType** out) {
  Ref module = hooks.import_module("numpy._core._descriptions"_id);
  Ref function = module ? getattr(module, "described"_id) : Ref{};
  Ref made = function ? call(function, {v, boolean(align)}) : Ref{};
  if (!made) return false;
  *out = made.as<DTypeObject>()->engine;
  return true;
}

namespace {

// "(numpy.record, [('a', '<i4')])", of a structure whose elements are of a class of their own.
Ref record_text(const DType* dtype) {
  Ref text = str_from_utf8(dtype->name);
  auto* type = const_cast<PyTypeObject*>(static_cast<const PyTypeObject*>(dtype->structure->scalar));
  Ref own = getattr(Value{type}, "__module__"_id);
  return text && own ? str_format("(%S.%s, %U)", own.get(), short_name(type), text.get()) : Ref{};
}

}  // namespace

Ref dtype_text(const DType* dtype) {
  if (dtype->structure && dtype->structure->scalar) return record_text(dtype);
  if (dtype->structure) return str_from_utf8(dtype->name);
  if (dtype->is_object()) return str_from_ascii("object");
  if (dtype->is_date() && !dtype->swapped_from) return str_format("%s64%s", dtype->kind == 'M' ? "datetime" : "timedelta", dtype->name + 3);
  if (dtype->is_text() || dtype->kind == 'V') return str_from_ascii(dtype->typestr);
  return str_from_ascii(dtype->name);
}

Ref dtype_repr_text(const DType* dtype) {
  if (!dtype->structure) return str_format("dtype('%s')", dtype->name);
  if (dtype->structure->scalar) {
    Ref text = record_text(dtype);
    return text ? str_format("dtype(%U)", text.get()) : Ref{};
  }
  if (dtype->structure->aligned) {
    Ref module = hooks.import_module("numpy._core._descriptions"_id);
    Ref function = module ? getattr(module, "aligned_repr"_id) : Ref{};
    Ref self = dtype_ref(dtype);
    return function ? call1(function, self) : Ref{};
  }
  Ref text = str_from_utf8(dtype->name);
  return text ? str_format("dtype(%U)", text.get()) : Ref{};
}

const DType* promote_or_raise(const DType* a, const DType* b) {
  if (const DType* common = eng::promote(a, b)) return common;
  if (eng::is_structured(a) && eng::is_structured(b)) {
    Ref x = dtype_ref(a), y = dtype_ref(b);
    Ref left = getattr(x, "names"_id), right = getattr(y, "names"_id);
    const int same = left && right ? equal(left, right) : -1;
    if (same < 0) return nullptr;
    Ref module = hooks.import_module("numpy.exceptions"_id);
    Ref error = module ? getattr(module, "DTypePromotionError"_id) : Ref{};
    if (!error) return nullptr;
    if (!same) return raise(error.object(), "field names `%S` and `%S` mismatch.", left.get(), right.get());
  }
  if (a->is_date() && b->is_date())
    return raise(PyExc_TypeError, "Cannot get a common metadata divisor for Numpy datetime metadata [%s] and [%s] because they have incompatible nonlinear base time units.",
                 eng::unit_name(a->unit), eng::unit_name(b->unit));
  Ref module = hooks.import_module("numpy.exceptions"_id);
  Ref error = module ? getattr(module, "DTypePromotionError"_id) : Ref{};
  Ref x = dtype_ref(a), y = dtype_ref(b);
  if (!error) return nullptr;
  return raise(error.object(), "The DTypes %R and %R do not have a common DType. For example they cannot be stored in a single array unless the dtype is `object`.",
               Value{type_of(x)}, Value{type_of(y)});
}

Failure refuse_cast(const DType* from, const DType* to, Value rule) {
  Ref x = dtype_repr_text(from), y = dtype_repr_text(to);
  if (!x || !y) return {};
  return raise(PyExc_TypeError, "Cannot cast array data from %U to %U according to the rule '%S'", x.get(), y.get(), rule);
}

// ---- fields ------------------------------------------------------------------------------------------------------------------

Ref field_view(NdArray* a, Value name) {
  const DType* dtype = a->dtype();
  const eng::Field* field = nullptr;
  if (eng::is_structured(dtype)) {
    std::string_view text = str_utf8(name);
    if (!text.data()) return {};
    field = eng::find_field(dtype, std::string(text).c_str());
  } else {
    return raise(PyExc_IndexError, "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices");
  }
  if (!field) return raise(PyExc_ValueError, "no field of name %U", name);
  char* at = a->data + field->offset;
  const DType* own = field->dtype;
  if (!(own->structure && own->structure->base)) return array_view(a, at, a->nd, a->dimensions, a->strides, own, type_of(Value{reinterpret_cast<PyObject*>(a)}));
  const eng::Structure& s = *own->structure;
  index_t shape[eng::kMaxDims], strides[eng::kMaxDims], inner[eng::kMaxDims];
  if (a->nd + s.nd > eng::kMaxDims) return raise(PyExc_ValueError, "too many dimensions");
  eng::c_strides(s.nd, s.shape, s.base->size, inner);
  for (int i = 0; i < a->nd + s.nd; ++i) {
    shape[i] = i < a->nd ? a->dimensions[i] : s.shape[i - a->nd];
    strides[i] = i < a->nd ? a->strides[i] : inner[i - a->nd];
  }
  return array_view(a, at, a->nd + s.nd, shape, strides, s.base, type_of(Value{reinterpret_cast<PyObject*>(a)}));
}

Ref fields_view(NdArray* a, Value names) {
  const DType* dtype = a->dtype();
  std::vector<eng::Field> fields;
  std::vector<std::string> kept;
  for (Py_ssize_t i = 0; i < sequence_size(names); ++i) {
    Value name = sequence_get(names, i);
    std::string_view text = str_utf8(name);
    if (!text.data()) return {};
    const eng::Field* field = eng::find_field(dtype, std::string(text).c_str());
    if (!field) return raise_key_error(name);
    for (const eng::Field& other : fields)
      if (std::strcmp(other.name, field->name) == 0) return raise(PyExc_ValueError, "duplicate field of name %U", name);
    fields.push_back(*field);
  }
  const DType* chosen = eng::structured_dtype(static_cast<int>(fields.size()), fields.data(), dtype->size, 1, false);
  return array_view(a, a->data, a->nd, a->dimensions, a->strides, chosen, type_of(Value{reinterpret_cast<PyObject*>(a)}));
}

Ref compare_structures(Value a, Value b, int op) {
  Ref module = hooks.import_module("numpy._core._special"_id);
  Ref function = module ? getattr(module, "compare_structures"_id) : Ref{};
  return function ? call(function, {a, b, Value::from_int(op)}) : Ref{};
}

// ---- made by the Python part ----------------------------------------------------------------------------------------------------

namespace {

// (fields, itemsize, alignment, aligned); fields: (name, title or None, dtype, offset)
Ref np_structure(Value, const Value* a) {
  std::vector<eng::Field> fields;
  std::vector<Ref> keep;
  if (!is_list_or_tuple(a[0])) return raise(PyExc_TypeError, "a list of fields is needed");
  for (Py_ssize_t i = 0; i < sequence_size(a[0]); ++i) {
    Value row = sequence_get(a[0], i);
    if (!is_tuple(row) || tuple_size(row) != 4 || !is_str(tuple_get(row, 0)) || !is_dtype(tuple_get(row, 2)))
      return raise(PyExc_TypeError, "a field is (name, title, dtype, offset)");
    std::string_view name = str_utf8(tuple_get(row, 0));
    std::string_view title = is_str(tuple_get(row, 1)) ? str_utf8(tuple_get(row, 1)) : std::string_view{};
    Py_ssize_t offset;
    if (!name.data() || !as_ssize(tuple_get(row, 3), &offset)) return {};
    fields.push_back({name.data(), title.data(), tuple_get(row, 2).as<DTypeObject>()->engine, offset});
  }
  Py_ssize_t size, alignment;
  if (!as_ssize(a[1], &size) || !as_ssize(a[2], &alignment)) return {};
  return dtype_ref(eng::structured_dtype(static_cast<int>(fields.size()), fields.data(), size, alignment, is_true(a[3]) > 0));
}

// (dtype, scalar type or None): a structured dtype whose elements are of that type.
Ref np_with_scalar(Value, const Value* a) {
  if (!is_dtype(a[0]) || !eng::is_structured(a[0].as<DTypeObject>()->engine)) return raise(PyExc_TypeError, "a structured dtype is needed");
  if (!is_none(a[1]) && (!is_type(a[1]) || !is_subtype(a[1].as<PyTypeObject>(), &scalar_types[eng::kVoidClass]))) return raise(PyExc_TypeError, "a type under numpy.void is needed");
  if (is_none(a[1]) || a[1].as<PyTypeObject>() == &scalar_types[eng::kVoidClass]) return dtype_ref(eng::with_scalar(a[0].as<DTypeObject>()->engine, nullptr));
  incref(a[1]);  // dtypes live for ever
  return dtype_ref(eng::with_scalar(a[0].as<DTypeObject>()->engine, a[1].object()));
}

Ref np_subarray(Value, const Value* a) {
  int nd;
  index_t shape[eng::kMaxDims];
  if (!is_dtype(a[0]) || !shape_from(a[1], &nd, shape)) return {};
  return dtype_ref(eng::subarray_dtype(a[0].as<DTypeObject>()->engine, nd, shape));
}

Ref np_special_named(Value, Value text) {
  std::string_view name = str_utf8(text);
  if (!name.data()) return {};
  const DType* found = special_dtype_named(name);
  if (!found) return error_occurred() ? Ref{} : none_ref();
  return dtype_ref(found);
}

// (dtype or array): (unit, multiple)
Ref np_datetime_data(Value, Value v) {
  const DType* dtype;
  if (!dtype_from(v, &dtype)) return {};
  if (!dtype->is_date()) return raise(PyExc_TypeError, "cannot get datetime metadata from non-datetime type");
  Ref unit = str_from_ascii(eng::unit_name(dtype->unit));
  return tuple_of({unit, Value::from_int(dtype->multiple)});
}

// The text of each element of an array of dates: a list.
Ref np_date_texts(Value, Value v) {
  if (!is_ndarray(v) || as_array(v)->dtype()->native()->kind != 'M') return raise(PyExc_TypeError, "input must be an array of datetime64");
  Ref copy = array_cast(as_array(v)->view(), as_array(v)->dtype()->native(), 'C');
  if (!copy) return {};
  const DType* dtype = as_array(copy)->dtype();
  Ref list = list_new(as_array(copy)->size());
  for (index_t i = 0; list && i < as_array(copy)->size(); ++i)
    if (!list_append(list, str_from_ascii(eng::date_text(reinterpret_cast<int64_t*>(as_array(copy)->data)[i], dtype->unit, dtype->multiple)))) return {};
  return list;
}

// (list, shape): an array of objects that takes the items as they are.
Ref np_object_array(Value, const Value* a) {
  int nd;
  index_t shape[eng::kMaxDims];
  if (!is_list_or_tuple(a[0]) || !shape_from(a[1], &nd, shape)) return raise(PyExc_TypeError, "a list and a shape are needed");
  Ref array = array_new(&eng::kObject, nd, shape);
  if (!array) return {};
  if (as_array(array)->size() != sequence_size(a[0])) return raise(PyExc_ValueError, "the list does not fit the shape");
  for (Py_ssize_t i = 0; i < sequence_size(a[0]); ++i)
    if (!store_object(as_array(array)->data + i * static_cast<index_t>(sizeof(PyObject*)), sequence_get(a[0], i))) return {};
  return array;
}

}  // namespace

const MethodRow special_functions[] = {
    method<np_object_array>("_object_array", "($module, items, shape, /)", "An array of objects that takes the items as they are."),
    method<np_structure>("_structure", "($module, fields, itemsize, alignment, aligned, /)", "A structured dtype."),
    method<np_with_scalar>("_with_scalar", "($module, dtype, type, /)", "A structured dtype with elements of a type of its own."),
    method<np_subarray>("_subarray", "($module, base, shape, /)", "A dtype of a sub-array."),
    method<np_special_named>("_special_named", "($module, name, /)", "The dtype of a name beyond the plain numbers, or None."),
    method<np_datetime_data>("datetime_data", "($module, dtype, /)", "Get information about the step size of a date or time type."),
    method<np_date_texts>("_date_texts", "($module, a, /)", "The text of each date."),
    {}};

}  // namespace adder::numpy
