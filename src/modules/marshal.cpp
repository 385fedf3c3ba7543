// The module marshal: values to bytes and back, version 4 (references between shared objects).
#include <cstring>
#include <string>
#include "compile/code.h"
#include "object/audit.h"
#include "object/buffer.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int_digits.h"
#include "object/object.h"
#include "object/set_table.h"
#include "object/str.h"

namespace adder {

namespace {

constexpr int kVersion = 4;
constexpr int kMaxDepth = 2000;
constexpr uint8_t kFlagRef = 0x80;

// --- Writing ----------------------------------------------------------------------------------------------------------------

class Writer {
 public:
  explicit Writer(int version) : version_(version) {}
  ~Writer() {
    free(data_);
    free(table_);
  }
  Writer(const Writer&) = delete;

  bool write(Value v);
  bool failed() const { return failed_; }
  std::string_view text() const { return {data_, size_}; }

 private:
  int version_, depth_ = 0;
  bool failed_ = false;
  char* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
  // Words seen → their numbers, open addressing.
  struct Seen {
    uint64_t word;
    uint32_t number;
  };
  Seen* table_ = nullptr;
  size_t table_size_ = 0;
  uint32_t seen_count_ = 0;

  bool fail() {
    failed_ = true;
    return false;
  }
  bool room(size_t n) {
    if (failed_) return false;
    if (size_ + n <= capacity_) return true;
    size_t wanted = (size_ + n) * 2 + 64;
    auto* p = static_cast<char*>(realloc(data_, wanted));
    if (!p) {
      raise_no_memory();
      return fail();
    }
    data_ = p;
    capacity_ = wanted;
    return true;
  }
  void byte(int c) {
    if (room(1)) data_[size_++] = static_cast<char>(c);
  }
  void bytes(const void* p, size_t n) {
    if (!room(n)) return;
    if (n) memcpy(data_ + size_, p, n);
    size_ += n;
  }
  void word16(unsigned x) {
    byte(static_cast<int>(x & 0xFF));
    byte(static_cast<int>(x >> 8 & 0xFF));
  }
  void word32(int64_t x) {
    auto u = static_cast<uint32_t>(x);
    bytes(&u, 4);
  }
  bool sized(Py_ssize_t n) {
    if (n > INT32_MAX) {
      raise(PyExc_ValueError, "unmarshallable object");
      return fail();
    }
    word32(n);
    return true;
  }
  void sized_bytes(std::string_view s) {
    if (sized(static_cast<Py_ssize_t>(s.size()))) bytes(s.data(), s.size());
  }

  // A number for an object that may turn up again. 1: written as a reference; else *flag is set where it got one.
  int reference(Value v, uint8_t* flag) {
    if (version_ < 3) return 0;
    if (v.is_object()) {
      if (refcount(v.object()) == 1) return 0;
    } else if (!v.is_int() || v.as_int() < -5 || v.as_int() > 256) {
      return 0;
    }
    if (seen_count_ * 2 >= table_size_ && !grow()) return -1;
    size_t i = slot_of(v.bits);
    if (table_[i].word == v.bits) {
      byte('r');
      word32(table_[i].number);
      return 1;
    }
    table_[i] = {v.bits, seen_count_++};
    *flag = kFlagRef;
    return 0;
  }
  size_t slot_of(uint64_t word) const {
    size_t i = (word * 0x9E3779B97F4A7C15ULL >> 20) & (table_size_ - 1);
    while (table_[i].word && table_[i].word != word) i = (i + 1) & (table_size_ - 1);
    return i;
  }
  bool grow() {
    size_t old_size = table_size_;
    Seen* old = table_;
    table_size_ = old_size ? old_size * 2 : 256;
    table_ = static_cast<Seen*>(calloc(table_size_, sizeof(Seen)));
    if (!table_) {
      table_ = old;
      table_size_ = old_size;
      raise_no_memory();
      return fail();
    }
    for (size_t i = 0; i < old_size; i++) {
      if (old[i].word) table_[slot_of(old[i].word)] = old[i];
    }
    free(old);
    return true;
  }

  bool write_int(Value v, uint8_t flag);
  bool write_float(double d, uint8_t flag);
  bool write_str(Value v, uint8_t flag);
  bool write_object(Value v, uint8_t flag);
  bool write_set(Value v, uint8_t flag);
  bool write_code(PyCodeObject* c, uint8_t flag);
};

bool Writer::write_int(Value v, uint8_t flag) {
  int64_t i;
  if (word_of(v, &i) && i >= INT32_MIN && i <= INT32_MAX) {
    byte('i' | flag);
    word32(i);
    return !failed_;
  }
  byte('l' | flag);
  // 15-bit digits, the count signed.
  Digits d(v);
  size_t bits = int_bit_length(v);
  auto n = static_cast<Py_ssize_t>((bits + 14) / 15);
  if (!sized(n)) return false;
  if (d.negative) {
    size_ -= 4;
    word32(-n);
  }
  for (Py_ssize_t k = 0; k < n; k++) {
    digit w = d.d[k / 2];
    word16(k % 2 ? w >> 15 : w & 0x7FFF);
  }
  return !failed_;
}

bool Writer::write_float(double d, uint8_t flag) {
  if (version_ > 1) {
    byte('g' | flag);
    bytes(&d, 8);
  } else {
    std::string text = format_double(d, 'g', 17, false, false, false);
    byte('f' | flag);
    byte(static_cast<int>(text.size()));
    bytes(text.data(), text.size());
  }
  return !failed_;
}

bool Writer::write_str(Value v, uint8_t flag) {
  bool interned = str_is_interned(v.object());
  if (version_ >= 4 && str_is_ascii(v)) {
    std::string_view s{static_cast<char*>(str_data(v)), static_cast<size_t>(str_length(v))};
    if (s.size() < 256) {
      byte((interned ? 'Z' : 'z') | flag);
      byte(static_cast<int>(s.size()));
      bytes(s.data(), s.size());
    } else {
      byte((interned ? 'A' : 'a') | flag);
      sized_bytes(s);
    }
    return !failed_;
  }
  Ref utf8 = str_encode_utf8(v, "surrogatepass");
  if (!utf8) return fail();
  byte((version_ >= 3 && interned ? 't' : 'u') | flag);
  sized_bytes(bytes_view(utf8));
  return !failed_;
}

bool Writer::write_set(Value v, uint8_t flag) {
  byte((is_instance_exactly(v, &PyFrozenSet_Type) ? '>' : '<') | flag);
  if (!sized(set_size(v))) return false;
  // In the order of their own bytes, so that equal sets give equal results.
  Ref pairs = list_new(set_size(v));
  if (!pairs) return fail();
  Py_ssize_t position = 0;
  Value key;
  while (set_next(v, &position, &key)) {
    Writer own(version_);
    own.depth_ = depth_;
    if (!own.write(key)) return fail();
    Ref dumped = bytes_new(own.text());
    Ref pair = dumped ? tuple_of({dumped, key}) : Ref{};
    if (!pair || !list_append(pairs, std::move(pair))) return fail();
  }
  if (!list_sort(pairs, none(), false)) return fail();
  for (Py_ssize_t i = 0; i < list_size(pairs); i++) {
    if (!write(tuple_get(list_get(pairs, i), 1))) return false;
  }
  return !failed_;
}

bool Writer::write_code(PyCodeObject* c, uint8_t flag) {
  Ref words = code_bytes(c);  // and the rest is there too
  if (!words) return fail();
  byte('c' | flag);
  word32(c->co_argcount);
  word32(c->co_posonlyargcount);
  word32(c->co_kwonlyargcount);
  word32(c->co_stacksize);
  word32(c->co_flags);
  return write(words) && write(Value{c->co_consts}) && write(Value{c->co_names}) && write(Value{c->co_localsplusnames}) &&
         write(Value{c->co_localspluskinds}) && write(Value{c->co_filename}) && write(Value{c->co_name}) && write(Value{c->co_qualname}) &&
         (word32(c->co_firstlineno), true) && write(Value{c->co_linetable}) && write(Value{c->co_exceptiontable});
}

bool Writer::write_object(Value v, uint8_t flag) {
  PyTypeObject* type = type_of(v);
  if (v.is_int() || type == &PyLong_Type) return write_int(v, flag);
  if (v.is_float()) return write_float(v.as_float(), flag);
  if (type == &PyUnicode_Type) return write_str(v, flag);
  if (type == &PyTuple_Type) {
    Py_ssize_t n = tuple_size(v);
    if (version_ >= 4 && n < 256) {
      byte(')' | flag);
      byte(static_cast<int>(n));
    } else {
      byte('(' | flag);
      if (!sized(n)) return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
      if (!write(tuple_get(v, i))) return false;
    }
    return !failed_;
  }
  if (type == &PyBytes_Type) {
    byte('s' | flag);
    sized_bytes(bytes_view(v));
    return !failed_;
  }
  if (type == &PyList_Type) {
    byte('[' | flag);
    Py_ssize_t n = list_size(v);
    if (!sized(n)) return false;
    for (Py_ssize_t i = 0; i < n && i < list_size(v); i++) {
      if (!write(list_get(v, i))) return false;
    }
    return !failed_;
  }
  if (type == &PyDict_Type) {
    byte('{' | flag);
    Py_ssize_t position = 0;
    Value k, x;
    while (dict_next(v, &position, &k, &x)) {
      if (!write(k) || !write(x)) return false;
    }
    byte('0');
    return !failed_;
  }
  if (type == &PySet_Type || type == &PyFrozenSet_Type) return write_set(v, flag);
  if (type == &PyCode_Type) return write_code(v.as<PyCodeObject>(), flag);
  if (type == &PyComplex_Type) {
    Py_complex c = complex_value(v);
    if (version_ > 1) {
      byte('y' | flag);
      bytes(&c.real, 8);
      bytes(&c.imag, 8);
    } else {
      byte('x' | flag);
      for (double d : {c.real, c.imag}) {
        std::string text = format_double(d, 'g', 17, false, false, false);
        byte(static_cast<int>(text.size()));
        bytes(text.data(), text.size());
      }
    }
    return !failed_;
  }
  if (has_buffer(v)) {
    BufferView view;
    if (!view.get(v)) {
      clear_error();
      byte('?');
      raise(PyExc_ValueError, "unmarshallable object");
      return fail();
    }
    byte('s' | flag);
    sized_bytes(view.text());
    return !failed_;
  }
  raise(PyExc_ValueError, "unmarshallable object");
  return fail();
}

bool Writer::write(Value v) {
  if (failed_) return false;
  if (is_none(v)) { byte('N'); return !failed_; }
  if (v == boolean(true)) { byte('T'); return !failed_; }
  if (v == boolean(false)) { byte('F'); return !failed_; }
  if (v == Value{Py_Ellipsis}) { byte('.'); return !failed_; }
  if (v == Value{PyExc_StopIteration}) { byte('S'); return !failed_; }
  if (++depth_ > kMaxDepth) {
    raise(PyExc_ValueError, "object too deeply nested to marshal");
    return fail();
  }
  uint8_t flag = 0;
  int done = reference(v, &flag);
  bool ok = done > 0 ? !failed_ : done == 0 && write_object(v, flag);
  --depth_;
  return ok;
}

// --- Reading ----------------------------------------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::string_view data) : p_(data.data()), end_(data.data() + data.size()) {}
  explicit Reader(Value file) : file_(file) {}
  bool init() {
    refs_ = list_new();
    return static_cast<bool>(refs_);
  }
  Ref read();
  size_t left() const { return static_cast<size_t>(end_ - p_); }
  // An object that may not be the NULL mark.
  Ref read_whole() {
    bool null = false;
    Ref r = read_or_null(&null);
    if (null) return raise(PyExc_TypeError, "NULL object in marshal data for object");
    return r;
  }

 private:
  const char* p_ = "";
  const char* end_ = p_;
  Value file_;
  Ref held_;  // what was last read of the file
  Ref refs_;
  int depth_ = 0;

  // n bytes, valid until the next call; null with exception.
  [[gnu::always_inline]] const char* take(Py_ssize_t n) {
    if (ADDER_UNLIKELY(end_ - p_ < n)) return take_slowly(n);
    const char* r = p_;
    p_ += n;
    return r;
  }
  // What a file gives is not in [p_, end_).
  [[gnu::noinline]] const char* take_slowly(Py_ssize_t n) {
    if (file_.absent()) {
      raise(PyExc_EOFError, "marshal data too short");
      return nullptr;
    }
    held_ = bytearray_new({});
    if (!held_ || !bytearray_resize(held_, n)) return nullptr;
    Ref count = call_method(file_, "readinto"_id, {held_});
    Py_ssize_t got;
    if (!count || !as_ssize(count, &got)) return nullptr;
    if (got != n) {
      if (got > n) raise(PyExc_ValueError, "read() returned too much data: %zd bytes requested, %zd returned", n, got);
      else raise(PyExc_EOFError, "EOF read where not expected");
      return nullptr;
    }
    return n ? bytearray_data(held_) : "";  // an empty bytearray may have no memory
  }
  bool word32(int32_t* out) {
    const char* p = take(4);
    if (p) memcpy(out, p, 4);
    return p != nullptr;
  }
  // A length of one byte.
  const char* take_length() {
    const char* p = take(1);
    if (!p && error_matches(PyExc_EOFError)) {
      clear_error();
      raise(PyExc_EOFError, "EOF read where object expected");
    }
    return p;
  }
  bool number(double* d, bool binary) {
    if (binary) {
      const char* p = take(8);
      if (p) memcpy(d, p, 8);
      return p != nullptr;
    }
    const char* p = take_length();
    if (!p) return false;
    auto n = static_cast<unsigned char>(*p);
    p = take(n);
    if (!p) return false;
    size_t used;
    if (!parse_double({p, n}, d, &used) || used != n) return raise(PyExc_ValueError, "could not convert string to float: '%s'", std::string(p, n).c_str());
    return true;
  }
  bool size(int32_t* n, const char* what) {
    if (!word32(n)) return false;
    if (*n < 0) return raise(PyExc_ValueError, "bad marshal data (%s size out of range)", what);
    return true;
  }
  // Remembers a finished object.
  Ref keep(Ref v, bool flag) {
    if (flag && v && !list_append(refs_, v.get())) return {};
    return v;
  }
  // Takes a number before the contents are read.
  bool reserve(bool flag, Py_ssize_t* index) {
    *index = -1;
    if (!flag) return true;
    *index = list_size(refs_);
    return list_append(refs_, none());
  }
  bool fill(Py_ssize_t index, Value v) { return index < 0 || list_set(refs_, index, Ref::copy(v)); }

  Ref read_or_null(bool* null);
  Ref read_body(int type, bool flag, bool* null);
  Ref read_long(bool flag);
  Ref read_code(bool flag);
  Ref read_str(Py_ssize_t n, bool ascii, bool interned, bool flag);
};

Ref Reader::read_long(bool flag) {
  int32_t n;
  if (!word32(&n)) return {};
  if (n == INT32_MIN) return raise(PyExc_ValueError, "bad marshal data (long size out of range)");
  bool negative = n < 0;
  Py_ssize_t count = negative ? -static_cast<Py_ssize_t>(n) : n;
  if (count == 0) return keep(Ref::from_int(0), flag);
  const char* p = take(count * 2);
  if (!p) return {};
  PyLongObject* o = long_new((count + 1) / 2);
  if (!o) return {};
  for (Py_ssize_t i = 0; i < count; i++) {
    unsigned d = static_cast<unsigned char>(p[2 * i]) | static_cast<unsigned>(static_cast<unsigned char>(p[2 * i + 1])) << 8;
    bool bad = d > 0x7FFF;
    if (bad || (i == count - 1 && d == 0)) {
      long_discard(o);
      return raise(PyExc_ValueError, bad ? "bad marshal data (digit out of range in long)" : "bad marshal data (unnormalized long data)");
    }
    if (i % 2 == 0) o->ob_digit[i / 2] = d;
    else o->ob_digit[i / 2] |= d << 15;
  }
  return keep(long_finish(o, negative), flag);
}

Ref Reader::read_str(Py_ssize_t n, bool ascii, bool interned, bool flag) {
  const char* p = take(n);
  if (!p) return {};
  std::string_view s{p, static_cast<size_t>(n)};
  Ref v = ascii ? str_from_latin1(s) : str_from_utf8(s, "surrogatepass");
  if (!v) return {};
  if (interned) v = intern(std::move(v));
  return keep(std::move(v), flag);
}

Ref Reader::read_code(bool flag) {
  Py_ssize_t index;
  if (!reserve(flag, &index)) return {};
  CodeParts parts;
  int32_t head[5];
  for (int32_t& w : head) {
    if (!word32(&w)) return {};
  }
  parts.argcount = head[0];
  parts.posonlyargcount = head[1];
  parts.kwonlyargcount = head[2];
  parts.stacksize = head[3];
  parts.flags = head[4];
  Ref o[10];
  auto get = [&](int i) { return static_cast<bool>(o[i] = read_whole()); };
  for (int i = 0; i < 8; i++) {
    if (!get(i)) return {};
  }
  int32_t line;
  if (!word32(&line) || !get(8) || !get(9)) return {};
  parts.firstlineno = line;
  for (int i : {0, 4, 8, 9}) {
    if (!is_exact(o[i], &PyBytes_Type)) return raise(PyExc_TypeError, "bad marshal data (code object)");
  }
  for (int i : {1, 2, 3}) {
    if (!is_exact_tuple(o[i])) return raise(PyExc_TypeError, "bad marshal data (code object)");
  }
  for (int i : {5, 6, 7}) {
    if (!is_exact_str(o[i])) return raise(PyExc_TypeError, "bad marshal data (code object)");
  }
  parts.consts = o[1];
  parts.names = o[2];
  parts.localsplusnames = o[3];
  parts.localspluskinds = o[4];
  parts.filename = o[5];
  parts.name = o[6];
  parts.qualname = o[7];
  parts.linetable = o[8];
  parts.exceptiontable = o[9];
  Ref code = make_code_from_bytes(parts, o[0], false);
  if (!code || !fill(index, code)) return {};
  return code;
}

Ref Reader::read_body(int type, bool flag, bool* null) {
  Py_ssize_t index;
  int32_t n;
  switch (type) {
    case '0': *null = true; return {};
    case 'N': return none_ref();
    case 'S': return Ref::copy(Value{PyExc_StopIteration});
    case '.': return Ref::copy(Value{Py_Ellipsis});
    case 'F': return bool_ref(false);
    case 'T': return bool_ref(true);
    case 'i':
      if (!word32(&n)) return {};
      return keep(Ref::from_int(n), flag);
    case 'I': {
      const char* p = take(8);
      if (!p) return {};
      int64_t i;
      memcpy(&i, p, 8);
      return keep(int_from_i64(i), flag);
    }
    case 'l': return read_long(flag);
    case 'f':
    case 'g': {
      double d;
      if (!number(&d, type == 'g')) return {};
      return keep(Ref::from_double(d), flag);
    }
    case 'x':
    case 'y': {
      double re, im;
      if (!number(&re, type == 'y') || !number(&im, type == 'y')) return {};
      return keep(complex_new(re, im), flag);
    }
    case 's': {
      if (!size(&n, "bytes object")) return {};
      const char* p = take(n);
      if (!p) return {};
      return keep(bytes_new({p, static_cast<size_t>(n)}), flag);
    }
    case 'a':
    case 'A':
      if (!size(&n, "string")) return {};
      return read_str(n, true, type == 'A', flag);
    case 'z':
    case 'Z': {
      const char* p = take_length();
      if (!p) return {};
      return read_str(static_cast<unsigned char>(*p), true, type == 'Z', flag);
    }
    case 'u':
    case 't':
      if (!size(&n, "string")) return {};
      return read_str(n, false, type == 't', flag);
    case ')':
    case '(': {
      if (type == ')') {
        const char* p = take_length();
        if (!p) return {};
        n = static_cast<unsigned char>(*p);
      } else if (!size(&n, "tuple")) {
        return {};
      }
      if (!reserve(flag, &index)) return {};
      Ref t = tuple_new(n);
      if (!t) return {};
      for (int32_t i = 0; i < n; i++) {
        Ref item = read_whole();
        if (!item) return {};
        tuple_init(t, i, std::move(item));
      }
      if (!fill(index, t)) return {};
      return t;
    }
    case '[': {
      if (!size(&n, "list")) return {};
      Ref l = list_new(n < 100000 ? n : 0);
      if (!l) return {};
      l = keep(std::move(l), flag);
      for (int32_t i = 0; l && i < n; i++) {
        Ref item = read_whole();
        if (!item || !list_append(l, std::move(item))) return {};
      }
      return l;
    }
    case '{': {
      Ref d = dict_new();
      if (!d) return {};
      d = keep(std::move(d), flag);
      for (;;) {
        bool end = false;
        Ref k = read_or_null(&end);
        if (end) return d;
        if (!k) return {};
        Ref v = read_or_null(&end);
        if (end) return d;
        if (!v || !dict_set(d, k, v)) return {};
      }
    }
    case '<':
    case '>': {
      if (!size(&n, "set")) return {};
      if (n == 0 && type == '>') return keep(frozenset_new(Value{}), flag);
      Ref s = type == '<' ? set_new(Value{}) : frozenset_new(Value{});
      if (!s) return {};
      index = -1;
      if (type == '<') s = keep(std::move(s), flag);
      else if (!reserve(flag, &index)) return {};
      for (int32_t i = 0; s && i < n; i++) {
        Ref item = read_whole();
        if (!item || set_add(s, item) < 0) return {};
      }
      if (!s || !fill(index, s)) return {};
      return s;
    }
    case 'c': return read_code(flag);
    case 'r': {
      if (!word32(&n)) return {};
      if (n < 0 || n >= list_size(refs_)) return raise(PyExc_ValueError, "bad marshal data (invalid reference)");
      Value v = list_get(refs_, n);
      if (is_none(v)) return raise(PyExc_ValueError, "bad marshal data (invalid reference)");
      return Ref::copy(v);
    }
    default: return raise(PyExc_ValueError, "bad marshal data (unknown type code)");
  }
}

Ref Reader::read_or_null(bool* null) {
  if (file_.absent() && p_ >= end_) return raise(PyExc_EOFError, "EOF read where object expected");
  const char* p = take(1);
  if (!p) {
    if (error_matches(PyExc_EOFError)) {
      clear_error();
      raise(PyExc_EOFError, "EOF read where object expected");
    }
    return {};
  }
  auto code = static_cast<unsigned char>(*p);
  if (++depth_ > kMaxDepth) {
    --depth_;
    return raise(PyExc_ValueError, "recursion limit exceeded");
  }
  Ref r = read_body(code & ~kFlagRef, (code & kFlagRef) != 0, null);
  --depth_;
  return r;
}

Ref Reader::read() { return read_whole(); }

// --- The module -----------------------------------------------------------------------------------------------------------------

}  // namespace

Ref marshal_dumps(Value v, int version) {
  Writer w(version);
  return w.write(v) ? bytes_new(w.text()) : Ref{};
}

Ref marshal_loads(std::string_view data) {
  Reader r(data);
  return r.init() ? r.read() : Ref{};
}
// Tells how many bytes the object took; more may follow it.
Ref marshal_loads_prefix(std::string_view data, size_t* used) {
  Reader r(data);
  Ref v = r.init() ? r.read() : Ref{};
  *used = data.size() - r.left();
  return v;
}

namespace {

bool version_of(Value v, int* out) {
  *out = kVersion;
  return v.absent() || as_int(v, out);
}

Ref module_dumps(Value, const Value* a) {
  int version;
  return version_of(a[1], &version) && audit("marshal.dumps", {a[0], Value::from_int(version)}) ? marshal_dumps(a[0], version) : Ref{};
}

Ref module_dump(Value, const Value* a) {
  int version;
  if (!version_of(a[2], &version) || !audit("marshal.dumps", {a[0], Value::from_int(version)})) return {};
  Ref bytes = marshal_dumps(a[0], version);
  return bytes ? call_method(a[1], "write"_id, {bytes}) : Ref{};
}

Ref module_loads(Value, Value data) {
  BufferView view;
  if (!view.get(data)) return {};
  if (audit_active()) {
    Ref bytes = bytes_new(view.text());
    if (!bytes || !audit("marshal.loads", {bytes.get()})) return {};
  }
  return marshal_loads(view.text());
}

Ref module_load(Value, Value file) {
  // An empty read first: files in text mode are refused.
  Ref probe = call_method(file, "read"_id, {Value::from_int(0)});
  if (!probe) return {};
  if (!is_bytes(probe)) return raise(PyExc_TypeError, "file.read() returned not bytes but %.100s", type_of(probe)->tp_name);
  if (!audit("marshal.load")) return {};
  Reader r(file);
  return r.init() ? r.read() : Ref{};
}

const MethodRow functions[] = {
    method<module_dump>("dump", "($module, value, file, version=version, /)", "Write the value on the open file."),
    method<module_load>("load", "($module, file, /)", "Read one value from the open file and return it."),
    method<module_dumps>("dumps", "($module, value, version=version, /)", "Return the bytes object that would be written to a file by dump(value, file)."),
    method<module_loads>("loads", "($module, bytes, /)", "Convert the bytes-like object to a value."),
    {}};

bool exec(PyObject* module) { return module_add_int(module, "version", kVersion); }

}  // namespace

extern const ModuleDef marshal_module = {
    .name = "marshal",
    .doc = "This module contains functions that can read and write Python values in\n"
           "a binary format. The format is specific to Python, but independent of\n"
           "machine architecture issues.",
    .methods = functions,
    .exec = exec,
};

}  // namespace adder
