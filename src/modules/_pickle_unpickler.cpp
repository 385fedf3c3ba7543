// Unpickler objects: their input (a buffer, or a file read ahead where it allows), their memo, their attributes,
// find_class. What is made of the input is _pickle_load.cpp's.
#include <cstring>
#include "memory/gc.h"
#include "modules/_pickle.h"
#include "modules/sys.h"
#include "object/arguments.h"
#include "object/bytes.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/str.h"

namespace adder::pickle {

Failure truncated() { return raise(state->unpickling_error.object(), "pickle data was truncated"); }

// --- Input ----------------------------------------------------------------------------------------------------------------

namespace {

constexpr size_t kMemoMinimum = 32;

void replace(PyObject*& field, PyObject* with) {
  PyObject* old = field;
  field = with;
  if (old) adder::decref(old);
}

void release_input(Unpickler* u) {
  u->position = u->prefetched = 0;
  if (u->buffer.obj) PyBuffer_Release(&u->buffer);
  u->buffer.buf = nullptr;
  u->buffer.len = 0;
}

Py_ssize_t read_from_file(Unpickler* u, Value call_result) {
  if (!call_result || !unpickler_set_input(u, call_result)) return -1;
  u->prefetched = u->buffer.len;
  return u->buffer.len;
}

}  // namespace

bool unpickler_set_input(Unpickler* u, Value v) {
  if (!v.is_object()) return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", type_of(v)->tp_name);
  Py_buffer fresh{};
  if (PyObject_GetBuffer(v.object(), &fresh, PyBUF_CONTIG_RO) < 0) return false;
  release_input(u);
  u->buffer = fresh;
  return true;
}

// Tells the file what has been used of the bytes that were only peeked at.
bool unpickler_skip_consumed(Unpickler* u) {
  Py_ssize_t consumed = u->position - u->prefetched;
  if (consumed <= 0) return true;
  Ref read = Ref::copy(u->read), r = read ? call1(read, Value::from_int(consumed)) : Ref{};
  if (!r) return false;
  u->prefetched = u->position;
  return true;
}

Py_ssize_t unpickler_read_slow(Unpickler* u, const char** data, Py_ssize_t n) {
  *data = nullptr;
  if (u->position > PY_SSIZE_T_MAX - n) return raise(state->unpickling_error.object(), "read would overflow (invalid bytecode)");
  if (!u->read) return truncated();
  if (!unpickler_skip_consumed(u)) return -1;
  if (n > 0 && u->peek && n < kPrefetch) {
    Ref peek = Ref::copy(u->peek), ahead = call1(peek, Value::from_int(kPrefetch));
    if (ahead) {
      if (!unpickler_set_input(u, ahead)) return -1;
      if (u->buffer.len >= n) {
        u->position = n;
        *data = u->input();
        return n;
      }
    } else if (error_matches(PyExc_NotImplementedError)) {
      clear_error();
      replace(u->peek, nullptr);
    } else {
      return -1;
    }
  }
  Ref read = Ref::copy(u->read), r = call1(read, int_from_i64(n));
  Py_ssize_t got = read_from_file(u, r);
  if (got < 0) return -1;
  if (got < n) return truncated();
  u->position = n;
  *data = u->input();
  return n;
}

Py_ssize_t unpickler_read_line(Unpickler* u, const char** line) {
  const char* at = u->input() + u->position;
  Py_ssize_t left = u->buffer.len - u->position;
  if (const void* end = left > 0 ? memchr(at, '\n', static_cast<size_t>(left)) : nullptr) {
    Py_ssize_t n = static_cast<const char*>(end) - at + 1;
    u->position += n;
    *line = at;
    return n;
  }
  if (!u->read) return truncated();
  if (!unpickler_skip_consumed(u)) return -1;
  Ref readline = Ref::copy(u->readline), r = readline ? call0(readline) : Ref{};
  Py_ssize_t n = read_from_file(u, r);
  if (n < 0) return -1;
  if (n == 0 || u->input()[n - 1] != '\n') return truncated();
  u->position = n;
  *line = u->input();
  return n;
}

bool unpickler_read_into(Unpickler* u, char* to, Py_ssize_t n) {
  if (n == 0) return true;
  Py_ssize_t at_hand = u->buffer.len - u->position;
  if (at_hand > 0) {
    Py_ssize_t k = at_hand < n ? at_hand : n;
    memcpy(to, u->input() + u->position, static_cast<size_t>(k));
    u->position += k;
    to += k;
    n -= k;
    if (n == 0) return true;
  }
  if (!u->read) return truncated();
  if (!unpickler_skip_consumed(u)) return false;
  if (!u->readinto) {
    Ref read = Ref::copy(u->read), r = call1(read, int_from_i64(n));
    if (!r) return false;
    if (!is_bytes(r)) return raise(PyExc_ValueError, "read() returned non-bytes object (%R)", r.get());
    if (bytes_length(r) < n) return truncated();
    memcpy(to, bytes_data(r), static_cast<size_t>(n));
    return true;
  }
  Ref view = from_c_steal(PyMemoryView_FromMemory(to, n, PyBUF_WRITE));
  Ref readinto = Ref::copy(u->readinto), r = view ? call1(readinto, view) : Ref{};
  Py_ssize_t got;
  if (!r || !as_ssize(r, &got)) return false;
  return got < n ? static_cast<bool>(truncated()) : true;
}

bool unpickler_set_file(Unpickler* u, Value file) {
  struct {
    PyObject* name;
    PyObject** field;
  } wanted[] = {{"peek"_id, &u->peek}, {"readinto"_id, &u->readinto}, {"read"_id, &u->read}, {"readline"_id, &u->readline}};
  for (auto& w : wanted) {
    Ref method;
    if (lookup_attr(file, w.name, &method) < 0) return false;
    replace(*w.field, method ? to_c_steal(std::move(method)) : nullptr);
  }
  if (u->read && u->readline) return true;
  for (auto& w : wanted) replace(*w.field, nullptr);
  return raise(PyExc_TypeError, "file must have 'read' and 'readline' attributes");
}

// --- The memo ---------------------------------------------------------------------------------------------------------------

bool unpickler_memo_put(Unpickler* u, size_t index, Value v) {
  if (ADDER_UNLIKELY(index >= u->memo_size)) {
    size_t size = index < kMemoMinimum ? kMemoMinimum : index * 2;
    if (index > PY_SSIZE_T_MAX / 2 / sizeof(Value)) return memory_full();
    auto* memo = static_cast<Value*>(object_realloc(u->memo, size * sizeof(Value)));
    if (!memo) return memory_full();
    memset(static_cast<void*>(memo + u->memo_size), 0, (size - u->memo_size) * sizeof(Value));
    u->memo = memo;
    u->memo_size = size;
  }
  if (!u->memo[index]) u->memo_used++;
  assign(u->memo[index], Ref::copy(v));
  return true;
}

namespace {

void clear_memo(Unpickler* u) {
  Value* memo = u->memo;
  size_t size = u->memo_size;
  u->memo = nullptr;
  u->memo_size = u->memo_used = 0;
  for (size_t i = 0; i < size; i++) adder::decref(memo[i]);
  object_free(memo);
}
bool fresh_memo(Unpickler* u) {
  clear_memo(u);
  u->memo = static_cast<Value*>(object_malloc(kMemoMinimum * sizeof(Value)));
  if (!u->memo) return memory_full();
  memset(static_cast<void*>(u->memo), 0, kMemoMinimum * sizeof(Value));
  u->memo_size = kMemoMinimum;
  return true;
}

// --- Set-up -------------------------------------------------------------------------------------------------------------------

char* keep_text(std::string_view text) {
  auto* copy = static_cast<char*>(object_malloc(text.size() + 1));
  if (!copy) return memory_full();
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  return copy;
}

bool set_up(Unpickler* u, Value fix_imports, std::string_view encoding, std::string_view errors, Value buffers) {
  int fix = fix_imports ? is_true(fix_imports) : 1;
  if (fix < 0) return false;
  u->fix_imports = fix;
  for (char** text : {&u->encoding, &u->errors}) {
    object_free(*text);
    *text = keep_text(text == &u->encoding ? encoding : errors);
    if (!*text) return false;
  }
  Ref source;
  if (buffers && !is_none(buffers)) {
    source = iter(buffers);
    if (!source) return false;
  }
  replace(u->buffers, source ? to_c_steal(std::move(source)) : nullptr);
  u->mark_count = 0;
  u->protocol = 0;
  return fresh_memo(u);
}

ADDER_TYPE(unpickler_type);
ADDER_TYPE(memo_proxy_type);
Unpickler* unpickler_of(Value v) { return v.as<Unpickler>(); }

Ref unpickler_new(PyTypeObject* type, Args) {
  return Ref::steal(allocate_instance(type));
}

}  // namespace

Ref unpickler_new_plain(Value fix_imports, std::string_view encoding, std::string_view errors, Value buffers) {
  Ref r = unpickler_new(&unpickler_type, {});
  return r && set_up(r.as<Unpickler>(), fix_imports, encoding, errors, buffers) ? std::move(r) : Ref{};
}

namespace {

bool text_argument(const char* name, Value v, const char* fallback, std::string_view* out) {
  *out = fallback;
  if (!v) return true;
  if (!is_str(v)) return raise(PyExc_TypeError, "Unpickler() argument '%s' must be str, not %.50s", name, is_none(v) ? "None" : type_of(v)->tp_name);
  *out = str_utf8(v);
  if (!out->data()) return false;
  return out->find('\0') == std::string_view::npos ? true : static_cast<bool>(raise(PyExc_ValueError, "embedded null character"));
}

bool unpickler_init(Value self, Args args) {
  Value a[5];
  std::string_view encoding, errors;
  if (!bind_arguments("Unpickler", args, {"file", "fix_imports", "encoding", "errors", "buffers"}, 1, a, 1) ||
      !text_argument("encoding", a[2], "ASCII", &encoding) || !text_argument("errors", a[3], "strict", &errors))
    return false;
  Unpickler* u = unpickler_of(self);
  release_input(u);
  return unpickler_set_file(u, a[0]) && set_up(u, a[1], encoding, errors, a[4]) &&
         bind_hook(self, "persistent_load"_id, &u->persistent_load, &u->persistent_load_self);
}

int unpickler_clear(PyObject* o) {
  auto* u = reinterpret_cast<Unpickler*>(o);
  for (PyObject** field : {&u->persistent_load, &u->read, &u->readinto, &u->readline, &u->peek, &u->buffers}) replace(*field, nullptr);
  u->persistent_load_self = nullptr;
  release_input(u);
  while (u->stack_size > 0) adder::decref(u->stack[--u->stack_size]);
  clear_memo(u);
  return 0;
}
void unpickler_dealloc(PyObject* o) {
  auto* u = reinterpret_cast<Unpickler*>(o);
  gc_untrack(o);
  unpickler_clear(o);
  object_free(u->stack);
  object_free(u->marks);
  object_free(u->encoding);
  object_free(u->errors);
  Py_TYPE(o)->tp_free(o);
}
int unpickler_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* u = reinterpret_cast<Unpickler*>(o);
  for (PyObject* field : {u->persistent_load, u->read, u->readinto, u->readline, u->peek, u->buffers, u->buffer.obj})
    if (field) ADDER_VISIT(field);
  for (Py_ssize_t i = 0; i < u->stack_size; i++) ADDER_VISIT(u->stack[i]);
  for (size_t i = 0; i < u->memo_size; i++) ADDER_VISIT(u->memo[i]);
  return 0;
}

Ref unpickler_load(Value self) {
  Unpickler* u = unpickler_of(self);
  if (!u->read) {
    return raise(state->unpickling_error.object(), "Unpickler.__init__() was not called by %s.__init__()", type_of(self)->tp_name);
  }
  return load(u);
}

// --- find_class -----------------------------------------------------------------------------------------------------------------

// Names as Python 2 had them, of pickles that it may have written.
bool map_from_python2(Ref* module, Ref* name) {
  Ref key = tuple_of({module->get(), name->get()});
  Value found;
  int r = key ? dict_lookup(state->name_mapping_2to3, key, &found) : -1;
  if (r < 0) return false;
  if (r) {
    if (!is_tuple(found) || tuple_size(found) != 2) {
      return raise(PyExc_RuntimeError, "_compat_pickle.NAME_MAPPING values should be 2-tuples, not %.200s", type_of(found)->tp_name);
    }
    Ref pair = Ref::copy(found);
    if (!is_str(tuple_get(pair, 0)) || !is_str(tuple_get(pair, 1))) {
      return raise(PyExc_RuntimeError, "_compat_pickle.NAME_MAPPING values should be pairs of str, not (%.200s, %.200s)",
                   type_of(tuple_get(pair, 0))->tp_name, type_of(tuple_get(pair, 1))->tp_name);
    }
    *module = Ref::copy(tuple_get(pair, 0));
    *name = Ref::copy(tuple_get(pair, 1));
    return true;
  }
  r = dict_lookup(state->import_mapping_2to3, *module, &found);
  if (r > 0) {
    if (!is_str(found)) return raise(PyExc_RuntimeError, "_compat_pickle.IMPORT_MAPPING values should be strings, not %.200s", type_of(found)->tp_name);
    *module = Ref::copy(found);
  }
  return r >= 0;
}

Ref find_class_here(Unpickler* u, Value module_name, Value global_name) {
  if (audit_active()) {
    Ref event = tuple_of({module_name, global_name});
    if (!event || !audit("pickle.find_class", event)) return {};
  }
  Ref module = Ref::copy(module_name), name = Ref::copy(global_name);
  if (u->protocol < 3 && u->fix_imports && !map_from_python2(&module, &name)) return {};
  if (!is_str(module)) return raise(PyExc_TypeError, "module name must be a string");
  if (!is_str(name)) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", type_of(name)->tp_name);
  Ref where = hooks.import_module(module.object()), found, parts;
  if (!where) return {};
  int r;
  if (u->protocol >= 4) {
    if (!split_path(name, where, &parts)) return {};
    r = walk_path(where, parts, &found, nullptr);
  } else {
    r = lookup_attr(where, name.object(), &found);
  }
  if (r < 0) return {};
  if (r == 0) return raise(PyExc_AttributeError, "Can't get attribute %R on %R", name.get(), where.get());
  return found;
}

Ref unpickler_find_class(Value self, Args args) {
  if (!positional_only("find_class", args, 2, 2)) return {};
  return find_class_here(unpickler_of(self), args[0], args[1]);
}

}  // namespace

Ref find_class(Unpickler* u, Value module, Value name) {
  if (Py_TYPE(&u->head) == &unpickler_type) return find_class_here(u, module, name);
  return call_method(Value{&u->head}, "find_class"_id, {module, name});
}

// --- Attributes -------------------------------------------------------------------------------------------------------------------

namespace {

Ref get_persistent_load(Value self) {
  Unpickler* u = unpickler_of(self);
  if (!u->persistent_load) return raise_value(PyExc_AttributeError, Value{"persistent_load"_id});
  return method_or_attribute(u->persistent_load, u->persistent_load_self);
}
bool set_persistent_load(Value self, Value v) {
  if (!v) return no_deletion();
  if (!is_callable(v)) return raise(PyExc_TypeError, "persistent_load must be a callable taking one argument");
  unpickler_of(self)->persistent_load_self = nullptr;
  replace(unpickler_of(self)->persistent_load, to_c(v));
  return true;
}

Unpickler* owner_of(Value proxy) { return unpickler_of(Value{proxy.as<MemoProxy>()->owner}); }

Ref get_memo(Value self) { return memo_proxy_new(&memo_proxy_type, self); }
Ref memo_as_dict(Value self) {
  Ref d = dict_new();
  Unpickler* u = owner_of(self);
  for (size_t i = 0; d && i < u->memo_size; i++) {
    if (!u->memo[i]) continue;
    Ref item = Ref::copy(u->memo[i]);
    if (!dict_set(d, Value::from_int(static_cast<int64_t>(i)), item)) return {};
  }
  return d;
}
bool set_memo(Value self, Value v) {
  if (!v) return no_deletion();
  Ref from;
  if (is_exact(v, &memo_proxy_type)) from = memo_as_dict(v);
  else if (is_dict(v)) from = dict_copy(v);
  else return raise(PyExc_TypeError, "'memo' attribute must be an UnpicklerMemoProxy object or dict, not %.200s", type_of(v)->tp_name);
  if (!from) return false;
  Value key, item;
  for (Py_ssize_t i = 0; dict_next(from, &i, &key, &item);) {
    if (!is_int(key)) return raise(PyExc_TypeError, "memo key must be integers");
    Py_ssize_t index;
    if (!as_ssize(key, &index)) return false;
    if (index < 0) return raise(PyExc_ValueError, "memo key must be positive integers.");
  }
  Unpickler* u = unpickler_of(self);
  if (!fresh_memo(u)) return false;
  for (Py_ssize_t i = 0; dict_next(from, &i, &key, &item);) {
    Py_ssize_t index;
    if (!as_ssize(key, &index) || !unpickler_memo_put(u, static_cast<size_t>(index), item)) return false;
  }
  return true;
}
Ref memo_clear(Value self) { return fresh_memo(owner_of(self)) ? none_ref() : Ref{}; }
Ref memo_reduce(Value self) { return memo_proxy_reduce(memo_as_dict(self)); }

Ref unpickler_sizeof(Value self) {
  Unpickler* u = unpickler_of(self);
  size_t n = static_cast<size_t>(type_of(self)->tp_basicsize) + u->memo_size * sizeof(Value) + static_cast<size_t>(u->mark_capacity) * sizeof(Py_ssize_t);
  if (u->encoding) n += strlen(u->encoding) + 1;
  if (u->errors) n += strlen(u->errors) + 1;
  return int_from_u64(n);
}

const MethodRow unpickler_methods[] = {
    method<unpickler_load>("load", "($self, /)",
                           "Load a pickle.\n\n"
                           "Read a pickled object representation from the open file object given\nin the constructor, and return the reconstituted object hierarchy\n"
                           "specified therein."),
    method<unpickler_find_class>("find_class", "($self, module_name, global_name, /)",
                                 "Return an object from a specified module.\n\n"
                                 "If necessary, the module will be imported. Subclasses may override\nthis method (e.g. to restrict unpickling of arbitrary classes and\n"
                                 "functions).\n\nThis method is called whenever a class or a function object is\nneeded.  Both arguments passed are str objects."),
    method<unpickler_sizeof>("__sizeof__", "($self, /)", "Returns size in memory, in bytes."),
    {}};
const GetSetRow unpickler_getset[] = {getset<get_memo, set_memo>("memo"), getset<get_persistent_load, set_persistent_load>("persistent_load"), {}};
const MethodRow memo_methods[] = {
    method<memo_clear>("clear", "($self, /)", "Remove all items from memo."),
    method<memo_as_dict>("copy", "($self, /)", "Copy the memo to a new object."),
    method<memo_reduce>("__reduce__", "($self, /)", "Implement pickling support."),
    {}};

}  // namespace

const TypeDef unpickler_def = {
    .type = &unpickler_type, .name = "_pickle.Unpickler", .basicsize = sizeof(Unpickler),  // CPython's, as sys.getsizeof tells
   
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "This takes a binary file for reading a pickle data stream.\n\n"
           "The protocol version of the pickle is detected automatically, so no\nprotocol argument is needed.  Bytes past the pickled object's\n"
           "representation are ignored.\n\n"
           "The argument *file* must have two methods, a read() method that takes\nan integer argument, and a readline() method that requires no\n"
           "arguments.  Both methods should return bytes.\n\n"
           "*fix_imports*, *encoding* and *errors* control how pickles of Python 2\nare read: names of modules, and the decoding of 8-bit strings, which\n"
           "the encoding 'bytes' leaves as bytes objects.",
    .signature = "(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n          buffers=())",
    .dealloc = &unpickler_dealloc, .traverse = &unpickler_traverse, .clear = &unpickler_clear,
    .slots = {.tp_init = slot::Init<unpickler_init>, .tp_new = slot::New<unpickler_new>}, .methods = unpickler_methods, .getset = unpickler_getset};
const TypeDef unpickler_memo_def = {
    .type = &memo_proxy_type, .name = "_pickle.UnpicklerMemoProxy", .basicsize = sizeof(MemoProxy), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &memo_proxy_dealloc, .traverse = &memo_proxy_traverse, .slots = {.tp_hash = slot::Hash<hash_not_implemented>}, .methods = memo_methods};

}  // namespace adder::pickle
