// Elements of special dtypes as Python's objects and back: text, dates, structures; the casts between numbers, dates and text.
#include <strings.h>

#include <cstring>
#include <string>

#include "array/core/load_store.h"
#include "memory/gc.h"
#include "numpy/special.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"
#include "object/type.h"

namespace adder::numpy {

namespace {

using eng::load;

const eng::CastPair& pair_of(const void* extra) { return *static_cast<const eng::CastPair*>(extra); }

// A function of the Python part that turns dates into those of `datetime` and back.
Ref dates_function(PyObject* name) {
  Ref module = hooks.import_module("numpy._core._dates"_id);
  return module ? getattr(module, name) : Ref{};
}

Ref text_of(const char* at, const DType* dtype) {
  index_t n = dtype->size / 4;
  while (n > 0 && load<uint32_t>(at + 4 * (n - 1)) == 0) --n;
  if (reinterpret_cast<uintptr_t>(at) % 4 == 0) return str_from_kind(4, at, n);
  std::string copy(at, static_cast<size_t>(4 * n));
  return str_from_kind(4, copy.data(), n);
}

Ref bytes_of(const char* at, const DType* dtype) {
  index_t n = dtype->size;
  while (n > 0 && at[n - 1] == 0) --n;
  return bytes_new({at, static_cast<size_t>(n)});
}

Ref date_to_python(const char* at, const DType* dtype) {
  const int64_t value = load<int64_t>(at);
  if (value == eng::kNaT) return none_ref();
  if (dtype->unit == eng::Unit::generic) return int_from_i64(value);
  Ref function = dates_function(dtype->kind == 'M' ? "python_date"_id : "python_span"_id);
  if (!function) return {};
  Ref number = int_from_i64(value), unit = str_from_ascii(eng::unit_name(dtype->unit)), multiple = Ref::from_int(dtype->multiple);
  if (dtype->kind == 'm') return call(function, {number, unit, multiple});
  const eng::DateParts p = eng::parts_of(value, dtype->unit, dtype->multiple);
  Ref year = int_from_i64(p.year);
  Ref parts = tuple_of({year, Value::from_int(p.month), Value::from_int(p.day), Value::from_int(p.hour), Value::from_int(p.minute),
                        Value::from_int(p.second), Value::from_int(p.atto / 1000000000000)});
  return parts ? call(function, {number, unit, multiple, parts}) : Ref{};
}

// A view of the memory of a sub-array.
Ref subarray_over(char* at, const DType* dtype, Ref owner) {
  const eng::Structure& s = *dtype->structure;
  index_t strides[eng::kMaxDims];
  eng::c_strides(s.nd, s.shape, s.base->size, strides);
  return array_over(std::move(owner), at, s.nd, s.shape, strides, s.base, true);
}

Ref structure_to_python(const char* at, const DType* dtype) {
  const eng::Structure& s = *dtype->structure;
  if (s.base) {
    Ref view = subarray_over(const_cast<char*>(at), dtype, none_ref());
    return view ? array_copy(as_array(view)->view()) : Ref{};
  }
  Ref all = tuple_new(s.count);
  for (int i = 0; all && i < s.count; ++i) {
    Ref one = element_to_python(at + s.fields[i].offset, s.fields[i].dtype);
    if (!one) return {};
    tuple_init(all, i, std::move(one));
  }
  return all;
}

// ---- storing ---------------------------------------------------------------------------------------------------------------

bool put_chars(char* at, const DType* dtype, Value text) {
  const index_t room = dtype->size / 4, n = str_length(text) < room ? str_length(text) : room;
  for (index_t i = 0; i < n; ++i) {
    const uint32_t c = str_char(text, i);
    std::memcpy(at + 4 * i, &c, 4);
  }
  std::memset(at + 4 * n, 0, static_cast<size_t>(dtype->size - 4 * n));
  return true;
}

bool put_bytes(char* at, const DType* dtype, std::string_view text) {
  const size_t room = static_cast<size_t>(dtype->size), n = text.size() < room ? text.size() : room;
  std::memcpy(at, text.data(), n);
  std::memset(at + n, 0, room - n);
  return true;
}

// What an object is as text: itself, decoded, or its str().
Ref as_text(Value v) {
  if (is_str(v)) return Ref::copy(v);
  if (is_bytes(v)) return bytes_decode(bytes_data(v), bytes_length(v), "ascii", nullptr);
  return to_str(v);
}

bool store_text(char* at, const DType* dtype, Value v) {
  if (is_list_or_tuple(v) && !(dtype->size == 0)) return raise(PyExc_ValueError, "setting an array element with a sequence");
  if (dtype->kind == 'S') {
    if (is_bytes(v)) return put_bytes(at, dtype, bytes_view(v));
    Ref text = as_text(v);
    Ref encoded = text ? str_encode(text, "ascii", nullptr) : Ref{};
    return encoded && put_bytes(at, dtype, bytes_view(encoded));
  }
  Ref text = as_text(v);
  return text && put_chars(at, dtype, text);
}

bool store_number(char* at, int64_t value) {
  std::memcpy(at, &value, sizeof value);
  return true;
}

// The date that a text names, in the unit of `dtype`, which is told its own if it is generic.
bool date_from_text(std::string_view text, const DType** dtype, int64_t* out) {
  eng::DateParts parts;
  eng::Unit unit;
  bool nat, zoned;
  if (!eng::parse_date(text.data(), static_cast<index_t>(text.size()), &parts, &unit, &nat, &zoned)) {
    Ref function = dates_function("refuse"_id);
    Ref given = str_from_utf8(text);
    Ref refused = function && given ? call1(function, given) : Ref{};
    return false;
  }
  if (zoned && !warn(PyExc_UserWarning, 1, "no explicit representation of timezones available for np.datetime64")) return false;
  if ((*dtype)->unit == eng::Unit::generic && !nat) *dtype = eng::date_dtype('M', unit, 1);
  *out = eng::kNaT;
  if (!nat && !eng::value_of(parts, (*dtype)->unit, (*dtype)->multiple, out)) *out = eng::kNaT;
  return true;
}

}  // namespace

// Stores anything that names a date or span; a generic dtype is told the unit it has.
bool date_from(Value v, const DType** dtype, int64_t* out) {
  const bool date = (*dtype)->kind == 'M';
  if (is_none(v)) {
    *out = eng::kNaT;
    return true;
  }
  if (const DType* own = scalar_dtype(v)) {
    if (own->is_date()) {
      if ((*dtype)->unit == eng::Unit::generic) *dtype = eng::date_dtype((*dtype)->kind, own->unit, own->multiple);
      if (own->kind != (*dtype)->kind) return raise(PyExc_ValueError, "Could not convert object to NumPy %s", date ? "datetime" : "timedelta");
      if (!eng::can_cast(own, *dtype, eng::Casting::same_kind))
        return raise(PyExc_TypeError, "Cannot cast NumPy %s from metadata [%s] to [%s] according to the rule 'same_kind'",
                     date ? "datetime64" : "timedelta64 scalar", eng::unit_name(own->unit), eng::unit_name((*dtype)->unit));
      char* args[2] = {scalar_data(v), reinterpret_cast<char*>(out)};
      const index_t steps[2] = {0, 0};
      eng::find_cast(own, *dtype)(args, 1, steps);
      return true;
    }
    if (!own->is_integer() && !(own->is_bool() && !date)) return raise(PyExc_ValueError, "Could not convert object to NumPy %s", date ? "datetime" : "timedelta");
    Ref number = element_to_python(scalar_data(v), own);
    return number && date_from(number, dtype, out);
  }
  if (is_ndarray(v) && as_array(v)->nd == 0) {
    Ref scalar = element_to_scalar(as_array(v)->data, as_array(v)->dtype());
    return scalar && date_from(scalar, dtype, out);
  }
  if (is_int(v)) {
    if (date && (*dtype)->unit == eng::Unit::generic) return raise(PyExc_ValueError, "Converting an integer to a NumPy datetime requires a specified unit");
    return int_as_i64(v, out);
  }
  if (is_str(v) || is_bytes(v)) {
    Ref text = as_text(v);
    if (!text) return false;
    std::string_view view = str_utf8(text);
    if (!view.data()) return false;
    if (date) return date_from_text(view, dtype, out);
    if (view.empty() || (view.size() == 3 && strncasecmp(view.data(), "nat", 3) == 0)) {
      *out = eng::kNaT;
      return true;
    }
    Ref number = to_int(text);
    if (!number) {
      clear_error();
      return raise(PyExc_ValueError, "Could not convert object to NumPy timedelta");
    }
    return int_as_i64(number, out);
  }
  Ref function = dates_function(date ? "date_parts"_id : "span_parts"_id);
  Ref parts = function ? call1(function, v) : Ref{};
  if (!parts) return false;
  if (is_none(parts)) return raise(PyExc_ValueError, "Could not convert object to NumPy %s", date ? "datetime" : "timedelta");
  // (unit, year, month, day, hour, minute, second, microsecond), or (unit, days, seconds, microseconds).
  int64_t n[8] = {};
  for (Py_ssize_t i = 0; i < tuple_size(parts) && i < 8; ++i)
    if (!int_as_i64(tuple_get(parts, i), &n[i])) return false;
  if ((*dtype)->unit == eng::Unit::generic) *dtype = eng::date_dtype((*dtype)->kind, static_cast<eng::Unit>(n[0]), 1);
  if (date) {
    eng::DateParts p = {n[1], static_cast<int>(n[2]), static_cast<int>(n[3]), static_cast<int>(n[4]), static_cast<int>(n[5]), static_cast<int>(n[6]),
                        n[7] * 1000000000000};
    if (!eng::value_of(p, (*dtype)->unit, (*dtype)->multiple, out)) return raise(PyExc_OverflowError, "Overflow when converting a datetime");
    return true;
  }
  int64_t micro = (n[1] * 86400 + n[2]) * 1000000 + n[3];
  char* args[2] = {reinterpret_cast<char*>(&micro), reinterpret_cast<char*>(out)};
  const index_t steps[2] = {0, 0};
  eng::find_cast(eng::date_dtype('m', eng::Unit::micro, 1), *dtype)(args, 1, steps);
  return true;
}

namespace {

bool store_structure(char* at, const DType* dtype, Value v) {
  const eng::Structure& s = *dtype->structure;
  if (s.base) {
    Ref target = subarray_over(at, dtype, none_ref());
    Ref from = target ? as_array_ref(v, s.base) : Ref{};
    return from && assign_array(as_array(target)->view(), as_array(from)->view());
  }
  if (is_tuple(v)) {
    if (tuple_size(v) != s.count)
      return raise(PyExc_ValueError, "could not assign tuple of length %zd to structure with %d fields.", tuple_size(v), s.count);
    for (int i = 0; i < s.count; ++i) {
      Ref item = Ref::copy(tuple_get(v, i));
      if (!store_element(at + s.fields[i].offset, s.fields[i].dtype, item)) return false;
    }
    return true;
  }
  for (int i = 0; i < s.count; ++i)
    if (!store_element(at + s.fields[i].offset, s.fields[i].dtype, v)) return false;
  return true;
}

bool store_void(char* at, const DType* dtype, Value v) {
  if (dtype->structure) return store_structure(at, dtype, v);
  Ref holder;
  if (!is_bytes(v)) {
    if (!has_buffer(v)) {
      Ref text = is_str(v) ? str_encode(v, "ascii", nullptr) : Ref{};
      if (error_occurred()) return false;
      if (!text) return raise(PyExc_TypeError, "a bytes-like object is required, not '%N'", type_of(v));
      return put_bytes(at, dtype, bytes_view(text));
    }
    holder = to_bytes(v);
    if (!holder) return false;
    v = holder.get();
  }
  return put_bytes(at, dtype, bytes_view(v));
}

}  // namespace

bool store_special(char* at, const DType* dtype, Value v) {
  if (dtype->swapped_from) {
    std::string native(static_cast<size_t>(dtype->size) + 1, '\0');
    if (!store_element(native.data(), dtype->native(), v)) return false;
    char* args[2] = {native.data(), at};
    const index_t steps[2] = {0, 0};
    eng::find_cast(dtype->native(), dtype)(args, 1, steps);
    return true;
  }
  switch (dtype->kind) {
    case 'O': return store_object(at, v);
    case 'S':
    case 'U': return store_text(at, dtype, v);
    case 'V': return store_void(at, dtype, v);
    default: {
      const DType* own = dtype;
      int64_t value;
      return date_from(v, &own, &value) && store_number(at, value);
    }
  }
}

Ref special_to_python(const char* at, const DType* dtype) {
  if (dtype->swapped_from) {
    std::string native(static_cast<size_t>(dtype->size) + 1, '\0');
    char* args[2] = {const_cast<char*>(at), native.data()};
    const index_t steps[2] = {0, 0};
    eng::find_cast(dtype, dtype->native())(args, 1, steps);
    return element_to_python(native.data(), dtype->native());
  }
  switch (dtype->kind) {
    case 'O': return object_at(at);
    case 'U': return text_of(at, dtype);
    case 'S': return bytes_of(at, dtype);
    case 'V': return dtype->structure ? structure_to_python(at, dtype) : bytes_new({at, static_cast<size_t>(dtype->size)});
    default: return date_to_python(at, dtype);
  }
}

// ---- casts ------------------------------------------------------------------------------------------------------------------

namespace {

eng::Conditions anything_to_text(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType *from = pair_of(extra).from, *to = pair_of(extra).to;
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    const char* at = args[0] + i * steps[0];
    char* out = args[1] + i * steps[1];
    Ref text;
    if (from->kind == 'M') {
      text = str_from_ascii(eng::date_text(load<int64_t>(at), from->unit, from->multiple));
    } else if (from->is_text()) {
      text = special_to_python(at, from);
    } else {
      Ref scalar = element_to_scalar(at, from);
      text = scalar ? to_str(scalar) : Ref{};
    }
    if (!text || !store_text(out, to, text)) return eng::kFailed;
  }
  return 0;
}

eng::Conditions text_to_anything(char* const* args, index_t n, const index_t* steps, const void* extra) {
  const DType *from = pair_of(extra).from, *to = pair_of(extra).to;
  if (error_occurred()) return eng::kFailed;
  for (index_t i = 0; i < n; ++i) {
    // Errors name the scalar.
    Ref text = element_to_scalar(args[0] + i * steps[0], from);
    if (!text) return eng::kFailed;
    Ref number;
    if (to->is_integer()) {
      number = to_int(text);
      if (!number) return eng::kFailed;
    } else if (to->is_complex()) {
      Ref plain = as_text(text);
      number = plain ? call1(Value{&PyComplex_Type}, plain) : Ref{};
      if (!number) return eng::kFailed;
    }
    if (!store_element(args[1] + i * steps[1], to, number ? number.get() : text.get())) return eng::kFailed;
  }
  return 0;
}

}  // namespace

void init_text() {
  for (int text : {eng::kBytesClass, eng::kStrClass}) {
    for (int number : {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 23}) {
      eng::register_cast(number, text, anything_to_text);
      if (number) eng::register_cast(text, number, text_to_anything);
    }
    for (int date : {eng::kDateClass, eng::kSpanClass}) {
      eng::register_cast(date, text, anything_to_text);
      eng::register_cast(text, date, text_to_anything);
    }
  }
  eng::register_cast(eng::kBytesClass, eng::kStrClass, anything_to_text);
  eng::register_cast(eng::kStrClass, eng::kBytesClass, anything_to_text);
}

// ---- what is stored in dtypes that are still open ---------------------------------------------------------------------------

bool is_open(const DType* dtype) {
  if (dtype->is_date()) return dtype->unit == eng::Unit::generic;
  return dtype->size == 0 && (dtype->is_text() || (dtype->kind == 'V' && !dtype->structure));
}

const DType* special_element_dtype(Value v) {
  if (is_str(v)) return eng::text_dtype('U', str_length(v));
  if (is_bytes(v)) return eng::text_dtype('S', bytes_length(v));
  return nullptr;
}

const DType* settled_dtype(const DType* dtype, Value v) {
  if (!is_open(dtype)) return dtype;
  const DType* native = dtype->native();
  auto again = [&](const DType* found) { return dtype->swapped_from ? eng::swapped_dtype(found) : found; };
  if (is_ndarray(v)) return settled_for_array(dtype, as_array(v));
  if (is_list_or_tuple(v) && !(native->kind == 'V')) {
    RecursionGuard guard(" while looking for a dtype");
    if (!guard.ok) return nullptr;
    const DType* widest = dtype;
    for (Py_ssize_t i = 0; i < sequence_size(v); ++i) {
      Ref item = Ref::copy(sequence_get(v, i));
      const DType* one = settled_dtype(dtype, item);
      if (!one) return nullptr;
      if (one == dtype) continue;
      if (widest == dtype) widest = one;
      else if (native->is_date()) widest = eng::promote(widest, one);
      else if (one->size > widest->size) widest = one;
      if (!widest) return raise(PyExc_TypeError, "Cannot get a common metadata divisor");
    }
    return widest;
  }
  if (native->is_date()) {
    if (is_int(v) || v.is_float()) return dtype;
    const DType* own = native;
    int64_t value;
    if (!date_from(v, &own, &value)) return nullptr;
    return again(own);
  }
  if (native->kind == 'V') {
    if (const DType* own = scalar_dtype(v); own && own->kind == 'V') return own;
    return is_bytes(v) ? eng::text_dtype('V', bytes_length(v)) : dtype;
  }
  if (const DType* own = scalar_dtype(v); own && !own->is_object()) {
    const DType* text = eng::promote(own, eng::text_dtype(native->kind, 0));
    if (own->is_number() && text) {
      Ref plain = to_str(v);
      return plain ? again(eng::text_dtype(native->kind, str_length(plain))) : nullptr;
    }
  }
  if (native->kind == 'S' && is_bytes(v)) return again(eng::text_dtype('S', bytes_length(v)));
  Ref text = as_text(v);
  return text ? again(eng::text_dtype(native->kind, str_length(text))) : nullptr;
}

const DType* settled_for_array(const DType* dtype, NdArray* from) {
  if (!is_open(dtype)) return dtype;
  const DType *native = dtype->native(), *own = from->dtype()->native();
  auto again = [&](const DType* found) { return dtype->swapped_from ? eng::swapped_dtype(found) : found; };
  if (own->is_object() || (native->is_date() && own->is_text())) {
    Ref list = call_method(Value{reinterpret_cast<PyObject*>(from)}, "tolist"_id);
    Ref items = list && !is_list(list) ? list_of({list}) : std::move(list);
    return items ? settled_dtype(dtype, items) : nullptr;
  }
  if (native->is_date()) return own->is_date() ? again(eng::date_dtype(native->kind, own->unit, own->multiple)) : dtype;
  if (native->kind == 'V') return eng::text_dtype('V', own->size);
  if (own->is_date()) return again(eng::text_dtype(native->kind, own->kind == 'M' ? eng::date_text_size(own->unit) : 21));
  if (own->kind == 'V') return again(eng::text_dtype(native->kind, own->size));
  const DType* found = eng::promote(own, eng::text_dtype(native->kind, 0));
  return found ? again(eng::text_dtype(native->kind, eng::text_length(found))) : dtype;
}

}  // namespace adder::numpy
