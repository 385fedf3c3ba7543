// The module _symtable: the compiler's symbol tables as objects, for Lib/symtable.py.
#include "compile/scope.h"
#include "memory/gc.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/object.h"
#include "object/str.h"
#include "syntax/parse.h"

namespace adder {

namespace compile { bool future_features(syntax::Mod* tree, Value filename, int* flags); }

namespace {

constexpr int kScopeOffset = 11;

struct Entry {
  PyObject head;
  PyObject *name, *symbols, *varnames, *children;
  int type, lineno;
  bool nested;
};
ADDER_TYPE(entry_type);
Entry* entry(Value v) { return v.as<Entry>(); }

void entry_dealloc(PyObject* o) {
  gc_untrack(o);
  Entry* e = reinterpret_cast<Entry*>(o);
  for (PyObject* f : {e->name, e->symbols, e->varnames, e->children}) decref(Value{f});
  gc_free(o);
}
int entry_traverse(PyObject* o, visitproc visit, void* arg) {
  Entry* e = reinterpret_cast<Entry*>(o);
  ADDER_VISIT(e->symbols);
  ADDER_VISIT(e->varnames);
  ADDER_VISIT(e->children);
  return 0;
}
Ref entry_repr(Value self) {
  Ref id = id_of(self);
  return str_format("<symtable entry %U(%S), line %d>", Value{entry(self)->name}, id.get(), entry(self)->lineno);
}
Ref get_id(Value self) { return id_of(self); }
Ref get_name(Value self) { return Ref::copy(Value{entry(self)->name}); }
Ref get_symbols(Value self) { return Ref::copy(Value{entry(self)->symbols}); }
Ref get_varnames(Value self) { return Ref::copy(Value{entry(self)->varnames}); }
Ref get_children(Value self) { return Ref::copy(Value{entry(self)->children}); }
Ref get_nested(Value self) { return Ref::from_int(entry(self)->nested); }
Ref get_type(Value self) { return Ref::from_int(entry(self)->type); }
Ref get_lineno(Value self) { return Ref::from_int(entry(self)->lineno); }

const GetSetRow entry_getset[] = {
    getset<get_id>("id"), getset<get_name>("name"), getset<get_symbols>("symbols"), getset<get_varnames>("varnames"), getset<get_children>("children"),
    getset<get_nested>("nested"), getset<get_type>("type"), getset<get_lineno>("lineno"), {}};

const TypeDef entry_def{
    .type = &entry_type,
    .name = "symtable entry",
    .basicsize = sizeof(Entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = entry_dealloc,
    .traverse = entry_traverse,
    .slots = {.tp_repr = slot::Unary<entry_repr>},
    .getset = entry_getset,
};

Ref make_entry(compile::Block* b) {
  Ref symbols = dict_new(), varnames = list_new(), children = list_new();
  if (!symbols || !varnames || !children) return {};
  for (compile::Symbol& s : b->symbols.all()) {
    auto flags = static_cast<int64_t>(s.flags) | static_cast<int64_t>(s.scope) << kScopeOffset;
    if (!dict_set(symbols, s.name, Value::from_int(flags))) return {};
  }
  for (Value p : b->parameters) {
    if (!list_append(varnames, p)) return {};
  }
  for (compile::Block* c : b->children) {
    Ref child = make_entry(c);
    if (!child || !list_append(children, std::move(child))) return {};
  }
  auto* e = new_object<Entry>(&entry_type);
  if (!e) return {};
  e->name = Ref::copy(b->name).release().object();
  e->symbols = symbols.release().object();
  e->varnames = varnames.release().object();
  e->children = children.release().object();
  e->type = static_cast<int>(b->type);
  e->lineno = b->lineno;
  e->nested = b->nested;
  return Ref::steal(Value{reinterpret_cast<PyObject*>(e)});
}

Ref symtable(Value, const Value* a) {
  std::string source;
  bool text = is_str(a[0]);
  if (text) {
    std::string_view v = str_utf8(a[0]);
    if (!v.data()) return {};
    source = v;
  } else {
    BufferView view;
    if (!has_buffer(a[0])) return raise(PyExc_TypeError, "symtable() arg 1 must be a string, bytes or AST object");
    if (!view.get(a[0])) return {};
    source = view.text();
  }
  if (source.find('\0') != std::string::npos) return raise(PyExc_ValueError, "source code string cannot contain null bytes");
  syntax::ParseOptions options;
  options.source_is_utf8 = text;
  if (!is_str(a[2])) return raise(PyExc_TypeError, "symtable() argument 3 must be str, not %N", type_of(a[2]));
  if (str_equals(a[2], "exec")) options.mode = syntax::ParseMode::kExec;
  else if (str_equals(a[2], "eval")) options.mode = syntax::ParseMode::kEval;
  else if (str_equals(a[2], "single")) options.mode = syntax::ParseMode::kSingle;
  else return raise(PyExc_ValueError, "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
  Ref filename = Ref::copy(a[1]);
  if (!is_str(a[1])) {
    std::string path;
    if (has_buffer(a[1]) && !is_bytes(a[1])) {
      BufferView view;
      if (!warn(PyExc_DeprecationWarning, 1, "path should be string, bytes, or os.PathLike, not %.200s", type_of(a[1])->tp_name) || !view.get(a[1])) return {};
      path = view.text();
    } else if (!str_encode_fs(a[1], &path)) {
      return {};
    }
    filename = str_decode_fs(path);
    if (!filename) return {};
  }
  syntax::Arena arena;
  syntax::Mod* tree = syntax::parse_source(arena, source, filename, options);
  int flags = 0;
  if (!tree || !compile::future_features(tree, filename, &flags)) return {};
  compile::SymbolTables tables;
  if (!tables.build(tree, filename, (flags & CO_FUTURE_ANNOTATIONS) != 0)) return {};
  return make_entry(tables.top());
}

const MethodRow functions[] = {
    method<symtable>("symtable", "($module, source, filename, startstr, /)",
                     "Return symbol and scope dictionaries used internally by compiler."),
    {}};

bool exec(PyObject* module) {
  if (!ready_type(entry_def)) return false;
  static const struct { const char* name; int value; } constants[] = {
      {"USE", compile::kUse}, {"DEF_GLOBAL", compile::kDefGlobal}, {"DEF_NONLOCAL", compile::kDefNonlocal}, {"DEF_LOCAL", compile::kDefLocal},
      {"DEF_PARAM", compile::kDefParam}, {"DEF_IMPORT", compile::kDefImport}, {"DEF_BOUND", compile::kDefBound}, {"DEF_ANNOT", compile::kDefAnnotation},
      {"TYPE_FUNCTION", 0}, {"TYPE_CLASS", 1}, {"TYPE_MODULE", 2}, {"LOCAL", 1}, {"GLOBAL_EXPLICIT", 2}, {"GLOBAL_IMPLICIT", 3}, {"FREE", 4},
      {"CELL", 5}, {"SCOPE_OFF", kScopeOffset}, {"SCOPE_MASK", 15}};
  for (auto& c : constants) {
    if (!module_add_int(module, c.name, c.value)) return false;
  }
  return true;
}

}  // namespace

extern const ModuleDef symtable_module{.name = "_symtable", .methods = functions, .exec = exec};

}  // namespace adder
