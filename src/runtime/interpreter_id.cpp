// The type InterpreterID, which _xxsubinterpreters shows.
#include "runtime/interpreter_id.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/sequence.h"
#include "object/str.h"
#include "object/type.h"

extern "C" __attribute__((visibility("default"))) PyTypeObject _PyInterpreterID_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

void switch_to(Thread* t);  // runtime/subinterpreter.cpp

namespace {

struct InterpreterId {
  PyObject_HEAD
  int64_t id;
};
int64_t number_of(Value v) { return v.as<InterpreterId>()->id; }
bool is_id(Value v) { return v.is_object() && is_subtype(type_of(v), &_PyInterpreterID_Type); }
Interpreter* interpreter_with(int64_t id) {
  for (Interpreter* in = all_interpreters; in; in = in->next) {
    if (in->id == id) return in;
  }
  return nullptr;
}

// Ends an interpreter that no id is left of.
void end_from_outside(Interpreter* in) {
  Thread* before = this_thread();
  switch_to(in->main_thread);
  end_subinterpreter();
  switch_to(before);
}
void dealloc(PyObject* o) {
  if (Interpreter* in = interpreter_with(number_of(Value{o}))) {
    if (--in->id_references == 0 && in->ends_with_id && in != main_interpreter) end_from_outside(in);
  }
  o->ob_type->tp_free(o);
}

Ref make(PyTypeObject* type, Args args) {
  Value id, force;
  if (args.n > 0) id = args[0];
  for (size_t i = 0; i < (args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0); i++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(i));
    if (str_equals(name, "force")) force = args[args.n + i];
    else if (str_equals(name, "id") && !id) id = args[args.n + i];
    else return raise(PyExc_TypeError, "InterpreterID() got an unexpected keyword argument '%U'", name);
  }
  if (!id || args.n > 1) return raise(PyExc_TypeError, "InterpreterID() takes exactly 1 positional argument (%zd given)", args.n);
  int forced = force ? is_true(force) : 0;
  int64_t number;
  if (forced < 0 || !interpreter_id_number(id, &number)) return {};
  return interpreter_id_new(type, number, forced);
}
Ref show(Value v) {
  std::string_view name = type_of(v)->tp_name;
  size_t dot = name.rfind('.');
  return str_format("%s(%lld)", type_of(v)->tp_name + (dot == name.npos ? 0 : dot + 1), static_cast<long long>(number_of(v)));
}
Ref show_number(Value v) { return str_format("%lld", static_cast<long long>(number_of(v))); }
Ref as_number(Value v) { return int_from_i64(number_of(v)); }
Py_hash_t hash_id(Value v) {
  Ref number = as_number(v);
  return hash(number);
}
Ref compare_ids(Value a, Value b, int op) {
  if (op != Py_EQ && op != Py_NE) return not_implemented_ref();
  Ref number = as_number(a);
  if (!number) return {};
  if (is_id(b)) return bool_ref((number_of(a) == number_of(b)) == (op == Py_EQ));
  const PyNumberMethods* n = type_of(b)->tp_as_number;
  if (!b.is_number() && !(n && (n->nb_index || n->nb_int || n->nb_float))) return not_implemented_ref();
  return compare(number, b, op);
}

}  // namespace

Ref interpreter_id_new(PyTypeObject* type, int64_t id, bool force) {
  Interpreter* in = force ? interpreter_with(id) : find_interpreter(id);
  if (!in && !force) return {};
  auto* o = new_object<InterpreterId>(type);
  if (!o) return {};
  o->id = id;
  if (in) in->id_references = in->id_references < 0 ? 1 : in->id_references + 1;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(o)});
}
bool interpreter_id_number(Value v, int64_t* id) {
  if (is_id(v)) return *id = number_of(v), true;
  if (!has_index(v)) return raise(PyExc_TypeError, "interpreter ID must be an int, got %.100s", type_of(v)->tp_name);
  Ref i = index(v);
  if (!i || !int_as_i64(i, id)) return false;
  return *id >= 0 || raise(PyExc_ValueError, "interpreter ID must be a non-negative int, got %R", i.get());
}
Interpreter* find_interpreter(int64_t id) {
  if (Interpreter* in = interpreter_with(id)) return in;
  return raise(PyExc_RuntimeError, "unrecognized interpreter ID %lld", static_cast<long long>(id));
}

extern const TypeDef interpreter_id_def;
const TypeDef interpreter_id_def{
    .type = &_PyInterpreterID_Type,
    .name = "InterpreterID",
    .basicsize = sizeof(InterpreterId),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "A interpreter ID identifies a interpreter and may be used as an int.",
    .dealloc = dealloc,
    .slots = {.tp_repr = slot::Unary<show>,
              .tp_hash = slot::Hash<hash_id>,
              .tp_str = slot::Unary<show_number>,
              .tp_richcompare = slot::Compare<compare_ids>,
              .tp_new = slot::New<make>,
              .nb_int = slot::Unary<as_number>,
              .nb_index = slot::Unary<as_number>},
};

}  // namespace adder
