// bytearray: a growing buffer with room at its front after deletions there; fixed while it is exported.
#include "memory/gc.h"
#include "object/bytes_methods.h"
#include "object/sequence_iterator.h"

PyTypeObject PyByteArray_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
extern "C" {
PyTypeObject PyByteArrayIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
// What an empty bytearray's macros give to C.
char _PyByteArray_empty_string[] = "";
}

namespace adder {

namespace {

inline PyByteArrayObject* raw(Value v) { return v.as<PyByteArrayObject>(); }
inline std::string_view content(Value v) {
  auto n = static_cast<size_t>(bytearray_length(v));
  return {n ? bytearray_data(v) : _PyByteArray_empty_string, n};
}

bool may_resize(Value v) {
  if (raw(v)->ob_exports > 0) return raise(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
  return true;
}

}  // namespace

bool bytearray_resize(Value v, Py_ssize_t n) {
  auto* b = raw(v);
  Py_ssize_t size = b->ob_base.ob_size, offset = b->ob_start - b->ob_bytes;
  if (n == size) return true;
  if (!may_resize(v)) return false;
  Py_ssize_t alloc;
  if (n + offset + 1 <= b->ob_alloc) {
    if (n < b->ob_alloc / 2) {
      alloc = n + 1;  // gives memory back
    } else {
      b->ob_base.ob_size = n;
      b->ob_start[n] = 0;
      return true;
    }
  } else {
    if (n > PY_SSIZE_T_MAX / 2) return raise_no_memory();
    alloc = n <= b->ob_alloc + (b->ob_alloc >> 3) + 1 ? n + (n >> 3) + (n < 9 ? 3 : 6) : n + 1;
  }
  char* p;
  if (offset > 0) {
    p = static_cast<char*>(object_malloc(static_cast<size_t>(alloc)));
    if (!p) return raise_no_memory();
    memcpy(p, b->ob_start, static_cast<size_t>(n < size ? n : size));
    object_free(b->ob_bytes);
  } else {
    p = static_cast<char*>(object_realloc(b->ob_bytes, static_cast<size_t>(alloc)));
    if (!p) return raise_no_memory();
  }
  b->ob_bytes = b->ob_start = p;
  b->ob_base.ob_size = n;
  b->ob_alloc = alloc;
  p[n] = 0;
  return true;
}

Ref bytearray_new(std::string_view text) {
  PyObject* o = allocate_instance(&PyByteArray_Type);
  if (!o) return {};
  Ref r = Ref::steal(o);
  if (!text.empty()) {
    if (!bytearray_resize(r, static_cast<Py_ssize_t>(text.size()))) return {};
    memcpy(bytearray_data(r), text.data(), text.size());
  }
  return r;
}

namespace {

struct ArrayKind {
  static constexpr const char* kName = "bytearray";
  static constexpr bool kImmutable = false;
  static PyTypeObject* type() { return &PyByteArray_Type; }
  static std::string_view view(Value self) { return content(self); }
  static Ref make(std::string_view t) { return bytearray_new(t); }
  static Ref finish(BytesBuilder& b) { return b.finish_bytearray(); }
};
using M = BytesMethods<ArrayKind>;

bool byte_value(Value v, uint8_t* out) {
  Py_ssize_t i;
  if (v.is_int()) i = v.as_int();
  else if (!is_int(v) && !slots_of(v).nb_index) return raise(PyExc_TypeError, "'%N' object cannot be interpreted as an integer", type_of(v));
  else if (!index_as_ssize(v, &i, nullptr)) return false;
  if (i < 0 || i > 255) return raise(PyExc_ValueError, "byte must be in range(0, 256)");
  *out = static_cast<uint8_t>(i);
  return true;
}

// Replaces [lo, hi) by n bytes (which lie elsewhere).
bool replace_range(Value self, Py_ssize_t lo, Py_ssize_t hi, const char* bytes, Py_ssize_t n) {
  auto* b = raw(self);
  Py_ssize_t size = bytearray_length(self), growth = n - (hi - lo);
  if (growth < 0) {
    if (!may_resize(self)) return false;
    if (lo == 0) {
      // Dropped at the front: only the start moves.
      b->ob_start -= growth;
      b->ob_base.ob_size = size + growth;
      if (b->ob_base.ob_size == 0) b->ob_start[0] = 0;
      if (n) memcpy(b->ob_start, bytes, static_cast<size_t>(n));
      // A front that grows beyond half the block is given back.
      if (b->ob_start - b->ob_bytes > b->ob_alloc / 2) {
        memmove(b->ob_bytes, b->ob_start, static_cast<size_t>(b->ob_base.ob_size) + 1);
        b->ob_start = b->ob_bytes;
        Py_ssize_t alloc = b->ob_base.ob_size + 1;
        if (alloc < b->ob_alloc / 2) {
          if (auto* p = static_cast<char*>(object_realloc(b->ob_bytes, static_cast<size_t>(alloc)))) {
            b->ob_bytes = b->ob_start = p;
            b->ob_alloc = alloc;
          }
        }
      }
      return true;
    }
    memmove(b->ob_start + lo + n, b->ob_start + hi, static_cast<size_t>(size - hi));
    if (!bytearray_resize(self, size + growth)) return false;
  } else if (growth > 0) {
    if (size > PY_SSIZE_T_MAX - growth) return raise_no_memory();
    if (!bytearray_resize(self, size + growth)) return false;
    if (hi < size) memmove(b->ob_start + lo + n, b->ob_start + hi, static_cast<size_t>(size - hi));
  }
  if (n) memcpy(b->ob_start + lo, bytes, static_cast<size_t>(n));
  return true;
}

// --- Construction -----------------------------------------------------------------------------------------------------

bool extend_with(Value self, Value iterable, const char* message) {
  if (is_bytes(iterable) || has_buffer(iterable)) {
    ByteText t;
    if (self == iterable) {
      std::string copy(content(self));
      return replace_range(self, bytearray_length(self), bytearray_length(self), copy.data(), static_cast<Py_ssize_t>(copy.size()));
    }
    if (!t.get(iterable)) return false;
    return replace_range(self, bytearray_length(self), bytearray_length(self), t.data(), t.size());
  }
  Ref it = iter(iterable);
  if (!it) {
    if (error_matches(PyExc_TypeError)) {
      clear_error();
      return raise(PyExc_TypeError, message, type_of(iterable));
    }
    return false;
  }
  BytesBuilder b(length_hint(iterable, 32));
  if (error_occurred()) return false;
  while (Ref item = next(it)) {
    uint8_t byte;
    if (!byte_value(item, &byte)) return false;
    if (!b.add(static_cast<char>(byte))) return false;
  }
  if (error_occurred()) return false;
  std::string_view v = b.view();
  return replace_range(self, bytearray_length(self), bytearray_length(self), v.data(), static_cast<Py_ssize_t>(v.size()));
}

bool array_init(Value self, Args args) {
  Value a[3] = {};
  if (!bytes_arguments("bytearray", args, a)) return false;
  const char* text[3] = {};
  for (int i = 1; i < 3; i++) {
    if (!a[i]) continue;
    if (!is_str(a[i])) return raise(PyExc_TypeError, "bytearray() argument '%s' must be str, not %N", i == 1 ? "encoding" : "errors", type_of(a[i]));
    std::string_view v = str_utf8(a[i]);
    if (!v.data()) return false;
    text[i] = v.data();
  }
  if (bytearray_length(self) && !bytearray_resize(self, 0)) return false;
  Value x = a[0];
  if (!x) {
    if (text[1] || text[2])
      return raise(PyExc_TypeError, text[1] ? "encoding without a string argument" : "errors without a string argument");
    return true;
  }
  if (is_str(x)) {
    if (!text[1]) return raise(PyExc_TypeError, "string argument without an encoding");
    Ref b = str_encode(x, text[1], text[2]);
    return b && extend_with(self, b, "");
  }
  if (text[1] || text[2])
    return raise(PyExc_TypeError, text[1] ? "encoding without a string argument" : "errors without a string argument");
  if (is_int(x) || slots_of(x).nb_index) {
    Py_ssize_t n;
    if (index_as_ssize(x, &n, PyExc_OverflowError)) {
      if (n < 0) return raise(PyExc_ValueError, "negative count");
      if (n > 0) {
        if (!bytearray_resize(self, n)) return false;
        memset(bytearray_data(self), 0, static_cast<size_t>(n));
      }
      return true;
    }
    if (!error_matches(PyExc_TypeError)) return false;
    clear_error();
  }
  if (!is_bytes(x) && has_buffer(x)) {
    Ref b = bytes_from_object(x);
    return b && extend_with(self, b, "");
  }
  if (is_bytes(x)) return extend_with(self, x, "");
  // Item by item: what the iterable runs may look at the bytearray as it grows.
  Ref it = iter(x);
  if (!it) {
    if (!error_matches(PyExc_TypeError)) return false;
    clear_error();
    return raise(PyExc_TypeError, "cannot convert '%N' object to bytearray", type_of(x));
  }
  while (Ref item = next(it)) {
    uint8_t byte;
    if (!byte_value(item, &byte)) return false;
    Py_ssize_t n = bytearray_length(self);
    if (!bytearray_resize(self, n + 1)) return false;
    bytearray_data(self)[n] = static_cast<char>(byte);
  }
  return !error_occurred();
}

Ref array_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }

void array_dealloc(PyObject* o) {
  auto* b = reinterpret_cast<PyByteArrayObject*>(o);
  if (b->ob_exports > 0) {
    raise(PyExc_SystemError, "deallocated bytearray object has exported buffers");
    write_unraisable(Value{});
  }
  if (b->ob_bytes) object_free(b->ob_bytes);
  Py_TYPE(o)->tp_free(o);
}

// --- Slots ------------------------------------------------------------------------------------------------------------

Ref array_repr(Value self) {
  Ref name = type_name(type_of(self));
  if (!name) return {};
  Ref inner = bytes_repr_of(content(self), "b", "");
  if (!inner) return {};
  return str_format("%U(%U)", name.get(), inner.get());
}
Ref array_str(Value self) {
  if (bytes_warning_level && !warn(PyExc_BytesWarning, 1, "str() on a bytearray instance")) return {};
  return array_repr(self);
}
Py_ssize_t array_length(Value self) { return bytearray_length(self); }

Ref array_concat(Value a, Value b) {
  ByteText x, y;
  if (!(is_bytes(a) || has_buffer(a)) || !(is_bytes(b) || has_buffer(b)))
    return raise(PyExc_TypeError, "can't concat %N to %N", type_of(b), type_of(a));
  if (!x.get(a) || !y.get(b)) return {};
  if (x.size() > PY_SSIZE_T_MAX - y.size()) return raise_no_memory();
  Ref r = bytearray_new({});
  if (!r || x.size() + y.size() == 0) return r;
  if (!bytearray_resize(r, x.size() + y.size())) return {};
  if (x.size()) memcpy(bytearray_data(r), x.data(), static_cast<size_t>(x.size()));
  if (y.size()) memcpy(bytearray_data(r) + x.size(), y.data(), static_cast<size_t>(y.size()));
  return r;
}
Ref array_inplace_concat(Value self, Value other) {
  if (!is_bytes(other) && !has_buffer(other)) return raise(PyExc_TypeError, "can't concat %N to %N", type_of(other), type_of(self));
  if (!extend_with(self, other, "")) return {};
  return Ref::copy(self);
}
Ref repeated(std::string_view text, Py_ssize_t count) {
  auto n = static_cast<Py_ssize_t>(text.size());
  if (count < 0) count = 0;
  if (n && count > PY_SSIZE_T_MAX / n - 1) return raise_no_memory();
  Ref r = bytearray_new({});
  if (!r || n * count == 0) return r;
  if (!bytearray_resize(r, n * count)) return {};
  for (Py_ssize_t i = 0; i < count; i++) memcpy(bytearray_data(r) + i * n, text.data(), text.size());
  return r;
}
Ref array_repeat(Value self, Py_ssize_t count) { return repeated(content(self), count); }
Ref array_inplace_repeat(Value self, Py_ssize_t count) {
  Py_ssize_t n = bytearray_length(self);
  if (count < 0) count = 0;
  if (n && count > PY_SSIZE_T_MAX / n - 1) return raise_no_memory();
  if (!bytearray_resize(self, n * count)) return {};
  for (Py_ssize_t i = 1; i < count; i++) memcpy(bytearray_data(self) + i * n, bytearray_data(self), static_cast<size_t>(n));
  return Ref::copy(self);
}
Ref array_item(Value self, Py_ssize_t i) {
  if (i < 0 || i >= bytearray_length(self)) return raise(PyExc_IndexError, "bytearray index out of range");
  return Ref::from_int(static_cast<uint8_t>(bytearray_data(self)[i]));
}
Ref array_subscript(Value self, Value key) {
  if (is_exact(key, &PySlice_Type)) {
    Py_ssize_t start, stop, step;
    if (!slice_unpack(key, &start, &stop, &step)) return {};
    Py_ssize_t n = slice_adjust(bytearray_length(self), &start, &stop, step);
    if (n <= 0) return bytearray_new({});
    if (step == 1) return bytearray_new(content(self).substr(static_cast<size_t>(start), static_cast<size_t>(n)));
    Ref r = bytearray_new({});
    if (!r || !bytearray_resize(r, n)) return {};
    for (Py_ssize_t i = 0; i < n; i++) bytearray_data(r)[i] = bytearray_data(self)[start + i * step];
    return r;
  }
  if (is_int(key) || slots_of(key).nb_index) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
    if (i < 0) i += bytearray_length(self);
    return array_item(self, i);
  }
  return raise(PyExc_TypeError, "bytearray indices must be integers or slices, not %N", type_of(key));
}

bool array_store_item(Value self, Py_ssize_t i, Value v) {
  if (i < 0 || i >= bytearray_length(self)) return raise(PyExc_IndexError, "bytearray index out of range");
  if (!v) return replace_range(self, i, i + 1, nullptr, 0);
  uint8_t byte;
  if (!byte_value(v, &byte)) return false;
  if (i >= bytearray_length(self)) return raise(PyExc_IndexError, "bytearray index out of range");
  bytearray_data(self)[i] = static_cast<char>(byte);
  return true;
}

bool array_store(Value self, Value key, Value v) {
  if (!is_exact(key, &PySlice_Type)) {
    if (!is_int(key) && !slots_of(key).nb_index)
      return raise(PyExc_TypeError, "bytearray indices must be integers or slices, not %N", type_of(key));
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
    if (i < 0) i += bytearray_length(self);
    return array_store_item(self, i, v);
  }
  Py_ssize_t start, stop, step;
  if (!slice_unpack(key, &start, &stop, &step)) return false;
  std::string copy;
  ByteText text;
  const char* bytes = nullptr;
  Py_ssize_t needed = 0;
  Ref held;
  if (v) {
    if (v == self) {
      copy.assign(content(self));
      bytes = copy.data();
      needed = static_cast<Py_ssize_t>(copy.size());
    } else {
      if (!is_exact(v, &PyBytes_Type) && !(v.is_object() && is_subtype(type_of(v), &PyByteArray_Type))) {
        if (v.is_number() || is_int(v) || is_str(v))
          return raise(PyExc_TypeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
        // Anything else becomes a bytearray first: conversion may run Python that changes this one.
        held = call1(Value{&PyByteArray_Type}, v);
        if (!held) return false;
        v = held;
      }
      if (!text.get(v)) return false;
      bytes = text.data();
      needed = text.size();
    }
  }
  Py_ssize_t n = slice_adjust(bytearray_length(self), &start, &stop, step);
  if ((step < 0 && start < stop) || (step > 0 && start > stop)) stop = start;
  if (step == 1) return replace_range(self, start, start + n, bytes, needed);
  if (needed == 0) {
    if (n == 0) return true;
    if (!may_resize(self)) return false;
    if (step < 0) {
      stop = start + 1;
      start = stop + step * (n - 1) - 1;
      step = -step;
    }
    char* d = bytearray_data(self);
    Py_ssize_t size = bytearray_length(self), at = start;
    for (Py_ssize_t i = start, dropped = 0; i < size; i++) {
      if (dropped < n && i == start + dropped * step) {
        dropped++;
      } else {
        d[at++] = d[i];
      }
    }
    return bytearray_resize(self, size - n);
  }
  if (needed != n) return raise(PyExc_ValueError, "attempt to assign bytes of size %zd to extended slice of size %zd", needed, n);
  for (Py_ssize_t i = 0; i < n; i++) bytearray_data(self)[start + i * step] = bytes[i];
  return true;
}

Ref array_compare(Value a, Value b, int op) {
  bool a_ok = is_bytes(a) || has_buffer(a), b_ok = is_bytes(b) || has_buffer(b);
  if (!a_ok || !b_ok) {
    if (bytes_warning_level && (op == Py_EQ || op == Py_NE) && (is_str(a) || is_str(b)) &&
        !warn(PyExc_BytesWarning, 1, "Comparison between bytearray and string"))
      return {};
    return not_implemented_ref();
  }
  ByteText p, q;
  if (!p.get(a) || !q.get(b)) {
    clear_error();
    return not_implemented_ref();
  }
  std::string_view x = p.text(), y = q.text();
  if (op == Py_EQ) return bool_ref(x == y);
  if (op == Py_NE) return bool_ref(x != y);
  int c = x.compare(y);
  return bool_ref(op == Py_LT ? c < 0 : op == Py_LE ? c <= 0 : op == Py_GT ? c > 0 : c >= 0);
}
Ref array_mod(Value a, Value b) {
  if (!is_subtype(type_of(a), &PyByteArray_Type)) return not_implemented_ref();
  std::string format(content(a));
  return bytes_percent(format, b, true);
}

int array_get_buffer(PyObject* o, Py_buffer* view, int flags) {
  auto* b = reinterpret_cast<PyByteArrayObject*>(o);
  if (!view) return raise(PyExc_BufferError, "bytearray_getbuffer: view==NULL argument is obsolete");
  void* data = b->ob_base.ob_size ? b->ob_start : _PyByteArray_empty_string;
  if (fill_flat_buffer(view, o, data, b->ob_base.ob_size, false, flags) < 0) return -1;
  b->ob_exports++;
  return 0;
}
void array_release_buffer(PyObject* o, Py_buffer*) { reinterpret_cast<PyByteArrayObject*>(o)->ob_exports--; }
PyBufferProcs array_buffer = {&array_get_buffer, &array_release_buffer};

// --- Methods that change it -------------------------------------------------------------------------------------------

Ref array_append(Value self, Value item) {
  uint8_t byte;
  if (!byte_value(item, &byte)) return {};
  Py_ssize_t n = bytearray_length(self);
  if (n == PY_SSIZE_T_MAX) return raise(PyExc_OverflowError, "cannot add more objects to bytearray");
  if (!bytearray_resize(self, n + 1)) return {};
  bytearray_data(self)[n] = static_cast<char>(byte);
  return none_ref();
}
Ref array_extend(Value self, Value iterable) {
  if (!extend_with(self, iterable, "can't extend bytearray with %N")) return {};
  return none_ref();
}
Ref array_insert(Value self, const Value* a) {
  Py_ssize_t i;
  uint8_t byte;
  if (!as_ssize(a[0], &i) || !byte_value(a[1], &byte)) return {};
  Py_ssize_t n = bytearray_length(self);
  if (i < 0) i = i + n < 0 ? 0 : i + n;
  if (i > n) i = n;
  auto c = static_cast<char>(byte);
  if (!replace_range(self, i, i, &c, 1)) return {};
  return none_ref();
}
Ref array_pop(Value self, const Value* a) {
  Py_ssize_t i = -1, n = bytearray_length(self);
  if (a[0] && !as_ssize(a[0], &i)) return {};
  n = bytearray_length(self);
  if (n == 0) return raise(PyExc_IndexError, "pop from empty bytearray");
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(PyExc_IndexError, "pop index out of range");
  if (!may_resize(self)) return {};
  auto byte = static_cast<uint8_t>(bytearray_data(self)[i]);
  if (!replace_range(self, i, i + 1, nullptr, 0)) return {};
  return Ref::from_int(byte);
}
Ref array_remove(Value self, Value item) {
  uint8_t byte;
  if (!byte_value(item, &byte)) return {};
  std::string_view v = content(self);
  size_t i = v.find(static_cast<char>(byte));
  if (i == v.npos) return raise(PyExc_ValueError, "value not found in bytearray");
  if (!replace_range(self, static_cast<Py_ssize_t>(i), static_cast<Py_ssize_t>(i) + 1, nullptr, 0)) return {};
  return none_ref();
}
Ref array_reverse(Value self) {
  Py_ssize_t n = bytearray_length(self);
  char* d = bytearray_data(self);
  for (Py_ssize_t i = 0, j = n - 1; i < j; i++, j--) std::swap(d[i], d[j]);
  return none_ref();
}
Ref array_clear(Value self) {
  if (!bytearray_resize(self, 0)) return {};
  return none_ref();
}
Ref array_copy(Value self) { return bytearray_new(content(self)); }
Ref array_fromhex(Value type, Value text) {
  std::string bytes;
  if (!bytes_from_hex(text, &bytes)) return {};
  if (type.as<PyTypeObject>() == &PyByteArray_Type) return bytearray_new(bytes);
  Ref b = bytes_new(bytes);
  return b ? call1(type, b) : Ref{};
}
Ref array_alloc(Value self) { return Ref::from_int(raw(self)->ob_alloc); }
Ref array_sizeof(Value self) { return Ref::from_int(type_of(self)->tp_basicsize + raw(self)->ob_alloc); }
Ref reduce_with(Value self, int protocol) {
  Ref state = call_method(self, "__getstate__"_id);
  if (!state) return {};
  Ref args;
  if (bytearray_length(self) == 0) {
    args = tuple_empty();
  } else if (protocol < 3) {
    Ref text = str_from_latin1(content(self)), name = str_from_ascii("latin-1");
    args = text && name ? tuple_of({text, name}) : Ref{};
  } else {
    Ref bytes = bytes_new(content(self));
    args = bytes ? tuple_of({bytes}) : Ref{};
  }
  if (!args) return {};
  return tuple_of({Value{type_of(self)}, args, state});
}
Ref array_reduce(Value self) { return reduce_with(self, 2); }
Ref array_reduce_ex(Value self, const Value* a) {
  int protocol = 0;
  if (a[0] && !as_int(a[0], &protocol)) return {};
  return reduce_with(self, protocol);
}

const MethodRow array_methods[] = {
    method<array_alloc>("__alloc__", "", "B.__alloc__() -> int"),
    method<array_reduce>("__reduce__", "($self, /)", "Return state information for pickling."),
    method<array_reduce_ex>("__reduce_ex__", "($self, proto=0, /)", "Return state information for pickling."),
    method<array_sizeof>("__sizeof__", "($self, /)", "Returns the size of the bytearray object in memory, in bytes."),
    method<array_append>("append", "($self, item, /)", "Append a single item to the end of the bytearray."),
    method<array_clear>("clear", "($self, /)", "Remove all items from the bytearray."),
    method<array_copy>("copy", "($self, /)", "Return a copy of B."),
    method<array_extend>("extend", "($self, iterable_of_ints, /)", "Append all the items from the iterator or sequence to the end of the bytearray."),
    class_method<array_fromhex>("fromhex", "($type, string, /)", "Create a bytearray object from a string of hexadecimal numbers."),
    method<array_insert>("insert", "($self, index, item, /)", "Insert a single item into the bytearray before the given index."),
    method<array_pop>("pop", "($self, index=-1, /)", "Remove and return a single item from B."),
    method<array_remove>("remove", "($self, value, /)", "Remove the first occurrence of a value in the bytearray."),
    method<array_reverse>("reverse", "($self, /)", "Reverse the order of the values in B in place."),
    ADDER_BYTES_METHODS(M),
    method<M::decode>("decode", "($self, /, encoding='utf-8', errors='strict')", "Decode the bytearray using the codec registered for encoding."),
    method<M::hex>("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", "Create a string of hexadecimal numbers from a bytearray object."
           "\n\n>>> bytearray(b'\\xb9\\x01\\xef').hex()\n'b901ef'\n>>> bytearray(b'\\xb9\\x01\\xef').hex('-', 2)\n'b9-01ef'"),
    method<M::join>("join", "($self, iterable_of_bytes, /)", "Concatenate any number of bytes/bytearray objects."),
    method<M::partition>("partition", "($self, sep, /)", "Partition the bytearray into three parts using the given separator."),
    method<M::removeprefix>("removeprefix", "($self, prefix, /)", "Return a bytearray with the given prefix string removed if present."),
    method<M::removesuffix>("removesuffix", "($self, suffix, /)", "Return a bytearray with the given suffix string removed if present."),
    method<M::rpartition>("rpartition", "($self, sep, /)", "Partition the bytearray into three parts using the given separator."),
    method<M::rsplit>("rsplit", "($self, /, sep=None, maxsplit=-1)", "Return a list of the sections in the bytearray, using sep as the delimiter."),
    method<M::split>("split", "($self, /, sep=None, maxsplit=-1)", "Return a list of the sections in the bytearray, using sep as the delimiter."),
    method<M::splitlines>("splitlines", "($self, /, keepends=False)", "Return a list of the lines in the bytearray, breaking at line boundaries."),
    {}};

// --- Iterator ---------------------------------------------------------------------------------------------------------

Ref item_at(Value s, Py_ssize_t i) { return Ref::from_int(static_cast<uint8_t>(bytearray_data(s)[i])); }
Ref array_iter(Value s) { return sequence_iterator_new(&PyByteArrayIter_Type, s); }
const MethodRow iter_methods[] = {
    method<sequence_iterator_length_hint<bytearray_length>>("__length_hint__", "($self, /)", "Private method returning an estimate of len(list(it))."),
    method<sequence_iterator_reduce<tuple_empty>>("__reduce__", "($self, /)", "Return state information for pickling."),
    method<sequence_iterator_setstate<bytearray_length>>("__setstate__", "($self, state, /)", "Set state information for unpickling."),
    {}};

}  // namespace

extern const TypeDef bytearray_def = {
    .type = &PyByteArray_Type,
    .name = "bytearray",
    .basicsize = sizeof(PyByteArrayObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF,
    .doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\n"
           "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
           "bytearray(int) -> bytes array of size given by the parameter initialized with null bytes\n"
           "bytearray() -> empty bytes array\n\nConstruct a mutable bytearray object from:\n"
           "  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n"
           "  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer",
    .dealloc = &array_dealloc,
    .slots = {.tp_repr = slot::Unary<array_repr>,
              .tp_str = slot::Unary<array_str>,
              .tp_richcompare = slot::Compare<array_compare>,
              .tp_iter = slot::Unary<array_iter>,
              .tp_init = slot::Init<array_init>,
              .tp_new = slot::New<array_new>,
              .nb_remainder = slot::Binary<array_mod>,
              .sq_length = slot::Length<array_length>,
              .sq_concat = slot::Binary<array_concat>,
              .sq_repeat = slot::Index<array_repeat>,
              .sq_item = slot::Index<array_item>,
              .sq_ass_item = slot::StoreIndex<array_store_item>,
              .sq_contains = slot::Contains<M::contains>,
              .sq_inplace_concat = slot::Binary<array_inplace_concat>,
              .sq_inplace_repeat = slot::Index<array_inplace_repeat>,
              .mp_length = slot::Length<array_length>,
              .mp_subscript = slot::Binary<array_subscript>,
              .mp_ass_subscript = slot::StoreItem<array_store>},
    .buffer = &array_buffer,
    .methods = array_methods,
};

extern const TypeDef bytearray_iterator_def = {
    .type = &PyByteArrayIter_Type,
    .name = "bytearray_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &sequence_iterator_dealloc,
    .traverse = &sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<bytearray_length, item_at>>},
    .methods = iter_methods,
};

}  // namespace adder
