// bytes: storage and the type. Methods shared with bytearray are in bytes_methods.h and bytes_methods.cpp.
#include "memory/gc.h"
#include "object/bytes_methods.h"
#include "object/sequence_iterator.h"

PyTypeObject PyBytes_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
extern "C" {
PyTypeObject PyBytesIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

int bytes_warning_level = 0;

namespace {

constexpr int64_t kImmortal = int64_t{1} << 60;
PyObject* empty_bytes = nullptr;
PyObject* one_byte[256];

// The hash field, which C code is warned off.
inline Py_hash_t& stored_hash(PyObject* o) {
  return *reinterpret_cast<Py_hash_t*>(reinterpret_cast<char*>(o) + sizeof(PyVarObject));
}
constexpr size_t kHead = offsetof(PyBytesObject, ob_sval);

PyObject* allocate_bytes(Py_ssize_t n) {
  if (n > PY_SSIZE_T_MAX - static_cast<Py_ssize_t>(kHead) - 1) return raise_no_memory();
  PyObject* o = object_new_raw(&PyBytes_Type, kHead + static_cast<size_t>(n) + 1);
  if (!o) return nullptr;
  reinterpret_cast<PyVarObject*>(o)->ob_size = n;
  stored_hash(o) = -1;
  bytes_data(o)[n] = 0;
  return o;
}

}  // namespace

Ref bytes_uninitialized(Py_ssize_t n) {
  if (n == 0) return bytes_new({});
  return Ref::steal(allocate_bytes(n));
}

Ref bytes_new(std::string_view content) {
  if (content.size() <= 1) {
    PyObject*& slot = content.empty() ? empty_bytes : one_byte[static_cast<uint8_t>(content[0])];
    if (ADDER_UNLIKELY(!slot)) {
      PyObject* o = allocate_bytes(static_cast<Py_ssize_t>(content.size()));
      if (!o) return {};
      if (!content.empty()) bytes_data(o)[0] = content[0];
      refcount(o) = kImmortal;
      slot = o;
    }
    return Ref::copy(slot);
  }
  PyObject* o = allocate_bytes(static_cast<Py_ssize_t>(content.size()));
  if (!o) return {};
  memcpy(bytes_data(o), content.data(), content.size());
  return Ref::steal(o);
}

Ref bytes_resize(Ref b, Py_ssize_t n) {
  if (!b) return {};
  Py_ssize_t old = bytes_length(b);
  if (old == n) return b;
  if (n <= 1 || old <= 1 || refcount(b.object()) != 1) {
    std::string_view v = bytes_view(b);
    if (n <= old) return bytes_new(v.substr(0, static_cast<size_t>(n)));
    PyObject* o = allocate_bytes(n);
    if (!o) return {};
    memcpy(bytes_data(o), v.data(), v.size());
    return Ref::steal(o);
  }
  if (n > PY_SSIZE_T_MAX - static_cast<Py_ssize_t>(kHead) - 1) return raise_no_memory();
  void* p = object_realloc(b.object(), kHead + static_cast<size_t>(n) + 1);
  if (!p) return raise_no_memory();
  (void)b.release();
  auto* o = static_cast<PyObject*>(p);
  reinterpret_cast<PyVarObject*>(o)->ob_size = n;
  stored_hash(o) = -1;
  bytes_data(o)[n] = 0;
  return Ref::steal(o);
}

Ref bytes_concat(Value a, Value b) {
  ByteText x, y;
  if (!(is_bytes(a) || has_buffer(a)) || !(is_bytes(b) || has_buffer(b)))
    return raise(PyExc_TypeError, "can't concat %N to %N", type_of(b), type_of(a));
  if (!x.get(a) || !y.get(b)) return {};
  if (x.size() == 0 && is_exact(b, &PyBytes_Type)) return Ref::copy(b);
  if (y.size() == 0 && is_exact(a, &PyBytes_Type)) return Ref::copy(a);
  if (x.size() > PY_SSIZE_T_MAX - y.size()) return raise_no_memory();
  Ref r = bytes_uninitialized(x.size() + y.size());
  if (!r || x.size() + y.size() == 0) return r;
  memcpy(bytes_data(r), x.data(), static_cast<size_t>(x.size()));
  memcpy(bytes_data(r) + x.size(), y.data(), static_cast<size_t>(y.size()));
  return r;
}

Ref bytes_repeat(Value b, Py_ssize_t count) {
  if (count < 0) count = 0;
  Py_ssize_t n = bytes_length(b);
  if (n && count > PY_SSIZE_T_MAX / n) return raise(PyExc_OverflowError, "repeated bytes are too long");
  if (count == 1 && is_exact(b, &PyBytes_Type)) return Ref::copy(b);
  if (n * count == 0) return bytes_new({});
  Ref r = Ref::steal(allocate_bytes(n * count));
  if (!r) return {};
  char* d = bytes_data(r);
  if (n == 1) {
    memset(d, bytes_data(b)[0], static_cast<size_t>(count));
    return r;
  }
  auto total = static_cast<size_t>(n * count), done = static_cast<size_t>(n);
  memcpy(d, bytes_data(b), done);
  while (done < total) {
    size_t more = done < total - done ? done : total - done;
    memcpy(d + done, d, more);
    done += more;
  }
  return r;
}

int fill_flat_buffer(Py_buffer* view, PyObject* exporter, void* data, Py_ssize_t n, bool readonly, int flags) {
  if (!view) return raise(PyExc_BufferError, "PyBuffer_FillInfo: view==NULL argument is obsolete");
  if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && readonly) return raise(PyExc_BufferError, "Object is not writable.");
  view->obj = exporter ? Ref::copy(exporter).release().object() : nullptr;
  view->buf = data;
  view->len = n;
  view->readonly = readonly;
  view->itemsize = 1;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? const_cast<char*>("B") : nullptr;
  view->ndim = 1;
  view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &view->len : nullptr;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : nullptr;
  view->suboffsets = nullptr;
  view->internal = nullptr;
  return 0;
}

Ref bytes_from_object(Value v) {
  if (is_exact(v, &PyBytes_Type)) return Ref::copy(v);
  if (has_buffer(v)) {
    BufferView view;
    if (!view.get(v, PyBUF_FULL_RO)) return {};
    Py_buffer& raw = view.raw();
    if (raw.ndim <= 1 && (!raw.strides || raw.strides[0] == raw.itemsize) && !raw.suboffsets) return bytes_new(view.text());
    Ref m = memoryview_of(v);
    return m ? call_method(m, "tobytes"_id) : Ref{};
  }
  bool listed = is_exact_list(v) || is_exact_tuple(v);
  if (!listed && is_str(v)) return raise(PyExc_TypeError, "cannot convert '%N' object to bytes", type_of(v));
  Ref it = listed ? Ref{} : iter(v);
  if (!listed && !it) {
    if (!error_matches(PyExc_TypeError)) return {};
    clear_error();
    return raise(PyExc_TypeError, "cannot convert '%N' object to bytes", type_of(v));
  }
  BytesBuilder b(listed ? sequence_size(v) : length_hint(v, 64));
  if (error_occurred()) return {};
  auto add_item = [&](Value item) {
    Py_ssize_t i;
    if (ADDER_LIKELY(item.is_int())) i = item.as_int();
    else if (!index_as_ssize(item, &i, nullptr)) return false;
    if (i < 0 || i > 255) return static_cast<bool>(raise(PyExc_ValueError, "bytes must be in range(0, 256)"));
    return b.add(static_cast<char>(i));
  };
  if (listed) {
    for (Py_ssize_t i = 0; i < sequence_size(v); i++) {
      Ref item = Ref::copy(sequence_get(v, i));
      if (!add_item(item)) return {};
    }
  } else {
    while (Ref item = next(it))
      if (!add_item(item)) return {};
    if (error_occurred()) return {};
  }
  return b.finish();
}

namespace {

struct BytesKind {
  static constexpr const char* kName = "bytes";
  static constexpr bool kImmutable = true;
  static PyTypeObject* type() { return &PyBytes_Type; }
  static std::string_view view(Value self) { return bytes_view(self); }
  static Ref make(std::string_view t) { return bytes_new(t); }
  static Ref finish(BytesBuilder& b) { return b.finish(); }
};
using M = BytesMethods<BytesKind>;

// --- Construction -----------------------------------------------------------------------------------------------------

Ref bytes_of_subtype(PyTypeObject* type, Value exact) {
  Py_ssize_t n = bytes_length(exact);
  PyObject* o = allocate_instance(type, n);
  if (!o) return {};
  memcpy(bytes_data(o), bytes_data(exact), static_cast<size_t>(n) + 1);
  stored_hash(o) = stored_hash(exact.object());
  return Ref::steal(o);
}

bool text_argument(const char* type, const char* name, Value v, const char** out) {
  *out = nullptr;
  if (!v) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument '%s' must be str, not %N", type, name, type_of(v));
  std::string_view t = str_utf8(v);
  if (!t.data()) return false;
  if (t.find('\0') != t.npos) return raise(PyExc_ValueError, "embedded null character");
  *out = t.data();
  return true;
}

Ref bytes_make(PyTypeObject* type, Args args) {
  Value a[3] = {};
  if (!bytes_arguments("bytes", args, a)) return {};
  const char *encoding, *errors;
  if (!text_argument("bytes", "encoding", a[1], &encoding) || !text_argument("bytes", "errors", a[2], &errors)) return {};
  Value x = a[0];
  if (!x) {
    if (encoding || errors)
      return raise(PyExc_TypeError, encoding ? "encoding without a string argument" : "errors without a string argument");
    return bytes_new({});
  }
  if (encoding) {
    if (!is_str(x)) return raise(PyExc_TypeError, "encoding without a string argument");
    return str_encode(x, encoding, errors);
  }
  if (errors)
    return raise(PyExc_TypeError, is_str(x) ? "string argument without an encoding" : "errors without a string argument");
  if (Ref method = lookup_special(x, "__bytes__"_id)) {
    Ref r = call0(method);
    if (r && !is_bytes(r)) return raise(PyExc_TypeError, "__bytes__ returned non-bytes (type %N)", type_of(r));
    return r;
  }
  if (error_occurred()) return {};
  if (is_str(x)) return raise(PyExc_TypeError, "string argument without an encoding");
  if (is_int(x) || slots_of(x).nb_index) {
    Py_ssize_t n;
    if (!index_as_ssize(x, &n, PyExc_OverflowError)) {
      if (!error_matches(PyExc_TypeError)) return {};
      clear_error();
      return bytes_from_object(x);
    }
    if (n < 0) return raise(PyExc_ValueError, "negative count");
    if (n == 0) return bytes_new({});
    Ref r = bytes_uninitialized(n);
    if (r) memset(bytes_data(r), 0, static_cast<size_t>(n));
    return n == 1 && r ? bytes_new({"", 1}) : std::move(r);
  }
  (void)type;
  return bytes_from_object(x);
}

Ref bytes_slot_new(PyTypeObject* type, Args args) {
  Ref r = bytes_make(type, args);
  if (!r || type == &PyBytes_Type) return r;
  return bytes_of_subtype(type, r);
}

// --- Slots ------------------------------------------------------------------------------------------------------------

Ref bytes_slot_repr(Value s) { return bytes_repr(s); }
Ref bytes_slot_str(Value s) {
  if (bytes_warning_level && !warn(PyExc_BytesWarning, 1, "str() on a bytes instance")) return {};
  return bytes_repr(s);
}
Py_hash_t bytes_slot_hash(Value s) {
  Py_hash_t& h = stored_hash(s.object());
  if (h == -1) h = hash_bytes(bytes_data(s), static_cast<size_t>(bytes_length(s)));
  return h;
}
Py_ssize_t bytes_slot_length(Value s) { return bytes_length(s); }
Ref bytes_slot_item(Value s, Py_ssize_t i) {
  if (i < 0 || i >= bytes_length(s)) return raise(PyExc_IndexError, "index out of range");
  return Ref::from_int(static_cast<uint8_t>(bytes_data(s)[i]));
}
Ref bytes_slot_subscript(Value s, Value key) {
  if (is_exact(key, &PySlice_Type)) {
    Py_ssize_t start, stop, step;
    if (!slice_unpack(key, &start, &stop, &step)) return {};
    Py_ssize_t n = slice_adjust(bytes_length(s), &start, &stop, step);
    if (n <= 0) return bytes_new({});
    if (step == 1) return M::piece(s, start, stop);
    BytesBuilder b(n);
    for (Py_ssize_t i = 0; i < n; i++) b.add(bytes_data(s)[start + i * step]);
    return b.finish();
  }
  if (key.is_int() || is_int(key) || slots_of(key).nb_index) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
    if (i < 0) i += bytes_length(s);
    return bytes_slot_item(s, i);
  }
  return raise(PyExc_TypeError, "byte indices must be integers or slices, not %N", type_of(key));
}

Ref bytes_slot_compare(Value a, Value b, int op) {
  if (!is_bytes(a) || !is_bytes(b)) {
    if (bytes_warning_level && (op == Py_EQ || op == Py_NE)) {
      if (is_str(a) || is_str(b)) {
        if (!warn(PyExc_BytesWarning, 1, "Comparison between bytes and string")) return {};
      } else if (is_int(a) || is_int(b)) {
        if (!warn(PyExc_BytesWarning, 1, "Comparison between bytes and int")) return {};
      }
    }
    return not_implemented_ref();
  }
  std::string_view x = bytes_view(a), y = bytes_view(b);
  if (op == Py_EQ) return bool_ref(x == y);
  if (op == Py_NE) return bool_ref(x != y);
  int c = x.compare(y);
  return bool_ref(op == Py_LT ? c < 0 : op == Py_LE ? c <= 0 : op == Py_GT ? c > 0 : c >= 0);
}

Ref bytes_slot_mod(Value a, Value b) {
  if (!is_bytes(a)) return not_implemented_ref();
  return bytes_percent(bytes_view(a), b, false);
}

int bytes_get_buffer(PyObject* o, Py_buffer* view, int flags) {
  return fill_flat_buffer(view, o, bytes_data(o), bytes_length(o), true, flags);
}
PyBufferProcs bytes_buffer = {&bytes_get_buffer, nullptr};

void bytes_dealloc(PyObject* o) {
  if (ADDER_UNLIKELY(o == empty_bytes)) {
    refcount(o) = kImmortal;
    return;
  }
  Py_TYPE(o)->tp_free(o);
}

// --- Methods ----------------------------------------------------------------------------------------------------------

Ref bytes_m_getnewargs(Value self) {
  Py_ssize_t n = bytes_length(self);
  Ref copy = n ? Ref::steal(allocate_bytes(n)) : bytes_new({});
  if (!copy) return {};
  if (n) memcpy(bytes_data(copy), bytes_data(self), static_cast<size_t>(n));
  return tuple_of({copy});
}
Ref bytes_m_bytes(Value self) { return is_exact(self, &PyBytes_Type) ? Ref::copy(self) : bytes_new(bytes_view(self)); }
Ref bytes_m_fromhex(Value type, Value text) {
  std::string content;
  if (!bytes_from_hex(text, &content)) return {};
  Ref r = bytes_new(content);
  if (!r || type.as<PyTypeObject>() == &PyBytes_Type) return r;
  return call1(type, r);
}

const MethodRow bytes_methods[] = {
    method<bytes_m_getnewargs>("__getnewargs__", "", ""),
    method<bytes_m_bytes>("__bytes__", "($self, /)", "Convert this value to exact type bytes."),
    ADDER_BYTES_METHODS(M),
    method<M::decode>("decode", "($self, /, encoding='utf-8', errors='strict')", "Decode the bytes using the codec registered for encoding."),
    class_method<bytes_m_fromhex>("fromhex", "($type, string, /)", "Create a bytes object from a string of hexadecimal numbers."),
    method<M::hex>("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", "Create a string of hexadecimal numbers from a bytes object."
           "\n\n>>> b'\\xb9\\x01\\xef'.hex()\n'b901ef'\n>>> b'\\xb9\\x01\\xef'.hex(':')\n'b9:01:ef'"),
    method<M::join>("join", "($self, iterable_of_bytes, /)", "Concatenate any number of bytes objects."),
    method<M::partition>("partition", "($self, sep, /)", "Partition the bytes into three parts using the given separator."),
    method<M::removeprefix>("removeprefix", "($self, prefix, /)", "Return a bytes object with the given prefix string removed if present."),
    method<M::removesuffix>("removesuffix", "($self, suffix, /)", "Return a bytes object with the given suffix string removed if present."),
    method<M::rpartition>("rpartition", "($self, sep, /)", "Partition the bytes into three parts using the given separator."),
    method<M::rsplit>("rsplit", "($self, /, sep=None, maxsplit=-1)", "Return a list of the sections in the bytes, using sep as the delimiter."),
    method<M::split>("split", "($self, /, sep=None, maxsplit=-1)", "Return a list of the sections in the bytes, using sep as the delimiter."),
    method<M::splitlines>("splitlines", "($self, /, keepends=False)", "Return a list of the lines in the bytes, breaking at line boundaries."),
    {}};

// --- Iterator ---------------------------------------------------------------------------------------------------------

Ref item_at(Value s, Py_ssize_t i) { return Ref::from_int(static_cast<uint8_t>(bytes_data(s)[i])); }
Ref bytes_slot_iter(Value s) { return sequence_iterator_new(&PyBytesIter_Type, s); }
const MethodRow iter_methods[] = {
    method<sequence_iterator_length_hint<bytes_length>>("__length_hint__", "($self, /)", "Private method returning an estimate of len(list(it))."),
    method<sequence_iterator_reduce<tuple_empty>>("__reduce__", "($self, /)", "Return state information for pickling."),
    method<sequence_iterator_setstate<bytes_length>>("__setstate__", "($self, state, /)", "Set state information for unpickling."),
    {}};

}  // namespace

Ref bytes_repr(Value b) { return bytes_repr_of(bytes_view(b), "b", ""); }

extern const TypeDef bytes_def = {
    .type = &PyBytes_Type,
    .name = "bytes",
    .basicsize = static_cast<Py_ssize_t>(kHead) + 1,
    .itemsize = 1,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_BYTES_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\n"
           "bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\n"
           "bytes(int) -> bytes object of size given by the parameter initialized with null bytes\n"
           "bytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n"
           "  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n"
           "  - any object implementing the buffer API.\n  - an integer",
    .dealloc = &bytes_dealloc,
    .slots = {.tp_repr = slot::Unary<bytes_slot_repr>,
              .tp_hash = slot::Hash<bytes_slot_hash>,
              .tp_str = slot::Unary<bytes_slot_str>,
              .tp_richcompare = slot::Compare<bytes_slot_compare>,
              .tp_iter = slot::Unary<bytes_slot_iter>,
              .tp_new = slot::New<bytes_slot_new>,
              .nb_remainder = slot::Binary<bytes_slot_mod>,
              .sq_length = slot::Length<bytes_slot_length>,
              .sq_concat = slot::Binary<bytes_concat>,
              .sq_repeat = slot::Index<bytes_repeat>,
              .sq_item = slot::Index<bytes_slot_item>,
              .sq_contains = slot::Contains<M::contains>,
              .mp_length = slot::Length<bytes_slot_length>,
              .mp_subscript = slot::Binary<bytes_slot_subscript>},
    .buffer = &bytes_buffer,
    .methods = bytes_methods,
};

extern const TypeDef bytes_iterator_def = {
    .type = &PyBytesIter_Type,
    .name = "bytes_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &sequence_iterator_dealloc,
    .traverse = &sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<bytes_length, item_at>>},
    .methods = iter_methods,
};

}  // namespace adder
