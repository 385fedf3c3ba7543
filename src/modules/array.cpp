// The module array: sequences of machine numbers and of wide characters.
#include <climits>
#include <cmath>
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "object/buffer.h"
#include "object/hooks.h"
#include "object/sequence.h"

namespace adder {

namespace {

struct Kind {
  char code;
  Py_ssize_t size;
  const char* format;  // of the buffer protocol
  bool is_integer, is_signed;
};
constexpr Kind kKinds[] = {
    {'b', 1, "b", true, true},  {'B', 1, "B", true, false}, {'u', 4, "w", false, false}, {'h', 2, "h", true, true},
    {'H', 2, "H", true, false}, {'i', 4, "i", true, true},  {'I', 4, "I", true, false},  {'l', 8, "l", true, true},
    {'L', 8, "L", true, false}, {'q', 8, "q", true, true},  {'Q', 8, "Q", true, false},  {'f', 4, "f", false, false},
    {'d', 8, "d", false, false}};

struct Array {
  PyVarObject head;
  char* items;
  Py_ssize_t allocated;
  const Kind* kind;
  PyObject* weakreflist;
  Py_ssize_t exports;
};
struct ArrayIterator {
  PyObject head;
  Py_ssize_t index;
  PyObject* array;  // null when exhausted
};

ADDER_TYPE(array_type);
ADDER_TYPE(array_iterator_type);

Array* as_array(Value v) { return v.as<Array>(); }
bool is_array(Value v) { return v.is_object() && is_instance_exactly(v, &array_type); }
Py_ssize_t size_of(Value v) { return v.as<PyVarObject>()->ob_size; }
char* item_of(Value v, Py_ssize_t i) { return as_array(v)->items + i * as_array(v)->kind->size; }

const Kind* find_kind(uint32_t code) {
  for (const Kind& k : kKinds) {
    if (static_cast<uint32_t>(k.code) == code) return &k;
  }
  return nullptr;
}

// --- Items ----------------------------------------------------------------------------------------------------------------------

template <class T>
T load(const char* p) {
  T x;
  memcpy(&x, p, sizeof x);
  return x;
}
template <class T>
bool store(char* p, T x) {
  memcpy(p, &x, sizeof x);
  return true;
}

Ref get_item_at(const Kind* k, const char* p) {
  switch (k->code) {
    case 'b': return Ref::from_int(load<int8_t>(p));
    case 'B': return Ref::from_int(load<uint8_t>(p));
    case 'u': {
      auto c = load<uint32_t>(p);
      if (c > 0x10FFFF) return raise(PyExc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", c);
      return str_from_char(c);
    }
    case 'h': return Ref::from_int(load<int16_t>(p));
    case 'H': return Ref::from_int(load<uint16_t>(p));
    case 'i': return Ref::from_int(load<int32_t>(p));
    case 'I': return Ref::from_int(load<uint32_t>(p));
    case 'l': case 'q': return int_from_i64(load<int64_t>(p));
    case 'L': case 'Q': return int_from_u64(load<uint64_t>(p));
    case 'f': return Ref::from_double(load<float>(p));
    default: return Ref::from_double(load<double>(p));
  }
}

bool signed_value(Value v, int64_t low, int64_t high, const char* what, int64_t* out) {
  Ref i = index(v);
  if (!i || !int_as_i64(i, out)) return false;
  if (*out < low) return raise(PyExc_OverflowError, "%s is less than minimum", what);
  if (*out > high) return raise(PyExc_OverflowError, "%s is greater than maximum", what);
  return true;
}

bool unsigned_value(Value v, const char* too_large, uint64_t* out) {
  Ref i = index(v);
  if (!i) return false;
  if (int_sign(i) < 0) return raise(PyExc_OverflowError, "can't convert negative value to unsigned int");
  if (int_bit_length(i) > 64) return raise(PyExc_OverflowError, "%s", too_large);
  *out = int_as_u64_mask(i);
  return true;
}

// Converts v into the bytes of one item; the array itself is not looked at, as conversion may run any code.
bool convert(const Kind* k, Value v, char* p) {
  int64_t i;
  uint64_t u;
  switch (k->code) {
    case 'b': return signed_value(v, -128, 127, "signed char", &i) && store(p, static_cast<int8_t>(i));
    case 'B': return signed_value(v, 0, 255, "unsigned byte integer", &i) && store(p, static_cast<uint8_t>(i));
    case 'h': return signed_value(v, SHRT_MIN, SHRT_MAX, "signed short integer", &i) && store(p, static_cast<int16_t>(i));
    case 'H': return signed_value(v, 0, USHRT_MAX, "unsigned short", &i) && store(p, static_cast<uint16_t>(i));
    case 'i': return signed_value(v, INT_MIN, INT_MAX, "signed integer", &i) && store(p, static_cast<int32_t>(i));
    case 'l': return signed_value(v, INT64_MIN, INT64_MAX, "", &i) && store(p, i);
    case 'q': {
      Ref n = index(v);
      if (!n) return false;
      if (int_sign_overflow_i64(n, &i)) return raise(PyExc_OverflowError, "int too big to convert");
      return store(p, i);
    }
    case 'I':
      if (!unsigned_value(v, "Python int too large to convert to C unsigned long", &u)) return false;
      if (u > UINT_MAX) return raise(PyExc_OverflowError, "unsigned int is greater than maximum");
      return store(p, static_cast<uint32_t>(u));
    case 'L': return unsigned_value(v, "Python int too large to convert to C unsigned long", &u) && store(p, u);
    case 'Q': {
      Ref n = index(v);
      if (!n) return false;
      if (int_sign(n) < 0) return raise(PyExc_OverflowError, "can't convert negative int to unsigned");
      if (int_bit_length(n) > 64) return raise(PyExc_OverflowError, "int too big to convert");
      return store(p, int_as_u64_mask(n));
    }
    case 'u':
      if (!is_str(v) || str_length(v) != 1) return raise(PyExc_TypeError, "array item must be unicode character");
      return store(p, str_char(v, 0));
    case 'f': {
      double d;
      return as_double(v, &d) && store(p, static_cast<float>(d));
    }
    default: {
      double d;
      return as_double(v, &d) && store(p, d);
    }
  }
}

// --- Memory ---------------------------------------------------------------------------------------------------------------------

bool resize(Value self, Py_ssize_t n) {
  Array* a = as_array(self);
  if (a->exports > 0 && n != size_of(self)) return raise(PyExc_BufferError, "cannot resize an array that is exporting buffers");
  if (a->allocated >= n && size_of(self) < n + 16 && a->items) {
    a->head.ob_size = n;
    return true;
  }
  if (n == 0) {
    object_free(a->items);
    a->items = nullptr;
    a->head.ob_size = a->allocated = 0;
    return true;
  }
  size_t wanted = (static_cast<size_t>(n) >> 4) + (size_of(self) < 8 ? 3 : 7) + static_cast<size_t>(n);
  if (wanted > static_cast<size_t>(PY_SSIZE_T_MAX) / static_cast<size_t>(a->kind->size)) return raise_no_memory();
  void* p = object_realloc(a->items, wanted * static_cast<size_t>(a->kind->size));
  if (!p) return raise_no_memory();
  a->items = static_cast<char*>(p);
  a->head.ob_size = n;
  a->allocated = static_cast<Py_ssize_t>(wanted);
  return true;
}

// Room for exactly so many items, in an array that is still empty.
bool reserve(Value self, Py_ssize_t n) {
  Array* a = as_array(self);
  if (n == 0) return true;
  if (n > PY_SSIZE_T_MAX / a->kind->size) return raise_no_memory();
  a->items = static_cast<char*>(object_malloc(static_cast<size_t>(n * a->kind->size)));
  if (!a->items) return raise_no_memory();
  a->allocated = n;
  return true;
}

Ref make_array(PyTypeObject* type, Py_ssize_t n, const Kind* kind) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  auto* a = reinterpret_cast<Array*>(o);
  a->kind = kind;
  a->items = nullptr;
  a->head.ob_size = 0;
  a->allocated = 0;
  a->weakreflist = nullptr;
  a->exports = 0;
  Ref r = Ref::steal(Value{o});
  if (!reserve(r, n)) return {};
  a->head.ob_size = n;
  return r;
}

void array_dealloc(PyObject* self) {
  auto* a = reinterpret_cast<Array*>(self);
  if (a->weakreflist) clear_weakrefs(self);
  object_free(a->items);
  self->ob_type->tp_free(self);
}

Ref slice_of(Value self, Py_ssize_t lo, Py_ssize_t hi) {
  Py_ssize_t n = size_of(self);
  if (lo < 0) lo = 0;
  if (lo > n) lo = n;
  if (hi < lo) hi = lo;
  if (hi > n) hi = n;
  Ref r = make_array(&array_type, hi - lo, as_array(self)->kind);
  if (r && hi > lo) memcpy(as_array(r)->items, item_of(self, lo), static_cast<size_t>((hi - lo) * as_array(self)->kind->size));
  return r;
}

bool insert_at(Value self, Py_ssize_t i, Value v) {
  char item[8];
  if (!convert(as_array(self)->kind, v, item)) return false;
  Py_ssize_t n = size_of(self);
  if (!resize(self, n + 1)) return false;
  if (i < 0 && (i += n) < 0) i = 0;
  if (i > n) i = n;
  Py_ssize_t size = as_array(self)->kind->size;
  if (i != n) memmove(item_of(self, i + 1), item_of(self, i), static_cast<size_t>((n - i) * size));
  memcpy(item_of(self, i), item, static_cast<size_t>(size));
  return true;
}

bool delete_range(Value self, Py_ssize_t lo, Py_ssize_t hi) {
  Array* a = as_array(self);
  Py_ssize_t n = size_of(self), size = a->kind->size;
  if (hi <= lo) return true;
  if (a->exports > 0) return raise(PyExc_BufferError, "cannot resize an array that is exporting buffers");
  memmove(a->items + lo * size, a->items + hi * size, static_cast<size_t>((n - hi) * size));
  return resize(self, n - (hi - lo));
}

bool extend_with_array(Value self, Value other) {
  if (as_array(self)->kind != as_array(other)->kind) return raise(PyExc_TypeError, "can only extend with array of same kind");
  Py_ssize_t n = size_of(self), m = size_of(other);
  if (m == 0) return true;
  if (n > PY_SSIZE_T_MAX - m) return raise_no_memory();
  if (!resize(self, n + m)) return false;
  memcpy(item_of(self, n), as_array(other)->items, static_cast<size_t>(m * as_array(self)->kind->size));
  return true;
}

bool extend(Value self, Value iterable) {
  if (is_array(iterable)) return extend_with_array(self, iterable);
  return for_each(iterable, [&](Value item) { return insert_at(self, size_of(self), item); });
}

bool append_bytes(Value self, std::string_view bytes) {
  Py_ssize_t size = as_array(self)->kind->size, n = size_of(self);
  auto length = static_cast<Py_ssize_t>(bytes.size());
  if (length % size) return raise(PyExc_ValueError, "bytes length not a multiple of item size");
  if (length == 0) return true;
  if (!resize(self, n + length / size)) return false;
  memcpy(item_of(self, n), bytes.data(), bytes.size());
  return true;
}

bool append_str(Value self, Value text) {
  Py_ssize_t n = size_of(self), m = str_length(text);
  if (m == 0) return true;
  if (!resize(self, n + m)) return false;
  for (Py_ssize_t i = 0; i < m; i++) store(item_of(self, n + i), str_char(text, i));
  return true;
}

// --- Construction ------------------------------------------------------------------------------------------------------------------

Ref array_new(PyTypeObject* type, Args args) {
  if (args.kwnames && tuple_size(args.kwnames) && (type == &array_type || type->tp_init == array_type.tp_init)) {
    return raise(PyExc_TypeError, "array.array() takes no keyword arguments");
  }
  if (args.n < 1) return raise(PyExc_TypeError, "array() takes at least 1 argument (0 given)");
  if (args.n > 2) return raise(PyExc_TypeError, "array() takes at most 2 arguments (%zd given)", static_cast<Py_ssize_t>(args.n));
  if (!is_str(args[0]) || str_length(args[0]) != 1) {
    return raise(PyExc_TypeError, "array() argument 1 must be a unicode character, not %.50s", is_none(args[0]) ? "None" : type_of(args[0])->tp_name);
  }
  uint32_t code = str_char(args[0], 0);
  Value initial = args.n > 1 ? args[1] : Value{};
  if (!initial.absent() && code != 'u') {
    if (is_str(initial)) return raise(PyExc_TypeError, "cannot use a str to initialize an array with typecode '%c'", static_cast<int>(code));
    if (is_array(initial) && as_array(initial)->kind->code == 'u') {
      return raise(PyExc_TypeError, "cannot use a unicode array to initialize an array with typecode '%c'", static_cast<int>(code));
    }
  }
  const Kind* kind = find_kind(code);
  if (!kind) return raise(PyExc_ValueError, "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
  Ref r = make_array(type, 0, kind);
  if (!r || initial.absent()) return r;
  bool ok;
  if (is_list_or_tuple(initial)) {
    // Item by item: the conversion of one may change the list.
    ok = reserve(r, sequence_size(initial));
    for (Py_ssize_t i = 0; ok && i < sequence_size(initial); i++) {
      Ref item = Ref::copy(sequence_get(initial, i));
      ok = insert_at(r, size_of(r), item);
    }
  } else if (is_bytes(initial)) {
    ok = append_bytes(r, bytes_view(initial));
  } else if (is_instance_exactly(initial, &PyByteArray_Type)) {
    ok = append_bytes(r, {bytearray_data(initial), static_cast<size_t>(bytearray_length(initial))});
  } else if (is_str(initial)) {
    ok = reserve(r, str_length(initial)) && append_str(r, initial);
  } else if (is_array(initial) && as_array(initial)->kind == kind) {
    ok = reserve(r, size_of(initial)) && extend_with_array(r, initial);
  } else {
    ok = for_each(initial, [&](Value item) { return insert_at(r, size_of(r), item); });
  }
  return ok ? std::move(r) : Ref{};
}

// --- Slots -------------------------------------------------------------------------------------------------------------------------

Ref array_tolist(Value self) {
  Py_ssize_t n = size_of(self);
  Ref list = list_new(n);
  for (Py_ssize_t i = 0; list && i < n; i++) {
    Ref item = get_item_at(as_array(self)->kind, item_of(self, i));
    if (!item || !list_append(list, std::move(item))) return {};
  }
  return list;
}

Ref array_tounicode(Value self) {
  if (as_array(self)->kind->code != 'u') return raise(PyExc_ValueError, "tounicode() may only be called on unicode type arrays");
  for (Py_ssize_t i = 0; i < size_of(self); i++) {
    auto c = load<uint32_t>(item_of(self, i));
    if (c > 0x10FFFF) return raise(PyExc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", c);
  }
  return str_from_kind(4, as_array(self)->items, size_of(self));
}

const char* last_name(PyTypeObject* type) {
  const char* dot = strrchr(type->tp_name, '.');
  return dot ? dot + 1 : type->tp_name;
}

Ref array_repr(Value self) {
  char code = as_array(self)->kind->code;
  if (size_of(self) == 0) return str_format("%s('%c')", last_name(type_of(self)), code);
  Ref items = code == 'u' ? array_tounicode(self) : array_tolist(self);
  return items ? str_format("%s('%c', %R)", last_name(type_of(self)), code, items.get()) : Ref{};
}

Ref array_compare(Value a, Value b, int op) {
  if (!is_array(a) || !is_array(b)) return not_implemented_ref();
  Py_ssize_t n = size_of(a), m = size_of(b);
  if (n != m && (op == Py_EQ || op == Py_NE)) return bool_ref(op == Py_NE);
  const Kind *j = as_array(a)->kind, *k = as_array(b)->kind;
  Py_ssize_t i = 0;
  int same = 1;
  Ref x, y;
  if (j == k && j->is_integer && j->size == 1 && !j->is_signed && (op == Py_EQ || op == Py_NE)) {
    bool equal = n == 0 || memcmp(as_array(a)->items, as_array(b)->items, static_cast<size_t>(n)) == 0;
    return bool_ref(equal == (op == Py_EQ));
  }
  for (; i < size_of(a) && i < size_of(b); i++) {
    x = get_item_at(j, item_of(a, i));
    y = get_item_at(k, item_of(b, i));
    if (!x || !y) return {};
    same = compare_bool(x, y, Py_EQ);
    if (same < 0) return {};
    if (!same) break;
  }
  if (same) {
    switch (op) {
      case Py_LT: return bool_ref(n < m);
      case Py_LE: return bool_ref(n <= m);
      case Py_EQ: return bool_ref(n == m);
      case Py_NE: return bool_ref(n != m);
      case Py_GT: return bool_ref(n > m);
      default: return bool_ref(n >= m);
    }
  }
  if (op == Py_EQ) return bool_ref(false);
  if (op == Py_NE) return bool_ref(true);
  return compare(x, y, op);
}

Py_ssize_t array_length(Value self) { return size_of(self); }

Ref array_item(Value self, Py_ssize_t i) {
  if (i < 0 || i >= size_of(self)) return raise(PyExc_IndexError, "array index out of range");
  return get_item_at(as_array(self)->kind, item_of(self, i));
}

Ref array_subscript(Value self, Value key) {
  if (has_index(key)) {
    Py_ssize_t i;
    if (!subscript_index(key, size_of(self), &i)) return {};
    return array_item(self, i);
  }
  if (!is_slice(key)) return raise(PyExc_TypeError, "array indices must be integers");
  Py_ssize_t start, stop, step;
  if (!slice_unpack(key, &start, &stop, &step)) return {};
  Py_ssize_t n = slice_adjust(size_of(self), &start, &stop, step);
  if (n <= 0) return make_array(&array_type, 0, as_array(self)->kind);
  if (step == 1) return slice_of(self, start, start + n);
  Ref r = make_array(&array_type, n, as_array(self)->kind);
  if (!r) return {};
  auto size = static_cast<size_t>(as_array(self)->kind->size);
  for (Py_ssize_t i = 0; i < n; i++) memcpy(item_of(r, i), item_of(self, start + i * step), size);
  return r;
}

bool store_at(Value self, Py_ssize_t i, Value v) {
  if (i < 0 || i >= size_of(self)) return raise(PyExc_IndexError, "array assignment index out of range");
  if (v.absent()) return delete_range(self, i, i + 1);
  char item[8];
  if (!convert(as_array(self)->kind, v, item)) return false;
  if (i >= size_of(self)) return raise(PyExc_IndexError, "array assignment index out of range");
  memcpy(item_of(self, i), item, static_cast<size_t>(as_array(self)->kind->size));
  return true;
}

bool array_store(Value self, Value key, Value v) {
  if (has_index(key)) {
    Py_ssize_t i;
    return subscript_index(key, size_of(self), &i) && store_at(self, i, v);
  }
  if (!is_slice(key)) return raise(PyExc_TypeError, "array indices must be integers");
  Py_ssize_t start, stop, step;
  if (!slice_unpack(key, &start, &stop, &step)) return false;
  Py_ssize_t n = slice_adjust(size_of(self), &start, &stop, step);
  Ref held;
  Py_ssize_t needed = 0;
  auto size = as_array(self)->kind->size;
  if (!v.absent()) {
    if (!is_array(v)) return raise(PyExc_TypeError, "can only assign array (not \"%.200s\") to array slice", type_of(v)->tp_name);
    if (v == self) {
      held = slice_of(v, 0, size_of(v));
      if (!held) return false;
      v = held;
    }
    if (as_array(v)->kind != as_array(self)->kind) return raise(PyExc_TypeError, "bad argument type for built-in operation");
    needed = size_of(v);
  }
  if ((step > 0 && stop < start) || (step < 0 && stop > start)) stop = start;
  if ((needed == 0 || n != needed) && as_array(self)->exports > 0) {
    return raise(PyExc_BufferError, "cannot resize an array that is exporting buffers");
  }
  if (step == 1) {
    if (n > needed) {
      memmove(item_of(self, start + needed), item_of(self, stop), static_cast<size_t>((size_of(self) - stop) * size));
      if (!resize(self, size_of(self) + needed - n)) return false;
    } else if (n < needed) {
      Py_ssize_t old = size_of(self);
      if (!resize(self, old + needed - n)) return false;
      memmove(item_of(self, start + needed), item_of(self, stop), static_cast<size_t>((old - stop) * size));
    }
    if (needed > 0) memcpy(item_of(self, start), as_array(v)->items, static_cast<size_t>(needed * size));
    return true;
  }
  if (v.absent()) {
    if (n <= 0) return true;
    if (step < 0) {
      start += step * (n - 1);
      step = -step;
    }
    Py_ssize_t to = start, taken = 0, total = size_of(self);
    for (Py_ssize_t i = start; i < total; i++) {
      if (taken < n && i == start + taken * step) ++taken;
      else memcpy(item_of(self, to++), item_of(self, i), static_cast<size_t>(size));
    }
    return resize(self, total - n);
  }
  if (needed != n) return raise(PyExc_ValueError, "attempt to assign array of size %zd to extended slice of size %zd", needed, n);
  for (Py_ssize_t i = 0; i < n; i++) memcpy(item_of(self, start + i * step), item_of(v, i), static_cast<size_t>(size));
  return true;
}

bool array_store_item(Value self, Py_ssize_t i, Value v) { return store_at(self, i, v); }

Ref array_concat(Value a, Value b) {
  if (!is_array(b)) return raise(PyExc_TypeError, "can only append array (not \"%.200s\") to array", type_of(b)->tp_name);
  if (as_array(a)->kind != as_array(b)->kind) return raise(PyExc_TypeError, "bad argument type for built-in operation");
  Py_ssize_t n = size_of(a), m = size_of(b), size = as_array(a)->kind->size;
  if (n > PY_SSIZE_T_MAX - m) return raise_no_memory();
  Ref r = make_array(&array_type, n + m, as_array(a)->kind);
  if (!r) return {};
  if (n) memcpy(item_of(r, 0), item_of(a, 0), static_cast<size_t>(n * size));
  if (m) memcpy(item_of(r, n), item_of(b, 0), static_cast<size_t>(m * size));
  return r;
}

Ref array_repeat(Value self, Py_ssize_t times) {
  if (times < 0) times = 0;
  Py_ssize_t n = size_of(self);
  if (n && times > PY_SSIZE_T_MAX / n) return raise_no_memory();
  Ref r = make_array(&array_type, n * times, as_array(self)->kind);
  if (!r) return {};
  auto bytes = static_cast<size_t>(n * as_array(self)->kind->size);
  for (Py_ssize_t t = 0; t < times && bytes; t++) memcpy(as_array(r)->items + static_cast<size_t>(t) * bytes, as_array(self)->items, bytes);
  return r;
}

Ref array_inplace_concat(Value self, Value other) {
  if (!is_array(other)) return raise(PyExc_TypeError, "can only extend array with array (not \"%.200s\")", type_of(other)->tp_name);
  return extend_with_array(self, other) ? Ref::copy(self) : Ref{};
}

Ref array_inplace_repeat(Value self, Py_ssize_t times) {
  Py_ssize_t n = size_of(self);
  if (times < 0) times = 0;
  if (n == 0 || times == 1) return Ref::copy(self);
  if (times && n > PY_SSIZE_T_MAX / times / as_array(self)->kind->size) return raise_no_memory();
  if (!resize(self, n * times)) return {};
  auto bytes = static_cast<size_t>(n * as_array(self)->kind->size);
  for (Py_ssize_t t = 1; t < times; t++) memcpy(as_array(self)->items + static_cast<size_t>(t) * bytes, as_array(self)->items, bytes);
  return Ref::copy(self);
}

int array_contains(Value self, Value v) {
  for (Py_ssize_t i = 0; i < size_of(self); i++) {
    Ref x = get_item_at(as_array(self)->kind, item_of(self, i));
    if (!x) return -1;
    int same = compare_bool(x, v, Py_EQ);
    if (same) return same;
  }
  return 0;
}

// --- Methods ------------------------------------------------------------------------------------------------------------------------

Ref array_append(Value self, Value v) { return insert_at(self, size_of(self), v) ? none_ref() : Ref{}; }
Ref array_extend(Value self, Value v) { return extend(self, v) ? none_ref() : Ref{}; }
Ref array_insert(Value self, const Value* a) {
  Py_ssize_t i;
  return as_ssize(a[0], &i) && insert_at(self, i, a[1]) ? none_ref() : Ref{};
}
Ref array_pop(Value self, const Value* a) {
  Py_ssize_t i = -1;
  if (!a[0].absent() && !as_ssize(a[0], &i)) return {};
  Py_ssize_t n = size_of(self);
  if (n == 0) return raise(PyExc_IndexError, "pop from empty array");
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(PyExc_IndexError, "pop index out of range");
  Ref v = get_item_at(as_array(self)->kind, item_of(self, i));
  return v && delete_range(self, i, i + 1) ? std::move(v) : Ref{};
}
Ref array_count(Value self, Value v) {
  Py_ssize_t count = 0;
  for (Py_ssize_t i = 0; i < size_of(self); i++) {
    Ref x = get_item_at(as_array(self)->kind, item_of(self, i));
    int same = x ? compare_bool(x, v, Py_EQ) : -1;
    if (same < 0) return {};
    count += same;
  }
  return int_from_ssize(count);
}
Ref array_index(Value self, const Value* a) {
  Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
  if (!a[1].absent() && !index_bound(a[1], &start)) return {};
  if (!a[2].absent() && !index_bound(a[2], &stop)) return {};
  if (start < 0 && (start += size_of(self)) < 0) start = 0;
  if (stop < 0) stop += size_of(self);
  for (Py_ssize_t i = start; i < stop && i < size_of(self); i++) {
    Ref x = get_item_at(as_array(self)->kind, item_of(self, i));
    int same = x ? compare_bool(x, a[0], Py_EQ) : -1;
    if (same < 0) return {};
    if (same) return int_from_ssize(i);
  }
  return raise(PyExc_ValueError, "array.index(x): x not in array");
}
Ref array_remove(Value self, Value v) {
  for (Py_ssize_t i = 0; i < size_of(self); i++) {
    Ref x = get_item_at(as_array(self)->kind, item_of(self, i));
    int same = x ? compare_bool(x, v, Py_EQ) : -1;
    if (same < 0) return {};
    if (same) return delete_range(self, i, i + 1) ? none_ref() : Ref{};
  }
  return raise(PyExc_ValueError, "array.remove(x): x not in array");
}
Ref array_reverse(Value self) {
  auto size = static_cast<size_t>(as_array(self)->kind->size);
  char t[8];
  for (Py_ssize_t i = 0, k = size_of(self) - 1; i < k; i++, k--) {
    memcpy(t, item_of(self, i), size);
    memcpy(item_of(self, i), item_of(self, k), size);
    memcpy(item_of(self, k), t, size);
  }
  return none_ref();
}
Ref array_byteswap(Value self) {
  Py_ssize_t size = as_array(self)->kind->size;
  for (Py_ssize_t i = 0; i < size_of(self); i++) {
    char* p = item_of(self, i);
    for (Py_ssize_t j = 0, k = size - 1; j < k; j++, k--) std::swap(p[j], p[k]);
  }
  return none_ref();
}
Ref array_buffer_info(Value self) {
  Ref address = int_from_u64(reinterpret_cast<uint64_t>(as_array(self)->items));
  return address ? tuple_of({address, Value::from_int(size_of(self))}) : Ref{};
}
Ref array_copy(Value self) { return slice_of(self, 0, size_of(self)); }
Ref array_deepcopy(Value self, Value) { return array_copy(self); }
Ref array_tobytes(Value self) {
  return bytes_new({as_array(self)->items, static_cast<size_t>(size_of(self) * as_array(self)->kind->size)});
}
Ref array_frombytes(Value self, Value data) {
  BufferView view;
  if (!view.get(data)) return {};
  if (view.raw().itemsize != 1) return raise(PyExc_TypeError, "a bytes-like object is required");
  return append_bytes(self, view.text()) ? none_ref() : Ref{};
}
Ref array_fromlist(Value self, Value list) {
  if (!is_list(list)) return raise(PyExc_TypeError, "arg must be list");
  Py_ssize_t n = list_size(list), old = size_of(self);
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref item = Ref::copy(list_get(list, i));
    bool ok = insert_at(self, size_of(self), item);
    if (ok && list_size(list) != n) ok = raise(PyExc_RuntimeError, "list changed size during iteration");
    if (!ok) {
      ErrorKeeper keep;
      if (size_of(self) > old) resize(self, old);
      return {};
    }
  }
  return none_ref();
}
Ref array_fromunicode(Value self, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "fromunicode() argument must be str, not %.50s", type_of(text)->tp_name);
  if (as_array(self)->kind->code != 'u') return raise(PyExc_ValueError, "fromunicode() may only be called on unicode type arrays");
  return append_str(self, text) ? none_ref() : Ref{};
}
Ref array_fromfile(Value self, const Value* a) {
  Py_ssize_t n, size = as_array(self)->kind->size;
  if (!as_ssize(a[1], &n)) return {};
  if (n < 0) return raise(PyExc_ValueError, "negative count");
  if (n > PY_SSIZE_T_MAX / size) return raise_no_memory();
  Ref count = int_from_ssize(n * size);
  Ref bytes = count ? call_method(a[0], "read"_id, {count}) : Ref{};
  if (!bytes) return {};
  if (!is_bytes(bytes)) return raise(PyExc_TypeError, "read() didn't return bytes");
  bool short_read = bytes_length(bytes) != n * size;
  if (!append_bytes(self, bytes_view(bytes))) return {};
  if (short_read) return raise(PyExc_EOFError, "read() didn't return enough bytes");
  return none_ref();
}
Ref array_tofile(Value self, Value file) {
  constexpr Py_ssize_t kBlock = 64 * 1024;
  Py_ssize_t total = size_of(self) * as_array(self)->kind->size;
  for (Py_ssize_t i = 0; i < total; i += kBlock) {
    Py_ssize_t n = total - i < kBlock ? total - i : kBlock;
    Ref bytes = bytes_new({as_array(self)->items + i, static_cast<size_t>(n)});
    Ref r = bytes ? call_method(file, "write"_id, {bytes}) : Ref{};
    if (!r) return {};
  }
  return none_ref();
}
Ref array_sizeof(Value self) {
  return int_from_ssize(type_of(self)->tp_basicsize + as_array(self)->allocated * as_array(self)->kind->size);
}

// Machine formats of pickles: see array_reconstructor.
int format_code(const Kind* k) {
  switch (k->code) {
    case 'b': return 1;
    case 'B': return 0;
    case 'u': return 20;
    case 'f': return 14;
    case 'd': return 16;
    default: {
      int base = k->size == 2 ? 2 : k->size == 4 ? 6 : 10;
      return base + (k->is_signed ? 2 : 0);
    }
  }
}

Ref array_reduce_ex(Value self, Value protocol_value) {
  int protocol;
  if (!is_int(protocol_value)) return raise(PyExc_TypeError, "__reduce_ex__ argument should be an integer");
  if (!as_int(protocol_value, &protocol)) return {};
  Ref dict = instance_dict(self);
  if (!dict) {
    if (error_occurred()) return {};
    dict = none_ref();
  }
  Ref code = str_from_char(static_cast<uint32_t>(as_array(self)->kind->code));
  if (!code) return {};
  if (protocol < 3) {
    Ref list = array_tolist(self);
    Ref args = list ? tuple_of({code, list}) : Ref{};
    return args ? tuple_of({Value{type_of(self)}, args, dict}) : Ref{};
  }
  Ref module = hooks.import_module("array"_id);
  Ref f = module ? getattr(module, "_array_reconstructor"_id) : Ref{};
  Ref bytes = array_tobytes(self);
  if (!f || !bytes) return {};
  Ref args = tuple_of({Value{type_of(self)}, code, Value::from_int(format_code(as_array(self)->kind)), bytes});
  return args ? tuple_of({f, args, dict}) : Ref{};
}

Ref get_typecode(Value self) { return str_from_char(static_cast<uint32_t>(as_array(self)->kind->code)); }
Ref get_itemsize(Value self) { return Ref::from_int(as_array(self)->kind->size); }

const MethodRow array_methods[] = {
    method<array_append>("append", "($self, v, /)", "Append new value v to the end of the array."),
    method<array_buffer_info>("buffer_info", "($self, /)", "Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents."),
    method<array_byteswap>("byteswap", "($self, /)", "Byteswap all items of the array."),
    method<array_copy>("__copy__", "($self, /)", "Return a copy of the array."),
    method<array_count>("count", "($self, v, /)", "Return number of occurrences of v in the array."),
    method<array_deepcopy>("__deepcopy__", "($self, unused, /)", "Return a copy of the array."),
    method<array_extend>("extend", "($self, bb, /)", "Append items to the end of the array."),
    method<array_fromfile>("fromfile", "($self, f, n, /)", "Read n objects from the file object f and append them to the end of the array."),
    method<array_fromlist>("fromlist", "($self, list, /)", "Append items to array from list."),
    method<array_frombytes>("frombytes", "($self, buffer, /)", "Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method."),
    method<array_fromunicode>("fromunicode", "($self, ustr, /)", "Extends this array with data from the unicode string ustr."),
    method<array_index>("index", "($self, v, start=0, stop=sys.maxsize, /)", "Return index of first occurrence of v in the array.\n\nRaise ValueError if the value is not present."),
    method<array_insert>("insert", "($self, i, v, /)", "Insert a new item v into the array before position i."),
    method<array_pop>("pop", "($self, i=-1, /)", "Return the i-th element and delete it from the array.\n\ni defaults to -1."),
    method<array_reduce_ex>("__reduce_ex__", "($self, value, /)", "Return state information for pickling."),
    method<array_remove>("remove", "($self, v, /)", "Remove the first occurrence of v in the array."),
    method<array_reverse>("reverse", "($self, /)", "Reverse the order of the items in the array."),
    method<array_tofile>("tofile", "($self, f, /)", "Write all items (as machine values) to the file object f."),
    method<array_tolist>("tolist", "($self, /)", "Convert array to an ordinary list with the same items."),
    method<array_tobytes>("tobytes", "($self, /)", "Convert the array to an array of machine values and return the bytes representation."),
    method<array_tounicode>("tounicode", "($self, /)", "Extends this array with data from the unicode string ustr."),
    method<array_sizeof>("__sizeof__", "($self, /)", "Size of the array in memory, in bytes."),
    {}};

const GetSetRow array_getset[] = {
    getset<get_typecode>("typecode", "the typecode character used to create the array"),
    getset<get_itemsize>("itemsize", "the size, in bytes, of one array item"),
    {}};

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  if (!view) {
    raise(PyExc_BufferError, "array_buffer_getbuf: view==NULL argument is obsolete");
    return -1;
  }
  auto* a = reinterpret_cast<Array*>(self);
  static char empty[1];
  view->buf = a->items ? a->items : empty;
  view->obj = self;
  incref(self);
  view->len = a->head.ob_size * a->kind->size;
  view->readonly = 0;
  view->ndim = 1;
  view->itemsize = a->kind->size;
  view->suboffsets = nullptr;
  view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &a->head.ob_size : nullptr;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : nullptr;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? const_cast<char*>(a->kind->format) : nullptr;
  view->internal = nullptr;
  a->exports++;
  return 0;
}
void release_buffer(PyObject* self, Py_buffer*) { reinterpret_cast<Array*>(self)->exports--; }
PyBufferProcs buffer_procs = {get_buffer, release_buffer};

// --- Iterator -----------------------------------------------------------------------------------------------------------------------

Ref array_iter(Value self) {
  PyObject* o = gc_new_raw(&array_iterator_type, sizeof(ArrayIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<ArrayIterator*>(o);
  it->index = 0;
  it->array = self.object();
  incref(self);
  gc_track(o);
  return Ref::steal(Value{o});
}
Ref iterator_next(Value self) {
  auto* it = self.as<ArrayIterator>();
  if (!it->array) return {};
  Value a{it->array};
  if (it->index < size_of(a)) {
    Py_ssize_t i = it->index++;
    return get_item_at(as_array(a)->kind, item_of(a, i));
  }
  it->array = nullptr;
  decref(a);
  return {};
}
void iterator_dealloc(PyObject* self) {
  gc_untrack(self);
  Py_XDECREF(reinterpret_cast<ArrayIterator*>(self)->array);
  gc_free(self);
}
int iterator_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<ArrayIterator*>(self)->array);
  return 0;
}
Ref self_iter(Value self) { return Ref::copy(self); }
Ref iterator_reduce(Value self) {
  auto* it = self.as<ArrayIterator>();
  Ref f = builtin_named("iter"_id);
  if (!f) return {};
  if (!it->array) {
    Ref empty = list_new();
    Ref args = empty ? tuple_of({empty}) : Ref{};
    return args ? tuple_of({f, args}) : Ref{};
  }
  Ref args = tuple_of({Value{it->array}});
  return args ? tuple_of({f, args, Value::from_int(it->index)}) : Ref{};
}
Ref iterator_setstate(Value self, Value state) {
  Py_ssize_t i;
  if (!as_ssize(state, &i)) return {};
  auto* it = self.as<ArrayIterator>();
  if (it->array) {
    Py_ssize_t n = size_of(Value{it->array});
    it->index = i < 0 ? 0 : i > n ? n : i;
  }
  return none_ref();
}
const MethodRow iterator_methods[] = {
    method<iterator_reduce>("__reduce__", "($self, /)", "Return state information for pickling."),
    method<iterator_setstate>("__setstate__", "($self, state, /)", "Set state information for unpickling."),
    {}};

const TypeDef array_iterator_def = {
    .type = &array_iterator_type,
    .name = "array.arrayiterator",
    .basicsize = sizeof(ArrayIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<iterator_next>},
    .methods = iterator_methods,
};

const TypeDef array_def = {
    .type = &array_type,
    .name = "array.array",
    .basicsize = sizeof(Array),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_SEQUENCE,
    .doc = "array(typecode [, initializer]) -> array\n\n"
           "Return a new array whose items are restricted by typecode, and\n"
           "initialized from the optional initializer value, which must be a list,\n"
           "string or iterable over elements of the appropriate type.",
    .dealloc = array_dealloc,
    .weaklistoffset = offsetof(Array, weakreflist),
    .slots = {.tp_repr = slot::Unary<array_repr>,
              .tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<array_compare>,
              .tp_iter = slot::Unary<array_iter>,
              .tp_new = slot::New<array_new>,
              .sq_length = slot::Length<array_length>,
              .sq_concat = slot::Binary<array_concat>,
              .sq_repeat = slot::Index<array_repeat>,
              .sq_item = slot::Index<array_item>,
              .sq_ass_item = slot::StoreIndex<array_store_item>,
              .sq_contains = slot::Contains<array_contains>,
              .sq_inplace_concat = slot::Binary<array_inplace_concat>,
              .sq_inplace_repeat = slot::Index<array_inplace_repeat>,
              .mp_length = slot::Length<array_length>,
              .mp_subscript = slot::Binary<array_subscript>,
              .mp_ass_subscript = slot::StoreItem<array_store>},
    .buffer = &buffer_procs,
    .methods = array_methods,
    .getset = array_getset,
};

// --- Unpickling ------------------------------------------------------------------------------------------------------------------------

struct MachineFormat {
  Py_ssize_t size;
  bool is_integer, is_signed, big;
};
constexpr MachineFormat kFormats[] = {
    {1, true, false, false}, {1, true, true, false},  {2, true, false, false}, {2, true, false, true}, {2, true, true, false}, {2, true, true, true},
    {4, true, false, false}, {4, true, false, true},  {4, true, true, false},  {4, true, true, true},  {8, true, false, false}, {8, true, false, true},
    {8, true, true, false},  {8, true, true, true},   {4, false, false, false}, {4, false, false, true}, {8, false, false, false}, {8, false, false, true},
    {2, false, false, false}, {2, false, false, true}, {4, false, false, false}, {4, false, false, true}};

// _array_reconstructor(type, typecode, machine format, bytes)
Ref array_reconstructor(Value, const Value* a) {
  if (!is_type(a[0])) return raise(PyExc_TypeError, "first argument must be a type object, not %.200s", type_of(a[0])->tp_name);
  auto* type = a[0].as<PyTypeObject>();
  if (!is_subtype(type, &array_type)) return raise(PyExc_TypeError, "%.200s is not a subtype of %.200s", type->tp_name, array_type.tp_name);
  if (!is_str(a[1]) || str_length(a[1]) != 1) {
    return raise(PyExc_TypeError, "_array_reconstructor() argument 2 must be a unicode character, not %.50s", type_of(a[1])->tp_name);
  }
  int format;
  if (!as_int(a[2], &format)) return {};
  const Kind* kind = find_kind(str_char(a[1], 0));
  if (!kind) return raise(PyExc_ValueError, "second argument must be a valid type code");
  if (format < 0 || format > 21) return raise(PyExc_ValueError, "third argument must be a valid machine format code.");
  if (!is_bytes(a[3])) return raise(PyExc_TypeError, "fourth argument should be bytes, not %.200s", type_of(a[3])->tp_name);
  std::string_view bytes = bytes_view(a[3]);
  auto new_array = [&](Value items) {
    Value args[] = {a[1], items};
    return array_new(type, Args{args, 2, nullptr});
  };
  if (format == format_code(kind)) return new_array(a[3]);
  if (format >= 18) {  // UTF-16 and UTF-32
    const char* encodings[] = {"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"};
    Ref text = bytes_decode(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), encodings[format - 18], "strict");
    return text ? new_array(text) : Ref{};
  }
  const MachineFormat& f = kFormats[format];
  if (static_cast<Py_ssize_t>(bytes.size()) % f.size) return raise(PyExc_ValueError, "string length not a multiple of item size");
  Ref list = list_new(static_cast<Py_ssize_t>(bytes.size()) / f.size);
  if (!list) return {};
  for (size_t i = 0; i < bytes.size(); i += static_cast<size_t>(f.size)) {
    Ref item;
    auto* p = reinterpret_cast<const uint8_t*>(bytes.data()) + i;
    if (f.is_integer) {
      item = int_from_bytes(p, static_cast<size_t>(f.size), !f.big, f.is_signed);
    } else {
      char raw[8];
      for (Py_ssize_t k = 0; k < f.size; k++) raw[k] = static_cast<char>(p[f.big ? f.size - 1 - k : k]);
      item = Ref::from_double(f.size == 4 ? load<float>(raw) : load<double>(raw));
    }
    if (!item || !list_append(list, std::move(item))) return {};
  }
  if (f.is_integer) {
    // The type code may have another size here: take one that holds the values.
    for (const Kind& k : kKinds) {
      if (k.is_integer && k.size == f.size && k.is_signed == f.is_signed && kind->code != k.code && (kind->size != f.size || kind->is_signed != f.is_signed)) {
        Ref code = str_from_char(static_cast<uint32_t>(k.code));
        if (!code) return {};
        Value args[] = {code, list};
        return array_new(type, Args{args, 2, nullptr});
      }
    }
  }
  return new_array(list);
}

const MethodRow functions[] = {
    method<array_reconstructor>("_array_reconstructor", "($module, arraytype, typecode, mformat_code, items, /)", "Internal. Used for pickling support."),
    {}};

bool exec(PyObject* module) {
  if (!module_add_type(module, array_def) || !ready_type(array_iterator_def)) return false;
  if (!module_add(module, "ArrayType", Ref::copy(Value{&array_type})) || !module_add_str(module, "typecodes", "bBuhHiIlLqQfd")) return false;
  Ref abc = hooks.import_module("collections.abc"_id);
  Ref base = abc ? getattr(abc, "MutableSequence"_id) : Ref{};
  if (!base) {
    clear_error();  // too early for it: nobody can ask yet
    return true;
  }
  Ref r = call_method(base, "register"_id, {Value{&array_type}});
  return static_cast<bool>(r);
}

}  // namespace

extern const ModuleDef array_module = {
    .name = "array",
    .doc = "This module defines an object type which can efficiently represent\n"
           "an array of basic values: characters, integers, floating point\n"
           "numbers.  Arrays are sequence types and behave very much like lists,\n"
           "except that the type of objects stored in them is constrained.\n",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
