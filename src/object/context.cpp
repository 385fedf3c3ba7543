// contextvars: Context, ContextVar, Token. A context is a persistent map from variables to values (object/hamt.h), so that
// copying one is copying a pointer. A variable's hash is a one-to-one scramble of its address: no two share one, and so
// looking a variable up in a context never runs code of others and never fails.
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hamt.h"
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

PyTypeObject missing_type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyObject missing_object = {Py_ssize_t{1} << 60, &missing_type};

// --- The objects ------------------------------------------------------------------------------------------------------------
struct Context {
  PyObject head;
  PyObject* previous;  // entered before this one
  Hamt map;
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

uint64_t hash_of(Value var) {
  uint64_t h = reinterpret_cast<uint64_t>(var.object()) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}
// Borrowed; absent if the variable has no value there.
Value value_in(const Context* c, Value var) {
  Value v;
  hamt_find(c->map, hash_of(var), var, &v);
  return v;
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
  Py_XDECREF(context(o)->map.root);
  Py_TYPE(o)->tp_free(o);
}
int ctx_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(context(o)->previous);
  Py_VISIT(context(o)->map.root);
  return 0;
}
int ctx_clear(PyObject* o) {
  Py_CLEAR(context(o)->previous);
  hamt_clear(context(o)->map);
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
  context(copy)->map = hamt_copy(context(self)->map);
  return copy;
}
Ref ctx_get(Value self, const Value* a) {
  if (!need_variable(a[0])) return nullptr;
  Value v = value_in(context(self), a[0]);
  if (v) return Ref::copy(v);
  return a[1] ? Ref::copy(a[1]) : none_ref();
}
Ref ctx_subscript(Value self, Value key) {
  if (!need_variable(key)) return nullptr;
  Value v = value_in(context(self), key);
  if (!v) return raise_key_error(key);
  return Ref::copy(v);
}
int ctx_contains(Value self, Value key) {
  if (!need_variable(key)) return -1;
  return static_cast<bool>(value_in(context(self), key));
}
Py_ssize_t ctx_length(Value self) { return context(self)->map.count; }

Ref ctx_keys(Value self) { return hamt_keys(context(self)->map); }
Ref ctx_values(Value self) { return hamt_values(context(self)->map); }
Ref ctx_items(Value self) { return hamt_items(context(self)->map); }

Ref ctx_compare(Value a, Value b, int op) {
  if (!is_context(a) || !is_context(b) || (op != Py_EQ && op != Py_NE)) return not_implemented_ref();
  int same = hamt_equal(context(a)->map, context(b)->map);
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
  Value v = c ? value_in(context(c), var) : Value{};
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
  Value old = value_in(context(c), var);
  incref(old);
  t->old_value = old;
  if (!hamt_set(context(c)->map, hash_of(var), var, v)) return nullptr;
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
  if (tok->old_value) return hamt_set(context(c)->map, hash_of(var), var, tok->old_value);
  int found = hamt_delete(context(c)->map, hash_of(var), var);
  if (!found) return raise_value(PyExc_LookupError, var);
  return found > 0;
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
extern const TypeDef context_missing_def{
    .type = &missing_type,
    .name = "Token.MISSING",
    .basicsize = sizeof(PyObject),
    .dealloc = missing_dealloc,
    .slots = {.tp_repr = slot::Unary<missing_repr>},
};

}  // namespace adder
