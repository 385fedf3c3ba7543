// Making types ready: from a TypeDef of ours (ready_type) or from a C struct, static or of the heap (type_ready, which is
// PyType_Ready): base, MRO, inheritance of slots and flags, and tp_dict with methods, members and computed attributes.
#include <cstdlib>
#include <cstring>
#include "object/type_impl.h"

namespace adder {

// --- Inheritance --------------------------------------------------------------------------------------------------------
static void inherit_flag(PyTypeObject* type, PyTypeObject* base, unsigned long flag) { type->tp_flags |= base->tp_flags & flag; }

// What only the direct base gives: sizes, GC, kind flags.
static void inherit_special(PyTypeObject* type, PyTypeObject* base) {
  if (!type_has(type, Py_TPFLAGS_HAVE_GC) && type_has(base, Py_TPFLAGS_HAVE_GC) && !type->tp_traverse && !type->tp_clear) {
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_traverse = base->tp_traverse;
    type->tp_clear = base->tp_clear;
  }
  if (type->tp_basicsize == 0) type->tp_basicsize = base->tp_basicsize;
  if (type->tp_itemsize == 0) type->tp_itemsize = base->tp_itemsize;
  if (type->tp_weaklistoffset == 0) type->tp_weaklistoffset = base->tp_weaklistoffset;
  if (type->tp_dictoffset == 0) type->tp_dictoffset = base->tp_dictoffset;
  inherit_flag(type, base,
               Py_TPFLAGS_LONG_SUBCLASS | Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_BYTES_SUBCLASS |
                   Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS | Py_TPFLAGS_BASE_EXC_SUBCLASS |
                   Py_TPFLAGS_TYPE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF);
}

static bool defines_eq_or_hash(PyTypeObject* type) {
  Value d{type->tp_dict};
  return dict_get_str(d, "__eq__"_id) || dict_get_str(d, "__hash__"_id);
}

void inherit_from(PyTypeObject* type, PyTypeObject* base) {
  // A field is inherited from the class that defines it, not from one that merely inherited it.
  PyTypeObject* above = base->tp_base;
#define COPY(field) \
  if (!type->field && base->field && (!above || base->field != above->field)) type->field = base->field
#define COPY_SUITE(suite, field)                                                                             \
  if (type->suite && base->suite && type->suite != base->suite && !type->suite->field && base->suite->field && \
      (!above || !above->suite || base->suite->field != above->suite->field))                                \
  type->suite->field = base->suite->field
#define SUITE_direct(name)
#define SUITE_as_number(name) COPY_SUITE(tp_as_number, name);
#define SUITE_as_sequence(name) COPY_SUITE(tp_as_sequence, name);
#define SUITE_as_mapping(name) COPY_SUITE(tp_as_mapping, name);
#define SUITE_as_async(name) COPY_SUITE(tp_as_async, name);
#define ADDER_SLOT(kind, name, suite) SUITE_##suite(name)
#include "object/slots.def"
  COPY_SUITE(tp_as_buffer, bf_getbuffer);
  COPY_SUITE(tp_as_buffer, bf_releasebuffer);

  COPY(tp_dealloc);
  if (!type->tp_getattr && !type->tp_getattro) {
    type->tp_getattr = base->tp_getattr;
    type->tp_getattro = base->tp_getattro;
  }
  if (!type->tp_setattr && !type->tp_setattro) {
    type->tp_setattr = base->tp_setattr;
    type->tp_setattro = base->tp_setattro;
  }
  COPY(tp_repr);
  if (!type->tp_vectorcall_offset && base->tp_vectorcall_offset) type->tp_vectorcall_offset = base->tp_vectorcall_offset;
  if (!type->tp_call && type_has(base, Py_TPFLAGS_HAVE_VECTORCALL) && is_immutable(type)) {
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  }
  COPY(tp_call);
  COPY(tp_str);
  if (!type->tp_richcompare && !type->tp_hash && !defines_eq_or_hash(type)) {
    type->tp_richcompare = base->tp_richcompare;
    type->tp_hash = base->tp_hash;
  }
  COPY(tp_iter);
  COPY(tp_iternext);
  COPY(tp_descr_get);
  if (base->tp_descr_get && type->tp_descr_get == base->tp_descr_get && is_immutable(type)) {
    inherit_flag(type, base, Py_TPFLAGS_METHOD_DESCRIPTOR);
  }
  COPY(tp_descr_set);
  COPY(tp_init);
  COPY(tp_alloc);
  COPY(tp_is_gc);
  COPY(tp_finalize);
  if (type_has(type, Py_TPFLAGS_HAVE_GC) == type_has(base, Py_TPFLAGS_HAVE_GC)) {
    // Builtin types get the default early, before anything is inherited (fill_type).
    if (!type->tp_free || type->tp_free == &generic_free || type->tp_free == &generic_gc_free) {
      if (base->tp_free) type->tp_free = base->tp_free;
    }
  } else if (type_has(type, Py_TPFLAGS_HAVE_GC) && !type->tp_free && base->tp_free == &generic_free) {
    type->tp_free = &generic_gc_free;
  }
#undef COPY
#undef COPY_SUITE
}

// --- tp_dict ------------------------------------------------------------------------------------------------------------
static bool put(PyTypeObject* type, const char* name, Ref v, bool replace) {
  if (!v) return false;
  Ref key = intern(std::string_view{name});
  if (!key) return false;
  Value dict{type->tp_dict};
  if (!replace && dict_get_str(dict, key.object())) return true;
  return dict_set(dict, key, v);
}

static bool add_method(PyTypeObject* type, PyMethodDef* def, const MethodRow* row) {
  Ref v;
  if (def->ml_flags & METH_CLASS) {
    if (def->ml_flags & METH_STATIC) return raise(PyExc_ValueError, "method cannot be both class and static");
    v = make_class_method_descr(type, def);
  } else if (def->ml_flags & METH_STATIC) {
    v = make_builtin_of(def, Value{type}, Value{});
    if (v) v = make_static_method(v);
  } else {
    v = make_method_descr(type, def);
  }
  if (row) register_row(row);
  return put(type, def->ml_name, std::move(v), (def->ml_flags & METH_COEXIST) != 0);
}

static bool fill_dict(PyTypeObject* type, const TypeDef* def) {
  if (!add_slot_wrappers(type)) return false;
  if (def) {
    for (const MethodRow* r = def->methods; r && r->c.ml_name; r++) {
      if (!add_method(type, const_cast<PyMethodDef*>(&r->c), r)) return false;
    }
    for (const GetSetRow* r = def->getset; r && r->c.name; r++) {
      if (!put(type, r->c.name, make_getset_descr(type, const_cast<PyGetSetDef*>(&r->c)), false)) return false;
    }
  }
  for (PyMethodDef* m = type->tp_methods; m && m->ml_name; m++) {
    if (!add_method(type, m, nullptr)) return false;
  }
  for (PyMemberDef* m = type->tp_members; m && m->name; m++) {
    // Offsets of a heap type made from a spec come in as members and are no attributes.
    if (!put(type, m->name, make_member_descr(type, m), false)) return false;
  }
  for (PyGetSetDef* g = type->tp_getset; g && g->name; g++) {
    if (!put(type, g->name, make_getset_descr(type, g), false)) return false;
  }
  Value dict{type->tp_dict};
  if (!dict_get_str(dict, "__doc__"_id)) {
    Ref doc = none_ref();
    if (def && def->doc) doc = str_from_utf8(def->doc);
    else if (type->tp_doc) doc = str_from_utf8(doc_without_signature(type->tp_name, type->tp_doc));
    if (!doc || !dict_set_str(dict, "__doc__"_id, doc)) return false;
  }
  return true;
}

// Text before the marker "\n--\n\n" that begins with name( is a signature.
static const char* find_signature(const char* name, const char* doc) {
  const char* dot = strrchr(name, '.');
  if (dot) name = dot + 1;
  size_t n = strlen(name);
  if (!doc || strncmp(doc, name, n) != 0 || doc[n] != '(') return nullptr;
  return doc + n;
}
static const char* skip_signature(const char* doc) {
  while (*doc) {
    if (doc[0] == ')' && strncmp(doc + 1, "\n--\n\n", 5) == 0) return doc + 6;
    if (doc[0] == '\n' && doc[1] == '\n') return nullptr;
    doc++;
  }
  return nullptr;
}
const char* doc_without_signature(const char* name, const char* doc) {
  const char* signature = find_signature(name, doc);
  const char* end = signature ? skip_signature(signature) : nullptr;
  return end ? end : doc;
}
Ref text_signature_of(const char* name, const char* doc) {
  const char* start = find_signature(name, doc);
  const char* end = start ? skip_signature(start) : nullptr;
  if (!end) return none_ref();
  return str_from_utf8({start, static_cast<size_t>(end - start) - 5});
}

// --- Readiness ------------------------------------------------------------------------------------------------------------
static void set_hash(PyTypeObject* type) {
  if (type->tp_hash || dict_get_str(Value{type->tp_dict}, "__hash__"_id)) return;
  if (dict_set_str(Value{type->tp_dict}, "__hash__"_id, none())) make_unhashable(type);
}

static bool make_ready(PyTypeObject* type, const TypeDef* def) {
  PyTypeObject* base = type->tp_base;
  if (!base && type != &PyBaseObject_Type) base = type->tp_base = &PyBaseObject_Type;
  if (base && !(base->tp_flags & (Py_TPFLAGS_READY | Py_TPFLAGS_READYING)) && !type_ready(base)) return false;
  if (!Py_TYPE(type) && base) Py_SET_TYPE(type, Py_TYPE(base));
  if (!is_heap(type)) type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
  if (!type->tp_bases) {
    Ref bases = base ? tuple_of({Value{base}}) : tuple_empty();
    if (!bases) return false;
    type->tp_bases = bases.release().object();
  }
  if (!type->tp_dict) {
    Ref dict = dict_new();
    if (!dict) return false;
    type->tp_dict = dict.release().object();
  }
  // tp_new stands in the dict only where the type defines it itself; types directly below object without one make no instances.
  if (!type->tp_new && base == &PyBaseObject_Type && !is_heap(type)) type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
  if (type_has(type, Py_TPFLAGS_DISALLOW_INSTANTIATION)) type->tp_new = nullptr;
  if (!fill_dict(type, def)) return false;
  if (!type->tp_mro || is_heap(type)) {
    if (!mro_update(type)) return false;
  }
  if (base) {
    if (!type_has(type, Py_TPFLAGS_DISALLOW_INSTANTIATION) && !type->tp_new) type->tp_new = base->tp_new;
    inherit_special(type, base);
    PyObject* mro = type->tp_mro;
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(mro); i++) {
      if (!is_type(mro_item(mro, i))) continue;
      auto* above = mro_item(mro, i).as<PyTypeObject>();
      inherit_from(type, above);
      // Patterns take an instance for what the first of its classes is that is either.
      constexpr unsigned long kCollection = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;
      if (!(type->tp_flags & kCollection)) inherit_flag(type, above, kCollection);
    }
    // A type without a suite of its own shares its base's, which other bases must not fill.
    if (!type->tp_as_number) type->tp_as_number = base->tp_as_number;
    if (!type->tp_as_sequence) type->tp_as_sequence = base->tp_as_sequence;
    if (!type->tp_as_mapping) type->tp_as_mapping = base->tp_as_mapping;
    if (!type->tp_as_async) type->tp_as_async = base->tp_as_async;
    if (!type->tp_as_buffer) type->tp_as_buffer = base->tp_as_buffer;
    set_hash(type);
    if (type_has(type, Py_TPFLAGS_HAVE_GC) && (!type->tp_free || type->tp_free == &generic_free)) type->tp_free = &generic_gc_free;
    Value bases{type->tp_bases};
    for (Py_ssize_t i = 0; i < tuple_size(bases); i++) {
      Value b = tuple_get(bases, i);
      if (is_type(b) && !add_subclass(b.as<PyTypeObject>(), type)) return false;
    }
  }
  if (type_has(type, Py_TPFLAGS_HAVE_GC) && !type->tp_traverse) {
    return raise(PyExc_SystemError, "type %s has the Py_TPFLAGS_HAVE_GC flag but has no traverse function", type->tp_name);
  }
  return true;
}

// tp_methods as C code may read it (_decimal finds float.as_integer_ratio there): the heads of our rows, side by side.
static bool publish_methods(PyTypeObject* type, const TypeDef& def) {
  size_t n = 0;
  for (const MethodRow* row = def.methods; row && row->c.ml_name; row++) n++;
  if (n == 0) return true;
  auto* heads = static_cast<PyMethodDef*>(calloc(n + 1, sizeof(PyMethodDef)));
  if (!heads) return raise_no_memory();
  for (size_t i = 0; i < n; i++) heads[i] = def.methods[i].c;
  type->tp_methods = heads;
  return true;
}

bool ready_with(PyTypeObject* type, const TypeDef* def) {
  if (type_has(type, Py_TPFLAGS_READY)) return true;
  type->tp_flags |= Py_TPFLAGS_READYING;
  bool ok = make_ready(type, def);
  type->tp_flags &= ~Py_TPFLAGS_READYING;
  if (!ok) return false;
  type->tp_flags |= Py_TPFLAGS_READY;
  // Below a class of ours: its own shape word, behind its own fields.
  if (type->tp_dictoffset == kShapeDictOffset) setup_shape(type, false);
  refresh_slots(type);
  watch_class_dict(type->tp_dict, type);
  return !def || publish_methods(type, *def);
}

// A builtin base that is not ready yet brings its own definition.
bool type_ready(PyTypeObject* type) { return ready_with(type, extra(type)->def); }

// --- From a TypeDef ---------------------------------------------------------------------------------------------------------
template <class Suite> static Suite* suite_of(Suite*& field) {
  if (!field) {
    field = static_cast<Suite*>(calloc(1, sizeof(Suite)));
    if (!field) abort();  // a few hundred bytes at start-up
  }
  return field;
}
#define STORE_direct(type, name, c) (type)->name = (c)
#define STORE_as_number(type, name, c) suite_of((type)->tp_as_number)->name = (c)
#define STORE_as_sequence(type, name, c) suite_of((type)->tp_as_sequence)->name = (c)
#define STORE_as_mapping(type, name, c) suite_of((type)->tp_as_mapping)->name = (c)
#define STORE_as_async(type, name, c) suite_of((type)->tp_as_async)->name = (c)

void fill_type(const TypeDef& def) {
  PyTypeObject* t = def.type;
  if (t->tp_name) return;
  if (Py_REFCNT(t) < (Py_ssize_t{1} << 59)) Py_SET_REFCNT(t, Py_ssize_t{1} << 60);
  if (def.metatype) Py_SET_TYPE(t, def.metatype);
  t->tp_name = def.name;
  t->tp_basicsize = def.basicsize;
  t->tp_itemsize = def.itemsize;
  t->tp_flags |= def.flags;
  t->tp_base = def.base;
  t->tp_dealloc = def.dealloc;
  t->tp_traverse = def.traverse;
  t->tp_clear = def.clear;
  t->tp_finalize = def.finalize;
  t->tp_free = def.free ? def.free : type_has(t, Py_TPFLAGS_HAVE_GC) ? &generic_gc_free : &generic_free;
  t->tp_alloc = def.alloc;
  t->tp_weaklistoffset = def.weaklistoffset;
  t->tp_dictoffset = def.dictoffset;
  t->tp_vectorcall_offset = def.vectorcall_offset;
  t->tp_as_buffer = def.buffer;
  t->tp_members = def.members;
  if (def.signature) {
    const char* dot = strrchr(def.name, '.');
    const char* name = dot ? dot + 1 : def.name;
    const char* doc = def.doc ? def.doc : "";
    size_t n = strlen(name) + strlen(def.signature) + strlen(doc) + 6;
    auto* text = static_cast<char*>(malloc(n));
    if (!text) abort();
    strcpy(text, name);
    strcat(text, def.signature);
    strcat(text, "\n--\n\n");
    strcat(text, doc);
    t->tp_doc = text;
  } else {
    t->tp_doc = def.doc;
  }
  register_slots_of(def.slots);
#define ADDER_SLOT(kind, name, suite) \
  if (def.slots.name.c) STORE_##suite(t, name, def.slots.name.c);
#include "object/slots.def"
  extra(t)->def = &def;
  refresh_slots(t);
}

// tp_methods as foreign code walks it: plain definitions one after another, without our row behind each.
static void list_methods_for_c(PyTypeObject* type, const MethodRow* rows) {
  size_t n = 0;
  while (rows[n].c.ml_name) ++n;
  auto* list = static_cast<PyMethodDef*>(calloc(n + 1, sizeof(PyMethodDef)));
  if (!list) abort();  // a few kilobytes at start-up
  for (size_t i = 0; i < n; i++) {
    list[i] = rows[i].c;
    list[i].ml_flags &= ~kMethRow;
    list[i].ml_doc = rows[i].doc;
  }
  type->tp_methods = list;
}

bool ready_type(const TypeDef& def) {
  fill_type(def);
  if (!ready_with(def.type, &def)) return false;
  if (def.methods && !def.type->tp_methods) list_methods_for_c(def.type, def.methods);
  return true;
}

#define ADDER_BUILTIN_TYPE(definition) extern const TypeDef definition;
#include "object/builtin_types.def"
#undef ADDER_BUILTIN_TYPE
extern const TypeDef object_def, type_def;

bool ready_builtin_types() {
  static const TypeDef* const all[] = {&object_def, &type_def,
#define ADDER_BUILTIN_TYPE(definition) &definition,
#include "object/builtin_types.def"
#undef ADDER_BUILTIN_TYPE
  };
  // Flags, sizes and slots of every type first: readying one type makes strings, tuples, dicts and descriptors.
  for (const TypeDef* def : all) fill_type(*def);
  for (const TypeDef* def : all) {
    if (!ready_type(*def)) return false;
  }
  return true;
}

}  // namespace adder
