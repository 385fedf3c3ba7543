// The module _ast: ast.AST and a class for each node, sum and operator, all made from syntax/nodes.def.
#include "modules/ast.h"

#include <string>

#include "memory/gc.h"
#include "object/builtin.h"
#include "object/containers.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/interpreter.h"

namespace adder {

ADDER_TYPE(ast_type);

namespace {

AstObject* node(Value v) { return v.as<AstObject>(); }

Ref ast_new(PyTypeObject* type, Args) {
  auto* n = new_object<AstObject>(type);
  return Ref::steal(Value{reinterpret_cast<PyObject*>(n)});
}

bool ast_init(Value self, Args args) {
  PyTypeObject* type = type_of(self);
  Ref fields;
  if (lookup_attr(Value{type}, "_fields"_id, &fields) < 0) return false;
  Ref names = fields ? to_tuple(fields) : tuple_empty();
  if (!names) return false;
  auto count = static_cast<size_t>(tuple_size(names));
  if (count < args.n) {
    return raise(PyExc_TypeError, "%.400s constructor takes at most %zd positional argument%s", short_name(type), count,
                 count == 1 ? "" : "s");
  }
  for (size_t i = 0; i < args.n; i++) {
    Value name = tuple_get(names, static_cast<Py_ssize_t>(i));
    if (!is_str(name)) return raise(PyExc_TypeError, "attribute name must be string, not '%.200s'", short_name(type_of(name)));
    if (!setattr(self, name.object(), args[i])) return false;
  }
  if (!args.kwnames) return true;
  for (Py_ssize_t k = 0; k < tuple_size(args.kwnames); k++) {
    Value key = tuple_get(args.kwnames, k);
    for (size_t i = 0; i < args.n; i++) {
      int same = equal(tuple_get(names, static_cast<Py_ssize_t>(i)), key);
      if (same < 0) return false;
      if (same) return raise(PyExc_TypeError, "%.400s got multiple values for argument '%U'", type->tp_name, key);
    }
    if (!setattr(self, key.object(), args.v[args.n + static_cast<size_t>(k)])) return false;
  }
  return true;
}

void ast_dealloc(PyObject* o) {
  gc_untrack(o);
  TrashcanGuard guard{o, &ast_dealloc};
  if (guard.deferred) return;
  Py_CLEAR(node(o)->dict);
  Py_TYPE(o)->tp_free(o);
}
int ast_traverse(PyObject* o, visitproc visit, void* arg) {
  Py_VISIT(node(o)->dict);
  return 0;
}
int ast_clear(PyObject* o) {
  Py_CLEAR(node(o)->dict);
  return 0;
}

Ref ast_dict(Value self) { return instance_dict(self); }

Ref ast_reduce(Value self) {
  Ref empty = tuple_empty();
  if (!node(self)->dict) return tuple_of({Value{type_of(self)}, empty});
  return tuple_of({Value{type_of(self)}, empty, Value{node(self)->dict}});
}

const MethodRow ast_methods[] = {method<ast_reduce>("__reduce__", "", ""), {}};
const GetSetRow ast_getset[] = {getset<ast_dict>("__dict__"), {}};

}  // namespace

extern const TypeDef ast_def{
    .type = &ast_type,
    .name = "ast.AST",
    .basicsize = sizeof(AstObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .dealloc = ast_dealloc,
    .traverse = ast_traverse,
    .clear = ast_clear,
    .dictoffset = offsetof(AstObject, dict),
    .slots = {.tp_getattro = slot::GetAttr<generic_getattr>,
              .tp_setattro = slot::SetAttr<generic_setattr>,
              .tp_init = slot::Init<ast_init>,
              .tp_new = slot::New<ast_new>},
    .methods = ast_methods,
    .getset = ast_getset,
};

namespace {

// --- Making the classes --------------------------------------------------------------------------------------------------

enum Quantity { kOne, kOptional, kMany };
struct FieldRow { const char* type; Quantity quantity; const char* name; };

#define ADDER_FIELD(kind, quantity, name) FieldRow{kGrammarName<syntax::kind>, k##quantity, #name},
#define ADDER_NODE(Sum, Type, name, fields) const FieldRow fields_of_##Type[] = {fields FieldRow{nullptr, kOne, nullptr}};
#define ADDER_PRODUCT(Type, name, attributes, fields) const FieldRow fields_of_##Type[] = {fields FieldRow{nullptr, kOne, nullptr}};
#include "syntax/nodes.def"

// "Return(expr? value)"
std::string signature(const char* name, const FieldRow* fields) {
  std::string text = name;
  if (!fields->name) return text;
  text += '(';
  for (const FieldRow* f = fields; f->name; f++) {
    if (f != fields) text += ", ";
    text += f->type;
    if (f->quantity != kOne) text += f->quantity == kMany ? '*' : '?';
    text += ' ';
    text += f->name;
  }
  return text + ')';
}

PyTypeObject* make_class(const char* name, PyTypeObject* base, const FieldRow* fields, const std::string& doc) {
  size_t n = 0;
  while (fields && fields[n].name) n++;
  Ref names = tuple_new(static_cast<Py_ssize_t>(n));
  if (!names) return nullptr;
  for (size_t i = 0; i < n; i++) {
    Ref field = intern(std::string_view{fields[i].name});
    if (!field) return nullptr;
    tuple_init(names, static_cast<Py_ssize_t>(i), std::move(field));
  }
  Ref dict = dict_new(), text = str_from_utf8(doc), own_name = intern(std::string_view{name});
  if (!dict || !text || !own_name || !dict_set_str(dict, "_fields"_id, names) || !dict_set_str(dict, "__match_args__"_id, names) ||
      !dict_set_str(dict, "__module__"_id, Value{"ast"_id}) || !dict_set_str(dict, "__doc__"_id, text)) {
    return nullptr;
  }
  for (size_t i = 0; i < n; i++) {
    if (fields[i].quantity == kOptional && !dict_set(dict, tuple_get(names, static_cast<Py_ssize_t>(i)), none())) return nullptr;
  }
  Ref bases = tuple_of({Value{base}});
  Ref made = bases ? call(Value{&PyType_Type}, {own_name.get(), bases.get(), dict.get()}) : Ref{};
  return made ? made.release().as<PyTypeObject>() : nullptr;
}

bool add_attributes(PyTypeObject* type, syntax::Attributes attributes) {
  Ref names = attributes == syntax::kNoPositions
                  ? tuple_empty()
                  : tuple_of({Value{"lineno"_id}, Value{"col_offset"_id}, Value{"end_lineno"_id}, Value{"end_col_offset"_id}});
  if (!names || !setattr(Value{type}, "_attributes"_id, names)) return false;
  if (attributes != syntax::kPositions) return true;
  return setattr(Value{type}, "end_lineno"_id, none()) && setattr(Value{type}, "end_col_offset"_id, none());
}

bool make_classes(AstClasses* c) {
  c->base = &ast_type;
  if (!(ast_type.tp_flags & Py_TPFLAGS_READY) && !ready_type(ast_def)) return false;
  Ref empty = tuple_empty();
  for (PyObject* name : {"_fields"_id, "_attributes"_id, "__match_args__"_id}) {
    if (!dict_set_str(Value{ast_type.tp_dict}, name, empty)) return false;
  }
  type_modified(&ast_type);

  std::string sum_docs[AstClasses::kGroups];
  auto list_node = [&](AstClasses::Group group, const char* sum, const std::string& line) {
    std::string& doc = sum_docs[group];
    if (doc.empty()) doc = std::string(sum) + " = " + line;
    else doc += "\n" + std::string(std::char_traits<char>::length(sum), ' ') + " | " + line;
  };
#define ADDER_NODE(Sum, Type, name, fields) \
  list_node(AstClasses::kGroup##Sum, kGrammarName<syntax::Sum>, signature(name, fields_of_##Type));
#include "syntax/nodes.def"

#define ADDER_SUM(Type, name, attributes)                                                                            \
  if (!(c->group[AstClasses::kGroup##Type] = make_class(name, c->base, nullptr, sum_docs[AstClasses::kGroup##Type])) || \
      !add_attributes(c->group[AstClasses::kGroup##Type], syntax::attributes))                                       \
    return false;
#define ADDER_NODE(Sum, Type, name, fields)                                                                          \
  if (!(c->node[static_cast<size_t>(syntax::NodeKind::Type)] =                                                       \
            make_class(name, c->group[AstClasses::kGroup##Sum], fields_of_##Type, signature(name, fields_of_##Type)))) \
    return false;
#define ADDER_PRODUCT(Type, name, attributes, fields)                                                                \
  if (!(c->node[static_cast<size_t>(syntax::NodeKind::Type)] =                                                       \
            make_class(name, c->base, fields_of_##Type, signature(name, fields_of_##Type))) ||                       \
      !add_attributes(c->node[static_cast<size_t>(syntax::NodeKind::Type)], syntax::attributes))                     \
    return false;
#include "syntax/nodes.def"

  auto make_member = [&](AstClasses::Group group, AstClasses::Member member, const char* name) {
    PyTypeObject* type = make_class(name, c->group[group], nullptr, name);
    if (!type) return false;
    c->member_class[member] = type;
    Ref instance = ast_new(type, Args{});
    if (!instance) return false;
    c->member[member] = instance.release().object();
    return true;
  };
#define ADDER_ENUM_MEMBER(Type, Name) " | " #Name
#define ADDER_ENUM(Type, name, members)                                                                    \
  if (!(c->group[AstClasses::kGroup##Type] =                                                               \
            make_class(name, c->base, nullptr, std::string(name " = ") + &(members "")[3])) ||             \
      !add_attributes(c->group[AstClasses::kGroup##Type], syntax::kNoPositions))                           \
    return false;
#include "syntax/nodes.def"
#define ADDER_ENUM_MEMBER(Type, Name) if (!make_member(AstClasses::kGroup##Type, AstClasses::kMember##Type##Name, #Name)) return false;
#define ADDER_ENUM(Type, name, members) members
#include "syntax/nodes.def"
  return true;
}

bool add_class(PyObject* module, const char* name, PyTypeObject* type) {
  return module_add(module, name, Ref::copy(Value{type}));
}

bool exec(PyObject* module) {
  const AstClasses* c = ast_classes();
  if (!c || !add_class(module, "AST", c->base)) return false;
#define ADDER_ENUM_MEMBER(Type, Name) && add_class(module, #Name, c->member_class[AstClasses::kMember##Type##Name])
#define ADDER_ENUM(Type, name, members) if (!(add_class(module, name, c->group[AstClasses::kGroup##Type]) members)) return false;
#define ADDER_SUM(Type, name, attributes) if (!add_class(module, name, c->group[AstClasses::kGroup##Type])) return false;
#define ADDER_NODE(Sum, Type, name, fields) if (!add_class(module, name, c->node[static_cast<size_t>(syntax::NodeKind::Type)])) return false;
#define ADDER_PRODUCT(Type, name, attributes, fields) if (!add_class(module, name, c->node[static_cast<size_t>(syntax::NodeKind::Type)])) return false;
#include "syntax/nodes.def"
  return module_add_int(module, "PyCF_ALLOW_TOP_LEVEL_AWAIT", PyCF_ALLOW_TOP_LEVEL_AWAIT) &&
         module_add_int(module, "PyCF_ONLY_AST", PyCF_ONLY_AST) &&
         module_add_int(module, "PyCF_TYPE_COMMENTS", PyCF_TYPE_COMMENTS);
}

}  // namespace

static AstClasses classes;
static bool classes_made = false;

static void drop_classes() {
  for (PyObject*& o : classes.member) Py_CLEAR(o);
  for (PyTypeObject*& t : classes.member_class) Py_CLEAR(t);
  for (PyTypeObject*& t : classes.node) Py_CLEAR(t);
  for (PyTypeObject*& t : classes.group) Py_CLEAR(t);
  classes_made = false;
}

const AstClasses* ast_classes() {
  if (!classes_made) {
    per_interpreter(classes);
    per_interpreter(classes_made);
    at_interpreter_end(drop_classes);
    if (!make_classes(&classes)) {
      drop_classes();
      return nullptr;
    }
    classes_made = true;
  }
  return &classes;
}

// While the classes are not made there are no nodes.
int is_ast_node(Value v) { return classes_made ? is_instance(v, Value{classes.base}) : 0; }

extern const ModuleDef ast_module{.name = "_ast", .exec = exec};

}  // namespace adder
