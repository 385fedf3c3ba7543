// Pickler objects: their memo, their output with its frames, their attributes. What is written is _pickle_save.cpp's.
#include <cstring>
#include "memory/gc.h"
#include "modules/_pickle.h"
#include "object/arguments.h"
#include "object/bytes.h"
#include "object/int.h"

namespace adder::pickle {

Failure memory_full() { return raise_no_memory(); }

// --- The memo -------------------------------------------------------------------------------------------------------------

namespace {

constexpr size_t kMemoMinimum = 8;
constexpr Py_ssize_t kFirstOutput = 4096;

PyObject* memo_object(uintptr_t key) { return reinterpret_cast<PyObject*>(key & ~uintptr_t{1}); }

Memo* memo_new(size_t size = kMemoMinimum) {
  auto* m = static_cast<Memo*>(object_malloc(sizeof(Memo)));
  auto* table = static_cast<Memo::Entry*>(object_malloc(size * sizeof(Memo::Entry)));
  if (!m || !table) {
    object_free(m);
    object_free(table);
    return memory_full();
  }
  memset(table, 0, size * sizeof(Memo::Entry));
  *m = {size - 1, 0, size, table};
  return m;
}

template <class F>
bool memo_each(const Memo* m, F&& body) {
  for (size_t i = 0; i < m->allocated; i++)
    if (m->table[i].key && !body(m->table[i])) return false;
  return true;
}

void memo_free(Memo* m) {
  if (!m) return;
  memo_each(m, [](Memo::Entry& e) {
    adder::decref(memo_object(e.key));
    return true;
  });
  object_free(m->table);
  object_free(m);
}

Memo* memo_copy(const Memo* from) {
  Memo* m = memo_new(from->allocated);
  if (!m) return nullptr;
  m->used = from->used;
  memcpy(m->table, from->table, from->allocated * sizeof(Memo::Entry));
  memo_each(m, [](Memo::Entry& e) {
    adder::incref(memo_object(e.key));
    return true;
  });
  return m;
}

bool memo_grow(Memo* m) {
  size_t want = m->used * (m->used > 50000 ? 2 : 4), size = kMemoMinimum;
  while (size < want) size *= 2;
  auto* table = static_cast<Memo::Entry*>(object_malloc(size * sizeof(Memo::Entry)));
  if (!table) return memory_full();
  memset(table, 0, size * sizeof(Memo::Entry));
  Memo fresh{size - 1, m->used, size, table};
  memo_each(m, [&](Memo::Entry& e) {
    *memo_slot(&fresh, e.key) = e;
    return true;
  });
  object_free(m->table);
  *m = fresh;
  return true;
}

}  // namespace

bool memo_put(Memo* m, uintptr_t key, Py_ssize_t index) {
  Memo::Entry* e = memo_slot(m, key);
  e->index = index;
  if (e->key) return true;
  e->key = key;
  adder::incref(memo_object(key));
  m->used++;
  return m->used * 3 < m->allocated * 2 || memo_grow(m);
}

// --- Set-up and output ----------------------------------------------------------------------------------------------------

namespace {

void replace(PyObject*& field, PyObject* with) {
  PyObject* old = field;
  field = with;
  if (old) adder::decref(old);
}

bool clear_output(Pickler* p) {
  Ref fresh = bytes_uninitialized(kFirstOutput);
  if (!fresh) return false;
  replace(p->output, fresh.release().object());
  p->length = 0;
  p->capacity = kFirstOutput;
  p->frame_start = -1;
  p->commit_at = kNoCommit;
  return true;
}

}  // namespace

bool pickler_init_state(Pickler* p) {
  if (p->memo) {
    memo_free(p->memo);
    p->memo = nullptr;
  }
  p->memo = memo_new();
  p->fast = p->fast_nesting = p->framing = 0;
  replace(p->fast_memo, nullptr);
  replace(p->write, nullptr);
  return p->memo && clear_output(p);
}

bool pickler_set_protocol(Pickler* p, Value protocol, bool fix_imports) {
  int n = kDefaultProtocol;
  if (!is_none(protocol)) {
    if (!as_int(protocol, &n)) return false;
    if (n < 0) n = kHighestProtocol;
    else if (n > kHighestProtocol) return raise(PyExc_ValueError, "pickle protocol must be <= %d", kHighestProtocol);
  }
  p->protocol = n;
  p->binary = n > 0;
  p->fix_imports = fix_imports && n < 3;
  return true;
}

bool pickler_set_buffer_callback(Pickler* p, Value callback) {
  if (is_none(callback)) {
    replace(p->buffer_callback, nullptr);
    return true;
  }
  if (p->protocol < 5) return raise(PyExc_ValueError, "buffer_callback needs protocol >= 5");
  replace(p->buffer_callback, to_c(callback));
  return p->buffer_callback != nullptr;
}

bool pickler_set_output(Pickler* p, Value file) {
  Ref write;
  int found = lookup_attr(file, "write"_id, &write);
  if (found < 0) return false;
  if (!found) return raise(PyExc_TypeError, "file must have a 'write' attribute");
  replace(p->write, to_c_steal(std::move(write)));
  return p->write != nullptr;
}

Ref pickler_take_output(Pickler* p) {
  Ref whole = Ref::steal(Value{p->output});
  Py_ssize_t n = p->length;
  p->output = nullptr;
  p->length = p->capacity = 0;
  p->frame_start = -1;
  p->commit_at = kNoCommit;
  return whole ? bytes_resize(std::move(whole), n) : bytes_new({});
}

bool pickler_flush(Pickler* p) {
  Ref whole = pickler_take_output(p), write = Ref::copy(p->write);
  return whole && call1(write, whole);
}

// --- The type ---------------------------------------------------------------------------------------------------------------

namespace {

ADDER_TYPE(pickler_type);
ADDER_TYPE(memo_proxy_type);
Pickler* pickler_of(Value v) { return v.as<Pickler>(); }

Ref pickler_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }
bool pickler_init(Value self, Args args) {
  Value a[4];
  if (!bind_arguments("Pickler", args, {"file", "protocol", "fix_imports", "buffer_callback"}, 1, a)) return false;
  int fix = a[2] ? is_true(a[2]) : 1;
  if (fix < 0) return false;
  Pickler* p = pickler_of(self);
  if (!pickler_init_state(p) || !pickler_set_protocol(p, a[1] ? a[1] : none(), fix != 0) || !pickler_set_output(p, a[0]) ||
      !pickler_set_buffer_callback(p, a[3] ? a[3] : none()) || !bind_hook(self, "persistent_id"_id, &p->persistent_id, &p->persistent_id_self))
    return false;
  Ref table;
  if (lookup_attr(self, "dispatch_table"_id, &table) < 0) return false;
  replace(p->dispatch_table, table ? to_c_steal(std::move(table)) : nullptr);
  return true;
}

int pickler_clear(PyObject* o) {
  auto* p = reinterpret_cast<Pickler*>(o);
  for (PyObject** field : {&p->persistent_id, &p->dispatch_table, &p->reducer_override, &p->write, &p->buffer_callback, &p->fast_memo, &p->output})
    replace(*field, nullptr);
  p->persistent_id_self = nullptr;
  p->length = p->capacity = 0;
  Memo* memo = p->memo;
  p->memo = nullptr;
  memo_free(memo);
  return 0;
}
void pickler_dealloc(PyObject* o) {
  gc_untrack(o);
  pickler_clear(o);
  Py_TYPE(o)->tp_free(o);
}
int pickler_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* p = reinterpret_cast<Pickler*>(o);
  for (PyObject* field : {p->persistent_id, p->dispatch_table, p->reducer_override, p->write, p->buffer_callback, p->fast_memo})
    if (field) ADDER_VISIT(field);
  if (p->memo)
    for (size_t i = 0; i < p->memo->allocated; i++)
      if (p->memo->table[i].key) ADDER_VISIT(memo_object(p->memo->table[i].key));
  return 0;
}

Ref pickler_dump(Value self, Value object) {
  Pickler* p = pickler_of(self);
  if (!p->write) {
    return raise(state->pickling_error.object(), "Pickler.__init__() was not called by %s.__init__()", type_of(self)->tp_name);
  }
  Ref reduce;
  if (!clear_output(p) || lookup_attr(self, "reducer_override"_id, &reduce) < 0) return {};
  replace(p->reducer_override, reduce ? to_c_steal(std::move(reduce)) : nullptr);
  bool ok = dump(p, object) && pickler_flush(p);
  // It may be a method of this pickler: no cycle is to be left.
  replace(p->reducer_override, nullptr);
  return ok ? none_ref() : Ref{};
}
Ref pickler_clear_memo(Value self) {
  Pickler* p = pickler_of(self);
  if (!p->memo) return none_ref();
  Memo* fresh = memo_new();
  if (!fresh) return {};
  Memo* old = p->memo;
  p->memo = fresh;
  memo_free(old);
  return none_ref();
}
Ref pickler_sizeof(Value self) {
  Pickler* p = pickler_of(self);
  size_t n = static_cast<size_t>(type_of(self)->tp_basicsize);
  if (p->memo) n += sizeof(Memo) + p->memo->allocated * sizeof(Memo::Entry);
  if (p->output) n += static_cast<size_t>(PyBytes_Type.tp_basicsize + p->capacity);
  return int_from_u64(n);
}

// --- Its attributes -----------------------------------------------------------------------------------------------------------

Ref get_persistent_id(Value self) {
  Pickler* p = pickler_of(self);
  if (!p->persistent_id) return raise_value(PyExc_AttributeError, Value{"persistent_id"_id});
  return method_or_attribute(p->persistent_id, p->persistent_id_self);
}
bool set_persistent_id(Value self, Value v) {
  if (!v) return no_deletion();
  if (!is_callable(v)) return raise(PyExc_TypeError, "persistent_id must be a callable taking one argument");
  pickler_of(self)->persistent_id_self = nullptr;
  replace(pickler_of(self)->persistent_id, to_c(v));
  return true;
}

Pickler* owner_of(Value proxy) { return pickler_of(Value{proxy.as<MemoProxy>()->owner}); }

Ref get_memo(Value self) { return memo_proxy_new(&memo_proxy_type, self); }
bool set_memo(Value self, Value v) {
  if (!v) return no_deletion();
  Memo* fresh;
  if (is_exact(v, &memo_proxy_type)) {
    const Memo* from = owner_of(v)->memo;
    fresh = from ? memo_copy(from) : memo_new();
    if (!fresh) return false;
  } else if (is_dict(v)) {
    fresh = memo_new();
    if (!fresh) return false;
    Value key, item;
    for (Py_ssize_t i = 0; dict_next(v, &i, &key, &item);) {
      bool ok;
      if (!is_tuple(item) || tuple_size(item) != 2) {
        ok = raise(PyExc_TypeError, "'memo' values must be 2-item tuples");
      } else if (!is_int(tuple_get(item, 0))) {
        ok = raise(PyExc_TypeError, "an integer is required");
      } else {
        Py_ssize_t index;
        // A number is no object that could be met again.
        Value object = tuple_get(item, 1);
        ok = as_ssize(tuple_get(item, 0), &index) && (!object.is_object() || memo_put(fresh, object.bits, index));
      }
      if (!ok) {
        memo_free(fresh);
        return false;
      }
    }
  } else {
    return raise(PyExc_TypeError, "'memo' attribute must be a PicklerMemoProxy object or dict, not %.200s", type_of(v)->tp_name);
  }
  Memo* old = pickler_of(self)->memo;
  pickler_of(self)->memo = fresh;
  memo_free(old);
  return true;
}

Ref memo_clear(Value self) { return pickler_clear_memo(Value{self.as<MemoProxy>()->owner}); }
Ref memo_as_dict(Value self) {
  Ref d = dict_new();
  const Memo* m = owner_of(self)->memo;
  if (!d || !m) return d;
  bool ok = memo_each(m, [&](const Memo::Entry& e) {
    if (e.key & 1) return true;
    Value object{memo_object(e.key)};
    Ref key = id_of(object), pair = tuple_of({Value::from_int(e.index), object});
    return key && pair && dict_set(d, key, pair);
  });
  return ok ? std::move(d) : Ref{};
}
Ref memo_reduce(Value self) { return memo_proxy_reduce(memo_as_dict(self)); }

const MethodRow pickler_methods[] = {
    method<pickler_dump>("dump", "($self, obj, /)", "Write a pickled representation of the given object to the open file."),
    method<pickler_clear_memo>("clear_memo", "($self, /)",
                               "Clears the pickler's \"memo\".\n\n"
                               "The memo is the data structure that remembers which objects the\npickler has already seen, so that shared or recursive objects are\n"
                               "pickled by reference and not by value.  This method is useful when\nre-using picklers."),
    method<pickler_sizeof>("__sizeof__", "($self, /)", "Returns size in memory, in bytes."),
    {}};
const GetSetRow pickler_getset[] = {getset<get_memo, set_memo>("memo"), getset<get_persistent_id, set_persistent_id>("persistent_id"), {}};
PyMemberDef pickler_members[] = {
    {"bin", T_INT, offsetof(Pickler, binary), 0, nullptr},
    {"fast", T_INT, offsetof(Pickler, fast), 0, nullptr},
    {"dispatch_table", T_OBJECT_EX, offsetof(Pickler, dispatch_table), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
const MethodRow memo_methods[] = {
    method<memo_clear>("clear", "($self, /)", "Remove all items from memo."),
    method<memo_as_dict>("copy", "($self, /)", "Copy the memo to a new object."),
    method<memo_reduce>("__reduce__", "($self, /)", "Implement pickle support."),
    {}};

}  // namespace

const TypeDef pickler_def = {
    .type = &pickler_type, .name = "_pickle.Pickler", .basicsize = 152,  // CPython's, as sys.getsizeof tells
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .doc = "This takes a binary file for writing a pickle data stream.\n\n"
           "The optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default\n"
           "protocol is 4.  A negative one selects the highest supported.\n\n"
           "The *file* argument must have a write() method that accepts a single\nbytes argument.\n\n"
           "If *fix_imports* is True and protocol is less than 3, new names of\nmodules are mapped to those that Python 2 used.\n\n"
           "If *buffer_callback* is not None, it is called with each buffer view;\nif it returns a false value, the buffer is out-of-band.  It needs\nprotocol 5.",
    .signature = "(file, protocol=None, fix_imports=True, buffer_callback=None)",
    .dealloc = &pickler_dealloc, .traverse = &pickler_traverse, .clear = &pickler_clear,
    .slots = {.tp_init = slot::Init<pickler_init>, .tp_new = slot::New<pickler_new>}, .methods = pickler_methods, .getset = pickler_getset, .members = pickler_members};
const TypeDef pickler_memo_def = {
    .type = &memo_proxy_type, .name = "_pickle.PicklerMemoProxy", .basicsize = sizeof(MemoProxy), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = &memo_proxy_dealloc, .traverse = &memo_proxy_traverse, .slots = {.tp_hash = slot::Hash<hash_not_implemented>}, .methods = memo_methods};

}  // namespace adder::pickle
