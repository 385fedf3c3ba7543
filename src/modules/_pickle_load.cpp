// Loading: the machine that runs a pickle's instructions. Its input and Unpickler objects are _pickle_unpickler.cpp's.
//
// The stack lies in the Unpickler; no pointer into it outlives a call that may run Python code.
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include "memory/gc.h"
#include "modules/_pickle.h"
#include "object/bytes.h"
#include "object/codecs.h"
#include "object/dict_table.h"
#include "object/float.h"
#include "object/int.h"
#include "object/shape.h"
#include "object/str.h"

namespace adder::pickle {

namespace {

Failure error(const char* text) { return raise(state->unpickling_error.object(), text); }

class Loader {
 public:
  explicit Loader(Unpickler* u) : u_(u) {}
  Ref run();

 private:
  Unpickler* u_;

  // --- Input ---
  // The next n bytes; null with an exception. Valid until the next read.
  const char* read(Py_ssize_t n) {
    if (ADDER_LIKELY(n <= u_->buffer.len - u_->position)) {
      const char* at = u_->input() + u_->position;
      u_->position += n;
      return at;
    }
    const char* data;
    return unpickler_read_slow(u_, &data, n) < 0 ? nullptr : data;
  }
  // A little-endian unsigned number; sizes beyond PY_SSIZE_T_MAX come out negative.
  bool read_size(int n, Py_ssize_t* out) {
    const char* at = read(n);
    if (!at) return false;
    uint64_t word = 0;
    memcpy(&word, at, static_cast<size_t>(n));
    *out = static_cast<Py_ssize_t>(word);
    return true;
  }
  bool read_line(std::string_view* line);  // without its newline, at least one byte

  // --- The stack ---
  bool push(Ref v) {
    if (ADDER_UNLIKELY(!v)) return false;
    if (ADDER_UNLIKELY(u_->stack_size == u_->stack_capacity) && !grow_stack()) return false;
    u_->stack[u_->stack_size++] = v.release();
    return true;
  }
  bool grow_stack();
  bool has(Py_ssize_t n) { return ADDER_LIKELY(u_->stack_size - n >= u_->fence) || underflow(); }
  Failure underflow() { return error(u_->mark_count ? "unexpected MARK found" : "unpickling stack underflow"); }
  Ref pop() { return has(1) ? Ref::steal(u_->stack[--u_->stack_size]) : Ref{}; }
  Value top() { return u_->stack[u_->stack_size - 1]; }
  void drop_to(Py_ssize_t size) {
    while (u_->stack_size > size) adder::decref(u_->stack[--u_->stack_size]);
  }
  bool mark();
  Py_ssize_t pop_mark();  // the stack's size at the mark; -1 exception
  Ref pop_tuple(Py_ssize_t from);
  Ref pop_list(Py_ssize_t from);

  // --- Instructions ---
  bool load_int();
  bool load_long();
  bool load_counted_long(int size_bytes);
  bool load_float();
  bool load_string();
  bool load_counted_string(int size_bytes);
  bool push_string(Ref bytes);
  bool load_unicode();
  bool load_counted_unicode(int size_bytes);
  bool load_counted_bytes(int size_bytes);
  bool load_bytearray();
  bool load_buffer();
  bool load_readonly();
  bool load_small_tuple(Py_ssize_t n);
  bool load_list();
  bool load_dict();
  bool load_frozenset();
  bool load_instance(Value cls, Value args);
  bool load_inst();
  bool load_obj();
  bool load_new(bool keywords);
  bool load_global();
  bool load_stack_global();
  bool load_extension(int size_bytes);
  bool load_persistent(bool binary);
  bool load_pop();
  bool load_get_line();
  bool load_get(size_t index);
  bool load_put_line();
  bool load_put(size_t index);
  bool load_append(Py_ssize_t from);
  bool load_set_items(Py_ssize_t from);
  bool load_add_items();
  bool load_reduce();
  bool load_build();
  bool set_attributes(Value object, Value attributes);
  bool load_frame();
  bool load_protocol();
  bool invalid_key(uint8_t key);
};

bool Loader::grow_stack() {
  Py_ssize_t capacity = u_->stack_capacity ? u_->stack_capacity * 2 : 64;
  auto* stack = static_cast<Value*>(object_realloc(u_->stack, static_cast<size_t>(capacity) * sizeof(Value)));
  if (!stack) return memory_full();
  u_->stack = stack;
  u_->stack_capacity = capacity;
  return true;
}

bool Loader::mark() {
  if (u_->mark_count == u_->mark_capacity) {
    Py_ssize_t capacity = 20 + 2 * u_->mark_capacity;
    auto* marks = static_cast<Py_ssize_t*>(object_realloc(u_->marks, static_cast<size_t>(capacity) * sizeof(Py_ssize_t)));
    if (!marks) return memory_full();
    u_->marks = marks;
    u_->mark_capacity = capacity;
  }
  u_->marks[u_->mark_count++] = u_->fence = u_->stack_size;
  return true;
}
Py_ssize_t Loader::pop_mark() {
  if (u_->mark_count < 1) return error("could not find MARK");
  Py_ssize_t at = u_->marks[--u_->mark_count];
  u_->fence = u_->mark_count ? u_->marks[u_->mark_count - 1] : 0;
  return at;
}

Ref Loader::pop_tuple(Py_ssize_t from) {
  if (from < u_->fence) return underflow();
  Py_ssize_t n = u_->stack_size - from;
  Ref t = n ? tuple_new(n) : tuple_empty();
  if (!t) return {};
  for (Py_ssize_t i = 0; i < n; i++) tuple_init(t, i, Ref::steal(u_->stack[from + i]));
  u_->stack_size = from;
  return t;
}
Ref Loader::pop_list(Py_ssize_t from) {
  Ref l = list_from(u_->stack + from, u_->stack_size - from);
  drop_to(from);
  return l;
}

bool Loader::read_line(std::string_view* line) {
  const char* data;
  Py_ssize_t n = unpickler_read_line(u_, &data);
  if (n < 0) return false;
  if (n < 2) return truncated();
  *line = {data, static_cast<size_t>(n - 1)};
  return true;
}

// --- Numbers ----------------------------------------------------------------------------------------------------------------

// Decimal, or as in source text where it begins with 0.
Ref parse_int(std::string_view text, std::string_view shown) {
  size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  int base = text.size() > sign && text[sign] == '0' ? 0 : 10;
  Ref message = str_from_latin1(shown);
  return message ? int_from_text(text, base, message) : Ref{};
}

bool Loader::load_int() {
  std::string_view line;
  if (!read_line(&line)) return false;
  if (line == "00") return push(bool_ref(false));
  if (line == "01") return push(bool_ref(true));
  // As C reads it: 010 is octal.
  std::string text(line);
  char* end;
  errno = 0;
  long i = strtol(text.c_str(), &end, 0);
  if (!errno && (!*end || *end == '\n')) return push(int_from_i64(i));
  Ref v = parse_int(text, text);
  if (!v) {
    clear_error();
    return raise(PyExc_ValueError, "could not convert string to int");
  }
  return push(std::move(v));
}

bool Loader::load_long() {
  std::string_view line;
  if (!read_line(&line)) return false;
  if (line.back() == 'L') {
    line.remove_suffix(1);
    return push(parse_int(line, line));
  }
  return push(parse_int(line, std::string(line) + "\n"));
}

bool Loader::load_counted_long(int size_bytes) {
  Py_ssize_t n;
  if (!read_size(size_bytes, &n)) return false;
  if (n > 0x7FFFFFFF) return error("LONG pickle has negative byte count");
  const char* data = read(n);
  return data && push(n ? int_from_bytes(reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(n), true, true) : Ref::from_int(0));
}

bool Loader::load_float() {
  std::string_view line;
  if (!read_line(&line)) return false;
  double d;
  size_t used = 0;
  if (!parse_double(line, &d, &used)) {
    return raise(PyExc_ValueError, "could not convert string to float: '%.200s'", (std::string(line) + "\n").c_str());
  }
  if (used != line.size()) return raise(PyExc_ValueError, "could not convert string to float");
  bool named = line.find_first_of("nN") != std::string_view::npos;
  if ((d == HUGE_VAL || d == -HUGE_VAL) && !named) {
    return raise(PyExc_OverflowError, "value too large to convert to float: '%.200s'", (std::string(line) + "\n").c_str());
  }
  return push(Ref::from_double(d));
}

// --- Text and bytes -----------------------------------------------------------------------------------------------------------

// 8-bit strings of Python 2.
bool Loader::push_string(Ref bytes) {
  if (!bytes || strcmp(u_->encoding, "bytes") == 0) return push(std::move(bytes));
  return push(bytes_decode(bytes_data(bytes), bytes_length(bytes), u_->encoding, u_->errors));
}

bool Loader::load_string() {
  const char* data;
  Py_ssize_t n = unpickler_read_line(u_, &data);
  if (n < 0) return false;
  std::string_view text{data, static_cast<size_t>(n - 1)};
  if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"')) {
    return error("the STRING opcode argument must be quoted");
  }
  const char* invalid;
  return push_string(decode_bytes_escapes(text.substr(1, text.size() - 2), nullptr, &invalid));
}

bool Loader::load_counted_string(int size_bytes) {
  Py_ssize_t n;
  if (!read_size(size_bytes, &n)) return false;
  const char* data = read(n);
  return data && push_string(bytes_new({data, static_cast<size_t>(n)}));
}

bool Loader::load_unicode() {
  const char* data;
  Py_ssize_t n = unpickler_read_line(u_, &data);
  return n >= 0 && push(decode_raw_unicode_escape({data, static_cast<size_t>(n - 1)}, nullptr, nullptr));
}

bool Loader::load_counted_unicode(int size_bytes) {
  Py_ssize_t n;
  if (!read_size(size_bytes, &n)) return false;
  if (n < 0) return raise(PyExc_OverflowError, "BINUNICODE exceeds system's maximum size of %zd bytes", PY_SSIZE_T_MAX);
  const char* data = read(n);
  return data && push(str_from_utf8({data, static_cast<size_t>(n)}, "surrogatepass"));
}

bool Loader::load_counted_bytes(int size_bytes) {
  Py_ssize_t n;
  if (!read_size(size_bytes, &n)) return false;
  if (n < 0) return raise(PyExc_OverflowError, "BINBYTES exceeds system's maximum size of %zd bytes", PY_SSIZE_T_MAX);
  if (n > PY_SSIZE_T_MAX - 64) return raise(PyExc_OverflowError, "byte string is too large");
  // Of what is not at hand the size may be a lie; then only the file knows.
  if (!u_->read && n > u_->buffer.len - u_->position) return truncated();
  Ref bytes = bytes_uninitialized(n);
  return bytes && unpickler_read_into(u_, bytes_data(bytes), n) && push(std::move(bytes));
}

bool Loader::load_bytearray() {
  Py_ssize_t n;
  if (!read_size(8, &n)) return false;
  if (n < 0) return raise(PyExc_OverflowError, "BYTEARRAY8 exceeds system's maximum size of %zd bytes", PY_SSIZE_T_MAX);
  if (n > PY_SSIZE_T_MAX - 64) return memory_full();
  if (!u_->read && n > u_->buffer.len - u_->position) return truncated();
  Ref array = bytearray_new({});
  return array && bytearray_resize(array, n) && unpickler_read_into(u_, bytearray_data(array), n) && push(std::move(array));
}

bool Loader::load_buffer() {
  if (!u_->buffers) return error("pickle stream refers to out-of-band data but no *buffers* argument was given");
  Ref source = Ref::copy(u_->buffers), buffer = next(source);
  if (!buffer) return error_occurred() ? false : static_cast<bool>(error("not enough out-of-band buffers"));
  return push(std::move(buffer));
}

bool Loader::load_readonly() {
  if (!has(1)) return false;
  Ref view = memoryview_of(top());
  if (!view) return false;
  if (view.as<PyMemoryViewObject>()->view.readonly) return true;
  Ref fixed = call_method(view, "toreadonly"_id);
  if (!fixed || !has(1)) return false;
  assign(u_->stack[u_->stack_size - 1], std::move(fixed));
  return true;
}

// --- Containers ------------------------------------------------------------------------------------------------------------------

bool Loader::load_small_tuple(Py_ssize_t n) { return has(n) && push(pop_tuple(u_->stack_size - n)); }

bool Loader::load_list() {
  Py_ssize_t from = pop_mark();
  return from >= 0 && push(pop_list(from));
}

bool Loader::load_dict() {
  Py_ssize_t from = pop_mark();
  if (from < 0) return false;
  Ref d = dict_new();
  if (!d) return false;
  if ((u_->stack_size - from) % 2) return error("odd number of items for DICT");
  for (Py_ssize_t i = from; i + 1 < u_->stack_size; i += 2) {
    Ref key = Ref::copy(u_->stack[i]), value = Ref::copy(u_->stack[i + 1]);
    if (!dict_set(d, key, value)) return false;
  }
  drop_to(from);
  return push(std::move(d));
}

bool Loader::load_frozenset() {
  Py_ssize_t from = pop_mark();
  if (from < 0) return false;
  Ref items = pop_tuple(from);
  return items && push(frozenset_new(items));
}

bool Loader::load_append(Py_ssize_t from) {
  Py_ssize_t n = u_->stack_size;
  if (from > n || from <= u_->fence) return underflow();
  if (from == n) return true;
  Value target = u_->stack[from - 1];
  if (is_exact_list(target)) {
    for (Py_ssize_t i = from; i < n; i++) {
      Ref item = Ref::steal(u_->stack[i]);
      u_->stack[i] = Value{};
      if (!list_append(target, std::move(item))) return false;
    }
    u_->stack_size = from;
    return true;
  }
  Ref object = Ref::copy(target), items = pop_list(from), extend;
  if (!items || lookup_attr(object, "extend"_id, &extend) < 0) return false;
  if (extend) return static_cast<bool>(call1(extend, items));
  // Objects of old have append alone.
  Ref append = getattr(object, "append"_id);
  for (Py_ssize_t i = 0; append && i < list_size(items); i++) {
    Ref item = Ref::copy(list_get(items, i));
    if (!call1(append, item)) return false;
  }
  return static_cast<bool>(append);
}

bool Loader::load_set_items(Py_ssize_t from) {
  Py_ssize_t n = u_->stack_size;
  if (from > n || from <= u_->fence) return underflow();
  if (from == n) return true;
  if ((n - from) % 2) return error("odd number of items for SETITEMS");
  Ref object = Ref::copy(u_->stack[from - 1]);
  if (is_exact_dict(object)) {
    if (!dict_reserve(object, (n - from) / 2)) return false;
    for (Py_ssize_t i = from; i + 1 < u_->stack_size; i += 2) {
      Ref key = Ref::copy(u_->stack[i]);
      if (!dict_set(object, key, u_->stack[i + 1])) return false;
    }
    drop_to(from);
    return true;
  }
  for (Py_ssize_t i = from; i + 1 < u_->stack_size; i += 2) {
    Ref key = Ref::copy(u_->stack[i]), value = Ref::copy(u_->stack[i + 1]);
    if (!set_item(object, key, value)) return false;
  }
  drop_to(from);
  return true;
}

bool Loader::load_add_items() {
  Py_ssize_t from = pop_mark();
  if (from < 0) return false;
  if (from > u_->stack_size || from <= u_->fence) return underflow();
  if (from == u_->stack_size) return true;
  Ref object = Ref::copy(u_->stack[from - 1]), items = pop_list(from);
  if (!items) return false;
  if (is_exact(object, &PySet_Type) || is_subtype(type_of(object), &PySet_Type)) return set_update(object, items);
  Ref add = getattr(object, "add"_id);
  for (Py_ssize_t i = 0; add && i < list_size(items); i++) {
    Ref item = Ref::copy(list_get(items, i));
    if (!call1(add, item)) return false;
  }
  return static_cast<bool>(add);
}

// --- Objects ------------------------------------------------------------------------------------------------------------------------

bool Loader::load_instance(Value cls, Value args) {
  if (tuple_size(args) == 0 && is_type(cls)) {
    Ref old_style;
    if (lookup_attr(cls, "__getinitargs__"_id, &old_style) < 0) return false;
    if (!old_style) return push(call_method(cls, "__new__"_id, {cls}));
  }
  return push(call_tuple_dict(cls, args, {}));
}

bool Loader::load_inst() {
  Py_ssize_t from = pop_mark();
  std::string_view line;
  if (from < 0 || !read_line(&line)) return false;
  Ref module = decode_ascii(line, "strict");
  if (!module || !read_line(&line)) return false;
  Ref name = decode_ascii(line, "strict"), cls = name ? find_class(u_, module, name) : Ref{};
  if (!cls) return false;
  Ref args = pop_tuple(from);
  return args && load_instance(cls, args);
}

bool Loader::load_obj() {
  Py_ssize_t from = pop_mark();
  if (from < 0) return false;
  if (u_->stack_size - from < 1) return underflow();
  Ref args = pop_tuple(from + 1), cls = args ? pop() : Ref{};
  return cls && load_instance(cls, args);
}

bool Loader::load_new(bool keywords) {
  Ref kwargs, args, cls;
  if (keywords && !(kwargs = pop())) return false;
  if (!(args = pop()) || !(cls = pop())) return false;
  const char* name = keywords ? "NEWOBJ_EX" : "NEWOBJ";
  PyObject* kind = state->unpickling_error.object();
  if (!is_type(cls)) return raise(kind, "%s class argument must be a type, not %.200s", name, type_of(cls)->tp_name);
  auto* type = cls.as<PyTypeObject>();
  if (!type->tp_new) return raise(kind, "%s class argument '%.200s' doesn't have __new__", name, type->tp_name);
  if (!is_tuple(args)) return raise(kind, "%s args argument must be a tuple, not %.200s", name, type_of(args)->tp_name);
  if (keywords && !is_dict(kwargs)) return raise(kind, "%s kwargs argument must be a dict, not %.200s", name, type_of(kwargs)->tp_name);
  if (keywords) {
    // type->tp_new itself, not the class's attribute.
    Ref positional = Ref::steal(to_c(args)), named = Ref::steal(to_c(kwargs));
    return positional && named && push(from_c_steal(type->tp_new(type, positional.object(), named.object())));
  }
  Py_ssize_t n = tuple_size(args);
  if (n && c_visible(args.object())) {
    UnpackedArgs unpacked(args.object(), nullptr);
    return unpacked.ok() && push(call_new(type, type, unpacked.args()));
  }
  return push(call_new(type, type, Args{n ? tuple_words(args) : nullptr, static_cast<size_t>(n), nullptr}));
}

bool Loader::load_global() {
  std::string_view line;
  if (!read_line(&line)) return false;
  Ref module = decode_utf8(line, "strict");
  if (!module || !read_line(&line)) return false;
  Ref name = decode_utf8(line, "strict");
  return name && push(find_class(u_, module, name));
}

bool Loader::load_stack_global() {
  Ref name = pop(), module = name ? pop() : Ref{};
  if (!module || !is_exact_str(name) || !is_exact_str(module)) {
    if (error_occurred()) clear_error();
    return error("STACK_GLOBAL requires str");
  }
  return push(find_class(u_, module, name));
}

bool Loader::load_extension(int size_bytes) {
  Py_ssize_t word;
  if (!read_size(size_bytes, &word)) return false;
  int64_t code = size_bytes == 4 ? static_cast<int32_t>(word) : word;
  if (code <= 0) return error("EXT specifies code <= 0");
  Value found;
  int r = dict_lookup(state->extension_cache, Value::from_int(code), &found);
  if (r < 0) return false;
  if (r) return push(Ref::copy(found));
  r = dict_lookup(state->inverted_registry, Value::from_int(code), &found);
  if (r < 0) return false;
  if (!r) return raise(PyExc_ValueError, "unregistered extension code %ld", code);
  Ref pair = Ref::copy(found);
  if (!is_tuple(pair) || tuple_size(pair) != 2 || !is_str(tuple_get(pair, 0)) || !is_str(tuple_get(pair, 1))) {
    return raise(PyExc_ValueError, "_inverted_registry[%ld] isn't a 2-tuple of strings", code);
  }
  Ref object = find_class(u_, tuple_get(pair, 0), tuple_get(pair, 1));
  return object && dict_set(state->extension_cache, Value::from_int(code), object) && push(std::move(object));
}

bool Loader::load_persistent(bool binary) {
  if (!u_->persistent_load) {
    return error("A load persistent id instruction was encountered,\nbut no persistent_load function was specified.");
  }
  Ref id;
  if (binary) {
    id = pop();
  } else {
    const char* data;
    Py_ssize_t n = unpickler_read_line(u_, &data);
    if (n < 0) return false;
    id = decode_ascii({data, static_cast<size_t>(n - 1)}, "strict");
    if (!id && error_matches(PyExc_UnicodeDecodeError)) {
      clear_error();
      return error("persistent IDs in protocol 0 must be ASCII strings");
    }
  }
  if (!id) return false;
  Ref function = Ref::copy(u_->persistent_load);
  return push(u_->persistent_load_self ? call(function, {Value{u_->persistent_load_self}, id}) : call1(function, id));
}

bool Loader::load_reduce() {
  Ref args = pop(), function = args ? pop() : Ref{};
  if (!function) return false;
  if (!is_tuple(args)) return raise(PyExc_TypeError, "argument list must be a tuple");
  return push(call_tuple_dict(function, args, {}));
}

// Attributes of an instance, whose names are interned as those in source text are.
bool Loader::set_attributes(Value object, Value attributes) {
  Ref dict;
  TypeExtra* e = extra(type_of(object));
  bool direct = e->shape_offset && !(shape_word(object.object(), e->shape_offset) & kDictMode) && !e->own_getattr_hook &&
                type_of(object)->tp_getattro == PyBaseObject_Type.tp_getattro && is_exact(type_lookup(type_of(object), "__dict__"_id), &PyGetSetDescr_Type);
  if (!direct) {
    dict = getattr(object, "__dict__"_id);
    if (!dict) return false;
  }
  Value key, value;
  for (Py_ssize_t i = 0; dict_next(attributes, &i, &key, &value);) {
    Ref name = Ref::copy(key), item = Ref::copy(value);
    if (is_exact_str(name)) {
      name = intern(std::move(name));
      if (!name) return false;
    } else if (direct) {
      dict = getattr(object, "__dict__"_id);
      if (!dict) return false;
      direct = false;
    }
    if (direct ? !instance_set(object.object(), name.object(), item) : !set_item(dict, name, item)) return false;
  }
  return true;
}

bool Loader::load_build() {
  if (!has(2)) return false;
  Ref attributes = pop(), object = Ref::copy(top()), setter, slots;
  if (lookup_attr(object, "__setstate__"_id, &setter) < 0) return false;
  if (setter) return static_cast<bool>(call1(setter, attributes));
  if (is_exact_tuple(attributes) && tuple_size(attributes) == 2) {
    Ref pair = std::move(attributes);
    attributes = Ref::copy(tuple_get(pair, 0));
    slots = Ref::copy(tuple_get(pair, 1));
  }
  if (!is_none(attributes)) {
    if (!is_dict(attributes)) return error("state is not a dictionary");
    if (!set_attributes(object, attributes)) return false;
  }
  if (slots) {
    if (!is_dict(slots)) return error("slot state is not a dictionary");
    Value key, value;
    for (Py_ssize_t i = 0; dict_next(slots, &i, &key, &value);) {
      Ref name = Ref::copy(key), item = Ref::copy(value);
      if (!is_str(name)) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(name)->tp_name);
      if (!setattr(object, name.object(), item)) return false;
    }
  }
  return true;
}

// --- The rest --------------------------------------------------------------------------------------------------------------------------

bool Loader::load_pop() {
  // A mark on top is popped as well.
  if (u_->mark_count > 0 && u_->marks[u_->mark_count - 1] == u_->stack_size) return pop_mark() >= 0;
  return static_cast<bool>(pop());
}

bool Loader::load_get(size_t index) {
  if (ADDER_LIKELY(index < u_->memo_size && u_->memo[index])) return push(Ref::copy(u_->memo[index]));
  return raise(state->unpickling_error.object(), "Memo value not found at index %ld", static_cast<long>(index));
}
bool Loader::load_get_line() {
  std::string_view line;
  if (!read_line(&line)) return false;
  Ref key = parse_int(line, std::string(line) + "\n");
  Py_ssize_t index;
  return key && as_ssize(key, &index) && load_get(static_cast<size_t>(index));
}
bool Loader::load_put(size_t index) { return has(1) && unpickler_memo_put(u_, index, top()); }
bool Loader::load_put_line() {
  std::string_view line;
  if (!read_line(&line) || !has(1)) return false;
  Ref key = parse_int(line, std::string(line) + "\n");
  Py_ssize_t index;
  if (!key || !as_ssize(key, &index)) return false;
  if (index < 0) return raise(PyExc_ValueError, "negative PUT argument");
  return load_put(static_cast<size_t>(index));
}

// A frame only promises that so many bytes follow.
bool Loader::load_frame() {
  Py_ssize_t n;
  if (!read_size(8, &n)) return false;
  if (n < 0) return raise(PyExc_OverflowError, "FRAME length exceeds system's maximum of %zd bytes", PY_SSIZE_T_MAX);
  if (!read(n)) return false;
  u_->position -= n;
  return true;
}

bool Loader::load_protocol() {
  const char* at = read(1);
  if (!at) return false;
  int protocol = static_cast<uint8_t>(*at);
  if (protocol > kHighestProtocol) return raise(PyExc_ValueError, "unsupported pickle protocol: %d", protocol);
  u_->protocol = protocol;
  return true;
}

bool Loader::invalid_key(uint8_t key) {
  if (key >= 0x20 && key < 0x7F && key != '\'' && key != '\\') {
    return raise(state->unpickling_error.object(), "invalid load key, '%c'.", static_cast<int>(key));
  }
  char text[40];
  snprintf(text, sizeof text, "invalid load key, '\\x%02x'.", key);
  return error(text);
}

Ref Loader::run() {
  u_->mark_count = 0;
  u_->fence = 0;
  u_->protocol = 0;
  drop_to(0);
  Py_ssize_t n;
  while (true) {
    const char* code = read(1);
    if (!code) {
      if (!error_matches(state->unpickling_error.object())) return {};
      clear_error();
      return raise(PyExc_EOFError, "Ran out of input");
    }
    bool ok;
    switch (static_cast<uint8_t>(*code)) {
      case kNone: ok = push(none_ref()); break;
      case kNewTrue: ok = push(bool_ref(true)); break;
      case kNewFalse: ok = push(bool_ref(false)); break;
      case kBinInt: ok = read_size(4, &n) && push(Ref::from_int(static_cast<int32_t>(n))); break;
      case kBinInt1: ok = read_size(1, &n) && push(Ref::from_int(n)); break;
      case kBinInt2: ok = read_size(2, &n) && push(Ref::from_int(n)); break;
      case kInt: ok = load_int(); break;
      case kLong: ok = load_long(); break;
      case kLong1: ok = load_counted_long(1); break;
      case kLong4: ok = load_counted_long(4); break;
      case kFloat: ok = load_float(); break;
      case kBinFloat: {
        const char* at = read(8);
        uint64_t word = 0;
        if (at) memcpy(&word, at, 8);
        ok = at && push(Ref::from_double(std::bit_cast<double>(__builtin_bswap64(word))));
        break;
      }
      case kShortBinBytes: ok = load_counted_bytes(1); break;
      case kBinBytes: ok = load_counted_bytes(4); break;
      case kBinBytes8: ok = load_counted_bytes(8); break;
      case kByteArray8: ok = load_bytearray(); break;
      case kNextBuffer: ok = load_buffer(); break;
      case kReadOnlyBuffer: ok = load_readonly(); break;
      case kShortBinString: ok = load_counted_string(1); break;
      case kBinString: ok = load_counted_string(4); break;
      case kString: ok = load_string(); break;
      case kUnicode: ok = load_unicode(); break;
      case kShortBinUnicode: ok = load_counted_unicode(1); break;
      case kBinUnicode: ok = load_counted_unicode(4); break;
      case kBinUnicode8: ok = load_counted_unicode(8); break;
      case kEmptyTuple: ok = push(tuple_empty()); break;
      case kTuple1: ok = load_small_tuple(1); break;
      case kTuple2: ok = load_small_tuple(2); break;
      case kTuple3: ok = load_small_tuple(3); break;
      case kTuple:
        n = pop_mark();
        ok = n >= 0 && push(pop_tuple(n));
        break;
      case kEmptyList: ok = push(list_new()); break;
      case kList: ok = load_list(); break;
      case kEmptyDict: ok = push(dict_new()); break;
      case kDict: ok = load_dict(); break;
      case kEmptySet: ok = push(set_new({})); break;
      case kAddItems: ok = load_add_items(); break;
      case kFrozenSet: ok = load_frozenset(); break;
      case kObj: ok = load_obj(); break;
      case kInst: ok = load_inst(); break;
      case kNewObj: ok = load_new(false); break;
      case kNewObjEx: ok = load_new(true); break;
      case kGlobal: ok = load_global(); break;
      case kStackGlobal: ok = load_stack_global(); break;
      case kAppend: ok = load_append(u_->stack_size - 1); break;
      case kAppends:
        n = pop_mark();
        ok = n >= 0 && load_append(n);
        break;
      case kBuild: ok = load_build(); break;
      case kDup: ok = has(1) && push(Ref::copy(top())); break;
      case kBinGet: ok = read_size(1, &n) && load_get(static_cast<size_t>(n)); break;
      case kLongBinGet: ok = read_size(4, &n) && load_get(static_cast<size_t>(n)); break;
      case kGet: ok = load_get_line(); break;
      case kMark: ok = mark(); break;
      case kBinPut: ok = read_size(1, &n) && load_put(static_cast<size_t>(n)); break;
      case kLongBinPut: ok = read_size(4, &n) && load_put(static_cast<size_t>(n)); break;
      case kPut: ok = load_put_line(); break;
      case kMemoize: ok = load_put(u_->memo_used); break;
      case kPop: ok = load_pop(); break;
      case kPopMark:
        n = pop_mark();
        ok = n >= 0;
        if (ok) drop_to(n);
        break;
      case kSetItem: ok = load_set_items(u_->stack_size - 2); break;
      case kSetItems:
        n = pop_mark();
        ok = n >= 0 && load_set_items(n);
        break;
      case kPersId: ok = load_persistent(false); break;
      case kBinPersId: ok = load_persistent(true); break;
      case kReduce: ok = load_reduce(); break;
      case kProto: ok = load_protocol(); break;
      case kFrame: ok = load_frame(); break;
      case kExt1: ok = load_extension(1); break;
      case kExt2: ok = load_extension(2); break;
      case kExt4: ok = load_extension(4); break;
      case kStop: {
        Ref value = pop();
        return value && (!u_->read || unpickler_skip_consumed(u_)) ? std::move(value) : Ref{};
      }
      default: ok = invalid_key(static_cast<uint8_t>(*code));
    }
    if (ADDER_UNLIKELY(!ok)) return {};
  }
}

}  // namespace

Ref load(Unpickler* u) { return Loader(u).run(); }

}  // namespace adder::pickle
