// The module _struct: binary records by format strings.
#include <bit>
#include <cmath>
#include <cstring>
#include "memory/gc.h"
#include "object/buffer.h"
#include "object/arguments.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/half_float.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/sequence.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

namespace {

PyObject* struct_error;   // struct.error
Value format_cache;       // dict: format → Struct

struct Code {
  char format;
  bool big;          // byte order differs from the machine's
  Py_ssize_t size;   // of one item; of the whole for s and p
  Py_ssize_t offset;
  Py_ssize_t repeat;
};

struct StructObject {
  PyObject head;
  Py_ssize_t size, count;  // bytes; values
  Code* codes;             // ends with format 0
  Value format;
  PyObject* weakreflist;
};

ADDER_TYPE(struct_type);
ADDER_TYPE(unpack_iterator_type);

StructObject* as_struct(Value v) { return v.as<StructObject>(); }

// --- Formats ----------------------------------------------------------------------------------------------------------------

// Size and alignment of a format character; size -1: none.
struct Measure {
  Py_ssize_t size, alignment;
};
Measure native_measure(char c) {
  switch (c) {
    case 'x': case 'b': case 'B': case 'c': case 's': case 'p': case '?': return {1, 0};
    case 'h': case 'H': case 'e': return {2, 2};
    case 'i': case 'I': case 'f': return {4, 4};
    case 'l': case 'L': case 'q': case 'Q': case 'n': case 'N': case 'd': case 'P': return {8, 8};
    default: return {-1, 0};
  }
}
Measure standard_measure(char c) {
  switch (c) {
    case 'x': case 'b': case 'B': case 'c': case 's': case 'p': case '?': return {1, 0};
    case 'h': case 'H': case 'e': return {2, 0};
    case 'i': case 'I': case 'l': case 'L': case 'f': return {4, 0};
    case 'q': case 'Q': case 'd': return {8, 0};
    default: return {-1, 0};
  }
}

bool compile_format(StructObject* self, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return raise(struct_error, "embedded null character");
  bool native = true, big = false;
  size_t i = 0;
  if (!text.empty()) {
    switch (text[0]) {
      case '<': native = false; ++i; break;
      case '>': case '!': native = false; big = true; ++i; break;
      case '=': native = false; ++i; break;
      case '@': ++i; break;
      default: break;
    }
  }
  auto* codes = static_cast<Code*>(object_malloc((text.size() + 1) * sizeof(Code)));
  if (!codes) return raise_no_memory();
  Py_ssize_t size = 0, count = 0;
  size_t n = 0;
  auto fail = [&](const char* message) {
    object_free(codes);
    return raise(struct_error, "%s", message);
  };
  while (i < text.size()) {
    char c = text[i++];
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    Py_ssize_t repeat = 1;
    if (c >= '0' && c <= '9') {
      repeat = c - '0';
      while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
        Py_ssize_t d = text[i++] - '0';
        if (repeat > (PY_SSIZE_T_MAX - d) / 10) return fail("total struct size too long");
        repeat = repeat * 10 + d;
      }
      if (i >= text.size()) return fail("repeat count given without format specifier");
      c = text[i++];
    }
    Measure m = native ? native_measure(c) : standard_measure(c);
    if (m.size < 0) return fail("bad char in struct format");
    if (m.alignment && size % m.alignment) {
      Py_ssize_t extra = m.alignment - size % m.alignment;
      if (size > PY_SSIZE_T_MAX - extra) return fail("total struct size too long");
      size += extra;
    }
    bool text_code = c == 's' || c == 'p';
    if (text_code) codes[n++] = {c, big, repeat, size, 1};
    else if (c != 'x' && repeat) codes[n++] = {c, big, m.size, size, repeat};
    if (text_code) count++;
    else if (c != 'x') count += repeat;
    if (repeat > PY_SSIZE_T_MAX / m.size || size > PY_SSIZE_T_MAX - repeat * m.size) return fail("total struct size too long");
    size += repeat * m.size;
  }
  codes[n].format = 0;
  object_free(self->codes);
  self->codes = codes;
  self->size = size;
  self->count = count;
  return true;
}

// --- Items ------------------------------------------------------------------------------------------------------------------

template <class T>
T load(const char* p, bool swap) {
  T x;
  if (swap) {
    char r[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); i++) r[i] = p[sizeof(T) - 1 - i];
    memcpy(&x, r, sizeof x);
  } else {
    memcpy(&x, p, sizeof x);
  }
  return x;
}
template <class T>
void store(char* p, T x, bool swap) {
  memcpy(p, &x, sizeof x);
  if (swap) {
    for (size_t i = 0, k = sizeof(T) - 1; i < k; i++, k--) std::swap(p[i], p[k]);
  }
}

Ref unpack_item(const Code& c, const char* p) {
  switch (c.format) {
    case 'b': return Ref::from_int(static_cast<signed char>(*p));
    case 'B': return Ref::from_int(static_cast<unsigned char>(*p));
    case 'c': return bytes_new({p, 1});
    case '?': return bool_ref(*p != 0);
    case 'h': return Ref::from_int(load<int16_t>(p, c.big));
    case 'H': return Ref::from_int(load<uint16_t>(p, c.big));
    case 'e': return Ref::from_double(half_to_double(load<uint16_t>(p, c.big)));
    case 'f': return Ref::from_double(load<float>(p, c.big));
    case 'd': return Ref::from_double(load<double>(p, c.big));
    case 's': return bytes_new({p, static_cast<size_t>(c.size)});
    case 'p': {
      Py_ssize_t n = c.size ? static_cast<unsigned char>(*p) : 0;
      if (n >= c.size) n = c.size ? c.size - 1 : 0;
      return bytes_new({p + 1, static_cast<size_t>(n)});
    }
    case 'i': case 'l': case 'q': case 'n':
      return c.size == 4 ? Ref::from_int(load<int32_t>(p, c.big)) : int_from_i64(load<int64_t>(p, c.big));
    default: return c.size == 4 ? Ref::from_int(load<uint32_t>(p, c.big)) : int_from_u64(load<uint64_t>(p, c.big));
  }
}

// The value as an exact int; struct.error "required argument is not an integer".
bool integer(Value v, Ref* out) {
  if (v.is_int()) {
    *out = Ref::copy(v);
    return true;
  }
  PyNumberMethods* n = type_of(v)->tp_as_number;
  if (!is_int(v) && !(n && n->nb_index)) return raise(struct_error, "required argument is not an integer");
  *out = index(v);
  return static_cast<bool>(*out);
}

Failure out_of_range(const Code& c, bool is_signed) {
  if (c.size == 8) return raise(struct_error, "argument out of range");
  auto top = (uint64_t{1} << (c.size * 8)) - 1;
  if (is_signed) {
    auto high = static_cast<int64_t>(top >> 1);
    return raise(struct_error, "'%c' format requires %zd <= number <= %zd", c.format, static_cast<Py_ssize_t>(-high - 1), static_cast<Py_ssize_t>(high));
  }
  return raise(struct_error, "'%c' format requires 0 <= number <= %zu", c.format, static_cast<size_t>(top));
}

bool pack_signed(const Code& c, char* p, Value v) {
  Ref i;
  if (!integer(v, &i)) return false;
  int64_t x;
  if (int_sign_overflow_i64(i, &x)) return raise(struct_error, c.big && c.size == 8 ? "int too large to convert" : "argument out of range");
  if (c.big && c.size == 2 && (x < -32768 || x > 32767)) return out_of_range(c, true);
  switch (c.size) {
    case 1:
      if (x < -128 || x > 127) return raise(struct_error, "byte format requires -128 <= number <= 127");
      *p = static_cast<char>(x);
      return true;
    case 2:
      if (x < -32768 || x > 32767) return raise(struct_error, "short format requires -32768 <= number <= 32767");
      store(p, static_cast<int16_t>(x), c.big);
      return true;
    case 4:
      if (x < INT32_MIN || x > INT32_MAX) return out_of_range(c, true);
      store(p, static_cast<int32_t>(x), c.big);
      return true;
    default: store(p, x, c.big); return true;
  }
}

bool pack_unsigned(const Code& c, char* p, Value v) {
  Ref i;
  if (!integer(v, &i)) return false;
  if (c.format == 'P') {
    int64_t x;
    if (int_sign_overflow_i64(i, &x) == 0) {
      store(p, static_cast<uint64_t>(x), c.big);
      return true;
    }
    if (int_sign(i) < 0 || int_bit_length(i) > 64) return raise(struct_error, "int too large to convert");
    store(p, int_as_u64_mask(i), c.big);
    return true;
  }
  if (c.size <= 2 && !(c.big && c.size == 2)) {
    int64_t x;
    if (int_sign_overflow_i64(i, &x)) return raise(struct_error, "argument out of range");
    if (c.size == 1) {
      if (x < 0 || x > 255) return raise(struct_error, "ubyte format requires 0 <= number <= 255");
      *p = static_cast<char>(x);
    } else {
      if (x < 0 || x > 65535) return raise(struct_error, "ushort format requires 0 <= number <= 65535");
      store(p, static_cast<uint16_t>(x), c.big);
    }
    return true;
  }
  if (int_sign(i) < 0 || int_bit_length(i) > 64) {
    return raise(struct_error, c.big && c.size == 8 ? "int too large to convert" : "argument out of range");
  }
  uint64_t x = int_as_u64_mask(i);
  if (c.size == 2) {
    if (x > UINT16_MAX) return out_of_range(c, false);
    store(p, static_cast<uint16_t>(x), c.big);
    return true;
  }
  if (c.size == 4) {
    if (x > UINT32_MAX) return out_of_range(c, false);
    store(p, static_cast<uint32_t>(x), c.big);
  } else {
    store(p, x, c.big);
  }
  return true;
}

bool floating(Value v, double* d) {
  if (as_double(v, d)) return true;
  if (error_matches(PyExc_TypeError)) {
    clear_error();
    return raise(struct_error, "required argument is not a float");
  }
  return false;
}

bool pack_item(const Code& c, char* p, Value v) {
  switch (c.format) {
    case 'c':
      if (!is_bytes(v) || bytes_length(v) != 1) return raise(struct_error, "char format requires a bytes object of length 1");
      *p = bytes_data(v)[0];
      return true;
    case '?': {
      int t = is_true(v);
      if (t < 0) return false;
      *p = t != 0;
      return true;
    }
    case 'e': {
      double d;
      uint16_t h;
      if (!floating(v, &d)) return false;
      if (!double_to_half(d, &h)) return raise(PyExc_OverflowError, "float too large to pack with e format");
      store(p, h, c.big);
      return true;
    }
    case 'f': {
      double d;
      if (!floating(v, &d)) return false;
      auto f = static_cast<float>(d);
      if (std::isinf(f) && std::isfinite(d)) return raise(PyExc_OverflowError, "float too large to pack with f format");
      store(p, f, c.big);
      return true;
    }
    case 'd': {
      double d;
      if (!floating(v, &d)) return false;
      store(p, d, c.big);
      return true;
    }
    case 's':
    case 'p': {
      std::string_view text;
      if (is_bytes(v)) text = bytes_view(v);
      else if (is_instance_exactly(v, &PyByteArray_Type)) text = {bytearray_data(v), static_cast<size_t>(bytearray_length(v))};
      else return raise(struct_error, "argument for '%c' must be a bytes object", c.format);
      auto room = static_cast<size_t>(c.size);
      if (c.format == 's') {
        memcpy(p, text.data(), text.size() < room ? text.size() : room);
      } else if (room) {
        size_t n = text.size() < room - 1 ? text.size() : room - 1;
        memcpy(p + 1, text.data(), n);
        *p = static_cast<char>(n > 255 ? 255 : n);
      }
      return true;
    }
    case 'b': case 'h': case 'i': case 'l': case 'q': case 'n': return pack_signed(c, p, v);
    default: return pack_unsigned(c, p, v);
  }
}

Ref unpack_record(StructObject* s, const char* data) {
  Ref t = tuple_new_untracked(s->count);  // of numbers and bytes
  if (!t) return {};
  Py_ssize_t k = 0;
  for (const Code* c = s->codes; c->format; c++) {
    const char* p = data + c->offset;
    for (Py_ssize_t i = 0; i < c->repeat; i++, p += c->size) {
      Ref item = unpack_item(*c, p);
      if (!item) return {};
      tuple_init(t, k++, std::move(item));
    }
  }
  return t;
}

bool pack_record(StructObject* s, char* data, const Value* v) {
  memset(data, 0, static_cast<size_t>(s->size));
  for (const Code* c = s->codes; c->format; c++) {
    char* p = data + c->offset;
    for (Py_ssize_t i = 0; i < c->repeat; i++, p += c->size) {
      Value item = *v++;
      if (!pack_item(*c, p, item)) {
        if (is_int(item) && error_matches(PyExc_OverflowError)) {
          clear_error();
          return raise(struct_error, "int too large to convert");
        }
        return false;
      }
    }
  }
  return true;
}

// --- Operations of a Struct ----------------------------------------------------------------------------------------------------

Ref do_pack(StructObject* s, const Value* v, Py_ssize_t n) {
  if (n != s->count) return raise(struct_error, "pack expected %zd items for packing (got %zd)", s->count, n);
  Ref r = bytes_uninitialized(s->size);
  if (!r || !pack_record(s, bytes_data(r), v)) return {};
  return r;
}

Ref do_pack_into(StructObject* s, const Value* v, Py_ssize_t n) {
  if (n == 0) return raise(struct_error, "pack_into expected buffer argument");
  if (n == 1) return raise(struct_error, "pack_into expected offset argument");
  if (n - 2 != s->count) return raise(struct_error, "pack_into expected %zd items for packing (got %zd)", s->count, n - 2);
  BufferView view;
  if (!view.get(v[0], PyBUF_WRITABLE)) {
    if (!error_matches(PyExc_BufferError) && !error_matches(PyExc_TypeError)) return {};
    clear_error();
    return raise(PyExc_TypeError, "argument must be read-write bytes-like object, not %.50s", type_of(v[0])->tp_name);
  }
  Py_ssize_t offset;
  if (!index_as_ssize(v[1], &offset, PyExc_IndexError)) return {};
  if (offset < 0) {
    if (offset + s->size > 0) return raise(struct_error, "no space to pack %zd bytes at offset %zd", s->size, offset);
    if (offset + view.size() < 0) return raise(struct_error, "offset %zd out of range for %zd-byte buffer", offset, view.size());
    offset += view.size();
  }
  if (view.size() - offset < s->size) {
    return raise(struct_error, "pack_into requires a buffer of at least %zu bytes for packing %zd bytes at offset %zd (actual buffer size is %zd)",
                 static_cast<size_t>(s->size) + static_cast<size_t>(offset), s->size, offset, view.size());
  }
  return pack_record(s, view.data() + offset, v + 2) ? none_ref() : Ref{};
}

Ref do_unpack(StructObject* s, Value buffer) {
  if (!s->codes) return raise(PyExc_RuntimeError, "Struct object is not initialized");
  BufferView view;
  if (!view.get(buffer)) return {};
  if (view.size() != s->size) return raise(struct_error, "unpack requires a buffer of %zd bytes", s->size);
  return unpack_record(s, view.data());
}

Ref do_unpack_from(StructObject* s, Value buffer, Value offset_value) {
  if (!s->codes) return raise(PyExc_RuntimeError, "Struct object is not initialized");
  Py_ssize_t offset = 0;
  if (!offset_value.absent() && !as_ssize(offset_value, &offset)) return {};
  BufferView view;
  if (!view.get(buffer)) return {};
  if (offset < 0) {
    if (offset + s->size > 0) return raise(struct_error, "not enough data to unpack %zd bytes at offset %zd", s->size, offset);
    if (offset + view.size() < 0) return raise(struct_error, "offset %zd out of range for %zd-byte buffer", offset, view.size());
    offset += view.size();
  }
  if (view.size() - offset < s->size) {
    return raise(struct_error, "unpack_from requires a buffer of at least %zu bytes for unpacking %zd bytes at offset %zd (actual buffer size is %zd)",
                 static_cast<size_t>(s->size) + static_cast<size_t>(offset), s->size, offset, view.size());
  }
  return unpack_record(s, view.data() + offset);
}

// --- iter_unpack -----------------------------------------------------------------------------------------------------------------

struct UnpackIterator {
  PyObject head;
  PyObject* record;   // Struct; null when exhausted
  Py_buffer view;
  Py_ssize_t index;
};

Ref do_iter_unpack(Value self, Value buffer) {
  StructObject* s = as_struct(self);
  if (!s->codes) return raise(PyExc_RuntimeError, "Struct object is not initialized");
  if (s->size == 0) return raise(struct_error, "cannot iteratively unpack with a struct of length 0");
  Py_buffer view;
  if (!buffer.is_object()) return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", type_of(buffer)->tp_name);
  if (!buffer_get(buffer.object(), &view, PyBUF_SIMPLE)) return {};
  if (view.len % s->size) {
    buffer_release(&view);
    return raise(struct_error, "iterative unpacking requires a buffer of a multiple of %zd bytes", s->size);
  }
  PyObject* o = gc_new_raw(&unpack_iterator_type, sizeof(UnpackIterator));
  if (!o) {
    buffer_release(&view);
    return {};
  }
  auto* it = reinterpret_cast<UnpackIterator*>(o);
  it->record = self.object();
  incref(self);
  it->view = view;
  it->index = 0;
  gc_track(o);
  return Ref::steal(Value{o});
}

void iterator_dealloc(PyObject* self) {
  auto* it = reinterpret_cast<UnpackIterator*>(self);
  gc_untrack(self);
  if (it->record) {
    decref(it->record);
    buffer_release(&it->view);
  }
  gc_free(self);
}
int iterator_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* it = reinterpret_cast<UnpackIterator*>(self);
  Py_VISIT(it->record);
  if (it->record) Py_VISIT(it->view.obj);
  return 0;
}
Ref iterator_next(Value self) {
  auto* it = self.as<UnpackIterator>();
  if (!it->record) return {};
  auto* s = as_struct(Value{it->record});
  if (it->index >= it->view.len) {
    PyObject* record = it->record;
    it->record = nullptr;
    buffer_release(&it->view);
    decref(record);
    return {};
  }
  Ref r = unpack_record(s, static_cast<char*>(it->view.buf) + it->index);
  it->index += s->size;
  return r;
}
Ref self_iter(Value self) { return Ref::copy(self); }
Ref iterator_length_hint(Value self) {
  auto* it = self.as<UnpackIterator>();
  return Ref::from_int(it->record ? (it->view.len - it->index) / as_struct(Value{it->record})->size : 0);
}
const MethodRow iterator_methods[] = {method<iterator_length_hint>("__length_hint__", "", ""), {}};

const TypeDef unpack_iterator_def = {
    .type = &unpack_iterator_type,
    .name = "_struct.unpack_iterator",
    .basicsize = sizeof(UnpackIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<iterator_next>},
    .methods = iterator_methods,
};

// --- The type Struct ----------------------------------------------------------------------------------------------------------------

Ref struct_new(PyTypeObject* type, Args) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return {};
  auto* s = reinterpret_cast<StructObject*>(o);
  s->size = s->count = -1;
  s->format = none_ref().release();
  return Ref::steal(Value{o});
}

bool set_format(Value self, Value format) {
  std::string_view text;
  Ref held;
  if (is_str(format)) {
    held = str_encode(format, "ascii", nullptr);
    if (!held) return false;
    text = bytes_view(held);
  } else if (is_bytes(format)) {
    text = bytes_view(format);
  } else {
    return raise(PyExc_TypeError, "Struct() argument 1 must be a str or bytes object, not %.200s", type_of(format)->tp_name);
  }
  Ref shown = str_from_latin1(text);
  if (!shown) return false;
  assign(as_struct(self)->format, std::move(shown));
  return compile_format(as_struct(self), text);
}

bool struct_init(Value self, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (args.n + keywords > 1) return raise(PyExc_TypeError, "Struct() takes at most 1 argument (%zd given)", static_cast<Py_ssize_t>(args.n + keywords));
  if (args.n + keywords == 0 || (keywords && !str_equals(tuple_get(args.kwnames, 0), "format"))) {
    return raise(PyExc_TypeError, "Struct() missing required argument 'format' (pos 1)");
  }
  return set_format(self, args.v[0]);
}

void struct_dealloc(PyObject* self) {
  auto* s = reinterpret_cast<StructObject*>(self);
  gc_untrack(self);
  if (s->weakreflist) clear_weakrefs(self);
  object_free(s->codes);
  decref(s->format);
  self->ob_type->tp_free(self);
}
int struct_traverse(PyObject*, visitproc, void*) { return 0; }

Ref struct_pack(Value self, Args a) {
  if (!reject_keywords("Struct.pack", a)) return {};
  return do_pack(as_struct(self), a.v, static_cast<Py_ssize_t>(a.n));
}
Ref struct_pack_into(Value self, Args a) {
  if (!reject_keywords("Struct.pack_into", a)) return {};
  return do_pack_into(as_struct(self), a.v, static_cast<Py_ssize_t>(a.n));
}
Ref struct_unpack(Value self, Value buffer) { return do_unpack(as_struct(self), buffer); }
Ref struct_unpack_from(Value self, const Value* a) { return do_unpack_from(as_struct(self), a[0], a[1]); }
Ref struct_get_format(Value self) { return Ref::copy(as_struct(self)->format); }
Ref struct_get_size(Value self) { return int_from_ssize(as_struct(self)->size); }
Ref struct_sizeof(Value self) {
  Py_ssize_t n = 1;
  for (const Code* c = as_struct(self)->codes; c && c->format; c++) ++n;
  return int_from_ssize(static_cast<Py_ssize_t>(sizeof(StructObject)) + n * 32);
}

const MethodRow struct_methods[] = {
    method<do_iter_unpack>("iter_unpack", "($self, buffer, /)", "Return an iterator yielding tuples.\n\nTuples are unpacked from the given bytes source, like a repeated\ninvocation of unpack_from().\n\nRequires that the bytes length be a multiple of the struct size."),
    method<struct_pack>("pack", "", "S.pack(v1, v2, ...) -> bytes\n\nReturn a bytes object containing values v1, v2, ... packed according\nto the format string S.format.  See help(struct) for more on format\nstrings."),
    method<struct_pack_into>("pack_into", "", "S.pack_into(buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string S.format\nand write the packed bytes into the writable buffer buf starting at\noffset.  Note that the offset is a required argument.  See\nhelp(struct) for more on format strings."),
    method<struct_unpack>("unpack", "($self, buffer, /)", "Return a tuple containing unpacked values."),
    method<struct_unpack_from>("unpack_from", "($self, /, buffer, offset=0)", "Return a tuple containing unpacked values."),
    method<struct_sizeof>("__sizeof__", "", "S.__sizeof__() -> size of S in memory, in bytes"),
    {}};
const GetSetRow struct_getset[] = {
    getset<struct_get_format>("format", "struct format string"),
    getset<struct_get_size>("size", "struct size in bytes"),
    {}};

const TypeDef struct_def = {
    .type = &struct_type,
    .name = "_struct.Struct",
    .basicsize = sizeof(StructObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Struct(fmt) --> compiled struct object",
    .dealloc = struct_dealloc,
    .traverse = struct_traverse,
    .weaklistoffset = offsetof(StructObject, weakreflist),
    .slots = {.tp_init = slot::Init<struct_init>, .tp_new = slot::New<struct_new>},
    .methods = struct_methods,
    .getset = struct_getset,
};

// --- Module functions -------------------------------------------------------------------------------------------------------------

// The Struct of a format, from the cache where it has been seen.
Ref struct_of(Value format) {
  Value found;
  int there = dict_lookup(format_cache, format, &found);
  if (there < 0) return {};
  if (there) return Ref::copy(found);
  Ref s = struct_new(&struct_type, {});
  if (!s || !set_format(s, format)) return {};
  if (dict_size(format_cache) >= 100) dict_clear(format_cache);
  if (!dict_set(format_cache, format, s)) return {};
  return s;
}

Ref module_pack(Value, Args a) {
  if (!reject_keywords("_struct.pack", a)) return {};
  if (a.n == 0) return raise(PyExc_TypeError, "missing format argument");
  Ref s = struct_of(a[0]);
  return s ? do_pack(as_struct(s), a.v + 1, static_cast<Py_ssize_t>(a.n) - 1) : Ref{};
}
Ref module_pack_into(Value, Args a) {
  if (!reject_keywords("_struct.pack_into", a)) return {};
  if (a.n == 0) return raise(PyExc_TypeError, "missing format argument");
  Ref s = struct_of(a[0]);
  return s ? do_pack_into(as_struct(s), a.v + 1, static_cast<Py_ssize_t>(a.n) - 1) : Ref{};
}
Ref module_unpack(Value, const Value* a) {
  Ref s = struct_of(a[0]);
  return s ? do_unpack(as_struct(s), a[1]) : Ref{};
}
Ref module_unpack_from(Value, const Value* a) {
  Ref s = struct_of(a[0]);
  return s ? do_unpack_from(as_struct(s), a[1], a[2]) : Ref{};
}
Ref module_iter_unpack(Value, const Value* a) {
  Ref s = struct_of(a[0]);
  return s ? do_iter_unpack(s, a[1]) : Ref{};
}
Ref module_calcsize(Value, Value format) {
  Ref s = struct_of(format);
  return s ? int_from_ssize(as_struct(s)->size) : Ref{};
}
Ref module_clearcache(Value) {
  dict_clear(format_cache);
  return none_ref();
}

const MethodRow functions[] = {
    method<module_clearcache>("_clearcache", "($module, /)", "Clear the internal cache."),
    method<module_calcsize>("calcsize", "($module, format, /)", "Return size in bytes of the struct described by the format string."),
    method<module_iter_unpack>("iter_unpack", "($module, format, buffer, /)", "Return an iterator yielding tuples unpacked from the given bytes."),
    method<module_pack>("pack", "", "pack(format, v1, v2, ...) -> bytes\n\nReturn a bytes object containing the values v1, v2, ... packed according\nto the format string.  See help(struct) for more on format strings."),
    method<module_pack_into>("pack_into", "", "pack_into(format, buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string and write\nthe packed bytes into the writable buffer buf starting at offset.  Note\nthat the offset is a required argument.  See help(struct) for more\non format strings."),
    method<module_unpack>("unpack", "($module, format, buffer, /)", "Return a tuple containing values unpacked according to the format string."),
    method<module_unpack_from>("unpack_from", "($module, format, /, buffer, offset=0)", "Return a tuple containing values unpacked according to the format string."),
    {}};

// A module imported anew shares the class of errors and the cache, as functions of the old one may still be around.
bool exec(PyObject* module) {
  if (!struct_error) {
    Ref error = make_heap_type("struct.error", reinterpret_cast<PyTypeObject*>(PyExc_Exception), Value{});
    Ref cache = dict_new();
    if (!error || !cache) return false;
    struct_error = error.release().object();
    format_cache = cache.release();
  }
  return module_add(module, "error", Ref::copy(Value{struct_error})) && module_add_type(module, struct_def) && ready_type(unpack_iterator_def);
}

}  // namespace

extern const ModuleDef struct_module = {
    .name = "_struct",
    .doc = "Functions to convert between Python values and C structs.\n"
           "Python bytes objects are used to hold the data representing the C struct\n"
           "and also as format strings (explained below) to describe the layout of data\n"
           "in the C struct.\n",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
