// Named tuples of native modules. They are c-visible from birth, so that their fields can be plain members.
#include "object/struct_sequence.h"

#include <cstdlib>
#include <cstring>

#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"

namespace adder {

const char* const kUnnamedField = "unnamed field";

namespace {

struct Counts {
  Py_ssize_t fields, in_sequence, unnamed;
};
Py_ssize_t count(PyTypeObject* type, PyObject* name) {
  Value v = type_lookup(type, name);
  return v.is_int() ? v.as_int() : 0;
}
Counts counts_of(PyTypeObject* type) {
  return {count(type, "n_fields"_id), count(type, "n_sequence_fields"_id), count(type, "n_unnamed_fields"_id)};
}

PyObject** items(Value v) { return v.as<PyTupleObject>()->ob_item; }

void dealloc(PyObject* o) {
  gc_untrack(o);
  PyTypeObject* type = Py_TYPE(o);
  Py_ssize_t n = counts_of(type).fields;
  for (Py_ssize_t i = 0; i < n; i++) Py_XDECREF(items(o)[i]);
  gc_free(o);
}

int traverse(PyObject* o, visitproc visit, void* arg) {
  Py_ssize_t n = counts_of(Py_TYPE(o)).fields;
  for (Py_ssize_t i = 0; i < n; i++) Py_VISIT(items(o)[i]);
  return 0;
}

Ref sequence_type_new(PyTypeObject* type, Args args) {
  Value given = args.n > 0 ? args[0] : Value{};
  Value dict = args.n > 1 ? args[1] : Value{};
  if (args.kwnames) {
    for (Py_ssize_t i = 0; i < tuple_size(args.kwnames); i++) {
      Value name = tuple_get(args.kwnames, i);
      if (str_equals(name, "sequence") && !given) given = args.v[args.n + i];
      else if (str_equals(name, "dict") && !dict) dict = args.v[args.n + i];
      else return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for structseq()", name);
    }
  }
  if (!given) return raise(PyExc_TypeError, "structseq() missing required argument 'sequence' (pos 1)");
  Counts n = counts_of(type);
  Ref seq = to_fast_sequence(given, "constructor requires a sequence");
  if (!seq) return nullptr;
  if (dict && !is_dict(dict)) return raise(PyExc_TypeError, "%s() takes a dict as second arg, if any", type->tp_name);
  Py_ssize_t length = sequence_size(seq);
  if (n.in_sequence != n.fields) {
    if (length < n.in_sequence) {
      return raise(PyExc_TypeError, "%s() takes an at least %zd-sequence (%zd-sequence given)", type->tp_name, n.in_sequence, length);
    }
    if (length > n.fields) {
      return raise(PyExc_TypeError, "%s() takes an at most %zd-sequence (%zd-sequence given)", type->tp_name, n.fields, length);
    }
  } else if (length != n.in_sequence) {
    return raise(PyExc_TypeError, "%s() takes a %zd-sequence (%zd-sequence given)", type->tp_name, n.in_sequence, length);
  }
  Ref self = struct_sequence_new(type);
  if (!self) return nullptr;
  for (Py_ssize_t i = 0; i < length; i++) {
    if (!struct_sequence_set(self, i, Ref::copy(sequence_get(seq, i)))) return nullptr;
  }
  for (Py_ssize_t i = length; i < n.fields; i++) {
    Value v;
    if (dict) {
      Ref name = str_from_utf8(type->tp_members[i - n.unnamed].name);
      if (!name || dict_lookup(dict, name, &v) < 0) return nullptr;
    }
    if (!struct_sequence_set(self, i, Ref::copy(v ? v : none()))) return nullptr;
  }
  return self;
}

Ref sequence_repr(Value self) {
  PyTypeObject* type = type_of(self);
  StrBuilder out;
  out.add_utf8(type->tp_name);
  out.add_char('(');
  for (Py_ssize_t i = 0, n = tuple_size(self); i < n; i++) {
    if (i) out.add_ascii(", ");
    const char* name = type->tp_members[i].name;
    if (!name) return raise(PyExc_SystemError, "In structseq_repr(), member %zd name is NULL for type %s", i, type->tp_name);
    Ref text = repr(tuple_get(self, i));
    if (!text) return nullptr;
    out.add_utf8(name);
    out.add_char('=');
    out.add(text);
  }
  out.add_char(')');
  return out.finish();
}

Ref sequence_reduce(Value self) {
  PyTypeObject* type = type_of(self);
  Counts n = counts_of(type);
  Ref tuple = tuple_slice(self, 0, n.in_sequence);
  Ref hidden = dict_new();
  if (!tuple || !hidden) return nullptr;
  for (Py_ssize_t i = n.in_sequence; i < n.fields; i++) {
    Ref v = from_c(items(self)[i]);
    Ref name = str_from_utf8(type->tp_members[i - n.unnamed].name);
    if (!name || !dict_set(hidden, name, v ? v.get() : none())) return nullptr;
  }
  Ref args = tuple_of({tuple, hidden});
  return tuple_of({Value{type}, args});
}

const MethodRow methods[] = {method<sequence_reduce>("__reduce__", "", ""), {}};

}  // namespace

PyTypeObject* struct_sequence_type(const StructSequenceDef& def) {
  Py_ssize_t n = 0, unnamed = 0;
  while (def.fields[n].name) {
    if (def.fields[n].name == kUnnamedField) unnamed++;
    n++;
  }
  auto* members = static_cast<PyMemberDef*>(calloc(static_cast<size_t>(n - unnamed + 1), sizeof(PyMemberDef)));
  auto* type = def.type ? def.type : static_cast<PyTypeObject*>(calloc(1, sizeof(PyTypeObject)));
  auto* type_def = static_cast<TypeDef*>(calloc(1, sizeof(TypeDef)));
  if (!members || !type || !type_def) return raise_no_memory();
  Py_ssize_t m = 0;
  for (Py_ssize_t i = 0; i < n; i++) {
    if (def.fields[i].name == kUnnamedField) continue;
    members[m++] = {def.fields[i].name, T_OBJECT, static_cast<Py_ssize_t>(offsetof(PyTupleObject, ob_item) + i * sizeof(PyObject*)),
                    READONLY, def.fields[i].doc};
  }
  reinterpret_cast<PyObject*>(type)->ob_refcnt = 1;
  reinterpret_cast<PyObject*>(type)->ob_type = &PyType_Type;
  *type_def = TypeDef{
      .type = type,
      .name = def.name,
      .basicsize = static_cast<Py_ssize_t>(sizeof(PyTupleObject) - sizeof(PyObject*)),
      .itemsize = sizeof(PyObject*),
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | (def.closed ? Py_TPFLAGS_DISALLOW_INSTANTIATION : 0),
      .doc = def.doc,
      .base = &PyTuple_Type,
      .dealloc = dealloc,
      .traverse = traverse,
      .slots = {.tp_repr = slot::Unary<sequence_repr>, .tp_new = def.closed ? NewSlot{} : def.make.value ? def.make : slot::New<sequence_type_new>},
      .methods = methods,
      .members = members,
  };
  if (!ready_type(*type_def)) return nullptr;
  auto put = [&](const char* name, Ref v) {
    Ref key = intern(name);
    return v && dict_set(type->tp_dict, key, v);
  };
  Ref names = list_new();
  for (Py_ssize_t i = 0; names && i < def.in_sequence; i++) {
    if (def.fields[i].name == kUnnamedField) continue;
    if (!list_append(names, str_from_utf8(def.fields[i].name))) return nullptr;
  }
  if (!names || !put("n_sequence_fields", Ref::from_int(def.in_sequence)) || !put("n_fields", Ref::from_int(n)) ||
      !put("n_unnamed_fields", Ref::from_int(unnamed)) || !put("__match_args__", list_to_tuple(names))) {
    return nullptr;
  }
  type_modified(type);
  return type;
}

Ref struct_sequence_new(PyTypeObject* type) {
  Counts n = counts_of(type);
  PyObject* o = gc_new_raw(type, offsetof(PyTupleObject, ob_item) + static_cast<size_t>(n.fields) * sizeof(PyObject*));
  if (!o) return nullptr;
  reinterpret_cast<PyVarObject*>(o)->ob_size = n.in_sequence;
  memset(items(o), 0, static_cast<size_t>(n.fields) * sizeof(PyObject*));
  gc_head(o)->prev |= kGCVisible;
  gc_track(o);
  return Ref::steal(o);
}

bool struct_sequence_set(Value sequence, Py_ssize_t i, Ref v) {
  if (!v) return false;
  PyObject* boxed = to_c(v);
  if (!boxed) return false;
  PyObject*& item = items(sequence)[i];
  PyObject* old = item;
  item = boxed;
  Py_XDECREF(old);
  return true;
}

}  // namespace adder
