// adder/embed.hpp: values on their way between C++ and Python. Numbers that fit a word cross without the lock.
#include "object/buffer.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/float.h"
#include "object/int.h"
#include "object/object.h"
#include "object/module.h"
#include "object/str.h"
#include "runtime/embed_room.h"

namespace adder::embed::detail {

namespace {

// Runs `make` inside; what it gives, as a word of that interpreter.
template <class F>
Word made(Room* room, F make) {
  Entry entry(room);
  return entry.running() ? out(entry.room(), make()) : Word{};
}
template <class F>
bool done(Room* room, F f) {
  Entry entry(room);
  return entry.running() && f();
}
// An empty Object stands for a failure that was told already, unless nothing failed.
bool present(Word w, Room* room) {
  if (w.bits) return true;
  if (!room->error && !error_occurred()) (void)adder::raise(PyExc_ValueError, "an empty Object was used");
  return false;
}
bool all_present(const Object* items, size_t count, Room* room) {
  for (size_t i = 0; i < count; i++) {
    if (!present(items[i].word(), room)) return false;
  }
  return true;
}
bool text_of(Value v, std::string* s) {
  if (!is_str(v)) return adder::raise(PyExc_TypeError, "expected str, not %.200s", type_of(v)->tp_name);
  std::string_view utf8 = str_utf8(v);
  if (!utf8.data()) return false;
  s->assign(utf8);
  return true;
}
bool all_items(Ref list, Room* room, std::vector<Object>* items) {
  if (!list) return false;
  for (Py_ssize_t i = 0; i < list_size(list); i++) items->push_back(Object::adopt(out(room, Ref::copy(list_get(list, i)))));
  return true;
}

}  // namespace

Word from_int(int64_t v) {
  if (v >= -(int64_t{1} << 49) && v < int64_t{1} << 49) return {Value::from_int(v).bits, nullptr};
  return made(nullptr, [&] { return int_from_i64(v); });
}
Word from_unsigned(uint64_t v) {
  if (v < uint64_t{1} << 49) return {Value::from_int(static_cast<int64_t>(v)).bits, nullptr};
  return made(nullptr, [&] { return int_from_u64(v); });
}
Word from_double(double v) { return {Value::from_double(v).bits, nullptr}; }
Word from_bool(bool v) { return {boolean(v).bits, nullptr}; }  // no count: the objects are static
Word from_none() { return {none().bits, nullptr}; }
Word from_text(std::string_view utf8) { return made(nullptr, [&] { return str_from_utf8(utf8); }); }
Word from_bytes(const void* data, size_t size) {
  return made(nullptr, [&] { return bytes_new(std::string_view(static_cast<const char*>(data), size)); });
}
Word from_list(const Object* items, size_t count) {
  Entry entry(nullptr);
  if (!entry.running() || !all_present(items, count, entry.room())) return {};
  Ref list = list_new();
  for (size_t i = 0; list && i < count; i++) {
    if (!list_append(list, in(items[i].word()))) return {};
  }
  return out(entry.room(), std::move(list));
}
Word from_tuple(const Object* items, size_t count) {
  Entry entry(nullptr);
  if (!entry.running() || !all_present(items, count, entry.room())) return {};
  std::vector<Value> values;
  for (size_t i = 0; i < count; i++) values.push_back(in(items[i].word()));
  return out(entry.room(), tuple_from(values.data(), static_cast<Py_ssize_t>(count)));
}
Word from_pairs(const Object* pairs, size_t count) {
  Entry entry(nullptr);
  if (!entry.running() || !all_present(pairs, 2 * count, entry.room())) return {};
  Ref dict = dict_new();
  for (size_t i = 0; dict && i < count; i++) {
    if (!dict_set(dict, in(pairs[2 * i].word()), in(pairs[2 * i + 1].word()))) return {};
  }
  return out(entry.room(), std::move(dict));
}

// Counts change only under the lock; numbers have none, nor have the static objects made without a room.
Word copy(Word w) {
  if (!w.room || !in(w).is_object()) return w;
  if (Entry::here() == w.room) {
    incref(in(w));
  } else {
    Entry entry(w.room);
    incref(in(w));
  }
  return w;
}
void release(Word w) {
  if (!w.room || !in(w).is_object()) return;
  if (Entry::here() == w.room) return decref(in(w));
  Entry entry(w.room);
  decref(in(w));
}

Word attribute(Word object, std::string_view name) {
  if (!object.bits) return {};
  return made(object.room, [&] {
    Ref key = intern(name);
    return key ? getattr(in(object), key.object()) : Ref{};
  });
}
bool set_attribute(Word object, std::string_view name, Word value) {
  return object.bits && done(object.room, [&] {
    Ref key = present(value, Entry::here()) ? intern(name) : Ref{};
    return key && setattr(in(object), key.object(), in(value));
  });
}
Word call(Word callable, const Object* arguments, size_t count, const std::string_view* names, size_t named) {
  if (!callable.bits) return {};
  Entry entry(callable.room);
  if (!entry.running() || !all_present(arguments, count + named, entry.room())) return {};
  Value few[8];
  std::vector<Value> many;
  Value* values = few;
  if (count + named > std::size(few)) {
    many.resize(count + named);
    values = many.data();
  }
  for (size_t i = 0; i < count + named; i++) values[i] = in(arguments[i].word());
  Ref keywords;
  if (named) {
    std::vector<Ref> keys;
    std::vector<Value> borrowed;
    for (size_t i = 0; i < named; i++) {
      keys.push_back(intern(names[i]));
      if (!keys.back()) return {};
      borrowed.push_back(keys.back());
    }
    keywords = tuple_from(borrowed.data(), static_cast<Py_ssize_t>(named));
    if (!keywords) return {};
  }
  return out(entry.room(), adder::call(in(callable), Args{values, count, keywords.object()}));
}
Word item(Word container, Word key) {
  if (!container.bits) return {};
  return made(container.room, [&] { return present(key, Entry::here()) ? get_item(in(container), in(key)) : Ref{}; });
}
bool set_item(Word container, Word key, Word value) {
  return container.bits && done(container.room, [&] {
    return present(key, Entry::here()) && present(value, Entry::here()) && adder::set_item(in(container), in(key), in(value));
  });
}

bool to_int(Word w, int64_t* v) {
  if (in(w).is_int()) {
    *v = in(w).as_int();
    return true;
  }
  return w.bits && done(w.room, [&] { return as_i64(in(w), v); });
}
bool to_unsigned(Word w, uint64_t* v) {
  return w.bits && done(w.room, [&] {
    Ref whole = index(in(w));
    return whole && int_as_u64(whole, v);
  });
}
bool to_double(Word w, double* v) {
  if (in(w).is_float()) {
    *v = in(w).as_float();
    return true;
  }
  return w.bits && done(w.room, [&] { return as_double(in(w), v); });
}
bool to_text(Word w, std::string* v) {
  return w.bits && done(w.room, [&] { return text_of(in(w), v); });
}
bool to_bytes(Word w, std::string* v) {
  return w.bits && done(w.room, [&] {
    Py_buffer view;
    PyObject* o = to_c(in(w));
    bool got = buffer_get(o, &view, PyBUF_SIMPLE);
    if (got) {
      v->assign(static_cast<char*>(view.buf), static_cast<size_t>(view.len));
      buffer_release(&view);
    }
    Py_DECREF(o);
    return got;
  });
}
bool to_items(Word w, std::vector<Object>* items) {
  return w.bits && done(w.room, [&] { return all_items(to_list(in(w)), Entry::here(), items); });
}
bool to_pairs(Word w, std::vector<Object>* items) {
  return w.bits && done(w.room, [&] {
    Ref dict = dict_new();
    if (!dict || !dict_merge(dict, in(w), 1)) return false;
    Py_ssize_t at = 0;
    Value key, value;
    while (dict_next(dict, &at, &key, &value)) {
      items->push_back(Object::adopt(out(Entry::here(), Ref::copy(key))));
      items->push_back(Object::adopt(out(Entry::here(), Ref::copy(value))));
    }
    return true;
  });
}
bool to_display(Word w, std::string* v) {
  return w.bits && done(w.room, [&] {
    Ref text = repr(in(w));
    return text && text_of(text, v);
  });
}
bool is_none(Word w) { return w.bits && adder::is_none(in(w)); }
int truth(Word w) {
  if (!w.bits) return -1;
  Entry entry(w.room);
  return entry.running() ? is_true(in(w)) : -1;
}
int64_t length(Word w) {
  if (!w.bits) return -1;
  Entry entry(w.room);
  return entry.running() ? adder::length(in(w)) : -1;
}

bool fail(Room* room, const char* type, std::string_view message) {
  Entry entry(room);
  if (!entry.running()) return false;
  Value c = dict_get_str(Value{as_module(the_interpreter->builtins)->dict}, intern(type).object());
  const bool is_class = c && c.is_object() && PyExceptionClass_Check(c.object());
  Ref text = str_from_utf8(message);
  return text && raise_value(is_class ? c.object() : PyExc_RuntimeError, text);
}
bool failed() {
  Room* room = Entry::here();
  return room && (error_occurred() || room->error);
}

}  // namespace adder::embed::detail
