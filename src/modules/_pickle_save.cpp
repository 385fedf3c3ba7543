// Saving: what a pickle of an object consists of. Pickler objects and their output are _pickle_pickler.cpp's.
#include <bit>
#include <cstring>
#include <string>
#include "modules/_pickle.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/float.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/shape.h"
#include "object/str_impl.h"
#include "runtime/interpreter.h"

extern "C" {
extern PyTypeObject PyPickleBuffer_Type;
const Py_buffer* PyPickleBuffer_GetBuffer(PyObject* o);
int PyBuffer_IsContiguous(const Py_buffer* view, char order);
}

namespace adder::pickle {

namespace {

constexpr int kFastNestingLimit = 50;

Failure pickling_error(const char* format, Value a = Value{}) { return raise(state->pickling_error.object(), format, a); }

class Saver {
 public:
  explicit Saver(Pickler* p) : p_(p) {}
  bool save(Value v, bool persistent = true) {
    if (ADDER_UNLIKELY(p_->persistent_id != nullptr) && persistent) {
      int r = save_persistent(v);
      if (r) return r > 0 && commit();
    }
    return save_value(v) && commit();
  }
  bool put(uint8_t opcode) {
    char* to = room(1);
    if (!to) return false;
    *to = static_cast<char>(opcode);
    return true;
  }
  bool put(const void* data, Py_ssize_t n) {
    char* to = room(n);
    if (!to) return false;
    memcpy(to, data, static_cast<size_t>(n));
    return true;
  }
  // The first n of five bytes: code, then a little-endian word.
  bool put_word(uint8_t code, uint32_t word, Py_ssize_t n) {
    char* to = room(5);
    if (!to) return false;
    *to = static_cast<char>(code);
    memcpy(to + 1, &word, 4);
    p_->length -= 5 - n;
    return true;
  }
  bool put(std::string_view text) { return put(text.data(), static_cast<Py_ssize_t>(text.size())); }
  bool close_frame();

 private:
  Pickler* p_;
  // Types whose instances are nothing but their attributes, by address.
  struct Plain {
    PyTypeObject* type = nullptr;
    uint32_t version = 0;
    bool plain = false;
  } plain_[8];

  // n bytes more of output, within a frame where there are frames.
  char* room(Py_ssize_t n) {
    if (ADDER_UNLIKELY(p_->framing && p_->frame_start < 0)) {
      if (!grow_for(n + kFrameHeader)) return nullptr;
      p_->frame_start = p_->length;
      p_->commit_at = p_->length + kFrameHeader + kFrameTarget;
      p_->length += kFrameHeader;
    } else if (ADDER_UNLIKELY(p_->length + n > p_->capacity) && !grow_for(n)) {
      return nullptr;
    }
    char* to = bytes_data(Value{p_->output}) + p_->length;
    p_->length += n;
    return to;
  }
  bool grow_for(Py_ssize_t n);
  bool commit() { return ADDER_LIKELY(p_->length < p_->commit_at) || commit_slow(); }
  bool commit_slow();
  bool put_counted(const void* header, Py_ssize_t header_size, const void* data, Py_ssize_t n, Value payload);

  static uintptr_t key_of(Value v) { return v.bits; }
  bool memoize(Value v) { return memoize_key(key_of(v)); }
  bool memoize_key(uintptr_t key);
  bool put_get(Py_ssize_t index);
  const Memo::Entry* known(Value v) {
    const Memo::Entry* e = memo_slot(p_->memo, key_of(v));
    return e->key ? e : nullptr;
  }

  int save_persistent(Value v);
  bool save_value(Value v);
  bool save_int(Value v);
  bool save_int_word(int64_t i);
  bool save_float(double d);
  bool save_str(Value v);
  bool save_bytes(Value v);
  bool save_bytes_data(Value object_or_absent, const char* data, Py_ssize_t n, Value payload);
  bool save_bytearray(Value v);
  bool save_buffer(Value v);
  bool save_container(Value v);
  bool save_tuple(Value v);
  bool save_list(Value v);
  bool save_dict(Value v);
  bool save_set(Value v);
  bool save_frozenset(Value v);
  bool append_list(Value v);
  // The items of an iterator, in groups where the protocol has them; `one` takes in a single item, `many` those behind the mark.
  template <class Save>
  bool put_in_batches(Value it, Opcode one, Opcode many, Save save_item);
  bool append_iterator(Value it);
  bool set_dict_items(Value v);
  bool set_iterator_items(Value it);
  bool save_pair(Value item);
  bool save_other(Value v);
  int save_plain_instance(Value v);
  bool is_plain(PyTypeObject* type);
  bool save_instance_attributes(PyObject* o, uint32_t shape_offset);
  bool save_type(Value v);
  bool save_global(Value v, Value name_or_absent);
  bool save_global_text(Value module, Value name);
  bool save_reduced(Value how, Value object);
  bool save_call(Value function, std::initializer_list<Value> arguments, Value object);
  bool save_new_with_keywords(Value arguments);
  bool enter_fast(Value v);
  bool leave_fast(Value v);
};

// --- Output -------------------------------------------------------------------------------------------------------------

bool Saver::grow_for(Py_ssize_t n) {
  Py_ssize_t need = p_->length + n;
  if (need <= p_->capacity) return true;
  Py_ssize_t capacity = need > PY_SSIZE_T_MAX / 3 * 2 ? need : need + need / 2;
  Ref whole = p_->output ? bytes_resize(Ref::steal(Value{p_->output}), capacity) : bytes_uninitialized(capacity);
  p_->output = nullptr;
  if (!whole) {
    p_->length = p_->capacity = 0;
    return false;
  }
  p_->output = whole.release().object();
  p_->capacity = capacity;
  return true;
}

// A frame too small for a header of its own stands bare.
bool Saver::close_frame() {
  if (!p_->framing || p_->frame_start < 0) return true;
  Py_ssize_t start = p_->frame_start, n = p_->length - start - kFrameHeader;
  char* header = bytes_data(Value{p_->output}) + start;
  if (n >= kFrameMinimum) {
    header[0] = static_cast<char>(kFrame);
    memcpy(header + 1, &n, 8);
  } else {
    memmove(header, header + kFrameHeader, static_cast<size_t>(n));
    p_->length -= kFrameHeader;
  }
  p_->frame_start = -1;
  p_->commit_at = kNoCommit;
  return true;
}

// A full frame goes to the file at once, so that little memory is used.
bool Saver::commit_slow() {
  if (!close_frame()) return false;
  return !p_->write || pickler_flush(p_);
}

// Large data goes past frames, and to a file as it is.
bool Saver::put_counted(const void* header, Py_ssize_t header_size, const void* data, Py_ssize_t n, Value payload) {
  if (ADDER_LIKELY(n < kFrameTarget)) {
    char* to = room(header_size + n);
    if (!to) return false;
    memcpy(to, header, static_cast<size_t>(header_size));
    if (n > 0) memcpy(to + header_size, data, static_cast<size_t>(n));
    return true;
  }
  int framing = p_->framing;
  if (!close_frame()) return false;
  p_->framing = 0;
  bool ok = put(header, header_size);
  if (ok && p_->write) {
    Ref whole = payload ? Ref::copy(payload) : bytes_new({static_cast<const char*>(data), static_cast<size_t>(n)});
    Ref write = Ref::copy(p_->write);
    ok = whole && pickler_flush(p_) && call1(write, whole);
  } else if (ok) {
    ok = put(data, n);
  }
  p_->framing = framing;
  return ok;
}

// --- The memo -------------------------------------------------------------------------------------------------------------

bool Saver::put_get(Py_ssize_t index) {
  if (!p_->binary) return put("g" + std::to_string(index) + "\n");
  if (index > 0xFFFFFFFF) return pickling_error("memo id too large for LONG_BINGET");
  return put_word(index < 256 ? kBinGet : kLongBinGet, static_cast<uint32_t>(index), index < 256 ? 2 : 5);
}

bool Saver::memoize_key(uintptr_t key) {
  if (p_->fast) return true;
  auto index = static_cast<Py_ssize_t>(p_->memo->used);
  if (!memo_put(p_->memo, key, index)) return false;
  if (p_->protocol >= 4) return put(kMemoize);
  if (!p_->binary) return put("p" + std::to_string(index) + "\n");
  if (index > 0xFFFFFFFF) return pickling_error("memo id too large for LONG_BINPUT");
  return put_word(index < 256 ? kBinPut : kLongBinPut, static_cast<uint32_t>(index), index < 256 ? 2 : 5);
}

// --- Dispatch ---------------------------------------------------------------------------------------------------------------

// 1: saved as a persistent id, 0: it has none, -1 error.
int Saver::save_persistent(Value v) {
  Ref function = Ref::copy(p_->persistent_id);
  Ref id = p_->persistent_id_self ? call(function, {Value{p_->persistent_id_self}, v}) : call1(function, v);
  if (!id) return -1;
  if (is_none(id)) return 0;
  if (p_->binary) return save(id, false) && put(kBinPersId) ? 1 : -1;
  Ref text = to_str(id);
  if (!text) return -1;
  if (!str_is_ascii(text)) return pickling_error("persistent IDs in protocol 0 must be ASCII strings");
  return put(kPersId) && put({static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text))}) && put('\n') ? 1 : -1;
}

bool Saver::save_value(Value v) {
  if (v.is_int()) return save_int_word(v.as_int());
  if (v.is_float()) return save_float(v.as_float());
  if (is_none(v)) return put(kNone);
  if (is_bool(v)) {
    bool yes = v == boolean(true);
    return p_->protocol >= 2 ? put(yes ? kNewTrue : kNewFalse) : put(yes ? "I01\n" : "I00\n");
  }
  PyTypeObject* type = v.object()->ob_type;
  if (type == &PyLong_Type) return save_int(v);
  if (const Memo::Entry* e = known(v)) return put_get(e->index);
  if (type == &PyUnicode_Type) return save_str(v);
  if (type == &PyBytes_Type) return save_bytes(v);
  return save_container(v);
}

bool Saver::save_container(Value v) {
  RecursionGuard guard(" while pickling an object");
  if (!guard.ok) return false;
  PyTypeObject* type = v.object()->ob_type;
  if (type == &PyDict_Type) return save_dict(v);
  if (type == &PySet_Type) return save_set(v);
  if (type == &PyFrozenSet_Type) return save_frozenset(v);
  if (type == &PyList_Type) return save_list(v);
  if (type == &PyTuple_Type) return save_tuple(v);
  if (type == &PyByteArray_Type) return save_bytearray(v);
  if (type == &PyPickleBuffer_Type) return save_buffer(v);
  return save_other(v);
}

bool Saver::save_other(Value v) {
  PyTypeObject* type = v.object()->ob_type;
  if (p_->reducer_override) {
    Ref reduce = Ref::copy(p_->reducer_override), how = call1(reduce, v);
    if (!how) return false;
    if (how.get() != not_implemented()) return save_reduced(how, v);
  }
  if (type == &PyType_Type) return save_type(v);
  if (type == &PyFunction_Type) return save_global(v, {});
  // A table of the pickler's own, or copyreg's.
  Ref reduce;
  if (p_->dispatch_table) {
    Ref table = Ref::copy(p_->dispatch_table);
    reduce = get_item(table, Value{type});
    if (!reduce) {
      if (!error_matches(PyExc_KeyError)) return false;
      clear_error();
    }
  } else {
    Value found;
    int r = dict_lookup(state->dispatch_table, Value{type}, &found);
    if (r < 0) return false;
    if (r) reduce = Ref::copy(found);
  }
  Ref how;
  if (reduce) {
    how = call1(reduce, v);
  } else if (is_subtype(type, &PyType_Type)) {
    return save_global(v, {});
  } else {
    if (int r = save_plain_instance(v)) return r > 0;
    if (lookup_attr(v, "__reduce_ex__"_id, &reduce) < 0) return false;
    if (reduce) {
      how = call1(reduce, Value::from_int(p_->protocol));
    } else {
      if (lookup_attr(v, "__reduce__"_id, &reduce) < 0) return false;
      if (!reduce) return raise(state->pickling_error.object(), "can't pickle '%.200s' object: %R", type->tp_name, v);
      how = call0(reduce);
    }
  }
  return how && save_reduced(how, v);
}

// --- Numbers and text ---------------------------------------------------------------------------------------------------------

bool Saver::save_int_word(int64_t i) {
  if (i < -0x80000000ll || i > 0x7FFFFFFF) return save_int(Value::from_int(i));
  if (!p_->binary) return put("I" + std::to_string(i) + "\n");
  auto word = static_cast<uint32_t>(i);
  if (word <= 0xFF) return put_word(kBinInt1, word, 2);
  return word <= 0xFFFF ? put_word(kBinInt2, word, 3) : put_word(kBinInt, word, 5);
}

// Any int beyond 32 bits: two's complement, little-endian, as short as it can be.
bool Saver::save_int(Value v) {
  if (p_->protocol < 2) {
    Ref text = int_to_text(v, 10, false);
    return text && put(kLong) && put({static_cast<char*>(str_data(text)), static_cast<size_t>(str_length(text))}) && put("L\n");
  }
  size_t n = (int_bit_length(v) >> 3) + 1;
  if (n > 0x7FFFFFFF) return raise(PyExc_OverflowError, "int too large to pickle");
  std::string bytes(n, '\0');
  auto* data = reinterpret_cast<uint8_t*>(bytes.data());
  if (!int_to_bytes(v, data, n, true, true)) return false;
  if (int_sign(v) < 0 && n > 1 && data[n - 1] == 0xFF && (data[n - 2] & 0x80)) n--;
  char header[5] = {static_cast<char>(n < 256 ? kLong1 : kLong4)};
  memcpy(header + 1, &n, 4);
  return put(header, n < 256 ? 2 : 5) && put(data, static_cast<Py_ssize_t>(n));
}

bool Saver::save_float(double d) {
  if (!p_->binary) return put("F" + float_repr(d) + "\n");
  char* to = room(9);
  if (!to) return false;
  *to = kBinFloat;
  uint64_t word = __builtin_bswap64(std::bit_cast<uint64_t>(d));
  memcpy(to + 1, &word, 8);
  return true;
}

bool Saver::save_str(Value v) {
  if (!p_->binary) {
    if (!put(kUnicode)) return false;
    static const char hex[] = "0123456789abcdef";
    for (Py_ssize_t i = 0, n = str_length(v); i < n; i++) {
      uint32_t c = str_char(v, i);
      bool special = c == '\\' || c == 0 || c == '\n' || c == '\r' || c == 0x1A;
      if (c < 256 && !special) {
        if (!put(static_cast<uint8_t>(c))) return false;
        continue;
      }
      int digits = c >= 0x10000 ? 8 : 4;
      char* to = room(digits + 2);
      if (!to) return false;
      *to++ = '\\';
      *to++ = digits == 8 ? 'U' : 'u';
      while (digits--) *to++ = hex[c >> (4 * digits) & 15];
    }
    return put('\n') && memoize(v);
  }
  const char* data = static_cast<char*>(str_data(v));
  Py_ssize_t n = str_length(v);
  Ref encoded;
  if (!str_is_ascii(v)) {
    encoded = str_encode_utf8(v, "surrogatepass");
    if (!encoded) return false;
    data = bytes_data(encoded);
    n = bytes_length(encoded);
  }
  char header[9];
  memcpy(header + 1, &n, 8);
  Py_ssize_t header_size = 5;
  if (n <= 0xFF && p_->protocol >= 4) {
    header[0] = static_cast<char>(kShortBinUnicode);
    header_size = 2;
  } else if (n <= 0xFFFFFFFF) {
    header[0] = kBinUnicode;
  } else if (p_->protocol >= 4) {
    header[0] = static_cast<char>(kBinUnicode8);
    header_size = 9;
  } else {
    return raise(PyExc_OverflowError, "serializing a string larger than 4 GiB requires pickle protocol 4 or higher");
  }
  return put_counted(header, header_size, data, n, encoded) && memoize(v);
}

bool Saver::save_bytes_data(Value object, const char* data, Py_ssize_t n, Value payload) {
  char header[9];
  memcpy(header + 1, &n, 8);
  Py_ssize_t header_size = 5;
  if (n <= 0xFF) {
    header[0] = kShortBinBytes;
    header_size = 2;
  } else if (n <= 0xFFFFFFFF) {
    header[0] = kBinBytes;
  } else if (p_->protocol >= 4) {
    header[0] = static_cast<char>(kBinBytes8);
    header_size = 9;
  } else {
    return raise(PyExc_OverflowError, "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher");
  }
  return put_counted(header, header_size, data, n, payload) && memoize(object);
}

bool Saver::save_bytes(Value v) {
  if (p_->protocol >= 3) return save_bytes_data(v, bytes_data(v), bytes_length(v), v);
  if (bytes_length(v) == 0) return save_call(Value{&PyBytes_Type}, {}, v);
  Ref text = str_from_latin1(bytes_view(v)), encoding = intern(std::string_view{"latin1"});
  return text && encoding && save_call(state->codecs_encode, {text, encoding}, v);
}

bool Saver::save_bytearray(Value v) {
  Py_ssize_t n = bytearray_length(v);
  if (p_->protocol < 5) {
    if (n == 0) return save_call(Value{&PyByteArray_Type}, {}, v);
    Ref bytes = bytes_new({bytearray_data(v), static_cast<size_t>(n)});
    return bytes && save_call(Value{&PyByteArray_Type}, {bytes}, v);
  }
  char header[9] = {static_cast<char>(kByteArray8)};
  memcpy(header + 1, &n, 8);
  return put_counted(header, 9, bytearray_data(v), n, v) && memoize(v);
}

bool Saver::save_buffer(Value v) {
  if (p_->protocol < 5) return pickling_error("PickleBuffer can only pickled with protocol >= 5");
  const Py_buffer* view = PyPickleBuffer_GetBuffer(v.object());
  if (!view) return false;
  if (view->suboffsets || !PyBuffer_IsContiguous(view, 'A')) {
    return pickling_error("PickleBuffer can not be pickled when pointing to a non-contiguous buffer");
  }
  bool in_band = true;
  if (p_->buffer_callback) {
    Ref callback = Ref::copy(p_->buffer_callback), r = call1(callback, v);
    int truth = r ? is_true(r) : -1;
    if (truth < 0) return false;
    in_band = truth != 0;
    view = PyPickleBuffer_GetBuffer(v.object());
    if (!view) return false;
  }
  if (!in_band) return put(kNextBuffer) && (!view->readonly || put(kReadOnlyBuffer));
  if (view->readonly) return save_bytes_data(v, static_cast<char*>(view->buf), view->len, {});
  char header[9] = {static_cast<char>(kByteArray8)};
  memcpy(header + 1, &view->len, 8);
  return put_counted(header, 9, view->buf, view->len, {}) && memoize(v);
}

// --- Containers -----------------------------------------------------------------------------------------------------------------

// Fast mode has no memo: a container deep inside is looked for among those around it.
bool Saver::enter_fast(Value v) {
  if (++p_->fast_nesting < kFastNestingLimit) return true;
  if (!p_->fast_memo) {
    Ref d = dict_new();
    if (!d) return false;
    p_->fast_memo = d.release().object();
  }
  Ref key = id_of(v);
  int r = key ? dict_contains(Value{p_->fast_memo}, key) : -1;
  if (r > 0) {
    p_->fast_nesting = -1;
    return raise(PyExc_ValueError, "fast mode: can't pickle cyclic objects including object type %.200s at %p", type_of(v)->tp_name, v.object());
  }
  return r == 0 && dict_set(Value{p_->fast_memo}, key, none());
}
bool Saver::leave_fast(Value v) {
  if (p_->fast_nesting-- < kFastNestingLimit) return true;
  Ref key = id_of(v);
  return key && dict_delete(Value{p_->fast_memo}, key) >= 0;
}

bool Saver::save_tuple(Value v) {
  Py_ssize_t n = tuple_size(v);
  if (n == 0) return p_->binary ? put(kEmptyTuple) : put("(t");
  bool small = n <= 3 && p_->protocol >= 2;
  if (!small && !put(kMark)) return false;
  for (Py_ssize_t i = 0; i < n; i++) {
    Ref item = Ref::copy(tuple_get(v, i));
    if (!save(item)) return false;
  }
  // A tuple that contains itself has been saved by one of its items: that one is taken, the items go.
  if (const Memo::Entry* e = known(v)) {
    if (!small && p_->binary) {
      if (!put(kPopMark)) return false;
    } else {
      for (Py_ssize_t i = small ? 1 : 0; i <= n; i++)
        if (!put(kPop)) return false;
    }
    return put_get(e->index);
  }
  static const uint8_t codes[] = {kTuple1, kTuple2, kTuple3};
  return put(small ? codes[n - 1] : kTuple) && memoize(v);
}

bool Saver::append_list(Value v) {
  if (list_size(v) == 1) {
    Ref item = Ref::copy(list_get(v, 0));
    return save(item) && put(kAppend);
  }
  for (Py_ssize_t i = 0; i < list_size(v);) {
    if (!put(kMark)) return false;
    for (Py_ssize_t end = i + kBatchSize; i < list_size(v) && i < end; i++) {
      Ref item = Ref::copy(list_get(v, i));
      if (!save(item)) return false;
    }
    if (!put(kAppends)) return false;
  }
  return true;
}

template <class Save>
bool Saver::put_in_batches(Value it, Opcode one, Opcode many, Save save_item) {
  if (!p_->binary) {
    while (Ref item = next(it))
      if (!save_item(item) || !put(one)) return false;
    return !error_occurred();
  }
  Py_ssize_t n;
  do {
    Ref first = next(it);
    if (!first) return !error_occurred();
    Ref item = next(it);
    if (!item) return !error_occurred() && save_item(first) && put(one);
    if (!put(kMark) || !save_item(first)) return false;
    for (n = 1; item;) {
      if (!save_item(item)) return false;
      if (++n == kBatchSize) break;
      item = next(it);
    }
    if (error_occurred() || !put(many)) return false;
  } while (n == kBatchSize);
  return true;
}

bool Saver::append_iterator(Value it) {
  return put_in_batches(it, kAppend, kAppends, [this](Value item) { return save(item); });
}

bool Saver::save_list(Value v) {
  if (p_->fast && !enter_fast(v)) return false;
  if (!(p_->binary ? put(kEmptyList) : put("(l")) || !memoize(v)) return false;
  if (list_size(v) > 0) {
    if (p_->binary) {
      if (!append_list(v)) return false;
    } else {
      Ref it = iter(v);
      if (!it || !append_iterator(it)) return false;
    }
  }
  return !p_->fast || leave_fast(v);
}

bool Saver::set_dict_items(Value v) {
  Py_ssize_t size = dict_size(v), at = 0;
  Value key, value;
  if (size == 1) {
    if (!dict_next(v, &at, &key, &value)) return true;
    Ref k = Ref::copy(key), item = Ref::copy(value);
    return save(k) && save(item) && put(kSetItem);
  }
  Py_ssize_t n;
  do {
    if (!put(kMark)) return false;
    for (n = 0; n < kBatchSize && dict_next(v, &at, &key, &value); n++) {
      Ref k = Ref::copy(key), item = Ref::copy(value);
      if (!save(k) || !save(item)) return false;
    }
    if (!put(kSetItems)) return false;
    if (dict_size(v) != size) return raise(PyExc_RuntimeError, "dictionary changed size during iteration");
  } while (n == kBatchSize);
  return true;
}

bool Saver::save_pair(Value item) {
  if (!is_tuple(item) || tuple_size(item) != 2) return raise(PyExc_TypeError, "dict items iterator must return 2-tuples");
  return save(tuple_get(item, 0)) && save(tuple_get(item, 1));
}

bool Saver::set_iterator_items(Value it) {
  return put_in_batches(it, kSetItem, kSetItems, [this](Value item) { return save_pair(item); });
}

bool Saver::save_dict(Value v) {
  if (p_->fast && !enter_fast(v)) return false;
  if (!(p_->binary ? put(kEmptyDict) : put("(d")) || !memoize(v)) return false;
  if (dict_size(v) > 0) {
    if (p_->binary) {
      if (!set_dict_items(v)) return false;
    } else {
      Ref items = call_method(v, "items"_id), it = items ? iter(items) : Ref{};
      if (!it || !set_iterator_items(it)) return false;
    }
  }
  return !p_->fast || leave_fast(v);
}

bool Saver::save_set(Value v) {
  if (p_->protocol < 4) {
    Ref items = to_list(v);
    return items && save_call(Value{&PySet_Type}, {items}, v);
  }
  if (!put(kEmptySet) || !memoize(v)) return false;
  Py_ssize_t size = set_size(v), at = 0, n;
  if (size == 0) return true;
  do {
    if (!put(kMark)) return false;
    Value key;
    for (n = 0; n < kBatchSize && set_next(v, &at, &key); n++) {
      Ref item = Ref::copy(key);
      if (!save(item)) return false;
    }
    if (!put(kAddItems)) return false;
    if (set_size(v) != size) return raise(PyExc_RuntimeError, "set changed size during iteration");
  } while (n == kBatchSize);
  return true;
}

bool Saver::save_frozenset(Value v) {
  if (p_->protocol < 4) {
    Ref items = to_list(v);
    return items && save_call(Value{&PyFrozenSet_Type}, {items}, v);
  }
  if (!put(kMark)) return false;
  Value key;
  for (Py_ssize_t at = 0; set_next(v, &at, &key);) {
    Ref item = Ref::copy(key);
    if (!save(item)) return false;
  }
  // As with tuples.
  if (const Memo::Entry* e = known(v)) return put(kPopMark) && put_get(e->index);
  return put(kFrozenSet) && memoize(v);
}

// --- Globals --------------------------------------------------------------------------------------------------------------------

bool Saver::save_type(Value v) {
  for (Value one : {none(), Value{Py_Ellipsis}, not_implemented()})
    if (v == Value{type_of(one)}) return save_call(Value{&PyType_Type}, {one}, v);
  return save_global(v, {});
}

// The module where an object is found under a name: what its __module__ says, else the first that has it.
Ref module_name_of(Value v, Value parts) {
  Ref name;
  if (lookup_attr(v, "__module__"_id, &name) < 0) return {};
  if (name && !is_none(name)) return name;
  Ref modules = dict_items_list(the_interpreter->modules);
  if (!modules) return {};
  for (Py_ssize_t i = 0; i < list_size(modules); i++) {
    Ref pair = Ref::copy(list_get(modules, i)), found;
    Value key = tuple_get(pair, 0), module = tuple_get(pair, 1);
    if (is_none(module) || (is_str(key) && (str_equals(key, "__main__") || str_equals(key, "__mp_main__")))) continue;
    if (walk_path(module, parts, &found, nullptr) < 0) return {};
    if (found && found.get() == v) return Ref::copy(key);
  }
  return Ref::copy(Value{"__main__"_id});
}

// Protocol 2 knows classes and functions by the names that Python 2 gave them.
bool map_to_python2(Ref* module, Ref* name) {
  Ref key = tuple_of({module->get(), name->get()});
  Value found;
  int r = key ? dict_lookup(state->name_mapping_3to2, key, &found) : -1;
  if (r < 0) return false;
  if (r) {
    if (!is_tuple(found) || tuple_size(found) != 2) {
      return raise(PyExc_RuntimeError, "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples, not %.200s", type_of(found)->tp_name);
    }
    Ref pair = Ref::copy(found);
    if (!is_str(tuple_get(pair, 0)) || !is_str(tuple_get(pair, 1))) {
      return raise(PyExc_RuntimeError, "_compat_pickle.REVERSE_NAME_MAPPING values should be pairs of str, not (%.200s, %.200s)",
                   type_of(tuple_get(pair, 0))->tp_name, type_of(tuple_get(pair, 1))->tp_name);
    }
    *module = Ref::copy(tuple_get(pair, 0));
    *name = Ref::copy(tuple_get(pair, 1));
    return true;
  }
  r = dict_lookup(state->import_mapping_3to2, *module, &found);
  if (r > 0) {
    if (!is_str(found)) {
      return raise(PyExc_RuntimeError, "_compat_pickle.REVERSE_IMPORT_MAPPING values should be strings, not %.200s", type_of(found)->tp_name);
    }
    *module = Ref::copy(found);
  }
  return r >= 0;
}

bool Saver::save_global_text(Value module, Value name) {
  Ref m = Ref::copy(module), n = Ref::copy(name);
  const char* kinds[] = {"module", "global"};
  if (p_->protocol < 3 && p_->fix_imports && !map_to_python2(&m, &n)) return false;
  if (!put(kGlobal)) return false;
  Value both[] = {m, n};
  for (int i = 0; i < 2; i++) {
    if (!is_str(both[i])) return raise(PyExc_TypeError, "bad argument type for built-in operation");
    if (p_->protocol < 3 && !str_is_ascii(both[i])) {
      return raise(state->pickling_error.object(), "can't pickle %s identifier '%S' using pickle protocol %i", kinds[i], both[i], p_->protocol);
    }
    std::string_view text = str_utf8(both[i]);
    if (!text.data() || !put(text) || !put('\n')) return false;
  }
  return true;
}

bool Saver::save_global(Value v, Value given) {
  Ref name = given ? Ref::copy(given) : Ref{};
  if (!name) {
    if (lookup_attr(v, "__qualname__"_id, &name) < 0) return false;
    if (!name) name = getattr(v, "__name__"_id);
    if (!name) return false;
  }
  if (!is_str(name)) return raise(PyExc_TypeError, "must be str, not %.100s", type_of(name)->tp_name);
  Ref parts, module_name, module, found, parent;
  if (!split_path(name, {}, &parts)) return false;
  module_name = module_name_of(v, parts);
  if (!module_name) return false;
  if (is_str(module_name)) module = hooks.import_module(module_name.object());
  if (!module) {
    if (error_occurred()) clear_error();
    return raise(state->pickling_error.object(), "Can't pickle %R: import of module %R failed", v, module_name.get());
  }
  int r = walk_path(module, parts, &found, &parent);
  if (r < 0) clear_error();
  if (r <= 0) return raise(state->pickling_error.object(), "Can't pickle %R: attribute lookup %S on %S failed", v, name.get(), module_name.get());
  if (found.get() != v) {
    return raise(state->pickling_error.object(), "Can't pickle %R: it's not the same object as %S.%S", v, module_name.get(), name.get());
  }
  if (p_->protocol >= 2) {
    Ref key = tuple_of({module_name, name});
    Value code;
    int known_extension = key ? dict_lookup(state->extension_registry, key, &code) : -1;
    if (known_extension < 0) return false;
    if (known_extension) {
      if (!is_int(code)) return raise(state->pickling_error.object(), "Can't pickle %R: extension code %R isn't an integer", v, code);
      int64_t n;
      if (!int_as_i64(code, &n)) return false;
      if (n <= 0 || n > 0x7FFFFFFF) return raise(PyExc_RuntimeError, "Can't pickle %R: extension code %ld is out of range", v, n);
      return put_word(n <= 0xFF ? kExt1 : n <= 0xFFFF ? kExt2 : kExt4, static_cast<uint32_t>(n), n <= 0xFF ? 2 : n <= 0xFFFF ? 3 : 5);
    }
  }
  Ref last = Ref::copy(list_get(parts, list_size(parts) - 1));
  bool at_top = parent.get() == module.get();
  if (at_top) name = Ref::copy(last);
  if (p_->protocol >= 4) {
    if (!save(module_name) || !save(name) || !put(kStackGlobal)) return false;
  } else if (!at_top) {
    if (!save_call(state->getattr, {parent, last}, {})) return false;
  } else if (!save_global_text(module_name, name)) {
    return false;
  }
  return memoize(v);
}

// --- Everything else: what __reduce_ex__ says -----------------------------------------------------------------------------------

bool Saver::save_call(Value function, std::initializer_list<Value> arguments, Value object) {
  Ref args = arguments.size() ? tuple_of(arguments) : tuple_empty();
  Ref how = args ? tuple_of({function, args}) : Ref{};
  return how && save_reduced(how, object);
}

bool Saver::save_new_with_keywords(Value arguments) {
  if (tuple_size(arguments) != 3) {
    return raise(state->pickling_error.object(), "length of the NEWOBJ_EX argument tuple must be exactly 3, not %zd", tuple_size(arguments));
  }
  Value cls = tuple_get(arguments, 0), args = tuple_get(arguments, 1), kwargs = tuple_get(arguments, 2);
  auto wrong = [](const char* which, const char* what, Value v) {
    return raise(state->pickling_error.object(), "%s item from NEWOBJ_EX argument tuple must be a %s, not %.200s", which, what, type_of(v)->tp_name);
  };
  if (!is_type(cls)) return wrong("first", "class", cls);
  if (!is_tuple(args)) return wrong("second", "tuple", args);
  if (!is_dict(kwargs)) return wrong("third", "dict", kwargs);
  if (p_->protocol >= 4) return save(cls) && save(args) && save(kwargs) && put(kNewObjEx);
  // Older protocols: a functools.partial that makes the object when called.
  Ref make = getattr(cls, "__new__"_id);
  Py_ssize_t n = tuple_size(args);
  Ref all = make ? tuple_new(n + 2) : Ref{};
  if (!all) return false;
  tuple_init(all, 0, Ref::copy(make));
  tuple_init(all, 1, Ref::copy(cls));
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(all, i + 2, Ref::copy(tuple_get(args, i)));
  Ref partial = call_tuple_dict(state->partial, all, kwargs), empty = tuple_empty();
  return partial && save(partial) && save(empty) && put(kReduce);
}

bool Saver::save_reduced(Value how, Value object) {
  PyObject* error = state->pickling_error.object();
  if (is_str(how)) return save_global(object, how);
  if (!is_tuple(how)) return raise(error, "__reduce__ must return a string or tuple");
  Py_ssize_t n = tuple_size(how);
  if (n < 2 || n > 6) return raise(error, "tuple returned by __reduce__ must contain 2 through 6 elements");
  auto part = [&](Py_ssize_t i) {
    Value v = i < n ? tuple_get(how, i) : none();
    return is_none(v) ? Value{} : v;
  };
  Value function = tuple_get(how, 0), arguments = tuple_get(how, 1), attributes = part(2), items = part(3), pairs = part(4), setter = part(5);
  if (!is_callable(function)) return raise(error, "first item of the tuple returned by __reduce__ must be callable");
  if (!is_tuple(arguments)) return raise(error, "second item of the tuple returned by __reduce__ must be a tuple");
  if (items && !is_iterator(items)) {
    return raise(error, "fourth element of the tuple returned by __reduce__ must be an iterator, not %s", type_of(items)->tp_name);
  }
  if (pairs && !is_iterator(pairs)) {
    return raise(error, "fifth element of the tuple returned by __reduce__ must be an iterator, not %s", type_of(pairs)->tp_name);
  }
  if (setter && !is_callable(setter)) {
    return raise(error, "sixth element of the tuple returned by __reduce__ must be a function, not %s", type_of(setter)->tp_name);
  }
  Ref name;
  if (p_->protocol >= 2 && lookup_attr(function, "__name__"_id, &name) < 0) return false;
  bool named = name && is_str(name);
  if (named && str_equals(name, "__newobj_ex__")) {
    if (!save_new_with_keywords(arguments)) return false;
  } else if (named && str_equals(name, "__newobj__")) {
    if (tuple_size(arguments) < 1) return raise(error, "__newobj__ arglist is empty");
    Value cls = tuple_get(arguments, 0);
    if (!is_type(cls)) return raise(error, "args[0] from __newobj__ args is not a type");
    if (object) {
      Ref own;
      if (lookup_attr(object, "__class__"_id, &own) < 0) return false;
      if ((own ? own.get() : Value{type_of(object)}) != cls) return raise(error, "args[0] from __newobj__ args has the wrong class");
    }
    Ref rest = tuple_slice(arguments, 1, tuple_size(arguments));
    if (!rest || !save(cls) || !save(rest) || !put(kNewObj)) return false;
  } else if (!save(function) || !save(arguments) || !put(kReduce)) {
    return false;
  }
  if (object) {
    // An object that its arguments contain has been saved by now: that one is taken.
    if (const Memo::Entry* e = known(object)) {
      if (!put(kPop) || !put_get(e->index)) return false;
    } else if (!memoize(object)) {
      return false;
    }
  }
  if (items && !append_iterator(items)) return false;
  if (pairs && !set_iterator_items(pairs)) return false;
  if (!attributes) return true;
  if (!setter) return save(attributes) && put(kBuild);
  // setter(object, attributes); what it returns is dropped.
  return save(setter) && save(object) && save(attributes) && put(kTuple2) && put(kReduce) && put(kPop);
}

// --- Instances that are nothing but their attributes ------------------------------------------------------------------------------
// What object.__reduce_ex__ would say of them is known: no arguments, the attributes as state.

bool is_plain_type(PyTypeObject* type) {
  TypeExtra* e = extra(type);
  if (!e->shape_offset || e->own_getattr_hook || e->no_version || !type->tp_new || type->tp_itemsize) return false;
  if (type_has(type, Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS)) return false;
  if (type->tp_getattro != PyBaseObject_Type.tp_getattro) return false;
  Value object_dict{PyBaseObject_Type.tp_dict};
  for (PyObject* name : {"__reduce_ex__"_id, "__reduce__"_id, "__getstate__"_id, "__class__"_id}) {
    if (type_lookup(type, name) != dict_get_str(object_dict, name)) return false;
  }
  for (PyObject* name : {"__getnewargs_ex__"_id, "__getnewargs__"_id}) {
    if (type_lookup(type, name)) return false;
  }
  // No struct of a base beside the attributes, and no __slots__.
  Py_ssize_t size = PyBaseObject_Type.tp_basicsize;
  if (type->tp_weaklistoffset) size += static_cast<Py_ssize_t>(sizeof(void*));
  if (type->tp_basicsize != size) return false;
  Value dict = type_lookup(type, "__dict__"_id);
  return dict && is_exact(dict, &PyGetSetDescr_Type);
}

bool Saver::is_plain(PyTypeObject* type) {
  uint32_t version = type_version(type);
  Plain& entry = plain_[reinterpret_cast<uintptr_t>(type) >> 6 & 7];
  if (entry.type != type || entry.version != version || !version) entry = {type, version, is_plain_type(type)};
  return entry.plain;
}

bool dunder(PyObject* name) { return str_length(name) > 2 && str_char(name, 0) == '_' && str_char(name, 1) == '_'; }

// 1 saved, 0 not of this kind, -1 error.
int Saver::save_plain_instance(Value v) {
  PyObject* o = v.object();
  PyTypeObject* type = o->ob_type;
  if (p_->protocol < 2 || !is_plain(type)) return 0;
  uint32_t offset = extra(type)->shape_offset;
  uintptr_t word = shape_word(o, offset);
  PyObject* dict = nullptr;
  if (word & kDictMode) {
    dict = dict_mode_dict(o, offset);
    if (!dict || !is_exact_dict(Value{dict})) return 0;
    for (PyObject* name : {"__reduce_ex__"_id, "__reduce__"_id, "__getstate__"_id})
      if (dict_get_str(Value{dict}, name)) return 0;
  } else {
    for (auto* s = reinterpret_cast<Shape*>(word); s && s->name; s = s->parent)
      if (dunder(s->name)) return 0;
  }
  Ref held = Ref::copy(Value{type}), empty = tuple_empty();
  if (!save(held) || !save(empty) || !put(kNewObj)) return -1;
  if (const Memo::Entry* e = known(v)) {
    if (!put(kPop) || !put_get(e->index)) return -1;
  } else if (!memoize(v)) {
    return -1;
  }
  if (shape_word(o, offset) & kDictMode) {
    Ref attributes = Ref::copy(Value{dict_mode_dict(o, offset)});
    if (!attributes || !dict_size(attributes)) return 1;
    return save(attributes) && put(kBuild) ? 1 : -1;
  }
  return save_instance_attributes(o, offset) ? 1 : -1;
}

bool Saver::save_instance_attributes(PyObject* o, uint32_t offset) {
  auto* shape = reinterpret_cast<Shape*>(shape_word(o, offset));
  if (!shape || !shape->count) return true;
  RecursionGuard guard(" while pickling an object");
  if (!guard.ok) return false;
  // Python code that runs in between may change the object: its attributes are taken beforehand.
  Value words[2 * kMaxInlineSlots];
  int n = shape->count;
  for (int i = n; i-- > 0; shape = shape->parent) {
    words[2 * i] = Ref::copy(Value{shape->name}).release();
    words[2 * i + 1] = Ref::copy(*inline_slot(o, offset, static_cast<uint32_t>(i))).release();
  }
  bool ok = put(kEmptyDict) && memoize_key(reinterpret_cast<uintptr_t>(o) | 1) && (n == 1 || put(kMark));
  for (int i = 0; i < 2 * n; i++) {
    ok = ok && save(words[i]);
    adder::decref(words[i]);
  }
  return ok && put(n > 1 ? kSetItems : kSetItem) && commit() && put(kBuild);
}

}  // namespace

bool dump(Pickler* p, Value object) {
  if (!p->output && p->capacity == 0) p->length = 0;
  Saver saver(p);
  p->framing = 0;
  if (p->protocol >= 2) {
    const char head[] = {static_cast<char>(kProto), static_cast<char>(p->protocol)};
    if (!saver.put(head, 2)) return false;
    p->framing = p->protocol >= 4;
  }
  bool ok = saver.save(object) && saver.put(kStop) && saver.close_frame();
  p->framing = 0;
  return ok;
}

}  // namespace adder::pickle
