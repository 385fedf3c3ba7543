// BaseExceptionGroup (ExceptionGroup is derived from it in exceptions.cpp): split, subgroup, derive, and what except* needs.
#include <cstring>

#include "memory/gc.h"
#include "object/containers.h"
#include "object/exceptions.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

Ref make_generic_alias(Value origin, Value args);  // generic_alias.cpp

namespace {

PyBaseExceptionGroupObject* group(Value self) { return self.as<PyBaseExceptionGroupObject>(); }
Py_ssize_t size(Value self) { return tuple_size(group(self)->excs); }
Value member(Value self, Py_ssize_t i) { return tuple_get(group(self)->excs, i); }

Ref group_new(PyTypeObject* cls, Args args) {
  if (args.n != 2) return raise(PyExc_TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (%zd given)", args.n);
  Value message = args[0];
  if (!is_str(message)) {
    return raise(PyExc_TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not %s",
                 is_none(message) ? "None" : type_of(message)->tp_name);
  }
  if (!is_sequence(args[1])) return raise(PyExc_TypeError, "second argument (exceptions) must be a sequence");
  Ref members = to_tuple(args[1]);
  if (!members) return nullptr;
  Py_ssize_t n = tuple_size(members);
  if (n == 0) return raise(PyExc_ValueError, "second argument (exceptions) must be a non-empty sequence");
  bool nested_base = false;
  for (Py_ssize_t i = 0; i < n; i++) {
    Value e = tuple_get(members, i);
    if (!is_exception(e)) return raise(PyExc_ValueError, "Item %zd of second argument (exceptions) is not an exception", i);
    if (!is_subtype(type_of(e), &_PyExc_Exception)) nested_base = true;
  }
  auto* exception_group = reinterpret_cast<PyTypeObject*>(exception_group_type);
  if (cls == exception_group) {
    if (nested_base) return raise(PyExc_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
  } else if (cls == &_PyExc_BaseExceptionGroup) {
    if (!nested_base) cls = exception_group;
  } else if (nested_base && is_subtype(cls, &_PyExc_Exception)) {
    return raise(PyExc_TypeError, "Cannot nest BaseExceptions in '%N'", cls);
  }
  Ref self = exception_new(cls, Args{args.v, args.n, nullptr});
  if (!self || !expose(members.object())) return nullptr;
  if (!store_field(&group(self)->msg, message) || !store_field(&group(self)->excs, members)) return nullptr;
  return self;
}

bool group_init(Value self, Args args) { return exception_init(self, args); }

int group_clear(PyObject* self) {
  Py_CLEAR(group(self)->msg);
  Py_CLEAR(group(self)->excs);
  return exception_clear(self);
}
void group_dealloc(PyObject* self) {
  gc_untrack(self);
  TrashcanGuard guard{self, &group_dealloc};
  if (guard.deferred) return;
  group_clear(self);
  Py_TYPE(self)->tp_free(self);
}
int group_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(group(self)->msg);
  Py_VISIT(group(self)->excs);
  return exception_traverse(self, visit, arg);
}

Ref group_str(Value self) {
  Py_ssize_t n = size(self);
  Ref message = load_field(group(self)->msg);
  return str_format("%S (%zd sub-exception%s)", message.get(), n, n > 1 ? "s" : "");
}

Ref group_derive(Value self, Value members) {
  Ref message = load_field(group(self)->msg);
  return call(&_PyExc_BaseExceptionGroup, {message, members});
}

// A group like `original` with other members: traceback, context, cause and notes go with it. none() for no members.
Ref group_like(Value original, Value members) {
  if (list_size(members) == 0) return none_ref();
  Ref made = call_method(original, "derive"_id, {members});
  if (!made) return nullptr;
  if (!is_exception_group(made)) return raise(PyExc_TypeError, "derive must return an instance of BaseExceptionGroup");
  auto* from = exception_fields(original);
  auto* to = exception_fields(made);
  if (from->traceback && !store_field(&to->traceback, from->traceback)) return nullptr;
  if (!store_field(&to->context, from->context) || !store_field(&to->cause, from->cause)) return nullptr;
  to->suppress_context = from->suppress_context;
  Ref notes;
  if (lookup_attr(original, "__notes__"_id, &notes) < 0) return nullptr;
  if (notes) {
    if (is_sequence(notes)) {
      Ref copy = to_list(notes);
      if (!copy || !setattr(made, "__notes__"_id, copy)) return nullptr;
    }
    // Notes that are no sequence are left out, as CPython does.
  }
  return made;
}

// --- Splitting ------------------------------------------------------------------------------------------------------------
enum class By { kType, kPredicate, kIdentities };

struct Matcher {
  By by;
  Value value;  // exception type or tuple; callable; set of ids (a Python set)
};

bool make_matcher(Value v, Matcher* out) {
  bool is_types = is_exception_class(v);
  if (!is_types && is_tuple(v)) {
    is_types = true;
    for (Py_ssize_t i = 0, n = tuple_size(v); i < n && is_types; i++) is_types = is_exception_class(tuple_get(v, i));
  }
  if (is_types) {
    *out = {By::kType, v};
    return true;
  }
  // A class that is no exception class is callable, but surely no predicate.
  if (is_callable(v) && !is_type(v)) {
    *out = {By::kPredicate, v};
    return true;
  }
  return raise(PyExc_TypeError, "expected a function, exception type or tuple of exception types");
}

int matches(const Matcher& m, Value e) {
  switch (m.by) {
    case By::kType: return exception_matches(e, m.value);
    case By::kPredicate: {
      Ref r = call1(m.value, e);
      return r ? is_true(r) : -1;
    }
    case By::kIdentities: {
      if (is_exception_group(e)) return 0;
      Ref id = id_of(e);
      return id ? set_contains(m.value, id) : -1;
    }
  }
  return -1;
}

// Splits a leaf or group: *match and *rest (if wanted) become none() or what falls on each side.
bool split(Value e, const Matcher& m, Ref* match, Ref* rest) {
  int whole = matches(m, e);
  if (whole < 0) return false;
  if (whole) {
    *match = Ref::copy(e);
    if (rest) *rest = none_ref();
    return true;
  }
  if (!is_exception_group(e)) {
    *match = none_ref();
    if (rest) *rest = Ref::copy(e);
    return true;
  }
  RecursionGuard guard(" in exceptiongroup_split_recursive");
  if (!guard.ok) return false;
  Ref matched = list_new(), others = list_new();
  if (!matched || !others) return false;
  for (Py_ssize_t i = 0, n = size(e); i < n; i++) {
    Ref item = Ref::copy(member(e, i));
    Ref in, out;
    if (!split(item, m, &in, rest ? &out : nullptr)) return false;
    if (!is_none(in) && !list_append(matched, std::move(in))) return false;
    if (rest && !is_none(out) && !list_append(others, std::move(out))) return false;
  }
  *match = group_like(e, matched);
  if (!*match) return false;
  if (rest) {
    *rest = group_like(e, others);
    if (!*rest) return false;
  }
  return true;
}

Ref group_split(Value self, Value condition) {
  Matcher m;
  Ref match, rest;
  if (!make_matcher(condition, &m) || !split(self, m, &match, &rest)) return nullptr;
  return tuple_of({match, rest});
}

Ref group_subgroup(Value self, Value condition) {
  Matcher m;
  Ref match;
  if (!make_matcher(condition, &m) || !split(self, m, &match, nullptr)) return nullptr;
  return match;
}

Ref group_class_getitem(Value cls, Value args) { return make_generic_alias(cls, args); }

const MethodRow group_methods[] = {
    class_method<group_class_getitem>("__class_getitem__", "($type, object, /)", "See PEP 585"),
    method<group_derive>("derive", "($self, excs, /)", ""),
    method<group_split>("split", "($self, condition, /)", ""),
    method<group_subgroup>("subgroup", "($self, condition, /)", ""),
    {}};

PyMemberDef group_members[] = {
    {"message", T_OBJECT, offsetof(PyBaseExceptionGroupObject, msg), READONLY, "exception message"},
    {"exceptions", T_OBJECT, offsetof(PyBaseExceptionGroupObject, excs), READONLY, "nested exceptions"},
    {nullptr, 0, 0, 0, nullptr}};

}  // namespace

const TypeDef BaseExceptionGroup_def{
    .type = &_PyExc_BaseExceptionGroup,
    .name = "BaseExceptionGroup",
    .basicsize = sizeof(PyBaseExceptionGroupObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASE_EXC_SUBCLASS,
    .doc = "A combination of multiple unrelated exceptions.",
    .base = &_PyExc_BaseException,
    .dealloc = group_dealloc,
    .traverse = group_traverse,
    .clear = group_clear,
    .dictoffset = offsetof(PyBaseExceptionObject, dict),
    .slots = {.tp_str = slot::Unary<group_str>, .tp_init = slot::Init<group_init>, .tp_new = slot::New<group_new>},
    .methods = group_methods,
    .members = group_members,
};

bool is_exception_group(Value v) { return v.is_object() && is_instance_exactly(v, &_PyExc_BaseExceptionGroup); }

// --- except* ------------------------------------------------------------------------------------------------------------------
static bool check_star_type(Value type) {
  constexpr const char* kNoClass = "catching classes that do not inherit from BaseException is not allowed";
  constexpr const char* kGroup = "catching ExceptionGroup with except* is not allowed. Use except instead.";
  auto check = [&](Value t) -> bool {
    if (!is_exception_class(t)) return raise(PyExc_TypeError, "%s", kNoClass);
    if (is_subtype(t.as<PyTypeObject>(), &_PyExc_BaseExceptionGroup)) return raise(PyExc_TypeError, "%s", kGroup);
    return true;
  };
  if (!is_tuple(type)) return check(type);
  for (Py_ssize_t i = 0, n = tuple_size(type); i < n; i++) {
    if (!is_exception_class(tuple_get(type, i))) return raise(PyExc_TypeError, "%s", kNoClass);
  }
  for (Py_ssize_t i = 0, n = tuple_size(type); i < n; i++) {
    if (!check(tuple_get(type, i))) return false;
  }
  return true;
}

bool exception_group_match(Value exception, Value type, Ref* match, Ref* rest) {
  if (is_none(exception)) {
    *match = none_ref();
    *rest = none_ref();
    return true;
  }
  if (!check_star_type(type)) return false;
  if (exception_matches(exception, type)) {
    if (is_exception_group(exception)) {
      *match = Ref::copy(exception);
    } else {
      // A bare exception arrives in the handler as a group of one, without a message.
      Ref empty = str_empty();
      Ref members = tuple_of({exception});
      if (!members) return false;
      Ref wrapped = call(&_PyExc_BaseExceptionGroup, {empty, members});
      if (!wrapped) return false;
      PyObject* tb = exception_fields(exception)->traceback;
      if (tb && !store_field(&exception_fields(wrapped)->traceback, tb)) return false;
      *match = std::move(wrapped);
    }
    *rest = none_ref();
    return true;
  }
  if (is_exception_group(exception)) {
    Ref keep_type = Ref::copy(type);
    Ref pair = call_method(exception, "split"_id, {type});
    if (!pair) return false;
    if (!is_tuple(pair)) return raise(PyExc_TypeError, "%N.split must return a tuple, not %N", type_of(exception), type_of(pair));
    if (tuple_size(pair) < 2) return raise(PyExc_TypeError, "%N.split must return a 2-tuple, got tuple of size %zd", type_of(exception), tuple_size(pair));
    *match = Ref::copy(tuple_get(pair, 0));
    *rest = Ref::copy(tuple_get(pair, 1));
    return true;
  }
  *match = none_ref();
  *rest = Ref::copy(exception);
  return true;
}

// Adds the ids of all leaves.
static bool collect_leaf_ids(Value e, Value ids) {
  if (is_none(e)) return true;
  if (!is_exception_group(e)) {
    Ref id = id_of(e);
    return id && set_add(ids, id) >= 0;
  }
  RecursionGuard guard(" in collect_exception_group_leaf_ids");
  if (!guard.ok) return false;
  for (Py_ssize_t i = 0, n = size(e); i < n; i++) {
    if (!collect_leaf_ids(member(e, i), ids)) return false;
  }
  return true;
}

// The part of `original` that consists of the leaves of `keep`, in original's nesting.
static Ref projection(Value original, Value keep_list) {
  Ref ids = set_new(Value{});
  if (!ids) return nullptr;
  for (Py_ssize_t i = 0, n = list_size(keep_list); i < n; i++) {
    if (!collect_leaf_ids(list_get(keep_list, i), ids)) return nullptr;
  }
  Ref match;
  if (!split(original, Matcher{By::kIdentities, ids.get()}, &match, nullptr)) return nullptr;
  return match;
}

Ref exception_group_reraise(Value original, Value excs) {
  Py_ssize_t n = list_size(excs);
  if (n == 0) return none_ref();
  if (!is_exception_group(original)) {
    // A bare exception was wrapped: only one of them can have been raised or left over.
    return Ref::copy(list_get(excs, 0));
  }
  // Raised anew in a handler, or (part of) the original: these share its metadata.
  Ref raised = list_new(), reraised = list_new();
  if (!raised || !reraised) return nullptr;
  auto* o = exception_fields(original);
  for (Py_ssize_t i = 0; i < n; i++) {
    Value e = list_get(excs, i);
    if (is_none(e)) continue;
    auto* f = exception_fields(e);
    bool part = f->traceback == o->traceback && f->cause == o->cause && f->context == o->context;
    if (!list_append(part ? reraised : raised, e)) return nullptr;
  }
  Ref rest = projection(original, reraised);
  if (!rest) return nullptr;
  if (list_size(raised) == 0) return rest;
  if (list_size(raised) == 1 && is_none(rest)) return Ref::copy(list_get(raised, 0));
  if (!is_none(rest) && !list_append(raised, rest.get())) return nullptr;
  Ref empty = str_empty();
  return call(&_PyExc_BaseExceptionGroup, {empty, raised});
}

}  // namespace adder
