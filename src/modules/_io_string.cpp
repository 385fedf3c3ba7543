// StringIO: a text stream in memory, held in characters as wide as the widest one written so far.
#include <cstring>
#include "memory/gc.h"
#include "modules/io.h"
#include "object/str_impl.h"
#include "object/word_bytes.h"

namespace adder::io {

ADDER_TYPE(stringio_type);

namespace {

struct StringIo : IoBase {
  void* data;
  int kind;  // bytes of a character: 1, 2, 4; 0 before anything is written
  Py_ssize_t size, capacity, pos;
  bool ok, closed, read_universal, read_translate;
  NewlineState newline_state;
  PyObject* read_newline;   // str or null
  PyObject* write_newline;  // str or null: \n stays
};
inline StringIo* self_of(Value v) { return v.as<StringIo>(); }

bool check_open(StringIo* s) {
  if (!s->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  return !s->closed || raise(PyExc_ValueError, "I/O operation on closed file");
}
size_t bytes_of(const StringIo* s, Py_ssize_t n) { return static_cast<size_t>(n) * static_cast<size_t>(s->kind); }
// Room for n characters of that kind. What is written first gets just its room: often nothing follows.
bool reserve(StringIo* s, Py_ssize_t n, int kind) {
  if (n <= s->capacity && kind <= s->kind) return true;
  if (n > PY_SSIZE_T_MAX / 16) return raise(PyExc_OverflowError, "new buffer size too large");
  Py_ssize_t capacity = n <= s->capacity ? s->capacity : s->capacity == 0 ? n : n + (n >> 2) + 64;
  if (kind <= s->kind) {
    void* p = object_realloc(s->data, bytes_of(s, capacity));
    if (!p) return raise_no_memory();
    s->data = p;
  } else {
    void* p = object_malloc(static_cast<size_t>(capacity) * static_cast<size_t>(kind));
    if (!p) return raise_no_memory();
    if (s->data) {
      copy_chars(kind, p, 0, s->kind, s->data, 0, s->size);
      object_free(s->data);
    }
    s->data = p;
    s->kind = kind;
  }
  s->capacity = capacity;
  return true;
}
bool write_text(StringIo* s, Value text) {
  Ref held = Ref::copy(text);
  if (s->read_universal) {
    held = decode_newlines(s->newline_state, std::move(held), s->read_translate, true);
    if (!held) return false;
  }
  if (s->write_newline) {
    Ref lf = str_from_char('\n');
    held = str_replace(held, lf, Value{s->write_newline}, -1);
    if (!held) return false;
  }
  Py_ssize_t n = str_length(held);
  if (n == 0) return true;
  if (s->pos > PY_SSIZE_T_MAX - n) return raise(PyExc_OverflowError, "new position too large");
  Py_ssize_t end = s->pos + n;
  if (!reserve(s, end, str_kind(held))) return false;
  if (s->pos > s->size) memset(static_cast<char*>(s->data) + bytes_of(s, s->size), 0, bytes_of(s, s->pos - s->size));
  copy_str(s->kind, s->data, s->pos, held);
  s->pos = end;
  if (end > s->size) s->size = end;
  return true;
}
Ref text_of(StringIo* s, Py_ssize_t start, Py_ssize_t n) {
  return n <= 0 ? str_empty() : str_from_kind(s->kind, char_pointer(s->kind, s->data, start), n);
}

Ref m_read(Value self, const Value* a) {
  StringIo* s = self_of(self);
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(s)) return {};
  Py_ssize_t have = s->pos < s->size ? s->size - s->pos : 0;
  if (n < 0 || n > have) n = have;
  Ref r = text_of(s, s->pos, n);
  if (r) s->pos += n;
  return r;
}
Ref read_line(StringIo* s, Py_ssize_t limit) {
  Py_ssize_t start = s->pos, n = s->size, end = -1;
  if (start >= n) return str_empty();
  const char* rest = char_pointer(s->kind, s->data, start);
  if (s->read_translate || (!s->read_universal && str_equals(Value{s->read_newline}, "\n"))) {
    Py_ssize_t i = find_char(s->kind, rest, n - start, '\n');
    if (i >= 0) end = start + i + 1;
  } else if (s->read_universal) {
    end = on_kind(s->kind, s->data, [&](auto* p) -> Py_ssize_t {
      Py_ssize_t i = start;
      if constexpr (sizeof *p == 1) {
        for (uint64_t w; i + 8 <= n; i += 8) {
          memcpy(&w, p + i, 8);
          if (uint64_t hits = bytes_equal(w, '\n') | bytes_equal(w, '\r')) {
            i += __builtin_ctzll(hits) / 8;
            break;
          }
        }
      }
      for (; i < n; i++) {
        if (p[i] == '\n') return i + 1;
        if (p[i] == '\r') return i + 1 < n && p[i + 1] == '\n' ? i + 2 : i + 1;
      }
      return -1;
    });
  } else {
    Value nl{s->read_newline};
    Widened w(nl, s->kind);
    if (!w.ok()) return {};
    Py_ssize_t i = find_chars(s->kind, rest, n - start, w.data(), str_length(nl));
    if (i >= 0) end = start + i + str_length(nl);
  }
  if (end < 0) end = n;
  if (limit >= 0 && end - start > limit) end = start + limit;
  Ref r = text_of(s, start, end - start);
  if (r) s->pos = end;
  return r;
}
Ref m_readline(Value self, const Value* a) {
  Py_ssize_t n = -1;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(self_of(self))) return {};
  return read_line(self_of(self), n);
}
Ref slot_next(Value self) {
  StringIo* s = self_of(self);
  if (!check_open(s)) return {};
  Ref line;
  if (is_exact(self, &stringio_type)) {
    line = read_line(s, -1);
  } else {
    line = call_method(self, "readline"_id);
    if (line && !is_str(line)) return raise(PyExc_OSError, "readline() should have returned a str object, not '%N'", type_of(line));
  }
  if (!line || str_length(line) == 0) return {};
  return line;
}
Ref m_write(Value self, Value text) {
  StringIo* s = self_of(self);
  if (!s->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  if (!is_str(text)) return raise(PyExc_TypeError, "string argument expected, got '%N'", type_of(text));
  if (!check_open(s)) return {};
  Py_ssize_t n = str_length(text);
  if (n > 0 && !write_text(s, text)) return {};
  return Ref::from_int(n);
}
Ref m_tell(Value self) {
  if (!check_open(self_of(self))) return {};
  return int_from_ssize(self_of(self)->pos);
}
Ref m_truncate(Value self, const Value* a) {
  StringIo* s = self_of(self);
  Py_ssize_t n = s->pos;
  if (!optional_size(a[0], &n)) return {};
  if (!check_open(s)) return {};
  if (n < 0) return raise(PyExc_ValueError, "Negative size value %zd", n);
  if (n < s->size) s->size = n;
  return int_from_ssize(n);
}
Ref m_seek(Value self, const Value* a) {
  StringIo* s = self_of(self);
  Py_ssize_t pos;
  int whence = 0;
  if (!as_ssize(a[0], &pos) || (a[1] && !as_int(a[1], &whence)) || !check_open(s)) return {};
  if (whence != 0 && whence != 1 && whence != 2) return raise(PyExc_ValueError, "Invalid whence (%i, should be 0, 1 or 2)", whence);
  if (pos < 0 && whence == 0) return raise(PyExc_ValueError, "Negative seek position %zd", pos);
  if (whence != 0 && pos != 0) return raise(PyExc_OSError, "Can't do nonzero cur-relative seeks");
  if (whence == 1) pos = s->pos;
  else if (whence == 2) pos = s->size;
  s->pos = pos;
  return int_from_ssize(pos);
}
Ref m_getvalue(Value self) {
  StringIo* s = self_of(self);
  if (!check_open(s)) return {};
  return text_of(s, 0, s->size);
}
Ref m_close(Value self) {
  StringIo* s = self_of(self);
  s->closed = true;
  if (s->data) object_free(s->data);
  s->data = nullptr;
  s->size = s->capacity = s->kind = 0;
  return none_ref();
}
Ref m_true(Value self) {
  if (!check_open(self_of(self))) return {};
  return bool_ref(true);
}
Ref get_closed(Value self) {
  if (!self_of(self)->ok) return raise(PyExc_ValueError, "I/O operation on uninitialized object");
  return bool_ref(self_of(self)->closed);
}
Ref get_line_buffering(Value self) {
  if (!check_open(self_of(self))) return {};
  return bool_ref(false);
}
Ref get_newlines(Value self) {
  if (!check_open(self_of(self))) return {};
  if (!self_of(self)->read_universal) return none_ref();
  return newlines_seen(self_of(self)->newline_state.seen);
}

bool init_with(Value self, Value initial, Value newline) {
  StringIo* s = self_of(self);
  if (!is_none(newline) && !is_str(newline)) return raise(PyExc_TypeError, "newline must be str or None, not %.200s", type_of(newline)->tp_name);
  if (!is_none(newline) && !str_equals(newline, "") && !str_equals(newline, "\n") && !str_equals(newline, "\r") && !str_equals(newline, "\r\n"))
    return raise(PyExc_ValueError, "illegal newline value: %R", newline);
  if (!is_none(initial) && !is_str(initial))
    return raise(PyExc_TypeError, "initial_value must be str or None, not %.200s", type_of(initial)->tp_name);
  s->ok = false;
  PyObject *old_read = s->read_newline, *old_write = s->write_newline;
  bool none_given = is_none(newline), empty = !none_given && str_length(newline) == 0;
  s->read_newline = none_given ? nullptr : Ref::copy(newline).release().object();
  s->read_universal = none_given || empty;
  s->read_translate = none_given;
  s->write_newline = !none_given && str_length(newline) > 0 && str_char(newline, 0) == '\r' ? Ref::copy(newline).release().object() : nullptr;
  if (old_read) adder::decref(old_read);
  if (old_write) adder::decref(old_write);
  s->newline_state = {};
  s->size = s->pos = 0;
  s->closed = false;
  if (!is_none(initial) && !write_text(s, initial)) return false;
  s->pos = 0;
  s->ok = true;
  return true;
}
bool stringio_init(Value self, Args args) {
  static const char* const names[] = {"initial_value", "newline"};
  Value a[2] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 2) return raise(PyExc_TypeError, "StringIO() takes at most 2 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = str_equals(name, names[0]) ? 0 : str_equals(name, names[1]) ? 1 : -1;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for StringIO()", name);
    a[at] = args.v[args.n + k];
  }
  Ref lf = str_from_char('\n');
  return init_with(self, a[0] ? a[0] : none(), a[1] ? a[1] : lf.get());
}
Ref stringio_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }

Ref m_getstate(Value self) {
  StringIo* s = self_of(self);
  Ref value = m_getvalue(self);
  if (!value) return {};
  Ref dict = s->dict ? dict_copy(Value{s->dict}) : none_ref();
  if (!dict) return {};
  return tuple_of({value, s->read_newline ? Value{s->read_newline} : none(), Value::from_int(s->pos), dict});
}
Ref m_setstate(Value self, Value state) {
  StringIo* s = self_of(self);
  if (s->closed) return raise(PyExc_ValueError, "I/O operation on closed file");
  if (!is_tuple(state) || tuple_size(state) < 4)
    return raise(PyExc_TypeError, "%.200s.__setstate__ argument should be 4-tuple, got %.200s", type_of(self)->tp_name, type_of(state)->tp_name);
  Value initial = tuple_get(state, 0), newline = tuple_get(state, 1), position = tuple_get(state, 2), dict = tuple_get(state, 3);
  if (!init_with(self, none(), newline)) return {};
  if (!is_str(initial)) return raise(PyExc_TypeError, "initial_value must be str or None, not %.200s", type_of(initial)->tp_name);
  // The value had its newlines translated when it was written.
  Py_ssize_t n = str_length(initial);
  if (n > 0) {
    if (!reserve(s, n, str_kind(initial))) return {};
    copy_str(s->kind, s->data, 0, initial);
  }
  s->size = n;
  if (!is_int(position)) return raise(PyExc_TypeError, "third item of state must be an integer, got %.200s", type_of(position)->tp_name);
  Py_ssize_t pos;
  if (!as_ssize(position, &pos)) return {};
  if (pos < 0) return raise(PyExc_ValueError, "position value cannot be negative");
  s->pos = pos;
  if (!is_none(dict)) {
    if (!is_dict(dict)) return raise(PyExc_TypeError, "fourth item of state should be a dict, got a %.200s", type_of(dict)->tp_name);
    Ref own = instance_dict(self);
    if (!own || !dict_merge(own, dict, 1)) return {};
  }
  return none_ref();
}

void stringio_dealloc(PyObject* o) {
  auto* s = reinterpret_cast<StringIo*>(o);
  gc_untrack(o);
  s->ok = false;
  clear_stream(s);
  if (s->data) object_free(s->data);
  if (s->read_newline) adder::decref(s->read_newline);
  if (s->write_newline) adder::decref(s->write_newline);
  Py_TYPE(o)->tp_free(o);
}
int stringio_traverse(PyObject* o, visitproc visit, void* arg) { return traverse_stream(reinterpret_cast<IoBase*>(o), visit, arg); }
int stringio_clear(PyObject* o) {
  auto* s = reinterpret_cast<IoBase*>(o);
  PyObject* d = s->dict;
  s->dict = nullptr;
  if (d) adder::decref(d);
  return 0;
}

const MethodRow stringio_methods[] = {
    method<m_close>("close", "($self, /)", "Close the IO object."),
    method<m_getvalue>("getvalue", "($self, /)", "Retrieve the entire contents of the object."),
    method<m_read>("read", "($self, size=-1, /)", "Read at most size characters, returned as a string."),
    method<m_readline>("readline", "($self, size=-1, /)", "Read until newline or EOF."),
    method<m_tell>("tell", "($self, /)", "Tell the current file position."),
    method<m_truncate>("truncate", "($self, pos=None, /)", "Truncate size to pos."),
    method<m_seek>("seek", "($self, pos, whence=0, /)", "Change stream position."),
    method<m_write>("write", "($self, s, /)", "Write string to file."),
    method<m_true>("seekable", "($self, /)", "Returns True if the IO object can be seeked."),
    method<m_true>("readable", "($self, /)", "Returns True if the IO object can be read."),
    method<m_true>("writable", "($self, /)", "Returns True if the IO object can be written."),
    method<m_getstate>("__getstate__", "", nullptr),
    method<m_setstate>("__setstate__", "", nullptr),
    {}};
const GetSetRow stringio_getset[] = {getset<get_closed>("closed"), getset<get_newlines>("newlines"), getset<get_line_buffering>("line_buffering"), {}};

}  // namespace

extern const TypeDef stringio_def = {
    .type = &stringio_type,
    .name = "_io.StringIO",
    .basicsize = sizeof(StringIo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "Text I/O implementation using an in-memory buffer.",
    .signature = "(initial_value='', newline='\\n')",
    .base = &textiobase_type,
    .dealloc = &stringio_dealloc,
    .traverse = &stringio_traverse,
    .clear = &stringio_clear,
    .weaklistoffset = offsetof(IoBase, weaklist),
    .dictoffset = offsetof(IoBase, dict),
    .slots = {.tp_iternext = slot::Next<slot_next>, .tp_init = slot::Init<stringio_init>, .tp_new = slot::New<stringio_new>},
    .methods = stringio_methods,
    .getset = stringio_getset,
};

}  // namespace adder::io
