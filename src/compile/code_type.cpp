// The type of code objects: attributes, co_lines(), co_positions(), replace(), the constructor, equality and hash.
#include "compile/liveness.h"
#include "compile/stored_code.h"
#include "compile/tables.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/small_types.h"
#include "object/str.h"

extern "C" PyTypeObject PyCode_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

namespace {

PyCodeObject* code_of(Value v) { return v.as<PyCodeObject>(); }

void code_dealloc(PyObject* o) {
  auto* c = reinterpret_cast<PyCodeObject*>(o);
  if (c->co_weakreflist) clear_weakrefs(o);
  free_code_cache(c);
  PyObject* fields[] = {c->co_consts, c->co_names, c->co_exceptiontable, c->co_localsplusnames, c->co_localspluskinds,
                        c->co_filename, c->co_name, c->co_qualname, c->co_linetable, c->_co_code};
  Py_TYPE(o)->tp_free(o);
  for (PyObject* f : fields) decref(Value{f});
}

Ref code_repr(Value self) {
  auto* c = code_of(self);
  return str_format("<code object %U at %p, file \"%U\", line %d>", Value{c->co_name}, static_cast<void*>(c), Value{c->co_filename}, c->co_firstlineno);
}

Ref code_compare(Value a, Value b, int op) {
  if ((op != Py_EQ && op != Py_NE) || !is_exact(a, &PyCode_Type) || !is_exact(b, &PyCode_Type)) return not_implemented_ref();
  auto* x = code_of(a);
  auto* y = code_of(b);
  if (!need_code(x) || !need_code(y)) return {};
  bool same = x->co_argcount == y->co_argcount && x->co_posonlyargcount == y->co_posonlyargcount && x->co_kwonlyargcount == y->co_kwonlyargcount &&
              x->co_flags == y->co_flags && x->co_firstlineno == y->co_firstlineno && Py_SIZE(x) == Py_SIZE(y) &&
              str_equal(x->co_name, y->co_name) && same_constant(x->co_consts, y->co_consts) && same_constant(x->co_names, y->co_names) &&
              same_constant(x->co_localsplusnames, y->co_localsplusnames) && bytes_view(x->co_linetable) == bytes_view(y->co_linetable) &&
              bytes_view(x->co_exceptiontable) == bytes_view(y->co_exceptiontable);
  if (same) {
    Ref p = code_bytes(x), q = code_bytes(y);
    if (!p || !q) return {};
    same = bytes_view(p) == bytes_view(q);
  }
  return bool_ref(same == (op == Py_EQ));
}

Py_hash_t code_hash(Value self) {
  auto* c = code_of(self);
  if (!need_code(c)) return -1;
  uint64_t h = constant_hash(c->co_name) ^ constant_hash(c->co_names) * 3 ^ constant_hash(c->co_localsplusnames) * 5;
  h ^= static_cast<uint64_t>(c->co_argcount) << 8 ^ static_cast<uint64_t>(c->co_firstlineno) << 20 ^ static_cast<uint64_t>(c->co_flags) ^ static_cast<uint64_t>(Py_SIZE(c)) << 40;
  auto result = static_cast<Py_hash_t>(h);
  return result == -1 ? -2 : result;
}

// --- Fields -----------------------------------------------------------------------------------------------------------------

template <auto Member>
Ref int_field(Value self) { return Ref::from_int(code_of(self)->*Member); }
template <auto Member>
Ref object_field(Value self) { return need_code(code_of(self)) ? Ref::copy(Value{code_of(self)->*Member}) : Ref{}; }

Ref get_code(Value self) {
  auto* c = code_of(self);
  if (!need_code(c)) return {};
  if (!c->_co_code) {
    Ref made = code_bytes(c);
    if (!made) return made;
    c->_co_code = made.release().object();
  }
  return Ref::copy(Value{c->_co_code});
}
Ref get_adaptive(Value self) {
  auto* c = code_of(self);
  if (!need_code(c)) return {};
  return bytes_new({c->co_code_adaptive, static_cast<size_t>(Py_SIZE(c)) * 2});
}
Ref get_varnames(Value self) { return code_varnames(code_of(self)); }
Ref get_cellvars(Value self) { return code_cellvars(code_of(self)); }
Ref get_freevars(Value self) { return code_freevars(code_of(self)); }

// The table of before 3.10: pairs of byte and line increments.
Ref get_lnotab(Value self) {
  auto* c = code_of(self);
  std::string out;
  LocationReader r(c);
  Py_ssize_t at = 0;
  int line = c->co_firstlineno;
  while (r.next()) {
    if (r.position.line < 0 || r.position.line == line) continue;
    Py_ssize_t advance = r.start * 8 - at;
    int delta = r.position.line - line;
    at += advance;
    line += delta;
    for (; advance > 255; advance -= 255) out += std::string("\xff\0", 2);
    auto put = [&](Py_ssize_t a, int d) { out.push_back(static_cast<char>(a)); out.push_back(static_cast<char>(d)); };
    while (delta > 127) { put(advance, 127); advance = 0; delta -= 127; }
    while (delta < -128) { put(advance, -128); advance = 0; delta += 128; }
    put(advance, delta);
  }
  return bytes_new(out);
}

// --- co_lines() and co_positions() --------------------------------------------------------------------------------------------

struct TableIterator {
  PyObject head;
  PyCodeObject* code;
  LocationReader reader;
  Py_ssize_t unit;  // next 2-byte unit (positions)
  bool pending;     // the reader's entry is not yet used (lines)
  bool done;
};
ADDER_TYPE(line_iterator_type);
ADDER_TYPE(positions_iterator_type);

Ref table_iterator(Value self, PyTypeObject* type) {
  auto* it = new_object<TableIterator>(type);
  if (!it) return {};
  new (&it->reader) LocationReader(code_of(self));
  it->code = code_of(Ref::copy(self).release());
  return Ref::steal(Value{reinterpret_cast<PyObject*>(it)});
}
void table_iterator_dealloc(PyObject* o) {
  auto* code = reinterpret_cast<TableIterator*>(o)->code;
  Py_TYPE(o)->tp_free(o);
  decref(Value{reinterpret_cast<PyObject*>(code)});
}
Ref itself(Value self) { return Ref::copy(self); }

Ref line_next(Value self) {
  auto* it = self.as<TableIterator>();
  if (!it->pending) {
    if (it->done || !it->reader.next()) return {};
  }
  Py_ssize_t start = it->reader.start, end = it->reader.end;
  int line = it->reader.position.line;
  it->pending = false;
  while (it->reader.next()) {
    if (it->reader.position.line != line) {
      it->pending = true;
      break;
    }
    end = it->reader.end;
  }
  it->done = !it->pending;
  Ref l = line < 0 ? none_ref() : Ref::from_int(line);
  return tuple_of({Value::from_int(start * 8), Value::from_int(end * 8), l});
}

Ref position_next(Value self) {
  auto* it = self.as<TableIterator>();
  if (it->unit >= it->reader.end * 4 && !it->reader.next()) return {};
  it->unit++;
  const Position& p = it->reader.position;
  auto number = [](int i) { return i < 0 ? none_ref() : Ref::from_int(i); };
  Ref line = number(p.line), end = number(p.end_line), column = number(p.column), end_column = number(p.end_column);
  return tuple_of({line, end, column, end_column});
}

Ref co_lines(Value self) { return table_iterator(self, &line_iterator_type); }
Ref co_positions(Value self) { return table_iterator(self, &positions_iterator_type); }

Ref varname_from_oparg(Value self, Value i) {
  Py_ssize_t n;
  if (!as_ssize(i, &n) || !need_code(code_of(self))) return {};
  Value names = code_of(self)->co_localsplusnames;
  if (n < 0 || n >= tuple_size(names)) return raise(PyExc_IndexError, "tuple index out of range");
  return Ref::copy(tuple_get(names, n));
}
Ref code_sizeof(Value self) {
  return int_from_i64(static_cast<int64_t>(offsetof(PyCodeObject, co_code_adaptive)) + Py_SIZE(code_of(self)) * 2);
}

// --- Making code objects ---------------------------------------------------------------------------------------------------------

// Locals, then cells that are no parameters, then free variables.
bool localsplus_of(Value varnames, Value cellvars, Value freevars, Ref* names, Ref* kinds) {
  std::string k;
  Ref list = list_new();
  if (!list) return false;
  for (Py_ssize_t i = 0; i < tuple_size(varnames); i++) {
    if (!list_append(list, tuple_get(varnames, i))) return false;
    k.push_back(static_cast<char>(kLocalKind));
  }
  for (Py_ssize_t i = 0; i < tuple_size(cellvars); i++) {
    Value name = tuple_get(cellvars, i);
    bool found = false;
    for (Py_ssize_t j = 0; j < tuple_size(varnames) && !found; j++) {
      int same = equal(tuple_get(varnames, j), name);
      if (same < 0) return false;
      if (same) {
        k[static_cast<size_t>(j)] = static_cast<char>(kLocalKind | kCellKind);
        found = true;
      }
    }
    if (found) continue;
    if (!list_append(list, name)) return false;
    k.push_back(static_cast<char>(kCellKind));
  }
  for (Py_ssize_t i = 0; i < tuple_size(freevars); i++) {
    if (!list_append(list, tuple_get(freevars, i))) return false;
    k.push_back(static_cast<char>(kFreeKind));
  }
  *names = list_to_tuple(list);
  *kinds = bytes_new(k);
  return *names && *kinds;
}

bool must_be(Value v, PyTypeObject* type, const char* what) {
  if (v.is_object() && is_subtype(type_of(v), type)) return true;
  return raise(PyExc_TypeError, "%s must be %s, not %N", what, type->tp_name, type_of(v));
}

Ref code_new(PyTypeObject*, Args a) {
  if (a.kwnames && tuple_size(a.kwnames)) return raise(PyExc_TypeError, "code() takes no keyword arguments");
  if (a.n < 16 || a.n > 18) return raise(PyExc_TypeError, a.n < 16 ? "code() takes at least 16 positional arguments (%zu given)" : "code() takes at most 18 arguments (%zu given)", a.n);
  CodeParts p;
  int nlocals;
  if (!as_int(a[0], &p.argcount) || !as_int(a[1], &p.posonlyargcount) || !as_int(a[2], &p.kwonlyargcount) || !as_int(a[3], &nlocals) ||
      !as_int(a[4], &p.stacksize) || !as_int(a[5], &p.flags) || !must_be(a[6], &PyBytes_Type, "code() argument 7") ||
      !must_be(a[7], &PyTuple_Type, "code() argument 8") || !must_be(a[8], &PyTuple_Type, "code() argument 9") ||
      !must_be(a[9], &PyTuple_Type, "code() argument 10") || !must_be(a[10], &PyUnicode_Type, "code() argument 11") ||
      !must_be(a[11], &PyUnicode_Type, "code() argument 12") || !must_be(a[12], &PyUnicode_Type, "code() argument 13") ||
      !as_int(a[13], &p.firstlineno) || !must_be(a[14], &PyBytes_Type, "code() argument 15") || !must_be(a[15], &PyBytes_Type, "code() argument 16") ||
      (a.n > 16 && !must_be(a[16], &PyTuple_Type, "code() argument 17")) || (a.n > 17 && !must_be(a[17], &PyTuple_Type, "code() argument 18")))
    return {};
  if (p.argcount < 0) return raise(PyExc_ValueError, "code: argcount must not be negative");
  if (p.posonlyargcount < 0) return raise(PyExc_ValueError, "code: posonlyargcount must not be negative");
  if (p.kwonlyargcount < 0) return raise(PyExc_ValueError, "code: kwonlyargcount must not be negative");
  if (nlocals < 0) return raise(PyExc_ValueError, "code: nlocals must not be negative");
  if (tuple_size(a[9]) != nlocals) return raise(PyExc_ValueError, "code: co_nlocals != len(co_varnames)");
  Ref empty = tuple_empty();
  p.consts = a[7];
  p.names = a[8];
  p.filename = a[10];
  p.name = a[11];
  p.qualname = a[12];
  p.linetable = a[14];
  p.exceptiontable = a[15];
  return make_code_from_names(p, a[6], a[9], a.n > 17 ? a[17] : empty, a.n > 16 ? a[16] : empty);
}

Ref code_replace(Value self, const Value* a) {
  auto* c = code_of(self);
  if (!need_code(c)) return {};
  CodeParts p;
  p.argcount = c->co_argcount;
  p.posonlyargcount = c->co_posonlyargcount;
  p.kwonlyargcount = c->co_kwonlyargcount;
  int nlocals = c->co_nlocals;
  p.stacksize = c->co_stacksize;
  p.flags = c->co_flags;
  p.firstlineno = c->co_firstlineno;
  int* numbers[] = {&p.argcount, &p.posonlyargcount, &p.kwonlyargcount, &nlocals, &p.stacksize, &p.flags, &p.firstlineno};
  for (int i = 0; i < 7; i++) {
    if (a[i] && !as_int(a[i], numbers[i])) return {};
  }
  struct Field { int i; PyTypeObject* type; const char* name; };
  static const Field fields[] = {{7, &PyBytes_Type, "co_code"}, {8, &PyTuple_Type, "co_consts"}, {9, &PyTuple_Type, "co_names"},
      {10, &PyTuple_Type, "co_varnames"}, {11, &PyTuple_Type, "co_freevars"}, {12, &PyTuple_Type, "co_cellvars"}, {13, &PyUnicode_Type, "co_filename"},
      {14, &PyUnicode_Type, "co_name"}, {15, &PyUnicode_Type, "co_qualname"}, {16, &PyBytes_Type, "co_linetable"}, {17, &PyBytes_Type, "co_exceptiontable"}};
  for (const Field& f : fields) {
    if (a[f.i] && !must_be(a[f.i], f.type, f.name)) return {};
  }
  auto pick = [&](int i, PyObject* old) { return a[i] ? a[i] : Value{old}; };
  Ref code = a[7] ? Ref::copy(a[7]) : get_code(self);
  Ref varnames = a[10] ? Ref::copy(a[10]) : code_varnames(c), freevars = a[11] ? Ref::copy(a[11]) : code_freevars(c),
      cellvars = a[12] ? Ref::copy(a[12]) : code_cellvars(c);
  if (!code || !varnames || !freevars || !cellvars) return {};
  if (tuple_size(varnames) != nlocals) return raise(PyExc_ValueError, "code: co_nlocals != len(co_varnames)");
  p.consts = pick(8, c->co_consts);
  p.names = pick(9, c->co_names);
  p.filename = pick(13, c->co_filename);
  p.name = pick(14, c->co_name);
  p.qualname = pick(15, c->co_qualname);
  p.linetable = pick(16, c->co_linetable);
  p.exceptiontable = pick(17, c->co_exceptiontable);
  return make_code_from_names(p, code, varnames, cellvars, freevars);
}

const MethodRow code_methods[] = {
    method<co_lines>("co_lines", "", nullptr),
    method<co_positions>("co_positions", "", nullptr),
    method<code_replace>("replace",
                         "($self, /, *, co_argcount=-1, co_posonlyargcount=-1,\n        co_kwonlyargcount=-1, co_nlocals=-1, co_stacksize=-1,\n"
                         "        co_flags=-1, co_firstlineno=-1, co_code=None, co_consts=None,\n        co_names=None, co_varnames=None, co_freevars=None,\n"
                         "        co_cellvars=None, co_filename=None, co_name=None,\n        co_qualname=None, co_linetable=None, co_exceptiontable=None)",
                         "Return a copy of the code object with new values for the specified fields."),
    method<varname_from_oparg>("_varname_from_oparg", "($self, /, oparg)", "(internal-only) Return the local variable name for the given oparg.\n\nWARNING: this method is for internal use only and may change or go away."),
    method<code_sizeof>("__sizeof__", "($self, /)", "Size of object in memory, in bytes."),
    {},
};

const GetSetRow code_getset[] = {
    getset<int_field<&PyCodeObject::co_argcount>>("co_argcount"),
    getset<int_field<&PyCodeObject::co_posonlyargcount>>("co_posonlyargcount"),
    getset<int_field<&PyCodeObject::co_kwonlyargcount>>("co_kwonlyargcount"),
    getset<int_field<&PyCodeObject::co_stacksize>>("co_stacksize"),
    getset<int_field<&PyCodeObject::co_flags>>("co_flags"),
    getset<int_field<&PyCodeObject::co_nlocals>>("co_nlocals"),
    getset<int_field<&PyCodeObject::co_firstlineno>>("co_firstlineno"),
    getset<object_field<&PyCodeObject::co_names>>("co_names"),
    getset<object_field<&PyCodeObject::co_consts>>("co_consts"),
    getset<object_field<&PyCodeObject::co_filename>>("co_filename"),
    getset<object_field<&PyCodeObject::co_name>>("co_name"),
    getset<object_field<&PyCodeObject::co_qualname>>("co_qualname"),
    getset<object_field<&PyCodeObject::co_linetable>>("co_linetable"),
    getset<object_field<&PyCodeObject::co_exceptiontable>>("co_exceptiontable"),
    getset<get_lnotab>("co_lnotab"),
    getset<get_code>("co_code"),
    getset<get_adaptive>("_co_code_adaptive"),
    getset<get_varnames>("co_varnames"),
    getset<get_cellvars>("co_cellvars"),
    getset<get_freevars>("co_freevars"),
    {},
};

// What compilers to C (Cython) make for tracebacks and introspection: co_code is empty. Should it be run all the same, it raises.
Ref make_code_without_instructions(CodeParts parts, Value no_bytes) {
  const Word words[] = {encode(Op::kRESUME), encode(Op::kRAISE, kNoRegister, kNoRegister, 0)};
  const char location[] = {static_cast<char>(0x80 | 13 << 3 | 1), 0};  // no columns, line delta 0, two words
  Ref table = bytes_new({location, 2}), no_handlers = bytes_new("");
  if (!table || !no_handlers) return {};
  parts.words = words;
  parts.word_count = 2;
  parts.linetable = table;
  parts.exceptiontable = no_handlers;
  Ref code = make_code(parts, true);
  if (code) code_of(code)->_co_code = Ref::copy(no_bytes).release().object();
  return code;
}

}  // namespace

Ref make_code_from_bytes(CodeParts parts, Value code, bool trusted) {
  Py_ssize_t n = bytes_length(code);
  if (n == 0) return make_code_without_instructions(parts, code);
  if (n % static_cast<Py_ssize_t>(sizeof(Word))) return raise(PyExc_ValueError, "code: co_code is malformed");
  static_assert(offsetof(PyBytesObject, ob_sval) % alignof(Word) == 0);
  parts.words = reinterpret_cast<const Word*>(bytes_data(code));
  parts.word_count = n / static_cast<Py_ssize_t>(sizeof(Word));
  return make_code(parts, trusted);
}

Ref make_code_from_names(CodeParts parts, Value code, Value varnames, Value cellvars, Value freevars) {
  Ref names, kinds;
  if (!localsplus_of(varnames, cellvars, freevars, &names, &kinds)) return {};
  parts.localsplusnames = names;
  parts.localspluskinds = kinds;
  return make_code_from_bytes(parts, code, false);
}

// The same for compilers to C, whose code objects are there to be looked at: bytes that are no code of ours are kept as co_code.
Ref make_code_to_look_at(const CodeParts& parts, Value code, Value varnames, Value cellvars, Value freevars);
Ref make_code_to_look_at(const CodeParts& parts, Value code, Value varnames, Value cellvars, Value freevars) {
  Ref made = make_code_from_names(parts, code, varnames, cellvars, freevars);
  if (made || bytes_length(code) == 0 || !error_matches(PyExc_ValueError)) return made;
  clear_error();
  Ref empty = bytes_new("");
  made = empty ? make_code_from_names(parts, empty, varnames, cellvars, freevars) : Ref{};
  if (made) Py_SETREF(code_of(made)->_co_code, Ref::copy(code).release().object());
  return made;
}

extern const TypeDef code_def{
    .type = &PyCode_Type,
    .name = "code",
    .basicsize = offsetof(PyCodeObject, co_code_adaptive),
    .itemsize = 2,
    .doc = "Create a code object.  Not for mere mortals.",
    .signature = "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n     flags, codestring, constants, names, varnames, filename, name,\n"
                 "     qualname, firstlineno, linetable, exceptiontable, freevars=(),\n     cellvars=(), /)",
    .dealloc = code_dealloc,
    .weaklistoffset = offsetof(PyCodeObject, co_weakreflist),
    .slots = {.tp_repr = slot::Unary<code_repr>, .tp_hash = slot::Hash<code_hash>, .tp_richcompare = slot::Compare<code_compare>, .tp_new = slot::New<code_new>},
    .methods = code_methods,
    .getset = code_getset,
};
extern const TypeDef line_iterator_def{
    .type = &line_iterator_type,
    .name = "line_iterator",
    .basicsize = sizeof(TableIterator),
    .dealloc = table_iterator_dealloc,
    .slots = {.tp_iter = slot::Unary<itself>, .tp_iternext = slot::Next<line_next>},
};
extern const TypeDef positions_iterator_def{
    .type = &positions_iterator_type,
    .name = "positions_iterator",
    .basicsize = sizeof(TableIterator),
    .dealloc = table_iterator_dealloc,
    .slots = {.tp_iter = slot::Unary<itself>, .tp_iternext = slot::Next<position_next>},
};

}  // namespace adder
