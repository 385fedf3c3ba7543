// The types str and str_iterator: construction, slots, repr.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/sequence_iterator.h"
#include "object/str_impl.h"
#include "object/text_args.h"
#include "object/type.h"

PyTypeObject PyUnicode_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
extern "C" {
PyTypeObject PyUnicodeIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyUnicodeASCIIIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {

namespace {

// --- repr -------------------------------------------------------------------------------------------------------------

inline int hex_width(uint32_t c) { return c < 0x100 ? 4 : c < 0x10000 ? 6 : 10; }

Ref quoted(Value s) {
  Py_ssize_t n = str_length(s);
  int kind = str_kind(s);
  const void* data = str_data(s);
  Py_ssize_t single = 0, twice = 0, size = 2;
  uint32_t max = 127;
  bool plain = true;
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = char_at(kind, data, i);
    int width = 1;
    if (c == '\'') single++;
    else if (c == '"') twice++;
    else if (c == '\\' || c == '\t' || c == '\r' || c == '\n') { width = 2; plain = false; }
    else if (c < ' ' || c == 0x7F) { width = 4; plain = false; }
    else if (c >= 0x80) {
      if (!unicode::is_printable(c)) { width = hex_width(c); plain = false; }
      else if (c > max) max = c;
    }
    if (size > PY_SSIZE_T_MAX - width) return raise(PyExc_OverflowError, "string is too long to generate repr");
    size += width;
  }
  uint32_t quote = '\'';
  if (single && !twice) quote = '"';
  else if (single) { size += single; plain = false; }
  Ref r = str_new(size, max);
  if (!r) return {};
  int out = str_kind(r);
  void* d = str_data(r);
  put_char(out, d, 0, quote);
  put_char(out, d, size - 1, quote);
  if (plain) {
    copy_chars(out, d, 1, kind, data, 0, n);
    return r;
  }
  static const char digits[] = "0123456789abcdef";
  Py_ssize_t at = 1;
  auto put = [&](uint32_t c) { put_char(out, d, at++, c); };
  for (Py_ssize_t i = 0; i < n; i++) {
    uint32_t c = char_at(kind, data, i);
    if (c == quote || c == '\\') { put('\\'); put(c); }
    else if (c == '\t') { put('\\'); put('t'); }
    else if (c == '\n') { put('\\'); put('n'); }
    else if (c == '\r') { put('\\'); put('r'); }
    else if (c < ' ' || c == 0x7F || (c >= 0x80 && (!unicode::is_printable(c)))) {
      int width = hex_width(c);
      put('\\');
      put(width == 4 ? 'x' : width == 6 ? 'u' : 'U');
      for (int k = width - 3; k >= 0; k--) put(static_cast<uint8_t>(digits[(c >> (4 * k)) & 15]));
    } else {
      put(c);
    }
  }
  return r;
}

// --- Slots ------------------------------------------------------------------------------------------------------------

Ref str_slot_repr(Value s) { return str_repr(s); }
Ref str_slot_str(Value s) { return str_to_exact(s); }
Py_ssize_t str_slot_length(Value s) { return str_length(s); }

Ref str_slot_concat(Value a, Value b) {
  if (ADDER_UNLIKELY(!is_str(b))) return raise(PyExc_TypeError, "can only concatenate str (not \"%N\") to str", type_of(b));
  return str_concat(a, b);
}

Ref str_slot_repeat(Value s, Py_ssize_t count) {
  Py_ssize_t n = str_length(s);
  if (count <= 0 || n == 0) return str_empty();
  if (count == 1) return str_to_exact(s);
  if (n > PY_SSIZE_T_MAX / count) return raise(PyExc_OverflowError, "repeated string is too long");
  Ref r = str_new(n * count, max_bound(s));
  if (!r) return {};
  int kind = str_kind(r);
  auto* d = static_cast<char*>(str_data(r));
  if (n == 1 && kind == 1) {
    memset(d, static_cast<int>(str_char(s, 0)), static_cast<size_t>(count));
    return r;
  }
  size_t done = static_cast<size_t>(n) * kind, total = done * static_cast<size_t>(count);
  memcpy(d, str_data(s), done);
  while (done < total) {
    size_t more = done < total - done ? done : total - done;
    memcpy(d + done, d, more);
    done += more;
  }
  return r;
}

Ref str_slot_item(Value s, Py_ssize_t i) {
  if (i < 0 || i >= str_length(s)) return raise(PyExc_IndexError, "string index out of range");
  return str_from_char(str_char(s, i));
}

Ref str_slot_subscript(Value s, Value key) {
  if (ADDER_LIKELY(key.is_int())) {
    int64_t i = key.as_int();
    if (i < 0) i += str_length(s);
    return str_slot_item(s, i);
  }
  if (is_exact(key, &PySlice_Type)) {
    Py_ssize_t start, stop, step;
    if (!slice_unpack(key, &start, &stop, &step)) return {};
    Py_ssize_t n = slice_adjust(str_length(s), &start, &stop, step);
    if (n <= 0) return str_empty();
    if (step == 1) return str_substring(s, start, stop);
    int kind = str_kind(s);
    const void* data = str_data(s);
    StrBuilder b(n);
    for (Py_ssize_t i = 0; i < n; i++)
      if (!b.add_char(char_at(kind, data, start + i * step))) return {};
    return b.finish();
  }
  if (is_int(key) || slots_of(key).nb_index) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
    if (i < 0) i += str_length(s);
    return str_slot_item(s, i);
  }
  return raise(PyExc_TypeError, "string indices must be integers, not '%N'", type_of(key));
}

int str_slot_contains(Value s, Value item) {
  if (ADDER_UNLIKELY(!is_str(item))) return raise(PyExc_TypeError, "'in <string>' requires string as left operand, not %N", type_of(item));
  Py_ssize_t i = str_find(s, item, 0, PY_SSIZE_T_MAX, 1);
  return i == -2 ? -1 : i >= 0;
}

Ref str_slot_compare(Value a, Value b, int op) {
  if (!is_str(a) || !is_str(b)) return not_implemented_ref();
  if (op == Py_EQ) return bool_ref(str_equal(a, b));
  if (op == Py_NE) return bool_ref(!str_equal(a, b));
  int c = str_compare(a, b);
  return bool_ref(op == Py_LT ? c < 0 : op == Py_LE ? c <= 0 : op == Py_GT ? c > 0 : c >= 0);
}

Ref str_slot_mod(Value a, Value b) {
  if (!is_str(a)) return not_implemented_ref();
  return str_percent_format(a, b);
}

// --- str(object='', encoding, errors) -----------------------------------------------------------------------------------

Ref decode_object(Value object, const char* encoding, const char* errors) {
  if (is_bytes(object)) return bytes_decode(bytes_data(object), bytes_length(object), encoding, errors);
  if (is_str(object)) return raise(PyExc_TypeError, "decoding str is not supported");
  BufferView view;
  if (!has_buffer(object)) return raise(PyExc_TypeError, "decoding to str: need a bytes-like object, %N found", type_of(object));
  if (!view.get(object)) return {};
  return bytes_decode(view.data(), view.size(), encoding, errors);
}

Ref str_make(Args args) {
  static const char* const names[] = {"object", "encoding", "errors"};
  Value a[3] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 3) return raise(PyExc_TypeError, "str() takes at most 3 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 3; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for str()", name);
    if (a[at]) return raise(PyExc_TypeError, "argument for str() given by name ('%U') and position (%d)", name, at + 1);
    a[at] = args.v[args.n + k];
  }
  const char* text[3] = {};
  for (int i = 1; i < 3; i++) {
    if (!a[i]) continue;
    if (!is_str(a[i])) return raise(PyExc_TypeError, "str() argument '%s' must be str, not %N", names[i], type_of(a[i]));
    std::string_view v = str_utf8(a[i]);
    if (!v.data()) return {};
    if (v.find('\0') != v.npos) return raise(PyExc_ValueError, "embedded null character");
    text[i] = v.data();
  }
  if (!a[0]) return str_empty();
  if (!a[1] && !a[2]) return to_str(a[0]);
  return decode_object(a[0], text[1], text[2]);
}

Ref str_slot_new(PyTypeObject* type, Args args) {
  if (ADDER_LIKELY(type == &PyUnicode_Type)) {
    if (args.n == 1 && !args.kwnames) return to_str(args[0]);
    return str_make(args);
  }
  Ref s = str_make(args);
  if (!s) return {};
  return str_of_subtype(type, s);
}

// --- Iterator ---------------------------------------------------------------------------------------------------------

Ref item_at(Value s, Py_ssize_t i) { return str_from_char(str_char(s, i)); }
Ref str_slot_iter(Value s) { return sequence_iterator_new(str_is_ascii(s) ? &_PyUnicodeASCIIIter_Type : &PyUnicodeIter_Type, s); }

const MethodRow iter_methods[] = {
    method<sequence_iterator_length_hint<str_length>>("__length_hint__", "($self, /)", "Private method returning an estimate of len(list(it))."),
    method<sequence_iterator_reduce<str_empty>>("__reduce__", "($self, /)", "Return state information for pickling."),
    method<sequence_iterator_setstate<str_length>>("__setstate__", "($self, state, /)", "Set state information for unpickling."),
    {}};

}  // namespace

Ref str_repr(Value s) { return quoted(s); }

extern const TypeDef str_def = {
    .type = &PyUnicode_Type,
    .name = "str",
    .basicsize = sizeof(PyUnicodeObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_UNICODE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
           "Create a new string object from the given object. If encoding or\n"
           "errors is specified, then the object must expose a data buffer\n"
           "that will be decoded using the given encoding and error handler.\n"
           "Otherwise, returns the result of object.__str__() (if defined)\n"
           "or repr(object).\n"
           "encoding defaults to sys.getdefaultencoding().\n"
           "errors defaults to 'strict'.",
    .dealloc = &str_dealloc,
    .slots = {.tp_repr = slot::Unary<str_slot_repr>,
              .tp_hash = slot::Hash<str_hash>,
              .tp_str = slot::Unary<str_slot_str>,
              .tp_richcompare = slot::Compare<str_slot_compare>,
              .tp_iter = slot::Unary<str_slot_iter>,
              .tp_new = slot::New<str_slot_new>,
              .nb_remainder = slot::Binary<str_slot_mod>,
              .sq_length = slot::Length<str_slot_length>,
              .sq_concat = slot::Binary<str_slot_concat>,
              .sq_repeat = slot::Index<str_slot_repeat>,
              .sq_item = slot::Index<str_slot_item>,
              .sq_contains = slot::Contains<str_slot_contains>,
              .mp_length = slot::Length<str_slot_length>,
              .mp_subscript = slot::Binary<str_slot_subscript>},
    .methods = str_methods,
};

extern const TypeDef str_ascii_iterator_def = {
    .type = &_PyUnicodeASCIIIter_Type,
    .name = "str_ascii_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &sequence_iterator_dealloc,
    .traverse = &sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<str_length, item_at>>},
    .methods = iter_methods,
};

extern const TypeDef str_iterator_def = {
    .type = &PyUnicodeIter_Type,
    .name = "str_iterator",
    .basicsize = sizeof(SequenceIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &sequence_iterator_dealloc,
    .traverse = &sequence_iterator_traverse,
    .slots = {.tp_iter = slot::Unary<sequence_iterator_self>, .tp_iternext = slot::Next<sequence_iterator_next<str_length, item_at>>},
    .methods = iter_methods,
};

}  // namespace adder
