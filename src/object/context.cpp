// contextvars: Context, ContextVar, Token. A context is a persistent hash trie from variables to values, so that copying
// one is copying a pointer. Keys are compared by identity and hashed by a one-to-one scramble of their address: two
// variables never share a hash.
#include <cstring>

#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"
#include "object/type.h"

extern "C" {
PyTypeObject PyContext_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyContextVar_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject PyContextToken_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
}

namespace adder {
namespace {

PyTypeObject node_type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject missing_type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyObject missing_object = {Py_ssize_t{1} << 60, &missing_type};

// --- The trie ---------------------------------------------------------------------------------------------------------------
struct Entry {
  PyObject* key;  // the variable; null: `value` is a node one level down
  Value value;
};
struct Node {
  PyVarObject head;   // ob_size: entries
  uint32_t bitmap;    // which of 32 places are filled; entries stand in the order of places
  Entry entries[1];
};
Node* node(Value v) { return v.as<Node>(); }

uint64_t key_hash(PyObject* var) {
  uint64_t h = reinterpret_cast<uint64_t>(var) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}
uint32_t bit_of(uint64_t hash, int shift) { return uint32_t{1} << ((hash >> shift) & 31); }
Py_ssize_t place_of(uint32_t bitmap, uint32_t bit) { return __builtin_popcount(bitmap & (bit - 1)); }

Ref node_new(Py_ssize_t n, uint32_t bitmap) {
  PyObject* o = gc_new_raw(&node_type, offsetof(Node, entries) + static_cast<size_t>(n) * sizeof(Entry));
  if (!o) return nullptr;
  node(o)->head.ob_size = n;
  node(o)->bitmap = bitmap;
  memset(static_cast<void*>(node(o)->entries), 0, static_cast<size_t>(n) * sizeof(Entry));
  gc_track(o);
  return Ref::steal(o);
}
void put(Entry& e, PyObject* key, Value v) {
  Py_XINCREF(key);
  incref(v);
  e.key = key;
  e.value = v;
}
void node_dealloc(PyObject* o) {
  gc_untrack(o);
  for (Py_ssize_t i = 0; i < node(o)->head.ob_size; i++) {
    Py_XDECREF(node(o)->entries[i].key);
    decref(node(o)->entries[i].value);
  }
  gc_free(o);
}
int node_traverse(PyObject* o, visitproc visit, void* arg) {
  for (Py_ssize_t i = 0; i < node(o)->head.ob_size; i++) {
    Py_VISIT(node(o)->entries[i].key);
    ADDER_VISIT(node(o)->entries[i].value);
  }
  return 0;
}

// The value of a key, borrowed; absent if it is not there.
Value trie_find(PyObject* root, PyObject* key) {
  uint64_t hash = key_hash(key);
  for (int shift = 0; root; shift += 5) {
    uint32_t bit = bit_of(hash, shift);
    if (!(node(root)->bitmap & bit)) return {};
    const Entry& e = node(root)->entries[place_of(node(root)->bitmap, bit)];
    if (e.key == key) return e.value;
    if (e.key) return {};
    root = e.value.object();
  }
  return {};
}

// A node of two keys that share the places above `shift`.
Ref node_of_two(int shift, PyObject* a, Value va, PyObject* b, Value vb) {
  uint32_t bit_a = bit_of(key_hash(a), shift), bit_b = bit_of(key_hash(b), shift);
  if (bit_a == bit_b) {
    Ref below = node_of_two(shift + 5, a, va, b, vb);
    Ref n = below ? node_new(1, bit_a) : Ref{};
    if (n) put(node(n)->entries[0], nullptr, below);
    return n;
  }
  Ref n = node_new(2, bit_a | bit_b);
  if (!n) return n;
  put(node(n)->entries[bit_a < bit_b ? 0 : 1], a, va);
  put(node(n)->entries[bit_a < bit_b ? 1 : 0], b, vb);
  return n;
}

// A copy of the node with an entry replaced.
Ref with_entry(Node* from, Py_ssize_t at, PyObject* key, Value v) {
  Ref n = node_new(from->head.ob_size, from->bitmap);
  for (Py_ssize_t i = 0; n && i < from->head.ob_size; i++) {
    if (i == at) put(node(n)->entries[i], key, v);
    else put(node(n)->entries[i], from->entries[i].key, from->entries[i].value);
  }
  return n;
}

Ref trie_with(PyObject* root, int shift, PyObject* key, Value v, bool* added) {
  uint64_t hash = key_hash(key);
  uint32_t bit = bit_of(hash, shift);
  if (!root) {
    *added = true;
    Ref n = node_new(1, bit);
    if (n) put(node(n)->entries[0], key, v);
    return n;
  }
  Node* from = node(root);
  Py_ssize_t at = place_of(from->bitmap, bit);
  if (!(from->bitmap & bit)) {
    *added = true;
    Py_ssize_t size = from->head.ob_size;
    Ref n = node_new(size + 1, from->bitmap | bit);
    if (!n) return n;
    for (Py_ssize_t i = 0; i < at; i++) put(node(n)->entries[i], from->entries[i].key, from->entries[i].value);
    put(node(n)->entries[at], key, v);
    for (Py_ssize_t i = at; i < size; i++) put(node(n)->entries[i + 1], from->entries[i].key, from->entries[i].value);
    return n;
  }
  const Entry& e = from->entries[at];
  if (e.key == key) return with_entry(from, at, key, v);
  Ref below;
  if (!e.key) {
    below = trie_with(e.value.object(), shift + 5, key, v, added);
  } else {
    *added = true;
    below = node_of_two(shift + 5, e.key, e.value, key, v);
  }
  return below ? with_entry(from, at, nullptr, below) : Ref{};
}

// *out: the trie without the key, which must be there; empty if nothing is left. false: exception.
bool trie_without(PyObject* root, int shift, PyObject* key, Ref* out) {
  Node* from = node(root);
  uint32_t bit = bit_of(key_hash(key), shift);
  Py_ssize_t at = place_of(from->bitmap, bit);
  const Entry& e = from->entries[at];
  if (!e.key) {
    Ref below;
    if (!trie_without(e.value.object(), shift + 5, key, &below)) return false;
    if (below) {
      *out = with_entry(from, at, nullptr, below);
      return static_cast<bool>(*out);
    }
  }
  Py_ssize_t size = from->head.ob_size;
  if (size == 1) {
    *out = Ref{};
    return true;
  }
  Ref n = node_new(size - 1, from->bitmap & ~bit);
  if (!n) return false;
  for (Py_ssize_t i = 0, k = 0; i < size; i++) {
    if (i != at) put(node(n)->entries[k++], from->entries[i].key, from->entries[i].value);
  }
  *out = std::move(n);
  return true;
}

template <class F>
bool trie_each(PyObject* root, F&& f) {
  if (!root) return true;
  for (Py_ssize_t i = 0; i < node(root)->head.ob_size; i++) {
    const Entry& e = node(root)->entries[i];
    if (e.key ? !f(e.key, e.value) : !trie_each(e.value.object(), f)) return false;
  }
  return true;
}

// --- The objects ------------------------------------------------------------------------------------------------------------
struct Context {
  PyObject head;
  PyObject* previous;  // entered before this one
  PyObject* root;      // trie; null: empty
  Py_ssize_t count;
  PyObject* weakrefs;
  bool entered;
};
struct ContextVar {
  PyObject head;
  PyObject* name;
  Value default_value;
};
struct Token {
  PyObject head;
  PyObject* context;
  PyObject* var;
  Value old_value;  // absent: there was none
  bool used;
};
Context* context(Value v) { return v.as<Context>(); }
ContextVar* variable(Value v) { return v.as<ContextVar>(); }
Token* token(Value v) { return v.as<Token>(); }

// The current context, made when first needed. Borrowed; null: exception.
PyObject* current() {
  PyThreadState* t = current_thread();
  if (!t->context) {
    Ref fresh = context_new();
    if (!fresh) return nullptr;
    t->context = fresh.release().object();
  }
  return t->context;
}

void set_root(Context* c, Ref root) {
  PyObject* old = c->root;
  c->root = root.release().object();
  Py_XDECREF(old);
}

bool store(Context* c, PyObject* var, Value v) {
  bool added = false;
  Ref root = trie_with(c->root, 0, var, v, &added);
  if (!root) return false;
  set_root(c, std::move(root));
  c->count += added;
  return true;
}

bool need_variable(Value key) {
  if (is_exact(key, &PyContextVar_Type)) return true;
  return raise(PyExc_TypeError, "a ContextVar key was expected, got %R", key);
}

// --- Context ----------------------------------------------------------------------------------------------------------------
Ref ctx_new(PyTypeObject*, Args args) {
  if (args.n || (args.kwnames && tuple_size(args.kwnames))) return raise(PyExc_TypeError, "Context() does not accept any arguments");
  return context_new();
}
void ctx_dealloc(PyObject* o) {
  gc_untrack(o);
  if (context(o)->weakrefs) clear_weakrefs(o);
  Py_XDECREF(context(o)->previous);
  Py_XDECREF(context(o)->root);
  Py_TYPE(o)->tp_free(o);
}
int ctx_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(context(o)->previous);
  Py_VISIT(context(o)->root);
  return 0;
}
int ctx_clear(PyObject* o) {
  Py_CLEAR(context(o)->previous);
  Py_CLEAR(context(o)->root);
  context(o)->count = 0;
  return 0;
}

Ref ctx_run(Value self, Args args) {
  if (args.n < 1) return raise(PyExc_TypeError, "run() missing 1 required positional argument");
  if (!context_enter(self)) return nullptr;
  Ref r = call(args[0], Args{args.v + 1, args.n - 1, args.kwnames});
  ErrorKeeper keep;
  context_exit(self);
  return r;
}
Ref ctx_copy(Value self) {
  Ref copy = context_new();
  if (!copy) return nullptr;
  context(copy)->root = Py_XNewRef(context(self)->root);
  context(copy)->count = context(self)->count;
  return copy;
}
Ref ctx_get(Value self, const Value* a) {
  if (!need_variable(a[0])) return nullptr;
  Value v = trie_find(context(self)->root, a[0].object());
  if (v) return Ref::copy(v);
  return a[1] ? Ref::copy(a[1]) : none_ref();
}
Ref ctx_subscript(Value self, Value key) {
  if (!need_variable(key)) return nullptr;
  Value v = trie_find(context(self)->root, key.object());
  if (!v) return raise_key_error(key);
  return Ref::copy(v);
}
int ctx_contains(Value self, Value key) {
  if (!need_variable(key)) return -1;
  return static_cast<bool>(trie_find(context(self)->root, key.object()));
}
Py_ssize_t ctx_length(Value self) { return context(self)->count; }

template <class F>
Ref collect(Value self, F&& item) {
  Ref list = list_new(context(self)->count);
  if (!list) return nullptr;
  bool ok = trie_each(context(self)->root, [&](PyObject* key, Value v) { return list_append(list, item(key, v)); });
  return ok ? iter(list) : Ref{};
}
Ref ctx_keys(Value self) {
  return collect(self, [](PyObject* key, Value) { return Ref::copy(key); });
}
Ref ctx_values(Value self) {
  return collect(self, [](PyObject*, Value v) { return Ref::copy(v); });
}
Ref ctx_items(Value self) {
  return collect(self, [](PyObject* key, Value v) { return tuple_of({Value{key}, v}); });
}

Ref ctx_compare(Value a, Value b, int op) {
  if (!is_context(a) || !is_context(b) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  int same = context(a)->count == context(b)->count;
  if (same && context(a)->root != context(b)->root) {
    trie_each(context(a)->root, [&](PyObject* key, Value v) {
      Value other = trie_find(context(b)->root, key);
      same = other ? equal(v, other) : 0;
      return same > 0;
    });
  }
  if (same < 0) return nullptr;
  return bool_ref((same != 0) == (op == Py_EQ));
}

const MethodRow ctx_methods[] = {
    method<ctx_run>("run", "", ""),
    method<ctx_get>("get", "($self, key, default=None, /)",
                    "Return the value for `key` if `key` has the value in the context object.\n\n"
                    "If `key` does not exist, return `default`. If `default` is not given,\nreturn None."),
    method<ctx_items>("items", "($self, /)", "Return all variables and their values in the context object.\n\n"
                      "The result is returned as a list of 2-tuples (variable, value)."),
    method<ctx_keys>("keys", "($self, /)", "Return a list of all variables in the context object."),
    method<ctx_values>("values", "($self, /)", "Return a list of all variables' values in the context object."),
    method<ctx_copy>("copy", "($self, /)", "Return a shallow copy of the context object."),
    {}};

// --- ContextVar -----------------------------------------------------------------------------------------------------------------
Ref var_type_new(PyTypeObject*, Args args) {
  Value name = args.n ? args[0] : Value{}, fallback;
  if (args.n > 1) return raise(PyExc_TypeError, "ContextVar() takes exactly 1 positional argument (%zu given)", args.n);
  if (args.kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      Value key = tuple_get(args.kwnames, i);
      if (str_equals(key, "default")) fallback = args.v[args.n + i];
      else if (str_equals(key, "name") && !name) return raise(PyExc_TypeError, "ContextVar() takes exactly 1 positional argument (0 given)");
      else return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for ContextVar()", key);
    }
  }
  if (!name) return raise(PyExc_TypeError, "ContextVar() takes exactly 1 positional argument (0 given)");
  return context_var_new(name, fallback);
}
void var_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(variable(o)->name);
  clear_slot(variable(o)->default_value);
  Py_TYPE(o)->tp_free(o);
}
int var_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(variable(o)->name);
  ADDER_VISIT(variable(o)->default_value);
  return 0;
}
Ref var_get(Value self, const Value* a) {
  Ref v;
  if (!context_var_get(self, a[0], &v)) return nullptr;
  if (!v) return raise_value(PyExc_LookupError, self);
  return v;
}
Ref var_set(Value self, Value v) { return context_var_set(self, v); }
Ref var_reset(Value self, Value t) {
  if (!is_exact(t, &PyContextToken_Type)) return raise(PyExc_TypeError, "expected an instance of Token, got %R", t);
  return context_var_reset(self, t) ? none_ref() : Ref{};
}
Ref var_repr(Value self) {
  auto* v = variable(self);
  if (v->default_value) return str_format("<ContextVar name=%R default=%R at %p>", v->name, v->default_value, self.as<void>());
  return str_format("<ContextVar name=%R at %p>", v->name, self.as<void>());
}
Ref class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }

const MethodRow var_methods[] = {
    method<var_get>("get", "($self, default=<unrepresentable>, /)",
                    "Return a value for the context variable for the current context.\n\n"
                    "If there is no value for the variable in the current context, the method will:\n"
                    " * return the value of the default argument of the method, if provided; or\n"
                    " * return the default value for the context variable, if it was created\n"
                    "   with one; or\n * raise a LookupError."),
    method<var_set>("set", "($self, value, /)",
                    "Call to set a new value for the context variable in the current context.\n\n"
                    "The required *value* argument is the new value for the context variable.\n\n"
                    "Returns a Token object that can be used to restore the variable to its previous\n"
                    "value via the `ContextVar.reset()` method."),
    method<var_reset>("reset", "($self, token, /)",
                      "Reset the context variable.\n\nThe variable is reset to the value it had before the `ContextVar.set()` that\n"
                      "created the token was used."),
    class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    {}};
PyMemberDef var_members[] = {{"name", T_OBJECT, offsetof(ContextVar, name), READONLY, nullptr}, {nullptr, 0, 0, 0, nullptr}};

// --- Token --------------------------------------------------------------------------------------------------------------------------
Ref token_new(PyTypeObject*, Args) { return raise(PyExc_RuntimeError, "Tokens can only be created by ContextVars"); }
void token_dealloc(PyObject* o) {
  gc_untrack(o);
  Py_XDECREF(token(o)->context);
  Py_XDECREF(token(o)->var);
  clear_slot(token(o)->old_value);
  Py_TYPE(o)->tp_free(o);
}
int token_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(token(o)->context);
  Py_VISIT(token(o)->var);
  ADDER_VISIT(token(o)->old_value);
  return 0;
}
Ref token_repr(Value self) {
  return str_format("<Token%s var=%R at %p>", token(self)->used ? " used" : "", token(self)->var, self.as<void>());
}
Ref token_var(Value self) { return Ref::copy(token(self)->var); }
Ref token_old_value(Value self) { return Ref::copy(token(self)->old_value ? token(self)->old_value : Value{&missing_object}); }
const GetSetRow token_getset[] = {getset<token_var>("var"), getset<token_old_value>("old_value"), {}};
const MethodRow token_methods[] = {class_method<class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"), {}};

Ref missing_repr(Value) { return str_from_ascii("<Token.MISSING>"); }
void missing_dealloc(PyObject* o) { refcount(o) = int64_t{1} << 60; }

}  // namespace

Value context_token_missing() { return &missing_object; }

bool is_context(Value v) { return is_exact(v, &PyContext_Type); }

Ref context_new() {
  auto* c = new_object<Context>(&PyContext_Type);
  return c ? Ref::steal(&c->head) : Ref{};
}

Ref context_copy_current() {
  PyObject* c = current();
  return c ? ctx_copy(c) : Ref{};
}

bool context_enter(Value v) {
  auto* c = context(v);
  if (c->entered) return raise(PyExc_RuntimeError, "cannot enter context: %R is already entered", v);
  PyThreadState* t = current_thread();
  c->previous = t->context;  // takes over its reference
  c->entered = true;
  incref(v);
  t->context = v.object();
  t->context_ver++;
  return true;
}

bool context_exit(Value v) {
  auto* c = context(v);
  PyThreadState* t = current_thread();
  if (!c->entered) return raise(PyExc_RuntimeError, "cannot exit context: %R has not been entered", v);
  if (t->context != v.object()) {
    return raise(PyExc_RuntimeError, "cannot exit context: thread state references a different context object");
  }
  PyObject* previous = c->previous;
  c->previous = nullptr;
  c->entered = false;
  t->context = previous;
  t->context_ver++;
  decref(v);
  return true;
}

Ref context_var_new(Value name, Value default_value) {
  if (!is_str(name)) return raise(PyExc_TypeError, "context variable name must be a str");
  auto* v = new_object<ContextVar>(&PyContextVar_Type);
  if (!v) return nullptr;
  v->name = Py_NewRef(name.object());
  incref(default_value);
  v->default_value = default_value;
  return Ref::steal(&v->head);
}

bool context_var_get(Value var, Value fallback, Ref* out) {
  PyObject* c = current_thread()->context;
  Value v = c ? trie_find(context(c)->root, var.object()) : Value{};
  if (!v) v = fallback;
  if (!v) v = variable(var)->default_value;
  if (v) *out = Ref::copy(v);
  return true;
}

Ref context_var_set(Value var, Value v) {
  PyObject* c = current();
  if (!c) return nullptr;
  auto* t = new_object<Token>(&PyContextToken_Type);
  if (!t) return nullptr;
  Ref result = Ref::steal(&t->head);
  t->context = Py_NewRef(c);
  t->var = Py_NewRef(var.object());
  Value old = trie_find(context(c)->root, var.object());
  incref(old);
  t->old_value = old;
  if (!store(context(c), var.object(), v)) return nullptr;
  return result;
}

bool context_var_reset(Value var, Value t) {
  auto* tok = token(t);
  if (tok->used) return raise(PyExc_RuntimeError, "%R has already been used once", t);
  if (tok->var != var.object()) return raise(PyExc_ValueError, "%R was created by a different ContextVar", t);
  PyObject* c = current();
  if (!c) return false;
  if (tok->context != c) return raise(PyExc_ValueError, "%R was created in a different Context", t);
  tok->used = true;
  if (tok->old_value) return store(context(c), var.object(), tok->old_value);
  if (!trie_find(context(c)->root, var.object())) return raise_value(PyExc_LookupError, var);
  Ref root;
  if (!trie_without(context(c)->root, 0, var.object(), &root)) return false;
  set_root(context(c), std::move(root));
  context(c)->count--;
  return true;
}

extern const TypeDef context_def{
    .type = &PyContext_Type,
    .name = "_contextvars.Context",
    .basicsize = sizeof(Context),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = ctx_dealloc,
    .traverse = ctx_traverse,
    .clear = ctx_clear,
    .weaklistoffset = offsetof(Context, weakrefs),
    .slots = {.tp_hash = slot::Hash<hash_not_implemented>,
              .tp_richcompare = slot::Compare<ctx_compare>,
              .tp_iter = slot::Unary<ctx_keys>,
              .tp_new = slot::New<ctx_new>,
              .sq_contains = slot::Contains<ctx_contains>,
              .mp_length = slot::Length<ctx_length>,
              .mp_subscript = slot::Binary<ctx_subscript>},
    .methods = ctx_methods,
};
extern const TypeDef context_var_def{
    .type = &PyContextVar_Type,
    .name = "_contextvars.ContextVar",
    .basicsize = sizeof(ContextVar),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = var_dealloc,
    .traverse = var_traverse,
    .slots = {.tp_repr = slot::Unary<var_repr>, .tp_new = slot::New<var_type_new>},
    .methods = var_methods,
    .members = var_members,
};
extern const TypeDef context_token_def{
    .type = &PyContextToken_Type,
    .name = "_contextvars.Token",
    .basicsize = sizeof(Token),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = token_dealloc,
    .traverse = token_traverse,
    .slots = {.tp_repr = slot::Unary<token_repr>, .tp_hash = slot::Hash<hash_not_implemented>, .tp_new = slot::New<token_new>},
    .methods = token_methods,
    .getset = token_getset,
};
extern const TypeDef context_node_def{
    .type = &node_type,
    .name = "hamt_bitmap_node",
    .basicsize = offsetof(Node, entries),
    .itemsize = sizeof(Entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = node_dealloc,
    .traverse = node_traverse,
};
extern const TypeDef context_missing_def{
    .type = &missing_type,
    .name = "Token.MISSING",
    .basicsize = sizeof(PyObject),
    .dealloc = missing_dealloc,
    .slots = {.tp_repr = slot::Unary<missing_repr>},
};

}  // namespace adder
