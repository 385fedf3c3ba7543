// isinstance and issubclass, with __instancecheck__, tuples, unions and objects that only look like classes.
#include "object/containers.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"
#include "object/type_impl.h"

extern "C" PyTypeObject _PyUnion_Type;

namespace adder {

Value union_args(Value u);  // union.cpp

namespace {

// __bases__ of something that looks like a class: a tuple, or empty (without exception unless it failed).
Ref abstract_bases(Value cls) {
  Ref bases;
  if (lookup_attr(cls, "__bases__"_id, &bases) < 0) return nullptr;
  if (bases && !is_tuple(bases)) return nullptr;
  return bases;
}

int abstract_is_subclass(Value derived, Value cls) {
  Ref hold = Ref::copy(derived);
  for (;;) {
    if (hold.get() == cls) return 1;
    Ref bases = abstract_bases(hold);
    if (!bases) return error_occurred() ? -1 : 0;
    Py_ssize_t n = tuple_size(bases);
    if (n == 0) return 0;
    if (n > 1) {
      RecursionGuard guard(" in __issubclass__");
      if (!guard.ok) return -1;
      for (Py_ssize_t i = 0; i < n; i++) {
        int r = abstract_is_subclass(tuple_get(bases, i), cls);
        if (r != 0) return r;
      }
      return 0;
    }
    hold = Ref::copy(tuple_get(bases, 0));  // single inheritance: no recursion
  }
}

bool check_class(Value cls, const char* message) {
  Ref bases = abstract_bases(cls);
  if (bases) return true;
  if (error_occurred()) return false;
  return raise(PyExc_TypeError, "%s", message);
}

int plain_is_instance(Value object, Value cls) {
  if (is_type(cls)) {
    auto* type = cls.as<PyTypeObject>();
    if (is_instance_exactly(object, type)) return 1;
    Ref actual;
    if (lookup_attr(object, "__class__"_id, &actual) < 0) return -1;
    if (actual && actual.get() != Value{type_of(object)} && is_type(actual)) return is_subtype(actual.as<PyTypeObject>(), type);
    return 0;
  }
  if (!check_class(cls, "isinstance() arg 2 must be a type, a tuple of types, or a union")) return -1;
  Ref actual;
  if (lookup_attr(object, "__class__"_id, &actual) < 0) return -1;
  return actual ? abstract_is_subclass(actual, cls) : 0;
}

int plain_is_subclass(Value derived, Value cls) {
  if (is_type(cls) && is_type(derived)) return is_subtype(derived.as<PyTypeObject>(), cls.as<PyTypeObject>());
  if (!check_class(derived, "issubclass() arg 1 must be a class")) return -1;
  if (!is_exact(cls, &_PyUnion_Type) &&
      !check_class(cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union")) {
    return -1;
  }
  return abstract_is_subclass(derived, cls);
}

}  // namespace

int is_instance_plain(Value object, Value cls) { return plain_is_instance(object, cls); }
int is_subclass_plain(Value derived, Value cls) { return plain_is_subclass(derived, cls); }

int is_instance(Value object, Value cls) {
  if (cls == Value{type_of(object)}) return 1;
  if (is_exact(cls, &PyType_Type)) return plain_is_instance(object, cls);
  Ref members;
  if (is_exact(cls, &_PyUnion_Type)) {
    members = Ref::copy(union_args(cls));
    cls = members;
  }
  if (is_tuple(cls)) {
    RecursionGuard guard(" in __instancecheck__");
    if (!guard.ok) return -1;
    for (Py_ssize_t i = 0; i < tuple_size(cls); i++) {
      int r = is_instance(object, tuple_get(cls, i));
      if (r != 0) return r;
    }
    return 0;
  }
  SpecialMethod check = find_special(cls, "__instancecheck__"_id);
  if (check) {
    RecursionGuard guard(" in __instancecheck__");
    if (!guard.ok) return -1;
    Ref r = call_special(check, cls, {object});
    return r ? is_true(r) : -1;
  }
  if (error_occurred()) return -1;
  return plain_is_instance(object, cls);
}

int is_subclass(Value derived, Value cls) {
  if (is_exact(cls, &PyType_Type)) {
    if (derived == cls) return 1;
    return plain_is_subclass(derived, cls);
  }
  Ref members;
  if (is_exact(cls, &_PyUnion_Type)) {
    members = Ref::copy(union_args(cls));
    cls = members;
  }
  if (is_tuple(cls)) {
    RecursionGuard guard(" in __subclasscheck__");
    if (!guard.ok) return -1;
    for (Py_ssize_t i = 0; i < tuple_size(cls); i++) {
      int r = is_subclass(derived, tuple_get(cls, i));
      if (r != 0) return r;
    }
    return 0;
  }
  SpecialMethod check = find_special(cls, "__subclasscheck__"_id);
  if (check) {
    RecursionGuard guard(" in __subclasscheck__");
    if (!guard.ok) return -1;
    Ref r = call_special(check, cls, {derived});
    return r ? is_true(r) : -1;
  }
  if (error_occurred()) return -1;
  return plain_is_subclass(derived, cls);
}

}  // namespace adder
